//! The pump on a synthetic screen, watched by a decoder.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use lotse_codec::{Decoder, Effort, EncodeError, FrameError, Framebuffer, LARGEST_TILE, MAX_DIMENSION};
use lotse_desktop::capture::synthetic::{self, Stage};
use lotse_desktop::capture::{CaptureError, Rect};
use lotse_protocol::message::session::{Applied, UpdateHeader};

use super::{BETWEEN_KEYFRAMES, Pump, PumpError, PumpEvent, UpdateOut};
use crate::host::ViewerId;

const ADVISER: ViewerId = ViewerId(3);
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough for a pump that should rest to be caught moving.
const A_WHILE: Duration = Duration::from_millis(60);

/// A hand-off that is always free, or never.
struct Out {
    updates: Mutex<mpsc::Sender<(UpdateHeader, Vec<u8>)>>,
    taken: AtomicBool,
    put: AtomicU64,
}

impl UpdateOut for Out {
    fn wait_free(&self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        while self.taken.load(Ordering::SeqCst) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
        !self.taken.load(Ordering::SeqCst)
    }

    fn put(&self, header: UpdateHeader, update: Vec<u8>) {
        self.put.fetch_add(1, Ordering::SeqCst);
        self.updates.lock().expect("no panic").send((header, update)).unwrap_or(());
    }
}

/// The viewer's end.
struct Watcher {
    out: Arc<Out>,
    updates: mpsc::Receiver<(UpdateHeader, Vec<u8>)>,
    decoder: Decoder,
    framebuffer: Framebuffer,
    last: u64,
}

impl Watcher {
    fn new() -> Self {
        let (sender, updates) = mpsc::channel();
        let (taken, put) = (AtomicBool::new(false), AtomicU64::new(0));
        let out = Arc::new(Out { updates: Mutex::new(sender), taken, put });
        Self { out, updates, decoder: Decoder::new(), framebuffer: Framebuffer::new(), last: 0 }
    }

    fn next(&mut self) -> (UpdateHeader, Vec<u8>) {
        let (header, update) = self.updates.recv_timeout(PATIENCE).expect("an update comes");
        self.take(&header, &update);
        (header, update)
    }

    fn take(&mut self, header: &UpdateHeader, update: &[u8]) {
        assert_eq!(header.sequence, self.last + 1);
        assert_eq!(header.length as usize, update.len());
        self.last = header.sequence;
        if header.keyframe {
            self.decoder = Decoder::new();
        }
        self.decoder.apply(update, &mut self.framebuffer).expect("an update that follows");
        assert_eq!((self.framebuffer.width(), self.framebuffer.height()), (header.width, header.height));
    }

    fn next_and_apply(&mut self, pump: &Pump) -> UpdateHeader {
        let (header, _) = self.next();
        pump.applied(ADVISER, &Applied { display: 0, sequence: header.sequence });
        header
    }

    /// Takes updates until the picture is the screen's.
    fn until_exact(&mut self, pump: &Pump, stage: &Stage) {
        let deadline = Instant::now() + PATIENCE;
        while !self.is_exact(stage) {
            assert!(Instant::now() < deadline, "the picture never became exact");
            self.next_and_apply(pump);
        }
        assert!(self.updates.recv_timeout(A_WHILE).is_err(), "an exact picture needs no update");
    }

    /// Takes updates until the picture is the screen's and no more come. Of film, what was shown roughly may have been
    /// right by chance, and is looked at again when it rests.
    fn until_exact_at_rest(&mut self, pump: &Pump, stage: &Stage) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            assert!(Instant::now() < deadline, "the picture never came to rest");
            match self.updates.recv_timeout(A_WHILE) {
                Ok((header, update)) => {
                    self.take(&header, &update);
                    pump.applied(ADVISER, &Applied { display: 0, sequence: header.sequence });
                }
                Err(_) if self.is_exact(stage) => return,
                Err(_) => {}
            }
        }
    }

    fn is_exact(&self, stage: &Stage) -> bool {
        let (width, height, pixels) = stage.pixels();
        let mut both = self.framebuffer.pixels().chunks_exact(4).zip(pixels.chunks_exact(4));
        (self.framebuffer.width(), self.framebuffer.height()) == (width, height)
            && both.all(|(is, wanted)| is[..3] == wanted[..3])
    }

    /// Is nothing left of the page that was there before? It is paper for the most part.
    fn is_like(&self, stage: &Stage) -> bool {
        let (width, height, pixels) = stage.pixels();
        let row = width as usize * 4;
        (0..height as usize / 64).all(|tile| {
            let is = &self.framebuffer.pixels()[tile * 64 * row..][..256];
            let wanted = &pixels[tile * 64 * row..][..256];
            let errors = is.iter().zip(wanted).map(|(is, wanted)| u32::from(is.abs_diff(*wanted)));
            errors.sum::<u32>() / 256 < 80
        })
    }

    fn rests(&self) {
        assert!(self.updates.recv_timeout(A_WHILE).is_err(), "an update came that should not have");
    }
}

fn pump() -> (Pump, Stage, mpsc::Receiver<PumpEvent>) {
    pump_of(320, 240)
}

fn pump_of(width: u32, height: u32) -> (Pump, Stage, mpsc::Receiver<PumpEvent>) {
    let (capture, stage) = synthetic::open(width, height);
    let (sender, events) = mpsc::channel();
    let pump = Pump::start(move || Ok(capture), move |event| sender.send(event).unwrap_or(())).expect("a thread");
    (pump, stage, events)
}

#[test]
fn a_watcher_gets_a_keyframe_and_then_what_changes_until_its_picture_is_exact() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    assert!(watcher.next_and_apply(&pump).keyframe);
    watcher.until_exact(&pump, &stage);
    for _ in 0..20 {
        stage.step();
        assert!(!watcher.next_and_apply(&pump).keyframe);
    }
    watcher.until_exact(&pump, &stage);
}

#[test]
fn nobody_watches_and_nothing_is_grabbed() {
    let (_pump, stage, events) = pump();
    let opened = events.recv_timeout(PATIENCE).expect("an event");
    assert!(matches!(opened, PumpEvent::Displays(d) if d.len() == 1 && d[0].width == 320));
    stage.step();
    thread::sleep(A_WHILE);
    assert_eq!(stage.grabs(), 0);
}

#[test]
fn an_idle_screen_is_not_looked_at() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    let grabs = stage.grabs();
    thread::sleep(A_WHILE);
    assert_eq!(stage.grabs(), grabs);
}

#[test]
fn without_room_damage_gathers_and_becomes_one_update() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    stage.fill(Rect { x: 0, y: 0, width: 10, height: 10 }, [1, 2, 3, 0]);
    // Nothing of these is acknowledged, until the link is full.
    while watcher.updates.recv_timeout(A_WHILE).is_ok_and(|(header, update)| {
        watcher.last = header.sequence;
        watcher.decoder.apply(&update, &mut watcher.framebuffer).expect("an update that follows");
        true
    }) {
        stage.noise(Rect { x: 0, y: 0, width: 320, height: 240 }, u32::try_from(watcher.last).expect("few"));
    }
    let grabs = stage.grabs();
    for _ in 0..50 {
        stage.step();
    }
    watcher.rests();
    assert_eq!(stage.grabs(), grabs, "nothing is grabbed that could not leave");
    pump.applied(ADVISER, &Applied { display: 0, sequence: watcher.last });
    watcher.until_exact(&pump, &stage);
}

#[test]
fn a_large_change_is_cut_to_the_budget() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    stage.noise(Rect { x: 0, y: 0, width: 320, height: 240 }, 1);
    pump.begin(ADVISER, watcher.out.clone());
    let (header, update) = watcher.next();
    assert!(header.keyframe);
    let mut unacknowledged = update.len();
    assert!(unacknowledged <= 1024 + LARGEST_TILE, "{unacknowledged} bytes at once");
    // Nothing else leaves before it is known how that went.
    while let Ok((header, update)) = watcher.updates.recv_timeout(A_WHILE) {
        unacknowledged += update.len();
        watcher.last = header.sequence;
        watcher.decoder.apply(&update, &mut watcher.framebuffer).expect("an update that follows");
    }
    assert!(unacknowledged <= 1024 + LARGEST_TILE, "{unacknowledged} bytes unacknowledged");
    pump.applied(ADVISER, &Applied { display: 0, sequence: watcher.last });
    watcher.until_exact_at_rest(&pump, &stage);
    assert!(watcher.last > 2);
}

#[test]
fn what_is_small_goes_with_what_is_large_where_both_fit() {
    let (pump, stage, _events) = pump_of(960, 540);
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    // Both are there when the pump looks.
    watcher.out.taken.store(true, Ordering::SeqCst);
    let (key, page) = (Rect { x: 8, y: 8, width: 12, height: 20 }, Rect { x: 300, y: 100, width: 600, height: 400 });
    stage.fill(page, [1, 2, 3, 0]);
    stage.fill(key, [4, 5, 6, 0]);
    watcher.out.taken.store(false, Ordering::SeqCst);
    watcher.next_and_apply(&pump);
    let at = |pixels: &[u8], rect: Rect| pixels[(rect.y as usize * 960 + rect.x as usize) * 4..][..3].to_vec();
    assert_eq!(at(watcher.framebuffer.pixels(), key), [4, 5, 6]);
    assert_eq!(at(watcher.framebuffer.pixels(), page), [1, 2, 3], "the page has waited for nothing");
    watcher.until_exact(&pump, &stage);
}

#[test]
fn a_photograph_that_was_shown_roughly_becomes_exact_when_it_rests_and_nothing_is_looked_at_until_then() {
    let (pump, stage, _events) = pump_of(960, 540);
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    let (grabs, updates) = (stage.grabs(), watcher.last);
    stage.noise(Rect { x: 0, y: 0, width: 960, height: 540 }, 3);
    let (mut bytes, mut rough) = (0, None);
    let whole = 960 * 540 * 3;
    let deadline = Instant::now() + PATIENCE;
    while !watcher.is_exact(&stage) {
        assert!(Instant::now() < deadline, "it never became exact");
        let (header, update) = watcher.next();
        bytes += update.len();
        if rough.is_none() && watcher.is_like(&stage) {
            rough = Some(bytes);
        }
        pump.applied(ADVISER, &Applied { display: 0, sequence: header.sequence });
    }
    assert!(rough.is_some_and(|rough| rough < whole / 2), "all of it was there only after {rough:?} of {whole} bytes");
    // Each update looks once; so does a wake for what is there already.
    let (grabs, updates) = (stage.grabs() - grabs, watcher.last - updates);
    assert!(grabs <= updates + 5, "{grabs} grabs for {updates} updates");
}

#[test]
fn an_encoder_that_takes_all_of_a_core_is_made_quick_and_comes_back_when_it_has_little_to_do() {
    let (pump, stage, _events) = pump_of(1600, 900);
    let effort = || pump.shared.lock().effort;
    assert_eq!(effort(), Effort::Full);
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    let deadline = Instant::now() + PATIENCE;
    // More film than a core can do: there is a new picture for every slice of it.
    let mut number = 0;
    while effort() == Effort::Full {
        assert!(Instant::now() < deadline, "however much there is to do, it takes its time");
        number += 1;
        stage.noise(Rect { x: 0, y: 0, width: 1600, height: 900 }, number);
        watcher.next_and_apply(&pump);
    }
    // What it shows in the end is right.
    watcher.until_exact_at_rest(&pump, &stage);
    let deadline = Instant::now() + PATIENCE;
    while effort() == Effort::Quick {
        assert!(Instant::now() < deadline, "it never comes back");
        stage.step();
        watcher.next_and_apply(&pump);
        thread::sleep(Duration::from_millis(20));
    }
    watcher.until_exact_at_rest(&pump, &stage);
}

#[test]
fn no_update_leaves_once_view_is_taken_away() {
    let (pump, stage, _events) = pump();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let _over = RaiseOnDrop(&over);
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                stage.step();
                thread::yield_now();
            }
        });
        let mut any = 0;
        for round in 0..300_u64 {
            let watcher = Watcher::new();
            pump.begin(ADVISER, watcher.out.clone());
            thread::sleep(Duration::from_micros(round * 10));
            pump.halt(ADVISER);
            let put = watcher.out.put.load(Ordering::SeqCst);
            any += put;
            thread::sleep(Duration::from_micros(500));
            assert_eq!(watcher.out.put.load(Ordering::SeqCst), put, "an update left after the halt");
        }
        assert!(any > 0, "the race was never run");
    });
}

/// Ends the other thread of a race, however the race ends.
struct RaiseOnDrop<'a>(&'a AtomicBool);

impl Drop for RaiseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_keyframe_comes_on_request_and_for_each_who_joins() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    pump.keyframe_wanted(ViewerId(99));
    watcher.rests();
    pump.keyframe_wanted(ADVISER);
    assert!(watcher.next_and_apply(&pump).keyframe);
    watcher.until_exact(&pump, &stage);

    pump.halt(ADVISER);
    stage.step();
    watcher.rests();
    let mut joiner = Watcher::new();
    pump.begin(ADVISER, joiner.out.clone());
    assert!(joiner.next_and_apply(&pump).keyframe);
    joiner.until_exact(&pump, &stage);
}

#[test]
fn whoever_asks_for_keyframes_all_the_time_gets_one_a_second() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    let mut keyframes = 0;
    let begun = Instant::now();
    while begun.elapsed() < BETWEEN_KEYFRAMES + A_WHILE {
        pump.keyframe_wanted(ADVISER);
        stage.step();
        if let Ok((header, update)) = watcher.updates.recv_timeout(Duration::from_millis(1)) {
            watcher.take(&header, &update);
            keyframes += u32::from(header.keyframe);
            pump.applied(ADVISER, &Applied { display: 0, sequence: header.sequence });
        }
    }
    assert!((1..=2).contains(&keyframes), "{keyframes} keyframes");
    // What was asked for last is answered, once, with nothing else to say; and until then the pump rests.
    let grabs = stage.grabs();
    let asked = Instant::now();
    while !watcher.next_and_apply(&pump).keyframe {
        assert!(asked.elapsed() < PATIENCE, "it never came");
    }
    watcher.until_exact(&pump, &stage);
    assert!(stage.grabs() - grabs < 20, "{} grabs", stage.grabs() - grabs);
}

#[test]
fn a_new_size_is_told_and_begins_with_a_keyframe() {
    let (pump, stage, events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    stage.resize(200, 300);
    let header = watcher.next_and_apply(&pump);
    assert!(header.keyframe);
    assert_eq!((header.width, header.height), (200, 300));
    watcher.until_exact(&pump, &stage);
    events.recv_timeout(PATIENCE).expect("the first size");
    let changed = events.recv_timeout(PATIENCE).expect("the second size");
    assert!(matches!(changed, PumpEvent::Displays(d) if (d[0].width, d[0].height) == (200, 300)));
}

/// As with a cable that is pulled out and put in while a film plays: nothing waits for the picture to rest.
#[test]
fn sizes_that_change_in_the_middle_of_a_film_leave_a_picture_that_is_right() {
    const SIZES: [(u32, u32); 3] = [(640, 360), (1120, 390), (960, 540)];
    let (pump, stage, _events) = pump_of(960, 540);
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    let over = AtomicBool::new(false);
    let mut seen = vec![(960, 540)];
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=60 {
                stage.noise(Rect { x: 0, y: 0, width: 640, height: 360 }, number);
                if number % 5 == 0 {
                    let (width, height) = SIZES[(number / 5 % 3) as usize];
                    stage.resize(width, height);
                }
                thread::sleep(Duration::from_millis(9));
            }
            over.store(true, Ordering::SeqCst);
        });
        let mut under_way = VecDeque::new();
        while !over.load(Ordering::SeqCst) {
            let due = |(at, _): &mut (Instant, u64)| *at + Duration::from_millis(15) <= Instant::now();
            while let Some((_, sequence)) = under_way.pop_front_if(due) {
                pump.applied(ADVISER, &Applied { display: 0, sequence });
            }
            let Ok((header, update)) = watcher.updates.recv_timeout(Duration::from_millis(2)) else { continue };
            watcher.take(&header, &update);
            let size = (header.width, header.height);
            if seen.last() != Some(&size) {
                assert!(header.keyframe, "another size begins anew");
                seen.push(size);
            }
            under_way.push_back((Instant::now(), header.sequence));
        }
    });
    assert!(seen.len() > 4, "sizes changed while it was looked at: {seen:?}");
    pump.applied(ADVISER, &Applied { display: 0, sequence: watcher.last });
    watcher.until_exact_at_rest(&pump, &stage);
    assert_eq!((watcher.framebuffer.width(), watcher.framebuffer.height()), (640, 360));
}

#[test]
fn a_hand_off_that_is_taken_is_waited_for() {
    let (pump, stage, _events) = pump();
    let mut watcher = Watcher::new();
    watcher.out.taken.store(true, Ordering::SeqCst);
    pump.begin(ADVISER, watcher.out.clone());
    watcher.rests();
    assert_eq!(stage.grabs(), 0, "nothing is encoded that cannot leave");
    watcher.out.taken.store(false, Ordering::SeqCst);
    watcher.until_exact(&pump, &stage);
}

#[test]
fn a_screen_that_has_grown_too_large_is_said_with_its_size() {
    let (pump, stage, events) = pump();
    let mut watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    watcher.until_exact(&pump, &stage);
    stage.resize(MAX_DIMENSION + 1, 2);
    let failed = std::iter::from_fn(|| events.recv_timeout(PATIENCE).ok())
        .find_map(|event| if let PumpEvent::Failed(error) = event { Some(error) } else { None });
    let size = FrameError::Size { width: MAX_DIMENSION + 1, height: 2 };
    assert!(matches!(&failed, Some(PumpError::Encode(EncodeError::Frame(error))) if *error == size), "{failed:?}");
}

#[test]
fn a_screen_that_cannot_be_opened_or_is_lost_is_said() {
    let (sender, events) = mpsc::channel();
    let open = || Err(CaptureError::Wayland);
    let _pump = Pump::start(open, move |event| sender.send(event).unwrap_or(())).expect("a thread");
    let event = events.recv_timeout(PATIENCE).expect("an event");
    assert!(matches!(event, PumpEvent::Failed(PumpError::Capture(CaptureError::Wayland))), "{event:?}");

    let (pump, stage, events) = pump();
    let watcher = Watcher::new();
    pump.begin(ADVISER, watcher.out.clone());
    stage.lose();
    events.recv_timeout(PATIENCE).expect("the displays");
    let event = events.recv_timeout(PATIENCE).expect("an event");
    assert!(matches!(event, PumpEvent::Failed(PumpError::Capture(CaptureError::Lost(_)))), "{event:?}");
}
