//! Lines of text: each stretch of ink between two gaps is a glyph, sent once and then called by its number, so that a
//! letter costs a byte or two wherever it stands, and a word that was there before no more than that.
//!
//! Glyphs are what lies between gaps, no more: two letters that touch are one, the dot of an i is part of it, a small
//! picture is one too. Both sides keep what was sent, and forget all of it at once when it becomes too much.

use crate::frame::{BYTES_PER_PIXEL, Frame, Framebuffer, side};
use crate::geometry::Rect;
use crate::layout::{LINE, colour, gap, plain_columns};
use crate::wire::{Reader, read_colour, write_colour, write_number, write_signed};

/// Most glyphs that are kept.
const MOST: usize = 1 << 14;

/// Most pixels of all kept glyphs together, 4 bytes each.
const MOST_PIXELS: usize = 1 << 20;

/// Widest glyph, pixels: longer ink is cut.
const WIDEST: usize = 64;

/// Most bytes of a line's marks and new glyphs: no operation is longer than that of a tile.
const LONGEST: usize = 14 * 1024;

/// Most bytes of marks and planes that a glyph, or a box, adds to that.
const LONGEST_MARK: usize = 32 + 3 * WIDEST * LINE as usize;

/// Most glyphs in so many bytes.
const MOST_IN_LINE: usize = LONGEST / 3;

/// Longest side of what is taken for a letter though there is no gap around it, pixels.
const ALONE: u32 = 24;

/// X of a pixel.
const X: u32 = 0xff00_0000;

/// Glyphs by number.
struct Store {
    glyphs: Vec<Glyph>,
    /// Of all glyphs, one after the other, row by row, X set.
    pixels: Vec<u32>,
}

/// Where a glyph's pixels are, and its size.
#[derive(Clone, Copy)]
struct Glyph {
    start: usize,
    width: usize,
    height: usize,
}

impl Store {
    fn new() -> Self {
        Self { glyphs: Vec::with_capacity(MOST), pixels: Vec::with_capacity(MOST_PIXELS) }
    }

    fn clear(&mut self) {
        self.glyphs.clear();
        self.pixels.clear();
    }

    fn has_room(&self, pixels: usize) -> bool {
        self.glyphs.len() < MOST && self.pixels.len() + pixels <= MOST_PIXELS
    }

    fn pixels(&self, glyph: Glyph) -> &[u32] {
        &self.pixels[glyph.start..glyph.start + glyph.width * glyph.height]
    }

    /// Gives the pixels that were appended from `start` on a number.
    fn add(&mut self, start: usize, width: usize, height: usize) {
        self.glyphs.push(Glyph { start, width, height });
    }
}

/// The encoder's side.
pub(crate) struct Writer {
    store: Store,
    /// Numbers by what their glyphs look like, with open addressing; 0 is free, others are one more than the number.
    slots: Box<[u16]>,
    /// Where each glyph is in there.
    places: Vec<usize>,
    columns: Vec<Option<u32>>,
    marks: Vec<u8>,
    /// Planes of the new glyphs.
    planes: Vec<u8>,
    /// Bytes of them that are there only because letters are smoothed in colours.
    coloured: usize,
    /// The other side has to forget before the next line.
    forget: bool,
    /// How it was before the last line: glyphs, and whether they were to be forgotten.
    before: (usize, bool),
}

/// Where the last mark was, so that the next one is near.
#[derive(Clone, Copy)]
struct Pen {
    right: u32,
    top: u32,
}

impl Writer {
    const SLOTS: usize = 4 * MOST;

    pub(crate) fn new() -> Self {
        Self {
            store: Store::new(),
            slots: vec![0; Self::SLOTS].into_boxed_slice(),
            places: Vec::with_capacity(MOST),
            columns: Vec::new(),
            marks: Vec::with_capacity(LONGEST + LONGEST_MARK),
            planes: Vec::with_capacity(LONGEST + LONGEST_MARK),
            coloured: 0,
            forget: false,
            before: (0, false),
        }
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        self.clear();
        self.forget = false;
    }

    /// Bytes of the last line's new glyphs that hardly compress: where letters are smoothed in colours.
    pub(crate) const fn coloured(&self) -> usize {
        self.coloured
    }

    /// The last line is not sent.
    pub(crate) fn undo(&mut self) {
        let (glyphs, forget) = self.before;
        self.forget = forget;
        // Backwards, so that nothing that was put aside for a later one stays cut off.
        while self.store.glyphs.len() > glyphs {
            let glyph = self.store.glyphs.pop().expect("there are more than so many");
            self.store.pixels.truncate(glyph.start);
            let place = self.places.pop().expect("each glyph has a place");
            self.slots[place] = 0;
        }
    }

    /// Finds the marks of this rectangle if it looks like text, with gaps, and says its background; if not, what was
    /// numbered on the way must be undone by [`Self::undo`].
    pub(crate) fn build(&mut self, frame: &Frame<'_>, rect: Rect) -> Option<u32> {
        if !self.store.has_room(LONGEST) || self.store.glyphs.len() + MOST_IN_LINE > MOST {
            self.clear();
            self.forget = true;
        }
        self.before = (self.store.glyphs.len(), self.forget);
        self.marks.clear();
        self.planes.clear();
        self.coloured = 0;
        let mut columns = std::mem::take(&mut self.columns);
        plain_columns(frame, rect, &mut columns);
        let background = self.mark_columns(frame, rect, &columns);
        self.columns = columns;
        background
    }

    /// Appends what [`Self::build`] found on this background, if the rectangle has so many more rows of it above.
    pub(crate) fn write(&mut self, background: u32, blank: u32, out: &mut Vec<u8>) {
        out.push(u8::from(std::mem::take(&mut self.forget)));
        write_colour(background, out);
        write_number(blank, out);
        write_number(count(self.marks.len()), out);
        out.extend_from_slice(&self.marks);
        out.extend_from_slice(&self.planes);
    }

    fn clear(&mut self) {
        self.store.clear();
        self.slots.fill(0);
        self.places.clear();
    }

    /// Writes marks for everything that is not background.
    fn mark_columns(&mut self, frame: &Frame<'_>, rect: Rect, columns: &[Option<u32>]) -> Option<u32> {
        // A letter or two may come without a gap.
        let alone = || {
            let small = rect.width <= ALONE && rect.height <= ALONE;
            small.then(|| colour(frame.row(rect.x as usize, rect.y as usize, 1)))
        };
        let background = most_frequent(columns).or_else(alone)?;
        let mut pen = Pen { right: rect.x, top: rect.y };
        let mut at = 0;
        let mut wide = 0;
        while at < columns.len() {
            let x = rect.x + side(at);
            let plain = gap(columns, at);
            if plain > 0 {
                if columns[at] != Some(background) {
                    if self.is_too_long() {
                        return None;
                    }
                    self.mark_box(Rect::new(x, rect.y, side(plain), rect.height), columns[at]?, &mut pen);
                }
                at += plain;
                continue;
            }
            let ink = columns[at..].iter().take_while(|column| column.is_none()).count();
            wide += if ink > WIDEST { ink } else { 0 };
            // Text has gaps. What has none, or is never the same, is better off with its own kinds.
            if wide * 2 > columns.len() {
                return None;
            }
            for piece in (0..ink).step_by(WIDEST) {
                if self.is_too_long() {
                    return None;
                }
                let piece = Rect::new(x + side(piece), rect.y, side(WIDEST.min(ink - piece)), rect.height);
                if let Some(piece) = trimmed(frame, piece, background) {
                    self.mark_glyph(frame, piece, &mut pen);
                }
            }
            at += ink;
        }
        (!self.is_too_long()).then_some(background)
    }

    const fn is_too_long(&self) -> bool {
        self.marks.len() + self.planes.len() > LONGEST
    }

    fn move_pen(&mut self, rect: Rect, pen: &mut Pen) {
        write_signed(rect.x.cast_signed() - pen.right.cast_signed(), &mut self.marks);
        write_signed(rect.y.cast_signed() - pen.top.cast_signed(), &mut self.marks);
        *pen = Pen { right: rect.right(), top: rect.y };
    }

    fn mark_box(&mut self, rect: Rect, colour: u32, pen: &mut Pen) {
        self.move_pen(rect, pen);
        write_number(0, &mut self.marks);
        write_number(rect.width, &mut self.marks);
        write_number(rect.height, &mut self.marks);
        write_colour(colour, &mut self.marks);
    }

    /// Marks a glyph, a new one if need be.
    fn mark_glyph(&mut self, frame: &Frame<'_>, rect: Rect, pen: &mut Pen) {
        let (width, height) = (rect.width as usize, rect.height as usize);
        let start = self.store.pixels.len();
        let mut hash = (u64::from(rect.width) << 32 | u64::from(rect.height)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for y in rect.y..rect.bottom() {
            let row = frame.row(rect.x as usize, y as usize, width).chunks_exact(BYTES_PER_PIXEL);
            self.store.pixels.extend(row.map(|pixel| colour(pixel) | X));
            for &pixel in &self.store.pixels[self.store.pixels.len() - width..] {
                hash = (hash.rotate_left(7) ^ u64::from(pixel)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
        }
        self.move_pen(rect, pen);
        let mut place = (hash >> 40) as usize % Self::SLOTS;
        while let Some(number) = usize::from(self.slots[place]).checked_sub(1) {
            let known = self.store.glyphs[number];
            if (known.width, known.height) == (width, height) && self.store.pixels(known) == &self.store.pixels[start..]
            {
                self.store.pixels.truncate(start);
                write_number(count(number + 1), &mut self.marks);
                return;
            }
            place = (place + 1) % Self::SLOTS;
        }
        self.store.add(start, width, height);
        self.places.push(place);
        let number = self.store.glyphs.len();
        self.slots[place] = u16::try_from(number).expect("there are few glyphs");
        write_number(count(number), &mut self.marks);
        write_number(rect.width, &mut self.marks);
        write_number(rect.height, &mut self.marks);
        // Column by column, which for letters finds more of the same; most are grey, so that two planes are 0.
        let planes: [fn([u8; 4]) -> u8; 3] = [
            |[blue, ..]| blue,
            |[blue, green, ..]| green.wrapping_sub(blue),
            |[blue, _, red, _]| red.wrapping_sub(blue),
        ];
        for plane in planes {
            for x in 0..width {
                let column = self.store.pixels[start..].iter().skip(x).step_by(width);
                self.planes.extend(column.map(|pixel| plane(pixel.to_le_bytes())));
            }
        }
        let differences = &self.planes[self.planes.len() - 2 * width * height..];
        self.coloured += differences.iter().filter(|difference| **difference != 0).count();
    }
}

/// The decoder's side.
pub(crate) struct Painter {
    store: Option<Store>,
}

impl Painter {
    pub(crate) const fn new() -> Self {
        Self { store: None }
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        if let Some(store) = &mut self.store {
            store.clear();
        }
    }

    /// Reads a payload and paints it into a rectangle inside the picture. `None` when it is cut off, calls glyphs that
    /// are not known, knows too many, or leaves the rectangle.
    pub(crate) fn paint(&mut self, reader: &mut Reader<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
        let store = self.store.get_or_insert_with(Store::new);
        if reader.byte()? != 0 {
            store.clear();
        }
        let background = read_colour(reader)?;
        let blank = reader.number()?;
        let len = reader.number()? as usize;
        let mut marks = Reader(reader.bytes(len)?);
        framebuffer.fill(rect, background);
        // Marks lie side by side, so together they have no more pixels than the rectangle.
        let mut room = rect.area();
        let mut pen = Pen { right: rect.x, top: rect.y.checked_add(blank)? };
        while !marks.is_empty() {
            let x = u32::try_from(i64::from(pen.right) + i64::from(marks.signed()?)).ok()?;
            let y = u32::try_from(i64::from(pen.top) + i64::from(marks.signed()?)).ok()?;
            let number = marks.number()? as usize;
            let known = store.glyphs.len();
            let (width, height) = if (1..=known).contains(&number) {
                (store.glyphs[number - 1].width, store.glyphs[number - 1].height)
            } else {
                (marks.number()? as usize, marks.number()? as usize)
            };
            let place = Rect::new(x, y, u32::try_from(width).ok()?, u32::try_from(height).ok()?);
            if place.is_empty() || !rect.contains(&place) {
                return None;
            }
            room = room.checked_sub(place.area())?;
            if number == 0 {
                framebuffer.fill(place, read_colour(&mut marks)?);
            } else {
                if number == known + 1 {
                    learn(store, reader.bytes(3 * width * height)?, width, height)?;
                }
                let glyph = *store.glyphs.get(number - 1)?;
                framebuffer.paint(place, store.pixels(glyph));
            }
            pen = Pen { right: place.right(), top: place.y };
        }
        Some(())
    }
}

/// One more glyph, from its planes.
fn learn(store: &mut Store, planes: &[u8], width: usize, height: usize) -> Option<()> {
    let area = width * height;
    store.has_room(area).then_some(())?;
    let start = store.pixels.len();
    for at in (0..height).flat_map(|y| (0..width).map(move |x| x * height + y)) {
        let (blue, green, red) = (planes[at], planes[area + at], planes[2 * area + at]);
        let pixel = [blue, blue.wrapping_add(green), blue.wrapping_add(red), 0xff];
        store.pixels.push(u32::from_le_bytes(pixel));
    }
    store.add(start, width, height);
    Some(())
}

/// The colour of more than half of the plain columns, or of the last one that was likely to be it.
fn most_frequent(columns: &[Option<u32>]) -> Option<u32> {
    let mut best = None;
    let mut lead = 0u32;
    for &column in columns.iter().filter(|column| column.is_some()) {
        if column == best {
            lead += 1;
        } else if lead == 0 {
            (best, lead) = (column, 1);
        } else {
            lead -= 1;
        }
    }
    best
}

/// The rectangle without the rows at both ends that are all background; `None` when all are.
fn trimmed(frame: &Frame<'_>, rect: Rect, background: u32) -> Option<Rect> {
    let has_ink = |y: &u32| {
        let row = frame.row(rect.x as usize, *y as usize, rect.width as usize);
        row.chunks_exact(BYTES_PER_PIXEL).any(|pixel| colour(pixel) != background)
    };
    let top = (rect.y..rect.bottom()).find(has_ink)?;
    let bottom = (rect.y..rect.bottom()).rfind(has_ink)?;
    Some(Rect::new(rect.x, top, rect.width, bottom + 1 - top))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).expect("a line is short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_without_end_claims_no_more_memory_than_text() {
        const WIDTH: u32 = 8000;
        let pixels = (0..WIDTH * LINE).flat_map(|at| {
            let ink = if at % WIDTH < 3900 { at.wrapping_mul(0x9e37_79b1) } else { u32::MAX };
            ink.to_le_bytes()
        });
        let pixels: Vec<u8> = pixels.collect();
        let frame = Frame::new(&pixels, WIDTH, LINE, WIDTH as usize * 4).expect("in bounds");
        let mut writer = Writer::new();
        let memory = |writer: &Writer| {
            [
                writer.marks.capacity(),
                writer.planes.capacity(),
                writer.store.pixels.capacity(),
                writer.places.capacity(),
            ]
        };
        let before = memory(&writer);
        assert_eq!(writer.build(&frame, Rect::new(0, 0, WIDTH, LINE)), None, "this is not text");
        writer.undo();
        assert_eq!(memory(&writer), before);
        assert!(writer.store.pixels.is_empty() && writer.slots.iter().all(|slot| *slot == 0));
    }
}
