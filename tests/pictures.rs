//! The pictures of the README and the guides, from the real programs: a customer with something to be helped with, and
//! an adviser who helps. `./dev pictures` runs it and makes of these what is in `docs/pictures`; `./dev windows pictures`
//! does so with the customer's program for Windows, under Wine.

mod desk;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "shared with the tests of a session, which need more of it")]
mod people;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use desk::process::Program;
use desk::relay::{Account, Relay};
use desk::screen::Pixels;
use desk::{Desk, PATIENCE, until};
use people::{Adviser, Customer, lotse};
use x11rb::protocol::xproto::Window;

const CUSTOMERS_DESK: (u16, u16) = (1120, 700);
const ADVISERS_DESK: (u16, u16) = (1180, 800);
const ADVISERS_WINDOW: (u16, u16) = (1140, 750);
/// Large enough until there is a picture.
const SMALL_WINDOW: (u16, u16) = (560, 600);

/// What is written on the two desks.
struct Words {
    language: &'static str,
    locale: &'static str,
    editor: &'static str,
    letter: &'static str,
    form: [&'static str; 6],
    save: &'static str,
    close: &'static str,
    apply: &'static str,
    cancel: &'static str,
    /// What the adviser wants.
    reason: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    locale: "en_GB.UTF-8",
    editor: "Letter – Editor",
    letter: "Dear Ms Huber,\n\nsince this morning my e-mail program asks for the\npassword again and again. The message says \
             that the\nserver mail.exmaple.edu cannot be found.\n\nI have changed nothing, as far as I know. Could \
             you\nhave a look?\n\nKind regards\nAnna Berg\n",
    form: ["E-mail account", "Account settings", "Name", "E-mail address", "Incoming server", "Outgoing server"],
    save: "Save",
    close: "Close",
    apply: "Apply",
    cancel: "Cancel",
    reason: "To look at the e-mail settings with you.",
};

const GERMAN: Words = Words {
    language: "de",
    locale: "de_DE.UTF-8",
    editor: "Brief – Editor",
    letter: "Liebe Frau Huber,\n\nseit heute früh fragt mein E-Mail-Programm immer wieder\nnach dem Passwort. Es meldet, \
             dass der Server\nmail.exmaple.edu nicht zu finden ist.\n\nSoweit ich weiß, habe ich nichts geändert. \
             Könnten\nSie sich das ansehen?\n\nMit freundlichen Grüßen\nAnna Berg\n",
    form: ["E-Mail-Konto", "Kontoeinstellungen", "Name", "E-Mail-Adresse", "Posteingang", "Postausgang"],
    save: "Sichern",
    close: "Verwerfen",
    apply: "Anwenden",
    cancel: "Abbrechen",
    reason: "Um mit Ihnen das E-Mail-Konto anzusehen.",
};

#[test]
#[ignore = "makes pictures and tests nothing: ./dev pictures"]
fn pictures_in_english() {
    take(&ENGLISH);
}

#[test]
#[ignore = "makes pictures and tests nothing: ./dev pictures"]
fn pictures_in_german() {
    take(&GERMAN);
}

/// Whose programs they are. Built for an institution, as `./dev pictures` builds them, they look as its people know
/// them; otherwise every window says that it is for testing.
struct Institution {
    account: Account,
    /// What leads their programs to the relay.
    customers: Vec<String>,
    advisers: Vec<String>,
    _relay: Option<Relay>,
}

impl Institution {
    fn open() -> Self {
        if let Ok(password) = std::env::var("LOTSE_PICTURES_PASSWORD") {
            let account = Account { name: "maria".to_owned(), password };
            let advisers = std::env::var("LOTSE_PICTURES_ADVISER").unwrap_or_default();
            let advisers = advisers.split_whitespace().map(str::to_owned).collect();
            return Self { account, customers: Vec::new(), advisers, _relay: None };
        }
        let relay = Relay::start();
        let account = relay.add_adviser("maria", "Maria Huber");
        let arguments = relay.arguments().to_vec();
        Self { account, customers: arguments.clone(), advisers: arguments, _relay: Some(relay) }
    }
}

/// The customer's computer.
enum System {
    Linux,
    /// By Wine, with this program.
    Windows(PathBuf),
}

impl System {
    /// The one for which the environment names a program.
    fn of_customer() -> Self {
        std::env::var_os("LOTSE_EXE").map_or(Self::Linux, |program| Self::Windows(program.into()))
    }

    /// Before the names of its pictures.
    fn name(&self) -> &'static str {
        match self {
            Self::Linux => "",
            Self::Windows(_) => "windows-",
        }
    }

    fn lotse(&self, arguments: &[String]) -> Command {
        let mut command = match self {
            Self::Linux => lotse(),
            Self::Windows(program) => wine(program),
        };
        command.args(arguments);
        command
    }

    /// Puts on the desk what the customer needs help with. Its programs, and the window that the adviser types into.
    fn furnish(&self, desk: &Desk, words: &Words) -> (Vec<Program>, Window) {
        match self {
            Self::Linux => (furnish(desk, words), desk.window(words.form[0], PATIENCE)),
            // What is typed on Windows arrives at its own programs.
            Self::Windows(_) => {
                // With a mark, without which Windows reads it in another encoding.
                let letter = letter(desk, &format!("\u{feff}{}", words.letter));
                let mut notepad = wine(Path::new(r"C:\windows\system32\notepad.exe"));
                let notepad = desk.spawn(notepad.arg(format!("Z:{}", letter.display())));
                let window = desk.window_of(&notepad, PATIENCE);
                desk.place(window, 30, 40);
                desk.resize(window, (600, 500));
                (vec![notepad], window)
            }
        }
    }
}

/// By its whole path: found by its name alone it would be another process's child.
fn wine(program: &Path) -> Command {
    let mut command = Command::new("wine");
    command.arg(program);
    command
}

fn take(words: &Words) {
    let institution = Institution::open();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    std::fs::create_dir_all(&folder).expect("target can be written to");
    let system = System::of_customer();
    let save = |name: &str, pixels: &Pixels| {
        pixels.save(&folder.join(format!("{}{name}.{}.png", system.name(), words.language)));
    };

    let mut desk = Desk::start_sized(CUSTOMERS_DESK);
    let (_programs, form) = system.furnish(&desk, words);
    desk.speak(words.locale);
    let customer = Customer::start_by(desk, &mut system.lotse(&institution.customers));
    customer.desk.place(customer.window, 680, 60);
    save("customer-terms", &at_rest(|| customer.looks()));
    customer.accept_terms();
    until(PATIENCE, "the numbers", || customer.is_ready().then_some(()));
    // In nobody's way.
    customer.desk.move_to((4, 4));
    save("customer-numbers", &customer.looks());
    let (id, code) = customer.numbers();

    let mut desk = Desk::start_sized(ADVISERS_DESK);
    desk.speak(words.locale);
    let adviser = Adviser::start_on(desk, ADVISERS_WINDOW, &[], &institution.advisers);
    adviser.desk.resize(adviser.window, SMALL_WINDOW);
    adviser.desk.place(adviser.window, 16, 16);
    adviser.sign_in(&institution.account);
    adviser.desk.type_text(&format!("{id}{code}\t{}", words.reason));
    save("adviser-join", &at_rest(|| adviser.looks()));
    adviser.desk.resize(adviser.window, ADVISERS_WINDOW);
    adviser.desk.tap(desk::hands::keysym::RETURN);

    until(PATIENCE, "the question", || customer.is_asked().then_some(()));
    // Allow can be clicked after a moment.
    std::thread::sleep(Duration::from_secs(2));
    save("customer-question", &at_rest(|| customer.looks()));
    customer.allow();
    until(PATIENCE, "the session", || (adviser.is_in_session() && customer.is_in_session()).then_some(()));
    adviser.ask_for_control();
    customer.allow();
    until(PATIENCE, "the adviser to be told", || (!adviser.may_ask()).then_some(()));

    // The adviser fills in what was wrong, on the customer's desk.
    customer.desk.focus(form);
    adviser.desk.click(adviser.desk.geometry(adviser.window).centre());
    std::thread::sleep(Duration::from_millis(500));
    adviser.desk.type_text("Anna Berg\ta.berg@example.edu\timap.example.edu\tsmtp.example.edu");
    // Until all of it has arrived.
    std::thread::sleep(Duration::from_secs(2));
    adviser.desk.move_to((4, 4));
    save("customer-session", &at_rest(|| customer.looks()));
    // The mark in Wine's editor never stops blinking.
    if let System::Linux = system {
        save("customer-desktop", &at_rest(|| customer.desk.pixels()));
        save("adviser-session", &at_rest(|| adviser.looks()));
    }

    customer.end();
    until(PATIENCE, "the end", || (!customer.is_in_session()).then_some(()));
    save("customer-over", &at_rest(|| customer.looks()));
}

/// What is looked at, once it stays as it is.
fn at_rest(look: impl Fn() -> Pixels) -> Pixels {
    let mut last = (look(), Instant::now());
    until(PATIENCE, "it to come to rest", || {
        let now = look();
        if now != last.0 {
            last = (now, Instant::now());
            return None;
        }
        (last.1.elapsed() >= Duration::from_millis(700)).then_some(now)
    })
}

/// A wallpaper, a letter, and a form that waits to be filled in.
fn furnish(desk: &Desk, words: &Words) -> Vec<Program> {
    let mut display = desk.spawn(Command::new("display").args(["-window", "root"]).arg(wallpaper(desk)));
    display.ended(PATIENCE);
    until(PATIENCE, "the wallpaper", || (desk.pixels().colours() > 2).then_some(()));
    let letter = letter(desk, words.letter);
    let mut editor = zenity();
    editor.args(["--text-info", "--editable", "--title", words.editor, "--font", "DejaVu Sans 11"]);
    editor.args(["--width", "560", "--height", "400", "--ok-label", words.save, "--cancel-label", words.close]);
    let editor = desk.spawn(editor.arg("--filename").arg(letter));
    desk.place(desk.window(words.editor, PATIENCE), 30, 40);
    let [title, heading, fields @ ..] = words.form;
    let mut form = zenity();
    form.args(["--forms", "--title", title, "--text", heading, "--width", "420"]);
    form.args(["--ok-label", words.apply, "--cancel-label", words.cancel]);
    form.args(fields.iter().flat_map(|field| ["--add-entry", field]));
    let form = desk.spawn(&mut form);
    desk.place(desk.window(title, PATIENCE), 230, 300);
    vec![editor, form]
}

fn letter(desk: &Desk, text: &str) -> PathBuf {
    let letter = desk.folder().join("letter.txt");
    std::fs::write(&letter, text).expect("the desk's folder can be written to");
    letter
}

/// It takes umlauts, whichever languages this machine has.
fn zenity() -> Command {
    let mut command = Command::new("zenity");
    command.env("LC_ALL", "C.UTF-8");
    command
}

/// Flat, so that the pictures stay small.
fn wallpaper(desk: &Desk) -> PathBuf {
    let path = desk.folder().join("wallpaper.png");
    let hill = |colour: &str, line: &str| {
        ["-fill".to_owned(), colour.to_owned(), "-draw".to_owned(), format!("path 'M {line} L 1120,700 L 0,700 Z'")]
    };
    let mut convert = Command::new("convert");
    convert.args(["-size", "1120x700", "xc:#4f81ad", "+antialias"]);
    convert.args(hill("#6d99bd", "0,500 C 300,400 520,600 1120,450"));
    convert.args(hill("#86adca", "0,610 C 350,500 700,690 1120,560"));
    let status = convert.arg(&path).status().expect("ImageMagick is installed");
    assert!(status.success(), "no wallpaper was drawn");
    path
}
