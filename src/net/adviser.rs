//! The adviser's part on the control connection: signed in, introduced to a customer. Logic only: what is heard and what
//! time it is come in, what is to be done is collected in [`Adviser::todo`].

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lotse_protocol::code::ChannelCode;
use lotse_protocol::forward::Token;
use lotse_protocol::handshake::joiner::{Failure, JoinError, Joiner, Output};
use lotse_protocol::handshake::{Established, Part};
use lotse_protocol::id::Id;
use lotse_protocol::keys::PublicKey;
use lotse_protocol::limits;
use lotse_protocol::message::introduction::{CardBody, SignedCard};
use lotse_protocol::message::relay::{
    Introduced, Knock, Leave, LoggedIn, Login, Pass, PathOpened, RefusalReason, Refused, from_relay, to_relay,
};
use lotse_protocol::permission::Permissions;
use prost::Message;
use rand::CryptoRng;
use zeroize::Zeroizing;

use super::driver::Do;
use super::{Event, JoinFailure, SignInRefusal};

/// How long the answer to signing in is waited for: a person is told within 10 s, the telling included.
const SIGN_IN: Duration = Duration::from_secs(8);

/// The adviser's part.
pub(super) struct Adviser {
    joiner: Joiner,
    online: bool,
    sign_in: SignIn,
    progress: Progress,
    /// What the relay has been asked and not answered yet.
    asked: VecDeque<Asked>,
    todo: Vec<Do>,
}

enum SignIn {
    No,
    /// Asked; again, after an outage, or for the first time. The person waits until then; an answer that comes later
    /// counts all the same, since the relay thinks so too.
    Asked(Credentials, Option<Instant>),
    Yes(Credentials),
}

struct Credentials {
    name: String,
    password: Zeroizing<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    SignIn,
    /// With this key.
    Knock(PublicKey),
}

/// How far joining has come. All of it has one limit, [`limits::JOINING`]: steps that are slow one by one would add up.
enum Progress {
    /// Nothing is being joined.
    Idle,
    /// The relay has been asked to introduce.
    Knocking { key: PublicKey, until: Instant },
    /// The handshake runs.
    Introducing { introduction: u64, until: Instant },
    /// The handshake is through, the path is awaited.
    Path { established: Box<Established>, until: Instant },
    /// The inner connection is on its way, or the session is running.
    Busy { introduction: u64 },
}

impl Adviser {
    pub(super) fn new() -> Self {
        Self {
            joiner: Joiner::new(),
            online: false,
            sign_in: SignIn::No,
            progress: Progress::Idle,
            asked: VecDeque::new(),
            todo: Vec::new(),
        }
    }

    /// What is to be done, in order.
    pub(super) fn todo(&mut self) -> Vec<Do> {
        std::mem::take(&mut self.todo)
    }

    /// The relay is there. Who was signed in signs in again.
    pub(super) fn online(&mut self, now: Instant) {
        self.online = true;
        if let SignIn::Asked(credentials, _) | SignIn::Yes(credentials) =
            std::mem::replace(&mut self.sign_in, SignIn::No)
        {
            self.ask_to_sign_in(credentials, now);
        }
    }

    /// The relay is gone, and with it whatever was not through. A session lives by itself.
    pub(super) fn offline(&mut self) {
        self.online = false;
        self.asked.clear();
        if let SignIn::Asked(..) = self.sign_in {
            self.sign_in = SignIn::No;
            self.todo.push(Do::Tell(Event::SignInRefused(SignInRefusal::Offline)));
        }
        if !matches!(self.progress, Progress::Idle | Progress::Busy { .. }) {
            self.fail(JoinFailure::Offline);
        }
    }

    /// The adviser signs in.
    pub(super) fn sign_in(&mut self, name: String, password: Zeroizing<String>, now: Instant) {
        if self.online {
            self.ask_to_sign_in(Credentials { name, password }, now);
        } else {
            self.todo.push(Do::Tell(Event::SignInRefused(SignInRefusal::Offline)));
        }
    }

    /// The adviser joins.
    pub(super) fn join(
        &mut self,
        id: Id,
        code: ChannelCode,
        part: (Permissions, String),
        now: Instant,
        rng: &mut impl CryptoRng,
    ) {
        let refusal = match (&self.progress, &self.sign_in) {
            (Progress::Busy { .. }, _) => Some(JoinFailure::Busy),
            _ if !self.online => Some(JoinFailure::Offline),
            (_, SignIn::No | SignIn::Asked(..)) => Some(JoinFailure::NotSignedIn),
            _ => None,
        };
        if let Some(refusal) = refusal {
            self.todo.push(Do::Tell(Event::JoinFailed(refusal)));
            return;
        }
        self.cancel();
        let (wanted, reason) = part;
        match self.joiner.join(id, code, Part::Viewer { wanted, reason }, rng) {
            Ok(key) => {
                self.asked.push_back(Asked::Knock(key));
                self.progress = Progress::Knocking { key, until: now + limits::JOINING };
                self.say(to_relay::Body::Knock(Knock { id: id.to_wire(), key: key.as_bytes().to_vec() }));
            }
            Err(error) => self.todo.push(Do::Tell(Event::JoinFailed(match error {
                JoinError::NoGuessLeft => JoinFailure::Untrusted,
                JoinError::Reason => JoinFailure::Reason,
                JoinError::Running | JoinError::NotJoining => JoinFailure::Failed,
            }))),
        }
    }

    /// The adviser does not want to join after all. An inner connection on its way is the driver's to drop.
    pub(super) fn cancel(&mut self) {
        if matches!(self.progress, Progress::Busy { .. }) {
            return;
        }
        self.joiner.cancel();
        // Says goodbye to the other side; there is no time in a farewell.
        while let Some(output) = self.joiner.poll() {
            if let Output::Send { introduction, payload } = output {
                self.say(to_relay::Body::Pass(Pass { introduction, payload }));
            }
        }
        self.leave();
    }

    /// The relay said something.
    pub(super) fn heard(&mut self, said: from_relay::Body, now: Instant, rng: &mut impl CryptoRng) {
        match said {
            from_relay::Body::LoggedIn(logged_in) => {
                self.answered(|asked| asked == Asked::SignIn);
                self.signed_in(logged_in);
            }
            from_relay::Body::Introduced(introduced) => self.introduced(introduced, rng),
            from_relay::Body::Refused(refused) => {
                let asked = self.answered(|_| true);
                self.refused(asked, &refused);
            }
            from_relay::Body::Passed(pass) => self.joiner.receive(pass.introduction, &pass.payload, now, rng),
            from_relay::Body::Left(left) => {
                match &self.progress {
                    Progress::Path { established, .. } if established.introduction == left.introduction => {
                        self.fail(JoinFailure::CustomerGone);
                    }
                    Progress::Busy { introduction } if *introduction == left.introduction => {
                        self.todo.push(Do::PathClosed);
                    }
                    _ => {}
                }
                self.joiner.left(left.introduction);
            }
            from_relay::Body::PathOpened(opened) => self.path_opened(&opened),
            // Not said to an adviser.
            from_relay::Body::Welcome(_) | from_relay::Body::Registered(_) => {}
        }
        self.drain();
    }

    /// The session is over, or its connection never came about.
    pub(super) fn finished(&mut self) {
        self.leave();
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) {
        if let SignIn::Asked(_, until @ Some(_)) = &mut self.sign_in
            && until.is_some_and(|until| until <= now)
        {
            *until = None;
            self.todo.push(Do::Tell(Event::SignInRefused(SignInRefusal::NoAnswer)));
        }
        match &self.progress {
            // The customer has not even been asked yet: it is the relay that is silent.
            Progress::Knocking { until, .. } if *until <= now => self.fail(JoinFailure::Offline),
            Progress::Path { until, .. } if *until <= now => self.fail(JoinFailure::NoAnswer),
            _ => {}
        }
        self.joiner.tick(now);
        self.drain();
    }

    /// When [`Adviser::tick`] is to be called at the latest.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let sign_in = match &self.sign_in {
            SignIn::Asked(_, until) => *until,
            SignIn::No | SignIn::Yes(_) => None,
        };
        let progress = match &self.progress {
            Progress::Knocking { until, .. } | Progress::Path { until, .. } => Some(*until),
            Progress::Idle | Progress::Introducing { .. } | Progress::Busy { .. } => None,
        };
        [sign_in, progress, self.joiner.next_wake()].into_iter().flatten().min()
    }

    fn ask_to_sign_in(&mut self, credentials: Credentials, now: Instant) {
        self.asked.push_back(Asked::SignIn);
        let login = Login { name: credentials.name.clone(), password: credentials.password.as_str().to_owned() };
        self.sign_in = SignIn::Asked(credentials, Some(now + SIGN_IN));
        self.say(to_relay::Body::Login(login));
    }

    /// Takes what an answer is to out of what was asked.
    fn answered(&mut self, fits: impl Fn(Asked) -> bool) -> Option<Asked> {
        let place = self.asked.iter().position(|asked| fits(*asked))?;
        self.asked.remove(place)
    }

    fn signed_in(&mut self, logged_in: LoggedIn) {
        match std::mem::replace(&mut self.sign_in, SignIn::No) {
            SignIn::Asked(credentials, _) => {
                self.sign_in = SignIn::Yes(credentials);
                self.todo.push(Do::Tell(Event::SignedIn {
                    display_name: logged_in.display_name,
                    institution: logged_in.institution,
                    role: logged_in.role,
                    ceiling: Permissions::from_wire(logged_in.ceiling),
                }));
            }
            other => self.sign_in = other,
        }
    }

    fn introduced(&mut self, introduced: Introduced, rng: &mut impl CryptoRng) {
        let introduction = introduced.introduction;
        // Cards are made side by side, so only the key says to which knock this is the answer.
        let named = key_in(&introduced.card);
        self.answered(|asked| matches!(asked, Asked::Knock(key) if Some(key) == named));
        let until = match &self.progress {
            Progress::Knocking { key, until } if Some(*key) == named => *until,
            // To a knock that has been given up meanwhile.
            _ => return self.say(to_relay::Body::Leave(Leave { introduction })),
        };
        self.progress = Progress::Introducing { introduction, until };
        if self.joiner.introduced(introduction, introduced.card, until, rng).is_err() {
            self.fail(JoinFailure::Failed);
        }
    }

    fn refused(&mut self, asked: Option<Asked>, refused: &Refused) {
        let wait = refused.retry_after;
        match (asked, &self.progress, &self.sign_in) {
            (Some(Asked::SignIn), _, SignIn::Asked(..)) => {
                self.sign_in = SignIn::No;
                self.todo.push(Do::Tell(Event::SignInRefused(match refused.reason() {
                    RefusalReason::Login => SignInRefusal::Wrong,
                    RefusalReason::Throttled | RefusalReason::Full => SignInRefusal::Wait(wait),
                    _ => SignInRefusal::Failed,
                })));
            }
            (Some(Asked::Knock(answered)), Progress::Knocking { key, .. }, _) if *key == answered => {
                if refused.reason() == RefusalReason::NotSignedIn {
                    self.sign_in = SignIn::No;
                }
                self.fail(match refused.reason() {
                    RefusalReason::UnknownId => JoinFailure::UnknownId,
                    RefusalReason::Throttled | RefusalReason::Full => JoinFailure::Wait(wait),
                    RefusalReason::NotSignedIn => JoinFailure::NotSignedIn,
                    RefusalReason::Version => JoinFailure::OtherVersion,
                    _ => JoinFailure::Failed,
                });
            }
            _ => tracing::debug!(reason = ?refused.reason(), "the relay refused something that is over"),
        }
    }

    fn path_opened(&mut self, opened: &PathOpened) {
        match std::mem::replace(&mut self.progress, Progress::Idle) {
            Progress::Path { established, until } if established.introduction == opened.introduction => {
                if let Some(token) = Token::from_wire(&opened.token) {
                    self.progress = Progress::Busy { introduction: opened.introduction };
                    self.todo.push(Do::Open(established, token, until));
                } else {
                    self.progress = Progress::Path { established, until };
                    self.fail(JoinFailure::NoPath);
                }
            }
            // Not one that is awaited.
            other => self.progress = other,
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.joiner.poll() {
            match output {
                Output::Send { introduction, payload } => {
                    self.say(to_relay::Body::Pass(Pass { introduction, payload }));
                }
                Output::Established(established) => {
                    if let Progress::Introducing { until, .. } = self.progress {
                        self.progress = Progress::Path { established, until };
                    }
                }
                Output::Failed(failure) => self.fail(match failure {
                    Failure::WrongCode { guesses_left } => JoinFailure::WrongCode { left: guesses_left },
                    Failure::NoCode => JoinFailure::NoCode,
                    Failure::Blocked => JoinFailure::Blocked,
                    Failure::Busy => JoinFailure::Busy,
                    Failure::Version => JoinFailure::OtherVersion,
                    Failure::Card => JoinFailure::CardRefused,
                    Failure::Malformed => JoinFailure::Failed,
                    Failure::Cancelled | Failure::Left => JoinFailure::CustomerGone,
                    Failure::TimedOut => JoinFailure::NoAnswer,
                    Failure::NotAuthentic => JoinFailure::Untrusted,
                }),
            }
        }
    }

    /// Joining came to nothing.
    fn fail(&mut self, why: JoinFailure) {
        self.cancel();
        self.todo.push(Do::Tell(Event::JoinFailed(why)));
    }

    /// Leaves whatever introduction there is.
    fn leave(&mut self) {
        let introduction = match std::mem::replace(&mut self.progress, Progress::Idle) {
            Progress::Introducing { introduction, .. } | Progress::Busy { introduction } => introduction,
            Progress::Path { established, .. } => established.introduction,
            Progress::Idle | Progress::Knocking { .. } => return,
        };
        self.say(to_relay::Body::Leave(Leave { introduction }));
    }

    fn say(&mut self, body: to_relay::Body) {
        if self.online {
            self.todo.push(Do::Say(body));
        }
    }
}

/// The key that a card names. Whether the card is worth anything is the other side's to say.
fn key_in(card: &[u8]) -> Option<PublicKey> {
    let signed = SignedCard::decode(card).ok()?;
    PublicKey::from_wire(&CardBody::decode(signed.body.as_slice()).ok()?.key).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use lotse_protocol::card::Card;
    use lotse_protocol::code::ChannelCode;
    use lotse_protocol::id::Id;
    use lotse_protocol::keys::SigningKey;
    use lotse_protocol::limits;
    use lotse_protocol::message::introduction::CardBody;
    use lotse_protocol::message::relay::{
        FromRelay, Introduced, LoggedIn, Pass, RefusalReason, Refused, from_relay, to_relay,
    };
    use lotse_protocol::message::session::{GoesOn, SessionMessage, session_message};
    use lotse_protocol::permission::Permissions;
    use prost::Message as _;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{Adviser, SIGN_IN};
    use crate::net::driver::Do;
    use crate::net::{Event, JoinFailure, SignInRefusal};

    struct Bench {
        adviser: Adviser,
        now: Instant,
        rng: StdRng,
    }

    fn signed_in() -> Bench {
        let mut bench = Bench { adviser: Adviser::new(), now: Instant::now(), rng: StdRng::seed_from_u64(1) };
        bench.adviser.online(bench.now);
        bench.adviser.sign_in("maria".to_owned(), "secret".to_owned().into(), bench.now);
        assert!(matches!(&bench.todo()[..], [Do::Say(to_relay::Body::Login(_))]));
        bench.heard(from_relay::Body::LoggedIn(LoggedIn::default()));
        assert!(matches!(&bench.todo()[..], [Do::Tell(Event::SignedIn { .. })]));
        bench
    }

    impl Bench {
        fn todo(&mut self) -> Vec<Do> {
            self.adviser.todo()
        }

        fn heard(&mut self, said: from_relay::Body) {
            self.adviser.heard(said, self.now, &mut self.rng);
        }

        /// Joins somebody; the key in the knock.
        fn knock(&mut self) -> Vec<u8> {
            let (id, code) = (Id::generate(&mut self.rng), ChannelCode::generate(&mut self.rng));
            self.adviser.join(id, code, (Permissions::NONE, String::new()), self.now, &mut self.rng);
            match &self.todo()[..] {
                [.., Do::Say(to_relay::Body::Knock(knock))] => knock.key.clone(),
                _ => panic!("no knock"),
            }
        }

        fn introduced(&mut self, introduction: u64, key: Vec<u8>) {
            let card = Card::sign(&CardBody { key, ..CardBody::default() }, &SigningKey::generate(&mut self.rng));
            self.heard(from_relay::Body::Introduced(Introduced { introduction, nonce: vec![0; 32], card }));
        }
    }

    fn refused(reason: RefusalReason) -> from_relay::Body {
        from_relay::Body::Refused(Refused { reason: reason.into(), retry_after: 0 })
    }

    #[test]
    fn an_answer_to_a_knock_that_was_given_up_is_left_again() {
        let mut bench = signed_in();
        let first = bench.knock();
        bench.adviser.cancel();
        let second = bench.knock();
        // The relay makes cards side by side: the second may be ready first.
        bench.introduced(22, second);
        assert!(matches!(&bench.todo()[..], [Do::Say(to_relay::Body::Pass(pass))] if pass.introduction == 22));
        bench.introduced(11, first);
        assert!(matches!(&bench.todo()[..], [Do::Say(to_relay::Body::Leave(leave))] if leave.introduction == 11));
    }

    #[test]
    fn a_relay_that_does_not_answer_a_knock_is_not_waited_for() {
        let mut bench = signed_in();
        bench.knock();
        let until = bench.adviser.next_wake().expect("a limit");
        assert_eq!(until - bench.now, limits::JOINING);
        bench.adviser.tick(until);
        assert!(matches!(&bench.todo()[..], [Do::Tell(Event::JoinFailed(JoinFailure::Offline))]));
        assert_eq!(bench.adviser.next_wake(), None);
    }

    /// That is for the customer's program to say, inside the session.
    #[test]
    fn a_relay_that_says_where_it_goes_on_leads_nobody_there() {
        let goes_on = GoesOn { id: Id::generate(&mut StdRng::seed_from_u64(2)).to_wire(), code: "731 940".to_owned() };
        let said = SessionMessage { body: Some(session_message::Body::GoesOn(goes_on)) }.encode_to_vec();
        let as_its_own = FromRelay::decode(said.as_slice()).expect("fields have numbers, not names").body;
        let passed = from_relay::Body::Passed(Pass { introduction: 22, payload: said });
        for said in as_its_own.into_iter().chain([passed]) {
            let mut bench = signed_in();
            bench.heard(said.clone());
            assert!(bench.todo().is_empty());
            let key = bench.knock();
            bench.introduced(22, key);
            bench.todo();
            bench.heard(said);
            assert!(!bench.todo().iter().any(|todo| matches!(todo, Do::Tell(Event::Said(..)))));
        }
    }

    #[test]
    fn a_sign_in_that_is_answered_late_counts() {
        let mut bench = Bench { adviser: Adviser::new(), now: Instant::now(), rng: StdRng::seed_from_u64(1) };
        bench.adviser.online(bench.now);
        bench.adviser.sign_in("maria".to_owned(), "secret".to_owned().into(), bench.now);
        bench.todo();
        bench.adviser.tick(bench.now + SIGN_IN);
        assert!(matches!(&bench.todo()[..], [Do::Tell(Event::SignInRefused(SignInRefusal::NoAnswer))]));
        bench.heard(from_relay::Body::LoggedIn(LoggedIn::default()));
        assert!(matches!(&bench.todo()[..], [Do::Tell(Event::SignedIn { .. })]));
    }

    #[test]
    fn an_adviser_signs_in_again_after_an_outage_unless_the_password_was_refused() {
        let mut bench = signed_in();
        bench.adviser.offline();
        bench.adviser.online(bench.now);
        assert!(matches!(&bench.todo()[..], [Do::Say(to_relay::Body::Login(login))] if login.password == "secret"));
        bench.heard(refused(RefusalReason::Login));
        assert!(matches!(&bench.todo()[..], [Do::Tell(Event::SignInRefused(SignInRefusal::Wrong))]));
        bench.adviser.offline();
        bench.adviser.online(bench.now);
        assert!(bench.todo().is_empty());
    }

    #[test]
    fn who_is_no_longer_an_adviser_is_told_so() {
        let mut bench = signed_in();
        bench.knock();
        bench.heard(refused(RefusalReason::NotSignedIn));
        assert!(matches!(&bench.todo()[..], [Do::Tell(Event::JoinFailed(JoinFailure::NotSignedIn))]));
        bench.adviser.offline();
        bench.adviser.online(bench.now);
        assert!(bench.todo().is_empty());
    }
}
