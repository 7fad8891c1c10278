//! The forward plane of a running relay: raw packets beside QUIC on one port.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use lotse_protocol::forward::{CHECK, HEADER, KIND_CHECK, KIND_SEALED};
use lotse_protocol::message::relay::{Leave, Left, from_relay, to_relay};
use lotse_relay::serve::{Config, Relay, Running};
use rand::Rng;
use tempfile::TempDir;
use tokio::time::timeout;

use crate::program::{PASSWORD, Port, Program, SOON, config, relay};

/// One end of a path.
struct End {
    program: Program,
    token: Vec<u8>,
    relay: SocketAddr,
}

fn packet(token: &[u8], sealed: &[u8]) -> Vec<u8> {
    [&[KIND_SEALED], token, sealed].concat()
}

impl End {
    async fn send(&self, sealed: &[u8]) {
        self.program.port.send(&packet(&self.token, sealed), self.relay).await;
    }

    /// The next packet of the forward plane, as it is.
    async fn receive(&mut self) -> Vec<u8> {
        let (packet, from) = timeout(SOON, self.program.raw.recv()).await.expect("in time").expect("open");
        assert_eq!(from, self.relay);
        packet
    }

    /// The next packet must be this one, with this end's token.
    async fn expect(&mut self, sealed: &[u8]) {
        assert_eq!(self.receive().await, packet(&self.token, sealed));
    }
}

/// A customer and an adviser with a path between them.
async fn path(relay: &Running) -> (End, End, u64) {
    let (mut customer, id) = Program::customer(relay).await;
    let mut adviser = Program::adviser(relay).await;
    let introduction = adviser.introduced(id, &relay.pins).await;
    adviser.pass(introduction, b"M1").await;
    customer.expect_passed(introduction, b"M1").await;
    customer.open_path(introduction).await;
    let (customers, advisers) = (customer.path_opened(introduction).await, adviser.path_opened(introduction).await);
    let end = |program, token| End { program, token, relay: relay.addr };
    (end(customer, customers), end(adviser, advisers), introduction)
}

#[tokio::test]
async fn packets_pass_both_ways_with_the_receivers_token() {
    let (relay, _data) = relay().await;
    let (mut customer, mut adviser, _) = path(&relay).await;
    for length in [0, 1, 100, 1200, 1400] {
        let sealed = vec![u8::try_from(length % 251).expect("small"); length];
        customer.send(&sealed).await;
        adviser.expect(&sealed).await;
        adviser.send(&sealed).await;
        customer.expect(&sealed).await;
    }
    let store = relay.store().clone();
    // Nobody's packet waits until it is written.
    let written = async {
        loop {
            let record = store.sessions(10).await.expect("a record");
            if !record.is_empty() {
                break record;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let record = timeout(Duration::from_secs(10), written).await.expect("it is written");
    assert_eq!(record.len(), 1);
    assert_eq!((record[0].adviser.as_str(), record[0].ended_at), ("maria", None));
    let counts = relay.stop().await;
    assert_eq!((counts.forwarded, counts.unknown, counts.congested), (10, 0, 0));
}

/// The default is to listen on `[::]`, where IPv4 addresses come and go in their mapped form.
#[tokio::test]
async fn a_port_for_both_families_serves_ipv4() {
    let data = TempDir::new().expect("a temporary directory");
    let everywhere = Config { listen: (Ipv6Addr::UNSPECIFIED, 0).into(), ..config(&data) };
    let mut relay = Relay::start(everywhere).await.expect("the relay starts");
    relay.add_adviser("maria", "Maria Huber", PASSWORD).await.expect("maria is added");
    relay.addr.set_ip(Ipv4Addr::LOCALHOST.into());
    let (mut customer, mut adviser, _) = path(&relay).await;
    customer.send(b"there").await;
    adviser.expect(b"there").await;
    adviser.send(b"and back").await;
    customer.expect(b"and back").await;
    assert_eq!(relay.stop().await.unknown, 0);
}

#[tokio::test]
async fn the_record_says_how_much_passed() {
    let (relay, data) = relay().await;
    let (customer, mut adviser, _) = path(&relay).await;
    customer.send(&[1; 983]).await;
    adviser.expect(&[1; 983]).await;
    relay.stop().await;
    let store = lotse_relay::store::Store::open(data.path()).await.expect("the store opens");
    let record = store.sessions(10).await.expect("a record");
    assert!(record[0].ended_at.is_some());
    assert_eq!((record[0].bytes_from_customer, record[0].bytes_from_adviser), (1000, 0));
}

#[tokio::test]
async fn case_26_random_tokens_are_neither_forwarded_nor_answered() {
    const PACKETS: usize = 100_000;
    let (relay, _data) = relay().await;
    let (mut customer, mut adviser, _) = path(&relay).await;
    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let mut rng = rand::rng();
    let mut guess = packet(&[0; 16], &[0; 40]);
    for round in 0..PACKETS {
        rng.fill_bytes(&mut guess[1..HEADER]);
        // All kinds below QUIC's, and every length up to the packet's.
        guess[0] = if round % 4 == 0 { u8::try_from(round / 4 % 0x40).expect("small") } else { KIND_SEALED };
        let length = if round % 8 == 1 { round / 8 % guess.len() } else { guess.len() };
        stranger.send_to(&guess[..length], relay.addr).expect("sent");
        if round % 1000 == 0 {
            // Not faster than one core reads.
            tokio::task::yield_now().await;
        }
    }
    // Whatever came of it has come before this.
    customer.send(b"after").await;
    adviser.expect(b"after").await;
    assert!(customer.program.raw.try_recv().is_err());
    stranger.set_nonblocking(true).expect("not blocking");
    let answer = stranger.recv(&mut [0; 2048]).expect_err("an answer");
    assert_eq!(answer.kind(), std::io::ErrorKind::WouldBlock);
    let counts = relay.stop().await;
    assert_eq!(counts.forwarded, 1);
    assert!(counts.unknown > 1000, "hardly any of the packets arrived: {counts:?}");
}

#[tokio::test]
async fn case_27_a_spoofed_source_with_a_valid_token_does_not_rebind() {
    let (relay, _data) = relay().await;
    let (mut customer, mut adviser, _) = path(&relay).await;
    let (thief, mut stolen) = Port::new();
    thief.send(&packet(&adviser.token, b"forged"), relay.addr).await;
    adviser.send(b"own").await;
    // The forged packet does not even arrive: it did not come from the adviser's address.
    customer.expect(b"own").await;
    customer.send(b"answer").await;
    adviser.expect(b"answer").await;
    assert!(stolen.try_recv().is_err());
    assert_eq!(relay.stop().await.unknown, 1);
    drop(thief);
}

#[tokio::test]
async fn case_29_the_other_legs_token_and_an_expired_one_are_dropped() {
    let (relay, _data) = relay().await;
    let (mut customer, mut adviser, introduction) = path(&relay).await;
    customer.program.port.send(&packet(&adviser.token, b"other leg's"), relay.addr).await;
    customer.send(b"own").await;
    adviser.expect(b"own").await;
    assert!(customer.program.raw.try_recv().is_err());

    adviser.program.say(to_relay::Body::Leave(Leave { introduction })).await;
    assert_eq!(customer.program.hear().await, from_relay::Body::Left(Left { introduction }));
    customer.send(b"expired").await;
    adviser.send(b"expired").await;
    let (mut other_customer, mut other_adviser, _) = path(&relay).await;
    other_customer.send(b"alive").await;
    other_adviser.expect(b"alive").await;
    other_adviser.send(b"alive").await;
    other_customer.expect(b"alive").await;
    assert!(customer.program.raw.try_recv().is_err());
    assert!(adviser.program.raw.try_recv().is_err());
    let counts = relay.stop().await;
    assert_eq!((counts.forwarded, counts.unknown), (3, 3));
}

#[tokio::test]
async fn a_roaming_program_is_followed_once_it_has_shown_that_it_is_there() {
    let (relay, _data) = relay().await;
    let (mut customer, mut adviser, _) = path(&relay).await;
    let (new_port, new_raw) = Port::new();
    adviser.program.endpoint.rebind_abstract(new_port.clone()).expect("rebound");
    let (old_port, mut old_raw) =
        (std::mem::replace(&mut adviser.program.port, new_port), std::mem::replace(&mut adviser.program.raw, new_raw));
    assert_ne!(old_port.local_addr(), adviser.program.port.local_addr());
    // QUIC moves with the next thing that is said.
    adviser.program.say(to_relay::Body::Leave(Leave { introduction: 1 })).await;

    let check = adviser.receive().await;
    assert_eq!((check.len(), check[0], &check[1..HEADER]), (CHECK, KIND_CHECK, adviser.token.as_slice()));
    // Not yet: neither to the new address nor from it, whatever it sends.
    adviser.send(b"too early").await;
    let mut wrong = check.clone();
    wrong[CHECK - 1] ^= 1;
    adviser.program.port.send(&wrong, relay.addr).await;
    old_port.send(&check, relay.addr).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    customer.send(b"to the old address").await;
    let old = async {
        tokio::select! {
            got = old_port.receive() => got,
            // quinn looks at both until it has heard something on the new one.
            got = old_raw.recv() => got.expect("open").0,
        }
    };
    assert_eq!(timeout(SOON, old).await.expect("in time"), packet(&adviser.token, b"to the old address"));
    assert!(customer.program.raw.try_recv().is_err());

    adviser.program.port.send(&check, relay.addr).await;
    let followed = async {
        loop {
            customer.send(b"to the new address").await;
            if let Ok(got) = timeout(Duration::from_millis(20), adviser.receive()).await
                && got[0] == KIND_SEALED
            {
                break got;
            }
        }
    };
    let got = timeout(Duration::from_secs(3), followed).await.expect("followed within three seconds");
    assert_eq!(got, packet(&adviser.token, b"to the new address"));
    adviser.send(b"from the new address").await;
    customer.expect(b"from the new address").await;
}
