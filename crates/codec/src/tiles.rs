//! What may have changed, and what did: a grid of tiles with the damage inside each, compared with what the other side
//! is meant to show.

use std::ops::Range;

use crate::frame::{BYTES_PER_PIXEL, COLOUR, COLOURS, Frame, Framebuffer, MAX_DIMENSION, side};
use crate::geometry::Rect;

/// Side of a tile, pixels: comparing is by tile, and so is what has no better shape.
pub(crate) const TILE: usize = 64;

/// Damage inside a tile: columns `left..right`, rows `top..bottom`, empty when `right` is 0.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Dirt {
    left: u8,
    top: u8,
    right: u8,
    bottom: u8,
}

impl Dirt {
    const CLEAN: Self = Self { left: 0, top: 0, right: 0, bottom: 0 };

    const fn is_clean(self) -> bool {
        self.right == 0
    }

    fn add(&mut self, other: Self) {
        if self.is_clean() {
            *self = other;
        } else {
            self.left = self.left.min(other.left);
            self.top = self.top.min(other.top);
            self.right = self.right.max(other.right);
            self.bottom = self.bottom.max(other.bottom);
        }
    }
}

/// Damaged tiles side by side, and what is damaged in them, pixels.
pub(crate) struct Area {
    pub(crate) rect: Rect,
    rows: Range<usize>,
    columns: Range<usize>,
}

/// Where the other side's picture may differ from the frame.
#[derive(Clone)]
pub(crate) struct Tiles {
    width: usize,
    height: usize,
    columns: usize,
    rows: usize,
    dirt: Vec<Dirt>,
    dirty: usize,
}

impl Tiles {
    /// For pictures of this size, which has been checked, without damage.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        let (columns, rows) = (width.div_ceil(TILE), height.div_ceil(TILE));
        let dirt = vec![Dirt::CLEAN; columns * rows];
        Self { width, height, columns, rows, dirt, dirty: 0 }
    }

    pub(crate) const fn is_size_of(&self, frame: &Frame<'_>) -> bool {
        self.width == frame.width() as usize && self.height == frame.height() as usize
    }

    /// Pixels of the picture.
    pub(crate) const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) const fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) const fn height(&self) -> usize {
        self.height
    }

    /// Is there no damage left?
    pub(crate) const fn is_clean(&self) -> bool {
        self.dirty == 0
    }

    /// This may have changed; what is outside the picture is not looked at.
    pub(crate) fn damage(&mut self, rect: Rect) {
        let rect = rect.clipped(side(self.width), side(self.height));
        if rect.is_empty() {
            return;
        }
        let (left, right) = (rect.x as usize, rect.right() as usize);
        let (top, bottom) = (rect.y as usize, rect.bottom() as usize);
        for row in top / TILE..bottom.div_ceil(TILE) {
            for column in left / TILE..right.div_ceil(TILE) {
                let dirt = &mut self.dirt[row * self.columns + column];
                self.dirty += usize::from(dirt.is_clean());
                dirt.add(Dirt {
                    left: within(left, column),
                    top: within(top, row),
                    right: within(right, column),
                    bottom: within(bottom, row),
                });
            }
        }
    }

    /// Adds the damage of another grid of the same size, which has none afterwards.
    pub(crate) fn take_from(&mut self, other: &mut Self) {
        if other.is_clean() {
            return;
        }
        for (dirt, other) in self.dirt.iter_mut().zip(&mut other.dirt).filter(|(_, other)| !other.is_clean()) {
            self.dirty += usize::from(dirt.is_clean());
            dirt.add(std::mem::take(other));
        }
        other.dirty = 0;
    }

    /// Narrows the damage in a row of tiles to what did change. All tiles together, line by line, since that is how
    /// the pixels lie in memory; what lies between pixels that have changed is not looked at.
    pub(crate) fn compare_row(&mut self, frame: &Frame<'_>, meant: &Framebuffer, row: usize) {
        let dirt = &mut self.dirt[row * self.columns..(row + 1) * self.columns];
        if dirt.iter().all(|dirt| dirt.is_clean()) {
            return;
        }
        let of_both = |column: usize, line: u8, columns: Range<u8>| {
            let (x, y) = (column * TILE + usize::from(columns.start), row * TILE + usize::from(line));
            (frame.row(x, y, columns.len()), meant.span(x, y, columns.len()))
        };
        let mut changed = [Dirt::CLEAN; MAX_DIMENSION as usize / TILE];
        for line in 0..within(self.height, row) {
            for (column, (dirt, changed)) in dirt.iter().zip(&mut changed).enumerate() {
                // A line outside, or of a tile without damage, is never read.
                if !(dirt.top..dirt.bottom).contains(&line) {
                    continue;
                }
                let outside = if changed.is_clean() {
                    [dirt.left..dirt.right, 0..0]
                } else {
                    [dirt.left..changed.left, changed.right..dirt.right]
                };
                for columns in outside.into_iter().filter(|columns| !columns.is_empty()) {
                    let (a, b) = of_both(column, line, columns.clone());
                    if let Some(found) = differing(a, b) {
                        let (left, right) =
                            (columns.start + within(found.start, 0), columns.start + within(found.end, 0));
                        changed.add(Dirt { left, top: line, right, bottom: line + 1 });
                    }
                }
            }
        }
        for (column, (dirt, changed)) in
            dirt.iter_mut().zip(changed).enumerate().filter(|(_, (dirt, _))| !dirt.is_clean())
        {
            let lines = changed.bottom..dirt.bottom;
            *dirt = changed;
            if dirt.is_clean() {
                self.dirty -= 1;
                continue;
            }
            let is_changed = |line: &u8| {
                let (a, b) = of_both(column, *line, changed.left..changed.right);
                differ(a, b)
            };
            dirt.bottom = lines.into_iter().rfind(is_changed).map_or(changed.bottom, |last| last + 1);
        }
    }

    /// The damage in a tile, in pixels of the frame; `None` when it has none.
    pub(crate) fn changed(&self, row: usize, column: usize) -> Option<Rect> {
        let dirt = self.dirt[row * self.columns + column];
        let corner = |tile: usize, offset: u8| u32::try_from(tile * TILE).map(|edge| edge + u32::from(offset)).ok();
        if dirt.is_clean() {
            return None;
        }
        Some(Rect {
            x: corner(column, dirt.left)?,
            y: corner(row, dirt.top)?,
            width: u32::from(dirt.right - dirt.left),
            height: u32::from(dirt.bottom - dirt.top),
        })
    }

    /// Nobody needs to look at this tile any more.
    pub(crate) fn clear(&mut self, row: usize, column: usize) {
        let dirt = &mut self.dirt[row * self.columns + column];
        self.dirty -= usize::from(!dirt.is_clean());
        *dirt = Dirt::CLEAN;
    }

    /// Rows and columns of all tiles in reading order, beginning with this one and going round.
    pub(crate) fn round_from(&self, (row, column): (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
        let (first, all, columns) = (row * self.columns + column, self.dirt.len(), self.columns);
        (first..all).chain(0..first).map(move |tile| (tile / columns, tile % columns))
    }

    /// Smallest rectangle around all damage.
    pub(crate) fn bounds(&self) -> Rect {
        self.all_changed().fold(Rect::default(), |all, rect| all.around(&rect))
    }

    /// Pixels of the rectangles around the damage of each tile.
    pub(crate) fn damaged_pixels(&self) -> u64 {
        self.all_changed().map(|rect| rect.area()).sum()
    }

    /// The damage in each tile, in reading order, in pixels of the frame.
    pub(crate) fn all(&self) -> impl Iterator<Item = Option<Rect>> {
        (0..self.rows).flat_map(move |row| (0..self.columns).map(move |column| self.changed(row, column)))
    }

    fn all_changed(&self) -> impl Iterator<Item = Rect> {
        self.all().flatten()
    }

    /// The first damaged tile among these, with all of the same that follow to the right, and those below as long as
    /// there are as many.
    pub(crate) fn area(&self, rows: Range<usize>, columns: Range<usize>) -> Option<Area> {
        let is_damaged = |row: usize, column: usize| !self.dirt[row * self.columns + column].is_clean();
        let found = |row: usize| columns.clone().find(|&column| is_damaged(row, column)).map(|column| (row, column));
        let (top, left) = rows.clone().find_map(found)?;
        let right = (left..columns.end).find(|&column| !is_damaged(top, column)).unwrap_or(columns.end);
        let bottom = (top..rows.end).find(|&row| !(left..right).all(|column| is_damaged(row, column)));
        let (rows, columns) = (top..bottom.unwrap_or(rows.end), left..right);
        let all = rows.clone().flat_map(|row| columns.clone().filter_map(move |column| self.changed(row, column)));
        let rect = all.fold(Rect::default(), |all, rect| all.around(&rect));
        Some(Area { rect, rows, columns })
    }

    /// The other side shows what the frame has in this rectangle. Of tiles that are damaged beyond it the rest is to be
    /// compared again.
    pub(crate) fn moved(&mut self, rect: Rect) {
        for row in rect.y as usize / TILE..(rect.bottom() as usize).div_ceil(TILE) {
            for column in rect.x as usize / TILE..(rect.right() as usize).div_ceil(TILE) {
                if self.changed(row, column).is_some_and(|damage| rect.contains(&damage)) {
                    self.dirt[row * self.columns + column] = Dirt::CLEAN;
                    self.dirty -= 1;
                }
            }
        }
    }

    /// The other side shows what the frame has here.
    pub(crate) fn sent(&mut self, area: &Area) {
        for row in area.rows.clone() {
            for column in area.columns.clone() {
                self.dirt[row * self.columns + column] = Dirt::CLEAN;
                self.dirty -= 1;
            }
        }
    }

    /// Stretches of damaged tiles in a row of tiles, as columns of pixels.
    pub(crate) fn damaged(&self, row: usize) -> impl Iterator<Item = Range<usize>> {
        let dirt = &self.dirt[row * self.columns..(row + 1) * self.columns];
        let mut column = 0;
        std::iter::from_fn(move || {
            column += dirt[column..].iter().position(|dirt| !dirt.is_clean())?;
            let first = column;
            column += dirt[column..].iter().position(|dirt| dirt.is_clean()).unwrap_or(dirt.len() - column);
            Some(first * TILE..self.width.min(column * TILE))
        })
    }
}

/// What differs inside a rectangle of both pictures; `None` when nothing does.
pub(crate) fn difference(frame: &Frame<'_>, shown: &Framebuffer, rect: Rect) -> Option<Rect> {
    let (x, width) = (rect.x as usize, rect.width as usize);
    let mut rows: Option<(u32, u32)> = None;
    let mut columns = (width, 0);
    for y in rect.y..rect.bottom() {
        let (a, b) = (frame.row(x, y as usize, width), shown.span(x, y as usize, width));
        if !differ(a, b) {
            continue;
        }
        rows = Some((rows.map_or(y, |(top, _)| top), y + 1));
        let differs = |column: &usize| {
            let at = column * BYTES_PER_PIXEL..(column + 1) * BYTES_PER_PIXEL;
            differ(&a[at.clone()], &b[at])
        };
        columns.0 = (0..columns.0).find(differs).unwrap_or(columns.0);
        columns.1 = (columns.1..width).rfind(differs).map_or(columns.1, |last| last + 1);
    }
    let (top, bottom) = rows?;
    Some(Rect::new(rect.x + side(columns.0), top, side(columns.1 - columns.0), bottom - top))
}

/// A coordinate relative to a tile, at most its far edge.
#[expect(clippy::cast_possible_truncation, reason = "at most 64")]
fn within(coordinate: usize, tile: usize) -> u8 {
    coordinate.saturating_sub(tile * TILE).min(TILE) as u8
}

/// Does any colour differ? Both slices are pixels, equally many. Without an early end inside a line the compiler makes
/// wide instructions of it, and X may differ, which `==` could not ignore.
pub(crate) fn differ(a: &[u8], b: &[u8]) -> bool {
    let mut difference = 0;
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    if let (Ok(a), Ok(b)) = (<[u8; 4]>::try_from(a.remainder()), <[u8; 4]>::try_from(b.remainder())) {
        difference |= u64::from(u32::from_le_bytes(a) ^ u32::from_le_bytes(b));
    }
    for (a, b) in a.zip(b) {
        let pair = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("chunks of eight"));
        difference |= pair(a) ^ pair(b);
    }
    difference & COLOURS != 0
}

/// The pixels from the first that differs to the last. Both slices are pixels, equally many.
fn differing(a: &[u8], b: &[u8]) -> Option<Range<usize>> {
    if !differ(a, b) {
        return None;
    }
    let pixel = |bytes: &[u8; BYTES_PER_PIXEL]| u32::from_le_bytes(*bytes) & COLOUR;
    let differs = |(a, b): (&[u8; BYTES_PER_PIXEL], &[u8; BYTES_PER_PIXEL])| pixel(a) != pixel(b);
    let pixels = || a.as_chunks().0.iter().zip(b.as_chunks().0);
    Some(pixels().position(differs)?..pixels().rposition(differs)? + 1)
}
