//! What the network reaches directly: the gate, with mouse and keyboard behind it, and the pump, with who watches it.

use std::process;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use lotse_desktop::capture::Capture;
use lotse_desktop::inject::guard::Guard;
use lotse_desktop::inject::{Injector, Press};
use lotse_desktop::pointer::{Pointer, Position};
use lotse_protocol::message::input::input_message;
use lotse_protocol::message::session::{Applied, UpdateHeader};
use lotse_protocol::pointer::Shape;

use super::{Letter, Outlets, on_host};
use crate::app::view::ActivityKind;
use crate::host::gate::{ActionKind, Gate, GateEvent, Hands, Suspension};
use crate::host::pointer::{Following, PointerOut};
use crate::host::pump::{Pump, PumpEvent, UpdateOut};
use crate::net::{HostPort, PointerSender, ViewerId, slot};
use crate::wiring::PROBER;
use crate::wiring::around::Around;
use crate::wiring::mailbox::Mailbox;

/// The hidden command that answers to [`Guard`].
const GUARD: &str = "guard";

/// Both, and what is around the session.
pub(super) struct Host {
    pub(super) gate: Arc<Gate>,
    pub(super) pump: Pumping,
    pub(super) around: Around,
}

impl Host {
    pub(super) fn start(mailbox: &Mailbox<Letter>) -> std::io::Result<Self> {
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
        let pump = Pump::start(
            || Capture::open(PROBER),
            move |event| {
                // Before the viewer can see the first picture of this size, and point at it.
                if let PumpEvent::Displays(displays) = &event {
                    sizes.set_displays(displays.clone());
                }
                letters.put(Letter::Pump(event));
            },
        )?;
        Ok(Self { gate, around: Around::default(), pump: Pumping { pump, watching: Mutex::new(None) } })
    }

    pub(super) fn start_over(&self) {
        self.around.end();
        for reason in Suspension::ALL {
            self.gate.resume(reason);
        }
    }

    pub(super) fn leave(&self, viewer: ViewerId) {
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
pub(super) const fn activity(kind: ActionKind) -> Option<ActivityKind> {
    match kind {
        ActionKind::Button(_, Press::Down) => Some(ActivityKind::Clicked),
        ActionKind::Key(Press::Down) | ActionKind::Text => Some(ActivityKind::Typed),
        _ => None,
    }
}

/// The pump, with who watches it.
pub(super) struct Pumping {
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
    pub(super) fn watch(&self, viewer: ViewerId, outlets: Option<&Outlets>) {
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
