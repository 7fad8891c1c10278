//! Any bytes into every parser of the protocol: read or refused, and what was read means the same when written again.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use lotse_protocol::card::{Card, Expect, is_shown_text};
use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::keys::{PublicKey, RelayPins, SigningKey};
use lotse_protocol::message::input::InputMessage;
use lotse_protocol::message::introduction::{CardBody, Handshake, SignedCard};
use lotse_protocol::message::pointer::{Datagram, PointerMessage};
use lotse_protocol::message::relay::{FromRelay, ToRelay};
use lotse_protocol::message::session::{Bind, SessionMessage, UpdateHeader};
use lotse_protocol::pointer::ShapesKnown;
use lotse_protocol::ticket::Ticket;
use lotse_protocol::{forward, framing, limits};
use prost::Message;
use rand::SeedableRng;
use rand::rngs::StdRng;

fuzz_target!(|input: &[u8]| {
    again::<ToRelay>(input, limits::CONTROL_MESSAGE);
    again::<FromRelay>(input, limits::CONTROL_MESSAGE);
    again::<Handshake>(input, limits::HANDSHAKE_MESSAGE);
    again::<SignedCard>(input, limits::CARD);
    again::<CardBody>(input, limits::CARD);
    again::<SessionMessage>(input, limits::SESSION_MESSAGE);
    again::<Bind>(input, limits::SESSION_MESSAGE);
    again::<InputMessage>(input, limits::INPUT_MESSAGE);
    again::<UpdateHeader>(input, limits::UPDATE_HEADER);
    again::<PointerMessage>(input, limits::POINTER_MESSAGE);
    if let Ok(PointerMessage { body: Some(body) }) = framing::decode(input, limits::POINTER_MESSAGE) {
        let _ = ShapesKnown::default().hear(body);
    }
    if let Ok(Some(datagram)) = Datagram::decode(input) {
        assert_eq!(Datagram::decode(&datagram.encode()), Ok(Some(datagram)));
    }
    if let Ok(ticket) = Ticket::decode(input) {
        assert_eq!(Ticket::decode(&ticket.encode()), Ok(ticket));
    }
    if let Some(prefix) = input.first_chunk() {
        let _ = framing::length(*prefix, limits::CONTROL_MESSAGE).is_ok_and(|length| {
            assert!(length <= limits::CONTROL_MESSAGE);
            true
        });
    }
    if let Some((token, sealed)) = forward::parse(input) {
        assert_eq!(forward::HEADER + sealed.len(), input.len());
        assert_eq!(token.as_bytes(), &input[1..forward::HEADER]);
    }
    let _ = PublicKey::from_wire(input);
    let _ = PublicKey::from_spki(input);
    if let Ok(text) = std::str::from_utf8(input) {
        if let Ok(id) = text.parse::<Id>() {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        if let Ok(code) = ChannelCode::parse(text) {
            assert!(ChannelCode::parse(&code.grouped()).is_ok_and(|again| again == code));
        }
        if let Ok(pins) = text.parse::<RelayPins>() {
            assert_eq!(pins.to_string().parse(), Ok(pins));
        }
        let _ = is_shown_text(text, limits::SHOWN_TEXT);
    }
    card(input);
});

/// What decodes, encodes to something that decodes to the same.
fn again<M: Message + Default + PartialEq>(input: &[u8], limit: usize) {
    let Ok(message) = framing::decode::<M>(input, limit) else {
        return;
    };
    let encoded = message.encode_to_vec();
    assert!(M::decode(encoded.as_slice()).is_ok_and(|again| again == message));
}

/// As a card, as the body of one that is properly signed, and as the texts of one that fits.
fn card(input: &[u8]) {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    let cards = KEY.get_or_init(|| SigningKey::generate(&mut StdRng::seed_from_u64(1)));
    let key = cards.public();
    let id = Id::generate(&mut StdRng::seed_from_u64(2));
    let expect = Expect { nonce: &[7; 32], key: &key, id, introduction: 1, institution: None, account: None };
    assert!(Card::verify(input, &key, &expect).is_err());
    let signed = [b"lotse adviser card v1\0", input].concat();
    let body = SignedCard { body: input.to_vec(), signature: cards.sign(&signed).to_vec() };
    let _ = Card::verify(&body.encode_to_vec(), &key, &expect);
    let Ok(text) = std::str::from_utf8(input) else { return };
    let body = CardBody {
        account: "huber".into(),
        adviser: text.into(),
        institution: "Uni".into(),
        nonce: vec![7; 32],
        key: key.as_bytes().to_vec(),
        introduction: 1,
        id: id.to_wire(),
        ..CardBody::default()
    };
    if let Ok(card) = Card::verify(&Card::sign(&body, cards), &key, &expect) {
        assert!(card.adviser == text && is_shown_text(text, limits::SHOWN_TEXT));
    }
}
