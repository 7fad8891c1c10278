//! The encodings, frozen: a program of today must be understood by one of tomorrow. When a test here fails, the wire has
//! changed. New fields get new numbers; what stands here stays as it is.

use std::fmt::Debug;

use data_encoding::HEXLOWER;
use lotse_protocol::card::Card;
use lotse_protocol::forward::{HEADER, Token, write_header};
use lotse_protocol::framing;
use lotse_protocol::keys::SigningKey;
use lotse_protocol::message::input::{self, InputMessage, MouseButton, input_message};
use lotse_protocol::message::introduction::{
    self, AbortReason, Aborted, CardBody, Handshake, M1, M2, M3, M4, Role, SignedCard,
};
use lotse_protocol::message::pointer::{self, Datagram, PointerAt, PointerMessage, PointerSeen, pointer_message};
use lotse_protocol::message::relay::{self, FromRelay, RefusalReason, ToRelay, from_relay, to_relay};
use lotse_protocol::message::session::{
    self, EndReason, SessionMessage, SuspendedBecause, UpdateHeader, session_message,
};
use lotse_protocol::permission::{Permission, Permissions};
use prost::Message;
use zeroize::Zeroizing;

/// Encodes to exactly these bytes, and these bytes decode to it.
fn golden<M: Message + Default + PartialEq + Debug>(message: M, hex: &str) {
    assert_eq!(HEXLOWER.encode(&message.encode_to_vec()), hex, "{message:?}");
    assert_eq!(M::decode(HEXLOWER.decode(hex.as_bytes()).expect("hex").as_slice()), Ok(message));
}

#[test]
fn to_relay_messages() {
    golden(to(to_relay::Body::Hello(relay::Hello { version: 1, oldest: 1 })), "0a0408011001");
    golden(
        to(to_relay::Body::Register(relay::Register { nonce: bytes(0x11, 32) })),
        "12220a201111111111111111111111111111111111111111111111111111111111111111",
    );
    golden(
        to(to_relay::Body::Login(relay::Login { name: "huber".into(), password: "geheim".into() })),
        "1a0f0a056875626572120667656865696d",
    );
    golden(
        to(to_relay::Body::Knock(relay::Knock { id: 482_913_077, key: bytes(0x22, 32) })),
        "222808b5d6a2e60112202222222222222222222222222222222222222222222222222222222222222222",
    );
    golden(
        to(to_relay::Body::Pass(relay::Pass { introduction: 300, payload: bytes(0x33, 3) })),
        "2a0808ac021203333333",
    );
    golden(to(to_relay::Body::OpenPath(relay::OpenPath { introduction: 300 })), "320308ac02");
    golden(to(to_relay::Body::Leave(relay::Leave { introduction: 300 })), "3a0308ac02");
}

#[test]
fn from_relay_messages() {
    golden(
        from(from_relay::Body::Welcome(relay::Welcome { version: 1, oldest: 1, institution: "Uni".into() })),
        "0a09080110011a03556e69",
    );
    golden(from(from_relay::Body::Registered(relay::Registered { id: 482_913_077 })), "120608b5d6a2e601");
    golden(
        from(from_relay::Body::LoggedIn(relay::LoggedIn {
            display_name: "Maria Huber".into(),
            institution: "Uni".into(),
            role: "Desk".into(),
            ceiling: 3,
        })),
        "1a1a0a0b4d617269612048756265721203556e691a044465736b2003",
    );
    golden(
        from(from_relay::Body::Introduced(relay::Introduced {
            introduction: 300,
            nonce: bytes(0x11, 32),
            card: bytes(0x44, 2),
        })),
        "222908ac02122011111111111111111111111111111111111111111111111111111111111111111a024444",
    );
    golden(
        from(from_relay::Body::Passed(relay::Pass { introduction: 300, payload: bytes(0x33, 3) })),
        "2a0808ac021203333333",
    );
    golden(
        from(from_relay::Body::PathOpened(relay::PathOpened { introduction: 300, node: 1, token: bytes(0x55, 16) })),
        "321708ac0210011a1055555555555555555555555555555555",
    );
    golden(from(from_relay::Body::Left(relay::Left { introduction: 300 })), "3a0308ac02");
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::Unspecified.into(), retry_after: 0 })),
        "4200",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::Version.into(), retry_after: 1 })),
        "420408011001",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::Login.into(), retry_after: 2 })),
        "420408021002",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::NotSignedIn.into(), retry_after: 3 })),
        "420408031003",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::UnknownId.into(), retry_after: 4 })),
        "420408041004",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::Throttled.into(), retry_after: 5 })),
        "420408051005",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::Full.into(), retry_after: 6 })),
        "420408061006",
    );
    golden(
        from(from_relay::Body::Refused(relay::Refused { reason: RefusalReason::Unexpected.into(), retry_after: 7 })),
        "420408071007",
    );
}

#[test]
fn handshake_messages() {
    golden(
        shake(introduction::handshake::Body::M1(M1 {
            version: 1,
            nonce: bytes(1, 32),
            key: bytes(2, 32),
            card: bytes(3, 2),
            wanted: 1,
            reason: "why".into(),
            role: Role::Viewer.into(),
            policy: 255,
        })),
        "0a560801122001010101010101010101010101010101010101010101010101010101010101011a2002020202020202020202020202020202020202020202020202020202020202022202030328013203776879380240ff01",
    );
    golden(
        shake(introduction::handshake::Body::M2(M2 {
            version: 1,
            nonce: bytes(1, 32),
            key: bytes(2, 32),
            policy: 3,
            share: bytes(4, 32),
            card: bytes(3, 2),
            older_share: bytes(5, 32),
            wanted: 1,
            reason: "why".into(),
        })),
        "1297010801122001010101010101010101010101010101010101010101010101010101010101011a20020202020202020202020202020202020202020202020202020202020202020220032a200404040404040404040404040404040404040404040404040404040404040404320203033a20050505050505050505050505050505050505050505050505050505050505050540014a03776879",
    );
    golden(
        shake(introduction::handshake::Body::M3(M3 {
            share: bytes(4, 32),
            mac: bytes(6, 64),
            older_share: bytes(5, 32),
            older_mac: bytes(7, 64),
        })),
        "1ac8010a2004040404040404040404040404040404040404040404040404040404040404041240060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606061a200505050505050505050505050505050505050505050505050505050505050505224007070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707070707",
    );
    golden(
        shake(introduction::handshake::Body::M4(M4 { mac: bytes(6, 64) })),
        "22420a4006060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted {
            reason: AbortReason::Unspecified.into(),
            guesses_left: 0,
        })),
        "2a00",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted {
            reason: AbortReason::WrongCode.into(),
            guesses_left: 1,
        })),
        "2a0408011001",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted { reason: AbortReason::NoCode.into(), guesses_left: 2 })),
        "2a0408021002",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted { reason: AbortReason::Blocked.into(), guesses_left: 0 })),
        "2a020803",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted { reason: AbortReason::Busy.into(), guesses_left: 1 })),
        "2a0408041001",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted { reason: AbortReason::Version.into(), guesses_left: 2 })),
        "2a0408051002",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted { reason: AbortReason::Card.into(), guesses_left: 0 })),
        "2a020806",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted {
            reason: AbortReason::Malformed.into(),
            guesses_left: 1,
        })),
        "2a0408071001",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted {
            reason: AbortReason::Cancelled.into(),
            guesses_left: 2,
        })),
        "2a0408081002",
    );
    golden(
        shake(introduction::handshake::Body::Aborted(Aborted {
            reason: AbortReason::TimedOut.into(),
            guesses_left: 0,
        })),
        "2a020809",
    );
}

#[test]
fn session_messages() {
    golden(
        said(session_message::Body::Ask(session::Ask { permissions: 2, reason: "why".into() })),
        "0a0708021203776879",
    );
    golden(
        said(session_message::Body::Rights(session::Rights {
            effective: 1,
            askable: 3,
            epoch: 9,
            ..session::Rights::default()
        })),
        "1206080110031809",
    );
    let reasons = [
        SuspendedBecause::Question,
        SuspendedBecause::Closing,
        SuspendedBecause::Silence,
        SuspendedBecause::Hidden,
        SuspendedBecause::Locked,
        SuspendedBecause::Away,
        SuspendedBecause::Prompt,
        SuspendedBecause::Administrator,
    ];
    for (number, reason) in (1..).zip(reasons) {
        let rights =
            session::Rights { effective: 1, askable: 3, epoch: 9, granted: 3, suspended_because: reason.into() };
        golden(said(session_message::Body::Rights(rights)), &format!("120a0801100318092003280{number}"));
    }
    golden(said(session_message::Body::Asked(session::Asked { permissions: 2, seconds_left: 60 })), "1a040802103c");
    golden(said(session_message::Body::Refused(session::Refused { permissions: 2, timed_out: true })), "220408021001");
    golden(said(session_message::Body::GiveBack(session::GiveBack { permissions: 2 })), "32020802");
    golden(
        said(session_message::Body::GoesOn(session::GoesOn { id: 482_913_077, code: "731 940".into() })),
        "3a0f08b5d6a2e601120737333120393430",
    );
    for (asleep, expected) in
        [(false, "a2010d0a0b080110800f18b80820e209"), (true, "a2010f0a0d080110800f18b80820e2092801")]
    {
        let display = session::Display { display: 1, width: 1920, height: 1080, scale_permille: 1250, asleep };
        golden(said(session_message::Body::Displays(session::Displays { displays: vec![display] })), expected);
    }
    golden(said(session_message::Body::Applied(session::Applied { display: 1, sequence: 300 })), "aa0105080110ac02");
    golden(said(session_message::Body::KeyframeWanted(session::KeyframeWanted { display: 1 })), "b201020801");
    golden(
        UpdateHeader { sequence: 300, display: 1, width: 1920, height: 1080, length: 70_000, keyframe: true },
        "08ac02100118800f20b80828f0a2043001",
    );
    golden(
        session::Bind { mac: bytes(6, 64) },
        "0a4006060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606060606",
    );
    golden(said(session_message::Body::End(session::End { reason: EndReason::Unspecified.into() })), "2a00");
    golden(said(session_message::Body::End(session::End { reason: EndReason::Ended.into() })), "2a020801");
    golden(said(session_message::Body::End(session::End { reason: EndReason::Closed.into() })), "2a020802");
    golden(said(session_message::Body::End(session::End { reason: EndReason::Refused.into() })), "2a020803");
    golden(said(session_message::Body::End(session::End { reason: EndReason::Failed.into() })), "2a020804");
    golden(said(session_message::Body::End(session::End { reason: EndReason::GoesOn.into() })), "2a020805");
}

#[test]
fn pointer_messages() {
    let shape = pointer::Shape { number: 96, width: 2, height: 1, hot_x: 1, hot_y: 0, rgba: bytes(0x44, 8) };
    golden(
        PointerMessage { body: Some(pointer_message::Body::Shape(shape)) },
        "f20112086010021801200132084444444444444444",
    );
    golden(PointerMessage { body: Some(pointer_message::Body::Show(pointer::Show { number: 96 })) }, "fa01020860");
    golden(PointerMessage { body: Some(pointer_message::Body::Show(pointer::Show { number: 0 })) }, "fa0100");
}

#[test]
fn datagrams() {
    let at = PointerAt { sequence: 300, display: 1, x: 700, y: 500 };
    for (datagram, hex) in [
        (Datagram::Heartbeat, "01"),
        (Datagram::PointerAt(at), "0208ac02100118bc0520f403"),
        (Datagram::PointerSeen(PointerSeen { sequence: 300 }), "0308ac02"),
    ] {
        let bytes = datagram.encode();
        assert_eq!(HEXLOWER.encode(&bytes), hex, "{datagram:?}");
        assert_eq!(Datagram::decode(&bytes), Ok(Some(datagram)));
    }
    assert_eq!(Datagram::decode(&[]), Ok(None));
    assert_eq!(Datagram::decode(&[4, 1, 2, 3]), Ok(None), "from a newer version");
    assert!(Datagram::decode(&[2; 100]).is_err() && Datagram::decode(&[3, 0xff]).is_err());
}

#[test]
fn input_messages() {
    let key = input_message::Body::Key(input::Key { usage: 4, pressed: true, ..input::Key::default() });
    golden(InputMessage { body: Some(key), epoch: 300 }, "c2020408041001e802ac02");
    golden(
        done(input_message::Body::Key(input::Key { usage: 4, pressed: true, ..input::Key::default() })),
        "c2020408041001",
    );
    let typed = input::Key {
        usage: 0x14,
        pressed: true,
        text: "@".to_owned(),
        cap: "q".to_owned(),
        locks: Some(input::Locks { caps: false, num: true }),
    };
    golden(done(input_message::Body::Key(typed)), "c2020e081410011a01402201712a021001");
    golden(done(input_message::Body::Text(input::Text { text: "né".to_owned() })), "f202050a036ec3a9");
    golden(done(input_message::Body::Wheel(input::Wheel { horizontal: -120, vertical: 240 })), "d2020608ef0110e003");
    golden(done(input_message::Body::Move(input::Move { display: 1, x: 700, y: 500 })), "da0208080110bc0518f403");
    golden(done(input_message::Body::ReleaseAll(input::ReleaseAll {})), "e20200");
    golden(
        done(input_message::Body::Button(input::Button {
            button: MouseButton::Unspecified.into(),
            pressed: true,
            at: Some(input::Move { display: 0, x: 7, y: 5 }),
        })),
        "ca020810011a0410071805",
    );
    golden(
        done(input_message::Body::Button(input::Button {
            button: MouseButton::Left.into(),
            pressed: true,
            at: Some(input::Move { display: 0, x: 7, y: 5 }),
        })),
        "ca020a080110011a0410071805",
    );
    golden(
        done(input_message::Body::Button(input::Button {
            button: MouseButton::Middle.into(),
            pressed: true,
            at: Some(input::Move { display: 0, x: 7, y: 5 }),
        })),
        "ca020a080210011a0410071805",
    );
    golden(
        done(input_message::Body::Button(input::Button {
            button: MouseButton::Right.into(),
            pressed: true,
            at: Some(input::Move { display: 0, x: 7, y: 5 }),
        })),
        "ca020a080310011a0410071805",
    );
    golden(
        done(input_message::Body::Button(input::Button {
            button: MouseButton::Back.into(),
            pressed: true,
            at: Some(input::Move { display: 0, x: 7, y: 5 }),
        })),
        "ca020a080410011a0410071805",
    );
    golden(
        done(input_message::Body::Button(input::Button {
            button: MouseButton::Forward.into(),
            pressed: true,
            at: Some(input::Move { display: 0, x: 7, y: 5 }),
        })),
        "ca020a080510011a0410071805",
    );
}

#[test]
fn card_body_messages() {
    golden(
        card_body(),
        "0a056875626572120b4d617269612048756265721a03556e6922044465736b2803322001010101010101010101010101010101010101010101010101010101010101013a20020202020202020202020202020202020202020202020202020202020202020240ac0248b5d6a2e6015201745a03542d31",
    );
    golden(
        SignedCard { body: bytes(1, 3), signature: bytes(2, 64) },
        "0a03010101124002020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202020202",
    );
}

#[test]
fn a_signed_card() {
    // Ed25519 is deterministic: the same body and key make the same card, context string included.
    let key = SigningKey::from_bytes(&Zeroizing::new([7; 32]));
    let card = SignedCard::decode(Card::sign(&card_body(), &key).as_slice()).expect("a card");
    assert_eq!(card.body, card_body().encode_to_vec());
    assert_eq!(
        HEXLOWER.encode(&card.signature),
        "46cef585eff04140fac0166815b27d291f125b675a2185b408654106be3172d639e5c89ccbce7261e094c6537206edc481ef42ff30a634ad376a31111e54b60f"
    );
}

#[test]
fn frames_and_headers() {
    let mut framed = Vec::new();
    framing::encode(&relay::Hello { version: 1, oldest: 1 }, &mut framed);
    assert_eq!(HEXLOWER.encode(&framed), "0400000008011001");
    let mut header = [0; HEADER];
    write_header(&mut header, &Token::from_wire(&[0xab; 16]).expect("16 bytes"));
    assert_eq!(HEXLOWER.encode(&header), "04abababababababababababababababab");
}

#[test]
fn stream_kinds_and_permissions() {
    use session::StreamKind::{Control, Input, Pointer, Screen};
    for (kind, byte) in [(Control, 1), (Screen, 2), (Input, 3), (Pointer, 4)] {
        assert_eq!(kind as u8, byte);
        assert_eq!(session::StreamKind::from_wire(byte), Some(kind));
    }
    for (place, permission) in Permission::ALL.into_iter().enumerate() {
        assert_eq!(Permissions::from(permission).to_wire(), 1 << place);
    }
}

#[test]
fn unknown_fields_and_kinds_of_a_newer_version_are_skipped() {
    // Hello with a field 15 that this version does not know, and a message with only such a body.
    let newer = relay::Hello::decode([0x08, 0x02, 0x10, 0x01, 0x78, 0x05].as_slice());
    assert_eq!(newer, Ok(relay::Hello { version: 2, oldest: 1 }));
    assert_eq!(SessionMessage::decode([0xa2, 0x06, 0x00].as_slice()), Ok(SessionMessage { body: None }));
}

fn bytes(value: u8, count: usize) -> Vec<u8> {
    vec![value; count]
}

fn to(body: to_relay::Body) -> ToRelay {
    ToRelay { body: Some(body) }
}

fn from(body: from_relay::Body) -> FromRelay {
    FromRelay { body: Some(body) }
}

fn shake(body: introduction::handshake::Body) -> Handshake {
    Handshake { body: Some(body) }
}

fn said(body: session_message::Body) -> SessionMessage {
    SessionMessage { body: Some(body) }
}

fn done(body: input_message::Body) -> InputMessage {
    InputMessage { body: Some(body), epoch: 0 }
}

fn card_body() -> CardBody {
    CardBody {
        account: "huber".into(),
        adviser: "Maria Huber".into(),
        institution: "Uni".into(),
        role: "Desk".into(),
        ceiling: 3,
        nonce: bytes(1, 32),
        key: bytes(2, 32),
        introduction: 300,
        id: 482_913_077,
        tenant: "t".into(),
        ticket: "T-1".into(),
    }
}
