//! Lotse: one portable executable for ad-hoc remote support. `main.rs` is a thin shell around this library, so that
//! the whole-system tests can drive the parts without a window.

pub mod app;
pub mod shell;
pub mod ui;
