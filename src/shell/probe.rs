//! Is there an OpenGL worth using? Tried in a child process of the same executable, since a broken driver does not
//! fail, it crashes, or never comes back.

use std::io::{Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use winit::event_loop::{ControlFlow, EventLoop};

use super::{opengl, wake::Event};

/// The hidden argument with which the executable must call [`answer`] and do nothing else.
pub const ARGUMENT: &str = "probe-opengl";

/// A driver that takes longer than this is not used.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the child found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Graphics {
    /// OpenGL, drawn by the graphics card of this name.
    Hardware(String),
    /// OpenGL, drawn by the processor, by a program of this name: our own renderer is faster.
    Processor(String),
    /// None that works.
    None,
}

/// Names by which drivers that draw with the processor call themselves: Mesa's, Google's, Windows' own.
const BY_PROCESSOR: [&str; 6] = ["llvmpipe", "softpipe", "swrast", "swiftshader", "gdi generic", "basic render"];

impl Graphics {
    fn named(name: &str) -> Self {
        let lower = name.to_lowercase();
        if name.is_empty() {
            Self::None
        } else if BY_PROCESSOR.iter().any(|known| lower.contains(known)) {
            Self::Processor(name.to_owned())
        } else {
            Self::Hardware(name.to_owned())
        }
    }
}

/// Asks a child process. Takes as long as the driver does, 3 s at most.
#[must_use]
pub fn ask() -> Graphics {
    match try_ask() {
        Ok(graphics) => graphics,
        Err(error) => {
            tracing::debug!("OpenGL could not be tried: {error}");
            Graphics::None
        }
    }
}

fn try_ask() -> std::io::Result<Graphics> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(ARGUMENT)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let deadline = Instant::now() + PATIENCE;
    let succeeded = loop {
        match child.try_wait()? {
            Some(status) => break status.success(),
            None if Instant::now() >= deadline => {
                child.kill()?;
                child.wait()?;
                break false;
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut name = String::new();
    if let (true, Some(output)) = (succeeded, child.stdout.as_mut()) {
        // A name, no more: it fitted into the pipe, since the child has ended.
        output.take(512).read_to_string(&mut name)?;
    }
    Ok(Graphics::named(name.trim()))
}

/// In the child: opens what the window would be drawn with, without showing it, and prints the driver's name.
#[must_use]
pub fn answer() -> ExitCode {
    // eframe gives out the driver's name by its log alone, and asking OpenGL itself would be unsafe code.
    static LOG: NameInLog = NameInLog;
    if log::set_logger(&LOG).is_err() {
        return ExitCode::FAILURE;
    }
    log::set_max_level(log::LevelFilter::Debug);
    let Ok(event_loop) = EventLoop::<Event>::with_user_event().build() else { return ExitCode::FAILURE };
    event_loop.set_control_flow(ControlFlow::Wait);
    let viewport = egui::ViewportBuilder::default().with_visible(false).with_inner_size([64.0, 64.0]);
    let create: eframe::AppCreator<'static> = Box::new(|_creation| {
        // Without a name it counts as none.
        let name = DRIVER.get().map(|said| usable(said)).unwrap_or_default();
        let mut output = std::io::stdout();
        let told = writeln!(output, "{name}").and_then(|()| output.flush());
        // At once: a driver that crashes while it closes is not asked to.
        std::process::exit(i32::from(told.is_err()));
    });
    let mut eframe = eframe::create_native("lotse", opengl::options(viewport), create, &event_loop);
    let _ended = event_loop.run_app(&mut eframe);
    ExitCode::FAILURE
}

static DRIVER: OnceLock<String> = OnceLock::new();

/// Of what egui_glow says of the driver, in lines such as "opengl version: 4.5 (Core Profile) Mesa 22.3.6" and "opengl
/// renderer: NAME", the name, unless it is older than what eframe is written for: 2.1, or 2.0 of the one for telephones.
fn usable(said: &str) -> String {
    let line = |what: &str| said.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
    let version = line("opengl version: ");
    let (version, oldest) = match version.strip_prefix("OpenGL ES ") {
        Some(version) => (version, (2, 0)),
        None => (version, (2, 1)),
    };
    let mut numbers = version.split(|sign: char| !sign.is_ascii_digit()).map(|number| number.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= oldest => line("opengl renderer: ").to_owned(),
        _ => String::new(),
    }
}

/// Catches what egui_glow says of the driver.
struct NameInLog;

impl log::Log for NameInLog {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("egui_glow")
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let said = record.args().to_string();
            if said.contains("opengl version: ") {
                let _first = DRIVER.set(said);
            }
        }
    }

    fn flush(&self) {}
}

#[cfg(test)]
mod tests {
    use super::{Graphics, usable};

    #[test]
    fn a_driver_that_is_too_old_is_none() {
        let named =
            |version: &str| usable(&format!("\nopengl version: {version}\nopengl renderer: Card\nopengl vendor: Us"));
        for old in ["1.1.0", "1.4 (Compatibility Profile)", "2.0.6787 WinXP Release", "OpenGL ES 1.1", "", "?"] {
            assert_eq!(Graphics::named(&named(old)), Graphics::None, "{old}");
        }
        for new in
            ["2.1 Mesa 22.3.6", "3.1.0 - Build 9.17.10.4459", "4.5 (Core Profile) Mesa", "OpenGL ES 2.0 Mesa", "10.0"]
        {
            assert_eq!(Graphics::named(&named(new)), Graphics::Hardware("Card".into()), "{new}");
        }
    }

    #[test]
    fn drivers_that_draw_with_the_processor_are_known_by_name() {
        for name in ["llvmpipe (LLVM 15.0.6, 256 bits)", "GDI Generic", "softpipe", "Google SwiftShader"] {
            assert_eq!(Graphics::named(name), Graphics::Processor(name.into()));
        }
        let card = "Mesa Intel(R) UHD Graphics 620 (KBL GT2)";
        assert_eq!(Graphics::named(card), Graphics::Hardware(card.into()));
        assert_eq!(Graphics::named(""), Graphics::None);
    }
}
