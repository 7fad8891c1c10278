//! Which versions of the protocol are spoken.

/// The version this program speaks.
pub const CURRENT: u32 = 1;

/// The oldest version this program still understands. An older peer gets a sentence, not a failure.
pub const OLDEST: u32 = 1;

/// ALPN of the control plane between a program and the relay.
pub const ALPN_RELAY: &[u8] = b"lotse-relay/1";

/// ALPN of the end-to-end connection between host and viewer.
pub const ALPN_SESSION: &[u8] = b"lotse/1";
