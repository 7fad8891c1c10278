//! Messages on a stream: a little-endian `u32` length, then that many bytes. The length is checked against the
//! subject's limit before anything is allocated.

use prost::Message;

/// Bytes of the length before each message.
pub const PREFIX: usize = 4;

/// Why a message could not be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// It says it is longer than its kind may be.
    #[error("a message of {length} bytes is longer than the {limit} allowed")]
    TooLong {
        /// What it said.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
    /// It is not what it should be.
    #[error("a message could not be decoded: {0}")]
    Malformed(#[from] prost::DecodeError),
}

/// Reads the length prefix.
///
/// # Errors
/// [`FrameError::TooLong`] when it exceeds `limit` bytes.
pub fn length(prefix: [u8; PREFIX], limit: usize) -> Result<usize, FrameError> {
    let length = u32::from_le_bytes(prefix) as usize;
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    Ok(length)
}

/// Decodes a message body of at most `limit` bytes.
///
/// # Errors
/// [`FrameError`] when it is too long or malformed.
pub fn decode<M: Message + Default>(body: &[u8], limit: usize) -> Result<M, FrameError> {
    if body.len() > limit {
        return Err(FrameError::TooLong { length: body.len(), limit });
    }
    Ok(M::decode(body)?)
}

/// Appends `message` with its length prefix to `out`.
///
/// # Panics
/// When the message is longer than `u32::MAX` bytes, which no limit of [`crate::limits`] allows.
pub fn encode<M: Message>(message: &M, out: &mut Vec<u8>) {
    let length = u32::try_from(message.encoded_len()).expect("messages are bounded by their limits");
    out.extend_from_slice(&length.to_le_bytes());
    message.encode(out).expect("a Vec grows as needed");
}

#[cfg(test)]
mod tests {
    use super::{FrameError, decode, encode, length};
    use crate::message::relay::Hello;

    #[test]
    fn what_is_written_is_read() {
        let hello = Hello { version: 3, oldest: 2 };
        let mut bytes = Vec::new();
        encode(&hello, &mut bytes);
        let body = length(bytes[..4].try_into().expect("four"), 100).expect("short");
        assert_eq!(body, bytes.len() - 4);
        assert_eq!(decode::<Hello>(&bytes[4..], 100), Ok(hello));
    }

    #[test]
    fn a_long_message_is_refused_before_it_is_allocated() {
        assert_eq!(
            length(u32::MAX.to_le_bytes(), 10),
            Err(FrameError::TooLong { length: u32::MAX as usize, limit: 10 })
        );
    }
}
