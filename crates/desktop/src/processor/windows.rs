//! Windows: priorities inside the program's class.
#![allow(unsafe_code)]

use std::time::Duration;

use windows::Win32::Foundation::FILETIME;
use windows::Win32::System::Threading::{
    GetCurrentThread, GetThreadTimes, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL,
};

pub(super) fn give_way() -> bool {
    // SAFETY: the handle means the calling thread and is not to be closed.
    unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) }.is_ok()
}

pub(super) fn time() -> Option<Duration> {
    let [mut began, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
    // SAFETY: the handle means the calling thread, and four live values are written.
    unsafe { GetThreadTimes(GetCurrentThread(), &raw mut began, &raw mut ended, &raw mut kernel, &raw mut user) }
        .ok()?;
    // In units of 100 ns.
    let units = |time: FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    Some(Duration::from_nanos((units(kernel) + units(user)).saturating_mul(100)))
}
