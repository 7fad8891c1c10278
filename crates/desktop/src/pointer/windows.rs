//! Windows: the pointer is asked about, since Windows tells nobody else's moves but by a hook that slows every mouse down.
//! Asking takes microseconds; it is asked often while the pointer moves and less often when it rests.
#![allow(unsafe_code)]

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use windows::Win32::Graphics::Gdi::{
    BI_RGB, BITMAP, BITMAPINFO, BITMAPINFOHEADER, DIB_RGB_COLORS, GetDC, GetDIBits, GetObjectW, HBITMAP, ReleaseDC,
};
use windows::Win32::UI::WindowsAndMessaging::{
    CURSOR_SHOWING, CURSORINFO, GetCursorInfo, GetIconInfo, HCURSOR, ICONINFO,
};
use windows::core::Owned;

use super::cursor::{coloured, monochrome};
use super::{Interrupt, News, Pointer, PointerError, Position, Shape, Source};
use crate::windows::{Bell, DUPLICATED_POINTER, Sleep, virtual_screen};

/// A hand that moves is looked at so often: more than any screen shows.
const PACE: Duration = Duration::from_millis(8);
/// A pointer that rests is.
const AT_REST: Duration = Duration::from_millis(40);
/// It rests when it has not moved for this long.
const RESTS_AFTER: Duration = Duration::from_millis(500);
/// The largest side of a pointer that is asked for. Windows itself goes to 256.
const LARGEST: i32 = 1024;

/// Opens the pointer of the session that this process belongs to. Windows has no names for screens.
pub(super) fn open(name: Option<&str>) -> Result<Pointer, PointerError> {
    if let Some(name) = name {
        return Err(PointerError::Open(format!("Windows has no screen of the name {name:?}")));
    }
    let bell = Bell::new().map_err(|error| PointerError::Open(error.to_string()))?;
    let windows = Windows {
        bell: Arc::new(bell),
        sleep: Sleep::new(),
        looks: None,
        shape: None,
        at: None,
        moved: Instant::now(),
    };
    Ok(Pointer::from_source(windows))
}

struct Windows {
    bell: Arc<Bell>,
    sleep: Sleep,
    /// What it looked like last, by Windows' name for it: 0 when it was hidden.
    looks: Option<usize>,
    /// The last shape told. Programs have several names for the same one.
    shape: Option<Shape>,
    /// The last position told.
    at: Option<Position>,
    moved: Instant,
}

impl Windows {
    /// What is new, if anything is.
    fn look(&mut self, now: Instant) -> Option<News> {
        let mut info = CURSORINFO { cbSize: size_of::<CURSORINFO>() as u32, ..CURSORINFO::default() };
        // SAFETY: a live structure that says its size.
        if unsafe { GetCursorInfo(&raw mut info) }.is_err() {
            // Windows shows another desktop than ours.
            return None;
        }
        let cursor = if info.flags == CURSOR_SHOWING { info.hCursor } else { HCURSOR::default() };
        let is_new = self.looks.replace(cursor.0.addr()) != Some(cursor.0.addr());
        if let Some(shape) = self.shape(cursor, is_new).filter(|shape| self.shape.as_ref() != Some(shape)) {
            self.shape = Some(shape.clone());
            self.moved = now;
            return Some(News::Shape(shape));
        }
        let (x, y) = virtual_screen()?.pixel(info.ptScreenPos.x, info.ptScreenPos.y);
        let at = Position { display: 0, x, y };
        if self.at.replace(at) == Some(at) {
            return None;
        }
        self.moved = now;
        Some(News::At(at))
    }
}

impl Windows {
    /// What is to be seen now; nothing when that is what was before.
    fn shape(&self, cursor: HCURSOR, is_new: bool) -> Option<Shape> {
        if cursor.is_invalid() {
            return is_new.then(hidden);
        }
        let duplicated = DUPLICATED_POINTER.lock().unwrap_or_else(PoisonError::into_inner);
        match &*duplicated {
            Some(shape) => (self.shape.as_ref() != Some(shape)).then(|| shape.clone()),
            None => is_new.then(|| shape(cursor)).flatten(),
        }
    }
}

impl Source for Windows {
    fn interrupt(&self) -> Interrupt {
        let bell = Arc::clone(&self.bell);
        Interrupt::new(move || bell.ring())
    }

    fn wait(&mut self, timeout: Option<Duration>) -> Result<News, PointerError> {
        let deadline = timeout.map(|timeout| Instant::now() + timeout);
        loop {
            let now = Instant::now();
            if let Some(news) = self.look(now) {
                return Ok(news);
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(News::Timeout);
            }
            let pause = if now < self.moved + RESTS_AFTER { PACE } else { AT_REST };
            let pause = deadline.map_or(pause, |deadline| pause.min(deadline - now));
            if self.sleep.until(&self.bell, Some(pause)) {
                return Ok(News::Interrupted);
            }
        }
    }
}

/// A pointer that is not there.
fn hidden() -> Shape {
    Shape { width: 1, height: 1, hot_x: 0, hot_y: 0, rgba: vec![0; 4] }
}

/// Nothing when it has gone meanwhile, or is none.
fn shape(cursor: HCURSOR) -> Option<Shape> {
    let mut info = ICONINFO::default();
    // SAFETY: a live structure is written. Both bitmaps are copies, and ours to delete.
    let (mask, colour) = unsafe {
        GetIconInfo(cursor.into(), &raw mut info).ok()?;
        (Owned::new(info.hbmMask), Owned::new(info.hbmColor))
    };
    let mask = Bitmap::read(*mask)?;
    let bits = mask.bits();
    let (width, height, rgba) = if colour.is_invalid() {
        // One above the other.
        let (and, xor) = bits.split_at(bits.len() / 2);
        (mask.width, mask.height / 2, monochrome(mask.width, and, xor))
    } else {
        let colour = Bitmap::read(*colour)?;
        (colour.width, colour.height, coloured(colour.width, &colour.bgra, &bits))
    };
    let whole = width > 0 && height > 0 && rgba.len() == width as usize * height as usize * 4;
    // A shape may point to a pixel just outside of it.
    whole.then(|| Shape {
        width,
        height,
        hot_x: info.xHotspot.min(width - 1),
        hot_y: info.yHotspot.min(height - 1),
        rgba,
    })
}

/// The pixels of a bitmap: rows from the top, blue, green, red, alpha.
struct Bitmap {
    width: u32,
    height: u32,
    bgra: Vec<u8>,
}

impl Bitmap {
    fn read(bitmap: HBITMAP) -> Option<Self> {
        let mut known = BITMAP::default();
        let size = i32::try_from(size_of::<BITMAP>()).expect("a small structure");
        // SAFETY: a bitmap of ours, and a live structure of the size that is said.
        if unsafe { GetObjectW(bitmap.into(), size, Some((&raw mut known).cast())) } != size {
            return None;
        }
        let sides = 1..=LARGEST;
        // A mask may be two above each other.
        if !sides.contains(&known.bmWidth) || !sides.contains(&(known.bmHeight / 2).max(1)) {
            return None;
        }
        let (width, height) = (known.bmWidth.cast_unsigned(), known.bmHeight.cast_unsigned());
        let mut bgra = vec![0; width as usize * height as usize * 4];
        let header = BITMAPINFOHEADER {
            biSize: size_of::<BITMAPINFOHEADER>() as u32,
            biWidth: known.bmWidth,
            // Negative: rows from the top.
            biHeight: -known.bmHeight,
            biPlanes: 1,
            biBitCount: 32,
            biCompression: BI_RGB.0,
            ..BITMAPINFOHEADER::default()
        };
        let mut info = BITMAPINFO { bmiHeader: header, ..BITMAPINFO::default() };
        // SAFETY: the screen's context is given back on the thread that got it; the buffer has four bytes for each pixel
        // of as many rows as are asked for, and with 32 bits nothing is written behind the header.
        let rows = unsafe {
            let screen = GetDC(None);
            let into = Some(bgra.as_mut_ptr().cast());
            let rows = GetDIBits(screen, bitmap, 0, height, into, &raw mut info, DIB_RGB_COLORS);
            ReleaseDC(None, screen);
            rows
        };
        (rows == known.bmHeight).then_some(Self { width, height, bgra })
    }

    /// Of a mask: which are set. Windows shows those as white.
    fn bits(&self) -> Vec<bool> {
        self.bgra.as_chunks::<4>().0.iter().map(|[blue, ..]| *blue != 0).collect()
    }
}
