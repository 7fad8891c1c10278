//! What goes into an update, operation by operation, as long as the budget lasts.

use std::ops::ControlFlow;

use super::{EncodeError, Encoder, Operations};
use crate::chunks::{AROUND, Mark};
use crate::frame::Frame;
use crate::geometry::Rect;
use crate::operation::{Packing, Room};
use crate::wire::{Kind, LARGEST_TILE, MAX_CHUNK};

/// An update on its way.
pub(super) struct Sending<'a> {
    /// Where it begins in `out`, and where it should end.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) out: &'a mut Vec<u8>,
    pub(super) operations: &'a mut Operations,
    /// Is this of the tile that the last update left behind? It may have [`LARGEST_TILE`] bytes beside the budget.
    pub(super) is_owed_tile: bool,
    /// Could the operation at hand be about fewer lines, or letters?
    pub(super) is_divisible: bool,
    /// Pixels that may still be painted though they are right already.
    pub(super) spare: u64,
    /// Of exact pixels of many colours.
    pub(super) packing: Packing,
    /// What the other side is still willing to do.
    pub(super) work: Room,
}

impl Sending<'_> {
    /// Must something be sent even if it does not fit? Moves are in every update while something scrolls: they alone are
    /// not enough.
    pub(super) fn is_owed(&self) -> bool {
        self.is_owed_tile || self.operations.is_nothing()
    }
}

impl Encoder {
    /// Keeps the operation that was appended at `before`, which makes this rectangle right, if the budget allows it or
    /// the picture would not get on otherwise; breaks off if not.
    pub(super) fn send(
        &mut self,
        frame: &Frame<'_>,
        rect: Rect,
        kind: Kind,
        before: Mark,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let Sending { start, end, .. } = *sending;
        // Nothing comes out of the compressor longer than it went in, but for a few bytes. So a group that is
        // no longer than the room left keeps the budget, and every flush shows how much room there really is.
        let mut at = before;
        if self.raw.len() > room(end, sending.out) {
            self.flush(before, start, sending.out)?;
            at = Mark::default();
            let is_owed = sending.is_owed() && !sending.is_divisible;
            let fits = self.likely(kind) <= room(end, sending.out);
            if !fits && is_owed && self.raw.len() <= room(start + LARGEST_TILE, sending.out) {
                // Once.
                sending.is_owed_tile = false;
            } else if !fits {
                self.writer.undo(kind);
                self.raw.clear();
                return Ok(ControlFlow::Break(()));
            }
        }
        if sending.work.take(kind, rect).is_none() {
            self.writer.undo(kind);
            self.raw.truncate(at);
            return Ok(ControlFlow::Break(()));
        }
        self.picture.show(frame, rect);
        sending.operations.count(kind);
        Ok(ControlFlow::Continue(()))
    }

    /// Bytes that the operation at hand, the only one of its group, is likely to have after compression. Indices of glyphs
    /// compress to less than a quarter; if small budgets counted them in full, their updates would be one tile each.
    fn likely(&self, kind: Kind) -> usize {
        let len = self.raw.len();
        match kind {
            Kind::Text => len / 4 + self.writer.coloured(),
            Kind::Solid
            | Kind::Palette
            | Kind::Copy
            | Kind::Keep
            | Kind::Recall
            | Kind::RecallPart
            | Kind::RecallLines
            | Kind::Reference => len / 4,
            Kind::Literal | Kind::Photo | Kind::Film => len,
        }
    }

    /// Makes a group of the operations before the mark.
    pub(super) fn flush(&mut self, mark: Mark, start: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if mark != Mark::default() && out.len() == start {
            out.push(0);
        }
        self.raw.flush(mark, out).map_err(EncodeError::Compressor)
    }
}

/// Most bytes that the next group may have before it is compressed.
pub(super) fn room(end: usize, out: &[u8]) -> usize {
    end.saturating_sub(out.len() + AROUND).min(MAX_CHUNK)
}
