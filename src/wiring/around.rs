//! What happens around a session, brought to where it matters: the gate at once, from the thread that notices it, and
//! the customer's program by letter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lotse_desktop::situation::{Light, Presence, Reach, Situation, Watch};

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
            suspend(&gate, situation);
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

/// The new reasons first, so that there is none in between.
fn suspend(gate: &Gate, Situation { presence, reach, .. }: Situation) {
    let presence = match presence {
        Presence::Here => None,
        Presence::Locked => Some(Suspension::Locked),
        Presence::Away => Some(Suspension::Away),
    };
    let reach = match reach {
        Reach::All => None,
        Reach::Prompt => Some(Suspension::Prompt),
        Reach::Administrator => Some(Suspension::Administrator),
    };
    let now = [presence, reach];
    for reason in now.into_iter().flatten() {
        gate.suspend(reason);
    }
    for reason in [Suspension::Locked, Suspension::Away, Suspension::Prompt, Suspension::Administrator] {
        if !now.contains(&Some(reason)) {
            gate.resume(reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use lotse_desktop::situation::{Presence, Reach, Situation};
    use lotse_protocol::permission::Permission;

    use super::suspend;
    use crate::host::ViewerId;
    use crate::host::gate::{Gate, Suspension};

    #[test]
    fn the_gate_follows_what_happens_around_and_forgets_what_is_over() {
        let gate = Gate::start(None, |_| {}).expect("threads");
        let all = Permission::ALL.into_iter().collect();
        gate.join(ViewerId(1), all, all).expect("there is room");
        gate.grant(ViewerId(1), Permission::View.into()).expect("allowed");
        let now = |presence, reach| {
            suspend(&gate, Situation { presence, reach, ..Situation::default() });
            let rights = gate.rights(ViewerId(1)).expect("it is here");
            (rights.suspended, rights.effective.has(Permission::View))
        };
        assert_eq!(now(Presence::Here, Reach::Prompt), (Some(Suspension::Prompt), true));
        assert_eq!(now(Presence::Here, Reach::Administrator), (Some(Suspension::Administrator), true));
        assert_eq!(now(Presence::Locked, Reach::All), (Some(Suspension::Locked), false));
        assert_eq!(now(Presence::Away, Reach::All), (Some(Suspension::Away), false));
        assert_eq!(now(Presence::Here, Reach::All), (None, true));
    }
}
