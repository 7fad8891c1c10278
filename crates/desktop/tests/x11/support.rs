//! An X server of the test's own, and what a person could do to it with other programs.

use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeGCAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext, ImageFormat, Rectangle, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// Display numbers that tests may take; each is free, or taken by another test at the moment.
const NUMBERS: std::ops::RangeInclusive<u32> = 70..=74;
const PATIENCE: Duration = Duration::from_secs(20);

/// A running Xvfb; it ends with this value.
pub(crate) struct Xvfb {
    child: Child,
    pub(crate) name: String,
}

impl Xvfb {
    /// Starts one with a screen like "640x480x24" on the first number that is free.
    pub(crate) fn start(screen: &str, more: &[&str]) -> Self {
        let deadline = Instant::now() + PATIENCE;
        for number in NUMBERS.cycle_with_pause() {
            assert!(Instant::now() < deadline, "no display number became free");
            let name = format!(":{number}");
            let mut child = Command::new("Xvfb")
                .args([&name, "-screen", "0", screen, "-noreset", "-nolisten", "tcp"])
                .args(more)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("Xvfb can be started");
            loop {
                if child.try_wait().expect("a child can be waited for").is_some() {
                    break;
                }
                // A server of another test may answer under this name while ours is about to find it taken.
                if lock_is_of(number, child.id()) && RustConnection::connect(Some(&name)).is_ok() {
                    return Self { child, name };
                }
                assert!(Instant::now() < deadline, "Xvfb does not answer");
                thread::sleep(Duration::from_millis(5));
            }
        }
        unreachable!("the numbers are tried again and again")
    }

    pub(crate) fn connect(&self) -> Desk {
        Desk::new(&self.name)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("Xvfb can be killed");
        self.child.wait().expect("a child can be waited for");
        // A killed server leaves these behind, and the number would look taken for ever.
        let number = self.name.trim_start_matches(':');
        for path in [format!("/tmp/.X{number}-lock"), format!("/tmp/.X11-unix/X{number}")] {
            std::fs::remove_file(path).ok();
        }
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            self.kill();
        }
    }
}

fn lock_is_of(number: u32, pid: u32) -> bool {
    std::fs::read_to_string(format!("/tmp/.X{number}-lock")).is_ok_and(|lock| lock.trim() == pid.to_string())
}

trait CycleWithPause {
    fn cycle_with_pause(self) -> impl Iterator<Item = u32>;
}

impl CycleWithPause for std::ops::RangeInclusive<u32> {
    fn cycle_with_pause(self) -> impl Iterator<Item = u32> {
        let first = *self.start();
        self.cycle().inspect(move |number| {
            if *number == first {
                thread::sleep(Duration::from_millis(20));
            }
        })
    }
}

/// A program on that desktop with one window.
pub(crate) struct Desk {
    pub connection: RustConnection,
    pub root: Window,
    gc: Gcontext,
}

impl Desk {
    fn new(name: &str) -> Self {
        let (connection, screen) = RustConnection::connect(Some(name)).expect("a connection");
        let root = connection.setup().roots[screen].root;
        let gc = connection.generate_id().expect("an id");
        connection.create_gc(gc, root, &CreateGCAux::new()).expect("a graphics context");
        Self { connection, root, gc }
    }

    /// Shows a window there, focused, that hears keys and buttons; returns once it is on the screen.
    pub(crate) fn window(&self, x: i16, y: i16, width: u16, height: u16) -> Window {
        let window = self.connection.generate_id().expect("an id");
        let events = EventMask::EXPOSURE
            | EventMask::KEY_PRESS
            | EventMask::KEY_RELEASE
            | EventMask::BUTTON_PRESS
            | EventMask::BUTTON_RELEASE;
        let aux = CreateWindowAux::new().background_pixel(0x0020_4060).override_redirect(1).event_mask(events);
        self.connection
            .create_window(0, window, self.root, x, y, width, height, 0, WindowClass::INPUT_OUTPUT, 0, &aux)
            .expect("a window");
        self.connection.map_window(window).expect("a map");
        self.until(|event| matches!(event, Event::Expose(_)).then_some(()));
        self.connection
            .set_input_focus(x11rb::protocol::xproto::InputFocus::PARENT, window, x11rb::CURRENT_TIME)
            .expect("a focus");
        self.sync();
        window
    }

    pub(crate) fn fill(&self, window: Window, rect: Rectangle, colour: u32) {
        self.connection.change_gc(self.gc, &ChangeGCAux::new().foreground(colour)).expect("a colour");
        self.connection.poly_fill_rectangle(window, self.gc, &[rect]).expect("a rectangle");
        self.sync();
    }

    /// What is on the screen, as the server itself says.
    pub(crate) fn picture(&self) -> Vec<u8> {
        let size = self.connection.get_geometry(self.root).expect("a request").reply().expect("a size");
        let format = ImageFormat::Z_PIXMAP;
        let image = self.connection.get_image(format, self.root, 0, 0, size.width, size.height, !0);
        image.expect("a request").reply().expect("an image").data
    }

    /// The first event that `wanted` takes.
    pub(crate) fn until<T>(&self, wanted: impl Fn(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        self.connection.flush().expect("a flush");
        loop {
            while let Some(event) = self.connection.poll_for_event().expect("a live server") {
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
            assert!(Instant::now() < deadline, "the event never came");
            let _ = self.connection.stream().as_fd();
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Keycodes that the server believes to be down.
    pub(crate) fn keys_down(&self) -> Vec<u8> {
        let map = self.connection.query_keymap().expect("a request").reply().expect("a keymap").keys;
        (0..=255).filter(|code| map[usize::from(code / 8)] >> (code % 8) & 1 != 0).collect()
    }

    pub(crate) fn sync(&self) {
        self.connection.get_input_focus().expect("a request").reply().expect("an answer");
    }
}

/// Asks until it is so.
pub(crate) fn becomes(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: never");
        thread::sleep(Duration::from_millis(2));
    }
}
