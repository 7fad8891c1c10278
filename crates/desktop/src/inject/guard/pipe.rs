//! The guard and its end of the pipe.
//!
//! On the pipe: three bytes for each change. `K` and `B` for a key and a button that go down, `k` and `b` up, `M` for a key
//! that is given a meaning for a while, `m` when it has lost it, each with its number in the second byte; `L` when locks
//! are changed, with those and how they were before, `l` when they are as before. What is not used is 0.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::inject::{InjectError, platform};

/// The child, seen from the process it guards. Dropping it closes the pipe and waits for the child's end.
#[derive(Debug)]
pub struct Guard {
    /// `None` once nobody waits for it any more.
    child: Option<Child>,
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
        Ok(Self { child: Some(child), pipe })
    }

    /// Closes the pipe and does not wait: the child has something left to do that takes its time.
    #[cfg(target_os = "windows")]
    pub(in crate::inject) fn leave(mut self) {
        self.child = None;
    }

    /// Tells the child; before a press, and after a release. A child that is gone is no reason not to help: the release
    /// still happens in every end but a kill.
    pub(in crate::inject) fn note(&mut self, note: Note) {
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
        if let Some(Err(error)) = self.child.as_mut().map(Child::wait) {
            tracing::warn!(%error, "the guard of held keys cannot be waited for");
        }
    }
}

/// Something held down, by the system's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inject) enum Held {
    /// On X11 a keycode.
    Key(u8),
    /// On X11 a button.
    Button(u8),
}

/// Caps Lock and Num Lock as somebody had them; on X11 masks of modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inject) struct LockedBefore {
    /// Which were touched.
    pub(in crate::inject) affected: u8,
    /// Which of them were on.
    pub(in crate::inject) before: u8,
    /// Which of them were made to be.
    pub(in crate::inject) made: u8,
}

/// What is not as it was.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::inject) struct Left {
    pub(in crate::inject) held: Vec<Held>,
    /// Keys with a meaning that they had not.
    pub(in crate::inject) bound: Vec<u8>,
    pub(in crate::inject) locked: Option<LockedBefore>,
}

/// What the child is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inject) enum Note {
    Down(Held),
    Up(Held),
    Bound(u8),
    Unbound(u8),
    Locked(LockedBefore),
    Unlocked,
}

impl Note {
    fn to_bytes(self) -> [u8; 3] {
        match self {
            Self::Down(Held::Key(number)) => [b'K', number, 0],
            Self::Up(Held::Key(number)) => [b'k', number, 0],
            Self::Down(Held::Button(number)) => [b'B', number, 0],
            Self::Up(Held::Button(number)) => [b'b', number, 0],
            Self::Bound(number) => [b'M', number, 0],
            Self::Unbound(number) => [b'm', number, 0],
            Self::Locked(locked) => [b'L', locked.affected, locked.before],
            Self::Unlocked => [b'l', 0, 0],
        }
    }

    fn from_bytes(bytes: [u8; 3]) -> Option<Self> {
        let [kind, number, before] = bytes;
        match kind {
            b'K' => Some(Self::Down(Held::Key(number))),
            b'k' => Some(Self::Up(Held::Key(number))),
            b'B' => Some(Self::Down(Held::Button(number))),
            b'b' => Some(Self::Up(Held::Button(number))),
            b'M' => Some(Self::Bound(number)),
            b'm' => Some(Self::Unbound(number)),
            b'L' => Some(Self::Locked(LockedBefore { affected: number, before, made: before })),
            b'l' => Some(Self::Unlocked),
            _ => None,
        }
    }
}

/// The child's whole life: listens until the pipe closes, lets go of what was still held on `$DISPLAY` (or the screen
/// with this name), makes the keyboard what it was, and returns.
///
/// # Errors
/// Something was held or changed and the system would not undo it.
pub fn run(pipe: impl Read, name: Option<&str>) -> Result<(), InjectError> {
    let left = listen(pipe);
    if left == Left::default() { Ok(()) } else { platform::let_go(name, &left) }
}

/// What is not as it was when the pipe closes.
fn listen(mut pipe: impl Read) -> Left {
    let mut left = Left::default();
    let mut bytes = [0; 3];
    while pipe.read_exact(&mut bytes).is_ok() {
        match Note::from_bytes(bytes) {
            Some(Note::Down(key)) if !left.held.contains(&key) => left.held.push(key),
            Some(Note::Up(key)) => left.held.retain(|h| *h != key),
            Some(Note::Bound(key)) if !left.bound.contains(&key) => left.bound.push(key),
            Some(Note::Unbound(key)) => left.bound.retain(|b| *b != key),
            Some(Note::Locked(locked)) => left.locked = Some(locked),
            Some(Note::Unlocked) => left.locked = None,
            _ => {}
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::{Held, Left, LockedBefore, Note, listen};

    #[test]
    fn what_was_done_and_not_undone_is_left_at_the_end() {
        let locked = LockedBefore { affected: 18, before: 2, made: 2 };
        let notes = [
            Note::Down(Held::Key(50)),
            Note::Down(Held::Key(38)),
            Note::Up(Held::Key(38)),
            Note::Bound(93),
            Note::Bound(8),
            Note::Down(Held::Button(1)),
            Note::Down(Held::Key(50)),
            Note::Unbound(8),
            Note::Unlocked,
            Note::Locked(locked),
        ];
        let mut pipe: Vec<u8> = notes.iter().flat_map(|n| n.to_bytes()).collect();
        pipe.extend(b"K1");
        let held = vec![Held::Key(50), Held::Button(1)];
        assert_eq!(listen(&pipe[..]), Left { held, bound: vec![93], locked: Some(locked) });
    }

    #[test]
    fn a_note_survives_the_pipe_and_nonsense_is_skipped() {
        for held in [Held::Key(255), Held::Button(9)] {
            for note in [Note::Down(held), Note::Up(held)] {
                assert_eq!(Note::from_bytes(note.to_bytes()), Some(note));
            }
        }
        for note in [Note::Bound(8), Note::Unbound(8), Note::Unlocked] {
            assert_eq!(Note::from_bytes(note.to_bytes()), Some(note));
        }
        assert_eq!(Note::from_bytes([0, 0, 0]), None);
    }
}
