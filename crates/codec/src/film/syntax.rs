//! What is said about a macroblock, bit by bit. It is written once for both sides: see [`Coder`].

use super::transform::{Block, ORDER, ZIGZAG};
use crate::range::{Bit, Coder};

/// Side of a macroblock, pixels.
pub(super) const SIDE: usize = 16;

/// Pixels of a macroblock.
pub(super) const AREA: usize = SIDE * SIDE;

/// From a macroblock to what it is predicted from, half pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Vector {
    pub(super) x: i16,
    pub(super) y: i16,
}

/// Farthest vector, half pixels: the difference of any two is a number that can be coded.
pub(super) const FARTHEST: i16 = (1 << 12) - 1;

/// What a macroblock's pixels are taken for before anything else is known of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prediction {
    /// What the reference has there; in an operation that corrects what is shown: what is shown.
    Moved(Vector),
    /// What is shown there: it stays, since it is right.
    Shown,
    /// What is shown above and to the left, continued.
    Beside(Continuation),
}

/// How the pixels above and to the left go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Continuation {
    /// The mean of both.
    Mean,
    /// Each row like the pixel to its left.
    Rows,
    /// Each column like the pixel above it.
    Columns,
    /// Left and above, less the corner.
    Slope,
}

impl Continuation {
    pub(super) const ALL: [Self; 4] = [Self::Mean, Self::Rows, Self::Columns, Self::Slope];
}

/// How a macroblock differs from its prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Not at all.
    Nothing,
    /// By levels, of colours at half the resolution.
    Rough,
    /// By levels of finer steps, of colours at the full resolution: what looks like text.
    Sharp,
    /// By these pixels.
    Exact,
}

/// Most blocks: four for brightness and four for each of the two planes of colour.
pub(super) const BLOCKS: usize = 12;

impl Content {
    /// Blocks that it has.
    pub(super) const fn blocks(self) -> usize {
        match self {
            Self::Nothing | Self::Exact => 0,
            Self::Rough => 6,
            Self::Sharp => BLOCKS,
        }
    }
}

/// All about one macroblock.
pub(super) struct Macroblock {
    pub(super) prediction: Prediction,
    pub(super) content: Content,
    /// Brightness first; 0 where `set` says so.
    pub(super) levels: [Block; BLOCKS],
    /// Which blocks have levels that are not 0.
    pub(super) set: [bool; BLOCKS],
    /// Of exact content: what green is more than predicted, and what blue and red are more than that; row by row.
    pub(super) pixels: [[i16; AREA]; 3],
}

impl Macroblock {
    pub(super) const fn new() -> Self {
        Self {
            prediction: Prediction::Moved(Vector { x: 0, y: 0 }),
            content: Content::Nothing,
            levels: [[0; 64]; BLOCKS],
            set: [false; BLOCKS],
            pixels: [[0; AREA]; 3],
        }
    }

    /// Before it is read: levels that are not said are 0.
    pub(super) fn clear_levels(&mut self) {
        for (levels, _) in self.levels.iter_mut().zip(self.set).filter(|(_, is_set)| *is_set) {
            levels.fill(0);
        }
    }
}

/// What of a macroblock says something about those beside it.
#[derive(Clone, Copy)]
pub(super) struct Neighbour {
    stays: bool,
    is_skipped: bool,
    content: Content,
    set: u8,
    vector: Vector,
}

impl Neighbour {
    pub(super) const NONE: Self =
        Self { stays: false, is_skipped: false, content: Content::Nothing, set: 0, vector: Vector { x: 0, y: 0 } };

    pub(super) const fn vector(&self) -> Vector {
        self.vector
    }
}

/// The macroblocks that were coded around the one at hand.
pub(super) struct Surroundings {
    pub(super) left: Neighbour,
    pub(super) above: Neighbour,
    /// The vector that is likely.
    pub(super) vector: Vector,
}

/// The middle one of three vectors, by component.
pub(super) fn median(a: Vector, b: Vector, c: Vector) -> Vector {
    let middle = |a: i16, b: i16, c: i16| a.max(b).min(a.min(b).max(c));
    Vector { x: middle(a.x, b.x, c.x), y: middle(a.y, b.y, c.y) }
}

/// Everything that was learnt so far about how likely things are.
#[derive(Clone)]
pub(super) struct Models {
    stays: [Bit; 3],
    skipped: [Bit; 3],
    exact: [Bit; 3],
    sharp: [Bit; 3],
    beside: [Bit; 2],
    continuation: [Bit; 3],
    vector: [[Bit; 14]; 2],
    set: [[Bit; 3]; 2],
    levels: [[[LevelModels; 4]; BANDS]; 2],
    pixels: [[PixelModels; CLASSES]; 3],
}

#[derive(Clone, Copy)]
struct LevelModels {
    more: Bit,
    set: Bit,
    above_one: Bit,
    amount: [Bit; 15],
}

#[derive(Clone, Copy)]
struct PixelModels {
    set: Bit,
    more: [Bit; 8],
    amount: [Bit; 10],
}

/// Positions that have much in common, from low frequencies to high ones.
const BANDS: usize = 10;
const BAND: [u8; 64] = [
    0, 1, 2, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6, 6, 6, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 9, 9,
    9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
];

/// How restless the pixels around one are.
const CLASSES: usize = 8;

impl Models {
    pub(super) const fn new() -> Self {
        const LEVEL: LevelModels =
            LevelModels { more: Bit::NEW, set: Bit::NEW, above_one: Bit::NEW, amount: [Bit::NEW; 15] };
        const PIXEL: PixelModels = PixelModels { set: Bit::NEW, more: [Bit::NEW; 8], amount: [Bit::NEW; 10] };
        Self {
            stays: [Bit::NEW; 3],
            skipped: [Bit::NEW; 3],
            exact: [Bit::NEW; 3],
            sharp: [Bit::NEW; 3],
            beside: [Bit::NEW; 2],
            continuation: [Bit::NEW; 3],
            vector: [[Bit::NEW; 14]; 2],
            set: [[Bit::NEW; 3]; 2],
            levels: [[[LEVEL; 4]; BANDS]; 2],
            pixels: [[PIXEL; CLASSES]; 3],
        }
    }
}

/// Codes a macroblock of which `width` × `height` pixels are inside. `is_moved`: may it be predicted from anywhere?
pub(super) fn code<C: Coder>(
    coder: &mut C,
    models: &mut Models,
    around: &Surroundings,
    is_moved: bool,
    (width, height): (usize, usize),
    macroblock: &mut Macroblock,
) -> Neighbour {
    let (left, above) = (&around.left, &around.above);
    let count = |what: fn(&Neighbour) -> bool| usize::from(what(left)) + usize::from(what(above));

    if coder.bit(&mut models.stays[count(|beside| beside.stays)], macroblock.prediction == Prediction::Shown) {
        (macroblock.prediction, macroblock.content) = (Prediction::Shown, Content::Nothing);
        return Neighbour { stays: true, vector: around.vector, ..Neighbour::NONE };
    }
    let likely = Prediction::Moved(around.vector);
    if is_moved {
        let is_skipped = macroblock.content == Content::Nothing && macroblock.prediction == likely;
        if coder.bit(&mut models.skipped[count(|beside| beside.is_skipped)], is_skipped) {
            (macroblock.prediction, macroblock.content) = (likely, Content::Nothing);
            return Neighbour { is_skipped: true, vector: around.vector, ..Neighbour::NONE };
        }
        code_prediction(coder, models, around, macroblock);
    } else {
        macroblock.prediction = likely;
    }

    let is_exact = macroblock.content == Content::Exact;
    if coder.bit(&mut models.exact[count(|beside| beside.content == Content::Exact)], is_exact) {
        macroblock.content = Content::Exact;
        code_pixels(coder, &mut models.pixels, (width, height), &mut macroblock.pixels);
    } else {
        let is_sharp = macroblock.content == Content::Sharp;
        let is_sharp = coder.bit(&mut models.sharp[count(|beside| beside.content == Content::Sharp)], is_sharp);
        macroblock.content = if is_sharp { Content::Sharp } else { Content::Rough };
        let before = usize::from((left.set + above.set).div_ceil(4)).min(2);
        for block in 0..macroblock.content.blocks() {
            let plane = usize::from(block >= 4);
            let is_set = coder.bit(&mut models.set[plane][before], macroblock.set[block]);
            macroblock.set[block] = is_set;
            if is_set {
                code_levels(coder, &mut models.levels[plane], &mut macroblock.levels[block]);
            }
        }
    }
    let set = macroblock.set.iter().take(4.min(macroblock.content.blocks())).filter(|set| **set).count();
    let vector = match macroblock.prediction {
        Prediction::Moved(vector) => vector,
        Prediction::Shown | Prediction::Beside(_) => around.vector,
    };
    Neighbour {
        stays: false,
        is_skipped: false,
        content: macroblock.content,
        set: u8::try_from(set).unwrap_or(4),
        vector,
    }
}

fn code_prediction<C: Coder>(coder: &mut C, models: &mut Models, around: &Surroundings, macroblock: &mut Macroblock) {
    let (vector, how) = match macroblock.prediction {
        Prediction::Moved(vector) => (vector, None),
        Prediction::Shown => (around.vector, None),
        Prediction::Beside(how) => (around.vector, Some(how)),
    };
    let is_lonely = usize::from(around.left.content == Content::Nothing);
    macroblock.prediction = if coder.bit(&mut models.beside[is_lonely], how.is_some()) {
        let number = Continuation::ALL.iter().position(|continuation| Some(*continuation) == how).unwrap_or(0);
        let high = usize::from(coder.bit(&mut models.continuation[0], number & 2 != 0));
        let low = usize::from(coder.bit(&mut models.continuation[1 + high], number & 1 != 0));
        Prediction::Beside(Continuation::ALL[high * 2 + low])
    } else {
        let mut component = |models: &mut [Bit; 14], is: i16, likely: i16| {
            let difference = i32::from(is) - i32::from(likely);
            let number = coder.number(models, (difference << 1 ^ difference >> 31).cast_unsigned());
            let difference = (number >> 1).cast_signed() ^ -(number & 1).cast_signed();
            // Far beyond the picture either way.
            i16::try_from(i32::from(likely) + difference).unwrap_or(FARTHEST).clamp(-FARTHEST, FARTHEST)
        };
        let x = component(&mut models.vector[0], vector.x, around.vector.x);
        let y = component(&mut models.vector[1], vector.y, around.vector.y);
        Prediction::Moved(Vector { x, y })
    };
}

/// Levels of one block, from low frequencies to high ones, at least one of which is not 0. Whoever reads has all 0 before.
fn code_levels<C: Coder>(coder: &mut C, models: &mut [[LevelModels; 4]; BANDS], levels: &mut Block) {
    let last = last_of(levels);
    let mut before = [0u16; 2];
    // Somewhere there is a level, or else the block would not be coded.
    let mut is_after_zero = true;
    for (at, &place) in (0..).zip(&ZIGZAG) {
        let context = match 2 * before[0] + before[1] {
            0 => 0,
            1..=2 => 1,
            3..=5 => 2,
            _ => 3,
        };
        let models = &mut models[usize::from(BAND[usize::from(at)])][context];
        if !is_after_zero && !coder.bit(&mut models.more, at <= last) {
            return;
        }
        let level = &mut levels[usize::from(place)];
        let amount = level.unsigned_abs();
        let is_set = coder.bit(&mut models.set, amount != 0);
        let mut amount = u32::from(is_set) * u32::from(amount.max(1));
        if is_set {
            if coder.bit(&mut models.above_one, amount > 1) {
                amount = 2 + coder.number(&mut models.amount, amount.saturating_sub(2));
            } else {
                amount = 1;
            }
        }
        let amount = i16::try_from(amount).unwrap_or(i16::MAX);
        *level = if is_set && coder.even(*level < 0) { -amount } else { amount };
        is_after_zero = !is_set;
        before = [amount.unsigned_abs().min(64), before[0]];
    }
}

/// How far the order goes until there is nothing but 0; 0 if there is nothing else.
fn last_of(levels: &Block) -> u8 {
    // Most rows are 0, and are seen to be at once.
    let rows = levels.as_chunks::<8>().0.iter().zip(ORDER.as_chunks::<8>().0).filter(|(levels, _)| **levels != [0; 8]);
    let set = rows.flat_map(|(levels, order)| levels.iter().zip(order).filter(|(level, _)| **level != 0));
    set.map(|(_, at)| *at).max().unwrap_or(0)
}

/// Pixels that are right in the end, whatever they are.
fn code_pixels<C: Coder>(
    coder: &mut C,
    models: &mut [[PixelModels; CLASSES]; 3],
    (width, height): (usize, usize),
    pixels: &mut [[i16; AREA]; 3],
) {
    for y in 0..height {
        for x in 0..width {
            let at = y * SIDE + x;
            for plane in 0..3 {
                let beside = |is_inside: bool, offset: usize| {
                    if is_inside { pixels[plane][at - offset].unsigned_abs() } else { 0 }
                };
                let mut around = beside(x > 0, 1) + beside(y > 0, SIDE);
                if plane > 0 {
                    around += pixels[0][at].unsigned_abs();
                }
                let models = &mut models[plane][class(around)];
                pixels[plane][at] = code_pixel(coder, models, pixels[plane][at]);
            }
        }
    }
}

const fn class(around: u16) -> usize {
    match around {
        0 => 0,
        1 => 1,
        2 => 2,
        3..=4 => 3,
        5..=7 => 4,
        8..=12 => 5,
        13..=24 => 6,
        _ => 7,
    }
}

fn code_pixel<C: Coder>(coder: &mut C, models: &mut PixelModels, value: i16) -> i16 {
    if !coder.bit(&mut models.set, value != 0) {
        return 0;
    }
    let is_negative = coder.even(value < 0);
    let wanted = u32::from(value.unsigned_abs());
    let mut amount = 1;
    for model in &mut models.more {
        if !coder.bit(model, wanted > amount) {
            break;
        }
        amount += 1;
    }
    if amount > models.more.len() as u32 {
        amount += coder.number(&mut models.amount, wanted.saturating_sub(amount));
    }
    let amount = i16::try_from(amount).unwrap_or(i16::MAX);
    if is_negative { -amount } else { amount }
}
