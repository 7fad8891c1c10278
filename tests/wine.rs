//! `lotse.exe` under Wine, from two closed programs to two closed programs, and nothing is left: an adviser on Windows helps a
//! customer on Linux, and a customer on Windows is helped by an adviser on Linux. `./dev windows test` builds it, makes a Windows
//! for it, and says where both are.
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
#[path = "wine/helps.rs"]
mod helps;
#[path = "wine/log_off.rs"]
mod log_off;
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
use people::Adviser;
use prefix::{GONE_WITHIN, Prefix};

/// The keys of a PC keyboard by X's numbers, as every Linux has them: named after what they are in the US.
mod code {
    pub(crate) const ESCAPE: u8 = 9;
    pub(crate) const MINUS: u8 = 20;
    pub(crate) const EQUAL: u8 = 21;
    pub(crate) const TAB: u8 = 23;
    pub(crate) const Q: u8 = 24;
    pub(crate) const E: u8 = 26;
    pub(crate) const RETURN: u8 = 36;
    pub(crate) const CONTROL: u8 = 37;
    pub(crate) const A: u8 = 38;
    pub(crate) const SEMICOLON: u8 = 47;
    pub(crate) const SHIFT: u8 = 50;
    pub(crate) const ALT: u8 = 64;
    pub(crate) const CAPS_LOCK: u8 = 66;
    pub(crate) const F4: u8 = 70;
    pub(crate) const KEYPAD_4: u8 = 83;
    pub(crate) const KEYPAD_DECIMAL: u8 = 91;
    pub(crate) const KEYPAD_ENTER: u8 = 104;
    pub(crate) const CONTROL_RIGHT: u8 = 105;
    pub(crate) const ALT_RIGHT: u8 = 108;
    pub(crate) const LEFT: u8 = 113;
    pub(crate) const DELETE: u8 = 119;
    pub(crate) const SUPER: u8 = 133;
    pub(crate) const MENU: u8 = 135;
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
    leaves_nothing(&prefix, helps::german_desk(), |desk| helps::by(&prefix, prefix.lotse(), desk));
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
    leaves_nothing(&prefix, desk, |desk| helped::from_beginning_to_end(&prefix, desk));
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
    leaves_nothing(&prefix, Desk::start(), |desk| onward::continues(&prefix, onward::limited(&prefix), desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_session_outlasts_a_no_to_what_windows_asks() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| onward::declined_once(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_session_outlasts_an_administrators_program_that_is_killed_before_the_adviser_comes() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| onward::outlasts_the_second(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn an_administrators_program_does_not_outlast_the_one_that_started_it() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| onward::ends_with_the_first(&prefix, desk));
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
    leaves_nothing(&prefix, Desk::start(), |desk| onward::goes_on_with_nobody_else(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customer_who_logs_off_says_goodbye_and_leaves_nothing() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    log_off::once(&prefix, &desk);
    leaves_nothing(&prefix, desk, |desk| log_off::by_customer(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn an_adviser_who_logs_off_says_goodbye_and_leaves_nothing() {
    let prefix = Prefix::given();
    let desk = Adviser::desk();
    log_off::once(&prefix, &desk);
    leaves_nothing(&prefix, desk, |desk| log_off::by_adviser(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customers_program_that_is_killed_on_windows_leaves_nothing_down() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| helped::killed_with_a_key_down(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customers_window_that_is_closed_on_windows_leaves_nothing_down() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| helped::closed_with_a_key_down(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn what_is_held_on_windows_is_let_go_of_when_control_is_taken_back() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| helped::taken_back_with_keys_and_a_button_down(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_button_that_is_let_go_over_a_window_of_an_administrators_does_not_stay_down() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| helped::a_button_let_go_over_a_window_that_is_kept(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_wheel_turns_by_parts_of_a_notch_on_windows() {
    helped::wheel_of_parts(&Prefix::given());
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_key_that_is_let_go_before_a_window_of_an_administrators_does_not_stay_down() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| helped::let_go_before_a_window_that_is_kept(&prefix, desk));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customers_window_on_windows_leaves_nothing() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| {
        let relay = Relay::start();
        let mut program = desk.spawn(prefix.lotse().args(relay.arguments()));
        let window = desk.window_of(&program, PATIENCE);
        until(PATIENCE, "something in the window", || (desk.looks(window).colours() > 16).then_some(()));
        desk.close(window);
        assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
        desk
    });
}

/// What `run` does on this desk, which it gives back, leaves no trace of `lotse.exe`.
fn leaves_nothing(prefix: &Prefix, desk: Desk, run: impl FnOnce(Desk) -> Desk) {
    let traces = prefix.before(&desk);
    let desk = run(desk);
    traces.nothing_is_left(prefix);
    drop(desk);
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
