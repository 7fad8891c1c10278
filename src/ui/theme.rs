//! Colours, letters and measures of UI.md: spacing 4·8·12·16·24·32, type 13·15·20·40, radius 8, one accent, one danger
//! colour (for *End* alone), one warning colour; light and dark after the system.

use std::sync::Arc;

use egui::style::{ScrollStyle, Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Id, Stroke, Style, TextStyle, Theme,
    Vec2, Visuals,
};
use lotse_protocol::brand::Accents;
use lotse_protocol::brand::colours::Colour;

/// Corner radius of everything.
pub const RADIUS: u8 = 8;
/// Height of buttons and fields, at least.
pub const CONTROL_HEIGHT: f32 = 36.0;

/// The colours of one theme. Every pair that carries text has a contrast of 4.5 or more (WCAG 2.1 AA), controls and
/// signs 3 or more; a test computes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Behind everything.
    pub background: Color32,
    /// Cards and fields on it.
    pub surface: Color32,
    /// Lines around cards.
    pub line: Color32,
    /// Lines around fields, which have to be found.
    pub field_line: Color32,
    /// Text.
    pub text: Color32,
    /// Text that matters less.
    pub weak: Color32,
    /// The one accent: what to do next, links, focus.
    pub accent: Color32,
    /// The accent under the pointer.
    pub accent_hover: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// A plain button under the pointer.
    pub hover: Color32,
    /// *End*.
    pub danger: Color32,
    /// *End* under the pointer.
    pub danger_hover: Color32,
    /// Text on it.
    pub on_danger: Color32,
    /// Behind a warning.
    pub warning_back: Color32,
    /// A warning's text and sign.
    pub warning: Color32,
    /// All is well.
    pub good: Color32,
    /// What cannot be clicked now.
    pub disabled: Color32,
}

const LIGHT: Palette = Palette {
    background: Color32::from_rgb(0xf6, 0xf7, 0xf9),
    surface: Color32::from_rgb(0xff, 0xff, 0xff),
    line: Color32::from_rgb(0xdc, 0xe1, 0xe8),
    field_line: Color32::from_rgb(0x7d, 0x89, 0x98),
    text: Color32::from_rgb(0x17, 0x1c, 0x24),
    weak: Color32::from_rgb(0x52, 0x5d, 0x6c),
    accent: Color32::from_rgb(0x1b, 0x4a, 0x8a),
    accent_hover: Color32::from_rgb(0x24, 0x5c, 0xa8),
    on_accent: Color32::from_rgb(0xff, 0xff, 0xff),
    hover: Color32::from_rgb(0xea, 0xee, 0xf3),
    danger: Color32::from_rgb(0xb0, 0x22, 0x22),
    danger_hover: Color32::from_rgb(0xc4, 0x2c, 0x2c),
    on_danger: Color32::from_rgb(0xff, 0xff, 0xff),
    warning_back: Color32::from_rgb(0xff, 0xf3, 0xd6),
    warning: Color32::from_rgb(0x72, 0x47, 0x00),
    good: Color32::from_rgb(0x1c, 0x76, 0x35),
    disabled: Color32::from_rgb(0xe6, 0xe9, 0xee),
};

const DARK: Palette = Palette {
    background: Color32::from_rgb(0x15, 0x19, 0x20),
    surface: Color32::from_rgb(0x1e, 0x24, 0x2d),
    line: Color32::from_rgb(0x34, 0x3d, 0x4a),
    field_line: Color32::from_rgb(0x7c, 0x88, 0x99),
    text: Color32::from_rgb(0xec, 0xef, 0xf4),
    weak: Color32::from_rgb(0xa9, 0xb3, 0xc1),
    accent: Color32::from_rgb(0x9a, 0xc1, 0xf7),
    accent_hover: Color32::from_rgb(0xb6, 0xd3, 0xfb),
    on_accent: Color32::from_rgb(0x0c, 0x1f, 0x3a),
    hover: Color32::from_rgb(0x2b, 0x33, 0x3f),
    danger: Color32::from_rgb(0xc2, 0x32, 0x32),
    danger_hover: Color32::from_rgb(0xd0, 0x3b, 0x3b),
    on_danger: Color32::from_rgb(0xff, 0xff, 0xff),
    warning_back: Color32::from_rgb(0x3b, 0x2f, 0x14),
    warning: Color32::from_rgb(0xf7, 0xcf, 0x7a),
    good: Color32::from_rgb(0x6f, 0xd0, 0x8a),
    disabled: Color32::from_rgb(0x2a, 0x30, 0x3a),
};

impl Palette {
    /// The colours of `theme`.
    #[must_use]
    pub const fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// A warning's text without the warning's own background.
    #[must_use]
    pub const fn warning_on_background(&self) -> Color32 {
        self.warning
    }

    /// The colours in force.
    #[must_use]
    pub fn current(ui: &egui::Ui) -> Self {
        let theme = ui.ctx().theme();
        match ui.ctx().data(|data| data.get_temp(accents_id())) {
            Some(accents) => Self::with(theme, accents),
            None => *Self::of(theme),
        }
    }

    /// The colours of `theme` with another accent.
    #[must_use]
    pub fn with(theme: Theme, accents: Accents) -> Self {
        let ((light_hover, dark_hover), (on_light, on_dark)) = (accents.hover(), accents.on());
        let (accent, hover, on) = match theme {
            Theme::Light => (accents.light(), light_hover, on_light),
            Theme::Dark => (accents.dark(), dark_hover, on_dark),
        };
        let color = |Colour([red, green, blue]): Colour| Color32::from_rgb(red, green, blue);
        Self { accent: color(accent), accent_hover: color(hover), on_accent: color(on), ..*Self::of(theme) }
    }
}

/// Where a context keeps the accents that are not the program's own.
fn accents_id() -> Id {
    Id::unique("accents")
}

/// 13: remarks.
#[must_use]
pub fn small() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// 15: what is read.
#[must_use]
pub fn body() -> FontId {
    FontId::new(15.0, FontFamily::Proportional)
}

/// 15, strong: buttons, labels.
#[must_use]
pub fn strong() -> FontId {
    FontId::new(15.0, semibold())
}

/// 20: the one thing to do.
#[must_use]
pub fn title() -> FontId {
    FontId::new(20.0, semibold())
}

/// 40: numbers to be read aloud.
#[must_use]
pub fn number() -> FontId {
    FontId::new(40.0, semibold())
}

fn semibold() -> FontFamily {
    FontFamily::Name("semibold".into())
}

/// Gives `context` our letters, colours and measures; once, before the first picture.
pub fn install(context: &Context) {
    context.set_fonts(fonts());
    context.options_mut(|options| {
        // Where the system does not say which it prefers.
        options.fallback_theme = Theme::Light;
        // Ctrl + and - belong to the customer's computer.
        options.zoom_with_keyboard = false;
    });
    // Small discs as shapes like all others: as textures they lie between texels, which not every renderer mixes.
    context.tessellation_options_mut(|options| options.prerasterized_discs = false);
    for theme in [Theme::Light, Theme::Dark] {
        context.set_style_of(theme, style(theme, Palette::of(theme)));
    }
}

/// Gives `context` another accent; after [`install`].
pub fn accentuate(context: &Context, accents: Accents) {
    context.data_mut(|data| data.insert_temp(accents_id(), accents));
    for theme in [Theme::Light, Theme::Dark] {
        context.set_style_of(theme, style(theme, &Palette::with(theme, accents)));
    }
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let ours = [
        ("regular", include_bytes!("../../assets/fonts/lotse-sans-regular.otf").as_slice()),
        ("semibold", include_bytes!("../../assets/fonts/lotse-sans-semibold.otf").as_slice()),
    ];
    for (name, bytes) in ours {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let families =
        [(FontFamily::Proportional, "regular"), (FontFamily::Monospace, "regular"), (semibold(), "semibold")];
    for (family, name) in families {
        fonts.families.insert(family, vec![name.to_owned()]);
    }
    fonts
}

fn style(theme: Theme, palette: &Palette) -> Style {
    let mut style = Style { visuals: visuals(theme, palette), ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, small()),
        (TextStyle::Body, body()),
        (TextStyle::Button, strong()),
        (TextStyle::Heading, title()),
        (TextStyle::Monospace, FontId::new(15.0, FontFamily::Monospace)),
    ]
    .into();
    // Nothing moves by itself: the window sleeps between two events.
    style.animation_time = 0.0;
    style.spacing.item_spacing = Vec2::new(8.0, 8.0);
    style.spacing.button_padding = Vec2::new(16.0, 6.0);
    style.spacing.interact_size = Vec2::new(40.0, CONTROL_HEIGHT);
    // Beside what scrolls, never over it: the remote picture is not drawn by egui.
    style.spacing.scroll = ScrollStyle::solid();
    style.spacing.scroll.fade.strength = 0.0;
    style.interaction.selectable_labels = false;
    style
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let mut visuals = match theme {
        Theme::Light => Visuals::light(),
        Theme::Dark => Visuals::dark(),
    };
    // `bg_fill` is the handle of a scroll bar and nothing else here.
    let widget = |fill: Color32, line: Color32| WidgetVisuals {
        bg_fill: line,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, line),
        corner_radius: CornerRadius::same(RADIUS),
        fg_stroke: Stroke::new(1.0, palette.text),
        expansion: 0.0,
    };
    visuals.widgets = Widgets {
        noninteractive: widget(palette.background, palette.line),
        inactive: widget(palette.surface, palette.field_line),
        hovered: widget(palette.hover, palette.field_line),
        active: widget(palette.hover, palette.accent),
        open: widget(palette.surface, palette.field_line),
    };
    visuals.override_text_color = Some(palette.text);
    visuals.weak_text_color = Some(palette.weak);
    visuals.panel_fill = palette.background;
    visuals.window_fill = palette.surface;
    visuals.extreme_bg_color = palette.surface;
    visuals.faint_bg_color = palette.hover;
    visuals.hyperlink_color = palette.accent;
    visuals.selection =
        Selection { bg_fill: palette.accent.gamma_multiply(0.35), stroke: Stroke::new(2.0, palette.accent) };
    visuals.text_cursor =
        TextCursorStyle { stroke: Stroke::new(2.0, palette.accent), blink: false, ..TextCursorStyle::default() };
    visuals
}

#[cfg(test)]
mod tests {
    use egui::{Color32, Theme};
    use lotse_protocol::brand::Accents;
    use lotse_protocol::brand::colours::Colour;
    use proptest::prelude::*;

    use super::Palette;

    fn contrast(a: Color32, b: Color32) -> f64 {
        let colour = |color: Color32| {
            let [red, green, blue, _] = color.to_array();
            Colour([red, green, blue])
        };
        colour(a).contrast(colour(b))
    }

    /// There are no other fonts than ours: what they lack, nobody can read.
    #[test]
    fn our_fonts_have_every_letter_of_our_sentences_and_of_names() {
        let context = egui::Context::default();
        super::install(&context);
        context.run_ui(egui::RawInput::default(), |_| {}).drop_without_applying_deltas();
        let sentences = concat!(
            include_str!("../../assets/text/de.ftl"),
            include_str!("../../assets/text/en.ftl"),
            include_str!("../../assets/terms/de.txt"),
            include_str!("../../assets/terms/en.txt"),
        );
        // The signs that are written in the code, and what stands for the letters of a password.
        let signs = "✓⚠●■›•·–—…“”„’×";
        let names = "Đặng Thị Nguyễn Łukasz Öğretmen Søren Žižková Ștefan Ελένη Анна Қасым Ẽ";
        for font in [super::small(), super::body(), super::strong(), super::title(), super::number()] {
            let missing: String = (sentences.chars().chain(signs.chars()).chain(names.chars()))
                .filter(|letter| !letter.is_control())
                .filter(|letter| !context.fonts_mut(|fonts| fonts.has_glyph(&font, *letter)))
                .collect();
            assert_eq!(missing, "", "{font:?}");
        }
    }

    #[test]
    fn every_text_has_the_contrast_of_wcag_aa_in_both_themes() {
        for theme in [Theme::Light, Theme::Dark] {
            can_be_read(Palette::of(theme), theme);
        }
    }

    proptest! {
        #[test]
        fn so_has_every_accent_of_an_institution(light: [u8; 3], dark: [u8; 3]) {
            let accents = Accents::nearest(Colour(light), Colour(dark));
            for theme in [Theme::Light, Theme::Dark] {
                can_be_read(&Palette::with(theme, accents), theme);
            }
        }
    }

    #[track_caller]
    fn can_be_read(p: &Palette, theme: Theme) {
        let texts = [
            ("text", p.text, p.background),
            ("text on surface", p.text, p.surface),
            ("text on hover", p.text, p.hover),
            ("weak", p.weak, p.background),
            ("weak on surface", p.weak, p.surface),
            ("weak on disabled", p.weak, p.disabled),
            ("link", p.accent, p.background),
            ("link on surface", p.accent, p.surface),
            ("link on hover", p.accent, p.hover),
            ("on accent", p.on_accent, p.accent),
            ("on accent, hover", p.on_accent, p.accent_hover),
            ("on danger", p.on_danger, p.danger),
            ("on danger, hover", p.on_danger, p.danger_hover),
            ("warning", p.warning, p.warning_back),
            ("warning without its background", p.warning_on_background(), p.background),
            ("good", p.good, p.background),
        ];
        for (name, text, back) in texts {
            assert!(contrast(text, back) >= 4.5, "{theme:?} {name}: {:.2}", contrast(text, back));
        }
        for (name, sign, back) in [
            ("field line", p.field_line, p.background),
            ("field line on surface", p.field_line, p.surface),
            ("End", p.danger, p.background),
            ("focus", p.accent, p.surface),
        ] {
            assert!(contrast(sign, back) >= 3.0, "{theme:?} {name}: {:.2}", contrast(sign, back));
        }
    }
}
