//! Photographs and film: lossy at once, exact in the end. A rectangle is a raster of macroblocks of 16×16 pixels, each
//! predicted from an earlier picture (the *reference*, with motion), from its neighbours, or from what is shown, and
//! corrected by the quantised transform of the difference, or by the difference itself; all of it goes through one
//! adaptive range coder. The layout is described in `wire.rs`, the bits in `syntax.rs`.

mod macroblock;
mod motion;
mod raster;
mod reader;
mod reference;
mod syntax;
mod transform;
mod writer;

pub(crate) use raster::count;
pub(crate) use reader::Reader;
pub(crate) use writer::{Basis, Quality, Writer};
