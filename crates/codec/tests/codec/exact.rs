//! Whatever the picture, damage and budget: every pixel arrives as it was.

use std::time::{Duration, Instant};

use lotse_codec::{
    Budget, DecodeError, Decoder, Encoder, Framebuffer, LARGEST_TILE, Loss, MAX_DIMENSION, MAX_PIXELS, Pending, Rect,
    Region,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::sides::{self, Picture, Sides};

/// What happens to a picture from one frame to the next.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Fill(Rect, [u8; 3]),
    /// Few colours, by the seed.
    Text(Rect, u32),
    /// Any colours, by the seed.
    Noise(Rect, u32),
    /// What is at this place comes into the rectangle.
    Move(Rect, (u32, u32)),
    /// Lines of letters on a colour, by the seed.
    Letters(Rect, [u8; 3], u32),
}

impl Change {
    pub(crate) const fn rect(&self) -> Rect {
        match self {
            Self::Fill(rect, _) | Self::Text(rect, _) | Self::Noise(rect, _) | Self::Move(rect, _) => *rect,
            Self::Letters(rect, ..) => *rect,
        }
    }

    pub(crate) fn draw(&self, picture: &mut Picture) {
        let rect = self.rect();
        let mut state = match self {
            Self::Fill(_, colour) => return picture.fill(rect, *colour),
            Self::Move(_, from) => return picture.copy(rect, *from),
            Self::Letters(_, paper, seed) => return letters(picture, rect, *paper, *seed),
            Self::Text(_, seed) | Self::Noise(_, seed) => *seed | 1,
        };
        let text = matches!(self, Self::Text(..));
        for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let [blue, green, red, _] =
                if text { (state % 7 * 0x0020_1010).to_le_bytes() } else { state.to_le_bytes() };
            picture.set(x, y, [blue, green, red]);
        }
    }
}

/// Lines of letters, some with marked background, of few shapes and many heights.
fn letters(picture: &mut Picture, rect: Rect, paper: [u8; 3], seed: u32) {
    picture.fill(rect, paper);
    let chance = |a: u32, b: u32| (a * 7919 + b * 104_729 + seed).wrapping_mul(0x9e37_79b1) >> 16;
    let (step, leading) = (4 + seed % 9, 9 + seed % 13);
    for (row, y) in (rect.y..rect.bottom()).step_by(leading as usize).enumerate() {
        for (column, x) in (rect.x..rect.right()).step_by(step as usize).enumerate() {
            let shape = chance(row as u32, column as u32) % 11;
            if shape == 0 {
                let mark = Rect::new(x, y, step.min(rect.right() - x), leading.min(rect.bottom() - y));
                picture.fill(mark, [200, 40, seed.to_le_bytes()[0]]);
            }
            for (dy, dx) in (shape % 4..leading - 2).flat_map(|dy| (0..step - 1).map(move |dx| (dy, dx))) {
                let (x, y) = (x + dx, y + dy);
                if shape > 1 && chance(shape * 64 + dy, dx) % 3 == 0 && x < rect.right() && y < rect.bottom() {
                    let [ink, ..] = (chance(dx, shape) % 4 * 50).to_le_bytes();
                    picture.set(x, y, [ink, ink, ink]);
                }
            }
        }
    }
}

fn rects() -> impl Strategy<Value = Rect> {
    (0..220u32, 0..150u32, 1..160u32, 1..160u32).prop_map(|(x, y, width, height)| Rect::new(x, y, width, height))
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (rects(), any::<[u8; 3]>()).prop_map(|(rect, colour)| Change::Fill(rect, colour)),
        (rects(), any::<u32>()).prop_map(|(rect, seed)| Change::Text(rect, seed)),
        (rects(), any::<u32>()).prop_map(|(rect, seed)| Change::Noise(rect, seed)),
        (rects(), any::<[u8; 3]>(), 0..999u32).prop_map(|(rect, paper, seed)| Change::Letters(rect, paper, seed)),
        (rects(), Just([255; 3]), 0..5u32).prop_map(|(rect, paper, seed)| Change::Letters(rect, paper, seed)),
        (rects(), (0..220u32, 0..150u32)).prop_map(|(rect, from)| Change::Move(rect, from)),
    ]
}

/// Frames as lists of changes, each with damage beyond the truth and a budget.
type Step = (Vec<Change>, Vec<Rect>, Budget);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let anything = (any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>())
        .prop_map(|(x, y, width, height)| Rect::new(x, y, width, height));
    let too_much = prop_oneof![rects(), rects(), anything];
    let budget = prop_oneof![Just(Budget::unlimited()), (0..30_000usize).prop_map(Budget::bytes)];
    vec((vec(change(), 0..4), vec(too_much, 0..4), budget), 1..8)
}

/// A picture with padding that changes between frames, as does every X: neither may matter.
fn with_padding(width: u32, height: u32, padding: usize) -> Picture {
    let stride = width as usize * 4 + padding;
    Picture { width, height, stride, data: vec![0; stride * height as usize] }
}

fn scribble(picture: &mut Picture, value: u8) {
    let (stride, width) = (picture.stride, picture.width as usize);
    for row in picture.data.chunks_mut(stride) {
        row[width * 4..].fill(value);
        row[..width * 4].chunks_exact_mut(4).for_each(|pixel| pixel[3] = value);
    }
}

proptest! {
    #![proptest_config(sides::cases(192))]

    #[test]
    fn the_framebuffer_equals_the_frame_once_nothing_is_pending(
        (width, height, padding) in (1..220u32, 1..150u32, 0..23usize),
        steps in steps(),
    ) {
        let mut picture = with_padding(width, height, padding);
        let mut sides = Sides::new(width, height);
        for (number, (changes, too_much, budget)) in steps.iter().enumerate() {
            changes.iter().for_each(|change| change.draw(&mut picture));
            scribble(&mut picture, u8::try_from(number * 37 % 256).expect("below 256"));
            let damage: Region = changes.iter().map(Change::rect).chain(too_much.iter().copied()).collect();
            let before = sides.framebuffer.clone();
            let (encoded, changed) = sides.step(&picture, &damage, *budget);
            prop_assert!(encoded.bytes <= budget.bytes + LARGEST_TILE);
            assert_only_inside(&before, &sides.framebuffer, &changed);
            if encoded.pending == Pending::Nothing {
                sides.assert_shows(&picture);
            }
        }
        sides.settle(&picture, &Region::new(), Budget::bytes(5_000));
        sides.assert_shows(&picture);
        prop_assert_eq!(sides.step(&picture, &picture.whole(), Budget::unlimited()).0.bytes, 0);
    }

    #[test]
    fn the_same_frames_make_the_same_bytes(steps in steps()) {
        let encode = || {
            let mut picture = Picture::new(200, 130);
            let mut encoder = Encoder::new(200, 130).expect("in bounds");
            let mut out = Vec::new();
            for (changes, too_much, budget) in &steps {
                changes.iter().for_each(|change| change.draw(&mut picture));
                let damage: Region = changes.iter().map(Change::rect).chain(too_much.iter().copied()).collect();
                encoder.encode(picture.frame(), &damage, *budget, &mut out).expect("it encodes");
            }
            out
        };
        prop_assert_eq!(encode(), encode());
    }
}

/// The region that the decoder returns is what a viewer repaints.
fn assert_only_inside(before: &Framebuffer, after: &Framebuffer, changed: &Region) {
    if (before.width(), before.height()) != (after.width(), after.height()) {
        return assert_eq!(changed.bounds(), Rect::new(0, 0, after.width(), after.height()));
    }
    for y in 0..after.height() {
        for x in 0..after.width() {
            let inside = changed.rects().iter().any(|r| r.x <= x && x < r.right() && r.y <= y && y < r.bottom());
            assert!(inside || before.row(x, y, 1) == after.row(x, y, 1), "{x},{y} changed outside {changed:?}");
        }
    }
}

#[test]
fn one_pixel_is_a_picture() {
    let mut sides = Sides::new(1, 1);
    let mut picture = Picture::new(1, 1);
    for colour in [[1, 2, 3], [0, 0, 0], [255, 255, 255]] {
        picture.set(0, 0, colour);
        sides.settle(&picture, &picture.whole(), Budget::unlimited());
        sides.assert_shows(&picture);
    }
}

#[test]
fn the_narrowest_and_the_widest_pictures_arrive() {
    for (width, height) in [(MAX_DIMENSION, 1), (1, MAX_DIMENSION), (65, 63), (129, 257)] {
        let mut sides = Sides::new(width, height);
        let mut picture = Picture::new(width, height);
        Change::Noise(Rect::new(0, 0, width, height), 5).draw(&mut picture);
        sides.settle(&picture, &Region::new(), Budget::unlimited());
        sides.assert_shows(&picture);
    }
}

#[test]
fn narrow_pictures_of_few_colours_arrive() {
    // Blocks of a pixel or two, each with ink up to the next: what is painted again around them must not be too much.
    for (width, height) in (1..9u32).flat_map(|width| [1, 2, 30, 133].map(|height| (width, height))) {
        let mut sides = Sides::new(width, height);
        let mut picture = Picture::new(width, height);
        for seed in 0..3 {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                let noise = (y * width + x + seed * 7919).wrapping_mul(0x9e37_79b1).rotate_left(9) & 0x0003_0101;
                let [blue, green, red, _] = noise.to_le_bytes();
                picture.set(x, y, [blue, green, red]);
            }
            sides.settle(&picture, &picture.whole(), Budget::unlimited());
            sides.assert_shows(&picture);
        }
    }
}

#[test]
fn what_would_be_too_many_small_operations_arrives_in_several_updates() {
    // Columns of changing colours with gaps that part them: every pixel is an operation.
    let mut sides = Sides::new(520, 400);
    let mut picture = Picture::new(520, 400);
    for (y, x) in (0..400u32).flat_map(|y| (0..520u32).step_by(26).map(move |x| (y, x))) {
        picture.set(x, y, [(y * 7 % 250).to_le_bytes()[0] + 1, 0, 9]);
    }
    let (first, _) = sides.step(&picture, &picture.whole(), Budget::unlimited());
    assert_eq!(first.pending, Pending::More, "{} operations", first.operations.solid);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    sides.assert_shows(&picture);
}

#[test]
fn a_keyframe_is_written_even_for_a_black_picture() {
    let mut sides = Sides::new(100, 100);
    let picture = Picture::new(100, 100);
    let (encoded, _) = sides.step(&picture, &Region::new(), Budget::bytes(0));
    assert!(encoded.keyframe && encoded.bytes > 0);
    sides.assert_shows(&picture);
}

#[test]
fn another_size_begins_with_a_keyframe() {
    let mut sides = Sides::new(300, 200);
    for (width, height) in [(300, 200), (120, 333), (1, 1), (640, 480)] {
        let mut picture = Picture::new(width, height);
        Change::Noise(Rect::new(0, 0, width, height), width).draw(&mut picture);
        let (encoded, _) = sides.step(&picture, &Region::new(), Budget::bytes(20_000));
        assert!(encoded.keyframe);
        sides.settle(&picture, &Region::new(), Budget::bytes(20_000));
        sides.assert_shows(&picture);
    }
}

#[test]
fn a_keyframe_stands_alone_and_serves_who_followed_so_far_too() {
    let mut sides = Sides::new(300, 200);
    let mut picture = Picture::new(300, 200);
    Change::Text(Rect::new(10, 10, 200, 100), 7).draw(&mut picture);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    Change::Noise(Rect::new(50, 50, 200, 100), 9).draw(&mut picture);

    sides.encoder.keyframe();
    assert_eq!(sides.encoder.pending(), Pending::More);
    let mut joined = (Decoder::new(), Framebuffer::new());
    let mut pending = Pending::More;
    let mut updates = 0;
    while pending == Pending::More {
        let (encoded, _) = sides.step(&picture, &Region::new(), Budget::bytes(20_000));
        assert_eq!(encoded.keyframe, updates == 0);
        joined.0.apply(&sides.update, &mut joined.1).expect("a keyframe needs nothing before it");
        updates += 1;
        pending = encoded.pending;
    }
    assert!(updates > 1, "this keyframe was to be split");
    sides.assert_shows(&picture);
    assert_eq!(joined.1.pixels(), picture.shown());
}

#[test]
fn nothing_outside_the_damage_is_sent() {
    let mut sides = Sides::new(300, 200);
    let mut picture = Picture::new(300, 200);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    picture.fill(Rect::new(10, 10, 4, 4), [9, 9, 9]);
    picture.fill(Rect::new(20, 10, 4, 4), [9, 9, 9]);
    let (_, changed) = sides.step(&picture, &Region::from(Rect::new(10, 10, 4, 4)), Budget::unlimited());
    assert_eq!(changed.rects(), [Rect::new(10, 10, 4, 4)]);
    assert_eq!(sides.framebuffer.row(20, 10, 1), [0, 0, 0, 255]);
}

#[test]
fn what_changes_back_while_pending_is_not_sent() {
    let mut sides = Sides::new(640, 640);
    let mut picture = Picture::new(640, 640);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    let before = picture.clone();
    Change::Noise(Rect::new(0, 0, 640, 640), 3).draw(&mut picture);
    let (encoded, _) = sides.step(&picture, &picture.whole(), Budget::bytes(30_000));
    assert_eq!(encoded.pending, Pending::More);
    let bytes = sides.settle(&before, &before.whole(), Budget::unlimited());
    sides.assert_shows(&before);
    assert!(bytes < 1_000, "{bytes} bytes to turn a few tiles black again");
}

#[test]
fn the_colours_of_a_tile_that_was_put_off_arrive_with_it() {
    let mut sides = Sides::new(640, 640);
    let mut picture = Picture::new(640, 640);
    for (y, x) in (0..640u32).flat_map(|y| (0..640u32).map(move |x| (y, x))) {
        let own = (x / 64 * 10 + y / 64) * 20 + (x * 7919 + y * 104_729) % 20;
        let [low, high, ..] = own.to_le_bytes();
        picture.set(x, y, [low, high, 77]);
    }
    let mut updates = 0;
    while sides.encoder.pending() == Pending::More {
        let (encoded, _) = sides.step(&picture, &Region::new(), Budget::bytes(1_500));
        assert_eq!(encoded.operations.literal, 0, "this test is about palettes");
        updates += 1;
    }
    assert!(updates > 10);
    sides.assert_shows(&picture);
}

#[test]
fn no_part_of_the_picture_waits_forever_while_another_changes_all_the_time() {
    let mut sides = Sides::new(640, 640);
    let mut picture = Picture::new(640, 640);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    picture.fill(Rect::new(0, 600, 20, 20), [1, 2, 3]);
    let mut damage = Region::from(Rect::new(0, 600, 20, 20));
    let film = Rect::new(0, 0, 640, 320);
    for seed in 0..20 {
        Change::Noise(film, seed).draw(&mut picture);
        damage.add(film);
        sides.step(&picture, &damage, Budget::bytes(60_000));
        damage.clear();
    }
    assert_eq!(sides.framebuffer.row(0, 600, 1), [1, 2, 3, 255]);
}

#[test]
fn what_stands_below_a_film_does_not_wait_for_its_end() {
    let mut sides = Sides::new(640, 640);
    let mut picture = Picture::new(640, 640);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    // In the same row of tiles, and each time after so much of the film as an update holds.
    let (film, title) = (Rect::new(0, 0, 640, 20), Rect::new(0, 40, 640, 10));
    picture.fill(title, [1, 2, 3]);
    let mut damage = Region::from(title);
    for seed in 0..20 {
        Change::Noise(film, seed).draw(&mut picture);
        damage.add(film);
        sides.step(&picture, &damage, Budget::bytes(10_000));
        damage.clear();
    }
    let missing = (0..640).filter(|&x| sides.framebuffer.row(x, 45, 1) != [1, 2, 3, 255]).count();
    assert_eq!(missing, 0, "pixels of the title's middle row");
}

#[test]
fn a_photograph_does_not_wait_until_the_text_beside_it_has_stopped_scrolling() {
    let exact = photograph_beside_scrolling_text(Budget::bytes(4_000).with(Loss::Never));
    assert_eq!(exact, 0, "pixels are wrong");
    let rough = photograph_beside_scrolling_text(Budget::bytes(4_000));
    assert!(rough < 128 * 128 / 50, "{rough} pixels are missing");
}

/// How many pixels of the photograph are wrong in the end, or with loss, still as black as before.
fn photograph_beside_scrolling_text(budget: Budget) -> usize {
    let mut sides = Sides::new(640, 640);
    let mut picture = Picture::new(640, 640);
    let text = Rect::new(0, 0, 300, 640);
    Change::Letters(text, [255; 3], 5).draw(&mut picture);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    let photograph = Rect::new(400, 100, 128, 128);
    Change::Noise(photograph, 3).draw(&mut picture);
    let mut damage = Region::from(photograph);
    let mut moves = 0;
    for _ in 0..24 {
        picture.copy(Rect::new(0, 0, 300, 620), (0, 20));
        damage.add(text);
        let (encoded, _) = sides.step(&picture, &damage, budget);
        moves += encoded.operations.copy;
        damage.clear();
    }
    assert!(moves >= 8, "this test is about moves");
    let pixels = (100..228).flat_map(|y| (400..528).map(move |x| (y, x)));
    let is_missing = |&(y, x): &(u32, u32)| {
        let at = y as usize * picture.stride + x as usize * 4;
        let shown = &sides.framebuffer.row(x, y, 1)[..3];
        if budget.loss == Loss::Never { shown != &picture.data[at..at + 3] } else { shown == [0; 3] }
    };
    pixels.filter(is_missing).count()
}

#[test]
fn a_picture_of_many_stripes_takes_no_longer_than_others() {
    let mut picture = Picture::new(MAX_DIMENSION, 1024);
    for x in (0..MAX_DIMENSION).step_by(25) {
        picture.fill(Rect::new(x, 0, 1, 1024), [200, 0, 0]);
    }
    let mut sides = Sides::new(picture.width, picture.height);
    let begun = Instant::now();
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}: as if once for each stripe", begun.elapsed());
    sides.assert_shows(&picture);
}

#[test]
fn a_picture_that_repeats_itself_takes_little_longer_than_another() {
    // Every ninth line is like no other: thousands of stretches of eight lines could have come from elsewhere.
    let repeated = time_of_two_corners(|x, y| if (y + x / 64 * 5) % 9 == 8 { y } else { y % 9 });
    let other = time_of_two_corners(|_, y| y);
    assert!(repeated < other * 60, "{repeated:?}, {other:?} without repetition");
}

/// The quickest of three updates with changes in two corners of a picture whose lines have these contents.
fn time_of_two_corners(content: impl Fn(u32, u32) -> u32) -> Duration {
    let mut picture = Picture::new(1920, 1200);
    for (y, x) in (0..1200).flat_map(|y| (0..1920).map(move |x| (y, x))) {
        let noise = (x * 7919 + content(x, y) * 104_729).wrapping_mul(0x9e37_79b1).to_be_bytes();
        picture.set(x, y, [noise[0], noise[1], noise[2]]);
    }
    let mut before = picture.clone();
    for corner in [Rect::new(0, 0, 100, 100), Rect::new(1820, 1100, 100, 100)] {
        Change::Noise(corner, 9).draw(&mut before);
    }
    let mut sides = Sides::new(1920, 1200);
    let times = (0..3).map(|_| {
        sides.settle(&before, &before.whole(), Budget::unlimited());
        let begun = Instant::now();
        sides.settle(&picture, &picture.whole(), Budget::unlimited());
        let time = begun.elapsed();
        sides.assert_shows(&picture);
        time
    });
    times.min().expect("three times")
}

#[test]
fn an_update_without_a_keyframe_before_it_is_refused_in_so_many_words() {
    let mut sides = Sides::new(100, 100);
    let mut picture = Picture::new(100, 100);
    sides.settle(&picture, &Region::new(), Budget::unlimited());
    picture.fill(Rect::new(0, 0, 9, 9), [1, 1, 1]);
    sides.step(&picture, &picture.whole(), Budget::unlimited());
    let late = Decoder::new().apply(&sides.update, &mut Framebuffer::new());
    assert_eq!(late.err(), Some(DecodeError::KeyframeNeeded));
    let elsewhere = sides.decoder.apply(&sides.update, &mut Framebuffer::new());
    assert_eq!(elsewhere.err(), Some(DecodeError::Framebuffer));
}

#[test]
fn sizes_out_of_bounds_make_no_encoder() {
    for (width, height) in [(0, 1), (1, 0), (MAX_DIMENSION + 1, 1), (MAX_DIMENSION, MAX_PIXELS / MAX_DIMENSION + 1)] {
        assert!(Encoder::new(width, height).is_err(), "{width}×{height}");
    }
}
