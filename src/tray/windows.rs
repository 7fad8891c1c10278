//! Windows: the notification area of the taskbar, in which new icons are hidden behind an arrow until somebody drags them
//! out.

use std::sync::Arc;

use lotse_desktop::notification_area::{AreaIcon, Line, Shown, Told};

use super::{Event, Item, Menu};
use crate::app::view::CustomerAction;

pub(super) struct Tray {
    icon: Option<AreaIcon<CustomerAction>>,
}

impl Tray {
    pub(super) fn start(menu: Menu, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        let told = move |told| {
            tell(match told {
                Told::There => Event::There,
                Told::Gone => Event::Gone,
                Told::Opened => Event::Chosen(CustomerAction::Open),
                Told::Chosen(action) => Event::Chosen(action),
            });
        };
        let icon = AreaIcon::start(shown(&menu), told);
        Self { icon: icon.inspect_err(|error| tracing::warn!("no icon in the notification area: {error}")).ok() }
    }

    pub(super) fn show(&self, menu: &Menu) {
        if let Some(icon) = &self.icon {
            icon.show(shown(menu));
        }
    }

    pub(super) fn say(&self, title: String, sentence: String) {
        if let Some(icon) = &self.icon {
            icon.say(title, sentence);
        }
    }
}

fn shown(menu: &Menu) -> Shown<CustomerAction> {
    let icon = menu.icon;
    Shown {
        draw: Arc::new(move |side| icon.draw(side).rgba),
        tip: menu.tip.clone(),
        lines: menu.items.iter().map(line).collect(),
    }
}

fn line(item: &Item) -> Line<CustomerAction> {
    match item {
        Item::Does { label, action } => Line::Does { label: label.clone(), action: action.clone() },
        Item::Says(sentence) => Line::Says(sentence.clone()),
        Item::Line => Line::Between,
    }
}
