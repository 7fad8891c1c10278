//! Places on a screen of several monitors, as Windows counts them: from the top left corner of the first monitor, so that
//! what is to the left of it or above has negative numbers.

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Area {
    /// From the left edge of the first monitor.
    pub(crate) x: i32,
    /// From its upper edge.
    pub(crate) y: i32,
    /// Pixels, above zero.
    pub(crate) width: u32,
    /// Pixels, above zero.
    pub(crate) height: u32,
}

impl Area {
    /// A place as pixels from this area's own top left corner; what is outside is at its edge.
    pub(crate) fn pixel(self, x: i32, y: i32) -> (u32, u32) {
        let along = |at: i32, from: i32, length: u32| {
            let last = i64::from(length) - 1;
            let within = (i64::from(at) - i64::from(from)).clamp(0, last.max(0));
            u32::try_from(within).expect("neither below 0 nor above what a u32 held")
        };
        (along(x, self.x, self.width), along(y, self.y, self.height))
    }
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn pixels_are_counted_from_the_corner_of_the_screen_wherever_that_is() {
        let alone = Area { x: 0, y: 0, width: 1920, height: 1080 };
        assert_eq!(alone.pixel(100, 200), (100, 200));
        // A monitor to the left and one above.
        let three = Area { x: -2560, y: -1440, width: 5760, height: 2520 };
        assert_eq!(three.pixel(0, 0), (2560, 1440));
        assert_eq!(three.pixel(-2560, -1440), (0, 0));
        assert_eq!(three.pixel(3199, 1079), (5759, 2519));
    }

    #[test]
    fn what_is_outside_is_at_the_edge() {
        let area = Area { x: -10, y: 5, width: 20, height: 30 };
        assert_eq!(area.pixel(i32::MIN, i32::MIN), (0, 0));
        assert_eq!(area.pixel(i32::MAX, i32::MAX), (19, 29));
        assert_eq!(area.pixel(10, 35), (19, 29));
    }
}
