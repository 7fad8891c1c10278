//! What Windows wants to find inside the executable: icon, manifest and version. Other systems get nothing from here.

use std::env;

/// The languages' number for "English (United States)"; Windows shows the version table of any language.
const ENGLISH: u16 = 0x0409;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=assets/icon/lotse.ico");
    println!("cargo:rerun-if-changed=assets/windows");
    // Not `cfg(windows)`: that would ask for the machine that builds.
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "windows") {
        windows_resources();
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
