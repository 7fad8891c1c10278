//! What the windows look like under Wine: whole, and as they do on Linux.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command};
use std::thread;
use std::time::{Duration, Instant};

use egui::Theme;
use lotse::ui::theme::Palette;
use x11rb::protocol::xproto::Window;

use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::screen::Pixels;
use crate::desk::{Desk, PATIENCE, until};
use crate::pages;
use crate::people::{ADVISERS_WINDOW, Adviser, Customer};
use crate::prefix::Prefix;

/// So much of a page is empty at its edges, in pixels.
const EMPTY: u16 = 10;

/// Whatever was done to the window: it lies before everything else, and no part of it is left as it was, or black.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_question_is_drawn_whole_in_a_window_that_was_covered_or_minimised() {
    let prefix = Prefix::given();
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let hides: [fn(&Desk, Window) -> Option<Program>; 2] = [cover, minimise];
    for hide in hides {
        let customer = Customer::start_by(Desk::start(), prefix.lotse().args(relay.arguments()));
        customer.accept_terms();
        let (id, code) = customer.numbers();
        // Away from what Wine shows of its own where there is no panel.
        customer.desk.place(customer.window, 500, 100);
        let _over = hide(&customer.desk, customer.window);
        let adviser = Adviser::start_on(Adviser::desk(), ADVISERS_WINDOW, &[], &relay.arguments());
        adviser.sign_in(&account);
        adviser.join(&id, &code);
        until(PATIENCE, "the window", || customer.desk.is_visible(customer.window).then_some(()));
        customer.desk.at_rest(Duration::from_millis(500), PATIENCE);
        until(PATIENCE, "the question", || customer.is_asked().then_some(()));
        is_drawn_whole(&customer.looks());
        drop(customer);
        prefix.ends();
    }
}

/// What is at the edges is the page's.
#[track_caller]
pub(crate) fn is_drawn_whole(page: &Pixels) {
    let [red, green, blue, _] = Palette::of(Theme::Light).background.to_array();
    let at_edge = |x: u16, y: u16| x < EMPTY || y < EMPTY || page.width - x <= EMPTY || page.height - y <= EMPTY;
    let places = (0..page.height).flat_map(|y| (0..page.width).map(move |x| (x, y)));
    let other: Vec<_> = places.filter(|(x, y)| at_edge(*x, *y) && page.at(*x, *y) != [red, green, blue]).collect();
    assert!(other.is_empty(), "{} pixels at the edge are not the page's, the first is {:?}", other.len(), other[0]);
}

/// By a window over its upper part, in which somebody writes.
fn cover(desk: &Desk, window: Window) -> Option<Program> {
    let over = desk.notes("90x12");
    let at = desk.geometry(window);
    desk.place(desk.window("notes", PATIENCE), at.x - 20, at.y - 20);
    desk.at_rest(Duration::from_millis(500), PATIENCE);
    Some(over)
}

fn minimise(desk: &Desk, window: Window) -> Option<Program> {
    desk.minimise(window);
    until(PATIENCE, "the window to go", || (!desk.is_visible(window)).then_some(()));
    desk.at_rest(Duration::from_millis(500), PATIENCE);
    None
}

/// Windows lets no program take the keyboard while somebody uses another one: the window lies on top, and its button on the
/// taskbar flashes, which Wine asks the desktop for.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn where_the_keyboard_is_refused_a_question_comes_to_the_front_and_flashes() {
    let prefix = Prefix::given();
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let customer = Customer::start_by(Desk::start(), prefix.lotse().args(relay.arguments()));
    customer.accept_terms();
    let (id, code) = customer.numbers();
    let desk = &customer.desk;
    let _over = desk.notes("90x44");
    let over = desk.window("notes", PATIENCE);
    let at = desk.geometry(customer.window);
    desk.place(over, at.x - 20, at.y - 20);
    until(PATIENCE, "the notes to lie over the window", || (!customer.is_ready()).then_some(()));
    let _refuses = prefix.refuses(desk);
    let asked = desk.asked();

    let adviser = Adviser::start_on(Adviser::desk(), ADVISERS_WINDOW, &[], &relay.arguments());
    adviser.sign_in(&account);
    adviser.join(&id, &code);
    until(PATIENCE, "the question", || customer.is_asked().then_some(()));
    until(PATIENCE, "the button on the taskbar to flash", || asked.attention(customer.window).then_some(()));
    assert_eq!(desk.focused(), Some(over), "whoever writes goes on writing there");
}

/// Dots to an inch, and how Linux is told that everything is as large then.
const SCALES: [(u16, &str); 2] = [(96, "1"), (144, "1.5")];

/// Every page of the customer's window, letter for letter and edge for edge.
#[test]
#[ignore = "needs Wine and the example shell_pages for Windows: ./dev windows test"]
fn the_customers_pages_look_as_they_do_on_linux() {
    let mut dots = Dots::of(Prefix::given());
    for (per_inch, scale) in SCALES {
        dots.set(per_inch);
        for theme in ["light", "dark"] {
            for language in ["english", "german"] {
                let how = [theme, language];
                let linux = example();
                let mut here = Reader::open(Command::new(linux).env("WINIT_X11_SCALE_FACTOR", scale), how, per_inch);
                let mut there = Reader::open(&mut dots.prefix.beside("shell_pages.exe"), how, per_inch);
                for (page, (name, _)) in pages::customer_pages().iter().enumerate() {
                    here.turn_to(page);
                    there.turn_to(page);
                    alike(&here, &there, &format!("{name}, {language}, {theme}, {per_inch} dots to an inch"));
                }
                drop(there);
                dots.prefix.ends();
            }
        }
    }
}

/// A window of `examples/shell_pages` on a desk of its own.
struct Reader {
    pages: ChildStdin,
    /// The one that was asked for last.
    page: Option<usize>,
    _program: Program,
    window: Window,
    desk: Desk,
}

impl Reader {
    fn open(command: &mut Command, how: [&str; 2], per_inch: u16) -> Self {
        let desk = Desk::start_sized([460, 620].map(|side| side * (per_inch / 24) / 4).into());
        command.args(["customer", "software"]).args(how).env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8");
        // Not over the window, from the beginning: nothing lights up.
        desk.move_to((0, 0));
        let (program, pages) = desk.spawn_listening(command);
        let window = desk.window_of(&program, PATIENCE);
        desk.place(window, 4, 4);
        until(PATIENCE, "a page", || (desk.looks(window).colours() > 16).then_some(()));
        Self { desk, _program: program, window, pages, page: None }
    }

    /// No page looks like another one.
    fn turn_to(&mut self, page: usize) {
        let before = self.looks();
        writeln!(self.pages, "{page}").expect("the window is open");
        if self.page.replace(page).is_some_and(|before| before != page) {
            until(PATIENCE, "another page", || (self.looks() != before).then_some(()));
        }
    }

    fn looks(&self) -> Pixels {
        self.desk.looks(self.window)
    }
}

/// Waits until both windows show the same.
#[track_caller]
fn alike(here: &Reader, there: &Reader, what: &str) {
    let begun = Instant::now();
    loop {
        let (one, other) = (here.looks(), there.looks());
        let differs = match ((one.width, one.height), (other.width, other.height)) {
            (here, there) if here != there => format!("{here:?} and {there:?} pixels"),
            _ => match to_be_seen(&one, &other) {
                None => return,
                Some((count, first)) => format!("{count} pixels, the first at {first:?}"),
            },
        };
        if begun.elapsed() > PATIENCE {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            one.save(&folder.join("page-linux.png"));
            other.save(&folder.join("page-wine.png"));
            panic!("{what}: {differs}; both are in {}", folder.display());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Of one step of one colour, nobody sees it, and a pixel in a round corner is now and then: so many differ by more, and
/// where the first one is.
fn to_be_seen(one: &Pixels, other: &Pixels) -> Option<(usize, (u16, u16))> {
    let places = (0..one.height).flat_map(|y| (0..one.width).map(move |x| (x, y)));
    let mut differ = places
        .filter(|&(x, y)| one.at(x, y).into_iter().zip(other.at(x, y)).any(|(here, there)| here.abs_diff(there) > 1));
    let first = differ.next()?;
    Some((differ.count() + 1, first))
}

/// Cargo builds examples with `--all-targets`.
fn example() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_lotse")).with_file_name("examples").join("shell_pages");
    assert!(path.exists(), "{} is missing: cargo build --examples", path.display());
    path
}

/// How many dots to an inch Wine's screen is said to have; as before in the end.
struct Dots {
    prefix: Prefix,
}

impl Dots {
    const KEY: &str = r"HKCU\Control Panel\Desktop";

    fn of(prefix: Prefix) -> Self {
        Self { prefix }
    }

    /// For the programs that are started when all others have ended.
    fn set(&mut self, per_inch: u16) {
        self.prefix.registry(&[
            "add",
            Self::KEY,
            "/v",
            "LogPixels",
            "/t",
            "REG_DWORD",
            "/d",
            &per_inch.to_string(),
            "/f",
        ]);
    }
}

impl Drop for Dots {
    fn drop(&mut self) {
        self.prefix.registry(&["delete", Self::KEY, "/v", "LogPixels", "/f"]);
    }
}
