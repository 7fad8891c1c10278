//! OpenGL drivers keep compiled shaders in the person's home. Ours are few, and compiled in no time.
#![allow(unsafe_code)]

use std::fs;

use super::TooLate;

/// Mesa's, the same for versions before 20.3, and NVIDIA's.
const NO_CACHES: [(&str, &str); 3] =
    [("MESA_SHADER_CACHE_DISABLE", "true"), ("MESA_GLSL_CACHE_DISABLE", "true"), ("__GL_SHADER_DISK_CACHE", "0")];

pub(super) fn leave_none() -> Result<(), TooLate> {
    let threads = fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    if threads != 1 {
        return Err(TooLate);
    }
    for (name, value) in NO_CACHES {
        // SAFETY: this is the only thread, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var(name, value) };
    }
    Ok(())
}
