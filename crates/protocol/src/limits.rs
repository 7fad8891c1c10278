//! Every limit of the wire has a number (design, invariant 10).

/// Longest message on the control plane, bytes.
pub const CONTROL_MESSAGE: usize = 16 * 1024;
/// Longest handshake message, bytes: it is read before there is any trust.
pub const HANDSHAKE_MESSAGE: usize = 4 * 1024;
/// Longest message on a session's control stream, bytes.
pub const SESSION_MESSAGE: usize = 64 * 1024;
/// Longest input message, bytes.
pub const INPUT_MESSAGE: usize = 1024;
/// Longest header of an update, bytes.
pub const UPDATE_HEADER: usize = 256;
/// Longest update of a screen, bytes: an 8K keyframe that did not compress.
pub const UPDATE: usize = 160 * 1024 * 1024;
/// Most displays.
pub const DISPLAYS: usize = 16;
/// Longest text that a person reads in a prompt (name, institution, reason), in characters.
pub const SHOWN_TEXT: usize = 200;
/// Longest adviser card, bytes.
pub const CARD: usize = 3 * 1024;
