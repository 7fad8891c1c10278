//! How much more may be on its way to a viewer (design, section 3, "pull, not push"). Sans-IO: time is an argument.
//!
//! What is unacknowledged stays ≤ max(one update, delivered rate × (smallest round trip + 20 ms)), and no update exceeds
//! 40 ms of the delivered rate. The rate is measured as in BBR (draft-ietf-ccwg-bbr, delivery rate sampling): what was
//! delivered between the sending of an update and its acknowledgement, over that time. Such a sample says too little when
//! there was nothing more to send; then it counts only if it is the best.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// On top of the smallest round trip: what keeps a link busy while an acknowledgement is on its way.
const SLACK: Duration = Duration::from_millis(20);
/// Most of the link's time that one update may take: what comes after it waits that long.
const UPDATE_TIME: Duration = Duration::from_millis(40);
/// Taken for the delivered rate until a link has shown what it can do: 10 Mbit/s.
const FIRST_RATE: f64 = 1_250_000.0;
/// Updates are not cut into smaller pieces than this, bytes.
const SMALLEST_UPDATE: usize = 2048;
/// The best rate counts for one to two of these; a link that became slower is noticed within.
const RATE_WINDOW: Duration = Duration::from_secs(1);
/// The smallest round trip counts for one to two of these.
const ROUND_TRIP_WINDOW: Duration = Duration::from_secs(10);

/// Was there more to send behind an update?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// No: the link had an easy time.
    Nothing,
    /// Yes: the link is what limits.
    More,
}

/// The account of what is on its way to one viewer.
#[derive(Debug)]
pub struct Room {
    on_the_way: VecDeque<Sent>,
    unacknowledged: usize,
    delivered: u64,
    delivered_at: Option<Instant>,
    first_sent_at: Option<Instant>,
    rate: Best<f64>,
    /// Has a sample been taken while the link was the limit?
    known: bool,
    round_trip: Best<Shortest>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    sequence: u64,
    bytes: usize,
    at: Instant,
    behind: Behind,
    delivered_before: u64,
    delivered_at: Instant,
    first_sent_at: Instant,
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

impl Room {
    /// Nothing is on its way, and nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self {
            on_the_way: VecDeque::new(),
            unacknowledged: 0,
            delivered: 0,
            delivered_at: None,
            first_sent_at: None,
            rate: Best::new(),
            known: false,
            round_trip: Best::new(),
        }
    }

    /// Bytes that the next update may have; `None`: no room, wait for an acknowledgement.
    #[must_use]
    pub fn budget(&self) -> Option<usize> {
        let rate = self.rate();
        let update = bytes_in(rate, UPDATE_TIME).max(SMALLEST_UPDATE);
        if self.on_the_way.is_empty() {
            return Some(update);
        }
        let room = bytes_in(rate, self.round_trip()? + SLACK).saturating_sub(self.unacknowledged);
        (room >= SMALLEST_UPDATE).then(|| room.min(update))
    }

    /// An update was handed to the network.
    pub fn sent(&mut self, now: Instant, sequence: u64, bytes: usize, behind: Behind) {
        if self.on_the_way.is_empty() {
            // Idle time is not the link's fault.
            self.first_sent_at = Some(now);
            self.delivered_at = Some(now);
        }
        self.on_the_way.push_back(Sent {
            sequence,
            bytes,
            at: now,
            behind,
            delivered_before: self.delivered,
            delivered_at: self.delivered_at.unwrap_or(now),
            first_sent_at: self.first_sent_at.unwrap_or(now),
        });
        self.unacknowledged += bytes;
    }

    /// The viewer has applied everything up to and including this update. A number that was never sent, or that was
    /// acknowledged before, changes nothing.
    pub fn applied(&mut self, now: Instant, sequence: u64) {
        let known = self.on_the_way.iter().any(|sent| sent.sequence == sequence);
        let mut newest = None;
        while known && self.on_the_way.front().is_some_and(|sent| sent.sequence <= sequence) {
            newest = self.on_the_way.pop_front();
            if let Some(sent) = newest {
                self.unacknowledged -= sent.bytes;
                self.delivered += sent.bytes as u64;
            }
        }
        let Some(sent) = newest else { return };
        self.delivered_at = Some(now);
        self.first_sent_at = Some(sent.at);
        self.round_trip.sample(now, Shortest(now - sent.at), ROUND_TRIP_WINDOW);
        let sending = sent.at - sent.first_sent_at;
        let arriving = now - sent.delivered_at;
        let time = sending.max(arriving).max(Duration::from_micros(100));
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let rate = (self.delivered - sent.delivered_before) as f64 / time.as_secs_f64();
        match sent.behind {
            Behind::More => {
                self.known = true;
                self.rate.sample(now, rate, RATE_WINDOW);
            }
            Behind::Nothing if rate > self.rate() => self.rate.sample(now, rate, RATE_WINDOW),
            Behind::Nothing => {}
        }
    }

    /// Bytes handed to the network and not acknowledged.
    #[must_use]
    pub const fn unacknowledged(&self) -> usize {
        self.unacknowledged
    }

    /// The delivered rate as it is believed to be, bytes per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        let first = if self.known { 0.0 } else { FIRST_RATE };
        self.rate.best().unwrap_or(FIRST_RATE).max(first)
    }

    /// The smallest round trip of late, from handing an update to the network to hearing that it was applied; `None`
    /// before the first.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.round_trip.best().map(|shortest| shortest.0)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is above zero; `as` saturates")]
fn bytes_in(rate: f64, time: Duration) -> usize {
    (rate * time.as_secs_f64()) as usize
}

/// Ordered so that the shortest is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shortest(Duration);

impl PartialOrd for Shortest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        other.0.partial_cmp(&self.0)
    }
}

/// The best sample of this window and of the one before. Windows end with samples, so silence forgets nothing.
#[derive(Clone, Copy, Debug)]
struct Best<T> {
    since: Option<Instant>,
    now: Option<T>,
    before: Option<T>,
}

impl<T: Copy + PartialOrd> Best<T> {
    const fn new() -> Self {
        Self { since: None, now: None, before: None }
    }

    fn sample(&mut self, at: Instant, value: T, window: Duration) {
        if self.since.is_none_or(|since| at - since >= window) {
            self.since = Some(at);
            self.before = self.now.take();
        }
        self.now = better(self.now, Some(value));
    }

    fn best(&self) -> Option<T> {
        better(self.now, self.before)
    }
}

fn better<T: PartialOrd>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b > a { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::{Duration, Instant};

    use super::{Behind, Room};

    const MS: Duration = Duration::from_millis(1);

    /// A link of a fixed rate with a queue without end, in virtual time.
    struct Link {
        now: Instant,
        rate: f64,
        round_trip: Duration,
        free_at: Instant,
        acknowledgements: VecDeque<(Instant, u64)>,
        next: u64,
        longest_queue: Duration,
    }

    impl Link {
        fn new(rate: f64, round_trip: Duration) -> Self {
            let now = Instant::now();
            let (free_at, acknowledgements) = (now, VecDeque::new());
            Self { now, rate, round_trip, free_at, acknowledgements, next: 1, longest_queue: Duration::ZERO }
        }

        /// Sends whatever there is room for, until `time` has passed; returns the bytes sent.
        fn saturate(&mut self, room: &mut Room, time: Duration) -> usize {
            let end = self.now + time;
            let mut total = 0;
            while self.now < end {
                while let Some(bytes) = room.budget() {
                    self.send(room, bytes, Behind::More);
                    total += bytes;
                }
                self.acknowledge(room);
            }
            total
        }

        fn send(&mut self, room: &mut Room, bytes: usize, behind: Behind) {
            room.sent(self.now, self.next, bytes, behind);
            self.longest_queue = self.longest_queue.max(self.free_at.saturating_duration_since(self.now));
            self.free_at = self.free_at.max(self.now) + Duration::from_secs_f64(bytes as f64 / self.rate);
            self.acknowledgements.push_back((self.free_at + self.round_trip, self.next));
            self.next += 1;
        }

        fn acknowledge(&mut self, room: &mut Room) {
            let (at, sequence) = self.acknowledgements.pop_front().expect("something is on its way");
            self.now = self.now.max(at);
            room.applied(self.now, sequence);
        }
    }

    #[test]
    fn a_saturated_link_is_kept_busy_with_a_short_queue() {
        for (rate, round_trip) in [(2_500_000.0, 20 * MS), (250_000.0, 50 * MS), (12_500_000.0, 5 * MS)] {
            let mut room = Room::new();
            let mut link = Link::new(rate, round_trip);
            link.saturate(&mut room, Duration::from_secs(3));
            link.longest_queue = Duration::ZERO;
            let total = link.saturate(&mut room, Duration::from_secs(5));
            let used = total as f64 / (5.0 * rate);
            assert!(used > 0.85, "{rate} B/s, {round_trip:?}: only {used:.2} of the link was used");
            assert!(link.longest_queue < 140 * MS, "{rate} B/s, {round_trip:?}: {:?} of queue", link.longest_queue);
        }
    }

    #[test]
    fn no_update_exceeds_forty_milliseconds_of_link() {
        let mut room = Room::new();
        let mut link = Link::new(500_000.0, 30 * MS);
        link.saturate(&mut room, Duration::from_secs(5));
        let most = 500_000.0 * 0.040 * 1.05;
        assert!(room.budget().unwrap_or(0) as f64 <= most);
        while !link.acknowledgements.is_empty() {
            link.acknowledge(&mut room);
            assert!(room.budget().unwrap_or(0) as f64 <= most, "{:?} at {}", room.budget(), room.rate());
        }
    }

    #[test]
    fn before_anything_is_known_one_update_is_on_its_way() {
        let mut room = Room::new();
        let now = Instant::now();
        let budget = room.budget().expect("room for one");
        assert_eq!(budget, 50_000, "40 ms of 10 Mbit/s");
        room.sent(now, 1, budget, Behind::More);
        assert_eq!(room.budget(), None);
        room.applied(now + 10 * MS, 1);
        assert!(room.budget().is_some());
        assert_eq!(room.unacknowledged(), 0);
    }

    #[test]
    fn a_link_that_becomes_slower_is_noticed() {
        let mut room = Room::new();
        let mut link = Link::new(5_000_000.0, 20 * MS);
        link.saturate(&mut room, Duration::from_secs(3));
        link.rate = 250_000.0;
        link.saturate(&mut room, Duration::from_secs(6));
        assert!(room.rate() < 300_000.0, "{}", room.rate());
    }

    #[test]
    fn an_easy_time_does_not_make_a_link_look_slow() {
        let mut room = Room::new();
        let mut link = Link::new(2_500_000.0, 20 * MS);
        link.saturate(&mut room, Duration::from_secs(3));
        while !link.acknowledgements.is_empty() {
            link.acknowledge(&mut room);
        }
        let rate = room.rate();
        for _ in 0..200 {
            link.now += 100 * MS;
            link.send(&mut room, 80, Behind::Nothing);
            link.acknowledge(&mut room);
        }
        assert!((room.rate() - rate).abs() < 1.0);
        assert!(room.round_trip().is_some_and(|rtt| rtt < 21 * MS));
    }

    #[test]
    fn an_acknowledgement_of_nothing_changes_nothing() {
        let mut room = Room::new();
        let now = Instant::now();
        room.applied(now, 5);
        room.sent(now, 1, 1000, Behind::Nothing);
        room.applied(now + MS, u64::MAX);
        assert_eq!(room.unacknowledged(), 1000);
        room.applied(now + MS, 1);
        room.applied(now + 2 * MS, 1);
        assert_eq!(room.unacknowledged(), 0);
    }
}
