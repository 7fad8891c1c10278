//! A customer on Windows continues as administrator. Under Wine nobody asks, and what is started has no more rights; all the
//! rest is as on Windows: the offer, the second program, the line between the two, the way of the adviser.

use std::env;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use x11rb::protocol::xproto::Window;

use crate::desk::hands::keysym;
use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::screen::Rect;
use crate::desk::{Desk, PATIENCE, until};
use crate::helped;
use crate::people::{Adviser, Customer, Session};
use crate::prefix::{GONE_WITHIN, Prefix};

/// A window of a program that nobody may ask how high it stands: what it is called, where it is and how large, beside the
/// customer's.
const TITLE: &str = "above";
const PLACE: [&str; 4] = ["700", "300", "480", "220"];
/// Where no window is.
const BESIDE: (i16, i16) = (1200, 700);
/// What both of the customer's windows are called.
const LOTSE: &str = "Lotse";

/// The whole way with a program that is started so; the customer's desk is left as it is.
pub(crate) fn continues(prefix: &Prefix, limited: Command, desk: Desk) -> Desk {
    let session = helped::begin_by(|arguments| start(limited, desk, arguments));
    sees_the_window(&session);
    let above = is_kept_from_a_window(prefix, &session);
    take_picture(&session.customer, "kept");
    is_kept_from_it_behind_another(&session, above.1);
    goes_over_and_ends(session, above)
}

/// The customer says no to what Windows asks: the session goes on in the first program, as before, and going on as an
/// administrator can be chosen again.
pub(crate) fn declined_once(prefix: &Prefix, desk: Desk) -> Desk {
    let session = helped::begin_by(|arguments| start(limited(prefix), desk, arguments));
    let above = is_kept_from_a_window(prefix, &session);
    let declines = prefix.declines(&session.customer.desk);
    chooses(&session);
    session.customer.click_main_button();
    until(PATIENCE, "the session again", || session.customer.is_in_session().then_some(()));
    // As long as Windows asks, mouse and keyboard are the customer's alone.
    until(PATIENCE, "control again", || (!session.adviser.is_told_why_it_pauses()).then_some(()));
    take_picture(&session.customer, "declined");
    assert_eq!(session.customer.desk.windows_named(LOTSE), [session.customer.window]);
    drop(declines);
    goes_over_and_ends(session, above)
}

/// The second program is killed before the adviser has come to it: the session goes on in the first one, as before.
pub(crate) fn outlasts_the_second(prefix: &Prefix, desk: Desk) -> Desk {
    let session = helped::begin_by(|arguments| start(limited(prefix), desk, arguments));
    let above = is_kept_from_a_window(prefix, &session);
    let second = waits_for_the_adviser(&session);
    let before = session.customer.looks();
    session.customer.desk.kill_program_of(second);
    until(PATIENCE, "the customer to be told", || session.customer.says_otherwise_than(&before).then_some(()));
    session.adviser.program.resume();
    close(&session.customer.desk, above);
    assert_eq!(session.customer.desk.windows_named(LOTSE), [session.customer.window]);
    until(PATIENCE, "the adviser to have control again", || {
        let told = session.adviser.is_told_why_it_pauses() || session.adviser.is_told_of_silence();
        (session.adviser.is_in_session() && !told).then_some(())
    });
    assert!(session.customer.is_in_session());
    sees_the_window(&session);
    let Session { customer, adviser, .. } = session;
    ends(customer, adviser)
}

/// The first program is killed before the adviser has come to the second one: that ends by itself, without a session.
pub(crate) fn ends_with_the_first(prefix: &Prefix, desk: Desk) -> Desk {
    let session = helped::begin_by(|arguments| start(limited(prefix), desk, arguments));
    let above = is_kept_from_a_window(prefix, &session);
    let _second = waits_for_the_adviser(&session);
    session.customer.desk.kill_program_of(session.customer.window);
    session.customer.desk.window_gone(LOTSE, GONE_WITHIN);
    session.adviser.program.resume();
    until(PATIENCE, "the adviser to be told", || {
        (session.adviser.is_told_of_silence() || !session.adviser.is_in_session()).then_some(())
    });
    let Session { customer, .. } = session;
    close(&customer.desk, above);
    customer.desk
}

/// The customer has chosen, and the adviser's program, which is to come, stands still: the second program's window.
fn waits_for_the_adviser(session: &Session) -> Window {
    chooses(session);
    session.adviser.program.pause();
    session.customer.click_main_button();
    another_window(&session.customer)
}

/// `lotse.exe` as it is for an administrator who has not consented.
pub(crate) fn limited(prefix: &Prefix) -> Command {
    prefix.limited(prefix.executable())
}

/// As Windows starts a program of an administrator who has not consented.
fn start(mut command: Command, desk: Desk, arguments: &[String]) -> Customer {
    let program = desk.spawn(command.args(arguments));
    // Its process is another one's child.
    let window = desk.window(LOTSE, PATIENCE);
    let customer = Customer { desk, program, window };
    until(PATIENCE, "the terms", || customer.is_shown_terms().then_some(()));
    // Wherever Wine would have it, the administrator's window is to stand beside it.
    until(PATIENCE, "the window to be at the left", || {
        customer.desk.place(customer.window, 0, 20);
        customer.desk.at_rest(Duration::from_millis(300), PATIENCE);
        (customer.desk.geometry(customer.window).x < 10).then_some(())
    });
    customer.accept_terms();
    customer
}

/// The window comes to the front, and the adviser is told that only the customer can use it.
pub(crate) fn is_kept_from_a_window(prefix: &Prefix, session: &Session) -> (Program, Window) {
    let (adviser, customer) = (&session.adviser, &session.customer);
    let before = customer.looks();
    let program = customer.desk.spawn(prefix.beside("above.exe").args(PLACE).arg(TITLE));
    let window = customer.desk.window(TITLE, PATIENCE);
    customer.desk.focus(window);
    until(PATIENCE, "the adviser to be told", || adviser.is_told_why_it_pauses().then_some(()));
    until(PATIENCE, "the customer to be told", || customer.says_otherwise_than(&before).then_some(()));
    (program, window)
}

/// The window is in sight and not in front: a click on it would be lost. The adviser is told for a moment, and has control
/// again.
fn is_kept_from_it_behind_another(session: &Session, above: Window) {
    let (adviser, customer) = (&session.adviser, &session.customer);
    customer.desk.focus(customer.window);
    until(PATIENCE, "control again", || (!adviser.is_told_why_it_pauses()).then_some(()));
    until(PATIENCE, "the adviser to be told", || {
        // One that comes before control is back is given up.
        session.click_on_customers(customer.desk.geometry(above).centre());
        adviser.desk.at_rest(Duration::from_millis(300), PATIENCE);
        adviser.is_told_why_it_pauses().then_some(())
    });
    until(PATIENCE, "control once more", || (!adviser.is_told_why_it_pauses()).then_some(()));
}

/// The customer clicks on the offer, and is asked once more, where the adviser's hands reach nothing, though they have
/// control.
fn chooses(session: &Session) {
    let first = session.customer.window;
    session.customer.desk.focus(first);
    session.customer.desk.at_rest(Duration::from_millis(300), PATIENCE);
    // *Continue as administrator* comes before *End*.
    session.customer.desk.tap(keysym::TAB);
    session.customer.desk.tap(u32::from(' '));
    let yes = session.customer.main_button();
    session.click_on_customers(yes);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(session.customer.main_button(), yes, "the question stays");
    take_picture(&session.customer, "choice");
    assert_eq!(session.customer.desk.windows_named(LOTSE), [first]);
}

/// Into the folder that `./dev windows pictures` names.
fn take_picture(customer: &Customer, what: &str) {
    if let Some(folder) = env::var_os("LOTSE_PICTURES") {
        customer.desk.at_rest(Duration::from_millis(300), PATIENCE);
        customer.looks().save(&Path::new(&folder).join(format!("administrator-{what}.png")));
    }
}

fn another_window(customer: &Customer) -> Window {
    let is_another = |window: &Window| *window != customer.window;
    until(PATIENCE, "another window", || customer.desk.windows_named(LOTSE).into_iter().find(is_another))
}

/// The customer chooses, and is asked anew by another window; the adviser touches nothing.
fn goes_over(session: Session) -> Session {
    chooses(&session);
    session.customer.click_main_button();
    let second = another_window(&session.customer);
    let Session { customer, adviser, relay } = session;
    let customer = Customer { window: second, ..customer };
    // Nothing is seen before.
    until(PATIENCE, "the question", || customer.is_asked().then_some(()));
    assert!(!adviser.is_in_session());
    until(PATIENCE, "the first window to go", || (customer.desk.windows_named(LOTSE) == [second]).then_some(()));
    take_picture(&customer, "question");
    customer.allow();
    let session = Session { customer, adviser, relay };
    until(PATIENCE, "the session on the adviser's screen", || session.adviser.is_in_session().then_some(()));
    until(PATIENCE, "the session on the customer's screen", || session.customer.is_in_session().then_some(()));
    take_picture(&session.customer, "session");
    session.adviser.show_pixel_for_pixel();
    sees_the_window(&session);
    // Control was the first session's.
    until(PATIENCE, "control to be asked for anew", || session.adviser.may_ask().then_some(()));
    session
}

/// The adviser sees the customer's window as it is. The pointer, which is another system's, is kept away from it.
fn sees_the_window(session: &Session) {
    let Session { customer, adviser, .. } = session;
    customer.desk.move_to(BESIDE);
    let (left, top) = session.picture();
    until(PATIENCE, "the adviser to see the customer's window", || {
        let window = customer.desk.geometry(customer.window);
        let theirs = customer.desk.pixels_in(window);
        let shown = adviser.desk.pixels_in(Rect { x: left + window.x, y: top + window.y, ..window });
        shown.difference(&theirs).is_none().then_some(())
    });
}

pub(crate) fn close(desk: &Desk, (mut program, window): (Program, Window)) {
    desk.close(window);
    assert!(program.ended(GONE_WITHIN).is_some(), "it ends with its window");
}

/// The customer chooses and goes on in the second program, and the first one is gone; then everything ends.
fn goes_over_and_ends(session: Session, above: (Program, Window)) -> Desk {
    let Session { mut customer, adviser, .. } = goes_over(session);
    assert!(customer.program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "the first one is gone");
    close(&customer.desk, above);
    ends(customer, adviser)
}

/// The customer's window is closed, which asks; and everything ends.
fn ends(customer: Customer, adviser: Adviser) -> Desk {
    customer.desk.close(customer.window);
    customer.confirm();
    customer.desk.window_gone(LOTSE, GONE_WITHIN);
    until(PATIENCE, "the adviser to be told", || (!adviser.is_in_session()).then_some(()));
    customer.desk
}

/// The line between the two: only between a program and the process that was started for it, and for nobody else of the same
/// user, not even of the same file.
pub(crate) fn speaks_with_nobody_else(prefix: &Prefix) {
    let desk = Desk::start();
    let line = |words: &[&str]| desk.spawn(prefix.beside("line.exe").args(words));
    let says = |program: &mut Program, what: &str| {
        assert!(program.ended(PATIENCE).is_some(), "it ends; said: {}", program.log());
        assert_eq!(program.log().lines().collect::<Vec<_>>().join(", "), what);
    };
    let mut names = (0_u8..).map(|number| format!("{number:032x}"));
    let mut name = || names.next().expect("there are enough");

    says(&mut line(&["rise", &name(), "answer"]), "risen, heard ticket");
    for (role, why) in [("leave", "NoAnswer"), ("other-account", "OtherAccount")] {
        says(&mut line(&["rise", &name(), role]), why);
    }
    // One that was not started for it is first. It is told nothing, and nobody is told afterwards.
    let held = name();
    let mut intruder = line(&["intrude", &held]);
    says(&mut line(&["rise", &held, "linger"]), "Impostor");
    says(&mut intruder, "came 0");
    says(&mut line(&["try", &held]), "Gone");
    // One that comes while it is used.
    let used = name();
    let mut first = line(&["rise", &used, "hold"]);
    until(PATIENCE, "the line to be open", || first.log().contains("risen").then_some(()));
    says(&mut line(&["try", &used]), "Gone");
    // Nobody puts another file in the place of the one from which children are started.
    assert!(!prefix.renames("line.exe", "other.exe"), "its file was taken away");
    says(&mut first, "risen, heard ticket");
    assert!(prefix.renames("line.exe", "other.exe") && prefix.renames("other.exe", "line.exe"), "nobody holds it now");
    // One that has made a pipe of this name before: nothing is started to find it.
    let squatted = name();
    let squatter = desk.spawn(prefix.beside("impostor.exe").arg(&squatted));
    until(PATIENCE, "the squatter", || squatter.log().contains("waits").then_some(()));
    says(&mut line(&["rise", &squatted, "answer"]), "System");
    assert!(!squatter.log().contains("opened"), "{}", squatter.log());
}

/// Whoever starts `lotse.exe` to go on with something, and is not `lotse.exe`, gets no word and no window of it.
pub(crate) fn goes_on_with_nobody_else(prefix: &Prefix, desk: Desk) -> Desk {
    const NAME: &str = "000102030405060708090a0b0c0d0e0f";
    let relay = Relay::start();
    let go_on = || -> Command {
        let mut command = prefix.lotse();
        command.args(relay.arguments()).args(["go-on", NAME]);
        command
    };
    let mut nobody = desk.spawn(&mut go_on());
    assert!(nobody.ended(GONE_WITHIN).is_some_and(|status| !status.success()), "there is nothing to go on with");

    let mut impostor = desk.spawn(prefix.beside("impostor.exe").arg(NAME));
    until(PATIENCE, "the line", || impostor.log().contains("waits").then_some(()));
    let mut program = desk.spawn(&mut go_on());
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| !status.success()), "{}", program.log());
    assert!(impostor.ended(GONE_WITHIN).is_some());
    assert!(impostor.log().contains("opened") && impostor.log().contains("came 0"), "{}", impostor.log());
    assert!(desk.windows_named(LOTSE).is_empty(), "no window of it is left");
    desk
}
