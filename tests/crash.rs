//! The program fails: it is gone at once, somebody reads why in plain words, and nothing is left.

mod desk;

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use desk::process::{Program, on_display};
use desk::relay::Relay;
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
    let looks = || desk.looks(window);
    until(PATIENCE, "words in it", || (looks().colours() > 1).then_some(()));
    desk.screenshot(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("crash.png"));
    // A click closes it, wherever.
    desk.click(desk.geometry(window).centre());
    desk.window_gone("Lotse", PATIENCE);
    until(PATIENCE, "every process of it to be gone", || {
        let left = on_display(&desk.display()).into_iter().filter(|pid| is_lotse(*pid)).count();
        (left == 0).then_some(())
    });
}

/// A child that fails is gone, and nobody reads that the program was.
#[test]
fn a_mistake_in_a_child_is_told_to_nobody() {
    let desk = Desk::start();
    let mut program = desk.spawn(provoke("panic").arg("--child"));
    assert_eq!(program.ended(PATIENCE).and_then(|status| status.code()), Some(70));
    let log = program.log();
    assert!(log.contains("asked for") && !log.contains("Lotse hat einen Fehler gemacht"), "{log}");
    // One that tells would have been started before.
    let left = on_display(&desk.display()).into_iter().filter(|pid| is_lotse(*pid)).count();
    assert_eq!(left, 0);
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
    for child in [None, Some("--child")] {
        let status = with_images(provoke("fault").args(child), folder.path()).status().expect("it starts");
        assert_eq!(status.signal(), Some(11));
        assert!(!status.core_dumped(), "{status}");
        assert_eq!(fs::read_dir(folder.path()).map(Iterator::count).ok(), Some(0));
        let asked = with_images(provoke("fault").args(child), folder.path()).env("LOTSE_DUMP", "1").status();
        // As one of any other program, where this machine keeps them.
        let other = with_images(Command::new("sh").args(["-c", "kill -SEGV $$"]), folder.path()).status();
        assert_eq!(asked.is_ok_and(|status| status.core_dumped()), other.is_ok_and(|status| status.core_dumped()));
        for image in fs::read_dir(folder.path()).expect("the folder is there") {
            fs::remove_file(image.expect("an entry").path()).expect("our own file");
        }
    }
}

/// Whatever it was started as, and before anything of its own has run.
#[test]
fn no_way_to_start_the_program_leaves_an_image() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let relay = Relay::start();
    // A display that never answers keeps whoever wants a window.
    let (_silent, display) = (100..1000_u16)
        .find_map(|number| Some((TcpListener::bind(("127.0.0.1", 6000 + number)).ok()?, number)))
        .expect("there is a free display");
    for command in [&[][..], &["adviser"], &["doctor"], &["guard"], &["probe-opengl"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_lotse"));
        program.args(command).args(relay.arguments());
        let mut started = with_images(&mut program, folder.path());
        started.env("DISPLAY", format!("127.0.0.1:{display}")).env_remove("WAYLAND_DISPLAY");
        let (program, _open) = Program::spawn_listening(&mut started, folder.path());
        until(PATIENCE, &format!("{command:?} to want no image"), || {
            let limits = fs::read_to_string(format!("/proc/{}/limits", program.pid())).expect("it is there");
            let image = limits.lines().find_map(|line| line.strip_prefix("Max core file size")).expect("a limit");
            image.split_whitespace().take(2).eq(["1", "1"]).then_some(())
        });
    }
}

/// The same program as on a machine that keeps images; `ulimit` tells what the program itself has set.
fn with_images(command: &mut Command, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"ulimit -c unlimited && exec "$0" "$@""#]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(folder).env_remove("DISPLAY");
    shell
}

fn is_lotse(pid: u32) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program.ends_with("lotse"))
}
