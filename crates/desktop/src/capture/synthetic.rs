//! A screen that exists only in memory, for tests and measurements without a desktop: a static page of text-like noise
//! with a coloured rectangle that moves over it, one step for each [`Stage::step`]. The same number of steps always
//! gives the same pixels.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Capture, CaptureError, Damage, DisplayInfo, Grab, Interrupt, Rect, Source, Wake, Way};

const BYTES_PER_PIXEL: usize = 4;
/// Paper and ink of the text-like noise, and the colour of what moves; blue, green, red, nothing.
const PAPER: [u8; 4] = [0xf8, 0xfa, 0xfc, 0];
const INK: [u8; 4] = [0x30, 0x28, 0x20, 0];
const BOX: [u8; 4] = [0xc0, 0x60, 0x10, 0];

/// Opens a synthetic screen; what happens on it is said through the [`Stage`].
#[must_use]
pub fn open(width: u32, height: u32) -> (Capture, Stage) {
    let stage =
        Stage { shared: Arc::new(Shared { screen: Mutex::new(Screen::new(width, height)), changed: Condvar::new() }) };
    let source = Synthetic { stage: stage.clone(), picture: Vec::new(), size: (0, 0), damage: Damage::new() };
    (Capture::from_source(source), stage)
}

/// What a test does to a synthetic screen; cheap to clone, from any thread.
#[derive(Clone)]
pub struct Stage {
    shared: Arc<Shared>,
}

struct Shared {
    screen: Mutex<Screen>,
    changed: Condvar,
}

struct Screen {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    damage: Damage,
    steps: u64,
    box_at: Option<Rect>,
    geometry_changed: bool,
    interrupted: bool,
    lost: bool,
    grabs: u64,
}

impl Stage {
    /// Moves the rectangle one step on; damages where it was and where it is.
    pub fn step(&self) {
        let mut screen = self.lock();
        screen.step();
        self.shared.changed.notify_all();
    }

    /// Fills a rectangle with one colour (blue, green, red, nothing); what is outside the screen is ignored.
    pub fn fill(&self, rect: Rect, colour: [u8; 4]) {
        let mut screen = self.lock();
        screen.fill(rect, |_, _| colour);
        self.shared.changed.notify_all();
    }

    /// Fills a rectangle with noise that does not compress, a function of `seed`.
    pub fn noise(&self, rect: Rect, seed: u32) {
        let mut screen = self.lock();
        screen.fill(rect, |x, y| scrambled(seed, x, y).to_le_bytes());
        self.shared.changed.notify_all();
    }

    /// Puts pixels there (blue-green-red-nothing rows without padding, as many as the rectangle has).
    ///
    /// # Panics
    /// When the rectangle is not inside the screen, or the pixels are too few.
    pub fn paint(&self, rect: Rect, pixels: &[u8]) {
        let mut screen = self.lock();
        let (stride, row) = (screen.width as usize * BYTES_PER_PIXEL, rect.width as usize * BYTES_PER_PIXEL);
        let first = rect.y as usize * stride + rect.x as usize * BYTES_PER_PIXEL;
        for line in 0..rect.height as usize {
            let at = first + line * stride;
            screen.pixels[at..at + row].copy_from_slice(&pixels[line * row..(line + 1) * row]);
        }
        screen.damage.add(rect);
        drop(screen);
        self.shared.changed.notify_all();
    }

    /// Gives the screen another size, with a new page on it.
    pub fn resize(&self, width: u32, height: u32) {
        let mut screen = self.lock();
        let (interrupted, grabs) = (screen.interrupted, screen.grabs);
        *screen = Screen { geometry_changed: true, interrupted, grabs, ..Screen::new(width, height) };
        self.shared.changed.notify_all();
    }

    /// Takes the screen away: the capture fails from now on.
    pub fn lose(&self) {
        self.lock().lost = true;
        self.shared.changed.notify_all();
    }

    /// The pixels as they are now (width, height, blue-green-red-nothing rows without padding).
    #[must_use]
    pub fn pixels(&self) -> (u32, u32, Vec<u8>) {
        let screen = self.lock();
        (screen.width, screen.height, screen.pixels.clone())
    }

    /// How often the screen has been grabbed.
    #[must_use]
    pub fn grabs(&self) -> u64 {
        self.lock().grabs
    }

    fn lock(&self) -> MutexGuard<'_, Screen> {
        // A test that panicked while drawing leaves a screen that is only half drawn, which is still a screen.
        self.shared.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Screen {
    fn new(width: u32, height: u32) -> Self {
        let size = width as usize * height as usize * BYTES_PER_PIXEL;
        let mut screen = Self {
            width,
            height,
            pixels: vec![0; size],
            damage: Damage::new(),
            steps: 0,
            box_at: None,
            geometry_changed: false,
            interrupted: false,
            lost: false,
            grabs: 0,
        };
        screen.fill(Rect { x: 0, y: 0, width, height }, page);
        screen
    }

    fn step(&mut self) {
        if let Some(rect) = self.box_at.take() {
            self.fill(rect, page);
        }
        let (width, height) = ((self.width / 8).max(1), (self.height / 8).max(1));
        let span = |step: u64, speed: u64, room: u32| u32::try_from(step * speed % u64::from(room + 1)).unwrap_or(0);
        let rect = Rect {
            x: span(self.steps, 7, self.width - width),
            y: span(self.steps, 3, self.height - height),
            width,
            height,
        };
        self.steps += 1;
        self.fill(rect, |_, _| BOX);
        self.box_at = Some(rect);
    }

    fn fill(&mut self, rect: Rect, colour: impl Fn(u32, u32) -> [u8; 4]) {
        let Some(rect) = rect.clipped(self.width, self.height) else { return };
        for y in rect.y..rect.bottom() {
            for x in rect.x..rect.right() {
                let at = (y as usize * self.width as usize + x as usize) * BYTES_PER_PIXEL;
                self.pixels[at..at + BYTES_PER_PIXEL].copy_from_slice(&colour(x, y));
            }
        }
        self.damage.add(rect);
    }
}

/// Text-like noise: lines of 16 rows with 10 rows of letters, words and gaps.
fn page(x: u32, y: u32) -> [u8; 4] {
    let (line, row) = (y / 16, y % 16);
    let (letter, column) = (x / 8, x % 8);
    let gap = scrambled(11, letter, line).is_multiple_of(6);
    if row >= 10 || column >= 6 || gap {
        return PAPER;
    }
    // One of 40 glyphs, each a fixed pattern of strokes.
    let glyph = scrambled(7, letter, line) % 40;
    if scrambled(glyph, column / 2, row / 2).is_multiple_of(3) { INK } else { PAPER }
}

/// A fixed hash of three numbers.
fn scrambled(seed: u32, x: u32, y: u32) -> u32 {
    let mut h = seed.wrapping_mul(0x9e37_79b1) ^ x.wrapping_mul(0x85eb_ca77) ^ y.wrapping_mul(0xc2b2_ae3d);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

struct Synthetic {
    stage: Stage,
    picture: Vec<u8>,
    size: (u32, u32),
    damage: Damage,
}

impl Source for Synthetic {
    fn displays(&self) -> Vec<DisplayInfo> {
        let screen = self.stage.lock();
        vec![DisplayInfo { number: 0, width: screen.width, height: screen.height, scale_permille: 1000 }]
    }

    fn way(&self) -> Way {
        Way::Synthetic
    }

    fn interrupt(&self) -> Interrupt {
        let stage = self.stage.clone();
        Interrupt::new(move || {
            stage.lock().interrupted = true;
            stage.shared.changed.notify_all();
        })
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<Wake, CaptureError> {
        let deadline = timeout.map(|t| Instant::now() + t);
        let mut screen = self.stage.lock();
        loop {
            if screen.lost {
                return Err(gone());
            }
            if std::mem::take(&mut screen.interrupted) {
                return Ok(Wake::Interrupted);
            }
            if std::mem::take(&mut screen.geometry_changed) {
                return Ok(Wake::GeometryChanged);
            }
            if !screen.damage.is_empty() {
                return Ok(Wake::Damage);
            }
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if left.is_some_and(|l| l.is_zero()) {
                return Ok(Wake::Timeout);
            }
            let left = left.unwrap_or(Duration::from_secs(3600));
            screen = self.stage.shared.changed.wait_timeout(screen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn grab(&mut self) -> Result<Grab<'_>, CaptureError> {
        let mut screen = self.stage.lock();
        if screen.lost {
            return Err(gone());
        }
        screen.grabs += 1;
        self.size = (screen.width, screen.height);
        self.damage = std::mem::take(&mut screen.damage);
        self.picture.clone_from(&screen.pixels);
        Ok(Grab {
            data: &self.picture,
            width: self.size.0,
            height: self.size.1,
            stride: self.size.0 as usize * BYTES_PER_PIXEL,
            damage: self.damage.rects(),
        })
    }
}

fn gone() -> CaptureError {
    CaptureError::Lost("the stage was taken away".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Rect, Wake, open};

    const SOON: Option<Duration> = Some(Duration::ZERO);

    #[test]
    fn begins_damaged_as_a_whole_and_then_reports_only_what_is_drawn() {
        let (mut capture, stage) = open(320, 200);
        assert_eq!(capture.wait(SOON).expect("a screen"), Wake::Damage);
        assert_eq!(capture.grab().expect("a grab").damage, [Rect { x: 0, y: 0, width: 320, height: 200 }]);
        assert_eq!(capture.wait(SOON).expect("a screen"), Wake::Timeout);
        let rect = Rect { x: 10, y: 20, width: 30, height: 40 };
        stage.fill(rect, [1, 2, 3, 0]);
        assert_eq!(capture.wait(SOON).expect("a screen"), Wake::Damage);
        let grab = capture.grab().expect("a grab");
        assert_eq!(grab.damage, [rect]);
        assert_eq!(grab.data, stage.pixels().2);
    }

    #[test]
    fn the_same_steps_give_the_same_pixels() {
        let ((_a, one), (_b, other)) = (open(320, 200), open(320, 200));
        for _ in 0..5 {
            one.step();
            other.step();
        }
        assert_eq!(one.pixels(), other.pixels());
        other.step();
        assert_ne!(one.pixels(), other.pixels());
    }

    #[test]
    fn another_thread_interrupts_and_the_interruption_is_not_lost() {
        let (mut capture, _stage) = open(32, 20);
        capture.grab().expect("a grab");
        let interrupt = capture.interrupt();
        let other = std::thread::spawn(move || interrupt.wake());
        assert_eq!(capture.wait(Some(Duration::from_secs(10))).expect("a screen"), Wake::Interrupted);
        other.join().expect("the other thread");
        assert_eq!(capture.wait(SOON).expect("a screen"), Wake::Timeout);
    }

    #[test]
    fn a_new_size_is_announced_and_damaged_as_a_whole() {
        let (mut capture, stage) = open(32, 20);
        capture.grab().expect("a grab");
        stage.resize(64, 48);
        assert_eq!(capture.wait(SOON).expect("a screen"), Wake::GeometryChanged);
        assert_eq!(capture.displays()[0].width, 64);
        assert_eq!(capture.grab().expect("a grab").damage, [Rect { x: 0, y: 0, width: 64, height: 48 }]);
    }

    #[test]
    fn a_lost_screen_is_an_error() {
        let (mut capture, stage) = open(32, 20);
        stage.lose();
        assert!(capture.wait(SOON).is_err());
        assert!(capture.grab().is_err());
    }
}
