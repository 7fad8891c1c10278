//! The window drawn by the processor: what changed of the user interface is rasterised, what changed of the remote
//! picture is copied from its own pixels, and only those rectangles are handed to the window system.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::ViewportId;
use egui::epaint::ClippedShape;
use winit::application::ApplicationHandler;
use winit::event::WindowEvent;
use winit::event_loop::{ActiveEventLoop, ControlFlow};
use winit::window::{Window, WindowId};

use super::burst::Burst;
use super::front::{Front, Sight, Taker};
use super::placement::{Filter, Placement};
use super::pointer::Sprite;
use super::raster::{MAX_TEXTURE_SIDE, Raster, Target};
use super::screen::{Area, Screen};
use super::wake::Event;
use super::{App, ShellError, Waker};

/// egui asks for its next picture "at once" while something moves: no more often than this.
const FRAME: Duration = Duration::from_millis(16);

/// The handler of the event loop.
pub(super) struct Software<A> {
    front: Front<A>,
    waker: Waker,
    context: egui::Context,
    builder: egui::ViewportBuilder,
    open: Option<Open>,
    /// Why the loop ended, if not because the application wanted to.
    pub(super) failed: Option<ShellError>,
}

/// The open window.
struct Open {
    window: Arc<Window>,
    egui: egui_winit::State,
    burst: Burst,
    surface: softbuffer::Surface<Arc<Window>, Arc<Window>>,
    raster: Raster,
    filter: Filter,
    size: (u32, u32),
    /// What of the window has to be drawn.
    due: Due,
    /// When egui wants to draw again.
    repaint_at: Option<Instant>,
    /// What was drawn last, to draw only the difference next time.
    drawn: Vec<ClippedShape>,
    /// The remote pointer that was drawn last.
    sprite: Option<Sprite>,
    theme: egui::Theme,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Nothing,
    /// What changed of the user interface.
    Changes,
    /// Everything: the window's pixels are lost, or have another size.
    Everything,
}

impl<A: App> Software<A> {
    pub(super) fn new(front: Front<A>, waker: Waker, context: egui::Context, builder: egui::ViewportBuilder) -> Self {
        Self { front, waker, context, builder, open: None, failed: None }
    }

    fn fail(&mut self, event_loop: &ActiveEventLoop, error: ShellError) {
        self.failed = Some(error);
        event_loop.exit();
    }

    fn open(&self, event_loop: &ActiveEventLoop) -> Result<Open, ShellError> {
        let failed = |error: &dyn std::fmt::Display| ShellError::Window(error.to_string());
        let window =
            egui_winit::create_window(&self.context, event_loop, &self.builder).map_err(|error| failed(&error))?;
        super::window::dress(&window);
        let window = Arc::new(window);
        let softbuffer = softbuffer::Context::new(Arc::clone(&window)).map_err(|error| failed(&error))?;
        let surface = softbuffer::Surface::new(&softbuffer, Arc::clone(&window)).map_err(|error| failed(&error))?;
        let scale = window.scale_factor() as f32;
        let egui = egui_winit::State::new(
            self.context.clone(),
            ViewportId::ROOT,
            event_loop,
            Some(scale),
            window.theme(),
            Some(MAX_TEXTURE_SIDE),
        );
        Ok(Open {
            window,
            egui,
            burst: Burst::default(),
            surface,
            raster: Raster::default(),
            filter: Filter::default(),
            size: (0, 0),
            due: Due::Everything,
            repaint_at: None,
            drawn: Vec::new(),
            sprite: None,
            theme: self.context.theme(),
        })
    }

    /// Draws what is due, and what changed of the picture.
    fn draw(&mut self, event_loop: &ActiveEventLoop) -> Result<(), ShellError> {
        let Some(open) = &mut self.open else { return Ok(()) };
        let size = open.window.inner_size();
        let (Some(width), Some(height)) = (NonZeroU32::new(size.width), NonZeroU32::new(size.height)) else {
            return Ok(());
        };
        if open.size != (size.width, size.height) {
            open.surface.resize(width, height).map_err(draw_failed)?;
            open.size = (size.width, size.height);
            open.due = Due::Everything;
        }
        if open.surface.buffer_mut().map_err(draw_failed)?.age() != 1 {
            open.due = Due::Everything;
        }
        let picture = self.front.app.picture();
        if picture.as_ref().is_some_and(|picture| picture.size() != self.front.ui.picture_size) {
            open.due = open.due.max(Due::Changes);
        }

        let mut damage = Vec::new();
        if open.due > Due::Nothing {
            let before = (self.front.placement, open.theme);
            let mut input = open.egui.take_egui_input(&open.window);
            self.front.ui.picture_size = picture.as_ref().map_or((0, 0), |picture| picture.size());
            let mut output = loop {
                open.burst.deal(&mut input);
                let next = egui::RawInput { events: Vec::new(), dropped_files: Vec::new(), ..input.clone() };
                let mut output = self.context.run_ui(input, |ui| self.front.show(ui));
                open.burst.seen();
                let platform = std::mem::take(&mut output.platform_output);
                open.egui.handle_platform_output_with_event_loop(&open.window, event_loop, platform);
                open.raster.set_textures(&mut output.textures_delta).map_err(draw_failed)?;
                if !open.burst.goes_on() {
                    break output;
                }
                open.raster.free(&mut output.textures_delta).map_err(draw_failed)?;
                input = next;
            };
            let delay = output.viewport_output.get(&ViewportId::ROOT).map_or(Duration::MAX, |out| out.repaint_delay);
            open.repaint_at = Instant::now().checked_add(delay.max(FRAME));
            self.front.place(output.pixels_per_point, open.size);
            open.theme = self.context.theme();
            if before != (self.front.placement, open.theme) {
                // A picture that moved leaves something behind that only the background covers.
                open.due = Due::Everything;
            }
            damage.extend(open.draw_ui(&self.context, output.shapes, output.pixels_per_point)?);
            open.raster.free(&mut output.textures_delta).map_err(draw_failed)?;
            open.due = Due::Nothing;
        }
        if let (Some(picture), Some(placement)) = (&picture, &self.front.placement) {
            let placement = *placement;
            open.draw_picture(picture.as_ref(), &placement, self.front.sprite(), &mut damage)?;
        }
        let damage: Vec<softbuffer::Rect> = damage.into_iter().filter_map(rect).collect();
        if !damage.is_empty() {
            open.window.pre_present_notify();
            let buffer = open.surface.buffer_mut().map_err(draw_failed)?;
            buffer.present_with_damage(&damage).map_err(draw_failed)?;
        }
        Ok(())
    }

    /// Sleeps until the next thing that is known to come.
    fn sleep(&self, event_loop: &ActiveEventLoop) {
        let repaint = self.open.as_ref().and_then(|open| open.repaint_at);
        let next = [repaint, self.front.next()].into_iter().flatten().min();
        event_loop.set_control_flow(next.map_or(ControlFlow::Wait, ControlFlow::WaitUntil));
    }
}

impl Open {
    /// Rasterises what differs from what was drawn last; answers where.
    fn draw_ui(
        &mut self,
        context: &egui::Context,
        shapes: Vec<ClippedShape>,
        pixels_per_point: f32,
    ) -> Result<Option<Area>, ShellError> {
        let everything = Area::all(self.size.0, self.size.1);
        let area = match self.due {
            Due::Everything => Some(everything),
            Due::Changes | Due::Nothing => difference(&self.drawn, &shapes, pixels_per_point, everything),
        };
        if let Some(area) = area {
            let touched = shapes.iter().filter(|shape| {
                bounds(shape, pixels_per_point, everything).is_some_and(|bounds| bounds.and(area).is_some())
            });
            let primitives = context.tessellate(touched.cloned().collect(), pixels_per_point);
            let background = context.global_style().visuals.panel_fill;
            let mut buffer = self.surface.buffer_mut().map_err(draw_failed)?;
            let mut target = Target { pixels: &mut buffer, width: self.size.0 };
            self.raster.draw(&primitives, pixels_per_point, area, background, &mut target).map_err(draw_failed)?;
        }
        self.drawn = shapes;
        Ok(area)
    }

    /// Copies what changed of the picture, and all of it where the user interface was drawn over it; then the pointer
    /// over it, on pixels of the picture alone: what is drawn twice would show through itself.
    fn draw_picture(
        &mut self,
        picture: &dyn Screen,
        placement: &Placement,
        sprite: Option<Sprite>,
        damage: &mut Vec<Area>,
    ) -> Result<(), ShellError> {
        let covered = damage.iter().any(|area| area.and(placement.shown).is_some());
        let mut buffer = self.surface.buffer_mut().map_err(draw_failed)?;
        let (filter, stride, before) = (&mut self.filter, self.size.0, &mut self.sprite);
        picture.look(&mut |pixels, changed| {
            // It may have got another size since it was placed: then it is placed anew at the next turn.
            if !placement.is_for(pixels) {
                return;
            }
            let all = [Area::all(pixels.width, pixels.height)];
            for area in if covered { &all } else { changed } {
                damage.extend(placement.copy(pixels, *area, filter, &mut buffer, stride));
            }
            let area_of = |sprite: &Option<Sprite>| sprite.as_ref().and_then(|sprite| sprite.area(placement.shown));
            if *before != sprite
                && let Some(area) = area_of(before)
            {
                placement.copy_to(pixels, area, filter, &mut buffer, stride);
                damage.push(area);
            }
            if let (Some(sprite), Some(area)) = (&sprite, area_of(&sprite))
                && (before.as_ref() != Some(sprite) || damage.iter().any(|changed| changed.and(area).is_some()))
            {
                placement.copy_to(pixels, area, filter, &mut buffer, stride);
                sprite.draw(placement.shown, &mut buffer, stride);
                damage.push(area);
            }
            before.clone_from(&sprite);
        });
        Ok(())
    }
}

impl<A: App> ApplicationHandler<Event> for Software<A> {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        if self.open.is_none() {
            match self.open(event_loop) {
                Ok(open) => self.open = Some(open),
                Err(error) => self.fail(event_loop, error),
            }
        }
    }

    fn user_event(&mut self, _event_loop: &ActiveEventLoop, event: Event) {
        if self.waker.take(&event) {
            self.front.stir();
        }
    }

    fn window_event(&mut self, _event_loop: &ActiveEventLoop, _id: WindowId, event: WindowEvent) {
        let Some(open) = &mut self.open else { return };
        match &event {
            WindowEvent::CloseRequested => return self.front.close_requested(),
            WindowEvent::RedrawRequested => {
                open.due = Due::Everything;
                return;
            }
            // Also of the same size as before: a window that was minimised comes back without its pixels, and whatever is
            // drawn first takes the place of the request to draw it, since softbuffer tells Windows that all of it is.
            WindowEvent::Resized(_) => open.due = Due::Everything,
            _ => {}
        }
        match self.front.event(&event) {
            Taker::Ui => {
                if open.egui.on_window_event(&open.window, &event).repaint {
                    open.due = open.due.max(Due::Changes);
                }
            }
            Taker::Picture => {
                if open.egui.is_pointer_in_window() {
                    // For the user interface the pointer has left: nothing of it lights up any more.
                    let WindowEvent::CursorMoved { device_id, .. } = event else { return };
                    let left = WindowEvent::CursorLeft { device_id };
                    if open.egui.on_window_event(&open.window, &left).repaint {
                        open.due = open.due.max(Due::Changes);
                    }
                }
            }
        }
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        let now = Instant::now();
        let turn = self.front.turn(now);
        if let Some(open) = &mut self.open {
            if turn.changed || open.repaint_at.is_some_and(|at| at <= now) {
                open.due = open.due.max(Due::Changes);
            }
            // Before anything is drawn: see `Resized` above, of which a window that was not there at all is not told.
            if self.front.follow(turn, &open.window, event_loop) == Sight::Back {
                open.due = Due::Everything;
            }
        }
        if turn.exit {
            return event_loop.exit();
        }
        if let Err(error) = self.draw(event_loop) {
            return self.fail(event_loop, error);
        }
        // What a click in this very picture led to is not left for the next event.
        let again = self.front.turn(now);
        if again.exit {
            return event_loop.exit();
        }
        if let Some(open) = &mut self.open {
            if again.changed {
                open.repaint_at = Some(now);
            }
            if self.front.follow(again, &open.window, event_loop) == Sight::Back {
                open.due = Due::Everything;
                open.repaint_at = Some(now);
            }
        }
        self.sleep(event_loop);
    }
}

fn draw_failed(error: impl std::fmt::Display) -> ShellError {
    ShellError::Draw(error.to_string())
}

fn rect(area: Area) -> Option<softbuffer::Rect> {
    let (width, height) = (NonZeroU32::new(area.width)?, NonZeroU32::new(area.height)?);
    Some(softbuffer::Rect { x: area.x, y: area.y, width, height })
}

/// Where the window looks different with `new` than with `old`, as one rectangle.
fn difference(old: &[ClippedShape], new: &[ClippedShape], pixels_per_point: f32, window: Area) -> Option<Area> {
    let same = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[same..], &new[same..]);
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[..old.len() - same], &new[..new.len() - same]);
    // Shapes of the same number and order: those that are equal in between stay out of it.
    let paired = old.len() == new.len();
    old.iter()
        .zip(new)
        .filter(|(old, new)| paired && old != new)
        .flat_map(|(old, new)| [old, new])
        .chain(old.iter().chain(new).filter(|_| !paired))
        .filter_map(|shape| bounds(shape, pixels_per_point, window))
        .reduce(Area::around)
}

/// The pixels a shape can touch.
fn bounds(shape: &ClippedShape, pixels_per_point: f32, window: Area) -> Option<Area> {
    let rect = shape.shape.visual_bounding_rect().intersect(shape.clip_rect);
    if !rect.is_positive() {
        return None;
    }
    // One pixel more each way for what softens the edges.
    #[expect(clippy::cast_sign_loss, reason = "not below 0")]
    let low = |value: f32| (value * pixels_per_point - 1.0).floor().max(0.0) as u32;
    #[expect(clippy::cast_sign_loss, reason = "not below 0")]
    let high = |value: f32| (value * pixels_per_point + 1.0).ceil().max(0.0) as u32;
    let (x, y) = (low(rect.min.x), low(rect.min.y));
    let (right, bottom) = (high(rect.max.x).min(window.width), high(rect.max.y).min(window.height));
    (right > x && bottom > y).then(|| Area { x, y, width: right - x, height: bottom - y })
}
