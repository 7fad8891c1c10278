//! Hands on this computer: keys, buttons, wheels and the pointer. One facade; the platform's implementation is chosen
//! here and nowhere else. What may be injected is decided elsewhere (the gate of the host).

// What Windows needs decided, tested on every system.
#[cfg(any(target_os = "windows", test))]
mod aim;
#[cfg(any(target_os = "windows", test))]
mod board;
#[cfg(target_os = "linux")]
mod keys;
#[cfg(any(target_os = "windows", test))]
mod places;
#[cfg(any(target_os = "windows", test))]
mod repeat;
mod stroke;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(any(target_os = "linux", target_os = "windows"))]
mod usages;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

pub mod guard;

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;
#[cfg(target_os = "linux")]
use x11 as platform;

use std::time::Instant;

use guard::Guard;
pub use stroke::Stroke;

/// An open keyboard and mouse. It remembers what it holds down; dropping it lets everything go.
pub struct Injector {
    platform: platform::Injector,
}

impl Injector {
    /// Opens keyboard and mouse of the session that this process belongs to (on X11: `$DISPLAY`).
    ///
    /// # Errors
    /// Why there can be no input here.
    pub fn open() -> Result<Self, InjectError> {
        Ok(Self { platform: platform::Injector::open(None)? })
    }

    /// Opens keyboard and mouse of the screen with this name; only X11 has names for screens (`:1`).
    ///
    /// # Errors
    /// Why there can be no input there.
    pub fn open_named(name: &str) -> Result<Self, InjectError> {
        Ok(Self { platform: platform::Injector::open(Some(name))? })
    }

    /// From now on what is held is also told to `guard`, which lets go of it should this process die without doing so.
    pub fn guarded_by(&mut self, guard: Guard) {
        self.platform.guarded_by(guard);
    }

    /// Presses or releases a key. A press does what the key meant where it was pressed, whatever the two keyboards are: the
    /// character if it is one, by the key that makes it here, with Shift and AltGr as that needs; with Ctrl, Alt or Super
    /// held, the key whose cap says the same. Only what has no meaning goes by position. Locks are made the same here.
    /// Pressing what is held and releasing what is not does nothing; a key repeats at the pace of this computer for as
    /// long as it is held.
    ///
    /// # Errors
    /// [`InjectError::UnknownKey`] when this keyboard has no such key; otherwise the system failed.
    pub fn key(&mut self, stroke: impl Into<Stroke>, press: Press) -> Result<(), InjectError> {
        self.platform.key(stroke.into(), press)
    }

    /// Types one character that no single key made.
    ///
    /// # Errors
    /// [`InjectError::NoKey`] when this keyboard cannot, and no key can be lent to it; otherwise the system failed.
    pub fn type_text(&mut self, character: char) -> Result<(), InjectError> {
        self.platform.type_text(character)
    }

    /// Presses or releases a mouse button where the pointer is. Pressing what is held and releasing what is not does
    /// nothing.
    ///
    /// # Errors
    /// The system failed.
    pub fn button(&mut self, button: Button, press: Press) -> Result<(), InjectError> {
        self.platform.button(button, press)
    }

    /// Turns the wheels, in 1/120 of a notch: positive is to the right, and away from the person. Where the system
    /// knows only notches, what is left of one is kept for the next call.
    ///
    /// # Errors
    /// The system failed.
    pub fn wheel(&mut self, horizontal: i32, vertical: i32) -> Result<(), InjectError> {
        self.platform.wheel(horizontal, vertical)
    }

    /// Moves the pointer to a pixel of a display; a position outside it ends at its edge.
    ///
    /// # Errors
    /// [`InjectError::UnknownDisplay`], or the system failed.
    pub fn move_to(&mut self, display: u32, x: u32, y: u32) -> Result<(), InjectError> {
        self.platform.move_to(display, x, y)
    }

    /// Lets go of every key and button that this injector holds, gives Caps Lock and Num Lock back as they were, and returns
    /// once the system has done it.
    ///
    /// # Errors
    /// The system failed.
    pub fn release_all(&mut self) -> Result<(), InjectError> {
        self.platform.release_all()
    }

    /// To be called when there is nothing else to do: takes back keys that were lent to characters and are not used any
    /// more. Answers when to call again, if at all.
    ///
    /// # Errors
    /// The system failed.
    pub fn tidy(&mut self, now: Instant) -> Result<Option<Instant>, InjectError> {
        self.platform.tidy(now)
    }
}

/// Down or up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Press {
    /// It goes down.
    Down,
    /// It comes up.
    Up,
}

/// The buttons of a mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// Under the index finger of the right hand.
    Left,
    /// The wheel, pressed.
    Middle,
    /// The one that opens menus.
    Right,
    /// The fourth.
    Back,
    /// The fifth.
    Forward,
}

/// Why nothing was injected.
#[derive(Debug, thiserror::Error)]
pub enum InjectError {
    /// This build has no injection for this system.
    #[error("this build cannot use mouse and keyboard of this system")]
    NotSupported,
    /// A Wayland desktop without an X server.
    #[error("this is a Wayland desktop, whose mouse and keyboard this build cannot use")]
    Wayland,
    /// Keyboard and mouse cannot be opened.
    #[error("mouse and keyboard cannot be opened: {0}")]
    Open(String),
    /// The system lacks something that injection cannot do without.
    #[error("the screen lacks {0}")]
    Missing(&'static str),
    /// This keyboard has no such key.
    #[error("this keyboard has no key for HID usage {0:#x}")]
    UnknownKey(u32),
    /// This keyboard cannot make the character.
    #[error("this keyboard has no key for a character")]
    NoKey,
    /// There is no such display.
    #[error("there is no display {0}")]
    UnknownDisplay(u32),
    /// What is in front takes no input from this program: it belongs to an administrator, or to the system itself.
    #[error("what is in front belongs to an administrator or to the system, and takes no input from this program")]
    Blocked,
    /// The system was there and is gone.
    #[error("the screen is gone: {0}")]
    Lost(String),
}
