//! Nothing is left (design, invariant 5): both programs run on a disk that keeps apart what they write, wherever that is, and
//! after a session, or a kill in the middle of one, nothing has been written. Not even for a moment: a file that comes and
//! goes changes its folder. (Shared memory does come and go, and is gone as well.)
//!
//! The disk is an overlay over this machine's own, mounted where only the program sees it, which takes root. Where that is
//! not to be had, the program gets a home and temporary folder of its own, and those are compared.

mod desk;
#[allow(dead_code, reason = "these tests use a part of it")]
#[path = "session/people.rs"]
mod people;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use desk::hands::Button;
use desk::process::Tree;
use desk::relay::Relay;
use desk::{Desk, PATIENCE, until};
use people::{Adviser, Customer};

const GONE_WITHIN: Duration = Duration::from_secs(3);
const ADVISERS_DESK: (u16, u16) = (1280, 800);
const ADVISERS_WINDOW: (u16, u16) = (1200, 740);

#[test]
fn a_session_writes_nothing_on_either_side() {
    let session = Session::begin();
    session.something_is_done();
    let Session { mut customer, mut adviser, disks, .. } = session;
    let trees = [customer.tree(), Tree::of(adviser.program.pid())];
    customer.end();
    until(PATIENCE, "the session to be over", || (!adviser.is_in_session()).then_some(()));
    until(PATIENCE, "the session to be over", || (!customer.is_in_session()).then_some(()));
    customer.desk.close(customer.window);
    adviser.desk.close(adviser.window);
    assert!(customer.program.ended(GONE_WITHIN).is_some_and(|status| status.success()));
    assert!(adviser.program.ended(GONE_WITHIN).is_some_and(|status| status.success()));
    nothing_is_left(&trees, &disks);
}

#[test]
fn programs_killed_in_a_session_have_written_nothing() {
    let session = Session::begin();
    session.something_is_done();
    let Session { mut customer, mut adviser, disks, .. } = session;
    let trees = [customer.tree(), Tree::of(adviser.program.pid())];
    customer.program.kill();
    adviser.program.kill();
    nothing_is_left(&trees, &disks);
}

/// Otherwise the tests above would show nothing.
#[test]
fn what_is_written_is_seen() {
    let disk = Disk::new();
    let mut places = vec!["$HOME/.config/autostart/x", "$TMPDIR/x"];
    if may_mount() {
        places.extend(["/etc/x", "/var/tmp/x", "/dev/shm/x", "/usr/share/applications/x"]);
    }
    for place in places {
        let mut written = disk.shell(&format!("mkdir -p \"$(dirname {place})\" && echo 1 > {place}"));
        assert!(written.status().expect("a shell").success(), "{place} could not be written");
        assert_ne!(disk.now(), disk.before, "{place} was written and not seen");
        assert!(disk.shell(&format!("rm {place}")).status().expect("a shell").success());
    }
    assert!(disk.shell("rm \"$HOME/Downloads/lotse\"").status().expect("a shell").success());
    assert!(disk.changes().iter().any(|change| change.contains("lotse")), "{:?}", disk.changes());
}

/// A session in which the adviser has control, each side on a disk of its own.
struct Session {
    customer: Customer,
    adviser: Adviser,
    disks: [Disk; 2],
    _relay: Relay,
}

impl Session {
    fn begin() -> Self {
        let relay = Relay::start();
        let account = relay.add_adviser("maria", "Maria Huber");
        let disks = [Disk::new(), Disk::new()];
        let arguments = relay.arguments();
        let customer = Customer::start_by(Desk::start(), &mut disks[0].lotse(&[], &arguments));
        let desk = Desk::start_sized(ADVISERS_DESK);
        let adviser = Adviser::start_by(desk, ADVISERS_WINDOW, &mut disks[1].lotse(&["adviser"], &arguments));
        customer.accept_terms();
        adviser.sign_in(&account);
        let (id, code) = customer.numbers();
        adviser.join(&id, &code);
        customer.allow();
        until(PATIENCE, "the session on the adviser's screen", || adviser.is_in_session().then_some(()));
        Self { customer, adviser, disks, _relay: relay }
    }

    fn something_is_done(&self) {
        self.adviser.ask_for_control();
        self.customer.allow();
        until(PATIENCE, "the adviser to be told", || (!self.adviser.may_ask()).then_some(()));
        self.customer.desk.unfocus();
        let before = self.customer.desk.pointer();
        self.adviser.point_at((80, 50));
        until(PATIENCE, "the pointer to follow", || (self.customer.desk.pointer() != before).then_some(()));
        self.adviser.desk.click_with(Button::Left, self.adviser.desk.pointer());
        self.adviser.desk.press(u32::from('a'));
        until(PATIENCE, "a key to arrive", || (!self.customer.desk.held_keys().is_empty()).then_some(()));
        self.adviser.desk.release(u32::from('a'));
        until(PATIENCE, "a key to be let go", || self.customer.desk.held_keys().is_empty().then_some(()));
    }
}

fn nothing_is_left(trees: &[Tree], disks: &[Disk]) {
    for tree in trees {
        assert!(tree.gone_within(GONE_WITHIN), "still running: {:?}", tree.alive());
        let shared = shared_memory(tree);
        assert!(shared.is_empty(), "shared memory: {shared:?}");
    }
    for (disk, whose) in disks.iter().zip(["the customer's", "the adviser's"]) {
        assert_eq!(disk.changes(), Vec::<String>::new(), "written on {whose}, or deleted");
    }
}

/// The System V segments that these processes made or used last (proc_sysvipc(5)).
fn shared_memory(tree: &Tree) -> Vec<String> {
    let table = fs::read_to_string("/proc/sysvipc/shm").expect("this system has System V memory");
    let is_its = |line: &&str| {
        let pids = line.split_whitespace().skip(4).take(2).filter_map(|pid| pid.parse().ok());
        pids.into_iter().any(|pid| tree.pids().any(|its| its == pid))
    };
    table.lines().skip(1).filter(is_its).map(str::to_owned).collect()
}

/// May this process mount where only its children see it? That takes root, and a root folder that is a mount itself.
fn may_mount() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let tried = Command::new("unshare").args(["--mount", "true"]).stderr(Stdio::null()).status();
        let may = tried.is_ok_and(|status| status.success());
        if !may {
            eprintln!("no mounts of its own here: only HOME and TMPDIR are compared");
        }
        may
    })
}

/// Where the program is downloaded to, from the disk's root.
const HOME: &str = "home/customer";

/// A disk as a program sees it, and what was written to it.
struct Disk {
    folder: tempfile::TempDir,
    before: BTreeMap<PathBuf, String>,
}

impl Disk {
    fn new() -> Self {
        // What is written must not lie in what it lies over.
        let folder = if may_mount() { tempfile::tempdir_in("/dev/shm") } else { tempfile::tempdir() };
        let mut disk = Self { folder: folder.expect("a temporary folder"), before: BTreeMap::new() };
        for folder in ["written/tmp", "shm", "work", "seen"] {
            fs::create_dir_all(disk.folder.path().join(folder)).expect("the disk's folder is writable");
        }
        let downloads = disk.folder.path().join("written").join(HOME).join("Downloads");
        fs::create_dir_all(&downloads).expect("the disk's folder is writable");
        fs::copy(env!("CARGO_BIN_EXE_lotse"), downloads.join("lotse")).expect("room for the executable");
        disk.before = disk.now();
        disk
    }

    /// The downloaded program with its arguments.
    fn lotse(&self, command: &[&str], arguments: &[String]) -> Command {
        let mut shell = self.shell("exec \"$HOME/Downloads/lotse\" \"$@\"");
        shell.arg("lotse").args(command).args(arguments);
        shell
    }

    /// A shell on this disk, which becomes whatever it executes last. Nothing of this process's environment is in its but
    /// the display.
    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new(if may_mount() { "unshare" } else { "sh" });
        if may_mount() {
            command.args(["--mount", "sh"]);
        }
        command.arg("-c").arg(if may_mount() { MOUNT } else { ONLY_ENVIRONMENT });
        command.arg("disk").arg(self.folder.path()).arg(line);
        command
    }

    /// What was written, or deleted, since the program was downloaded.
    fn changes(&self) -> Vec<String> {
        let now = self.now();
        let changed = now.iter().filter(|(path, is)| self.before.get(*path) != Some(is));
        let gone = self.before.iter().filter(|(path, _)| !now.contains_key(*path));
        let say = |(path, is): (&PathBuf, &String)| format!("{} {is}", path.display());
        changed.map(say).chain(gone.map(|(path, _)| format!("{} is gone", path.display()))).collect()
    }

    fn now(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        for folder in ["written", "shm"] {
            list(self.folder.path(), Path::new(folder), &mut found);
        }
        // Memory that the window shares with the X server has a name there until the server has it, and is no file.
        found.remove(Path::new("shm"));
        found
    }
}

/// Every file below a folder, with what is known of it.
fn list(root: &Path, path: &Path, found: &mut BTreeMap<PathBuf, String>) {
    let full = root.join(path);
    let known = fs::symlink_metadata(&full).expect("it was just listed");
    let (mode, seconds, nanoseconds) = (known.mode(), known.mtime(), known.mtime_nsec());
    found.insert(path.to_owned(), format!("{mode:o}, {} bytes, {seconds}.{nanoseconds:09}", known.len()));
    if known.is_dir() {
        for entry in fs::read_dir(&full).expect("a folder can be read") {
            list(root, &path.join(entry.expect("an entry").file_name()), found);
        }
    }
}

/// The disk over this machine's own, seen by nobody else; the X servers' sockets are this machine's.
const MOUNT: &str = r#"
set -e
folder=$1 line=$2
shift 2
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/written,workdir=$folder/work" "$folder/seen"
for each in proc sys dev; do mount --rbind "/$each" "$folder/seen/$each"; done
mount --bind "$folder/shm" "$folder/seen/dev/shm"
mount --bind /tmp/.X11-unix "$folder/seen/tmp/.X11-unix"
exec chroot "$folder/seen" /usr/bin/env -i DISPLAY="$DISPLAY" PATH="$PATH" LC_ALL=C.UTF-8 \
  HOME=/home/customer TMPDIR=/tmp /bin/sh -c "cd; $line" "$@"
"#;

/// A home and a temporary folder.
const ONLY_ENVIRONMENT: &str = r#"
set -e
folder=$1/written line=$2
shift 2
exec /usr/bin/env -i DISPLAY="$DISPLAY" PATH="$PATH" LC_ALL=C.UTF-8 \
  HOME="$folder/home/customer" TMPDIR="$folder/tmp" /bin/sh -c "cd; $line" "$@"
"#;
