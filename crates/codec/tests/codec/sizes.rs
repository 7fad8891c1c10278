//! Large displays, several side by side, and displays that come and go while their picture is on its way.

use std::time::Duration;

use lotse_codec::{Budget, Operations, Pending, Rect, Region};

use crate::exact::Change;
use crate::sides::{Picture, Sides};

const LETTERS: [u8; 3] = [250; 3];

fn desktop(width: u32, height: u32) -> Picture {
    let mut picture = Picture::new(width, height);
    picture.fill(Rect::new(0, 0, width, height), [90, 60, 30]);
    for (number, x) in (40..width - 900).step_by(1500).enumerate() {
        Change::Letters(Rect::new(x, 30, 850, height - 77), LETTERS, number as u32).draw(&mut picture);
    }
    picture
}

/// A soft picture with noise, another one every time.
fn film(picture: &mut Picture, rect: Rect, frame: u32) {
    for (y, x) in (rect.y..rect.bottom()).flat_map(|y| (rect.x..rect.right()).map(move |x| (y, x))) {
        let noise = (x * 7919 + y * 104_729 + frame * 31).wrapping_mul(0x9e37_79b1) >> 29;
        let value = |over: u32, by: u32| ((over / by + frame * 3 + noise) % 256).to_le_bytes()[0];
        picture.set(x, y, [value(x, 3), value(y, 2), value(x + y, 5)]);
    }
}

/// Shows the picture by as many updates as it takes.
fn settle(sides: &mut Sides, picture: &Picture, damage: &Region, now: &mut Duration) {
    let mut damage = *damage;
    for _ in 0..2000 {
        let budget = Budget::bytes(200_000).film(60_000).at(*now);
        let (encoded, _) = sides.step(picture, &damage, budget);
        damage = Region::new();
        match encoded.pending {
            Pending::Nothing => return sides.assert_shows(picture),
            Pending::More => *now += Duration::from_millis(7),
            Pending::Later(time) => *now = time,
        }
    }
    panic!("the picture never comes to rest");
}

#[test]
fn a_4k_display_and_two_of_them_side_by_side_arrive_exactly() {
    for (width, height) in [(3840, 2160), (7680, 2161)] {
        let mut sides = Sides::new(width, height);
        let mut picture = desktop(width, height);
        let mut now = Duration::ZERO;
        settle(&mut sides, &picture, &picture.whole(), &mut now);

        // It scrolls on the one at the far side, and a film plays across the middle.
        let page = Rect::new(width - 1000, 30, 850, height - 77);
        let screen = Rect::new(width / 2 - 301, height / 2 + 1, 603, 399);
        let mut operations = Operations::default();
        for frame in 0..9 {
            let rest = Rect::new(page.x, page.bottom() - 39, page.width, 39);
            picture.copy(Rect::new(page.x, page.y, page.width, page.height - 39), (page.x, page.y + 39));
            Change::Letters(rest, LETTERS, 7 + frame).draw(&mut picture);
            film(&mut picture, screen, frame);
            let damage: Region = [page, screen].into_iter().collect();
            now += Duration::from_millis(33);
            let (encoded, _) = sides.step(&picture, &damage, Budget::bytes(200_000).film(60_000).at(now));
            operations += encoded.operations;
        }
        assert!(operations.copy > 0 && operations.film > 0, "{operations:?}");
        settle(&mut sides, &picture, &Region::new(), &mut now);
    }
}

#[test]
fn a_column_or_a_line_of_pixels_arrives_wherever_it_is() {
    let (width, height) = (1921, 1079);
    let mut sides = Sides::new(width, height);
    let mut picture = desktop(width, height);
    sides.settle(&picture, &picture.whole(), Budget::unlimited());
    let sizes = |side: u32| [0, 1, 62, 63, 64, 65, 127, 128, side - 2, side - 1];
    for (number, (x, y)) in sizes(width).into_iter().zip(sizes(height)).enumerate() {
        let [shade, ..] = number.to_le_bytes();
        for rect in [Rect::new(x, 0, 1, height), Rect::new(0, y, width, 1), Rect::new(x, y, 1, 1)] {
            picture.fill(rect, [shade * 20 + 5, 200, 10]);
            let bytes = sides.settle(&picture, &Region::from(rect), Budget::unlimited());
            sides.assert_shows(&picture);
            assert!(bytes < 700, "{bytes} bytes for {rect:?}");
        }
    }
}

#[test]
fn displays_that_come_and_go_while_their_picture_is_on_its_way_leave_nothing_behind() {
    let sizes = [(3840, 1080), (1920, 1080), (1920, 2160), (1080, 1920), (1366, 768), (3840, 1080)];
    let (width, height) = sizes[0];
    let mut sides = Sides::new(width, height);
    let mut now = Duration::ZERO;
    for (width, height) in sizes {
        let mut picture = desktop(width, height);
        let screen = Rect::new(width / 2, 100, width / 2, 300);
        // Not one of these is shown whole before it is gone: text waits, and film is shown roughly.
        for frame in 0..4 {
            film(&mut picture, screen, frame);
            now += Duration::from_millis(33);
            let budget = Budget::bytes(8_000).at(now);
            let (encoded, _) = sides.step(&picture, &Region::from(screen), budget);
            assert_eq!(encoded.keyframe, frame == 0);
            assert_ne!(encoded.pending, Pending::Nothing);
            assert_eq!((sides.framebuffer.width(), sides.framebuffer.height()), (width, height));
        }
    }
    let picture = desktop(3840, 1080);
    settle(&mut sides, &picture, &picture.whole(), &mut now);
}
