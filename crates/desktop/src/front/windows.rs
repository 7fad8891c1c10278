//! Windows lets a program take the keyboard only when somebody has just used it, or nobody has used anything for a while.
//! What it lets everybody do is lie on top.
#![allow(unsafe_code)]

use raw_window_handle::{RawWindowHandle, WindowHandle};
use windows::Win32::Foundation::HWND;
use windows::Win32::UI::WindowsAndMessaging::{
    FLASHW_ALL, FLASHW_TIMERNOFG, FLASHWINFO, FlashWindowEx, GetForegroundWindow, HWND_NOTOPMOST, HWND_TOPMOST,
    IsIconic, SW_RESTORE, SWP_NOACTIVATE, SWP_NOMOVE, SWP_NOSIZE, SetForegroundWindow, SetWindowPos, ShowWindow,
};

use super::NotSupported;

pub(super) fn bring(window: WindowHandle<'_>) -> Result<(), NotSupported> {
    let RawWindowHandle::Win32(window) = window.as_raw() else { return Err(NotSupported) };
    let window = HWND(window.hwnd.get() as *mut _);
    // SAFETY: handles and numbers, and a structure of the size that it says; the window lives for as long as its handle is
    // borrowed.
    unsafe {
        if IsIconic(window).as_bool() {
            let _was_there = ShowWindow(window, SW_RESTORE);
        }
        // Above the windows that always are, and then, where it is, no longer one of those.
        for above in [HWND_TOPMOST, HWND_NOTOPMOST] {
            let put = SetWindowPos(window, Some(above), 0, 0, 0, 0, SWP_NOMOVE | SWP_NOSIZE | SWP_NOACTIVATE);
            if let Err(error) = put {
                tracing::debug!("the window does not come to the front: {error}");
            }
        }
        let let_us = SetForegroundWindow(window).as_bool();
        if !let_us || GetForegroundWindow() != window {
            let flash = FLASHWINFO {
                cbSize: u32::try_from(size_of::<FLASHWINFO>()).expect("a small structure"),
                hwnd: window,
                dwFlags: FLASHW_ALL | FLASHW_TIMERNOFG,
                ..FLASHWINFO::default()
            };
            let _was_active = FlashWindowEx(&raw const flash);
        }
    }
    Ok(())
}
