//! The adviser's window with a host that exists only here: each key flips a square of 64 × 64 pixels in a picture of
//! 1920 × 1080. `shell_latency` drives it and measures; by hand it shows what the window hands on.
//!
//!     cargo run --release --example shell_window -- [gl|software] [fit|1:1] [log]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use lotse::app::view::{AdviserAction, AdviserPage, AdviserSession, AdviserView, PathView, Rights, ScreenView};
use lotse::shell::screen::{Area, Pixels, Screen};
use lotse::shell::{Action, App, Input, Options, Renderer, View, Waker, Window, probe, run};
use lotse_protocol::permission::{Permission, Permissions};

const SIZE: (u32, u32) = (1920, 1080);
const SQUARE: Area = Area { x: 320, y: 240, width: 64, height: 64 };

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == probe::ARGUMENT) {
        return probe::answer();
    }
    if arguments.iter().any(|argument| argument == "probe") {
        let start = Instant::now();
        println!("{:?} after {:?}", probe::ask(), start.elapsed());
        return std::process::ExitCode::SUCCESS;
    }
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let renderer = match (has("gl"), has("software")) {
        (true, _) => Renderer::OpenGl,
        (_, true) => Renderer::Software,
        _ => Renderer::Automatic,
    };
    let log = if has("log") { Log::Keys } else { Log::Nothing };
    let started = Instant::now();
    let options = Options::new(Window::Adviser, renderer);
    match run(options, |waker| FakeHost::new(waker, log, started)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Log {
    Nothing,
    Keys,
}

struct FakeHost {
    view: AdviserView,
    picture: Arc<Picture>,
    hands: std::sync::mpsc::Sender<Input>,
    log: Log,
    ended: Ended,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    No,
    Yes,
}

impl FakeHost {
    fn new(waker: Waker, log: Log, started: Instant) -> Self {
        let picture = Arc::new(Picture::new());
        // In a thread of its own, like the decoder: the way back to the window is part of what is measured.
        let (hands, arriving) = std::sync::mpsc::channel();
        let changed = Arc::clone(&picture);
        std::thread::spawn(move || {
            for input in arriving {
                if let Input::Key { pressed: true, .. } = input {
                    changed.flip();
                    waker.wake();
                }
            }
        });
        if log == Log::Keys {
            println!("ready to open after {:?}", started.elapsed());
        }
        let allowed = Permissions::from(Permission::View).with(Permission::Control);
        let session = AdviserSession {
            id: "482 913 077".to_owned(),
            rights: Rights { effective: allowed, granted: allowed, askable: Permissions::NONE, suspended: None },
            asked: None,
            refused: Permissions::NONE,
            path: PathView { delay_ms: None, rate_kbit: 0, interrupted: false },
            screen: ScreenView::Usual,
        };
        let view = AdviserView {
            institution: "Nowhere".to_owned(),
            test_relay: None,
            page: AdviserPage::Session(session),
            confirm_close: false,
        };
        Self { view, picture, hands, log, ended: Ended::No }
    }
}

impl App for FakeHost {
    fn view(&self) -> View<'_> {
        View::Adviser(&self.view)
    }

    fn act(&mut self, action: Action) {
        if let Action::Adviser(AdviserAction::End | AdviserAction::CloseRequested) = action {
            self.ended = Ended::Yes;
        }
    }

    fn tick(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    fn picture(&self) -> Option<Arc<dyn Screen>> {
        Some(Arc::clone(&self.picture) as Arc<dyn Screen>)
    }

    fn input(&mut self, input: Input) {
        if self.log == Log::Keys {
            println!("{input:?}");
        }
        // The thread lives as long as the process.
        let _alive = self.hands.send(input);
    }

    fn wants_exit(&self) -> bool {
        self.ended == Ended::Yes
    }

    fn attention(&mut self) -> bool {
        false
    }
}

struct Picture(Mutex<Pixel>);

struct Pixel {
    bgrx: Vec<u8>,
    changed: Vec<Area>,
    white: u8,
}

impl Picture {
    fn new() -> Self {
        let bgrx = (0..SIZE.0 * SIZE.1)
            .flat_map(|i| {
                let (x, y) = (i % SIZE.0, i / SIZE.0);
                [(x / 8) as u8, (y / 5) as u8, ((x ^ y) & 0x7f) as u8, 0]
            })
            .collect();
        let picture = Self(Mutex::new(Pixel { bgrx, changed: vec![Area::all(SIZE.0, SIZE.1)], white: 0xff }));
        picture.flip();
        picture
    }

    /// Black becomes white, white black.
    fn flip(&self) {
        let mut pixel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pixel.white = !pixel.white;
        let white = pixel.white;
        for y in SQUARE.y..SQUARE.y + SQUARE.height {
            let start = ((y * SIZE.0 + SQUARE.x) * 4) as usize;
            pixel.bgrx[start..start + SQUARE.width as usize * 4].fill(white);
        }
        pixel.changed.push(SQUARE);
    }
}

impl Screen for Picture {
    fn size(&self) -> (u32, u32) {
        SIZE
    }

    fn look(&self, see: &mut dyn FnMut(Pixels<'_>, &[Area])) {
        let mut pixel = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = std::mem::take(&mut pixel.changed);
        see(Pixels { width: SIZE.0, height: SIZE.1, bgrx: &pixel.bgrx }, &changed);
    }
}
