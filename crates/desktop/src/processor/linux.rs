//! Linux: each thread has a clock of its own (clock_gettime(2)), and can give the rest of its turn away (sched_yield(2)).
#![allow(unsafe_code)]

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// What a thread has of the processor before it gives way. With half of it, it has a quarter of a core beside another one that
/// never has enough, and so two fifths (docs/decisions/0013-processor-time.md).
const TURN: Duration = Duration::from_millis(1);

pub(super) fn time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to one live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (result == 0).then(|| Duration::new(seconds, nanoseconds))
}

pub(super) fn give_way() {
    thread_local! {
        static TURN_AT_HAND: Cell<Turn> = const { Cell::new(Turn { ends: None, begun: Duration::ZERO }) };
    }
    let mut turn = TURN_AT_HAND.get();
    if turn.is_over(Instant::now(), time) {
        thread::yield_now();
    }
    TURN_AT_HAND.set(turn);
}

/// What a thread has had of the processor since it last gave way.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// The turn is not over before this.
    ends: Option<Instant>,
    /// What the thread had had of the processor when the turn began.
    begun: Duration,
}

impl Turn {
    /// Has the thread had enough? Then the next turn begins. Its own clock is the slower one to ask, and asked only when that
    /// may be.
    fn is_over(&mut self, now: Instant, time: impl FnOnce() -> Option<Duration>) -> bool {
        if self.ends.is_some_and(|ends| now < ends) {
            return false;
        }
        let Some(time) = time() else { return false };
        let left = TURN.saturating_sub(time.saturating_sub(self.begun));
        let is_over = left.is_zero();
        if is_over {
            self.begun = time;
        }
        // It cannot have had more than has passed.
        self.ends = Some(now + if is_over { TURN } else { left });
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_over_when_the_thread_has_worked_for_so_long_and_not_when_so_much_has_passed() {
        let start = Instant::now();
        let mut turn = Turn { ends: None, begun: Duration::ZERO };
        let mut is_over = |passed: u64, worked: u64| {
            let mut asked = false;
            let over = turn.is_over(start + Duration::from_micros(passed), || {
                asked = true;
                Some(Duration::from_micros(worked))
            });
            (over, asked)
        };
        assert_eq!(is_over(0, 200), (false, true), "it has just begun");
        assert_eq!(is_over(799, 999), (false, false), "nobody needs to ask");
        assert_eq!(is_over(800, 1000), (true, true));
        assert_eq!(is_over(1_799, 1_999), (false, false));
        // It waited for others, or for damage, nearly all the time.
        assert_eq!(is_over(50_000, 1_200), (false, true));
        assert_eq!(is_over(50_799, 1_999), (false, false));
        assert_eq!(is_over(50_800, 2_000), (true, true));
    }
}
