//! The system's wish that the program ends: SIGTERM, SIGINT and SIGHUP, on Windows closing the console, logging off or
//! shutting down.

use std::sync::Arc;

use lotse_desktop::log_off::on_log_off;

/// Calls `end` when the system wants this program to end. Where that cannot be arranged the program still ends, by the
/// system's own means and without a goodbye.
pub(super) fn on_termination(end: impl Fn() + Send + Sync + 'static) {
    let end = Arc::new(end);
    let at_log_off = Arc::clone(&end);
    if let Err(error) = ctrlc::set_handler(move || end()) {
        tracing::warn!("the system's wish to end will not be heard: {error}");
    }
    if let Err(error) = on_log_off(move || at_log_off()) {
        tracing::warn!("logging off will not be heard: {error}");
    }
}
