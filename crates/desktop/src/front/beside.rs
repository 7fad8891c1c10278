//! Where a window has to be so that all of it can be seen.

/// In pixels of the desktop, which begin left of and above the first screen where others are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rect {
    pub(super) x: i32,
    pub(super) y: i32,
    pub(super) width: i32,
    pub(super) height: i32,
}

impl Rect {
    /// The same within `free`: moved no further than it has to be, and smaller only where there is no room.
    pub(super) fn beside(self, free: Self) -> Self {
        let (x, width) = within((self.x, self.width), (free.x, free.width));
        let (y, height) = within((self.y, self.height), (free.y, free.height));
        Self { x, y, width, height }
    }
}

fn within((at, long): (i32, i32), (from, free): (i32, i32)) -> (i32, i32) {
    // A screen that says it has no room is not believed.
    if free <= 0 {
        return (at, long);
    }
    let long = long.min(free);
    (at.clamp(from, from + free - long), long)
}

#[cfg(test)]
mod tests {
    use super::Rect;

    const fn rect(x: i32, y: i32, width: i32, height: i32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_window_keeps_clear_of_the_taskbar() {
        // 1366 × 768 at 125 %, with a taskbar below.
        let free = rect(0, 0, 1366, 708);
        assert_eq!(rect(100, 50, 541, 600).beside(free), rect(100, 50, 541, 600), "it fits where it is");
        assert_eq!(rect(100, 150, 541, 600).beside(free), rect(100, 108, 541, 600), "it fits further up");
        assert_eq!(rect(100, 50, 541, 740).beside(free), rect(100, 0, 541, 708), "it is too high");
        assert_eq!(rect(-8, -8, 1382, 784).beside(free), free);
        // A taskbar at the left of a second screen, left of the first.
        let free = rect(-1858, 0, 1858, 1080);
        assert_eq!(rect(-1920, 900, 500, 600).beside(free), rect(-1858, 480, 500, 600));
        // Nothing sensible is said.
        assert_eq!(rect(1, 2, 3, 4).beside(rect(0, 0, 0, 0)), rect(1, 2, 3, 4));
    }
}
