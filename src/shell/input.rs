//! Keyboard and mouse over the picture, translated to the customer's side.

use std::collections::{HashMap, HashSet};

use winit::event::MouseScrollDelta;
use winit::keyboard::{ModifiersState, PhysicalKey};

use super::placement::Placement;
use crate::viewer::keyboard::{Meaning, Typed};

/// What the adviser's hands did. Positions are pixels of the customer's display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key, by HID usage: a position on the keyboard, whatever the layout. Repeats are dropped.
    Key {
        /// HID usage: on page 0x07 as it is, on another with the page in the upper half.
        usage: u32,
        /// Down, or up.
        pressed: bool,
        /// What it types.
        typed: Typed,
    },
    /// Characters that no single key made, one by one.
    Text(Character),
    /// The pointer moved; only the last of several moves, but never one behind a button.
    Move {
        /// From the left.
        x: u32,
        /// From the top.
        y: u32,
    },
    /// A mouse button, with where it happened.
    Button {
        /// Which.
        button: MouseButton,
        /// Down, or up.
        pressed: bool,
        /// From the left.
        x: u32,
        /// From the top.
        y: u32,
    },
    /// Wheels, in 1/120 of a notch; positive is to the right, and away from the person.
    Wheel {
        /// Sideways.
        horizontal: i32,
        /// Up and down.
        vertical: i32,
    },
    /// The window, or the picture in it, lost the keyboard: everything held is to be let go.
    ReleaseAll,
}

/// A character. Its `Debug` is silent: it may be one of a password.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Character(pub char);

impl std::fmt::Debug for Character {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Character").finish_non_exhaustive()
    }
}

/// The buttons of a mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MouseButton {
    /// Left.
    Left,
    /// Middle.
    Middle,
    /// Right.
    Right,
    /// The fourth.
    Back,
    /// The fifth.
    Forward,
}

/// Turns the window's events into [`Input`], in order.
#[derive(Default)]
pub(super) struct Translator {
    /// Keys that went down over the picture and have not come up, with the usages that are held for each, if any.
    keys: HashMap<PhysicalKey, Vec<u32>>,
    /// Keys that came up without a release.
    forgotten: HashSet<PhysicalKey>,
    /// Mouse buttons likewise.
    buttons: HashSet<MouseButton>,
    /// Keys were pressed since everything was let go of: the other side's locks are ours until it is again.
    typed: bool,
    /// Where the pointer was last, in pixels of the window.
    pointer: (f64, f64),
    /// A move not handed on yet.
    moved: Option<(u32, u32)>,
    /// Parts of a notch not handed on yet, from touch pads.
    wheel: (f64, f64),
    /// What is to be handed on.
    out: Vec<Input>,
}

/// The modifiers that make a command of a key, with the usages of the keys for them, the usual one first.
const MODIFIERS: [(ModifiersState, [u32; 2]); 3] = [
    (ModifiersState::CONTROL, [0xe0, 0xe4]),
    (ModifiersState::ALT, [0xe2, 0xe6]),
    (ModifiersState::SUPER, [0xe3, 0xe7]),
];

/// Pixels of a touch pad that count as one notch; what browsers use.
const PIXELS_PER_NOTCH: f64 = 100.0;
/// A notch (Windows' `WHEEL_DELTA`).
const NOTCH: f64 = 120.0;

impl Translator {
    /// What happened since the last call; the last move comes last.
    pub(super) fn take(&mut self) -> Vec<Input> {
        self.flush_move();
        std::mem::take(&mut self.out)
    }

    /// A key went down with these modifiers. What is down already is not pressed again.
    pub(super) fn press(&mut self, key: PhysicalKey, meaning: Meaning, modifiers: ModifiersState) {
        if self.keys.contains_key(&key) {
            return;
        }
        self.typed = true;
        let mut held = Vec::new();
        match meaning {
            Meaning::Key { usage, typed } => {
                if !MODIFIERS.iter().any(|(_, usages)| usages.contains(&usage)) {
                    held = self.press_missing(modifiers);
                }
                if !self.holds(usage) {
                    self.out.push(Input::Key { usage, pressed: true, typed });
                }
                held.push(usage);
            }
            Meaning::Text(text) => self.text(&text),
            Meaning::Nothing => {}
        }
        self.keys.insert(key, held);
    }

    /// Presses the modifiers that are not held though they are in force: sticky ones; and those of which an input method
    /// has told nothing, or too early that they were let go of.
    fn press_missing(&mut self, modifiers: ModifiersState) -> Vec<u32> {
        let missing = MODIFIERS.iter().filter(|(modifier, usages)| {
            modifiers.contains(*modifier) && !usages.iter().any(|usage| self.holds(*usage))
        });
        let missing: Vec<u32> = missing.map(|(_, usages)| usages[0]).collect();
        let press = |usage: &u32| Input::Key { usage: *usage, pressed: true, typed: Typed::default() };
        self.out.extend(missing.iter().map(press));
        missing
    }

    /// A key came up. Releases of what is not down belong to somebody else.
    pub(super) fn release(&mut self, key: PhysicalKey) {
        for usage in self.keys.remove(&key).unwrap_or_default().into_iter().rev() {
            if !self.holds(usage) {
                self.out.push(Input::Key { usage, pressed: false, typed: Typed::default() });
            }
        }
    }

    /// A key is up, and no release has come. winit takes it for down, and its next press for a repeat.
    pub(super) fn release_forgotten(&mut self, key: PhysicalKey) {
        self.release(key);
        self.forgotten.insert(key);
    }

    /// A press or a release of `key` has come; `true` if it was released without one before.
    pub(super) fn remember(&mut self, key: PhysicalKey) -> bool {
        self.forgotten.remove(&key)
    }

    /// Lets go of every key. Their releases are nobody's any more.
    pub(super) fn release_keys(&mut self) {
        for key in self.held_keys() {
            self.release(key);
        }
    }

    /// The keys that are down.
    pub(super) fn held_keys(&self) -> Vec<PhysicalKey> {
        self.keys.keys().copied().collect()
    }

    fn holds(&self, usage: u32) -> bool {
        self.keys.values().any(|held| held.contains(&usage))
    }

    /// Text came from an input method, or was composed.
    pub(super) fn text(&mut self, text: &str) {
        self.out.extend(text.chars().filter(|one| !one.is_control()).map(|one| Input::Text(Character(one))));
    }

    /// Is a key or button down that went down over the picture? Then its release belongs to the picture too.
    pub(super) fn holds_button(&self) -> bool {
        !self.buttons.is_empty()
    }

    /// Did `key` go down over the picture?
    pub(super) fn holds_key(&self, key: PhysicalKey) -> bool {
        self.keys.contains_key(&key)
    }

    /// The pointer moved to `at`, in pixels of the window; `true` if that is the picture's.
    pub(super) fn pointer(&mut self, at: (f64, f64), placement: Option<&Placement>) -> bool {
        self.pointer = at;
        let Some(placement) = placement else { return false };
        let position = match placement.under(at.0, at.1) {
            None if self.holds_button() => Some(placement.nearest(at.0, at.1)),
            position => position,
        };
        self.moved = position.or(self.moved);
        position.is_some()
    }

    /// Where the pointer was last, in pixels of the window.
    pub(super) fn pointer_at(&self) -> (f64, f64) {
        self.pointer
    }

    /// Is the pointer over the picture?
    pub(super) fn is_over(&self, placement: Option<&Placement>) -> bool {
        placement.is_some_and(|placement| placement.under(self.pointer.0, self.pointer.1).is_some())
    }

    /// A mouse button; `true` if it is the picture's.
    pub(super) fn button(&mut self, button: MouseButton, pressed: bool, placement: Option<&Placement>) -> bool {
        let Some(placement) = placement else { return false };
        let over = placement.under(self.pointer.0, self.pointer.1).is_some();
        let ours = if pressed { over && self.buttons.insert(button) } else { self.buttons.remove(&button) };
        if ours {
            // The position travels with the button: an earlier move must not arrive after it.
            self.moved = None;
            let (x, y) = placement.nearest(self.pointer.0, self.pointer.1);
            self.out.push(Input::Button { button, pressed, x, y });
        }
        ours
    }

    /// A wheel over the picture; `true` if it is the picture's. winit: positive is content to the right, and down, so
    /// the wheel to the left, and away from the person.
    pub(super) fn wheel(&mut self, delta: MouseScrollDelta, placement: Option<&Placement>) -> bool {
        if !self.is_over(placement) {
            return false;
        }
        let (x, y) = match delta {
            MouseScrollDelta::LineDelta(x, y) => (f64::from(x) * NOTCH, f64::from(y) * NOTCH),
            MouseScrollDelta::PixelDelta(at) => (at.x * NOTCH / PIXELS_PER_NOTCH, at.y * NOTCH / PIXELS_PER_NOTCH),
        };
        self.wheel = (self.wheel.0 - x, self.wheel.1 + y);
        let (horizontal, vertical) = (self.wheel.0.trunc(), self.wheel.1.trunc());
        self.wheel = (self.wheel.0 - horizontal, self.wheel.1 - vertical);
        if horizontal != 0.0 || vertical != 0.0 {
            self.flush_move();
            self.out.push(Input::Wheel { horizontal: horizontal as i32, vertical: vertical as i32 });
        }
        true
    }

    /// The picture no longer has keyboard and mouse.
    pub(super) fn release_all(&mut self) {
        if std::mem::take(&mut self.typed) || !self.buttons.is_empty() {
            self.flush_move();
            self.keys.clear();
            self.buttons.clear();
            self.out.push(Input::ReleaseAll);
        }
    }

    fn flush_move(&mut self) {
        if let Some((x, y)) = self.moved.take() {
            self.out.push(Input::Move { x, y });
        }
    }
}

impl MouseButton {
    /// winit's number; buttons beyond the fifth are not handed on.
    pub(super) fn from_winit(button: winit::event::MouseButton) -> Option<Self> {
        match button {
            winit::event::MouseButton::Left => Some(Self::Left),
            winit::event::MouseButton::Middle => Some(Self::Middle),
            winit::event::MouseButton::Right => Some(Self::Right),
            winit::event::MouseButton::Back => Some(Self::Back),
            winit::event::MouseButton::Forward => Some(Self::Forward),
            winit::event::MouseButton::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use winit::event::MouseScrollDelta;
    use winit::keyboard::{KeyCode, ModifiersState, PhysicalKey};

    use super::{Character, Input, MouseButton, Translator};
    use crate::shell::placement::Placement;
    use crate::shell::screen::Area;
    use crate::ui::Scale;
    use crate::viewer::keyboard::{Meaning, Typed};

    const NONE: ModifiersState = ModifiersState::empty();

    fn placement() -> Placement {
        Placement::new(Area { x: 10, y: 10, width: 100, height: 100 }, (100, 100), Scale::OneToOne, (0.0, 0.0))
            .expect("has a size")
    }

    #[test]
    fn moves_become_one_but_never_pass_a_button() {
        let (mut translator, placement) = (Translator::default(), placement());
        for x in 20..30 {
            assert!(translator.pointer((f64::from(x), 15.0), Some(&placement)));
        }
        assert!(translator.button(MouseButton::Left, true, Some(&placement)));
        translator.pointer((40.0, 15.0), Some(&placement));
        translator.pointer((41.0, 15.0), Some(&placement));
        assert_eq!(
            translator.take(),
            [Input::Button { button: MouseButton::Left, pressed: true, x: 19, y: 5 }, Input::Move { x: 31, y: 5 }]
        );
    }

    #[test]
    fn a_drag_ends_where_it_began_even_outside() {
        let (mut translator, placement) = (Translator::default(), placement());
        translator.pointer((20.0, 20.0), Some(&placement));
        translator.button(MouseButton::Left, true, Some(&placement));
        assert!(translator.pointer((500.0, 5.0), Some(&placement)), "still the picture's");
        assert!(translator.button(MouseButton::Left, false, Some(&placement)));
        assert!(!translator.button(MouseButton::Left, true, Some(&placement)), "a press outside is not");
        assert_eq!(
            translator.take().last(),
            Some(&Input::Button { button: MouseButton::Left, pressed: false, x: 99, y: 0 })
        );
    }

    #[test]
    fn repeats_and_foreign_releases_are_dropped_and_focus_loss_releases() {
        let mut translator = Translator::default();
        let (key, other) = (PhysicalKey::Code(KeyCode::KeyA), PhysicalKey::Code(KeyCode::KeyB));
        let held = Meaning::Key { usage: 4, typed: Typed::default() };
        translator.release(key);
        translator.press(key, held.clone(), NONE);
        translator.press(key, held.clone(), NONE);
        translator.press(other, held.clone(), NONE);
        translator.release(key);
        assert!(!translator.holds_key(key) && translator.holds_key(other));
        translator.release_all();
        translator.release_all();
        let pressed = Input::Key { usage: 4, pressed: true, typed: Typed::default() };
        assert_eq!(translator.take(), [pressed, Input::ReleaseAll], "held by the other");
        translator.press(key, held, NONE);
        translator.release(key);
        let released = Input::Key { usage: 4, pressed: false, typed: Typed::default() };
        assert_eq!(translator.take(), [pressed, released]);
    }

    #[test]
    fn what_came_up_without_a_release_is_remembered_until_something_is_told_of_it() {
        let mut translator = Translator::default();
        let key = PhysicalKey::Code(KeyCode::Space);
        let held = Meaning::Key { usage: 0x2c, typed: Typed::default() };
        translator.press(key, held.clone(), NONE);
        assert!(!translator.remember(key));
        translator.release_forgotten(key);
        assert!(translator.remember(key) && !translator.remember(key), "once");
        translator.press(key, held, NONE);
        let input = |pressed| Input::Key { usage: 0x2c, pressed, typed: Typed::default() };
        assert_eq!(translator.take(), [input(true), input(false), input(true)]);
    }

    #[test]
    fn modifiers_that_nobody_told_of_are_held_for_the_key_they_are_with() {
        let mut translator = Translator::default();
        let (control, z) = (PhysicalKey::Code(KeyCode::ControlLeft), PhysicalKey::Code(KeyCode::KeyZ));
        let meaning = |usage| Meaning::Key { usage, typed: Typed::default() };
        let input = |usage, pressed| Input::Key { usage, pressed, typed: Typed::default() };
        translator.press(z, meaning(0x1d), ModifiersState::CONTROL | ModifiersState::SHIFT);
        translator.release(z);
        assert_eq!(
            translator.take(),
            [input(0xe0, true), input(0x1d, true), input(0x1d, false), input(0xe0, false)],
            "Shift is in what the key types"
        );
        translator.press(control, meaning(0xe0), ModifiersState::CONTROL);
        translator.press(z, meaning(0x1d), ModifiersState::CONTROL);
        translator.release_keys();
        translator.release(z);
        let told = translator.take();
        assert_eq!(told[..2], [input(0xe0, true), input(0x1d, true)], "once");
        assert_eq!(told.len(), 4);
    }

    #[test]
    fn text_is_not_held() {
        let mut translator = Translator::default();
        let key = PhysicalKey::Code(KeyCode::KeyE);
        translator.press(key, Meaning::Text("né\n".to_owned()), NONE);
        assert!(translator.holds_key(key), "its release is the picture's");
        translator.release(key);
        translator.press(key, Meaning::Nothing, NONE);
        translator.release(key);
        assert_eq!(translator.take(), [Input::Text(Character('n')), Input::Text(Character('é'))]);
    }

    #[test]
    fn a_touch_pads_crumbs_add_up_to_what_was_scrolled() {
        let (mut translator, placement) = (Translator::default(), placement());
        translator.pointer((20.0, 20.0), Some(&placement));
        translator.take();
        let crumb = MouseScrollDelta::PixelDelta(winit::dpi::PhysicalPosition::new(0.0, 1.25));
        for _ in 0..80 {
            translator.wheel(crumb, Some(&placement));
        }
        let sum: i32 = translator
            .take()
            .iter()
            .map(|input| if let Input::Wheel { vertical, .. } = input { *vertical } else { 0 })
            .sum();
        assert_eq!(sum, 120);
        translator.wheel(MouseScrollDelta::LineDelta(0.0, -1.0), Some(&placement));
        assert_eq!(translator.take(), [Input::Wheel { horizontal: 0, vertical: -120 }]);
    }
}
