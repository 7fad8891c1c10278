//! Film to pictures.

use super::macroblock::{Pixels, paint, predict};
use super::raster::{Raster, count, places};
use super::reference::Reference;
use super::syntax::{Macroblock, Models, Prediction, code};
use super::transform::Quantiser;
use super::writer::Basis;
use crate::chunks::Group;
use crate::frame::Framebuffer;
use crate::geometry::Rect;
use crate::range::RangeReader;
use crate::wire::Stream;

/// The decoder's side: what was learnt, and the reference, 4 bytes a pixel of the picture.
pub(crate) struct Reader {
    /// Both only once there is film: many sessions have none.
    state: Option<Box<State>>,
    reference: Reference,
}

struct State {
    models: Models,
    raster: Raster,
    macroblock: Macroblock,
    pixels: Pixels,
}

impl Reader {
    pub(crate) const fn new() -> Self {
        Self { state: None, reference: Reference::new() }
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        if let Some(state) = &mut self.state {
            state.models = Models::new();
            state.raster.restart();
        }
        self.reference.restart();
    }

    /// What is shown in the rectangle, which is inside, becomes the reference there. `None` without memory.
    pub(crate) fn keep(&mut self, shown: &Framebuffer, rect: Rect) -> Option<()> {
        self.reference.keep(shown, rect)
    }

    /// Reads a payload and paints it into a rectangle inside the picture. `None` when it is cut off, has too many bytes
    /// or too few, or needs pixels outside the reference.
    pub(crate) fn paint(&mut self, group: &mut Group<'_>, rect: Rect, shown: &mut Framebuffer) -> Option<()> {
        let reader = group.stream(Stream::Operations);
        let basis = Basis::from_wire(reader.byte()?)?;
        let quantiser = Quantiser::new(reader.byte()?)?;
        let macroblocks = reader.number()?;
        let len = reader.number()? as usize;
        let mut coder = RangeReader::new(group.stream(Stream::Coded).bytes(len)?);
        (macroblocks <= count(rect)).then_some(())?;

        let is_moved = basis == Basis::Reference;
        let state = self.state.get_or_insert_with(|| {
            Box::new(State {
                models: Models::new(),
                raster: Raster::new(),
                macroblock: Macroblock::new(),
                pixels: [0; _],
            })
        });
        let State { models, raster, macroblock, pixels } = &mut **state;
        raster.begin(rect);
        for (column, place) in places(rect).take(macroblocks as usize) {
            (!coder.is_beyond()).then_some(())?;
            let around = raster.around(column, is_moved);
            macroblock.clear_levels();
            let neighbour = code(&mut coder, models, &around, is_moved, (place.width, place.height), macroblock);
            raster.coded(column, neighbour, is_moved);
            if macroblock.prediction == Prediction::Shown {
                continue;
            }
            let reference = if is_moved { self.reference.picture()? } else { &*shown };
            predict(macroblock.prediction, place, reference, shown, pixels)?;
            paint(macroblock, quantiser, pixels, place, shown);
        }
        coder.is_at_end().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunks::Outgoing;
    use crate::film::syntax::{AREA, BLOCKS, Content, Neighbour, Surroundings, Vector};
    use crate::operation::write_head;
    use crate::range::{Bit, Coder, RangeWriter};
    use crate::wire::{KEYFRAME, Kind, LARGEST_TILE, write_number};
    use crate::{DecodeError, Decoder};

    /// Counts what it is told.
    #[derive(Default)]
    struct Counting {
        coder: RangeWriter,
        bits: usize,
    }

    impl Coder for Counting {
        fn bit(&mut self, model: &mut Bit, bit: bool) -> bool {
            self.bits += 1;
            self.coder.bit(model, bit)
        }

        fn even(&mut self, bit: bool) -> bool {
            self.bits += 1;
            self.coder.even(bit)
        }
    }

    /// Bits of an update of so many macroblocks that are as dear as can be, of each of which only a pixel is inside; and
    /// whether a decoder takes it.
    fn worst(macroblocks: usize, side: u32) -> (usize, Result<(), DecodeError>) {
        let mut macroblock = Macroblock {
            prediction: Prediction::Moved(Vector { x: 0, y: 0 }),
            content: Content::Sharp,
            levels: [[i16::MAX; 64]; BLOCKS],
            set: [true; BLOCKS],
            pixels: [[0; AREA]; 3],
        };
        let around = Surroundings { left: Neighbour::NONE, above: Neighbour::NONE, vector: Vector::default() };
        let mut models = Models::new();
        let mut counting = Counting::default();
        let mut out = Outgoing::new(LARGEST_TILE).expect("there is memory");
        let mut update = vec![KEYFRAME];
        write_number(side, &mut update);
        write_number(side, &mut update);
        for _ in 0..macroblocks {
            counting.coder.restart();
            code(&mut counting, &mut models, &around, false, (1, 1), &mut macroblock);
            let bytes = counting.coder.finish();
            write_head(Kind::Film, Rect::new(3, 3, 1, 1), &mut out);
            out[Stream::Operations].extend_from_slice(&[Basis::Shown as u8, 30]);
            write_number(1, &mut out[Stream::Operations]);
            write_number(u32::try_from(bytes.len()).expect("it is short"), &mut out[Stream::Operations]);
            out[Stream::Coded].extend_from_slice(bytes);
            out.flush(out.mark(), &mut update).expect("it compresses");
        }
        let result = Decoder::new().apply(&update, &mut Framebuffer::new()).map(drop);
        (counting.bits, result)
    }

    #[test]
    fn film_of_single_pixels_cannot_cost_more_bits_than_film_of_half_a_picture() {
        const SIDE: u32 = 512;
        let (bits, result) = worst(576, SIDE);
        assert_eq!(result, Ok(()), "as many as half a picture has, and a little");
        let each = bits / 576;
        assert!((20_000..28_000).contains(&each), "{each} bits are the most that a macroblock has");
        let (_, result) = worst(577, SIDE);
        assert_eq!(result, Err(DecodeError::Operation));
        // So a pixel of the picture stands for no more bits than these.
        assert!(bits / ((SIDE * SIDE) as usize) < 64, "{bits} bits");
    }
}
