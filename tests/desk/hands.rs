//! A person's hands: keys and mouse through XTEST, and which of them are down.

use std::process::Command;
use std::thread;
use std::time::Duration;

use x11rb::protocol::xproto::{
    BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Keycode,
    MOTION_NOTIFY_EVENT,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::{Desk, Keyboard};

/// Keysyms that are no characters (X11's `keysymdef.h`); a Latin-1 character is its own.
pub(crate) mod keysym {
    pub(crate) const BACKSPACE: u32 = 0xff08;
    pub(crate) const TAB: u32 = 0xff09;
    pub(crate) const RETURN: u32 = 0xff0d;
    pub(crate) const ESCAPE: u32 = 0xff1b;
    pub(crate) const LEFT: u32 = 0xff51;
    pub(crate) const F11: u32 = 0xffc8;
    pub(crate) const SHIFT: u32 = 0xffe1;
    pub(crate) const CONTROL: u32 = 0xffe3;
    pub(crate) const ALT: u32 = 0xffe9;
}

/// A mouse button by its X number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    Left = 1,
    Middle = 2,
    Right = 3,
    WheelUp = 4,
    WheelDown = 5,
    WheelLeft = 6,
    WheelRight = 7,
    Back = 8,
    Forward = 9,
}

/// What hands have done on a desk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Buttons of the mouse that went down.
    pub(crate) clicks: u32,
    /// Keys that went down.
    pub(crate) keys: u32,
}

impl std::ops::Sub for Done {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { clicks: self.clicks - before.clicks, keys: self.keys - before.keys }
    }
}

impl Desk {
    /// All that hands have done on this desk so far.
    pub(crate) fn done(&self) -> Done {
        *self.done.lock().expect("no panic under this lock")
    }

    /// Types text: printable ASCII, `\n` for Return, `\t` for Tab.
    ///
    /// # Panics
    /// When the desk's keyboard has no key for a character.
    #[track_caller]
    pub(crate) fn type_text(&self, text: &str) {
        for character in text.chars() {
            let keysym = match character {
                '\n' => keysym::RETURN,
                '\t' => keysym::TAB,
                other => u32::from(other),
            };
            self.tap(keysym);
        }
    }

    /// Presses and releases the key that carries `keysym`, with Shift where it needs it.
    #[track_caller]
    pub(crate) fn tap(&self, keysym: u32) {
        let (_, shifted) = self.find(keysym);
        if shifted {
            self.press(keysym::SHIFT);
        }
        self.press(keysym);
        self.release(keysym);
        if shifted {
            self.release(keysym::SHIFT);
        }
    }

    /// Presses the key that carries `keysym`, and holds it.
    #[track_caller]
    pub(crate) fn press(&self, keysym: u32) {
        self.fake(KEY_PRESS_EVENT, self.find(keysym).0, 0, 0);
    }

    /// Lets go of it.
    #[track_caller]
    pub(crate) fn release(&self, keysym: u32) {
        self.fake(KEY_RELEASE_EVENT, self.find(keysym).0, 0, 0);
    }

    /// Presses or releases a key by its number, for keys by physical position.
    pub(crate) fn key(&self, code: Keycode, pressed: bool) {
        self.fake(if pressed { KEY_PRESS_EVENT } else { KEY_RELEASE_EVENT }, code, 0, 0);
    }

    /// Moves the pointer there on the display.
    pub(crate) fn move_to(&self, (x, y): (i16, i16)) {
        self.fake(MOTION_NOTIFY_EVENT, 0, x, y);
    }

    /// Moves there and clicks once with the left button.
    pub(crate) fn click(&self, place: (i16, i16)) {
        self.click_with(Button::Left, place);
    }

    /// Moves there and clicks once.
    pub(crate) fn click_with(&self, button: Button, place: (i16, i16)) {
        self.move_to(place);
        // A real hand rests between arriving and clicking, and toolkits that look once a picture rely on it.
        thread::sleep(Duration::from_millis(30));
        self.button(button, true);
        thread::sleep(Duration::from_millis(30));
        self.button(button, false);
    }

    /// Presses or releases a button where the pointer is.
    pub(crate) fn button(&self, button: Button, pressed: bool) {
        self.fake(if pressed { BUTTON_PRESS_EVENT } else { BUTTON_RELEASE_EVENT }, button as u8, 0, 0);
    }

    /// Where the pointer is.
    pub(crate) fn pointer(&self) -> (i16, i16) {
        let request = self.connection.query_pointer(self.root).expect("the X server is there");
        let reply = request.reply().expect("the root window is there");
        (reply.root_x, reply.root_y)
    }

    /// The numbers of the keys that are down, whoever pressed them.
    pub(crate) fn held_keys(&self) -> Vec<Keycode> {
        let reply = self.connection.query_keymap().expect("the X server is there").reply().expect("it knows its keys");
        (0..=u8::MAX).filter(|code| reply.keys[usize::from(code / 8)] >> (code % 8) & 1 == 1).collect()
    }

    /// The numbers of the buttons that are down; X tells the first five.
    pub(crate) fn held_buttons(&self) -> Vec<u8> {
        let request = self.connection.query_pointer(self.root).expect("the X server is there");
        let mask = u16::from(request.reply().expect("the root window is there").mask);
        (1..=5).filter(|button| mask >> (7 + button) & 1 == 1).collect()
    }

    /// The number of the key that carries `keysym`.
    #[track_caller]
    pub(crate) fn key_code(&self, keysym: u32) -> Keycode {
        self.find(keysym).0
    }

    /// Gives the desk's keyboard another layout; programs need a moment to take it in.
    ///
    /// # Panics
    /// When there is no such layout.
    #[track_caller]
    pub(crate) fn lay_out(&self, layout: &str) {
        let status = Command::new("setxkbmap").args(["-display", &self.display(), layout]).status();
        assert!(status.expect("setxkbmap is installed").success());
        *self.keyboard.lock().expect("no panic under this lock") = Keyboard::read(&self.connection);
    }

    /// Presses and releases a key by its number while others are held.
    pub(crate) fn chord(&self, held: &[Keycode], code: Keycode) {
        for held in held {
            self.key(*held, true);
        }
        self.key(code, true);
        self.key(code, false);
        for held in held.iter().rev() {
            self.key(*held, false);
        }
    }

    /// Is Caps Lock on, as its light would say?
    pub(crate) fn caps_lock(&self) -> bool {
        let said = Command::new("xset").args(["-display", &self.display(), "q"]).output().expect("xset is installed");
        String::from_utf8_lossy(&said.stdout).contains("Caps Lock:   on")
    }

    #[track_caller]
    fn find(&self, keysym: u32) -> (Keycode, bool) {
        let found = self.keyboard.lock().expect("no panic under this lock").find(keysym);
        found.unwrap_or_else(|| panic!("no key carries the keysym {keysym:#x}"))
    }

    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) {
        let mut done = self.done.lock().expect("no panic under this lock");
        match kind {
            BUTTON_PRESS_EVENT => done.clicks += 1,
            KEY_PRESS_EVENT => done.keys += 1,
            _ => {}
        }
        drop(done);
        let request = self.connection.xtest_fake_input(kind, detail, x11rb::CURRENT_TIME, self.root, x, y, 0);
        request.expect("the X server is there").check().expect("XTEST takes the event");
    }
}

/// A key that belongs to the desktop, as window managers take them.
pub(crate) struct Taken(std::cell::RefCell<(RustConnection, usize)>);

impl Desk {
    /// Takes a key, with whatever modifiers, for the desktop itself.
    ///
    /// # Panics
    /// When somebody has it already.
    #[track_caller]
    pub(crate) fn take_key(&self, code: Keycode) -> Taken {
        use x11rb::protocol::xproto::{GrabMode, ModMask};
        let (connection, _) = x11rb::connect(Some(&self.display())).expect("the X server is there");
        let grab = connection.grab_key(false, self.root, ModMask::ANY, code, GrabMode::ASYNC, GrabMode::ASYNC);
        grab.expect("the X server is there").check().expect("nobody has this key");
        Taken(std::cell::RefCell::new((connection, 0)))
    }
}

impl Taken {
    /// How often it was pressed since it was taken.
    pub(crate) fn pressed(&self) -> usize {
        use x11rb::connection::Connection as _;
        use x11rb::protocol::Event;
        let (connection, count) = &mut *self.0.borrow_mut();
        while let Some(event) = connection.poll_for_event().expect("the X server is there") {
            *count += usize::from(matches!(event, Event::KeyPress(_)));
        }
        *count
    }
}

impl Keyboard {
    pub(super) fn read(connection: &RustConnection) -> Self {
        use x11rb::connection::Connection as _;
        let setup = connection.setup();
        let (first, count) = (setup.min_keycode, setup.max_keycode - setup.min_keycode + 1);
        let request = connection.get_keyboard_mapping(first, count).expect("the X server is there");
        let mapping = request.reply().expect("the X server knows its keyboard");
        Self { first, per_key: mapping.keysyms_per_keycode.into(), keysyms: mapping.keysyms }
    }

    /// The key that carries `keysym`, and whether that takes Shift.
    fn find(&self, keysym: u32) -> Option<(Keycode, bool)> {
        let keys = || (self.first..=u8::MAX).zip(self.keysyms.chunks_exact(self.per_key));
        // Unshifted first: the same sign is often on several keys.
        [0, 1].into_iter().find_map(|level| {
            let (code, _) = keys().find(|(_, keysyms)| keysyms.get(level) == Some(&keysym))?;
            Some((code, level == 1))
        })
    }
}
