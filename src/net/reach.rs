//! Is the relay there, and the right one? Asked once, without a session.

use std::io;
use std::time::{Duration, Instant};

use lotse_protocol::keys::RelayPins;

use super::{OfflineReason, Offload, RelayAddress, relay};

/// How long the relay may take to hear that it was only a question.
const GOODBYE: Duration = Duration::from_millis(500);

/// A relay that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// What it calls itself.
    pub institution: String,
    /// From its name to its welcome.
    pub took: Duration,
}

/// Finds the relay over UDP, recognises it by its key, greets it, and leaves. Takes about 8 s at the most.
///
/// # Errors
/// Why it cannot be used; or, outside, that the system gives no way to ask.
pub fn reach(address: RelayAddress, pins: &RelayPins) -> io::Result<Result<Reached, OfflineReason>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reached = runtime.block_on(async {
        let begun = Instant::now();
        let control = relay::connect(address, pins.transport, Offload::default()).await?;
        let reached = Reached { institution: control.institution.clone(), took: begun.elapsed() };
        control.close(GOODBYE).await;
        Ok(reached)
    });
    // A name that is still being looked up must not keep the program alive.
    runtime.shutdown_background();
    Ok(reached)
}
