//! A joiner whose offerer does not know the code: whatever it sends, nobody is introduced, and no more than three MACs
//! leave for one typed code.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use lotse_protocol::card::Card;
use lotse_protocol::code::ChannelCode;
use lotse_protocol::handshake::joiner::{Joiner, Output};
use lotse_protocol::handshake::{Part, Trust, Welcome};
use lotse_protocol::id::Id;
use lotse_protocol::keys::{PublicKey, SigningKey};
use lotse_protocol::limits;
use lotse_protocol::message::introduction::{CardBody, Handshake, M1, M2, M4, handshake::Body};
use lotse_protocol::permission::Permission;
use prost::Message;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fuzz_target!(|input: &[u8]| {
    let Some((&mode, mut rest)) = input.split_first() else { return };
    let mut rng = StdRng::seed_from_u64(1);
    let cards = SigningKey::generate(&mut rng);
    let id = Id::generate(&mut rng);
    let code = ChannelCode::generate(&mut rng);
    let part = match mode % 2 {
        0 => Part::Viewer { wanted: Permission::View.into(), reason: "why".into() },
        _ => {
            let trust = Trust { cards: cards.public(), institution: None, welcome: Welcome::Anyone };
            Part::Host { trust, policy: Permission::View.into() }
        }
    };
    let mut now = Instant::now();
    let mut joiner = Joiner::new();
    let mut macs = 0;
    for introduction in 1..=8 {
        let Ok(_) = joiner.join(id, code.clone(), part.clone(), &mut rng) else { break };
        joiner.introduced(introduction, Vec::new(), now, &mut rng).expect("joining");
        let mut m1 = M1::default();
        for _ in 0..4 {
            macs += look(&mut joiner, &mut m1);
            // Each step: what, and as many bytes as the second says.
            let Some((&[what, length], after)) = rest.split_first_chunk() else { break };
            let (bytes, after) = after.split_at(usize::from(length).min(after.len()));
            rest = after;
            match what % 8 {
                0 => joiner.receive(introduction, bytes, now, &mut rng),
                1 => joiner.receive(introduction + 1, bytes, now, &mut rng),
                2 => {
                    now += Duration::from_secs(u64::from(what / 8));
                    joiner.tick(now);
                }
                3 => joiner.left(introduction),
                4 => joiner.receive(introduction, &encode(Body::M4(M4 { mac: bytes.to_vec() })), now, &mut rng),
                _ => {
                    let offer = encode(Body::M2(offer(&m1, id, introduction, &cards, bytes, &mut rng)));
                    joiner.receive(introduction, &offer, now, &mut rng);
                }
            }
        }
        macs += look(&mut joiner, &mut m1);
        joiner.cancel();
        macs += look(&mut joiner, &mut m1);
    }
    assert!(macs <= limits::GUESSES);
    assert!(joiner.guesses_left(id, &code) + macs == limits::GUESSES);
});

/// A sound M2, with what `bytes` say instead of some of it.
fn offer(m1: &M1, id: Id, introduction: u64, cards: &SigningKey, bytes: &[u8], rng: &mut StdRng) -> M2 {
    let mut nonce = [0; 32];
    rng.fill_bytes(&mut nonce);
    let own: PublicKey = SigningKey::generate(rng).public();
    let body = CardBody {
        account: "huber".into(),
        adviser: "Maria Huber".into(),
        institution: "Uni".into(),
        nonce: m1.nonce.clone(),
        key: own.as_bytes().to_vec(),
        introduction,
        id: id.to_wire(),
        ..CardBody::default()
    };
    // The encoding of ristretto255's base point (RFC 9496, 4.1 with A.1): a valid share of unknown secret.
    let share = b"\xe2\xf2\xae\x0a\x6a\xbc\x4e\x71\xa8\x84\xa9\x61\xc5\x00\x51\x5f\x58\xe3\x0b\x6a\xa5\x82\xdd\x8d\xb6\xa6\x59\x45\xe0\x8d\x2d\x76";
    let mut m2 = M2 {
        version: 1,
        nonce: nonce.to_vec(),
        key: own.as_bytes().to_vec(),
        policy: 1,
        share: share.to_vec(),
        card: Card::sign(&body, cards),
        ..M2::default()
    };
    if let Some((&which, bytes)) = bytes.split_first() {
        match which % 8 {
            0 => m2.share = bytes.to_vec(),
            1 => m2.older_share = bytes.to_vec(),
            2 => m2.nonce = bytes.to_vec(),
            3 => m2.key = bytes.to_vec(),
            4 => m2.card = bytes.to_vec(),
            5 => m2.reason = String::from_utf8_lossy(bytes).into_owned(),
            6 => m2.version = u32::from(which) / 8,
            _ => m2.older_share = share.to_vec(),
        }
    }
    m2
}

/// Takes what the joiner put out; how many MACs were in it.
fn look(joiner: &mut Joiner, last_m1: &mut M1) -> u32 {
    let mut macs = 0;
    while let Some(output) = joiner.poll() {
        match output {
            Output::Send { payload, .. } => {
                assert!(payload.len() <= limits::HANDSHAKE_MESSAGE);
                match Handshake::decode(payload.as_slice()).ok().and_then(|message| message.body) {
                    Some(Body::M1(m1)) => *last_m1 = m1,
                    Some(Body::M3(m3)) => {
                        macs += u32::from(!m3.mac.is_empty()) + u32::from(!m3.older_mac.is_empty());
                    }
                    _ => {}
                }
            }
            Output::Established(_) => panic!("introduced to one who does not know the code"),
            Output::Failed(_) => {}
        }
    }
    macs
}

fn encode(body: Body) -> Vec<u8> {
    Handshake { body: Some(body) }.encode_to_vec()
}
