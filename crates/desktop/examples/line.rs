//! The line to a program that is started as an administrator's, tried from both ends and from neither: for machines on which
//! there is no `cargo test`, like Wine. Says in one line what came of it.
//!
//! - `line rise NAME ROLE`: starts itself in that role: `risen`, then `heard WHAT`; or why not.
//! - `line intrude NAME`: opens the line as soon as it is there, and is nobody who was started for it: `came BYTES`.
//! - `line try NAME`: opens it once: `opened`, or why not.
//!
//! Roles: `answer` says in return what it was told, `hold` does so after a while, `linger` opens nothing, `leave` ends at once,
//! `other-account` ends as a process of another account does.

use std::error::Error;
use std::io::{Write as _, stdout};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fmt};

use lotse_desktop::elevation::{self, LineName, OTHER_ACCOUNT};

/// Longer than Wine takes to start a program.
const PATIENCE: Duration = Duration::from_secs(30);
/// Long enough to be looked at from outside.
const WHILE: Duration = Duration::from_secs(4);

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["rise", name, role] => rise(&name.parse()?, role)?,
        ["intrude", name] => intrude(&name.parse()?)?,
        ["try", name] => match elevation::answer(&name.parse()?) {
            Ok(_) => say("opened")?,
            Err(error) => say_why(&error)?,
        },
        ["answer", name] => answer(&name.parse()?, Duration::ZERO)?,
        ["hold", name] => answer(&name.parse()?, WHILE)?,
        ["linger", _] => thread::sleep(WHILE),
        ["leave", _] => {}
        ["other-account", _] => return Ok(ExitCode::from(OTHER_ACCOUNT)),
        _ => return Err("line rise NAME ROLE | intrude NAME | try NAME".into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn rise(name: &LineName, role: &str) -> Result<(), Box<dyn Error>> {
    match elevation::rise(&[role.to_owned()], name) {
        Ok(mut line) => {
            say("risen")?;
            line.write(b"ticket")?;
            let mut heard = [0; 64];
            let length = line.read(&mut heard, PATIENCE)?;
            say(&format!("heard {}", String::from_utf8_lossy(&heard[..length])))?;
        }
        Err(error) => say_why(&error)?,
    }
    Ok(())
}

fn answer(name: &LineName, after: Duration) -> Result<(), Box<dyn Error>> {
    let mut line = elevation::answer(name)?;
    let mut told = [0; 64];
    let length = line.read(&mut told, PATIENCE)?;
    thread::sleep(after);
    line.write(&told[..length])?;
    Ok(())
}

fn intrude(name: &LineName) -> Result<(), Box<dyn Error>> {
    let until = Instant::now() + PATIENCE;
    let mut line = loop {
        match elevation::answer(name) {
            Ok(line) => break line,
            Err(error) if Instant::now() >= until => return Err(error.into()),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    };
    let came = line.read(&mut [0; 64], PATIENCE)?;
    say(&format!("came {came}"))?;
    Ok(())
}

/// By its name in the program: what a person is told of it is said elsewhere.
fn say_why(error: &impl fmt::Debug) -> std::io::Result<()> {
    let why = format!("{error:?}");
    say(why.split(['(', ' ']).next().unwrap_or_default())
}

fn say(line: &str) -> std::io::Result<()> {
    let mut output = stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}
