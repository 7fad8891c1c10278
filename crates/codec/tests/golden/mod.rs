//! What came out of a decoder once (`golden/*.updates`, written by `codec/sessions.rs`), picture by picture.

use lotse_codec::{Decoder, Framebuffer};

/// Sessions, each with a hash of its pictures, one after the other.
const SESSIONS: [(&str, &[u8], u64); 4] = [
    ("terminal", include_bytes!("terminal.updates"), 0xb65c_1b82_f6ab_5fc5),
    ("windows", include_bytes!("windows.updates"), 0x0edd_2754_391c_4f4b),
    ("photographs", include_bytes!("photographs.updates"), 0xe8a3_2f8a_f875_d2ef),
    ("film", include_bytes!("film.updates"), 0x25dd_e1eb_d756_5dcf),
];

/// The same pictures come out on this machine.
pub(crate) fn compare() {
    let hashes = SESSIONS.map(|(name, updates, _)| (name, format!("{:#018x}", hash_of(updates))));
    let expected = SESSIONS.map(|(name, _, expected)| (name, format!("{expected:#018x}")));
    assert_eq!(hashes, expected, "their pictures are others");
}

fn hash_of(mut updates: &[u8]) -> u64 {
    let mut decoder = Decoder::new();
    let mut framebuffer = Framebuffer::new();
    // FNV-1a, of 64 bits.
    let mut hash = 0xcbf2_9ce4_8422_2325;
    while let Some((length, rest)) = updates.split_first_chunk::<2>() {
        let (update, rest) = rest.split_at(usize::from(u16::from_le_bytes(*length)));
        decoder.apply(update, &mut framebuffer).expect("it was applied once");
        for byte in framebuffer.pixels() {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
        updates = rest;
    }
    hash
}
