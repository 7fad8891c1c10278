//! How soon the customer's whole screen is there, once the adviser may see it: the real pump and transport, a large screen
//! in memory, and links from the fast to the slow.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

use crate::film::landscape;
use crate::impair::{Conditions, Link};
use crate::party::{Adviser, Customer, Relay, SOON, connect};

const WATCHER: ViewerId = ViewerId(1);
const SCREEN: (u32, u32) = (1920, 1080);

#[test]
fn the_first_picture_is_soon_there_over_a_fast_line_and_comes_without_a_long_queue_over_a_slow_one() {
    let line = |kbit: u32, round_trip: u64| Conditions {
        delay: Duration::from_micros(round_trip * 500),
        rate: Some(kbit * 125),
        ..Conditions::default()
    };
    let ms = Duration::from_millis;
    // 40 ms of queue and a packet, of which 300 kbit/s carry one in 35 ms.
    for (what, conditions, whole, exact, queue) in [
        ("no line", Conditions::default(), ms(1000), Some(ms(2000)), ms(40)),
        ("100 Mbit/s, 1 ms", line(100_000, 1), ms(1000), Some(ms(2000)), ms(40)),
        ("2 Mbit/s, 40 ms", line(2_000, 40), ms(1500), Some(ms(4000)), ms(45)),
        // Exact takes longer there than is looked at.
        ("300 kbit/s, 40 ms", line(300, 40), ms(4000), None, ms(75)),
    ] {
        let shown = show(conditions);
        eprintln!("{what}: {shown:?}");
        assert!(shown.whole.is_some_and(|is| is < whole), "{what}: {shown:?}");
        if let Some(exact) = exact {
            assert!(shown.exact.is_some_and(|is| is <= exact), "{what}: {shown:?}");
        }
        assert!(shown.queue < queue, "{what}: {shown:?}");
    }
}

/// How long after the adviser was allowed to see it.
#[derive(Debug)]
struct Shown {
    /// The page of text is there in every pixel, and the photograph as far as the eye sees.
    whole: Option<Duration>,
    exact: Option<Duration>,
    /// The longest that a packet has waited for its turn.
    queue: Duration,
}

/// The first seconds of a session over such a line.
fn show(conditions: Conditions) -> Shown {
    let relay = Relay::start();
    let link = Link::to(relay.address);
    let (customer, adviser) = (Customer::at(link.address(), relay.pins), Adviser::new(&relay));
    let (host, _viewer) = connect(&customer, &adviser);
    link.set(conditions);

    let (capture, stage) = synthetic::open(SCREEN.0, SCREEN.1);
    let photograph = Rect { x: 1000, y: 300, width: 640, height: 480 };
    stage.paint(photograph, &landscape(photograph.width, photograph.height));
    let pump = Pump::start(move || Ok(capture), |_| {}).expect("a thread");
    let out = Out(host.updates.expect("a host's"));
    let _before = link.longest_queue();
    let begun = Instant::now();
    pump.begin(WATCHER, Arc::new(out));
    let over = AtomicBool::new(false);
    let (whole, exact) = thread::scope(|scope| {
        let over = &over;
        let viewer = scope.spawn(move || {
            let times = watch(&adviser, &stage, begun);
            over.store(true, Ordering::Relaxed);
            times
        });
        while !over.load(Ordering::Relaxed) {
            if let Ok((_, sequence)) = customer.applied.recv_timeout(Duration::from_millis(20)) {
                pump.applied(WATCHER, &Applied { display: 0, sequence });
            }
        }
        viewer.join().expect("no panic")
    });
    Shown { whole, exact, queue: link.longest_queue() }
}

struct Out(slot::Sender);

impl UpdateOut for Out {
    fn wait_free(&self, timeout: Duration) -> bool {
        self.0.wait_free(timeout)
    }

    fn put(&self, header: UpdateHeader, update: Vec<u8>) {
        // Fails when the session is over.
        let _ = self.0.put((header, Bytes::from(update)));
    }
}

fn watch(adviser: &Adviser, stage: &Stage, begun: Instant) -> (Option<Duration>, Option<Duration>) {
    let (mut decoder, mut framebuffer) = (Decoder::new(), Framebuffer::new());
    let (_, _, screen) = stage.pixels();
    let (mut whole, end) = (None, begun + Duration::from_secs(5));
    while Instant::now() < end {
        let Ok((header, update)) = adviser.pictures.recv_timeout(SOON.min(end - Instant::now())) else { break };
        decoder.apply(&update, &mut framebuffer).expect("an update that follows");
        let now = begun.elapsed();
        let applied = Applied { display: 0, sequence: header.sequence };
        adviser.net.send(Command::Say(session_message::Body::Applied(applied)));
        if whole.is_none() && is_like(&framebuffer, &screen) {
            whole = Some(now);
        }
        if whole.is_some() && is_exact(&framebuffer, &screen) {
            return (whole, Some(now));
        }
    }
    (whole, None)
}

/// Every seventh pixel, so that looking takes no time.
fn is_like(framebuffer: &Framebuffer, screen: &[u8]) -> bool {
    let both = framebuffer.pixels().chunks_exact(4).zip(screen.chunks_exact(4)).step_by(7);
    let unlike =
        both.filter(|(is, wanted)| is[..3].iter().zip(&wanted[..3]).any(|(is, wanted)| is.abs_diff(*wanted) > 64));
    framebuffer.pixels().len() == screen.len() && unlike.count() < 200
}

fn is_exact(framebuffer: &Framebuffer, screen: &[u8]) -> bool {
    framebuffer.pixels().chunks_exact(4).zip(screen.chunks_exact(4)).all(|(is, wanted)| is[..3] == wanted[..3])
}
