//! The pull rule: what is unacknowledged stays ≤ max(one update, delivered rate × (smallest round trip + 20 ms)).

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// How the smallest round trip is remembered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Smallest {
    /// Of the whole session.
    Ever,
    /// Of the last ten seconds.
    Recent,
}

pub struct Room {
    smallest: Smallest,
    sent: u64,
    acked: u64,
    /// Per update under way: end offset, when it was put, what had been acknowledged by then and when.
    under_way: VecDeque<(u64, Instant, u64, Instant)>,
    acked_at: Instant,
    rates: VecDeque<(Instant, f64)>,
    trips: VecDeque<(Instant, Duration)>,
}

/// No update is longer than this on the link.
const UPDATE: Duration = Duration::from_millis(40);
const SLACK: Duration = Duration::from_millis(20);
const SMALLEST_UPDATE: u64 = 4 * 1024;
const LARGEST_UPDATE: u64 = 64 * 1024;
const MEMORY: Duration = Duration::from_secs(10);

impl Room {
    pub fn new(smallest: Smallest) -> Self {
        Self {
            smallest,
            sent: 0,
            acked: 0,
            under_way: VecDeque::new(),
            acked_at: Instant::now(),
            rates: VecDeque::new(),
            trips: VecDeque::new(),
        }
    }

    /// Bytes per second, the best of the last ten updates' samples.
    fn rate(&self) -> f64 {
        self.rates.iter().map(|(_, rate)| *rate).fold(0.0, f64::max)
    }

    fn trip(&self) -> Duration {
        self.trips.iter().map(|(_, trip)| *trip).min().unwrap_or_default()
    }

    pub fn update_size(&self) -> u64 {
        ((self.rate() * UPDATE.as_secs_f64()) as u64).clamp(SMALLEST_UPDATE, LARGEST_UPDATE)
    }

    pub fn limit(&self) -> u64 {
        let flight = self.rate() * (self.trip() + SLACK).as_secs_f64();
        (flight as u64).max(self.update_size())
    }

    pub fn is_free(&self) -> bool {
        let unacked = self.sent - self.acked;
        unacked == 0 || unacked + self.update_size() <= self.limit()
    }

    pub fn put(&mut self, bytes: u64) {
        let now = Instant::now();
        if self.sent == self.acked {
            // Idle time is not part of a rate.
            self.acked_at = now;
        }
        self.sent += bytes;
        self.under_way.push_back((self.sent, now, self.acked, self.acked_at));
    }

    pub fn acknowledged(&mut self, up_to: u64, round_trip: Duration) {
        let now = Instant::now();
        self.acked = up_to;
        self.acked_at = now;
        while let Some(&(end, _, before, before_at)) = self.under_way.front() {
            if end > up_to {
                break;
            }
            self.under_way.pop_front();
            let took = (now - before_at).as_secs_f64().max(0.001);
            self.rates.push_back((now, (end - before) as f64 / took));
        }
        while self.rates.len() > 10 {
            self.rates.pop_front();
        }
        self.trips.push_back((now, round_trip));
        match self.smallest {
            Smallest::Ever => {
                let least = self.trip();
                self.trips.clear();
                self.trips.push_back((now, least));
            }
            Smallest::Recent => {
                while self.trips.front().is_some_and(|(at, _)| now - *at > MEMORY) {
                    self.trips.pop_front();
                }
            }
        }
    }
}
