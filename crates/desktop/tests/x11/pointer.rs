//! The pointer of a real X server.

use std::time::{Duration, Instant};

use lotse_desktop::inject::Injector;
use lotse_desktop::pointer::{News, Pointer, PointerError, Position, Shape};
use x11rb::connection::Connection as _;
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{ChangeWindowAttributesAux, ConnectionExt as _, Cursor, Window};

use crate::support::{Desk, Xvfb};

const SCREEN: &str = "640x480x24";
const PATIENCE: Duration = Duration::from_secs(10);
/// Two shapes of the server's own cursor font.
const ARROW: u16 = 68;
const BEAM: u16 = 152;

fn next(pointer: &mut Pointer) -> News {
    pointer.wait(Some(PATIENCE)).expect("the server is there")
}

fn next_shape(pointer: &mut Pointer) -> Shape {
    loop {
        match next(pointer) {
            News::Shape(shape) => return shape,
            News::At(_) => {}
            other => panic!("{other:?} instead of a shape"),
        }
    }
}

fn until_at(pointer: &mut Pointer, x: u32, y: u32) {
    let wanted = News::At(Position { display: 0, x, y });
    while next(pointer) != wanted {}
}

/// The server's own answer.
fn image(desk: &Desk) -> Shape {
    desk.connection.xfixes_query_version(2, 0).expect("a request").reply().expect("XFixes");
    let image = desk.connection.xfixes_get_cursor_image().expect("a request").reply().expect("an image");
    Shape {
        width: image.width.into(),
        height: image.height.into(),
        hot_x: image.xhot.into(),
        hot_y: image.yhot.into(),
        rgba: image
            .cursor_image
            .iter()
            .flat_map(|p| [(p >> 16) as u8, (p >> 8) as u8, *p as u8, (p >> 24) as u8])
            .collect(),
    }
}

fn cursor(desk: &Desk, glyph: u16) -> Cursor {
    let font = desk.connection.generate_id().expect("an id");
    desk.connection.open_font(font, b"cursor").expect("a request").check().expect("every server has it");
    let cursor = desk.connection.generate_id().expect("an id");
    let request = desk.connection.create_glyph_cursor(
        cursor,
        font,
        font,
        glyph,
        glyph + 1,
        0,
        0,
        0,
        u16::MAX,
        u16::MAX,
        u16::MAX,
    );
    request.expect("a request").check().expect("a cursor");
    cursor
}

fn show(desk: &Desk, window: Window, cursor: Cursor) {
    let aux = ChangeWindowAttributesAux::new().cursor(cursor);
    desk.connection.change_window_attributes(window, &aux).expect("a request").check().expect("a cursor");
}

#[test]
fn shape_and_position_are_told_at_once_and_when_they_change() {
    let server = Xvfb::start(SCREEN, &[]);
    let desk = server.connect();
    let window = desk.window(0, 0, 300, 300);
    show(&desk, window, cursor(&desk, ARROW));
    let mut hands = Injector::open_named(&server.name).expect("an injector");
    hands.move_to(0, 100, 50).expect("a move");
    let mut pointer = Pointer::open_named(&server.name).expect("a pointer");
    assert_eq!(next(&mut pointer), News::Shape(image(&desk)));
    assert_eq!(next(&mut pointer), News::At(Position { display: 0, x: 100, y: 50 }));

    show(&desk, window, cursor(&desk, BEAM));
    let beam = next_shape(&mut pointer);
    assert_eq!(beam, image(&desk));
    assert!(beam.hot_x < beam.width && beam.rgba.chunks_exact(4).any(|pixel| pixel[3] == 255));

    hands.move_to(0, 101, 51).expect("a move");
    let moved = Instant::now();
    until_at(&mut pointer, 101, 51);
    assert!(moved.elapsed() < Duration::from_millis(200), "a hand is told of, not looked for: {:?}", moved.elapsed());

    // A program moves it, without a hand.
    desk.connection.warp_pointer(x11rb::NONE, desk.root, 0, 0, 0, 0, 7, 8).expect("a request").check().expect("a warp");
    until_at(&mut pointer, 7, 8);
}

#[test]
fn many_moves_end_where_the_pointer_is_and_do_not_all_have_to_be_told() {
    let server = Xvfb::start(SCREEN, &[]);
    let mut hands = Injector::open_named(&server.name).expect("an injector");
    let mut pointer = Pointer::open_named(&server.name).expect("a pointer");
    for step in 0..2000 {
        hands.move_to(0, step % 640, step % 480).expect("a move");
    }
    hands.move_to(0, 333, 222).expect("a move");
    until_at(&mut pointer, 333, 222);
    assert_eq!(pointer.wait(Some(Duration::from_millis(600))).expect("a wait"), News::Timeout, "it rests");
}

#[test]
fn an_interrupt_wakes_and_a_server_that_is_gone_is_told() {
    let mut server = Xvfb::start(SCREEN, &[]);
    let mut pointer = Pointer::open_named(&server.name).expect("a pointer");
    while pointer.wait(Some(Duration::from_millis(100))).expect("a wait") != News::Timeout {}
    pointer.interrupt().wake();
    assert_eq!(next(&mut pointer), News::Interrupted);
    server.kill();
    assert!(matches!(pointer.wait(Some(PATIENCE)), Err(PointerError::Lost(_))));
}
