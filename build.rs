//! What Windows wants to find inside the executable: icon, manifest and version; and which libraries it is not to load at the
//! start (docs/decisions/0016-windows-executable.md). Other systems get nothing from here.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The languages' number for "English (United States)"; Windows shows the version table of any language.
const ENGLISH: u16 = 0x0409;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=assets/icon/lotse.ico");
    println!("cargo:rerun-if-changed=assets/windows");
    // Not `cfg(windows)`: that would ask for the machine that builds.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        windows_resources();
        load_later();
    }
}

fn windows_resources() {
    let mut resources = winresource::WindowsResource::new();
    resources.set_language(ENGLISH);
    resources.set_manifest_file("assets/windows/lotse.manifest");
    resources.set_icon("assets/icon/lotse.ico");
    // Windows takes the description for the program's name wherever it shows one.
    resources.set("FileDescription", "Lotse");
    resources.set("ProductName", "Lotse");
    resources.set("OriginalFilename", "lotse.exe");
    resources.compile_for("lotse").expect("windres (Debian: binutils-mingw-w64-x86-64) makes the Windows resources");
}

/// Windows loads what an executable imports before its first line runs, and from beside it first, unless the library is one of
/// the known ones. All others, by the lists in `assets/windows/delayed`, are loaded at their first call, by
/// `lotse_desktop::libraries`.
fn load_later() {
    let lists = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo says so")).join("assets/windows/delayed");
    let lists = fs::read_dir(lists).expect("the folder is there").map(|list| list.expect("it can be read").path());
    let msvc = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "msvc");
    let mut lists: Vec<PathBuf> = lists.collect();
    lists.sort();
    for list in lists {
        if msvc {
            let library = list.file_stem().and_then(|name| name.to_str()).expect("a name in ASCII");
            println!("cargo:rustc-link-arg-bins=/DELAYLOAD:{library}.dll");
        } else {
            link_calls(&list);
        }
    }
    if msvc {
        println!("cargo:rustc-link-arg-bins=delayimp.lib");
        // LOAD_LIBRARY_SEARCH_SYSTEM32.
        println!("cargo:rustc-link-arg-bins=/DEPENDENTLOADFLAG:0x800");
    } else {
        // What nobody calls, and is in the program all the same.
        for name in ["_load_config_used", "__lotse_delayed_end"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--undefined={name}");
        }
    }
}

/// Calls that load the library first. They are linked whole, and ahead of every import library: the names are taken by then.
fn link_calls(list: &Path) {
    let folder = env::var("OUT_DIR").expect("cargo says so");
    let library = list.file_stem().and_then(|name| name.to_str()).expect("a name in ASCII");
    let name = format!("lotse_delayed_{library}");
    let mut tool = Command::new(dlltool());
    tool.current_dir(&folder).arg("--input-def").arg(list).args(["--machine", "i386:x86-64"]);
    tool.args(["--temp-prefix", &name, "--output-delaylib", &format!("lib{name}.a")]);
    let made = tool.output().unwrap_or_else(|error| panic!("{tool:?} (Debian: binutils-mingw-w64-x86-64): {error}"));
    // It succeeds when it has failed, too.
    assert!(made.status.success() && made.stderr.is_empty(), "{tool:?}: {}", String::from_utf8_lossy(&made.stderr));
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:rustc-link-lib=static:+whole-archive={name}");
}

/// Of the binutils for Windows: they have another name where they are not the machine's own.
fn dlltool() -> String {
    println!("cargo:rerun-if-env-changed=DLLTOOL");
    let own = env::var("HOST").is_ok_and(|host| host.ends_with("-pc-windows-gnu"));
    let usual = if own { "dlltool" } else { "x86_64-w64-mingw32-dlltool" };
    env::var("DLLTOOL").unwrap_or_else(|_| usual.to_owned())
}
