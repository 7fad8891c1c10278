//! The two renderers side by side: the same pages on two desks, one drawn by OpenGL (Mesa's llvmpipe), one by the
//! processor; which of them is chosen; and how little of a picture is painted anew when little of it has changed.

mod desk;
#[path = "../src/ui/tests/pages.rs"]
#[allow(dead_code, reason = "shared with the tests of the user interface, which need more of it")]
mod pages;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "shared with the tests of a session, which need more of it")]
mod people;

/// Where `pages` looks for the views.
mod app {
    pub(crate) use lotse::app::view;
}

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command};
use std::time::Duration;

use egui::{Color32, Theme};
use lotse::ui::theme::Palette;
use x11rb::protocol::xproto::Window;

use app::view::AdviserPage;
use desk::process::Program;
use desk::relay::Relay;
use desk::screen::{Pixels, Rect};
use desk::{Desk, PATIENCE, SIZE, until};
use people::{Adviser, Session};

/// Where to look for OpenGL so that there is none.
const NO_OPENGL: (&str, &str) = ("LIBGL_DRIVERS_PATH", "/nonexistent");

// ---- Looks.

/// How far two pictures of one page may be apart, per pixel and colour of 0 to 255.
#[derive(Clone, Copy)]
struct Tolerance {
    /// Every pixel.
    most: u8,
    /// All pixels on average.
    mean: f64,
}

/// The softened edges of letters and shapes are rounded in different places; more than this is another shape.
const PAGE: Tolerance = Tolerance { most: 6, mean: 0.05 };

/// A customer's screen that is enlarged: every pixel is mixed of four, and rounded.
const ENLARGED: Tolerance = Tolerance { most: 6, mean: 0.5 };

/// One that is reduced: OpenGL approximates the filter, most visibly where black and white lie side by side.
const REDUCED: Tolerance = Tolerance { most: 32, mean: 2.0 };

/// Is there a picture on the page, and how is it scaled in a window of this scale? `examples/shell_pages` has one of
/// 1920 × 1080.
fn tolerance(page: &str, scale: u16) -> Tolerance {
    let in_session =
        |(name, view): &(String, app::view::AdviserView)| name == page && matches!(view.page, AdviserPage::Session(_));
    match (pages::adviser_pages().iter().any(in_session), scale) {
        (false, _) => PAGE,
        (true, 1) => REDUCED,
        (true, _) => ENLARGED,
    }
}

/// What differs too much, if anything does.
fn unlike(one: &Pixels, other: &Pixels, tolerance: Tolerance) -> Result<(), String> {
    if (one.width, one.height) != (other.width, other.height) {
        return Err("they are not of one size".to_owned());
    }
    let apart = |(one, other): (&[u8], &[u8])| (0..3).map(|at| one[at].abs_diff(other[at])).max().unwrap_or(0);
    let apart: Vec<u8> = one.bgrx.chunks_exact(4).zip(other.bgrx.chunks_exact(4)).map(apart).collect();
    let mean = apart.iter().map(|apart| f64::from(*apart)).sum::<f64>() / apart.len() as f64;
    let too_far = apart.iter().filter(|apart| **apart > tolerance.most).count();
    if too_far == 0 && mean <= tolerance.mean {
        return Ok(());
    }
    let (worst, most) = apart.iter().enumerate().max_by_key(|(_, apart)| **apart).unwrap_or((0, &0));
    let (x, y) = (worst % usize::from(one.width), worst / usize::from(one.width));
    Err(format!("{too_far} pixels are more than {} apart, {mean:.2} on average, {most} at {x}, {y}", tolerance.most))
}

/// A window of `examples/shell_pages` on a desk of its own.
struct Reader {
    pages: ChildStdin,
    _program: Program,
    window: Window,
    desk: Desk,
}

impl Reader {
    fn open(role: Role, renderer: &str, theme: &str, scale: u16) -> Self {
        let (name, (width, height)) = match role {
            Role::Customer => ("customer", (460, 620)),
            Role::Adviser => ("adviser", (1160, 820)),
        };
        let desk = Desk::start_sized((width * scale, height * scale));
        let mut command = Command::new(example());
        command.args([name, renderer, theme]).env("WINIT_X11_SCALE_FACTOR", scale.to_string());
        command.env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8");
        let (program, pages) = desk.spawn_listening(&mut command);
        let window = desk.window_of(&program, PATIENCE);
        desk.place(window, 4, 4);
        // Not over the window: nothing lights up.
        desk.move_to((0, 0));
        Self { desk, _program: program, window, pages }
    }

    fn turn_to(&mut self, page: usize) {
        writeln!(self.pages, "{page}").expect("the window is open");
    }

    fn looks(&self) -> Pixels {
        self.desk.looks(self.window)
    }
}

#[derive(Clone, Copy)]
enum Role {
    Customer,
    Adviser,
}

impl Role {
    fn pages(self) -> Vec<String> {
        match self {
            Self::Customer => pages::customer_pages().into_iter().map(|(name, _)| name).collect(),
            Self::Adviser => pages::adviser_pages().into_iter().map(|(name, _)| name).collect(),
        }
    }
}

/// Cargo builds examples with `--examples` or `--all-targets`, and for a plain `cargo test`.
fn example() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_lotse")).with_file_name("examples").join("shell_pages");
    assert!(path.exists(), "{} is missing: cargo build --examples", path.display());
    path
}

/// Turns every page in both windows.
fn looks_alike(role: Role, theme: &str, scale: u16) {
    let mut opengl = Reader::open(role, "gl", theme, scale);
    let mut software = Reader::open(role, "software", theme, scale);
    let mut before: Option<(Pixels, Pixels)> = None;
    for (number, name) in role.pages().iter().enumerate() {
        opengl.turn_to(number);
        software.turn_to(number);
        let what = format!("{name} to look other than the page before");
        let is_other = |now: &Pixels, before: Option<&Pixels>| before.is_none_or(|before| now != before);
        until(PATIENCE, &what, || is_other(&opengl.looks(), before.as_ref().map(|(one, _)| one)).then_some(()));
        until(PATIENCE, &what, || is_other(&software.looks(), before.as_ref().map(|(_, other)| other)).then_some(()));
        let begun = std::time::Instant::now();
        before = Some(loop {
            let (one, other) = (opengl.looks(), software.looks());
            let Err(difference) = unlike(&one, &other, tolerance(name, scale)) else { break (one, other) };
            if begun.elapsed() > PATIENCE {
                let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
                one.save(&folder.join(format!("{name}-{theme}-{scale}-opengl.png")));
                other.save(&folder.join(format!("{name}-{theme}-{scale}-software.png")));
                panic!("{name}, {theme}, {scale}00 %: {difference}; both are in {}", folder.display());
            }
            std::thread::sleep(Duration::from_millis(10));
        });
    }
}

#[test]
fn the_customers_pages_look_alike() {
    looks_alike(Role::Customer, "light", 1);
    looks_alike(Role::Customer, "dark", 1);
}

#[test]
fn the_customers_pages_look_alike_at_twice_the_size() {
    looks_alike(Role::Customer, "light", 2);
    looks_alike(Role::Customer, "dark", 2);
}

#[test]
fn the_advisers_pages_look_alike() {
    looks_alike(Role::Adviser, "light", 1);
    looks_alike(Role::Adviser, "dark", 1);
}

#[test]
fn the_advisers_pages_look_alike_at_twice_the_size() {
    looks_alike(Role::Adviser, "light", 2);
    looks_alike(Role::Adviser, "dark", 2);
}

/// The comparison would see it if one of the two left out a thin line, a dot, or a letter's worth of pixels.
#[test]
fn a_lost_shape_is_noticed() {
    let mut reader = Reader::open(Role::Customer, "software", "light", 1);
    let ready = Role::Customer.pages().iter().position(|name| name == "waiting-ready").expect("there is such a page");
    reader.turn_to(ready);
    let palette = Palette::of(Theme::Light);
    let bgr = |colour: Color32| [colour.b(), colour.g(), colour.r()];
    let has = |page: &Pixels, colour| page.bgrx.chunks_exact(4).any(|pixel| pixel[..3] == bgr(colour));
    until(PATIENCE, "the page", || has(&reader.looks(), palette.good).then_some(()));
    let page = reader.desk.at_rest(Duration::from_millis(200), PATIENCE).crop(reader.desk.geometry(reader.window));
    assert_eq!(unlike(&page, &page, PAGE), Ok(()));
    for (lost, colour) in [("lines", palette.line), ("the green dot", palette.good), ("the accent", palette.accent)] {
        let mut without = page.clone();
        for pixel in without.bgrx.chunks_exact_mut(4).filter(|pixel| pixel[..3] == bgr(colour)) {
            pixel[..3].copy_from_slice(&bgr(palette.background));
        }
        assert!(unlike(&page, &without, PAGE).is_err(), "nobody misses {lost}");
    }
}

// ---- Which one is chosen.

#[test]
fn without_opengl_the_advisers_window_opens_and_works() {
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let adviser = Adviser::start_in(&[NO_OPENGL, ("RUST_LOG", "lotse=info")], &relay.arguments());
    adviser.sign_in(&account);
    let page = adviser.looks();
    assert!(page.colours() > 16, "the page is blank");
    let log = adviser.program.log();
    assert!(log.contains("drawing without OpenGL: there is none that works"), "{log}");
}

#[test]
fn who_asks_for_opengl_where_there_is_none_is_told() {
    let relay = Relay::start();
    let desk = Desk::start();
    let mut command = people::lotse();
    command.arg("adviser").args(relay.arguments()).args(["--renderer", "gl"]).envs([NO_OPENGL]);
    let mut program = desk.spawn(&mut command);
    let status = program.ended(PATIENCE).expect("it ends by itself");
    assert_eq!(status.code(), Some(1));
    let log = program.log();
    let told = "lotse: the window could not be shown: OpenGL does not work on this computer; without \"--renderer gl\" \
                the window is drawn by the processor";
    assert!(log.lines().any(|line| line == told), "{log}");
}

// ---- By changed rectangle.

/// The customer's side of the square that changes, in pixels.
const SIDE: u16 = 64;

#[test]
fn of_a_picture_only_what_changed_is_painted() {
    let session = Session::begin();
    let (customer, adviser) = (&session.customer, &session.adviser);
    let place = Rect { x: 700, y: 300, width: SIDE, height: SIDE };
    let square = customer.desk.square(place);
    square.paint(0x00ff_ffff);
    for way in ["fitted", "pixel for pixel"] {
        if way == "pixel for pixel" {
            adviser.show_pixel_for_pixel();
        }
        let window = adviser.desk.geometry(adviser.window);
        adviser.desk.at_rest(Duration::from_millis(500), PATIENCE);
        let painted = adviser.desk.painted(adviser.window);
        for colour in [0x0000_8000, 0x0080_0080, 0x0000_8000, 0x0080_0080] {
            painted.since();
            let before = adviser.looks();
            square.paint(colour);
            let bgr = colour.to_le_bytes();
            // Not in the toolbar and not in the strip below: those say other things too.
            let inside = |place: &Rect| place.y > 60 && place.y + 40 < i16::try_from(window.height).expect("fits");
            let mut areas: Vec<Rect> = Vec::new();
            until(PATIENCE, "the square in the adviser's window", || {
                areas.extend(painted.since().into_iter().filter(inside));
                let now = adviser.looks();
                let turned = now.bgrx.chunks_exact(4).zip(before.bgrx.chunks_exact(4));
                let turned = turned.filter(|(now, before)| now[..3] == bgr[..3] && before[..3] != bgr[..3]).count();
                (turned >= usize::from(SIDE - 4) * usize::from(SIDE - 4)).then_some(())
            });
            areas.extend(painted.since().into_iter().filter(inside));
            let pixels: u32 = areas.iter().map(|area| u32::from(area.width) * u32::from(area.height)).sum();
            // Fitted it is a little larger, and a filter looks a pixel further.
            let most = u32::from(SIDE + 16) * u32::from(SIDE + 16);
            assert!(pixels >= u32::from(SIDE - 4) * u32::from(SIDE - 4), "{way}: {pixels} pixels in {areas:?}");
            assert!(pixels <= most, "{way}: {pixels} pixels for {SIDE} × {SIDE}: {areas:?}");
            assert!(pixels * 100 < u32::from(SIZE.0) * u32::from(SIZE.1), "{way}: not a hundredth of the picture");
        }
    }
}
