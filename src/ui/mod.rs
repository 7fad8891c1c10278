//! The pages of both windows: a view model in, actions out. Knows `app::view` and egui, no window and no network.

mod adviser;
mod customer;
mod looks;
mod parts;
mod scroll;
mod terms;
pub mod text;
pub mod theme;

#[cfg(test)]
pub(crate) mod tests;

pub use adviser::adviser;
pub use customer::customer;
pub use looks::Looks;
pub use lotse_protocol::brand::Accents;

use std::time::Instant;

use looks::LogoPicture;
use lotse_protocol::brand::Languages;
use text::{Language, Text};
use zeroize::Zeroizing;

/// What the user interface remembers between two pictures of itself: texts being typed, the language, how the picture
/// is scaled. Nothing here decides anything.
pub struct UiState {
    /// Where the remote picture goes, in points, as laid out last; `None` on pages without one.
    pub picture: Option<egui::Rect>,
    /// The remote picture's size in pixels; the window's side fills it in before each layout. 0 × 0 without one.
    pub picture_size: (u32, u32),
    /// How the picture fills its place.
    pub scale: Scale,
    /// How much of the picture's place is covered from above by the toolbar of the full screen, in points.
    pub covered: f32,
    /// Does the picture fill the screen? The window's side makes it so, and says when the toolbar is there.
    pub full_screen: FullScreen,
    /// Whose the keys are: the window's side says it.
    pub keys: Keys,
    /// What an input method is about to write, while the keys are the customer's: the window's side says it.
    pub composing: String,
    /// Where the picture was clicked last, in pixels of the window: the window's side says it.
    pub clicked: Option<(f64, f64)>,
    /// How far the picture is scrolled at 1:1, from 0 to 1 each way.
    pub scroll: egui::Vec2,
    text: Text,
    languages: Languages,
    logo: Option<LogoPicture>,
    /// What was copied last, and when: the tick stays for a moment.
    copied: Option<(Copied, Instant)>,
    name: String,
    password: Zeroizing<String>,
    id: String,
    code: Zeroizing<String>,
    reason: String,
    /// Who has the keyboard of the two numbers' fields because the other gave it away.
    handed: Handed,
    /// The ID of the command line, once taken over.
    given_id: Option<String>,
    /// The page shown last, to put the keyboard where it belongs on a new one.
    page: Option<&'static str>,
    reading: Reading,
}

/// How the remote picture fills its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// As large as fits, proportions kept.
    #[default]
    Fit,
    /// One pixel of the customer's is one pixel here; what does not fit is scrolled to.
    OneToOne,
}

/// Where the keys go, those of the desktop included, while control is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// Control is not allowed: there is no question.
    #[default]
    Settled,
    /// To the customer's computer.
    Theirs,
    /// To this window and this computer, until the adviser presses the right Ctrl key or clicks on the picture.
    Ours,
}

/// Does the remote picture fill the whole screen?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FullScreen {
    /// A window, with toolbar and strip.
    #[default]
    Off,
    /// With the toolbar over its upper edge.
    WithToolbar,
    /// The picture alone.
    Alone,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    Id,
    Code,
}

impl UiState {
    /// A fresh one, in the system's language if that can be chosen.
    #[must_use]
    pub fn for_system(looks: Looks) -> Self {
        Self::new(text::of_system(looks.languages)).with(looks)
    }

    /// The same in an institution's window; the accents are the context's ([`theme::accentuate`]).
    #[must_use]
    pub fn with(self, looks: Looks) -> Self {
        Self { languages: looks.languages, logo: looks.logo.map(LogoPicture::of), ..self }
    }

    /// A fresh one.
    #[must_use]
    pub fn new(language: Language) -> Self {
        Self {
            picture: None,
            picture_size: (0, 0),
            covered: 0.0,
            full_screen: FullScreen::default(),
            keys: Keys::default(),
            composing: String::new(),
            clicked: None,
            scale: Scale::default(),
            scroll: egui::Vec2::ZERO,
            text: Text::new(language),
            languages: Languages::default(),
            logo: None,
            copied: None,
            name: String::new(),
            password: Zeroizing::default(),
            id: String::new(),
            code: Zeroizing::default(),
            reason: String::new(),
            handed: Handed::default(),
            given_id: None,
            page: None,
            reading: Reading::default(),
        }
    }

    /// The language of the window now.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.text.language
    }

    /// Is `page` another than the one shown last?
    fn turn_to(&mut self, page: &'static str) -> PageTurn {
        if self.page.replace(page) == Some(page) { PageTurn::Same } else { PageTurn::New }
    }
}

/// Has the field for the ID passed the keyboard on by itself, and nothing been typed since?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Handed {
    #[default]
    No,
    ToTheCode,
}

/// What the customer looks at, where nothing more urgent is to be seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    Page,
    Terms,
}

/// Has the page just appeared?
#[derive(Clone, Copy, PartialEq, Eq)]
enum PageTurn {
    New,
    Same,
}
