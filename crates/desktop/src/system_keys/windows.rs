//! Windows: a hook that is told of every key before Windows does anything with it (`WH_KEYBOARD_LL`), and keeps from it what
//! it would do itself. Windows is given a key of no meaning in the same place instead, which arrives in the window as all
//! others do, in its turn between them; a message of our own to the window would overtake them.
//!
//! The hook has a thread of its own, which does nothing else: Windows waits for its answer with every key of everybody,
//! and takes away hooks that are slow. It is there while the keys are taken and no longer, and ends with the process,
//! however that ends.
//!
//! Ctrl+Alt+Del and Win+L cannot be had: Windows does not ask anybody about them.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, JoinHandle};

use raw_window_handle::{DisplayHandle, RawWindowHandle, WindowHandle};
use windows::Win32::Foundation::{LPARAM, LRESULT, WPARAM};
use windows::Win32::System::LibraryLoader::GetModuleHandleW;
use windows::Win32::System::Threading::GetCurrentThreadId;
use windows::Win32::UI::Input::KeyboardAndMouse::{
    GetAsyncKeyState, INPUT, INPUT_0, INPUT_KEYBOARD, KEYBD_EVENT_FLAGS, KEYBDINPUT, KEYEVENTF_EXTENDEDKEY,
    KEYEVENTF_KEYUP, SendInput, VIRTUAL_KEY, VK_CONTROL, VK_MENU,
};
use windows::Win32::UI::WindowsAndMessaging::{
    CallNextHookEx, GetForegroundWindow, GetMessageW, HC_ACTION, HHOOK, KBDLLHOOKSTRUCT, LLKHF_EXTENDED, LLKHF_UP, MSG,
    PM_NOREMOVE, PeekMessageW, PostThreadMessageW, SetWindowsHookExW, WH_KEYBOARD_LL, WM_QUIT,
};
use windows::core::Owned;

use super::TakeError;
use super::sieve::{Around, Extended, Key, Modifier, Motion, Place, Sieve, Window};

thread_local! {
    /// On the thread of the window's events.
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
    /// On the hook's own thread, which is the one that Windows calls it on.
    static GRIP: RefCell<Option<Grip>> = const { RefCell::new(None) };
}

pub(super) fn take(_display: DisplayHandle<'_>, window: WindowHandle<'_>) -> Result<(), TakeError> {
    let RawWindowHandle::Win32(window) = window.as_raw() else { return Err(TakeError::NotSupported) };
    let hook = Hook::set(window.hwnd.get()).ok_or(TakeError::NotSupported)?;
    HOOK.set(Some(hook));
    Ok(())
}

pub(super) fn leave(_display: DisplayHandle<'_>) {
    HOOK.set(None);
}

/// A hook that is set; gone when this has been dropped.
struct Hook {
    thread: u32,
    running: Option<JoinHandle<()>>,
}

impl Hook {
    /// `window` is a window's handle as a number: it is for another thread.
    fn set(window: isize) -> Option<Self> {
        let (sender, receiver) = mpsc::channel();
        let running =
            thread::Builder::new().name("system keys".to_owned()).spawn(move || serve(window, &sender)).ok()?;
        // Nothing comes when the hook could not be set.
        let thread = receiver.recv().ok()?;
        Some(Self { thread, running: Some(running) })
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        // SAFETY: numbers alone. The thread lives until it is told this, so the number is no other's.
        let told = unsafe { PostThreadMessageW(self.thread, WM_QUIT, WPARAM(0), LPARAM(0)) };
        match (told, self.running.take()) {
            (Ok(()), Some(running)) => drop(running.join()),
            (told, _) => tracing::warn!(?told, "the hook for the desktop's own keys stays until the end"),
        }
    }
}

/// The hook's thread: sets it, says on which thread it is, and answers until it is told to end.
fn serve(window: isize, ready: &Sender<u32>) {
    GRIP.set(Some(Grip { window, sieve: Sieve::default() }));
    let mut message = MSG::default();
    // SAFETY: `message` outlives the call. Asking once makes the queue in which the end is told.
    let _ = unsafe { PeekMessageW(&raw mut message, None, 0, 0, PM_NOREMOVE) };
    let Some(hook) = set_hook() else { return };
    // SAFETY: no arguments.
    if ready.send(unsafe { GetCurrentThreadId() }).is_err() {
        return;
    }
    // Windows calls the hook while this waits. It ends with WM_QUIT (0), or an error (-1).
    // SAFETY: `message` outlives the call.
    while unsafe { GetMessageW(&raw mut message, None, 0, 0) }.0 > 0 {}
    drop(hook);
    for key in GRIP.take().into_iter().flat_map(|grip| grip.sieve.end()) {
        inject(key);
    }
}

fn set_hook() -> Option<Owned<HHOOK>> {
    // SAFETY: `hooked` has the signature of such a hook and is there for as long as this executable is, which is the
    // module that is named; the handle is owned by nobody else.
    unsafe {
        let module = GetModuleHandleW(None).ok()?;
        let hook = SetWindowsHookExW(WH_KEYBOARD_LL, Some(hooked), Some(module.into()), 0);
        hook.inspect_err(|error| tracing::warn!(%error, "the desktop's own keys cannot be taken"))
            .map(|hook| Owned::new(hook))
            .ok()
    }
}

/// What the hook's thread knows between two keys.
struct Grip {
    window: isize,
    sieve: Sieve,
}

/// Called by Windows on the hook's thread, for every key of everybody; anything but 0 keeps the key from Windows. It is
/// called for what it injects, too, before that call returns.
unsafe extern "system" fn hooked(code: i32, message: WPARAM, data: LPARAM) -> LRESULT {
    if u32::try_from(code) == Ok(HC_ACTION) {
        // SAFETY: with this code `data` points at such a structure, which is there for as long as the call lasts.
        let told = unsafe { *(data.0 as *const KBDLLHOOKSTRUCT) };
        let instead = GRIP.with_borrow_mut(|grip| grip.as_mut()?.sift(told));
        // What cannot be given to Windows otherwise is not kept from it: better that it has the key than nobody.
        if instead.is_some_and(|key| inject(key) == 1) {
            return LRESULT(1);
        }
    }
    // SAFETY: the arguments are those that Windows gave.
    unsafe { CallNextHookEx(None, code, message, data) }
}

impl Grip {
    fn sift(&mut self, told: KBDLLHOOKSTRUCT) -> Option<Key> {
        let is = |flag| told.flags.contains(flag);
        let [scan, ..] = told.scanCode.to_le_bytes();
        let key = Key {
            code: u8::try_from(told.vkCode).ok()?,
            place: Place { scan, extended: if is(LLKHF_EXTENDED) { Extended::Yes } else { Extended::No } },
            motion: if is(LLKHF_UP) { Motion::Up } else { Motion::Down },
        };
        let around = Around { window: self.place(), alt: modifier(VK_MENU), control: modifier(VK_CONTROL) };
        self.sieve.sift(key, around)
    }

    /// Only a window in front has the keyboard.
    fn place(&self) -> Window {
        // SAFETY: no arguments.
        let front = unsafe { GetForegroundWindow() };
        if front.0 as isize == self.window { Window::InFront } else { Window::Behind }
    }
}

/// Gives a key to Windows as if it came from a keyboard. How many were taken.
fn inject(key: Key) -> u32 {
    let flag = |is: bool, flag| if is { flag } else { KEYBD_EVENT_FLAGS::default() };
    let extended = flag(key.place.extended == Extended::Yes, KEYEVENTF_EXTENDEDKEY);
    let ki = KEYBDINPUT {
        wVk: VIRTUAL_KEY(key.code.into()),
        wScan: key.place.scan.into(),
        dwFlags: extended | flag(key.motion == Motion::Up, KEYEVENTF_KEYUP),
        ..KEYBDINPUT::default()
    };
    let inputs = [INPUT { r#type: INPUT_KEYBOARD, Anonymous: INPUT_0 { ki } }];
    let size = i32::try_from(size_of::<INPUT>()).expect("a small structure");
    // SAFETY: the one structure is of the kind it says, and of the size that is passed.
    unsafe { SendInput(&inputs, size) }
}

/// Is it down? Windows knows that already of every key but the one that the hook is called for. (It says so of Alt with that
/// key as well, which Wine does not.)
fn modifier(key: VIRTUAL_KEY) -> Modifier {
    // SAFETY: a number. The highest bit says whether the key is down now.
    let state = unsafe { GetAsyncKeyState(key.0.into()) };
    if state < 0 { Modifier::Held } else { Modifier::Free }
}
