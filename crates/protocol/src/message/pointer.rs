//! The customer's pointer. What it looks like comes on the pointer stream, each shape once and then by its number. Where
//! it is comes by datagram, since only the newest position counts; the last one is repeated until it is acknowledged.

use prost::Message as _;

use crate::framing::{self, FrameError};
use crate::limits;

/// Host → viewer on the pointer stream.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PointerMessage {
    /// What is said; an empty one is from a newer version and is skipped.
    #[prost(oneof = "pointer_message::Body", tags = "30, 31")]
    pub body: Option<pointer_message::Body>,
}

/// The bodies of [`PointerMessage`].
pub mod pointer_message {
    /// What is said on the pointer stream.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Body {
        /// A shape, which is shown from now on and known by its number.
        #[prost(message, tag = "30")]
        Shape(super::Shape),
        /// A shape that is known is shown from now on, or none.
        #[prost(message, tag = "31")]
        Show(super::Show),
    }
}

/// What a pointer looks like. Its `Debug` is silent: an application may draw anything into it.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Shape {
    /// From 1 to [`limits::POINTER_SHAPES`]; replaces the shape that had this number.
    #[prost(uint32, tag = "1")]
    pub number: u32,
    /// Pixels, from 1 to [`limits::POINTER_SIDE`].
    #[prost(uint32, tag = "2")]
    pub width: u32,
    /// Pixels, from 1 to [`limits::POINTER_SIDE`].
    #[prost(uint32, tag = "3")]
    pub height: u32,
    /// The pixel that points, from the left; inside the shape.
    #[prost(uint32, tag = "4")]
    pub hot_x: u32,
    /// The pixel that points, from the top; inside the shape.
    #[prost(uint32, tag = "5")]
    pub hot_y: u32,
    /// Rows from the top, pixels from the left: red, green, blue, each multiplied by alpha, and alpha. Exactly
    /// `4 * width * height` bytes.
    #[prost(bytes = "vec", tag = "6")]
    pub rgba: Vec<u8>,
}

/// A shape by its number.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Show {
    /// The number, or 0: the pointer cannot be seen.
    #[prost(uint32, tag = "1")]
    pub number: u32,
}

/// Host → viewer by datagram: where the pointer is.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PointerAt {
    /// Grows with every position of a session; an older one that comes later is not heeded.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    /// Which display.
    #[prost(uint32, tag = "2")]
    pub display: u32,
    /// Pixels from the left.
    #[prost(uint32, tag = "3")]
    pub x: u32,
    /// Pixels from the top.
    #[prost(uint32, tag = "4")]
    pub y: u32,
}

/// Viewer → host by datagram: a position has come.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PointerSeen {
    /// The newest that has come.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
}

/// What is said by datagram. The first byte says which, and nothing but the message follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Datagram {
    /// 1, either way: nothing but "here I am".
    Heartbeat,
    /// 2, host → viewer.
    PointerAt(PointerAt),
    /// 3, viewer → host.
    PointerSeen(PointerSeen),
}

const HEARTBEAT: u8 = 1;
const POINTER_AT: u8 = 2;
const POINTER_SEEN: u8 = 3;

impl Datagram {
    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Heartbeat => vec![HEARTBEAT],
            Self::PointerAt(at) => [&[POINTER_AT], at.encode_to_vec().as_slice()].concat(),
            Self::PointerSeen(seen) => [&[POINTER_SEEN], seen.encode_to_vec().as_slice()].concat(),
        }
    }

    /// Reads one; `None` is from a newer version.
    ///
    /// # Errors
    /// It is of a kind that this version knows, and longer than [`limits::DATAGRAM`] bytes or malformed.
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, FrameError> {
        let Some((kind, body)) = bytes.split_first() else { return Ok(None) };
        Ok(Some(match *kind {
            HEARTBEAT => Self::Heartbeat,
            POINTER_AT => Self::PointerAt(framing::decode(body, limits::DATAGRAM)?),
            POINTER_SEEN => Self::PointerSeen(framing::decode(body, limits::DATAGRAM)?),
            _ => return Ok(None),
        }))
    }
}

name_only_debug!(Shape);
