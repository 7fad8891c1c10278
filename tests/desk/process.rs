//! Programs under test: started, watched, and ended by process number, with all their descendants.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take to end after SIGTERM before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// A running program. Dropping it ends it and what it started: SIGTERM, then SIGKILL.
pub(crate) struct Program {
    child: Child,
    name: String,
    /// Open: a desk's folder may be gone before what its programs have said is asked for.
    log: File,
}

impl Program {
    /// Starts `command`; what it prints goes to a file in `folder`, unless the command says otherwise.
    ///
    /// # Panics
    /// When the program cannot be started.
    #[track_caller]
    pub(crate) fn spawn(command: &mut Command, folder: &Path) -> Self {
        Self::start(command.stdin(Stdio::null()), folder)
    }

    /// The same for a program that is told something on its standard input; closing that is the last thing told.
    ///
    /// # Panics
    /// As [`Self::spawn`].
    #[track_caller]
    pub(crate) fn spawn_listening(command: &mut Command, folder: &Path) -> (Self, ChildStdin) {
        let mut program = Self::start(command.stdin(Stdio::piped()), folder);
        let input = program.child.stdin.take().expect("standard input is a pipe");
        (program, input)
    }

    #[track_caller]
    fn start(command: &mut Command, folder: &Path) -> Self {
        let program = PathBuf::from(command.get_program());
        let name = program.file_name().expect("a program has a name").to_string_lossy().into_owned();
        let (log, output) = new_log(folder, &name);
        command.stderr(output.try_clone().expect("a file can be opened twice"));
        // An X server tells its display number on a pipe; everybody else's output is the log.
        if !["Xvfb", "Xtigervnc", "Xorg"].contains(&name.as_str()) {
            command.stdout(output);
        }
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Self { child, name, log }
    }

    /// The process number.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far, both streams.
    pub(crate) fn log(&self) -> String {
        let length = self.log.metadata().map_or(0, |known| known.len());
        let mut bytes = vec![0; usize::try_from(length).expect("it fits into memory")];
        // It only grows.
        self.log.read_exact_at(&mut bytes, 0).expect("a file of ours can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its standard output, when the command asked for a pipe.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// SIGTERM, and does not wait.
    pub(crate) fn terminate(&self) {
        signal("TERM", self.pid());
    }

    /// Lets nothing of it run until [`Self::resume`].
    pub(crate) fn pause(&self) {
        signal("STOP", self.pid());
    }

    pub(crate) fn resume(&self) {
        signal("CONT", self.pid());
    }

    /// SIGKILL: nothing of the program runs any more when this returns.
    pub(crate) fn kill(&mut self) {
        // The only error is that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// How it ended, if it does so within `patience`.
    pub(crate) fn ended(&mut self, patience: Duration) -> Option<ExitStatus> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("our own child can be waited for") {
                return Some(status);
            }
            if begun.elapsed() >= patience {
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let tree = Tree::of(self.pid());
        if self.ended(Duration::ZERO).is_none() {
            self.terminate();
        }
        let status = self.ended(GRACE);
        tree.signal_alive("TERM");
        if !tree.gone_within(GRACE) {
            tree.signal_alive("KILL");
        }
        self.kill();
        if thread::panicking() {
            let ended = status.map_or("killed".to_owned(), |status| match status.signal() {
                Some(signal) => format!("ended by signal {signal}"),
                None => format!("{status}"),
            });
            eprintln!("---- {} ({ended}) said:\n{}", self.name, last_lines(&self.log(), 60));
        }
    }
}

/// A program and everything it had started when the snapshot was taken. Processes are known by number and start time,
/// so a number used again is not mistaken for the old one.
#[derive(Clone, Debug)]
pub(crate) struct Tree(Vec<Process>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Process {
    pid: u32,
    parent: u32,
    started: u64,
}

impl Tree {
    /// The process and its descendants, now. Empty when there is no such process.
    pub(crate) fn of(pid: u32) -> Self {
        let all = running();
        let mut tree: Vec<Process> = all.iter().filter(|process| process.pid == pid).copied().collect();
        let mut next = 0;
        while let Some(parent) = tree.get(next).map(|process| process.pid) {
            tree.extend(all.iter().filter(|process| process.parent == parent));
            next += 1;
        }
        Self(tree)
    }

    /// The numbers of all of them, running or not.
    pub(crate) fn pids(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|process| process.pid)
    }

    /// The numbers of those that still run; a dead one that its parent has not collected does not.
    pub(crate) fn alive(&self) -> Vec<u32> {
        let is_alive = |process: &&Process| read(process.pid).is_some_and(|now| now.started == process.started);
        self.0.iter().filter(is_alive).map(|process| process.pid).collect()
    }

    /// Do all of them end within `patience`?
    pub(crate) fn gone_within(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        while !self.alive().is_empty() {
            if begun.elapsed() >= patience {
                return false;
            }
            thread::sleep(Duration::from_millis(5));
        }
        true
    }

    fn signal_alive(&self, name: &str) {
        for pid in self.alive() {
            signal(name, pid);
        }
    }
}

/// Every process whose environment has this `DISPLAY`: finds also what was left behind by a program that has ended.
pub(crate) fn on_display(display: &str) -> Vec<u32> {
    let wanted = format!("DISPLAY={display}");
    let is_there = |process: &Process| {
        let environment = fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    running().into_iter().filter(is_there).map(|process| process.pid).collect()
}

fn running() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("/proc is mounted");
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter_map(read).collect()
}

/// Reads `/proc/PID/stat` (proc_pid_stat(5)); nothing for a process that is gone or dead.
fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold spaces and brackets: the fields begin after the last one, with the third.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().collect();
    let dead = matches!(*fields.first()?, "Z" | "X");
    let process = Process { pid, parent: fields.get(1)?.parse().ok()?, started: fields.get(19)?.parse().ok()? };
    (!dead).then_some(process)
}

fn signal(name: &str, pid: u32) {
    // The shell's own `kill`: no package, no `unsafe`. A process that has just ended is no failure.
    let _ = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid} 2>/dev/null")).status();
}

/// SIGKILL to a process that a program of ours has started.
pub(super) fn kill(pid: u32) {
    signal("KILL", pid);
}

/// A new file to write to, and the same to read.
fn new_log(folder: &Path, name: &str) -> (File, File) {
    (0..1000)
        .find_map(|number| {
            let path = folder.join(format!("{name}-{number}.log"));
            let output = File::options().write(true).create_new(true).open(&path).ok()?;
            Some((File::open(&path).ok()?, output))
        })
        .unwrap_or_else(|| panic!("cannot make a log for {name} in {}", folder.display()))
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines.get(lines.len().saturating_sub(count)..).unwrap_or_default().join("\n")
}
