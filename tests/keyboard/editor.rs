//! A real editor on the customer's desk, which takes keys by GTK's rules: everything into it, and out of its file.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::desk::{Desk, PATIENCE, until};
use super::hand::{SETTLE, code, tap};
use super::on_every_pair;
use super::people::Session;

const MENU: u8 = 135;
const SPACE: u8 = 65;
const QUOTE: u8 = 48;

/// What the file holds.
fn saved(desk: &Desk) -> String {
    fs::read_to_string(desk.folder().join("letter.txt")).unwrap_or_default()
}

#[test]
fn text_shortcuts_and_saving_in_a_real_editor() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    fs::write(customer.folder().join("letter.txt"), "").expect("the desk's folder is writable");
    let _editor = customer.spawn(Command::new("l3afpad").arg("letter.txt").current_dir(customer.folder()));
    let window = customer.window("letter.txt", PATIENCE);
    customer.resize(window, (360, 220));
    customer.place(window, 8, 540);
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    session.click_on_customers(customer.geometry(window).centre());

    let control = |letter: char, on: u8| {
        adviser.chord(&[code::CONTROL], on);
        println!("Ctrl+{letter}");
    };
    let saves = |wanted: &str, what: &str| {
        let begun = std::time::Instant::now();
        control('S', code::of('s'));
        while saved(customer) != wanted {
            assert!(begun.elapsed() < Duration::from_secs(5), "{what}: {:?} instead of {wanted:?}", saved(customer));
            thread::sleep(Duration::from_millis(10));
        }
    };
    let mut text = String::new();
    on_every_pair(&session, |hand, host| {
        for one in &hand.taps {
            tap(adviser, *one);
        }
        adviser.chord(&[], code::RETURN);
        text += &format!("{}\n", hand.text);
        saves(&text, &format!("typed on {}, on {host}", hand.layout));
    });
    // The Compose key: ' and e, o and c.
    let status =
        Command::new("setxkbmap").args(["-display", &adviser.display(), "us", "-option", "compose:menu"]).status();
    assert!(status.expect("setxkbmap is installed").success());
    thread::sleep(SETTLE);
    for keys in [[QUOTE, code::of('e')], [code::of('o'), code::of('c')]] {
        adviser.chord(&[], MENU);
        for key in keys {
            adviser.chord(&[], key);
        }
    }
    text += "é©";
    saves(&text, "composed");
    // All of it typed over, and taken back.
    control('A', code::of('a'));
    adviser.chord(&[], SPACE);
    saves(" ", "typed over everything");
    adviser.lay_out("de");
    thread::sleep(SETTLE);
    until(PATIENCE, "everything to be back", || {
        control('Z', code::of('y'));
        thread::sleep(Duration::from_millis(100));
        saves_as(customer, adviser, &text).then_some(())
    });
    assert_eq!(customer.held_keys(), []);
}

/// Ctrl+S; does the file hold this then?
fn saves_as(customer: &Desk, adviser: &Desk, wanted: &str) -> bool {
    adviser.chord(&[code::CONTROL], code::of('s'));
    thread::sleep(Duration::from_millis(200));
    saved(customer) == wanted
}
