//! Count-downs as people read them.

use std::time::{Duration, Instant};

/// Seconds as a count-down shows them: the last one is 1, not 0.
pub(super) fn whole_seconds(left: Duration) -> u32 {
    u32::try_from(left.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

/// The next moment at which a count-down to `until` shows another number.
pub(super) fn next_second_towards(until: Instant, now: Instant) -> Option<Instant> {
    let left = until.saturating_duration_since(now);
    if left.is_zero() {
        return None;
    }
    let part = Duration::from_nanos(u64::from(left.subsec_nanos()));
    Some(now + if part.is_zero() { Duration::from_secs(1) } else { part })
}
