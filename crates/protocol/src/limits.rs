//! Every limit of the wire has a number (design, invariant 10).

use std::time::Duration;

/// Longest message on the control plane, bytes.
pub const CONTROL_MESSAGE: usize = 16 * 1024;
/// Longest handshake message, bytes: it is read before there is any trust.
pub const HANDSHAKE_MESSAGE: usize = 4 * 1024;
/// Longest message on a session's control stream, bytes.
pub const SESSION_MESSAGE: usize = 64 * 1024;
/// Longest input message, bytes.
pub const INPUT_MESSAGE: usize = 1024;
/// Longest text of one input message, in characters.
pub const INPUT_TEXT: usize = 64;
/// Longest header of an update, bytes.
pub const UPDATE_HEADER: usize = 256;
/// Longest update of a screen, bytes: an 8K keyframe that did not compress.
pub const UPDATE: usize = 160 * 1024 * 1024;
/// Most displays.
pub const DISPLAYS: usize = 16;
/// Longest side of a pointer's shape, pixels: the largest that systems offer to people who see badly.
pub const POINTER_SIDE: u32 = 256;
/// Pointer shapes that either side remembers: more than a desktop has, with all pictures of one that turns.
pub const POINTER_SHAPES: usize = 96;
/// Longest message about a pointer's shape, bytes.
pub const POINTER_MESSAGE: usize = 4 * (POINTER_SIDE * POINTER_SIDE) as usize + 64;
/// Longest message in a datagram, bytes.
pub const DATAGRAM: usize = 64;
/// Longest text that a person reads in a prompt (name, institution, reason), in characters.
pub const SHOWN_TEXT: usize = 200;
/// Longest adviser card, bytes.
pub const CARD: usize = 3 * 1024;
/// Wrong guesses that lose a channel code; also the MACs a joiner sends for one typed code without a valid answer.
pub const GUESSES: u32 = 3;
/// Wrong guesses after which an account is blocked until the customer asks for a new code.
pub const GUESSES_OF_ACCOUNT: u32 = 2;
/// Codes lost to wrong guesses in a row after which no new one comes until a person asks.
pub const CODES_LOST: u32 = 3;
/// Accounts that an offerer remembers.
pub const ACCOUNTS: usize = 256;
/// Begun and unfinished introductions after which an account gives way to one with fewer.
pub const UNFINISHED: u32 = 3;
/// Introductions an offerer remembers, so that none is begun twice.
pub const INTRODUCTIONS: usize = 1024;
/// Typed codes that a joiner remembers.
pub const TYPED_CODES: usize = 64;
/// How long a channel code is shown.
pub const CODE_SHOWN: Duration = Duration::from_secs(10 * 60);
/// How long after that it is still accepted.
pub const CODE_GRACE: Duration = Duration::from_secs(2 * 60);
/// For how long in all a code stands still while somebody is being introduced: four introductions that are not through in
/// time. Knocking costs no guess, so without this number whoever has a card could keep a code alive that was overheard.
pub const CODE_STILL: Duration = Duration::from_secs(2 * 60);
/// How long the code is valid of a program that goes on with a session, and how long the way there may take.
pub const GOES_ON: Duration = Duration::from_secs(60);
/// Longest message between the two programs of one customer, bytes.
pub const TICKET: usize = 2 * 1024;
/// The same of the one with the list of what was done ([`crate::ticket::Coming`]).
pub const DONE: usize = 16 * 1024;
/// How long an invitation is valid.
pub const INVITATION: Duration = Duration::from_secs(20 * 60);
/// How long an introduction may keep an offerer; the code neither changes nor ages meanwhile.
pub const INTRODUCTION: Duration = Duration::from_secs(30);
/// How long joining may take in all, from the typed numbers to the session: a person is told within 10 s why nothing
/// comes of it, the telling included.
pub const JOINING: Duration = Duration::from_secs(8);
