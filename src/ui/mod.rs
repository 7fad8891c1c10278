//! The pages of both windows: a view model in, actions out. Knows `app::view` and egui, no window and no network.

mod adviser;
mod customer;

pub use adviser::adviser;
pub use customer::customer;

/// What the user interface remembers between two pictures of itself: texts being typed, the language, how the picture
/// is scaled. Nothing here decides anything.
#[derive(Default)]
pub struct UiState {
    /// Where the remote picture goes, in points, as laid out last; `None` on pages without one.
    pub picture: Option<egui::Rect>,
    /// How the picture fills its place.
    pub scale: Scale,
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
