//! A Windows that Wine makes: a folder with its files and its registry, and what a program has left in it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use x11rb::protocol::xproto::Window;

use crate::desk::process::Program;
use crate::desk::{Desk, PATIENCE, until};

/// What a program under Wine may need for its end.
pub(crate) const GONE_WITHIN: Duration = Duration::from_secs(20);

/// Keys that Wine writes at some times and not at others, whoever is started.
const WINES_OWN: [&str; 3] = [
    // For which code page it has read the fonts: that of the program that was started last, which is UTF-8 for ours, by its
    // manifest.
    r"[Software\\Wine\\Fonts]",
    r"\\Software\\Fonts]",
    // The graphics cards: on a busy machine one value more or less. `lotse.exe` has no function that writes to the registry
    // (`file.rs`).
    r"\\Control\\Class\\{4D36E968-E325-11CE-BFC1-08002BE10318}",
];

/// The folder, and `lotse.exe`.
pub(crate) struct Prefix {
    folder: PathBuf,
    executable: PathBuf,
}

impl Prefix {
    /// Those that the environment names.
    ///
    /// # Panics
    /// When it names none.
    pub(crate) fn given() -> Self {
        let named = |variable: &str| {
            let path = env::var_os(variable).map(PathBuf::from);
            path.filter(|path| path.exists()).unwrap_or_else(|| panic!("no {variable}: ./dev windows test"))
        };
        Self { folder: named("WINEPREFIX"), executable: named("LOTSE_EXE") }
    }

    /// `lotse.exe`, in English.
    pub(crate) fn lotse(&self) -> Command {
        self.started(&self.executable)
    }

    /// A `lotse.exe`, in English, as it is for an administrator who has not consented (`limited.c`), which ends as it ends.
    pub(crate) fn limited(&self, executable: &Path) -> Command {
        let mut command = self.started(&self.executable.with_file_name("limited.exe"));
        command.arg(format!("Z:{}", executable.display()).replace('/', "\\"));
        command
    }

    /// A program of ours that stands beside `lotse.exe`.
    pub(crate) fn beside(&self, name: &str) -> Command {
        run(&self.executable.with_file_name(name))
    }

    /// Where that is.
    pub(crate) fn executable(&self) -> &Path {
        &self.executable
    }

    /// Another one, in English.
    pub(crate) fn started(&self, executable: &Path) -> Command {
        let mut command = run(executable);
        command.env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8").env_remove("RUST_LOG");
        command
    }

    /// A program that is not ours, and its window.
    pub(crate) fn notepad(&self, desk: &Desk) -> (Program, Window) {
        let program = desk.spawn(&mut run(Path::new(r"C:\windows\system32\notepad.exe")));
        let window = desk.window_of(&program, PATIENCE);
        (program, window)
    }

    /// Keeps programs from the foreground (`refuses.c`).
    pub(crate) fn refuses(&self, desk: &Desk) -> Program {
        self.hook(desk, "refuses.dll,refuse")
    }

    /// Declines, once, what Windows would ask the person (`declines.c`).
    pub(crate) fn declines(&self, desk: &Desk) -> Program {
        self.hook(desk, "declines.dll,decline")
    }

    /// A function of a library beside `lotse.exe` that has others call into that library as long as it runs.
    fn hook(&self, desk: &Desk, function: &str) -> Program {
        let function = format!("Z:{}", self.executable.with_file_name(function).display()).replace('/', "\\");
        let program = desk.spawn(run(Path::new(r"C:\windows\system32\rundll32.exe")).arg(function));
        until(PATIENCE, "the others to be hooked", || program.log().contains("hooked").then_some(()));
        program
    }

    /// Has everybody log off.
    pub(crate) fn logs_off(&self) -> Command {
        let mut command = run(Path::new(r"C:\windows\system32\wineboot.exe"));
        command.arg("--end-session");
        command
    }

    /// Does to the registry what these words of `reg` say, once every program has ended: then it is read anew.
    pub(crate) fn registry(&self, words: &[&str]) {
        let mut reg = run(Path::new(r"C:\windows\system32\reg.exe"));
        let done = reg.args(words).env_remove("DISPLAY").output().expect("Wine can be started");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        self.ends();
    }

    /// Has Windows given the file of this name beside `lotse.exe` another one?
    pub(crate) fn renames(&self, from: &str, to: &str) -> bool {
        let [old, new] = [from, to].map(|name| self.executable.with_file_name(name));
        let mut cmd = run(Path::new(r"C:\windows\system32\cmd.exe"));
        let place = format!("Z:{}", old.display()).replace('/', "\\");
        let done = cmd.args(["/c", "ren", &place, to]).env_remove("DISPLAY").output().expect("Wine can be started");
        assert_eq!((old.exists(), new.exists()), (!done.status.success(), done.status.success()));
        new.exists()
    }

    /// Waits until the last program has ended, and Wine with it: what is started sooner on another desk may still be given the
    /// screen of the one that is gone.
    pub(crate) fn ends(&self) {
        let ended = Command::new("timeout").args(["60", "wineserver", "-w"]).status();
        assert!(ended.is_ok_and(|status| status.success()), "a program under Wine does not end");
    }

    /// Remembers what is there, and what Wine writes by itself whenever a program with a window is used: told apart by
    /// one that is not ours.
    pub(crate) fn before(&self, desk: &Desk) -> Traces {
        let new = self.traces();
        let (mut program, window) = self.notepad(desk);
        desk.close(window);
        assert!(program.ended(GONE_WITHIN).is_some(), "notepad ends with its window");
        let before = self.traces();
        // What the program left earlier would not be seen now, in a second try of a test either.
        let ours =
            before.keys().find(|name| !name.starts_with("beside") && !name.starts_with("at home") && names_us(name));
        assert_eq!(ours, None, "lotse.exe has left something under Wine before");
        let wines_own = different(&new, &before);
        Traces { before, wines_own }
    }

    /// Everything in the folder and beside `lotse.exe`: every file with its size and time, every value of the registry by its
    /// key. And what the home folder has in it, which a program may write to under Wine.
    fn traces(&self) -> BTreeMap<String, String> {
        // It writes the registry down when the last program has ended.
        self.ends();
        let mut found = BTreeMap::new();
        files("Windows'", &self.folder, Path::new(""), &mut found);
        let beside = self.executable.parent().expect("it lies in a folder");
        files("beside", beside, Path::new(""), &mut found);
        for entry in env::home_dir().iter().flat_map(|home| fs::read_dir(home).expect("there is a home")) {
            found.insert(format!("at home {}", entry.expect("an entry").path().display()), String::new());
        }
        for part in ["system.reg", "user.reg", "userdef.reg"] {
            let text = fs::read(self.folder.join(part)).expect("Wine has a registry");
            registry(part, &String::from_utf8_lossy(&text), &mut found);
        }
        found
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        // After a failure; otherwise everything has ended.
        let _ = Command::new("wineserver").arg("-k").status();
    }
}

/// A program by its whole path: found by its name alone it would be another process's child.
fn run(program: &Path) -> Command {
    let mut command = Command::new("wine");
    command.arg(program);
    command
}

/// What was there before.
pub(crate) struct Traces {
    before: BTreeMap<String, String>,
    wines_own: BTreeSet<String>,
}

impl Traces {
    /// Nothing is there, or gone, or otherwise than before, but what Wine itself writes; and our name nowhere.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self, prefix: &Prefix) {
        let after = prefix.traces();
        println!("written by Wine itself: {:#?}", self.wines_own);
        let different = different(&self.before, &after);
        // In what Wine has written, too.
        let is = |name: &str| after.get(name).map_or("", String::as_str);
        let wines_own = |name: &String| self.wines_own.contains(name) || WINES_OWN.iter().any(|key| name.contains(key));
        let left: Vec<_> =
            different.iter().filter(|name| names_us(name) || names_us(is(name)) || !wines_own(name)).collect();
        assert!(left.is_empty(), "lotse.exe has left something under Wine: {left:#?}");
    }
}

fn names_us(text: &str) -> bool {
    text.to_lowercase().contains("lotse")
}

/// The names of what is not the same.
fn different(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> BTreeSet<String> {
    let names = before.keys().chain(after.keys());
    names.filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// Every file below `path` in `root`, but those with the registry, as `whose` file.
fn files(whose: &str, root: &Path, path: &Path, found: &mut BTreeMap<String, String>) {
    let full = root.join(path);
    let known = fs::symlink_metadata(&full).expect("it was just listed");
    let (mode, seconds, nanoseconds) = (known.mode(), known.mtime(), known.mtime_nsec());
    found.insert(
        format!("{whose} file {}", path.display()),
        format!("{mode:o}, {} bytes, {seconds}.{nanoseconds:09}", known.len()),
    );
    if known.is_dir() {
        for entry in fs::read_dir(&full).expect("a folder can be read") {
            let name = entry.expect("an entry").file_name();
            if Path::new(&name).extension().is_none_or(|end| end != "reg") || !path.as_os_str().is_empty() {
                files(whose, root, &path.join(name), found);
            }
        }
    }
}

/// Every key in a file of Wine's registry, as "FILE [KEY]", and every value, as "FILE [KEY] "VALUE"".
fn registry(part: &str, text: &str, found: &mut BTreeMap<String, String>) {
    let mut key = "";
    // Long values go on in the next line.
    let text = text.replace("\\\n  ", "");
    for line in text.lines() {
        if let Some(named) = line.strip_prefix('[') {
            // Behind it stands when it was changed last.
            key = named.rsplit_once(']').map_or(named, |(key, _)| key);
            found.insert(format!("{part} [{key}]"), String::new());
        } else if let Some(is) = line.strip_prefix("@=") {
            found.insert(format!("{part} [{key}] @"), is.to_owned());
        } else if let Some((name, is)) = line.split_once("\"=").filter(|(name, _)| name.starts_with('"')) {
            found.insert(format!("{part} [{key}] {name}\""), is.to_owned());
        }
    }
}
