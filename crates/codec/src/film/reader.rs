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

    /// Reads a payload and paints it into a rectangle inside the picture. `None` when it is cut off, has too many bytes,
    /// or needs pixels outside the reference.
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
            let around = raster.around(column, is_moved);
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
