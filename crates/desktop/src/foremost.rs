//! What is in front on Windows: which layout its keys have, and whether it takes input from this program at all.
#![allow(unsafe_code)]

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use windows::Win32::Foundation::{E_ACCESSDENIED, HANDLE, HWND, POINT};
use windows::Win32::Security::{
    GetSidSubAuthority, GetSidSubAuthorityCount, GetTokenInformation, TOKEN_MANDATORY_LABEL, TOKEN_QUERY,
    TokenIntegrityLevel,
};
use windows::Win32::System::StationsAndDesktops::{
    CloseDesktop, DESKTOP_CONTROL_FLAGS, DESKTOP_READOBJECTS, GetThreadDesktop, GetUserObjectInformationW, HDESK,
    OpenInputDesktop, UOI_NAME,
};
use windows::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThreadId, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
};
use windows::Win32::UI::Input::KeyboardAndMouse::{GetKeyboardLayout, HKL};
use windows::Win32::UI::WindowsAndMessaging::{
    GA_ROOT, GetAncestor, GetCursorPos, GetForegroundWindow, GetWindowThreadProcessId, WindowFromPoint,
};
use windows::core::{Error, Owned, Result};

/// For how long people are told that a click was kept from a window that is not in front.
const TOLD_FOR: Duration = Duration::from_secs(2);

/// When that was last.
static KEPT: Mutex<Option<Instant>> = Mutex::new(None);

/// Whom input of this program reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// Whoever is in front.
    Input,
    /// Nobody: in front is a window of a program with more rights (an administrator's), and Windows keeps from it what
    /// others inject. It says nothing about that to anybody (`SendInput`, remarks).
    NotFromHere,
    /// Nobody: Windows shows a desktop of its own, to ask something or to lock.
    OtherDesktop,
}

/// Who takes input now.
pub(crate) fn takes() -> Takes {
    if is_other_desktop() {
        return Takes::OtherDesktop;
    }
    let window = Front::now();
    if window.is_above_us() { Takes::NotFromHere } else { Takes::Input }
}

/// The same for a click or a turn of the wheel, which goes to the window under the pointer, wherever that window is. If it
/// does not arrive there, [`has_kept`] says so for a moment.
pub(crate) fn takes_at_pointer() -> Takes {
    let takes = takes();
    if takes == Takes::Input && is_above_us_at_pointer() {
        *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        return Takes::NotFromHere;
    }
    takes
}

/// The same for the end of a click, which was told of when it began.
pub(crate) fn takes_release_at_pointer() -> Takes {
    match takes() {
        Takes::Input if is_above_us_at_pointer() => Takes::NotFromHere,
        takes => takes,
    }
}

fn is_above_us_at_pointer() -> bool {
    Front::under_pointer().is_some_and(Front::is_above_us)
}

/// See [`takes_at_pointer`].
pub(crate) fn has_kept() -> bool {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|at| at.elapsed() < TOLD_FOR)
}

/// The window in front. There may be none for a moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Front(HWND);

impl Front {
    pub(crate) fn now() -> Self {
        // SAFETY: no arguments.
        Self(unsafe { GetForegroundWindow() })
    }

    fn under_pointer() -> Option<Self> {
        let mut at = POINT::default();
        // SAFETY: `at` outlives the call; of a place or a window that is none they say so.
        unsafe {
            GetCursorPos(&raw mut at).ok()?;
            Some(Self(GetAncestor(WindowFromPoint(at), GA_ROOT)))
        }
    }

    /// The layout of the thread that it belongs to. Nothing where Windows does not say it, as of consoles, whose window
    /// is another program's.
    pub(crate) fn layout(self) -> Option<HKL> {
        let thread = self.thread_and_process().0;
        // SAFETY: a number; of a thread that is none it says 0.
        let layout = unsafe { GetKeyboardLayout(thread) };
        (thread != 0 && !layout.0.is_null()).then_some(layout)
    }

    /// Does it belong to a program that has more rights than this one?
    pub(crate) fn is_above_us(self) -> bool {
        let process = self.thread_and_process().1;
        let is_above = |ours| match integrity_of(process) {
            Ok(theirs) => theirs > ours,
            // Of what does not say how high it is because it is higher, that is the answer; of what is gone it is not.
            Err(error) => error.code() == E_ACCESSDENIED,
        };
        process != 0 && own_integrity().is_some_and(is_above)
    }

    fn thread_and_process(self) -> (u32, u32) {
        let mut process = 0;
        // SAFETY: `process` outlives the call; of a window that is gone it says 0.
        let thread = unsafe { GetWindowThreadProcessId(self.0, Some(&raw mut process)) };
        (thread, process)
    }
}

/// Does Windows show another desktop than the one that this thread is on?
fn is_other_desktop() -> bool {
    // SAFETY: flags alone.
    let shown = match unsafe { OpenInputDesktop(DESKTOP_CONTROL_FLAGS(0), false, DESKTOP_READOBJECTS) } {
        Ok(shown) => shown,
        Err(error) => return error.code() == E_ACCESSDENIED,
    };
    // SAFETY: the thread is this one; its desktop is not to be closed.
    let ours = unsafe { GetThreadDesktop(GetCurrentThreadId()) }.ok().and_then(name);
    let theirs = name(shown);
    // SAFETY: it was opened here, and nobody else has it.
    let _ = unsafe { CloseDesktop(shown) };
    ours.is_some() && theirs.is_some() && ours != theirs
}

fn name(desktop: HDESK) -> Option<Vec<u16>> {
    let mut name = vec![0_u16; 128];
    let (mut written, size) = (0, u32::try_from(size_of_val(&*name)).ok()?);
    let handle = HANDLE(desktop.0);
    // SAFETY: the buffer is of the size that is told, in bytes.
    let told = unsafe {
        GetUserObjectInformationW(handle, UOI_NAME, Some(name.as_mut_ptr().cast()), size, Some(&raw mut written))
    };
    told.ok()?;
    name.truncate(name.iter().position(|unit| *unit == 0)?);
    Some(name)
}

fn own_integrity() -> Option<u32> {
    static OWN: OnceLock<Option<u32>> = OnceLock::new();
    // SAFETY: no arguments; the handle means this process, and is not to be closed.
    *OWN.get_or_init(|| integrity(unsafe { GetCurrentProcess() }).ok())
}

fn integrity_of(process: u32) -> Result<u32> {
    // SAFETY: a number; the handle is nobody else's.
    let process = unsafe { Owned::new(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, process)?) };
    integrity(*process)
}

/// How high a process stands, as Windows numbers it: 0x2000 for usual programs, 0x3000 for an administrator's.
fn integrity(process: HANDLE) -> Result<u32> {
    let mut token = HANDLE::default();
    // SAFETY: the handle is open, and `token` outlives the call.
    unsafe { OpenProcessToken(process, TOKEN_QUERY, &raw mut token) }?;
    // SAFETY: it was opened above, and nobody else has it.
    let token = unsafe { Owned::new(token) };
    // A label is a pointer, a number, and the few words of an identifier behind them.
    let mut label = [0_u64; 16];
    let (mut written, size) = (0, u32::try_from(size_of_val(&label))?);
    // SAFETY: the buffer is of the size that is told, and aligned for what is written into it.
    unsafe {
        GetTokenInformation(*token, TokenIntegrityLevel, Some(label.as_mut_ptr().cast()), size, &raw mut written)?;
    }
    // SAFETY: such a label was written, and the identifier that it points at is in the same buffer; its last part is there,
    // since it has at least one.
    unsafe {
        let label = &*label.as_ptr().cast::<TOKEN_MANDATORY_LABEL>();
        let parts = *GetSidSubAuthorityCount(label.Label.Sid);
        let last = parts.checked_sub(1).ok_or_else(Error::empty)?;
        Ok(*GetSidSubAuthority(label.Label.Sid, u32::from(last)))
    }
}
