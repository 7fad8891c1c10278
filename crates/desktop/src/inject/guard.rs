//! Lets go of keys for a process that died. What was pressed through XTEST or SendInput stays down when the process
//! that pressed it is killed (design, invariant 5). So a child of the same executable holds the other end of a pipe, is
//! told what is held, and releases it when the pipe closes; then it ends too.
//!
//! On the pipe: two bytes for each change, `K` and `B` for a key and a button that go down, `k` and `b` up, then the number of
//! the key or button in the second.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use super::{InjectError, platform};

/// The child, seen from the process it guards. Dropping it closes the pipe and waits for the child's end.
#[derive(Debug)]
pub struct Guard {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// Starts the child: `command` must end up in [`run`] with the pipe as its standard input.
    ///
    /// # Errors
    /// The child could not be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        platform::detach(&mut command);
        let mut child = command.spawn()?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    /// Tells the child; before a press, and after a release. A child that is gone is no reason not to help: the release
    /// still happens in every end but a kill.
    pub(super) fn note(&mut self, note: Note) {
        let Some(pipe) = &mut self.pipe else { return };
        if let Err(error) = pipe.write_all(&note.to_bytes()) {
            tracing::warn!(%error, "the guard of held keys is gone");
            self.pipe = None;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.pipe = None;
        if let Err(error) = self.child.wait() {
            tracing::warn!(%error, "the guard of held keys cannot be waited for");
        }
    }
}

/// Something held down, by the system's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// On X11 a keycode.
    Key(u8),
    /// On X11 a button.
    Button(u8),
}

/// What the child is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Note {
    Down(Held),
    Up(Held),
}

impl Note {
    fn to_bytes(self) -> [u8; 2] {
        match self {
            Self::Down(Held::Key(number)) => [b'K', number],
            Self::Up(Held::Key(number)) => [b'k', number],
            Self::Down(Held::Button(number)) => [b'B', number],
            Self::Up(Held::Button(number)) => [b'b', number],
        }
    }

    fn from_bytes(bytes: [u8; 2]) -> Option<Self> {
        let [kind, number] = bytes;
        match kind {
            b'K' => Some(Self::Down(Held::Key(number))),
            b'k' => Some(Self::Up(Held::Key(number))),
            b'B' => Some(Self::Down(Held::Button(number))),
            b'b' => Some(Self::Up(Held::Button(number))),
            _ => None,
        }
    }
}

/// The child's whole life: listens until the pipe closes, lets go of what was still held on `$DISPLAY` (or the screen
/// with this name), and returns.
///
/// # Errors
/// Something was held and the system would not let go of it.
pub fn run(pipe: impl Read, name: Option<&str>) -> Result<(), InjectError> {
    let held = listen(pipe);
    if held.is_empty() { Ok(()) } else { platform::let_go(name, &held) }
}

/// What is still held when the pipe closes.
fn listen(mut pipe: impl Read) -> Vec<Held> {
    let mut held = Vec::new();
    let mut bytes = [0; 2];
    while pipe.read_exact(&mut bytes).is_ok() {
        match Note::from_bytes(bytes) {
            Some(Note::Down(key)) if !held.contains(&key) => held.push(key),
            Some(Note::Up(key)) => held.retain(|h| *h != key),
            _ => {}
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::{Held, Note, listen};

    #[test]
    fn what_was_pressed_and_not_released_is_held_at_the_end() {
        let notes = [
            Note::Down(Held::Key(50)),
            Note::Down(Held::Key(38)),
            Note::Up(Held::Key(38)),
            Note::Down(Held::Button(1)),
            Note::Down(Held::Key(50)),
        ];
        let mut pipe: Vec<u8> = notes.iter().flat_map(|n| n.to_bytes()).collect();
        pipe.push(b'K');
        assert_eq!(listen(&pipe[..]), [Held::Key(50), Held::Button(1)]);
    }

    #[test]
    fn a_note_survives_the_pipe_and_nonsense_is_skipped() {
        for held in [Held::Key(255), Held::Button(9)] {
            for note in [Note::Down(held), Note::Up(held)] {
                assert_eq!(Note::from_bytes(note.to_bytes()), Some(note));
            }
        }
        assert_eq!(Note::from_bytes([0, 0]), None);
    }
}
