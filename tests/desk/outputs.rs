//! A desk with a real X.Org server, of which nobody sees the screens: several outputs that come and go, and DPMS.

use std::fs;
use std::process::Command;

use super::{Desk, PATIENCE};

/// Nothing of the machine's own: no input devices, no cards.
const SETTINGS: &str = r#"Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
EndSection
Section "Files"
  ModulePath "/usr/lib/xorg/modules,FOLDER"
EndSection
Section "Module"
  Load "power"
  Disable "glx"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "monitor"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "monitor"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x800"
  EndSubSection
EndSection
"#;

impl Desk {
    /// A desk whose screen has outputs named `DUMMY0` (1280×800) to `DUMMY15` (off), and sleeps as real ones do.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub(crate) fn start_with_outputs() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder for the server");
        let path = |name: &str| folder.path().join(name);
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/desk/power.c");
        let mut compiler = Command::new("cc");
        let built = compiler.args(["-shared", "-fPIC", "-o"]).arg(path("libpower.so")).arg(source).status();
        assert!(built.is_ok_and(|status| status.success()), "the server's module cannot be built");
        let settings = SETTINGS.replace("FOLDER", &folder.path().display().to_string());
        fs::write(path("settings"), settings).expect("the server's folder is writable");
        let mut server = Command::new("/usr/lib/xorg/Xorg");
        // Without a terminal of its own: nobody sits before it.
        server.args(["-novtswitch", "-sharevts", "-config"]).arg(path("settings"));
        Self::start_with(server.arg("-logfile").arg(path("log")))
        // It has read what is in the folder.
    }

    /// Makes a size of the screen known to these outputs, under the name `700x800`.
    pub(crate) fn add_mode(&self, (width, height): (u16, u16), outputs: &[&str]) {
        let name = format!("{width}x{height}");
        let timing = |size: u16| [0, 10, 20, 30].map(|more| (size + more).to_string());
        let mut mode = vec!["--newmode".to_owned(), name.clone(), "60".to_owned()];
        mode.extend(timing(width));
        mode.extend(timing(height));
        let mode: Vec<&str> = mode.iter().map(String::as_str).collect();
        self.xrandr(&mode);
        for output in outputs {
            self.xrandr(&["--addmode", output, &name]);
        }
    }

    /// Changes the outputs.
    ///
    /// # Panics
    /// When the server does not take it.
    #[track_caller]
    pub(crate) fn xrandr(&self, arguments: &[&str]) {
        let done = self.spawn(Command::new("xrandr").args(arguments)).ended(PATIENCE);
        assert!(done.is_some_and(|status| status.success()), "{arguments:?}");
    }
}
