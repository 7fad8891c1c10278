//! The adviser writes with an input method: what it has composed arrives, and nothing of how.

use std::thread;
use std::time::Duration;

use super::desk::input_method::Preedit;
use super::desk::{Desk, PATIENCE, until};
use super::hand::{SETTLE, code};
use super::people::{Adviser, Session};
use super::{arrives, typing_in, written};

const CONTROL_RIGHT: u8 = 105;
const BACKSPACE: u8 = 22;
const SPACE: u8 = 65;

#[test]
fn what_an_input_method_has_composed_arrives_and_the_keys_for_it_do_not() {
    write_vietnamese(Preedit::ByTheMethod);
}

#[test]
fn what_is_being_composed_is_shown_where_the_method_leaves_that_to_the_program() {
    write_vietnamese(Preedit::InTheProgram);
}

fn write_vietnamese(preedit: Preedit) {
    let mut desk = Adviser::desk();
    let _input_method = desk.start_input_method(preedit);
    let (session, _notes) = typing_in(Session::begin_from(Desk::start(), desk));
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let type_plain = |letters: &str| {
        for letter in letters.chars() {
            let key = if letter == ' ' { SPACE } else { code::of(letter.to_ascii_lowercase()) };
            // At a person's pace: fcitx asks whether Shift is down when it looks at a key, in every program.
            let pause = || thread::sleep(Duration::from_millis(if letter.is_uppercase() { 200 } else { 50 }));
            if letter.is_uppercase() {
                adviser.key(code::SHIFT, true);
                pause();
            }
            adviser.chord(&[], key);
            pause();
            adviser.key(code::SHIFT, false);
        }
    };
    adviser.chord(&[code::CONTROL], SPACE);
    thread::sleep(SETTLE);
    let usual = session.adviser.looks();

    type_plain("tieengs");
    until(PATIENCE, "what is composed in the adviser's window", || {
        session.adviser.says_otherwise_than(&usual).then_some(())
    });
    assert_eq!(written(customer), b"", "it may yet become something else");
    adviser.chord(&[], BACKSPACE);
    type_plain("g Vieetj ");
    arrives(customer, 0, "tiếng Việt ".as_bytes(), "written with an input method");
    // Neither the Shift key of the capital letter nor the space bar; before it would repeat.
    until(Duration::from_millis(500), "every key to be up", || customer.held_keys().is_empty().then_some(()));
    arrives(customer, 0, "tiếng Việt ".as_bytes(), "once");

    let before = written(customer).len();
    adviser.chord(&[code::CONTROL], code::of('z'));
    type_plain("aw");
    // In the middle of a word: what there is of it is written first.
    adviser.chord(&[code::CONTROL], code::of('z'));
    arrives(customer, before, "\u{1a}ă\u{1a}".as_bytes(), "Ctrl+Z with an input method");

    // The way out is one in the middle of a word as well, which is then given up.
    type_plain("ow");
    let before = written(customer).len();
    let theirs = session.adviser.looks();
    assert!(theirs.difference(&usual).is_some(), "it is composed");
    adviser.key(CONTROL_RIGHT, true);
    thread::sleep(Duration::from_millis(100));
    adviser.key(CONTROL_RIGHT, false);
    until(PATIENCE, "the toolbar to say whose the keys are", || {
        session.adviser.says_otherwise_than(&theirs).then_some(())
    });
    thread::sleep(SETTLE);
    type_plain("aw ");
    thread::sleep(SETTLE);
    assert_eq!(written(customer).len(), before, "nothing more has arrived");
    until(Duration::from_millis(500), "every key to be up", || customer.held_keys().is_empty().then_some(()));
}
