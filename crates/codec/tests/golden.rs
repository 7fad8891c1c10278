//! Decoding is the same on every machine, bit by bit: film and photographs too, whose pixels build upon one another.

use std::path::Path;

#[path = "golden/mod.rs"]
mod golden;

#[test]
fn the_same_updates_make_the_same_pictures_everywhere() {
    golden::compare();
}

/// Where rounding is the machine's own, two of them do not agree for long.
#[test]
fn nothing_in_the_codec_is_computed_in_floating_point() {
    let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut looked_at = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path).expect("it can be listed").map(|entry| entry.expect("an entry").path()),
            );
            continue;
        }
        let source = std::fs::read_to_string(&path).expect("it can be read");
        // Tests come last in a file.
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let found = floating(source);
        assert!(found.is_none(), "{} computes with {found:?}", path.display());
        looked_at += 1;
    }
    assert!(looked_at > 25, "{looked_at} files");
}

/// The first word of the code, not of comments, that is a type or a number of floating point.
fn floating(source: &str) -> Option<&str> {
    let code = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let mut words =
        code.flat_map(|line| line.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '.'));
    words.find(|word| {
        let before = word.strip_suffix("f32").or_else(|| word.strip_suffix("f64"));
        let is_type =
            before.is_some_and(|before| before.is_empty() || before.starts_with(|first: char| first.is_ascii_digit()));
        let (whole, part) = word.split_once('.').unwrap_or((word, "x"));
        let is_number = whole.starts_with(|first: char| first.is_ascii_digit())
            && (part.is_empty() || part.starts_with(|first: char| first.is_ascii_digit()));
        is_type || is_number && !word.contains("..")
    })
}

#[test]
fn floating_point_is_found_wherever_it_hides() {
    for source in ["let a: f32 = b;", "x as f64", "2.5 * y", "1. / z", "7f32", "f64::from(x)", "a(1_f64)"] {
        assert!(floating(source).is_some(), "{source}");
    }
    for source in ["// an f32", "0..2", "1..=3", "pair.0", "x.0.1", "half32(7)", "2.max(x)", "rows[0..4]", "tuple.0 .1"]
    {
        assert_eq!(floating(source), None, "{source}");
    }
}
