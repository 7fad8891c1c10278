//! The codec as its users see it: pictures in, updates across, the same pictures out.

mod between;
mod classes;
mod exact;
mod film;
mod hostile;
mod returns;
mod scenes;
mod sessions;
mod sides;
mod sizes;
mod slow;
