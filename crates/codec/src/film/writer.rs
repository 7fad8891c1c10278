//! Pictures to film.

use super::macroblock::{Beside, Pixels, Place, Plane, channel, paint, predict, sharper};
use super::motion::{Brightness, Search, difference_beside};
use super::raster::{Raster, places};
use super::reference::Reference;
use super::syntax::{AREA, Content, Continuation, Macroblock, Models, Prediction, SIDE, Surroundings, Vector, code};
use super::transform::{Block, Quantiser, forward, quantise};
use crate::chunks::Outgoing;
use crate::encoder::{Effort, nothing};
use crate::frame::{BYTES_PER_PIXEL, Frame, Framebuffer};
use crate::geometry::Rect;
use crate::range::RangeWriter;
use crate::tiles::differ;
use crate::wire::{Stream, write_number};

/// What macroblocks are predicted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Basis {
    /// The picture that was kept, with motion.
    Reference = 0,
    /// What is shown there already: it only becomes better.
    Shown = 1,
}

impl Basis {
    pub(super) const fn from_wire(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Reference),
            1 => Some(Self::Shown),
            _ => None,
        }
    }
}

/// How near to the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality {
    /// Every pixel right.
    Exact,
    /// In steps of a quantiser, by its number: 0 is the finest, 51 the coarsest.
    Steps(u8),
    /// In steps so coarse that 16 macroblocks never have more than 8 KiB.
    Crude,
}

/// The quantiser of [`Quality::Crude`].
const CRUDE: u8 = 45;

/// The encoder's side.
pub(crate) struct Writer {
    models: Models,
    raster: Raster,
    coder: RangeWriter,
    macroblock: Box<Macroblock>,
    reference: Reference,
    /// Of the reference, and of the frame.
    kept: Brightness,
    brightness: Brightness,
    search: Search,
    /// Of the last picture's macroblocks, by place.
    vectors: Vec<Vector>,
    /// Macroblocks in a row of those.
    columns: usize,
    effort: Effort,
    /// Called between two pieces of work.
    pub(crate) between: fn(),
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self {
            models: Models::new(),
            raster: Raster::new(),
            coder: RangeWriter::default(),
            macroblock: Box::new(Macroblock::new()),
            reference: Reference::new(),
            kept: Brightness::new(),
            brightness: Brightness::new(),
            search: Search::new(),
            vectors: Vec::new(),
            columns: 0,
            effort: Effort::Full,
            between: nothing,
        }
    }

    /// From now on.
    pub(crate) const fn try_with(&mut self, effort: Effort) {
        self.effort = effort;
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        self.models = Models::new();
        self.raster.restart();
        self.reference.restart();
        self.vectors.fill(Vector::default());
    }

    /// What is shown in the rectangle becomes the reference there. `None` without memory.
    pub(crate) fn keep(&mut self, shown: &Framebuffer, rect: Rect) -> Option<()> {
        self.reference.keep(shown, rect)?;
        let size = (shown.width(), shown.height());
        self.kept.take(size, rect, |x, y, width| shown.span(x, y, width));
        // Those of a picture of another size are only less likely.
        self.columns = (size.0 as usize).div_ceil(SIDE);
        self.vectors.resize(self.columns * (size.1 as usize).div_ceil(SIDE), Vector::default());
        Some(())
    }

    /// Appends the payload for a rectangle of the frame, and shows the same. True when all of it was done: once there
    /// are more than about `limit` bytes, the rest of the macroblocks stay as they are.
    pub(crate) fn write(
        &mut self,
        frame: &Frame<'_>,
        shown: &mut Framebuffer,
        rect: Rect,
        (basis, quality): (Basis, Quality),
        limit: usize,
        out: &mut Outgoing,
    ) -> bool {
        let number = match quality {
            Quality::Exact => 0,
            Quality::Steps(number) => number.min(Quantiser::COARSEST),
            Quality::Crude => CRUDE,
        };
        let quantiser = Quantiser::new(number).expect("at most the coarsest");
        let size = (frame.width(), frame.height());
        self.brightness.take(size, rect, |x, y, width| frame.row(x, y, width));
        self.coder.restart();
        self.raster.begin(rect);
        let is_moved = basis == Basis::Reference;
        let (mut written, mut is_all) = (0, true);
        for (column, place) in places(rect) {
            if self.coder.len() > limit {
                is_all = false;
                break;
            }
            let around = self.raster.around(column, is_moved);
            self.choose(frame, shown, place, basis, quality, quantiser, &around);
            let inside = (place.width, place.height);
            let neighbour = code(&mut self.coder, &mut self.models, &around, is_moved, inside, &mut self.macroblock);
            self.raster.coded(column, neighbour, is_moved);
            written += 1;
            (self.between)();
        }
        let bytes = self.coder.finish();
        out[Stream::Coded].extend_from_slice(bytes);
        let out = &mut out[Stream::Operations];
        out.extend_from_slice(&[basis as u8, quantiser.number()]);
        write_number(written, out);
        write_number(u32::try_from(bytes.len()).expect("a rectangle has a few KiB"), out);
        is_all
    }

    /// Makes up the macroblock at this place, and shows it.
    #[expect(clippy::too_many_arguments, reason = "all of it is the situation of one macroblock")]
    fn choose(
        &mut self,
        frame: &Frame<'_>,
        shown: &mut Framebuffer,
        place: Place,
        basis: Basis,
        quality: Quality,
        quantiser: Quantiser,
        around: &Surroundings,
    ) {
        if is_right(frame, shown, place) {
            self.macroblock.prediction = Prediction::Shown;
            return;
        }
        let prediction = match basis {
            Basis::Reference => self.predict_best(shown, place, around, quantiser),
            Basis::Shown => Prediction::Moved(Vector::default()),
        };
        if let (Basis::Reference, Prediction::Moved(vector)) = (basis, prediction) {
            self.vectors[place.y / SIDE * self.columns + place.x / SIDE] = vector;
        }
        let mut pixels: Pixels = [0; _];
        let kept = self.reference.picture().filter(|_| basis == Basis::Reference);
        let reference = kept.unwrap_or(shown);
        predict(prediction, place, reference, shown, &mut pixels).expect("the search stays inside what was kept");

        let macroblock = &mut *self.macroblock;
        macroblock.prediction = prediction;
        match quality {
            Quality::Exact => exact(frame, place, &pixels, macroblock),
            Quality::Crude => rough(frame, place, &pixels, Content::Rough, quantiser, macroblock),
            Quality::Steps(_) => {
                let content = if is_text(frame, &self.brightness, place) { Content::Sharp } else { Content::Rough };
                rough(frame, place, &pixels, content, quantiser, macroblock);
            }
        }
        if basis == Basis::Shown && macroblock.content == Content::Nothing {
            macroblock.prediction = Prediction::Shown;
        } else {
            paint(macroblock, quantiser, &mut pixels, place, shown);
        }
    }

    fn predict_best(
        &mut self,
        shown: &Framebuffer,
        place: Place,
        around: &Surroundings,
        quantiser: Quantiser,
    ) -> Prediction {
        let before = self.vectors[place.y / SIDE * self.columns + place.x / SIDE];
        let likely = [around.vector, Vector::default(), around.left.vector(), around.above.vector(), before];
        let found = self.search.find(&self.brightness, &self.kept, place, &likely, (self.effort, quantiser.step()));
        let area = u32::try_from(place.width * place.height).unwrap_or(u32::MAX);
        // Half a step of each pixel is what quantising costs anyway.
        let enough = area * (quantiser.step() / 16 + 6);
        if found.is_some_and(|found| found.cost < enough) {
            return Prediction::Moved(found.map_or(around.vector, |found| found.vector));
        }
        let mut best = found.map(|found| (Prediction::Moved(found.vector), found.cost));
        let block = self.brightness.block(place);
        let beside = Beside::of(shown, place);
        for how in Continuation::ALL {
            let cost = difference_beside(&block, &beside, how, place);
            if best.is_none_or(|(_, least)| cost < least) {
                best = Some((Prediction::Beside(how), cost));
            }
        }
        best.map_or(Prediction::Beside(Continuation::Mean), |(prediction, _)| prediction)
    }
}

/// Does the other side show what the frame has here?
fn is_right(frame: &Frame<'_>, shown: &Framebuffer, place: Place) -> bool {
    let mut lines = place.y..place.y + place.height;
    lines.all(|y| !differ(frame.row(place.x, y, place.width), shown.span(place.x, y, place.width)))
}

/// What each channel of the frame is more than predicted: blue, green, red; 0 outside.
fn differences(frame: &Frame<'_>, place: Place, predicted: &Pixels) -> [Plane; 3] {
    // What is outside is as predicted.
    let mut is = *predicted;
    for (line, row) in is.chunks_exact_mut(SIDE * BYTES_PER_PIXEL).take(place.height).enumerate() {
        row[..place.width * BYTES_PER_PIXEL].copy_from_slice(frame.row(place.x, place.y + line, place.width));
    }
    let mut planes: [Plane; 3] = [[0; AREA]; 3];
    let [blues, greens, reds] = &mut planes;
    // All of it in one loop, of which compilers make wide instructions.
    let pixels = is.as_chunks().0.iter().zip(predicted.as_chunks().0);
    for ((blue, (green, red)), (is, was)) in blues.iter_mut().zip(greens.iter_mut().zip(reds)).zip(pixels) {
        let (is, was) = (u32::from_le_bytes(*is), u32::from_le_bytes(*was));
        *blue = channel(is, 0) - channel(was, 0);
        *green = channel(is, 8) - channel(was, 8);
        *red = channel(is, 16) - channel(was, 16);
    }
    planes
}

fn exact(frame: &Frame<'_>, place: Place, pixels: &Pixels, macroblock: &mut Macroblock) {
    let [blues, greens, reds] = differences(frame, place, pixels);
    let is_nothing = [&blues, &greens, &reds].iter().all(|plane| plane.iter().all(|value| *value == 0));
    macroblock.content = if is_nothing { Content::Nothing } else { Content::Exact };
    macroblock.set = [false; _];
    let beside_green = |plane: Plane| std::array::from_fn(|at| plane[at] - greens[at]);
    macroblock.pixels = [greens, beside_green(blues), beside_green(reds)];
}

fn rough(
    frame: &Frame<'_>,
    place: Place,
    pixels: &Pixels,
    content: Content,
    quantiser: Quantiser,
    macroblock: &mut Macroblock,
) {
    let [blues, greens, reds] = differences(frame, place, pixels);
    // What macroblock.rs undoes: brightness (b + 2g + r) / 4, orange (r - b) / 2, green (2g - b - r) / 4.
    let brightness: Plane = std::array::from_fn(|at| (blues[at] + 2 * greens[at] + reds[at] + 2) >> 2);
    let orange: Plane = std::array::from_fn(|at| (reds[at] - blues[at]) >> 1);
    let green: Plane = std::array::from_fn(|at| (2 * greens[at] - blues[at] - reds[at] + 2) >> 2);
    let quantiser = if content == Content::Sharp { sharper(quantiser) } else { quantiser };
    let mut is_set = false;
    for number in 0..content.blocks() {
        let mut block = match number {
            0..4 => quarter_of(&brightness, number),
            _ if content == Content::Sharp => quarter_of([&orange, &green][number / 4 - 1], number % 4),
            _ => halved([&orange, &green][number - 4]),
        };
        forward(&mut block);
        let levels = &mut macroblock.levels[number];
        // Cut a little below the middle: what is uncertain is more often nothing.
        let set = quantise(&block, quantiser, 40, levels);
        macroblock.set[number] = set > 0 && !is_negligible(levels, set);
        is_set |= macroblock.set[number];
    }
    macroblock.content = if is_set { content } else { Content::Nothing };
}

/// A few ones among high frequencies are noise, dearer than they are worth.
fn is_negligible(levels: &Block, set: u32) -> bool {
    const LOWEST: [usize; 6] = [0, 1, 8, 9, 2, 16];
    set <= 2 && levels.iter().all(|level| level.unsigned_abs() <= 1) && LOWEST.iter().all(|place| levels[*place] == 0)
}

fn quarter_of(plane: &Plane, quarter: usize) -> Block {
    let start = quarter / 2 * 8 * SIDE + quarter % 2 * 8;
    let mut block = [0; 64];
    for (row, line) in block.chunks_exact_mut(8).zip(plane[start..].chunks(SIDE)) {
        row.copy_from_slice(&line[..8]);
    }
    block
}

fn halved(plane: &Plane) -> Block {
    let mut block = [0; 64];
    for (row, lines) in block.chunks_exact_mut(8).zip(plane.chunks_exact(2 * SIDE)) {
        let (upper, lower) = lines.split_at(SIDE);
        let sums: [i16; SIDE] = std::array::from_fn(|at| upper[at] + lower[at]);
        for (value, pair) in row.iter_mut().zip(sums.chunks_exact(2)) {
            *value = (pair[0] + pair[1] + 2) >> 2;
        }
    }
    block
}

/// Does it look like text or lines, maybe over a picture? There are steep edges, and one colour again and again; on a calm ground
/// that changes from pixel to pixel itself it is only that of the ink.
fn is_text(frame: &Frame<'_>, brightness: &Brightness, place: Place) -> bool {
    /// Between two pixels side by side.
    const STEEP: u8 = 48;
    const CALM: u8 = 2;
    const LEAST_STEEP: usize = 10;
    const LEAST_ALIKE: u16 = 24;
    const LEAST_ALIKE_IF_CALM: u16 = 12;
    let (mut steep, mut calm) = ([0u8; SIDE - 1], [0u8; SIDE - 1]);
    for row in brightness.block(place).as_chunks::<SIDE>().0.iter().take(place.height) {
        let inside = row.iter().zip(&row[1..place.width]);
        for ((steep, calm), (a, b)) in steep.iter_mut().zip(&mut calm).zip(inside) {
            *steep += u8::from(a.abs_diff(*b) >= STEEP);
            *calm += u8::from(a.abs_diff(*b) <= CALM);
        }
    }
    let count = |pairs: [u8; SIDE - 1]| pairs.iter().map(|pairs| usize::from(*pairs)).sum::<usize>();
    if count(steep) < LEAST_STEEP {
        return false;
    }
    let is_calm = count(calm) * 2 >= (place.width - 1) * place.height;
    let least_alike = if is_calm { LEAST_ALIKE_IF_CALM } else { LEAST_ALIKE };
    let mut counts = [(0u32, 0u16); 64];
    for line in 0..place.height {
        for pixel in frame.row(place.x, place.y + line, place.width).chunks_exact(BYTES_PER_PIXEL) {
            let colour = u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0xff]);
            let (who, count) = &mut counts[(colour.wrapping_mul(0x9e37_79b1) >> 26) as usize];
            if *who == colour {
                *count += 1;
            } else if *count == 0 {
                (*who, *count) = (colour, 1);
            } else {
                *count -= 1;
            }
        }
    }
    counts.iter().any(|(_, count)| *count >= least_alike)
}
