//! The forward plane's header: `kind:1 | leg token:16 | sealed packet` (design, section 4). It shares its UDP port with
//! QUIC, whose first byte is 0x40 or above; the kinds below that which STUN (0–3) and DTLS (20–63) use are left to a
//! direct path.

use rand::CryptoRng;

/// Kind of a packet of the inner connection. What is sealed in it is the relay's to send on and nobody's to read.
pub const KIND_SEALED: u8 = 0x04;

/// Bytes of a token.
pub const TOKEN: usize = 16;

/// Bytes before the sealed packet.
pub const HEADER: usize = 1 + TOKEN;

/// Kind of a packet by which the relay finds out whether a program is where it seems to have moved to:
/// `kind:1 | leg token:16 | nonce:16`. The program sends it back unchanged, from where it got it to where it came
/// from, if the token is one of its own.
pub const KIND_CHECK: u8 = 0x05;

/// Bytes of a check's nonce.
pub const CHECK_NONCE: usize = 16;

/// Bytes of a check.
pub const CHECK: usize = HEADER + CHECK_NONCE;

/// Names one leg of a path. Whoever knows it can have packets forwarded, so it has no `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token([u8; TOKEN]);

impl Token {
    /// A fresh one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; TOKEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Reads the wire form; `None` when it has not [`TOKEN`] bytes.
    #[must_use]
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The wire form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; TOKEN] {
        &self.0
    }
}

/// Can a packet be one of the forward plane? Everything else on the port is QUIC's.
#[must_use]
pub const fn is_forward(first_byte: u8) -> bool {
    first_byte < 0x40
}

/// Takes a packet apart: its token, and what is sealed. `None` for another kind, or for less than a header.
#[must_use]
pub fn parse(packet: &[u8]) -> Option<(Token, &[u8])> {
    let (header, sealed) = packet.split_at_checked(HEADER)?;
    let (kind, token) = header.split_first()?;
    if *kind != KIND_SEALED {
        return None;
    }
    Some((Token::from_wire(token)?, sealed))
}

/// Writes the header for `token` over the first bytes of a packet: when it is made, and on the relay, in place, when
/// it leaves for the other leg.
pub fn write_header(header: &mut [u8; HEADER], token: &Token) {
    header[0] = KIND_SEALED;
    header[1..].copy_from_slice(&token.0);
}

/// Makes a check for the leg `token`.
#[must_use]
pub fn check(token: &Token, nonce: &[u8; CHECK_NONCE]) -> [u8; CHECK] {
    let mut packet = [0; CHECK];
    packet[0] = KIND_CHECK;
    packet[1..HEADER].copy_from_slice(&token.0);
    packet[HEADER..].copy_from_slice(nonce);
    packet
}

/// The token of a check; `None` for anything else.
#[must_use]
pub fn parse_check(packet: &[u8]) -> Option<Token> {
    let packet: &[u8; CHECK] = packet.try_into().ok()?;
    let (header, _) = packet.split_first_chunk::<HEADER>()?;
    (header[0] == KIND_CHECK).then(|| Token::from_wire(&header[1..]))?
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{HEADER, KIND_SEALED, Token, check, is_forward, parse, parse_check, write_header};

    #[test]
    fn what_is_written_is_read() {
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        let mut packet = [7; HEADER + 3];
        write_header(packet.first_chunk_mut().expect("longer than a header"), &token);
        assert!(is_forward(packet[0]));
        assert!(parse(&packet).is_some_and(|(read, sealed)| read == token && sealed == [7; 3]));
        assert!(parse(&packet[..HEADER]).is_some_and(|(_, sealed)| sealed.is_empty()));
        assert!(parse(&packet[..HEADER - 1]).is_none());
    }

    #[test]
    fn a_check_is_a_check_and_nothing_else_is() {
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        let packet = check(&token, &[9; 16]);
        assert!(is_forward(packet[0]));
        assert!(parse_check(&packet).is_some_and(|read| read == token));
        assert!(parse(&packet).is_none());
        assert!(parse_check(&packet[..32]).is_none());
        let mut sealed = packet;
        sealed[0] = KIND_SEALED;
        assert!(parse_check(&sealed).is_none());
    }

    #[test]
    fn the_kind_is_free_of_stun_dtls_and_quic() {
        assert!((4..=19).contains(&KIND_SEALED));
        for other in (0..=255).filter(|kind| *kind != KIND_SEALED) {
            let mut packet = [0; 40];
            packet[0] = other;
            assert!(parse(&packet).is_none());
        }
    }

    #[test]
    fn tokens_key_a_map_and_do_not_repeat() {
        let mut rng = StdRng::seed_from_u64(1);
        assert_eq!((0..1000).map(|_| Token::generate(&mut rng)).collect::<HashSet<_>>().len(), 1000);
    }

    proptest! {
        #[test]
        fn any_packet_is_read_or_dropped(packet: Vec<u8>) {
            if let Some((token, sealed)) = parse(&packet) {
                prop_assert_eq!(token.as_bytes(), &packet[1..HEADER]);
                prop_assert_eq!(sealed, &packet[HEADER..]);
            }
        }
    }
}
