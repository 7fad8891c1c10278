//! Frames to updates.

mod areas;
mod budget;
mod encoded;
mod lossy;
mod sending;
mod small_first;

pub use self::budget::{Budget, Effort, Loss};
pub use self::encoded::{Encoded, Operations, Pending};
use self::sending::Sending;
use self::small_first::{SmallFirst, Turn};
use crate::chunks::Outgoing;
use crate::film;
use crate::frame::{Frame, FrameError, MAX_PIXELS, check_size};
use crate::geometry::{Rect, Region};
use crate::layout::{Block, Cutter};
use crate::moves::Search;
use crate::operation::{Room, Writer, write_move};
use crate::photographs::Photographs;
use crate::picture::Picture;
use crate::recall::{Count, Recall};
use crate::tiles::{TILE, Tiles};
use crate::wire::{KEYFRAME, LARGEST_TILE, MAX_UPDATE, Stream, write_number};

/// Pixels of many colours are a photograph from so many on; fewer are some icon.
const LEAST_PHOTOGRAPH: u64 = 1024;

/// Turns frames into updates. It keeps a copy of what the other side shows, 4 bytes a pixel, what it knows to differ
/// from that, the glyphs that the other side knows, 4 MiB of pixels, what it may call back, at most 16 MiB, and once there
/// was film, its reference, 6 bytes a pixel, and what is meant by it, 4 bytes a pixel.
pub struct Encoder {
    width: u32,
    height: u32,
    picture: Picture,
    tiles: Tiles,
    /// Without damage, but for a moment: what waits while something small goes first.
    aside: Tiles,
    recall: Recall,
    search: Search,
    cutter: Cutter,
    /// Of the area at hand.
    blocks: Vec<Block>,
    writer: Writer,
    /// Operations that are not compressed yet.
    raw: Outgoing,
    /// Row and column of the first tile that the last update left behind when it ran out of budget: the next one begins
    /// with it, so that no part of the picture waits forever while another changes all the time.
    next: Option<(usize, usize)>,
    small_first: SmallFirst,
    photographs: Photographs,
    film: film::Writer,
    pace: lossy::Pace,
    keyframe: bool,
    between: fn(),
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

/// Between two pieces of work, when nobody asks for anything.
pub(crate) const fn nothing() {}

impl Encoder {
    /// An encoder for frames of this size (pixels), whose first update will be a keyframe.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Frame`] when the size is out of bounds, [`EncodeError::Compressor`] without memory.
    pub fn new(width: u32, height: u32) -> Result<Self, EncodeError> {
        check_size(width, height, MAX_PIXELS)?;
        let tiles = Tiles::new(width, height);
        Ok(Self {
            width,
            height,
            picture: Picture::new(),
            recall: Recall::new(),
            search: Search::new(),
            cutter: Cutter::new(),
            blocks: Vec::new(),
            writer: Writer::new(TILE * TILE),
            raw: Outgoing::new(LARGEST_TILE).map_err(EncodeError::Compressor)?,
            next: None,
            small_first: SmallFirst::default(),
            photographs: Photographs::new(&tiles),
            film: film::Writer::new(),
            pace: lossy::Pace::new(),
            aside: tiles.clone(),
            tiles,
            keyframe: true,
            between: nothing,
        })
    }

    /// From now on calls this between the pieces of its work (tiles, lines that are searched, blocks of film), of which few take a
    /// millisecond: whoever encodes beside a person's own programs lets those go first there. What is encoded does not depend on it.
    pub const fn call_between(&mut self, between: fn()) {
        self.between = between;
        self.search.between = between;
        self.recall.between = between;
        self.film.between = between;
        self.cutter.between = between;
    }

    /// Width and height in pixels of the last frame, or of [`Encoder::new`].
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The next update will stand alone: for someone who joins, or could not continue.
    pub const fn keyframe(&mut self) {
        self.keyframe = true;
    }

    /// Would [`Encoder::encode`] have work without any new damage?
    #[must_use]
    pub fn pending(&self) -> Pending {
        if self.keyframe || self.small_first.is_waiting() || !self.tiles.is_clean() || self.photographs.is_waiting() {
            return Pending::More;
        }
        match self.photographs.next_rest() {
            Some(at) if self.photographs.is_past(at) => Pending::More,
            Some(at) => Pending::Later(at),
            None => Pending::Nothing,
        }
    }

    /// Bytes that the compressor has allocated; constant once the first update is written.
    #[must_use]
    pub fn compressor_memory(&self) -> usize {
        self.raw.memory()
    }

    /// Appends to `out` one update with what changed in `frame` inside `damage` (clipped to the frame) and inside what
    /// is pending from earlier calls; appends nothing when nothing changed. All of the frame may be read, and what moves
    /// may take more of it along. A frame of another size than the last begins with a keyframe.
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
            self.aside = self.tiles.clone();
            self.photographs = Photographs::new(&self.tiles);
            self.next = None;
            self.keyframe = true;
        }
        let keyframe = self.keyframe;
        if keyframe {
            self.begin(out)?;
        }

        self.raw.clear();
        self.photographs.tick(budget.time);
        let mut operations = Operations::default();
        let end = start + budget.bytes.min(MAX_UPDATE - LARGEST_TILE);
        let spare = u64::from(self.width) * u64::from(self.height);
        let work = Room::new(self.width, self.height);
        let mut sending = Sending {
            start,
            end,
            out,
            operations: &mut operations,
            is_owed_tile: false,
            is_divisible: false,
            spare,
            packing: budget.packing(),
            work,
        };
        if keyframe {
            self.write_everything(frame, &Region::new(), true, budget, &mut sending)?;
        } else {
            let damage = damage.rects().iter().map(|rect| rect.clipped(self.width, self.height)).collect();
            self.write_in_turn(frame, damage, budget, &mut sending)?;
        }
        self.flush(self.raw.mark(), start, out)?;
        Ok(Encoded { bytes: out.len() - start, keyframe, operations, pending: self.pending() })
    }

    /// Writes what is small first; or the rest, if there is nothing to write of that.
    fn write_in_turn(
        &mut self,
        frame: &Frame<'_>,
        mut damage: Region,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<(), EncodeError> {
        loop {
            let is_more = match self.small_first.turn(&damage, &self.tiles) {
                Turn::Small(damage) => {
                    self.write_small(frame, &damage, budget, sending)?;
                    true
                }
                Turn::Everything(damage) => {
                    self.write_everything(frame, &damage, false, budget, sending)?;
                    self.small_first.is_waiting()
                }
            };
            if !sending.operations.is_nothing() || !is_more {
                return Ok(());
            }
            damage.clear();
        }
    }

    /// Writes this damage and nothing else; what does not fit waits with the rest.
    fn write_small(
        &mut self,
        frame: &Frame<'_>,
        damage: &Region,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<(), EncodeError> {
        std::mem::swap(&mut self.tiles, &mut self.aside);
        self.damage(frame, damage, budget.loss);
        let (rows, columns) = (self.tiles.rows(), self.tiles.columns());
        let _full = self.write_areas_in(frame, 0..rows, 0..columns, sending)?;
        std::mem::swap(&mut self.tiles, &mut self.aside);
        self.tiles.take_from(&mut self.aside);
        self.let_photographs_wait(budget, sending);
        Ok(())
    }

    fn write_everything(
        &mut self,
        frame: &Frame<'_>,
        damage: &Region,
        keyframe: bool,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<(), EncodeError> {
        self.recall.wait(&self.tiles);
        self.damage(frame, damage, budget.loss);
        // Where nothing was shown, nothing can have moved, or return.
        let moved = if keyframe { Operations::default() } else { self.write_known(frame, damage) };
        self.write_lossy_and_exact(frame, budget, sending)?;
        if self.photographs.is_empty() {
            self.picture.become_exact();
        }
        *sending.operations += moved;
        Ok(())
    }

    /// Adds what differs there, and takes film out of it.
    fn damage(&mut self, frame: &Frame<'_>, damage: &Region, loss: Loss) {
        for rect in damage.rects() {
            self.tiles.damage(*rect);
        }
        self.compare(frame);
        if loss == Loss::AtFirst {
            self.take_film(frame);
        }
    }

    /// Writes what was kept and returns, and what has moved; and keeps what goes.
    fn write_known(&mut self, frame: &Frame<'_>, damage: &Region) -> Operations {
        let count = self.recall.begin(frame, &mut self.tiles, &mut self.picture, &mut self.raw[Stream::Operations]);
        let mut operations = self.recalled(frame, count);
        // What did not come from elsewhere when it was damaged does not while it waits for the link either.
        if !damage.is_empty() {
            operations += self.write_moves(frame);
        }
        let count = self.recall.scrolled_back(frame, &self.tiles, &mut self.picture, &mut self.raw[Stream::Operations]);
        operations += self.recalled(frame, count);
        let count = self.recall.end(frame, &mut self.tiles, &mut self.picture, &mut self.raw[Stream::Operations]);
        operations += self.recalled(frame, count);
        operations
    }

    /// Both sides start afresh.
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.raw.restart().map_err(EncodeError::Compressor)?;
        self.writer.restart();
        self.recall.restart(self.width, self.height);
        self.film.restart();
        self.photographs.restart();
        self.pace = lossy::Pace::new();
        self.picture.restart(self.width, self.height).ok_or(EncodeError::Memory)?;
        self.tiles.damage(Rect::new(0, 0, self.width, self.height));
        self.next = None;
        self.small_first.restart();
        self.keyframe = false;
        out.push(KEYFRAME);
        write_number(self.width, out);
        write_number(self.height, out);
        Ok(())
    }

    /// Narrows the damage to what differs.
    fn compare(&mut self, frame: &Frame<'_>) {
        for row in 0..self.tiles.rows() {
            self.tiles.compare_row(frame, self.picture.meant(), row);
            (self.between)();
        }
    }

    /// What has returned was not damaged after all.
    fn recalled(&mut self, frame: &Frame<'_>, Count { keep, recall }: Count) -> Operations {
        if recall > 0 {
            self.compare(frame);
        }
        Operations { keep, recall, ..Operations::default() }
    }

    /// Writes what has moved; what is damaged after that did not come from anywhere.
    fn write_moves(&mut self, frame: &Frame<'_>) -> Operations {
        let (recall, raw, photographs) = (&mut self.recall, &mut self.raw, &self.photographs);
        let is_rough = |tile| photographs.is_one(tile);
        let mut keep = 0;
        let moves = self.search.make(frame, &self.tiles, &mut self.picture, |picture, found| {
            keep += recall.leave(picture.shown(), found, is_rough, &mut raw[Stream::Operations]);
            write_move(found, raw);
        });
        for found in moves {
            self.tiles.moved(found.rect);
            self.recall.moved(found.rect);
            self.photographs.moved(found);
        }
        let copy = u32::try_from(moves.len()).expect("there are few moves");
        if copy > 0 {
            self.compare(frame);
        }
        Operations { copy, keep, ..Operations::default() }
    }
}
