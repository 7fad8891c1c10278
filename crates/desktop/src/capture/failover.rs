//! A screen that is seen by the better of two ways: what was drawn is duplicated whenever that works, copied by GDI as soon as
//! it does not, and duplicated again by itself. [`Choice`] says when; here it is done.
//!
//! The two ways are [`System`]'s, so that the change from one to the other is tested on every system.

use std::time::Instant;

use super::choice::Choice;
use super::pace::Found;
use super::picture::Picture;
use super::{CaptureError, Damage, NotDuplicated, Rect, Way};
use crate::area::Area;

/// What a system has to see a screen by.
pub(super) trait System {
    /// All monitors, each with what was drawn on it; of a driver that was tried out before.
    type Duplication: Look<NotDuplicated>;
    /// All of the screen, and nothing said of it.
    type Gdi: Look<CaptureError>;
    /// Whoever tries the driver out.
    type Probe;

    fn probe(&self, now: Instant) -> Result<Self::Probe, NotDuplicated>;
    /// Nothing while it tries.
    fn found(probe: &mut Self::Probe, now: Instant) -> Option<Result<(), NotDuplicated>>;
    fn open_duplication(&self, screen: Area) -> Result<Self::Duplication, NotDuplicated>;
    fn open_gdi(&self, screen: Area) -> Result<Self::Gdi, CaptureError>;
}

/// One of the two ways, open for a screen.
pub(super) trait Look<E> {
    /// Brings the picture up to date.
    fn look(&mut self, picture: &mut Picture) -> Result<(), E>;
}

/// The screen, and the picture of it.
pub(super) struct Failover<S: System> {
    system: S,
    area: Area,
    choice: Choice,
    source: Source<S>,
    /// While the better way is tried out.
    probe: Option<S::Probe>,
    picture: Picture,
    /// Nothing has been given yet of a screen of this size.
    is_new: bool,
    /// The damage of what was given last.
    given: Damage,
    /// Why the last look saw nothing.
    blind: Option<String>,
}

/// What is open.
enum Source<S: System> {
    Nothing,
    Gdi(S::Gdi),
    Duplication(S::Duplication),
}

impl<S: System> Failover<S> {
    pub(super) fn new(system: S, choice: Choice, area: Area) -> Result<Self, CaptureError> {
        let source = Source::Gdi(system.open_gdi(area)?);
        let (picture, given) = (Picture::new(area), Damage::new());
        Ok(Self { system, area, choice, source, probe: None, picture, is_new: true, given, blind: None })
    }

    /// Where the screen is.
    pub(super) fn area(&self) -> Area {
        self.area
    }

    pub(super) fn way(&self) -> Way {
        self.choice.why().map_or(Way::Duplication, Way::Gdi)
    }

    pub(super) fn has_damage(&self) -> bool {
        !self.picture.damage.is_empty()
    }

    /// The screen is another one now.
    pub(super) fn begin_anew(&mut self, area: Area, now: Instant) {
        // The old one goes first: both may be more memory than there is.
        (self.source, self.probe) = (Source::Nothing, None);
        self.picture = Picture::new(area);
        self.choice.begin_anew(now);
        self.area = area;
        self.is_new = true;
    }

    /// Brings the picture up to date.
    pub(super) fn look(&mut self, now: Instant) -> Result<Found, CaptureError> {
        let before = self.picture.damage.area();
        // Whoever waits for the first picture does not wait for a process to be started.
        if !self.is_new {
            self.approach_duplication(now)?;
        }
        match &mut self.source {
            Source::Duplication(duplication) => {
                if let Err(why) = duplication.look(&mut self.picture) {
                    tracing::info!(%why, "the desktop is no longer duplicated");
                    self.source = Source::Nothing;
                    self.choice.failed(now, why);
                    self.look_by_gdi()?;
                }
            }
            Source::Gdi(_) | Source::Nothing => self.look_by_gdi()?,
        }
        Ok(if self.picture.damage.area() > before { Found::Something } else { Found::Nothing })
    }

    /// The pixels, and where they changed since this was last asked.
    pub(super) fn give(&mut self) -> (&[u8], &[Rect]) {
        self.is_new = false;
        std::mem::swap(&mut self.given, &mut self.picture.damage);
        self.picture.damage.clear();
        (&self.picture.pixels, self.given.rects())
    }

    /// Has it tried out when it is due, and opens it when it was found to work.
    fn approach_duplication(&mut self, now: Instant) -> Result<(), CaptureError> {
        let Some(probe) = &mut self.probe else {
            if self.choice.is_due(now) {
                match self.system.probe(now) {
                    Ok(probe) => self.probe = Some(probe),
                    Err(why) => self.not_duplicated(why, now),
                }
            }
            return Ok(());
        };
        let Some(found) = S::found(probe, now) else { return Ok(()) };
        self.probe = None;
        match found {
            Ok(()) => self.open_duplication(now)?,
            Err(why) => self.not_duplicated(why, now),
        }
        Ok(())
    }

    /// What a duplication shows first may be long in coming: the picture is made up to date before.
    fn open_duplication(&mut self, now: Instant) -> Result<(), CaptureError> {
        self.look_by_gdi()?;
        match self.system.open_duplication(self.area) {
            Ok(duplication) => {
                tracing::info!("the desktop is duplicated");
                self.choice.works(now);
                self.source = Source::Duplication(duplication);
                self.blind = None;
            }
            Err(why) => self.not_duplicated(why, now),
        }
        Ok(())
    }

    fn not_duplicated(&mut self, why: NotDuplicated, now: Instant) {
        tracing::debug!(%why, "the desktop is not duplicated");
        self.choice.failed(now, why);
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
        let mut gdi = match std::mem::replace(&mut self.source, Source::Nothing) {
            Source::Gdi(gdi) => gdi,
            Source::Nothing | Source::Duplication(_) => self.system.open_gdi(self.area)?,
        };
        let seen = gdi.look(&mut self.picture);
        self.source = Source::Gdi(gdi);
        seen
    }
}

#[cfg(test)]
mod tests;
