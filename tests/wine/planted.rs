//! Libraries beside `lotse.exe` under the names of the system's, as a web page can have a browser put them into the folder
//! of downloads: none of them runs.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::desk::relay::Relay;
use crate::desk::{Desk, PATIENCE, until};
use crate::prefix::{GONE_WITHIN, Prefix};
use crate::renderer::NO_OPENGL;
use crate::{helps, onward};

/// Windows takes these from its own folder, whatever lies elsewhere. Wine does not, so they are left out here: that nothing
/// else is imported is looked up in the file.
pub(crate) const KNOWN: &str = include_str!("known-dlls.txt");

/// What Wine's known libraries import in their turn, by Wine's ways to build them. Windows has in memory from its start what
/// its own import ("\KnownDlls" holds those, too).
const WINES_OWN: &[&str] = &["kernelbase.dll", "ucrtbase.dll", "version.dll", "win32u.dll", "zlib1.dll"];

/// Loaded by some computers and not by others, for drivers, accessibility and older Windows; and the names by which
/// programs have been fooled most.
const ELSEWHERE: &[&str] = &[
    "comctl32.dll",
    "cryptbase.dll",
    "cryptsp.dll",
    "d3d11.dll",
    "dbghelp.dll",
    "dnsapi.dll",
    "dxgi.dll",
    "explorerframe.dll",
    "iphlpapi.dll",
    "mswsock.dll",
    "profapi.dll",
    "propsys.dll",
    "secur32.dll",
    "sspicli.dll",
    "textshaping.dll",
    "uiautomationcore.dll",
    // Wine's dxgi.dll imports it.
    "wined3d.dll",
    "winmm.dll",
    "wintypes.dll",
    "winsta.dll",
    "wtsapi32.dll",
];

/// What glutin asks for in the program's folder by name.
const FOR_OPENGL: &[&str] = &["libEGL.dll", "atioglxx.dll"];

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn libraries_beside_the_program_do_not_run() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let relay = Relay::start();
    let mut downloads = Downloads::full(&prefix, &desk);
    let customer = relay.arguments().to_vec();
    let with = |more: &[&str]| more.iter().map(|word| (*word).to_owned()).chain(customer.clone()).collect::<Vec<_>>();
    let adviser = with(&["adviser"]);
    let opengl = with(&["adviser", "--renderer", "gl"]);
    for arguments in [&customer, &adviser, &opengl] {
        let loaded = downloads.opens(&prefix, &desk, arguments);
        downloads.nothing_ran(&loaded, arguments);
    }
    // OpenGL is not even looked for.
    downloads.plant(FOR_OPENGL.iter().map(|name| (*name).to_owned()));
    for arguments in [&adviser, &opengl] {
        let loaded = downloads.opens(&prefix, &desk, arguments);
        downloads.nothing_ran(&loaded, arguments);
        assert!(!loaded.contains("opengl32.dll"), "{arguments:?}");
    }
    // Nor by whoever only asks for it, on a Windows that has none.
    for command in ["doctor", "probe-opengl"] {
        let mut lotse = downloads.finds(prefix.started(&downloads.lotse()));
        let mut program = desk.spawn(lotse.args(with(&[command])).envs([NO_OPENGL]));
        program.ended(PATIENCE).expect("it ends by itself");
        assert_eq!(downloads.marks(), [""; 0], "{command}");
        assert!(command != "doctor" || program.log().contains("no OpenGL works here"), "{}", program.log());
    }
}

/// In both of the customer's programs, with everything that a session has them do.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn libraries_beside_the_program_do_not_run_while_a_customer_is_helped_and_continues_as_administrator() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let downloads = Downloads::full(&prefix, &desk);
    let desk = onward::continues(&prefix, downloads.finds(prefix.limited(&downloads.lotse())), desk);
    let processes = downloads.loaded(&desk);
    assert_eq!(
        processes.len(),
        6,
        "both have one that lets go of keys and one that tries the driver out: {processes:?}"
    );
    assert_eq!(processes.iter().filter(|loaded| loaded.contains("d3d11.dll")).count(), 2, "{processes:?}");
    downloads.nothing_ran(&together(processes), "customer");
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn libraries_beside_the_program_do_not_run_while_an_adviser_helps() {
    let prefix = Prefix::given();
    let desk = helps::german_desk();
    let downloads = Downloads::full(&prefix, &desk);
    let desk = helps::by(&prefix, downloads.finds(prefix.started(&downloads.lotse())), desk);
    let processes = downloads.loaded(&desk);
    assert_eq!(processes.len(), 1, "{processes:?}");
    downloads.nothing_ran(&together(processes), "adviser");
}

/// The libraries that `lotse.exe` loads at their first call.
fn later() -> Vec<String> {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/windows/delayed");
    let lists = fs::read_dir(lists).expect("the lists are there").map(|list| list.expect("a file").path());
    let names = lists.filter_map(|list| Some(format!("{}.dll", list.file_stem()?.to_str()?)));
    names.filter(|name| !listed(KNOWN).any(|known| known == *name)).collect()
}

/// Names in such a file.
pub(crate) fn listed(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned)
}

/// A folder with things from everywhere.
struct Downloads {
    folder: PathBuf,
    marks: PathBuf,
    planted: BTreeSet<String>,
}

impl Downloads {
    /// With `lotse.exe`, and beside it everything that it might load and that is not known.
    fn full(prefix: &Prefix, desk: &Desk) -> Self {
        let [folder, marks] = ["downloads", "marks"].map(|name| desk.folder().join(name));
        for folder in [&folder, &marks] {
            fs::create_dir(folder).expect("the desk's folder is writable");
        }
        compile("careless.c", &folder.join("careless.exe"), &["-ldwmapi"]);
        compile("planted.c", &folder.join("planted.bin"), &["-shared", "-nostartfiles", "-Wl,--entry=DllMain"]);
        let mut downloads = Self { folder, marks, planted: BTreeSet::new() };
        downloads.plant(later().into_iter().chain(ELSEWHERE.iter().map(|name| (*name).to_owned())));
        let ran = downloads.careless(prefix, desk);
        assert_eq!(ran, ["dwmapi.dll", "uxtheme.dll"], "what is planted here can run");
        fs::copy(prefix.executable(), downloads.lotse()).expect("lotse.exe can be copied");
        downloads
    }

    fn plant(&mut self, names: impl Iterator<Item = String>) {
        for name in names {
            fs::copy(self.folder.join("planted.bin"), self.folder.join(&name)).expect("the folder is writable");
            self.planted.insert(name);
        }
    }

    fn lotse(&self) -> PathBuf {
        self.folder.join("lotse.exe")
    }

    /// What has left a mark since this was last asked.
    fn marks(&self) -> Vec<String> {
        let found = fs::read_dir(&self.marks).expect("the folder is there").map(|mark| mark.expect("a file").path());
        let mut names = Vec::new();
        for mark in found {
            names.push(mark.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default());
            fs::remove_file(mark).expect("our own file");
        }
        names.sort_unstable();
        names
    }

    fn careless(&self, prefix: &Prefix, desk: &Desk) -> Vec<String> {
        let mut program = desk.spawn(&mut self.finds(prefix.started(&self.folder.join("careless.exe"))));
        program.ended(GONE_WITHIN).expect("it ends by itself");
        self.marks()
    }

    /// Opens the window and closes it; the names of the libraries that it has loaded, in small letters.
    fn opens(&self, prefix: &Prefix, desk: &Desk, arguments: &[String]) -> BTreeSet<String> {
        let mut program = desk.spawn(self.finds(prefix.started(&self.lotse())).args(arguments));
        let window = desk.window_of(&program, PATIENCE);
        until(PATIENCE, "something in the window", || (desk.looks(window).colours() > 16).then_some(()));
        desk.close(window);
        assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
        together(loaded(&program.log()))
    }

    /// The same of each process of `lotse.exe` that has run on this desk.
    fn loaded(&self, desk: &Desk) -> Vec<BTreeSet<String>> {
        let entries =
            fs::read_dir(desk.folder()).expect("the desk has a folder").map(|entry| entry.expect("a file").path());
        let logs = entries.filter(|path| path.extension().is_some_and(|end| end == "log"));
        logs.flat_map(|log| loaded(&String::from_utf8_lossy(&fs::read(log).expect("our own file")))).collect()
    }

    /// Nothing planted has run, and everything that this program has loaded was either planted or is known.
    #[track_caller]
    fn nothing_ran(&self, loaded: &BTreeSet<String>, program: impl Debug) {
        assert_eq!(self.marks(), [""; 0], "{program:?}");
        let known: BTreeSet<String> = listed(KNOWN).chain(WINES_OWN.iter().map(|name| (*name).to_owned())).collect();
        let others: Vec<_> =
            loaded.iter().filter(|name| !known.contains(*name) && !self.planted.contains(*name)).collect();
        assert!(others.is_empty(), "{program:?} loads what was not planted: {others:?}");
        assert!(loaded.contains("dwmapi.dll"), "{program:?}: what was loaded is known: {loaded:?}");
    }

    /// The same program, which finds this folder before the system's as it would on Windows, and says what it loads.
    fn finds(&self, mut command: Command) -> Command {
        command.current_dir(&self.folder).env("WINEDLLOVERRIDES", self.as_found()).env("WINEDEBUG", "+pid,+loaddll");
        command.env("LOTSE_MARKS", format!("Z:{}", self.marks.display()).replace('/', "\\"));
        command
    }

    /// Wine prefers its own to what it finds, unless it is told to do as Windows does.
    fn as_found(&self) -> String {
        let mut as_found = env::var("WINEDLLOVERRIDES").unwrap_or_default();
        for name in &self.planted {
            as_found.push_str(&format!(";{}=n,b", name.trim_end_matches(".dll")));
        }
        as_found
    }
}

/// What each process of `lotse.exe` has loaded, by such a log; names are in small letters. Wine's desktop may have started
/// meanwhile, and another program have started `lotse.exe`.
fn loaded(log: &str) -> Vec<BTreeSet<String>> {
    let mut processes: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (process, name) in log.lines().filter_map(loading) {
        processes.entry(process).or_default().insert(name);
    }
    processes.into_values().filter(|loaded| loaded.contains("lotse.exe")).collect()
}

/// The libraries of all of them.
fn together(processes: Vec<BTreeSet<String>>) -> BTreeSet<String> {
    processes.into_iter().flatten().filter(|name| name.ends_with(".dll")).collect()
}

/// The process and the file's name, of `0020:0024:trace:loaddll:build_module Loaded L"C:\\windows\\system32\\dwmapi.dll" at
/// 2EF230000`.
fn loading(line: &str) -> Option<(&str, String)> {
    let (process, rest) = line.split_once(':')?;
    let (path, _) = rest.split_once("Loaded L\"")?.1.split_once('"')?;
    Some((process, path.rsplit('\\').next()?.to_lowercase()))
}

fn compile(source: &str, made: &Path, arguments: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wine").join(source);
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    compiler.args(["-O1", "-s", "-o"]).arg(made).arg(source).args(arguments);
    assert!(compiler.status().is_ok_and(|status| status.success()), "{compiler:?}");
}
