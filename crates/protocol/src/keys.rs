//! Ed25519 keys (RFC 8032): of both ends of an inner connection, of the relay, and of whoever signs cards.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use rand::CryptoRng;
use zeroize::Zeroizing;

/// Bytes of a signature.
pub const SIGNATURE: usize = ed25519_dalek::SIGNATURE_LENGTH;

/// The private half of a key. No `Debug`, gone from memory when dropped.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A fresh one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(ed25519_dalek::SigningKey::generate(rng))
    }

    /// Reads the 32-byte seed of RFC 8032.
    #[must_use]
    pub fn from_bytes(seed: &Zeroizing<[u8; 32]>) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The 32-byte seed of RFC 8032.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// As PKCS #8 (RFC 8410, version 1), which TLS libraries read.
    #[must_use]
    pub fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        const HEAD: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
        let mut der = Zeroizing::new(Vec::with_capacity(HEAD.len() + 32));
        der.extend_from_slice(&HEAD);
        der.extend_from_slice(self.0.as_bytes());
        der
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE] {
        self.0.sign(message).to_bytes()
    }
}

/// The public half of a key: a point of the curve, and not one of the few (small order) for which signatures mean
/// nothing. Written as base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PublicKey([u8; 32]);

/// Why something is not a [`PublicKey`] or not [`RelayPins`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes.
    #[error("a public key has 32 bytes")]
    Length,
    /// Not base64url.
    #[error("a public key is written in base64url")]
    Text,
    /// No point of the curve, or one of small order.
    #[error("this is not a public key")]
    NotAKey,
    /// Pins are two keys with a dot between them.
    #[error("a relay's key is two public keys with a dot between them")]
    NotPins,
}

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`KeyError::Length`] or [`KeyError::NotAKey`].
    pub fn from_wire(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length)?;
        match VerifyingKey::from_bytes(&bytes) {
            Ok(key) if !key.is_weak() => Ok(Self(bytes)),
            _ => Err(KeyError::NotAKey),
        }
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As `SubjectPublicKeyInfo` (RFC 8410): what TLS sends as a raw public key (RFC 7250).
    #[must_use]
    pub fn to_spki(&self) -> [u8; SPKI] {
        let mut der = [0; SPKI];
        der[..SPKI_HEAD.len()].copy_from_slice(&SPKI_HEAD);
        der[SPKI_HEAD.len()..].copy_from_slice(&self.0);
        der
    }

    /// Reads [`PublicKey::to_spki`].
    ///
    /// # Errors
    /// [`KeyError`] when it is anything else than one Ed25519 key.
    pub fn from_spki(der: &[u8]) -> Result<Self, KeyError> {
        Self::from_wire(der.strip_prefix(&SPKI_HEAD).ok_or(KeyError::NotAKey)?)
    }

    /// Is `signature` this key's over `message`? Strictly: no signature has a second form.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) = (VerifyingKey::from_bytes(&self.0), Signature::from_slice(signature)) else {
            return false;
        };
        key.verify_strict(message, &signature).is_ok()
    }
}

/// Bytes of [`PublicKey::to_spki`].
pub const SPKI: usize = SPKI_HEAD.len() + 32;
const SPKI_HEAD: [u8; 12] = *b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_wire(&BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KeyError::Text)?)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// What a program knows of its relay beforehand; there is no connection without. Written `TRANSPORT.CARDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RelayPins {
    /// What the relay authenticates the control connection with.
    pub transport: PublicKey,
    /// What adviser cards are signed with.
    pub cards: PublicKey,
}

impl FromStr for RelayPins {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (transport, cards) = text.trim().split_once('.').ok_or(KeyError::NotPins)?;
        Ok(Self { transport: transport.parse()?, cards: cards.parse()? })
    }
}

impl fmt::Display for RelayPins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.transport, self.cards)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{KeyError, PublicKey, RelayPins, SigningKey};

    #[test]
    fn keys_and_pins_have_a_text_form() {
        let mut rng = StdRng::seed_from_u64(1);
        let pins = RelayPins {
            transport: SigningKey::generate(&mut rng).public(),
            cards: SigningKey::generate(&mut rng).public(),
        };
        let text = pins.to_string();
        assert_eq!(text.len(), 43 + 1 + 43);
        assert_eq!(text.parse(), Ok(pins));
        assert_eq!(pins.transport.to_string().parse::<RelayPins>(), Err(KeyError::NotPins));
        assert_eq!(format!("{}.", pins.transport).parse::<RelayPins>(), Err(KeyError::Length));
        assert_eq!("!".parse::<PublicKey>(), Err(KeyError::Text));
    }

    #[test]
    fn a_key_survives_its_bytes_and_its_der() {
        let key = SigningKey::generate(&mut StdRng::seed_from_u64(1));
        assert_eq!(SigningKey::from_bytes(&key.to_bytes()).public(), key.public());
        assert_eq!(PublicKey::from_spki(&key.public().to_spki()), Ok(key.public()));
        assert_eq!(PublicKey::from_spki(key.public().as_bytes()), Err(KeyError::NotAKey));
        assert_eq!(key.to_pkcs8().len(), 48);
        assert!(key.public().verifies(b"said", &key.sign(b"said")));
        assert!(!key.public().verifies(b"Said", &key.sign(b"said")));
        assert!(!key.public().verifies(b"said", &[]));
    }

    #[test]
    fn points_of_small_order_are_no_keys() {
        let mut identity = [0; 32];
        identity[0] = 1;
        for weak in [[0; 32], identity] {
            assert_eq!(PublicKey::from_wire(&weak), Err(KeyError::NotAKey));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, text: String, whole: [u8; 32]) {
            let _ = PublicKey::from_wire(&bytes);
            let _ = PublicKey::from_spki(&bytes);
            let _ = text.parse::<RelayPins>();
            if let Ok(key) = PublicKey::from_wire(&whole) {
                prop_assert!(!key.verifies(&bytes, &[0; 64]));
            }
        }
    }
}
