//! Updates to pictures.

use crate::chunks::{GroupError, Incoming};
use crate::frame::{FrameError, Framebuffer, MAX_PIXELS, check_size};
use crate::geometry::{Rect, Region};
use crate::operation::{Painter, Room};
use crate::stream::ChunkError;
use crate::wire::{KEYFRAME, MAX_UPDATE, Reader, Stream};

/// Applies updates to a framebuffer. Of what it is given, it trusts nothing: whatever the bytes, it allocates no more
/// than 32 MiB for itself, 4 bytes a pixel of the framebuffer and as many of the reference of film, and an update paints a
/// pixel a few times on average.
pub struct Decoder {
    max_pixels: u32,
    state: State,
    chunks: Option<Incoming>,
    painter: Painter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was applied so far, or something failed.
    WaitsForKeyframe,
    /// Updates for a framebuffer of this size can follow.
    Follows { width: u32, height: u32 },
}

/// Why an update was refused. Whatever the reason, the framebuffer may hold a part of it, and only a keyframe can
/// follow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The update builds on another one, which this decoder has not seen or failed to apply.
    #[error("the update builds on one that is missing: a keyframe is needed")]
    KeyframeNeeded,
    /// The framebuffer is not the one that this decoder has built so far.
    #[error("the framebuffer is of another size than the updates before")]
    Framebuffer,
    /// Longer than [`MAX_UPDATE`].
    #[error("an update of {0} bytes is too long")]
    TooLong(usize),
    /// The picture's size is out of bounds.
    #[error(transparent)]
    Size(#[from] FrameError),
    /// There is no memory for a picture of this size.
    #[error("there is no memory for the picture")]
    Memory,
    /// Flags or lengths make no sense.
    #[error("the update is malformed")]
    Malformed,
    /// zstd cannot read a chunk; a window beyond the limit is among the reasons.
    #[error("the update cannot be decompressed: {0}")]
    Compression(&'static str),
    /// A chunk decompresses to another length than it says.
    #[error("a chunk is not as long as it says")]
    ChunkLength,
    /// A chunk of no stream that is known.
    #[error("the update has a chunk of an unknown stream, {0}")]
    Stream(u8),
    /// What operations were to paint with has bytes that none of them took, or no operations at all.
    #[error("the update holds bytes that no operation uses")]
    Unused,
    /// An operation is unknown, cut off, outside the picture, or one more than a picture needs.
    #[error("the update holds an operation that makes no sense")]
    Operation,
}

impl Decoder {
    /// A decoder that waits for a keyframe.
    #[must_use]
    pub const fn new() -> Self {
        Self::with_max_pixels(MAX_PIXELS)
    }

    /// The same, refusing pictures of more than `max_pixels` pixels.
    #[must_use]
    pub const fn with_max_pixels(max_pixels: u32) -> Self {
        Self { max_pixels, state: State::WaitsForKeyframe, chunks: None, painter: Painter::new() }
    }

    /// Applies one update and says which pixels it may have changed; all of them after a keyframe. An empty update
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for everything that an [`crate::Encoder`] would not have written at this point. After one, ask
    /// for a keyframe.
    pub fn apply(&mut self, update: &[u8], framebuffer: &mut Framebuffer) -> Result<Region, DecodeError> {
        if update.is_empty() {
            return Ok(Region::new());
        }
        // Only an update that was applied to its end can be built upon.
        let before = std::mem::replace(&mut self.state, State::WaitsForKeyframe);
        let changed = self.apply_after(before, update, framebuffer)?;
        self.state = State::Follows { width: framebuffer.width(), height: framebuffer.height() };
        Ok(changed)
    }

    /// Bytes that the decompressor has allocated; bounded, and constant once the first update is applied.
    #[must_use]
    pub fn decompressor_memory(&self) -> usize {
        self.chunks.as_ref().map_or(0, Incoming::memory)
    }

    fn apply_after(
        &mut self,
        before: State,
        update: &[u8],
        framebuffer: &mut Framebuffer,
    ) -> Result<Region, DecodeError> {
        if update.len() > MAX_UPDATE {
            return Err(DecodeError::TooLong(update.len()));
        }
        let mut reader = Reader(update);
        let mut changed = Region::new();
        match (reader.byte(), before) {
            (Some(KEYFRAME), _) => {
                self.begin(&mut reader, framebuffer)?;
                changed.add(Rect::new(0, 0, framebuffer.width(), framebuffer.height()));
            }
            (Some(0), State::Follows { width, height }) => {
                if (framebuffer.width(), framebuffer.height()) != (width, height) {
                    return Err(DecodeError::Framebuffer);
                }
            }
            (Some(0), State::WaitsForKeyframe) => return Err(DecodeError::KeyframeNeeded),
            _ => return Err(DecodeError::Malformed),
        }

        let chunks = self.chunks.as_mut().ok_or(DecodeError::KeyframeNeeded)?;
        let mut room = Room::new(framebuffer.width(), framebuffer.height());
        while !reader.is_empty() {
            let Some(mut group) = chunks.take(&mut reader)? else { continue };
            while !group.stream(Stream::Operations).is_empty() {
                let painted = self.painter.paint(&mut group, framebuffer, &mut room);
                changed.add(painted.ok_or(DecodeError::Operation)?);
            }
            if !group.is_empty() {
                return Err(DecodeError::Unused);
            }
        }
        if chunks.is_empty() { Ok(changed) } else { Err(DecodeError::Unused) }
    }

    /// Both sides start afresh.
    fn begin(&mut self, reader: &mut Reader<'_>, framebuffer: &mut Framebuffer) -> Result<(), DecodeError> {
        let (Some(width), Some(height)) = (reader.number(), reader.number()) else {
            return Err(DecodeError::Malformed);
        };
        check_size(width, height, self.max_pixels)?;
        framebuffer.restart(width, height).ok_or(DecodeError::Memory)?;
        self.painter.restart(width, height);
        match &mut self.chunks {
            Some(chunks) => chunks.restart().map_err(DecodeError::Compression),
            None => {
                self.chunks = Some(Incoming::new().map_err(DecodeError::Compression)?);
                Ok(())
            }
        }
    }
}

impl From<GroupError> for DecodeError {
    fn from(error: GroupError) -> Self {
        match error {
            GroupError::Malformed => Self::Malformed,
            GroupError::Unknown(number) => Self::Stream(number),
            GroupError::Chunk(ChunkError::Zstd(reason)) => Self::Compression(reason),
            GroupError::Chunk(ChunkError::Length) => Self::ChunkLength,
        }
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}
