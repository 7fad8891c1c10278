//! Workloads as frames without loss, so that every codec gets the same ones.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::content::Content;
use crate::desk::{PATIENCE, until};
use crate::machine::{output, run};
use crate::workloads::{self, SCREEN, Workload};

/// What is recorded here.
pub(crate) const RECORDED: Format = Format { width: SCREEN.0, height: SCREEN.1, fps: 30 };

/// Of all frames of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    /// Pixels.
    pub(crate) width: u16,
    /// Pixels.
    pub(crate) height: u16,
    /// Frames a second.
    pub(crate) fps: u32,
}

impl Format {
    /// Bytes of a row.
    pub(crate) fn stride(self) -> usize {
        usize::from(self.width) * 4
    }

    /// Bytes of a frame: blue, green, red, nothing.
    pub(crate) fn frame(self) -> usize {
        self.stride() * usize::from(self.height)
    }

    /// As programs want it: 1920x1080.
    pub(crate) fn size(self) -> String {
        format!("{}x{}", self.width, self.height)
    }

    /// Of a line that ffprobe prints: width,height,frames/seconds.
    fn of_line(line: &str) -> Result<Self> {
        let fields: Vec<&str> = line.trim().split([',', '/']).collect();
        let [width, height, frames, seconds] = fields[..] else { bail!("no width, height and rate: {line:?}") };
        let (frames, seconds): (u32, u32) = (frames.parse()?, seconds.parse()?);
        ensure!(seconds > 0 && frames % seconds == 0 && frames > 0, "no whole frames a second: {frames}/{seconds}");
        Ok(Self { width: width.parse()?, height: height.parse()?, fps: frames / seconds })
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}×{}, {} frames a second", self.width, self.height, self.fps)
    }
}

pub(crate) struct Recording {
    path: PathBuf,
    pub(crate) format: Format,
}

impl Recording {
    /// All that lie in a folder (`*.mkv`, one video each), by their names without the ending.
    pub(crate) fn all_in(folder: &Path) -> Result<Vec<(String, Self)>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
            paths.push(entry?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "mkv"));
        ensure!(!paths.is_empty(), "{} has no recording (*.mkv)", folder.display());
        paths.sort();
        paths.into_iter().map(|path| Ok((stem(&path), Self::of_file(path)?))).collect()
    }

    fn of_file(path: PathBuf) -> Result<Self> {
        let show = ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=width,height,r_frame_rate"];
        let line = output("ffprobe", show.into_iter().chain(["-of", "csv=p=0", &path.to_string_lossy()]))?;
        let format = Format::of_line(&line).with_context(|| format!("{}", path.display()))?;
        Ok(Self { path, format })
    }

    /// Plays the workload on a desk of its own and records it, for so many seconds and a moment of rest.
    pub(crate) fn make(workload: Workload, content: &Content, folder: &Path, seconds: u64) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.mkv", workload.name()));
        // A disk would not take a quarter of a gigabyte a second.
        let raw = tempfile::Builder::new().suffix(".raw").tempfile_in("/dev/shm")?.into_temp_path();
        let (size, fps) = (RECORDED.size(), RECORDED.fps);
        let raw_format = ["-f", "rawvideo", "-pix_fmt", "bgr0"];
        {
            let desk = workloads::desk(content);
            let mut scene = workload.open(&desk, content)?;
            let frames = (u64::from(fps) * seconds + u64::from(fps) / 2).to_string();
            let mut grab = Command::new("ffmpeg");
            grab.args(["-y", "-v", "error", "-nostdin", "-f", "x11grab", "-draw_mouse", "0"]);
            grab.args(["-framerate", &fps.to_string(), "-video_size", &size, "-i", &desk.display()]);
            grab.args(["-frames:v", &frames]).args(raw_format).arg(raw.as_os_str());
            let mut grab = desk.spawn(&mut grab);
            until(PATIENCE, "the first frame", || fs::metadata(&raw).ok().filter(|file| file.len() > 0));
            scene.play(Duration::from_secs(seconds))?;
            let ended = grab.ended(PATIENCE * 3).context("the recording does not end")?;
            ensure!(ended.success(), "ffmpeg failed:\n{}", grab.log());
        }
        // Without loss, and small enough to be kept.
        let (from, to) = (raw.to_string_lossy(), path.to_string_lossy());
        let input = ["-s", &size, "-r", &fps.to_string(), "-i", &from].map(str::to_owned);
        let arguments = ["-y", "-v", "error", "-nostdin"].into_iter().chain(raw_format);
        let arguments = arguments.chain(input.iter().map(String::as_str));
        let codec = ["-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast", "-g", "300", &to];
        run("ffmpeg", arguments.chain(codec))?;
        Ok(Self { path, format: RECORDED })
    }

    /// The frames from the first one on.
    pub(crate) fn frames(&self) -> Result<Frames> {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error", "-nostdin", "-i"]).arg(&self.path);
        Frames::of(command.args(["-f", "rawvideo", "-pix_fmt", "bgra", "-"]))
    }

    /// Calls `see` with the number and the pixels of the first frame, and of each that differs from the one before,
    /// which comes along.
    pub(crate) fn each_change(&self, mut see: impl FnMut(u32, &[u8], &[u8]) -> Result<()>) -> Result<()> {
        let mut frames = self.frames()?;
        let (mut frame, mut last) = (vec![0; self.format.frame()], vec![0; self.format.frame()]);
        let mut number = 0;
        while frames.next_into(&mut frame)? {
            if number == 0 || frame != last {
                see(number, &frame, &last)?;
                std::mem::swap(&mut frame, &mut last);
            }
            number += 1;
        }
        Ok(())
    }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Raw frames that a program prints.
pub(crate) struct Frames {
    program: Child,
    output: ChildStdout,
}

impl Frames {
    pub(crate) fn of(command: &mut Command) -> Result<Self> {
        let mut program = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("starting ffmpeg")?;
        let output = program.stdout.take().context("standard output is a pipe")?;
        Ok(Self { program, output })
    }

    /// Fills `frame`; false when there are no more.
    pub(crate) fn next_into(&mut self, frame: &mut [u8]) -> Result<bool> {
        match self.output.read_exact(frame) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                ensure!(self.program.wait()?.success(), "ffmpeg failed");
                Ok(false)
            }
            Err(error) => Err(error).context("reading frames"),
        }
    }

    /// What the program prints, for another one that reads it.
    pub(crate) fn into_output(self) -> (Child, ChildStdout) {
        (self.program, self.output)
    }
}
