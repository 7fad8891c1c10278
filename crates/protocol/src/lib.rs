//! The wire and its logic. No I/O, no clock, no threads: time, randomness and input come in as arguments.
//!
//! * [`message`]: what is said, to the relay ([`message::relay`]), during the introduction
//!   ([`message::introduction`]) and inside the session ([`message::session`], [`message::input`]).

pub mod framing;
pub mod limits;
pub mod message;
pub mod permission;
pub mod version;
