//! Whose copy this is: the relay it looks for and the keys it trusts, in the executable itself, where they stood when it
//! was signed. There is no file, no variable of the environment and no server that could change them afterwards.
//!
//! They were written there by `lotse-relay brand` (docs/branding.md), or were known when it was built.

use std::borrow::Cow;

use lotse_desktop::reserved;
use lotse_protocol::brand::{BlockError, Brand, Found, block, open};
use lotse_protocol::keys::RelayPins;

use crate::net::RelayAddress;
use crate::ui::Looks;

/// The relay's address, from `LOTSE_RELAY` in the environment of the build.
const RELAY: Option<&str> = option_env!("LOTSE_RELAY");

/// The relay's key, from `LOTSE_RELAY_KEY` in the environment of the build.
const RELAY_KEY: Option<&str> = option_env!("LOTSE_RELAY_KEY");

// What is reserved is what is read: neither of the two crates knows the other.
const _: () = assert!(reserved::SIZE == block::RESERVED);
const _: () = assert!(u128::from_le_bytes(reserved::MAGIC) == u128::from_le_bytes(block::MAGIC));

/// Where to go, whom to trust there, and what customers agree to.
pub struct Institution {
    /// Its name, if this copy knows it: adviser cards must then say the same, and nothing that the relay says is shown.
    pub name: Option<String>,
    /// The relay's address.
    pub relay: RelayAddress,
    /// The relay's keys: without them nothing is spoken.
    pub pins: RelayPins,
    /// What customers agree to.
    pub terms: Terms,
    /// How its windows look.
    pub looks: Looks,
}

/// What customers agree to before anything happens, in the words of the institution. Paragraphs are set apart by empty
/// lines; a line that begins with `# ` is a heading, one that begins with `- ` an item of a list.
pub struct Terms {
    /// In English.
    pub english: Cow<'static, str>,
    /// In German.
    pub german: Cow<'static, str>,
}

impl Default for Terms {
    /// What is so wherever this program runs, for an institution that has nothing to add.
    fn default() -> Self {
        Self {
            english: Cow::Borrowed(include_str!("../assets/terms/en.txt")),
            german: Cow::Borrowed(include_str!("../assets/terms/de.txt")),
        }
    }
}

impl Institution {
    /// One of which nothing is known but its relay.
    #[must_use]
    pub fn at(relay: RelayAddress, pins: RelayPins) -> Self {
        Self { name: None, relay, pins, terms: Terms::default(), looks: Looks::default() }
    }
}

impl From<Brand> for Institution {
    fn from(brand: Brand) -> Self {
        let terms = brand.terms.map_or_else(Terms::default, |terms| Terms {
            english: Cow::Owned(terms.english),
            german: Cow::Owned(terms.german),
        });
        let looks = Looks { languages: brand.languages, accents: brand.accents, logo: brand.logo };
        Self { name: Some(brand.name), relay: brand.relay, pins: brand.pins, terms, looks }
    }
}

/// The institution of this executable; `None` for a copy that belongs to nobody.
///
/// # Errors
/// [`BlockError`]: something stands in the place for it, and it is damaged. Such a copy must not be used: who knows what
/// else is.
pub fn of_this_copy() -> Result<Option<Institution>, BlockError> {
    match open(&reserved::read())? {
        Found::Brand(brand) => Ok(Some((*brand).into())),
        Found::Empty => Ok(built_in()),
    }
}

/// The institution this executable was built for.
fn built_in() -> Option<Institution> {
    Some(Institution::at(RELAY?.parse().ok()?, RELAY_KEY?.parse().ok()?))
}
