//! The customer's window from the start to the last page, as people see and use it: the real program on real desks with
//! the real relay.

mod desk;
#[path = "session/page.rs"]
#[allow(dead_code, reason = "every whole-system test compares other pages")]
mod page;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of the people")]
mod people;

use std::fs;
use std::time::{Duration, Instant};

use desk::hands::keysym;
use desk::relay::Relay;
use lotse::app::view::{AdviserPage, CodeView, CustomerPage, Join, JoinProblem, Status, Waiting};

use desk::{Desk, PATIENCE, until};
use page::shows;
use people::{Adviser, Customer, Session};

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

/// What an adviser is told under the two numbers.
fn reads(adviser: &Adviser, problem: JoinProblem) {
    let join = Join {
        adviser: "Maria Huber".to_owned(),
        status: Status::Ready,
        id: None,
        busy: false,
        problem: Some(problem),
    };
    let notice = page::advisers_notice(AdviserPage::Join(join), adviser.size());
    until(PATIENCE, &format!("the sentence for {problem:?}"), || shows(&adviser.looks(), &notice).then_some(()));
}

/// Nine guesses of five advisers, of whom each has two: three codes are lost, and the window says so and waits for a
/// hand.
#[test]
fn three_codes_lost_to_wrong_guesses_are_told_and_a_click_makes_one_that_works() {
    let relay = Relay::start();
    let customer = Customer::start(&relay.arguments());
    let (id, first) = customer.numbers();
    let used_up = Waiting { id: Some(id.clone()), code: CodeView::UsedUp, status: Status::Ready };
    let used_up = page::customers_notice(CustomerPage::Waiting(used_up), customer.size());
    let is_told = || shows(&customer.looks(), &used_up);

    let wrong = "111111";
    let mut last = None;
    for number in 1..=5 {
        assert!(!is_told(), "before adviser {number}");
        // Two guesses each, and three at a code: whatever is less is told.
        let account = relay.add_adviser(&format!("adviser{number}"), &format!("Adviser {number}"));
        let adviser = Adviser::start(&relay.arguments());
        adviser.sign_in(&account);
        adviser.join(&id, wrong);
        reads(&adviser, JoinProblem::WrongCode { left: left_after(2 * number - 1).min(1) });
        if number < 5 {
            adviser.join_again(wrong);
            let lost = left_after(2 * number) == 0;
            reads(&adviser, if lost { JoinProblem::WrongCode { left: 0 } } else { JoinProblem::Blocked });
        }
        last = Some(adviser);
    }
    let adviser = last.expect("five advisers");
    until(PATIENCE, "the sentence about three lost codes", || is_told().then_some(()));

    // Until then nothing that anybody knows is worth anything.
    adviser.join_again(&first);
    reads(&adviser, JoinProblem::NoCode);

    customer.click_main_button();
    until(PATIENCE, "the sentence to go away", || (!is_told()).then_some(()));
    let (same, second) = customer.numbers();
    assert_eq!(same, id);
    assert_ne!(second, first);
    adviser.join_again(&second);
    customer.allow();
    until(PATIENCE, "the session", || adviser.is_in_session().then_some(()));
}

/// Of three guesses at a code.
fn left_after(guesses: usize) -> u32 {
    [2, 1, 0][(guesses - 1) % 3]
}

/// Where the notes are: at the lower left, beside the program's window.
const NOTES: &str = "60x10+8+560";

fn is_written(customer: &Customer, wanted: &str) {
    until(PATIENCE, &format!("{wanted:?} in the customer's file"), || {
        (customer.desk.written() == wanted).then_some(())
    });
}

#[test]
fn control_is_stopped_viewing_goes_on_and_asking_again_needs_no_code() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer, &session.adviser);
    let _notes = customer.desk.notes(NOTES);
    session.allow_control();
    adviser.show_pixel_for_pixel();
    let terminal = customer.desk.geometry(customer.desk.window("notes", PATIENCE)).centre();
    session.click_on_customers(terminal);
    adviser.desk.type_text("one\n");
    is_written(customer, "one\n");

    customer.stop_control();
    until(PATIENCE, "the adviser to be told", || adviser.may_ask().then_some(()));
    assert!(adviser.is_in_session() && customer.is_in_session());
    customer.desk.focus(customer.desk.window("notes", PATIENCE));
    adviser.desk.type_text("stopped\n");
    customer.desk.type_text("two\n");
    is_written(customer, "one\ntwo\n");
    session.sees_exactly();

    session.allow_control();
    session.click_on_customers(terminal);
    adviser.desk.type_text("three\n");
    is_written(customer, "one\ntwo\nthree\n");
}

#[test]
fn from_the_last_page_there_is_a_way_back_to_being_helped() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer, &session.adviser);
    customer.end();
    until(PATIENCE, "the session to be over", || (!customer.is_in_session()).then_some(()));
    until(PATIENCE, "the adviser to see it", || (!adviser.is_in_session()).then_some(()));
    customer.wait_again();
    let (id, code) = customer.numbers();
    // *Help someone else* has the keyboard.
    adviser.desk.focus(adviser.window);
    adviser.desk.at_rest(Duration::from_millis(200), PATIENCE);
    adviser.desk.tap(keysym::RETURN);
    adviser.desk.at_rest(Duration::from_millis(700), PATIENCE);
    adviser.join(&id, &code);
    customer.allow();
    until(PATIENCE, "the next session", || adviser.is_in_session().then_some(()));
}
