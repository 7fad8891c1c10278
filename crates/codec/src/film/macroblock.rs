//! A macroblock's pixels: what it is predicted from, and what its content makes of that. Both sides do this alike.

use super::syntax::{AREA, Content, Continuation, Macroblock, Prediction, SIDE, Vector};
use super::transform::{Block, Quantiser, inverse, scale};
use crate::frame::{BYTES_PER_PIXEL, Framebuffer};

/// BGRX, row by row.
pub(super) type Pixels = [u8; AREA * BYTES_PER_PIXEL];

/// BGRX.
type Pixel = [u8; BYTES_PER_PIXEL];

/// Differences of one plane, row by row.
pub(super) type Plane = [i16; AREA];

/// How much finer the steps of what looks like text are.
const SHARPER: u8 = 12;

/// Where a macroblock lies in the picture; it is narrower at its operation's right edge and lower at the bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl Place {
    /// The corner that a vector leads to and the pixels needed there; `None` when they are not all inside.
    fn moved(self, vector: Vector, picture: &Framebuffer) -> Option<(usize, usize)> {
        let corner = |at: usize, vector: i16, length: usize, side: u32| {
            let at = at.checked_add_signed(isize::from(vector >> 1))?;
            let end = at + length + usize::from(vector & 1 == 1);
            (end <= side as usize).then_some(at)
        };
        let x = corner(self.x, vector.x, self.width, picture.width())?;
        let y = corner(self.y, vector.y, self.height, picture.height())?;
        Some((x, y))
    }
}

/// The quantiser of sharp content.
pub(super) fn sharper(quantiser: Quantiser) -> Quantiser {
    Quantiser::new(quantiser.number().saturating_sub(SHARPER)).unwrap_or(quantiser)
}

/// What a macroblock is taken for. `None` when the vector leads out of the reference.
pub(super) fn predict(
    prediction: Prediction,
    place: Place,
    reference: &Framebuffer,
    shown: &Framebuffer,
    pixels: &mut Pixels,
) -> Option<()> {
    match prediction {
        Prediction::Moved(vector) => fetch(place, vector, reference, pixels),
        Prediction::Shown => fetch(place, Vector::default(), shown, pixels),
        Prediction::Beside(how) => {
            continue_from(place, how, shown, pixels);
            Some(())
        }
    }
}

fn fetch(place: Place, vector: Vector, reference: &Framebuffer, pixels: &mut Pixels) -> Option<()> {
    let (x, y) = place.moved(vector, reference)?;
    let bytes = place.width * BYTES_PER_PIXEL;
    let (right, below) = (usize::from(vector.x & 1 == 1), usize::from(vector.y & 1 == 1));
    for (line, out) in pixels.chunks_exact_mut(SIDE * BYTES_PER_PIXEL).take(place.height).enumerate() {
        let row = |right: usize, below: usize| reference.span(x + right, y + line + below, place.width);
        let out = &mut out[..bytes];
        match (right, below) {
            (0, 0) => out.copy_from_slice(row(0, 0)),
            (1, 1) => {
                let pairs = row(0, 0).iter().zip(row(1, 0)).zip(row(0, 1).iter().zip(row(1, 1)));
                for (out, ((&a, &b), (&c, &d))) in out.iter_mut().zip(pairs) {
                    *out = quarter(a, b, c, d);
                }
            }
            _ => {
                for (out, (&a, &b)) in out.iter_mut().zip(row(0, 0).iter().zip(row(right, below))) {
                    *out = half(a, b);
                }
            }
        }
    }
    Some(())
}

/// Between two values.
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
pub(super) const fn half(a: u8, b: u8) -> u8 {
    ((a as u16 + b as u16 + 1) >> 1) as u8
}

/// Between four values.
#[expect(clippy::cast_possible_truncation, reason = "a mean of bytes is a byte")]
pub(super) const fn quarter(a: u8, b: u8, c: u8, d: u8) -> u8 {
    ((a as u16 + b as u16 + c as u16 + d as u16 + 2) >> 2) as u8
}

/// What is shown above and to the left of a macroblock; grey where the picture has nothing.
pub(super) struct Beside {
    pub(super) above: [Pixel; SIDE],
    pub(super) left: [Pixel; SIDE],
    pub(super) corner: Pixel,
    pub(super) mean: Pixel,
}

impl Beside {
    pub(super) fn of(shown: &Framebuffer, place: Place) -> Self {
        const GREY: Pixel = [0x80, 0x80, 0x80, 0xff];
        let pixel = |x: usize, y: usize| -> Pixel { shown.span(x, y, 1).try_into().expect("a pixel has four bytes") };
        let (mut above, mut left) = ([GREY; SIDE], [GREY; SIDE]);
        if let Some(y) = place.y.checked_sub(1) {
            for (x, above) in (place.x..place.x + place.width).zip(&mut above) {
                *above = pixel(x, y);
            }
        }
        if let Some(x) = place.x.checked_sub(1) {
            for (y, left) in (place.y..place.y + place.height).zip(&mut left) {
                *left = pixel(x, y);
            }
        }
        let corner = match (place.x.checked_sub(1), place.y.checked_sub(1)) {
            (Some(x), Some(y)) => pixel(x, y),
            _ => GREY,
        };
        let mean = mean_of(&above[..place.width], &left[..place.height]);
        Self { above, left, corner, mean }
    }
}

fn continue_from(place: Place, how: Continuation, shown: &Framebuffer, pixels: &mut Pixels) {
    let Beside { above, left, corner, mean } = Beside::of(shown, place);
    let rows = pixels.chunks_exact_mut(SIDE * BYTES_PER_PIXEL).take(place.height);
    for (row, left) in rows.zip(left) {
        for (out, above) in row.chunks_exact_mut(BYTES_PER_PIXEL).take(place.width).zip(above) {
            out.copy_from_slice(&match how {
                Continuation::Mean => mean,
                Continuation::Rows => left,
                Continuation::Columns => above,
                Continuation::Slope => {
                    std::array::from_fn(|channel| sloped(left[channel], above[channel], corner[channel]))
                }
            });
        }
    }
}

/// Left and above, less the corner.
pub(super) const fn sloped(left: u8, above: u8, corner: u8) -> u8 {
    clamped(left as i16 + above as i16 - corner as i16)
}

fn mean_of(above: &[Pixel], left: &[Pixel]) -> Pixel {
    let count = u32::try_from(above.len() + left.len()).unwrap_or(1).max(1);
    std::array::from_fn(|channel| {
        let sum: u32 = above.iter().chain(left).map(|pixel| u32::from(pixel[channel])).sum();
        u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX)
    })
}

/// Shows the macroblock: its prediction, and what it is more than that.
pub(super) fn paint(
    macroblock: &Macroblock,
    quantiser: Quantiser,
    pixels: &mut Pixels,
    place: Place,
    shown: &mut Framebuffer,
) {
    match macroblock.content {
        Content::Nothing => {}
        Content::Rough => add_levels(macroblock, quantiser, pixels),
        Content::Sharp => add_levels(macroblock, sharper(quantiser), pixels),
        Content::Exact => add_pixels(macroblock, pixels),
    }
    for (line, row) in pixels.chunks_exact(SIDE * BYTES_PER_PIXEL).take(place.height).enumerate() {
        shown.span_mut(place.x, place.y + line, place.width).copy_from_slice(&row[..place.width * BYTES_PER_PIXEL]);
    }
}

fn add_pixels(macroblock: &Macroblock, pixels: &mut Pixels) {
    let [greens, blues, reds] = &macroblock.pixels;
    let differences = greens.iter().zip(blues).zip(reds);
    for (pixel, ((&green, &blue), &red)) in pixels.chunks_exact_mut(BYTES_PER_PIXEL).zip(differences) {
        // Of an encoder's differences the sum is a byte; of any others its last byte is as good as any.
        let add = |value: u8, more: i16| value.wrapping_add(more.to_le_bytes()[0]);
        pixel.copy_from_slice(&[
            add(pixel[0], green.wrapping_add(blue)),
            add(pixel[1], green),
            add(pixel[2], green.wrapping_add(red)),
            0xff,
        ]);
    }
}

fn add_levels(macroblock: &Macroblock, quantiser: Quantiser, pixels: &mut Pixels) {
    let blocks = macroblock.content.blocks();
    let mut planes: [Plane; 3] = [[0; AREA]; 3];
    let mut block: Block = [0; 64];
    for number in (0..blocks).filter(|number| macroblock.set[*number]) {
        scale(&macroblock.levels[number], quantiser, &mut block);
        inverse(&mut block);
        match number {
            0..4 => put(&block, number, &mut planes[0]),
            _ if blocks > 6 => put(&block, number % 4, &mut planes[number / 4]),
            _ => put_doubled(&block, &mut planes[number - 3]),
        }
    }
    // In three steps, each of which compilers make wide instructions of.
    let [brightness, orange, green] = &planes;
    let mut channels: [Plane; 3] = [[0; AREA]; 3];
    let [blues, greens, reds] = &mut channels;
    let (pixels, _) = pixels.as_chunks_mut::<BYTES_PER_PIXEL>();
    for (pixel, (blue, (green, red))) in pixels.iter().zip(blues.iter_mut().zip(greens.iter_mut().zip(reds.iter_mut())))
    {
        let pixel = u32::from_le_bytes(*pixel);
        (*blue, *green, *red) = (channel(pixel, 0), channel(pixel, 8), channel(pixel, 16));
    }
    for at in 0..AREA {
        let (brightness, orange, green) = (brightness[at], orange[at], green[at]);
        let rest = brightness.wrapping_sub(green);
        blues[at] = blues[at].saturating_add(rest.wrapping_sub(orange)).clamp(0, 255);
        greens[at] = greens[at].saturating_add(brightness.wrapping_add(green)).clamp(0, 255);
        reds[at] = reds[at].saturating_add(rest.wrapping_add(orange)).clamp(0, 255);
    }
    for (pixel, (blue, (green, red))) in pixels.iter_mut().zip(blues.iter().zip(greens.iter().zip(reds.iter()))) {
        let bits = |channel: i16| u32::from(channel.cast_unsigned());
        *pixel = (bits(*blue) | bits(*green) << 8 | bits(*red) << 16 | 0xff << 24).to_le_bytes();
    }
}

/// The one that begins at this bit of a pixel.
pub(super) const fn channel(pixel: u32, bit: u32) -> i16 {
    (pixel >> bit & 0xff) as i16
}

/// A block into its quarter of a plane.
fn put(block: &Block, quarter: usize, plane: &mut Plane) {
    let start = quarter / 2 * 8 * SIDE + quarter % 2 * 8;
    for (row, line) in block.chunks_exact(8).zip(plane[start..].chunks_mut(SIDE)) {
        line[..8].copy_from_slice(row);
    }
}

/// A block over all of a plane.
fn put_doubled(block: &Block, plane: &mut Plane) {
    for (y, line) in plane.chunks_exact_mut(SIDE).enumerate() {
        let row = &block[y / 2 * 8..y / 2 * 8 + 8];
        for (pair, value) in line.chunks_exact_mut(2).zip(row) {
            pair.fill(*value);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a byte")]
const fn clamped(value: i16) -> u8 {
    if value < 0 {
        0
    } else if value > 255 {
        255
    } else {
        value as u8
    }
}
