//! What makes a prebuilt executable an institution's own: its name, its relay, its terms and how its windows look,
//! written into a block that the executable reserves for it (docs/branding.md).
//!
//! The same code seals a block, in `lotse-relay brand`, and opens it, in every start of `lotse`: what one accepts, so
//! does the other.
//!
//! * [`block`]: the bytes. [`colours`]: accents that can be read. [`logo`]: a picture's pixels.

pub mod block;
pub mod colours;
pub mod logo;

pub use block::{BlockError, Found, RESERVED, SECTION, open, seal};
pub use colours::Accents;
pub use logo::Logo;

use crate::address::RelayAddress;
use crate::card::is_shown_text;
use crate::keys::RelayPins;
use crate::limits;

/// Longest terms in one language, bytes: some 3,000 words.
pub const TERMS: usize = 20 * 1024;

/// An institution, as its copies of the program know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What people read on top of the window; adviser cards must say the same.
    pub name: String,
    /// Its relay.
    pub relay: RelayAddress,
    /// Its relay's keys.
    pub pins: RelayPins,
    /// What its windows speak.
    pub languages: Languages,
    /// What customers agree to; `None` for what holds wherever this program runs.
    pub terms: Option<Terms>,
    /// The one accent, where it is not the program's own.
    pub accents: Option<Accents>,
    /// On top of the window.
    pub logo: Option<Logo>,
}

/// A language of the windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// By its tag (BCP 47), without a region.
    #[must_use]
    pub fn by_tag(tag: &str) -> Option<Self> {
        [Self::English, Self::German].into_iter().find(|language| language.tag() == tag)
    }

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::English => Self::German,
            Self::German => Self::English,
        }
    }
}

/// The languages that a copy offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Languages {
    /// This one alone.
    Only(Language),
    /// Both, and this one where the computer speaks neither.
    First(Language),
}

impl Default for Languages {
    fn default() -> Self {
        Self::First(Language::English)
    }
}

impl Languages {
    /// Reads a list without doubles, the most general one first.
    #[must_use]
    pub fn listed(languages: &[Language]) -> Option<Self> {
        match *languages {
            [only] => Some(Self::Only(only)),
            [first, second] if first != second => Some(Self::First(first)),
            _ => None,
        }
    }

    /// The list.
    #[must_use]
    pub fn list(self) -> Vec<Language> {
        match self {
            Self::Only(only) => vec![only],
            Self::First(first) => vec![first, first.other()],
        }
    }

    /// The one for a computer that speaks `wanted`, or something else.
    #[must_use]
    pub fn choose(self, wanted: Option<Language>) -> Language {
        match self {
            Self::Only(only) => only,
            Self::First(first) => wanted.unwrap_or(first),
        }
    }
}

/// What customers agree to. Paragraphs are set apart by empty lines; a line that begins with `# ` is a heading, one that
/// begins with `- ` an item of a list. Empty in a language that the copy does not offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// In English.
    pub english: String,
    /// In German.
    pub german: String,
}

impl Terms {
    /// In this language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }

    /// Sets those of one language, with line ends as they are everywhere here.
    pub fn set(&mut self, language: Language, text: &str) {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        match language {
            Language::English => self.english = text,
            Language::German => self.german = text,
        }
    }
}

/// Why something is no [`Brand`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BrandError {
    /// No name, or one that nobody could read.
    #[error(
        "the institution's name is empty, longer than {} characters, or has characters that cannot be shown",
        limits::SHOWN_TEXT
    )]
    Name,
    /// Terms in a language, but not in another that is offered.
    #[error("there are terms, but none in the language \"{}\"", .0.tag())]
    NoTerms(Language),
    /// Terms in a language that is not offered: somebody would look for them in vain.
    #[error("there are terms in the language \"{}\", which is not among the languages", .0.tag())]
    TermsTooMany(Language),
    /// Too many terms.
    #[error("the terms in \"{}\" have {length} bytes; {TERMS} is the most", .language.tag())]
    LongTerms {
        /// In which language.
        language: Language,
        /// Bytes.
        length: usize,
    },
    /// Terms with something else than text.
    #[error("the terms in \"{}\" have characters that cannot be shown (U+{:04X})", .language.tag(), u32::from(*.character))]
    TermsText {
        /// In which language.
        language: Language,
        /// The first of them.
        character: char,
    },
}

impl Brand {
    /// Is all of it fit to be shown?
    ///
    /// # Errors
    /// [`BrandError`], by the first thing that is not.
    pub fn check(&self) -> Result<(), BrandError> {
        if self.name.trim().is_empty() || !is_shown_text(&self.name, limits::SHOWN_TEXT) {
            return Err(BrandError::Name);
        }
        let Some(terms) = &self.terms else { return Ok(()) };
        let offered = self.languages.list();
        for language in [Language::English, Language::German] {
            let text = terms.in_language(language);
            match (text.trim().is_empty(), offered.contains(&language)) {
                (true, true) => return Err(BrandError::NoTerms(language)),
                (false, false) => return Err(BrandError::TermsTooMany(language)),
                _ => {}
            }
            if text.len() > TERMS {
                return Err(BrandError::LongTerms { language, length: text.len() });
            }
            let unfit = |character: &char| *character != '\n' && !is_shown_text(character.encode_utf8(&mut [0; 4]), 1);
            if let Some(character) = text.chars().find(unfit) {
                return Err(BrandError::TermsText { language, character });
            }
        }
        Ok(())
    }
}
