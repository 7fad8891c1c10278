//! Adviser cards: what an institution states about an adviser, for one introduction. A card is fresh because it signs
//! the other side's nonce, not because two clocks agree; it is worth nothing without the private half of the key that
//! it names.

use prost::Message;

use crate::id::Id;
use crate::keys::{PublicKey, SigningKey};
use crate::limits;
use crate::message::introduction::{CardBody, SignedCard};
use crate::permission::Permissions;

/// Bytes of a nonce.
pub const NONCE: usize = 32;

/// Longest account and ticket reference, in characters.
const SHORT_TEXT: usize = 100;

/// What is signed is this, then the body: no signature made for anything else is one for a card.
const CONTEXT: &[u8] = b"lotse adviser card v1\0";

/// A card that has been verified. There is no other way to come by one, and no unverified field is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The adviser's account; what guesses are counted by. Never empty.
    pub account: String,
    /// The adviser's name as customers see it. Never empty.
    pub adviser: String,
    /// The institution. Never empty.
    pub institution: String,
    /// The adviser's role there, may be empty.
    pub role: String,
    /// The most that may ever be granted.
    pub ceiling: Permissions,
    /// Number of the introduction it was made for.
    pub introduction: u64,
    /// The number it was made for: the customer's ID, or the invitation's.
    pub id: Id,
    /// Tenant within the institution, may be empty.
    pub tenant: String,
    /// Reference of the ticket, may be empty.
    pub ticket: String,
}

/// An adviser as an institution knows it, whatever name customers are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name. Never empty.
    pub name: String,
    /// Tenant within the institution, may be empty.
    pub tenant: String,
}

impl Account {
    /// Could a card say so? At most 100 characters each, fit to be shown.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        !self.name.trim().is_empty() && is_shown_text(&self.name, SHORT_TEXT) && is_shown_text(&self.tenant, SHORT_TEXT)
    }
}

/// What a card must say to be the one for this introduction.
#[derive(Clone, Copy)]
pub struct Expect<'a> {
    /// The nonce that this side gave.
    pub nonce: &'a [u8; NONCE],
    /// The key that the other side uses.
    pub key: &'a PublicKey,
    /// The number under which the two meet.
    pub id: Id,
    /// Number of the introduction.
    pub introduction: u64,
    /// The institution, where the program knows it by name. The pinned key stands for it in any case.
    pub institution: Option<&'a str>,
    /// The only adviser that may come, where only one may.
    pub account: Option<&'a Account>,
}

/// Why a card was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CardError {
    /// Not a card, too long, or a text in it is not fit to be shown.
    #[error("the card is malformed")]
    Malformed,
    /// Not signed by the pinned key.
    #[error("the card is not signed by the institution's key")]
    Signature,
    /// Signed over another nonce: made for another moment.
    #[error("the card is not fresh")]
    Nonce,
    /// Bound to another key: somebody else's.
    #[error("the card belongs to another key")]
    Key,
    /// Made for another customer, introduction or institution, or another adviser's.
    #[error("the card was made for somebody else")]
    Audience,
}

impl Card {
    /// Whose it is.
    #[must_use]
    pub fn account(&self) -> Account {
        Account { name: self.account.clone(), tenant: self.tenant.clone() }
    }

    /// The encoded [`SignedCard`] over `body`.
    #[must_use]
    pub fn sign(body: &CardBody, cards_key: &SigningKey) -> Vec<u8> {
        let body = body.encode_to_vec();
        let signature = cards_key.sign(&signed_bytes(&body)).to_vec();
        SignedCard { body, signature }.encode_to_vec()
    }

    /// Reads an encoded [`SignedCard`] and checks everything: nothing in it is looked at before the signature is.
    ///
    /// # Errors
    /// [`CardError`], the first thing that is wrong.
    pub fn verify(bytes: &[u8], cards_key: &PublicKey, expect: &Expect<'_>) -> Result<Self, CardError> {
        if bytes.len() > limits::CARD {
            return Err(CardError::Malformed);
        }
        let signed = SignedCard::decode(bytes).map_err(|_| CardError::Malformed)?;
        if !cards_key.verifies(&signed_bytes(&signed.body), &signed.signature) {
            return Err(CardError::Signature);
        }
        let body = CardBody::decode(signed.body.as_slice()).map_err(|_| CardError::Malformed)?;
        if body.nonce != expect.nonce {
            return Err(CardError::Nonce);
        }
        if body.key != expect.key.as_bytes() {
            return Err(CardError::Key);
        }
        if body.id != expect.id.to_wire()
            || body.introduction != expect.introduction
            || expect.institution.is_some_and(|institution| body.institution != institution)
            || expect.account.is_some_and(|only| body.account != only.name || body.tenant != only.tenant)
        {
            return Err(CardError::Audience);
        }
        let fits = |text: &str, longest: usize| is_shown_text(text, longest);
        let named = [&body.account, &body.adviser, &body.institution].iter().all(|text| !text.trim().is_empty());
        if !named
            || !fits(&body.account, SHORT_TEXT)
            || !fits(&body.adviser, limits::SHOWN_TEXT)
            || !fits(&body.institution, limits::SHOWN_TEXT)
            || !fits(&body.role, limits::SHOWN_TEXT)
            || !fits(&body.tenant, SHORT_TEXT)
            || !fits(&body.ticket, SHORT_TEXT)
        {
            return Err(CardError::Malformed);
        }
        Ok(Self {
            account: body.account,
            adviser: body.adviser,
            institution: body.institution,
            role: body.role,
            ceiling: Permissions::from_wire(body.ceiling),
            introduction: body.introduction,
            id: expect.id,
            tenant: body.tenant,
            ticket: body.ticket,
        })
    }
}

/// May `text` of another person stand in a prompt? At most `longest` characters; no control characters, and nothing
/// that turns the direction of writing or is invisible: with those a name could be made to read as another.
#[must_use]
pub fn is_shown_text(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest && !text.chars().any(is_deceptive)
}

fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn signed_bytes(body: &[u8]) -> Vec<u8> {
    [CONTEXT, body].concat()
}
