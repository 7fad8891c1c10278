//! What happens around a session: is the customer at this computer, is its screen lit, and does what is in front take input
//! from this program? One facade; the platform's implementation is chosen here and nowhere else. Where the system says when
//! something changes, nothing here runs until then.

#[cfg(target_os = "linux")]
mod linux;
// What Windows needs decided, tested on every system.
#[cfg(any(target_os = "windows", test))]
mod signs;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// Is the person who shares this screen in front of it?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Presence {
    /// As far as the system knows.
    #[default]
    Here,
    /// The screen is locked.
    Locked,
    /// Somebody else uses the computer: this session is in the background.
    Away,
}

/// Is there light on the screen?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Light {
    /// Yes.
    #[default]
    On,
    /// It sleeps, to save energy or its glass.
    Asleep,
}

/// Does what is in front take input from this program?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reach {
    /// As far as the system knows.
    #[default]
    All,
    /// No: the system itself asks something, where only the hands of whoever sits there can answer (on Windows the desktop of
    /// its own on which it asks for an administrator's consent).
    Prompt,
    /// No: in front is a window of a program with more rights than this one.
    Administrator,
}

/// All of it, at one moment. It is the default until the system says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Situation {
    /// Whether the person is there.
    pub presence: Presence,
    /// Whether the screen is lit.
    pub light: Light,
    /// Whom input of this program reaches.
    pub reach: Reach,
}

/// Watches the session that this process belongs to (on X11: `$DISPLAY`). Dropping it ends its threads; once it is
/// dropped nothing more is said.
pub struct Watch {
    platform: platform::Watch,
}

impl Watch {
    /// Begins to watch. `sink` is told whenever the situation changes, in order, from threads of its own; it must return
    /// at once. What the system does not tell is taken for the default: there may be no message bus, no locker that says
    /// anything, no screen that sleeps.
    ///
    /// # Errors
    /// [`WatchError`]: nothing is watched.
    pub fn start(sink: impl FnMut(Situation) + Send + 'static) -> Result<Self, WatchError> {
        Ok(Self { platform: platform::Watch::start(Box::new(sink))? })
    }

    /// Lights the screen, as a hand at the mouse would. A locked one stays locked.
    pub fn light_up(&self) {
        self.platform.light_up();
    }
}

/// Why nothing is watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// This build does not know how to, on this system.
    #[error("this build does not notice a locked screen on this system")]
    NotSupported,
    /// The system gives no thread, or no way to wake one.
    #[error("the system gives no thread: {0}")]
    Thread(#[from] std::io::Error),
}

/// Where the situation is told.
type Sink = Box<dyn FnMut(Situation) + Send>;
