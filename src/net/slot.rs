//! The one-slot hand-off of updates from the capture thread to the network. While the slot is taken nothing more is
//! encoded: damage gathers instead (design, section 3, "pull, not push"). An update that was put is never dropped while
//! the session lives, because the next one builds on it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse_protocol::message::session::UpdateHeader;
use tokio::sync::Notify;

/// An encoded update with its header.
pub type Update = (UpdateHeader, Bytes);

/// A new, empty slot.
#[must_use]
pub fn slot() -> (Sender, Receiver) {
    let shared = Arc::new(Shared {
        state: Mutex::new(State { update: None, closed: false }),
        freed: Condvar::new(),
        filled: Notify::new(),
    });
    (Sender { shared: shared.clone() }, Receiver { shared })
}

/// The capture thread's end. Clones share the slot.
#[derive(Clone)]
pub struct Sender {
    shared: Arc<Shared>,
}

impl Sender {
    /// Waits until the slot is free, for `timeout` at the most. `false`: it is still taken, or the session is over
    /// (which [`Sender::is_closed`] tells apart).
    #[must_use]
    pub fn wait_free(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        let mut state = self.shared.lock();
        while state.update.is_some() && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.shared.freed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        !state.closed
    }

    /// Puts an update into the free slot.
    ///
    /// # Errors
    /// Gives the update back when the slot is taken or the session is over.
    pub fn put(&self, update: Update) -> Result<(), Update> {
        let mut state = self.shared.lock();
        if state.closed || state.update.is_some() {
            return Err(update);
        }
        state.update = Some(update);
        drop(state);
        self.shared.filled.notify_one();
        Ok(())
    }

    /// Is the session over? Nothing will be sent any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.lock().closed
    }
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// The network's end. Dropping it ends the hand-off.
pub struct Receiver {
    shared: Arc<Shared>,
}

impl Receiver {
    /// Takes the next update as soon as there is one. Dropping the future loses nothing.
    pub async fn take(&mut self) -> Update {
        loop {
            if let Some(update) = self.shared.lock().update.take() {
                self.shared.freed.notify_all();
                return update;
            }
            self.shared.filled.notified().await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.update = None;
        drop(state);
        self.shared.freed.notify_all();
    }
}

struct Shared {
    state: Mutex<State>,
    freed: Condvar,
    filled: Notify,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct State {
    update: Option<Update>,
    closed: bool,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bytes::Bytes;
    use lotse_protocol::message::session::UpdateHeader;

    use super::{Update, slot};

    fn update(sequence: u64) -> Update {
        (UpdateHeader { sequence, ..UpdateHeader::default() }, Bytes::from_static(b"pixels"))
    }

    #[tokio::test]
    async fn a_taken_slot_takes_nothing_more_until_it_is_emptied() {
        let (sender, mut receiver) = slot();
        assert!(sender.wait_free(Duration::ZERO));
        sender.put(update(1)).expect("free");
        assert!(!sender.wait_free(Duration::from_millis(1)));
        assert_eq!(sender.put(update(2)).expect_err("taken").0.sequence, 2);
        assert_eq!(receiver.take().await.0.sequence, 1);
        assert!(sender.wait_free(Duration::ZERO));
    }

    #[tokio::test]
    async fn the_capture_thread_is_woken_when_the_slot_is_emptied() {
        let (sender, mut receiver) = slot();
        let pump = std::thread::spawn(move || {
            for sequence in 1..=100 {
                assert!(sender.wait_free(Duration::from_secs(10)));
                sender.put(update(sequence)).expect("only this thread puts");
            }
        });
        for sequence in 1..=100 {
            assert_eq!(receiver.take().await.0.sequence, sequence);
        }
        pump.join().expect("no panic");
    }

    #[test]
    fn the_end_of_the_session_wakes_the_capture_thread() {
        let (sender, receiver) = slot();
        sender.put(update(1)).expect("free");
        let begun = Instant::now();
        let waiting = std::thread::spawn(move || (sender.wait_free(Duration::from_secs(30)), sender));
        drop(receiver);
        let (free, sender) = waiting.join().expect("no panic");
        assert!(!free);
        assert!(sender.is_closed());
        assert!(begun.elapsed() < Duration::from_secs(10));
        assert!(sender.put(update(2)).is_err());
    }
}
