//! The processor, as a thread shares it with the person's own programs: how much the thread has had of it, and who goes
//! first. One facade; the platform's implementation is chosen here and nowhere else.

use std::time::Duration;

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

/// To be called often by a thread that computes for long: once in a millisecond of its own time it lets whoever waits for
/// this processor have it, and goes on at once where nobody does. It is due as much as before, less what a turn that was not
/// used up counts for; it is not starved. Only Linux does something: see the others for why.
pub fn give_way() {
    platform::give_way();
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
