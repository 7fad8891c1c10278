//! The window's title, size and icon.

#[cfg(not(target_os = "windows"))]
mod other;
#[cfg(target_os = "windows")]
mod windows;

use std::sync::Arc;

use egui::{IconData, ViewportBuilder};
use winit::window::UserAttentionType;

/// What the window library leaves to do once the window is there.
#[cfg(not(target_os = "windows"))]
pub(super) use self::other::dress;
#[cfg(target_os = "windows")]
pub(super) use self::windows::dress;
use super::Window;

/// The name of the program: title, X11 class, Wayland app id.
pub(super) const NAME: &str = "lotse";

/// RGBA; made by `assets/icon/make.py`.
const ICON_SIDE: u32 = 64;
const ICON: &[u8; 64 * 64 * 4] = include_bytes!("../../assets/icon/lotse-64.rgba");

/// How each window opens.
pub(super) fn builder(window: Window) -> ViewportBuilder {
    let builder = ViewportBuilder::default().with_title("Lotse").with_app_id(NAME).with_icon(Arc::new(IconData {
        rgba: ICON.to_vec(),
        width: ICON_SIDE,
        height: ICON_SIDE,
    }));
    match window {
        Window::Customer => builder.with_inner_size([420.0, 560.0]).with_min_inner_size([380.0, 480.0]),
        Window::Adviser => builder.with_inner_size([1120.0, 760.0]).with_min_inner_size([520.0, 520.0]),
    }
}

/// Calls the person: the window comes to the front, and where that is not let, the task bar flashes.
pub(super) fn call(window: &winit::window::Window) {
    window.set_minimized(false);
    window.focus_window();
    window.request_user_attention(Some(UserAttentionType::Critical));
}
