//! When the program itself fails: everything ends at once, and a second process of the same executable says so in plain
//! words. That way nothing of a session outlives the mistake while somebody reads about it.

use std::env;
use std::panic::{self, PanicHookInfo};
use std::process::{self, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use lotse_desktop::crash;
use lotse_protocol::brand::Languages;

use crate::ui::text::{self, Argument, Text};

/// The hidden argument with which the executable must call [`message`] and do nothing else.
pub const ARGUMENT: &str = "crash-message";

/// Set, it leaves a program that fails to the system: Windows' error reporting, Linux' core dumps.
const DUMP: &str = "LOTSE_DUMP";

/// To be called before anything can fail.
pub fn prepare() {
    panic::set_hook(Box::new(|panic| end(panic, tell)));
    if env::var_os(DUMP).is_none() {
        crash::without_an_image(Some(ARGUMENT));
    }
}

/// The same in a child of which nobody knows: its parent goes on without it, and so does the window. A message that the
/// program has ended would be wrong.
pub fn prepare_child() {
    panic::set_hook(Box::new(|panic| end(panic, |_place| {})));
    if env::var_os(DUMP).is_none() {
        crash::without_an_image(None);
    }
}

/// Ends this process, after `tell` was given the place in the program.
fn end(panic: &PanicHookInfo<'_>, tell: fn(&str)) {
    static FIRST: AtomicBool = AtomicBool::new(true);
    if !FIRST.swap(false, Ordering::SeqCst) {
        // Another thread is ending this process.
        loop {
            thread::park();
        }
    }
    let place = panic.location().map_or_else(String::new, |place| format!("{}:{}", place.file(), place.line()));
    #[expect(clippy::print_stderr, reason = "logging may be what has failed")]
    {
        eprintln!("lotse: {panic}");
    }
    tell(&place);
    if env::var_os(DUMP).is_some() {
        process::abort();
    }
    process::exit(crash::EXIT_CODE.into());
}

/// In the terminal, and by a second process in a window.
fn tell(place: &str) {
    #[expect(clippy::print_stderr, reason = "logging may be what has failed")]
    {
        eprintln!("{}", sentences(place));
    }
    if let Ok(program) = env::current_exe() {
        let mut command = Command::new(program);
        command.args([ARGUMENT, place]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // Whoever looks at the terminal has been told.
        let _ = command.spawn();
    }
}

/// In the second process: the message, until it has been read.
#[must_use]
pub fn message(place: &str) -> ExitCode {
    match crash::tell("Lotse", &sentences(place)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn sentences(place: &str) -> String {
    // Whatever the institution speaks: its part of the file may be what has failed.
    let text = Text::new(text::of_system(Languages::default()));
    let place = format!("{place} ({})", env!("CARGO_PKG_VERSION"));
    let place = text.say_with("crash-place", [("place", Argument::Text(place.into()))]);
    format!("{}\n{}\n\n{place}", text.say("crash-what"), text.say("crash-then"))
}

/// Two ways to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A mistake that the program notices.
    Panic,
    /// One that the system notices.
    Fault,
}

/// Fails, so that tests can see what people see then.
pub fn provoke(failure: Failure) -> ! {
    match failure {
        Failure::Panic => panic!("asked for"),
        Failure::Fault => crash::fail(),
    }
}
