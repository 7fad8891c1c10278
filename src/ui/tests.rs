//! Every page of both windows: found and used as a person would, and drawn by our own rasteriser for looking at
//! (`target/ui-snapshots`).

mod branded;
mod first_and_last;
pub(crate) mod pages;
mod reading;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use egui::epaint::{ClippedShape, Shape};
use egui::{Event, Key, Rect, Role, Theme, Vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, TestRenderer};
use lotse_protocol::permission::Permission;

use self::pages::{
    WHYS, adviser_pages, adviser_session, adviser_view, as_administrator, customer_pages, customer_session,
    customer_view, join, over, question, session_onward, session_with, shown_code, sign_in, suspended, view_only,
    waiting_page, with_control,
};
use super::text::Language;
use super::{FullScreen, Scale, UiState, theme};
use crate::app::view::{
    AdviserAction, AdviserPage, AdviserSession, AdviserView, Beyond, CodeView, CustomerAction, CustomerPage,
    CustomerSession, CustomerView, Offline, Onward, PathView, Status, Suspended, WhyOver,
};
use crate::shell::raster::{Raster, Target};
use crate::shell::screen::Area;

const LANGUAGES: [(Language, &str); 2] = [(Language::English, "en"), (Language::German, "de")];
const SUSPENDED: [Suspended; 8] = [
    Suspended::Question,
    Suspended::Silence,
    Suspended::Hidden,
    Suspended::Locked,
    Suspended::Away,
    Suspended::Prompt,
    Suspended::Administrator,
    Suspended::Other,
];
const THEMES: [(Theme, &str); 2] = [(Theme::Light, "light"), (Theme::Dark, "dark")];

// ---- Windows that exist only here.

/// What the shell would remember between two pictures.
struct Window<V, A> {
    view: V,
    ui: UiState,
    actions: Vec<A>,
}

type CustomerWindow = Window<CustomerView, CustomerAction>;
type AdviserWindow = Window<AdviserView, AdviserAction>;

const CUSTOMER_SIZE: Vec2 = Vec2::new(420.0, 560.0);
const ADVISER_SIZE: Vec2 = Vec2::new(1000.0, 700.0);

fn open_customer<'a>(view: CustomerView, language: Language) -> Harness<'a, CustomerWindow> {
    builder(CUSTOMER_SIZE).build_ui_state(
        |ui, window: &mut CustomerWindow| {
            let actions = whole(ui, |ui| super::customer(ui, &window.view, &mut window.ui));
            window.actions.extend(actions);
        },
        Window { view, ui: UiState::new(language), actions: Vec::new() },
    )
}

fn open_adviser<'a>(view: AdviserView, language: Language) -> Harness<'a, AdviserWindow> {
    let mut ui = UiState::new(language);
    ui.picture_size = (1920, 1080);
    builder(ADVISER_SIZE).build_ui_state(
        |ui, window: &mut AdviserWindow| {
            let actions = whole(ui, |ui| super::adviser(ui, &window.view, &mut window.ui));
            window.actions.extend(actions);
        },
        Window { view, ui, actions: Vec::new() },
    )
}

/// The whole window, as in the program; the harness leaves a margin.
fn whole<R>(ui: &mut egui::Ui, content: impl FnOnce(&mut egui::Ui) -> R) -> R {
    let window = ui.ctx().content_rect();
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(window));
    ui.set_clip_rect(window);
    content(&mut ui)
}

fn builder<S>(size: Vec2) -> egui_kittest::HarnessBuilder<S> {
    Harness::builder().with_size(size).with_context_setup(theme::install)
}

// ---- What a person does.

#[test]
fn allow_cannot_be_clicked_before_it_is_armed() {
    let mut harness = open_customer(customer_view(question(view_only(), false)), Language::English);
    harness.run();
    let allow = harness.get_by_role_and_label(Role::Button, "Allow");
    assert!(allow.accesskit_node().is_disabled());
    allow.click();
    harness.run();
    assert_eq!(harness.state().actions, []);

    harness.state_mut().view = customer_view(question(view_only(), true));
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Allow").click();
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::Allow]);
}

#[test]
fn a_question_begins_on_refuse_takes_no_enter_and_escape_refuses() {
    let mut harness = open_customer(customer_view(question(view_only(), true)), Language::English);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "Refuse").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [], "Enter answers nothing, not even no");

    harness.get_by_role_and_label(Role::Button, "Allow").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [], "Enter does not allow, even on Allow");

    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::Refuse]);
}

#[test]
fn tab_leads_from_refuse_to_allow_and_on() {
    let mut harness = open_customer(customer_view(question(view_only(), true)), Language::English);
    harness.run();
    harness.key_press(Key::Tab);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "Allow").is_focused());
    harness.key_press(Key::Space);
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::Allow]);
}

#[test]
fn the_customer_ends_and_takes_back_with_one_click() {
    let mut harness = open_customer(customer_view(customer_session(with_control(), false)), Language::German);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Zurücknehmen").click();
    harness.run();
    harness.get_by_role_and_label(Role::Button, "■  Beenden").click();
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::Stop(Permission::Control), CustomerAction::End]);
}

#[test]
fn the_customer_continues_as_administrator_by_a_button_that_stays_in_its_place() {
    let mut harness = open_customer(customer_view(session_onward(Onward::Offered)), Language::German);
    harness.run();
    let button = |harness: &Harness<'_, CustomerWindow>| {
        harness.get_by_role_and_label(Role::Button, "Als Administrator fortfahren").rect()
    };
    let place = button(&harness);
    let window = harness.ctx.content_rect();
    harness.get_by_role_and_label(Role::Button, "Als Administrator fortfahren").click();
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::Onward]);
    harness.state_mut().actions.clear();
    // Between the mouse's going down and its coming up this window comes to the front, and what was said of the one
    // before goes away.
    for beyond in [Some(Beyond::Administrator), Some(Beyond::Prompt), None] {
        let session = CustomerSession { beyond, onward: Onward::Offered, ..session_with(with_control()) };
        harness.state_mut().view = customer_view(CustomerPage::Session(session));
        harness.run();
        assert_eq!(button(&harness), place, "{beyond:?}");
        for needed in ["■  Beenden", "Zurücknehmen"] {
            let place = harness.get_by_role_and_label(Role::Button, needed).rect();
            assert!(window.contains_rect(place), "{needed} with {beyond:?} is at {place}");
        }
    }
    harness.state_mut().view = customer_view(session_onward(Onward::UnderWay));
    harness.run();
    let cancel = harness.get_by_role_and_label(Role::Button, "Abbrechen");
    assert_eq!(cancel.rect(), place);
    cancel.click();
    harness.run();
    assert_eq!(std::mem::take(&mut harness.state_mut().actions), [CustomerAction::CancelOnward]);
    harness.state_mut().view = customer_view(session_onward(Onward::Leaving));
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "Als Administrator fortfahren").accesskit_node().is_disabled());
}

#[test]
fn continuing_as_administrator_takes_a_click_that_is_meant_for_it() {
    let ask = |armed| customer_view(session_onward(Onward::Asking { armed }));
    let mut harness = open_customer(ask(false), Language::English);
    harness.run();
    let onward = |harness: &Harness<'_, CustomerWindow>| {
        harness.get_by_role_and_label(Role::Button, "Continue as administrator").accesskit_node().is_disabled()
    };
    assert!(onward(&harness));
    harness.get_by_role_and_label(Role::Button, "Continue as administrator").click();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, []);
    harness.state_mut().view = ask(true);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [], "Enter answers nothing");
    harness.get_by_role_and_label(Role::Button, "Continue as administrator").click();
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::ConfirmOnward]);
    harness.state_mut().actions.clear();
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::CancelOnward]);
}

#[test]
fn a_program_that_went_on_as_administrator_says_so_and_is_open_to_nobody_else() {
    let mut harness = open_customer(as_administrator(question(view_only(), true)), Language::English);
    harness.run();
    harness.get_by_label_contains("This program now runs as administrator");
    for (_, why) in WHYS {
        harness.state_mut().view = as_administrator(CustomerPage::Over(over("Maria Huber", why)));
        harness.run();
        assert!(harness.query_by_label("Get help again").is_none(), "{why:?}");
        assert!(harness.query_by_label_contains("Get help again").is_none(), "{why:?}");
        harness.get_by_role_and_label(Role::Button, "Close");
    }
}

#[test]
fn closing_asks_and_escape_stays() {
    let view = CustomerView { confirm_close: true, ..customer_view(customer_session(view_only(), false)) };
    let mut harness = open_customer(view, Language::English);
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Yes, end it").click();
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::CancelClose, CustomerAction::ConfirmClose]);
}

#[test]
fn the_waiting_customer_can_copy_ask_for_a_code_and_try_again() {
    let mut harness = open_customer(customer_view(waiting_page(shown_code(), Status::Ready)), Language::English);
    harness.run();
    harness.get_by_label("Copy the ID").click();
    // The tick stays for two seconds: no waiting for the picture to rest.
    harness.step();
    harness.step();
    let copied = harness
        .output()
        .platform_output
        .commands
        .iter()
        .any(|command| matches!(command, egui::OutputCommand::CopyText(text) if text == "482 913 077"));
    let ticked = harness.state().ui.copied.is_some();
    assert!(copied || ticked, "nothing was copied");
    harness.get_by_role_and_label(Role::Button, "New code").click();
    harness.run_steps(2);
    assert_eq!(harness.state().actions, [CustomerAction::NewCode]);

    harness.state_mut().view = customer_view(waiting_page(CodeView::None, Status::Offline(Offline::NoAnswer)));
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::Button, "Try again").click();
    harness.run_steps(2);
    assert_eq!(harness.state().actions, [CustomerAction::NewCode, CustomerAction::TryAgain]);
}

/// Texts copied in the last picture.
fn copied<S>(harness: &Harness<'_, S>) -> Vec<String> {
    let commands = &harness.output().platform_output.commands;
    let texts = commands.iter().filter_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn tab_leads_through_the_page_before_its_footer() {
    let mut harness = open_customer(customer_view(waiting_page(shown_code(), Status::Ready)), Language::English);
    harness.run();
    for number in ["482 913 077", "731 940"] {
        harness.key_press(Key::Tab);
        harness.step();
        harness.key_down(Key::Space);
        harness.step();
        assert_eq!(copied(&harness), [number]);
        harness.key_up(Key::Space);
        harness.step();
    }
    harness.key_press(Key::Tab);
    harness.run_steps(2);
    assert!(harness.get_by_role_and_label(Role::Button, "New code").is_focused());
    for label in ["Terms and privacy", "Deutsch"] {
        harness.key_press(Key::Tab);
        harness.run_steps(2);
        assert!(harness.get_by_role_and_label(Role::Button, label).is_focused(), "{label}");
    }
}

#[test]
fn the_language_switches_in_the_window() {
    let mut harness = open_customer(customer_view(waiting_page(shown_code(), Status::Ready)), Language::English);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Deutsch").click();
    harness.run();
    harness.get_by_label("Bereit. Niemand kann Ihren Bildschirm sehen.");
    harness.get_by_role_and_label(Role::Button, "English").click();
    harness.run();
    harness.get_by_label("Ready. Nobody can see your screen.");
}

#[test]
fn signing_in_goes_by_enter_and_forgets_the_password() {
    let mut harness = open_adviser(sign_in(Status::Ready, false, None), Language::English);
    harness.run();
    type_into(&mut harness, "Name", "huber");
    harness.key_press(Key::Enter);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::PasswordInput, "Password").is_focused());
    harness.get_by_role_and_label(Role::PasswordInput, "Password").type_text("pilot on board");
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let [AdviserAction::SignIn { name, password }] = harness.state().actions.as_slice() else {
        panic!("{:?}", harness.state().actions);
    };
    assert_eq!((name.as_str(), password.as_str()), ("huber", "pilot on board"));
    assert!(harness.state().ui.password.is_empty());
}

/// A valid ID; its last digit is the Damm check digit of the others.
fn valid_id() -> String {
    (0..10)
        .map(|digit| format!("48291307{digit}"))
        .find(|id| crate::app::view::check_id(id).is_ok())
        .expect("one of ten")
}

fn grouped_id() -> String {
    super::parts::grouped(&valid_id(), 9)
}

#[test]
fn joining_groups_while_typing_and_goes_on_to_the_code_and_by_enter() {
    let mut harness = open_adviser(join(None), Language::English);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::TextInput, "ID").is_focused());
    for digit in valid_id().chars() {
        harness.get_by_role_and_label(Role::TextInput, "ID").type_text(&digit.to_string());
        harness.run();
    }
    assert_eq!(harness.state().ui.id, grouped_id());
    assert!(harness.get_by_role_and_label(Role::TextInput, "Channel code").is_focused(), "on to the code by itself");
    for digit in "731940".chars() {
        harness.get_by_role_and_label(Role::TextInput, "Channel code").type_text(&digit.to_string());
        harness.run();
    }
    assert_eq!(harness.state().ui.code.as_str(), "731 940");
    harness.key_press(Key::Enter);
    harness.run();
    let [AdviserAction::Join { id, code, reason }] = harness.state().actions.as_slice() else {
        panic!("{:?}", harness.state().actions);
    };
    assert_eq!((id.as_str(), code.as_str(), reason.as_str()), (grouped_id().as_str(), "731 940", ""));
    assert!(harness.state().ui.code.is_empty(), "a code is for one attempt");
}

#[test]
fn a_tab_after_the_id_does_not_lead_past_the_code() {
    let mut harness = open_adviser(join(None), Language::English);
    harness.run();
    for digit in valid_id().chars() {
        harness.get_by_role_and_label(Role::TextInput, "ID").type_text(&digit.to_string());
        harness.run();
    }
    harness.key_press(Key::Tab);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::TextInput, "Channel code").is_focused());
    harness.key_press(Key::Tab);
    harness.run();
    assert!(!harness.get_by_role_and_label(Role::TextInput, "Channel code").is_focused(), "once, not for ever");
}

#[test]
fn pasting_takes_any_grouping() {
    let plain = valid_id();
    let with_hyphens = format!("{}-{}-{}", &plain[..3], &plain[3..6], &plain[6..]);
    for pasted in [plain.clone(), grouped_id(), with_hyphens, format!("ID: {plain}")] {
        let mut harness = open_adviser(join(None), Language::English);
        harness.run();
        harness.event(Event::Paste(pasted));
        harness.run();
        assert_eq!(harness.state().ui.id, grouped_id());
    }
}

#[test]
fn deleting_in_the_middle_keeps_the_cursor() {
    let mut harness = open_adviser(join(None), Language::English);
    harness.run();
    harness.event(Event::Paste("12345".into()));
    harness.run();
    assert_eq!(harness.state().ui.id, "123 45");
    harness.key_press(Key::ArrowLeft);
    harness.key_press(Key::Backspace);
    harness.run();
    assert_eq!(harness.state().ui.id, "123 5");
    harness.get_by_role_and_label(Role::TextInput, "ID").type_text("9");
    harness.run();
    assert_eq!(harness.state().ui.id, "123 95", "typed where the digit was taken away");
}

#[test]
fn a_mistyped_id_is_told_under_the_field_at_once_and_joins_nothing() {
    let valid = valid_id();
    let last = valid.chars().last().and_then(|digit| digit.to_digit(10)).expect("a digit");
    let mistyped = format!("{}{}", &valid[..8], (last + 1) % 10);
    let mut harness = open_adviser(join(None), Language::English);
    harness.run();
    harness.event(Event::Paste(mistyped));
    harness.run();
    harness.get_by_label_contains("slip in this ID");
    assert!(harness.get_by_role_and_label(Role::TextInput, "ID").is_focused(), "the slip is to be corrected here");
    type_into(&mut harness, "Channel code", "731940");
    harness.key_press(Key::Enter);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "Join").accesskit_node().is_disabled());
    assert_eq!(harness.state().actions, []);
}

#[test]
fn the_command_lines_id_is_filled_in_and_the_code_is_next() {
    let mut view = join(None);
    if let AdviserPage::Join(join) = &mut view.page {
        join.id = Some(valid_id());
    }
    let mut harness = open_adviser(view, Language::English);
    harness.run();
    assert_eq!(harness.state().ui.id, grouped_id());
    assert!(harness.get_by_role_and_label(Role::TextInput, "Channel code").is_focused());
}

#[test]
fn the_adviser_asks_gives_back_scales_and_ends() {
    let session = |rights| adviser_view(AdviserPage::Session(adviser_session(rights)));
    let mut harness = open_adviser(session(view_only()), Language::English);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Ask for control").click();
    harness.run();
    harness.get_by_role_and_label(Role::Button, "1:1").click();
    harness.run();
    assert_eq!(harness.state().ui.scale, Scale::OneToOne);
    harness.get_by_role_and_label(Role::Button, "■  End").click();
    harness.state_mut().view = session(with_control());
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Give it back").click();
    harness.run();
    let expected =
        [AdviserAction::Ask(Permission::Control), AdviserAction::End, AdviserAction::GiveBack(Permission::Control)];
    assert_eq!(harness.state().actions, expected);
}

#[test]
fn nothing_is_drawn_over_the_picture() {
    for confirm_close in [false, true] {
        for scale in [Scale::Fit, Scale::OneToOne] {
            let mut view = adviser_view(AdviserPage::Session(adviser_session(with_control())));
            view.confirm_close = confirm_close;
            let mut harness = open_adviser(view, Language::English);
            harness.state_mut().ui.scale = scale;
            harness.run();
            let picture = harness.state().ui.picture.expect("the page has a picture").shrink(1.0);
            assert!(picture.height() > 500.0, "{picture}");
            // The first one is the harness's own background.
            for shape in harness.output().shapes.iter().skip(1) {
                let bounds = shape.shape.visual_bounding_rect().intersect(shape.clip_rect);
                assert!(
                    !bounds.intersects(picture) || !bounds.is_positive(),
                    "{bounds} in {picture}: {:?}",
                    shape.shape
                );
            }
        }
    }
}

/// In the narrowest window, at the edge to one row, and in a wide one: nothing lies over anything else.
#[test]
fn the_toolbar_has_room_in_both_languages() {
    for (width, full_screen) in [
        (520.0, FullScreen::Off),
        (1063.0, FullScreen::Off),
        (1064.0, FullScreen::Off),
        (1064.0, FullScreen::WithToolbar),
    ] {
        let refused = Permission::Control.into();
        let mut sessions = vec![AdviserSession { refused, ..adviser_session(view_only()) }];
        sessions.extend(
            SUSPENDED.map(|why| AdviserSession {
                rights: suspended(with_control(), why),
                ..adviser_session(with_control())
            }),
        );
        for ((language, name), session) in LANGUAGES.into_iter().flat_map(|l| sessions.iter().map(move |s| (l, s))) {
            let mut harness = open_adviser(adviser_view(AdviserPage::Session(session.clone())), language);
            harness.set_size(Vec2::new(width, 600.0));
            harness.state_mut().ui.full_screen = full_screen;
            harness.run();
            let window = Rect::from_min_size(egui::Pos2::ZERO, Vec2::new(width, 600.0));
            let texts: Vec<(String, Rect, Rect)> = harness.output().shapes.iter().flat_map(texts).collect();
            assert!(texts.len() >= 7, "{texts:?}");
            for (index, (text, bounds, _)) in texts.iter().enumerate() {
                assert!(window.contains_rect(*bounds), "{name} {width}: {text:?} at {bounds}");
                for (other, others_bounds, _) in &texts[..index] {
                    assert!(!bounds.intersects(*others_bounds), "{name} {width}: {text:?} lies over {other:?}");
                }
            }
        }
    }
}

/// In full screen the picture has the whole window, and nothing but its background is drawn where it is seen.
#[test]
fn the_full_screens_picture_has_the_window_to_itself() {
    let session = AdviserPage::Session(adviser_session(with_control()));
    for (full_screen, confirm_close, has_bar) in [
        (FullScreen::Alone, false, false),
        (FullScreen::WithToolbar, false, true),
        (FullScreen::Alone, true, true),
        (FullScreen::WithToolbar, true, true),
    ] {
        for scale in [Scale::Fit, Scale::OneToOne] {
            let view = AdviserView { confirm_close, ..adviser_view(session.clone()) };
            let mut harness = open_adviser(view, Language::English);
            let ui = &mut harness.state_mut().ui;
            (ui.full_screen, ui.scale, ui.picture_size) = (full_screen, scale, (1000, 700));
            harness.run();
            let ui = &harness.state().ui;
            let window = Rect::from_min_size(egui::Pos2::ZERO, ADVISER_SIZE);
            assert_eq!(ui.picture, Some(window));
            assert_eq!(ui.covered > 0.0, has_bar, "{full_screen:?}");
            let seen = Rect { min: egui::pos2(0.0, ui.covered), ..window }.shrink(1.0);
            for (text, bounds, _) in harness.output().shapes.iter().flat_map(texts) {
                assert!(!bounds.intersects(seen), "{text:?} at {bounds} lies over the picture");
            }
            assert_eq!(harness.query_by_role_and_label(Role::Button, "■  End").is_some(), has_bar && !confirm_close);
            assert_eq!(harness.query_by_label("Yes, end it").is_some(), confirm_close);
        }
    }
}

#[test]
fn full_screen_is_left_by_the_toolbar_and_by_the_end_of_the_session() {
    let session = adviser_view(AdviserPage::Session(adviser_session(view_only())));
    let mut harness = open_adviser(session, Language::English);
    harness.run();
    let mut click = |label: &str| {
        harness.get_by_role_and_label(Role::Button, label).click();
        harness.run();
        harness.state().ui.full_screen
    };
    assert_eq!(click("Full screen (F11)"), FullScreen::WithToolbar);
    assert_eq!(click("Leave full screen (F11)"), FullScreen::Off);
    assert_eq!(click("Full screen (F11)"), FullScreen::WithToolbar);
    harness.state_mut().view = adviser_view(AdviserPage::Over(over("482 913 077", WhyOver::ByOther)));
    harness.run();
    assert_eq!(harness.state().ui.full_screen, FullScreen::Off);
}

/// Neither "Looking only" nor a button that asks nobody, while something is in the way.
#[test]
fn the_toolbar_says_what_is_in_the_way_of_control() {
    let told = |session: AdviserSession, sentence: &str| {
        let harness = open_adviser(adviser_view(AdviserPage::Session(session)), Language::English);
        harness.get_by_label(sentence);
        assert!(harness.query_by_label("Looking only").is_none());
        assert!(harness.query_by_label("You have control").is_none());
        assert!(harness.query_by_label("Ask for control").is_none());
    };
    for (why, sentence) in [
        (Suspended::Question, "The customer is answering a question"),
        (Suspended::Locked, "The customer’s screen is locked"),
        (Suspended::Away, "Somebody else is at the computer"),
        (Suspended::Prompt, "The customer must answer this prompt"),
        (Suspended::Administrator, "Only the customer can use this window"),
    ] {
        let with = |granted| AdviserSession { rights: suspended(granted, why), ..adviser_session(granted) };
        told(with(with_control()), sentence);
        told(with(view_only()), sentence);
    }
    let asked = Some((Permission::Control.into(), 41));
    let rights = suspended(view_only(), Suspended::Question);
    told(AdviserSession { rights, asked, ..adviser_session(view_only()) }, "Asked for control · 0:41");
}

/// Somebody who looks at a picture that stands still is told why, toolbar or not.
#[test]
fn an_interruption_is_told_in_full_screen_too() {
    let path = PathView { delay_ms: Some(23), rate_kbit: 0, interrupted: true };
    let session = AdviserSession { path, ..adviser_session(with_control()) };
    let mut harness = open_adviser(adviser_view(AdviserPage::Session(session)), Language::English);
    harness.state_mut().ui.full_screen = FullScreen::Alone;
    harness.run();
    let told = harness.state().ui.text.say("strip-interrupted");
    harness.get_by_label(&told);
    assert!(harness.state().ui.covered > 0.0);
}

#[test]
fn a_locked_screen_is_told_in_full_screen_too() {
    let session =
        AdviserSession { rights: suspended(with_control(), Suspended::Locked), ..adviser_session(with_control()) };
    let mut harness = open_adviser(adviser_view(AdviserPage::Session(session)), Language::English);
    harness.state_mut().ui.full_screen = FullScreen::Alone;
    harness.run();
    harness.get_by_label("The customer’s screen is locked");
}

fn type_into<S>(harness: &mut Harness<'_, S>, label: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, label).focus();
    harness.run();
    harness.get_by_role_and_label(Role::TextInput, label).type_text(text);
    harness.run();
}

// ---- What a person sees.

/// Collects textures for the rasteriser.
#[derive(Clone, Default)]
struct Paper(Rc<RefCell<Raster>>);

impl TestRenderer for Paper {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        let mut raster = self.0.borrow_mut();
        raster.set_textures(delta).expect("textures fit");
        raster.free(delta).expect("textures are known");
    }
}

/// Lays every page out and hands it over with what was drawn.
fn every_page(scale: f32, mut look: impl FnMut(&str, Theme, Page<'_>)) {
    for (language, language_name) in LANGUAGES {
        for (theme, theme_name) in THEMES {
            for (name, view) in customer_pages() {
                let paper = Paper::default();
                let state = UiState::new(language);
                let mut harness = on_paper(&paper, CUSTOMER_SIZE, theme, scale).build_ui_state(
                    |ui, state: &mut UiState| {
                        let _actions = whole(ui, |ui| super::customer(ui, &view, state));
                    },
                    state,
                );
                harness.run();
                let name = format!("customer-{name}-{language_name}-{theme_name}-{scale}");
                look(
                    &name,
                    theme,
                    Page { output: harness.output(), context: &harness.ctx, paper: &paper, size: CUSTOMER_SIZE },
                );
            }
            for (name, view) in adviser_pages() {
                let paper = Paper::default();
                let mut state = UiState::new(language);
                state.picture_size = (1920, 1080);
                let mut harness = on_paper(&paper, ADVISER_SIZE, theme, scale).build_ui_state(
                    |ui, state: &mut UiState| {
                        let _actions = whole(ui, |ui| super::adviser(ui, &view, state));
                    },
                    state,
                );
                harness.run();
                let name = format!("adviser-{name}-{language_name}-{theme_name}-{scale}");
                look(
                    &name,
                    theme,
                    Page { output: harness.output(), context: &harness.ctx, paper: &paper, size: ADVISER_SIZE },
                );
            }
        }
    }
}

struct Page<'a> {
    output: &'a egui::FullOutput,
    context: &'a egui::Context,
    paper: &'a Paper,
    size: Vec2,
}

fn on_paper<S>(paper: &Paper, size: Vec2, theme: Theme, scale: f32) -> egui_kittest::HarnessBuilder<S> {
    builder(size).with_theme(theme).with_pixels_per_point(scale).with_max_steps(8).renderer(paper.clone())
}

/// Every text that is drawn, with where, and where it may be seen.
fn texts(shape: &ClippedShape) -> Vec<(String, Rect, Rect)> {
    fn collect(shape: &Shape, clip: Rect, into: &mut Vec<(String, Rect, Rect)>) {
        match shape {
            Shape::Text(text) if !text.galley.text().trim().is_empty() => {
                into.push((text.galley.text().to_owned(), text.visual_bounding_rect(), clip));
            }
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, into)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    collect(&shape.shape, shape.clip_rect, &mut all);
    all
}

/// At both sizes, in both languages: everything that is to be read is inside the window and not cut off. Pages that
/// scroll are the exception that is looked for: none but those with a long list may.
#[test]
fn no_text_is_cut_off() {
    for scale in [1.0, 2.0] {
        every_page(scale, |name, _, page| {
            let window = Rect::from_min_size(egui::Pos2::ZERO, page.size);
            for (text, bounds, clip) in page.output.shapes.iter().flat_map(texts) {
                let seen = clip.intersect(window).expand(1.0);
                assert!(
                    seen.min.x <= bounds.min.x && bounds.max.x <= seen.max.x,
                    "{name}: {text:?} at {bounds} is cut off at the side by {seen}"
                );
                let scrolls = name.contains("session-control")
                    || name.contains("session-interrupted")
                    || name.contains("session-locked")
                    || name.contains("session-prompt")
                    || name.contains("session-administrator")
                    || name.contains("onward-") && !name.contains("asking")
                    || name.contains("over-")
                    || name.contains("terms");
                assert!(
                    scrolls || seen.min.y <= bounds.min.y && bounds.max.y <= seen.max.y,
                    "{name}: {text:?} at {bounds} does not fit into the window, {seen}"
                );
            }
        });
    }
}

/// Not a comparison: pictures to be looked at, and the proof that every page can be drawn by the software renderer.
#[test]
fn every_page_can_be_drawn() {
    for scale in [1.0, 2.0] {
        every_page(scale, |name, theme, page| {
            let pixels = page.draw(theme, scale);
            let text = theme::Palette::of(theme).text.to_array();
            let ink = u32::from_be_bytes([0, text[0], text[1], text[2]]);
            assert!(pixels.iter().filter(|pixel| **pixel == ink).count() > 50, "{name} shows no text");
            page.save(name, scale, &pixels);
        });
    }
}

impl Page<'_> {
    #[expect(clippy::cast_sign_loss, reason = "sizes")]
    fn pixels(&self, scale: f32) -> (u32, u32) {
        ((self.size.x * scale) as u32, (self.size.y * scale) as u32)
    }

    /// As 0x00RRGGBB.
    fn draw(&self, theme: Theme, scale: f32) -> Vec<u32> {
        let (width, height) = self.pixels(scale);
        let primitives = self.context.tessellate(self.output.shapes.clone(), scale);
        let mut pixels = vec![0u32; (width * height) as usize];
        let background = theme::Palette::of(theme).background;
        let mut target = Target { pixels: &mut pixels, width };
        self.paper
            .0
            .borrow_mut()
            .draw(&primitives, scale, Area::all(width, height), background, &mut target)
            .expect("egui's output can be drawn");
        pixels
    }

    fn save(&self, name: &str, scale: f32, pixels: &[u32]) {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/ui-snapshots");
        std::fs::create_dir_all(&folder).expect("target can be written to");
        let (width, height) = self.pixels(scale);
        let bytes: Vec<u8> =
            pixels.iter().flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, *pixel as u8]).collect();
        let file = std::fs::File::create(folder.join(format!("{name}.png"))).expect("target can be written to");
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_compression(png::Compression::Fast);
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&bytes)).expect("a PNG can be written");
    }
}
