//! The relay as programs meet it: over UDP and QUIC, on loopback.

mod binary;
mod control;
mod forwarding;
mod packets;
mod program;
mod store;
