//! The four messages of the handshake (design, section 4), carried by [`super::relay::Pass`], and the adviser card.

/// One message of an introduction.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Handshake {
    /// Which one.
    #[prost(oneof = "handshake::Body", tags = "1, 2, 3, 4, 5")]
    pub body: Option<handshake::Body>,
}

/// The bodies of [`Handshake`].
pub mod handshake {
    /// Which message of the handshake it is.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Body {
        /// Joiner → offerer.
        #[prost(message, tag = "1")]
        M1(super::M1),
        /// Offerer → joiner.
        #[prost(message, tag = "2")]
        M2(super::M2),
        /// Joiner → offerer: the one guess.
        #[prost(message, tag = "3")]
        M3(super::M3),
        /// Offerer → joiner: confirmed.
        #[prost(message, tag = "4")]
        M4(super::M4),
        /// Either: it ends here. Not authenticated, so nothing but a sentence hangs on it.
        #[prost(message, tag = "5")]
        Aborted(super::Aborted),
    }
}

/// Joiner → offerer: who knocks.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct M1 {
    /// Version the joiner speaks.
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// 32 random bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub nonce: Vec<u8>,
    /// Public key of the joiner's end of the inner connection (Ed25519, 32 bytes).
    #[prost(bytes = "vec", tag = "3")]
    pub key: Vec<u8>,
    /// An encoded [`SignedCard`] when the joiner is the adviser, else empty.
    #[prost(bytes = "vec", tag = "4")]
    pub card: Vec<u8>,
    /// Permissions the adviser will ask for first.
    #[prost(uint32, tag = "5")]
    pub wanted: u32,
    /// Why, in the adviser's words.
    #[prost(string, tag = "6")]
    pub reason: String,
    /// The role the joiner takes.
    #[prost(enumeration = "Role", tag = "7")]
    pub role: i32,
    /// What the institution's policy allows at the most, when the joiner is the host.
    #[prost(uint32, tag = "8")]
    pub policy: u32,
}

/// Offerer → joiner: its share.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct M2 {
    /// Version the offerer speaks.
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// 32 random bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub nonce: Vec<u8>,
    /// Public key of the offerer's end of the inner connection (Ed25519, 32 bytes).
    #[prost(bytes = "vec", tag = "3")]
    pub key: Vec<u8>,
    /// What the institution's policy allows at the most, when the offerer is the host.
    #[prost(uint32, tag = "4")]
    pub policy: u32,
    /// `Y_o`, the offerer's CPace share (ristretto255, 32 bytes).
    #[prost(bytes = "vec", tag = "5")]
    pub share: Vec<u8>,
    /// An encoded [`SignedCard`] when the offerer is the adviser, else empty.
    #[prost(bytes = "vec", tag = "6")]
    pub card: Vec<u8>,
    /// A share of the same kind for the code shown before, during its time of grace, else empty. The two are runs of
    /// CPace of their own: the offerer cannot know which of its codes the joiner was told.
    #[prost(bytes = "vec", tag = "7")]
    pub older_share: Vec<u8>,
    /// Permissions the adviser will ask for first, when the offerer is the adviser.
    #[prost(uint32, tag = "8")]
    pub wanted: u32,
    /// Why, in the adviser's words.
    #[prost(string, tag = "9")]
    pub reason: String,
}

/// Joiner → offerer: its share and its guess.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct M3 {
    /// `Y_j`, the joiner's CPace share (ristretto255, 32 bytes).
    #[prost(bytes = "vec", tag = "1")]
    pub share: Vec<u8>,
    /// MAC over the transcript (HMAC-SHA-512, 64 bytes).
    #[prost(bytes = "vec", tag = "2")]
    pub mac: Vec<u8>,
    /// Like `share`, answering [`M2::older_share`]; empty without one.
    #[prost(bytes = "vec", tag = "3")]
    pub older_share: Vec<u8>,
    /// Like `mac`, for the run of `older_share`; it counts as a guess of its own.
    #[prost(bytes = "vec", tag = "4")]
    pub older_mac: Vec<u8>,
}

/// Offerer → joiner: confirmed.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct M4 {
    /// MAC over the transcript and M3 (HMAC-SHA-512, 64 bytes).
    #[prost(bytes = "vec", tag = "1")]
    pub mac: Vec<u8>,
}

/// The introduction ends here.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Aborted {
    /// Why.
    #[prost(enumeration = "AbortReason", tag = "1")]
    pub reason: i32,
    /// Guesses that are left after a wrong one, for the sentence; 0 when the code is lost.
    #[prost(uint32, tag = "2")]
    pub guesses_left: u32,
}

/// Why an introduction ended before it was through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum AbortReason {
    /// A reason this version does not know.
    Unspecified = 0,
    /// The code was not right.
    WrongCode = 1,
    /// The code is used up, expired or not shown at the moment: a new one is needed.
    NoCode = 2,
    /// This adviser had two wrong guesses, the one just made perhaps among them: a new code is needed.
    Blocked = 3,
    /// Somebody else is being introduced just now, or has a session.
    Busy = 4,
    /// The two programs have no version in common.
    Version = 5,
    /// The card did not convince.
    Card = 6,
    /// The message made no sense.
    Malformed = 7,
    /// The person cancelled.
    Cancelled = 8,
    /// It was not through in time.
    TimedOut = 9,
}

/// Which end of a session a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Role {
    /// Not said: refused.
    Unspecified = 0,
    /// The screen is shared.
    Host = 1,
    /// The screen is seen.
    Viewer = 2,
}

/// A card and its signature. The bytes of the body are signed as they are, so that a newer card still verifies.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct SignedCard {
    /// An encoded [`CardBody`].
    #[prost(bytes = "vec", tag = "1")]
    pub body: Vec<u8>,
    /// Ed25519 over the context string and `body` (64 bytes).
    #[prost(bytes = "vec", tag = "2")]
    pub signature: Vec<u8>,
}

/// What an institution states about an adviser, for one introduction.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct CardBody {
    /// The adviser's account at the institution; what guesses are counted by.
    #[prost(string, tag = "1")]
    pub account: String,
    /// The adviser's name as customers see it.
    #[prost(string, tag = "2")]
    pub adviser: String,
    /// The institution.
    #[prost(string, tag = "3")]
    pub institution: String,
    /// The adviser's role there.
    #[prost(string, tag = "4")]
    pub role: String,
    /// The most that may ever be granted ([`crate::permission::Permissions`]).
    #[prost(uint32, tag = "5")]
    pub ceiling: u32,
    /// The other side's nonce: this is what makes the card fresh, not a clock.
    #[prost(bytes = "vec", tag = "6")]
    pub nonce: Vec<u8>,
    /// Public key of the adviser's copy (Ed25519, 32 bytes): a stolen card is worth nothing without its private half.
    #[prost(bytes = "vec", tag = "7")]
    pub key: Vec<u8>,
    /// Number of the introduction.
    #[prost(uint64, tag = "8")]
    pub introduction: u64,
    /// The customer's ID for which the card was made.
    #[prost(uint32, tag = "9")]
    pub id: u32,
    /// Tenant within the institution, may be empty.
    #[prost(string, tag = "10")]
    pub tenant: String,
    /// Reference of the ticket, may be empty.
    #[prost(string, tag = "11")]
    pub ticket: String,
}

name_only_debug!(M1, M2, M3, M4, SignedCard, CardBody);
