//! Rectangles, and bounded sets of them.

/// A rectangle of pixels; x to the right, y down, from the top left corner of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rect {
    /// Left edge, pixels.
    pub x: u32,
    /// Top edge, pixels.
    pub y: u32,
    /// Pixels; 0 makes the rectangle empty.
    pub width: u32,
    /// Pixels; 0 makes the rectangle empty.
    pub height: u32,
}

impl Rect {
    /// A rectangle from its corner and size.
    #[must_use]
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self { x, y, width, height }
    }

    /// Has it no pixel?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// First column to the right of it.
    #[must_use]
    pub const fn right(&self) -> u32 {
        self.x.saturating_add(self.width)
    }

    /// First row below it.
    #[must_use]
    pub const fn bottom(&self) -> u32 {
        self.y.saturating_add(self.height)
    }

    /// Pixels in it.
    #[must_use]
    pub const fn area(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// What is left of it inside a frame of this size; perhaps nothing.
    #[must_use]
    pub fn clipped(&self, width: u32, height: u32) -> Self {
        let (x, y) = (self.x.min(width), self.y.min(height));
        Self { x, y, width: self.right().min(width) - x, height: self.bottom().min(height) - y }
    }

    /// Have they a pixel in common?
    #[must_use]
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The part that is in both, if there is any.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        self.overlaps(other).then(|| {
            let (x, y) = (self.x.max(other.x), self.y.max(other.y));
            Self { x, y, width: self.right().min(other.right()) - x, height: self.bottom().min(other.bottom()) - y }
        })
    }

    /// Is all of the other one inside?
    #[must_use]
    pub const fn contains(&self, other: &Self) -> bool {
        self.x <= other.x && self.y <= other.y && other.right() <= self.right() && other.bottom() <= self.bottom()
    }

    /// Smallest rectangle around both; an empty one adds nothing.
    #[must_use]
    pub fn around(&self, other: &Self) -> Self {
        if self.is_empty() {
            return *other;
        }
        if other.is_empty() {
            return *self;
        }
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, width: self.right().max(other.right()) - x, height: self.bottom().max(other.bottom()) - y }
    }
}

/// A set of pixels as a few rectangles: never more than [`Region::CAPACITY`] of them, so that it needs no allocation and
/// no caller can be flooded. It may cover more than was added, never less, and its rectangles may overlap.
#[derive(Clone, Copy)]
pub struct Region {
    rects: [Rect; Self::CAPACITY],
    len: usize,
}

impl Region {
    /// Most rectangles in a region; beyond that the two that waste least become one.
    pub const CAPACITY: usize = 32;

    /// The empty region.
    #[must_use]
    pub const fn new() -> Self {
        Self { rects: [Rect::new(0, 0, 0, 0); Self::CAPACITY], len: 0 }
    }

    /// The rectangles, none of them empty, in no order.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.rects[..self.len]
    }

    /// Has it no pixel?
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Smallest rectangle around all of it; empty when the region is.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        self.rects().iter().fold(Rect::default(), |all, rect| all.around(rect))
    }

    /// Forgets every rectangle.
    pub const fn clear(&mut self) {
        self.len = 0;
    }

    /// Adds every rectangle of `other`.
    pub fn merge(&mut self, other: &Self) {
        for rect in other.rects() {
            self.add(*rect);
        }
    }

    /// Adds a rectangle. Rectangles that make one without any waste become one.
    pub fn add(&mut self, rect: Rect) {
        if rect.is_empty() {
            return;
        }
        let mut grown = rect;
        // Each turn takes one rectangle away, so this ends; a grown rectangle may now swallow an earlier one.
        while let Some(index) = self.rects().iter().position(|old| waste(old, &grown) == 0) {
            grown = grown.around(&self.take(index));
        }
        if self.len == Self::CAPACITY {
            let cheapest = (0..self.len).min_by_key(|&index| waste(&self.rects[index], &grown)).unwrap_or(0);
            let joined = grown.around(&self.take(cheapest));
            return self.add(joined);
        }
        self.rects[self.len] = grown;
        self.len += 1;
    }

    fn take(&mut self, index: usize) -> Rect {
        let rect = self.rects[index];
        self.len -= 1;
        self.rects[index] = self.rects[self.len];
        rect
    }
}

/// Pixels that a joined rectangle would have more than the two. An overlap counts twice, which only makes joining look
/// as cheap as it is.
fn waste(a: &Rect, b: &Rect) -> u64 {
    a.around(b).area().saturating_sub(a.area().saturating_add(b.area()))
}

impl Default for Region {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Rect> for Region {
    fn from(rect: Rect) -> Self {
        let mut region = Self::new();
        region.add(rect);
        region
    }
}

impl FromIterator<Rect> for Region {
    fn from_iter<I: IntoIterator<Item = Rect>>(rects: I) -> Self {
        let mut region = Self::new();
        for rect in rects {
            region.add(rect);
        }
        region
    }
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.rects()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_rectangle() {
        let mut region = Region::new();
        for x in 0..100 {
            region.add(Rect::new(x * 64, 0, 64, 64));
        }
        assert_eq!(region.rects(), [Rect::new(0, 0, 6400, 64)]);
    }

    #[test]
    fn rectangles_that_together_bridge_a_gap_become_one() {
        let region: Region =
            [Rect::new(0, 0, 10, 10), Rect::new(20, 0, 10, 10), Rect::new(10, 0, 10, 10)].into_iter().collect();
        assert_eq!(region.rects(), [Rect::new(0, 0, 30, 10)]);
    }

    #[test]
    fn a_flood_stays_bounded_and_covers_everything() {
        let mut region = Region::new();
        let scattered = (0..1000u32).map(|n| Rect::new(n * 7919 % 5000, n * 104_729 % 5000, n % 9 + 1, n % 7 + 1));
        for rect in scattered.clone() {
            region.add(rect);
            assert!(region.rects().len() <= Region::CAPACITY);
        }
        for rect in scattered {
            for (x, y) in [(rect.x, rect.y), (rect.right() - 1, rect.bottom() - 1)] {
                let covered = region.rects().iter().any(|r| r.x <= x && x < r.right() && r.y <= y && y < r.bottom());
                assert!(covered, "{x},{y} of {rect:?} is lost");
            }
        }
    }

    #[test]
    fn clipping_keeps_the_inside_and_survives_absurd_numbers() {
        assert_eq!(Rect::new(5, 5, 10, 10).clipped(8, 20), Rect::new(5, 5, 3, 10));
        assert!(Rect::new(9, 0, 10, 10).clipped(8, 20).is_empty());
        assert_eq!(Rect::new(1, 2, u32::MAX, u32::MAX).clipped(8, 20), Rect::new(1, 2, 7, 18));
        assert!(Rect::new(u32::MAX, u32::MAX, u32::MAX, u32::MAX).clipped(8, 20).is_empty());
        let region: Region = (0..100).map(|n| Rect::new(n * n, u32::MAX - n * 7, u32::MAX - n, u32::MAX)).collect();
        assert_eq!(region.bounds(), Rect::new(0, u32::MAX - 99 * 7, u32::MAX, 99 * 7));
    }
}
