//! What the adviser types arrives as typed, whatever the two keyboards are: real windows on two desks, real layouts, a
//! real terminal that writes what it gets into a file.

mod desk;
#[path = "keyboard/editor.rs"]
mod editor;
#[path = "keyboard/hand.rs"]
mod hand;
#[path = "keyboard/input_method.rs"]
mod input_method;
#[expect(dead_code, reason = "here they only type")]
#[path = "session/people.rs"]
mod people;
#[path = "keyboard/scripts.rs"]
mod scripts;
#[path = "keyboard/system_keys.rs"]
mod system_keys;

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use desk::process::Program;
use desk::{Desk, PATIENCE, until};
use hand::{Hand, SETTLE, Tap, code, hands, tap};
use people::Session;

/// A terminal on the customer's desk that writes every byte it gets into `written`, at once.
fn notes(desk: &Desk) -> Program {
    let program = desk.notes_by("60x10+8+560", "stty raw -echo; exec cat > written");
    until(PATIENCE, "the terminal to listen", || desk.folder().join("written").exists().then_some(()));
    program
}

/// A session under control with the keyboard in a terminal of the customer's.
fn typing() -> (Session, Program) {
    typing_in(Session::begin())
}

/// The same in a session that has begun.
fn typing_in(session: Session) -> (Session, Program) {
    let notes = notes(&session.customer.desk);
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    let desk = &session.customer.desk;
    let terminal = desk.geometry(desk.window("notes", PATIENCE));
    session.click_on_customers(terminal.centre());
    (session, notes)
}

fn written(desk: &Desk) -> Vec<u8> {
    fs::read(desk.folder().join("written")).unwrap_or_default()
}

/// Waits until the terminal has got `text` since `before`, and nothing else.
#[track_caller]
fn arrives(desk: &Desk, before: usize, text: &[u8], what: &str) {
    let begun = std::time::Instant::now();
    loop {
        let all = written(desk);
        let new = all.get(before..).unwrap_or_default();
        if new == text {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{what}: {:?} arrived instead of {:?}",
            String::from_utf8_lossy(new),
            String::from_utf8_lossy(text)
        );
        thread::sleep(Duration::from_millis(10));
    }
}

/// Every layout of the adviser's on every layout of the customer's.
fn on_every_pair(session: &Session, mut check: impl FnMut(&Hand, &str)) {
    for host in hands() {
        session.customer.desk.lay_out(host.layout);
        for hand in hands() {
            session.adviser.desk.lay_out(hand.layout);
            thread::sleep(SETTLE);
            check(&hand, host.layout);
        }
    }
    // What a key does is seen before it is up again.
    until(PATIENCE, "every key to be up", || session.customer.desk.held_keys().is_empty().then_some(()));
}

#[test]
fn text_arrives_as_typed_from_every_layout_on_every_layout() {
    let (session, _notes) = typing();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    on_every_pair(&session, |hand, host| {
        let before = written(customer).len();
        for one in &hand.taps {
            tap(adviser, *one);
        }
        tap(adviser, Tap::Plain(code::RETURN));
        let line = format!("{}\r", hand.text);
        arrives(customer, before, line.as_bytes(), &format!("typed on {}, on {host}", hand.layout));
    });
}

#[test]
fn shortcuts_go_by_what_the_advisers_keycaps_say() {
    let (session, _notes) = typing();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    on_every_pair(&session, |hand, host| {
        let before = written(customer).len();
        for code in hand.zyaq {
            adviser.chord(&[code::CONTROL], code);
        }
        let what = format!("Ctrl with Z, Y, A, Q from {} on {host}", hand.layout);
        arrives(customer, before, &[0x1a, 0x19, 0x01, 0x11], &what);
    });
}

#[test]
fn a_held_key_repeats_at_the_customers_pace_and_only_there() {
    let (session, _notes) = typing();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    // The customer's: ten a second after 300 ms. The adviser's: a hundred after 150 ms.
    for (desk, rate) in [(customer, ["300", "10"]), (adviser, ["150", "100"])] {
        let status = Command::new("xset").args(["-display", &desk.display(), "r", "rate"]).args(rate).status();
        assert!(status.expect("xset is installed").success());
    }
    adviser.lay_out("gr");
    thread::sleep(SETTLE);
    // One that the customer's keyboard has, in the same place, and one that is lent to it.
    for (code, sign) in [(code::of('1'), "1"), (code::of('a'), "α")] {
        let before = written(customer).len();
        adviser.key(code, true);
        thread::sleep(Duration::from_millis(1250));
        adviser.key(code, false);
        thread::sleep(Duration::from_millis(300));
        let typed = String::from_utf8(written(customer)[before..].to_vec()).expect("whole characters");
        let count = typed.chars().count();
        assert_eq!(typed, sign.repeat(count));
        println!("held for 1.25 s: {count} times {sign}");
        // One at once, one after 300 ms, then nine and a half; a busy machine makes the pause longer.
        assert!((8..=16).contains(&count), "{count} times {sign}");
    }
}

#[test]
fn locks_agree_and_are_given_back() {
    let (session, _notes) = typing();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let caps = |desk: &Desk| {
        let said = Command::new("xset").args(["-display", &desk.display(), "q"]).output().expect("xset is installed");
        String::from_utf8_lossy(&said.stdout).contains("Caps Lock:   on")
    };
    const CAPS: u8 = 66;
    // The customer has it on already: the adviser's keyboard counts.
    customer.chord(&[], CAPS);
    assert!(caps(customer) && !caps(adviser));
    for (tapped, sign) in [(0, "a"), (1, "A"), (1, "a"), (1, "A")] {
        for _ in 0..tapped {
            adviser.chord(&[], CAPS);
        }
        let before = written(customer).len();
        adviser.chord(&[], code::of('a'));
        arrives(customer, before, sign.as_bytes(), "with Caps Lock");
        assert_eq!(caps(customer), caps(adviser));
    }
    adviser.chord(&[], CAPS);
    until(PATIENCE, "Caps Lock to be off", || (!caps(customer)).then_some(()));
    adviser.unfocus();
    until(PATIENCE, "the customer's Caps Lock to be as it was", || caps(customer).then_some(()));
}

#[test]
fn keys_that_are_no_text_go_by_what_they_are() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let watcher =
        customer.spawn(Command::new("stdbuf").args(["-oL", "xev", "-event", "keyboard", "-geometry", "200x100+8+600"]));
    let window = customer.window("Event Tester", PATIENCE);
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    session.click_on_customers(customer.geometry(window).centre());
    adviser.lay_out("de");
    thread::sleep(SETTLE);
    const NUM: u8 = 77;
    let home = 79;
    // Num Lock is off on both, then on by the adviser's key.
    let keys = [
        (home, "KP_Home"),
        (104, "KP_Enter"),
        (NUM, ""),
        (home, "KP_7"),
        (107, "Print"),
        (135, "Menu"),
        (133, "Super_L"),
        (172, "XF86AudioPlay"),
        (171, "XF86AudioNext"),
        (121, "XF86AudioMute"),
        (127, "Pause"),
        (67, "F1"),
    ];
    for (code, name) in keys {
        adviser.chord(&[], code);
        if !name.is_empty() {
            until(PATIENCE, name, || watcher.log().contains(&format!(", {name})")).then_some(()));
        }
    }
    assert_eq!(customer.held_keys(), []);
}

#[test]
fn a_killed_customers_program_leaves_the_keyboard_as_it_was() {
    let (mut session, _notes) = typing();
    let desk = session.customer.desk.display();
    let keyboard = || {
        let dump = Command::new("xkbcomp").args(["-w0", "-xkb", &desk, "-"]).output().expect("xkbcomp is installed");
        String::from_utf8_lossy(&dump.stdout).into_owned()
    };
    // The first XTEST press of all changes nothing of it either.
    let before = keyboard();
    let adviser = &session.adviser.desk;
    adviser.lay_out("gr");
    thread::sleep(SETTLE);
    for sign in "asdfgh".chars() {
        adviser.chord(&[], code::of(sign));
    }
    adviser.key(code::of('j'), true);
    until(PATIENCE, "keys to be lent", || (keyboard() != before).then_some(()));
    session.customer.program.kill();
    until(Duration::from_secs(2), "every key to mean what it meant", || {
        (session.customer.desk.held_keys().is_empty() && keyboard() == before).then_some(())
    });
}
