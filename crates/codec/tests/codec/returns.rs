//! What was on screen before and returns, by bytes: windows that are raised in turn, menus, film in between.

use std::time::Duration;

use lotse_codec::{Budget, LARGEST_TILE, Loss, Pending, Rect, Region};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::sides::{self, Picture, Sides};

const WIDTH: u32 = 700;
const HEIGHT: u32 = 500;

/// What a return may cost, bytes, however much of the screen it is.
const RETURN: usize = 300;

fn mix(seed: u32) -> u32 {
    let mixed = (seed ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35) ^ mixed >> 16
}

fn byte(number: u32) -> u8 {
    number.to_le_bytes()[0]
}

/// Smoothed letters that are like no others, on paper.
fn text(picture: &mut Picture, rect: Rect, paper: u8, seed: u32) {
    picture.fill(rect, [paper; 3]);
    for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
        let (line, letter) = ((y - rect.y) / 17, (x - rect.x) / 9);
        let is_ink = (y - rect.y) % 17 > 4 && (x - rect.x) % 9 < 8 && mix(line * 64 + letter + seed * 4099) > 1 << 30;
        if is_ink {
            let ink = byte(mix(y / 2 * 1021 + x / 2 + seed)) & 0xe0;
            picture.set(x, y, [paper ^ ink; 3]);
        }
    }
}

/// Many colours, soft and with noise.
fn photograph(picture: &mut Picture, rect: Rect, seed: u32) {
    for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
        let noise = mix((x * 7919 + y).wrapping_add(seed.wrapping_mul(104_729))) % 12;
        picture.set(x, y, [byte(x / 3 + noise + seed), byte(y / 2 + noise), byte((x + y) / 4 + noise * 2)]);
    }
}

fn desktop() -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    picture.fill(Rect::new(0, 0, WIDTH, HEIGHT), [120, 80, 40]);
    picture
}

fn editor() -> Picture {
    let mut picture = desktop();
    text(&mut picture, Rect::new(23, 31, 560, 411), 255, 1);
    picture
}

fn album() -> Picture {
    let mut picture = editor();
    text(&mut picture, Rect::new(101, 50, 580, 420), 240, 2);
    photograph(&mut picture, Rect::new(130, 90, 300, 200), 3);
    photograph(&mut picture, Rect::new(450, 90, 200, 300), 4);
    picture
}

/// The picture with a menu in a place that is on no grid.
fn with_menu(picture: &Picture) -> Picture {
    let mut picture = picture.clone();
    picture.fill(Rect::new(211, 77, 180, 260), [60; 3]);
    text(&mut picture, Rect::new(212, 78, 178, 258), 230, 9);
    picture
}

struct Session {
    sides: Sides,
    budget: Budget,
}

impl Session {
    fn new(first: &Picture) -> Self {
        let mut session = Self { sides: Sides::new(WIDTH, HEIGHT), budget: Budget::unlimited() };
        session.show(first);
        session
    }

    /// Shows a picture, and says what it cost.
    fn show(&mut self, picture: &Picture) -> usize {
        let bytes = self.sides.settle(picture, &picture.whole(), self.budget);
        self.sides.assert_shows(picture);
        bytes
    }

    /// So many updates of a film in a window.
    fn film(&mut self, picture: &Picture, rect: Rect, frames: u32) {
        let mut picture = picture.clone();
        for frame in 0..frames {
            photograph(&mut picture, rect, 1000 + frame * 77);
            self.sides.settle(&picture, &Region::from(rect), self.budget);
        }
        self.sides.assert_shows(&picture);
    }
}

#[test]
fn windows_raised_in_turn_cost_next_to_nothing_from_the_second_time_on() {
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    let first = session.show(&album);
    assert!(first > 50_000, "{first} bytes: this is about pictures that are dear");
    for _ in 0..5 {
        for picture in [&editor, &album] {
            let bytes = session.show(picture);
            assert!(bytes < RETURN, "{bytes} bytes for a window that was there before");
        }
    }
}

#[test]
fn a_change_that_takes_many_updates_returns_for_as_little() {
    let (editor, album) = (editor(), album());
    for budget in [1_500, 20_000] {
        let mut session = Session::new(&editor);
        session.budget = Budget::bytes(budget);
        session.show(&album);
        for picture in [&editor, &album, &editor] {
            let bytes = session.show(picture);
            assert!(bytes < RETURN, "{bytes} bytes for what was there before, budget {budget}");
        }
    }
}

#[test]
fn a_switch_that_is_taken_back_half_way_costs_next_to_nothing() {
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    let (encoded, _) = session.sides.step(&album, &album.whole(), Budget::bytes(20_000).with(Loss::Never));
    assert_eq!(encoded.pending, Pending::More);
    let bytes = session.show(&editor);
    assert!(bytes < RETURN, "{bytes} bytes");
}

#[test]
fn a_menu_that_opens_and_closes_costs_its_pixels_once() {
    for picture in [editor(), album()] {
        let mut session = Session::new(&picture);
        let menu = with_menu(&picture);
        session.show(&menu);
        for _ in 0..4 {
            for picture in [&picture, &menu] {
                let bytes = session.show(picture);
                assert!(bytes < RETURN, "{bytes} bytes");
            }
        }
    }
}

#[test]
fn what_has_changed_a_little_meanwhile_costs_that_little() {
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    session.show(&album);
    // A clock goes on, and a caret is elsewhere.
    for minute in 0..6 {
        for picture in [&editor, &album] {
            let mut picture = picture.clone();
            text(&mut picture, Rect::new(640, 480, 40, 12), 20, minute + 50);
            picture.fill(Rect::new(150 + minute * 9, 300, 2, 14), [0; 3]);
            let bytes = session.show(&picture);
            assert!(bytes < 2 * RETURN, "{bytes} bytes");
        }
    }
}

#[test]
fn film_in_between_does_not_make_anybody_forget() {
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    session.show(&album);
    session.show(&editor);
    // Beside what returns and above it, many times what can be kept.
    session.film(&editor, Rect::new(300, 200, 256, 192), 600);
    let back = session.show(&editor);
    assert!(back < RETURN, "{back} bytes for what was below the film");
    for picture in [&album, &editor] {
        let (encoded, _) = session.sides.step(picture, &picture.whole(), Budget::unlimited());
        let bytes = session.show(picture) + encoded.bytes;
        assert!(bytes < RETURN, "{bytes} bytes after the film: {:?}", encoded.operations);
    }
}

#[test]
fn windows_return_after_a_minute_of_film_that_is_shown_as_film() {
    return_after_film(Rect::new(300, 200, 192, 128), 1800);
}

#[test]
fn windows_return_after_a_film_on_all_of_the_screen() {
    return_after_film(Rect::new(0, 0, WIDTH, HEIGHT), 300);
}

fn return_after_film(rect: Rect, frames: u32) {
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    session.show(&album);
    session.show(&editor);
    let mut picture = editor.clone();
    let mut now = Duration::from_secs(3600);
    let mut film = 0;
    for frame in 0..frames {
        photograph(&mut picture, rect, 1000 + frame * 77);
        now += Duration::from_millis(33);
        let budget = Budget::bytes(8_000).at(now);
        let (encoded, _) = session.sides.step(&picture, &Region::from(rect), budget);
        film += u32::from(encoded.operations.film > 0);
    }
    assert!(film * 18 > frames * 17, "{film} of {frames} pictures were film");
    session.budget = Budget::unlimited().at(now + Duration::from_secs(1));
    session.show(&picture);
    for picture in [&album, &editor] {
        let bytes = session.show(picture);
        assert!(bytes < RETURN, "{bytes} bytes");
    }
}

#[test]
fn what_was_scrolled_just_before_returns_too() {
    let page = |top: u32| {
        let mut picture = desktop();
        let mut all = Picture::new(500, 900);
        text(&mut all, Rect::new(0, 0, 500, 900), 255, 5);
        photograph(&mut all, Rect::new(50, 300, 300, 250), 6);
        picture.paste((90, 70), &all, Rect::new(0, top, 500, 400));
        picture
    };
    let album = album();
    let mut session = Session::new(&page(0));
    for top in (40..400).step_by(40) {
        session.show(&page(top));
    }
    session.show(&album);
    // But for a few tiles of text, which changed too often to be kept.
    for picture in [&page(360), &album] {
        let bytes = session.show(picture);
        assert!(bytes < 10 * RETURN, "{bytes} bytes");
    }
}

/// A page of photographs between a header and a side bar that stay, so many lines down.
pub(crate) fn gallery(top: u32) -> Picture {
    let mut all = Picture::new(WIDTH, 3000);
    for number in 0..10 {
        photograph(&mut all, Rect::new(0, number * 300 + 20, WIDTH, 270), 50 + number);
    }
    let mut picture = desktop();
    picture.paste((110, 90), &all, Rect::new(0, top, WIDTH - 110, HEIGHT - 90));
    picture
}

#[test]
fn photographs_that_scroll_back_cost_next_to_nothing_at_whatever_height_they_come() {
    let mut session = Session::new(&gallery(0));
    // Down, by steps that are on no grid, and back by others.
    let down: Vec<u32> = (1..30).map(|step| step * 53).collect();
    let back: Vec<u32> = (1..22).map(|step| 29 * 53 - step * 71).collect();
    let cost = |session: &mut Session, tops: &[u32]| tops.iter().map(|top| session.show(&gallery(*top))).sum::<usize>();
    let (first, again) = (cost(&mut session, &down), cost(&mut session, &back));
    assert!(first > 400_000, "{first} bytes: this is about pictures that are dear");
    // Columns of tiles that are half side bar are new each time.
    assert!(again * 4 < first, "{again} of {first} bytes");
    assert!(cost(&mut session, &down) * 4 < first, "down once more");
}

/// A window paints what has changed: more than a square that blinks on no grid is time that it does not have.
#[test]
fn windows_return_after_a_long_way_down_past_photographs() {
    let endless = |top: u32| {
        let mut picture = desktop();
        for (y, x) in (0..HEIGHT - 90).flat_map(|y| (0..WIDTH - 110).map(move |x| (y, x))) {
            let down = top + y;
            let noise = mix(x * 7919 + down) % 12;
            picture.set(
                x + 110,
                y + 90,
                [byte(x / 3 + noise), byte(down / 2 + noise), byte((x + down) / 4 + noise * 2)],
            );
        }
        picture
    };
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    session.show(&album);
    session.show(&editor);
    session.show(&endless(0));
    // Their pixels are twice what can be kept.
    for step in 1..=160 {
        session.show(&endless(step * 100));
    }
    for picture in [&album, &editor] {
        let bytes = session.show(picture);
        assert!(bytes < 4 * RETURN, "{bytes} bytes");
    }
}

#[test]
fn of_what_returns_no_more_is_changed_than_differs() {
    let square = Rect::new(90, 50, 64, 64);
    let mut sides = Sides::new(WIDTH, HEIGHT);
    let mut picture = editor();
    for turn in 0..8 {
        picture.fill(square, if turn % 2 == 0 { [0, 128, 0] } else { [128, 0, 128] });
        let damage = if turn == 0 { picture.whole() } else { Region::from(square) };
        let (encoded, changed) = sides.step(&picture, &damage, Budget::unlimited());
        assert_eq!(encoded.pending, Pending::Nothing);
        sides.assert_shows(&picture);
        if turn > 0 {
            let changed = changed.rects().iter().fold(Rect::default(), |all, rect| all.around(rect));
            assert_eq!(changed, square, "turn {turn}");
        }
    }
}

#[test]
fn keyframes_begin_anew() {
    let (editor, album) = (editor(), album());
    let mut session = Session::new(&editor);
    session.show(&album);
    session.sides.encoder.keyframe();
    session.show(&editor);
    let again = session.show(&album);
    assert!(again > 50_000, "{again} bytes: whoever has joined by now does not know the other window");
    assert!(session.show(&editor) < RETURN);
}

#[test]
fn typing_keeps_nothing() {
    let mut picture = editor();
    let mut session = Session::new(&picture);
    for letter in 0..40 {
        text(&mut picture, Rect::new(30 + letter * 9, 40, 9, 17), 255, letter + 7);
        let (encoded, _) = session.sides.step(&picture, &picture.whole(), Budget::unlimited());
        assert_eq!((encoded.operations.keep, encoded.operations.recall), (0, 0));
    }
}

/// Which of a few pictures is shown, what is different in it this time, and what the update may cost.
type Step = (usize, Option<(u32, u32, u32)>, Option<usize>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let different = proptest::option::of((0..WIDTH, 0..HEIGHT, 1..150u32));
    vec((0..5usize, different, proptest::option::of(0..30_000usize)), 1..24)
}

proptest! {
    #![proptest_config(sides::cases(24))]

    #[test]
    fn both_sides_keep_the_same(steps in steps()) {
        let pictures = [desktop(), editor(), album(), with_menu(&editor()), with_menu(&album())];
        let mut sides = Sides::new(WIDTH, HEIGHT);
        let mut last = pictures[0].clone();
        for (number, different, budget) in steps {
            last = pictures[number].clone();
            if let Some((x, y, side)) = different {
                photograph(&mut last, Rect::new(x, y, side, side / 2 + 1), side);
            }
            let budget = budget.map_or(Budget::unlimited(), Budget::bytes);
            let (encoded, _) = sides.step(&last, &last.whole(), budget);
            prop_assert!(encoded.bytes <= budget.bytes + LARGEST_TILE);
            if encoded.pending == Pending::Nothing {
                sides.assert_shows(&last);
            }
            if number == 4 && side_is_odd(different) {
                sides.encoder.keyframe();
            }
        }
        sides.settle(&last, &Region::new(), Budget::bytes(5_000));
        sides.assert_shows(&last);
    }
}

fn side_is_odd(different: Option<(u32, u32, u32)>) -> bool {
    different.is_some_and(|(_, _, side)| side % 2 == 1)
}
