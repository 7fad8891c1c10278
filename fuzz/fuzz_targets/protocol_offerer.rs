//! An offerer in the hands of a relay that sends what it likes, has cards signed, lets time pass, and lets an adviser
//! who knows the code through, or changes what that one says: nobody is introduced whose words were changed.
//!
//! With two codes alive one of the two MACs in M3 is wrong by nature, and a change of that one is for the joiner to see.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use lotse_protocol::card::Card;
use lotse_protocol::code::ChannelCode;
use lotse_protocol::handshake::joiner::{self, Joiner};
use lotse_protocol::handshake::offerer::{CodeState, Offerer, Output};
use lotse_protocol::handshake::{Part, Trust, Welcome};
use lotse_protocol::id::Id;
use lotse_protocol::keys::SigningKey;
use lotse_protocol::limits;
use lotse_protocol::message::introduction::{CardBody, Handshake, handshake::Body};
use lotse_protocol::permission::{Permission, Permissions};
use prost::Message;
use rand::SeedableRng;
use rand::rngs::StdRng;

fuzz_target!(|input: &[u8]| {
    let mut rng = StdRng::seed_from_u64(1);
    let cards = SigningKey::generate(&mut rng);
    let id = Id::generate(&mut rng);
    let trust = Trust { cards: cards.public(), institution: None, welcome: Welcome::Anyone };
    let offerer = Offerer::new(Part::Host { trust, policy: Permission::View.into() }, &mut rng);
    let mut world =
        World { rng, cards, id, offerer, now: Instant::now(), numbers: 100, changed: false, two_codes: false };
    world.offerer.registered(id, world.now, &mut world.rng);
    let mut rest = input;
    // Each step: what, a number, and as many bytes as the third says.
    for _ in 0..24 {
        let Some((&[what, number, length], after)) = rest.split_first_chunk() else { break };
        let (bytes, after) = after.split_at(usize::from(length).min(after.len()));
        rest = after;
        world.step(what, number, bytes);
    }
});

struct World {
    rng: StdRng,
    cards: SigningKey,
    id: Id,
    offerer: Offerer,
    now: Instant,
    numbers: u64,
    changed: bool,
    two_codes: bool,
}

impl World {
    fn step(&mut self, what: u8, number: u8, bytes: &[u8]) {
        match what % 8 {
            0 => self.tell(number.into(), bytes),
            1 => self.offerer.left(self.numbers.saturating_sub(u64::from(number % 3)), self.now, &mut self.rng),
            2 => self.now += Duration::from_secs(u64::from(number) * 3),
            3 => self.offerer.new_code(self.now, &mut self.rng),
            4 => {
                self.offerer.unregistered(&mut self.rng);
                self.offerer.registered(self.id, self.now, &mut self.rng);
            }
            5 => self.offerer.offer(self.now, &mut self.rng),
            _ => self.join(number, bytes),
        }
        self.offerer.tick(self.now, &mut self.rng);
        self.drain();
        assert!(self.offerer.next_wake().is_none_or(|wake| wake <= self.now + limits::CODE_SHOWN + limits::CODE_GRACE));
    }

    /// An adviser who knows the code, over a wire that `changes` are made on: of which message, where, and how.
    fn join(&mut self, account: u8, changes: &[u8]) {
        let code = match self.offerer.code(self.now) {
            CodeState::Shown { code, .. } | CodeState::InUse { code } => code,
            CodeState::None | CodeState::UsedUp => ChannelCode::generate(&mut self.rng),
        };
        self.numbers += 1;
        let introduction = self.numbers;
        let mut joiner = Joiner::new();
        let part = Part::Viewer { wanted: Permissions::NONE, reason: String::new() };
        let key = joiner.join(self.id, code, part, &mut self.rng).expect("nothing was tried yet");
        let body = CardBody {
            account: format!("adviser{}", account % 4),
            adviser: "Maria Huber".into(),
            institution: "Uni".into(),
            nonce: self.offerer.nonce().to_vec(),
            key: key.as_bytes().to_vec(),
            introduction,
            id: self.id.to_wire(),
            ..CardBody::default()
        };
        let card = Card::sign(&body, &self.cards);
        joiner.introduced(introduction, card, self.now, &mut self.rng).expect("joining");
        self.changed = false;
        for message in 0..2 {
            let Some(said) = last_said(&mut joiner) else { return };
            let mut payload = said.clone();
            for change in changes.chunks_exact(3).filter(|change| change[0] % 2 == message) {
                let place = usize::from(change[1]) % payload.len();
                payload[place] ^= change[2];
            }
            self.changed |= payload != said;
            self.two_codes = matches!(parsed(&said), Some(Body::M3(m3)) if !m3.older_share.is_empty());
            self.tell(introduction, &payload);
            while let Some(output) = self.offerer.poll() {
                if let Some(answer) = self.look(output, introduction) {
                    joiner.receive(introduction, &answer, self.now, &mut self.rng);
                }
            }
        }
        while let Some(output) = joiner.poll() {
            assert!(!self.changed || !matches!(output, joiner::Output::Established(_)), "both were introduced");
        }
    }

    fn tell(&mut self, introduction: u64, payload: &[u8]) {
        self.offerer.receive(introduction, payload, self.now, &mut self.rng);
    }

    fn drain(&mut self) {
        while let Some(output) = self.offerer.poll() {
            self.look(output, u64::MAX);
        }
    }

    fn look(&self, output: Output, introduction: u64) -> Option<Vec<u8>> {
        match output {
            Output::Send { introduction: to, payload } => {
                assert!(payload.len() <= limits::HANDSHAKE_MESSAGE);
                (to == introduction).then_some(payload)
            }
            Output::Established(established) => {
                assert!(established.introduction == introduction && established.card.is_some());
                assert!(!self.changed || self.two_codes, "somebody was introduced whose words were changed");
                None
            }
            Output::CardWanted { .. } => panic!("a host has no card"),
            Output::Knocked { .. } | Output::Ended { .. } | Output::CodeChanged => None,
        }
    }
}

fn parsed(payload: &[u8]) -> Option<Body> {
    Handshake::decode(payload).ok()?.body
}

fn last_said(joiner: &mut Joiner) -> Option<Vec<u8>> {
    let mut last = None;
    while let Some(output) = joiner.poll() {
        if let joiner::Output::Send { payload, .. } = output {
            last = Some(payload);
        }
    }
    last
}
