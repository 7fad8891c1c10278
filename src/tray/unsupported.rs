//! Systems on which this build shows no icon: the window is never sent away there.

use super::{Event, Menu};

pub(super) struct Tray;

impl Tray {
    pub(super) fn start(_menu: Menu, _tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self
    }

    pub(super) fn show(&self, _menu: &Menu) {}

    pub(super) fn say(&self, _title: String, _sentence: String) {}
}
