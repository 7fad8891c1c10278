//! Keyboard and mouse over the picture, translated to the customer's side.

/// What the adviser's hands did. Positions are pixels of the customer's display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key, by HID usage (page 0x07): a position on the keyboard, whatever the layout. Repeats are dropped.
    Key {
        /// HID usage.
        usage: u32,
        /// Down, or up.
        pressed: bool,
    },
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
