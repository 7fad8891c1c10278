//! A customer is helped by an adviser: real windows on two desks, the real relay, real programs. What is asserted is
//! what a person would see: a line that landed in a file, a button that was pressed, pixels, a key that is up again.

#[path = "session/buttons.rs"]
mod buttons;
mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of what people do")]
mod people;
#[path = "session/pointing.rs"]
mod pointing;

use std::process::Command;
use std::time::{Duration, Instant};

use desk::hands::keysym;
use desk::process::Tree;
use desk::{PATIENCE, until};
use people::{Adviser, Customer, Session};

/// Within this time each side knows that the other is gone.
const KNOWS_WITHIN: Duration = Duration::from_secs(3);
/// Within this time nothing of a closed customer is left.
const GONE_WITHIN: Duration = Duration::from_secs(1);
/// Where the notes are: at the lower left, beside the program's window.
const NOTES: &str = "60x10+8+560";

#[test]
fn an_adviser_types_clicks_and_sees_exactly_what_the_customer_sees() {
    types_clicks_and_sees(&Session::begin_drawn_by("software"));
}

#[test]
fn an_adviser_does_the_same_in_a_window_drawn_by_opengl() {
    types_clicks_and_sees(&Session::begin_drawn_by("gl"));
}

fn types_clicks_and_sees(session: &Session) {
    let (customer, adviser) = (&session.customer, &session.adviser);
    let _notes = customer.desk.notes(NOTES);
    let mut dialog = customer.desk.spawn(Command::new("xmessage").args([
        "-geometry",
        "+8+8",
        "-title",
        "question",
        "-buttons",
        "yes:7",
        "Really?",
    ]));
    let question = customer.desk.window("question", PATIENCE);
    session.allow_control();
    adviser.show_pixel_for_pixel();

    // At rest the pixels shown are the customer's, every one of them.
    session.sees_exactly();

    // A line that is typed here lands in a file there.
    let terminal = customer.desk.geometry(customer.desk.window("notes", PATIENCE));
    session.click_on_customers(terminal.centre());
    adviser.desk.type_text("Hello, World_42!\n");
    until(PATIENCE, "the line to land in the customer's file", || {
        (customer.desk.written() == "Hello, World_42!\n").then_some(())
    });

    // A button of a real program there is pressed here: the only one stands at the lower left of its window.
    let place = customer.desk.geometry(question);
    let bottom = place.y + i16::try_from(place.height).expect("a window's height fits");
    session.click_on_customers((place.x + 15, bottom - 15));
    assert_eq!(dialog.ended(PATIENCE).and_then(|status| status.code()), Some(7), "the button's answer");

    assert_eq!(customer.desk.held_keys(), []);
    assert!(customer.desk.held_buttons().is_empty());
    session.sees_exactly();
}

#[test]
fn five_buttons_and_both_wheels_arrive() {
    let session = Session::begin();
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    buttons::arrive(&session);
}

#[test]
fn the_full_screen_shows_nothing_but_the_picture_and_shows_it_exactly() {
    let session = Session::begin();
    session.adviser.show_pixel_for_pixel();
    session.adviser.desk.tap(keysym::F11);
    until(PATIENCE, "the window to fill the screen", || session.adviser.fills_the_screen().then_some(()));
    session.sees_exactly();
    session.adviser.desk.tap(keysym::F11);
    until(PATIENCE, "the window to be one again", || (!session.adviser.fills_the_screen()).then_some(()));
    session.sees_exactly();
}

#[test]
fn looking_is_not_touching() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer, &session.adviser);
    let _notes = customer.desk.notes(NOTES);
    customer.desk.focus(customer.desk.window("notes", PATIENCE));
    adviser.show_pixel_for_pixel();
    let before = customer.desk.pointer();
    session.click_on_customers((400, 640));
    adviser.desk.type_text("rm -rf\n");
    // Whatever was to arrive would have arrived before what the customer's own hand types now.
    std::thread::sleep(Duration::from_millis(500));
    customer.desk.type_text("mine\n");
    until(PATIENCE, "the customer's own line", || customer.desk.written().ends_with("mine\n").then_some(()));
    assert_eq!(customer.desk.written(), "mine\n");
    assert_eq!(customer.desk.pointer(), before);
}

#[test]
fn keys_are_let_go_when_the_advisers_window_loses_the_keyboard() {
    let session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    session.adviser.desk.unfocus();
    until(KNOWS_WITHIN, "the customer's keys to come up", || {
        session.customer.desk.held_keys().is_empty().then_some(())
    });
}

#[test]
fn keys_are_let_go_when_the_customer_stops_control() {
    let session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    session.customer.stop_control();
    until(GONE_WITHIN, "the customer's keys to come up", || session.customer.desk.held_keys().is_empty().then_some(()));
    until(KNOWS_WITHIN, "the adviser to be told", || session.adviser.may_ask().then_some(()));
    // Viewing goes on.
    assert!(session.adviser.is_in_session());
}

#[test]
fn ending_by_the_customers_button_is_known_at_once() {
    let session = Session::begin();
    session.customer.end();
    until(KNOWS_WITHIN, "the adviser to see that it is over", || (!session.adviser.is_in_session()).then_some(()));
}

#[test]
fn closing_the_customers_window_asks_and_then_leaves_nothing() {
    let mut session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    let tree = session.customer.tree();
    session.customer.desk.close(session.customer.window);
    session.customer.confirm();
    assert!(session.customer.program.ended(KNOWS_WITHIN).is_some_and(|status| status.success()));
    nothing_is_left(&session.customer, &tree);
    until(KNOWS_WITHIN, "the adviser to see that it is over", || (!session.adviser.is_in_session()).then_some(()));
}

#[test]
fn sigterm_to_the_customers_program_leaves_nothing() {
    let mut session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    let tree = session.customer.tree();
    session.customer.program.terminate();
    assert!(session.customer.program.ended(KNOWS_WITHIN).is_some_and(|status| status.success()));
    nothing_is_left(&session.customer, &tree);
    until(KNOWS_WITHIN, "the adviser to see that it is over", || (!session.adviser.is_in_session()).then_some(()));
}

#[test]
fn killing_the_customers_program_leaves_nothing() {
    let mut session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    let tree = session.customer.tree();
    assert!(!session.adviser.is_told_of_silence());
    session.customer.program.kill();
    let killed = Instant::now();
    nothing_is_left(&session.customer, &tree);
    let left = KNOWS_WITHIN.saturating_sub(killed.elapsed());
    until(left, "the adviser to be told", || session.adviser.is_told_of_silence().then_some(()));
}

#[test]
fn killing_the_advisers_program_lets_go_of_every_key() {
    let mut session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    assert!(!session.customer.is_told_of_silence());
    session.adviser.program.kill();
    until(KNOWS_WITHIN, "the customer to be told and the keys to come up", || {
        let told = session.customer.is_told_of_silence() || !session.customer.is_in_session();
        (told && session.customer.desk.held_keys().is_empty()).then_some(())
    });
}

#[test]
fn sigterm_to_the_advisers_program_is_known_at_once() {
    let mut session = Session::begin();
    session.allow_control();
    session.hold_a_key();
    session.adviser.program.terminate();
    assert!(session.adviser.program.ended(KNOWS_WITHIN).is_some_and(|status| status.success()));
    until(KNOWS_WITHIN, "the customer to see that it is over", || (!session.customer.is_in_session()).then_some(()));
    assert_eq!(session.customer.desk.held_keys(), []);
}

/// One second after its end: no process, and so no socket; no key, no button.
fn nothing_is_left(customer: &Customer, tree: &Tree) {
    assert!(tree.gone_within(GONE_WITHIN), "still running: {:?}", tree.alive());
    until(GONE_WITHIN, "every key to come up", || customer.desk.held_keys().is_empty().then_some(()));
    assert!(customer.desk.held_buttons().is_empty());
}

#[test]
fn a_wrong_code_is_told_and_the_right_one_still_works() {
    let relay = desk::relay::Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let customer = Customer::start(&relay.arguments());
    let adviser = Adviser::start(&relay.arguments());
    adviser.sign_in(&account);
    let (id, code) = customer.numbers();
    let wrong = if code.starts_with('1') { "222222" } else { "111111" };
    adviser.join(&id, wrong);
    adviser.sees_a_problem();
    assert!(!customer.is_asked());
    adviser.join_again(&code);
    customer.allow();
    until(PATIENCE, "the session", || adviser.is_in_session().then_some(()));
    // The keyboard is the window's own again, not stuck in a field.
    adviser.desk.tap(keysym::TAB);
}
