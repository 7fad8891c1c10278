//! What an institution says of itself: a file, and options that go before it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use lotse_protocol::address::AddressError;
use lotse_protocol::brand::colours::{Colour, NoColour};
use lotse_protocol::brand::{Accents, Brand, BrandError, Language, Languages, TERMS, Terms};
use lotse_protocol::keys::KeyError;
use serde::Deserialize;

use super::picture::{self, PictureError};

/// As it is written. Paths in it are relative to where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// What people read on top of the window: as in the relay's own settings.
    pub name: Option<String>,
    /// `HOST[:PORT]`.
    pub relay: Option<String>,
    /// As `lotse-relay serve` prints it, and keeps it in `relay-key.txt`.
    pub relay_key: Option<String>,
    /// By their tags, the most general one first.
    pub languages: Option<Vec<String>>,
    /// `#rrggbb`.
    pub accent: Option<String>,
    /// `#rrggbb`; without it, made of `accent`.
    pub accent_dark: Option<String>,
    /// A PNG file.
    pub logo: Option<PathBuf>,
    /// Text files.
    #[serde(default)]
    pub terms: TermsFiles,
}

/// Where the terms are, in each language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermsFiles {
    /// In English.
    pub en: Option<PathBuf>,
    /// In German.
    pub de: Option<PathBuf>,
}

/// Why a description is none.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// A file cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file has mistakes.
    #[error("{} is not as it should be: {error}", .path.display())]
    Toml {
        /// Which.
        path: PathBuf,
        /// Which mistakes.
        error: Box<toml::de::Error>,
    },
    /// Something has to be said.
    #[error("{0} is missing: give --{1}, or a line in the file of --from")]
    Missing(&'static str, &'static str),
    /// No address.
    #[error("relay: {0}")]
    Relay(#[from] AddressError),
    /// No key.
    #[error("relay key: {0}; it stands in relay-key.txt among the relay's data")]
    Key(#[from] KeyError),
    /// No language of ours.
    #[error("languages: \"en\", \"de\" or both, the one first that is for everybody else; not {0:?}")]
    Languages(Vec<String>),
    /// No colour.
    #[error("accent: {0}")]
    Colour(#[from] NoColour),
    /// The dark window's without the light window's.
    #[error("there is an accent for dark windows, but none for light ones")]
    OnlyDark,
    /// No logo.
    #[error("logo {}: {error}", .path.display())]
    Logo {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: PictureError,
    },
    /// No text.
    #[error("{} is no text in UTF-8", .0.display())]
    NotText(PathBuf),
    /// Much too long to be looked at.
    #[error("{} is no text of terms: it is longer than {TERMS} bytes", .0.display())]
    LongTerms(PathBuf),
    /// Not fit to be shown.
    #[error(transparent)]
    Unfit(#[from] BrandError),
}

/// An accent that could not be read, and the one that is taken instead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corrected {
    /// In which windows.
    pub theme: &'static str,
    /// What was given.
    pub given: Colour,
    /// What is taken.
    pub taken: Colour,
    /// The contrast of what was given.
    pub contrast: f64,
}

impl Description {
    /// Reads a file.
    ///
    /// # Errors
    /// [`DescriptionError::Read`] and [`DescriptionError::Toml`].
    pub fn read(path: &Path) -> Result<Self, DescriptionError> {
        let text = fs::read_to_string(path).map_err(|error| DescriptionError::Read { path: path.to_owned(), error })?;
        let parsed: Self = toml::from_str(&text)
            .map_err(|error| DescriptionError::Toml { path: path.to_owned(), error: Box::new(error) })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let there = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        let terms = TermsFiles { en: there(parsed.terms.en), de: there(parsed.terms.de) };
        Ok(Self { logo: there(parsed.logo), terms, ..parsed })
    }

    /// What `options` says, and else what this one says.
    #[must_use]
    pub fn under(self, options: Self) -> Self {
        Self {
            name: options.name.or(self.name),
            relay: options.relay.or(self.relay),
            relay_key: options.relay_key.or(self.relay_key),
            languages: options.languages.or(self.languages),
            accent: options.accent.or(self.accent),
            accent_dark: options.accent_dark.or(self.accent_dark),
            logo: options.logo.or(self.logo),
            terms: TermsFiles { en: options.terms.en.or(self.terms.en), de: options.terms.de.or(self.terms.de) },
        }
    }

    /// Reads what it names, and checks all of it. Tells what had to be corrected.
    ///
    /// # Errors
    /// [`DescriptionError`].
    pub fn brand(self) -> Result<(Brand, Vec<Corrected>), DescriptionError> {
        let name = self.name.ok_or(DescriptionError::Missing("the institution's name", "name"))?;
        let relay = self.relay.ok_or(DescriptionError::Missing("the relay's address", "relay"))?;
        let key = self.relay_key.ok_or(DescriptionError::Missing("the relay's key", "relay-key"))?;
        let (accents, corrected) = accents(self.accent.as_deref(), self.accent_dark.as_deref())?;
        let brand = Brand {
            name: name.trim().to_owned(),
            relay: relay.parse()?,
            pins: key.parse()?,
            languages: languages(self.languages)?,
            terms: terms(&self.terms)?,
            accents,
            logo: self.logo.map(|path| logo(&path)).transpose()?,
        };
        brand.check()?;
        Ok((brand, corrected))
    }
}

fn languages(tags: Option<Vec<String>>) -> Result<Languages, DescriptionError> {
    let Some(tags) = tags else { return Ok(Languages::default()) };
    let listed: Option<Vec<_>> = tags.iter().map(|tag| Language::by_tag(tag)).collect();
    listed.and_then(|listed| Languages::listed(&listed)).ok_or(DescriptionError::Languages(tags))
}

fn accents(light: Option<&str>, dark: Option<&str>) -> Result<(Option<Accents>, Vec<Corrected>), DescriptionError> {
    let Some(light) = light else {
        return if dark.is_some() { Err(DescriptionError::OnlyDark) } else { Ok((None, Vec::new())) };
    };
    let light: Colour = light.parse()?;
    let given_dark = dark.map(str::parse::<Colour>).transpose()?;
    let accents = Accents::nearest(light, given_dark.unwrap_or(light));
    let corrected = [
        ("light", Some(light), accents.light(), Accents::LIGHT_BACK),
        // What was only given for light windows is not wrong for dark ones.
        ("dark", given_dark, accents.dark(), Accents::DARK_BACK),
    ];
    let corrected = corrected.into_iter().filter_map(|(theme, given, taken, back)| {
        let given = given.filter(|given| *given != taken)?;
        Some(Corrected { theme, given, taken, contrast: given.contrast(back) })
    });
    Ok((Some(accents), corrected.collect()))
}

fn terms(files: &TermsFiles) -> Result<Option<Terms>, DescriptionError> {
    let mut terms = None;
    for (language, path) in [(Language::English, &files.en), (Language::German, &files.de)] {
        let Some(path) = path else { continue };
        let bytes = fs::read(path).map_err(|error| DescriptionError::Read { path: path.clone(), error })?;
        // Line ends of Windows, and its mark of UTF-8, do not count.
        if bytes.len() > 2 * TERMS {
            return Err(DescriptionError::LongTerms(path.clone()));
        }
        let text = String::from_utf8(bytes).map_err(|_| DescriptionError::NotText(path.clone()))?;
        terms.get_or_insert_with(Terms::default).set(language, &text);
    }
    Ok(terms)
}

fn logo(path: &Path) -> Result<lotse_protocol::brand::Logo, DescriptionError> {
    let bytes = fs::read(path).map_err(|error| DescriptionError::Read { path: path.to_owned(), error })?;
    picture::logo(&bytes).map_err(|error| DescriptionError::Logo { path: path.to_owned(), error })
}
