//! Rectangles of few colours. The palette is one for the whole session, so that the same glyph is the same bytes
//! wherever and whenever it appears, which is what zstd finds: half the bytes of a palette for each rectangle.

use crate::frame::{BYTES_PER_PIXEL, Framebuffer};
use crate::geometry::Rect;
use crate::wire::{Reader, read_colour, write_colour, write_number};

/// Colours of the palette.
const COLOURS: usize = 256;

/// Most colours that one rectangle may add: a picture would throw the others out, and the predictor serves it better.
const MOST_NEW: usize = 128;

/// The encoder's side.
pub(crate) struct Palette {
    table: Table,
    /// As it was before the last rectangle.
    before: Table,
    /// Numbers that the last rectangle gave to colours.
    new: std::ops::Range<usize>,
    /// The last rectangle's pixels.
    indices: Vec<u8>,
}

impl Palette {
    /// For rectangles of at most `area` pixels.
    pub(crate) fn new(area: usize) -> Self {
        Self { table: Table::new(), before: Table::new(), new: 0..0, indices: Vec::with_capacity(area) }
    }

    /// Begins without colours.
    pub(crate) fn restart(&mut self) {
        self.table.clear();
    }

    /// The rectangle of the last [`Self::build`] is not sent.
    pub(crate) fn undo(&mut self) {
        self.table.clone_from(&self.before);
    }

    /// Are there few enough colours? Then they have numbers now.
    pub(crate) fn build(&mut self, pixels: &[u32]) -> bool {
        self.before.clone_from(&self.table);
        // A colour costs three bytes once, a literal pixel three bytes each time.
        let most_new = MOST_NEW.min(pixels.len() / 2 + 1);
        let known = self.table.len;
        if self.number_all(pixels, (known + most_new).min(COLOURS)) {
            self.new = known..self.table.len;
            return true;
        }
        // Full: begin again with the colours at hand.
        self.table.clear();
        if self.number_all(pixels, most_new) {
            self.new = 0..self.table.len;
            return true;
        }
        self.undo();
        false
    }

    /// Appends what [`Self::build`] found.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let number = |number: usize| u32::try_from(number).expect("at most 256");
        write_number(number(self.new.start), out);
        write_number(number(self.new.len()), out);
        for &colour in &self.table.colours[self.new.clone()] {
            write_colour(colour, out);
        }
        out.extend_from_slice(&self.indices);
    }

    fn number_all(&mut self, pixels: &[u32], most: usize) -> bool {
        self.indices.clear();
        // No colour is 0, since X is set.
        let (mut last, mut number) = (0, 0);
        for &pixel in pixels {
            if pixel != last {
                let Some(found) = self.table.number(pixel, most) else { return false };
                (last, number) = (pixel, found);
            }
            self.indices.push(number);
        }
        true
    }
}

/// Colours by number and numbers by colour.
#[derive(Clone)]
struct Table {
    colours: [u32; COLOURS],
    len: usize,
    /// Colours again, with open addressing; 0 is free.
    slots: [u32; Self::SLOTS],
    numbers: [u8; Self::SLOTS],
}

impl Table {
    /// Four times the colours, so that a search ends after a step or two.
    const SLOTS: usize = 4 * COLOURS;

    const fn new() -> Self {
        Self { colours: [0; COLOURS], len: 0, slots: [0; Self::SLOTS], numbers: [0; Self::SLOTS] }
    }

    fn clear(&mut self) {
        self.len = 0;
        self.slots.fill(0);
    }

    /// The number of a colour, a new one while there are fewer than `most`.
    fn number(&mut self, colour: u32, most: usize) -> Option<u8> {
        let mut slot = (colour.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        loop {
            if self.slots[slot] == colour {
                return Some(self.numbers[slot]);
            }
            if self.slots[slot] == 0 {
                let number = u8::try_from(self.len).ok().filter(|_| self.len < most)?;
                self.slots[slot] = colour;
                self.numbers[slot] = number;
                self.colours[self.len] = colour;
                self.len += 1;
                return Some(number);
            }
            slot = (slot + 1) % Self::SLOTS;
        }
    }
}

/// The decoder's side: colours by number, BGRX.
pub(crate) struct Colours([[u8; BYTES_PER_PIXEL]; COLOURS]);

impl Colours {
    pub(crate) const fn new() -> Self {
        Self([[0, 0, 0, 0xff]; COLOURS])
    }

    /// Reads a payload and paints it into a rectangle inside the picture. `None` when it is cut off or has too many
    /// colours. A number that was never given is black: it harms nobody, and checking would cost every honest pixel.
    pub(crate) fn paint(&mut self, reader: &mut Reader<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
        let known = reader.number()? as usize;
        let new = reader.number()? as usize;
        for colour in self.0.get_mut(known..known + new)? {
            *colour = read_colour(reader)?;
        }
        let width = rect.width as usize;
        let indices = reader.bytes(width * rect.height as usize)?;
        for (indices, y) in indices.chunks_exact(width).zip(rect.y..) {
            let pixels = framebuffer.row_mut(rect.x, y, rect.width).chunks_exact_mut(BYTES_PER_PIXEL);
            for (pixel, &index) in pixels.zip(indices) {
                pixel.copy_from_slice(&self.0[usize::from(index)]);
            }
        }
        Some(())
    }
}
