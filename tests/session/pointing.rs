//! The customer's pointer on the adviser's screen: one pointer for one pointer, where it is and as it looks.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::screen::{Cursor, Rect};
use crate::desk::{Desk, PATIENCE, until};
use crate::people::{Adviser, Customer, Session};

/// The wallpaper of the customer's desk, away from every window.
const WALLPAPER: (i16, i16) = (1270, 790);

/// A terminal: over its text the pointer is an I-beam.
fn terminal(desk: &Desk) -> (Program, Rect) {
    let program = desk.spawn(Command::new("xterm").args(["-geometry", "60x10+8+560", "-title", "notes"]));
    let window = desk.window("notes", PATIENCE);
    (program, desk.geometry(window))
}

/// The customer's pointer is there, and looks like this.
fn customer_points(session: &Session, place: (i16, i16)) -> Cursor {
    let desk = &session.customer.desk;
    until(PATIENCE, "the customer's pointer to be there", || (desk.pointer() == place).then_some(()));
    desk.at_rest(Duration::from_millis(100), PATIENCE);
    desk.cursor()
}

/// The adviser's own pointer looks like this.
fn adviser_points_with(session: &Session, cursor: &Cursor) {
    until(PATIENCE, "the adviser's pointer to look like the customer's", || {
        (session.adviser.desk.cursor() == *cursor).then_some(())
    });
}

/// The customer's pointer is drawn in the picture, on its pixel; no colour of a pixel is more than `most` apart.
fn is_drawn(session: &Session, most: u8) {
    let mut apart = 0;
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let theirs = session.with_pointer(&session.customer.desk.pixels());
        let pairs = session.shown().bgrx.into_iter().zip(theirs.bgrx).enumerate();
        let colours = pairs.filter(|(index, _)| index % 4 < 3);
        apart = colours.map(|(_, (shown, theirs))| shown.abs_diff(theirs)).max().unwrap_or(0);
        if apart <= most {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("the customer's pointer is not in the picture, or not as it is: {apart} apart");
}

/// No pointer is drawn in the picture, and none comes.
fn is_not_drawn(session: &Session) {
    let bare = || {
        let theirs = session.customer.desk.pixels();
        session.shown().difference(&theirs).is_none().then_some(())
    };
    until(PATIENCE, "the picture without a pointer", bare);
    for _ in 0..5 {
        thread::sleep(Duration::from_millis(50));
        assert!(bare().is_some(), "a second pointer");
    }
}

fn put_by_the_adviser(session: &Session, (x, y): (i16, i16)) {
    let (left, top) = session.picture();
    session.adviser.desk.move_to((left + x, top + y));
}

#[test]
fn over_the_picture_the_advisers_pointer_looks_like_the_customers_and_is_the_only_one() {
    one_pointer_for_one(&Session::begin());
}

#[test]
fn over_the_picture_of_opengl_it_does_too() {
    one_pointer_for_one(&Session::begin_drawn_by("gl"));
}

fn one_pointer_for_one(session: &Session) {
    let (_program, terminal) = terminal(&session.customer.desk);
    session.allow_control();
    session.adviser.show_pixel_for_pixel();

    put_by_the_adviser(session, terminal.centre());
    let beam = customer_points(session, terminal.centre());
    adviser_points_with(session, &beam);
    is_not_drawn(session);

    put_by_the_adviser(session, WALLPAPER);
    let arrow = customer_points(session, WALLPAPER);
    assert_ne!(arrow, beam, "the test needs two shapes");
    adviser_points_with(session, &arrow);
    is_not_drawn(session);

    // And back: known by its number now.
    put_by_the_adviser(session, terminal.centre());
    adviser_points_with(session, &beam);

    // Beside the picture the pointer is the window's own again.
    let (left, top) = session.picture();
    session.adviser.desk.move_to((left + 640, top - 20));
    until(PATIENCE, "the window's own pointer", || (session.adviser.desk.cursor() != beam).then_some(()));
    is_not_drawn(session);
}

#[test]
fn the_customers_own_movements_are_seen_on_their_pixel() {
    customers_movements_are_seen(&Session::begin(), 0);
}

#[test]
fn opengl_shows_them_on_their_pixel_too() {
    // Where a pointer shines through, OpenGL rounds in its own way.
    customers_movements_are_seen(&Session::begin_drawn_by("gl"), 1);
}

/// The design allows the whole program 0.03 s in 10 s of rest.
#[test]
fn a_pointer_that_rests_costs_next_to_nothing() {
    let session = Session::begin();
    customer_points(&session, session.customer.desk.pointer());
    // What the session's beginning stirred up has settled.
    thread::sleep(Duration::from_secs(1));
    let before = used(session.customer.program.pid());
    thread::sleep(Duration::from_secs(4));
    let used = used(session.customer.program.pid()) - before;
    println!("the pointer's thread used {used:?} in 4 s of rest");
    assert!(used < Duration::from_millis(4), "{used:?}, more than a third of what the whole program may use");
}

/// Nothing of the pointer is even looked at before the customer has allowed viewing, nor after the end.
#[test]
fn nobody_follows_a_pointer_that_nobody_may_see() {
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let (customer, adviser) = (Customer::start(&relay.arguments()), Adviser::start(&relay.arguments()));
    let follows = || follower(customer.program.pid()).is_some();
    adviser.sign_in(&account);
    let (id, code) = customer.numbers();
    assert!(!follows());
    adviser.join(&id, &code);
    until(PATIENCE, "the question", || customer.is_asked().then_some(()));
    assert!(!follows());
    customer.allow();
    until(PATIENCE, "the session", || customer.is_in_session().then_some(()));
    until(PATIENCE, "the pointer to be followed", || follows().then_some(()));
    customer.end();
    until(PATIENCE, "the pointer to be followed no longer", || (!follows()).then_some(()));
}

/// The thread that follows the pointer, as the system shows it.
fn follower(process: u32) -> Option<PathBuf> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).expect("the program runs");
    let mut folders = threads.map(|thread| thread.expect("a thread").path());
    let name = |folder: &PathBuf| fs::read_to_string(folder.join("comm")).unwrap_or_default();
    folders.find(|folder| name(folder).trim() == "lotse-pointer")
}

/// Its processor time.
fn used(process: u32) -> Duration {
    let thread = follower(process).expect("a thread follows the pointer");
    let schedule = fs::read_to_string(thread.join("schedstat")).expect("the thread runs");
    let nanoseconds = schedule.split(' ').next().and_then(|used| used.parse().ok());
    Duration::from_nanos(nanoseconds.expect("the kernel counts"))
}

fn customers_movements_are_seen(session: &Session, apart: u8) {
    let (customer, adviser) = (&session.customer, &session.adviser);
    let (_program, terminal) = terminal(&customer.desk);
    adviser.show_pixel_for_pixel();

    // Who only looks sees it always, wherever it is, cut at the edges; over the picture their own is a plain one.
    // Over the program's own window, over its text, over the wallpaper.
    let places = [(700, 300), (520, 512), (620, 640), terminal.centre(), (0, 0), (1279, 799), (701, 301), WALLPAPER];
    for place in places {
        customer.desk.move_to(place);
        customer_points(session, place);
        is_drawn(session, apart);
    }
    customer.desk.move_to(terminal.centre());
    let beam = customer_points(session, terminal.centre());
    put_by_the_adviser(session, (400, 300));
    is_drawn(session, apart);
    assert_ne!(adviser.desk.cursor(), beam);

    // Something is drawn under it, and it stays whole.
    customer.desk.type_text("ls -la\n");
    is_drawn(session, apart);

    // With control, it is drawn while it is not where the adviser's hand put it.
    session.allow_control();
    put_by_the_adviser(session, (400, 300));
    customer_points(session, (400, 300));
    is_not_drawn(session);
    for place in [(401, 300), (1000, 500), terminal.centre()] {
        customer.desk.move_to(place);
        customer_points(session, place);
        is_drawn(session, apart);
    }
    put_by_the_adviser(session, (500, 300));
    customer_points(session, (500, 300));
    is_not_drawn(session);

    // Control is taken back: the same pointer is the customer's now, and drawn.
    customer.stop_control();
    is_drawn(session, apart);
}
