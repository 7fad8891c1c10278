//! Systems on which the window library, or the window manager, does it as it should be.

use raw_window_handle::WindowHandle;

use super::NotSupported;

pub(super) fn bring(_window: WindowHandle<'_>) -> Result<(), NotSupported> {
    Err(NotSupported)
}

pub(super) fn fit(_window: WindowHandle<'_>) -> Result<(), NotSupported> {
    Err(NotSupported)
}
