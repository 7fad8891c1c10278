//! Every page of both windows, drawn by the renderer that is asked for, in a real window: `tests/renderers.rs` compares
//! what the two make of them. A number on a line of standard input is the page to show; the end of it closes the window.
//!
//!     cargo run --example shell_pages -- customer|adviser gl|software light|dark [german]

#[path = "../src/ui/tests/pages.rs"]
#[allow(dead_code, reason = "shared with the tests of the user interface, which need more of it")]
mod pages;

/// Where `pages` looks for the views.
mod app {
    pub(crate) use lotse::app::view;
}

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lotse::app::view::{AdviserPage, AdviserView, CustomerView};
use lotse::shell::screen::{Area, Pixels, Screen};
use lotse::shell::{Action, App, Input, Options, Renderer, ShellError, View, Waker, Window, run};
use lotse::ui::text::Language;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match open(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn open(arguments: &[&str]) -> Result<(), ShellError> {
    let has = |name: &str| arguments.contains(&name);
    let renderer = if has("gl") { Renderer::OpenGl } else { Renderer::Software };
    let theme = if has("dark") { egui::ThemePreference::Dark } else { egui::ThemePreference::Light };
    let language = has("german").then_some(Language::German);
    let (window, book) = if has("customer") {
        (Window::Customer, Book::Customer(pages::customer_pages().into_iter().map(|(_, view)| view).collect()))
    } else {
        (Window::Adviser, Book::Adviser(pages::adviser_pages().into_iter().map(|(_, view)| view).collect()))
    };
    run(Options { theme, language, ..Options::new(window, renderer) }, |waker| Reader::new(book, waker))
}

enum Book {
    Customer(Vec<CustomerView>),
    Adviser(Vec<AdviserView>),
}

/// Turns to the page that is asked for.
struct Reader {
    book: Book,
    page: usize,
    wanted: Receiver<usize>,
    state: State,
    picture: Arc<Picture>,
}

#[derive(PartialEq, Eq)]
enum State {
    Open,
    Closed,
}

impl Reader {
    fn new(book: Book, waker: Waker) -> Self {
        let (sender, wanted) = channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines() {
                let number = line.ok().and_then(|line| line.trim().parse().ok());
                let Some(number) = number else { break };
                // The receiver lives as long as the window.
                let _open = sender.send(number);
                waker.wake();
            }
            drop(sender);
            waker.wake();
        });
        let picture = Picture(Mutex::new(vec![Area::all(PICTURE.0, PICTURE.1)]), pixels());
        Self { book, page: 0, wanted, state: State::Open, picture: Arc::new(picture) }
    }
}

impl App for Reader {
    fn view(&self) -> View<'_> {
        match &self.book {
            Book::Customer(views) => View::Customer(&views[self.page]),
            Book::Adviser(views) => View::Adviser(&views[self.page]),
        }
    }

    fn act(&mut self, _action: Action) {}

    fn tick(&mut self, _now: Instant) -> Option<Instant> {
        loop {
            match self.wanted.try_recv() {
                Ok(page) => self.page = page,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => {
                    self.state = State::Closed;
                    return None;
                }
            }
        }
    }

    fn picture(&self) -> Option<Arc<dyn Screen>> {
        match self.view() {
            View::Adviser(AdviserView { page: AdviserPage::Session(_), .. }) => Some(Arc::clone(&self.picture) as _),
            _ => None,
        }
    }

    fn input(&mut self, _input: Input) {}

    fn wants_exit(&self) -> bool {
        self.state == State::Closed
    }

    fn attention(&mut self) -> bool {
        false
    }
}

/// A customer's screen that never changes; larger than the window, so that it is reduced.
const PICTURE: (u32, u32) = (1920, 1080);

struct Picture(Mutex<Vec<Area>>, Vec<u8>);

impl Screen for Picture {
    fn size(&self) -> (u32, u32) {
        PICTURE
    }

    fn look(&self, see: &mut dyn FnMut(Pixels<'_>, &[Area])) {
        let changed = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        see(Pixels { width: PICTURE.0, height: PICTURE.1, bgrx: &self.1 }, &changed);
    }
}

/// What a desktop is made of: flat areas, text (strokes one pixel thin), a photograph's gradients, a grid.
fn pixels() -> Vec<u8> {
    let colour = |x: u32, y: u32| -> [u8; 3] {
        match (x / 480, y / 540) {
            (0, 0) => [0x8a, 0x4a, 0x1b],
            (1, 0) => {
                // Rows of letters: each a stroke or two in a cell of 8 × 16.
                let letter = (x / 8).wrapping_mul(2_654_435_761).wrapping_add((y / 16).wrapping_mul(40_503)) >> 7;
                let stroke = y % 16 < 11 && (x % 8 == letter % 5 || (letter & 32 != 0 && y % 16 == letter % 11));
                if stroke { [0x17; 3] } else { [0xff; 3] }
            }
            (2, 0) => [(x / 8) as u8, (y / 3) as u8, ((x + y) / 4) as u8],
            (3, 0) => {
                if x.is_multiple_of(24) || y.is_multiple_of(24) {
                    [0xdc, 0xe1, 0xe8]
                } else {
                    [0xf9, 0xf7, 0xf6]
                }
            }
            (0, 1) => {
                if (x + y).is_multiple_of(2) {
                    [0; 3]
                } else {
                    [0xff; 3]
                }
            }
            (1, 1) => [((x * x + y * y) / 512) as u8, (x / 2) as u8, (y / 2) as u8],
            (2, 1) => {
                if x.abs_diff(1200).pow(2) + y.abs_diff(810).pow(2) < 40_000 {
                    [0x22, 0x22, 0xb0]
                } else {
                    [0xff; 3]
                }
            }
            _ => {
                if y.is_multiple_of(3) {
                    [0x35, 0x76, 0x1c]
                } else {
                    [0xf6; 3]
                }
            }
        }
    };
    let all = (0..PICTURE.1).flat_map(|y| (0..PICTURE.0).map(move |x| (x, y)));
    all.flat_map(|(x, y)| {
        let [b, g, r] = colour(x, y);
        [b, g, r, 0]
    })
    .collect()
}
