//! Capture on a real X server.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Desk, Xvfb, becomes};
use lotse_desktop::capture::{Capture, CaptureError, Rect, Wake};
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, Rectangle};

const SCREEN: &str = "640x480x24";
const WHOLE: Rect = Rect { x: 0, y: 0, width: 640, height: 480 };
const SOON: Option<Duration> = Some(Duration::ZERO);
const LONG: Option<Duration> = Some(Duration::from_secs(10));

/// The first three bytes of each pixel; the fourth means nothing.
fn colours(pixels: &[u8]) -> Vec<[u8; 3]> {
    pixels.chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect()
}

fn open(server: &Xvfb) -> (Capture, Desk) {
    let desk = server.connect();
    let mut capture = Capture::open_named(&server.name).expect("a capture");
    assert_eq!(capture.wait(SOON).expect("a screen"), Wake::Damage);
    assert_eq!(capture.grab().expect("a grab").damage, [WHOLE]);
    // What was drawn before the first grab may still be announced.
    while capture.wait(SOON).expect("a screen") == Wake::Damage {
        assert!(capture.grab().expect("a grab").damage.is_empty());
    }
    (capture, desk)
}

fn draws_and_sees(more: &[&str]) {
    let server = Xvfb::start(SCREEN, more);
    let (mut capture, desk) = open(&server);
    let window = desk.window(100, 50, 300, 200);
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::Damage);
    let damage = capture.grab().expect("a grab").damage.to_vec();
    assert_eq!(damage, [Rect { x: 100, y: 50, width: 300, height: 200 }]);

    let dot = Rectangle { x: 10, y: 20, width: 30, height: 40 };
    desk.fill(window, dot, 0x00ff_8001);
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::Damage);
    let grab = capture.grab().expect("a grab");
    assert_eq!(grab.damage, [Rect { x: 110, y: 70, width: 30, height: 40 }]);
    assert_eq!((grab.width, grab.height, grab.stride), (640, 480, 640 * 4));
    assert_eq!(grab.data[75 * grab.stride + 115 * 4..][..3], [0x01, 0x80, 0xff]);
    assert_eq!(colours(grab.data), colours(&desk.picture()));

    // Wide, and two at once: they go different ways inside.
    desk.fill(desk.root, Rectangle { x: 0, y: 300, width: 639, height: 9 }, 0x0012_3456);
    desk.fill(desk.root, Rectangle { x: 600, y: 1, width: 40, height: 30 }, 0x0065_4321);
    desk.fill(desk.root, Rectangle { x: 0, y: 470, width: 20, height: 10 }, 0x0000_ff00);
    let mut seen = Vec::new();
    becomes("all three are seen", || {
        if capture.wait(SOON).expect("a screen") == Wake::Damage {
            seen.extend_from_slice(capture.grab().expect("a grab").damage);
        }
        seen.iter().map(|r| r.area()).sum::<u64>() == 639 * 9 + 40 * 30 + 20 * 10
    });
    desk.fill(window, dot, 0x0000_0000);
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::Damage);
    assert_eq!(colours(capture.grab().expect("a grab").data), colours(&desk.picture()));
}

#[test]
fn only_what_is_drawn_is_damaged_and_the_picture_is_exact() {
    draws_and_sees(&[]);
}

#[test]
fn a_server_without_shared_memory_is_captured_too() {
    draws_and_sees(&["-extension", "MIT-SHM"]);
}

#[test]
fn nothing_drawn_is_a_timeout_and_the_pointer_is_not_drawn() {
    let server = Xvfb::start(SCREEN, &[]);
    let (mut capture, desk) = open(&server);
    let before = colours(&desk.picture());
    for step in 0..20 {
        desk.connection.warp_pointer(x11rb::NONE, desk.root, 0, 0, 0, 0, 100 + step * 7, 100).expect("a move");
        desk.sync();
    }
    let begun = Instant::now();
    assert_eq!(capture.wait(Some(Duration::from_millis(50))).expect("a screen"), Wake::Timeout);
    assert!(begun.elapsed() >= Duration::from_millis(50));
    desk.fill(desk.root, Rectangle { x: 0, y: 0, width: 1, height: 1 }, 0x00ff_ffff);
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::Damage);
    let after = colours(capture.grab().expect("a grab").data);
    assert_eq!(before[1..], after[1..]);
}

#[test]
fn another_thread_interrupts() {
    let server = Xvfb::start(SCREEN, &[]);
    let (mut capture, desk) = open(&server);
    let interrupt = capture.interrupt();
    let waiting = thread::spawn(move || {
        let woken = capture.wait(LONG).expect("a screen");
        (woken, capture)
    });
    interrupt.wake();
    let (woken, mut capture) = waiting.join().expect("the waiting thread");
    assert_eq!(woken, Wake::Interrupted);

    // Kept for the next wait, once, and before damage.
    desk.fill(desk.root, Rectangle { x: 0, y: 0, width: 5, height: 5 }, 0x0000_00ff);
    interrupt.wake();
    interrupt.wake();
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::Interrupted);
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::Damage);
    drop(capture);
    interrupt.wake();
}

/// As a person does in the settings; the monitor has to be off while its screen becomes smaller.
fn shrink(desk: &Desk, width: u16, height: u16) {
    let resources = desk.connection.randr_get_screen_resources_current(desk.root).expect("a request").reply();
    for crtc in resources.expect("a monitor").crtcs {
        let (now, rotation) = (x11rb::CURRENT_TIME, randr::Rotation::ROTATE0);
        let off = desk.connection.randr_set_crtc_config(crtc, now, now, 0, 0, x11rb::NONE, rotation, &[]);
        off.expect("a request").reply().expect("a monitor that is off");
    }
    let size = desk.connection.randr_set_screen_size(desk.root, width, height, 132, 105);
    size.expect("a request").check().expect("a size");
}

#[test]
fn a_new_size_is_announced_and_grabbed_as_a_whole() {
    let server = Xvfb::start(SCREEN, &[]);
    let (mut capture, desk) = open(&server);
    shrink(&desk, 500, 400);
    assert_eq!(capture.wait(LONG).expect("a screen"), Wake::GeometryChanged);
    let display = capture.displays()[0];
    assert_eq!((display.width, display.height), (500, 400));
    let grab = capture.grab().expect("a grab");
    assert_eq!(grab.damage, [Rect { x: 0, y: 0, width: 500, height: 400 }]);
    assert_eq!(colours(grab.data), colours(&desk.picture()));
}

#[test]
fn a_screen_that_shrinks_unannounced_is_grabbed_by_its_new_size() {
    let server = Xvfb::start(SCREEN, &[]);
    let (mut capture, desk) = open(&server);
    desk.fill(desk.root, Rectangle { x: 0, y: 0, width: 640, height: 480 }, 0x0077_7777);
    shrink(&desk, 500, 400);
    let grab = capture.grab().expect("a grab");
    assert_eq!((grab.width, grab.height), (500, 400));
    assert_eq!(colours(grab.data), colours(&desk.picture()));
    assert_eq!(capture.wait(SOON).expect("a screen"), Wake::GeometryChanged, "it is announced all the same");
}

#[test]
fn a_server_that_dies_is_an_error_and_no_hang() {
    let mut server = Xvfb::start(SCREEN, &[]);
    let (mut capture, _desk) = open(&server);
    let waiting = thread::spawn(move || {
        let error = capture.wait(LONG).expect_err("no screen");
        (error, capture.grab().expect_err("no screen"))
    });
    server.kill();
    let begun = Instant::now();
    let (waited, grabbed) = waiting.join().expect("the waiting thread");
    assert!(matches!(waited, CaptureError::Lost(_)), "{waited:?}");
    assert!(matches!(grabbed, CaptureError::Lost(_)), "{grabbed:?}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn sixteen_bits_of_colour_are_refused_in_words() {
    let server = Xvfb::start("640x480x16", &[]);
    let error = Capture::open_named(&server.name).err().expect("a refusal");
    assert!(matches!(error, CaptureError::PixelLayout { depth: 16 }), "{error:?}");
}

#[test]
fn no_server_is_an_error() {
    assert!(matches!(Capture::open_named(":7999"), Err(CaptureError::Open(_))));
}
