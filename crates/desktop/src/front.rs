//! Bringing a window of ours before all others, where the window library's own way does more than it should: on Windows it
//! presses Alt on somebody's keyboard for it.

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

/// This build has no way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this build has no way of its own to bring a window to the front")]
pub struct NotSupported;
