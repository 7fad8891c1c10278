//! Systems whose mouse and keyboard this build cannot use: a guard that can never exist.

use std::io::{self, Read};
use std::process::Command;

use crate::inject::InjectError;

/// A child that lets go of what a process held; in this build there is none.
#[derive(Debug)]
pub enum Guard {}

impl Guard {
    /// Starts nothing.
    ///
    /// # Errors
    /// Always: this build holds nothing.
    pub fn start(_command: Command) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Nothing was ever held here.
///
/// # Errors
/// Always: nobody has started this.
pub fn run(_pipe: impl Read, _name: Option<&str>) -> Result<(), InjectError> {
    Err(InjectError::NotSupported)
}
