//! The customer's part on the control connection: registered under an ID, introduced to who knows the code. Logic only:
//! what is heard and what time it is come in, what is to be done is collected in [`Customer::todo`].

use std::time::{Duration, Instant};

use lotse_protocol::forward::Token;
use lotse_protocol::handshake::offerer::{Offerer, Output};
use lotse_protocol::handshake::{Established, Part, Trust};
use lotse_protocol::id::Id;
use lotse_protocol::message::relay::{
    Leave, OpenPath, Pass, PathOpened, RefusalReason, Refused, Register, from_relay, to_relay,
};
use lotse_protocol::permission::Permissions;
use rand::CryptoRng;

use super::driver::Do;
use super::{Code, Event, OfflineReason};

/// From the verified introduction to its path.
const PATH: Duration = Duration::from_secs(8);

/// The customer's part.
pub(super) struct Customer {
    offerer: Offerer,
    /// Registered, or about to be, at the relay spoken to.
    registering: bool,
    progress: Progress,
    todo: Vec<Do>,
}

/// How far the introduction that succeeded has come.
enum Progress {
    /// There is none.
    Waiting,
    /// A path has been asked for.
    Path { established: Box<Established>, until: Instant },
    /// The inner connection is on its way, or the session is running.
    Busy { introduction: u64 },
}

impl Customer {
    pub(super) fn new(trust: Trust, policy: Permissions, rng: &mut impl CryptoRng) -> Self {
        let part = Part::Host { trust, policy };
        Self { offerer: Offerer::new(part, rng), registering: false, progress: Progress::Waiting, todo: Vec::new() }
    }

    /// What is to be done, in order.
    pub(super) fn todo(&mut self) -> Vec<Do> {
        std::mem::take(&mut self.todo)
    }

    /// The relay is there.
    pub(super) fn online(&mut self) {
        // Whoever is being helped cannot be found by somebody else: the ID comes after the session.
        if matches!(self.progress, Progress::Waiting) {
            self.register();
        }
    }

    /// The relay is gone, and with it the ID and whatever was not through. A session lives by itself.
    pub(super) fn offline(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        self.registering = false;
        if matches!(self.progress, Progress::Path { .. }) {
            self.progress = Progress::Waiting;
            self.todo.push(Do::Tell(Event::KnockEnded));
        }
        self.offerer.unregistered(rng);
        self.drain(now);
    }

    /// The relay said something.
    pub(super) fn heard(&mut self, said: from_relay::Body, now: Instant, rng: &mut impl CryptoRng) {
        match said {
            from_relay::Body::Registered(registered) => match Id::from_wire(registered.id) {
                Ok(id) => {
                    self.todo.push(Do::Tell(Event::Registered(id)));
                    self.offerer.registered(id, now, rng);
                }
                Err(_) => self.todo.push(Do::GiveUp(OfflineReason::OtherVersion)),
            },
            from_relay::Body::Passed(pass) => self.offerer.receive(pass.introduction, &pass.payload, now, rng),
            from_relay::Body::Left(left) => {
                self.left(left.introduction, now, rng);
                self.offerer.left(left.introduction, now, rng);
            }
            from_relay::Body::PathOpened(opened) => self.path_opened(&opened, now, rng),
            from_relay::Body::Refused(refused) => self.refused(&refused),
            // Not said to a customer.
            from_relay::Body::Welcome(_) | from_relay::Body::LoggedIn(_) | from_relay::Body::Introduced(_) => {}
        }
        self.drain(now);
    }

    /// The customer wants a new code.
    pub(super) fn new_code(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        self.offerer.new_code(now, rng);
        self.drain(now);
    }

    /// The session is over, or its connection never came about. `online`: the relay is there.
    pub(super) fn finished(&mut self, online: bool, now: Instant, rng: &mut impl CryptoRng) {
        if let Progress::Busy { introduction } = std::mem::replace(&mut self.progress, Progress::Waiting) {
            self.leave(introduction);
        }
        match (online, self.registering) {
            (true, true) => self.offerer.offer(now, rng),
            (true, false) => self.register(),
            (false, _) => {}
        }
        self.drain(now);
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        if matches!(&self.progress, Progress::Path { until, .. } if *until <= now) {
            self.path_failed(now, rng);
        }
        self.offerer.tick(now, rng);
        self.drain(now);
    }

    /// When [`Customer::tick`] is to be called at the latest.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let path = match &self.progress {
            Progress::Path { until, .. } => Some(*until),
            Progress::Waiting | Progress::Busy { .. } => None,
        };
        [path, self.offerer.next_wake()].into_iter().flatten().min()
    }

    fn register(&mut self) {
        self.registering = true;
        self.say(to_relay::Body::Register(Register { nonce: self.offerer.nonce().to_vec() }));
    }

    fn left(&mut self, introduction: u64, now: Instant, rng: &mut impl CryptoRng) {
        match &self.progress {
            Progress::Path { established, .. } if established.introduction == introduction => {
                self.path_failed(now, rng);
            }
            Progress::Busy { introduction: busy } if *busy == introduction => self.todo.push(Do::PathClosed),
            _ => {}
        }
    }

    /// The code is spent, and nothing came of it: there is another one.
    fn path_failed(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        if let Progress::Path { established, .. } = std::mem::replace(&mut self.progress, Progress::Waiting) {
            self.leave(established.introduction);
        }
        self.todo.push(Do::Tell(Event::KnockEnded));
        self.offerer.offer(now, rng);
    }

    fn path_opened(&mut self, opened: &PathOpened, now: Instant, rng: &mut impl CryptoRng) {
        match std::mem::replace(&mut self.progress, Progress::Waiting) {
            Progress::Path { established, until } if established.introduction == opened.introduction => {
                if let Some(token) = Token::from_wire(&opened.token) {
                    self.progress = Progress::Busy { introduction: opened.introduction };
                    self.todo.push(Do::Open(established, token, until));
                } else {
                    self.progress = Progress::Path { established, until };
                    self.path_failed(now, rng);
                }
            }
            // Not one that was asked for.
            other => self.progress = other,
        }
    }

    fn refused(&mut self, refused: &Refused) {
        match refused.reason() {
            RefusalReason::Full | RefusalReason::Throttled => self.todo.push(Do::GiveUp(OfflineReason::Full)),
            RefusalReason::Version => self.todo.push(Do::GiveUp(OfflineReason::OtherVersion)),
            reason => tracing::warn!(?reason, "the relay refused something"),
        }
    }

    fn drain(&mut self, now: Instant) {
        while let Some(output) = self.offerer.poll() {
            match output {
                Output::Send { introduction, payload } => {
                    self.say(to_relay::Body::Pass(Pass { introduction, payload }));
                }
                Output::Knocked { .. } => self.todo.push(Do::Tell(Event::Knocked)),
                Output::Ended { introduction, .. } => {
                    self.leave(introduction);
                    self.todo.push(Do::Tell(Event::KnockEnded));
                }
                Output::Established(established) => {
                    self.say(to_relay::Body::OpenPath(OpenPath { introduction: established.introduction }));
                    self.progress = Progress::Path { established, until: now + PATH };
                }
                Output::CodeChanged => self.todo.push(Do::Tell(Event::Code(Code(self.offerer.code(now))))),
                // Only where the viewer offers.
                Output::CardWanted { introduction, .. } => self.leave(introduction),
            }
        }
    }

    fn leave(&mut self, introduction: u64) {
        self.say(to_relay::Body::Leave(Leave { introduction }));
    }

    fn say(&mut self, body: to_relay::Body) {
        self.todo.push(Do::Say(body));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use lotse_protocol::card::Card;
    use lotse_protocol::handshake::joiner::{self, Joiner};
    use lotse_protocol::handshake::offerer::CodeState;
    use lotse_protocol::handshake::{Part, Trust, Welcome};
    use lotse_protocol::id::Id;
    use lotse_protocol::keys::SigningKey;
    use lotse_protocol::limits;
    use lotse_protocol::message::introduction::CardBody;
    use lotse_protocol::message::relay::{Left, Pass, PathOpened, Registered, from_relay, to_relay};
    use lotse_protocol::permission::Permissions;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{Customer, PATH};
    use crate::net::driver::Do;
    use crate::net::{Code, Event};

    const INTRODUCTION: u64 = 7;

    struct Bench {
        customer: Customer,
        now: Instant,
        rng: StdRng,
    }

    impl Bench {
        fn heard(&mut self, said: from_relay::Body) -> Vec<Do> {
            self.customer.heard(said, self.now, &mut self.rng);
            self.customer.todo()
        }

        fn path_opened(&mut self, token: Vec<u8>) -> Vec<Do> {
            self.heard(from_relay::Body::PathOpened(PathOpened { introduction: INTRODUCTION, node: 0, token }))
        }
    }

    /// A customer to whom somebody who knows the code has just been introduced: a path has been asked for.
    fn introduced() -> Bench {
        let mut rng = StdRng::seed_from_u64(1);
        let now = Instant::now();
        let cards = SigningKey::generate(&mut rng);
        let trust = Trust { cards: cards.public(), institution: None, welcome: Welcome::Anyone };
        let mut customer = Customer::new(trust, Permissions::NONE, &mut rng);
        customer.online();
        let nonce = match &customer.todo()[..] {
            [Do::Say(to_relay::Body::Register(register))] => register.nonce.clone(),
            _ => panic!("not registered"),
        };
        let id = Id::generate(&mut rng);
        customer.heard(from_relay::Body::Registered(Registered { id: id.to_wire() }), now, &mut rng);
        let Some(Do::Tell(Event::Code(Code(CodeState::Shown { code, .. })))) = customer.todo().pop() else {
            panic!("no code");
        };
        let mut joiner = Joiner::new();
        let part = Part::Viewer { wanted: Permissions::NONE, reason: String::new() };
        let key = joiner.join(id, code, part, &mut rng).expect("fresh");
        let body = CardBody {
            account: "huber".to_owned(),
            adviser: "Maria Huber".to_owned(),
            institution: "University".to_owned(),
            nonce,
            key: key.as_bytes().to_vec(),
            introduction: INTRODUCTION,
            id: id.to_wire(),
            ..CardBody::default()
        };
        joiner.introduced(INTRODUCTION, Card::sign(&body, &cards), now + limits::JOINING, &mut rng).expect("joining");
        let mut bench = Bench { customer, now, rng };
        loop {
            let Some(joiner::Output::Send { introduction, payload }) = joiner.poll() else { panic!("stuck") };
            let mut opening = false;
            for each in bench.heard(from_relay::Body::Passed(Pass { introduction, payload })) {
                match each {
                    Do::Say(to_relay::Body::Pass(pass)) => {
                        joiner.receive(pass.introduction, &pass.payload, now, &mut bench.rng);
                    }
                    Do::Say(to_relay::Body::OpenPath(open)) => opening = open.introduction == INTRODUCTION,
                    _ => {}
                }
            }
            if opening {
                return bench;
            }
        }
    }

    fn gives_up_and_offers_again(todo: &[Do]) -> bool {
        let left = todo.iter().any(|each| matches!(each, Do::Say(to_relay::Body::Leave(_))));
        let told = todo.iter().any(|each| matches!(each, Do::Tell(Event::KnockEnded)));
        let offered = todo.iter().any(|each| matches!(each, Do::Tell(Event::Code(Code(CodeState::Shown { .. })))));
        left && told && offered
    }

    #[test]
    fn a_path_is_opened_for_the_introduction_that_asked_for_it_and_once() {
        let mut bench = introduced();
        let stray = PathOpened { introduction: 99, node: 0, token: vec![1; 16] };
        assert!(bench.heard(from_relay::Body::PathOpened(stray)).is_empty());
        assert!(matches!(&bench.path_opened(vec![1; 16])[..],
            [Do::Open(established, ..)] if established.introduction == INTRODUCTION));
        assert!(bench.path_opened(vec![2; 16]).is_empty());
    }

    #[test]
    fn without_a_path_there_is_another_code() {
        let mut bench = introduced();
        let until = bench.customer.next_wake().expect("a limit");
        assert_eq!(until - bench.now, PATH);
        bench.customer.tick(until, &mut bench.rng);
        assert!(gives_up_and_offers_again(&bench.customer.todo()));

        let mut bench = introduced();
        assert!(gives_up_and_offers_again(&bench.heard(from_relay::Body::Left(Left { introduction: INTRODUCTION }))));

        let mut bench = introduced();
        assert!(gives_up_and_offers_again(&bench.path_opened(vec![1; 15])));
    }

    #[test]
    fn who_is_being_helped_registers_anew_only_afterwards() {
        let mut bench = introduced();
        bench.path_opened(vec![1; 16]);
        bench.customer.offline(bench.now, &mut bench.rng);
        bench.customer.todo();
        bench.customer.online();
        assert!(bench.customer.todo().is_empty());
        bench.customer.finished(true, bench.now, &mut bench.rng);
        let todo = bench.customer.todo();
        assert!(todo.iter().any(|each| matches!(each, Do::Say(to_relay::Body::Register(_)))));
    }
}
