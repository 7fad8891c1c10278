//! An adviser on Windows helps a customer on Linux.

use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::desk::{Desk, PATIENCE, until};
use crate::people::{ADVISERS_WINDOW, Adviser, Customer, Session};
use crate::prefix::{GONE_WITHIN, Prefix};
use crate::{GERMAN_KEYS, GERMAN_TEXT, arrives_within, buttons, code};

/// A whole session by a program that is started so; the adviser's desk is left as it is.
pub(crate) fn by(prefix: &Prefix, lotse: Command, desk: Desk) -> Desk {
    let session = begin(lotse, desk);
    let _notes = session.customer.desk.notes_by("60x10+8+560", "stty raw -echo; exec cat > written");
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    session.sees_exactly();
    buttons::arrive(&session);

    let terminal = session.customer.desk.window("notes", PATIENCE);
    session.click_on_customers(session.customer.desk.geometry(terminal).centre());
    until(PATIENCE, "the notes to have the keyboard", || {
        (session.customer.desk.focused() == Some(terminal)).then_some(())
    });
    text_arrives_as_typed(&session);
    caps_lock_agrees(&session);
    the_systems_own_keys_go_to_the_customer(&session);
    other_programs_keep_theirs(prefix, &session);
    the_systems_own_keys_go_to_the_customer(&session);
    session.sees_exactly();
    assert!(session.customer.desk.held_keys().is_empty());
    assert!(session.customer.desk.held_buttons().is_empty());
    ends_by_alt_f4(session)
}

/// The adviser's program on Windows, started so, sees the customer's screen.
pub(crate) fn begin(mut lotse: Command, desk: Desk) -> Session {
    Session::begin_by("software", Customer::start, |arguments| {
        let adviser = Adviser::start_by(desk, ADVISERS_WINDOW, lotse.arg("adviser").args(arguments));
        keeps_its_size(&adviser);
        adviser
    })
}

/// An adviser's, with a German keyboard: umlauts, AltGr, dead keys.
pub(crate) fn german_desk() -> Desk {
    let desk = Adviser::desk();
    desk.lay_out("de");
    desk
}

/// Wine gives a window that has appeared its own first size once more.
fn keeps_its_size(adviser: &Adviser) {
    until(PATIENCE, "the window to keep its size", || {
        adviser.desk.at_rest(Duration::from_millis(500), PATIENCE);
        if adviser.size() == ADVISERS_WINDOW {
            return Some(());
        }
        adviser.desk.resize(adviser.window, ADVISERS_WINDOW);
        None
    });
}

fn text_arrives_as_typed(session: &Session) {
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let before = customer.written().len();
    adviser.type_text("Hello, World_42!\n");
    arrives(customer, before, "Hello, World_42!\r", "typed");
    let before = customer.written().len();
    for (held, code) in GERMAN_KEYS {
        slowly(adviser, held, code);
    }
    arrives(customer, before, GERMAN_TEXT, "typed on a German keyboard");
}

/// Waits until the notes have got `text` since `before`, and nothing else.
#[track_caller]
fn arrives(customer: &Desk, before: usize, text: &str, what: &str) {
    arrives_within(PATIENCE, text, what, || customer.written().get(before..).unwrap_or_default().to_owned());
}

/// At a person's pace: Wine makes text of a key when the program is told of it, with AltGr as it is by then.
fn slowly(desk: &Desk, held: &[u8], code: u8) {
    let pause = || thread::sleep(Duration::from_millis(80));
    for held in held {
        desk.key(*held, true);
        pause();
    }
    desk.chord(&[], code);
    pause();
    for held in held {
        desk.key(*held, false);
        pause();
    }
}

fn caps_lock_agrees(session: &Session) {
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    for sign in ["A", "a"] {
        adviser.chord(&[], code::CAPS_LOCK);
        let before = customer.written().len();
        adviser.chord(&[], code::A);
        arrives(customer, before, sign, "with Caps Lock");
        assert_eq!((customer.caps_lock(), adviser.caps_lock()), (sign == "A", sign == "A"));
    }
}

fn the_systems_own_keys_go_to_the_customer(session: &Session) {
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    for (held, code, text) in [
        (code::ALT, code::TAB, "\u{89}"),
        (code::ALT, code::F4, "\u{1b}[1;3S"),
        (code::CONTROL, code::ESCAPE, "\u{1b}"),
    ] {
        let before = customer.written().len();
        adviser.chord(&[held], code);
        arrives(customer, before, text, "a key of the system's own");
    }
    adviser.key(code::SUPER, true);
    until(PATIENCE, "Super to be down at the customer's", || (customer.held_keys() == [code::SUPER]).then_some(()));
    adviser.key(code::SUPER, false);
    until(PATIENCE, "Super to be up again", || customer.held_keys().is_empty().then_some(()));
}

/// Alt+F4 closes another program's window, and the customer hears nothing of it.
fn other_programs_keep_theirs(prefix: &Prefix, session: &Session) {
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let before = customer.written();
    let (mut program, window) = prefix.notepad(adviser);
    until(PATIENCE, "notepad to have the keyboard", || (adviser.focused() == Some(window)).then_some(()));
    // It has it for Windows a moment later.
    adviser.at_rest(Duration::from_millis(300), PATIENCE);
    adviser.chord(&[code::ALT], code::F4);
    assert!(program.ended(GONE_WITHIN).is_some(), "notepad ends with its window");
    assert_eq!(customer.written(), before);
    adviser.focus(session.adviser.window);
    adviser.at_rest(Duration::from_millis(300), PATIENCE);
}

/// The right Ctrl key gives the system its own keys back: Alt+F4 closes the window, which asks.
fn ends_by_alt_f4(session: Session) -> Desk {
    let Session { customer, adviser, .. } = session;
    let before = customer.desk.written().len();
    let toolbar = adviser.toolbar();
    adviser.desk.chord(&[], code::CONTROL_RIGHT);
    until(PATIENCE, "the toolbar to say whose the keys are", || adviser.toolbar().difference(&toolbar).map(drop));
    adviser.desk.chord(&[code::ALT], code::F4);
    adviser.confirm();
    let Adviser { desk, mut program, .. } = adviser;
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
    until(PATIENCE, "the customer to be told", || (!customer.is_in_session()).then_some(()));
    assert_eq!(customer.desk.written().len(), before, "nothing more has arrived");
    assert!(customer.desk.held_keys().is_empty());
    desk
}
