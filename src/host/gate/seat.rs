//! What one viewer may do: an atomic word, so that taking a right away waits for nobody.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use lotse_protocol::permission::{Permission, Permissions};

use super::{Denied, ViewerId};

/// Viewers at once.
pub(super) const SEATS: usize = 4;

/// No viewer has this number.
const FREE: u64 = u64::MAX;
/// The lower bits of the word are the grant, the others the epoch.
const GRANT_BITS: u32 = 16;
const GRANT_MASK: u64 = (1 << GRANT_BITS) - 1;

/// A place for a viewer. Its epoch grows for ever, from one viewer to the next.
pub(super) struct Seat {
    viewer: AtomicU64,
    limit: AtomicU32,
    word: AtomicU64,
}

/// What was true at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    /// Grant ∧ limit; control only together with view.
    pub(super) allowed: Permissions,
    /// Card ceiling ∧ institution policy.
    pub(super) limit: Permissions,
    pub(super) epoch: u64,
}

impl Seat {
    pub(super) const fn new() -> Self {
        Self { viewer: AtomicU64::new(FREE), limit: AtomicU32::new(0), word: AtomicU64::new(0) }
    }

    pub(super) fn viewer(&self) -> Option<ViewerId> {
        let viewer = self.viewer.load(Ordering::SeqCst);
        (viewer != FREE).then_some(ViewerId(viewer))
    }

    pub(super) fn is_free(&self) -> bool {
        self.viewer().is_none()
    }

    pub(super) fn is_of(&self, viewer: ViewerId) -> bool {
        self.viewer() == Some(viewer)
    }

    /// Gives a free seat to a viewer; one at a time.
    pub(super) fn take(&self, viewer: ViewerId, limit: Permissions) {
        self.limit.store(limit.to_wire(), Ordering::SeqCst);
        self.change(|_| 0);
        self.viewer.store(viewer.0, Ordering::SeqCst);
    }

    pub(super) fn free(&self) {
        self.change(|_| 0);
        self.viewer.store(FREE, Ordering::SeqCst);
    }

    /// `None` when the seat is another's by now. Read in this order, a word is never taken for that of a viewer who has
    /// left: whoever is seated next gets the word first and the seat then.
    pub(super) fn standing(&self, viewer: ViewerId) -> Option<Standing> {
        let word = self.word.load(Ordering::SeqCst);
        let limit = Permissions::from_wire(self.limit.load(Ordering::SeqCst));
        self.is_of(viewer).then(|| Self::read(word, limit))
    }

    pub(super) fn grant(&self, viewer: ViewerId, permissions: Permissions) -> Result<(), Denied> {
        let mut word = self.word.load(Ordering::SeqCst);
        loop {
            let limit = Permissions::from_wire(self.limit.load(Ordering::SeqCst));
            if !self.is_of(viewer) {
                return Err(Denied::NotHere);
            }
            let excess: Permissions = permissions.iter().filter(|p| !limit.has(*p)).collect();
            if !excess.is_empty() {
                return Err(Denied::AboveLimit(excess));
            }
            let next = Self::next(word, word & GRANT_MASK | u64::from(permissions.to_wire()));
            match self.word.compare_exchange(word, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Taking more than there is, or from a viewer who has just left, harms nobody: only the epoch changes.
    pub(super) fn revoke(&self, viewer: ViewerId, permissions: Permissions) {
        if self.is_of(viewer) {
            self.change(|grant| grant & !u64::from(permissions.to_wire()));
        }
    }

    fn change(&self, change: impl Fn(u64) -> u64) {
        let mut word = self.word.load(Ordering::SeqCst);
        loop {
            let next = Self::next(word, change(word & GRANT_MASK));
            match self.word.compare_exchange(word, next, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    const fn next(word: u64, grant: u64) -> u64 {
        ((word >> GRANT_BITS) + 1) << GRANT_BITS | grant & GRANT_MASK
    }

    fn read(word: u64, limit: Permissions) -> Standing {
        // Sixteen bits always fit.
        let grant = Permissions::from_wire(u32::try_from(word & GRANT_MASK).unwrap_or(0));
        let allowed = grant & limit;
        let allowed = if allowed.has(Permission::View) { allowed } else { allowed.without(Permission::Control) };
        Standing { allowed, limit, epoch: word >> GRANT_BITS }
    }
}
