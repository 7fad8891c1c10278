//! What is done with the bytes of a fuzzer; `fuzz/` explores it, and `corpus.rs` repeats what it has found.

use std::time::Duration;

use lotse_codec::{
    Budget, Decoder, Effort, Encoded, Encoder, Frame, Framebuffer, LARGEST_TILE, Loss, Pending, Rect, Region,
};

/// Small, so that a run is short.
const MAX_PIXELS: u32 = 256 * 256;

/// Any bytes as updates into a decoder: an error or a picture of the right size, never a panic, bounded memory.
///
/// Half of the runs wrap the input as operations in a sound keyframe, with planes of pixels beside them, since chance
/// rarely writes a zstd frame; and some make one session of it, update by update, as an encoder would.
pub(crate) fn decoder(input: &[u8]) -> Outcome {
    let mut viewer = Viewer {
        decoder: Decoder::with_max_pixels(MAX_PIXELS),
        framebuffer: Framebuffer::new(),
        outcome: Outcome::default(),
    };
    let Some((&mode, rest)) = input.split_first() else { return viewer.outcome };
    if mode == OPENED {
        opened(&mut viewer, rest);
    } else if mode & 1 == 0 {
        // Each update with its length before it, as on a stream.
        let mut rest = rest;
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
            let (update, after) = after.split_at(length);
            viewer.apply(update);
            rest = after;
        }
    } else {
        // The other bits say how much of it, from the end, are planes: from nothing to nearly all.
        for bytes in rest.chunks(60_000) {
            let (operations, planes) = bytes.split_at(bytes.len() - bytes.len() * usize::from(mode >> 1) / 128);
            viewer.apply(&keyframe(operations, planes));
        }
    }
    viewer.outcome
}

/// How an input begins that is a session without its compression.
const OPENED: u8 = 2;

/// Records of a kind, a length and so many bytes: those of a stream by its number, the beginning of an update, or of a
/// keyframe of this size. All chunks of a context are one frame of zstd, as an encoder makes it.
fn opened(viewer: &mut Viewer, mut records: &[u8]) {
    let mut update = Vec::new();
    let mut begun = [false; 2];
    while let Some((&[kind, low, high], rest)) = records.split_first_chunk::<3>() {
        let length = usize::from(u16::from_le_bytes([low, high])).min(rest.len());
        let (bytes, rest) = rest.split_at(length);
        records = rest;
        match kind & 7 {
            stream @ 0..4 => {
                let begins = !std::mem::replace(&mut begun[usize::from(stream > 0)], true);
                update.extend(chunk(stream, bytes, begins));
            }
            4 => {
                update.extend([4].into_iter().chain(number(length)).chain(number(length)).chain(bytes.iter().copied()));
            }
            5 => {
                viewer.apply(&update);
                update = vec![0];
            }
            _ => {
                viewer.apply(&update);
                let side = |at: usize| usize::from(bytes.get(at).copied().unwrap_or(99)) + usize::from(kind & 1);
                update = [1].into_iter().chain(number(side(0))).chain(number(side(1))).collect();
                begun = [false; 2];
            }
        }
    }
    viewer.apply(&update);
}

/// What became of the updates of an input.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) taken: usize,
    pub(crate) refused: usize,
}

struct Viewer {
    decoder: Decoder,
    framebuffer: Framebuffer,
    outcome: Outcome,
}

impl Viewer {
    fn apply(&mut self, update: &[u8]) {
        let framebuffer = &mut self.framebuffer;
        match self.decoder.apply(update, framebuffer) {
            Ok(changed) => {
                self.outcome.taken += 1;
                for rect in changed.rects() {
                    assert!(rect.right() <= framebuffer.width() && rect.bottom() <= framebuffer.height());
                }
            }
            Err(error) => {
                println!("{} bytes: {error}", update.len());
                self.outcome.refused += 1;
            }
        }
        assert_eq!(framebuffer.pixels().len(), framebuffer.stride() * framebuffer.height() as usize);
        assert!(framebuffer.width() * framebuffer.height() <= MAX_PIXELS);
        assert!(self.decoder.decompressor_memory() <= 10 << 20);
    }
}

/// A keyframe of 200×150 pixels with these operations and equally many bytes of each plane.
fn keyframe(operations: &[u8], planes: &[u8]) -> Vec<u8> {
    let mut update = vec![1];
    update.extend([200, 150].into_iter().flat_map(number));
    for (stream, plane) in (1..4).zip(planes.chunks_exact((planes.len() / 3).max(1))) {
        // One frame goes on in the next chunk.
        update.extend(chunk(stream, plane, stream == 1));
    }
    // The same as coded bits, uncompressed.
    if !planes.is_empty() {
        let length = || number(planes.len());
        update.extend([4].into_iter().chain(length()).chain(length()).chain(planes.iter().copied()));
    }
    update.extend(chunk(0, operations, true));
    update
}

/// A chunk of a stream, uncompressed, which begins a zstd frame or goes on with it (RFC 8878, 3.1.1).
fn chunk(stream: u8, raw: &[u8], begins: bool) -> Vec<u8> {
    // Magic, no content size, a window of 64 KiB, then a raw block that is not the last.
    let head: &[u8] = if begins { &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 6 << 3] } else { &[] };
    let block = raw.len() << 3;
    let packed = [head, &block.to_le_bytes()[..3], raw].concat();
    [stream].into_iter().chain(number(raw.len())).chain(number(packed.len())).chain(packed).collect()
}

fn number(number: usize) -> impl Iterator<Item = u8> {
    (0..4u8).map(move |at| (number >> (7 * at)).to_le_bytes()[0] & 0x7f | if at < 3 { 0x80 } else { 0 })
}

/// Any picture, moves, film, damage, budget and time: the decoder takes every update, and at rest every pixel is exact,
/// soon.
pub(crate) fn roundtrip(input: &[u8]) {
    let mut input = input.iter().copied();
    let mut byte = || input.next();
    let (Some(width), Some(height)) = (byte(), byte()) else { return };
    let (width, height) = (u32::from(width) + 1, u32::from(height) + 1);
    let stride = width as usize * 4;
    let mut pixels = vec![0; stride * height as usize];
    let mut sides = Sides::new(width, height);
    let mut now = Duration::ZERO;

    // Each round draws one rectangle, plain, of few colours, noise, or a photograph, or moves all of it; and sends one
    // update.
    while let (Some(x), Some(y), Some(w), Some(h), Some(how)) = (byte(), byte(), byte(), byte(), byte()) {
        let rect = Rect::new(x.into(), y.into(), w.into(), h.into());
        let seed = u32::from(byte().unwrap_or(0));
        let inside = rect.clipped(width, height);
        let mut damage = Region::from(rect);
        if how & 16 != 0 {
            // Scrolls in both directions, around the edges.
            pixels.rotate_right((seed as usize * stride + usize::from(x) * 4) % (stride * height as usize));
            damage.add(Rect::new(0, 0, width, height));
        }
        for (y, x) in (inside.y..inside.bottom()).flat_map(|y| (inside.x..inside.right()).map(move |x| (y, x))) {
            let noise = (y * width + x + seed * 7919).wrapping_mul(0x9e37_79b1).rotate_left(9);
            let colour = match how & 3 {
                0 => seed * 0x01_0203,
                1 => noise & 0x0003_0101,
                2 if how & 64 != 0 => slope(x + seed, y, noise),
                2 => noise % (seed + 200) * 0x01_0307,
                _ => noise,
            };
            let at = y as usize * stride + x as usize * 4;
            pixels[at..at + 4].copy_from_slice(&colour.to_le_bytes());
        }
        if how & 4 != 0 {
            sides.encoder.keyframe();
        }
        let budget = if how & 8 == 0 { Budget::unlimited() } else { Budget::bytes(usize::from(how) * 100) };
        let budget = if how & 32 == 0 { budget } else { Budget::bytes(usize::from(seed.to_le_bytes()[0]) * 8) };
        // Pictures of film follow one another, and sometimes there is a pause.
        now += Duration::from_millis(if seed & 1 == 0 { 33 } else { u64::from(seed) * 4 });
        let budget = budget.with(if how & 192 == 128 { Loss::Never } else { Loss::AtFirst });
        let budget = budget.effort(if seed & 2 == 0 { Effort::Full } else { Effort::Quick });
        let budget = if seed & 4 == 0 { budget } else { budget.film(usize::from(x) * 16) };
        let frame = Frame::new(&pixels, width, height, stride).expect("sound");
        let encoded = sides.step(frame, &damage, if how & 192 == 192 { budget } else { budget.at(now) });
        if encoded.pending == Pending::Nothing {
            sides.assert_shows(&pixels);
        }
    }

    let frame = Frame::new(&pixels, width, height, stride).expect("sound");
    // Of every tile three updates may find out that it is large, both when it is rough, finer, and exact.
    let most = 10 * width.div_ceil(64) * height.div_ceil(64) + 20;
    for number in 0.. {
        assert!(number <= most, "it takes forever");
        match sides.encoder.pending() {
            Pending::Nothing => break,
            Pending::Later(at) => now = now.max(at),
            Pending::More => now += Duration::from_millis(33),
        }
        let encoded = sides.step(frame, &Region::new(), Budget::bytes(2_000).at(now));
        assert!(encoded.bytes > 0 || encoded.pending != Pending::More, "it gets on");
    }
    sides.assert_shows(&pixels);
}

/// A photograph that is nowhere the same.
fn slope(x: u32, y: u32, noise: u32) -> u32 {
    let grey = |slope: u32| ((x * slope + y * 2 + (noise & 3)) / 3) & 0xff;
    grey(1) | grey(2) << 8 | grey(3) << 16
}

/// Both sides.
struct Sides {
    encoder: Encoder,
    decoder: Decoder,
    framebuffer: Framebuffer,
    update: Vec<u8>,
}

impl Sides {
    fn new(width: u32, height: u32) -> Self {
        let encoder = Encoder::new(width, height).expect("in bounds");
        Self { encoder, decoder: Decoder::new(), framebuffer: Framebuffer::new(), update: Vec::new() }
    }

    fn step(&mut self, frame: Frame<'_>, damage: &Region, budget: Budget) -> Encoded {
        self.update.clear();
        let encoded = self.encoder.encode(frame, damage, budget, &mut self.update).expect("it encodes");
        assert!(encoded.bytes <= budget.bytes + LARGEST_TILE, "{} bytes of {}", encoded.bytes, budget.bytes);
        self.decoder.apply(&self.update, &mut self.framebuffer).expect("our own update is sound");
        encoded
    }

    fn assert_shows(&self, pixels: &[u8]) {
        for (shown, source) in self.framebuffer.pixels().chunks_exact(4).zip(pixels.chunks_exact(4)) {
            assert_eq!((&shown[..3], shown[3]), (&source[..3], 255));
        }
    }
}
