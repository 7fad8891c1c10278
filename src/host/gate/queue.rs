//! Actions on their way to the hands: bounded, in order. Its lock is held for the few instructions of a push or a pop,
//! never while anything is injected.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Action, ViewerId};

#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) viewer: ViewerId,
    /// Under which it was admitted.
    pub(super) epoch: u64,
    pub(super) action: Action,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It waits, or was joined with the one before it.
    In,
    /// There was no room, and it is not missed: the next click brings its own position.
    Dropped,
    /// There was no room, and it may not be lost.
    Full,
}

pub(super) struct Queue {
    items: Mutex<VecDeque<Item>>,
    capacity: usize,
}

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        Self { items: Mutex::new(VecDeque::with_capacity(capacity)), capacity }
    }

    pub(super) fn push(&self, item: Item) -> Pushed {
        let mut items = self.lock();
        if let Some(last) = items.back_mut()
            && (last.viewer, last.epoch) == (item.viewer, item.epoch)
            && let Some(joined) = joined(last.action, item.action)
        {
            last.action = joined;
            return Pushed::In;
        }
        if items.len() >= self.capacity {
            return match item.action {
                Action::Move(_) | Action::Wheel(..) => Pushed::Dropped,
                Action::Key(..) | Action::Text(_) | Action::Button(..) | Action::ReleaseAll => Pushed::Full,
            };
        }
        items.push_back(item);
        Pushed::In
    }

    pub(super) fn pop(&self) -> Option<Item> {
        self.lock().pop_front()
    }

    pub(super) fn retain(&self, keep: impl Fn(&Item) -> bool) {
        self.lock().retain(keep);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Item>> {
        // Nothing inside can panic half-way.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two actions that are as good as one: where the pointer was on its way does not matter, and turns add up.
fn joined(before: Action, after: Action) -> Option<Action> {
    match (before, after) {
        (Action::Move(_), Action::Move(to)) => Some(Action::Move(to)),
        (Action::Wheel(h1, v1), Action::Wheel(h2, v2)) => {
            Some(Action::Wheel(h1.saturating_add(h2), v1.saturating_add(v2)))
        }
        _ => None,
    }
}
