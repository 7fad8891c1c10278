//! The host's side of a session: what leaves this computer ([`pump`], [`pointer`]) and what may be done to it ([`gate`]). Everything
//! is keyed by viewer.

mod effort;
pub mod gate;
pub mod pointer;
pub mod pump;
pub mod room;

/// One viewer for as long as it is connected; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewerId(pub u64);
