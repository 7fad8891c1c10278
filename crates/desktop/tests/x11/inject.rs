//! Injection on a real X server.

use std::env;
use std::io;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{Desk, Xvfb, becomes};
use lotse_desktop::inject::guard::{self, Guard};
use lotse_desktop::inject::{Button, InjectError, Injector, Press};
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, KeyButMask};

const SCREEN: &str = "640x480x24";
const USAGE_A: u32 = 0x04;
const USAGE_LEFT_SHIFT: u32 = 0xe1;
const CHILD_DISPLAY: &str = "LOTSE_TEST_DISPLAY";

/// The keycode at a position, from the server itself.
fn keycode(desk: &Desk, name: [u8; 4]) -> u8 {
    desk.connection.xkb_use_extension(1, 0).expect("a request").reply().expect("XKB");
    let core = u16::from(xkb::ID::USE_CORE_KBD);
    let names = desk.connection.xkb_get_names(core, xkb::NameDetail::KEY_NAMES).expect("a request").reply();
    let names = names.expect("names");
    let at = names.value_list.key_names.expect("key names").iter().position(|n| n.name == name).expect("the key");
    names.first_key + u8::try_from(at).expect("a keycode")
}

fn next_input(desk: &Desk) -> (u8, u8) {
    desk.until(|event| match event {
        Event::KeyPress(e) | Event::KeyRelease(e) => Some((e.response_type, e.detail)),
        Event::ButtonPress(e) | Event::ButtonRelease(e) => Some((e.response_type, e.detail)),
        _ => None,
    })
}

const KEY: [u8; 2] = [2, 3];
const BUTTON: [u8; 2] = [4, 5];

#[test]
fn a_key_arrives_at_its_position() {
    let server = Xvfb::start(SCREEN, &[]);
    let desk = server.connect();
    desk.window(0, 0, 640, 480);
    let (a, shift) = (keycode(&desk, *b"AC01"), keycode(&desk, *b"LFSH"));
    let mut injector = Injector::open_named(&server.name).expect("an injector");
    injector.key(USAGE_LEFT_SHIFT, Press::Down).expect("shift");
    injector.key(USAGE_A, Press::Down).expect("a");
    injector.key(USAGE_A, Press::Down).expect("a again, which is held");
    injector.key(USAGE_A, Press::Up).expect("a");
    injector.key(USAGE_A, Press::Up).expect("a again, which is not held");
    injector.key(USAGE_LEFT_SHIFT, Press::Up).expect("shift");
    let events = [(); 4].map(|()| next_input(&desk));
    assert_eq!(events, [(KEY[0], shift), (KEY[0], a), (KEY[1], a), (KEY[1], shift)]);
    assert!(desk.keys_down().is_empty());
}

#[test]
fn a_key_that_this_keyboard_lacks_is_an_error() {
    let server = Xvfb::start(SCREEN, &[]);
    let mut injector = Injector::open_named(&server.name).expect("an injector");
    for usage in [0, 0x03, 0xa5, 0xe8, u32::MAX] {
        let error = injector.key(usage, Press::Down).expect_err("no such key");
        assert!(matches!(error, InjectError::UnknownKey(u) if u == usage), "{error:?}");
    }
}

#[test]
fn buttons_wheels_and_the_pointer_arrive_where_they_should() {
    let server = Xvfb::start(SCREEN, &[]);
    let desk = server.connect();
    desk.window(0, 0, 640, 480);
    let mut injector = Injector::open_named(&server.name).expect("an injector");
    injector.move_to(0, 123, 45).expect("a move");
    let buttons = [(Button::Left, 1), (Button::Middle, 2), (Button::Right, 3), (Button::Back, 8), (Button::Forward, 9)];
    for (button, number) in buttons {
        injector.button(button, Press::Down).expect("a press");
        injector.button(button, Press::Up).expect("a release");
        let press = desk.until(|event| match event {
            Event::ButtonPress(e) => Some(*e),
            _ => None,
        });
        assert_eq!((press.detail, press.root_x, press.root_y), (number, 123, 45));
        assert_eq!(next_input(&desk), (BUTTON[1], number));
    }
    for (horizontal, vertical, button) in [(0, 120, 4), (0, -120, 5), (-120, 0, 6), (120, 0, 7)] {
        injector.wheel(horizontal, vertical).expect("a turn");
        assert_eq!(next_input(&desk), (BUTTON[0], button));
        assert_eq!(next_input(&desk), (BUTTON[1], button));
    }
    injector.wheel(0, 60).expect("half a notch");
    injector.wheel(0, 60).expect("the other half");
    assert_eq!(next_input(&desk), (BUTTON[0], 4));
    assert_eq!(next_input(&desk), (BUTTON[1], 4));

    injector.move_to(0, 100_000, 7).expect("a move");
    injector.release_all().expect("a sync");
    let pointer = desk.connection.query_pointer(desk.root).expect("a request").reply().expect("a pointer");
    assert_eq!((pointer.root_x, pointer.root_y), (639, 7));
    assert!(matches!(injector.move_to(1, 0, 0), Err(InjectError::UnknownDisplay(1))));
}

#[test]
fn everything_held_is_let_go_on_demand_and_on_drop() {
    let server = Xvfb::start(SCREEN, &[]);
    let desk = server.connect();
    desk.window(0, 0, 640, 480);
    let mut injector = Injector::open_named(&server.name).expect("an injector");
    for round in 0..2 {
        for usage in [USAGE_A, USAGE_LEFT_SHIFT, 0xe0, 0x52] {
            injector.key(usage, Press::Down).expect("a press");
        }
        injector.button(Button::Left, Press::Down).expect("a press");
        becomes("five things are held", || desk.keys_down().len() == 4 && button_down(&desk));
        if round == 0 {
            injector.release_all().expect("a release");
            // At once: the release has happened when the call returns.
            assert!(desk.keys_down().is_empty() && !button_down(&desk));
        }
    }
    drop(injector);
    assert!(desk.keys_down().is_empty() && !button_down(&desk));
}

fn button_down(desk: &Desk) -> bool {
    let pointer = desk.connection.query_pointer(desk.root).expect("a request").reply().expect("a pointer");
    pointer.mask.contains(KeyButMask::BUTTON1)
}

#[test]
fn a_server_that_dies_is_an_error() {
    let mut server = Xvfb::start(SCREEN, &[]);
    let mut injector = Injector::open_named(&server.name).expect("an injector");
    injector.key(USAGE_A, Press::Down).expect("a press");
    server.kill();
    assert!(matches!(injector.release_all(), Err(InjectError::Lost(_))));
    assert!(matches!(injector.key(USAGE_LEFT_SHIFT, Press::Down), Err(InjectError::Lost(_))));
}

#[test]
fn what_a_killed_process_held_is_let_go_by_its_guard() {
    let server = Xvfb::start(SCREEN, &[]);
    let desk = server.connect();
    desk.window(0, 0, 640, 480);
    let mut holder = again("holder", &server.name).stdin(Stdio::null()).spawn().expect("a child");
    becomes("the child holds a key and a button", || desk.keys_down().len() == 1 && button_down(&desk));
    holder.kill().expect("a kill");
    holder.wait().expect("an end");
    becomes("nothing is held", || desk.keys_down().is_empty() && !button_down(&desk));
}

/// This test program once more, in another role.
fn again(role: &str, display: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args([&format!("inject::{role}"), "--exact", "--ignored"]).env(CHILD_DISPLAY, display);
    command
}

#[test]
#[ignore = "the child of another test"]
fn holder() {
    let Ok(display) = env::var(CHILD_DISPLAY) else { return };
    let mut injector = Injector::open_named(&display).expect("an injector");
    injector.key(USAGE_A, Press::Down).expect("a press");
    injector.guarded_by(Guard::start(again("guard_of_holder", &display)).expect("a guard"));
    injector.button(Button::Left, Press::Down).expect("a press");
    thread::sleep(Duration::from_secs(60));
}

#[test]
#[ignore = "the child of another test's child"]
fn guard_of_holder() {
    let Ok(display) = env::var(CHILD_DISPLAY) else { return };
    guard::run(io::stdin().lock(), Some(&display)).expect("a release");
}
