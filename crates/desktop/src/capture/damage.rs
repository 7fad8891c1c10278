//! Areas that changed: rectangles, and a bounded, disjoint list of them.

/// A rectangle in pixels from the top left of its display.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rect {
    /// Pixels from the left.
    pub x: u32,
    /// Pixels from the top.
    pub y: u32,
    /// Pixels, above zero.
    pub width: u32,
    /// Pixels, above zero.
    pub height: u32,
}

impl Rect {
    /// Pixels in it.
    #[must_use]
    pub const fn area(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// One past its rightmost column.
    #[must_use]
    pub const fn right(self) -> u32 {
        self.x + self.width
    }

    /// One past its lowest row.
    #[must_use]
    pub const fn bottom(self) -> u32 {
        self.y + self.height
    }

    /// Do they share a pixel?
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// The part of it that lies on a display of this size.
    #[must_use]
    pub fn clipped(self, width: u32, height: u32) -> Option<Self> {
        if self.x >= width || self.y >= height {
            return None;
        }
        let clipped = Self { width: self.width.min(width - self.x), height: self.height.min(height - self.y), ..self };
        (clipped.area() > 0).then_some(clipped)
    }
}

/// Disjoint rectangles, at most [`Damage::MOST`]: what is added is merged where that costs few pixels, and always where
/// it overlaps. Covers at least what was added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    rects: Vec<Rect>,
}

impl Damage {
    /// Most rectangles. Each costs a request to the system and a header in the update.
    pub const MOST: usize = 32;
    /// Pixels that are as costly to fetch and compare as one more rectangle.
    const RECT_COST: u64 = 2048;

    /// Nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { rects: Vec::new() }
    }

    /// The rectangles.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// Pixels covered.
    #[must_use]
    pub fn area(&self) -> u64 {
        self.rects.iter().map(|r| r.area()).sum()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.rects.clear();
    }

    /// Adds one rectangle; one without area is ignored.
    pub fn add(&mut self, rect: Rect) {
        if rect.area() == 0 {
            return;
        }
        let mut merged = rect;
        // A merger may reach rectangles that the smaller one did not: again from the start, until none is near.
        while let Some(near) = self.rects.iter().position(|r| Self::worth_merging(*r, merged)) {
            merged = self.rects.swap_remove(near).around(merged);
        }
        self.rects.push(merged);
        if self.rects.len() > Self::MOST {
            self.merge_cheapest_pair();
        }
    }

    fn worth_merging(a: Rect, b: Rect) -> bool {
        a.intersects(b) || a.around(b).area() <= a.area() + b.area() + Self::RECT_COST
    }

    fn merge_cheapest_pair(&mut self) {
        let Some(last) = self.rects.pop() else { return };
        let cheapest = (0..self.rects.len()).min_by_key(|&i| {
            let rect = self.rects[i];
            rect.around(last).area() - rect.area()
        });
        let Some(cheapest) = cheapest else { return };
        let union = self.rects.swap_remove(cheapest).around(last);
        self.add(union);
    }
}

impl FromIterator<Rect> for Damage {
    fn from_iter<T: IntoIterator<Item = Rect>>(iter: T) -> Self {
        let mut damage = Self::new();
        damage.extend(iter);
        damage
    }
}

impl Extend<Rect> for Damage {
    fn extend<T: IntoIterator<Item = Rect>>(&mut self, iter: T) {
        for rect in iter {
            self.add(rect);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Damage, Rect};

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn far_rectangles_stay_apart_and_touching_ones_merge() {
        let damage: Damage = [rect(0, 0, 10, 10), rect(10, 0, 10, 10), rect(900, 900, 5, 5)].into_iter().collect();
        assert_eq!(damage.rects().len(), 2);
        assert!(damage.rects().contains(&rect(0, 0, 20, 10)));
        assert!(damage.rects().contains(&rect(900, 900, 5, 5)));
    }

    #[test]
    fn a_merger_swallows_what_it_reaches() {
        let mut damage = Damage::new();
        damage.add(rect(0, 0, 500, 100));
        damage.add(rect(0, 300, 500, 100));
        assert_eq!(damage.rects().len(), 2);
        damage.add(rect(0, 50, 500, 300));
        assert_eq!(damage.rects(), [rect(0, 0, 500, 400)]);
    }

    #[test]
    fn stays_bounded_disjoint_and_covers_what_was_added() {
        let mut seed = 1_u32;
        let mut next = |most: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % most
        };
        let added: Vec<Rect> = (0..2000).map(|_| rect(next(3800), next(2100), 1 + next(40), 1 + next(40))).collect();
        let damage: Damage = added.iter().copied().collect();
        assert!(damage.rects().len() <= Damage::MOST);
        for (i, a) in damage.rects().iter().enumerate() {
            assert!(damage.rects()[i + 1..].iter().all(|b| !a.intersects(*b)));
        }
        for rect in added {
            assert!(damage.rects().iter().any(|d| d.around(rect) == *d), "{rect:?} is not covered");
        }
    }

    #[test]
    fn clipping_keeps_what_is_on_the_display() {
        assert_eq!(rect(90, 90, 20, 20).clipped(100, 95), Some(rect(90, 90, 10, 5)));
        assert_eq!(rect(100, 0, 1, 1).clipped(100, 95), None);
    }
}
