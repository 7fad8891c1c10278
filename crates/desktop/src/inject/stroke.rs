//! What a key is, and what it meant where it was pressed.

use std::fmt;

use crate::locks::Locks;

/// A key that somebody far away pressed or released.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// Its position on the keyboard: HID usage, on page 0x07 as it is, on another with the page in the upper half.
    pub usage: u32,
    /// What it typed there, with Shift and AltGr, without Ctrl and Alt.
    pub text: Option<char>,
    /// What its cap says there: what it would have typed without Shift and AltGr.
    pub cap: Option<char>,
    /// What was locked there afterwards.
    pub locks: Option<Locks>,
}

impl From<u32> for Stroke {
    /// The key at this position, whatever it means.
    fn from(usage: u32) -> Self {
        Self { usage, text: None, cap: None, locks: None }
    }
}

impl fmt::Debug for Stroke {
    /// Silent: what is typed may be a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stroke").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Stroke;

    #[test]
    fn what_is_typed_is_not_in_its_debug_text() {
        let stroke = Stroke { usage: 0x2714, text: Some('§'), cap: Some('¤'), locks: None };
        assert_eq!(format!("{stroke:?}"), "Stroke { .. }");
    }
}
