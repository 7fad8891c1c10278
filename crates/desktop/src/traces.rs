//! What libraries of the system would write on this program's behalf, and what keeps them from it: nothing of it is to stay
//! (design, invariant 5). One facade; the platform's implementation is chosen here and nowhere else.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use unsupported as platform;

/// Keeps drivers from storing anything, here and in children. To be called first of all: with a second thread running it
/// does nothing, and says so.
///
/// # Errors
/// There are other threads already.
pub fn leave_none() -> Result<(), TooLate> {
    platform::leave_none()
}

/// Other threads may be reading what would have to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("drivers can be told only before there are threads")]
pub struct TooLate;
