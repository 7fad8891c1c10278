//! `lotse-relay`.

fn main() {}
