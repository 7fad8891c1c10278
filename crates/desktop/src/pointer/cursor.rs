//! Pointers as Windows keeps them, made into pictures. There are three kinds. The old one has a bit that keeps what is
//! behind ("and") and a bit that inverts it ("xor"); the second has a colour in place of the latter; the third is a picture
//! with transparency. Which of the latter two it is stands nowhere but in the picture: one that is transparent all over
//! is of the second kind.
//!
//! A pixel that inverts what is behind cannot be told to a viewer. It becomes black, and what is clear around it white,
//! so that a thin beam can be seen on everything.

const BYTES_PER_PIXEL: usize = 4;

/// A pixel of a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    Clear,
    Inverts,
    /// Red, green, blue, not multiplied by what stands last: alpha.
    Paint([u8; 4]),
}

const BLACK: Ink = Ink::Paint([0, 0, 0, 255]);
const WHITE: Ink = Ink::Paint([255, 255, 255, 255]);

/// A pointer of two colours: rows from the top, a bit for each pixel and plane, `width` of them in a row. The result is as
/// [`super::Shape::rgba`] has it.
pub(super) fn monochrome(width: u32, and: &[bool], xor: &[bool]) -> Vec<u8> {
    let inks = and.iter().zip(xor).map(|bits| match bits {
        (false, false) => BLACK,
        (false, true) => WHITE,
        (true, false) => Ink::Clear,
        (true, true) => Ink::Inverts,
    });
    shown(width, inks.collect())
}

/// A pointer in colours: blue, green, red and alpha for each pixel, and its bit of "and".
pub(super) fn coloured(width: u32, bgra: &[u8], and: &[bool]) -> Vec<u8> {
    let pixels = || bgra.as_chunks::<BYTES_PER_PIXEL>().0.iter();
    let inks = if pixels().any(|[.., alpha]| *alpha != 0) {
        pixels().map(|[blue, green, red, alpha]| Ink::Paint([*red, *green, *blue, *alpha])).collect()
    } else {
        let masked = |([blue, green, red, _], and): (&[u8; 4], &bool)| match (and, (red, green, blue)) {
            (false, _) => Ink::Paint([*red, *green, *blue, 255]),
            (true, (0, 0, 0)) => Ink::Clear,
            (true, _) => Ink::Inverts,
        };
        pixels().zip(and).map(masked).collect()
    };
    shown(width, inks)
}

/// A pointer as desktop duplication hands it out (`DXGI_OUTDUPL_POINTER_SHAPE_TYPE`): its kind, its size, and its rows with
/// `pitch` bytes from one to the next. Nothing for what is not whole, or of another kind. The size is that of the result.
pub(crate) fn duplicated(kind: u32, size: (u32, u32), pitch: usize, bytes: &[u8]) -> Option<(u32, u32, Vec<u8>)> {
    let (width, height) = size;
    let row = |y: u32, length: usize| bytes.get(y as usize * pitch..)?.get(..length);
    match kind {
        // Monochrome: one above the other, a bit for each pixel, the highest first.
        1 => {
            let length = (width as usize).div_ceil(8);
            let bits = |y: u32| {
                Some(row(y, length)?.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 != 0)))
            };
            let plane = |rows: std::ops::Range<u32>| {
                let rows: Option<Vec<Vec<bool>>> =
                    rows.map(|y| Some(bits(y)?.take(width as usize).collect())).collect();
                Some(rows?.concat())
            };
            let (and, xor) = (plane(0..height / 2)?, plane(height / 2..height)?);
            Some((width, height / 2, monochrome(width, &and, &xor)))
        }
        // In colours with transparency; or with what says in its place whether the colour is to be seen or inverts.
        2 | 4 => {
            let rows: Option<Vec<&[u8]>> = (0..height).map(|y| row(y, width as usize * BYTES_PER_PIXEL)).collect();
            let ink = |pixel: &[u8; BYTES_PER_PIXEL]| match (kind, *pixel) {
                (2, [blue, green, red, alpha]) => Ink::Paint([red, green, blue, alpha]),
                (_, [blue, green, red, 0]) => Ink::Paint([red, green, blue, 255]),
                (_, [0, 0, 0, _]) => Ink::Clear,
                _ => Ink::Inverts,
            };
            let inks = rows?.iter().flat_map(|row| row.as_chunks().0).map(ink).collect();
            Some((width, height, shown(width, inks)))
        }
        _ => None,
    }
}

fn shown(width: u32, inks: Vec<Ink>) -> Vec<u8> {
    let width = width as usize;
    let ink = |x: Option<usize>, y: Option<usize>| {
        let (x, y) = (x.filter(|x| *x < width)?, y?);
        inks.get(y * width + x).copied()
    };
    let near = |at: usize| {
        let (x, y) = (at % width, at / width);
        let columns = [x.checked_sub(1), Some(x), Some(x + 1)];
        let rows = [y.checked_sub(1), Some(y), Some(y + 1)];
        rows.iter().any(|y| columns.iter().any(|x| ink(*x, *y) == Some(Ink::Inverts)))
    };
    let seen = inks.iter().enumerate().map(|(at, ink)| match ink {
        Ink::Inverts => BLACK,
        Ink::Clear if near(at) => WHITE,
        ink => *ink,
    });
    seen.flat_map(premultiplied).collect()
}

fn premultiplied(ink: Ink) -> [u8; 4] {
    let Ink::Paint([red, green, blue, alpha]) = ink else { return [0; 4] };
    // At most 255.
    let by_alpha = |colour: u8| ((u32::from(colour) * u32::from(alpha) + 127) / 255) as u8;
    [by_alpha(red), by_alpha(green), by_alpha(blue), alpha]
}

#[cfg(test)]
mod tests {
    use super::{coloured, duplicated, monochrome};

    /// As somebody draws it: `.` keeps what is behind, `#` is black, `o` white, `!` inverts.
    fn planes(drawn: &[&str]) -> (u32, Vec<bool>, Vec<bool>) {
        let signs = || drawn.iter().flat_map(|row| row.chars());
        let and = signs().map(|sign| matches!(sign, '.' | '!')).collect();
        let xor = signs().map(|sign| matches!(sign, 'o' | '!')).collect();
        (drawn[0].len() as u32, and, xor)
    }

    fn drawn(width: u32, rgba: &[u8]) -> Vec<String> {
        let sign = |pixel: &[u8]| match pixel {
            [0, 0, 0, 0] => '.',
            [0, 0, 0, 255] => '#',
            [255, 255, 255, 255] => 'o',
            _ => '?',
        };
        rgba.chunks(width as usize * 4).map(|row| row.chunks(4).map(sign).collect()).collect()
    }

    #[test]
    fn the_old_arrow_keeps_its_edge() {
        let arrow = [
            "#......", "##.....", "#o#....", "#oo#...", "#ooo#..", "#oooo#.", "#ooo###", "#o#o#..", "##.#o#.",
            "....##.",
        ];
        let (width, and, xor) = planes(&arrow);
        assert_eq!(drawn(width, &monochrome(width, &and, &xor)), arrow);
    }

    #[test]
    fn the_beam_of_text_is_black_with_an_edge_of_white() {
        let (width, and, xor) = planes(&["!!.!!..", "..!....", "..!....", "..!....", "!!.!!.."]);
        let beam = ["##o##o.", "oo#oooo", ".o#o...", "oo#oooo", "##o##o."];
        let seen = drawn(width, &monochrome(width, &and, &xor));
        assert_eq!(seen, [beam[0], "oo#ooo.", beam[2], "oo#ooo.", beam[4]]);
    }

    #[test]
    fn a_picture_is_multiplied_by_its_transparency() {
        let pixels = [[30, 20, 10, 255], [200, 100, 50, 128], [255, 255, 255, 0], [3, 2, 1, 1]];
        let rgba = coloured(2, pixels.as_flattened(), &[true; 4]);
        assert_eq!(rgba.as_chunks::<4>().0, [[10, 20, 30, 255], [25, 50, 100, 128], [0, 0, 0, 0], [0, 0, 0, 1]]);
        assert!(rgba.as_chunks::<4>().0.iter().all(|[r, g, b, a]| r.max(g).max(b) <= a), "no colour beyond its alpha");
    }

    #[test]
    fn a_picture_without_transparency_goes_by_its_mask() {
        // Red where it hides; clear, and inverting, where it does not.
        let pixels = [[0, 0, 200, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [255, 255, 255, 0], [0, 0, 0, 0]];
        let and = [false, true, true, true, true, false];
        let rgba = coloured(6, pixels.as_flattened(), &and);
        let [red, clear, also_clear, edge, inverts, black] = rgba.as_chunks::<4>().0 else { panic!("six pixels") };
        assert_eq!((red, clear, also_clear), (&[200, 0, 0, 255], &[0; 4], &[0; 4]));
        assert_eq!((edge, inverts, black), (&[255; 4], &[0, 0, 0, 255], &[0, 0, 0, 255]));
    }

    #[test]
    fn what_is_duplicated_is_the_same_pointer() {
        // Nine wide, so that a row ends in the middle of a byte, with three bytes from one to the next.
        let beam = ["!!!.!!!..", "...!.....", "!!!.!!!.."];
        let (width, and, xor) = planes(&beam);
        let pack = |plane: &[bool]| {
            let rows = plane
                .chunks(9)
                .map(|row| row.iter().enumerate().fold(0_u32, |all, (x, bit)| all | u32::from(*bit) << (23 - x)));
            rows.flat_map(|row| row.to_be_bytes()[1..].to_vec()).collect::<Vec<u8>>()
        };
        let bytes = [pack(&and), pack(&xor)].concat();
        let wanted = monochrome(width, &and, &xor);
        assert_eq!(duplicated(1, (9, 6), 3, &bytes), Some((9, 3, wanted)));
        assert_eq!(duplicated(1, (9, 6), 3, &bytes[..bytes.len() - 2]), None, "half of it");

        // Two rows of two, with a gap behind each.
        let bytes = [30, 20, 10, 255, 200, 100, 50, 128, 9, 9, 255, 255, 255, 0, 3, 2, 1, 1, 9, 9];
        let rgba = duplicated(2, (2, 2), 10, &bytes).expect("a picture").2;
        assert_eq!(rgba.as_chunks::<4>().0, [[10, 20, 30, 255], [25, 50, 100, 128], [0, 0, 0, 0], [0, 0, 0, 1]]);

        let bytes = [0, 0, 200, 0, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, 255];
        let rgba = duplicated(4, (5, 1), 20, &bytes).expect("a picture").2;
        assert_eq!(rgba.as_chunks::<4>().0, [[200, 0, 0, 255], [0; 4], [0; 4], [255; 4], [0, 0, 0, 255]]);
        assert_eq!(duplicated(3, (5, 1), 20, &bytes), None, "there is no such kind");
    }
}
