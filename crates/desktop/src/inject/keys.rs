//! Keys by position: HID usage (pages 0x07 and 0x0c) → name of the key in XKB, and → Linux's key code for a server that has no
//! names. XKB's names are positions too ("AC01" is the first key of the third row from below), whatever is printed on
//! them. Sources: USB HID Usage Tables 1.5, sections 10 and 15; xkeyboard-config `keycodes/evdev` and `keycodes/xfree86`;
//! `linux/input-event-codes.h`.

/// One key.
pub(super) struct Key {
    /// On page 0x07 as it is, on page 0x0c (consumer) with the page in the upper half.
    pub(super) usage: u32,
    /// What XKB may call it, the likeliest first.
    pub(super) names: &'static [&'static str],
    /// Linux's code; X adds eight.
    pub(super) linux: u8,
}

/// The key with this usage, if there is one in any keyboard that X knows.
pub(super) fn by_usage(usage: u32) -> Option<&'static Key> {
    KEYS.binary_search_by_key(&usage, |key| key.usage).ok().map(|at| &KEYS[at])
}

/// Is this name in XKB that of a key in the table?
pub(super) fn is_named(name: &[u8; 4]) -> bool {
    let named = name.iter().position(|byte| *byte == 0).map_or(&name[..], |end| &name[..end]);
    KEYS.iter().any(|key| key.names.iter().any(|name| name.as_bytes() == named))
}

const fn key(usage: u32, names: &'static [&'static str], linux: u8) -> Key {
    Key { usage, names, linux }
}

/// In the order of usages.
const KEYS: &[Key] = &[
    key(0x04, &["AC01"], 30),
    key(0x05, &["AB05"], 48),
    key(0x06, &["AB03"], 46),
    key(0x07, &["AC03"], 32),
    key(0x08, &["AD03"], 18),
    key(0x09, &["AC04"], 33),
    key(0x0a, &["AC05"], 34),
    key(0x0b, &["AC06"], 35),
    key(0x0c, &["AD08"], 23),
    key(0x0d, &["AC07"], 36),
    key(0x0e, &["AC08"], 37),
    key(0x0f, &["AC09"], 38),
    key(0x10, &["AB07"], 50),
    key(0x11, &["AB06"], 49),
    key(0x12, &["AD09"], 24),
    key(0x13, &["AD10"], 25),
    key(0x14, &["AD01"], 16),
    key(0x15, &["AD04"], 19),
    key(0x16, &["AC02"], 31),
    key(0x17, &["AD05"], 20),
    key(0x18, &["AD07"], 22),
    key(0x19, &["AB04"], 47),
    key(0x1a, &["AD02"], 17),
    key(0x1b, &["AB02"], 45),
    key(0x1c, &["AD06"], 21),
    key(0x1d, &["AB01"], 44),
    key(0x1e, &["AE01"], 2),
    key(0x1f, &["AE02"], 3),
    key(0x20, &["AE03"], 4),
    key(0x21, &["AE04"], 5),
    key(0x22, &["AE05"], 6),
    key(0x23, &["AE06"], 7),
    key(0x24, &["AE07"], 8),
    key(0x25, &["AE08"], 9),
    key(0x26, &["AE09"], 10),
    key(0x27, &["AE10"], 11),
    key(0x28, &["RTRN"], 28),
    key(0x29, &["ESC"], 1),
    key(0x2a, &["BKSP"], 14),
    key(0x2b, &["TAB"], 15),
    key(0x2c, &["SPCE"], 57),
    key(0x2d, &["AE11"], 12),
    key(0x2e, &["AE12"], 13),
    key(0x2f, &["AD11"], 26),
    key(0x30, &["AD12"], 27),
    key(0x31, &["BKSL", "AC12"], 43),
    key(0x32, &["AC12", "BKSL"], 43),
    key(0x33, &["AC10"], 39),
    key(0x34, &["AC11"], 40),
    key(0x35, &["TLDE"], 41),
    key(0x36, &["AB08"], 51),
    key(0x37, &["AB09"], 52),
    key(0x38, &["AB10"], 53),
    key(0x39, &["CAPS"], 58),
    key(0x3a, &["FK01"], 59),
    key(0x3b, &["FK02"], 60),
    key(0x3c, &["FK03"], 61),
    key(0x3d, &["FK04"], 62),
    key(0x3e, &["FK05"], 63),
    key(0x3f, &["FK06"], 64),
    key(0x40, &["FK07"], 65),
    key(0x41, &["FK08"], 66),
    key(0x42, &["FK09"], 67),
    key(0x43, &["FK10"], 68),
    key(0x44, &["FK11"], 87),
    key(0x45, &["FK12"], 88),
    key(0x46, &["PRSC", "SYRQ"], 99),
    key(0x47, &["SCLK"], 70),
    key(0x48, &["PAUS", "BRK"], 119),
    key(0x49, &["INS"], 110),
    key(0x4a, &["HOME"], 102),
    key(0x4b, &["PGUP"], 104),
    key(0x4c, &["DELE"], 111),
    key(0x4d, &["END"], 107),
    key(0x4e, &["PGDN"], 109),
    key(0x4f, &["RGHT"], 106),
    key(0x50, &["LEFT"], 105),
    key(0x51, &["DOWN"], 108),
    key(0x52, &["UP"], 103),
    key(0x53, &["NMLK"], 69),
    key(0x54, &["KPDV"], 98),
    key(0x55, &["KPMU"], 55),
    key(0x56, &["KPSU"], 74),
    key(0x57, &["KPAD"], 78),
    key(0x58, &["KPEN"], 96),
    key(0x59, &["KP1"], 79),
    key(0x5a, &["KP2"], 80),
    key(0x5b, &["KP3"], 81),
    key(0x5c, &["KP4"], 75),
    key(0x5d, &["KP5"], 76),
    key(0x5e, &["KP6"], 77),
    key(0x5f, &["KP7"], 71),
    key(0x60, &["KP8"], 72),
    key(0x61, &["KP9"], 73),
    key(0x62, &["KP0"], 82),
    key(0x63, &["KPDL"], 83),
    key(0x64, &["LSGT"], 86),
    key(0x65, &["COMP", "MENU"], 127),
    key(0x66, &["POWR", "I124"], 116),
    key(0x67, &["KPEQ"], 117),
    key(0x68, &["FK13"], 183),
    key(0x69, &["FK14"], 184),
    key(0x6a, &["FK15"], 185),
    key(0x6b, &["FK16"], 186),
    key(0x6c, &["FK17"], 187),
    key(0x6d, &["FK18"], 188),
    key(0x6e, &["FK19"], 189),
    key(0x6f, &["FK20"], 190),
    key(0x70, &["FK21"], 191),
    key(0x71, &["FK22"], 192),
    key(0x72, &["FK23"], 193),
    key(0x73, &["FK24"], 194),
    key(0x74, &["OPEN", "I142"], 134),
    key(0x75, &["HELP", "I146"], 138),
    key(0x76, &["PROP", "I138"], 130),
    key(0x77, &["FRNT", "I140"], 132),
    key(0x78, &["STOP", "I136"], 128),
    key(0x79, &["AGAI", "I137"], 129),
    key(0x7a, &["UNDO", "I139"], 131),
    key(0x7b, &["CUT", "I145"], 137),
    key(0x7c, &["COPY", "I141"], 133),
    key(0x7d, &["PAST", "I143"], 135),
    key(0x7e, &["FIND", "I144"], 136),
    key(0x7f, &["MUTE", "I121"], 113),
    key(0x80, &["VOL+", "I123"], 115),
    key(0x81, &["VOL-", "I122"], 114),
    key(0x85, &["I129", "KPPT", "KPCO"], 121),
    key(0x87, &["AB11"], 89),
    key(0x88, &["HKTG"], 93),
    key(0x89, &["AE13"], 124),
    key(0x8a, &["HENK", "XFER"], 92),
    key(0x8b, &["MUHE", "NFER"], 94),
    key(0x8c, &["JPCM"], 95),
    key(0x90, &["HNGL"], 122),
    key(0x91, &["HJCV"], 123),
    key(0x92, &["KATA"], 90),
    key(0x93, &["HIRA"], 91),
    key(0x94, &["HZTG", "TLDE"], 85),
    key(0xb6, &["I187"], 179),
    key(0xb7, &["I188"], 180),
    key(0xd7, &["I126"], 118),
    key(0xe0, &["LCTL"], 29),
    key(0xe1, &["LFSH"], 42),
    key(0xe2, &["LALT"], 56),
    key(0xe3, &["LWIN", "LMTA"], 125),
    key(0xe4, &["RCTL"], 97),
    key(0xe5, &["RTSH"], 54),
    key(0xe6, &["RALT", "LVL3"], 100),
    key(0xe7, &["RWIN", "RMTA"], 126),
    key(0x000c_00b5, &["I171"], 163),
    key(0x000c_00b6, &["I173"], 165),
    key(0x000c_00b7, &["I174"], 166),
    key(0x000c_00b8, &["I169"], 161),
    key(0x000c_00cd, &["I172"], 164),
    key(0x000c_0183, &["I179"], 171),
    key(0x000c_018a, &["I163"], 155),
    key(0x000c_0192, &["I148"], 140),
    key(0x000c_0194, &["I165"], 157),
    key(0x000c_0221, &["I225"], 217),
    key(0x000c_0223, &["I180"], 172),
    key(0x000c_0224, &["I166"], 158),
    key(0x000c_0225, &["I167"], 159),
    key(0x000c_0226, &["STOP", "I136"], 128),
    key(0x000c_0227, &["I181"], 173),
    key(0x000c_022a, &["I164"], 156),
];

#[cfg(test)]
mod tests {
    use super::{KEYS, by_usage, is_named};

    #[test]
    fn is_sorted_and_names_fit_xkb() {
        assert!(KEYS.windows(2).all(|pair| pair[0].usage < pair[1].usage));
        for key in KEYS {
            assert!(!key.names.is_empty());
            assert!(key.names.iter().all(|name| (1..=4).contains(&name.len())), "{:#x}", key.usage);
            assert!(key.linux <= 247, "X has no code for {:#x}", key.usage);
        }
    }

    #[test]
    fn finds_positions_at_the_ends_and_in_between() {
        assert_eq!(by_usage(0x04).map(|k| k.names[0]), Some("AC01"));
        assert_eq!(by_usage(0x1d).map(|k| k.names[0]), Some("AB01"));
        assert_eq!(by_usage(0xe7).map(|k| k.names[0]), Some("RWIN"));
        assert_eq!(by_usage(0x000c_00cd).map(|k| k.names[0]), Some("I172"), "Play/Pause");
        assert!(is_named(b"ESC\0") && is_named(b"AC01") && !is_named(b"I120"));
        assert!(by_usage(0x00).is_none());
        assert!(by_usage(0xe8).is_none());
        assert!(by_usage(u32::MAX).is_none());
    }
}
