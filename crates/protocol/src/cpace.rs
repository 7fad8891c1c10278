//! CPace, the balanced password-authenticated key exchange of draft-irtf-cfrg-cpace, in its initiator–responder form
//! with ristretto255 and SHA-512: from a few digits that both sides know to a key that nobody else can know, with one
//! guess per run for whoever only pretends to know them. The draft's own test vectors are below.
//!
//! The names (`PRS`, `CI`, `sid`, `Y`, `K`, `ISK`) are the draft's.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use rand::CryptoRng;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a public share.
pub const SHARE: usize = 32;

/// Bytes of the key that comes of it.
pub const KEY: usize = 64;

/// The key that comes of a run, `ISK` in the draft. Never used as it is: see HKDF in [`crate::handshake`].
pub type Key = Zeroizing<[u8; KEY]>;

/// What both sides must agree on before a run.
pub struct Context<'a> {
    /// `PRS`, the password.
    pub password: &'a [u8],
    /// `CI`, who talks to whom over what.
    pub channel: &'a [u8],
    /// `sid`, unique to the run.
    pub session: &'a [u8],
}

/// Which of the two a side is: it decides the order in the transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Sends its share first.
    Initiator,
    /// Answers.
    Responder,
}

/// The other side's share is no point of the group, or the neutral one: the run must be given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other side's share is not a valid one")]
pub struct InvalidShare;

/// One side of one run, between making its share and getting the other's. Used up by [`Run::finish`].
#[derive(ZeroizeOnDrop)]
pub struct Run {
    scalar: Scalar,
    #[zeroize(skip)]
    share: [u8; SHARE],
    #[zeroize(skip)]
    session: Vec<u8>,
    #[zeroize(skip)]
    side: Side,
}

impl Run {
    /// Begins a run with a fresh secret scalar.
    pub fn start(side: Side, context: &Context<'_>, rng: &mut impl CryptoRng) -> Self {
        Self::with_scalar(side, context, Scalar::random(rng))
    }

    fn with_scalar(side: Side, context: &Context<'_>, scalar: Scalar) -> Self {
        let mut generator = generator(context);
        let share = (generator * scalar).compress().to_bytes();
        generator.zeroize();
        Self { scalar, share, session: context.session.to_vec(), side }
    }

    /// `Y`, to be sent to the other side.
    #[must_use]
    pub const fn share(&self) -> &[u8; SHARE] {
        &self.share
    }

    /// Ends the run: `ISK`, the same on both sides if and only if password, channel, session, both shares and both
    /// associated data are.
    ///
    /// # Errors
    /// [`InvalidShare`] for anything but the encoding of a point other than the neutral one (the draft's
    /// `scalar_mult_vfy`, and `K = G.I`).
    pub fn finish(self, theirs: &[u8], own_data: &[u8], their_data: &[u8]) -> Result<Key, InvalidShare> {
        let mut product = scalar_mult_vfy(&self.scalar, theirs)?;
        let shared = Zeroizing::new(product.compress().to_bytes());
        product.zeroize();
        let mut hash = Sha512::new();
        let mut field = |bytes: &[u8]| prepend_len(bytes, |part| hash.update(part));
        field(ISK_LABEL);
        field(&self.session);
        field(&*shared);
        let own = [self.share.as_slice(), own_data];
        let their = [theirs, their_data];
        let (first, second) = match self.side {
            Side::Initiator => (own, their),
            Side::Responder => (their, own),
        };
        for part in first.into_iter().chain(second) {
            field(part);
        }
        Ok(Zeroizing::new(hash.finalize().into()))
    }
}

const DSI: &[u8] = b"CPaceRistretto255";
const ISK_LABEL: &[u8] = b"CPaceRistretto255_ISK";
/// SHA-512's input block: DSI and PRS are padded to fill the first, so that its hash says nothing of PRS's length.
const HASH_BLOCK: usize = 128;

/// The draft's `calculate_generator`.
fn generator(context: &Context<'_>) -> RistrettoPoint {
    let hash: Zeroizing<[u8; 64]> = Zeroizing::new(Sha512::digest(&*generator_string(context)).into());
    RistrettoPoint::from_uniform_bytes(&hash)
}

fn generator_string(context: &Context<'_>) -> Zeroizing<Vec<u8>> {
    // Large enough not to grow, which would leave copies of the password behind.
    let length = 2 * HASH_BLOCK + context.password.len() + context.channel.len() + context.session.len();
    let mut string = Zeroizing::new(Vec::with_capacity(length));
    let mut field = |bytes: &[u8]| prepend_len(bytes, |part| string.extend_from_slice(part));
    field(DSI);
    field(context.password);
    let mut before = 1;
    prepend_len(DSI, |part| before += part.len());
    prepend_len(context.password, |part| before += part.len());
    field(&[0; HASH_BLOCK][..HASH_BLOCK.saturating_sub(before)]);
    field(context.channel);
    field(context.session);
    string
}

fn scalar_mult_vfy(scalar: &Scalar, point: &[u8]) -> Result<RistrettoPoint, InvalidShare> {
    let point = CompressedRistretto::from_slice(point).map_err(|_| InvalidShare)?.decompress().ok_or(InvalidShare)?;
    let product = point * scalar;
    if product.is_identity() { Err(InvalidShare) } else { Ok(product) }
}

/// The draft's `prepend_len`: the length in LEB128, then the bytes.
pub(crate) fn prepend_len(bytes: &[u8], mut out: impl FnMut(&[u8])) {
    let mut length = bytes.len();
    loop {
        let low = u8::try_from(length & 0x7f).expect("seven bits");
        length >>= 7;
        if length == 0 {
            out(&[low]);
            break;
        }
        out(&[low | 0x80]);
    }
    out(bytes);
}

#[cfg(test)]
mod tests {
    use curve25519_dalek::scalar::Scalar;
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{Context, InvalidShare, Run, Side, generator, generator_string, prepend_len, scalar_mult_vfy};

    // Test vectors of draft-irtf-cfrg-cpace, appendix "CPace using group ristretto255 and hash SHA-512".
    const PASSWORD: &[u8] = b"Password";
    const CHANNEL: &[u8] = b"\x0bA_initiator\x0bB_responder";
    const SESSION: &str = "7e4b4791d6a8ef019b936c79fb7f2c57";
    const GENERATOR: &str = "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56";
    const SCALAR_A: &str = "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08";
    const SCALAR_B: &str = "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d";
    const SHARE_A: &str = "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157";
    const SHARE_B: &str = "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258";
    const K: &str = "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f";
    const ISK: &str = "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd\
                       2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447";
    const SCALAR_VFY: &str = "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05";
    const VALID: &str = "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
    const VALID_PRODUCT: &str = "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e";
    const INVALID: &str = "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c";
    const NEUTRAL: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).expect("hex")
    }

    /// The draft's scalars are below 2^252 but not all below the group's order.
    fn scalar(text: &str) -> Scalar {
        Scalar::from_bytes_mod_order(hex(text).try_into().expect("32 bytes"))
    }

    fn draft_run(side: Side, secret: &str) -> Run {
        let session = hex(SESSION);
        Run::with_scalar(side, &Context { password: PASSWORD, channel: CHANNEL, session: &session }, scalar(secret))
    }

    #[test]
    fn case_01_draft_vector_prepend_len() {
        let encoded = |bytes: &[u8]| {
            let mut out = Vec::new();
            prepend_len(bytes, |part| out.extend_from_slice(part));
            out
        };
        assert_eq!(encoded(b""), [0]);
        assert_eq!(encoded(b"1234"), hex("0431323334"));
        let bytes: Vec<u8> = (0..128).collect();
        assert_eq!(encoded(&bytes[..127])[..2], [0x7f, 0]);
        assert_eq!(encoded(&bytes)[..3], [0x80, 0x01, 0]);
        assert_eq!(encoded(&bytes).len(), 130);
    }

    #[test]
    fn case_01_draft_vector_generator() {
        let session = hex(SESSION);
        let context = Context { password: PASSWORD, channel: CHANNEL, session: &session };
        let mut string = hex("11435061636552697374726574746f3235350850617373776f726464");
        string.resize(string.len() + 100, 0);
        string.extend(hex("180b415f696e69746961746f720b425f726573706f6e646572107e4b4791d6a8ef019b936c79fb7f2c57"));
        assert_eq!(string.len(), 170);
        assert_eq!(*generator_string(&context), string);
        assert_eq!(generator(&context).compress().to_bytes().to_vec(), hex(GENERATOR));
    }

    #[test]
    fn case_01_draft_vector_shares() {
        assert_eq!(draft_run(Side::Initiator, SCALAR_A).share().to_vec(), hex(SHARE_A));
        assert_eq!(draft_run(Side::Responder, SCALAR_B).share().to_vec(), hex(SHARE_B));
    }

    #[test]
    fn case_01_draft_vector_secret_point() {
        for (secret, share) in [(SCALAR_A, SHARE_B), (SCALAR_B, SHARE_A)] {
            let product = scalar_mult_vfy(&scalar(secret), &hex(share)).expect("valid");
            assert_eq!(product.compress().to_bytes().to_vec(), hex(K));
        }
    }

    #[test]
    fn case_01_draft_vector_key_of_initiator_and_responder() {
        let initiator = draft_run(Side::Initiator, SCALAR_A).finish(&hex(SHARE_B), b"ADa", b"ADb").expect("valid");
        let responder = draft_run(Side::Responder, SCALAR_B).finish(&hex(SHARE_A), b"ADb", b"ADa").expect("valid");
        assert_eq!(initiator.to_vec(), hex(ISK));
        assert_eq!(responder.to_vec(), hex(ISK));
    }

    #[test]
    fn case_01_draft_vector_valid_point() {
        let product = scalar_mult_vfy(&scalar(SCALAR_VFY), &hex(VALID)).expect("valid");
        assert_eq!(product.compress().to_bytes().to_vec(), hex(VALID_PRODUCT));
    }

    #[test]
    fn case_01_and_case_10_draft_invalid_and_neutral_points() {
        for bad in [INVALID, NEUTRAL] {
            assert_eq!(scalar_mult_vfy(&scalar(SCALAR_VFY), &hex(bad)), Err(InvalidShare));
            let run = draft_run(Side::Initiator, SCALAR_A);
            assert_eq!(run.finish(&hex(bad), b"ADa", b"ADb").err(), Some(InvalidShare));
        }
    }

    #[test]
    fn any_difference_makes_another_key() {
        let key = |password: &[u8], channel: &[u8], session: &[u8], data: &[u8]| {
            let theirs = draft_run(Side::Initiator, SCALAR_A);
            let run = Run::with_scalar(Side::Responder, &Context { password, channel, session }, scalar(SCALAR_B));
            let share = *run.share();
            let own = run.finish(theirs.share(), b"ADb", data).expect("valid");
            own == theirs.finish(&share, b"ADa", b"ADb").expect("valid")
        };
        let session = hex(SESSION);
        assert!(key(PASSWORD, CHANNEL, &session, b"ADa"));
        assert!(!key(b"password", CHANNEL, &session, b"ADa"));
        assert!(!key(PASSWORD, b"", &session, b"ADa"));
        assert!(!key(PASSWORD, CHANNEL, b"", b"ADa"));
        assert!(!key(PASSWORD, CHANNEL, &session, b"ADA"));
    }

    proptest! {
        #[test]
        fn two_sides_agree_and_any_bytes_as_a_share_do_not_panic(seed: u64, password: Vec<u8>, share: Vec<u8>) {
            let mut rng = StdRng::seed_from_u64(seed);
            let context = Context { password: &password, channel: b"c", session: b"s" };
            let a = Run::start(Side::Initiator, &context, &mut rng);
            let b = Run::start(Side::Responder, &context, &mut rng);
            let (share_a, share_b) = (*a.share(), *b.share());
            prop_assert!(a.finish(&share_b, b"a", b"b").expect("valid") == b.finish(&share_a, b"b", b"a").expect("valid"));
            let _ = Run::start(Side::Initiator, &context, &mut rng).finish(&share, b"", b"");
        }
    }
}
