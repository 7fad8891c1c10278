//! The terminal that started this program. One facade; the platform's implementation is chosen here and nowhere else.

#[cfg(not(target_os = "windows"))]
mod inherited;
#[cfg(target_os = "windows")]
mod windows;

#[cfg(not(target_os = "windows"))]
use inherited as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// From now on what is printed is seen there, if there is one. A program with windows is not given one by Windows.
pub fn attach() {
    platform::attach();
}
