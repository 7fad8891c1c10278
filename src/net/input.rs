//! The adviser's hands on their way to the network: a short queue in which a pointer that moves on while the link is
//! slow takes one place, not a thousand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lotse_protocol::message::input::{InputMessage, ReleaseAll, input_message::Body};
use tokio::sync::Notify;

/// Most that waits. A link that is so far behind would type what nobody means any more.
const LONGEST: usize = 2048;

/// The queue. Clones share it. It takes nothing until a session opens it.
#[derive(Clone, Default)]
pub(super) struct InputQueue {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Default)]
struct State {
    open: bool,
    hushed: bool,
    /// Of the rights that were told last.
    epoch: u64,
    waiting: VecDeque<InputMessage>,
}

impl State {
    fn wait(&mut self, body: Body) {
        self.waiting.push_back(InputMessage { body: Some(body), epoch: self.epoch });
    }
}

impl InputQueue {
    /// Queues `input`. A move replaces the move before it. When the queue is full everything in it is given up, and all
    /// that is held is let go: half of what was typed would be worse than nothing.
    pub(super) fn push(&self, input: Body) {
        let mut state = self.lock();
        if !state.open || state.hushed {
            return;
        }
        let moves = |waits: &mut InputMessage| matches!(waits.body, Some(Body::Move(_)));
        if matches!(input, Body::Move(_)) && state.waiting.pop_back_if(moves).is_some() {
            state.wait(input);
        } else if state.waiting.len() >= LONGEST {
            state.waiting.clear();
            state.wait(Body::ReleaseAll(ReleaseAll {}));
        } else {
            state.wait(input);
        }
        drop(state);
        self.shared.filled.notify_one();
    }

    /// The next input. Dropping the future loses nothing.
    pub(super) async fn next(&self) -> InputMessage {
        loop {
            if let Some(input) = self.lock().waiting.pop_front() {
                return input;
            }
            self.shared.filled.notified().await;
        }
    }

    /// A session begins: input is taken from now on, for as long as the guard lives.
    pub(super) fn open(&self) -> Open {
        self.lock().open = true;
        Open(self.clone())
    }

    /// The host has told rights of this epoch: what is done from now on is done under them.
    pub(super) fn under(&self, epoch: u64) {
        self.lock().epoch = epoch;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the queue, and empties it, when dropped.
pub(super) struct Open(InputQueue);

impl Open {
    /// The other side has fallen silent, or is heard again. What is typed into a dead picture is not saved up, and what
    /// waited is given up; afterwards everything is let go first, since it may have been meanwhile.
    pub(super) fn hush(&self, silent: bool) {
        let mut state = self.0.lock();
        state.hushed = silent;
        state.waiting.clear();
        if !silent {
            state.wait(Body::ReleaseAll(ReleaseAll {}));
        }
        drop(state);
        self.0.shared.filled.notify_one();
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        *self.0.lock() = State::default();
    }
}

#[cfg(test)]
mod tests {
    use lotse_protocol::message::input::{Key, Move, ReleaseAll, input_message::Body};

    use super::{InputQueue, LONGEST};

    fn key(usage: u32) -> Body {
        Body::Key(Key { usage, pressed: true, ..Key::default() })
    }

    fn moved(x: u32) -> Body {
        Body::Move(Move { display: 0, x, y: 0 })
    }

    #[tokio::test]
    async fn order_is_kept_and_a_move_replaces_the_move_before_it() {
        let queue = InputQueue::default();
        let _open = queue.open();
        for input in [moved(1), moved(2), key(4), moved(3), moved(4), moved(5), key(5)] {
            queue.push(input);
        }
        for expected in [moved(2), key(4), moved(5), key(5)] {
            assert_eq!(queue.next().await.body, Some(expected));
        }
    }

    #[tokio::test]
    async fn a_queue_that_runs_over_lets_everything_go() {
        let queue = InputQueue::default();
        let _open = queue.open();
        for _ in 0..=LONGEST {
            queue.push(key(4));
        }
        queue.push(key(5));
        assert_eq!(queue.next().await.body, Some(Body::ReleaseAll(ReleaseAll {})));
        assert_eq!(queue.next().await.body, Some(key(5)));
    }

    #[tokio::test]
    async fn nothing_is_saved_up_for_a_link_that_is_silent() {
        let queue = InputQueue::default();
        let open = queue.open();
        queue.push(key(1));
        open.hush(true);
        queue.push(key(2));
        open.hush(false);
        queue.push(key(3));
        assert_eq!(queue.next().await.body, Some(Body::ReleaseAll(ReleaseAll {})));
        assert_eq!(queue.next().await.body, Some(key(3)));
    }

    #[tokio::test]
    async fn what_is_done_is_done_under_the_rights_told_last() {
        let queue = InputQueue::default();
        let open = queue.open();
        queue.push(key(1));
        queue.under(5);
        queue.push(moved(1));
        queue.under(6);
        queue.push(moved(2));
        for expected in [0, 6] {
            assert_eq!(queue.next().await.epoch, expected);
        }
        drop(open);
        let _open = queue.open();
        queue.push(key(2));
        assert_eq!(queue.next().await.epoch, 0, "told in another session");
    }

    #[tokio::test]
    async fn nothing_is_kept_from_before_or_between_sessions() {
        let queue = InputQueue::default();
        queue.push(key(1));
        let open = queue.open();
        queue.push(key(2));
        drop(open);
        queue.push(key(3));
        let _open = queue.open();
        queue.push(key(4));
        assert_eq!(queue.next().await.body, Some(key(4)));
    }
}
