//! The keys that a desktop keeps for itself (Alt+Tab, Super, Alt+F4, Ctrl+Esc), for one window while that has the
//! keyboard. They arrive in the window as all others do.

// What Windows needs decided, tested on every system.
#[cfg(any(target_os = "windows", test))]
mod sieve;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

use raw_window_handle::{DisplayHandle, WindowHandle};
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;
#[cfg(target_os = "linux")]
use x11 as platform;

/// Takes all keys for `window`, until [`leave`]. To be called on the thread of the window's events.
///
/// # Errors
/// Why they are not taken.
pub fn take(display: DisplayHandle<'_>, window: WindowHandle<'_>) -> Result<(), TakeError> {
    platform::take(display, window)
}

/// Gives them back. Nothing happens when they were not taken. To be called on the same thread.
pub fn leave(display: DisplayHandle<'_>) {
    platform::leave(display);
}

/// Why the keys are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// Somebody else has them at the moment, such as an open menu, or the window cannot be seen yet.
    #[error("the keyboard is taken at the moment")]
    Busy,
    /// This build cannot take them on this desktop.
    #[error("this build cannot take the desktop's own keys")]
    NotSupported,
}
