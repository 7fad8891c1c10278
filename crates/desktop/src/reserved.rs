//! The place in this executable's own file that an institution may fill in after it was built: a section of its own,
//! which holds nothing else. What stands in it is not this crate's to know.
#![allow(unsafe_code)]

use std::ptr;

/// How much there is, bytes.
pub const SIZE: usize = 96 * 1024;

/// What it begins with.
pub const MAGIC: [u8; 16] = *b"lotse\0brand\xf0\x9f\x9a\xa2\n";

/// Never written to while the program runs; on disk, by `lotse-relay brand`. Read-only memory without an address in it,
/// so that the file's bytes are what is read.
// SAFETY: the section is of no meaning to any linker or loader, and holds plain bytes.
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".lotse"))]
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__TEXT,__lotse"))]
static PLACE: [u8; SIZE] = empty();

const fn empty() -> [u8; SIZE] {
    let mut bytes = [0; SIZE];
    let mut at = 0;
    while at < MAGIC.len() {
        bytes[at] = MAGIC[at];
        at += 1;
    }
    bytes
}

/// What stands there.
#[must_use]
pub fn read() -> Vec<u8> {
    // The compiler knows what it has put there, and must not know better than the file.
    // SAFETY: a reference to a byte is valid to be read from.
    PLACE.iter().map(|byte| unsafe { ptr::read_volatile(byte) }).collect()
}

#[cfg(test)]
mod tests {
    use super::{MAGIC, SIZE, read};

    #[test]
    fn nobody_has_filled_it_in_here() {
        let bytes = read();
        assert_eq!(bytes.len(), SIZE);
        assert_eq!(bytes[..MAGIC.len()], MAGIC);
        assert!(bytes[MAGIC.len()..].iter().all(|byte| *byte == 0));
    }
}
