//! What makes a window an institution's: nothing of it decides anything.

use egui::{Color32, ColorImage, CornerRadius, Rect, Sense, TextureHandle, TextureOptions, Theme, Ui, Vec2, pos2};
use lotse_protocol::brand::logo::scaled;
use lotse_protocol::brand::{Accents, Languages, Logo};

use super::theme::RADIUS;

/// Languages, colours and a logo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// What can be chosen from.
    pub languages: Languages,
    /// The accent, if it is another than the program's own.
    pub accents: Option<Accents>,
    /// On top of every page, in the place of the flag.
    pub logo: Option<Logo>,
}

/// Highest and widest that a logo is drawn, in points.
const LARGEST: Vec2 = Vec2::new(192.0, 32.0);
/// So wide a logo leaves room for the name beside it.
const BESIDE: f32 = 48.0;
/// Around a logo on a plate.
const PLATE: f32 = 6.0;

/// A logo, and what is drawn of it.
pub(super) struct LogoPicture {
    logo: Logo,
    /// With its size in pixels: made for the screen's pixels, so that no renderer has to mix any.
    drawn: Option<([u32; 2], TextureHandle)>,
}

/// Where the institution's name goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Beside,
    Below,
}

impl LogoPicture {
    pub(super) fn of(logo: Logo) -> Self {
        Self { logo, drawn: None }
    }

    pub(super) fn name(&self) -> Name {
        if self.points().x <= BESIDE { Name::Beside } else { Name::Below }
    }

    fn points(&self) -> Vec2 {
        let size = Vec2::new(self.logo.width() as f32, self.logo.height() as f32);
        size * (LARGEST.x / size.x).min(LARGEST.y / size.y)
    }

    /// In dark windows on white, if anything shows through it: logos are made for paper.
    pub(super) fn show(&mut self, ui: &mut Ui) {
        let pixels_per_point = ui.pixels_per_point();
        // Between 1 and a few thousand.
        #[expect(clippy::cast_sign_loss, reason = "not below 1")]
        let pixels = |points: f32| (points * pixels_per_point).round().max(1.0) as u32;
        let points = self.points();
        let size = [pixels(points.x), pixels(points.y)];
        let texture = match &self.drawn {
            Some((of, texture)) if *of == size => texture.id(),
            _ => {
                let [width, height] = size;
                let rgba = scaled(self.logo.rgba(), (self.logo.width(), self.logo.height()), (width, height));
                let image = ColorImage::from_rgba_unmultiplied([width as usize, height as usize], &rgba);
                let texture = ui.ctx().load_texture("logo", image, TextureOptions::NEAREST);
                self.drawn.insert((size, texture)).1.id()
            }
        };
        let plate = ui.ctx().theme() == Theme::Dark && self.logo.is_transparent();
        let margin = if plate { PLATE } else { 0.0 };
        let exact = Vec2::new(size[0] as f32, size[1] as f32) / pixels_per_point;
        let (rect, _) = ui.allocate_exact_size(exact + Vec2::splat(2.0 * margin), Sense::hover());
        if plate {
            ui.painter().rect_filled(rect, CornerRadius::same(RADIUS), Color32::WHITE);
        }
        let corner = rect.min + Vec2::splat(margin);
        let on_pixel = |points: f32| (points * pixels_per_point).round() / pixels_per_point;
        let place = Rect::from_min_size(pos2(on_pixel(corner.x), on_pixel(corner.y)), exact);
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        ui.painter().image(texture, place, whole, Color32::WHITE);
    }
}
