//! Which keys Windows would keep from the window, or do something else with, and what it is given instead: a key that
//! stands where that one does, and by its virtual-key code means nothing to anybody. It goes the way of all others, and so
//! comes in its turn between them. All others go as they are: Windows makes text of them, and knows which modifiers are
//! down.

/// Virtual-key codes (winuser.h).
const TAB: u8 = 0x09;
const ESCAPE: u8 = 0x1b;
const SNAPSHOT: u8 = 0x2c;
const LEFT_WINDOWS: u8 = 0x5b;
const RIGHT_WINDOWS: u8 = 0x5c;
const F4: u8 = 0x73;

/// What has something else in its place, each its own: two keys of one code would look like one that repeats.
const KEPT: [u8; 6] = [TAB, ESCAPE, SNAPSHOT, LEFT_WINDOWS, RIGHT_WINDOWS, F4];
/// The first of nine codes that are assigned to nothing.
const UNASSIGNED: u8 = 0x97;

/// A key as a hook of Windows is told of it (`KBDLLHOOKSTRUCT`), before anybody else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Its virtual-key code.
    pub(super) code: u8,
    pub(super) place: Place,
    pub(super) motion: Motion,
}

/// Where it is on the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its scancode, the last byte of it.
    pub(super) scan: u8,
    pub(super) extended: Extended,
}

/// Is it one of the keys that keyboards once did not have? They share scancodes with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extended {
    Yes,
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// Also each time it repeats.
    Down,
    Up,
}

/// What else is so when a key moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) window: Window,
    pub(super) alt: Modifier,
    pub(super) control: Modifier,
}

/// Has our window the keyboard?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    InFront,
    Behind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    Held,
    Free,
}

/// What became of keys that are still down. A release goes the way of its press, wherever the keyboard is by then.
#[derive(Default)]
pub(super) struct Sieve {
    kept: Vec<Key>,
}

impl Sieve {
    /// What Windows is to be told instead of this, if anything.
    pub(super) fn sift(&mut self, key: Key, around: Around) -> Option<Key> {
        let instead = Key { code: stand_in(key.code)?, ..key };
        let was_kept = self.kept.iter().any(|kept| kept.code == instead.code);
        match key.motion {
            Motion::Up if was_kept => self.kept.retain(|kept| kept.code != instead.code),
            Motion::Down if was_kept => {}
            Motion::Down if is_windows_own(key.code, around) => self.kept.push(instead),
            Motion::Up | Motion::Down => return None,
        }
        Some(instead)
    }

    /// What Windows is to be told at the end.
    pub(super) fn end(self) -> impl Iterator<Item = Key> {
        self.kept.into_iter().map(|kept| Key { motion: Motion::Up, ..kept })
    }
}

fn stand_in(code: u8) -> Option<u8> {
    (UNASSIGNED..).zip(KEPT).find_map(|(stand_in, kept)| (kept == code).then_some(stand_in))
}

/// Would Windows do something with it, for a window that has the keyboard?
fn is_windows_own(code: u8, around: Around) -> bool {
    around.window == Window::InFront
        && match code {
            // Of the last one a window is told the release alone.
            LEFT_WINDOWS | RIGHT_WINDOWS | SNAPSHOT => true,
            TAB | F4 => around.alt == Modifier::Held,
            ESCAPE => around.alt == Modifier::Held || around.control == Modifier::Held,
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::{
        Around, ESCAPE, Extended, F4, Key, LEFT_WINDOWS, Modifier, Motion, Place, RIGHT_WINDOWS, SNAPSHOT, Sieve, TAB,
        Window,
    };

    const ALONE: Around = Around { window: Window::InFront, alt: Modifier::Free, control: Modifier::Free };
    const ALT: Around = Around { alt: Modifier::Held, ..ALONE };
    const CONTROL: Around = Around { control: Modifier::Held, ..ALONE };
    const BEHIND: Around = Around { window: Window::Behind, alt: Modifier::Held, control: Modifier::Held };

    const fn key(code: u8, motion: Motion) -> Key {
        Key { code, place: Place { scan: 0x0f, extended: Extended::No }, motion }
    }

    #[test]
    fn windows_own_keys_are_kept_from_it_and_no_others() {
        let is_kept = |code, around| Sieve::default().sift(key(code, Motion::Down), around).is_some();
        let kept = |around| (1..=254).filter(|code| is_kept(*code, around)).collect::<Vec<_>>();
        assert_eq!(kept(ALONE), [SNAPSHOT, LEFT_WINDOWS, RIGHT_WINDOWS]);
        assert_eq!(kept(ALT), [TAB, ESCAPE, SNAPSHOT, LEFT_WINDOWS, RIGHT_WINDOWS, F4]);
        assert_eq!(kept(CONTROL), [ESCAPE, SNAPSHOT, LEFT_WINDOWS, RIGHT_WINDOWS]);
        assert_eq!(kept(BEHIND), [], "another program has the keyboard");
    }

    #[test]
    fn what_comes_instead_is_in_the_same_place_and_goes_through() {
        let mut sieve = Sieve::default();
        let place = Place { scan: 0x5b, extended: Extended::Yes };
        let instead = sieve.sift(Key { place, ..key(LEFT_WINDOWS, Motion::Down) }, ALONE).expect("it is kept");
        assert_eq!((instead.place, instead.motion), (place, Motion::Down));
        assert_eq!(sieve.sift(instead, ALT), None);
        let other = sieve.sift(key(TAB, Motion::Down), ALT).expect("it is kept");
        assert_ne!(instead.code, other.code, "it would look like a repeat of the first");
    }

    #[test]
    fn a_release_goes_where_its_press_went() {
        let mut sieve = Sieve::default();
        let down = sieve.sift(key(TAB, Motion::Down), ALT).expect("it is kept");
        // Alt came up first: it goes on repeating as what it was.
        assert_eq!(sieve.sift(key(TAB, Motion::Down), ALONE), Some(down));
        // The window has lost the keyboard.
        assert_eq!(sieve.sift(key(TAB, Motion::Up), BEHIND), Some(Key { motion: Motion::Up, ..down }));
        assert_eq!(sieve.sift(key(TAB, Motion::Up), ALT), None, "it is kept once");
        // It went down before Alt did.
        assert_eq!(sieve.sift(key(TAB, Motion::Down), ALONE), None);
        assert_eq!(sieve.sift(key(TAB, Motion::Up), ALT), None);
        assert_eq!(sieve.end().count(), 0);
    }

    #[test]
    fn nothing_stays_down_at_the_end() {
        let mut sieve = Sieve::default();
        let down = sieve.sift(key(F4, Motion::Down), ALT).expect("it is kept");
        assert_eq!(sieve.end().collect::<Vec<_>>(), [Key { motion: Motion::Up, ..down }]);
    }
}
