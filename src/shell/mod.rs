//! The window: our own winit `ApplicationHandler` around an [`App`], drawn by OpenGL or by the processor
//! (docs/decisions/0002-shell.md).
//!
//! The shell sleeps until something happens: an event of the window system, a [`Waker`], or the moment that
//! [`App::tick`] asked for. It draws when the view has changed, never on a clock of its own.

mod bar;
mod burst;
mod front;
pub mod input;
mod opengl;
mod placement;
mod pointer;
pub mod probe;
pub mod raster;
pub mod screen;
mod software;
mod wake;
mod window;

use std::sync::Arc;
use std::time::Instant;

pub use input::{Character, Input, MouseButton};
pub use screen::{Area, Screen};
pub use wake::Waker;

use front::Front;
use opengl::OpenGl;
use raw_window_handle::{DisplayHandle, WindowHandle};
use software::Software;
use winit::event_loop::{ControlFlow, DeviceEvents, EventLoop};

use crate::app::view::{AdviserAction, AdviserView, CustomerAction, CustomerView};
use crate::ui::text::Language;
use crate::ui::{self, Looks, UiState};
pub use crate::viewer::pointer::Pointer;

/// What runs behind the window. All calls come from the thread that called [`run`].
pub trait App {
    /// What is to be shown now. Cheap: it is compared with what was shown last.
    fn view(&self) -> View<'_>;

    /// Somebody did something in the window; closing it is [`CustomerAction::CloseRequested`], or the adviser's.
    fn act(&mut self, action: Action);

    /// Called when the time of the last answer has come, after each wake and each action; answers when to call next,
    /// `None` for not before something happens.
    fn tick(&mut self, now: Instant) -> Option<Instant>;

    /// The remote screen while there is one to be shown.
    fn picture(&self) -> Option<Arc<dyn Screen>>;

    /// What is to be seen of the remote pointer while there is a picture.
    fn pointer(&self) -> Option<Pointer> {
        None
    }

    /// Keyboard and mouse over the picture, in the order in which they happened.
    fn input(&mut self, input: Input);

    /// Is the key with this number of the system's down right now? Where nobody knows, it is: it was just told to be.
    fn is_down(&self, _scancode: u32) -> bool {
        true
    }

    /// Takes the desktop's own keys (Alt+Tab, Super) for the window, since the picture has the keyboard.
    fn take_system_keys(&mut self, _display: DisplayHandle<'_>, _window: WindowHandle<'_>) -> Taken {
        Taken::Never
    }

    /// Gives them back.
    fn leave_system_keys(&mut self, _display: DisplayHandle<'_>) {}

    /// Brings the window before all others, where the window library's way is not to be used for that.
    fn bring_to_front(&mut self, _window: WindowHandle<'_>) -> Brought {
        Brought::No
    }

    /// The window has just been opened: puts all of it where it can be seen, where nobody else sees to that.
    fn fit_on_screen(&mut self, _window: WindowHandle<'_>) {}

    /// Is it time to close the window and return from [`run`]?
    fn wants_exit(&self) -> bool;

    /// Is the person to be called to the window (raised, and the task bar flashes)? Asked after each wake and tick;
    /// answers once.
    fn attention(&mut self) -> bool;

    /// The window speaks this language from now on; told with its first picture, and when the person has switched.
    fn speaks(&mut self, _language: Language) {}
}

/// Has the window the desktop's own keys?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It has.
    Yes,
    /// Somebody else has them at the moment.
    NotYet,
    /// It cannot have them on this desktop.
    Never,
}

/// Has the window been brought to the front?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brought {
    /// As far as the system lets a program do that; where it does not, the window calls for the person.
    Yes,
    /// That is left to the window library.
    No,
}

/// What the window shows.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    /// The customer's window.
    Customer(&'a CustomerView),
    /// The adviser's window.
    Adviser(&'a AdviserView),
}

/// What a person did in the window.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// In the customer's window.
    Customer(CustomerAction),
    /// In the adviser's window.
    Adviser(AdviserAction),
}

/// Which window, and how it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The customer's window, or the adviser's.
    pub window: Window,
    /// How it is drawn.
    pub renderer: Renderer,
    /// Light, dark, or as the system has it.
    pub theme: egui::ThemePreference,
    /// Whose window it is.
    pub looks: Looks,
    /// The language it begins with, where that is not the system's.
    pub language: Option<Language>,
}

impl Options {
    /// In the system's theme, and nobody's own.
    #[must_use]
    pub fn new(window: Window, renderer: Renderer) -> Self {
        Self { window, renderer, theme: egui::ThemePreference::System, looks: Looks::default(), language: None }
    }
}

/// The two windows of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Small; never shows a picture.
    Customer,
    /// Large; the customer's screen fills it.
    Adviser,
}

/// How the window is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renderer {
    /// What is best on this computer (docs/decisions/0002-shell.md).
    #[default]
    Automatic,
    /// OpenGL.
    OpenGl,
    /// The processor.
    Software,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// No display to open a window on, or it went away.
    #[error("the display cannot be used: {0}")]
    Display(String),
    /// The window could not be opened.
    #[error("the window cannot be opened: {0}")]
    Window(String),
    /// The window could not be drawn.
    #[error("the window cannot be drawn: {0}")]
    Draw(String),
    /// [`Renderer::OpenGl`] was asked for where there is none.
    #[error("OpenGL does not work on this computer; without \"--renderer gl\" the window is drawn by the processor")]
    NoOpenGl,
}

/// Opens the window and stays in it until [`App::wants_exit`]. `start` makes the application and is given what wakes
/// the window. Must be called on the main thread, once per process.
///
/// [`Renderer::Automatic`] may start this executable with [`probe::ARGUMENT`], which has to be answered by
/// [`probe::answer`].
///
/// # Errors
/// No display, no window, or no way to draw in it.
pub fn run<A: App + 'static>(options: Options, start: impl FnOnce(Waker) -> A) -> Result<(), ShellError> {
    let display = |error: &dyn std::fmt::Display| ShellError::Display(error.to_string());
    let renderer = choose(&options);
    let event_loop = EventLoop::<wake::Event>::with_user_event().build().map_err(|error| display(&error))?;
    event_loop.set_control_flow(ControlFlow::Wait);
    // What a mouse says a thousand times a second beside the events of the window is not looked at.
    event_loop.listen_device_events(DeviceEvents::Never);
    let waker = Waker::new(event_loop.create_proxy());
    let accents = options.looks.accents;
    let ui = match options.language {
        None => UiState::for_system(options.looks),
        Some(language) => UiState::new(options.looks.languages.choose(Some(language))).with(options.looks),
    };
    let front = Front::new(start(waker.clone()), ui);
    let viewport = window::builder(options.window);
    match renderer {
        Renderer::OpenGl => {
            let mut opengl = OpenGl::new(front, waker, viewport, (options.theme, accents), &event_loop);
            event_loop.run_app(&mut opengl).map_err(|error| display(&error))?;
            opengl.ended()
        }
        Renderer::Automatic | Renderer::Software => {
            let context = egui::Context::default();
            ui::theme::install(&context);
            if let Some(accents) = accents {
                ui::theme::accentuate(&context, accents);
            }
            context.set_theme(options.theme);
            let mut software = Software::new(front, waker, context, viewport);
            let ended = event_loop.run_app(&mut software);
            match software.failed {
                Some(error) => Err(error),
                None => ended.map_err(|error| display(&error)),
            }
        }
    }
}

/// What is best on this computer, by docs/decisions/0002-shell.md: a window without a picture gains nothing from
/// OpenGL and does not even look for it; one with a picture uses it where a graphics card does the work.
fn choose(options: &Options) -> Renderer {
    match (options.renderer, options.window) {
        (Renderer::Automatic, Window::Customer) => Renderer::Software,
        (Renderer::Automatic, Window::Adviser) => match probe::ask() {
            probe::Graphics::Hardware(name) => {
                tracing::info!("drawing with OpenGL: {name}");
                Renderer::OpenGl
            }
            probe::Graphics::Processor(name) => {
                tracing::info!("drawing without OpenGL, since that would use the processor too: {name}");
                Renderer::Software
            }
            probe::Graphics::None => {
                tracing::info!("drawing without OpenGL: there is none that works");
                Renderer::Software
            }
        },
        (forced, _) => forced,
    }
}
