//! Finds what has moved: scrolled text, a dragged window; in both directions at once, and with whatever stays still
//! around it.
//!
//! Short stretches of changed pixels that begin at an edge are looked up in what the other side shows; each find votes
//! for the way between the two places. The ways with most votes are tried for real: only a rectangle whose every pixel
//! is right after the move becomes one.

use std::ops::Range;

use crate::encoder::nothing;
use crate::frame::{BYTES_PER_PIXEL, COLOURS, Frame, Framebuffer, side};
use crate::geometry::Rect;
use crate::picture::Picture;
use crate::tiles::{TILE, Tiles, differ};

/// Most moves in an update: each costs the search again, and beyond these little is left to win.
const MOST_MOVES: usize = 24;

/// Pixels of a stretch that is looked up: words of text differ within so many.
const STRETCH: usize = 16;

/// Columns of pixels that are searched in a row.
const STRIP: usize = 128;

/// Fewer votes than this are chance.
const LEAST_VOTES: u32 = 6;

/// Stretches that a way must put right to be tried.
const LEAST_RIGHT: usize = 6;

/// Ways that are tried.
const WAYS: usize = 3;

/// Pixels that a move must put right to be worth its bytes and its work.
const LEAST_GAIN: u64 = 400;

/// Lines from one that is looked at for what a move gains to the next.
const EVERY: u32 = 4;

/// Damaged pixels below which nobody looks: a letter and a caret are sent sooner than searched for.
const LEAST_DAMAGE: u64 = 2048;

/// Rectangles that are looked at for each way, the longest first: of a picture that repeats itself there are thousands.
const MOST_TRIED: usize = 64;

/// Lines of a picture that are looked at in one piece of work.
const LINES: usize = 16;

/// Lines that a slice must have in a row to be looked at.
const LEAST_LINES: u32 = 8;

/// Pixels across in which lines are tried, from the left edge of the damage: what has moved is most often all of that.
const SLICE: usize = 64;

/// A rectangle whose pixels were at `from` before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) rect: Rect,
    pub(crate) from: (u32, u32),
}

/// How much of the damage is looked at: of a large area some lines of the frame, and some columns of what is meant, are
/// enough for a vote, however it has moved.
#[derive(Clone, Copy)]
struct Sampling {
    /// Lines from one whose stretches are looked up to the next.
    lines: usize,
    /// Strips of columns from one that is searched to the next.
    strips: usize,
}

impl Sampling {
    const fn of(damage: Rect) -> Self {
        match damage.area() {
            0..=0xffff => Self { lines: 2, strips: 1 },
            0x1_0000..=0x7_ffff => Self { lines: 4, strips: 3 },
            _ => Self { lines: 8, strips: 5 },
        }
    }
}

/// From an old place to a new one, pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Way {
    x: isize,
    y: isize,
}

/// The search, with all that it remembers only to allocate nothing.
pub(crate) struct Search {
    anchors: Box<[Anchor]>,
    votes: Box<[(Way, u32)]>,
    /// Around all damage.
    bounds: Rect,
    /// Lines that are right after the move at hand.
    runs: Vec<Run>,
    /// By slice, those that may go on with the next line.
    open: Vec<Option<Run>>,
    moves: Vec<Move>,
    /// The ways that things have moved in the last update.
    last: [Option<Way>; WAYS],
    /// Pixels that may still be moved: nobody has to copy more than a picture.
    room: u64,
    /// Called between two pieces of work.
    pub(crate) between: fn(),
}

/// A stretch of the frame; no mark, no stretch.
#[derive(Clone, Copy, Default)]
struct Anchor {
    mark: u32,
    x: u16,
    y: u16,
}

/// Lines `top..bottom` of a slice.
#[derive(Clone, Copy)]
struct Run {
    left: u32,
    width: u32,
    top: u32,
    bottom: u32,
    /// Are some of its pixels wrong before the move? Plain areas are right before and after most of them.
    gains: bool,
}

impl Run {
    const fn lines(&self) -> u32 {
        self.bottom - self.top
    }

    const fn rect(&self) -> Rect {
        Rect::new(self.left, self.top, self.width, self.lines())
    }
}

impl Search {
    const ANCHORS: usize = 1 << 13;
    const VOTES: usize = 1 << 11;
    /// Most runs that are kept; a picture has a few for each column.
    const RUNS: usize = 1024;
    /// Lines from one that is looked at for a way to go on to the next.
    const SAMPLED_LINES: usize = 16;

    pub(crate) fn new() -> Self {
        Self {
            anchors: vec![Anchor::default(); Self::ANCHORS].into_boxed_slice(),
            votes: vec![(Way::default(), 0); Self::VOTES].into_boxed_slice(),
            bounds: Rect::default(),
            runs: Vec::with_capacity(Self::RUNS),
            open: Vec::new(),
            moves: Vec::with_capacity(MOST_MOVES),
            last: [None; WAYS],
            room: 0,
            between: nothing,
        }
    }

    /// Makes the moves that put most of the damage right, in the picture and as a list, in order; `before` is called before
    /// each of them. The tiles say where to look: what moved was damaged where it is, and where it was.
    pub(crate) fn make(
        &mut self,
        frame: &Frame<'_>,
        tiles: &Tiles,
        picture: &mut Picture,
        mut before: impl FnMut(&Picture, &Move),
    ) -> &[Move] {
        self.moves.clear();
        self.bounds = tiles.bounds();
        if tiles.damaged_pixels() < LEAST_DAMAGE {
            return &self.moves;
        }
        self.room = u64::from(picture.meant().width()) * u64::from(picture.meant().height());
        let last = std::mem::take(&mut self.last);
        self.go_on(last, frame, tiles, picture, &mut before);
        // What scrolls does so line by line, or page by page: then nobody needs to be asked which way.
        let moved: u64 = self.moves.iter().map(|found| found.rect.area()).sum();
        if moved * 4 < tiles.damaged_pixels() * 3 {
            self.search(frame, tiles, picture, &mut before);
        }
        &self.moves
    }

    /// Tries the ways of the last update again that put most of the damage right: less of it could be chance, and would
    /// take away what the right way needs.
    fn go_on(
        &mut self,
        last: [Option<Way>; WAYS],
        frame: &Frame<'_>,
        tiles: &Tiles,
        picture: &mut Picture,
        before: &mut impl FnMut(&Picture, &Move),
    ) {
        for way in last.into_iter().flatten() {
            let moved = Moved { frame, way };
            let samples = lines(tiles, self.between).filter(|(_, y)| y % Self::SAMPLED_LINES == 0);
            let places = samples.flat_map(|(columns, y)| columns.step_by(STRIP).map(move |x| (x, y)));
            let (mut wrong, mut right) = (0, 0);
            let meant = picture.meant();
            for (x, y) in places.filter(|&(x, _)| x + STRETCH <= frame.width() as usize) {
                if differ(frame.row(x, y, STRETCH), meant.span(x, y, STRETCH)) {
                    wrong += 1;
                    right += usize::from(moved.is_right(meant, x, y, STRETCH));
                }
            }
            if right >= LEAST_RIGHT && right * 4 >= wrong * 3 {
                self.try_way(&moved, picture, before);
            }
        }
    }

    /// Asks stretches which way they have moved, and tries what most of them say.
    fn search(
        &mut self,
        frame: &Frame<'_>,
        tiles: &Tiles,
        picture: &mut Picture,
        before: &mut impl FnMut(&Picture, &Move),
    ) {
        let sampling = Sampling::of(self.bounds);
        if !self.drop_anchors(frame, tiles, sampling) {
            return;
        }
        self.look_up(tiles, picture.meant(), sampling);
        for way in self.ways().into_iter().flatten() {
            let moved = Moved { frame, way };
            if self.is_worth_trying(&moved, picture.meant()) {
                self.try_way(&moved, picture, before);
            }
        }
    }

    /// Remembers stretches of the frame; false when there are too few for a vote.
    fn drop_anchors(&mut self, frame: &Frame<'_>, tiles: &Tiles, sampling: Sampling) -> bool {
        self.anchors.fill(Anchor::default());
        let mut dropped = 0;
        for (columns, y) in lines(tiles, self.between).filter(|(_, y)| y % sampling.lines == 0) {
            for_each_stretch(frame.row(columns.start, y, columns.len()), |x, mark| {
                let anchor = &mut self.anchors[place(mark)];
                // The first of several stays: in text that repeats itself any of them votes for the right way too.
                if anchor.mark == 0 {
                    dropped += 1;
                    *anchor = Anchor { mark, x: short(columns.start + x), y: short(y) };
                }
            });
        }
        dropped >= LEAST_VOTES
    }

    /// Looks for the same stretches in what is meant.
    fn look_up(&mut self, tiles: &Tiles, meant: &Framebuffer, sampling: Sampling) {
        self.votes.fill((Way::default(), 0));
        for (columns, y) in lines(tiles, self.between) {
            for start in columns.clone().step_by(STRIP * sampling.strips) {
                let strip = start..columns.end.min(start + STRIP);
                for_each_stretch(meant.span(strip.start, y, strip.len()), |x, mark| {
                    let anchor = self.anchors[place(mark)];
                    if anchor.mark == mark {
                        let way = Way {
                            x: signed(usize::from(anchor.x)) - signed(strip.start + x),
                            y: signed(usize::from(anchor.y)) - signed(y),
                        };
                        self.vote(way);
                    }
                });
            }
        }
    }

    /// Are there stretches that are wrong now and would be right? The moves made so far may have done it all.
    fn is_worth_trying(&self, moved: &Moved<'_>, meant: &Framebuffer) -> bool {
        let right = self.anchors.iter().filter(|anchor| {
            let (x, y) = (usize::from(anchor.x), usize::from(anchor.y));
            anchor.mark != 0
                && moved.is_right(meant, x, y, STRETCH)
                && differ(moved.frame.row(x, y, STRETCH), meant.span(x, y, STRETCH))
        });
        right.take(LEAST_RIGHT).count() == LEAST_RIGHT
    }

    /// One more vote. Where two ways share a place the one that gets more keeps it.
    fn vote(&mut self, way: Way) {
        let place = (way.x * 31 + way.y * 1021).unsigned_abs() % Self::VOTES;
        let (who, votes) = &mut self.votes[place];
        if *who == way {
            *votes += 1;
        } else if *votes == 0 {
            (*who, *votes) = (way, 1);
        } else {
            *votes -= 1;
        }
    }

    /// The ways with most votes, most first.
    fn ways(&self) -> [Option<Way>; WAYS] {
        let mut best = [(Way::default(), 0); WAYS];
        for &(way, votes) in self.votes.iter().filter(|(way, votes)| *votes >= LEAST_VOTES && *way != Way::default()) {
            if let Some(place) = best.iter().position(|(_, less)| votes > *less) {
                best[place..].rotate_right(1);
                best[place] = (way, votes);
            }
        }
        best.map(|(way, votes)| (votes > 0).then_some(way))
    }

    fn try_way(&mut self, moved: &Moved<'_>, picture: &mut Picture, before: &mut impl FnMut(&Picture, &Move)) {
        self.find_runs(moved, picture.meant());
        for _ in 0..MOST_TRIED {
            if self.moves.len() == MOST_MOVES {
                return;
            }
            let Some(found) = self.rectangle() else { return };
            (self.between)();
            let meant = picture.meant();
            let rect = moved.grown(meant, found);
            self.take_out(rect);
            // What was right when it was looked at may have come from where another move went since.
            let is_right = self.moves.is_empty() || moved.is_right_in(meant, rect);
            if !is_right || rect.area() > self.room || moved.gain(meant, rect) < LEAST_GAIN {
                continue;
            }
            self.room -= rect.area();
            let found = Move { rect, from: moved.from(rect) };
            before(picture, &found);
            (self.between)();
            picture.copy(found.rect, found.from);
            (self.between)();
            self.moves.push(found);
            if !self.last.contains(&Some(moved.way))
                && let Some(free) = self.last.iter_mut().find(|way| way.is_none())
            {
                *free = Some(moved.way);
            }
        }
    }

    /// Which lines of which slices of the damage are right after the move? All slices together, line by line, since that
    /// is how the pixels lie in memory.
    fn find_runs(&mut self, moved: &Moved<'_>, meant: &Framebuffer) {
        let bounds = self.bounds;
        self.runs.clear();
        self.open.clear();
        self.open.resize((bounds.width as usize).div_ceil(SLICE), None);
        for y in bounds.y..bounds.bottom() {
            if (y as usize).is_multiple_of(LINES) {
                (self.between)();
            }
            for (slice, left) in (bounds.x..bounds.right()).step_by(SLICE).enumerate() {
                let width = bounds.right().min(left + SLICE as u32) - left;
                if moved.is_right(meant, left as usize, y as usize, width as usize) {
                    let run = self.open[slice].get_or_insert(Run { left, width, top: y, bottom: y, gains: false });
                    run.bottom = y + 1;
                    run.gains =
                        run.gains || (y - run.top).is_multiple_of(EVERY) && moved.gains(meant, run.left, y, width);
                } else if let Some(run) = self.open[slice].take() {
                    self.keep(Some(run));
                }
            }
        }
        for slice in 0..self.open.len() {
            let run = self.open[slice];
            self.keep(run);
        }
    }

    fn keep(&mut self, run: Option<Run>) {
        let long = run.filter(|run| run.lines() >= LEAST_LINES && self.runs.len() < Self::RUNS);
        self.runs.extend(long);
    }

    /// The largest rectangle around the longest run that gains: it takes in neighbouring strips as long as it grows.
    fn rectangle(&self) -> Option<Rect> {
        let seed = self.runs.iter().filter(|run| run.gains).max_by_key(|run| run.lines())?;
        let mut rect = seed.rect();
        loop {
            let beside = self.runs.iter().filter(|run| run.left == rect.right() || run.left + run.width == rect.x);
            let grown = beside.map(|run| {
                let (top, bottom) = (run.top.max(rect.y), run.bottom.min(rect.bottom()));
                let (left, right) = (run.left.min(rect.x), (run.left + run.width).max(rect.right()));
                Rect::new(left, top, right - left, bottom.saturating_sub(top))
            });
            match grown.max_by_key(Rect::area) {
                Some(grown) if grown.area() > rect.area() => rect = grown,
                _ => return Some(rect),
            }
        }
    }

    /// These pixels need no further look.
    fn take_out(&mut self, rect: Rect) {
        let mut at = 0;
        while at < self.runs.len() {
            let run = self.runs[at];
            if !run.rect().overlaps(&rect) {
                at += 1;
                continue;
            }
            self.runs.swap_remove(at);
            self.keep((run.top < rect.y).then_some(Run { bottom: rect.y, ..run }));
            self.keep((rect.bottom() < run.bottom).then_some(Run { top: rect.bottom(), ..run }));
        }
    }
}

/// A frame, and the way that some of it may have come.
struct Moved<'a> {
    frame: &'a Frame<'a>,
    way: Way,
}

impl Moved<'_> {
    /// Is what is meant at the other end of the way what the frame has in these pixels?
    fn is_right(&self, meant: &Framebuffer, x: usize, y: usize, width: usize) -> bool {
        let (from_x, from_y) = (signed(x) - self.way.x, signed(y) - self.way.y);
        let (Ok(from_x), Ok(from_y)) = (usize::try_from(from_x), usize::try_from(from_y)) else { return false };
        if from_x + width > meant.width() as usize || from_y >= meant.height() as usize {
            return false;
        }
        // Most lines that are wrong are so from the beginning.
        let (frame, meant) = (self.frame.row(x, y, width), meant.span(from_x, from_y, width));
        let (first, rest) = (width.min(8) * BYTES_PER_PIXEL, width.saturating_sub(8) * BYTES_PER_PIXEL);
        !differ(&frame[..first], &meant[..first]) && (rest == 0 || !differ(&frame[first..], &meant[first..]))
    }

    /// The rectangle, with the lines and columns around it, up to a tile's, that are right too: what moves seldom ends
    /// where a tile does.
    fn grown(&self, meant: &Framebuffer, rect: Rect) -> Rect {
        let rect = rect.clipped(meant.width(), meant.height());
        let (mut left, mut right) = (rect.x as usize, rect.right() as usize);
        let (mut top, mut bottom) = (rect.y as usize, rect.bottom() as usize);
        let column = |x: usize, lines: Range<usize>| lines.into_iter().all(|y| self.is_right(meant, x, y, 1));
        let (least, most) = (left.saturating_sub(TILE), (right + TILE).min(meant.width() as usize));
        while left > least && column(left - 1, top..bottom) {
            left -= 1;
        }
        while right < most && column(right, top..bottom) {
            right += 1;
        }
        let (least, most) = (top.saturating_sub(TILE), (bottom + TILE).min(meant.height() as usize));
        while top > least && self.is_right(meant, left, top - 1, right - left) {
            top -= 1;
        }
        while bottom < most && self.is_right(meant, left, bottom, right - left) {
            bottom += 1;
        }
        Rect::new(side(left), side(top), side(right - left), side(bottom - top))
    }

    fn is_right_in(&self, meant: &Framebuffer, rect: Rect) -> bool {
        (rect.y..rect.bottom()).all(|y| self.is_right(meant, rect.x as usize, y as usize, rect.width as usize))
    }

    /// Pixels of lines that the move puts right, about: every few lines are looked at.
    fn gain(&self, meant: &Framebuffer, rect: Rect) -> u64 {
        let lines = (rect.y..rect.bottom()).step_by(EVERY as usize);
        let wrong = lines.filter(|&y| self.gains(meant, rect.x, y, rect.width));
        wrong.count() as u64 * u64::from(EVERY * rect.width)
    }

    /// Are some of these pixels wrong before the move?
    fn gains(&self, meant: &Framebuffer, x: u32, y: u32, width: u32) -> bool {
        let (x, y, width) = (x as usize, y as usize, width as usize);
        differ(self.frame.row(x, y, width), meant.span(x, y, width))
    }

    /// Where the rectangle, which has a source, comes from.
    fn from(&self, rect: Rect) -> (u32, u32) {
        let pixels = |number: isize| u32::try_from(number).expect("the source is inside the picture");
        (pixels(signed(rect.x as usize) - self.way.x), pixels(signed(rect.y as usize) - self.way.y))
    }
}

/// Lines of damaged tiles, and which of their columns are damaged; `between` is called now and then.
fn lines(tiles: &Tiles, between: fn()) -> impl Iterator<Item = (Range<usize>, usize)> {
    (0..tiles.rows()).flat_map(move |row| {
        between();
        let lines = row * TILE..tiles.height().min((row + 1) * TILE);
        lines.flat_map(move |y| tiles.damaged(row).map(move |columns| (columns, y)))
    })
}

/// Calls with the place and the mark, which is not 0, of each stretch that is worth looking up: it begins at an edge,
/// since plain areas are everywhere, and is among the few that their first half chooses, wherever they are.
fn for_each_stretch(line: &[u8], mut found: impl FnMut(usize, u32)) {
    const SPREAD: [u64; 4] =
        [0x9e37_79b9_7f4a_7c15, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x27d4_eb2f_1656_67c5];
    let pair = |at: usize| {
        let bytes = line[at..at + 8].try_into().expect("eight bytes");
        u64::from_le_bytes(bytes) & COLOURS
    };
    // Half a stretch; four products that do not wait for one another.
    let half =
        |at: usize| (0..4).fold(0u64, |sum, step| sum.wrapping_add(pair(at + step * 8).wrapping_mul(SPREAD[step])));
    let pixels = line.len() / BYTES_PER_PIXEL;
    for x in 0..(pixels + 1).saturating_sub(STRETCH) {
        let at = x * BYTES_PER_PIXEL;
        let first = pair(at);
        if first >> 32 == first & 0xffff_ffff {
            continue;
        }
        let chooses = half(at);
        if chooses >> 61 != 0 {
            continue;
        }
        let mark = (chooses.rotate_left(29) ^ half(at + STRETCH / 2 * BYTES_PER_PIXEL)).wrapping_mul(SPREAD[0]);
        found(x, (mark >> 32) as u32 | 1);
    }
}

/// Where the anchor of a mark is; the lowest bit is the same of all.
const fn place(mark: u32) -> usize {
    (mark >> 1) as usize % Search::ANCHORS
}

const fn signed(number: usize) -> isize {
    number.cast_signed()
}

/// A coordinate of a picture.
fn short(coordinate: usize) -> u16 {
    u16::try_from(coordinate).expect("a picture's sides are below 2^14")
}
