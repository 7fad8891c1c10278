//! The walls of the house (design, section 3): which crate may know which, which module may know which, where `unsafe`
//! and `cfg` may stand. Each check is first shown a snippet that breaks it.

#[path = "boundaries/crates.rs"]
mod crates;
#[path = "boundaries/modules.rs"]
mod modules;
#[path = "boundaries/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};

/// About where a file is to be looked at again.
const LINES: usize = 800;

/// Files that are longer, each with its reason.
const LONG: &[(&str, &str)] =
    &[("crates/protocol/tests/adversarial.rs", "the numbered cases in the order of their list, sharing one stage")];

#[test]
fn crates_know_only_what_they_may() {
    let mut wrong = Vec::new();
    for rule in crates::RULES {
        for target in crates::TARGETS {
            wrong.extend(rule.violations(&crates::tree(root(), rule.package, target), target));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_crate_of_the_workspace_has_a_rule() {
    let mut ruled: Vec<_> = crates::RULES.iter().map(|rule| rule.package.to_owned()).collect();
    ruled.sort_unstable();
    assert_eq!(crates::members(root()), ruled);
}

#[test]
fn every_dependency_has_its_line() {
    let listed = crates::listed(&read(Path::new("docs/dependencies.md")));
    let used = crates::used(&read(Path::new("Cargo.toml")));
    assert!(used.len() > 20, "the manifest was read: {used:?}");
    let without_line: Vec<_> = used.iter().filter(|name| !listed.contains(name)).collect();
    let not_used: Vec<_> = listed.iter().filter(|name| !used.contains(name)).collect();
    assert!(without_line.is_empty() && not_used.is_empty(), "no line: {without_line:?}; not used: {not_used:?}");
}

#[test]
fn modules_follow_the_arrows() {
    let files = rust_files("src");
    assert!(files.len() > 10, "the sources were found: {files:?}");
    let wrong: Vec<_> = files.iter().flat_map(|path| modules::violations(path, &read(path))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_has_grown_out_of_sight() {
    let mut wrong = Vec::new();
    for path in all_rust_files() {
        let lines = read(&path).lines().count();
        let listed = LONG.iter().any(|(name, reason)| Path::new(name) == path && !reason.is_empty());
        match (lines > LINES, listed) {
            (true, false) => wrong.push(format!("{}: {lines} lines; split it, or give a reason", path.display())),
            (false, true) => wrong.push(format!("{}: {lines} lines; no exception is needed", path.display())),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn unsafe_stands_only_in_the_desktop_crate() {
    let outside = |path: &PathBuf| !path.starts_with("crates/desktop/src");
    let files = all_rust_files().into_iter().filter(outside);
    let wrong: Vec<_> = files.flat_map(|path| source::unsafe_code(&path, &read(&path))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_function_is_written_for_one_platform_line_by_line() {
    let files = all_rust_files();
    let wrong: Vec<_> = files.iter().flat_map(|path| source::cfg_in_functions(path, &read(path))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the product is made of, and its tests.
fn all_rust_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = ["benches", "crates", "relay", "src", "tests"].into_iter().flat_map(rust_files).collect();
    files.push(PathBuf::from("build.rs"));
    files
}

/// The Rust files below `folder`, by their paths in the repository.
fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).into_iter().flatten() {
            let entry = entry.expect("a folder of the repository can be read");
            let path = folder.join(entry.file_name());
            if entry.file_type().expect("an entry has a type").is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    files
}
