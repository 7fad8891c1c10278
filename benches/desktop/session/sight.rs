//! What the adviser's display shows: how many pictures a second, and whether it is what the customer's shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use x11rb::connection::Connection as _;
use x11rb::protocol::damage::{ConnectionExt as _, ReportLevel};
use x11rb::protocol::xfixes::ConnectionExt as _;

use crate::content::{Corner, FILM, NUMBER_BITS, SQUARE};
use crate::desk::Desk;
use crate::desk::screen::Rect;
use crate::screen::Screen;

/// A screen cannot show more pictures a second.
const LOOKS: u32 = 60;
/// So many pixels are a pointer, which only one of the two displays paints.
const POINTER: usize = 600;

/// What is a picture.
#[derive(Clone, Copy)]
pub(crate) enum Picture {
    /// Whatever differs from before.
    Any,
    /// One of a film that fills this rectangle of the screen, once both ends of it are there: it may be painted in pieces.
    OfFilm(Rect),
}

/// Counts pictures on a display until it is asked.
pub(crate) struct Counting {
    ended: Arc<AtomicBool>,
    thread: JoinHandle<Result<u32>>,
    begun: Instant,
}

impl Counting {
    pub(crate) fn on(desk: &Desk, what: Picture) -> Self {
        let (ended, display) = (Arc::new(AtomicBool::new(false)), desk.display());
        let thread = thread::spawn({
            let ended = Arc::clone(&ended);
            move || count(&display, what, &ended)
        });
        Self { ended, thread, begun: Instant::now() }
    }

    /// Pictures a second since the beginning.
    pub(crate) fn finish(self) -> Result<f64> {
        self.ended.store(true, Ordering::Relaxed);
        let time = self.begun.elapsed().as_secs_f64();
        let pictures = self.thread.join().map_err(|_| anyhow!("counting pictures failed"))??;
        Ok(f64::from(pictures) / time)
    }
}

/// The numbers at a film's two ends, and how often each was another one.
struct Numbers {
    places: [Vec<usize>; 2],
    last: [u32; 2],
    changed: [u32; 2],
}

impl Numbers {
    /// Of a film that fills this rectangle, on a screen that looks so and has rows of so many bytes.
    fn of(film: Rect, known: &[u8], stride: usize) -> Self {
        let scaled = |place: u16, whole: u16, shown: u16| {
            usize::from(place + SQUARE / 2) * usize::from(shown) / usize::from(whole)
        };
        let places = Corner::BOTH.map(|corner| {
            let squares = (0..NUMBER_BITS).map(|bit| corner.square(bit));
            let offset = |(x, y): (u16, u16)| {
                let x = film.x.unsigned_abs() as usize + scaled(x, FILM.0, film.width);
                let y = film.y.unsigned_abs() as usize + scaled(y, FILM.1, film.height);
                y * stride + x * 4
            };
            squares.map(offset).collect()
        });
        let mut numbers = Self { places, last: [0; 2], changed: [0; 2] };
        numbers.look(known);
        numbers.changed = [0; 2];
        numbers
    }

    fn look(&mut self, known: &[u8]) {
        for (end, places) in self.places.iter().enumerate() {
            let number = places.iter().fold(0, |number, at| number << 1 | u32::from(known[*at] >= 128));
            self.changed[end] += u32::from(number != self.last[end]);
            self.last[end] = number;
        }
    }
}

/// Where something was drawn, and a pixel differs from before, there is a picture.
fn count(display: &str, what: Picture, ended: &AtomicBool) -> Result<u32> {
    let screen = Screen::of(display)?;
    let connection = &screen.connection;
    connection.damage_query_version(1, 1)?.reply()?;
    connection.xfixes_query_version(5, 0)?.reply()?;
    let (damage, region) = (connection.generate_id()?, connection.generate_id()?);
    connection.damage_create(damage, screen.root, ReportLevel::NON_EMPTY)?;
    connection.xfixes_create_region(region, &[])?;
    let (mut known, mut seen) = (Vec::new(), Vec::new());
    screen.look_at_all(&mut known)?;
    let stride = usize::from(screen.size.0) * 4;
    let mut numbers = match what {
        Picture::Any => None,
        Picture::OfFilm(film) => Some(Numbers::of(film, &known, stride)),
    };
    let mut pictures = 0;
    let begun = Instant::now();
    for look in 1.. {
        thread::sleep((Duration::from_secs(1) * look / LOOKS).saturating_sub(begun.elapsed()));
        if ended.load(Ordering::Relaxed) {
            break;
        }
        let mut drawn = false;
        while connection.poll_for_event()?.is_some() {
            drawn = true;
        }
        if !drawn {
            continue;
        }
        connection.damage_subtract(damage, x11rb::NONE, region)?;
        let extents = connection.xfixes_fetch_region(region)?.reply()?.extents;
        let inside = |start: i16, length: u16, limit: u16| {
            let (start, end) = (i32::from(start).max(0), i32::from(start) + i32::from(length));
            let end = end.min(i32::from(limit));
            Some((u16::try_from(start).ok()?, u16::try_from(end - start).ok().filter(|length| *length > 0)?))
        };
        let across = inside(extents.x, extents.width, screen.size.0);
        let down = inside(extents.y, extents.height, screen.size.1);
        let (Some((left, width)), Some((top, height))) = (across, down) else { continue };
        screen.look((i16::try_from(left)?, i16::try_from(top)?), (width, height), &mut seen)?;
        let mut differs = false;
        for (row, seen) in seen.chunks_exact(usize::from(width) * 4).enumerate() {
            let start = (usize::from(top) + row) * stride + usize::from(left) * 4;
            let known = known.get_mut(start..start + seen.len()).context("inside the screen")?;
            if known != seen {
                known.copy_from_slice(seen);
                differs = true;
            }
        }
        pictures += u32::from(differs);
        if let Some(numbers) = &mut numbers {
            numbers.look(&known);
        }
    }
    Ok(numbers.map_or(pictures, |numbers| numbers.changed[0].min(numbers.changed[1])))
}

/// Do both show the same within this time?
pub(crate) fn becomes_exact(customers: &Desk, advisers: &Desk, patience: Duration) -> Result<Option<Duration>> {
    let begun = Instant::now();
    let (theirs, ours) = (Screen::of(&customers.display())?, Screen::of(&advisers.display())?);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    loop {
        theirs.look_at_all(&mut a)?;
        ours.look_at_all(&mut b)?;
        let pixels = a.chunks_exact(4).zip(b.chunks_exact(4));
        if pixels.filter(|(a, b)| a[..3] != b[..3]).count() <= POINTER {
            return Ok(Some(begun.elapsed()));
        }
        if begun.elapsed() > patience {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(30));
    }
}
