//! The bytes of a block.
//!
//! ```text
//! 0   magic, 16 bytes
//! 16  layout, u32 little-endian: 0 for a block that is empty, 1 for this one
//! 20  length of the body, u32 little-endian
//! 24  SHA-256 over bytes 0 to 23 and the body
//! 56  body: a message as in `Body`; zeros up to RESERVED
//! ```
//!
//! The checksum finds damage, such as a broken download. It does not keep anybody from writing another block with a
//! checksum of its own: that is what the executable's signature is for.

use prost::Message;
use sha2::{Digest, Sha256};

use super::colours::{Accents, Colour, Unreadable};
use super::logo::{Logo, LogoError};
use super::{Brand, BrandError, Language, Languages, Terms};
use crate::address::{AddressError, RelayAddress};
use crate::keys::{KeyError, PublicKey, RelayPins};

/// What an executable reserves, bytes: the largest logo (48 KiB), the longest terms in two languages (40 KiB), and room
/// for fields that come later.
pub const RESERVED: usize = 96 * 1024;

/// The section of the executable that holds the block and nothing else.
pub const SECTION: &str = ".lotse";

/// What every block begins with.
pub const MAGIC: [u8; 16] = *b"lotse\0brand\xf0\x9f\x9a\xa2\n";

const LAYOUT: u32 = 1;
const HEADER: usize = 56;
/// Bytes of the header before the checksum.
const SUMMED: usize = 24;

/// Longest body.
pub const BODY: usize = RESERVED - HEADER;

/// What a block says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing: the executable belongs to nobody yet.
    Empty,
    /// Whose it is.
    Brand(Box<Brand>),
}

/// Why a block cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Not as long as every block is.
    #[error("the reserved block has {0} bytes instead of {RESERVED}")]
    Size(usize),
    /// It does not begin as blocks do.
    #[error("the reserved block does not begin as it must")]
    Magic,
    /// It should be empty, and is not.
    #[error("the reserved block says that it is empty, and is not")]
    NotEmpty,
    /// Of another version of the program.
    #[error("the reserved block is of another version (layout {0})")]
    Layout(u32),
    /// Longer than there is room for.
    #[error("the reserved block says that it has {0} bytes, which is more than there are")]
    Length(u32),
    /// Changed since it was sealed.
    #[error("the checksum of the reserved block is wrong")]
    Checksum,
    /// More than the block says.
    #[error("there is something behind the end of the reserved block")]
    Rest,
    /// No message.
    #[error("the reserved block cannot be read")]
    Message,
    /// A language that this program does not speak.
    #[error("the reserved block has languages that this program does not speak")]
    Languages,
    /// No address.
    #[error("the relay in the reserved block: {0}")]
    Relay(#[from] AddressError),
    /// No keys.
    #[error("the relay's keys in the reserved block: {0}")]
    Keys(#[from] KeyError),
    /// No colours.
    #[error("the colours in the reserved block cannot be used")]
    Colours,
    /// No logo.
    #[error("in the reserved block: {0}")]
    Logo(#[from] LogoError),
    /// Not fit to be shown.
    #[error("in the reserved block: {0}")]
    Unfit(#[from] BrandError),
}

impl From<Unreadable> for BlockError {
    fn from(_: Unreadable) -> Self {
        Self::Colours
    }
}

/// Why a brand cannot be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Not fit to be shown.
    #[error(transparent)]
    Unfit(#[from] BrandError),
    /// All of it together is too long.
    #[error("all of it together has {0} bytes; there is room for {BODY}")]
    Large(usize),
}

/// The block of an executable that belongs to nobody.
#[must_use]
pub fn empty() -> Vec<u8> {
    let mut block = vec![0; RESERVED];
    block[..MAGIC.len()].copy_from_slice(&MAGIC);
    block
}

/// Makes a block of [`RESERVED`] bytes that says `brand`.
///
/// # Errors
/// [`SealError`]: it is not fit to be shown, or there is too much of it.
pub fn seal(brand: &Brand) -> Result<Vec<u8>, SealError> {
    brand.check()?;
    let body = Body::of(brand).encode_to_vec();
    with_body(&body).ok_or(SealError::Large(body.len()))
}

/// A block with this body, whatever it says, and a checksum that fits: what [`seal`] makes, and anybody can who knows
/// how. `None` when there is more of it than [`BODY`].
#[must_use]
pub fn with_body(body: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(body.len()).ok().filter(|_| body.len() <= BODY)?;
    let mut block = empty();
    block[16..20].copy_from_slice(&LAYOUT.to_le_bytes());
    block[20..24].copy_from_slice(&length.to_le_bytes());
    let sum = checksum(&block[..SUMMED], body);
    block[SUMMED..HEADER].copy_from_slice(&sum);
    block[HEADER..HEADER + body.len()].copy_from_slice(body);
    Some(block)
}

/// Reads a block.
///
/// # Errors
/// [`BlockError`], for anything that is neither an empty block nor one that [`seal`] has made.
pub fn open(block: &[u8]) -> Result<Found, BlockError> {
    if block.len() != RESERVED {
        return Err(BlockError::Size(block.len()));
    }
    let (header, rest) = block.split_at(HEADER);
    if header[..MAGIC.len()] != MAGIC {
        return Err(BlockError::Magic);
    }
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    match number(16) {
        0 if block[MAGIC.len()..].iter().all(|byte| *byte == 0) => return Ok(Found::Empty),
        0 => return Err(BlockError::NotEmpty),
        LAYOUT => {}
        other => return Err(BlockError::Layout(other)),
    }
    let length = number(20);
    let (body, rest) = rest.split_at_checked(length as usize).ok_or(BlockError::Length(length))?;
    if checksum(&header[..SUMMED], body) != header[SUMMED..] {
        return Err(BlockError::Checksum);
    }
    if rest.iter().any(|byte| *byte != 0) {
        return Err(BlockError::Rest);
    }
    let brand = Body::decode(body).map_err(|_| BlockError::Message)?.into_brand()?;
    Ok(Found::Brand(Box::new(brand)))
}

fn checksum(header: &[u8], body: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(header).chain_update(body).finalize().into()
}

/// The body as a message: new fields get new numbers.
#[derive(Clone, PartialEq, Message)]
struct Body {
    #[prost(string, tag = "1")]
    name: String,
    /// `HOST[:PORT]`.
    #[prost(string, tag = "2")]
    relay: String,
    #[prost(bytes = "vec", tag = "3")]
    transport_key: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    cards_key: Vec<u8>,
    /// The most general one first.
    #[prost(message, repeated, tag = "5")]
    languages: Vec<Spoken>,
    /// 0xRRGGBB; both or neither.
    #[prost(uint32, optional, tag = "6")]
    accent_light: Option<u32>,
    #[prost(uint32, optional, tag = "7")]
    accent_dark: Option<u32>,
    #[prost(message, optional, tag = "8")]
    logo: Option<Picture>,
}

#[derive(Clone, PartialEq, Message)]
struct Spoken {
    /// `en`, `de`.
    #[prost(string, tag = "1")]
    tag: String,
    /// Empty in all languages, or in none.
    #[prost(string, tag = "2")]
    terms: String,
}

#[derive(Clone, PartialEq, Message)]
struct Picture {
    #[prost(uint32, tag = "1")]
    width: u32,
    #[prost(uint32, tag = "2")]
    height: u32,
    /// Red, green, blue, alpha; not premultiplied.
    #[prost(bytes = "vec", tag = "3")]
    rgba: Vec<u8>,
}

impl Body {
    fn of(brand: &Brand) -> Self {
        let terms = |language| brand.terms.as_ref().map_or("", |terms| terms.in_language(language)).to_owned();
        let spoken = |language: Language| Spoken { tag: language.tag().to_owned(), terms: terms(language) };
        Self {
            name: brand.name.clone(),
            relay: brand.relay.to_string(),
            transport_key: brand.pins.transport.as_bytes().to_vec(),
            cards_key: brand.pins.cards.as_bytes().to_vec(),
            languages: brand.languages.list().into_iter().map(spoken).collect(),
            accent_light: brand.accents.map(|accents| accents.light().to_wire()),
            accent_dark: brand.accents.map(|accents| accents.dark().to_wire()),
            logo: brand.logo.as_ref().map(|logo| Picture {
                width: logo.width(),
                height: logo.height(),
                rgba: logo.rgba().to_vec(),
            }),
        }
    }

    fn into_brand(self) -> Result<Brand, BlockError> {
        let relay: RelayAddress = self.relay.parse()?;
        let pins = RelayPins {
            transport: PublicKey::from_wire(&self.transport_key)?,
            cards: PublicKey::from_wire(&self.cards_key)?,
        };
        let listed: Option<Vec<_>> = self.languages.iter().map(|spoken| Language::by_tag(&spoken.tag)).collect();
        let listed = listed.ok_or(BlockError::Languages)?;
        let languages = Languages::listed(&listed).ok_or(BlockError::Languages)?;
        let mut terms = None;
        for (language, spoken) in listed.into_iter().zip(&self.languages) {
            if !spoken.terms.is_empty() {
                terms.get_or_insert_with(Terms::default).set(language, &spoken.terms);
            }
        }
        let accents = match (self.accent_light, self.accent_dark) {
            (None, None) => None,
            (Some(light), Some(dark)) => {
                let colour = |number| Colour::from_wire(number).ok_or(BlockError::Colours);
                Some(Accents::new(colour(light)?, colour(dark)?)?)
            }
            _ => return Err(BlockError::Colours),
        };
        let logo = self.logo.map(|logo| Logo::new(logo.width, logo.height, &logo.rgba)).transpose()?;
        let brand = Brand { name: self.name, relay, pins, languages, terms, accents, logo };
        brand.check()?;
        Ok(brand)
    }
}
