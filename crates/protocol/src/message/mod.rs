//! Everything that is said, as evolvable messages: fields have numbers, unknown ones are skipped, and every length is
//! checked before anything is allocated. Golden bytes in `tests/golden.rs` freeze the encodings.
//!
//! Field numbers by subject: 1–19 session, 20–39 screen, 40–59 input, 60–79 clipboard, 80–99 chat, 100–119 files,
//! 120–139 information, 140–159 audit.

pub mod input;
pub mod introduction;
pub mod relay;
pub mod session;
