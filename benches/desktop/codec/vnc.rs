//! TigerVNC's encodings of the same frames: each is put on the display of an Xvnc, in rectangles as systems report damage,
//! and a client that reads only lengths asks for what has changed.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::link::Update;
use super::recording::{Format, Recording};
use super::{Measured, Quality};
use crate::desk::process::Program;
use crate::desk::{PATIENCE, until};
use crate::machine::processor_seconds;
use crate::screen::Screen;

/// Side of the squares in which changes are found, pixels: about as coarse as systems report damage.
const DAMAGE: usize = 16;

/// An encoding by its number (RFC 6143, section 7.7).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Tight = 7,
    Zrle = 16,
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Tight => "VNC Tight",
            Self::Zrle => "VNC ZRLE",
        }
    }
}

/// What else the client says that it can, as TigerVNC's viewer does: pseudo-encodings and the compression that it asks
/// for. Without a level of JPEG quality, Tight is lossless.
const COPY_RECT: i32 = 1;
const LAST_RECT: i32 = -224;
const CURSOR: i32 = -239;
const COMPRESSION_2: i32 = -254;

/// All frames with a client; the processor time is that of the server, which includes putting the frames: what of it that
/// is, `without_a_client` tells.
pub(crate) fn measure(recording: &Recording, encoding: Encoding) -> Result<Measured> {
    let server = Server::start(recording.format)?;
    let screen = Screen::of(&server.display)?;
    let (mut client, mut updates, mut begun) = (None, Vec::new(), 0.0);
    recording.each_change(|number, frame, last| {
        let changed = put(&screen, recording.format, frame, (number > 0).then_some(last))?;
        let answer = match &mut client {
            // After the first frame, which is then no change that has yet to be told.
            None => client.insert(Client::connect(&server, encoding)?).update(Part::Everything),
            Some(client) => client.update(Part::Changed),
        };
        let answer = answer.with_context(|| format!("frame {number}, of which {changed} pixels have changed"))?;
        ensure!(answer.pixels >= changed, "frame {number}: {} pixels for {changed} that changed", answer.pixels);
        updates.push(Update { frame: number, bytes: answer.bytes, encode_ms: 0.0 });
        if number == 0 {
            begun = processor_seconds(server.program.pid());
        }
        Ok(())
    })?;
    let used = processor_seconds(server.program.pid()) - begun;
    let encode_ms = used * 1000.0 / (updates.len() - 1).max(1) as f64;
    for update in &mut updates {
        update.encode_ms = encode_ms;
    }
    let mut measured = Measured::of_updates(encoding.name(), &updates, recording.format.fps, Quality::Exact);
    // The whole of the server is timed, not pictures.
    measured.encode.p99_ms = None;
    Ok(measured)
}

/// Processor ms of the server for putting a frame on its display, with nobody who watches.
pub(crate) fn without_a_client(recording: &Recording) -> Result<f64> {
    let server = Server::start(recording.format)?;
    let screen = Screen::of(&server.display)?;
    let (mut begun, mut frames) = (0.0, 0_u32);
    recording.each_change(|number, frame, last| {
        put(&screen, recording.format, frame, (number > 0).then_some(last))?;
        if number == 0 {
            begun = processor_seconds(server.program.pid());
        } else {
            frames += 1;
        }
        Ok(())
    })?;
    Ok((processor_seconds(server.program.pid()) - begun) * 1000.0 / f64::from(frames.max(1)))
}

/// Puts what differs from `last` on the display, or everything; how many pixels differ.
fn put(screen: &Screen, format: Format, frame: &[u8], last: Option<&[u8]>) -> Result<usize> {
    let stride = format.stride();
    let Some(last) = last else {
        screen.put(frame, (0, format.width), (0, format.height))?;
        screen.finish()?;
        return Ok(1);
    };
    let mut changed = 0;
    for (top, rows) in (0..format.frame()).step_by(stride * DAMAGE).enumerate() {
        let rows = rows..format.frame().min(rows + stride * DAMAGE);
        if frame[rows.clone()] == last[rows.clone()] {
            continue;
        }
        let mut squares = vec![false; stride.div_ceil(DAMAGE * 4)];
        for (new, old) in frame[rows.clone()].chunks_exact(stride).zip(last[rows.clone()].chunks_exact(stride)) {
            for (square, (new, old)) in new.chunks(DAMAGE * 4).zip(old.chunks(DAMAGE * 4)).enumerate() {
                let differ = new.chunks_exact(4).zip(old.chunks_exact(4)).filter(|(new, old)| new != old).count();
                squares[square] |= differ > 0;
                changed += differ;
            }
        }
        let (top, bottom) = (top * DAMAGE, rows.end / stride);
        let mut square = 0;
        while let Some(start) = (square..squares.len()).find(|square| squares[*square]) {
            square = (start..squares.len()).find(|square| !squares[*square]).unwrap_or(squares.len());
            let across = (u16::try_from(start * DAMAGE)?, u16::try_from((square * DAMAGE).min(stride / 4))?);
            screen.put(frame, across, (u16::try_from(top)?, u16::try_from(bottom)?))?;
        }
    }
    screen.finish()?;
    Ok(changed)
}

struct Server {
    program: Program,
    display: String,
    port: u16,
    format: Format,
    // After the program, which has its log in it.
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(format: Format) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut command = Command::new("Xtigervnc");
        command.args(["-geometry", &format.size(), "-depth", "24", "-SecurityTypes", "None"]);
        command.args(["-rfbport", &port.to_string(), "-localhost", "-displayfd", "1", "-noreset", "-nolisten", "tcp"]);
        let mut program = Program::spawn(command.stdout(Stdio::piped()), folder.path());
        let mut line = String::new();
        BufReader::new(program.take_stdout().context("a pipe")?).read_line(&mut line)?;
        let display = format!(":{}", line.trim().parse::<u32>().with_context(|| program.log())?);
        Ok(Self { program, display, port, format, _folder: folder })
    }
}

/// RFB 3.8 (RFC 6143), as far as lengths go.
struct Client {
    stream: BufReader<Counted>,
    format: Format,
    encoding: Encoding,
}

struct Counted {
    stream: TcpStream,
    bytes: usize,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.bytes += read;
        Ok(read)
    }
}

/// What the client asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Everything,
    Changed,
}

#[derive(Default)]
struct Answer {
    bytes: usize,
    /// Of all rectangles.
    pixels: usize,
}

impl Client {
    fn connect(server: &Server, encoding: Encoding) -> Result<Self> {
        let stream = until(PATIENCE, "the server", || TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).ok());
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        let stream = BufReader::new(Counted { stream, bytes: 0 });
        let mut client = Self { stream, format: server.format, encoding };
        client.skip(12)?;
        client.send(b"RFB 003.008\n")?;
        let types = client.byte()?;
        client.skip(types.into())?;
        // None.
        client.send(&[1])?;
        ensure!(client.number()? == 0, "the server refuses");
        // Shared.
        client.send(&[1])?;
        // Size and pixel format, and the name.
        client.skip(20)?;
        let name = client.number()?;
        client.skip(usize::try_from(name)?)?;
        // 32 bits for 24 of colour, little-endian, true colour, blue first.
        client.send(&[0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0])?;
        let encodings = [encoding as i32, COPY_RECT, LAST_RECT, CURSOR, COMPRESSION_2];
        let mut message = vec![2, 0, 0, u8::try_from(encodings.len())?];
        message.extend(encodings.iter().flat_map(|number| number.to_be_bytes()));
        client.send(&message)?;
        Ok(client)
    }

    /// Asks for what has changed, or for everything, and reads the answer.
    fn update(&mut self, part: Part) -> Result<Answer> {
        let before = self.stream.get_ref().bytes - self.stream.buffer().len();
        let mut request = vec![3, u8::from(part == Part::Changed), 0, 0, 0, 0];
        request.extend([self.format.width.to_be_bytes(), self.format.height.to_be_bytes()].concat());
        self.send(&request)?;
        let mut answer = Answer::default();
        while answer.pixels == 0 {
            match self.byte()? {
                0 => {
                    answer.pixels += self.rectangles()?;
                    // The pointer's looks alone.
                    if answer.pixels == 0 {
                        self.send(&request)?;
                    }
                }
                // A bell.
                2 => {}
                // Text that was copied.
                3 => {
                    self.skip(3)?;
                    let length = self.number()?;
                    self.skip(usize::try_from(length)?)?;
                }
                other => bail!("a message {other} of the server"),
            }
        }
        answer.bytes = self.stream.get_ref().bytes - self.stream.buffer().len() - before;
        Ok(answer)
    }

    /// The rectangles of an update; their pixels.
    fn rectangles(&mut self) -> Result<usize> {
        self.skip(1)?;
        let (mut pixels, count) = (0, self.short()?);
        for _ in 0..count {
            let (_x, _y, width, height) = (self.short()?, self.short()?, self.short()?, self.short()?);
            let (width, height) = (usize::from(width), usize::from(height));
            let encoding = self.number()?.cast_signed();
            match encoding {
                0 => self.skip(width * height * 4)?,
                COPY_RECT => self.skip(4)?,
                LAST_RECT => break,
                // Pixels and a mask.
                CURSOR => {
                    self.skip(width * height * 4 + width.div_ceil(8) * height)?;
                    continue;
                }
                _ if encoding == Encoding::Tight as i32 => self.tight(width, height)?,
                _ if encoding == Encoding::Zrle as i32 => {
                    let length = self.number()?;
                    self.skip(usize::try_from(length)?)?;
                }
                other => bail!("an encoding {other} that was not asked for, with {}", self.encoding.name()),
            }
            pixels += width * height;
        }
        Ok(pixels)
    }

    /// One rectangle of Tight (RFC 6143 leaves it to the RFB protocol's community version, section 7.7.6).
    fn tight(&mut self, width: usize, height: usize) -> Result<()> {
        let control = self.byte()? >> 4;
        let length = match control {
            8 => return self.skip(3),
            9 => bail!("JPEG, though no quality was asked for"),
            _ if control & 4 == 0 => width * height * 3,
            _ => match self.byte()? {
                // A palette: one bit a pixel for two colours, otherwise a byte.
                1 => {
                    let colours = usize::from(self.byte()?) + 1;
                    self.skip(colours * 3)?;
                    if colours == 2 { width.div_ceil(8) * height } else { width * height }
                }
                _ => width * height * 3,
            },
        };
        // Not worth compressing.
        if length < 12 {
            return self.skip(length);
        }
        let compressed = self.compact()?;
        self.skip(compressed)
    }

    /// One to three bytes, seven bits in each, the lowest first.
    fn compact(&mut self) -> Result<usize> {
        let mut length = 0;
        for shift in [0, 7, 14] {
            let byte = self.byte()?;
            length |= usize::from(if shift == 14 { byte } else { byte & 127 }) << shift;
            if byte & 128 == 0 {
                break;
            }
        }
        Ok(length)
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.get_mut().stream.write_all(bytes).context("the server is gone")
    }

    fn skip(&mut self, length: usize) -> Result<()> {
        let skipped = std::io::copy(&mut self.stream.by_ref().take(u64::try_from(length)?), &mut std::io::sink())?;
        ensure!(usize::try_from(skipped)? == length, "the server has closed the connection");
        Ok(())
    }

    fn byte(&mut self) -> Result<u8> {
        let mut byte = [0];
        self.stream.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    fn short(&mut self) -> Result<u16> {
        let mut bytes = [0; 2];
        self.stream.read_exact(&mut bytes)?;
        Ok(u16::from_be_bytes(bytes))
    }

    fn number(&mut self) -> Result<u32> {
        let mut bytes = [0; 4];
        self.stream.read_exact(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }
}
