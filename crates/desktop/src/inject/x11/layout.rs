//! What the keys of this X server mean: XKB's key types, keysyms and modifiers, read once and again when they change.
//! Source: The X Keyboard Extension, Protocol Specification, sections 12 (key types and symbols) and 17.

use x11rb::connection::RequestConnection;
use x11rb::errors::ReplyError;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::Keycode;
use x11rb::rust_connection::RustConnection;
use xkeysym::Keysym;

use super::super::{keys, usages};

/// What X adds to Linux's key codes.
const LINUX_OFFSET: u8 = 8;
/// Bits of the modifiers that every X server has.
pub(super) const SHIFT: u8 = 1;
pub(super) const LOCK: u8 = 1 << 1;

mod sym {
    pub(super) const NUM_LOCK: u32 = 0xff7f;
    pub(super) const SHIFT: [u32; 2] = [0xffe1, 0xffe2];
    pub(super) const CONTROL: [u32; 2] = [0xffe3, 0xffe4];
    /// Alt, or Meta, which some layouts have there.
    pub(super) const ALT: [u32; 4] = [0xffe9, 0xffea, 0xffe7, 0xffe8];
    pub(super) const SUPER: [u32; 2] = [0xffeb, 0xffec];
    pub(super) const LEVEL3: u32 = 0xfe03;
    pub(super) const LEVEL5: u32 = 0xfe11;
}

/// The server's keyboard.
pub(super) struct Layout {
    first: Keycode,
    keys: Vec<Key>,
    types: Vec<Type>,
    modifiers: Vec<(Keycode, u8)>,
    /// By the names of the server, with the keycodes they stand for.
    names: Vec<([u8; 4], Keycode)>,
    /// The keys that choose a level, with the modifier that each of them is.
    choosers: Vec<(Keycode, u8)>,
    /// The modifier that Num Lock is, 0 for none.
    num: u8,
}

struct Key {
    types: [u8; 4],
    groups: u8,
    beyond: Beyond,
    width: usize,
    syms: Vec<u32>,
}

/// What a key does in a group that it has not.
#[derive(Clone, Copy)]
enum Beyond {
    Wrap,
    Last,
    Group(u8),
}

struct Type {
    mask: u8,
    levels: Vec<(u8, usize)>,
}

/// What holds on the server at the moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// Modifiers in force.
    pub(super) mods: u8,
    /// Those of them that are locked.
    pub(super) locked: u8,
    /// The group (layout) in force.
    pub(super) group: u8,
}

/// A way to make a character: this key, under these modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) code: Keycode,
    pub(super) mods: u8,
}

impl Layout {
    /// Nothing when the server has no XKB.
    pub(super) fn read(connection: &RustConnection) -> Result<Option<Self>, ReplyError> {
        if connection.extension_information(xkb::X11_EXTENSION_NAME)?.is_none()
            || !connection.xkb_use_extension(1, 0)?.reply()?.supported
        {
            return Ok(None);
        }
        let core = u16::from(xkb::ID::USE_CORE_KBD);
        let news = xkb::EventType::NEW_KEYBOARD_NOTIFY | xkb::EventType::NAMES_NOTIFY | xkb::EventType::MAP_NOTIFY;
        let all = xkb::MapPart::KEY_TYPES | xkb::MapPart::KEY_SYMS | xkb::MapPart::MODIFIER_MAP;
        let (clear, details) = (xkb::EventType::from(0_u16), xkb::SelectEventsAux::new());
        connection.xkb_select_events(core, clear, news, all, all, &details)?;

        let none = xkb::MapPart::from(0_u16);
        let vmods = xkb::VMod::from(0_u16);
        let map = connection.xkb_get_map(core, all, none, 0, 0, 0, 0, 0, 0, 0, 0, vmods, 0, 0, 0, 0, 0, 0)?.reply()?;
        let keys = map.map.syms_rtrn.unwrap_or_default().iter().map(Key::of).collect();
        let types = map.map.types_rtrn.unwrap_or_default().iter().map(Type::of).collect();
        let modifiers = map.map.modmap_rtrn.unwrap_or_default();
        let modifiers = modifiers.iter().map(|key| (key.keycode, mask(key.mods))).collect();
        let names = read_names(connection, core)?;
        Ok(Some(Self::new(map.first_key_sym, keys, types, modifiers, names)))
    }

    fn new(
        first: Keycode,
        keys: Vec<Key>,
        types: Vec<Type>,
        modifiers: Vec<(Keycode, u8)>,
        names: Vec<([u8; 4], Keycode)>,
    ) -> Self {
        let mut layout = Self { first, keys, types, modifiers, names, choosers: Vec::new(), num: 0 };
        let of = |wanted: u32| {
            let is = |(code, _): &&(Keycode, u8)| layout.sym(*code, 0, 0) == wanted;
            layout.modifiers.iter().find(is).copied().filter(|(_, mask)| *mask != 0)
        };
        // A Shift key may be Caps Lock too, when both are pressed: its mask then says more than what it chooses.
        let shift = of(sym::SHIFT[0]).or_else(|| of(sym::SHIFT[1])).map(|(code, _)| (code, SHIFT));
        let higher = [sym::LEVEL3, sym::LEVEL5].map(|sym| {
            let (code, mask) = of(sym)?;
            Some((code, mask & !(SHIFT | LOCK))).filter(|(_, mask)| mask.is_power_of_two())
        });
        let choosers = [shift].into_iter().chain(higher).flatten().collect();
        let num = of(sym::NUM_LOCK).map_or(0, |(_, mask)| mask);
        layout.choosers = choosers;
        layout.num = num;
        layout
    }

    /// The modifier that Num Lock is; 0 for none.
    pub(super) fn num(&self) -> u8 {
        self.num
    }

    /// The key that brings this modifier about, when it chooses a level.
    pub(super) fn chooser(&self, modifier: u8) -> Option<Keycode> {
        self.choosers.iter().find(|(_, mask)| *mask == modifier).map(|(code, _)| *code)
    }

    /// The modifiers that a key brings about.
    pub(super) fn modifier(&self, code: Keycode) -> u8 {
        self.modifiers.iter().find(|(key, _)| *key == code).map_or(0, |(_, mask)| *mask)
    }

    /// The modifiers that choose levels and can be pressed.
    pub(super) fn level_mask(&self) -> u8 {
        self.choosers.iter().fold(0, |mask, (_, bit)| mask | bit)
    }

    /// The key at a position.
    pub(super) fn at(&self, usage: u32) -> Option<Keycode> {
        let key = keys::by_usage(usage)?;
        key.names.iter().find_map(|name| keycode_of(&self.names, padded(name)))
    }

    /// The key that is the modifier with this usage. Positions do not say it: the right Alt key is AltGr on some layouts,
    /// and Caps Lock may have changed places with Ctrl.
    pub(super) fn modifier_key(&self, usage: u32) -> Option<Keycode> {
        let wanted: &[u32] = match usage {
            usages::LEFT_CONTROL | usages::RIGHT_CONTROL => &sym::CONTROL,
            usages::LEFT_SHIFT | usages::RIGHT_SHIFT => &sym::SHIFT,
            usages::LEFT_ALT | usages::RIGHT_ALT => &sym::ALT,
            usages::LEFT_SUPER | usages::RIGHT_SUPER => &sym::SUPER,
            _ => return None,
        };
        let is = |code: &Keycode| wanted.contains(&self.sym(*code, 0, 0)) && self.modifier(*code) != 0;
        let here = self.at(usage).filter(is);
        here.or_else(|| self.modifiers.iter().map(|(code, _)| *code).find(is))
    }

    /// What a key would type.
    pub(super) fn character(&self, code: Keycode, mods: u8, group: u8) -> Option<char> {
        let sym = self.sym(code, mods, group);
        let character = Keysym::new(sym).key_char().filter(|character| !character.is_control())?;
        // Where its type does not look at Caps Lock, every program capitalises by itself.
        let capital = mods & LOCK != 0 && self.type_mask(code, group) & LOCK == 0;
        Some(if capital { upper(character) } else { character })
    }

    /// A way to type `wanted`: by the key that was pressed if that does it, with as few modifiers changed as possible,
    /// and of those only the ones in `changeable`.
    pub(super) fn way(&self, wanted: char, here: Option<Keycode>, state: State, changeable: u8) -> Option<Way> {
        let mut masks: Vec<u8> = (0..=u8::MAX).filter(|mask| mask & !changeable == 0).collect();
        masks.sort_by_key(|mask| mask.count_ones());
        let codes = || here.into_iter().chain(self.first..=self.last());
        masks.into_iter().find_map(|flipped| {
            let mods = state.mods ^ flipped;
            let makes = |code: &Keycode| self.character(*code, mods, state.group) == Some(wanted);
            codes().find(makes).map(|code| Way { code, mods })
        })
    }

    /// The key whose cap says `cap`: types it with no modifier that chooses a level.
    pub(super) fn key_with_cap(&self, cap: char, here: Option<Keycode>, group: u8) -> Option<Keycode> {
        let says = |code: &Keycode| self.character(*code, 0, group) == Some(cap);
        here.into_iter().chain(self.first..=self.last()).find(says)
    }

    /// Keys that mean nothing, and are no position that anybody could press.
    pub(super) fn spare(&self) -> Vec<Keycode> {
        let is_spare = |code: &Keycode| {
            let mut names = self.names.iter().filter(|(_, named)| named == code).map(|(name, _)| name);
            self.means_nothing(*code) && self.modifier(*code) == 0 && !names.any(keys::is_named)
        };
        (self.first..=self.last()).filter(is_spare).collect()
    }

    /// From now on this key is not looked at: it is lent, and means something only for a while.
    pub(super) fn forget(&mut self, code: Keycode) {
        if let Some(key) = code.checked_sub(self.first).and_then(|at| self.keys.get_mut(usize::from(at))) {
            key.groups = 0;
        }
    }

    /// Does this key mean `sym`, and nothing else?
    pub(super) fn is_bound(&self, code: Keycode, sym: u32) -> bool {
        self.key(code).is_some_and(|key| key.groups == 1 && key.syms.iter().all(|own| *own == sym))
    }

    /// Did this key mean nothing when the layout was read?
    pub(super) fn is_spare(&self, code: Keycode) -> bool {
        self.spare().contains(&code)
    }

    fn means_nothing(&self, code: Keycode) -> bool {
        self.key(code).is_some_and(|key| key.syms.iter().all(|sym| *sym == 0))
    }

    fn sym(&self, code: Keycode, mods: u8, group: u8) -> u32 {
        let Some(key) = self.key(code) else { return 0 };
        let Some(group) = key.group(group) else { return 0 };
        let level = self.types.get(usize::from(key.types[group])).map_or(0, |kind| kind.level(mods));
        key.syms.get(group * key.width + level).copied().unwrap_or(0)
    }

    fn type_mask(&self, code: Keycode, group: u8) -> u8 {
        let kind = self.key(code).and_then(|key| self.types.get(usize::from(key.types[key.group(group)?])));
        kind.map_or(0, |kind| kind.mask)
    }

    fn key(&self, code: Keycode) -> Option<&Key> {
        self.keys.get(usize::from(code.checked_sub(self.first)?))
    }

    fn last(&self) -> Keycode {
        let count = Keycode::try_from(self.keys.len().saturating_sub(1)).unwrap_or(Keycode::MAX);
        self.first.saturating_add(count)
    }
}

impl Key {
    fn of(key: &xkb::KeySymMap) -> Self {
        // Protocol specification, KB_SYMINTERPRET and `groupInfo`: the number below, what lies beyond above.
        let beyond = match key.group_info & 0xc0 {
            0x40 => Beyond::Last,
            0x80 => Beyond::Group((key.group_info >> 4) & 3),
            _ => Beyond::Wrap,
        };
        let groups = key.group_info & 0x0f;
        Self { types: key.kt_index, groups, beyond, width: usize::from(key.width), syms: key.syms.clone() }
    }

    fn group(&self, wanted: u8) -> Option<usize> {
        let groups = self.groups.min(4);
        let last = groups.checked_sub(1)?;
        let group = match self.beyond {
            _ if wanted <= last => wanted,
            Beyond::Wrap => wanted % groups,
            Beyond::Last => last,
            Beyond::Group(other) => other.min(last),
        };
        Some(usize::from(group))
    }
}

impl Type {
    fn of(kind: &xkb::KeyType) -> Self {
        let levels = kind.map.iter().filter(|entry| entry.active);
        Self {
            mask: mask(kind.mods_mask),
            levels: levels.map(|entry| (mask(entry.mods_mask), usize::from(entry.level))).collect(),
        }
    }

    fn level(&self, mods: u8) -> usize {
        let relevant = mods & self.mask;
        self.levels.iter().find(|(mods, _)| *mods == relevant).map_or(0, |(_, level)| *level)
    }
}

/// The position when there is no XKB: Linux's codes, which such servers use.
pub(super) fn linux_code(usage: u32) -> Option<Keycode> {
    keys::by_usage(usage)?.linux.checked_add(LINUX_OFFSET)
}

/// The keysym for a character (X11's `keysymdef.h`: Latin-1 is itself, the rest is Unicode with a mark).
pub(super) fn keysym(character: char) -> u32 {
    match u32::from(character) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        other => 0x0100_0000 | other,
    }
}

/// In capitals, where that is one character.
pub(super) fn upper(character: char) -> char {
    let mut upper = character.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => one,
        _ => character,
    }
}

fn read_names(connection: &RustConnection, core: u16) -> Result<Vec<([u8; 4], Keycode)>, ReplyError> {
    let wanted = xkb::NameDetail::KEY_NAMES | xkb::NameDetail::KEY_ALIASES;
    let reply = connection.xkb_get_names(core, wanted)?.reply()?;
    let names = reply.value_list.key_names.unwrap_or_default();
    let mut named: Vec<([u8; 4], Keycode)> =
        names.iter().zip(reply.first_key..=Keycode::MAX).map(|(key, code)| (key.name, code)).collect();
    named.retain(|(name, code)| *name != [0; 4] && (reply.min_key_code..=reply.max_key_code).contains(code));
    for alias in reply.value_list.key_aliases.unwrap_or_default() {
        if let Some(code) = keycode_of(&named, alias.real) {
            named.push((alias.alias, code));
        }
    }
    Ok(named)
}

fn keycode_of(named: &[([u8; 4], Keycode)], name: [u8; 4]) -> Option<Keycode> {
    named.iter().find(|(n, _)| *n == name).map(|(_, code)| *code)
}

/// Names in XKB are four bytes, filled with zeros.
fn padded(name: &str) -> [u8; 4] {
    let mut padded = [0; 4];
    padded.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    padded
}

/// Eight modifiers in a wider field.
fn mask(mods: x11rb::protocol::xproto::ModMask) -> u8 {
    (u16::from(mods) & 0xff) as u8
}

#[cfg(test)]
mod tests {
    use super::{Beyond, Key, LOCK, Layout, SHIFT, State, Type, Way, keysym, linux_code, padded, upper};

    const LEVEL3: u8 = 1 << 7;

    fn key(kind: u8, syms: &[u32]) -> Key {
        Key { types: [kind; 4], groups: 1, beyond: Beyond::Wrap, width: syms.len(), syms: syms.to_vec() }
    }

    /// Codes 10 and up: q/Q/@, 7 and /, Shift, AltGr, nothing, Num Lock, a key of one level.
    fn layout() -> Layout {
        let types = vec![
            Type { mask: 0, levels: vec![] },
            Type { mask: SHIFT, levels: vec![(SHIFT, 1)] },
            Type { mask: SHIFT | LOCK | LEVEL3, levels: vec![(SHIFT, 1), (LOCK, 1), (LEVEL3, 2)] },
        ];
        let keys = vec![
            key(2, &[0x71, 0x51, 0x40]),
            key(1, &[0x37, 0x2f]),
            key(0, &[0xffe1]),
            key(0, &[0xfe03]),
            key(0, &[0]),
            key(0, &[0xff7f]),
            key(0, &[0x7e1]),
        ];
        let modifiers = vec![(12, SHIFT), (13, LEVEL3), (15, 1 << 4)];
        Layout::new(10, keys, types, modifiers, vec![(padded("AD01"), 10), (padded("I120"), 14)])
    }

    fn state(mods: u8) -> State {
        State { mods, locked: 0, group: 0 }
    }

    #[test]
    fn a_character_is_found_with_the_modifiers_it_needs() {
        let layout = layout();
        let way = |wanted, mods| layout.way(wanted, Some(11), state(mods), layout.level_mask());
        assert_eq!(way('q', 0), Some(Way { code: 10, mods: 0 }));
        assert_eq!(way('@', 0), Some(Way { code: 10, mods: LEVEL3 }));
        assert_eq!(way('/', 0), Some(Way { code: 11, mods: SHIFT }));
        assert_eq!(way('7', SHIFT), Some(Way { code: 11, mods: 0 }), "Shift is let go of");
        assert_eq!(way('α', 0), Some(Way { code: 16, mods: 0 }), "0x7e1 is X11's old name for it");
        assert_eq!(way('ß', 0), None);
    }

    #[test]
    fn caps_lock_is_reckoned_with() {
        let layout = layout();
        let way = |wanted| layout.way(wanted, None, state(LOCK), layout.level_mask());
        assert_eq!(way('Q'), Some(Way { code: 10, mods: LOCK }));
        assert_eq!(layout.character(16, LOCK, 0), Some('Α'), "programs capitalise what the type leaves alone");
        assert_eq!(way('α'), None);
    }

    #[test]
    fn keys_are_known_by_what_they_do() {
        let layout = layout();
        assert_eq!(layout.num(), 1 << 4);
        assert_eq!(layout.modifier_key(0xe5), Some(12), "the only Shift there is");
        assert_eq!(layout.modifier_key(0xe0), None);
        assert_eq!(layout.at(0x14), Some(10));
        assert_eq!(layout.key_with_cap('7', None, 0), Some(11));
        assert_eq!(layout.key_with_cap('/', None, 0), None, "that takes Shift");
        assert_eq!(layout.spare(), [14]);
    }

    #[test]
    fn groups_beyond_a_keys_own_are_folded() {
        let mut two = key(0, &[0x61, 0x3b1]);
        (two.groups, two.width) = (2, 1);
        assert_eq!([0, 1, 2, 3].map(|group| two.group(group)), [Some(0), Some(1), Some(0), Some(1)]);
        two.beyond = Beyond::Last;
        assert_eq!(two.group(3), Some(1));
        two.beyond = Beyond::Group(0);
        assert_eq!(two.group(3), Some(0));
        two.groups = 0;
        assert_eq!(two.group(0), None);
    }

    #[test]
    fn letters_and_numbers_of_x11() {
        assert_eq!(keysym('a'), 0x61);
        assert_eq!(keysym('ß'), 0xdf);
        assert_eq!(keysym('α'), 0x0100_03b1);
        assert_eq!(upper('ß'), 'ß', "that would be two");
        assert_eq!(upper('ж'), 'Ж');
        assert_eq!(linux_code(0x04), Some(38));
        assert_eq!(linux_code(0xdead), None);
    }
}
