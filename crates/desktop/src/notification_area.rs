//! An icon in Windows' notification area, beside the clock: its picture, its tip, its menu, and a few words above it that
//! go away by themselves. Other systems have no such place; theirs are reached without this crate.

#[cfg(not(target_os = "windows"))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;
// What Windows' structures want, tested on every system.
#[cfg(any(target_os = "windows", test))]
mod room;

use std::sync::Arc;

#[cfg(not(target_os = "windows"))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// The icon, for as long as this lives; then it is taken away. `A` is what the lines of its menu do.
pub struct AreaIcon<A> {
    platform: platform::AreaIcon<A>,
}

impl<A: Clone + Send + 'static> AreaIcon<A> {
    /// Shows `shown` as soon as there is a taskbar, now or later, and again when there is another. `tell` is called from
    /// another thread. Does not wait for anything.
    ///
    /// # Errors
    /// The system gives no thread for it.
    pub fn start(shown: Shown<A>, tell: impl Fn(Told<A>) + Send + 'static) -> std::io::Result<Self> {
        Ok(Self { platform: platform::AreaIcon::start(shown, tell)? })
    }

    /// Shows this from now on. An open menu that has become untrue is closed. Never blocks.
    pub fn show(&self, shown: Shown<A>) {
        self.platform.show(shown);
    }

    /// A few words above the icon, if it is there. What is longer than Windows has room for (63 and 255 units of UTF-16) is
    /// cut. Never blocks.
    pub fn say(&self, title: String, sentence: String) {
        self.platform.say(title, sentence);
    }
}

/// What the icon shows.
#[derive(Clone)]
pub struct Shown<A> {
    /// Draws the picture so many pixels wide and high: row by row from the top, four bytes a pixel (red, green, blue,
    /// opacity), not premultiplied.
    pub draw: Arc<dyn Fn(u16) -> Vec<u8> + Send + Sync>,
    /// Shown when the pointer rests on the icon; cut after 127 units of UTF-16.
    pub tip: String,
    /// The menu from top to bottom.
    pub lines: Vec<Line<A>>,
}

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<A> {
    /// Can be chosen.
    Does {
        /// What it is called.
        label: String,
        /// What is told then.
        action: A,
    },
    /// Can only be read.
    Says(String),
    /// A line between what does not belong together.
    Between,
}

/// What the icon tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<A> {
    /// It can be seen.
    There,
    /// It could be seen, and can no longer.
    Gone,
    /// Somebody clicked on it, pressed Enter on it, or clicked on what it says.
    Opened,
    /// Somebody chose this in the menu.
    Chosen(A),
}
