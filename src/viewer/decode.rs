//! The thread that turns updates into the picture. It answers each with what the host wants to know: applied, or a
//! keyframe is wanted.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use lotse_codec::{DecodeError, Decoder};
use lotse_protocol::limits;
use lotse_protocol::message::session::{Applied, KeyframeWanted, UpdateHeader};

use super::framebuffer::Picture;

/// Most bytes that wait to be decoded: a host that follows the pull rule never has more on its way than one update or
/// what the link delivers in a round trip.
const QUEUED_BYTES: usize = limits::UPDATE;
/// Most updates that wait to be decoded.
const QUEUED_UPDATES: usize = 256;

/// What is to be said to the host.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    /// The picture shows this update.
    Applied(Applied),
    /// The picture cannot be continued. Said once, until a keyframe has come. The update with which it ended is gone from the
    /// link like any other: a host that still counted it might have no room for the keyframe.
    KeyframeWanted(KeyframeWanted, Applied),
}

/// The host sends without waiting for acknowledgements: nothing more is decoded, and the session is to be ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host sends more than this computer was asked to take")]
pub struct Flooded;

/// The decoding of one display. Dropping it ends the thread; what waits is not decoded any more.
pub struct Decoding {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting {
    updates: VecDeque<(UpdateHeader, Bytes)>,
    bytes: usize,
    ended: bool,
}

impl Decoding {
    /// Starts the thread. `report` is called on it for every update and must not block; `wake` is called on it when the
    /// picture has changed.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn start(
        picture: Arc<Picture>,
        report: impl Fn(Report) + Send + 'static,
        wake: impl Fn() + Send + 'static,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared { waiting: Mutex::default(), came: Condvar::new() });
        let taking = Arc::clone(&shared);
        let body = move || {
            let mut stream = Stream::new();
            while let Some((header, update)) = taking.next() {
                let (said, seen) = stream.apply(&picture, &header, &update);
                // The window first: what the host hears takes a round trip anyway.
                if seen == Seen::Changed {
                    wake();
                }
                if let Some(said) = said {
                    report(said);
                }
            }
        };
        let thread = thread::Builder::new().name("lotse-decode".into()).spawn(body)?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// An update has come; in order. Returns at once.
    ///
    /// # Errors
    /// [`Flooded`].
    pub fn update(&self, header: UpdateHeader, update: Bytes) -> Result<(), Flooded> {
        let mut waiting = self.shared.lock();
        if waiting.updates.len() >= QUEUED_UPDATES || waiting.bytes + update.len() > QUEUED_BYTES {
            return Err(Flooded);
        }
        waiting.bytes += update.len();
        waiting.updates.push_back((header, update));
        drop(waiting);
        self.shared.came.notify_one();
        Ok(())
    }
}

impl Drop for Decoding {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.came.notify_one();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the decoder panicked");
        }
    }
}

impl Shared {
    fn next(&self) -> Option<(UpdateHeader, Bytes)> {
        let mut waiting = self.lock();
        loop {
            if waiting.ended {
                return None;
            }
            if let Some((header, update)) = waiting.updates.pop_front() {
                waiting.bytes -= update.len();
                return Some((header, update));
            }
            waiting = self.came.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing is left half-done under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Did the picture change?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Changed,
    Unchanged,
}

/// One stream of updates, in order.
struct Stream {
    decoder: Decoder,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// This is the next update.
    Expects(u64),
    /// Nothing can be shown until a keyframe comes, which has been asked for.
    WantsKeyframe,
}

impl Stream {
    fn new() -> Self {
        Self { decoder: Decoder::new(), state: State::Expects(1) }
    }

    fn apply(&mut self, picture: &Picture, header: &UpdateHeader, update: &[u8]) -> (Option<Report>, Seen) {
        if header.keyframe {
            self.decoder = Decoder::new();
        } else if self.state == State::WantsKeyframe {
            // What was on its way when the keyframe was asked for; it counts as gone from the link.
            return (Some(Report::Applied(applied(header))), Seen::Unchanged);
        } else if self.state != State::Expects(header.sequence) {
            return self.fail(header, "an update is missing");
        }
        let changed = match self.try_apply(picture, header, update) {
            Ok(changed) => changed,
            Err(error) => return self.fail(header, &error.to_string()),
        };
        self.state = State::Expects(header.sequence + 1);
        (Some(Report::Applied(applied(header))), changed)
    }

    fn try_apply(&mut self, picture: &Picture, header: &UpdateHeader, update: &[u8]) -> Result<Seen, DecodeError> {
        let changed = picture.apply(&mut self.decoder, update)?;
        if picture.size() != (header.width, header.height) {
            return Err(DecodeError::Framebuffer);
        }
        Ok(if changed.is_empty() { Seen::Unchanged } else { Seen::Changed })
    }

    fn fail(&mut self, header: &UpdateHeader, why: &str) -> (Option<Report>, Seen) {
        tracing::warn!(sequence = header.sequence, why, "the picture cannot be continued");
        self.state = State::WantsKeyframe;
        let wanted = KeyframeWanted { display: header.display };
        (Some(Report::KeyframeWanted(wanted, applied(header))), Seen::Unchanged)
    }
}

fn applied(header: &UpdateHeader) -> Applied {
    Applied { display: header.display, sequence: header.sequence }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use bytes::Bytes;
    use lotse_codec::{Budget, Encoder, Frame, Rect, Region};
    use lotse_protocol::message::session::{Applied, KeyframeWanted, UpdateHeader};

    use super::{Decoding, Flooded, QUEUED_UPDATES, Report};
    use crate::viewer::framebuffer::Picture;

    const SIZE: (u32, u32) = (64, 48);
    const PATIENCE: Duration = Duration::from_secs(10);

    struct Host {
        encoder: Encoder,
        pixels: Vec<u8>,
        sequence: u64,
    }

    impl Host {
        fn new() -> Self {
            let encoder = Encoder::new(SIZE.0, SIZE.1).expect("an encoder");
            Self { encoder, pixels: vec![255; (SIZE.0 * SIZE.1 * 4) as usize], sequence: 0 }
        }

        /// Paints one row and sends it.
        fn paint(&mut self, row: u32, grey: u8) -> (UpdateHeader, Bytes) {
            let start = (row * SIZE.0 * 4) as usize;
            for pixel in self.pixels[start..start + (SIZE.0 * 4) as usize].chunks_exact_mut(4) {
                pixel.copy_from_slice(&[grey, grey, grey, 255]);
            }
            let frame = Frame::new(&self.pixels, SIZE.0, SIZE.1, SIZE.0 as usize * 4).expect("a frame");
            let damage = Region::from(Rect::new(0, row, SIZE.0, 1));
            let mut update = Vec::new();
            let encoded = self.encoder.encode(frame, &damage, Budget::unlimited(), &mut update).expect("an update");
            self.sequence += 1;
            let header = UpdateHeader {
                sequence: self.sequence,
                display: 0,
                width: SIZE.0,
                height: SIZE.1,
                length: u32::try_from(update.len()).expect("short"),
                keyframe: encoded.keyframe,
            };
            (header, update.into())
        }
    }

    struct Bench {
        picture: Arc<Picture>,
        decoding: Decoding,
        reports: mpsc::Receiver<Report>,
        wakes: Arc<AtomicU64>,
    }

    fn bench() -> Bench {
        let picture = Arc::new(Picture::new());
        let (sender, reports) = mpsc::channel();
        let wakes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&wakes);
        let wake = move || {
            counted.fetch_add(1, Ordering::SeqCst);
        };
        let decoding = Decoding::start(Arc::clone(&picture), move |report| sender.send(report).unwrap_or(()), wake);
        Bench { picture, decoding: decoding.expect("a thread"), reports, wakes }
    }

    impl Bench {
        fn take(&self, (header, update): (UpdateHeader, Bytes)) -> Report {
            self.decoding.update(header, update).expect("room");
            self.reports.recv_timeout(PATIENCE).expect("a report")
        }
    }

    fn applied(sequence: u64) -> Report {
        Report::Applied(Applied { display: 0, sequence })
    }

    fn keyframe_wanted(sequence: u64) -> Report {
        Report::KeyframeWanted(KeyframeWanted { display: 0 }, Applied { display: 0, sequence })
    }

    #[test]
    fn updates_become_the_picture_with_their_damage() {
        let (mut host, bench) = (Host::new(), bench());
        assert_eq!(bench.picture.size(), (0, 0));
        assert_eq!(bench.take(host.paint(0, 10)), applied(1));
        assert_eq!(bench.picture.size(), SIZE);
        let whole = bench.picture.look(|_, damage| damage.to_vec());
        assert_eq!(whole, [Rect::new(0, 0, SIZE.0, SIZE.1)]);
        assert_eq!(bench.take(host.paint(20, 99)), applied(2));
        bench.picture.look(|picture, damage| {
            assert_eq!(picture.pixels(), host.pixels);
            assert!(damage.iter().all(|r| r.y <= 20 && r.bottom() > 20) && !damage.is_empty());
        });
        assert!(bench.picture.look(|_, damage| damage.is_empty()), "a second look sees no news");
        assert_eq!(bench.wakes.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_missing_update_asks_once_for_a_keyframe_and_shows_nothing_until_it_comes() {
        let (mut host, bench) = (Host::new(), bench());
        assert_eq!(bench.take(host.paint(0, 10)), applied(1));
        let lost = host.paint(1, 20);
        assert_eq!(bench.take(host.paint(2, 30)), keyframe_wanted(3));
        assert_eq!(bench.take(host.paint(3, 40)), applied(4));
        drop(lost);
        assert_eq!(bench.picture.look(|picture, _| picture.pixels()[(3 * SIZE.0 * 4) as usize]), 255);
        host.encoder.keyframe();
        assert_eq!(bench.take(host.paint(4, 50)), applied(5));
        bench.picture.look(|picture, _| assert_eq!(picture.pixels(), host.pixels));
    }

    #[test]
    fn nonsense_asks_for_a_keyframe() {
        let (mut host, bench) = (Host::new(), bench());
        assert_eq!(bench.take(host.paint(0, 10)), applied(1));
        let (header, _) = host.paint(1, 20);
        assert_eq!(bench.take((header, Bytes::from_static(b"\xff\xfenonsense"))), keyframe_wanted(2));
        host.encoder.keyframe();
        let (header, update) = host.paint(2, 30);
        let other = UpdateHeader { width: SIZE.0 + 1, ..header };
        assert_eq!(bench.take((other, update)), keyframe_wanted(3), "a header that is not the picture's");
    }

    #[test]
    fn a_flood_is_refused() {
        let (mut host, bench) = (Host::new(), bench());
        // The decoder cannot go on while somebody looks.
        bench.picture.look(|_, _| {
            let mut taken = 0;
            let refused = loop {
                let (header, update) = host.paint(taken % SIZE.1, 7);
                match bench.decoding.update(header, update) {
                    Ok(()) => taken += 1,
                    Err(refused) => break refused,
                }
            };
            assert_eq!(refused, Flooded);
            assert!((QUEUED_UPDATES..QUEUED_UPDATES + 3).contains(&(taken as usize)));
        });
    }
}
