//! What connects the parts: network, host or viewer, controller and window. Nothing is decided here; a decision that
//! turns up belongs to a controller or to the gate.

pub mod adviser;
mod around;
pub mod customer;
pub mod damaged;
pub mod doctor;
mod done;
mod mailbox;
mod onward;
mod termination;

use std::env;
use std::process::{Command, ExitCode};

use lotse_desktop::capture::{Prober, probe};

use crate::institution::Institution;
use crate::shell::ShellError;

/// Where this copy goes.
pub struct Target {
    /// The relay given by hand, for the window to say so.
    pub test_relay: Option<String>,
    /// Whose relay it is, and whom it trusts.
    pub institution: Institution,
}

/// Has the desktop's duplication tried out by the hidden command for it.
const PROBER: Prober = Prober(|| {
    let mut child = Command::new(env::current_exe()?);
    child.arg("probe-duplication");
    Ok(child)
});

/// What that command does.
#[must_use]
pub fn probe_duplication() -> ExitCode {
    probe::answer()
}

pub use onward::SuccessorError;

/// Why the program could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No window.
    #[error(transparent)]
    Shell(#[from] ShellError),
    /// There is no session to go on with.
    #[error(transparent)]
    Successor(#[from] SuccessorError),
    /// The system gave no thread.
    #[error("the system gives this program no thread: {0}")]
    Thread(#[from] std::io::Error),
}
