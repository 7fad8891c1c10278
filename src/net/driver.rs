//! What holds the network together: the relay is looked for and kept, the program's part is played on the control
//! connection, and each introduction that succeeds becomes an inner connection and a session.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lotse_protocol::forward::Token;
use lotse_protocol::handshake::{Established, Trust};
use lotse_protocol::id::Id;
use lotse_protocol::keys::{PublicKey, RelayPins};
use lotse_protocol::message::introduction::Role;
use lotse_protocol::message::relay::{from_relay, to_relay};
use lotse_protocol::message::session::EndReason;
use lotse_protocol::permission::Permissions;
use rand::RngExt;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep_until, timeout};

use super::adviser::Adviser;
use super::customer::Customer;
use super::inner::{self, Ends, Inner, InnerError};
use super::input::InputQueue;
use super::path::{Path, Udp};
use super::pointer::PointerSender;
use super::relay::{self, Control};
use super::session::{self, Handle, Order, Side};
use super::{
    Command, Ended, Event, HostPort, JoinFailure, NetConfig, OfflineReason, Offload, Peer, RelayAddress, RoleConfig,
    ViewerId, ViewerPort, slot,
};

/// Where events go.
pub(super) type Sink = Arc<dyn Fn(Event) + Send + Sync>;

/// What a part wants done.
pub(super) enum Do {
    /// Say this to the relay.
    Say(to_relay::Body),
    /// Tell this to the program.
    Tell(Event),
    /// Open the inner connection over a path with this token, until then.
    Open(Box<Established>, Token, Instant),
    /// The relay says that the running session's path is closed.
    PathClosed,
    /// This relay is of no use now; try again later.
    GiveUp(OfflineReason),
}

/// The relay is looked for again after this long, doubled each time, up to [`LONGEST_WAIT`]; a random part of it is
/// left out, or everybody would come at once to a relay that returns.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// A relay that is full or speaks another version is left alone for so long.
const LONG_WAIT: Duration = Duration::from_secs(60);
/// How often it is looked whether the relay still answers.
const LISTEN: Duration = Duration::from_secs(1);
/// How long the running session may take to say goodbye when the program ends.
const GOODBYE: Duration = Duration::from_millis(700);
/// How long the relay's may take.
const GOODBYE_RELAY: Duration = Duration::from_millis(200);

/// Runs the network until it is told to end.
pub(super) async fn run(config: NetConfig, commands: mpsc::UnboundedReceiver<Command>, input: InputQueue, sink: Sink) {
    let NetConfig { relay, pins, role, offload } = config;
    let part = Part::new(role, &pins);
    let (ended, endings) = mpsc::unbounded_channel();
    let (opened, openings) = mpsc::unbounded_channel();
    let mut driver = Driver {
        address: relay,
        key: pins.transport,
        offload,
        part,
        input,
        sink,
        relay: Relay::Unwanted,
        failures: 0,
        deaf_check: Instant::now(),
        sessions: 0,
        encounter: Encounter::None,
        ended,
        opened,
    };
    driver.run(commands, endings, openings).await;
}

/// How things stand with the relay.
enum Relay {
    /// Nobody has asked for it yet.
    Unwanted,
    Waiting {
        until: Instant,
    },
    Connecting(Pin<Box<dyn Future<Output = Result<Control, OfflineReason>> + Send>>),
    Online(Box<Control>),
}

/// Whom this program is connected with.
enum Encounter {
    None,
    /// The inner connection is on its way.
    Opening {
        task: AbortHandle,
    },
    Session(Handle),
}

/// An inner connection, or why there is none, with what the introduction said.
struct Opened {
    by: tokio::task::Id,
    result: Result<Inner, InnerError>,
    about: About,
}

/// What the program is told of the other side.
struct About {
    path: Arc<Udp>,
    id: Id,
    card: Option<lotse_protocol::card::Card>,
    wanted: Permissions,
    reason: String,
    policy: Permissions,
}

struct Driver {
    address: RelayAddress,
    key: PublicKey,
    offload: Offload,
    part: Part,
    input: InputQueue,
    sink: Sink,
    relay: Relay,
    /// Attempts in vain since the relay was there last.
    failures: u32,
    deaf_check: Instant,
    sessions: u64,
    encounter: Encounter,
    ended: mpsc::UnboundedSender<(ViewerId, Ended)>,
    opened: mpsc::UnboundedSender<Opened>,
}

/// What happened.
enum Happened {
    Command(Option<Command>),
    Connected(Result<Box<Control>, OfflineReason>),
    Said(Option<from_relay::Body>),
    Opened(Box<Opened>),
    Ended(ViewerId, Ended),
    Time,
}

impl Driver {
    async fn run(
        &mut self,
        mut commands: mpsc::UnboundedReceiver<Command>,
        mut endings: mpsc::UnboundedReceiver<(ViewerId, Ended)>,
        mut openings: mpsc::UnboundedReceiver<Opened>,
    ) {
        loop {
            let wake = self.next_wake();
            let happened = tokio::select! {
                command = commands.recv() => Happened::Command(command),
                happened = self.relay.next() => happened,
                Some(opened) = openings.recv() => Happened::Opened(Box::new(opened)),
                Some((viewer, why)) = endings.recv() => Happened::Ended(viewer, why),
                () = at(wake) => Happened::Time,
            };
            let now = Instant::now();
            match happened {
                Happened::Command(Some(Command::Shutdown) | None) => break,
                Happened::Command(Some(command)) => self.command(command, now),
                Happened::Connected(Ok(control)) => self.connected(control, now),
                Happened::Connected(Err(reason)) => self.offline(reason, now),
                Happened::Said(Some(said)) => self.part.heard(said, now),
                Happened::Said(None) => self.lost(OfflineReason::Lost, now),
                Happened::Opened(opened) => self.opened(*opened, now),
                Happened::Ended(viewer, why) => self.ended(viewer, why, now),
                Happened::Time => self.time(now),
            }
            self.do_all(now);
        }
        self.goodbye(&mut endings).await;
    }

    fn next_wake(&self) -> Option<Instant> {
        let relay = match &self.relay {
            Relay::Waiting { until } => Some(*until),
            Relay::Unwanted | Relay::Connecting(_) => None,
            Relay::Online(_) => Some(self.deaf_check),
        };
        [relay, self.part.next_wake()].into_iter().flatten().min()
    }

    fn time(&mut self, now: Instant) {
        match &mut self.relay {
            Relay::Waiting { until } if *until <= now => self.connect(),
            Relay::Online(control) if self.deaf_check <= now => {
                self.deaf_check = now + LISTEN;
                // A session's path hangs on this connection: with one it is kept for as long as QUIC keeps it.
                if control.is_deaf(now) && matches!(self.encounter, Encounter::None) {
                    self.lost(OfflineReason::Lost, now);
                }
            }
            _ => {}
        }
        self.part.tick(now);
    }

    fn command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Retry => {
                if let Relay::Unwanted | Relay::Waiting { .. } = self.relay {
                    self.failures = 0;
                    self.connect();
                }
            }
            Command::Say(body) => self.order(Order::Say(body)),
            Command::End(reason) => self.order(Order::End(reason)),
            Command::CancelJoin => {
                if let Encounter::Opening { task } = &self.encounter {
                    task.abort();
                    self.encounter = Encounter::None;
                    self.part.finished(false, now);
                }
                self.part.cancel();
            }
            Command::NewCode => self.part.new_code(now),
            Command::SignIn { name, password } => {
                if let Part::Adviser(adviser, _) = &mut self.part {
                    adviser.sign_in(name, password, now);
                }
            }
            Command::Join { id, code, wanted, reason } => {
                if let Part::Adviser(adviser, _) = &mut self.part {
                    adviser.join(id, code, (wanted, reason), now, &mut rand::rng());
                }
            }
            Command::Input(input) => self.input.push(input),
            Command::Shutdown => {}
        }
    }

    fn order(&mut self, order: Order) {
        if let Encounter::Session(session) = &self.encounter {
            session.order(order);
        }
    }

    fn connect(&mut self) {
        (self.sink)(Event::Connecting);
        self.relay = Relay::Connecting(Box::pin(relay::connect(self.address.clone(), self.key, self.offload)));
    }

    fn connected(&mut self, control: Box<Control>, now: Instant) {
        tracing::info!(relay = %self.address, "connected to the relay");
        (self.sink)(Event::Connected { institution: control.institution.clone() });
        self.failures = 0;
        self.deaf_check = now + LISTEN;
        self.relay = Relay::Online(control);
        self.part.online(now);
    }

    /// The relay was there and is gone, or of no use.
    fn lost(&mut self, reason: OfflineReason, now: Instant) {
        self.order(Order::PathClosed(Ended::ConnectionLost));
        self.part.offline(now);
        self.offline(reason, now);
    }

    fn offline(&mut self, reason: OfflineReason, now: Instant) {
        tracing::info!(relay = %self.address, ?reason, "no connection to the relay");
        let longest = match reason {
            OfflineReason::Full | OfflineReason::OtherVersion => LONG_WAIT,
            _ => FIRST_WAIT.saturating_mul(1 << self.failures.min(8)).min(LONGEST_WAIT),
        };
        self.failures += 1;
        let wait = longest.mul_f64(rand::rng().random_range(0.5..1.0));
        self.relay = Relay::Waiting { until: now + wait };
        (self.sink)(Event::Offline(reason));
    }

    /// Does what the part wants done, which may make it want more.
    fn do_all(&mut self, now: Instant) {
        loop {
            let todo = self.part.todo();
            if todo.is_empty() {
                return;
            }
            for each in todo {
                match each {
                    Do::Say(body) => {
                        if let Relay::Online(control) = &self.relay {
                            control.say(body);
                        }
                    }
                    Do::Tell(event) => (self.sink)(event),
                    Do::Open(established, token, until) => self.open(*established, token, until, now),
                    Do::PathClosed => self.order(Order::PathClosed(Ended::OtherGone)),
                    Do::GiveUp(reason) => self.lost(reason, now),
                }
            }
        }
    }

    fn open(&mut self, established: Established, token: Token, until: Instant, now: Instant) {
        let Relay::Online(control) = &self.relay else { return self.part.finished(false, now) };
        let path = Arc::new(Udp::new(control.socket(), token, control.relay()));
        let Established { id, role, own_key, peer_key, bind, card, wanted, reason, policy, .. } = established;
        let about = About { path: path.clone(), id, card, wanted, reason, policy };
        let ends = Ends { own: own_key, peer: peer_key, bind };
        let opened = self.opened.clone();
        let limit = until.saturating_duration_since(now);
        let task = tokio::spawn(async move {
            let result = match role {
                Role::Viewer => inner::viewer(&*path, ends, limit).await,
                _ => inner::host(&*path, ends, limit).await,
            };
            // The driver may have ended.
            let _ = opened.send(Opened { by: tokio::task::id(), result, about });
        })
        .abort_handle();
        self.encounter = Encounter::Opening { task };
    }

    fn opened(&mut self, opened: Opened, now: Instant) {
        let Opened { by, result, about } = opened;
        if !matches!(&self.encounter, Encounter::Opening { task } if task.id() == by) {
            // Given up meanwhile.
            return;
        }
        let inner = match result {
            Ok(inner) => inner,
            Err(error) => {
                tracing::info!(%error, "the introduction was right, but there is no connection");
                self.encounter = Encounter::None;
                let event = match self.part {
                    Part::Customer(..) => Event::KnockEnded,
                    Part::Adviser(..) => Event::JoinFailed(JoinFailure::NoPath),
                };
                (self.sink)(event);
                return self.finished(now);
            }
        };
        self.sessions += 1;
        let viewer = ViewerId(self.sessions);
        let (side, updates, pointer) = match &self.part {
            Part::Customer(_, port) => {
                let (sender, updates) = slot::slot();
                let pointer = PointerSender::default();
                (Side::Host { port: port.clone(), updates, pointer: pointer.clone() }, Some(sender), Some(pointer))
            }
            Part::Adviser(_, port) => {
                // Before the program hears of the session: what it sends then must not be lost.
                let open = self.input.open();
                (Side::Viewer { port: port.clone(), input: self.input.clone(), open }, None, None)
            }
        };
        tracing::info!(session = viewer.0, "a session begins");
        let About { path, id, card, wanted, reason, policy } = about;
        (self.sink)(Event::Started(Peer {
            viewer,
            id,
            card,
            wanted,
            reason,
            policy,
            path: path.kind(),
            updates,
            pointer,
        }));
        let session = session::begin(viewer, inner, side, self.sink.clone(), self.ended.clone());
        self.encounter = Encounter::Session(session);
    }

    fn ended(&mut self, viewer: ViewerId, why: Ended, now: Instant) {
        if matches!(&self.encounter, Encounter::Session(session) if session.viewer == viewer) {
            self.encounter = Encounter::None;
            self.finished(now);
        }
        // Last of all: whoever hears it may begin the next session at once.
        (self.sink)(Event::Ended { viewer, why });
    }

    fn finished(&mut self, now: Instant) {
        let online = matches!(self.relay, Relay::Online(_));
        self.part.finished(online, now);
    }

    /// Tells everybody that this program ends.
    async fn goodbye(&mut self, endings: &mut mpsc::UnboundedReceiver<(ViewerId, Ended)>) {
        if let Encounter::Session(session) = &self.encounter {
            session.order(Order::End(EndReason::Closed));
            if let Ok(Some((viewer, why))) = timeout(GOODBYE, endings.recv()).await {
                (self.sink)(Event::Ended { viewer, why });
            }
        }
        if let Relay::Online(control) = std::mem::replace(&mut self.relay, Relay::Waiting { until: Instant::now() }) {
            control.close(GOODBYE_RELAY).await;
        }
    }
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

impl Relay {
    async fn next(&mut self) -> Happened {
        match self {
            Self::Unwanted | Self::Waiting { .. } => std::future::pending().await,
            Self::Connecting(connecting) => Happened::Connected(connecting.await.map(Box::new)),
            Self::Online(control) => Happened::Said(control.next().await),
        }
    }
}

/// What this program is to the relay.
enum Part {
    Customer(Box<Customer>, Arc<dyn HostPort>),
    Adviser(Box<Adviser>, Arc<dyn ViewerPort>),
}

impl Part {
    fn new(role: RoleConfig, pins: &RelayPins) -> Self {
        match role {
            RoleConfig::Customer { policy, institution, welcome, port } => {
                let trust = Trust { cards: pins.cards, institution, welcome };
                Self::Customer(Box::new(Customer::new(trust, policy, &mut rand::rng())), port)
            }
            RoleConfig::Adviser { port } => Self::Adviser(Box::new(Adviser::new()), port),
        }
    }

    fn todo(&mut self) -> Vec<Do> {
        match self {
            Self::Customer(customer, _) => customer.todo(),
            Self::Adviser(adviser, _) => adviser.todo(),
        }
    }

    fn online(&mut self, now: Instant) {
        match self {
            Self::Customer(customer, _) => customer.online(),
            Self::Adviser(adviser, _) => adviser.online(now),
        }
    }

    fn offline(&mut self, now: Instant) {
        match self {
            Self::Customer(customer, _) => customer.offline(now, &mut rand::rng()),
            Self::Adviser(adviser, _) => adviser.offline(),
        }
    }

    fn heard(&mut self, said: from_relay::Body, now: Instant) {
        match self {
            Self::Customer(customer, _) => customer.heard(said, now, &mut rand::rng()),
            Self::Adviser(adviser, _) => adviser.heard(said, now, &mut rand::rng()),
        }
    }

    fn finished(&mut self, online: bool, now: Instant) {
        match self {
            Self::Customer(customer, _) => customer.finished(online, now, &mut rand::rng()),
            Self::Adviser(adviser, _) => adviser.finished(),
        }
    }

    fn cancel(&mut self) {
        if let Self::Adviser(adviser, _) = self {
            adviser.cancel();
        }
    }

    fn new_code(&mut self, now: Instant) {
        if let Self::Customer(customer, _) = self {
            customer.new_code(now, &mut rand::rng());
        }
    }

    fn tick(&mut self, now: Instant) {
        match self {
            Self::Customer(customer, _) => customer.tick(now, &mut rand::rng()),
            Self::Adviser(adviser, _) => adviser.tick(now),
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        match self {
            Self::Customer(customer, _) => customer.next_wake(),
            Self::Adviser(adviser, _) => adviser.next_wake(),
        }
    }
}
