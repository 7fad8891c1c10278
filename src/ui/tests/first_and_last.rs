//! The numbers before a session and the page after it.

use egui::{Key, Rect, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::pages::{WHYS, customer_view, over, shown_code, waiting_page};
use super::{CUSTOMER_SIZE, CustomerWindow, LANGUAGES, open_customer, texts};
use crate::app::view::{CodeView, CustomerAction, CustomerPage, Status, WhyOver};
use crate::ui::text::Language;

#[test]
fn a_codes_life_stands_under_it() {
    let open = |code: CodeView, status| {
        let mut harness = open_customer(customer_view(waiting_page(code, status)), Language::English);
        harness.run();
        harness
    };
    let harness = open(shown_code(), Status::Ready);
    harness.get_by_label("new code in 9:41");
    harness.get_by_role_and_label(Role::Button, "New code");

    let harness = open(CodeView::InUse { code: "731 940".into() }, Status::SomebodyKnocks);
    harness.get_by_label("731 940");
    harness.get_by_label("being used just now");
    harness.get_by_label("Somebody is announcing themselves. Nobody can see your screen yet.");
    assert!(harness.query_by_label_contains("new code in").is_none());
    assert!(harness.query_by_role_and_label(Role::Button, "New code").is_none(), "it stays while it is being used");

    let mut harness = open(CodeView::UsedUp, Status::Ready);
    harness.get_by_label_contains("Three codes were lost to wrong attempts.");
    assert!(harness.query_by_label_contains("new code in").is_none());
    harness.get_by_role_and_label(Role::Button, "New code").click();
    harness.run();
    assert_eq!(harness.state().actions, [CustomerAction::NewCode]);
}

#[test]
fn from_the_last_page_the_customer_goes_back_to_the_numbers_or_closes() {
    for (label, action) in [("Get help again", CustomerAction::WaitAgain), ("Close", CustomerAction::Close)] {
        let page = CustomerPage::Over(over("Maria Huber", WhyOver::ByOther));
        let mut harness = open_customer(customer_view(page), Language::English);
        harness.run();
        assert!(harness.get_by_role_and_label(Role::Button, "Close").is_focused());
        harness.get_by_label("Maria Huber was connected for 12 minutes.");
        harness.get_by_label("Your adviser ended it.");
        harness.get_by_label_contains("Nothing was installed");
        harness.get_by_role_and_label(Role::Button, label).click();
        harness.run();
        assert_eq!(harness.state().actions, [action]);
    }
}

/// How many lines of the list can be seen whole: each begins with its minute.
fn lines_seen(harness: &Harness<'_, CustomerWindow>) -> usize {
    let window = Rect::from_min_size(egui::Pos2::ZERO, CUSTOMER_SIZE);
    let drawn = harness.output().shapes.iter().flat_map(texts);
    let whole = drawn.filter(|(_, bounds, clip)| clip.intersect(window).expand(1.0).contains_rect(*bounds));
    whole.filter(|(text, ..)| text.ends_with(" min")).count()
}

#[test]
fn what_was_done_can_be_read_on_the_last_page() {
    for (language, name) in LANGUAGES {
        for (why_name, why) in WHYS {
            let last = over("Maria Huber", why);
            let lines = last.activities.len();
            let mut harness = open_customer(customer_view(CustomerPage::Over(last)), language);
            harness.run();
            let seen = lines_seen(&harness);
            // A long sentence above leaves less of it.
            let usual = matches!(why, WhyOver::ByMe | WhyOver::ByOther);
            assert!(seen >= lines.min(if usual { 5 } else { 3 }), "{name} {why_name}: {seen} of {lines} lines");
            let close = harness.state().ui.text.say("close");
            let close = harness.get_by_role_and_label(Role::Button, &close).rect();
            assert!(close.max.y < CUSTOMER_SIZE.y - 52.0, "{name} {why_name}: Close is at {close}");
        }
    }
}

#[test]
fn a_long_list_is_scrolled_by_the_keyboard() {
    let mut last = over("Maria Huber", WhyOver::ByMe);
    let line = last.activities[3].clone();
    last.activities.extend((12..90).map(|minute| crate::app::view::Activity { minute, ..line.clone() }));
    let mut harness = open_customer(customer_view(CustomerPage::Over(last)), Language::English);
    harness.run();
    let shows = |harness: &Harness<'_, CustomerWindow>, wanted: &str| {
        let mut drawn = harness.output().shapes.iter().flat_map(texts);
        drawn.any(|(text, bounds, clip)| text == wanted && clip.expand(1.0).contains_rect(bounds))
    };
    assert!(shows(&harness, "89 min") && !shows(&harness, "0 min"), "the newest are at hand");
    // From *Close* through the last line of the page around to the list.
    for _ in 0..3 {
        harness.key_press(Key::Tab);
        harness.run();
    }
    harness.key_press(Key::Home);
    harness.run();
    assert!(shows(&harness, "0 min") && !shows(&harness, "89 min"));
    harness.key_press(Key::End);
    harness.run();
    assert!(shows(&harness, "89 min"));
}
