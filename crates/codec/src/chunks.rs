//! The streams of an update, and the chunks that carry them: operations by themselves, what they paint with beside them,
//! each kind where its own likes are, so that zstd finds what repeats and codes each with the bits that suit it.
//!
//! Chunks come in groups: those of payloads, then the one with the operations that use them, to the last byte.

use std::ops::{Index, IndexMut};

use crate::stream::{ChunkError, Compressor, Decompressor};
use crate::wire::{MAX_CHUNK, Reader, Stream, write_number};

/// Most bytes that a group takes beyond its streams' own: for each a header, and what zstd adds to what does not
/// compress, the header of its frame among it.
pub(crate) const AROUND: usize = 32 * Stream::ALL.len();

/// Lengths of all streams at some point: what follows was appended after it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Mark([usize; Stream::ALL.len()]);

/// The encoder's side: what is not compressed yet.
pub(crate) struct Outgoing {
    streams: [Vec<u8>; Stream::ALL.len()],
    /// By [`Stream::context`].
    contexts: [Compressor; Stream::CONTEXTS.len()],
}

impl Outgoing {
    /// With room for a group, and one operation of this length, bytes.
    pub(crate) fn new(longest: usize) -> Result<Self, &'static str> {
        let [interface, pixels] = Stream::CONTEXTS;
        Ok(Self {
            streams: std::array::from_fn(|_| Vec::with_capacity(MAX_CHUNK + longest)),
            contexts: [Compressor::new(interface)?, Compressor::new(pixels)?],
        })
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) -> Result<(), &'static str> {
        self.contexts.iter_mut().try_for_each(Compressor::restart)
    }

    /// Forgets what is not compressed.
    pub(crate) fn clear(&mut self) {
        self.streams.iter_mut().for_each(Vec::clear);
    }

    /// Bytes of all streams.
    pub(crate) fn len(&self) -> usize {
        self.streams.iter().map(Vec::len).sum()
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark(self.streams.each_ref().map(Vec::len))
    }

    /// Forgets what was appended since.
    pub(crate) fn truncate(&mut self, mark: Mark) {
        for (stream, len) in self.streams.iter_mut().zip(mark.0) {
            stream.truncate(len);
        }
    }

    /// Appends a group of everything before the mark, if that is anything; what was appended since stays.
    pub(crate) fn flush(&mut self, mark: Mark, out: &mut Vec<u8>) -> Result<(), &'static str> {
        let number = |len: usize| u32::try_from(len).expect("a chunk is far below 2^28 bytes");
        let mut order = Stream::ALL;
        order.rotate_left(1);
        for stream in order {
            let len = mark.0[stream as usize];
            if len == 0 {
                continue;
            }
            let bytes = &mut self.streams[stream as usize];
            let packed = match stream.context() {
                Some(context) => self.contexts[context].compress(&bytes[..len])?,
                None => &bytes[..len],
            };
            out.push(stream as u8);
            write_number(number(len), out);
            write_number(number(packed.len()), out);
            out.extend_from_slice(packed);
            bytes.drain(..len);
        }
        Ok(())
    }

    /// Bytes that zstd has allocated.
    pub(crate) fn memory(&self) -> usize {
        self.contexts.iter().map(Compressor::memory).sum()
    }
}

impl Index<Stream> for Outgoing {
    type Output = Vec<u8>;

    fn index(&self, stream: Stream) -> &Vec<u8> {
        &self.streams[stream as usize]
    }
}

impl IndexMut<Stream> for Outgoing {
    fn index_mut(&mut self, stream: Stream) -> &mut Vec<u8> {
        &mut self.streams[stream as usize]
    }
}

/// The decoder's side: the group at hand, a chunk of each stream at most.
pub(crate) struct Incoming {
    /// One byte longer than a chunk may be, to see one that is.
    raw: [Box<[u8]>; Stream::ALL.len()],
    /// Bytes of each stream that wait for their operations.
    lens: [usize; Stream::ALL.len()],
    /// By [`Stream::context`].
    contexts: [Decompressor; Stream::CONTEXTS.len()],
}

/// Why a chunk was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupError {
    /// Its lengths make no sense, or there is one of its stream already.
    Malformed,
    /// There is no stream of this number.
    Unknown(u8),
    Chunk(ChunkError),
}

impl Incoming {
    pub(crate) fn new() -> Result<Self, &'static str> {
        let [interface, pixels] = Stream::CONTEXTS;
        Ok(Self {
            raw: std::array::from_fn(|_| vec![0; MAX_CHUNK + 1].into_boxed_slice()),
            lens: [0; Stream::ALL.len()],
            contexts: [Decompressor::new(interface)?, Decompressor::new(pixels)?],
        })
    }

    /// The other side starts afresh.
    pub(crate) fn restart(&mut self) -> Result<(), &'static str> {
        self.lens = [0; Stream::ALL.len()];
        self.contexts.iter_mut().try_for_each(Decompressor::restart)
    }

    /// Takes the next chunk of an update; of the last one of a group, the one of operations, gives the whole group.
    pub(crate) fn take(&mut self, update: &mut Reader<'_>) -> Result<Option<Group<'_>>, GroupError> {
        let number = update.byte().ok_or(GroupError::Malformed)?;
        let stream = Stream::from_wire(number).ok_or(GroupError::Unknown(number))?;
        let (len, packed) = lengths(update).ok_or(GroupError::Malformed)?;
        if self.lens[stream as usize] > 0 {
            return Err(GroupError::Malformed);
        }
        let raw = &mut self.raw[stream as usize][..=len];
        match stream.context() {
            Some(context) => self.contexts[context].decompress(packed, raw).map_err(GroupError::Chunk)?,
            None if packed.len() == len => raw[..len].copy_from_slice(packed),
            None => return Err(GroupError::Chunk(ChunkError::Length)),
        }
        self.lens[stream as usize] = len;
        if stream != Stream::Operations {
            return Ok(None);
        }
        let lens = std::mem::take(&mut self.lens);
        Ok(Some(Group(Stream::ALL.map(|stream| Reader(&self.raw[stream as usize][..lens[stream as usize]])))))
    }

    /// Does nothing wait for operations that have not come?
    pub(crate) fn is_empty(&self) -> bool {
        self.lens.iter().all(|len| *len == 0)
    }

    /// Bytes that zstd has allocated.
    pub(crate) fn memory(&self) -> usize {
        self.contexts.iter().map(Decompressor::memory).sum()
    }
}

/// The length of a chunk, bytes, and its compressed bytes.
fn lengths<'a>(update: &mut Reader<'a>) -> Option<(usize, &'a [u8])> {
    let raw = update.number()? as usize;
    let packed = update.number()? as usize;
    (1..=MAX_CHUNK).contains(&raw).then_some(())?;
    Some((raw, update.bytes(packed)?))
}

/// What is left to read of each stream of a group.
pub(crate) struct Group<'a>([Reader<'a>; Stream::ALL.len()]);

impl<'a> Group<'a> {
    /// Is everything read, of every stream?
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Reader::is_empty)
    }

    pub(crate) const fn stream(&mut self, stream: Stream) -> &mut Reader<'a> {
        &mut self.0[stream as usize]
    }
}
