//! Which of two sources of a picture to use: the better one whenever it is there, the one that is always there as soon as
//! it is not, and the better one again by itself. Sans-IO: times are arguments.

use std::time::{Duration, Instant};

use super::NotDuplicated;

/// From the first failure to the next attempt. Windows takes the duplication away with every change of the mode, of the
/// desktop and to or from a full screen, and gives it back a moment later.
const FIRST: Duration = Duration::from_millis(200);
/// The longest, while there is hope.
const LONGEST: Duration = Duration::from_secs(8);
/// What this computer cannot do it may still learn: somebody goes from a remote desktop back to the real one. Asking costs
/// a device on the graphics card each time.
const HOPELESS: Duration = Duration::from_secs(30);
const MOST_HOPELESS: Duration = Duration::from_secs(300);
/// What worked for so long has not just failed: it begins anew.
const WELL: Duration = Duration::from_secs(5);

impl NotDuplicated {
    /// By what a call of DXGI or Direct3D has answered (`HRESULT`).
    pub(super) fn from_answer(answer: u32) -> Self {
        match answer {
            // DXGI_ERROR_UNSUPPORTED, and E_NOTIMPL, with which Wine says the same.
            0x887A_0004 | 0x8000_4001 => Self::Unsupported,
            0x887A_0022 => Self::Busy,
            // E_ACCESSDENIED, DXGI_ERROR_ACCESS_DENIED, DXGI_ERROR_SESSION_DISCONNECTED.
            0x8007_0005 | 0x887A_002B | 0x887A_0028 => Self::OtherDesktop,
            // DXGI_ERROR_ACCESS_LOST, and DXGI_ERROR_INVALID_CALL, with which some drivers say the same.
            0x887A_0026 | 0x887A_0001 => Self::Lost,
            // DXGI_ERROR_DEVICE_REMOVED, _HUNG, _RESET, _DRIVER_INTERNAL_ERROR.
            0x887A_0005 | 0x887A_0006 | 0x887A_0007 | 0x887A_0020 => Self::Driver,
            other => Self::Failed(other),
        }
    }

    /// After so many failures in a row: from this one to the next attempt.
    fn pause(self, failures: u32) -> Option<Duration> {
        let (first, longest) = match self {
            // It may take the whole screen with it each time.
            Self::Crashed => return None,
            Self::Missing | Self::Unsupported | Self::Incomplete => (HOPELESS, MOST_HOPELESS),
            _ => (FIRST, LONGEST),
        };
        Some((first * 2_u32.pow(failures.min(8))).min(longest))
    }
}

/// The choice, as it is now.
#[derive(Debug)]
pub(super) enum Choice {
    /// The better one, since then.
    Better { since: Instant, failures: u32 },
    /// The one that is always there, until the better one is tried again, if it ever is.
    Fallback { why: NotDuplicated, failures: u32, again: Option<Instant> },
    /// That one, whatever happens.
    NotWanted,
}

impl Choice {
    /// The better one has not been tried yet: [`Self::is_due`] says so.
    pub(super) fn new(now: Instant) -> Self {
        Self::Fallback { why: NotDuplicated::NotYet, failures: 0, again: Some(now) }
    }

    /// Is the better one to be tried?
    pub(super) fn is_due(&self, now: Instant) -> bool {
        matches!(self, Self::Fallback { again: Some(again), .. } if *again <= now)
    }

    /// Why the better one is not used; nothing while it is.
    pub(super) fn why(&self) -> Option<NotDuplicated> {
        match self {
            Self::Better { .. } => None,
            Self::Fallback { why, .. } => Some(*why),
            Self::NotWanted => Some(NotDuplicated::NotWanted),
        }
    }

    /// It was tried and works.
    pub(super) fn works(&mut self, now: Instant) {
        let failures = match self {
            Self::Better { failures, .. } | Self::Fallback { failures, .. } => *failures,
            Self::NotWanted => return,
        };
        *self = Self::Better { since: now, failures };
    }

    /// It was tried in vain, or does not work any more.
    pub(super) fn failed(&mut self, now: Instant, why: NotDuplicated) {
        let failures = match self {
            Self::Better { since, .. } if now >= *since + WELL => 0,
            Self::Better { failures, .. } | Self::Fallback { failures, .. } => *failures,
            Self::NotWanted => return,
        };
        let again = why.pause(failures).map(|pause| now + pause);
        *self = Self::Fallback { why, failures: failures + 1, again };
    }

    /// The monitors are others now: what worked does not work for those, and whatever failed may.
    pub(super) fn begin_anew(&mut self, now: Instant) {
        if !matches!(self, Self::NotWanted) {
            *self = Self::Fallback { why: self.why().unwrap_or(NotDuplicated::Lost), failures: 0, again: Some(now) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::Choice;
    use crate::capture::NotDuplicated;

    const MS: Duration = Duration::from_millis(1);
    const LOST: u32 = 0x887A_0026;
    const UNSUPPORTED: u32 = 0x887A_0004;

    /// From failure to the next attempt.
    fn pause(choice: &Choice, now: Instant) -> Duration {
        let later = |ms: u32| now + ms * MS;
        let ms = (0..400_000).find(|ms| choice.is_due(later(*ms))).expect("it is tried again");
        ms * MS
    }

    #[test]
    fn the_better_one_is_tried_first_and_kept() {
        let now = Instant::now();
        let mut choice = Choice::new(now);
        assert!(choice.is_due(now));
        choice.works(now);
        assert_eq!(choice.why(), None);
        assert!(!choice.is_due(now + 3_600_000 * MS));
    }

    #[test]
    fn a_change_of_mode_is_over_soon_and_a_consent_that_takes_its_time_is_not_asked_about_all_the_time() {
        let mut now = Instant::now();
        let mut choice = Choice::new(now);
        choice.works(now);
        now += 60_000 * MS;
        choice.failed(now, NotDuplicated::from_answer(LOST));
        assert_eq!((choice.why(), pause(&choice, now)), (Some(NotDuplicated::Lost), 200 * MS));
        let mut pauses = Vec::new();
        for _ in 0..7 {
            now += pause(&choice, now);
            choice.failed(now, NotDuplicated::from_answer(0x8007_0005));
            pauses.push(pause(&choice, now).as_millis());
        }
        assert_eq!(pauses, [400, 800, 1600, 3200, 6400, 8000, 8000]);
        choice.works(now);
        assert_eq!(choice.why(), None);
    }

    #[test]
    fn what_works_for_moments_only_is_left_alone_more_and_more_and_what_worked_well_is_not_held_against_it() {
        let mut now = Instant::now();
        let mut choice = Choice::new(now);
        let mut pauses = Vec::new();
        for worked in [10, 10, 10, 10_000, 10] {
            choice.works(now);
            now += worked * MS;
            choice.failed(now, NotDuplicated::from_answer(LOST));
            pauses.push(pause(&choice, now).as_millis());
        }
        assert_eq!(pauses, [200, 400, 800, 200, 400]);
    }

    #[test]
    fn a_remote_desktop_is_asked_rarely_until_the_monitors_are_others() {
        let now = Instant::now();
        let mut choice = Choice::new(now);
        choice.failed(now, NotDuplicated::from_answer(UNSUPPORTED));
        assert_eq!(pause(&choice, now), 30_000 * MS);
        for _ in 0..9 {
            choice.failed(now, NotDuplicated::from_answer(UNSUPPORTED));
        }
        assert_eq!(pause(&choice, now), 300_000 * MS);
        choice.begin_anew(now + 10 * MS);
        assert!(choice.is_due(now + 10 * MS));
    }

    #[test]
    fn a_driver_that_crashes_is_left_alone_until_the_monitors_are_others() {
        let now = Instant::now();
        let mut choice = Choice::new(now);
        choice.failed(now, NotDuplicated::Crashed);
        assert!(!choice.is_due(now + 7 * 24 * 3_600_000 * MS));
        choice.begin_anew(now + MS);
        assert_eq!((choice.why(), choice.is_due(now + MS)), (Some(NotDuplicated::Crashed), true));
    }

    #[test]
    fn other_monitors_are_duplicated_anew_at_once() {
        let now = Instant::now();
        let mut choice = Choice::new(now);
        choice.works(now);
        choice.begin_anew(now + MS);
        assert_eq!((choice.why(), choice.is_due(now + MS)), (Some(NotDuplicated::Lost), true));
    }

    #[test]
    fn what_is_not_wanted_is_never_tried() {
        let now = Instant::now();
        let mut choice = Choice::NotWanted;
        choice.begin_anew(now);
        assert_eq!((choice.is_due(now + 400_000 * MS), choice.why()), (false, Some(NotDuplicated::NotWanted)));
    }

    #[test]
    fn every_answer_has_its_words() {
        let all = [LOST, UNSUPPORTED, 0x887A_0022, 0x8007_0005, 0x887A_0005, 0x887A_0020, 0x887A_0028, 0x8000_4005];
        let words: std::collections::BTreeSet<_> =
            all.iter().map(|answer| NotDuplicated::from_answer(*answer).to_string()).collect();
        assert_eq!(words.len(), 6, "{words:?}");
        assert!(words.contains("Windows answers 0x80004005"));
    }
}
