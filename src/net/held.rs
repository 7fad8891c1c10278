//! What the adviser's hands hold down on the other side, and the sign that they still do: whoever holds a key may be gone
//! from one moment to the next, and a key that stays down on somebody's computer types, or drags, by itself. So a viewer
//! that holds something says so ten times a second, and a host that hears nothing at all for 0.6 s lets go
//! (`docs/decisions/0007-held-keys.md`).

use std::collections::BTreeSet;
use std::time::Duration;

use lotse_protocol::message::input::{InputMessage, input_message::Body};
use tokio::time::sleep;

/// So often a viewer that holds something is heard.
pub(super) const HOLDING: Duration = Duration::from_millis(100);
/// How often the host looks whether it was. Looks are counted and not the time: a host that was itself asleep has not
/// looked, and reads first what has come in the meantime.
const LOOK: Duration = Duration::from_millis(50);
/// After so many looks in vain it lets go: five signs in a row were lost, or the path stood still for so long.
const LOOKS_IN_VAIN: u32 = 12;

/// Keys and buttons that are down, by what passes on the input stream.
#[derive(Debug, Default)]
pub(super) struct Held {
    keys: BTreeSet<u32>,
    buttons: BTreeSet<i32>,
}

impl Held {
    /// Takes in what the hands did.
    pub(super) fn follow(&mut self, message: &InputMessage) {
        match &message.body {
            Some(Body::Key(key)) if key.pressed => {
                self.keys.insert(key.usage);
            }
            Some(Body::Key(key)) => {
                self.keys.remove(&key.usage);
            }
            Some(Body::Button(button)) if button.pressed => {
                self.buttons.insert(button.button);
            }
            Some(Body::Button(button)) => {
                self.buttons.remove(&button.button);
            }
            Some(Body::ReleaseAll(_)) => *self = Self::default(),
            _ => {}
        }
    }

    /// Nothing is down.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.buttons.is_empty()
    }
}

/// Returns when nothing was heard for so long that whoever holds keys must be taken for gone. `heard` counts what the
/// other side has sent.
pub(super) async fn nothing_is_heard(heard: impl Fn() -> u64) {
    let (mut last, mut in_vain) = (heard(), 0);
    while in_vain < LOOKS_IN_VAIN {
        sleep(LOOK).await;
        let now = heard();
        in_vain = if now == last { in_vain + 1 } else { 0 };
        last = now;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::{Duration, Instant};

    use lotse_protocol::message::input::{
        Button, InputMessage, Key, MouseButton, Move, ReleaseAll, input_message::Body,
    };
    use tokio::time::{sleep, timeout};

    use super::{Held, nothing_is_heard};

    fn key(usage: u32, pressed: bool) -> Body {
        Body::Key(Key { usage, pressed, ..Key::default() })
    }

    fn button(button: MouseButton, pressed: bool) -> Body {
        Body::Button(Button { button: button.into(), pressed, at: None })
    }

    fn follow(held: &mut Held, body: Body) {
        held.follow(&InputMessage { body: Some(body), epoch: 1 });
    }

    #[test]
    fn what_went_down_is_held_until_it_comes_up_or_everything_is_let_go() {
        let mut held = Held::default();
        assert!(held.is_empty());
        follow(&mut held, key(4, true));
        follow(&mut held, key(4, true));
        follow(&mut held, Body::Move(Move { display: 0, x: 1, y: 1 }));
        assert!(!held.is_empty());
        follow(&mut held, button(MouseButton::Left, true));
        follow(&mut held, key(4, false));
        assert!(!held.is_empty(), "the button is down");
        follow(&mut held, button(MouseButton::Left, false));
        assert!(held.is_empty());
        follow(&mut held, key(5, true));
        follow(&mut held, Body::ReleaseAll(ReleaseAll {}));
        assert!(held.is_empty());
    }

    #[tokio::test]
    async fn a_sign_now_and_then_is_enough_and_its_absence_is_noticed() {
        let heard = Cell::new(0);
        let signs = async {
            loop {
                sleep(Duration::from_millis(300)).await;
                heard.set(heard.get() + 1);
            }
        };
        tokio::select! {
            () = signs => {}
            () = nothing_is_heard(|| heard.get()) => panic!("it was heard"),
            () = sleep(Duration::from_millis(1500)) => {}
        }
        let begun = Instant::now();
        let noticed = timeout(Duration::from_secs(5), nothing_is_heard(|| heard.get())).await;
        assert!(noticed.is_ok());
        assert!(begun.elapsed() >= Duration::from_millis(600));
    }
}
