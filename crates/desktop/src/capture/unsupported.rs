//! Systems whose screen this build cannot capture.

use super::{Capture, CaptureError, NotDuplicated, Prober};

/// Always [`CaptureError::NotSupported`].
pub(super) fn open(_prober: Prober) -> Result<Capture, CaptureError> {
    Err(CaptureError::NotSupported)
}

/// Always [`CaptureError::NotSupported`].
pub(super) fn open_fallback() -> Result<Capture, CaptureError> {
    Err(CaptureError::NotSupported)
}

/// Always [`CaptureError::NotSupported`].
pub(super) fn open_named(_name: &str) -> Result<Capture, CaptureError> {
    Err(CaptureError::NotSupported)
}

/// Nobody asks.
pub(super) fn try_duplication() -> Result<(), NotDuplicated> {
    Err(NotDuplicated::Missing)
}
