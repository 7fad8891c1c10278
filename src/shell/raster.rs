//! egui's triangles to pixels, by the processor.
//!
//! `dream-soft-render` draws, at most 1280×720 pixels at a time; larger areas are drawn in bands.

use std::collections::HashMap;

use dream_soft_render::{ClipRect, Color, Error, MAX_SURFACE_PIXELS, Mesh, SoftwareRenderer, TextureId, Vertex};
use egui::epaint::{ClippedPrimitive, ImageData, ImageDelta, Primitive};
use egui::{Color32, TexturesDelta};

use super::screen::Area;

/// The longest side of a texture that egui is told: with it the font atlas stays below the 4 MiB that
/// `dream-soft-render` has room for twice.
pub const MAX_TEXTURE_SIDE: usize = 1024;

/// egui's edges often run through the middle of pixels, where the ways in which `dream-soft-render` draws triangles and
/// runs of them disagree about whose the pixel is, and leave it to nobody: so they run beside it. By another part across
/// than down, since diagonals would otherwise be moved along themselves.
const OFF_CENTRE: (f32, f32) = (1.0 / 128.0, 1.0 / 208.0);

/// Pixels of a window, one `u32` each: 0x00RRGGBB.
pub struct Target<'a> {
    /// Row by row, without gaps.
    pub pixels: &'a mut [u32],
    /// Pixels per row.
    pub width: u32,
}

/// Draws egui's output.
#[derive(Default)]
pub struct Raster {
    renderer: SoftwareRenderer,
    textures: HashMap<egui::TextureId, Texture>,
    vertices: Vec<Vertex>,
}

struct Texture {
    id: TextureId,
    size: [usize; 2],
}

/// Along a side of `texels`: from egui's position, where texel `i` reaches from `i / texels` to `(i + 1) / texels`, to
/// that of `dream-soft-render`, which takes the texel nearest to position × (`texels` - 1). Not translated, letters at
/// the far end of the atlas show their neighbour's edge instead of their own.
fn along(texels: usize) -> impl Fn(f32) -> f32 {
    let (texels, last) = (texels as f32, texels.saturating_sub(1).max(1) as f32);
    move |position| (position * texels - 0.5) / last
}

impl Raster {
    /// Takes over new and changed textures. Those freed stay until [`free`](Self::free), since this frame may still
    /// show them.
    ///
    /// # Errors
    /// A texture is larger than [`MAX_TEXTURE_SIDE`] allows.
    pub fn set_textures(&mut self, delta: &mut TexturesDelta) -> Result<(), Error> {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                self.set_texture(id, &change)?;
            }
        }
        Ok(())
    }

    /// Forgets textures; after drawing.
    ///
    /// # Errors
    /// None in practice: only textures that are known are freed.
    pub fn free(&mut self, delta: &mut TexturesDelta) -> Result<(), Error> {
        for id in delta.free.drain() {
            if let Some(texture) = self.textures.remove(&id) {
                self.renderer.free_texture(texture.id)?;
            }
        }
        Ok(())
    }

    fn set_texture(&mut self, id: egui::TextureId, change: &ImageDelta) -> Result<(), Error> {
        let ImageData::Color(image) = &change.image;
        let [width, height] = image.size;
        let pixels: Vec<u8> = image.pixels.iter().flat_map(|pixel| pixel.to_array()).collect();
        match (change.pos, self.textures.get(&id)) {
            (Some([x, y]), Some(texture)) => self.renderer.update_texture(texture.id, x, y, width, height, &pixels),
            (None, Some(texture)) if texture.size == image.size => {
                self.renderer.update_texture(texture.id, 0, 0, width, height, &pixels)
            }
            (_, known) => {
                if let Some(texture) = known {
                    self.renderer.free_texture(texture.id)?;
                }
                let created = self.renderer.create_texture(width, height, &pixels)?;
                self.textures.insert(id, Texture { id: created, size: image.size });
                Ok(())
            }
        }
    }

    /// Draws what of `primitives` lies in `area` (pixels of the window) over `background`.
    ///
    /// # Errors
    /// egui's output is not what a rasteriser can draw; a defect.
    pub fn draw(
        &mut self,
        primitives: &[ClippedPrimitive],
        pixels_per_point: f32,
        area: Area,
        background: Color32,
        target: &mut Target<'_>,
    ) -> Result<(), Error> {
        let rows = (MAX_SURFACE_PIXELS / area.width.max(1) as usize).max(1) as u32;
        let mut y = area.y;
        while y < area.y + area.height {
            let band = Area { y, height: rows.min(area.y + area.height - y), ..area };
            self.draw_band(primitives, pixels_per_point, band, background, target)?;
            y += band.height;
        }
        Ok(())
    }

    fn draw_band(
        &mut self,
        primitives: &[ClippedPrimitive],
        pixels_per_point: f32,
        band: Area,
        background: Color32,
        target: &mut Target<'_>,
    ) -> Result<(), Error> {
        let mut frame = self.renderer.begin_frame(band.width as usize, band.height as usize)?;
        frame.clear(color(background));
        for primitive in primitives {
            let Primitive::Mesh(mesh) = &primitive.primitive else { continue };
            let Some(clip) = clip(primitive.clip_rect, pixels_per_point, band) else { continue };
            let texture = self.textures.get(&mesh.texture_id);
            let [width, height] = texture.map_or([1, 1], |texture| texture.size);
            let (across, down) = (along(width), along(height));
            self.vertices.clear();
            self.vertices.extend(mesh.vertices.iter().map(|vertex| {
                let x = vertex.pos.x * pixels_per_point - band.x as f32 + OFF_CENTRE.0;
                let y = vertex.pos.y * pixels_per_point - band.y as f32 + OFF_CENTRE.1;
                Vertex::new([x, y], [across(vertex.uv.x), down(vertex.uv.y)], color(vertex.color))
            }));
            let texture = texture.map(|texture| texture.id);
            frame.mesh(Mesh { vertices: &self.vertices, indices: &mesh.indices, texture }, clip)?;
        }
        let drawn = frame.surface().pixels.chunks_exact(band.width as usize * 4);
        let rows = target.pixels.chunks_exact_mut(target.width as usize).skip(band.y as usize);
        for (row, drawn) in rows.zip(drawn) {
            let row = &mut row[band.x as usize..(band.x + band.width) as usize];
            for (pixel, rgba) in row.iter_mut().zip(drawn.chunks_exact(4)) {
                *pixel = u32::from_be_bytes([0, rgba[0], rgba[1], rgba[2]]);
            }
        }
        Ok(())
    }
}

fn color(color: Color32) -> Color {
    let [r, g, b, a] = color.to_array();
    Color::from_rgba_premultiplied(r, g, b, a)
}

/// The clip rectangle in pixels of `band`; `None` if nothing of it is inside.
fn clip(rect: egui::Rect, pixels_per_point: f32, band: Area) -> Option<ClipRect> {
    // A float too small or too large for the target is its smallest or largest: that is what clipping wants.
    #[expect(clippy::cast_sign_loss, reason = "saturates")]
    let inside = |value: f32, from: u32, size: u32| {
        ((value * pixels_per_point).round() - from as f32).clamp(0.0, size as f32) as u32
    };
    let clip = ClipRect::new(
        inside(rect.min.x, band.x, band.width),
        inside(rect.min.y, band.y, band.height),
        inside(rect.max.x, band.x, band.width),
        inside(rect.max.y, band.y, band.height),
    );
    (clip.min_x < clip.max_x && clip.min_y < clip.max_y).then_some(clip)
}

#[cfg(test)]
mod tests {
    use egui::epaint::{ImageData, Primitive};
    use egui::{Color32, CornerRadius, Rect, Stroke, StrokeKind, pos2, vec2};

    use super::{Raster, Target};
    use crate::shell::screen::Area;

    /// egui's own image of the letters, put together from its changes.
    #[derive(Default)]
    struct Atlas {
        width: usize,
        texels: Vec<Color32>,
    }

    impl Atlas {
        fn update(&mut self, delta: &egui::TexturesDelta) {
            for change in delta.set.get(&egui::TextureId::default()).into_iter().flatten() {
                let ImageData::Color(image) = &change.image;
                if change.pos.is_none() {
                    self.width = image.size[0];
                    self.texels = vec![Color32::TRANSPARENT; image.size[0] * image.size[1]];
                }
                let [left, top] = change.pos.unwrap_or_default();
                for (row, texels) in image.pixels.chunks_exact(image.size[0]).enumerate() {
                    let start = (top + row) * self.width + left;
                    self.texels[start..start + texels.len()].copy_from_slice(texels);
                }
            }
        }

        /// Draws letters one pixel at a time: the pixel shows the texel that lies over its centre, and nothing else.
        #[expect(clippy::cast_sign_loss, reason = "positions in a window, and colours")]
        fn draw(&self, mesh: &egui::Mesh, scale: f32, pixels: &mut [u32], width: usize) {
            let height = self.texels.len() / self.width;
            for letter in mesh.vertices.chunks_exact(4) {
                let (first, last) = (letter[0], letter[3]);
                let (low, high) = (first.pos * scale, last.pos * scale);
                for y in low.y.round() as usize..high.y.round() as usize {
                    for x in low.x.round() as usize..high.x.round() as usize {
                        let part = (pos2(x as f32 + 0.5, y as f32 + 0.5) - low) / (high - low);
                        let uv = first.uv + (last.uv - first.uv) * part;
                        let texel = (uv.y * height as f32) as usize * self.width + (uv.x * self.width as f32) as usize;
                        let over = first.color * self.texels[texel];
                        let pixel = &mut pixels[y * width + x];
                        let under = pixel.to_be_bytes();
                        let mixed = |over: u8, under: u8, alpha: u8| {
                            over + (f32::from(under) * f32::from(255 - alpha) / 255.0).round() as u8
                        };
                        *pixel = u32::from_be_bytes([
                            0,
                            mixed(over.r(), under[1], over.a()),
                            mixed(over.g(), under[2], over.a()),
                            mixed(over.b(), under[3], over.a()),
                        ]);
                    }
                }
            }
        }
    }

    /// Each pixel of a letter is as dark as egui's image of that letter, wherever in the image it lies, at its edges too.
    #[test]
    fn letters_are_those_of_the_atlas_pixel_for_pixel() {
        const LETTERS: &str =
            "Channel code alone pasted ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789";
        let (width, height) = (4600u32, 400u32);
        for scale in [1.0f32, 1.25, 2.0] {
            let context = egui::Context::default();
            crate::ui::theme::install(&context);
            let mut input = egui::RawInput { max_texture_side: Some(super::MAX_TEXTURE_SIDE), ..Default::default() };
            let viewport = input.viewports.entry(input.viewport_id).or_default();
            viewport.native_pixels_per_point = Some(scale);
            let (mut raster, mut atlas) = (Raster::default(), Atlas::default());
            // The first picture lacks the fonts of this scale.
            let mut shapes = Vec::new();
            for _ in 0..2 {
                let mut output = context.run_ui(input.clone(), |ui| {
                    use crate::ui::theme::{body, number, small, strong, title};
                    let mut y = 4.0;
                    for font in [small(), body(), strong(), title(), number()] {
                        let size = font.size;
                        ui.painter().text(pos2(4.3, y), egui::Align2::LEFT_TOP, LETTERS, font, Color32::from_gray(23));
                        y += size * 1.6;
                    }
                });
                atlas.update(&output.textures_delta);
                raster.set_textures(&mut output.textures_delta).expect("fits");
                raster.free(&mut output.textures_delta).expect("known");
                shapes = output.shapes;
            }
            let primitives = context.tessellate(shapes, scale);
            let mut pixels = vec![0; (width * height) as usize];
            let mut target = Target { pixels: &mut pixels, width };
            raster
                .draw(&primitives, scale, Area::all(width, height), Color32::WHITE, &mut target)
                .expect("can be drawn");
            let mut expected = vec![0x00ff_ffff; (width * height) as usize];
            let mut letters = 0;
            for primitive in &primitives {
                let Primitive::Mesh(mesh) = &primitive.primitive else { continue };
                letters += mesh.vertices.len() / 4;
                atlas.draw(mesh, scale, &mut expected, width as usize);
            }
            assert!(letters > 350, "{letters} letters");
            for (at, (pixel, expected)) in pixels.iter().zip(&expected).enumerate() {
                let apart = pixel.to_be_bytes().iter().zip(expected.to_be_bytes()).map(|(a, b)| a.abs_diff(b)).max();
                let (x, y) = (at % width as usize, at / width as usize);
                assert!(apart <= Some(2), "{x}, {y} at {scale}: {pixel:06x}, not {expected:06x}");
            }
        }
    }

    /// Every pixel well inside a button's outline has the button's colour, wherever the button lies.
    #[test]
    fn filled_shapes_have_no_holes() {
        let context = egui::Context::default();
        crate::ui::theme::install(&context);
        let mut raster = Raster::default();
        let (width, height) = (160u32, 64u32);
        for scale in [1.0f32, 1.25, 1.5, 2.0] {
            for step in 0..32u16 {
                let rect = Rect::from_min_size(
                    pos2(8.0 + f32::from(step) / 16.0, 8.0 + f32::from(step % 5) / 4.0),
                    vec2(50.0 + f32::from(step) / 3.0, 15.0),
                );
                let input = egui::RawInput { max_texture_side: Some(1024), ..Default::default() };
                let mut output = context.run_ui(input, |ui| {
                    let fill = Color32::from_rgb(27, 74, 138);
                    ui.painter().rect(rect, CornerRadius::same(4), fill, Stroke::new(1.0, fill), StrokeKind::Inside);
                });
                raster.set_textures(&mut output.textures_delta).expect("fits");
                raster.free(&mut output.textures_delta).expect("known");
                let primitives = context.tessellate(output.shapes, scale);
                let mut pixels = vec![0; (width * height) as usize];
                let mut target = Target { pixels: &mut pixels, width };
                raster
                    .draw(&primitives, scale, Area::all(width, height), Color32::WHITE, &mut target)
                    .expect("can be drawn");
                let inside =
                    Rect::from_min_max((rect.min.to_vec2() * scale).to_pos2(), (rect.max.to_vec2() * scale).to_pos2())
                        .shrink(1.5);
                for y in 0..height {
                    for x in 0..width {
                        let centre = pos2(x as f32 + 0.5, y as f32 + 0.5);
                        let corner = 5.0 * scale;
                        let straight = inside.shrink2(vec2(corner, 0.0)).contains(centre)
                            || inside.shrink2(vec2(0.0, corner)).contains(centre);
                        if straight {
                            assert_eq!(pixels[(y * width + x) as usize], 0x001b_4a8a, "{x}, {y} of {rect} at {scale}");
                        }
                    }
                }
            }
        }
    }
}
