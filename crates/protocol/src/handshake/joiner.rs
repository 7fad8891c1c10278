//! The side that typed the code.

use std::time::Instant;

use rand::CryptoRng;

use super::{Established, Part};
use crate::code::ChannelCode;
use crate::id::Id;
use crate::keys::{PublicKey, SigningKey};

/// What is to be done, see [`Joiner::poll`].
pub enum Output {
    /// Pass this to the offerer.
    Send {
        /// Of which introduction.
        introduction: u64,
        /// An encoded [`crate::message::introduction::Handshake`].
        payload: Vec<u8>,
    },
    /// The introduction is through.
    Established(Box<Established>),
    /// It came to nothing; nothing is repeated by itself.
    Failed(Failure),
}

/// Why a joiner was not introduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The code is not right.
    WrongCode {
        /// Tries that are left, as far as is known.
        guesses_left: u32,
    },
    /// There is no such code any more: ask for a new one.
    NoCode,
    /// Two wrong guesses came from this account: the other person has to ask for a new code.
    Blocked,
    /// Somebody else is being introduced.
    Busy,
    /// The two programs have no version in common.
    Version,
    /// The other side did not take the card, or this side not the other's.
    Card,
    /// The other side's message made no sense, or it found none in ours.
    Malformed,
    /// The other person ended it.
    Cancelled,
    /// The other side is gone.
    Left,
    /// No answer in time.
    TimedOut,
    /// The other side could not prove that it knows the code.
    NotAuthentic,
}

/// Why joining could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum JoinError {
    /// This code was tried three times at this number without a valid answer.
    #[error("this code was tried too often")]
    NoGuessLeft,
    /// An introduction is running.
    #[error("an introduction is running already")]
    Running,
    /// The reason is too long, or has characters that are not shown.
    #[error("the reason is not fit to be shown")]
    Reason,
    /// [`Joiner::introduced`] without [`Joiner::join`].
    #[error("nothing is being joined")]
    NotJoining,
}

/// The side that typed the code; one for the life of the program, since it counts.
#[derive(Default)]
pub struct Joiner {
    key: Option<SigningKey>,
}

impl Joiner {
    /// Nothing tried yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A person typed a number and a code. Gives the key for the knock, a fresh one each time.
    ///
    /// # Errors
    /// [`JoinError`].
    pub fn join(
        &mut self,
        _id: Id,
        _code: ChannelCode,
        _part: Part,
        rng: &mut impl CryptoRng,
    ) -> Result<PublicKey, JoinError> {
        let key = SigningKey::generate(rng);
        Ok(self.key.insert(key).public())
    }

    /// The relay introduced: the first message goes out. `card` is empty where the host joins.
    ///
    /// # Errors
    /// [`JoinError::NotJoining`].
    pub fn introduced(
        &mut self,
        _introduction: u64,
        _card: Vec<u8>,
        _now: Instant,
        _rng: &mut impl CryptoRng,
    ) -> Result<(), JoinError> {
        if self.key.is_some() { Ok(()) } else { Err(JoinError::NotJoining) }
    }

    /// A handshake message arrived.
    pub fn receive(&mut self, _introduction: u64, _payload: &[u8], _now: Instant, _rng: &mut impl CryptoRng) {}

    /// The other side of an introduction is gone.
    pub fn left(&mut self, _introduction: u64) {}

    /// The person gave up: the other side is told, nothing more comes.
    pub fn cancel(&mut self) {
        self.key = None;
    }

    /// Time has passed.
    pub fn tick(&mut self, _now: Instant) {}

    /// When [`Joiner::tick`] is to be called at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        None
    }

    /// What is to be done next; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        None
    }
}
