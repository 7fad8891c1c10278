//! The picture that is given to whoever grabs, for systems on which it is put together here.

use super::compare::Compare;
use super::{Damage, Rect};
use crate::area::Area;

pub(super) const BYTES_PER_PIXEL: usize = 4;

pub(super) struct Picture {
    pub(super) pixels: Vec<u8>,
    compare: Compare,
    /// Since the last grab.
    pub(super) damage: Damage,
}

impl Picture {
    /// Black, and damaged as a whole.
    pub(super) fn new(area: Area) -> Self {
        let mut damage = Damage::new();
        damage.add(Rect { x: 0, y: 0, width: area.width, height: area.height });
        Self { pixels: vec![0; bytes(area)], compare: Compare::new(area.width, area.height), damage }
    }

    /// Makes it the same as `newer`: what differs is damage.
    pub(super) fn take_over(&mut self, newer: &[u8]) {
        self.compare.take_over(newer, &mut self.pixels, &mut self.damage);
    }
}

/// What a picture takes.
pub(super) fn bytes(area: Area) -> usize {
    area.width as usize * area.height as usize * BYTES_PER_PIXEL
}
