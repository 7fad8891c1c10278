//! An institution's logo as pixels: whoever starts the program decodes no picture.

use std::fmt;
use std::sync::Arc;

/// Most pixels of a logo: 192 × 64, for instance, which is what the window has room for at twice the size.
pub const PIXELS: u32 = 12 * 1024;
/// Longest side, pixels.
pub const SIDE: u32 = 1024;

/// A picture, rows from above, pixels as red, green, blue and alpha, not premultiplied (sRGB).
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    width: u32,
    height: u32,
    rgba: Arc<[u8]>,
}

/// Why something is no [`Logo`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum LogoError {
    /// Nothing to be seen.
    #[error("the logo is empty")]
    Empty,
    /// More than [`PIXELS`], or a side longer than [`SIDE`].
    #[error("the logo is {0} × {1} pixels; {PIXELS} in all are the most, and {SIDE} on a side")]
    Large(u32, u32),
    /// Not four bytes for each pixel.
    #[error("the logo's pixels do not fit its size")]
    Length,
}

impl Logo {
    /// Takes pixels as they are.
    ///
    /// # Errors
    /// [`LogoError`].
    pub fn new(width: u32, height: u32, rgba: &[u8]) -> Result<Self, LogoError> {
        if width == 0 || height == 0 {
            return Err(LogoError::Empty);
        }
        if width > SIDE || height > SIDE || width * height > PIXELS {
            return Err(LogoError::Large(width, height));
        }
        if rgba.len() as u64 != u64::from(width) * u64::from(height) * 4 {
            return Err(LogoError::Length);
        }
        Ok(Self { width, height, rgba: rgba.into() })
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Four bytes for each pixel.
    #[must_use]
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Can anything be seen through it?
    #[must_use]
    pub fn is_transparent(&self) -> bool {
        self.rgba.chunks_exact(4).any(|pixel| pixel[3] < u8::MAX)
    }
}

impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logo({} × {})", self.width, self.height)
    }
}

/// The largest size of these proportions with at most [`PIXELS`], and no side longer than [`SIDE`]; never larger than it
/// was.
#[must_use]
pub fn fitting(width: u32, height: u32) -> (u32, u32) {
    let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
    let scale = (f64::from(PIXELS) / (w * h)).sqrt().min(f64::from(SIDE) / w.max(h)).min(1.0);
    // Between 1 and SIDE.
    #[expect(clippy::cast_sign_loss, reason = "not below 1")]
    let side = |side: f64| (side * scale).floor().max(1.0) as u32;
    (side(w), side(h))
}

/// The same picture in another size, each new pixel the mean of what it covers: for making pictures smaller. `rgba` as
/// in [`Logo`], of any size.
///
/// # Panics
/// When `rgba` has fewer than `from.0 * from.1 * 4` bytes.
#[must_use]
pub fn scaled(rgba: &[u8], from: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let columns = shares(from.0, to.0);
    let rows = shares(from.1, to.1);
    let mut out = Vec::with_capacity(to.0 as usize * to.1 as usize * 4);
    for row in &rows {
        for column in &columns {
            let mut sum = [0.0_f64; 4];
            let mut weight = 0.0;
            for (y, high) in row {
                for (x, wide) in column {
                    let at = (*y as usize * from.0 as usize + *x as usize) * 4;
                    let pixel = &rgba[at..at + 4];
                    let (share, alpha) = (high * wide, f64::from(pixel[3]));
                    // What cannot be seen has no colour to give.
                    for (sum, value) in sum.iter_mut().zip(&pixel[..3]) {
                        *sum += share * alpha * f64::from(*value);
                    }
                    sum[3] += share * alpha;
                    weight += share;
                }
            }
            let byte = |value: f64| {
                #[expect(clippy::cast_sign_loss, reason = "clamped")]
                let byte = value.round().clamp(0.0, 255.0) as u8;
                byte
            };
            let alpha = sum[3];
            for colour in &sum[..3] {
                out.push(if alpha > 0.0 { byte(colour / alpha) } else { 0 });
            }
            out.push(byte(alpha / weight));
        }
    }
    out
}

/// For each new pixel, which old ones it covers, and how much of each.
fn shares(from: u32, to: u32) -> Vec<Vec<(u32, f64)>> {
    let step = f64::from(from) / f64::from(to);
    (0..to)
        .map(|new| {
            let (begin, end) = (f64::from(new) * step, f64::from(new + 1) * step);
            #[expect(clippy::cast_sign_loss, reason = "not below 0")]
            let (first, last) = (begin.floor() as u32, (end.ceil() as u32).clamp(1, from));
            let share = |old: u32| (end.min(f64::from(old + 1)) - begin.max(f64::from(old))).max(0.0);
            (first.min(last - 1)..last).map(|old| (old, share(old).max(1e-9))).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Logo, LogoError, PIXELS, SIDE, fitting, scaled};

    #[test]
    fn what_is_too_large_or_incomplete_is_refused() {
        assert_eq!(Logo::new(0, 4, &[]), Err(LogoError::Empty));
        assert_eq!(Logo::new(193, 64, &[]), Err(LogoError::Large(193, 64)));
        assert_eq!(Logo::new(u32::MAX, u32::MAX, &[]), Err(LogoError::Large(u32::MAX, u32::MAX)));
        assert_eq!(Logo::new(2, 2, &[0; 15]), Err(LogoError::Length));
        assert!(Logo::new(192, 64, &[0; 192 * 64 * 4]).is_ok());
    }

    #[test]
    fn a_smaller_picture_is_the_mean_of_what_it_covers() {
        // White and clear black: half as dense, and as white as before.
        let rgba = [255, 255, 255, 255, 0, 0, 0, 0];
        assert_eq!(scaled(&rgba, (2, 1), (1, 1)), [255, 255, 255, 128]);
        let rgba = [0, 0, 0, 255, 90, 90, 90, 255, 180, 180, 180, 255];
        assert_eq!(scaled(&rgba, (3, 1), (2, 1)), [30, 30, 30, 255, 150, 150, 150, 255]);
    }

    proptest! {
        #[test]
        fn every_size_fits(width in 1..5000_u32, height in 1..5000_u32) {
            let (w, h) = fitting(width, height);
            prop_assert!(w >= 1 && h >= 1 && w <= SIDE && h <= SIDE && w * h <= PIXELS);
            prop_assert!(w <= width && h <= height);
        }

        #[test]
        fn one_colour_stays_one_colour(colour: [u8; 3], w in 1..40_u32, h in 1..40_u32, to_w in 1..40_u32, to_h in 1..40_u32) {
            let pixel = [colour[0], colour[1], colour[2], 255];
            let small = scaled(&pixel.repeat((w * h) as usize), (w, h), (to_w, to_h));
            prop_assert_eq!(small, pixel.repeat((to_w * to_h) as usize));
        }
    }
}
