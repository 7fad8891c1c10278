//! Files as small as they can be, made here by hand; real ones are in `relay/tests` and `tests`.

use lotse_protocol::brand::block::empty;
use lotse_protocol::brand::{BlockError, Found, RESERVED};
use proptest::prelude::*;

use super::{Executable, ExecutableError, pe_checksum};

const ALIGNED: usize = 512;
const HEADERS: usize = 1024;

/// A PE file for 64-bit Windows with these sections, each with these bytes, one after the other.
fn pe(sections: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut file = vec![0; HEADERS];
    let mut put = |at: usize, bytes: &[u8]| file[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3c, &0x80_u32.to_le_bytes());
    put(0x80, b"PE\0\0");
    put(0x84, &0x8664_u16.to_le_bytes());
    put(0x86, &u16::try_from(sections.len()).expect("few").to_le_bytes());
    put(0x94, &240_u16.to_le_bytes());
    put(0x98, &0x20b_u16.to_le_bytes());
    // Alignments, and how many data directories.
    put(0x98 + 32, &4096_u32.to_le_bytes());
    put(0x98 + 36, &512_u32.to_le_bytes());
    put(0x98 + 108, &16_u32.to_le_bytes());
    let mut at = HEADERS;
    for (number, (name, bytes)) in sections.iter().enumerate() {
        let header = 0x98 + 240 + number * 40;
        let length = u32::try_from(bytes.len()).expect("short");
        put(header, name);
        put(header + 8, &length.to_le_bytes());
        put(header + 12, &u32::try_from(4096 + at).expect("short").to_le_bytes());
        put(header + 16, &u32::try_from(bytes.len().next_multiple_of(ALIGNED)).expect("short").to_le_bytes());
        put(header + 20, &u32::try_from(at).expect("short").to_le_bytes());
        at += bytes.len().next_multiple_of(ALIGNED);
    }
    for (_, bytes) in sections {
        file.extend_from_slice(bytes);
        file.resize(file.len().next_multiple_of(ALIGNED), 0);
    }
    file
}

fn error(bytes: Vec<u8>) -> ExecutableError {
    Executable::parse(bytes).err().expect("none of ours")
}

#[test]
fn the_block_is_found_by_its_section_alone() {
    let decoy = empty();
    let file = pe(&[(b".text", &decoy), (b".lotse", &empty()), (b".data", &decoy)]);
    let place = HEADERS + RESERVED.next_multiple_of(ALIGNED);
    let executable = Executable::parse(file).expect("one of ours");
    assert_eq!(executable.place, place..place + RESERVED);
    assert_eq!(executable.found(), Ok(Found::Empty));
}

#[test]
fn what_is_none_of_ours_is_refused() {
    assert_eq!(error(Vec::new()), ExecutableError::Foreign);
    assert_eq!(error(b"#!/bin/sh\necho hello, this is no executable\n".repeat(20)), ExecutableError::Foreign);
    assert_eq!(error(pe(&[(b".text", b"code")])), ExecutableError::NoPlace);
    assert_eq!(error(pe(&[(b".lotse", &empty()), (b".lotse", &empty())])), ExecutableError::Places);
    assert_eq!(error(pe(&[(b".lotse", &empty()[1..])])), ExecutableError::Block(BlockError::Size(RESERVED - 1)));
    let other = Executable::parse(pe(&[(b".lotse", &[7; RESERVED])])).expect("it has such a section");
    assert_eq!(other.found(), Err(ExecutableError::Block(BlockError::Magic)));
}

#[test]
fn wherever_it_was_cut_off_it_is_incomplete() {
    let file = pe(&[(b".text", b"code"), (b".lotse", &empty()), (b".data", b"data")]);
    for length in [70, 0x85, 0x99, 0x98 + 240 + 41, HEADERS, HEADERS + 600, file.len() - ALIGNED] {
        let error = error(file[..length].to_vec());
        assert!(matches!(error, ExecutableError::Incomplete | ExecutableError::Foreign), "{length}: {error:?}");
    }
}

#[test]
fn a_damaged_block_is_not_written_over() {
    let mut block = empty();
    block[1000] = 1;
    let mut executable = Executable::parse(pe(&[(b".lotse", &block)])).expect("one of ours");
    assert_eq!(executable.fill(&empty()), Err(ExecutableError::Block(BlockError::NotEmpty)));
}

#[test]
fn what_is_signed_stays_as_it_is() {
    let mut file = pe(&[(b".lotse", &empty())]);
    // The fifth data directory: certificates.
    let end = u32::try_from(file.len()).expect("short");
    file[0x98 + 112 + 32..][..8].copy_from_slice(&[end.to_le_bytes(), 16_u32.to_le_bytes()].concat());
    file.extend_from_slice(&[0; 16]);
    let mut executable = Executable::parse(file).expect("one of ours");
    assert_eq!(executable.fill(&empty()), Err(ExecutableError::Signed));
}

#[test]
fn the_sum_in_the_header_is_of_everything_else() {
    // Two words, one with its upper bytes so large that something is carried, and an odd byte; the sum's own place left out.
    assert_eq!(pe_checksum(&[0xff, 0xff, 0x02, 0x00, 9, 9, 9, 9, 5], 4), 2 + 5 + 9);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_an_executable_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(Executable::parse(bytes.clone()).is_err());
        for start in [b"MZ".as_slice(), b"\x7fELF\x02\x01\x01"] {
            prop_assert!(Executable::parse([start, &bytes].concat()).is_err());
        }
    }

    #[test]
    fn any_header_is_an_executable_or_an_error(at in 0..HEADERS, value: [u8; 4]) {
        let mut file = pe(&[(b".text", b"code"), (b".lotse", &empty())]);
        let end = (at + 4).min(HEADERS);
        file[at..end].copy_from_slice(&value[..end - at]);
        if let Ok(mut executable) = Executable::parse(file) {
            let _ = executable.fill(&empty());
        }
    }
}
