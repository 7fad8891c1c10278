//! Windows: the virtual screen, which is all monitors where they stand to one another. There are two ways to see it:
//!
//! - desktop duplication ([`duplicate`]), which says what was drawn, and costs next to nothing when nothing was;
//! - GDI ([`gdi`]), which is always there and says nothing: what a look finds different is the damage.
//!
//! [`Failover`] uses the one or the other. Neither tells when there is something to see that a thread could wait for together
//! with an interruption and other monitors, so the screen is looked at whenever [`Pace`] says so.
//!
//! While Windows shows another desktop than ours (the one on which it asks for an administrator's consent, or the one with
//! its lock) nothing of it can be seen: the picture stays as it was, and goes on when ours is back.

mod duplicate;
mod gdi;

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use self::duplicate::Duplication;
use self::gdi::Gdi;
use super::choice::Choice;
use super::failover::{Failover, Look, System};
use super::pace::Pace;
use super::picture::{BYTES_PER_PIXEL, Picture, bytes};
use super::probe::child::Probe;
use super::{Capture, CaptureError, DisplayInfo, Grab, Interrupt, NotDuplicated, Prober, Source, Wake, Way};
use crate::area::Area;
use crate::windows::{Bell, Sleep, virtual_screen};

/// How often a hand is asked about while there is nothing else to do.
const HANDS: Duration = Duration::from_millis(10);
/// How often a duplication that is only tried out is looked at, and how long after the last time.
const TRIED: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(16);

/// Opens the screen of the session that this process belongs to.
pub(super) fn open(prober: Prober) -> Result<Capture, CaptureError> {
    let choice = Choice::new(Instant::now());
    Ok(Capture::from_source(Windows::new(Ways::Both(prober), choice)?))
}

/// The same by GDI, whatever happens.
pub(super) fn open_fallback() -> Result<Capture, CaptureError> {
    Ok(Capture::from_source(Windows::new(Ways::Gdi, Choice::NotWanted)?))
}

/// Windows has no names for screens.
pub(super) fn open_named(name: &str) -> Result<Capture, CaptureError> {
    Err(CaptureError::Open(format!("Windows has no screen of the name {name:?}")))
}

/// Opens a duplication, has it say what it sees and closes it: a driver may crash at each of them.
pub(super) fn try_duplication() -> Result<(), NotDuplicated> {
    let screen = virtual_screen().ok_or(NotDuplicated::Incomplete)?;
    let (mut duplication, mut picture) = (Duplication::open(screen)?, Picture::new(screen));
    for _ in 0..TRIED {
        duplication.look(&mut picture)?;
        thread::sleep(BETWEEN);
    }
    Ok(())
}

struct Windows {
    bell: Arc<Bell>,
    sleep: Sleep,
    screen: Failover<Ways>,
    pace: Pace,
    /// When a hand did something last, as Windows numbers it.
    hand: u32,
    resized: bool,
}

impl Windows {
    fn new(ways: Ways, choice: Choice) -> Result<Self, CaptureError> {
        let area = virtual_screen().ok_or_else(|| CaptureError::Open("there is no monitor".to_owned()))?;
        Ok(Self {
            bell: Arc::new(Bell::new().map_err(CaptureError::Memory)?),
            sleep: Sleep::new(),
            screen: Failover::new(ways, choice, area)?,
            pace: Pace::new(Instant::now()),
            hand: gdi::last_hand(),
            resized: false,
        })
    }

    fn look(&mut self) -> Result<(), CaptureError> {
        let begun = Instant::now();
        self.follow_geometry(begun);
        let found = self.screen.look(begun)?;
        let now = Instant::now();
        self.pace.looked(now, now - begun, found);
        Ok(())
    }

    fn follow_geometry(&mut self, now: Instant) {
        // While no monitor is plugged in there is nothing to follow.
        if let Some(area) = virtual_screen().filter(|area| *area != self.screen.area()) {
            self.screen.begin_anew(area, now);
            self.resized = true;
        }
    }

    fn heed_hands(&mut self, now: Instant) {
        let hand = gdi::last_hand();
        if std::mem::replace(&mut self.hand, hand) != hand {
            self.pace.stirred(now);
        }
    }
}

/// By which ways the screen may be seen.
enum Ways {
    /// By both, after such a process has tried the duplication out.
    Both(Prober),
    Gdi,
}

impl System for Ways {
    type Duplication = Duplication;
    type Gdi = Gdi;
    type Probe = Probe;

    fn probe(&self, now: Instant) -> Result<Probe, NotDuplicated> {
        match self {
            Self::Both(prober) => Probe::start(*prober, now),
            Self::Gdi => Err(NotDuplicated::NotWanted),
        }
    }

    fn found(probe: &mut Probe, now: Instant) -> Option<Result<(), NotDuplicated>> {
        probe.found(now)
    }

    fn open_duplication(&self, screen: Area) -> Result<Duplication, NotDuplicated> {
        Duplication::open(screen)
    }

    fn open_gdi(&self, screen: Area) -> Result<Gdi, CaptureError> {
        Gdi::open(screen)
    }
}

impl Source for Windows {
    fn displays(&self) -> Vec<DisplayInfo> {
        let Area { width, height, .. } = self.screen.area();
        vec![DisplayInfo { number: 0, width, height, scale_permille: gdi::scale_permille() }]
    }

    fn way(&self) -> Way {
        self.screen.way()
    }

    fn interrupt(&self) -> Interrupt {
        let bell = Arc::clone(&self.bell);
        Interrupt::new(move || bell.ring())
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Wake, CaptureError> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        let mut sleep = Duration::ZERO;
        loop {
            if self.sleep.until(&self.bell, Some(sleep)) {
                return Ok(Wake::Interrupted);
            }
            if std::mem::take(&mut self.resized) {
                return Ok(Wake::GeometryChanged);
            }
            if self.screen.has_damage() {
                return Ok(Wake::Damage);
            }
            let now = Instant::now();
            self.heed_hands(now);
            let due = self.pace.due();
            if due <= now {
                self.look()?;
                sleep = Duration::ZERO;
                continue;
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(Wake::Timeout);
            }
            sleep = deadline.map_or(due, |deadline| deadline.min(due)).saturating_duration_since(now).min(HANDS);
        }
    }

    fn grab(&mut self) -> Result<Grab<'_>, CaptureError> {
        // What was seen a moment ago is good enough: a screen at work costs one look for each grab.
        if self.pace.due() <= Instant::now() {
            self.look()?;
        }
        let Area { width, height, .. } = self.screen.area();
        let (data, damage) = self.screen.give();
        Ok(Grab { data, width, height, stride: width as usize * BYTES_PER_PIXEL, damage })
    }
}
