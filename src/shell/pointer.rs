//! The customer's pointer in the adviser's window: as the window's own cursor where the adviser's hand is the one that
//! moves it, drawn over the picture where it is not. The picture itself is never drawn into.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;
mod straight;

use std::sync::Arc;

use winit::event_loop::ActiveEventLoop;
use winit::window::{CursorIcon, CustomCursor, Window};

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

use super::placement::{Placement, Tap, taps};
use super::screen::Area;
use crate::viewer::pointer::{SHAPES, Shape};

/// A pointer is not made smaller than this, in pixels of its longer side, unless it is: what points has to be found.
const SMALLEST: f64 = 24.0;
/// A picture that is enlarged by less than this leaves the pointer as it is, and sharp.
const ENLARGES: f64 = 1.5;
/// A pointer is not made larger than this, in pixels of its longer side.
const LARGEST: f64 = 512.0;

/// A pointer as it is drawn: in pixels of the window.
pub(super) struct Image {
    pub(super) size: (u32, u32),
    hot: (u32, u32),
    /// Rows from the top: red, green, blue, each multiplied by alpha, and alpha.
    pub(super) rgba: Vec<u8>,
}

impl Image {
    /// `shape` over a picture that is drawn `scale` times its size.
    fn new(shape: &Shape, scale: f64) -> Self {
        let (size, hot) = (shape.size(), shape.hot());
        let longer = f64::from(size.0.max(size.1));
        let wanted = match scale {
            scale if scale < 1.0 => (longer * scale).max(longer.min(SMALLEST)),
            scale if scale < ENLARGES => longer,
            scale => (longer * scale).min(LARGEST.max(longer)),
        };
        let scale = wanted / longer;
        #[expect(clippy::cast_sign_loss, reason = "both factors are above 0")]
        let along = |length: u32, hot: u32| {
            let length = (f64::from(length) * scale).round().max(1.0) as u32;
            (length, (((f64::from(hot) + 0.5) * scale) as u32).min(length - 1))
        };
        let ((width, hot_x), (height, hot_y)) = (along(size.0, hot.0), along(size.1, hot.1));
        let rgba =
            if (width, height) == size { shape.rgba().to_vec() } else { scaled(shape.rgba(), size, (width, height)) };
        Self { size: (width, height), hot: (hot_x, hot_y), rgba }
    }
}

/// Across, then down.
fn scaled(rgba: &[u8], size: (u32, u32), to: (u32, u32)) -> Vec<u8> {
    let mean = |tap: &Tap, pixel: &dyn Fn(u32) -> [u8; 4]| {
        let mut sum = [0; 4];
        for (at, weight) in (tap.first..).zip(&tap.weights) {
            for (sum, value) in sum.iter_mut().zip(pixel(at)) {
                *sum += i32::from(value) * weight;
            }
        }
        // Weights are not negative and add up to 2^14.
        sum.map(|sum| u8::try_from((sum + (1 << 13)) >> 14).unwrap_or(u8::MAX))
    };
    let read = |pixels: &[u8], width: u32, x: u32, y: u32| {
        let at = (y as usize * width as usize + x as usize) * 4;
        [pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]]
    };
    let across = taps(size.0, to.0);
    let narrow: Vec<u8> =
        (0..size.1).flat_map(|y| across.iter().flat_map(move |tap| mean(tap, &|x| read(rgba, size.0, x, y)))).collect();
    let down = taps(size.1, to.1);
    down.iter().flat_map(|tap| (0..to.0).flat_map(|x| mean(tap, &|y| read(&narrow, to.0, x, y)))).collect()
}

/// An image at its place in the window.
#[derive(Clone)]
pub(super) struct Sprite {
    pub(super) image: Arc<Image>,
    /// Its upper left corner, which may be outside.
    pub(super) corner: (i64, i64),
}

impl PartialEq for Sprite {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.image, &other.image) && self.corner == other.corner
    }
}

impl Sprite {
    /// `image` pointing at a pixel of the picture; `None`: there is no such pixel.
    pub(super) fn new(image: Arc<Image>, at: (u32, u32), placement: &Placement) -> Option<Self> {
        let (x, y) = placement.over(at)?;
        let corner = (x - i64::from(image.hot.0), y - i64::from(image.hot.1));
        Some(Self { image, corner })
    }

    /// The part of `within` that it is drawn on.
    pub(super) fn area(&self, within: Area) -> Option<Area> {
        let along = |start: i64, length: u32| {
            let from = start.max(0);
            Some((u32::try_from(from).ok()?, u32::try_from(start + i64::from(length) - from).ok()?))
        };
        let ((x, width), (y, height)) =
            (along(self.corner.0, self.image.size.0)?, along(self.corner.1, self.image.size.1)?);
        Area { x, y, width, height }.and(within)
    }

    /// Draws it on `target` (0x00RRGGBB, `stride` pixels per row), which shows the picture there, inside `within`.
    pub(super) fn draw(&self, within: Area, target: &mut [u32], stride: u32) {
        let Some(area) = self.area(within) else { return };
        for y in area.y..area.y + area.height {
            let start = y as usize * stride as usize + area.x as usize;
            let row = &mut target[start..start + area.width as usize];
            // Inside the image, since the area is.
            let inside = |at: u32, corner: i64| usize::try_from(i64::from(at) - corner).unwrap_or(0);
            let from = inside(y, self.corner.1) * self.image.size.0 as usize + inside(area.x, self.corner.0);
            for (pixel, rgba) in row.iter_mut().zip(self.image.rgba[from * 4..].chunks_exact(4)) {
                *pixel = over(rgba, *pixel);
            }
        }
    }
}

/// A pixel of a pointer over one of the picture.
fn over(rgba: &[u8], pixel: u32) -> u32 {
    let through = 255 - u32::from(rgba[3]);
    let channel = |shift: u32, value: u8| {
        let below = pixel >> shift & 0xff;
        (u32::from(value) + (below * through + 127) / 255).min(255) << shift
    };
    channel(16, rgba[0]) | channel(8, rgba[1]) | channel(0, rgba[2])
}

/// Pointers as they were drawn, so that none is made twice.
#[derive(Default)]
pub(super) struct Images {
    known: Vec<Known>,
    clock: u64,
}

struct Known {
    shape: Arc<Shape>,
    scale: f64,
    image: Arc<Image>,
    cursor: Option<CustomCursor>,
    used: u64,
}

impl Images {
    /// `shape` as it is drawn over a picture so placed.
    pub(super) fn of(&mut self, shape: &Arc<Shape>, placement: &Placement) -> Arc<Image> {
        let scale = placement.scale();
        self.clock += 1;
        let same = |known: &&mut Known| Arc::ptr_eq(&known.shape, shape) && known.scale == scale;
        if let Some(known) = self.known.iter_mut().find(same) {
            known.used = self.clock;
            return Arc::clone(&known.image);
        }
        if self.known.len() >= SHAPES {
            let oldest = (0..self.known.len()).min_by_key(|place| self.known[*place].used).unwrap_or_default();
            self.known.swap_remove(oldest);
        }
        let image = Arc::new(Image::new(shape, scale));
        let known =
            Known { shape: Arc::clone(shape), scale, image: Arc::clone(&image), cursor: None, used: self.clock };
        self.known.push(known);
        image
    }

    /// An image as a cursor of the window system.
    fn cursor(&mut self, image: &Arc<Image>, event_loop: &ActiveEventLoop) -> Option<CustomCursor> {
        let known = self.known.iter_mut().find(|known| Arc::ptr_eq(&known.image, image))?;
        if known.cursor.is_none() {
            let small = |value: u32| u16::try_from(value).unwrap_or(u16::MAX);
            let ((width, height), (hot_x, hot_y)) = (image.size, image.hot);
            let rgba = platform::cursor(&image.rgba, event_loop);
            match CustomCursor::from_rgba(rgba, small(width), small(height), small(hot_x), small(hot_y)) {
                Ok(source) => known.cursor = Some(event_loop.create_custom_cursor(source)),
                Err(error) => tracing::warn!("no cursor: {error}"),
            }
        }
        known.cursor.clone()
    }
}

/// What the window's cursor is to be.
#[derive(Clone, Default)]
pub(super) enum Cursor {
    /// The user interface's.
    #[default]
    Ui,
    /// The customer's, which cannot be seen.
    Hidden,
    /// The customer's.
    Image(Arc<Image>),
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Ui, Self::Ui) | (Self::Hidden, Self::Hidden) => true,
            (Self::Image(one), Self::Image(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Cursor {
    /// Makes the window's cursor `wanted`, if it is not. The user interface changes its own as it likes once it has it.
    pub(super) fn become_in(
        &mut self,
        wanted: Self,
        images: &mut Images,
        window: &Window,
        event_loop: &ActiveEventLoop,
    ) {
        if *self == wanted {
            return;
        }
        match &wanted {
            Self::Hidden => window.set_cursor_visible(false),
            Self::Ui => window.set_cursor(CursorIcon::Default),
            Self::Image(image) => match images.cursor(image, event_loop) {
                Some(cursor) => window.set_cursor(cursor),
                None => window.set_cursor(CursorIcon::Default),
            },
        }
        if *self == Self::Hidden {
            window.set_cursor_visible(true);
        }
        *self = wanted;
    }
}

#[cfg(test)]
mod tests;
