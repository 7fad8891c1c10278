//! A session goes on in another program of the customer's: the adviser comes along by what is said inside the session, and
//! nobody else gets in.

use std::time::Duration;

use lotse::net::{Code, CodeState, Command, Ended, Event, JoinFailure};
use lotse_protocol::code::ChannelCode;
use lotse_protocol::forward;
use lotse_protocol::framing;
use lotse_protocol::id::Id;
use lotse_protocol::message::session::{EndReason, GoesOn, Refused, SessionMessage, session_message};
use lotse_protocol::permission::Permission;

use crate::impair::{Conditions, Link};
use crate::party::{Adviser, Customer, Relay, connect};
use crate::{join, other_than};

/// The program with the session says where the other one is.
fn say(customer: &Customer, id: Id, code: &ChannelCode) {
    customer.net.send(Command::Say(session_message::Body::GoesOn(GoesOn::at(id, code))));
}

/// The adviser's program hears it and leaves.
fn leave(adviser: &Adviser) -> (Id, ChannelCode) {
    let goes_on = adviser.expect("where it goes on", |event| match event {
        Event::Said(_, session_message::Body::GoesOn(goes_on)) => Some(goes_on),
        _ => None,
    });
    adviser.net.send(Command::End(EndReason::GoesOn));
    assert_eq!(adviser.ended().1, Ended::ByMe(EndReason::GoesOn));
    goes_on.id_and_code().expect("an ID and a code")
}

#[test]
fn the_adviser_comes_along_with_no_word_on_the_phone_and_is_shown_by_a_fresh_card() {
    let relay = Relay::start();
    let (first, maria) = (Customer::new(&relay), Adviser::new(&relay));
    let (host, _) = connect(&first, &maria);
    let card = host.card.expect("a host is always shown a card");
    let second = Customer::going_on(&relay, card.account());
    let (id, code) = second.id_and_code();
    assert_ne!(id, host.id);

    say(&first, id, &code);
    let told = leave(&maria);
    assert_eq!(first.ended(), (host.viewer, Ended::ByOther(EndReason::GoesOn)));
    // At once: the network is free when it has said that the session is over.
    maria.net.send(join(told.0, told.1));
    let again = second.started();
    let fresh = again.card.expect("a card again");
    assert_eq!((fresh.account.as_str(), fresh.adviser.as_str()), ("maria", "Maria Huber"));
    assert_eq!(fresh.id, id, "made for this program");
    assert_ne!(fresh.introduction, card.introduction);
    assert_eq!(again.wanted, Permission::View.into());
    assert_eq!(maria.started().id, id);

    // Spent, and no other follows: not with the session's end either.
    second.net.send(Command::End(EndReason::Ended));
    assert_eq!(second.ended().1, Ended::ByMe(EndReason::Ended));
    maria.ended();
    assert!(matches!(maria.join(id, code), JoinFailure::NoCode));
    second.net.send(Command::NewCode);
    assert!(matches!(maria.join(id, other_code()), JoinFailure::NoCode));
}

fn other_code() -> ChannelCode {
    other_than(&ChannelCode::parse("000000").expect("a code"))
}

/// Tom has the ID and the code, and the relay's good word: it is not for him.
#[test]
fn another_account_is_refused_with_the_right_code_and_costs_the_right_one_nothing() {
    let relay = Relay::start();
    let (first, maria) = (Customer::new(&relay), Adviser::new(&relay));
    let tom = Adviser::named(&relay, "tom");
    let (host, _) = connect(&first, &maria);
    let second = Customer::going_on(&relay, host.card.expect("a card").account());
    let (id, code) = second.id_and_code();
    assert_eq!(tom.join(id, code.clone()), JoinFailure::CardRefused);
    assert_eq!(tom.join(id, other_than(&code)), JoinFailure::CardRefused);
    say(&first, id, &code);
    let (id, code) = leave(&maria);
    maria.net.send(join(id, code));
    assert_eq!(second.started().card.expect("a card").account, "maria");
}

/// Nothing of it hangs on a packet that arrives: the program with the session stays until the adviser has left it.
#[test]
fn a_bad_link_leads_there_as_well() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let first = Customer::at(link.address(), relay.pins);
    let maria = Adviser::new(&relay);
    let (host, _) = connect(&first, &maria);
    let second = Customer::going_on(&relay, host.card.expect("a card").account());
    let (id, code) = second.id_and_code();
    link.set(Conditions { loss_percent: 20, delay: Duration::from_millis(100), ..Conditions::default() });
    say(&first, id, &code);
    let told = leave(&maria);
    assert!(told.0 == id && told.1 == code);
    // Its word may be lost on the way; that it is gone is the relay's to say. The customer's program takes it for the same.
    let (viewer, why) = first.ended();
    assert_eq!(viewer, host.viewer);
    assert!(matches!(why, Ended::ByOther(EndReason::GoesOn) | Ended::OtherGone), "{why:?}");
    maria.net.send(join(told.0, told.1));
    second.started();
}

/// Only what comes through the session counts. A relay that puts its own word in the place of what it forwards, or beside it,
/// or sends what was said once more, leads nobody anywhere, and ends nothing either.
#[test]
fn a_relay_cannot_say_where_it_goes_on() {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let customer = Customer::new(&relay);
    let maria = Adviser::at(link.address(), relay.pins, "maria");
    let (host, _) = connect(&customer, &maria);
    let goes_on = || session_message::Body::GoesOn(GoesOn { id: host.id.to_wire(), code: "123456".to_owned() });
    let mut said = Vec::new();
    framing::encode(&SessionMessage { body: Some(goes_on()) }, &mut said);
    link.forge(move |packet| forgeries(packet, &said));
    for _ in 0..40 {
        customer.net.send(Command::Say(session_message::Body::Refused(NOTHING)));
        let heard = maria.expect("what the customer says", |event| match event {
            Event::Said(_, body @ (session_message::Body::GoesOn(_) | session_message::Body::Refused(_))) => Some(body),
            Event::Ended { why, .. } => panic!("{why:?}"),
            _ => None,
        });
        assert_eq!(heard, session_message::Body::Refused(NOTHING));
    }
    assert!(link.forged() >= 40, "each came in a packet");
    // It is heard when it is the customer who says it.
    customer.net.send(Command::Say(goes_on()));
    leave(&maria);
}

const NOTHING: Refused = Refused { permissions: 0, timed_out: false };

/// What can be made of a packet by somebody who has no key: the header is kept, or it would not even arrive.
fn forgeries(packet: &[u8], said: &[u8]) -> Vec<Vec<u8>> {
    let (header, sealed) = packet.split_at(forward::HEADER);
    // Behind QUIC's first byte, the connection's number and the packet's.
    let visible = &sealed[..sealed.len().min(13)];
    // As a stream's next bytes: frame 0x08, stream 0.
    let frame = [&[0x08, 0x00], said].concat();
    let mut forgeries = vec![
        [header, said].concat(),
        [header, &frame, &[0; 16]].concat(),
        [header, visible, said, &[0; 16]].concat(),
        [header, visible, &frame, &[0; 16]].concat(),
        packet.to_vec(),
    ];
    for place in [0, 1, visible.len(), sealed.len() / 2, sealed.len() - 1] {
        let mut changed = packet.to_vec();
        changed[header.len() + place.min(sealed.len() - 1)] ^= 0x10;
        forgeries.push(changed);
    }
    forgeries
}

/// It is the customer's to say: whoever sees the screen leads it nowhere.
#[test]
fn an_adviser_who_says_that_it_goes_on_is_out() {
    let relay = Relay::start();
    let (customer, adviser) = (Customer::new(&relay), Adviser::new(&relay));
    let (host, _) = connect(&customer, &adviser);
    let said = GoesOn { id: host.id.to_wire(), code: "123456".to_owned() };
    adviser.net.send(Command::Say(session_message::Body::GoesOn(said)));
    assert_eq!(customer.ended(), (host.viewer, Ended::Broken));
}

/// The code's minute is the protocol's, with a clock that tests turn (`crates/protocol/tests/introduction.rs`); here, that
/// this program has it.
#[test]
fn the_code_is_there_for_a_minute_and_goes_with_the_relay() {
    let mut relay = Relay::start();
    let (first, maria) = (Customer::new(&relay), Adviser::new(&relay));
    let (host, _) = connect(&first, &maria);
    let second = Customer::going_on(&relay, host.card.expect("a card").account());
    let remaining = second.expect("a code", |event| match event {
        Event::Code(Code(CodeState::Shown { remaining, .. })) => Some(remaining),
        _ => None,
    });
    let minute = Duration::from_secs(60);
    assert!(remaining <= minute && remaining > minute - Duration::from_secs(5), "{remaining:?}");
    relay.stop();
    second.expect("no code", |event| matches!(event, Event::Code(Code(CodeState::UsedUp))).then_some(()));
}
