//! The viewer's side of a session: updates become a picture ([`decode`], [`framebuffer`]), keys become what the host
//! understands ([`keyboard`]), and the customer's pointer is told from the adviser's own ([`pointer`]). Where either is
//! over the picture is the shell's, which draws it.

pub mod decode;
pub mod framebuffer;
pub mod keyboard;
pub mod pointer;
