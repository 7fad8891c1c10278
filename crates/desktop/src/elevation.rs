//! A second program from this executable's file as an administrator's, and a line to it. One facade; the platform's
//! implementation is chosen here and nowhere else.
//!
//! The line is a pipe on this computer for one client of this user, with a name that nobody guesses. It carries nothing
//! before each side knows that the other is who it should be: this side, that it is the process that the system has started
//! for it; the other, that it is a process of the same file.

#[cfg(any(target_os = "windows", test))]
mod asking;
#[cfg(not(target_os = "windows"))]
mod nowhere;
#[cfg(target_os = "windows")]
mod windows;

use std::fmt::{self, Write as _};
use std::io;
use std::str::FromStr;
use std::time::Duration;

#[cfg(not(target_os = "windows"))]
use nowhere as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// Is there something to be gained by [`rise`]?
#[must_use]
pub fn may_rise() -> Rise {
    platform::may_rise()
}

/// See [`may_rise`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rise {
    /// The person is an administrator, this process is not an administrator's, and the system has a way to start one that is.
    Possible,
    /// It is one already; there is no such way; or the person is none, so that somebody else's account would be needed.
    Impossible,
}

/// Starts this executable's file as an administrator's, with `arguments` and behind them `name`, and waits until it has
/// opened the line with [`answer`]. The system asks the person first: for as long as that takes, this blocks.
///
/// # Errors
/// [`RiseError`]; nothing is left then but, perhaps, the other process, which ends when it finds no line.
pub fn rise(arguments: &[String], name: &LineName) -> Result<Line, RiseError> {
    platform::rise(arguments, name).map(Line)
}

/// Opens the line from the process that [`rise`] started.
///
/// # Errors
/// [`AnswerError`]: there is nothing to be done for this process then.
pub fn answer(name: &LineName) -> Result<Line, AnswerError> {
    platform::answer(name).map(Line)
}

/// The exit code of a process that could not open the line because it is another user's: tells [`rise`] so.
pub const OTHER_ACCOUNT: u8 = 4;

/// A line of bytes to the other process. Closed with its last use; what was written before can still be read there.
#[derive(Debug)]
pub struct Line(platform::Line);

impl Line {
    /// Reads what there is; 0 when the other side is closed.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when there is nothing `within` that time, and nothing is lost by it; others when the
    /// system fails.
    pub fn read(&mut self, into: &mut [u8], within: Duration) -> io::Result<usize> {
        self.0.read(into, within)
    }

    /// Writes all of it, a few bytes for which the line has room.
    ///
    /// # Errors
    /// The other side is closed, or the system fails.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write(bytes)
    }
}

/// What a line is called: 128 bits that nobody guesses. It is on a command line, and worth nothing to whoever reads it
/// there and is not the process that is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineName(String);

/// Digits of a [`LineName`].
const DIGITS: usize = 32;

impl LineName {
    /// Of random bytes.
    #[must_use]
    pub fn of(random: [u8; DIGITS / 2]) -> Self {
        let mut digits = String::with_capacity(DIGITS);
        for byte in random {
            // Cannot fail: memory grows as needed.
            let _ = write!(digits, "{byte:02x}");
        }
        Self(digits)
    }
}

impl fmt::Display for LineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Not the name of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a line")]
pub struct NoLineName;

impl FromStr for LineName {
    type Err = NoLineName;

    /// Digits and nothing else: a name with anything of a path in it would lead to another computer.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == DIGITS && text.bytes().all(is_digit) { Ok(Self(text.to_owned())) } else { Err(NoLineName) }
    }
}

/// Why there is no second program.
#[derive(Debug, thiserror::Error)]
pub enum RiseError {
    /// The person said no to the system, or could not say yes.
    #[error("refused")]
    Refused,
    /// The system started it for another account than this user's.
    #[error("started for another account")]
    OtherAccount,
    /// Something else has opened the line.
    #[error("another process answered")]
    Impostor,
    /// It was started, and ended or did not answer.
    #[error("the process that was started does not answer")]
    NoAnswer,
    /// This system has no such thing.
    #[error("this system has no way to do that")]
    NotSupported,
    /// The system failed.
    #[error("the system failed: {0}")]
    System(#[from] io::Error),
}

/// Why the line to the first program could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// It is another user's.
    #[error("this process is another user's than the one that started it")]
    OtherAccount,
    /// It is held by a process of another file.
    #[error("it was not started by this program")]
    Impostor,
    /// There is none.
    #[error("the program that started this one is gone: {0}")]
    Gone(#[from] io::Error),
    /// This system has no such thing.
    #[error("this system has no way to do that")]
    NotSupported,
}

#[cfg(test)]
mod tests {
    use super::{LineName, NoLineName};

    #[test]
    fn the_name_of_a_line_is_digits_and_leads_nowhere_else() {
        let name = LineName::of([0, 1, 0x20, 0xff, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
        assert_eq!(name.to_string(), "000120ff0405060708090a0b0c0d0e0f");
        assert_eq!(name.to_string().parse(), Ok(name.clone()));
        let whole = name.to_string();
        let wrong = ["", &whole[1..], &format!("{whole}0"), &whole.to_uppercase(), &whole.replace("ff", "..")];
        for text in wrong.into_iter().chain([r"\\elsewhere\pipe\000120ff04050607", "0001 20ff0405060708090a0b0c0d0e0"])
        {
            assert_eq!(text.parse::<LineName>(), Err(NoLineName), "{text}");
        }
    }
}
