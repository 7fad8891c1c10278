//! What has changed, exactly: text by lines, areas of one colour, and pieces of anything else, as far as the budget goes.

use std::ops::{ControlFlow, Range};

use super::lossy::looks_drawn;
use super::sending::Sending;
use super::{EncodeError, Encoder, LEAST_PHOTOGRAPH};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::layout::{Block, whole_glyphs};
use crate::tiles::{TILE, difference};
use crate::wire::Kind;

/// A piece of a tile with no more lines than this is sent although it does not fit, if anything has to be.
const FEW_LINES: u32 = 8;

/// The same of so many pixels of a line of text: a few letters.
const FEW_LETTERS: u64 = 600;

impl Encoder {
    /// Writes what has changed, area by area, until the budget ends; photographs are only noted.
    pub(super) fn write_areas(
        &mut self,
        frame: &Frame<'_>,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let mut flow = ControlFlow::Continue(());
        if let Some((row, column)) = self.next {
            // By itself: in an area, what has to wait may stand behind what is sent of it each time.
            sending.is_owed_tile = true;
            flow = self.write_areas_in(frame, row..row + 1, column..column + 1, sending)?;
            sending.is_owed_tile = false;
        }
        let (rows, columns) = (self.tiles.rows(), self.tiles.columns());
        let (row, column) = self.next.unwrap_or_default();
        let round = [
            (row..row + 1, column..columns),
            (row + 1..rows, 0..columns),
            (0..row, 0..columns),
            (row..row + 1, 0..column),
        ];
        for (rows, columns) in round {
            if flow.is_continue() {
                flow = self.write_areas_in(frame, rows, columns, sending)?;
            }
        }
        self.next = if flow.is_break() { self.first_wrong(frame, (row, column)) } else { None };
        Ok(flow)
    }

    /// Writes what has changed in these rows and columns of tiles; breaks off where the budget ends.
    pub(super) fn write_areas_in(
        &mut self,
        frame: &Frame<'_>,
        rows: Range<usize>,
        columns: Range<usize>,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let mut blocks = std::mem::take(&mut self.blocks);
        let mut flow = ControlFlow::Continue(());
        while let Some(area) = self.tiles.area(rows.clone(), columns.clone()) {
            self.cutter.cut(frame, area.rect, &mut blocks);
            for block in &blocks {
                flow = self.write_block(frame, *block, sending)?;
                (self.between)();
                if flow.is_break() {
                    break;
                }
            }
            if flow.is_break() {
                break;
            }
            self.tiles.sent(&area);
        }
        self.blocks = blocks;
        Ok(flow)
    }

    /// The first tile from this one on, all around, in which the other side does not show what the frame has.
    fn first_wrong(&self, frame: &Frame<'_>, from: (usize, usize)) -> Option<(usize, usize)> {
        let is_wrong = |rect| difference(frame, self.picture.meant(), rect).is_some();
        self.tiles.round_from(from).find(|&(row, column)| self.tiles.changed(row, column).is_some_and(is_wrong))
    }

    /// Writes what differs in a block; breaks off where the budget ends.
    fn write_block(
        &mut self,
        frame: &Frame<'_>,
        block: Block,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        match block {
            Block::Plain(rect) => self.write_plain(frame, rect, sending),
            Block::Other(rect) => self.write_other(frame, rect, sending),
            Block::Line { rect, blank } => self.write_line(frame, rect, blank, sending),
        }
    }

    fn write_plain(
        &mut self,
        frame: &Frame<'_>,
        rect: Rect,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let Some(rect) = difference(frame, self.picture.meant(), rect) else { return Ok(ControlFlow::Continue(())) };
        let before = self.raw.mark();
        let kind = self.writer.write_plain(frame, rect, &mut self.raw);
        self.send(frame, rect, kind, before, sending)
    }

    fn write_other(
        &mut self,
        frame: &Frame<'_>,
        rect: Rect,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        const SIDE: u32 = TILE as u32;
        for y in (rect.y..rect.bottom()).step_by(TILE) {
            for x in (rect.x..rect.right()).step_by(TILE) {
                let piece = Rect::new(x, y, SIDE.min(rect.right() - x), SIDE.min(rect.bottom() - y));
                let flow = self.write_piece(frame, piece, sending)?;
                (self.between)();
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Writes what differs in a piece of a tile. What has to go although it does not fit goes in lines that hardly exceed
    /// the budget.
    fn write_piece(
        &mut self,
        frame: &Frame<'_>,
        piece: Rect,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let Some(piece) = difference(frame, self.picture.meant(), piece) else { return Ok(ControlFlow::Continue(())) };
        let before = self.raw.mark();
        let kind = match self.writer.write_few(frame, piece, &mut self.raw) {
            Some(kind) => kind,
            None if piece.area() >= LEAST_PHOTOGRAPH && !looks_drawn(frame, piece) => {
                self.photographs.add(piece);
                return Ok(ControlFlow::Continue(()));
            }
            None => self.writer.write_many(
                frame,
                self.picture.shown(),
                piece,
                (sending.packing, &sending.work),
                &mut self.raw,
            ),
        };
        sending.is_divisible = piece.height > FEW_LINES;
        let flow = self.send(frame, piece, kind, before, sending)?;
        if flow.is_break() && sending.is_divisible && sending.is_owed() {
            let _half = self.write_piece(frame, Rect { height: piece.height / 2, ..piece }, sending)?;
        }
        sending.is_divisible = false;
        Ok(flow)
    }

    fn write_line(
        &mut self,
        frame: &Frame<'_>,
        rect: Rect,
        blank: u32,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let above = Rect::new(rect.x, rect.y - blank, rect.width, blank);
        let Some(changed) = difference(frame, self.picture.meant(), rect) else {
            return self.write_plain(frame, above, sending);
        };
        let cut = Rect::new(changed.x, rect.y, changed.width, rect.height);
        let whole = whole_glyphs(frame, self.picture.meant(), cut);
        let line = match sending.spare.checked_sub(whole.area() - cut.area()) {
            Some(spare) => {
                sending.spare = spare;
                whole
            }
            None => cut,
        };
        let is_above = line.y == rect.y
            && rect.contains(&line)
            && difference(frame, self.picture.meant(), above)
                .is_some_and(|above| line.x <= above.x && above.right() <= line.right());
        let before = self.raw.mark();
        let Some(line) = self.writer.write_line(frame, line, if is_above { blank } else { 0 }, &mut self.raw) else {
            let flow = self.write_plain(frame, above, sending)?;
            return if flow.is_break() { Ok(flow) } else { self.write_other(frame, rect, sending) };
        };
        let is_divisible = cut.area() > FEW_LETTERS && cut.width > 1;
        sending.is_divisible = is_divisible;
        let flow = self.send(frame, line, Kind::Text, before, sending)?;
        sending.is_divisible = false;
        if flow.is_break() {
            if !is_divisible || !sending.is_owed() {
                return Ok(flow);
            }
            let (left, right) = halves(Rect { x: changed.x, width: changed.width, ..rect });
            let half = self.write_line(frame, left, blank, sending)?;
            // By itself it may be no text, and be noted as a photograph: that is nothing to show yet.
            let other = if half.is_continue() && sending.operations.is_nothing() {
                self.write_line(frame, right, blank, sending)?
            } else {
                flow
            };
            if other.is_break() {
                return Ok(other);
            }
        }
        self.write_plain(frame, above, sending)
    }
}

/// Its left and right half.
const fn halves(rect: Rect) -> (Rect, Rect) {
    let width = rect.width / 2;
    (Rect { width, ..rect }, Rect { x: rect.x + width, width: rect.width - width, ..rect })
}
