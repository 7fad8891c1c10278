//! The logic of the customer's pointer: shapes that are sent once and then known by number ([`ShapesSent`],
//! [`ShapesKnown`]), and positions of which the last one arrives, whatever is lost or overtaken ([`PositionsSent`],
//! [`PositionsHeard`]).

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits;
use crate::message::pointer::{self as wire, PointerAt, pointer_message::Body};

/// What a pointer looks like; always within its limits.
#[derive(PartialEq, Eq)]
pub struct Shape {
    size: (u32, u32),
    hot: (u32, u32),
    rgba: Vec<u8>,
}

/// Why something is no shape, or no number of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// A side is 0 or longer than [`limits::POINTER_SIDE`].
    #[error("a pointer of {0}×{1} pixels")]
    Size(u32, u32),
    /// The pixel that points is not one of its own.
    #[error("a pointer that points with the pixel {0}, {1}, outside of itself")]
    Hot(u32, u32),
    /// More or fewer bytes than its pixels have.
    #[error("a pointer with {0} bytes of pixels")]
    Length(usize),
    /// No shape may have this number, or none has it yet.
    #[error("there is no pointer shape {0}")]
    Number(u32),
}

impl Shape {
    /// A shape of `size` pixels, wide and high, that points with the pixel `hot`, from the left and from the top. `rgba`:
    /// as in [`wire::Shape::rgba`].
    ///
    /// # Errors
    /// Which limit it passes.
    pub fn new(size: (u32, u32), hot: (u32, u32), rgba: Vec<u8>) -> Result<Self, ShapeError> {
        let sides = 1..=limits::POINTER_SIDE;
        if !sides.contains(&size.0) || !sides.contains(&size.1) {
            return Err(ShapeError::Size(size.0, size.1));
        }
        if hot.0 >= size.0 || hot.1 >= size.1 {
            return Err(ShapeError::Hot(hot.0, hot.1));
        }
        if rgba.len() != size.0 as usize * size.1 as usize * 4 {
            return Err(ShapeError::Length(rgba.len()));
        }
        Ok(Self { size, hot, rgba })
    }

    /// Pixels, wide and high.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        self.size
    }

    /// The pixel that points, from the left and from the top.
    #[must_use]
    pub const fn hot(&self) -> (u32, u32) {
        self.hot
    }

    /// Rows from the top, pixels from the left: red, green, blue, each multiplied by alpha, and alpha.
    #[must_use]
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }
}

impl std::fmt::Debug for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shape").field("size", &self.size).field("hot", &self.hot).finish_non_exhaustive()
    }
}

/// What the viewer knows of shapes, as the host remembers it.
#[derive(Debug, Default)]
pub struct ShapesSent {
    /// The number of a shape is its place here, from 1; with when it was shown last.
    known: Vec<(Arc<Shape>, u64)>,
    clock: u64,
    shown: Option<u32>,
}

impl ShapesSent {
    /// What has to be said for this shape to be shown, or none; nothing if it is shown already. What is said has to
    /// arrive, in order.
    pub fn show(&mut self, shape: Option<&Arc<Shape>>) -> Option<Body> {
        let (number, news) = match shape {
            None => (0, None),
            Some(shape) => self.number(shape),
        };
        if self.shown == Some(number) && news.is_none() {
            return None;
        }
        self.shown = Some(number);
        Some(news.unwrap_or(Body::Show(wire::Show { number })))
    }

    fn number(&mut self, shape: &Arc<Shape>) -> (u32, Option<Body>) {
        self.clock += 1;
        let known = self.known.iter().position(|(known, _)| Arc::ptr_eq(known, shape) || known == shape);
        if let Some(place) = known {
            self.known[place].1 = self.clock;
            return (number(place), None);
        }
        let entry = (Arc::clone(shape), self.clock);
        let place = if self.known.len() < limits::POINTER_SHAPES {
            self.known.push(entry);
            self.known.len() - 1
        } else {
            let oldest = (0..self.known.len()).min_by_key(|place| self.known[*place].1).unwrap_or_default();
            self.known[oldest] = entry;
            oldest
        };
        let number = number(place);
        let body = Body::Shape(wire::Shape {
            number,
            width: shape.size.0,
            height: shape.size.1,
            hot_x: shape.hot.0,
            hot_y: shape.hot.1,
            rgba: shape.rgba.clone(),
        });
        (number, Some(body))
    }
}

fn number(place: usize) -> u32 {
    u32::try_from(place + 1).expect("there are no more places than POINTER_SHAPES")
}

/// The shapes that the host has sent, at the viewer.
#[derive(Debug, Default)]
pub struct ShapesKnown {
    /// The shape with the number 1 first.
    known: Vec<Option<Arc<Shape>>>,
}

impl ShapesKnown {
    /// Takes in what the host says; answers with the shape that is shown from now on, or with none.
    ///
    /// # Errors
    /// A shape or a number that cannot be: the host breaks the protocol.
    pub fn hear(&mut self, body: Body) -> Result<Option<Arc<Shape>>, ShapeError> {
        let (number, news) = match body {
            Body::Show(wire::Show { number: 0 }) => return Ok(None),
            Body::Show(show) => (show.number, None),
            Body::Shape(shape) => {
                let news = Shape::new((shape.width, shape.height), (shape.hot_x, shape.hot_y), shape.rgba)?;
                (shape.number, Some(Arc::new(news)))
            }
        };
        let wrong = ShapeError::Number(number);
        let place = number.checked_sub(1).map(|place| place as usize).filter(|place| *place < limits::POINTER_SHAPES);
        let place = place.ok_or(wrong)?;
        if news.is_some() {
            if self.known.len() <= place {
                self.known.resize(place + 1, None);
            }
            self.known[place] = news;
        }
        self.known.get(place).cloned().flatten().map(Some).ok_or(wrong)
    }
}

/// The last position is repeated after twice the round trip, and after this at the least.
const FIRST_REPEAT: Duration = Duration::from_millis(40);
/// Then after twice as long each time, up to this.
const LAST_REPEAT: Duration = Duration::from_secs(1);

/// Positions on their way to the viewer.
#[derive(Debug, Default)]
pub struct PositionsSent {
    sequence: u64,
    last: Option<Last>,
}

/// The newest position.
#[derive(Debug)]
struct Last {
    at: PointerAt,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    New,
    Sent { again: Instant, after: Duration },
    Seen,
}

impl PositionsSent {
    /// The pointer is there now.
    pub fn put(&mut self, display: u32, x: u32, y: u32) {
        if self.last.as_ref().is_some_and(|last| (last.at.display, last.at.x, last.at.y) == (display, x, y)) {
            return;
        }
        self.sequence += 1;
        self.last = Some(Last { at: PointerAt { sequence: self.sequence, display, x, y }, stage: Stage::New });
    }

    /// Nothing more is to be sent of what was put.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// What has to be sent now, if anything; `trip` is the round trip.
    pub fn send(&mut self, now: Instant, trip: Duration) -> Option<PointerAt> {
        let last = self.last.as_mut()?;
        let after = match last.stage {
            Stage::New => FIRST_REPEAT.max(trip * 2),
            Stage::Sent { again, after } if again <= now => (after * 2).min(LAST_REPEAT),
            Stage::Sent { .. } | Stage::Seen => return None,
        };
        last.stage = Stage::Sent { again: now + after, after };
        Some(last.at.clone())
    }

    /// When [`Self::send`] has to be asked again, if nothing happens before.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        match self.last.as_ref()?.stage {
            Stage::Sent { again, .. } => Some(again),
            Stage::New | Stage::Seen => None,
        }
    }

    /// The viewer has heard of this position. Of older ones, and of what was never sent, it changes nothing.
    pub fn seen(&mut self, sequence: u64) {
        if let Some(last) = &mut self.last
            && last.at.sequence == sequence
            && matches!(last.stage, Stage::Sent { .. })
        {
            last.stage = Stage::Seen;
        }
    }
}

/// Positions as they come in, in any order, some of them twice.
#[derive(Debug, Default)]
pub struct PositionsHeard {
    newest: u64,
}

impl PositionsHeard {
    /// Is this newer than all before?
    pub fn is_news(&mut self, at: &PointerAt) -> bool {
        let news = at.sequence > self.newest;
        self.newest = self.newest.max(at.sequence);
        news
    }

    /// What is to be acknowledged.
    #[must_use]
    pub const fn newest(&self) -> u64 {
        self.newest
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::{LAST_REPEAT, PositionsHeard, PositionsSent, Shape, ShapeError, ShapesKnown, ShapesSent};
    use crate::limits;
    use crate::message::pointer::{self as wire, pointer_message::Body};

    const TRIP: Duration = Duration::from_millis(100);

    fn shape(colour: u8) -> Arc<Shape> {
        Arc::new(Shape::new((3, 2), (2, 1), vec![colour; 24]).expect("a shape"))
    }

    #[test]
    fn a_shape_is_sent_once_and_then_by_number() {
        let (mut sent, mut known) = (ShapesSent::default(), ShapesKnown::default());
        let (arrow, beam) = (shape(1), shape(2));
        let mut images = 0;
        for shown in [Some(&arrow), Some(&beam), None, Some(&arrow), Some(&shape(2)), Some(&arrow), None, Some(&beam)] {
            let body = sent.show(shown).expect("another one than before");
            images += usize::from(matches!(body, Body::Shape(_)));
            assert_eq!(known.hear(body).expect("known").as_ref(), shown);
            assert_eq!(sent.show(shown), None, "it is shown already");
        }
        assert_eq!(images, 2, "each image once");
    }

    #[test]
    fn neither_side_remembers_more_than_the_limit_and_both_agree() {
        let (mut sent, mut known) = (ShapesSent::default(), ShapesKnown::default());
        let shapes: Vec<_> = (0..=255).map(shape).collect();
        let mut images = 0;
        // The first one is used all the time, so that it is never the oldest.
        for other in shapes.iter().chain(&shapes[1..]) {
            for shown in [&shapes[0], other] {
                let Some(body) = sent.show(Some(shown)) else { continue };
                images += usize::from(matches!(body, Body::Shape(_)));
                assert_eq!(known.hear(body).expect("known").as_ref(), Some(shown));
            }
        }
        assert_eq!((sent.known.len(), known.known.len()), (limits::POINTER_SHAPES, limits::POINTER_SHAPES));
        assert_eq!(images, 1 + 2 * 255, "what was forgotten is sent again, what is in use is not");
    }

    #[test]
    fn shapes_that_cannot_be_are_refused() {
        let side = limits::POINTER_SIDE;
        let wrong = [
            ((0, 2), (0, 0), 0, ShapeError::Size(0, 2)),
            ((2, 0), (0, 0), 0, ShapeError::Size(2, 0)),
            ((side + 1, 1), (0, 0), 4 * (side as usize + 1), ShapeError::Size(side + 1, 1)),
            ((u32::MAX, u32::MAX), (0, 0), 4, ShapeError::Size(u32::MAX, u32::MAX)),
            ((2, 2), (2, 0), 16, ShapeError::Hot(2, 0)),
            ((2, 2), (0, 2), 16, ShapeError::Hot(0, 2)),
            ((2, 2), (u32::MAX, 0), 16, ShapeError::Hot(u32::MAX, 0)),
            ((2, 2), (0, 0), 15, ShapeError::Length(15)),
            ((2, 2), (0, 0), 17, ShapeError::Length(17)),
            ((2, 2), (0, 0), 0, ShapeError::Length(0)),
        ];
        for ((width, height), (hot_x, hot_y), bytes, error) in wrong {
            let body = Body::Shape(wire::Shape { number: 1, width, height, hot_x, hot_y, rgba: vec![0; bytes] });
            assert_eq!(ShapesKnown::default().hear(body), Err(error));
        }
        let whole = side as usize * side as usize * 4;
        assert!(Shape::new((side, side), (side - 1, side - 1), vec![0; whole]).is_ok(), "the largest one");
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let most = u32::try_from(limits::POINTER_SHAPES).expect("few");
        let with =
            |number| Body::Shape(wire::Shape { number, width: 1, height: 1, hot_x: 0, hot_y: 0, rgba: vec![0; 4] });
        let mut known = ShapesKnown::default();
        for number in [0, most + 1, u32::MAX] {
            assert_eq!(known.hear(with(number)), Err(ShapeError::Number(number)));
        }
        known.hear(with(most)).expect("the last number");
        for number in [1, most - 1, most + 1, u32::MAX] {
            let show = Body::Show(wire::Show { number });
            assert_eq!(known.hear(show), Err(ShapeError::Number(number)), "nothing was sent under it");
        }
    }

    #[test]
    fn the_last_position_is_repeated_until_it_is_acknowledged() {
        let mut sent = PositionsSent::default();
        let mut now = Instant::now();
        assert_eq!((sent.send(now, TRIP), sent.next()), (None, None), "there is nothing to say");
        sent.put(0, 5, 6);
        let first = sent.send(now, TRIP).expect("new");
        assert_eq!((first.sequence, first.x, first.y), (1, 5, 6));
        assert_eq!(sent.send(now, TRIP), None, "once is enough for now");
        let mut waits = Vec::new();
        for _ in 0..6 {
            let next = sent.next().expect("not acknowledged");
            waits.push(next - now);
            now = next;
            assert_eq!(sent.send(now, TRIP).as_ref(), Some(&first));
        }
        assert_eq!(waits[..3], [TRIP * 2, TRIP * 4, TRIP * 8]);
        assert_eq!(waits[5], LAST_REPEAT);
        sent.seen(7);
        assert!(sent.next().is_some(), "that was never sent");
        sent.seen(1);
        assert_eq!((sent.send(now + LAST_REPEAT, TRIP), sent.next()), (None, None));
        sent.put(0, 5, 6);
        assert_eq!(sent.send(now, TRIP), None, "it has not moved");
    }

    #[test]
    fn a_newer_position_takes_the_place_of_an_older_one() {
        let mut sent = PositionsSent::default();
        let now = Instant::now();
        sent.put(0, 1, 1);
        sent.put(0, 2, 2);
        assert_eq!(sent.send(now, TRIP).map(|at| at.x), Some(2));
        sent.put(0, 3, 3);
        assert_eq!(sent.send(now, TRIP).map(|at| at.x), Some(3), "at once");
        sent.seen(2);
        assert!(sent.next().is_some(), "that was about an older one");
        sent.forget();
        assert_eq!((sent.send(now + LAST_REPEAT, TRIP), sent.next()), (None, None));
        sent.put(0, 3, 3);
        assert_eq!(sent.send(now, TRIP).map(|at| at.sequence), Some(4), "whoever was told to forget is told again");
    }

    #[test]
    fn lost_doubled_and_overtaken_the_last_position_is_the_one_that_stays() {
        let mut sent = PositionsSent::default();
        let mut heard = PositionsHeard::default();
        let mut now = Instant::now();
        let mut shown = None;
        let mut on_the_way = Vec::new();
        // A fixed sequence that looks random enough: loses a third, doubles some, and takes the newest first.
        let mut dice = 12345_u32;
        let mut roll = || {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            dice >> 16
        };
        for x in 0..2000 {
            sent.put(0, x, 7);
            on_the_way.extend(sent.send(now, TRIP));
            if roll() % 4 == 0 {
                while let Some(at) = on_the_way.pop() {
                    for _ in 0..roll() % 3 {
                        if heard.is_news(&at) {
                            assert!(shown.is_none_or(|shown| shown < at.x), "never back to an older one");
                            shown = Some(at.x);
                        }
                    }
                }
            }
        }
        for _ in 0..1000 {
            let Some(next) = sent.next() else { break };
            now = next;
            if let Some(at) = sent.send(now, TRIP).filter(|_| roll() % 3 > 0) {
                if heard.is_news(&at) {
                    shown = Some(at.x);
                }
                if roll() % 3 > 0 {
                    sent.seen(heard.newest());
                }
            }
        }
        assert_eq!((shown, sent.next()), (Some(1999), None));
    }
}
