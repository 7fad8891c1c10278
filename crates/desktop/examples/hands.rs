//! What the injector is told to do, line by line: for machines on which there is no `cargo test`, like Wine. Each line on standard
//! input is answered by one on standard output, `done` or why not:
//!
//! - `wheel HORIZONTAL VERTICAL`: turns the wheels, in 1/120 of a notch.

use std::error::Error;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use lotse_desktop::inject::Injector;

fn main() -> Result<(), Box<dyn Error>> {
    let mut injector = Injector::open()?;
    for line in stdin().lock().lines() {
        let done = obey(&mut injector, &line?);
        let mut output = stdout().lock();
        match done {
            Ok(()) => writeln!(output, "done")?,
            Err(error) => writeln!(output, "{error}")?,
        }
        output.flush()?;
    }
    Ok(())
}

fn obey(injector: &mut Injector, line: &str) -> Result<(), Box<dyn Error>> {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["wheel", horizontal, vertical] => Ok(injector.wheel(horizontal.parse()?, vertical.parse()?)?),
        _ => Err(format!("there is no command {line:?}").into()),
    }
}
