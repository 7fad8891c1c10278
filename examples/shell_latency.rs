//! Key → pixel of the adviser's window against a host that exists only in `shell_window`: a key by XTEST, an event of
//! the window, a square that flips in the picture, a pixel on the X screen. docs/decisions/0002-shell.md quotes it.
//!
//!     Xvfb :75 -screen 0 2200x1300x24 -noreset &
//!     cargo build --release --examples
//!     DISPLAY=:75 target/release/examples/shell_latency target/release/examples/shell_window software
//!     DISPLAY=:75 target/release/examples/shell_latency wine .../shell_window.exe gl

use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConfigureWindowAux, ConnectionExt as _, ImageFormat, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState,
    Window,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const SAMPLES: usize = 200;
/// Time for a flip to be seen; longer is a failure.
const PATIENCE: Duration = Duration::from_secs(5);
/// The letter a, on every keyboard map that Xvfb starts with.
const KEYCODE: u8 = 38;

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
    for (name, width, height) in [("exact 1920x1080", 1920, 1162), ("scaled", 1400, 900)] {
        let place = ConfigureWindowAux::new().x(0).y(0).width(width).height(height);
        x.configure_window(window, &place)?;
        x.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?;
        x.sync()?;
        std::thread::sleep(Duration::from_millis(1500));
        let pixel = find(&x, root, room)?;
        let cpu = cpu_ticks(child.0.id());
        let mut samples = Vec::with_capacity(SAMPLES);
        for index in 0..SAMPLES {
            // Not in step with anything.
            std::thread::sleep(Duration::from_millis(17 + (index as u64 * 7) % 13));
            samples.push(press(&x, root, pixel)?);
        }
        let cpu = cpu_ticks(child.0.id()).saturating_sub(cpu);
        samples.sort();
        let at = |percent: usize| samples[(samples.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
        println!(
            "{name}: key → pixel p50 {:.2} ms, p95 {:.2} ms, max {:.2} ms; {:.2} ms of processor per key",
            at(50),
            at(95),
            at(100),
            cpu as f64 * 10.0 / SAMPLES as f64
        );
        let idle = cpu_ticks(child.0.id());
        std::thread::sleep(Duration::from_secs(5));
        println!("{name}: {} ms of processor in 5 idle seconds", (cpu_ticks(child.0.id()) - idle) * 10);
    }
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
