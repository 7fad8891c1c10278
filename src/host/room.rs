//! How much more may be on its way to a viewer (design, section 3, "pull, not push", as measured and refined in
//! `docs/decisions/0001-transport.md`, decision 4). Sans-IO: time is an argument.
//!
//! An update may leave when nothing is unacknowledged, or when what is unacknowledged is below the delivered rate × (the
//! smallest round trip + 10 ms), and it aims at 20 ms of that rate. The round trip is the update's own, from handing it
//! over to hearing that it was applied. Now and then it is measured anew on an empty line, since on a full one it would
//! never look small again.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// On top of the smallest round trip: what keeps a link busy while an acknowledgement is on its way.
const SLACK: Duration = Duration::from_millis(10);
/// The link's time that one update aims at: what comes after it waits that long.
const UPDATE_TIME: Duration = Duration::from_millis(20);
/// The link's time that a picture of film may take, so that thirty a second arrive and there is room left for what is
/// typed.
const FILM_TIME: Duration = Duration::from_millis(28);
/// Taken for the delivered rate until a link has shown what it can do: 10 Mbit/s.
const FIRST_RATE: f64 = 1_250_000.0;
/// Updates are not cut into smaller pieces than this, bytes.
const SMALLEST_UPDATE: usize = 4 * 1024;
/// The rate is the best of so many samples.
const SAMPLES: usize = 10;
/// The smallest round trip is measured anew when it is older than this and than [`STALE_TRIPS`] of it.
const STALE: Duration = Duration::from_secs(3);
const STALE_TRIPS: u32 = 16;
/// The link is believed to be known when the rate has failed to grow by a quarter in so many round trips; until then
/// twice as much may be on its way.
const ROUNDS: u32 = 3;
/// Who had nothing to send for so long left a gap.
const GAP: Duration = Duration::from_millis(2);
/// No clock and no thread is better than this: shorter times would make rates of anything.
const SHORTEST: Duration = Duration::from_millis(1);

/// The account of what is on its way to one viewer.
#[derive(Debug, Default)]
pub struct Room {
    on_the_way: VecDeque<Sent>,
    unacknowledged: usize,
    acknowledged: u64,
    acknowledged_at: Option<Instant>,
    /// Bytes per second.
    samples: VecDeque<f64>,
    /// The smallest of late, and when it was seen.
    trip: Option<(Instant, Duration)>,
    growth: Growth,
    /// The number of the last update that was sent, and that was heard of.
    last: u64,
    heard: u64,
    /// There was nothing to send after this one: until the next one is heard of, the link has gaps.
    rested_after: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    sequence: u64,
    bytes: usize,
    at: Instant,
    strain: Strain,
    acknowledged_before: u64,
    acknowledged_at: Instant,
}

/// How hard the link worked while an update was on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strain {
    /// There was a gap before it: what is delivered in its time says how little there was to send.
    Gap,
    /// There was none, nor was anything waiting for room.
    Unknown,
    /// Something was waiting for room: the link is what limits.
    Full,
}

/// Does the rate still grow?
#[derive(Debug, Default)]
struct Growth {
    /// The rate that was last a quarter above the one before.
    rate: f64,
    /// Since then.
    rounds: u32,
    /// A round is over when what was sent after this one is acknowledged.
    until: u64,
}

impl Room {
    /// Nothing is on its way, and nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that the next update may have; `None`: no room, wait for an acknowledgement.
    #[must_use]
    pub fn budget(&self, now: Instant) -> Option<usize> {
        let update = bytes_in(self.rate(), UPDATE_TIME).max(SMALLEST_UPDATE);
        if self.on_the_way.is_empty() {
            return Some(update);
        }
        if self.is_stale(now) {
            return None;
        }
        let trip = self.round_trip().unwrap_or_default();
        let gain = if self.growth.rounds < ROUNDS { 2 } else { 1 };
        let room = gain * bytes_in(self.rate(), trip + SLACK);
        (self.unacknowledged < room).then_some(update)
    }

    /// Bytes that a picture of film may have.
    #[must_use]
    pub fn film(&self) -> usize {
        bytes_in(self.rate(), FILM_TIME).max(SMALLEST_UPDATE)
    }

    /// An update was handed to the network.
    pub fn sent(&mut self, now: Instant, sequence: u64, bytes: usize) {
        if self.on_the_way.is_empty() {
            // Idle time is not the link's fault.
            self.acknowledged_at = Some(now);
            if self.is_stale(now) {
                // Nothing is in the way of this one: its trip becomes the smallest.
                self.trip = None;
            }
        }
        self.on_the_way.push_back(Sent {
            sequence,
            bytes,
            at: now,
            strain: if self.rested_after.is_some_and(|last| self.heard <= last) {
                Strain::Gap
            } else {
                Strain::Unknown
            },
            acknowledged_before: self.acknowledged,
            acknowledged_at: self.acknowledged_at.unwrap_or(now),
        });
        self.unacknowledged += bytes;
        self.last = sequence;
    }

    /// There was nothing to send for so long, as far as is known.
    pub fn rested(&mut self, time: Duration) {
        if time > GAP {
            self.rested_after = Some(self.last);
        }
    }

    /// There is something to send and no room for it. Without that, the link has an easy time, and may be better than it
    /// looks: updates may be small because there was little to say, or little time to say it in.
    pub fn wait(&mut self, now: Instant) {
        if self.is_stale(now) {
            return;
        }
        let without_gap = self.on_the_way.iter_mut().filter(|sent| sent.strain == Strain::Unknown);
        without_gap.for_each(|sent| sent.strain = Strain::Full);
    }

    /// The viewer has applied everything up to and including this update. A number that was never sent, or that was
    /// acknowledged before, changes nothing.
    pub fn applied(&mut self, now: Instant, sequence: u64) {
        if !self.on_the_way.iter().any(|sent| sent.sequence == sequence) {
            return;
        }
        let last = self.on_the_way.back().map_or(sequence, |sent| sent.sequence);
        while let Some(sent) = self.on_the_way.pop_front_if(|sent| sent.sequence <= sequence) {
            self.unacknowledged -= sent.bytes;
            self.acknowledged += sent.bytes as u64;
            self.sample_rate(now, &sent);
            if sent.sequence == sequence {
                self.sample_trip(now, now - sent.at);
            }
        }
        self.acknowledged_at = Some(now);
        self.heard = sequence;
        if sequence > self.growth.until {
            self.growth.until = last;
            self.growth.round(self.rate());
        }
    }

    fn sample_rate(&mut self, now: Instant, sent: &Sent) {
        let time = (now - sent.acknowledged_at).max(SHORTEST);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let rate = (self.acknowledged - sent.acknowledged_before) as f64 / time.as_secs_f64();
        // What did not fill the room says nothing about the link, unless it went better than was believed.
        if sent.strain == Strain::Full || rate > self.rate() {
            if self.samples.len() == SAMPLES {
                self.samples.pop_front();
            }
            self.samples.push_back(rate);
        }
    }

    fn sample_trip(&mut self, now: Instant, trip: Duration) {
        if self.round_trip().is_none_or(|smallest| trip <= smallest) {
            self.trip = Some((now, trip));
        }
    }

    fn is_stale(&self, now: Instant) -> bool {
        self.trip.is_some_and(|(at, trip)| now.saturating_duration_since(at) > STALE.max(trip * STALE_TRIPS))
    }

    /// Bytes handed to the network and not acknowledged.
    #[must_use]
    pub const fn unacknowledged(&self) -> usize {
        self.unacknowledged
    }

    /// The delivered rate as it is believed to be, bytes per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.samples.iter().copied().reduce(f64::max).unwrap_or(FIRST_RATE)
    }

    /// The smallest round trip of late; `None` before the first, and while it is measured anew.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        self.trip.map(|(_, trip)| trip)
    }
}

impl Growth {
    fn round(&mut self, rate: f64) {
        if rate > self.rate * 1.25 || rate < self.rate / 2.0 {
            self.rate = rate;
            self.rounds = 0;
        } else {
            self.rounds = self.rounds.saturating_add(1);
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is above zero; `as` saturates")]
fn bytes_in(rate: f64, time: Duration) -> usize {
    (rate * time.as_secs_f64()) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::{Duration, Instant};

    use super::Room;

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
                while let Some(bytes) = room.budget(self.now) {
                    self.send(room, bytes);
                    total += bytes;
                }
                room.wait(self.now);
                self.acknowledge(room);
            }
            total
        }

        fn send(&mut self, room: &mut Room, bytes: usize) {
            room.sent(self.now, self.next, bytes);
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

    impl Link {
        /// A film of thirty pictures a second, each in slices that take 3 ms to encode; what does not fit is put off.
        fn play(&mut self, room: &mut Room, time: Duration) {
            let end = self.now + time;
            let mut due = self.now;
            while self.now < end {
                let gap = due.saturating_duration_since(self.now);
                self.pass(room, gap);
                room.rested(gap);
                let mut left = room.film();
                while left > 0 {
                    if let Some(bytes) = room.budget(self.now) {
                        let slice = left.min(bytes).min(1400);
                        self.send(room, slice);
                        left -= slice;
                        self.pass(room, 3 * MS);
                    } else {
                        room.wait(self.now);
                        self.acknowledge(room);
                    }
                }
                due = self.now.max(due + 33 * MS);
            }
        }

        fn pass(&mut self, room: &mut Room, time: Duration) {
            let until = self.now + time;
            while self.acknowledgements.front().is_some_and(|(at, _)| *at <= until) {
                self.acknowledge(room);
            }
            self.now = until;
        }
    }

    #[test]
    fn a_film_in_slices_finds_the_rate_of_a_slow_link_and_keeps_to_it() {
        for before in [250_000.0, 2_500_000.0] {
            let mut room = Room::new();
            let mut link = Link::new(before, 40 * MS);
            link.saturate(&mut room, Duration::from_secs(3));
            link.rate = 250_000.0;
            link.play(&mut room, Duration::from_secs(5));
            link.longest_queue = Duration::ZERO;
            link.play(&mut room, Duration::from_secs(30));
            assert!((200_000.0..300_000.0).contains(&room.rate()), "{before}: {}", room.rate());
            assert!((5_600..8_400).contains(&room.film()), "{before}: {}", room.film());
            assert!(link.longest_queue < 40 * MS, "{before}: {:?} of queue", link.longest_queue);
        }
    }

    #[test]
    fn slices_that_take_long_to_encode_do_not_make_a_link_look_slow() {
        let mut room = Room::new();
        let mut link = Link::new(2_500_000.0, 20 * MS);
        link.saturate(&mut room, Duration::from_secs(3));
        let rate = room.rate();
        link.play(&mut room, Duration::from_secs(30));
        assert!(room.rate() > 0.9 * rate, "{} instead of {rate}", room.rate());
    }

    #[test]
    fn a_saturated_link_is_kept_busy_with_a_short_queue() {
        for (rate, round_trip) in [(2_500_000.0, 20 * MS), (250_000.0, 50 * MS), (12_500_000.0, 5 * MS)] {
            let mut room = Room::new();
            let mut link = Link::new(rate, round_trip);
            link.saturate(&mut room, Duration::from_secs(3));
            link.longest_queue = Duration::ZERO;
            let total = link.saturate(&mut room, Duration::from_secs(10));
            let used = total as f64 / (10.0 * rate);
            assert!(used > 0.85, "{rate} B/s, {round_trip:?}: only {used:.2} of the link was used");
            assert!(
                link.longest_queue < round_trip + 40 * MS,
                "{rate} B/s, {round_trip:?}: {:?} of queue",
                link.longest_queue
            );
        }
    }

    #[test]
    fn no_update_exceeds_twenty_milliseconds_of_link() {
        let mut room = Room::new();
        let mut link = Link::new(500_000.0, 30 * MS);
        link.saturate(&mut room, Duration::from_secs(5));
        let most = 500_000.0 * 0.020 * 1.1;
        assert!(room.budget(link.now).unwrap_or(0) as f64 <= most);
        while !link.acknowledgements.is_empty() {
            link.acknowledge(&mut room);
            assert!(
                room.budget(link.now).unwrap_or(0) as f64 <= most,
                "{:?} at {}",
                room.budget(link.now),
                room.rate()
            );
        }
    }

    #[test]
    fn before_anything_is_known_one_update_is_on_its_way() {
        let mut room = Room::new();
        let now = Instant::now();
        let budget = room.budget(now).expect("room for one");
        assert_eq!(budget, 25_000, "20 ms of 10 Mbit/s");
        room.sent(now, 1, budget);
        assert_eq!(room.budget(now), None);
        room.applied(now + 10 * MS, 1);
        assert!(room.budget(now + 10 * MS).is_some());
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
    fn a_trip_that_became_longer_is_measured_anew_on_an_empty_line() {
        let mut room = Room::new();
        let mut link = Link::new(2_500_000.0, 5 * MS);
        link.saturate(&mut room, Duration::from_secs(2));
        link.round_trip = 300 * MS;
        link.saturate(&mut room, Duration::from_secs(20));
        assert!(room.round_trip().is_none_or(|trip| trip >= 300 * MS), "{:?}", room.round_trip());
        let total = link.saturate(&mut room, Duration::from_secs(20));
        let used = total as f64 / (20.0 * link.rate);
        assert!(used > 0.75, "only {used:.2} of the link was used");
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
            link.send(&mut room, 80);
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
        room.sent(now, 1, 1000);
        room.applied(now + MS, u64::MAX);
        assert_eq!(room.unacknowledged(), 1000);
        room.applied(now + MS, 1);
        room.applied(now + 2 * MS, 1);
        assert_eq!(room.unacknowledged(), 0);
    }
}
