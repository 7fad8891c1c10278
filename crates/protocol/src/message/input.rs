//! What the adviser's hands do. Keys go by HID usage (USB HID Usage Tables): a position on the keyboard, free of any
//! layout. Beside it goes what the key meant to the adviser, so that the host can do the same on another layout.

/// Viewer → host on the input stream.
#[derive(Clone, PartialEq, prost::Message)]
pub struct InputMessage {
    /// What happened; an empty one is from a newer version and is skipped.
    #[prost(oneof = "input_message::Body", tags = "40, 41, 42, 43, 44, 46")]
    pub body: Option<input_message::Body>,
    /// The epoch of the last `Rights` that the viewer had been told when it happened. The host admits nothing from an
    /// epoch that is over: what was typed before an outage does not arrive after it.
    #[prost(uint64, tag = "45")]
    pub epoch: u64,
}

/// The bodies of [`InputMessage`].
pub mod input_message {
    /// What happened.
    #[derive(Clone, PartialEq, prost::Oneof)]
    pub enum Body {
        /// A key went down or up.
        #[prost(message, tag = "40")]
        Key(super::Key),
        /// A mouse button went down or up.
        #[prost(message, tag = "41")]
        Button(super::Button),
        /// A wheel turned.
        #[prost(message, tag = "42")]
        Wheel(super::Wheel),
        /// The pointer moved.
        #[prost(message, tag = "43")]
        Move(super::Move),
        /// Everything held is let go (the viewer lost focus).
        #[prost(message, tag = "44")]
        ReleaseAll(super::ReleaseAll),
        /// Text that no single key made: composed, or from an input method.
        #[prost(message, tag = "46")]
        Text(super::Text),
    }
}

/// A key. Its `Debug` is silent: what is typed on the customer's computer may be a password.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Key {
    /// HID usage: on page 0x07 as it is, on any other with the number of the page in the upper half (`0x000c_00cd` is
    /// *Play/Pause* on the consumer page).
    #[prost(uint32, tag = "1")]
    pub usage: u32,
    /// Down, or up.
    #[prost(bool, tag = "2")]
    pub pressed: bool,
    /// The one character that the press meant to the adviser, with Shift and AltGr, without Ctrl and Alt. Empty for keys
    /// that are no character, and for releases.
    #[prost(string, tag = "3")]
    pub text: String,
    /// The one character on the adviser's keycap: what the press would have meant without Shift and AltGr. Empty likewise.
    #[prost(string, tag = "4")]
    pub cap: String,
    /// What was locked at the adviser's just after it. None: the viewer does not know.
    #[prost(message, optional, tag = "5")]
    pub locks: Option<Locks>,
}

/// Caps Lock and Num Lock.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Locks {
    /// Caps Lock is on.
    #[prost(bool, tag = "1")]
    pub caps: bool,
    /// Num Lock is on.
    #[prost(bool, tag = "2")]
    pub num: bool,
}

/// Text, typed at once and never held. Its `Debug` is silent, as that of [`Key`].
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct Text {
    /// At most [`crate::limits::INPUT_TEXT`] characters; a longer one is cut into several by the viewer and refused by
    /// the host.
    #[prost(string, tag = "1")]
    pub text: String,
}

/// A mouse button, with the position it happened at.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Button {
    /// Which one.
    #[prost(enumeration = "MouseButton", tag = "1")]
    pub button: i32,
    /// Down, or up.
    #[prost(bool, tag = "2")]
    pub pressed: bool,
    /// Where: a click must not land where an earlier move was still on its way to.
    #[prost(message, optional, tag = "3")]
    pub at: Option<Move>,
}

/// The buttons of a mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum MouseButton {
    /// Not known to this version: ignored.
    Unspecified = 0,
    /// Left.
    Left = 1,
    /// Middle.
    Middle = 2,
    /// Right.
    Right = 3,
    /// Back, the fourth.
    Back = 4,
    /// Forward, the fifth.
    Forward = 5,
}

/// Wheels, in 1/120 of a notch (as Windows counts); positive is away from the person, and to the right.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Wheel {
    /// Sideways.
    #[prost(sint32, tag = "1")]
    pub horizontal: i32,
    /// Up and down.
    #[prost(sint32, tag = "2")]
    pub vertical: i32,
}

/// A position in the pixels of a display.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Move {
    /// Which display.
    #[prost(uint32, tag = "1")]
    pub display: u32,
    /// Pixels from the left.
    #[prost(uint32, tag = "2")]
    pub x: u32,
    /// Pixels from the top.
    #[prost(uint32, tag = "3")]
    pub y: u32,
}

/// Let everything go.
#[derive(Clone, PartialEq, prost::Message)]
pub struct ReleaseAll {}

name_only_debug!(Key, Text);
