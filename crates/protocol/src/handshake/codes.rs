//! The life of an offerer's channel codes. A code is shown for a time and a new one follows it; for the time of grace
//! the one shown before is still accepted, so that what was read aloud in the last seconds is not in vain. While somebody
//! is being introduced both stand still, within a limit. Three wrong guesses lose a code, and three codes lost in a row are
//! not followed by another until a person asks.

use std::time::{Duration, Instant};

use rand::CryptoRng;

use super::offerer::CodeState;
use super::transcript::Slot;
use crate::code::ChannelCode;
use crate::limits;

/// How long codes live and what comes after them.
#[derive(Clone, Copy)]
pub(super) struct Life {
    shown: Duration,
    grace: Duration,
    /// For how long in all it does not age while somebody is being introduced.
    still: Duration,
    renewal: Renewal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Renewal {
    ByItself,
    WhenAsked,
    Never,
}

impl Life {
    /// A customer's channel code: 10 minutes, 2 of grace.
    pub(super) const CHANNEL: Self =
        Self::new(limits::CODE_SHOWN, limits::CODE_GRACE, limits::CODE_STILL, Renewal::ByItself);
    /// An invitation's: 20 minutes, renewed by the adviser alone.
    pub(super) const INVITATION: Self =
        Self::new(limits::INVITATION, Duration::ZERO, limits::CODE_STILL, Renewal::WhenAsked);
    /// Of a program that goes on with a session: there is one, and it does not wait.
    pub(super) const ONCE: Self = Self::new(limits::GOES_ON, Duration::ZERO, Duration::ZERO, Renewal::Never);

    const fn new(shown: Duration, grace: Duration, still: Duration, renewal: Renewal) -> Self {
        Self { shown, grace, still, renewal }
    }
}

/// The codes that are alive: none, one, or one and the one before.
pub(super) struct Codes {
    life: Life,
    current: Option<Live>,
    older: Option<Live>,
    /// Codes lost to wrong guesses since one was used or a person asked for a new one.
    lost: u32,
    /// Wrong guesses at a code that went with its registration: the next one inherits them, or cutting the
    /// connection would buy guesses.
    inherited: u32,
    used_up: bool,
    /// Since when somebody is being introduced: no code ages meanwhile.
    still: Option<Instant>,
}

struct Live {
    code: ChannelCode,
    since: Instant,
    /// For so long it has not aged: [`Life::still`] at most.
    still: Duration,
    wrong: u32,
}

impl Codes {
    pub(super) const fn new(life: Life) -> Self {
        Self { life, current: None, older: None, lost: 0, inherited: 0, used_up: false, still: None }
    }

    /// Shows a code where there is none, unless wrong guesses have used them up.
    pub(super) fn offer(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        if self.current.is_none() && !self.used_up {
            self.make(now, rng);
        }
    }

    /// A person asks: all that was is forgotten.
    pub(super) fn renew(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        self.spend();
        self.offer(now, rng);
    }

    /// A code was used, for good: both are gone.
    pub(super) fn spend(&mut self) {
        let used_up = self.life.renewal == Renewal::Never;
        *self = Self { used_up, ..Self::new(self.life) };
    }

    /// The registration is gone, and the codes with it; not the counts.
    pub(super) fn withdraw(&mut self) {
        self.used_up |= self.life.renewal == Renewal::Never && self.current.is_some();
        self.inherited = self.current.take().map_or(self.inherited, |live| live.wrong);
        self.older = None;
        self.still = None;
    }

    /// Somebody is being introduced from now on: what was read aloud to them does not run out meanwhile.
    pub(super) const fn stand_still(&mut self, now: Instant) {
        self.still = Some(now);
    }

    /// That is over: the codes age again from where they stood, or from where the limit let them.
    pub(super) fn go_on(&mut self, now: Instant) {
        let Some(since) = self.still.take() else { return };
        let passed = now.saturating_duration_since(since);
        for live in self.current.iter_mut().chain(&mut self.older) {
            live.still = (live.still + passed).min(self.life.still);
        }
    }

    /// Lets time pass. Not to be called while somebody is being introduced. Did anything change?
    pub(super) fn tick(&mut self, now: Instant, rng: &mut impl CryptoRng) -> bool {
        let Life { shown, grace, renewal, .. } = self.life;
        self.older.take_if(|older| age(older, now) >= shown + grace);
        let Some(old) = self.current.take_if(|current| age(current, now) >= shown) else {
            return false;
        };
        if age(&old, now) < shown + grace {
            self.older = Some(old);
        }
        match renewal {
            Renewal::ByItself => self.make(now, rng),
            Renewal::WhenAsked | Renewal::Never => self.used_up = true,
        }
        true
    }

    /// When [`Codes::tick`] has something to do.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let current = self.current.as_ref().map(|live| live.since + live.still + self.life.shown);
        let older = self.older.as_ref().map(|live| live.since + live.still + self.life.shown + self.life.grace);
        current.into_iter().chain(older).min()
    }

    /// When an introduction is over that is not through, if it has to be: the code that no other follows is good until then
    /// and no longer, whoever has knocked before.
    pub(super) fn last_call(&self) -> Option<Instant> {
        let only = self.current.as_ref().filter(|_| self.life.renewal == Renewal::Never);
        only.map(|live| live.since + self.life.shown)
    }

    /// Is there anything to guess at?
    pub(super) const fn any(&self) -> bool {
        self.current.is_some()
    }

    /// What can be guessed at now.
    pub(super) fn alive(&self) -> impl Iterator<Item = (Slot, &ChannelCode)> {
        let current = self.current.as_ref().map(|live| (Slot::Current, &live.code));
        current.into_iter().chain(self.older.as_ref().map(|live| (Slot::Older, &live.code)))
    }

    /// Counts a guess as wrong before it is looked at; a right one ends in [`Codes::spend`].
    pub(super) fn reserve(&mut self, slot: Slot) {
        let live = match slot {
            Slot::Current => &mut self.current,
            Slot::Older => &mut self.older,
        };
        if let Some(live) = live {
            live.wrong += 1;
        }
    }

    /// A guess was wrong: a code without any left is lost. Gives what the shown one has left; 0 when it is lost.
    pub(super) fn settle(&mut self, now: Instant, rng: &mut impl CryptoRng) -> u32 {
        self.older.take_if(|older| older.wrong >= limits::GUESSES);
        let Some(current) = &self.current else { return 0 };
        if current.wrong < limits::GUESSES {
            return limits::GUESSES - current.wrong;
        }
        self.current = None;
        self.older = None;
        self.lost += 1;
        self.used_up = self.lost >= limits::CODES_LOST || self.life.renewal != Renewal::ByItself;
        self.offer(now, rng);
        0
    }

    /// What a person is shown while nobody is being introduced.
    pub(super) fn state(&self, now: Instant) -> CodeState {
        match &self.current {
            Some(live) => {
                CodeState::Shown { code: live.code.clone(), remaining: self.life.shown.saturating_sub(age(live, now)) }
            }
            None if self.used_up => CodeState::UsedUp,
            None => CodeState::None,
        }
    }

    /// What a person is shown while somebody is being introduced.
    pub(super) fn state_in_use(&self) -> CodeState {
        self.current.as_ref().map_or(CodeState::None, |live| CodeState::InUse { code: live.code.clone() })
    }

    fn make(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        let mut code = ChannelCode::generate(rng);
        while self.older.as_ref().is_some_and(|older| older.code == code) {
            code = ChannelCode::generate(rng);
        }
        let wrong = std::mem::take(&mut self.inherited);
        self.current = Some(Live { code, since: now, still: Duration::ZERO, wrong });
    }
}

fn age(live: &Live, now: Instant) -> Duration {
    now.saturating_duration_since(live.since).saturating_sub(live.still)
}
