// The session, written once and included for each stack: the two have the same interface but no common trait.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::{
    sync::Notify,
    time::{Instant as Moment, sleep, sleep_until},
};

use crate::{
    plan::{Flow, Outcome, Plan, Silence},
    room::Room,
};

enum Tls {
    Server(rustls::ServerConfig),
    Client(rustls::ClientConfig),
}

/// How long after the path's return the control plane has noticed it: its own heartbeat is one second.
const NOTICE: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_secs(1);
/// Nothing heard for this long: a beat was missed; the path is dead.
const MISSED: Duration = Duration::from_millis(1500);
const DEAD: Duration = Duration::from_secs(3);
/// Length, last key seen, padded.
const UPDATE_HEADER: usize = 16;

/// What both ends write down.
#[derive(Default)]
struct Book {
    /// Arrivals at the viewer.
    beats: Vec<Moment>,
    /// Moment and bytes of the screen stream as read.
    screen: Vec<(Moment, usize)>,
    /// Key number → sent, echoed, shown.
    keys: HashMap<u64, (Moment, Option<Moment>, Option<Moment>)>,
    shown: u64,
}

pub async fn run(plan: Plan) -> Outcome {
    let (server, client) = crate::tls::configs();
    let link = Link::new(plan.shape, plan.seed);
    let host = Arc::new(End::new(Side::Host, &link, &plan, Tls::Server(server)));
    let viewer = Arc::new(End::new(Side::Viewer, &link, &plan, Tls::Client(client)));
    let book = Arc::new(std::sync::Mutex::new(Book::default()));

    let accepting = {
        let host = host.clone();
        tokio::spawn(async move { host.endpoint.accept().await.unwrap().await.unwrap() })
    };
    let at_viewer = viewer.connect().await;
    let at_host = accepting.await.unwrap();
    let begin = Moment::now();

    let mut tasks = vec![tokio::spawn(hear(at_viewer.clone(), book.clone()))];
    if plan.variant.knobs.beats {
        tasks.push(tokio::spawn(beat(host.clone(), at_host.clone(), plan.variant.silence)));
        tasks.push(tokio::spawn(beat(viewer.clone(), at_viewer.clone(), plan.variant.silence)));
    }
    if plan.variant.flow != Flow::Idle {
        tasks.push(tokio::spawn(serve(at_host.clone(), plan.variant.flow)));
        tasks.push(tokio::spawn(watch(at_viewer.clone(), book.clone())));
        tasks.push(tokio::spawn(keys(at_viewer.clone(), book.clone(), plan.seed, plan.variant.silence)));
    }
    for (at, change) in plan.changes.clone() {
        let link = link.clone();
        tasks.push(tokio::spawn(async move {
            sleep_until(begin + at).await;
            link.change(change);
        }));
    }
    if let Some(returns) = plan.returns {
        let (host, viewer, cure) = (host.clone(), viewer.clone(), plan.variant.cure);
        tasks.push(tokio::spawn(async move {
            sleep_until(begin + returns + NOTICE).await;
            host.noticed(cure);
            viewer.noticed(cure);
        }));
    }

    sleep_until(begin + plan.length).await;
    let survived = at_host.close_reason().is_none() && at_viewer.close_reason().is_none();
    for task in tasks {
        task.abort();
    }
    let book = book.lock().unwrap();
    outcome(&plan, &book, &link, begin, survived)
}

/// When something last arrived.
struct Ear {
    connection: Connection,
    heard: u64,
    at: Moment,
}

impl Ear {
    fn new(connection: &Connection) -> Self {
        Self { connection: connection.clone(), heard: 0, at: Moment::now() }
    }

    /// As exact as it is asked often.
    fn silent_for(&mut self) -> Duration {
        let heard = self.connection.stats().udp_rx.datagrams;
        if heard != self.heard {
            (self.heard, self.at) = (heard, Moment::now());
        }
        self.at.elapsed()
    }
}

async fn beat(end: Arc<End>, connection: Connection, silence: Silence) {
    let mut ear = Ear::new(&connection);
    loop {
        end.reserve();
        if connection.send_datagram(Bytes::from_static(b"beat")).is_err() {
            return;
        }
        let is_missed = ear.silent_for() > MISSED;
        sleep(if is_missed && silence == Silence::HoldsKeysBeatsFaster { BEAT / 2 } else { BEAT }).await;
    }
}

async fn hear(connection: Connection, book: Arc<std::sync::Mutex<Book>>) {
    while connection.read_datagram().await.is_ok() {
        book.lock().unwrap().beats.push(Moment::now());
    }
}

/// The host: echoes keys, sends the screen, listens to what was applied.
async fn serve(connection: Connection, flow: Flow) {
    let (mut echo, mut keys) = connection.accept_bi().await.unwrap();
    echo.set_priority(10).unwrap();
    let (_, mut applied) = connection.accept_bi().await.unwrap();
    let seen = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let echoing = {
        let seen = seen.clone();
        tokio::spawn(async move {
            let mut key = [0; 16];
            while keys.read_exact(&mut key).await.is_ok() {
                let number = u64::from_be_bytes(key[..8].try_into().unwrap());
                if number == 0 {
                    continue;
                }
                seen.store(number, std::sync::atomic::Ordering::Relaxed);
                if echo.write_all(&key).await.is_err() {
                    return;
                }
            }
        })
    };
    let rule = if let Flow::Pull(rule) = flow { rule } else { crate::DESIGN };
    let room = Arc::new(std::sync::Mutex::new(Room::new(rule)));
    let freed = Arc::new(Notify::new());
    let listening = {
        let (room, freed, connection) = (room.clone(), freed.clone(), connection.clone());
        tokio::spawn(async move {
            let mut message = [0; 8];
            while applied.read_exact(&mut message).await.is_ok() {
                let up_to = u64::from_be_bytes(message);
                if up_to > 0 {
                    room.lock().unwrap().acknowledged(up_to, round_trip(&connection));
                    freed.notify_one();
                }
            }
        })
    };
    let mut screen = connection.open_uni().await.unwrap();
    screen.set_priority(0).unwrap();
    loop {
        if flow != Flow::Push {
            while !room.lock().unwrap().is_free() {
                freed.notified().await;
            }
        }
        let size = room.lock().unwrap().update_size() as usize;
        let mut update = vec![0x5a; size];
        update[..8].copy_from_slice(&(size as u64).to_be_bytes());
        update[8..16].copy_from_slice(&seen.load(std::sync::atomic::Ordering::Relaxed).to_be_bytes());
        room.lock().unwrap().put(size as u64);
        if screen.write_all(&update).await.is_err() {
            break;
        }
    }
    echoing.abort();
    listening.abort();
}

/// The viewer's side of the screen: reads updates, acknowledges each.
async fn watch(connection: Connection, book: Arc<std::sync::Mutex<Book>>) {
    // The keys' stream is opened first.
    sleep(Duration::from_millis(1)).await;
    let (mut applied, _reading) = connection.open_bi().await.unwrap();
    applied.set_priority(20).unwrap();
    applied.write_all(&[0; 8]).await.unwrap();
    let mut screen = connection.accept_uni().await.unwrap();
    let mut total = 0;
    let mut buffer = vec![0; 2048];
    loop {
        let mut header = [0; UPDATE_HEADER];
        if screen.read_exact(&mut header).await.is_err() {
            return;
        }
        let size = u64::from_be_bytes(header[..8].try_into().unwrap()) as usize;
        let seen = u64::from_be_bytes(header[8..].try_into().unwrap());
        let mut left = size - UPDATE_HEADER;
        book.lock().unwrap().screen.push((Moment::now(), UPDATE_HEADER));
        while left > 0 {
            let part = left.min(buffer.len());
            let Ok(Some(read)) = screen.read(&mut buffer[..part]).await else { return };
            left -= read;
            book.lock().unwrap().screen.push((Moment::now(), read));
        }
        let now = Moment::now();
        {
            let mut book = book.lock().unwrap();
            for number in book.shown + 1..=seen {
                if let Some(key) = book.keys.get_mut(&number) {
                    key.2 = Some(now);
                }
            }
            book.shown = book.shown.max(seen);
        }
        total += size as u64;
        if applied.write_all(&total.to_be_bytes()).await.is_err() {
            return;
        }
    }
}

/// The viewer's keys, ten a second with some jitter, and their echo.
async fn keys(connection: Connection, book: Arc<std::sync::Mutex<Book>>, seed: u64, silence: Silence) {
    let mut ear = Ear::new(&connection);
    let (mut keys, mut echo) = connection.open_bi().await.unwrap();
    keys.set_priority(10).unwrap();
    keys.write_all(&[0; 16]).await.unwrap();
    {
        let book = book.clone();
        tokio::spawn(async move {
            let mut key = [0; 16];
            while echo.read_exact(&mut key).await.is_ok() {
                let number = u64::from_be_bytes(key[..8].try_into().unwrap());
                if let Some(key) = book.lock().unwrap().keys.get_mut(&number) {
                    key.1 = Some(Moment::now());
                }
            }
        });
    }
    for number in 1.. {
        sleep(Duration::from_millis(80 + (number * 17 + seed * 7) % 41)).await;
        if ear.silent_for() > DEAD && silence != Silence::Ignored {
            continue;
        }
        let mut key = [0; 16];
        key[..8].copy_from_slice(&number.to_be_bytes());
        book.lock().unwrap().keys.insert(number, (Moment::now(), None, None));
        if keys.write_all(&key).await.is_err() {
            return;
        }
    }
}

fn outcome(plan: &Plan, book: &Book, link: &Link, begin: Moment, survived: bool) -> Outcome {
    let mut out = Outcome { survived, ..Outcome::default() };
    (out.largest, out.trains) = link.largest();
    let (from, to) = (begin + plan.count.0, begin + plan.count.1);
    for (sent, echoed, shown) in book.keys.values().filter(|key| key.0 >= from && key.0 < to) {
        out.echo.extend(echoed.map(|at| at - *sent));
        out.picture.extend(shown.map(|at| at - *sent));
        out.unseen += usize::from(shown.is_none());
    }
    let later = book.keys.values().filter(|key| key.0 >= begin + Duration::from_secs(10));
    out.slowest = later.filter_map(|key| key.1.map(|at| at - key.0)).max().unwrap_or_default();
    out.echo.sort();
    out.picture.sort();
    let bytes_in = |from: Moment, to: Moment| -> usize {
        book.screen.iter().filter(|(at, _)| *at >= from && *at < to).map(|(_, bytes)| bytes).sum()
    };
    out.rate = bytes_in(from, to) as f64 / (to - from).as_secs_f64();
    if let Some(returns) = plan.returns {
        let back = begin + returns;
        out.packet = link.first(Side::Viewer).map(|at| at - back);
        out.packet_at_host = link.first(Side::Host).map(|at| at - back);
        out.heartbeat = book.beats.iter().find(|at| **at >= back).map(|at| *at - back);
        out.screen = book.screen.iter().find(|(at, _)| *at >= back).map(|(at, _)| *at - back);
        out.key = book.keys.values().filter(|key| key.0 >= back).filter_map(|key| key.1).min().map(|at| at - back);
        let gone = begin + plan.changes[0].0;
        let before = bytes_in(gone - Duration::from_secs(5), gone) as f64 / 5.0;
        let second = Duration::from_secs(1);
        out.full = (0..)
            .map(|step| Duration::from_millis(100 * step))
            .take_while(|after| back + *after + second <= begin + plan.length)
            .find(|after| bytes_in(back + *after, back + *after + second) as f64 >= 0.8 * before)
            .map(|after| after + second);
    }
    out
}
