//! X11: XTEST presses, XKB knows which keycode is at which position.

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use x11rb::CURRENT_TIME;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{self, ConnectionExt as _, Keycode, Window};
use x11rb::protocol::xtest::{self, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;

use super::guard::{Guard, Held, Note};
use super::{Button, InjectError, Press, keys};
use crate::x11::{ConnectFailure, connect};

/// What X adds to Linux's key codes.
const LINUX_OFFSET: u8 = 8;
/// 1/120 of a notch is the unit; X knows notches only.
const NOTCH: i64 = 120;
/// Most notches of one call: what is beyond is lost, so that a single message cannot keep the thread busy.
const MOST_NOTCHES: i64 = 20;
/// XTEST's word for "move to", not "by".
const ABSOLUTE: u8 = 0;

pub(super) struct Injector {
    connection: RustConnection,
    root: Window,
    keyboard: Keyboard,
    held: Vec<Held>,
    guard: Option<Guard>,
    horizontal: i64,
    vertical: i64,
}

impl Injector {
    pub(super) fn open(name: Option<&str>) -> Result<Self, InjectError> {
        let (connection, screen) = connect(name)?;
        let root = connection.setup().roots[screen].root;
        require_xtest(&connection)?;
        let keyboard = Keyboard::open(&connection)?;
        Ok(Self { connection, root, keyboard, held: Vec::new(), guard: None, horizontal: 0, vertical: 0 })
    }

    pub(super) fn guarded_by(&mut self, guard: Guard) {
        let guard = self.guard.insert(guard);
        for held in &self.held {
            guard.note(Note::Down(*held));
        }
    }

    pub(super) fn key(&mut self, usage: u32, press: Press) -> Result<(), InjectError> {
        self.hear()?;
        let keycode = self.keyboard.keycode(usage).ok_or(InjectError::UnknownKey(usage))?;
        self.hold(Held::Key(keycode), press)
    }

    pub(super) fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError> {
        self.hear()?;
        let number = match button {
            Button::Left => 1,
            Button::Middle => 2,
            Button::Right => 3,
            Button::Back => 8,
            Button::Forward => 9,
        };
        self.hold(Held::Button(number), press)
    }

    pub(super) fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError> {
        self.hear()?;
        let vertical = notches(&mut self.vertical, vertical);
        let horizontal = notches(&mut self.horizontal, horizontal);
        let (up, down, left, right) = (4, 5, 6, 7);
        self.click(if vertical > 0 { up } else { down }, vertical.unsigned_abs())?;
        self.click(if horizontal > 0 { right } else { left }, horizontal.unsigned_abs())?;
        Ok(self.connection.flush()?)
    }

    pub(super) fn move_to(&mut self, display: u32, x: u32, y: u32) -> Result<(), InjectError> {
        self.hear()?;
        if display != 0 {
            return Err(InjectError::UnknownDisplay(display));
        }
        // The server keeps the pointer on its screen, and no screen is larger than an i16.
        let (x, y) = (i16::try_from(x).unwrap_or(i16::MAX), i16::try_from(y).unwrap_or(i16::MAX));
        let kind = xproto::MOTION_NOTIFY_EVENT;
        self.connection.xtest_fake_input(kind, ABSOLUTE, CURRENT_TIME, self.root, x, y, 0)?;
        Ok(self.connection.flush()?)
    }

    pub(super) fn release_all(&mut self) -> Result<(), InjectError> {
        while let Some(held) = self.held.last().copied() {
            self.hold(held, Press::Up)?;
        }
        self.horizontal = 0;
        self.vertical = 0;
        // The answer to any question comes after everything before it has been done.
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    fn hold(&mut self, held: Held, press: Press) -> Result<(), InjectError> {
        let before = self.held.iter().position(|h| *h == held);
        match (press, before) {
            (Press::Down, None) => {
                self.note(Note::Down(held));
                self.held.push(held);
                self.fake(held, Press::Down)?;
            }
            (Press::Up, Some(at)) => {
                self.held.remove(at);
                self.fake(held, Press::Up)?;
                self.note(Note::Up(held));
            }
            _ => {}
        }
        Ok(())
    }

    fn note(&mut self, note: Note) {
        if let Some(guard) = &mut self.guard {
            guard.note(note);
        }
    }

    fn fake(&self, held: Held, press: Press) -> Result<(), ConnectionError> {
        fake(&self.connection, self.root, held, press)?;
        self.connection.flush()
    }

    fn click(&self, button: u8, times: u64) -> Result<(), ConnectionError> {
        for _ in 0..times {
            fake(&self.connection, self.root, Held::Button(button), Press::Down)?;
            fake(&self.connection, self.root, Held::Button(button), Press::Up)?;
        }
        Ok(())
    }

    /// Takes in what the server has said: another keyboard, or that it is gone.
    fn hear(&mut self) -> Result<(), InjectError> {
        let mut stale = false;
        while let Some(event) = self.connection.poll_for_event()? {
            match event {
                Event::XkbNewKeyboardNotify(_) | Event::XkbNamesNotify(_) => stale = true,
                Event::Error(error) => tracing::warn!(kind = ?error.error_kind, "the X server refused an input"),
                _ => {}
            }
        }
        if stale {
            self.keyboard = Keyboard::open(&self.connection)?;
        }
        Ok(())
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        if let Err(error) = self.release_all() {
            tracing::warn!(%error, "keys could not be released");
        }
    }
}

/// Makes a guard outlive what kills this process's group, such as Ctrl+C in a terminal.
pub(super) fn detach(command: &mut Command) {
    command.process_group(0);
}

/// Lets go of keys and buttons that a dead process held.
pub(super) fn let_go(name: Option<&str>, held: &[Held]) -> Result<(), InjectError> {
    /// The server may still find presses in the dead process's connection after it has read our releases.
    const LATE_PRESSES: Duration = Duration::from_millis(50);

    let (connection, screen) = connect(name)?;
    let root = connection.setup().roots[screen].root;
    require_xtest(&connection)?;
    for pause in [Duration::ZERO, LATE_PRESSES] {
        thread::sleep(pause);
        for held in held {
            fake(&connection, root, *held, Press::Up)?;
        }
        connection.get_input_focus()?.reply()?;
    }
    Ok(())
}

fn require_xtest(connection: &RustConnection) -> Result<(), InjectError> {
    if connection.extension_information(xtest::X11_EXTENSION_NAME)?.is_none() {
        return Err(InjectError::Missing("XTEST"));
    }
    connection.xtest_get_version(2, 2)?.reply()?;
    Ok(())
}

fn fake(connection: &RustConnection, root: Window, held: Held, press: Press) -> Result<(), ConnectionError> {
    let (kind, number) = match (held, press) {
        (Held::Key(keycode), Press::Down) => (xproto::KEY_PRESS_EVENT, keycode),
        (Held::Key(keycode), Press::Up) => (xproto::KEY_RELEASE_EVENT, keycode),
        (Held::Button(button), Press::Down) => (xproto::BUTTON_PRESS_EVENT, button),
        (Held::Button(button), Press::Up) => (xproto::BUTTON_RELEASE_EVENT, button),
    };
    connection.xtest_fake_input(kind, number, CURRENT_TIME, root, 0, 0, 0)?;
    Ok(())
}

/// Whole notches, away and right above zero; the rest stays in `rest`, unless the direction has changed.
fn notches(rest: &mut i64, turned: i32) -> i64 {
    let turned = i64::from(turned);
    if turned.signum() * rest.signum() < 0 {
        *rest = 0;
    }
    *rest += turned;
    let notches = *rest / NOTCH;
    *rest %= NOTCH;
    notches.clamp(-MOST_NOTCHES, MOST_NOTCHES)
}

/// Which keycode is at which position.
enum Keyboard {
    /// By the names of the server, with the keycodes they stand for.
    Named(Vec<([u8; 4], Keycode)>),
    /// The server has no names (no XKB): Linux's codes, which such servers use.
    Linux,
}

impl Keyboard {
    fn open(connection: &RustConnection) -> Result<Self, InjectError> {
        if connection.extension_information(xkb::X11_EXTENSION_NAME)?.is_none() {
            return Ok(Self::Linux);
        }
        if !connection.xkb_use_extension(1, 0)?.reply()?.supported {
            return Ok(Self::Linux);
        }
        let core = u16::from(xkb::ID::USE_CORE_KBD);
        let news = xkb::EventType::NEW_KEYBOARD_NOTIFY | xkb::EventType::NAMES_NOTIFY;
        let (clear, parts, details) =
            (xkb::EventType::from(0_u16), xkb::MapPart::from(0_u16), xkb::SelectEventsAux::new());
        connection.xkb_select_events(core, clear, news, parts, parts, &details)?;
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
        Ok(if named.is_empty() { Self::Linux } else { Self::Named(named) })
    }

    fn keycode(&self, usage: u32) -> Option<Keycode> {
        let key = keys::by_usage(usage)?;
        match self {
            Self::Named(named) => key.names.iter().find_map(|name| keycode_of(named, padded(name))),
            Self::Linux => key.linux.checked_add(LINUX_OFFSET),
        }
    }
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

impl From<ConnectFailure> for InjectError {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Wayland => Self::Wayland,
            ConnectFailure::Open(words) => Self::Open(words),
        }
    }
}

impl From<ConnectionError> for InjectError {
    fn from(error: ConnectionError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<ReplyError> for InjectError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(error) => Self::Open(format!("the X server refused: {:?}", error.error_kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Keyboard, notches, padded};

    #[test]
    fn parts_of_a_notch_add_up_and_a_turn_back_starts_afresh() {
        let mut rest = 0;
        assert_eq!([60, 60, 60].map(|part| notches(&mut rest, part)), [0, 1, 0]);
        assert_eq!(notches(&mut rest, -119), 0, "the 60 left upwards are forgotten");
        assert_eq!(notches(&mut rest, -1), -1);
        assert_eq!(notches(&mut rest, 360), 3);
        assert_eq!(notches(&mut rest, i32::MAX), super::MOST_NOTCHES);
        assert_eq!(notches(&mut rest, i32::MIN), -super::MOST_NOTCHES);
    }

    #[test]
    fn names_come_first_and_linux_codes_only_without_any() {
        let named = Keyboard::Named(vec![(padded("AC01"), 99), (padded("MENU"), 117)]);
        assert_eq!(named.keycode(0x04), Some(99));
        assert_eq!(named.keycode(0x65), Some(117), "the second name counts too");
        assert_eq!(named.keycode(0x05), None);
        assert_eq!(Keyboard::Linux.keycode(0x04), Some(38));
        assert_eq!(Keyboard::Linux.keycode(0xdead), None);
    }
}
