//! The handshake's arithmetic once more, written from its documentation alone: it checks that the documentation is
//! what is done, and gives an attacker who knows everything but the secrets something to compute with.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use lotse_protocol::message::introduction::{M1, M2, M3, Role, handshake::Body};
use sha2::{Digest, Sha512};

use super::body;

const LABEL: &[u8] = b"lotse introduction v1";

/// What went over the wire, and what a relay knows besides.
pub struct Captured {
    pub id: u32,
    pub introduction: u64,
    pub m1: Vec<u8>,
    pub m2: Vec<u8>,
    pub m3: Vec<u8>,
}

impl Captured {
    pub fn m1(&self) -> M1 {
        if let Body::M1(m1) = body(&self.m1) { m1 } else { panic!("not M1") }
    }

    pub fn m2(&self) -> M2 {
        if let Body::M2(m2) = body(&self.m2) { m2 } else { panic!("not M2") }
    }

    pub fn m3(&self) -> M3 {
        if let Body::M3(m3) = body(&self.m3) { m3 } else { panic!("not M3") }
    }

    fn channel(&self) -> Vec<u8> {
        let (joiner, offerer) = match self.m1().role() {
            Role::Host => (Role::Host, Role::Viewer),
            _ => (Role::Viewer, Role::Host),
        };
        lv_cat(&[
            LABEL,
            &self.m2().version.to_be_bytes(),
            &[1],
            &[offerer as u8],
            &[joiner as u8],
            &self.id.to_be_bytes(),
            &self.introduction.to_be_bytes(),
            &self.m2().key,
            &self.m1().key,
        ])
    }

    fn session(&self) -> Vec<u8> {
        [self.m2().nonce, self.m1().nonce].concat()
    }

    /// The generator that `digits` would give.
    pub fn generator(&self, digits: &str) -> RistrettoPoint {
        generator(digits.as_bytes(), &self.channel(), &self.session())
    }

    /// MAC_j, were `secret` the point that both sides computed for the shown code.
    pub fn joiner_mac(&self, secret: &RistrettoPoint) -> Vec<u8> {
        let (m2, m3) = (self.m2(), self.m3());
        let mut isk = lv_cat(&[b"CPaceRistretto255_ISK", &self.session(), secret.compress().as_bytes()]);
        isk.extend(lv_cat(&[&m2.share, &self.m2, &m3.share, &self.m1]));
        let isk = Sha512::digest(isk);
        let transcript =
            Sha512::digest(lv_cat(&[LABEL, &self.channel(), &self.m1, &self.m2, &m3.share, &m3.older_share]));
        let mut key = [0; 64];
        Hkdf::<Sha512>::new(Some(&transcript), &isk).expand(b"conf_j", &mut key).expect("64 bytes");
        let mut mac = Hmac::<Sha512>::new_from_slice(&key).expect("any length");
        mac.update(&transcript);
        mac.finalize().into_bytes().to_vec()
    }
}

/// A CPace share made with a scalar of one's own.
pub fn share(generator: &RistrettoPoint, scalar: &Scalar) -> Vec<u8> {
    (generator * scalar).compress().to_bytes().to_vec()
}

pub fn point(share: &[u8]) -> RistrettoPoint {
    CompressedRistretto::from_slice(share).expect("32 bytes").decompress().expect("a point")
}

/// `calculate_generator` of draft-irtf-cfrg-cpace.
pub fn generator(password: &[u8], channel: &[u8], session: &[u8]) -> RistrettoPoint {
    let dsi = b"CPaceRistretto255".as_slice();
    let zeroes = vec![0; 128 - 1 - (1 + password.len()) - (1 + dsi.len())];
    let hash = Sha512::digest(lv_cat(&[dsi, password, &zeroes, channel, session]));
    RistrettoPoint::from_uniform_bytes(&hash.into())
}

fn lv_cat(fields: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        let mut length = field.len();
        while length >= 0x80 {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(field);
    }
    out
}
