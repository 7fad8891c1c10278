//! A rectangle as a raster of macroblocks, and what is known around each of them.

use super::macroblock::Place;
use super::syntax::{Neighbour, SIDE, Surroundings, Vector, median};
use crate::geometry::Rect;

/// Macroblocks of a rectangle, in reading order: column and place.
pub(super) fn places(rect: Rect) -> impl Iterator<Item = (usize, Place)> {
    let (left, right) = (rect.x as usize, rect.right() as usize);
    let (top, bottom) = (rect.y as usize, rect.bottom() as usize);
    (top..bottom).step_by(SIDE).flat_map(move |y| {
        (left..right)
            .step_by(SIDE)
            .enumerate()
            .map(move |(column, x)| (column, Place { x, y, width: SIDE.min(right - x), height: SIDE.min(bottom - y) }))
    })
}

/// How many macroblocks a rectangle has, those that are only partly inside among them.
pub(crate) const fn count(rect: Rect) -> u32 {
    rect.width.div_ceil(SIDE as u32) * rect.height.div_ceil(SIDE as u32)
}

/// What was coded to the left and in the row above.
pub(super) struct Raster {
    above: Vec<Option<Neighbour>>,
    left: Option<Neighbour>,
    /// The last vector, also of the rectangle before: film moves alike everywhere more often than not.
    last: Vector,
}

impl Raster {
    pub(super) const fn new() -> Self {
        Self { above: Vec::new(), left: None, last: Vector { x: 0, y: 0 } }
    }

    /// The other side starts afresh.
    pub(super) const fn restart(&mut self) {
        self.last = Vector { x: 0, y: 0 };
    }

    /// Before a rectangle's first macroblock.
    pub(super) fn begin(&mut self, rect: Rect) {
        self.above.clear();
        self.above.resize((rect.width as usize).div_ceil(SIDE), None);
    }

    /// Around the next macroblock, which is in this column. `is_moved`: are there vectors?
    pub(super) fn around(&mut self, column: usize, is_moved: bool) -> Surroundings {
        if column == 0 {
            self.left = None;
        }
        let above = self.above[column];
        let corner = self.above.get(column + 1).copied().flatten();
        let vector = if is_moved {
            let [a, b, c] = [self.left, above, corner].map(|beside| beside.map_or(self.last, |beside| beside.vector()));
            median(a, b, c)
        } else {
            Vector::default()
        };
        Surroundings { left: self.left.unwrap_or(Neighbour::NONE), above: above.unwrap_or(Neighbour::NONE), vector }
    }

    /// The macroblock in this column.
    pub(super) fn coded(&mut self, column: usize, neighbour: Neighbour, is_moved: bool) {
        self.above[column] = Some(neighbour);
        self.left = Some(neighbour);
        if is_moved {
            self.last = neighbour.vector();
        }
    }
}
