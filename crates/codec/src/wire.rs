//! The layout of an update, shared by both sides.
//!
//! ```text
//! update    = flags:u8 [width:number height:number] chunk*      the sizes are there when KEYFRAME is set
//! chunk     = stream:u8 raw:number packed:number bytes[packed]  `bytes` decompress to exactly `raw` bytes of a stream
//! stream 0  = operation*
//! stream 1, 2, 3                                                planes of literals: green, blue - green, red - green
//! stream 4                                                      what is coded already: it is not compressed, and
//!                                                               `packed` is `raw`
//! operation = kind:u8 rectangle payload | keep:u8 tiles | recall:u8 number:number count:number
//! rectangle = x:number y:number width:number height:number
//!   solid   = blue green red
//!   palette = known:number new:number (blue green red)[new]     colours `known` and up get these values; the palette
//!             index:u8[width * height]                          has 256 and lives as long as the zstd frame
//!   literal =                                                   takes width * height bytes of each of streams 1, 2, 3,
//!                                                               each less its prediction from left, above, above left
//!   copy    = x:number y:number                                 what is shown there moves here; both may overlap
//!   text    = forget:u8 (blue green red) blank:number marks:number bytes[marks] plane*
//!   reference =                                                 what is shown here becomes the reference here
//!   film    = basis:u8 steps:u8 count:number len:number         takes `len` bytes of stream 4: the first `count`
//!                                                               macroblocks of 16×16 pixels, by the bits of
//!                                                               `film/syntax.rs`, predicted from (0) the reference or
//!                                                               (1) what is shown
//!   part    = number:number                                     what is kept under this number, a tile all around
//!   lines   = number:number row:number                          whole columns of tiles: of the tile kept under this number
//!                                                               and of those after it, one for each column, the lines
//!                                                               from `row` on
//!   photo   = len:number                                        takes `len` bytes of stream 4, the bits of a range
//!                                                               coder (`photo.rs`)
//! tiles     = column:number row:number columns:number rows:number
//!                                                               these tiles of 64 pixels, counted from the upper left
//!                                                               corner, are kept as they are shown, one after the
//!                                                               other in reading order, under the next numbers from
//!                                                               0; `recall` paints so many, each where it was
//! mark      = x:signed y:signed what                            from the right edge and the top of the mark before, the
//!                                                               first one from the left edge, `blank` rows down
//!   what    = 0 width:number height:number (blue green red)     a box of one colour
//!           | glyph:number                                      a glyph by its number, counted from 1
//!           | glyph:number width:number height:number           the next number: a new one, whose planes (blue, green -
//!                                                               blue, red - blue) follow the marks, by column
//! number    = LEB128, at most 4 bytes
//! signed    = number                                            0, -1, 1, -2, …
//! ```
//!
//! Chunks come in groups: at most one of each other stream, then one of operations, which take all that the others
//! hold. So a decoder never keeps more than a chunk of each.
//!
//! There are two zstd contexts, one for operations, which looks back far, one for pixels, so that photographs do not push
//! out what was on the screen. All chunks of a context from one keyframe to the next are one zstd frame that never ends:
//! each chunk is what the compressor gives when it is flushed. A keyframe makes picture, copy, palettes, glyphs and the
//! zstd contexts on both sides start afresh, the picture black, nothing kept. Of kept tiles the first are forgotten
//! when there are more than 2^13, or they have more than 16 MiB as `kept.rs` packs them.
//!
//! What is coded bit by bit ends where its operation has all bits that it needs; of zeros at the end up to 16 are left
//! out. Whoever needs more than those reads what nobody has written.
//!
//! An update has an end to its work. The rectangles of its copies have no more pixels together than the picture has, and
//! neither have those of its references and, of which there are never more than 2^19, its photographs; the tiles that it
//! keeps, and what it recalls, each no more than that and 2^16; solid, palette, literal and text no more than twice as many
//! and 2^16. The least of all these counts as 64, and a part of a kept tile, or lines of it, as all of its rows. Film
//! has half as many as the picture and 2^14, but no fewer than 2^15 and no more than 2^20, and each of its macroblocks counts
//! as 256, however little of it is inside.

use crate::geometry::Rect;
use crate::stream::Reach;

/// Longest update, bytes. What does not fit stays pending.
pub const MAX_UPDATE: usize = 160 * 1024 * 1024;

/// The most that one tile can take, bytes, with everything around it: no update exceeds its [`crate::Budget`] by more.
pub const LARGEST_TILE: usize = 16 * 1024;

/// Flag of an update: it stands alone.
pub(crate) const KEYFRAME: u8 = 1;

/// Longest chunk, bytes before compression; what a zstd block holds.
pub(crate) const MAX_CHUNK: usize = 128 * 1024;

/// What a chunk carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Stream {
    Operations = 0,
    /// Planes of literal pixels.
    Green = 1,
    Blue = 2,
    Red = 3,
    /// What is coded bit by bit already, and goes through no context.
    Coded = 4,
}

impl Stream {
    /// All of them, by their numbers; but operations are last in a group.
    pub(crate) const ALL: [Self; 5] = [Self::Operations, Self::Green, Self::Blue, Self::Red, Self::Coded];

    /// Contexts of zstd.
    pub(crate) const CONTEXTS: [Reach; 2] = [Reach { window: 23, places: 18 }, Reach { window: 20, places: 17 }];

    pub(crate) const fn from_wire(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Operations),
            1 => Some(Self::Green),
            2 => Some(Self::Blue),
            3 => Some(Self::Red),
            4 => Some(Self::Coded),
            _ => None,
        }
    }

    /// Which of the contexts it goes through, if any: so that photographs never make the other forget what was on the
    /// screen.
    pub(crate) const fn context(self) -> Option<usize> {
        match self {
            Self::Operations => Some(0),
            Self::Green | Self::Blue | Self::Red => Some(1),
            Self::Coded => None,
        }
    }
}

/// Kinds of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Solid = 1,
    Palette = 2,
    Literal = 3,
    Copy = 4,
    Text = 5,
    Reference = 6,
    Film = 7,
    Keep = 9,
    Recall = 10,
    RecallPart = 11,
    Photo = 12,
    RecallLines = 13,
}

impl Kind {
    pub(crate) const fn from_wire(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Solid),
            2 => Some(Self::Palette),
            3 => Some(Self::Literal),
            4 => Some(Self::Copy),
            5 => Some(Self::Text),
            6 => Some(Self::Reference),
            7 => Some(Self::Film),
            9 => Some(Self::Keep),
            10 => Some(Self::Recall),
            11 => Some(Self::RecallPart),
            12 => Some(Self::Photo),
            13 => Some(Self::RecallLines),
            _ => None,
        }
    }
}

/// Appends a number below 2^28.
#[expect(clippy::cast_possible_truncation, reason = "seven bits at a time are what the loop takes")]
pub(crate) fn write_number(mut number: u32, out: &mut Vec<u8>) {
    debug_assert!(number < 1 << 28, "numbers have four bytes");
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Appends the four numbers of a rectangle.
pub(crate) fn write_rect(rect: Rect, out: &mut Vec<u8>) {
    for number in [rect.x, rect.y, rect.width, rect.height] {
        write_number(number, out);
    }
}

/// Appends a number whose amount is below 2^27.
pub(crate) fn write_signed(number: i32, out: &mut Vec<u8>) {
    write_number((number << 1 ^ number >> 31).cast_unsigned(), out);
}

pub(crate) fn write_colour(colour: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&colour.to_le_bytes()[..3]);
}

/// A pixel of the colour, X set.
pub(crate) fn read_colour(reader: &mut Reader<'_>) -> Option<[u8; 4]> {
    reader.bytes(3).map(|bytes| [bytes[0], bytes[1], bytes[2], 0xff])
}

/// Reads from the front of bytes; everything is `None` once they do not suffice.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    pub(crate) fn number(&mut self) -> Option<u32> {
        let mut number = 0;
        for shift in [0, 7, 14, 21] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(crate) fn rect(&mut self) -> Option<Rect> {
        Some(Rect::new(self.number()?, self.number()?, self.number()?, self.number()?))
    }

    pub(crate) fn signed(&mut self) -> Option<i32> {
        self.number().map(|number| (number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, (1 << 21) - 1, 1 << 21, (1 << 28) - 1] {
            let mut bytes = Vec::new();
            write_number(number, &mut bytes);
            let mut reader = Reader(&bytes);
            assert_eq!(reader.number(), Some(number));
            assert!(reader.is_empty());
        }
        for number in [0, -1, 1, -64, 64, 1 - (1 << 27), (1 << 27) - 1] {
            let mut bytes = Vec::new();
            write_signed(number, &mut bytes);
            assert_eq!(Reader(&bytes).signed(), Some(number));
        }
        assert_eq!(Reader(&[0x80, 0x80, 0x80, 0x80, 0x00]).number(), None, "five bytes");
        assert_eq!(Reader(&[0x80]).number(), None, "cut off");
    }
}
