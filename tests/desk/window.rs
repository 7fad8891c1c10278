//! The windows on a desk, as the window manager knows them.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, InputFocus, MapState,
    Window,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::process::{Program, kill};
use super::screen::Rect;
use super::{Desk, until};

/// Hears what programs ask of the desktop, from its making on.
pub(crate) struct Asked {
    connection: RustConnection,
    /// `_NET_WM_STATE`, and the one of a window that wants to be looked at (EWMH).
    state: Atom,
    attention: Atom,
}

impl Asked {
    /// Has a program asked since the last call that its `window` be shown as one that wants to be looked at?
    pub(crate) fn attention(&self, window: Window) -> bool {
        // What was asked before the server answers this has been told.
        self.connection.sync().expect("the X server is there");
        let mut asked = false;
        while let Some(event) = self.connection.poll_for_event().expect("the X server is there") {
            let Event::ClientMessage(message) = event else { continue };
            let [add, state, ..] = message.data.as_data32();
            asked |= message.window == window && message.type_ == self.state && (add, state) == (1, self.attention);
        }
        asked
    }
}

impl Desk {
    /// The window whose title contains `title`, once it is there and can be seen.
    ///
    /// # Panics
    /// When it does not come within `patience`; the message lists the titles that are there.
    #[track_caller]
    pub(crate) fn window(&self, title: &str, patience: Duration) -> Window {
        let begun = Instant::now();
        loop {
            if let Some(window) = self.find_window(title) {
                return window;
            }
            let titles = self.titles();
            assert!(begun.elapsed() < patience, "no window {title:?} within {patience:?}; there are {titles:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The window that `program` has opened: two windows of `lotse` have one title.
    ///
    /// # Panics
    /// When none comes within `patience`.
    #[track_caller]
    pub(crate) fn window_of(&self, program: &Program, patience: Duration) -> Window {
        let what = format!("a window of process {}", program.pid());
        until(patience, &what, || {
            let is_its = |window: &Window| self.pid(*window) == Some(program.pid()) && self.is_visible(*window);
            self.windows().into_iter().find(is_its)
        })
    }

    /// The window whose title contains `title`, if it is there now.
    pub(crate) fn find_window(&self, title: &str) -> Option<Window> {
        self.windows().into_iter().find(|window| self.title(*window).contains(title) && self.is_visible(*window))
    }

    /// All windows whose title contains `title` and that can be seen.
    pub(crate) fn windows_named(&self, title: &str) -> Vec<Window> {
        let is_named = |window: &Window| self.title(*window).contains(title) && self.is_visible(*window);
        self.windows().into_iter().filter(is_named).collect()
    }

    /// Waits until no window's title contains `title`.
    ///
    /// # Panics
    /// When it is still there after `patience`.
    #[track_caller]
    pub(crate) fn window_gone(&self, title: &str, patience: Duration) {
        until(patience, &format!("the window {title:?} to go away"), || {
            self.find_window(title).is_none().then_some(())
        });
    }

    /// The titles of all managed windows.
    pub(crate) fn titles(&self) -> Vec<String> {
        self.windows().into_iter().map(|window| self.title(window)).collect()
    }

    /// Where the window's inside is on the display, without its frame.
    ///
    /// # Panics
    /// When the window is gone.
    #[track_caller]
    pub(crate) fn geometry(&self, window: Window) -> Rect {
        let size = self.connection.get_geometry(window).expect("the X server is there").reply().expect("the window is");
        let place = self.connection.translate_coordinates(window, self.root, 0, 0).expect("the X server is there");
        let place = place.reply().expect("the window is there");
        Rect { x: place.dst_x, y: place.dst_y, width: size.width, height: size.height }
    }

    /// Brings the window to the front and gives it the keyboard, and waits until it has it.
    #[track_caller]
    pub(crate) fn focus(&self, window: Window) {
        // The source "2" says that a person did it, which openbox does not second-guess (EWMH, _NET_ACTIVE_WINDOW).
        self.ask_window_manager(window, "_NET_ACTIVE_WINDOW", [2, 0, 0, 0, 0]);
        until(super::PATIENCE, "the window to have the keyboard", || (self.focused() == Some(window)).then_some(()));
    }

    /// The managed window that has the keyboard.
    pub(crate) fn focused(&self) -> Option<Window> {
        self.window_property(self.root, "_NET_ACTIVE_WINDOW").first().copied().filter(|window| *window != 0)
    }

    /// Takes the keyboard away from every window, as when another program comes to the front.
    pub(crate) fn unfocus(&self) {
        let request = self.connection.set_input_focus(InputFocus::NONE, self.root, x11rb::CURRENT_TIME);
        request.expect("the X server is there").check().expect("the root window takes the keyboard");
    }

    /// What a click on the X in the window's frame does.
    pub(crate) fn close(&self, window: Window) {
        self.ask_window_manager(window, "_NET_CLOSE_WINDOW", [x11rb::CURRENT_TIME, 2, 0, 0, 0]);
    }

    /// What a click on the line in the window's frame does.
    pub(crate) fn minimise(&self, window: Window) {
        // To the state that ICCCM calls iconic.
        self.ask_window_manager(window, "WM_CHANGE_STATE", [3, 0, 0, 0, 0]);
    }

    /// Moves the window's frame.
    pub(crate) fn place(&self, window: Window, x: i16, y: i16) {
        // Gravity from the window itself, x and y given, a person did it (EWMH, _NET_MOVERESIZE_WINDOW).
        let [x, y] = [x, y].map(|place| u32::from_ne_bytes(i32::from(place).to_ne_bytes()));
        self.ask_window_manager(window, "_NET_MOVERESIZE_WINDOW", [(1 << 8) | (1 << 9) | (2 << 12), x, y, 0, 0]);
    }

    /// Gives the window's inside this size, as dragging its corner would.
    pub(crate) fn resize(&self, window: Window, (width, height): (u16, u16)) {
        let size = [u32::from(width), u32::from(height)];
        let takes = || {
            // Width and height given, a person did it (EWMH, _NET_MOVERESIZE_WINDOW).
            let flags = (1 << 10) | (1 << 11) | (2 << 12);
            self.ask_window_manager(window, "_NET_MOVERESIZE_WINDOW", [flags, 0, 0, size[0], size[1]]);
            let asked = Instant::now();
            while asked.elapsed() < Duration::from_secs(1) {
                let now = self.geometry(window);
                if (now.width, now.height) == (width, height) {
                    return Some(());
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            None
        };
        // Asked again when nothing came of it: a window that has just appeared may still be given its first size.
        until(super::PATIENCE, "the window to take its new size", takes);
    }

    /// Listens to what programs ask of the desktop.
    pub(crate) fn asked(&self) -> Asked {
        // A connection of its own: these events are nobody else's.
        let (connection, _) = x11rb::connect(Some(&self.display())).expect("the X server answers");
        let listens = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        let request = connection.change_window_attributes(self.root, &listens).expect("the X server is there");
        request.check().expect("everybody may listen");
        let [state, attention] = ["_NET_WM_STATE", "_NET_WM_STATE_DEMANDS_ATTENTION"].map(|name| self.atom(name));
        Asked { connection, state, attention }
    }

    /// What lies on the screen without a frame: menus, notifications.
    pub(crate) fn popups(&self) -> Vec<Rect> {
        let tree = self.connection.query_tree(self.root).expect("the X server is there").reply();
        let children = tree.expect("the root window is there").children;
        let is_popup = |window: &Window| {
            let attributes = self.connection.get_window_attributes(*window).expect("the X server is there").reply();
            attributes
                .is_ok_and(|attributes| attributes.override_redirect && attributes.map_state == MapState::VIEWABLE)
        };
        let rects = children.into_iter().filter(is_popup).map(|window| self.geometry(window));
        // Window managers and toolkits keep helpers of a few pixels, and others beside the screen.
        let ends_on_it = |start: i16, length: u16| i32::from(start) + i32::from(length) > 0;
        rects
            .filter(|rect| rect.width > 40 && rect.height > 20)
            .filter(|rect| ends_on_it(rect.x, rect.width) && ends_on_it(rect.y, rect.height))
            .collect()
    }

    pub(super) fn windows(&self) -> Vec<Window> {
        self.window_property(self.root, "_NET_CLIENT_LIST")
    }

    fn title(&self, window: Window) -> String {
        let modern = self.bytes_property(window, self.atom("_NET_WM_NAME"));
        let title = if modern.is_empty() { self.bytes_property(window, AtomEnum::WM_NAME.into()) } else { modern };
        String::from_utf8_lossy(&title).into_owned()
    }

    /// Is it on the screen, as far as others do not cover it?
    pub(crate) fn is_visible(&self, window: Window) -> bool {
        let attributes = self.connection.get_window_attributes(window).expect("the X server is there").reply();
        // A window may go away between the list and this question.
        attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
    }

    /// Kills the program that has opened the window.
    ///
    /// # Panics
    /// When the window does not say whose it is.
    #[track_caller]
    pub(crate) fn kill_program_of(&self, window: Window) {
        kill(self.pid(window).expect("a window says whose it is"));
    }

    fn window_property(&self, window: Window, name: &str) -> Vec<Window> {
        let property = self.connection.get_property(false, window, self.atom(name), AtomEnum::WINDOW, 0, 1024);
        let reply = property.expect("the X server is there").reply();
        reply.ok().and_then(|reply| Some(reply.value32()?.collect())).unwrap_or_default()
    }

    fn pid(&self, window: Window) -> Option<u32> {
        let name = self.atom("_NET_WM_PID");
        let property = self.connection.get_property(false, window, name, AtomEnum::CARDINAL, 0, 1);
        property.expect("the X server is there").reply().ok()?.value32()?.next()
    }

    fn bytes_property(&self, window: Window, name: Atom) -> Vec<u8> {
        let property = self.connection.get_property(false, window, name, AtomEnum::ANY, 0, 1024);
        let reply = property.expect("the X server is there").reply();
        reply.map(|reply| reply.value).unwrap_or_default()
    }

    fn ask_window_manager(&self, window: Window, name: &str, data: [u32; 5]) {
        let event = ClientMessageEvent::new(32, window, self.atom(name), data);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        let request = self.connection.send_event(false, self.root, mask, event).expect("the X server is there");
        request.check().expect("the root window takes events");
        self.connection.flush().expect("the X server is there");
    }

    pub(super) fn atom(&self, name: &str) -> Atom {
        let request = self.connection.intern_atom(false, name.as_bytes()).expect("the X server is there");
        request.reply().expect("the X server gives atoms").atom
    }
}
