//! The few things of Windows that several capabilities share: where its screen is, what its pointer looks like, a bell that wakes a thread, and a sleep that is exact.
#![allow(unsafe_code)]

use std::io;
use std::sync::Mutex;
use std::time::Duration;

use windows::Win32::Foundation::{HANDLE, WAIT_OBJECT_0};
use windows::Win32::System::Threading::{
    CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, CreateEventW, CreateWaitableTimerExW, INFINITE, SetEvent, SetWaitableTimer,
    TIMER_ALL_ACCESS, WaitForMultipleObjects, WaitForSingleObject,
};
use windows::Win32::UI::WindowsAndMessaging::{
    GetSystemMetrics, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN, SM_XVIRTUALSCREEN, SM_YVIRTUALSCREEN,
};
use windows::core::{Owned, PCWSTR};

use crate::area::Area;
use crate::pointer::Shape;

/// Where the virtual screen is: all monitors as they stand to one another. Nothing while there is none. Pixels are real ones:
/// the manifest says that this program knows about scale factors.
pub(crate) fn virtual_screen() -> Option<Area> {
    // SAFETY: numbers alone.
    let [x, y, width, height] = [SM_XVIRTUALSCREEN, SM_YVIRTUALSCREEN, SM_CXVIRTUALSCREEN, SM_CYVIRTUALSCREEN]
        .map(|which| unsafe { GetSystemMetrics(which) });
    let length = |pixels: i32| u32::try_from(pixels).ok().filter(|pixels| *pixels > 0);
    Some(Area { x, y, width: length(width)?, height: length(height)? })
}

/// What the pointer looks like, as long as the desktop duplication says so: in the size in which it is seen, which
/// Windows tells nobody else.
pub(crate) static DUPLICATED_POINTER: Mutex<Option<Shape>> = Mutex::new(None);

/// An event that other threads set and that one thread waits for.
pub(crate) struct Bell(Owned<HANDLE>);

// SAFETY: an event is the process's, not a thread's, and the system orders what threads do to it.
unsafe impl Send for Bell {}
// SAFETY: as above.
unsafe impl Sync for Bell {}

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: no name and no attributes; the handle is nobody else's.
        let event = unsafe { CreateEventW(None, false, false, PCWSTR::null()).map(|event| Owned::new(event)) };
        Ok(Self(event?))
    }

    /// Rings; it stays rung until somebody has heard it.
    pub(crate) fn ring(&self) {
        // SAFETY: the handle is open as long as `self`. It cannot fail then.
        let _ = unsafe { SetEvent(*self.0) };
    }
}

/// Sleeps, more exactly than in the ticks of 16 ms that Windows has for others, and hears a bell meanwhile.
pub(crate) struct Sleep {
    /// None before Windows 10 of 2018.
    timer: Option<Owned<HANDLE>>,
}

// SAFETY: a timer is the process's, not a thread's.
unsafe impl Send for Sleep {}

impl Sleep {
    pub(crate) fn new() -> Self {
        let (flags, access) = (CREATE_WAITABLE_TIMER_HIGH_RESOLUTION, TIMER_ALL_ACCESS.0);
        // SAFETY: no name and no attributes; the handle is nobody else's.
        let timer =
            unsafe { CreateWaitableTimerExW(None, PCWSTR::null(), flags, access).map(|timer| Owned::new(timer)).ok() };
        Self { timer }
    }

    /// Until the bell rings, and then it is silent again: `true`; or for `time` at most (`None`: as long as it takes).
    pub(crate) fn until(&self, bell: &Bell, time: Option<Duration>) -> bool {
        // SAFETY: the handles are open as long as those who own them.
        unsafe {
            if let (Some(timer), Some(time)) = (&self.timer, time)
                && !time.is_zero()
            {
                // In units of 100 ns, and negative: from now.
                let due = -i64::try_from(time.as_nanos().div_ceil(100)).unwrap_or(i64::MAX);
                if SetWaitableTimer(**timer, &raw const due, 0, None, None, false).is_ok() {
                    return WaitForMultipleObjects(&[*bell.0, **timer], false, INFINITE) == WAIT_OBJECT_0;
                }
            }
            // Rounded up: a remainder below a millisecond must not become a busy loop.
            let rounded = |time: Duration| u32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(INFINITE - 1);
            WaitForSingleObject(*bell.0, time.map_or(INFINITE, rounded)) == WAIT_OBJECT_0
        }
    }
}
