//! The codec as its users see it: pictures in, updates across, the same pictures out.

mod exact;
mod film;
mod hostile;
mod returns;
mod scenes;
mod sides;
mod sizes;
mod slow;
