//! Whatever arrives, in whatever order: nothing panics, nothing is established that should not be, nothing grows.

mod link;

use std::time::Duration;

use link::{Adviser, Customer, Reply, host, numbered, viewer};
use lotse_protocol::card::{Card, CardError, Expect};
use lotse_protocol::code::ChannelCode;
use lotse_protocol::framing;
use lotse_protocol::handshake::joiner::Joiner;
use lotse_protocol::limits;
use lotse_protocol::message::input::InputMessage;
use lotse_protocol::message::introduction::{
    Aborted, CardBody, Handshake, M1, M2, M3, M4, SignedCard, handshake::Body,
};
use lotse_protocol::message::pointer::{Datagram, PointerMessage};
use lotse_protocol::message::relay::{FromRelay, ToRelay};
use lotse_protocol::message::session::{SessionMessage, UpdateHeader};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

/// Bytes where the protocol expects so many, or others, or none.
fn bytes(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => vec(any::<u8>(), length), 1 => vec(any::<u8>(), 0..100), 1 => Just(vec![0; length])]
}

/// A message that parses, with anything in it.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let m1 = (any::<u32>(), bytes(32), bytes(32), bytes(200), any::<u32>(), ".{0,300}", -1..4, any::<u32>()).prop_map(
        |(version, nonce, key, card, wanted, reason, role, policy)| {
            Body::M1(M1 { version: version % 3, nonce, key, card, wanted, reason, role, policy })
        },
    );
    let m2 = (0u32..3, bytes(32), bytes(32), bytes(32), bytes(32), bytes(200)).prop_map(
        |(version, nonce, key, share, older_share, card)| {
            Body::M2(M2 { version, nonce, key, share, older_share, card, ..M2::default() })
        },
    );
    let m3 = (bytes(32), bytes(64), bytes(32), bytes(64))
        .prop_map(|(share, mac, older_share, older_mac)| Body::M3(M3 { share, mac, older_share, older_mac }));
    let m4 = bytes(64).prop_map(|mac| Body::M4(M4 { mac }));
    let aborted = (any::<i32>(), any::<u32>())
        .prop_map(|(reason, guesses_left)| Body::Aborted(Aborted { reason: reason % 12, guesses_left }));
    prop_oneof![
        m1.prop_map(link::encode),
        m2.prop_map(link::encode),
        m3.prop_map(link::encode),
        m4.prop_map(link::encode),
        aborted.prop_map(link::encode),
        vec(any::<u8>(), 0..300),
        Just(Vec::new()),
        Just(vec![0; limits::HANDSHAKE_MESSAGE + 1]),
    ]
}

/// What can befall an offerer.
#[derive(Clone, Debug)]
enum Blow {
    Message(u64, Vec<u8>),
    /// A real knock by this account, with a wrong code.
    Knock(u8),
    Left(u64),
    Pass(u32),
    NewCode,
    Offer,
    Relay,
}

fn blow() -> impl Strategy<Value = Blow> {
    prop_oneof![
        6 => (0u64..20, message()).prop_map(|(introduction, payload)| Blow::Message(introduction, payload)),
        4 => (0u8..4).prop_map(Blow::Knock),
        1 => (0u64..20).prop_map(Blow::Left),
        2 => (0u32..1000).prop_map(Blow::Pass),
        1 => Just(Blow::NewCode),
        1 => Just(Blow::Offer),
        1 => Just(Blow::Relay),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_parser_panics_or_reads_past_its_limit(bytes in vec(any::<u8>(), 0..2000), limit in 0usize..1500) {
        let _ = framing::decode::<Handshake>(&bytes, limit);
        let _ = framing::decode::<ToRelay>(&bytes, limit);
        let _ = framing::decode::<FromRelay>(&bytes, limit);
        let _ = framing::decode::<SessionMessage>(&bytes, limit);
        let _ = framing::decode::<InputMessage>(&bytes, limit);
        let _ = framing::decode::<UpdateHeader>(&bytes, limit);
        let _ = framing::decode::<PointerMessage>(&bytes, limit);
        let _ = Datagram::decode(&bytes);
        if bytes.len() > limit {
            prop_assert!(framing::decode::<Handshake>(&bytes, limit).is_err());
        }
    }

    #[test]
    fn an_offerer_stands_whatever_comes(seed: u64, inviting: bool, blows in vec(blow(), 0..40)) {
        let mut offerer = if inviting { Customer::inviting(seed) } else { Customer::new(seed) };
        for blow in blows {
            match blow {
                Blow::Message(introduction, payload) => {
                    offerer.give(introduction, &payload);
                }
                Blow::Knock(_) if !offerer.is_shown() || inviting => {}
                Blow::Knock(account) => {
                    let wrong = offerer.wrong_code();
                    let mut adviser = Adviser::new(&account.to_string());
                    let (introduction, m1) = adviser.knock(&mut offerer, &wrong);
                    let answer = offerer.give(introduction, &m1).expect("an answer");
                    if let Reply::Send(m3) = adviser.give(introduction, &answer, &mut offerer)
                        && account > 0
                    {
                        offerer.give(introduction, &m3);
                    }
                }
                Blow::Left(introduction) => offerer.offerer.left(introduction, offerer.now, &mut offerer.rng),
                Blow::Pass(seconds) => offerer.pass(Duration::from_secs(seconds.into())),
                Blow::NewCode => offerer.new_code(),
                Blow::Offer => offerer.offer(),
                Blow::Relay => {
                    offerer.offerer.unregistered(&mut offerer.rng);
                    offerer.offerer.registered(offerer.id, offerer.now, &mut offerer.rng);
                }
            }
            prop_assert!(offerer.established().is_empty());
            if let Some(wake) = offerer.offerer.next_wake() {
                prop_assert!(wake <= offerer.now + limits::INVITATION);
            }
        }
    }

    #[test]
    fn a_joiner_stands_whatever_comes(seed: u64, invited: bool, messages in vec((0u64..3, message()), 0..12)) {
        let mut customer = Customer::new(seed);
        let part = if invited { host(&customer.cards) } else { viewer() };
        let code = numbered(7);
        let mut joiner = Joiner::new();
        let key = joiner.join(customer.id, code.clone(), part, &mut customer.rng).expect("a guess is left");
        let card = if invited { Vec::new() } else { customer.card("huber", &key, 1) };
        joiner.introduced(1, card, customer.now + limits::JOINING, &mut customer.rng).expect("joining");
        let mut adviser = Adviser { account: String::new(), joiner, part: viewer() };
        let _ = adviser.collect();
        for (introduction, payload) in messages {
            prop_assert!(!matches!(adviser.give(introduction, &payload, &mut customer), Reply::Established(_)));
        }
        prop_assert!(adviser.joiner.guesses_left(customer.id, &code) >= 1);
    }

    #[test]
    fn bits_flipped_anywhere_establish_nothing(
        seed: u64,
        flips in vec((1u32..=3, any::<prop::sample::Index>(), 0u8..8), 1..4),
    ) {
        let mut customer = Customer::new(seed);
        let code = customer.code();
        let mut adviser = Adviser::new("huber");
        let (introduction, mut payload) = adviser.knock(&mut customer, &code);
        let mut changed = false;
        for number in 1..=4 {
            let before = payload.clone();
            for (message, place, bit) in &flips {
                if *message == number {
                    let place = place.index(payload.len());
                    payload[place] ^= 1 << bit;
                }
            }
            changed |= payload != before;
            let answer = if number % 2 == 1 {
                customer.give(introduction, &payload)
            } else {
                match adviser.give(introduction, &payload, &mut customer) {
                    Reply::Send(payload) => Some(payload),
                    Reply::Established(_) => {
                        prop_assert!(!changed);
                        None
                    }
                    Reply::Failed(_) | Reply::Nothing => None,
                }
            };
            let Some(answer) = answer else { break };
            payload = answer;
        }
        prop_assert!(customer.established().is_empty() || !changed);
    }

    #[test]
    fn no_bytes_are_a_card(seed: u64, noise in vec(any::<u8>(), 0..300), body in vec(any::<u8>(), 0..300)) {
        let customer = Customer::new(seed);
        let key = customer.cards.public();
        let expect = Expect { nonce: customer.offerer.nonce(), key: &key, id: customer.id, introduction: 1, institution: None, account: None };
        prop_assert!(Card::verify(&noise, &key, &expect).is_err());
        // Signed noise is still no card: the relay's key opens no hole either.
        let signed = [b"lotse adviser card v1\0".as_slice(), &body].concat();
        let card = SignedCard { signature: customer.cards.sign(&signed).to_vec(), body };
        let refused = Card::verify(&card.encode_to_vec(), &key, &expect);
        prop_assert!(refused.is_err() && refused != Err(CardError::Signature));
    }

    #[test]
    fn a_card_is_taken_as_it_was_made_and_shows_nothing_that_deceives(
        seed: u64, account in "\\PC{1,50}", adviser in ".{0,220}", role in "\\PC{0,50}", ceiling: u32,
    ) {
        let customer = Customer::new(seed);
        let key = customer.cards.public();
        let body = CardBody { adviser: adviser.clone(), account, role, ceiling, ..customer.body("", customer.offerer.nonce(), &key, 9) };
        let expect = Expect { nonce: customer.offerer.nonce(), key: &key, id: customer.id, introduction: 9, institution: Some(link::INSTITUTION), account: None };
        if let Ok(card) = Card::verify(&Card::sign(&body, &customer.cards), &key, &expect) {
            prop_assert_eq!(&card.adviser, &adviser);
            prop_assert!(card.adviser.chars().count() <= limits::SHOWN_TEXT);
            let deceives = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            prop_assert!(!card.adviser.chars().any(deceives));
            prop_assert_eq!(card.ceiling.to_wire(), ceiling & 0xff);
        }
    }

    #[test]
    fn every_code_opens_and_every_other_does_not(seed: u64, other in 0u32..1_000_000) {
        let mut customer = Customer::new(seed);
        let other: ChannelCode = numbered(other);
        let right = customer.code() == other;
        prop_assert_eq!(Adviser::new("huber").join(&mut customer, &other).is_ok(), right);
        if !right {
            let code = customer.code();
            prop_assert!(Adviser::new("huber").join(&mut customer, &code).is_ok());
        }
    }
}

#[test]
fn no_secret_is_in_the_debug_of_a_message() {
    use lotse_protocol::message::relay::{Login, PathOpened, from_relay, to_relay};
    use lotse_protocol::message::session::{GoesOn, session_message};
    let canary = "canary7f3a";
    let bytes = canary.as_bytes().to_vec();
    let shown = [
        format!(
            "{:?}",
            ToRelay { body: Some(to_relay::Body::Login(Login { name: canary.into(), password: canary.into() })) }
        ),
        format!(
            "{:?}",
            FromRelay {
                body: Some(from_relay::Body::PathOpened(PathOpened { introduction: 1, node: 0, token: bytes.clone() }))
            }
        ),
        format!(
            "{:?}",
            Handshake { body: Some(Body::M1(M1 { card: bytes.clone(), key: bytes.clone(), ..M1::default() })) }
        ),
        format!(
            "{:?}",
            SessionMessage { body: Some(session_message::Body::GoesOn(GoesOn { id: 1, code: canary.into() })) }
        ),
        format!("{:?}", SignedCard { body: bytes.clone(), signature: bytes.clone() }),
    ];
    let as_numbers = format!("{bytes:?}");
    for shown in shown {
        assert!(!shown.contains(canary) && !shown.contains(as_numbers.trim_matches(['[', ']'])), "{shown}");
    }
}
