//! The customer's program: network and host behind the customer's controller.

use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse_codec::{EncodeError, FrameError, MAX_DIMENSION, MAX_PIXELS};
use lotse_desktop::capture::{Capture, CaptureError};
use lotse_desktop::front;
use lotse_desktop::inject::guard::Guard;
use lotse_desktop::inject::{Injector, Press};
use lotse_desktop::pointer::{Pointer, Position};
use lotse_desktop::situation::{Light, Presence, Reach, Situation};
use lotse_protocol::message::input::input_message;
use lotse_protocol::message::session::{self, Applied, SuspendedBecause, UpdateHeader, session_message};
use lotse_protocol::permission::{Permission, Permissions};
use lotse_protocol::pointer::Shape;
use raw_window_handle::WindowHandle;

use super::around::Around;
use super::mailbox::Mailbox;
use super::termination::on_termination;
use super::{RunError, Target};
use crate::app::customer::{self, Code, Command, Customer, Event, Guest, Prompt};
use crate::app::view::{ActivityKind, Beyond, CannotShare, CustomerView, Offline, Paused, Terms, WhyOver};
use crate::host;
use crate::host::gate::{ActionKind, Gate, GateEvent, Hands, Rights, Suspension};
use crate::host::pointer::{Following, PointerOut};
use crate::host::pump::{Pump, PumpError, PumpEvent, UpdateOut};
use crate::net::{
    self, CodeState, Ended, HostPort, Net, NetConfig, OfflineReason, Offload, PointerSender, RoleConfig, ViewerId, slot,
};
use crate::shell::{self, Action, App, Brought, Input, Options, Renderer, Screen, View, Window};
use crate::tray::{self, Menu, Tray};
use crate::ui::text::{Language, Text, of_system};

/// The most that an institution allows where it has said nothing else: what this version can do.
const POLICY: [Permission; 2] = [Permission::View, Permission::Control];

/// The hidden command that answers to [`Guard`].
const GUARD: &str = "guard";

/// How long letting go of everything may take before the program ends all the same.
const LET_GO: Duration = Duration::from_millis(300);

/// Runs the customer's window until it is closed.
///
/// # Errors
/// There is no window, or no thread.
pub fn run(target: Target, renderer: Renderer) -> Result<(), RunError> {
    let looks = target.institution.looks.clone();
    let program = Program::start(target)?;
    shell::run(Options { looks, ..Options::new(Window::Customer, renderer) }, move |waker| {
        program.mailbox.attach(waker);
        program
    })?;
    Ok(())
}

/// What the other threads tell this one.
enum Letter {
    Net(net::Event),
    Gate(GateEvent),
    Pump(PumpEvent),
    Tray(tray::Event),
    Around(ViewerId, Situation),
    Terminate,
}

struct Program {
    customer: Customer,
    view: CustomerView,
    mailbox: Mailbox<Letter>,
    net: Net,
    host: Arc<Host>,
    session: Option<Session>,
    displays: session::Displays,
    tray: Tray,
    /// In the window's language.
    text: Text,
    situation: Situation,
    attention: Attention,
    exit: Exit,
}

/// The session as the wiring needs to know it.
struct Session {
    viewer: ViewerId,
    outlets: Outlets,
}

/// Where what the viewer may see goes.
struct Outlets {
    updates: slot::Sender,
    pointer: PointerSender,
}

#[derive(PartialEq, Eq)]
enum Attention {
    No,
    Wanted,
}

#[derive(PartialEq, Eq)]
enum Exit {
    No,
    Now,
}

impl Program {
    fn start(target: Target) -> Result<Self, RunError> {
        let mailbox = Mailbox::new();
        let host = Arc::new(Host::start(&mailbox)?);
        let letters = mailbox.clone();
        let relay = target.institution.relay.host.clone();
        let config = NetConfig {
            relay: target.institution.relay,
            pins: target.institution.pins,
            role: RoleConfig::Customer {
                policy: POLICY.into_iter().collect(),
                institution: target.institution.name.clone(),
                port: Arc::clone(&host) as Arc<dyn HostPort>,
            },
            offload: Offload::default(),
        };
        let net = Net::start_idle(config, move |event| letters.put(Letter::Net(event)))?;
        let letters = mailbox.clone();
        on_termination(move || letters.put(Letter::Terminate));
        let terms = &target.institution.terms;
        let terms = Terms { english: (*terms.english).into(), german: (*terms.german).into() };
        let customer = Customer::new(relay, target.test_relay, terms).of(target.institution.name);
        let view = customer.view(Instant::now());
        let text = Text::new(of_system(target.institution.looks.languages));
        let letters = mailbox.clone();
        let tray = Tray::start(Menu::of(&view, &text), move |event| letters.put(Letter::Tray(event)));
        Ok(Self {
            customer,
            view,
            mailbox,
            net,
            host,
            session: None,
            displays: session::Displays::default(),
            tray,
            text,
            situation: Situation::default(),
            attention: Attention::No,
            exit: Exit::No,
        })
    }

    fn read(&mut self, letter: Letter) {
        match letter {
            Letter::Net(event) => self.net_says(event),
            Letter::Gate(event) => self.gate_says(event),
            Letter::Pump(PumpEvent::Displays(displays)) => self.shares(&displays),
            Letter::Around(viewer, situation) if self.is_with(viewer) => self.is_around(situation),
            // Late for a session that is over.
            Letter::Around(..) => {}
            Letter::Pump(PumpEvent::Failed(error)) => self.happens(Event::CannotShare(cannot_share(error))),
            Letter::Tray(event) => self.happens(match event {
                tray::Event::There => Event::Tray(customer::Tray::There),
                tray::Event::Gone => Event::Tray(customer::Tray::Gone),
                tray::Event::Chosen(action) => Event::Did(action),
            }),
            Letter::Terminate => self.happens(Event::Terminate),
        }
    }

    fn net_says(&mut self, event: net::Event) {
        match event {
            net::Event::Connecting => self.happens(Event::Connecting),
            net::Event::Connected { institution } => self.happens(Event::Connected { institution }),
            net::Event::Offline(reason) => self.happens(Event::Offline(offline(reason))),
            net::Event::Registered(id) => self.happens(Event::Registered(id.to_string())),
            net::Event::Code(net::Code(state)) => self.happens(Event::Code(code(state))),
            net::Event::Knocked => self.happens(Event::Knocked),
            net::Event::KnockEnded => self.happens(Event::KnockOver),
            net::Event::Started(peer) => self.begins(peer),
            net::Event::Said(viewer, body) if self.is_with(viewer) => self.hears(body),
            net::Event::Link { viewer, silent, .. } if self.is_with(viewer) => {
                if silent {
                    self.host.gate.suspend(Suspension::Silence);
                } else {
                    self.host.gate.resume(Suspension::Silence);
                }
                self.happens(Event::Silent(silent));
            }
            net::Event::Ended { viewer, why } if self.is_with(viewer) => {
                self.session = None;
                self.host.leave(viewer);
                self.start_over();
                if let Some(why) = why_over(why) {
                    self.happens(Event::Ended(why));
                }
            }
            // What is late for a session that is over, and what only an adviser is told.
            _ => {}
        }
    }

    fn begins(&mut self, peer: net::Peer) {
        let (Some(card), Some(updates), Some(pointer)) = (peer.card, peer.updates, peer.pointer) else {
            tracing::error!("a session without a card or without a way for updates");
            self.net.send(net::Command::End(session::EndReason::Failed));
            return;
        };
        if let Err(error) = self.host.gate.join(on_host(peer.viewer), card.ceiling, peer.policy) {
            tracing::warn!("the adviser cannot be let in: {error}");
            self.net.send(net::Command::End(session::EndReason::Failed));
            return;
        }
        let askable = self.host.gate.rights(on_host(peer.viewer)).map_or(Permissions::NONE, |rights| rights.askable);
        self.session = Some(Session { viewer: peer.viewer, outlets: Outlets { updates, pointer } });
        let (letters, viewer) = (self.mailbox.clone(), peer.viewer);
        self.host.around.begin(Arc::clone(&self.host.gate), move |situation| {
            letters.put(Letter::Around(viewer, situation));
        });
        self.happens(Event::Introduced(Guest { card, reason: peer.reason, askable }));
    }

    fn hears(&mut self, body: session_message::Body) {
        match body {
            session_message::Body::Ask(ask) => {
                self.happens(Event::Asked { permissions: Permissions::from_wire(ask.permissions), reason: ask.reason });
            }
            session_message::Body::GiveBack(back) => {
                self.happens(Event::GaveBack(Permissions::from_wire(back.permissions)));
            }
            // The rest is not a viewer's to say.
            _ => {}
        }
    }

    fn gate_says(&mut self, event: GateEvent) {
        match event {
            GateEvent::Rights { viewer, rights } if self.is_with(on_net(viewer)) => {
                // Two changes at once may be told in the wrong order; what is true now was told last.
                self.rights_are(self.host.gate.rights(viewer).unwrap_or(rights));
            }
            GateEvent::Admitted(admitted) => {
                if let Some(activity) = activity(admitted.kind) {
                    self.happens(Event::Acted(activity));
                }
            }
            GateEvent::Stalled(_) | GateEvent::Overrun(_) => {
                tracing::warn!("mouse and keyboard do not follow: the session ends");
                self.net.send(net::Command::End(session::EndReason::Failed));
            }
            GateEvent::Failed { error, .. } => tracing::warn!("an action failed: {error}"),
            GateEvent::Rights { .. } | GateEvent::Released(_) => {}
        }
    }

    fn rights_are(&mut self, rights: Rights) {
        let Some(session) = &self.session else { return };
        let viewer = session.viewer;
        // Who may see gets the picture from now on, who may not gets none from now on.
        self.host.pump.watch(viewer, rights.effective.has(Permission::View).then_some(&session.outlets));
        if rights.effective.has(Permission::View) {
            self.say(session_message::Body::Displays(self.displays.clone()));
        }
        self.say(session_message::Body::Rights(session::Rights {
            effective: rights.effective.to_wire(),
            askable: rights.askable.to_wire(),
            epoch: rights.epoch,
            granted: rights.granted.to_wire(),
            suspended_because: because(rights.suspended).into(),
        }));
        self.happens(Event::Rights(rights.granted));
    }

    /// Nobody is here: nothing of the last visit holds for the next one.
    fn start_over(&mut self) {
        self.situation = Situation::default();
        self.set_light();
        self.host.start_over();
    }

    fn is_around(&mut self, situation: Situation) {
        let before = std::mem::replace(&mut self.situation, situation);
        if before.presence != situation.presence {
            self.happens(Event::Paused(match situation.presence {
                Presence::Here => None,
                Presence::Locked => Some(Paused::Locked),
                Presence::Away => Some(Paused::Away),
            }));
        }
        if before.reach != situation.reach {
            self.happens(Event::Beyond(match situation.reach {
                Reach::All => None,
                Reach::Prompt => Some(Beyond::Prompt),
                Reach::Administrator => Some(Beyond::Administrator),
            }));
        }
        if before.light != situation.light {
            self.set_light();
            if situation.light == Light::Asleep {
                self.happens(Event::Acted(ActivityKind::ScreenSlept));
            }
            self.say_displays();
        }
    }

    fn set_light(&mut self) {
        for display in &mut self.displays.displays {
            display.asleep = self.situation.light == Light::Asleep;
        }
    }

    fn shares(&mut self, displays: &[lotse_desktop::capture::DisplayInfo]) {
        let size = |displays: &session::Displays| displays.displays.first().map(|d| (d.width, d.height));
        let before = size(&self.displays);
        self.displays = session::Displays {
            displays: displays
                .iter()
                .map(|display| session::Display {
                    display: display.number,
                    width: display.width,
                    height: display.height,
                    scale_permille: display.scale_permille,
                    asleep: false,
                })
                .collect(),
        };
        self.set_light();
        if before.is_some_and(|before| Some(before) != size(&self.displays)) {
            self.happens(Event::Acted(ActivityKind::ScreenChanged));
        }
        self.say_displays();
    }

    /// To whoever may see them.
    fn say_displays(&self) {
        let sees = self.session.as_ref().and_then(|session| self.host.gate.rights(on_host(session.viewer)));
        if sees.is_some_and(|rights| rights.effective.has(Permission::View)) {
            self.say(session_message::Body::Displays(self.displays.clone()));
        }
    }

    fn happens(&mut self, event: Event) {
        let commands = self.customer.handle(event, Instant::now());
        self.carry_out(commands);
    }

    fn carry_out(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Connect | Command::Retry => self.net.send(net::Command::Retry),
                Command::NewCode => self.net.send(net::Command::NewCode),
                Command::SayAsked { permissions, seconds_left } => {
                    self.say(session_message::Body::Asked(session::Asked {
                        permissions: permissions.to_wire(),
                        seconds_left,
                    }));
                }
                Command::SayRefused { permissions, timed_out } => {
                    self.say(session_message::Body::Refused(session::Refused {
                        permissions: permissions.to_wire(),
                        timed_out,
                    }));
                }
                Command::Grant(permissions) => self.grant(permissions),
                Command::Revoke(permissions) => {
                    if let Some(session) = &self.session {
                        self.host.gate.revoke(on_host(session.viewer), permissions);
                    }
                }
                Command::SuspendControl(prompt) => {
                    self.host.gate.suspend(while_open(prompt));
                }
                Command::ResumeControl(prompt) => self.host.gate.resume(while_open(prompt)),
                Command::EndSession(reason) => {
                    if let Some(session) = self.session.take() {
                        self.host.leave(session.viewer);
                    }
                    self.start_over();
                    self.net.send(net::Command::End(reason));
                }
                Command::Attention => self.attention = Attention::Wanted,
                Command::SayWhere { who } => self.tray.say(
                    self.text.say("tray-still-here"),
                    match who {
                        Some(who) => self.text.say_with("tray-still-here-text", [("who", who.into())]),
                        None => self.text.say("tray-still-waiting-text"),
                    },
                ),
                Command::Exit => {
                    let released = self.host.gate.stop_all();
                    if !self.host.gate.wait_released(released, LET_GO) {
                        tracing::warn!("not everything could be let go in time");
                    }
                    self.exit = Exit::Now;
                }
            }
        }
    }

    fn grant(&self, permissions: Permissions) {
        let Some(session) = &self.session else { return };
        if let Err(error) = self.host.gate.grant(on_host(session.viewer), permissions) {
            tracing::warn!("not granted: {error}");
            self.say(session_message::Body::Refused(session::Refused {
                permissions: permissions.to_wire(),
                timed_out: false,
            }));
        }
    }

    /// Window and tray show how things stand.
    fn show(&mut self, now: Instant) {
        let view = self.customer.view(now);
        if view != self.view {
            self.tray.show(Menu::of(&view, &self.text));
            self.view = view;
        }
    }

    fn say(&self, body: session_message::Body) {
        self.net.send(net::Command::Say(body));
    }

    fn is_with(&self, viewer: ViewerId) -> bool {
        self.session.as_ref().is_some_and(|session| session.viewer == viewer)
    }
}

impl App for Program {
    fn view(&self) -> View<'_> {
        View::Customer(&self.view)
    }

    fn act(&mut self, action: Action) {
        if let Action::Customer(action) = action {
            self.happens(Event::Did(action));
            self.show(Instant::now());
        }
    }

    fn tick(&mut self, now: Instant) -> Option<Instant> {
        while let Some(letter) = self.mailbox.take() {
            self.read(letter);
        }
        let (commands, next) = self.customer.tick(now);
        self.carry_out(commands);
        self.show(now);
        next
    }

    fn picture(&self) -> Option<Arc<dyn Screen>> {
        None
    }

    fn input(&mut self, _input: Input) {}

    fn bring_to_front(&mut self, window: WindowHandle<'_>) -> Brought {
        match front::bring(window) {
            Ok(()) => Brought::Yes,
            Err(front::NotSupported) => Brought::No,
        }
    }

    fn fit_on_screen(&mut self, window: WindowHandle<'_>) {
        // Elsewhere the window manager sees to it.
        let _ours = front::fit(window);
    }

    fn wants_exit(&self) -> bool {
        self.exit == Exit::Now
    }

    fn attention(&mut self) -> bool {
        std::mem::replace(&mut self.attention, Attention::No) == Attention::Wanted
    }

    fn speaks(&mut self, language: Language) {
        if self.text.language != language {
            self.text = Text::new(language);
            self.tray.show(Menu::of(&self.view, &self.text));
        }
    }
}

/// What the network reaches directly: the gate and the pump.
struct Host {
    gate: Arc<Gate>,
    pump: Pumping,
    around: Around,
}

impl Host {
    fn start(mailbox: &Mailbox<Letter>) -> std::io::Result<Self> {
        let letters = mailbox.clone();
        let hands = match open_hands() {
            Ok(injector) => Some(Box::new(injector) as Box<dyn Hands>),
            Err(error) => {
                tracing::warn!("mouse and keyboard cannot be shared: {error}");
                None
            }
        };
        let gate = Arc::new(Gate::start(hands, move |event| {
            if matters(&event) {
                letters.put(Letter::Gate(event));
            }
        })?);
        let letters = mailbox.clone();
        let sizes = Arc::clone(&gate);
        let pump = Pump::start(Capture::open, move |event| {
            // Before the viewer can see the first picture of this size, and point at it.
            if let PumpEvent::Displays(displays) = &event {
                sizes.set_displays(displays.clone());
            }
            letters.put(Letter::Pump(event));
        })?;
        Ok(Self { gate, around: Around::default(), pump: Pumping { pump, watching: Mutex::new(None) } })
    }

    fn start_over(&self) {
        self.around.end();
        for reason in Suspension::ALL {
            self.gate.resume(reason);
        }
    }

    fn leave(&self, viewer: ViewerId) {
        self.pump.watch(viewer, None);
        self.gate.leave(on_host(viewer));
    }
}

/// Mouse and keyboard, with a child of this executable that lets go of them if this process is killed. Without the child
/// there are no hands: a key that stays down on somebody's computer is worse than none.
fn open_hands() -> anyhow::Result<Injector> {
    let mut injector = Injector::open()?;
    let mut child = process::Command::new(std::env::current_exe()?);
    child.arg(GUARD);
    injector.guarded_by(Guard::start(child)?);
    Ok(injector)
}

/// Moves of the pointer are many and nobody's business but the injector's.
fn matters(event: &GateEvent) -> bool {
    match event {
        GateEvent::Admitted(admitted) => activity(admitted.kind).is_some(),
        GateEvent::Released(_) => false,
        GateEvent::Rights { .. } | GateEvent::Stalled(_) | GateEvent::Overrun(_) | GateEvent::Failed { .. } => true,
    }
}

/// What an action is called in the list of what was done, if it stands there.
const fn activity(kind: ActionKind) -> Option<ActivityKind> {
    match kind {
        ActionKind::Button(_, Press::Down) => Some(ActivityKind::Clicked),
        ActionKind::Key(Press::Down) | ActionKind::Text => Some(ActivityKind::Typed),
        _ => None,
    }
}

/// The pump, with who watches it.
struct Pumping {
    pump: Pump,
    watching: Mutex<Option<Watching>>,
}

struct Watching {
    viewer: ViewerId,
    /// Not without a picture: who may not see that may not see the pointer.
    _pointer: Option<Following>,
}

impl Pumping {
    /// `viewer` gets the picture and the pointer through `outlets`, or neither.
    fn watch(&self, viewer: ViewerId, outlets: Option<&Outlets>) {
        let mut watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner);
        let watches = watching.as_ref().is_some_and(|watching| watching.viewer == viewer);
        match outlets {
            Some(outlets) if !watches => {
                self.pump.begin(on_host(viewer), Arc::new(HandOff(outlets.updates.clone())));
                let following = Following::start(Pointer::open, Arc::new(Telling(outlets.pointer.clone())));
                let pointer = following.inspect_err(|error| tracing::warn!("the pointer is not shown: {error}")).ok();
                *watching = Some(Watching { viewer, _pointer: pointer });
            }
            None if watches => {
                self.pump.halt(on_host(viewer));
                *watching = None;
            }
            Some(_) | None => {}
        }
    }
}

impl HostPort for Host {
    fn input(&self, viewer: ViewerId, epoch: u64, input: input_message::Body) {
        match self.gate.admit(on_host(viewer), epoch, &input) {
            Ok(()) => self.around.hand_at_work(),
            Err(denied) => tracing::debug!("not let through: {denied}"),
        }
    }

    fn applied(&self, viewer: ViewerId, applied: Applied) {
        self.pump.pump.applied(on_host(viewer), &applied);
    }

    fn keyframe_wanted(&self, viewer: ViewerId, _display: u32) {
        self.pump.pump.keyframe_wanted(on_host(viewer));
    }

    fn lost(&self, viewer: ViewerId) {
        self.leave(viewer);
    }
}

/// The hand-off from the pump to the network.
struct HandOff(slot::Sender);

impl UpdateOut for HandOff {
    fn wait_free(&self, timeout: Duration) -> bool {
        self.0.wait_free(timeout)
    }

    fn put(&self, header: UpdateHeader, update: Vec<u8>) {
        if self.0.put((header, Bytes::from(update))).is_err() {
            tracing::debug!("an update came after the session's end");
        }
    }
}

const fn because(suspended: Option<Suspension>) -> SuspendedBecause {
    match suspended {
        None => SuspendedBecause::Nothing,
        Some(Suspension::Question) => SuspendedBecause::Question,
        Some(Suspension::Closing) => SuspendedBecause::Closing,
        Some(Suspension::Silence) => SuspendedBecause::Silence,
        Some(Suspension::Hidden) => SuspendedBecause::Hidden,
        Some(Suspension::Locked) => SuspendedBecause::Locked,
        Some(Suspension::Away) => SuspendedBecause::Away,
        Some(Suspension::Prompt) => SuspendedBecause::Prompt,
        Some(Suspension::Administrator) => SuspendedBecause::Administrator,
    }
}

/// The way of the pointer to the network.
struct Telling(PointerSender);

impl PointerOut for Telling {
    fn shape(&self, shape: Arc<Shape>) {
        self.0.shape(Some(shape));
    }

    fn at(&self, Position { display, x, y }: Position) {
        self.0.at(display, x, y);
    }

    fn forget(&self) {
        self.0.forget();
    }
}

const fn while_open(prompt: Prompt) -> Suspension {
    match prompt {
        Prompt::Question => Suspension::Question,
        Prompt::Closing => Suspension::Closing,
    }
}

const fn on_host(viewer: ViewerId) -> host::ViewerId {
    host::ViewerId(viewer.0)
}

const fn on_net(viewer: host::ViewerId) -> ViewerId {
    ViewerId(viewer.0)
}

fn code(state: CodeState) -> Code {
    match state {
        CodeState::None => Code::None,
        CodeState::Shown { code, remaining } => {
            Code::Shown { code: code.grouped().to_string(), until: Instant::now() + remaining }
        }
        CodeState::InUse { code } => Code::InUse { code: code.grouped().to_string() },
        CodeState::UsedUp => Code::UsedUp,
    }
}

pub(super) fn offline(reason: OfflineReason) -> Offline {
    match reason {
        OfflineReason::NameUnknown => Offline::NameUnknown,
        OfflineReason::NoAnswer => Offline::NoAnswer,
        OfflineReason::NotOurRelay => Offline::NotOurRelay,
        OfflineReason::OtherVersion => Offline::OtherVersion,
        OfflineReason::Full => Offline::Full,
        OfflineReason::Lost => Offline::Lost,
    }
}

/// `None`: this side ended it, and knows.
pub(super) fn why_over(why: Ended) -> Option<WhyOver> {
    match why {
        Ended::ByMe(session::EndReason::Failed) | Ended::Broken => Some(WhyOver::Failed),
        Ended::ByMe(_) => None,
        Ended::ByOther(session::EndReason::Refused) => Some(WhyOver::Refused),
        Ended::ByOther(session::EndReason::Closed) => Some(WhyOver::OtherGone),
        Ended::ByOther(_) => Some(WhyOver::ByOther),
        Ended::OtherGone => Some(WhyOver::OtherGone),
        Ended::ConnectionLost => Some(WhyOver::ConnectionLost),
    }
}

pub(super) fn cannot_share(error: PumpError) -> CannotShare {
    match error {
        PumpError::Capture(CaptureError::Wayland) => CannotShare::Wayland,
        PumpError::Capture(CaptureError::NotSupported) => CannotShare::NotSupported,
        PumpError::Encode(EncodeError::Frame(FrameError::Size { width, height })) => {
            CannotShare::TooLarge { width, height, most_side: MAX_DIMENSION, most: MAX_PIXELS }
        }
        other => CannotShare::Failed(other.to_string()),
    }
}
