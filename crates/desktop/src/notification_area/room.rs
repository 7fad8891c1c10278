//! Texts and pictures as Windows' structures have room for them.

/// Stands for what was cut off.
const CUT: char = '…';

/// `text` in UTF-16 with the zero behind it, cut where there is no room for more, never within a character.
pub(super) fn wide<const ROOM: usize>(text: &str) -> [u16; ROOM] {
    let mut units = [0; ROOM];
    let fits = text.encode_utf16().count() < ROOM;
    // One for what says that something is missing, and one for the zero.
    let room = if fits { ROOM } else { ROOM.saturating_sub(2) };
    let mut used = 0;
    let mut put = |character: char, room: usize| {
        let length = character.len_utf16();
        let there = used + length <= room;
        if there {
            character.encode_utf16(&mut units[used..]);
            used += length;
        }
        there
    };
    let all = text.chars().all(|character| put(character, room));
    if !all && ROOM > 1 {
        put(CUT, ROOM - 1);
    }
    units
}

/// `text` as a line of a menu, with the zero behind it: a single & would underline the next letter instead, and a tabulator
/// would begin the column of shortcuts.
pub(super) fn label(text: &str) -> Vec<u16> {
    text.replace('&', "&&").replace('\t', " ").encode_utf16().chain([0]).collect()
}

/// The side in pixels of a small icon where an inch is so many dots: 16 at 96.
pub(super) fn small_side(dots_per_inch: u32) -> u16 {
    side(16, dots_per_inch)
}

/// The side of a large icon: 32 at 96.
pub(super) fn large_side(dots_per_inch: u32) -> u16 {
    side(32, dots_per_inch)
}

fn side(usual: u32, dots_per_inch: u32) -> u16 {
    // 48 to 480: half the usual size, to five times that, which Windows offers most.
    let scaled = (usual * dots_per_inch.clamp(48, 480) + 48) / 96;
    u16::try_from(scaled).unwrap_or(16)
}

/// What icons are made of: blue before red, and beside it one bit a pixel that is set where nothing is, for whoever does
/// not heed the opacity. A row of bits begins with a new pair of bytes.
pub(super) struct Planes {
    pub(super) colours: Vec<u8>,
    pub(super) nothing: Vec<u8>,
}

impl Planes {
    /// From red, green, blue and opacity, `side` pixels wide.
    pub(super) fn of(mut rgba: Vec<u8>, side: u16) -> Self {
        let side = usize::from(side).max(1);
        let row = side.div_ceil(16) * 2;
        let mut nothing = vec![0u8; row * (rgba.len() / 4).div_ceil(side)];
        for (index, pixel) in rgba.chunks_exact_mut(4).enumerate() {
            pixel.swap(0, 2);
            if pixel[3] < 128 {
                let (x, y) = (index % side, index / side);
                nothing[y * row + x / 8] |= 0x80 >> (x % 8);
            }
        }
        Self { colours: rgba, nothing }
    }
}

#[cfg(test)]
mod tests {
    use super::{Planes, label, large_side, small_side, wide};

    fn text<const ROOM: usize>(given: &str) -> String {
        let units = wide::<ROOM>(given);
        let end = units.iter().position(|unit| *unit == 0).expect("there is a zero behind it");
        String::from_utf16(&units[..end]).expect("no character is cut in two")
    }

    #[test]
    fn what_has_room_is_whole_and_what_has_none_is_cut_between_characters() {
        assert_eq!(text::<128>("Maria Huber sieht Ihren Bildschirm"), "Maria Huber sieht Ihren Bildschirm");
        assert_eq!(text::<4>("abc"), "abc");
        assert_eq!(text::<4>("abcd"), "ab…");
        // Two units each.
        assert_eq!(text::<4>("🛈"), "🛈");
        assert_eq!(text::<4>("🛈🛈"), "🛈…");
        assert_eq!(text::<5>("🛈🛈"), "🛈🛈");
        assert_eq!(text::<5>("a🛈🛈"), "a🛈…");
        assert_eq!(text::<4>("a🛈🛈"), "a…");
        assert_eq!(text::<1>("abc"), "");
        assert_eq!(text::<64>(&"ü".repeat(100)).chars().count(), 63);
    }

    #[test]
    fn labels_say_what_they_are_given() {
        assert_eq!(String::from_utf16_lossy(&label("Huber & Sohn\tAlt+F4")), "Huber && Sohn Alt+F4\0");
    }

    #[test]
    fn icons_are_as_large_as_windows_wants_them() {
        let sides = [96, 120, 144, 168, 192].map(small_side);
        assert_eq!(sides, [16, 20, 24, 28, 32]);
        assert_eq!([96, 144, 288].map(large_side), [32, 48, 96]);
        // What no display has.
        assert_eq!([0, u32::MAX].map(small_side), [8, 80]);
    }

    #[test]
    fn an_icon_has_blue_first_and_a_bit_where_nothing_is() {
        // Three wide: opaque, nothing, opaque; nothing, opaque, nothing; opaque.
        let opaque = |index: usize| if [0, 2, 4, 6, 7, 8].contains(&index) { 255 } else { 0 };
        let rgba = (0..9).flat_map(|index| [1, 2, 3, opaque(index)]).collect();
        let planes = Planes::of(rgba, 3);
        assert_eq!(planes.colours[..8], [3, 2, 1, 255, 3, 2, 1, 0]);
        assert_eq!(planes.nothing, [0b0100_0000, 0, 0b1010_0000, 0, 0, 0]);
        assert_eq!(Planes::of(vec![0; 17 * 17 * 4], 17).nothing.len(), 17 * 4);
    }
}
