//! Cuts changed areas along what is in them: plain stretches, lines of text, and the rest.
//!
//! An area is cut between rows of one colour, what is higher than a line then between columns, and so on in turn, as
//! long as there is a gap. So a line of text comes out whole wherever it stands, and a photograph beside it apart.

use std::ops::Range;

use crate::encoder::nothing;
use crate::frame::{BYTES_PER_PIXEL, COLOUR, Frame, Framebuffer, side};
use crate::geometry::Rect;
use crate::tiles::difference;

/// Highest line of text, pixels.
pub(crate) const LINE: u32 = 48;

/// Columns of one colour that part two blocks: the gaps inside words and between them do not.
const GAP: usize = 24;

/// Turns of cutting; tables in windows beside text take five.
const TURNS: u32 = 6;

/// Something to send in one piece, or in pieces of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// One colour.
    Plain(Rect),
    /// At most [`LINE`] high, with gaps between what stands in it, most likely; `blank` rows of one colour are above.
    Line { rect: Rect, blank: u32 },
    /// Anything.
    Other(Rect),
}

/// Which way an area is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Axis {
    Rows,
    Columns,
}

/// Cuts areas.
pub(crate) struct Cutter {
    /// Per column, its colour as far as it has one: of the area at hand, kept only to allocate nothing.
    columns: Vec<Option<u32>>,
    /// What is still to be cut: the parts of the area at hand after those of the ones around it.
    parts: Vec<Part>,
    /// Called between two pieces of work.
    pub(crate) between: fn(),
}

/// Columns of an area, from one on.
#[derive(Clone, Copy)]
struct Part {
    left: usize,
    width: usize,
    /// Are they all of one colour?
    is_plain: bool,
}

impl Cutter {
    pub(crate) const fn new() -> Self {
        Self { columns: Vec::new(), parts: Vec::new(), between: nothing }
    }

    /// Makes `blocks` those of an area of the frame, from top to bottom as one would read.
    pub(crate) fn cut(&mut self, frame: &Frame<'_>, area: Rect, blocks: &mut Vec<Block>) {
        blocks.clear();
        self.cut_by(Axis::Rows, frame, area, TURNS, blocks);
    }

    fn cut_by(&mut self, axis: Axis, frame: &Frame<'_>, area: Rect, turns: u32, blocks: &mut Vec<Block>) {
        (self.between)();
        match axis {
            Axis::Rows => self.cut_rows(frame, area, turns, blocks),
            Axis::Columns => self.cut_columns(frame, area, turns, blocks),
        }
    }

    fn cut_rows(&mut self, frame: &Frame<'_>, area: Rect, turns: u32, blocks: &mut Vec<Block>) {
        let rows = |rows: &Range<u32>| Rect::new(area.x, rows.start, area.width, rows.end - rows.start);
        // Blank rows go with the line below them.
        let mut blank: Option<(u32, Range<u32>)> = None;
        let mut y = area.y;
        while y < area.bottom() {
            if let Some(colour) = plain_row(frame, area, y) {
                match &mut blank {
                    Some((same, rows)) if *same == colour => rows.end = y + 1,
                    before => {
                        let before = before.replace((colour, y..y + 1));
                        blocks.extend(before.map(|(_, before)| Block::Plain(rows(&before))));
                    }
                }
                y += 1;
                continue;
            }
            let top = y;
            while y < area.bottom() && plain_row(frame, area, y).is_none() {
                y += 1;
            }
            (self.between)();
            let found = rows(&(top..y));
            let above = blank.take().map(|(_, rows)| rows);
            if found.height <= LINE {
                let blank = above.as_ref().map_or(0, |rows| rows.end - rows.start);
                blocks.push(Block::Line { rect: found, blank });
                continue;
            }
            blocks.extend(above.map(|above| Block::Plain(rows(&above))));
            self.cut_on(Axis::Columns, frame, area, found, turns, blocks);
        }
        blocks.extend(blank.map(|(_, blank)| Block::Plain(rows(&blank))));
    }

    fn cut_columns(&mut self, frame: &Frame<'_>, area: Rect, turns: u32, blocks: &mut Vec<Block>) {
        let outer = self.parts.len();
        self.part_columns(frame, area);
        for index in outer..self.parts.len() {
            let part = self.parts[index];
            let rect = Rect::new(area.x + side(part.left), area.y, side(part.width), area.height);
            if part.is_plain {
                blocks.push(Block::Plain(rect));
            } else {
                self.cut_on(Axis::Rows, frame, area, rect, turns, blocks);
            }
        }
        self.parts.truncate(outer);
    }

    /// Appends the parts of an area between wide gaps, and the gaps, from left to right.
    fn part_columns(&mut self, frame: &Frame<'_>, area: Rect) {
        plain_columns(frame, area, &mut self.columns);
        let (mut at, mut begun) = (0, 0);
        while at < self.columns.len() {
            let gap = gap(&self.columns, at);
            if gap < GAP {
                at += gap.max(1);
                continue;
            }
            self.parts.extend((begun < at).then_some(Part { left: begun, width: at - begun, is_plain: false }));
            self.parts.push(Part { left: at, width: gap, is_plain: true });
            at += gap;
            begun = at;
        }
        self.parts.extend((begun < at).then_some(Part { left: begun, width: at - begun, is_plain: false }));
    }

    /// Cuts a part of an area the other way, unless it is all of it and was cut that way before.
    fn cut_on(&mut self, axis: Axis, frame: &Frame<'_>, area: Rect, part: Rect, turns: u32, blocks: &mut Vec<Block>) {
        let first = turns == TURNS;
        if turns == 0 || part == area && !first {
            blocks.push(Block::Other(part));
        } else {
            self.cut_by(axis, frame, part, turns - 1, blocks);
        }
    }
}

/// The rectangle with what stands still around it as far as the next gaps, if they are near: a letter that changes is
/// more often known as a whole than by the part that is different.
pub(crate) fn whole_glyphs(frame: &Frame<'_>, shown: &Framebuffer, rect: Rect) -> Rect {
    const NEAR: u32 = 24;
    let stands = |part: Rect| difference(frame, shown, part).is_none();
    let is_ink = |part: Rect| {
        let first = colour(frame.row(part.x as usize, part.y as usize, 1));
        (part.y..part.bottom()).any(|y| plain_row(frame, part, y) != Some(first))
    };
    // Lines and columns to add on one side: as many as have ink before the gap.
    let reach = |most: u32, part: &dyn Fn(u32) -> Rect| {
        let ink = (1..=most.min(NEAR)).take_while(|&step| is_ink(part(step)) && stands(part(step))).count();
        let ink = u32::try_from(ink).unwrap_or(NEAR);
        if ink == NEAR { 0 } else { ink }
    };
    let Rect { x, y, width, height } = rect;
    let (left, right) = (
        reach(x, &|step| Rect::new(x - step, y, 1, height)),
        reach(frame.width() - rect.right(), &|step| Rect::new(rect.right() + step - 1, y, 1, height)),
    );
    let (x, width) = (x - left, left + width + right);
    let (up, down) = (
        reach(y, &|step| Rect::new(x, y - step, width, 1)),
        reach(frame.height() - rect.bottom(), &|step| Rect::new(x, rect.bottom() + step - 1, width, 1)),
    );
    let grown = Rect::new(x, y - up, width, up + height + down);
    if grown.height <= LINE { grown } else { rect }
}

/// The colour of a row, if it has one.
fn plain_row(frame: &Frame<'_>, area: Rect, y: u32) -> Option<u32> {
    let row = frame.row(area.x as usize, y as usize, area.width as usize);
    let first = colour(&row[..BYTES_PER_PIXEL]);
    // By stretches: most rows of text end early, and inside a stretch wide instructions serve.
    let plain = row.chunks(32 * BYTES_PER_PIXEL).all(|stretch| {
        stretch.chunks_exact(BYTES_PER_PIXEL).fold(0, |differs, pixel| differs | colour(pixel) ^ first) == 0
    });
    plain.then_some(first)
}

/// The colour of each column, if it has one.
pub(crate) fn plain_columns(frame: &Frame<'_>, area: Rect, columns: &mut Vec<Option<u32>>) {
    columns.clear();
    let row = |y: u32| frame.row(area.x as usize, y as usize, area.width as usize).chunks_exact(BYTES_PER_PIXEL);
    columns.extend(row(area.y).map(|pixel| Some(colour(pixel))));
    for y in area.y + 1..area.bottom() {
        for (column, pixel) in columns.iter_mut().zip(row(y)) {
            if *column != Some(colour(pixel)) {
                *column = None;
            }
        }
    }
}

/// Columns of one colour from this one on.
pub(crate) fn gap(columns: &[Option<u32>], at: usize) -> usize {
    match columns[at] {
        None => 0,
        colour => columns[at..].iter().take_while(|column| **column == colour).count(),
    }
}

/// A pixel without its X.
pub(crate) fn colour(pixel: &[u8]) -> u32 {
    u32::from_le_bytes([pixel[0], pixel[1], pixel[2], pixel[3]]) & COLOUR
}
