//! Systems on which a window has one icon.

use winit::window::Window;

pub(in crate::shell) fn dress(_window: &Window) {}
