//! Windows: each thread with a window knows the locks as they were after the last key that it was told of, which is what
//! is to be told with that key.
#![allow(unsafe_code)]

use windows::Win32::UI::Input::KeyboardAndMouse::{GetKeyState, VIRTUAL_KEY, VK_CAPITAL, VK_NUMLOCK};

use super::Locks;

pub(super) struct LockReader;

impl LockReader {
    pub(super) fn open() -> Option<Self> {
        Some(Self)
    }

    pub(super) fn read(&self) -> Option<Locks> {
        Some(Locks { caps: is_on(VK_CAPITAL), num: is_on(VK_NUMLOCK) })
    }

    /// Windows does not count keys that a hook takes away, as ours does with the desktop's own; and it tells each release.
    pub(super) fn is_down(&self, _code: u8) -> Option<bool> {
        None
    }
}

fn is_on(lock: VIRTUAL_KEY) -> bool {
    // SAFETY: a number. The lowest bit says whether it is on.
    let state = unsafe { GetKeyState(lock.0.into()) };
    state & 1 != 0
}
