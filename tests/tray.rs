//! The icon beside the clock, on a real panel: what it shows, what a click on it does, and that a window that went there
//! comes back. What is asserted is what a person would see.

mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "every whole-system test uses another part of what people do")]
mod people;

use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use desk::hands::keysym;
use desk::process::Program;
use desk::relay::Relay;
use desk::tray::Shade;
use desk::{Desk, PATIENCE, until};
use lotse::tray::icon::Icon;
use people::{Customer, Session};

/// Within this time each side knows that the other has ended the session.
const KNOWS_WITHIN: Duration = Duration::from_secs(3);

/// A customer's desk with a message bus and a panel. Both end after the desk's programs that use them.
struct Tray {
    panel: Program,
    bus: Program,
}

impl Tray {
    fn start(desk: &Desk) -> Self {
        let bus = desk.start_bus();
        Self { panel: desk.start_panel(Shade::Light), bus }
    }
}

fn session_with_tray() -> (Session, Tray) {
    let desk = Desk::start();
    let tray = Tray::start(&desk);
    let session = Session::begin_on(desk);
    session.customer.desk.icon(Icon::Connected);
    (session, tray)
}

fn comes_back(customer: &Customer) {
    until(PATIENCE, "the window to come back", || customer.desk.is_visible(customer.window).then_some(()));
    // Openbox shows the frame a moment before the program has drawn what is in it.
    customer.desk.at_rest(Duration::from_millis(300), PATIENCE);
}

#[test]
fn the_window_goes_to_the_tray_says_so_and_comes_back_with_a_click() {
    let (session, _tray) = session_with_tray();
    let customer = &session.customer;
    let place = customer.desk.geometry(customer.window);
    let _notifications = customer.desk.spawn(&mut Command::new("dunst"));
    let before = customer.desk.popups();
    customer.close_only_the_window();
    // It says where it went, where the desktop shows such sentences.
    until(PATIENCE, "the notification", || customer.desk.popups().into_iter().find(|popup| !before.contains(popup)));
    // Whoever was connected still is, and sees what goes on.
    session.adviser.show_pixel_for_pixel();
    session.sees_exactly();
    customer.desk.click(customer.desk.icon(Icon::Connected));
    comes_back(customer);
    assert!(customer.is_in_session());
    until(PATIENCE, "the window to be where it was", || {
        (customer.desk.geometry(customer.window) == place).then_some(())
    });

    customer.close_only_the_window();
    customer.desk.choose(Icon::Connected, OPEN);
    comes_back(customer);
    assert!(customer.is_in_session());
}

#[test]
fn ending_from_the_tray_is_known_at_once_and_brings_the_window_back() {
    let (session, _tray) = session_with_tray();
    session.customer.close_only_the_window();
    session.customer.desk.choose(Icon::Connected, END);
    until(KNOWS_WITHIN, "the adviser to see that it is over", || (!session.adviser.is_in_session()).then_some(()));
    comes_back(&session.customer);
    assert!(!session.customer.is_in_session());
    session.customer.desk.icon(Icon::Ready);
}

#[test]
fn quitting_from_the_tray_leaves_nothing() {
    let (mut session, _tray) = session_with_tray();
    let tree = session.customer.tree();
    session.customer.close_only_the_window();
    session.customer.desk.choose(Icon::Connected, QUIT);
    assert!(session.customer.program.ended(KNOWS_WITHIN).is_some_and(|status| status.success()));
    assert!(tree.gone_within(Duration::from_secs(1)), "still running: {:?}", tree.alive());
    until(KNOWS_WITHIN, "the adviser to see that it is over", || (!session.adviser.is_in_session()).then_some(()));
    no_icon(&session.customer.desk);
}

#[test]
fn a_killed_program_leaves_no_icon() {
    let (mut session, _tray) = session_with_tray();
    session.customer.program.kill();
    no_icon(&session.customer.desk);
}

#[test]
fn a_question_brings_the_window_back() {
    let (session, _tray) = session_with_tray();
    session.customer.close_only_the_window();
    // Asks for control; the customer sees the question and allows it.
    session.allow_control();
    assert!(session.customer.desk.is_visible(session.customer.window));
}

#[test]
fn the_window_comes_back_when_the_panel_ends_and_stays_when_there_is_a_new_one() {
    let (session, mut tray) = session_with_tray();
    session.customer.close_only_the_window();
    tray.panel.kill();
    comes_back(&session.customer);
    assert!(session.customer.is_in_session());
    let _panel = session.customer.desk.start_panel(Shade::Dark);
    session.customer.desk.icon(Icon::Connected);
    assert!(session.customer.is_in_session());
    session.customer.close_only_the_window();
}

#[test]
fn the_window_comes_back_when_the_message_bus_ends() {
    let (session, mut tray) = session_with_tray();
    session.customer.close_only_the_window();
    tray.bus.kill();
    comes_back(&session.customer);
    assert!(session.customer.is_in_session());
}

#[test]
fn without_a_tray_the_window_stays() {
    let desk = Desk::start();
    let _bus = desk.start_bus();
    let session = Session::begin_on(desk);
    session.customer.ask_by_x();
    // There is no third way out: what stands behind the two is the other language, and then it is the first again.
    for _ in 0..2 {
        session.customer.desk.tap(keysym::TAB);
    }
    session.customer.desk.tap(u32::from(' '));
    session.customer.desk.at_rest(Duration::from_millis(500), PATIENCE);
    assert!(session.customer.desk.is_visible(session.customer.window));
    session.customer.desk.tap(keysym::ESCAPE);
    until(PATIENCE, "the session's page", || session.customer.is_in_session().then_some(()));
}

#[test]
fn closing_while_nobody_is_connected_ends_the_program_tray_or_not() {
    let relay = Relay::start();
    let desk = Desk::start();
    let _tray = Tray::start(&desk);
    let mut customer = Customer::start_on(desk, &relay.arguments());
    customer.accept_terms();
    customer.desk.icon(Icon::Ready);
    let tree = customer.tree();
    customer.desk.close(customer.window);
    assert!(customer.program.ended(KNOWS_WITHIN).is_some_and(|status| status.success()));
    assert!(tree.gone_within(Duration::from_secs(1)), "still running: {:?}", tree.alive());
    no_icon(&customer.desk);
}

#[test]
fn the_icon_says_that_the_connection_is_interrupted() {
    let desk = Desk::start();
    let _bus = desk.start_bus();
    let _panel = desk.start_panel(Shade::Dark);
    let mut session = Session::begin_on(desk);
    session.customer.desk.icon(Icon::Connected);
    session.adviser.program.kill();
    session.customer.desk.icon(Icon::Paused);
}

#[test]
fn a_desktop_without_a_message_bus_or_with_one_that_hangs_delays_nothing() {
    let relay = Relay::start();
    let begun = Instant::now();
    let without = Customer::start(&relay.arguments());
    until(PATIENCE, "the program to be ready", || without.is_ready().then_some(()));
    let usual = begun.elapsed();
    let usual_log = sentences(&without.program.log());
    assert!(
        !usual_log.iter().any(|line| ["bus", "tray", "icon"].iter().any(|word| line.contains(word))),
        "{usual_log:?}"
    );

    let desk = Desk::start();
    let _listens_and_says_nothing =
        UnixListener::bind(desk.folder().join("bus")).expect("the desk's folder is writable");
    let begun = Instant::now();
    let mut hanging = Customer::start_on(desk, &relay.arguments());
    hanging.accept_terms();
    until(PATIENCE, "the program to be ready", || hanging.is_ready().then_some(()));
    // Not a matter of a second or more; less than that is the machine's mood.
    assert!(begun.elapsed() < usual + Duration::from_secs(1), "{:?} instead of {usual:?}", begun.elapsed());
    assert_eq!(sentences(&hanging.program.log()), usual_log);
    hanging.desk.close(hanging.window);
    assert!(hanging.program.ended(KNOWS_WITHIN).is_some_and(|status| status.success()));
}

/// What is said, without the time.
fn sentences(log: &str) -> Vec<String> {
    log.lines().map(|line| line.split_once(' ').map_or(line, |(_time, said)| said).to_owned()).collect()
}

/// Lines of the menu while somebody is connected, counted from below.
const QUIT: u16 = 0;
const END: u16 = 1;
const OPEN: u16 = 3;

fn no_icon(desk: &Desk) {
    let icons = [Icon::Ready, Icon::Connected, Icon::Paused];
    until(KNOWS_WITHIN, "the icon to go", || icons.iter().all(|icon| desk.find_icon(*icon).is_none()).then_some(()));
}
