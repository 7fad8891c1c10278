//! What the X server says: that it has darkened the screen, and what lockers do to it. A locker that talks to no bus
//! covers the screen with a window that no window manager touches, and grabs the keyboard.

use std::collections::BTreeSet;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::dpms::{self, ConnectionExt as _, DPMSMode};
use x11rb::protocol::screensaver::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, GrabStatus, MapState,
    ScreenSaver, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

use super::{Shared, Wanted};
use crate::linux::wait_for;
use crate::x11::connect;

/// A locker shows its window first and then tries for the keyboard, for up to ten seconds (i3lock): it is looked for at
/// once, and then after twice as long each time.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LOOKS: u32 = 10;

/// A window that leaves so much of the screen at a side covers it all the same: xsecurelock's does, so that compositors
/// do not take it for a film in full screen.
const MARGIN: i32 = 2;

/// Listens until nobody wants to know any more, or the server is gone, which the capture tells.
pub(super) fn listen(shared: &Shared) {
    let Ok((connection, screen)) = connect(None) else { return };
    if let Err(error) = Ears::open(&connection, screen).and_then(|mut ears| Ok(ears.listen(shared)?)) {
        tracing::info!(%error, "the X server says nothing more about its lock");
    }
}

struct Ears<'c> {
    connection: &'c RustConnection,
    root: Window,
    /// Never shown, so that trying to grab the keyboard for it only says whether somebody else has it.
    probe: Window,
    /// Windows that cover the screen and may be a locker's.
    covers: BTreeSet<Window>,
    /// When to look again whether the keyboard is taken, and how often that has been done.
    look: Option<(Instant, u32)>,
    saver: Extension,
    power: Extension,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extension {
    Missing,
    There,
}

impl Extension {
    fn of(connection: &RustConnection, name: &'static str) -> Result<Self, ConnectionError> {
        Ok(match connection.extension_information(name)? {
            Some(_) => Self::There,
            None => Self::Missing,
        })
    }
}

impl<'c> Ears<'c> {
    fn open(connection: &'c RustConnection, screen: usize) -> Result<Self, ReplyOrIdError> {
        let root = connection.setup().roots[screen].root;
        let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        connection.change_window_attributes(root, &aux)?;
        let saver = Extension::of(connection, screensaver::X11_EXTENSION_NAME)?;
        if saver == Extension::There {
            connection.screensaver_query_version(1, 1)?.reply()?;
            connection.screensaver_select_input(root, screensaver::Event::NOTIFY_MASK)?;
        }
        let power = Extension::of(connection, dpms::X11_EXTENSION_NAME)?;
        if power == Extension::There {
            let version = connection.dpms_get_version(1, 2)?.reply()?;
            // Older ones can be asked, which is done when the screen saver comes or goes.
            if (version.server_major_version, version.server_minor_version) >= (1, 2) {
                connection.dpms_select_input(dpms::EventMask::INFO_NOTIFY)?;
            }
        }
        let probe = connection.generate_id()?;
        let aux = CreateWindowAux::new().override_redirect(1);
        let class = WindowClass::INPUT_ONLY;
        connection.create_window(0, probe, root, -1, -1, 1, 1, 0, class, x11rb::COPY_FROM_PARENT, &aux)?;
        Ok(Self { connection, root, probe, covers: BTreeSet::new(), look: None, saver, power })
    }

    fn listen(&mut self, shared: &Shared) -> Result<(), ReplyError> {
        self.look_around(shared)?;
        while !shared.is_over() {
            if shared.with(|state| std::mem::replace(&mut state.wanted, Wanted::Nothing)) == Wanted::Light {
                self.light_up()?;
            }
            self.connection.flush()?;
            while let Some(event) = self.connection.poll_for_event()? {
                self.hear(shared, &event)?;
            }
            let left = self.look.map(|(at, _)| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.look_for_a_locker(shared)?;
                // Events that came with the answer are not on the socket.
                continue;
            }
            let heard =
                wait_for(&shared.bell, self.connection.stream().as_fd(), left).map_err(ConnectionError::from)?;
            if heard.bell {
                shared.bell.silence();
            }
            if heard.hung_up && !heard.readable {
                return Ok(());
            }
        }
        Ok(())
    }

    /// What is so already.
    fn look_around(&mut self, shared: &Shared) -> Result<(), ReplyError> {
        if self.saver == Extension::There {
            let info = self.connection.screensaver_query_info(self.root)?.reply()?;
            let blanked = info.state == u8::from(screensaver::State::ON);
            shared.learn(|facts| facts.dark.blanked = blanked);
        }
        self.ask_for_power(shared)?;
        for window in self.connection.query_tree(self.root)?.reply()?.children {
            self.may_cover(window)?;
        }
        Ok(())
    }

    fn hear(&mut self, shared: &Shared, event: &Event) -> Result<(), ReplyError> {
        match event {
            Event::MapNotify(shown) if shown.override_redirect => self.may_cover(shown.window)?,
            Event::ConfigureNotify(moved) if moved.override_redirect && !self.covers.contains(&moved.window) => {
                self.may_cover(moved.window)?;
            }
            Event::UnmapNotify(gone) => self.uncovers(shared, gone.window),
            Event::DestroyNotify(gone) => self.uncovers(shared, gone.window),
            Event::ScreensaverNotify(notify) => {
                let blanked = notify.state == screensaver::State::ON;
                shared.learn(|facts| facts.dark.blanked = blanked);
                self.ask_for_power(shared)?;
            }
            Event::DpmsInfoNotify(info) => {
                let down = info.power_level != DPMSMode::ON;
                shared.learn(|facts| facts.dark.powered_down = down);
            }
            _ => {}
        }
        Ok(())
    }

    fn ask_for_power(&self, shared: &Shared) -> Result<(), ReplyError> {
        if self.power == Extension::There {
            let info = self.connection.dpms_info()?.reply()?;
            shared.learn(|facts| facts.dark.powered_down = info.state && info.power_level != DPMSMode::ON);
        }
        Ok(())
    }

    /// Is this a window that hides everything, and no manager's business?
    fn may_cover(&mut self, window: Window) -> Result<(), ReplyError> {
        let attributes = self.connection.get_window_attributes(window)?;
        let geometry = self.connection.get_geometry(window)?;
        let screen = self.connection.get_geometry(self.root)?.reply()?;
        // It may be gone by now.
        let (Ok(attributes), Ok(geometry)) = (attributes.reply(), geometry.reply()) else { return Ok(()) };
        let hides = attributes.override_redirect
            && attributes.class == WindowClass::INPUT_OUTPUT
            && attributes.map_state == MapState::VIEWABLE;
        let spans = |at: i16, size: u16, screen: u16| {
            i32::from(at) <= MARGIN && i32::from(at) + i32::from(size) + MARGIN >= i32::from(screen)
        };
        let across = spans(geometry.x, geometry.width, screen.width);
        if hides && across && spans(geometry.y, geometry.height, screen.height) {
            self.covers.insert(window);
            self.look = Some((Instant::now(), 0));
        }
        Ok(())
    }

    fn uncovers(&mut self, shared: &Shared, window: Window) {
        if self.covers.remove(&window) {
            shared.learn(|facts| {
                facts.lockers.remove(&window);
            });
            if self.covers.is_empty() {
                self.look = None;
            }
        }
    }

    fn look_for_a_locker(&mut self, shared: &Shared) -> Result<(), ReplyError> {
        let mode = GrabMode::ASYNC;
        let grab = self.connection.grab_keyboard(false, self.probe, x11rb::CURRENT_TIME, mode, mode)?.reply()?;
        let looks = self.look.map_or(0, |(_, looks)| looks);
        if grab.status == GrabStatus::ALREADY_GRABBED {
            self.look = None;
            shared.learn(|facts| facts.lockers = self.covers.clone());
        } else if looks < LOOKS {
            self.look = Some((Instant::now() + FIRST_LOOK * 2_u32.pow(looks), looks + 1));
        } else {
            self.look = None;
        }
        Ok(())
    }

    fn light_up(&self) -> Result<(), ReplyError> {
        self.connection.force_screen_saver(ScreenSaver::RESET)?;
        if self.power == Extension::There && self.connection.dpms_info()?.reply()?.state {
            self.connection.dpms_force_level(DPMSMode::ON)?;
        }
        Ok(())
    }
}
