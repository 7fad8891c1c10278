//! What both renderers have in common: the application behind the window, and what was shown of it last.

use std::time::{Duration, Instant};

use raw_window_handle::{HasDisplayHandle, HasWindowHandle};
use winit::dpi::{PhysicalPosition, PhysicalSize};
use winit::event::{ElementState, Ime, KeyEvent, WindowEvent};
use winit::event_loop::ActiveEventLoop;
use winit::keyboard::{KeyCode, ModifiersState, PhysicalKey};
use winit::platform::modifier_supplement::KeyEventExtModifierSupplement;
use winit::platform::scancode::PhysicalKeyExtScancode;
use winit::window::{Fullscreen, Window};

use super::bar::{self, Bar};
use super::input::{MouseButton, Translator};
use super::placement::Placement;
use super::pointer::{Cursor, Images, Sprite};
use super::screen::Area;
use super::{Action, App, Brought, Taken, View};
use crate::app::view::{AdviserAction, AdviserPage, AdviserView, CustomerAction, CustomerView, Seen};
use crate::ui::text::Language;
use crate::ui::{self, FullScreen, Keys, UiState};
use crate::viewer::keyboard::{Interpreter, Pressed};
use crate::viewer::pointer::Looks;

/// The application, and the window's state that does not depend on how it is drawn.
pub(super) struct Front<A> {
    pub(super) app: A,
    pub(super) ui: UiState,
    shown: Option<Shown>,
    /// When the application wants to be asked again.
    next: Option<Instant>,
    /// Something happened that the application has to be asked about.
    stirred: bool,
    input: Translator,
    interpreter: Interpreter,
    /// Those that were held with the key that was told last.
    modifiers: ModifiersState,
    /// Keys that are held for the customer though they are up, with when that was noticed.
    up: Vec<(PhysicalKey, Instant)>,
    /// When the right Ctrl key was heeded before the window was told of it.
    left: Option<Instant>,
    keyboard: Keyboard,
    focus: Focus,
    grip: Grip,
    pub(super) placement: Option<Placement>,
    /// The toolbar of the full screen, while there is one.
    bar: Option<Bar>,
    /// Pixels of the window that the toolbar takes from above.
    covered: u32,
    images: Images,
    cursor: Cursor,
    /// What the application was told of the language last.
    language: Option<Language>,
    /// The window is not on the screen, and was there before it went.
    away: Option<Away>,
    opened: Opened,
}

/// When was the window opened?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Just,
    Before,
}

/// A window that was sent to the tray.
#[derive(Clone, Copy)]
struct Away {
    /// To come back to. Not every window system tells.
    from: Option<PhysicalPosition<i32>>,
}

/// A copy of the view that was drawn last.
#[derive(PartialEq)]
enum Shown {
    Customer(CustomerView),
    Adviser(AdviserView),
}

/// Who gets the keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keyboard {
    /// The customer's computer.
    Picture,
    /// The buttons around the picture, since one was clicked.
    Window,
}

/// Has the window the keyboard?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Focus {
    Yes,
    No,
}

/// The window's hold on the desktop's own keys.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grip {
    None,
    /// To be tried again then.
    Wanted(Instant),
    Held,
    Impossible,
}

/// Longer than a release takes that is on its way, and shorter than a key takes to repeat.
const FORGOTTEN: Duration = Duration::from_millis(100);
/// For so long after that it is the same press.
const HEEDED: Duration = Duration::from_millis(400);
/// The key that takes the keys back.
const WAY_OUT: PhysicalKey = PhysicalKey::Code(KeyCode::ControlRight);
/// Somebody else's hold on the keys, such as a menu's, is over soon.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Can the window be seen?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    AsBefore,
    /// Again, and its pixels are lost.
    Back,
}

/// What is to be done after an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// The view is another than the one shown.
    pub(super) changed: bool,
    /// The person is to be called.
    pub(super) attention: bool,
    /// The window is to be closed.
    pub(super) exit: bool,
}

/// Whose event it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taker {
    /// The picture's: handed on to the application.
    Picture,
    /// The user interface's.
    Ui,
}

impl<A: App> Front<A> {
    pub(super) fn new(app: A, ui: UiState) -> Self {
        Self {
            app,
            ui,
            shown: None,
            next: None,
            stirred: true,
            input: Translator::default(),
            interpreter: Interpreter::default(),
            modifiers: ModifiersState::default(),
            up: Vec::new(),
            left: None,
            keyboard: Keyboard::Picture,
            focus: Focus::No,
            grip: Grip::None,
            placement: None,
            bar: None,
            covered: 0,
            images: Images::default(),
            cursor: Cursor::default(),
            language: None,
            away: None,
            opened: Opened::Just,
        }
    }

    /// When something has to be done next, if nothing happens before.
    pub(super) fn next(&self) -> Option<Instant> {
        let grip = match self.grip {
            Grip::Wanted(at) => Some(at),
            Grip::None | Grip::Held | Grip::Impossible => None,
        };
        let forgotten = self.up.iter().map(|(_, noticed)| *noticed + FORGOTTEN).min();
        [grip, forgotten, self.next, self.bar.and_then(|bar| bar.next())].into_iter().flatten().min()
    }

    /// The application has to be asked again.
    pub(super) fn stir(&mut self) {
        self.stirred = true;
    }

    /// Hands collected input on and asks the application, if there is reason to.
    pub(super) fn turn(&mut self, now: Instant) -> Turn {
        if !self.takes_input() {
            self.input.release_all();
        }
        self.release_forgotten(now);
        let inputs = self.input.take();
        for input in inputs {
            self.app.input(input);
        }
        self.turn_bar(now);
        let due = self.next.is_some_and(|at| at <= now);
        if !self.stirred && !due {
            return Turn::default();
        }
        self.stirred = false;
        self.next = self.app.tick(now);
        Turn {
            changed: !self.shown.as_ref().is_some_and(|shown| shown.is(self.app.view())),
            attention: self.app.attention(),
            exit: self.app.wants_exit(),
        }
    }

    /// Draws the user interface and does what the person did in it.
    pub(super) fn show(&mut self, ui: &mut egui::Ui) {
        let actions: Vec<Action> = match self.app.view() {
            View::Customer(view) => {
                self.shown = Some(Shown::Customer(view.clone()));
                ui::customer(ui, view, &mut self.ui).into_iter().map(Action::Customer).collect()
            }
            View::Adviser(view) => {
                self.shown = Some(Shown::Adviser(view.clone()));
                ui::adviser(ui, view, &mut self.ui).into_iter().map(Action::Adviser).collect()
            }
        };
        for action in actions {
            self.act(action);
        }
        self.follow_full_screen();
        let language = self.ui.language();
        if self.language.replace(language) != Some(language) {
            self.app.speaks(language);
        }
    }

    /// Does to the window what the application and the person want of it.
    pub(super) fn follow(&mut self, turn: Turn, window: &Window, event_loop: &ActiveEventLoop) -> Sight {
        if self.opened == Opened::Just {
            self.opened = Opened::Before;
            if let Ok(window) = window.window_handle() {
                self.app.fit_on_screen(window);
            }
        }
        let mut sight = Sight::AsBefore;
        // A window that is to be closed does not come back for that.
        if !turn.exit {
            sight = self.be_seen(window);
            if turn.attention {
                self.call(window);
            }
        }
        self.fill_screen(window);
        self.hold_keys(window, Instant::now());
        self.dress_cursor(window, event_loop);
        sight
    }

    /// Calls the person.
    fn call(&mut self, window: &Window) {
        let brought = window.window_handle().map_or(Brought::No, |window| self.app.bring_to_front(window));
        if brought == Brought::No {
            super::window::call(window);
        }
    }

    /// Takes the window off the screen while it is in the tray, and puts it back.
    fn be_seen(&mut self, window: &Window) -> Sight {
        let wanted = !matches!(self.app.view(), View::Customer(CustomerView { seen: Seen::Tray, .. }));
        match (wanted, self.away) {
            (false, None) => {
                self.away = Some(Away { from: window.outer_position().ok() });
                window.set_visible(false);
            }
            (true, Some(Away { from })) => {
                self.away = None;
                window.set_visible(true);
                if let Some(from) = from {
                    window.set_outer_position(from);
                }
                return Sight::Back;
            }
            (true, None) | (false, Some(_)) => {}
        }
        Sight::AsBefore
    }

    /// The full screen began or ended, by the toolbar, a key, or the end of the session.
    fn follow_full_screen(&mut self) {
        match (self.ui.full_screen, self.bar) {
            (FullScreen::Off, Some(_)) => self.bar = None,
            (FullScreen::WithToolbar | FullScreen::Alone, None) => self.bar = Some(Bar::first(Instant::now())),
            _ => {}
        }
    }

    /// Shows or hides the toolbar of the full screen when it is time.
    fn turn_bar(&mut self, now: Instant) {
        let Some(bar) = &mut self.bar else { return };
        bar.tick(now);
        let full_screen = if bar.is_there() { FullScreen::WithToolbar } else { FullScreen::Alone };
        if self.ui.full_screen != full_screen {
            self.ui.full_screen = full_screen;
            self.draw_again();
            if full_screen == FullScreen::Alone {
                // The toolbar took the keyboard when it was clicked; who cannot see it does not mean it.
                self.keyboard = Keyboard::Picture;
            }
        }
    }

    /// What is shown is no longer what is to be shown, though the view is the same.
    fn draw_again(&mut self) {
        self.shown = None;
        self.stirred = true;
    }

    /// Makes the window fill the screen, or no longer.
    fn fill_screen(&self, window: &Window) {
        let wanted = self.ui.full_screen != FullScreen::Off;
        if window.fullscreen().is_some() != wanted {
            window.set_fullscreen(wanted.then_some(Fullscreen::Borderless(None)));
        }
    }

    /// F11 belongs to the window for as long as there is a session, and is never the customer's: a way out that always
    /// works.
    fn full_screen_key(&mut self, event: &KeyEvent) {
        if event.state == ElementState::Pressed && !event.repeat {
            self.input.release_all();
            self.ui.full_screen = match self.ui.full_screen {
                FullScreen::Off => FullScreen::WithToolbar,
                FullScreen::WithToolbar | FullScreen::Alone => FullScreen::Off,
            };
            self.follow_full_screen();
            self.draw_again();
        }
    }

    /// Tells the toolbar of the full screen where the pointer is.
    fn watch_pointer(&mut self, event: &WindowEvent) {
        let busy = self.input.holds_button();
        let pointer = match event {
            WindowEvent::CursorMoved { position, .. } if !busy && position.y < 1.0 => bar::Pointer::Edge,
            WindowEvent::CursorMoved { position, .. } if !busy && position.y < f64::from(self.covered) => {
                bar::Pointer::Bar
            }
            WindowEvent::CursorMoved { .. } | WindowEvent::CursorLeft { .. } => bar::Pointer::Elsewhere,
            _ => return,
        };
        if let Some(bar) = &mut self.bar {
            bar.pointer(pointer, Instant::now());
        }
    }

    /// The window's X.
    pub(super) fn close_requested(&mut self) {
        let action = match self.app.view() {
            View::Customer(_) => Action::Customer(CustomerAction::CloseRequested),
            View::Adviser(_) => Action::Adviser(AdviserAction::CloseRequested),
        };
        self.act(action);
    }

    fn act(&mut self, action: Action) {
        self.app.act(action);
        self.stirred = true;
    }

    /// Looks at an event of the window before the user interface does.
    pub(super) fn event(&mut self, event: &WindowEvent) -> Taker {
        self.watch_pointer(event);
        let takes = self.takes_input();
        let placement = self.placement.filter(|_| takes);
        let placement = placement.as_ref();
        let ours = match event {
            // Sent on focus for what was down already: nobody pressed it for the customer.
            WindowEvent::KeyboardInput { is_synthetic: true, .. } => takes,
            WindowEvent::KeyboardInput { event, .. }
                if event.physical_key == PhysicalKey::Code(KeyCode::F11) && self.in_session() =>
            {
                self.full_screen_key(event);
                true
            }
            WindowEvent::KeyboardInput { event, .. } if event.physical_key == WAY_OUT && takes => {
                self.keys_key(event);
                true
            }
            WindowEvent::KeyboardInput { event, .. } => self.key(event, takes),
            WindowEvent::Ime(ime) => self.input_method(ime, takes),
            WindowEvent::ModifiersChanged(modifiers) => {
                self.modifiers = modifiers.state();
                self.watch_for_way_out();
                false
            }
            WindowEvent::CursorMoved { position, .. } => self.input.pointer((position.x, position.y), placement),
            WindowEvent::MouseInput { state, button, .. } => {
                let pressed = *state == ElementState::Pressed;
                if pressed {
                    self.keyboard = if self.input.is_over(placement) { Keyboard::Picture } else { Keyboard::Window };
                    match self.keyboard {
                        // Where one clicks is where one writes, as a rule.
                        Keyboard::Picture => self.ui.clicked = Some(self.input.pointer_at()),
                        Keyboard::Window => self.input.release_all(),
                    }
                }
                match MouseButton::from_winit(*button) {
                    Some(button) => self.input.button(button, pressed, placement),
                    None => self.input.is_over(placement),
                }
            }
            WindowEvent::MouseWheel { delta, .. } => self.input.wheel(*delta, placement),
            // As Windows says that it is minimised.
            WindowEvent::Resized(PhysicalSize { width: 0, height: 0 }) => {
                if let View::Customer(_) = self.app.view() {
                    self.act(Action::Customer(CustomerAction::Minimised));
                }
                false
            }
            WindowEvent::Focused(true) => {
                self.focus = Focus::Yes;
                false
            }
            WindowEvent::Focused(false) => {
                self.focus = Focus::No;
                self.input.release_all();
                false
            }
            _ => false,
        };
        if ours { Taker::Picture } else { Taker::Ui }
    }

    /// An input method may keep a release to itself, or give a press back after it: what is up all the same, and does not
    /// come in a moment, was forgotten.
    fn release_forgotten(&mut self, now: Instant) {
        let held = self.input.held_keys();
        self.up.retain(|(key, _)| held.contains(key));
        for key in held {
            let noticed = self.up.iter().position(|(up, _)| *up == key);
            match (self.is_down(key), noticed) {
                (true, Some(at)) => drop(self.up.swap_remove(at)),
                (false, None) => self.up.push((key, now)),
                (false, Some(at)) if self.up[at].1 + FORGOTTEN <= now => self.input.release_forgotten(key),
                (true, None) | (false, Some(_)) => {}
            }
        }
    }

    /// Is the key down, whatever was told of it?
    fn is_down(&self, key: PhysicalKey) -> bool {
        key.to_scancode().is_none_or(|code| self.app.is_down(code))
    }

    /// winit tells nothing of keys that an input method leaves alone while something is composed, but that Ctrl is held.
    fn watch_for_way_out(&mut self) {
        let control = self.modifiers.contains(ModifiersState::CONTROL);
        if control && !self.ui.composing.is_empty() && !self.has_left() && self.is_down(WAY_OUT) {
            self.change_keys();
            self.left = Some(Instant::now());
        }
    }

    /// The right Ctrl key says whose the keys are, and is never the customer's: a way out that always works.
    fn keys_key(&mut self, event: &KeyEvent) {
        if event.state == ElementState::Pressed && !event.repeat && !self.has_left() {
            self.change_keys();
        }
    }

    /// The press that the input method may give back still was heeded already.
    fn has_left(&self) -> bool {
        self.left.is_some_and(|at| at.elapsed() < HEEDED)
    }

    fn change_keys(&mut self) {
        self.keyboard = match self.keyboard {
            Keyboard::Picture => Keyboard::Window,
            Keyboard::Window => Keyboard::Picture,
        };
        self.input.release_all();
        self.interpreter.forget();
    }

    /// Takes the desktop's own keys while the picture has the keyboard, and gives them back. The input method is asked for
    /// by the user interface, which alone tells the window: its fields want one too.
    fn hold_keys(&mut self, window: &Window, now: Instant) {
        let keys = match (self.takes_input(), self.keyboard) {
            (false, _) => Keys::Settled,
            (true, Keyboard::Picture) => Keys::Theirs,
            (true, Keyboard::Window) => Keys::Ours,
        };
        if self.ui.keys != keys {
            self.ui.keys = keys;
            self.draw_again();
        }
        if keys != Keys::Theirs || self.focus == Focus::No {
            self.compose("");
        }
        let Ok(display) = window.display_handle() else { return };
        let wanted = keys == Keys::Theirs && self.focus == Focus::Yes;
        match self.grip {
            Grip::None if wanted => self.take_keys(window, now),
            Grip::Wanted(at) if wanted && at <= now => self.take_keys(window, now),
            Grip::Wanted(_) | Grip::Held | Grip::Impossible if !wanted => {
                self.app.leave_system_keys(display);
                self.grip = Grip::None;
            }
            _ => {}
        }
    }

    fn take_keys(&mut self, window: &Window, now: Instant) {
        let (Ok(display), Ok(handle)) = (window.display_handle(), window.window_handle()) else { return };
        self.grip = match self.app.take_system_keys(display, handle) {
            Taken::Yes => Grip::Held,
            Taken::NotYet => Grip::Wanted(now + TRY_AGAIN),
            Taken::Never => Grip::Impossible,
        };
    }

    /// A key; `true` if it is the picture's.
    fn key(&mut self, event: &KeyEvent, takes: bool) -> bool {
        let key = event.physical_key;
        let to_picture = takes && self.keyboard == Keyboard::Picture;
        let repeat = !self.input.remember(key) && event.repeat;
        if event.state == ElementState::Released {
            let ours = to_picture || self.input.holds_key(key);
            self.input.release(key);
            return ours;
        }
        if to_picture && !repeat {
            let plain = event.key_without_modifiers();
            let (logical, text) = (&event.logical_key, event.text.as_deref());
            let meaning = self.interpreter.press(Pressed { physical: key, logical, plain: &plain, text });
            self.input.press(key, meaning, self.modifiers);
        }
        to_picture
    }

    /// What comes from an input method; `true` if it is the picture's. What is only being composed is shown in the
    /// toolbar: the customer gets what is chosen in the end.
    fn input_method(&mut self, ime: &Ime, takes: bool) -> bool {
        if !takes || self.keyboard != Keyboard::Picture {
            return false;
        }
        match ime {
            Ime::Commit(text) => {
                self.interpreter.forget();
                self.input.text(text);
                self.compose("");
                true
            }
            Ime::Preedit(text, _) => {
                if !text.is_empty() {
                    // winit keeps releases back for as long as there is something composed, so that a Shift key that
                    // made a capital of its first letter would stay down.
                    self.input.release_keys();
                }
                self.compose(text);
                true
            }
            Ime::Enabled | Ime::Disabled => false,
        }
    }

    /// Shows this as what an input method is about to write.
    fn compose(&mut self, text: &str) {
        if self.ui.composing != text {
            text.clone_into(&mut self.ui.composing);
            self.draw_again();
        }
    }

    fn in_session(&self) -> bool {
        matches!(self.app.view(), View::Adviser(AdviserView { page: AdviserPage::Session(_), .. }))
    }

    /// Are keyboard and mouse over the picture for the customer's computer?
    fn takes_input(&self) -> bool {
        match self.app.view() {
            View::Customer(_) => false,
            View::Adviser(view) => match &view.page {
                AdviserPage::Session(session) => {
                    !view.confirm_close && session.rights.effective.has(lotse_protocol::permission::Permission::Control)
                }
                _ => false,
            },
        }
    }

    /// The remote pointer where it is to be drawn over the picture.
    pub(super) fn sprite(&mut self) -> Option<Sprite> {
        let placement = self.placement?;
        let pointer = self.app.pointer()?;
        let (Looks::Like(shape), Some(at)) = (pointer.looks, pointer.at) else { return None };
        Sprite::new(self.images.of(&shape, &placement), at, &placement)
    }

    /// Gives the window the remote pointer's looks while the adviser's hand is the one that moves it.
    fn dress_cursor(&mut self, window: &Window, event_loop: &ActiveEventLoop) {
        let over = self.placement.filter(|placement| {
            self.takes_input() && (self.input.holds_button() || self.input.is_over(Some(placement)))
        });
        let wanted = match (over, self.app.pointer().map(|pointer| pointer.looks)) {
            (Some(placement), Some(Looks::Like(shape))) => Cursor::Image(self.images.of(&shape, &placement)),
            (Some(_), Some(Looks::Hidden)) => Cursor::Hidden,
            _ => Cursor::Ui,
        };
        self.cursor.become_in(wanted, &mut self.images, window, event_loop);
    }

    /// Places the picture where the user interface left room for it.
    pub(super) fn place(&mut self, pixels_per_point: f32, window: (u32, u32)) {
        // Pixels of a window, and not below 0 after `max`.
        #[expect(clippy::cast_sign_loss, reason = "not below 0")]
        let pixel = |points: f32| (points * pixels_per_point).round().max(0.0) as u32;
        self.covered = pixel(self.ui.covered);
        let Some(rect) = self.ui.picture else {
            self.placement = None;
            return;
        };
        let (x, y) = (pixel(rect.min.x), pixel(rect.min.y));
        let place =
            Area { x, y, width: pixel(rect.max.x).saturating_sub(x), height: pixel(rect.max.y).saturating_sub(y) };
        let scroll = (self.ui.scroll.x, self.ui.scroll.y);
        self.placement = place
            .and(Area::all(window.0, window.1))
            .and_then(|place| Placement::new(place, self.ui.picture_size, self.ui.scale, scroll))
            .and_then(|placement| placement.below(self.covered));
    }
}

impl Shown {
    fn is(&self, view: View<'_>) -> bool {
        match (self, view) {
            (Self::Customer(shown), View::Customer(view)) => shown == view,
            (Self::Adviser(shown), View::Adviser(view)) => shown == view,
            _ => false,
        }
    }
}
