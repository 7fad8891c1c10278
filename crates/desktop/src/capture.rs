//! The picture of a screen, with the areas that changed. One facade; the platform's implementation is chosen here and
//! nowhere else.
//!
//! A capture shares one display, number 0: everything that the system shows as one surface (on X11 the root window,
//! with all its monitors; on Windows the virtual screen, whose top left corner is pixel 0, 0 here). The pointer is never part of the picture.

pub mod probe;
pub mod synthetic;

// What a system needs decided that does not say what it draws, tested on every system.
#[cfg(any(target_os = "windows", test))]
mod choice;
#[cfg(any(target_os = "windows", test))]
mod compare;
mod damage;
#[cfg(any(target_os = "windows", test))]
mod duplication;
#[cfg(any(target_os = "windows", test))]
mod failover;
#[cfg(any(target_os = "windows", test))]
mod pace;
#[cfg(any(target_os = "windows", test))]
mod picture;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
mod way;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use damage::{Damage, Rect};
pub use probe::Prober;
pub use way::{NotDuplicated, Way};

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;
#[cfg(target_os = "linux")]
use x11 as platform;

/// Until the way of a picture is known: a driver's time, and the first picture's.
const SETTLED_WITHIN: Duration = probe::PATIENCE.saturating_add(Duration::from_secs(2));

/// An open screen. Not for sharing: one thread waits and grabs; others hold its [`Interrupt`].
pub struct Capture {
    source: Box<dyn Source>,
}

impl Capture {
    /// Opens the screen of the session that this process belongs to (on X11: `$DISPLAY`). Where the best way to see it may
    /// crash with a driver, it is tried out in processes that `prober` makes ready, and used once one has come through.
    ///
    /// # Errors
    /// Why this screen cannot be shared.
    pub fn open(prober: Prober) -> Result<Self, CaptureError> {
        platform::open(prober)
    }

    /// The same by the way that is always there, though there be a better one: for trying it out.
    ///
    /// # Errors
    /// Why this screen cannot be shared.
    pub fn open_fallback() -> Result<Self, CaptureError> {
        platform::open_fallback()
    }

    /// Opens the screen with this name; only X11 has names for screens (`:1`, `host:0.0`).
    ///
    /// # Errors
    /// Why that screen cannot be shared.
    pub fn open_named(name: &str) -> Result<Self, CaptureError> {
        platform::open_named(name)
    }

    /// A capture around any source: the seam for [`synthetic`].
    #[must_use]
    pub fn from_source(source: impl Source + 'static) -> Self {
        Self { source: Box::new(source) }
    }

    /// The displays as they are now; never empty.
    #[must_use]
    pub fn displays(&self) -> Vec<DisplayInfo> {
        self.source.displays()
    }

    /// The way in which the picture comes at the moment, for whoever has to find out why it is slow.
    #[must_use]
    pub fn way(&self) -> Way {
        self.source.way()
    }

    /// The same once that is known: on some systems it is waited for, for as long as a driver may take. What is grabbed
    /// meanwhile is lost.
    ///
    /// # Errors
    /// As [`Self::grab`].
    pub fn settled_way(&mut self) -> Result<Way, CaptureError> {
        let begun = Instant::now();
        self.grab()?;
        while self.way() == Way::Gdi(NotDuplicated::NotYet) && begun.elapsed() < SETTLED_WITHIN {
            if self.wait(Some(SETTLED_WITHIN / 20))? == Wake::Damage {
                self.grab()?;
            }
        }
        Ok(self.way())
    }

    /// Wakes [`Self::wait`] from another thread.
    #[must_use]
    pub fn interrupt(&self) -> Interrupt {
        self.source.interrupt()
    }

    /// Sleeps until there is something to do, at most for `timeout` (`None`: for as long as it takes), using no
    /// processor time meanwhile. An interruption comes first, then changed geometry, then damage. Damage that was
    /// pending before the call, or that was not grabbed after an earlier call, is reported at once.
    ///
    /// # Errors
    /// The screen is gone: this capture is of no further use.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<Wake, CaptureError> {
        self.source.wait(timeout)
    }

    /// Brings the picture up to date and says what may have changed since the last grab; the first grab, and the first
    /// after [`Wake::GeometryChanged`], is damaged as a whole. Pixels outside the damage may be newer than the last
    /// grab too: their damage is reported by the next one. A new size may show before [`Wake::GeometryChanged`] has
    /// announced it.
    ///
    /// # Errors
    /// The screen is gone ([`CaptureError::Lost`]), or the system refused this grab.
    pub fn grab(&mut self) -> Result<Grab<'_>, CaptureError> {
        self.source.grab()
    }
}

/// What a platform implements; see the methods of [`Capture`] for what each promises.
pub trait Source: Send {
    /// See [`Capture::displays`].
    fn displays(&self) -> Vec<DisplayInfo>;
    /// See [`Capture::way`].
    fn way(&self) -> Way;
    /// See [`Capture::interrupt`].
    fn interrupt(&self) -> Interrupt;
    /// See [`Capture::wait`].
    ///
    /// # Errors
    /// See [`Capture::wait`].
    fn wait(&mut self, timeout: Option<Duration>) -> Result<Wake, CaptureError>;
    /// See [`Capture::grab`].
    ///
    /// # Errors
    /// See [`Capture::grab`].
    fn grab(&mut self) -> Result<Grab<'_>, CaptureError>;
}

/// Why [`Capture::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wake {
    /// Something was drawn since the last grab.
    Damage,
    /// The time is up.
    Timeout,
    /// [`Interrupt::wake`] was called since the last wait.
    Interrupted,
    /// The display has another size: [`Capture::displays`] says which.
    GeometryChanged,
}

/// The picture, valid until the capture is used again.
#[derive(Clone, Copy, Debug)]
pub struct Grab<'a> {
    /// Rows from the top, pixels from the left, four bytes each: blue, green, red, and one that means nothing.
    pub data: &'a [u8],
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Bytes from one row to the next, at least `4 * width`.
    pub stride: usize,
    /// What may have changed since the last grab: disjoint, inside the picture, empty when nothing did.
    pub damage: &'a [Rect],
}

/// One display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DisplayInfo {
    /// By which updates and input name it.
    pub number: u32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Scale factor × 1000.
    pub scale_permille: u32,
}

/// Wakes a waiting capture; cheap to clone, outlives the capture harmlessly.
#[derive(Clone)]
pub struct Interrupt {
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Interrupt {
    /// An interrupt that calls `wake`, which must neither block nor panic.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self { wake: Arc::new(wake) }
    }

    /// Makes the current [`Capture::wait`], or else the next one, return [`Wake::Interrupted`]. Several calls before
    /// that are one.
    pub fn wake(&self) {
        (self.wake)();
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupt")
    }
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// This build has no capture for this system.
    #[error("this build cannot capture the screen of this system")]
    NotSupported,
    /// A Wayland desktop without an X server.
    #[error("this is a Wayland desktop, which this build cannot capture")]
    Wayland,
    /// There is no screen to open, or it does not let us in.
    #[error("the screen cannot be opened: {0}")]
    Open(String),
    /// The screen lacks something that a capture cannot do without.
    #[error("the screen lacks {0}")]
    Missing(&'static str),
    /// Pixels are not laid out as blue, green, red, nothing.
    #[error("the screen has {depth} bits of colour in a layout that is not supported")]
    PixelLayout {
        /// Bits of colour per pixel.
        depth: u8,
    },
    /// The screen was there and is gone.
    #[error("the screen is gone: {0}")]
    Lost(String),
    /// The system refused a single request.
    #[error("the system refused a grab: {0}")]
    Refused(String),
    /// No memory for the picture.
    #[error("no memory for the picture: {0}")]
    Memory(std::io::Error),
}
