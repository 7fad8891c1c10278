//! What happens around a session, brought to where it matters: the gate at once, from the thread that notices it, and
//! the customer's program by letter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lotse_desktop::situation::{Light, Presence, Situation, Watch};

use crate::host::gate::{Gate, Suspension};

/// Watches for as long as there is a session: while nobody is connected nothing of this matters.
#[derive(Default)]
pub(super) struct Around {
    watch: Mutex<Option<Watch>>,
    asleep: Arc<AtomicBool>,
}

impl Around {
    /// A session begins. `tell` is called from threads of the watch and must return at once.
    pub(super) fn begin(&self, gate: Arc<Gate>, tell: impl Fn(Situation) + Send + 'static) {
        self.asleep.store(false, Ordering::SeqCst);
        let asleep = Arc::clone(&self.asleep);
        let watch = Watch::start(move |situation| {
            suspend(&gate, situation.presence);
            asleep.store(situation.light == Light::Asleep, Ordering::SeqCst);
            tell(situation);
        });
        match watch {
            Ok(watch) => *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch),
            Err(error) => tracing::warn!("nobody will notice a locked screen: {error}"),
        }
    }

    /// It is over.
    pub(super) fn end(&self) {
        let watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Its threads may be telling something just now: not under the lock.
        drop(watch);
    }

    /// A hand of the adviser was let through: a screen that sleeps wakes, as it would for the customer's own.
    pub(super) fn hand_at_work(&self) {
        if self.asleep.load(Ordering::SeqCst)
            && let Some(watch) = &*self.watch.lock().unwrap_or_else(PoisonError::into_inner)
        {
            watch.light_up();
        }
    }
}

/// The new reason first, so that there is none in between.
fn suspend(gate: &Gate, presence: Presence) {
    let (now, before) = match presence {
        Presence::Here => (None, [Suspension::Locked, Suspension::Away].as_slice()),
        Presence::Locked => (Some(Suspension::Locked), [Suspension::Away].as_slice()),
        Presence::Away => (Some(Suspension::Away), [Suspension::Locked].as_slice()),
    };
    if let Some(reason) = now {
        gate.suspend(reason);
    }
    for reason in before {
        gate.resume(*reason);
    }
}
