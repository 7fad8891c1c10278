//! What the other side shows, and what it was meant to show: where photographs are shown roughly the two differ, and
//! everywhere else they are one.

use crate::frame::{Frame, Framebuffer};
use crate::geometry::Rect;

pub(crate) struct Picture {
    shown: Framebuffer,
    /// Up to date while something is rough.
    meant: Framebuffer,
    is_rough: bool,
}

impl Picture {
    /// Without pixels.
    pub(crate) const fn new() -> Self {
        Self { shown: Framebuffer::new(), meant: Framebuffer::new(), is_rough: false }
    }

    /// The other side starts afresh with a black picture of this size, which has been checked; `None` without memory.
    pub(crate) fn restart(&mut self, width: u32, height: u32) -> Option<()> {
        self.is_rough = false;
        self.shown.restart(width, height)
    }

    /// What the other side shows, to the bit.
    pub(crate) const fn shown(&self) -> &Framebuffer {
        &self.shown
    }

    /// The pixels of the frames that it stands for: what has changed since, and what has moved, is known by these.
    pub(crate) const fn meant(&self) -> &Framebuffer {
        if self.is_rough { &self.meant } else { &self.shown }
    }

    /// The other side shows exactly what the frame has in this rectangle.
    pub(crate) fn show(&mut self, frame: &Frame<'_>, rect: Rect) {
        self.shown.show(frame, rect);
        self.mean(frame, rect);
    }

    /// What it shows in this rectangle stands for what the frame has there.
    pub(crate) fn mean(&mut self, frame: &Frame<'_>, rect: Rect) {
        if self.is_rough {
            self.meant.show(frame, rect);
        }
    }

    /// What is in the rectangle of the same size at `from` comes into `rect`; both are inside, and may overlap.
    pub(crate) fn copy(&mut self, rect: Rect, from: (u32, u32)) {
        self.shown.copy(rect, from);
        if self.is_rough {
            self.meant.copy(rect, from);
        }
    }

    /// What is shown, to be changed without meaning anything else; `None` without memory for the difference.
    pub(crate) fn roughen(&mut self) -> Option<&mut Framebuffer> {
        if !self.is_rough {
            self.meant.become_like(&self.shown)?;
            self.is_rough = true;
        }
        Some(&mut self.shown)
    }

    /// Nothing is rough any more.
    pub(crate) const fn become_exact(&mut self) {
        self.is_rough = false;
    }
}
