//! The adviser's program: network and viewer behind the adviser's controller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse_desktop::front;
use lotse_desktop::locks::{LockReader, Locks};
use lotse_desktop::system_keys::{self, TakeError};
use lotse_protocol::message::input::{self, input_message};
use lotse_protocol::message::pointer::PointerAt;
use lotse_protocol::message::session::{self, SuspendedBecause, UpdateHeader, session_message};
use lotse_protocol::permission::{Permission, Permissions};
use lotse_protocol::pointer::Shape;
use raw_window_handle::{DisplayHandle, WindowHandle};

use super::customer::{offline, why_over};
use super::mailbox::Mailbox;
use super::termination::on_termination;
use super::{RunError, Target};
use crate::app::adviser::{Adviser, Command, Event, Light};
use crate::app::view::{AdviserView, JoinProblem, PathView, Rights, SignInProblem, Suspended};
use crate::net::{self, JoinFailure, Net, NetConfig, Offload, RoleConfig, SignInRefusal, ViewerId, ViewerPort};
use crate::shell::{
    self, Action, App, Character, Input, MouseButton, Options, Pointer, Renderer, Screen, Taken, View, Window,
};
use crate::viewer::decode::{Decoding, Report};
use crate::viewer::framebuffer::Picture;
use crate::viewer::pointer::{Hands, RemotePointer};

/// Runs the adviser's window until it is closed; `id` fills the first field.
///
/// # Errors
/// There is no window, or no thread.
pub fn run(target: Target, renderer: Renderer, id: Option<String>) -> Result<(), RunError> {
    let looks = target.institution.looks.clone();
    let program = Program::start(target, id)?;
    shell::run(Options { looks, ..Options::new(Window::Adviser, renderer) }, move |waker| {
        program.mailbox.attach(waker);
        program
    })?;
    Ok(())
}

/// What the other threads tell this one.
enum Letter {
    Net(net::Event),
    Report(Report),
    Flooded,
    Terminate,
}

struct Program {
    adviser: Adviser,
    view: AdviserView,
    mailbox: Mailbox<Letter>,
    net: Net,
    display: Arc<Display>,
    session: Option<Session>,
    /// Looks at this computer's Caps Lock and Num Lock, which the customer's are to agree with.
    locks: Option<LockReader>,
    /// All keys of this computer are the window's.
    grabs: bool,
    exit: Exit,
}

/// The session as the wiring needs to know it.
struct Session {
    viewer: ViewerId,
    picture: Arc<Picture>,
    pointer: Arc<RemotePointer>,
    rate: Rate,
}

#[derive(PartialEq, Eq)]
enum Exit {
    No,
    Now,
}

impl Program {
    fn start(target: Target, id: Option<String>) -> Result<Self, RunError> {
        let mailbox = Mailbox::new();
        let display = Arc::new(Display { shown: Mutex::new(None), mailbox: mailbox.clone() });
        let letters = mailbox.clone();
        let config = NetConfig {
            relay: target.institution.relay,
            pins: target.institution.pins,
            role: RoleConfig::Adviser { port: Arc::clone(&display) as Arc<dyn ViewerPort> },
            offload: Offload::default(),
        };
        let net = Net::start(config, move |event| letters.put(Letter::Net(event)))?;
        let letters = mailbox.clone();
        on_termination(move || letters.put(Letter::Terminate));
        let adviser = Adviser::new(target.test_relay, id).of(target.institution.name);
        let view = adviser.view(Instant::now());
        Ok(Self {
            adviser,
            view,
            mailbox,
            net,
            display,
            session: None,
            locks: LockReader::open(),
            grabs: false,
            exit: Exit::No,
        })
    }

    fn read(&mut self, letter: Letter) {
        match letter {
            Letter::Net(event) => self.net_says(event),
            Letter::Report(Report::Applied(applied)) => self.say(session_message::Body::Applied(applied)),
            Letter::Report(Report::KeyframeWanted(wanted, applied)) => {
                self.say(session_message::Body::KeyframeWanted(wanted));
                self.say(session_message::Body::Applied(applied));
            }
            Letter::Flooded => self.net.send(net::Command::End(session::EndReason::Failed)),
            Letter::Terminate => self.happens(Event::Terminate),
        }
    }

    fn net_says(&mut self, event: net::Event) {
        match event {
            net::Event::Connecting => self.happens(Event::Connecting),
            net::Event::Connected { institution } => self.happens(Event::Connected { institution }),
            net::Event::Offline(reason) => self.happens(Event::Offline(offline(reason))),
            net::Event::SignedIn { display_name, .. } => self.happens(Event::SignedIn { adviser: display_name }),
            net::Event::SignInRefused(refusal) => self.happens(Event::SignInRefused(sign_in_problem(refusal))),
            net::Event::JoinFailed(JoinFailure::NotSignedIn) => {
                self.happens(Event::SignInRefused(SignInProblem::NoLongerSignedIn));
            }
            net::Event::JoinFailed(failure) => {
                tracing::info!(?failure, "not joined");
                self.happens(Event::JoinFailed(join_problem(failure)));
            }
            net::Event::Started(peer) => self.begins(&peer),
            net::Event::Said(viewer, body) if self.is_with(viewer) => self.hears(body),
            net::Event::Link { viewer, rtt, received_bytes, silent } if self.is_with(viewer) => {
                let rate_kbit =
                    self.session.as_mut().map_or(0, |session| session.rate.kbit(received_bytes, Instant::now()));
                self.happens(Event::Link(PathView {
                    delay_ms: Some(u32::try_from(rtt.as_millis()).unwrap_or(u32::MAX)),
                    rate_kbit,
                    interrupted: silent,
                }));
            }
            net::Event::Ended { viewer, why } if self.is_with(viewer) => {
                self.leave();
                if let Some(why) = why_over(why) {
                    self.happens(Event::Ended(why));
                }
            }
            // Of one that this side has left.
            net::Event::Ended { .. } => self.happens(Event::Free),
            // What is late for a session that is over, and what only a customer is told.
            _ => {}
        }
    }

    fn begins(&mut self, peer: &net::Peer) {
        let (picture, pointer) = (Arc::new(Picture::new()), Arc::new(RemotePointer::new()));
        if let Err(error) = self.display.open(&picture, &pointer) {
            tracing::error!("no thread to decode on: {error}");
            self.net.send(net::Command::End(session::EndReason::Failed));
            return;
        }
        self.session = Some(Session { viewer: peer.viewer, picture, pointer, rate: Rate::new(Instant::now()) });
        self.happens(Event::Introduced { askable: peer.policy });
    }

    fn hears(&mut self, body: session_message::Body) {
        match body {
            session_message::Body::Rights(rights) => {
                let effective = Permissions::from_wire(rights.effective);
                if let Some(session) = self.session.as_ref().filter(|_| !effective.has(Permission::View)) {
                    session.pointer.forget();
                }
                self.happens(Event::Rights(Rights {
                    effective,
                    granted: Permissions::from_wire(rights.granted),
                    askable: Permissions::from_wire(rights.askable),
                    suspended: suspended(rights.suspended_because),
                }));
            }
            session_message::Body::Asked(asked) => self.happens(Event::Asked {
                permissions: Permissions::from_wire(asked.permissions),
                seconds_left: asked.seconds_left,
            }),
            session_message::Body::Refused(refused) => self.happens(Event::Refused {
                permissions: Permissions::from_wire(refused.permissions),
                timed_out: refused.timed_out,
            }),
            session_message::Body::GoesOn(goes_on) => self.happens(Event::GoesOn(goes_on)),
            session_message::Body::Displays(displays) => {
                // The picture says its size itself; this is to be said in words.
                if let Some(display) = displays.displays.first() {
                    let light = if display.asleep { Light::Asleep } else { Light::On };
                    self.happens(Event::Screen { size: (display.width, display.height), light });
                }
            }
            // The rest is not a host's to say.
            _ => {}
        }
    }

    fn happens(&mut self, event: Event) {
        for command in self.adviser.handle(event, Instant::now()) {
            self.carry_out(command);
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Retry => self.net.send(net::Command::Retry),
            Command::SignIn { name, password } => self.net.send(net::Command::SignIn { name, password }),
            Command::Join { id, code, reason } => {
                self.net.send(net::Command::Join { id, code, wanted: Permission::View.into(), reason });
            }
            Command::CancelJoin => self.net.send(net::Command::CancelJoin),
            Command::Ask(permission) => self.say(session_message::Body::Ask(session::Ask {
                permissions: Permissions::from(permission).to_wire(),
                reason: String::new(),
            })),
            Command::GiveBack(permission) => self.say(session_message::Body::GiveBack(session::GiveBack {
                permissions: Permissions::from(permission).to_wire(),
            })),
            Command::ReleaseAll => {
                self.net.send(net::Command::Input(input_message::Body::ReleaseAll(input::ReleaseAll {})));
            }
            Command::EndSession(reason) => {
                self.leave();
                self.net.send(net::Command::End(reason));
            }
            Command::Exit => self.exit = Exit::Now,
        }
    }

    fn say(&self, body: session_message::Body) {
        self.net.send(net::Command::Say(body));
    }

    fn is_with(&self, viewer: ViewerId) -> bool {
        self.session.as_ref().is_some_and(|session| session.viewer == viewer)
    }

    fn leave(&mut self) {
        self.session = None;
        self.display.close();
    }
}

impl App for Program {
    fn view(&self) -> View<'_> {
        View::Adviser(&self.view)
    }

    fn act(&mut self, action: Action) {
        if let Action::Adviser(action) = action {
            self.happens(Event::Did(action));
            self.view = self.adviser.view(Instant::now());
        }
    }

    fn tick(&mut self, now: Instant) -> Option<Instant> {
        while let Some(letter) = self.mailbox.take() {
            self.read(letter);
        }
        let (commands, next) = self.adviser.tick(now);
        for command in commands {
            self.carry_out(command);
        }
        self.view = self.adviser.view(now);
        next
    }

    fn picture(&self) -> Option<Arc<dyn Screen>> {
        self.session.as_ref().map(|session| Arc::clone(&session.picture) as Arc<dyn Screen>)
    }

    fn pointer(&self) -> Option<Pointer> {
        let hands = if self.adviser.controls() { Hands::Both } else { Hands::Theirs };
        self.session.as_ref().map(|session| session.pointer.look(hands))
    }

    fn input(&mut self, input: Input) {
        if self.adviser.controls() {
            if let (Some(session), Input::Move { x, y } | Input::Button { x, y, .. }) = (&self.session, input) {
                session.pointer.put(x, y);
            }
            let locks = match input {
                Input::Key { .. } => self.locks.as_ref().and_then(LockReader::read),
                _ => None,
            };
            self.net.send(net::Command::Input(wire(input, locks)));
        }
    }

    fn is_down(&self, scancode: u32) -> bool {
        if !self.grabs {
            // What the X server says may be about another keyboard than the window's.
            return true;
        }
        let code = u8::try_from(scancode).ok().zip(self.locks.as_ref());
        code.and_then(|(code, locks)| locks.is_down(code)).unwrap_or(true)
    }

    fn take_system_keys(&mut self, display: DisplayHandle<'_>, window: WindowHandle<'_>) -> Taken {
        match system_keys::take(display, window) {
            Ok(()) => {
                self.grabs = true;
                Taken::Yes
            }
            Err(TakeError::Busy) => Taken::NotYet,
            Err(TakeError::NotSupported) => Taken::Never,
        }
    }

    fn leave_system_keys(&mut self, display: DisplayHandle<'_>) {
        self.grabs = false;
        system_keys::leave(display);
    }

    fn fit_on_screen(&mut self, window: WindowHandle<'_>) {
        // Elsewhere the window manager sees to it.
        let _ours = front::fit(window);
    }

    fn wants_exit(&self) -> bool {
        self.exit == Exit::Now
    }

    fn attention(&mut self) -> bool {
        false
    }
}

/// Where the network puts updates and the pointer: the session that runs.
struct Display {
    shown: Mutex<Option<Shown>>,
    mailbox: Mailbox<Letter>,
}

struct Shown {
    decoding: Decoding,
    pointer: Arc<RemotePointer>,
}

impl Display {
    fn open(&self, picture: &Arc<Picture>, pointer: &Arc<RemotePointer>) -> std::io::Result<()> {
        let letters = self.mailbox.clone();
        let waking = self.mailbox.clone();
        let decoding = Decoding::start(
            Arc::clone(picture),
            move |report| letters.put(Letter::Report(report)),
            move || waking.wake(),
        )?;
        *self.lock() = Some(Shown { decoding, pointer: Arc::clone(pointer) });
        Ok(())
    }

    fn close(&self) {
        let ended = self.lock().take();
        // Its thread ends outside the lock, which the network's thread may be waiting for.
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Shown>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ViewerPort for Display {
    fn update(&self, header: UpdateHeader, update: Bytes) {
        if self.lock().as_ref().is_some_and(|shown| shown.decoding.update(header, update).is_err()) {
            self.mailbox.put(Letter::Flooded);
        }
    }

    fn pointer_shape(&self, shape: Option<Arc<Shape>>) {
        if let Some(shown) = &*self.lock() {
            shown.pointer.shape(shape);
            self.mailbox.wake();
        }
    }

    fn pointer_at(&self, at: &PointerAt) {
        if let Some(shown) = &*self.lock() {
            shown.pointer.at(at);
            self.mailbox.wake();
        }
    }
}

/// Received bits per second, from a count that only grows.
struct Rate {
    bytes: u64,
    at: Instant,
    kbit: u32,
}

impl Rate {
    const fn new(now: Instant) -> Self {
        Self { bytes: 0, at: now, kbit: 0 }
    }

    fn kbit(&mut self, bytes: u64, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.at);
        // Links are told about out of turn as well: too short a while makes a wild figure.
        if passed >= Duration::from_millis(500) {
            let bits = u128::from(bytes.saturating_sub(self.bytes)) * 8;
            self.kbit = u32::try_from(bits / passed.as_millis()).unwrap_or(u32::MAX);
            (self.bytes, self.at) = (bytes, now);
        }
        self.kbit
    }
}

fn wire(input: Input, locks: Option<Locks>) -> input_message::Body {
    match input {
        Input::Key { usage, pressed, typed } => {
            let text = |character: Option<char>| character.map(String::from).unwrap_or_default();
            input_message::Body::Key(input::Key {
                usage,
                pressed,
                text: text(typed.text),
                cap: text(typed.cap),
                locks: locks.map(|locks| input::Locks { caps: locks.caps, num: locks.num }),
            })
        }
        Input::Text(Character(one)) => input_message::Body::Text(input::Text { text: one.into() }),
        Input::Move { x, y } => input_message::Body::Move(input::Move { display: 0, x, y }),
        Input::Button { button, pressed, x, y } => input_message::Body::Button(input::Button {
            button: wire_button(button).into(),
            pressed,
            at: Some(input::Move { display: 0, x, y }),
        }),
        Input::Wheel { horizontal, vertical } => input_message::Body::Wheel(input::Wheel { horizontal, vertical }),
        Input::ReleaseAll => input_message::Body::ReleaseAll(input::ReleaseAll {}),
    }
}

const fn wire_button(button: MouseButton) -> input::MouseButton {
    match button {
        MouseButton::Left => input::MouseButton::Left,
        MouseButton::Middle => input::MouseButton::Middle,
        MouseButton::Right => input::MouseButton::Right,
        MouseButton::Back => input::MouseButton::Back,
        MouseButton::Forward => input::MouseButton::Forward,
    }
}

/// A reason from a newer version is one all the same.
fn suspended(because: i32) -> Option<Suspended> {
    match SuspendedBecause::try_from(because) {
        Ok(SuspendedBecause::Nothing) => None,
        Ok(SuspendedBecause::Question | SuspendedBecause::Closing) => Some(Suspended::Question),
        Ok(SuspendedBecause::Silence) => Some(Suspended::Silence),
        Ok(SuspendedBecause::Hidden) => Some(Suspended::Hidden),
        Ok(SuspendedBecause::Locked) => Some(Suspended::Locked),
        Ok(SuspendedBecause::Away) => Some(Suspended::Away),
        Ok(SuspendedBecause::Prompt) => Some(Suspended::Prompt),
        Ok(SuspendedBecause::Administrator) => Some(Suspended::Administrator),
        Err(_) => Some(Suspended::Other),
    }
}

const fn sign_in_problem(refusal: SignInRefusal) -> SignInProblem {
    match refusal {
        SignInRefusal::Wrong => SignInProblem::Wrong,
        SignInRefusal::Wait(seconds) => SignInProblem::Wait(seconds),
        SignInRefusal::Offline | SignInRefusal::NoAnswer => SignInProblem::NoAnswer,
        SignInRefusal::Failed => SignInProblem::Failed,
    }
}

const fn join_problem(failure: JoinFailure) -> JoinProblem {
    match failure {
        JoinFailure::UnknownId => JoinProblem::UnknownId,
        JoinFailure::WrongCode { left } => JoinProblem::WrongCode { left },
        JoinFailure::NoCode => JoinProblem::NoCode,
        JoinFailure::Blocked => JoinProblem::Blocked,
        JoinFailure::Busy => JoinProblem::Busy,
        JoinFailure::CustomerGone => JoinProblem::CustomerGone,
        JoinFailure::OtherVersion => JoinProblem::OtherVersion,
        JoinFailure::Untrusted => JoinProblem::Untrusted,
        JoinFailure::CardRefused => JoinProblem::CardRefused,
        JoinFailure::NoAnswer => JoinProblem::NoAnswer,
        // Told before, as a sign-in that is no longer.
        JoinFailure::Offline | JoinFailure::NotSignedIn => JoinProblem::Offline,
        JoinFailure::Wait(seconds) => JoinProblem::Wait(seconds),
        JoinFailure::Reason => JoinProblem::Reason,
        JoinFailure::NoPath => JoinProblem::NoPath,
        JoinFailure::Failed => JoinProblem::Failed,
    }
}
