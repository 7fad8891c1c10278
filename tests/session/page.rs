//! What a page looks like that says a certain thing, drawn apart from the program under test: the sentence in a real
//! window is read by comparing pixels.

use std::cell::RefCell;
use std::rc::Rc;

use egui::{Color32, Theme, Vec2};
use egui_kittest::{Harness, TestRenderer};
use lotse::app::view::{AdviserPage, AdviserView, CustomerPage, CustomerView, Runs, Seen, Terms};
use lotse::shell::Area;
use lotse::shell::raster::{Raster, Target};
use lotse::ui::text::Language;
use lotse::ui::theme::{self, Palette};
use lotse::ui::{self, Accents, Looks, UiState};

use crate::desk::screen::{Pixels, Rect};

/// The yellow box of a customer's page, in English and light, in a window of this size.
pub(crate) fn customers_notice(page: CustomerPage, size: (u16, u16)) -> Pixels {
    let terms = Terms::default();
    let view = CustomerView {
        institution: String::new(),
        test_relay: None,
        terms,
        page,
        confirm_close: false,
        seen: Seen::Window,
        runs: Runs::AsUsual,
    };
    notice_on(size, |ui, state| drop(ui::customer(ui, &view, state)))
}

/// All of a customer's page, light, in a window of this size.
pub(crate) fn customers_page(view: &CustomerView, language: Language, looks: &Looks, size: (u16, u16)) -> Pixels {
    let state = UiState::new(language).with(looks.clone());
    draw_in(size, state, looks.accents, |ui, state| drop(ui::customer(ui, view, state)))
}

/// The same of an adviser's.
pub(crate) fn advisers_notice(page: AdviserPage, size: (u16, u16)) -> Pixels {
    let view = AdviserView { institution: String::new(), test_relay: None, page, confirm_close: false };
    notice_on(size, |ui, state| drop(ui::adviser(ui, &view, state)))
}

/// What is written in `colour` on an adviser's page.
pub(crate) fn written_by_adviser(page: AdviserPage, size: (u16, u16), colour: Color32) -> Pixels {
    let view = AdviserView { institution: String::new(), test_relay: None, page, confirm_close: false };
    let drawn = draw(size, |ui, state| drop(ui::adviser(ui, &view, state)));
    part_in(&drawn, colour).expect("the page says it")
}

/// Is `part` to be seen somewhere in `window`?
pub(crate) fn shows(window: &Pixels, part: &Pixels) -> bool {
    let row = |pixels: &Pixels, x: usize, y: usize| {
        let start = (y * usize::from(pixels.width) + x) * 4;
        start..start + usize::from(part.width) * 4
    };
    let (width, height) = (usize::from(part.width), usize::from(part.height));
    let (Some(right), Some(below)) =
        (usize::from(window.width).checked_sub(width), usize::from(window.height).checked_sub(height))
    else {
        return false;
    };
    (0..=below).any(|top| {
        (0..=right).any(|left| {
            (0..height).all(|y| {
                let (there, here) = (&window.bgrx[row(window, left, top + y)], &part.bgrx[row(part, 0, y)]);
                there.chunks_exact(4).zip(here.chunks_exact(4)).all(|(there, here)| alike(there, here))
            })
        })
    })
}

/// A window that is drawn in parts may round the edge of a corner otherwise than one that is drawn whole.
fn alike(there: &[u8], here: &[u8]) -> bool {
    there[..3].iter().zip(&here[..3]).all(|(there, here)| there.abs_diff(*here) <= 2)
}

fn notice_on(size: (u16, u16), content: impl Fn(&mut egui::Ui, &mut UiState)) -> Pixels {
    part_in(&draw(size, content), Palette::of(Theme::Light).warning_back).expect("the page has a notice")
}

/// The smallest part of `pixels` with everything that has exactly this colour.
fn part_in(pixels: &Pixels, colour: Color32) -> Option<Pixels> {
    let bgr = [colour.b(), colour.g(), colour.r()];
    let width = usize::from(pixels.width);
    let places = || {
        let coloured = pixels.bgrx.chunks_exact(4).enumerate().filter(|(_, pixel)| pixel[..3] == bgr);
        coloured.map(|(index, _)| (index % width, index / width))
    };
    let (left, right) = (places().map(|(x, _)| x).min()?, places().map(|(x, _)| x).max()?);
    let (top, bottom) = (places().map(|(_, y)| y).min()?, places().map(|(_, y)| y).max()?);
    let small = |value: usize| u16::try_from(value).expect("inside a window");
    let signed = |value: usize| i16::try_from(value).expect("inside a window");
    Some(pixels.crop(Rect {
        x: signed(left),
        y: signed(top),
        width: small(right - left + 1),
        height: small(bottom - top + 1),
    }))
}

/// Collects textures for the rasteriser.
#[derive(Clone, Default)]
struct Paper(Rc<RefCell<Raster>>);

impl TestRenderer for Paper {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        let mut raster = self.0.borrow_mut();
        raster.set_textures(delta).expect("textures fit");
        raster.free(delta).expect("textures are known");
    }
}

fn draw(size: (u16, u16), content: impl Fn(&mut egui::Ui, &mut UiState)) -> Pixels {
    draw_in(size, UiState::new(Language::English), None, content)
}

fn draw_in(
    (width, height): (u16, u16),
    state: UiState,
    accents: Option<Accents>,
    content: impl Fn(&mut egui::Ui, &mut UiState),
) -> Pixels {
    let paper = Paper::default();
    let mut harness = Harness::builder()
        .with_size(Vec2::new(f32::from(width), f32::from(height)))
        .with_theme(Theme::Light)
        .with_pixels_per_point(1.0)
        .with_max_steps(8)
        .with_context_setup(move |context| {
            theme::install(context);
            if let Some(accents) = accents {
                theme::accentuate(context, accents);
            }
        })
        .renderer(paper.clone())
        .build_ui_state(
            |ui, state: &mut UiState| {
                // The whole window; the harness leaves a margin.
                let window = ui.ctx().content_rect();
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(window));
                ui.set_clip_rect(window);
                content(&mut ui, state);
            },
            state,
        );
    harness.run();
    let primitives = harness.ctx.tessellate(harness.output().shapes.clone(), 1.0);
    let mut drawn = vec![0; usize::from(width) * usize::from(height)];
    let mut target = Target { pixels: &mut drawn, width: width.into() };
    let background = Palette::of(Theme::Light).background;
    paper
        .0
        .borrow_mut()
        .draw(&primitives, 1.0, Area::all(width.into(), height.into()), background, &mut target)
        .expect("a page can be drawn");
    Pixels { width, height, bgrx: drawn.into_iter().flat_map(u32::to_le_bytes).collect() }
}
