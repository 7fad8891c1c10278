//! Whose copy this is: the relay it looks for and the keys it trusts, fixed when the executable is built. There is no
//! file, no variable of the environment and no server that could change them afterwards.

use std::borrow::Cow;

use lotse_protocol::keys::RelayPins;

use crate::net::RelayAddress;

/// The relay's address, from `LOTSE_RELAY` in the environment of the build.
const RELAY: Option<&str> = option_env!("LOTSE_RELAY");

/// The relay's key, from `LOTSE_RELAY_KEY` in the environment of the build.
const RELAY_KEY: Option<&str> = option_env!("LOTSE_RELAY_KEY");

/// Where to go, whom to trust there, and what customers agree to.
pub struct Institution {
    /// The relay's address.
    pub relay: RelayAddress,
    /// The relay's keys: without them nothing is spoken.
    pub pins: RelayPins,
    /// What customers agree to.
    pub terms: Terms,
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

/// The institution this executable was built for; `None` for a copy that belongs to nobody.
#[must_use]
pub fn built_in() -> Option<Institution> {
    Some(Institution { relay: RELAY?.parse().ok()?, pins: RELAY_KEY?.parse().ok()?, terms: Terms::default() })
}
