//! What was on screen before and returns: a window that is raised again, what was below a menu.
//!
//! Before much of a tile is overwritten, both sides keep what it shows; when the frame has in a tile, or in most of what
//! has changed there, what was kept of it, it is recalled by number. The encoder looks before it says so. Film and
//! scrolled text would push out everything else, so a tile that changes again and again is kept only when it has been
//! seen to return.

use std::cell::OnceCell;

use crate::encoder::nothing;
use crate::frame::{BYTES_PER_PIXEL, Frame, Framebuffer, side};
use crate::geometry::Rect;
use crate::kept::{Kept, MOST};
use crate::layout::colour;
use crate::moves::Move;
use crate::operation::Room;
use crate::picture::Picture;
use crate::scrolled::{Leaving, Scrolled};
use crate::tiles::{TILE, Tiles, differ, difference};
use crate::wire::{Kind, Reader, write_number, write_rect};

/// Damaged pixels below which nobody looks.
const LEAST_DAMAGE: u64 = 2048;

/// Damaged pixels in a tile below which it is neither kept nor recalled: about what a letter has.
const LEAST_IN_TILE: u64 = 128;

/// Pixels that a part of a tile must have to be recalled by itself.
const LEAST_PART: u64 = 128;

/// Most bytes of an update that keep and recall: its budget may be small, and what waits longest must fit beside them.
const MOST_BYTES: usize = 2048;

/// Pixels of a tile that are compared with what was kept of it before all are.
const SAMPLES: usize = 16;

/// Of those the most that may be wrong when it is about a part of the tile.
const MOST_WRONG: usize = 2;

/// Kept tiles that are compared with the frame for each tile, and of those all their pixels.
const MOST_SAMPLED: usize = 16;
const MOST_COMPARED: usize = 3;

/// A tile that is hotter than this is not kept, unless it shows what was kept before.
const HOT: u8 = 4;

/// How much hotter keeping makes a tile: photographs need four times as much memory, and film looks like them.
const HEAT: u8 = 1;
const HEAT_OF_PHOTOGRAPH: u8 = 3;

/// Photographs that leave by scrolling are kept until they would be half of all that is kept: what else was kept is to
/// be there still after a long way down.
const MOST_SCROLLED: usize = 640;

/// Updates without a change that make a tile cooler by one.
const COOLING: u32 = 64;

/// Updates for which a tile counts as scrolling after a move: what is in between two of them never returns.
const SCROLLING: u32 = 2;

/// X of a pixel.
const X: u32 = 0xff00_0000;

/// The encoder's side.
pub(crate) struct Recall {
    kept: Kept,
    states: Vec<State>,
    scrolled: Scrolled,
    /// Tiles that were kept since anything else was, because they left by scrolling.
    scrolled_out: usize,
    /// By number modulo its length: one more than the number of what was kept of the same tile before, or 0.
    previous: Box<[u32]>,
    /// Of the update at hand.
    found: Vec<Found>,
    /// Of a kept tile.
    pixels: Vec<u32>,
    updates: u32,
    /// What the other side is still willing to do in the update at hand, and how long its operations may become.
    room: Room,
    end: usize,
    /// Pixels that were damaged in it, and that have moved.
    damaged: u64,
    moved: u64,
    /// Were there tiles that the last update left behind?
    is_waiting: bool,
    /// Called between two pieces of work.
    pub(crate) between: fn(),
}

/// What is known about a tile of the grid. Of numbers one more, or 0.
#[derive(Clone, Copy, Default)]
struct State {
    /// What was kept of it last.
    newest: u32,
    /// What it showed after it was recalled.
    shows: u32,
    heat: u8,
    /// The last update in which much of it changed, and the last one in which something moved there.
    changed: u32,
    moved: u32,
    /// The last update left it behind: what it shows is neither the old picture nor the new one.
    is_waiting: bool,
}

impl State {
    const fn scrolls(&self, updates: u32) -> bool {
        self.moved != 0 && self.moved.saturating_add(SCROLLING) >= updates
    }
}

/// A tile of which much has changed.
#[derive(Clone, Copy)]
struct Found {
    tile: usize,
    changed: Rect,
    hit: Option<Hit>,
    worth: Worth,
}

/// Is what a tile shows worth keeping?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    Nothing,
    /// It has moved there just now: only if this is no move again.
    UnlessMoving,
    Keeping,
}

/// Operations.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    pub(crate) keep: u32,
    pub(crate) recall: u32,
}

/// The frame has what was kept under this number.
#[derive(Clone, Copy)]
struct Hit {
    number: u32,
    extent: Extent,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    /// In what has changed, but for this rectangle.
    Part(Rect),
}

impl Recall {
    pub(crate) fn new() -> Self {
        Self {
            kept: Kept::new(),
            states: Vec::new(),
            scrolled: Scrolled::new(),
            scrolled_out: 0,
            previous: vec![0; MOST].into_boxed_slice(),
            found: Vec::new(),
            pixels: Vec::with_capacity(TILE * TILE),
            updates: 0,
            room: Room::new(0, 0),
            end: 0,
            damaged: 0,
            moved: 0,
            is_waiting: false,
            between: nothing,
        }
    }

    /// The other side starts afresh, with a picture of this size.
    pub(crate) fn restart(&mut self, width: u32, height: u32) {
        self.kept.restart(width, height);
        self.scrolled.restart();
        self.scrolled_out = 0;
        let tiles = (width as usize).div_ceil(TILE) * (height as usize).div_ceil(TILE);
        self.states.clear();
        self.states.resize(tiles, State::default());
        self.found.clear();
        self.found.reserve(tiles);
        self.updates = 0;
        self.is_waiting = false;
    }

    /// These tiles were left behind by the last update.
    pub(crate) fn wait(&mut self, tiles: &Tiles) {
        let is_waiting = !tiles.is_clean();
        if !is_waiting && !self.is_waiting {
            return;
        }
        self.is_waiting = is_waiting;
        for (state, damage) in self.states.iter_mut().zip(tiles.all()) {
            state.is_waiting = damage.is_some();
        }
    }

    /// Something has moved into this rectangle.
    pub(crate) fn moved(&mut self, rect: Rect) {
        self.moved += rect.area();
        for row in rect.y as usize / TILE..(rect.bottom() as usize).div_ceil(TILE) {
            for column in rect.x as usize / TILE..(rect.right() as usize).div_ceil(TILE) {
                let tile = self.kept.tile(row, column);
                self.states[tile].moved = self.updates;
            }
        }
    }

    /// Begins an update: keeps what is about to be overwritten, and recalls what returns if that is most of what has
    /// changed, in the picture too. Appends the operations and counts them.
    pub(crate) fn begin(
        &mut self,
        frame: &Frame<'_>,
        tiles: &mut Tiles,
        picture: &mut Picture,
        out: &mut Vec<u8>,
    ) -> Count {
        self.updates = self.updates.saturating_add(1);
        self.room = Room::new(picture.shown().width(), picture.shown().height());
        self.end = out.len() + MOST_BYTES;
        self.found.clear();
        self.damaged = tiles.damaged_pixels();
        self.moved = 0;
        if self.damaged < LEAST_DAMAGE {
            return Count::default();
        }
        self.find_all(frame, tiles, picture.shown());
        let hits = self.found.iter().filter(|found| found.hit.is_some()).map(|found| found.changed.area());
        let is_most = hits.sum::<u64>() * 2 >= self.damaged;
        for index in 0..self.found.len() {
            let Found { tile, hit, .. } = self.found[index];
            // One by one, tiles return by chance too.
            let returns = is_most && self.is_return(hit);
            let worth = self.worth(picture.shown(), tile, returns);
            (self.between)();
            self.found[index].worth = if is_most && worth == Worth::UnlessMoving { Worth::Keeping } else { worth };
            let state = &mut self.states[tile];
            state.changed = self.updates;
            if returns {
                state.heat = 0;
            }
        }
        let keep = self.keep_all(Worth::Keeping, picture.shown(), out);
        let recall = if is_most { self.recall_all(frame, tiles, picture, out) } else { 0 };
        Count { keep, recall }
    }

    /// Does the same, after what has moved, with what was put off: what scrolls is not kept in between, and has the same
    /// letters again, for which glyphs are cheaper than tiles that happen to return.
    pub(crate) fn end(
        &mut self,
        frame: &Frame<'_>,
        tiles: &mut Tiles,
        picture: &mut Picture,
        out: &mut Vec<u8>,
    ) -> Count {
        if self.found.is_empty() || self.moved * 4 >= self.damaged {
            return Count::default();
        }
        let keep = self.keep_all(Worth::UnlessMoving, picture.shown(), out);
        Count { keep, recall: self.recall_all(frame, tiles, picture, out) }
    }

    /// Keeps the photographs of which lines leave by this move, but for rough ones. Appends the operations and counts them.
    pub(crate) fn leave(
        &mut self,
        shown: &Framebuffer,
        found: &Move,
        is_rough: impl Fn(usize) -> bool,
        out: &mut Vec<u8>,
    ) -> u32 {
        let Some(Leaving { rows, columns }) = self.scrolled.leaving(found, (shown.width(), shown.height())) else {
            return 0;
        };
        let mut count = 0;
        for row in rows {
            let mut run: Option<Rect> = None;
            for column in columns.clone() {
                let tile = self.kept.tile(row, column);
                (self.between)();
                if is_rough(tile) || !self.kept.would_be_photograph(shown, tile) || !self.keep_one(shown, tile, out) {
                    count += write_keep(run.take(), out);
                    continue;
                }
                run.get_or_insert(Rect::new(side(column), side(row), 0, 1)).width += 1;
            }
            count += write_keep(run, out);
        }
        count
    }

    /// Keeps a photograph, if the other side is willing to.
    fn keep_one(&mut self, shown: &Framebuffer, tile: usize, out: &[u8]) -> bool {
        let (place, number) = (self.kept.rect(tile), self.kept.live().end);
        let is_kept = self.scrolled_out < MOST_SCROLLED
            && out.len() < self.end
            && self.room.take(Kind::Keep, place).is_some()
            && self.kept.keep(shown, tile).is_some();
        if is_kept {
            self.scrolled_out += 1;
            self.scrolled.remember(shown, place, number);
        }
        is_kept
    }

    /// Recalls lines that come back where others were. Appends the operations and counts them.
    pub(crate) fn scrolled_back(
        &mut self,
        frame: &Frame<'_>,
        tiles: &Tiles,
        picture: &mut Picture,
        out: &mut Vec<u8>,
    ) -> Count {
        if self.damaged < LEAST_DAMAGE {
            return Count::default();
        }
        let mut recall = 0;
        for piece in self.scrolled.find(frame, tiles, &self.kept, &mut self.pixels, self.between) {
            if out.len() >= self.end || self.room.take(Kind::RecallLines, piece.rect).is_none() {
                break;
            }
            out.push(Kind::RecallLines as u8);
            write_rect(piece.rect, out);
            write_number(piece.number, out);
            write_number(piece.row, out);
            picture.show(frame, piece.rect);
            (self.between)();
            recall += 1;
        }
        Count { keep: 0, recall }
    }

    /// Recalls what was found.
    fn recall_all(&mut self, frame: &Frame<'_>, tiles: &mut Tiles, picture: &mut Picture, out: &mut Vec<u8>) -> u32 {
        let count = self.recall_whole(frame, tiles, picture, out) + self.recall_parts(frame, picture, out);
        self.found.clear();
        count
    }

    /// Looks at the tiles of which much has changed.
    fn find_all(&mut self, frame: &Frame<'_>, tiles: &Tiles, shown: &Framebuffer) {
        let mut found = std::mem::take(&mut self.found);
        let changed = tiles.all().enumerate().filter_map(|(tile, changed)| Some((tile, changed?)));
        for (tile, changed) in changed.filter(|(_, changed)| changed.area() >= LEAST_IN_TILE) {
            let hit = self.find(frame, shown, tile, changed);
            (self.between)();
            found.push(Found { tile, changed, hit, worth: Worth::Nothing });
        }
        self.found = found;
    }

    /// Is this a tile that returns? One of a single colour says nothing.
    fn is_return(&self, hit: Option<Hit>) -> bool {
        hit.is_some_and(|hit| hit.extent == Extent::Whole && !self.kept.is_plain(hit.number))
    }

    /// What was kept of the tile and is in the frame again.
    fn find(&mut self, frame: &Frame<'_>, shown: &Framebuffer, tile: usize, changed: Rect) -> Option<Hit> {
        let live = self.kept.live();
        let mut next = self.states[tile].newest.checked_sub(1).filter(|number| live.contains(number))?;
        let place = self.kept.rect(tile);
        // Most tiles need only a few of them.
        let samples = [const { OnceCell::new() }; SAMPLES];
        // The one that looks most like the frame, for a part of it.
        let mut best: Option<(u32, usize)> = None;
        let mut compared = 0;
        for _ in 0..MOST_SAMPLED {
            let is_wrong = |&(number, cell): &(usize, &OnceCell<Option<Sample>>)| {
                cell.get_or_init(|| sample(frame, shown, changed, number)).is_some_and(|Sample { x, y, colour }| {
                    self.kept.pixel(next, (x - place.x) as usize, (y - place.y) as usize) != colour
                })
            };
            let wrong_samples = samples.iter().enumerate().filter(is_wrong).take(MOST_WRONG + 1).count();
            if wrong_samples == 0 && compared < MOST_COMPARED {
                compared += 1;
                self.kept.pixels(next, 0..place.height as usize, &mut self.pixels);
                if wrong(|x, y, width| frame.row(x, y, width), place, &self.pixels, place).is_empty() {
                    return Some(Hit { number: next, extent: Extent::Whole });
                }
            }
            if wrong_samples < best.map_or(MOST_WRONG + 1, |(_, fewest)| fewest) {
                best = Some((next, wrong_samples));
            }
            match self.previous[next as usize % MOST].checked_sub(1) {
                Some(number) if live.contains(&number) => next = number,
                _ => break,
            }
        }
        let (number, _) = best?;
        self.kept.pixels(number, 0..place.height as usize, &mut self.pixels);
        let wrong = wrong(|x, y, width| frame.row(x, y, width), place, &self.pixels, changed);
        let extent = Extent::Part(wrong);
        (wrong.area() * 4 <= changed.area()).then_some(Hit { number, extent })
    }

    /// Is what the tile shows worth keeping?
    fn worth(&mut self, shown: &Framebuffer, tile: usize, returns: bool) -> Worth {
        let state = &mut self.states[tile];
        let rested = (self.updates - state.changed) / COOLING;
        state.heat = state.heat.saturating_sub(u8::try_from(rested).unwrap_or(u8::MAX));
        let scrolls = state.scrolls(self.updates);
        if state.is_waiting || state.heat >= HOT && !returns {
            return Worth::Nothing;
        }
        let worth = if scrolls { Worth::UnlessMoving } else { Worth::Keeping };
        let Some(number) = self.states[tile].shows.checked_sub(1).filter(|number| self.kept.live().contains(number))
        else {
            return worth;
        };
        if self.kept.is_old(number) || !self.is_shown(shown, number, tile) { worth } else { Worth::Nothing }
    }

    fn is_shown(&mut self, shown: &Framebuffer, number: u32, tile: usize) -> bool {
        let place = self.kept.rect(tile);
        self.kept.pixels(number, 0..place.height as usize, &mut self.pixels);
        let mut rows = (place.y..place.bottom()).zip(self.pixels.chunks_exact(place.width as usize));
        rows.all(|(y, kept)| {
            let shown = shown.row(place.x, y, place.width).chunks_exact(BYTES_PER_PIXEL);
            shown.zip(kept).fold(0, |differs, (pixel, kept)| differs | colour(pixel) ^ kept) == X
        })
    }

    /// Keeps the tiles that are worth it.
    fn keep_all(&mut self, worth: Worth, shown: &Framebuffer, out: &mut Vec<u8>) -> u32 {
        let columns = (shown.width() as usize).div_ceil(TILE);
        let mut count = 0;
        let mut run: Option<Rect> = None;
        for index in 0..self.found.len() {
            let Found { tile, worth: found, .. } = self.found[index];
            let place = self.kept.rect(tile);
            if found != worth || out.len() >= self.end || self.room.take(Kind::Keep, place).is_none() {
                continue;
            }
            let number = self.kept.live().end;
            if self.kept.keep(shown, tile).is_none() {
                break;
            }
            (self.between)();
            self.scrolled_out = 0;
            let is_photograph = self.kept.is_photograph(number);
            if is_photograph {
                self.scrolled.remember(shown, place, number);
            }
            let heat = if is_photograph { HEAT_OF_PHOTOGRAPH } else { HEAT };
            let state = &mut self.states[tile];
            state.heat = state.heat.saturating_add(heat);
            self.previous[number as usize % MOST] = state.newest;
            state.newest = number + 1;
            let (column, row) = (side(tile % columns), side(tile / columns));
            match &mut run {
                Some(run) if run.y == row && run.right() == column => run.width += 1,
                _ => {
                    count += write_keep(run, out);
                    run = Some(Rect::new(column, row, 1, 1));
                }
            }
        }
        count + write_keep(run, out)
    }

    /// Recalls the tiles that are in the frame as they were kept.
    fn recall_whole(&mut self, frame: &Frame<'_>, tiles: &mut Tiles, picture: &mut Picture, out: &mut Vec<u8>) -> u32 {
        let is_whole = |found: &Found| found.hit.filter(|hit| hit.extent == Extent::Whole).map(|hit| hit.number);
        // By number, so that what was kept together is one operation.
        self.found.sort_unstable_by_key(|found| is_whole(found).unwrap_or(u32::MAX));
        let mut count = 0;
        let mut run: Option<(u32, u32)> = None;
        for found in &self.found {
            let place = self.kept.rect(found.tile);
            // Keeping may have pushed it out.
            let number = is_whole(found).filter(|number| self.kept.live().contains(number));
            let Some(number) = number else {
                self.states[found.tile].shows = 0;
                continue;
            };
            if out.len() >= self.end || self.room.take(Kind::Recall, place).is_none() {
                break;
            }
            match &mut run {
                Some((first, len)) if *first + *len == number => *len += 1,
                _ => {
                    count += write_recall(run, out);
                    run = Some((number, 1));
                }
            }
            picture.show(frame, place);
            (self.between)();
            tiles.moved(place);
            self.states[found.tile].shows = number + 1;
        }
        count + write_recall(run, out)
    }

    /// Recalls the parts of other tiles that are in the frame as they were kept.
    fn recall_parts(&mut self, frame: &Frame<'_>, picture: &mut Picture, out: &mut Vec<u8>) -> u32 {
        let mut count = 0;
        for found in &self.found {
            let Some(Hit { number, extent: Extent::Part(wrong) }) = found.hit else { continue };
            if !self.kept.live().contains(&number) {
                continue;
            }
            for part in around(found.changed, wrong) {
                let Some(part) = difference(frame, picture.shown(), part).filter(|part| part.area() >= LEAST_PART)
                else {
                    continue;
                };
                if out.len() >= self.end || self.room.take(Kind::RecallPart, part).is_none() {
                    return count;
                }
                out.push(Kind::RecallPart as u8);
                write_rect(part, out);
                write_number(number, out);
                picture.show(frame, part);
                count += 1;
            }
        }
        count
    }
}

/// Appends the operation that keeps these tiles, columns and rows of the grid, and counts it.
fn write_keep(tiles: Option<Rect>, out: &mut Vec<u8>) -> u32 {
    let Some(tiles) = tiles else { return 0 };
    out.push(Kind::Keep as u8);
    write_rect(tiles, out);
    1
}

/// Appends the operation that recalls so many tiles from a number on, and counts it.
fn write_recall(run: Option<(u32, u32)>, out: &mut Vec<u8>) -> u32 {
    let Some((first, len)) = run else { return 0 };
    out.push(Kind::Recall as u8);
    write_number(first, out);
    write_number(len, out);
    1
}

/// A pixel.
#[derive(Clone, Copy)]
struct Sample {
    x: u32,
    y: u32,
    /// X set.
    colour: u32,
}

/// A pixel that has changed, as it is in the frame, from one of so many lines of a rectangle; `None` when nothing has
/// changed in that.
fn sample(frame: &Frame<'_>, shown: &Framebuffer, changed: Rect, number: usize) -> Option<Sample> {
    const PIECE: usize = 8;
    let (x, width) = (changed.x as usize, changed.width as usize);
    // The first few are from all over the rectangle already.
    let line = number * 7 % SAMPLES;
    let y = changed.y as usize + (2 * line + 1) * changed.height as usize / (2 * SAMPLES);
    // Somewhere else in each line.
    let pieces = width.div_ceil(PIECE);
    let start = number * 3 % pieces;
    let bounds = |piece: usize| (x + piece * PIECE, PIECE.min(width - piece * PIECE));
    let differs = |&(x, width): &(usize, usize)| differ(frame.row(x, y, width), shown.span(x, y, width));
    let (piece, width) = (start..pieces).chain(0..start).map(bounds).find(differs)?;
    let x = (piece..piece + width).find(|&x| differs(&(x, 1)))?;
    Some(Sample { x: side(x), y: side(y), colour: colour(frame.row(x, y, 1)) | X })
}

/// Smallest rectangle around what differs between a picture, of which `row` gives the bytes of so many pixels from a
/// column and a row on, and these pixels of a tile, looked for in a part of it.
fn wrong<'a>(row: impl Fn(usize, usize, usize) -> &'a [u8], place: Rect, pixels: &[u32], part: Rect) -> Rect {
    let width = place.width as usize;
    let left = (part.x - place.x) as usize;
    let rows = pixels.chunks_exact(width).skip((part.y - place.y) as usize);
    let mut wrong = Rect::default();
    for (y, kept) in (part.y..part.bottom()).zip(rows) {
        let kept = &kept[left..left + part.width as usize];
        let (row, _) = row(part.x as usize, y as usize, kept.len()).as_chunks::<BYTES_PER_PIXEL>();
        let differs = |(pixel, kept): (&[u8; BYTES_PER_PIXEL], &u32)| (u32::from_le_bytes(*pixel) | X) ^ kept;
        if row.iter().zip(kept).fold(0, |any, pair| any | differs(pair)) == 0 {
            continue;
        }
        let first = row.iter().zip(kept).position(|pair| differs(pair) != 0).unwrap_or_default();
        let last = row.iter().zip(kept).rposition(|pair| differs(pair) != 0).unwrap_or_default();
        wrong = wrong.around(&Rect::new(part.x + side(first), y, side(last + 1 - first), 1));
    }
    wrong
}

/// What a rectangle has above, below, left and right of another one inside it.
fn around(all: Rect, hole: Rect) -> [Rect; 4] {
    if hole.is_empty() {
        return [all, Rect::default(), Rect::default(), Rect::default()];
    }
    [
        Rect::new(all.x, all.y, all.width, hole.y - all.y),
        Rect::new(all.x, hole.bottom(), all.width, all.bottom() - hole.bottom()),
        Rect::new(all.x, hole.y, hole.x - all.x, hole.height),
        Rect::new(hole.right(), hole.y, all.right() - hole.right(), hole.height),
    ]
}

/// The decoder's side.
pub(crate) struct Painter {
    kept: Option<Kept>,
    pixels: Vec<u32>,
}

impl Painter {
    pub(crate) const fn new() -> Self {
        Self { kept: None, pixels: Vec::new() }
    }

    /// The other side starts afresh, with a picture of this size.
    pub(crate) fn restart(&mut self, width: u32, height: u32) {
        if let Some(kept) = &mut self.kept {
            kept.restart(width, height);
        }
    }

    /// Reads what follows [`Kind::Keep`] and keeps these tiles. `None` when it is cut off, has tiles that are not
    /// there, or too many.
    pub(crate) fn keep(&mut self, reader: &mut Reader<'_>, shown: &Framebuffer, room: &mut Room) -> Option<()> {
        let tiles = reader.rect()?;
        let kept = self.kept.get_or_insert_with(|| {
            let mut kept = Kept::new();
            kept.restart(shown.width(), shown.height());
            kept
        });
        let tile = side(TILE);
        if tiles.is_empty() || tiles.clipped(shown.width().div_ceil(tile), shown.height().div_ceil(tile)) != tiles {
            return None;
        }
        for row in tiles.y..tiles.bottom() {
            for column in tiles.x..tiles.right() {
                let tile = kept.tile(row as usize, column as usize);
                room.take(Kind::Keep, kept.rect(tile))?;
                kept.keep(shown, tile)?;
            }
        }
        Some(())
    }

    /// Reads what follows [`Kind::Recall`], paints these tiles and says where that changed something: most of a tile may
    /// be what was shown already. `None` when it is cut off, has no tiles, or one of them is not kept.
    pub(crate) fn recall(
        &mut self,
        reader: &mut Reader<'_>,
        framebuffer: &mut Framebuffer,
        room: &mut Room,
    ) -> Option<Rect> {
        let first = reader.number()?;
        let len = reader.number()?;
        let kept = self.kept.as_ref()?;
        let mut changed = Rect::default();
        for number in first..first.checked_add(len)? {
            let place = kept.rect(kept.place(number)?);
            room.take(Kind::Recall, place)?;
            kept.pixels(number, 0..place.height as usize, &mut self.pixels);
            let before = wrong(|x, y, width| framebuffer.span(x, y, width), place, &self.pixels, place);
            framebuffer.paint(place, &self.pixels);
            changed = changed.around(&before);
        }
        (len > 0).then_some(changed)
    }

    /// Reads the payload of [`Kind::RecallPart`] and paints a rectangle inside the picture. `None` when it is cut off, or
    /// what is kept under the number is not all around the rectangle.
    pub(crate) fn part(&mut self, reader: &mut Reader<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
        let number = reader.number()?;
        let kept = self.kept.as_ref()?;
        let place = kept.rect(kept.place(number)?);
        place.contains(&rect).then_some(())?;
        let top = (rect.y - place.y) as usize;
        kept.pixels(number, top..top + rect.height as usize, &mut self.pixels);
        let left = (rect.x - place.x) as usize;
        for (y, kept) in (rect.y..rect.bottom()).zip(self.pixels.chunks_exact(place.width as usize)) {
            let line = Rect::new(rect.x, y, rect.width, 1);
            framebuffer.paint(line, &kept[left..left + rect.width as usize]);
        }
        Some(())
    }

    /// Reads the payload of [`Kind::RecallLines`] and paints a rectangle inside the picture. `None` when it is cut off, is
    /// not of whole columns of tiles, or what is kept is of other columns or has not as many lines.
    pub(crate) fn lines(&mut self, reader: &mut Reader<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
        let (number, row) = (reader.number()?, reader.number()?);
        let kept = self.kept.as_ref()?;
        let mut x = rect.x;
        for number in number.. {
            if x == rect.right() {
                break;
            }
            let place = kept.rect(kept.place(number)?);
            let is_all = place.x == x && place.right() <= rect.right() && row.checked_add(rect.height)? <= place.height;
            is_all.then_some(())?;
            kept.pixels(number, row as usize..(row + rect.height) as usize, &mut self.pixels);
            framebuffer.paint(Rect::new(x, rect.y, place.width, rect.height), &self.pixels);
            x = place.right();
        }
        Some(())
    }
}
