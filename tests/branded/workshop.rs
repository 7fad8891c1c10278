//! Where copies are made: a folder with an institution's texts, and `lotse-relay brand`.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use lotse_protocol::keys::{RelayPins, SigningKey};

use crate::desk::relay::INSTITUTION;

/// What no other window has.
pub(crate) const ACCENT: &str = "#7a1f4b";

pub(crate) const LOGO: (u32, u32) = (96, 32);

pub(crate) const ENGLISH: &str =
    "# Who helps you\n\nThe service desk of the University of Example.\n\n- only while you look\n";
pub(crate) const GERMAN: &str =
    "# Wer Ihnen hilft\n\nDie Servicestelle der Universität Beispiel.\n\n- nur solange Sie zusehen\n";

pub(crate) struct Workshop {
    folder: tempfile::TempDir,
}

impl Workshop {
    pub(crate) fn new() -> Self {
        let workshop = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        // As Windows' editor writes it.
        let windows = format!("\u{feff}{}", GERMAN.replace('\n', "\r\n"));
        fs::write(workshop.path("terms.de.txt"), windows).expect("the folder is ours");
        fs::write(workshop.path("terms.en.txt"), ENGLISH).expect("the folder is ours");
        let file = fs::File::create(workshop.path("logo.png")).expect("the folder is ours");
        let mut encoder = png::Encoder::new(BufWriter::new(file), LOGO.0, LOGO.1);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(&logo()).expect("an image");
        writer.finish().expect("an end");
        workshop
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// Writes `institution.toml`.
    pub(crate) fn describe(&self, relay: &str, key: &str, more: &str) {
        let text = format!(
            "name = \"{INSTITUTION}\"\nrelay = \"{relay}\"\nrelay_key = \"{key}\"\n{more}\
             [terms]\nen = \"terms.en.txt\"\nde = \"terms.de.txt\"\n"
        );
        fs::write(self.path("institution.toml"), text).expect("the folder is ours");
    }

    /// Runs `lotse-relay brand`, with what was described if it was; options come last, and go before.
    pub(crate) fn brand(&self, from: &Path, to: &str, options: &[&str]) -> Output {
        let mut command = Command::new(lotse_relay());
        command.arg("brand").arg(from).current_dir(self.folder());
        if self.path("institution.toml").exists() && !options.contains(&"--from") {
            command.args(["--from", "institution.toml"]);
        }
        if !options.contains(&"-o") {
            command.args(["-o", to]);
        }
        command.args(options).output().expect("lotse-relay can be started")
    }

    /// The same, and it has to succeed.
    pub(crate) fn brands(&self, from: &Path, to: &str, options: &[&str]) -> Output {
        let done = self.brand(from, to, options);
        assert!(done.status.success(), "{}", said(&done));
        done
    }

    pub(crate) fn relay(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(lotse_relay());
        command.args(arguments).current_dir(self.folder()).output().expect("lotse-relay can be started")
    }

    /// A certificate for code and its key, by the names that the printed commands have for them.
    pub(crate) fn certify(&self) {
        let command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -days 30 -subj \
                       '/O=University of Example/CN=Lotse' -addext extendedKeyUsage=codeSigning \
                       -addext keyUsage=digitalSignature && cp certificate.pem ca.pem";
        let done = Command::new("sh").args(["-ec", command]).current_dir(self.folder()).output().expect("a shell");
        assert!(done.status.success(), "{}", said(&done));
    }

    /// The names of what is in the folder.
    pub(crate) fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder()).expect("a folder can be read");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

/// Red, blue, and what shows through.
pub(crate) fn logo() -> Vec<u8> {
    let pixel = |at: u32| match (at % LOGO.0, at / LOGO.0) {
        (0..=31, _) => [0xc8, 0x10, 0x20, 0xff],
        (_, 8..=23) => [0x10, 0x30, 0xa0, 0xff],
        _ => [0, 0, 0, 0],
    };
    (0..LOGO.0 * LOGO.1).flat_map(pixel).collect()
}

/// Keys of a relay that nobody runs.
pub(crate) fn keys() -> String {
    let key = || SigningKey::generate(&mut rand::rng()).public();
    RelayPins { transport: key(), cards: key() }.to_string()
}

/// The executable that customers download, as it is built here.
pub(crate) fn lotse() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_lotse"))
}

/// Beside it.
pub(crate) fn lotse_relay() -> PathBuf {
    let path = lotse().with_file_name("lotse-relay");
    assert!(path.exists(), "{} is missing: cargo build --workspace --bins", path.display());
    path
}

/// The commands that were printed for this program.
pub(crate) fn commands(printed: &Output, program: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(&printed.stdout);
    text.lines().map(str::trim).filter(|line| line.starts_with(program)).map(str::to_owned).collect()
}

/// Both streams.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
