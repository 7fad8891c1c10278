//! Two programs, a relay's card key and a clock in one test. Messages are values that a test carries from one side to
//! the other, so it can drop, keep, change, replay or make them up as an attacker would.
#![allow(dead_code, unreachable_pub, reason = "a module of several test binaries, each of which uses a part of it")]

pub mod model;

use std::time::{Duration, Instant};

use lotse_protocol::card::{Account, Card};
use lotse_protocol::code::ChannelCode;
use lotse_protocol::handshake::joiner::{self, Failure, Joiner};
use lotse_protocol::handshake::offerer::{self, CodeState, Offerer, Unfinished};
use lotse_protocol::handshake::{Established, Part, Trust, Welcome};
use lotse_protocol::id::Id;
use lotse_protocol::keys::{PublicKey, SigningKey};
use lotse_protocol::limits;
use lotse_protocol::message::introduction::{AbortReason, CardBody, Handshake, handshake::Body};
use lotse_protocol::permission::{Permission, Permissions};
use prost::Message;
use rand::SeedableRng;
use rand::rngs::StdRng;

pub const INSTITUTION: &str = "University of Example";
pub const REASON: &str = "To look at the e-mail settings with you.";

/// A customer's program, and the world it lives in.
pub struct Customer {
    pub now: Instant,
    pub rng: StdRng,
    /// Signs cards: the honest relay's.
    pub cards: SigningKey,
    pub id: Id,
    pub offerer: Offerer,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What it sent to other introductions than the one that was being answered.
    pub aside: Vec<(u64, Vec<u8>)>,
    next_introduction: u64,
}

pub enum Event {
    Knocked(u64),
    Ended(u64, Unfinished),
    Established(Box<Established>),
}

impl Customer {
    pub fn new(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let cards = SigningKey::generate(&mut rng);
        let offerer = Offerer::new(host(&cards), &mut rng);
        Self::offering(offerer, cards, rng)
    }

    /// A program that goes on with a session which this adviser had.
    pub fn going_on(seed: u64, account: &str) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let cards = SigningKey::generate(&mut rng);
        let welcome = Welcome::Only(Account { name: account.into(), tenant: String::new() });
        let offerer = Offerer::new(host_of(&cards, welcome), &mut rng);
        Self::offering(offerer, cards, rng)
    }

    /// An adviser who made an invitation, in the same place.
    pub fn inviting(seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let cards = SigningKey::generate(&mut rng);
        let offerer = Offerer::new(viewer(), &mut rng);
        Self::offering(offerer, cards, rng)
    }

    fn offering(mut offerer: Offerer, cards: SigningKey, mut rng: StdRng) -> Self {
        let now = Instant::now();
        let id = Id::generate(&mut rng);
        offerer.registered(id, now, &mut rng);
        let mut customer =
            Self { now, rng, cards, id, offerer, events: Vec::new(), aside: Vec::new(), next_introduction: 1 };
        customer.collect(0);
        customer
    }

    pub fn pass(&mut self, time: Duration) {
        self.now += time;
        self.offerer.tick(self.now, &mut self.rng);
        self.collect(0);
    }

    /// What the customer reads aloud.
    pub fn code(&self) -> ChannelCode {
        match self.offerer.code(self.now) {
            CodeState::Shown { code, .. } | CodeState::InUse { code } => code,
            CodeState::None | CodeState::UsedUp => panic!("there is no code"),
        }
    }

    pub fn is_shown(&self) -> bool {
        matches!(self.offerer.code(self.now), CodeState::Shown { .. })
    }

    pub fn is_used_up(&self) -> bool {
        matches!(self.offerer.code(self.now), CodeState::UsedUp)
    }

    pub fn has_no_code(&self) -> bool {
        matches!(self.offerer.code(self.now), CodeState::None)
    }

    /// Another than any that is accepted.
    pub fn wrong_code(&self) -> ChannelCode {
        other_than(&self.code())
    }

    pub fn new_code(&mut self) {
        self.offerer.new_code(self.now, &mut self.rng);
        self.collect(0);
    }

    pub fn offer(&mut self) {
        self.offerer.offer(self.now, &mut self.rng);
        self.collect(0);
    }

    /// The relay's number for a new introduction.
    pub fn introduction(&mut self) -> u64 {
        self.next_introduction += 1;
        self.next_introduction
    }

    /// Gives it a message; what it answers. Never more than one message to one message.
    pub fn give(&mut self, introduction: u64, payload: &[u8]) -> Option<Vec<u8>> {
        self.offerer.receive(introduction, payload, self.now, &mut self.rng);
        self.collect(introduction)
    }

    fn collect(&mut self, introduction: u64) -> Option<Vec<u8>> {
        let mut answer = None;
        while let Some(output) = self.offerer.poll() {
            match output {
                offerer::Output::Send { introduction: to, payload } if to == introduction => {
                    assert!(answer.replace(payload).is_none(), "two answers to one message");
                }
                offerer::Output::Send { introduction: to, payload } => self.aside.push((to, payload)),
                offerer::Output::CardWanted { introduction, nonce, key } => {
                    let card = Card::sign(&self.body("huber", &nonce, &key, introduction), &self.cards);
                    self.offerer.card(introduction, card, self.now, &mut self.rng);
                }
                offerer::Output::Knocked { introduction, .. } => self.events.push(Event::Knocked(introduction)),
                offerer::Output::Ended { introduction, why } => self.events.push(Event::Ended(introduction, why)),
                offerer::Output::Established(established) => self.events.push(Event::Established(established)),
                offerer::Output::CodeChanged => {}
            }
        }
        answer
    }

    pub fn body(&self, account: &str, nonce: &[u8; 32], key: &PublicKey, introduction: u64) -> CardBody {
        CardBody {
            account: account.into(),
            adviser: format!("Adviser {account}"),
            institution: INSTITUTION.into(),
            role: "Service Desk".into(),
            ceiling: Permissions::from(Permission::View).with(Permission::Control).to_wire(),
            nonce: nonce.to_vec(),
            key: key.as_bytes().to_vec(),
            introduction,
            id: self.id.to_wire(),
            tenant: String::new(),
            ticket: "T-1".into(),
        }
    }

    /// A card as the honest relay signs it.
    pub fn card(&self, account: &str, key: &PublicKey, introduction: u64) -> Vec<u8> {
        Card::sign(&self.body(account, self.offerer.nonce(), key, introduction), &self.cards)
    }

    /// Of all that happened, what ended without result.
    pub fn ended(&self) -> Vec<Unfinished> {
        self.events.iter().filter_map(|e| if let Event::Ended(_, why) = e { Some(*why) } else { None }).collect()
    }

    pub fn wrong_guesses(&self) -> usize {
        self.ended().iter().filter(|why| **why == Unfinished::WrongCode).count()
    }

    pub fn established(&self) -> Vec<&Established> {
        self.events.iter().filter_map(|e| if let Event::Established(e) = e { Some(&**e) } else { None }).collect()
    }
}

/// A program that joins.
pub struct Adviser {
    pub account: String,
    pub joiner: Joiner,
    pub part: Part,
}

pub enum Reply {
    Nothing,
    Send(Vec<u8>),
    Established(Box<Established>),
    /// With what was sent before, if anything.
    Failed(Failure),
}

impl Adviser {
    pub fn new(account: &str) -> Self {
        Self { account: account.into(), joiner: Joiner::new(), part: viewer() }
    }

    /// A customer who joins an invitation.
    pub fn invited(cards: &SigningKey) -> Self {
        Self { account: String::new(), joiner: Joiner::new(), part: host(cards) }
    }

    /// Types the code and knocks through an honest relay: the number of the introduction, and M1.
    pub fn knock(&mut self, customer: &mut Customer, code: &ChannelCode) -> (u64, Vec<u8>) {
        let (now, part) = (customer.now, self.part.clone());
        let key = self.joiner.join(customer.id, code.clone(), part, &mut customer.rng).expect("a guess is left");
        let introduction = customer.introduction();
        let card = match self.part {
            Part::Viewer { .. } => customer.card(&self.account, &key, introduction),
            Part::Host { .. } => Vec::new(),
        };
        self.joiner.introduced(introduction, card, now + limits::JOINING, &mut customer.rng).expect("joining");
        match self.collect() {
            Reply::Send(m1) => (introduction, m1),
            _ => panic!("no M1"),
        }
    }

    pub fn give(&mut self, introduction: u64, payload: &[u8], customer: &mut Customer) -> Reply {
        self.joiner.receive(introduction, payload, customer.now, &mut customer.rng);
        self.collect()
    }

    /// The last thing it wants: a verdict hides what was sent before it.
    pub fn collect(&mut self) -> Reply {
        let mut reply = Reply::Nothing;
        while let Some(output) = self.joiner.poll() {
            reply = match output {
                joiner::Output::Send { payload, .. } => Reply::Send(payload),
                joiner::Output::Established(established) => Reply::Established(established),
                joiner::Output::Failed(failure) => Reply::Failed(failure),
            };
        }
        reply
    }

    /// Joins from beginning to end over an honest relay; what the joiner comes away with.
    pub fn join(&mut self, customer: &mut Customer, code: &ChannelCode) -> Result<Box<Established>, Failure> {
        let (introduction, m1) = self.knock(customer, code);
        let mut answer = customer.give(introduction, &m1);
        loop {
            let payload = answer.expect("the offerer answers");
            match self.give(introduction, &payload, customer) {
                Reply::Send(payload) => answer = customer.give(introduction, &payload),
                Reply::Established(established) => return Ok(established),
                Reply::Failed(failure) => return Err(failure),
                Reply::Nothing => panic!("the joiner fell silent"),
            }
        }
    }
}

pub fn host(cards: &SigningKey) -> Part {
    host_of(cards, Welcome::Anyone)
}

fn host_of(cards: &SigningKey, welcome: Welcome) -> Part {
    Part::Host {
        trust: Trust { cards: cards.public(), institution: Some(INSTITUTION.into()), welcome },
        policy: Permissions::from(Permission::View).with(Permission::Control),
    }
}

pub fn viewer() -> Part {
    Part::Viewer { wanted: Permission::View.into(), reason: REASON.into() }
}

pub fn other_than(code: &ChannelCode) -> ChannelCode {
    nth_other(code, 1)
}

/// The code so many further on.
pub fn nth_other(code: &ChannelCode, n: u32) -> ChannelCode {
    let number: u32 = code.grouped().replace(' ', "").parse().expect("six digits");
    numbered((number + n) % 1_000_000)
}

pub fn numbered(number: u32) -> ChannelCode {
    ChannelCode::parse(&format!("{number:06}")).expect("six digits")
}

pub fn body(payload: &[u8]) -> Body {
    Handshake::decode(payload).expect("a handshake message").body.expect("a body")
}

pub fn encode(body: Body) -> Vec<u8> {
    Handshake { body: Some(body) }.encode_to_vec()
}

/// Why a side says it ends the introduction; panics when it says something else.
pub fn abort_reason(payload: Option<&[u8]>) -> AbortReason {
    match body(payload.expect("an answer")) {
        Body::Aborted(aborted) => aborted.reason(),
        _ => panic!("the introduction goes on"),
    }
}

pub fn same_bind(a: &Established, b: &Established) -> bool {
    let exporter = [7; 64];
    a.bind.verify(b.role, &exporter, &b.bind.mac(b.role, &exporter))
        && b.bind.verify(a.role, &exporter, &a.bind.mac(a.role, &exporter))
}
