//! A real program that takes text: a terminal that writes what is typed into a file.

use std::fs;
use std::process::Command;

use super::process::Program;
use super::{Desk, PATIENCE};

impl Desk {
    /// A terminal titled `notes` that writes what is typed into [`Self::written`], a line at a time. `geometry` is
    /// xterm's: columns, rows and place.
    ///
    /// # Panics
    /// When it does not appear.
    #[track_caller]
    pub(crate) fn notes(&self, geometry: &str) -> Program {
        self.notes_by(geometry, "cat > written")
    }

    /// The same with another `script` for the shell.
    ///
    /// # Panics
    /// When it does not appear.
    #[track_caller]
    pub(crate) fn notes_by(&self, geometry: &str, script: &str) -> Program {
        let mut command = Command::new("xterm");
        command.current_dir(self.folder());
        command.args(["-geometry", geometry, "-title", "notes", "-e", "sh", "-c", script]);
        let program = self.spawn(&mut command);
        self.window("notes", PATIENCE);
        program
    }

    /// What the notes have got; nothing, while a character is there by half.
    pub(crate) fn written(&self) -> String {
        fs::read_to_string(self.folder().join("written")).unwrap_or_default()
    }
}
