//! X11: MIT-SHM carries the pixels, XDamage says which, XFixes hands them over as a region. Without MIT-SHM (a server on
//! another computer) the pixels come through the connection. The display is the root window with all its monitors.
//!
//! Damage is asked for at the level "not empty": one event however much is drawn, then nothing until it has been taken,
//! so that a busy desktop costs nothing while nobody grabs.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::damage::{self, ConnectionExt as _};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, ImageFormat, ImageOrder, Rectangle, Screen, Setup,
    VisualClass, Window,
};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::rust_connection::RustConnection;

use super::{
    Capture, CaptureError, Damage, DisplayInfo, Grab, Interrupt, NotDuplicated, Prober, Rect, Source, Wake, Way,
};
use crate::linux::{Bell, SharedMemory, wait_for};
use crate::x11::{ConnectFailure, connect};

const BYTES_PER_PIXEL: usize = 4;
const ALL_PLANES: u32 = !0;

/// Opens `$DISPLAY`. No driver is opened for it that could crash this process.
pub(super) fn open(_prober: Prober) -> Result<Capture, CaptureError> {
    opened(None, Memory::SharedIfPossible)
}

/// The same, through the connection.
pub(super) fn open_fallback() -> Result<Capture, CaptureError> {
    opened(None, Memory::Own)
}

/// Opens the named X server.
pub(super) fn open_named(name: &str) -> Result<Capture, CaptureError> {
    opened(Some(name), Memory::SharedIfPossible)
}

fn opened(name: Option<&str>, memory: Memory) -> Result<Capture, CaptureError> {
    let (connection, screen) = connect(name)?;
    Ok(Capture::from_source(X11::new(connection, screen, memory)?))
}

/// Nobody asks.
pub(super) fn try_duplication() -> Result<(), NotDuplicated> {
    Err(NotDuplicated::Missing)
}

/// What pixels may come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// Memory that the server writes to, or the connection.
    SharedIfPossible,
    /// The connection alone.
    Own,
}

struct X11 {
    connection: RustConnection,
    root: Window,
    size: Size,
    memory: Memory,
    pixels: Pixels,
    watch: damage::Damage,
    region: xfixes::Region,
    bell: Arc<Bell>,
    /// Something was drawn, says an event.
    drawn: bool,
    /// There is nothing yet in the picture to add to.
    fresh: bool,
    resized: bool,
    damage: Damage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    width: u16,
    height: u16,
}

impl Size {
    fn stride(self) -> usize {
        usize::from(self.width) * BYTES_PER_PIXEL
    }

    fn bytes(self) -> usize {
        self.stride() * usize::from(self.height)
    }

    fn whole(self) -> Rect {
        Rect { x: 0, y: 0, width: self.width.into(), height: self.height.into() }
    }
}

/// Where the picture is kept.
enum Pixels {
    /// In memory that the server writes to: the picture, and behind it as much again for rectangles on their way.
    Shared { memory: SharedMemory, segment: shm::Seg },
    /// In memory of our own.
    Own(Vec<u8>),
}

impl X11 {
    fn new(connection: RustConnection, screen: usize, memory: Memory) -> Result<Self, CaptureError> {
        let screen = connection.setup().roots[screen].clone();
        check_pixels(connection.setup(), &screen)?;
        let root = screen.root;
        for (name, extension) in [("XDamage", damage::X11_EXTENSION_NAME), ("XFixes", xfixes::X11_EXTENSION_NAME)] {
            if connection.extension_information(extension)?.is_none() {
                return Err(CaptureError::Missing(name));
            }
        }
        connection.xfixes_query_version(2, 0)?.reply()?;
        connection.damage_query_version(1, 1)?.reply()?;

        let aux = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        connection.change_window_attributes(root, &aux)?;
        let watch = connection.generate_id()?;
        connection.damage_create(watch, root, damage::ReportLevel::NON_EMPTY)?;
        let region = connection.generate_id()?;
        connection.xfixes_create_region(region, &[])?;

        // After the events were asked for: a change in between is then seen, not missed.
        let size = size_of_window(&connection, root)?;
        let pixels = Pixels::open(&connection, size, memory)?;
        Ok(Self {
            connection,
            root,
            size,
            memory,
            pixels,
            watch,
            region,
            bell: Arc::new(Bell::new().map_err(CaptureError::Memory)?),
            drawn: true,
            fresh: true,
            resized: false,
            damage: Damage::new(),
        })
    }

    /// Takes in what the server has said so far.
    fn hear(&mut self) -> Result<(), CaptureError> {
        let mut geometry = false;
        while let Some(event) = self.connection.poll_for_event()? {
            match event {
                Event::DamageNotify(_) => self.drawn = true,
                Event::ConfigureNotify(notify) if notify.window == self.root => geometry = true,
                _ => {}
            }
        }
        if geometry { self.follow_geometry() } else { Ok(()) }
    }

    fn follow_geometry(&mut self) -> Result<(), CaptureError> {
        let size = size_of_window(&self.connection, self.root)?;
        if size != self.size {
            if let Pixels::Shared { segment, .. } = self.pixels {
                self.connection.shm_detach(segment)?;
            }
            self.pixels = Pixels::open(&self.connection, size, self.memory)?;
            self.size = size;
            self.fresh = true;
            self.drawn = true;
            self.resized = true;
        }
        Ok(())
    }

    /// Takes what was damaged off the server, so that what is drawn from here on counts as new.
    fn take_damage(&mut self) -> Result<(), ReplyError> {
        self.damage.clear();
        self.drawn = false;
        if self.fresh {
            self.connection.damage_subtract(self.watch, x11rb::NONE, x11rb::NONE)?;
            self.damage.add(self.size.whole());
            return Ok(());
        }
        self.connection.damage_subtract(self.watch, x11rb::NONE, self.region)?;
        let region = self.connection.xfixes_fetch_region(self.region)?.reply()?;
        let (width, height) = (self.size.width.into(), self.size.height.into());
        self.damage.extend(region.rectangles.iter().filter_map(|r| on_screen(*r)?.clipped(width, height)));
        Ok(())
    }

    fn grab_once(&mut self) -> Result<(), ReplyError> {
        self.take_damage()?;
        self.pixels.fetch(&self.connection, self.root, self.size, self.damage.rects())?;
        self.fresh = false;
        Ok(())
    }
}

impl Source for X11 {
    fn displays(&self) -> Vec<DisplayInfo> {
        let (width, height) = (self.size.width.into(), self.size.height.into());
        vec![DisplayInfo { number: 0, width, height, scale_permille: 1000 }]
    }

    fn way(&self) -> Way {
        match self.pixels {
            Pixels::Shared { .. } => Way::SharedMemory,
            Pixels::Own(_) => Way::Connection,
        }
    }

    fn interrupt(&self) -> Interrupt {
        let bell = Arc::clone(&self.bell);
        Interrupt::new(move || bell.ring())
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Wake, CaptureError> {
        let deadline = timeout.map(|t| Instant::now() + t);
        loop {
            // Requests on their way must not wait for us, and events that came with a reply are not on the socket.
            self.connection.flush()?;
            self.hear()?;
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            let ready = self.resized || self.drawn;
            let sleep = if ready { Some(Duration::ZERO) } else { left };
            let heard = wait_for(&self.bell, self.connection.stream().as_fd(), sleep)
                .map_err(|error| CaptureError::Lost(error.to_string()))?;
            if heard.bell {
                self.bell.silence();
                return Ok(Wake::Interrupted);
            }
            if std::mem::take(&mut self.resized) {
                return Ok(Wake::GeometryChanged);
            }
            if ready {
                return Ok(Wake::Damage);
            }
            if heard.hung_up && !heard.readable {
                return Err(CaptureError::Lost("the X server has closed the connection".to_owned()));
            }
            if !heard.readable && left.is_some_and(|l| l.is_zero()) {
                return Ok(Wake::Timeout);
            }
        }
    }

    fn grab(&mut self) -> Result<Grab<'_>, CaptureError> {
        self.hear()?;
        while let Err(error) = self.grab_once() {
            // The screen may have shrunk under our hands, and again meanwhile: then once more, by its new size.
            let refused = matches!(&error, ReplyError::X11Error(x) if x.error_kind == ErrorKind::Match);
            let before = self.size;
            self.hear()?;
            self.follow_geometry()?;
            if !refused || self.size == before {
                return Err(error.into());
            }
        }
        Ok(Grab {
            data: &self.pixels.picture()[..self.size.bytes()],
            width: self.size.width.into(),
            height: self.size.height.into(),
            stride: self.size.stride(),
            damage: self.damage.rects(),
        })
    }
}

impl Pixels {
    fn open(connection: &RustConnection, size: Size, memory: Memory) -> Result<Self, CaptureError> {
        if memory == Memory::Own {
            return Ok(Self::Own(vec![0; size.bytes()]));
        }
        match Self::share(connection, size) {
            Ok(Some(pixels)) => Ok(pixels),
            Ok(None) => Ok(Self::Own(vec![0; size.bytes()])),
            Err(error) => Err(error),
        }
    }

    /// `None`: the server cannot share memory with us (none of MIT-SHM 1.2, or it is on another computer).
    fn share(connection: &RustConnection, size: Size) -> Result<Option<Self>, CaptureError> {
        if connection.extension_information(shm::X11_EXTENSION_NAME)?.is_none() {
            return Ok(None);
        }
        let version = connection.shm_query_version()?.reply()?;
        if (version.major_version, version.minor_version) < (1, 2) {
            return Ok(None);
        }
        let (memory, fd) = SharedMemory::new(2 * size.bytes()).map_err(CaptureError::Memory)?;
        let segment = connection.generate_id()?;
        match connection.shm_attach_fd(segment, fd, false) {
            Ok(attached) => match attached.check() {
                Ok(()) => Ok(Some(Self::Shared { memory, segment })),
                Err(ReplyError::X11Error(_)) => Ok(None),
                Err(error) => Err(error.into()),
            },
            Err(ConnectionError::FdPassingFailed) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn picture(&self) -> &[u8] {
        match self {
            Self::Shared { memory, .. } => memory.bytes(),
            Self::Own(bytes) => bytes,
        }
    }

    /// Brings these disjoint rectangles up to date. All are asked for before the first answer is waited for.
    fn fetch(
        &mut self,
        connection: &RustConnection,
        root: Window,
        size: Size,
        rects: &[Rect],
    ) -> Result<(), ReplyError> {
        match self {
            Self::Shared { memory, segment } => fetch_shared(connection, root, *segment, memory, size, rects),
            Self::Own(bytes) => fetch_own(connection, root, bytes, size, rects),
        }
    }
}

/// A server writes a rectangle without gaps between its rows. One as wide as the screen can thus be written into its
/// place; others are written behind the picture and copied. Widening a rectangle costs the server what the copy would
/// cost us, so from half the width on it goes straight into its place, with its neighbours.
fn fetch_shared(
    connection: &RustConnection,
    root: Window,
    segment: shm::Seg,
    memory: &mut SharedMemory,
    size: Size,
    rects: &[Rect],
) -> Result<(), ReplyError> {
    let mut behind = size.bytes();
    let mut asked = Vec::with_capacity(rects.len());
    for rect in rects {
        let (x, width, at, copy) = if rect.width * 2 >= u32::from(size.width) {
            (0, size.width, rect.y as usize * size.stride(), None)
        } else {
            let at = behind;
            behind += rect.area() as usize * BYTES_PER_PIXEL;
            (rect.x as i16, rect.width as u16, at, Some((*rect, at)))
        };
        let (y, height, offset) = (rect.y as i16, rect.height as u16, at as u32);
        let format = ImageFormat::Z_PIXMAP.into();
        let cookie = connection.shm_get_image(root, x, y, width, height, ALL_PLANES, format, segment, offset)?;
        asked.push((cookie, copy));
    }
    for (cookie, copy) in asked {
        cookie.reply()?;
        if let Some((rect, at)) = copy {
            let (picture, behind) = memory.bytes_mut().split_at_mut(size.bytes());
            put(picture, size, rect, &behind[at - size.bytes()..]);
        }
    }
    Ok(())
}

fn fetch_own(
    connection: &RustConnection,
    root: Window,
    picture: &mut [u8],
    size: Size,
    rects: &[Rect],
) -> Result<(), ReplyError> {
    let mut asked = Vec::with_capacity(rects.len());
    for rect in rects {
        let (x, y, width, height) = (rect.x as i16, rect.y as i16, rect.width as u16, rect.height as u16);
        asked.push((*rect, connection.get_image(ImageFormat::Z_PIXMAP, root, x, y, width, height, ALL_PLANES)?));
    }
    for (rect, cookie) in asked {
        let image = cookie.reply()?;
        if image.data.len() < rect.area() as usize * BYTES_PER_PIXEL {
            return Err(ConnectionError::ParseError(x11rb::errors::ParseError::InsufficientData).into());
        }
        put(picture, size, rect, &image.data);
    }
    Ok(())
}

/// Copies the rows of a rectangle, which follow one another without gaps, into the picture.
fn put(picture: &mut [u8], size: Size, rect: Rect, rows: &[u8]) {
    let row = rect.width as usize * BYTES_PER_PIXEL;
    for (y, from) in (rect.y as usize..).zip(rows.chunks_exact(row)).take(rect.height as usize) {
        let at = y * size.stride() + rect.x as usize * BYTES_PER_PIXEL;
        picture[at..at + row].copy_from_slice(from);
    }
}

fn on_screen(rect: Rectangle) -> Option<Rect> {
    let (left, top) = (i32::from(rect.x), i32::from(rect.y));
    let (right, bottom) = (left + i32::from(rect.width), top + i32::from(rect.height));
    let (x, y) = (left.max(0), top.max(0));
    Some(Rect {
        x: u32::try_from(x).ok()?,
        y: u32::try_from(y).ok()?,
        width: u32::try_from(right - x).ok()?,
        height: u32::try_from(bottom - y).ok()?,
    })
}

fn size_of_window(connection: &RustConnection, window: Window) -> Result<Size, CaptureError> {
    let geometry = connection.get_geometry(window)?.reply()?;
    Ok(Size { width: geometry.width, height: geometry.height })
}

/// Blue, green, red, nothing is what every X server of the last twenty years uses for 24 and 32 bits.
fn check_pixels(setup: &Setup, screen: &Screen) -> Result<(), CaptureError> {
    let depth = screen.root_depth;
    let visual = screen
        .allowed_depths
        .iter()
        .flat_map(|allowed| &allowed.visuals)
        .find(|visual| visual.visual_id == screen.root_visual);
    let masks = (0x00ff_0000, 0x0000_ff00, 0x0000_00ff);
    let colours =
        visual.is_some_and(|v| v.class == VisualClass::TRUE_COLOR && (v.red_mask, v.green_mask, v.blue_mask) == masks);
    let format = setup.pixmap_formats.iter().find(|format| format.depth == depth);
    let four_bytes = format.is_some_and(|f| f.bits_per_pixel == 32 && f.scanline_pad == 32);
    if matches!(depth, 24 | 32) && colours && four_bytes && setup.image_byte_order == ImageOrder::LSB_FIRST {
        Ok(())
    } else {
        Err(CaptureError::PixelLayout { depth })
    }
}

impl From<ConnectFailure> for CaptureError {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Wayland => Self::Wayland,
            ConnectFailure::Open(words) => Self::Open(words),
        }
    }
}

impl From<ConnectionError> for CaptureError {
    fn from(error: ConnectionError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<ReplyError> for CaptureError {
    fn from(error: ReplyError) -> Self {
        match error {
            ReplyError::ConnectionError(error) => error.into(),
            ReplyError::X11Error(error) => Self::Refused(format!("{:?}", error.error_kind)),
        }
    }
}

impl From<ReplyOrIdError> for CaptureError {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::IdsExhausted => Self::Refused("there are no identifiers left".to_owned()),
            ReplyOrIdError::ConnectionError(error) => error.into(),
            ReplyOrIdError::X11Error(error) => ReplyError::X11Error(error).into(),
        }
    }
}
