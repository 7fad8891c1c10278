//! The window drawn by OpenGL: eframe inside our own handler, which looks at every event first. Keys and pointer over
//! the picture never reach egui, which would fold the number pad into the digits.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use eframe::{EframeWinitApplication, NativeOptions};
use egui::{Color32, ColorImage, TextureFilter, TextureHandle, TextureOptions, TextureWrapMode};
use winit::application::ApplicationHandler;
use winit::event::{StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, ControlFlow, EventLoop};
use winit::window::{Window, WindowId};

use super::burst::Burst;
use super::front::{Front, Taker};
use super::placement::Placement;
use super::pointer::{Image, Sprite};
use super::screen::{Area, Pixels, Screen};
use super::wake::Event;
use super::{App, ShellError, Waker, window};
use crate::ui::{Accents, theme};

/// The handler of the event loop.
pub(super) struct OpenGl<A> {
    front: Rc<RefCell<Front<A>>>,
    waker: Waker,
    eframe: EframeWinitApplication<'static>,
    window: Rc<OnceCell<Arc<Window>>>,
    /// The picture may have changed.
    woken: bool,
    /// egui has been told that the pointer left.
    pointer_left: bool,
}

/// Settings of eframe that the probe uses too, so that it tries what would be used.
pub(super) fn options(viewport: egui::ViewportBuilder) -> NativeOptions {
    let mut options = NativeOptions {
        viewport,
        // Colours are exact or they are wrong.
        dithering: false,
        system_font_fallback: false,
        ..NativeOptions::default()
    };
    // Waiting for the screen would delay what is typed by up to a frame, and block the window's thread.
    options.glow_options.vsync = false;
    options
}

impl<A: App + 'static> OpenGl<A> {
    pub(super) fn new(
        front: Front<A>,
        waker: Waker,
        viewport: egui::ViewportBuilder,
        (preference, accents): (egui::ThemePreference, Option<Accents>),
        event_loop: &EventLoop<Event>,
    ) -> Self {
        let front = Rc::new(RefCell::new(front));
        let window = Rc::new(OnceCell::new());
        let (drawn, opened) = (Rc::clone(&front), Rc::clone(&window));
        let create: eframe::AppCreator<'static> = Box::new(move |creation| {
            theme::install(&creation.egui_ctx);
            if let Some(accents) = accents {
                theme::accentuate(&creation.egui_ctx, accents);
            }
            creation.egui_ctx.set_theme(preference);
            if let Some(window) = creation.winit_window() {
                // Created once: nothing can be in there yet.
                let _first = opened.set(Arc::clone(window));
            }
            Ok(Box::new(Drawn { front: drawn, burst: Burst::default(), texture: None, pointer: None }))
        });
        let eframe = eframe::create_native(window::NAME, options(viewport), create, event_loop);
        Self { front, waker, eframe, window, woken: false, pointer_left: false }
    }

    /// Why the loop ended: eframe says only that it did.
    pub(super) fn ended(&self) -> Result<(), ShellError> {
        match self.window.get() {
            _ if self.front.borrow().app.wants_exit() => Ok(()),
            Some(_) => Err(ShellError::Draw("OpenGL gave up".to_owned())),
            None => Err(ShellError::NoOpenGl),
        }
    }
}

impl<A: App + 'static> ApplicationHandler<Event> for OpenGl<A> {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.resumed(event_loop);
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.suspended(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.exiting(event_loop);
    }

    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.eframe.new_events(event_loop, cause);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: Event) {
        if self.waker.take(&event) {
            self.front.borrow_mut().stir();
            self.woken = true;
        } else {
            self.eframe.user_event(event_loop, event);
        }
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        if event == WindowEvent::CloseRequested {
            return self.front.borrow_mut().close_requested();
        }
        let taker = self.front.borrow_mut().event(&event);
        let moved = matches!(event, WindowEvent::CursorMoved { .. });
        match (taker, event) {
            (Taker::Ui, event) => {
                self.pointer_left &= !moved;
                self.eframe.window_event(event_loop, id, event);
            }
            (Taker::Picture, WindowEvent::CursorMoved { device_id, .. }) if !self.pointer_left => {
                // For the user interface the pointer has left: nothing of it lights up any more.
                self.pointer_left = true;
                self.eframe.window_event(event_loop, id, WindowEvent::CursorLeft { device_id });
            }
            (Taker::Picture, _) => {}
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.eframe.about_to_wait(event_loop);
        let mut front = self.front.borrow_mut();
        let turn = front.turn(Instant::now());
        if turn.exit {
            return event_loop.exit();
        }
        if let Some(window) = self.window.get() {
            if turn.changed || (self.woken && front.app.picture().is_some()) {
                window.request_redraw();
            }
            // Of a window that is back all is drawn anyway, whatever has changed.
            front.follow(turn, window, event_loop);
            self.woken = false;
        }
        // eframe sets its own wish anew in each turn of the loop.
        let next = match (event_loop.control_flow(), front.next()) {
            (ControlFlow::WaitUntil(theirs), Some(ours)) => ControlFlow::WaitUntil(theirs.min(ours)),
            (ControlFlow::Wait, Some(ours)) => ControlFlow::WaitUntil(ours),
            (theirs, _) => theirs,
        };
        event_loop.set_control_flow(next);
    }
}

/// What eframe draws.
struct Drawn<A> {
    front: Rc<RefCell<Front<A>>>,
    burst: Burst,
    texture: Option<Texture>,
    /// The remote pointer that was drawn last.
    pointer: Option<(Arc<Image>, TextureHandle)>,
}

struct Texture {
    handle: TextureHandle,
    options: TextureOptions,
}

impl<A: App> eframe::App for Drawn<A> {
    fn raw_input_hook(&mut self, _context: &egui::Context, input: &mut egui::RawInput) {
        self.burst.deal(input);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.burst.seen();
        if self.burst.goes_on() {
            ui.ctx().request_repaint();
        }
        let mut front = self.front.borrow_mut();
        let picture = front.app.picture();
        front.ui.picture_size = picture.as_ref().map_or((0, 0), |picture| picture.size());
        front.show(ui);
        let pixels_per_point = ui.ctx().pixels_per_point();
        let size = frame.winit_window().map(|window| window.inner_size()).unwrap_or_default();
        front.place(pixels_per_point, (size.width, size.height));
        let (Some(picture), Some(placement)) = (picture, front.placement) else {
            self.texture = None;
            self.pointer = None;
            return;
        };
        let sprite = front.sprite();
        drop(front);
        self.update(ui.ctx(), picture.as_ref(), &placement);
        if let Some(texture) = &self.texture {
            let Area { x, y, width, height } = placement.shown;
            let corner = egui::pos2(x as f32, y as f32) / pixels_per_point;
            let rect = egui::Rect::from_min_size(corner, egui::vec2(width as f32, height as f32) / pixels_per_point);
            let painter = ui.painter().with_clip_rect(rect);
            painter.add(reduced(&texture.handle, rect, &placement));
            if let Some(sprite) = sprite {
                self.draw_pointer(&painter, &sprite);
            }
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

impl<A> Drawn<A> {
    /// Draws the remote pointer over the picture.
    fn draw_pointer(&mut self, painter: &egui::Painter, sprite: &Sprite) {
        let image = &sprite.image;
        let size = [image.size.0 as usize, image.size.1 as usize];
        let id = match &self.pointer {
            Some((drawn, texture)) if Arc::ptr_eq(drawn, image) => texture.id(),
            _ => {
                let pixels = ColorImage::from_rgba_premultiplied(size, &image.rgba);
                let texture = painter.ctx().load_texture("pointer", pixels, TextureOptions::NEAREST);
                self.pointer.insert((Arc::clone(image), texture)).1.id()
            }
        };
        let pixels_per_point = painter.ctx().pixels_per_point();
        let corner = egui::pos2(sprite.corner.0 as f32, sprite.corner.1 as f32) / pixels_per_point;
        let rect = egui::Rect::from_min_size(corner, egui::vec2(size[0] as f32, size[1] as f32) / pixels_per_point);
        let whole = egui::Rect::from_min_max(egui::pos2(0.0, 0.0), egui::pos2(1.0, 1.0));
        painter.image(id, rect, whole, Color32::WHITE);
    }

    /// Uploads what changed of the picture.
    fn update(&mut self, context: &egui::Context, picture: &dyn Screen, placement: &Placement) {
        let filter = if placement.is_exact() { TextureFilter::Nearest } else { TextureFilter::Linear };
        let options = TextureOptions {
            magnification: filter,
            minification: filter,
            wrap_mode: TextureWrapMode::ClampToEdge,
            mipmap_mode: None,
        };
        let texture = &mut self.texture;
        picture.look(&mut |pixels, changed| {
            let size = [pixels.width as usize, pixels.height as usize];
            match texture {
                Some(texture) if texture.handle.size() == size && texture.options == options => {
                    for area in changed {
                        let at = [area.x as usize, area.y as usize];
                        texture.handle.set_partial(at, image(pixels, *area), options);
                    }
                }
                _ => {
                    let whole = image(pixels, Area::all(pixels.width, pixels.height));
                    *texture = Some(Texture { handle: context.load_texture("picture", whole, options), options });
                }
            }
        });
    }
}

/// The picture in `rect`. OpenGL mixes the two pixels next to a point, each way; where more than two lie in one of the
/// window, the picture is drawn several times, moved by a pixel each time, with the weights of the triangle that
/// [`Filter`](super::placement::Filter) reduces with: thin lines stay, and both renderers show the same.
fn reduced(texture: &TextureHandle, rect: egui::Rect, placement: &Placement) -> egui::Shape {
    let [width, height] = texture.size();
    let (across, down) = placement.reduction();
    let mut mesh = egui::Mesh::with_texture(texture.id());
    let mut sum = 0.0;
    for (y, of_row) in weights(down) {
        for (x, of_column) in weights(across) {
            let weight = of_row * of_column;
            sum += weight;
            // Each is laid over those before it, so that all end up with their weight: the first one covers.
            let moved = egui::vec2(x / width as f32, y / height as f32);
            let over = Color32::WHITE.gamma_multiply(weight / sum);
            mesh.add_rect_with_uv(rect, placement.part().translate(moved), over);
        }
    }
    egui::Shape::mesh(mesh)
}

/// How far the picture is moved, in its own pixels, and with what weight.
fn weights(reduction: f32) -> impl Iterator<Item = (f32, f32)> {
    let reach = (reduction.max(1.0).ceil() as i16) - 1;
    (-reach..=reach).map(f32::from).map(move |step| (step, 1.0 - step.abs() / reduction.max(1.0)))
}

/// An area of the picture as egui wants it.
fn image(pixels: Pixels<'_>, area: Area) -> ColorImage {
    let stride = pixels.width as usize * 4;
    let (start, end) = (area.x as usize * 4, (area.x + area.width) as usize * 4);
    let rows = pixels.bgrx.chunks_exact(stride).skip(area.y as usize).take(area.height as usize);
    let pixels = rows
        .flat_map(|row| row[start..end].chunks_exact(4))
        .map(|bgrx| Color32::from_rgb(bgrx[2], bgrx[1], bgrx[0]))
        .collect();
    ColorImage::new([area.width as usize, area.height as usize], pixels)
}
