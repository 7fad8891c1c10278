//! Keys by position: HID usage (pages 0x07 and 0x0c) → scancode of set 1, by which Windows knows a place, and the code that
//! Windows gives the key there where that is the same under every layout. Sources: Microsoft, *USB HID to PS/2 Scan Code
//! Translation Table*, revision 1.3, and *Keyboard Scan Code Specification*; `winuser.h`.

use super::usages::{CAPS_LOCK, LEFT_CONTROL, NUM_LOCK, RIGHT_SUPER, SCROLL_LOCK};

/// A place on the keyboard: the scancode in the lower seven bits, and above them whether 0xe0 comes before it. Pause, whose
/// own scancode is three bytes (0xe1 0x1d 0x45), is 0x45, and Num Lock 0x45 with 0xe0: so Windows tells the two itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u8);

impl Place {
    pub(super) const LEFT_CONTROL: Self = Self(0x1d);
    pub(super) const LEFT_SHIFT: Self = Self(0x2a);
    pub(super) const RIGHT_ALT: Self = Self::extended(0x38);
    pub(super) const CAPS_LOCK: Self = Self(0x3a);
    pub(super) const PAUSE: Self = Self(0x45);
    pub(super) const NUM_LOCK: Self = Self::extended(0x45);
    pub(super) const KEYPAD_DIVIDE: Self = Self::extended(0x35);
    /// What Pause is as long as Ctrl is down.
    pub(super) const BREAK: Self = Self::extended(0x46);

    const fn extended(scan: u8) -> Self {
        Self(scan | 0x80)
    }

    /// The scancode, without what comes before it.
    pub(super) fn scan(self) -> u8 {
        self.0 & 0x7f
    }

    /// Does 0xe0 come before it?
    pub(super) fn is_extended(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Where the usage is.
    pub(super) fn of(usage: u32) -> Option<Self> {
        entry(usage).map(|(_, place, _)| *place)
    }

    /// Of a key that means the same under every layout: which it is to Windows (`VK_…`), with Num Lock `num`.
    pub(super) fn code(self, num: bool) -> Option<u8> {
        if num && let Some(digit) = self.keypad_code() {
            return Some(digit);
        }
        if self == Self::BREAK {
            return Some(VK_CANCEL);
        }
        PLACES.iter().find(|(_, place, _)| *place == self).map(|(_, _, code)| *code).filter(|code| *code != BY_LAYOUT)
    }

    /// The code of one of the keypad's keys that Num Lock makes digits and the decimal sign of.
    pub(super) fn keypad_code(self) -> Option<u8> {
        let keypad = [0x52, 0x4f, 0x50, 0x51, 0x4b, 0x4c, 0x4d, 0x47, 0x48, 0x49];
        let digit = (VK_NUMPAD0..).zip(keypad).find_map(|(code, scan)| (scan == self.0).then_some(code));
        digit.or_else(|| (self.0 == 0x53).then_some(VK_DECIMAL))
    }

    /// Is it on the keypad, with a sign on it that the layout may choose?
    pub(super) fn is_on_keypad(self) -> bool {
        self.keypad_code().is_some()
            || matches!(self.0, 0x37 | 0x4a | 0x4e | 0x59 | 0x7e)
            || self == Self::KEYPAD_DIVIDE
    }
}

/// Does a key of this usage do something by being held, so that nothing of it is to be repeated?
pub(super) fn is_modifier_or_lock(usage: u32) -> bool {
    (LEFT_CONTROL..=RIGHT_SUPER).contains(&usage) || matches!(usage, CAPS_LOCK | NUM_LOCK | SCROLL_LOCK)
}

fn entry(usage: u32) -> Option<&'static (u32, Place, u8)> {
    PLACES.binary_search_by_key(&usage, |(usage, ..)| *usage).ok().map(|at| &PLACES[at])
}

const VK_CANCEL: u8 = 0x03;
const VK_NUMPAD0: u8 = 0x60;
const VK_DECIMAL: u8 = 0x6e;
/// Its code is the layout's.
const BY_LAYOUT: u8 = 0;

const fn typed(usage: u32, scan: u8) -> (u32, Place, u8) {
    (usage, Place(scan), BY_LAYOUT)
}

const fn fixed(usage: u32, scan: u8, code: u8) -> (u32, Place, u8) {
    (usage, Place(scan), code)
}

const fn extended(usage: u32, scan: u8, code: u8) -> (u32, Place, u8) {
    (usage, Place::extended(scan), code)
}

/// In the order of usages.
const PLACES: &[(u32, Place, u8)] = &[
    typed(0x04, 0x1e),
    typed(0x05, 0x30),
    typed(0x06, 0x2e),
    typed(0x07, 0x20),
    typed(0x08, 0x12),
    typed(0x09, 0x21),
    typed(0x0a, 0x22),
    typed(0x0b, 0x23),
    typed(0x0c, 0x17),
    typed(0x0d, 0x24),
    typed(0x0e, 0x25),
    typed(0x0f, 0x26),
    typed(0x10, 0x32),
    typed(0x11, 0x31),
    typed(0x12, 0x18),
    typed(0x13, 0x19),
    typed(0x14, 0x10),
    typed(0x15, 0x13),
    typed(0x16, 0x1f),
    typed(0x17, 0x14),
    typed(0x18, 0x16),
    typed(0x19, 0x2f),
    typed(0x1a, 0x11),
    typed(0x1b, 0x2d),
    typed(0x1c, 0x15),
    typed(0x1d, 0x2c),
    typed(0x1e, 0x02),
    typed(0x1f, 0x03),
    typed(0x20, 0x04),
    typed(0x21, 0x05),
    typed(0x22, 0x06),
    typed(0x23, 0x07),
    typed(0x24, 0x08),
    typed(0x25, 0x09),
    typed(0x26, 0x0a),
    typed(0x27, 0x0b),
    fixed(0x28, 0x1c, 0x0d),
    fixed(0x29, 0x01, 0x1b),
    fixed(0x2a, 0x0e, 0x08),
    fixed(0x2b, 0x0f, 0x09),
    fixed(0x2c, 0x39, 0x20),
    typed(0x2d, 0x0c),
    typed(0x2e, 0x0d),
    typed(0x2f, 0x1a),
    typed(0x30, 0x1b),
    typed(0x31, 0x2b),
    typed(0x32, 0x2b),
    typed(0x33, 0x27),
    typed(0x34, 0x28),
    typed(0x35, 0x29),
    typed(0x36, 0x33),
    typed(0x37, 0x34),
    typed(0x38, 0x35),
    fixed(0x39, 0x3a, 0x14),
    fixed(0x3a, 0x3b, 0x70),
    fixed(0x3b, 0x3c, 0x71),
    fixed(0x3c, 0x3d, 0x72),
    fixed(0x3d, 0x3e, 0x73),
    fixed(0x3e, 0x3f, 0x74),
    fixed(0x3f, 0x40, 0x75),
    fixed(0x40, 0x41, 0x76),
    fixed(0x41, 0x42, 0x77),
    fixed(0x42, 0x43, 0x78),
    fixed(0x43, 0x44, 0x79),
    fixed(0x44, 0x57, 0x7a),
    fixed(0x45, 0x58, 0x7b),
    extended(0x46, 0x37, 0x2c),
    fixed(0x47, 0x46, 0x91),
    fixed(0x48, 0x45, 0x13),
    extended(0x49, 0x52, 0x2d),
    extended(0x4a, 0x47, 0x24),
    extended(0x4b, 0x49, 0x21),
    extended(0x4c, 0x53, 0x2e),
    extended(0x4d, 0x4f, 0x23),
    extended(0x4e, 0x51, 0x22),
    extended(0x4f, 0x4d, 0x27),
    extended(0x50, 0x4b, 0x25),
    extended(0x51, 0x50, 0x28),
    extended(0x52, 0x48, 0x26),
    extended(0x53, 0x45, 0x90),
    extended(0x54, 0x35, 0x6f),
    fixed(0x55, 0x37, 0x6a),
    fixed(0x56, 0x4a, 0x6d),
    fixed(0x57, 0x4e, 0x6b),
    extended(0x58, 0x1c, 0x0d),
    fixed(0x59, 0x4f, 0x23),
    fixed(0x5a, 0x50, 0x28),
    fixed(0x5b, 0x51, 0x22),
    fixed(0x5c, 0x4b, 0x25),
    fixed(0x5d, 0x4c, 0x0c),
    fixed(0x5e, 0x4d, 0x27),
    fixed(0x5f, 0x47, 0x24),
    fixed(0x60, 0x48, 0x26),
    fixed(0x61, 0x49, 0x21),
    fixed(0x62, 0x52, 0x2d),
    fixed(0x63, 0x53, 0x2e),
    typed(0x64, 0x56),
    extended(0x65, 0x5d, 0x5d),
    typed(0x67, 0x59),
    fixed(0x68, 0x64, 0x7c),
    fixed(0x69, 0x65, 0x7d),
    fixed(0x6a, 0x66, 0x7e),
    fixed(0x6b, 0x67, 0x7f),
    fixed(0x6c, 0x68, 0x80),
    fixed(0x6d, 0x69, 0x81),
    fixed(0x6e, 0x6a, 0x82),
    fixed(0x6f, 0x6b, 0x83),
    fixed(0x70, 0x6c, 0x84),
    fixed(0x71, 0x6d, 0x85),
    fixed(0x72, 0x6e, 0x86),
    fixed(0x73, 0x76, 0x87),
    extended(0x75, 0x3b, 0x2f),
    extended(0x7f, 0x20, 0xad),
    extended(0x80, 0x30, 0xaf),
    extended(0x81, 0x2e, 0xae),
    typed(0x85, 0x7e),
    typed(0x87, 0x73),
    typed(0x88, 0x70),
    typed(0x89, 0x7d),
    typed(0x8a, 0x79),
    typed(0x8b, 0x7b),
    typed(0x8c, 0x5c),
    typed(0x90, 0x72),
    typed(0x91, 0x71),
    typed(0x92, 0x78),
    typed(0x93, 0x77),
    fixed(0xe0, 0x1d, 0xa2),
    fixed(0xe1, 0x2a, 0xa0),
    fixed(0xe2, 0x38, 0xa4),
    extended(0xe3, 0x5b, 0x5b),
    extended(0xe4, 0x1d, 0xa3),
    fixed(0xe5, 0x36, 0xa1),
    extended(0xe6, 0x38, 0xa5),
    extended(0xe7, 0x5c, 0x5c),
    extended(0x000c_00b5, 0x19, 0xb0),
    extended(0x000c_00b6, 0x10, 0xb1),
    extended(0x000c_00b7, 0x24, 0xb2),
    extended(0x000c_00cd, 0x22, 0xb3),
    extended(0x000c_0183, 0x6d, 0xb5),
    extended(0x000c_018a, 0x6c, 0xb4),
    extended(0x000c_0192, 0x21, 0xb7),
    extended(0x000c_0194, 0x6b, 0xb6),
    extended(0x000c_0221, 0x65, 0xaa),
    extended(0x000c_0223, 0x32, 0xac),
    extended(0x000c_0224, 0x6a, 0xa6),
    extended(0x000c_0225, 0x69, 0xa7),
    extended(0x000c_0226, 0x68, 0xa9),
    extended(0x000c_0227, 0x67, 0xa8),
    extended(0x000c_022a, 0x66, 0xab),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{PLACES, Place, is_modifier_or_lock};

    #[test]
    fn is_sorted_and_no_place_is_two_keys() {
        assert!(PLACES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let mut places = BTreeMap::new();
        for (usage, place, _) in PLACES {
            if let Some(other) = places.insert(place.0, *usage) {
                // The key beside the left Shift key of some keyboards, and of others.
                assert_eq!((other, *usage), (0x31, 0x32), "{place:?}");
            }
        }
    }

    #[cfg(target_os = "linux")]
    /// Linux counts the keys of the first PCs as their scancodes of set 1 do, so that one table tells of slips in the
    /// other.
    #[test]
    fn agrees_with_linux_where_that_kept_the_scancodes() {
        let linux = |usage| super::super::keys::by_usage(usage).map(|key| key.linux);
        let slips: Vec<_> = PLACES
            .iter()
            .filter(|(_, place, _)| !place.is_extended() && (0x01..=0x53).contains(&place.scan()))
            .filter(|(usage, place, _)| *place != Place::PAUSE && linux(*usage) != Some(place.scan()))
            .collect();
        assert!(slips.is_empty(), "{slips:x?}");
        let found = |usage| Place::of(usage).map(|place| (place.scan(), place.is_extended()));
        // What Linux numbers apart from the rest, by Microsoft's table.
        for (usage, scan) in [(0x46, 0x37), (0x4f, 0x4d), (0x50, 0x4b), (0x51, 0x50), (0x52, 0x48), (0x58, 0x1c)] {
            assert_eq!(found(usage), Some((scan, true)), "{usage:#x}");
        }
        let named = [
            (0x39, Place::CAPS_LOCK),
            (0x48, Place::PAUSE),
            (0x53, Place::NUM_LOCK),
            (0xe0, Place::LEFT_CONTROL),
            (0xe1, Place::LEFT_SHIFT),
            (0xe6, Place::RIGHT_ALT),
        ];
        for (usage, place) in named {
            assert_eq!(Place::of(usage), Some(place), "{usage:#x}");
        }
        assert_eq!(Place::BREAK.code(false), Some(0x03), "VK_CANCEL");
        assert_eq!(found(0x66), None, "the power is the customer's");
    }

    #[test]
    fn the_keypad_goes_by_num_lock() {
        let seven = Place::of(0x5f).expect("it is in the table");
        assert_eq!((seven.code(true), seven.code(false)), (Some(0x67), Some(0x24)));
        let home = Place::of(0x4a).expect("it is in the table");
        assert_eq!((home.code(true), home.code(false)), (Some(0x24), Some(0x24)));
        assert!(seven.is_on_keypad() && !home.is_on_keypad());
        assert_eq!(Place::of(0x04).and_then(|a| a.code(true)), None, "that is the layout's");
    }

    #[test]
    fn modifiers_and_locks_do_not_repeat() {
        assert!([0xe0, 0xe7, 0x39, 0x53].into_iter().all(is_modifier_or_lock));
        assert!(![0x04, 0x2a, 0x50, 0xe8].into_iter().any(is_modifier_or_lock));
    }
}
