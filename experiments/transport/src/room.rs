//! The pull rule: what is unacknowledged stays within delivered rate × (smallest round trip + slack).

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub room: Within,
    pub slack: Duration,
    /// No update is longer than this on the link.
    pub update: Duration,
    pub smallest: Smallest,
    pub start: Start,
}

/// How a rate is found that nobody knows yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// By what the slack adds in each round trip.
    Slow,
    /// Twice the product, until the rate has not grown by a quarter in three round trips; again after it halved.
    Doubling,
}

/// When the next update may go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Within {
    /// With it, what is unacknowledged stays ≤ max(it, the product).
    Whole,
    /// What is unacknowledged before it is below the product: one update may stand over.
    OneOver,
}

/// How the smallest round trip is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Smallest {
    /// The stack's estimate, smallest of the whole session.
    Ever,
    /// The stack's estimate, smallest of the last ten seconds.
    Recent,
    /// Of the updates themselves, from put to acknowledged; measured anew on an empty link when it is older than three
    /// seconds and sixteen trips.
    Probed,
}

pub struct Room {
    rule: Rule,
    sent: u64,
    acked: u64,
    /// Per update under way: end offset, when it was put, what had been acknowledged by then and when.
    under_way: VecDeque<(u64, Instant, u64, Instant)>,
    acked_at: Instant,
    rates: VecDeque<f64>,
    trips: VecDeque<(Instant, Duration)>,
    /// The rate that was last a quarter above the one before, and the rounds since.
    grown: f64,
    rounds: u32,
    /// A round is over when what was put after this offset is acknowledged.
    round: u64,
}

const SMALLEST_UPDATE: u64 = 4 * 1024;
const LARGEST_UPDATE: u64 = 64 * 1024;

impl Room {
    pub fn new(rule: Rule) -> Self {
        Self {
            rule,
            sent: 0,
            acked: 0,
            under_way: VecDeque::new(),
            acked_at: Instant::now(),
            rates: VecDeque::new(),
            trips: VecDeque::new(),
            grown: 0.0,
            rounds: 0,
            round: 0,
        }
    }

    /// Bytes per second, the best of the last ten updates' samples.
    fn rate(&self) -> f64 {
        self.rates.iter().copied().fold(0.0, f64::max)
    }

    fn trip(&self) -> Duration {
        self.trips.iter().map(|(_, trip)| *trip).min().unwrap_or_default()
    }

    pub fn update_size(&self) -> u64 {
        ((self.rate() * self.rule.update.as_secs_f64()) as u64).clamp(SMALLEST_UPDATE, LARGEST_UPDATE)
    }

    pub fn is_free(&self) -> bool {
        let unacked = self.sent - self.acked;
        if unacked == 0 {
            return true;
        }
        if self.rule.smallest == Smallest::Probed && self.is_stale() {
            return false;
        }
        let gain = if self.rule.start == Start::Doubling && self.rounds < 3 { 2.0 } else { 1.0 };
        let flight = (gain * self.rate() * (self.trip() + self.rule.slack).as_secs_f64()) as u64;
        match self.rule.room {
            Within::Whole => unacked + self.update_size() <= flight.max(self.update_size()),
            Within::OneOver => unacked < flight,
        }
    }

    fn is_stale(&self) -> bool {
        let lasts = (16 * self.trip()).max(Duration::from_secs(3));
        self.trips.front().is_some_and(|(at, _)| at.elapsed() > lasts)
    }

    pub fn put(&mut self, bytes: u64) {
        let now = Instant::now();
        if self.sent == self.acked {
            // Idle time is not part of a rate.
            self.acked_at = now;
            if self.is_stale() && self.rule.smallest == Smallest::Probed {
                // Nothing is in the way of this one: its trip becomes the smallest.
                self.trips.clear();
            }
        }
        self.sent += bytes;
        self.under_way.push_back((self.sent, now, self.acked, self.acked_at));
    }

    pub fn acknowledged(&mut self, up_to: u64, estimate: Duration) {
        let now = Instant::now();
        let mut trip = Duration::MAX;
        while let Some(&(end, put, before, before_at)) = self.under_way.front() {
            if end > up_to {
                break;
            }
            self.under_way.pop_front();
            let took = (now - before_at).as_secs_f64().max(0.001);
            self.rates.push_back((end - before) as f64 / took);
            if self.rates.len() > 10 {
                self.rates.pop_front();
            }
            trip = now - put;
        }
        self.acked = up_to;
        self.acked_at = now;
        if up_to > self.round {
            self.round = self.sent;
            let rate = self.rate();
            if rate > self.grown * 1.25 || rate < self.grown / 2.0 {
                (self.grown, self.rounds) = (rate, 0);
            } else {
                self.rounds += 1;
            }
        }
        match self.rule.smallest {
            Smallest::Probed if self.trips.is_empty() || trip <= self.trip() => {
                self.trips.clear();
                self.trips.push_back((now, trip));
            }
            Smallest::Probed => {}
            Smallest::Ever => {
                let least = if self.trips.is_empty() { estimate } else { self.trip().min(estimate) };
                self.trips.clear();
                self.trips.push_back((now, least));
            }
            Smallest::Recent => {
                self.trips.push_back((now, estimate));
                while self.trips.front().is_some_and(|(at, _)| at.elapsed() > Duration::from_secs(10)) {
                    self.trips.pop_front();
                }
            }
        }
    }
}
