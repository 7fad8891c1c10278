//! Photographs and film: roughly at once where they do not fit, sharp where there is text, exact when they rest.

use std::time::Duration;

use lotse_codec::{
    Budget, DecodeError, Decoder, Effort, Encoded, Framebuffer, LARGEST_TILE, Loss, Pending, Rect, Region,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::exact::{Change, change};
use crate::hostile::{CODED, chunk, chunk_of, keyframe, number, pack};
use crate::scenes::{glyph, mix, photograph};
use crate::sides::{self, Picture, Sides};

pub(crate) const SIDE: u32 = 64;

/// Thirty pictures a second.
pub(crate) const PICTURE: Duration = Duration::from_millis(33);

/// A desktop with film at a place: a photograph that passes by, under noise.
pub(crate) struct Film {
    photograph: Picture,
    pub(crate) rect: Rect,
}

impl Film {
    pub(crate) fn new(rect: Rect) -> Self {
        Self { photograph: photograph(rect.width + 220, rect.height + 90), rect }
    }

    pub(crate) fn draw(&self, number: u32, picture: &mut Picture) {
        let (left, top) = (number * 3 % 200, number % 80);
        for (y, x) in (0..self.rect.height).flat_map(|y| (0..self.rect.width).map(move |x| (y, x))) {
            let at = (top + y) as usize * self.photograph.stride + (left + x) as usize * 4;
            let noise = mix(y * 4001 + x + number * 77_777);
            let grain = |channel: usize| self.photograph.data[at + channel].saturating_add((noise >> 29) as u8);
            picture.set(self.rect.x + x, self.rect.y + y, [grain(0), grain(1), grain(2)]);
        }
    }
}

pub(crate) fn desktop(width: u32, height: u32) -> Picture {
    let mut picture = Picture::new(width, height);
    picture.fill(Rect::new(0, 0, width, height), [255, 255, 255]);
    for (row, column) in (0..height / 17).flat_map(|row| (0..width / 9).map(move |column| (row, column))) {
        glyph(&mut picture, column, row, mix(row * 99 + column) % 27);
    }
    picture
}

/// Both sides with a clock.
pub(crate) struct Play {
    pub(crate) sides: Sides,
    pub(crate) now: Duration,
}

impl Play {
    /// Shows the picture, every pixel of it, and goes on a minute later.
    pub(crate) fn new(picture: &Picture) -> Self {
        let mut play = Self { sides: Sides::new(picture.width, picture.height), now: Duration::ZERO };
        play.sides.settle(picture, &picture.whole(), Budget::unlimited().with(Loss::Never).at(Duration::ZERO));
        play.sides.assert_shows(picture);
        play.now = Duration::from_secs(60);
        play
    }

    pub(crate) fn step(&mut self, picture: &Picture, damage: &Region, budget: Budget) -> Encoded {
        let (encoded, _) = self.sides.step(picture, damage, budget.at(self.now));
        assert!(encoded.bytes <= budget.bytes + LARGEST_TILE, "{} bytes of {}", encoded.bytes, budget.bytes);
        encoded
    }

    /// Updates one after the other until nothing is pending, in their own time; how many had something in them.
    pub(crate) fn rest(&mut self, picture: &Picture, budget: Budget) -> usize {
        let mut updates = 0;
        loop {
            let encoded = self.step(picture, &Region::new(), budget);
            updates += usize::from(encoded.bytes > 0);
            match encoded.pending {
                Pending::Nothing => break,
                Pending::Later(at) => {
                    assert!(at > self.now, "{at:?} is over at {:?}", self.now);
                    self.now = at;
                }
                Pending::More => {
                    assert_ne!(encoded.bytes, 0, "an update that leaves something behind gets on");
                    self.now += PICTURE;
                }
            }
            assert!(updates <= most_updates(picture), "it takes forever");
        }
        self.sides.assert_shows(picture);
        updates
    }

    /// The largest difference of a channel of these pixels, and the sum of the squares of all.
    pub(crate) fn wrong(&self, picture: &Picture, rect: Rect, is_meant: impl Fn(u32, u32) -> bool) -> (u8, u64) {
        let (mut worst, mut squares) = (0, 0);
        for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
            if is_meant(x, y) {
                let at = y as usize * picture.stride + x as usize * 4;
                let shown = self.sides.framebuffer.row(x, y, 1);
                for (a, b) in shown[..3].iter().zip(&picture.data[at..at + 3]) {
                    worst = worst.max(a.abs_diff(*b));
                    squares += u64::from(a.abs_diff(*b)).pow(2);
                }
            }
        }
        (worst, squares)
    }

    /// Decibels; of the whole rectangle.
    pub(crate) fn psnr(&self, picture: &Picture, rect: Rect) -> f64 {
        let (_, squares) = self.wrong(picture, rect, |_, _| true);
        let mean = squares as f64 / (rect.area() * 3) as f64;
        10. * (255. * 255. / mean.max(1e-9)).log10()
    }

    #[track_caller]
    fn assert_exact(&self, picture: &Picture, rect: Rect, but: Rect) {
        let is_outside = |x, y| !(but.x <= x && x < but.right() && but.y <= y && y < but.bottom());
        assert_eq!(self.wrong(picture, rect, is_outside), (0, 0), "at {:?}", self.now);
    }
}

/// A tile becomes exact by three updates at the most that do nothing else: two that find out that it is large, and
/// one. Before that it was shown roughly, by as many, and a little better, by as many.
fn most_updates(picture: &Picture) -> usize {
    10 * (picture.width.div_ceil(SIDE) * picture.height.div_ceil(SIDE)) as usize + 20
}

#[test]
fn film_in_a_window_is_fluent_at_once_and_exact_when_it_rests() {
    let film = Film::new(Rect::new(131, 77, 320, 192));
    let mut picture = desktop(600, 360);
    film.draw(0, &mut picture);
    let (mut rough, mut exact) = (Play::new(&picture), Play::new(&picture));
    let (mut bytes, mut exact_bytes) = (0, 0);
    for number in 1..=24 {
        film.draw(number, &mut picture);
        let damage = Region::from(film.rect);
        for play in [&mut rough, &mut exact] {
            play.now += PICTURE;
        }
        let encoded = rough.step(&picture, &damage, Budget::bytes(16_000));
        bytes += encoded.bytes;
        rough.assert_exact(&picture, Rect::new(0, 0, 600, 360), film.rect);
        if number > 6 {
            let psnr = rough.psnr(&picture, film.rect);
            assert!(psnr >= 34., "{psnr} dB in picture {number}");
        }
        if number <= 4 {
            let budget = Budget::unlimited().with(Loss::Never);
            exact_bytes += exact.step(&picture, &damage, budget).bytes;
            exact.sides.assert_shows(&picture);
        }
    }
    let (mean, exact_mean) = (bytes / 24, exact_bytes / 4);
    assert!(mean * 4 < exact_mean, "{mean} bytes a picture, {exact_mean} exactly");

    // It stops. Until it rests there is nothing to do.
    while rough.sides.encoder.pending() == Pending::More {
        rough.step(&picture, &Region::new(), Budget::bytes(16_000));
    }
    let Pending::Later(at) = rough.sides.encoder.pending() else { panic!("rough film becomes better") };
    assert!(at > rough.now && at <= rough.now + Duration::from_millis(300), "at {at:?}, now {:?}", rough.now);
    rough.now = at.saturating_sub(Duration::from_millis(1));
    let early = rough.step(&picture, &Region::new(), Budget::bytes(16_000));
    assert_eq!((early.bytes, early.pending), (0, Pending::Later(at)));
    rough.now = at;
    let updates = rough.rest(&picture, Budget::bytes(16_000));
    assert!(updates <= 20, "{updates} updates until it is exact");
}

#[test]
fn what_is_typed_beside_film_is_exact_at_once_in_an_update_of_its_own() {
    let film = Film::new(Rect::new(131, 77, 320, 192));
    let mut picture = desktop(600, 360);
    film.draw(0, &mut picture);
    let mut play = Play::new(&picture);
    for number in 1..=30 {
        play.now += PICTURE;
        film.draw(number, &mut picture);
        let mut damage = Region::from(film.rect);
        let is_typed = number % 5 == 0;
        if is_typed {
            glyph(&mut picture, number, 19, mix(number) % 26 + 1);
            damage.add(Rect::new(number * 9, 19 * 17, 9, 17));
        }
        let encoded = play.step(&picture, &damage, Budget::bytes(8_000));
        play.assert_exact(&picture, Rect::new(0, 0, 600, 360), film.rect);
        if number > 3 {
            assert_eq!(encoded.operations.film == 0, is_typed, "{encoded:?}");
        }
        if is_typed {
            assert!(encoded.bytes < 400, "{} bytes of a letter", encoded.bytes);
            assert_eq!(encoded.pending, Pending::More);
            let encoded = play.step(&picture, &Region::new(), Budget::bytes(8_000));
            assert!(encoded.operations.film > 0, "{encoded:?}");
        }
    }
}

/// Light letters of solid strokes, two pixels wide, as subtitles are.
fn subtitle(picture: &mut Picture, corner: (u32, u32)) -> Vec<(u32, u32)> {
    let mut ink = Vec::new();
    for letter in 0..14u32 {
        let shape = mix(letter);
        for (y, x) in (0..7u32).flat_map(|y| (0..4u32).map(move |x| (y, x))) {
            if shape >> (y % 4 * 4 + x) & 1 == 1 {
                let (x, y) = (corner.0 + letter * 11 + x * 2, corner.1 + y * 2);
                ink.extend([(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)]);
            }
        }
    }
    for (x, y) in &ink {
        picture.set(*x, *y, [250, 250, 250]);
    }
    ink
}

/// Film whose picture jumps `step` pixels to the side each time, played with this effort: all updates one after the other.
fn play_with(effort: Effort, step: u32) -> Vec<u8> {
    let rect = Rect::new(131, 77, 320, 192);
    let photograph = photograph(rect.width + 24 * step + 64, rect.height);
    let mut picture = desktop(600, 360);
    let mut play = Play::new(&picture);
    let mut updates = Vec::new();
    for number in 0..24 {
        // To and fro by another width each time: that is not foreseen from the picture before.
        let left = number * step + mix(number) % 24 * u32::from(step > 0);
        for (y, x) in (0..rect.height).flat_map(|y| (0..rect.width).map(move |x| (y, x))) {
            let at = y as usize * photograph.stride + (left + x) as usize * 4;
            let noise = (mix(y * 4001 + x + number * 77_777) >> 29) as u8;
            let grain = |channel: usize| photograph.data[at + channel].saturating_add(noise);
            picture.set(rect.x + x, rect.y + y, [grain(0), grain(1), grain(2)]);
        }
        play.now += PICTURE;
        let budget = Budget::bytes(60_000).effort(effort);
        play.step(&picture, &Region::from(rect), budget);
        updates.extend_from_slice(&play.sides.update);
    }
    play.rest(&picture, Budget::bytes(60_000).effort(effort));
    updates
}

#[test]
fn with_little_effort_an_update_has_half_as_much_of_a_film() {
    let film = Film::new(Rect::new(8, 8, 704, 512));
    let updates = |effort: Effort| {
        let mut picture = desktop(720, 528);
        let mut play = Play::new(&picture);
        let mut updates = 0;
        for number in 0..8 {
            film.draw(number, &mut picture);
            play.now += PICTURE;
            let budget = Budget::bytes(60_000).effort(effort);
            let mut encoded = play.step(&picture, &Region::from(film.rect), budget);
            while encoded.pending == Pending::More {
                updates += u32::from(number > 3);
                encoded = play.step(&picture, &Region::new(), budget);
            }
        }
        updates
    };
    let [full, quick] = [Effort::Full, Effort::Quick].map(updates);
    assert!(full > 0 && quick >= 2 * full, "{quick} updates beside the last of each picture, {full} with all effort");
}

#[test]
fn little_effort_does_not_search_for_motion_and_is_deterministic_and_exact_in_the_end() {
    let [full, quick] = [Effort::Full, Effort::Quick].map(|effort| play_with(effort, 7));
    assert!(quick.len() * 10 > full.len() * 11, "{} bytes quickly, {} otherwise", quick.len(), full.len());
    assert_eq!(play_with(Effort::Quick, 7), quick);
    // Where nothing moves, there is nothing to search for.
    let [full, quick] = [Effort::Full, Effort::Quick].map(|effort| play_with(effort, 0));
    assert!(quick.len() * 50 < full.len() * 51, "{} bytes quickly, {} otherwise", quick.len(), full.len());
}

#[test]
fn text_and_menus_over_film_are_sharp_at_once() {
    let film = Film::new(Rect::new(64, 64, 384, 256));
    let mut picture = desktop(520, 360);
    film.draw(0, &mut picture);
    let mut play = Play::new(&picture);
    let menu = Rect::new(190, 120, 130, 110);
    for number in 1..=24 {
        play.now += PICTURE;
        film.draw(number, &mut picture);
        let ink = subtitle(&mut picture, (150, 270));
        if number > 12 {
            picture.fill(menu, [240, 240, 240]);
            for (row, column) in (8..13).flat_map(|row| (22..34).map(move |column| (row, column))) {
                glyph(&mut picture, column, row, mix(row * 50 + column) % 27);
            }
        }
        // What a picture of film takes.
        for _ in 0..2 {
            play.step(&picture, &Region::from(film.rect), Budget::bytes(16_000));
        }
        if number > 4 {
            let (worst, _) = play.wrong(&picture, film.rect, |x, y| ink.contains(&(x, y)));
            assert!(worst <= 24, "letters are wrong by {worst} in picture {number}");
        }
        if number > 12 {
            let (worst, _) = play.wrong(&picture, menu, |_, _| true);
            assert!(worst <= 32, "the menu is wrong by {worst} in picture {number}");
        }
    }
    play.rest(&picture, Budget::bytes(16_000));
}

#[test]
fn what_is_typed_into_a_dialog_in_front_of_film_is_exact_at_once() {
    let film = Film::new(Rect::new(64, 64, 384, 256));
    let mut picture = desktop(520, 360);
    film.draw(0, &mut picture);
    let mut play = Play::new(&picture);
    let dialog = Rect::new(150, 140, 200, 140);
    let middle = Rect::new(192, 192, 128, 64);
    for number in 1..=60 {
        play.now += PICTURE;
        let mut letters = picture.clone();
        film.draw(number, &mut picture);
        if number == 10 {
            letters.fill(dialog, [230, 230, 230]);
        }
        if number > 20 {
            glyph(&mut letters, 22 + number % 12, 12 + number / 12 % 2, mix(number) % 26 + 1);
        }
        if number >= 10 {
            picture.paste((dialog.x, dialog.y), &letters, dialog);
        }
        play.step(&picture, &Region::from(film.rect), Budget::bytes(8_250).film(7_400));
        if number > 20 {
            let (worst, _) = play.wrong(&picture, middle, |_, _| true);
            assert_eq!(worst, 0, "picture {number}");
        }
    }
    play.rest(&picture, Budget::bytes(8_250));
}

#[test]
fn a_large_photograph_comes_in_slices_with_what_is_typed_between_them() {
    let mut picture = desktop(1100, 700);
    let mut play = Play::new(&picture);
    let rect = Rect::new(20, 20, 1000, 600);
    let album = photograph(rect.width, rect.height);
    picture.paste((rect.x, rect.y), &album, Rect::new(0, 0, rect.width, rect.height));
    let mut damage = Region::from(rect);
    let mut updates = 0;
    loop {
        let encoded = play.step(&picture, &damage, Budget::unlimited().with(Loss::Never));
        assert!(encoded.operations.photo + encoded.operations.literal <= 28, "{encoded:?}");
        play.assert_exact(&picture, Rect::new(0, 0, 1100, 700), rect);
        updates += 1;
        if encoded.pending == Pending::Nothing {
            break;
        }
        glyph(&mut picture, updates, 39, mix(updates) % 26 + 1);
        damage = Region::from(Rect::new(updates * 9, 39 * 17, 9, 17));
    }
    assert!(updates >= 6, "{updates}");
    play.sides.assert_shows(&picture);
}

#[test]
fn a_photograph_that_is_damaged_again_and_again_but_stays_becomes_exact() {
    let film = Film::new(Rect::new(30, 40, 256, 192));
    let mut picture = desktop(350, 300);
    film.draw(0, &mut picture);
    let mut play = Play::new(&desktop(350, 300));
    for number in 0..120 {
        play.now += PICTURE;
        let encoded = play.step(&picture, &picture.whole(), Budget::bytes(4_000));
        if number > 5 && encoded.pending == Pending::Nothing {
            return play.sides.assert_shows(&picture);
        }
    }
    panic!("it is rough for ever");
}

/// What a pass over the picture begins with is the reference of all of it, also of what goes on with the next picture.
#[test]
fn film_costs_the_same_wherever_its_slices_end() {
    let rect = Rect::new(40, 30, 640, 500);
    let (one, other) = (photograph(rect.width, rect.height), photograph(rect.width + 90, rect.height));
    let cost = |behind: bool| {
        let mut picture = desktop(760, 560);
        let mut play = Play::new(&picture);
        let mut bytes = 0;
        for number in 1..=30 {
            // The one fades into the other.
            for (y, x) in (0..rect.height).flat_map(|y| (0..rect.width).map(move |x| (y, x))) {
                let place = |album: &Picture, x: u32| y as usize * album.stride + x as usize * 4;
                let (a, b) = (place(&one, x), place(&other, x + 90));
                let mixed = [0, 1, 2].map(|channel| {
                    let (a, b) = (u32::from(one.data[a + channel]), u32::from(other.data[b + channel]));
                    u8::try_from((a * (32 - number) + b * number) / 32).expect("between the two")
                });
                picture.set(rect.x + x, rect.y + y, mixed);
            }
            let mut damage = Region::from(rect);
            // Two slices are a picture.
            for _ in 0..if behind && number == 1 { 1 } else { 2 } {
                play.now += PICTURE / 2;
                let encoded = play.step(&picture, &damage, Budget::bytes(60_000));
                bytes += if number > 4 { encoded.bytes } else { 0 };
                damage = Region::new();
            }
        }
        bytes
    };
    let (behind, ahead) = (cost(true), cost(false));
    assert!(behind.max(ahead) * 5 < behind.min(ahead) * 6, "{ahead} bytes, and {behind} with other slices");
}

#[test]
fn film_of_odd_sizes_and_places_arrives() {
    for (size, rect) in [
        ((1, 1), Rect::new(0, 0, 1, 1)),
        ((17, 3), Rect::new(0, 0, 17, 3)),
        ((65, 130), Rect::new(0, 0, 65, 130)),
        ((65, 130), Rect::new(13, 35, 52, 95)),
        ((4097, 9), Rect::new(0, 0, 4097, 9)),
        ((301, 203), Rect::new(97, 61, 204, 142)),
        ((301, 203), Rect::new(1, 1, 299, 65)),
    ] {
        let film = Film::new(rect);
        let mut picture = Picture::new(size.0, size.1);
        let mut play = Play::new(&picture);
        for number in 1..=12 {
            play.now += PICTURE;
            film.draw(number, &mut picture);
            play.step(&picture, &Region::from(rect), Budget::bytes(1_500));
            play.assert_exact(&picture, Rect::new(0, 0, size.0, size.1), rect);
        }
        play.rest(&picture, Budget::bytes(1_500));
    }
}

#[test]
fn without_loss_no_pixel_is_ever_sent_that_is_wrong() {
    let film = Film::new(Rect::new(64, 64, 384, 256));
    let mut picture = desktop(520, 360);
    film.draw(0, &mut picture);
    let mut play = Play::new(&picture);
    let budget = Budget::bytes(3_000);
    // Roughly at first, then not any more: what is rough may stay so for a while, but becomes only better.
    for number in 1..=30 {
        play.now += PICTURE;
        let loss = if (1..12).contains(&number) { Loss::AtFirst } else { Loss::Never };
        if number < 12 {
            film.draw(number, &mut picture);
        }
        let before = play.sides.framebuffer.clone();
        play.step(&picture, &Region::from(film.rect), budget.with(loss));
        if loss == Loss::Never {
            let is_new = |x, y| before.row(x, y, 1) != play.sides.framebuffer.row(x, y, 1);
            assert_eq!(play.wrong(&picture, Rect::new(0, 0, 520, 360), is_new), (0, 0), "in picture {number}");
        }
    }
    // Nor when a whole photograph is made better on a very slow link.
    let mut last = picture.clone();
    film.draw(77, &mut last);
    let picture = last;
    play.step(&picture, &Region::from(film.rect), budget);
    loop {
        play.now += Duration::from_millis(300);
        let before = play.sides.framebuffer.clone();
        let encoded = play.step(&picture, &Region::new(), Budget::bytes(300).with(Loss::Never));
        let is_new = |x, y| before.row(x, y, 1) != play.sides.framebuffer.row(x, y, 1);
        assert_eq!(play.wrong(&picture, Rect::new(0, 0, 520, 360), is_new), (0, 0));
        if encoded.pending == Pending::Nothing {
            break;
        }
    }
    play.sides.assert_shows(&picture);
}

/// What happens between two updates.
#[derive(Clone, Debug)]
enum Event {
    Change(Change),
    /// A photograph passes by, so far.
    Film(u32),
    Keyframe,
    Size(u32, u32),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => change().prop_map(Event::Change),
        6 => (0..60u32).prop_map(Event::Film),
        1 => Just(Event::Keyframe),
        1 => (1..260u32, 1..190u32).prop_map(|(width, height)| Event::Size(width, height)),
    ]
}

fn budgets() -> impl Strategy<Value = Budget> {
    let bytes = prop_oneof![Just(0), Just(300), 0..3_000usize, 0..60_000usize, Just(Budget::unlimited().bytes)];
    let loss = prop_oneof![3 => Just(Loss::AtFirst), 1 => Just(Loss::Never)];
    let effort = prop_oneof![Just(Effort::Full), Just(Effort::Quick)];
    (bytes, loss, effort, prop::option::of(0..20_000usize)).prop_map(|(bytes, loss, effort, film)| {
        let budget = Budget::bytes(bytes).with(loss).effort(effort);
        film.map_or(budget, |film| budget.film(film))
    })
}

type Step = (Vec<Event>, Vec<Rect>, Budget, u64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let rect =
        (0..260u32, 0..190u32, 1..200u32, 1..200u32).prop_map(|(x, y, width, height)| Rect::new(x, y, width, height));
    vec((vec(event(), 0..3), vec(rect, 0..2), budgets(), 0..400u64), 1..14)
}

proptest! {
    #![proptest_config(sides::cases(64))]

    #[test]
    fn whatever_happens_everything_is_exact_soon_after(
        place in (0..60u32, 0..60u32, 40..200u32, 40..130u32),
        steps in steps(),
        last in budgets(),
        has_clock in any::<bool>(),
    ) {
        let film = Film::new(Rect::new(place.0, place.1, place.2, place.3));
        let mut picture = Picture::new(230, 170);
        let mut play = Play::new(&picture);
        for (events, too_much, budget, milliseconds) in steps {
            let mut damage: Region = too_much.into_iter().collect();
            for event in events {
                match event {
                    Event::Change(change) => {
                        change.draw(&mut picture);
                        damage.add(change.rect());
                    }
                    Event::Film(number) => {
                        film.draw(number, &mut picture);
                        damage.add(film.rect);
                    }
                    Event::Keyframe => play.sides.encoder.keyframe(),
                    Event::Size(width, height) => picture = Picture::new(width, height),
                }
            }
            play.now += Duration::from_millis(milliseconds);
            let encoded = if has_clock {
                play.step(&picture, &damage, budget)
            } else {
                play.sides.step(&picture, &damage, budget).0
            };
            if encoded.pending == Pending::Nothing {
                play.sides.assert_shows(&picture);
            }
        }
        play.rest(&picture, last);
        prop_assert_eq!(play.step(&picture, &picture.whole(), Budget::unlimited()).bytes, 0);
    }

    #[test]
    fn film_of_any_bytes_is_an_error_or_a_picture(
        (width, height) in (1..150u32, 1..100u32),
        operations in vec((any::<bool>(), (0..150u32, 0..100u32, 0..150u32, 0..100u32), 0..3u8, 0..56u8, 0..80u32,
            prop_oneof![vec(any::<u8>(), 0..60), vec(Just(0), 0..20), vec(Just(0xff), 0..20)]), 1..6),
    ) {
        let (mut raw, mut coded) = (Vec::new(), Vec::new());
        for (is_inside, (x, y, w, h), basis, steps, count, bytes) in operations {
            let rect = Rect::new(x, y, w, h);
            let rect = if is_inside { rect.clipped(width, height) } else { rect };
            raw.extend(film_operation(rect, basis, steps, count, bytes.len()));
            if basis == 0 && is_inside && !rect.is_empty() {
                raw.extend(reference(rect));
            }
            coded.extend(bytes);
        }
        let (mut decoder, mut framebuffer) = (Decoder::new(), Framebuffer::new());
        let result = decoder.apply(&with_film(width, height, &raw, &coded), &mut framebuffer);
        prop_assert!(matches!(result, Ok(_) | Err(DecodeError::Operation | DecodeError::Unused)), "{:?}", result);
        prop_assert_eq!((framebuffer.width(), framebuffer.height()), (width, height));
        prop_assert!(framebuffer.pixels().chunks_exact(4).all(|pixel| pixel[3] == 255));
    }
}

fn film_operation(rect: Rect, basis: u8, steps: u8, count: u32, len: usize) -> Vec<u8> {
    let len = number(u32::try_from(len).expect("short"));
    let rect = [rect.x, rect.y, rect.width, rect.height].map(number).concat();
    [vec![7], rect, vec![basis, steps], number(count), len].concat()
}

fn reference(rect: Rect) -> Vec<u8> {
    [vec![6], [rect.x, rect.y, rect.width, rect.height].map(number).concat()].concat()
}

fn with_film(width: u32, height: u32, operations: &[u8], coded: &[u8]) -> Vec<u8> {
    let mut chunks = Vec::new();
    if !coded.is_empty() {
        chunks.push(chunk_of(CODED, coded.len(), coded));
    }
    chunks.push(chunk(operations.len(), &pack(operations, 23, false)));
    keyframe(width, height, &chunks)
}

/// What a decoder makes of one operation of film.
fn decoded(size: (u32, u32), operations: &[Vec<u8>], coded: &[u8]) -> Result<(), DecodeError> {
    let update = with_film(size.0, size.1, &operations.concat(), coded);
    Decoder::new().apply(&update, &mut Framebuffer::new()).map(drop)
}

#[test]
fn film_that_makes_no_sense_is_refused() {
    let size = (64, 48);
    let all = Rect::new(0, 0, 64, 48);
    // Zeros: everything stays. Ones: the opposite of everything likely.
    assert!(decoded(size, &[film_operation(all, 1, 20, 12, 0)], &[]).is_ok(), "the test's own is sound");
    assert!(decoded(size, &[reference(all), film_operation(all, 0, 51, 12, 0)], &[]).is_ok());
    for (what, operations, coded) in [
        ("a third basis", vec![film_operation(all, 2, 20, 12, 0)], vec![]),
        ("coarser than the coarsest", vec![film_operation(all, 1, 52, 12, 0)], vec![]),
        ("more macroblocks than there is room for", vec![film_operation(all, 1, 20, 13, 0)], vec![]),
        ("more bytes than macroblocks take", vec![film_operation(all, 1, 20, 0, 9)], vec![1; 9]),
        ("fewer bytes than it says", vec![film_operation(all, 1, 20, 12, 9)], vec![1; 8]),
        ("beyond the edge", vec![film_operation(Rect::new(1, 0, 64, 48), 1, 20, 12, 0)], vec![]),
        ("no reference", vec![film_operation(all, 0, 20, 1, 4)], vec![0xff; 4]),
        ("nothing", vec![film_operation(Rect::new(3, 3, 0, 9), 1, 20, 0, 0)], vec![]),
        ("a reference of nothing", vec![reference(Rect::new(3, 3, 0, 9))], vec![]),
        ("a reference beyond the edge", vec![reference(Rect::new(0, 1, 64, 48))], vec![]),
        ("two references of everything", vec![reference(all), reference(all)], vec![]),
    ] {
        let result = decoded(size, &operations, &coded);
        assert!(matches!(result, Err(DecodeError::Operation)), "{what}: {result:?}");
    }
}

#[test]
fn an_update_has_no_more_film_than_half_a_picture_and_a_little() {
    let size = (512, 512);
    let part = |number: u32| film_operation(Rect::new(0, number * 64, 512, 64), 1, 20, 128, 0);
    let parts = |count: u32| (0..count).map(part).collect::<Vec<_>>();
    assert!(decoded(size, &parts(4), &[]).is_ok());
    assert_eq!(decoded(size, &parts(5), &[]), Err(DecodeError::Operation));
    let none = film_operation(Rect::new(0, 0, 1, 1), 1, 20, 0, 0);
    assert_eq!(decoded(size, &vec![none; 9_217], &[]), Err(DecodeError::Operation));
}
