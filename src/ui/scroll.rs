//! What is too long for its place is scrolled by the keyboard as by the wheel.

use egui::style::ScrollAnimation;
use egui::{EventFilter, Id, Key, Modifiers, Pos2, Rect, Response, Sense, Ui, Vec2, WidgetInfo};

use super::parts::focus_ring;
use super::theme::{self, Palette};

/// What reaches from `top` to here, and as far as the page is wide, can have the keyboard.
pub(super) fn pane(ui: &Ui, top: Pos2, id: Id, label: String) -> Response {
    let bounds = Rect::from_min_max(top, egui::pos2(ui.max_rect().right(), ui.min_rect().bottom()));
    let pane = ui.interact(bounds.shrink(1.0), id, Sense::focusable_noninteractive());
    pane.widget_info(|| WidgetInfo::labeled(egui::Role::Document, true, &label));
    focus_ring(ui, &pane, Palette::current(ui).accent);
    pane
}

/// How far the keys typed since the last picture scroll something that shows `screen` points at a time, in points. A
/// page leaves a line of the one before.
pub(super) fn scroll_keys(ui: &Ui, screen: f32) -> f32 {
    const ALL: f32 = 1e6;
    let row = ui.fonts_mut(|fonts| fonts.row_height(&theme::body()));
    ui.input_mut(|input| {
        let keys = [
            (Key::ArrowDown, 2.0 * row),
            (Key::ArrowUp, -2.0 * row),
            (Key::PageDown, screen - row),
            (Key::PageUp, row - screen),
            (Key::End, ALL),
            (Key::Home, -ALL),
        ];
        #[expect(clippy::cast_precision_loss, reason = "a few keys")]
        let each = keys.map(|(key, far)| input.count_and_consume_key(Modifiers::NONE, key) as f32 * far);
        each.into_iter().sum()
    })
}

/// Scrolls what is being laid out.
pub(super) fn scroll_by(ui: &Ui, points: f32) {
    if points.abs() > 0.0 {
        ui.scroll_with_delta_animation(Vec2::new(0.0, -points), ScrollAnimation::none());
    }
}

/// The arrows scroll; going from one to the next is Tab's, and Escape takes the keyboard from nothing.
pub(super) fn keep_arrows(ui: &Ui, focus: &[Id]) {
    let filter = EventFilter { vertical_arrows: true, escape: true, ..EventFilter::default() };
    ui.memory_mut(|memory| focus.iter().for_each(|id| memory.set_focus_lock_filter(*id, filter)));
}
