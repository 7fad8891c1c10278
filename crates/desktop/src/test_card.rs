//! A window of our own on which known colours are painted: for trying out, on a computer that nobody here has, whether what
//! is captured is what is shown. One facade; the platform's implementation is chosen here and nowhere else.

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;

#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;
#[cfg(target_os = "linux")]
use x11 as platform;

#[cfg(any(target_os = "windows", test))]
use crate::area::Area;
use crate::capture::Rect;

/// The window. It is in front of all others, takes no keyboard, and is gone when this is dropped. For the thread alone that
/// shows it.
pub struct TestCard {
    platform: platform::TestCard,
}

/// How it is put on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As any window.
    Plain,
    /// As one that can be seen through, though this one cannot: Windows treats those otherwise. The same as a plain one on
    /// X11.
    Layered,
}

impl TestCard {
    /// Shows it there, in pixels of display 0, with a cross for a pointer and nothing painted yet.
    ///
    /// # Errors
    /// There is no screen, or it takes no window.
    pub fn show(place: Rect, kind: Kind) -> Result<Self, TestCardError> {
        Ok(Self { platform: platform::TestCard::show(place, kind)? })
    }

    /// Fills a part of it, in pixels from its own top left corner, with red, green and blue.
    ///
    /// # Errors
    /// The screen is gone.
    pub fn paint(&mut self, part: Rect, colour: [u8; 3]) -> Result<(), TestCardError> {
        self.platform.paint(part, colour)
    }
}

/// The monitors, in pixels of display 0; never empty. On X11 one for all of them: a window is part of the picture there wherever
/// it is.
///
/// # Errors
/// There is no screen.
pub(crate) fn monitors() -> Result<Vec<Rect>, TestCardError> {
    platform::monitors()
}

/// A monitor's place in the picture of this screen.
#[cfg(any(target_os = "windows", test))]
pub(crate) fn in_picture(monitor: Area, screen: Area) -> Rect {
    let (x, y) = screen.pixel(monitor.x, monitor.y);
    Rect { x, y, width: monitor.width, height: monitor.height }
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
#[error("no window can be shown: {0}")]
pub struct TestCardError(String);
