//! Keys → what the host is told about them: where they are (HID usages; USB HID Usage Tables 1.5, page 0x07, and page 0x0c
//! for media and the browser's) and what they mean to the adviser, whose layout the host does not know.

use std::fmt;

use winit::keyboard::{Key, KeyCode, NamedKey, NativeKey, PhysicalKey};

/// X11's keysyms from `ISO_Lock` to `ISO_Level5_Lock`: keys that only choose what others type, of which winit knows few by
/// name.
const LEVELS_FIRST: u32 = 0xfe01;
const LEVELS_LAST: u32 = 0xfe13;

/// A press as the window system tells it.
#[derive(Clone, Copy)]
pub struct Pressed<'a> {
    /// Where.
    pub physical: PhysicalKey,
    /// What it means under the layout, with all modifiers.
    pub logical: &'a Key,
    /// What it means without any.
    pub plain: &'a Key,
    /// What it types, with what was composed before.
    pub text: Option<&'a str>,
}

/// What a press means to the host.
#[derive(Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A key that can be held.
    Key {
        /// Its HID usage: on page 0x07 as it is, on another with the page in the upper half.
        usage: u32,
        /// What it types.
        typed: Typed,
    },
    /// Text that no single key makes: typed at once.
    Text(String),
    /// It only chooses what another key types: AltGr, a dead key, a part of a composition.
    Nothing,
}

/// The character that a key means.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Typed {
    /// With Shift and AltGr, without Ctrl and Alt.
    pub text: Option<char>,
    /// On the keycap: without Shift and AltGr. Of a keyboard with another script it is the Latin letter in the same place,
    /// which is what programs take Ctrl with that key for.
    pub cap: Option<char>,
}

/// Tells what presses mean, one after the other: some mean something together.
#[derive(Debug, Default)]
pub struct Interpreter {
    composing: Composing,
    script: Script,
}

/// That of the letter pressed last. It decides what signs among the letters mean to a program with Ctrl: `;` stands where Q
/// is on a Greek keyboard, and where Z is on an American one of Dvorak's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Script {
    #[default]
    Latin,
    Other,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Composing {
    #[default]
    No,
    /// A dead key or the Compose key was pressed, and nothing was typed since.
    Yes,
}

impl Interpreter {
    /// What this press means. Repeats are not presses.
    pub fn press(&mut self, key: Pressed<'_>) -> Meaning {
        let usage = match key.physical {
            PhysicalKey::Code(code) => usage(code),
            PhysicalKey::Unidentified(_) => None,
        };
        let text = typed(&key);
        match key.logical {
            Key::Dead(_) | Key::Named(NamedKey::Compose) => self.begin(),
            Key::Named(named) if chooses(*named) => Meaning::Nothing,
            Key::Unidentified(NativeKey::Xkb(LEVELS_FIRST..=LEVELS_LAST)) => Meaning::Nothing,
            Key::Named(named) if is_modifier(*named) => as_named(*named, usage),
            Key::Named(named) if text.is_none() => match std::mem::take(&mut self.composing) {
                Composing::No => as_named(*named, usage),
                // Backspace and the like only end the composition.
                Composing::Yes => Meaning::Nothing,
            },
            _ => match (text, usage) {
                (Some(text), usage) => self.text(&key, text, usage),
                // A key without a meaning here may be one there, unless it writes: nobody knows what.
                (None, Some(usage)) if !writes(usage) => Meaning::Key { usage, typed: Typed::default() },
                (None, _) => Meaning::Nothing,
            },
        }
    }

    /// What was begun to be composed is forgotten.
    pub fn forget(&mut self) {
        self.composing = Composing::No;
    }

    fn begin(&mut self) -> Meaning {
        self.composing = Composing::Yes;
        Meaning::Nothing
    }

    fn text(&mut self, key: &Pressed<'_>, text: &str, usage: Option<u32>) -> Meaning {
        let composed = std::mem::take(&mut self.composing) == Composing::Yes;
        match (single(text), usage) {
            (Some(character), Some(usage)) if !composed => {
                let cap = match key.plain {
                    Key::Character(cap) => single(cap),
                    _ => None,
                };
                if let Some(letter) = cap.filter(|cap| cap.is_alphabetic()) {
                    self.script = if is_latin(letter) { Script::Latin } else { Script::Other };
                }
                let cap = cap.map(|cap| match self.script {
                    Script::Latin => cap,
                    Script::Other => latin(usage).unwrap_or(cap),
                });
                Meaning::Key { usage, typed: Typed { text: Some(character), cap } }
            }
            _ => Meaning::Text(text.to_owned()),
        }
    }
}

impl fmt::Debug for Typed {
    /// Silent: what is typed may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").finish_non_exhaustive()
    }
}

impl fmt::Debug for Meaning {
    /// Silent likewise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meaning").finish_non_exhaustive()
    }
}

/// The printable text of a press. Some systems give none while Ctrl is held, but say which character it is.
fn typed<'a>(key: &Pressed<'a>) -> Option<&'a str> {
    let printable = |text: &&str| !text.is_empty() && !text.chars().any(char::is_control);
    let character = || match key.logical {
        Key::Character(character) => Some(character.as_str()),
        _ => None,
    };
    key.text.filter(printable).or_else(character).filter(printable)
}

fn single(text: &str) -> Option<char> {
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

fn is_latin(letter: char) -> bool {
    matches!(letter, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// What a key of the main block says on the keyboard that all others are made after.
fn latin(usage: u32) -> Option<char> {
    let at = |first: u32, text: &str| text.chars().nth(usize::try_from(usage - first).ok()?);
    match usage {
        0x04..=0x27 => at(0x04, "abcdefghijklmnopqrstuvwxyz1234567890"),
        0x2d..=0x31 => at(0x2d, "-=[]\\"),
        0x33..=0x38 => at(0x33, ";'`,./"),
        _ => None,
    }
}

/// Is it a key of the main block that writes?
const fn writes(usage: u32) -> bool {
    matches!(usage, 0x04..=0x27 | 0x2d..=0x38 | 0x64 | 0x87 | 0x89)
}

/// Keys that only choose what others type. The choice is in what those are told to mean.
const fn chooses(key: NamedKey) -> bool {
    matches!(
        key,
        NamedKey::AltGraph
            | NamedKey::GroupFirst
            | NamedKey::GroupLast
            | NamedKey::GroupNext
            | NamedKey::GroupPrevious
            | NamedKey::ModeChange
            | NamedKey::Process
    )
}

const fn is_modifier(key: NamedKey) -> bool {
    matches!(
        key,
        NamedKey::Shift
            | NamedKey::Control
            | NamedKey::Alt
            | NamedKey::Super
            | NamedKey::CapsLock
            | NamedKey::NumLock
            | NamedKey::ScrollLock
    )
}

/// The key with this name: where it was pressed if it has it there, or else where it has it usually (Caps Lock may be a
/// Ctrl key).
fn as_named(named: NamedKey, here: Option<u32>) -> Meaning {
    let usages = usages(named);
    // The number pad's keys have other names by Num Lock, which the host is told.
    let is_pad = |usage: &u32| matches!(usage, 0x54..=0x63);
    let usage = here.filter(|here| usages.is_empty() || usages.contains(here) || is_pad(here));
    match usage.or_else(|| usages.first().copied()) {
        Some(usage) => Meaning::Key { usage, typed: Typed::default() },
        None => Meaning::Nothing,
    }
}

/// Where keyboards have the key with this name; nothing for names that say nothing about that.
const fn usages(named: NamedKey) -> &'static [u32] {
    match named {
        NamedKey::Enter => &[0x28, 0x58],
        NamedKey::Escape => &[0x29],
        NamedKey::Backspace => &[0x2a, 0xbb],
        NamedKey::Tab => &[0x2b],
        NamedKey::Space => &[0x2c],
        NamedKey::CapsLock => &[0x39],
        NamedKey::PrintScreen => &[0x46],
        NamedKey::ScrollLock => &[0x47],
        NamedKey::Pause => &[0x48],
        NamedKey::Insert => &[0x49],
        NamedKey::Home => &[0x4a],
        NamedKey::PageUp => &[0x4b],
        NamedKey::Delete => &[0x4c],
        NamedKey::End => &[0x4d],
        NamedKey::PageDown => &[0x4e],
        NamedKey::ArrowRight => &[0x4f],
        NamedKey::ArrowLeft => &[0x50],
        NamedKey::ArrowDown => &[0x51],
        NamedKey::ArrowUp => &[0x52],
        NamedKey::NumLock => &[0x53],
        NamedKey::ContextMenu => &[0x65],
        NamedKey::AudioVolumeMute => &[0x7f],
        NamedKey::AudioVolumeUp => &[0x80],
        NamedKey::AudioVolumeDown => &[0x81],
        NamedKey::Control => &[0xe0, 0xe4],
        NamedKey::Shift => &[0xe1, 0xe5],
        NamedKey::Alt => &[0xe2, 0xe6],
        NamedKey::Super => &[0xe3, 0xe7],
        NamedKey::MediaTrackNext => &[0x000c_00b5],
        NamedKey::MediaTrackPrevious => &[0x000c_00b6],
        NamedKey::MediaStop => &[0x000c_00b7],
        NamedKey::Eject => &[0x000c_00b8],
        NamedKey::MediaPlayPause | NamedKey::MediaPlay => &[0x000c_00cd],
        NamedKey::LaunchMediaPlayer => &[0x000c_0183],
        NamedKey::LaunchMail => &[0x000c_018a],
        NamedKey::LaunchApplication2 => &[0x000c_0192],
        NamedKey::LaunchApplication1 => &[0x000c_0194],
        NamedKey::BrowserSearch => &[0x000c_0221],
        NamedKey::BrowserHome => &[0x000c_0223],
        NamedKey::BrowserBack => &[0x000c_0224],
        NamedKey::BrowserForward => &[0x000c_0225],
        NamedKey::BrowserStop => &[0x000c_0226],
        NamedKey::BrowserRefresh => &[0x000c_0227],
        NamedKey::BrowserFavorites => &[0x000c_022a],
        _ => &[],
    }
}

/// The HID usage of a physical key.
#[must_use]
#[expect(clippy::too_many_lines, reason = "a table")]
pub const fn usage(key: KeyCode) -> Option<u32> {
    Some(match key {
        KeyCode::KeyA => 0x04,
        KeyCode::KeyB => 0x05,
        KeyCode::KeyC => 0x06,
        KeyCode::KeyD => 0x07,
        KeyCode::KeyE => 0x08,
        KeyCode::KeyF => 0x09,
        KeyCode::KeyG => 0x0a,
        KeyCode::KeyH => 0x0b,
        KeyCode::KeyI => 0x0c,
        KeyCode::KeyJ => 0x0d,
        KeyCode::KeyK => 0x0e,
        KeyCode::KeyL => 0x0f,
        KeyCode::KeyM => 0x10,
        KeyCode::KeyN => 0x11,
        KeyCode::KeyO => 0x12,
        KeyCode::KeyP => 0x13,
        KeyCode::KeyQ => 0x14,
        KeyCode::KeyR => 0x15,
        KeyCode::KeyS => 0x16,
        KeyCode::KeyT => 0x17,
        KeyCode::KeyU => 0x18,
        KeyCode::KeyV => 0x19,
        KeyCode::KeyW => 0x1a,
        KeyCode::KeyX => 0x1b,
        KeyCode::KeyY => 0x1c,
        KeyCode::KeyZ => 0x1d,
        KeyCode::Digit1 => 0x1e,
        KeyCode::Digit2 => 0x1f,
        KeyCode::Digit3 => 0x20,
        KeyCode::Digit4 => 0x21,
        KeyCode::Digit5 => 0x22,
        KeyCode::Digit6 => 0x23,
        KeyCode::Digit7 => 0x24,
        KeyCode::Digit8 => 0x25,
        KeyCode::Digit9 => 0x26,
        KeyCode::Digit0 => 0x27,
        KeyCode::Enter => 0x28,
        KeyCode::Escape => 0x29,
        KeyCode::Backspace => 0x2a,
        KeyCode::Tab => 0x2b,
        KeyCode::Space => 0x2c,
        KeyCode::Minus => 0x2d,
        KeyCode::Equal => 0x2e,
        KeyCode::BracketLeft => 0x2f,
        KeyCode::BracketRight => 0x30,
        // 0x32, the key beside Enter on ISO keyboards, is this same key: no keyboard has both.
        KeyCode::Backslash => 0x31,
        KeyCode::Semicolon => 0x33,
        KeyCode::Quote => 0x34,
        KeyCode::Backquote => 0x35,
        KeyCode::Comma => 0x36,
        KeyCode::Period => 0x37,
        KeyCode::Slash => 0x38,
        KeyCode::CapsLock => 0x39,
        KeyCode::F1 => 0x3a,
        KeyCode::F2 => 0x3b,
        KeyCode::F3 => 0x3c,
        KeyCode::F4 => 0x3d,
        KeyCode::F5 => 0x3e,
        KeyCode::F6 => 0x3f,
        KeyCode::F7 => 0x40,
        KeyCode::F8 => 0x41,
        KeyCode::F9 => 0x42,
        KeyCode::F10 => 0x43,
        KeyCode::F11 => 0x44,
        KeyCode::F12 => 0x45,
        KeyCode::PrintScreen => 0x46,
        KeyCode::ScrollLock => 0x47,
        KeyCode::Pause => 0x48,
        KeyCode::Insert => 0x49,
        KeyCode::Home => 0x4a,
        KeyCode::PageUp => 0x4b,
        KeyCode::Delete => 0x4c,
        KeyCode::End => 0x4d,
        KeyCode::PageDown => 0x4e,
        KeyCode::ArrowRight => 0x4f,
        KeyCode::ArrowLeft => 0x50,
        KeyCode::ArrowDown => 0x51,
        KeyCode::ArrowUp => 0x52,
        KeyCode::NumLock => 0x53,
        KeyCode::NumpadDivide => 0x54,
        KeyCode::NumpadMultiply | KeyCode::NumpadStar => 0x55,
        KeyCode::NumpadSubtract => 0x56,
        KeyCode::NumpadAdd => 0x57,
        KeyCode::NumpadEnter => 0x58,
        KeyCode::Numpad1 => 0x59,
        KeyCode::Numpad2 => 0x5a,
        KeyCode::Numpad3 => 0x5b,
        KeyCode::Numpad4 => 0x5c,
        KeyCode::Numpad5 => 0x5d,
        KeyCode::Numpad6 => 0x5e,
        KeyCode::Numpad7 => 0x5f,
        KeyCode::Numpad8 => 0x60,
        KeyCode::Numpad9 => 0x61,
        KeyCode::Numpad0 => 0x62,
        KeyCode::NumpadDecimal => 0x63,
        KeyCode::IntlBackslash => 0x64,
        KeyCode::ContextMenu => 0x65,
        KeyCode::Power => 0x66,
        KeyCode::NumpadEqual => 0x67,
        KeyCode::F13 => 0x68,
        KeyCode::F14 => 0x69,
        KeyCode::F15 => 0x6a,
        KeyCode::F16 => 0x6b,
        KeyCode::F17 => 0x6c,
        KeyCode::F18 => 0x6d,
        KeyCode::F19 => 0x6e,
        KeyCode::F20 => 0x6f,
        KeyCode::F21 => 0x70,
        KeyCode::F22 => 0x71,
        KeyCode::F23 => 0x72,
        KeyCode::F24 => 0x73,
        KeyCode::Open => 0x74,
        KeyCode::Help => 0x75,
        KeyCode::Props => 0x76,
        KeyCode::Select => 0x77,
        KeyCode::Again => 0x79,
        KeyCode::Undo => 0x7a,
        KeyCode::Cut => 0x7b,
        KeyCode::Copy => 0x7c,
        KeyCode::Paste => 0x7d,
        KeyCode::Find => 0x7e,
        KeyCode::AudioVolumeMute => 0x7f,
        KeyCode::AudioVolumeUp => 0x80,
        KeyCode::AudioVolumeDown => 0x81,
        KeyCode::NumpadComma => 0x85,
        KeyCode::IntlRo => 0x87,
        KeyCode::KanaMode => 0x88,
        KeyCode::IntlYen => 0x89,
        KeyCode::Convert => 0x8a,
        KeyCode::NonConvert => 0x8b,
        KeyCode::Lang1 => 0x90,
        KeyCode::Lang2 => 0x91,
        KeyCode::Lang3 | KeyCode::Katakana => 0x92,
        KeyCode::Lang4 | KeyCode::Hiragana => 0x93,
        KeyCode::Lang5 => 0x94,
        KeyCode::NumpadParenLeft => 0xb6,
        KeyCode::NumpadParenRight => 0xb7,
        KeyCode::NumpadBackspace => 0xbb,
        KeyCode::NumpadHash => 0xcc,
        KeyCode::NumpadMemoryStore => 0xd0,
        KeyCode::NumpadMemoryRecall => 0xd1,
        KeyCode::NumpadMemoryClear => 0xd2,
        KeyCode::NumpadMemoryAdd => 0xd3,
        KeyCode::NumpadMemorySubtract => 0xd4,
        KeyCode::NumpadClear => 0xd8,
        KeyCode::NumpadClearEntry => 0xd9,
        KeyCode::ControlLeft => 0xe0,
        KeyCode::ShiftLeft => 0xe1,
        KeyCode::AltLeft => 0xe2,
        KeyCode::SuperLeft => 0xe3,
        KeyCode::ControlRight => 0xe4,
        KeyCode::ShiftRight => 0xe5,
        KeyCode::AltRight => 0xe6,
        KeyCode::SuperRight => 0xe7,
        KeyCode::MediaTrackNext => 0x000c_00b5,
        KeyCode::MediaTrackPrevious => 0x000c_00b6,
        KeyCode::MediaStop => 0x000c_00b7,
        KeyCode::Eject => 0x000c_00b8,
        KeyCode::MediaPlayPause => 0x000c_00cd,
        KeyCode::MediaSelect => 0x000c_0183,
        KeyCode::LaunchMail => 0x000c_018a,
        KeyCode::LaunchApp2 => 0x000c_0192,
        KeyCode::LaunchApp1 => 0x000c_0194,
        KeyCode::BrowserSearch => 0x000c_0221,
        KeyCode::BrowserHome => 0x000c_0223,
        KeyCode::BrowserBack => 0x000c_0224,
        KeyCode::BrowserForward => 0x000c_0225,
        KeyCode::BrowserStop => 0x000c_0226,
        KeyCode::BrowserRefresh => 0x000c_0227,
        KeyCode::BrowserFavorites => 0x000c_022a,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use winit::keyboard::{Key, KeyCode, NamedKey, NativeKey, PhysicalKey};

    use super::{Interpreter, Meaning, Pressed, Typed, usage};

    #[test]
    fn keys_that_share_a_character_are_told_apart() {
        for (one, other) in [
            (KeyCode::Digit7, KeyCode::Numpad7),
            (KeyCode::Enter, KeyCode::NumpadEnter),
            (KeyCode::Minus, KeyCode::NumpadSubtract),
            (KeyCode::Home, KeyCode::Numpad7),
            (KeyCode::Backslash, KeyCode::IntlBackslash),
            (KeyCode::ShiftLeft, KeyCode::ShiftRight),
            (KeyCode::AltLeft, KeyCode::AltRight),
            (KeyCode::Comma, KeyCode::NumpadComma),
        ] {
            assert_ne!(usage(one), usage(other), "{one:?} {other:?}");
        }
    }

    #[test]
    fn runs_of_the_table_are_where_the_specification_has_them() {
        let run = |first: u32, keys: &[KeyCode]| {
            for (expected, key) in (first..).zip(keys) {
                assert_eq!(usage(*key), Some(expected), "{key:?}");
            }
        };
        run(0x04, &[KeyCode::KeyA, KeyCode::KeyB]);
        run(0x1c, &[KeyCode::KeyY, KeyCode::KeyZ, KeyCode::Digit1]);
        run(0x26, &[KeyCode::Digit9, KeyCode::Digit0, KeyCode::Enter]);
        run(0x43, &[KeyCode::F10, KeyCode::F11, KeyCode::F12, KeyCode::PrintScreen]);
        run(0x61, &[KeyCode::Numpad9, KeyCode::Numpad0, KeyCode::NumpadDecimal, KeyCode::IntlBackslash]);
        run(0x65, &[KeyCode::ContextMenu]);
        run(0x72, &[KeyCode::F23, KeyCode::F24]);
        run(0xe0, &[KeyCode::ControlLeft, KeyCode::ShiftLeft, KeyCode::AltLeft, KeyCode::SuperLeft]);
    }

    #[test]
    fn media_keys_are_on_a_page_of_their_own() {
        assert_eq!(usage(KeyCode::MediaPlayPause), Some(0x000c_00cd));
        assert_eq!(usage(KeyCode::AudioVolumeMute), Some(0x7f), "page 0x07 has this one");
        assert_eq!(usage(KeyCode::F25), None);
    }

    fn character(text: &str) -> Key {
        Key::Character(text.into())
    }

    fn press(interpreter: &mut Interpreter, code: KeyCode, logical: &Key, plain: &Key, text: Option<&str>) -> Meaning {
        interpreter.press(Pressed { physical: PhysicalKey::Code(code), logical, plain, text })
    }

    fn key(usage: u32, text: impl Into<Option<char>>, cap: impl Into<Option<char>>) -> Meaning {
        Meaning::Key { usage, typed: Typed { text: text.into(), cap: cap.into() } }
    }

    #[test]
    fn a_character_goes_with_its_place_and_its_cap() {
        let mut keys = Interpreter::default();
        let meant = press(&mut keys, KeyCode::KeyQ, &character("@"), &character("q"), Some("@"));
        assert_eq!(meant, key(0x14, '@', 'q'));
        let meant = press(&mut keys, KeyCode::KeyY, &character("z"), &character("z"), None);
        assert_eq!(meant, key(0x1c, 'z', 'z'), "with Ctrl, where the system gives no text");
        let meant = press(&mut keys, KeyCode::KeyZ, &character("ζ"), &character("ζ"), Some("ζ"));
        assert_eq!(meant, key(0x1d, 'ζ', 'z'), "another script");
        let meant = press(&mut keys, KeyCode::KeyQ, &character(";"), &character(";"), Some(";"));
        assert_eq!(meant, key(0x14, ';', 'q'), "a sign among its letters");
        let meant = press(&mut keys, KeyCode::Digit2, &character("é"), &character("é"), Some("é"));
        assert_eq!(meant, key(0x1f, 'é', 'é'), "an accent is no other script");
        let meant = press(&mut keys, KeyCode::Space, &Key::Named(NamedKey::Space), &character(" "), Some(" "));
        assert_eq!(meant, key(0x2c, ' ', ' '));
    }

    #[test]
    fn what_is_composed_is_text_and_its_parts_are_nothing() {
        let mut keys = Interpreter::default();
        let dead = Key::Dead(Some('´'));
        assert_eq!(press(&mut keys, KeyCode::Equal, &dead, &dead, None), Meaning::Nothing);
        let shift = Key::Named(NamedKey::Shift);
        assert_eq!(press(&mut keys, KeyCode::ShiftLeft, &shift, &shift, None), key(0xe1, None, None));
        let meant = press(&mut keys, KeyCode::KeyE, &character("É"), &character("e"), Some("É"));
        assert_eq!(meant, Meaning::Text("É".to_owned()));
        let meant = press(&mut keys, KeyCode::KeyE, &character("e"), &character("e"), Some("e"));
        assert_eq!(meant, key(0x08, 'e', 'e'), "once");

        let compose = Key::Named(NamedKey::Compose);
        assert_eq!(press(&mut keys, KeyCode::AltRight, &compose, &compose, None), Meaning::Nothing);
        let part = Key::Unidentified(NativeKey::Unidentified);
        assert_eq!(press(&mut keys, KeyCode::KeyA, &part, &character("a"), None), Meaning::Nothing);
        let backspace = Key::Named(NamedKey::Backspace);
        assert_eq!(press(&mut keys, KeyCode::Backspace, &backspace, &backspace, None), Meaning::Nothing, "ends it");
        assert_eq!(press(&mut keys, KeyCode::Backspace, &backspace, &backspace, Some("\u{8}")), key(0x2a, None, None));
    }

    #[test]
    fn keys_go_by_their_name_where_they_have_been_moved() {
        let mut keys = Interpreter::default();
        let mut named = |code, name| press(&mut keys, code, &Key::Named(name), &Key::Named(name), None);
        assert_eq!(named(KeyCode::CapsLock, NamedKey::Control), key(0xe0, None, None));
        assert_eq!(named(KeyCode::ControlRight, NamedKey::Control), key(0xe4, None, None));
        assert_eq!(named(KeyCode::AltRight, NamedKey::Alt), key(0xe6, None, None));
        assert_eq!(named(KeyCode::AltRight, NamedKey::AltGraph), Meaning::Nothing);
        // ISO_Level5_Shift, which is the right Alt key on Neo.
        let level5 = Key::Unidentified(NativeKey::Xkb(0xfe11));
        assert_eq!(press(&mut keys, KeyCode::AltRight, &level5, &level5, None), Meaning::Nothing);
        let mut named = |code, name| press(&mut keys, code, &Key::Named(name), &Key::Named(name), None);
        assert_eq!(named(KeyCode::Numpad7, NamedKey::Home), key(0x5f, None, None));
        assert_eq!(named(KeyCode::NumpadEnter, NamedKey::Enter), key(0x58, None, None));
        assert_eq!(named(KeyCode::F5, NamedKey::F5), key(0x3e, None, None));
        assert_eq!(named(KeyCode::ContextMenu, NamedKey::ContextMenu), key(0x65, None, None));
    }

    #[test]
    fn what_is_typed_is_not_in_its_debug_text() {
        let secret = Meaning::Text("geheim".to_owned());
        assert_eq!(
            format!("{secret:?} {:?}", Typed { text: Some('g'), cap: Some('g') }),
            "Meaning { .. } Typed { .. }"
        );
    }
}
