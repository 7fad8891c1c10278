//! Frames to updates.

use crate::frame::{Frame, FrameError, MAX_PIXELS, check_size};
use crate::geometry::Region;

/// What an update may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Bytes. An update ends when they are used up and exceeds them by less than [`crate::MAX_OVERSHOOT`], which only
    /// happens when not even one tile fits.
    pub bytes: usize,
}

impl Budget {
    /// At most about this many bytes.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes }
    }

    /// Everything at once.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self { bytes: usize::MAX }
    }
}

/// What [`Encoder::encode`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Bytes appended to `out`; 0 when nothing is to be sent.
    pub bytes: usize,
    /// The update stands alone: a decoder and a framebuffer can begin with it.
    pub keyframe: bool,
    /// What it consists of.
    pub operations: Operations,
    /// Is there more?
    pub pending: Pending,
}

/// Does the encoder know of damage that it has not encoded?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// The other side will show exactly the frame, as far as damage was reported.
    Nothing,
    /// The budget was used up: call [`Encoder::encode`] again, with new damage or without.
    More,
}

/// Operations of an update, counted by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// Rectangles of one colour.
    pub solid: u32,
    /// Rectangles of few colours.
    pub palette: u32,
    /// Rectangles of any pixels.
    pub literal: u32,
}

/// Why a frame could not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The size is out of bounds.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The compressor failed; it does when there is no memory.
    #[error("the compressor failed: {0}")]
    Compressor(&'static str),
}

/// Turns frames into updates. It keeps a copy of what the other side shows.
pub struct Encoder {
    keyframe: bool,
}

impl Encoder {
    /// An encoder whose first update will be a keyframe.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Frame`] when the size (pixels) is out of bounds, [`EncodeError::Compressor`] without memory.
    pub fn new(width: u32, height: u32) -> Result<Self, EncodeError> {
        check_size(width, height, MAX_PIXELS)?;
        Ok(Self { keyframe: true })
    }

    /// The next update will stand alone: for someone who joins, or could not continue. [`Encoder::encode`] then reads
    /// the whole frame.
    pub const fn keyframe(&mut self) {
        self.keyframe = true;
    }

    /// Appends to `out` one update with what changed in `frame` inside `damage` (clipped to the frame) and inside what
    /// is still pending from earlier calls; appends nothing when nothing changed. A frame of another size than the last
    /// begins with a keyframe.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Compressor`]; `out` is as before then, and the next update is a keyframe.
    pub fn encode(
        &mut self,
        frame: Frame<'_>,
        damage: &Region,
        budget: Budget,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, EncodeError> {
        let _ = (frame, damage, budget, out);
        Ok(Encoded { bytes: 0, keyframe: self.keyframe, operations: Operations::default(), pending: Pending::Nothing })
    }
}
