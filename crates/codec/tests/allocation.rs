//! In the steady state neither side allocates.

use std::time::Duration;

use lotse_codec::{Budget, Decoder, Encoder, Frame, Framebuffer, Loss, Operations, Rect, Region};

const WIDTH: u32 = 400;
const HEIGHT: u32 = 300;

/// Between two pictures, and until what has moved is forgotten.
const PICTURE: Duration = Duration::from_millis(33);
const LONG: Duration = Duration::from_secs(1);

/// Draws something of every kind of operation, somewhat different each time.
fn draw(pixels: &mut [u8], seed: u32) {
    for (at, pixel) in (0u32..).zip(pixels.chunks_exact_mut(4)) {
        let (x, y) = (at % WIDTH, at / WIDTH);
        let noise = (at ^ seed).wrapping_mul(0x9e37_79b1).to_be_bytes();
        // A line of letters.
        let ink = (284..296).contains(&y) && x % 6 < 4;
        let [blue, green, red] = match x / 130 {
            _ if ink => [noise[0], 0, noise[1]],
            _ if y > 275 => [255, 255, 255],
            // What is drawn, in many colours.
            _ if y < 40 => ((at / 8) ^ seed).wrapping_mul(0x9e37_79b1).to_be_bytes()[..3].try_into().expect("three"),
            0 => [seed.to_le_bytes()[0], 20, 30],
            1 => [noise[0] & 7, 0, (y / 9).to_le_bytes()[0]],
            _ => [noise[0], noise[1], noise[2]],
        };
        pixel.copy_from_slice(&[blue, green, red, 0]);
    }
}

/// Nothing but noise, at the right.
fn draw_noise(pixels: &mut [u8], seed: u32) {
    for (at, pixel) in (0u32..).zip(pixels.chunks_exact_mut(4)) {
        if at % WIDTH > 270 && (60..270).contains(&(at / WIDTH)) {
            let mixed = (at.wrapping_mul(0x85eb_ca6b) ^ seed.wrapping_mul(0xc2b2_ae35)).wrapping_mul(0x9e37_79b1);
            pixel.copy_from_slice(&(mixed ^ mixed >> 15).to_be_bytes());
        }
    }
}

#[test]
fn neither_side_allocates_once_it_has_seen_a_few_updates() {
    let mut encoder = Encoder::new(WIDTH, HEIGHT).expect("in bounds");
    let mut decoder = Decoder::new();
    let mut framebuffer = Framebuffer::new();
    let mut pixels = vec![0; WIDTH as usize * HEIGHT as usize * 4];
    let mut update = Vec::with_capacity(pixels.len());
    let damage: Region = [Rect::new(0, 0, WIDTH, 100), Rect::new(50, 90, 300, 210)].into_iter().collect();
    let mut other = pixels.clone();
    let mut now = Duration::ZERO;
    let mut all = Operations::default();
    let mut play = |seed: u32| {
        draw(&mut pixels, seed);
        if seed % 10 == 5 {
            encoder.keyframe();
        }
        let mut send = |pixels: &[u8], pause: Duration, budget: Budget| {
            update.clear();
            now += pause;
            let frame = Frame::new(pixels, WIDTH, HEIGHT, WIDTH as usize * 4).expect("sound");
            let encoded = encoder.encode(frame, &damage, budget.at(now), &mut update).expect("it encodes");
            all += encoded.operations;
            decoder.apply(&update, &mut framebuffer).expect("it decodes");
        };
        // Photographs are packed densely, and then quickly.
        send(&pixels, PICTURE, Budget::bytes(17_000).with(Loss::Never));
        send(&pixels, PICTURE, Budget::unlimited().with(Loss::Never));
        // What looks like a photograph changes once more, and there is little room for it beside what is at its edges.
        other.copy_from_slice(&pixels);
        draw_noise(&mut other, !seed);
        send(&other, LONG, Budget::bytes(4_000));
        send(&other, PICTURE, Budget::bytes(4_000));
        send(&other, LONG, Budget::unlimited().with(Loss::Never));
        // It moves, and comes back.
        other.copy_from_slice(&pixels);
        other.rotate_left(WIDTH as usize * 4 * 7);
        send(&other, PICTURE, Budget::unlimited().with(Loss::Never));
        send(&pixels, PICTURE, Budget::unlimited().with(Loss::Never));
        // zstd allocates in C, where no counter of ours sees it.
        (encoder.compressor_memory(), decoder.decompressor_memory())
    };

    let zstd = (0..10).map(&mut play).last();
    let counted = allocation_counter::measure(|| {
        for seed in 10..40 {
            assert_eq!(Some(play(seed)), zstd);
        }
    });
    assert_eq!(counted.count_total, 0, "{} bytes in {} allocations", counted.bytes_total, counted.count_total);
    assert!(all.by_kind().iter().all(|(_, count)| *count > 20), "there was to be some of every kind: {all:?}");
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0; 1000])));
    assert_eq!(counted.count_total, 1);
}
