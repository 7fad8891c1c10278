//! The picture that film is predicted from.

use crate::frame::Framebuffer;
use crate::geometry::Rect;

/// What was shown, where it was kept; black elsewhere.
pub(super) struct Reference {
    picture: Framebuffer,
    /// Was anything kept since the start?
    is_begun: bool,
}

impl Reference {
    pub(super) const fn new() -> Self {
        Self { picture: Framebuffer::new(), is_begun: false }
    }

    /// The other side starts afresh; the memory stays.
    pub(super) const fn restart(&mut self) {
        self.is_begun = false;
    }

    /// Keeps what is shown in a rectangle inside. `None` without memory.
    pub(super) fn keep(&mut self, shown: &Framebuffer, rect: Rect) -> Option<()> {
        if !self.is_begun {
            self.picture.restart(shown.width(), shown.height())?;
            self.is_begun = true;
        }
        self.picture.keep(shown, rect);
        Some(())
    }

    /// All of it, of the size of what is shown; `None` when nothing was kept.
    pub(super) const fn picture(&self) -> Option<&Framebuffer> {
        if self.is_begun { Some(&self.picture) } else { None }
    }
}
