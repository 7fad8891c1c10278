//! What capture and pointer see, asked for line by line: for machines on which there is no `cargo test`, like Wine. Each
//! line on standard input is answered by one on standard output:
//!
//! - `wait MS`: why the capture woke (`Damage`, `Timeout`, …).
//! - `grab FILE`: `WIDTH HEIGHT` and the damage as `X,Y,WIDTH,HEIGHT`; the picture goes to the file, rows of blue, green,
//!   red and nothing.
//! - `cost COUNT`: the median of so many grabs in microseconds, with a pause before each.
//! - `idle SECONDS`: processor time in microseconds that waiting for so long takes.
//! - `pointer MS`: what the pointer does meanwhile: `at X,Y`, `shape WIDTH,HEIGHT,X,Y,VISIBLE`.

use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use lotse_desktop::capture::{Capture, Prober, Wake, probe};
use lotse_desktop::pointer::{News, Pointer};
use lotse_desktop::processor;

/// Has this program try the duplication out, in another process.
const PROBE: &str = "probe-duplication";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if env::args().nth(1).as_deref() == Some(PROBE) {
        return Ok(probe::answer());
    }
    let prober = Prober(|| {
        let mut child = Command::new(env::current_exe()?);
        child.arg(PROBE);
        Ok(child)
    });
    let mut capture = Capture::open(prober)?;
    let mut pointer = Pointer::open()?;
    say("open")?;
    for line in stdin().lock().lines() {
        let line = line?;
        let (command, argument) = line.split_once(' ').unwrap_or((&line, ""));
        say(&match command {
            "wait" => format!("{:?}", capture.wait(Some(milliseconds(argument)?))?),
            "grab" => grab(&mut capture, argument)?,
            "cost" => cost(&mut capture, argument.parse()?)?,
            "idle" => idle(&mut capture, Duration::from_secs(argument.parse()?))?,
            "pointer" => follow(&mut pointer, milliseconds(argument)?)?,
            other => format!("there is no command {other:?}"),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

fn say(line: &str) -> std::io::Result<()> {
    let mut output = stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

fn milliseconds(argument: &str) -> Result<Duration, Box<dyn Error>> {
    Ok(Duration::from_millis(argument.parse()?))
}

fn grab(capture: &mut Capture, file: &str) -> Result<String, Box<dyn Error>> {
    let grab = capture.grab()?;
    let damage = grab.damage.iter().map(|r| format!(" {},{},{},{}", r.x, r.y, r.width, r.height)).collect::<String>();
    fs::write(file, grab.data)?;
    Ok(format!("{} {}{damage}", grab.width, grab.height))
}

fn cost(capture: &mut Capture, count: usize) -> Result<String, Box<dyn Error>> {
    let mut times = Vec::new();
    for _ in 0..count {
        // Long enough that what was seen last is too old.
        thread::sleep(Duration::from_millis(600));
        let begun = Instant::now();
        capture.grab()?;
        times.push(begun.elapsed().as_micros());
    }
    times.sort_unstable();
    Ok(times.get(count / 2).map_or_else(String::new, u128::to_string))
}

fn idle(capture: &mut Capture, time: Duration) -> Result<String, Box<dyn Error>> {
    let (deadline, before) = (Instant::now() + time, processor::time());
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        if capture.wait(Some(left))? == Wake::Damage {
            capture.grab()?;
        }
    }
    let spent = processor::time().zip(before).map(|(after, before)| after - before);
    Ok(spent.map_or_else(|| "unknown".to_owned(), |spent| spent.as_micros().to_string()))
}

fn follow(pointer: &mut Pointer, time: Duration) -> Result<String, Box<dyn Error>> {
    let deadline = Instant::now() + time;
    let mut seen = Vec::new();
    loop {
        match pointer.wait(Some(deadline.saturating_duration_since(Instant::now())))? {
            News::At(at) => seen.push(format!("at {},{}", at.x, at.y)),
            News::Shape(shape) => {
                let visible = shape.rgba.chunks_exact(4).filter(|pixel| pixel[3] != 0).count();
                let (width, height, x, y) = (shape.width, shape.height, shape.hot_x, shape.hot_y);
                seen.push(format!("shape {width},{height},{x},{y},{visible}"));
            }
            News::Interrupted | News::Timeout => return Ok(seen.join(" ")),
        }
    }
}
