//! The wire and its logic. No I/O, no clock, no threads: time, randomness and input come in as arguments.
//!
//! * [`message`]: what is said, to the relay ([`message::relay`]), during the introduction
//!   ([`message::introduction`]) and inside the session ([`message::session`], [`message::input`]).
//! * [`handshake`]: the introduction itself, channel code to pinned keys: [`handshake::offerer::Offerer`] and
//!   [`handshake::joiner::Joiner`], built on [`cpace`].
//! * [`id`], [`code`]: what a customer reads aloud. [`card`]: who an adviser is, and who says so.
//! * [`keys`]: Ed25519 keys and the relay's pins. [`bind`]: what ties the inner connection to the introduction.
//! * [`pointer`]: the shapes and positions of the customer's pointer.
//! * [`ticket`]: what a customer's program hands to the one that goes on with its session.
//! * [`forward`]: the header of the packets that the relay forwards.
//! * [`brand`]: what makes a prebuilt executable an institution's own. [`address`]: where its relay is.

pub mod address;
pub mod bind;
pub mod brand;
pub mod card;
pub mod code;
pub mod cpace;
pub mod forward;
pub mod framing;
pub mod handshake;
pub mod id;
pub mod keys;
pub mod limits;
pub mod message;
pub mod permission;
pub mod pointer;
pub mod ticket;
pub mod version;
