//! An institution's block: any bytes behind a header that fits are a brand that can be sealed again, or an error.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lotse_protocol::brand::block::{empty, with_body};
use lotse_protocol::brand::{Found, open, seal};

fuzz_target!(|body: &[u8]| {
    let mut raw = empty();
    let length = body.len().min(raw.len());
    raw[..length].copy_from_slice(&body[..length]);
    let _ = open(&raw);
    let Some(block) = with_body(body) else { return };
    if let Ok(Found::Brand(brand)) = open(&block) {
        let again = seal(&brand).expect("what was found can be sealed");
        assert_eq!(open(&again), Ok(Found::Brand(brand)));
    }
});
