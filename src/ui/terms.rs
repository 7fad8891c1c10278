//! What is agreed to: a page to be read whole, first to be accepted and later to be looked up.

use egui::{Align, Id, Key, Layout, Ui};

use super::parts::{Enabled, Role, body, button, card, strong, title};
use super::scroll::{keep_arrows, pane, scroll_by, scroll_keys};
use super::text::Language;
use super::theme::CONTROL_HEIGHT;
use super::{PageTurn, Reading, UiState};
use crate::app::view::{CustomerAction, Terms};

/// Around the text, inside the card.
const MARGINS: f32 = 32.0;
/// Between the card and the buttons.
const GAP: f32 = 12.0;

/// Before anything else: *I accept* or *Close*.
pub(super) fn accept(ui: &mut Ui, terms: &Terms, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    let turn = state.turn_to("terms");
    title(ui, state.text.say("terms-title"));
    ui.add_space(8.0);
    let mut focus = reader(ui, terms, turn, state);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let width = ((ui.available_width() - 12.0) / 2.0).floor();
        let close = button(ui, Role::Plain, Enabled::Yes, state.text.say("close"), width);
        let accept = button(ui, Role::Main, Enabled::Yes, state.text.say("terms-accept"), width);
        if close.clicked() {
            actions.push(CustomerAction::Close);
        } else if accept.clicked() {
            actions.push(CustomerAction::AcceptTerms);
        }
        focus.extend([close.id, accept.id]);
    });
    keep_arrows(ui, &focus);
}

/// Looked up again from the last line of a page.
pub(super) fn read(ui: &mut Ui, terms: &Terms, state: &mut UiState) {
    let turn = state.turn_to("terms-again");
    title(ui, state.text.say("terms-link"));
    ui.add_space(8.0);
    let mut focus = reader(ui, terms, turn, state);
    let back = button(ui, Role::Main, Enabled::Yes, state.text.say("terms-back"), 140.0);
    if back.clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
        state.reading = Reading::Page;
    }
    focus.push(back.id);
    keep_arrows(ui, &focus);
}

/// The text in a card that fills what the buttons leave; the keys that scroll do so wherever the keyboard is.
fn reader(ui: &mut Ui, terms: &Terms, turn: PageTurn, state: &UiState) -> Vec<Id> {
    let text = match state.text.language {
        Language::English => &terms.english,
        Language::German => &terms.german,
    };
    let spacing = 2.0 * ui.spacing().item_spacing.y;
    let height = (ui.available_height() - MARGINS - GAP - CONTROL_HEIGHT - spacing).max(120.0);
    // Made before what is in it, so that it can have the keyboard: nothing that is typed out of habit accepts anything.
    let id = ui.scope_id().with("text");
    let keys = scroll_keys(ui, height);
    let top = ui.cursor().min;
    card(ui, |ui| {
        // A place of its own to remember, or it would begin where a list on another page was scrolled to.
        let area = egui::ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink(false);
        area.id_salt("the terms").show(ui, |ui| {
            scroll_by(ui, keys);
            // Not under the scroll bar.
            ui.set_max_width(ui.available_width() - 8.0);
            for part in parts(text) {
                draw(ui, &part);
            }
        });
    });
    let pane = pane(ui, top, id, state.text.say("terms-link"));
    if turn == PageTurn::New {
        pane.request_focus();
    }
    ui.add_space(GAP);
    vec![pane.id]
}

/// A part of the text.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Heading(String),
    Paragraph(String),
    Item(String),
}

/// Lines that follow one another belong together, unless the next is a heading or an item.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        match (line.strip_prefix("# "), line.strip_prefix("- ")) {
            (Some(heading), _) => parts.push(Part::Heading(heading.to_owned())),
            (None, Some(item)) => parts.push(Part::Item(item.to_owned())),
            (None, None) if line.is_empty() => {}
            (None, None) => match parts.last_mut() {
                Some(Part::Paragraph(begun) | Part::Item(begun)) if open => {
                    begun.push(' ');
                    begun.push_str(line);
                }
                _ => parts.push(Part::Paragraph(line.to_owned())),
            },
        }
        open = !line.is_empty();
    }
    parts
}

fn draw(ui: &mut Ui, part: &Part) {
    match part {
        Part::Heading(text) => {
            if ui.cursor().top() > ui.max_rect().top() {
                ui.add_space(8.0);
            }
            strong(ui, text)
        }
        Part::Paragraph(text) => body(ui, text),
        Part::Item(text) => {
            ui.horizontal_top(|ui| {
                body(ui, "•");
                // In a column of its own, or it would not wrap.
                ui.with_layout(Layout::top_down(Align::Min), |ui| body(ui, text)).inner
            })
            .inner
        }
    };
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    #[test]
    fn wrapped_lines_are_one_paragraph() {
        let text = "# Who\nOne\nparagraph.\n\nAnother.\n- an item\n  of two lines\n- the next\n\nEnd.\r\n";
        let paragraph = |text: &str| Part::Paragraph(text.to_owned());
        let item = |text: &str| Part::Item(text.to_owned());
        let expected = [
            Part::Heading("Who".to_owned()),
            paragraph("One paragraph."),
            paragraph("Another."),
            item("an item of two lines"),
            item("the next"),
            paragraph("End."),
        ];
        assert_eq!(parts(text), expected);
    }
}
