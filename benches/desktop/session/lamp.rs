//! A window on the customer's desk that changes at every key, and how long the adviser waits to see it.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode,
    GrabStatus, StackMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::desk::{Desk, PATIENCE, until};
use crate::screen::Screen;

/// Where it is, and its side, pixels: in a corner that no workload's window covers for long; it stays on top.
const PLACE: (i16, i16) = (1840, 960);
const SIDE: u16 = 64;
const COLOURS: [u32; 2] = [0x00_00_00_00, 0x00_ff_ff_ff];

/// After so long a key counts as lost.
const LOST: Duration = Duration::from_secs(3);

/// It has the keyboard of its desk until it is dropped.
pub(crate) struct Lamp {
    window: Window,
    control: RustConnection,
    thread: Option<JoinHandle<()>>,
}

impl Lamp {
    pub(crate) fn on(desk: &Desk) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(&desk.display()))?;
        let root = connection.setup().roots.get(screen).context("a server has a screen")?.root;
        let window = connection.generate_id()?;
        let looks = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixel(COLOURS[0])
            .event_mask(EventMask::KEY_PRESS | EventMask::VISIBILITY_CHANGE | EventMask::STRUCTURE_NOTIFY);
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(0, window, root, PLACE.0, PLACE.1, SIDE, SIDE, 0, class, 0, &looks)?.check()?;
        connection.map_window(window)?;
        connection.sync()?;
        until(PATIENCE, "the keyboard", || {
            let grab = connection.grab_keyboard(false, window, 0_u32, GrabMode::ASYNC, GrabMode::ASYNC);
            let reply = grab.expect("the X server is there").reply().expect("a window of ours");
            (reply.status == GrabStatus::SUCCESS).then_some(())
        });
        // Another connection ends it: the thread waits on its own.
        let (control, _) = x11rb::connect(Some(&desk.display()))?;
        let thread = thread::spawn(move || shine(&connection, window).unwrap_or_default());
        Ok(Self { window, control, thread: Some(thread) })
    }
}

impl Drop for Lamp {
    fn drop(&mut self) {
        // Without its server it has ended already.
        let _ = self.control.destroy_window(self.window).map(|_| self.control.sync());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Until the window is destroyed.
fn shine(connection: &RustConnection, window: Window) -> Result<()> {
    let mut on = 0;
    loop {
        match connection.wait_for_event()? {
            Event::KeyPress(_) => {
                on = 1 - on;
                let colour = ChangeWindowAttributesAux::new().background_pixel(COLOURS[on]);
                connection.change_window_attributes(window, &colour)?;
                connection.clear_area(false, window, 0, 0, 0, 0)?;
                connection.flush()?;
            }
            Event::VisibilityNotify(_) => {
                connection.configure_window(window, &ConfigureWindowAux::new().stack_mode(StackMode::ABOVE))?;
                connection.flush()?;
            }
            Event::DestroyNotify(_) => return Ok(()),
            _ => {}
        }
    }
}

/// Presses keys on a desk, at moments that fit no rhythm, and waits each time for the lamp in its picture: ms, and how
/// many were lost.
pub(crate) fn delays(desk: &Desk, time: Duration) -> Result<(Vec<f64>, usize)> {
    let screen = Screen::of(&desk.display())?;
    let (mut delays, mut lost) = (Vec::new(), 0);
    let mut pixel = Vec::new();
    let half = i16::try_from(SIDE / 2)?;
    let mut looks = || {
        screen.look((PLACE.0 + half, PLACE.1 + half), (1, 1), &mut pixel)?;
        Ok::<_, anyhow::Error>(pixel[0])
    };
    let begun = Instant::now();
    let mut pause = 0_u64;
    while begun.elapsed() < time {
        pause = (pause + 31) % 73;
        thread::sleep(Duration::from_millis(30 + pause));
        let before = looks()?;
        let pressed = Instant::now();
        desk.tap(u32::from('x'));
        loop {
            if looks()?.abs_diff(before) > 100 {
                delays.push(pressed.elapsed().as_secs_f64() * 1000.0);
                break;
            }
            if pressed.elapsed() > LOST {
                lost += 1;
                break;
            }
            thread::sleep(Duration::from_micros(100));
        }
    }
    Ok((delays, lost))
}
