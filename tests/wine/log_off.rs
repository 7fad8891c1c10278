//! Somebody logs off from Windows: the other side is told at once, as when the window is closed, and not by the silence of a
//! program that is gone.

use std::time::Duration;

use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::{Desk, until};
use crate::people::{Adviser, Customer, Session};
use crate::prefix::{GONE_WITHIN, Prefix};
use crate::{helped, helps};

/// A silence is waited for much longer.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// The first time, Wine writes down where it has looked for what else to start.
pub(crate) fn once(prefix: &Prefix, desk: &Desk) {
    assert!(desk.spawn(&mut prefix.logs_off()).ended(GONE_WITHIN).is_some(), "Wine logs off");
}

pub(crate) fn by_customer(prefix: &Prefix, desk: Desk) -> Desk {
    let Session { customer: Customer { desk, program, .. }, adviser, relay } = helped::begin(prefix, desk);
    logs_off(prefix, &desk, program, &relay, || !adviser.is_in_session());
    desk
}

pub(crate) fn by_adviser(prefix: &Prefix, desk: Desk) -> Desk {
    let Session { customer, adviser: Adviser { desk, program, .. }, relay } = helps::begin(prefix.lotse(), desk);
    logs_off(prefix, &desk, program, &relay, || !customer.is_in_session());
    desk
}

/// Whoever uses this program.
fn logs_off(prefix: &Prefix, desk: &Desk, mut program: Program, relay: &Relay, is_told: impl Fn() -> bool) {
    let mut windows = desk.spawn(&mut prefix.logs_off());
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends by itself");
    until(TOLD_WITHIN, "the other side to be told", || is_told().then_some(()));
    assert!(windows.ended(GONE_WITHIN).is_some(), "Windows has waited for nobody else");
    let log = relay.log();
    assert!(log.contains("introduction 1 ended") && !log.contains("a connection was lost"), "{log}");
}
