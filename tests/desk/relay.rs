//! The real relay: the executable, with keys and accounts of its own in a folder that goes away.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::impair::Link;
use super::process::Program;
use super::{PATIENCE, until};

/// What customers read.
pub(crate) const INSTITUTION: &str = "University of Example";

/// A relay on a port of this machine, ended on drop.
pub(crate) struct Relay {
    program: Program,
    address: SocketAddr,
    key: String,
    // After the program, which has files open in it.
    folder: tempfile::TempDir,
}

/// How an adviser signs in.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl Relay {
    /// Starts a new relay on a port that the system chooses.
    ///
    /// # Panics
    /// When it does not start; the message says what it printed.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder for the relay");
        let settings = format!("institution = \"{INSTITUTION}\"\n");
        fs::write(folder.path().join("relay.toml"), settings).expect("the relay's folder is writable");
        let (program, address) = serve(folder.path(), "127.0.0.1:0");
        let key = fs::read_to_string(folder.path().join("data/relay-key.txt")).expect("a started relay has its key");
        Self { program, address, key: key.trim().to_owned(), folder }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `lotse` takes to find this relay and trust it.
    pub(crate) fn arguments(&self) -> [String; 4] {
        self.arguments_at(self.address)
    }

    /// The same, by way of a link that leads here.
    pub(crate) fn arguments_through(&self, link: &Link) -> [String; 4] {
        self.arguments_at(link.address())
    }

    /// Adds an adviser by the relay's own command, while it runs.
    ///
    /// # Panics
    /// When the command fails.
    #[track_caller]
    pub(crate) fn add_adviser(&self, name: &str, display_name: &str) -> Account {
        let mut command = command(self.folder.path());
        command.args(["adviser", "add", name, "--display-name", display_name]).stdin(Stdio::null());
        let output = command.output().expect("lotse-relay can be started");
        let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let password = printed.lines().find_map(|line| line.strip_prefix("Password: "));
        let password = password.unwrap_or_else(|| panic!("no password was made up: {printed}{errors}")).to_owned();
        Account { name: name.to_owned(), password }
    }

    /// Kills it in the middle of everything.
    pub(crate) fn kill(&mut self) {
        self.program.kill();
    }

    /// Kills it in the middle of everything, and starts it again on the same port with the same data.
    pub(crate) fn kill_and_restart(&mut self) {
        self.program.kill();
        (self.program, self.address) = serve(self.folder.path(), &self.address.to_string());
    }

    /// Asks it to end; its exit code, if it ends within `patience`.
    pub(crate) fn stop(&mut self, patience: Duration) -> Option<i32> {
        self.program.terminate();
        self.program.ended(patience)?.code()
    }

    /// What it has logged since it was last started.
    pub(crate) fn log(&self) -> String {
        self.program.log()
    }

    fn arguments_at(&self, address: SocketAddr) -> [String; 4] {
        ["--relay".to_owned(), address.to_string(), "--relay-key".to_owned(), self.key.clone()]
    }
}

fn serve(folder: &Path, listen: &str) -> (Program, SocketAddr) {
    let program = Program::spawn(command(folder).args(["serve", "--listen", listen]), folder);
    let address = until(PATIENCE, "the relay to say where it listens", || {
        let log = program.log();
        let address = log.split_once("listening on UDP ")?.1.split_whitespace().next()?.parse().ok()?;
        // The line after it, when everything is in place.
        log.contains("relay key").then_some(address)
    });
    (program, address)
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(executable());
    command.arg("--config").arg(folder.join("relay.toml")).arg("--data").arg(folder.join("data"));
    command
}

/// Cargo tells a test about the executables of its own package alone; the relay's lies beside them.
fn executable() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_lotse")).with_file_name("lotse-relay");
    assert!(path.exists(), "{} is missing: cargo build --workspace --bins", path.display());
    path
}
