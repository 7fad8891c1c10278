//! Tries out on this computer what its screen, its pointer and its mouse are captured and moved by, with a window of our own
//! in front of everything: for computers that nobody who builds this has. It takes a few seconds, and the pointer moves.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::capture::{Capture, CaptureError, Rect, Wake, Way};
use crate::inject::Injector;
use crate::pointer::{News, Pointer, Position};
use crate::test_card::{self, Kind, TestCard, TestCardError};

/// Where the card is, from a monitor's corner. Not a multiple of anything.
const CARD: Rect = Rect { x: 101, y: 67, width: 333, height: 222 };
/// What is painted on it, from its own corner.
const PATCH: Rect = Rect { x: 51, y: 33, width: 40, height: 30 };
/// Something that is shown is seen within this time.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the time until something is seen is taken, and what a look costs.
const ROUNDS: u8 = 9;
const LOOKS: u8 = 3;
/// After this long no picture is fresh enough to be given out again.
const STALE: Duration = Duration::from_millis(600);

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What is painted is what is captured, to the pixel.
    Pixels,
    /// What changes is said to have changed.
    Damage,
    /// A window that can be seen through is captured too.
    Layered,
    /// The pointer is where it is moved to.
    PointerPosition,
    /// It looks like something.
    PointerShape,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// What was tried.
    pub part: Part,
    /// Nothing when it is as it should be, or else what is wrong.
    pub wrong: Option<String>,
}

/// The picture's way, and what it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Where the picture came from.
    pub way: Way,
    /// From painted to seen, the median.
    pub delay: Duration,
    /// What a look takes at a screen on which nothing was drawn, the median.
    pub look: Duration,
    /// Each part.
    pub tried: Vec<Tried>,
}

/// Why nothing could be tried.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// There is no picture.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// There is no window to look at.
    #[error(transparent)]
    TestCard(#[from] TestCardError),
}

/// Tries `capture` out, on one monitor after the other.
///
/// # Errors
/// [`SelftestError`]: there was nothing to try.
pub fn run(capture: &mut Capture) -> Result<Seen, SelftestError> {
    // What is seen first may come by another way than what follows.
    capture.settled_way()?;
    let monitors = test_card::monitors()?;
    let (mut tried, mut delays) = (Vec::new(), Vec::new());
    for monitor in &monitors {
        tried.push((*monitor, try_monitor(capture, *monitor, &mut delays)?));
    }
    let mut looks = Vec::new();
    for _ in 0..LOOKS {
        thread::sleep(STALE);
        let begun = Instant::now();
        capture.grab()?;
        looks.push(begun.elapsed());
    }
    Ok(Seen { way: capture.way(), delay: median(delays), look: median(looks), tried: together(tried) })
}

/// Each part once, with what is wrong on any monitor, and on which if there are several.
fn together(monitors: Vec<(Rect, Vec<Tried>)>) -> Vec<Tried> {
    let several = monitors.len() > 1;
    let mut all: Vec<Tried> = Vec::new();
    for (Rect { x, y, width, height }, tried) in monitors {
        for Tried { part, wrong } in tried {
            let wrong = wrong.map(|wrong| match several {
                true => format!("on the monitor of {width} × {height} pixels at {x}, {y}: {wrong}"),
                false => wrong,
            });
            match all.iter_mut().find(|tried| tried.part == part) {
                None => all.push(Tried { part, wrong }),
                Some(tried) => {
                    let both = [tried.wrong.take(), wrong].into_iter().flatten().collect::<Vec<_>>();
                    tried.wrong = (!both.is_empty()).then(|| both.join("; "));
                }
            }
        }
    }
    all
}

/// Where the card is on a monitor with this place in the picture, if it is large enough.
fn card_on(monitor: Rect) -> Option<Rect> {
    let fits = CARD.right() <= monitor.width && CARD.bottom() <= monitor.height;
    fits.then(|| Rect { x: monitor.x + CARD.x, y: monitor.y + CARD.y, ..CARD })
}

fn try_monitor(capture: &mut Capture, monitor: Rect, delays: &mut Vec<Duration>) -> Result<Vec<Tried>, SelftestError> {
    let Some(place) = card_on(monitor) else {
        return Ok(vec![Tried { part: Part::Pixels, wrong: Some("it is too small".to_owned()) }]);
    };
    let mut tried = Vec::new();
    let mut card = TestCard::show(place, Kind::Plain)?;
    card.paint(whole(place), [16, 32, 48])?;
    tried.push(Tried { part: Part::Pixels, wrong: shows(capture, place, [16, 32, 48])? });
    let mut missed = None;
    for round in 1..=ROUNDS {
        // Before, so that it is the patch alone that changes.
        rests(capture)?;
        let colour = [round * 20, 255 - round * 20, round];
        card.paint(PATCH, colour)?;
        let begun = Instant::now();
        match until_shown(capture, Rect { x: place.x + PATCH.x, y: place.y + PATCH.y, ..PATCH }, colour)? {
            Shown::Damaged => delays.push(begun.elapsed()),
            Shown::Undamaged => missed = Some("it was seen, and not said to have changed".to_owned()),
            Shown::Never(wrong) => missed = Some(wrong),
        }
    }
    tried.push(Tried { part: Part::Damage, wrong: missed });
    drop(card);

    let mut card = TestCard::show(place, Kind::Layered)?;
    card.paint(whole(place), [200, 100, 50])?;
    tried.push(Tried { part: Part::Layered, wrong: shows(capture, place, [200, 100, 50])? });
    tried.extend(try_pointer(&mut card, place)?);
    Ok(tried)
}

/// Above the card, whose pointer is a cross.
fn try_pointer(card: &mut TestCard, place: Rect) -> Result<Vec<Tried>, SelftestError> {
    let said = |wrong: &dyn fmt::Display| {
        let wrong = wrong.to_string();
        [Part::PointerPosition, Part::PointerShape].map(|part| Tried { part, wrong: Some(wrong.clone()) }).to_vec()
    };
    let mut pointer = match Pointer::open() {
        Ok(pointer) => pointer,
        Err(error) => return Ok(said(&error)),
    };
    let (mut at, mut shape, mut before) = (None, None, None);
    let (x, y) = (place.x + place.width / 2, place.y + place.height / 2);
    while let Ok(news @ (News::At(_) | News::Shape(_))) = pointer.wait(Some(Duration::from_millis(50))) {
        if let News::At(first) = news {
            before.get_or_insert(first);
        }
    }
    let mut hands = match Injector::open() {
        Ok(hands) => hands,
        Err(error) => return Ok(said(&error)),
    };
    // In two steps: the last one is a movement on the card.
    for x in [x - 9, x] {
        if let Err(error) = hands.move_to(0, x, y) {
            return Ok(said(&error));
        }
        // Its window has to be told.
        card.paint(PATCH, [1, 2, 3])?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && !(at == Some((x, y)) && shape.is_some()) {
            match pointer.wait(Some(Duration::from_millis(50))) {
                Ok(News::At(Position { x, y, .. })) => at = Some((x, y)),
                Ok(News::Shape(seen)) if seen.rgba.chunks_exact(4).any(|pixel| pixel[3] > 0) => shape = Some(seen),
                Ok(_) => {}
                Err(error) => return Ok(said(&error)),
            }
            card.paint(PATCH, [1, 2, 3])?;
        }
    }
    if let Some(before) = before {
        // Where the person had it. That it may fail was seen above.
        let _ = hands.move_to(before.display, before.x, before.y);
    }
    let position = (at != Some((x, y))).then(|| format!("it is told to be at {at:?} instead of {:?}", (x, y)));
    let looks = shape.is_none().then(|| "it cannot be seen".to_owned());
    Ok(vec![Tried { part: Part::PointerPosition, wrong: position }, Tried { part: Part::PointerShape, wrong: looks }])
}

/// Takes what is left from before; a desktop at work never rests altogether.
fn rests(capture: &mut Capture) -> Result<(), CaptureError> {
    for _ in 0..5 {
        if capture.wait(Some(Duration::from_millis(60)))? == Wake::Timeout {
            break;
        }
        capture.grab()?;
    }
    Ok(())
}

/// What is wrong at this place of the picture, if it does not become what it should be.
fn shows(capture: &mut Capture, place: Rect, colour: [u8; 3]) -> Result<Option<String>, CaptureError> {
    Ok(match until_shown(capture, place, colour)? {
        Shown::Damaged | Shown::Undamaged => None,
        Shown::Never(wrong) => Some(wrong),
    })
}

enum Shown {
    /// And the damage of all grabs covered it.
    Damaged,
    Undamaged,
    /// What was wrong last.
    Never(String),
}

fn until_shown(capture: &mut Capture, place: Rect, [red, green, blue]: [u8; 3]) -> Result<Shown, CaptureError> {
    let deadline = Instant::now() + PATIENCE;
    let mut damage = crate::capture::Damage::new();
    let mut wrong = "nothing was seen of it".to_owned();
    while Instant::now() < deadline {
        if capture.wait(Some(Duration::from_millis(200)))? == Wake::Timeout {
            continue;
        }
        let grab = capture.grab()?;
        damage.extend(grab.damage.iter().copied());
        if place.clipped(grab.width, grab.height) != Some(place) {
            wrong = format!("the screen of {} × {} pixels is too small", grab.width, grab.height);
            break;
        }
        let rows = grab.data.chunks_exact(grab.stride).skip(place.y as usize).take(place.height as usize);
        let pixels = rows.flat_map(|row| row[place.x as usize * 4..place.right() as usize * 4].as_chunks::<4>().0);
        match pixels.enumerate().find(|(_, pixel)| pixel[..3] != [blue, green, red]) {
            None => {
                let damaged = damage.rects().iter().any(|rect| rect.around(place) == *rect);
                return Ok(if damaged { Shown::Damaged } else { Shown::Undamaged });
            }
            Some((at, [b, g, r, _])) => {
                let (x, y) = (at as u32 % place.width + place.x, at as u32 / place.width + place.y);
                wrong = format!("pixel {x}, {y} is {r}, {g}, {b} instead of {red}, {green}, {blue}");
            }
        }
    }
    Ok(Shown::Never(wrong))
}

fn whole(card: Rect) -> Rect {
    Rect { x: 0, y: 0, ..card }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Part, Tried, card_on, together};
    use crate::area::Area;
    use crate::capture::Rect;
    use crate::test_card::in_picture;

    /// A laptop with a larger monitor to the left of it and one that stands on its side above that: nothing shows the screen's
    /// own corner.
    const MONITORS: [Area; 3] = [
        Area { x: 0, y: 0, width: 1920, height: 1080 },
        Area { x: -2560, y: -200, width: 2560, height: 1440 },
        Area { x: -1080, y: -2120, width: 1080, height: 1920 },
    ];
    const SCREEN: Area = Area { x: -2560, y: -2120, width: 4480, height: 3360 };

    #[test]
    fn a_card_is_on_the_monitor_that_is_tried_wherever_that_stands() {
        let places = MONITORS.map(|monitor| in_picture(monitor, SCREEN));
        for (number, monitor) in places.into_iter().enumerate() {
            let card = card_on(monitor).expect("it is large enough");
            assert_eq!(card.around(monitor), monitor, "all of it");
            let on: Vec<_> = (0..3).filter(|other| card.intersects(places[*other])).collect();
            assert_eq!(on, [number]);
        }
    }

    #[test]
    fn a_monitor_that_is_too_small_has_no_card() {
        assert_eq!(card_on(Rect { x: 5, y: 6, width: 434, height: 288 }), None);
        assert!(card_on(Rect { x: 5, y: 6, width: 434, height: 289 }).is_some());
    }

    #[test]
    fn what_is_wrong_names_the_monitor_where_there_are_several() {
        let tried = |wrong: Option<&str>| {
            [Part::Pixels, Part::Damage]
                .map(|part| Tried { part, wrong: wrong.filter(|_| part == Part::Damage).map(str::to_owned) })
                .to_vec()
        };
        let [one, other] = [0, 1920].map(|x| Rect { x, y: 0, width: 1920, height: 1080 });
        assert_eq!(together(vec![(one, tried(Some("late")))]), tried(Some("late")));
        assert_eq!(together(vec![(one, tried(None)), (other, tried(None))]), tried(None));
        let wrong = "on the monitor of 1920 × 1080 pixels at 1920, 0: late";
        assert_eq!(together(vec![(one, tried(None)), (other, tried(Some("late")))]), tried(Some(wrong)));
        let both = format!("on the monitor of 1920 × 1080 pixels at 0, 0: early; {wrong}");
        assert_eq!(together(vec![(one, tried(Some("early"))), (other, tried(Some("late")))]), tried(Some(&both)));
    }
}
