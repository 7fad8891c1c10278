//! Where this program's libraries come from: from the system's own folder, and never from beside the program, where a
//! browser puts whatever somebody had it download. One facade; the platform's implementation is chosen here and nowhere else.

// What the linker has left for the first call, where its tools bring no helper of their own.
#[cfg(all(target_os = "windows", target_env = "gnu"))]
mod delayed;
#[cfg(not(target_os = "windows"))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;

#[cfg(not(target_os = "windows"))]
use unsupported as platform;
#[cfg(target_os = "windows")]
use windows as platform;

/// From now on nothing is loaded by its name from anywhere but the system's folder. To be called first of all.
pub fn only_the_systems() {
    platform::only_the_systems();
}

/// A library beside the program that would be loaded all the same if the window were drawn by OpenGL.
#[must_use]
pub fn planted_for_opengl() -> Option<&'static str> {
    platform::planted_for_opengl()
}
