//! X11: a window that no window manager knows.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ChangeGCAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, Gcontext, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::{Kind, TestCardError};
use crate::capture::Rect;
use crate::x11::{ConnectFailure, connect};

/// The cross in the server's own font of pointers, which has its mask behind it.
const CROSS: u16 = 34;

pub(super) struct TestCard {
    connection: RustConnection,
    window: Window,
    colours: Gcontext,
}

impl TestCard {
    pub(super) fn show(place: Rect, _kind: Kind) -> Result<Self, TestCardError> {
        let (connection, screen) = connect(None)?;
        let root = connection.setup().roots[screen].root;
        let [font, cross, window, colours] = [(); 4].map(|()| connection.generate_id());
        let (font, cross, window, colours) = (font?, cross?, window?, colours?);
        connection.open_font(font, b"cursor")?;
        connection.create_glyph_cursor(cross, font, font, CROSS, CROSS + 1, 0, 0, 0, u16::MAX, u16::MAX, u16::MAX)?;
        let looks = CreateWindowAux::new().override_redirect(1).cursor(cross).background_pixel(0);
        let Rectangle { x, y, width, height } = rectangle(place);
        let class = WindowClass::INPUT_OUTPUT;
        connection.create_window(0, window, root, x, y, width, height, 0, class, 0, &looks)?.check()?;
        connection.create_gc(colours, window, &CreateGCAux::new())?;
        connection.map_window(window)?;
        connection.sync()?;
        Ok(Self { connection, window, colours })
    }

    pub(super) fn paint(&mut self, part: Rect, [red, green, blue]: [u8; 3]) -> Result<(), TestCardError> {
        let colour = ChangeGCAux::new().foreground(u32::from_be_bytes([0, red, green, blue]));
        self.connection.change_gc(self.colours, &colour)?;
        self.connection.poly_fill_rectangle(self.window, self.colours, &[rectangle(part)])?;
        self.connection.sync()?;
        Ok(())
    }
}

pub(super) fn monitors() -> Result<Vec<Rect>, TestCardError> {
    let (connection, screen) = connect(None)?;
    let root = &connection.setup().roots[screen];
    Ok(vec![Rect { x: 0, y: 0, width: root.width_in_pixels.into(), height: root.height_in_pixels.into() }])
}

/// No X server has a screen beyond 16 bits.
fn rectangle(rect: Rect) -> Rectangle {
    Rectangle { x: rect.x as i16, y: rect.y as i16, width: rect.width as u16, height: rect.height as u16 }
}

impl From<ConnectFailure> for TestCardError {
    fn from(failure: ConnectFailure) -> Self {
        match failure {
            ConnectFailure::Wayland => Self("this is a Wayland desktop".to_owned()),
            ConnectFailure::Open(words) => Self(words),
        }
    }
}

impl From<x11rb::errors::ReplyOrIdError> for TestCardError {
    fn from(error: x11rb::errors::ReplyOrIdError) -> Self {
        Self(error.to_string())
    }
}

impl From<x11rb::errors::ReplyError> for TestCardError {
    fn from(error: x11rb::errors::ReplyError) -> Self {
        Self(error.to_string())
    }
}

impl From<x11rb::errors::ConnectionError> for TestCardError {
    fn from(error: x11rb::errors::ConnectionError) -> Self {
        Self(error.to_string())
    }
}
