//! Photographs and film: what of them is sent exactly, what roughly, and when it becomes better.

use std::ops::ControlFlow;

use super::sending::{Sending, room};
use super::{Budget, Effort, EncodeError, Encoder, LEAST_PHOTOGRAPH, Loss, Operations};
use crate::film::{Basis, Quality};
use crate::frame::{BYTES_PER_PIXEL, COLOUR, Frame, Framebuffer};
use crate::geometry::Rect;
use crate::operation::write_head;
use crate::photographs::{Photographs, Run};
use crate::tiles::difference;
use crate::wire::{Kind, LARGEST_TILE, MAX_CHUNK};

/// Bytes for 16 pixels of a photograph that are exact, about.
const EXACT_COST: u64 = 24;

/// Pixels in motion from which exact ones would take too much time, whatever the link can carry: a few hundred square.
const MOST_EXACT_MOTION: u64 = 160_000;

/// How many tiles go in one update: what else there is waits for it.
struct Slices {
    /// Of film.
    film: usize,
    /// Of film that becomes exact.
    exact_film: usize,
    /// Of photographs that are exact at once.
    exact: usize,
}

impl Slices {
    const fn of(effort: Effort) -> Self {
        match effort {
            // 6 to 7 ms of one core.
            Effort::Full => Self { film: 56, exact_film: 14, exact: 28 },
            // The same of one that is half as fast, or that others use half of.
            Effort::Quick => Self { film: 28, exact_film: 7, exact: 14 },
        }
    }
}

/// What rests becomes better in every ninth update, whatever else there is to send.
const PASSED_OVER: u32 = 8;

/// So many of the eight tiles around one are film: then it is in the middle of it, however calm.
const SURROUNDED: usize = 4;

/// So many, and it is at its edge, however little of it is film.
const AT_THE_EDGE: usize = 2;

/// Tiles of one operation.
const RUN: usize = 8;

/// How far what moves is looked for around what waits, pixels.
const MARGIN: u32 = 48;

/// Steps of film and of photographs at first, when the link has room.
const NOMINAL: u8 = 25;

/// Coarser than this one sees that something moves, and hardly what: only until the link has got over it.
const COARSE: u8 = 42;

/// There is nothing coarser.
const COARSEST: u8 = 51;

/// Steps of what rests, on the way to exact: no difference is seen.
const FINE: u8 = 14;

/// Exact pixels are the next step when they take no more than so many updates.
const FEW_UPDATES: u64 = 8;

/// How coarse film is at the moment, and where in the picture it goes on.
pub(super) struct Pace {
    quantiser: u8,
    /// The first tile that this pass over the picture has not come by.
    next: usize,
    /// What is shown was taken as the reference of this pass.
    is_kept: bool,
    /// The last update had other things to send.
    has_waited: bool,
    /// Updates in which something rested and did not become better.
    passed_over: u32,
    stuck: Stuck,
}

/// How often in a row the first film of an update did not fit it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stuck {
    No,
    /// One tile at a time, then.
    Once,
    /// As roughly as can be, so that it certainly fits.
    Twice,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { quantiser: NOMINAL, next: 0, is_kept: false, has_waited: false, passed_over: 0, stuck: Stuck::No }
    }

    /// Beside film, or what scrolls, what rests would stay rough for as long as that goes on, if nothing were kept for it.
    fn is_refining_due(&mut self, photographs: &Photographs) -> bool {
        self.passed_over = if photographs.resting().is_some() { self.passed_over + 1 } else { 0 };
        self.passed_over > PASSED_OVER
    }

    /// So many bytes were spent on so many pixels of a picture's; all of them may have `most` bytes.
    fn learn(&mut self, bytes: usize, pixels: u64, of: u64, most: usize) {
        let all = bytes as u64 * of.max(pixels) / pixels.max(1);
        let most = most as u64;
        if all > 2 * most {
            self.quantiser += if self.quantiser < COARSE { 3 } else { 1 };
        } else if 10 * all > 11 * most {
            self.quantiser += 1;
        } else if 10 * all < 5 * most && self.quantiser > COARSE {
            self.quantiser -= 2;
        } else if 10 * all < 8 * most {
            self.quantiser -= 1;
        }
        self.quantiser = self.quantiser.clamp(NOMINAL, COARSEST);
    }
}

impl Encoder {
    /// What was film just now, changed again and still looks like it does not have to be looked at closely.
    pub(super) fn take_film(&mut self, frame: &Frame<'_>) {
        if !self.photographs.is_empty() {
            self.take(|photographs, tile, changed| {
                let beside = photographs.moving_beside(tile);
                let is_likely =
                    photographs.is_moving(tile) || beside >= AT_THE_EDGE && !has_few_colours(frame, changed);
                is_likely && is_busy(frame, changed, 2) || beside >= SURROUNDED && !looks_like_text(frame, changed)
            });
        }
    }

    /// Nor has what can be nothing else than a photograph, whether it moves or not.
    fn take_photographs(&mut self, frame: &Frame<'_>) {
        self.take(|_, _, changed| {
            changed.area() >= LEAST_PHOTOGRAPH && is_busy(frame, changed, 3) && has_many_colours(frame, changed)
        });
    }

    fn take(&mut self, is_one: impl Fn(&Photographs, usize, Rect) -> bool) {
        let columns = self.tiles.columns();
        for tile in 0..columns * self.tiles.rows() {
            let (row, column) = (tile / columns, tile % columns);
            let Some(changed) = self.tiles.changed(row, column) else { continue };
            (self.between)();
            if is_one(&self.photographs, tile, changed) {
                self.photographs.change(tile, changed);
                self.tiles.clear(row, column);
            }
        }
    }

    /// Writes everything: what is exact first, then photographs, and when there is nothing else, better ones.
    pub(super) fn write_lossy_and_exact(
        &mut self,
        frame: &Frame<'_>,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<(), EncodeError> {
        self.film.try_with(budget.effort);
        if !self.tiles.is_clean() {
            self.take_photographs(frame);
        }
        let has_waited = std::mem::take(&mut self.pace.has_waited);
        if has_waited && self.photographs.is_waiting() && !self.tiles.is_clean() {
            // Not forever: half of this update is theirs.
            let end = sending.end;
            sending.end -= end.saturating_sub(sending.out.len()) / 2;
            let _half = self.write_photographs(frame, budget, sending)?;
            sending.end = end;
        }
        let mut flow = self.write_areas(frame, sending)?;
        if flow.is_continue() && self.pace.is_refining_due(&self.photographs) {
            self.refine(frame, budget, sending)?;
        }
        if self.photographs.is_waiting() && !has_waited {
            // What a person types does not wait for a picture that takes longer.
            let is_alone = flow.is_break() || !sending.operations.is_nothing() && !self.is_exact(budget.loss, sending);
            self.pace.has_waited = is_alone;
            if !is_alone {
                flow = self.write_photographs(frame, budget, sending)?;
            }
        } else if flow.is_continue() && self.photographs.is_waiting() {
            flow = self.write_photographs(frame, budget, sending)?;
        }
        if flow.is_continue() && sending.operations.is_nothing() {
            self.refine(frame, budget, sending)?;
        }
        Ok(())
    }

    /// Something else has gone first.
    pub(super) fn let_photographs_wait(&mut self, budget: Budget, sending: &Sending<'_>) {
        self.pace.has_waited = self.photographs.is_waiting() && !self.is_exact(budget.loss, sending);
    }

    /// Writes the photographs that wait: exactly if that fits, and roughly if not.
    fn write_photographs(
        &mut self,
        frame: &Frame<'_>,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        if self.is_exact(budget.loss, sending) {
            return self.write_exactly(frame, budget, sending);
        }
        self.write_roughly(frame, budget, sending)
    }

    /// Are the photographs that wait sent exactly?
    fn is_exact(&self, loss: Loss, sending: &Sending<'_>) -> bool {
        let left = sending.end.saturating_sub(sending.out.len()) as u64;
        let fits = || self.photographs.waiting_pixels() * EXACT_COST / 16 <= left;
        loss == Loss::Never || fits() && self.photographs.moving_pixels() <= MOST_EXACT_MOTION
    }

    fn write_exactly(
        &mut self,
        frame: &Frame<'_>,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let most = Slices::of(budget.effort).exact;
        let mut tiles = 0;
        while self.photographs.is_waiting() {
            let Some(run) = self.photographs.waiting_run(self.pace.next, 1) else {
                (self.pace.next, self.pace.is_kept) = (0, false);
                continue;
            };
            // Something else may have come back in its place.
            if let Some(rect) = difference(frame, self.picture.shown(), run.rect) {
                if tiles == most {
                    return Ok(ControlFlow::Break(()));
                }
                tiles += 1;
                let before = self.raw.mark();
                let kind = self.writer.write_many(
                    frame,
                    self.picture.shown(),
                    rect,
                    (sending.packing, &sending.work),
                    &mut self.raw,
                );
                let flow = self.send(frame, rect, kind, before, sending)?;
                (self.between)();
                if flow.is_break() {
                    return Ok(flow);
                }
            }
            self.pace.next = run.tiles.end;
            self.picture.mean(frame, run.rect);
            self.photographs.shown(run.tiles);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn write_roughly(
        &mut self,
        frame: &Frame<'_>,
        budget: Budget,
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        let waiting = self.photographs.waiting_pixels().max(self.photographs.moving_pixels());
        let steps = self.pace.quantiser;
        let (quality, most_tiles) = match self.pace.stuck {
            Stuck::No => (Quality::Steps(steps), RUN),
            Stuck::Once => (Quality::Steps(steps), 1),
            Stuck::Twice => (Quality::Crude, 1),
        };
        let most = budget.film.unwrap_or(budget.bytes);
        let slice = Slices::of(budget.effort).film;
        let (mut tiles, mut bytes, mut pixels) = (0, 0, 0);
        let mut flow = ControlFlow::Continue(());
        while self.photographs.is_waiting() {
            let Some(run) = self.photographs.waiting_run(self.pace.next, most_tiles) else {
                (self.pace.next, self.pace.is_kept) = (0, false);
                continue;
            };
            if tiles + run.tiles.len() > slice {
                flow = ControlFlow::Break(());
                break;
            }
            if !self.pace.is_kept && !self.keep(sending)? {
                flow = ControlFlow::Break(());
                break;
            }
            let before = self.raw.len() + sending.out.len();
            flow = self.write_run(frame, &run, (Basis::Reference, quality), sending)?;
            bytes += (self.raw.len() + sending.out.len()).saturating_sub(before);
            if flow.is_break() {
                break;
            }
            tiles += run.tiles.len();
            pixels += run.rect.area();
            self.pace.next = run.tiles.end;
            self.photographs.rough(run.tiles, steps);
        }
        if pixels > 0 {
            self.pace.learn(bytes, pixels, waiting, most);
        } else if flow.is_break() && bytes > 0 {
            self.pace.learn(bytes, 1, 2, 1);
        }
        Ok(flow)
    }

    /// Keeps what is shown as the reference of film; false when the other side would not do it a second time.
    fn keep(&mut self, sending: &mut Sending<'_>) -> Result<bool, EncodeError> {
        let film = self.photographs.bounds_of_film();
        let (x, y) = (film.x.saturating_sub(MARGIN), film.y.saturating_sub(MARGIN));
        let rect = Rect::new(x, y, film.right() + MARGIN - x, film.bottom() + MARGIN - y);
        let rect = rect.clipped(self.width, self.height);
        if sending.work.take(Kind::Reference, rect).is_none() {
            return Ok(false);
        }
        self.film.keep(self.picture.shown(), rect).ok_or(EncodeError::Memory)?;
        write_head(Kind::Reference, rect, &mut self.raw);
        sending.operations.count(Kind::Reference);
        self.pace.is_kept = true;
        Ok(true)
    }

    /// Makes rough photographs better that rest: finer in steps where exact pixels would take long, then exact.
    fn refine(&mut self, frame: &Frame<'_>, budget: Budget, sending: &mut Sending<'_>) -> Result<(), EncodeError> {
        let Some((pixels, roughest)) = self.photographs.resting() else { return Ok(()) };
        self.pace.passed_over = 0;
        let most = sending.end.saturating_sub(sending.out.len()) as u64;
        let is_long = pixels * EXACT_COST / 16 > FEW_UPDATES * most;
        let is_finer = budget.loss == Loss::AtFirst && roughest > FINE;
        let slices = Slices::of(budget.effort);
        let (quality, finer, slice) = if is_long && is_finer {
            (Quality::Steps(FINE), Some(FINE), slices.film)
        } else {
            (Quality::Exact, None, slices.exact_film)
        };
        let mut tiles = 0;
        while tiles < slice {
            let shown = self.picture.shown();
            let Some(run) = self.photographs.worst_resting(finer, RUN, |rect| error(frame, shown, rect)) else {
                break;
            };
            if self.write_run(frame, &run, (Basis::Shown, quality), sending)?.is_break() {
                break;
            }
            tiles += run.tiles.len();
            match finer {
                Some(steps) => self.photographs.rough(run.tiles, steps),
                None => self.photographs.shown(run.tiles),
            }
        }
        Ok(())
    }

    /// Writes film for these tiles; breaks off where the budget ends, and then not all of it is written.
    fn write_run(
        &mut self,
        frame: &Frame<'_>,
        run: &Run,
        how: (Basis, Quality),
        sending: &mut Sending<'_>,
    ) -> Result<ControlFlow<()>, EncodeError> {
        // It does not become shorter by compressing: it counts as it is.
        if self.raw.len() > MAX_CHUNK - LARGEST_TILE {
            self.flush(self.raw.mark(), sending.start, sending.out)?;
        }
        let left = room(sending.end, sending.out).saturating_sub(self.raw.len());
        // The reference alone is nothing to see.
        let is_first = Operations { reference: 0, ..*sending.operations }.is_nothing();
        let is_stuck = self.pace.stuck != Stuck::No && how.0 == Basis::Reference;
        let least = if is_stuck { LARGEST_TILE } else { SMALLEST };
        let limit = if is_first { left.max(least) } else { left };
        if limit < SMALLEST || sending.work.take(Kind::Film, run.rect).is_none() {
            return Ok(ControlFlow::Break(()));
        }
        self.photographs.spread(run);
        write_head(Kind::Film, run.rect, &mut self.raw);
        let limit = limit.min(LARGEST_TILE - MOST_OF_A_MACROBLOCK);
        let shown = self.picture.roughen().ok_or(EncodeError::Memory)?;
        let is_all = self.film.write(frame, shown, run.rect, how, limit, &mut self.raw);
        sending.operations.count(Kind::Film);
        if is_all {
            self.picture.mean(frame, run.rect);
            self.pace.stuck = Stuck::No;
            return Ok(ControlFlow::Continue(()));
        }
        // What becomes better does so bit by bit.
        if is_first && how.0 == Basis::Reference {
            self.pace.stuck = if self.pace.stuck == Stuck::No { Stuck::Once } else { Stuck::Twice };
        }
        Ok(ControlFlow::Break(()))
    }
}

/// Less room than this is none for film, bytes.
const SMALLEST: usize = 256;

/// What one macroblock of film can take, bytes, with everything around it.
const MOST_OF_A_MACROBLOCK: usize = 4096;

/// More than smoothed letters have.
const MANY_COLOURS: u32 = 96;

/// Steps from one pixel to the next that the edges of letters have.
const SHARP: u8 = 32;

/// Lines from one that is looked at to the next.
const EVERY: usize = 4;

fn lines<'a>(frame: &Frame<'a>, rect: Rect) -> impl Iterator<Item = &'a [u8]> {
    let frame = *frame;
    let rows = (rect.y as usize..rect.bottom() as usize).step_by(EVERY);
    rows.map(move |y| frame.row(rect.x as usize, y, rect.width as usize))
}

/// Are so many fifths of the pixels unlike the one beside them? So it is in film, even in the dark; text and windows are
/// calmer.
fn is_busy(frame: &Frame<'_>, rect: Rect, fifths: usize) -> bool {
    let (mut changes, mut pairs) = (0, 0);
    for row in lines(frame, rect) {
        let (row, _) = row.as_chunks::<BYTES_PER_PIXEL>();
        let both = row.iter().zip(&row[1..]);
        pairs += both.len();
        changes +=
            both.map(|(a, b)| u32::from((u32::from_le_bytes(*a) ^ u32::from_le_bytes(*b)) & COLOUR != 0)).sum::<u32>();
    }
    changes as usize * 5 >= pairs * fifths
}

/// Are its edges sharp and its colours few, as in a dialog in front of a film? Calm film has soft ones.
fn looks_like_text(frame: &Frame<'_>, rect: Rect) -> bool {
    has_sharp_edges(frame, rect) && has_few_colours(frame, rect)
}

/// Is it flat within its shapes and around them, and are their edges sharp? So are letters as large as a tile, however many
/// colours their smoothed edges have.
pub(super) fn looks_drawn(frame: &Frame<'_>, rect: Rect) -> bool {
    !is_busy(frame, rect, 2) && has_sharp_edges(frame, rect)
}

/// Is at least every other step from one pixel to the next a sharp one?
fn has_sharp_edges(frame: &Frame<'_>, rect: Rect) -> bool {
    let (mut edges, mut sharp) = (0, 0);
    for row in lines(frame, rect) {
        let (row, _) = row.as_chunks::<BYTES_PER_PIXEL>();
        for (a, b) in row.iter().zip(&row[1..]) {
            let step = (0..3).map(|channel| a[channel].abs_diff(b[channel])).max().unwrap_or_default();
            edges += usize::from(step > 0);
            sharp += usize::from(step >= SHARP);
        }
    }
    sharp > 0 && sharp * 2 >= edges
}

/// Are there several pixels of every colour, as in what is typed beside film?
fn has_few_colours(frame: &Frame<'_>, rect: Rect) -> bool {
    let rows = rect.y as usize..rect.bottom() as usize;
    let colours = count_colours(rows.map(|y| frame.row(rect.x as usize, y, rect.width as usize)));
    u64::from(colours) <= (rect.area() / 4).min(u64::from(MANY_COLOURS))
}

/// Has it more colours than smoothed letters have?
fn has_many_colours(frame: &Frame<'_>, rect: Rect) -> bool {
    count_colours(lines(frame, rect)) >= MANY_COLOURS
}

/// How many colours there are, about; no more than 1024.
fn count_colours<'a>(rows: impl Iterator<Item = &'a [u8]>) -> u32 {
    let mut seen = [0u64; 16];
    for pixel in rows.flat_map(|row| row.chunks_exact(BYTES_PER_PIXEL)) {
        let colour = u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0]);
        let place = colour.wrapping_mul(0x9e37_79b1) >> 22;
        seen[(place >> 6) as usize] |= 1 << (place & 63);
    }
    seen.iter().map(|places| places.count_ones()).sum()
}

/// Sum of squared errors of every fourth line, with green twice: about what the eye would see first.
fn error(frame: &Frame<'_>, shown: &Framebuffer, rect: Rect) -> u64 {
    let lines = (rect.y..rect.bottom()).step_by(4);
    lines
        .map(|y| {
            let is = frame.row(rect.x as usize, y as usize, rect.width as usize);
            let was = shown.row(rect.x, y, rect.width);
            let pixels = is.chunks_exact(BYTES_PER_PIXEL).zip(was.chunks_exact(BYTES_PER_PIXEL));
            let error = |(is, was): (&[u8], &[u8])| {
                let [blue, green, red] = [0, 1, 2].map(|channel| u64::from(is[channel].abs_diff(was[channel])).pow(2));
                blue + 2 * green + red
            };
            pixels.map(error).sum::<u64>()
        })
        .sum()
}
