//! Hands on keyboards of several layouts.

use std::time::Duration;

use crate::desk::Desk;

/// What a program needs to take in another layout.
pub(super) const SETTLE: Duration = Duration::from_millis(300);

/// The keys of a PC keyboard by X's numbers, as every Linux has them: named after what they are in the US.
pub(super) mod code {
    pub(crate) const BACKQUOTE: u8 = 49;
    pub(crate) const MINUS: u8 = 20;
    pub(crate) const EQUAL: u8 = 21;
    pub(crate) const BRACKET: u8 = 34;
    pub(crate) const BRACKET_RIGHT: u8 = 35;
    pub(crate) const SEMICOLON: u8 = 47;
    pub(crate) const BACKSLASH: u8 = 51;
    pub(crate) const SLASH: u8 = 61;
    pub(crate) const ANGLE: u8 = 94;
    pub(crate) const RETURN: u8 = 36;
    pub(crate) const SHIFT: u8 = 50;
    pub(crate) const CONTROL: u8 = 37;
    pub(crate) const ALT_RIGHT: u8 = 108;

    /// The key with this digit or letter.
    pub(crate) fn of(sign: char) -> u8 {
        let rows = [(10, "1234567890"), (24, "qwertyuiop"), (38, "asdfghjkl"), (52, "zxcvbnm,.")];
        let at = |(first, row): (u8, &str)| row.find(sign).and_then(|at| u8::try_from(at).ok()).map(|at| first + at);
        rows.into_iter().find_map(at).expect("a key of the main block")
    }
}

/// A key, with what is held meanwhile.
#[derive(Clone, Copy)]
pub(super) enum Tap {
    Plain(u8),
    Shift(u8),
    AltGr(u8),
    /// With this one held.
    With(u8, u8),
}

/// A layout, keys on it, and what they make.
pub(super) struct Hand {
    pub(super) layout: &'static str,
    pub(super) taps: Vec<Tap>,
    pub(super) text: &'static str,
    /// The keys whose caps say Z, Y, A and Q, or stand where they do.
    pub(super) zyaq: [u8; 4],
}

pub(super) fn hands() -> [Hand; 4] {
    use Tap::{AltGr, Plain, Shift};
    let of = code::of;
    let letters = |keys: &str| keys.chars().map(of).map(Plain).collect::<Vec<_>>();
    let us = [Plain(code::SLASH), Shift(code::SLASH), Shift(of('2')), Plain(code::BRACKET), Shift(code::BACKSLASH)];
    let de = [
        Shift(of('y')),
        AltGr(of('q')),
        AltGr(of('e')),
        AltGr(code::MINUS),
        AltGr(of('7')),
        AltGr(of('0')),
        AltGr(code::BRACKET_RIGHT),
        Plain(code::SEMICOLON),
        Shift(code::SEMICOLON),
        Plain(code::MINUS),
        Shift(of('7')),
        Plain(code::ANGLE),
        AltGr(code::ANGLE),
        // Dead keys: ´ and e, ^ and A.
        Plain(code::EQUAL),
        Plain(of('e')),
        Plain(code::BACKQUOTE),
        Shift(of('a')),
    ];
    let fr = [
        Plain(of('2')),
        Shift(of('2')),
        Plain(of('9')),
        Plain(of('0')),
        AltGr(of('0')),
        Plain(code::SLASH),
        Shift(code::SLASH),
        // A dead key: ^ and e.
        Plain(code::BRACKET),
        Plain(of('e')),
    ];
    let gr = [
        Shift(of('a')),
        Plain(of('q')),
        // A dead key: ΄ and α.
        Plain(code::SEMICOLON),
        Plain(of('a')),
    ];
    let all = |start: &str, rest: &[Tap]| [letters(start), rest.to_vec()].concat();
    [
        Hand { layout: "us", taps: all("yzaq", &us), text: "yzaq/?@[|", zyaq: ["z", "y", "a", "q"].map(key) },
        Hand {
            layout: "de",
            taps: all("yzaq", &de),
            text: "zyaqZ@€\\{}~öÖß/<|éÂ",
            zyaq: ["y", "z", "a", "q"].map(key),
        },
        Hand { layout: "fr", taps: all("yzaq", &fr), text: "ywqaé2çà@!§ê", zyaq: ["w", "y", "q", "a"].map(key) },
        Hand { layout: "gr", taps: all("yzax", &gr), text: "υζαχΑ;ά", zyaq: ["z", "y", "a", "q"].map(key) },
    ]
}

pub(super) fn key(sign: &str) -> u8 {
    sign.chars().next().map(code::of).expect("a sign")
}

pub(super) fn tap(desk: &Desk, tap: Tap) {
    let (held, code) = match tap {
        Tap::Plain(code) => (None, code),
        Tap::Shift(code) => (Some(code::SHIFT), code),
        Tap::AltGr(code) => (Some(code::ALT_RIGHT), code),
        Tap::With(held, code) => (Some(held), code),
    };
    desk.chord(held.as_slice(), code);
}
