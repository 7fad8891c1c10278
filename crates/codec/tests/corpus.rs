//! What fuzzing has found worth keeping (`fuzz/corpus`), once more. What it finds from now on is ignored there, until
//! somebody adds it by force.

use std::path::Path;

mod fuzzed;

/// Runs all of a target's inputs, of which there are `least` at least.
fn replay(target: &str, least: usize, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is there") {
        let path = entry.expect("it can be listed").path();
        let input = std::fs::read(&path).expect("it can be read");
        // Shown when it fails.
        println!("{}", path.display());
        run(&input);
        count += 1;
    }
    assert!(count >= least, "{count} inputs in {}", folder.display());
}

#[test]
fn whatever_was_sent_to_the_decoder_is_an_error_or_a_picture() {
    replay("codec_decoder", 650, |input| {
        fuzzed::decoder(input);
    });
}

#[test]
fn the_sessions_that_the_fuzzer_begins_with_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/codec_decoder");
    for name in ["photographs", "film", "by-hand"] {
        let input = std::fs::read(folder.join(format!("opened-{name}"))).expect("the corpus has it");
        let outcome = fuzzed::decoder(&input);
        assert!(outcome.refused == 0 && outcome.taken > 1, "{name}: {outcome:?}");
    }
}

#[test]
fn whatever_was_drawn_arrives() {
    replay("codec_roundtrip", 290, fuzzed::roundtrip);
}
