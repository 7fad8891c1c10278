//! An institution's own `lotse.exe`: branded, signed by the commands that are printed, and started under Wine.

use std::fs;
use std::path::Path;
use std::process::Command;

use egui::Color32;

use crate::desk::{Desk, PATIENCE, until};
use crate::prefix::{GONE_WITHIN, Prefix};
use crate::workshop::{self, ACCENT, Workshop};

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_copy_of_an_institutions_is_branded_signed_and_started() {
    let prefix = Prefix::given();
    let workshop = Workshop::new();
    workshop.describe("127.0.0.1:9", &workshop::keys(), &format!("accent = \"{ACCENT}\"\nlogo = \"logo.png\"\n"));
    workshop.brands(prefix.executable(), "first.exe", &[]);
    // The second one takes the place of the first.
    let printed = workshop.brands(&workshop.path("first.exe"), "uni.exe", &["--name", "University & Example"]);
    assert!(printed.status.success(), "{}", workshop::said(&printed));

    workshop.certify();
    let commands = workshop::commands(&printed, "osslsigncode ");
    assert_eq!(commands.len(), 2, "{}", workshop::said(&printed));
    let run = |command: &str| Command::new("sh").args(["-ec", command]).current_dir(workshop.folder()).output();
    for command in &commands {
        let done = run(command).expect("a shell");
        assert!(done.status.success(), "{command}: {}", workshop::said(&done));
    }
    checksum_is_right(&workshop.path("uni.exe"));

    for name in ["uni.exe", "uni-signed.exe"] {
        opens_in_its_colours(&prefix, &workshop.path(name));
    }

    // What is signed stays as it is.
    let before = fs::read(workshop.path("uni-signed.exe")).expect("osslsigncode has written it");
    let refused = workshop.brand(Path::new("uni-signed.exe"), "again.exe", &[]);
    assert!(workshop::said(&refused).contains("is signed already"), "{}", workshop::said(&refused));
    assert_eq!(fs::read(workshop.path("uni-signed.exe")).expect("it is there"), before);
    let shown = workshop.relay(&["brand", "--show", "uni-signed.exe"]);
    assert!(workshop::said(&shown).contains("University & Example"), "{}", workshop::said(&shown));
    // And whoever changes it all the same is found out.
    let mut changed = before;
    let at = changed.windows(11).rposition(|part| part == b"127.0.0.1:9").expect("the relay is in it");
    changed[at] = b'9';
    fs::write(workshop.path("uni-signed.exe"), changed).expect("there is room");
    assert!(!run(&commands[1]).expect("a shell").status.success(), "the signature is of another file");

    // The block was changed with the relay's address: it does not go where somebody else would have it.
    let desk = Desk::start();
    let mut program = desk.spawn(&mut prefix.started(&workshop.path("uni-signed.exe")));
    let window = desk.window_of(&program, PATIENCE);
    desk.close(window);
    assert_eq!(program.ended(GONE_WITHIN).and_then(|status| status.code()), Some(3));
    assert!(program.log().contains("checksum of the reserved block"), "{}", program.log());
}

fn opens_in_its_colours(prefix: &Prefix, executable: &Path) {
    let desk = Desk::start();
    let mut program = desk.spawn(prefix.started(executable).arg("adviser"));
    let window = desk.window_of(&program, PATIENCE);
    let accent = Color32::from_hex(ACCENT).expect("a colour");
    let logo = Color32::from_rgb(0xc8, 0x10, 0x20);
    // The accent is around the field that has the keyboard.
    until(PATIENCE, "logo and accent in the window", || {
        let pixels = desk.looks(window);
        let many = |colour: Color32, least: usize| {
            let bgr = [colour.b(), colour.g(), colour.r()];
            pixels.bgrx.chunks_exact(4).filter(|pixel| pixel[..3] == bgr).count() > least
        };
        (many(accent, 300) && many(logo, 900)).then_some(())
    });
    desk.close(window);
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
}

/// By another way to the same sum.
fn checksum_is_right(executable: &Path) {
    let bytes = fs::read(executable).expect("it is there");
    let header = usize::try_from(u32::from_le_bytes(bytes[0x3c..0x40].try_into().expect("four"))).expect("small");
    let at = header + 24 + 64;
    let stands = u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four"));
    let mut padded = bytes.clone();
    padded[at..at + 4].fill(0);
    padded.resize(padded.len().next_multiple_of(2), 0);
    let sum: u64 = padded.chunks_exact(2).map(|word| u64::from(u16::from_le_bytes([word[0], word[1]]))).sum();
    let fold = |sum: u64| (sum & 0xffff) + (sum >> 16);
    let folded = fold(fold(fold(sum)));
    assert_eq!(u64::from(stands), folded + bytes.len() as u64);
}
