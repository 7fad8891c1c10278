//! When the toolbar of the full screen is there: at first, so that the way out has been read; then while the pointer
//! is on it, which it gets by resting at the screen's top edge.

use std::time::{Duration, Instant};

/// How long the toolbar stays when the full screen begins.
const FIRST: Duration = Duration::from_secs(2);
/// How long the pointer rests at the top edge until the toolbar comes: longer than a way past the edge takes.
const REST: Duration = Duration::from_millis(300);
/// How long the toolbar stays after the pointer has left it.
const LINGER: Duration = Duration::from_millis(500);

/// The toolbar's comings and goings; without a clock of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bar {
    /// Not there; the pointer has rested at the edge since then.
    Away { resting: Option<Instant> },
    /// There, until then, or for as long as the pointer is on it.
    There { until: Option<Instant> },
}

/// Where the pointer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    /// In the topmost row of pixels.
    Edge,
    /// Where the toolbar is, or would be if it were there.
    Bar,
    /// Anywhere else, or busy with the picture.
    Elsewhere,
}

impl Bar {
    /// The full screen begins.
    pub(super) fn first(now: Instant) -> Self {
        Self::There { until: Some(now + FIRST) }
    }

    /// The pointer moved.
    pub(super) fn pointer(&mut self, pointer: Pointer, now: Instant) {
        *self = match (*self, pointer) {
            (Self::Away { resting }, Pointer::Edge) => Self::Away { resting: resting.or(Some(now)) },
            (Self::Away { .. }, _) => Self::Away { resting: None },
            (Self::There { .. }, Pointer::Edge | Pointer::Bar) => Self::There { until: None },
            (Self::There { until }, Pointer::Elsewhere) => Self::There { until: until.or(Some(now + LINGER)) },
        };
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) {
        match *self {
            Self::Away { resting: Some(since) } if since + REST <= now => *self = Self::There { until: None },
            Self::There { until: Some(until) } if until <= now => *self = Self::Away { resting: None },
            _ => {}
        }
    }

    /// When [`tick`](Self::tick) will change something, if the pointer stays where it is.
    pub(super) fn next(&self) -> Option<Instant> {
        match *self {
            Self::Away { resting } => resting.map(|since| since + REST),
            Self::There { until } => until,
        }
    }

    /// Is it there?
    pub(super) fn is_there(&self) -> bool {
        matches!(self, Self::There { .. })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Bar, Pointer};

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn it_hides_two_seconds_after_the_full_screen_began() {
        let start = Instant::now();
        let mut bar = Bar::first(start);
        bar.pointer(Pointer::Elsewhere, after(start, 100));
        bar.tick(after(start, 1999));
        assert!(bar.is_there());
        assert_eq!(bar.next(), Some(after(start, 2000)));
        bar.tick(after(start, 2000));
        assert!(!bar.is_there());
        assert_eq!(bar.next(), None, "nothing to wake for");
    }

    #[test]
    fn resting_at_the_edge_brings_it_and_passing_does_not() {
        let start = Instant::now();
        let mut bar = Bar::Away { resting: None };
        bar.pointer(Pointer::Edge, start);
        bar.pointer(Pointer::Bar, after(start, 200));
        bar.pointer(Pointer::Edge, after(start, 250));
        bar.tick(after(start, 400));
        assert!(!bar.is_there(), "it left the edge in between");
        bar.pointer(Pointer::Edge, after(start, 500));
        bar.tick(after(start, 549));
        assert!(!bar.is_there());
        bar.tick(after(start, 550));
        assert!(bar.is_there());
    }

    #[test]
    fn it_stays_while_the_pointer_is_on_it_and_a_little_longer() {
        let start = Instant::now();
        let mut bar = Bar::first(start);
        bar.pointer(Pointer::Bar, after(start, 1000));
        bar.tick(after(start, 60_000));
        assert!(bar.is_there());
        bar.pointer(Pointer::Elsewhere, after(start, 60_000));
        bar.pointer(Pointer::Elsewhere, after(start, 60_400));
        bar.tick(after(start, 60_499));
        assert!(bar.is_there());
        bar.tick(after(start, 60_500));
        assert!(!bar.is_there());
    }
}
