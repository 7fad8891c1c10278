//! Length-prefixed messages on streams, see `lotse_protocol::framing`.

use bytes::{Bytes, BytesMut};
use lotse_protocol::framing::{self, FrameError};
use lotse_protocol::message::session::StreamKind;
use prost::Message;
use quinn::{ReadExactError, RecvStream, SendStream, WriteError};

use super::inner::Priority;

/// Longest bind message, bytes: it is read before the other side is known.
pub(super) const BIND: usize = 128;
/// Memory taken for a body before its bytes are there: a length alone costs the one who says it nothing.
const AT_FIRST: usize = 256 * 1024;

/// Why nothing more can be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadFrameError {
    /// The stream or its connection ended.
    #[error("the stream ended: {0}")]
    Ended(#[from] ReadExactError),
    /// What came is not what it should be.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// The reading end of a stream.
pub(super) struct Reader {
    stream: RecvStream,
}

impl Reader {
    pub(super) fn new(stream: RecvStream) -> Self {
        Self { stream }
    }

    /// The byte that every stream begins with. `None`: a stream from a newer version, not to be read.
    pub(super) async fn kind(&mut self) -> Result<Option<StreamKind>, ReadFrameError> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte).await?;
        Ok(StreamKind::from_wire(byte[0]))
    }

    /// The next message of at most `limit` bytes; `None` when the stream ended between two messages.
    pub(super) async fn message<M: Message + Default>(&mut self, limit: usize) -> Result<Option<M>, ReadFrameError> {
        let mut prefix = [0; framing::PREFIX];
        match self.stream.read_exact(&mut prefix).await {
            Ok(()) => {}
            Err(ReadExactError::FinishedEarly(0)) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let body = self.bytes(framing::length(prefix, limit)?).await?;
        Ok(Some(framing::decode(&body, limit)?))
    }

    /// The next `length` bytes; the caller has checked the length. Memory grows with what has come.
    pub(super) async fn bytes(&mut self, length: usize) -> Result<Bytes, ReadFrameError> {
        let mut body = BytesMut::with_capacity(length.min(AT_FIRST));
        while body.len() < length {
            match self.stream.read_chunk(length - body.len(), true).await {
                Ok(Some(chunk)) if body.is_empty() && chunk.bytes.len() == length => return Ok(chunk.bytes),
                Ok(Some(chunk)) => body.extend_from_slice(&chunk.bytes),
                Ok(None) => return Err(ReadExactError::FinishedEarly(body.len()).into()),
                Err(error) => return Err(ReadExactError::ReadError(error).into()),
            }
        }
        Ok(body.freeze())
    }
}

/// The writing end of a stream.
pub(super) struct Writer {
    stream: SendStream,
    buffer: Vec<u8>,
}

impl Writer {
    pub(super) fn new(stream: SendStream, priority: Priority) -> Self {
        // Fails on a stream that is closed already, which the first write tells.
        let _ = stream.set_priority(priority as i32);
        Self { stream, buffer: Vec::new() }
    }

    /// The byte that a stream begins with.
    pub(super) async fn begin(&mut self, kind: StreamKind) -> Result<(), WriteError> {
        self.stream.write_all(&[kind as u8]).await
    }

    /// One message.
    pub(super) async fn message<M: Message>(&mut self, message: &M) -> Result<(), WriteError> {
        self.buffer.clear();
        framing::encode(message, &mut self.buffer);
        self.stream.write_all(&self.buffer).await
    }

    /// Bytes as they are, without copying them.
    pub(super) async fn bytes(&mut self, bytes: Bytes) -> Result<(), WriteError> {
        self.stream.write_chunk(bytes).await
    }

    /// Nothing more comes.
    pub(super) fn finish(&mut self) {
        // Fails when it has been finished or the connection is gone: either way nothing more comes.
        let _ = self.stream.finish();
    }
}
