//! What the keys of a layout make, asked of Windows key by key and level by level.
#![allow(unsafe_code)]

use windows::Win32::UI::Input::KeyboardAndMouse::{
    HKL, MAPVK_VSC_TO_VK_EX, MapVirtualKeyExW, ToUnicodeEx, VK_CAPITAL, VK_CONTROL, VK_LCONTROL, VK_MENU, VK_NUMLOCK,
    VK_RMENU, VK_SHIFT,
};

use crate::inject::board::{ALT_GR, Board, CAPS, Key, LEVELS, SHIFT};
use crate::inject::places::Place;

/// It shall not be remembered that a dead key was pressed (since Windows 10 of 2016).
const WITHOUT_CONSEQUENCES: u32 = 1 << 2;
/// As a byte of a keyboard's state: down, and on.
const DOWN: u8 = 0x80;
const ON: u8 = 1;

/// Reads a layout.
pub(super) fn read(layout: HKL) -> Board {
    // Of those with 0xe0 before their scancode only the keypad's / types anything.
    let places = (1..0x80).map(Place).chain([Place::KEYPAD_DIVIDE]);
    Board::new(places.filter_map(|place| key(place, layout)).collect())
}

/// Nothing where no key types anything.
fn key(place: Place, layout: HKL) -> Option<Key> {
    let keypad = place.keypad_code();
    let code = keypad.or_else(|| place.code(false)).or_else(|| code(place, layout))?;
    let mut types = [None; LEVELS];
    for (level, types) in (0..).zip(&mut types) {
        // With Shift Num Lock's keys are no digits.
        if keypad.is_none() || level & !CAPS == 0 {
            *types = typed(code, place, level, layout);
        }
    }
    (place.code(false).is_none() || types.iter().any(Option::is_some)).then_some(Key { place, code, types })
}

fn code(place: Place, layout: HKL) -> Option<u8> {
    // SAFETY: numbers alone.
    let code = unsafe { MapVirtualKeyExW(place.scan().into(), MAPVK_VSC_TO_VK_EX, Some(layout)) };
    u8::try_from(code).ok().filter(|code| *code != 0)
}

/// What it types, when that is one character.
fn typed(code: u8, place: Place, level: u8, layout: HKL) -> Option<char> {
    let mut state = [0_u8; 256];
    let mut set = |key: u16, value: u8| state[usize::from(key)] = value;
    if level & SHIFT != 0 {
        set(VK_SHIFT.0, DOWN);
    }
    if level & ALT_GR != 0 {
        for key in [VK_CONTROL, VK_LCONTROL, VK_MENU, VK_RMENU] {
            set(key.0, DOWN);
        }
    }
    if level & CAPS != 0 {
        set(VK_CAPITAL.0, ON);
    }
    if place.keypad_code().is_some() {
        set(VK_NUMLOCK.0, ON);
    }
    let mut units = [0_u16; 8];
    let (code, scan) = (code.into(), place.scan().into());
    // SAFETY: the buffers are of the sizes that are told.
    let count = unsafe { ToUnicodeEx(code, scan, &state, &mut units, WITHOUT_CONSEQUENCES, Some(layout)) };
    // Below 0 is a dead key, above 1 more than one of UTF-16's units.
    let units = units.get(..usize::try_from(count).ok()?)?;
    let mut characters = char::decode_utf16(units.iter().copied());
    let character = characters.next()?.ok().filter(|character| !character.is_control())?;
    characters.next().is_none().then_some(character)
}
