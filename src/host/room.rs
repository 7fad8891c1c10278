//! How much more may be on its way to a viewer (design, section 3, "pull, not push", as measured and refined in
//! `docs/decisions/0001-transport.md`, decision 4). Sans-IO: time is an argument.
//!
//! An update may leave when nothing is unacknowledged, or when what is unacknowledged is below the delivered rate × (the
//! smallest round trip + 10 ms), and it aims at 20 ms of that rate. The round trip is the update's own, from handing it
//! over to hearing that it was applied. Now and then it is measured anew on an empty line, since on a full one it would
//! never look small again.
//!
//! What there is room for does not leave all at once: a link that had nothing to do would have all of it in its queue. It
//! leaves a little faster than the rate, so that hardly more than one update waits for its turn.
//!
//! The first update is one packet, and its trip the first thing that is known. From there on more may be on its way for
//! as long as the rate grows by that and no queue is seen: a slow link never has a long one, and a fast one is known
//! after a few trips (`docs/decisions/0012-film-and-rate.md`, "Rate").

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// On top of the smallest round trip: what keeps a link busy while an acknowledgement is on its way.
const SLACK: Duration = Duration::from_millis(10);
/// The link's time that one update aims at: what comes after it waits that long.
const UPDATE_TIME: Duration = Duration::from_millis(20);
/// The link's time that a picture of film may take, so that thirty a second arrive and there is room left for what is
/// typed.
const FILM_TIME: Duration = Duration::from_millis(28);
/// Taken for the delivered rate until a link has shown what it can do: 10 Mbit/s. Only film goes by it.
const FIRST_RATE: f64 = 1_250_000.0;
/// What the first update shows of a link is at least that, bytes per second: on a long way, a packet in a round trip is little.
const LEAST_RATE: f64 = 18_750.0;
/// What the first update may have, bytes: it fits one packet, which is less than 40 ms of 300 kbit/s.
const FIRST_UPDATE: usize = 1024;
/// Updates are not cut into smaller pieces than this, bytes: a line of text, or a tile of film that shows something. It is
/// 40 ms of 100 kbit/s.
const SMALLEST_UPDATE: usize = 512;
/// The rate is the best of so many samples.
const SAMPLES: usize = 10;
/// The smallest round trip is measured anew when it is older than this and than [`STALE_TRIPS`] of it.
const STALE: Duration = Duration::from_secs(3);
const STALE_TRIPS: u32 = 16;
/// The link is believed to be known when the rate has failed to grow by a quarter in so many round trips that were full;
/// until then more may be on its way ([`Trial`]), as long as no queue is seen.
const ROUNDS: u32 = 3;
/// No more than that waits for its turn on the link when another update leaves.
const AHEAD: Duration = Duration::from_millis(8);
/// What a trip can take longer or shorter by chance.
const NOISE: Duration = Duration::from_millis(5);
/// A trip that took so much longer than the smallest has met a queue that is too long.
const LONG_QUEUE: Duration = Duration::from_millis(40);
/// What met a queue of more than that, and was delivered at less than this part of the believed rate, has met another link than
/// was known: what was seen before is forgotten. The best of ten samples would last for ten updates that are as long as
/// the old link liked them.
const COLLAPSE: (Duration, f64) = (Duration::from_millis(100), 0.25);
/// Who had nothing to send for so long left a gap.
const GAP: Duration = Duration::from_millis(2);
/// No clock and no thread is better than this: shorter times would make rates of anything.
const SHORTEST: Duration = Duration::from_millis(1);

/// What is tried with a link that may be faster than believed. If it is not, this is what its queue grows by, until that is
/// seen.
struct Trial {
    /// On its way beside what there always may be: so long, or that many round trips where that is longer.
    more: Duration,
    trips: f64,
    /// Of the believed rate, what leaves when there is much at once.
    pace: f64,
    /// Of what a picture of film usually has; it would fit whatever it is given, and never find out.
    film: f64,
}

const AT_FIRST: Trial = Trial { more: Duration::from_millis(20), trips: 0.4, pace: 2.0, film: 2.0 };
const ONCE_MORE: Trial = Trial { more: Duration::from_millis(10), trips: 0.0, pace: 1.5, film: 1.5 };
const NONE: Trial = Trial { more: Duration::ZERO, trips: 0.0, pace: 1.2, film: 1.0 };

/// Whether the next update may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// At once, with so many bytes.
    Now(usize),
    /// Then; what has left just now is to be on the link first.
    At(Instant),
    /// There is no room: not before something is acknowledged.
    Full,
}

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
    /// Of the update that had it.
    trip_bytes: usize,
    /// The one before it was measured anew.
    trip_before: Option<Duration>,
    growth: Growth,
    /// Bytes that were waiting for their turn then.
    ahead: Option<(Instant, usize)>,
    /// What the trip that ended last took beyond the smallest.
    queue: Duration,
    /// The number of the last update that was sent, and that was heard of.
    last: u64,
    heard: u64,
    /// There was nothing to send after this one: until the next one is heard of, the link has gaps.
    rested_after: Option<u64>,
    /// The line was empty after this one.
    began_after: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    sequence: u64,
    bytes: usize,
    at: Instant,
    strain: Strain,
    /// Bytes that were on their way when it was sent, it included.
    unacknowledged: usize,
    acknowledged_before: u64,
    acknowledged_at: Instant,
}

/// How hard the link worked while an update was on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strain {
    /// There was a gap before it: what is delivered in its time says how little there was to send.
    Gap,
    /// It went to an empty line, or followed such a one: in its time is a trip in which nothing could be delivered.
    First,
    /// There was no gap, nor was anything waiting for room.
    Unknown,
    /// Something was waiting for room: the link is what limits.
    Full,
}

/// Does the rate still grow?
#[derive(Debug, Default)]
struct Growth {
    /// The rate that was last a quarter above the one before.
    rate: f64,
    /// Full ones since then.
    rounds: u32,
    /// In this one there was something to send and no room for it.
    is_full: bool,
    /// A round is over when what was sent after this one is acknowledged.
    until: u64,
}

impl Room {
    /// Nothing is on its way, and nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// May an update leave now?
    #[must_use]
    pub fn ask(&self, now: Instant) -> Answer {
        let update = self.update();
        if self.on_the_way.is_empty() {
            return Answer::Now(update);
        }
        if self.is_stale(now) || self.samples.is_empty() {
            return Answer::Full;
        }
        let trip = self.round_trip().unwrap_or_default();
        let more = self.trial().more.max(trip.mul_f64(self.trial().trips)).min(trip + SLACK);
        let room = bytes_in(self.rate(), trip + SLACK + more);
        if self.unacknowledged >= room {
            return Answer::Full;
        }
        match self.ahead(now).checked_sub(bytes_in(self.rate(), AHEAD)) {
            None | Some(0) => Answer::Now(update),
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            Some(bytes) => Answer::At(now + Duration::from_secs_f64(bytes as f64 / self.pace())),
        }
    }

    /// Bytes that would be waiting for their turn on a link as fast as it is believed to be.
    fn ahead(&self, now: Instant) -> usize {
        let Some((at, bytes)) = self.ahead else { return 0 };
        let gone = bytes_in(self.pace(), now.saturating_duration_since(at));
        bytes.saturating_sub(gone).min(self.unacknowledged)
    }

    /// Bytes a second at which updates leave when there are several at once.
    fn pace(&self) -> f64 {
        self.rate() * self.trial().pace
    }

    /// Bytes that an update aims at.
    fn update(&self) -> usize {
        if self.samples.is_empty() {
            return FIRST_UPDATE;
        }
        bytes_in(self.rate(), UPDATE_TIME).max(SMALLEST_UPDATE)
    }

    /// How far is it tried whether the link is faster than believed?
    fn trial(&self) -> &'static Trial {
        match ROUNDS.saturating_sub(self.growth.rounds) {
            0 => &NONE,
            _ if self.queue > SLACK => &NONE,
            1 => &ONCE_MORE,
            _ => &AT_FIRST,
        }
    }

    /// Bytes that a picture of film may have.
    #[must_use]
    pub fn film(&self) -> usize {
        bytes_in(self.rate(), FILM_TIME.mul_f64(self.trial().film)).max(SMALLEST_UPDATE)
    }

    /// An update was handed to the network.
    pub fn sent(&mut self, now: Instant, sequence: u64, bytes: usize) {
        if self.on_the_way.is_empty() {
            // Idle time is not the link's fault.
            self.acknowledged_at = Some(now);
            self.began_after = Some(self.last);
            if self.is_stale(now) {
                // Nothing is in the way of this one: its trip becomes the smallest.
                self.trip_before = self.round_trip();
                self.trip = None;
                // The link may have become faster, too.
                self.growth.rounds = self.growth.rounds.min(ROUNDS - 1);
            }
        }
        self.ahead = Some((now, self.ahead(now) + bytes));
        self.unacknowledged += bytes;
        self.on_the_way.push_back(Sent {
            sequence,
            bytes,
            at: now,
            unacknowledged: self.unacknowledged,
            strain: if self.is_unheard_since(self.rested_after) {
                Strain::Gap
            } else if self.is_unheard_since(self.began_after) {
                Strain::First
            } else {
                Strain::Unknown
            },
            acknowledged_before: self.acknowledged,
            acknowledged_at: self.acknowledged_at.unwrap_or(now),
        });
        self.last = sequence;
    }

    /// Was nothing heard yet of what was sent after this one?
    fn is_unheard_since(&self, last: Option<u64>) -> bool {
        last.is_some_and(|last| self.heard <= last)
    }

    /// Until now nothing was sent for so long, though there was room. That is a gap, unless the link has had something to
    /// do all the while: as much is still on its way as it carries in a trip.
    pub fn rested(&mut self, time: Duration) {
        let is_busy = self.round_trip().is_some_and(|trip| self.unacknowledged >= bytes_in(self.rate(), trip));
        if time > GAP && !is_busy {
            self.rested_after = Some(self.last);
        }
    }

    /// There is something to send and no room for it. Without that, the link has an easy time, and may be better than it
    /// looks: updates may be small because there was little to say, or little time to say it in.
    pub fn wait(&mut self, now: Instant) {
        if self.is_stale(now) {
            return;
        }
        self.growth.is_full = true;
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
                self.sample_trip(now, now - sent.at, sent.bytes);
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
        let is_long = self.round_trip().is_none_or(|smallest| now - sent.at > smallest + LONG_QUEUE);
        let limited = match sent.strain {
            Strain::Gap => false,
            Strain::First => is_long,
            // A long queue that is its own.
            Strain::Unknown => is_long && sent.unacknowledged > self.update(),
            Strain::Full => true,
        };
        let rate = self.proof(now, sent).map_or(rate, |proof| proof.max(rate));
        // What was not limited by the link says nothing about it, unless it went better than was believed.
        if limited || rate > self.rate() || self.samples.is_empty() {
            let is_first = self.samples.is_empty();
            let smallest = self.round_trip().or(self.trip_before);
            let met_a_queue = smallest.is_some_and(|smallest| now - sent.at > smallest + COLLAPSE.0);
            if self.samples.len() == SAMPLES {
                self.samples.pop_front();
            }
            if !is_first && met_a_queue && rate < self.rate() * COLLAPSE.1 {
                self.samples.clear();
            }
            self.samples.push_back(if is_first { rate.max(LEAST_RATE) } else { rate });
        }
    }

    /// What the link certainly carries, as long as that is tried: an update that is longer than the one with the smallest trip
    /// and hardly takes longer. Else a link on a long way would take many trips to be known.
    fn proof(&self, now: Instant, sent: &Sent) -> Option<f64> {
        let (_, trip) = self.trip?;
        let longer = (now - sent.at).saturating_sub(trip);
        let is_tried = ROUNDS - self.growth.rounds.min(ROUNDS) > 1;
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let bytes = sent.bytes.saturating_sub(self.trip_bytes) as f64;
        (is_tried && longer < NOISE).then(|| bytes / (longer + NOISE).as_secs_f64())
    }

    fn sample_trip(&mut self, now: Instant, trip: Duration, bytes: usize) {
        if self.round_trip().is_none_or(|smallest| trip <= smallest) {
            self.trip = Some((now, trip));
            self.trip_bytes = bytes;
        }
        self.queue = trip.saturating_sub(self.round_trip().unwrap_or(trip));
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
        let was_full = std::mem::take(&mut self.is_full);
        if rate > self.rate * 1.25 || rate < self.rate / 2.0 {
            self.rate = rate;
            self.rounds = 0;
        } else if was_full {
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

    use super::{Answer, Room};

    const MS: Duration = Duration::from_millis(1);

    /// A link of a fixed rate with a queue without end, in virtual time.
    struct Link {
        now: Instant,
        rate: f64,
        round_trip: Duration,
        free_at: Instant,
        acknowledgements: VecDeque<(Instant, u64)>,
        next: u64,
        /// Of film, bytes; and what is left free after each.
        slice: usize,
        pause: Duration,
        /// The longest that a packet has waited for its turn.
        longest_queue: Duration,
    }

    const PACKET: usize = 1200;

    impl Link {
        fn new(rate: f64, round_trip: Duration) -> Self {
            let now = Instant::now();
            let (free_at, acknowledgements) = (now, VecDeque::new());
            let (slice, pause, longest_queue) = (1400, Duration::ZERO, Duration::ZERO);
            Self { now, rate, round_trip, free_at, acknowledgements, next: 1, slice, pause, longest_queue }
        }

        /// Sends whatever there is room for, until `time` has passed; returns the bytes sent.
        fn saturate(&mut self, room: &mut Room, time: Duration) -> usize {
            let end = self.now + time;
            let mut total = 0;
            while self.now < end {
                match room.ask(self.now) {
                    Answer::Now(bytes) => {
                        self.send(room, bytes);
                        total += bytes;
                    }
                    Answer::At(at) => self.until(room, at),
                    Answer::Full => {
                        room.wait(self.now);
                        self.acknowledge(room);
                    }
                }
            }
            total
        }

        fn send(&mut self, room: &mut Room, bytes: usize) {
            room.sent(self.now, self.next, bytes);
            let before_the_last = bytes - 1 - (bytes - 1) % PACKET;
            let time = |bytes: usize| Duration::from_secs_f64(bytes as f64 / self.rate);
            let begin = self.free_at.max(self.now);
            self.longest_queue = self.longest_queue.max(begin + time(before_the_last) - self.now);
            self.free_at = begin + time(bytes);
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
                    match room.ask(self.now) {
                        Answer::Now(bytes) => {
                            let slice = left.min(bytes).min(self.slice);
                            self.send(room, slice);
                            left -= slice;
                            self.pass(room, 3 * MS + self.pause);
                            room.rested(self.pause);
                        }
                        Answer::At(at) => self.until(room, at),
                        Answer::Full => {
                            room.wait(self.now);
                            self.acknowledge(room);
                        }
                    }
                }
                due = self.now.max(due + 33 * MS);
            }
        }

        fn pass(&mut self, room: &mut Room, time: Duration) {
            let end = self.now + time;
            while self.now < end {
                self.until(room, end);
            }
        }

        /// Until then, or until something is acknowledged before.
        fn until(&mut self, room: &mut Room, end: Instant) {
            match self.acknowledgements.front() {
                Some((at, _)) if *at <= end => self.acknowledge(room),
                _ => self.now = self.now.max(end),
            }
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
        while !link.acknowledgements.is_empty() {
            link.acknowledge(&mut room);
            if let Answer::Now(bytes) = room.ask(link.now) {
                assert!(bytes as f64 <= most, "{bytes} at {}", room.rate());
            }
        }
    }

    #[test]
    fn before_anything_is_known_one_update_is_on_its_way() {
        let mut room = Room::new();
        let now = Instant::now();
        let Answer::Now(budget) = room.ask(now) else { panic!("there is room for one") };
        assert!(budget <= 1100, "{budget} bytes are more than one packet");
        room.sent(now, 1, budget);
        assert_eq!(room.ask(now), Answer::Full);
        room.applied(now + 10 * MS, 1);
        assert!(matches!(room.ask(now + 10 * MS), Answer::Now(_)));
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

    /// What is on its way when it happens has to get through. After that the updates fit the link as it is now.
    #[test]
    fn a_link_that_collapses_is_known_as_soon_as_what_was_on_its_way_is_through() {
        for (before, after) in [(12_500_000.0, 250_000.0), (12_500_000.0, 37_500.0), (2_500_000.0, 37_500.0)] {
            for round_trip in [5 * MS, 40 * MS] {
                // In the middle, and while the smallest trip is measured anew.
                for (film, known_for) in [(false, 2000), (true, 2000), (false, 3000), (true, 3000)] {
                    let (mut room, mut link) = (Room::new(), Link::new(before, round_trip));
                    link.saturate(&mut room, known_for * MS);
                    // As much as there is room for.
                    let through = Duration::from_secs_f64(before * (round_trip + 30 * MS).as_secs_f64() / after);
                    link.rate = after;
                    let mut work = |link: &mut Link, time| {
                        if film {
                            link.play(&mut room, time);
                        } else {
                            link.saturate(&mut room, time);
                        }
                    };
                    work(&mut link, through + 10 * round_trip);
                    link.longest_queue = Duration::ZERO;
                    work(&mut link, Duration::from_secs(10));
                    let most = round_trip + 60 * MS + Duration::from_secs_f64(PACKET as f64 / after);
                    let which =
                        format!("{before} to {after} B/s, {round_trip:?}, film {film}, through after {through:?}");
                    assert!(link.longest_queue < most, "{which}: {:?}, not {most:?}", link.longest_queue);
                    assert!((0.7 * after..1.3 * after).contains(&room.rate()), "{which}: {}", room.rate());
                }
            }
        }
    }

    #[test]
    fn a_link_that_stood_still_for_a_moment_is_soon_what_it_was() {
        for round_trip in [5 * MS, 40 * MS] {
            let (mut room, mut link) = (Room::new(), Link::new(2_500_000.0, round_trip));
            link.saturate(&mut room, Duration::from_secs(3));
            let rate = room.rate();
            link.free_at = link.now + 400 * MS;
            link.acknowledgements.iter_mut().for_each(|(at, _)| *at += 400 * MS);
            link.saturate(&mut room, 400 * MS + Duration::from_secs(1));
            assert!(room.rate() > 0.8 * rate, "{round_trip:?}: {} after {rate}", room.rate());
        }
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
    fn from_the_first_byte_on_no_slow_link_has_a_queue_of_more_than_forty_milliseconds() {
        for rate in [37_500.0, 62_500.0, 125_000.0, 250_000.0, 500_000.0] {
            for round_trip in [5 * MS, 20 * MS, 40 * MS, 60 * MS] {
                let most = 40 * MS + Duration::from_secs_f64(PACKET as f64 / rate);
                let mut link = Link::new(rate, round_trip);
                link.saturate(&mut Room::new(), Duration::from_secs(20));
                let longest = link.longest_queue;
                assert!(longest <= most, "{rate} B/s, {round_trip:?}: {longest:?}, not {most:?}");

                let mut link = Link::new(rate, round_trip);
                link.play(&mut Room::new(), Duration::from_secs(20));
                let longest = link.longest_queue;
                assert!(longest <= most, "film, {rate} B/s, {round_trip:?}: {longest:?}, not {most:?}");
            }
        }
    }

    #[test]
    fn a_link_is_soon_known() {
        for (rate, round_trip, most) in [
            (125_000_000.0, MS, 40 * MS),
            (12_500_000.0, MS, 40 * MS),
            (2_500_000.0, 20 * MS, 250 * MS),
            (2_500_000.0, 40 * MS, 500 * MS),
            (1_250_000.0, 300 * MS, 6000 * MS),
            (250_000.0, 40 * MS, 400 * MS),
            (37_500.0, 40 * MS, 300 * MS),
        ] {
            let (mut room, mut link) = (Room::new(), Link::new(rate, round_trip));
            let begun = link.now;
            link.saturate(&mut room, MS);
            while room.rate() < 0.8 * rate {
                link.saturate(&mut room, MS);
                assert!(link.now - begun < most, "{rate} B/s, {round_trip:?}: {} after {most:?}", room.rate());
            }
        }
    }

    /// Film is made to fit what is believed: that it fits says nothing.
    #[test]
    fn film_alone_finds_out_what_a_link_can_do() {
        for round_trip in [5 * MS, 60 * MS] {
            let (mut room, mut link) = (Room::new(), Link::new(300_000.0, round_trip));
            link.play(&mut room, Duration::from_secs(10));
            assert!(room.rate() > 250_000.0, "{round_trip:?}: {}", room.rate());
        }
    }

    /// Of the encoder, that is, so that something else has the processor.
    #[test]
    fn a_link_that_becomes_slower_is_noticed_between_pauses() {
        for pause in [0, 3, 8] {
            let (mut room, mut link) = (Room::new(), Link::new(2_500_000.0, 40 * MS));
            (link.slice, link.pause) = (20_000, pause * MS);
            link.play(&mut room, Duration::from_secs(5));
            assert!(room.rate() > 800_000.0, "{pause} ms: {}", room.rate());
            link.rate = 250_000.0;
            link.play(&mut room, Duration::from_secs(2));
            link.longest_queue = Duration::ZERO;
            link.play(&mut room, Duration::from_secs(10));
            assert!((200_000.0..300_000.0).contains(&room.rate()), "{pause} ms: {}", room.rate());
            assert!(link.longest_queue < 50 * MS, "{pause} ms: {:?}", link.longest_queue);
        }
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
