//! `lotse.exe` where there is no OpenGL: in a remote desktop session, or with a driver that does not work.

use std::process::Command;

use crate::desk::relay::Relay;
use crate::desk::{Desk, PATIENCE, until};
use crate::helped::Notes;
use crate::people::{ADVISERS_WINDOW, Adviser, Customer};
use crate::prefix::{GONE_WITHIN, Prefix};
use crate::{helped, leaves_nothing};

/// Where Wine's OpenGL looks for a driver, so that it finds none.
pub(crate) const NO_OPENGL: (&str, &str) = ("LIBGL_DRIVERS_PATH", "/nonexistent");

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

/// Wine makes Direct3D of OpenGL, and where there is none a program that asks for a device crashes: a driver of that kind.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn lotse_doctor_says_that_a_driver_crashes_and_does_not_end_with_it() {
    let prefix = Prefix::given();
    let (desk, relay) = (Desk::start(), Relay::start());
    let mut doctor = desk.spawn(prefix.lotse().arg("doctor").args(relay.arguments()).envs([NO_OPENGL]));
    let code = doctor.ended(2 * PATIENCE).expect("it ends by itself").code();
    let says = "by GDI, since the graphics driver crashed, or never came back, when it was tried out";
    let said = doctor.log();
    assert!(
        code == Some(0) && said.contains(says) && said.contains("Mouse and keyboard can be used"),
        "{code:?}: {said}"
    );
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_customer_is_helped_where_a_driver_crashes() {
    let prefix = Prefix::given();
    leaves_nothing(&prefix, Desk::start(), |desk| {
        let session = helped::begin_by(|arguments| {
            let mut command = prefix.lotse();
            command.args(arguments).envs([NO_OPENGL, ("RUST_LOG", "lotse_desktop=debug")]);
            let customer = Customer::start_by(desk, &mut command);
            customer.accept_terms();
            customer
        });
        let tried = "the graphics driver crashed or never came back when it was tried out";
        until(PATIENCE, "the driver to be tried out", || session.customer.program.log().contains(tried).then_some(()));
        let notes = Notes::open(&prefix, &session.customer.desk);
        // The pointer is on the picture from now on, and so not drawn into it.
        helped::takes_the_keyboard(&session, &notes);
        session.sees_exactly();
        notes.close(&session.customer.desk);
        helped::ends(session)
    });
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
