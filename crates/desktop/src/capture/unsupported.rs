//! Systems whose screen this build cannot capture.

use super::{Capture, CaptureError, Ways};

/// Always [`CaptureError::NotSupported`].
pub(super) fn open(_name: Option<&str>, _ways: Ways) -> Result<Capture, CaptureError> {
    Err(CaptureError::NotSupported)
}
