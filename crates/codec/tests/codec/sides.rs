//! Both sides, and what is between them.

use lotse_codec::{Budget, Decoder, Encoded, Encoder, Frame, Framebuffer, Pending, Rect, Region};
use proptest::test_runner::{Config as ProptestConfig, RngSeed};

/// So many cases, the same ones every time. `./dev fuzz` wants others: as many as `PROPTEST_CASES` says, drawn anew.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    if std::env::var_os("PROPTEST_CASES").is_some() {
        return ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    }
    ProptestConfig { cases, failure_persistence: None, rng_seed: RngSeed::Fixed(2), ..ProptestConfig::default() }
}

/// An owned picture with whatever stride.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) stride: usize,
    pub(crate) data: Vec<u8>,
}

impl Picture {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        let stride = width as usize * 4;
        Self { width, height, stride, data: vec![0; stride * height as usize] }
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        Frame::new(&self.data, self.width, self.height, self.stride).expect("the picture is sound")
    }

    pub(crate) fn whole(&self) -> Region {
        Region::from(Rect::new(0, 0, self.width, self.height))
    }

    /// Sets a pixel, if it is inside.
    pub(crate) fn set(&mut self, x: u32, y: u32, bgr: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = y as usize * self.stride + x as usize * 4;
            self.data[at..at + 3].copy_from_slice(&bgr);
        }
    }

    /// Blue, green, red.
    pub(crate) fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = y as usize * self.stride + x as usize * 4;
        [self.data[at], self.data[at + 1], self.data[at + 2]]
    }

    pub(crate) fn fill(&mut self, rect: Rect, bgr: [u8; 3]) {
        for y in rect.y..rect.bottom().min(self.height) {
            for x in rect.x..rect.right().min(self.width) {
                self.set(x, y, bgr);
            }
        }
    }

    /// What is at `from` comes into the rectangle, as far as both are inside.
    pub(crate) fn copy(&mut self, rect: Rect, from: (u32, u32)) {
        let before = self.clone();
        for (y, x) in (0..rect.height).flat_map(|y| (0..rect.width).map(move |x| (y, x))) {
            if from.0 + x < self.width && from.1 + y < self.height {
                self.set(rect.x + x, rect.y + y, before.pixel(from.0 + x, from.1 + y));
            }
        }
    }

    /// This part of another picture comes to the corner.
    pub(crate) fn paste(&mut self, corner: (u32, u32), other: &Self, part: Rect) {
        for (y, x) in (0..part.height).flat_map(|y| (0..part.width).map(move |x| (y, x))) {
            self.set(corner.0 + x, corner.1 + y, other.pixel(part.x + x, part.y + y));
        }
    }

    /// The pixels as a decoder must show them: no gaps, X = 255.
    pub(crate) fn shown(&self) -> Vec<u8> {
        let rows = self.data.chunks(self.stride).take(self.height as usize);
        let pixels = rows.flat_map(|row| row[..self.width as usize * 4].chunks_exact(4));
        pixels.flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 0xff]).collect()
    }
}

/// An encoder and a decoder.
pub(crate) struct Sides {
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
    pub(crate) framebuffer: Framebuffer,
    pub(crate) update: Vec<u8>,
}

impl Sides {
    pub(crate) fn new(width: u32, height: u32) -> Self {
        Self {
            encoder: Encoder::new(width, height).expect("the size is in bounds"),
            decoder: Decoder::new(),
            framebuffer: Framebuffer::new(),
            update: Vec::new(),
        }
    }

    /// One update, applied: what the encoder said about it, and what the decoder changed.
    pub(crate) fn step(&mut self, picture: &Picture, damage: &Region, budget: Budget) -> (Encoded, Region) {
        self.update.clear();
        let encoded = self.encoder.encode(picture.frame(), damage, budget, &mut self.update).expect("it encodes");
        assert_eq!(encoded.bytes, self.update.len());
        let changed = self.decoder.apply(&self.update, &mut self.framebuffer).expect("our own update is sound");
        (encoded, changed)
    }

    /// Updates until nothing is pending; bytes of all.
    pub(crate) fn settle(&mut self, picture: &Picture, damage: &Region, budget: Budget) -> usize {
        let (encoded, _) = self.step(picture, damage, budget);
        let mut bytes = encoded.bytes;
        let mut pending = encoded.pending;
        while pending != Pending::Nothing {
            let (encoded, _) = self.step(picture, &Region::new(), budget);
            assert_ne!(encoded.bytes, 0, "an update that leaves something pending makes progress");
            bytes += encoded.bytes;
            pending = encoded.pending;
        }
        bytes
    }

    #[track_caller]
    pub(crate) fn assert_shows(&self, picture: &Picture) {
        assert_eq!((self.framebuffer.width(), self.framebuffer.height()), (picture.width, picture.height));
        let (ours, theirs) = (self.framebuffer.pixels(), picture.shown());
        if let Some(at) = ours.iter().zip(&theirs).position(|(a, b)| a != b) {
            let (x, y) = (at / 4 % picture.width as usize, at / 4 / picture.width as usize);
            panic!("pixel {x},{y} differs: {:?} instead of {:?}", &ours[at / 4 * 4..][..4], &theirs[at / 4 * 4..][..4]);
        }
    }
}
