//! Can the desktop be duplicated? Tried in a child process of the same executable, since a broken driver does not fail, it
//! crashes, or never comes back. Only where the child came through it is the driver opened in this process: what it does
//! there later nobody can catch.

#[cfg(any(target_os = "windows", test))]
pub(super) mod child;

use std::io::{self, Read as _, Write as _};
use std::process::{self, Command, ExitCode};
use std::thread;
use std::time::Duration;

use super::{NotDuplicated, platform};

/// A driver that takes longer than this is not used. Nobody waits for it: the picture comes by the other way meanwhile.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the child ready: a process that must end in [`answer`] and do nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Prober(pub fn() -> io::Result<Command>);

/// In the child: tries, and says what came of it.
#[must_use]
pub fn answer() -> ExitCode {
    // The pipe closes when whoever asks is gone: a driver that never comes back must not keep this process then.
    let watch = thread::Builder::new().spawn(|| {
        let _closed = io::stdin().lock().read(&mut [0]);
        process::exit(1)
    });
    if watch.is_err() {
        return ExitCode::FAILURE;
    }
    let mut output = io::stdout().lock();
    match writeln!(output, "{}", word(platform::try_duplication())).and_then(|()| output.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What the child says in a word.
const WORDS: [(&str, Result<(), NotDuplicated>); 8] = [
    ("works", Ok(())),
    ("missing", Err(NotDuplicated::Missing)),
    ("unsupported", Err(NotDuplicated::Unsupported)),
    ("busy", Err(NotDuplicated::Busy)),
    ("incomplete", Err(NotDuplicated::Incomplete)),
    ("other-desktop", Err(NotDuplicated::OtherDesktop)),
    ("lost", Err(NotDuplicated::Lost)),
    ("driver", Err(NotDuplicated::Driver)),
];

/// Windows' numbers are their own words.
fn word(found: Result<(), NotDuplicated>) -> String {
    match (found, WORDS.iter().find(|(_, meant)| *meant == found)) {
        (_, Some((word, _))) => (*word).to_owned(),
        (Err(NotDuplicated::Failed(answer)), None) => answer.to_string(),
        (_, None) => String::new(),
    }
}
