//! A window of ours where it can be seen: before all others, where the window library's own way does more than it should
//! (on Windows it presses Alt on somebody's keyboard for it), and with all of it beside the taskbar.

// What Windows needs decided, tested on every system.
#[cfg(any(target_os = "windows", test))]
mod beside;
#[cfg(not(target_os = "windows"))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;

use raw_window_handle::WindowHandle;
#[cfg(not(target_os = "windows"))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// Restores `window` if it is minimised and puts it before all others, with the keyboard where the system lets us. Where it
/// does not, whoever is writing elsewhere goes on writing there; the window lies on top all the same, and its button on the
/// taskbar flashes until it has been looked at. To be called on the thread of the window's events.
///
/// # Errors
/// This is not such a system: the window library knows its own way.
pub fn bring(window: WindowHandle<'_>) -> Result<(), NotSupported> {
    platform::bring(window)
}

/// Makes `window` no larger than what the taskbar leaves of its screen, and moves it there. Windows opens a window as large
/// as it was asked for, and what is at its lower edge lies behind the taskbar then. To be called as above.
///
/// # Errors
/// This is not such a system: the window manager sees to it, or nobody does.
pub fn fit(window: WindowHandle<'_>) -> Result<(), NotSupported> {
    platform::fit(window)
}

/// This build has no way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this build has no way of its own to put a window where it can be seen")]
pub struct NotSupported;
