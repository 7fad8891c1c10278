//! A square of colour on a desk, and what of another desk's window is painted anew.

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, Window, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::Desk;
use super::screen::Rect;

/// A part of a desk in one colour, above everything else, as long as it lives.
pub(crate) struct Square<'a> {
    desk: &'a Desk,
    window: Window,
}

impl Square<'_> {
    /// Paints all of it: 0x00RRGGBB.
    pub(crate) fn paint(&self, colour: u32) {
        let colour = ChangeWindowAttributesAux::new().background_pixel(colour);
        let connection = &self.desk.connection;
        connection.change_window_attributes(self.window, &colour).expect("the X server is there");
        connection.clear_area(false, self.window, 0, 0, 0, 0).expect("the X server is there");
        connection.sync().expect("the X server is there");
    }
}

impl Drop for Square<'_> {
    fn drop(&mut self) {
        // Gone with its server, when that was first.
        let _ = self.desk.connection.destroy_window(self.window);
        let _ = self.desk.connection.flush();
    }
}

/// Tells what is painted in a window, from its making on.
pub(crate) struct Painted {
    connection: RustConnection,
}

impl Painted {
    /// What was painted since the last call, in pixels of the window; one rectangle for each time.
    pub(crate) fn since(&self) -> Vec<Rect> {
        // All that the server has done before it answers this has been told.
        self.connection.sync().expect("the X server is there");
        let mut painted = Vec::new();
        while let Some(event) = self.connection.poll_for_event().expect("the X server is there") {
            if let Event::DamageNotify(damage) = event {
                let area = damage.area;
                painted.push(Rect { x: area.x, y: area.y, width: area.width, height: area.height });
            }
        }
        painted
    }
}

impl Desk {
    /// Puts a square there, which no window manager knows.
    ///
    /// # Panics
    /// When the X server does not take it.
    pub(crate) fn square(&self, place: Rect) -> Square<'_> {
        let window = self.connection.generate_id().expect("the X server has room");
        let Rect { x, y, width, height } = place;
        let looks = CreateWindowAux::new().override_redirect(1).background_pixel(0);
        let class = WindowClass::INPUT_OUTPUT;
        let request = self.connection.create_window(0, window, self.root, x, y, width, height, 0, class, 0, &looks);
        request.expect("the X server is there").check().expect("the square has a place");
        self.connection.map_window(window).expect("the X server is there").check().expect("it is ours");
        Square { desk: self, window }
    }

    /// Watches what is painted in `window`.
    ///
    /// # Panics
    /// When the X server has no DAMAGE extension.
    pub(crate) fn painted(&self, window: Window) -> Painted {
        // A connection of its own: these events are nobody else's.
        let (connection, _) = x11rb::connect(Some(&self.display())).expect("the X server answers");
        connection.prefetch_extension_information(x11rb::protocol::damage::X11_EXTENSION_NAME).expect("it is there");
        connection.damage_query_version(1, 1).expect("it is there").reply().expect("it has DAMAGE");
        let damage = connection.generate_id().expect("the X server has room");
        let request = connection.damage_create(damage, window, ReportLevel::RAW_RECTANGLES);
        request.expect("the X server is there").check().expect("the window can be watched");
        Painted { connection }
    }
}
