//! Linux: each thread has a clock of its own (clock_gettime(2)).
#![allow(unsafe_code)]

use std::time::Duration;

pub(super) fn time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to one live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (result == 0).then(|| Duration::new(seconds, nanoseconds))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;
    use crate::processor::give_way;

    /// How often the calling thread lost the processor, with or without its will.
    fn switches() -> i64 {
        // SAFETY: all zeroes is a value of it; it has only numbers.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: the kernel writes to one live value.
        let result = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
        assert_eq!(result, 0, "the kernel says it");
        usage.ru_nvcsw + usage.ru_nivcsw
    }

    /// From now on the calling thread runs where it runs now.
    fn stay() {
        // SAFETY: all zeroes is the empty set; it has only bits.
        let mut processors: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: it says where the thread is.
        let here = usize::try_from(unsafe { libc::sched_getcpu() }).expect("the kernel says it");
        // SAFETY: it writes to one live set, and panics beyond its end.
        unsafe { libc::CPU_SET(here, &mut processors) };
        // SAFETY: the kernel reads one live set, and changes the calling thread alone.
        let result = unsafe { libc::sched_setaffinity(0, size_of_val(&processors), &raw const processors) };
        assert_eq!(result, 0, "a thread may stay where it is");
    }

    /// How often it lost the processor in half a second of it, to another thread that never has enough.
    fn loses(work: fn()) -> i64 {
        let ended = AtomicBool::new(false);
        thread::scope(|scope| {
            let working = scope.spawn(|| {
                stay();
                // It inherits where it may run.
                scope.spawn(|| {
                    while !ended.load(Ordering::Relaxed) {
                        std::hint::spin_loop();
                    }
                });
                let (since, before) = (time().expect("it is said"), switches());
                while time().expect("it is said") < since + Duration::from_millis(500) {
                    work();
                }
                ended.store(true, Ordering::Relaxed);
                switches() - before
            });
            working.join().expect("it works")
        })
    }

    #[test]
    fn whoever_waits_for_the_processor_has_it_sooner_beside_a_thread_that_gives_way() {
        let (otherwise, giving) = (loses(|| {}), loses(give_way));
        assert!(2 * giving >= 3 * otherwise, "it lost the processor {giving} times, and otherwise {otherwise}");
    }
}
