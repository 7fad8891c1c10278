//! Systems that end a person's programs by a signal.

use std::io;

#[expect(clippy::unnecessary_wraps, reason = "Windows may fail")]
pub(super) fn on_log_off(_end: impl Fn() + Send + 'static) -> io::Result<()> {
    Ok(())
}
