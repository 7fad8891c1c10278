//! Systems whose own keys this build cannot take.

use raw_window_handle::{DisplayHandle, WindowHandle};

use super::TakeError;

pub(super) fn take(_display: DisplayHandle<'_>, _window: WindowHandle<'_>) -> Result<(), TakeError> {
    Err(TakeError::NotSupported)
}

/// They were never taken.
pub(super) fn leave(_display: DisplayHandle<'_>) {}
