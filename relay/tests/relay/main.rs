//! The relay as programs meet it: over UDP and QUIC, on loopback.

mod control;
mod program;
