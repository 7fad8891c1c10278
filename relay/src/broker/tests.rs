//! The broker by itself, with a clock and dice of the tests' own.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use lotse_protocol::keys::SigningKey;
use lotse_protocol::limits::HANDSHAKE_MESSAGE;
use lotse_protocol::message::relay::{
    Hello, Knock, Leave, Login, OpenPath, Pass, RefusalReason, Register, ToRelay, from_relay, to_relay,
};
use lotse_protocol::permission::Permissions;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::{Adviser, Broker, Closing, Deadline, Ending, Leg, Note, Output, Peer, Progress, VouchRefusal, quota};

/// A broker, and what it has said so far.
struct World {
    broker: Broker,
    now: Instant,
    rng: StdRng,
    said: HashMap<Peer, Vec<from_relay::Body>>,
    closed: Vec<(Peer, Closing)>,
    /// Tokens of open paths by introduction.
    paths: HashMap<u64, [Leg; 2]>,
    notes: Vec<Note>,
    vouching: Vouching,
}

/// What becomes of requests for a card.
#[derive(Clone, Copy, PartialEq)]
enum Vouching {
    Done,
    Refused,
    Waits,
}

const RIGHT: &str = "right";

impl World {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            broker: Broker::new("Example".to_owned(), now),
            now,
            rng: StdRng::seed_from_u64(7),
            said: HashMap::new(),
            closed: Vec::new(),
            paths: HashMap::new(),
            notes: Vec::new(),
            vouching: Vouching::Done,
        }
    }

    fn connect(&mut self, host: u8) -> Peer {
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, host));
        self.broker.connected(address, self.now).expect("there is room")
    }

    fn greeted(&mut self, host: u8) -> Peer {
        let peer = self.connect(host);
        self.say(peer, to_relay::Body::Hello(Hello { version: 1, oldest: 1 }));
        assert!(matches!(self.last(peer), from_relay::Body::Welcome(_)));
        peer
    }

    fn customer(&mut self) -> (Peer, u32) {
        let peer = self.greeted(1);
        self.say(peer, to_relay::Body::Register(Register { nonce: vec![7; 32] }));
        match self.last(peer) {
            from_relay::Body::Registered(registered) => (peer, registered.id),
            other => panic!("{other:?}"),
        }
    }

    fn adviser(&mut self, name: &str) -> Peer {
        let peer = self.greeted(2);
        self.login(peer, name, RIGHT);
        assert!(matches!(self.last(peer), from_relay::Body::LoggedIn(_)));
        peer
    }

    fn login(&mut self, peer: Peer, name: &str, password: &str) {
        self.say(peer, to_relay::Body::Login(Login { name: name.to_owned(), password: password.to_owned() }));
    }

    fn knock(&mut self, peer: Peer, id: u32) {
        let key = SigningKey::generate(&mut self.rng).public().as_bytes().to_vec();
        self.say(peer, to_relay::Body::Knock(Knock { id, key }));
    }

    /// A knock that leads to an introduction.
    fn introduced(&mut self, peer: Peer, id: u32) -> u64 {
        self.knock(peer, id);
        match self.last(peer) {
            from_relay::Body::Introduced(introduced) => introduced.introduction,
            other => panic!("{other:?}"),
        }
    }

    fn pass(&mut self, peer: Peer, introduction: u64) {
        self.say(peer, to_relay::Body::Pass(Pass { introduction, payload: b"M".to_vec() }));
    }

    fn open_path(&mut self, peer: Peer, introduction: u64) {
        self.say(peer, to_relay::Body::OpenPath(OpenPath { introduction }));
    }

    fn say(&mut self, peer: Peer, body: to_relay::Body) {
        self.broker.said(peer, ToRelay { body: Some(body) }, self.now, &mut self.rng);
        self.settle();
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.broker.tick(self.now);
        self.settle();
    }

    fn gone(&mut self, peer: Peer) {
        self.broker.gone(peer);
        self.settle();
    }

    fn last(&self, peer: Peer) -> from_relay::Body {
        self.said.get(&peer).and_then(|said| said.last()).cloned().expect("something was said")
    }

    fn refusal(&self, peer: Peer) -> (RefusalReason, u32) {
        match self.last(peer) {
            from_relay::Body::Refused(refused) => (refused.reason(), refused.retry_after),
            other => panic!("{other:?}"),
        }
    }

    fn heard(&self, peer: Peer) -> usize {
        self.said.get(&peer).map_or(0, Vec::len)
    }

    /// Does what the loop around the broker would do.
    fn settle(&mut self) {
        while let Some(output) = self.broker.poll() {
            match output {
                Output::Send { to, message } => self.said.entry(to).or_default().push(message),
                Output::Close { peer, why } => self.closed.push((peer, why)),
                Output::CheckLogin { peer, name, password } => {
                    let adviser = (*password == RIGHT).then(|| Adviser {
                        account: name.clone(),
                        display_name: name.clone(),
                        role: String::new(),
                        ceiling: Permissions::NONE,
                    });
                    self.broker.login_checked(peer, adviser, self.now);
                }
                Output::Vouch { request, .. } => match self.vouching {
                    Vouching::Done => self.broker.vouched(request.introduction, Ok(b"card".to_vec())),
                    Vouching::Refused => self.broker.vouched(request.introduction, Err(VouchRefusal::Disabled)),
                    Vouching::Waits => {}
                },
                Output::OpenPath { introduction, offerer, joiner, .. } => {
                    let before = self.paths.insert(introduction.number, [offerer, joiner]);
                    assert!(before.is_none(), "opened twice");
                }
                Output::ClosePath { introduction } => {
                    assert!(self.paths.remove(&introduction.number).is_some(), "closed without being open");
                }
                Output::Note(note) => self.notes.push(note),
            }
        }
        self.check();
    }

    /// What must hold at any time.
    fn check(&self) {
        let Broker { connections, registrations, introductions, deadlines, neighbours, .. } = &self.broker;
        assert_eq!(neighbours.values().sum::<usize>(), connections.len());
        for (id, peer) in registrations {
            let registration = connections[peer].registration.as_ref().expect("registered");
            assert!(registration.id == *id);
        }
        assert_eq!(connections.values().filter(|c| c.registration.is_some()).count(), registrations.len());
        for (number, meeting) in introductions {
            assert_ne!(meeting.offerer, meeting.joiner);
            for side in [meeting.offerer, meeting.joiner] {
                assert!(connections[&side].introductions.contains(number));
            }
            assert_eq!(meeting.progress == Progress::Path, self.paths.contains_key(number));
            let waits = deadlines.iter().any(|(_, deadline)| *deadline == Deadline::Introduction(*number));
            assert!(waits || meeting.progress == Progress::Path, "an introduction that never ends");
        }
        let taking_part: usize = connections.values().map(|c| c.introductions.len()).sum();
        assert_eq!(taking_part, 2 * introductions.len());
        for connection in connections.values() {
            assert!(
                connection.introductions.len() <= quota::INTRODUCTIONS_PER_ADVISER + quota::INTRODUCTIONS_PER_CUSTOMER
            );
        }
        let tokens: HashSet<_> = self.paths.values().flatten().map(|leg| leg.token).collect();
        assert_eq!(tokens.len(), 2 * self.paths.len());
    }
}

#[test]
fn a_knock_is_silent_until_the_first_message() {
    let mut world = World::new();
    let (customer, id) = world.customer();
    let adviser = world.adviser("maria");
    let heard = world.heard(customer);
    let introduction = world.introduced(adviser, id);
    assert_eq!(world.heard(customer), heard);
    world.pass(customer, introduction);
    assert!(matches!(world.last(customer), from_relay::Body::Left(_)), "it cannot know the number");
    world.pass(adviser, introduction);
    assert!(matches!(world.last(customer), from_relay::Body::Passed(_)));
    world.open_path(customer, introduction);
    for peer in [customer, adviser] {
        assert!(matches!(world.last(peer), from_relay::Body::PathOpened(_)));
    }
    world.say(customer, to_relay::Body::Leave(Leave { introduction }));
    assert!(matches!(world.last(adviser), from_relay::Body::Left(_)));
    assert!(world.paths.is_empty());
}

#[test]
fn an_introduction_without_a_path_ends_after_a_minute() {
    let mut world = World::new();
    let (customer, id) = world.customer();
    let adviser = world.adviser("maria");
    let without = world.introduced(adviser, id);
    world.pass(adviser, without);
    let with = world.introduced(adviser, id);
    world.pass(adviser, with);
    world.open_path(customer, with);
    world.wait(quota::INTRODUCTION - Duration::from_millis(1));
    assert!(!world.notes.iter().any(|note| matches!(note, Note::Ended(..))));
    world.wait(Duration::from_millis(1));
    assert!(matches!(world.notes.last(), Some(Note::Ended(ended, Ending::Expired)) if ended.number == without));
    for peer in [customer, adviser] {
        assert!(matches!(world.last(peer), from_relay::Body::Left(left) if left.introduction == without));
    }
    assert!(world.paths.contains_key(&with));
}

#[test]
fn a_customer_that_heard_nothing_of_an_introduction_hears_nothing_of_its_end() {
    let mut world = World::new();
    let (customer, id) = world.customer();
    let adviser = world.adviser("maria");
    world.introduced(adviser, id);
    let heard = world.heard(customer);
    world.gone(adviser);
    assert_eq!(world.heard(customer), heard);
}

#[test]
fn who_does_not_say_hello_is_closed() {
    let mut world = World::new();
    let silent = world.connect(1);
    let polite = world.greeted(1);
    world.wait(quota::GREETING);
    assert_eq!(world.closed, [(silent, Closing::Silent)]);
    world.say(polite, to_relay::Body::Hello(Hello { version: 1, oldest: 1 }));
    assert_eq!(world.closed.last(), Some(&(polite, Closing::Protocol)));
}

#[test]
fn case_34_knocks_are_throttled_per_adviser_over_all_its_connections() {
    let mut world = World::new();
    let advisers = [world.adviser("maria"), world.adviser("maria")];
    let mut answers = Vec::new();
    for round in 0..30 {
        let peer = advisers[round % 2];
        world.knock(peer, 1);
        answers.push(world.refusal(peer));
    }
    let unknown = answers.iter().filter(|(reason, _)| *reason == RefusalReason::UnknownId).count();
    assert_eq!(unknown, 10);
    assert_eq!(answers[10], (RefusalReason::Throttled, 3));
    world.wait(Duration::from_secs(60));
    let mut more = 0;
    loop {
        world.knock(advisers[0], 1);
        if world.refusal(advisers[0]).0 == RefusalReason::Throttled {
            break;
        }
        more += 1;
    }
    assert_eq!(more, 10);
    let other = world.adviser("paul");
    world.knock(other, 1);
    assert_eq!(world.refusal(other).0, RefusalReason::UnknownId);
}

#[test]
fn introductions_at_a_time_are_limited_for_both_sides() {
    let mut world = World::new();
    let (_, id) = world.customer();
    let adviser = world.adviser("maria");
    for _ in 0..quota::INTRODUCTIONS_PER_CUSTOMER {
        world.introduced(adviser, id);
    }
    world.knock(adviser, id);
    assert_eq!(world.refusal(adviser), (RefusalReason::Throttled, 60));

    let mut world = World::new();
    let adviser = world.adviser("maria");
    for _ in 0..quota::INTRODUCTIONS_PER_ADVISER {
        let (_, id) = world.customer();
        world.introduced(adviser, id);
    }
    let (_, id) = world.customer();
    world.knock(adviser, id);
    assert_eq!(world.refusal(adviser).0, RefusalReason::Throttled);
}

#[test]
fn connections_are_limited_in_all_and_per_address() {
    let mut broker = Broker::new(String::new(), Instant::now());
    let now = Instant::now();
    let from = |number: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).expect("small")));
    let peers: Vec<_> = (0..quota::CONNECTIONS_PER_ADDRESS).map(|_| broker.connected(from(1), now)).collect();
    assert!(peers.iter().all(Result::is_ok));
    assert!(broker.connected(from(1), now).is_err());
    assert!(broker.connected(from(2), now).is_ok());
    broker.gone(peers[0].expect("connected"));
    assert!(broker.connected(from(1), now).is_ok());
    let more = (0..).take_while(|n| broker.connected(from(10 + n / 100), now).is_ok()).count();
    assert_eq!(more + quota::CONNECTIONS_PER_ADDRESS + 1, quota::CONNECTIONS);
}

#[test]
fn a_payload_is_limited_and_not_empty() {
    let mut world = World::new();
    let (customer, id) = world.customer();
    let adviser = world.adviser("maria");
    let introduction = world.introduced(adviser, id);
    let heard = world.heard(customer);
    for payload in [vec![], vec![0; HANDSHAKE_MESSAGE + 1]] {
        world.say(adviser, to_relay::Body::Pass(Pass { introduction, payload }));
        assert_eq!(world.refusal(adviser).0, RefusalReason::Unexpected);
    }
    assert_eq!(world.heard(customer), heard);
    world.say(adviser, to_relay::Body::Pass(Pass { introduction, payload: vec![0; HANDSHAKE_MESSAGE] }));
    assert_eq!(world.heard(customer), heard + 1);
}

#[test]
fn a_nonce_and_a_key_have_their_length_and_a_register_happens_once() {
    let mut world = World::new();
    let peer = world.greeted(1);
    for length in [0, 31, 33] {
        world.say(peer, to_relay::Body::Register(Register { nonce: vec![1; length] }));
        assert_eq!(world.refusal(peer).0, RefusalReason::Unexpected);
    }
    let (customer, id) = world.customer();
    world.say(customer, to_relay::Body::Register(Register { nonce: vec![1; 32] }));
    assert_eq!(world.refusal(customer).0, RefusalReason::Unexpected);
    let adviser = world.adviser("maria");
    world.say(adviser, to_relay::Body::Knock(Knock { id, key: vec![0; 32] }));
    assert_eq!(world.refusal(adviser).0, RefusalReason::Unexpected, "a point of small order");
}

#[test]
fn nobody_is_introduced_to_itself() {
    let mut world = World::new();
    let (peer, id) = world.customer();
    world.login(peer, "maria", RIGHT);
    world.knock(peer, id);
    assert_eq!(world.refusal(peer).0, RefusalReason::UnknownId);
}

#[test]
fn without_a_voucher_there_is_no_introduction_and_no_one_signed_in() {
    let mut world = World::new();
    world.vouching = Vouching::Refused;
    let (_, id) = world.customer();
    let adviser = world.adviser("maria");
    for _ in 0..2 {
        world.knock(adviser, id);
        assert_eq!(world.refusal(adviser).0, RefusalReason::NotSignedIn);
    }
    assert!(world.broker.introductions.is_empty());
}

#[test]
fn a_customer_that_goes_while_the_card_is_made_is_unknown() {
    let mut world = World::new();
    world.vouching = Vouching::Waits;
    let (customer, id) = world.customer();
    let adviser = world.adviser("maria");
    world.knock(adviser, id);
    let introduction = world.broker.introductions.values().next().expect("one").introduction;
    world.gone(customer);
    assert_eq!(world.refusal(adviser).0, RefusalReason::UnknownId);
    let heard = world.heard(adviser);
    world.broker.vouched(introduction, Ok(b"card".to_vec()));
    world.settle();
    assert_eq!(world.heard(adviser), heard);
}

#[test]
fn a_flood_is_refused_and_then_closed() {
    let mut world = World::new();
    let peer = world.greeted(1);
    while world.closed.is_empty() {
        world.pass(peer, 1);
    }
    assert_eq!(world.closed, [(peer, Closing::Flooding)]);
    assert_eq!(world.heard(peer), 100 + usize::try_from(quota::EXCESS_MESSAGES).expect("small"));
    world.pass(peer, 1);
    assert_eq!(world.closed.len(), 1, "it is not listened to any longer");
}

/// Anything a program may do, with numbers that often mean something.
#[derive(Debug, Clone)]
enum Step {
    Connect,
    Gone(usize),
    Register(usize),
    Login(usize, bool),
    Knock(usize, usize),
    Pass(usize, usize),
    OpenPath(usize, usize),
    Leave(usize, usize),
    Wait(u16),
    Vouching(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let (who, what) = (0usize..8, 0usize..8);
    prop_oneof![
        2 => Just(Step::Connect),
        1 => who.clone().prop_map(Step::Gone),
        3 => who.clone().prop_map(Step::Register),
        3 => (who.clone(), prop::bool::weighted(0.8)).prop_map(|(w, r)| Step::Login(w, r)),
        6 => (who.clone(), what.clone()).prop_map(|(w, n)| Step::Knock(w, n)),
        6 => (who.clone(), what.clone()).prop_map(|(w, n)| Step::Pass(w, n)),
        6 => (who.clone(), what.clone()).prop_map(|(w, n)| Step::OpenPath(w, n)),
        3 => (who, what).prop_map(|(w, n)| Step::Leave(w, n)),
        2 => (0u16..30_000).prop_map(Step::Wait),
        1 => (0u8..4).prop_map(Step::Vouching),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever programs do in whatever order: [`World::check`] holds after every step, what is passed goes to the
    /// other side alone, and when all have gone nothing is left.
    #[test]
    fn any_order_of_things_is_survived(steps in prop::collection::vec(step(), 1..200)) {
        let mut world = World::new();
        let mut peers: Vec<Peer> = (0..4).map(|host| world.greeted(host)).collect();
        for step in steps {
            let ids: Vec<u32> = world.broker.registrations.keys().map(|id| id.to_wire()).collect();
            let mut numbers: Vec<u64> = world.broker.introductions.keys().copied().collect();
            numbers.sort_unstable();
            let number = |n: usize| numbers.get(n % numbers.len().max(1)).copied().unwrap_or(3);
            let peer = |n: usize| peers[n % peers.len()];
            let heard: HashMap<Peer, usize> = peers.iter().map(|peer| (*peer, world.heard(*peer))).collect();
            match step {
                Step::Connect => {
                    let peer = world.greeted(9);
                    peers.push(peer);
                }
                Step::Gone(n) => world.gone(peer(n)),
                Step::Register(n) => world.say(peer(n), to_relay::Body::Register(Register { nonce: vec![1; 32] })),
                Step::Login(n, right) => {
                    let password = if right { RIGHT } else { "wrong" };
                    world.login(peer(n), ["maria", "paul"][n % 2], password);
                }
                Step::Knock(n, id) => {
                    let id = ids.get(id % ids.len().max(1)).copied().unwrap_or(1);
                    world.knock(peer(n), id);
                }
                Step::Pass(n, m) => {
                    let (from, introduction) = (peer(n), number(m));
                    let sides = world.broker.introductions.get(&introduction).map(|m| [m.offerer, m.joiner]);
                    world.pass(from, introduction);
                    for peer in &peers {
                        let passed = world.said.get(peer).into_iter().flat_map(|said| &said[heard[peer]..])
                            .any(|message| matches!(message, from_relay::Body::Passed(_)));
                        let other = sides.is_some_and(|s| s.contains(peer) && s.contains(&from)) && *peer != from;
                        prop_assert!(!passed || other, "passed to a stranger");
                    }
                }
                Step::OpenPath(n, m) => world.open_path(peer(n), number(m)),
                Step::Leave(n, m) => {
                    let leave = Leave { introduction: number(m) };
                    world.say(peer(n), to_relay::Body::Leave(leave));
                }
                Step::Wait(milliseconds) => world.wait(Duration::from_millis(milliseconds.into())),
                Step::Vouching(0) => world.vouching = Vouching::Refused,
                Step::Vouching(1) => world.vouching = Vouching::Waits,
                Step::Vouching(_) => world.vouching = Vouching::Done,
            }
        }
        for peer in peers {
            world.gone(peer);
        }
        prop_assert!(world.paths.is_empty());
        prop_assert!(world.broker.introductions.is_empty());
        prop_assert!(world.broker.registrations.is_empty());
        prop_assert!(world.broker.connections.is_empty());
    }
}
