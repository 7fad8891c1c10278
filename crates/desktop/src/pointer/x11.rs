//! X11: XFixes says when the pointer looks different, and shows how. XInput says that it moves, wherever it is and
//! whoever has grabbed it; where to is asked, since programs and other screens have a say in that. A program that puts
//! the pointer somewhere without a hand moving it is not told of: for its sake, it is asked now and then.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, ConnectionExt as _, CursorNotifyMask};
use x11rb::protocol::xinput::{self, ConnectionExt as _, Device, EventMask, XIEventMask};
use x11rb::protocol::xproto::{ConnectionExt as _, Window};
use x11rb::rust_connection::RustConnection;

use super::{Interrupt, News, Pointer, PointerError, Position, Shape, Source};
use crate::linux::{Bell, wait_for};
use crate::x11::{ConnectFailure, connect};

/// A hand that moves is looked at so often: more than any screen shows.
const PACE: Duration = Duration::from_millis(8);
/// How often a pointer is looked at that nobody says anything of.
const NOW_AND_THEN: Duration = Duration::from_millis(500);
/// The same where the server has no XInput 2.
const WITHOUT_WORD: Duration = Duration::from_millis(40);

/// Opens the pointer of the named X server, or of `$DISPLAY`.
pub(super) fn open(name: Option<&str>) -> Result<Pointer, PointerError> {
    let (connection, screen) = connect(name)?;
    let root = connection.setup().roots[screen].root;
    Ok(Pointer::from_source(X11::new(connection, root)?))
}

struct X11 {
    connection: RustConnection,
    root: Window,
    bell: Arc<Bell>,
    /// It moved, or may have.
    stirred: bool,
    /// It looks different.
    changed: bool,
    /// The last position told.
    at: Option<Position>,
    asked: Instant,
    /// How often it is looked at when nothing is heard of it.
    unasked: Duration,
}

impl X11 {
    fn new(connection: RustConnection, root: Window) -> Result<Self, PointerError> {
        if connection.extension_information(xfixes::X11_EXTENSION_NAME)?.is_none() {
            return Err(PointerError::Missing("XFixes"));
        }
        connection.xfixes_query_version(2, 0)?.reply()?;
        connection.xfixes_select_cursor_input(root, CursorNotifyMask::DISPLAY_CURSOR)?;
        let unasked = if hear_motion(&connection, root)? { NOW_AND_THEN } else { WITHOUT_WORD };
        let bell = Arc::new(Bell::new().map_err(|error| PointerError::Open(error.to_string()))?);
        Ok(Self { connection, root, bell, stirred: true, changed: true, at: None, asked: Instant::now(), unasked })
    }

    /// Takes in what the server has said so far.
    fn hear(&mut self) -> Result<(), PointerError> {
        while let Some(event) = self.connection.poll_for_event()? {
            match event {
                Event::XinputRawMotion(_) => self.stirred = true,
                Event::XfixesCursorNotify(_) => (self.changed, self.stirred) = (true, true),
                _ => {}
            }
        }
        Ok(())
    }

    fn shape(&self) -> Result<Option<Shape>, PointerError> {
        let image = match self.connection.xfixes_get_cursor_image()?.reply() {
            Ok(image) => image,
            // There is none, or one that this client may not see.
            Err(ReplyError::X11Error(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let (width, height) = (u32::from(image.width), u32::from(image.height));
        let pixels = width as usize * height as usize;
        if pixels == 0 || image.cursor_image.len() != pixels {
            return Ok(None);
        }
        // Alpha, red, green, blue in a number, premultiplied.
        let rgba = image.cursor_image.iter().flat_map(|argb| argb.rotate_left(8).to_be_bytes()).collect();
        // A shape may point to a pixel just outside of it.
        let (hot_x, hot_y) = (u32::from(image.xhot).min(width - 1), u32::from(image.yhot).min(height - 1));
        Ok(Some(Shape { width, height, hot_x, hot_y, rgba }))
    }

    fn position(&mut self, now: Instant) -> Result<Position, PointerError> {
        self.asked = now;
        let reply = self.connection.query_pointer(self.root)?.reply()?;
        let pixel = |value: i16| u32::try_from(value).unwrap_or(0);
        Ok(Position { display: 0, x: pixel(reply.root_x), y: pixel(reply.root_y) })
    }
}

impl Source for X11 {
    fn interrupt(&self) -> Interrupt {
        let bell = Arc::clone(&self.bell);
        Interrupt::new(move || bell.ring())
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<News, PointerError> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            self.connection.flush()?;
            self.hear()?;
            if std::mem::take(&mut self.changed)
                && let Some(shape) = self.shape()?
            {
                return Ok(News::Shape(shape));
            }
            let now = Instant::now();
            let due = self.asked + if self.stirred { PACE } else { self.unasked };
            if self.at.is_none() || due <= now {
                self.stirred = false;
                let at = self.position(now)?;
                if self.at.replace(at) != Some(at) {
                    return Ok(News::At(at));
                }
                continue;
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(News::Timeout);
            }
            if self.stirred {
                // What a hand does in the meantime is not listened to one by one.
                thread::sleep(due - now);
                continue;
            }
            let until = deadline.map_or(due, |deadline| deadline.min(due));
            let heard = wait_for(&self.bell, self.connection.stream().as_fd(), Some(until - now))
                .map_err(|error| PointerError::Lost(error.to_string()))?;
            if heard.bell {
                self.bell.silence();
                return Ok(News::Interrupted);
            }
            if heard.hung_up && !heard.readable {
                return Err(PointerError::Lost("the X server has closed the connection".to_owned()));
            }
        }
    }
}

/// Asks to be told whenever the pointer is moved by a hand; `false`: this server cannot.
fn hear_motion(connection: &RustConnection, root: Window) -> Result<bool, PointerError> {
    if connection.extension_information(xinput::X11_EXTENSION_NAME)?.is_none() {
        return Ok(false);
    }
    // From 2.1 on it is told while somebody has grabbed the pointer, too.
    let version = match connection.xinput_xi_query_version(2, 2)?.reply() {
        Ok(version) => version,
        Err(ReplyError::X11Error(_)) => return Ok(false),
        Err(error) => return Err(error.into()),
    };
    if (version.major_version, version.minor_version) < (2, 1) {
        return Ok(false);
    }
    let mask = EventMask { deviceid: Device::ALL_MASTER.into(), mask: vec![XIEventMask::RAW_MOTION] };
    match connection.xinput_xi_select_events(root, &[mask])?.check() {
        Ok(()) => Ok(true),
        Err(ReplyError::X11Error(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl From<ConnectFailure> for PointerError {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Wayland => Self::Wayland,
            ConnectFailure::Open(words) => Self::Open(words),
        }
    }
}

impl From<ConnectionError> for PointerError {
    fn from(error: ConnectionError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<ReplyError> for PointerError {
    fn from(error: ReplyError) -> Self {
        Self::Lost(error.to_string())
    }
}
