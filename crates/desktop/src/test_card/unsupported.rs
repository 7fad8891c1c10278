//! Systems on which nothing is tried out: a card that can never exist.

use super::{Kind, TestCardError};
use crate::capture::Rect;

pub(super) enum TestCard {}

impl TestCard {
    pub(super) fn show(_place: Rect, _kind: Kind) -> Result<Self, TestCardError> {
        Err(unknown())
    }

    pub(super) fn paint(&mut self, _part: Rect, _colour: [u8; 3]) -> Result<(), TestCardError> {
        match *self {}
    }
}

pub(super) fn monitors() -> Result<Vec<Rect>, TestCardError> {
    Err(unknown())
}

fn unknown() -> TestCardError {
    TestCardError("this build does not know how to, on this system".to_owned())
}
