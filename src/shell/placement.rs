//! Where the remote picture lies in the window, and how its pixels get there.

use super::screen::{Area, Pixels};
use crate::ui::Scale;

/// Where the picture lies in the window; all in pixels of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placement {
    /// The part of the window that shows it; never larger than the place and the picture.
    pub(super) shown: Area,
    /// The picture's own size.
    size: (u32, u32),
    /// The picture's size in the window.
    drawn: (u32, u32),
    /// How far the picture is scrolled: the pixel of `drawn` at the corner of `shown`.
    offset: (u32, u32),
}

impl Placement {
    /// Places a picture of `size` in `place`. `scroll` is from 0 to 1 each way, for what does not fit at 1:1.
    pub(super) fn new(place: Area, size: (u32, u32), scale: Scale, scroll: (f32, f32)) -> Option<Self> {
        if size.0 == 0 || size.1 == 0 || place.width == 0 || place.height == 0 {
            return None;
        }
        let drawn = match scale {
            Scale::OneToOne => size,
            Scale::Fit => fit(size, (place.width, place.height)),
        };
        let along = |start: u32, room: u32, drawn: u32, scroll: f32| {
            let over = drawn.saturating_sub(room);
            // Between 0 and `over`: neither sign nor size can be lost.
            #[expect(clippy::cast_sign_loss, reason = "scroll is clamped to 0..=1")]
            let offset = (over as f32 * scroll.clamp(0.0, 1.0)).round() as u32;
            (start + room.saturating_sub(drawn) / 2, room.min(drawn), offset.min(over))
        };
        let (x, width, offset_x) = along(place.x, place.width, drawn.0, scroll.0);
        let (y, height, offset_y) = along(place.y, place.height, drawn.1, scroll.1);
        Some(Self { shown: Area { x, y, width, height }, size, drawn, offset: (offset_x, offset_y) })
    }

    /// The same, less what is covered by the upper `rows` of the window: the rest stays where it is.
    pub(super) fn below(mut self, rows: u32) -> Option<Self> {
        let covered = rows.saturating_sub(self.shown.y);
        self.shown.height = self.shown.height.checked_sub(covered).filter(|height| *height > 0)?;
        self.shown.y += covered;
        self.offset.1 += covered;
        Some(self)
    }

    /// Is one pixel of the picture one pixel of the window?
    pub(super) fn is_exact(&self) -> bool {
        self.drawn == self.size
    }

    /// How many pixels of the window a pixel of the picture is wide.
    pub(super) fn scale(&self) -> f64 {
        f64::from(self.drawn.0) / f64::from(self.size.0)
    }

    /// Where in the window a pixel of the picture is, be it shown or not; `None`: the picture has none there.
    pub(super) fn over(&self, (x, y): (u32, u32)) -> Option<(i64, i64)> {
        if x >= self.size.0 || y >= self.size.1 {
            return None;
        }
        let along = |at: u32, size: u32, drawn: u32, offset: u32, start: u32| {
            ((f64::from(at) + 0.5) * f64::from(drawn) / f64::from(size)) as i64 - i64::from(offset) + i64::from(start)
        };
        Some((
            along(x, self.size.0, self.drawn.0, self.offset.0, self.shown.x),
            along(y, self.size.1, self.drawn.1, self.offset.1, self.shown.y),
        ))
    }

    /// The part of the picture that is shown, from 0 to 1 each way.
    pub(super) fn part(&self) -> egui::Rect {
        let (width, height) = (self.drawn.0 as f32, self.drawn.1 as f32);
        let corner = egui::pos2(self.offset.0 as f32 / width, self.offset.1 as f32 / height);
        let size = egui::vec2(self.shown.width as f32 / width, self.shown.height as f32 / height);
        egui::Rect::from_min_size(corner, size)
    }

    /// How many pixels of the picture lie in one of the window, each way.
    pub(super) fn reduction(&self) -> (f32, f32) {
        (self.size.0 as f32 / self.drawn.0 as f32, self.size.1 as f32 / self.drawn.1 as f32)
    }

    /// Was it made for a picture of this size?
    pub(super) fn is_for(&self, picture: Pixels<'_>) -> bool {
        self.size == (picture.width, picture.height)
    }

    /// The pixel of the picture under a position in the window; `None` beside the picture.
    pub(super) fn under(&self, x: f64, y: f64) -> Option<(u32, u32)> {
        let inside = |at: f64, start: u32, length: u32| at >= f64::from(start) && at < f64::from(start + length);
        (inside(x, self.shown.x, self.shown.width) && inside(y, self.shown.y, self.shown.height))
            .then(|| self.nearest(x, y))
    }

    /// The pixel shown nearest to a position in the window: a drag does not end at the picture's edge.
    pub(super) fn nearest(&self, x: f64, y: f64) -> (u32, u32) {
        // Clamped to 0..size before the cast.
        #[expect(clippy::cast_sign_loss, reason = "clamped to 0 and above")]
        let along = |at: f64, (start, length): (u32, u32), offset: u32, size: u32, drawn: u32| {
            let at = at.floor().clamp(f64::from(start), f64::from(start + length - 1));
            let at = at - f64::from(start) + f64::from(offset);
            ((at + 0.5) * f64::from(size) / f64::from(drawn)).floor().clamp(0.0, f64::from(size - 1)) as u32
        };
        (
            along(x, (self.shown.x, self.shown.width), self.offset.0, self.size.0, self.drawn.0),
            along(y, (self.shown.y, self.shown.height), self.offset.1, self.size.1, self.drawn.1),
        )
    }

    /// The part of the window that shows `changed` of the picture; `None` if it is scrolled out of sight.
    fn of(&self, changed: Area) -> Option<Area> {
        let along = |from: u32, length: u32, size: u32, drawn: u32, offset: u32, start: u32| {
            if size == drawn {
                return (i64::from(from) - i64::from(offset) + i64::from(start), i64::from(length));
            }
            // A filter looks one pixel further to each side, and scaling rounds.
            let reach = 1.0 + f64::from(size) / f64::from(drawn);
            let scale = f64::from(drawn) / f64::from(size);
            let first = ((f64::from(from) - reach) * scale).floor().max(0.0) as i64;
            let last = ((f64::from(from + length) + reach) * scale).ceil().min(f64::from(drawn)) as i64;
            (first - i64::from(offset) + i64::from(start), last - first)
        };
        let (x, width) = along(changed.x, changed.width, self.size.0, self.drawn.0, self.offset.0, self.shown.x);
        let (y, height) = along(changed.y, changed.height, self.size.1, self.drawn.1, self.offset.1, self.shown.y);
        let clip = |from: i64, length: i64| {
            let start = from.max(0);
            Some((u32::try_from(start).ok()?, u32::try_from(from + length - start).ok()?))
        };
        let ((x, width), (y, height)) = (clip(x, width)?, clip(y, height)?);
        Area { x, y, width, height }.and(self.shown)
    }

    /// Copies what changed of the picture to its place in `target` (0x00RRGGBB, `stride` pixels per row); answers
    /// where that was.
    pub(super) fn copy(
        &self,
        picture: Pixels<'_>,
        changed: Area,
        filter: &mut Filter,
        target: &mut [u32],
        stride: u32,
    ) -> Option<Area> {
        let to = self.of(changed)?;
        self.copy_to(picture, to, filter, target, stride);
        Some(to)
    }

    /// Copies the part of the picture that the window shows in `to`, which is inside of `shown`.
    pub(super) fn copy_to(&self, picture: Pixels<'_>, to: Area, filter: &mut Filter, target: &mut [u32], stride: u32) {
        if self.is_exact() {
            self.copy_exact(picture, to, target, stride);
        } else {
            filter.prepare(self.size, self.drawn);
            // Scaled pictures are never scrolled, but may be covered from above.
            let corner = (self.shown.x - self.offset.0, self.shown.y - self.offset.1);
            filter.copy(picture, to, corner, target, stride);
        }
    }

    fn copy_exact(&self, picture: Pixels<'_>, to: Area, target: &mut [u32], stride: u32) {
        let from_x = (to.x - self.shown.x + self.offset.0) as usize;
        for row in 0..to.height {
            let from_y = (to.y - self.shown.y + self.offset.1 + row) as usize;
            let start = (from_y * picture.width as usize + from_x) * 4;
            let source = &picture.bgrx[start..start + to.width as usize * 4];
            let start = (to.y + row) as usize * stride as usize + to.x as usize;
            let target = &mut target[start..start + to.width as usize];
            for (pixel, bgrx) in target.iter_mut().zip(source.chunks_exact(4)) {
                *pixel = u32::from_le_bytes([bgrx[0], bgrx[1], bgrx[2], 0]);
            }
        }
    }
}

/// The largest size with the proportions of `size` that fits into `room`.
fn fit(size: (u32, u32), room: (u32, u32)) -> (u32, u32) {
    let (width, height) = (u64::from(size.0), u64::from(size.1));
    let (room_width, room_height) = (u64::from(room.0), u64::from(room.1));
    let fitted = if width * room_height > height * room_width {
        (room_width, (height * room_width / width).max(1))
    } else {
        ((width * room_height / height).max(1), room_height)
    };
    // Not above `room`, which are u32.
    (fitted.0.min(room_width) as u32, fitted.1.min(room_height) as u32)
}

/// Scaling: a triangle as wide as the larger of a pixel here and there (linear when enlarging, an average that keeps
/// thin lines when reducing). Both directions one after the other.
#[derive(Default)]
pub(super) struct Filter {
    sizes: Option<((u32, u32), (u32, u32))>,
    across: Vec<Tap>,
    down: Vec<Tap>,
    /// Rows reduced to their new width: three values per pixel, 8 bits and 6 of fraction.
    rows: Vec<Vec<i32>>,
    /// Which row of the picture each of `rows` is.
    held: Vec<u32>,
}

/// The pixels that make one pixel, and their weights, which add up to `ONE`.
pub(super) struct Tap {
    pub(super) first: u32,
    pub(super) weights: Vec<i32>,
}

const ONE: i32 = 1 << 14;

impl Filter {
    fn prepare(&mut self, size: (u32, u32), drawn: (u32, u32)) {
        if self.sizes == Some((size, drawn)) {
            return;
        }
        self.sizes = Some((size, drawn));
        self.across = taps(size.0, drawn.0);
        self.down = taps(size.1, drawn.1);
        let rows = self.down.iter().map(|tap| tap.weights.len()).max().unwrap_or(1);
        self.rows = vec![Vec::new(); rows];
        self.held = vec![u32::MAX; rows];
    }

    fn copy(&mut self, picture: Pixels<'_>, to: Area, corner: (u32, u32), target: &mut [u32], stride: u32) {
        // The picture may have changed since the last call.
        self.held.fill(u32::MAX);
        let columns = (to.x - corner.0) as usize..(to.x - corner.0 + to.width) as usize;
        for row in 0..to.height {
            let tap = &self.down[(to.y - corner.1 + row) as usize];
            let ring = self.rows.len();
            for y in tap.first..tap.first + tap.weights.len() as u32 {
                let slot = y as usize % ring;
                if self.held[slot] != y {
                    self.held[slot] = y;
                    reduce(picture, y, &self.across[columns.clone()], &mut self.rows[slot]);
                }
            }
            let start = (to.y + row) as usize * stride as usize + to.x as usize;
            let target = &mut target[start..start + to.width as usize];
            for (index, pixel) in target.iter_mut().enumerate() {
                let mut sum = [0i32; 3];
                for (k, weight) in tap.weights.iter().enumerate() {
                    let from = &self.rows[(tap.first as usize + k) % ring][index * 3..index * 3 + 3];
                    for (sum, value) in sum.iter_mut().zip(from) {
                        *sum += value * weight;
                    }
                }
                // 8 bits, 6 + 14 of fraction; weights are not negative, so neither is the sum.
                let [b, g, r] = sum.map(|value| ((value + (1 << 19)) >> 20).min(255).cast_unsigned());
                *pixel = r << 16 | g << 8 | b;
            }
        }
    }
}

/// Row `y` of the picture, reduced to the columns of `taps`.
fn reduce(picture: Pixels<'_>, y: u32, taps: &[Tap], into: &mut Vec<i32>) {
    let start = y as usize * picture.width as usize * 4;
    let row = &picture.bgrx[start..start + picture.width as usize * 4];
    into.clear();
    for tap in taps {
        let first = tap.first as usize * 4;
        let mut sum = [0i32; 3];
        for (weight, bgrx) in tap.weights.iter().zip(row[first..].chunks_exact(4)) {
            for (sum, value) in sum.iter_mut().zip(bgrx) {
                *sum += i32::from(*value) * weight;
            }
        }
        into.extend(sum.map(|value| value >> 8));
    }
}

/// How `size` pixels become `drawn`.
pub(super) fn taps(size: u32, drawn: u32) -> Vec<Tap> {
    let scale = f64::from(size) / f64::from(drawn);
    let reach = scale.max(1.0);
    (0..drawn)
        .map(|index| {
            let centre = (f64::from(index) + 0.5) * scale - 0.5;
            // Both between 0 and size - 1.
            let last = f64::from(size - 1);
            #[expect(clippy::cast_sign_loss, reason = "clamped to 0 and above")]
            let (first, end) =
                ((centre - reach).ceil().clamp(0.0, last) as u32, (centre + reach).floor().clamp(0.0, last) as u32);
            let raw: Vec<f64> =
                (first..=end).map(|at| (1.0 - (f64::from(at) - centre).abs() / reach).max(0.0)).collect();
            let total: f64 = raw.iter().sum();
            let mut weights: Vec<i32> = raw
                .iter()
                .map(|weight| if total > 0.0 { (weight / total * f64::from(ONE)).round() as i32 } else { 0 })
                .collect();
            // Rounding must not darken: the middle takes what is left.
            let middle = weights.len() / 2;
            weights[middle] += ONE - weights.iter().sum::<i32>();
            Tap { first, weights }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Area, Filter, Pixels, Placement};
    use crate::ui::Scale;

    fn picture(width: u32, height: u32) -> Vec<u8> {
        (0..width * height).flat_map(|i| [(i * 7) as u8, (i * 13) as u8, (i * 29) as u8, 0xff]).collect()
    }

    /// The toolbar of the full screen covers the picture and does not push it down: what is seen of it stays where it
    /// was, pixel for pixel, and is drawn the same.
    #[test]
    fn what_is_covered_from_above_moves_nothing() {
        let picture: Vec<u8> = (0..64 * 48 * 4u32).map(|i| (i * 7 % 251) as u8).collect();
        let pixels = Pixels { width: 64, height: 48, bgrx: &picture };
        let window = Area::all(100, 90);
        for scale in [Scale::Fit, Scale::OneToOne] {
            let whole = Placement::new(window, (64, 48), scale, (0.0, 0.0)).expect("has a size");
            assert_eq!(whole.below(0), Some(whole));
            let rows = 30;
            let covered = whole.below(rows).expect("something is left");
            assert_eq!(covered.shown.y, rows);
            assert_eq!(covered.shown.y + covered.shown.height, whole.shown.y + whole.shown.height);
            let drawn = |placement: &Placement| {
                let mut target = vec![0u32; 100 * 90];
                placement.copy(pixels, Area::all(64, 48), &mut Filter::default(), &mut target, 100);
                target
            };
            let below = rows as usize * 100;
            assert_eq!(drawn(&covered)[below..], drawn(&whole)[below..], "{scale:?}");
            assert!(drawn(&covered)[..below].iter().all(|pixel| *pixel == 0), "{scale:?}");
            for y in [30.0, 31.5, 60.0] {
                assert_eq!(covered.under(50.0, y), whole.under(50.0, y));
            }
            assert_eq!(covered.under(50.0, 29.0), None, "the toolbar's");
            assert_eq!(whole.below(90), None);
        }
    }

    #[test]
    fn one_to_one_is_exact_and_scrolls_to_the_last_pixel() {
        let bgrx = picture(40, 30);
        let pixels = Pixels { width: 40, height: 30, bgrx: &bgrx };
        let place = Area { x: 3, y: 5, width: 20, height: 10 };
        let placed = Placement::new(place, (40, 30), Scale::OneToOne, (1.0, 1.0)).expect("has a size");
        let mut target = vec![0u32; 30 * 20];
        let to = placed.copy(pixels, Area::all(40, 30), &mut Filter::default(), &mut target, 30);
        assert_eq!(to, Some(place));
        for (x, y) in [(3, 5), (22, 14), (10, 9)] {
            let (px, py) = placed.under(f64::from(x), f64::from(y)).expect("inside");
            assert_eq!((px, py), (x - 3 + 20, y - 5 + 20));
            let i = ((py * 40 + px) * 4) as usize;
            let expected = u32::from_le_bytes([bgrx[i], bgrx[i + 1], bgrx[i + 2], 0]);
            assert_eq!(target[(y * 30 + x) as usize], expected);
        }
        assert_eq!(placed.under(23.0, 5.0), None, "beside the picture is not the picture");
        assert_eq!(placed.nearest(500.0, -9.0), (39, 20), "a drag stays at the edge that is shown");
    }

    #[test]
    fn a_change_out_of_sight_changes_nothing() {
        let bgrx = picture(40, 30);
        let pixels = Pixels { width: 40, height: 30, bgrx: &bgrx };
        let placed = Placement::new(Area::all(20, 10), (40, 30), Scale::OneToOne, (0.0, 0.0)).expect("has a size");
        let mut target = vec![0u32; 200];
        let far = Area { x: 25, y: 0, width: 5, height: 5 };
        assert_eq!(placed.copy(pixels, far, &mut Filter::default(), &mut target, 20), None);
        assert!(target.iter().all(|pixel| *pixel == 0));
    }

    #[test]
    fn fit_keeps_proportions_and_centres() {
        let placed = Placement::new(Area::all(100, 100), (200, 100), Scale::Fit, (0.0, 0.0)).expect("has a size");
        assert_eq!(placed.shown, Area { x: 0, y: 25, width: 100, height: 50 });
        assert_eq!(placed.under(0.0, 25.0), Some((1, 1)));
        assert_eq!(placed.under(99.0, 74.0), Some((199, 99)));
        assert_eq!(placed.under(99.0, 75.0), None);
    }

    #[test]
    fn scaling_by_pieces_equals_scaling_at_once_and_keeps_an_even_colour() {
        for (size, place) in [((120, 90), (50, 41)), ((50, 40), (77, 90)), ((64, 64), (63, 64))] {
            let bgrx = picture(size.0, size.1);
            let pixels = Pixels { width: size.0, height: size.1, bgrx: &bgrx };
            let placed = Placement::new(Area::all(place.0, place.1), size, Scale::Fit, (0.0, 0.0)).expect("sized");
            let mut whole = vec![0u32; (place.0 * place.1) as usize];
            placed.copy(pixels, Area::all(size.0, size.1), &mut Filter::default(), &mut whole, place.0);
            let mut pieces = vec![0u32; whole.len()];
            let mut filter = Filter::default();
            for (x, y, width, height) in [
                (0, 0, size.0 / 2, size.1),
                (size.0 / 2, 0, size.0 - size.0 / 2, 17),
                (size.0 / 2, 17, size.0 - size.0 / 2, size.1 - 17),
            ] {
                placed.copy(pixels, Area { x, y, width, height }, &mut filter, &mut pieces, place.0);
            }
            assert!(whole == pieces, "{size:?} in {place:?}: pieces do not add up");

            let even: Vec<u8> = [1u8, 127, 255, 9].repeat((size.0 * size.1) as usize);
            let pixels = Pixels { bgrx: &even, ..pixels };
            placed.copy(pixels, Area::all(size.0, size.1), &mut filter, &mut whole, place.0);
            let first = placed.shown.y * place.0 + placed.shown.x;
            assert_eq!(whole[first as usize], 0x00ff_7f01);
            assert!(
                whole.iter().filter(|pixel| **pixel == 0x00ff_7f01).count() as u32 >= placed.drawn.0 * placed.drawn.1
            );
        }
    }
}
