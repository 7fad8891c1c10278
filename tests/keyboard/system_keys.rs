//! The keys that a desktop keeps for itself: the customer's has them while the picture has the keyboard and control is
//! allowed, and the adviser's otherwise. Both are bound to them, in openbox.

use std::thread;
use std::time::{Duration, Instant};

use super::desk::{Desk, PATIENCE, until};
use super::notes;
use super::people::{Adviser, Session};

const CONTROL: u8 = 37;
const CONTROL_RIGHT: u8 = 105;
const ALT: u8 = 64;
const SUPER: u8 = 133;
const TAB: u8 = 23;
const ESCAPE: u8 = 9;
const F4: u8 = 70;

/// In openbox's names, and as they are pressed.
const KEYS: [(&str, &[u8], u8); 5] = [
    ("A-Tab", &[ALT], TAB),
    ("Super_L", &[], SUPER),
    ("A-F4", &[ALT], F4),
    ("C-Escape", &[CONTROL], ESCAPE),
    ("W-r", &[SUPER], 27),
];

/// Presses all of them on `hands`, and waits until the desktop of `acts` has done what they are for, and the other nothing.
#[track_caller]
fn act_on(hands: &Desk, acts: &Desk, other: &Desk) {
    let not_there = other.acted();
    for (name, held, key) in KEYS {
        let before = acts.acted().lines().count();
        hands.chord(held, key);
        // Super alone is one of the keys as well; what the two do may end in any order.
        let wanted = if held == [SUPER] { vec!["Super_L", name] } else { vec![name] };
        let begun = Instant::now();
        loop {
            let acted = acts.acted();
            let mut new: Vec<&str> = acted.lines().skip(before).collect();
            new.sort_unstable();
            if new == wanted {
                break;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "{name}: {new:?} was done, and elsewhere {:?}",
                other.acted()
            );
            thread::sleep(Duration::from_millis(10));
        }
    }
    // What would come there as well has had the time of all the others.
    thread::sleep(Duration::from_millis(200));
    assert_eq!(other.acted(), not_there);
}

#[test]
fn the_desktops_own_keys_are_the_customers_only_while_the_picture_has_them() {
    let mut desks = (Desk::start(), Adviser::desk());
    desks.0.keep_keys(&KEYS.map(|(name, ..)| name));
    desks.1.keep_keys(&KEYS.map(|(name, ..)| name));
    let session = Session::begin_from(desks.0, desks.1);
    let (customer, adviser) = (&session.customer.desk, &session.adviser.desk);
    let _notes = notes(customer);
    // Control is not allowed.
    adviser.focus(session.adviser.window);
    act_on(adviser, adviser, customer);

    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    session.click_on_customers(customer.geometry(customer.window("notes", PATIENCE)).centre());
    thread::sleep(super::SETTLE);
    act_on(adviser, customer, adviser);
    assert_eq!(customer.held_keys(), []);

    adviser.chord(&[], CONTROL_RIGHT);
    thread::sleep(super::SETTLE);
    act_on(adviser, adviser, customer);

    adviser.chord(&[], CONTROL_RIGHT);
    thread::sleep(super::SETTLE);
    act_on(adviser, customer, adviser);

    // And not any more when the customer takes control back.
    session.customer.stop_control();
    until(PATIENCE, "the adviser to be told", || session.adviser.may_ask().then_some(()));
    thread::sleep(super::SETTLE);
    act_on(adviser, adviser, customer);
    assert_eq!(customer.held_keys(), []);
}
