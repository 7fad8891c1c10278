//! What a grab costs: whole, and damaged rectangles only, with memory shared with the server and without. Starts an
//! Xvfb of its own for each (it must be installed) and draws on it. Quoted in `docs/decisions/0003-capture.md`.
//!
//! `cargo run --release -p lotse-desktop --example capture_cost`

fn main() -> Result<(), Box<dyn std::error::Error>> {
    measure::all()
}

#[cfg(not(target_os = "linux"))]
mod measure {
    pub(super) fn all() -> Result<(), Box<dyn std::error::Error>> {
        Err("only the capture of X11 is measured".into())
    }
}

#[cfg(target_os = "linux")]
mod measure {
    use std::error::Error;
    use std::process::{Child, Command, Stdio};
    use std::thread;
    use std::time::{Duration, Instant};

    use lotse_desktop::capture::{Capture, Wake};
    use x11rb::connection::Connection;
    use x11rb::protocol::damage::{self, ConnectionExt as _};
    use x11rb::protocol::xproto::{ChangeGCAux, ConnectionExt as _, CreateGCAux, Gcontext, Rectangle, Window};
    use x11rb::rust_connection::RustConnection;

    const DISPLAY: &str = ":74";
    const WIDTH: u16 = 1920;
    const HEIGHT: u16 = 1080;
    const ROUNDS: u32 = 300;
    const WHOLE: Rectangle = Rectangle { x: 0, y: 0, width: WIDTH, height: HEIGHT };

    pub(super) fn all() -> Result<(), Box<dyn Error>> {
        let many = |n: i16| -> Vec<Rectangle> {
            (0..n).map(|i| Rectangle { x: 40 + i % 4 * 450, y: 20 + i / 4 * 120, width: 160, height: 20 }).collect()
        };
        let workloads: [(&str, Vec<Rectangle>); 5] = [
            ("the whole screen, 1920×1080", vec![WHOLE]),
            ("a window, 1280×720", vec![Rectangle { x: 100, y: 100, width: 1280, height: 720 }]),
            ("a column of text, 600×900", vec![Rectangle { x: 100, y: 100, width: 600, height: 900 }]),
            ("24 places of 160×20", many(24)),
            ("a letter, 10×20", vec![Rectangle { x: 900, y: 500, width: 10, height: 20 }]),
        ];
        for (how, more) in [("shared memory", &[][..]), ("no shared memory", &["-extension", "MIT-SHM"][..])] {
            let server = Server::start(more)?;
            let desk = Desk::new()?;
            let mut capture = Capture::open_named(DISPLAY)?;
            capture.grab()?;
            println!("{how}: median of {ROUNDS}, drawing not counted");
            for (what, rects) in &workloads {
                let (event, grab) = desk.measure(&mut capture, rects)?;
                println!("  {what:30} drawn → woken {event:5} µs, grab {grab:6} µs");
            }
            drop(server);
        }
        let _server = Server::start(&[])?;
        println!("events of XDamage for 10,000 small rectangles drawn while nobody reads");
        for (what, level) in [
            ("not empty", damage::ReportLevel::NON_EMPTY),
            ("bounding box", damage::ReportLevel::BOUNDING_BOX),
            ("raw rectangles", damage::ReportLevel::RAW_RECTANGLES),
        ] {
            println!("  {what:30} {:6}", Desk::new()?.count_events(level)?);
        }
        Ok(())
    }

    struct Server(Child);

    impl Server {
        fn start(more: &[&str]) -> Result<Self, Box<dyn Error>> {
            let screen = format!("{WIDTH}x{HEIGHT}x24");
            let mut command = Command::new("Xvfb");
            command.args([DISPLAY, "-screen", "0", &screen, "-noreset", "-nolisten", "tcp"]).args(more);
            let server = Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?);
            let deadline = Instant::now() + Duration::from_secs(10);
            while RustConnection::connect(Some(DISPLAY)).is_err() {
                if Instant::now() > deadline {
                    return Err("Xvfb does not answer".into());
                }
                thread::sleep(Duration::from_millis(5));
            }
            Ok(server)
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            if Command::new("kill").arg(self.0.id().to_string()).status().is_ok() {
                self.0.wait().ok();
            }
        }
    }

    struct Desk {
        connection: RustConnection,
        root: Window,
        gc: Gcontext,
    }

    impl Desk {
        fn new() -> Result<Self, Box<dyn Error>> {
            let (connection, screen) = RustConnection::connect(Some(DISPLAY))?;
            let root = connection.setup().roots[screen].root;
            let gc = connection.generate_id()?;
            connection.create_gc(gc, root, &CreateGCAux::new())?;
            Ok(Self { connection, root, gc })
        }

        fn draw(&self, rects: &[Rectangle], colour: u32) -> Result<(), Box<dyn Error>> {
            self.connection.change_gc(self.gc, &ChangeGCAux::new().foreground(colour))?;
            self.connection.poly_fill_rectangle(self.root, self.gc, rects)?;
            self.connection.get_input_focus()?.reply()?;
            Ok(())
        }

        /// Medians in microseconds: from drawn to woken, and of the grab.
        fn measure(&self, capture: &mut Capture, rects: &[Rectangle]) -> Result<(u128, u128), Box<dyn Error>> {
            let (mut woken, mut grabbed) = (Vec::new(), Vec::new());
            for round in 0..ROUNDS {
                self.draw(rects, round * 7919)?;
                let begun = Instant::now();
                while capture.wait(None)? != Wake::Damage {}
                woken.push(begun.elapsed().as_micros());
                let begun = Instant::now();
                let grab = capture.grab()?;
                let took = begun.elapsed().as_micros();
                if !grab.damage.is_empty() {
                    grabbed.push(took);
                }
            }
            let median = |times: &mut Vec<u128>| {
                times.sort_unstable();
                times.get(times.len() / 2).copied().unwrap_or(0)
            };
            Ok((median(&mut woken), median(&mut grabbed)))
        }

        fn count_events(&self, level: damage::ReportLevel) -> Result<usize, Box<dyn Error>> {
            self.connection.damage_query_version(1, 1)?.reply()?;
            self.connection.damage_create(self.connection.generate_id()?, self.root, level)?.check()?;
            let other = Self::new()?;
            for i in 0..10_000_u32 {
                let (x, y) = ((i * 37 % 1900) as i16, (i * 13 % 1060) as i16);
                other.draw(&[Rectangle { x, y, width: 10, height: 20 }], i)?;
            }
            self.connection.get_input_focus()?.reply()?;
            let mut events = 0;
            while self.connection.poll_for_event()?.is_some() {
                events += 1;
            }
            Ok(events)
        }
    }
}
