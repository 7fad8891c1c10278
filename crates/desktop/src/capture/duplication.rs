//! What desktop duplication says of a monitor's picture, made into what is to be copied, and where to. Windows hands a
//! picture out as the monitor scans it, not as it is turned, and every rectangle it names is one of that surface; moves
//! come before what is drawn. Where the two agree with Microsoft's sample ("Desktop duplication sample", DisplayManager.cpp,
//! `SetMoveRect` and `SetDirtyVert`), nothing was left to guess.
//!
//! Nothing here calls Windows: it is tested from metadata written by hand, in the form that Microsoft documents.

use super::{Damage, Rect};
use crate::area::Area;

const BYTES_PER_PIXEL: usize = 4;

/// How a monitor is turned: by how much its surface is, clockwise, to be seen upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rotation {
    None,
    By90,
    By180,
    By270,
}

impl Rotation {
    /// `DXGI_MODE_ROTATION`: 0 says nothing, 1 is upright.
    pub(super) fn from_dxgi(number: i32) -> Self {
        match number {
            2 => Self::By90,
            3 => Self::By180,
            4 => Self::By270,
            _ => Self::None,
        }
    }
}

/// A monitor's place on the virtual screen, upright, and how it is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) area: Area,
    pub(super) rotation: Rotation,
}

/// A rectangle as Windows writes it, on a surface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edges {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

/// What a frame says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// Only the pointer moved.
    Nothing,
    /// This was drawn, and this is where something was moved to.
    These { drawn: Vec<Edges>, moved_to: Vec<Edges> },
    /// It is the first, or Windows did not say what.
    Everything,
}

impl Changed {
    /// As Windows writes it: an array of `DXGI_OUTDUPL_MOVE_RECT` (from where, and a rectangle to where), and one of `RECT`.
    /// What is not a whole one is not read.
    pub(super) fn told(moved: &[u8], drawn: &[u8]) -> Self {
        let moved_to =
            moved.as_chunks::<24>().0.iter().filter_map(|moved| moved.last_chunk().map(Edges::read)).collect();
        Self::These { drawn: drawn.as_chunks().0.iter().map(Edges::read).collect(), moved_to }
    }
}

/// A rectangle of a surface, and where it is on the picture of the whole screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) surface: Rect,
    pub(super) picture: Rect,
}

impl Output {
    /// Pixels of its surface: width and height.
    pub(super) fn surface(self) -> (u32, u32) {
        let Area { width, height, .. } = self.area;
        match self.rotation {
            Rotation::None | Rotation::By180 => (width, height),
            Rotation::By90 | Rotation::By270 => (height, width),
        }
    }

    /// What is to be copied from its surface: disjoint pieces, few of them, all on the surface and on the screen.
    pub(super) fn pieces(self, changed: &Changed, screen: Area) -> Vec<Piece> {
        let (width, height) = self.surface();
        let mut damage = Damage::new();
        match changed {
            Changed::Nothing => {}
            Changed::Everything => damage.add(Rect { x: 0, y: 0, width, height }),
            // What is left behind by a move is drawn, and named among what is.
            Changed::These { drawn, moved_to } => {
                damage.extend(moved_to.iter().chain(drawn).filter_map(|edges| edges.within(width, height)));
            }
        }
        damage.rects().iter().filter_map(|surface| self.piece(*surface, screen)).collect()
    }

    /// Nothing for what is not on the screen as a whole, which is then about to be another one.
    fn piece(self, surface: Rect, screen: Area) -> Option<Piece> {
        let Area { x, y, width, height } = self.area;
        let upright = match self.rotation {
            Rotation::None => surface,
            Rotation::By90 => turned(surface, width - surface.bottom(), surface.x),
            Rotation::By180 => Rect { x: width - surface.right(), y: height - surface.bottom(), ..surface },
            Rotation::By270 => turned(surface, surface.y, height - surface.right()),
        };
        let along = |of_output: i32, of_screen: i32, within: u32| {
            u32::try_from(i64::from(of_output) - i64::from(of_screen)).ok()?.checked_add(within)
        };
        let picture = Rect { x: along(x, screen.x, upright.x)?, y: along(y, screen.y, upright.y)?, ..upright };
        let clipped = picture.clipped(screen.width, screen.height)?;
        (clipped == picture).then_some(Piece { surface, picture })
    }

    /// Copies a piece of its surface, which has `pitch` bytes from one row to the next, to its place on a picture of the
    /// whole screen without gaps between its rows.
    ///
    /// # Panics
    /// When the piece is not on both.
    pub(super) fn copy(self, piece: Piece, surface: &[u8], pitch: usize, picture: &mut [u8], screen: Area) {
        let Piece { surface: from, picture: to } = piece;
        let stride = screen.width as usize * BYTES_PER_PIXEL;
        for row in 0..to.height {
            let at = (to.y + row) as usize * stride + to.x as usize * BYTES_PER_PIXEL;
            let upright = &mut picture[at..at + to.width as usize * BYTES_PER_PIXEL];
            let pixel = |x: u32, y: u32| y as usize * pitch + x as usize * BYTES_PER_PIXEL;
            // From where the first pixel of the row comes, and by how much further on the surface the next one does.
            let (first, step) = match self.rotation {
                Rotation::None => {
                    let first = pixel(from.x, from.y + row);
                    upright.copy_from_slice(&surface[first..first + upright.len()]);
                    continue;
                }
                Rotation::By90 => (pixel(from.x + row, from.bottom() - 1), -pitch.cast_signed()),
                Rotation::By180 => (pixel(from.right() - 1, from.bottom() - 1 - row), -BYTES_PER_PIXEL.cast_signed()),
                Rotation::By270 => (pixel(from.right() - 1 - row, from.y), pitch.cast_signed()),
            };
            let mut at = first;
            for pixel in upright.chunks_exact_mut(BYTES_PER_PIXEL) {
                pixel.copy_from_slice(&surface[at..at + BYTES_PER_PIXEL]);
                // Behind the last one it may be in front of the surface; it is not looked at there.
                at = at.wrapping_add_signed(step);
            }
        }
    }
}

/// Its sides exchanged.
fn turned(rect: Rect, x: u32, y: u32) -> Rect {
    Rect { x, y, width: rect.height, height: rect.width }
}

impl Edges {
    fn read(bytes: &[u8; 16]) -> Self {
        let [left, top, right, bottom] =
            [0, 4, 8, 12].map(|at| i32::from_le_bytes(*bytes[at..].first_chunk().expect("four numbers of four bytes")));
        Self { left, top, right, bottom }
    }

    /// The part of it that is on a surface of this size.
    fn within(self, width: u32, height: u32) -> Option<Rect> {
        let low = |edge: i32| u32::try_from(edge).unwrap_or(0);
        let (x, y) = (low(self.left), low(self.top));
        Rect { x, y, width: low(self.right).checked_sub(x)?, height: low(self.bottom).checked_sub(y)? }
            .clipped(width, height)
    }
}

/// Is every monitor among these that the virtual screen is made of? Some drivers' monitors cannot be duplicated and are
/// not named then.
pub(super) fn are_all_of(outputs: &[Output], screen: Area) -> bool {
    let edges = |from: i32, length: u32| (i64::from(from), i64::from(from) + i64::from(length));
    let bounds = |edges: &dyn Fn(Area) -> (i64, i64)| {
        let each = || outputs.iter().map(|output| edges(output.area));
        Some((each().map(|e| e.0).min()?, each().map(|e| e.1).max()?))
    };
    bounds(&|area| edges(area.x, area.width)) == Some(edges(screen.x, screen.width))
        && bounds(&|area| edges(area.y, area.height)) == Some(edges(screen.y, screen.height))
}

#[cfg(test)]
mod tests;
