//! Compares what this machine's decoder makes of some updates with what others made of them: for machines on which
//! there is no `cargo test`, like Wine.

#[path = "../tests/golden/mod.rs"]
mod golden;

fn main() {
    golden::compare();
    println!("the same as everywhere");
}
