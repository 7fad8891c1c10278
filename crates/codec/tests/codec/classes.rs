//! What is text, a window, an icon, a gradient, a photograph: pictures of each kind, drawn here, and what of them may be
//! shown roughly when the link is slow.

use std::collections::HashSet;
use std::time::Duration;

use lotse_codec::{Budget, Loss, Pending, Rect, Region};

use crate::film::{Film, PICTURE, Play};
use crate::scenes::{mix, photograph};
use crate::sides::{Picture, Sides};

const WIDTH: u32 = 448;
const HEIGHT: u32 = 256;

/// Where everything is drawn: not along the tiles.
const PLACE: Rect = Rect::new(37, 21, 370, 200);

/// An update of 40 ms at 0.5 Mbit/s.
const TIGHT: Budget = Budget::bytes(2_500);

type Colour = [u8; 3];

const WHITE: Colour = [255, 255, 255];
const BLACK: Colour = [0, 0, 0];

/// How the edges of letters are drawn.
#[derive(Clone, Copy, Debug)]
enum Smoothing {
    None,
    Grey,
    /// By thirds of pixels, each of its own colour.
    Thirds,
}

/// Is this place, in 24ths of a pixel, inside the strokes of a letter of this size?
fn is_ink(letter: u32, size: u32, x: u32, y: u32) -> bool {
    const FINE: u32 = 24;
    let (width, height, stroke) = (size * FINE / 2, size * FINE * 3 / 4, size * FINE / 10 + FINE / 3);
    if x > width || y > height {
        return false;
    }
    let is_near = |at: u32, where_: u32| at.abs_diff(where_) < stroke / 2 + 1;
    let strokes = mix(letter * 7 + 3);
    let slope = y * (width - stroke) / height;
    let (right, below) = (width - stroke / 2, height - stroke / 2);
    let middle = (i64::from(x) - i64::from(width / 2), i64::from(y) - i64::from(height * 2 / 3));
    let radius = i64::from(width / 2 - stroke / 2);
    let distance = (middle.0.pow(2) + middle.1.pow(2)).isqrt();
    [
        is_near(x, stroke / 2),
        is_near(x, right),
        is_near(y, stroke / 2),
        is_near(y, height / 2),
        is_near(y, below),
        is_near(x, slope + stroke / 2),
        is_near(x, width - slope - stroke / 2),
        (distance - radius).unsigned_abs() < u64::from(stroke / 2),
    ]
    .into_iter()
    .enumerate()
    .any(|(bit, is_inside)| is_inside && strokes >> bit & 1 == 1 || bit == 7 && is_inside && strokes & 0xff == 0)
}

/// How much ink is around so many 24ths of a pixel, of 256.
fn coverage(letter: u32, size: u32, x: u32, y: u32, width: u32) -> u32 {
    let samples = (0..6).flat_map(|line| (0..6).map(move |column| (column, line)));
    let inked = samples.filter(|(column, line)| is_ink(letter, size, x + column * width / 6, y + line * 4));
    u32::try_from(inked.count()).expect("36 of them") * 256 / 36
}

fn blend(paper: Colour, ink: Colour, amounts: [u32; 3]) -> Colour {
    std::array::from_fn(|at| {
        let (paper, ink) = (u32::from(paper[at]), u32::from(ink[at]));
        u8::try_from((paper * (256 - amounts[at]) + ink * amounts[at]) / 256).expect("between two bytes")
    })
}

/// Lines of letters of this size, pixels, in colours by their word, on whatever is there.
fn write(picture: &mut Picture, place: Rect, size: u32, inks: &[Colour], smoothing: Smoothing) {
    let (advance, line) = (size * 6 / 10 + 1, size * 3 / 2);
    let cells = (0..place.height / line).flat_map(|row| (0..place.width / advance).map(move |column| (column, row)));
    for (column, row) in cells {
        let number = mix(row * 977 + column);
        if number.is_multiple_of(6) {
            continue;
        }
        let ink = inks[(mix(row * 31 + column / 6) % u32::try_from(inks.len()).expect("few")) as usize];
        for (y, x) in (0..=size).flat_map(|y| (0..advance).map(move |x| (y, x))) {
            let at = |part: u32, width: u32| coverage(number % 52, size, x * 24 + part, y * 24, width);
            let amounts = match smoothing {
                Smoothing::None => [if at(8, 8) > 127 { 256 } else { 0 }; 3],
                Smoothing::Grey => [at(0, 24); 3],
                // Blue is at the right.
                Smoothing::Thirds => [at(12, 16), at(4, 16), at(0, 12)],
            };
            let (x, y) = (place.x + column * advance + x, place.y + row * line + y);
            if y < place.bottom() && x < place.right() {
                picture.set(x, y, blend(picture.pixel(x, y), ink, amounts));
            }
        }
    }
}

fn desk() -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    picture.fill(picture.whole().bounds(), [96, 64, 32]);
    picture
}

/// The desk with something on it, pixel by pixel of [`PLACE`].
fn drawn(colour: impl Fn(u32, u32) -> Colour) -> Picture {
    let mut picture = desk();
    for (y, x) in (0..PLACE.height).flat_map(|y| (0..PLACE.width).map(move |x| (y, x))) {
        picture.set(PLACE.x + x, PLACE.y + y, colour(x, y));
    }
    picture
}

/// Both sides, with this to be seen.
fn showing(picture: &Picture) -> Sides {
    let mut sides = Sides::new(WIDTH, HEIGHT);
    sides.settle(picture, &picture.whole(), Budget::unlimited().with(Loss::Never).at(Duration::ZERO));
    sides
}

/// How a picture came in.
#[derive(Debug, Default)]
struct Came {
    /// Most pixels of one picture shown on the way that were neither as before nor right.
    rough: usize,
    /// Updates until no pixel was as before that had to change.
    complete: usize,
    /// Updates until all were right.
    exact: usize,
    bytes: usize,
}

/// Shows the picture in place of the empty desk over a slow link.
fn show(picture: &Picture) -> Came {
    let before = desk();
    let mut sides = showing(&before);
    let (old, new) = (before.shown(), picture.shown());
    let mut came = Came::default();
    let mut now = Duration::from_secs(60);
    let mut damage = Region::from(PLACE);
    loop {
        now += Duration::from_millis(40);
        let (encoded, _) = sides.step(picture, &damage, TIGHT.at(now));
        damage = Region::new();
        came.exact += 1;
        came.bytes += encoded.bytes;
        let shown = sides.framebuffer.pixels().chunks_exact(4);
        let (mut rough, mut is_complete) = (0, true);
        for (shown, (old, new)) in shown.zip(old.chunks_exact(4).zip(new.chunks_exact(4))) {
            rough += usize::from(shown != old && shown != new);
            is_complete &= shown != old || old == new;
        }
        came.rough = came.rough.max(rough);
        if is_complete && came.complete == 0 {
            came.complete = came.exact;
        }
        match encoded.pending {
            Pending::Nothing => break,
            Pending::Later(at) => now = now.max(at),
            Pending::More => {}
        }
        assert!(came.exact < 2_000, "it is rough for ever");
    }
    sides.assert_shows(picture);
    came
}

#[track_caller]
fn assert_sharp(what: &str, picture: &Picture) {
    let came = show(picture);
    println!("{what}: {came:?}");
    assert_eq!(came.rough, 0, "{what} is sharp or not there: {came:?}");
}

#[track_caller]
fn assert_rough_at_first(what: &str, picture: &Picture) {
    let came = show(picture);
    println!("{what}: {came:?}");
    let all = (PLACE.width * PLACE.height) as usize;
    assert!(came.rough > all / 2, "{what} is shown roughly at first: {came:?}");
    assert!(came.complete * 3 <= came.exact, "and that is soon: {came:?}");
}

#[test]
fn text_is_sharp_whatever_its_size_its_colours_and_its_smoothing() {
    const DARK: Colour = [30, 30, 30];
    let themes: [(&str, Colour, &[Colour]); 4] = [
        ("black on white", WHITE, &[BLACK]),
        ("light on dark", DARK, &[[212, 212, 212]]),
        (
            "a program on dark",
            DARK,
            &[[212, 212, 212], [214, 156, 86], [120, 145, 206], [176, 201, 78], [85, 153, 106]],
        ),
        ("white on a colour", [180, 90, 20], &[WHITE, [200, 255, 255]]),
    ];
    for (theme, paper, inks) in themes {
        for size in [9, 12, 17, 26, 50, 90] {
            for smoothing in [Smoothing::None, Smoothing::Grey, Smoothing::Thirds] {
                let mut picture = drawn(|_, _| paper);
                write(&mut picture, PLACE, size, inks, smoothing);
                assert_sharp(&format!("text of {size} pixels, {theme}, {smoothing:?}"), &picture);
            }
        }
    }
}

#[test]
fn icons_and_windows_are_sharp() {
    // A window with a title, a list with lines in two colours, and buttons with edges.
    let window = drawn(|x, y| match (x, y) {
        (_, 0..20) => [160, 100, 40],
        (0..90, _) if y / 18 % 2 == 0 => [245, 245, 245],
        (0..90, _) => [230, 230, 230],
        _ if (x % 70 < 2 || y % 45 < 2) && x > 100 => [128, 128, 128],
        _ => [240, 240, 240],
    });
    assert_sharp("a window", &window);
    for side in [16, 24, 31] {
        // A ball with light on it, smooth at its edge, and the same in flat colours.
        let icon = |x: u32, y: u32| {
            let (dx, dy) = ((x % 48).abs_diff(24), (y % 48).abs_diff(24));
            let distance = (dx * dx + dy * dy).isqrt();
            let hue = mix(x / 48 + y / 48 * 10).to_le_bytes();
            let light = |base: u8| base / 2 + u8::try_from(127 * (48 - dx - dy) / 48).expect("below 128");
            if distance * 2 > side { [250, 250, 250] } else { [light(hue[0]), light(hue[1]), light(hue[2])] }
        };
        assert_sharp(&format!("icons of {side} pixels"), &drawn(icon));
    }
}

fn byte(value: u32) -> u8 {
    u8::try_from(value.min(255)).expect("at most 255")
}

#[test]
fn gradients_along_an_axis_are_sharp() {
    assert_sharp("downwards", &drawn(|_, y| [byte(200 + y / 8), byte(100 + y / 2), byte(y / 3)]));
    assert_sharp("to the right, slowly", &drawn(|x, _| [byte(200 - x / 4), byte(80 + x / 8), 30]));
    assert_sharp("to the right", &drawn(|x, _| [byte(x * 2 / 3), byte(x / 2), byte(255 - x / 2)]));
}

#[test]
fn photographs_are_rough_at_first_whether_they_are_smooth_noisy_or_dark() {
    let photograph = photograph(PLACE.width, PLACE.height);
    let pixel = |x: u32, y: u32| photograph.pixel(x, y).map(u32::from);
    assert_rough_at_first("a photograph", &drawn(|x, y| pixel(x, y).map(byte)));
    let grain = |x: u32, y: u32, of: u32| mix(x * 7919 + y * 13) % of;
    assert_rough_at_first("a noisy one", &drawn(|x, y| pixel(x, y).map(|value| byte(value + grain(x, y, 24)))));
    assert_rough_at_first("a dark one", &drawn(|x, y| pixel(x, y).map(|value| byte(value / 5 + grain(x, y, 4)))));
}

#[test]
fn what_looks_worst_becomes_better_first() {
    // Three photographs, the calmest first in reading order: what is rough about them is their noise, of the last in patches of red.
    const SIDE: u32 = 128;
    let noises = [(1, [4, 4, 4]), (1, [12, 12, 12]), (4, [1, 1, 240])];
    let photograph = photograph(WIDTH, HEIGHT);
    let place = |number: u32| Rect::new(number * 128, 64, SIDE, SIDE);
    let mut picture = desk();
    for (number, (patch, noise)) in (0..).zip(noises) {
        let rect = place(number);
        for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
            let pixel = photograph.pixel(x, y);
            let of_noise = |channel: usize| mix(x / patch * 7919 + y / patch) % noise[channel];
            let grain = |channel: usize| byte(u32::from(pixel[channel]) / 2 + of_noise(channel));
            picture.set(x, y, [grain(0), grain(1), grain(2)]);
        }
    }
    let before = desk();
    let mut sides = showing(&before);
    let errors = |sides: &Sides| {
        [0, 1, 2].map(|number| {
            let rect = place(number);
            let rows = (rect.y..rect.bottom()).map(|y| {
                let shown = sides.framebuffer.row(rect.x, y, SIDE);
                let is = &picture.data[y as usize * picture.stride + rect.x as usize * 4..][..SIDE as usize * 4];
                let pairs = shown.chunks_exact(4).zip(is.chunks_exact(4));
                let error = |(a, b): (&[u8], &[u8])| {
                    a.iter().zip(&b[..3]).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>()
                };
                pairs.map(error).sum::<u64>()
            });
            rows.sum::<u64>()
        })
    };
    let mut now = Duration::from_secs(60);
    // All of it, roughly; then they rest.
    sides.step(&picture, &picture.whole(), Budget::bytes(12_000).at(now));
    let rough = errors(&sides);
    let mut order = Vec::new();
    loop {
        now += Duration::from_millis(40);
        let (encoded, _) = sides.step(&picture, &Region::new(), TIGHT.at(now));
        // Which one has lost half of its error, and when?
        let errors = errors(&sides);
        let better = (0..3).filter(|&number| errors[number] * 2 < rough[number]);
        let new: Vec<_> = better.filter(|number| !order.contains(number)).collect();
        order.extend(new);
        match encoded.pending {
            Pending::Nothing => break,
            Pending::Later(at) => now = now.max(at),
            Pending::More => {}
        }
    }
    assert!(rough[0] * 3 < rough[1] * 2 && rough[1] * 3 < rough[2] * 2, "{rough:?}");
    assert_eq!(order, [2, 1, 0], "{rough:?}");
}

/// The pixels of full ink in these lines of letters, written over whatever is there.
fn strokes(picture: &mut Picture, place: Rect, size: u32, ink: Colour, smoothing: Smoothing) -> Vec<(u32, u32)> {
    let before = picture.clone();
    write(picture, place, size, &[ink], smoothing);
    let is_ink = |picture: &Picture, (x, y): (u32, u32)| picture.pixel(x, y) == ink;
    let all = (place.y..place.bottom()).flat_map(|y| (place.x..place.right()).map(move |x| (x, y)));
    all.filter(|&at| is_ink(picture, at) && !is_ink(&before, at)).collect()
}

/// What is not ink within two pixels of it: the edges of the letters, and what is beside them.
fn beside(strokes: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let around = |&(x, y): &(u32, u32)| (y - 2..=y + 2).flat_map(move |y| (x - 2..=x + 2).map(move |x| (x, y)));
    let ink: HashSet<_> = strokes.iter().copied().collect();
    let near: HashSet<_> = strokes.iter().flat_map(around).collect();
    near.difference(&ink).copied().collect()
}

/// How far these pixels are off what they should be, of 255: half of them at most, and nine of ten at most.
fn errors(sides: &Sides, picture: &Picture, pixels: &[(u32, u32)]) -> (u8, u8) {
    let error = |&(x, y): &(u32, u32)| {
        let channels = sides.framebuffer.row(x, y, 1).iter().zip(picture.pixel(x, y));
        channels.map(|(shown, is)| shown.abs_diff(is)).max().unwrap_or_default()
    };
    let mut errors: Vec<u8> = pixels.iter().map(error).collect();
    errors.sort_unstable();
    (errors[errors.len() / 2], errors[errors.len() * 9 / 10])
}

/// Sizes, smoothings and colours of what people write on wallpapers and under films.
fn captions() -> impl Iterator<Item = (u32, Smoothing, Colour)> {
    let sizes = [9, 12, 17, 26, 50].into_iter();
    let smoothed = sizes.flat_map(|size| [Smoothing::Grey, Smoothing::Thirds].map(|smoothing| (size, smoothing)));
    smoothed.flat_map(|(size, smoothing)| [WHITE, BLACK].map(|ink| (size, smoothing, ink)))
}

const CAPTION: Rect = Rect::new(70, 100, 300, 51);
/// For letters that are too large for that one.
const LARGE_CAPTION: Rect = Rect::new(70, 90, 300, 80);

/// As soon as they are all there, however slow the link.
#[track_caller]
fn assert_letters_are_sharp_over(what: &str, under: &Picture) {
    for (size, smoothing, ink) in captions() {
        let mut picture = under.clone();
        let place = if size < 30 { CAPTION } else { LARGE_CAPTION };
        let strokes = strokes(&mut picture, place, size, ink, smoothing);
        let before = desk();
        let mut sides = showing(&before);
        let mut now = Duration::from_secs(60);
        let mut damage = Region::from(PLACE);
        let desk = before.shown();
        let is_there = |sides: &Sides, &(x, y): &(u32, u32)| {
            let at = (y * WIDTH + x) as usize * 4;
            sides.framebuffer.row(x, y, 1) != &desk[at..at + 4]
        };
        while !strokes.iter().all(|at| is_there(&sides, at)) {
            now += Duration::from_millis(40);
            sides.step(&picture, &damage, TIGHT.at(now));
            damage = Region::new();
        }
        let (half, most) = errors(&sides, &picture, &strokes);
        let (half_beside, most_beside) = errors(&sides, &picture, &beside(&strokes));
        let said = format!(
            "letters of {size} pixels over {what}, {ink:?}, {smoothing:?}: off by {half}, most of them by less than {most}; what is \
             beside them by {half_beside} and {most_beside}"
        );
        println!("{said}");
        assert!(half <= 24 && most <= 64, "{said}");
        assert!(half_beside <= 24 && most_beside <= 64, "{said}");
    }
}

#[test]
fn letters_over_a_photograph_are_sharp_as_soon_as_they_are_there() {
    let under = photograph(PLACE.width, PLACE.height);
    assert_letters_are_sharp_over("a photograph", &drawn(|x, y| under.pixel(x, y)));
}

#[test]
fn letters_over_a_gradient_are_sharp_as_soon_as_they_are_there() {
    let across = |x: u32, y: u32| [byte(255 - (x + y) / 3), byte(80 + (x + y) / 4), byte(30 + (x + 2 * y) / 8)];
    assert_letters_are_sharp_over("a gradient across", &drawn(across));
    let round = |x: u32, y: u32| {
        let distance = (x.abs_diff(180).pow(2) + y.abs_diff(90).pow(2)).isqrt();
        [byte(240 - distance), byte(200 - distance / 2), byte(90 + distance / 3)]
    };
    assert_letters_are_sharp_over("a round one", &drawn(round));
}

#[test]
fn letters_over_film_can_be_read() {
    let film = Film::new(PLACE);
    for (size, smoothing, ink) in captions().filter(|(size, ..)| *size < 17) {
        // 0.7 and 2 Mbit/s.
        for (bytes, limits) in [(2_500, (20, 56)), (8_000, (6, 20))] {
            let mut picture = desk();
            film.draw(0, &mut picture);
            let mut play = Play::new(&picture);
            for number in 1..=16 {
                film.draw(number, &mut picture);
                let strokes = strokes(&mut picture, CAPTION, size, ink, smoothing);
                play.now += PICTURE;
                play.step(&picture, &Region::from(PLACE), Budget::bytes(bytes));
                let (half, most) = errors(&play.sides, &picture, &strokes);
                let what = format!(
                    "letters of {size} pixels, {ink:?}, {smoothing:?}: off by {half}, most by less than {most}"
                );
                assert!(number < 10 || half <= limits.0 && most <= limits.1, "{what}, {bytes} bytes a picture");
            }
        }
    }
}
