//! Systems on which every program has its parent's.

pub(super) fn attach() {}
