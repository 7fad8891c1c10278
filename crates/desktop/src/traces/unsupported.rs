//! No driver is known here that could be told.

use super::TooLate;

#[expect(clippy::unnecessary_wraps, reason = "other systems can be too late")]
pub(super) fn leave_none() -> Result<(), TooLate> {
    Ok(())
}
