//! Film and photographs over slow links: what arrives when, and how much of the link it takes.

use std::time::Duration;

use lotse_codec::{Budget, Framebuffer, Loss, Pending, Rect, Region};

use crate::exact::Change;
use crate::film::{Film, PICTURE, Play, SIDE, desktop};
use crate::returns::gallery;
use crate::scenes::{mix, photograph};
use crate::sides::Picture;

fn common(a: Rect, b: Rect) -> Option<Rect> {
    let (x, y) = (a.x.max(b.x), a.y.max(b.y));
    let (right, bottom) = (a.right().min(b.right()), a.bottom().min(b.bottom()));
    (x < right && y < bottom).then(|| Rect::new(x, y, right - x, bottom - y))
}

#[test]
fn on_a_slow_link_no_part_of_film_waits_longer_than_an_eighth_of_a_second() {
    let film = Film::new(Rect::new(70, 50, 384, 256));
    let mut picture = desktop(520, 360);
    film.draw(0, &mut picture);
    let mut play = Play::new(&picture);
    let parts: Vec<Rect> = (0..5)
        .flat_map(|row| (0..8).map(move |column| (column, row)))
        .filter_map(|(column, row)| common(Rect::new(column * SIDE, row * SIDE, SIDE, SIDE), film.rect))
        .collect();
    let mut refreshed = vec![play.now; parts.len()];
    for number in 1..=60 {
        play.now += PICTURE;
        film.draw(number, &mut picture);
        let before = play.sides.framebuffer.clone();
        play.step(&picture, &Region::from(film.rect), Budget::bytes(4_000));
        for (part, refreshed) in parts.iter().zip(&mut refreshed) {
            let row = |picture: &Framebuffer, y: u32| picture.row(part.x, y, part.width).to_vec();
            if (part.y..part.bottom()).any(|y| row(&before, y) != row(&play.sides.framebuffer, y)) {
                *refreshed = play.now;
            }
            // The first pictures find out how roughly it has to be.
            let waited = play.now - *refreshed;
            assert!(number < 20 || waited <= Duration::from_millis(133), "{part:?} waits for {waited:?} at {number}");
        }
    }
    play.rest(&picture, Budget::bytes(4_000));
}

#[test]
fn film_keeps_its_rate_over_four_megabits_and_eight_pictures_a_second_over_a_quarter_of_one() {
    let film = Film::new(Rect::new(40, 30, 640, 360));
    // Bytes of 1/60 s, and whole pictures a second of thirty.
    for (budget, least) in [(8_250, 28), (520, 8)] {
        let mut picture = desktop(760, 440);
        film.draw(0, &mut picture);
        let mut play = Play::new(&picture);
        let mut whole = 0;
        for number in 1..=75 {
            film.draw(number, &mut picture);
            for (y, x) in (0..film.rect.height).flat_map(|y| (0..film.rect.width).map(move |x| (y, x))) {
                let (x, y) = (film.rect.x + x, film.rect.y + y);
                let at = y as usize * picture.stride + x as usize * 4;
                let [grain, ..] = mix(y * 4001 + x + number * 99_991).to_be_bytes();
                picture.set(x, y, [0, 1, 2].map(|channel| picture.data[at + channel].saturating_add(grain / 3)));
            }
            for damage in [Region::from(film.rect), Region::new()] {
                play.now += PICTURE / 2;
                let encoded = play.step(&picture, &damage, Budget::bytes(budget).film(budget * 9 / 5));
                // A pass over the picture begins with what is shown. In the first ones the steps are found.
                whole += if number > 15 { encoded.operations.reference } else { 0 };
            }
        }
        assert!(whole >= 2 * least, "{whole} pictures in two seconds, {budget} bytes each 16 ms");
    }
}

/// What is rough moves as what it is, instead of coming in again at each step.
#[test]
fn a_page_of_photographs_that_scrolls_over_a_slow_link_is_shown_at_once_and_exact_when_it_rests() {
    let first = gallery(0);
    let steps = 25;
    // 2 Mbit/s; steps after which something was missing, and how good the last one is, dB.
    let scroll = |loss: Loss| {
        let mut play = Play::new(&first);
        let (mut late, mut psnr) = (0, 0.);
        for step in 1..=steps {
            play.now += Duration::from_millis(33);
            let picture = gallery(step * 40);
            let budget = Budget::bytes(4_125).film(7_400).with(loss);
            let mut encoded = play.step(&picture, &picture.whole(), budget);
            if encoded.pending == Pending::More {
                encoded = play.step(&picture, &Region::new(), budget);
            }
            late += usize::from(encoded.pending == Pending::More);
            psnr = play.psnr(&picture, Rect::new(0, 0, picture.width, picture.height));
        }
        play.rest(&gallery(steps * 40), Budget::bytes(8_250));
        (late, psnr)
    };
    let ((late, psnr), (exact_late, exact_psnr)) = (scroll(Loss::AtFirst), scroll(Loss::Never));
    assert!(exact_late > steps as usize * 3 / 4 && exact_psnr < 12., "this is about more than the link carries");
    assert!(late <= steps as usize / 2 && psnr > 24., "{late} steps late, {psnr} dB at the end");
}

#[test]
fn no_update_takes_much_more_of_a_slow_link_than_its_budget() {
    let film = Film::new(Rect::new(64, 64, 320, 192));
    let still = Rect::new(410, 70, 150, 200);
    let colours = Rect::new(40, 290, 300, 60);
    // Twenty milliseconds of 0.3, 1 and 2 Mbit/s.
    for budget in [750, 2_500, 5_000] {
        let mut picture = desktop(600, 360);
        let mut play = Play::new(&picture);
        let mut bytes = Vec::new();
        for number in 1..=120 {
            play.now += PICTURE / 2;
            let mut damage = Region::new();
            match number {
                // All at once: a photograph, and pixels in few colours that nothing foretells.
                20 | 90 => {
                    let at = |x, y| mix(x * 7919 + y * 31 + number).to_le_bytes();
                    for (y, x) in (0..still.height).flat_map(|y| (0..still.width).map(move |x| (y, x))) {
                        let [a, b, c, _] = at(x, y);
                        picture.set(still.x + x, still.y + y, [a / 4 + 80, b / 4 + 90, c / 4]);
                    }
                    for (y, x) in (0..colours.height).flat_map(|y| (0..colours.width).map(move |x| (y, x))) {
                        let [a, ..] = at(x, y);
                        picture.set(colours.x + x, colours.y + y, [a % 16 * 15, 40, 60]);
                    }
                    damage.add(still);
                    damage.add(colours);
                }
                50..90 => {
                    film.draw(number, &mut picture);
                    damage.add(film.rect);
                }
                _ => {}
            }
            bytes.push(play.step(&picture, &damage, Budget::bytes(budget)).bytes);
        }
        play.rest(&picture, Budget::bytes(budget));
        let most = bytes.into_iter().max().unwrap_or_default();
        assert!(most <= budget + (budget / 4).max(600), "{most} bytes of {budget}");
    }
}

/// Ink of a letter that nobody has seen: three strokes with soft edges, one for each colour of a flat screen's pixel where
/// it is smoothed by those.
#[allow(clippy::cast_sign_loss, reason = "paper is lighter than all of the ink makes darker")]
fn smoothed_letter(picture: &mut Picture, rect: Rect, number: u32, by_colour: bool) {
    let end = |stroke: u32, of: u32| {
        let random = mix(number * 97 + stroke * 7 + of);
        let (x, y) = (random % (rect.width - 2), random / 256 % (rect.height - 2));
        (f64::from(x + 1), f64::from(y + 1))
    };
    for (y, x) in (0..rect.height).flat_map(|y| (0..rect.width).map(move |x| (y, x))) {
        let light = [1, 0, -1].map(|third| {
            let at = (f64::from(x) + if by_colour { f64::from(third) / 3. } else { 0. }, f64::from(y));
            let away = |stroke| {
                let ((x0, y0), (x1, y1)) = (end(stroke, 0), end(stroke, 1));
                let (dx, dy) = (x1 - x0, y1 - y0);
                let along = ((at.0 - x0) * dx + (at.1 - y0) * dy) / (dx * dx + dy * dy).max(1.);
                let along = along.clamp(0., 1.);
                (at.0 - x0 - along * dx).hypot(at.1 - y0 - along * dy)
            };
            let ink = (1.6 - (0..3).map(away).fold(f64::MAX, f64::min)).clamp(0., 1.);
            (250. - 220. * ink) as u8
        });
        picture.set(rect.x + x, rect.y + y, light);
    }
}

/// A page in many sizes, of which no letter was seen before, smoothed as screens show it: 20 ms of 0.3 and 1 Mbit/s.
#[test]
fn no_update_of_new_text_takes_more_than_forty_milliseconds_of_a_slow_link() {
    for (budget, by_colour) in [(750, false), (750, true), (2_500, false), (2_500, true)] {
        let mut picture = desktop(700, 500);
        let mut play = Play::new(&picture);
        let page = Rect::new(20, 20, 660, 460);
        picture.fill(page, [250; 3]);
        let (mut y, mut number) = (page.y + 6, 0);
        for height in [10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32, 40, 50, 60] {
            let (width, mut x) = (height * 2 / 3, page.x + 6);
            while x + width < page.right() {
                number += 1;
                smoothed_letter(&mut picture, Rect::new(x, y, width, height), number, by_colour);
                x += width + 2;
            }
            y += height + 6;
        }
        let (mut bytes, mut damage) = (Vec::new(), Region::from(page));
        let mut text = 0;
        loop {
            play.now += PICTURE / 2;
            let encoded = play.step(&picture, &damage, Budget::bytes(budget));
            damage = Region::new();
            text += encoded.operations.text;
            bytes.push(encoded.bytes);
            if encoded.pending == Pending::Nothing {
                break;
            }
        }
        play.sides.assert_shows(&picture);
        assert!(text > 5, "it was to be text");
        let most = bytes.iter().max().copied().unwrap_or_default();
        assert!(most <= 2 * budget, "{most} bytes where {budget} are 20 ms of the link: {bytes:?}");
    }
}

/// Of 16 colours, and nothing repeats: half a byte a pixel.
fn scribble(picture: &mut Picture, rect: Rect, seed: u32) {
    for (y, x) in (0..rect.height).flat_map(|y| (0..rect.width).map(move |x| (y, x))) {
        let [a, ..] = mix(x * 7919 + y * 31 + seed).to_le_bytes();
        picture.set(rect.x + x, rect.y + y, [a % 16 * 15, 40, 60]);
    }
}

/// What is typed beside a page that scrolls, and is more than the link carries, is there with the first or the second
/// update, not after the page's round.
#[test]
fn a_key_does_not_wait_for_a_page_that_fills_the_link() {
    let page = Rect::new(200, 20, 480, 460);
    let mut picture = desktop(700, 500);
    let mut play = Play::new(&picture);
    for number in 1..=60 {
        play.now += PICTURE;
        picture.copy(Rect::new(page.x, page.y, page.width, page.height - 60), (page.x, page.y + 60));
        let rest = Rect::new(page.x, page.bottom() - 60, page.width, 60);
        scribble(&mut picture, rest, number * 101);
        // Anywhere beside it.
        let key = Rect::new(10 + number % 12 * 12, 30 + number % 20 * 20, 9, 16);
        picture.fill(key, [number as u8, 1, 2]);
        let mut damage = Region::from(page);
        damage.add(key);
        let budget = Budget::bytes(1_500);
        let first = play.step(&picture, &damage, budget);
        if play.wrong(&picture, key, |_, _| true).0 != 0 {
            play.step(&picture, &Region::new(), budget);
            assert_eq!(play.wrong(&picture, key, |_, _| true).0, 0, "{number} waits");
        }
        assert!(number < 5 || first.pending == Pending::More, "the page was to be more than the link carries");
    }
    play.rest(&picture, Budget::unlimited());
}

#[test]
fn a_key_on_what_is_still_on_its_way_does_not_wait_for_it() {
    // A page that came at once, and the first picture of all.
    for first in [false, true] {
        let page = Rect::new(64, 20, 600, 460);
        let mut picture = desktop(700, 500);
        let mut play = Play::new(&picture);
        scribble(&mut picture, page, 0);
        if first {
            play.sides.encoder.keyframe();
        }
        let budget = Budget::bytes(1_500);
        play.step(&picture, &Region::from(page), budget);
        for number in 1..=40 {
            play.now += PICTURE;
            // On what has come already, and on what has not.
            let key = Rect::new(80 + number % 12 * 47, 30 + number * 7 % 20 * 21, 9, 16);
            picture.fill(key, [number as u8, 1, 2]);
            let before = play.step(&picture, &Region::from(key), budget);
            if play.wrong(&picture, key, |_, _| true).0 != 0 {
                play.step(&picture, &Region::new(), budget);
                assert_eq!(play.wrong(&picture, key, |_, _| true).0, 0, "{number} waits");
            }
            assert_eq!(before.pending, Pending::More, "the page was to be on its way still");
        }
        play.rest(&picture, Budget::unlimited());
    }
}

#[test]
fn what_waits_behind_something_small_outlasts_a_keyframe_and_another_size() {
    let page = Rect::new(200, 20, 480, 460);
    let key = Rect::new(20, 40, 9, 16);
    let budget = Budget::bytes(1_500);
    // The page waits while the key goes first.
    let put_off = || {
        let mut picture = desktop(700, 500);
        let mut play = Play::new(&picture);
        scribble(&mut picture, page, 0);
        play.step(&picture, &Region::from(page), budget);
        picture.fill(key, [9, 1, 2]);
        let small = play.step(&picture, &Region::from(key), budget);
        assert_eq!(play.wrong(&picture, key, |_, _| true).0, 0, "the key was to go first");
        assert_eq!(small.pending, Pending::More, "the page was to wait");
        (picture, play)
    };

    let (picture, mut play) = put_off();
    play.sides.encoder.keyframe();
    assert!(play.step(&picture, &Region::new(), budget).keyframe);
    play.rest(&picture, budget);
    play.sides.assert_shows(&picture);

    let (_, mut play) = put_off();
    let smaller = desktop(300, 333);
    assert!(play.step(&smaller, &Region::new(), budget).keyframe);
    play.rest(&smaller, budget);
    play.sides.assert_shows(&smaller);
}

#[test]
fn what_rests_beside_a_film_that_fills_the_link_becomes_exact() {
    let film = Film::new(Rect::new(64, 64, 320, 192));
    let mut picture = desktop(600, 360);
    film.draw(0, &mut picture);
    let mut play = Play::new(&picture);
    let still = Rect::new(410, 70, 128, 128);
    let album = photograph(still.width, still.height);
    let mut waited = 0;
    for number in 1..=900 {
        play.now += PICTURE;
        film.draw(number, &mut picture);
        let mut damage = Region::from(film.rect);
        if number == 30 {
            picture.paste((still.x, still.y), &album, Rect::new(0, 0, still.width, still.height));
            damage.add(still);
        }
        waited += usize::from(play.step(&picture, &damage, Budget::bytes(350)).pending == Pending::More);
        let is_exact = play.wrong(&picture, still, |_, _| true).0 == 0;
        assert!(number != 40 || !is_exact, "the photograph was to be rough at first");
        if number > 40 && is_exact {
            assert!(waited * 10 > number as usize * 9, "the film was to fill the link: {waited} of {number}");
            return;
        }
    }
    panic!("it is rough for as long as the film plays");
}

#[test]
fn a_film_that_begins_while_something_scrolls_is_fluent() {
    let film = Film::new(Rect::new(20, 40, 320, 192));
    let text = Rect::new(360, 10, 200, 330);
    let mut picture = desktop(600, 360);
    let mut play = Play::new(&picture);
    let (mut whole, mut copies) = (0, 0);
    for number in 1..=60 {
        play.now += PICTURE;
        let rest = Rect::new(text.x, text.bottom() - 15, text.width, 15);
        picture.copy(Rect::new(text.x, text.y, text.width, text.height - 15), (text.x, text.y + 15));
        Change::Letters(rest, [250; 3], number).draw(&mut picture);
        let mut damage = Region::from(text);
        if number > 20 {
            film.draw(number, &mut picture);
            damage.add(film.rect);
        }
        // Two updates for a picture, as over 2 Mbit/s.
        let budget = Budget::bytes(4_125).film(7_400);
        let first = play.step(&picture, &damage, budget);
        let second = play.step(&picture, &Region::new(), budget);
        copies += first.operations.copy;
        whole += usize::from(number > 30 && second.pending != Pending::More);
    }
    assert!(copies >= 50, "the text was to move: {copies}");
    assert!(whole >= 20, "of 30 pictures {whole} arrived whole");
    play.rest(&picture, Budget::bytes(8_250));
}
