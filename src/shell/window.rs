//! The window's title, size and icon.

use std::sync::Arc;

use egui::{IconData, ViewportBuilder};
use winit::window::UserAttentionType;

use super::Window;

/// The name of the program: title, X11 class, Wayland app id.
pub(super) const NAME: &str = "lotse";

/// 64 × 64, RGBA; made by `assets/icon/make.py`.
const ICON: &[u8; 64 * 64 * 4] = include_bytes!("../../assets/icon/lotse-64.rgba");

/// How each window opens.
pub(super) fn builder(window: Window) -> ViewportBuilder {
    let builder = ViewportBuilder::default().with_title("Lotse").with_app_id(NAME).with_icon(Arc::new(IconData {
        rgba: ICON.to_vec(),
        width: 64,
        height: 64,
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
