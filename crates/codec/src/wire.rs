//! The layout of an update.

/// Longest update, bytes. What does not fit stays pending.
pub const MAX_UPDATE: usize = 160 * 1024 * 1024;

/// An update is at most this many bytes longer than its [`crate::Budget`]: one tile that did not compress.
pub const MAX_OVERSHOOT: usize = 16 * 1024;
