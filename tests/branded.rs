//! An institution's own copy: the executable that is built here, given a name, a logo, colours, terms and a relay by
//! `lotse-relay brand`, and used by two people who give it nothing on its command line.
//!
//! The same with `lotse.exe` is in `tests/wine/branded.rs`.

mod desk;
#[path = "session/page.rs"]
#[allow(dead_code, reason = "shared with the tests of sentences, which need more of it")]
mod page;
#[path = "session/people.rs"]
#[allow(dead_code, reason = "shared with the tests of a session, which need more of it")]
mod people;
#[path = "branded/workshop.rs"]
mod workshop;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lotse::app::view::{CustomerPage, CustomerView, Runs, Seen, Terms};
use lotse::ui::Looks;
use lotse::ui::text::Language;
use lotse_protocol::brand::colours::Colour;
use lotse_protocol::brand::{Accents, Languages, Logo, RESERVED, block};

use desk::relay::{INSTITUTION, Relay};
use desk::{Desk, PATIENCE, until};
use people::{ADVISERS_WINDOW, Adviser, Customer, Session};
use workshop::{ACCENT, ENGLISH, GERMAN, LOGO, Workshop, lotse};

/// What a customer sees first, in a copy of this institution's.
fn terms_page(institution: &str) -> CustomerView {
    CustomerView {
        institution: institution.to_owned(),
        test_relay: None,
        terms: Terms { english: ENGLISH.into(), german: GERMAN.into() },
        page: CustomerPage::Terms,
        confirm_close: false,
        seen: Seen::Window,
        runs: Runs::AsUsual,
    }
}

fn looks(languages: Languages) -> Looks {
    let accent: Colour = ACCENT.parse().expect("a colour");
    let (width, height) = LOGO;
    Looks {
        languages,
        accents: Some(Accents::nearest(accent, accent)),
        logo: Some(Logo::new(width, height, &workshop::logo()).expect("a logo")),
    }
}

/// Starts `program` and waits until its window looks exactly like this.
fn opens_with(program: &mut Command, view: &CustomerView, language: Language, looks: &Looks) {
    let desk = Desk::start();
    let program = desk.spawn(program.env("LC_ALL", "C.UTF-8").env_remove("RUST_LOG"));
    let window = desk.window_of(&program, PATIENCE);
    let place = desk.geometry(window);
    let expected = page::customers_page(view, language, looks, (place.width, place.height));
    let begun = std::time::Instant::now();
    loop {
        let shown = desk.looks(window);
        if page::shows(&shown, &expected) {
            return;
        }
        if begun.elapsed() > PATIENCE {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
            shown.save(&folder.join("branded-shown.png"));
            expected.save(&folder.join("branded-expected.png"));
            panic!("the window does not look as it should; both are in {}", folder.display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn name_logo_colours_and_terms_are_those_of_the_institution() {
    let workshop = Workshop::new();
    let keys = workshop::keys();
    workshop.describe("support.example.edu", &keys, &format!("accent = \"{ACCENT}\"\nlogo = \"logo.png\"\n"));
    workshop.brands(&lotse(), "uni", &[]);
    let copy = workshop.path("uni");
    let view = terms_page(INSTITUTION);
    opens_with(&mut Command::new(&copy), &view, Language::English, &looks(Languages::First(Language::English)));
    let mut in_german = Command::new("env");
    in_german.arg("LC_ALL=de_DE.UTF-8").arg(&copy);
    opens_with(&mut in_german, &view, Language::German, &looks(Languages::First(Language::English)));
    // A second run replaces the block; where only one language is offered, there is no other to switch to.
    let again = workshop.brand(&copy, "uni-2", &["--languages", "de", "--terms-de", "terms.de.txt", "--name", "Übung"]);
    assert!(!again.status.success(), "terms in English are left over: {}", workshop::said(&again));
    fs::remove_file(workshop.path("institution.toml")).expect("it is there");
    let options = ["--languages", "de", "--terms-de", "terms.de.txt", "--logo", "logo.png", "--accent", ACCENT];
    let whose = ["--name", "Übung", "--relay", "support.example.edu", "--relay-key", &keys];
    workshop.brands(&copy, "uni-2", &[options.as_slice(), &whose].concat());
    let view = CustomerView { institution: "Übung".to_owned(), ..view };
    opens_with(
        &mut Command::new(workshop.path("uni-2")),
        &view,
        Language::German,
        &looks(Languages::Only(Language::German)),
    );
}

/// An institution's name beside somebody else's relay would be a lie.
#[test]
fn with_another_relay_nothing_of_the_institution_is_shown() {
    let workshop = Workshop::new();
    workshop.describe(
        "support.example.edu",
        &workshop::keys(),
        &format!("accent = \"{ACCENT}\"\nlogo = \"logo.png\"\n"),
    );
    workshop.brands(&lotse(), "uni", &[]);
    let defaults = lotse::institution::Terms::default();
    let terms = Terms { english: (*defaults.english).into(), german: (*defaults.german).into() };
    let view = CustomerView { test_relay: Some("127.0.0.1:9".to_owned()), terms, ..terms_page("") };
    let mut copy = Command::new(workshop.path("uni"));
    copy.args(["--relay", "127.0.0.1:9", "--relay-key", &workshop::keys()]);
    opens_with(&mut copy, &view, Language::English, &Looks::default());
}

#[test]
fn two_copies_find_each_other_through_the_institutions_relay() {
    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    let [_, address, _, key] = relay.arguments();
    let workshop = Workshop::new();
    // The people here know buttons by the colour that they have in every copy.
    workshop.describe(&address, &key, "logo = \"logo.png\"\n");
    workshop.brands(&lotse(), "uni", &[]);
    let copy = || {
        let mut command = Command::new(workshop.path("uni"));
        command.args(["--renderer", "software"]).env("LC_ALL", "C.UTF-8").env_remove("RUST_LOG");
        command
    };
    let customer = Customer::start_by(Desk::start(), &mut copy());
    customer.accept_terms();
    let adviser = Adviser::start_by(Adviser::desk(), ADVISERS_WINDOW, copy().arg("adviser"));
    let session = Session::between(relay, &account, customer, adviser);
    session.allow_control();
}

#[test]
fn a_damaged_copy_says_so_and_does_nothing() {
    let workshop = Workshop::new();
    workshop.describe("support.example.edu", &workshop::keys(), "");
    workshop.brands(&lotse(), "uni", &[]);
    let damaged = workshop.path("damaged");
    let mut bytes = fs::read(workshop.path("uni")).expect("it was written");
    let name = bytes.windows(INSTITUTION.len()).rposition(|part| part == INSTITUTION.as_bytes());
    bytes[name.expect("the name is in it")] ^= 0x20;
    fs::write(&damaged, bytes).expect("there is room");
    fs::set_permissions(&damaged, fs::Permissions::from_mode(0o755)).expect("it is ours");

    let reason = "the checksum of the reserved block is wrong";
    let view = CustomerView {
        terms: Terms::default(),
        page: CustomerPage::Damaged { reason: reason.to_owned() },
        ..terms_page("")
    };
    opens_with(&mut Command::new(&damaged), &view, Language::English, &Looks::default());

    // Whatever it is to be, also for testing.
    for arguments in [vec![], vec!["adviser"], vec!["--relay", "127.0.0.1:9", "--relay-key", &workshop::keys()]] {
        let desk = Desk::start();
        let mut program = desk.spawn(Command::new(&damaged).args(arguments).env("LC_ALL", "C.UTF-8"));
        let window = desk.window_of(&program, PATIENCE);
        desk.close(window);
        let status = program.ended(PATIENCE).expect("it ends with its window");
        assert_eq!(status.code(), Some(3));
        let log = program.log();
        for told in ["This program is damaged", "Dieses Programm ist beschädigt", reason] {
            assert!(log.contains(told), "{log}");
        }
    }
    // Without a window it says the same to the terminal.
    let output = Command::new(&damaged).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output();
    let output = output.expect("it starts");
    assert_eq!(output.status.code(), Some(3));
    assert!(workshop::said(&output).contains("Dieses Programm ist beschädigt"));

    // And nobody builds on it.
    let refused = workshop.brand(&damaged, "again", &[]);
    assert!(workshop::said(&refused).contains(reason), "{}", workshop::said(&refused));
}

#[test]
fn a_signature_beside_the_file_is_made_and_checked_by_the_commands_that_are_printed() {
    let workshop = Workshop::new();
    workshop.describe("support.example.edu", &workshop::keys(), "");
    let printed = workshop.brands(&lotse(), "the university's lotse", &[]);
    workshop.certify();
    let commands = workshop::commands(&printed, "openssl ");
    assert_eq!(commands.len(), 3, "{}", workshop::said(&printed));
    let run = |command: &str| Command::new("sh").args(["-ec", command]).current_dir(workshop.folder()).output();
    for command in &commands {
        let done = run(command).expect("a shell");
        assert!(done.status.success(), "{command}: {}", workshop::said(&done));
    }
    let branded = workshop.path("the university's lotse");
    let mut bytes = fs::read(&branded).expect("it is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&branded, bytes).expect("there is room");
    assert!(!run(&commands[2]).expect("a shell").status.success(), "another file has another signature");
}

#[test]
fn what_stands_in_a_copy_can_be_shown() {
    let workshop = Workshop::new();
    let keys = workshop::keys();
    workshop.describe("support.example.edu:4433", &keys, "accent = \"#ffcc00\"\nlogo = \"logo.png\"\n");
    let printed = workshop.brands(&lotse(), "uni", &[]);
    let corrected =
        "The accent #ffcc00 could not be read in a light window: its contrast is 1.3 to 1, and 4.5 is needed";
    assert!(workshop::said(&printed).contains(corrected), "{}", workshop::said(&printed));
    let shown = workshop.relay(&["brand", "--show", "uni"]);
    let said = workshop::said(&shown);
    for line in ["name       University of Example", "relay      support.example.edu:4433", "logo       96 × 32", &keys]
    {
        assert!(said.contains(line), "{line}: {said}");
    }
    let nobodys = workshop.relay(&["brand", "--show", &lotse().to_string_lossy()]);
    assert!(workshop::said(&nobodys).contains("belongs to nobody yet"), "{}", workshop::said(&nobodys));
    // As executable as it was, and the same but for the block.
    let (before, after) = (fs::read(lotse()).expect("built"), fs::read(workshop.path("uni")).expect("written"));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(&workshop.path("uni")), mode(&lotse()));
    let differ: Vec<_> = (0..before.len()).filter(|at| before[*at] != after[*at]).collect();
    assert_eq!(before.len(), after.len());
    let (first, last) = (differ.first().expect("it differs"), differ.last().expect("it differs"));
    assert!(last - first < RESERVED, "{first} to {last}");
    assert_eq!(after[first - 16..*first], block::MAGIC, "the first byte after the magic");
}

#[test]
fn each_refusal_has_its_sentence_and_leaves_no_file() {
    let workshop = Workshop::new();
    let whole = "accent = \"#7a1f4b\"\nlogo = \"logo.png\"\n";
    workshop.describe("support.example.edu", &workshop::keys(), whole);
    let copy = workshop.path("lotse");
    fs::copy(lotse(), &copy).expect("there is room");
    let write = |name: &str, bytes: &[u8]| fs::write(workshop.path(name), bytes).expect("there is room");
    let bytes = fs::read(&copy).expect("it is there");
    write("short", &bytes[..bytes.len() / 2]);
    write("other", b"#!/bin/sh\necho this is no executable of ours, whatever its name\n");
    write("notes.txt", &[0xff; 20]);
    write("long.txt", "x\n".repeat(30_000).as_bytes());
    write("tabs.txt", b"a\tb");
    let before = workshop.files();
    let shell = std::env::current_exe().expect("a test has a file");
    for (from, options, said) in [
        ("short", vec![], "is not complete: fetch it once more"),
        ("other", vec![], "this is no executable for 64-bit Windows or Linux"),
        (&*shell.to_string_lossy(), vec!["--name", "", "--relay", ""], "a relay is written HOST or HOST:PORT"),
        ("missing", vec![], "cannot read missing: No such file"),
        (".", vec![], "cannot read .: is a directory"),
        ("lotse", vec!["--name", " "], "the institution's name is empty"),
        ("lotse", vec!["--relay-key", "abc"], "stands in relay-key.txt"),
        ("lotse", vec!["--languages", "fr"], "languages: \"en\", \"de\" or both"),
        ("lotse", vec!["--accent", "blue"], "a colour is written as on web pages"),
        ("lotse", vec!["--logo", "terms.de.txt"], "it is no PNG file"),
        ("lotse", vec!["--logo", "none.png"], "cannot read none.png"),
        ("lotse", vec!["--terms-de", "notes.txt"], "notes.txt is no text in UTF-8"),
        ("lotse", vec!["--terms-de", "long.txt"], "is longer than 20480 bytes"),
        ("lotse", vec!["--terms-de", "tabs.txt"], "characters that cannot be shown (U+0009)"),
        ("lotse", vec!["--from", "terms.de.txt"], "terms.de.txt is not as it should be"),
        ("lotse", vec!["-o", "lotse"], "lotse would be written over: give another name"),
        ("lotse", vec!["-o", "no/folder/uni"], "cannot write no/folder/uni"),
    ] {
        let refused = workshop.brand(Path::new(from), "uni", &options);
        assert!(!refused.status.success(), "{from} {options:?}");
        assert!(workshop::said(&refused).contains(said), "{from} {options:?}: {}", workshop::said(&refused));
        assert_eq!(workshop.files(), before, "{from} {options:?}");
    }
    assert_eq!(fs::read(&copy).expect("it is there"), bytes);
}

/// In place of a full disk, a limit for the size of files: the same error at the same place.
#[test]
fn where_there_is_no_room_nothing_is_left() {
    let workshop = Workshop::new();
    workshop.describe("support.example.edu", &workshop::keys(), "");
    let before = workshop.files();
    let relay = workshop::lotse_relay();
    let command = format!(
        "trap '' XFSZ; ulimit -f 2000; exec '{}' brand --from institution.toml '{}' -o uni",
        relay.display(),
        lotse().display()
    );
    let full = Command::new("bash").args(["-c", &command]).current_dir(workshop.folder()).output().expect("bash");
    assert!(!full.status.success());
    let said = workshop::said(&full);
    assert!(said.contains("cannot write uni: File too large") && said.contains("nothing of it was left"), "{said}");
    assert_eq!(workshop.files(), before);
    until(PATIENCE, "the same with room", || workshop.brand(&lotse(), "uni", &[]).status.success().then_some(()));
}
