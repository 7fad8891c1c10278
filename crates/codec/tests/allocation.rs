//! In the steady state neither side allocates.

use lotse_codec::{Budget, Decoder, Encoder, Frame, Framebuffer, Rect, Region};

const WIDTH: u32 = 400;
const HEIGHT: u32 = 300;

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

#[test]
fn neither_side_allocates_once_it_has_seen_a_few_updates() {
    let mut encoder = Encoder::new(WIDTH, HEIGHT).expect("in bounds");
    let mut decoder = Decoder::new();
    let mut framebuffer = Framebuffer::new();
    let mut pixels = vec![0; WIDTH as usize * HEIGHT as usize * 4];
    let mut update = Vec::with_capacity(pixels.len());
    let damage: Region = [Rect::new(0, 0, WIDTH, 100), Rect::new(50, 90, 300, 210)].into_iter().collect();
    let mut kinds = [0; 8];
    let mut play = |seed: u32| {
        draw(&mut pixels, seed);
        if seed % 10 == 5 {
            encoder.keyframe();
        }
        let frame = Frame::new(&pixels, WIDTH, HEIGHT, WIDTH as usize * 4).expect("sound");
        for budget in [Budget::bytes(30_000), Budget::unlimited()] {
            update.clear();
            let encoded = encoder.encode(frame, &damage, budget, &mut update).expect("it encodes");
            kinds.iter_mut().zip(encoded.operations.by_kind()).for_each(|(all, (_, count))| *all += count);
            assert!(!update.is_empty());
            decoder.apply(&update, &mut framebuffer).expect("it decodes");
        }
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
    // What moves is another matter.
    assert!(kinds.iter().filter(|count| **count > 20).count() >= 5, "there was to be some of all kinds: {kinds:?}");
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![0; 1000])));
    assert_eq!(counted.count_total, 1);
}
