//! When to look at a screen next that does not say when it is drawn on. Sans-IO: times are arguments.
//!
//! What was different a moment ago will be again, so looks follow one another quickly as long as they find something, and
//! less and less often afterwards. What a look costs counts: of a core, a screen at work takes [`SHARE_AT_WORK`] at most
//! and one at rest [`SHARE_AT_REST`]. A hand at keyboard or mouse is answered soon: it is known of without a look.

use std::time::{Duration, Instant};

/// From the end of a look to the next one, when it found something: about what screens show.
const QUICK: Duration = Duration::from_millis(12);
/// From a hand's doing to the first look: programs need a moment to draw.
const ANSWER: Duration = Duration::from_millis(4);
/// The longest rest, unless looks are expensive.
const REST: Duration = Duration::from_millis(32);
/// The longest rest of all: what happens by itself is seen so late.
const LONGEST: Duration = Duration::from_millis(500);
/// So much longer than a look the rest behind it is, while the screen is at work and when it is at rest. (One part in three,
/// and one in fifty.)
const SHARE_AT_WORK: u32 = 2;
const SHARE_AT_REST: u32 = 49;

/// The looks at a screen.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the last look ended.
    looked: Instant,
    /// When the next one is.
    due: Instant,
    /// How long the screen is left alone of late, when nothing is found.
    rest: Duration,
    /// What a look takes, of late.
    cost: Duration,
}

impl Pace {
    /// The first look is due at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { looked: now, due: now, rest: Duration::ZERO, cost: Duration::ZERO }
    }

    /// When the next look is due.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// A look has ended that took so long.
    pub(super) fn looked(&mut self, now: Instant, took: Duration, found: Found) {
        // A single slow one, when the processor was busy with other things, counts a quarter.
        self.cost = if self.cost.is_zero() { took } else { (self.cost * 3 + took) / 4 };
        self.looked = now;
        self.rest = match found {
            Found::Something => self.quickest(),
            Found::Nothing => (self.rest * 3 / 2).clamp(self.quickest(), self.longest()),
        };
        self.due = now + self.rest;
    }

    /// A hand has done something: what comes of it will be seen soon, or a little later.
    pub(super) fn stirred(&mut self, now: Instant) {
        self.due = self.due.min((now + ANSWER).max(self.looked + self.quickest()));
        self.rest = Duration::ZERO;
    }

    fn quickest(&self) -> Duration {
        QUICK.max(self.cost * SHARE_AT_WORK)
    }

    fn longest(&self) -> Duration {
        (self.cost * SHARE_AT_REST).clamp(REST, LONGEST).max(self.quickest())
    }
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Something,
    Nothing,
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Found, Pace};

    const MS: Duration = Duration::from_millis(1);

    /// A screen in virtual time whose looks all cost the same.
    struct Screen {
        now: Instant,
        cost: Duration,
        pace: Pace,
    }

    impl Screen {
        fn new(cost: Duration) -> Self {
            let now = Instant::now();
            Self { now, cost, pace: Pace::new(now) }
        }

        /// From now to the end of the next look.
        fn look(&mut self, found: Found) -> Duration {
            let before = self.now;
            self.now = self.now.max(self.pace.due()) + self.cost;
            self.pace.looked(self.now, self.cost, found);
            self.now - before
        }

        /// The share of a core that looks take in ten seconds.
        fn share(&mut self, found: Found) -> f64 {
            let begun = self.now;
            let mut busy = Duration::ZERO;
            while self.now < begun + 10_000 * MS {
                self.look(found);
                busy += self.cost;
            }
            busy.div_duration_f64(self.now - begun)
        }
    }

    #[test]
    fn film_is_seen_at_the_rate_of_a_screen_as_far_as_that_costs_little() {
        let mut screen = Screen::new(3 * MS);
        screen.look(Found::Something);
        assert_eq!(screen.look(Found::Something), 15 * MS, "66 a second");
        let mut slow = Screen::new(30 * MS);
        assert!(slow.share(Found::Something) < 0.34, "a third of a core, however long a look takes");
    }

    #[test]
    fn a_screen_at_rest_costs_little_and_is_still_looked_at() {
        for (cost, most) in [(MS / 10, 0.01), (MS, 0.021), (5 * MS, 0.021), (30 * MS, 0.06)] {
            let mut screen = Screen::new(cost);
            screen.share(Found::Nothing);
            let share = screen.share(Found::Nothing);
            assert!(share < most, "{cost:?}: {share}");
            assert!(screen.look(Found::Nothing) <= 530 * MS);
        }
    }

    #[test]
    fn looks_become_rare_one_after_the_other() {
        let mut screen = Screen::new(4 * MS);
        screen.look(Found::Something);
        let mut last = Duration::ZERO;
        for _ in 0..12 {
            let next = screen.look(Found::Nothing);
            assert!(next >= last);
            last = next;
        }
        assert_eq!(last, 200 * MS);
        screen.look(Found::Something);
        assert_eq!(screen.look(Found::Something), 16 * MS, "quick again after the first that finds something");
    }

    #[test]
    fn a_hand_is_answered_soon_and_does_not_take_more_than_film_does() {
        let mut screen = Screen::new(10 * MS);
        screen.share(Found::Nothing);
        screen.now += 200 * MS;
        screen.pace.stirred(screen.now);
        assert_eq!(screen.look(Found::Nothing), 14 * MS);
        // It goes on: looks come no more often than they would for film.
        for _ in 0..5 {
            screen.now += MS;
            screen.pace.stirred(screen.now);
        }
        assert_eq!(screen.look(Found::Nothing), 25 * MS, "ten of work, twenty of rest, five of which are over");
        let due = screen.pace.due();
        screen.look(Found::Something);
        screen.pace.stirred(screen.now);
        assert!(screen.pace.due() > due, "never later than without the hand, and never at once");
    }

    #[test]
    fn a_program_that_takes_its_time_to_answer_a_hand_is_seen_soon_after() {
        let mut screen = Screen::new(5 * MS);
        screen.share(Found::Nothing);
        screen.now += 100 * MS;
        screen.pace.stirred(screen.now);
        let looks: Vec<_> = (0..5).map(|_| screen.look(Found::Nothing).as_millis()).collect();
        assert_eq!(looks, [9, 17, 23, 32, 45]);
    }

    #[test]
    fn a_hand_never_puts_a_look_off() {
        let mut screen = Screen::new(MS);
        screen.look(Found::Something);
        let due = screen.pace.due();
        screen.pace.stirred(due - MS);
        assert_eq!(screen.pace.due(), due);
    }
}
