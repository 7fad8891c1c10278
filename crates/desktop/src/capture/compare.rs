//! What is different between two pictures, for systems that do not say what they draw. The newer one is taken over where it
//! differs, in the same pass: what is the same is read once and written nowhere.

use super::{Damage, Rect};

const BYTES_PER_PIXEL: usize = 4;
/// Compared as one: a line of the processor's cache, which is also 16 pixels.
const BLOCK: usize = 64;
/// Rows that are looked at together. What changes on a screen is mostly as high as a line of text.
const BAND: usize = 16;
/// Eight bytes of two pixels, without the two that mean nothing.
const COLOURS: u64 = 0x00ff_ffff_00ff_ffff;

/// Where two pictures of this size differ.
pub(super) struct Compare {
    width: u32,
    height: u32,
    /// Of each block of columns in a band: the first row that is different, and the one after the last.
    rows: Vec<(usize, usize)>,
}

impl Compare {
    /// For pictures of blue, green, red and nothing, whose rows follow one another without gaps.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let blocks = (width as usize * BYTES_PER_PIXEL).div_ceil(BLOCK);
        Self { width, height, rows: vec![UNCHANGED; blocks] }
    }

    /// Makes `picture` the same as `newer` and adds to `damage` where it was not; the fourth byte of a pixel means
    /// nothing. Damage is as high as what changed, and up to 15 pixels wider on each side.
    ///
    /// # Panics
    /// When one of the two has another size.
    pub(super) fn take_over(&mut self, newer: &[u8], picture: &mut [u8], damage: &mut Damage) {
        let row = self.width as usize * BYTES_PER_PIXEL;
        assert!(newer.len() == row * self.height as usize && newer.len() == picture.len(), "pictures of the same size");
        if newer.is_empty() {
            return;
        }
        for (band, (newer, picture)) in newer.chunks(row * BAND).zip(picture.chunks_mut(row * BAND)).enumerate() {
            for (y, (newer, picture)) in newer.chunks_exact(row).zip(picture.chunks_exact_mut(row)).enumerate() {
                take_over_row(newer, picture, y, &mut self.rows);
            }
            self.gather(band * BAND, damage);
        }
    }

    /// Neighbouring blocks that changed in a band become one rectangle.
    fn gather(&mut self, top: usize, damage: &mut Damage) {
        let mut run: Option<(usize, (usize, usize))> = None;
        for block in 0..=self.rows.len() {
            let rows = self.rows.get_mut(block).map_or(UNCHANGED, |rows| std::mem::replace(rows, UNCHANGED));
            run = match run {
                None if rows == UNCHANGED => None,
                None => Some((block, rows)),
                Some((first, all)) if rows != UNCHANGED => Some((first, (all.0.min(rows.0), all.1.max(rows.1)))),
                Some((first, all)) => {
                    damage.add(self.rect(first..block, top + all.0..top + all.1));
                    None
                }
            };
        }
    }

    fn rect(&self, blocks: std::ops::Range<usize>, rows: std::ops::Range<usize>) -> Rect {
        // Neither is beyond the picture, whose sides are numbers of 32 bits.
        let pixels = |blocks: usize| (blocks * (BLOCK / BYTES_PER_PIXEL)) as u32;
        let x = pixels(blocks.start);
        let width = pixels(blocks.end).min(self.width) - x;
        Rect { x, y: rows.start as u32, width, height: rows.len() as u32 }
    }
}

/// No row of a block.
const UNCHANGED: (usize, usize) = (usize::MAX, 0);

fn take_over_row(newer: &[u8], picture: &mut [u8], y: usize, rows: &mut [(usize, usize)]) {
    let mut mark = |block: usize| rows[block] = (rows[block].0.min(y), y + 1);
    let (newer, newer_end) = newer.as_chunks::<BLOCK>();
    let (picture, picture_end) = picture.as_chunks_mut::<BLOCK>();
    for (block, (newer, picture)) in newer.iter().zip(picture.iter_mut()).enumerate() {
        if differ(newer, picture) {
            *picture = *newer;
            mark(block);
        }
    }
    if differ(newer_end, picture_end) {
        picture_end.copy_from_slice(newer_end);
        mark(newer.len());
    }
}

/// Without a way out in the middle, so that the compiler makes wide instructions of it.
#[inline]
fn differ(one: &[u8], other: &[u8]) -> bool {
    let ((one, one_end), (other, other_end)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let mut different = 0;
    for (one, other) in one.iter().zip(other) {
        different |= u64::from_ne_bytes(*one) ^ u64::from_ne_bytes(*other);
    }
    // At the end of a row with an odd number of pixels there is half a pair.
    let ends = |end: &[u8]| end.first_chunk::<4>().map_or(0, |pixel| u64::from(u32::from_ne_bytes(*pixel)));
    (different | (ends(one_end) ^ ends(other_end))) & COLOURS != 0
}

#[cfg(test)]
mod tests {
    use super::{Compare, Damage, Rect};

    struct Desk {
        width: u32,
        newer: Vec<u8>,
        picture: Vec<u8>,
        compare: Compare,
    }

    impl Desk {
        fn new(width: u32, height: u32) -> Self {
            let size = width as usize * height as usize * 4;
            let compare = Compare::new(width, height);
            Self { width, newer: vec![0x40; size], picture: vec![0x40; size], compare }
        }

        fn fill(&mut self, rect: Rect, colour: [u8; 4]) {
            for y in rect.y..rect.bottom() {
                for x in rect.x..rect.right() {
                    let at = (y as usize * self.width as usize + x as usize) * 4;
                    self.newer[at..at + 4].copy_from_slice(&colour);
                }
            }
        }

        fn compared(&mut self) -> Vec<Rect> {
            let mut damage = Damage::new();
            self.compare.take_over(&self.newer, &mut self.picture, &mut damage);
            damage.rects().to_vec()
        }

        fn is_taken_over(&self) -> bool {
            let colours = |picture: &[u8]| picture.chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect::<Vec<_>>();
            colours(&self.newer) == colours(&self.picture)
        }
    }

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn what_is_drawn_is_found_taken_over_and_found_once() {
        let mut desk = Desk::new(640, 480);
        assert_eq!(desk.compared(), []);
        desk.fill(rect(100, 35, 20, 30), [1, 2, 3, 4]);
        assert_eq!(desk.compared(), [rect(96, 35, 32, 30)], "exact in height, whole blocks in width");
        assert!(desk.is_taken_over());
        assert_eq!(desk.compared(), []);
    }

    #[test]
    fn a_single_pixel_anywhere_is_found() {
        // Widths that end in a whole block, in whole pairs of pixels, and in half a pair; less than a block, and one.
        for (width, height) in [(64, 40), (70, 33), (67, 17), (5, 3), (1, 1)] {
            for at in 0..width * height {
                let mut desk = Desk::new(width, height);
                let pixel = rect(at % width, at / width, 1, 1);
                // The smallest change there is, in a colour that alternates.
                let mut colour = [0x40; 4];
                colour[at as usize % 3] = 0x41;
                desk.fill(pixel, colour);
                let found = desk.compared();
                assert!(
                    matches!(found[..], [one] if one.around(pixel) == one && one.height == 1),
                    "{pixel:?}: {found:?}"
                );
                assert!(found[0].right() <= width && desk.is_taken_over());
            }
        }
    }

    #[test]
    fn what_means_nothing_is_no_change() {
        let mut desk = Desk::new(67, 20);
        desk.fill(rect(0, 0, 67, 20), [0x40, 0x40, 0x40, 0xff]);
        assert_eq!(desk.compared(), []);
    }

    #[test]
    fn places_that_are_far_apart_stay_apart() {
        let mut desk = Desk::new(1920, 1080);
        let places = [rect(16, 0, 160, 20), rect(1600, 8, 160, 16), rect(800, 700, 320, 1), rect(1904, 1079, 16, 1)];
        for place in places {
            desk.fill(place, [9, 9, 9, 0]);
        }
        let mut found = desk.compared();
        found.sort_by_key(|rect| (rect.y, rect.x));
        assert_eq!(found, places);
        assert!(desk.is_taken_over());
    }

    #[test]
    fn a_picture_that_is_new_altogether_is_one_rectangle() {
        let mut desk = Desk::new(1920, 1080);
        desk.fill(rect(0, 0, 1920, 1080), [9, 9, 9, 0]);
        assert_eq!(desk.compared(), [rect(0, 0, 1920, 1080)]);
        assert!(desk.is_taken_over());
    }

    #[test]
    fn no_picture_is_no_change() {
        assert_eq!(Desk::new(0, 0).compared(), []);
    }
}
