//! Lets go of keys for a process that died. What was pressed through XTEST or SendInput stays down when the process
//! that pressed it is killed (design, invariant 5). So a child of the same executable holds the other end of a pipe, is
//! told what is held, and releases it when the pipe closes; then it ends too.
//!
//! Where nothing can be pressed there is nobody to guard.

#[cfg(target_os = "linux")]
mod pipe;
#[cfg(not(target_os = "linux"))]
mod unsupported;

#[cfg(target_os = "linux")]
use pipe as platform;
#[cfg(not(target_os = "linux"))]
use unsupported as platform;

pub use platform::{Guard, run};
#[cfg(target_os = "linux")]
pub(super) use platform::{Held, Left, LockedBefore, Note};
