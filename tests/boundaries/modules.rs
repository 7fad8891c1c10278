//! Which module of the executable may know which: the arrows of the design's section 3 as a table.

use std::path::Path;

use crate::source::{self, Named};

/// Crates that only some modules may name. The others (errors, logging, bytes, texts …) are everybody's.
const GUARDED: &[&str] = &[
    "anyhow",
    "clap",
    "dream_soft_render",
    "eframe",
    "egui",
    "egui_winit",
    "ksni",
    "libc",
    "lotse_codec",
    "lotse_desktop",
    "lotse_protocol",
    "lotse_relay",
    "quinn",
    "quinn_proto",
    "quinn_udp",
    "rustls",
    "socket2",
    "softbuffer",
    "tokio",
    "windows",
    "winit",
    "x11rb",
    "zbus",
];

/// A module and what it may name besides itself: paths of ours begin with `crate`, those of guarded crates with the
/// crate's name. A path allows everything below it. The longest name that fits a module is its rule.
struct Rule {
    module: &'static str,
    may: &'static [&'static str],
}

/// The executable's own outside: puts the parts together, so it may name all of them. `anyhow` stands only here.
const WIRING: &[&str] = &["crate", "anyhow", "lotse_codec", "lotse_desktop", "lotse_protocol"];

const RULES: &[Rule] = &[
    // `lib.rs` and `main.rs` themselves. One role of the executable has no window: it releases keys after a crash.
    Rule {
        module: "",
        may: &[
            "crate",
            "anyhow",
            "clap",
            "lotse_desktop::elevation",
            "lotse_desktop::inject::guard",
            "lotse_desktop::terminal",
            "lotse_desktop::libraries",
            "lotse_desktop::traces",
            "lotse_protocol",
        ],
    },
    Rule { module: "crash", may: &["crate::ui::text", "lotse_desktop::crash", "lotse_protocol::brand"] },
    Rule { module: "wiring", may: WIRING },
    Rule {
        module: "arguments",
        may: &["crate::crash", "crate::net", "crate::shell", "clap", "lotse_desktop::elevation", "lotse_protocol"],
    },
    Rule {
        module: "institution",
        may: &["crate::net", "crate::ui::Looks", "lotse_desktop::reserved", "lotse_protocol"],
    },
    Rule { module: "app", may: &["crate::host", "crate::viewer", "lotse_protocol"] },
    Rule {
        module: "shell",
        may: &[
            "crate::app::view",
            "crate::ui",
            "crate::viewer",
            "dream_soft_render",
            "eframe",
            "egui",
            "egui_winit",
            "lotse_protocol::permission",
            "softbuffer",
            "winit",
        ],
    },
    // The view model speaks of permissions, and of nothing else of the wire; how an institution's window looks is said
    // where its executable is made.
    Rule { module: "ui", may: &["crate::app::view", "egui", "lotse_protocol::brand", "lotse_protocol::permission"] },
    // Its pictures are drawn by the software renderer.
    Rule {
        module: "ui::tests",
        may: &[
            "crate::app::view",
            "crate::shell",
            "crate::ui",
            "egui",
            "lotse_protocol::brand",
            "lotse_protocol::permission",
        ],
    },
    // Its menu says what the window says, in the same words.
    Rule {
        module: "tray",
        may: &[
            "crate::app::view",
            "crate::ui::text",
            "ksni",
            "lotse_desktop::notification_area",
            "lotse_protocol::permission",
            "zbus",
        ],
    },
    // What the window can look like is written down once.
    Rule {
        module: "tray::tests",
        may: &["crate::app::view", "crate::tray", "crate::ui::tests::pages", "crate::ui::text", "lotse_protocol"],
    },
    Rule { module: "host", may: &["lotse_codec", "lotse_desktop", "lotse_protocol"] },
    // Of the window library only the names of the keys.
    Rule { module: "viewer", may: &["lotse_codec", "lotse_protocol", "winit::keyboard"] },
    Rule { module: "net", may: &["lotse_protocol", "quinn", "quinn_proto", "quinn_udp", "rustls", "socket2", "tokio"] },
];

/// What the file at `path` (in the repository) names and may not, in words.
pub(crate) fn violations(path: &Path, text: &str) -> Vec<String> {
    let module = module_of(path);
    let Some(rule) = rule_of(&module) else {
        return vec![format!("{}: the module `{}` has no rule here", path.display(), module.join("::"))];
    };
    let named = source::paths(path, text, module);
    let wrong = named.iter().filter_map(|named| {
        let path = full_path(named)?;
        (!rule.allows(&path)).then_some((named.line, path))
    });
    wrong
        .map(|(line, named)| {
            format!("{}:{line}: `{}` may not know `{}`", path.display(), rule.name(), named.join("::"))
        })
        .collect()
}

fn rule_of(module: &[String]) -> Option<&'static Rule> {
    let fits = |rule: &&Rule| match rule.module {
        "" => module.is_empty(),
        name => name.split("::").enumerate().all(|(index, part)| module.get(index).is_some_and(|own| own == part)),
    };
    RULES.iter().filter(fits).max_by_key(|rule| rule.module.len())
}

impl Rule {
    fn name(&self) -> &str {
        if self.module.is_empty() { "the root" } else { self.module }
    }

    fn allows(&self, path: &[String]) -> bool {
        let own: Vec<_> = ["crate"].into_iter().chain(self.module.split("::")).collect();
        let is_below = |above: &[&str]| path.len() >= above.len() && above.iter().zip(path).all(|(a, b)| a == b);
        is_below(&own) || self.may.iter().any(|allowed| is_below(&allowed.split("::").collect::<Vec<_>>()))
    }
}

/// Where a path leads: from `crate` on for ours, from the crate's name on for a guarded one; nothing for all others.
fn full_path(named: &Named) -> Option<Vec<String>> {
    let first = named.segments.first()?.as_str();
    let mut rest = named.segments.as_slice();
    let mut place = named.inside.clone();
    match first {
        // The executable sees its library from outside.
        "crate" | "lotse" => {
            place.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|segment| segment == "super") {
                place.pop();
                rest = &rest[1..];
            }
        }
        first if GUARDED.contains(&first) => return Some(named.segments.clone()),
        _ => return None,
    }
    let ours = [vec!["crate".to_owned()], place, rest.to_vec()].concat();
    // The root alone says nothing about a module, as in `pub(crate)`.
    (ours.len() > 1).then_some(ours)
}

/// `src/net/inner.rs` is `net::inner`, `src/app/mod.rs` and `src/app.rs` are `app`, `src/lib.rs` is the root.
fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    module.remove(0);
    if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
        module.pop();
    }
    module
}

#[cfg(test)]
fn found(path: &str, text: &str) -> Vec<String> {
    violations(Path::new(path), text)
}

#[test]
fn arrows_that_point_the_wrong_way_are_caught() {
    assert_eq!(found("src/app/mod.rs", "use egui::Ui;"), ["src/app/mod.rs:1: `app` may not know `egui::Ui`"]);
    assert_eq!(found("src/app/a.rs", "\nfn f() { quinn::connect(); }").len(), 1);
    assert_eq!(found("src/app/a.rs", "use crate::ui::customer;").len(), 1);
    assert_eq!(found("src/app/a.rs", "use crate::{host::Gate, net::Net};").len(), 1);
    assert_eq!(found("src/host/gate.rs", "fn f(x: crate::net::Event) {}").len(), 1);
    assert_eq!(found("src/host/gate.rs", "use super::super::net;").len(), 1);
    assert_eq!(found("src/host/gate.rs", "mod tests { use super::super::super::net::Net; }").len(), 1);
    assert_eq!(found("src/net/a.rs", "use lotse_codec::Encoder;").len(), 1);
    assert_eq!(found("src/ui/customer.rs", "use crate::app::Customer;").len(), 1);
    assert_eq!(found("src/ui/customer.rs", "use crate::app::*;").len(), 1);
    assert_eq!(found("src/viewer/keyboard.rs", "use winit::window::Window;").len(), 1);
    assert_eq!(found("src/wiring/mod.rs", "fn f() { tokio::spawn(g()); }").len(), 1);
    assert_eq!(found("src/main.rs", "fn main() { tokio::spawn(lotse::app::run()); }").len(), 1);
    assert_eq!(found("src/ui/mod.rs", "fn f() { println!(\"{}\", crate::net::name()); }").len(), 1);
    assert_eq!(found("src/app/a.rs", "fn f() -> Result<(), anyhow::Error> { g() }").len(), 1);
    assert_eq!(found("src/ui/mod.rs", "use crate::shell::raster::Raster;").len(), 1);
    assert_eq!(found("src/novel.rs", "").len(), 1);
}

#[test]
fn arrows_that_point_the_right_way_are_not() {
    let none: [&str; 0] = [];
    assert_eq!(found("src/ui/customer.rs", "use crate::app::view::{CustomerView, Waiting};\nuse egui::Ui;"), none);
    assert_eq!(found("src/viewer/keyboard.rs", "use winit::keyboard::KeyCode; use super::framebuffer::Picture;"), none);
    assert_eq!(
        found("src/app/customer.rs", "use crate::host::gate::Gate; use super::view; use lotse_protocol::id::Id;"),
        none
    );
    assert_eq!(
        found("src/net/mod.rs", "mod inner { use super::slot; use crate::net::path; pub(crate) fn f() {} }"),
        none
    );
    assert_eq!(found("src/ui/tests.rs", "use super::theme; use crate::shell::raster::Raster;"), none);
    assert_eq!(found("src/main.rs", "fn main() -> anyhow::Result<()> { lotse::wiring::run() }"), none);
}
