//! The picture of a host's display, shared by the thread that decodes and the window that shows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lotse_codec::{DecodeError, Decoder, Framebuffer, Rect, Region};

/// One display's picture. Empty (0×0) until the first keyframe.
#[derive(Default)]
pub struct Picture {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    framebuffer: Framebuffer,
    damage: Region,
}

impl Picture {
    /// No picture yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Width and height in pixels, as they are now.
    #[must_use]
    pub fn size(&self) -> (u32, u32) {
        let state = self.lock();
        (state.framebuffer.width(), state.framebuffer.height())
    }

    /// Hands the picture to `see`, with what changed since the last look: all of it when its size changed, nothing when
    /// it is as before. Rectangles may overlap. The picture does not change meanwhile, so `see` should be brief.
    pub fn look<T>(&self, see: impl FnOnce(&Framebuffer, &[Rect]) -> T) -> T {
        let mut state = self.lock();
        let damage = std::mem::take(&mut state.damage);
        see(&state.framebuffer, damage.rects())
    }

    pub(super) fn apply(&self, decoder: &mut Decoder, update: &[u8]) -> Result<Region, DecodeError> {
        let mut state = self.lock();
        let State { framebuffer, damage } = &mut *state;
        let changed = decoder.apply(update, framebuffer)?;
        damage.merge(&changed);
        Ok(changed)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves pixels that are only half new, which the next keyframe replaces.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
