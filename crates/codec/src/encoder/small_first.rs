//! What is typed beside a page that scrolls does not wait for the page: of damage that is small here, while there is much
//! to do elsewhere, the small goes first, in an update of its own (`docs/decisions/0013-processor-time.md`).

use crate::geometry::{Rect, Region};
use crate::tiles::Tiles;

/// Damage is small up to this part of the picture, all that is small taken together: a few lines of text.
const SMALL: u64 = 64;

/// There is much to do from this part of the picture on.
const MUCH: u64 = 16;

/// What is no further than this from the rectangle around all that is large belongs to that, pixels: of what is dragged, or
/// scrolls, systems tell pieces and edges apart, and whatever goes first has not moved along.
const APART: u32 = 32;

/// Damage that was put off, and what may be.
#[derive(Default)]
pub(super) struct SmallFirst {
    small: Region,
    rest: Region,
    was_small: bool,
    /// Small, and went with the rest since nothing had waited then; if that did not fit, it may be what waits now.
    went_along: Region,
}

/// What an update is about.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    /// This damage, and all that waits.
    Everything(Region),
    /// Nothing else than this.
    Small(Region),
}

impl SmallFirst {
    /// What the next update is about, if this part of the picture is newly damaged while `waiting` is left from earlier
    /// updates. What is small and what is not take turns: neither waits for longer than one update of the other.
    pub(super) fn turn(&mut self, damage: &Region, waiting: &Tiles) -> Turn {
        let Self { small, mut rest, was_small, went_along } = std::mem::take(self);
        let picture = waiting.pixels();
        let is_small = |rect: &Rect| rect.area() * SMALL <= picture;
        let all_fitted = waiting.is_clean() && rest.is_empty();
        let mut all = small;
        if !all_fitted {
            all.merge(&went_along);
        }
        // What waits from earlier updates moves no longer: it lies around nothing.
        let large = rest.rects().iter().chain(damage.rects().iter().filter(|rect| !is_small(rect)));
        let large = large.fold(Rect::default(), |all, rect| all.around(rect));
        let is_apart = |rect: &Rect| is_small(rect) && !large.overlaps(&surroundings(rect));
        all.merge(damage);
        let small = part(&all, is_apart);
        rest.merge(&part(&all, |rect| !is_apart(rect)));
        let much = area(&rest) + waiting.damaged_pixels();
        if small.is_empty() || area(&small) * SMALL > picture || much * MUCH < picture {
            rest.merge(&small);
            return Turn::Everything(rest);
        }
        if all_fitted {
            // What goes first has not moved along with the rest, and costs bytes that way.
            rest.merge(&small);
            self.went_along = small;
            return Turn::Everything(rest);
        }
        if was_small {
            self.small = small;
            return Turn::Everything(rest);
        }
        (self.rest, self.was_small) = (rest, true);
        Turn::Small(small)
    }

    /// All of the picture is sent, whatever has been damaged.
    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }

    /// Is there damage that was put off?
    pub(super) const fn is_waiting(&self) -> bool {
        !self.small.is_empty() || !self.rest.is_empty()
    }
}

/// Those of its rectangles.
fn part(region: &Region, of: impl Fn(&Rect) -> bool) -> Region {
    region.rects().iter().copied().filter(|rect| of(rect)).collect()
}

fn area(region: &Region) -> u64 {
    region.rects().iter().map(Rect::area).sum()
}

fn surroundings(rect: &Rect) -> Rect {
    let (x, y) = (rect.x.saturating_sub(APART), rect.y.saturating_sub(APART));
    let far = |edge: u32| edge.saturating_add(APART);
    Rect::new(x, y, far(rect.right()) - x, far(rect.bottom()) - y)
}

#[cfg(test)]
mod tests {
    use super::{SmallFirst, Turn};
    use crate::geometry::{Rect, Region};
    use crate::tiles::Tiles;

    const KEY: Rect = Rect::new(20, 20, 12, 20);
    const PAGE: Rect = Rect::new(800, 100, 900, 800);

    fn nothing() -> Tiles {
        Tiles::new(1920, 1080)
    }

    fn waiting(rects: &[Rect]) -> Tiles {
        let mut tiles = nothing();
        rects.iter().for_each(|rect| tiles.damage(*rect));
        tiles
    }

    fn region(rects: &[Rect]) -> Region {
        rects.iter().copied().collect()
    }

    fn sorted(region: &Region) -> Vec<Rect> {
        let mut rects = region.rects().to_vec();
        rects.sort_by_key(|rect| (rect.x, rect.y));
        rects
    }

    #[track_caller]
    fn small(turn: Turn) -> Vec<Rect> {
        let Turn::Small(region) = turn else { panic!("everything goes") };
        sorted(&region)
    }

    #[track_caller]
    fn everything(turn: Turn) -> Vec<Rect> {
        let Turn::Everything(region) = turn else { panic!("something goes first") };
        sorted(&region)
    }

    #[test]
    fn a_key_goes_before_the_page_and_the_page_before_the_next_key() {
        let page = waiting(&[PAGE]);
        let mut first = SmallFirst::default();
        assert_eq!(small(first.turn(&region(&[KEY, PAGE]), &page)), [KEY]);
        assert!(first.is_waiting());
        let next = Rect::new(40, 20, 12, 20);
        assert_eq!(everything(first.turn(&region(&[next]), &page)), [PAGE]);
        assert!(first.is_waiting());
        assert_eq!(small(first.turn(&region(&[PAGE]), &page)), [next]);
        assert_eq!(everything(first.turn(&Region::new(), &page)), [PAGE]);
        assert!(!first.is_waiting());
    }

    #[test]
    fn a_key_does_not_wait_when_nothing_else_does() {
        let mut first = SmallFirst::default();
        let _key = first.turn(&region(&[KEY, PAGE]), &waiting(&[PAGE]));
        let _page = first.turn(&region(&[KEY]), &waiting(&[PAGE]));
        assert_eq!(everything(first.turn(&Region::new(), &nothing())), [KEY]);
        assert!(!first.is_waiting());
    }

    #[test]
    fn a_key_goes_before_what_waits() {
        let page = waiting(&[PAGE]);
        let in_the_page = Rect::new(900, 400, 12, 20);
        for key in [KEY, in_the_page] {
            let mut first = SmallFirst::default();
            assert_eq!(small(first.turn(&region(&[key]), &page)), [key]);
            assert_eq!(everything(first.turn(&region(&[key]), &page)), []);
            assert_eq!(small(first.turn(&Region::new(), &page)), [key]);
        }
        let corners = waiting(&[PAGE, Rect::new(0, 0, 64, 64), Rect::new(1856, 1016, 64, 64)]);
        assert_eq!(small(SmallFirst::default().turn(&region(&[in_the_page]), &corners)), [in_the_page]);
    }

    #[test]
    fn where_nothing_waits_a_key_goes_with_the_page_and_then_before_what_did_not_fit_of_it() {
        let mut first = SmallFirst::default();
        assert_eq!(everything(first.turn(&region(&[KEY, PAGE]), &nothing())), [KEY, PAGE]);
        assert!(!first.is_waiting());
        assert_eq!(small(first.turn(&Region::new(), &waiting(&[KEY, PAGE]))), [KEY]);
        // Once: it was sent.
        assert_eq!(everything(first.turn(&Region::new(), &waiting(&[PAGE]))), []);

        let mut first = SmallFirst::default();
        let _all = first.turn(&region(&[KEY, PAGE]), &nothing());
        assert_eq!(everything(first.turn(&region(&[PAGE]), &nothing())), [PAGE], "all of it did fit");
    }

    #[test]
    fn pieces_between_what_is_large_belong_to_it() {
        let other = Rect::new(100, 500, 300, 400);
        let between = Rect::new(500, 300, 12, 20);
        let (page, mut first) = (waiting(&[PAGE]), SmallFirst::default());
        let all = everything(first.turn(&region(&[PAGE, other, between]), &page));
        assert!(all.contains(&between) && !first.is_waiting());
        assert_eq!(small(first.turn(&region(&[PAGE, other, KEY]), &page)), [KEY]);
        // What was put off is large still.
        let other_half = everything(first.turn(&region(&[between]), &page));
        assert!(other_half.contains(&between) && !first.is_waiting());
    }

    #[test]
    fn damage_of_one_kind_goes_at_once() {
        let line = Rect::new(0, 1000, 700, 60);
        for damage in [vec![], vec![KEY], vec![PAGE], vec![KEY, line], vec![line, PAGE]] {
            let mut first = SmallFirst::default();
            let all = sorted(&region(&damage));
            assert_eq!(everything(first.turn(&region(&damage), &nothing())), all);
            assert!(!first.is_waiting());
        }
    }

    #[test]
    fn what_touches_the_page_or_lies_on_it_is_the_page_s() {
        let (beside, over) = (Rect::new(1700, 100, 20, 800), Rect::new(1000, 200, 20, 60));
        for part in [beside, over] {
            let mut first = SmallFirst::default();
            let everything = everything(first.turn(&region(&[PAGE, part]), &nothing()));
            assert!(everything.iter().any(|rect| rect.contains(&part)) && !first.is_waiting());
        }
    }

    #[test]
    fn much_that_is_small_is_not() {
        let mut damage = vec![PAGE];
        damage.extend((0..8).map(|row| Rect::new(10, 10 + row * 130, 100, 100)));
        let mut first = SmallFirst::default();
        assert_eq!(everything(first.turn(&region(&damage), &nothing())).len(), 9);
    }

    #[test]
    fn nothing_is_left_of_what_was_put_off_when_all_is_sent() {
        let mut first = SmallFirst::default();
        let _small = first.turn(&region(&[KEY, PAGE]), &waiting(&[PAGE]));
        first.restart();
        assert!(!first.is_waiting());
        assert_eq!(everything(first.turn(&region(&[KEY]), &nothing())), [KEY]);
    }
}
