//! The processor, as a thread shares it with the person's own programs: how much the thread has had of it, and who goes
//! first. How the former is asked depends on the platform, whose implementation is chosen here and nowhere else.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// Processor time that the calling thread has had since it began; nothing where the system does not say. Windows counts in
/// ticks of up to 16 ms: only sums over many of them mean something.
#[must_use]
pub fn time() -> Option<Duration> {
    platform::time()
}

/// Whoever waits for the processor has waited this long at most, as far as it is up to a thread that calls [`give_way`] all the
/// time.
const TURN: Duration = Duration::from_micros(500);

/// Called often, lets whoever waits for this processor have it once in a while ([`TURN`]); the calling thread goes on when
/// they have had as much as they are due, and at once where nobody waits. It waits longer in all, but is never starved.
pub fn give_way() {
    thread_local! {
        static SINCE: Cell<Option<Instant>> = const { Cell::new(None) };
    }
    let now = Instant::now();
    if SINCE.get().is_none_or(|since| now - since >= TURN) {
        thread::yield_now();
        SINCE.set(Some(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    #[cfg(any(target_os = "linux", target_os = "windows"))]
    #[test]
    fn time_is_what_the_thread_had_and_not_what_passed() {
        std::thread::sleep(Duration::from_millis(60));
        let before = super::time().expect("this system says it");
        assert!(before < Duration::from_millis(60), "{before:?} of sleep");
        let deadline = Instant::now() + Duration::from_secs(20);
        while super::time().expect("it went on saying it") < before + Duration::from_millis(40) {
            assert!(Instant::now() < deadline, "it worked for nothing");
            std::hint::black_box((0..1000).map(std::hint::black_box).sum::<u64>());
        }
    }
}
