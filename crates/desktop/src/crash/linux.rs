//! A small window by the X protocol alone, in letters that the X server has itself.
#![allow(unsafe_code)]

use std::ptr;

use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::properties::WmSizeHints;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Font, Gcontext, PropMode, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use super::NoDisplay;

/// Letters of Western Europe, larger ones first: every X server has the last.
const FONTS: [&str; 3] = ["-misc-fixed-medium-r-normal--20-*-iso8859-1", "9x15", "fixed"];

/// A line is no longer, in characters.
const LINE: usize = 56;

/// Around the text, in pixels.
const MARGIN: i16 = 24;

pub(super) fn without_an_image(_argument: Option<&'static str>) {
    // Not 0: programs that are handed images by the kernel get them then all the same (core(5)).
    let limit = libc::rlimit { rlim_cur: 1, rlim_max: 1 };
    // SAFETY: reads a structure that outlives the call. Should it fail, all is as it was.
    let _ = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const limit) };
}

pub(super) fn tell(title: &str, text: &str) -> Result<(), NoDisplay> {
    let (connection, screen) = x11rb::connect(None).map_err(|_| NoDisplay)?;
    show(&connection, screen, title, &lines(text)).map_err(|_| NoDisplay)
}

/// Until it is closed, clicked, or a key is pressed in it.
fn show(connection: &RustConnection, screen: usize, title: &str, lines: &[Vec<u8>]) -> Result<(), ReplyOrIdError> {
    let screen = &connection.setup().roots[screen];
    let font = font(connection)?;
    let known = connection.query_font(font)?.reply()?;
    let (across, down) = (known.max_bounds.character_width, known.font_ascent + known.font_descent + 4);
    let longest = lines.iter().map(Vec::len).max().unwrap_or(0);
    let (longest, count) = (i16::try_from(longest).unwrap_or(0), i16::try_from(lines.len()).unwrap_or(0));
    let size = |letters: i16, each: i16| u16::try_from(letters * each + 2 * MARGIN).unwrap_or(1);
    let (width, height) = (size(longest, across), size(count, down));
    let place = |whole: u16, part: u16| i16::try_from(whole.saturating_sub(part) / 2).unwrap_or(0);

    let window = connection.generate_id()?;
    let events = EventMask::EXPOSURE | EventMask::KEY_RELEASE | EventMask::BUTTON_RELEASE;
    let values = CreateWindowAux::new().background_pixel(screen.white_pixel).event_mask(events);
    let (x, y) = (place(screen.width_in_pixels, width), place(screen.height_in_pixels, height));
    connection.create_window(
        COPY_DEPTH_FROM_PARENT,
        window,
        screen.root,
        x,
        y,
        width,
        height,
        0,
        WindowClass::INPUT_OUTPUT,
        screen.root_visual,
        &values,
    )?;
    let atom =
        |name: &str| -> Result<_, ReplyOrIdError> { Ok(connection.intern_atom(false, name.as_bytes())?.reply()?.atom) };
    let (protocols, close) = (atom("WM_PROTOCOLS")?, atom("WM_DELETE_WINDOW")?);
    connection.change_property32(PropMode::REPLACE, window, protocols, AtomEnum::ATOM, &[close])?;
    connection.change_property8(PropMode::REPLACE, window, AtomEnum::WM_NAME, AtomEnum::STRING, &latin(title))?;
    let size = (i32::from(width), i32::from(height));
    let hints = WmSizeHints { min_size: Some(size), max_size: Some(size), ..WmSizeHints::default() };
    hints.set_normal_hints(connection, window)?;
    let ink = connection.generate_id()?;
    let values = CreateGCAux::new().foreground(screen.black_pixel).background(screen.white_pixel).font(font);
    connection.create_gc(ink, window, &values)?;
    connection.map_window(window)?;
    connection.flush()?;
    loop {
        match connection.wait_for_event()? {
            Event::Expose(_) => draw(connection, window, ink, lines, down)?,
            Event::ClientMessage(_) | Event::KeyRelease(_) | Event::ButtonRelease(_) => return Ok(()),
            _ => {}
        }
    }
}

fn font(connection: &RustConnection) -> Result<Font, ReplyOrIdError> {
    let font = connection.generate_id()?;
    let mut opened = Ok(());
    for name in FONTS {
        opened = connection.open_font(font, name.as_bytes())?.check();
        if opened.is_ok() {
            break;
        }
    }
    Ok(opened.map(|()| font)?)
}

fn draw(
    connection: &RustConnection,
    window: Window,
    ink: Gcontext,
    lines: &[Vec<u8>],
    down: i16,
) -> Result<(), ReplyOrIdError> {
    let mut y = MARGIN;
    for line in lines {
        y += down;
        connection.image_text8(window, ink, MARGIN, y - 4, line)?;
    }
    connection.flush()?;
    Ok(())
}

/// Broken between words.
fn lines(text: &str) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for paragraph in text.lines() {
        lines.push(Vec::new());
        for word in paragraph.split(' ').map(latin) {
            match lines.last_mut() {
                Some(line) if line.is_empty() => *line = word,
                Some(line) if line.len() + 1 + word.len() <= LINE => {
                    line.push(b' ');
                    line.extend(word);
                }
                _ => lines.push(word),
            }
        }
    }
    lines
}

/// In Latin 1: the protocol's letters.
fn latin(text: &str) -> Vec<u8> {
    text.chars().map(|sign| u8::try_from(u32::from(sign)).unwrap_or(b'?')).collect()
}

pub(super) fn fail() -> ! {
    // SAFETY: none: nothing can be written there, which is what this is for.
    unsafe { ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
    std::process::abort()
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn text_is_broken_between_words() {
        let broken = lines("Für die Beratung und für alle anderen, die es auch noch wissen wollen\n\nsrc/a.rs:1");
        let broken: Vec<String> =
            broken.iter().map(|line| line.iter().map(|byte| char::from(*byte)).collect()).collect();
        let whole = "Für die Beratung und für alle anderen, die es auch noch";
        assert_eq!(broken, [whole, "wissen wollen", "", "src/a.rs:1"]);
    }
}
