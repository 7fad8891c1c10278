//! X11: XKB has the locks as modifiers, of which Num Lock may be any.

use x11rb::connection::RequestConnection;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::Locks;
use crate::x11::connect;

/// X11's keysym of Num Lock.
const NUM_LOCK: u32 = 0xff7f;
/// What X adds to Linux's key codes.
const LINUX_OFFSET: u8 = 8;
/// The modifier that Caps Lock is on every X server.
const LOCK: u16 = 1 << 1;

pub(super) struct LockReader {
    connection: RustConnection,
    num: u16,
}

impl LockReader {
    pub(super) fn open() -> Option<Self> {
        let (connection, _) = connect(None).ok()?;
        connection.extension_information(xkb::X11_EXTENSION_NAME).ok()??;
        let supported = connection.xkb_use_extension(1, 0).ok()?.reply().ok()?.supported;
        let num = num_lock(&connection)?;
        supported.then_some(Self { connection, num })
    }

    pub(super) fn read(&self) -> Option<Locks> {
        let state = self.connection.xkb_get_state(xkb::ID::USE_CORE_KBD.into()).ok()?.reply().ok()?;
        let locked = u16::from(state.locked_mods);
        Some(Locks { caps: locked & LOCK != 0, num: locked & self.num != 0 })
    }

    pub(super) fn is_down(&self, code: u8) -> Option<bool> {
        let code = code.checked_add(LINUX_OFFSET)?;
        let down = self.connection.query_keymap().ok()?.reply().ok()?.keys;
        Some(down[usize::from(code / 8)] >> (code % 8) & 1 == 1)
    }
}

/// The modifier that Num Lock is: the one among the eight whose keys have that meaning.
fn num_lock(connection: &RustConnection) -> Option<u16> {
    use x11rb::connection::Connection as _;
    let setup = connection.setup();
    let (first, count) = (setup.min_keycode, setup.max_keycode - setup.min_keycode + 1);
    let map = connection.get_keyboard_mapping(first, count).ok()?.reply().ok()?;
    let per_key = usize::from(map.keysyms_per_keycode).max(1);
    let is_num = |code: u8| {
        let at = usize::from(code.checked_sub(first)?) * per_key;
        Some(map.keysyms.get(at..at + per_key)?.contains(&NUM_LOCK))
    };
    let modifiers = connection.get_modifier_mapping().ok()?.reply().ok()?;
    let per_modifier = usize::from(modifiers.keycodes_per_modifier()).max(1);
    let mut masks = modifiers.keycodes.chunks(per_modifier).zip((0..8).map(|bit| 1_u16 << bit));
    let found = masks.find(|(codes, _)| codes.iter().any(|code| *code != 0 && is_num(*code) == Some(true)));
    Some(found.map_or(0, |(_, mask)| mask))
}
