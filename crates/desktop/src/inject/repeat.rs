//! A key that is held repeats. A keyboard does that by itself, and so does an X server for keys that XTEST holds; Windows
//! leaves it to who holds the key.

use std::time::{Duration, Instant};

/// How a keyboard repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// From the press to the first repeat.
    pub(super) delay: Duration,
    /// From one to the next.
    pub(super) interval: Duration,
}

impl Pace {
    /// From what Windows says: `delay` from 0 (a quarter of a second) to 3 (a second), `speed` from 0 (2.5 times a second)
    /// to 31 (30 times). Source: `SystemParametersInfo`, SPI_GETKEYBOARDDELAY and SPI_GETKEYBOARDSPEED.
    pub(super) fn of_windows(delay: u32, speed: u32) -> Self {
        let (delay, speed) = (delay.min(3), speed.min(31));
        let a_second = 2.5 + 27.5 * f64::from(speed) / 31.0;
        Self { delay: Duration::from_millis(250) * (delay + 1), interval: Duration::from_secs_f64(1.0 / a_second) }
    }
}

/// What repeats now, if anything: as on a keyboard the last key that went down, until it comes up.
#[derive(Debug)]
pub(super) struct Repeat<T> {
    running: Option<(T, Instant, Duration)>,
}

impl<T: Copy + PartialEq> Repeat<T> {
    pub(super) const fn none() -> Self {
        Self { running: None }
    }

    /// `key` has gone down.
    pub(super) fn begin(&mut self, key: T, pace: Pace, now: Instant) {
        self.running = Some((key, now + pace.delay, pace.interval));
    }

    /// `key` has come up.
    pub(super) fn end(&mut self, key: T) {
        if self.running.is_some_and(|(running, ..)| running == key) {
            self.running = None;
        }
    }

    /// Nothing repeats any more.
    pub(super) fn stop(&mut self) {
        self.running = None;
    }

    /// What repeats now. After a pause it goes on from here: what was missed is not made up for.
    pub(super) fn due(&mut self, now: Instant) -> Option<T> {
        let (key, at, interval) = self.running.as_mut()?;
        if *at > now {
            return None;
        }
        *at = (*at + *interval).max(now + *interval / 2);
        Some(*key)
    }

    /// When to ask again.
    pub(super) fn next(&self) -> Option<Instant> {
        self.running.map(|(_, at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Pace, Repeat};

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn windows_numbers_are_times() {
        assert_eq!(Pace::of_windows(0, 0), Pace { delay: 250 * MS, interval: 400 * MS });
        assert_eq!(Pace::of_windows(9, 99), Pace { delay: 1000 * MS, interval: Duration::from_secs_f64(1.0 / 30.0) });
    }

    #[test]
    fn the_last_key_repeats_until_it_comes_up() {
        let pace = Pace { delay: 500 * MS, interval: 100 * MS };
        let begun = Instant::now();
        let mut repeat = Repeat::none();
        repeat.begin('a', pace, begun);
        assert_eq!(repeat.due(begun + 499 * MS), None);
        assert_eq!(repeat.due(begun + 500 * MS), Some('a'));
        assert_eq!(repeat.due(begun + 599 * MS), None);
        assert_eq!(repeat.due(begun + 600 * MS), Some('a'));
        repeat.begin('b', pace, begun + 610 * MS);
        repeat.end('a');
        assert_eq!(repeat.next(), Some(begun + 1110 * MS));
        repeat.end('b');
        assert_eq!(repeat.next(), None);
        repeat.begin('c', pace, begun);
        repeat.stop();
        assert_eq!((repeat.due(begun + 9999 * MS), repeat.next()), (None, None));
    }

    #[test]
    fn what_was_missed_is_not_made_up_for() {
        let pace = Pace { delay: 500 * MS, interval: 100 * MS };
        let begun = Instant::now();
        let mut repeat = Repeat::none();
        repeat.begin('a', pace, begun);
        assert_eq!(repeat.due(begun + 3000 * MS), Some('a'));
        assert_eq!(repeat.due(begun + 3001 * MS), None);
        assert_eq!(repeat.due(begun + 3050 * MS), Some('a'));
    }
}
