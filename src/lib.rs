//! Lotse: one portable executable for ad-hoc remote support. `main.rs` is a thin shell around this library, so that
//! the whole-system tests can drive the parts without a window.

pub mod app;
pub mod arguments;
pub mod crash;
pub mod host;
pub mod institution;
pub mod net;
pub mod shell;
pub mod tray;
pub mod ui;
pub mod viewer;
pub mod wiring;
