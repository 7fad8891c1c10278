//! Tiles as they were shown before: kept on both sides alike, so that what returns need not be sent again.
//!
//! Tiles are numbered in the order in which they were kept, and forgotten in that order when there are too many of
//! them: whoever wants one to stay keeps it again. Most tiles of a desktop have few colours, so they are packed.

use std::ops::Range;

use crate::frame::{BYTES_PER_PIXEL, Framebuffer, side};
use crate::geometry::Rect;
use crate::tiles::TILE;

/// Bytes of all kept tiles together: two full HD screens of photographs, or about eight of windows.
pub(crate) const MEMORY: usize = 16 << 20;

/// Most kept tiles: four screens of 3840×2160 pixels.
pub(crate) const MOST: usize = 1 << 13;

/// Numbers of tiles end here, as all numbers do; no session lasts so long.
const LAST: u32 = (1 << 28) - 1;

/// Pixels of a tile.
const AREA: usize = TILE * TILE;

/// Most colours of a tile that has indices.
const COLOURS: usize = 256;

/// Kept tiles by number.
pub(crate) struct Kept {
    width: u32,
    height: u32,
    /// Of the tiles that are not forgotten, by number modulo their length.
    entries: Box<[Entry]>,
    /// The numbers of those.
    live: Range<u32>,
    /// A ring: where byte `n` of all that were ever written is, modulo its length, until another takes its place.
    bytes: Box<[u8]>,
    written: u64,
    packer: Packer,
}

/// A kept tile.
#[derive(Clone, Copy, Default)]
struct Entry {
    /// First byte.
    at: u64,
    /// Place on the grid, in reading order.
    tile: u16,
    /// 0 when there are too many for indices.
    colours: u16,
}

impl Kept {
    /// For no picture: see [`Self::restart`].
    pub(crate) fn new() -> Self {
        Self {
            width: 0,
            height: 0,
            entries: vec![Entry::default(); MOST].into_boxed_slice(),
            live: 0..0,
            // Zeroes claim no memory before they are written to.
            bytes: vec![0; MEMORY].into_boxed_slice(),
            written: 0,
            packer: Packer::new(),
        }
    }

    /// Forgets everything; pictures are of this size now.
    pub(crate) fn restart(&mut self, width: u32, height: u32) {
        (self.width, self.height) = (width, height);
        self.live = 0..0;
        self.written = 0;
    }

    /// Numbers of the tiles that are not forgotten.
    pub(crate) fn live(&self) -> Range<u32> {
        self.live.clone()
    }

    /// Tiles side by side.
    fn columns(&self) -> usize {
        (self.width as usize).div_ceil(TILE)
    }

    /// Place of a tile on the grid, in reading order.
    pub(crate) fn tile(&self, row: usize, column: usize) -> usize {
        row * self.columns() + column
    }

    /// Pixels of a tile by its place on the grid.
    pub(crate) fn rect(&self, tile: usize) -> Rect {
        let (row, column) = (tile / self.columns(), tile % self.columns());
        let (x, y) = (side(column * TILE), side(row * TILE));
        Rect::new(x, y, side(TILE), side(TILE)).clipped(self.width, self.height)
    }

    /// Place on the grid of the tile with this number; `None` when there is none, or not any more.
    pub(crate) fn place(&self, number: u32) -> Option<usize> {
        self.live.contains(&number).then(|| usize::from(self.entry(number).tile))
    }

    fn entry(&self, number: u32) -> Entry {
        self.entries[number as usize % MOST]
    }

    /// Keeps a tile as it is shown, under the next number, for which older ones may be forgotten. `None` when there are
    /// no more numbers.
    pub(crate) fn keep(&mut self, shown: &Framebuffer, tile: usize) -> Option<()> {
        if self.live.end >= LAST {
            return None;
        }
        let rect = self.rect(tile);
        let colours = self.packer.pack(shown, rect);
        let len = packed_len(colours, rect);
        let to_end = MEMORY - place(self.written);
        if to_end < len {
            self.written += to_end as u64;
        }
        let at = self.written;
        self.written += len as u64;
        if self.live.len() == MOST {
            self.live.start += 1;
        }
        while !self.live.is_empty() && self.entry(self.live.start).at + (MEMORY as u64) < self.written {
            self.live.start += 1;
        }
        self.packer.write(shown, rect, colours, &mut self.bytes[place(at)..place(at) + len]);
        let (tile, colours) = (short(tile), short(colours));
        self.entries[self.live.end as usize % MOST] = Entry { at, tile, colours };
        self.live.end += 1;
        Some(())
    }

    /// Has what is shown in a tile too many colours for indices?
    pub(crate) fn would_be_photograph(&mut self, shown: &Framebuffer, tile: usize) -> bool {
        let rect = self.rect(tile);
        self.packer.pack(shown, rect) == 0
    }

    /// Is the tile, which is not forgotten, among the half that will be forgotten first?
    pub(crate) fn is_old(&self, number: u32) -> bool {
        self.entry(number).at + (MEMORY as u64) / 2 < self.written || (self.live.end - number) as usize > MOST / 2
    }

    /// Does the tile, which is not forgotten, have too many colours for indices?
    pub(crate) fn is_photograph(&self, number: u32) -> bool {
        self.entry(number).colours == 0
    }

    /// Has the tile, which is not forgotten, one colour?
    pub(crate) fn is_plain(&self, number: u32) -> bool {
        self.entry(number).colours == 1
    }

    /// One pixel of a tile that is not forgotten, inside it, X set.
    pub(crate) fn pixel(&self, number: u32, x: usize, y: usize) -> u32 {
        let mut pixel = 0;
        self.read(number, y..y + 1, x..x + 1, |_, _, read| pixel = read);
        pixel
    }

    /// Rows of a tile that is not forgotten, inside it: pixels row by row, X set.
    pub(crate) fn pixels(&self, number: u32, rows: Range<usize>, pixels: &mut Vec<u32>) {
        let width = self.rect(usize::from(self.entry(number).tile)).width as usize;
        pixels.clear();
        self.read(number, rows, 0..width, |_, _, pixel| pixels.push(pixel));
    }

    /// Calls with column, row and pixel for each of these.
    fn read(&self, number: u32, rows: Range<usize>, columns: Range<usize>, mut found: impl FnMut(usize, usize, u32)) {
        let entry = self.entry(number);
        let rect = self.rect(usize::from(entry.tile));
        let (width, colours) = (rect.width as usize, usize::from(entry.colours));
        let bytes = &self.bytes[place(entry.at)..place(entry.at) + packed_len(colours, rect)];
        if colours == 0 {
            for y in rows {
                let row = &bytes[y * width * 3..][columns.start * 3..columns.end * 3];
                for (x, pixel) in columns.clone().zip(row.chunks_exact(3)) {
                    found(x, y, u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0xff]));
                }
            }
            return;
        }
        let (palette, indices) = bytes.split_at(colours * BYTES_PER_PIXEL);
        let (palette, _) = palette.as_chunks::<BYTES_PER_PIXEL>();
        let bits = bits(colours);
        let (stride, mask) = (row_len(bits, width), (1usize << bits) - 1);
        for y in rows {
            let row = &indices[y * stride..(y + 1) * stride];
            for x in columns.clone() {
                let index = if bits == 0 { 0 } else { usize::from(row[x * bits / 8]) >> (x * bits % 8) & mask };
                found(x, y, u32::from_le_bytes(palette[index]));
            }
        }
    }
}

/// Where a byte is in the ring.
#[expect(clippy::cast_possible_truncation, reason = "less than the ring's length")]
const fn place(at: u64) -> usize {
    (at % MEMORY as u64) as usize
}

/// Bits of an index.
const fn bits(colours: usize) -> usize {
    match colours {
        0..=1 => 0,
        2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

const fn row_len(bits: usize, width: usize) -> usize {
    (width * bits).div_ceil(8)
}

/// Bytes of a tile: colours and indices, or pixels without X.
const fn packed_len(colours: usize, rect: Rect) -> usize {
    let (width, height) = (rect.width as usize, rect.height as usize);
    match colours {
        0 => width * height * 3,
        _ => colours * BYTES_PER_PIXEL + row_len(bits(colours), width) * height,
    }
}

fn short(number: usize) -> u16 {
    u16::try_from(number).expect("a picture has fewer than 2^15 tiles, and a palette 256 colours")
}

/// Finds the colours of a tile.
struct Packer {
    colours: [u32; COLOURS],
    /// Colours again, with open addressing; 0 is free.
    slots: [u32; Self::SLOTS],
    numbers: [u8; Self::SLOTS],
    indices: Box<[u8]>,
}

impl Packer {
    const SLOTS: usize = 4 * COLOURS;

    fn new() -> Self {
        Self {
            colours: [0; COLOURS],
            slots: [0; Self::SLOTS],
            numbers: [0; Self::SLOTS],
            indices: vec![0; AREA].into_boxed_slice(),
        }
    }

    /// How many colours there are, each with its number; 0 when there are too many.
    fn pack(&mut self, shown: &Framebuffer, rect: Rect) -> usize {
        self.slots.fill(0);
        let mut known = 0;
        // No colour is 0, since X is set.
        let (mut last, mut number) = (0, 0);
        let rows = (rect.y..rect.bottom()).map(|y| shown.row(rect.x, y, rect.width).as_chunks::<BYTES_PER_PIXEL>().0);
        for (row, indices) in rows.zip(self.indices.chunks_exact_mut(rect.width as usize)) {
            for (pixel, index) in row.iter().zip(indices) {
                let colour = u32::from_le_bytes(*pixel);
                if colour != last {
                    let mut slot = (colour.wrapping_mul(0x9e37_79b1) >> 22) as usize;
                    while self.slots[slot] != colour && self.slots[slot] != 0 {
                        slot = (slot + 1) % Self::SLOTS;
                    }
                    if self.slots[slot] == 0 {
                        let Ok(free) = u8::try_from(known) else { return 0 };
                        self.slots[slot] = colour;
                        self.numbers[slot] = free;
                        self.colours[known] = colour;
                        known += 1;
                    }
                    (last, number) = (colour, self.numbers[slot]);
                }
                *index = number;
            }
        }
        known
    }

    /// Writes the tile of the last [`Self::pack`], which found so many colours.
    fn write(&self, shown: &Framebuffer, rect: Rect, colours: usize, out: &mut [u8]) {
        let width = rect.width as usize;
        if colours == 0 {
            for (row, y) in out.chunks_exact_mut(width * 3).zip(rect.y..) {
                let pixels = shown.row(rect.x, y, rect.width).chunks_exact(BYTES_PER_PIXEL);
                for (out, pixel) in row.chunks_exact_mut(3).zip(pixels) {
                    out.copy_from_slice(&pixel[..3]);
                }
            }
            return;
        }
        let (palette, packed) = out.split_at_mut(colours * BYTES_PER_PIXEL);
        for (out, colour) in palette.chunks_exact_mut(BYTES_PER_PIXEL).zip(&self.colours) {
            out.copy_from_slice(&colour.to_le_bytes());
        }
        let bits = bits(colours);
        if bits == 0 {
            return;
        }
        let indices = self.indices.chunks_exact(width);
        for (out, indices) in packed.chunks_exact_mut(row_len(bits, width)).zip(indices) {
            for (out, indices) in out.iter_mut().zip(indices.chunks(8 / bits)) {
                *out = indices.iter().rev().fold(0, |byte: u8, index| byte.unbounded_shl(bits as u32) | index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose pixels are these by column and row.
    fn picture(width: u32, height: u32, pixel: impl Fn(u32, u32) -> u32) -> Framebuffer {
        let mut picture = Framebuffer::new();
        picture.restart(width, height).expect("it is small");
        for y in 0..height {
            let row: Vec<u32> = (0..width).map(|x| pixel(x, y) | 0xff00_0000).collect();
            picture.paint(Rect::new(0, y, width, 1), &row);
        }
        picture
    }

    fn assert_kept(kept: &Kept, number: u32, picture: &Framebuffer) {
        let place = kept.rect(kept.place(number).expect("it is not forgotten"));
        let mut pixels = Vec::new();
        kept.pixels(number, 0..place.height as usize, &mut pixels);
        let bytes: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
        let shown: Vec<u8> =
            (place.y..place.bottom()).flat_map(|y| picture.row(place.x, y, place.width).to_vec()).collect();
        assert_eq!(bytes, shown, "tile {number}");
    }

    #[test]
    fn tiles_of_any_colours_and_sizes_come_back() {
        for (width, height) in [(200, 150), (1, 1), (64, 64), (65, 3), (67, 129)] {
            for colours in [1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 9999] {
                let shown = picture(width, height, |x, y| (x * 7919 + y * 104_729) % colours * 0x0101);
                let mut kept = Kept::new();
                kept.restart(width, height);
                let tiles = (width.div_ceil(64) * height.div_ceil(64)) as usize;
                (0..tiles).for_each(|tile| kept.keep(&shown, tile).expect("there are numbers"));
                (0..tiles).for_each(|tile| assert_kept(&kept, u32::try_from(tile).expect("few"), &shown));
            }
        }
    }

    #[test]
    fn only_the_oldest_are_forgotten_and_the_others_stay_what_they_were() {
        let pictures = [1, 3, 17, 200, 5000]
            .map(|colours: u32| picture(130, 70, |x, y| (x * 7919 + y * 104_729).wrapping_mul(31) % colours * 77));
        let mut kept = Kept::new();
        kept.restart(130, 70);
        // Of all sizes, so that the end of the memory is met by each of them.
        let (picture_of, tile_of) =
            (|number: u32| (number / 6 + number / 31) as usize % 5, |number: u32| number as usize % 6);
        for number in 0..30_000 {
            kept.keep(&pictures[picture_of(number)], tile_of(number)).expect("there are numbers");
            let live = kept.live();
            assert_eq!(live.end, number + 1);
            assert!(live.len() <= MOST);
            if number % 4999 == 0 {
                live.clone().for_each(|live| assert_kept(&kept, live, &pictures[picture_of(live)]));
            }
            assert_kept(&kept, live.start, &pictures[picture_of(live.start)]);
        }
        assert!(kept.live().len() > 4000, "{} tiles", kept.live().len());
    }
}
