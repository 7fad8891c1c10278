//! X11: the keyboard is grabbed on the window's own connection. A grab sends all keys to the connection that made it, so
//! one on a connection of ours would take them from the window too, and winit's is Xlib's.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use raw_window_handle::{DisplayHandle, RawDisplayHandle, RawWindowHandle, WindowHandle};
use x11_dl::xlib::{CurrentTime, Display, GrabModeAsync, GrabSuccess, True, Xlib};

use super::TakeError;

pub(super) fn take(display: DisplayHandle<'_>, window: WindowHandle<'_>) -> Result<(), TakeError> {
    let (Some((xlib, display)), RawWindowHandle::Xlib(window)) = (connection(display), window.as_raw()) else {
        return Err(TakeError::NotSupported);
    };
    // SAFETY: both handles are borrowed, so the connection is open and the window there while this runs; Xlib is the
    // library that made them. What is passed beside them are numbers.
    let answer =
        unsafe { (xlib.XGrabKeyboard)(display, window.window, True, GrabModeAsync, GrabModeAsync, CurrentTime) };
    if answer == GrabSuccess { Ok(()) } else { Err(TakeError::Busy) }
}

pub(super) fn leave(display: DisplayHandle<'_>) {
    let Some((xlib, display)) = connection(display) else { return };
    // SAFETY: as above.
    unsafe {
        (xlib.XUngrabKeyboard)(display, CurrentTime);
        (xlib.XFlush)(display);
    }
}

/// Xlib, and the open connection behind the handle, if it is one of Xlib's.
fn connection(handle: DisplayHandle<'_>) -> Option<(&'static Xlib, *mut Display)> {
    /// Looking for its functions takes a while: once.
    static XLIB: OnceLock<Option<Xlib>> = OnceLock::new();

    let RawDisplayHandle::Xlib(xlib_handle) = handle.as_raw() else { return None };
    let xlib = XLIB.get_or_init(|| Xlib::open().ok()).as_ref()?;
    Some((xlib, xlib_handle.display?.as_ptr().cast()))
}
