//! What the keys of a Windows keyboard make: read from the layout that the window in front uses, each key under each level,
//! and asked here which of them to press for what somebody else's key meant.

use super::places::Place;

/// Shift is down.
pub(super) const SHIFT: u8 = 1;
/// AltGr is, which to Windows is Ctrl and Alt.
pub(super) const ALT_GR: u8 = 1 << 1;
/// Caps Lock is on.
pub(super) const CAPS: u8 = 1 << 2;
/// How many levels those make.
pub(super) const LEVELS: usize = 8;

/// One key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) place: Place,
    /// Which it is to Windows (`VK_…`): what a program looks at with Ctrl.
    pub(super) code: u8,
    /// What it types by level; nothing where that is no character, or a dead key.
    pub(super) types: [Option<char>; LEVELS],
}

/// The keyboard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Board {
    keys: Vec<Key>,
}

/// A way to make a character: this key, under this level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) place: Place,
    pub(super) level: u8,
}

impl Board {
    pub(super) fn new(keys: Vec<Key>) -> Self {
        Self { keys }
    }

    /// Which key is at a place, to Windows.
    pub(super) fn code(&self, place: Place) -> Option<u8> {
        self.keys.iter().find(|key| key.place == place).map(|key| key.code)
    }

    /// A way to type `wanted`: by the key that was pressed (`here`) if that does it, with as little of the level changed as
    /// possible, and of that only what is in `changeable`. The keypad is for those alone who pressed it.
    pub(super) fn way(&self, wanted: char, here: Option<Place>, level: u8, changeable: u8) -> Option<Way> {
        let mut flips: Vec<u8> = (0..LEVELS as u8).filter(|flip| flip & !changeable == 0).collect();
        flips.sort_by_key(|flip| flip.count_ones());
        flips.into_iter().find_map(|flip| {
            let level = level ^ flip;
            let makes = |key: &&Key| key.types[usize::from(level) % LEVELS] == Some(wanted);
            self.nearest(here).find(makes).map(|key| Way { place: key.place, level })
        })
    }

    /// The key whose cap says `cap`; for a letter that no cap says, since the keyboard is of another script, the one that
    /// Windows takes for it.
    pub(super) fn with_cap(&self, cap: char, here: Option<Place>) -> Option<Place> {
        let says = |key: &&Key| key.types[0] == Some(cap);
        let takes =
            |key: &&Key| cap.is_ascii_alphanumeric() && u32::from(key.code) == u32::from(cap.to_ascii_uppercase());
        self.nearest(here).find(says).or_else(|| self.nearest(here).find(takes)).map(|key| key.place)
    }

    fn nearest(&self, here: Option<Place>) -> impl Iterator<Item = &Key> {
        let first = self.keys.iter().filter(move |key| Some(key.place) == here);
        first.chain(self.keys.iter().filter(|key| !key.place.is_on_keypad()))
    }
}

#[cfg(test)]
mod tests {
    use super::{ALT_GR, Board, CAPS, Key, SHIFT, Way};
    use crate::inject::places::Place;

    /// A letter with its capital, and what AltGr makes of it.
    fn letter(scan: u8, code: u8, small: char, capital: char, third: Option<char>) -> Key {
        let (small, capital) = (Some(small), Some(capital));
        Key { place: Place(scan), code, types: [small, capital, third, None, capital, small, third, None] }
    }

    /// A key that Caps Lock does nothing to.
    fn sign(scan: u8, code: u8, plain: Option<char>, shifted: Option<char>) -> Key {
        Key { place: Place(scan), code, types: [plain, shifted, None, None, plain, shifted, None, None] }
    }

    /// Some keys of a German keyboard, with ^ and ` dead.
    fn german() -> Board {
        Board::new(vec![
            sign(0x29, 0xdc, None, Some('°')),
            sign(0x08, b'7', Some('7'), Some('/')),
            letter(0x10, b'Q', 'q', 'Q', Some('@')),
            letter(0x15, b'Z', 'z', 'Z', None),
            letter(0x2c, b'Y', 'y', 'Y', None),
            letter(0x27, 0xc0, 'ö', 'Ö', None),
            sign(0x47, 0x67, Some('7'), None),
            sign(0x53, 0x6e, Some(','), None),
            sign(0x33, 0xbc, Some(','), Some(';')),
        ])
    }

    #[test]
    fn a_character_is_found_with_the_level_it_needs() {
        let board = german();
        let here = Some(Place(0x2c));
        let way = |wanted, level| board.way(wanted, here, level, SHIFT | ALT_GR);
        assert_eq!(way('z', 0), Some(Way { place: Place(0x15), level: 0 }), "it is where the US has its Y");
        assert_eq!(way('Y', SHIFT), Some(Way { place: Place(0x2c), level: SHIFT }));
        assert_eq!(way('@', SHIFT), Some(Way { place: Place(0x10), level: ALT_GR }), "Shift is let go of");
        assert_eq!(way('/', 0), Some(Way { place: Place(0x08), level: SHIFT }));
        assert_eq!(way('^', 0), None, "a dead key is not pressed for a character");
        assert_eq!(way('ñ', 0), None);
        assert_eq!(board.way('/', here, 0, 0), None, "the customer's own hand holds what would have to change");
    }

    #[test]
    fn caps_lock_is_reckoned_with() {
        let way = |wanted| german().way(wanted, None, CAPS, SHIFT | ALT_GR);
        assert_eq!(way('Z'), Some(Way { place: Place(0x15), level: CAPS }));
        assert_eq!(way('z'), Some(Way { place: Place(0x15), level: CAPS | SHIFT }));
        assert_eq!(way('7'), Some(Way { place: Place(0x08), level: CAPS }));
    }

    #[test]
    fn the_keypad_is_for_those_who_pressed_it() {
        let board = german();
        let way = |here| board.way('7', here, 0, SHIFT).map(|way| way.place);
        assert_eq!(way(Some(Place(0x47))), Some(Place(0x47)));
        assert_eq!(way(None), Some(Place(0x08)));
        // The keypad's sign of an English keyboard is a point.
        assert_eq!(board.way('.', Some(Place(0x53)), 0, SHIFT), None);
        assert_eq!(board.way(',', Some(Place(0x53)), 0, SHIFT).map(|way| way.place), Some(Place(0x53)));
    }

    #[test]
    fn a_command_goes_by_the_cap_and_then_by_what_windows_takes_the_key_for() {
        let board = german();
        assert_eq!(board.with_cap('z', Some(Place(0x2c))), Some(Place(0x15)));
        assert_eq!(board.with_cap('я', Some(Place(0x2c))), None);
        // A Russian keyboard: the place of Z types я, and is Z to Windows.
        let russian = Board::new(vec![letter(0x2c, b'Z', 'я', 'Я', None)]);
        assert_eq!(russian.with_cap('z', None), Some(Place(0x2c)));
        assert_eq!(russian.with_cap('я', None), Some(Place(0x2c)));
        assert_eq!(russian.with_cap('ß', None), None);
        assert_eq!(board.code(Place(0x2c)), Some(b'Y'));
    }
}
