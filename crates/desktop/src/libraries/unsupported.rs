//! Other systems look into their own folders only.

pub(super) fn only_the_systems() {}

pub(super) fn planted_for_opengl() -> Option<&'static str> {
    None
}
