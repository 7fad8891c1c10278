//! Frames to updates.

use std::iter::once;
use std::ops::AddAssign;

use crate::frame::{Frame, FrameError, Framebuffer, MAX_PIXELS, check_size};
use crate::geometry::{Rect, Region};
use crate::moves::Search;
use crate::operation::{Writer, write_move};
use crate::stream::Compressor;
use crate::tiles::{TILE, Tiles};
use crate::wire::{KEYFRAME, Kind, LARGEST_TILE, MAX_CHUNK, MAX_UPDATE, write_number};

/// Turns frames into updates. It keeps a copy of what the other side shows, 4 bytes a pixel, and what it knows to
/// differ from that.
pub struct Encoder {
    width: u32,
    height: u32,
    /// What the other side shows.
    shown: Framebuffer,
    tiles: Tiles,
    search: Search,
    writer: Writer,
    compressor: Compressor,
    /// Operations that are not compressed yet.
    raw: Vec<u8>,
    /// Row and column of the tile where the last update ran out of budget: the next one begins there, so that no part
    /// of the picture waits forever while another changes all the time.
    next: (usize, usize),
    keyframe: bool,
}

/// What an update may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Bytes of one update. Only the last tile, which may be the only one, can exceed them, so never by more than
    /// [`LARGEST_TILE`]. Beyond [`MAX_UPDATE`] it is the same as that.
    pub bytes: usize,
}

impl Budget {
    /// At most so many bytes.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes }
    }

    /// Everything at once.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { bytes: MAX_UPDATE }
    }
}

/// What [`Encoder::encode`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Length of the update in bytes; 0 when nothing is to be sent.
    pub bytes: usize,
    /// The update stands alone: a decoder and a framebuffer can begin with it. (While damage is pending after it, it
    /// shows a part of the picture on black.)
    pub keyframe: bool,
    /// What it consists of.
    pub operations: Operations,
    /// Is there more?
    pub pending: Pending,
}

/// Does the encoder know of damage that it has not encoded?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// The other side will show exactly the frame, as far as damage was reported.
    Nothing,
    /// The budget was used up: call [`Encoder::encode`] again, with new damage or without.
    More,
}

/// Operations of updates, counted by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Rectangles of one colour.
    pub solid: u32,
    /// Rectangles of few colours.
    pub palette: u32,
    /// Rectangles of any pixels.
    pub literal: u32,
    /// Rectangles whose pixels were elsewhere before.
    pub copy: u32,
}

impl Operations {
    /// Kinds by name, with their counts.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u32); 4] {
        [("solid", self.solid), ("palette", self.palette), ("literal", self.literal), ("copy", self.copy)]
    }

    const fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Solid => self.solid += 1,
            Kind::Palette => self.palette += 1,
            Kind::Literal => self.literal += 1,
            Kind::Copy => self.copy += 1,
        }
    }
}

impl AddAssign for Operations {
    fn add_assign(&mut self, other: Self) {
        self.solid += other.solid;
        self.palette += other.palette;
        self.literal += other.literal;
        self.copy += other.copy;
    }
}

/// Why a frame could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The size is out of bounds.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The compressor failed; it does when there is no memory.
    #[error("the compressor failed: {0}")]
    Compressor(&'static str),
    /// There is no memory for a picture of this size.
    #[error("there is no memory for the picture")]
    Memory,
}

impl Encoder {
    /// An encoder for frames of this size (pixels), whose first update will be a keyframe.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Frame`] when the size is out of bounds, [`EncodeError::Compressor`] without memory.
    pub fn new(width: u32, height: u32) -> Result<Self, EncodeError> {
        check_size(width, height, MAX_PIXELS)?;
        Ok(Self {
            width,
            height,
            shown: Framebuffer::new(),
            tiles: Tiles::new(width, height),
            search: Search::new(),
            writer: Writer::new(TILE * TILE),
            compressor: Compressor::new().map_err(EncodeError::Compressor)?,
            raw: Vec::with_capacity(MAX_CHUNK + LARGEST_TILE),
            next: (0, 0),
            keyframe: true,
        })
    }

    /// Width and height in pixels of the last frame, or of [`Encoder::new`].
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The next update will stand alone: for someone who joins, or could not continue. It, and those after it while
    /// damage is pending, may read all of the frame.
    pub const fn keyframe(&mut self) {
        self.keyframe = true;
    }

    /// Would [`Encoder::encode`] have work without any new damage?
    #[must_use]
    pub const fn pending(&self) -> Pending {
        if self.keyframe || !self.tiles.is_clean() { Pending::More } else { Pending::Nothing }
    }

    /// Bytes that the compressor has allocated; constant once the first update is written.
    #[must_use]
    pub fn compressor_memory(&self) -> usize {
        self.compressor.memory()
    }

    /// Appends to `out` one update with what changed in `frame` inside `damage` (clipped to the frame) and inside what
    /// is pending from earlier calls; appends nothing when nothing changed. A frame of another size than the last
    /// begins with a keyframe.
    ///
    /// Every update must reach the decoder, in order: the next one builds on it.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Compressor`]; `out` is as before then, and the next update will be a keyframe.
    pub fn encode(
        &mut self,
        frame: Frame<'_>,
        damage: &Region,
        budget: Budget,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, EncodeError> {
        let start = out.len();
        let encoded = self.encode_after(start, &frame, damage, budget, out);
        if encoded.is_err() {
            out.truncate(start);
            self.keyframe = true;
        }
        encoded
    }

    fn encode_after(
        &mut self,
        start: usize,
        frame: &Frame<'_>,
        damage: &Region,
        budget: Budget,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, EncodeError> {
        if !self.tiles.is_size_of(frame) {
            (self.width, self.height) = (frame.width(), frame.height());
            self.tiles = Tiles::new(self.width, self.height);
            self.next = (0, 0);
            self.keyframe = true;
        }
        for rect in damage.rects() {
            self.tiles.damage(*rect);
        }
        let keyframe = self.keyframe;
        if keyframe {
            self.begin(out)?;
        }

        self.raw.clear();
        let mut operations = Operations::default();
        self.compare(frame);
        // Where nothing was shown, nothing can have moved.
        if !keyframe {
            operations += self.write_moves(frame);
        }
        let end = start + budget.bytes.min(MAX_UPDATE - LARGEST_TILE);
        operations += self.write_tiles(frame, start, end, out)?;
        Ok(Encoded { bytes: out.len() - start, keyframe, operations, pending: self.pending() })
    }

    /// Both sides start afresh.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.compressor.restart().map_err(EncodeError::Compressor)?;
        self.writer.restart();
        self.shown.restart(self.width, self.height).ok_or(EncodeError::Memory)?;
        self.tiles.damage(Rect::new(0, 0, self.width, self.height));
        self.next = (0, 0);
        self.keyframe = false;
        out.push(KEYFRAME);
        write_number(self.width, out);
        write_number(self.height, out);
        Ok(())
    }

    /// Narrows the damage to what differs.
    fn compare(&mut self, frame: &Frame<'_>) {
        for row in 0..self.tiles.rows() {
            self.tiles.compare_row(frame, &self.shown, row);
        }
    }

    /// Writes what has moved; what is damaged after that did not come from anywhere.
    fn write_moves(&mut self, frame: &Frame<'_>) -> Operations {
        let moves = self.search.make(frame, &self.tiles, &mut self.shown);
        for found in moves {
            write_move(found, &mut self.raw);
            self.tiles.damage(found.rect);
        }
        let copy = u32::try_from(moves.len()).expect("there are few moves");
        if copy > 0 {
            self.compare(frame);
        }
        Operations { copy, ..Operations::default() }
    }

    /// Writes the changed tiles, row by row, until `out` would become longer than `end`.
    fn write_tiles(
        &mut self,
        frame: &Frame<'_>,
        start: usize,
        end: usize,
        out: &mut Vec<u8>,
    ) -> Result<Operations, EncodeError> {
        let mut operations = Operations::default();
        let (rows, columns) = (self.tiles.rows(), self.tiles.columns());
        let (first_row, first_column) = self.next;
        let others = (first_row + 1..rows).chain(0..first_row).map(|row| (row, 0..columns));
        let round = once((first_row, first_column..columns)).chain(others).chain(once((first_row, 0..first_column)));
        for (row, columns) in round {
            for column in columns {
                let Some(rect) = self.tiles.changed(row, column) else { continue };
                let before = self.raw.len();
                let kind = self.writer.write(frame, rect, &mut self.raw);
                // Nothing comes out of the compressor longer than it went in, but for a few bytes. So a chunk that is
                // no longer than the room left keeps the budget, and every flush shows how much room there really is.
                if self.raw.len() > room(end, out) {
                    self.flush(before, start, out)?;
                    if likely(kind, self.raw.len()) > room(end, out) && out.len() > start {
                        self.writer.undo(kind);
                        self.raw.clear();
                        self.next = (row, column);
                        return Ok(operations);
                    }
                }
                self.writer.show(rect, &mut self.shown);
                self.tiles.sent(row, column);
                operations.count(kind);
            }
        }
        self.flush(self.raw.len(), start, out)?;
        Ok(operations)
    }

    /// Makes a chunk of the first `len` bytes of operations.
    fn flush(&mut self, len: usize, start: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if len == 0 {
            return Ok(());
        }
        let number = |len: usize| u32::try_from(len).expect("a chunk is far below 2^28 bytes");
        let packed = self.compressor.compress(&self.raw[..len]).map_err(EncodeError::Compressor)?;
        if out.len() == start {
            out.push(0);
        }
        write_number(number(len), out);
        write_number(number(packed.len()), out);
        out.extend_from_slice(packed);
        self.raw.drain(..len);
        Ok(())
    }
}

/// Bytes that an operation is likely to have after compression. Indices of glyphs compress to less than a quarter; if
/// small budgets counted them in full, their updates would be one tile each.
const fn likely(kind: Kind, len: usize) -> usize {
    match kind {
        Kind::Solid | Kind::Palette | Kind::Copy => len / 4,
        Kind::Literal => len,
    }
}

/// Most bytes that the next chunk may have before it is compressed.
fn room(end: usize, out: &[u8]) -> usize {
    // Flags, the two numbers before a chunk, the headers of zstd's frame and of its blocks.
    const AROUND: usize = 64;
    end.saturating_sub(out.len() + AROUND).min(MAX_CHUNK)
}
