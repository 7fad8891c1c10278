//! The control plane.

use std::time::{Duration, Instant};

use lotse_protocol::id::Id;
use lotse_protocol::keys::{RelayPins, SigningKey};
use lotse_protocol::message::relay::{
    Hello, Knock, Leave, Left, OpenPath, Pass, RefusalReason, Refused, Register, from_relay, to_relay,
};
use lotse_relay::connection::CloseCode;
use quinn::{ApplicationClose, ConnectionError};
use tokio::time::timeout;

use crate::program::{NONCE, PASSWORD, Program, SOON, client_config, relay};

fn refused(reason: RefusalReason) -> from_relay::Body {
    from_relay::Body::Refused(Refused { reason: reason.into(), retry_after: 0 })
}

async fn closed_with(program: &Program) -> CloseCode {
    match timeout(SOON, program.connection.closed()).await.expect("closed in time") {
        ConnectionError::ApplicationClosed(ApplicationClose { error_code, .. }) => {
            [CloseCode::Goodbye, CloseCode::Protocol, CloseCode::Version, CloseCode::Slow, CloseCode::Flooding]
                .into_iter()
                .find(|code| quinn::VarInt::from(*code) == error_code)
                .expect("a code of ours")
        }
        other => panic!("closed for another reason: {other}"),
    }
}

#[tokio::test]
async fn an_introduction_leads_to_a_path_and_both_hear_of_its_end() {
    let (relay, _data) = relay().await;
    let (mut customer, id) = Program::customer(&relay).await;
    let mut adviser = Program::adviser(&relay).await;
    let introduction = adviser.introduced(id, &relay.pins).await;

    adviser.pass(introduction, b"M1").await;
    customer.expect_passed(introduction, b"M1").await;
    customer.pass(introduction, b"M2").await;
    adviser.expect_passed(introduction, b"M2").await;

    adviser.open_path(introduction).await;
    assert_eq!(adviser.hear().await, refused(RefusalReason::Unexpected), "only the offerer opens the path");
    customer.open_path(introduction).await;
    let (ours, theirs) = (customer.path_opened(introduction).await, adviser.path_opened(introduction).await);
    assert_ne!(ours, theirs);

    drop(adviser);
    assert_eq!(customer.hear().await, from_relay::Body::Left(Left { introduction }));
    relay.stop().await;
}

#[tokio::test]
async fn a_lost_customer_ends_the_introduction_and_the_id_is_unknown_from_then_on() {
    let (relay, _data) = relay().await;
    let (customer, id) = Program::customer(&relay).await;
    let mut adviser = Program::adviser(&relay).await;
    let introduction = adviser.introduced(id, &relay.pins).await;
    customer.connection.close(0u32.into(), b"gone");
    assert_eq!(adviser.hear().await, from_relay::Body::Left(Left { introduction }));
    let key = SigningKey::generate(&mut rand::rng()).public().as_bytes().to_vec();
    adviser.say(to_relay::Body::Knock(Knock { id: id.to_wire(), key: key.clone() })).await;
    assert_eq!(adviser.hear().await, refused(RefusalReason::UnknownId));
    // Never given out, given out once, and not even an ID: one answer.
    for unknown in [Id::generate(&mut rand::rng()).to_wire(), 1, u32::MAX] {
        adviser.say(to_relay::Body::Knock(Knock { id: unknown, key: key.clone() })).await;
        assert_eq!(adviser.hear().await, refused(RefusalReason::UnknownId));
    }
}

#[tokio::test]
async fn only_who_is_signed_in_may_knock() {
    let (relay, _data) = relay().await;
    let (_customer, id) = Program::customer(&relay).await;
    let mut stranger = Program::new(&relay).await;
    let key = SigningKey::generate(&mut rand::rng()).public().as_bytes().to_vec();
    for id in [id.to_wire(), 1] {
        stranger.say(to_relay::Body::Knock(Knock { id, key: key.clone() })).await;
        assert_eq!(stranger.hear().await, refused(RefusalReason::NotSignedIn));
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_name_get_one_answer_and_many_have_to_wait() {
    let (relay, _data) = relay().await;
    let mut adviser = Program::new(&relay).await;
    for (name, password) in [("maria", "wrong"), ("nobody", PASSWORD), ("", ""), ("no\nname", PASSWORD)] {
        adviser.login(name, password).await;
        assert_eq!(adviser.hear().await, refused(RefusalReason::Login));
    }
    let mut waits = 0;
    for _ in 0..6 {
        adviser.login("maria", "wrong").await;
        match adviser.hear().await {
            from_relay::Body::Refused(refused) if refused.reason() == RefusalReason::Login => {}
            from_relay::Body::Refused(refused) => {
                assert_eq!(refused.reason(), RefusalReason::Throttled);
                assert!(refused.retry_after > 0);
                waits += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(waits > 0, "nobody had to wait");
}

#[tokio::test]
async fn a_disabled_adviser_can_neither_sign_in_nor_knock() {
    let (relay, _data) = relay().await;
    let (_customer, id) = Program::customer(&relay).await;
    let mut adviser = Program::adviser(&relay).await;
    relay.store().disable_account("maria").await.expect("maria is there");
    let key = SigningKey::generate(&mut rand::rng()).public().as_bytes().to_vec();
    adviser.say(to_relay::Body::Knock(Knock { id: id.to_wire(), key })).await;
    assert_eq!(adviser.hear().await, refused(RefusalReason::NotSignedIn));
    adviser.login("maria", PASSWORD).await;
    assert_eq!(adviser.hear().await, refused(RefusalReason::Login));
}

#[tokio::test]
async fn another_version_is_told_and_closed() {
    let (relay, _data) = relay().await;
    for hello in [Hello { version: 99, oldest: 98 }, Hello { version: 0, oldest: 0 }] {
        let mut program = Program::silent(relay.addr, &relay.pins).await.expect("connects");
        program.say(to_relay::Body::Hello(hello)).await;
        assert_eq!(program.hear().await, refused(RefusalReason::Version));
        assert_eq!(closed_with(&program).await, CloseCode::Version);
    }
}

#[tokio::test]
async fn a_program_with_another_pin_or_protocol_does_not_connect() {
    let (relay, _data) = relay().await;
    let other = SigningKey::generate(&mut rand::rng()).public();
    let pins = RelayPins { transport: other, cards: relay.pins.cards };
    assert!(Program::silent(relay.addr, &pins).await.is_err());
    let endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().expect("an address")).expect("an endpoint");
    let connecting = endpoint.connect_with(client_config(&relay.pins, &[b"h3"]), relay.addr, "relay");
    assert!(connecting.expect("a config").await.is_err());
}

#[tokio::test]
async fn case_32_an_oversized_frame_closes() {
    let (relay, _data) = relay().await;
    for length in [16 * 1024 + 1, u32::MAX] {
        let mut program = Program::new(&relay).await;
        program.send.write_all(&length.to_le_bytes()).await.expect("written");
        assert_eq!(closed_with(&program).await, CloseCode::Protocol);
    }
}

#[tokio::test]
async fn garbage_and_speaking_before_hello_close() {
    let (relay, _data) = relay().await;
    let mut program = Program::new(&relay).await;
    program.send.write_all(b"\x04\0\0\0\xff\xff\xff\xff").await.expect("written");
    assert_eq!(closed_with(&program).await, CloseCode::Protocol);
    let mut program = Program::silent(relay.addr, &relay.pins).await.expect("connects");
    program.say(to_relay::Body::Register(Register { nonce: NONCE.to_vec() })).await;
    assert_eq!(closed_with(&program).await, CloseCode::Protocol);
}

#[tokio::test]
async fn who_says_nothing_is_closed_in_five_seconds() {
    let (relay, _data) = relay().await;
    let start = Instant::now();
    let program = Program::silent(relay.addr, &relay.pins).await.expect("connects");
    assert_eq!(closed_with(&program).await, CloseCode::Slow);
    assert!(start.elapsed() < Duration::from_secs(7), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn case_35_an_introduction_of_others_cannot_be_touched() {
    let (relay, _data) = relay().await;
    let (mut customer, id) = Program::customer(&relay).await;
    let mut adviser = Program::adviser(&relay).await;
    let introduction = adviser.introduced(id, &relay.pins).await;
    adviser.pass(introduction, b"M1").await;
    customer.expect_passed(introduction, b"M1").await;

    let (mut stranger, _) = Program::customer(&relay).await;
    for body in [
        to_relay::Body::Pass(Pass { introduction, payload: b"forged".to_vec() }),
        to_relay::Body::OpenPath(OpenPath { introduction }),
    ] {
        stranger.say(body).await;
        assert_eq!(stranger.hear().await, from_relay::Body::Left(Left { introduction }));
    }
    stranger.say(to_relay::Body::Leave(Leave { introduction })).await;
    stranger.say(to_relay::Body::Register(Register { nonce: NONCE.to_vec() })).await;
    assert_eq!(stranger.hear().await, refused(RefusalReason::Unexpected), "one connection, one ID");

    customer.pass(introduction, b"M2").await;
    adviser.expect_passed(introduction, b"M2").await;
}

#[tokio::test]
async fn a_flood_of_messages_is_refused_and_then_closed() {
    let (relay, _data) = relay().await;
    let mut program = Program::new(&relay).await;
    let pass = to_relay::Body::Pass(Pass { introduction: 1, payload: b"x".to_vec() });
    let flood = async {
        loop {
            program.say(pass.clone()).await;
            if program.hear_or_end().await.is_none() {
                break;
            }
        }
    };
    timeout(SOON, flood).await.expect("the flood ends");
    assert_eq!(closed_with(&program).await, CloseCode::Flooding);
}
