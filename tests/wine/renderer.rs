//! `lotse.exe` where there is no OpenGL: in a remote desktop session, or with a driver that does not work.

use std::process::Command;

use crate::desk::relay::Relay;
use crate::desk::{Desk, PATIENCE};
use crate::people::{ADVISERS_WINDOW, Adviser, Customer};
use crate::prefix::{GONE_WITHIN, Prefix};

/// Where Wine's OpenGL looks for a driver, so that it finds none.
const NO_OPENGL: (&str, &str) = ("LIBGL_DRIVERS_PATH", "/nonexistent");

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn without_opengl_both_windows_are_drawn_by_the_processor() {
    let prefix = Prefix::given();
    assert_eq!(opengl(prefix.lotse().arg("probe-opengl")).map(|name| name.contains("llvmpipe")), Some(true));
    prefix.ends();
    assert_eq!(opengl(prefix.lotse().arg("probe-opengl").envs([NO_OPENGL])), None, "it is taken away");
    prefix.ends();
    who_asks_for_it_is_told(&prefix);
    prefix.ends();

    let relay = Relay::start();
    let account = relay.add_adviser("maria", "Maria Huber");
    // The customer's window does not even look for it.
    let mut command = prefix.lotse();
    let command = command.args(relay.arguments()).envs([NO_OPENGL]).env("WINEDEBUG", "+loaddll");
    let customer = Customer::start_by(Desk::start(), command);
    customer.accept_terms();
    customer.numbers();
    let log = customer.program.log().to_lowercase();
    assert!(log.contains("gdi32.dll") && !log.contains("opengl32.dll"), "{log}");
    drop(customer);
    prefix.ends();

    let mut command = prefix.lotse();
    let command = command.arg("adviser").args(relay.arguments()).envs([NO_OPENGL, ("RUST_LOG", "lotse=info")]);
    let adviser = Adviser::start_by(Adviser::desk(), ADVISERS_WINDOW, command);
    adviser.sign_in(&account);
    assert!(adviser.looks().colours() > 16, "the page is blank");
    let log = adviser.program.log();
    assert!(log.contains("drawing without OpenGL: there is none that works"), "{log}");
}

fn who_asks_for_it_is_told(prefix: &Prefix) {
    let relay = Relay::start();
    let mut command = prefix.lotse();
    command.arg("adviser").args(relay.arguments()).args(["--renderer", "gl"]).envs([NO_OPENGL]);
    let mut program = Desk::start().spawn(&mut command);
    assert_eq!(program.ended(GONE_WITHIN).and_then(|status| status.code()), Some(1));
    assert!(program.log().contains("OpenGL does not work on this computer"), "{}", program.log());
}

/// The driver's name by the program's own child, if there is OpenGL.
fn opengl(command: &mut Command) -> Option<String> {
    let desk = Desk::start();
    let mut program = desk.spawn(command);
    let status = program.ended(PATIENCE).expect("it ends by itself");
    let name = program.log().trim().to_owned();
    (status.success() && !name.is_empty()).then_some(name)
}
