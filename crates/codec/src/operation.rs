//! Pixels of one rectangle to an operation and back: what kind fits, and the bytes of each kind (see [`crate::wire`]).

use crate::frame::{BYTES_PER_PIXEL, Frame, Framebuffer};
use crate::geometry::Rect;
use crate::wire::{Kind, Reader, index_bits, write_number};

/// Most colours of a palette. Beyond that, a picture is more likely, which the predictor serves better.
const MAX_COLOURS: usize = 256;

/// The unused byte of a pixel (little endian), as it always leaves the codec.
const X: u32 = 0xff00_0000;

/// Writes operations.
pub(crate) struct Writer {
    /// The rectangle at hand, row by row, X always set.
    pixels: Vec<u32>,
    palette: Palette,
    planes: [Vec<u8>; 3],
}

impl Writer {
    /// For rectangles of at most `area` pixels.
    pub(crate) fn new(area: usize) -> Self {
        Self {
            pixels: Vec::with_capacity(area),
            palette: Palette::new(area),
            planes: std::array::from_fn(|_| Vec::with_capacity(area)),
        }
    }

    /// Appends the operation for these pixels of the frame, not empty, and says its kind.
    pub(crate) fn write(&mut self, frame: &Frame<'_>, rect: Rect, out: &mut Vec<u8>) -> Kind {
        let (x, width) = (rect.x as usize, rect.width as usize);
        self.pixels.clear();
        for y in rect.y..rect.bottom() {
            let row = frame.row(x, y as usize, width).chunks_exact(BYTES_PER_PIXEL);
            self.pixels.extend(row.map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0xff])));
        }

        let first = self.pixels[0];
        let kind = if self.pixels.iter().all(|&pixel| pixel == first) {
            Kind::Solid
        } else if self.palette.build(&self.pixels) {
            Kind::Palette
        } else {
            Kind::Literal
        };
        out.push(kind as u8);
        for number in [rect.x, rect.y, rect.width, rect.height] {
            write_number(number, out);
        }
        match kind {
            Kind::Solid => write_colour(first, out),
            Kind::Palette => self.palette.write(width, out),
            Kind::Literal => write_literal(&self.pixels, width, &mut self.planes, out),
        }
        kind
    }

    /// The pixels last written, row by row.
    pub(crate) fn pixels(&self) -> &[u32] {
        &self.pixels
    }
}

/// Reads operations.
pub(crate) struct Painter {
    planes: [Vec<u8>; 3],
}

impl Painter {
    pub(crate) const fn new() -> Self {
        Self { planes: [Vec::new(), Vec::new(), Vec::new()] }
    }

    /// Reads one operation and paints it if it has no more than `room` pixels. `None` when it is malformed, cut off,
    /// empty, too large or not all inside; nothing is painted then.
    pub(crate) fn paint(&mut self, reader: &mut Reader<'_>, framebuffer: &mut Framebuffer, room: u64) -> Option<Rect> {
        let kind = Kind::from_wire(reader.byte()?)?;
        let rect = Rect::new(reader.number()?, reader.number()?, reader.number()?, reader.number()?);
        let inside = rect.clipped(framebuffer.width(), framebuffer.height()) == rect;
        if rect.is_empty() || !inside || rect.area() > room {
            return None;
        }
        match kind {
            Kind::Solid => {
                let colour = read_colour(reader)?.to_le_bytes();
                for y in rect.y..rect.bottom() {
                    for pixel in framebuffer.row_mut(rect.x, y, rect.width).chunks_exact_mut(BYTES_PER_PIXEL) {
                        pixel.copy_from_slice(&colour);
                    }
                }
            }
            Kind::Palette => paint_palette(reader, rect, framebuffer)?,
            Kind::Literal => self.paint_literal(reader, rect, framebuffer)?,
        }
        Some(rect)
    }

    fn paint_literal(&mut self, reader: &mut Reader<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
        let (width, height) = (rect.width as usize, rect.height as usize);
        // The bytes are looked at first: what there is no bytes for is not allocated for.
        let mut read = || reader.bytes(width * height);
        let residuals = [read()?, read()?, read()?];
        for (plane, residual) in self.planes.iter_mut().zip(residuals) {
            restore(residual, width, plane);
        }
        let [green, blue, red] = &self.planes;
        for (row, y) in (rect.y..rect.bottom()).enumerate() {
            let at = row * width..(row + 1) * width;
            let planes = green[at.clone()].iter().zip(&blue[at.clone()]).zip(&red[at]);
            let pixels = framebuffer.row_mut(rect.x, y, rect.width).chunks_exact_mut(BYTES_PER_PIXEL);
            for (pixel, ((&green, &blue), &red)) in pixels.zip(planes) {
                pixel.copy_from_slice(&[blue.wrapping_add(green), green, red.wrapping_add(green), 0xff]);
            }
        }
        Some(())
    }
}

fn write_colour(colour: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&colour.to_le_bytes()[..3]);
}

fn read_colour(reader: &mut Reader<'_>) -> Option<u32> {
    let bytes = reader.bytes(3)?;
    Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0xff]))
}

/// The colours of a rectangle and each pixel's number among them, in order of first appearance.
struct Palette {
    colours: Vec<u32>,
    indices: Vec<u8>,
    /// Open addressing, 0 is free: no colour is 0, since X is set.
    slots: Box<[u32; Self::SLOTS]>,
    numbers: Box<[u8; Self::SLOTS]>,
}

impl Palette {
    /// Four times the colours, so that a search ends after a step or two.
    const SLOTS: usize = 4 * MAX_COLOURS;

    fn new(area: usize) -> Self {
        Self {
            colours: Vec::with_capacity(MAX_COLOURS),
            indices: Vec::with_capacity(area),
            slots: Box::new([0; Self::SLOTS]),
            numbers: Box::new([0; Self::SLOTS]),
        }
    }

    /// Are there few enough colours?
    fn build(&mut self, pixels: &[u32]) -> bool {
        // A colour costs three bytes once, a literal pixel three bytes each time.
        let most = MAX_COLOURS.min(pixels.len() / 2 + 1);
        self.colours.clear();
        self.indices.clear();
        self.slots.fill(0);
        let (mut last, mut number) = (0, 0);
        for &pixel in pixels {
            if pixel != last {
                let Some(found) = self.number(pixel, most) else { return false };
                (last, number) = (pixel, found);
            }
            self.indices.push(number);
        }
        true
    }

    fn number(&mut self, colour: u32, most: usize) -> Option<u8> {
        let mut slot = (colour.wrapping_mul(0x9e37_79b1) >> 22) as usize;
        loop {
            if self.slots[slot] == colour {
                return Some(self.numbers[slot]);
            }
            if self.slots[slot] == 0 {
                let number = u8::try_from(self.colours.len()).ok().filter(|_| self.colours.len() < most)?;
                self.slots[slot] = colour;
                self.numbers[slot] = number;
                self.colours.push(colour);
                return Some(number);
            }
            slot = (slot + 1) % Self::SLOTS;
        }
    }

    fn write(&self, width: usize, out: &mut Vec<u8>) {
        out.push(u8::try_from(self.colours.len() - 1).expect("a palette has at most 256 colours"));
        for &colour in &self.colours {
            write_colour(colour, out);
        }
        let bits = index_bits(self.colours.len());
        if bits == 8 {
            return out.extend_from_slice(&self.indices);
        }
        for row in self.indices.chunks_exact(width) {
            let bytes = row.chunks(8 / bits);
            out.extend(bytes.map(|indices| indices.iter().rev().fold(0, |byte, index| byte << bits | index)));
        }
    }
}

fn paint_palette(reader: &mut Reader<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
    let colours = usize::from(reader.byte()?) + 1;
    let mut palette = [X; MAX_COLOURS];
    for colour in &mut palette[..colours] {
        *colour = read_colour(reader)?;
    }
    let bits = index_bits(colours);
    let per_byte = 8 / bits;
    let row_bytes = (rect.width as usize).div_ceil(per_byte);
    let rows = reader.bytes(row_bytes * rect.height as usize)?;
    // An index beyond the colours is black: it harms nobody, and checking each would cost every honest pixel.
    let mask = u8::MAX >> (8 - bits);
    for (indices, y) in rows.chunks_exact(row_bytes).zip(rect.y..) {
        let row = framebuffer.row_mut(rect.x, y, rect.width);
        for (pixels, &byte) in row.chunks_mut(per_byte * BYTES_PER_PIXEL).zip(indices) {
            let mut byte = byte;
            for pixel in pixels.chunks_exact_mut(BYTES_PER_PIXEL) {
                pixel.copy_from_slice(&palette[usize::from(byte & mask)].to_le_bytes());
                byte = byte.checked_shr(bits as u32).unwrap_or(0);
            }
        }
    }
    Some(())
}

fn write_literal(pixels: &[u32], width: usize, planes: &mut [Vec<u8>; 3], out: &mut Vec<u8>) {
    for plane in planes.iter_mut() {
        plane.clear();
    }
    let [green, blue, red] = planes;
    // Colours of pictures move together: what is left beside green is small.
    green.extend(pixels.iter().map(|pixel| pixel.to_le_bytes()[1]));
    blue.extend(pixels.iter().map(|pixel| pixel.to_le_bytes()[0].wrapping_sub(pixel.to_le_bytes()[1])));
    red.extend(pixels.iter().map(|pixel| pixel.to_le_bytes()[2].wrapping_sub(pixel.to_le_bytes()[1])));
    for plane in planes {
        residuals(plane, width, out);
    }
}

/// Appends each byte of a plane less its prediction.
fn residuals(plane: &[u8], width: usize, out: &mut Vec<u8>) {
    let (first, _) = plane.split_at(width);
    out.push(first[0]);
    out.extend(first.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])));
    for (above, row) in plane.chunks_exact(width).zip(plane.chunks_exact(width).skip(1)) {
        out.push(row[0].wrapping_sub(above[0]));
        let neighbours = row.iter().zip(above).zip(&above[1..]);
        out.extend(
            row[1..]
                .iter()
                .zip(neighbours)
                .map(|(value, ((&left, &corner), &above))| value.wrapping_sub(predict(left, above, corner))),
        );
    }
}

/// The inverse of [`residuals`], into `plane`.
fn restore(residuals: &[u8], width: usize, plane: &mut Vec<u8>) {
    plane.clear();
    plane.extend_from_slice(residuals);
    let (mut above, mut rest) = plane.split_at_mut(width);
    for x in 1..width {
        above[x] = above[x].wrapping_add(above[x - 1]);
    }
    while !rest.is_empty() {
        let (row, below) = rest.split_at_mut(width);
        row[0] = row[0].wrapping_add(above[0]);
        let mut left = row[0];
        for (value, corner) in row[1..].iter_mut().zip(above.windows(2)) {
            left = value.wrapping_add(predict(left, corner[1], corner[0]));
            *value = left;
        }
        (above, rest) = (row, below);
    }
}

/// The median edge detector of LOCO-I (JPEG-LS, ITU-T T.87, A.4.2): level across edges, sloped elsewhere.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped between two bytes")]
fn predict(left: u8, above: u8, corner: u8) -> u8 {
    let slope = i16::from(left) + i16::from(above) - i16::from(corner);
    slope.clamp(i16::from(left.min(above)), i16::from(left.max(above))) as u8
}
