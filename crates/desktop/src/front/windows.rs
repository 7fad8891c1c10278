//! Windows lets a program take the keyboard only when somebody has just used it, or nobody has used anything for a while.
//! What it lets everybody do is lie on top.
#![allow(unsafe_code)]

use raw_window_handle::{RawWindowHandle, WindowHandle};
use windows::Win32::Foundation::{HWND, RECT};
use windows::Win32::Graphics::Gdi::{GetMonitorInfoW, MONITOR_DEFAULTTONEAREST, MONITORINFO, MonitorFromWindow};
use windows::Win32::UI::WindowsAndMessaging::{
    FLASHW_ALL, FLASHW_TIMERNOFG, FLASHWINFO, FlashWindowEx, GetForegroundWindow, GetWindowRect, HWND_NOTOPMOST,
    HWND_TOPMOST, IsIconic, SW_RESTORE, SWP_NOACTIVATE, SWP_NOMOVE, SWP_NOSIZE, SWP_NOZORDER, SetForegroundWindow,
    SetWindowPos, ShowWindow,
};

use super::NotSupported;
use super::beside::Rect;

pub(super) fn bring(window: WindowHandle<'_>) -> Result<(), NotSupported> {
    let window = handle(window)?;
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

pub(super) fn fit(window: WindowHandle<'_>) -> Result<(), NotSupported> {
    let window = handle(window)?;
    let mut told = RECT::default();
    let mut screen = MONITORINFO {
        cbSize: u32::try_from(size_of::<MONITORINFO>()).expect("a small structure"),
        ..MONITORINFO::default()
    };
    // SAFETY: both structures outlive the calls, and one says its size; the window lives for as long as its handle is
    // borrowed.
    let known = unsafe {
        let on = MonitorFromWindow(window, MONITOR_DEFAULTTONEAREST);
        GetWindowRect(window, &raw mut told).is_ok() && GetMonitorInfoW(on, &raw mut screen).as_bool()
    };
    let is = rect(told);
    let fits = is.beside(rect(screen.rcWork));
    if known && fits != is {
        let flags = SWP_NOZORDER | SWP_NOACTIVATE;
        // SAFETY: a handle and numbers.
        let put = unsafe { SetWindowPos(window, None, fits.x, fits.y, fits.width, fits.height, flags) };
        if let Err(error) = put {
            tracing::debug!("the window may lie behind the taskbar: {error}");
        }
    }
    Ok(())
}

fn handle(window: WindowHandle<'_>) -> Result<HWND, NotSupported> {
    match window.as_raw() {
        RawWindowHandle::Win32(window) => Ok(HWND(window.hwnd.get() as *mut _)),
        _ => Err(NotSupported),
    }
}

const fn rect(rect: RECT) -> Rect {
    Rect { x: rect.left, y: rect.top, width: rect.right - rect.left, height: rect.bottom - rect.top }
}
