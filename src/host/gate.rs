//! The one way from a viewer to mouse and keyboard (design, invariant 1).
//!
//! Effective right = card ceiling ∧ institution policy ∧ current grant. Each viewer has a seat: one atomic word with its
//! grant and its epoch. Whatever narrows a right replaces the word by one with the next epoch, without waiting for any
//! lock; every admitted action carries the epoch it was admitted under, and the thread that injects compares it with
//! the word at the last moment. So from the moment of a stop no earlier action can begin; the one that may be on its
//! way in a system call is over when the stop is acknowledged, and everything held has been let go by then.

mod hands;
mod queue;
mod seat;
mod wire;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use lotse_desktop::capture::DisplayInfo;
use lotse_desktop::inject::{Button, InjectError, Press, Stroke};
use lotse_protocol::message::input::{self, input_message};
use lotse_protocol::permission::{Permission, Permissions};

use super::ViewerId;
pub use hands::Hands;
use hands::NoHands;
use queue::{Item, Pushed, Queue};
use seat::{SEATS, Seat, Standing};
use wire::{button, characters, stroke};

/// A stop that is not acknowledged within this time is reported, for the path to be cut.
pub const ACKNOWLEDGE_WITHIN: Duration = Duration::from_millis(100);

/// Most actions that wait to be injected: more than hands can do while a system call takes its time.
pub const QUEUED_ACTIONS: usize = 256;

/// Most that one message turns a wheel, in 1/120 of a notch.
const MOST_WHEEL: i32 = 20 * 120;

/// What a viewer may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Allowed now: granted, less what is suspended.
    pub effective: Permissions,
    /// What the customer has allowed, within the limit of card and policy.
    pub granted: Permissions,
    /// Why hands, or picture and hands, are suspended; of several reasons the weightiest.
    pub suspended: Option<Suspension>,
    /// Could be asked for: card ceiling ∧ institution policy.
    pub askable: Permissions,
    /// Grows with every change.
    pub epoch: u64,
}

/// Why nobody's actions are admitted at the moment, whatever is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Suspension {
    /// A question is in front of the customer.
    Question = 1,
    /// "End the session?" is in front of the customer.
    Closing = 1 << 1,
    /// The path is silent: what arrives late was meant for another moment.
    Silence = 1 << 2,
    /// The customer cannot see that somebody is connected.
    Hidden = 1 << 3,
    /// The screen is locked: what is typed into it is the customer's own, and nobody sees that somebody is connected.
    Locked = 1 << 4,
    /// Somebody else uses the computer; the customer's session is in the background.
    Away = 1 << 5,
    /// The system itself asks the customer something, where no program's hands reach.
    Prompt = 1 << 6,
    /// In front is a window of a program with more rights than this one: what is typed there does not arrive.
    Administrator = 1 << 7,
    /// The customer is asked whether to go on as an administrator, by this program or by the system, or has chosen it.
    Onward = 1 << 8,
}

impl Suspension {
    /// Every reason, the weightiest first: that is the one people are told.
    pub const ALL: [Self; 9] = [
        Self::Away,
        Self::Locked,
        Self::Hidden,
        Self::Prompt,
        Self::Closing,
        Self::Question,
        Self::Onward,
        Self::Administrator,
        Self::Silence,
    ];

    fn all_in(mask: u16) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |reason| mask & *reason as u16 != 0)
    }

    /// What is left of what was granted. Where the customer cannot see that somebody is connected there is no picture
    /// either (design, invariant 4).
    fn narrow(self, granted: Permissions) -> Permissions {
        match self {
            Self::Hidden | Self::Locked | Self::Away => Permissions::NONE,
            Self::Question | Self::Closing | Self::Silence | Self::Prompt | Self::Administrator | Self::Onward => {
                granted.without(Permission::Control)
            }
        }
    }
}

/// Why an action, a grant or a viewer was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The viewer has not been let in, or is gone.
    #[error("this viewer is not connected")]
    NotHere,
    /// The customer has not allowed it, or has taken it back.
    #[error("this is not allowed")]
    NotAllowed,
    /// More was to be granted than card and institution permit; nothing was granted.
    #[error("this is more than card and institution permit: {0:?}")]
    AboveLimit(Permissions),
    /// Rights have changed since the adviser did it, and its program was not yet told: it was meant for another moment.
    #[error("rights have changed since")]
    Outdated,
    /// Nothing is admitted at the moment ([`Suspension`]).
    #[error("control is suspended")]
    Suspended,
    /// No key has this usage.
    #[error("there is no key with usage {0:#x}")]
    UnknownKey(u32),
    /// More text than one message may carry, or what is no text: control characters.
    #[error("this is no text")]
    NoText,
    /// A button this version does not know.
    #[error("there is no button {0}")]
    UnknownButton(i32),
    /// A display that is not shared.
    #[error("there is no display {0}")]
    UnknownDisplay(u32),
    /// More keys and buttons than [`QUEUED_ACTIONS`] wait: none may be lost, so the viewer's rights were taken.
    #[error("more waits than hands could do")]
    Overrun,
    /// All seats are taken.
    #[error("there is no room for another viewer")]
    Full,
}

/// What happened at the gate; for everyone who has to know (activity list, viewer, audit).
#[derive(Debug)]
pub enum GateEvent {
    /// An action was let through.
    Admitted(Admitted),
    /// A viewer's rights changed.
    Rights {
        /// Whose.
        viewer: ViewerId,
        /// To what.
        rights: Rights,
    },
    /// Everything has been let go, as demanded by all stops up to this one.
    Released(Release),
    /// Stops up to this one were not acknowledged in [`ACKNOWLEDGE_WITHIN`]: the path is to be cut.
    Stalled(Release),
    /// A viewer did more than hands can; its rights were taken, its path is to be cut.
    Overrun(ViewerId),
    /// The system did not do what was let through.
    Failed {
        /// Whose action; `None` when keys were to be let go.
        viewer: Option<ViewerId>,
        /// Why.
        error: InjectError,
    },
}

/// An action that was let through. Which key is not said: what is typed may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// When.
    pub at: Instant,
    /// Whose.
    pub viewer: ViewerId,
    /// Where, for what has a place.
    pub position: Option<Position>,
    /// What.
    pub kind: ActionKind,
}

/// What kind of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// A key.
    Key(Press),
    /// A character that no single key made.
    Text,
    /// A button.
    Button(Button, Press),
    /// A wheel.
    Wheel,
    /// The pointer moved.
    Move,
    /// Everything was let go.
    ReleaseAll,
}

/// A pixel of a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Which display.
    pub display: u32,
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
}

/// The number of a demand to let everything go; they count up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(u64);

/// The gate. Dropping it stops everything.
pub struct Gate {
    shared: Arc<Shared>,
    hands: Option<JoinHandle<()>>,
    watch: Option<JoinHandle<()>>,
}

struct Shared {
    seats: [Seat; SEATS],
    /// Taken while viewers come and go, by nobody else.
    door: Mutex<()>,
    suspended: AtomicU16,
    control_exists: bool,
    queue: Queue,
    displays: RwLock<Vec<DisplayInfo>>,
    wanted: AtomicU64,
    done: AtomicU64,
    /// For those who wait for an acknowledgement.
    acknowledged: (Mutex<()>, Condvar),
    threads: Threads,
    ended: AtomicBool,
    sink: Box<dyn Fn(GateEvent) + Send + Sync>,
}

/// Handles to wake both threads by; set once, right after they were started.
#[derive(Default)]
struct Threads {
    hands: std::sync::OnceLock<Thread>,
    watch: std::sync::OnceLock<Thread>,
}

impl Threads {
    fn wake_hands(&self) {
        if let Some(thread) = self.hands.get() {
            thread.unpark();
        }
    }

    fn wake_watch(&self) {
        if let Some(thread) = self.watch.get() {
            thread.unpark();
        }
    }
}

impl Gate {
    /// Starts the gate, with nobody let in. Without hands (this system has none) nobody can be granted control. `sink`
    /// is called from several threads, must return at once and must not call the gate.
    ///
    /// # Errors
    /// A thread could not be started.
    pub fn start(hands: Option<Box<dyn Hands>>, sink: impl Fn(GateEvent) + Send + Sync + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            seats: std::array::from_fn(|_| Seat::new()),
            door: Mutex::new(()),
            suspended: AtomicU16::new(0),
            control_exists: hands.is_some(),
            queue: Queue::new(QUEUED_ACTIONS),
            displays: RwLock::new(Vec::new()),
            wanted: AtomicU64::new(0),
            done: AtomicU64::new(0),
            acknowledged: (Mutex::new(()), Condvar::new()),
            threads: Threads::default(),
            ended: AtomicBool::new(false),
            sink: Box::new(sink),
        });
        let mut gate = Self { shared: Arc::clone(&shared), hands: None, watch: None };
        let mut hands = hands.unwrap_or_else(|| Box::new(NoHands));
        let acting = Arc::clone(&shared);
        let acting = thread::Builder::new().name("lotse-hands".into()).spawn(move || acting.act(hands.as_mut()))?;
        shared.threads.hands.get_or_init(|| acting.thread().clone());
        gate.hands = Some(acting);
        let watching = Arc::clone(&shared);
        let watching = thread::Builder::new().name("lotse-watch".into()).spawn(move || watching.watch())?;
        shared.threads.watch.get_or_init(|| watching.thread().clone());
        gate.watch = Some(watching);
        Ok(gate)
    }

    /// Lets a viewer in, with no rights yet. `ceiling` is its card's, `policy` the institution's.
    ///
    /// # Errors
    /// [`Denied::Full`].
    pub fn join(&self, viewer: ViewerId, ceiling: Permissions, policy: Permissions) -> Result<(), Denied> {
        let mut limit = ceiling & policy;
        if !self.shared.control_exists {
            limit = limit.without(Permission::Control);
        }
        {
            let _door = self.shared.door.lock().unwrap_or_else(PoisonError::into_inner);
            let seat = self.shared.seats.iter().find(|s| s.is_free()).ok_or(Denied::Full)?;
            seat.take(viewer, limit);
        }
        self.shared.tell_rights(viewer);
        Ok(())
    }

    /// A viewer is gone: its rights end, everything is let go.
    pub fn leave(&self, viewer: ViewerId) -> Release {
        let release = self.stop(viewer);
        let _door = self.shared.door.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seat) = self.shared.seat(viewer) {
            seat.free();
        }
        release
    }

    /// The customer allows something.
    ///
    /// # Errors
    /// [`Denied::AboveLimit`] when any of it is more than card and institution permit, and nothing is granted then;
    /// [`Denied::NotHere`].
    pub fn grant(&self, viewer: ViewerId, permissions: Permissions) -> Result<Rights, Denied> {
        let seat = self.shared.seat(viewer).ok_or(Denied::NotHere)?;
        seat.grant(viewer, permissions)?;
        self.shared.tell_rights(viewer);
        self.rights(viewer).ok_or(Denied::NotHere)
    }

    /// The customer takes something back, or the adviser gives it back. Everything is let go when control is among it.
    pub fn revoke(&self, viewer: ViewerId, permissions: Permissions) -> Release {
        if let Some(seat) = self.shared.seat(viewer) {
            seat.revoke(viewer, permissions);
        }
        let release = self.shared.demand_release();
        self.shared.tell_rights(viewer);
        release
    }

    /// Takes every right of one viewer. Waits for nothing; see [`GateEvent::Released`] and [`GateEvent::Stalled`].
    pub fn stop(&self, viewer: ViewerId) -> Release {
        self.revoke(viewer, Permission::ALL.into_iter().collect())
    }

    /// Takes every right of everybody. Waits for nothing; see [`GateEvent::Released`] and [`GateEvent::Stalled`].
    pub fn stop_all(&self) -> Release {
        let all = Permission::ALL.into_iter().collect();
        let viewers = self.shared.viewers();
        for (seat, viewer) in viewers.clone() {
            seat.revoke(viewer, all);
        }
        let release = self.shared.demand_release();
        for (_, viewer) in viewers {
            self.shared.tell_rights(viewer);
        }
        release
    }

    /// Admits nothing from anybody until [`Self::resume`] with the same reason; everything is let go. Grants stay. The
    /// same reason again changes nothing.
    pub fn suspend(&self, reason: Suspension) -> Release {
        if self.shared.suspended.fetch_or(reason as u16, Ordering::SeqCst) & reason as u16 != 0 {
            return Release(self.shared.wanted.load(Ordering::SeqCst));
        }
        self.change_epochs();
        let release = self.shared.demand_release();
        self.tell_all_rights();
        release
    }

    /// Ends a suspension; others may remain. What there is none of needs no ending: nothing changes then.
    pub fn resume(&self, reason: Suspension) {
        if self.shared.suspended.fetch_and(!(reason as u16), Ordering::SeqCst) & reason as u16 == 0 {
            return;
        }
        self.change_epochs();
        self.tell_all_rights();
    }

    /// Waits until everything has been let go; `false` after `timeout`.
    #[must_use]
    pub fn wait_released(&self, release: Release, timeout: Duration) -> bool {
        let (lock, acknowledged) = &self.shared.acknowledged;
        let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |_: &mut ()| self.shared.done.load(Ordering::SeqCst) < release.0;
        let waited = acknowledged.wait_timeout_while(guard, timeout, waiting);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// What a viewer may do now; `None` when it is not here.
    #[must_use]
    pub fn rights(&self, viewer: ViewerId) -> Option<Rights> {
        self.shared.rights(viewer)
    }

    /// The displays that positions are on; replaces what was said before.
    pub fn set_displays(&self, displays: Vec<DisplayInfo>) {
        *self.shared.displays.write().unwrap_or_else(PoisonError::into_inner) = displays;
    }

    /// A viewer wants to do something, and the last rights that its program had been told when the adviser did it were
    /// those of `epoch`: what was on its way when rights changed, be it for seconds on a dead path, is not done. Letting
    /// go is always admitted; an input from a newer version is not known here and does nothing.
    ///
    /// # Errors
    /// Why it may not; nothing was done.
    pub fn admit(&self, viewer: ViewerId, epoch: u64, input: &input_message::Body) -> Result<(), Denied> {
        self.shared.admit(viewer, epoch, input)
    }

    fn change_epochs(&self) {
        for (seat, viewer) in self.shared.viewers() {
            seat.revoke(viewer, Permissions::NONE);
        }
    }

    fn tell_all_rights(&self) {
        for (_, viewer) in self.shared.viewers() {
            self.shared.tell_rights(viewer);
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let release = self.stop_all();
        let released = self.wait_released(release, ACKNOWLEDGE_WITHIN);
        self.shared.ended.store(true, Ordering::SeqCst);
        self.shared.threads.wake_hands();
        self.shared.threads.wake_watch();
        // Hands that are stuck in a system call are left to it: waiting would make this thread stuck as well.
        let hands = if released { self.hands.take() } else { None };
        for thread in [hands, self.watch.take()].into_iter().flatten() {
            if thread.join().is_err() {
                tracing::error!("a thread of the gate panicked");
            }
        }
    }
}

/// What may wait to be injected, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Key(Stroke, Press),
    Text(char),
    Button(Button, Press, Option<Position>),
    Wheel(i32, i32),
    Move(Position),
    ReleaseAll,
}

impl Action {
    /// What remains of it when rights have changed since: what came down before may still come up.
    fn outdated(self) -> Option<Self> {
        match self {
            Self::Key(_, Press::Up) | Self::ReleaseAll => Some(self),
            Self::Button(button, Press::Up, _) => Some(Self::Button(button, Press::Up, None)),
            _ => None,
        }
    }

    fn told(self, viewer: ViewerId) -> Admitted {
        let (kind, position) = match self {
            Self::Key(_, press) => (ActionKind::Key(press), None),
            Self::Text(_) => (ActionKind::Text, None),
            Self::Button(button, press, at) => (ActionKind::Button(button, press), at),
            Self::Wheel(..) => (ActionKind::Wheel, None),
            Self::Move(to) => (ActionKind::Move, Some(to)),
            Self::ReleaseAll => (ActionKind::ReleaseAll, None),
        };
        Admitted { at: Instant::now(), viewer, position, kind }
    }
}

impl Shared {
    fn seat(&self, viewer: ViewerId) -> Option<&Seat> {
        self.seats.iter().find(|seat| seat.is_of(viewer))
    }

    fn viewers(&self) -> impl Iterator<Item = (&Seat, ViewerId)> + Clone {
        self.seats.iter().filter_map(|seat| Some((seat, seat.viewer()?)))
    }

    fn standing(&self, viewer: ViewerId) -> Option<Standing> {
        self.seat(viewer)?.standing(viewer)
    }

    fn rights(&self, viewer: ViewerId) -> Option<Rights> {
        let Standing { allowed: granted, limit, epoch } = self.standing(viewer)?;
        let mask = self.suspended.load(Ordering::SeqCst);
        let effective = Suspension::all_in(mask).fold(granted, |left, reason| reason.narrow(left));
        let suspended = Suspension::all_in(mask).next();
        Some(Rights { effective, granted, suspended, askable: limit, epoch })
    }

    fn tell_rights(&self, viewer: ViewerId) {
        if let Some(rights) = self.rights(viewer) {
            (self.sink)(GateEvent::Rights { viewer, rights });
        }
    }

    fn demand_release(&self) -> Release {
        let release = Release(self.wanted.fetch_add(1, Ordering::SeqCst) + 1);
        self.threads.wake_hands();
        self.threads.wake_watch();
        release
    }

    fn admit(&self, viewer: ViewerId, epoch: u64, input: &input_message::Body) -> Result<(), Denied> {
        let seat = self.seat(viewer).ok_or(Denied::NotHere)?;
        let standing = seat.standing(viewer).ok_or(Denied::NotHere)?;
        if !standing.allowed.has(Permission::Control) {
            return if matches!(input, input_message::Body::ReleaseAll(_)) { Ok(()) } else { Err(Denied::NotAllowed) };
        }
        // After the epoch was read: a suspension raises its flag first and then changes the epoch.
        if self.suspended.load(Ordering::SeqCst) != 0 {
            return if matches!(input, input_message::Body::ReleaseAll(_)) { Ok(()) } else { Err(Denied::Suspended) };
        }
        if let input_message::Body::Text(text) = input {
            if epoch != standing.epoch {
                return Err(Denied::Outdated);
            }
            for character in characters(&text.text)? {
                self.let_in(seat, Item { viewer, epoch, action: Action::Text(character) })?;
            }
            return Ok(());
        }
        let action = self.check(input)?;
        let action = if epoch == standing.epoch { action } else { action.outdated().ok_or(Denied::Outdated)? };
        self.let_in(seat, Item { viewer, epoch: standing.epoch, action })
    }

    fn let_in(&self, seat: &Seat, item: Item) -> Result<(), Denied> {
        let Item { viewer, action, .. } = item;
        match self.queue.push(item) {
            Pushed::In => {
                self.threads.wake_hands();
                (self.sink)(GateEvent::Admitted(action.told(viewer)));
                Ok(())
            }
            Pushed::Dropped => Ok(()),
            Pushed::Full => {
                seat.revoke(viewer, Permission::ALL.into_iter().collect());
                self.demand_release();
                self.tell_rights(viewer);
                (self.sink)(GateEvent::Overrun(viewer));
                Err(Denied::Overrun)
            }
        }
    }

    fn check(&self, input: &input_message::Body) -> Result<Action, Denied> {
        let press = |pressed| if pressed { Press::Down } else { Press::Up };
        Ok(match input {
            input_message::Body::Key(key) => Action::Key(stroke(key)?, press(key.pressed)),
            input_message::Body::Text(_) => return Err(Denied::NoText),
            input_message::Body::Button(wanted) => {
                let button = button(wanted.button).ok_or(Denied::UnknownButton(wanted.button))?;
                let at = wanted.at.as_ref().map(|at| self.position(at)).transpose()?;
                Action::Button(button, press(wanted.pressed), at)
            }
            input_message::Body::Wheel(wheel) => {
                let bounded = |turned: i32| turned.clamp(-MOST_WHEEL, MOST_WHEEL);
                Action::Wheel(bounded(wheel.horizontal), bounded(wheel.vertical))
            }
            input_message::Body::Move(to) => Action::Move(self.position(to)?),
            input_message::Body::ReleaseAll(_) => Action::ReleaseAll,
        })
    }

    fn position(&self, to: &input::Move) -> Result<Position, Denied> {
        let displays = self.displays.read().unwrap_or_else(PoisonError::into_inner);
        let display = displays.iter().find(|d| d.number == to.display).ok_or(Denied::UnknownDisplay(to.display))?;
        let edge = |size: u32| size.saturating_sub(1);
        Ok(Position { display: to.display, x: to.x.min(edge(display.width)), y: to.y.min(edge(display.height)) })
    }

    /// The life of the thread that injects.
    fn act(&self, hands: &mut dyn Hands) {
        while !self.ended.load(Ordering::SeqCst) {
            let wanted = self.wanted.load(Ordering::SeqCst);
            if wanted != self.done.load(Ordering::SeqCst) {
                self.let_go(hands, Release(wanted));
            } else if let Some(item) = self.queue.pop() {
                self.inject(hands, item);
            } else {
                self.rest(hands);
            }
        }
    }

    /// Nothing to do: puts things back in order, and sleeps until there is.
    fn rest(&self, hands: &mut dyn Hands) {
        match hands.tidy(Instant::now()) {
            Ok(Some(next)) => thread::park_timeout(next.saturating_duration_since(Instant::now())),
            Ok(None) => thread::park(),
            Err(error) => {
                (self.sink)(GateEvent::Failed { viewer: None, error });
                thread::park();
            }
        }
    }

    fn let_go(&self, hands: &mut dyn Hands, release: Release) {
        self.queue.retain(|item| self.is_current(item));
        if let Err(error) = hands.release_all() {
            // Not acknowledged as done: the watch then says that this has stalled, and the path is cut.
            (self.sink)(GateEvent::Failed { viewer: None, error });
            while self.wanted.load(Ordering::SeqCst) == release.0 && !self.ended.load(Ordering::SeqCst) {
                thread::park();
            }
            return;
        }
        let (lock, acknowledged) = &self.acknowledged;
        {
            let _guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
            self.done.store(release.0, Ordering::SeqCst);
        }
        acknowledged.notify_all();
        self.threads.wake_watch();
        (self.sink)(GateEvent::Released(release));
    }

    fn inject(&self, hands: &mut dyn Hands, item: Item) {
        if let Err(error) = self.inject_if_current(hands, &item) {
            (self.sink)(GateEvent::Failed { viewer: Some(item.viewer), error });
        }
    }

    fn inject_if_current(&self, hands: &mut dyn Hands, item: &Item) -> Result<(), InjectError> {
        if let Action::Move(to) | Action::Button(_, _, Some(to)) = item.action
            && self.is_current(item)
        {
            hands.move_to(to.display, to.x, to.y)?;
        }
        if !self.is_current(item) {
            return Ok(());
        }
        match item.action {
            Action::Move(_) => Ok(()),
            Action::Key(stroke, press) => hands.key(stroke, press),
            Action::Text(character) => hands.type_text(character),
            Action::Button(button, press, _) => hands.button(button, press),
            Action::Wheel(horizontal, vertical) => hands.wheel(horizontal, vertical),
            Action::ReleaseAll => hands.release_all(),
        }
    }

    fn is_current(&self, item: &Item) -> bool {
        self.suspended.load(Ordering::SeqCst) == 0
            && self.standing(item.viewer).is_some_and(|standing| standing.epoch == item.epoch)
    }

    /// The life of the thread that says when a stop was not acknowledged in time.
    fn watch(&self) {
        let mut settled = 0;
        while !self.ended.load(Ordering::SeqCst) {
            let wanted = self.wanted.load(Ordering::SeqCst);
            if wanted == settled {
                thread::park();
                continue;
            }
            let deadline = Instant::now() + ACKNOWLEDGE_WITHIN;
            while self.done.load(Ordering::SeqCst) < wanted {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    (self.sink)(GateEvent::Stalled(Release(wanted)));
                    break;
                }
                thread::park_timeout(left);
            }
            settled = wanted;
        }
    }
}

#[cfg(test)]
mod tests;
