//! What scrolls out of the picture and comes back: a page that is read to and fro.
//!
//! Text costs little to send again. Of photographs both sides keep the tiles whose lines are about to leave, and lines
//! of them are recalled in the same columns, at whatever height they come back.

use std::ops::Range;

use crate::frame::{BYTES_PER_PIXEL, COLOUR, COLOURS, Frame, Framebuffer, side};
use crate::geometry::Rect;
use crate::kept::Kept;
use crate::moves::Move;
use crate::tiles::{TILE, Tiles};

/// Lines of a kept tile from one that is looked up to the next.
const EVERY: u32 = 4;

/// Lines that a piece must have.
const LEAST_LINES: u32 = 4;

/// Pieces that are looked at in a tile.
const MOST_TRIED: usize = 4;

/// Pixels that a move must have for somebody to look what it pushes out.
const LEAST_MOVED: u64 = 4 * (TILE * TILE) as u64;

/// The encoder's side.
pub(crate) struct Scrolled {
    /// Lines of kept photographs by their marks; a later one takes the place of an earlier one.
    lines: Box<[Line]>,
    is_empty: bool,
    /// The edge over which lines left last.
    edge: Option<Edge>,
    /// Of the update at hand.
    pieces: Vec<Piece>,
}

/// A line of a kept tile.
#[derive(Clone, Copy, Default)]
struct Line {
    mark: u32,
    number: u32,
    row: u8,
}

/// Where lines leave, and what is known of them.
#[derive(Clone, PartialEq, Eq)]
struct Edge {
    goes: Goes,
    y: u32,
    columns: Range<usize>,
    /// Lines that have left, and lines up to which they are kept.
    left: u32,
    kept: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    Up,
    Down,
}

/// Lines that have come back.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    /// All of one or more columns of tiles.
    pub(crate) rect: Rect,
    /// The tile that is kept of the first column; those of the others follow.
    pub(crate) number: u32,
    /// Where the lines begin in them.
    pub(crate) row: u32,
    columns: u32,
}

/// What is to be kept before lines leave: tiles of these rows and columns, as far as they are photographs.
pub(crate) struct Leaving {
    pub(crate) rows: Range<usize>,
    pub(crate) columns: Range<usize>,
}

impl Scrolled {
    const LINES: usize = 1 << 15;

    pub(crate) fn new() -> Self {
        Self {
            lines: vec![Line::default(); Self::LINES].into_boxed_slice(),
            is_empty: true,
            edge: None,
            pieces: Vec::new(),
        }
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        if !self.is_empty {
            self.lines.fill(Line::default());
        }
        self.is_empty = true;
        self.edge = None;
    }

    /// What is to be kept before this happens to a picture that is so wide and high.
    pub(crate) fn leaving(&mut self, found: &Move, (width, height): (u32, u32)) -> Option<Leaving> {
        const SIDE: u32 = TILE as u32;
        let Move { rect, from } = *found;
        let lines = rect.y.abs_diff(from.1).min(rect.height);
        if from.0 != rect.x || lines == 0 || rect.area() < LEAST_MOVED {
            return None;
        }
        let right = if rect.right() == width { width.div_ceil(SIDE) } else { rect.right() / SIDE };
        let columns = rect.x.div_ceil(SIDE) as usize..right as usize;
        let (goes, y, rows) = if from.1 > rect.y {
            (Goes::Up, rect.y, rect.y / SIDE..(rect.y + lines).div_ceil(SIDE))
        } else {
            (Goes::Down, rect.bottom(), (rect.bottom() - lines) / SIDE..rect.bottom().div_ceil(SIDE))
        };
        let is_around = |all: &Range<usize>| all.start <= columns.start && columns.end <= all.end;
        let same = |edge: &Edge| edge.goes == goes && edge.y == y && is_around(&edge.columns);
        let mut edge =
            self.edge.take().filter(same).unwrap_or(Edge { goes, y, columns: columns.clone(), left: 0, kept: 0 });
        let is_kept = edge.left.saturating_add(lines) <= edge.kept;
        if !is_kept {
            let depth = match goes {
                Goes::Up => (rows.end * SIDE).min(height) - y,
                Goes::Down => y - rows.start * SIDE,
            };
            edge.kept = edge.left.saturating_add(depth);
        }
        edge.left = edge.left.saturating_add(lines);
        self.edge = Some(edge);
        (!is_kept && !columns.is_empty()).then_some(Leaving { rows: rows.start as usize..rows.end as usize, columns })
    }

    /// Remembers the lines of a tile, which was kept as it is shown under this number.
    pub(crate) fn remember(&mut self, shown: &Framebuffer, place: Rect, number: u32) {
        for row in (0..place.height).step_by(EVERY as usize) {
            let line = shown.row(place.x, place.y + row, place.width);
            if let (Some(mark), Ok(row)) = (mark(line), u8::try_from(row)) {
                self.lines[slot(mark)] = Line { mark, number, row };
                self.is_empty = false;
            }
        }
    }

    /// What of the damage is kept; `between` is called after each tile.
    pub(crate) fn find(
        &mut self,
        frame: &Frame<'_>,
        tiles: &Tiles,
        kept: &Kept,
        pixels: &mut Vec<u32>,
        between: fn(),
    ) -> &[Piece] {
        self.pieces.clear();
        if self.is_empty {
            return &self.pieces;
        }
        for (tile, changed) in tiles.all().enumerate().filter_map(|(tile, changed)| Some((tile, changed?))) {
            between();
            let place = kept.rect(tile);
            let (mut y, mut tried) = (changed.y, 0);
            while y < changed.bottom() && tried < MOST_TRIED {
                let rows = y..changed.bottom();
                let Some(line) = self.line(frame, kept, place, y) else {
                    y += 1;
                    continue;
                };
                tried += 1;
                // What is above the line that was looked up has been passed for want of a mark.
                let above = changed.y.max(self.end_in(place));
                y = match piece(frame, kept, place, above..rows.end, (y, line), pixels) {
                    Some(found) => {
                        self.add(found);
                        found.rect.bottom()
                    }
                    None => y + 1,
                };
            }
        }
        &self.pieces
    }

    /// Where the last piece ends in this tile.
    fn end_in(&self, place: Rect) -> u32 {
        let last = self.pieces.last().filter(|last| last.rect.right() == place.right());
        last.map_or(0, |last| last.rect.bottom())
    }

    /// A kept line, of a tile of the same column, that is like the frame's.
    fn line(&self, frame: &Frame<'_>, kept: &Kept, place: Rect, y: u32) -> Option<Line> {
        let mark = mark(frame.row(place.x as usize, y as usize, place.width as usize))?;
        let line = self.lines[slot(mark)];
        let from = kept.rect(kept.place(line.number)?);
        (line.mark == mark && from.x == place.x).then_some(line)
    }

    /// Pieces side by side are one.
    fn add(&mut self, found: Piece) {
        let before = self.pieces.iter_mut().rev().take(2 * MOST_TRIED).find(|before| {
            let (a, b) = (before.rect, found.rect);
            (a.right(), a.y, a.height) == (b.x, b.y, b.height)
                && before.row == found.row
                && before.number + before.columns == found.number
        });
        match before {
            Some(before) => {
                before.rect.width += found.rect.width;
                before.columns += 1;
            }
            None => self.pieces.push(found),
        }
    }
}

/// The lines around this one that are right, among these of the frame.
fn piece(
    frame: &Frame<'_>,
    kept: &Kept,
    place: Rect,
    lines: Range<u32>,
    (y, line): (u32, Line),
    pixels: &mut Vec<u32>,
) -> Option<Piece> {
    let height = kept.rect(kept.place(line.number)?).height;
    let mut is_right = |y: u32, row: u32| {
        kept.pixels(line.number, row as usize..row as usize + 1, pixels);
        let (shown, _) = frame.row(place.x as usize, y as usize, place.width as usize).as_chunks::<BYTES_PER_PIXEL>();
        let differs = |(pixel, kept): (&[u8; BYTES_PER_PIXEL], &u32)| (u32::from_le_bytes(*pixel) ^ kept) & COLOUR;
        shown.iter().zip(pixels.iter()).fold(0, |any, pair| any | differs(pair)) == 0
    };
    let row = u32::from(line.row);
    if !is_right(y, row) {
        return None;
    }
    let above = (1..=row.min(y - lines.start)).take_while(|up| is_right(y - up, row - up)).count();
    let below = (1..(height - row).min(lines.end - y)).take_while(|down| is_right(y + down, row + down)).count();
    let (above, below) = (side(above), side(below));
    let rect = Rect::new(place.x, y - above, place.width, above + 1 + below);
    let found = Piece { rect, number: line.number, row: row - above, columns: 1 };
    (rect.height >= LEAST_LINES).then_some(found)
}

/// A number for what a line looks like, the same for the same pixels; none for a plain one.
fn mark(line: &[u8]) -> Option<u32> {
    let mix = |sum: u64, more: u64| (sum ^ more).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let (pairs, rest) = line.as_chunks::<8>();
    let pair = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes) & COLOURS;
    let last = <[u8; 4]>::try_from(rest).map_or(0, |pixel| u64::from(u32::from_le_bytes(pixel)) & COLOURS);
    let first = pairs.first().map(pair)?;
    if first >> 32 == first & 0xffff_ffff && pairs.iter().all(|bytes| pair(bytes) == first) {
        return None;
    }
    let sum = pairs.iter().fold(last, |sum, bytes| mix(sum, pair(bytes)));
    Some((sum >> 32) as u32 | 1)
}

/// Where the line of a mark is; the lowest bit is the same of all.
const fn slot(mark: u32) -> usize {
    (mark >> 1) as usize % Scrolled::LINES
}
