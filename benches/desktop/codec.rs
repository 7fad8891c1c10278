//! Codecs on the same recorded frames: ours, VNC's, the simplest one, and those for film.

mod link;
mod lotse;
mod recording;
mod tiles;
mod video;
mod vnc;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use self::link::{Link, Update};
use self::recording::{Format, Recording};
use crate::content::Content;
use crate::machine::percentile;
use crate::machine::{self, Busy};
use crate::plot::{self, Panel, Point, Scale};
use crate::{Extent, Places};

/// The narrow line of the design's budgets.
const LINK: Link = Link { kbit: 2000.0, rtt_ms: 40.0 };
/// Longer than this nobody waits, ms: the codec falls behind the line.
const BEHIND_MS: f64 = 2000.0;

/// Of one codec and one workload. The first picture is in none of the figures.
pub(crate) struct Measured {
    codec: &'static str,
    updates: usize,
    bytes: usize,
    encode: Encode,
    decode_ms: Option<f64>,
    quality: Quality,
    over_link: OverLink,
}

/// Processor time of all updates.
struct Encode {
    mean_ms: f64,
    /// Where each is timed by itself.
    p99_ms: Option<f64>,
}

/// The same over [`LINK`].
struct OverLink {
    bytes: usize,
    /// p50 and p95.
    delay_ms: (f64, f64),
    /// From the last change until nothing is wrong; none of a codec that leaves it wrong.
    exact_ms: Option<f64>,
    quality: Quality,
}

#[derive(Clone, Copy)]
enum Quality {
    Exact,
    /// Peak signal to noise over red, green and blue.
    Db(f64),
}

impl Quality {
    /// Of the mean squared errors of all pictures.
    fn of(errors: &[f64]) -> Self {
        let mean = errors.iter().sum::<f64>() / errors.len().max(1) as f64;
        if mean == 0.0 { Self::Exact } else { Self::Db(10.0 * (255.0 * 255.0 / mean).log10()) }
    }

    /// Mean squared error of a picture: blue, green, red, nothing.
    fn error(a: &[u8], b: &[u8]) -> f64 {
        let square = |a: u8, b: u8| u64::from(a.abs_diff(b)).pow(2);
        let pixels = a.chunks_exact(4).zip(b.chunks_exact(4));
        let squares: u64 = pixels.map(|(a, b)| square(a[0], b[0]) + square(a[1], b[1]) + square(a[2], b[2])).sum();
        squares as f64 / (a.len() / 4 * 3) as f64
    }
}

impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Db(db) => write!(f, "{db:.1} dB"),
        }
    }
}

impl Measured {
    /// Of a codec that sends the same whatever the line.
    fn of_updates(codec: &'static str, updates: &[Update], fps: u32, quality: Quality) -> Self {
        let after_first = updates.get(1..).unwrap_or_default();
        let bytes = after_first.iter().map(|update| update.bytes).sum();
        let mut each: Vec<f64> = after_first.iter().map(|update| update.encode_ms).collect();
        let mean_ms = each.iter().sum::<f64>() / each.len().max(1) as f64;
        let encode = Encode { mean_ms, p99_ms: Some(percentile(&mut each, 99)) };
        let (delay_ms, exact_ms) = delays(LINK, updates, fps, quality);
        let over_link = OverLink { bytes, delay_ms, exact_ms, quality };
        Self { codec, updates: after_first.len(), bytes, encode, decode_ms: None, quality, over_link }
    }

    /// A row of the table.
    fn row(&self) -> String {
        let decode = self.decode_ms.map_or("–".to_owned(), |ms| format!("{ms:.1}"));
        let megabytes = |bytes: usize| machine::megabytes(bytes as f64);
        let OverLink { bytes, delay_ms: (p50, p95), exact_ms, quality } = &self.over_link;
        let delay = if *p95 > BEHIND_MS { "falls behind".to_owned() } else { format!("{p50:.0} / {p95:.0}") };
        let exact = match exact_ms {
            None => "never".to_owned(),
            Some(ms) => format!("{ms:.0}"),
        };
        let Encode { mean_ms, p99_ms } = self.encode;
        let p99 = p99_ms.map_or("–".to_owned(), |ms| format!("{ms:.1}"));
        format!(
            "| {} | {} | {} | {mean_ms:.1} / {p99} | {decode} | {} | {delay} | {exact} | {} | {quality} |",
            self.codec,
            self.updates,
            megabytes(self.bytes),
            self.quality,
            megabytes(*bytes),
        )
    }
}

/// From capture to arrival, p50 and p95, and how long the last picture takes to be exact, ms.
fn delays(link: Link, updates: &[Update], fps: u32, quality: Quality) -> ((f64, f64), Option<f64>) {
    let mut delays = link.delays(updates, fps);
    let last = delays.last().copied().unwrap_or_default();
    let exact_ms = matches!(quality, Quality::Exact).then_some(last);
    ((percentile(&mut delays, 50), percentile(&mut delays, 95)), exact_ms)
}

/// What was measured with one recording.
struct Results {
    name: String,
    origin: Origin,
    codecs: Vec<Measured>,
}

/// Who made a recording.
#[derive(Clone, Copy)]
enum Origin {
    /// This run, of a workload of ours.
    Here,
    /// Others, in a format of theirs.
    Elsewhere(Format),
}

/// Records what is to be measured, measures it and the recordings in that folder, and writes `codec.md` and `codec.svg`.
pub(crate) fn measure(places: &Places, extent: &Extent, recordings: Option<&Path>) -> Result<()> {
    let others = recordings.map_or_else(|| Ok(Vec::new()), Recording::all_in)?;
    let content = Content::in_folder(places.scratch.join("content"))?;
    let busy = Busy::now();
    let mut results = Vec::new();
    for workload in &extent.workloads {
        eprintln!("{}: recording {} s …", workload.name(), extent.seconds);
        let recording = Recording::make(*workload, &content, &places.scratch.join("recordings"), extent.seconds)?;
        results.push(measure_one(workload.name(), Origin::Here, &recording, &places.scratch)?);
    }
    for (name, recording) in &others {
        eprintln!("{name}: recorded elsewhere …");
        results.push(measure_one(name, Origin::Elsewhere(recording.format), recording, &places.scratch)?);
    }
    write(&places.results, extent, &results, &busy.since())
}

fn measure_one(name: &str, origin: Origin, recording: &Recording, scratch: &Path) -> Result<Results> {
    let mut measured = vec![lotse::measure(recording, LINK)?];
    measured.push(vnc::measure(recording, vnc::Encoding::Tight)?);
    measured.push(vnc::measure(recording, vnc::Encoding::Zrle)?);
    eprintln!(
        "Xvnc uses {:.1} ms of processor time for putting a frame on its display",
        vnc::without_a_client(recording)?
    );
    measured.push(tiles::measure(recording)?);
    let changes = video::Changes::of(recording, scratch)?;
    measured.push(changes.measure(video::Codec::Vp9, LINK)?);
    measured.push(changes.measure(video::Codec::X264, LINK)?);
    let results = Results { name: name.to_owned(), origin, codecs: measured };
    println!("{}", results.table());
    Ok(results)
}

impl Results {
    fn table(&self) -> String {
        let format = match self.origin {
            Origin::Here => String::new(),
            Origin::Elsewhere(format) => format!(", {format}"),
        };
        let mut table = format!(
            "\n### {}{format}\n\n| codec | updates | MB | encode mean / p99, ms | decode, ms | quality | 2 Mbit/s: delay p50 / p95, ms | exact \
         after, ms | MB | quality |\n|---|---|---|---|---|---|---|---|---|---|\n",
            self.name
        );
        for one in &self.codecs {
            table.push_str(&one.row());
            table.push('\n');
        }
        table
    }

    /// In the plot.
    fn label(&self) -> String {
        match self.origin {
            Origin::Here => self.name.clone(),
            Origin::Elsewhere(_) => format!("{} *", self.name),
        }
    }
}

fn write(folder: &Path, extent: &Extent, results: &[Results], busy: &str) -> Result<()> {
    fs::create_dir_all(folder)?;
    let machine =
        machine::description(&["tigervnc-standalone-server", "ffmpeg", "libvpx7", "libx264-164", "chromium"])?;
    let mut text = format!(
        "# Codecs on the same frames\n\nMade by `./dev bench codec` on {}: {machine}. {busy} {} s of each workload, {}.\n\n\
         ![Bytes, processor time, quality and delay of each codec for each workload](codec.svg)\n",
        machine::occasion()?,
        extent.seconds,
        recording::RECORDED,
    );
    text.push_str(CAPTION);
    for one in results {
        text.push_str(&one.table());
    }
    fs::write(folder.join("codec.svg"), plot(results))?;
    fs::write(folder.join("codec.md"), text)?;
    eprintln!("written: {0}/codec.md, {0}/codec.svg", folder.display());
    Ok(())
}

const CAPTION: &str = "
What the columns say:

- Recordings with a size beside their name, in the plot with a star, were made elsewhere and given to this command (`--recordings`).
- *updates*: frames that differ from the one before. The first picture, which everybody has to send whole, is in no figure.
- *MB*, *encode*, *decode*, *quality*: over a line without limits, with encode and decode per update. Lotse and tiles + zstd-3: \
time in their one thread. VNC: processor time of Xvnc, user and system, which has the X server's own work in it: putting \
the frame on its display, and its comparison with the frame before. VP9 and x264: processor time of ffmpeg, without what \
it takes to read the frames; both get them in half the colour (4:2:0), already converted. *p99*: of a frame with all updates \
that it takes, where each is timed by itself.
- *2 Mbit/s*: a simulated line of 2 Mbit/s and 40 ms there and back, from capture to arrival. Lotse sends what fits, \
in updates as long as the program's, which knows the rate; VP9 and x264 get the rate to keep (0.9 of the line, a quarter of a second \
of buffer) and send every picture, as the others do. *Falls behind*: over 2 s at the 95th percentile. Real VNC leaves \
pictures out then: `./dev bench session` has it as a whole. *Exact after*: from the last change until every pixel is right.
- *quality*: peak signal to noise over red, green and blue against the recorded frames, of the mean error of all updates.
- VP9: realtime, cpu-used 7, screen content, CRF 24 or the rate; x264: ultrafast, zerolatency, CRF 23 or the rate. \
tiles + zstd-3: changed 64×64 squares in one zstd stream of level 3. Tight and ZRLE as TigerVNC's viewer asks for them \
(compression 2, no JPEG).
";

/// Four panels: what the table says, to be seen at once.
fn plot(results: &[Results]) -> String {
    let panel = |title: &str, scale: Scale, value: &dyn Fn(&Measured) -> Point| {
        let rows = results
            .iter()
            .map(|one| (one.label(), one.codecs.iter().map(|one| (one.codec.to_owned(), value(one))).collect()));
        Panel { title: title.to_owned(), scale, rows: rows.collect() }
    };
    let dots = |quality: &Quality| match quality {
        Quality::Exact => Point::Beyond("exact"),
        Quality::Db(db) => Point::At(*db),
    };
    let panels = [
        panel("Bytes per update (less is better)", Scale::Log, &|one| {
            Point::At(one.bytes as f64 / one.updates.max(1) as f64)
        }),
        panel("Encoding an update, ms (less is better)", Scale::Log, &|one| Point::At(one.encode.mean_ms.max(0.01))),
        panel("Quality over 2 Mbit/s, dB (more is better)", Scale::Linear, &|one| dots(&one.over_link.quality)),
        panel("Delay over 2 Mbit/s, p95, ms (less is better)", Scale::Log, &|one| {
            let p95 = one.over_link.delay_ms.1;
            if p95 > BEHIND_MS { Point::Beyond("behind") } else { Point::At(p95) }
        }),
    ];
    let mut svg = String::new();
    write!(svg, "{}", plot::Figure(&panels)).expect("a string takes what is written");
    svg
}
