//! Lets go of keys for a process that died. What was pressed through XTEST or SendInput stays down when the process
//! that pressed it is killed (design, invariant 5). So a child of the same executable holds the other end of a pipe, is
//! told what is held, and releases it when the pipe closes; then it ends too.
//!
//! Where nothing can be pressed there is nobody to guard.

#[cfg(any(target_os = "linux", target_os = "windows"))]
mod pipe;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;

#[cfg(any(target_os = "linux", target_os = "windows"))]
use pipe as platform;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;

pub use platform::{Guard, run};
#[cfg(any(target_os = "linux", target_os = "windows"))]
pub(super) use platform::{Held, Left, LockedBefore, Note};
