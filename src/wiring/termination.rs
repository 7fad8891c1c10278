//! The system's wish that the program ends: SIGTERM, SIGINT and SIGHUP, on Windows closing the console or logging off.

/// Calls `end` when the system wants this program to end. Where that cannot be arranged the program still ends, by the
/// system's own means and without a goodbye.
pub(super) fn on_termination(end: impl Fn() + Send + 'static) {
    if let Err(error) = ctrlc::set_handler(end) {
        tracing::warn!("the system's wish to end will not be heard: {error}");
    }
}
