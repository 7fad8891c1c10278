//! What the pages are made of.

use egui::{
    Align, Button, Color32, CornerRadius, FontId, Frame, Layout, Margin, Response, RichText, Sense, Stroke, StrokeKind,
    Ui, UiBuilder, Vec2, WidgetInfo, WidgetText,
};
use lotse_protocol::brand::Languages;

use super::looks::Name;
use super::text::Text;
use super::theme::{self, CONTROL_HEIGHT, Palette, RADIUS};
use super::{Reading, UiState};

/// What a button is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// What to do next.
    Main,
    /// Anything else.
    Plain,
    /// *End*.
    Danger,
}

/// Can a button be clicked?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Enabled {
    Yes,
    No,
}

impl Enabled {
    pub(super) fn when(condition: bool) -> Self {
        if condition { Self::Yes } else { Self::No }
    }
}

pub(super) fn title(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).font(theme::title()))
}

pub(super) fn body(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).font(theme::body()))
}

pub(super) fn strong(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).font(theme::strong()))
}

pub(super) fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).font(theme::body()).color(Palette::current(ui).weak))
}

pub(super) fn small(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).font(theme::small()).color(Palette::current(ui).weak))
}

/// A button at least as wide as asked for.
pub(super) fn button(ui: &mut Ui, role: Role, enabled: Enabled, text: impl Into<String>, width: f32) -> Response {
    let palette = Palette::current(ui);
    ui.scope(|ui| {
        let (fill, hover, letters, line) = match role {
            _ if enabled == Enabled::No => (palette.disabled, palette.disabled, palette.weak, palette.line),
            Role::Main => (palette.accent, palette.accent_hover, palette.on_accent, palette.accent),
            Role::Plain => (palette.surface, palette.hover, palette.text, palette.field_line),
            Role::Danger => (palette.danger, palette.danger_hover, palette.on_danger, palette.danger),
        };
        let widgets = &mut ui.visuals_mut().widgets;
        widgets.inactive.weak_bg_fill = fill;
        widgets.inactive.bg_stroke = Stroke::new(1.0, line);
        widgets.noninteractive.weak_bg_fill = fill;
        widgets.noninteractive.bg_stroke = Stroke::new(1.0, line);
        widgets.hovered.weak_bg_fill = hover;
        widgets.hovered.bg_stroke = Stroke::new(1.0, line);
        widgets.active.weak_bg_fill = hover;
        widgets.active.bg_stroke = Stroke::new(1.0, line);
        // Colours of its own for what cannot be clicked: fading would lose the contrast.
        ui.visuals_mut().disabled_alpha = 1.0;
        let text = RichText::new(text).font(theme::strong()).color(letters);
        let button = Button::new(text).min_size(Vec2::new(width, CONTROL_HEIGHT));
        // A layout of its own, since a button's letters stand where its surroundings are aligned to: in the middle.
        let size = Vec2::new(width, CONTROL_HEIGHT);
        let layout = Layout::centered_and_justified(egui::Direction::LeftToRight);
        let response = if width > 0.0 {
            ui.allocate_ui_with_layout(size, layout, |ui| ui.add_enabled(enabled == Enabled::Yes, button)).inner
        } else {
            ui.add_enabled(enabled == Enabled::Yes, button)
        };
        focus_ring(ui, &response, palette.text);
        response
    })
    .inner
}

/// Text that can be clicked.
pub(super) fn link(ui: &mut Ui, text: impl Into<String>) -> Response {
    let palette = Palette::current(ui);
    let text = RichText::new(text).font(theme::small()).color(palette.accent);
    let button = Button::new(text).frame(false).min_size(Vec2::new(0.0, 32.0));
    let response = ui.add(button).on_hover_cursor(egui::CursorIcon::PointingHand);
    focus_ring(ui, &response, palette.accent);
    response
}

/// Where the keyboard is.
pub(super) fn focus_ring(ui: &Ui, response: &Response, color: Color32) {
    if response.has_focus() {
        let rect = response.rect.expand(2.0);
        ui.painter().rect_stroke(rect, CornerRadius::same(RADIUS + 2), Stroke::new(2.0, color), StrokeKind::Outside);
    }
}

/// A card around what belongs together.
pub(super) fn card<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::current(ui);
    Frame::new()
        .fill(palette.surface)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(RADIUS))
        .inner_margin(Margin::same(16))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            content(ui)
        })
        .inner
}

/// A warning, or why something did not work.
pub(super) fn notice(ui: &mut Ui, text: impl Into<String>) -> Response {
    let palette = Palette::current(ui);
    Frame::new()
        .fill(palette.warning_back)
        .corner_radius(CornerRadius::same(RADIUS))
        .inner_margin(Margin::symmetric(12, 12))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.label(RichText::new("⚠").font(theme::body()).color(palette.warning));
                // In a column of its own, or it would not wrap.
                ui.vertical(|ui| ui.label(RichText::new(text).font(theme::body()).color(palette.warning))).inner
            })
            .inner
        })
        .inner
}

/// A dot and a sentence.
pub(super) fn status(ui: &mut Ui, dot: Color32, text: impl Into<String>) -> Response {
    ui.horizontal_top(|ui| {
        let size = Vec2::new(12.0, ui.fonts_mut(|fonts| fonts.row_height(&theme::body())));
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        ui.painter().circle_filled(rect.center(), 5.0, dot);
        ui.vertical(|ui| ui.label(RichText::new(text).font(theme::body()))).inner
    })
    .inner
}

/// A dot and a few words, in a row of buttons.
pub(super) fn standing(ui: &mut Ui, dot: Color32, text: impl Into<String>) -> Response {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(12.0, 12.0), Sense::hover());
    ui.painter().circle_filled(rect.center(), 5.0, dot);
    body(ui, text)
}

/// Two rounded sheets, one behind the other: copy. Or a tick, when that has just been done.
pub(super) fn copy_button(ui: &mut Ui, label: &str, done: bool) -> Response {
    let palette = Palette::current(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(CONTROL_HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, label));
    if response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(RADIUS), palette.hover);
    }
    focus_ring(ui, &response, palette.accent);
    if done {
        let center = rect.center();
        ui.painter().text(center, egui::Align2::CENTER_CENTER, "✓", theme::title(), palette.good);
    } else {
        let stroke = Stroke::new(1.5, palette.accent);
        let sheet = egui::Rect::from_center_size(rect.center(), Vec2::new(11.0, 13.0));
        let (back, front) = (sheet.translate(Vec2::new(2.5, -2.5)), sheet.translate(Vec2::new(-2.5, 2.5)));
        let (radius, inside) = (CornerRadius::same(2), StrokeKind::Middle);
        let under = if response.hovered() { palette.hover } else { palette.surface };
        ui.painter().rect_stroke(back, radius, stroke, inside);
        ui.painter().rect(front, radius, under, stroke, inside);
    }
    response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(label)
}

/// Institution on top of every page, and what has to be said of a copy for testing.
pub(super) fn header(ui: &mut Ui, state: &mut UiState, institution: &str, test_relay: Option<&str>) {
    let palette = Palette::current(ui);
    let name = if institution.is_empty() { state.text.say("help-line") } else { institution.to_owned() };
    let name = egui::Label::new(RichText::new(name).font(theme::strong())).truncate();
    match &mut state.logo {
        Some(logo) if logo.name() == Name::Below => {
            logo.show(ui);
            ui.add(name);
        }
        logo => {
            ui.horizontal(|ui| {
                match logo {
                    Some(logo) => logo.show(ui),
                    None => flag(ui),
                }
                ui.add_space(4.0);
                ui.add(name);
            });
        }
    }
    if let Some(relay) = test_relay {
        let said = state.text.say_with("test-relay", [("relay", relay.into())]);
        ui.label(RichText::new(said).font(theme::small()).color(palette.weak));
    }
}

/// The picture in the tray while somebody is connected.
pub(super) fn flag_with_disc(ui: &mut Ui) {
    let palette = Palette::current(ui);
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(24.0), Sense::hover());
    draw_flag(ui, rect);
    // As in `tray::icon`.
    let centre = rect.min + rect.size() * 0.67;
    for (radius, colour) in
        [(0.40, palette.surface), (0.33, Color32::from_rgb(24, 48, 82)), (0.15, Color32::from_rgb(250, 251, 253))]
    {
        ui.painter().circle_filled(centre, rect.width() * radius, colour);
    }
}

/// Signal flag H, white and red: a pilot is on board.
fn flag(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(24.0), Sense::hover());
    draw_flag(ui, rect);
}

fn draw_flag(ui: &Ui, rect: egui::Rect) {
    let edge = Color32::from_rgb(24, 48, 82);
    let painter = ui.painter();
    painter.rect_filled(rect, CornerRadius::same(5), edge);
    let inner = rect.shrink(2.0);
    let (left, right) = inner.split_left_right_at_fraction(0.5);
    painter.rect_filled(left, CornerRadius { nw: 3, sw: 3, ..CornerRadius::ZERO }, Color32::from_rgb(250, 251, 253));
    painter.rect_filled(right, CornerRadius { ne: 3, se: 3, ..CornerRadius::ZERO }, Color32::from_rgb(200, 32, 44));
}

/// What can be clicked in the last line of a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Footer {
    /// The other language.
    Language,
    /// The terms too.
    TermsAndLanguage,
}

fn footer(ui: &mut Ui, footer: Footer, state: &mut UiState) {
    let other = state.text.language.other();
    let switched = ui
        .horizontal(|ui| {
            if footer == Footer::TermsAndLanguage {
                if link(ui, state.text.say("terms-link")).clicked() {
                    state.reading = Reading::Terms;
                    ui.ctx().request_repaint();
                }
                if matches!(state.languages, Languages::First(_)) {
                    small(ui, "·");
                }
            }
            matches!(state.languages, Languages::First(_)) && link(ui, state.text.say("language-other")).clicked()
        })
        .inner;
    if switched {
        state.text = Text::new(other);
        ui.ctx().request_repaint();
    }
}

/// Height of the footer: a link, and the margin above and below it.
const FOOTER: f32 = CONTROL_HEIGHT + 16.0;

/// A page: margins, `content`, the footer at the bottom, and a scroll bar when the window is too small for it.
pub(super) fn page(
    ui: &mut Ui,
    state: &mut UiState,
    last: Footer,
    width: f32,
    content: impl FnOnce(&mut Ui, &mut UiState),
) {
    let palette = Palette::current(ui);
    let frame = Frame::new().fill(palette.background).inner_margin(Margin { left: 24, right: 24, top: 24, bottom: 0 });
    let bottom = Frame::new().fill(palette.background).inner_margin(Margin::symmetric(24, 8));
    // The footer is made last, which a panel at the bottom could not be: Tab goes in the order in which things are made.
    let whole = ui.available_rect_before_wrap();
    let (above, below) = whole.split_top_bottom_at_y((whole.max.y - FOOTER).max(whole.min.y));
    ui.scope_builder(UiBuilder::new().max_rect(above), |ui| {
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                let room = ui.available_size();
                let width = width.min(room.x);
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    ui.add_space(((room.x - width) / 2.0).floor());
                    ui.allocate_ui_with_layout(Vec2::new(width, room.y), Layout::top_down(Align::Min), |ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        ui.set_width(width);
                        content(ui, state);
                    });
                });
            });
        });
    });
    ui.scope_builder(UiBuilder::new().max_rect(below), |ui| {
        egui::CentralPanel::default().frame(bottom).show(ui, |ui| footer(ui, last, state));
    });
}

/// A label of a field, above it.
pub(super) fn field_label(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).font(theme::strong()))
}

/// A field for one line.
pub(super) fn field(
    ui: &mut Ui,
    label: &Response,
    edit: egui::TextEdit<'_>,
    font: FontId,
) -> egui::text_edit::TextEditOutput {
    let palette = Palette::current(ui);
    let height = ui.fonts_mut(|fonts| fonts.row_height(&font));
    let padding = ((CONTROL_HEIGHT + 4.0 - height) / 2.0).max(4.0);
    let frame = Frame::new()
        .fill(palette.surface)
        .stroke(Stroke::new(1.0, palette.field_line))
        .corner_radius(CornerRadius::same(RADIUS))
        .inner_margin(Margin::symmetric(12, padding.round() as i8));
    let output = edit.font(font).frame(frame).desired_width(f32::INFINITY).show(ui);
    let response = output.response.response.clone().labelled_by(label.id);
    if response.has_focus() {
        let stroke = Stroke::new(2.0, palette.accent);
        ui.painter().rect_stroke(response.rect, CornerRadius::same(RADIUS), stroke, StrokeKind::Middle);
    }
    output
}

/// Digits in groups of three, as they are read aloud.
pub(super) fn grouped(typed: &str, most: usize) -> String {
    let mut grouped = String::with_capacity(most + most / 3);
    for (index, digit) in typed.chars().filter(char::is_ascii_digit).take(most).enumerate() {
        if index > 0 && index % 3 == 0 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A galley's width, for columns that line up.
pub(super) fn width_of(ui: &Ui, text: &str, font: FontId) -> f32 {
    WidgetText::from(RichText::new(text).font(font))
        .into_galley(ui, Some(egui::TextWrapMode::Extend), f32::INFINITY, egui::TextStyle::Body)
        .size()
        .x
}
