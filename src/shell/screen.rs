//! The remote picture, as the window needs it.

use crate::viewer::framebuffer::Picture;

/// A rectangle of whole pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// Wide.
    pub width: u32,
    /// High.
    pub height: u32,
}

impl Area {
    /// All of something `width` × `height`.
    #[must_use]
    pub const fn all(width: u32, height: u32) -> Self {
        Self { x: 0, y: 0, width, height }
    }

    /// The smallest area around both.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// What both have in common.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        (x < right && y < bottom).then(|| Self { x, y, width: right - x, height: bottom - y })
    }
}

/// A picture that another thread changes while the window shows it.
pub trait Screen: Send + Sync {
    /// Its width and height now.
    fn size(&self) -> (u32, u32);

    /// Hands the pixels to `see`, with the areas changed since the last call. The picture does not change meanwhile.
    fn look(&self, see: &mut dyn FnMut(Pixels<'_>, &[Area]));
}

/// The pixels of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Pixels<'a> {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// B, G, R, unused; rows without gaps, `width * height * 4` bytes.
    pub bgrx: &'a [u8],
}

impl Screen for Picture {
    fn size(&self) -> (u32, u32) {
        Self::size(self)
    }

    fn look(&self, see: &mut dyn FnMut(Pixels<'_>, &[Area])) {
        Self::look(self, |framebuffer, changed| {
            let (width, height) = (framebuffer.width(), framebuffer.height());
            let whole = Area::all(width, height);
            let changed: Vec<Area> = changed
                .iter()
                .filter_map(|rect| Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height }.and(whole))
                .collect();
            see(Pixels { width, height, bgrx: framebuffer.pixels() }, &changed);
        });
    }
}
