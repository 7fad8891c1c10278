//! Systems without such an area.

use std::io;
use std::marker::PhantomData;

use super::{Shown, Told};

pub(super) struct AreaIcon<A>(PhantomData<A>);

impl<A> AreaIcon<A> {
    pub(super) fn start(_shown: Shown<A>, _tell: impl Fn(Told<A>) + Send + 'static) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn show(&self, _shown: Shown<A>) {}

    pub(super) fn say(&self, _title: String, _sentence: String) {}
}
