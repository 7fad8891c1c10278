//! An input method, as those have it whose language has more letters than keys.

use std::fs;
use std::process::Command;

use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};

use super::process::Program;
use super::{Desk, PATIENCE, until};

/// Vietnamese by Telex: a letter typed twice or a tone's letter changes the one before.
const SETTINGS: &str = "\
[Groups/0]
Name=Default
Default Layout=us
DefaultIM=m17n_vi_telex

[Groups/0/Items/0]
Name=keyboard-us
Layout=

[Groups/0/Items/1]
Name=m17n_vi_telex
Layout=

[GroupOrder]
0=Default
";

/// Who shows what is composed and not written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preedit {
    /// The input method, in a window of its own.
    ByTheMethod,
    /// The program that is written in.
    InTheProgram,
}

impl Desk {
    /// Starts fcitx, with the message bus that it needs. Programs started from now on have it: Ctrl and the space bar
    /// switch it on and off in a window, and on it writes Vietnamese.
    ///
    /// # Panics
    /// When it does not answer in time.
    pub(crate) fn start_input_method(&mut self, preedit: Preedit) -> [Program; 2] {
        let bus = self.start_bus();
        let folder = self.folder().join("config/fcitx5");
        fs::create_dir_all(&folder).expect("the desk's folder is writable");
        fs::write(folder.join("profile"), SETTINGS).expect("the desk's folder is writable");
        fs::create_dir_all(folder.join("conf")).expect("the desk's folder is writable");
        let on_the_spot = if preedit == Preedit::InTheProgram { "True" } else { "False" };
        let settings = format!("UseOnTheSpot={on_the_spot}\n");
        fs::write(folder.join("conf/xim.conf"), settings).expect("the desk's folder is writable");
        let fcitx = self.spawn(Command::new("fcitx5").arg("--disable=wayland"));
        // Input methods say in a property of the root window that they are there (XIM protocol, 2.1).
        let servers = self.atom("XIM_SERVERS");
        until(PATIENCE, "the input method to be there", || {
            let property = self.connection.get_property(false, self.root, servers, AtomEnum::ATOM, 0, 1);
            let reply = property.expect("the X server is there").reply().expect("the root window is there");
            (reply.value_len == 1).then_some(())
        });
        self.input_method = Some("@im=fcitx");
        [fcitx, bus]
    }

    /// Do programs have one that were started last?
    pub(crate) fn has_input_method(&self) -> bool {
        self.input_method.is_some()
    }
}
