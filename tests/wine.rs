//! `lotse.exe` under Wine: a customer on Linux is helped by an adviser on Windows, from two closed programs to two closed
//! programs, and nothing is left. `./dev windows test` builds it, makes a Windows for it, and says where both are.
//!
//! Wine is not Windows. What it cannot show is in `docs/decisions/0005-keyboard.md` and `0015-windows-input.md`.

#[path = "wine/area.rs"]
mod area;
#[path = "wine/branded.rs"]
mod branded;
#[path = "session/buttons.rs"]
mod buttons;
#[path = "wine/crash.rs"]
mod crash;
mod desk;
#[path = "wine/eyes.rs"]
mod eyes;
#[path = "wine/figures.rs"]
mod figures;
#[path = "wine/file.rs"]
mod file;
#[path = "wine/helped.rs"]
mod helped;
#[path = "wine/looks.rs"]
mod looks;
#[path = "wine/onward.rs"]
mod onward;
#[path = "../src/ui/tests/pages.rs"]
#[allow(dead_code, reason = "shared with the tests of the user interface, which need more of it")]
mod pages;
#[allow(dead_code, reason = "here they do not do everything")]
#[path = "session/people.rs"]
mod people;
#[path = "wine/planted.rs"]
mod planted;
#[path = "wine/prefix.rs"]
mod prefix;
#[path = "wine/renderer.rs"]
mod renderer;
#[path = "branded/workshop.rs"]
#[allow(dead_code, reason = "shared with the tests of copies for Linux, which need more of it")]
mod workshop;

/// Where `pages` looks for the views.
mod app {
    pub(crate) use lotse::app::view;
}

use std::thread;
use std::time::{Duration, Instant};

use desk::relay::Relay;
use desk::{Desk, PATIENCE, until};
use people::{ADVISERS_DESK, ADVISERS_WINDOW, Adviser, Customer, Session};
use prefix::{GONE_WITHIN, Prefix};

/// The keys of a PC keyboard by X's numbers, as every Linux has them: named after what they are in the US.
mod code {
    pub(crate) const ESCAPE: u8 = 9;
    pub(crate) const MINUS: u8 = 20;
    pub(crate) const EQUAL: u8 = 21;
    pub(crate) const TAB: u8 = 23;
    pub(crate) const Q: u8 = 24;
    pub(crate) const E: u8 = 26;
    pub(crate) const CONTROL: u8 = 37;
    pub(crate) const A: u8 = 38;
    pub(crate) const SEMICOLON: u8 = 47;
    pub(crate) const SHIFT: u8 = 50;
    pub(crate) const ALT: u8 = 64;
    pub(crate) const CAPS_LOCK: u8 = 66;
    pub(crate) const F4: u8 = 70;
    pub(crate) const CONTROL_RIGHT: u8 = 105;
    pub(crate) const ALT_RIGHT: u8 = 108;
    pub(crate) const SUPER: u8 = 133;
}

/// Keys of a German keyboard, each with what is held for it: umlauts, AltGr, a dead key. And what they type.
pub(crate) const GERMAN_KEYS: [(&[u8], u8); 8] = [
    (&[], code::SEMICOLON),
    (&[code::SHIFT], code::SEMICOLON),
    (&[], code::MINUS),
    (&[code::ALT_RIGHT], code::Q),
    (&[code::ALT_RIGHT], code::E),
    (&[code::ALT_RIGHT], code::MINUS),
    // Dead: ´ and e.
    (&[], code::EQUAL),
    (&[], code::E),
];
pub(crate) const GERMAN_TEXT: &str = "öÖß@€\\é";

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn an_adviser_on_windows_helps_and_leaves_nothing() {
    let prefix = Prefix::given();
    let desk = Desk::start_sized(ADVISERS_DESK);
    // AltGr, dead keys and umlauts.
    desk.lay_out("de");
    let traces = prefix.before(&desk);
    let desk = helps(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn what_is_painted_on_windows_is_captured_to_the_pixel() {
    eyes::see_what_is_painted(&Prefix::given());
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn lotse_doctor_says_what_it_finds_on_windows_and_tries_it_out() {
    eyes::doctor_finds_and_tries(&Prefix::given());
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customer_on_windows_is_helped_and_nothing_is_left() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    desk.lay_out("fr");
    let traces = prefix.before(&desk);
    let desk = helped::from_beginning_to_end(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

/// For the notes on a change, and docs/decisions/0014-windows-capture.md.
#[test]
#[ignore = "it measures: ./dev windows bench"]
fn figures_of_a_customer_on_windows() {
    figures::print(&Prefix::given());
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customer_on_windows_continues_as_administrator_and_nothing_is_left() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    let desk = onward::continues_as_administrator(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_session_outlasts_an_administrators_program_that_is_killed_before_the_adviser_comes() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    let desk = onward::outlasts_the_second(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn an_administrators_program_does_not_outlast_the_one_that_started_it() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    let desk = onward::ends_with_the_first(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_program_and_its_administrators_speak_with_nobody_else() {
    // Not lotse.exe itself: what Wine writes down for a program of a terminal is not looked at.
    onward::speaks_with_nobody_else(&Prefix::given());
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_program_that_is_not_ours_has_nobody_go_on_with_it() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    let desk = onward::goes_on_with_nobody_else(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customer_who_logs_off_says_goodbye_and_leaves_nothing() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    // The first time, Wine writes down where it has looked for what else to start.
    assert!(desk.spawn(&mut prefix.logs_off()).ended(GONE_WITHIN).is_some(), "Wine logs off");
    let traces = prefix.before(&desk);
    let desk = helped::logs_off(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customers_program_that_is_killed_on_windows_leaves_nothing_down() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    let desk = helped::killed_with_a_key_down(&prefix, desk);
    traces.nothing_is_left(&prefix);
    drop(desk);
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customers_window_on_windows_leaves_nothing() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    let relay = Relay::start();
    let mut program = desk.spawn(prefix.lotse().args(relay.arguments()));
    let window = desk.window_of(&program, PATIENCE);
    until(PATIENCE, "something in the window", || (desk.looks(window).colours() > 16).then_some(()));
    desk.close(window);
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
    traces.nothing_is_left(&prefix);
}

/// A whole session; the adviser's desk is left as it is.
fn helps(prefix: &Prefix, desk: Desk) -> Desk {
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let mut arguments = relay.arguments().to_vec();
    arguments.extend(["--renderer".to_owned(), "software".to_owned()]);
    let customer = Customer::start(&arguments);
    let adviser = Adviser::start_by(desk, ADVISERS_WINDOW, prefix.lotse().arg("adviser").args(&arguments));
    keeps_its_size(&adviser);
    let session = Session::between(relay, &account, customer, adviser);
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

/// Waits until what has been written is `text`.
#[track_caller]
fn arrives_within(patience: Duration, text: &str, what: &str, written: impl Fn() -> String) {
    let begun = Instant::now();
    let mut new = String::new();
    while begun.elapsed() < patience {
        new = written();
        if new == text {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}: {new:?} arrived instead of {text:?}");
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
