//! The person logs off, or the system is shut down. Windows says so to windows alone, never to a program without a console.

#[cfg(not(target_os = "windows"))]
mod by_signal;
#[cfg(target_os = "windows")]
mod windows;

use std::io;

#[cfg(not(target_os = "windows"))]
use by_signal as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// Calls `end` when that happens, from a thread of its own. Windows ends the program a few seconds later, if that has not
/// ended by itself. Where a signal says so (SIGTERM, SIGHUP) nothing is called.
///
/// # Errors
/// The system gives no thread.
pub fn on_log_off(end: impl Fn() + Send + 'static) -> io::Result<()> {
    platform::on_log_off(end)
}
