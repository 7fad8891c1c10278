//! Any bytes as updates into a decoder: an error or a picture of the right size, never a panic, bounded memory.
//!
//! Half of the runs wrap the input as operations in a sound keyframe, since chance rarely writes a zstd frame.
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
        for operations in rest.chunks(60_000) {
            apply(&mut decoder, &keyframe(operations), &mut framebuffer);
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
    assert!(decoder.decompressor_memory() <= 9 << 20);
}

/// A keyframe of 200×150 pixels with these operations, uncompressed in a zstd frame (RFC 8878, 3.1.1).
fn keyframe(operations: &[u8]) -> Vec<u8> {
    let number =
        |number: usize| (0..4u8).map(move |at| (number >> (7 * at)) as u8 & 0x7f | if at < 3 { 0x80 } else { 0 });
    let block = (operations.len() as u32) << 3;
    // Magic, no content size, a window of 64 KiB, then a raw block that is not the last.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 6 << 3];
    frame.extend_from_slice(&block.to_le_bytes()[..3]);
    frame.extend_from_slice(operations);
    let mut update = vec![1];
    for value in [200, 150, operations.len(), frame.len()] {
        update.extend(number(value));
    }
    update.extend(frame);
    update
}
