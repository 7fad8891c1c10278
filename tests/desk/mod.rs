//! A desktop of its own for a test: an X server on a display nobody else has, a window manager, programs on it, and a
//! person's hands and eyes. Everything ends with the [`Desk`], after a panic too.
//!
//! Every failure here is the end of the test, so nothing returns a `Result`: it panics with what was waited for and,
//! where a program was involved, what that program said.

#![allow(dead_code, reason = "every whole-system test uses another part of the harness")]

mod clipboard;
pub(crate) mod hands;
pub(crate) mod impair;
pub(crate) mod input_method;
mod notes;
pub(crate) mod outputs;
pub(crate) mod paint;
pub(crate) mod process;
pub(crate) mod relay;
pub(crate) mod screen;
pub(crate) mod tray;
pub(crate) mod window;

use std::fs::{self, DirBuilder};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, Keycode, Window, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use self::process::Program;

/// What starting a server or opening a window may take on a busy machine with two cores.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The size of a desk where nothing else is said, in pixels.
pub(crate) const SIZE: (u16, u16) = (1280, 800);

/// No key bindings: every key belongs to the programs under test. Clicking focuses and raises, as people expect.
const OPENBOX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <placement><policy>Smart</policy></placement>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <keyboard><!-- keys --></keyboard>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Titlebar">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
    </context>
    <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
  </mouse>
</openbox_config>
"#;

/// An X display with a window manager, ended on drop.
pub(crate) struct Desk {
    connection: RustConnection,
    root: Window,
    number: u32,
    keyboard: Mutex<Keyboard>,
    done: Mutex<hands::Done>,
    /// Of the programs started from now on; without one they have what each was given.
    locale: Option<&'static str>,
    /// The input method for them likewise, as `XMODIFIERS` names it.
    input_method: Option<&'static str>,
    /// openbox's bindings of keys that it keeps for itself.
    kept: String,
    // Dropped in this order: the window manager before its server, the folder with the logs last.
    openbox: Option<Program>,
    server: Option<Program>,
    folder: tempfile::TempDir,
}

/// Which keysyms the keys carry, without and with Shift.
struct Keyboard {
    first: Keycode,
    per_key: usize,
    keysyms: Vec<u32>,
}

impl Desk {
    /// Starts an X server of 1280×800 pixels, 24 bits deep, on the first free display, and openbox on it.
    ///
    /// # Panics
    /// When one of the two does not start; the message says what it printed.
    pub(crate) fn start() -> Self {
        Self::start_sized(SIZE)
    }

    /// The same with another size.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub(crate) fn start_sized(size: (u16, u16)) -> Self {
        Self::start_with(Command::new("Xvfb").args(["-screen", "0", &format!("{}x{}x24", size.0, size.1)]))
    }

    /// A desk whose screen can take any size while it is used ([`Self::change_size`]), which Xvfb's cannot.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub(crate) fn start_changeable() -> Self {
        let size = format!("{}x{}", SIZE.0, SIZE.1);
        let mut server = Command::new("Xtigervnc");
        Self::start_with(server.args(["-geometry", &size, "-depth", "24", "-SecurityTypes", "None", "-rfbport", "-1"]))
    }

    /// Gives the screen another size, as somebody does who plugs in another monitor.
    ///
    /// # Panics
    /// When the server does not take it.
    #[track_caller]
    pub(crate) fn change_size(&self, (width, height): (u16, u16)) {
        let name = format!("{width}x{height}-test");
        let timing = |size: u16| [0, 10, 20, 30].map(|more| (size + more).to_string());
        let mut new_mode = vec!["--newmode".to_owned(), name.clone(), "60".to_owned()];
        new_mode.extend(timing(width));
        new_mode.extend(timing(height));
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        for arguments in [new_mode, list(&["--addmode", "VNC-0", &name]), list(&["--output", "VNC-0", "--mode", &name])]
        {
            let done = self.spawn(Command::new("xrandr").args(&arguments)).ended(PATIENCE);
            // A mode of that name may be there from before.
            assert!(done.is_some_and(|status| status.success()) || arguments[0] != "--output", "{arguments:?}");
        }
        until(PATIENCE, "the screen to take its new size", || {
            let geometry = self.connection.get_geometry(self.root).expect("the X server is there").reply();
            geometry.is_ok_and(|now| (now.width, now.height) == (width, height)).then_some(())
        });
    }

    fn start_with(server: &mut Command) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder for the desk");
        // Private, or programs complain (XDG Base Directory Specification).
        let mut runtime = DirBuilder::new();
        runtime.mode(0o700).create(folder.path().join("runtime")).expect("the desk's folder is writable");
        let (server, number) = start_server(folder.path(), server);
        let (connection, root) = connect(number);
        let keyboard = Mutex::new(Keyboard::read(&connection));
        let done = Mutex::default();
        let mut desk = Self {
            connection,
            root,
            number,
            keyboard,
            done,
            locale: None,
            input_method: None,
            kept: String::new(),
            openbox: None,
            server: Some(server),
            folder,
        };
        desk.start_openbox();
        desk
    }

    /// The display's name, as `DISPLAY` wants it.
    pub(crate) fn display(&self) -> String {
        format!(":{}", self.number)
    }

    /// The number of the X server's process.
    ///
    /// # Panics
    /// When the server was ended.
    pub(crate) fn servers_pid(&self) -> u32 {
        self.server.as_ref().expect("the server runs").pid()
    }

    /// Gives the programs that are started from now on a language, as "de_DE.UTF-8".
    pub(crate) fn speak(&mut self, locale: &'static str) {
        self.locale = Some(locale);
    }

    /// A folder of this desk's own, gone with it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts `command` on this desk. It is ended when the returned [`Program`] is dropped.
    ///
    /// Home and settings are the desk's own folder, so that no test finds or leaves anything in the developer's. So is
    /// the place of the message bus, on which nobody answers before [`Self::start_bus`].
    pub(crate) fn spawn(&self, command: &mut Command) -> Program {
        Program::spawn(self.at_home(command), self.folder())
    }

    /// The same with a pipe to its standard input.
    pub(crate) fn spawn_listening(&self, command: &mut Command) -> (Program, ChildStdin) {
        Program::spawn_listening(self.at_home(command), self.folder())
    }

    fn at_home<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DISPLAY", self.display())
            .env("HOME", self.folder())
            // Letters beyond ASCII are put together and shown in this one.
            .env("LC_CTYPE", "C.UTF-8")
            .env("XDG_CONFIG_HOME", self.folder().join("config"))
            .env("XDG_CACHE_HOME", self.folder().join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder().join("runtime"))
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", self.bus().display()))
            .env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", self.system_bus().display()))
            .env_remove("XDG_SESSION_ID")
            // GTK would start another bus, for assistive tools.
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("XAUTHORITY")
            .env_remove("XMODIFIERS")
            .envs(self.input_method.map(|name| ("XMODIFIERS", name)))
            .envs(["LC_ALL", "LANG"].into_iter().filter_map(|variable| Some((variable, self.locale?))))
    }

    /// From now on these keys, in openbox's names, belong to the desktop: [`Self::acted`] tells which have been pressed.
    ///
    /// # Panics
    /// When openbox does not start again.
    pub(crate) fn keep_keys(&mut self, keys: &[&str]) {
        let acted = self.folder().join("acted");
        let bind = |key: &&str| {
            let command = format!("sh -c 'echo {key} >> {}'", acted.display());
            format!(r#"<keybind key="{key}"><action name="Execute"><command>{command}</command></action></keybind>"#)
        };
        self.kept = keys.iter().map(bind).collect();
        self.openbox.take();
        self.start_openbox();
    }

    /// What of [`Self::keep_keys`] the desktop has done, a key a line.
    pub(crate) fn acted(&self) -> String {
        fs::read_to_string(self.folder().join("acted")).unwrap_or_default()
    }

    fn start_openbox(&mut self) {
        let config = self.folder().join("openbox.xml");
        fs::write(&config, OPENBOX.replace("<!-- keys -->", &self.kept)).expect("the desk's folder is writable");
        let openbox = self.spawn(Command::new("openbox").arg("--sm-disable").arg("--config-file").arg(&config));
        until(PATIENCE, "openbox to manage the display", || {
            let check = self.atom("_NET_SUPPORTING_WM_CHECK");
            let property = self.connection.get_property(false, self.root, check, AtomEnum::WINDOW, 0, 1);
            let reply = property.expect("the X server is there").reply().expect("the root window is there");
            (reply.value_len == 1).then_some(())
        });
        // It says so before it takes windows in, and one that comes in between is never shown.
        until(PATIENCE, "openbox to take a window in", || self.takes_windows_in().then_some(()));
        self.openbox = Some(openbox);
    }

    /// Is a window of our own managed a moment after it was mapped?
    fn takes_windows_in(&self) -> bool {
        let window = self.connection.generate_id().expect("there are numbers left");
        let no_values = CreateWindowAux::new();
        self.connection
            .create_window(0, window, self.root, 0, 0, 1, 1, 0, WindowClass::INPUT_OUTPUT, 0, &no_values)
            .and_then(|_| self.connection.map_window(window))
            .expect("the X server is there");
        let begun = Instant::now();
        let mut managed = false;
        while !managed && begun.elapsed() < Duration::from_millis(500) {
            managed = self.windows().contains(&window);
            thread::sleep(Duration::from_millis(5));
        }
        self.connection.destroy_window(window).expect("the X server is there");
        self.connection.sync().expect("the X server is there");
        managed
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // What the screen showed is the first thing anybody asks for when a test has failed.
        if thread::panicking() {
            let name = thread::current().name().unwrap_or("test").replace("::", "-");
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let path = folder.join(format!("{name}-display{}.png", self.number));
            if let Some(pixels) = self.try_pixels() {
                pixels.save(&path);
                eprintln!("the display when the test failed: {}", path.display());
            }
        }
        self.openbox.take();
        self.server.take();
    }
}

/// Polls `ready` until it answers.
///
/// # Panics
/// When `patience` has run out; the message says `what` was waited for.
#[track_caller]
pub(crate) fn until<T>(patience: Duration, what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ready() {
            return answer;
        }
        assert!(begun.elapsed() < patience, "waited {patience:?} in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Lets the X server choose a free display and tell its number on its standard output, so that tests can run side by
/// side.
fn start_server(folder: &Path, command: &mut Command) -> (Program, u32) {
    command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-dpi", "96"]);
    command.stdout(Stdio::piped());
    let mut server = Program::spawn(command, folder);
    let output = server.take_stdout().expect("standard output is a pipe");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(output);
        let mut line = String::new();
        let read = lines.read_line(&mut line);
        // The receiver is gone only when the test has given up already.
        let _ = sender.send(read.map(|_| line));
        // The pipe stays open as long as the server lives: it would die writing into a closed one.
        let _ = lines.read_line(&mut String::new());
    });
    let line = receiver.recv_timeout(PATIENCE).expect("the X server says its display number in time");
    let number = line.ok().and_then(|line| line.trim().parse().ok());
    let number = number.unwrap_or_else(|| panic!("the X server did not start:\n{}", server.log()));
    (server, number)
}

fn connect(number: u32) -> (RustConnection, Window) {
    let name = format!(":{number}");
    let (connection, screen) = until(PATIENCE, "the X server to answer", || x11rb::connect(Some(&name)).ok());
    let root = connection.setup().roots.get(screen).expect("the server has the screen it named").root;
    (connection, root)
}
