//! The child, seen from the process that asks.

use std::io::{self, Read as _};
use std::process::{Child, Stdio};
use std::time::Instant;

use super::{NotDuplicated, PATIENCE, Prober, WORDS};

/// A child that tries.
pub(in crate::capture) struct Probe {
    child: Child,
    deadline: Instant,
}

impl Probe {
    pub(in crate::capture) fn start(prober: Prober, now: Instant) -> Result<Self, NotDuplicated> {
        let start = || -> io::Result<Child> {
            (prober.0)()?.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
        };
        match start() {
            Ok(child) => Ok(Self { child, deadline: now + PATIENCE }),
            // Without the child it is not tried at all.
            Err(error) => Err(NotDuplicated::Failed(error.raw_os_error().unwrap_or_default().cast_unsigned())),
        }
    }

    /// What it has found, once it has ended or time is up.
    pub(in crate::capture) fn found(&mut self, now: Instant) -> Option<Result<(), NotDuplicated>> {
        match self.child.try_wait() {
            Ok(None) if now < self.deadline => None,
            Ok(Some(status)) if status.success() => Some(self.said()),
            _ => Some(Err(NotDuplicated::Crashed)),
        }
    }

    fn said(&mut self) -> Result<(), NotDuplicated> {
        let mut said = String::new();
        if let Some(output) = &mut self.child.stdout {
            // A word, no more: it fitted into the pipe, since the child has ended. What cannot be read is none.
            let _read = output.take(64).read_to_string(&mut said);
        }
        meaning(said.trim())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // It is not waited for: one that hangs in a driver may take its time.
        let _ended = self.child.kill();
    }
}

fn meaning(said: &str) -> Result<(), NotDuplicated> {
    match (WORDS.iter().find(|(word, _)| *word == said), said.parse()) {
        (Some((_, meant)), _) => *meant,
        (None, Ok(answer)) => Err(NotDuplicated::Failed(answer)),
        // It ended well and has not said how: something has gone wrong in it.
        (None, Err(_)) => Err(NotDuplicated::Crashed),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, Instant};

    use super::super::word;
    use super::{PATIENCE, Probe, Prober, WORDS, meaning};
    use crate::capture::NotDuplicated;

    /// What a child comes to that does what this shell does; with the time for it all but over.
    #[cfg(unix)]
    fn comes_to(prober: Prober) -> Result<(), NotDuplicated> {
        let mut probe = Probe::start(prober, Instant::now()).expect("a shell can be started");
        let begun = Instant::now();
        loop {
            if let Some(found) = probe.found(Instant::now()) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE + Duration::from_secs(1), "it is waited for too long");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[cfg(unix)]
    fn shell(does: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", does]);
        command
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_came_through_is_believed_and_one_that_did_not_is_not() {
        assert_eq!(comes_to(Prober(|| Ok(shell("echo works")))), Ok(()));
        assert_eq!(comes_to(Prober(|| Ok(shell("echo unsupported")))), Err(NotDuplicated::Unsupported));
        // It had said so before it closed what it had opened, and died of that.
        assert_eq!(comes_to(Prober(|| Ok(shell("echo works; kill -SEGV $$")))), Err(NotDuplicated::Crashed));
        assert_eq!(comes_to(Prober(|| Ok(shell("echo works; exit 70")))), Err(NotDuplicated::Crashed));
        assert_eq!(comes_to(Prober(|| Ok(shell("exit 0")))), Err(NotDuplicated::Crashed));
        assert_eq!(comes_to(Prober(|| Ok(shell("yes works | head -c 4000")))), Err(NotDuplicated::Crashed));
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_never_comes_back_is_given_up_and_ended() {
        let begun = Instant::now();
        let mut probe = Probe::start(Prober(|| Ok(shell("exec sleep 600"))), begun).expect("a shell can be started");
        assert_eq!(probe.found(begun + PATIENCE - Duration::from_millis(1)), None);
        assert_eq!(probe.found(begun + PATIENCE), Some(Err(NotDuplicated::Crashed)));
        let folder = format!("/proc/{}", probe.child.id());
        let is_there = || std::fs::read_to_string(format!("{folder}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
        assert!(is_there(), "it is still trying");
        drop(probe);
        while is_there() {
            assert!(begun.elapsed() < PATIENCE, "it outlives who has asked");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn without_a_child_nothing_is_tried() {
        let nowhere = Prober(|| Ok(Command::new("/nonexistent/lotse")));
        assert!(matches!(Probe::start(nowhere, Instant::now()).err(), Some(NotDuplicated::Failed(_))));
    }

    #[test]
    fn whatever_the_child_finds_is_understood() {
        for (_, found) in WORDS.into_iter().chain([("", Err(NotDuplicated::Failed(0x8000_4005)))]) {
            assert_eq!(meaning(&word(found)), found);
        }
    }
}
