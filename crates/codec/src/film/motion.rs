//! Where a macroblock was in the reference: a search by brightness, around places that are likely, to half a pixel.

use std::ops::Range;

use super::macroblock::{Beside, Place, half, quarter, sloped};
use super::syntax::{AREA, Continuation, FARTHEST, SIDE, Vector};
use crate::encoder::Effort;
use crate::frame::BYTES_PER_PIXEL;
use crate::geometry::Rect;

/// A difference for each pixel that is not worth a search, sixteenths: noise is more.
const NOISE: u32 = 16;

/// What of a quantiser's step is none either: levels of it would be nothing.
const PART_OF_A_STEP: u32 = 10;

/// What a vector that nobody expects costs, as a sum of differences.
const VECTOR_COST: u32 = 48;

/// How far one search goes from where it begins, in its steps.
const REACH: u32 = 6;

/// Pixels of a macroblock that are compared before it is seen whether more are needed.
const PART: usize = AREA / 2;
type Part = [u8; PART];

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

    /// What is taken of a macroblock.
    pub(super) fn block(&self, place: Place) -> Block {
        let mut block = [0; AREA];
        let (parts, _) = block.as_chunks_mut();
        for (number, part) in parts.iter_mut().enumerate() {
            *part = self.part(number, (place.x, place.y), place);
        }
        block
    }

    /// Some lines of a macroblock at a corner; zeros outside of its place. Together they are long enough for compilers to
    /// make wide instructions of what is done with them.
    fn part(&self, number: usize, (x, y): (usize, usize), place: Place) -> Part {
        let mut part = [0; PART];
        let first = number * PART / SIDE;
        let start = (y + first) * self.width + x;
        // A low macroblock has no more lines.
        let lines = part.as_chunks_mut::<SIDE>().0.iter_mut().take(place.height.saturating_sub(first));
        for (line, start) in lines.zip((start..).step_by(self.width)) {
            let row = &self.values[start..];
            match row.first_chunk::<SIDE>() {
                Some(row) if place.width == SIDE => *line = *row,
                _ => line[..place.width].copy_from_slice(&row[..place.width]),
            }
        }
        part
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

/// Brightness of a macroblock, row by row; zeros outside of its place.
pub(super) type Block = [u8; AREA];

/// Sum of absolute differences between a place of the frame, which looks like this, and where the vector leads to; `most`
/// or more once it cannot be less. `None` when that is not all taken.
fn difference(block: &Block, reference: &Brightness, place: Place, vector: Vector, most: u32) -> Option<u32> {
    let corner = reference.moved(place, vector)?;
    let mut sum = 0;
    for (number, lines) in block.as_chunks().0.iter().enumerate() {
        let part = |right: usize, below: usize| reference.part(number, (corner.0 + right, corner.1 + below), place);
        let mut other = part(0, 0);
        match (vector.x & 1, vector.y & 1) {
            (0, 0) => {}
            (0, _) => halve(&mut other, &part(0, 1)),
            (_, 0) => halve(&mut other, &part(1, 0)),
            _ => quarter_all(&mut other, &part(1, 0), &part(0, 1), &part(1, 1)),
        }
        sum += sum_of_differences(lines, &other);
        if sum >= most {
            break;
        }
    }
    Some(sum)
}

// Each of these is written the way of which compilers make the widest instructions.

fn sum_of_differences(a: &Part, b: &Part) -> u32 {
    let of_line =
        |(a, b): (&[u8; SIDE], &[u8; SIDE])| a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum::<u32>();
    a.as_chunks().0.iter().zip(b.as_chunks().0).map(of_line).sum()
}

fn halve(a: &mut Part, b: &Part) {
    for (value, &b) in a.iter_mut().zip(b) {
        *value = half(*value, b);
    }
}

fn quarter_all(a: &mut Part, b: &Part, c: &Part, d: &Part) {
    for at in 0..PART {
        a[at] = quarter(a[at], b[at], c[at], d[at]);
    }
}

/// The same for a macroblock that continues what is beside it.
pub(super) fn difference_beside(block: &Block, beside: &Beside, how: Continuation, place: Place) -> u32 {
    let value = |pixel: [u8; BYTES_PER_PIXEL]| brightness(u32::from_le_bytes(pixel));
    let (above, corner, mean) = (beside.above.map(value), value(beside.corner), value(beside.mean));
    let rows = block.chunks_exact(SIDE).zip(beside.left.map(value)).take(place.height);
    rows.map(|(row, left)| {
        let mut line = match how {
            Continuation::Mean => [mean; SIDE],
            Continuation::Rows => [left; SIDE],
            Continuation::Columns => above,
            Continuation::Slope => above.map(|above| sloped(left, above, corner)),
        };
        line[place.width..].fill(0);
        row.iter().zip(line).map(|(&a, b)| u32::from(a.abs_diff(b))).sum::<u32>()
    })
    .sum()
}

/// What a search found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) vector: Vector,
    /// Sum of absolute differences, and what the vector costs.
    pub(super) cost: u32,
}

/// Searches, and what they usually find.
pub(super) struct Search {
    /// Sum of differences that the last ones were left with: the mean, the later ones counting more.
    usual: u32,
}

impl Search {
    pub(super) const fn new() -> Self {
        Self { usual: 0 }
    }

    /// The best vector near any of the `likely` ones, the first of which costs nothing; with little effort one of those
    /// themselves, or half a pixel beside it. Nobody looks further who is right but for what steps of so many sixteenths
    /// leave. `None` when none leads to pixels that are taken.
    pub(super) fn find(
        &mut self,
        frame: &Brightness,
        reference: &Brightness,
        place: Place,
        likely: &[Vector],
        (effort, step): (Effort, u32),
    ) -> Option<Found> {
        let area = u32::try_from(place.width * place.height).unwrap_or(u32::MAX);
        let block = frame.block(place);
        let enough = NOISE.max(step / PART_OF_A_STEP) * area / 16;
        let expected = *likely.first()?;
        let try_one = |vector: Vector, best: &mut Option<Found>| {
            let least = best.map_or(u32::MAX, |best| best.cost);
            let own = if vector == expected { 0 } else { VECTOR_COST };
            let sum = difference(&block, reference, place, vector, least.saturating_sub(own));
            let is_better = sum.is_some_and(|sum| sum + own < least);
            if let Some(sum) = sum.filter(|_| is_better) {
                *best = Some(Found { vector, cost: sum + own });
            }
            is_better
        };

        let mut best = None;
        for (number, &vector) in likely.iter().enumerate() {
            if !likely[..number].contains(&vector) {
                try_one(vector, &mut best);
            }
            if best.is_some_and(|best: Found| best.cost < enough) {
                return best;
            }
        }
        // Whole pixels, by shorter and shorter steps; then halves. Far away nobody looks who has found as much as others.
        let is_usual = best?.cost <= self.usual + self.usual / 8;
        let is_far = effort == Effort::Full && !is_usual;
        let whole = [(8, REACH), (4, REACH), (2, REACH)].into_iter().filter(|_| is_far);
        for (step, reach) in whole.chain([(1, 1)]) {
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
        if effort == Effort::Full {
            // What is not searched for says nothing about what would be found.
            self.usual = self.usual - self.usual / 8 + best?.cost / 8;
        }
        best
    }
}
