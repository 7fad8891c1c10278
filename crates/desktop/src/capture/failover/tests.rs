//! The change from one way to the other and back, on a screen of 40 × 30 pixels that says what was drawn on it as Windows does.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::{Failover, Found, Look, System};
use crate::area::Area;
use crate::capture::choice::Choice;
use crate::capture::duplication::{Changed, Output, Rotation};
use crate::capture::picture::{BYTES_PER_PIXEL, Picture, bytes};
use crate::capture::{CaptureError, NotDuplicated, Rect, Way};

const MS: Duration = Duration::from_millis(1);
/// The left one of two monitors begins to the left of the first.
const SCREEN: Area = Area { x: -16, y: 0, width: 40, height: 30 };
const WHOLE: Rect = Rect { x: 0, y: 0, width: 40, height: 30 };
/// `DXGI_ERROR_ACCESS_LOST`.
const LOST: u32 = 0x887A_0026;

/// What the system is like, and what was done to it.
#[derive(Default)]
struct State {
    pixels: Vec<u8>,
    /// `RECT`s of what was drawn since the duplication last said so, as it writes them.
    drawn: Vec<u8>,
    /// What the next look at the duplication comes to, unless it works.
    answer: Option<u32>,
    /// What the child has found; nothing while it tries.
    found: Option<Result<(), NotDuplicated>>,
    /// Why it cannot be opened though the child could.
    refuses: Option<NotDuplicated>,
    /// Another desktop is shown.
    is_hidden: bool,
    done: Vec<&'static str>,
}

#[derive(Clone)]
struct Fake(Arc<Mutex<State>>);

impl Fake {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("one test, one thread")
    }

    /// Somebody draws; of the duplication, `RECT`s are those of its monitor's surface.
    fn draws(&self, area: Rect, colour: u8) {
        let mut state = self.state();
        for y in area.y..area.bottom() {
            let at = (y * SCREEN.width + area.x) as usize * BYTES_PER_PIXEL;
            state.pixels[at..at + area.width as usize * BYTES_PER_PIXEL].fill(colour);
        }
        for edge in [area.x, area.y, area.right(), area.bottom()] {
            state.drawn.extend(edge.cast_signed().to_le_bytes());
        }
    }

    /// Since this was last asked.
    fn done(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state().done)
    }
}

impl System for Fake {
    type Duplication = Duplication;
    type Gdi = Gdi;
    type Probe = Fake;

    fn probe(&self, _now: Instant) -> Result<Self, NotDuplicated> {
        self.state().done.push("try");
        Ok(self.clone())
    }

    fn found(probe: &mut Self, _now: Instant) -> Option<Result<(), NotDuplicated>> {
        probe.state().found.take()
    }

    fn open_duplication(&self, screen: Area) -> Result<Duplication, NotDuplicated> {
        let mut state = self.state();
        state.done.push("duplicate");
        match state.refuses.take() {
            Some(why) => Err(why),
            None => Ok(Duplication { fake: self.clone(), screen, is_new: true }),
        }
    }

    fn open_gdi(&self, _screen: Area) -> Result<Gdi, CaptureError> {
        self.state().done.push("gdi");
        Ok(Gdi(self.clone()))
    }
}

struct Gdi(Fake);

impl Look<CaptureError> for Gdi {
    fn look(&mut self, picture: &mut Picture) -> Result<(), CaptureError> {
        let state = self.0.state();
        if state.is_hidden {
            return Err(CaptureError::Refused("another desktop".to_owned()));
        }
        picture.take_over(&state.pixels);
        Ok(())
    }
}

/// One monitor that is all of the screen.
struct Duplication {
    fake: Fake,
    screen: Area,
    is_new: bool,
}

impl Look<NotDuplicated> for Duplication {
    fn look(&mut self, picture: &mut Picture) -> Result<(), NotDuplicated> {
        let mut state = self.fake.state();
        if let Some(answer) = state.answer.take() {
            return Err(NotDuplicated::from_answer(answer));
        }
        let drawn = std::mem::take(&mut state.drawn);
        let changed = match std::mem::take(&mut self.is_new) {
            true => Changed::Everything,
            false => Changed::told(&[], &drawn),
        };
        let output = Output { area: self.screen, rotation: Rotation::None };
        for piece in output.pieces(&changed, self.screen) {
            let pitch = self.screen.width as usize * BYTES_PER_PIXEL;
            output.copy(piece, &state.pixels, pitch, &mut picture.pixels, self.screen);
            picture.damage.add(piece.picture);
        }
        Ok(())
    }
}

impl Drop for Duplication {
    fn drop(&mut self) {
        self.fake.state().done.push("no longer duplicate");
    }
}

/// Whoever shares the screen.
struct Host {
    fake: Fake,
    screen: Failover<Fake>,
    now: Instant,
}

impl Host {
    /// With the first picture given, of a screen on which something is.
    fn new() -> Self {
        let fake = Fake(Arc::default());
        fake.state().pixels = vec![7; bytes(SCREEN)];
        let now = Instant::now();
        let screen = Failover::new(fake.clone(), Choice::new(now), SCREEN).expect("it opens");
        let mut host = Self { fake, screen, now };
        assert_eq!(
            (host.sees_exactly(), host.fake.done()),
            (vec![WHOLE], vec!["gdi"]),
            "nothing comes before a picture"
        );
        host
    }

    /// With a duplication that works.
    fn duplicated() -> Self {
        let mut host = Self::new();
        host.look();
        host.fake.state().found = Some(Ok(()));
        host.look();
        assert_eq!((host.screen.way(), host.fake.done()), (Way::Duplication, vec!["try", "duplicate"]));
        host.fake.state().drawn.clear();
        host.sees_exactly();
        host
    }

    /// A child has come through meanwhile: the screen is duplicated from now on.
    #[track_caller]
    fn becomes_duplicated(&mut self) {
        self.fake.state().found = Some(Ok(()));
        self.look();
        self.sees_exactly();
        assert_eq!((self.fake.done(), self.screen.way()), (vec!["try", "duplicate"], Way::Duplication));
    }

    fn look(&mut self) -> Found {
        self.screen.look(self.now).expect("it goes on")
    }

    /// After a look; the damage.
    #[track_caller]
    fn sees_exactly(&mut self) -> Vec<Rect> {
        self.look();
        let has_damage = self.screen.has_damage();
        let (seen, damage) = self.screen.give();
        assert_eq!(has_damage, !damage.is_empty());
        assert!(seen == self.fake.state().pixels, "every pixel as on the screen");
        damage.to_vec()
    }
}

#[test]
fn what_is_drawn_is_seen_by_gdi_until_a_child_has_tried_the_duplication_out() {
    let mut host = Host::new();
    for colour in 1..9 {
        host.fake.draws(Rect { x: 3, y: 5, width: 6, height: 7 }, colour);
        // By blocks of 16 pixels, as GDI's pictures are compared.
        assert_eq!(host.sees_exactly(), [Rect { x: 0, y: 5, width: 16, height: 7 }]);
        assert_eq!(host.screen.way(), Way::Gdi(NotDuplicated::NotYet));
    }
    assert_eq!(host.fake.done(), ["try"], "once, however long it takes");
    host.fake.state().found = Some(Ok(()));
    host.fake.draws(Rect { x: 20, y: 1, width: 2, height: 2 }, 9);
    // The first that is duplicated is all of it.
    assert_eq!(host.sees_exactly(), [WHOLE]);
    assert_eq!((host.fake.done(), host.screen.way()), (vec!["duplicate"], Way::Duplication));
}

#[test]
fn what_is_duplicated_is_what_windows_says_was_drawn() {
    let mut host = Host::duplicated();
    assert_eq!(host.look(), Found::Nothing);
    let drawn = Rect { x: 21, y: 9, width: 5, height: 3 };
    host.fake.draws(drawn, 9);
    assert_eq!(host.look(), Found::Something);
    assert_eq!(host.sees_exactly(), [drawn], "to the pixel");
    assert_eq!(host.fake.done(), [""; 0]);
}

#[test]
fn a_duplication_that_is_taken_away_leaves_no_gap_and_comes_back_by_itself() {
    let mut host = Host::duplicated();
    // In the very moment in which something is drawn.
    host.fake.state().answer = Some(LOST);
    host.fake.draws(Rect { x: 32, y: 20, width: 8, height: 1 }, 9);
    assert_eq!(host.look(), Found::Something, "by GDI, in the same look");
    assert_eq!(host.sees_exactly(), [Rect { x: 32, y: 20, width: 8, height: 1 }]);
    assert_eq!(host.fake.done(), ["no longer duplicate", "gdi"]);
    assert_eq!(host.screen.way(), Way::Gdi(NotDuplicated::Lost));

    host.now += 199 * MS;
    host.sees_exactly();
    assert_eq!(host.fake.done(), [""; 0]);
    host.now += MS;
    host.fake.state().found = Some(Err(NotDuplicated::OtherDesktop));
    host.look();
    host.look();
    assert_eq!((host.fake.done(), host.screen.way()), (vec!["try"], Way::Gdi(NotDuplicated::OtherDesktop)));
    host.now += 400 * MS;
    host.fake.draws(Rect { x: 0, y: 0, width: 1, height: 1 }, 11);
    host.becomes_duplicated();
}

#[test]
fn a_driver_that_crashes_the_child_is_never_opened_here() {
    let mut host = Host::new();
    host.look();
    host.fake.state().found = Some(Err(NotDuplicated::Crashed));
    for _ in 0..100 {
        host.now += 600_000 * MS;
        host.fake.draws(Rect { x: 3, y: 5, width: 6, height: 7 }, 3);
        host.sees_exactly();
    }
    assert_eq!((host.fake.done(), host.screen.way()), (vec!["try"], Way::Gdi(NotDuplicated::Crashed)));
}

#[test]
fn what_a_child_could_open_and_this_process_cannot_is_tried_again_later() {
    let mut host = Host::new();
    host.look();
    host.fake.state().found = Some(Ok(()));
    host.fake.state().refuses = Some(NotDuplicated::Busy);
    host.sees_exactly();
    assert_eq!((host.fake.done(), host.screen.way()), (vec!["try", "duplicate"], Way::Gdi(NotDuplicated::Busy)));
    host.now += 200 * MS;
    host.becomes_duplicated();
}

#[test]
fn another_desktop_leaves_the_picture_as_it_was() {
    let mut host = Host::duplicated();
    host.fake.state().answer = Some(LOST);
    host.fake.state().is_hidden = true;
    let before = host.fake.state().pixels.clone();
    host.fake.draws(WHOLE, 0);
    assert_eq!(host.look(), Found::Nothing);
    assert!(host.screen.give().0 == before, "what is on the other desktop is not seen, nor is it black");
    host.fake.state().is_hidden = false;
    assert_eq!(host.sees_exactly(), [WHOLE]);
}

#[test]
fn other_monitors_are_seen_by_gdi_at_once_and_tried_out_anew() {
    let mut host = Host::duplicated();
    let smaller = Area { x: 0, y: 0, width: 10, height: 8 };
    host.fake.state().pixels = vec![5; bytes(smaller)];
    host.screen.begin_anew(smaller, host.now);
    assert_eq!(host.screen.area(), smaller);
    assert_eq!(host.fake.done(), ["no longer duplicate"], "before there is memory for both");
    assert_eq!(host.sees_exactly(), [Rect { x: 0, y: 0, width: 10, height: 8 }]);
    assert_eq!(host.fake.done(), ["gdi"]);
    host.becomes_duplicated();
}

/// The monitors change while a child still tries the ones before out: what it finds is not believed of these.
#[test]
fn what_was_found_of_other_monitors_is_not_believed() {
    let mut host = Host::new();
    host.look();
    assert_eq!(host.fake.done(), ["try"]);
    host.screen.begin_anew(SCREEN, host.now);
    host.sees_exactly();
    host.look();
    assert_eq!(host.fake.done(), ["gdi", "try"]);
}
