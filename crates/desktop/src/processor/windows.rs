//! Windows: what a thread has had, as the scheduler counts it.
#![allow(unsafe_code)]

use std::time::Duration;

use windows::Win32::Foundation::FILETIME;
use windows::Win32::System::Threading::{GetCurrentThread, GetThreadTimes};

pub(super) fn time() -> Option<Duration> {
    let [mut began, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the handle means the calling thread, and four live values are written.
    unsafe { GetThreadTimes(GetCurrentThread(), &raw mut began, &raw mut ended, &raw mut kernel, &raw mut user) }
        .ok()?;
    // In units of 100 ns.
    let units = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Some(Duration::from_nanos((units(kernel) + units(user)).saturating_mul(100)))
}

/// Windows itself lets a window's thread go first when a key or the mouse wakes it, for as long as that takes; and whoever gives
/// the processor away there gives it for a whole turn of whoever waits, be that longer than its own.
pub(super) const fn give_way() {}
