//! Windows shows another icon on the taskbar and in Alt+Tab than in the window's frame, and the window library sets only the
//! latter.

use winit::platform::windows::WindowExtWindows as _;
use winit::window::{Icon, Window};

use super::{ICON, ICON_SIDE};

pub(in crate::shell) fn dress(window: &Window) {
    match Icon::from_rgba(ICON.to_vec(), ICON_SIDE, ICON_SIDE) {
        Ok(icon) => window.set_taskbar_icon(Some(icon)),
        Err(error) => tracing::warn!("no icon for the taskbar: {error}"),
    }
}
