//! zstd, one context a side: everything from one keyframe to the next is one frame, flushed chunk by chunk.

use zstd::zstd_safe::{
    CCtx, CParameter, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, compress_bound, get_error_name,
};

use crate::wire::{MAX_CHUNK, WINDOW_LOG};

/// The quickest one. Against level 3 on recorded desktops: text costs 5 % more, a scrolling
/// page 10 % less, both in two thirds of the time. zstd ignores a change of level inside a frame.
const LEVEL: i32 = 1;

/// log2 of the places that zstd remembers. The level's own 14 forget the greater part of the window: a scrolling page
/// costs three times the bytes.
const HASH_LOG: u32 = 18;

/// What a flush adds at most to bytes that do not compress: frame header (first chunk) and block headers.
const FLUSH_OVERHEAD: usize = 64;

/// The encoder's side.
pub(crate) struct Compressor {
    context: CCtx<'static>,
    packed: Box<[u8]>,
}

impl Compressor {
    pub(crate) fn new() -> Result<Self, &'static str> {
        let mut context = CCtx::try_create().ok_or("no memory")?;
        for parameter in [
            CParameter::CompressionLevel(LEVEL),
            CParameter::WindowLog(WINDOW_LOG),
            CParameter::HashLog(HASH_LOG),
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
    /// One byte longer than a chunk may be, to see one that is.
    raw: Box<[u8]>,
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
    pub(crate) fn new() -> Result<Self, &'static str> {
        let mut context = DCtx::try_create().ok_or("no memory")?;
        context.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).map_err(get_error_name)?;
        Ok(Self { context, raw: vec![0; MAX_CHUNK + 1].into_boxed_slice() })
    }

    /// Begins a new frame.
    pub(crate) fn restart(&mut self) -> Result<(), &'static str> {
        self.context.reset(ResetDirective::SessionOnly).map(drop).map_err(get_error_name)
    }

    /// Decompresses `packed` to exactly `len` bytes, at most [`MAX_CHUNK`].
    pub(crate) fn decompress(&mut self, packed: &[u8], len: usize) -> Result<&[u8], ChunkError> {
        // One byte of room more than is right: when it stays free, zstd holds nothing back.
        let mut output = OutBuffer::around(&mut self.raw[..=len]);
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
        if output.pos() == len { Ok(&self.raw[..len]) } else { Err(ChunkError::Length) }
    }

    /// Bytes that zstd has allocated.
    pub(crate) fn memory(&self) -> usize {
        self.context.sizeof()
    }
}
