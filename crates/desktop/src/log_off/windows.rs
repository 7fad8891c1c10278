//! Windows: a window that nobody sees, on a thread that does nothing else. Messages for windows alone
//! (`HWND_MESSAGE`) would not do: what is said to all windows is not said to those.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::io;
use std::thread;
use std::time::Duration;

use windows::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows::Win32::System::LibraryLoader::GetModuleHandleW;
use windows::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, MSG, RegisterClassW, WINDOW_EX_STYLE,
    WM_ENDSESSION, WNDCLASSW, WS_POPUP,
};
use windows::core::{PCWSTR, w};

const CLASS: PCWSTR = w!("LotseLogOff");

/// How long Windows is kept from ending this program, which ends by itself meanwhile. Windows loses its patience with it
/// after five seconds.
const GOODBYE: Duration = Duration::from_secs(4);

thread_local! {
    /// On the window's own thread, which is the one that Windows calls it on.
    static END: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

pub(super) fn on_log_off(end: impl Fn() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name("log off".to_owned()).spawn(move || {
        END.set(Some(Box::new(end)));
        match open() {
            Ok(()) => serve(),
            Err(error) => tracing::warn!(%error, "nobody will say that the person logs off"),
        }
    })?;
    Ok(())
}

/// Opens the window, which is there for as long as the thread.
fn open() -> windows::core::Result<()> {
    // SAFETY: the class is copied, and `hear` has the signature of such a function and is there for as long as this
    // executable is, which is the module that is named.
    unsafe {
        let module = GetModuleHandleW(None)?.into();
        let class =
            WNDCLASSW { lpfnWndProc: Some(hear), hInstance: module, lpszClassName: CLASS, ..Default::default() };
        if RegisterClassW(&raw const class) == 0 {
            return Err(windows::core::Error::from_thread());
        }
        let extended = WINDOW_EX_STYLE::default();
        CreateWindowExW(extended, CLASS, None, WS_POPUP, 0, 0, 0, 0, None, None, Some(module), None)?;
    }
    Ok(())
}

/// Until the process ends.
fn serve() {
    let mut message = MSG::default();
    // SAFETY: `message` outlives the calls.
    while unsafe { GetMessageW(&raw mut message, None, 0, 0) }.0 > 0 {
        // SAFETY: as above.
        unsafe { DispatchMessageW(&raw const message) };
    }
}

/// Called by Windows on the window's thread.
unsafe extern "system" fn hear(window: HWND, message: u32, what: WPARAM, detail: LPARAM) -> LRESULT {
    // With 0 it is called off: some program was asked and would not.
    if message == WM_ENDSESSION && what.0 != 0 {
        END.with_borrow(|end| end.iter().for_each(|end| end()));
        thread::sleep(GOODBYE);
        return LRESULT(0);
    }
    // SAFETY: the arguments are those that Windows gave.
    unsafe { DefWindowProcW(window, message, what, detail) }
}
