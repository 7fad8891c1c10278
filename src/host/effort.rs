//! How hard the encoder tries, by the processor time that is left for it. Sans-IO: times are arguments.
//!
//! What encoding took of the last second is looked at twice. *Of the processor*: from [`MUCH`] of a core on it has to do
//! with less, and then there are pauses too, so that it never has more than that of one. *Of the clock*: when it took
//! much longer than the processor worked on it, the person's own programs wanted the processor at the same time.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lotse_codec::Effort;

/// What is looked at.
const WINDOW: Duration = Duration::from_secs(1);
/// Of the window: from the upper one on it is too much. The lower one leaves room for what full effort takes more.
const MUCH: Duration = Duration::from_millis(700);
const LITTLE: Duration = Duration::from_millis(450);
/// Less than this of the window is in nobody's way, however long it takes.
const IN_THE_WAY: Duration = Duration::from_millis(250);
/// Others want the processor when the clock went on so many percent further than the thread's own; and no longer when it
/// is so few. What interrupts a thread on a processor that is free is less.
const CROWDED: u32 = 150;
const FREE: u32 = 115;
/// Once there is less, it stays so for this long: film that goes to and fro is seen.
const STAY: Duration = Duration::from_secs(2);
/// No key waits longer for a pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(8);

/// What encoding took of late, and what follows.
#[derive(Debug, Default)]
pub(super) struct Spent {
    of_late: VecDeque<One>,
    /// Since then there is less.
    quick_since: Option<Instant>,
}

/// An update.
#[derive(Clone, Copy, Debug)]
struct One {
    done: Instant,
    clock: Duration,
    processor: Duration,
}

impl Spent {
    /// An update was done that took so long, and of that so much processor time as far as is known.
    pub(super) fn on_update(&mut self, done: Instant, clock: Duration, processor: Option<Duration>) {
        self.of_late.push_back(One { done, clock, processor: processor.unwrap_or(clock) });
        self.forget(done);
    }

    /// For the next update.
    pub(super) fn effort(&mut self, now: Instant) -> Effort {
        self.forget(now);
        let clock: Duration = self.of_late.iter().map(|one| one.clock).sum();
        let processor: Duration = self.of_late.iter().map(|one| one.processor).sum();
        let is_beyond = |percent| clock > IN_THE_WAY && clock * 100 > processor * percent;
        match self.quick_since {
            None if processor > MUCH || is_beyond(CROWDED) => self.quick_since = Some(now),
            Some(since) if now - since > STAY && processor < LITTLE && !is_beyond(FREE) => self.quick_since = None,
            _ => {}
        }
        if self.quick_since.is_some() { Effort::Quick } else { Effort::Full }
    }

    /// What is to be left free after film that took so much of the processor, when there is little time.
    pub(super) fn pause(&self, processor: Duration) -> Duration {
        match self.quick_since {
            None => Duration::ZERO,
            Some(_) => processor.mul_f64((WINDOW - MUCH).div_duration_f64(MUCH)).min(LONGEST_PAUSE),
        }
    }

    fn forget(&mut self, now: Instant) {
        while self.of_late.pop_front_if(|one| now.saturating_duration_since(one.done) > WINDOW).is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use lotse_codec::Effort;

    use super::Spent;

    const MS: Duration = Duration::from_millis(1);

    /// Updates every 20 ms, in virtual time.
    struct Screen {
        now: Instant,
        spent: Spent,
    }

    impl Screen {
        fn new() -> Self {
            Self { now: Instant::now(), spent: Spent::default() }
        }

        /// Updates for so many seconds that take so long by the clock and of the processor; what effort there was in the
        /// end.
        fn play(&mut self, seconds: u32, clock: Duration, processor: Option<Duration>) -> Effort {
            for _ in 0..seconds * 50 {
                self.now += 20 * MS;
                let _ = self.spent.effort(self.now);
                self.spent.on_update(self.now, clock, processor);
            }
            self.spent.effort(self.now)
        }
    }

    #[test]
    fn film_that_takes_most_of_a_core_is_made_quickly_and_film_that_takes_half_is_not() {
        assert_eq!(Screen::new().play(60, 10 * MS, Some(10 * MS)), Effort::Full);
        assert_eq!(Screen::new().play(60, 16 * MS, Some(16 * MS)), Effort::Quick);
    }

    #[test]
    fn what_is_quick_because_it_was_too_much_stays_so_until_there_is_room() {
        let mut screen = Screen::new();
        assert_eq!(screen.play(2, 16 * MS, Some(16 * MS)), Effort::Quick);
        assert_eq!(screen.play(60, 11 * MS, Some(11 * MS)), Effort::Quick);
        assert_eq!(screen.play(60, 8 * MS, Some(8 * MS)), Effort::Full);
        // Nor does it come back the moment it is let go.
        assert_eq!(screen.play(60, 13 * MS, Some(13 * MS)), Effort::Full);
    }

    #[test]
    fn what_takes_longer_than_the_processor_worked_on_it_is_made_quickly() {
        let mut screen = Screen::new();
        assert_eq!(screen.play(60, 12 * MS, Some(9 * MS)), Effort::Full);
        assert_eq!(screen.play(2, 16 * MS, Some(9 * MS)), Effort::Quick);
        assert_eq!(screen.play(60, 10 * MS, Some(8 * MS)), Effort::Quick);
        assert_eq!(screen.play(60, 8 * MS, Some(8 * MS)), Effort::Full);
        // Letters that take forever are still but letters.
        assert_eq!(screen.play(60, 4 * MS, Some(MS)), Effort::Full);
    }

    #[test]
    fn it_lasts_two_seconds_and_rest_ends_it() {
        let mut screen = Screen::new();
        assert_eq!(screen.play(1, 20 * MS, Some(20 * MS)), Effort::Quick);
        let since = screen.spent.quick_since.expect("it is quick");
        assert_eq!(screen.spent.effort(since + 1999 * MS), Effort::Quick);
        assert_eq!(screen.spent.effort(since + 2001 * MS), Effort::Full);
    }

    #[test]
    fn without_the_thread_s_own_clock_all_of_the_time_counts() {
        assert_eq!(Screen::new().play(60, 10 * MS, None), Effort::Full);
        assert_eq!(Screen::new().play(60, 16 * MS, None), Effort::Quick);
    }

    #[test]
    fn pauses_leave_three_tenths_free_and_no_key_waits_long_for_one() {
        let mut screen = Screen::new();
        assert_eq!(screen.spent.pause(7 * MS), Duration::ZERO);
        assert_eq!(screen.play(2, 20 * MS, Some(20 * MS)), Effort::Quick);
        let pause = screen.spent.pause(7 * MS);
        assert!(pause.abs_diff(3 * MS) < MS / 100, "{pause:?}");
        assert_eq!(screen.spent.pause(100 * MS), 8 * MS);
    }
}
