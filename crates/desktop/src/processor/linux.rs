//! Linux: niceness and clocks are a thread's own (sched(7), clock_gettime(2)).
#![allow(unsafe_code)]

use std::time::Duration;

/// A third of the processor when somebody else wants all of it (sched(7): a step is a factor of 1.25).
const NICENESS: libc::c_int = 3;

pub(super) fn give_way() -> bool {
    // SAFETY: numbers. With 0 it is the calling thread alone (setpriority(2), "C library/kernel differences").
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICENESS) == 0 }
}

pub(super) fn time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to one live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (result == 0).then(|| Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_the_thread_that_asks_gives_way() {
        // SAFETY: numbers; -1 would be a niceness too, but not of these threads.
        let niceness = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let before = niceness();
        let asked = std::thread::spawn(move || {
            assert!(super::give_way());
            niceness()
        });
        assert_eq!(asked.join().expect("no panic"), super::NICENESS.max(before));
        assert_eq!(niceness(), before);
    }
}
