//! The terms: read whole, accepted by mouse or keyboard, and found again.

use egui::{Key, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::pages::{customer_session, customer_view, over, question, shown_code, view_only, waiting_page};
use super::{CUSTOMER_SIZE, CustomerWindow, LANGUAGES, open_customer, texts};
use crate::app::view::{CustomerAction, CustomerPage, Status, WhyOver};
use crate::ui::text::Language;

/// Has this text been drawn where it can be seen?
fn sees(harness: &Harness<'_, CustomerWindow>, wanted: &str) -> bool {
    let mut drawn = harness.output().shapes.iter().flat_map(texts);
    drawn.any(|(text, bounds, clip)| text.starts_with(wanted) && clip.expand(1.0).contains_rect(bounds))
}

fn terms_page<'a>(language: Language) -> Harness<'a, CustomerWindow> {
    let mut harness = open_customer(customer_view(CustomerPage::Terms), language);
    harness.run();
    harness
}

#[test]
fn the_terms_are_read_to_the_end_and_back_by_the_keyboard() {
    for (language, first, last) in
        [(Language::English, "Who helps", "You can end it"), (Language::German, "Wer hilft", "Sie können jederzeit")]
    {
        for (down, up) in [(Key::End, Key::Home), (Key::PageDown, Key::PageUp), (Key::ArrowDown, Key::ArrowUp)] {
            let mut harness = terms_page(language);
            assert!(sees(&harness, first) && !sees(&harness, last));
            let mut scroll = |key: Key, wanted: &str| {
                for _ in 0..60 {
                    harness.key_press(key);
                    harness.run();
                    if sees(&harness, wanted) {
                        return true;
                    }
                }
                false
            };
            assert!(scroll(down, last), "{down:?} does not lead to {last:?}");
            assert!(scroll(up, first), "{up:?} does not lead to {first:?}");
        }
    }
}

/// Nothing is skipped: each screen begins where the one before ended, or above it.
#[test]
fn a_page_down_leaves_nothing_unread() {
    for (language, _) in LANGUAGES {
        let mut harness = terms_page(language);
        let words = |harness: &Harness<'_, CustomerWindow>| {
            let drawn = harness.output().shapes.iter().flat_map(texts);
            let bounds = drawn.map(|(text, bounds, clip)| (text, bounds.min.y, clip));
            bounds.collect::<Vec<_>>()
        };
        let anchor = "Your data";
        let anchor = if language == Language::German { "Ihre Daten" } else { anchor };
        let top = |harness: &Harness<'_, CustomerWindow>| {
            let found = words(harness).into_iter().find(|(text, ..)| text.starts_with(anchor));
            found.map(|(_, y, clip)| (y, clip.height()))
        };
        harness.key_press(Key::ArrowDown);
        harness.run();
        let before = top(&harness);
        harness.key_press(Key::PageDown);
        harness.run();
        if let (Some((before, height)), Some((after, _))) = (before, top(&harness)) {
            assert!(before - after < height, "a page is {height} high, and {} were left out", before - after);
        }
    }
}

#[test]
fn enter_out_of_habit_accepts_nothing_and_tab_leads_to_close_first() {
    let mut harness = terms_page(Language::English);
    for key in [Key::Enter, Key::Space, Key::Escape] {
        harness.key_press(key);
        harness.run();
    }
    assert_eq!(harness.state().actions, []);
    harness.key_press(Key::Tab);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "Close").is_focused());
    harness.key_press(Key::ArrowDown);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "Close").is_focused(), "the arrows scroll");
    harness.key_press(Key::Tab);
    harness.run();
    assert!(harness.get_by_role_and_label(Role::Button, "I accept").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::AcceptTerms]);
}

#[test]
fn the_terms_are_accepted_or_the_program_is_left_by_the_mouse() {
    for (label, action) in [("I accept", CustomerAction::AcceptTerms), ("Close", CustomerAction::Close)] {
        let mut harness = terms_page(Language::English);
        harness.get_by_role_and_label(Role::Button, label).click();
        harness.run();
        assert_eq!(harness.state().actions, [action]);
    }
}

#[test]
fn the_terms_can_be_read_in_the_other_language() {
    let mut harness = terms_page(Language::English);
    harness.get_by_role_and_label(Role::Button, "Deutsch").click();
    harness.run();
    assert!(sees(&harness, "Wer hilft"));
    harness.get_by_role_and_label(Role::Button, "Ich stimme zu");
}

#[test]
fn the_terms_are_found_again_and_left_again() {
    for page in [waiting_page(shown_code(), Status::Ready), CustomerPage::Over(over("Maria Huber", WhyOver::ByMe))] {
        let mut harness = open_customer(customer_view(page), Language::English);
        harness.run();
        for leave in [None, Some(Key::Escape)] {
            harness.get_by_role_and_label(Role::Button, "Terms and privacy").click();
            harness.run();
            assert!(sees(&harness, "Who helps"), "it begins at the beginning");
            assert!(harness.query_by_role_and_label(Role::Button, "I accept").is_none());
            match leave {
                Some(key) => harness.key_press(key),
                None => harness.get_by_role_and_label(Role::Button, "Back").click(),
            }
            harness.run();
            assert!(!sees(&harness, "Who helps"));
        }
        assert_eq!(harness.state().actions, []);
    }
}

/// Who reads the terms is asked all the same, and is not led back to them afterwards.
#[test]
fn a_question_comes_before_the_terms() {
    let mut harness = open_customer(customer_view(waiting_page(shown_code(), Status::Ready)), Language::English);
    harness.run();
    harness.get_by_role_and_label(Role::Button, "Terms and privacy").click();
    harness.run();
    harness.state_mut().view = customer_view(question(view_only(), false));
    harness.run();
    harness.get_by_label("Maria Huber wants to see your screen");
    assert!(harness.get_by_role_and_label(Role::Button, "Refuse").is_focused());
    assert!(harness.query_by_role_and_label(Role::Button, "Terms and privacy").is_none());
    harness.state_mut().view = customer_view(customer_session(view_only(), false));
    harness.run();
    harness.get_by_role_and_label(Role::Button, "■  End");
}

/// In both languages the buttons are where they can be seen, whatever the terms say.
#[test]
fn long_terms_do_not_push_the_buttons_out() {
    for (language, _) in LANGUAGES {
        let mut view = customer_view(CustomerPage::Terms);
        let long = "Eine Zeile der Bedingungen.\n\n".repeat(400);
        view.terms.english = long.as_str().into();
        view.terms.german = long.as_str().into();
        view.test_relay = Some("127.0.0.1:4433".into());
        let mut harness = open_customer(view, language);
        harness.run();
        let accept = harness.state().ui.text.say("terms-accept");
        let button = harness.get_by_role_and_label(Role::Button, &accept);
        assert!(button.rect().max.y < CUSTOMER_SIZE.y - 50.0, "{:?}", button.rect());
    }
}
