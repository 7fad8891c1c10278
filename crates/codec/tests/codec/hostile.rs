//! What a hostile host might send: an error or a picture of the right size, bounded memory, never a panic.

use std::time::{Duration, Instant};

use lotse_codec::{Budget, DecodeError, Decoder, Framebuffer, MAX_DIMENSION, MAX_UPDATE, Operations, Rect, Region};
use proptest::prelude::*;
use zstd::zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer};

use crate::sides::{self, Picture, Sides};

/// Most that zstd may hold for a decoder: its windows, of 8 and 1 MiB, and what goes with them.
const DECOMPRESSOR_MEMORY: usize = 10 * 1024 * 1024;

/// Streams of an update: operations, and the first of those with planes of pixels.
const OPERATIONS: u8 = 0;
const GREEN: u8 = 1;
pub(crate) const CODED: u8 = 4;

pub(crate) fn number(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).expect("seven bits") | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).expect("seven bits"));
    bytes
}

pub(crate) fn keyframe(width: u32, height: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [vec![1], number(width), number(height), chunks.concat()].concat()
}

/// A chunk of operations.
pub(crate) fn chunk(raw_len: usize, packed: &[u8]) -> Vec<u8> {
    chunk_of(OPERATIONS, raw_len, packed)
}

pub(crate) fn chunk_of(stream: u8, raw_len: usize, packed: &[u8]) -> Vec<u8> {
    let len = |len: usize| number(u32::try_from(len).expect("short"));
    [vec![stream], len(raw_len), len(packed.len()), packed.to_vec()].concat()
}

/// A keyframe of 10×10 pixels with these operations, and before them a plane each of so many bytes, all 1.
fn with_planes(operations: &[u8], planes: &[usize]) -> Vec<u8> {
    let mut chunks = Vec::new();
    let mut context = Flushing::new(20);
    for (stream, len) in (GREEN..).zip(planes) {
        chunks.push(chunk_of(stream, *len, &context.pack(&vec![1; *len])));
    }
    chunks.push(chunk(operations.len(), &pack(operations, 23, false)));
    keyframe(10, 10, &chunks)
}

/// A zstd frame that goes on, as an encoder's does.
struct Flushing(CCtx<'static>);

impl Flushing {
    fn new(window_log: u32) -> Self {
        let mut context = CCtx::create();
        context.set_parameter(CParameter::WindowLog(window_log)).expect("zstd knows such windows");
        Self(context)
    }

    fn pack(&mut self, raw: &[u8]) -> Vec<u8> {
        let mut packed = Vec::with_capacity(raw.len() + 1024);
        let mut output = OutBuffer::around(&mut packed);
        let mut input = InBuffer::around(raw);
        while input.pos() < raw.len() {
            self.0.compress_stream(&mut output, &mut input).expect("it compresses");
        }
        assert_eq!(self.0.flush_stream(&mut output), Ok(0));
        packed
    }
}

/// The beginning of a frame with a window of so many bits, flushed or ended.
pub(crate) fn pack(raw: &[u8], window_log: u32, end: bool) -> Vec<u8> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::WindowLog(window_log)).expect("zstd knows such windows");
    context.set_parameter(CParameter::ContentSizeFlag(false)).expect("a flag");
    let mut packed = Vec::with_capacity(raw.len() + 1024);
    let mut output = OutBuffer::around(&mut packed);
    let mut input = InBuffer::around(raw);
    while input.pos() < raw.len() {
        context.compress_stream(&mut output, &mut input).expect("it compresses");
    }
    let left = if end { context.end_stream(&mut output) } else { context.flush_stream(&mut output) };
    assert_eq!(left, Ok(0));
    packed
}

pub(crate) fn solid(rect: Rect) -> Vec<u8> {
    [vec![1], number(rect.x), number(rect.y), number(rect.width), number(rect.height), vec![1, 2, 3]].concat()
}

/// A line of text in the upper left corner, white, with these marks and planes.
pub(crate) fn text(width: u32, height: u32, marks: &[u8], planes: &[u8]) -> Vec<u8> {
    let head = [vec![5, 0, 0], number(width), number(height), vec![0, 255, 255, 255, 0]].concat();
    let len = number(u32::try_from(marks.len()).expect("short"));
    [head, len, marks.to_vec(), planes.to_vec()].concat()
}

fn refusal(update: &[u8]) -> DecodeError {
    let mut decoder = Decoder::new();
    let mut framebuffer = Framebuffer::new();
    let error = decoder.apply(update, &mut framebuffer).expect_err("this update is no good");
    assert!(decoder.decompressor_memory() <= DECOMPRESSOR_MEMORY, "{} bytes", decoder.decompressor_memory());
    assert_eq!(framebuffer.pixels().len(), framebuffer.stride() * framebuffer.height() as usize);
    // Nothing can build on it, whatever it was.
    assert_eq!(decoder.apply(&[0], &mut framebuffer).err(), Some(DecodeError::KeyframeNeeded));
    error
}

#[test]
fn the_tests_own_update_is_sound() {
    let raw = solid(Rect::new(0, 0, 10, 10));
    let update = keyframe(10, 10, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    let mut framebuffer = Framebuffer::new();
    Decoder::new().apply(&update, &mut framebuffer).expect("it is sound");
    assert_eq!(framebuffer.row(9, 9, 1), [1, 2, 3, 255]);
}

const fn is_refused_by_zstd(error: &DecodeError) -> bool {
    matches!(error, DecodeError::Compression(_))
}

#[test]
fn case_51_zstd_window_over_the_limit() {
    let raw = solid(Rect::new(0, 0, 10, 10));
    for window_log in [24, 27, 31] {
        // Only the header's claim matters: a compressor with such a window need not be run.
        let mut packed = pack(&raw, 23, false);
        assert_eq!(packed[5], (23 - 10) << 3, "the window descriptor of RFC 8878, 3.1.1.1.2");
        packed[5] = (window_log - 10) << 3;
        let error = refusal(&keyframe(10, 10, &[chunk(raw.len(), &packed)]));
        assert!(is_refused_by_zstd(&error), "{error}");
    }
    // Planes of pixels have a smaller one.
    for (window_log, is_sound) in [(20, true), (21, false), (23, false)] {
        let error = refusal(&keyframe(10, 10, &[chunk_of(GREEN, 1, &pack(&[1], window_log, false))]));
        let is_expected = if is_sound { error == DecodeError::Unused } else { is_refused_by_zstd(&error) };
        assert!(is_expected, "{error}");
    }
    // The largest window that the format can name: 3.75 TiB.
    let mut packed = pack(&raw, 23, false);
    packed[5] = 0xff;
    assert!(is_refused_by_zstd(&refusal(&keyframe(10, 10, &[chunk(raw.len(), &packed)]))));
}

#[test]
fn case_51_zstd_output_larger_than_declared() {
    // 100 MB of zeroes in a few KB; and one byte too many or too few.
    let bomb = pack(&vec![0; 100_000_000], 23, false);
    assert!(bomb.len() < 20_000);
    for declared in [1, 1000, 128 * 1024] {
        assert_eq!(refusal(&keyframe(10, 10, &[chunk(declared, &bomb)])), DecodeError::ChunkLength);
    }
    let bomb_of_pixels = pack(&vec![0; 100_000_000], 20, false);
    for declared in [1, 128 * 1024] {
        let update = keyframe(10, 10, &[chunk_of(GREEN, declared, &bomb_of_pixels)]);
        assert_eq!(refusal(&update), DecodeError::ChunkLength);
    }
    let raw = solid(Rect::new(0, 0, 10, 10));
    let packed = pack(&raw, 23, false);
    for declared in [raw.len() - 1, raw.len() + 1] {
        assert_eq!(refusal(&keyframe(10, 10, &[chunk(declared, &packed)])), DecodeError::ChunkLength);
    }
    for declared in [0, 128 * 1024 + 1, 1 << 27] {
        assert_eq!(refusal(&keyframe(10, 10, &[chunk(declared, &bomb)])), DecodeError::Malformed);
        assert_eq!(refusal(&keyframe(10, 10, &[chunk_of(GREEN, declared, &bomb)])), DecodeError::Malformed);
    }
}

#[test]
fn case_51_zstd_frames_that_end_or_hold_nothing() {
    let raw = solid(Rect::new(0, 0, 10, 10));
    let ended = pack(&raw, 23, true);
    assert_eq!(refusal(&keyframe(10, 10, &[chunk(raw.len(), &ended)])), DecodeError::ChunkLength);
    // A skippable frame (RFC 8878, 3.1.2).
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
    assert_eq!(refusal(&keyframe(10, 10, &[chunk(raw.len(), &skippable)])), DecodeError::ChunkLength);
    assert!(matches!(refusal(&keyframe(10, 10, &[chunk(4, &[1, 2, 3, 4, 5])])), DecodeError::Compression(_)));
    assert_eq!(refusal(&keyframe(10, 10, &[chunk(4, &[])])), DecodeError::ChunkLength);
}

#[test]
fn operations_take_their_planes_to_the_last_byte() {
    let literal = |rect: Rect| [vec![3], [rect.x, rect.y, rect.width, rect.height].map(number).concat()].concat();
    let (one, other) = (literal(Rect::new(0, 0, 4, 5)), literal(Rect::new(5, 0, 5, 4)));
    let both = [one.clone(), other].concat();
    let mut framebuffer = Framebuffer::new();
    Decoder::new().apply(&with_planes(&both, &[40; 3]), &mut framebuffer).expect("it is sound");
    // Each pixel is more than its left neighbour: green by 1, blue and red by 2.
    assert_eq!(framebuffer.row(3, 0, 1), [8, 4, 8, 255]);
    assert_eq!(framebuffer.row(5, 0, 1), [2, 1, 2, 255]);

    for (operations, planes) in [(&both, [39, 40, 40]), (&both, [40, 40, 39]), (&both, [20, 20, 20])] {
        assert_eq!(refusal(&with_planes(operations, &planes)), DecodeError::Operation, "{planes:?}");
    }
    assert_eq!(refusal(&with_planes(&both, &[40, 40])), DecodeError::Operation, "no plane of red");
    for (operations, planes) in [(&both, [41, 40, 40]), (&both, [40, 40, 41]), (&one, [40, 40, 40])] {
        assert_eq!(refusal(&with_planes(operations, &planes)), DecodeError::Unused, "{planes:?}");
    }
    assert_eq!(refusal(&with_planes(&solid(Rect::new(0, 0, 1, 1)), &[1])), DecodeError::Unused, "no literal at all");
}

#[test]
fn chunks_that_belong_to_no_operations_are_refused() {
    let raw = solid(Rect::new(0, 0, 1, 1));
    for stream in [5, 6, 0x80, 0xff] {
        let update = keyframe(10, 10, &[chunk_of(stream, raw.len(), &pack(&raw, 20, false))]);
        assert_eq!(refusal(&update), DecodeError::Stream(stream));
    }
    let plane = chunk_of(GREEN, 9, &pack(&[1; 9], 20, false));
    assert_eq!(refusal(&keyframe(10, 10, std::slice::from_ref(&plane))), DecodeError::Unused, "no operations");
    assert_eq!(refusal(&keyframe(10, 10, &[plane.clone(), plane.clone()])), DecodeError::Malformed, "the same twice");
    let operations = chunk(raw.len(), &pack(&raw, 23, false));
    assert_eq!(refusal(&keyframe(10, 10, &[operations, plane])), DecodeError::Unused, "after the operations");
}

/// A photograph in the upper left corner, and as many bytes of coded bits as it says.
pub(crate) fn photo(width: u32, height: u32, len: usize) -> Vec<u8> {
    let len = u32::try_from(len).expect("short");
    [vec![12, 0, 0], [width, height, len].map(number).concat()].concat()
}

#[test]
fn photographs_take_their_bits_to_the_last_byte() {
    let update = |operations: &[u8], bits: &[u8]| {
        keyframe(10, 10, &[chunk_of(CODED, bits.len(), bits), chunk(operations.len(), &pack(operations, 23, false))])
    };
    // The first range is all that one can say: no residual anywhere.
    Decoder::new().apply(&update(&photo(1, 1, 4), &[0xff; 4]), &mut Framebuffer::new()).expect("it is sound");
    assert_eq!(refusal(&update(&photo(1, 1, 3), &[0xff; 4])), DecodeError::Unused, "a byte that nobody takes");
    assert_eq!(refusal(&update(&photo(1, 1, 5), &[0xff; 4])), DecodeError::Operation, "a byte too few");
    assert_eq!(refusal(&update(&photo(1, 1, 400), &[0xff; 400])), DecodeError::Operation, "more than it needs");
    assert_eq!(refusal(&update(&[12, 0, 0, 1, 1], &[0xff; 4])), DecodeError::Operation, "no length");
    let mut longer = chunk_of(CODED, 4, &[0xff; 5]);
    assert_eq!(refusal(&keyframe(10, 10, std::slice::from_ref(&longer))), DecodeError::ChunkLength);
    longer[1] = 6;
    assert_eq!(refusal(&keyframe(10, 10, &[longer])), DecodeError::ChunkLength);
}

#[test]
fn bits_that_nobody_has_written_are_not_read() {
    // Nothing but zeros, which would be the most expensive of all pixels and levels, and take no bytes.
    for raw in [photo(1 << 10, 1 << 9, 0), photo(8, 8, 0)] {
        assert_eq!(refusal(&keyframe(4096, 4096, &[chunk(raw.len(), &pack(&raw, 23, false))])), DecodeError::Operation);
    }
}

#[test]
fn an_update_has_no_more_of_the_smallest_operations_than_its_picture_has_tiles() {
    const SIDE: u32 = 256;
    let at = |kind: u8, rest: &[u8]| [&[kind, 3, 3, 1, 1], rest].concat();
    // Of each kind one pixel, and what must be there before; bytes of coded bits and of planes for each.
    let corner = keep([0, 0, 1, 1]);
    let nothing = Vec::new;
    let kinds = [
        ("solid", (nothing(), at(1, &[1, 2, 3])), 0, 0usize),
        ("palette", (nothing(), at(2, &[0, 1, 1, 2, 3, 0])), 0, 0),
        ("literal", (nothing(), at(3, &[])), 0, 1),
        ("copy", (nothing(), at(4, &[9, 9])), 0, 0),
        ("text", (nothing(), at(5, &[0, 1, 2, 3, 0, 0])), 0, 0),
        ("reference", (nothing(), at(6, &[])), 0, 0),
        ("film", (nothing(), at(7, &[1, 20, 1, 0])), 0, 0),
        ("keep", (nothing(), corner.clone()), 0, 0),
        ("recall", (corner.clone(), recall(0, 1)), 0, 0),
        ("part", (corner.clone(), recall_part([3, 3, 1, 1], 0)), 0, 0),
        ("photo", (nothing(), at(12, &[4])), 4, 0),
        ("lines", (corner, recall_lines([0, 3, 64, 1], 0, 0)), 0, 0),
    ];
    for (kind, (first, each), bits, pixels) in kinds {
        let update = |count: usize| {
            let mut planes = Flushing::new(20);
            let mut chunks: Vec<_> = (GREEN..GREEN + 3)
                .filter(|_| pixels > 0)
                .map(|stream| chunk_of(stream, pixels * count, &planes.pack(&vec![1; pixels * count])))
                .collect();
            if bits > 0 {
                chunks.push(chunk_of(CODED, bits * count, &vec![0xff; bits * count]));
            }
            let raw = [first.clone(), each.repeat(count)].concat();
            chunks.push(chunk(raw.len(), &pack(&raw, 23, false)));
            keyframe(SIDE, SIDE, &chunks)
        };
        let fits = |count: usize| Decoder::new().apply(&update(count), &mut Framebuffer::new());
        assert!(fits(16).is_ok(), "the test's own {kind} is sound: {:?}", fits(16));
        // Twice the picture, and 2^16 pixels, 64 of them each.
        assert_eq!(fits(3 * 1024 + 1).err(), Some(DecodeError::Operation), "{kind}");
    }
    // A macroblock may have as many levels as it has pixels, and three times as many with all of its colours.
    let film = at(7, &[1, 20, 1, 0]);
    for (count, is_sound) in [(192, true), (193, false)] {
        let raw = film.repeat(count);
        let update = keyframe(SIDE, SIDE, &[chunk(raw.len(), &pack(&raw, 23, false))]);
        assert_eq!(Decoder::new().apply(&update, &mut Framebuffer::new()).is_ok(), is_sound, "{count} of film");
    }
}

#[test]
fn a_short_update_cannot_cost_more_work_than_a_picture() {
    let raw = solid(Rect::new(0, 0, 4096, 4096)).repeat(10_000);
    let update = keyframe(4096, 4096, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    let begun = Instant::now();
    assert_eq!(refusal(&update), DecodeError::Operation);
    assert!(begun.elapsed() < Duration::from_secs(5), "10,000 pictures were painted");
}

#[test]
fn the_tests_own_text_is_sound_and_its_glyphs_are_known_from_then_on() {
    let planes = [[9, 8, 7, 6], [1, 1, 1, 1], [0, 0, 2, 0]].concat();
    let raw = text(8, 8, &[4, 2, 1, 2, 2, 0, 0, 1, 0, 0, 0, 1, 3, 7, 7, 7], &planes);
    let mut framebuffer = Framebuffer::new();
    let mut decoder = Decoder::new();
    let update = keyframe(10, 10, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    decoder.apply(&update, &mut framebuffer).expect("it is sound");
    let row = |y: u32| framebuffer.row(0, y, 9).chunks(4).map(|pixel| pixel[..3].to_vec()).collect::<Vec<_>>();
    let white = vec![255; 3];
    // By column: the second column of the glyph is 7 and 6, the third pixel of which is redder.
    let glyph = [vec![9, 10, 9], vec![7, 8, 9]];
    assert_eq!(row(0)[..2], [white.clone(), white.clone()]);
    assert_eq!(row(1)[2..7], [&glyph[..], &glyph[..], &[vec![7; 3]]].concat());
    assert_eq!(row(2)[2], [8, 9, 8]);
    assert_eq!(row(7)[7], white);
    assert_eq!(row(8)[0], [0; 3], "below the line");
    // A keyframe forgets.
    let again = text(8, 8, &[0, 0, 1], &[]);
    assert_eq!(
        decoder.apply(&keyframe(10, 10, &[chunk(again.len(), &pack(&again, 23, false))]), &mut framebuffer).err(),
        Some(DecodeError::Operation)
    );
}

#[test]
fn glyphs_without_end_are_refused() {
    // 64 × 64 pixels each, all of the kind that is said to be new.
    let glyph = |number_of: u32| {
        let marks = [vec![0, 0], number(number_of), number(64), number(64)].concat();
        text(64, 64, &marks, &vec![0; 3 * 64 * 64])
    };
    let mut decoder = Decoder::new();
    let mut framebuffer = Framebuffer::new();
    let first = glyph(1);
    decoder.apply(&keyframe(64, 64, &[chunk(first.len(), &pack(&first, 23, false))]), &mut framebuffer).expect("one");
    // The same stream goes on, as an encoder's would.
    let mut context = Flushing::new(20);
    let mut known = 0;
    let refused = (0..1000u32).find_map(|update_number| {
        let raw = glyph(known + 1);
        known += 1;
        let packed = context.pack(&raw);
        let update = match update_number {
            0 => keyframe(64, 64, &[chunk(raw.len(), &packed)]),
            _ => [vec![0], chunk(raw.len(), &packed)].concat(),
        };
        decoder.apply(&update, &mut framebuffer).err().map(|error| (update_number, error))
    });
    assert_eq!(refused, Some((256, DecodeError::Operation)), "4 MiB of glyphs are 256 of these");
}

#[test]
fn a_short_update_cannot_hold_operations_without_end() {
    let raw = solid(Rect::new(5, 5, 1, 1)).repeat(16_000);
    let update = |side: u32| keyframe(side, side, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    Decoder::new().apply(&update(1000), &mut Framebuffer::new()).expect("an encoder might write so many");
    assert_eq!(refusal(&update(100)), DecodeError::Operation, "16,000 operations for 10,000 pixels");
}

#[test]
fn a_short_update_cannot_move_more_than_a_picture() {
    let copy = [vec![4], [1, 0, 4095, 4096, 0, 0].map(number).concat()].concat();
    let once = keyframe(4096, 4096, &[chunk(copy.len(), &pack(&copy, 23, false))]);
    Decoder::new().apply(&once, &mut Framebuffer::new()).expect("a picture may move once");
    let raw = copy.repeat(10_000);
    let update = keyframe(4096, 4096, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    let begun = Instant::now();
    assert_eq!(refusal(&update), DecodeError::Operation);
    assert!(begun.elapsed() < Duration::from_secs(5), "10,000 pictures were moved");
}

#[test]
fn pictures_out_of_bounds_are_refused_before_they_are_allocated() {
    for (width, height) in
        [(0, 1), (1, 0), (MAX_DIMENSION + 1, 1), (1, MAX_DIMENSION + 1), (MAX_DIMENSION, MAX_DIMENSION)]
    {
        assert!(matches!(refusal(&keyframe(width, height, &[])), DecodeError::Size(_)), "{width}×{height}");
    }
    let mut decoder = Decoder::with_max_pixels(100);
    assert!(decoder.apply(&keyframe(10, 10, &[]), &mut Framebuffer::new()).is_ok());
    assert!(decoder.apply(&keyframe(10, 11, &[]), &mut Framebuffer::new()).is_err());
}

#[test]
fn malformed_updates_are_refused() {
    assert_eq!(refusal(&[2]), DecodeError::Malformed, "an unknown flag");
    assert_eq!(refusal(&[1]), DecodeError::Malformed, "no size");
    assert_eq!(refusal(&[1, 10]), DecodeError::Malformed, "half a size");
    assert_eq!(refusal(&[1, 0x80, 0x80, 0x80, 0x80, 1, 10]), DecodeError::Malformed, "a long number");
    assert_eq!(refusal(&keyframe(10, 10, &[vec![0, 5, 100, 1]])), DecodeError::Malformed, "a chunk that is cut off");
    let too_long = vec![0; MAX_UPDATE + 1];
    assert_eq!(refusal(&too_long), DecodeError::TooLong(MAX_UPDATE + 1));
}

#[test]
fn operations_that_make_no_sense_are_refused() {
    let pixel = Rect::new(0, 0, 1, 1);
    let with_kind = |kind: u8| [vec![kind], solid(pixel)[1..].to_vec()].concat();
    let copy = |from: [u32; 2]| [vec![4, 0, 0, 4, 4], from.map(number).concat()].concat();
    let bad: [(&str, Vec<u8>); 32] = [
        ("no such kind", with_kind(0)),
        ("a later kind", with_kind(6)),
        ("empty", solid(Rect::new(0, 0, 0, 1))),
        ("beyond the right edge", solid(Rect::new(1, 0, 10, 1))),
        ("beyond the lower edge", solid(Rect::new(0, 10, 1, 1))),
        ("far beyond", solid(Rect::new((1 << 28) - 1, (1 << 28) - 1, (1 << 28) - 1, (1 << 28) - 1))),
        ("cut off in its place", vec![1, 0, 0]),
        ("cut off in its colour", solid(pixel)[..7].to_vec()),
        ("too many colours", [vec![2, 0, 0, 1, 1, 10, 0xf7, 1], vec![0; 800]].concat()),
        ("cut off in its palette", vec![2, 0, 0, 10, 10, 0, 100, 1, 2, 3]),
        ("cut off in its indices", [vec![2, 0, 0, 10, 10, 0, 1, 1, 2, 3], vec![0; 99]].concat()),
        ("cut off before its text", vec![5, 0, 0, 4, 4]),
        ("cut off in its background", vec![5, 0, 0, 4, 4, 0, 1, 2]),
        ("blank beyond everything", vec![5, 0, 0, 4, 4, 0, 1, 2, 3, 0xff, 0xff, 0xff, 0x7f, 4, 0, 0, 1, 1]),
        ("cut off in its marks", text(8, 8, &[0, 0], &[])),
        ("fewer marks than it says", text(8, 8, &[0; 9], &[])[..12].to_vec()),
        ("an unknown glyph", text(8, 8, &[0, 0, 2, 1, 1], &[0; 3])),
        ("a glyph far from known", text(8, 8, &[0, 0, 0xff, 0xff, 0xff, 0x7f, 1, 1], &[0; 3])),
        ("a glyph cut off in its planes", text(8, 8, &[0, 0, 1, 2, 2], &[0; 11])),
        ("an empty glyph", text(8, 8, &[0, 0, 1, 0, 2], &[])),
        ("a glyph wider than its line", text(8, 8, &[0, 0, 1, 9, 1], &[0; 27])),
        ("a glyph left of its line", text(8, 8, &[1, 0, 1, 2, 1], &[0; 6])),
        ("a glyph above its line", text(8, 8, &[0, 1, 1, 2, 1], &[0; 6])),
        ("a glyph below its line", text(8, 8, &[0, 16, 1, 2, 1], &[0; 6])),
        ("a box cut off in its colour", text(8, 8, &[0, 0, 0, 2, 2, 1, 2], &[])),
        ("boxes with more pixels than the line", text(8, 8, &[0, 0, 0, 8, 8, 1, 2, 3, 15, 0, 0, 8, 8, 1, 2, 3], &[])),
        ("cut off before its source", vec![4, 0, 0, 4, 4]),
        ("cut off in its source", vec![4, 0, 0, 4, 4, 1]),
        ("from beyond the right edge", copy([7, 0])),
        ("from beyond the lower edge", copy([0, 7])),
        ("from far beyond", copy([(1 << 28) - 1, (1 << 28) - 1])),
        ("without planes", vec![3, 0, 0, 10, 10]),
    ];
    for (what, raw) in bad {
        let update = keyframe(10, 10, &[chunk(raw.len(), &pack(&raw, 23, false))]);
        assert_eq!(refusal(&update), DecodeError::Operation, "{what}");
    }
}

/// Keeps tiles: columns and rows of the grid.
pub(crate) fn keep(tiles: [u32; 4]) -> Vec<u8> {
    [vec![9], tiles.map(number).concat()].concat()
}

/// Recalls so many tiles from a number on.
pub(crate) fn recall(first: u32, count: u32) -> Vec<u8> {
    [vec![10], number(first), number(count)].concat()
}

/// Recalls a rectangle of a tile.
pub(crate) fn recall_part(rect: [u32; 4], of: u32) -> Vec<u8> {
    [vec![11], rect.map(number).concat(), number(of)].concat()
}

/// Recalls lines of tiles side by side, from a row on.
pub(crate) fn recall_lines(rect: [u32; 4], of: u32, row: u32) -> Vec<u8> {
    [vec![13], rect.map(number).concat(), number(of), number(row)].concat()
}

#[test]
fn the_tests_own_recall_of_lines_is_sound() {
    // Lines 10 to 12 of both upper tiles come to the lower edge.
    let (paper, line) = (solid(Rect::new(0, 0, 100, 100)), solid(Rect::new(0, 11, 100, 1)));
    let other = [&paper[..6], &[9, 9]].concat();
    let raw = [other.clone(), line, keep([0, 0, 2, 1]), other, recall_lines([0, 97, 100, 3], 0, 10)].concat();
    let update = keyframe(100, 100, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    let mut framebuffer = Framebuffer::new();
    Decoder::new().apply(&update, &mut framebuffer).expect("it is sound");
    for (y, pixel) in [(11, [1, 9, 9, 255]), (97, [1, 9, 9, 255]), (98, [1, 2, 3, 255]), (99, [1, 9, 9, 255])] {
        for x in [0, 63, 64, 99] {
            assert_eq!(framebuffer.row(x, y, 1), pixel, "{x},{y}");
        }
    }
}

#[test]
fn the_tests_own_recall_is_sound() {
    // The upper left tile is kept, all becomes another colour, and it returns, but for what follows it.
    let (kept, other) = (solid(Rect::new(0, 0, 100, 100)), [&solid(Rect::new(0, 0, 100, 100))[..6], &[9, 9]].concat());
    let raw = [kept, keep([0, 0, 2, 2]), other.clone(), recall(0, 1), other, recall_part([70, 5, 8, 3], 1)].concat();
    let update = keyframe(100, 100, &[chunk(raw.len(), &pack(&raw, 23, false))]);
    let mut framebuffer = Framebuffer::new();
    Decoder::new().apply(&update, &mut framebuffer).expect("it is sound");
    assert_eq!(framebuffer.row(70, 5, 1), [1, 2, 3, 255]);
    assert_eq!(framebuffer.row(77, 7, 1), [1, 2, 3, 255]);
    for (x, y) in [(69, 5), (78, 5), (70, 4), (70, 8), (3, 3)] {
        assert_eq!(framebuffer.row(x, y, 1), [1, 9, 9, 255], "{x},{y}");
    }
}

#[test]
fn recalls_that_make_no_sense_are_refused() {
    let all = keep([0, 0, 2, 2]);
    let bad: [(&str, Vec<u8>); 25] = [
        ("no lines kept", recall_lines([0, 0, 64, 1], 0, 0)),
        ("lines without a row", [all.clone(), recall_lines([0, 0, 64, 1], 0, 0)[..6].to_vec()].concat()),
        ("lines of half a column", [all.clone(), recall_lines([0, 0, 32, 1], 0, 0)].concat()),
        ("lines of a column and a half", [all.clone(), recall_lines([0, 0, 80, 1], 0, 0)].concat()),
        ("lines of other columns", [all.clone(), recall_lines([0, 0, 64, 1], 1, 0)].concat()),
        ("more lines than the tile has", [all.clone(), recall_lines([0, 0, 64, 10], 2, 27)].concat()),
        ("lines far below the tile", [all.clone(), recall_lines([0, 0, 64, 1], 0, (1 << 28) - 1)].concat()),
        ("lines of more columns than kept", [keep([0, 0, 1, 1]), recall_lines([0, 0, 100, 1], 0, 0)].concat()),
        ("nothing kept", recall(0, 1)),
        ("nothing kept of it", recall_part([0, 0, 1, 1], 0)),
        ("no tile", keep([0, 0, 0, 1])),
        ("beyond the right edge", keep([1, 0, 2, 1])),
        ("beyond the lower edge", keep([0, 2, 1, 1])),
        ("far beyond", keep([(1 << 28) - 1; 4])),
        ("cut off in its tiles", vec![9, 0, 0, 1]),
        ("more than were kept", [all.clone(), recall(0, 5)].concat()),
        ("later than was kept", [all.clone(), recall(4, 1)].concat()),
        ("far later", [all.clone(), recall((1 << 28) - 1, (1 << 28) - 1)].concat()),
        ("none", [all.clone(), recall(0, 0)].concat()),
        ("cut off in its number", [all.clone(), vec![10, 0]].concat()),
        ("left of the tile", [all.clone(), recall_part([63, 0, 1, 1], 1)].concat()),
        ("beyond the tile", [all.clone(), recall_part([0, 60, 1, 5], 0)].concat()),
        ("beyond the picture", [all.clone(), recall_part([64, 64, 36, 37], 3)].concat()),
        ("an empty part", [all.clone(), recall_part([0, 0, 0, 1], 0)].concat()),
        ("a part without a number", [all, recall_part([0, 0, 1, 1], 0)[..5].to_vec()].concat()),
    ];
    for (what, raw) in bad {
        let update = keyframe(100, 100, &[chunk(raw.len(), &pack(&raw, 23, false))]);
        assert_eq!(refusal(&update), DecodeError::Operation, "{what}");
    }
}

#[test]
fn what_is_forgotten_cannot_be_recalled() {
    let mut decoder = Decoder::new();
    let mut framebuffer = Framebuffer::new();
    let play = |raws: &[Vec<u8>], decoder: &mut Decoder, framebuffer: &mut Framebuffer| {
        // One stream, as an encoder's would be.
        let mut context = Flushing::new(20);
        raws.iter().enumerate().try_for_each(|(at, raw)| {
            let chunk = chunk(raw.len(), &context.pack(raw));
            let update = if at == 0 { keyframe(640, 640, &[chunk]) } else { [vec![0], chunk].concat() };
            decoder.apply(&update, framebuffer).map(drop)
        })
    };
    // 100 tiles an update: 8,192 of them, and as many bytes, are what a decoder keeps.
    let mut raws = vec![keep([0, 0, 10, 10]); 90];
    raws.push(recall(9000 - 8192, 1));
    assert_eq!(play(&raws, &mut decoder, &mut framebuffer), Ok(()));
    raws.push(recall(9000 - 8193, 1));
    assert_eq!(play(&raws, &mut decoder, &mut framebuffer), Err(DecodeError::Operation));
    let again = [recall(8999, 1)];
    assert_eq!(play(&again, &mut decoder, &mut framebuffer), Err(DecodeError::Operation), "a keyframe forgets");
}

#[test]
fn a_short_update_cannot_keep_or_recall_more_than_a_picture() {
    let all = keep([0, 0, 64, 64]);
    let once = keyframe(4096, 4096, &[chunk(all.len(), &pack(&all, 23, false))]);
    Decoder::new().apply(&once, &mut Framebuffer::new()).expect("a picture may be kept once");
    let lines = recall_lines([0, 0, 4096, 1], 0, 0);
    for again in [all.clone(), recall(0, 4096), recall_part([0, 0, 1, 64], 0), lines] {
        let raw = [all.clone(), again.repeat(10_000)].concat();
        let update = keyframe(4096, 4096, &[chunk(raw.len(), &pack(&raw, 23, false))]);
        let begun = Instant::now();
        assert_eq!(refusal(&update), DecodeError::Operation);
        assert!(begun.elapsed() < Duration::from_secs(5), "10,000 pictures were painted");
    }
}

/// Four updates of every kind of operation, the first a keyframe; in the second there is so little room that photographs
/// are packed densely, the third takes it back, and in the last there is no room for an exact photograph.
fn sound_updates() -> [Vec<u8>; 4] {
    let mut sides = Sides::new(150, 120);
    let mut picture = Picture::new(150, 120);
    let draw = |picture: &mut Picture, seed: u32| {
        for (y, x) in (0..90u32).flat_map(|y| (0..150u32).map(move |x| (y, x))) {
            // All of it goes up a few lines from one to the next.
            let noise = (x * 7919 + (y + seed * 7) * 104_729).wrapping_mul(0x9e37_79b1).to_be_bytes();
            // What is drawn, in many colours; it stays where it is.
            let stripes = ((x / 10 * 7919) ^ (y * 31 + seed * 7919)).wrapping_mul(0x9e37_79b1).to_be_bytes();
            match x {
                ..64 => picture.set(x, y, [stripes[0], stripes[1], stripes[2]]),
                64..128 => picture.set(x, y, [noise[0] & 3, 0, 0]),
                _ => picture.set(x, y, [noise[0], noise[1], noise[2]]),
            }
        }
        picture.fill(Rect::new(0, 90, 150, 30), [255; 3]);
        picture.fill(Rect::new(0, 90, 150, 5), [seed.to_le_bytes()[0], 0, 0]);
        for letter in 0..20u32 {
            let (x, height) = (5 + letter * 7, 3 + letter * seed % 5);
            picture.fill(Rect::new(x, 100, 2, height), [0; 3]);
            picture.fill(Rect::new(x + 2, 102, 2, 1), [40; 3]);
        }
    };
    let mut seen = Operations::default();
    let updates = [Some(1), Some(2), Some(1), None].map(|seed| {
        let bytes = if let Some(seed) = seed {
            draw(&mut picture, seed);
            if seed == 1 { usize::MAX } else { 17_000 }
        } else {
            let noise = |at: u32| (at + 7).wrapping_mul(0x85eb_ca6b).to_le_bytes();
            for (y, x) in (0..90).flat_map(|y| (100..150).map(move |x| (y, x))) {
                let noise = noise(y * 150 + x);
                picture.set(x, y, [noise[1], noise[2], noise[3]]);
            }
            700
        };
        let whole: Region = picture.whole();
        let (encoded, _) = sides.step(&picture, &whole, Budget::bytes(bytes));
        seen += encoded.operations;
        sides.update.clone()
    });
    assert!(seen.by_kind().iter().all(|(_, count)| *count > 0), "there was to be some of every kind: {seen:?}");
    updates
}

/// Applies both; whatever comes of it, the framebuffer is a picture of its size.
fn survives(updates: &[&[u8]]) -> bool {
    let mut decoder = Decoder::with_max_pixels(1 << 20);
    let mut framebuffer = Framebuffer::new();
    let mut sound = true;
    for update in updates {
        sound &= decoder.apply(update, &mut framebuffer).is_ok();
        assert_eq!(framebuffer.pixels().len(), framebuffer.width() as usize * framebuffer.height() as usize * 4);
        assert!(framebuffer.pixels().chunks_exact(4).all(|pixel| pixel[3] == 255));
    }
    sound
}

#[test]
fn an_update_cut_off_anywhere_is_refused() {
    let [first, second, third, fourth] = sound_updates();
    assert!(survives(&[&first, &second, &third, &fourth]));
    // A keyframe's header alone, and an update's flags alone, are whole updates.
    for len in (0..first.len()).step_by(61).filter(|len| !matches!(len, 0 | 4)) {
        assert!(!survives(&[&first[..len]]), "{len} of {} bytes", first.len());
    }
    for len in (2..second.len()).step_by(61) {
        assert!(!survives(&[&first, &second[..len]]), "{len} of {} bytes", second.len());
    }
    for len in 2..third.len() {
        assert!(!survives(&[&first, &second, &third[..len]]), "{len} of {} bytes", third.len());
    }
    for len in (2..fourth.len()).step_by(7) {
        assert!(!survives(&[&first, &second, &third, &fourth[..len]]), "{len} of {} bytes", fourth.len());
    }
}

proptest! {
    #![proptest_config(sides::cases(128))]

    #[test]
    fn flipped_bits_never_panic(flips in prop::collection::vec((any::<prop::sample::Index>(), 0..8u8, 0..4usize), 1..4)) {
        let mut updates = sound_updates();
        for (index, bit, which) in flips {
            let update = &mut updates[which];
            let at = index.index(update.len());
            update[at] ^= 1 << bit;
        }
        survives(&updates.each_ref().map(Vec::as_slice));
    }

    #[test]
    fn any_operations_never_panic(
        raw in prop::collection::vec(prop_oneof![0..4u8, 0..64u8, any::<u8>()], 1..400),
        plane in 0..5000usize,
    ) {
        let operations = chunk(raw.len(), &pack(&raw, 20, false));
        let mut context = Flushing::new(20);
        let mut chunks = Vec::new();
        for stream in (GREEN..GREEN + 3).filter(|_| plane > 0) {
            let bytes: Vec<u8> = raw.iter().cycle().take(plane).copied().collect();
            chunks.push(chunk_of(stream, plane, &context.pack(&bytes)));
        }
        chunks.push(chunk_of(CODED, raw.len(), &raw));
        chunks.push(operations);
        survives(&[&keyframe(64, 64, &chunks)]);
    }
}
