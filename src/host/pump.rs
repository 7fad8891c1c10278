//! The thread that turns the screen into updates: it waits for damage, for room on the link ([`Room`]) and for the
//! hand-off, in whichever order they come, then grabs and encodes. Nothing is encoded that cannot leave at once; until
//! then damage gathers in the system and in the encoder. While nothing changes, or nobody watches, it sleeps.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lotse_codec::{Budget, Effort, EncodeError, Encoder, Frame, Pending, Rect, Region};
use lotse_desktop::capture::{self, Capture, CaptureError, DisplayInfo, Interrupt, Wake};
use lotse_desktop::processor;
use lotse_protocol::message::session::{Applied, UpdateHeader};

use super::ViewerId;
use super::effort::Spent;
use super::room::{Answer, Room};

/// The longest that a taken hand-off is waited for before looking whether anybody still watches.
const HAND_OFF: Duration = Duration::from_millis(250);
/// The pause after a hand-off that was not free: a closed one says so at once, and must not be asked in a loop.
const HAND_OFF_PAUSE: Duration = Duration::from_millis(50);

/// From one keyframe to the next that a viewer asks for. Each is the whole picture anew; whoever asks more often gets the
/// next one.
const BETWEEN_KEYFRAMES: Duration = Duration::from_secs(1);

/// Where updates go: a hand-off with one slot.
pub trait UpdateOut: Send + Sync {
    /// Waits until the slot is free, at most for `timeout`; `false`: it is not.
    fn wait_free(&self, timeout: Duration) -> bool;
    /// Puts an update into the free slot; never blocks. What is put after the session's end is lost.
    fn put(&self, header: UpdateHeader, update: Vec<u8>);
}

/// What happened at the pump.
#[derive(Debug)]
pub enum PumpEvent {
    /// These displays are shared from now on: said once the screen is open, and whenever it changes.
    Displays(Vec<DisplayInfo>),
    /// The screen cannot be shared, or no longer: the pump has ended.
    Failed(PumpError),
}

/// Why the pump ended.
#[derive(Debug, thiserror::Error)]
pub enum PumpError {
    /// There is no picture.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// There is a picture, and it cannot be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// The pump. One viewer at a time watches; dropping the pump ends its thread.
pub struct Pump {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    watcher: Option<Watcher>,
    /// Grows whenever the watcher changes: an update that was begun for another is not put.
    generation: u64,
    keyframe: Keyframe,
    /// When the watcher's last one was put.
    keyframe_put: Option<Instant>,
    ended: bool,
    interrupt: Option<Interrupt>,
    /// Of the last update.
    effort: Effort,
}

/// Is the next update to be one?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Keyframe {
    #[default]
    No,
    /// As soon as the viewer may have another.
    Wanted,
    Due,
}

struct Watcher {
    viewer: ViewerId,
    out: Arc<dyn UpdateOut>,
    room: Room,
    /// The number of the last update.
    sequence: u64,
}

impl Pump {
    /// Starts the thread, which opens the screen with `open` ([`Capture::open`]) and says through `sink` what came of
    /// it. `sink` is called from that thread and must return at once.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn start(
        open: impl FnOnce() -> Result<Capture, CaptureError> + Send + 'static,
        sink: impl Fn(PumpEvent) + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let pumping = Arc::clone(&shared);
        let body = move || {
            if let Err(error) = pump(&pumping, open, &sink) {
                sink(PumpEvent::Failed(error));
            }
        };
        let thread = thread::Builder::new().name("lotse-pump".into()).spawn(body)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// From now on this viewer gets updates, numbered from 1 and beginning with a keyframe; whoever watched before no
    /// longer does. To be called when the viewer may see the screen, and not before.
    pub fn begin(&self, viewer: ViewerId, out: Arc<dyn UpdateOut>) {
        let mut state = self.shared.lock();
        state.watcher = Some(Watcher { viewer, out, room: Room::new(), sequence: 0 });
        state.generation += 1;
        (state.keyframe, state.keyframe_put) = (Keyframe::Due, None);
        self.shared.wake(state);
    }

    /// This viewer gets no further update: once this has returned, none is put. Of another viewer it changes nothing.
    pub fn halt(&self, viewer: ViewerId) {
        let mut state = self.shared.lock();
        if state.watcher.as_ref().is_some_and(|w| w.viewer == viewer) {
            state.watcher = None;
            state.generation += 1;
            self.shared.wake(state);
        }
    }

    /// The viewer has applied an update: there may be room for the next.
    pub fn applied(&self, viewer: ViewerId, applied: &Applied) {
        let now = Instant::now();
        let mut state = self.shared.lock();
        if let Some(watcher) = state.watcher.as_mut().filter(|w| w.viewer == viewer) {
            watcher.room.applied(now, applied.sequence);
            // A pump that waits for damage has nothing to do with room: only one that waits for room is woken.
            self.shared.changed.notify_all();
        }
    }

    /// The viewer cannot continue the picture: the next update is a keyframe, unless there was one less than a second ago;
    /// then it is the first after that.
    pub fn keyframe_wanted(&self, viewer: ViewerId) {
        let mut state = self.shared.lock();
        if state.keyframe == Keyframe::No && state.watcher.as_ref().is_some_and(|w| w.viewer == viewer) {
            state.keyframe = Keyframe::Wanted;
            self.shared.wake(state);
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.ended = true;
        state.watcher = None;
        self.shared.wake(state);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the pump panicked");
        }
    }
}

impl State {
    /// From when on the next update is a keyframe, if it is to be one.
    fn keyframe_from(&self, now: Instant) -> Option<Instant> {
        match self.keyframe {
            Keyframe::No => None,
            Keyframe::Due => Some(now),
            Keyframe::Wanted => Some(self.keyframe_put.map_or(now, |put| put + BETWEEN_KEYFRAMES)),
        }
    }

    fn try_with(&mut self, effort: Effort) {
        if self.effort != effort {
            tracing::debug!(?effort, "the processor time of the encoder");
            self.effort = effort;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread wherever it waits.
    fn wake(&self, state: MutexGuard<'_, State>) {
        let interrupt = state.interrupt.clone();
        drop(state);
        self.changed.notify_all();
        if let Some(interrupt) = interrupt {
            interrupt.wake();
        }
    }
}

/// What the thread does next.
enum Next {
    End,
    /// Until then at most, when there will be something to do without any damage.
    WaitForDamage(Option<Instant>),
    WaitForHandOff(Arc<dyn UpdateOut>, Job),
}

/// An update that there is room for.
#[derive(Clone, Copy)]
struct Job {
    generation: u64,
    budget: Budget,
    keyframe: bool,
}

/// Is there something on the screen, or left in the encoder, that the viewer has not got?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// Photographs that are to become exact when they have rested until then.
    Later(Instant),
    More,
}

fn pump(
    shared: &Shared,
    open: impl FnOnce() -> Result<Capture, CaptureError>,
    sink: &impl Fn(PumpEvent),
) -> Result<(), PumpError> {
    let mut screen = Screen::open(open()?)?;
    shared.lock().interrupt = Some(screen.capture.interrupt());
    loop {
        if let Some(displays) = screen.displays_if_new() {
            sink(PumpEvent::Displays(displays));
        }
        match next(shared, &mut screen) {
            Next::End => return Ok(()),
            Next::WaitForDamage(until) => {
                let before = Instant::now();
                let timeout = until.map(|until| until.saturating_duration_since(before));
                match screen.capture.wait(timeout)? {
                    Wake::Damage | Wake::GeometryChanged => screen.left = Left::More,
                    Wake::Timeout if until.is_some() => screen.left = Left::More,
                    Wake::Interrupted | Wake::Timeout => {}
                }
                if let Some(watcher) = &mut shared.lock().watcher {
                    watcher.room.rested(before.elapsed());
                }
            }
            Next::WaitForHandOff(out, job) => {
                if out.wait_free(HAND_OFF) {
                    screen.pump_one(shared, job, sink)?;
                } else {
                    let state = shared.lock();
                    drop(shared.changed.wait_timeout(state, HAND_OFF_PAUSE));
                }
            }
        }
    }
}

/// Sleeps while nobody watches, and while there is something to send but no room for it.
fn next(shared: &Shared, screen: &mut Screen) -> Next {
    let mut state = shared.lock();
    loop {
        if state.ended {
            return Next::End;
        }
        let now = Instant::now();
        let (generation, keyframe_from) = (state.generation, state.keyframe_from(now));
        let keyframe = keyframe_from.is_some_and(|from| from <= now);
        if let Some(watcher) = &mut state.watcher {
            match screen.left {
                Left::Nothing if !keyframe => return Next::WaitForDamage(keyframe_from),
                Left::Later(until) if !keyframe => {
                    return Next::WaitForDamage(Some(keyframe_from.map_or(until, |from| from.min(until))));
                }
                Left::Nothing | Left::Later(_) | Left::More => {}
            }
            if let Some(pause) = screen.pause_until.checked_duration_since(now).filter(|pause| !pause.is_zero()) {
                screen.paused.get_or_insert(now);
                state = shared.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            if let Some(since) = screen.paused.take() {
                // Not for want of room.
                watcher.room.rested(now - since);
            }
            match watcher.room.ask(now) {
                Answer::Now(bytes) => {
                    let effort = screen.spent.effort(now);
                    let budget = Budget::bytes(bytes).film(watcher.room.film()).at(now - screen.begun).effort(effort);
                    let out = Arc::clone(&watcher.out);
                    state.try_with(effort);
                    return Next::WaitForHandOff(out, Job { generation, budget, keyframe });
                }
                Answer::At(at) => {
                    let left = at.saturating_duration_since(now);
                    state = shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                    continue;
                }
                Answer::Full => watcher.room.wait(now),
            }
        }
        state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}

/// The screen with its encoder.
struct Screen {
    capture: Capture,
    encoder: Encoder,
    displays: Vec<DisplayInfo>,
    left: Left,
    /// When the encoder's clock began.
    begun: Instant,
    spent: Spent,
    /// Nothing is encoded before.
    pause_until: Instant,
    /// Since then nothing was, for that.
    paused: Option<Instant>,
}

impl Screen {
    fn open(capture: Capture) -> Result<Self, PumpError> {
        let (width, height) = capture.displays().first().map_or((0, 0), |d| (d.width, d.height));
        let mut encoder = Encoder::new(width, height)?;
        // Not the screen before the person who works on this computer.
        encoder.call_between(processor::give_way);
        let now = Instant::now();
        Ok(Self {
            capture,
            encoder,
            displays: Vec::new(),
            left: Left::More,
            begun: now,
            spent: Spent::default(),
            pause_until: now,
            paused: None,
        })
    }

    fn displays_if_new(&mut self) -> Option<Vec<DisplayInfo>> {
        let displays = self.capture.displays();
        if displays == self.displays {
            return None;
        }
        self.displays.clone_from(&displays);
        Some(displays)
    }

    fn pump_one(&mut self, shared: &Shared, job: Job, sink: &impl Fn(PumpEvent)) -> Result<(), PumpError> {
        let mut update = Vec::new();
        let grab = self.capture.grab()?;
        // A new size may show before it was announced: it is told before the first picture that has it.
        if let Some(display) = self.displays.first_mut()
            && (display.width, display.height) != (grab.width, grab.height)
        {
            (display.width, display.height) = (grab.width, grab.height);
            sink(PumpEvent::Displays(self.displays.clone()));
        }
        if job.keyframe {
            self.encoder.keyframe();
        }
        let (width, height) = (grab.width, grab.height);
        let frame = Frame::new(grab.data, width, height, grab.stride).map_err(EncodeError::from)?;
        let damage: Region = grab.damage.iter().copied().map(rect).collect();
        let before = (Instant::now(), processor::time());
        let encoded = self.encoder.encode(frame, &damage, job.budget, &mut update)?;
        let (done, time) = (Instant::now(), processor::time());
        let clock = done - before.0;
        let processor = time.zip(before.1).map(|(after, before)| after.saturating_sub(before));
        self.spent.on_update(done, clock, processor);
        if encoded.operations.film > 0 {
            self.pause_until = done + self.spent.pause(processor.unwrap_or(clock));
        }
        self.left = match encoded.pending {
            Pending::Nothing => Left::Nothing,
            Pending::More => Left::More,
            Pending::Later(time) => Left::Later(self.begun + time),
        };
        if update.is_empty() {
            return Ok(());
        }

        let mut state = shared.lock();
        if state.generation != job.generation {
            // Whoever this was for is gone, and whoever watches next begins with a keyframe of its own.
            state.keyframe = Keyframe::Due;
            return Ok(());
        }
        let now = Instant::now();
        if encoded.keyframe {
            (state.keyframe, state.keyframe_put) = (Keyframe::No, Some(now));
        }
        let Some(watcher) = &mut state.watcher else { return Ok(()) };
        watcher.sequence += 1;
        let header = UpdateHeader {
            sequence: watcher.sequence,
            display: 0,
            width,
            height,
            // The codec's own limit is below that.
            length: u32::try_from(update.len()).unwrap_or(u32::MAX),
            keyframe: encoded.keyframe,
        };
        watcher.room.sent(now, watcher.sequence, update.len());
        // Under the lock: after `halt` nothing is put.
        watcher.out.put(header, update);
        Ok(())
    }
}

fn rect(rect: capture::Rect) -> Rect {
    Rect::new(rect.x, rect.y, rect.width, rect.height)
}

#[cfg(test)]
mod slow;
#[cfg(test)]
mod tests;
