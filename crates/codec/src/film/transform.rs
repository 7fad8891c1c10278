//! Blocks of 8×8 differences to levels and back, in integers of 16 bits: the transform and the scales of H.264's high
//! profile (ITU-T H.264, 8.5.13; the forward direction is the transposed one). Both sides compute the same, whatever
//! the levels: sums wrap around.

/// Values of a block, row by row.
pub(super) type Block = [i16; 64];

/// A quantiser's number: from one to the next, steps grow by an eighth, and double every six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Quantiser(u8);

/// By how many steps positions are apart, for each of six quantisers: a position's class is its place in a row.
const SCALES: [[u16; 6]; 6] = [
    [20, 18, 32, 19, 25, 24],
    [22, 19, 35, 21, 28, 26],
    [26, 23, 42, 24, 33, 31],
    [28, 25, 45, 26, 35, 33],
    [32, 28, 51, 30, 40, 38],
    [36, 32, 58, 34, 46, 43],
];

/// What a coefficient is multiplied with to be a level, of 2^16 and a bit for every six quantisers.
const FACTORS: [[u16; 6]; 6] = [
    [13107, 11428, 20972, 12222, 16777, 15481],
    [11916, 10826, 19174, 11058, 14980, 14290],
    [10082, 8943, 15978, 9675, 12710, 11985],
    [9362, 8228, 14913, 8931, 11984, 11259],
    [8192, 7346, 13159, 7740, 10486, 9777],
    [7282, 6428, 11570, 6830, 9118, 8640],
];

/// A position's class, for rows and columns counted modulo four.
const CLASSES: [[usize; 4]; 4] = [[0, 3, 4, 3], [3, 1, 5, 1], [4, 5, 2, 5], [3, 1, 5, 1]];

/// Positions from the lowest frequency to the highest.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A position's place among those.
pub(super) const ORDER: [u8; 64] = {
    let (mut order, mut at) = ([0; 64], 0);
    while at < 64 {
        order[ZIGZAG[at as usize] as usize] = at;
        at += 1;
    }
    order
};

impl Quantiser {
    /// The coarsest.
    pub(super) const COARSEST: u8 = 51;

    /// `None` beyond the coarsest.
    pub(super) const fn new(number: u8) -> Option<Self> {
        if number <= Self::COARSEST { Some(Self(number)) } else { None }
    }

    pub(super) const fn number(self) -> u8 {
        self.0
    }

    /// Sixteenths of a step of what is shown.
    pub(super) fn step(self) -> u32 {
        const FIRST: [u32; 6] = [10, 11, 13, 14, 16, 18];
        FIRST[usize::from(self.0 % 6)] << (self.0 / 6)
    }
}

/// Values of every position for each of six quantisers.
const fn by_position(by_class: [[u16; 6]; 6]) -> [[u16; 64]; 6] {
    let mut all = [[0; 64]; 6];
    let mut at = 0;
    while at < 6 * 64 {
        let (which, place) = (at / 64, at % 64);
        all[which][place] = by_class[which][CLASSES[place / 8 % 4][place % 4]];
        at += 1;
    }
    all
}

/// Levels of the differences, by position; how many are not 0. `round`: what is added before a level is cut, of 2^8 of
/// a level.
pub(super) fn quantise(coefficients: &Block, quantiser: Quantiser, round: u32, levels: &mut Block) -> u32 {
    const ALL: [[u16; 64]; 6] = by_position(FACTORS);
    let factors = &ALL[usize::from(quantiser.0 % 6)];
    let bits = u32::from(quantiser.0 / 6);
    let round = round << (8 + bits);
    // In halves of 16 bits, which compilers make wide instructions of.
    let (round_high, round_low) = (high(round), low(round));
    for ((level, &coefficient), &factor) in levels.iter_mut().zip(coefficients).zip(factors) {
        let product = u32::from(coefficient.unsigned_abs()) * u32::from(factor);
        let carry = u16::from(low(product) > u16::MAX - round_low);
        let amount = ((high(product) + round_high + carry) >> bits).cast_signed();
        *level = if coefficient < 0 { -amount } else { amount };
    }
    levels.iter().map(|level| u32::from(*level != 0)).sum()
}

const fn high(number: u32) -> u16 {
    (number >> 16) as u16
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn low(number: u32) -> u16 {
    number as u16
}

/// Coefficients of levels.
pub(super) fn scale(levels: &Block, quantiser: Quantiser, coefficients: &mut Block) {
    const ALL: [[u16; 64]; 6] = by_position(SCALES);
    let scales = &ALL[usize::from(quantiser.0 % 6)];
    let bits = u32::from(quantiser.0 / 6);
    let pairs = coefficients.iter_mut().zip(levels.iter().zip(scales));
    // From two bits on there is nothing to cut, and the lower half of a product is all that is left of it in the end.
    if bits < 2 {
        for (coefficient, (&level, &scale)) in pairs {
            *coefficient = narrow((((i32::from(level) * i32::from(scale)) << bits) + 2) >> 2);
        }
    } else {
        for (coefficient, (&level, &scale)) in pairs {
            *coefficient = level.wrapping_mul(scale.cast_signed()) << (bits - 2);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what does not fit was not written by an encoder, and wraps")]
const fn narrow(value: i32) -> i16 {
    value as i16
}

/// Eight values at once, which compilers make one register of.
#[derive(Clone, Copy)]
struct Row([i16; 8]);

impl Row {
    fn with(self, other: Self, sum: impl Fn(i16, i16) -> i16) -> Self {
        Self(std::array::from_fn(|at| sum(self.0[at], other.0[at])))
    }

    fn add(self, other: Self) -> Self {
        self.with(other, i16::wrapping_add)
    }

    fn sub(self, other: Self) -> Self {
        self.with(other, i16::wrapping_sub)
    }

    fn half(self) -> Self {
        Self(self.0.map(|value| value >> 1))
    }

    fn quarter(self) -> Self {
        Self(self.0.map(|value| value >> 2))
    }
}

fn rows(block: &Block) -> [Row; 8] {
    std::array::from_fn(|row| Row(std::array::from_fn(|column| block[row * 8 + column])))
}

fn transposed(rows: [Row; 8]) -> [Row; 8] {
    std::array::from_fn(|row| Row(std::array::from_fn(|column| rows[column].0[row])))
}

fn store(rows: [Row; 8], block: &mut Block) {
    for (place, row) in block.chunks_exact_mut(8).zip(rows) {
        place.copy_from_slice(&row.0);
    }
}

/// Differences to coefficients.
pub(super) fn forward(block: &mut Block) {
    store(forward_pass(transposed(forward_pass(transposed(rows(block))))), block);
}

/// Coefficients to differences.
pub(super) fn inverse(block: &mut Block) {
    let pass = inverse_pass(transposed(inverse_pass(transposed(rows(block)))));
    store(pass.map(|row| Row(row.0.map(|value| value.wrapping_add(32) >> 6))), block);
}

fn forward_pass(s: [Row; 8]) -> [Row; 8] {
    let sums = [s[0].add(s[7]), s[1].add(s[6]), s[2].add(s[5]), s[3].add(s[4])];
    let differences = [s[0].sub(s[7]), s[1].sub(s[6]), s[2].sub(s[5]), s[3].sub(s[4])];
    let even = [sums[0].add(sums[3]), sums[1].add(sums[2]), sums[0].sub(sums[3]), sums[1].sub(sums[2])];
    let [d07, d16, d25, d34] = differences;
    let odd = [
        d16.add(d25).add(d07.add(d07.half())),
        d07.sub(d34).sub(d25.add(d25.half())),
        d07.add(d34).sub(d16.add(d16.half())),
        d16.sub(d25).add(d34.add(d34.half())),
    ];
    [
        even[0].add(even[1]),
        odd[0].add(odd[3].quarter()),
        even[2].add(even[3].half()),
        odd[1].add(odd[2].quarter()),
        even[0].sub(even[1]),
        odd[2].sub(odd[1].quarter()),
        even[2].half().sub(even[3]),
        odd[0].quarter().sub(odd[3]),
    ]
}

fn inverse_pass(s: [Row; 8]) -> [Row; 8] {
    let (a0, a2) = (s[0].add(s[4]), s[0].sub(s[4]));
    let (a4, a6) = (s[2].half().sub(s[6]), s[6].half().add(s[2]));
    let (b0, b2, b4, b6) = (a0.add(a6), a2.add(a4), a2.sub(a4), a0.sub(a6));
    let a1 = s[5].sub(s[3]).sub(s[7]).sub(s[7].half());
    let a3 = s[1].add(s[7]).sub(s[3]).sub(s[3].half());
    let a5 = s[7].sub(s[1]).add(s[5]).add(s[5].half());
    let a7 = s[3].add(s[5]).add(s[1]).add(s[1].half());
    let (b1, b3) = (a7.quarter().add(a1), a3.add(a5.quarter()));
    let (b5, b7) = (a3.quarter().sub(a5), a7.sub(a1.quarter()));
    [b0.add(b7), b2.add(b5), b4.add(b3), b6.add(b1), b6.sub(b1), b4.sub(b3), b2.sub(b5), b0.sub(b7)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(block: &Block, quantiser: u8) -> Block {
        let quantiser = Quantiser::new(quantiser).expect("there is such a one");
        let (mut coefficients, mut levels) = (*block, [0; 64]);
        forward(&mut coefficients);
        quantise(&coefficients, quantiser, 128, &mut levels);
        scale(&levels, quantiser, &mut coefficients);
        inverse(&mut coefficients);
        coefficients
    }

    #[test]
    fn the_finest_steps_lose_next_to_nothing_and_coarser_ones_a_step() {
        let mut noise = 7u32;
        for range in [3, 40, 255] {
            let block: Block = std::array::from_fn(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                i16::try_from(noise >> 16).map_or(0, |value| value % range) * if noise & 1 << 8 == 0 { 1 } else { -1 }
            });
            for (quantiser, most) in [(0, 1), (12, 6), (24, 26)] {
                let back = there_and_back(&block, quantiser);
                let worst = block.iter().zip(back).map(|(a, b)| a.abs_diff(b)).max();
                assert!(worst <= Some(most), "quantiser {quantiser}, range {range}: {worst:?}");
            }
        }
        for level in [-255, -100, 77, 255] {
            assert_eq!(there_and_back(&[level; 64], 0), [level; 64]);
        }
    }

    #[test]
    fn any_levels_make_a_block() {
        let mut block = [i16::MIN; 64];
        let levels = [i16::MAX; 64];
        scale(&levels, Quantiser::new(Quantiser::COARSEST).expect("the coarsest"), &mut block);
        inverse(&mut block);
    }
}
