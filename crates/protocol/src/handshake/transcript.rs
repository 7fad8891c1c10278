//! What both sides must have seen alike, and the keys that come of it.
//!
//! Everything is bound twice. CPace itself takes who meets whom as its channel, both nonces as its session, M1 and M2
//! as associated data; the keys are then derived from its result under a hash of all of it:
//!
//! ```text
//! transcript = SHA-512(lv_cat(LABEL, facts, M1, M2, M3's shares))
//! conf_j, conf_o, bind = HKDF-SHA-512(salt transcript, ISK, info "conf_j" | "conf_o" | "bind")
//! MAC_j = HMAC-SHA-512(conf_j, transcript)
//! MAC_o = HMAC-SHA-512(conf_o, transcript ‖ SHA-512(M3))
//! ```
//!
//! While two codes are alive M3 has two MACs, and one of them is wrong by nature: whoever changes that one on the way is
//! noticed by the joiner (MAC_o covers M3 as it was sent), not by the offerer. It gains what keeping M4 back would.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::bind::BindKey;
use crate::card::NONCE;
use crate::code::ChannelCode;
use crate::cpace::{Context, InvalidShare, Run, Side, prepend_len};
use crate::id::Id;
use crate::keys::PublicKey;
use crate::message::introduction::Role;

/// Bytes of MAC_j and MAC_o.
pub(super) const MAC: usize = 64;

/// No hash and no key made for anything else, or for another version of this, is one for a handshake.
const LABEL: &[u8] = b"lotse introduction v1";

/// What is agreed on before the shares.
pub(super) struct Facts {
    pub(super) version: u32,
    pub(super) offerer: Role,
    pub(super) id: Id,
    pub(super) introduction: u64,
    pub(super) offerer_key: PublicKey,
    pub(super) joiner_key: PublicKey,
    pub(super) offerer_nonce: [u8; NONCE],
    pub(super) joiner_nonce: [u8; NONCE],
}

/// Which of the offerer's codes a run of CPace is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// The one that is shown.
    Current = 1,
    /// The one shown before, in its time of grace.
    Older = 2,
}

/// The role at the other end.
pub(super) const fn opposite(role: Role) -> Role {
    match role {
        Role::Host => Role::Viewer,
        Role::Viewer => Role::Host,
        Role::Unspecified => Role::Unspecified,
    }
}

impl Facts {
    /// Begins the run of CPace for one code. The offerer is its initiator.
    pub(super) fn start(&self, side: Side, slot: Slot, code: &ChannelCode, rng: &mut impl CryptoRng) -> Run {
        let session = [self.offerer_nonce, self.joiner_nonce].concat();
        Run::start(side, &Context { password: code.digits(), channel: &self.channel(slot), session: &session }, rng)
    }

    /// Ends a run with the other side's share.
    pub(super) fn finish(
        &self,
        side: Side,
        slot: Slot,
        run: Run,
        theirs: &[u8],
        said: &Said<'_>,
    ) -> Result<Confirmation, InvalidShare> {
        let (own_data, their_data) = match side {
            Side::Initiator => (said.m2, said.m1),
            Side::Responder => (said.m1, said.m2),
        };
        let key = run.finish(theirs, own_data, their_data)?;
        let mut hash = Sha512::new();
        for field in [LABEL, &self.channel(slot), said.m1, said.m2, said.share, said.older_share] {
            prepend_len(field, |part| hash.update(part));
        }
        Ok(Confirmation::derive(&key, hash.finalize().into()))
    }

    /// CPace's channel identifier: who meets whom, where, about which code.
    fn channel(&self, slot: Slot) -> Vec<u8> {
        let mut channel = Vec::with_capacity(160);
        for field in [
            LABEL,
            &self.version.to_be_bytes(),
            &[slot as u8],
            &[self.offerer as u8],
            &[opposite(self.offerer) as u8],
            &self.id.to_wire().to_be_bytes(),
            &self.introduction.to_be_bytes(),
            self.offerer_key.as_bytes(),
            self.joiner_key.as_bytes(),
        ] {
            prepend_len(field, |part| channel.extend_from_slice(part));
        }
        channel
    }
}

/// What was said before the first MAC: M1 and M2 (with the offerer's shares) as they went over the wire, and the shares
/// of M3.
pub(super) struct Said<'a> {
    pub(super) m1: &'a [u8],
    pub(super) m2: &'a [u8],
    pub(super) share: &'a [u8],
    pub(super) older_share: &'a [u8],
}

/// The keys of one run, each for one purpose.
pub(super) struct Confirmation {
    joiner: Zeroizing<[u8; 64]>,
    offerer: Zeroizing<[u8; 64]>,
    bind: Zeroizing<[u8; 64]>,
    transcript: [u8; 64],
}

impl Confirmation {
    fn derive(key: &[u8; 64], transcript: [u8; 64]) -> Self {
        let hkdf = Hkdf::<Sha512>::new(Some(&transcript), key);
        let expand = |info: &[u8]| {
            let mut out = Zeroizing::new([0; 64]);
            hkdf.expand(info, &mut *out).expect("one block of SHA-512");
            out
        };
        Self { joiner: expand(b"conf_j"), offerer: expand(b"conf_o"), bind: expand(b"bind"), transcript }
    }

    /// MAC_j: the joiner knows the code.
    pub(super) fn joiner_mac(&self) -> [u8; MAC] {
        self.over_joiner().finalize().into_bytes().into()
    }

    /// Is it MAC_j? In constant time.
    pub(super) fn is_joiner_mac(&self, mac: &[u8]) -> bool {
        self.over_joiner().verify_slice(mac).is_ok()
    }

    /// MAC_o: the offerer knows the code and got M3 as it was sent.
    pub(super) fn offerer_mac(&self, m3: &[u8]) -> [u8; MAC] {
        self.over_offerer(m3).finalize().into_bytes().into()
    }

    /// Is it MAC_o? In constant time.
    pub(super) fn is_offerer_mac(&self, m3: &[u8], mac: &[u8]) -> bool {
        self.over_offerer(m3).verify_slice(mac).is_ok()
    }

    /// What ties the inner connection to this run.
    pub(super) fn into_bind(self) -> BindKey {
        BindKey::new(*self.bind, self.transcript)
    }

    fn over_joiner(&self) -> Hmac<Sha512> {
        let mut hmac = keyed(&self.joiner);
        hmac.update(&self.transcript);
        hmac
    }

    fn over_offerer(&self, m3: &[u8]) -> Hmac<Sha512> {
        let mut hmac = keyed(&self.offerer);
        hmac.update(&self.transcript);
        hmac.update(&Sha512::digest(m3));
        hmac
    }
}

fn keyed(key: &[u8; 64]) -> Hmac<Sha512> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}
