//! Where Windows is told to put the pointer: absolute positions are parts of the virtual screen (all monitors together),
//! 65536 from one edge to the other, from its top left corner; wherever that corner is, left of the first monitor or above
//! it, it is 0.

/// What a whole side of the virtual screen is.
const WHOLE: u64 = 1 << 16;

/// The middle of pixel number `pixel` out of `length` (above zero): whichever way what follows is rounded, it is that pixel
/// again. A pixel beyond the edge is the last one.
pub(super) fn aim(pixel: u32, length: u32) -> i32 {
    let (pixel, length) = (u64::from(pixel.min(length - 1)), u64::from(length));
    // Below 65536: the middle of the last pixel is before the end.
    ((2 * pixel + 1) * WHOLE / (2 * length)) as i32
}

#[cfg(test)]
mod tests {
    use super::aim;

    /// Sides of screens alone and together: two and three of one size, a laptop beside a large one, upright ones, and the
    /// largest that Windows takes.
    const LENGTHS: [u32; 14] = [1, 2, 800, 1080, 1366, 1920, 2160, 2560, 3286, 3840, 5760, 6400, 7680, 32768];

    /// Windows multiplies and drops the last sixteen bits; so does Wine. What is written about it also has 65535 for the
    /// last pixel.
    #[test]
    fn every_pixel_is_hit_however_it_is_reckoned_back() {
        for length in LENGTHS {
            for pixel in 0..length {
                let aimed = aim(pixel, length);
                assert!((0..65536).contains(&aimed), "{pixel} of {length}");
                let (aimed, whole) = (i64::from(aimed), i64::from(length));
                assert_eq!((aimed * whole) >> 16, i64::from(pixel), "{pixel} of {length}");
                // By 65535 the middle drifts by half a pixel at 32768; no wall of screens is a quarter as wide.
                if length <= 8192 {
                    assert_eq!(aimed * whole / 65535, i64::from(pixel), "{pixel} of {length}, by 65535");
                }
            }
        }
    }

    /// Several monitors: the pixel of the picture, and the place that Windows then says the pointer is at.
    #[test]
    fn monitors_left_of_the_first_and_above_it_are_hit() {
        // Left and upper edge, and sizes.
        for (left, top, width, height) in
            [(0, 0, 1920, 1080), (-1920, 0, 3840, 1080), (-1080, -840, 5560, 3000), (-2560, -1440, 6400, 2880)]
        {
            let place =
                |pixel: u32, length: u32, edge: i64| edge + ((i64::from(aim(pixel, length)) * i64::from(length)) >> 16);
            for x in 0..width {
                assert_eq!(place(x, width, left), left + i64::from(x));
            }
            for y in 0..height {
                assert_eq!(place(y, height, top), top + i64::from(y));
            }
        }
    }

    #[test]
    fn what_is_beyond_the_edge_is_at_it() {
        assert_eq!(aim(u32::MAX, 1920), aim(1919, 1920));
        assert_eq!(aim(7, 1), 32768);
    }
}
