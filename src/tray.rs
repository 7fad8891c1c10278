//! The icon beside the clock: what it shows is computed from what the window shows, as plain data, and what is chosen in
//! its menu is what could have been clicked in the window. One facade; the platform's implementation is chosen here and
//! nowhere else.
//!
//! The icon lives no longer than the process, however that ends: the system that shows it watches our connection.

pub mod icon;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
mod unsupported;
#[cfg(target_os = "windows")]
mod windows;

#[cfg(target_os = "windows")]
use self::windows as platform;
#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
use unsupported as platform;

use crate::app::view::{CustomerAction, CustomerPage, CustomerView};
use crate::ui::text::Text;
use icon::Icon;

/// The tray's icon and menu. It is shown from [`Tray::start`] until the process ends, wherever the desktop has a place
/// for it, now or later.
pub struct Tray {
    platform: platform::Tray,
    shown: Menu,
}

impl Tray {
    /// Looks for a place to show `menu`, in a thread of its own: a desktop that has none, or does not answer, costs
    /// nothing and is no fault. `tell` is called from another thread.
    #[must_use]
    pub fn start(menu: Menu, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { platform: platform::Tray::start(menu.clone(), tell), shown: menu }
    }

    /// Shows this from now on. Never blocks; what is shown already costs nothing.
    pub fn show(&mut self, menu: Menu) {
        if self.shown != menu {
            self.shown = menu;
            self.platform.show(&self.shown);
        }
    }

    /// A few words beside the clock that go away by themselves, where the desktop has a place for them. Never blocks.
    pub fn say(&self, title: String, sentence: String) {
        self.platform.say(title, sentence);
    }
}

/// What the tray tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The icon can be seen.
    There,
    /// It could be seen, and can no longer.
    Gone,
    /// Somebody chose this in the menu, or clicked on the icon.
    Chosen(CustomerAction),
}

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// The picture.
    pub icon: Icon,
    /// One sentence: who can see the screen. Shown when the pointer rests on the icon.
    pub tip: String,
    /// From top to bottom.
    pub items: Vec<Item>,
}

/// A line of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// Can be chosen.
    Does {
        /// What it is called.
        label: String,
        /// What it does.
        action: CustomerAction,
    },
    /// Can only be read.
    Says(String),
    /// A line between what does not belong together.
    Line,
}

impl Menu {
    /// What belongs to `view`, in the language of `text`.
    #[must_use]
    pub fn of(view: &CustomerView, text: &Text) -> Self {
        let (icon, tip) = standing(&view.page, text);
        let connected = matches!(view.page, CustomerPage::Question(_) | CustomerPage::Session(_));
        let does = |key: &str, action| Item::Does { label: text.say(key), action };
        let mut items = vec![does("tray-open", CustomerAction::Open), Item::Says(tip.clone()), Item::Line];
        if connected {
            items.push(does("tray-end", CustomerAction::End));
            // Said in full, since it asks nothing.
            items.push(does("tray-quit-and-end", CustomerAction::Close));
        } else {
            items.push(does("tray-quit", CustomerAction::Close));
        }
        Self { icon, tip, items }
    }
}

/// The picture, and who can see the screen.
fn standing(page: &CustomerPage, text: &Text) -> (Icon, String) {
    match page {
        CustomerPage::Terms => (Icon::Ready, text.say("terms-title")),
        CustomerPage::Waiting(waiting) => (Icon::Ready, text.status(&waiting.status)),
        CustomerPage::Question(question) => (Icon::Connected, text.asked(question.asks, &question.who)),
        CustomerPage::Session(session) if session.interrupted => {
            (Icon::Paused, text.say_with("tray-paused", [("who", session.who.as_str().into())]))
        }
        CustomerPage::Session(session) => {
            let icon = if session.paused.is_some() { Icon::Paused } else { Icon::Connected };
            (icon, text.who_sees(session))
        }
        CustomerPage::Returning(_) => (Icon::Ready, text.say("returning-title")),
        CustomerPage::Over(over) => (Icon::Ready, text.over_title(over.why)),
        CustomerPage::Damaged { .. } => (Icon::Ready, text.say("damaged-title")),
    }
}

#[cfg(test)]
mod tests;
