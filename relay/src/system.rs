//! What the relay needs of the operating system beyond the standard library's common ground.

#[cfg(not(unix))]
#[path = "system/other.rs"]
mod imp;
#[cfg(unix)]
#[path = "system/unix.rs"]
mod imp;

use std::io;
use std::path::Path;

/// Makes a directory with its parents unless it is there; what is made is for the owner alone.
pub(crate) fn private_directory(path: &Path) -> io::Result<()> {
    imp::private_directory(path)
}

/// Makes an empty file for the owner alone unless it is there, and takes from others what rights they have to it.
pub(crate) fn private_file(path: &Path) -> io::Result<()> {
    imp::private_file(path)
}

/// Does this process run as root?
#[must_use]
pub fn is_administrator() -> bool {
    imp::is_administrator()
}

/// Waits for SIGTERM or SIGINT (Ctrl-C elsewhere).
///
/// # Errors
/// When signals cannot be listened for.
pub async fn told_to_end() -> io::Result<()> {
    imp::told_to_end().await
}
