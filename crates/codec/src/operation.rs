//! Pixels of one rectangle to an operation and back: what kind fits, and the bytes of each kind (see [`crate::wire`]).

use crate::chunks::{Group, Outgoing};
use crate::film;
use crate::frame::{BYTES_PER_PIXEL, Frame, Framebuffer};
use crate::geometry::Rect;
use crate::glyphs;
use crate::layout::colour;
use crate::moves::Move;
use crate::palette::{Colours, Palette};
use crate::photo;
use crate::recall;
use crate::tiles::TILE;
use crate::wire::{Kind, Stream, read_colour, write_colour, write_number, write_rect};

/// Writes operations.
pub(crate) struct Writer {
    /// The rectangle at hand, row by row, X always set.
    pixels: Vec<u32>,
    palette: Palette,
    glyphs: glyphs::Writer,
    photos: photo::Writer,
    planes: [Vec<u8>; 3],
}

impl Writer {
    /// For rectangles of at most `area` pixels.
    pub(crate) fn new(area: usize) -> Self {
        Self {
            pixels: Vec::with_capacity(area),
            palette: Palette::new(area),
            glyphs: glyphs::Writer::new(),
            photos: photo::Writer::new(),
            planes: std::array::from_fn(|_| Vec::with_capacity(area)),
        }
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) {
        self.palette.restart();
        self.glyphs.restart();
        self.photos.restart();
    }

    /// The last operation, which was of this kind, is not sent.
    pub(crate) fn undo(&mut self, kind: Kind) {
        match kind {
            Kind::Palette => self.palette.undo(),
            Kind::Text => self.glyphs.undo(),
            Kind::Photo => self.photos.undo(),
            Kind::Solid | Kind::Literal | Kind::Copy => {}
            Kind::Keep | Kind::Recall | Kind::RecallPart | Kind::RecallLines | Kind::Reference | Kind::Film => {}
        }
    }

    /// Appends the operation for a rectangle that is all of one colour.
    pub(crate) fn write_plain(&self, frame: &Frame<'_>, rect: Rect, out: &mut Outgoing) -> Kind {
        write_head(Kind::Solid, rect, out);
        out[Stream::Operations].extend_from_slice(&frame.row(rect.x as usize, rect.y as usize, 1)[..3]);
        Kind::Solid
    }

    /// Appends the operation for a line of text, and says what it covers: the rectangle, with so many blank rows above
    /// it if they are of the same background. `None` when it does not look like text.
    pub(crate) fn write_line(&mut self, frame: &Frame<'_>, rect: Rect, blank: u32, out: &mut Outgoing) -> Option<Rect> {
        let Some(background) = self.glyphs.build(frame, rect) else {
            self.undo(Kind::Text);
            return None;
        };
        let above = frame.row(rect.x as usize, (rect.y - blank) as usize, 1);
        let blank = if colour(above) == background { blank } else { 0 };
        let rect = Rect::new(rect.x, rect.y - blank, rect.width, rect.height + blank);
        write_head(Kind::Text, rect, out);
        self.glyphs.write(background, blank, &mut out[Stream::Operations]);
        Some(rect)
    }

    /// Bytes of the last line of text that hardly compress.
    pub(crate) const fn coloured(&self) -> usize {
        self.glyphs.coloured()
    }

    /// Appends the operation for these pixels of the frame, not empty, when they have few colours, and says its kind.
    pub(crate) fn write_few(&mut self, frame: &Frame<'_>, rect: Rect, out: &mut Outgoing) -> Option<Kind> {
        self.gather(frame, rect);
        let first = self.pixels[0];
        if self.pixels.iter().all(|&pixel| pixel == first) {
            write_head(Kind::Solid, rect, out);
            write_colour(first, &mut out[Stream::Operations]);
            return Some(Kind::Solid);
        }
        if !self.palette.build(&self.pixels) {
            return None;
        }
        write_head(Kind::Palette, rect, out);
        self.palette.write(&mut out[Stream::Operations]);
        Some(Kind::Palette)
    }

    /// Appends the operation for these pixels of the frame, not empty, whatever they are, packed so, when there is so much
    /// room in the update and this is shown around them; says its kind.
    pub(crate) fn write_many(
        &mut self,
        frame: &Frame<'_>,
        shown: &Framebuffer,
        rect: Rect,
        (packing, room): (Packing, &Room),
        out: &mut Outgoing,
    ) -> Kind {
        self.gather(frame, rect);
        if packing == Packing::Dense
            && room.has_room_for_photo(rect)
            && !is_drawn(&self.pixels)
            && let Some(coded) = self.photos.write(frame, shown, rect)
        {
            write_head(Kind::Photo, rect, out);
            write_number(u32::try_from(coded.len()).expect("a rectangle is short"), &mut out[Stream::Operations]);
            out[Stream::Coded].extend_from_slice(coded);
            return Kind::Photo;
        }
        write_head(Kind::Literal, rect, out);
        write_literal(&self.pixels, rect.width as usize, &mut self.planes, out);
        Kind::Literal
    }

    fn gather(&mut self, frame: &Frame<'_>, rect: Rect) {
        self.pixels.clear();
        for y in rect.y..rect.bottom() {
            let row = frame.row(rect.x as usize, y as usize, rect.width as usize).chunks_exact(BYTES_PER_PIXEL);
            self.pixels.extend(row.map(|p| u32::from_le_bytes([p[0], p[1], p[2], 0xff])));
        }
    }
}

/// What is spared with exact pixels of many colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Bytes: up to a fifth of them.
    Dense,
    /// Time, of both sides: four fifths of it.
    Quick,
}

/// Are most pixels the same as the one before? What is drawn repeats itself, which zstd sees and a coder of photographs
/// does not.
fn is_drawn(pixels: &[u32]) -> bool {
    let same = pixels.windows(2).filter(|pair| pair[0] == pair[1]).count();
    same > pixels.len() / 4 * 3
}

/// Appends the operation for what has moved.
pub(crate) fn write_move(found: &Move, out: &mut Outgoing) {
    write_head(Kind::Copy, found.rect, out);
    let out = &mut out[Stream::Operations];
    write_number(found.from.0, out);
    write_number(found.from.1, out);
}

pub(crate) fn write_head(kind: Kind, rect: Rect, out: &mut Outgoing) {
    let out = &mut out[Stream::Operations];
    out.push(kind as u8);
    write_rect(rect, out);
}

/// What the operations of an update may still cost, pixels: a short update cannot mean more work than a few pictures.
/// Both sides count alike: an encoder stops in time, and what a decoder finds beyond is not an encoder's.
pub(crate) struct Room {
    painted: u64,
    copied: u64,
    kept: u64,
    recalled: u64,
    photos: u64,
    referred: u64,
    film: u64,
}

impl Room {
    /// What the smallest operation counts as: about the work of reading it.
    const LEAST: u64 = 64;

    /// What a macroblock counts as, however little of it is inside: it may have all of its levels.
    const MACROBLOCK: u64 = 256;

    /// Film of an update: at the most a third of a second on an old processor, each bit as dear as can be, and at the least
    /// what an encoder writes in one operation.
    const MOST_FILM: u64 = 1 << 20;
    const LEAST_FILM: u64 = 128 * Self::MACROBLOCK;

    /// For an update of a picture of this size. No encoder paints a pixel twice, but for what stands still between a
    /// change and the next gap; and small pictures have small operations too.
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let picture = u64::from(width) * u64::from(height);
        let small = 1024 * Self::LEAST;
        Self {
            painted: 2 * picture + small,
            copied: picture.max(Self::LEAST),
            kept: picture + small,
            recalled: picture + small,
            referred: picture.max(Self::LEAST),
            photos: photo::MOST.min(picture.max(Self::LEAST)),
            film: ((picture + small / 2) / 2).clamp(Self::LEAST_FILM, Self::MOST_FILM),
        }
    }

    /// Makes room for an operation on so many pixels; `None` when there is none left.
    pub(crate) fn take(&mut self, kind: Kind, rect: Rect) -> Option<()> {
        let pixels = Self::cost(kind, rect);
        let room = match kind {
            Kind::Copy => &mut self.copied,
            Kind::Photo => &mut self.photos,
            Kind::Keep => &mut self.kept,
            Kind::Recall | Kind::RecallPart | Kind::RecallLines => &mut self.recalled,
            Kind::Reference => &mut self.referred,
            Kind::Film => &mut self.film,
            Kind::Solid | Kind::Palette | Kind::Literal | Kind::Text => &mut self.painted,
        };
        *room = room.checked_sub(pixels)?;
        Some(())
    }

    /// Is there room for a photograph of this size?
    fn has_room_for_photo(&self, rect: Rect) -> bool {
        Self::cost(Kind::Photo, rect) <= self.photos
    }

    fn cost(kind: Kind, rect: Rect) -> u64 {
        match kind {
            // Rows are read as a whole.
            Kind::RecallPart | Kind::RecallLines => {
                let columns = rect.width.div_ceil(TILE as u32) * TILE as u32;
                u64::from(rect.height) * u64::from(columns)
            }
            Kind::Film => u64::from(film::count(rect)) * Self::MACROBLOCK,
            _ => rect.area().max(Self::LEAST),
        }
    }
}

/// Reads operations.
pub(crate) struct Painter {
    colours: Colours,
    glyphs: glyphs::Painter,
    recall: recall::Painter,
    photos: photo::Painter,
    film: film::Reader,
    /// Green, blue - green, red - green of the row above, for literal pixels.
    above: Vec<[u8; 3]>,
}

impl Painter {
    pub(crate) const fn new() -> Self {
        Self {
            colours: Colours::new(),
            glyphs: glyphs::Painter::new(),
            recall: recall::Painter::new(),
            photos: photo::Painter::new(),
            film: film::Reader::new(),
            above: Vec::new(),
        }
    }

    /// The other side starts afresh, with a picture of this size.
    pub(crate) fn restart(&mut self, width: u32, height: u32) {
        self.colours = Colours::new();
        self.glyphs.restart();
        self.recall.restart(width, height);
        self.photos.restart();
        self.film.restart();
    }

    /// Reads one operation and paints it if there is room for its pixels; returns what it may have changed. `None` when it is malformed, cut off,
    /// empty, too large or not all inside; of text, a part may be painted then.
    pub(crate) fn paint(
        &mut self,
        group: &mut Group<'_>,
        framebuffer: &mut Framebuffer,
        room: &mut Room,
    ) -> Option<Rect> {
        let reader = group.stream(Stream::Operations);
        let kind = Kind::from_wire(reader.byte()?)?;
        match kind {
            Kind::Keep => return self.recall.keep(reader, framebuffer, room).map(|()| Rect::default()),
            Kind::Recall => return self.recall.recall(reader, framebuffer, room),
            _ => {}
        }
        let rect = reader.rect()?;
        let is_inside = |rect: Rect| rect.clipped(framebuffer.width(), framebuffer.height()) == rect;
        if rect.is_empty() || !is_inside(rect) {
            return None;
        }
        room.take(kind, rect)?;
        match kind {
            Kind::Copy => {
                let from = (reader.number()?, reader.number()?);
                is_inside(Rect::new(from.0, from.1, rect.width, rect.height)).then_some(())?;
                framebuffer.copy(rect, from);
            }
            Kind::Text => self.glyphs.paint(reader, rect, framebuffer)?,
            Kind::Solid => framebuffer.fill(rect, read_colour(reader)?),
            Kind::Palette => self.colours.paint(reader, rect, framebuffer)?,
            Kind::Literal => self.paint_literal(group, rect, framebuffer)?,
            Kind::RecallPart => self.recall.part(reader, rect, framebuffer)?,
            Kind::RecallLines => self.recall.lines(reader, rect, framebuffer)?,
            Kind::Keep | Kind::Recall => return None,
            Kind::Photo => {
                let len = reader.number()? as usize;
                self.photos.paint(group.stream(Stream::Coded).bytes(len)?, rect, framebuffer)?;
            }
            Kind::Reference => {
                self.film.keep(framebuffer, rect)?;
                return Some(Rect::default());
            }
            Kind::Film => self.film.paint(group, rect, framebuffer)?,
        }
        Some(rect)
    }

    fn paint_literal(&mut self, group: &mut Group<'_>, rect: Rect, framebuffer: &mut Framebuffer) -> Option<()> {
        let (width, height) = (rect.width as usize, rect.height as usize);
        let mut plane = |stream| group.stream(stream).bytes(width * height);
        let (green, blue, red) = (plane(Stream::Green)?, plane(Stream::Blue)?, plane(Stream::Red)?);
        // Black above the first row predicts the left neighbour.
        self.above.clear();
        self.above.resize(width, [0; 3]);
        for (row, y) in (0..height).zip(rect.y..) {
            let at = row * width..(row + 1) * width;
            let residuals = green[at.clone()].iter().zip(&blue[at.clone()]).zip(&red[at]);
            // And the one above in place of both others predicts itself.
            let (mut left, mut corner) = (self.above[0], self.above[0]);
            // All planes in one loop: each waits for its left neighbour, so they had better wait together.
            let pixels = framebuffer.row_mut(rect.x, y, rect.width).chunks_exact_mut(BYTES_PER_PIXEL);
            for ((pixel, above), ((&green, &blue), &red)) in pixels.zip(&mut self.above).zip(residuals) {
                left = [
                    green.wrapping_add(predict(left[0], above[0], corner[0])),
                    blue.wrapping_add(predict(left[1], above[1], corner[1])),
                    red.wrapping_add(predict(left[2], above[2], corner[2])),
                ];
                corner = *above;
                *above = left;
                let [green, blue, red] = left;
                pixel.copy_from_slice(&[blue.wrapping_add(green), green, red.wrapping_add(green), 0xff]);
            }
        }
        Some(())
    }
}

fn write_literal(pixels: &[u32], width: usize, planes: &mut [Vec<u8>; 3], out: &mut Outgoing) {
    for plane in planes.iter_mut() {
        plane.clear();
    }
    let [green, blue, red] = planes;
    // Colours of pictures move together: what is left beside green is small.
    green.extend(pixels.iter().map(|pixel| pixel.to_le_bytes()[1]));
    blue.extend(pixels.iter().map(|pixel| pixel.to_le_bytes()[0].wrapping_sub(pixel.to_le_bytes()[1])));
    red.extend(pixels.iter().map(|pixel| pixel.to_le_bytes()[2].wrapping_sub(pixel.to_le_bytes()[1])));
    for (plane, stream) in planes.iter().zip([Stream::Green, Stream::Blue, Stream::Red]) {
        residuals(plane, width, &mut out[stream]);
    }
}

/// Appends each byte of a plane less its prediction.
fn residuals(plane: &[u8], width: usize, out: &mut Vec<u8>) {
    let (first, _) = plane.split_at(width);
    out.push(first[0]);
    out.extend(first.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])));
    for (above, row) in plane.chunks_exact(width).zip(plane.chunks_exact(width).skip(1)) {
        out.push(row[0].wrapping_sub(above[0]));
        let neighbours = row.iter().zip(above).zip(&above[1..]);
        out.extend(
            row[1..]
                .iter()
                .zip(neighbours)
                .map(|(value, ((&left, &corner), &above))| value.wrapping_sub(predict(left, above, corner))),
        );
    }
}

/// The median edge detector of LOCO-I (JPEG-LS, ITU-T T.87, A.4.2): level across edges, sloped elsewhere.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped between two bytes")]
pub(crate) fn predict(left: u8, above: u8, corner: u8) -> u8 {
    let slope = i16::from(left) + i16::from(above) - i16::from(corner);
    slope.clamp(i16::from(left.min(above)), i16::from(left.max(above))) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_have_half_a_million_pixels_of_an_update_and_the_smallest_counts_as_many() {
        let half = Rect::new(0, 0, 1 << 10, 1 << 8);
        let mut room = Room::new(4096, 4096);
        assert_eq!([(); 3].map(|()| room.take(Kind::Photo, half)), [Some(()), Some(()), None]);
        let mut room = Room::new(4096, 4096);
        let taken = (0..1 << 19).take_while(|_| room.take(Kind::Photo, Rect::new(3, 3, 1, 1)).is_some());
        assert_eq!(taken.count(), 1 << 13);
        assert!(!room.has_room_for_photo(Rect::new(3, 3, 1, 1)));
    }

    #[test]
    fn the_smallest_picture_and_the_longest_run_of_film_have_room() {
        let pixel = Rect::new(0, 0, 1, 1);
        for kind in [Kind::Copy, Kind::Photo, Kind::Keep, Kind::Recall, Kind::Reference, Kind::Film, Kind::Solid] {
            assert_eq!(Room::new(1, 1).take(kind, pixel), Some(()), "{kind:?}");
        }
        for height in 1..=64 {
            assert_eq!(Room::new(512, height).take(Kind::Film, Rect::new(0, 0, 512, height)), Some(()), "{height}");
        }
    }
}
