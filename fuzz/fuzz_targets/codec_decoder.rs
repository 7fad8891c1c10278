//! Any bytes as updates into a decoder: an error or a picture of the right size, never a panic, bounded memory.
//!
//! Half of the runs wrap the input as operations in a sound keyframe, with planes of pixels beside them, since chance
//! rarely writes a zstd frame.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lotse_codec::{Decoder, Framebuffer};

/// Small, so that a run is short.
const MAX_PIXELS: u32 = 256 * 256;

fuzz_target!(|input: &[u8]| {
    let Some((&mode, rest)) = input.split_first() else { return };
    let mut decoder = Decoder::with_max_pixels(MAX_PIXELS);
    let mut framebuffer = Framebuffer::new();
    if mode & 1 == 0 {
        // Each update with its length before it, as on a stream.
        let mut rest = rest;
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_le_bytes(*length)).min(after.len());
            let (update, after) = after.split_at(length);
            apply(&mut decoder, update, &mut framebuffer);
            rest = after;
        }
    } else {
        // The other bits say how much of it, from the end, are planes: from nothing to nearly all.
        for bytes in rest.chunks(60_000) {
            let (operations, planes) = bytes.split_at(bytes.len() - bytes.len() * usize::from(mode >> 1) / 128);
            apply(&mut decoder, &keyframe(operations, planes), &mut framebuffer);
        }
    }
});

fn apply(decoder: &mut Decoder, update: &[u8], framebuffer: &mut Framebuffer) {
    if let Ok(changed) = decoder.apply(update, framebuffer) {
        for rect in changed.rects() {
            assert!(rect.right() <= framebuffer.width() && rect.bottom() <= framebuffer.height());
        }
    }
    assert_eq!(framebuffer.pixels().len(), framebuffer.stride() * framebuffer.height() as usize);
    assert!(framebuffer.width() * framebuffer.height() <= MAX_PIXELS);
    assert!(decoder.decompressor_memory() <= 10 << 20);
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
        update.extend([4].into_iter().chain(number(planes.len())).chain(number(planes.len())).chain(planes.iter().copied()));
    }
    update.extend(chunk(0, operations, true));
    update
}

/// A chunk of a stream, uncompressed, which begins a zstd frame or goes on with it (RFC 8878, 3.1.1).
fn chunk(stream: u8, raw: &[u8], begins: bool) -> Vec<u8> {
    // Magic, no content size, a window of 64 KiB, then a raw block that is not the last.
    let head: &[u8] = if begins { &[0x28, 0xb5, 0x2f, 0xfd, 0x00, 6 << 3] } else { &[] };
    let block = (raw.len() as u32) << 3;
    let packed = [head, &block.to_le_bytes()[..3], raw].concat();
    [stream].into_iter().chain(number(raw.len())).chain(number(packed.len())).chain(packed).collect()
}

fn number(number: usize) -> impl Iterator<Item = u8> {
    (0..4u8).map(move |at| (number >> (7 * at)) as u8 & 0x7f | if at < 3 { 0x80 } else { 0 })
}
