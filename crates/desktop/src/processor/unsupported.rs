//! Systems of which this build does not know how they count.

use std::time::Duration;

pub(super) const fn time() -> Option<Duration> {
    None
}

pub(super) const fn give_way() {}
