//! Windows: `SendInput` presses, by places on the keyboard; the layout of the window in front says what they mean
//! ([`layout`], [`super::board`]). What a key meant where it was pressed comes before where it is; a character that no key
//! here makes is given as text.
//!
//! What Windows does with input for a window that takes none from us is nothing, and it says nothing of it. So that is asked
//! first ([`crate::foremost`]), and a release that may have been lost so is done again once it can arrive.

mod layout;
mod send;

use std::os::windows::process::CommandExt as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use windows::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW};

use super::board::{ALT_GR, Board, CAPS, SHIFT, Way};
use super::guard::{Guard, Held, Left, LockedBefore, Note};
use super::places::{Place, is_modifier_or_lock};
use super::repeat::{Pace, Repeat};
use super::{Button, InjectError, Press, Stroke, usages};
use crate::foremost::{Front, Takes, takes, takes_at_pointer, takes_release_at_pointer};
use crate::locks::Locks;

/// Most that one call turns a wheel, in 1/120 of a notch: what is beyond is lost.
const MOST_TURN: i32 = 20 * 120;
/// How often what may not have come up is let go of again.
const TRY_AGAIN: Duration = Duration::from_millis(100);
/// How long the guard tries. The questions that Windows itself asks end within two minutes; an administrator's window may
/// stay in front for longer.
const GUARD_TRIES: Duration = Duration::from_secs(60 * 60);
/// The locks, in the masks that the guard is told.
const CAPS_LOCK: u8 = 1;
const NUM_LOCK: u8 = 1 << 1;

pub(super) struct Injector {
    /// What is down.
    held: Vec<Held>,
    /// What was let go of while nothing arrived.
    owed: Vec<Held>,
    /// The keys that are held for somebody, with what each does.
    strokes: Vec<(u32, Does)>,
    borrowed: Option<Borrowed>,
    repeat: Repeat<Does>,
    locked: Option<LockedBefore>,
    /// Locks that could not be given back while nothing arrived.
    owed_locks: Option<LockedBefore>,
    guard: Option<Guard>,
    layout: Option<Read>,
}

/// What a key that is held for somebody does here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    /// This key is down.
    Press(Place),
    /// It has typed this: nothing is down.
    Type(char),
}

/// A layout that has been read.
struct Read {
    /// The layout's handle as a number: it is for any thread.
    of: isize,
    board: Board,
}

/// Modifiers that are otherwise than the person holds them, for as long as one key is down that needs it so.
struct Borrowed {
    usage: u32,
    pressed: Vec<Place>,
    released: Vec<Place>,
}

impl Injector {
    pub(super) fn open(name: Option<&str>) -> Result<Self, InjectError> {
        if let Some(name) = name {
            return Err(InjectError::Open(format!("Windows has no screen of the name {name:?}")));
        }
        Ok(Self {
            held: Vec::new(),
            owed: Vec::new(),
            strokes: Vec::new(),
            borrowed: None,
            repeat: Repeat::none(),
            locked: None,
            owed_locks: None,
            guard: None,
            layout: None,
        })
    }

    pub(super) fn guarded_by(&mut self, guard: Guard) {
        let guard = self.guard.insert(guard);
        for held in &self.held {
            guard.note(Note::Down(*held));
        }
    }

    pub(super) fn key(&mut self, stroke: Stroke, press: Press) -> Result<(), InjectError> {
        if press == Press::Up {
            self.release(stroke.usage);
            return Ok(());
        }
        require_input()?;
        if let Some(locks) = stroke.locks {
            self.lock_as(locks)?;
        }
        if stroke.locks.is_some() && matches!(stroke.usage, usages::CAPS_LOCK | usages::NUM_LOCK) {
            return Ok(());
        }
        self.press(stroke)
    }

    pub(super) fn type_text(&mut self, character: char) -> Result<(), InjectError> {
        require_input()?;
        self.give_back();
        self.repeat.stop();
        send::text(character)
    }

    pub(super) fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError> {
        self.give_back();
        let number = send::number(button);
        match press {
            Press::Down => {
                require_input_at_pointer()?;
                self.down(Held::Button(number))
            }
            Press::Up => {
                // The hand has changed since it went down.
                let of = |number: &u8| self.held.contains(&Held::Button(*number));
                let number = Some(number).filter(of).or_else(|| send::swapped(number).filter(of));
                if let Some(number) = number {
                    self.up(Held::Button(number));
                }
                Ok(())
            }
        }
    }

    pub(super) fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError> {
        require_input_at_pointer()?;
        self.give_back();
        let bounded = |turned: i32| turned.clamp(-MOST_TURN, MOST_TURN);
        send::wheel(bounded(horizontal), bounded(vertical))
    }

    pub(super) fn move_to(&mut self, display: u32, x: u32, y: u32) -> Result<(), InjectError> {
        if display == 0 { send::pointer_to(x, y) } else { Err(InjectError::UnknownDisplay(display)) }
    }

    /// What does not arrive now is owed, and no reason to say that hands do not follow: nothing else arrives either.
    pub(super) fn release_all(&mut self) -> Result<(), InjectError> {
        self.repeat.stop();
        self.borrowed = None;
        self.strokes.clear();
        while let Some(held) = self.held.last().copied() {
            self.up(held);
        }
        self.lock_as_before();
        Ok(())
    }

    pub(super) fn tidy(&mut self, now: Instant) -> Result<Option<Instant>, InjectError> {
        if let Some(does) = self.repeat.due(now) {
            self.again(does)?;
        }
        self.pay();
        self.pay_locks();
        let owing = self.owes().then(|| now + TRY_AGAIN);
        Ok([self.repeat.next(), owing].into_iter().flatten().min())
    }

    fn press(&mut self, stroke: Stroke) -> Result<(), InjectError> {
        if self.strokes.iter().any(|(usage, _)| *usage == stroke.usage) {
            return Ok(());
        }
        self.give_back();
        let does = self.what_to_do(stroke)?;
        match does {
            Does::Press(place) => {
                // Two keys may come to the same one here: the later has it.
                self.strokes.retain(|(_, other)| *other != does);
                self.up(Held::Key(place.0));
                self.down(Held::Key(place.0))?;
            }
            Does::Type(character) => send::text(character)?,
        }
        self.strokes.push((stroke.usage, does));
        if !is_modifier_or_lock(stroke.usage) {
            self.repeat.begin(does, send::repeats(), Instant::now());
        }
        Ok(())
    }

    fn release(&mut self, usage: u32) {
        let Some(at) = self.strokes.iter().position(|(other, _)| *other == usage) else { return };
        let (_, does) = self.strokes.remove(at);
        self.repeat.end(does);
        if let Does::Press(place) = does {
            self.up(Held::Key(place.0));
            if let Some(borrowed) = &mut self.borrowed {
                // It was up already for another key, and stays so.
                borrowed.released.retain(|other| *other != place);
            }
        }
        if self.borrowed.as_ref().is_some_and(|borrowed| borrowed.usage == usage) {
            self.give_back();
        }
    }

    fn again(&mut self, does: Does) -> Result<(), InjectError> {
        if takes() != Takes::Input {
            self.repeat.stop();
            return Ok(());
        }
        match does {
            Does::Press(place) => send::held(Held::Key(place.0), Press::Down, self.code(place)),
            Does::Type(character) => send::text(character),
        }
    }

    /// Which key to press, with modifiers brought about that it needs; or what to type.
    fn what_to_do(&mut self, stroke: Stroke) -> Result<Does, InjectError> {
        let here = Place::of(stroke.usage).map(|place| match place {
            Place::PAUSE if self.holds(&[usages::LEFT_CONTROL, usages::RIGHT_CONTROL]) => Place::BREAK,
            place => place,
        });
        let is_modifier = is_modifier_or_lock(stroke.usage);
        self.read_layout();
        let meant = match (stroke.text, stroke.cap) {
            (Some(text), cap) if !is_modifier && self.is_shortcut() => {
                self.key_for_shortcut(stroke.usage, text, cap.unwrap_or(text), here)?.map(Does::Press)
            }
            (Some(text), _) if !is_modifier => Some(self.what_types(stroke.usage, text, here)?),
            _ => None,
        };
        meant.or(here.map(Does::Press)).ok_or(InjectError::UnknownKey(stroke.usage))
    }

    fn what_types(&mut self, usage: u32, text: char, here: Option<Place>) -> Result<Does, InjectError> {
        let (level, changeable) = (self.level(), self.changeable());
        let way = self.layout.as_ref().and_then(|read| read.board.way(text, here, level, changeable));
        let Some(Way { place, level: wanted }) = way else { return Ok(Does::Type(text)) };
        self.borrow(usage, level, wanted)?;
        Ok(Does::Press(place))
    }

    /// What the cap says goes before what Shift makes of it for letters (Ctrl+Shift+Z is that of Z), the other way round
    /// for signs (who presses Ctrl and + does not care whether that takes Shift).
    fn key_for_shortcut(
        &mut self,
        usage: u32,
        text: char,
        cap: char,
        here: Option<Place>,
    ) -> Result<Option<Place>, InjectError> {
        let Some(read) = &self.layout else { return Ok(None) };
        if !cap.is_alphabetic() {
            // Ctrl and Alt are held for the command, not for a level.
            let level = self.level() & !ALT_GR;
            if let Some(Way { place, level: wanted }) = read.board.way(text, here, level, self.changeable() & SHIFT) {
                self.borrow(usage, level, wanted)?;
                return Ok(Some(place));
            }
        }
        Ok(read.board.with_cap(cap, here))
    }

    /// Is something held that makes a command of a character?
    fn is_shortcut(&self) -> bool {
        self.holds(&[
            usages::LEFT_CONTROL,
            usages::RIGHT_CONTROL,
            usages::LEFT_ALT,
            usages::RIGHT_ALT,
            usages::LEFT_SUPER,
            usages::RIGHT_SUPER,
        ])
    }

    fn holds(&self, usages: &[u32]) -> bool {
        self.strokes.iter().any(|(usage, _)| usages.contains(usage))
    }

    /// The level in force, whoever holds it.
    fn level(&self) -> u8 {
        let locks = send::locks();
        send::level() | u8::from(locks.caps) * CAPS
    }

    /// What of it can be made otherwise: what is up, and Shift that is down because we hold it.
    fn changeable(&self) -> u8 {
        let (level, ours) = (send::level(), self.held.iter().any(|held| is_shift(*held)));
        u8::from(level & SHIFT == 0 || ours) * SHIFT | u8::from(level & ALT_GR == 0) * ALT_GR
    }

    /// Makes a level `wanted` that is `now`, until [`Self::give_back`].
    fn borrow(&mut self, usage: u32, now: u8, wanted: u8) -> Result<(), InjectError> {
        let missing = |bit| wanted & !now & bit != 0;
        let mut pressed = Vec::new();
        if missing(SHIFT) {
            pressed.push(Place::LEFT_SHIFT);
        }
        if missing(ALT_GR) {
            // Windows adds Ctrl to AltGr where the layout has one: it may, it is down already.
            pressed.extend([Place::LEFT_CONTROL, Place::RIGHT_ALT]);
        }
        let too_many = now & !wanted & SHIFT != 0;
        let released = self.held.iter().filter(|held| too_many && is_shift(**held)).filter_map(|held| match held {
            Held::Key(code) => Some(Place(*code)),
            Held::Button(_) => None,
        });
        let released: Vec<Place> = released.collect();
        if pressed.is_empty() && released.is_empty() {
            return Ok(());
        }
        for place in &released {
            self.up(Held::Key(place.0));
        }
        self.borrowed = Some(Borrowed { usage, pressed: pressed.clone(), released });
        for place in pressed {
            self.down(Held::Key(place.0))?;
        }
        Ok(())
    }

    /// Modifiers are as the person holds them again.
    fn give_back(&mut self) {
        let Some(borrowed) = self.borrowed.take() else { return };
        for place in borrowed.pressed.into_iter().rev() {
            self.up(Held::Key(place.0));
        }
        for place in borrowed.released {
            if let Err(error) = self.down(Held::Key(place.0)) {
                tracing::warn!(%error, "a key does not go down again");
            }
        }
    }

    /// Reads the layout of the window in front, unless it is the one that was read.
    fn read_layout(&mut self) {
        let front = Front::now().layout();
        if self.layout.as_ref().map(|read| read.of) != front.map(|layout| layout.0 as isize) {
            self.layout = front.map(|layout| Read { of: layout.0 as isize, board: layout::read(layout) });
        }
    }

    /// What the key at a place is to Windows. Windows itself goes by the place; not so Wine, and who listens to what is
    /// injected.
    fn code(&self, place: Place) -> u8 {
        let by_layout = || self.layout.as_ref().and_then(|read| read.board.code(place));
        place.code(send::locks().num).or_else(by_layout).unwrap_or(0)
    }

    /// What is locked there is to be locked here.
    fn lock_as(&mut self, wanted: Locks) -> Result<(), InjectError> {
        let now = send::locks();
        if now == wanted {
            return Ok(());
        }
        match &mut self.locked {
            Some(locked) => locked.made = mask(wanted),
            None => {
                let affected = CAPS_LOCK | NUM_LOCK;
                let before = self.owed_locks.take().map_or(mask(now), |owed| owed.before);
                let locked = LockedBefore { affected, before, made: mask(wanted) };
                self.locked = Some(locked);
                self.note(Note::Locked(locked));
            }
        }
        send::lock(wanted)
    }

    /// Gives back the locks that the person in front of this computer had, unless they have been changed since.
    fn lock_as_before(&mut self) {
        self.owed_locks = self.locked.take().or(self.owed_locks.take());
        self.pay_locks();
    }

    /// Does so once it can arrive.
    fn pay_locks(&mut self) {
        let arrives = |_: &mut LockedBefore| takes() == Takes::Input;
        let Some(LockedBefore { before, made, .. }) = self.owed_locks.take_if(arrives) else { return };
        if mask(send::locks()) == made
            && let Err(error) = send::lock(locks(before))
        {
            tracing::warn!(%error, "the locks are not as they were");
        }
        self.note(Note::Unlocked);
    }

    fn down(&mut self, held: Held) -> Result<(), InjectError> {
        if self.held.contains(&held) {
            return Ok(());
        }
        self.note(Note::Down(held));
        self.owed.retain(|owed| *owed != held);
        self.held.push(held);
        send::held(held, Press::Down, self.code_of(held))
    }

    fn up(&mut self, held: Held) {
        let Some(at) = self.held.iter().position(|other| *other == held) else { return };
        self.held.remove(at);
        self.owed.push(held);
        self.pay();
    }

    /// Lets go of what is owed, and no longer owes what has arrived. What a guard knows of is its business too until then.
    fn pay(&mut self) {
        if self.owed.is_empty() {
            return;
        }
        for held in std::mem::take(&mut self.owed) {
            let arrives = arrives(held);
            match send::held(held, Press::Up, self.code_of(held)) {
                Ok(()) if arrives => self.note(Note::Up(held)),
                Ok(()) | Err(_) => self.owed.push(held),
            }
        }
    }

    fn owes(&self) -> bool {
        !self.owed.is_empty() || self.owed_locks.is_some()
    }

    fn code_of(&self, held: Held) -> u8 {
        match held {
            Held::Key(place) => self.code(Place(place)),
            Held::Button(_) => 0,
        }
    }

    fn note(&mut self, note: Note) {
        if let Some(guard) = &mut self.guard {
            guard.note(note);
        }
    }
}

impl Drop for Injector {
    fn drop(&mut self) {
        if let Err(error) = self.release_all() {
            tracing::warn!(%error, "keys could not be released");
        }
        if self.owes()
            && let Some(guard) = self.guard.take()
        {
            tracing::warn!("what is held cannot be let go of now: it is left to the guard");
            guard.leave();
        }
    }
}

/// Makes a guard outlive what ends this process's group, such as Ctrl+C in a console, without a console of its own.
pub(super) fn detach(command: &mut Command) {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP.0 | CREATE_NO_WINDOW.0);
}

/// Lets go of keys and buttons that a dead process held, and undoes what it did to the locks. While nothing arrives it waits:
/// a key that stays down on somebody's computer is worse than a small process.
pub(super) fn let_go(_name: Option<&str>, left: &Left) -> Result<(), InjectError> {
    let begun = Instant::now();
    let wait_until = |arrives: &dyn Fn() -> bool| {
        while !arrives() && begun.elapsed() < GUARD_TRIES {
            thread::sleep(TRY_AGAIN);
        }
    };
    wait_until(&|| takes() == Takes::Input);
    let board = Front::now().layout().map(layout::read).unwrap_or_default();
    let mut done = Ok(());
    for held in &left.held {
        if let Held::Key(place) = held {
            let code = Place(*place).code(send::locks().num).or_else(|| board.code(Place(*place)));
            // One that does not come up is no reason to leave the others down.
            done = send::held(*held, Press::Up, code.unwrap_or(0)).and(done);
        }
    }
    if let Some(LockedBefore { before, .. }) = left.locked {
        done = send::lock(locks(before)).and(done);
    }
    // These may have to wait for the pointer to be elsewhere.
    for held in left.held.iter().filter(|held| matches!(held, Held::Button(_))) {
        wait_until(&|| arrives(*held));
        done = send::held(*held, Press::Up, 0).and(done);
    }
    done
}

/// Would a release of it? A key's goes to the window in front, a button's to the one under the pointer.
fn arrives(held: Held) -> bool {
    let takes = match held {
        Held::Key(_) => takes(),
        Held::Button(_) => takes_release_at_pointer(),
    };
    takes == Takes::Input
}

fn require_input() -> Result<(), InjectError> {
    if takes() == Takes::Input { Ok(()) } else { Err(InjectError::Blocked) }
}

fn require_input_at_pointer() -> Result<(), InjectError> {
    if takes_at_pointer() == Takes::Input { Ok(()) } else { Err(InjectError::Blocked) }
}

fn is_shift(held: Held) -> bool {
    let shifts = [usages::LEFT_SHIFT, usages::RIGHT_SHIFT].map(Place::of);
    matches!(held, Held::Key(code) if shifts.contains(&Some(Place(code))))
}

fn mask(locks: Locks) -> u8 {
    u8::from(locks.caps) * CAPS_LOCK | u8::from(locks.num) * NUM_LOCK
}

fn locks(mask: u8) -> Locks {
    Locks { caps: mask & CAPS_LOCK != 0, num: mask & NUM_LOCK != 0 }
}
