//! Windows: the virtual screen, which is all monitors where they stand to one another. There are two ways to see it:
//!
//! - desktop duplication ([`duplicate`]), which says what was drawn, and costs next to nothing when nothing was;
//! - GDI ([`gdi`]), which is always there and says nothing: what a look finds different is the damage.
//!
//! [`Choice`] says which one is used. Neither tells when there is something to see that a thread could wait for together
//! with an interruption and other monitors, so the screen is looked at whenever [`Pace`] says so.
//!
//! While Windows shows another desktop than ours (the one on which it asks for an administrator's consent, or the one with
//! its lock) nothing of it can be seen: the picture stays as it was, and goes on when ours is back.

mod duplicate;
mod gdi;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::duplicate::Duplication;
use self::gdi::Gdi;
use super::choice::Choice;
use super::compare::Compare;
use super::pace::{Found, Pace};
use super::{Capture, CaptureError, Damage, DisplayInfo, Grab, Interrupt, Rect, Source, Wake, Way, Ways};
use crate::area::Area;
use crate::windows::{Bell, Sleep, virtual_screen};

const BYTES_PER_PIXEL: usize = 4;
/// How often a hand is asked about while there is nothing else to do.
const HANDS: Duration = Duration::from_millis(10);

/// Opens the screen of the session that this process belongs to. Windows has no names for screens.
pub(super) fn open(name: Option<&str>, ways: Ways) -> Result<Capture, CaptureError> {
    match name {
        None => Ok(Capture::from_source(Windows::new(ways)?)),
        Some(name) => Err(CaptureError::Open(format!("Windows has no screen of the name {name:?}"))),
    }
}

struct Windows {
    bell: Arc<Bell>,
    sleep: Sleep,
    /// The virtual screen.
    area: Area,
    choice: Choice,
    /// While it is used.
    duplication: Option<Duplication>,
    /// While that is not.
    gdi: Option<Gdi>,
    picture: Picture,
    pace: Pace,
    /// When a hand did something last, as Windows numbers it.
    hand: u32,
    resized: bool,
    /// Nothing has been grabbed yet of a screen of this size.
    is_new: bool,
    /// The damage of the last grab.
    given: Damage,
    /// Why the last look saw nothing.
    blind: Option<String>,
}

/// What is given to whoever grabs.
struct Picture {
    pixels: Vec<u8>,
    compare: Compare,
    /// Since the last grab.
    damage: Damage,
}

impl Windows {
    fn new(ways: Ways) -> Result<Self, CaptureError> {
        let area = virtual_screen().ok_or_else(|| CaptureError::Open("there is no monitor".to_owned()))?;
        Ok(Self {
            bell: Arc::new(Bell::new().map_err(CaptureError::Memory)?),
            sleep: Sleep::new(),
            area,
            choice: Choice::new(ways, Instant::now()),
            duplication: None,
            gdi: Some(Gdi::open(area)?),
            picture: Picture::new(area),
            pace: Pace::new(Instant::now()),
            hand: gdi::last_hand(),
            resized: false,
            is_new: true,
            given: Damage::new(),
            blind: None,
        })
    }

    fn look(&mut self) -> Result<(), CaptureError> {
        self.follow_geometry()?;
        // Whoever waits for the first picture does not wait for a device on the graphics card.
        if !self.is_new && self.choice.is_due(Instant::now()) {
            self.try_duplication()?;
        }
        let (begun, before) = (Instant::now(), self.picture.damage.area());
        if let Some(duplication) = &mut self.duplication
            && let Err(why) = duplication.look(&mut self.picture, self.area)
        {
            tracing::info!(%why, "the desktop is no longer duplicated");
            self.duplication = None;
            self.choice.failed(begun, why);
        }
        if self.duplication.is_none() {
            self.look_by_gdi()?;
        }
        let found = if self.picture.damage.area() > before { Found::Something } else { Found::Nothing };
        let now = Instant::now();
        self.pace.looked(now, now - begun, found);
        Ok(())
    }

    /// What a duplication shows first may be long in coming: the picture is made up to date before.
    fn try_duplication(&mut self) -> Result<(), CaptureError> {
        self.look_by_gdi()?;
        let opened = Duplication::open(self.area);
        let now = Instant::now();
        match opened {
            Ok(duplication) => {
                tracing::info!(monitors = duplication.monitors(), "the desktop is duplicated");
                self.choice.works(now);
                self.duplication = Some(duplication);
                self.gdi = None;
                self.blind = None;
            }
            Err(why) => {
                tracing::debug!(%why, "the desktop is not duplicated");
                self.choice.failed(now, why);
            }
        }
        Ok(())
    }

    fn look_by_gdi(&mut self) -> Result<(), CaptureError> {
        let blind = match self.seen_by_gdi() {
            Ok(()) => None,
            Err(CaptureError::Memory(error)) => return Err(CaptureError::Memory(error)),
            // It may be willing again, and the last picture is better than none.
            Err(error) => Some(error.to_string()),
        };
        if blind != self.blind {
            match &blind {
                Some(why) => tracing::info!(why, "the screen cannot be seen for now"),
                None => tracing::info!("the screen can be seen again"),
            }
            self.blind = blind;
        }
        Ok(())
    }

    fn seen_by_gdi(&mut self) -> Result<(), CaptureError> {
        let gdi = match &mut self.gdi {
            Some(gdi) => gdi,
            none => none.insert(Gdi::open(self.area)?),
        };
        gdi.look(&mut self.picture)
    }

    fn follow_geometry(&mut self) -> Result<(), CaptureError> {
        // While no monitor is plugged in there is nothing to follow.
        if let Some(area) = virtual_screen().filter(|area| *area != self.area) {
            // The old one goes first: both may be more memory than there is.
            (self.duplication, self.gdi) = (None, None);
            self.picture = Picture::new(area);
            self.choice.begin_anew(Instant::now());
            self.area = area;
            (self.resized, self.is_new) = (true, true);
        }
        Ok(())
    }

    fn heed_hands(&mut self, now: Instant) {
        let hand = gdi::last_hand();
        if std::mem::replace(&mut self.hand, hand) != hand {
            self.pace.stirred(now);
        }
    }
}

impl Source for Windows {
    fn displays(&self) -> Vec<DisplayInfo> {
        let Area { width, height, .. } = self.area;
        vec![DisplayInfo { number: 0, width, height, scale_permille: gdi::scale_permille() }]
    }

    fn way(&self) -> Way {
        self.choice.why().map_or(Way::Duplication, Way::Gdi)
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
            if !self.picture.damage.is_empty() {
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
        self.is_new = false;
        std::mem::swap(&mut self.given, &mut self.picture.damage);
        self.picture.damage.clear();
        let Area { width, height, .. } = self.area;
        Ok(Grab {
            data: &self.picture.pixels,
            width,
            height,
            stride: width as usize * BYTES_PER_PIXEL,
            damage: self.given.rects(),
        })
    }
}

/// What a picture takes.
fn bytes(area: Area) -> usize {
    area.width as usize * area.height as usize * BYTES_PER_PIXEL
}

impl Picture {
    /// Black, and damaged as a whole.
    fn new(area: Area) -> Self {
        let mut damage = Damage::new();
        damage.add(Rect { x: 0, y: 0, width: area.width, height: area.height });
        Self { pixels: vec![0; bytes(area)], compare: Compare::new(area.width, area.height), damage }
    }

    fn take_over(&mut self, newer: &[u8]) {
        self.compare.take_over(newer, &mut self.pixels, &mut self.damage);
    }
}
