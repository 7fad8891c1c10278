//! The one accent of a window, light and dark, so that everything written in it or on it can be read: contrast as WCAG
//! 2.1 defines it (relative luminance, contrast ratio), 4.5 to 1 at least (1.4.3, level AA).

use std::fmt;
use std::str::FromStr;

/// The least contrast of text.
pub const READABLE: f64 = 4.5;

const WHITE: Colour = Colour([0xff; 3]);
const BLACK: Colour = Colour([0; 3]);

/// Steps from a colour to black or white.
const STEPS: u16 = 256;

/// A colour of the screen: sRGB, red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Colour(pub [u8; 3]);

/// Why something is no [`Colour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a colour is written as on web pages: # and six digits, such as #1b4a8a")]
pub struct NoColour;

impl Colour {
    /// Relative luminance, 0 to 1.
    #[must_use]
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Contrast ratio, 1 to 21.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// So many 256ths of the way to `other`.
    #[must_use]
    pub fn towards(self, other: Self, parts: u16) -> Self {
        let parts = parts.min(STEPS);
        let mix = |from: u8, to: u8| {
            let mixed = (u32::from(from) * u32::from(STEPS - parts) + u32::from(to) * u32::from(parts)) / 256;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [to_r, to_g, to_b]) = (self.0, other.0);
        Self([mix(r, to_r), mix(g, to_g), mix(b, to_b)])
    }

    /// The number 0xRRGGBB.
    #[must_use]
    pub fn to_wire(self) -> u32 {
        let [red, green, blue] = self.0;
        u32::from_be_bytes([0, red, green, blue])
    }

    /// Reads [`Self::to_wire`].
    #[must_use]
    pub fn from_wire(number: u32) -> Option<Self> {
        match number.to_be_bytes() {
            [0, red, green, blue] => Some(Self([red, green, blue])),
            _ => None,
        }
    }

    /// This colour, or the nearest on its way to `end` that can be read on `back`.
    fn readable_on(self, back: Self, end: Self) -> Self {
        let way = (0..=STEPS).map(|parts| self.towards(end, parts));
        way.into_iter().find(|colour| colour.contrast(back) >= READABLE).unwrap_or(end)
    }
}

impl FromStr for Colour {
    type Err = NoColour;

    fn from_str(text: &str) -> Result<Self, NoColour> {
        let digits = text.trim().strip_prefix('#').ok_or(NoColour)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NoColour);
        }
        u32::from_str_radix(digits, 16).ok().and_then(Self::from_wire).ok_or(NoColour)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.to_wire())
    }
}

/// An accent for light and for dark windows. Both can be read; there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Accents {
    light: Colour,
    dark: Colour,
}

/// An accent that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("the accent {0} could not be read")]
pub struct Unreadable(pub Colour);

impl Accents {
    /// What an accent stands on in a light window, at its darkest: a button under the pointer.
    pub const LIGHT_BACK: Colour = Colour([0xea, 0xee, 0xf3]);
    /// The same in a dark window, at its lightest.
    pub const DARK_BACK: Colour = Colour([0x2b, 0x33, 0x3f]);

    /// Takes both as they are.
    ///
    /// # Errors
    /// [`Unreadable`], with the first that is.
    pub fn new(light: Colour, dark: Colour) -> Result<Self, Unreadable> {
        for (accent, back) in [(light, Self::LIGHT_BACK), (dark, Self::DARK_BACK)] {
            if accent.contrast(back) < READABLE {
                return Err(Unreadable(accent));
            }
        }
        Ok(Self { light, dark })
    }

    /// The nearest to these: the light window's made darker, the dark window's lighter, until they can be read.
    #[must_use]
    pub fn nearest(light: Colour, dark: Colour) -> Self {
        Self { light: light.readable_on(Self::LIGHT_BACK, BLACK), dark: dark.readable_on(Self::DARK_BACK, WHITE) }
    }

    /// In light windows.
    #[must_use]
    pub const fn light(self) -> Colour {
        self.light
    }

    /// In dark windows.
    #[must_use]
    pub const fn dark(self) -> Colour {
        self.dark
    }

    /// Under the pointer: a little further from what is behind.
    #[must_use]
    pub fn hover(self) -> (Colour, Colour) {
        (self.light.towards(BLACK, 48), self.dark.towards(WHITE, 80))
    }

    /// Text on either accent.
    #[must_use]
    pub fn on(self) -> (Colour, Colour) {
        (WHITE, self.dark.towards(BLACK, 224))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Accents, BLACK, Colour, READABLE, WHITE};

    #[test]
    fn the_formula_is_the_one_of_the_standard() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 1e-9);
        assert!((Colour([0x77; 3]).contrast(WHITE) - 4.48).abs() < 0.01);
    }

    #[test]
    fn colours_are_written_as_on_web_pages() {
        assert_eq!("#1B4a8a".parse(), Ok(Colour([0x1b, 0x4a, 0x8a])));
        assert_eq!(Colour([0x1b, 0x4a, 0x8a]).to_string(), "#1b4a8a");
        for text in ["", "1b4a8a", "#1b4a8", "#1b4a8aff", "#+b4a8a", "blue", "#ä4a8a"] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_accent_that_can_be_read_stays_as_it_is() {
        let (light, dark) = (Colour([0x7a, 0x1f, 0x4b]), Colour([0xf2, 0xb8, 0xd0]));
        assert_eq!(Accents::nearest(light, dark), Accents::new(light, dark).expect("readable"));
        assert!(Accents::new(dark, dark).is_err() && Accents::new(light, light).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_given_the_nearest_can_be_read(light: [u8; 3], dark: [u8; 3]) {
            let nearest = Accents::nearest(Colour(light), Colour(dark));
            prop_assert_eq!(Accents::new(nearest.light(), nearest.dark()), Ok(nearest));
            let ((light_on, dark_on), (light_hover, dark_hover)) = (nearest.on(), nearest.hover());
            for (text, back) in [
                (light_on, nearest.light()), (light_on, light_hover), (dark_on, nearest.dark()), (dark_on, dark_hover),
            ] {
                prop_assert!(text.contrast(back) >= READABLE, "{} on {}: {}", text, back, text.contrast(back));
            }
        }

        #[test]
        fn what_is_shown_can_be_read(colour: [u8; 3]) {
            prop_assert_eq!(Colour(colour).to_string().parse(), Ok(Colour(colour)));
        }

        #[test]
        fn any_text_is_a_colour_or_an_error(text: String) {
            let _ = text.parse::<Colour>();
            let _ = format!("#{text}").parse::<Colour>();
        }
    }
}
