//! What the wire says, checked and in the words of the hands.

use lotse_desktop::inject::{Button, Stroke};
use lotse_desktop::locks::Locks;
use lotse_protocol::limits::INPUT_TEXT;
use lotse_protocol::message::input::{self, MouseButton};

use super::Denied;

/// Usages of keys on page 0x07; below are error codes, above is reserved.
const USAGES: std::ops::RangeInclusive<u32> = 0x04..=0xe7;
/// Usages of keys on the consumer page, 0x0c: media, programs, the browser's. Volume has its keys on page 0x07 too.
const CONSUMER_USAGES: std::ops::RangeInclusive<u32> = 0x000c_00b5..=0x000c_022a;

/// A key with what it meant, which is at most a character each.
pub(super) fn stroke(key: &input::Key) -> Result<Stroke, Denied> {
    if !USAGES.contains(&key.usage) && !CONSUMER_USAGES.contains(&key.usage) {
        return Err(Denied::UnknownKey(key.usage));
    }
    let character = |text: &str| {
        let mut characters = text.chars();
        match (characters.next(), characters.next()) {
            (None, _) => Ok(None),
            (Some(one), None) if !one.is_control() => Ok(Some(one)),
            (Some(_), _) => Err(Denied::NoText),
        }
    };
    Ok(Stroke {
        usage: key.usage,
        text: character(&key.text)?,
        cap: character(&key.cap)?,
        locks: key.locks.map(|locks| Locks { caps: locks.caps, num: locks.num }),
    })
}

pub(super) fn characters(text: &str) -> Result<impl Iterator<Item = char> + '_, Denied> {
    if text.chars().count() > INPUT_TEXT || text.chars().any(char::is_control) {
        return Err(Denied::NoText);
    }
    Ok(text.chars())
}

/// A button, if this version knows it.
pub(super) fn button(wire: i32) -> Option<Button> {
    match MouseButton::try_from(wire).ok()? {
        MouseButton::Unspecified => None,
        MouseButton::Left => Some(Button::Left),
        MouseButton::Middle => Some(Button::Middle),
        MouseButton::Right => Some(Button::Right),
        MouseButton::Back => Some(Button::Back),
        MouseButton::Forward => Some(Button::Forward),
    }
}
