//! Systems whose screen this build cannot capture.

use super::{Capture, CaptureError};

/// Always [`CaptureError::NotSupported`].
pub(super) fn open(_name: Option<&str>) -> Result<Capture, CaptureError> {
    Err(CaptureError::NotSupported)
}
