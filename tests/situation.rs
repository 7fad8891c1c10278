//! What happens around a session and is survived: the screen takes another size, is locked, goes dark.

mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of what people do")]
mod people;

use std::process::Command;
use std::time::Duration;

use desk::{Desk, PATIENCE, until};
use people::Session;

/// A lock is noticed within this time (design, invariant 4).
const NOTICED_WITHIN: Duration = Duration::from_secs(2);
/// Where the notes are: at the upper left, where every size of the screen has room for them.
const NOTES: &str = "60x8+8+8";

fn lands(desk: &Desk, wanted: &str) {
    until(PATIENCE, &format!("{wanted:?} in the customer's file"), || (desk.written() == wanted).then_some(()));
}

#[test]
fn the_screen_takes_other_sizes_while_the_adviser_types() {
    let session = Session::begin_on(Desk::start_changeable());
    let (customer, adviser) = (&session.customer, &session.adviser);
    let _notes = customer.desk.notes(NOTES);
    session.allow_control();
    adviser.show_pixel_for_pixel();
    session.sees_exactly();
    let mut wanted = String::new();
    // Down, to an odd size, up, and across.
    for size in [(1000, 700), (1021, 683), (1380, 820), (700, 830)] {
        let terminal = customer.desk.geometry(customer.desk.window("notes", PATIENCE));
        session.click_on_customers(terminal.centre());
        adviser.desk.type_text("before ");
        customer.desk.change_size(size);
        adviser.desk.type_text("after\n");
        wanted.push_str("before after\n");
        lands(&customer.desk, &wanted);
        session.sees_exactly();
        // The lower right corner is where an old size would be wrong.
        let corner = inside((size.0 - 20, size.1 - 20));
        session.click_on_customers(corner);
        until(PATIENCE, "the pointer in the corner", || (customer.desk.pointer() == corner).then_some(()));
    }
    until(PATIENCE, "every button to come up", || customer.desk.held_buttons().is_empty().then_some(()));
}

fn inside((x, y): (u16, u16)) -> (i16, i16) {
    let fits = |place| i16::try_from(place).expect("inside a screen");
    (fits(x), fits(y))
}

#[test]
fn screens_come_and_go_while_the_adviser_types() {
    let session = Session::begin_on(Desk::start_with_outputs());
    let (customer, adviser) = (&session.customer, &session.adviser);
    let _notes = customer.desk.notes(NOTES);
    session.allow_control();
    adviser.show_pixel_for_pixel();
    session.sees_exactly();
    customer.desk.add_mode((700, 800), &["DUMMY0"]);
    customer.desk.add_mode((560, 640), &["DUMMY1"]);
    let mut wanted = String::new();
    let terminal = customer.desk.geometry(customer.desk.window("notes", PATIENCE)).centre();
    let beside = ["--output", "DUMMY0", "--mode", "700x800", "--output", "DUMMY1", "--mode", "560x640"];
    let beside = [beside.as_slice(), &["--right-of", "DUMMY0"]].concat();
    let unplugged = ["--output", "DUMMY1", "--off"];
    for (change, corner) in
        [(beside.as_slice(), (1250, 630)), (&unplugged, (690, 790)), (&beside, (1250, 630)), (&unplugged, (690, 790))]
    {
        session.click_on_customers(terminal);
        adviser.desk.type_text("before ");
        customer.desk.xrandr(change);
        adviser.desk.type_text("after\n");
        wanted.push_str("before after\n");
        lands(&customer.desk, &wanted);
        session.sees_exactly();
        session.click_on_customers(corner);
        until(PATIENCE, "the pointer in the corner", || (customer.desk.pointer() == corner).then_some(()));
    }
}

#[test]
fn a_screen_without_power_is_told_and_wakes_by_the_advisers_hand() {
    let session = Session::begin_on(Desk::start_with_outputs());
    let (customer, adviser) = (&session.customer, &session.adviser);
    session.allow_control();
    adviser.show_pixel_for_pixel();
    adviser.desk.move_to((600, 500));
    assert!(!adviser.is_told_of_silence());
    let power = |state: &str| {
        let done = customer.desk.spawn(Command::new("xset").args(["dpms", "force", state])).ended(PATIENCE);
        assert!(done.is_some_and(|status| status.success()));
    };
    power("off");
    until(NOTICED_WITHIN, "the adviser to be told", || adviser.is_told_of_silence().then_some(()));
    power("on");
    until(PATIENCE, "the screen to be lit", || (!adviser.is_told_of_silence()).then_some(()));
    session.sees_exactly();
    power("standby");
    until(NOTICED_WITHIN, "the adviser to be told", || adviser.is_told_of_silence().then_some(()));
    adviser.desk.move_to((620, 520));
    until(PATIENCE, "the screen to wake", || (!adviser.is_told_of_silence()).then_some(()));
    session.sees_exactly();
}

#[test]
fn into_a_locked_screen_nothing_is_typed_and_after_it_all_goes_on() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer, &session.adviser);
    let _notes = customer.desk.notes(NOTES);
    session.allow_control();
    session.hold_a_key();
    assert!(!adviser.is_told_why_it_pauses());
    let mut locker = customer.desk.spawn(Command::new("i3lock").args(["--nofork", "--color", "203040"]));
    until(NOTICED_WITHIN, "the adviser to be told and the keys to come up", || {
        (adviser.is_told_why_it_pauses() && customer.desk.held_keys().is_empty()).then_some(())
    });
    adviser.desk.release(u32::from('a'));
    assert!(!adviser.may_ask(), "nobody is there to be asked");
    let before = customer.desk.pointer();
    let terminal = customer.desk.geometry(customer.desk.window("notes", PATIENCE));
    adviser.desk.type_text("password\n");
    adviser.desk.move_to((700, 500));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(customer.desk.pointer(), before);

    // The customer is back.
    locker.kill();
    until(PATIENCE, "the adviser to be told", || (!adviser.is_told_why_it_pauses()).then_some(()));
    assert!(!adviser.may_ask(), "what was granted goes on");
    session.sees_exactly();
    session.click_on_customers(terminal.centre());
    adviser.desk.type_text("back\n");
    lands(&customer.desk, "back\n");
}

#[test]
fn a_screen_that_went_dark_is_told_and_wakes_by_the_advisers_hand() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer, &session.adviser);
    session.allow_control();
    adviser.show_pixel_for_pixel();
    adviser.desk.move_to((600, 500));
    // The strip at the bottom says in the warning colour what is so; nothing is interrupted here.
    assert!(!adviser.is_told_of_silence());
    let darkened = customer.desk.spawn(Command::new("xset").args(["s", "activate"])).ended(PATIENCE);
    assert!(darkened.is_some_and(|status| status.success()));
    until(NOTICED_WITHIN, "the adviser to be told", || adviser.is_told_of_silence().then_some(()));
    adviser.desk.move_to((620, 520));
    until(PATIENCE, "the screen to wake", || (!adviser.is_told_of_silence()).then_some(()));
    assert!(adviser.is_in_session());
    session.sees_exactly();
}
