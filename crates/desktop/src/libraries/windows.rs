//! Windows looks beside the program first, unless it is told otherwise.
#![allow(unsafe_code)]

use std::env;

use windows::Win32::System::LibraryLoader::{LOAD_LIBRARY_SEARCH_SYSTEM32, SetDefaultDllDirectories, SetDllDirectoryW};
use windows::core::w;

/// What glutin looks for where Windows has no OpenGL, in the program's folder too, and asks for that by name.
const BESIDE_THE_PROGRAM: [&str; 2] = ["libEGL.dll", "atioglxx.dll"];

pub(super) fn only_the_systems() {
    // SAFETY: takes a number.
    let only = unsafe { SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32) };
    only.expect("every Windows since 8 can do this");
    // For whoever asks for the old order all the same: not the folder that the program was started in.
    // SAFETY: the text is constant, and ends with a zero.
    let without = unsafe { SetDllDirectoryW(w!("")) };
    without.expect("the order of folders can be changed");
}

pub(super) fn planted_for_opengl() -> Option<&'static str> {
    let program = env::current_exe().ok()?;
    BESIDE_THE_PROGRAM.into_iter().find(|name| program.with_file_name(name).exists())
}
