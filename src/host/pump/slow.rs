//! The real updates of the real pump on slow links: how long each one keeps the link busy, and how long anything waits.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use lotse_desktop::capture::Rect;
use lotse_desktop::capture::synthetic::{self, Stage};
use lotse_protocol::message::session::{Applied, UpdateHeader};

use super::{Pump, UpdateOut};
use crate::host::ViewerId;

const WATCHER: ViewerId = ViewerId(1);
const SCREEN: (u32, u32) = (1024, 640);
const ROUND_TRIP: Duration = Duration::from_millis(40);
/// Most payload of a packet, and what is around it, about, bytes.
const PAYLOAD: usize = 1120;
const AROUND: usize = 80;
const LONG: Duration = Duration::from_millis(40);

/// A link in the air: what is put takes its time, and is acknowledged a round trip later.
struct Link {
    /// Bytes per second.
    rate: f64,
    line: Mutex<Line>,
    changed: Condvar,
}

#[derive(Default)]
struct Line {
    free_at: Option<Instant>,
    acknowledgements: Vec<(Instant, u64)>,
    /// The link's time for each update.
    updates: Vec<Duration>,
    longest_queue: Duration,
    is_over: bool,
}

impl Link {
    fn time(&self, bytes: usize) -> Duration {
        Duration::from_secs_f64((bytes + bytes.div_ceil(PAYLOAD) * AROUND) as f64 / self.rate)
    }

    /// Until the session is over.
    fn acknowledge(&self, pump: &Pump) {
        let mut line = self.line.lock().expect("no panic");
        while !line.is_over {
            let now = Instant::now();
            match line.acknowledgements.first().copied() {
                Some((at, sequence)) if at <= now => {
                    line.acknowledgements.remove(0);
                    drop(line);
                    pump.applied(WATCHER, &Applied { display: 0, sequence });
                    line = self.line.lock().expect("no panic");
                }
                Some((at, _)) => line = self.changed.wait_timeout(line, at - now).expect("no panic").0,
                None => line = self.changed.wait(line).expect("no panic"),
            }
        }
    }
}

impl UpdateOut for Link {
    fn wait_free(&self, _: Duration) -> bool {
        true
    }

    fn put(&self, header: UpdateHeader, update: Vec<u8>) {
        let now = Instant::now();
        let mut line = self.line.lock().expect("no panic");
        let begin = line.free_at.map_or(now, |at| at.max(now));
        let last = begin + self.time((update.len() - 1) / PAYLOAD * PAYLOAD);
        line.longest_queue = line.longest_queue.max(last - now);
        let end = begin + self.time(update.len());
        line.free_at = Some(end);
        line.updates.push(self.time(update.len()));
        line.acknowledgements.push((end + ROUND_TRIP, header.sequence));
        self.changed.notify_all();
    }
}

/// What the link had to carry.
struct Carried {
    updates: Vec<Duration>,
    longest_queue: Duration,
}

/// A page of text, with lines that are typed all the while; then a photograph comes in; then part of it is a film.
fn carry(kbit: f64) -> Carried {
    let link = std::sync::Arc::new(Link { rate: kbit * 125.0, line: Mutex::default(), changed: Condvar::new() });
    let (capture, stage) = synthetic::open(SCREEN.0, SCREEN.1);
    let pump = Pump::start(move || Ok(capture), |_| {}).expect("a thread");
    pump.begin(WATCHER, link.clone());
    thread::scope(|scope| {
        scope.spawn(|| link.acknowledge(&pump));
        let begun = Instant::now();
        for number in 0..180 {
            thread::sleep((begun + Duration::from_secs(1) * number / 30).saturating_duration_since(Instant::now()));
            act(&stage, number);
        }
        let mut line = link.line.lock().expect("no panic");
        line.is_over = true;
        link.changed.notify_all();
    });
    let mut line = link.line.lock().expect("no panic");
    line.updates.sort();
    Carried { updates: std::mem::take(&mut line.updates), longest_queue: line.longest_queue }
}

fn act(stage: &Stage, number: u32) {
    if number.is_multiple_of(4) {
        let ink = |at: u32| if chance(number, at, 3).is_multiple_of(3) { [0x20, 0x18, 0x10, 0] } else { [0xff; 4] };
        let pixels: Vec<u8> = (0..8 * 14).flat_map(ink).collect();
        stage.paint(Rect { x: 8 + number * 3, y: 600, width: 8, height: 14 }, &pixels);
    }
    match number {
        60 => paint_landscape(stage, Rect { x: 80, y: 60, width: 480, height: 320 }, 0),
        120.. => paint_landscape(stage, Rect { x: 600, y: 60, width: 320, height: 240 }, 3 * number),
        _ => {}
    }
}

/// Noise of three sizes, with grain.
fn paint_landscape(stage: &Stage, rect: Rect, shift: u32) {
    let smooth = |seed: u32, x: u32, y: u32, size: u32| {
        let (column, row, dx, dy) = (x / size, y / size, x % size, y % size);
        let corner = |c: u32, r: u32| chance(seed, c, r) % 256;
        let above = corner(column, row) * (size - dx) + corner(column + 1, row) * dx;
        let below = corner(column, row + 1) * (size - dx) + corner(column + 1, row + 1) * dx;
        (above * (size - dy) + below * dy) / (size * size)
    };
    let colour = |(x, y): (u32, u32)| {
        let shape = (smooth(1, x, y, 90) * 5 + smooth(2, x, y, 23) * 3 + smooth(3, x, y, 7) * 2) / 10;
        let grain = chance(9 + shift, x, y) % 7;
        let tint = |seed| ((shape * 7 + smooth(seed, x, y, 130) * 3) / 10 + grain).min(255) as u8;
        [tint(4), tint(5), tint(6), 0]
    };
    let places = (0..rect.height).flat_map(|y| (0..rect.width).map(move |x| (x + shift, y)));
    stage.paint(rect, &places.flat_map(colour).collect::<Vec<u8>>());
}

/// A fixed hash of three numbers.
fn chance(seed: u32, x: u32, y: u32) -> u32 {
    let mut h = seed.wrapping_mul(0x9e37_79b1) ^ x.wrapping_mul(0x85eb_ca77) ^ y.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

#[test]
fn real_updates_on_slow_links_take_no_more_than_forty_milliseconds_of_them() {
    thread::scope(|scope| {
        let links = [300.0, 1000.0, 2000.0].map(|kbit| (kbit, scope.spawn(move || carry(kbit))));
        for (kbit, link) in links {
            let Carried { updates, longest_queue } = link.join().expect("no panic");
            let long = updates.iter().filter(|time| **time > LONG).count();
            let most = updates.last().copied().unwrap_or_default();
            let carried = format!(
                "{kbit} kbit/s: {long} of {} updates take more than {LONG:?}, half of them {:?}, the longest {most:?}; at most \
                 {longest_queue:?} of queue",
                updates.len(),
                updates.get(updates.len() / 2),
            );
            eprintln!("{carried}");
            assert!(updates.len() > 50, "{carried}");
            let packet = Duration::from_secs_f64((PAYLOAD + AROUND) as f64 / (kbit * 125.0));
            assert_eq!(long, 0, "{carried}");
            assert!(longest_queue <= LONG + packet, "{carried}");
        }
    });
}
