//! The first minute, from a double-click to a picture, with nothing but mouse and keyboard: what each side has to do for
//! it, and how long the programs take. `./dev bench first-minute` prints the times.
//!
//! What is not in them: the way to the file, reading and reading aloud, and the pace of fingers. The script's hands are
//! as quick as the windows let them be.

mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "shared with the tests of a session, which need more of it")]
mod people;

use std::process::Command;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt as _, CreateWindowAux, EventMask, Window, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use desk::hands::{Button, Done};
use desk::relay::Relay;
use desk::screen::{Pixels, Rect};
use desk::{Desk, PATIENCE, until};
use people::{Adviser, Customer};

/// Runs of which the middle one counts.
const RUNS: usize = 5;
/// Two clicks within this time are a double-click.
const DOUBLE: u32 = 400;

/// The file on the customer's desk: it waits for a double-click, as a file manager does.
struct Icon {
    connection: RustConnection,
    window: Window,
    place: Rect,
}

/// Red, green, blue; no window of ours has it.
const ICON: [u8; 3] = [0x12, 0x8a, 0x3c];

impl Icon {
    fn on(desk: &Desk) -> Self {
        let (connection, screen) = x11rb::connect(Some(&desk.display())).expect("the X server answers");
        let root = connection.setup().roots[screen].root;
        let place = Rect { x: 1150, y: 40, width: 80, height: 80 };
        let window = connection.generate_id().expect("the X server has room");
        let [red, green, blue] = ICON;
        let looks = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(u32::from_be_bytes([0, red, green, blue]))
            .event_mask(EventMask::BUTTON_PRESS);
        let Rect { x, y, width, height } = place;
        let class = WindowClass::INPUT_OUTPUT;
        let request = connection.create_window(0, window, root, x, y, width, height, 0, class, 0, &looks);
        request.expect("the X server is there").check().expect("the icon has a place");
        connection.map_window(window).expect("the X server is there");
        connection.sync().expect("the X server is there");
        Self { connection, window, place }
    }

    /// Returns when it has been clicked twice in a short time.
    fn wait_for_a_double_click(&self) {
        let mut before: Option<u32> = None;
        until(PATIENCE, "a double-click", || {
            let Some(Event::ButtonPress(press)) = self.connection.poll_for_event().expect("the X server is there")
            else {
                return None;
            };
            let double = before.is_some_and(|before| press.time - before <= DOUBLE);
            before = Some(press.time);
            (double && press.event == self.window).then_some(())
        });
    }

    /// It can be seen there.
    fn is_seen(pixels: &Pixels) -> bool {
        let [red, green, blue] = ICON;
        pixels.bgrx.chunks_exact(4).filter(|pixel| pixel[..3] == [blue, green, red]).count() > 1000
    }
}

/// What hands did, and how long it took until it was answered.
struct Step {
    did: &'static str,
    until: &'static str,
    done: (Done, Done),
    took: Duration,
}

/// Two desks, the real programs, one session.
fn first_minute() -> Vec<Step> {
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    // In the morning, once.
    let adviser = Adviser::start(&relay.arguments());
    adviser.sign_in(&account);
    let desk = Desk::start();
    let icon = Icon::on(&desk);

    let mut steps = Vec::new();
    let begun = (Instant::now(), desk.done(), adviser.desk.done());
    desk.click(icon.place.centre());
    desk.button(Button::Left, true);
    desk.button(Button::Left, false);
    icon.wait_for_a_double_click();
    let customer = Customer::start_on(desk, &relay.arguments());
    let mut step = |did, until, (at, customers, advisers): (Instant, Done, Done)| {
        let done = (customer.desk.done() - customers, adviser.desk.done() - advisers);
        steps.push(Step { did, until, done, took: at.elapsed() });
    };
    let now = || (Instant::now(), customer.desk.done(), adviser.desk.done());
    step("The customer double-clicks the file", "the terms are on the screen", begun);

    let begun = now();
    customer.accept_terms();
    until(PATIENCE, "the numbers", || customer.is_ready().then_some(()));
    step("The customer clicks *I accept*", "ID and channel code are on the screen", begun);

    // The script cannot read: it copies the numbers, where a person says them on the phone.
    let (id, code) = customer.numbers();

    let begun = now();
    adviser.join(&id, &code);
    until(PATIENCE, "the question", || customer.is_asked().then_some(()));
    step("The adviser types both numbers and Enter", "the question is on the customer's screen", begun);

    let begun = now();
    customer.allow();
    until(PATIENCE, "the picture", || Icon::is_seen(&adviser.looks()).then_some(()));
    step("The customer clicks *Allow*, which rests for 1.5 s", "the adviser sees the customer's screen", begun);
    steps
}

fn sum(steps: &[Step]) -> (Done, Done) {
    let add = |one: Done, other: Done| Done { clicks: one.clicks + other.clicks, keys: one.keys + other.keys };
    steps.iter().fold(Default::default(), |sum: (Done, Done), step| (add(sum.0, step.done.0), add(sum.1, step.done.1)))
}

#[test]
fn the_customer_clicks_four_times_and_types_nothing_and_the_adviser_types_two_numbers() {
    let steps = first_minute();
    let (customer, adviser) = sum(&steps);
    // A double-click, *I accept* and *Allow*.
    assert_eq!(customer, Done { clicks: 4, keys: 0 });
    // Nine digits, six digits, Enter.
    assert_eq!(adviser, Done { clicks: 0, keys: 16 });
}

/// Prints the table of `docs/benchmarks.md`.
#[test]
#[ignore = "a measurement, for release builds: ./dev bench first-minute"]
fn table() {
    let runs: Vec<Vec<Step>> = (0..RUNS).map(|_| first_minute()).collect();
    let middle = |mut times: Vec<Duration>| {
        times.sort_unstable();
        (times[times.len() / 2].as_millis(), times[times.len() - 1].as_millis())
    };
    println!("| what is done | until | customer | adviser | ms, middle of {RUNS} | worst |");
    println!("|---|---|---|---|---|---|");
    let hands = |done: Done| match (done.clicks, done.keys) {
        (0, 0) => "–".to_owned(),
        (1, 0) => "1 click".to_owned(),
        (clicks, 0) => format!("{clicks} clicks"),
        (0, keys) => format!("{keys} keys"),
        (clicks, keys) => format!("{clicks} clicks, {keys} keys"),
    };
    let row = |did: &str, until: &str, (customer, adviser): (Done, Done), times: Vec<Duration>| {
        let (middle, worst) = middle(times);
        println!("| {did} | {until} | {} | {} | {middle} | {worst} |", hands(customer), hands(adviser));
    };
    for (number, step) in runs[0].iter().enumerate() {
        row(step.did, step.until, step.done, runs.iter().map(|run| run[number].took).collect());
    }
    let whole = runs.iter().map(|run| run.iter().map(|step| step.took).sum()).collect();
    row("All of it", "", sum(&runs[0]), whole);
}

/// Prints how long a customer waits for the numbers, by each renderer: for docs/decisions/0002-shell.md. `LOTSE_STARTED`
/// is the command of another program than the one that was built with this, `LOTSE_ENDED` one that returns when nothing is
/// left of it: one Wine must have ended before the next desk's begins.
#[test]
#[ignore = "a measurement, for release builds: ./dev bench start, ./dev windows bench"]
fn start() {
    let started = std::env::var("LOTSE_STARTED").unwrap_or_else(|_| env!("CARGO_BIN_EXE_lotse").to_owned());
    let ended = std::env::var("LOTSE_ENDED").ok();
    let relay = Relay::start();
    println!("{started}");
    println!("| drawn by | start → terms, ms | *I accept* → ID | both, middle of {RUNS} | worst |");
    println!("|---|---|---|---|---|");
    for renderer in ["software", "gl"] {
        let mut runs: Vec<[Duration; 3]> = (0..RUNS)
            .map(|_| {
                let mut words = started.split_whitespace();
                let mut command = Command::new(words.next().expect("a command"));
                command.args(words).args(relay.arguments()).args(["--renderer", renderer]);
                let desk = Desk::start();
                let begun = Instant::now();
                let customer = Customer::start_by(desk, &mut command);
                let terms = begun.elapsed();
                let accepted = Instant::now();
                customer.accept_terms();
                until(PATIENCE, "the numbers", || customer.is_ready().then_some(()));
                let times = [terms, accepted.elapsed(), begun.elapsed()];
                drop(customer);
                if let Some((program, arguments)) = ended.as_deref().and_then(|words| words.split_once(' ')) {
                    let status = Command::new(program).args(arguments.split_whitespace()).status();
                    assert!(status.expect("it starts").success(), "{program} fails");
                }
                times
            })
            .collect();
        runs.sort_unstable_by_key(|[.., both]| *both);
        let [terms, numbers, both] = runs[RUNS / 2].map(|time| time.as_millis());
        println!("| {renderer} | {terms} | {numbers} | {both} | {} |", runs[RUNS - 1][2].as_millis());
    }
}
