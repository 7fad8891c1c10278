//! What Windows is told and asked: `SendInput`, and how its keyboard and mouse are just now.
#![allow(unsafe_code)]

use std::thread;
use std::time::{Duration, Instant};

use windows::Win32::Foundation::ERROR_ACCESS_DENIED;
use windows::Win32::UI::Input::KeyboardAndMouse::{
    GetAsyncKeyState, GetKeyState, INPUT, INPUT_0, INPUT_KEYBOARD, INPUT_MOUSE, KEYBD_EVENT_FLAGS, KEYBDINPUT,
    KEYEVENTF_EXTENDEDKEY, KEYEVENTF_KEYUP, KEYEVENTF_SCANCODE, KEYEVENTF_UNICODE, MOUSE_EVENT_FLAGS,
    MOUSEEVENTF_ABSOLUTE, MOUSEEVENTF_HWHEEL, MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP, MOUSEEVENTF_MIDDLEDOWN,
    MOUSEEVENTF_MIDDLEUP, MOUSEEVENTF_MOVE, MOUSEEVENTF_RIGHTDOWN, MOUSEEVENTF_RIGHTUP, MOUSEEVENTF_VIRTUALDESK,
    MOUSEEVENTF_WHEEL, MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP, MOUSEINPUT, SendInput, VIRTUAL_KEY, VK_CAPITAL, VK_CONTROL,
    VK_MENU, VK_NUMLOCK, VK_SHIFT,
};
use windows::Win32::UI::WindowsAndMessaging::{
    GetSystemMetrics, SM_SWAPBUTTON, SPI_GETKEYBOARDDELAY, SPI_GETKEYBOARDSPEED, SYSTEM_PARAMETERS_INFO_ACTION,
    SYSTEM_PARAMETERS_INFO_UPDATE_FLAGS, SystemParametersInfoW, XBUTTON1, XBUTTON2,
};
use windows::core::Error;

use super::{Button, Held, InjectError, Pace, Place, Press};
use crate::inject::aim::aim;
use crate::inject::board::{ALT_GR, SHIFT};
use crate::locks::Locks;
use crate::windows::virtual_screen;

/// Within this time Windows says that a lock is on when its key was pressed. Both together are well below the 100 ms in which
/// hands have to let go of everything.
const LOCKED_WITHIN: Duration = Duration::from_millis(20);

/// The buttons, as the guard is told of them.
const LEFT: u8 = 1;
const MIDDLE: u8 = 2;
const RIGHT: u8 = 3;
const BACK: u8 = 4;
const FORWARD: u8 = 5;

/// Presses or releases a key or a button. `code` is which one the key is to Windows.
pub(super) fn held(held: Held, press: Press, code: u8) -> Result<(), InjectError> {
    match held {
        Held::Key(place) => send(&[key(Place(place), press, code)]),
        Held::Button(number) => send(&[button(number, press)]),
    }
}

/// Types a character, by no key.
pub(super) fn text(character: char) -> Result<(), InjectError> {
    let mut units = [0; 2];
    let mut inputs = Vec::with_capacity(4);
    for unit in character.encode_utf16(&mut units) {
        for up in [KEYBD_EVENT_FLAGS::default(), KEYEVENTF_KEYUP] {
            inputs.push(keyboard(KEYBDINPUT {
                wScan: *unit,
                dwFlags: KEYEVENTF_UNICODE | up,
                ..KEYBDINPUT::default()
            }));
        }
    }
    // In one go: no other input comes between the halves of a character.
    send(&inputs)
}

/// Turns the wheels.
pub(super) fn wheel(horizontal: i32, vertical: i32) -> Result<(), InjectError> {
    let turn = |turned: i32, wheel| {
        // Windows reads the number as one with a sign.
        let mi = MOUSEINPUT { mouseData: turned as u32, dwFlags: wheel, ..MOUSEINPUT::default() };
        (turned != 0).then(|| mouse(mi))
    };
    let turns = [turn(vertical, MOUSEEVENTF_WHEEL), turn(horizontal, MOUSEEVENTF_HWHEEL)];
    send(&turns.into_iter().flatten().collect::<Vec<_>>())
}

/// Moves the pointer to a pixel of the virtual screen, counted from its top left corner.
pub(super) fn pointer_to(x: u32, y: u32) -> Result<(), InjectError> {
    let screen = virtual_screen().ok_or_else(|| InjectError::Lost("there is no monitor".to_owned()))?;
    let flags = MOUSEEVENTF_MOVE | MOUSEEVENTF_ABSOLUTE | MOUSEEVENTF_VIRTUALDESK;
    send(&[mouse(MOUSEINPUT {
        dx: aim(x, screen.width),
        dy: aim(y, screen.height),
        dwFlags: flags,
        ..MOUSEINPUT::default()
    })])
}

/// The number of a button. Windows swaps what is injected as it does what the mouse says: for the index finger of a left
/// hand the right button is told.
pub(super) fn number(button: Button) -> u8 {
    // SAFETY: a number.
    let swapped = unsafe { GetSystemMetrics(SM_SWAPBUTTON) } != 0;
    match button {
        Button::Left if swapped => RIGHT,
        Button::Right if swapped => LEFT,
        Button::Left => LEFT,
        Button::Middle => MIDDLE,
        Button::Right => RIGHT,
        Button::Back => BACK,
        Button::Forward => FORWARD,
    }
}

/// What this number would be for the other hand, where that is another.
pub(super) fn swapped(number: u8) -> Option<u8> {
    match number {
        LEFT => Some(RIGHT),
        RIGHT => Some(LEFT),
        _ => None,
    }
}

/// Shift and AltGr as they are down now, whoever holds them.
pub(super) fn level() -> u8 {
    let alt_gr = is_down(VK_CONTROL) && is_down(VK_MENU);
    u8::from(is_down(VK_SHIFT)) * SHIFT | u8::from(alt_gr) * ALT_GR
}

/// Caps Lock and Num Lock as they are now.
pub(super) fn locks() -> Locks {
    // SAFETY: numbers alone. The lowest bit says whether it is on.
    let is_on = |key: VIRTUAL_KEY| unsafe { GetKeyState(key.0.into()) } & 1 != 0;
    Locks { caps: is_on(VK_CAPITAL), num: is_on(VK_NUMLOCK) }
}

/// Makes the locks so.
pub(super) fn lock(wanted: Locks) -> Result<(), InjectError> {
    let now = locks();
    if now.caps != wanted.caps {
        tap(Place::CAPS_LOCK, VK_CAPITAL)?;
        // With some layouts Shift, and not Caps Lock, takes Caps Lock away.
        if !is_so_within(|| locks().caps == wanted.caps) && !wanted.caps {
            tap(Place::LEFT_SHIFT, VK_SHIFT)?;
        }
    }
    if now.num != wanted.num {
        tap(Place::NUM_LOCK, VK_NUMLOCK)?;
        is_so_within(|| locks().num == wanted.num);
    }
    Ok(())
}

/// How this computer's keyboard repeats.
pub(super) fn repeats() -> Pace {
    Pace::of_windows(parameter(SPI_GETKEYBOARDDELAY), parameter(SPI_GETKEYBOARDSPEED))
}

fn is_so_within(is: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while !is() {
        if begun.elapsed() >= LOCKED_WITHIN {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

fn tap(place: Place, code: VIRTUAL_KEY) -> Result<(), InjectError> {
    let [code, _] = code.0.to_le_bytes();
    send(&[Press::Down, Press::Up].map(|press| key(place, press, code)))
}

fn key(place: Place, press: Press, code: u8) -> INPUT {
    let flag = |is: bool, flag| if is { flag } else { KEYBD_EVENT_FLAGS::default() };
    // Pause and Num Lock share a scancode, and which is meant Windows takes from the code.
    let by_place = place != Place::PAUSE && place != Place::NUM_LOCK;
    keyboard(KEYBDINPUT {
        wVk: VIRTUAL_KEY(code.into()),
        wScan: place.scan().into(),
        dwFlags: flag(by_place, KEYEVENTF_SCANCODE)
            | flag(place.is_extended(), KEYEVENTF_EXTENDEDKEY)
            | flag(press == Press::Up, KEYEVENTF_KEYUP),
        ..KEYBDINPUT::default()
    })
}

fn button(number: u8, press: Press) -> INPUT {
    let way = |down, up| if press == Press::Down { down } else { up };
    let (flags, which): (MOUSE_EVENT_FLAGS, u16) = match number {
        LEFT => (way(MOUSEEVENTF_LEFTDOWN, MOUSEEVENTF_LEFTUP), 0),
        MIDDLE => (way(MOUSEEVENTF_MIDDLEDOWN, MOUSEEVENTF_MIDDLEUP), 0),
        RIGHT => (way(MOUSEEVENTF_RIGHTDOWN, MOUSEEVENTF_RIGHTUP), 0),
        BACK => (way(MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP), XBUTTON1),
        _ => (way(MOUSEEVENTF_XDOWN, MOUSEEVENTF_XUP), XBUTTON2),
    };
    mouse(MOUSEINPUT { mouseData: which.into(), dwFlags: flags, ..MOUSEINPUT::default() })
}

fn keyboard(ki: KEYBDINPUT) -> INPUT {
    INPUT { r#type: INPUT_KEYBOARD, Anonymous: INPUT_0 { ki } }
}

fn mouse(mi: MOUSEINPUT) -> INPUT {
    INPUT { r#type: INPUT_MOUSE, Anonymous: INPUT_0 { mi } }
}

/// Tells Windows. It says only of another desktop that it did not do it.
fn send(inputs: &[INPUT]) -> Result<(), InjectError> {
    let size = i32::try_from(size_of::<INPUT>()).expect("a small structure");
    // SAFETY: the structures are of the kinds they say, and of the size that is passed.
    let taken = unsafe { SendInput(inputs, size) };
    if usize::try_from(taken) == Ok(inputs.len()) {
        return Ok(());
    }
    let error = Error::from_thread();
    if error.code() == ERROR_ACCESS_DENIED.to_hresult() {
        Err(InjectError::Blocked)
    } else {
        Err(InjectError::Lost(error.message()))
    }
}

/// Is it down now, for whatever program?
fn is_down(key: VIRTUAL_KEY) -> bool {
    // SAFETY: a number. The highest bit says so.
    let state = unsafe { GetAsyncKeyState(key.0.into()) };
    state < 0
}

/// A number of the keyboard's settings; 0 when Windows does not say.
fn parameter(which: SYSTEM_PARAMETERS_INFO_ACTION) -> u32 {
    let mut value = 0_u32;
    let none = SYSTEM_PARAMETERS_INFO_UPDATE_FLAGS::default();
    // SAFETY: both of these settings write a number of this size or smaller; it outlives the call.
    let _ = unsafe { SystemParametersInfoW(which, 0, Some((&raw mut value).cast()), none) };
    value
}
