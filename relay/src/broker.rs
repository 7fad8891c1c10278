//! The relay's pure logic: who is here, who is introduced to whom, how long, how often.
//!
//! Sans-IO: time, randomness and messages come in as arguments; what is to be done comes out of [`Broker::poll`]. It
//! opens nothing, waits for nothing and knows no key.

pub mod quota;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use lotse_protocol::card::NONCE;
use lotse_protocol::forward::Token;
use lotse_protocol::id::Id;
use lotse_protocol::keys::PublicKey;
use lotse_protocol::limits;
use lotse_protocol::message::relay::{
    Hello, Introduced, Knock, Leave, Left, LoggedIn, Login, OpenPath, Pass, PathOpened, RefusalReason, Refused,
    Register, Registered, ToRelay, Welcome, from_relay, to_relay,
};
use lotse_protocol::permission::Permissions;
use lotse_protocol::version;
use rand::CryptoRng;
use zeroize::Zeroizing;

use quota::{Meter, Neighbourhood, WrongLogins};

/// The node number of this relay. There is one so far.
pub const NODE: u32 = 0;

/// A connection, by its number since the relay started. Never sent to anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Peer(u64);

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "connection {}", self.0)
    }
}

/// An introduction. `number` is what the two programs call it: random, so that it says nothing about others.
/// `serial` counts from 1 and is what the log calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Introduction {
    /// For the wire.
    pub number: u64,
    /// For people.
    pub serial: u64,
}

/// Somebody who signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adviser {
    /// The account.
    pub account: String,
    /// As customers see it.
    pub display_name: String,
    /// At the institution.
    pub role: String,
    /// The most that may ever be granted.
    pub ceiling: Permissions,
}

/// What an adviser card has to say, beyond what is known of the account.
#[derive(Clone, PartialEq, Eq)]
pub struct CardRequest {
    /// For which introduction.
    pub introduction: Introduction,
    /// To whose program the card will be shown.
    pub id: Id,
    /// That program's nonce.
    pub nonce: Vec<u8>,
    /// Key of the adviser's copy.
    pub key: Vec<u8>,
}

/// One end of a path.
#[derive(Clone, PartialEq, Eq)]
pub struct Leg {
    /// Whose.
    pub peer: Peer,
    /// On all packets from and to it.
    pub token: Token,
}

/// What the loop around the broker has to do.
pub enum Output {
    /// Send this.
    Send {
        /// To whom.
        to: Peer,
        /// What.
        message: from_relay::Body,
    },
    /// Close the connection when everything before has been sent, and then say that it is [gone](Broker::gone).
    Close {
        /// Which.
        peer: Peer,
        /// Why.
        why: Closing,
    },
    /// Look whether name and password are right, and say so to [`Broker::login_checked`].
    CheckLogin {
        /// Who claims it.
        peer: Peer,
        /// The account.
        name: String,
        /// The password.
        password: Zeroizing<String>,
    },
    /// Have a card made, and give it to [`Broker::vouched`].
    Vouch {
        /// The account that knocks.
        account: String,
        /// The rest.
        request: CardRequest,
    },
    /// Forward between these two from now on.
    OpenPath {
        /// Of which introduction.
        introduction: Introduction,
        /// For the record.
        account: String,
        /// For the record.
        id: Id,
        /// The customer's end.
        offerer: Leg,
        /// The adviser's end.
        joiner: Leg,
    },
    /// Stop forwarding.
    ClosePath {
        /// Of which introduction.
        introduction: Introduction,
    },
    /// For the log.
    Note(Note),
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Nothing was said for [`quota::GREETING`].
    Silent,
    /// It spoke before it said hello, or said it twice.
    Protocol,
    /// No version in common.
    Version,
    /// Messages in spite of refusals.
    Flooding,
}

/// Why nobody vouches for an adviser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VouchRefusal {
    /// The account was disabled or removed meanwhile.
    Disabled,
    /// It could not be looked up.
    Failed,
}

/// What happened, for a person who reads the log. No code, token, card, password or key, and no name that was not
/// looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A program is reachable.
    Registered(Peer, Id),
    /// A program is no longer reachable.
    Unregistered(Peer, Id),
    /// An adviser signed in.
    SignedIn(Peer, String),
    /// Somebody did not.
    SignInRefused(Peer, IpAddr),
    /// Somebody has to wait before the next try.
    SignInThrottled(Peer, IpAddr, Duration),
    /// An adviser left.
    SignedOut(Peer, String),
    /// An adviser knocked.
    Knocked(Introduction, String, Id),
    /// A path was opened.
    PathOpened(Introduction),
    /// Over.
    Ended(Introduction, Ending),
    /// A connection is closed by the relay.
    Closed(Peer, Closing),
    /// Something was refused for a quota.
    Throttled(Peer, &'static str),
}

/// How an introduction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One side said so.
    Left,
    /// One side's connection is gone.
    Lost,
    /// No path within [`quota::INTRODUCTION`].
    Expired,
    /// Nobody vouched.
    NotVouched,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(peer, id) => write!(f, "{peer} is reachable as {id}"),
            Self::Unregistered(peer, id) => write!(f, "{peer} is no longer reachable as {id}"),
            Self::SignedIn(peer, name) => write!(f, "adviser {name} signed in ({peer})"),
            Self::SignInRefused(peer, address) => write!(f, "sign-in refused: {peer} from {address}"),
            Self::SignInThrottled(peer, address, wait) => {
                write!(f, "sign-in refused for {} s more after wrong tries: {peer} from {address}", wait.as_secs())
            }
            Self::SignedOut(peer, name) => write!(f, "adviser {name} left ({peer})"),
            Self::Knocked(introduction, name, id) => write!(f, "{introduction}: adviser {name} knocks at {id}"),
            Self::PathOpened(introduction) => write!(f, "{introduction} opened a path"),
            Self::Ended(introduction, ending) => write!(f, "{introduction} {ending}"),
            Self::Closed(peer, why) => write!(f, "{peer} closed: {why}"),
            Self::Throttled(peer, what) => write!(f, "{peer} refused: {what}"),
        }
    }
}

impl fmt::Display for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "introduction {}", self.serial)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "ended",
            Self::Lost => "ended: a connection was lost",
            Self::Expired => "ended: no path was opened in time",
            Self::NotVouched => "ended: the account is disabled or could not be read",
        })
    }
}

impl fmt::Display for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silent => "it did not say hello in time",
            Self::Protocol => "it did not follow the protocol",
            Self::Version => "it speaks another version",
            Self::Flooding => "too many messages",
        })
    }
}

/// No room for another connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the relay is full")]
pub struct Full;

/// The state machine.
pub struct Broker {
    institution: String,
    connections: HashMap<Peer, Connection>,
    neighbours: HashMap<Neighbourhood, usize>,
    registrations: HashMap<Id, Peer>,
    introductions: HashMap<u64, Meeting>,
    knocks: HashMap<String, Meter>,
    wrong_logins: WrongLogins,
    deadlines: BTreeSet<(Instant, Deadline)>,
    outputs: VecDeque<Output>,
    last_peer: u64,
    last_serial: u64,
}

struct Connection {
    address: IpAddr,
    greeting: Greeting,
    registration: Option<Registration>,
    sign_in: SignIn,
    /// Numbers of the introductions it takes part in.
    introductions: BTreeSet<u64>,
    messages: Meter,
    excess: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Greeting {
    Awaited,
    Exchanged,
    /// Whatever it still says is not listened to.
    Closing,
}

struct Registration {
    id: Id,
    nonce: Vec<u8>,
}

enum SignIn {
    No,
    Checking { name: String },
    Yes(Adviser),
}

struct Meeting {
    introduction: Introduction,
    id: Id,
    account: String,
    offerer: Peer,
    joiner: Peer,
    progress: Progress,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// The card is being made; nobody knows the number.
    Vouching,
    /// The joiner knows the number.
    Offered,
    /// Both know it.
    Met,
    /// Packets are forwarded.
    Path,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Greeting(Peer),
    Introduction(u64),
    WrongLogins,
}

impl Broker {
    /// A broker for `institution`, with nobody there.
    #[must_use]
    pub fn new(institution: String, now: Instant) -> Self {
        Self {
            institution,
            connections: HashMap::new(),
            neighbours: HashMap::new(),
            registrations: HashMap::new(),
            introductions: HashMap::new(),
            knocks: HashMap::new(),
            wrong_logins: WrongLogins::default(),
            deadlines: BTreeSet::from([(now + quota::WRONG_LOGINS_FORGOTTEN, Deadline::WrongLogins)]),
            outputs: VecDeque::new(),
            last_peer: 0,
            last_serial: 0,
        }
    }

    /// The next thing to do. To be called until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// A program connected from `address`.
    ///
    /// # Errors
    /// [`Full`]: the connection is to be closed.
    pub fn connected(&mut self, address: IpAddr, now: Instant) -> Result<Peer, Full> {
        let neighbourhood = Neighbourhood::of(address);
        let neighbours = self.neighbours.get(&neighbourhood).copied().unwrap_or_default();
        if self.connections.len() >= quota::CONNECTIONS || neighbours >= quota::CONNECTIONS_PER_ADDRESS {
            return Err(Full);
        }
        self.neighbours.insert(neighbourhood, neighbours + 1);
        self.last_peer += 1;
        let peer = Peer(self.last_peer);
        self.connections.insert(
            peer,
            Connection {
                address,
                greeting: Greeting::Awaited,
                registration: None,
                sign_in: SignIn::No,
                introductions: BTreeSet::new(),
                messages: Meter::default(),
                excess: 0,
            },
        );
        self.deadlines.insert((now + quota::GREETING, Deadline::Greeting(peer)));
        Ok(peer)
    }

    /// A connection is no more. Everything of it goes with it.
    pub fn gone(&mut self, peer: Peer) {
        let Some(connection) = self.connections.remove(&peer) else { return };
        let neighbourhood = Neighbourhood::of(connection.address);
        if let Some(neighbours) = self.neighbours.get_mut(&neighbourhood) {
            *neighbours -= 1;
            if *neighbours == 0 {
                self.neighbours.remove(&neighbourhood);
            }
        }
        for number in connection.introductions {
            self.end(number, Some(peer), Ending::Lost);
        }
        if let Some(Registration { id, .. }) = connection.registration {
            self.registrations.remove(&id);
            self.note(Note::Unregistered(peer, id));
        }
        if let SignIn::Yes(adviser) = connection.sign_in {
            self.note(Note::SignedOut(peer, adviser.account));
        }
    }

    /// `peer` said something.
    pub fn said(&mut self, peer: Peer, message: ToRelay, now: Instant, rng: &mut impl CryptoRng) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        if connection.greeting == Greeting::Closing {
            return;
        }
        if let Err(wait) = connection.messages.take(quota::MESSAGES, now) {
            connection.excess += 1;
            if connection.excess > quota::EXCESS_MESSAGES {
                self.close(peer, Closing::Flooding);
            } else {
                self.refuse(peer, RefusalReason::Throttled, wait);
            }
            return;
        }
        let greeted = connection.greeting == Greeting::Exchanged;
        let body = match message.body {
            Some(body) => body,
            // From a newer version, which it may be once hello has been said.
            None if greeted => return,
            None => {
                self.close(peer, Closing::Protocol);
                return;
            }
        };
        match body {
            to_relay::Body::Hello(hello) if !greeted => self.hello(peer, &hello),
            to_relay::Body::Hello(_) => self.close(peer, Closing::Protocol),
            _ if !greeted => self.close(peer, Closing::Protocol),
            to_relay::Body::Register(register) => self.register(peer, register, rng),
            to_relay::Body::Login(login) => self.login(peer, login, now),
            to_relay::Body::Knock(knock) => self.knock(peer, knock, now, rng),
            to_relay::Body::Pass(pass) => self.pass(peer, pass),
            to_relay::Body::OpenPath(OpenPath { introduction }) => self.open_path(peer, introduction, rng),
            to_relay::Body::Leave(Leave { introduction }) => self.leave(peer, introduction),
        }
    }

    /// The answer to [`Output::CheckLogin`]: the adviser, or `None` when name or password is wrong or the account
    /// disabled.
    pub fn login_checked(&mut self, peer: Peer, adviser: Option<Adviser>, now: Instant) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        let SignIn::Checking { name } = std::mem::replace(&mut connection.sign_in, SignIn::No) else { return };
        let address = connection.address;
        let Some(adviser) = adviser else {
            self.note(Note::SignInRefused(peer, address));
            self.refuse(peer, RefusalReason::Login, Duration::ZERO);
            return;
        };
        let answer = LoggedIn {
            display_name: adviser.display_name.clone(),
            institution: self.institution.clone(),
            role: adviser.role.clone(),
            ceiling: adviser.ceiling.to_wire(),
        };
        let account = adviser.account.clone();
        connection.sign_in = SignIn::Yes(adviser);
        self.wrong_logins.right(&name, Neighbourhood::of(address), now);
        self.note(Note::SignedIn(peer, account));
        self.send(peer, from_relay::Body::LoggedIn(answer));
    }

    /// The password could not be looked at, because too many others are waiting or the store fails: not a wrong try.
    pub fn login_not_checked(&mut self, peer: Peer, wait: Duration, now: Instant) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        let SignIn::Checking { name } = std::mem::replace(&mut connection.sign_in, SignIn::No) else { return };
        let neighbourhood = Neighbourhood::of(connection.address);
        self.wrong_logins.not_counted(&name, neighbourhood, now);
        self.refuse(peer, RefusalReason::Throttled, wait);
    }

    /// The answer to [`Output::Vouch`]: the encoded signed card.
    pub fn vouched(&mut self, introduction: Introduction, card: Result<Vec<u8>, VouchRefusal>) {
        let number = introduction.number;
        let Some(meeting) = self.introductions.get_mut(&number) else { return };
        if meeting.progress != Progress::Vouching {
            return;
        }
        let (joiner, offerer) = (meeting.joiner, meeting.offerer);
        match card {
            Ok(card) => {
                meeting.progress = Progress::Offered;
                let nonce = self
                    .connections
                    .get(&offerer)
                    .and_then(|connection| connection.registration.as_ref())
                    .map(|registration| registration.nonce.clone())
                    .expect("an introduction ends with the registration of its offerer");
                self.send(joiner, from_relay::Body::Introduced(Introduced { introduction: number, nonce, card }));
            }
            Err(refusal) => {
                self.end(number, None, Ending::NotVouched);
                match refusal {
                    VouchRefusal::Disabled => {
                        self.sign_out(joiner);
                        self.refuse(joiner, RefusalReason::NotSignedIn, Duration::ZERO);
                    }
                    VouchRefusal::Failed => self.refuse(joiner, RefusalReason::Full, Duration::from_secs(60)),
                }
            }
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        while let Some((at, deadline)) = self.deadlines.first().copied().filter(|(at, _)| *at <= now) {
            self.deadlines.remove(&(at, deadline));
            match deadline {
                Deadline::Greeting(peer) => {
                    if self.connections.get(&peer).is_some_and(|c| c.greeting == Greeting::Awaited) {
                        self.close(peer, Closing::Silent);
                    }
                }
                Deadline::Introduction(number) => {
                    if self.introductions.get(&number).is_some_and(|meeting| meeting.progress != Progress::Path) {
                        self.end(number, None, Ending::Expired);
                    }
                }
                Deadline::WrongLogins => {
                    self.wrong_logins.forget(now);
                    self.knocks.retain(|_, meter| !meter.is_idle(now));
                    self.deadlines.insert((now + quota::WRONG_LOGINS_FORGOTTEN, Deadline::WrongLogins));
                }
            }
        }
    }

    fn hello(&mut self, peer: Peer, hello: &Hello) {
        if hello.version < version::OLDEST || hello.oldest > version::CURRENT {
            self.refuse(peer, RefusalReason::Version, Duration::ZERO);
            self.close(peer, Closing::Version);
            return;
        }
        if let Some(connection) = self.connections.get_mut(&peer) {
            connection.greeting = Greeting::Exchanged;
        }
        let welcome =
            Welcome { version: version::CURRENT, oldest: version::OLDEST, institution: self.institution.clone() };
        self.send(peer, from_relay::Body::Welcome(welcome));
    }

    fn register(&mut self, peer: Peer, register: Register, rng: &mut impl CryptoRng) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        if connection.registration.is_some() || register.nonce.len() != NONCE {
            self.refuse(peer, RefusalReason::Unexpected, Duration::ZERO);
            return;
        }
        if self.registrations.len() >= quota::REGISTRATIONS {
            self.note(Note::Throttled(peer, "too many programs are registered"));
            self.refuse(peer, RefusalReason::Full, Duration::from_secs(60));
            return;
        }
        // Far more numbers than registrations: this ends at once.
        let id = loop {
            let id = Id::generate(rng);
            if !self.registrations.contains_key(&id) {
                break id;
            }
        };
        connection.registration = Some(Registration { id, nonce: register.nonce });
        self.registrations.insert(id, peer);
        self.note(Note::Registered(peer, id));
        self.send(peer, from_relay::Body::Registered(Registered { id: id.to_wire() }));
    }

    fn login(&mut self, peer: Peer, login: Login, now: Instant) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        let password = Zeroizing::new(login.password);
        if !matches!(connection.sign_in, SignIn::No) {
            self.refuse(peer, RefusalReason::Unexpected, Duration::ZERO);
            return;
        }
        let address = connection.address;
        // What cannot be a name is counted as one, so that it takes no memory.
        let name = crate::accounts::normalised(&login.name).unwrap_or_default();
        if let Err(wait) = self.wrong_logins.attempt(&name, Neighbourhood::of(address), now) {
            self.note(Note::SignInThrottled(peer, address, wait));
            self.refuse(peer, RefusalReason::Throttled, wait);
            return;
        }
        connection.sign_in = SignIn::Checking { name: name.clone() };
        self.outputs.push_back(Output::CheckLogin { peer, name, password });
    }

    fn knock(&mut self, peer: Peer, knock: Knock, now: Instant, rng: &mut impl CryptoRng) {
        let Some(connection) = self.connections.get(&peer) else { return };
        let SignIn::Yes(Adviser { account, .. }) = &connection.sign_in else {
            self.refuse(peer, RefusalReason::NotSignedIn, Duration::ZERO);
            return;
        };
        let account = account.clone();
        if PublicKey::from_wire(&knock.key).is_err() {
            self.refuse(peer, RefusalReason::Unexpected, Duration::ZERO);
            return;
        }
        if let Err(wait) = self.knocks.entry(account.clone()).or_default().take(quota::KNOCKS, now) {
            self.note(Note::Throttled(peer, "too many knocks"));
            self.refuse(peer, RefusalReason::Throttled, wait);
            return;
        }
        let known = Id::from_wire(knock.id)
            .ok()
            .and_then(|id| Some((id, *self.registrations.get(&id)?)))
            .filter(|(_, offerer)| *offerer != peer);
        let Some((id, offerer)) = known else {
            self.refuse(peer, RefusalReason::UnknownId, Duration::ZERO);
            return;
        };
        if self.introductions.values().filter(|meeting| meeting.account == account).count()
            >= quota::INTRODUCTIONS_PER_ADVISER
            || self.open_introductions(offerer) >= quota::INTRODUCTIONS_PER_CUSTOMER
        {
            self.note(Note::Throttled(peer, "too many introductions at a time"));
            self.refuse(peer, RefusalReason::Throttled, quota::INTRODUCTION);
            return;
        }
        let nonce = self
            .connections
            .get(&offerer)
            .and_then(|connection| connection.registration.as_ref())
            .map(|registration| registration.nonce.clone())
            .expect("every registration has its connection");
        let introduction = self.new_introduction(rng);
        self.introductions.insert(
            introduction.number,
            Meeting { introduction, id, account: account.clone(), offerer, joiner: peer, progress: Progress::Vouching },
        );
        for side in [offerer, peer] {
            if let Some(connection) = self.connections.get_mut(&side) {
                connection.introductions.insert(introduction.number);
            }
        }
        self.deadlines.insert((now + quota::INTRODUCTION, Deadline::Introduction(introduction.number)));
        self.note(Note::Knocked(introduction, account.clone(), id));
        self.outputs
            .push_back(Output::Vouch { account, request: CardRequest { introduction, id, nonce, key: knock.key } });
    }

    fn pass(&mut self, peer: Peer, pass: Pass) {
        let Some(meeting) = self.known_introduction(peer, pass.introduction) else { return };
        if pass.payload.is_empty() || pass.payload.len() > limits::HANDSHAKE_MESSAGE {
            self.refuse(peer, RefusalReason::Unexpected, Duration::ZERO);
            return;
        }
        if meeting.progress == Progress::Offered {
            meeting.progress = Progress::Met;
        }
        let other = meeting.other(peer);
        self.send(other, from_relay::Body::Passed(pass));
    }

    fn open_path(&mut self, peer: Peer, number: u64, rng: &mut impl CryptoRng) {
        let Some(meeting) = self.known_introduction(peer, number) else { return };
        if meeting.offerer != peer || meeting.progress != Progress::Met {
            self.refuse(peer, RefusalReason::Unexpected, Duration::ZERO);
            return;
        }
        meeting.progress = Progress::Path;
        let introduction = meeting.introduction;
        // 128 random bits do not repeat.
        let [offerer, joiner] = [meeting.offerer, meeting.joiner].map(|peer| Leg { peer, token: Token::generate(rng) });
        let opened = [&offerer, &joiner].map(|leg| {
            let opened = PathOpened { introduction: number, node: NODE, token: leg.token.as_bytes().to_vec() };
            (leg.peer, from_relay::Body::PathOpened(opened))
        });
        let (account, id) = (meeting.account.clone(), meeting.id);
        self.outputs.push_back(Output::OpenPath { introduction, account, id, offerer, joiner });
        self.note(Note::PathOpened(introduction));
        for (peer, opened) in opened {
            self.send(peer, opened);
        }
    }

    fn leave(&mut self, peer: Peer, number: u64) {
        // To leave twice, or what the other side has just left, is no fault.
        if self.introductions.get(&number).is_some_and(|meeting| meeting.is_known_to(peer)) {
            self.end(number, Some(peer), Ending::Left);
        }
    }

    /// The introduction `number` if `peer` takes part and knows of it. Any other number gets one and the same answer:
    /// over.
    fn known_introduction(&mut self, peer: Peer, number: u64) -> Option<&mut Meeting> {
        if self.introductions.get(&number).is_some_and(|meeting| meeting.is_known_to(peer)) {
            return self.introductions.get_mut(&number);
        }
        self.send(peer, from_relay::Body::Left(Left { introduction: number }));
        None
    }

    fn open_introductions(&self, peer: Peer) -> usize {
        self.connections.get(&peer).map_or(0, |connection| connection.introductions.len())
    }

    fn new_introduction(&mut self, rng: &mut impl CryptoRng) -> Introduction {
        self.last_serial += 1;
        loop {
            let number = rng.next_u64();
            if number != 0 && !self.introductions.contains_key(&number) {
                return Introduction { number, serial: self.last_serial };
            }
        }
    }

    /// Ends an introduction and tells whoever knows of it, but for `silent`, who brought it about.
    fn end(&mut self, number: u64, silent: Option<Peer>, ending: Ending) {
        let Some(meeting) = self.introductions.remove(&number) else { return };
        if meeting.progress == Progress::Path {
            self.outputs.push_back(Output::ClosePath { introduction: meeting.introduction });
        }
        for side in [meeting.offerer, meeting.joiner] {
            if let Some(connection) = self.connections.get_mut(&side) {
                connection.introductions.remove(&number);
            }
            if Some(side) != silent && meeting.is_known_to(side) {
                self.send(side, from_relay::Body::Left(Left { introduction: number }));
            }
        }
        // Who still waits for the answer to its knock gets the one that it would get now.
        if meeting.progress == Progress::Vouching && ending != Ending::NotVouched {
            self.refuse(meeting.joiner, RefusalReason::UnknownId, Duration::ZERO);
        }
        self.note(Note::Ended(meeting.introduction, ending));
    }

    fn sign_out(&mut self, peer: Peer) {
        let Some(connection) = self.connections.get_mut(&peer) else { return };
        if let SignIn::Yes(adviser) = std::mem::replace(&mut connection.sign_in, SignIn::No) {
            self.note(Note::SignedOut(peer, adviser.account));
        }
    }

    fn close(&mut self, peer: Peer, why: Closing) {
        if let Some(connection) = self.connections.get_mut(&peer) {
            connection.greeting = Greeting::Closing;
        }
        self.note(Note::Closed(peer, why));
        self.outputs.push_back(Output::Close { peer, why });
    }

    fn refuse(&mut self, peer: Peer, reason: RefusalReason, wait: Duration) {
        // Rounded up: who comes back after the seconds that were said must not be too early.
        let retry_after = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        self.send(peer, from_relay::Body::Refused(Refused { reason: reason.into(), retry_after }));
    }

    fn send(&mut self, to: Peer, message: from_relay::Body) {
        if self.connections.contains_key(&to) {
            self.outputs.push_back(Output::Send { to, message });
        }
    }

    fn note(&mut self, note: Note) {
        self.outputs.push_back(Output::Note(note));
    }
}

impl Meeting {
    fn is_known_to(&self, peer: Peer) -> bool {
        match self.progress {
            Progress::Vouching => false,
            Progress::Offered => peer == self.joiner,
            Progress::Met | Progress::Path => peer == self.joiner || peer == self.offerer,
        }
    }

    fn other(&self, peer: Peer) -> Peer {
        if peer == self.joiner { self.offerer } else { self.joiner }
    }
}
