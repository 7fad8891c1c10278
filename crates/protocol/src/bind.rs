//! What ties the inner connection to the introduction: the first message of each side on it is
//! `HMAC-SHA-512(K_bind, role ‖ TLS exporter ‖ transcript)` (design, section 4). Whoever sits in the middle of the
//! inner connection has another exporter; whoever was not introduced has no key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::message::introduction::Role;

/// Bytes of a MAC.
pub const MAC: usize = 64;

/// Bytes that are asked of the TLS exporter.
pub const EXPORTER: usize = 64;

/// Label for the TLS exporter (RFC 8446, section 7.5); its context is empty.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-lotse-bind";

/// `K_bind` with the transcript of the introduction it came from.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BindKey {
    key: [u8; 64],
    transcript: [u8; 64],
}

impl BindKey {
    pub(crate) const fn new(key: [u8; 64], transcript: [u8; 64]) -> Self {
        Self { key, transcript }
    }

    /// What the side in `role` sends.
    #[must_use]
    pub fn mac(&self, role: Role, exporter: &[u8]) -> [u8; MAC] {
        self.over(role, exporter).finalize().into_bytes().into()
    }

    /// Is `mac` what the side in `role` must have sent? In constant time.
    #[must_use]
    pub fn verify(&self, role: Role, exporter: &[u8], mac: &[u8]) -> bool {
        self.over(role, exporter).verify_slice(mac).is_ok()
    }

    fn over(&self, role: Role, exporter: &[u8]) -> Hmac<Sha512> {
        let mut hmac = Hmac::<Sha512>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        hmac.update(&[role as u8]);
        hmac.update(exporter);
        hmac.update(&self.transcript);
        hmac
    }
}

#[cfg(test)]
mod tests {
    use super::BindKey;
    use crate::message::introduction::Role;

    #[test]
    fn only_the_same_key_transcript_role_and_exporter_verify() {
        let key = BindKey::new([1; 64], [2; 64]);
        let exporter = [3; 64];
        let mac = key.mac(Role::Viewer, &exporter);
        assert!(key.verify(Role::Viewer, &exporter, &mac));
        assert!(!key.verify(Role::Host, &exporter, &mac));
        assert!(!key.verify(Role::Viewer, &[4; 64], &mac));
        assert!(!BindKey::new([9; 64], [2; 64]).verify(Role::Viewer, &exporter, &mac));
        assert!(!BindKey::new([1; 64], [9; 64]).verify(Role::Viewer, &exporter, &mac));
        assert!(!key.verify(Role::Viewer, &exporter, &mac[..63]));
        assert!(!key.verify(Role::Viewer, &exporter, &[]));
        for place in 0..mac.len() {
            let mut flipped = mac;
            flipped[place] ^= 1;
            assert!(!key.verify(Role::Viewer, &exporter, &flipped));
        }
    }
}
