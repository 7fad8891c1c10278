//! The pointer of a screen: where it is, and what it looks like. One facade; the platform's implementation is chosen
//! here and nowhere else. Positions are pixels of display 0, as [`crate::capture`] has it.

// What Windows needs decided, tested on every system.
#[cfg(any(target_os = "windows", test))]
pub(crate) mod cursor;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

use std::fmt;
use std::time::Duration;

pub use crate::capture::Interrupt;

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;
#[cfg(target_os = "linux")]
use x11 as platform;

/// An open pointer. Not for sharing: one thread waits; others hold its [`Interrupt`].
pub struct Pointer {
    source: Box<dyn Source>,
}

impl Pointer {
    /// Opens the pointer of the session that this process belongs to (on X11: `$DISPLAY`).
    ///
    /// # Errors
    /// Why it cannot be seen.
    pub fn open() -> Result<Self, PointerError> {
        platform::open(None)
    }

    /// Opens the pointer of the screen with this name; only X11 has names for screens (`:1`, `host:0.0`).
    ///
    /// # Errors
    /// Why it cannot be seen.
    pub fn open_named(name: &str) -> Result<Self, PointerError> {
        platform::open(Some(name))
    }

    /// A pointer around any source, for tests.
    #[must_use]
    pub fn from_source(source: impl Source + 'static) -> Self {
        Self { source: Box::new(source) }
    }

    /// Wakes [`Self::wait`] from another thread.
    #[must_use]
    pub fn interrupt(&self) -> Interrupt {
        self.source.interrupt()
    }

    /// Sleeps until the pointer is somewhere else or looks different, at most for `timeout` (`None`: for as long as it
    /// takes). At first both are told at once, the shape before the position. What happens many times in a short while
    /// is told as it is at its end.
    ///
    /// # Errors
    /// The screen is gone: this pointer is of no further use.
    pub fn wait(&mut self, timeout: Option<Duration>) -> Result<News, PointerError> {
        self.source.wait(timeout)
    }
}

/// What a platform implements; see the methods of [`Pointer`] for what each promises.
pub trait Source: Send {
    /// See [`Pointer::interrupt`].
    fn interrupt(&self) -> Interrupt;
    /// See [`Pointer::wait`].
    ///
    /// # Errors
    /// See [`Pointer::wait`].
    fn wait(&mut self, timeout: Option<Duration>) -> Result<News, PointerError>;
}

/// Why [`Pointer::wait`] returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It looks like this now.
    Shape(Shape),
    /// It is here now.
    At(Position),
    /// [`Interrupt::wake`] was called since the last wait.
    Interrupted,
    /// The time is up.
    Timeout,
}

/// A pixel of a display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which display.
    pub display: u32,
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
}

/// What the pointer looks like.
#[derive(Clone, PartialEq, Eq)]
pub struct Shape {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The pixel that points, from the left; inside the shape.
    pub hot_x: u32,
    /// The pixel that points, from the top; inside the shape.
    pub hot_y: u32,
    /// Rows from the top, pixels from the left: red, green, blue, each multiplied by alpha, and alpha;
    /// `4 * width * height` bytes.
    pub rgba: Vec<u8>,
}

impl Shape {
    /// The part of this shape around the pixel that points whose sides have `side` pixels at the most, which is above 0.
    #[must_use]
    pub fn within(self, side: u32) -> Self {
        if self.width <= side && self.height <= side {
            return self;
        }
        let along = |length: u32, hot: u32| {
            let start = hot.saturating_sub(side / 2).min(length.saturating_sub(side));
            (start, length.min(side))
        };
        let ((x, width), (y, height)) = (along(self.width, self.hot_x), along(self.height, self.hot_y));
        let rows = self.rgba.chunks_exact(self.width as usize * 4).skip(y as usize).take(height as usize);
        let rgba = rows.flat_map(|row| &row[x as usize * 4..(x + width) as usize * 4]).copied().collect();
        Self { width, height, hot_x: self.hot_x - x, hot_y: self.hot_y - y, rgba }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, hot_x, hot_y, .. } = self;
        write!(f, "Shape({width}×{height}, {hot_x}, {hot_y})")
    }
}

/// Why nothing is known of the pointer.
#[derive(Debug, thiserror::Error)]
pub enum PointerError {
    /// This build does not see the pointer of this system.
    #[error("this build cannot see the pointer of this system")]
    NotSupported,
    /// A Wayland desktop without an X server.
    #[error("this is a Wayland desktop, whose pointer this build cannot see")]
    Wayland,
    /// There is no screen to open, or it does not let us in.
    #[error("the pointer cannot be seen: {0}")]
    Open(String),
    /// The screen lacks something that this cannot do without.
    #[error("the screen lacks {0}")]
    Missing(&'static str),
    /// The screen was there and is gone.
    #[error("the screen is gone: {0}")]
    Lost(String),
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn what_is_too_large_is_cut_around_the_pixel_that_points() {
        let shape = |width: u32, height: u32, hot_x, hot_y| {
            let rgba = (0..height).flat_map(|y| (0..width).flat_map(move |x| [x as u8, y as u8, 0, 255])).collect();
            Shape { width, height, hot_x, hot_y, rgba }
        };
        assert_eq!(shape(4, 3, 1, 2).within(4), shape(4, 3, 1, 2));
        for (hot_x, hot_y) in [(0, 0), (5, 2), (19, 9), (10, 0)] {
            let part = shape(20, 10, hot_x, hot_y).within(6);
            assert_eq!((part.width, part.height, part.rgba.len()), (6, 6, 6 * 6 * 4));
            let hot = ((part.hot_y * 6 + part.hot_x) * 4) as usize;
            assert_eq!(part.rgba[hot..hot + 2], [hot_x as u8, hot_y as u8], "the same pixel points");
        }
    }
}
