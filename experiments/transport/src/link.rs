//! One link between two sockets, in memory: delay, rate, drop-tail queue, loss, darkness. Time is tokio's, so a paused
//! clock makes a minute cost milliseconds.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::Duration,
};

use tokio::time::{Instant, Sleep};

/// `kind | leg token`, what the forward plane puts before every packet.
pub const HEADER: usize = 17;
/// IPv6 and UDP headers: they take room on a slow line as well.
const IP_UDP: usize = 48;

#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub one_way: Duration,
    /// Bits per second.
    pub rate: u64,
    /// How long a packet may have to wait before it is dropped instead.
    pub queue: Duration,
    /// Share of packets lost, 0..1.
    pub loss: f64,
    pub dark: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    Host,
    Viewer,
}

pub struct Link(Mutex<State>);

struct State {
    shape: Shape,
    random: u64,
    to_host: Lane,
    to_viewer: Lane,
    largest: usize,
    /// More than one segment was handed over in one call.
    trains: u64,
}

#[derive(Default)]
struct Lane {
    packets: VecDeque<(Instant, Vec<u8>)>,
    free_at: Option<Instant>,
    waker: Option<Waker>,
    /// First delivery after the link became light again.
    first: Option<Instant>,
}

impl Link {
    pub fn new(shape: Shape, seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            shape,
            random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            to_host: Lane::default(),
            to_viewer: Lane::default(),
            largest: 0,
            trains: 0,
        })))
    }

    pub fn change(&self, change: impl FnOnce(&mut Shape)) {
        let mut state = self.0.lock().unwrap();
        let state = &mut *state;
        let was_dark = state.shape.dark;
        change(&mut state.shape);
        if state.shape.dark != was_dark {
            for lane in [&mut state.to_host, &mut state.to_viewer] {
                lane.first = None;
                lane.packets.clear();
                lane.free_at = None;
            }
        }
    }

    /// When a packet first arrived at `side` since the link last went dark or light.
    pub fn first(&self, side: Side) -> Option<Instant> {
        self.0.lock().unwrap().lane(side).first
    }

    /// The largest packet with our header, without IP and UDP, and the number of trains.
    pub fn largest(&self) -> (usize, u64) {
        let state = self.0.lock().unwrap();
        (state.largest, state.trains)
    }

    pub fn send(&self, from: Side, contents: &[u8], segment: Option<usize>) {
        let mut state = self.0.lock().unwrap();
        let size = segment.unwrap_or(contents.len());
        if contents.len() > size {
            state.trains += 1;
        }
        for packet in contents.chunks(size) {
            state.send_one(from, packet);
        }
    }

    pub fn poll_recv(
        &self,
        side: Side,
        sleep: &mut Pin<Box<Sleep>>,
        cx: &mut Context<'_>,
        mut take: impl FnMut(&[u8]) -> bool,
    ) -> Poll<usize> {
        let mut state = self.0.lock().unwrap();
        let lane = state.lane(side);
        let now = Instant::now();
        let mut taken = 0;
        while let Some((due, packet)) = lane.packets.front() {
            if *due > now {
                if taken > 0 {
                    break;
                }
                sleep.as_mut().reset(*due);
                if sleep.as_mut().poll(cx).is_pending() {
                    break;
                }
            }
            if !take(packet) {
                break;
            }
            lane.first.get_or_insert(now);
            lane.packets.pop_front();
            taken += 1;
        }
        if taken > 0 {
            return Poll::Ready(taken);
        }
        lane.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl State {
    fn lane(&mut self, to: Side) -> &mut Lane {
        match to {
            Side::Host => &mut self.to_host,
            Side::Viewer => &mut self.to_viewer,
        }
    }

    fn send_one(&mut self, from: Side, packet: &[u8]) {
        self.largest = self.largest.max(packet.len() + HEADER);
        let chance = self.chance();
        let shape = self.shape;
        if shape.dark || chance < shape.loss {
            return;
        }
        let to = if from == Side::Host { Side::Viewer } else { Side::Host };
        let lane = self.lane(to);
        let now = Instant::now();
        let free_at = lane.free_at.unwrap_or(now).max(now);
        if free_at - now > shape.queue {
            return;
        }
        let bits = (packet.len() + HEADER + IP_UDP) as u64 * 8;
        let sent = free_at + Duration::from_nanos(bits * 1_000_000_000 / shape.rate);
        lane.free_at = Some(sent);
        // A line that became shorter does not overtake.
        let due = (sent + shape.one_way).max(lane.packets.back().map_or(now, |(due, _)| *due));
        lane.packets.push_back((due, packet.to_vec()));
        if let Some(waker) = lane.waker.take() {
            waker.wake();
        }
    }

    /// xorshift64*: the same losses for the same seed.
    fn chance(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        (self.random.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1u64 << 53) as f64
    }
}
