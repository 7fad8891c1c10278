//! X11 takes colours that are multiplied by alpha, and winit hands them over as they are; for Wayland it multiplies.

use winit::event_loop::ActiveEventLoop;
use winit::platform::x11::ActiveEventLoopExtX11 as _;

use super::straight::straight;

/// The pixels of a cursor as the window system wants them.
pub(super) fn cursor(premultiplied: &[u8], event_loop: &ActiveEventLoop) -> Vec<u8> {
    if event_loop.is_x11() { premultiplied.to_vec() } else { straight(premultiplied) }
}
