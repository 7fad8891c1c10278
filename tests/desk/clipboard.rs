//! What was copied last, asked for as any program would that pastes it (ICCCM, section 2).

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, WindowClass};

use super::{Desk, PATIENCE, until};

/// When one who does not answer is asked again: a program that is just becoming the clipboard's owner may miss it.
const AGAIN: Duration = Duration::from_secs(2);

impl Desk {
    /// The text on the clipboard, if a program has put some there.
    pub(crate) fn clipboard(&self) -> Option<String> {
        let window = self.connection.generate_id().expect("the X server gives numbers");
        let create = self.connection.create_window(
            0,
            window,
            self.root,
            0,
            0,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            0,
            &CreateWindowAux::new(),
        );
        create.expect("the X server is there").check().expect("a window can be made");
        let (clipboard, text, place) = (self.atom("CLIPBOARD"), self.atom("UTF8_STRING"), self.atom("LOTSE_TEST"));
        let mut asked = None;
        let given = until(PATIENCE, "an answer about the clipboard", || {
            if asked.is_none_or(|at: Instant| at.elapsed() > AGAIN) {
                asked = Some(Instant::now());
                self.connection
                    .convert_selection(window, clipboard, text, place, x11rb::CURRENT_TIME)
                    .expect("the X server is there")
                    .check()
                    .expect("the window is there");
            }
            match self.connection.poll_for_event().expect("the X server is there") {
                Some(Event::SelectionNotify(answer)) if answer.requestor == window => {
                    Some(answer.property != x11rb::NONE)
                }
                _ => None,
            }
        });
        let value = given.then(|| {
            let property = self.connection.get_property(true, window, place, AtomEnum::ANY, 0, 1024);
            property.expect("the X server is there").reply().expect("the window is there").value
        });
        self.connection.destroy_window(window).expect("the X server is there").check().expect("the window is ours");
        value.map(|value| String::from_utf8_lossy(&value).into_owned())
    }
}
