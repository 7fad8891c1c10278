//! An adaptive binary range coder: each bit is coded by how likely it was so far (G. N. N. Martin, 1979; with carries as
//! in LZMA). Integers only, so that both sides agree on every machine.

use crate::wire::LARGEST_TILE;

/// Bits of a probability when it meets the range.
const PRECISION: u32 = 12;

/// Most zeros that are cut off at the end. Without a limit, a few bytes could stand for bits without end.
const MOST_CUT: usize = 16;

/// The range is kept above this, so that no probability becomes nothing.
const LEAST_RANGE: u32 = 1 << 24;

/// How likely a bit is to be set, learnt from those before it: the mean of a quick learner and a thorough one.
#[derive(Clone, Copy)]
pub(crate) struct Bit {
    quick: u16,
    thorough: u16,
}

impl Bit {
    /// As likely as not.
    pub(crate) const NEW: Self = Self { quick: 1 << 15, thorough: 1 << 15 };

    /// Of 2^12. Never 0 and never all: what is unlikely must remain possible.
    fn likelihood(self) -> u32 {
        let mean = (u32::from(self.quick) + u32::from(self.thorough)) >> (17 - PRECISION);
        mean.clamp(8, (1 << PRECISION) - 8)
    }

    const fn learn(&mut self, bit: bool) {
        if bit {
            self.quick += (u16::MAX - self.quick) >> 4;
            self.thorough += (u16::MAX - self.thorough) >> 7;
        } else {
            self.quick -= self.quick >> 4;
            self.thorough -= self.thorough >> 7;
        }
    }
}

/// One side of the coder. The syntax is written once: whoever writes says the bits, whoever reads is told them.
pub(crate) trait Coder {
    /// Codes one bit; returns it.
    fn bit(&mut self, model: &mut Bit, bit: bool) -> bool;

    /// Codes one bit that is as likely as not.
    fn even(&mut self, bit: bool) -> bool;

    /// Codes a number below `2^bits`, as likely as any other.
    fn plain(&mut self, bits: u32, number: u32) -> u32 {
        (0..bits).rev().fold(0, |read, place| read << 1 | u32::from(self.even(number >> place & 1 == 1)))
    }

    /// Codes a number, the smaller the cheaper: its length in unary by these models, the rest plainly. At most
    /// `2^models.len() - 2`.
    fn number(&mut self, models: &mut [Bit], number: u32) -> u32 {
        let length = (number + 1).ilog2();
        let mut bits = 0;
        for model in models.iter_mut() {
            if !self.bit(model, bits < length) {
                break;
            }
            bits += 1;
        }
        let bits = bits.min(models.len() as u32 - 1);
        ((1 << bits) | self.plain(bits, (number + 1) & ((1 << bits) - 1))) - 1
    }
}

/// Writes. Of the end of what it writes, zeros are cut off, [`MOST_CUT`] of them at most.
#[derive(Default)]
pub(crate) struct RangeWriter {
    low: u64,
    range: u32,
    /// The last byte that is certain but for a carry, and how many bytes of 255 follow it.
    cache: u8,
    held: usize,
    out: Vec<u8>,
}

impl RangeWriter {
    /// Begins anew.
    pub(crate) fn restart(&mut self) {
        (self.low, self.range, self.cache, self.held) = (0, u32::MAX, 0, 0);
        self.out.clear();
        self.out.reserve(LARGEST_TILE);
    }

    /// Bytes so far, about.
    pub(crate) fn len(&self) -> usize {
        self.out.len() + self.held + 4
    }

    /// Writes the end; all bytes then.
    pub(crate) fn finish(&mut self) -> &[u8] {
        for _ in 0..5 {
            self.shift();
        }
        let needed = self.out.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        self.out.truncate(needed.max(self.out.len().saturating_sub(MOST_CUT)));
        self.bytes()
    }

    /// What [`Self::finish`] gave.
    pub(crate) fn bytes(&self) -> &[u8] {
        // The first byte is what the carry of nothing would be.
        self.out.get(1..).unwrap_or_default()
    }

    const fn narrow(&mut self, bound: u32, bit: bool) {
        if bit {
            self.range = bound;
        } else {
            self.low += bound as u64;
            self.range -= bound;
        }
    }

    fn shift(&mut self) {
        if self.low < 0xff00_0000 || self.low > u64::from(u32::MAX) {
            let carry = u8::from(self.low > u64::from(u32::MAX));
            self.out.push(self.cache.wrapping_add(carry));
            let held = std::mem::take(&mut self.held);
            self.out.extend(std::iter::repeat_n(0xffu8.wrapping_add(carry), held));
            self.cache = self.low.to_le_bytes()[3];
        } else {
            self.held += 1;
        }
        self.low = (self.low & 0x00ff_ffff) << 8;
    }

    fn normalise(&mut self) {
        while self.range < LEAST_RANGE {
            self.range <<= 8;
            self.shift();
        }
    }
}

impl Coder for RangeWriter {
    fn bit(&mut self, model: &mut Bit, bit: bool) -> bool {
        let bound = (self.range >> PRECISION) * model.likelihood();
        model.learn(bit);
        self.narrow(bound, bit);
        self.normalise();
        bit
    }

    fn even(&mut self, bit: bool) -> bool {
        self.narrow(self.range >> 1, bit);
        self.normalise();
        bit
    }
}

/// Reads what a [`RangeWriter`] wrote; of any other bytes it makes something too.
pub(crate) struct RangeReader<'a> {
    bytes: &'a [u8],
    range: u32,
    code: u32,
    /// Zeros beyond its end.
    beyond: usize,
}

impl<'a> RangeReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Self { bytes, range: u32::MAX, code: 0, beyond: 0 };
        for _ in 0..4 {
            reader.code = reader.code << 8 | reader.next();
        }
        reader
    }

    /// Were all bytes needed, and no more than a writer might have cut off? It takes exactly those that one wrote.
    pub(crate) const fn is_at_end(&self) -> bool {
        self.bytes.is_empty() && !self.is_beyond()
    }

    /// Was more needed than a writer might have cut off? No writer wrote this, and what is read from now on means
    /// nothing.
    pub(crate) const fn is_beyond(&self) -> bool {
        self.beyond > MOST_CUT
    }

    /// Zeros that were cut off come back.
    fn next(&mut self) -> u32 {
        let Some((first, rest)) = self.bytes.split_first() else {
            self.beyond += 1;
            return 0;
        };
        self.bytes = rest;
        u32::from(*first)
    }

    fn side(&mut self, bound: u32) -> bool {
        let bit = self.code < bound;
        if bit {
            self.range = bound;
        } else {
            self.code -= bound;
            self.range -= bound;
        }
        while self.range < LEAST_RANGE {
            self.range <<= 8;
            self.code = self.code << 8 | self.next();
        }
        bit
    }
}

impl Coder for RangeReader<'_> {
    fn bit(&mut self, model: &mut Bit, _: bool) -> bool {
        let bound = (self.range >> PRECISION) * model.likelihood();
        let bit = self.side(bound);
        model.learn(bit);
        bit
    }

    fn even(&mut self, _: bool) -> bool {
        self.side(self.range >> 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody says who says both what is likely and what is not, by one of three models each.
    fn say(coder: &mut impl Coder, models: &mut [Bit; 3], at: u32, number: u32) -> (bool, u32) {
        let model = &mut models[at as usize % 3];
        let is_rare = coder.bit(model, number.is_multiple_of(1 + 400 * (at % 3)));
        (is_rare, coder.plain(at % 20, number & ((1 << (at % 20)) - 1)))
    }

    #[test]
    fn what_is_written_is_read() {
        let numbers: Vec<u32> = (0..20_000u32).map(|at| at.wrapping_mul(0x9e37_79b1).rotate_left(at % 32)).collect();
        let mut writer = RangeWriter::default();
        // Twice, since a writer begins anew.
        for _ in 0..2 {
            writer.restart();
            let (mut models, mut models_read) = ([Bit::NEW; 3], [Bit::NEW; 3]);
            let said: Vec<_> =
                (0..).zip(&numbers).map(|(at, &number)| say(&mut writer, &mut models, at, number)).collect();
            let bytes = writer.finish().to_vec();
            let mut reader = RangeReader::new(&bytes);
            for (at, said) in (0..).zip(said) {
                assert_eq!(say(&mut reader, &mut models_read, at, 0), said);
            }
            assert!(reader.is_at_end());
        }
    }

    #[test]
    fn what_is_likely_costs_next_to_nothing() {
        let mut writer = RangeWriter::default();
        writer.restart();
        let mut model = Bit::NEW;
        for _ in 0..10_000 {
            writer.bit(&mut model, false);
        }
        let len = writer.finish().len();
        assert!(len < 40, "{len}");
    }

    #[test]
    fn any_bytes_are_read() {
        let mut reader = RangeReader::new(&[0xff; 3]);
        let mut models = [Bit::NEW; 3];
        for at in 0..1000 {
            assert!(say(&mut reader, &mut models, at, 0).1 < 1 << 20);
        }
        assert!(reader.is_beyond());
    }

    #[test]
    fn what_is_as_likely_as_can_be_is_read_though_all_of_it_is_zeros_and_no_more_than_that() {
        for count in [0, 1, 30, 96, 97, 105, 1000] {
            let mut writer = RangeWriter::default();
            writer.restart();
            for _ in 0..count {
                writer.even(true);
            }
            let bytes = writer.finish().to_vec();
            let needed: usize = count / 8 + 4;
            assert_eq!(bytes, vec![0; needed.saturating_sub(MOST_CUT)], "{count} bits");
            let mut reader = RangeReader::new(&bytes);
            assert!((0..count).all(|_| reader.even(true)));
            assert!(reader.is_at_end(), "{count} bits");
            // What follows is made up, and soon known to be.
            for _ in 0..9 * MOST_CUT {
                reader.even(true);
            }
            assert!(reader.is_beyond() && !reader.is_at_end(), "{count} bits");
        }
    }
}
