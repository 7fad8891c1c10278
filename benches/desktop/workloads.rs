//! What a customer's desktop does while somebody helps: scripted, the same every time.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::content::{Content, FILM, FILM_FPS, sentences};
use crate::desk::hands::{Button, keysym};
use crate::desk::process::Program;
use crate::desk::screen::Rect;
use crate::desk::{Desk, PATIENCE, until};

/// The customer's screen, pixels.
pub(crate) const SCREEN: (u16, u16) = (1920, 1080);
/// Where the film is on it that does not fill it.
const FILM_AT: (i16, i16) = (700, 340);

/// X11's `keysymdef.h`.
const END: u32 = 0xff57;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    /// A text editor with a caret that blinks.
    Idle,
    /// 8 keys a second into the editor, proportional letters, smooth edges.
    Typing,
    /// A build that prints 240 lines a second into a dark terminal.
    Terminal,
    /// A page with photographs and a header that stays, in Chromium, by the wheel.
    Scroll,
    /// 25 pictures a second in a window of 1024×576.
    Film,
    /// 30 pictures a second on all of the screen.
    Cinema,
}

/// What codecs are measured with, all on the same frames.
pub(crate) const RECORDED: &[Workload] =
    &[Workload::Idle, Workload::Typing, Workload::Terminal, Workload::Scroll, Workload::Film];

/// What whole programs are measured with.
pub(crate) const LIVE: &[Workload] =
    &[Workload::Idle, Workload::Typing, Workload::Terminal, Workload::Scroll, Workload::Film, Workload::Cinema];

impl Workload {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Typing => "typing",
            Self::Terminal => "terminal",
            Self::Scroll => "scroll",
            Self::Film => "film",
            Self::Cinema => "cinema",
        }
    }

    /// Where on the screen its film is, if it is one.
    pub(crate) fn film(self) -> Option<Rect> {
        match self {
            Self::Film => Some(Rect { x: FILM_AT.0, y: FILM_AT.1, width: FILM.0, height: FILM.1 }),
            Self::Cinema => Some(Rect { x: 0, y: 0, width: SCREEN.0, height: SCREEN.1 }),
            Self::Idle | Self::Typing | Self::Terminal | Self::Scroll => None,
        }
    }

    /// Opens its window, which is at rest when this returns.
    pub(crate) fn open<'a>(self, desk: &'a Desk, content: &Content) -> Result<Scene<'a>> {
        let (program, stage) = match self {
            Self::Idle | Self::Typing => (editor(desk, content)?, Stage::Desk),
            Self::Terminal => terminal(desk, content)?,
            Self::Scroll => (browser(desk, content), Stage::Desk),
            Self::Film => {
                let place = format!("--geometry={}x{}+{}+{}", FILM.0, FILM.1, FILM_AT.0, FILM_AT.1);
                film(desk, content, &[&place])?
            }
            Self::Cinema => film(desk, content, &["--fullscreen", &format!("--speed={}", 30.0 / f64::from(FILM_FPS))])?,
        };
        Ok(Scene { workload: self, desk, stage, _program: program })
    }
}

/// A workload with its window open.
pub(crate) struct Scene<'a> {
    workload: Workload,
    desk: &'a Desk,
    stage: Stage,
    _program: Program,
}

/// By which way the script speaks to the program, if not by keys and mouse.
enum Stage {
    Desk,
    /// What the terminal shows is written here.
    Pipe {
        pipe: File,
        log: PathBuf,
    },
    Player(PathBuf),
}

impl Scene<'_> {
    /// Plays for so long.
    pub(crate) fn play(&mut self, time: Duration) -> Result<()> {
        match (self.workload, &mut self.stage) {
            (Workload::Idle, _) => thread::sleep(time),
            (Workload::Typing, _) => type_on(self.desk, time),
            (Workload::Scroll, _) => scroll(self.desk, time),
            (Workload::Terminal, Stage::Pipe { pipe, log }) => print_on(pipe, log, time)?,
            (Workload::Film | Workload::Cinema, Stage::Player(socket)) => {
                tell_player(socket, "false")?;
                thread::sleep(time);
                tell_player(socket, "true")?;
            }
            (Workload::Terminal | Workload::Film | Workload::Cinema, _) => {
                unreachable!("they are opened with their stage")
            }
        }
        Ok(())
    }
}

/// A desk of [`SCREEN`] with a wallpaper.
pub(crate) fn desk(content: &Content) -> Desk {
    let desk = Desk::start_sized(SCREEN);
    let mut painted = desk.spawn(Command::new("feh").args(["--no-fehbg", "--bg-fill"]).arg(content.wallpaper()));
    until(PATIENCE, "the wallpaper", || painted.ended(Duration::from_millis(1)));
    // Out of the way.
    desk.move_to((1900, 1070));
    desk
}

fn editor(desk: &Desk, content: &Content) -> Result<Program> {
    let letter = desk.folder().join("letter.txt");
    std::fs::copy(content.letter(), &letter)?;
    let settings = desk.folder().join("config/l3afpad");
    std::fs::create_dir_all(&settings)?;
    // Version, width, height, font, wrapped lines, line numbers, indentation.
    std::fs::write(settings.join("l3afpadrc"), "0.8.18.1.11\n980\n760\nDejaVu Serif 13\n1\n0\n0\n")?;
    let mut command = Command::new("l3afpad");
    let editor = desk.spawn(command.arg("letter.txt").current_dir(desk.folder()).env("GTK_THEME", "Adwaita"));
    let window = desk.window_of(&editor, PATIENCE);
    desk.resize(window, (980, 760));
    desk.place(window, 560, 130);
    desk.focus(window);
    // To the end, where people write.
    desk.press(keysym::CONTROL);
    desk.tap(END);
    desk.release(keysym::CONTROL);
    desk.at_rest(Duration::from_millis(300), PATIENCE);
    Ok(editor)
}

fn type_on(desk: &Desk, time: Duration) {
    // Letters that every keyboard has.
    let text: Vec<char> = sentences(77, 400).chars().filter(char::is_ascii).collect();
    let mut keys = text.into_iter().cycle();
    every(Duration::from_millis(125), time, |number| {
        let key = keys.next().map_or(keysym::RETURN, u32::from);
        desk.tap(if number % 50 == 49 { keysym::RETURN } else { key });
    });
}

fn terminal(desk: &Desk, content: &Content) -> Result<(Program, Stage)> {
    let path = desk.folder().join("printed");
    crate::machine::run("mkfifo", [path.to_string_lossy().as_ref()])?;
    let mut command = Command::new("xterm");
    command.args([
        "-fa",
        "Liberation Mono",
        "-fs",
        "12",
        "-bg",
        "#1b2b34",
        "-fg",
        "#d8dee9",
        "-geometry",
        "132x46+260+60",
    ]);
    let program = desk.spawn(command.args(["-bc", "-e", "cat"]).arg(&path));
    desk.window_of(&program, PATIENCE);
    // For reading too: it opens whether `cat` is there yet or not.
    let pipe = File::options().read(true).write(true).open(&path)?;
    let mut stage = Stage::Pipe { pipe, log: content.log() };
    if let Stage::Pipe { pipe, log } = &mut stage {
        print_on(pipe, log, Duration::from_millis(300))?;
    }
    thread::sleep(Duration::from_millis(700));
    Ok((program, stage))
}

fn print_on(pipe: &mut File, log: &Path, time: Duration) -> Result<()> {
    let lines: Vec<String> = BufReader::new(File::open(log)?).lines().collect::<Result<_, _>>()?;
    let mut next = lines.chunks(8).cycle();
    let mut failed = Ok(());
    every(Duration::from_secs(1) / 30, time, |_| {
        let lines = next.next().unwrap_or_default().join("\n") + "\n";
        if failed.is_ok() {
            failed = pipe.write_all(lines.as_bytes());
        }
    });
    failed.context("the terminal is gone")
}

fn browser(desk: &Desk, content: &Content) -> Program {
    let mut command = Command::new("chromium");
    command.args([
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--disable-dev-shm-usage",
        "--password-store=basic",
        "--test-type",
        "--window-position=0,0",
        "--window-size=1920,1080",
    ]);
    command.arg(format!("--user-data-dir={}", desk.folder().join("chromium").display()));
    command.arg(format!("--app=file://{}", content.page().display()));
    let program = desk.spawn(&mut command);
    desk.window("benchmark page", PATIENCE * 2);
    desk.move_to((900, 640));
    desk.at_rest(Duration::from_millis(800), PATIENCE);
    program
}

/// Six notches at twelve a second, then half a second to look; from the middle on also back up.
fn scroll(desk: &Desk, time: Duration) {
    every(Duration::from_secs(1) / 12, time, |number| {
        if number % 12 < 6 {
            let button = if number % 48 < 36 { Button::WheelDown } else { Button::WheelUp };
            desk.button(button, true);
            desk.button(button, false);
        }
    });
}

fn film(desk: &Desk, content: &Content, place: &[&str]) -> Result<(Program, Stage)> {
    let socket = desk.folder().join("player");
    let mut command = Command::new("mpv");
    command.args(["--no-config", "--no-audio", "--vo=x11", "--no-osc", "--osd-level=0", "--pause", "--loop-file=inf"]);
    command.args(["--hwdec=no", "--framedrop=no", "--no-border", "--cursor-autohide=no"]);
    command.args(place);
    command.arg(format!("--input-ipc-server={}", socket.display()));
    let program = desk.spawn(command.arg(content.film()));
    desk.window_of(&program, PATIENCE);
    until(PATIENCE, "the player to listen", || UnixStream::connect(&socket).ok());
    desk.at_rest(Duration::from_millis(700), PATIENCE);
    Ok((program, Stage::Player(socket)))
}

fn tell_player(socket: &Path, pause: &str) -> Result<()> {
    let mut player = UnixStream::connect(socket).context("the player is gone")?;
    player.write_all(format!("{{\"command\":[\"set_property\",\"pause\",{pause}]}}\n").as_bytes())?;
    // Its answer: it has done it.
    BufReader::new(player).read_line(&mut String::new())?;
    Ok(())
}

/// Calls `act` in even steps, which do not drift, until `time` is over.
fn every(step: Duration, time: Duration, mut act: impl FnMut(u32)) {
    let begun = Instant::now();
    for number in 0.. {
        let at = step * number;
        if at >= time {
            break;
        }
        thread::sleep(at.saturating_sub(begun.elapsed()));
        act(number);
    }
    thread::sleep(time.saturating_sub(begun.elapsed()));
}
