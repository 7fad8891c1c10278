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

use crate::institution::Institution;
use crate::shell::ShellError;

/// Where this copy goes.
pub struct Target {
    /// The relay given by hand, for the window to say so.
    pub test_relay: Option<String>,
    /// Whose relay it is, and whom it trusts.
    pub institution: Institution,
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
