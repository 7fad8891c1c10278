//! Frames to updates.

mod lossy;
mod small_first;

use std::ops::{AddAssign, ControlFlow, Range};
use std::time::Duration;

use self::small_first::{SmallFirst, Turn};
use crate::chunks::{AROUND, Mark, Outgoing};
use crate::film;
use crate::frame::{Frame, FrameError, MAX_PIXELS, check_size};
use crate::geometry::{Rect, Region};
use crate::layout::{Block, Cutter, whole_glyphs};
use crate::moves::Search;
use crate::operation::{Room, Writer, write_move};
use crate::photographs::Photographs;
use crate::picture::Picture;
use crate::recall::{Count, Recall};
use crate::tiles::{TILE, Tiles, difference};
use crate::wire::{KEYFRAME, Kind, LARGEST_TILE, MAX_CHUNK, MAX_UPDATE, Stream, write_number};

/// A piece of a tile with no more lines than this is sent although it does not fit, if anything has to be.
const FEW_LINES: u32 = 8;

/// The same of so many pixels of a line of text: a few letters.
const FEW_LETTERS: u64 = 600;

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
}

/// What an update may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Bytes of one update. Only its last operation, and the tile that has waited longest, can exceed them, so never by
    /// more than [`LARGEST_TILE`]. Beyond [`MAX_UPDATE`] it is the same as that.
    pub bytes: usize,
    /// Bytes of one whole picture of film, which may take several updates: it is shown as roughly as it takes. As many as
    /// in one update if nothing else is said.
    pub film: Option<usize>,
    /// What time it is, on a clock of the caller's that never goes back: from how fast something changes follows whether
    /// it is film, and when it rests. Without one, whatever does not change from one call to the next rests.
    pub time: Option<Duration>,
    /// May photographs be shown roughly at first?
    pub loss: Loss,
    /// How much processor time may this update take?
    pub effort: Effort,
}

/// Whether pixels may be wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Every pixel that is sent is right.
    Never,
    /// Photographs that would not fit the budget, and film, are shown roughly at first, and exactly when they rest.
    AtFirst,
}

/// How hard is looked for what makes an update short. What is shown in the end is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As hard as pays for the link.
    #[default]
    Full,
    /// Where others want the processor: how film has moved is not searched for, only taken over from its surroundings and
    /// from the picture before.
    Quick,
}

impl Budget {
    /// At most so many bytes.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes, film: None, time: None, loss: Loss::AtFirst, effort: Effort::Full }
    }

    /// Everything at once.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self::bytes(MAX_UPDATE)
    }

    /// The same with so many bytes for a picture of film.
    #[must_use]
    pub const fn film(self, bytes: usize) -> Self {
        Self { film: Some(bytes), ..self }
    }

    /// The same at this time.
    #[must_use]
    pub const fn at(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// The same with this loss.
    #[must_use]
    pub const fn with(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }

    /// The same with this effort.
    #[must_use]
    pub const fn effort(self, effort: Effort) -> Self {
        Self { effort, ..self }
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
    /// Photographs are shown roughly that do not rest yet: call again at this time of [`Budget::time`], if nothing
    /// happens before.
    Later(Duration),
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
    /// Lines of text, as glyphs.
    pub text: u32,
    /// Runs of tiles that are kept as they were shown.
    pub keep: u32,
    /// Tiles, runs of them, or parts, that were kept and return.
    pub recall: u32,
    /// Rectangles of photographs.
    pub photo: u32,
    /// Pictures that film is predicted from.
    pub reference: u32,
    /// Film, and photographs that become better.
    pub film: u32,
}

impl Operations {
    /// How many kinds there are.
    pub const KINDS: usize = 10;

    /// Kinds by name, with their counts.
    #[must_use]
    pub const fn by_kind(&self) -> [(&'static str, u32); Self::KINDS] {
        // Taken apart here and below, so that none can be forgotten.
        let Self { solid, palette, literal, copy, text, keep, recall, photo, reference, film } = *self;
        [
            ("solid", solid),
            ("palette", palette),
            ("literal", literal),
            ("copy", copy),
            ("text", text),
            ("keep", keep),
            ("recall", recall),
            ("photo", photo),
            ("reference", reference),
            ("film", film),
        ]
    }

    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    const fn count(&mut self, kind: Kind) {
        match kind {
            Kind::Solid => self.solid += 1,
            Kind::Palette => self.palette += 1,
            Kind::Literal => self.literal += 1,
            Kind::Copy => self.copy += 1,
            Kind::Text => self.text += 1,
            Kind::Keep => self.keep += 1,
            Kind::Recall | Kind::RecallPart | Kind::RecallLines => self.recall += 1,
            Kind::Photo => self.photo += 1,
            Kind::Reference => self.reference += 1,
            Kind::Film => self.film += 1,
        }
    }
}

impl AddAssign for Operations {
    fn add_assign(&mut self, other: Self) {
        let Self { solid, palette, literal, copy, text, keep, recall, photo, reference, film } = other;
        self.solid += solid;
        self.palette += palette;
        self.literal += literal;
        self.copy += copy;
        self.text += text;
        self.keep += keep;
        self.recall += recall;
        self.photo += photo;
        self.reference += reference;
        self.film += film;
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
        })
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
            match self.small_first.turn(&damage, &self.tiles) {
                Turn::Small(damage) => self.write_small(frame, &damage, budget, sending)?,
                Turn::Everything(damage) => self.write_everything(frame, &damage, false, budget, sending)?,
            }
            if !sending.operations.is_nothing() || !self.small_first.is_waiting() {
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

    /// Writes what has changed, area by area, until the budget ends; photographs are only noted.
    fn write_areas(&mut self, frame: &Frame<'_>, sending: &mut Sending<'_>) -> Result<ControlFlow<()>, EncodeError> {
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
    fn write_areas_in(
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
            None if piece.area() >= LEAST_PHOTOGRAPH => {
                self.photographs.add(piece);
                return Ok(ControlFlow::Continue(()));
            }
            None => self.writer.write_many(frame, self.picture.shown(), piece, &sending.work, &mut self.raw),
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

    /// Keeps the operation that was appended at `before`, which makes this rectangle right, if the budget allows it or
    /// the picture would not get on otherwise; breaks off if not.
    fn send(
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
    fn flush(&mut self, mark: Mark, start: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if mark != Mark::default() && out.len() == start {
            out.push(0);
        }
        self.raw.flush(mark, out).map_err(EncodeError::Compressor)
    }
}

/// An update on its way.
struct Sending<'a> {
    /// Where it begins in `out`, and where it should end.
    start: usize,
    end: usize,
    out: &'a mut Vec<u8>,
    operations: &'a mut Operations,
    /// Is this of the tile that the last update left behind? It may have [`LARGEST_TILE`] bytes beside the budget.
    is_owed_tile: bool,
    /// Could the operation at hand be about fewer lines, or letters?
    is_divisible: bool,
    /// Pixels that may still be painted though they are right already.
    spare: u64,
    /// What the other side is still willing to do.
    work: Room,
}

impl Sending<'_> {
    /// Must something be sent even if it does not fit? Moves are in every update while something scrolls: they alone are
    /// not enough.
    fn is_owed(&self) -> bool {
        self.is_owed_tile || self.operations.is_nothing()
    }
}

/// Its left and right half.
const fn halves(rect: Rect) -> (Rect, Rect) {
    let width = rect.width / 2;
    (Rect { width, ..rect }, Rect { x: rect.x + width, width: rect.width - width, ..rect })
}

/// Most bytes that the next group may have before it is compressed.
fn room(end: usize, out: &[u8]) -> usize {
    end.saturating_sub(out.len() + AROUND).min(MAX_CHUNK)
}
