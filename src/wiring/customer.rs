//! The customer's program: network and host behind the customer's controller.

mod port;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lotse_codec::{EncodeError, FrameError, MAX_DIMENSION, MAX_PIXELS};
use lotse_desktop::capture::CaptureError;
use lotse_desktop::elevation::{self, LineName};
use lotse_desktop::front;
use lotse_desktop::situation::{Light, Presence, Reach, Situation};
use lotse_protocol::card::Account;
use lotse_protocol::message::session::{self, SuspendedBecause, session_message};
use lotse_protocol::permission::{Permission, Permissions};
use lotse_protocol::ticket::Ticket;
use raw_window_handle::WindowHandle;

use self::port::{Host, activity};
use super::mailbox::Mailbox;
use super::onward::{Attempt, Came, Reached, Successor};
use super::termination::on_termination;
use super::{RunError, Target};
use crate::app::customer::{self, Code, Command, Customer, Earlier, Event, Guest, Prompt};
use crate::app::view::{ActivityKind, Beyond, CannotShare, CustomerView, Offline, Paused, StayedHere, Terms, WhyOver};
use crate::host;
use crate::host::gate::{GateEvent, Rights, Suspension};
use crate::host::pump::{PumpError, PumpEvent};
use crate::net::{
    self, CodeState, Ended, HostPort, Net, NetConfig, OfflineReason, Offload, PointerSender, RoleConfig, ViewerId,
    Welcome, slot,
};
use crate::shell::{self, Action, App, Brought, Input, Options, Renderer, Screen, View, Window};
use crate::tray::{self, Menu, Tray};
use crate::ui::text::{Language, Text, of_system};

/// The most that an institution allows where it has said nothing else: what this version can do.
const POLICY: [Permission; 2] = [Permission::View, Permission::Control];

/// The hidden command that goes on with this program's session.
const GO_ON: &str = "go-on";

/// How long letting go of everything may take before the program ends all the same.
const LET_GO: Duration = Duration::from_millis(300);

/// Runs the customer's window until it is closed.
///
/// # Errors
/// There is no window, or no thread.
pub fn run(target: Target, renderer: Renderer) -> Result<(), RunError> {
    begin(target, renderer, Beginning::Terms)
}

/// The same as an administrator's process, which goes on with the session of the one that started it, for the same
/// adviser alone (docs/decisions/0015-windows-input.md).
///
/// # Errors
/// As above, or nobody has started it for that.
pub fn go_on(target: Target, line: &LineName) -> Result<(), RunError> {
    begin(target, Renderer::Software, Beginning::Session(Successor::of(line)?))
}

/// What a program begins with.
enum Beginning {
    /// The terms, which are to be accepted first.
    Terms,
    /// The session of another program, whose customer has accepted them.
    Session(Successor),
}

fn begin(target: Target, renderer: Renderer, beginning: Beginning) -> Result<(), RunError> {
    let looks = target.institution.looks.clone();
    let language = match &beginning {
        Beginning::Terms => None,
        Beginning::Session(successor) => Some(successor.ticket.language),
    };
    let program = Program::start(target, beginning)?;
    shell::run(Options { looks, language, ..Options::new(Window::Customer, renderer) }, move |waker| {
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
    /// What came of starting this program as an administrator's, in the session in which it was tried.
    Onward(ViewerId, Came),
    /// What the program said whose session this one goes on with; nothing if it has given this one up.
    TookOver(Option<Earlier>),
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
    /// How this program was started, for the one that may go on.
    arguments: Vec<String>,
    /// On its way, or to be reached, for as long as this is kept.
    successor: Option<Attempt>,
    /// In the program that goes on.
    reached: Option<Reached>,
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
    fn start(target: Target, beginning: Beginning) -> Result<Self, RunError> {
        let arguments = arguments_again(&target);
        let mailbox = Mailbox::new();
        let host = Arc::new(Host::start(&mailbox)?);
        let letters = mailbox.clone();
        let relay = target.institution.relay.host.clone();
        let welcome = match &beginning {
            Beginning::Terms => Welcome::Anyone,
            Beginning::Session(successor) => Welcome::Only(successor.ticket.account.clone()),
        };
        let config = NetConfig {
            relay: target.institution.relay,
            pins: target.institution.pins,
            role: RoleConfig::Customer {
                policy: POLICY.into_iter().collect(),
                institution: target.institution.name.clone(),
                welcome,
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
        let (customer, language, reached) = match beginning {
            Beginning::Terms => (customer.rising(rise()), of_system(target.institution.looks.languages), None),
            Beginning::Session(successor) => {
                let Ticket { adviser, language, .. } = successor.ticket.clone();
                let letters = mailbox.clone();
                let reached = successor.listen(move |earlier| letters.put(Letter::TookOver(earlier)))?;
                // The terms were accepted where the session was.
                net.send(net::Command::Retry);
                (customer.going_on(adviser), language, Some(reached))
            }
        };
        let view = customer.view(Instant::now());
        let text = Text::new(language);
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
            arguments,
            successor: None,
            reached,
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
            Letter::Onward(viewer, came) if self.is_with(viewer) => self.happens(match came {
                Came::Ready(goes_on) => Event::OtherReady(goes_on),
                Came::Arrived => Event::Arrived,
                Came::ToNothing(why) => Event::OtherFailed(why),
            }),
            // For a session that is over nothing comes of it.
            Letter::Onward(..) => {}
            Letter::TookOver(earlier) => self.happens(earlier.map_or(Event::Abandoned, Event::TookOver)),
            Letter::Terminate => self.happens(Event::Terminate),
        }
    }

    fn net_says(&mut self, event: net::Event) {
        match event {
            net::Event::Connecting => self.happens(Event::Connecting),
            net::Event::Connected { institution } => self.happens(Event::Connected { institution }),
            net::Event::Offline(reason) => self.happens(Event::Offline(offline(reason))),
            net::Event::Registered(id) => {
                if let Some(reached) = &mut self.reached {
                    reached.under(id);
                }
                self.happens(Event::Registered(id.to_string()));
            }
            net::Event::Code(net::Code(state)) => {
                if let (Some(reached), CodeState::Shown { code, .. }) = (&mut self.reached, &state) {
                    reached.by(code);
                }
                self.happens(Event::Code(code(state)));
            }
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
                let event = match why {
                    Ended::ByOther(session::EndReason::GoesOn) => Some(Event::WentOn),
                    Ended::OtherGone => Some(Event::Vanished),
                    why => why_over(why).map(Event::Ended),
                };
                // Before all of it is given up: the adviser may be on the way to the other program.
                if let Some(event) = event {
                    self.happens(event);
                }
                self.start_over();
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
        if let Some(reached) = &self.reached {
            reached.arrived();
        }
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
        self.successor = None;
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
                Command::GoOn { account, adviser } => self.go_on(account, adviser),
                Command::SayGoesOn(goes_on) => self.say(session_message::Body::GoesOn(goes_on)),
                Command::SayComing(earlier) => {
                    if let Some(attempt) = self.successor.take() {
                        attempt.say_coming(&earlier);
                    }
                }
                Command::StayHere => self.successor = None,
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

    fn go_on(&mut self, account: Account, adviser: String) {
        let Some(viewer) = self.session.as_ref().map(|session| session.viewer) else { return };
        let letters = self.mailbox.clone();
        let ticket = Ticket { account, adviser, language: self.text.language };
        let tell = move |came| letters.put(Letter::Onward(viewer, came));
        match Attempt::begin(self.arguments.clone(), ticket, tell) {
            Ok(attempt) => self.successor = Some(attempt),
            Err(error) => {
                tracing::warn!("no thread to start the other program from: {error}");
                self.happens(Event::OtherFailed(StayedHere::NotStarted));
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

fn rise() -> customer::Rise {
    match elevation::may_rise() {
        elevation::Rise::Possible => customer::Rise::Possible,
        elevation::Rise::Impossible => customer::Rise::Impossible,
    }
}

/// What a second program of this one is started with, so that it goes to the same relay: nothing of that where the copy
/// knows it by itself.
fn arguments_again(target: &Target) -> Vec<String> {
    let mut arguments = Vec::new();
    if let Some(relay) = &target.test_relay {
        arguments.extend(["--relay".to_owned(), relay.clone()]);
        arguments.push(format!("--relay-key={}", target.institution.pins));
    }
    arguments.push(GO_ON.to_owned());
    arguments
}

const fn because(suspended: Option<Suspension>) -> SuspendedBecause {
    match suspended {
        None => SuspendedBecause::Nothing,
        Some(Suspension::Question | Suspension::Onward) => SuspendedBecause::Question,
        Some(Suspension::Closing) => SuspendedBecause::Closing,
        Some(Suspension::Silence) => SuspendedBecause::Silence,
        Some(Suspension::Hidden) => SuspendedBecause::Hidden,
        Some(Suspension::Locked) => SuspendedBecause::Locked,
        Some(Suspension::Away) => SuspendedBecause::Away,
        Some(Suspension::Prompt) => SuspendedBecause::Prompt,
        Some(Suspension::Administrator) => SuspendedBecause::Administrator,
    }
}

const fn while_open(prompt: Prompt) -> Suspension {
    match prompt {
        Prompt::Question => Suspension::Question,
        Prompt::Closing => Suspension::Closing,
        Prompt::Onward => Suspension::Onward,
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
