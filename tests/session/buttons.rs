//! The adviser's mouse, as another program on the customer's desk hears of it.

use std::process::Command;

use crate::desk::hands::Button;
use crate::desk::{PATIENCE, until};
use crate::people::Session;

/// Five buttons go down and up, and both wheels turn both ways, each in the place that the adviser points at.
///
/// # Panics
/// When one does not. The adviser sees the picture pixel for pixel, and has control.
pub(crate) fn arrive(session: &Session) {
    let customer = &session.customer.desk;
    // Says of every button that goes down or up in its window which and where, a few lines for each.
    let watcher = customer.spawn(Command::new("stdbuf").args(["-oL", "xev", "-geometry", "200x100+8+600"]));
    let window = customer.window("Event Tester", PATIENCE);
    let area = customer.geometry(window);
    let buttons = [
        Button::Left,
        Button::Middle,
        Button::Right,
        Button::Back,
        Button::Forward,
        Button::WheelUp,
        Button::WheelDown,
        Button::WheelLeft,
        Button::WheelRight,
    ];
    for (button, step) in buttons.into_iter().zip(1..) {
        let place = (area.x + 20 * step, area.y + 10 * step);
        session.click_on_customers_with(button, place);
        let told = [format!("button {}", button as u8), format!("root:({},{})", place.0, place.1)];
        until(PATIENCE, &format!("{told:?} to go down and up there"), || {
            let log = watcher.log();
            let seen = |event: &str| {
                log.split(event).skip(1).any(|said| {
                    let lines: String = said.lines().take(3).collect();
                    told.iter().all(|what| lines.contains(what))
                })
            };
            (seen("ButtonPress event") && seen("ButtonRelease event")).then_some(())
        });
    }
    assert!(customer.held_buttons().is_empty());
}
