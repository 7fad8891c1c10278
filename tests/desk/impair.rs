//! A bad network between a program and the relay: a UDP link that delays, loses, narrows and goes dark on command.
//!
//! A program is pointed at [`Link::address`] and everything goes on to the relay and back, through one socket of the
//! link's for every address it hears from, so that the relay sees each program as its own peer.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often a waiting thread looks whether the link has been dropped.
const TICK: Duration = Duration::from_millis(20);

/// What happens to packets, in each direction alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Conditions {
    /// From one end to the other; a round trip is twice this.
    pub(crate) delay: Duration,
    /// Of a hundred packets, so many are lost, at random but the same ones in every run.
    pub(crate) loss_percent: u32,
    /// Bytes per second through each direction, if it is narrow.
    pub(crate) rate: Option<u32>,
    /// How long a packet may wait for its turn on a narrow link; one that would wait longer is dropped.
    pub(crate) queue: Duration,
    /// Nothing passes.
    pub(crate) dark: bool,
}

impl Default for Conditions {
    /// A perfect link.
    fn default() -> Self {
        Self { delay: Duration::ZERO, loss_percent: 0, rate: None, queue: Duration::from_millis(500), dark: false }
    }
}

/// How many packets the link has seen, both directions together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Sent on.
    pub(crate) passed: u64,
    /// Lost, dropped in the queue, or swallowed by the dark.
    pub(crate) dropped: u64,
}

/// A link that stands until it is dropped.
pub(crate) struct Link {
    shared: Arc<Shared>,
    address: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

impl Link {
    /// A perfect link from a new port of this machine to `far`.
    ///
    /// # Panics
    /// When no socket can be had.
    pub(crate) fn to(far: SocketAddr) -> Self {
        let near = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        near.set_read_timeout(Some(TICK)).expect("a socket takes a time-out");
        let address = near.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), changed: Condvar::new() });
        let near = Arc::new(near);
        let deliver = thread::spawn({
            let shared = Arc::clone(&shared);
            move || deliver(&shared)
        });
        let accept = thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&shared, &near, far)
        });
        Self { shared, address, threads: vec![deliver, accept] }
    }

    /// Where the program is to be pointed instead of the relay.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on; packets under way keep the time they were given.
    pub(crate) fn set(&self, conditions: Conditions) {
        self.shared.lock().conditions = conditions;
    }

    /// Changes only whether anything passes at all.
    pub(crate) fn dark(&self, dark: bool) {
        let mut state = self.shared.lock();
        state.conditions.dark = dark;
        if dark {
            // A cut cable takes what is on it, too.
            state.counts.dropped += u64::try_from(state.under_way.len()).expect("a count fits");
            state.under_way.clear();
        }
    }

    /// From now on a relay that does what it likes with what it forwards: of each such packet to a program, the header with
    /// it, `make` makes others, which go along. Of how many that was done is counted.
    pub(crate) fn forge(&self, make: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) {
        self.shared.lock().forge = Some((Box::new(make), 0));
    }

    /// For how many packets others were made since then; and no more are.
    pub(crate) fn forged(&self) -> u64 {
        self.shared.lock().forge.take().map_or(0, |(_, count)| count)
    }

    /// What has passed so far.
    pub(crate) fn counts(&self) -> Counts {
        self.shared.lock().counts
    }

    /// The longest that a packet has waited for its turn since this was last asked.
    pub(crate) fn longest_queue(&self) -> Duration {
        std::mem::take(&mut self.shared.lock().longest_queue)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread of the link that panicked has said so already, and its test fails by what did not arrive.
            let _ = thread.join();
        }
    }
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    conditions: Conditions,
    counts: Counts,
    under_way: BinaryHeap<Reverse<Packet>>,
    /// When the narrow link is free again, towards the relay and back.
    busy_until: [Option<Instant>; 2],
    longest_queue: Duration,
    forge: Option<(Box<Forge>, u64)>,
    /// Keeps packets of the same due time in their order, and drives the losses.
    number: u64,
    ended: bool,
}

type Forge = dyn Fn(&[u8]) -> Vec<Vec<u8>> + Send;

/// The first byte of what the relay forwards is below this.
const FORWARDED_BELOW: u8 = 0x40;

#[derive(Clone, Copy)]
enum Direction {
    Out,
    Back,
}

struct Packet {
    due: Instant,
    number: u64,
    bytes: Vec<u8>,
    from: Arc<UdpSocket>,
    to: SocketAddr,
}

impl PartialEq for Packet {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Packet {}

impl PartialOrd for Packet {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Packet {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

impl State {
    fn take(&mut self, now: Instant, direction: Direction, bytes: &[u8], from: &Arc<UdpSocket>, to: SocketAddr) {
        self.number += 1;
        let lost = scatter(self.number) % 100 < u64::from(self.conditions.loss_percent);
        let turn = self.turn(now, direction, bytes.len());
        match turn {
            Some(turn) if !lost && !self.conditions.dark => {
                let due = turn + self.conditions.delay;
                let packet = Packet { due, number: self.number, bytes: bytes.to_vec(), from: Arc::clone(from), to };
                self.under_way.push(Reverse(packet));
            }
            _ => self.counts.dropped += 1,
        }
    }

    fn forged_of(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        match &mut self.forge {
            Some((make, count)) if packet.first().is_some_and(|first| *first < FORWARDED_BELOW) => {
                *count += 1;
                make(packet)
            }
            _ => Vec::new(),
        }
    }

    /// When the packet has left the narrow end of the link, unless it would have to wait too long for its turn.
    fn turn(&mut self, now: Instant, direction: Direction, length: usize) -> Option<Instant> {
        let Some(rate) = self.conditions.rate else { return Some(now) };
        let busy_until = &mut self.busy_until[direction as usize];
        let begin = busy_until.filter(|until| *until > now).unwrap_or(now);
        if begin - now > self.conditions.queue {
            return None;
        }
        self.longest_queue = self.longest_queue.max(begin - now);
        let length = u32::try_from(length).expect("a datagram's length fits");
        let end = begin + Duration::from_secs(1) * length / rate;
        *busy_until = Some(end);
        Some(end)
    }
}

/// Hears the programs, and opens a socket towards the relay for each address that speaks for the first time.
fn accept(shared: &Arc<Shared>, near: &Arc<UdpSocket>, far: SocketAddr) {
    let mut outward: HashMap<SocketAddr, (Arc<UdpSocket>, JoinHandle<()>)> = HashMap::new();
    let mut buffer = vec![0; 1 << 16];
    while let Some((length, program)) = receive(shared, near, &mut buffer) {
        let (socket, _) = outward.entry(program).or_insert_with(|| {
            let socket = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"));
            socket.set_read_timeout(Some(TICK)).expect("a socket takes a time-out");
            let (shared, near, outward) = (Arc::clone(shared), Arc::clone(near), Arc::clone(&socket));
            (socket, thread::spawn(move || come_back(&shared, &outward, &near, program)))
        });
        shared.lock().take(Instant::now(), Direction::Out, &buffer[..length], socket, far);
        shared.changed.notify_all();
    }
    for (_, thread) in outward.into_values() {
        // As in `Link::drop`.
        let _ = thread.join();
    }
}

fn come_back(shared: &Shared, outward: &UdpSocket, near: &Arc<UdpSocket>, program: SocketAddr) {
    let mut buffer = vec![0; 1 << 16];
    while let Some((length, _)) = receive(shared, outward, &mut buffer) {
        let mut state = shared.lock();
        let packet = &buffer[..length];
        state.take(Instant::now(), Direction::Back, packet, near, program);
        for forged in state.forged_of(packet) {
            state.take(Instant::now(), Direction::Back, &forged, near, program);
        }
        drop(state);
        shared.changed.notify_all();
    }
}

/// The next datagram, or nothing when the link has been dropped.
fn receive(shared: &Shared, socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    loop {
        if shared.lock().ended {
            return None;
        }
        match socket.recv_from(buffer) {
            Ok(datagram) => return Some(datagram),
            // Nothing came, or the other side has closed its port: a network goes on.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => panic!("the link's socket failed: {error}"),
        }
    }
}

/// Sends each packet on when its time has come.
fn deliver(shared: &Shared) {
    let mut state = shared.lock();
    while !state.ended {
        let now = Instant::now();
        let due = state.under_way.peek().map(|Reverse(packet)| packet.due);
        state = match due {
            Some(due) if due <= now => {
                let Reverse(packet) = state.under_way.pop().expect("it was just looked at");
                state.counts.passed += 1;
                drop(state);
                // A send fails when nobody listens any more: the packet is lost, as on any network.
                let _ = packet.from.send_to(&packet.bytes, packet.to);
                shared.lock()
            }
            Some(due) => wait(shared, state, due - now),
            None => wait(shared, state, TICK),
        };
    }
}

fn wait<'a>(shared: &'a Shared, state: MutexGuard<'a, State>, time: Duration) -> MutexGuard<'a, State> {
    shared.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner).0
}

/// Splitmix64's finisher: a number into one that looks like chance, the same in every run.
fn scatter(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
