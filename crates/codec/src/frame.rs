//! Pictures: borrowed from a capture, and owned by a decoder.

use crate::geometry::Rect;

/// Bytes of a pixel: blue, green, red, unused.
pub const BYTES_PER_PIXEL: usize = 4;

/// Widest and highest picture, pixels.
pub const MAX_DIMENSION: u32 = 16_384;

/// Most pixels of a picture, so that a few bytes from the network claim at most 256 MiB, and as much again for the
/// reference of film: four 4K displays side by side are half of it.
pub const MAX_PIXELS: u32 = 1 << 26;

/// A pixel without its X.
pub(crate) const COLOUR: u32 = 0x00ff_ffff;

/// Two pixels without their X.
pub(crate) const COLOURS: u64 = 0x00ff_ffff_00ff_ffff;

/// A picture to encode, borrowed: BGRX pixels, rows from top to bottom.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    data: &'a [u8],
    width: u32,
    height: u32,
    stride: usize,
}

impl<'a> Frame<'a> {
    /// A picture of `width` × `height` pixels whose row `y` begins at byte `y * stride` of `data`. Bytes beyond
    /// `width * 4` in a row are not looked at, and the last row may end without them.
    ///
    /// # Errors
    ///
    /// [`FrameError`] when a size is out of bounds or `data` does not hold the picture.
    pub fn new(data: &'a [u8], width: u32, height: u32, stride: usize) -> Result<Self, FrameError> {
        check_size(width, height, MAX_PIXELS)?;
        let row = width as usize * BYTES_PER_PIXEL;
        let needed = stride.checked_mul(height as usize - 1).and_then(|all| all.checked_add(row));
        match needed {
            Some(needed) if stride >= row && data.len() >= needed => Ok(Self { data, width, height, stride }),
            _ => Err(FrameError::Short { width, height, stride, len: data.len() }),
        }
    }

    /// Pixels, at least 1.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Pixels, at least 1.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Bytes of `width` pixels from column `x` of row `y`.
    pub(crate) fn row(&self, x: usize, y: usize, width: usize) -> &'a [u8] {
        let start = y * self.stride + x * BYTES_PER_PIXEL;
        &self.data[start..start + width * BYTES_PER_PIXEL]
    }
}

/// Why a picture is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No pixel, or more than [`MAX_DIMENSION`] or [`MAX_PIXELS`] allow.
    #[error("a picture of {width}×{height} pixels is out of bounds")]
    Size {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// The bytes do not hold the picture.
    #[error("{len} bytes with a stride of {stride} do not hold {width}×{height} pixels")]
    Short {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Bytes from one row to the next.
        stride: usize,
        /// Bytes given.
        len: usize,
    },
}

/// Is this the size of a picture?
pub(crate) fn check_size(width: u32, height: u32, max_pixels: u32) -> Result<(), FrameError> {
    let sides = 1..=MAX_DIMENSION;
    let pixels = u64::from(width) * u64::from(height);
    if sides.contains(&width) && sides.contains(&height) && pixels <= u64::from(max_pixels) {
        Ok(())
    } else {
        Err(FrameError::Size { width, height })
    }
}

/// A coordinate or side of a picture, or of a part of one.
pub(crate) fn side(pixels: usize) -> u32 {
    u32::try_from(pixels).expect("a picture's sides are below 2^14")
}

/// A picture that updates are applied to: BGRX pixels with X = 255, rows from top to bottom without gaps. Empty (0×0)
/// until the first keyframe.
#[derive(Clone, Default)]
pub struct Framebuffer {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Framebuffer {
    /// An empty one; a keyframe gives it its size.
    #[must_use]
    pub const fn new() -> Self {
        Self { width: 0, height: 0, pixels: Vec::new() }
    }

    /// Pixels; 0 before the first keyframe.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Pixels; 0 before the first keyframe.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Bytes from one row to the next: `width * 4`.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.width as usize * BYTES_PER_PIXEL
    }

    /// All rows, `stride() * height()` bytes.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Bytes of `width` pixels from column `x` of row `y`.
    ///
    /// # Panics
    ///
    /// When they are not all inside.
    #[must_use]
    pub fn row(&self, x: u32, y: u32, width: u32) -> &[u8] {
        let start = self.start(x, y, width);
        &self.pixels[start..start + width as usize * BYTES_PER_PIXEL]
    }

    /// The same as [`Self::row`], by other numbers.
    pub(crate) fn span(&self, x: usize, y: usize, width: usize) -> &[u8] {
        let start = y * self.stride() + x * BYTES_PER_PIXEL;
        &self.pixels[start..start + width * BYTES_PER_PIXEL]
    }

    /// The same as [`Self::row_mut`], by other numbers.
    pub(crate) fn span_mut(&mut self, x: usize, y: usize, width: usize) -> &mut [u8] {
        let start = y * self.stride() + x * BYTES_PER_PIXEL;
        &mut self.pixels[start..start + width * BYTES_PER_PIXEL]
    }

    pub(crate) fn row_mut(&mut self, x: u32, y: u32, width: u32) -> &mut [u8] {
        let start = self.start(x, y, width);
        &mut self.pixels[start..start + width as usize * BYTES_PER_PIXEL]
    }

    /// Makes it black and of this size, which has been checked; `None` when there is no memory for it.
    pub(crate) fn restart(&mut self, width: u32, height: u32) -> Option<()> {
        let len = width as usize * height as usize * BYTES_PER_PIXEL;
        self.pixels.clear();
        // A smaller picture gives the memory of a larger one back.
        if self.pixels.capacity() / 2 > len {
            self.pixels = Vec::new();
        }
        if self.pixels.try_reserve_exact(len).is_err() {
            (self.width, self.height) = (0, 0);
            return None;
        }
        self.pixels.resize(len, 0);
        for pixel in self.pixels.chunks_exact_mut(BYTES_PER_PIXEL) {
            pixel[3] = 0xff;
        }
        (self.width, self.height) = (width, height);
        Some(())
    }

    /// Makes all of a rectangle inside the picture one colour.
    pub(crate) fn fill(&mut self, rect: Rect, colour: [u8; BYTES_PER_PIXEL]) {
        for y in rect.y..rect.bottom() {
            for pixel in self.row_mut(rect.x, y, rect.width).chunks_exact_mut(BYTES_PER_PIXEL) {
                pixel.copy_from_slice(&colour);
            }
        }
    }

    /// Makes a rectangle inside the picture these pixels, row by row.
    pub(crate) fn paint(&mut self, rect: Rect, pixels: &[u32]) {
        for (line, y) in pixels.chunks_exact(rect.width as usize).zip(rect.y..) {
            let row = self.row_mut(rect.x, y, rect.width).chunks_exact_mut(BYTES_PER_PIXEL);
            for (shown, pixel) in row.zip(line) {
                shown.copy_from_slice(&pixel.to_le_bytes());
            }
        }
    }

    /// Makes a rectangle inside both pictures what the frame has there.
    pub(crate) fn show(&mut self, frame: &Frame<'_>, rect: Rect) {
        for y in rect.y..rect.bottom() {
            let (row, _) = self.row_mut(rect.x, y, rect.width).as_chunks_mut();
            let (source, _) = frame.row(rect.x as usize, y as usize, rect.width as usize).as_chunks();
            for (shown, pixel) in row.iter_mut().zip(source) {
                *shown = (u32::from_le_bytes(*pixel) | !COLOUR).to_le_bytes();
            }
        }
    }

    /// Becomes like another picture in everything; `None` when there is no memory for it.
    pub(crate) fn become_like(&mut self, other: &Self) -> Option<()> {
        if (self.width, self.height) != (other.width, other.height) {
            self.restart(other.width, other.height)?;
        }
        self.pixels.copy_from_slice(&other.pixels);
        Some(())
    }

    /// Becomes like another picture of the same size in a rectangle inside.
    pub(crate) fn keep(&mut self, other: &Self, rect: Rect) {
        for y in rect.y..rect.bottom() {
            self.row_mut(rect.x, y, rect.width).copy_from_slice(other.row(rect.x, y, rect.width));
        }
    }

    /// What is in the rectangle of the same size at `from` comes into `rect`; both are inside, and may overlap.
    pub(crate) fn copy(&mut self, rect: Rect, from: (u32, u32)) {
        let bytes = rect.width as usize * BYTES_PER_PIXEL;
        for line in 0..rect.height {
            // Whoever moves down begins at the lower end, so that nothing is read that has been written.
            let line = if from.1 < rect.y { rect.height - 1 - line } else { line };
            let source = self.start(from.0, from.1 + line, rect.width);
            let target = self.start(rect.x, rect.y + line, rect.width);
            self.pixels.copy_within(source..source + bytes, target);
        }
    }

    fn start(&self, x: u32, y: u32, width: u32) -> usize {
        assert!(x.saturating_add(width) <= self.width && y < self.height, "pixels outside the picture");
        y as usize * self.stride() + x as usize * BYTES_PER_PIXEL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_must_hold_its_pixels() {
        let bytes = [0; 100];
        assert!(Frame::new(&bytes, 5, 5, 20).is_ok());
        assert!(Frame::new(&bytes[..99], 5, 5, 20).is_err());
        assert!(Frame::new(&bytes, 5, 5, 19).is_err());
        assert!(Frame::new(&bytes[..92], 3, 5, 20).is_ok(), "the last row needs no padding");
        assert!(Frame::new(&bytes, 5, 5, usize::MAX).is_err());
        assert!(Frame::new(&bytes, 0, 5, 20).is_err());
        assert!(Frame::new(&bytes, 5, 0, 20).is_err());
        assert!(Frame::new(&bytes, MAX_DIMENSION + 1, 1, 1 << 20).is_err());
        assert_eq!(
            Frame::new(&bytes, MAX_DIMENSION, MAX_DIMENSION, 1 << 16).err(),
            Some(FrameError::Size { width: MAX_DIMENSION, height: MAX_DIMENSION })
        );
    }
}
