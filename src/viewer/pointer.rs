//! The customer's pointer as the adviser sees it. Whatever the adviser's own hand did with it is seen already, as the
//! adviser's own pointer over the picture; it is not shown a second time when word of it comes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lotse_protocol::limits;
use lotse_protocol::message::pointer::PointerAt;
pub use lotse_protocol::pointer::Shape;

/// Most places that are remembered until the pointer was seen at one of them: more than a hand reaches in a second on
/// a link that takes as long to tell.
const REMEMBERED: usize = 1024;

/// Most shapes that there are to be remembered at a time.
pub const SHAPES: usize = limits::POINTER_SHAPES;

/// The pointer, shared by the network's thread and the window.
#[derive(Default)]
pub struct RemotePointer {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    looks: Looks,
    at: Option<(u32, u32)>,
    /// Where the adviser's hand has put it: the last place at which it was seen, or was to be, and those since.
    put: VecDeque<(u32, u32)>,
}

/// What is to be seen of the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointer {
    /// What it looks like.
    pub looks: Looks,
    /// The pixel of the picture where it is to be drawn; `None`: the adviser's own pointer stands for it.
    pub at: Option<(u32, u32)>,
}

/// What the pointer looks like.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Looks {
    /// That was not told yet.
    #[default]
    Unknown,
    /// It cannot be seen.
    Hidden,
    /// Like this.
    Like(Arc<Shape>),
}

/// Who moves the pointer, as far as the adviser's program is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    /// The adviser may, and the customer may.
    Both,
    /// The customer alone.
    Theirs,
}

impl RemotePointer {
    /// Nothing is known of it yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// It looks like this now; `None`: it cannot be seen.
    pub fn shape(&self, shape: Option<Arc<Shape>>) {
        self.lock().looks = shape.map_or(Looks::Hidden, Looks::Like);
    }

    /// It is here now.
    pub fn at(&self, at: &PointerAt) {
        // There is one display yet.
        let at = (at.x, at.y);
        let mut state = self.lock();
        if let Some(place) = state.put.iter().position(|put| *put == at) {
            // The hand was elsewhere before, but not any more.
            state.put.drain(..place);
        }
        state.at = Some(at);
    }

    /// The adviser's hand puts it there.
    pub fn put(&self, x: u32, y: u32) {
        let mut state = self.lock();
        if state.put.back() == Some(&(x, y)) {
            return;
        }
        if state.put.len() == REMEMBERED {
            state.put.pop_front();
        }
        state.put.push_back((x, y));
    }

    /// The adviser may not see the screen any more.
    pub fn forget(&self) {
        *self.lock() = State::default();
    }

    /// What is to be seen of it now.
    #[must_use]
    pub fn look(&self, hands: Hands) -> Pointer {
        let mut state = self.lock();
        if hands == Hands::Theirs {
            state.put.clear();
        }
        let at = state.at.filter(|at| !state.put.contains(at));
        Pointer { looks: state.looks.clone(), at }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lotse_protocol::message::pointer::PointerAt;

    use super::{Hands, Looks, Pointer, REMEMBERED, RemotePointer, Shape};

    fn at(x: u32) -> PointerAt {
        PointerAt { sequence: 1, display: 0, x, y: 5 }
    }

    fn drawn(pointer: &RemotePointer) -> Option<(u32, u32)> {
        pointer.look(Hands::Both).at
    }

    #[test]
    fn a_viewer_without_control_sees_it_wherever_it_is() {
        let pointer = RemotePointer::new();
        assert_eq!(pointer.look(Hands::Theirs), Pointer { looks: Looks::Unknown, at: None });
        let shape = Arc::new(Shape::new((1, 1), (0, 0), vec![255; 4]).expect("a shape"));
        pointer.shape(Some(Arc::clone(&shape)));
        pointer.put(9, 5);
        pointer.at(&at(9));
        assert_eq!(pointer.look(Hands::Theirs), Pointer { looks: Looks::Like(shape), at: Some((9, 5)) });
        pointer.shape(None);
        assert_eq!(pointer.look(Hands::Theirs).looks, Looks::Hidden);
        pointer.forget();
        assert_eq!(pointer.look(Hands::Theirs), Pointer { looks: Looks::Unknown, at: None });
    }

    #[test]
    fn word_of_the_advisers_own_moves_shows_nothing_however_late_it_comes() {
        let pointer = RemotePointer::new();
        for x in 0..100 {
            pointer.put(x, 5);
        }
        for x in (0..100).step_by(7) {
            pointer.at(&at(x));
            assert_eq!(drawn(&pointer), None, "{x}");
        }
        pointer.at(&at(99));
        assert_eq!(drawn(&pointer), None);
    }

    #[test]
    fn the_customers_own_moves_are_seen_and_end_with_the_advisers_next() {
        let pointer = RemotePointer::new();
        pointer.put(10, 5);
        pointer.put(20, 5);
        pointer.at(&at(20));
        pointer.at(&at(50));
        assert_eq!(drawn(&pointer), Some((50, 5)));
        pointer.at(&at(10));
        assert_eq!(drawn(&pointer), Some((10, 5)), "where the hand was before it is the customer's");
        pointer.put(30, 5);
        assert_eq!(drawn(&pointer), Some((10, 5)), "until it is seen to have followed");
        pointer.at(&at(30));
        assert_eq!(drawn(&pointer), None);
    }

    #[test]
    fn what_is_remembered_of_the_hand_has_a_limit() {
        let pointer = RemotePointer::new();
        for x in 0..5000 {
            pointer.put(x, 5);
        }
        assert_eq!(pointer.lock().put.len(), REMEMBERED);
        pointer.at(&at(4999));
        assert_eq!((drawn(&pointer), pointer.lock().put.len()), (None, 1));
    }
}
