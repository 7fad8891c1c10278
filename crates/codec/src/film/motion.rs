//! Where a macroblock was in the reference: a search by brightness, around places that are likely, to half a pixel.

use std::ops::Range;

use super::macroblock::{Place, half, quarter};
use super::syntax::{FARTHEST, SIDE, Vector};
use crate::frame::BYTES_PER_PIXEL;
use crate::geometry::Rect;

/// A difference for each pixel that is not worth a search: noise is more.
const ENOUGH: u32 = 1;

/// What a vector that nobody expects costs, as a sum of differences.
const VECTOR_COST: u32 = 48;

/// How far one search goes from where it begins, in its steps.
const REACH: u32 = 6;

/// The brightness of a picture, as far as it was taken.
pub(super) struct Brightness {
    width: usize,
    values: Vec<u8>,
    /// Inside these rows and columns.
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Brightness {
    pub(super) const fn new() -> Self {
        Self { width: 0, values: Vec::new(), rows: 0..0, columns: 0..0 }
    }

    /// Takes the brightness of a rectangle of a picture that is so wide and high, whose pixels `row` gives.
    pub(super) fn take<'a>(
        &mut self,
        (width, height): (u32, u32),
        rect: Rect,
        row: impl Fn(usize, usize, usize) -> &'a [u8],
    ) {
        self.width = width as usize;
        // What is left of a picture of another size is outside of rows and columns.
        self.values.resize(width as usize * height as usize, 0);
        let (x, length) = (rect.x as usize, rect.width as usize);
        for y in rect.y as usize..rect.bottom() as usize {
            let start = y * self.width + x;
            let pixels = row(x, y, length).chunks_exact(BYTES_PER_PIXEL);
            for (value, pixel) in self.values[start..start + length].iter_mut().zip(pixels) {
                *value = brightness(u32::from_le_bytes(pixel.try_into().expect("a pixel has four bytes")));
            }
        }
        self.rows = rect.y as usize..rect.bottom() as usize;
        self.columns = x..rect.right() as usize;
    }

    pub(super) fn row(&self, x: usize, y: usize, width: usize) -> &[u8] {
        &self.values[y * self.width + x..][..width]
    }

    /// Are all of these pixels taken?
    fn holds(&self, x: usize, y: usize, width: usize, height: usize) -> bool {
        self.columns.start <= x && x + width <= self.columns.end && self.rows.start <= y && y + height <= self.rows.end
    }

    /// The corner that whole pixels of a vector lead to, if all needed there are taken and it can be coded.
    fn moved(&self, place: Place, vector: Vector) -> Option<(usize, usize)> {
        (vector.x.abs().max(vector.y.abs()) <= FARTHEST).then_some(())?;
        let x = place.x.checked_add_signed(isize::from(vector.x >> 1))?;
        let y = place.y.checked_add_signed(isize::from(vector.y >> 1))?;
        let (right, below) = (usize::from(vector.x & 1 == 1), usize::from(vector.y & 1 == 1));
        self.holds(x, y, place.width + right, place.height + below).then_some((x, y))
    }
}

/// A quarter of blue, green twice, and red.
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
const fn brightness(pixel: u32) -> u8 {
    (((pixel & 0xff) + (pixel >> 7 & 0x1fe) + (pixel >> 16 & 0xff) + 2) >> 2) as u8
}

/// Sum of absolute differences between a place of the frame and where the vector leads to; `most` or more once it
/// cannot be less. `None` when that is not all taken.
pub(super) fn difference(
    frame: &Brightness,
    reference: &Brightness,
    place: Place,
    vector: Vector,
    most: u32,
) -> Option<u32> {
    let (x, y) = reference.moved(place, vector)?;
    let (right, below) = (usize::from(vector.x & 1 == 1), usize::from(vector.y & 1 == 1));
    let mut sum = 0;
    for line in 0..place.height {
        let row = frame.row(place.x, place.y + line, place.width);
        let other = |right: usize, below: usize| reference.row(x + right, y + line + below, place.width);
        sum += match (right, below) {
            (0, 0) => sum_whole(row, other(0, 0)),
            (1, 1) => {
                let corners = other(0, 0).iter().zip(other(1, 0)).zip(other(0, 1).iter().zip(other(1, 1)));
                let between = corners.map(|((&a, &b), (&c, &d))| quarter(a, b, c, d));
                row.iter().zip(between).map(|(&a, b)| u32::from(a.abs_diff(b))).sum()
            }
            _ => {
                let between = other(0, 0).iter().zip(other(right, below)).map(|(&a, &b)| half(a, b));
                row.iter().zip(between).map(|(&a, b)| u32::from(a.abs_diff(b))).sum()
            }
        };
        if line % 4 == 3 && sum >= most {
            return Some(sum);
        }
    }
    Some(sum)
}

fn sum_whole(a: &[u8], b: &[u8]) -> u32 {
    // Known to be 16, the sum is one instruction.
    if let (Ok(a), Ok(b)) = (<&[u8; SIDE]>::try_from(a), <&[u8; SIDE]>::try_from(b)) {
        a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum()
    } else {
        a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b))).sum()
    }
}

/// What a search found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) vector: Vector,
    /// Sum of absolute differences, and what the vector costs.
    pub(super) cost: u32,
}

/// The best vector near any of the `likely` ones, the first of which costs nothing. `None` when none leads to pixels
/// that are taken.
pub(super) fn search(frame: &Brightness, reference: &Brightness, place: Place, likely: &[Vector]) -> Option<Found> {
    let area = u32::try_from(place.width * place.height).unwrap_or(u32::MAX);
    let expected = *likely.first()?;
    let cost_of = |vector: Vector| if vector == expected { 0 } else { VECTOR_COST };
    let try_one = |vector: Vector, best: &mut Option<Found>| {
        let most = best.map_or(u32::MAX, |best| best.cost);
        let cost = difference(frame, reference, place, vector, most).map(|sum| sum + cost_of(vector));
        if let Some(cost) = cost.filter(|cost| *cost < most) {
            *best = Some(Found { vector, cost });
            return true;
        }
        false
    };

    let mut best = None;
    for (number, &vector) in likely.iter().enumerate() {
        if !likely[..number].contains(&vector) {
            try_one(vector, &mut best);
        }
        if best.is_some_and(|best: Found| best.cost < ENOUGH * area) {
            return best;
        }
    }
    // Whole pixels, by shorter and shorter steps; then halves.
    for (step, reach) in [(8, REACH), (4, REACH), (2, REACH), (1, 1)] {
        for _ in 0..reach {
            let from = best?.vector;
            let mut is_better = false;
            for (x, y) in [(-step, 0), (step, 0), (0, -step), (0, step)] {
                let (Some(x), Some(y)) = (from.x.checked_add(x), from.y.checked_add(y)) else { continue };
                is_better |= try_one(Vector { x, y }, &mut best);
            }
            if !is_better {
                break;
            }
        }
    }
    best
}
