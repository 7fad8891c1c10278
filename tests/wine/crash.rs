//! `lotse.exe` fails: the process is gone, somebody reads why, and nothing is left.

use std::fs;
use std::path::PathBuf;

use crate::desk::process::Tree;
use crate::desk::screen::Pixels;
use crate::desk::{Desk, PATIENCE, until};
use crate::file::function_at;
use crate::prefix::{GONE_WITHIN, Prefix};

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_failure_is_told_and_leaves_nothing() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let traces = prefix.before(&desk);
    for (failure, place) in [("panic", "src/crash.rs:"), ("fault", "+")] {
        let mut program = desk.spawn(prefix.lotse().args(["provoke-crash", failure]));
        let status = program.ended(GONE_WITHIN).expect("it ends by itself");
        assert_eq!(status.code(), Some(70), "{failure}");
        let window = desk.window("Lotse", PATIENCE);
        until(PATIENCE, "words in it", || (ink(&desk.looks(window)) > 4 * BUTTONS_INK).then_some(()));
        let told = message().expect("the process with the message is there");
        assert!(told.contains(place), "{failure}: {told}");
        if let Some(place) = told.strip_prefix('+') {
            let place = place.split('-').next().and_then(|place| u64::from_str_radix(place, 16).ok());
            let function = function_at(place.expect("a number"));
            assert!(function.contains("lotse_desktop") && function.contains("fail"), "{function}");
        }
        desk.close(window);
        desk.window_gone("Lotse", PATIENCE);
    }
    // A child of which nobody knows: nobody is told.
    for failure in ["panic", "fault"] {
        let mut program = desk.spawn(prefix.lotse().args(["provoke-crash", failure, "--child"]));
        let status = program.ended(GONE_WITHIN).expect("it ends by itself");
        assert_eq!((status.code(), message()), (Some(70), None), "{failure}");
    }
    traces.nothing_is_left(&prefix);
}

/// What the system is given holds what was on the screen: only whoever asks for that has a failed program left to it.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_failure_is_left_to_windows_only_if_that_is_asked_for() {
    let prefix = Prefix::given();
    let desk = Desk::start();
    let system = Reporting::to(&prefix, &desk);
    let code = |words: &[&str], asks: &[(&str, &str)]| {
        let mut program = desk.spawn(prefix.lotse().arg("provoke-crash").args(words).envs(asks.iter().copied()));
        program.ended(GONE_WITHIN).expect("it ends by itself").code()
    };
    let asks = [("LOTSE_DUMP", "1")];
    assert_eq!((code(&["fault"], &[]), system.is_asked()), (Some(70), false));
    desk.close(desk.window("Lotse", PATIENCE));
    desk.window_gone("Lotse", PATIENCE);
    assert_eq!((code(&["fault", "--child"], &[]), system.is_asked()), (Some(70), false));
    // What Linux is told of Windows' number for the fault: its last byte.
    for words in [&["fault"][..], &["fault", "--child"]] {
        assert_eq!((code(words, &asks), system.is_asked()), (Some(0x05), true), "{words:?}");
    }
    // Windows is told of a mistake that the program notices by `__fastfail`, and so is Wine, which asks nobody then.
    assert_eq!(code(&["panic", "--child"], &asks), Some(0x09));
}

/// Whom Wine asks about a program that has failed, where Windows has its error reporting; as before in the end.
struct Reporting<'a> {
    prefix: &'a Prefix,
    asked: PathBuf,
}

impl<'a> Reporting<'a> {
    const KEY: &'static str = r"HKLM\Software\Microsoft\Windows NT\CurrentVersion\AeDebug";
    const WINES_OWN: &'static str = "winedbg --auto %ld %ld";

    fn to(prefix: &'a Prefix, desk: &Desk) -> Self {
        let asked = desk.folder().join("asked");
        let reporting = Self { prefix, asked };
        let file = format!("Z:{}", reporting.asked.display()).replace('/', "\\");
        reporting.set(&format!(r"C:\windows\system32\cmd.exe /c echo %ld %ld>{file}"));
        reporting
    }

    fn set(&self, debugger: &str) {
        self.prefix.registry(&["add", Self::KEY, "/v", "Debugger", "/d", debugger, "/f"]);
    }

    /// Since this was last asked.
    fn is_asked(&self) -> bool {
        fs::remove_file(&self.asked).is_ok()
    }
}

impl Drop for Reporting<'_> {
    fn drop(&mut self) {
        self.set(Self::WINES_OWN);
    }
}

/// More black pixels than "OK" is drawn with, and the edges of its button.
const BUTTONS_INK: usize = 200;

fn ink(looks: &Pixels) -> usize {
    looks.bgrx.chunks_exact(4).filter(|pixel| pixel[..3] == [0, 0, 0]).count()
}

/// What the second process was told, if there is one.
fn message() -> Option<String> {
    let of = |pid: u32| fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let lines =
        Tree::of(1).pids().map(of).find(|line| line.contains("crash-message\0") || line.contains("crash-message "));
    Some(lines?.split("crash-message").nth(1)?.trim_matches(['\0', ' ']).to_owned())
}
