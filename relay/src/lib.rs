//! The relay that an institution runs: introduces programs to one another, forwards their sealed packets, vouches for
//! advisers, keeps the record of sessions. It reads nothing of what passes.
//!
//! * [`serve`]: all of it together, running.
//! * [`broker`]: the logic, sans-IO.
//! * [`forward`]: the UDP port and the packets on it.
//! * [`quic`]: the control plane's transport.
//! * [`accounts`]: passwords and adviser cards.
//! * [`store`]: what is kept.
//! * [`brand`]: an institution's own copy of the program.

pub mod accounts;
pub mod brand;
pub mod broker;
pub mod connection;
mod driver;
pub mod forward;
pub mod quic;
pub mod serve;
pub mod store;
pub mod system;
