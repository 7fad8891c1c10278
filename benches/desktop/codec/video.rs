//! Codecs for film, as programs for meetings use them: libvpx-VP9 and x264 by ffmpeg, in their settings for real time.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::link::{Link, Update};
use super::recording::{Frames, Recording};
use super::{Measured, OverLink, Quality, delays};
use crate::machine::{childrens_processor_seconds, output, run};

#[derive(Clone, Copy)]
pub(crate) enum Codec {
    Vp9,
    X264,
}

impl Codec {
    fn name(self) -> &'static str {
        match self {
            Self::Vp9 => "VP9",
            Self::X264 => "x264",
        }
    }

    fn settings(self) -> &'static str {
        match self {
            Self::Vp9 => {
                "-c:v libvpx-vp9 -deadline realtime -cpu-used 7 -row-mt 1 -tile-columns 2 -lag-in-frames 0 -aq-mode 3 \
                 -tune-content screen -threads 2"
            }
            Self::X264 => "-c:v libx264 -preset ultrafast -tune zerolatency -threads 2",
        }
    }

    /// So good, whatever it takes.
    fn good(self) -> &'static str {
        match self {
            Self::Vp9 => "-crf 24 -b:v 0",
            Self::X264 => "-crf 23",
        }
    }

    /// As good as that, as far as the rate and the buffer (kbit/s, kbit) go.
    fn narrow(self, rate: f64, buffer: f64) -> String {
        let limit = format!("-maxrate {rate:.0}k -bufsize {buffer:.0}k");
        match self {
            Self::Vp9 => format!("-crf 24 -b:v {rate:.0}k {limit}"),
            Self::X264 => format!("-crf 23 {limit}"),
        }
    }
}

/// The frames that differ from the one before, as these codecs want them: once for both.
pub(crate) struct Changes<'a> {
    recording: &'a Recording,
    /// With colour in half the size (4:2:0).
    yuv: PathBuf,
    numbers: Vec<u32>,
    /// How many come in a second, about: what a codec with a rate to keep has to know.
    rate: String,
    /// Processor seconds of ffmpeg for reading them.
    reading: f64,
}

impl<'a> Changes<'a> {
    pub(crate) fn of(recording: &'a Recording, folder: &Path) -> Result<Self> {
        let yuv = folder.join("changes.yuv");
        let mut convert = Command::new("ffmpeg");
        convert.args([
            "-y",
            "-v",
            "error",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "bgra",
            "-s",
            &recording.format.size(),
            "-r",
            &recording.format.fps.to_string(),
        ]);
        convert.args(["-i", "-", "-pix_fmt", "yuv420p", "-f", "rawvideo"]).arg(&yuv);
        let mut convert = convert.stdin(Stdio::piped()).spawn().context("starting ffmpeg")?;
        let mut input = convert.stdin.take().context("a pipe")?;
        let mut numbers = Vec::new();
        recording.each_change(|number, frame, _| {
            numbers.push(number);
            input.write_all(frame).context("ffmpeg is gone")
        })?;
        drop(input);
        ensure!(convert.wait()?.success(), "ffmpeg failed");
        let seconds = f64::from(numbers.last().copied().unwrap_or(0) + 1) / f64::from(recording.format.fps);
        let rate = format!("{:.2}", numbers.len() as f64 / seconds);
        let mut changes = Self { recording, yuv, numbers, rate, reading: 0.0 };
        changes.reading = changes.processor_seconds(&["-f", "null", "-"])?;
        Ok(changes)
    }

    pub(crate) fn measure(&self, codec: Codec, link: Link) -> Result<Measured> {
        let good = self.encode(codec, codec.good())?;
        // A tenth of the line for headers and for what goes over the rate; a quarter of a second of it may gather.
        let narrow = self.encode(codec, &codec.narrow(link.kbit * 0.9, link.kbit / 4.0))?;
        let fps = self.recording.format.fps;
        let mut measured = Measured::of_updates(codec.name(), &good.updates, fps, good.quality);
        // Whole programs are timed, not pictures.
        measured.encode.p99_ms = None;
        measured.decode_ms = Some(good.decode_ms);
        let bytes = narrow.updates.iter().skip(1).map(|update| update.bytes).sum();
        let (delay_ms, exact_ms) = delays(link, &narrow.updates, fps, narrow.quality);
        measured.over_link = OverLink { delay_ms, exact_ms, bytes, quality: narrow.quality };
        Ok(measured)
    }

    fn encode(&self, codec: Codec, rate: &str) -> Result<Encoded> {
        let file = self.yuv.with_extension("mkv");
        let path = file.to_string_lossy();
        // No picture twice or not at all for the sake of even times.
        let settings = ["-fps_mode", "passthrough"].into_iter().chain(codec.settings().split_whitespace());
        let settings = settings.chain(rate.split_whitespace());
        // One key frame, the first.
        let arguments: Vec<&str> = settings.chain(["-g", "9999", &path]).collect();
        let changes = (self.numbers.len() - 1).max(1) as f64;
        let encode_ms = (self.processor_seconds(&arguments)? - self.reading).max(0.0) * 1000.0 / changes;
        let sizes = output(
            "ffprobe",
            ["-v", "error", "-select_streams", "v", "-show_entries", "packet=size", "-of", "csv=p=0", &path],
        )?;
        let sizes: Vec<usize> = sizes.lines().filter_map(|line| line.trim_matches(',').parse().ok()).collect();
        ensure!(sizes.len() == self.numbers.len(), "{} pictures of {}", sizes.len(), self.numbers.len());
        let update = |(frame, bytes)| Update { frame, bytes, encode_ms };
        let updates = self.numbers.iter().copied().zip(sizes).map(update).collect();
        let begun = childrens_processor_seconds();
        run("ffmpeg", ["-v", "error", "-nostdin", "-threads", "1", "-i", &path, "-f", "null", "-"])?;
        let decode_ms = (childrens_processor_seconds() - begun) * 1000.0 / changes;
        let quality = self.quality(&file)?;
        fs::remove_file(&file)?;
        Ok(Encoded { updates, decode_ms, quality })
    }

    fn processor_seconds(&self, to: &[&str]) -> Result<f64> {
        let begun = childrens_processor_seconds();
        let (size, yuv) = (self.recording.format.size(), self.yuv.to_string_lossy());
        let from = ["-y", "-v", "error", "-nostdin", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size];
        let from = from.into_iter().chain(["-r", &self.rate, "-i"]);
        run("ffmpeg", from.chain([yuv.as_ref()]).chain(to.iter().copied()))?;
        Ok(childrens_processor_seconds() - begun)
    }

    /// Of red, green and blue against the frames that were recorded, so that colour in half the size counts as loss.
    fn quality(&self, file: &Path) -> Result<Quality> {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-i"]).arg(file);
        let mut shown =
            Frames::of(command.args(["-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "bgra", "-"]))?;
        let mut picture = vec![0; self.recording.format.frame()];
        let mut errors = Vec::new();
        self.recording.each_change(|number, frame, _| {
            ensure!(shown.next_into(&mut picture)?, "too few pictures");
            if number > 0 {
                errors.push(Quality::error(frame, &picture));
            }
            Ok(())
        })?;
        Ok(Quality::of(&errors))
    }
}

impl Drop for Changes<'_> {
    fn drop(&mut self) {
        // A gigabyte that the next run would make anew; without it nothing is lost.
        let _ = File::create(&self.yuv).and_then(|_| fs::remove_file(&self.yuv));
    }
}

struct Encoded {
    updates: Vec<Update>,
    decode_ms: f64,
    quality: Quality,
}
