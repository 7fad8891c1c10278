//! What the tray shows in every state, in both languages; and that its pictures can be told apart without colour.

use std::time::Duration;

use lotse_protocol::permission::Permission;

use super::icon::{Icon, Picture};
use super::{Item, Menu};
use crate::app::view::{
    CannotShare, CodeView, CustomerAction, CustomerPage, CustomerSession, Offline, Over, Paused, Status, Waiting,
    WhyOver,
};
use crate::ui::tests::pages;
use crate::ui::text::{Language, Text};

fn menu(language: Language, page: CustomerPage) -> Menu {
    Menu::of(&pages::customer_view(page), &Text::new(language))
}

fn waiting(status: Status) -> CustomerPage {
    pages::waiting_page(pages::shown_code(), status)
}

fn question(asks: Permission) -> CustomerPage {
    pages::question(asks.into(), false)
}

fn paused(paused: Paused) -> CustomerPage {
    CustomerPage::Session(CustomerSession { paused: Some(paused), ..pages::session_with(pages::with_control()) })
}

fn over(why: WhyOver) -> CustomerPage {
    CustomerPage::Over(Over { who: "Maria Huber".into(), minutes: 4, why, activities: Vec::new() })
}

fn does(label: &str, action: CustomerAction) -> Item {
    Item::Does { label: label.into(), action }
}

/// Nobody is connected.
fn alone(language: Language, tip: &str) -> Menu {
    let (open, quit) = match language {
        Language::English => ("Open the window", "Quit"),
        Language::German => ("Fenster öffnen", "Programm beenden"),
    };
    let items =
        vec![does(open, CustomerAction::Open), Item::Says(tip.into()), Item::Line, does(quit, CustomerAction::Close)];
    Menu { icon: Icon::Ready, tip: tip.into(), items }
}

/// Somebody is.
fn together(language: Language, icon: Icon, tip: &str) -> Menu {
    let (open, end, quit) = match language {
        Language::English => ("Open the window", "End session", "End session and quit"),
        Language::German => ("Fenster öffnen", "Sitzung beenden", "Sitzung und Programm beenden"),
    };
    let items = vec![
        does(open, CustomerAction::Open),
        Item::Says(tip.into()),
        Item::Line,
        does(end, CustomerAction::End),
        does(quit, CustomerAction::Close),
    ];
    Menu { icon, tip: tip.into(), items }
}

#[test]
fn the_menu_of_every_state_in_english() {
    let language = Language::English;
    let says = |page, expected| assert_eq!(menu(language, page), expected);
    says(CustomerPage::Terms, alone(language, "Before you begin"));
    says(waiting(Status::Connecting), alone(language, "Connecting …"));
    says(waiting(Status::Ready), alone(language, "Ready. Nobody can see your screen."));
    says(
        waiting(Status::SomebodyKnocks),
        alone(language, "Somebody is announcing themselves. Nobody can see your screen yet."),
    );
    says(waiting(Status::Offline(Offline::Lost)), alone(language, "No connection"));
    says(waiting(Status::CannotShare(CannotShare::Wayland)), alone(language, "Your screen cannot be shared"));
    let asks = together(language, Icon::Connected, "Maria Huber wants to see your screen");
    says(question(Permission::View), asks);
    let asks = together(language, Icon::Connected, "Maria Huber wants to use your mouse and keyboard");
    says(question(Permission::Control), asks);
    let view = pages::view_only();
    let sees = "Maria Huber sees your screen";
    says(pages::customer_session(view, false), together(language, Icon::Connected, sees));
    let steers = "Maria Huber sees your screen and uses mouse and keyboard";
    says(pages::customer_session(pages::with_control(), false), together(language, Icon::Connected, steers));
    let interrupted = together(language, Icon::Paused, "Interrupted just now: Maria Huber");
    says(pages::customer_session(view, true), interrupted);
    for why in [Paused::Locked, Paused::Away] {
        says(paused(why), together(language, Icon::Paused, "Maria Huber sees nothing just now"));
    }
    says(over(WhyOver::ByMe), alone(language, "The session has ended"));
    for why in [WhyOver::Refused, WhyOver::NoAnswer] {
        says(over(why), alone(language, "Nobody has seen your screen"));
    }
}

#[test]
fn the_menu_of_every_state_in_german() {
    let language = Language::German;
    let says = |page, expected| assert_eq!(menu(language, page), expected);
    says(CustomerPage::Terms, alone(language, "Bevor es losgeht"));
    says(waiting(Status::Connecting), alone(language, "Verbindung wird aufgebaut …"));
    says(waiting(Status::Ready), alone(language, "Bereit. Niemand kann Ihren Bildschirm sehen."));
    says(
        waiting(Status::SomebodyKnocks),
        alone(language, "Jemand meldet sich gerade an. Noch kann niemand Ihren Bildschirm sehen."),
    );
    says(waiting(Status::Offline(Offline::Lost)), alone(language, "Keine Verbindung"));
    let cannot = "Ihr Bildschirm lässt sich nicht teilen";
    says(waiting(Status::CannotShare(CannotShare::Wayland)), alone(language, cannot));
    let asks = together(language, Icon::Connected, "Maria Huber möchte Ihren Bildschirm sehen");
    says(question(Permission::View), asks);
    let asks = together(language, Icon::Connected, "Maria Huber möchte Ihre Maus und Tastatur benutzen");
    says(question(Permission::Control), asks);
    let view = pages::view_only();
    let sees = "Maria Huber sieht Ihren Bildschirm";
    says(pages::customer_session(view, false), together(language, Icon::Connected, sees));
    let steers = "Maria Huber sieht Ihren Bildschirm und benutzt Maus und Tastatur";
    says(pages::customer_session(pages::with_control(), false), together(language, Icon::Connected, steers));
    let interrupted = together(language, Icon::Paused, "Gerade unterbrochen: Maria Huber");
    says(pages::customer_session(view, true), interrupted);
    for why in [Paused::Locked, Paused::Away] {
        says(paused(why), together(language, Icon::Paused, "Maria Huber sieht gerade nichts"));
    }
    says(over(WhyOver::ByMe), alone(language, "Die Sitzung ist beendet"));
    for why in [WhyOver::Refused, WhyOver::NoAnswer] {
        says(over(why), alone(language, "Niemand hat Ihren Bildschirm gesehen"));
    }
}

#[test]
fn the_clock_changes_nothing_in_the_tray() {
    let later = |remaining| {
        let code = CodeView::Shown { code: "731 940".into(), remaining: Duration::from_secs(remaining) };
        menu(Language::English, CustomerPage::Waiting(Waiting { id: None, code, status: Status::Ready }))
    };
    assert_eq!(later(580), later(20));
}

/// Each pixel's lightness before a background of this one, from 0 to 255.
fn grey(Picture { rgba, .. }: Picture, background: f32) -> Vec<f32> {
    let lightness = |pixel: &[u8]| {
        let [red, green, blue, opacity] = [pixel[0], pixel[1], pixel[2], pixel[3]].map(f32::from);
        let own = 0.299 * red + 0.587 * green + 0.114 * blue;
        own * opacity / 255.0 + background * (1.0 - opacity / 255.0)
    };
    rgba.chunks_exact(4).map(lightness).collect()
}

#[test]
fn the_pictures_differ_without_colour_too() {
    for size in [16, 22, 24, 32, 48, 64] {
        for background in [0.0, 40.0, 230.0, 255.0] {
            let drawn = [Icon::Ready, Icon::Connected, Icon::Paused].map(|icon| grey(icon.draw(size), background));
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                let pixels = drawn[one].iter().zip(&drawn[other]);
                let different = pixels.filter(|(a, b)| (**a - **b).abs() > 64.0).count();
                // The two marks are of one size, and differ in what is inside of them.
                let wanted = usize::from(size) * usize::from(size) / 14;
                assert!(different >= wanted, "{one} and {other} at {size} before {background}: {different} pixels");
            }
        }
    }
}

#[test]
fn the_pictures_stand_out_from_any_panel() {
    for background in [0.0, 128.0, 255.0] {
        for icon in [Icon::Ready, Icon::Connected, Icon::Paused] {
            let strong =
                grey(icon.draw(22), background).iter().filter(|grey| (**grey - background).abs() > 64.0).count();
            assert!(strong > 22 * 22 / 4, "{icon:?} before {background}: {strong} pixels");
        }
    }
}

#[test]
fn a_picture_is_as_large_as_it_says() {
    for size in [1, 16, 24] {
        let picture = Icon::Paused.draw(size);
        assert_eq!((picture.size, picture.rgba.len()), (size, usize::from(size) * usize::from(size) * 4));
    }
}
