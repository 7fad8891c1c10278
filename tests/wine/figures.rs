//! What a customer on Windows costs and how long the adviser waits, beside a customer on Linux in the same run:
//! `./dev windows bench`. Both are asked for by the same window of Windows (`hears.c`), under Wine on the customer's desk.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::code;
use crate::desk::screen::Rect;
use crate::desk::{Desk, PATIENCE};
use crate::helped::{self, Notes};
use crate::people::Session;
use crate::prefix::Prefix;

/// Of each customer, in two rounds: Windows, Linux, Linux, Windows.
const KEYS: usize = 60;

/// Prints them.
pub(crate) fn print(prefix: &Prefix) {
    let mut windows = Figures::default();
    let mut linux = Figures::default();
    let on_windows = || helped::begin(prefix, Desk::start());
    let on_linux = || {
        let session = Session::begin_on(Desk::start());
        session.allow_control();
        session.adviser.show_pixel_for_pixel();
        session
    };
    windows.measure(prefix, on_windows());
    linux.measure(prefix, on_linux());
    linux.measure(prefix, on_linux());
    windows.measure(prefix, on_windows());
    println!(
        "1280×800, a key in a window of Windows → its colour at the adviser's, {} keys each; the customer's program:",
        2 * KEYS
    );
    println!("lotse.exe under Wine: {}", windows.said());
    println!("lotse on Linux: {}", linux.said());
}

#[derive(Default)]
struct Figures {
    delays: Vec<Duration>,
    /// Of the customer's program, all of its processes, in each round: memory that is nobody else's, bytes.
    private: Vec<u64>,
}

impl Figures {
    fn measure(&mut self, prefix: &Prefix, session: Session) {
        let notes = Notes::open(prefix, &session.customer.desk);
        helped::takes_the_keyboard(&session, &notes);
        session.sees_exactly();
        self.delays.extend(key_to_pixel(&session, &notes, KEYS));
        self.private.push(session.customer.tree().pids().map(private_bytes).sum());
        notes.close(&session.customer.desk);
        helped::ends(session);
    }

    fn said(&mut self) -> String {
        self.delays.sort();
        let at = |hundredths: usize| self.delays[(self.delays.len() * hundredths / 100).min(self.delays.len() - 1)];
        let memory: Vec<String> = self.private.iter().map(|bytes| format!("{} MiB", bytes >> 20)).collect();
        format!("p50 {:?}, p95 {:?}; memory of its own {}", at(50), at(95), memory.join(", "))
    }
}

/// Keys pressed at the adviser's, each until the corner of the notes has another colour there.
pub(crate) fn key_to_pixel(session: &Session, notes: &Notes, keys: usize) -> Vec<Duration> {
    let (left, top) = session.picture();
    let window = session.customer.desk.geometry(notes.window);
    let corner = Rect { x: left + window.x + 10, y: top + window.y + 10, width: 4, height: 4 };
    let pressed = |key: usize| {
        // What the last one stirred up has settled; at no moment that fits a rhythm.
        thread::sleep(Duration::from_millis(120 + (key as u64 * 31) % 73));
        let before = session.adviser.desk.pixels_in(corner);
        let begun = Instant::now();
        session.adviser.desk.chord(&[], code::A);
        while session.adviser.desk.pixels_in(corner).difference(&before).is_none() {
            assert!(begun.elapsed() < PATIENCE, "a key changes nothing");
            thread::sleep(Duration::from_micros(200));
        }
        begun.elapsed()
    };
    (0..keys).map(pressed).collect()
}

/// What a process would give back by ending (proc_pid_smaps(5)); nothing of one that has ended.
fn private_bytes(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let kibibytes = |line: &str| line.strip_prefix("Private_")?.split_whitespace().nth(1)?.parse::<u64>().ok();
    rollup.lines().filter_map(kibibytes).sum::<u64>() * 1024
}
