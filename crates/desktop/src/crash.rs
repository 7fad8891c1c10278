//! When the program itself fails: what the system does then, and a message that needs nothing of what has failed. One
//! facade; the platform's implementation is chosen here and nowhere else.

#[cfg(target_os = "linux")]
mod linux;
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

/// How a process ends that has failed: "internal software error" (sysexits.h).
pub const EXIT_CODE: u8 = 70;

/// The system writes no image of this process, with what was on the screen in it, when it fails; and where it can be had,
/// `argument` is given to a new process of this executable then, with the place in the program as another one. Without it
/// nobody is told.
pub fn without_an_image(argument: Option<&'static str>) {
    platform::without_an_image(argument);
}

/// A message in a window, until it has been read.
///
/// # Errors
/// There is no display.
pub fn tell(title: &str, text: &str) -> Result<(), NoDisplay> {
    platform::tell(title, text)
}

/// Nowhere to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no display")]
pub struct NoDisplay;

/// Does what no program may: for tests of the above.
pub fn fail() -> ! {
    platform::fail()
}
