//! The side that made the code.

use std::time::Instant;

use rand::CryptoRng;
use std::time::Duration;

use super::{Established, Part};
use crate::card::{Card, NONCE};
use crate::code::ChannelCode;
use crate::id::Id;
use crate::keys::PublicKey;

/// What is to be done, see [`Offerer::poll`].
pub enum Output {
    /// Pass this to the joiner.
    Send {
        /// Of which introduction.
        introduction: u64,
        /// An encoded [`crate::message::introduction::Handshake`].
        payload: Vec<u8>,
    },
    /// Only where the viewer offers: fetch a card over this nonce and for this key, and give it to [`Offerer::card`].
    CardWanted {
        /// Of which introduction.
        introduction: u64,
        /// The joiner's nonce.
        nonce: [u8; NONCE],
        /// This program's key for the introduction.
        key: PublicKey,
    },
    /// Somebody is being introduced from now on; the code stays as it is.
    Knocked {
        /// Which introduction.
        introduction: u64,
        /// Who, where the viewer joins.
        card: Option<Card>,
    },
    /// An introduction that had been [`Output::Knocked`] came to nothing.
    Ended {
        /// Which introduction.
        introduction: u64,
        /// Why.
        why: Unfinished,
    },
    /// An introduction is through and the code is spent. What was to be sent has been put out before.
    Established(Box<Established>),
    /// [`Offerer::code`] says something else than before.
    CodeChanged,
}

/// Why an introduction came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unfinished {
    /// The joiner's guess was wrong. The only case that counts.
    WrongCode,
    /// The joiner gave up or is gone.
    Left,
    /// It was not through in time.
    TimedOut,
    /// What the joiner sent made no sense.
    Malformed,
    /// It gave way to an adviser who has not knocked in vain before.
    GaveWay,
    /// The code was taken away meanwhile.
    Withdrawn,
}

/// The channel code as it stands.
#[derive(Clone, PartialEq, Eq)]
pub enum CodeState {
    /// There is none: not registered, or spent on a session.
    None,
    /// To be read aloud.
    Shown {
        /// The code.
        code: ChannelCode,
        /// Until a new one is shown.
        remaining: Duration,
    },
    /// Somebody is being introduced; it stays until that is over.
    InUse {
        /// The code.
        code: ChannelCode,
    },
    /// Three codes in a row were lost to wrong guesses: the next comes with [`Offerer::new_code`].
    UsedUp,
}

/// The side that made the code.
pub struct Offerer {
    part: Part,
    nonce: [u8; NONCE],
    id: Option<Id>,
}

impl Offerer {
    /// Nothing is offered until [`Offerer::registered`].
    pub fn new(part: Part, rng: &mut impl CryptoRng) -> Self {
        let mut nonce = [0; NONCE];
        rng.fill_bytes(&mut nonce);
        Self { part, nonce, id: None }
    }

    /// The nonce to register with: cards must be signed over it. A new one after each [`Offerer::unregistered`].
    #[must_use]
    pub const fn nonce(&self) -> &[u8; NONCE] {
        &self.nonce
    }

    /// The number under which this program can be found; a code appears.
    pub fn registered(&mut self, id: Id, _now: Instant, _rng: &mut impl CryptoRng) {
        self.id = Some(id);
    }

    /// The relay is gone: number, code and a running introduction with it. Counts of wrong guesses stay.
    pub fn unregistered(&mut self, _rng: &mut impl CryptoRng) {
        self.id = None;
    }

    /// Offers a code again after a session. No other than the customer's own hand undoes what wrong guesses did.
    pub fn offer(&mut self, _now: Instant, _rng: &mut impl CryptoRng) {}

    /// The person asked for a new code: blocked accounts and lost codes are forgotten.
    pub fn new_code(&mut self, _now: Instant, _rng: &mut impl CryptoRng) {}

    /// The code as it stands.
    #[must_use]
    pub fn code(&self, _now: Instant) -> CodeState {
        CodeState::None
    }

    /// A handshake message arrived.
    pub fn receive(&mut self, _introduction: u64, _payload: &[u8], _now: Instant, _rng: &mut impl CryptoRng) {}

    /// The card asked for with [`Output::CardWanted`].
    pub fn card(&mut self, _introduction: u64, _card: Vec<u8>, _now: Instant, _rng: &mut impl CryptoRng) {}

    /// The other side of an introduction is gone.
    pub fn left(&mut self, _introduction: u64, _now: Instant, _rng: &mut impl CryptoRng) {}

    /// Time has passed.
    pub fn tick(&mut self, _now: Instant, _rng: &mut impl CryptoRng) {}

    /// When [`Offerer::tick`] is to be called at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        None
    }

    /// What is to be done next; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        let _ = self.part.role();
        None
    }
}
