//! The side that made the code. It introduces one joiner at a time, counts a guess before it looks at it, and answers
//! nobody but who is being introduced, except with a reason why not.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use prost::Message;
use rand::CryptoRng;

use super::accounts::{Accounts, Standing};
use super::codes::{Codes, Life};
use super::transcript::{Confirmation, Facts, MAC, Said, Slot, opposite};
use super::{Established, Part, Trust, Welcome, aborted, encode, random};
use crate::card::{Card, Expect, NONCE, is_shown_text};
use crate::code::ChannelCode;
use crate::cpace::{Run, SHARE, Side};
use crate::id::Id;
use crate::keys::{PublicKey, SigningKey};
use crate::message::introduction::{AbortReason, Handshake, M1, M2, M3, M4, handshake::Body};
use crate::permission::Permissions;
use crate::{limits, version};

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

/// The side that made the code. Lives as long as the program: losing the relay, or ending a session, undoes no count.
pub struct Offerer {
    part: Part,
    nonce: [u8; NONCE],
    id: Option<Id>,
    codes: Codes,
    accounts: Accounts,
    running: Option<Introduction>,
    /// By the session that came of the last introduction, until a code is offered again.
    taken: bool,
    /// Introductions that were begun under this registration, newest last: none is begun twice.
    begun: VecDeque<u64>,
    outputs: VecDeque<Output>,
}

/// The one introduction that is running.
struct Introduction {
    number: u64,
    id: Id,
    deadline: Instant,
    knock: Knock,
    own_key: SigningKey,
    own_nonce: [u8; NONCE],
    step: Step,
}

enum Step {
    /// This side is the adviser and waits for its card.
    CardWanted,
    /// M2 is out, with a run of CPace for each code that is alive.
    Shared { m2: Vec<u8>, runs: Vec<(Slot, Run)> },
}

/// What M1 said, checked.
struct Knock {
    m1: Vec<u8>,
    version: u32,
    nonce: [u8; NONCE],
    key: PublicKey,
    card: Option<Card>,
    wanted: Permissions,
    reason: String,
    policy: Permissions,
}

impl Offerer {
    /// Nothing is offered until [`Offerer::registered`]. A reason that is not fit to be shown is left out.
    pub fn new(mut part: Part, rng: &mut impl CryptoRng) -> Self {
        let life = match &mut part {
            Part::Host { trust, .. } => match trust.welcome {
                Welcome::Anyone => Life::CHANNEL,
                Welcome::Only(_) => Life::ONCE,
            },
            Part::Viewer { reason, .. } => {
                if !is_shown_text(reason, limits::SHOWN_TEXT) {
                    reason.clear();
                }
                Life::INVITATION
            }
        };
        Self {
            part,
            nonce: random(rng),
            id: None,
            codes: Codes::new(life),
            accounts: Accounts::default(),
            running: None,
            taken: false,
            begun: VecDeque::new(),
            outputs: VecDeque::new(),
        }
    }

    /// The nonce to register with: cards must be signed over it. A new one after each [`Offerer::unregistered`].
    #[must_use]
    pub const fn nonce(&self) -> &[u8; NONCE] {
        &self.nonce
    }

    /// The number under which this program can be found; a code appears, unless they are used up. Whoever is being
    /// helped and is not to be found by others registers after that.
    pub fn registered(&mut self, id: Id, now: Instant, rng: &mut impl CryptoRng) {
        self.id = Some(id);
        self.offer(now, rng);
    }

    /// The relay is gone: number, code and a running introduction with it. Counts of wrong guesses stay.
    pub fn unregistered(&mut self, rng: &mut impl CryptoRng) {
        if let Some(running) = self.running.take() {
            self.outputs.push_back(Output::Ended { introduction: running.number, why: Unfinished::Left });
        }
        self.id = None;
        self.nonce = random(rng);
        self.begun.clear();
        self.codes.withdraw();
        self.outputs.push_back(Output::CodeChanged);
    }

    /// The session that came of an introduction is over: a code is offered again; without a registration it comes with
    /// that. Nothing but [`Offerer::new_code`] undoes what wrong guesses did.
    pub fn offer(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        self.taken = false;
        if self.id.is_some() {
            self.codes.offer(now, rng);
            self.outputs.push_back(Output::CodeChanged);
        }
    }

    /// The person asked for a new code: blocked accounts and lost codes are forgotten, the codes of before are void.
    /// While a session has this side the new one comes with [`Offerer::offer`]. Not to be called by anything but a person's own hand.
    pub fn new_code(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        if let Some(running) = self.finish(|_| true, now) {
            self.send(running.number, aborted(AbortReason::NoCode, 0));
            self.outputs.push_back(Output::Ended { introduction: running.number, why: Unfinished::Withdrawn });
        }
        self.accounts = Accounts::default();
        if self.id.is_some() && !self.taken {
            self.codes.renew(now, rng);
        } else {
            self.codes.spend();
        }
        self.outputs.push_back(Output::CodeChanged);
    }

    /// The code as it stands.
    #[must_use]
    pub fn code(&self, now: Instant) -> CodeState {
        if self.running.is_some() { self.codes.state_in_use() } else { self.codes.state(now) }
    }

    /// A handshake message arrived. Whatever it is, there is at most one answer to it.
    pub fn receive(&mut self, introduction: u64, payload: &[u8], now: Instant, rng: &mut impl CryptoRng) {
        self.tick(now, rng);
        let message = if payload.len() > limits::HANDSHAKE_MESSAGE { None } else { Handshake::decode(payload).ok() };
        match message.and_then(|message| message.body) {
            Some(Body::M1(m1)) => self.knocked(introduction, m1, payload, now, rng),
            Some(Body::M3(m3)) => self.guessed(introduction, &m3, payload, now, rng),
            Some(Body::Aborted(_)) => self.give_up(introduction, Unfinished::Left, None, now, rng),
            Some(Body::M2(_) | Body::M4(_)) | None => {
                let answer = Some(AbortReason::Malformed);
                self.give_up(introduction, Unfinished::Malformed, answer, now, rng);
            }
        }
    }

    /// The card asked for with [`Output::CardWanted`]. One for an introduction that is over is dropped.
    pub fn card(&mut self, introduction: u64, card: Vec<u8>, now: Instant, rng: &mut impl CryptoRng) {
        self.tick(now, rng);
        let waiting = |running: &Introduction| {
            running.number == introduction && matches!(running.step, Step::CardWanted) && card.len() <= limits::CARD
        };
        if self.running.as_ref().is_some_and(waiting) {
            self.share(card, rng);
        }
    }

    /// The other side of an introduction is gone.
    pub fn left(&mut self, introduction: u64, now: Instant, rng: &mut impl CryptoRng) {
        self.give_up(introduction, Unfinished::Left, None, now, rng);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant, rng: &mut impl CryptoRng) {
        if let Some(late) = self.finish(|running| now >= running.deadline, now) {
            self.send(late.number, aborted(AbortReason::TimedOut, 0));
            self.note_unfinished(&late, Unfinished::TimedOut);
        }
        if self.running.is_none() && self.codes.tick(now, rng) {
            self.outputs.push_back(Output::CodeChanged);
        }
    }

    /// When [`Offerer::tick`] is to be called at the latest.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        match &self.running {
            Some(running) => Some(running.deadline),
            None => self.codes.next_wake(),
        }
    }

    /// What is to be done next; call until `None` after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// M1: is it somebody, may they, is there anything to guess at, and is nobody else there?
    fn knocked(&mut self, number: u64, m1: M1, payload: &[u8], now: Instant, rng: &mut impl CryptoRng) {
        // A relay that plays a knock back to us gets nothing, least of all a guess in another's name.
        if self.begun.contains(&number) {
            return;
        }
        let Some(id) = self.id else { return };
        let knock = match self.check(number, id, m1, payload) {
            Ok(knock) => knock,
            Err(reason) => return self.send(number, aborted(reason, 0)),
        };
        let standing = knock.card.as_ref().map_or(Standing::Welcome { unfinished: 0 }, |c| self.accounts.standing(c));
        let Standing::Welcome { unfinished } = standing else {
            return self.send(number, aborted(AbortReason::Blocked, 0));
        };
        // Before the code: a session has spent it, and no new one is there to ask for.
        if self.taken {
            return self.send(number, aborted(AbortReason::Busy, 0));
        }
        if !self.codes.any() {
            return self.send(number, aborted(AbortReason::NoCode, 0));
        }
        if let Some(holder) = &self.running {
            if self.unfinished_of(holder) < limits::UNFINISHED.max(unfinished + 1) {
                return self.send(number, aborted(AbortReason::Busy, 0));
            }
            let holder = holder.number;
            self.give_up(holder, Unfinished::GaveWay, Some(AbortReason::Busy), now, rng);
        }
        if self.begun.len() >= limits::INTRODUCTIONS {
            self.begun.pop_front();
        }
        self.begun.push_back(number);
        self.outputs.push_back(Output::Knocked { introduction: number, card: knock.card.clone() });
        self.outputs.push_back(Output::CodeChanged);
        let nonce = knock.nonce;
        let own_key = SigningKey::generate(rng);
        let key = own_key.public();
        let deadline = now + limits::INTRODUCTION;
        let deadline = self.codes.last_call().map_or(deadline, |last| last.min(deadline));
        let own_nonce = random(rng);
        self.codes.stand_still(now);
        self.running = Some(Introduction { number, id, deadline, knock, own_key, own_nonce, step: Step::CardWanted });
        match &self.part {
            Part::Host { .. } => self.share(Vec::new(), rng),
            Part::Viewer { .. } => self.outputs.push_back(Output::CardWanted { introduction: number, nonce, key }),
        }
    }

    /// Reads M1; nothing of it is used that is not checked here.
    fn check(&self, introduction: u64, id: Id, m1: M1, payload: &[u8]) -> Result<Knock, AbortReason> {
        if m1.version < version::OLDEST {
            return Err(AbortReason::Version);
        }
        if m1.role() != opposite(self.part.role()) {
            return Err(AbortReason::Malformed);
        }
        let nonce: [u8; NONCE] = m1.nonce.as_slice().try_into().map_err(|_| AbortReason::Malformed)?;
        let key = PublicKey::from_wire(&m1.key).map_err(|_| AbortReason::Malformed)?;
        let mut knock = Knock {
            m1: payload.to_vec(),
            version: m1.version.min(version::CURRENT),
            nonce,
            key,
            card: None,
            wanted: Permissions::NONE,
            reason: String::new(),
            policy: Permissions::NONE,
        };
        match &self.part {
            Part::Host { trust: Trust { cards, institution, welcome }, policy } => {
                let institution = institution.as_deref();
                let account = welcome.only();
                let expect = Expect { nonce: &self.nonce, key: &key, id, introduction, institution, account };
                knock.card = Some(Card::verify(&m1.card, cards, &expect).map_err(|_| AbortReason::Card)?);
                if !is_shown_text(&m1.reason, limits::SHOWN_TEXT) {
                    return Err(AbortReason::Malformed);
                }
                knock.wanted = Permissions::from_wire(m1.wanted);
                knock.reason = m1.reason;
                knock.policy = *policy;
            }
            Part::Viewer { wanted, reason } => {
                knock.wanted = *wanted;
                knock.reason.clone_from(reason);
                knock.policy = Permissions::from_wire(m1.policy);
            }
        }
        Ok(knock)
    }

    /// M2: a share for each code that is alive.
    fn share(&mut self, card: Vec<u8>, rng: &mut impl CryptoRng) {
        let Some(running) = &mut self.running else { return };
        let facts = running.facts(&self.part);
        let mut m2 = M2 {
            version: running.knock.version,
            nonce: running.own_nonce.to_vec(),
            key: running.own_key.public().as_bytes().to_vec(),
            card,
            ..M2::default()
        };
        match &self.part {
            Part::Host { policy, .. } => m2.policy = policy.to_wire(),
            Part::Viewer { wanted, reason } => {
                m2.wanted = wanted.to_wire();
                m2.reason.clone_from(reason);
            }
        }
        let mut runs = Vec::with_capacity(2);
        for (slot, code) in self.codes.alive() {
            let run = facts.start(Side::Initiator, slot, code, rng);
            match slot {
                Slot::Current => m2.share = run.share().to_vec(),
                Slot::Older => m2.older_share = run.share().to_vec(),
            }
            runs.push((slot, run));
        }
        let number = running.number;
        let payload = encode(Body::M2(m2));
        running.step = Step::Shared { m2: payload.clone(), runs };
        self.send(number, payload);
    }

    /// M3: the one guess.
    fn guessed(&mut self, number: u64, m3: &M3, payload: &[u8], now: Instant, rng: &mut impl CryptoRng) {
        let awaited = |running: &Introduction| running.number == number && matches!(running.step, Step::Shared { .. });
        let Some(mut running) = self.finish(awaited, now) else {
            return self.give_up(number, Unfinished::Malformed, Some(AbortReason::Malformed), now, rng);
        };
        let Some(guesses) = running.guesses(m3, &self.part) else {
            self.send(number, aborted(AbortReason::Malformed, 0));
            self.note_unfinished(&running, Unfinished::Malformed);
            return self.tick(now, rng);
        };
        // Reserved first: nothing that happens while a guess is looked at can make it free.
        for guess in &guesses {
            self.codes.reserve(guess.slot);
        }
        if let Some(card) = &running.knock.card {
            self.accounts.reserve(card);
        }
        match guesses.into_iter().find(|guess| guess.confirmation.is_joiner_mac(guess.mac)) {
            Some(Guess { confirmation, .. }) => self.establish(running, confirmation, payload),
            None => {
                let of_code = self.codes.settle(now, rng);
                let of_account = running.knock.card.as_ref().map_or(of_code, |card| self.accounts.guesses_left(card));
                // No guess left tells the adviser that the code is lost. With the code alive it is the account that
                // may not go on.
                let answer = match (of_code, of_account) {
                    (1.., 0) => aborted(AbortReason::Blocked, 0),
                    _ => aborted(AbortReason::WrongCode, of_code.min(of_account)),
                };
                self.send(number, answer);
                self.outputs.push_back(Output::Ended { introduction: number, why: Unfinished::WrongCode });
                self.outputs.push_back(Output::CodeChanged);
                self.tick(now, rng);
            }
        }
    }

    /// M4: the code is spent.
    fn establish(&mut self, running: Introduction, confirmation: Confirmation, m3: &[u8]) {
        self.codes.spend();
        self.taken = true;
        if let Some(card) = &running.knock.card {
            self.accounts.forget(card);
        }
        self.send(running.number, encode(Body::M4(M4 { mac: confirmation.offerer_mac(m3).to_vec() })));
        let Introduction { number, id, knock, own_key, .. } = running;
        self.outputs.push_back(Output::Established(Box::new(Established {
            introduction: number,
            id,
            role: self.part.role(),
            version: knock.version,
            own_key,
            peer_key: knock.key,
            bind: confirmation.into_bind(),
            card: knock.card,
            wanted: knock.wanted,
            reason: knock.reason,
            policy: knock.policy,
        })));
        self.outputs.push_back(Output::CodeChanged);
    }

    /// Ends the running introduction if it is `number`; says why when there is something to say.
    fn give_up(
        &mut self,
        number: u64,
        why: Unfinished,
        answer: Option<AbortReason>,
        now: Instant,
        rng: &mut impl CryptoRng,
    ) {
        let Some(running) = self.finish(|running| running.number == number, now) else { return };
        if let Some(reason) = answer {
            self.send(number, aborted(reason, 0));
        }
        self.note_unfinished(&running, why);
        self.tick(now, rng);
    }

    /// The running introduction, if it is this one: it is over, and the codes go on.
    fn finish(&mut self, is_this: impl FnOnce(&Introduction) -> bool, now: Instant) -> Option<Introduction> {
        let ended = self.running.take_if(|running| is_this(running))?;
        // A computer that slept over the end has not been introducing anybody all night.
        self.codes.go_on(now.min(ended.deadline));
        Some(ended)
    }

    fn note_unfinished(&mut self, running: &Introduction, why: Unfinished) {
        if let Some(card) = &running.knock.card {
            self.accounts.unfinished(card);
        }
        self.outputs.push_back(Output::Ended { introduction: running.number, why });
        self.outputs.push_back(Output::CodeChanged);
    }

    fn unfinished_of(&self, running: &Introduction) -> u32 {
        match running.knock.card.as_ref().map(|card| self.accounts.standing(card)) {
            Some(Standing::Welcome { unfinished }) => unfinished,
            Some(Standing::Blocked) | None => 0,
        }
    }

    fn send(&mut self, introduction: u64, payload: Vec<u8>) {
        self.outputs.push_back(Output::Send { introduction, payload });
    }
}

/// One answered run of CPace.
struct Guess<'a> {
    slot: Slot,
    confirmation: Confirmation,
    mac: &'a [u8],
}

impl Introduction {
    fn facts(&self, part: &Part) -> Facts {
        Facts {
            version: self.knock.version,
            offerer: part.role(),
            id: self.id,
            introduction: self.number,
            offerer_key: self.own_key.public(),
            joiner_key: self.knock.key,
            offerer_nonce: self.own_nonce,
            joiner_nonce: self.knock.nonce,
        }
    }

    /// The guesses in M3, computed but not looked at; `None` when it makes no sense. The shown code must be answered,
    /// the older one may be. A share that is no point tells its sender nothing, and neither does our refusing it.
    fn guesses<'a>(&mut self, m3: &'a M3, part: &Part) -> Option<Vec<Guess<'a>>> {
        let facts = self.facts(part);
        let Step::Shared { m2, runs } = &mut self.step else { return None };
        let said = Said { m1: &self.knock.m1, m2, share: &m3.share, older_share: &m3.older_share };
        let mut answers = vec![(Slot::Current, &m3.share, &m3.mac)];
        if !m3.older_share.is_empty() || !m3.older_mac.is_empty() {
            answers.push((Slot::Older, &m3.older_share, &m3.older_mac));
        }
        let mut guesses = Vec::with_capacity(answers.len());
        for (slot, share, mac) in answers {
            let place = runs.iter().position(|(of, _)| *of == slot)?;
            let (_, run) = runs.swap_remove(place);
            if share.len() != SHARE || mac.len() != MAC || share == run.share() {
                return None;
            }
            let confirmation = facts.finish(Side::Initiator, slot, run, share, &said).ok()?;
            guesses.push(Guess { slot, confirmation, mac });
        }
        Some(guesses)
    }
}
