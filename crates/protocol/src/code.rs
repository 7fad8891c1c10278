//! Channel codes: six digits that a customer reads aloud, known to nobody else. A code is a secret, so it has no
//! `Debug`, is compared in constant time and leaves memory when it is dropped.

use rand::{CryptoRng, RngExt};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::id::{TypedError, typed_digits};

/// Digits of a channel code.
pub const DIGITS: usize = 6;

/// A channel code.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ChannelCode([u8; DIGITS]);

/// Why something is not a [`ChannelCode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CodeError {
    /// Not six digits.
    #[error("a channel code has six digits")]
    Length,
    /// Something else than digits, spaces and hyphens.
    #[error("a channel code is made of digits")]
    NotDigits,
}

impl ChannelCode {
    /// A fresh one, each of the million equally likely.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut number: u32 = rng.random_range(0..1_000_000);
        let mut digits = [b'0'; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(number % 10).expect("below ten");
            number /= 10;
        }
        Self(digits)
    }

    /// Reads what a person typed or pasted: white space (non-breaking too) and hyphens are skipped.
    ///
    /// # Errors
    /// [`CodeError`] when it is not six digits.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        typed_digits(text).map(Self).map_err(|error| match error {
            TypedError::Length => CodeError::Length,
            TypedError::NotDigits => CodeError::NotDigits,
        })
    }

    /// As it is shown: `731 940`.
    #[must_use]
    pub fn grouped(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(DIGITS + 1));
        for (place, digit) in self.0.iter().enumerate() {
            if place == DIGITS / 2 {
                shown.push(' ');
            }
            shown.push(char::from(*digit));
        }
        shown
    }

    /// The digits in ASCII: CPace's password-related string.
    pub(crate) const fn digits(&self) -> &[u8; DIGITS] {
        &self.0
    }
}

impl PartialEq for ChannelCode {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for ChannelCode {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{ChannelCode, CodeError};

    #[test]
    fn people_write_codes_in_many_ways() {
        for typed in ["731940", "731 940", "731-940", "731\u{a0}940", " 7 3 1 9 4 0 "] {
            assert_eq!(*ChannelCode::parse(typed).expect(typed).grouped(), "731 940");
        }
        assert_eq!(ChannelCode::parse("73194").err(), Some(CodeError::Length));
        assert_eq!(ChannelCode::parse("7319400").err(), Some(CodeError::Length));
        assert_eq!(ChannelCode::parse("73194o").err(), Some(CodeError::NotDigits));
    }

    #[test]
    fn codes_are_spread_over_all_six_digits() {
        let mut rng = StdRng::seed_from_u64(1);
        let codes: Vec<String> = (0..500).map(|_| ChannelCode::generate(&mut rng).grouped().to_string()).collect();
        for place in [0, 1, 2, 4, 5, 6] {
            for digit in b'0'..=b'9' {
                assert!(codes.iter().any(|code| code.as_bytes()[place] == digit), "{place} {digit}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed(seed: u64) {
            let code = ChannelCode::generate(&mut StdRng::seed_from_u64(seed));
            prop_assert!(ChannelCode::parse(&code.grouped()).is_ok_and(|read| read == code));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = ChannelCode::parse(&text);
        }
    }
}
