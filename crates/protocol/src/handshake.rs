//! The introduction: from a code that was read aloud to two keys that are pinned to each other (design, section 4).
//!
//! ```text
//! M1 J→O  version, nonce, key, role, [card, permissions wanted, reason | policy]
//! M2 O→J  version, nonce, key, [policy | card, permissions wanted, reason], one share per code that is alive
//! M3 J→O  a share and a MAC for each: the one guess; the joiner confirms first
//! M4 O→J  MAC: the code is spent
//! ```
//!
//! The **offerer** ([`offerer::Offerer`]) made the code, the **joiner** ([`joiner::Joiner`]) typed it. Usually the host
//! offers; in an invitation the viewer does. Both are logic only: what arrives, what time it is and where randomness
//! comes from are arguments, what is to be done is polled. Nothing here panics or grows on anything a peer sends.

mod accounts;
mod codes;
pub mod joiner;
pub mod offerer;
mod transcript;

use prost::Message;
use rand::CryptoRng;

use crate::bind::BindKey;
use crate::card::{Account, Card};
use crate::id::Id;
use crate::keys::{PublicKey, SigningKey};
use crate::message::introduction::{AbortReason, Aborted, Handshake, Role, handshake::Body};
use crate::permission::Permissions;

/// The end of the session that this program will be, and what it says about it during the introduction.
#[derive(Clone, Debug)]
pub enum Part {
    /// Its screen will be shared.
    Host {
        /// Whose cards it believes.
        trust: Trust,
        /// The most that the institution allows on this host.
        policy: Permissions,
    },
    /// It will show the screen.
    Viewer {
        /// What the adviser will ask for first.
        wanted: Permissions,
        /// Why, in the adviser's words: at most [`crate::limits::SHOWN_TEXT`] characters.
        reason: String,
    },
}

impl Part {
    /// Its role.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Host { .. } => Role::Host,
            Self::Viewer { .. } => Role::Viewer,
        }
    }
}

/// Whose adviser cards a host believes. There is no host without one.
#[derive(Clone, Debug)]
pub struct Trust {
    /// The pinned key that signs cards ([`crate::keys::RelayPins::cards`]).
    pub cards: PublicKey,
    /// The institution's name where the program carries it: cards must then say the same.
    pub institution: Option<String>,
    /// Who may come.
    pub welcome: Welcome,
}

/// Who may come, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Welcome {
    /// Every adviser of the institution, one after another, by codes that are read aloud.
    Anyone,
    /// This one, once, by the one code that there ever is: the program goes on with a session that this adviser had.
    Only(Account),
}

impl Welcome {
    /// The only one, where there is one.
    #[must_use]
    pub const fn only(&self) -> Option<&Account> {
        match self {
            Self::Anyone => None,
            Self::Only(account) => Some(account),
        }
    }
}

/// The introduction is through: both sides know that the other knew the code, and everything below is what both saw.
pub struct Established {
    /// Number of the introduction at the relay.
    pub introduction: u64,
    /// The number under which the two met.
    pub id: Id,
    /// Which end this program is.
    pub role: Role,
    /// The version both speak.
    pub version: u32,
    /// This program's key for the inner connection.
    pub own_key: SigningKey,
    /// The only key that the other end of the inner connection may have.
    pub peer_key: PublicKey,
    /// For the first messages on the inner connection.
    pub bind: BindKey,
    /// On the host the adviser's verified card, always; on the viewer none.
    pub card: Option<Card>,
    /// What the adviser asks for first.
    pub wanted: Permissions,
    /// Why, in the adviser's words, fit to be shown.
    pub reason: String,
    /// The most that the institution allows on the host, as the host said.
    pub policy: Permissions,
}

fn encode(body: Body) -> Vec<u8> {
    Handshake { body: Some(body) }.encode_to_vec()
}

fn aborted(reason: AbortReason, guesses_left: u32) -> Vec<u8> {
    encode(Body::Aborted(Aborted { reason: reason.into(), guesses_left }))
}

fn random<const N: usize>(rng: &mut impl CryptoRng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}
