//! The customer's window.

use std::time::{Duration, Instant};

use egui::{Align, Key, Layout, Ui};
use lotse_protocol::permission::Permission;

use super::parts::{
    Enabled, Footer, Role, body, button, card, copy_button, flag_with_disc, header, link, notice, page, small, status,
    strong, title, weak, width_of,
};
use super::scroll::{keep_arrows, pane, scroll_by, scroll_keys};
use super::text::clock;
use super::theme::{self, Palette};
use super::{Copied, PageTurn, Reading, UiState, terms};
use crate::app::view::{
    Activity, ActivityKind, CodeView, CustomerAction, CustomerPage, CustomerSession, CustomerView, Offline, Onward,
    Over, Question, Returning, Runs, Seen, Status, Waiting, WhyOver,
};

/// Text is no wider than this, however wide the window.
const WIDTH: f32 = 460.0;
/// Lowest height of the list of what was done, where something stands below it: three lines.
const SHORTEST_LIST: f32 = 72.0;
/// Title and margins around such a list.
const LIST_FRAME: f32 = 68.0;
/// How long the tick of a copy button stays.
const TICK: Duration = Duration::from_secs(2);

/// Draws the customer's window; answers what the customer did, in order.
pub fn customer(ui: &mut Ui, view: &CustomerView, state: &mut UiState) -> Vec<CustomerAction> {
    state.picture = None;
    let mut actions = Vec::new();
    // Looked up while there is nothing to be decided and nobody to be watched.
    let can_read = matches!(view.page, CustomerPage::Waiting(_) | CustomerPage::Over(_)) && !view.confirm_close;
    if !can_read {
        state.reading = Reading::Page;
    }
    let reads = state.reading == Reading::Terms;
    let footer = if can_read && !reads { Footer::TermsAndLanguage } else { Footer::Language };
    page(ui, state, footer, WIDTH, |ui, state| {
        header(ui, state, &view.institution, view.test_relay.as_deref());
        ui.add_space(16.0);
        if view.confirm_close {
            confirm(ui, view, state, &mut actions);
            return;
        }
        match &view.page {
            CustomerPage::Terms => terms::accept(ui, &view.terms, state, &mut actions),
            _ if reads => terms::read(ui, &view.terms, state),
            CustomerPage::Waiting(waiting) => self::waiting(ui, waiting, state, &mut actions),
            CustomerPage::Question(question) => self::question(ui, question, view.runs, state, &mut actions),
            CustomerPage::Session(session) => self::session(ui, session, view.runs, state, &mut actions),
            CustomerPage::Returning(returning) => self::returning(ui, returning, state, &mut actions),
            CustomerPage::Over(over) => self::over(ui, over, view.runs, state, &mut actions),
            CustomerPage::Damaged { reason } => damaged(ui, reason, state, &mut actions),
        }
    });
    actions
}

/// The file cannot be trusted to be whole: there is nothing to be done with it.
fn damaged(ui: &mut Ui, reason: &str, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    let turn = state.turn_to("damaged");
    title(ui, state.text.say("damaged-title"));
    ui.add_space(8.0);
    notice(ui, state.text.say("damaged-text"));
    ui.add_space(8.0);
    small(ui, state.text.say_with("damaged-reason", [("reason", reason.into())]));
    ui.add_space(8.0);
    let close = button(ui, Role::Main, Enabled::Yes, state.text.say("close"), 140.0);
    if turn == PageTurn::New {
        close.request_focus();
    }
    if close.clicked() {
        actions.push(CustomerAction::Close);
    }
}

fn waiting(ui: &mut Ui, waiting: &Waiting, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    state.turn_to("waiting");
    let palette = Palette::current(ui);
    match &waiting.status {
        // Numbers that lead nowhere are not shown.
        Status::Offline(why) => {
            title(ui, state.text.status(&waiting.status));
            ui.add_space(8.0);
            if offline(ui, *why, state).clicked() {
                actions.push(CustomerAction::TryAgain);
            }
            return;
        }
        Status::CannotShare(why) => {
            title(ui, state.text.status(&waiting.status));
            ui.add_space(8.0);
            notice(ui, state.text.cannot_share(why));
            return;
        }
        Status::Connecting | Status::Ready | Status::SomebodyKnocks => {}
    }
    let used_up = waiting.code == CodeView::UsedUp;
    title(ui, state.text.say(if used_up { "waiting-title-used-up" } else { "waiting-title" }));
    ui.add_space(8.0);
    card(ui, |ui| numbers(ui, waiting, state, actions));
    ui.add_space(8.0);
    if used_up {
        notice(ui, state.text.say("code-used-up"));
        ui.add_space(4.0);
        if button(ui, Role::Main, Enabled::Yes, state.text.say("new-code"), 140.0).clicked() {
            actions.push(CustomerAction::NewCode);
        }
        return;
    }
    let dot = match &waiting.status {
        Status::Ready => palette.good,
        Status::SomebodyKnocks => palette.accent,
        Status::Connecting | Status::Offline(_) | Status::CannotShare(_) => palette.weak,
    };
    status(ui, dot, state.text.status(&waiting.status));
}

/// ID and code, large.
fn numbers(ui: &mut Ui, waiting: &Waiting, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    number(ui, state, "waiting-id", waiting.id.as_deref(), Copied::Id);
    let code = match &waiting.code {
        CodeView::Shown { code, .. } | CodeView::InUse { code } => Some(code.as_str()),
        CodeView::None => None,
        CodeView::UsedUp => return,
    };
    ui.add_space(16.0);
    number(ui, state, "waiting-code", code, Copied::Code);
    ui.horizontal(|ui| {
        ui.set_min_height(32.0);
        match &waiting.code {
            CodeView::Shown { remaining, .. } => {
                small(ui, state.text.say_with("waiting-code-left", [("time", clock(*remaining).into())]));
                small(ui, "·");
                if link(ui, state.text.say("new-code")).clicked() {
                    actions.push(CustomerAction::NewCode);
                }
            }
            CodeView::InUse { .. } => {
                small(ui, state.text.say("waiting-code-in-use"));
            }
            CodeView::None | CodeView::UsedUp => {}
        }
    });
}

/// Why there is no connection, and *Try again*.
pub(super) fn offline(ui: &mut Ui, why: Offline, state: &UiState) -> egui::Response {
    notice(ui, state.text.offline(why));
    ui.add_space(4.0);
    button(ui, Role::Main, Enabled::Yes, state.text.say("try-again"), 140.0)
}

/// A number to be read aloud, with its name above and a button to copy it.
fn number(ui: &mut Ui, state: &mut UiState, name: &str, digits: Option<&str>, what: Copied) {
    let name = state.text.say(name);
    weak(ui, &name);
    let row = ui.fonts_mut(|fonts| fonts.row_height(&theme::number()));
    ui.allocate_ui_with_layout(egui::vec2(ui.available_width(), row), Layout::left_to_right(Align::Center), |ui| {
        let Some(digits) = digits else {
            let palette = Palette::current(ui);
            ui.label(egui::RichText::new("–").font(theme::number()).color(palette.weak));
            return;
        };
        let text = egui::RichText::new(digits).font(theme::number());
        ui.add(egui::Label::new(text).selectable(true).extend());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = match what {
                Copied::Id => state.text.say("copy-id"),
                Copied::Code => state.text.say("copy-code"),
            };
            let now = Instant::now();
            let left = state
                .copied
                .filter(|(copied, _)| *copied == what)
                .and_then(|(_, at)| (at + TICK).checked_duration_since(now));
            if let Some(left) = left {
                ui.ctx().request_repaint_after(left);
            }
            if copy_button(ui, &label, left.is_some()).clicked() {
                ui.ctx().copy_text(digits.to_owned());
                state.copied = Some((what, now));
                ui.ctx().request_repaint();
            }
        });
    });
}

fn question(ui: &mut Ui, question: &Question, runs: Runs, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    let turn = state.turn_to("question");
    let escape = no_enter_but_escape(ui);
    title(ui, state.text.asked(question.asks, &question.who));
    if question.asks.iter().count() > 1 {
        for permission in question.asks.iter() {
            body(ui, format!("•  {}", state.text.permission(permission)));
        }
    }
    let from = [question.role.as_str(), question.institution.as_str()];
    let from: Vec<&str> = from.into_iter().filter(|part| !part.is_empty()).collect();
    if !from.is_empty() {
        body(ui, from.join(", "));
    }
    let palette = Palette::current(ui);
    let vouched = state.text.say_with("question-vouched", [("by", question.vouched_by.as_str().into())]);
    ui.label(egui::RichText::new(format!("✓  {vouched}")).font(theme::body()).color(palette.good));
    if !question.reason.is_empty() {
        ui.add_space(4.0);
        card(ui, |ui| {
            let quoted = match state.text.language {
                super::text::Language::English => format!("“{}”", question.reason),
                super::text::Language::German => format!("„{}“", question.reason),
            };
            body(ui, quoted)
        });
    }
    ui.add_space(4.0);
    let warning = if question.asks.has(Permission::View) { "question-warning-view" } else { "question-warning" };
    notice(ui, state.text.say(warning));
    if runs == Runs::AsAdministrator {
        small(ui, state.text.say("question-as-administrator"));
    }
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        let width = ((ui.available_width() - 12.0) / 2.0).floor();
        ui.spacing_mut().item_spacing.x = 12.0;
        let refuse = button(ui, Role::Plain, Enabled::Yes, state.text.say("refuse"), width);
        if turn == PageTurn::New {
            refuse.request_focus();
        }
        let allow = button(ui, Role::Main, Enabled::when(question.armed), state.text.say("allow"), width);
        if refuse.clicked() || escape {
            actions.push(CustomerAction::Refuse);
        } else if allow.clicked() && question.armed {
            actions.push(CustomerAction::Allow);
        }
    });
    let left = clock(Duration::from_secs(question.seconds_left.into()));
    let left = state.text.say_with("question-left", [("time", left.into())]);
    ui.with_layout(Layout::top_down(Align::Max), |ui| small(ui, left));
}

/// The adviser is on the way back, and there is nothing to be done but to wait.
fn returning(ui: &mut Ui, returning: &Returning, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    state.turn_to("returning");
    let who = || [("who", returning.who.as_str().into())];
    title(ui, state.text.say("returning-title"));
    ui.add_space(8.0);
    body(ui, state.text.say_with("returning-text", who()));
    ui.add_space(8.0);
    let waits = match returning.seconds_left {
        None => state.text.say("status-connecting"),
        Some(seconds) => {
            let left = clock(Duration::from_secs(seconds.into()));
            state.text.say_with("returning-left", [("time", left.into())])
        }
    };
    status(ui, Palette::current(ui).accent, waits);
    ui.add_space(12.0);
    if button(ui, Role::Plain, Enabled::Yes, state.text.say("close"), 140.0).clicked() {
        actions.push(CustomerAction::Close);
    }
}

fn session(ui: &mut Ui, session: &CustomerSession, runs: Runs, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    if let Onward::Asking { armed } = session.onward {
        confirm_onward(ui, &session.who, Enabled::when(armed), state, actions);
        return;
    }
    state.turn_to("session");
    title(ui, state.text.who_sees(session));
    let minutes = state.text.say_with("session-minutes", [("minutes", session.minutes.into())]);
    let line = if session.institution.is_empty() { minutes } else { format!("{} · {minutes}", session.institution) };
    weak(ui, line);
    if runs == Runs::AsAdministrator {
        weak(ui, state.text.say("session-as-administrator"));
    }
    onward(ui, session, state, actions);
    if session.interrupted {
        notice(ui, state.text.say("session-interrupted"));
    }
    if let Some(why) = session.paused {
        notice(ui, state.text.paused(why));
    }
    if let Some(what) = session.beyond {
        notice(ui, state.text.beyond(what));
    }
    ui.add_space(8.0);
    if button(ui, Role::Danger, Enabled::Yes, format!("■  {}", state.text.say("end")), ui.available_width()).clicked()
    {
        actions.push(CustomerAction::End);
    }
    ui.add_space(16.0);
    strong(ui, state.text.say("session-allowed"));
    card(ui, |ui| {
        let rights: Vec<Permission> = session.rights.iter().filter(|right| *right != Permission::View).collect();
        if rights.is_empty() {
            body(ui, state.text.say("session-view-only"));
        }
        for right in rights {
            ui.allocate_ui_with_layout(
                egui::vec2(ui.available_width(), theme::CONTROL_HEIGHT),
                Layout::right_to_left(Align::Center),
                |ui| {
                    if button(ui, Role::Plain, Enabled::Yes, state.text.say("session-stop"), 0.0).clicked() {
                        actions.push(CustomerAction::Stop(right));
                    }
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let text = egui::RichText::new(state.text.permission(right)).font(theme::body());
                        ui.add(egui::Label::new(text).wrap());
                    });
                },
            );
        }
    });
    ui.add_space(16.0);
    let height = ui.available_height() - LIST_FRAME;
    activities(ui, &session.activities, height, state);
}

/// Going on as an administrator. Above everything that comes and goes, so that the button stays where it is.
fn onward(ui: &mut Ui, session: &CustomerSession, state: &UiState, actions: &mut Vec<CustomerAction>) {
    let chosen = ("onward", CustomerAction::Onward);
    let (said, enabled, (label, action)) = match session.onward {
        Onward::NotOffered | Onward::Asking { .. } => return,
        // What is in front says it too.
        Onward::Offered if session.beyond.is_some() => (None, Enabled::Yes, chosen),
        Onward::Offered => (Some(state.text.say("onward-text")), Enabled::Yes, chosen),
        Onward::StayedHere(why) => (Some(state.text.stayed_here(why)), Enabled::Yes, chosen),
        Onward::UnderWay => {
            let given_up = ("cancel", CustomerAction::CancelOnward);
            (Some(state.text.say("onward-under-way")), Enabled::Yes, given_up)
        }
        Onward::Leaving => (Some(state.text.say("onward-leaving")), Enabled::No, chosen),
    };
    ui.add_space(8.0);
    card(ui, |ui| {
        if button(ui, Role::Plain, enabled, state.text.say(label), ui.available_width()).clicked() {
            actions.push(action);
        }
        if let Some(said) = said {
            small(ui, said);
        }
    });
}

/// As with everything that only the customer's own hand decides: Enter answers nothing, Escape says no.
fn confirm_onward(ui: &mut Ui, who: &str, yes: Enabled, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    let turn = state.turn_to("confirm-onward");
    let escape = no_enter_but_escape(ui);
    title(ui, state.text.say("onward-title"));
    body(ui, state.text.say_with("onward-then", [("who", who.into())]));
    ui.add_space(4.0);
    notice(ui, state.text.say("onward-warning"));
    ui.add_space(12.0);
    let back = button(ui, Role::Plain, Enabled::Yes, state.text.say("onward-back"), ui.available_width());
    if turn == PageTurn::New {
        back.request_focus();
    }
    let onward = button(ui, Role::Main, yes, state.text.say("onward"), ui.available_width());
    if back.clicked() || escape {
        actions.push(CustomerAction::CancelOnward);
    } else if onward.clicked() && yes == Enabled::Yes {
        actions.push(CustomerAction::ConfirmOnward);
    }
}

/// Enter is what a person types who did not see the question coming: it answers nothing. Escape says no; was it pressed?
fn no_enter_but_escape(ui: &mut Ui) -> bool {
    ui.input_mut(|input| {
        input.events.retain(|event| !matches!(event, egui::Event::Key { key: Key::Enter, .. }));
        input.key_pressed(Key::Escape)
    })
}

/// What was done, newest last; a longer list is scrolled, by the keyboard too.
pub(super) fn activities(ui: &mut Ui, activities: &[Activity], height: f32, state: &UiState) {
    let height = height.max(SHORTEST_LIST);
    strong(ui, state.text.say("session-activities"));
    let id = ui.scope_id().with("activities");
    let keys = if ui.memory(|memory| memory.has_focus(id)) { scroll_keys(ui, height) } else { 0.0 };
    let top = ui.cursor().min;
    let scrolls = card(ui, |ui| {
        if activities.is_empty() {
            weak(ui, state.text.say("activity-none"));
        }
        let minute = |minute: u64| state.text.say_with("activity-minute", [("minute", minute.into())]);
        let column = activities.last().map_or(0.0, |last| width_of(ui, &minute(last.minute), theme::small())) + 12.0;
        let list = egui::ScrollArea::vertical().id_salt("activities").max_height(height).min_scrolled_height(height);
        let list = list.auto_shrink([false, true]).stick_to_bottom(true).show(ui, |ui| {
            scroll_by(ui, keys);
            ui.spacing_mut().item_spacing.y = 4.0;
            for activity in activities {
                ui.horizontal_top(|ui| {
                    let row = ui.fonts_mut(|fonts| fonts.row_height(&theme::body()));
                    ui.allocate_ui_with_layout(egui::vec2(column, row), Layout::left_to_right(Align::Center), |ui| {
                        ui.set_min_width(column);
                        small(ui, minute(activity.minute));
                    });
                    // In a column of its own, or it would not wrap.
                    ui.vertical(|ui| body(ui, state.text.activity(activity.kind)));
                });
            }
        });
        list.content_size.y > list.inner_rect.height()
    });
    if scrolls {
        let pane = pane(ui, top, id, state.text.say("session-activities"));
        keep_arrows(ui, &[pane.id]);
    }
}

/// A list that takes what is left of the window, and what stands below it.
pub(super) fn list_above(
    ui: &mut Ui,
    state: &mut UiState,
    list: impl FnOnce(&mut Ui, f32, &UiState),
    below: impl FnOnce(&mut Ui, &mut UiState),
) {
    let id = ui.scope_id().with("below the list");
    let known: Option<f32> = ui.data(|data| data.get_temp(id));
    let spacing = ui.spacing().item_spacing.y;
    list(ui, ui.available_height() - LIST_FRAME - known.unwrap_or_default() - spacing, state);
    let top = ui.cursor().top();
    below(ui, state);
    let height = ui.min_rect().bottom() - top;
    if known.is_none_or(|known| (known - height).abs() > 0.5) {
        ui.data_mut(|data| data.insert_temp(id, height));
        ui.ctx().request_discard("what stands below the list has another height");
    }
}

fn over(ui: &mut Ui, over: &Over, runs: Runs, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    let turn = state.turn_to("over");
    let who = over.who.as_str();
    // Somebody may have been, in the program that this one was to go on with.
    let let_in = !matches!(over.why, WhyOver::Refused | WhyOver::NoAnswer | WhyOver::NotBack)
        || over.activities.iter().any(|activity| matches!(activity.kind, ActivityKind::Allowed(_)));
    title(ui, state.text.over_title(over.why));
    if let_in && !who.is_empty() {
        let said = [("who", who.into()), ("minutes", over.minutes.into())];
        body(ui, state.text.say_with("over-connected", said));
    }
    body(ui, state.text.over_customer(over.why, runs));
    ui.add_space(8.0);
    let mut below = |ui: &mut Ui, state: &mut UiState| {
        ui.add_space(8.0);
        body(ui, state.text.say("over-nothing-stays"));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            let width = ((ui.available_width() - 12.0) / 2.0).floor();
            // What was an administrator's for one adviser is nothing for the next.
            let again = (runs == Runs::AsUsual)
                .then(|| button(ui, Role::Plain, Enabled::Yes, state.text.say("over-again"), width));
            let close = button(ui, Role::Main, Enabled::Yes, state.text.say("close"), width);
            if turn == PageTurn::New {
                close.request_focus();
            }
            if again.is_some_and(|again| again.clicked()) {
                actions.push(CustomerAction::WaitAgain);
            } else if close.clicked() {
                actions.push(CustomerAction::Close);
            }
        });
    };
    if let_in && !over.activities.is_empty() {
        list_above(ui, state, |ui, height, state| activities(ui, &over.activities, height, state), below);
    } else {
        below(ui, state);
    }
}

fn confirm(ui: &mut Ui, view: &CustomerView, state: &mut UiState, actions: &mut Vec<CustomerAction>) {
    let turn = state.turn_to("confirm");
    title(ui, state.text.say("confirm-title"));
    body(ui, state.text.say("confirm-text-customer"));
    ui.add_space(16.0);
    let escape = ui.input(|input| input.key_pressed(Key::Escape));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let width = ((ui.available_width() - 12.0) / 2.0).floor();
        let no = button(ui, Role::Plain, Enabled::Yes, state.text.say("confirm-no"), width);
        if turn == PageTurn::New {
            no.request_focus();
        }
        let yes = button(ui, Role::Danger, Enabled::Yes, state.text.say("confirm-yes"), width);
        if no.clicked() || escape {
            actions.push(CustomerAction::CancelClose);
        } else if yes.clicked() {
            actions.push(CustomerAction::ConfirmClose);
        }
    });
    if view.seen == Seen::WindowAndTray {
        go_to_tray(ui, view, state, actions);
    }
}

/// The third way out of "End the session?": the window goes, and says beforehand where to find it.
fn go_to_tray(ui: &mut Ui, view: &CustomerView, state: &UiState, actions: &mut Vec<CustomerAction>) {
    let who = match &view.page {
        CustomerPage::Session(CustomerSession { who, onward, .. }) if !matches!(onward, Onward::Asking { .. }) => {
            who.as_str()
        }
        // What waits for an answer does not go away.
        CustomerPage::Terms
        | CustomerPage::Waiting(_)
        | CustomerPage::Question(_)
        | CustomerPage::Session(_)
        | CustomerPage::Returning(_)
        | CustomerPage::Over(_)
        | CustomerPage::Damaged { .. } => return,
    };
    ui.add_space(24.0);
    card(ui, |ui| {
        ui.horizontal_top(|ui| {
            flag_with_disc(ui);
            ui.add_space(4.0);
            // In a column of its own, or it would not wrap.
            ui.vertical(|ui| body(ui, state.text.say_with("tray-keep-text", [("who", who.into())])));
        });
        ui.add_space(8.0);
        let keep = state.text.say("tray-keep");
        if button(ui, Role::Plain, Enabled::Yes, keep, ui.available_width()).clicked() {
            actions.push(CustomerAction::GoToTray);
        }
    });
}
