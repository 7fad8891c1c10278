//! The harness of the whole-system tests does what they rely on.

mod desk;

use std::fs;
use std::net::UdpSocket;
use std::process::Command;
use std::time::{Duration, Instant};

use desk::hands::{Button, keysym};
use desk::impair::{Conditions, Link};
use desk::process::{Program, Tree, on_display};
use desk::relay::Relay;
use desk::screen::Rect;
use desk::{Desk, PATIENCE, until};

/// A terminal that runs `script`, with the desk's folder as its place.
fn terminal(desk: &Desk, title: &str, script: &str) -> Program {
    let mut command = Command::new("xterm");
    command.current_dir(desk.folder()).args(["-title", title, "-e", "sh", "-c", script]);
    desk.spawn(&mut command)
}

#[test]
fn what_is_typed_arrives_in_a_program_on_the_desk() {
    let desk = Desk::start();
    let terminal = terminal(&desk, "notes", "cat > written");
    let window = desk.window("notes", PATIENCE);
    assert_eq!(desk.window_of(&terminal, PATIENCE), window);
    desk.focus(window);
    desk.type_text("Hello, World_42!\n");
    let written = desk.folder().join("written");
    let line = until(PATIENCE, "the line to land in the file", || {
        fs::read_to_string(&written).ok().filter(|text| text.ends_with('\n'))
    });
    assert_eq!(line, "Hello, World_42!\n");
    assert_eq!(desk.held_keys(), []);
}

#[test]
fn no_program_on_a_desk_reaches_the_developers_own_message_bus() {
    let desk = Desk::start();
    // The two places in which programs look for it.
    let mut shows = desk.spawn(Command::new("printenv").args(["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"]));
    assert!(shows.ended(PATIENCE).expect("printenv ends").success());
    let folder = desk.folder().display();
    assert_eq!(shows.log(), format!("unix:path={folder}/bus\n{folder}/runtime\n"));
    let asks = || {
        let call = ["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetId"];
        let mut asks = desk.spawn(Command::new("dbus-send").args(call));
        asks.ended(PATIENCE).expect("dbus-send ends").success()
    };
    assert!(!asks());
    let _bus = desk.start_bus();
    assert!(asks());
}

#[test]
fn a_click_presses_a_button_of_a_real_program() {
    let desk = Desk::start();
    let mut dialog = desk.spawn(Command::new("xmessage").args(["-title", "question", "-buttons", "yes:7", "Really?"]));
    let window = desk.window("question", PATIENCE);
    // The only button stands at the lower left of the window.
    let place = desk.geometry(window);
    let bottom = place.y + i16::try_from(place.height).expect("a window's height fits");
    desk.at_rest(Duration::from_millis(100), PATIENCE);
    desk.click((place.x + 15, bottom - 15));
    assert_eq!(dialog.ended(PATIENCE).and_then(|status| status.code()), Some(7), "titles: {:?}", desk.titles());
    assert!(desk.held_buttons().is_empty());
}

#[test]
fn held_keys_and_buttons_are_seen_until_they_are_released() {
    let desk = Desk::start();
    desk.press(keysym::SHIFT);
    desk.press(u32::from('a'));
    desk.button(Button::Right, true);
    let mut expected = vec![desk.key_code(keysym::SHIFT), desk.key_code(u32::from('a'))];
    expected.sort_unstable();
    assert_eq!(desk.held_keys(), expected);
    assert_eq!(desk.held_buttons(), [3]);
    desk.release(u32::from('a'));
    desk.release(keysym::SHIFT);
    desk.button(Button::Right, false);
    assert_eq!(desk.held_keys(), []);
    assert!(desk.held_buttons().is_empty());
    desk.move_to((321, 123));
    assert_eq!(desk.pointer(), (321, 123));
}

#[test]
fn pixels_show_what_is_on_the_display() {
    let desk = Desk::start();
    let empty = desk.at_rest(Duration::from_millis(100), PATIENCE);
    let mut command = Command::new("xterm");
    command.args(["-title", "blue", "-bg", "#0000ff", "-fg", "#0000ff", "-cr", "#0000ff", "-e", "sleep", "60"]);
    let _terminal = desk.spawn(&mut command);
    let window = desk.window("blue", PATIENCE);
    desk.place(window, 200, 100);
    // Its program paints it anew where it has been moved to, in its own time: all of it is waited for, not one pixel.
    let (place, pixels) = desk.see(PATIENCE, "the window's blue, where it was placed", |pixels| {
        let place = desk.geometry(window);
        let inside = Rect { x: place.x + 20, y: place.y + 20, width: place.width - 40, height: place.height - 40 };
        let blue = pixels.at(u16::try_from(inside.x).ok()?, u16::try_from(inside.y).ok()?) == [0, 0, 255];
        let whole = place.x >= 200 && place.y >= 100 && blue && pixels.crop(inside).colours() == 1;
        whole.then(|| (place, pixels.clone()))
    });
    let (count, _) = pixels.difference(&empty).expect("a window is a difference");
    assert!(count >= usize::from(place.width) * usize::from(place.height), "{count} pixels differ");
    assert_eq!(pixels.difference(&pixels), None);
    let path = desk.folder().join("picture.png");
    desk.screenshot(&path);
    assert!(fs::read(&path).expect("the picture is there").starts_with(b"\x89PNG"));
}

#[test]
fn closing_a_window_by_its_frame_ends_its_program() {
    let desk = Desk::start();
    let mut program = terminal(&desk, "short", "sleep 60");
    let window = desk.window("short", PATIENCE);
    // A terminal that has started what it is for also understands that it is to close.
    let tree = until(PATIENCE, "the terminal's children", || {
        let tree = Tree::of(program.pid());
        (tree.alive().len() >= 2).then_some(tree)
    });
    desk.close(window);
    desk.window_gone("short", PATIENCE);
    assert!(program.ended(PATIENCE).is_some());
    assert!(tree.gone_within(PATIENCE), "left behind: {:?}", tree.alive());
}

#[test]
fn nothing_stays_of_a_desk_even_after_a_panic() {
    let (display, pids) = std::thread::spawn(|| {
        let desk = Desk::start();
        let program = terminal(&desk, "left alone", "sleep 60 & wait");
        desk.window("left alone", PATIENCE);
        let pids = until(PATIENCE, "the terminal's children", || {
            let pids = Tree::of(program.pid()).alive();
            (pids.len() >= 3).then_some(pids)
        });
        let display = desk.display();
        assert!(on_display(&display).len() >= pids.len());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _both = (program, desk);
            panic!("as a failing test does");
        }));
        assert!(caught.is_err());
        (display, pids)
    })
    .join()
    .expect("the thread has caught its panic");
    assert!(pids.len() >= 3);
    assert_eq!(on_display(&display), []);
    for pid in pids {
        assert!(Tree::of(pid).alive().is_empty(), "process {pid} was left behind");
    }
    let number = display.trim_start_matches(':');
    assert!(!fs::exists(format!("/tmp/.X11-unix/X{number}")).expect("the folder can be read"));
}

/// A socket that answers every datagram with the same bytes, until the test ends.
fn echo() -> std::net::SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&buffer[..length], from);
        }
    });
    address
}

fn program_on(link: &Link) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.connect(link.address()).expect("a local address");
    socket.set_read_timeout(Some(Duration::from_millis(300))).expect("a socket takes a time-out");
    socket
}

/// Sends one datagram and says how long its echo took.
fn round_trip(socket: &UdpSocket, payload: &[u8]) -> Option<Duration> {
    let begun = Instant::now();
    socket.send(payload).expect("the link is there");
    let mut buffer = [0; 2048];
    let length = socket.recv(&mut buffer).ok()?;
    assert_eq!(&buffer[..length], payload);
    Some(begun.elapsed())
}

#[test]
fn a_link_carries_both_ways_and_keeps_programs_apart() {
    let link = Link::to(echo());
    let (one, two) = (program_on(&link), program_on(&link));
    assert!(round_trip(&one, b"one").is_some());
    assert!(round_trip(&two, b"two").is_some());
    assert!(round_trip(&one, b"one again").is_some());
    assert_eq!(link.counts().passed, 6);
}

#[test]
fn a_link_delays_goes_dark_and_comes_back() {
    let link = Link::to(echo());
    let program = program_on(&link);
    link.set(Conditions { delay: Duration::from_millis(40), ..Conditions::default() });
    let time = round_trip(&program, b"late").expect("delayed is not lost");
    assert!(time >= Duration::from_millis(80), "{time:?}");
    link.dark(true);
    assert_eq!(round_trip(&program, b"lost"), None);
    link.dark(false);
    assert!(round_trip(&program, b"back").is_some());
    assert_eq!(link.counts().dropped, 1);
}

#[test]
fn a_link_loses_its_share() {
    let link = Link::to(echo());
    link.set(Conditions { loss_percent: 20, ..Conditions::default() });
    let program = program_on(&link);
    program.set_read_timeout(Some(Duration::from_millis(50))).expect("a socket takes a time-out");
    for _ in 0..10 {
        // Fifty at a time: the sockets' buffers must not be what loses them.
        for _ in 0..50 {
            program.send(b"x").expect("the link is there");
        }
        while program.recv(&mut [0; 16]).is_ok() {}
    }
    let counts = link.counts();
    let percent = counts.dropped * 100 / (counts.passed + counts.dropped);
    assert!((15..=25).contains(&percent), "{percent} % lost");
}

#[test]
fn a_narrow_link_spreads_packets_out_and_drops_what_waits_too_long() {
    let link = Link::to(echo());
    // 1000 bytes take 10 ms; five packets may wait.
    link.set(Conditions { rate: Some(100_000), queue: Duration::from_millis(55), ..Conditions::default() });
    let program = program_on(&link);
    let begun = Instant::now();
    for _ in 0..20 {
        program.send(&[0; 1000]).expect("the link is there");
    }
    let mut arrived = 0;
    while program.recv(&mut [0; 2048]).is_ok() {
        arrived += 1;
    }
    assert!((5..=10).contains(&arrived), "{arrived} of 20 came back");
    assert!(begun.elapsed() >= Duration::from_millis(60), "{:?}", begun.elapsed());
}

#[test]
fn a_relay_starts_takes_an_adviser_and_comes_back_after_a_kill() {
    let mut relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    assert_eq!(account.name, "maria");
    assert!(account.password.len() >= 10);
    let [_, address, _, key] = relay.arguments();
    assert_eq!(address, relay.address().to_string());
    relay.kill_and_restart();
    assert_eq!(relay.arguments(), ["--relay".to_owned(), address, "--relay-key".to_owned(), key.clone()]);
    assert!(relay.log().contains(&key), "the relay says its key:\n{}", relay.log());
    assert_eq!(relay.stop(Duration::from_secs(3)), Some(0), "{}", relay.log());
    assert!(!relay.log().contains(&account.password));
}
