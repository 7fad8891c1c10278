//! Systems whose cursors are made of colours that are not multiplied by alpha.

use winit::event_loop::ActiveEventLoop;

use super::straight::straight;

/// The pixels of a cursor as the window system wants them.
pub(super) fn cursor(premultiplied: &[u8], _: &ActiveEventLoop) -> Vec<u8> {
    straight(premultiplied)
}
