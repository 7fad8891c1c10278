//! Systems whose locks this build does not know: keys then mean what they say, and locks are left alone.

use super::Locks;

pub(super) enum LockReader {}

impl LockReader {
    pub(super) fn open() -> Option<Self> {
        None
    }

    pub(super) fn read(&self) -> Option<Locks> {
        match *self {}
    }

    pub(super) fn is_down(&self, _code: u8) -> Option<bool> {
        match *self {}
    }
}
