//! Caps Lock and Num Lock of the keyboard in front of this computer, and whether a key is down: what the window system does
//! not tell with its keys, or not reliably.

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;
#[cfg(target_os = "linux")]
use x11 as platform;

/// Caps Lock and Num Lock, on or off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Locks {
    /// Caps Lock.
    pub caps: bool,
    /// Num Lock.
    pub num: bool,
}

/// A way to look at the locks.
pub struct LockReader {
    platform: platform::LockReader,
}

impl LockReader {
    /// Nothing where this build cannot know them.
    #[must_use]
    pub fn open() -> Option<Self> {
        Some(Self { platform: platform::LockReader::open()? })
    }

    /// What is locked now. Nothing when the system does not say it any more. To be called on the thread of the window that
    /// has the keyboard: on Windows the locks are as they were after the last key that this thread was told of.
    #[must_use]
    pub fn read(&self) -> Option<Locks> {
        self.platform.read()
    }

    /// Is the key with this number of Linux's down now, whoever presses it? Nothing when the system does not say.
    #[must_use]
    pub fn is_down(&self, code: u8) -> Option<bool> {
        self.platform.is_down(code)
    }
}
