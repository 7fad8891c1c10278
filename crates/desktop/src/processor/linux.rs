//! Linux: each thread has a clock of its own (clock_gettime(2)), and says how long its turns may be (sched_setattr(2)).
#![allow(unsafe_code)]

use std::time::Duration;

/// The longest turn that can be asked for. A thread that is woken and asks for shorter turns (3 ms unless it says something)
/// need not wait until this one's is over. That is so since Linux 6.12; before, the number is not looked at.
const TURN: Duration = Duration::from_millis(100);

pub(super) fn time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: it writes to one live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (result == 0).then(|| Duration::new(seconds, nanoseconds))
}

pub(super) fn let_others_go_first() {
    let Some(mut attributes) = attributes() else { return };
    attributes.sched_runtime = u64::try_from(TURN.as_nanos()).expect("a tenth of a second");
    // SAFETY: the kernel reads one live value, which says itself how long it is; of the thread, nothing but the length of its
    // turns changes. Where it is refused, everything is as it was.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
}

/// How the calling thread is scheduled.
fn attributes() -> Option<libc::sched_attr> {
    // SAFETY: all zeroes is a value of it; it has only numbers.
    let mut attributes: libc::sched_attr = unsafe { std::mem::zeroed() };
    let size = u32::try_from(size_of::<libc::sched_attr>()).expect("it has 48 bytes");
    // SAFETY: the kernel writes to one live value, as many bytes as it is told, about the calling thread (0).
    let result = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut attributes, size, 0) };
    (result == 0).then_some(attributes)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_that_lets_others_go_first_has_longer_turns_and_is_as_important_as_before() {
        let turns = thread::spawn(|| {
            let before = attributes().expect("the kernel says it");
            let_others_go_first();
            (before, attributes().expect("and goes on saying it"))
        });
        let (before, after) = turns.join().expect("the thread ends");
        assert_eq!((after.sched_policy, after.sched_nice), (before.sched_policy, before.sched_nice));
        // Kernels before 6.12 know no turns, and say nothing.
        if before.sched_runtime > 0 {
            assert_eq!(Duration::from_nanos(after.sched_runtime), TURN, "{} ns before", before.sched_runtime);
        }
    }
}
