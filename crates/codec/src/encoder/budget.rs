//! What the caller allows an update.

use std::time::Duration;

use crate::operation::Packing;
use crate::wire::MAX_UPDATE;

/// From so many bytes on, exact photographs are packed quickly: 20 ms of 7 Mbit/s. There, what dense packing spares the link
/// is less than what it takes of both processors (`docs/decisions/0010-streams-and-predictors.md`).
const QUICK_PACKING: usize = 17_500;

/// What an update may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Bytes of one update. Only its last operation, and the tile that has waited longest, can exceed them, so never by
    /// more than [`LARGEST_TILE`]. Beyond [`MAX_UPDATE`] it is the same as that.
    pub bytes: usize,
    /// Bytes of one whole picture of film, which may take several updates: it is shown as roughly as it takes. As many as
    /// in one update if nothing else is said.
    pub film: Option<usize>,
    /// What time it is, on a clock of the caller's that never goes back: from how fast something changes follows whether
    /// it is film, and when it rests. Without one, whatever does not change from one call to the next rests.
    pub time: Option<Duration>,
    /// May photographs be shown roughly at first?
    pub loss: Loss,
    /// How much processor time may this update take?
    pub effort: Effort,
}

/// Whether pixels may be wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Every pixel that is sent is right.
    Never,
    /// Photographs that would not fit the budget, and film, are shown roughly at first, and exactly when they rest.
    AtFirst,
}

/// How hard is looked for what makes an update short. What is shown in the end is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effort {
    /// As hard as pays for the link.
    #[default]
    Full,
    /// Where others want the processor: how film has moved is not searched for, only taken over from its surroundings and
    /// from the picture before; and an update has half as much of it.
    Quick,
}

impl Budget {
    /// At most so many bytes.
    #[must_use]
    pub const fn bytes(bytes: usize) -> Self {
        Self { bytes, film: None, time: None, loss: Loss::AtFirst, effort: Effort::Full }
    }

    /// Everything at once.
    #[must_use]
    pub const fn unlimited() -> Self {
        Self::bytes(MAX_UPDATE)
    }

    /// The same with so many bytes for a picture of film.
    #[must_use]
    pub const fn film(self, bytes: usize) -> Self {
        Self { film: Some(bytes), ..self }
    }

    /// The same at this time.
    #[must_use]
    pub const fn at(self, time: Duration) -> Self {
        Self { time: Some(time), ..self }
    }

    /// The same with this loss.
    #[must_use]
    pub const fn with(self, loss: Loss) -> Self {
        Self { loss, ..self }
    }

    /// The same with this effort.
    #[must_use]
    pub const fn effort(self, effort: Effort) -> Self {
        Self { effort, ..self }
    }

    /// Whether bytes are to be spared with exact photographs, or time.
    pub(super) const fn packing(&self) -> Packing {
        if self.bytes < QUICK_PACKING { Packing::Dense } else { Packing::Quick }
    }
}
