//! A relay, a customer and an adviser, without windows.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse::net::{
    CodeState, Command, Ended, Event, HostPort, JoinFailure, Net, NetConfig, OfflineReason, Offload, Peer, RoleConfig,
    ViewerId, ViewerPort, Welcome,
};
use lotse_protocol::card::Account;
use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::keys::RelayPins;
use lotse_protocol::message::input::input_message;
use lotse_protocol::message::pointer::PointerAt;
use lotse_protocol::message::session::{Applied, UpdateHeader};
use lotse_protocol::permission::{Permission, Permissions};
use lotse_protocol::pointer::Shape;
use lotse_relay::serve::{Config, Running};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Every failure has to reach the person within ten seconds; a busy machine is allowed a little more.
pub(crate) const SOON: Duration = Duration::from_secs(15);
pub(crate) const PASSWORD: &str = "canary-password-0117";

/// A relay with the advisers "maria" and "tom".
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    pub(crate) pins: RelayPins,
    running: Option<Running>,
    runtime: Runtime,
    data: TempDir,
}

impl Relay {
    pub(crate) fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let data = TempDir::new().expect("a temporary directory");
        let running = runtime.block_on(async {
            let running = lotse_relay::serve::Relay::start(config(&data, 0)).await.expect("the relay starts");
            for (name, shown) in [("maria", "Maria Huber"), ("tom", "Tom Berger")] {
                running.add_adviser(name, shown, PASSWORD).await.expect("an adviser is added");
            }
            running
        });
        Self { address: running.addr, pins: running.pins, running: Some(running), runtime, data }
    }

    pub(crate) fn stop(&mut self) {
        let running = self.running.take().expect("running");
        self.runtime.block_on(running.stop());
    }

    /// On the same port, with the same keys.
    pub(crate) fn start_again(&mut self) {
        let config = config(&self.data, self.address.port());
        let running = self.runtime.block_on(lotse_relay::serve::Relay::start(config)).expect("the relay starts again");
        assert_eq!((running.addr, running.pins), (self.address, self.pins));
        self.running = Some(running);
    }
}

fn config(data: &TempDir, port: u16) -> Config {
    Config {
        institution: "University of Example".to_owned(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        ..Config::new(data.path())
    }
}

/// What a program was told, in order, and in words.
pub(crate) struct Events {
    events: mpsc::Receiver<Event>,
    seen: Mutex<String>,
}

impl Events {
    /// The first event that `wanted` takes; those before it are over and done with.
    pub(crate) fn expect<T>(&self, what: &str, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(event) = self.events.recv_timeout(left) else {
                panic!("{what} did not come; there was: {}", self.seen());
            };
            let in_words = format!("{event:?}\n");
            self.seen.lock().expect("no panic").push_str(&in_words);
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// Every event, until there can be no more.
    pub(crate) fn each(&self, act: impl FnMut(Event)) {
        self.events.iter().for_each(act);
    }

    pub(crate) fn seen(&self) -> String {
        self.seen.lock().expect("no panic").clone()
    }

    pub(crate) fn connected(&self) {
        let institution = self.expect("the relay", |event| match event {
            Event::Connected { institution } => Some(institution),
            _ => None,
        });
        assert_eq!(institution, "University of Example");
    }

    pub(crate) fn offline(&self) -> OfflineReason {
        self.expect("why there is no connection", |event| match event {
            Event::Offline(reason) => Some(reason),
            _ => None,
        })
    }

    pub(crate) fn started(&self) -> Peer {
        self.expect("the session", |event| match event {
            Event::Started(peer) => Some(peer),
            Event::JoinFailed(failure) => panic!("{failure:?}"),
            _ => None,
        })
    }

    pub(crate) fn ended(&self) -> (ViewerId, Ended) {
        self.expect("the end of the session", |event| match event {
            Event::Ended { viewer, why } => Some((viewer, why)),
            _ => None,
        })
    }

    pub(crate) fn silent(&self, expected: bool) {
        self.expect("how the link is", |event| match event {
            Event::Link { silent, .. } if silent == expected => Some(()),
            Event::Ended { why, .. } => panic!("{why:?}"),
            _ => None,
        });
    }
}

pub(crate) fn start(relay: &str, pins: RelayPins, role: RoleConfig) -> (Net, Events) {
    start_with(Offload::Auto, relay, pins, role)
}

fn start_with(offload: Offload, relay: &str, pins: RelayPins, role: RoleConfig) -> (Net, Events) {
    let (tell, events) = mpsc::channel();
    let config = NetConfig { relay: relay.parse().expect("an address"), pins, role, offload };
    let net = Net::start(config, move |event| {
        // A test that has seen enough listens no more.
        let _ = tell.send(event);
    });
    (net.expect("a thread"), Events { events, seen: Mutex::default() })
}

/// What came of the adviser's hands.
#[derive(Debug)]
pub(crate) enum Hand {
    Did(ViewerId, input_message::Body),
    Lost(ViewerId),
}

struct Port {
    hands: Mutex<mpsc::Sender<Hand>>,
    applied: Mutex<mpsc::Sender<(ViewerId, u64)>>,
}

impl HostPort for Port {
    fn input(&self, viewer: ViewerId, _: u64, input: input_message::Body) {
        let _ = self.hands.lock().expect("no panic").send(Hand::Did(viewer, input));
    }

    fn applied(&self, viewer: ViewerId, applied: Applied) {
        let _ = self.applied.lock().expect("no panic").send((viewer, applied.sequence));
    }

    fn keyframe_wanted(&self, _: ViewerId, _: u32) {}

    fn lost(&self, viewer: ViewerId) {
        let _ = self.hands.lock().expect("no panic").send(Hand::Lost(viewer));
    }
}

pub(crate) struct Customer {
    pub(crate) net: Net,
    pub(crate) hands: mpsc::Receiver<Hand>,
    pub(crate) applied: mpsc::Receiver<(ViewerId, u64)>,
    events: Events,
    id: Mutex<Option<Id>>,
}

impl std::ops::Deref for Customer {
    type Target = Events;

    fn deref(&self) -> &Events {
        &self.events
    }
}

/// A customer's program that is looking for this relay.
pub(crate) fn start_customer(relay: String, pins: RelayPins) -> Customer {
    start_customer_with(Offload::Auto, Welcome::Anyone, relay, pins)
}

fn start_customer_with(offload: Offload, welcome: Welcome, relay: String, pins: RelayPins) -> Customer {
    let (hands, did) = mpsc::channel();
    let (say_applied, applied) = mpsc::channel();
    let port = Arc::new(Port { hands: Mutex::new(hands), applied: Mutex::new(say_applied) });
    let policy = Permissions::from(Permission::View).with(Permission::Control);
    let role = RoleConfig::Customer { policy, institution: None, welcome, port };
    let (net, events) = start_with(offload, &relay, pins, role);
    Customer { net, hands: did, applied, events, id: Mutex::default() }
}

impl Customer {
    pub(crate) fn new(relay: &Relay) -> Self {
        Self::at(relay.address, relay.pins)
    }

    pub(crate) fn at(relay: SocketAddr, pins: RelayPins) -> Self {
        let customer = start_customer(relay.to_string(), pins);
        customer.connected();
        customer
    }

    /// Of a system that takes and gives datagrams one by one.
    pub(crate) fn without_offload(relay: &Relay) -> Self {
        let customer = start_customer_with(Offload::Never, Welcome::Anyone, relay.address.to_string(), relay.pins);
        customer.connected();
        customer
    }

    /// A program that goes on with a session, for the adviser of this account alone.
    pub(crate) fn going_on(relay: &Relay, account: Account) -> Self {
        let welcome = Welcome::Only(account);
        let customer = start_customer_with(Offload::Auto, welcome, relay.address.to_string(), relay.pins);
        customer.connected();
        customer
    }

    /// As soon as there are both.
    pub(crate) fn id_and_code(&self) -> (Id, ChannelCode) {
        let id = self.expect("an ID", |event| match event {
            Event::Registered(id) => Some(id),
            _ => None,
        });
        *self.id.lock().expect("no panic") = Some(id);
        (id, self.next_code())
    }

    /// The next code that is shown and is not this one.
    pub(crate) fn code_after(&self, last: &ChannelCode) -> ChannelCode {
        loop {
            let code = self.next_code();
            if code != *last {
                return code;
            }
        }
    }

    /// The next code that is shown, be it the same as before.
    pub(crate) fn next_code(&self) -> ChannelCode {
        self.expect("a code", |event| match event {
            Event::Code(code) => match code.0 {
                CodeState::Shown { code, .. } => Some(code),
                _ => None,
            },
            _ => None,
        })
    }
}

/// What came of the customer's pointer.
#[derive(Debug, PartialEq)]
pub(crate) enum Pointed {
    Shape(Option<Arc<Shape>>),
    At(u32, u32),
}

struct Screen(Mutex<mpsc::Sender<(UpdateHeader, Bytes)>>, Mutex<mpsc::Sender<Pointed>>);

impl Screen {
    fn pointed(&self, pointed: Pointed) {
        let _ = self.1.lock().expect("no panic").send(pointed);
    }
}

impl ViewerPort for Screen {
    fn update(&self, header: UpdateHeader, update: Bytes) {
        let _ = self.0.lock().expect("no panic").send((header, update));
    }

    fn pointer_shape(&self, shape: Option<Arc<Shape>>) {
        self.pointed(Pointed::Shape(shape));
    }

    fn pointer_at(&self, at: &PointerAt) {
        self.pointed(Pointed::At(at.x, at.y));
    }
}

pub(crate) struct Adviser {
    pub(crate) net: Net,
    pub(crate) pictures: mpsc::Receiver<(UpdateHeader, Bytes)>,
    pub(crate) pointed: mpsc::Receiver<Pointed>,
    events: Events,
}

impl std::ops::Deref for Adviser {
    type Target = Events;

    fn deref(&self) -> &Events {
        &self.events
    }
}

/// An adviser's program that is looking for this relay.
pub(crate) fn start_adviser(relay: SocketAddr, pins: RelayPins) -> Adviser {
    start_adviser_with(Offload::Auto, relay, pins)
}

fn start_adviser_with(offload: Offload, relay: SocketAddr, pins: RelayPins) -> Adviser {
    let (show, pictures) = mpsc::channel();
    let (point, pointed) = mpsc::channel();
    let port = Arc::new(Screen(Mutex::new(show), Mutex::new(point)));
    let (net, events) = start_with(offload, &relay.to_string(), pins, RoleConfig::Adviser { port });
    Adviser { net, pictures, pointed, events }
}

impl Adviser {
    /// Maria, signed in.
    pub(crate) fn new(relay: &Relay) -> Self {
        Self::named(relay, "maria")
    }

    pub(crate) fn named(relay: &Relay, name: &str) -> Self {
        Self::at(relay.address, relay.pins, name)
    }

    pub(crate) fn at(relay: SocketAddr, pins: RelayPins, name: &str) -> Self {
        Self::signing_in(start_adviser(relay, pins), name)
    }

    /// Of a system that takes and gives datagrams one by one.
    pub(crate) fn without_offload(relay: &Relay) -> Self {
        Self::signing_in(start_adviser_with(Offload::Never, relay.address, relay.pins), "maria")
    }

    fn signing_in(adviser: Self, name: &str) -> Self {
        adviser.connected();
        adviser.net.send(Command::SignIn { name: name.to_owned(), password: PASSWORD.to_owned().into() });
        adviser.signed_in();
        adviser
    }

    pub(crate) fn signed_in(&self) {
        self.expect("the adviser to be signed in", |event| match event {
            Event::SignedIn { .. } => Some(()),
            Event::SignInRefused(refusal) => panic!("{refusal:?}"),
            _ => None,
        });
    }

    /// Joins in vain.
    pub(crate) fn join(&self, id: Id, code: ChannelCode) -> JoinFailure {
        self.net.send(Command::Join { id, code, wanted: Permission::View.into(), reason: String::new() });
        self.expect("a failure", |event| match event {
            Event::JoinFailed(failure) => Some(failure),
            Event::Started(_) => panic!("it worked"),
            _ => None,
        })
    }
}

/// A session between the two, from the customer's and from the adviser's side.
pub(crate) fn connect(customer: &Customer, adviser: &Adviser) -> (Peer, Peer) {
    let known = *customer.id.lock().expect("no panic");
    let (id, code) = match known {
        Some(id) => (id, customer.next_code()),
        None => customer.id_and_code(),
    };
    adviser.net.send(Command::Join { id, code, wanted: Permission::View.into(), reason: "the printer".to_owned() });
    (customer.started(), adviser.started())
}
