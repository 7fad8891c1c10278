//! The program fails: it is gone at once, somebody reads why in plain words, and nothing is left.

mod desk;

use std::process::Command;

use desk::process::on_display;
use desk::{Desk, PATIENCE, until};

fn provoke(failure: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotse"));
    command.args(["provoke-crash", failure]).env("LC_ALL", "de_DE.UTF-8").env("LANG", "de_DE.UTF-8");
    command
}

#[test]
fn a_mistake_is_told_in_a_window_and_in_the_terminal() {
    let desk = Desk::start();
    let mut program = desk.spawn(&mut provoke("panic"));
    assert_eq!(program.ended(PATIENCE).and_then(|status| status.code()), Some(70));
    let log = program.log();
    for said in ["asked for", "Lotse hat einen Fehler gemacht und sich beendet.", "Für die Beratung: src/crash.rs:"] {
        assert!(log.contains(said), "{said} is missing in {log}");
    }
    let window = desk.window("Lotse", PATIENCE);
    let looks = || desk.pixels_in(desk.geometry(window));
    until(PATIENCE, "words in it", || (looks().colours() > 1).then_some(()));
    desk.screenshot(&std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("crash.png"));
    // A click closes it, wherever.
    desk.click(desk.geometry(window).centre());
    desk.window_gone("Lotse", PATIENCE);
    until(PATIENCE, "every process of it to be gone", || {
        let left = on_display(&desk.display()).into_iter().filter(|pid| is_lotse(*pid)).count();
        (left == 0).then_some(())
    });
}

/// Without a display it is told in the terminal alone, and nothing waits for anybody.
#[test]
fn a_mistake_without_a_display_is_told_in_the_terminal() {
    let output = provoke("panic").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().expect("it starts");
    assert_eq!(output.status.code(), Some(70));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Lotse hat einen Fehler gemacht"));
}

/// What the system would write holds what was on the screen: only whoever asks gets it.
#[test]
fn a_fault_leaves_no_image_unless_it_is_asked_for() {
    use std::os::unix::process::ExitStatusExt as _;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let limits = |command: &mut Command| {
        let mut shell = Command::new("sh");
        // As on a machine that keeps images; `ulimit` tells what the program itself has set.
        shell
            .args(["-c", r#"ulimit -c unlimited && exec "$0" "$@""#])
            .arg(command.get_program())
            .args(command.get_args());
        shell.current_dir(folder.path()).env_remove("DISPLAY");
        shell
    };
    let status = limits(&mut provoke("fault")).status().expect("it starts");
    assert_eq!(status.signal(), Some(11));
    assert!(!status.core_dumped(), "{status}");
    assert_eq!(std::fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(0));
}

fn is_lotse(pid: u32) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program.ends_with("lotse"))
}
