//! Windows: a window in front of all others that is never the active one.
#![allow(unsafe_code)]

use windows::Win32::Foundation::{COLORREF, HWND, LPARAM, LRESULT, RECT, WPARAM};
use windows::Win32::Graphics::Gdi::{
    CreateSolidBrush, EnumDisplayMonitors, FillRect, GdiFlush, GetDC, HBRUSH, HDC, HMONITOR, ReleaseDC,
};
use windows::Win32::System::LibraryLoader::GetModuleHandleW;
use windows::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DestroyWindow, DispatchMessageW, IDC_CROSS, LWA_ALPHA, LoadCursorW, MSG,
    PM_REMOVE, PeekMessageW, RegisterClassW, SW_SHOWNOACTIVATE, SetLayeredWindowAttributes, ShowWindow, WNDCLASSW,
    WS_EX_LAYERED, WS_EX_NOACTIVATE, WS_EX_TOOLWINDOW, WS_EX_TOPMOST, WS_POPUP,
};
use windows::core::{BOOL, Owned, PCWSTR, w};

use super::{Kind, TestCardError, in_picture};
use crate::area::Area;
use crate::capture::Rect;
use crate::windows::virtual_screen;

const CLASS: PCWSTR = w!("LotseTestCard");

pub(super) struct TestCard {
    window: HWND,
}

impl TestCard {
    pub(super) fn show(place: Rect, kind: Kind) -> Result<Self, TestCardError> {
        let screen = virtual_screen().ok_or_else(nowhere)?;
        let number = |pixels: u32| i32::try_from(pixels).map_err(|_| TestCardError("it is too large".to_owned()));
        let (x, y) = (screen.x + number(place.x)?, screen.y + number(place.y)?);
        let (width, height) = (number(place.width)?, number(place.height)?);
        let layered = if kind == Kind::Layered { WS_EX_LAYERED } else { Default::default() };
        // SAFETY: a class of this module whose procedure is one of Windows' kind, and live strings that end in zero. A class
        // that is there already, from another card, is the same.
        let window = unsafe {
            let module = GetModuleHandleW(None)?.into();
            let class = WNDCLASSW {
                lpfnWndProc: Some(procedure),
                hInstance: module,
                hCursor: LoadCursorW(None, IDC_CROSS)?,
                lpszClassName: CLASS,
                ..WNDCLASSW::default()
            };
            RegisterClassW(&raw const class);
            let style = WS_EX_TOPMOST | WS_EX_NOACTIVATE | WS_EX_TOOLWINDOW | layered;
            CreateWindowExW(style, CLASS, w!("Lotse"), WS_POPUP, x, y, width, height, None, None, Some(module), None)?
        };
        let mut card = Self { window };
        // SAFETY: a live window of this thread.
        unsafe {
            if kind == Kind::Layered {
                SetLayeredWindowAttributes(window, COLORREF(0), 255, LWA_ALPHA)?;
            }
            // Says whether it was visible before.
            let _ = ShowWindow(window, SW_SHOWNOACTIVATE);
        }
        card.heed_messages();
        Ok(card)
    }

    pub(super) fn paint(&mut self, part: Rect, [red, green, blue]: [u8; 3]) -> Result<(), TestCardError> {
        self.heed_messages();
        // On the screen: `show` has converted as much.
        let edges =
            RECT { left: part.x as i32, top: part.y as i32, right: part.right() as i32, bottom: part.bottom() as i32 };
        // SAFETY: a live window and a live rectangle; the context is given back on the thread that got it, and the brush is
        // deleted when it is dropped.
        let painted = unsafe {
            let brush: Owned<HBRUSH> =
                Owned::new(CreateSolidBrush(COLORREF(u32::from_le_bytes([red, green, blue, 0]))));
            let context = GetDC(Some(self.window));
            let painted = FillRect(context, &raw const edges, *brush);
            ReleaseDC(Some(self.window), context);
            let _ = GdiFlush();
            painted
        };
        self.heed_messages();
        if painted == 0 { Err(TestCardError("Windows does not paint".to_owned())) } else { Ok(()) }
    }

    /// A window whose messages nobody reads is taken for one that hangs.
    fn heed_messages(&mut self) {
        let mut message = MSG::default();
        // SAFETY: a live structure that is written, and what was written to it.
        unsafe {
            while PeekMessageW(&raw mut message, None, 0, 0, PM_REMOVE).as_bool() {
                DispatchMessageW(&raw const message);
            }
        }
    }
}

pub(super) fn monitors() -> Result<Vec<Rect>, TestCardError> {
    let screen = virtual_screen().ok_or_else(nowhere)?;
    let mut monitors: Vec<Area> = Vec::new();
    // SAFETY: the list outlives the call, which has the procedure called with it, and with nothing else, before it returns.
    let told = unsafe { EnumDisplayMonitors(None, None, Some(note), LPARAM(&raw mut monitors as isize)) };
    if !told.as_bool() || monitors.is_empty() {
        return Err(nowhere());
    }
    Ok(monitors.into_iter().map(|monitor| in_picture(monitor, screen)).collect())
}

fn nowhere() -> TestCardError {
    TestCardError("there is no monitor".to_owned())
}

unsafe extern "system" fn note(_monitor: HMONITOR, _context: HDC, edges: *mut RECT, monitors: LPARAM) -> BOOL {
    // SAFETY: Windows gives a live rectangle, and the list that `monitors` has passed, which nobody else uses meanwhile.
    let (RECT { left, top, right, bottom }, monitors) = unsafe { (*edges, &mut *(monitors.0 as *mut Vec<Area>)) };
    if let (Ok(width), Ok(height)) = (u32::try_from(right - left), u32::try_from(bottom - top)) {
        monitors.push(Area { x: left, y: top, width, height });
    }
    true.into()
}

impl Drop for TestCard {
    fn drop(&mut self) {
        // SAFETY: a window of this thread. Its class goes with the process.
        let _ = unsafe { DestroyWindow(self.window) };
    }
}

unsafe extern "system" fn procedure(window: HWND, message: u32, first: WPARAM, second: LPARAM) -> LRESULT {
    // SAFETY: the arguments are those that Windows gave.
    unsafe { DefWindowProcW(window, message, first, second) }
}

impl From<windows::core::Error> for TestCardError {
    fn from(error: windows::core::Error) -> Self {
        Self(error.to_string())
    }
}
