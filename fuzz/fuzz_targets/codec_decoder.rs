//! See `fuzzed::decoder`.
#![no_main]

#[path = "../../crates/codec/tests/fuzzed/mod.rs"]
#[allow(dead_code, reason = "each target is one of them")]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    fuzzed::decoder(input);
});
