//! No system but Windows keeps a program's hands from the windows of another with more rights in this way.

use std::io;
use std::time::Duration;

use super::{AnswerError, LineName, Rise, RiseError};

pub(super) const fn may_rise() -> Rise {
    Rise::Impossible
}

pub(super) const fn rise(_arguments: &[String], _name: &LineName) -> Result<Line, RiseError> {
    Err(RiseError::NotSupported)
}

pub(super) const fn answer(_name: &LineName) -> Result<Line, AnswerError> {
    Err(AnswerError::NotSupported)
}

/// There is none.
#[derive(Debug)]
pub(super) enum Line {}

impl Line {
    pub(super) const fn read(&mut self, _into: &mut [u8], _within: Duration) -> io::Result<usize> {
        match *self {}
    }

    pub(super) const fn write(&mut self, _bytes: &[u8]) -> io::Result<()> {
        match *self {}
    }
}
