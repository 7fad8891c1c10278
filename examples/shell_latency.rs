//! Key → pixel of the adviser's window against a host that exists only in `shell_window`: a key by XTEST, an event of
//! the window, a square that flips in the picture, a pixel on the X screen. docs/decisions/0002-shell.md quotes it.
//!
//!     Xvfb :75 -screen 0 2200x1300x24 -noreset &
//!     cargo build --release --examples
//!     DISPLAY=:75 target/release/examples/shell_latency target/release/examples/shell_window software
//!
//! On a screen of the picture's size, with a window manager, it is the full screen that is looked at and measured:
//!
//!     Xvfb :76 -screen 0 1920x1080x24 -noreset &
//!     DISPLAY=:76 openbox &
//!     DISPLAY=:76 target/release/examples/shell_latency target/release/examples/shell_window software
//!
//! Under Wine:
//!
//!     DISPLAY=:75 target/release/examples/shell_latency wine .../shell_window.exe gl

use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT,
    MOTION_NOTIFY_EVENT, MapState, Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const SAMPLES: usize = 200;
/// Time for a flip to be seen; longer is a failure.
const PATIENCE: Duration = Duration::from_secs(5);
/// The letter a, on every keyboard map that Xvfb starts with.
const KEYCODE: u8 = 38;
/// F11, likewise.
const F11: u8 = 95;
/// The size of the picture in `shell_window`.
const PICTURE: (u16, u16) = (1920, 1080);

fn main() -> ExitCode {
    let command: Vec<String> = std::env::args().skip(1).collect();
    match measure(&command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Ends the window's process however this ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn measure(command: &[String]) -> Result<()> {
    let [program, arguments @ ..] = command else { bail!("which window? shell_latency PROGRAM [ARGUMENTS]") };
    let (x, screen) = x11rb::connect(None).context("no display")?;
    let screen = &x.setup().roots[screen];
    let (root, room) = (screen.root, (screen.width_in_pixels, screen.height_in_pixels));
    let before = windows(&x, root)?;
    let started = Instant::now();
    let child = Ended(Command::new(program).args(arguments).spawn().context("the window does not start")?);
    let window = appeared(&x, root, &before)?;
    println!("window after {} ms", started.elapsed().as_millis());
    if room == PICTURE {
        return full_screen(&x, root, window, child.0.id());
    }
    for (name, width, height) in [("exact 1920x1080", 1920, 1162), ("scaled", 1400, 900)] {
        resize(&x, window, (width, height))?;
        x.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?;
        x.sync()?;
        let pixel = find(&x, root, room)?;
        sample(&x, root, name, pixel, child.0.id())?;
    }
    Ok(())
}

/// Gives the window a size, and asks again until it keeps it: Wine sets its own once more after the window has appeared.
fn resize(x: &RustConnection, window: Window, (width, height): (u16, u16)) -> Result<()> {
    let place = ConfigureWindowAux::new().x(0).y(0).width(u32::from(width)).height(u32::from(height));
    until(PATIENCE, || {
        x.configure_window(window, &place)?;
        x.sync()?;
        std::thread::sleep(Duration::from_millis(1500));
        let size = x.get_geometry(window)?.reply()?;
        Ok((size.width, size.height) == (width, height))
    })
    .with_context(|| format!("a window of {width} × {height}"))
}

/// In full screen, on a screen of the picture's size: every pixel is the picture's, then the same measurement.
fn full_screen(x: &RustConnection, root: Window, window: Window, process: u32) -> Result<()> {
    // The window manager gives it the keyboard.
    std::thread::sleep(Duration::from_secs(1));
    tap(x, root, F11)?;
    move_to(x, root, (960, 540))?;
    until(PATIENCE, || Ok(strange_pixels(x, root)?.is_empty())).context("the picture alone")?;
    println!("full screen: every pixel is the picture's");
    move_to(x, root, (960, 0))?;
    until(PATIENCE, || Ok(!strange_pixels(x, root)?.is_empty())).context("the toolbar")?;
    std::thread::sleep(Duration::from_millis(200));
    let rows: Vec<usize> = strange_pixels(x, root)?.iter().map(|at| at / usize::from(PICTURE.0)).collect();
    let last = rows.last().copied().unwrap_or_default();
    if last > 150 {
        bail!("the toolbar changed row {last}");
    }
    println!("full screen: the toolbar covers {} rows and moves nothing", last + 1);
    move_to(x, root, (960, 540))?;
    until(PATIENCE, || Ok(strange_pixels(x, root)?.is_empty())).context("the toolbar goes")?;
    sample(x, root, "full screen", find(x, root, PICTURE)?, process)?;
    tap(x, root, F11)?;
    until(PATIENCE, || Ok(x.get_geometry(window)?.reply()?.width < PICTURE.0)).context("F11 leaves the full screen")
}

/// Which pixels of the screen are not those of the picture. Its square is black: a key would have made it white, so F11
/// was not handed on.
fn strange_pixels(x: &RustConnection, root: Window) -> Result<Vec<usize>> {
    let (width, height) = PICTURE;
    let screen = x.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, width, height, !0)?.reply()?.data;
    let expected = |at: usize| -> [u8; 3] {
        let (x, y) = (at % usize::from(width), at / usize::from(width));
        if (320..384).contains(&x) && (240..304).contains(&y) {
            return [0; 3];
        }
        [(x / 8) as u8, (y / 5) as u8, ((x ^ y) & 0x7f) as u8]
    };
    let strange = screen.chunks_exact(4).enumerate().filter(|(at, pixel)| pixel[..3] != expected(*at));
    Ok(strange.map(|(at, _)| at).collect())
}

fn until(patience: Duration, mut ready: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !ready()? {
        if start.elapsed() > patience {
            bail!("not within {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn tap(x: &RustConnection, root: Window, key: u8) -> Result<()> {
    for event in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
        x.xtest_fake_input(event, key, 0, root, 0, 0, 0)?;
    }
    Ok(x.flush()?)
}

fn move_to(x: &RustConnection, root: Window, (to_x, to_y): (i16, i16)) -> Result<()> {
    x.xtest_fake_input(MOTION_NOTIFY_EVENT, 0, 0, root, to_x, to_y, 0)?;
    Ok(x.flush()?)
}

/// Measures at one pixel that each key changes.
fn sample(x: &RustConnection, root: Window, name: &str, pixel: (i16, i16), process: u32) -> Result<()> {
    let cpu = cpu_ticks(process);
    let mut samples = Vec::with_capacity(SAMPLES);
    for index in 0..SAMPLES {
        // Not in step with anything.
        std::thread::sleep(Duration::from_millis(17 + (index as u64 * 7) % 13));
        samples.push(press(x, root, pixel)?);
    }
    let cpu = cpu_ticks(process).saturating_sub(cpu);
    samples.sort();
    let at = |percent: usize| samples[(samples.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    println!(
        "{name}: key → pixel p50 {:.2} ms, p95 {:.2} ms, max {:.2} ms; {:.2} ms of processor per key",
        at(50),
        at(95),
        at(100),
        cpu as f64 * 10.0 / SAMPLES as f64
    );
    let idle = cpu_ticks(process);
    std::thread::sleep(Duration::from_secs(5));
    println!("{name}: {} ms of processor in 5 idle seconds", (cpu_ticks(process) - idle) * 10);
    Ok(())
}

/// Presses the key and waits until the pixel differs.
fn press(x: &RustConnection, root: Window, at: (i16, i16)) -> Result<Duration> {
    let before = pixel(x, root, at)?;
    let start = Instant::now();
    x.xtest_fake_input(KEY_PRESS_EVENT, KEYCODE, 0, root, 0, 0, 0)?;
    x.flush()?;
    while pixel(x, root, at)? == before {
        if start.elapsed() > PATIENCE {
            bail!("no pixel changed");
        }
    }
    let taken = start.elapsed();
    x.xtest_fake_input(KEY_RELEASE_EVENT, KEYCODE, 0, root, 0, 0, 0)?;
    x.flush()?;
    Ok(taken)
}

fn pixel(x: &RustConnection, root: Window, at: (i16, i16)) -> Result<Vec<u8>> {
    Ok(x.get_image(ImageFormat::Z_PIXMAP, root, at.0, at.1, 1, 1, !0)?.reply()?.data)
}

/// Where a key changes the screen: the middle of it.
fn find(x: &RustConnection, root: Window, room: (u16, u16)) -> Result<(i16, i16)> {
    let look =
        || -> Result<Vec<u8>> { Ok(x.get_image(ImageFormat::Z_PIXMAP, root, 0, 0, room.0, room.1, !0)?.reply()?.data) };
    let before = look()?;
    for event in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
        x.xtest_fake_input(event, KEYCODE, 0, root, 0, 0, 0)?;
        x.flush()?;
        std::thread::sleep(Duration::from_millis(300));
    }
    let after = look()?;
    let stride = usize::from(room.0) * 4;
    let changed = |row: &usize| before[row * stride..(row + 1) * stride] != after[row * stride..(row + 1) * stride];
    let rows: Vec<usize> = (0..usize::from(room.1)).filter(changed).collect();
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { bail!("no key reaches the window") };
    let row = usize::midpoint(*first, *last);
    let columns: Vec<usize> = (0..usize::from(room.0))
        .filter(|column| {
            let at = row * stride + column * 4;
            before[at..at + 3] != after[at..at + 3]
        })
        .collect();
    let (Some(first_column), Some(last_column)) = (columns.first(), columns.last()) else { bail!("nothing changed") };
    println!("the square is {} × {}", last_column - first_column + 1, last - first + 1);
    Ok((i16::try_from(usize::midpoint(*first_column, *last_column))?, i16::try_from(row)?))
}

fn windows(x: &RustConnection, root: Window) -> Result<Vec<Window>> {
    Ok(x.query_tree(root)?.reply()?.children)
}

/// The large window that was not there before.
fn appeared(x: &RustConnection, root: Window, before: &[Window]) -> Result<Window> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        for window in windows(x, root)?.into_iter().filter(|window| !before.contains(window)) {
            // It may be gone already: then it was not the one.
            let (Ok(attributes), Ok(geometry)) =
                (x.get_window_attributes(window)?.reply(), x.get_geometry(window)?.reply())
            else {
                continue;
            };
            if attributes.map_state == MapState::VIEWABLE && geometry.width > 400 && geometry.height > 400 {
                return Ok(window);
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("no window appeared")
}

/// Processor time of a process so far, in hundredths of a second (`proc(5)`); 0 once it is gone.
fn cpu_ticks(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}
