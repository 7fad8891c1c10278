//! The side that typed the code. It confirms first, so whoever poses as the offerer gets to see whether one guess was
//! right, and no more than three times for one typed code.

use std::collections::VecDeque;
use std::time::Instant;

use prost::Message;
use rand::CryptoRng;

use super::transcript::{Confirmation, Facts, Said, Slot, opposite};
use super::{Established, Part, Trust, aborted, encode, random};
use crate::card::{Card, Expect, NONCE, is_shown_text};
use crate::code::ChannelCode;
use crate::cpace::Side;
use crate::id::Id;
use crate::keys::{PublicKey, SigningKey};
use crate::message::introduction::{AbortReason, Aborted, Handshake, M1, M2, M3, M4, handshake::Body};
use crate::permission::Permissions;
use crate::{limits, version};

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
    /// Somebody else is being introduced, or has a session there.
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

/// The side that typed the code. One for the life of the program, since it counts: typing the same code again is not
/// a fresh start.
#[derive(Default)]
pub struct Joiner {
    /// Newest last.
    typed: VecDeque<Typed>,
    running: Option<Joining>,
    outputs: VecDeque<Output>,
}

/// A code that was typed, with the MACs that were sent for it and had no valid answer.
struct Typed {
    id: Id,
    code: ChannelCode,
    unanswered: u32,
}

/// What is being joined.
struct Joining {
    id: Id,
    code: ChannelCode,
    part: Part,
    own_key: SigningKey,
    step: Step,
}

enum Step {
    /// The relay is being asked.
    Knocking,
    /// M1 is out.
    Knocked { introduction: u64, deadline: Instant, nonce: [u8; NONCE], m1: Vec<u8> },
    /// M3 is out: the guess is made.
    Guessed { introduction: u64, deadline: Instant, m3: Vec<u8>, runs: Vec<Confirmation>, offer: Box<Offer> },
}

/// What M2 said, checked.
struct Offer {
    version: u32,
    nonce: [u8; NONCE],
    key: PublicKey,
    card: Option<Card>,
    wanted: Permissions,
    reason: String,
    policy: Permissions,
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
    /// [`JoinError`], all but [`JoinError::NotJoining`].
    pub fn join(
        &mut self,
        id: Id,
        code: ChannelCode,
        part: Part,
        rng: &mut impl CryptoRng,
    ) -> Result<PublicKey, JoinError> {
        if self.running.is_some() {
            return Err(JoinError::Running);
        }
        if matches!(&part, Part::Viewer { reason, .. } if !is_shown_text(reason, limits::SHOWN_TEXT)) {
            return Err(JoinError::Reason);
        }
        if self.guesses_left(id, &code) == 0 {
            return Err(JoinError::NoGuessLeft);
        }
        let own_key = SigningKey::generate(rng);
        let key = own_key.public();
        self.running = Some(Joining { id, code, part, own_key, step: Step::Knocking });
        Ok(key)
    }

    /// How often this code may still be tried at this number.
    #[must_use]
    pub fn guesses_left(&self, id: Id, code: &ChannelCode) -> u32 {
        let typed = self.typed.iter().find(|typed| typed.id == id && typed.code == *code);
        limits::GUESSES.saturating_sub(typed.map_or(0, |typed| typed.unanswered))
    }

    /// The relay introduced: the first message goes out. `card` is empty where the host joins. The offerer's last answer
    /// is waited for until `deadline`.
    ///
    /// # Errors
    /// [`JoinError::NotJoining`].
    pub fn introduced(
        &mut self,
        introduction: u64,
        card: Vec<u8>,
        deadline: Instant,
        rng: &mut impl CryptoRng,
    ) -> Result<(), JoinError> {
        let Some(joining) = &mut self.running else { return Err(JoinError::NotJoining) };
        if !matches!(joining.step, Step::Knocking) {
            return Err(JoinError::NotJoining);
        }
        if card.len() > limits::CARD {
            self.fail(Failure::Card, None);
            return Ok(());
        }
        let nonce = random(rng);
        let mut m1 = M1 {
            version: version::CURRENT,
            nonce: nonce.to_vec(),
            key: joining.own_key.public().as_bytes().to_vec(),
            card,
            role: joining.part.role().into(),
            ..M1::default()
        };
        match &joining.part {
            Part::Host { policy, .. } => m1.policy = policy.to_wire(),
            Part::Viewer { wanted, reason } => {
                m1.wanted = wanted.to_wire();
                m1.reason.clone_from(reason);
            }
        }
        let m1 = encode(Body::M1(m1));
        joining.step = Step::Knocked { introduction, deadline, nonce, m1: m1.clone() };
        self.outputs.push_back(Output::Send { introduction, payload: m1 });
        Ok(())
    }

    /// A handshake message arrived. One of another introduction than the running one is dropped.
    pub fn receive(&mut self, introduction: u64, payload: &[u8], now: Instant, rng: &mut impl CryptoRng) {
        self.tick(now);
        if self.introduction() != Some(introduction) {
            return;
        }
        let message = if payload.len() > limits::HANDSHAKE_MESSAGE { None } else { Handshake::decode(payload).ok() };
        match message.and_then(|message| message.body) {
            Some(Body::M2(m2)) => self.offered(m2, payload, rng),
            Some(Body::M4(m4)) => self.confirmed(&m4),
            Some(Body::Aborted(aborted)) => self.aborted(&aborted),
            Some(Body::M1(_) | Body::M3(_)) | None => self.fail(Failure::Malformed, Some(AbortReason::Malformed)),
        }
    }

    /// The other side of an introduction is gone.
    pub fn left(&mut self, introduction: u64) {
        if self.introduction() == Some(introduction) {
            self.fail(Failure::Left, None);
        }
    }

    /// The person gave up, or the relay did not introduce: the other side is told, nothing more comes.
    pub fn cancel(&mut self) {
        if let Some(introduction) = self.introduction() {
            self.outputs.push_back(Output::Send { introduction, payload: aborted(AbortReason::Cancelled, 0) });
        }
        self.running = None;
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        if self.next_wake().is_some_and(|deadline| now >= deadline) {
            self.fail(Failure::TimedOut, Some(AbortReason::TimedOut));
        }
    }

    /// When [`Joiner::tick`] is to be called at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        match self.running.as_ref()?.step {
            Step::Knocking => None,
            Step::Knocked { deadline, .. } | Step::Guessed { deadline, .. } => Some(deadline),
        }
    }

    /// What is to be done next; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// M2: who is it, and the guess at each of its codes.
    fn offered(&mut self, m2: M2, payload: &[u8], rng: &mut impl CryptoRng) {
        let Some(Joining { id, code, part, own_key, step: Step::Knocked { introduction, deadline, nonce, m1 } }) =
            &self.running
        else {
            return self.fail(Failure::Malformed, Some(AbortReason::Malformed));
        };
        let (introduction, deadline, id) = (*introduction, *deadline, *id);
        let (current, older) = (m2.share.clone(), m2.older_share.clone());
        let offer = match check(m2, part, own_key, nonce, id, introduction) {
            Ok(offer) => offer,
            Err((failure, reason)) => return self.fail(failure, Some(reason)),
        };
        let facts = Facts {
            version: offer.version,
            offerer: opposite(part.role()),
            id,
            introduction,
            offerer_key: offer.key,
            joiner_key: own_key.public(),
            offerer_nonce: offer.nonce,
            joiner_nonce: *nonce,
        };
        // Each MAC is a guess: with one left, the older code is not tried.
        let tries = if older.is_empty() || self.guesses_left(id, code) < 2 { 1 } else { 2 };
        let started: Vec<_> = [(Slot::Current, current), (Slot::Older, older)]
            .into_iter()
            .take(tries)
            .map(|(slot, theirs)| (slot, theirs, facts.start(Side::Responder, slot, code, rng)))
            .collect();
        let mut m3 = M3::default();
        for (slot, _, run) in &started {
            match slot {
                Slot::Current => m3.share = run.share().to_vec(),
                Slot::Older => m3.older_share = run.share().to_vec(),
            }
        }
        let said = Said { m1, m2: payload, share: &m3.share, older_share: &m3.older_share };
        let finished: Result<Vec<_>, _> = started
            .into_iter()
            .map(|(slot, theirs, run)| facts.finish(Side::Responder, slot, run, &theirs, &said))
            .collect();
        let Ok(runs) = finished else {
            return self.fail(Failure::Malformed, Some(AbortReason::Malformed));
        };
        let mut macs = runs.iter().map(|run| run.joiner_mac().to_vec());
        m3.mac = macs.next().unwrap_or_default();
        m3.older_mac = macs.next().unwrap_or_default();
        let guesses = u32::try_from(runs.len()).expect("one or two");
        let code = code.clone();
        let payload = encode(Body::M3(m3));
        if let Some(joining) = &mut self.running {
            joining.step = Step::Guessed { introduction, deadline, m3: payload.clone(), runs, offer: Box::new(offer) };
        }
        // Counted before it is sent.
        self.count(id, code, guesses);
        self.outputs.push_back(Output::Send { introduction, payload });
    }

    /// M4: does the other side know the code too?
    fn confirmed(&mut self, m4: &M4) {
        let guessed = |joining: &mut Joining| matches!(joining.step, Step::Guessed { .. });
        let Some(Joining { id, code, part, own_key, step: Step::Guessed { introduction, m3, runs, offer, .. } }) =
            self.running.take_if(guessed)
        else {
            return self.fail(Failure::Malformed, Some(AbortReason::Malformed));
        };
        let Some(confirmation) = runs.into_iter().find(|run| run.is_offerer_mac(&m3, &m4.mac)) else {
            let payload = aborted(AbortReason::Malformed, 0);
            self.outputs.push_back(Output::Send { introduction, payload });
            return self.outputs.push_back(Output::Failed(Failure::NotAuthentic));
        };
        self.typed.retain(|typed| typed.id != id || typed.code != code);
        let offer = *offer;
        self.outputs.push_back(Output::Established(Box::new(Established {
            introduction,
            id,
            role: part.role(),
            version: offer.version,
            own_key,
            peer_key: offer.key,
            bind: confirmation.into_bind(),
            card: offer.card,
            wanted: offer.wanted,
            reason: offer.reason,
            policy: offer.policy,
        })));
    }

    /// The other side ended it. Nobody vouches for the reason, so nothing but a sentence hangs on it.
    fn aborted(&mut self, said: &Aborted) {
        let Some(joining) = &self.running else { return };
        let failure = match said.reason() {
            AbortReason::WrongCode => {
                let own = self.guesses_left(joining.id, &joining.code);
                Failure::WrongCode { guesses_left: own.min(said.guesses_left) }
            }
            AbortReason::NoCode => Failure::NoCode,
            AbortReason::Blocked => Failure::Blocked,
            AbortReason::Busy => Failure::Busy,
            AbortReason::Version => Failure::Version,
            AbortReason::Card => Failure::Card,
            AbortReason::Malformed => Failure::Malformed,
            AbortReason::TimedOut => Failure::TimedOut,
            AbortReason::Cancelled | AbortReason::Unspecified => Failure::Cancelled,
        };
        self.fail(failure, None);
    }

    fn fail(&mut self, failure: Failure, answer: Option<AbortReason>) {
        if let (Some(introduction), Some(reason)) = (self.introduction(), answer) {
            self.outputs.push_back(Output::Send { introduction, payload: aborted(reason, 0) });
        }
        if self.running.take().is_some() {
            self.outputs.push_back(Output::Failed(failure));
        }
    }

    fn count(&mut self, id: Id, code: ChannelCode, guesses: u32) {
        if let Some(typed) = self.typed.iter_mut().find(|typed| typed.id == id && typed.code == code) {
            typed.unanswered += guesses;
            return;
        }
        if self.typed.len() >= limits::TYPED_CODES {
            self.typed.pop_front();
        }
        self.typed.push_back(Typed { id, code, unanswered: guesses });
    }

    fn introduction(&self) -> Option<u64> {
        match self.running.as_ref()?.step {
            Step::Knocking => None,
            Step::Knocked { introduction, .. } | Step::Guessed { introduction, .. } => Some(introduction),
        }
    }
}

/// Reads M2; nothing of it is used that is not checked here, but for the shares, which CPace checks.
fn check(
    m2: M2,
    part: &Part,
    own_key: &SigningKey,
    own_nonce: &[u8; NONCE],
    id: Id,
    introduction: u64,
) -> Result<Offer, (Failure, AbortReason)> {
    const MALFORMED: (Failure, AbortReason) = (Failure::Malformed, AbortReason::Malformed);
    if !(version::OLDEST..=version::CURRENT).contains(&m2.version) {
        return Err((Failure::Version, AbortReason::Version));
    }
    let nonce: [u8; NONCE] = m2.nonce.as_slice().try_into().map_err(|_| MALFORMED)?;
    let key = PublicKey::from_wire(&m2.key).map_err(|_| MALFORMED)?;
    // Our own words played back to us.
    if key == own_key.public() || nonce == *own_nonce {
        return Err(MALFORMED);
    }
    let version = m2.version;
    match part {
        Part::Host { trust: Trust { cards, institution, welcome }, policy } => {
            let institution = institution.as_deref();
            let account = welcome.only();
            let expect = Expect { nonce: own_nonce, key: &key, id, introduction, institution, account };
            let card = Card::verify(&m2.card, cards, &expect).map_err(|_| (Failure::Card, AbortReason::Card))?;
            if !is_shown_text(&m2.reason, limits::SHOWN_TEXT) {
                return Err(MALFORMED);
            }
            let wanted = Permissions::from_wire(m2.wanted);
            Ok(Offer { version, nonce, key, card: Some(card), wanted, reason: m2.reason, policy: *policy })
        }
        Part::Viewer { wanted, reason } => {
            let policy = Permissions::from_wire(m2.policy);
            Ok(Offer { version, nonce, key, card: None, wanted: *wanted, reason: reason.clone(), policy })
        }
    }
}
