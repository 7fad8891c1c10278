//! What looks like photographs and film: which tiles of it are to be sent, which are shown only roughly, and since when
//! they rest.

use std::ops::Range;
use std::time::Duration;

use crate::frame::side;
use crate::geometry::Rect;
use crate::moves::Move;
use crate::tiles::{TILE, Tiles};

/// A tile that changed again within this time is in motion: film has eight pictures a second at least.
const MOTION: Duration = Duration::from_millis(300);

/// A tile rests when it has not changed for so many times as long as between its last two changes, within these bounds.
const REST_CHANGES: u32 = 3;
const SHORTEST_REST: Duration = Duration::from_millis(80);
const LONGEST_REST: Duration = Duration::from_millis(250);

/// What is known of the photograph in a tile.
#[derive(Clone, Copy)]
struct Photograph {
    /// Around it, pixels of the picture; empty when there is none.
    rect: Rect,
    state: State,
    /// When it changed last, and the time between that and the change before.
    changed: Option<Duration>,
    interval: Duration,
    /// When something else last moved into the tile.
    moved: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is to be sent.
    Waiting,
    /// It is shown, in steps of this quantiser, or coarser ones than any when nobody knows; and is so wrong, as soon as
    /// somebody has looked.
    Rough { quantiser: u8, error: Option<u64> },
}

/// Tiles side by side, and the part of them that is meant.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) rect: Rect,
    pub(crate) tiles: Range<usize>,
}

/// The photographs of a picture, by tile.
pub(crate) struct Photographs {
    columns: usize,
    tiles: Vec<Photograph>,
    /// How many are not empty, and how many of these wait.
    all: usize,
    waiting: usize,
    /// As they were before a move; kept only to allocate nothing.
    before: Vec<Photograph>,
    now: Duration,
    has_clock: bool,
}

impl Photographs {
    /// Of a picture that has as many tiles; none.
    pub(crate) fn new(tiles: &Tiles) -> Self {
        Self {
            columns: tiles.columns(),
            tiles: vec![Photograph::NONE; tiles.columns() * tiles.rows()],
            all: 0,
            waiting: 0,
            before: Vec::new(),
            now: Duration::ZERO,
            has_clock: false,
        }
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        self.tiles.fill(Photograph::NONE);
        (self.all, self.waiting) = (0, 0);
    }

    /// It is so late now. Without a clock, everything rests that does not change.
    pub(crate) fn tick(&mut self, now: Option<Duration>) {
        self.has_clock = now.is_some();
        self.now = now.unwrap_or(self.now + LONGEST_REST + MOTION).max(self.now);
    }

    /// Is it this time yet? Without a clock it is, as soon as anybody asks again.
    pub(crate) fn is_past(&self, time: Duration) -> bool {
        !self.has_clock || time <= self.now
    }

    /// None at all?
    pub(crate) const fn is_empty(&self) -> bool {
        self.all == 0
    }

    /// Is there one in this tile?
    pub(crate) fn is_one(&self, tile: usize) -> bool {
        !self.tiles[tile].rect.is_empty()
    }

    /// Does any wait?
    pub(crate) const fn is_waiting(&self) -> bool {
        self.waiting > 0
    }

    /// This part of the picture has changed and looks like one.
    pub(crate) fn add(&mut self, rect: Rect) {
        for (tile, part) in parts(rect, self.columns) {
            self.add_in(tile, part);
        }
    }

    fn add_in(&mut self, tile: usize, part: Rect) {
        let photograph = &mut self.tiles[tile];
        // Looked at again, since it did not fit the budget before: that is no change.
        if photograph.is_waiting() && photograph.rect.contains(&part) {
            return;
        }
        self.change(tile, part);
    }

    /// This part of a tile has changed.
    pub(crate) fn change(&mut self, tile: usize, part: Rect) {
        let photograph = &mut self.tiles[tile];
        if photograph.rect.is_empty() {
            self.all += 1;
            self.waiting += 1;
        } else if photograph.state != State::Waiting {
            self.waiting += 1;
        }
        photograph.state = State::Waiting;
        photograph.rect = photograph.rect.around(&part);
        if let Some(before) = photograph.changed.replace(self.now).filter(|before| *before < self.now) {
            photograph.interval = self.now - before;
        }
    }

    /// Has the tile changed twice in a short time, or would it have if it changed now? What comes in at the edge of
    /// something that scrolls does not count.
    pub(crate) fn is_moving(&self, tile: usize) -> bool {
        let photograph = &self.tiles[tile];
        let is_recent =
            |changed: &Duration| self.now - *changed < MOTION && (photograph.interval < MOTION || *changed < self.now);
        let changed = photograph.changed.filter(is_recent);
        !photograph.rect.is_empty() && changed.is_some() && photograph.moved < changed
    }

    /// How many of the tiles around this one are in motion.
    pub(crate) fn moving_beside(&self, tile: usize) -> usize {
        let (row, column) = (tile / self.columns, tile % self.columns);
        let rows = row.saturating_sub(1)..(row + 2).min(self.tiles.len() / self.columns);
        let columns = column.saturating_sub(1)..(column + 2).min(self.columns);
        let around = rows.flat_map(|row| columns.clone().map(move |column| row * self.columns + column));
        around.filter(|beside| *beside != tile && self.is_moving(*beside)).count()
    }

    /// Pixels that wait.
    pub(crate) fn waiting_pixels(&self) -> u64 {
        self.tiles.iter().filter(|photograph| photograph.is_waiting()).map(|photograph| photograph.rect.area()).sum()
    }

    /// Pixels in motion, whether they wait or not.
    pub(crate) fn moving_pixels(&self) -> u64 {
        let moving = self.tiles.iter().enumerate().filter(|(tile, _)| self.is_moving(*tile));
        moving.map(|(_, photograph)| photograph.rect.area()).sum()
    }

    /// Around all that waits, and what will soon: a pass over the picture may go on when that has changed again.
    pub(crate) fn bounds_of_film(&self) -> Rect {
        let tiles = self.tiles.iter().enumerate();
        let film = tiles.filter(|(tile, photograph)| photograph.is_waiting() || self.is_moving(*tile));
        film.fold(Rect::default(), |all, (_, photograph)| all.around(&photograph.rect))
    }

    /// The first tiles from this one on that wait, side by side, at most so many.
    pub(crate) fn waiting_run(&self, from: usize, most: usize) -> Option<Run> {
        let first = from + self.tiles[from.min(self.tiles.len())..].iter().position(Photograph::is_waiting)?;
        Some(self.run(first, most, Photograph::is_waiting))
    }

    /// Tiles of a row from this one on that are so, at most so many.
    fn run(&self, first: usize, most: usize, is_meant: impl Fn(&Photograph) -> bool) -> Run {
        let end = (first - first % self.columns + self.columns).min(first + most);
        let others = self.tiles[first..end].iter().take_while(|photograph| is_meant(photograph));
        let (rect, count) =
            others.fold((Rect::default(), 0), |(all, count), photograph| (all.around(&photograph.rect), count + 1));
        Run { rect, tiles: first..first + count }
    }

    /// What is around these tiles in the run may become as rough as they are.
    pub(crate) fn spread(&mut self, run: &Run) {
        for tile in run.tiles.clone() {
            if let Some(part) = run.rect.common(&self.place(tile)) {
                self.tiles[tile].rect = part;
            }
        }
    }

    /// These tiles are shown now as they are.
    pub(crate) fn shown(&mut self, tiles: Range<usize>) {
        for photograph in self.tiles[tiles].iter_mut().filter(|photograph| !photograph.rect.is_empty()) {
            self.waiting -= usize::from(photograph.is_waiting());
            photograph.rect = Rect::default();
            self.all -= 1;
        }
    }

    /// These tiles are shown now roughly, in steps of this quantiser.
    pub(crate) fn rough(&mut self, tiles: Range<usize>, quantiser: u8) {
        for photograph in self.tiles[tiles].iter_mut().filter(|photograph| !photograph.rect.is_empty()) {
            self.waiting -= usize::from(photograph.is_waiting());
            photograph.state = State::Rough { quantiser, error: None };
        }
    }

    /// Something has moved: what was shown roughly where it was is so where it is now.
    pub(crate) fn moved(&mut self, found: &Move) {
        let Move { rect, from } = *found;
        let has_any = !self.is_empty();
        if has_any {
            // The two places may overlap.
            self.before.clone_from(&self.tiles);
        }
        for (tile, part) in parts(rect, self.columns) {
            self.tiles[tile].moved = Some(self.now);
            if has_any {
                let source = Rect { x: from.0 + part.x - rect.x, y: from.1 + part.y - rect.y, ..part };
                let rough = rough_in(&self.before, source, self.columns);
                let came = rough.map(|all| Rect { x: all.x - from.0 + rect.x, y: all.y - from.1 + rect.y, ..all });
                self.move_into(tile, rect, came.unwrap_or_default());
            }
        }
    }

    /// All of this rectangle, as far as it is in the tile, came from elsewhere, and this part of it is rough.
    fn move_into(&mut self, tile: usize, rect: Rect, rough: Rect) {
        let photograph = &mut self.tiles[tile];
        let (is_one, is_waiting) = (!photograph.rect.is_empty(), photograph.is_waiting());
        if is_one && !rect.contains(&photograph.rect) {
            photograph.rect = photograph.rect.around(&rough);
            return;
        }
        photograph.rect = rough;
        photograph.state = State::Rough { quantiser: u8::MAX, error: None };
        (photograph.changed, photograph.interval) = (None, Duration::MAX);
        self.waiting -= usize::from(is_waiting);
        self.all -= usize::from(is_one);
        self.all += usize::from(!rough.is_empty());
    }

    /// Where a tile is, pixels of the picture; beyond its edges too.
    fn place(&self, tile: usize) -> Rect {
        let corner = |number: usize| side(number * TILE);
        Rect::new(corner(tile % self.columns), corner(tile / self.columns), side(TILE), side(TILE))
    }

    /// Pixels of rough tiles that rest by now, and the steps of the roughest.
    pub(crate) fn resting(&self) -> Option<(u64, u8)> {
        let rests = |photograph: &&Photograph| photograph.rests_at().is_some_and(|at| at <= self.now);
        let resting = self.tiles.iter().filter(rests);
        let each = resting.map(|photograph| (photograph.rect.area(), photograph.quantiser().unwrap_or_default()));
        each.reduce(|(pixels, roughest), (area, number)| (pixels + area, roughest.max(number)))
    }

    /// The tiles that rest and of which `error` says the most, side by side, at most so many, of steps coarser than
    /// these. Those next to the worst come along.
    pub(crate) fn worst_resting(&mut self, finer: Option<u8>, most: usize, error: impl Fn(Rect) -> u64) -> Option<Run> {
        let now = self.now;
        let is_meant = |photograph: &Photograph| {
            photograph.rests_at().is_some_and(|at| at <= now) && photograph.quantiser() > finer
        };
        let resting = self.tiles.iter_mut().enumerate().filter(|(_, photograph)| is_meant(photograph));
        let (_, worst) = resting.map(|(tile, photograph)| (photograph.error(&error), tile)).max()?;
        Some(self.run(worst, most, is_meant))
    }

    /// When the next rough tile comes to rest.
    pub(crate) fn next_rest(&self) -> Option<Duration> {
        self.tiles.iter().filter_map(Photograph::rests_at).min()
    }
}

impl Photograph {
    const NONE: Self = Self {
        rect: Rect::new(0, 0, 0, 0),
        state: State::Waiting,
        changed: None,
        interval: Duration::MAX,
        moved: None,
    };

    const fn is_waiting(&self) -> bool {
        !self.rect.is_empty() && matches!(self.state, State::Waiting)
    }

    const fn quantiser(&self) -> Option<u8> {
        match self.state {
            State::Rough { quantiser, .. } if !self.rect.is_empty() => Some(quantiser),
            _ => None,
        }
    }

    /// How wrong it is. Looked at once for as long as it is shown so: that is most of what it costs to choose the worst.
    fn error(&mut self, look: impl Fn(Rect) -> u64) -> Option<u64> {
        let rect = self.rect;
        match &mut self.state {
            State::Waiting => None,
            State::Rough { error, .. } => Some(*error.get_or_insert_with(|| look(rect))),
        }
    }

    /// When it is made better, if it does not change until then.
    fn rests_at(&self) -> Option<Duration> {
        self.quantiser()?;
        let rest = if self.interval < MOTION { self.interval * REST_CHANGES } else { SHORTEST_REST };
        Some(self.changed.max(self.moved)? + rest.clamp(SHORTEST_REST, LONGEST_REST))
    }
}

/// The tiles of a picture of so many columns that a rectangle overlaps, and the part of it in each.
fn parts(rect: Rect, columns: usize) -> impl Iterator<Item = (usize, Rect)> {
    const SIDE: u32 = TILE as u32;
    let place = |row, column| Rect::new(column * SIDE, row * SIDE, SIDE, SIDE);
    (rect.y / SIDE..rect.bottom().div_ceil(SIDE)).flat_map(move |row| {
        let all = rect.x / SIDE..rect.right().div_ceil(SIDE);
        let tile = move |column| row as usize * columns + column as usize;
        all.filter_map(move |column| Some((tile(column), rect.common(&place(row, column))?)))
    })
}

/// Around what is not exact of a rectangle.
fn rough_in(tiles: &[Photograph], rect: Rect, columns: usize) -> Option<Rect> {
    let each = parts(rect, columns).filter_map(|(tile, part)| tiles[tile].rect.common(&part));
    each.reduce(|all, part| all.around(&part))
}
