//! Plays raw BGRA frames from standard input through encoder, simulated link and decoder, and prints what it cost as
//! one line of JSON. Everything is steady state: the first frame is the keyframe, which arrives before the clock starts
//! and is reported apart.
//!
//! ```text
//! ffmpeg -v error -i F.mkv -f rawvideo -pix_fmt bgra - |
//!     cargo run --release -p lotse-codec --example replay -- --width 1920 --height 1080 --fps 30
//! ```

use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use lotse_codec::{Budget, Decoder, Effort, Encoder, Frame, Framebuffer, Loss, Operations, Pending, Rect, Region};
use serde_json::json;

/// What an exact picture is worth, since infinity is no number in JSON.
const EXACT_DB: f64 = 999.0;

/// What an update aims at, ms of link. This and the two that follow are the pump's (`src/host/room.rs`).
const UPDATE_MS: f64 = 20.0;

/// What may be on its way beyond a round trip, ms of link.
const AHEAD_MS: f64 = 10.0;

/// What a picture of film may take, ms of link.
const FILM_MS: f64 = 28.0;

/// Side of the squares by which changes between frames are reported as damage, pixels: about as coarse as systems do.
const DAMAGE: usize = 16;

#[derive(Parser)]
#[command(about = "Measures the codec on raw BGRA frames from standard input")]
struct Arguments {
    /// Pixels
    #[arg(long)]
    width: u32,
    /// Pixels
    #[arg(long)]
    height: u32,
    /// Frames per second
    #[arg(long)]
    fps: f64,
    /// Rate of the simulated link, kbit/s; without it the link is as fast as can be
    #[arg(long)]
    rate_kbit: Option<f64>,
    /// Round trip of the simulated link, ms
    #[arg(long, default_value_t = 0.0)]
    rtt_ms: f64,
    /// Nothing is shown roughly at first
    #[arg(long)]
    lossless: bool,
    /// Encoding and decoding delay nothing, so that two runs make the same bytes
    #[arg(long)]
    instant: bool,
    /// As where others want the processor
    #[arg(long)]
    quick: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.fps > 0.0, "--fps must be above 0");
    ensure!(arguments.rate_kbit.is_none_or(|rate| rate > 0.0), "--rate-kbit must be above 0");
    ensure!(arguments.rtt_ms >= 0.0, "--rtt-ms must not be below 0");

    let mut input = std::io::stdin().lock();
    let mut replay = Replay::new(&arguments)?;
    let mut frame = vec![0; replay.stride * arguments.height as usize];
    while read_frame(&mut input, &mut frame)? {
        replay.frame(&frame)?;
    }
    println!("{}", replay.finish(&frame)?);
    Ok(())
}

/// Fills `frame`; false when the input ended before it.
fn read_frame(input: &mut impl Read, frame: &mut [u8]) -> Result<bool> {
    let mut filled = 0;
    while filled < frame.len() {
        match input.read(&mut frame[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => anyhow::bail!("the input ends inside a frame"),
            Ok(len) => filled += len,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("reading frames"),
        }
    }
    Ok(true)
}

/// Times are ms on the simulated clock, which also advances by what encoding and decoding really took, if it is to.
struct Replay {
    width: u32,
    height: u32,
    stride: usize,
    frame_ms: f64,
    loss: Loss,
    effort: Effort,
    is_instant: bool,
    link: Link,
    encoder: Encoder,
    decoder: Decoder,
    framebuffer: Framebuffer,
    last: Vec<u8>,
    update: Vec<u8>,
    damage: Region,
    frames: u32,
    /// When changes were captured that are not yet shown.
    unseen: Vec<f64>,
    last_change: Option<f64>,
    host_free: f64,
    viewer_free: f64,
    exact_ms: f64,
    /// Of all updates so far.
    encode_ms: f64,
    decode_ms: f64,
    measured: Measured,
}

#[derive(Default)]
struct Measured {
    bytes: usize,
    keyframe_bytes: usize,
    keyframe_encode_ms: f64,
    updates: u32,
    operations: Operations,
    encode_ms: Vec<f64>,
    decode_ms: Vec<f64>,
    delay_ms: Vec<f64>,
    psnr_db: Vec<f64>,
}

impl Replay {
    fn new(arguments: &Arguments) -> Result<Self> {
        let stride = arguments.width as usize * 4;
        Ok(Self {
            width: arguments.width,
            height: arguments.height,
            stride,
            frame_ms: 1000.0 / arguments.fps,
            loss: if arguments.lossless { Loss::Never } else { Loss::AtFirst },
            effort: if arguments.quick { Effort::Quick } else { Effort::Full },
            is_instant: arguments.instant,
            link: Link::new(arguments.rate_kbit, arguments.rtt_ms),
            encoder: Encoder::new(arguments.width, arguments.height)?,
            decoder: Decoder::new(),
            framebuffer: Framebuffer::new(),
            last: Vec::new(),
            update: Vec::new(),
            damage: Region::new(),
            frames: 0,
            unseen: Vec::new(),
            last_change: None,
            host_free: 0.0,
            viewer_free: 0.0,
            exact_ms: 0.0,
            encode_ms: 0.0,
            decode_ms: 0.0,
            measured: Measured::default(),
        })
    }

    /// One more frame: it is captured, and updates are sent until the next one is due.
    fn frame(&mut self, frame: &[u8]) -> Result<()> {
        let number = f64::from(self.frames);
        self.frames += 1;
        if number == 0.0 {
            self.last.extend_from_slice(frame);
            return self.keyframe(frame);
        }
        let now = number * self.frame_ms;
        let damage = changes(frame, &self.last, self.stride);
        if !damage.is_empty() {
            self.damage.merge(&damage);
            self.unseen.push(now);
            self.last_change = Some(now);
        }
        self.last.copy_from_slice(frame);
        let before = (self.measured.updates, self.encode_ms, self.decode_ms);
        self.send(frame, now, now + self.frame_ms)?;
        if self.measured.updates > before.0 {
            self.measured.encode_ms.push(self.encode_ms - before.1);
            self.measured.decode_ms.push(self.decode_ms - before.2);
        }
        if self.last_change == Some(now) {
            self.measured.psnr_db.push(psnr(frame, self.framebuffer.pixels()));
        }
        Ok(())
    }

    fn keyframe(&mut self, frame: &[u8]) -> Result<()> {
        let picture = Frame::new(frame, self.width, self.height, self.stride)?;
        let budget = Budget::unlimited().at(Duration::ZERO).with(self.loss);
        while self.encoder.pending() == Pending::More {
            self.update.clear();
            let begun = processor_time();
            self.encoder.encode(picture, &Region::new(), budget, &mut self.update)?;
            self.measured.keyframe_encode_ms += ms_since(begun);
            self.measured.keyframe_bytes += self.update.len();
            self.decoder.apply(&self.update, &mut self.framebuffer)?;
        }
        Ok(())
    }

    /// Sends updates as the link has room, from `now` on and begun before `until`.
    fn send(&mut self, frame: &[u8], now: f64, until: f64) -> Result<()> {
        let mut now = now.max(self.host_free);
        loop {
            match self.encoder.pending() {
                Pending::Nothing if self.damage.is_empty() => break,
                Pending::Later(at) if self.damage.is_empty() => now = now.max(at.as_secs_f64() * 1000.0),
                _ => {}
            }
            let (room_at, bytes) = self.link.room(now);
            now = room_at;
            if now >= until {
                break;
            }
            let picture = Frame::new(frame, self.width, self.height, self.stride)?;
            let time = Duration::from_secs_f64(now / 1000.0);
            let film = self.link.bytes_per_ms.map_or(usize::MAX, |rate| whole(rate * FILM_MS));
            let budget = Budget::bytes(bytes).film(film).at(time).with(self.loss).effort(self.effort);
            self.update.clear();
            let begun = processor_time();
            let encoded = self.encoder.encode(picture, &self.damage, budget, &mut self.update)?;
            let encode_ms = ms_since(begun);
            self.damage.clear();
            now += if self.is_instant { 0.0 } else { encode_ms };
            self.encode_ms += encode_ms;
            self.measured.operations += encoded.operations;
            self.show(now, encoded.pending)?;
        }
        self.host_free = now.min(until);
        Ok(())
    }

    /// The update arrives and is applied.
    fn show(&mut self, sent: f64, pending: Pending) -> Result<()> {
        let mut shown = sent;
        if !self.update.is_empty() {
            let arrived = self.link.carry(sent, self.update.len());
            let begun = processor_time();
            self.decoder.apply(&self.update, &mut self.framebuffer)?;
            let decode_ms = ms_since(begun);
            shown = arrived.max(self.viewer_free) + if self.is_instant { 0.0 } else { decode_ms };
            self.viewer_free = shown;
            self.link.acknowledge(shown, self.update.len());
            self.decode_ms += decode_ms;
            self.measured.bytes += self.update.len();
            self.measured.updates += 1;
        }
        if pending != Pending::More {
            self.measured.delay_ms.extend(self.unseen.drain(..).map(|captured| shown - captured));
        }
        if pending == Pending::Nothing {
            self.exact_ms = shown;
        }
        Ok(())
    }

    /// The picture rests until everything is shown.
    fn finish(mut self, frame: &[u8]) -> Result<serde_json::Value> {
        ensure!(self.frames > 0, "there was no frame");
        self.send(frame, f64::from(self.frames) * self.frame_ms, f64::INFINITY)?;
        let measured = &mut self.measured;
        let exact = psnr(frame, self.framebuffer.pixels()) >= EXACT_DB;
        Ok(json!({
            "frames": self.frames,
            "bytes": measured.bytes,
            "encode_ms_all": self.encode_ms,
            "decode_ms_all": self.decode_ms,
            "encode_ms_mean": mean(&measured.encode_ms),
            "encode_ms_p99": percentile(&mut measured.encode_ms, 0.99),
            "decode_ms_mean": mean(&measured.decode_ms),
            "psnr_db_mean": mean_or(&measured.psnr_db, EXACT_DB),
            "psnr_db_overall": overall(&measured.psnr_db),
            "psnr_db_min": measured.psnr_db.iter().copied().fold(EXACT_DB, f64::min),
            "ms_to_exact": self.last_change.map_or(0.0, |changed| self.exact_ms - changed),
            "delay_ms_p50": percentile(&mut measured.delay_ms, 0.5),
            "delay_ms_p95": percentile(&mut measured.delay_ms, 0.95),
            "exact_at_end": exact,
            "operations": measured.operations.by_kind().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
            "updates": measured.updates,
            "keyframe_bytes": measured.keyframe_bytes,
            "keyframe_encode_ms": measured.keyframe_encode_ms,
            "compressor_memory": self.encoder.compressor_memory(),
            "decompressor_memory": self.decoder.decompressor_memory(),
        }))
    }
}

/// A link that carries one byte after the other, and the rule of the pump: what is unacknowledged stays below one
/// update, or what the link carries in a round trip and a little.
struct Link {
    bytes_per_ms: Option<f64>,
    rtt_ms: f64,
    free: f64,
    /// When acknowledgements come back, and for how many bytes.
    acknowledged: VecDeque<(f64, usize)>,
    in_flight: usize,
}

impl Link {
    fn new(rate_kbit: Option<f64>, rtt_ms: f64) -> Self {
        let bytes_per_ms = rate_kbit.map(|rate| rate / 8.0);
        Self { bytes_per_ms, rtt_ms, free: 0.0, acknowledged: VecDeque::new(), in_flight: 0 }
    }

    /// The first moment from `now` on when there is room for an update, and for how many bytes.
    fn room(&mut self, mut now: f64) -> (f64, usize) {
        let Some(bytes_per_ms) = self.bytes_per_ms else { return (now, usize::MAX) };
        let update = bytes_per_ms * UPDATE_MS;
        let window = bytes_per_ms * (self.rtt_ms + AHEAD_MS);
        loop {
            while self.acknowledged.front().is_some_and(|(at, _)| *at <= now) {
                self.in_flight -= self.acknowledged.pop_front().map_or(0, |(_, bytes)| bytes);
            }
            let room = if self.in_flight == 0 { update } else { (window - self.in_flight as f64).min(update) };
            // An update smaller than half of the margin is mostly overhead.
            match self.acknowledged.front() {
                Some((at, _)) if room < bytes_per_ms * AHEAD_MS / 2.0 => now = *at,
                _ => return (now, whole(room)),
            }
        }
    }

    /// When an update that is sent at `now` has arrived.
    fn carry(&mut self, now: f64, bytes: usize) -> f64 {
        self.in_flight += bytes;
        self.free = self.free.max(now) + self.bytes_per_ms.map_or(0.0, |rate| bytes as f64 / rate);
        self.free + self.rtt_ms / 2.0
    }

    fn acknowledge(&mut self, shown: f64, bytes: usize) {
        self.acknowledged.push_back((shown + self.rtt_ms / 2.0, bytes));
    }
}

/// What a system would report as damage between two frames.
fn changes(frame: &[u8], last: &[u8], stride: usize) -> Region {
    let mut region = Region::new();
    for (row, (frame, last)) in frame.chunks(stride * DAMAGE).zip(last.chunks(stride * DAMAGE)).enumerate() {
        if frame == last {
            continue;
        }
        for left in (0..stride).step_by(DAMAGE * 4) {
            let right = stride.min(left + DAMAGE * 4);
            let mut lines = frame.chunks_exact(stride).zip(last.chunks_exact(stride));
            if lines.any(|(a, b)| a[left..right] != b[left..right]) {
                let pixels = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
                let (x, y) = (pixels(left / 4), pixels(row * DAMAGE));
                region.add(Rect::new(x, y, pixels((right - left) / 4), pixels(frame.len() / stride)));
            }
        }
    }
    region
}

/// Peak signal to noise over blue, green and red, dB.
fn psnr(a: &[u8], b: &[u8]) -> f64 {
    let error = |a: u8, b: u8| u64::from(a.abs_diff(b)).pow(2);
    let pixels = a.chunks_exact(4).zip(b.chunks_exact(4));
    let squares: u64 = pixels.map(|(a, b)| error(a[0], b[0]) + error(a[1], b[1]) + error(a[2], b[2])).sum();
    if squares == 0 {
        return EXACT_DB;
    }
    let mean = squares as f64 / (a.len() / 4 * 3) as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

/// That of the mean error of all pictures.
fn overall(db: &[f64]) -> f64 {
    let error = |db: &f64| if *db >= EXACT_DB { 0.0 } else { 10_f64.powf(-db / 10.0) };
    let mean = db.iter().map(error).sum::<f64>() / db.len().max(1) as f64;
    if mean == 0.0 { EXACT_DB } else { -10.0 * mean.log10() }
}

fn ms_since(begun: Duration) -> f64 {
    (processor_time() - begun).as_secs_f64() * 1000.0
}

/// What this thread has taken of a processor so far, so that other programs do not count.
#[cfg(unix)]
fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Where the system does not say that, the time.
#[cfg(not(unix))]
fn processor_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

fn mean(values: &[f64]) -> f64 {
    mean_or(values, 0.0)
}

fn mean_or(values: &[f64], none: f64) -> f64 {
    if values.is_empty() { none } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The nearest rank; 0 of nothing.
fn percentile(values: &mut [f64], part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = whole((part * values.len() as f64).ceil());
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// The whole part; 0 of what is below 0.
#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "the cast saturates, which is what is meant"
)]
const fn whole(number: f64) -> usize {
    number as usize
}
