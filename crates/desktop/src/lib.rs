//! This computer: what its screen shows ([`capture`]), its pointer ([`pointer`]), its locks ([`locks`]) and own keys
//! ([`system_keys`]), what hands do to it ([`inject`]), how its processor is shared ([`processor`]), its place beside the
//! clock ([`notification_area`]), a window's way to the front ([`front`]), the end of a person's time there ([`log_off`]), a
//! second program with more rights ([`elevation`]), what is not to stay on it ([`traces`]), where its libraries come from
//! ([`libraries`]), what is said when the program itself fails ([`crash`]), whether all that works here ([`selftest`]), where
//! that is said ([`terminal`]), and the place in the executable's own file that an institution fills in ([`reserved`]). The
//! only crate with `unsafe`, allowed file by file. A platform's code sits behind one facade file per capability.

pub mod capture;
pub mod crash;
pub mod elevation;
pub mod front;
pub mod inject;
pub mod libraries;
pub mod locks;
pub mod log_off;
pub mod notification_area;
pub mod pointer;
pub mod processor;
pub mod reserved;
pub mod selftest;
pub mod situation;
pub mod system_keys;
pub mod terminal;
pub mod test_card;
pub mod traces;

#[cfg(any(target_os = "windows", test))]
mod area;
#[cfg(target_os = "windows")]
mod foremost;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "windows")]
mod windows;
#[cfg(target_os = "linux")]
mod x11;
