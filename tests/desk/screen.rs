//! What a person in front of the display sees.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use x11rb::connection::Connection as _;
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, Window};

use super::{Desk, PATIENCE, until};

/// A rectangle on the display, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rect {
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Rect {
    /// The pixel in the middle.
    pub(crate) fn centre(self) -> (i16, i16) {
        let half = |size: u16| i16::try_from(size / 2).expect("half of a u16 fits");
        (self.x + half(self.width), self.y + half(self.height))
    }
}

/// The pixels of the whole display or a part of it: four bytes each, blue, green, red, nothing; no gap between rows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Pixels {
    pub(crate) width: u16,
    pub(crate) height: u16,
    pub(crate) bgrx: Vec<u8>,
}

impl Pixels {
    /// Red, green, blue of one pixel.
    ///
    /// # Panics
    /// When it lies outside.
    #[track_caller]
    pub(crate) fn at(&self, x: u16, y: u16) -> [u8; 3] {
        assert!(x < self.width && y < self.height, "{x},{y} is outside of {}x{}", self.width, self.height);
        let start = (usize::from(y) * usize::from(self.width) + usize::from(x)) * 4;
        [self.bgrx[start + 2], self.bgrx[start + 1], self.bgrx[start]]
    }

    /// The part inside `rect`.
    ///
    /// # Panics
    /// When it reaches outside.
    #[track_caller]
    pub(crate) fn crop(&self, rect: Rect) -> Self {
        let inside = |start: i16, length: u16, size: u16| {
            let start = usize::try_from(start).ok().filter(|start| start + usize::from(length) <= usize::from(size));
            start.unwrap_or_else(|| panic!("{rect:?} reaches outside of {}x{}", self.width, self.height))
        };
        let (x, y) = (inside(rect.x, rect.width, self.width), inside(rect.y, rect.height, self.height));
        let rows = self.bgrx.chunks_exact(usize::from(self.width) * 4).skip(y).take(usize::from(rect.height));
        let bgrx = rows.flat_map(|row| &row[x * 4..(x + usize::from(rect.width)) * 4]).copied().collect();
        Self { width: rect.width, height: rect.height, bgrx }
    }

    /// How many different colours there are; a blank window has one.
    pub(crate) fn colours(&self) -> usize {
        let colours = self.bgrx.chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]);
        colours.collect::<std::collections::HashSet<_>>().len()
    }

    /// How many pixels differ in colour from `other`, and where the first one is.
    ///
    /// # Panics
    /// When the two are not of one size.
    #[track_caller]
    pub(crate) fn difference(&self, other: &Self) -> Option<(usize, (usize, usize))> {
        assert_eq!((self.width, self.height), (other.width, other.height), "pictures of one size can be compared");
        let pairs = self.bgrx.chunks_exact(4).zip(other.bgrx.chunks_exact(4)).enumerate();
        let mut different = pairs.filter(|(_, (a, b))| a[..3] != b[..3]).map(|(index, _)| index);
        let first = different.next()?;
        let width = usize::from(self.width);
        Some((different.count() + 1, (first % width, first / width)))
    }

    /// Writes a PNG.
    ///
    /// # Panics
    /// When the file cannot be written.
    #[track_caller]
    pub(crate) fn save(&self, path: &Path) {
        let file = File::create(path).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width.into(), self.height.into());
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        let rgb: Vec<u8> = self.bgrx.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        let mut writer = encoder.write_header().expect("a file takes a PNG header");
        writer.write_image_data(&rgb).expect("a file takes pixels of the announced size");
    }
}

/// What the pointer looks like, as the X server says.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Pixels, wide and high.
    pub(crate) size: (u16, u16),
    /// The pixel that points.
    pub(crate) hot: (u16, u16),
    /// Alpha, red, green, blue, the colours multiplied by alpha.
    pub(crate) argb: Vec<u32>,
}

impl std::fmt::Debug for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seen = self.argb.iter().filter(|pixel| **pixel >> 24 != 0).count();
        write!(f, "Cursor({:?} at {:?}, {seen} pixels)", self.size, self.hot)
    }
}

impl Pixels {
    /// The same with a pointer in it.
    pub(crate) fn with_cursor(&self, cursor: &Cursor, (x, y): (i16, i16)) -> Self {
        let mut pixels = self.clone();
        let start = |at: i16, hot: u16| i32::from(at) - i32::from(hot);
        let (left, top) = (start(x, cursor.hot.0), start(y, cursor.hot.1));
        for (index, argb) in (0..).zip(&cursor.argb) {
            let (x, y) = (left + index % i32::from(cursor.size.0), top + index / i32::from(cursor.size.0));
            if !(0..i32::from(self.width)).contains(&x) || !(0..i32::from(self.height)).contains(&y) {
                continue;
            }
            let at = usize::try_from((y * i32::from(self.width) + x) * 4).expect("inside");
            let through = 255 - (argb >> 24);
            for (channel, value) in pixels.bgrx[at..at + 3].iter_mut().enumerate() {
                let over = argb >> (8 * channel) & 0xff;
                *value = u8::try_from((over + (u32::from(*value) * through + 127) / 255).min(255)).expect("a byte");
            }
        }
        pixels
    }
}

impl Desk {
    /// What the pointer looks like where it is.
    pub(crate) fn cursor(&self) -> Cursor {
        self.connection.xfixes_query_version(2, 0).expect("the X server is there").reply().expect("it has XFixes");
        let request = self.connection.xfixes_get_cursor_image().expect("the X server is there");
        let image = request.reply().expect("it has a pointer");
        Cursor { size: (image.width, image.height), hot: (image.xhot, image.yhot), argb: image.cursor_image }
    }

    /// The whole display, without the pointer.
    pub(crate) fn pixels(&self) -> Pixels {
        self.try_pixels().expect("the X server gives its pixels")
    }

    /// The part of the display inside `rect`.
    pub(crate) fn pixels_in(&self, rect: Rect) -> Pixels {
        self.try_pixels_in(rect).expect("the X server gives its pixels")
    }

    /// The window's inside. While it is being placed, some of it may be off the display: the server gives none of it then.
    ///
    /// # Panics
    /// When it does not come onto the display.
    #[track_caller]
    pub(crate) fn looks(&self, window: Window) -> Pixels {
        until(PATIENCE, "the whole window to be on the display", || self.try_pixels_in(self.geometry(window)))
    }

    /// Writes the whole display as a PNG.
    pub(crate) fn screenshot(&self, path: &Path) {
        self.pixels().save(path);
    }

    /// Looks at the display until `found` answers.
    ///
    /// # Panics
    /// When `patience` has run out.
    #[track_caller]
    pub(crate) fn see<T>(&self, patience: Duration, what: &str, mut found: impl FnMut(&Pixels) -> Option<T>) -> T {
        until(patience, what, || found(&self.pixels()))
    }

    /// The display once it has not changed for `rest`.
    ///
    /// # Panics
    /// When it goes on changing for longer than `patience`.
    #[track_caller]
    pub(crate) fn at_rest(&self, rest: Duration, patience: Duration) -> Pixels {
        let mut last = (self.pixels(), std::time::Instant::now());
        until(patience, "the display to come to rest", || {
            let now = self.pixels();
            if now != last.0 {
                last = (now, std::time::Instant::now());
                return None;
            }
            (last.1.elapsed() >= rest).then_some(now)
        })
    }

    /// Nothing when the server is gone, as in the middle of a failing test.
    pub(super) fn try_pixels(&self) -> Option<Pixels> {
        let geometry = self.connection.get_geometry(self.root).ok()?.reply().ok()?;
        let (width, height) = (geometry.width, geometry.height);
        self.try_pixels_in(Rect { x: 0, y: 0, width, height })
    }

    fn try_pixels_in(&self, Rect { x, y, width, height }: Rect) -> Option<Pixels> {
        let request = self.connection.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX);
        let bgrx = request.ok()?.reply().ok()?.data;
        let little = self.connection.setup().image_byte_order == x11rb::protocol::xproto::ImageOrder::LSB_FIRST;
        assert!(
            little && bgrx.len() == usize::from(width) * usize::from(height) * 4,
            "32 bits for a pixel, blue first"
        );
        Some(Pixels { width, height, bgrx })
    }
}
