//! Systems whose pointer this build cannot see.

use super::{Pointer, PointerError};

/// Always [`PointerError::NotSupported`].
pub(super) fn open(_name: Option<&str>) -> Result<Pointer, PointerError> {
    Err(PointerError::NotSupported)
}
