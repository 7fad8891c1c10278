//! Any picture, moves, damage and budget: the decoder takes every update, and at rest every pixel is exact.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lotse_codec::{Budget, Decoder, Encoder, Frame, Framebuffer, Pending, Rect, Region};

fuzz_target!(|input: &[u8]| {
    let mut input = input.iter().copied();
    let mut byte = || input.next();
    let (Some(width), Some(height)) = (byte(), byte()) else { return };
    let (width, height) = (u32::from(width) + 1, u32::from(height) + 1);
    let stride = width as usize * 4;
    let mut pixels = vec![0; stride * height as usize];
    let mut encoder = Encoder::new(width, height).expect("in bounds");
    let (mut decoder, mut framebuffer) = (Decoder::new(), Framebuffer::new());
    let mut update = Vec::new();

    // Each round draws one rectangle, plain, of few colours, or noise, or moves all of it; and sends one update.
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
                2 => noise % (seed + 200) * 0x01_0307,
                _ => noise,
            };
            let at = y as usize * stride + x as usize * 4;
            pixels[at..at + 4].copy_from_slice(&colour.to_le_bytes());
        }
        if how & 4 != 0 {
            encoder.keyframe();
        }
        let budget = if how & 8 == 0 { Budget::unlimited() } else { Budget::bytes(usize::from(how) * 100) };
        let frame = Frame::new(&pixels, width, height, stride).expect("sound");
        update.clear();
        encoder.encode(frame, &damage, budget, &mut update).expect("it encodes");
        decoder.apply(&update, &mut framebuffer).expect("our own update is sound");
    }

    let frame = Frame::new(&pixels, width, height, stride).expect("sound");
    while encoder.pending() == Pending::More {
        update.clear();
        encoder.encode(frame, &Region::new(), Budget::bytes(50_000), &mut update).expect("it encodes");
        decoder.apply(&update, &mut framebuffer).expect("our own update is sound");
    }
    for (shown, source) in framebuffer.pixels().chunks_exact(4).zip(pixels.chunks_exact(4)) {
        assert_eq!((&shown[..3], shown[3]), (&source[..3], 255));
    }
});
