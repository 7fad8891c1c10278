//! X11: XTEST presses, XKB knows which keycode is at which position and what it means ([`layout`]). What a key meant where
//! it was pressed comes before where it is; a character that no key here makes is lent one ([`spare`]).

mod layout;
mod spare;

use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use x11rb::CURRENT_TIME;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{self, ConnectionExt as _, Keycode, Window};
use x11rb::protocol::xtest::{self, ConnectionExt as _};
use x11rb::rust_connection::RustConnection;

use layout::{LOCK, Layout, State, Way, keysym, linux_code, upper};
use spare::{Loan, REST, Spare};

use super::guard::{Guard, Held, Left, LockedBefore, Note};
use super::{Button, InjectError, Press, Stroke, usages};
use crate::locks::Locks;
use crate::x11::{ConnectFailure, connect};

/// 1/120 of a notch is the unit; X knows notches only.
const NOTCH: i64 = 120;
/// Most notches of one call: what is beyond is lost, so that a single message cannot keep the thread busy.
const MOST_NOTCHES: i64 = 20;
/// XTEST's word for "move to", not "by".
const ABSOLUTE: u8 = 0;
/// Longest that a press waits for a lent key to have rested.
const WAIT_FOR_KEY: Duration = Duration::from_millis(50);

pub(super) struct Injector {
    connection: RustConnection,
    root: Window,
    /// Nothing on a server without XKB: its keys are known by Linux's codes.
    layout: Option<Layout>,
    spare: Spare,
    /// What is down.
    held: Vec<Held>,
    /// The keys that are held for somebody, with the keycode that stands for each.
    strokes: Vec<(u32, Keycode)>,
    borrowed: Option<Borrowed>,
    locked: Option<LockedBefore>,
    guard: Option<Guard>,
    horizontal: i64,
    vertical: i64,
}

/// Modifiers that are otherwise than the person holds them, for as long as one key is down that needs it so: also when it
/// repeats.
struct Borrowed {
    /// For this key; nothing for text that is typed at once.
    usage: Option<u32>,
    pressed: Vec<Keycode>,
    released: Vec<Keycode>,
    /// Caps Lock was on.
    unlocked: bool,
}

impl Injector {
    pub(super) fn open(name: Option<&str>) -> Result<Self, InjectError> {
        let (connection, screen) = connect(name)?;
        let root = connection.setup().roots[screen].root;
        require_xtest(&connection)?;
        let mut injector = Self {
            connection,
            root,
            layout: None,
            spare: Spare::default(),
            held: Vec::new(),
            strokes: Vec::new(),
            borrowed: None,
            locked: None,
            guard: None,
            horizontal: 0,
            vertical: 0,
        };
        injector.read_layout()?;
        Ok(injector)
    }

    pub(super) fn guarded_by(&mut self, guard: Guard) {
        let guard = self.guard.insert(guard);
        for held in &self.held {
            guard.note(Note::Down(*held));
        }
    }

    pub(super) fn key(&mut self, stroke: Stroke, press: Press) -> Result<(), InjectError> {
        self.hear()?;
        if let Some(locks) = stroke.locks {
            self.lock_as(locks)?;
            if matches!(stroke.usage, usages::CAPS_LOCK | usages::NUM_LOCK) {
                return Ok(());
            }
        }
        match press {
            Press::Down => self.press(stroke),
            Press::Up => self.release(stroke.usage),
        }
    }

    pub(super) fn type_text(&mut self, character: char) -> Result<(), InjectError> {
        self.hear()?;
        self.give_back()?;
        let state = self.state()?;
        let code = self.key_for_text(character, None, state, None)?.ok_or(InjectError::NoKey)?;
        self.down_anew(code)?;
        self.up(Held::Key(code))?;
        self.give_back()
    }

    pub(super) fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError> {
        self.hear()?;
        self.give_back()?;
        let number = match button {
            Button::Left => 1,
            Button::Middle => 2,
            Button::Right => 3,
            Button::Back => 8,
            Button::Forward => 9,
        };
        match press {
            Press::Down => self.down(Held::Button(number)),
            Press::Up => self.up(Held::Button(number)),
        }
    }

    pub(super) fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError> {
        self.hear()?;
        self.give_back()?;
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
            self.up(held)?;
        }
        self.strokes.clear();
        if self.borrowed.take().is_some_and(|borrowed| borrowed.unlocked) {
            self.lock(LOCK, LOCK)?;
        }
        self.lock_as_before()?;
        self.horizontal = 0;
        self.vertical = 0;
        // The answer to any question comes after everything before it has been done.
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }

    pub(super) fn tidy(&mut self, now: Instant) -> Result<Option<Instant>, InjectError> {
        let held = &self.held;
        for code in self.spare.unused(now, |code| held.contains(&Held::Key(code))) {
            self.unbind(code)?;
        }
        // What is held beyond its time is asked for again at leisure.
        Ok(self.spare.next().map(|next| next.max(now + REST)))
    }

    fn press(&mut self, stroke: Stroke) -> Result<(), InjectError> {
        if self.strokes.iter().any(|(usage, _)| *usage == stroke.usage) {
            return Ok(());
        }
        self.give_back()?;
        let code = self.key_for(stroke)?;
        // Two keys may come to the same one here: the later has it.
        self.strokes.retain(|(_, other)| *other != code);
        self.down_anew(code)?;
        self.strokes.push((stroke.usage, code));
        Ok(())
    }

    fn release(&mut self, usage: u32) -> Result<(), InjectError> {
        let Some(at) = self.strokes.iter().position(|(other, _)| *other == usage) else { return Ok(()) };
        let (_, code) = self.strokes.remove(at);
        self.up(Held::Key(code))?;
        match &mut self.borrowed {
            Some(borrowed) if borrowed.usage == Some(usage) => self.give_back(),
            Some(borrowed) => {
                // It was up already for another key, and stays so.
                borrowed.released.retain(|other| *other != code);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Which key to press, with modifiers brought about that it needs.
    fn key_for(&mut self, stroke: Stroke) -> Result<Keycode, InjectError> {
        let Some(layout) = &self.layout else {
            return linux_code(stroke.usage).ok_or(InjectError::UnknownKey(stroke.usage));
        };
        let here = layout.at(stroke.usage);
        if let Some(code) = layout.modifier_key(stroke.usage) {
            return Ok(code);
        }
        let meant = match (stroke.text, stroke.cap) {
            (Some(text), cap) if self.is_shortcut() => {
                let state = self.state()?;
                self.key_for_shortcut(stroke.usage, text, cap.unwrap_or(text), state, here)?
            }
            (Some(text), _) => {
                let state = self.state()?;
                self.key_for_text(text, Some(stroke.usage), state, here)?
            }
            (None, _) => None,
        };
        meant.or(here).ok_or(InjectError::UnknownKey(stroke.usage))
    }

    /// Is something held that makes a command of a character?
    fn is_shortcut(&self) -> bool {
        let modifiers = [
            usages::LEFT_CONTROL,
            usages::RIGHT_CONTROL,
            usages::LEFT_ALT,
            usages::RIGHT_ALT,
            usages::LEFT_SUPER,
            usages::RIGHT_SUPER,
        ];
        self.strokes.iter().any(|(usage, _)| modifiers.contains(usage))
    }

    fn key_for_text(
        &mut self,
        text: char,
        usage: Option<u32>,
        state: State,
        here: Option<Keycode>,
    ) -> Result<Option<Keycode>, InjectError> {
        let way = self.layout.as_ref().and_then(|layout| layout.way(text, here, state, self.changeable(state)));
        if let Some(Way { code, mods }) = way {
            self.borrow(usage, state.mods, mods)?;
            return Ok(Some(code));
        }
        let Some(code) = self.lend(text)? else { return Ok(None) };
        if upper(text) != text {
            // With Caps Lock, or with Shift that is held for something else, programs would capitalise it.
            self.borrow(usage, state.mods, state.mods & !(state.locked & LOCK) & !layout::SHIFT)?;
        }
        Ok(Some(code))
    }

    /// What the cap says goes before what Shift makes of it for letters (Ctrl+Shift+Z is that of Z), the other way round
    /// for signs (who presses Ctrl and + does not care whether that takes Shift).
    fn key_for_shortcut(
        &mut self,
        usage: u32,
        text: char,
        cap: char,
        state: State,
        here: Option<Keycode>,
    ) -> Result<Option<Keycode>, InjectError> {
        let Some(layout) = &self.layout else { return Ok(None) };
        let is_letter = cap.is_alphabetic();
        if !is_letter {
            let changeable = self.changeable(state) & layout::SHIFT;
            if let Some(Way { code, mods }) = layout.way(text, here, state, changeable) {
                self.borrow(Some(usage), state.mods, mods)?;
                return Ok(Some(code));
            }
        }
        if let Some(code) = layout.key_with_cap(cap, here, state.group) {
            return Ok(Some(code));
        }
        // A keyboard of another script: no key here says Z.
        let sign = if is_letter { cap } else { text };
        if sign.is_ascii() { self.lend(sign) } else { Ok(None) }
    }

    /// The modifiers that can be made otherwise: those that are up, and those that are down because we hold them.
    fn changeable(&self, state: State) -> u8 {
        let Some(layout) = &self.layout else { return 0 };
        let ours = self.held.iter().fold(0, |ours, held| match held {
            Held::Key(code) => ours | layout.modifier(*code),
            Held::Button(_) => ours,
        });
        layout.level_mask() & (!state.mods | ours) & !state.locked
    }

    /// Makes modifiers `wanted` that are `now`, until [`Self::give_back`].
    fn borrow(&mut self, usage: Option<u32>, now: u8, wanted: u8) -> Result<(), InjectError> {
        let Some(layout) = &self.layout else { return Ok(()) };
        let missing = (0..8).map(|bit| 1 << bit).filter(|bit| wanted & !now & bit != 0);
        let pressed: Vec<Keycode> = missing.filter_map(|bit| layout.chooser(bit)).collect();
        let too_many = now & !wanted & !LOCK;
        let released = self.held.iter().filter_map(|held| match held {
            Held::Key(code) if layout.modifier(*code) & too_many != 0 => Some(*code),
            Held::Key(_) | Held::Button(_) => None,
        });
        let released: Vec<Keycode> = released.collect();
        let unlocked = now & !wanted & LOCK != 0;
        if pressed.is_empty() && released.is_empty() && !unlocked {
            return Ok(());
        }
        for code in &released {
            self.up(Held::Key(*code))?;
        }
        for code in &pressed {
            self.down(Held::Key(*code))?;
        }
        if unlocked {
            self.lock(LOCK, 0)?;
        }
        self.borrowed = Some(Borrowed { usage, pressed, released, unlocked });
        Ok(())
    }

    /// Modifiers are as the person holds them again.
    fn give_back(&mut self) -> Result<(), InjectError> {
        let Some(borrowed) = self.borrowed.take() else { return Ok(()) };
        if borrowed.unlocked {
            self.lock(LOCK, LOCK)?;
        }
        for code in borrowed.pressed {
            self.up(Held::Key(code))?;
        }
        for code in borrowed.released {
            self.down(Held::Key(code))?;
        }
        Ok(())
    }

    /// A key that makes `character` and nothing else.
    fn lend(&mut self, character: char) -> Result<Option<Keycode>, InjectError> {
        let sym = keysym(character);
        let held = &self.held;
        match self.spare.lend(sym, Instant::now(), |code| held.contains(&Held::Key(code))) {
            Loan::Has(code) => Ok(Some(code)),
            Loan::New { code, rested } => {
                if let Some(rested) = rested {
                    thread::sleep(rested.saturating_duration_since(Instant::now()).min(WAIT_FOR_KEY));
                }
                self.note(Note::Bound(code));
                bind(&self.connection, code, sym)?;
                Ok(Some(code))
            }
            Loan::None => Ok(None),
        }
    }

    fn unbind(&mut self, code: Keycode) -> Result<(), InjectError> {
        bind(&self.connection, code, NO_SYMBOL)?;
        self.connection.flush()?;
        self.note(Note::Unbound(code));
        Ok(())
    }

    /// What is locked there is to be locked here.
    fn lock_as(&mut self, locks: Locks) -> Result<(), InjectError> {
        let Some(num) = self.layout.as_ref().map(Layout::num) else { return Ok(()) };
        if self.borrowed.as_ref().is_some_and(|borrowed| borrowed.unlocked) {
            self.give_back()?;
        }
        let wanted = if locks.caps { LOCK } else { 0 } | if locks.num { num } else { 0 };
        let affected = LOCK | num;
        let before = self.state()?.locked & affected;
        if before == wanted {
            return Ok(());
        }
        match &mut self.locked {
            Some(locked) => locked.made = wanted,
            None => {
                let locked = LockedBefore { affected, before, made: wanted };
                self.locked = Some(locked);
                self.note(Note::Locked(locked));
            }
        }
        self.lock(affected, wanted)
    }

    /// Gives back the locks that the person in front of this computer had, unless they have been changed since.
    fn lock_as_before(&mut self) -> Result<(), InjectError> {
        let Some(LockedBefore { affected, before, made }) = self.locked.take() else { return Ok(()) };
        if self.state()?.locked & affected == made {
            self.lock(affected, before)?;
        }
        self.note(Note::Unlocked);
        Ok(())
    }

    fn lock(&self, affected: u8, wanted: u8) -> Result<(), InjectError> {
        Ok(lock(&self.connection, affected, wanted)?)
    }

    fn state(&self) -> Result<State, InjectError> {
        if self.layout.is_none() {
            return Ok(State { mods: 0, locked: 0, group: 0 });
        }
        let state = self.connection.xkb_get_state(xkb::ID::USE_CORE_KBD.into())?.reply()?;
        let mask = |mods: xproto::ModMask| (u16::from(mods) & 0xff) as u8;
        Ok(State { mods: mask(state.mods), locked: mask(state.locked_mods), group: state.group.into() })
    }

    /// Presses a key, also one that is down already for something else.
    fn down_anew(&mut self, code: Keycode) -> Result<(), InjectError> {
        self.up(Held::Key(code))?;
        self.down(Held::Key(code))
    }

    fn down(&mut self, held: Held) -> Result<(), InjectError> {
        if !self.held.contains(&held) {
            self.note(Note::Down(held));
            self.held.push(held);
            self.fake(held, Press::Down)?;
        }
        Ok(())
    }

    fn up(&mut self, held: Held) -> Result<(), InjectError> {
        if let Some(at) = self.held.iter().position(|h| *h == held) {
            self.held.remove(at);
            self.fake(held, Press::Up)?;
            self.note(Note::Up(held));
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
                Event::XkbMapNotify(map) => stale |= !self.is_own_change(&map),
                Event::Error(error) => tracing::warn!(kind = ?error.error_kind, "the X server refused an input"),
                _ => {}
            }
        }
        if stale {
            self.read_layout()?;
        }
        Ok(())
    }

    /// Is this nothing but a key that was lent, or taken back?
    fn is_own_change(&self, map: &xkb::MapNotifyEvent) -> bool {
        let Some(layout) = &self.layout else { return false };
        let touched = |part: xkb::MapPart| u16::from(map.changed) & u16::from(part) != 0;
        !touched(xkb::MapPart::KEY_TYPES)
            && touched(xkb::MapPart::KEY_SYMS)
            && map.n_key_syms == 1
            && (self.spare.is_lent(map.first_key_sym) || layout.is_spare(map.first_key_sym))
    }

    fn read_layout(&mut self) -> Result<(), InjectError> {
        self.layout = Layout::read(&self.connection)?;
        let Some(layout) = &mut self.layout else { return Ok(()) };
        let lost = self.spare.renew(layout.spare(), |code, sym| layout.is_bound(code, sym));
        for code in self.spare.lent() {
            layout.forget(code);
        }
        for code in lost {
            self.note(Note::Unbound(code));
        }
        Ok(())
    }

    /// Takes back what was lent, once whoever was typed to has had the time to look.
    fn take_back(&mut self) -> Result<(), InjectError> {
        let (codes, last) = self.spare.take_back();
        if let Some(last) = last {
            thread::sleep((last + REST).saturating_duration_since(Instant::now()));
        }
        for code in codes {
            self.unbind(code)?;
        }
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        if let Err(error) = self.release_all().and_then(|()| self.take_back()) {
            tracing::warn!(%error, "keys could not be released");
        }
    }
}

/// Makes a guard outlive what kills this process's group, such as Ctrl+C in a terminal.
pub(super) fn detach(command: &mut Command) {
    command.process_group(0);
}

/// Lets go of keys and buttons that a dead process held, and undoes what it did to the keyboard.
pub(super) fn let_go(name: Option<&str>, left: &Left) -> Result<(), InjectError> {
    /// The server may still find presses in the dead process's connection after it has read our releases.
    const LATE_PRESSES: Duration = Duration::from_millis(50);

    let (connection, screen) = connect(name)?;
    let root = connection.setup().roots[screen].root;
    require_xtest(&connection)?;
    for pause in [Duration::ZERO, LATE_PRESSES] {
        thread::sleep(pause);
        for held in &left.held {
            fake(&connection, root, *held, Press::Up)?;
        }
        connection.get_input_focus()?.reply()?;
    }
    if let Some(LockedBefore { affected, before, .. }) = left.locked {
        connection.xkb_use_extension(1, 0)?.reply()?;
        lock(&connection, affected, before)?;
    }
    if !left.bound.is_empty() {
        thread::sleep(REST);
    }
    for code in &left.bound {
        bind(&connection, *code, NO_SYMBOL)?;
    }
    connection.get_input_focus()?.reply()?;
    Ok(())
}

/// X11's keysym for a key that means nothing.
const NO_SYMBOL: u32 = 0;

/// Makes a key mean this, under all modifiers.
fn bind(connection: &RustConnection, code: Keycode, sym: u32) -> Result<(), ConnectionError> {
    connection.change_keyboard_mapping(1, code, 1, &[sym])?;
    Ok(())
}

fn lock(connection: &RustConnection, affected: u8, wanted: u8) -> Result<(), ConnectionError> {
    let mods = |mask: u8| xproto::ModMask::from(u16::from(mask));
    let (core, group) = (xkb::ID::USE_CORE_KBD.into(), xkb::Group::from(0_u8));
    connection.xkb_latch_lock_state(core, mods(affected), mods(wanted), false, group, mods(0), false, 0)?;
    // A lock key is all that it does: nothing comes after it that would take the request along.
    connection.flush()
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
    use super::notches;

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
}
