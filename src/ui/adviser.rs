//! The adviser's window.

use std::time::Duration;

use egui::text::{CCursor, CCursorRange};
use egui::{Align, Color32, Frame, Key, Layout, Margin, TextEdit, Ui, UiBuilder, Vec2};
use lotse_protocol::permission::Permission;
use zeroize::Zeroizing;

use super::customer::{activities, list_above, offline};
use super::parts::{
    Enabled, Footer, Role, body, button, card, field, field_label, grouped, header, notice, page, small, standing,
    status, strong, title, weak,
};
use super::text::clock;
use super::theme::{self, Palette};
use super::{FullScreen, Handed, Keys, PageTurn, Scale, UiState};
use crate::app::view::{
    AdviserAction, AdviserPage, AdviserSession, AdviserView, Join, JoinProblem, Over, ScreenView, SignIn, Status,
    Suspended, WaitingForCustomer, check_id,
};

/// Text is no wider than this, however wide the window.
const WIDTH: f32 = 420.0;
/// What the toolbar takes when all of it stands in one row, in the longer language.
const ONE_ROW: f32 = 1040.0;
/// And what the hint about the keys takes beside it.
const KEYS_HINT: f32 = 320.0;
/// So far below a click a line of text is likely to end.
const BELOW_CLICK: f32 = 16.0;
/// So many characters that are not written yet have room instead, also wide ones.
const MOST_COMPOSED: usize = 18;
const ID_DIGITS: usize = 9;
const CODE_DIGITS: usize = 6;

/// Draws the adviser's window; answers what the adviser did, in order.
pub fn adviser(ui: &mut Ui, view: &AdviserView, state: &mut UiState) -> Vec<AdviserAction> {
    state.picture = None;
    state.covered = 0.0;
    let mut actions = Vec::new();
    if let AdviserPage::Session(session) = &view.page {
        self::session(ui, view, session, state, &mut actions);
        return actions;
    }
    state.full_screen = FullScreen::Off;
    page(ui, state, Footer::Language, WIDTH, |ui, state| {
        header(ui, state, &view.institution, view.test_relay.as_deref());
        ui.add_space(16.0);
        if view.confirm_close {
            title(ui, state.text.say("confirm-title"));
            body(ui, state.text.say("confirm-text-adviser"));
            ui.add_space(16.0);
            confirm(ui, state, &mut actions);
            return;
        }
        match &view.page {
            AdviserPage::SignIn(sign_in) => self::sign_in(ui, sign_in, state, &mut actions),
            AdviserPage::Join(join) => self::join(ui, join, state, &mut actions),
            AdviserPage::Waiting(waiting) => self::waiting(ui, waiting, state, &mut actions),
            AdviserPage::Returning { id } => returning(ui, id, state, &mut actions),
            AdviserPage::Over(over) => self::over(ui, over, state, &mut actions),
            AdviserPage::Session(_) => {}
        }
    });
    actions
}

/// How things stand, where that is not "ready"; answers whether something can be begun.
fn connection(ui: &mut Ui, how: &Status, state: &UiState, actions: &mut Vec<AdviserAction>) -> Enabled {
    match how {
        Status::Offline(why) => {
            if offline(ui, *why, state).clicked() {
                actions.push(AdviserAction::TryAgain);
            }
            ui.add_space(8.0);
            Enabled::No
        }
        Status::Connecting => {
            status(ui, Palette::current(ui).weak, state.text.status(how));
            Enabled::No
        }
        Status::CannotShare(why) => {
            notice(ui, state.text.cannot_share(why));
            Enabled::No
        }
        Status::Ready | Status::SomebodyKnocks => Enabled::Yes,
    }
}

fn sign_in(ui: &mut Ui, sign_in: &SignIn, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    let turn = state.turn_to("sign-in");
    title(ui, state.text.say("sign-in-title"));
    ui.add_space(8.0);
    let label = field_label(ui, state.text.say("sign-in-name"));
    let name =
        field(ui, &label, TextEdit::singleline(&mut state.name).char_limit(128), theme::body()).response.response;
    ui.add_space(8.0);
    let label = field_label(ui, state.text.say("sign-in-password"));
    let edit = TextEdit::singleline(&mut *state.password).password(true).char_limit(1024);
    let password = field(ui, &label, edit, theme::body()).response.response;
    if turn == PageTurn::New {
        name.request_focus();
    }
    if let Some(problem) = sign_in.problem {
        ui.add_space(4.0);
        notice(ui, state.text.sign_in_problem(problem));
    }
    ui.add_space(12.0);
    let connected = connection(ui, &sign_in.status, state, actions);
    let complete = !state.name.trim().is_empty() && !state.password.is_empty();
    let ready = connected == Enabled::Yes && complete && !sign_in.busy;
    let key = if sign_in.busy { "sign-in-busy" } else { "sign-in" };
    let clicked = button(ui, Role::Main, Enabled::when(ready), state.text.say(key), ui.available_width()).clicked();
    let entered = entered(ui, &password);
    if entered || clicked {
        if ready {
            let name = state.name.trim().to_owned();
            let typed = std::mem::take(&mut state.password);
            // The field keeps what was typed to undo it: not this.
            egui::text_edit::TextEditState::default().store(ui.ctx(), password.id);
            actions.push(AdviserAction::SignIn { name, password: typed });
        } else {
            password.request_focus();
        }
    } else if self::entered(ui, &name) {
        password.request_focus();
    }
}

/// Was Enter pressed in this field?
fn entered(ui: &Ui, field: &egui::Response) -> bool {
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}

fn join(ui: &mut Ui, join: &Join, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    let turn = state.turn_to("join");
    if join.id != state.given_id {
        state.given_id.clone_from(&join.id);
        if let Some(id) = &join.id {
            state.id = grouped(id, ID_DIGITS);
        }
    }
    title(ui, state.text.say("join-title"));
    weak(ui, state.text.say("join-hint"));
    ui.add_space(8.0);

    let label = field_label(ui, state.text.say("join-id"));
    let id = digits(ui, &label, &mut state.id, ID_DIGITS, "000 000 000");
    if id.surplus.len() == CODE_DIGITS {
        // Both numbers were pasted together.
        state.code = Zeroizing::new(grouped(&id.surplus, CODE_DIGITS));
        // The field keeps what was pasted to undo it: not the code.
        egui::text_edit::TextEditState::default().store(ui.ctx(), id.response.id);
    }
    let checked = check_id(&state.id);
    match checked {
        Err(problem @ JoinProblem::IdMistyped) => under_field(ui, state.text.join_problem(problem)),
        // Not told before the person has left the field.
        Err(problem @ JoinProblem::IdLength) if !state.id.is_empty() && id.lost_focus_for_good(ui) => {
            under_field(ui, state.text.join_problem(problem));
        }
        _ => {}
    }
    ui.add_space(4.0);
    let label = field_label(ui, state.text.say("join-code"));
    let code = digits(ui, &label, &mut state.code, CODE_DIGITS, "000 000");
    ui.add_space(4.0);
    let label = field_label(ui, state.text.say("join-reason"));
    let hint = state.text.say("join-reason-hint");
    let edit = TextEdit::singleline(&mut state.reason).char_limit(200).hint_text(hint);
    let reason = field(ui, &label, edit, theme::body()).response.response;

    if turn == PageTurn::New {
        if checked.is_ok() { code.response.request_focus() } else { id.response.request_focus() }
    }
    // Asked before the keyboard is led anywhere, which would take it back.
    let finished = entered(ui, &code.response) || entered(ui, &reason);
    // Typed to the end and right: on to the code.
    if id.completed && checked.is_ok() || entered(ui, &id.response) && !finished {
        code.response.request_focus();
        state.handed = Handed::ToTheCode;
    } else if !state.code.is_empty() {
        state.handed = Handed::No;
    } else if state.handed == Handed::ToTheCode && ui.input(|input| input.key_pressed(Key::Tab)) {
        // Who ends the ID with Tab means the field that has the keyboard already, not the one after it.
        code.response.request_focus();
        state.handed = Handed::No;
    }

    if let (Some(problem), false) = (join.problem, join.busy) {
        ui.add_space(4.0);
        notice(ui, state.text.join_problem(problem));
    }
    ui.add_space(8.0);
    let connected = connection(ui, &join.status, state, actions);
    if join.busy {
        status(ui, Palette::current(ui).accent, state.text.say("join-busy"));
        if button(ui, Role::Plain, Enabled::Yes, state.text.say("cancel"), ui.available_width()).clicked() {
            actions.push(AdviserAction::Cancel);
        }
    } else {
        let complete = checked.is_ok() && state.code.chars().filter(char::is_ascii_digit).count() == CODE_DIGITS;
        let ready = complete && connected == Enabled::Yes;
        let enabled = Enabled::when(ready);
        let clicked = button(ui, Role::Main, enabled, state.text.say("join"), ui.available_width()).clicked();
        if ready && (clicked || finished) {
            let typed: Zeroizing<String> = std::mem::take(&mut state.code);
            egui::text_edit::TextEditState::default().store(ui.ctx(), code.response.id);
            actions.push(AdviserAction::Join {
                id: state.id.clone(),
                code: typed,
                reason: state.reason.trim().to_owned(),
            });
            // After an attempt in vain the keyboard is where the next one is typed, as on a new page.
            state.page = None;
        }
    }
    ui.add_space(8.0);
    small(ui, state.text.say_with("join-signed-in", [("adviser", join.adviser.as_str().into())]));
}

fn under_field(ui: &mut Ui, text: String) {
    let palette = Palette::current(ui);
    ui.label(egui::RichText::new(text).font(theme::small()).color(palette.warning_on_background()));
}

/// A field for digits, grouped while they are typed.
struct Digits {
    response: egui::Response,
    /// The last digit has just been typed or pasted.
    completed: bool,
    /// Digits just typed or pasted for which there was no room.
    surplus: Zeroizing<String>,
}

impl Digits {
    fn lost_focus_for_good(&self, ui: &Ui) -> bool {
        !self.response.has_focus() && ui.memory(|memory| memory.focused().is_some())
    }
}

fn digits(ui: &mut Ui, label: &egui::Response, typed: &mut String, most: usize, hint: &str) -> Digits {
    let before = typed.clone();
    // Room for what is pasted: groups, hyphens, a word in front.
    let edit =
        TextEdit::singleline(typed).hint_text(egui::RichText::new(hint).font(theme::title()).weak()).char_limit(64);
    let mut output = field(ui, label, edit, theme::title());
    let response = output.response.response.clone();
    let mut completed = false;
    let mut surplus = Zeroizing::default();
    if *typed != before {
        let cursor = output.cursor_range.map_or(typed.chars().count(), |range| range.primary.index.0);
        let digits_before = typed.chars().take(cursor).filter(char::is_ascii_digit).count().min(most);
        surplus = Zeroizing::new(typed.chars().filter(char::is_ascii_digit).skip(most).collect::<String>());
        *typed = grouped(typed, most);
        // A group's space goes with the digit before it.
        let at = if digits_before == 0 { 0 } else { digits_before + (digits_before - 1) / 3 };
        output.state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(at))));
        output.state.store(ui.ctx(), response.id);
        completed = grouped(&before, most) != *typed && typed.chars().filter(char::is_ascii_digit).count() == most;
    }
    Digits { response, completed, surplus }
}

fn waiting(ui: &mut Ui, waiting: &WaitingForCustomer, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    // Nothing has the keyboard here: a second Enter on *Join* must not take the question back, and with it the code.
    state.turn_to("asked");
    title(ui, state.text.say("asked-title"));
    weak(ui, state.text.say_with("asked-id", [("id", waiting.id.as_str().into())]));
    ui.add_space(8.0);
    body(ui, state.text.say("asked-what"));
    card(ui, |ui| {
        for permission in waiting.asked.iter() {
            strong(ui, state.text.permission(permission));
        }
    });
    let left = clock(Duration::from_secs(waiting.seconds_left.into()));
    status(ui, Palette::current(ui).accent, state.text.say_with("asked-left", [("time", left.into())]));
    ui.add_space(12.0);
    if button(ui, Role::Plain, Enabled::Yes, state.text.say("cancel"), 140.0).clicked() {
        actions.push(AdviserAction::Cancel);
    }
}

/// The session goes on in another program of the customer's, which this one joins by itself.
fn returning(ui: &mut Ui, id: &str, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    state.turn_to("returning");
    title(ui, state.text.say("returning-adviser-title"));
    weak(ui, state.text.say_with("returning-adviser-id", [("id", id.into())]));
    ui.add_space(8.0);
    body(ui, state.text.say("returning-adviser-text"));
    ui.add_space(8.0);
    status(ui, Palette::current(ui).accent, state.text.say("join-busy"));
    ui.add_space(12.0);
    if button(ui, Role::Plain, Enabled::Yes, state.text.say("cancel"), 140.0).clicked() {
        actions.push(AdviserAction::Cancel);
    }
}

fn over(ui: &mut Ui, over: &Over, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    let turn = state.turn_to("over");
    title(ui, state.text.say("over-title"));
    let said = [("who", over.who.as_str().into()), ("minutes", over.minutes.into())];
    body(ui, state.text.say_with("over-adviser-connected", said));
    body(ui, state.text.over_adviser(over.why));
    let mut below = |ui: &mut Ui, state: &mut UiState| {
        ui.add_space(16.0);
        let again = button(ui, Role::Main, Enabled::Yes, state.text.say("join-again"), 200.0);
        if turn == PageTurn::New {
            again.request_focus();
            state.id.clear();
            state.code = Zeroizing::default();
            state.reason.clear();
        }
        if again.clicked() {
            actions.push(AdviserAction::JoinAgain);
        }
    };
    if over.activities.is_empty() {
        below(ui, state);
    } else {
        ui.add_space(8.0);
        list_above(ui, state, |ui, height, state| activities(ui, &over.activities, height, state), below);
    }
}

fn confirm(ui: &mut Ui, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    let turn = state.turn_to("confirm");
    let escape = ui.input(|input| input.key_pressed(Key::Escape));
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let no = button(ui, Role::Plain, Enabled::Yes, state.text.say("confirm-no"), 140.0);
        if turn == PageTurn::New {
            no.request_focus();
        }
        let yes = button(ui, Role::Danger, Enabled::Yes, state.text.say("confirm-yes"), 140.0);
        if no.clicked() || escape {
            actions.push(AdviserAction::CancelClose);
        } else if yes.clicked() {
            actions.push(AdviserAction::ConfirmClose);
        }
    });
}

/// The customer's screen, a toolbar above it and a strip below. Nothing ever lies over the picture: it is not drawn by
/// the user interface.
fn session(
    ui: &mut Ui,
    view: &AdviserView,
    session: &AdviserSession,
    state: &mut UiState,
    actions: &mut Vec<AdviserAction>,
) {
    if state.full_screen != FullScreen::Off {
        return full_screen(ui, view, session, state, actions);
    }
    let palette = Palette::current(ui);
    let bar = Frame::new().fill(palette.background).inner_margin(Margin::symmetric(12, 8));
    if view.confirm_close {
        egui::Panel::top("confirm").frame(bar).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                strong(ui, state.text.say("confirm-title"));
                confirm(ui, state, actions);
            });
        });
    } else {
        state.turn_to("session");
        egui::Panel::top("toolbar").frame(bar).show(ui, |ui| toolbar(ui, session, state, actions));
    }
    let strip_frame = Frame::new().fill(palette.background).inner_margin(Margin::symmetric(12, 4));
    egui::Panel::bottom("strip").frame(strip_frame).show(ui, |ui| strip(ui, session, view, state));
    egui::CentralPanel::default().frame(Frame::new()).show(ui, |ui| picture(ui, state));
}

/// The customer's screen alone. The toolbar, when it is there, covers its upper edge: the picture does not move.
fn full_screen(
    ui: &mut Ui,
    view: &AdviserView,
    session: &AdviserSession,
    state: &mut UiState,
    actions: &mut Vec<AdviserAction>,
) {
    let palette = Palette::current(ui);
    egui::CentralPanel::default().frame(Frame::new().fill(Color32::BLACK)).show(ui, |ui| {
        let screen = ui.available_rect_before_wrap();
        picture(ui, state);
        // Whoever looks at a picture that stands still has to know why.
        let stands_still = session.path.interrupted || !session.rights.effective.has(Permission::View);
        // So has whoever writes with an input method to see what.
        let needed =
            view.confirm_close || stands_still || session.screen != ScreenView::Usual || !state.composing.is_empty();
        if !needed && state.full_screen == FullScreen::Alone {
            welcome_input_methods(ui, state, egui::Rect::from_min_size(screen.center_top(), Vec2::splat(1.0)));
            return;
        }
        let bar = Frame::new().fill(palette.background).inner_margin(Margin::symmetric(12, 8));
        let shown = ui.scope_builder(UiBuilder::new().max_rect(screen), |ui| {
            bar.show(ui, |ui| {
                ui.set_width(ui.available_width());
                if view.confirm_close {
                    ui.horizontal_wrapped(|ui| {
                        strong(ui, state.text.say("confirm-title"));
                        confirm(ui, state, actions);
                    });
                    return;
                }
                state.turn_to("session");
                toolbar(ui, session, state, actions);
                if session.path.interrupted {
                    notice(ui, state.text.say("strip-interrupted"));
                } else if let Some(said) = state.text.screen(session.screen, session.rights.granted) {
                    small(ui, said);
                } else {
                    small(ui, state.text.say("full-screen-hint"));
                }
            })
            .response
            .rect
        });
        state.covered = shown.inner.max.y - screen.min.y;
    });
}

fn toolbar(ui: &mut Ui, session: &AdviserSession, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    let what = |ui: &mut Ui, state: &UiState, actions: &mut Vec<AdviserAction>| {
        strong(ui, &session.id);
        ui.separator();
        control(ui, session, state, actions);
        keys(ui, state);
    };
    let to_the_right = Layout::right_to_left(Align::Center);
    let hint = if state.keys == Keys::Settled { 0.0 } else { KEYS_HINT };
    if ui.available_width() < ONE_ROW + hint {
        ui.horizontal(|ui| what(ui, state, actions));
        ui.horizontal(|ui| ui.with_layout(to_the_right, |ui| window_buttons(ui, state, actions)));
    } else {
        ui.horizontal(|ui| {
            what(ui, state, actions);
            ui.with_layout(to_the_right, |ui| window_buttons(ui, state, actions));
        });
    }
}

/// Whose the keys are, and the way out; while an input method is at work, what it is about to write, and beside it the
/// method's own choices.
fn keys(ui: &mut Ui, state: &UiState) {
    let hint = match state.keys {
        Keys::Settled => return,
        Keys::Theirs => "keys-theirs",
        Keys::Ours => "keys-ours",
    };
    ui.add_space(8.0);
    let palette = Palette::current(ui);
    let said = if state.composing.is_empty() {
        egui::RichText::new(state.text.say(hint)).color(palette.weak)
    } else {
        egui::RichText::new(ending(&state.composing)).strong().underline()
    };
    let place = ui.label(said).rect;
    welcome_input_methods(ui, state, place);
}

/// While the keys are the customer's an input method may be at work. It shows its choices below `place`, where what is
/// composed is shown; one that shows that itself does so where the picture was clicked last.
fn welcome_input_methods(ui: &Ui, state: &UiState, place: egui::Rect) {
    if state.keys != Keys::Theirs {
        return;
    }
    let per_point = f64::from(ui.ctx().pixels_per_point());
    let clicked = state.clicked.filter(|_| state.composing.is_empty());
    let below = clicked.map(|(x, y)| egui::pos2((x / per_point) as f32, (y / per_point) as f32 + BELOW_CLICK));
    let ime = egui::output::IMEOutput {
        purpose: egui::IMEPurpose::Normal,
        rect: place,
        // Not every window system is told of its height.
        cursor_rect: egui::Rect::from_min_size(below.unwrap_or(place.left_bottom()), Vec2::splat(1.0)),
        should_interrupt_composition: false,
    };
    ui.output_mut(|output| output.ime = Some(ime));
}

/// As much of the end of a text as there is room for.
fn ending(text: &str) -> String {
    let length = text.chars().count();
    if length <= MOST_COMPOSED {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(length - MOST_COMPOSED)).collect()
}

/// *End*, and how the picture is shown; from the right.
fn window_buttons(ui: &mut Ui, state: &mut UiState, actions: &mut Vec<AdviserAction>) {
    if button(ui, Role::Danger, Enabled::Yes, format!("■  {}", state.text.say("end")), 0.0).clicked() {
        actions.push(AdviserAction::End);
    }
    ui.add_space(8.0);
    let (key, next) = match state.full_screen {
        FullScreen::Off => ("full-screen", FullScreen::WithToolbar),
        FullScreen::WithToolbar | FullScreen::Alone => ("full-screen-leave", FullScreen::Off),
    };
    if button(ui, Role::Plain, Enabled::Yes, state.text.say(key), 0.0).clicked() {
        state.full_screen = next;
        ui.ctx().request_repaint();
    }
    for (scale, key) in [(Scale::OneToOne, "scale-one-to-one"), (Scale::Fit, "scale-fit")] {
        let role = if state.scale == scale { Role::Main } else { Role::Plain };
        let response = button(ui, role, Enabled::Yes, state.text.say(key), 0.0);
        if response.clicked() {
            state.scale = scale;
            ui.ctx().request_repaint();
        }
    }
}

/// Mouse and keyboard: had, asked for, refused, or to be asked for.
fn control(ui: &mut Ui, session: &AdviserSession, state: &UiState, actions: &mut Vec<AdviserAction>) {
    let palette = Palette::current(ui);
    let rights = session.rights;
    let asked = session.asked.filter(|(permissions, _)| permissions.has(Permission::Control));
    match (rights.suspended, asked) {
        // What is asked for is what the customer answers: no need to say that twice.
        (None | Some(Suspended::Question), Some((_, seconds))) => {
            let left = clock(Duration::from_secs(seconds.into()));
            standing(ui, palette.accent, state.text.say_with("control-asked", [("time", left.into())]));
            return;
        }
        // Nobody is there to be asked, or somebody is asked already.
        (Some(why), _) => {
            standing(ui, palette.warning_on_background(), state.text.suspended(why));
            return;
        }
        (None, None) => {}
    }
    if rights.effective.has(Permission::Control) {
        standing(ui, palette.good, state.text.say("control-on"));
        if button(ui, Role::Plain, Enabled::Yes, state.text.say("control-give-back"), 0.0).clicked() {
            actions.push(AdviserAction::GiveBack(Permission::Control));
        }
        return;
    }
    let refused = session.refused.has(Permission::Control);
    standing(ui, palette.weak, state.text.say(if refused { "control-refused" } else { "view-only" }));
    if rights.askable.has(Permission::Control) {
        let key = if refused { "control-ask-again" } else { "control-ask" };
        if button(ui, Role::Main, Enabled::Yes, state.text.say(key), 0.0).clicked() {
            actions.push(AdviserAction::Ask(Permission::Control));
        }
    }
}

fn strip(ui: &mut Ui, session: &AdviserSession, view: &AdviserView, state: &UiState) {
    let path = &session.path;
    let palette = Palette::current(ui);
    // Nothing to be clicked here, so no room for fingers.
    ui.spacing_mut().interact_size.y = 20.0;
    ui.horizontal(|ui| {
        if path.interrupted {
            let said = egui::RichText::new(format!("⚠  {}", state.text.say("strip-interrupted")));
            ui.label(said.font(theme::small()).color(palette.warning_on_background()));
        } else if let Some(said) = state.text.screen(session.screen, session.rights.granted) {
            let said = egui::RichText::new(format!("⚠  {said}"));
            ui.label(said.font(theme::small()).color(palette.warning_on_background()));
        } else {
            if let Some(ms) = path.delay_ms {
                small(ui, state.text.say_with("strip-delay", [("ms", ms.into())]));
                small(ui, "·");
            }
            small(ui, state.text.rate(path.rate_kbit));
        }
        if let Some(relay) = &view.test_relay {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                small(ui, state.text.say_with("test-relay", [("relay", relay.as_str().into())]));
            });
        }
    });
}

/// Leaves room for the picture; at 1:1 with scroll bars beside it.
fn picture(ui: &mut Ui, state: &mut UiState) {
    let room = ui.available_rect_before_wrap();
    if state.picture_size == (0, 0) {
        ui.centered_and_justified(|ui| weak(ui, state.text.say("picture-coming")));
        return;
    }
    match state.scale {
        Scale::Fit => state.picture = Some(room),
        Scale::OneToOne => {
            let pixels_per_point = ui.ctx().pixels_per_point();
            let (width, height) = state.picture_size;
            let size = Vec2::new(width as f32, height as f32) / pixels_per_point;
            let sources =
                egui::scroll_area::ScrollSource { scroll_bar: true, drag: Default::default(), mouse_wheel: false };
            let area = egui::ScrollArea::both().auto_shrink(false).scroll_source(sources).show(ui, |ui| {
                ui.allocate_space(size);
            });
            let over = (size - area.inner_rect.size()).max(Vec2::ZERO);
            let along = |offset: f32, over: f32| if over > 0.0 { (offset / over).clamp(0.0, 1.0) } else { 0.0 };
            state.scroll =
                Vec2::new(along(area.state.clamped_offset().x, over.x), along(area.state.clamped_offset().y, over.y));
            state.picture = Some(area.inner_rect);
        }
    }
}
