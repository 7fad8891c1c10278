//! A customer on Windows is helped by an adviser on Linux. What mouse and keyboard do there is written down by a window of
//! Windows (`hears.c`).

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use x11rb::protocol::xproto::Window;

use crate::code;
use crate::desk::hands::Button;
use crate::desk::process::Program;
use crate::desk::{Desk, PATIENCE, until};
use crate::figures::key_to_pixel;
use crate::people::{ADVISERS_WINDOW, Adviser, Customer, Session};
use crate::prefix::{GONE_WITHIN, Prefix};
use crate::{GERMAN_KEYS, GERMAN_TEXT, arrives_within, helps, onward};

/// What the window is called, where it is and how large, beside the customer's.
const TITLE: &str = "hears";
const PLACE: [&str; 4] = ["10", "540", "480", "220"];
/// Within this time nothing is down any more after the program was killed.
const LET_GO_WITHIN: Duration = Duration::from_secs(2);

/// A window that writes down what it hears.
pub(crate) struct Notes {
    program: Program,
    pub(crate) window: Window,
    file: PathBuf,
}

impl Notes {
    pub(crate) fn open(prefix: &Prefix, desk: &Desk) -> Self {
        let file = desk.folder().join("heard");
        let mut command = prefix.beside("hears.exe");
        // Wine's name for a file of Linux.
        command.arg(format!("Z:{}", file.display())).args(PLACE).arg(TITLE);
        let program = desk.spawn(&mut command);
        let window = desk.window(TITLE, PATIENCE);
        Self { program, window, file }
    }

    fn lines(&self) -> Vec<String> {
        let heard = fs::read_to_string(&self.file).unwrap_or_default();
        heard.lines().map(str::to_owned).collect()
    }

    /// The text typed since there were so many lines.
    fn text(&self, since: usize) -> String {
        let unit = |line: &String| u16::from_str_radix(line.strip_prefix("char ")?, 16).ok();
        let units: Vec<u16> = self.lines().iter().skip(since).filter_map(unit).collect();
        String::from_utf16_lossy(&units)
    }

    /// Waits until these lines have come since there were `since`, in this order, and others between them.
    #[track_caller]
    fn hears(&self, since: usize, wanted: &[&str]) {
        let begun = Instant::now();
        loop {
            let lines = self.lines();
            let mut new = lines.iter().skip(since);
            if wanted.iter().all(|wanted| new.any(|line| line == wanted)) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{wanted:?} is not in {:?}", &lines[since.min(lines.len())..]);
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn close(mut self, desk: &Desk) {
        desk.close(self.window);
        assert!(self.program.ended(GONE_WITHIN).is_some(), "the notes end with their window");
    }
}

/// The whole session; the customer's desk is left as it is.
pub(crate) fn from_beginning_to_end(prefix: &Prefix, desk: Desk) -> Desk {
    let session = begin(prefix, desk);
    let notes = Notes::open(prefix, &session.customer.desk);
    // The pointer is on the picture from now on, and so not drawn into it.
    takes_the_keyboard(&session, &notes);
    session.sees_exactly();
    text_arrives_as_typed(&session, &notes);
    commands_and_locks_arrive(&session, &notes);
    the_mouse_is_where_it_points(&session, &notes);
    delays(&session, &notes);
    session.sees_exactly();
    notes.close(&session.customer.desk);
    ends(session)
}

/// What is down when the customer's program is killed does not stay down.
pub(crate) fn killed_with_a_key_down(prefix: &Prefix, desk: Desk) -> Desk {
    let mut session = begin(prefix, desk);
    let notes = Notes::open(prefix, &session.customer.desk);
    let since = holds_shift_and_a(&session, &notes);
    let killed = Instant::now();
    session.customer.program.kill();
    notes.hears(since, &["up 41"]);
    notes.hears(since, &["up 10"]);
    assert!(killed.elapsed() < LET_GO_WITHIN, "{:?}", killed.elapsed());
    println!("let go of {:?} after the kill", killed.elapsed());
    session.adviser.desk.key(code::A, false);
    session.adviser.desk.key(code::SHIFT, false);
    notes.close(&session.customer.desk);
    let Session { customer: Customer { desk, .. }, .. } = session;
    desk
}

/// What is down when the customer closes the window does not stay down, though somebody holds it still.
pub(crate) fn closed_with_a_key_down(prefix: &Prefix, desk: Desk) -> Desk {
    let session = begin(prefix, desk);
    let notes = Notes::open(prefix, &session.customer.desk);
    let since = holds_shift_and_a(&session, &notes);
    session.customer.desk.close(session.customer.window);
    notes.hears(since, &["up 41"]);
    notes.hears(since, &["up 10"]);
    session.customer.confirm();
    let Session { customer: Customer { desk, mut program, .. }, adviser, .. } = session;
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
    adviser.desk.key(code::A, false);
    adviser.desk.key(code::SHIFT, false);
    notes.close(&desk);
    desk
}

/// What is down when the customer takes control back does not stay down, though somebody holds it still. The session goes on.
pub(crate) fn taken_back_with_keys_and_a_button_down(prefix: &Prefix, desk: Desk) -> Desk {
    let session = begin(prefix, desk);
    let notes = Notes::open(prefix, &session.customer.desk);
    let since = holds_shift_and_a(&session, &notes);
    session.adviser.desk.button(Button::Right, true);
    let (x, y) = session.customer.desk.geometry(notes.window).centre();
    notes.hears(since, &[&format!("right down {x} {y}")]);
    // By the customer's hand, and so in the customer's window: that alone lets go of nothing.
    session.customer.desk.focus(session.customer.window);
    session.customer.desk.at_rest(Duration::from_millis(300), PATIENCE);
    assert!(!notes.lines().iter().skip(since).any(|line| line == "nothing is down"), "{:?}", notes.lines());
    session.customer.take_back();
    notes.hears(since, &["nothing is down"]);
    until(PATIENCE, "the adviser to be told", || session.adviser.may_ask().then_some(()));
    assert!(session.customer.is_in_session());
    session.adviser.desk.button(Button::Right, false);
    session.adviser.desk.key(code::A, false);
    session.adviser.desk.key(code::SHIFT, false);
    notes.close(&session.customer.desk);
    ends(session)
}

/// In the notes; from which of their lines on it is heard.
fn holds_shift_and_a(session: &Session, notes: &Notes) -> usize {
    takes_the_keyboard(session, notes);
    let since = notes.lines().len();
    session.adviser.desk.key(code::SHIFT, true);
    session.adviser.desk.key(code::A, true);
    notes.hears(since, &["down 10", "down 41"]);
    since
}

/// A key is let go while a window is in front that keeps its release from everybody: it is let go once more.
pub(crate) fn let_go_before_a_window_that_is_kept(prefix: &Prefix, desk: Desk) -> Desk {
    let session = begin(prefix, desk);
    let notes = Notes::open(prefix, &session.customer.desk);
    takes_the_keyboard(&session, &notes);
    let since = notes.lines().len();
    session.adviser.desk.key(code::A, true);
    notes.hears(since, &["down 41"]);
    let above = onward::is_kept_from_a_window(prefix, &session);
    session.adviser.desk.key(code::A, false);
    session.adviser.desk.at_rest(Duration::from_millis(300), PATIENCE);
    let since = notes.lines().len();
    session.customer.desk.focus(notes.window);
    notes.hears(since, &["up 41"]);
    onward::close(&session.customer.desk, above);
    notes.close(&session.customer.desk);
    ends(session)
}

/// A button is let go over a window that keeps its release from everybody, and is in sight but not in front: it is let go once
/// more where that arrives.
pub(crate) fn a_button_let_go_over_a_window_that_is_kept(prefix: &Prefix, desk: Desk) -> Desk {
    let session = begin(prefix, desk);
    let notes = Notes::open(prefix, &session.customer.desk);
    let above = onward::is_kept_from_a_window(prefix, &session);
    session.customer.desk.focus(notes.window);
    until(PATIENCE, "control again", || (!session.adviser.is_told_why_it_pauses()).then_some(()));
    takes_the_keyboard(&session, &notes);
    let since = notes.lines().len();
    session.adviser.desk.button(Button::Left, true);
    let (x, y) = session.customer.desk.geometry(notes.window).centre();
    notes.hears(since, &[&format!("left down {x} {y}")]);
    let (left, top) = session.picture();
    let there = session.customer.desk.geometry(above.1).centre();
    session.adviser.desk.move_to((left + there.0, top + there.1));
    until(PATIENCE, "the pointer to be there", || (session.customer.desk.pointer() == there).then_some(()));
    session.adviser.desk.button(Button::Left, false);
    session.adviser.desk.at_rest(Duration::from_millis(300), PATIENCE);
    session.adviser.desk.move_to((left + x, top + y));
    notes.hears(since, &[&format!("left up {x} {y}")]);
    until(PATIENCE, "it to be up", || session.customer.desk.held_buttons().is_empty().then_some(()));
    onward::close(&session.customer.desk, above);
    notes.close(&session.customer.desk);
    ends(session)
}

/// Touchpads and finer wheels turn by less than a notch, and programs scroll by as much.
pub(crate) fn wheel_of_parts(prefix: &Prefix) {
    let desk = Desk::start();
    let notes = Notes::open(prefix, &desk);
    desk.move_to(desk.geometry(notes.window).centre());
    let (mut hands, mut orders) = desk.spawn_listening(&mut prefix.beside("hands.exe"));
    for (turned, heard) in [
        ("0 30", "wheel 30"),
        ("0 -1", "wheel -1"),
        ("0 250", "wheel 250"),
        ("0 120", "wheel 120"),
        ("45 0", "hwheel 45"),
        ("-7 0", "hwheel -7"),
    ] {
        let since = notes.lines().len();
        writeln!(orders, "wheel {turned}").expect("it listens");
        notes.hears(since, &[heard]);
    }
    drop(orders);
    assert!(hands.ended(GONE_WITHIN).is_some_and(|status| status.success()));
    notes.close(&desk);
}

/// The adviser has control, and sees the customer's screen pixel for pixel.
pub(crate) fn begin(prefix: &Prefix, desk: Desk) -> Session {
    begin_by(|arguments| {
        let customer = Customer::start_by(desk, prefix.lotse().args(arguments));
        customer.accept_terms();
        customer
    })
}

/// The same with a customer's program started otherwise, with these arguments.
pub(crate) fn begin_by(start: impl FnOnce(&[String]) -> Customer) -> Session {
    let adviser = |arguments: &[String]| Adviser::start_on(helps::german_desk(), ADVISERS_WINDOW, &[], arguments);
    let session = Session::begin_by("software", start, adviser);
    session.allow_control();
    session.adviser.show_pixel_for_pixel();
    session
}

pub(crate) fn takes_the_keyboard(session: &Session, notes: &Notes) {
    let since = notes.lines().len();
    let (x, y) = session.customer.desk.geometry(notes.window).centre();
    session.click_on_customers((x, y));
    notes.hears(since, &[&format!("left down {x} {y}"), &format!("left up {x} {y}")]);
    until(PATIENCE, "the notes to have the keyboard", || {
        (session.customer.desk.focused() == Some(notes.window)).then_some(())
    });
    session.customer.desk.at_rest(Duration::from_millis(300), PATIENCE);
}

fn text_arrives_as_typed(session: &Session, notes: &Notes) {
    let adviser = &session.adviser.desk;
    let since = notes.lines().len();
    adviser.type_text("Hello, World_42!\n");
    arrives_within(PATIENCE, "Hello, World_42!\r", "typed", || notes.text(since));
    let since = notes.lines().len();
    for (held, code) in GERMAN_KEYS {
        adviser.chord(held, code);
    }
    arrives_within(PATIENCE, GERMAN_TEXT, "typed on a German keyboard", || notes.text(since));

    let since = notes.lines().len();
    adviser.key(code::E, true);
    notes.hears(since, &["down 45", "again 45", "again 45"]);
    adviser.key(code::E, false);
    notes.hears(since, &["up 45"]);
}

fn commands_and_locks_arrive(session: &Session, notes: &Notes) {
    let adviser = &session.adviser.desk;
    let since = notes.lines().len();
    adviser.chord(&[code::CONTROL], code::A);
    notes.hears(since, &["down 11", "down 41", "char 0001", "up 41", "up 11"]);
    let since = notes.lines().len();
    for key in [code::TAB, code::ESCAPE, code::F4] {
        adviser.chord(&[], key);
    }
    notes.hears(since, &["down 09", "down 1b", "down 73", "up 73"]);
    // Each pair shares a place but for what Windows calls extended; Menu has its place with it alone.
    for (key, heard, place) in [
        (code::LEFT, "25", "at 4b extended"),
        (code::KEYPAD_4, "25", "at 4b"),
        (code::DELETE, "2e", "at 53 extended"),
        (code::KEYPAD_DECIMAL, "2e", "at 53"),
        (code::KEYPAD_ENTER, "0d", "at 1c extended"),
        (code::RETURN, "0d", "at 1c"),
        (code::MENU, "5d", "at 5d extended"),
    ] {
        let since = notes.lines().len();
        adviser.chord(&[], key);
        notes.hears(since, &[&format!("down {heard}"), place, &format!("up {heard}"), place]);
    }
    for sign in ["A", "a"] {
        adviser.chord(&[], code::CAPS_LOCK);
        let since = notes.lines().len();
        adviser.chord(&[], code::A);
        arrives_within(PATIENCE, sign, "with Caps Lock", || notes.text(since));
    }
}

fn the_mouse_is_where_it_points(session: &Session, notes: &Notes) {
    let area = session.customer.desk.geometry(notes.window);
    let side = |start: i16, size: u16, of: i16| start + i16::try_from(size).expect("a screen") * of / 7;
    for of in 1..7 {
        let (x, y) = (side(area.x, area.width, of), side(area.y, area.height, of));
        for (button, name) in [
            (Button::Left, "left"),
            (Button::Middle, "middle"),
            (Button::Right, "right"),
            (Button::Back, "back"),
            (Button::Forward, "forward"),
        ] {
            let since = notes.lines().len();
            session.click_on_customers_with(button, (x, y));
            notes.hears(since, &[&format!("{name} down {x} {y}"), &format!("{name} up {x} {y}")]);
        }
    }
    for (button, heard) in [
        (Button::WheelUp, "wheel 120"),
        (Button::WheelDown, "wheel -120"),
        (Button::WheelLeft, "hwheel -120"),
        (Button::WheelRight, "hwheel 120"),
    ] {
        let since = notes.lines().len();
        session.click_on_customers_with(button, area.centre());
        notes.hears(since, &[heard]);
    }
}

/// From the adviser's key to the pixel that it changes on the adviser's screen. Said and not judged: Wine is not Windows.
fn delays(session: &Session, notes: &Notes) {
    let mut delays = key_to_pixel(session, notes, 20);
    delays.sort();
    println!("key → pixel across Wine: median {:?}, longest {:?}", delays[10], delays[19]);
}

/// The customer's window is closed, which asks; and everything ends.
pub(crate) fn ends(session: Session) -> Desk {
    let Session { customer, adviser, .. } = session;
    customer.desk.close(customer.window);
    customer.confirm();
    let Customer { desk, mut program, .. } = customer;
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
    until(PATIENCE, "the adviser to be told", || (!adviser.is_in_session()).then_some(()));
    desk
}
