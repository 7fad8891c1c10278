//! HID usages (page 0x07) of the keys that say what others do. Source: USB HID Usage Tables 1.5, section 10.

pub(super) const LEFT_CONTROL: u32 = 0xe0;
pub(super) const LEFT_SHIFT: u32 = 0xe1;
pub(super) const LEFT_ALT: u32 = 0xe2;
pub(super) const LEFT_SUPER: u32 = 0xe3;
pub(super) const RIGHT_CONTROL: u32 = 0xe4;
pub(super) const RIGHT_SHIFT: u32 = 0xe5;
pub(super) const RIGHT_ALT: u32 = 0xe6;
pub(super) const RIGHT_SUPER: u32 = 0xe7;
pub(super) const CAPS_LOCK: u32 = 0x39;
pub(super) const NUM_LOCK: u32 = 0x53;
#[cfg(any(target_os = "windows", test))]
pub(super) const SCROLL_LOCK: u32 = 0x47;
