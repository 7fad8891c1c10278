//! `lotse doctor` in the hands of somebody who looks after computers: it finds what is there, tries it out, and says what is
//! missing.

mod desk;

use std::process::Command;
use std::time::Duration;

use desk::relay::Relay;
use desk::{Desk, PATIENCE};
use lotse_protocol::keys::{RelayPins, SigningKey};
use serde_json::Value;

/// What the real program prints, and whether it says that all is well.
fn doctor(desk: &Desk, relay: &[String; 4], more: &[&str], language: &str) -> (String, bool) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotse"));
    command.arg("doctor").args(relay).args(more).env("LC_ALL", language).env("LANG", language).env_remove("RUST_LOG");
    let mut program = desk.spawn(&mut command);
    let ended = program.ended(2 * PATIENCE).expect("it ends by itself");
    (program.log(), ended.success())
}

fn json(printed: &str) -> Value {
    let line = printed.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("no JSON: {printed}"));
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn finding<'a>(found: &'a Value, about: &str) -> &'a Value {
    let all = found["findings"].as_array().expect("a list");
    all.iter().find(|finding| finding["about"] == about).unwrap_or_else(|| panic!("nothing about {about}: {found:#}"))
}

#[test]
fn everything_that_is_there_is_found_and_works() {
    let (desk, relay) = (Desk::start(), Relay::start());
    let hand = (700, 500);
    desk.move_to(hand);
    let (printed, well) = doctor(&desk, &relay.arguments(), &["--json", "--selftest"], "C.UTF-8");
    let found = json(&printed);
    for about in ["relay-udp", "capture", "pointer", "input", "selftest", "selftest-fallback"] {
        assert_eq!(finding(&found, about)["verdict"], "good", "{found:#}");
    }
    assert_eq!((finding(&found, "capture")["width"].as_u64(), well), (Some(1280), true));
    assert_eq!(finding(&found, "capture")["way"], "X11, through shared memory");
    assert!(finding(&found, "relay-udp")["milliseconds"].as_u64().is_some_and(|ms| ms < 8000));
    for (selftest, way) in [("selftest", "shared memory"), ("selftest-fallback", "without shared memory")] {
        let finding = finding(&found, selftest);
        for part in ["pixels", "damage", "layered", "pointer-position", "pointer-shape"] {
            assert_eq!(finding[part], "good", "{found:#}");
        }
        assert!(finding["says"].as_str().is_some_and(|says| says.contains(way)), "{finding:#}");
    }
    assert_eq!(desk.pointer(), hand, "the pointer is where the person had it");
    assert!(desk.popups().is_empty(), "nothing is left on the screen");
}

#[test]
fn what_is_missing_is_said_in_words_and_by_the_exit_code() {
    let (desk, relay) = (Desk::start(), Relay::start());
    // The right place and the wrong key: somebody else's relay.
    let key = || SigningKey::generate(&mut rand::rng()).public();
    let mut arguments = relay.arguments();
    arguments[3] = RelayPins { transport: key(), cards: key() }.to_string();
    let (printed, well) = doctor(&desk, &arguments, &[], "C.UTF-8");
    assert!(!well, "{printed}");
    let says = |start: &str| printed.lines().any(|line| line.starts_with(start));
    assert!(says("!! The service at ") && says("ok The screen can be shared: 1280 × 800 pixels"), "{printed}");

    let (printed, well) = doctor(&desk, &relay.arguments(), &[], "de_DE.UTF-8");
    assert!(well && printed.contains("\nok Der Bildschirm lässt sich teilen: 1280 × 800 Pixel"), "{printed}");

    let mut command = Command::new("env");
    command.args(["DISPLAY=:7999", env!("CARGO_BIN_EXE_lotse"), "doctor", "--json"]).args(relay.arguments());
    let mut program = desk.spawn(&mut command);
    let ended = program.ended(2 * PATIENCE + Duration::from_secs(5)).expect("it ends by itself");
    let found = json(&program.log());
    for about in ["capture", "pointer", "input"] {
        assert_eq!(finding(&found, about)["verdict"], "bad", "{found:#}");
    }
    assert_eq!((finding(&found, "relay-udp")["verdict"].as_str(), ended.success()), (Some("good"), false));
}
