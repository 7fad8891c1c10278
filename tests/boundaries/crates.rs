//! Which crate may know which, asked of `cargo tree`.

use std::path::Path;
use std::process::Command;

/// The platforms whose dependencies are looked at; the features are the same on all.
pub(crate) const TARGETS: &[&str] = &["x86_64-unknown-linux-gnu", "x86_64-pc-windows-gnu"];

/// Crates that draw, talk to a window system, or carry a runtime: no logic may know them.
const WINDOWS_AND_NETWORKS: &[&str] =
    &["axum", "eframe", "egui", "mio", "quinn", "quinn-proto", "socket2", "softbuffer", "tokio", "winit", "x11rb"];

/// What one package must not reach, by any way, in what is shipped.
pub(crate) struct Rule {
    pub(crate) package: &'static str,
    without: &'static [&'static [&'static str]],
    /// Something that it does reach: shows that the tree was read at all.
    with: &'static str,
}

pub(crate) const RULES: &[Rule] = &[
    Rule { package: "lotse", without: &[&["lotse-relay", "sqlx", "axum"]], with: "quinn" },
    Rule {
        package: "lotse-codec",
        without: &[&["lotse", "lotse-desktop", "lotse-protocol", "lotse-relay", "anyhow"], WINDOWS_AND_NETWORKS],
        with: "zstd",
    },
    Rule {
        package: "lotse-desktop",
        without: &[
            &["lotse", "lotse-codec", "lotse-protocol", "lotse-relay", "anyhow"],
            // The one crate that talks to the window system, but no more than that.
            &["axum", "eframe", "egui", "mio", "quinn", "quinn-proto", "socket2", "softbuffer", "tokio", "winit"],
        ],
        with: "thiserror",
    },
    Rule {
        package: "lotse-protocol",
        without: &[&["lotse", "lotse-codec", "lotse-desktop", "lotse-relay", "anyhow"], WINDOWS_AND_NETWORKS],
        with: "curve25519-dalek",
    },
    Rule {
        package: "lotse-relay",
        without: &[&[
            "lotse",
            "lotse-codec",
            "lotse-desktop",
            "zstd",
            "eframe",
            "egui",
            "softbuffer",
            "winit",
            "x11rb",
        ]],
        with: "tokio",
    },
];

impl Rule {
    /// What is wrong with the package's `tree`, in words.
    pub(crate) fn violations(&self, tree: &[String], target: &str) -> Vec<String> {
        let package = self.package;
        let mut wrong = Vec::new();
        if !tree.iter().any(|name| name == self.with) {
            wrong.push(format!("{package} for {target}: {} is missing; was the tree read?", self.with));
        }
        for forbidden in self.without.iter().flat_map(|names| names.iter()) {
            if tree.iter().any(|name| name == forbidden) {
                wrong.push(format!(
                    "{package} for {target} reaches {forbidden}: cargo tree -p {package} -i {forbidden}"
                ));
            }
        }
        wrong
    }
}

/// The names of everything that `package` is linked with on `target`.
pub(crate) fn tree(root: &Path, package: &str, target: &str) -> Vec<String> {
    let arguments = [
        "tree",
        "-p",
        package,
        "--target",
        target,
        "-e",
        "normal,no-proc-macro",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ];
    cargo(root, &arguments).lines().skip(1).filter_map(name).collect()
}

/// The packages of the workspace, sorted.
pub(crate) fn members(root: &Path) -> Vec<String> {
    let text = cargo(root, &["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&text).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let mut names: Vec<_> = packages.iter().filter_map(|package| Some(package["name"].as_str()?.to_owned())).collect();
    names.sort_unstable();
    names
}

/// The crates that the first column of the tables in `docs/dependencies.md` names.
pub(crate) fn listed(document: &str) -> Vec<String> {
    let rows = document.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let cells = rows.filter(|cell| *cell != "crate");
    cells.flat_map(|cell| cell.split(", ").map(str::to_owned)).collect()
}

/// The crates that `[workspace.dependencies]` names, but for our own.
pub(crate) fn used(manifest: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != "[workspace.dependencies]").skip(1);
    let names = lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once(" = "));
    names.map(|(name, _)| name.to_owned()).filter(|name| !name.starts_with("lotse-")).collect()
}

/// The first word of a line such as `quinn v0.11.12` or `lotse-codec v0.1.0 (/somewhere)`.
fn name(line: &str) -> Option<String> {
    line.split_whitespace().next().map(str::to_owned)
}

fn cargo(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().expect("cargo can be started");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

#[test]
fn a_crate_that_reaches_too_far_is_caught() {
    let lines =
        ["lotse-codec v0.1.0 (/somewhere)", "zstd v0.14.0", "winit v0.30.13", "lotse-protocol v0.1.0 (/here) (*)"];
    let tree: Vec<_> = lines.into_iter().skip(1).filter_map(name).collect();
    let rule = RULES.iter().find(|rule| rule.package == "lotse-codec").expect("the codec has a rule");
    let wrong = rule.violations(&tree, "some-target").join("\n");
    assert!(wrong.contains("reaches winit") && wrong.contains("reaches lotse-protocol"), "{wrong}");
    assert_eq!(wrong.lines().count(), 2, "{wrong}");
    assert!(rule.violations(&[], "some-target").join("").contains("zstd is missing"));
}

#[test]
fn a_dependency_without_a_line_is_seen() {
    let manifest =
        "[a]\nx = 1\n[workspace.dependencies]\nlotse-codec = 1\nsha2 = 1\nquinn = { version = \"0.11\" }\n\n[b]\ny = 1";
    assert_eq!(used(manifest), ["sha2", "quinn"]);
    assert_eq!(listed("| crate | what for |\n|---|---|\n| hkdf, sha2 | keys |\ntext"), ["hkdf", "sha2"]);
}
