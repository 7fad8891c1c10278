//! What the other threads have to tell the window's thread.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::shell::Waker;

/// A queue that wakes the window. What is put before the window is open waits for it.
pub(super) struct Mailbox<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    letters: Mutex<VecDeque<T>>,
    waker: OnceLock<Waker>,
}

impl<T> Mailbox<T> {
    pub(super) fn new() -> Self {
        Self { shared: Arc::new(Shared { letters: Mutex::new(VecDeque::new()), waker: OnceLock::new() }) }
    }

    /// From now on the window is woken; at once, if something waits already.
    pub(super) fn attach(&self, waker: Waker) {
        let waker = self.shared.waker.get_or_init(|| waker);
        waker.wake();
    }

    /// Puts something in. Never blocks for longer than a letter is taken out.
    pub(super) fn put(&self, letter: T) {
        self.shared.letters.lock().unwrap_or_else(PoisonError::into_inner).push_back(letter);
        self.wake();
    }

    /// Wakes the window without telling it anything.
    pub(super) fn wake(&self) {
        if let Some(waker) = self.shared.waker.get() {
            waker.wake();
        }
    }

    /// Takes the oldest one out.
    pub(super) fn take(&self) -> Option<T> {
        self.shared.letters.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}
