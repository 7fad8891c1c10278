//! IDs: nine digits that a customer reads aloud. The last is a Damm check digit (H. M. Damm, 2004), which catches every
//! single wrong digit and every swap of two neighbours, so that a mistyped ID is told on the spot, without the relay.

use std::fmt;
use std::str::FromStr;

use rand::{CryptoRng, RngExt};

/// Digits of an ID, check digit included.
pub const DIGITS: usize = 9;

/// The number under which an offerer can be found: a customer's ID or, in a namespace of its own, the number of an
/// invitation. Nine digits, the first never 0, the last the check digit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(u32);

/// Why something is not an [`Id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum IdError {
    /// Not nine digits.
    #[error("an ID has nine digits")]
    Length,
    /// Something else than digits, spaces and hyphens.
    #[error("an ID is made of digits")]
    NotDigits,
    /// Nine digits that are no ID: one was mistyped, or two were swapped.
    #[error("the ID was mistyped")]
    CheckDigit,
}

impl Id {
    /// A fresh one, every one equally likely (90 million of them).
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let payload = rng.random_range(SMALLEST / 10..=LARGEST / 10);
        Self(payload * 10 + check_digit(payload))
    }

    /// Reads the wire form, see [`Id::to_wire`].
    ///
    /// # Errors
    /// [`IdError::Length`] when it has not nine digits, [`IdError::CheckDigit`] when the last one does not fit.
    pub fn from_wire(number: u32) -> Result<Self, IdError> {
        if !(SMALLEST..=LARGEST).contains(&number) {
            return Err(IdError::Length);
        }
        if check_digit(number / 10) != number % 10 {
            return Err(IdError::CheckDigit);
        }
        Ok(Self(number))
    }

    /// The nine digits as a number.
    #[must_use]
    pub const fn to_wire(self) -> u32 {
        self.0
    }
}

impl FromStr for Id {
    type Err = IdError;

    /// Reads what a person typed or pasted: white space (non-breaking too) and hyphens are skipped.
    ///
    /// # Errors
    /// [`IdError`]; a leading 0 is told as [`IdError::CheckDigit`], since what a person has to do is the same.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let digits = typed_digits::<DIGITS>(text).map_err(|error| match error {
            TypedError::Length => IdError::Length,
            TypedError::NotDigits => IdError::NotDigits,
        })?;
        let number = digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
        Self::from_wire(number).map_err(|_| IdError::CheckDigit)
    }
}

/// In groups of three: `482 913 077`.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {:03} {:03}", self.0 / 1_000_000, self.0 / 1_000 % 1_000, self.0 % 1_000)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

/// Why what was typed is not a number of so many digits.
pub(crate) enum TypedError {
    Length,
    NotDigits,
}

/// The `N` digits (ASCII) in what a person typed or pasted, without white space and hyphens of any kind.
pub(crate) fn typed_digits<const N: usize>(text: &str) -> Result<[u8; N], TypedError> {
    let mut digits = [0; N];
    let mut count = 0;
    for character in text.chars().filter(|c| !is_separator(*c)) {
        if !character.is_ascii_digit() {
            return Err(TypedError::NotDigits);
        }
        if let Some(place) = digits.get_mut(count) {
            *place = u8::try_from(character).expect("an ASCII digit is one byte");
        }
        count += 1;
    }
    if count == N { Ok(digits) } else { Err(TypedError::Length) }
}

/// What stands between groups of digits, also in text that a word processor has beautified: white space, zero-width
/// space and joiners, every hyphen and dash up to the horizontal bar, and the minus sign.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2010}'..='\u{2015}' | '\u{2060}' | '\u{2212}' | '\u{feff}')
}

const SMALLEST: u32 = 100_000_000;
const LARGEST: u32 = 999_999_999;

/// Damm's check digit for `payload`.
fn check_digit(payload: u32) -> u32 {
    // The totally anti-symmetric quasigroup of order 10 from Damm's thesis.
    const QUASIGROUP: [[u32; 10]; 10] = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
        [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
        [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
        [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
        [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
        [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ];
    let mut divisor = SMALLEST;
    let mut interim = 0;
    while divisor > 0 {
        interim = QUASIGROUP[interim as usize][(payload / divisor % 10) as usize];
        divisor /= 10;
    }
    interim
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{Id, IdError, check_digit};

    #[test]
    fn the_published_example_of_damm() {
        assert_eq!(check_digit(572), 4);
    }

    #[test]
    fn people_write_ids_in_many_ways() {
        let id = Id::generate(&mut StdRng::seed_from_u64(1));
        let shown = id.to_string();
        assert_eq!(shown.len(), 11);
        for typed in [
            shown.clone(),
            shown.replace(' ', ""),
            shown.replace(' ', "-"),
            shown.replace(' ', "\u{a0}"),
            shown.replace(' ', "\u{202f}"),
            shown.replace(' ', "\u{2011}"),
            format!("  {shown}\r\n"),
        ] {
            assert_eq!(typed.parse(), Ok(id), "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_id_says_why() {
        assert_eq!("".parse::<Id>(), Err(IdError::Length));
        assert_eq!("48291307".parse::<Id>(), Err(IdError::Length));
        assert_eq!("4829130770".parse::<Id>(), Err(IdError::Length));
        assert_eq!("48291307x".parse::<Id>(), Err(IdError::NotDigits));
        assert_eq!("٤٨٢٩١٣٠٧٧".parse::<Id>(), Err(IdError::NotDigits));
        assert_eq!("000000000".parse::<Id>(), Err(IdError::CheckDigit));
        assert_eq!(Id::from_wire(0), Err(IdError::Length));
        assert_eq!(Id::from_wire(u32::MAX), Err(IdError::Length));
    }

    #[test]
    fn ids_are_spread_and_never_begin_with_zero() {
        let mut rng = StdRng::seed_from_u64(2);
        let ids: HashSet<Id> = (0..1000).map(|_| Id::generate(&mut rng)).collect();
        assert!(ids.len() > 990);
        assert_eq!(ids.iter().map(|id| id.to_wire() / 100_000_000).collect::<HashSet<_>>(), (1..=9).collect());
    }

    proptest! {
        #[test]
        fn every_wrong_digit_and_every_swap_is_caught(seed: u64, place in 0usize..9, digit in b'0'..=b'9') {
            let id = Id::generate(&mut StdRng::seed_from_u64(seed));
            let right = id.to_wire().to_string().into_bytes();
            let mut wrong = right.clone();
            wrong[place] = digit;
            let mut swapped = right.clone();
            swapped.swap(place, (place + 1).min(8));
            for typed in [wrong, swapped] {
                let parsed = String::from_utf8(typed.clone()).expect("digits").parse::<Id>();
                prop_assert_eq!(parsed, if typed == right { Ok(id) } else { Err(IdError::CheckDigit) });
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Ok(id) = text.parse::<Id>() {
                prop_assert_eq!(Id::from_wire(id.to_wire()), Ok(id));
            }
        }
    }
}
