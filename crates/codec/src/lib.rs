//! Pixels to bytes and back, exactly: no I/O, no clock, no threads.
//!
//! An [`Encoder`] keeps its own copy of what the other side shows. [`Encoder::encode`] compares a [`Frame`] with that
//! copy inside the damage and writes what differs as one *update*; a [`Decoder`] applies updates, in order and without
//! gaps, to a [`Framebuffer`], which then equals the encoder's copy. What did not fit the caller's [`Budget`] stays
//! pending inside the encoder. The layout of an update is described in `wire.rs`.
//!
//! Pixels are BGRX, four bytes each, everywhere. X is never looked at on the way in and is 255 on the way out.

mod chunks;
mod decoder;
mod encoder;
mod film;
mod frame;
mod geometry;
mod glyphs;
mod kept;
mod layout;
mod moves;
mod operation;
mod palette;
mod photo;
mod photographs;
mod picture;
mod range;
mod recall;
mod scrolled;
mod stream;
mod tiles;
mod wire;

pub use decoder::{DecodeError, Decoder};
pub use encoder::{Budget, Effort, EncodeError, Encoded, Encoder, Loss, Operations, Pending};
pub use frame::{BYTES_PER_PIXEL, Frame, FrameError, Framebuffer, MAX_DIMENSION, MAX_PIXELS};
pub use geometry::{Rect, Region};
pub use wire::{LARGEST_TILE, MAX_UPDATE};
