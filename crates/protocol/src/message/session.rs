//! What is said inside, between host and viewer, end to end encrypted. Every stream begins with one byte, its
//! [`StreamKind`]; the messages on it are length-prefixed (see [`crate::framing`]).

use zeroize::Zeroize;

use crate::code::ChannelCode;
use crate::id::Id;

/// The first byte of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StreamKind {
    /// Both ways, opened by the viewer, first of all: [`Bind`], then [`SessionMessage`]s.
    Control = 1,
    /// Host → viewer, one per display: an [`UpdateHeader`], then as many raw bytes as it says.
    Screen = 2,
    /// Viewer → host: [`super::input::InputMessage`]s.
    Input = 3,
    /// Host → viewer, one: [`super::pointer::PointerMessage`]s.
    Pointer = 4,
}

impl StreamKind {
    /// Reads the first byte of a stream; `None` is a stream from a newer version and is not read.
    #[must_use]
    pub const fn from_wire(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Control),
            2 => Some(Self::Screen),
            3 => Some(Self::Input),
            4 => Some(Self::Pointer),
            _ => None,
        }
    }
}

/// First message of either side on the control stream: ties the inner connection to the introduction. Until the other
/// side's has been verified nothing else is read or written.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Bind {
    /// `HMAC(K_bind, role ‖ TLS exporter ‖ transcript)` (64 bytes).
    #[prost(bytes = "vec", tag = "1")]
    pub mac: Vec<u8>,
}

/// Either way on the control stream.
#[derive(Clone, PartialEq, prost::Message)]
pub struct SessionMessage {
    /// What is said; an empty one is from a newer version and is skipped.
    #[prost(oneof = "session_message::Body", tags = "1, 2, 3, 4, 5, 6, 7, 20, 21, 22")]
    pub body: Option<session_message::Body>,
}

/// The bodies of [`SessionMessage`].
pub mod session_message {
    /// What is said on the control stream.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Body {
        /// Viewer → host: please allow this.
        #[prost(message, tag = "1")]
        Ask(super::Ask),
        /// Host → viewer: what is allowed from now on.
        #[prost(message, tag = "2")]
        Rights(super::Rights),
        /// Host → viewer: the customer is looking at a question.
        #[prost(message, tag = "3")]
        Asked(super::Asked),
        /// Host → viewer: the customer said no, or nothing.
        #[prost(message, tag = "4")]
        Refused(super::Refused),
        /// Either: the session is over.
        #[prost(message, tag = "5")]
        End(super::End),
        /// Viewer → host: the adviser gives something back.
        #[prost(message, tag = "6")]
        GiveBack(super::GiveBack),
        /// Host → viewer: another program of the customer's goes on with this session.
        #[prost(message, tag = "7")]
        GoesOn(super::GoesOn),
        /// Host → viewer: the displays that are shared.
        #[prost(message, tag = "20")]
        Displays(super::Displays),
        /// Viewer → host: an update has been applied to the framebuffer.
        #[prost(message, tag = "21")]
        Applied(super::Applied),
        /// Viewer → host: send a whole picture, this one cannot be continued.
        #[prost(message, tag = "22")]
        KeyframeWanted(super::KeyframeWanted),
    }
}

/// Viewer → host: the adviser asks for something.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Ask {
    /// What ([`crate::permission::Permissions`]).
    #[prost(uint32, tag = "1")]
    pub permissions: u32,
    /// Why, in the adviser's words.
    #[prost(string, tag = "2")]
    pub reason: String,
}

/// Viewer → host: the adviser no longer needs something.
#[derive(Clone, PartialEq, prost::Message)]
pub struct GiveBack {
    /// What ([`crate::permission::Permissions`]).
    #[prost(uint32, tag = "1")]
    pub permissions: u32,
}

/// Host → viewer: another program of the customer's, which has more rights there, is waiting for this adviser under this
/// number and code. A viewer that goes there ends this session for [`EndReason::GoesOn`] first; one that does not know the
/// message stays, and so does the session. Also what that other program says to the host when it can be reached.
#[derive(Clone, PartialEq, Eq, prost::Message)]
#[prost(skip_debug)]
pub struct GoesOn {
    /// Its ID ([`Id::to_wire`]).
    #[prost(uint32, tag = "1")]
    pub id: u32,
    /// Its channel code, six digits. Nobody reads it aloud.
    #[prost(string, tag = "2")]
    pub code: String,
}

impl GoesOn {
    /// With these two.
    #[must_use]
    pub fn at(id: Id, code: &ChannelCode) -> Self {
        Self { id: id.to_wire(), code: code.grouped().to_string() }
    }

    /// The two, if they are an ID and a code.
    #[must_use]
    pub fn id_and_code(&self) -> Option<(Id, ChannelCode)> {
        Id::from_wire(self.id).ok().zip(ChannelCode::parse(&self.code).ok())
    }
}

impl Drop for GoesOn {
    fn drop(&mut self) {
        self.code.zeroize();
    }
}

/// Host → viewer: the rights; replaces what was said before.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Rights {
    /// What may be done now ([`crate::permission::Permissions`]): granted, and not suspended.
    #[prost(uint32, tag = "1")]
    pub effective: u32,
    /// What could be asked for: card ceiling ∧ institution policy.
    #[prost(uint32, tag = "2")]
    pub askable: u32,
    /// The gate's epoch; it grows with every change.
    #[prost(uint64, tag = "3")]
    pub epoch: u64,
    /// What the customer has allowed ([`crate::permission::Permissions`]); it is effective again when nothing suspends it
    /// any more.
    #[prost(uint32, tag = "4")]
    pub granted: u32,
    /// Why less is effective than granted, or would be if more were granted; of several reasons the weightiest.
    #[prost(enumeration = "SuspendedBecause", tag = "5")]
    pub suspended_because: i32,
}

/// Why nobody's hands reach the host at the moment, and with some reasons no picture leaves it either, whatever is
/// granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum SuspendedBecause {
    /// Nothing is suspended.
    Nothing = 0,
    /// A question is in front of the customer.
    Question = 1,
    /// The customer is asked whether the session is to end.
    Closing = 2,
    /// The path was silent.
    Silence = 3,
    /// The customer cannot see that somebody is connected. No picture.
    Hidden = 4,
    /// The screen is locked. No picture.
    Locked = 5,
    /// Somebody else uses the computer: the customer's session is in the background. No picture.
    Away = 6,
    /// The customer's system asks something that only the customer's own hands can answer.
    Prompt = 7,
    /// In front is a window of a program with more rights than the host has: its system keeps the viewer's hands from it.
    Administrator = 8,
}

/// Host → viewer: the customer is being asked.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Asked {
    /// What for ([`crate::permission::Permissions`]).
    #[prost(uint32, tag = "1")]
    pub permissions: u32,
    /// Seconds until no answer means no.
    #[prost(uint32, tag = "2")]
    pub seconds_left: u32,
}

/// Host → viewer: not allowed.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Refused {
    /// What ([`crate::permission::Permissions`]).
    #[prost(uint32, tag = "1")]
    pub permissions: u32,
    /// Did the time run out, or did the customer say no?
    #[prost(bool, tag = "2")]
    pub timed_out: bool,
}

/// Either: over.
#[derive(Clone, PartialEq, prost::Message)]
pub struct End {
    /// Why.
    #[prost(enumeration = "EndReason", tag = "1")]
    pub reason: i32,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum EndReason {
    /// A reason this version does not know.
    Unspecified = 0,
    /// The person ended it.
    Ended = 1,
    /// The program was closed.
    Closed = 2,
    /// The customer did not allow the first thing asked for.
    Refused = 3,
    /// Something failed on the side that says so.
    Failed = 4,
    /// The viewer goes where [`GoesOn`] said.
    GoesOn = 5,
}

/// Host → viewer: the displays, replaces what was said before.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Displays {
    /// In the order of the system; at most [`crate::limits::DISPLAYS`].
    #[prost(message, repeated, tag = "1")]
    pub displays: Vec<Display>,
}

/// One display.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Display {
    /// Number by which updates and input name it.
    #[prost(uint32, tag = "1")]
    pub display: u32,
    /// Pixels.
    #[prost(uint32, tag = "2")]
    pub width: u32,
    /// Pixels.
    #[prost(uint32, tag = "3")]
    pub height: u32,
    /// Scale factor × 1000.
    #[prost(uint32, tag = "4")]
    pub scale_permille: u32,
    /// It is dark to save energy or its glass; the picture shows what would be on it.
    #[prost(bool, tag = "5")]
    pub asleep: bool,
}

/// Before every update on a screen stream.
#[derive(Clone, PartialEq, prost::Message)]
pub struct UpdateHeader {
    /// Counts up from 1 on each screen stream.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    /// Which display.
    #[prost(uint32, tag = "2")]
    pub display: u32,
    /// Pixels; with `height`, what the update builds on.
    #[prost(uint32, tag = "3")]
    pub width: u32,
    /// Pixels.
    #[prost(uint32, tag = "4")]
    pub height: u32,
    /// Bytes of update that follow, at most [`crate::limits::UPDATE`].
    #[prost(uint32, tag = "5")]
    pub length: u32,
    /// The update stands alone: decoder and framebuffer start afresh with it.
    #[prost(bool, tag = "6")]
    pub keyframe: bool,
}

/// Viewer → host: applied.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Applied {
    /// Which display.
    #[prost(uint32, tag = "1")]
    pub display: u32,
    /// Up to and including this update.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
}

/// Viewer → host: begin again with a keyframe.
#[derive(Clone, PartialEq, prost::Message)]
pub struct KeyframeWanted {
    /// Which display.
    #[prost(uint32, tag = "1")]
    pub display: u32,
}

name_only_debug!(Bind, GoesOn);
