//! The customer's window from the start to the last page, as people see and use it: the real program on real desks with
//! the real relay.

mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of the people")]
mod people;

use std::fs;
use std::time::{Duration, Instant};

use desk::hands::keysym;
use desk::relay::Relay;
use desk::{Desk, PATIENCE, until};
use people::Customer;

/// Whoever looks at a clock while other programs run on the same two processors allows for it: the budgets of the
/// design are for an idle machine, and what was measured is printed.
const BUSY: u32 = 4;
/// The design's budget from the start of the program to its first page.
const FIRST_PAGE: Duration = Duration::from_millis(400);
/// The design's budget from the accepted terms to the ID.
const NUMBERS: Duration = Duration::from_millis(100);

/// The sockets of `pid` that could reach another computer, as `/proc` lists them.
fn on_the_network(pid: u32) -> Vec<String> {
    let mut sockets = Vec::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).expect("the program runs").flatten() {
        let Ok(target) = fs::read_link(entry.path()) else { continue };
        let target = target.to_string_lossy().into_owned();
        if let Some(inode) = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) {
            sockets.push(inode.to_owned());
        }
    }
    let tables = ["udp", "udp6", "tcp", "tcp6", "raw"].map(|name| fs::read_to_string(format!("/proc/net/{name}")));
    let lines: Vec<String> =
        tables.into_iter().flatten().flat_map(|t| t.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    lines
        .into_iter()
        .filter(|line| line.split_whitespace().nth(9).is_some_and(|inode| sockets.iter().any(|own| own == inode)))
        .collect()
}

#[test]
fn nothing_is_on_the_network_before_the_terms_are_accepted() {
    let relay = Relay::start();
    let desk = Desk::start();
    let started = Instant::now();
    let customer = Customer::start_on(desk, &relay.arguments());
    let first_page = started.elapsed();
    // Long enough for a program that would not wait.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(on_the_network(customer.program.pid()), Vec::<String>::new());
    assert!(!customer.is_ready());

    // By the keyboard alone: past the text and *Close*.
    customer.desk.focus(customer.window);
    customer.desk.tap(keysym::TAB);
    customer.desk.tap(keysym::TAB);
    let accepted = Instant::now();
    customer.desk.tap(u32::from(' '));
    until(PATIENCE, "ID and code", || customer.is_ready().then_some(()));
    let numbers = accepted.elapsed();
    assert!(!on_the_network(customer.program.pid()).is_empty());
    eprintln!("start to first page: {first_page:?}; terms accepted to ID: {numbers:?}");
    assert!(first_page < FIRST_PAGE * BUSY, "{first_page:?} to the first page");
    assert!(numbers < NUMBERS * BUSY, "{numbers:?} from the terms to the ID");
    assert_eq!(customer.numbers().0.len(), 9);
}

#[test]
fn who_does_not_accept_the_terms_closes_them_and_nothing_is_left() {
    let relay = Relay::start();
    let mut customer = Customer::start_with_terms(&relay.arguments());
    let tree = customer.tree();
    customer.desk.focus(customer.window);
    customer.desk.tap(keysym::TAB);
    customer.desk.tap(u32::from(' '));
    assert!(customer.program.ended(PATIENCE).is_some_and(|status| status.success()));
    assert!(tree.gone_within(Duration::from_secs(1)), "still running: {:?}", tree.alive());
}
