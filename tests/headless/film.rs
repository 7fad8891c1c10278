//! What is typed while a film plays, over a slow line: the real pump and transport, a screen in memory, and a viewer that
//! looks at every picture.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse::host::ViewerId;
use lotse::host::pump::{Pump, UpdateOut};
use lotse::net::{Command, slot};
use lotse_codec::{Decoder, Framebuffer};
use lotse_desktop::capture::Rect;
use lotse_desktop::capture::synthetic::{self, Stage};
use lotse_protocol::message::session::{Applied, UpdateHeader, session_message};

use crate::impair::{Conditions, Link};
use crate::party::{Adviser, Customer, Relay, connect};

/// 2 Mbit/s, 40 ms there and back, and a queue of 500 ms that drops what is too much.
const NARROW: Conditions = Conditions {
    delay: Duration::from_millis(20),
    loss_percent: 0,
    rate: Some(250_000),
    queue: Duration::from_millis(500),
    dark: false,
};
/// In that the first picture comes.
const AT_FIRST: Duration = Duration::from_secs(1);
const PLAYED: Duration = Duration::from_secs(10);
/// About eight are typed a second.
const LEAST_LETTERS: usize = 60;
/// A letter that was not seen by then never was.
const PATIENCE: Duration = Duration::from_secs(3);

/// Of the film.
const FPS: f64 = 30.0;

const WATCHER: ViewerId = ViewerId(1);
const SCREEN: (u32, u32) = (1366, 900);
const PAPER: [u8; 4] = [0xf8, 0xfa, 0xfc, 0];

#[test]
fn what_is_typed_beside_a_film_is_soon_seen_over_a_slow_line() {
    type_beside_a_film(640, 360, NARROW).check(8.0);
}

#[test]
fn what_is_typed_beside_a_large_film_is_soon_seen_over_a_slow_line() {
    type_beside_a_film(1280, 720, NARROW).check(8.0);
}

#[test]
fn a_film_keeps_its_rate_over_four_megabits() {
    type_beside_a_film(640, 360, Conditions { rate: Some(500_000), ..NARROW }).check(FPS * 0.9);
}

#[test]
fn a_large_film_keeps_its_rate_over_four_megabits() {
    type_beside_a_film(1280, 720, Conditions { rate: Some(500_000), ..NARROW }).check(FPS * 0.9);
}

/// What a viewer saw.
struct Seen {
    /// From the letter on the customer's screen to the letter on the adviser's, shortest first.
    letters: Vec<Duration>,
    lost: usize,
    /// From handing an update over to its being applied, shortest first.
    updates: Vec<Duration>,
    bytes: usize,
    /// Pictures of film that were shown to their end, a second.
    pictures: f64,
    longest_queue: Duration,
    dropped: u64,
}

impl Seen {
    fn check(&self, least_pictures: f64) {
        eprintln!("{self}");
        assert!(self.letters.len() >= LEAST_LETTERS, "too few letters to judge by: {self}");
        assert_eq!(self.lost, 0, "letters were never seen: {self}");
        assert!(percentile(&self.letters, 95) <= Duration::from_millis(150), "{self}");
        assert!(self.pictures >= least_pictures, "{self}");
        // And a packet's own time.
        assert!(self.longest_queue <= Duration::from_millis(45), "{self}");
        assert_eq!(self.dropped, 0, "the queue overflowed: {self}");
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |times: &[Duration], part| percentile(times, part).as_secs_f64() * 1000.0;
        write!(
            f,
            "{} letters {:.0} / {:.0} / {:.0} ms (p50 / p95 / longest), {} lost; {} updates {:.0} / {:.0} / {:.0} ms, {} bytes on \
             average; {:.1} pictures a second; at most {:.0} ms of queue, {} packets dropped",
            self.letters.len(),
            ms(&self.letters, 50),
            ms(&self.letters, 95),
            ms(&self.letters, 100),
            self.lost,
            self.updates.len(),
            ms(&self.updates, 50),
            ms(&self.updates, 95),
            ms(&self.updates, 100),
            self.bytes / self.updates.len().max(1),
            self.pictures,
            self.longest_queue.as_secs_f64() * 1000.0,
            self.dropped,
        )
    }
}

fn percentile(sorted: &[Duration], part: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last * part).div_ceil(100)).copied().unwrap_or_default()
}

fn type_beside_a_film(width: u32, height: u32, line: Conditions) -> Seen {
    let film = Film::new(width, height);
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let (customer, adviser) = (Customer::at(link.address(), relay.pins), Adviser::new(&relay));
    let (host, _viewer) = connect(&customer, &adviser);
    link.set(line);

    let (capture, stage) = synthetic::open(SCREEN.0, SCREEN.1);
    stage.fill(Rect { x: 0, y: 0, width: SCREEN.0, height: SCREEN.1 }, PAPER);
    let pump = Pump::start(move || Ok(capture), |_| {}).expect("a thread");
    let out = Arc::new(Out { updates: host.updates.expect("a host's"), put: Mutex::default() });
    pump.begin(WATCHER, out.clone());

    let over = AtomicBool::new(false);
    let typed = Mutex::new(Vec::new());
    let begun = Instant::now() + AT_FIRST;
    let mut shown = thread::scope(|scope| {
        let (over, typed, film, stage) = (&over, &typed, &film, &stage);
        scope.spawn(move || film.play(stage, over));
        scope.spawn(move || {
            thread::sleep(AT_FIRST);
            write(stage, typed, begun + PLAYED);
        });
        let viewer = scope.spawn(move || watch(&adviser, film, typed, over, begun));
        thread::sleep(AT_FIRST);
        let (_first, before) = (link.longest_queue(), link.counts().dropped);
        let mut counted = None;
        while !over.load(Ordering::Relaxed) {
            if let Ok((_, sequence)) = customer.applied.recv_timeout(Duration::from_millis(20)) {
                pump.applied(WATCHER, &Applied { display: 0, sequence });
            }
            if Instant::now() > begun + PLAYED {
                counted.get_or_insert_with(|| (link.longest_queue(), link.counts().dropped - before));
            }
        }
        (viewer.join().expect("no panic"), counted.expect("the film has played"))
    });
    let put = out.put.lock().expect("no panic");
    let trips = shown.0.applied.iter().map(|(sequence, at)| *at - put[*sequence as usize - 1].0);
    let mut updates: Vec<Duration> = trips.collect();
    updates.sort();
    shown.0.letters.sort();
    Seen {
        lost: typed.lock().expect("no panic").len(),
        letters: shown.0.letters,
        bytes: shown.0.applied.iter().map(|(sequence, _)| put[*sequence as usize - 1].1).sum(),
        updates,
        pictures: f64::from(shown.0.pictures) / PLAYED.as_secs_f64(),
        longest_queue: shown.1.0,
        dropped: shown.1.1,
    }
}

/// Hands updates over, and notes when and how long they were.
struct Out {
    updates: slot::Sender,
    put: Mutex<Vec<(Instant, usize)>>,
}

impl UpdateOut for Out {
    fn wait_free(&self, timeout: Duration) -> bool {
        self.updates.wait_free(timeout)
    }

    fn put(&self, header: UpdateHeader, update: Vec<u8>) {
        self.put.lock().expect("no panic").push((Instant::now(), update.len()));
        // Fails when the session is over.
        let _ = self.updates.put((header, Bytes::from(update)));
    }
}

/// A letter that is on the customer's screen.
struct Letter {
    rect: Rect,
    pixels: Vec<u8>,
    at: Instant,
}

/// Types about eight letters a second, in lines below the film.
fn write(stage: &Stage, typed: &Mutex<Vec<Letter>>, until: Instant) {
    let (across, mut number) = (SCREEN.0 / 10 - 2, 0);
    while Instant::now() < until {
        let rect = Rect { x: 10 + number % across * 9, y: 780 + number / across * 20, width: 8, height: 14 };
        let ink = |at: u32| if chance(7, number % 40, at).is_multiple_of(3) { [0x20, 0x18, 0x10, 0] } else { PAPER };
        let pixels: Vec<u8> = (0..rect.width * rect.height).flat_map(ink).collect();
        // Noted before it is there: it may be seen at once.
        let mut letters = typed.lock().expect("no panic");
        letters.push(Letter { rect, pixels: pixels.clone(), at: Instant::now() });
        drop(letters);
        stage.paint(rect, &pixels);
        thread::sleep(Duration::from_millis(70 + u64::from(chance(1, 2, number) % 110)));
        number += 1;
    }
}

#[derive(Default)]
struct Shown {
    letters: Vec<Duration>,
    /// Numbers of updates, and when they were applied.
    applied: Vec<(u64, Instant)>,
    pictures: u32,
}

/// Applies updates until the film is over and every letter was seen, or will not be.
fn watch(adviser: &Adviser, film: &Film, typed: &Mutex<Vec<Letter>>, over: &AtomicBool, begun: Instant) -> Shown {
    let (mut decoder, mut framebuffer) = (Decoder::new(), Framebuffer::new());
    let (mut shown, mut last) = (Shown::default(), usize::MAX);
    let end = begun + PLAYED;
    loop {
        let now = Instant::now();
        if now > end + PATIENCE || now > end && typed.lock().expect("no panic").is_empty() {
            over.store(true, Ordering::Relaxed);
            return shown;
        }
        let Ok((header, update)) = adviser.pictures.recv_timeout(Duration::from_millis(20)) else { continue };
        decoder.apply(&update, &mut framebuffer).expect("an update that follows");
        let applied = Applied { display: 0, sequence: header.sequence };
        adviser.net.send(Command::Say(session_message::Body::Applied(applied)));
        let now = Instant::now();
        typed.lock().expect("no panic").retain(|letter| {
            let is_there = is_shown(&framebuffer, letter);
            if is_there {
                shown.letters.push(now - letter.at);
            }
            !is_there
        });
        let picture = film.nearest(&framebuffer);
        if (begun..end).contains(&now) {
            shown.applied.push((header.sequence, now));
            shown.pictures += u32::from(picture != last);
        }
        last = picture;
    }
}

fn is_shown(framebuffer: &Framebuffer, letter: &Letter) -> bool {
    let stride = framebuffer.width() as usize * 4;
    let first = letter.rect.y as usize * stride + letter.rect.x as usize * 4;
    let length = letter.rect.width as usize * 4;
    let rows = framebuffer.pixels()[first..].chunks(stride).zip(letter.pixels.chunks(length));
    rows.into_iter()
        .all(|(is, wanted)| is[..length].chunks(4).zip(wanted.chunks(4)).all(|(is, wanted)| is[..3] == wanted[..3]))
}

/// Hills and clouds that the camera pans over, with something bright in front and with grain; there and back.
struct Film {
    rect: Rect,
    pictures: Vec<Vec<u8>>,
}

const PICTURES: usize = 24;

impl Film {
    fn new(width: u32, height: u32) -> Self {
        let wide = width + 4 * PICTURES as u32;
        let landscape = landscape(wide, height);
        let picture = |number: u32| {
            let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| {
                let at = ((y * wide + x + 4 * number) * 4) as usize;
                let grain = (chance(number, x, y) % 7) as i32 - 3;
                let (dx, dy) = (x.abs_diff(width / 4 + 9 * number), y.abs_diff(height / 2));
                let light = if dx * dx + dy * dy < height * height / 40 { 60 } else { 0 };
                [0, 1, 2]
                    .map(|channel| (i32::from(landscape[at + channel]) + grain + light).clamp(0, 255))
                    .map(|value| u8::try_from(value).expect("it was just made one"))
                    .into_iter()
                    .chain([0])
            });
            pixels.collect()
        };
        let pictures = (0..PICTURES as u32).map(picture).collect();
        Self { rect: Rect { x: 40, y: 30, width, height }, pictures }
    }

    /// [`FPS`] pictures a second, until it is over.
    fn play(&self, stage: &Stage, over: &AtomicBool) {
        let there_and_back = (0..PICTURES).chain((1..PICTURES - 1).rev()).cycle();
        let begun = Instant::now();
        for (number, picture) in (1..).zip(there_and_back) {
            if over.load(Ordering::Relaxed) {
                return;
            }
            stage.paint(self.rect, &self.pictures[picture]);
            let next = begun + Duration::from_secs_f64(f64::from(number) / FPS);
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    /// The picture that the end of what is shown looks like.
    fn nearest(&self, framebuffer: &Framebuffer) -> usize {
        let stride = framebuffer.width() as usize * 4;
        let Rect { x, y, width, height } = self.rect;
        let unlike = |picture: &Vec<u8>| -> u32 {
            let places =
                (1..16_u32).flat_map(|row| (1..32_u32).map(move |column| (width - column * 4, height - row * 4)));
            let errors = places.map(|(dx, dy)| {
                let is = framebuffer.pixels()[(y + dy) as usize * stride + (x + dx) as usize * 4 + 1];
                u32::from(is.abs_diff(picture[((dy * width + dx) * 4 + 1) as usize]))
            });
            errors.sum()
        };
        let errors = self.pictures.iter().map(unlike).enumerate();
        errors.min_by_key(|(_, error)| *error).map_or(0, |(number, _)| number)
    }
}

/// Noise of three sizes.
pub(crate) fn landscape(width: u32, height: u32) -> Vec<u8> {
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(colour).collect()
}

fn colour((x, y): (u32, u32)) -> [u8; 4] {
    let smooth = |seed: u32, size: u32| {
        let (column, row, dx, dy) = (x / size, y / size, x % size, y % size);
        let corner = |c: u32, r: u32| chance(seed, c, r) % 256;
        let above = corner(column, row) * (size - dx) + corner(column + 1, row) * dx;
        let below = corner(column, row + 1) * (size - dx) + corner(column + 1, row + 1) * dx;
        (above * (size - dy) + below * dy) / (size * size)
    };
    let shape = smooth(1, 96) * 5 / 10 + smooth(2, 24) * 3 / 10 + smooth(3, 7) * 2 / 10;
    let tint = |seed| (shape * 7 / 10 + smooth(seed, 130) * 3 / 10).min(255) as u8;
    [tint(4), tint(5), tint(6), 0]
}

/// A fixed hash of three numbers.
fn chance(seed: u32, x: u32, y: u32) -> u32 {
    let mut h = seed.wrapping_mul(0x9e37_79b1) ^ x.wrapping_mul(0x85eb_ca77) ^ y.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}
