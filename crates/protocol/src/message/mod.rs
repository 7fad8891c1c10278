//! Everything that is said, as evolvable messages: fields have numbers, unknown ones are skipped, and every length is
//! checked before anything is allocated. Golden bytes in `tests/golden.rs` freeze the encodings.
//!
//! Field numbers by subject: 1–19 session, 20–39 screen, 40–59 input, 60–79 clipboard, 80–99 chat, 100–119 files,
//! 120–139 information, 140–159 audit.

/// `Debug` that says no more than the name: what is in these messages has no business in a log.
macro_rules! name_only_debug {
    ($($message:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $message {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($message)).finish_non_exhaustive()
            }
        }
    )+};
}

pub mod input;
pub mod introduction;
pub mod pointer;
pub mod relay;
pub mod session;
