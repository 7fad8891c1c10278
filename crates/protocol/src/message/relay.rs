//! The control plane: one bidirectional stream between a program and the relay, opened by the program, carrying
//! length-prefixed [`ToRelay`] one way and [`FromRelay`] the other (see [`crate::framing`]).

/// Program → relay.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ToRelay {
    /// What is said; an empty one is from a newer version and is skipped.
    #[prost(oneof = "to_relay::Body", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub body: Option<to_relay::Body>,
}

/// The bodies of [`ToRelay`].
pub mod to_relay {
    /// What a program says to the relay.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Body {
        /// Always first.
        #[prost(message, tag = "1")]
        Hello(super::Hello),
        /// A customer wants an ID.
        #[prost(message, tag = "2")]
        Register(super::Register),
        /// An adviser signs in.
        #[prost(message, tag = "3")]
        Login(super::Login),
        /// An adviser asks to be introduced to an ID.
        #[prost(message, tag = "4")]
        Knock(super::Knock),
        /// A handshake message for the other side of an introduction.
        #[prost(message, tag = "5")]
        Pass(super::Pass),
        /// The handshake is through: give both a path.
        #[prost(message, tag = "6")]
        OpenPath(super::OpenPath),
        /// The introduction, and the path that came of it, are over.
        #[prost(message, tag = "7")]
        Leave(super::Leave),
    }
}

/// Relay → program.
#[derive(Clone, PartialEq, prost::Message)]
pub struct FromRelay {
    /// What is said; an empty one is from a newer version and is skipped.
    #[prost(oneof = "from_relay::Body", tags = "1, 2, 3, 4, 5, 6, 7, 8")]
    pub body: Option<from_relay::Body>,
}

/// The bodies of [`FromRelay`].
pub mod from_relay {
    /// What the relay says to a program.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Body {
        /// The answer to `Hello`.
        #[prost(message, tag = "1")]
        Welcome(super::Welcome),
        /// The answer to `Register`.
        #[prost(message, tag = "2")]
        Registered(super::Registered),
        /// The answer to `Login`.
        #[prost(message, tag = "3")]
        LoggedIn(super::LoggedIn),
        /// The answer to `Knock`.
        #[prost(message, tag = "4")]
        Introduced(super::Introduced),
        /// A handshake message of the other side. With an introduction not seen before, it is a knock.
        #[prost(message, tag = "5")]
        Passed(super::Pass),
        /// A path is open; sent to both sides.
        #[prost(message, tag = "6")]
        PathOpened(super::PathOpened),
        /// The other side of an introduction is gone.
        #[prost(message, tag = "7")]
        Left(super::Left),
        /// A request was not granted.
        #[prost(message, tag = "8")]
        Refused(super::Refused),
    }
}

/// First message of a program.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Hello {
    /// The version it speaks, [`crate::version::CURRENT`].
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// The oldest it understands.
    #[prost(uint32, tag = "2")]
    pub oldest: u32,
}

/// The relay's answer to [`Hello`].
#[derive(Clone, PartialEq, prost::Message)]
pub struct Welcome {
    /// The version the relay speaks.
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// The oldest it understands.
    #[prost(uint32, tag = "2")]
    pub oldest: u32,
    /// The institution's name, for display only: nothing is decided by it.
    #[prost(string, tag = "3")]
    pub institution: String,
}

/// A customer's program wants to be reachable.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Register {
    /// 32 random bytes that every adviser card shown to this program must sign.
    #[prost(bytes = "vec", tag = "1")]
    pub nonce: Vec<u8>,
}

/// The program is reachable.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Registered {
    /// Its ID: nine digits, the last a check digit.
    #[prost(uint32, tag = "1")]
    pub id: u32,
}

/// An adviser signs in.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Login {
    /// The adviser's name at the relay.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The password; the connection is encrypted to the relay's pinned key.
    #[prost(string, tag = "2")]
    pub password: String,
}

/// The adviser is signed in.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LoggedIn {
    /// The name customers will see.
    #[prost(string, tag = "1")]
    pub display_name: String,
    /// The institution that vouches.
    #[prost(string, tag = "2")]
    pub institution: String,
    /// The adviser's role there.
    #[prost(string, tag = "3")]
    pub role: String,
    /// The most this adviser may ever be granted ([`crate::permission::Permissions`]).
    #[prost(uint32, tag = "4")]
    pub ceiling: u32,
}

/// A signed-in adviser asks to be introduced.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Knock {
    /// Whom.
    #[prost(uint32, tag = "1")]
    pub id: u32,
    /// Public key (Ed25519, 32 bytes) of the adviser's copy for this introduction; the card is bound to it.
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
}

/// What the adviser's program needs to send its first handshake message.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Introduced {
    /// Number of the introduction at this relay.
    #[prost(uint64, tag = "1")]
    pub introduction: u64,
    /// The nonce the customer's program gave when it registered.
    #[prost(bytes = "vec", tag = "2")]
    pub nonce: Vec<u8>,
    /// The adviser card over that nonce and the key of the knock: an encoded [`super::introduction::SignedCard`].
    #[prost(bytes = "vec", tag = "3")]
    pub card: Vec<u8>,
}

/// A handshake message on its way. The relay does not look into `payload`.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Pass {
    /// Number of the introduction.
    #[prost(uint64, tag = "1")]
    pub introduction: u64,
    /// An encoded [`super::introduction::Handshake`], at most [`crate::limits::HANDSHAKE_MESSAGE`] bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub payload: Vec<u8>,
}

/// Asks for a path for an introduction; only its offerer may.
#[derive(Clone, PartialEq, prost::Message)]
pub struct OpenPath {
    /// Number of the introduction.
    #[prost(uint64, tag = "1")]
    pub introduction: u64,
}

/// A path is open.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct PathOpened {
    /// Number of the introduction.
    #[prost(uint64, tag = "1")]
    pub introduction: u64,
    /// Which relay node forwards; 0 is the one spoken to.
    #[prost(uint32, tag = "2")]
    pub node: u32,
    /// This leg's token, 16 bytes: on every packet this program sends and on every packet it gets.
    #[prost(bytes = "vec", tag = "3")]
    pub token: Vec<u8>,
}

/// This side of an introduction is done with it.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Leave {
    /// Number of the introduction.
    #[prost(uint64, tag = "1")]
    pub introduction: u64,
}

/// The other side of an introduction is gone.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Left {
    /// Number of the introduction.
    #[prost(uint64, tag = "1")]
    pub introduction: u64,
}

/// A request was not granted.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Refused {
    /// Why.
    #[prost(enumeration = "RefusalReason", tag = "1")]
    pub reason: i32,
    /// Seconds to wait before trying again, 0 when waiting does not help.
    #[prost(uint32, tag = "2")]
    pub retry_after: u32,
}

/// Why the relay did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RefusalReason {
    /// A reason this version does not know.
    Unspecified = 0,
    /// The relay and the program have no version in common.
    Version = 1,
    /// Name or password is not right, or the adviser is disabled: one answer for all, so that names cannot be tried.
    Login = 2,
    /// Only a signed-in adviser may do that.
    NotSignedIn = 3,
    /// No program is registered under that ID.
    UnknownId = 4,
    /// Too many requests.
    Throttled = 5,
    /// The relay is full.
    Full = 6,
    /// The request made no sense at that moment.
    Unexpected = 7,
}

name_only_debug!(Login, Register, Knock, Introduced, Pass, PathOpened);
