//! The tray's picture, drawn here in whatever size the desktop asks for: signal flag H, which a ship shows while a pilot
//! is on board. A mark in its corner tells the states apart by its shape: none, a disc, two bars.

/// The three pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Icon {
    /// Nobody is connected.
    Ready,
    /// Somebody is connected.
    Connected,
    /// Somebody is connected, and nothing goes on just now.
    Paused,
}

/// Square, four bytes a pixel: red, green, blue, opacity, not premultiplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Pixels each way.
    pub size: u16,
    /// Row by row from the top, without gaps.
    pub rgba: Vec<u8>,
}

/// As in `assets/icon/make.py`.
const WHITE: [u8; 3] = [250, 251, 253];
const RED: [u8; 3] = [200, 32, 44];
const EDGE: [u8; 3] = [24, 48, 82];

/// Points looked at for one pixel, each way: what softens the edges.
const POINTS: u16 = 8;

impl Icon {
    /// The picture, `size` pixels each way.
    #[must_use]
    pub fn draw(self, size: u16) -> Picture {
        let mut rgba = Vec::with_capacity(usize::from(size) * usize::from(size) * 4);
        for y in 0..size {
            for x in 0..size {
                rgba.extend(self.pixel(x, y, size));
            }
        }
        Picture { size, rgba }
    }

    fn pixel(self, x: u16, y: u16, size: u16) -> [u8; 4] {
        let place = |pixel: u16, point: u16| {
            (f32::from(pixel) + (f32::from(point) + 0.5) / f32::from(POINTS)) / f32::from(size)
        };
        let mut sum = [0u32; 3];
        let mut covered = 0u32;
        for (row, column) in (0..POINTS).flat_map(|row| (0..POINTS).map(move |column| (row, column))) {
            if let Some(colour) = self.colour(place(x, column), place(y, row)) {
                covered += 1;
                for (sum, part) in sum.iter_mut().zip(colour) {
                    *sum += u32::from(part);
                }
            }
        }
        let all = u32::from(POINTS) * u32::from(POINTS);
        let byte = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
        let [red, green, blue] = sum.map(|sum| byte(sum / covered.max(1)));
        [red, green, blue, byte(covered * 255 / all)]
    }

    /// The colour at a point, from 0 to 1 each way; nothing outside of the flag.
    fn colour(self, x: f32, y: f32) -> Option<[u8; 3]> {
        self.mark(x, y).unwrap_or_else(|| flag(x, y))
    }

    /// The mark in the lower right corner. A gap around it keeps it apart from the flag on any background.
    fn mark(self, x: f32, y: f32) -> Option<Option<[u8; 3]>> {
        const CENTRE: f32 = 0.67;
        const GAP: f32 = 0.07;
        let (dx, dy) = ((x - CENTRE).abs(), (y - CENTRE).abs());
        match self {
            Self::Ready => None,
            Self::Connected => {
                let distance = dx.hypot(dy);
                // White inside, since the edge's dark blue is lost on a dark desktop.
                match distance {
                    d if d < 0.15 => Some(Some(WHITE)),
                    d if d < 0.33 => Some(Some(EDGE)),
                    d if d < 0.33 + GAP => Some(None),
                    _ => None,
                }
            }
            Self::Paused => {
                let inside = dx < 0.33 && dy < 0.33;
                let bar = (0.07..0.25).contains(&dx) && dy < 0.25;
                match (bar, inside) {
                    (true, _) => Some(Some(WHITE)),
                    (false, true) => Some(Some(EDGE)),
                    _ if dx < 0.33 + GAP && dy < 0.33 + GAP => Some(None),
                    _ => None,
                }
            }
        }
    }
}

/// White and red with a dark edge.
fn flag(x: f32, y: f32) -> Option<[u8; 3]> {
    if !rounded(x, y, 0.0, 0.17) {
        return None;
    }
    let inside = rounded(x, y, 0.075, 0.11);
    Some(match (inside, x < 0.5) {
        (false, _) => EDGE,
        (true, true) => WHITE,
        (true, false) => RED,
    })
}

/// Is the point inside the unit square, `margin` narrower on each side, with corners of this radius?
fn rounded(x: f32, y: f32, margin: f32, radius: f32) -> bool {
    let half = 0.5 - margin;
    let beyond = |at: f32| ((at - 0.5).abs() - (half - radius)).max(0.0);
    beyond(x).hypot(beyond(y)) <= radius
}
