//! Whoever encodes beside a person's own programs is asked often, and changes nothing.

use std::cell::Cell;

use lotse_codec::{Budget, Rect, Region};

use crate::film::{Film, PICTURE, desktop};
use crate::scenes::glyph;
use crate::sides::{Picture, Sides};

thread_local! {
    static CALLED: Cell<usize> = const { Cell::new(0) };
}

/// Updates of what `draw` makes of a desktop, picture by picture, and how often the encoder called between two pieces of each.
fn encode(is_called: bool, budget: Budget, draw: impl Fn(u32, &mut Picture) -> Rect) -> Vec<(Vec<u8>, usize)> {
    let mut picture = desktop(704, 512);
    let mut sides = Sides::new(picture.width, picture.height);
    if is_called {
        sides.encoder.call_between(|| CALLED.set(CALLED.get() + 1));
    }
    sides.settle(&picture, &picture.whole(), Budget::unlimited());
    (1..=6)
        .map(|number| {
            let damage = Region::from(draw(number, &mut picture));
            CALLED.set(0);
            sides.step(&picture, &damage, budget.at(PICTURE * number));
            (sides.update.clone(), CALLED.get())
        })
        .collect()
}

/// At least so often in each update, but for the first, in which nothing is known yet of what it is. The least are hardly below
/// what there are: without those of comparing, of what returns, of moves, of lines or of film there would be fewer.
#[track_caller]
fn assert_called(least: usize, budget: Budget, draw: impl Fn(u32, &mut Picture) -> Rect) {
    let (called, otherwise) = (encode(true, budget, &draw), encode(false, budget, &draw));
    for (number, ((update, calls), (same, _))) in called.iter().zip(&otherwise).enumerate() {
        assert!(update == same, "{number}: it encodes something else");
        assert!(number == 0 || *calls >= least, "{number}: {calls} calls, and {least} were to be");
    }
}

#[test]
fn it_is_called_for_every_tile_that_is_looked_at_and_every_line_of_text() {
    let page = Rect::new(0, 0, 702, 510);
    assert_called(400, Budget::unlimited(), |number, picture| {
        for (row, column) in (0..30).flat_map(|row| (0..78).map(move |column| (row, column))) {
            glyph(picture, column, row, (row * 7 + column * 3 + number * 11) % 27);
        }
        page
    });
}

#[test]
fn it_is_called_for_every_few_lines_that_are_searched_for_where_they_went() {
    let page = Rect::new(64, 32, 576, 448);
    assert_called(225, Budget::unlimited(), |number, picture| {
        picture.copy(Rect { height: page.height - 17, ..page }, (page.x, page.y + 17));
        for column in 0..60 {
            glyph(picture, column + 8, 27, (column * 5 + number * 13) % 27);
        }
        page
    });
}

#[test]
fn it_is_called_for_every_block_of_film() {
    let film = Film::new(Rect::new(128, 96, 320, 192));
    assert_called(340, Budget::bytes(12_000), |number, picture| {
        film.draw(number, picture);
        film.rect
    });
}

/// Whatever works on the picture's tiles is asked between its pieces: a blinking caret has as few of them. (A copy of all of it
/// between two pieces this does not see; `./dev bench codec` would, in the time of idling.)
#[test]
fn a_caret_is_as_few_pieces_of_work_on_a_screen_of_4k_as_on_a_small_one() {
    let caret = Rect::new(100, 100, 2, 17);
    let pieces = |width: u32, height: u32| {
        let mut picture = Picture::new(width, height);
        let mut sides = Sides::new(width, height);
        sides.encoder.call_between(|| CALLED.set(CALLED.get() + 1));
        sides.settle(&picture, &picture.whole(), Budget::unlimited());
        let blinks = (0..6u32).map(|blink| {
            picture.fill(caret, if blink.is_multiple_of(2) { [255; 3] } else { [0; 3] });
            CALLED.set(0);
            sides.step(&picture, &Region::from(caret), Budget::unlimited().at(PICTURE * 16 * blink));
            sides.assert_shows(&picture);
            // Once for each row of tiles, whether any is damaged in it or not.
            CALLED.get() - height.div_ceil(64) as usize
        });
        blinks.collect::<Vec<_>>()
    };
    let [small, large] = [(320, 240), (3840, 2160)].map(|(width, height)| pieces(width, height));
    assert!(small.iter().all(|pieces| *pieces > 0), "{small:?}: it is asked at all");
    assert_eq!(small, large);
}
