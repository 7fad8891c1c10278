use super::{Changed, Edges, Output, Piece, Rotation, are_all_of};
use crate::area::Area;
use crate::capture::Rect;

const fn area(x: i32, y: i32, width: u32, height: u32) -> Area {
    Area { x, y, width, height }
}

const fn upright(area: Area) -> Output {
    Output { area, rotation: Rotation::None }
}

const fn edges(left: i32, top: i32, right: i32, bottom: i32) -> Edges {
    Edges { left, top, right, bottom }
}

const fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
    Rect { x, y, width, height }
}

fn drawn(drawn: &[Edges]) -> Changed {
    Changed::These { drawn: drawn.to_vec(), moved_to: Vec::new() }
}

fn places(pieces: &[Piece]) -> Vec<Rect> {
    pieces.iter().map(|piece| piece.picture).collect()
}

const ONE: Area = area(0, 0, 1920, 1080);
/// A laptop with a larger monitor to the left of it and one that stands on its side above that.
const LEFT: Area = area(-2560, -200, 2560, 1440);
const ON_ITS_SIDE: Area = area(-1080, -2120, 1080, 1920);
const ALL: Area = area(-2560, -2120, 4480, 3360);

#[test]
fn what_is_drawn_is_copied_and_a_pointer_that_moves_is_not() {
    let pieces = upright(ONE).pieces(&drawn(&[edges(100, 50, 300, 90)]), ONE);
    assert_eq!(pieces, [Piece { surface: rect(100, 50, 200, 40), picture: rect(100, 50, 200, 40) }]);
    assert_eq!(upright(ONE).pieces(&Changed::Nothing, ONE), []);
    assert_eq!(places(&upright(ONE).pieces(&Changed::Everything, ONE)), [rect(0, 0, 1920, 1080)]);
    assert_eq!(upright(ONE).pieces(&drawn(&[]), ONE), []);
}

/// As a browser says of a page that scrolls by 57 rows: everything moved up, and a strip below is new.
#[test]
fn a_page_that_scrolls_is_where_it_was_moved_to_and_what_came_into_sight() {
    let changed = Changed::These {
        drawn: vec![edges(0, 983, 1905, 1040), edges(1905, 200, 1920, 420)],
        moved_to: vec![edges(0, 120, 1905, 983)],
    };
    let mut pieces = places(&upright(ONE).pieces(&changed, ONE));
    pieces.sort_unstable();
    // The bar beside the page is near enough to go with it.
    let covers = |x, y| pieces.iter().any(|p| p.x <= x && x < p.right() && p.y <= y && y < p.bottom());
    for (x, y) in [(0, 120), (1904, 982), (0, 983), (1904, 1039), (1905, 200), (1919, 419)] {
        assert!(covers(x, y), "{x},{y}: {pieces:?}");
    }
    assert!(!covers(0, 119) && !covers(0, 1040));
}

#[test]
fn several_monitors_are_put_together_where_they_stand() {
    let at = |output: Output, surface: Edges| places(&output.pieces(&drawn(&[surface]), ALL));
    assert_eq!(at(upright(ONE), edges(0, 0, 10, 20)), [rect(2560, 2120, 10, 20)]);
    assert_eq!(at(upright(LEFT), edges(0, 0, 10, 20)), [rect(0, 1920, 10, 20)]);
    assert_eq!(at(upright(LEFT), edges(2550, 1420, 2560, 1440)), [rect(2550, 3340, 10, 20)]);
    let side = Output { area: ON_ITS_SIDE, rotation: Rotation::By90 };
    assert_eq!(side.surface(), (1920, 1080), "as it is scanned");
    assert_eq!(at(side, edges(0, 0, 10, 20)), [rect(1480 + 1080 - 20, 0, 20, 10)], "its upper right corner");
    assert_eq!(places(&side.pieces(&Changed::Everything, ALL)), [rect(1480, 0, 1080, 1920)]);
}

/// Against `SetDirtyVert` of Microsoft's sample, with a monitor of 1080 × 1920 when it is turned.
#[test]
fn rectangles_are_turned_as_in_microsofts_sample() {
    let surface = edges(100, 200, 400, 260);
    let at = |rotation, width, height| {
        let area = area(0, 0, width, height);
        places(&Output { area, rotation }.pieces(&drawn(&[surface]), area))
    };
    assert_eq!(at(Rotation::By90, 1080, 1920), [rect(1080 - 260, 100, 60, 300)]);
    assert_eq!(at(Rotation::By180, 1920, 1080), [rect(1920 - 400, 1080 - 260, 300, 60)]);
    assert_eq!(at(Rotation::By270, 1080, 1920), [rect(200, 1920 - 400, 60, 300)]);
    assert_eq!([0, 1, 2, 3, 4].map(Rotation::from_dxgi), {
        use Rotation::{By90, By180, By270, None};
        [None, None, By90, By180, By270]
    });
}

#[test]
fn metadata_is_read_as_windows_writes_it() {
    let bytes = |numbers: &[i32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
    // A window dragged from 300, 200 to 310, 195, which left a strip behind, and one that has something to the left of its
    // monitor's edge.
    let moved = bytes(&[300, 200, 310, 195, 910, 595]);
    let dirty = bytes(&[300, 200, 310, 600, -4, 0, 12, 40]);
    let told = Changed::told(&moved, &dirty);
    let drawn = vec![edges(300, 200, 310, 600), edges(-4, 0, 12, 40)];
    assert_eq!(told, Changed::These { drawn, moved_to: vec![edges(310, 195, 910, 595)] });
    let half = Changed::told(&moved[..23], &dirty[..31]);
    assert_eq!(half, Changed::These { drawn: vec![edges(300, 200, 310, 600)], moved_to: Vec::new() });
}

/// A picture in which every pixel is another one.
fn picture(width: u32, height: u32) -> Vec<u8> {
    (0..width * height).flat_map(|number| (number + 1).to_le_bytes()).collect()
}

/// A monitor's surface, for a picture that is upright: where each pixel goes stands in the sample's rectangles.
fn surface(output: Output, upright: &[u8], pitch: usize) -> Vec<u8> {
    let (width, height) = output.surface();
    let (upright_width, upright_height) = (output.area.width, output.area.height);
    let mut surface = vec![0xee; pitch * height as usize];
    for y in 0..height {
        for x in 0..width {
            let (to_x, to_y) = match output.rotation {
                Rotation::None => (x, y),
                Rotation::By90 => (upright_width - 1 - y, x),
                Rotation::By180 => (upright_width - 1 - x, upright_height - 1 - y),
                Rotation::By270 => (y, upright_height - 1 - x),
            };
            let from = (to_y * upright_width + to_x) as usize * 4;
            let at = y as usize * pitch + x as usize * 4;
            surface[at..at + 4].copy_from_slice(&upright[from..from + 4]);
        }
    }
    surface
}

#[test]
fn a_monitor_that_is_turned_is_seen_upright() {
    for rotation in [Rotation::None, Rotation::By90, Rotation::By180, Rotation::By270] {
        // Neither at the corner of the screen nor of the same shape.
        let (screen, output) = (area(-7, -3, 40, 30), Output { area: area(-2, 4, 9, 5), rotation });
        let wanted = picture(9, 5);
        // Rows of a surface may have gaps between them.
        let pitch = output.surface().0 as usize * 4 + 12;
        let surface = surface(output, &wanted, pitch);
        let mut seen = vec![0; 40 * 30 * 4];
        let mut see = |changed: &Changed| {
            for piece in output.pieces(changed, screen) {
                output.copy(piece, &surface, pitch, &mut seen, screen);
            }
            let row = |y: usize| seen[((7 + y) * 40 + 5) * 4..][..9 * 4].to_vec();
            ((0..5).flat_map(row).collect::<Vec<u8>>(), seen.iter().filter(|byte| **byte != 0).count())
        };
        let (part, _) = see(&drawn(&[edges(1, 1, 4, 3)]));
        assert_eq!(part.chunks(4).filter(|pixel| **pixel != [0; 4]).count(), 6, "{rotation:?}");
        assert!(part.chunks(4).zip(wanted.chunks(4)).all(|(one, other)| *one == [0; 4] || one == other));
        let (whole, painted) = see(&Changed::Everything);
        assert_eq!(whole, wanted, "{rotation:?}");
        assert_eq!(painted, wanted.iter().filter(|byte| **byte != 0).count(), "and nothing outside of it");
    }
}

#[test]
fn what_drivers_say_beyond_the_surface_is_cut_and_nonsense_is_left_out() {
    let pieces = |edges| places(&upright(ONE).pieces(&drawn(&[edges]), ONE));
    assert_eq!(pieces(edges(-5, -9, 10, 10)), [rect(0, 0, 10, 10)]);
    assert_eq!(pieces(edges(1900, 1000, 2000, i32::MAX)), [rect(1900, 1000, 20, 80)]);
    for nonsense in [edges(10, 10, 10, 40), edges(40, 10, 10, 40), edges(-9, 0, -1, 5), edges(3000, 0, 3001, 9)] {
        assert_eq!(pieces(nonsense), [], "{nonsense:?}");
    }
    let many: Vec<_> = (0..500).map(|n| edges(n % 25 * 70, n / 25 * 50, n % 25 * 70 + 9, n / 25 * 50 + 9)).collect();
    assert!(upright(ONE).pieces(&drawn(&many), ONE).len() <= 32);
}

#[test]
fn a_monitor_that_is_no_longer_on_the_screen_is_not_copied() {
    for gone in [area(1920, 0, 800, 600), area(-1, 0, 1920, 1080), area(0, 1, 1920, 1080)] {
        assert_eq!(upright(gone).pieces(&Changed::Everything, ONE), []);
    }
}

#[test]
fn a_monitor_that_is_missing_is_noticed() {
    let side = Output { area: ON_ITS_SIDE, rotation: Rotation::By90 };
    assert!(are_all_of(&[upright(ONE), upright(LEFT), side], ALL));
    assert!(are_all_of(&[upright(ONE)], ONE));
    for some in [&[upright(ONE), upright(LEFT)][..], &[upright(LEFT), side], &[]] {
        assert!(!are_all_of(some, ALL));
    }
}
