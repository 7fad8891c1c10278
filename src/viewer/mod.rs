//! The viewer's side of a session: updates become a picture ([`decode`], [`framebuffer`]), and keys become what the host
//! understands ([`keyboard`]). Where the pointer is over the picture is the shell's, which draws it.

pub mod decode;
pub mod framebuffer;
pub mod keyboard;
