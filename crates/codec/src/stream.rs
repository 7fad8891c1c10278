//! zstd contexts: what goes through one from one keyframe to the next is one frame, flushed chunk by chunk.

use zstd::zstd_safe::{
    CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, compress_bound, get_error_name,
};

use crate::wire::MAX_CHUNK;

/// The quickest one. Against level 3 on recorded desktops: text costs 5 % more, a scrolling
/// page 10 % less, both in two thirds of the time. zstd ignores a change of level inside a frame.
const LEVEL: i32 = 1;

/// How far a context looks back, log2 of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// zstd's window, on both sides.
    pub(crate) window: u32,
    /// Places that the encoder's side remembers. The level's own 14 forget the greater part of a large window: a
    /// scrolling page costs three times the bytes.
    pub(crate) places: u32,
}

/// What a flush adds at most to bytes that do not compress: frame header (first chunk) and block headers.
const FLUSH_OVERHEAD: usize = 64;

/// The encoder's side.
pub(crate) struct Compressor {
    context: CCtx<'static>,
    packed: Box<[u8]>,
}

impl Compressor {
    pub(crate) fn new(reach: Reach) -> Result<Self, &'static str> {
        let mut context = CCtx::try_create().ok_or("no memory")?;
        for parameter in [
            CParameter::CompressionLevel(LEVEL),
            CParameter::WindowLog(reach.window),
            CParameter::HashLog(reach.places),
            CParameter::ContentSizeFlag(false),
            CParameter::ChecksumFlag(false),
        ] {
            context.set_parameter(parameter).map_err(get_error_name)?;
        }
        Ok(Self { context, packed: vec![0; compress_bound(MAX_CHUNK) + FLUSH_OVERHEAD].into_boxed_slice() })
    }

    /// Begins a new frame.
    pub(crate) fn restart(&mut self) -> Result<(), &'static str> {
        self.context.reset(ResetDirective::SessionOnly).map(drop).map_err(get_error_name)
    }

    /// Compresses all of `raw`, at most [`MAX_CHUNK`] bytes, so that the other side can have all of it.
    pub(crate) fn compress(&mut self, raw: &[u8]) -> Result<&[u8], &'static str> {
        let mut input = InBuffer::around(raw);
        let mut output = OutBuffer::around(&mut self.packed[..]);
        while input.pos() < raw.len() {
            self.context.compress_stream(&mut output, &mut input).map_err(get_error_name)?;
        }
        // One call flushes everything when there is room for it, and there is: `packed` holds the worst case.
        if self.context.flush_stream(&mut output).map_err(get_error_name)? != 0 {
            return Err("more bytes than zstd can make of a chunk");
        }
        let len = output.pos();
        Ok(&self.packed[..len])
    }

    /// Bytes that zstd has allocated.
    pub(crate) fn memory(&self) -> usize {
        self.context.sizeof()
    }
}

/// The decoder's side.
pub(crate) struct Decompressor {
    context: DCtx<'static>,
}

/// Why a chunk did not decompress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkError {
    /// zstd's own words; among others a window beyond the limit.
    Zstd(&'static str),
    /// More or fewer bytes than declared, or the end of the frame.
    Length,
}

impl Decompressor {
    pub(crate) fn new(reach: Reach) -> Result<Self, &'static str> {
        let mut context = DCtx::try_create().ok_or("no memory")?;
        context.set_parameter(DParameter::WindowLogMax(reach.window)).map_err(get_error_name)?;
        Ok(Self { context })
    }

    /// Begins a new frame.
    pub(crate) fn restart(&mut self) -> Result<(), &'static str> {
        self.context.reset(ResetDirective::SessionOnly).map(drop).map_err(get_error_name)
    }

    /// Decompresses `packed` to exactly one byte less than `raw` has: when that stays free, zstd holds nothing back.
    pub(crate) fn decompress(&mut self, packed: &[u8], raw: &mut [u8]) -> Result<(), ChunkError> {
        let len = raw.len() - 1;
        let mut output = OutBuffer::around(raw);
        let mut input = InBuffer::around(packed);
        while input.pos() < packed.len() {
            let before = (input.pos(), output.pos());
            let hint = self.context.decompress_stream(&mut output, &mut input);
            // 0 is the end of a frame, which no encoder of ours ever writes.
            if hint.map_err(|code| ChunkError::Zstd(get_error_name(code)))? == 0
                || before == (input.pos(), output.pos())
            {
                return Err(ChunkError::Length);
            }
        }
        if output.pos() == len { Ok(()) } else { Err(ChunkError::Length) }
    }

    /// Bytes that zstd has allocated.
    pub(crate) fn memory(&self) -> usize {
        self.context.sizeof()
    }
}
