//! Libraries beside `lotse.exe` under the names of the system's, as a web page can have a browser put them into the folder
//! of downloads: none of them runs.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::desk::relay::Relay;
use crate::desk::{Desk, PATIENCE, until};
use crate::prefix::{GONE_WITHIN, Prefix};

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
    let mut downloads = Downloads::new(&desk);
    let planted: BTreeSet<String> =
        later().into_iter().chain(ELSEWHERE.iter().map(|name| (*name).to_owned())).collect();
    downloads.plant(planted.iter().map(String::as_str));
    assert_eq!(downloads.run_careless(&prefix, &desk), ["dwmapi.dll", "uxtheme.dll"], "what is planted here can run");

    let program = downloads.folder.join("lotse.exe");
    fs::copy(prefix.executable(), &program).expect("lotse.exe can be copied");
    let customer = relay.arguments().to_vec();
    let with = |more: &[&str]| more.iter().map(|word| (*word).to_owned()).chain(customer.clone()).collect::<Vec<_>>();
    let adviser = with(&["adviser"]);
    let opengl = with(&["adviser", "--renderer", "gl"]);
    for arguments in [&customer, &adviser, &opengl] {
        let loaded = downloads.run(&prefix, &desk, &program, arguments);
        assert_eq!(downloads.marks(), [""; 0], "{arguments:?}");
        let known: BTreeSet<String> = listed(KNOWN).chain(WINES_OWN.iter().map(|name| (*name).to_owned())).collect();
        let others: Vec<_> = loaded.iter().filter(|name| !known.contains(*name) && !planted.contains(*name)).collect();
        assert!(others.is_empty(), "{arguments:?} loads what was not planted: {others:?}");
        assert!(loaded.contains("dwmapi.dll"), "{arguments:?}: what was loaded is known: {loaded:?}");
    }
    // OpenGL is not even looked for.
    downloads.plant(FOR_OPENGL.iter().copied());
    for arguments in [&adviser, &opengl] {
        let loaded = downloads.run(&prefix, &desk, &program, arguments);
        assert_eq!(downloads.marks(), [""; 0], "{arguments:?}");
        assert!(!loaded.contains("opengl32.dll"), "{arguments:?}");
    }
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
    /// For Wine: what is loaded from where it is found.
    as_found: String,
}

impl Downloads {
    fn new(desk: &Desk) -> Self {
        let [folder, marks] = ["downloads", "marks"].map(|name| desk.folder().join(name));
        for folder in [&folder, &marks] {
            fs::create_dir(folder).expect("the desk's folder is writable");
        }
        compile("careless.c", &folder.join("careless.exe"), &["-ldwmapi"]);
        compile("planted.c", &folder.join("planted.bin"), &["-shared", "-nostartfiles", "-Wl,--entry=DllMain"]);
        Self { folder, marks, as_found: env::var("WINEDLLOVERRIDES").unwrap_or_default() }
    }

    fn plant<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        for name in names {
            fs::copy(self.folder.join("planted.bin"), self.folder.join(name)).expect("the folder is writable");
            // Wine prefers its own to what it finds, unless it is told to do as Windows does.
            self.as_found.push_str(&format!(";{}=n,b", name.trim_end_matches(".dll")));
        }
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

    fn run_careless(&self, prefix: &Prefix, desk: &Desk) -> Vec<String> {
        let mut program = desk.spawn(&mut self.command(prefix, &self.folder.join("careless.exe")));
        program.ended(GONE_WITHIN).expect("it ends by itself");
        self.marks()
    }

    /// Opens the window and closes it; the names of the libraries that its thread has loaded, in small letters.
    fn run(&self, prefix: &Prefix, desk: &Desk, program: &Path, arguments: &[String]) -> BTreeSet<String> {
        let mut command = self.command(prefix, program);
        let mut program = desk.spawn(command.args(arguments).env("WINEDEBUG", "+loaddll"));
        let window = desk.window_of(&program, PATIENCE);
        until(PATIENCE, "something in the window", || (desk.looks(window).colours() > 16).then_some(()));
        desk.close(window);
        assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
        let log = program.log().to_lowercase();
        let loaded: Vec<_> = log.lines().filter_map(loaded).collect();
        // Wine's desktop may have started meanwhile.
        let ours: Vec<_> = loaded.iter().filter(|(_, name)| *name == "lotse.exe").map(|(thread, _)| *thread).collect();
        let by_us = loaded.into_iter().filter(|(thread, name)| ours.contains(thread) && name.ends_with(".dll"));
        by_us.map(|(_, name)| name.to_owned()).collect()
    }

    fn command(&self, prefix: &Prefix, program: &Path) -> Command {
        let mut command = prefix.started(program);
        command.current_dir(&self.folder).env("WINEDLLOVERRIDES", &self.as_found);
        command.env("LOTSE_MARKS", format!("Z:{}", self.marks.display()).replace('/', "\\"));
        command
    }
}

/// The thread and the file's name, of `0024:trace:loaddll:build_module Loaded L"C:\\windows\\system32\\dwmapi.dll" at 2EF230000`
/// in small letters.
fn loaded(line: &str) -> Option<(&str, &str)> {
    let (thread, rest) = line.split_once(':')?;
    let (path, _) = rest.split_once("loaded l\"")?.1.split_once('"')?;
    Some((thread, path.rsplit('\\').next()?))
}

fn compile(source: &str, made: &Path, arguments: &[&str]) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wine").join(source);
    let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
    compiler.args(["-O1", "-s", "-o"]).arg(made).arg(source).args(arguments);
    assert!(compiler.status().is_ok_and(|status| status.success()), "{compiler:?}");
}
