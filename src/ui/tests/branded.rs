//! Windows of an institution's own copy.

use egui::{Color32, Role, Theme};
use egui_kittest::kittest::Queryable;
use lotse_protocol::brand::colours::Colour;
use lotse_protocol::brand::{Accents, Languages, Logo};

use super::pages::{customer_view, shown_code, sign_in, waiting_page};
use super::{CUSTOMER_SIZE, LANGUAGES, Page, Paper, THEMES, on_paper, whole};
use crate::app::view::{AdviserView, CustomerPage, CustomerView, Status};
use crate::ui::text::Language;
use crate::ui::{Looks, UiState, theme};

const BLUE: Color32 = Color32::from_rgb(0x10, 0x30, 0xa0);

/// A blue disc, and nothing around it.
fn logo(width: u32, height: u32) -> Logo {
    let inside = |at: u32| {
        let (x, y) = (at % width, at / width);
        let (x, y) = (f64::from(x) - f64::from(width) / 2.0 + 0.5, f64::from(y) - f64::from(height) / 2.0 + 0.5);
        x * x / f64::from(width * width) + y * y / f64::from(height * height) < 0.25
    };
    let pixel = |at| if inside(at) { [BLUE.r(), BLUE.g(), BLUE.b(), 255] } else { [0; 4] };
    let rgba: Vec<u8> = (0..width * height).flat_map(pixel).collect();
    Logo::new(width, height, &rgba).expect("a logo")
}

fn looks(logo: Logo, languages: Languages) -> Looks {
    let accent = Colour([0x0b, 0x6e, 0x4f]);
    Looks { languages, accents: Some(Accents::nearest(accent, accent)), logo: Some(logo) }
}

enum View {
    Customer(CustomerView),
    Adviser(AdviserView),
}

/// Counts of pixels, by their colours.
fn count(pixels: &[u32], color: Color32) -> usize {
    let wanted = u32::from_be_bytes([0, color.r(), color.g(), color.b()]);
    pixels.iter().filter(|pixel| **pixel == wanted).count()
}

#[test]
fn logo_and_accent_are_seen_in_both_themes_and_sizes() {
    let views = [
        ("terms", View::Customer(customer_view(CustomerPage::Terms)), logo(192, 64)),
        ("waiting", View::Customer(customer_view(waiting_page(shown_code(), Status::Ready))), logo(96, 96)),
        ("sign-in", View::Adviser(sign_in(Status::Ready, false, None)), logo(192, 64)),
    ];
    for scale in [1.0, 1.25, 2.0] {
        for ((language, tag), (theme, theme_name)) in LANGUAGES.into_iter().flat_map(|l| THEMES.map(|t| (l, t))) {
            for (name, view, logo) in &views {
                let looks = looks(logo.clone(), Languages::default());
                let accents = looks.accents.expect("it has some");
                let paper = Paper::default();
                let install = move |context: &egui::Context| {
                    theme::install(context);
                    theme::accentuate(context, accents);
                };
                let mut harness =
                    on_paper(&paper, CUSTOMER_SIZE, theme, scale).with_context_setup(install).build_ui_state(
                        |ui, state: &mut UiState| match view {
                            View::Customer(view) => drop(whole(ui, |ui| crate::ui::customer(ui, view, state))),
                            View::Adviser(view) => drop(whole(ui, |ui| crate::ui::adviser(ui, view, state))),
                        },
                        UiState::new(language).with(looks.clone()),
                    );
                harness.run();
                harness.get_by_label("University Service Desk");
                let page = Page { output: harness.output(), context: &harness.ctx, paper: &paper, size: CUSTOMER_SIZE };
                let pixels = page.draw(theme, scale);
                let name = format!("branded-{name}-{tag}-{theme_name}-{scale}");
                page.save(&name, scale, &pixels);
                // A disc 32 points high, but for its edge.
                let area = (32.0 * scale) * (32.0 * scale) * 0.6;
                assert!(count(&pixels, BLUE) as f32 > area, "{name}: {}", count(&pixels, BLUE));
                let flag = Color32::from_rgb(200, 32, 44);
                assert_eq!(count(&pixels, flag), 0, "{name}: the flag is in the logo's place");
                let palette = theme::Palette::with(theme, accents);
                assert!(count(&pixels, palette.accent) > 40, "{name}: the accent is nowhere");
                assert_eq!(count(&pixels, theme::Palette::of(theme).accent), 0, "{name}: the other accent");
                if theme == Theme::Dark {
                    assert!(count(&pixels, Color32::WHITE) > 200, "{name}: the logo stands on white");
                }
            }
        }
    }
}

#[test]
fn where_one_language_is_offered_there_is_no_other() {
    for (languages, offered) in [(Languages::Only(Language::English), false), (Languages::default(), true)] {
        let mut harness = super::builder(CUSTOMER_SIZE).build_ui_state(
            |ui, state: &mut UiState| {
                let view = customer_view(waiting_page(shown_code(), Status::Ready));
                drop(whole(ui, |ui| crate::ui::customer(ui, &view, state)));
            },
            UiState::new(Language::English).with(looks(logo(8, 8), languages)),
        );
        harness.run();
        assert_eq!(harness.query_by_role_and_label(Role::Button, "Deutsch").is_some(), offered);
        harness.get_by_role_and_label(Role::Button, "Terms and privacy");
    }
}

/// A logo is drawn anew when the window goes to a screen with other pixels.
#[test]
fn a_small_logo_fills_its_place_too() {
    let paper = Paper::default();
    let mut harness = on_paper(&paper, CUSTOMER_SIZE, Theme::Light, 2.0).build_ui_state(
        |ui, state: &mut UiState| {
            let view = customer_view(waiting_page(shown_code(), Status::Ready));
            drop(whole(ui, |ui| crate::ui::customer(ui, &view, state)));
        },
        UiState::new(Language::English).with(Looks { logo: Some(logo(8, 8)), ..Looks::default() }),
    );
    harness.run();
    let page = Page { output: harness.output(), context: &harness.ctx, paper: &paper, size: CUSTOMER_SIZE };
    let pixels = page.draw(Theme::Light, 2.0);
    assert!(count(&pixels, BLUE) > 64 * 64 / 2, "{}", count(&pixels, BLUE));
}
