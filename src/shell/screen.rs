//! The remote picture, as the window needs it.

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

/// A picture that another thread changes while the window shows it.
pub trait Screen: Send + Sync {
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
