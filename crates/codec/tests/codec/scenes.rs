//! Short sequences as desktops make them, drawn here rather than recorded, so that nobody has to store them.

use lotse_codec::{Budget, Loss, Rect, Region};

use crate::sides::{Picture, Sides};

const WIDTH: u32 = 500;
const HEIGHT: u32 = 300;

/// Glyph cells of the terminal and the editor, pixels.
const CELL: (u32, u32) = (9, 17);

/// A mix of bits that looks like chance and is the same every time.
pub(crate) fn mix(seed: u32) -> u32 {
    let mixed = (seed ^ 0x9e37_79b9).wrapping_mul(0x85eb_ca6b);
    (mixed ^ mixed >> 13).wrapping_mul(0xc2b2_ae35) ^ mixed >> 16
}

/// Draws a smoothed glyph of this number.
pub(crate) fn glyph(picture: &mut Picture, column: u32, row: u32, number: u32) {
    for (y, x) in (0..CELL.1).flat_map(|y| (0..CELL.0).map(move |x| (y, x))) {
        let ink = if number == 0 { 0 } else { mix(number * 1000 + y / 3 * 10 + x / 2) & 0xc0 };
        let grey = u8::try_from(255 - ink).expect("two bits below 256");
        picture.set(column * CELL.0 + x, row * CELL.1 + y, [grey, grey, grey]);
    }
}

fn cell(column: u32, row: u32) -> Rect {
    Rect::new(column * CELL.0, row * CELL.1, CELL.0, CELL.1)
}

fn paper() -> Picture {
    let mut picture = Picture::new(WIDTH, HEIGHT);
    picture.fill(Rect::new(0, 0, WIDTH, HEIGHT), [255, 255, 255]);
    picture
}

/// Plays frames with their damage and returns the bytes of everything after the first.
fn play(frames: impl Iterator<Item = (Picture, Region)>, budget: Budget) -> usize {
    let mut sides = Sides::new(WIDTH, HEIGHT);
    let mut bytes = Vec::new();
    for (picture, damage) in frames {
        bytes.push(sides.settle(&picture, &damage, budget));
        sides.assert_shows(&picture);
    }
    bytes[1..].iter().sum()
}

fn typing() -> impl Iterator<Item = (Picture, Region)> {
    let mut picture = paper();
    (0..120).map(move |number| {
        let (column, row) = (number % 50, number / 50 * 2);
        glyph(&mut picture, column, row, mix(number) % 26 + 1);
        (picture.clone(), Region::from(cell(column, row)))
    })
}

fn terminal() -> impl Iterator<Item = (Picture, Region)> {
    (0..30).map(|top| {
        let mut picture = paper();
        for (row, column) in (0..17).flat_map(|row| (0..50).map(move |column| (row, column))) {
            let letter = mix((top + row) * 64 + column) % 30;
            glyph(&mut picture, column, row, if column > mix(top + row) % 50 { 0 } else { letter });
        }
        let whole = picture.whole();
        (picture, whole)
    })
}

fn windows() -> impl Iterator<Item = (Picture, Region)> {
    (0..40).map(|number| {
        let mut picture = paper();
        picture.fill(Rect::new(0, 0, WIDTH, HEIGHT), [120, 80, 40]);
        let window = |number: u32| Rect::new(number * 7, number * 3, 200, 120);
        picture.fill(window(number), [240, 240, 240]);
        picture.fill(Rect::new(number * 7, number * 3, 200, 20), [200, 60, 20]);
        (picture, [window(number), window(number.saturating_sub(1))].into_iter().collect())
    })
}

fn film() -> impl Iterator<Item = (Picture, Region)> {
    (0..8).map(|number| {
        let mut picture = paper();
        for (y, x) in (40..200).flat_map(|y| (60..340).map(move |x| (y, x))) {
            let shade =
                |slope: u32| u8::try_from((x * slope + y * 2 + number * 5 + mix(x * 999 + y + number) % 4) / 6 % 256);
            picture.set(x, y, [1, 2, 3].map(|slope| shade(slope).expect("below 256")));
        }
        (picture, Region::from(Rect::new(60, 40, 280, 160)))
    })
}

#[test]
fn typing_costs_a_hundred_bytes_a_letter_and_stays_exact() {
    let bytes = play(typing(), Budget::unlimited());
    assert!(bytes < 119 * 100, "{bytes} bytes for 119 letters");
}

#[test]
fn scrolled_text_stays_exact_and_far_smaller_than_its_pixels() {
    let bytes = play(terminal(), Budget::unlimited());
    let pixels = 29 * WIDTH as usize * HEIGHT as usize;
    assert!(bytes * 30 < pixels * 4, "{bytes} bytes for {pixels} pixels");
}

#[test]
fn a_dragged_window_of_plain_colours_costs_next_to_nothing() {
    let bytes = play(windows(), Budget::unlimited());
    assert!(bytes < 39 * 400, "{bytes} bytes for 39 moves");
}

/// Text in the middle of something that stays, as it scrolls in every direction.
fn scrolled(way: (u32, u32)) -> impl Iterator<Item = (Picture, Region)> {
    (0..12).map(move |step| {
        let mut all = Picture::new(WIDTH + 400, HEIGHT + 400);
        all.fill(all.whole().bounds(), [255, 255, 255]);
        for (row, column) in (0..30).flat_map(|row| (0..99).map(move |column| (row, column))) {
            glyph(&mut all, column, row, mix(row * 99 + column) % 90);
        }
        let mut picture = paper();
        let middle = Rect::new(33, 21, 411, 250);
        let from = (180 + step * way.0 - step * 13, 150 + step * way.1 - step * 13);
        picture.paste((middle.x, middle.y), &all, Rect::new(from.0, from.1, middle.width, middle.height));
        (picture, Region::from(middle))
    })
}

#[test]
fn text_that_scrolls_any_way_costs_what_is_new_of_it() {
    for way in [(13, 0), (13, 26), (0, 13), (26, 13), (20, 9), (7, 17)] {
        let bytes = play(scrolled(way), Budget::unlimited());
        let again = play(scrolled(way).map(|(picture, _)| (picture.clone(), picture.whole())), Budget::bytes(3_000));
        // 13 lines of 411 pixels or as many columns, in glyphs of 2 bits; more where both.
        assert!(bytes < 11 * 2_500, "{bytes} bytes to scroll by {way:?}");
        assert!(again < bytes * 2, "{again} bytes in small updates with all of it damaged, {bytes} otherwise");
    }
}

#[test]
fn text_that_scrolls_sideways_is_copied_in_every_step() {
    for way in [(13, 0), (26, 13), (7, 17)] {
        let mut sides = Sides::new(WIDTH, HEIGHT);
        for (step, (picture, damage)) in scrolled(way).enumerate() {
            let (encoded, _) = sides.step(&picture, &damage, Budget::unlimited());
            sides.assert_shows(&picture);
            assert!(step == 0 || encoded.operations.copy > 0, "step {step} by {way:?}: {encoded:?}");
        }
    }
}

#[test]
fn text_that_scrolls_costs_no_more_when_its_damage_comes_in_pieces() {
    let page = |top: u32| {
        let mut picture = Picture::new(960, 612);
        picture.fill(Rect::new(0, 0, 960, 612), [255, 255, 255]);
        // Ragged at the right, with a word far from the rest in some lines.
        for (row, column) in (0..36).flat_map(|row| (0..100).map(move |column| (row, column))) {
            let line = row + top;
            let is_ink = column < mix(line) % 50 || line.is_multiple_of(17) && (94..98).contains(&column);
            glyph(&mut picture, column, row, if is_ink { mix(line * 100 + column) % 26 + 1 } else { 0 });
        }
        picture
    };
    let cost = |damage: fn(&Picture, &Picture) -> Region| {
        let mut last = page(0);
        let mut sides = Sides::new(last.width, last.height);
        sides.settle(&last, &last.whole(), Budget::unlimited());
        let bytes = (1..20).map(|step| {
            let next = page(step * 2);
            let bytes = sides.settle(&next, &damage(&next, &last), Budget::unlimited());
            sides.assert_shows(&next);
            last = next;
            bytes
        });
        bytes.sum::<usize>()
    };
    let (whole, pieces) = (cost(|next, _| next.whole()), cost(squares_that_differ));
    // What goes first has not moved along.
    assert!(pieces * 100 <= whole * 101, "{pieces} bytes in pieces, {whole} as one");
}

/// As some systems tell damage: squares of 16 pixels.
fn squares_that_differ(next: &Picture, last: &Picture) -> Region {
    const SIDE: u32 = 16;
    let corners = (0..next.height).step_by(16).flat_map(|y| (0..next.width).step_by(16).map(move |x| (x, y)));
    let differs = |&(left, top): &(u32, u32)| {
        (top..next.height.min(top + SIDE)).any(|y| {
            let from = y as usize * next.stride + left as usize * 4;
            let pixels = from..from + (next.width - left).min(SIDE) as usize * 4;
            next.data[pixels.clone()] != last.data[pixels]
        })
    };
    corners.filter(differs).map(|(x, y)| Rect::new(x, y, SIDE, SIDE)).collect()
}

#[test]
fn a_window_with_a_picture_in_it_is_dragged_for_a_few_bytes() {
    let frames = (0..20u32).map(|step| {
        let mut picture = paper();
        let window = Rect::new(20 + step * 9, 100 - step * 4, 190, 130);
        for (y, x) in (0..window.height).flat_map(|y| (0..window.width).map(move |x| (y, x))) {
            let noise = mix(y * 190 + x).to_le_bytes();
            picture.set(window.x + x, window.y + y, [noise[0], noise[1], noise[2]]);
        }
        (picture.clone(), picture.whole())
    });
    let bytes = play(frames, Budget::unlimited());
    assert!(bytes < 19 * 120, "{bytes} bytes for 19 steps");
}

#[test]
fn film_stays_exact_and_smaller_than_its_pixels() {
    let bytes = play(film(), Budget::unlimited());
    assert!(bytes < 7 * 280 * 160 * 2, "{bytes} bytes");
}

#[test]
fn a_small_budget_changes_neither_pixels_nor_much_of_the_cost() {
    let unlimited = play(terminal(), Budget::unlimited());
    let split = play(terminal(), Budget::bytes(2_000));
    assert!(split < unlimited * 2, "{split} bytes in pieces, {unlimited} at once");
    play(film(), Budget::bytes(1));
}

/// Hills of four sizes, seen from above, the smaller the lower: smooth, but never the same twice. In integers.
fn hills(x: u32, y: u32) -> u32 {
    let corner = |x: u32, y: u32| mix(x * 7919 + y * 104_729) >> 24;
    [64, 32, 16, 8].into_iter().fold(0, |height, side| {
        let (column, row, right, below) = (x / side + side, y / side, x % side, y % side);
        let above = corner(column, row) * (side - right) + corner(column + 1, row) * right;
        let under = corner(column, row + 1) * (side - right) + corner(column + 1, row + 1) * right;
        height + (above * (side - below) + under * below) / (side * 128)
    })
}

pub(crate) fn photograph(width: u32, height: u32) -> Picture {
    let mut picture = Picture::new(width, height);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let light = hills(x, y) / 2 + (mix(x + y * 1000) >> 30);
        let colour = |hue: u32| u8::try_from((light + hue / 5).min(255)).expect("at most 255");
        picture.set(x, y, [colour(hills(x + 5000, y)), colour(0), colour(hills(x, y + 5000))]);
    }
    picture
}

#[test]
fn a_photograph_costs_a_fifth_less_where_bytes_are_dear() {
    let picture = photograph(400, 300);
    let cost = |budget: Budget| {
        let mut sides = Sides::new(400, 300);
        let bytes = sides.settle(&picture, &picture.whole(), budget.with(Loss::Never));
        sides.assert_shows(&picture);
        bytes
    };
    // Over a fast link its residuals go through zstd, which takes a fifth of the time.
    let (dense, quick) = (cost(Budget::bytes(17_000)), cost(Budget::unlimited()));
    assert!(dense < 75_000 && dense * 5 < quick * 4, "{dense} and {quick} bytes");
}
