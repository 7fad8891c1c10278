//! The two people: what they do with their hands and what they see, nothing else. Buttons are found by their colour, as
//! people find them; the colours are the theme's.

use std::process::Command;
use std::thread;
use std::time::Duration;

use egui::{Color32, Theme};
use lotse::ui::theme::Palette;
use x11rb::protocol::xproto::Window;

use crate::desk::hands::{Button, keysym};
use crate::desk::process::{Program, Tree};
use crate::desk::relay::{Account, Relay};
use crate::desk::screen::{Pixels, Rect};
use crate::desk::{Desk, PATIENCE, until};

/// Room for the customer's whole screen, pixel for pixel, with toolbar and strip.
pub(crate) const ADVISERS_DESK: (u16, u16) = (1440, 1000);
pub(crate) const ADVISERS_WINDOW: (u16, u16) = (1400, 940);

/// So wide a run of one colour is a button, not a letter.
const BUTTON: usize = 40;

/// A session that has begun: the customer has allowed viewing.
pub(crate) struct Session {
    pub(crate) customer: Customer,
    pub(crate) adviser: Adviser,
    pub(crate) relay: Relay,
}

impl Session {
    /// From two closed programs to a picture on the adviser's screen.
    pub(crate) fn begin() -> Self {
        Self::begin_on(Desk::start())
    }

    /// The same with the customer on this desk.
    pub(crate) fn begin_on(desk: Desk) -> Self {
        Self::begin_with(desk, "software")
    }

    /// The same with both windows drawn by the renderer of this name.
    pub(crate) fn begin_drawn_by(renderer: &str) -> Self {
        Self::begin_with(Desk::start(), renderer)
    }

    /// The same with both on these desks, the adviser on one of [`Adviser::desk`].
    pub(crate) fn begin_from(customers: Desk, advisers: Desk) -> Self {
        Self::begin_between(customers, advisers, "software")
    }

    fn begin_with(desk: Desk, renderer: &str) -> Self {
        Self::begin_between(desk, Adviser::desk(), renderer)
    }

    fn begin_between(customers: Desk, advisers: Desk, renderer: &str) -> Self {
        let customer = |arguments: &[String]| {
            let customer = Customer::start_on(customers, arguments);
            customer.accept_terms();
            customer
        };
        Self::begin_by(renderer, customer, |arguments| Adviser::start_on(advisers, ADVISERS_WINDOW, &[], arguments))
    }

    /// The same with both programs started in these ways, each with the arguments that it is given.
    pub(crate) fn begin_by(
        renderer: &str,
        customer: impl FnOnce(&[String]) -> Customer,
        adviser: impl FnOnce(&[String]) -> Adviser,
    ) -> Self {
        let relay = Relay::start();
        let account = relay.add_adviser("maria", "Maria Huber");
        let mut arguments = relay.arguments().to_vec();
        arguments.extend(["--renderer".to_owned(), renderer.to_owned()]);
        let (customer, adviser) = (customer(&arguments), adviser(&arguments));
        Self::between(relay, &account, customer, adviser)
    }

    /// The same with both programs started, and their windows as they are then.
    pub(crate) fn between(relay: Relay, account: &Account, customer: Customer, adviser: Adviser) -> Self {
        adviser.sign_in(account);
        let (id, code) = customer.numbers();
        adviser.join(&id, &code);
        customer.allow();
        until(PATIENCE, "the session on the adviser's screen", || adviser.is_in_session().then_some(()));
        until(PATIENCE, "the session on the customer's screen", || customer.is_in_session().then_some(()));
        Self { customer, adviser, relay }
    }

    /// The adviser asks for control, the customer allows it.
    pub(crate) fn allow_control(&self) {
        self.adviser.ask_for_control();
        self.customer.allow();
        until(PATIENCE, "the adviser to be told", || (!self.adviser.may_ask()).then_some(()));
        until(PATIENCE, "the customer's window", || self.customer.is_in_session().then_some(()));
    }

    /// The adviser clicks on the picture where the customer's screen has `place`.
    pub(crate) fn click_on_customers(&self, place: (i16, i16)) {
        self.click_on_customers_with(Button::Left, place);
    }

    /// The same with any button.
    pub(crate) fn click_on_customers_with(&self, button: Button, (x, y): (i16, i16)) {
        let (left, top) = self.picture();
        self.adviser.desk.click_with(button, (left + x, top + y));
    }

    /// The adviser holds a key, and it is down at the customer's.
    pub(crate) fn hold_a_key(&self) {
        self.adviser.show_pixel_for_pixel();
        // On the wallpaper: no program there takes the key.
        self.click_on_customers((1270, 790));
        self.adviser.desk.press(u32::from('a'));
        until(PATIENCE, "the key to be down at the customer's", || {
            (!self.customer.desk.held_keys().is_empty()).then_some(())
        });
    }

    /// The adviser's window shows the customer's screen without a pixel's difference; and the customer's pointer on it,
    /// unless it is the adviser's own that stands for it (`tests/session/pointing.rs` says when which).
    pub(crate) fn sees_exactly(&self) {
        until(PATIENCE, "the adviser to see exactly what the customer sees", || {
            let theirs = self.customer.desk.at_rest(Duration::from_millis(200), PATIENCE);
            let shown = self.shown();
            let is = |seen: &Pixels| shown.difference(seen).is_none();
            (is(&theirs) || is(&self.with_pointer(&theirs))).then_some(())
        });
    }

    /// The customer's screen as the adviser's window shows it, pixel for pixel.
    pub(crate) fn shown(&self) -> Pixels {
        let (x, y) = self.picture();
        let Pixels { width, height, .. } = self.customer.desk.pixels();
        self.adviser.desk.pixels_in(Rect { x, y, width, height })
    }

    /// The customer's screen as the customer sees it, with the pointer.
    pub(crate) fn with_pointer(&self, screen: &Pixels) -> Pixels {
        screen.with_cursor(&self.customer.desk.cursor(), self.customer.desk.pointer())
    }

    /// Where the picture begins on the adviser's desk, pixel for pixel: the place at which the customer's most colourful
    /// row is found.
    pub(crate) fn picture(&self) -> (i16, i16) {
        until(PATIENCE, "the picture in the adviser's window", || {
            let pointer = self.customer.desk.pointer().1;
            place_of(&self.customer.desk.pixels(), &self.adviser.desk.pixels(), pointer)
        })
    }
}

/// The customer with the program's window on a desk of their own.
pub(crate) struct Customer {
    // First, so that the picture of a failure still has the window in it.
    pub(crate) desk: Desk,
    pub(crate) program: Program,
    pub(crate) window: Window,
}

impl Customer {
    /// With the terms accepted.
    pub(crate) fn start(relay: &[String]) -> Self {
        let customer = Self::start_with_terms(relay);
        customer.accept_terms();
        customer
    }

    /// With the terms on the screen.
    pub(crate) fn start_with_terms(relay: &[String]) -> Self {
        Self::start_on(Desk::start(), relay)
    }

    /// The same on a desk that is there.
    pub(crate) fn start_on(desk: Desk, relay: &[String]) -> Self {
        Self::start_by(desk, lotse().args(relay))
    }

    /// The same, by a command of which the program is the last step, in the same process.
    pub(crate) fn start_by(desk: Desk, command: &mut Command) -> Self {
        let program = desk.spawn(command);
        let window = desk.window_of(&program, PATIENCE);
        let customer = Self { program, window, desk };
        until(PATIENCE, "the terms", || customer.is_shown_terms().then_some(()));
        customer
    }

    /// *I accept* is there, and nothing that says that this program can be reached.
    pub(crate) fn is_shown_terms(&self) -> bool {
        self.accept_button().is_some() && !self.is_ready()
    }

    /// *I accept*, by the mouse.
    pub(crate) fn accept_terms(&self) {
        // A window that has just appeared may be given another size or place still.
        let place = || Some((self.accept_button()?, self.desk.geometry(self.window)));
        let (accept, _) = until(PATIENCE, "I accept, where it stays", || {
            let before = place()?;
            thread::sleep(Duration::from_millis(200));
            place().filter(|now| *now == before)
        });
        click_in(&self.desk, self.window, accept);
        // Under the pointer it has another colour; when it is gone there is nothing.
        let [red, green, blue, _] = palette().background.to_array();
        until(PATIENCE, "the terms to go away", || {
            (self.looks().at(accept.0, accept.1) == [red, green, blue]).then_some(())
        });
    }

    /// Below the text, around which the keyboard's ring has the same colour.
    fn accept_button(&self) -> Option<(u16, u16)> {
        last_button(&self.looks(), palette().accent)
    }

    /// Green: this program can be reached.
    pub(crate) fn is_ready(&self) -> bool {
        self.sees(palette().good, 6)
    }

    /// ID and channel code, copied by the two buttons beside them.
    pub(crate) fn numbers(&self) -> (String, String) {
        until(PATIENCE, "the customer's program to be ready", || self.is_ready().then_some(()));
        self.desk.focus(self.window);
        // Wherever the keyboard is, the next Tab is the first one.
        self.desk.tap(keysym::ESCAPE);
        let copied = |digits: usize| {
            self.desk.tap(keysym::TAB);
            self.desk.tap(u32::from(' '));
            until(PATIENCE, "a number on the clipboard", || {
                let text: String = self.desk.clipboard()?.chars().filter(char::is_ascii_digit).collect();
                (text.len() == digits).then_some(text)
            })
        };
        (copied(9), copied(6))
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.sees(palette().warning_back, BUTTON)
    }

    /// *Allow*, once it can be clicked.
    pub(crate) fn allow(&self) {
        until(PATIENCE, "the question", || self.is_asked().then_some(()));
        let button = until(PATIENCE, "Allow", || button(&self.looks(), palette().accent));
        click_in(&self.desk, self.window, button);
        until(PATIENCE, "the question to go away", || (!self.is_asked()).then_some(()));
    }

    /// *Take back*, by the keyboard: it comes after *End*.
    pub(crate) fn stop_control(&self) {
        self.desk.focus(self.window);
        self.desk.tap(keysym::TAB);
        self.desk.tap(keysym::TAB);
        self.desk.tap(u32::from(' '));
    }

    /// The same by the mouse: it is below *End*, at its right.
    pub(crate) fn take_back(&self) {
        let end = until(PATIENCE, "End", || run(&self.looks(), palette().danger, BUTTON));
        click_in(&self.desk, self.window, (end.x + end.wide - 70, end.y + 120));
    }

    /// The accented button of a page that has one.
    pub(crate) fn click_main_button(&self) {
        self.desk.click(self.main_button());
    }

    /// Where that is on the desk.
    pub(crate) fn main_button(&self) -> (i16, i16) {
        let main = until(PATIENCE, "a button", || button(&self.looks(), palette().accent));
        on_desk(&self.desk, self.window, main)
    }

    /// *Get help again* on the last page, by the keyboard: it comes before *Close*, which has it.
    pub(crate) fn wait_again(&self) {
        self.desk.focus(self.window);
        self.desk.at_rest(Duration::from_millis(200), PATIENCE);
        self.desk.press(keysym::SHIFT);
        self.desk.tap(keysym::TAB);
        self.desk.release(keysym::SHIFT);
        self.desk.tap(u32::from(' '));
    }

    /// Red: *End* is there.
    pub(crate) fn is_in_session(&self) -> bool {
        self.sees(palette().danger, BUTTON)
    }

    /// The notice that nothing is heard from the other side.
    pub(crate) fn is_told_of_silence(&self) -> bool {
        self.is_in_session() && self.sees(palette().warning_back, BUTTON)
    }

    pub(crate) fn end(&self) {
        let end = until(PATIENCE, "End", || button(&self.looks(), palette().danger));
        click_in(&self.desk, self.window, end);
    }

    /// *End session* in the question that the window's X asks.
    pub(crate) fn confirm(&self) {
        let before = self.looks();
        until(PATIENCE, "the question whether to end", || self.says_otherwise_than(&before).then_some(()));
        self.desk.at_rest(Duration::from_millis(200), PATIENCE);
        let yes = until(PATIENCE, "Yes", || last_button(&self.looks(), palette().danger));
        click_in(&self.desk, self.window, yes);
    }

    /// The window's X, and then the third way out of the question, to the tray.
    pub(crate) fn close_only_the_window(&self) {
        self.ask_by_x();
        for _ in 0..2 {
            self.desk.tap(keysym::TAB);
        }
        self.desk.tap(u32::from(' '));
        until(PATIENCE, "the window to go", || (!self.desk.is_visible(self.window)).then_some(()));
    }

    /// The window's X, up to the question.
    pub(crate) fn ask_by_x(&self) {
        let before = self.looks();
        self.desk.focus(self.window);
        self.desk.close(self.window);
        until(PATIENCE, "the question whether to end", || self.says_otherwise_than(&before).then_some(()));
        self.desk.at_rest(Duration::from_millis(200), PATIENCE);
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::of(self.program.pid())
    }

    pub(crate) fn looks(&self) -> Pixels {
        self.desk.looks(self.window)
    }

    /// The window's pixels.
    pub(crate) fn size(&self) -> (u16, u16) {
        let window = self.desk.geometry(self.window);
        (window.width, window.height)
    }

    pub(crate) fn says_otherwise_than(&self, before: &Pixels) -> bool {
        self.looks().difference(before).is_some()
    }

    fn sees(&self, colour: Color32, wide: usize) -> bool {
        run(&self.looks(), colour, wide).is_some()
    }
}

/// The adviser with the program's window on a desk of their own.
pub(crate) struct Adviser {
    pub(crate) desk: Desk,
    pub(crate) program: Program,
    pub(crate) window: Window,
    /// Of the window.
    size: (u16, u16),
}

impl Adviser {
    /// Room for the window and all that is usual in it.
    pub(crate) fn desk() -> Desk {
        Desk::start_sized(ADVISERS_DESK)
    }

    pub(crate) fn start(relay: &[String]) -> Self {
        Self::start_in(&[], relay)
    }

    /// The same with these variables in the environment.
    pub(crate) fn start_in(environment: &[(&str, &str)], relay: &[String]) -> Self {
        Self::start_on(Self::desk(), ADVISERS_WINDOW, environment, relay)
    }

    /// On a desk that was there before, with a window of this size.
    pub(crate) fn start_on(desk: Desk, size: (u16, u16), environment: &[(&str, &str)], relay: &[String]) -> Self {
        Self::start_by(desk, size, lotse().arg("adviser").args(relay).envs(environment.iter().copied()))
    }

    /// The same, by a command of which the program is the last step, in the same process.
    pub(crate) fn start_by(desk: Desk, size: (u16, u16), command: &mut Command) -> Self {
        let program = desk.spawn(command);
        let window = desk.window_of(&program, PATIENCE);
        desk.resize(window, size);
        Self { program, window, size, desk }
    }

    pub(crate) fn sign_in(&self, account: &Account) {
        self.desk.focus(self.window);
        // The field for the name has the keyboard.
        self.desk.at_rest(Duration::from_millis(700), PATIENCE);
        let before = self.looks();
        self.desk.type_text(&account.name);
        self.desk.tap(keysym::TAB);
        self.change_fields();
        self.desk.type_text(&account.password);
        self.desk.tap(keysym::RETURN);
        until(PATIENCE, "the next page", || self.says_otherwise_than(&before).then_some(()));
        // Green: signed in, and the two numbers can be typed.
        self.desk.at_rest(Duration::from_millis(700), PATIENCE);
    }

    /// Types both numbers; the second field takes over by itself when the first is full.
    pub(crate) fn join(&self, id: &str, code: &str) {
        self.desk.type_text(id);
        self.change_fields();
        self.desk.type_text(code);
        self.desk.tap(keysym::RETURN);
    }

    /// Each field begins anew with an input method, which takes a moment; what comes earlier than any person types is lost.
    fn change_fields(&self) {
        if self.desk.has_input_method() {
            self.desk.at_rest(Duration::from_millis(300), PATIENCE);
        }
    }

    /// Types another ID over the one in the field that has the keyboard, and a code.
    pub(crate) fn join_another(&self, id: &str, code: &str) {
        self.desk.press(keysym::CONTROL);
        self.desk.tap(u32::from('a'));
        self.desk.release(keysym::CONTROL);
        self.join(id, code);
    }

    /// From the field for the code back to the one for the ID.
    pub(crate) fn back_to_the_id(&self) {
        self.desk.press(keysym::SHIFT);
        self.desk.tap(keysym::TAB);
        self.desk.release(keysym::SHIFT);
    }

    /// The window's pixels.
    pub(crate) fn size(&self) -> (u16, u16) {
        let window = self.desk.geometry(self.window);
        (window.width, window.height)
    }

    /// Types the code again, with the ID still there.
    pub(crate) fn join_again(&self, code: &str) {
        self.desk.type_text(code);
        self.desk.tap(keysym::RETURN);
    }

    pub(crate) fn sees_a_problem(&self) {
        until(PATIENCE, "the sentence about the wrong code", || {
            run(&self.looks(), palette().warning_back, BUTTON).map(|_| ())
        });
    }

    /// Red: *End* is there.
    pub(crate) fn is_in_session(&self) -> bool {
        run(&self.looks(), palette().danger, BUTTON).is_some()
    }

    /// The strip says in the warning colour that nothing is heard from the other side, or it is over.
    pub(crate) fn is_told_of_silence(&self) -> bool {
        !self.is_in_session() || run(&self.strip(), palette().warning, 3).is_some()
    }

    /// *Yes, end it* in the question that the window's X asks, which takes the toolbar's place.
    pub(crate) fn confirm(&self) {
        let yes = until(PATIENCE, "the question whether to end", || {
            button(&self.toolbar(), palette().danger).filter(|(x, _)| *x < self.size.0 / 2)
        });
        click_in(&self.desk, self.window, yes);
    }

    /// *Ask for control* is there: the left one of the accented buttons in the toolbar, of which *Fit* is the other.
    pub(crate) fn may_ask(&self) -> bool {
        button(&self.toolbar(), palette().accent).is_some_and(|(x, _)| x < self.size.0 / 2)
    }

    pub(crate) fn ask_for_control(&self) {
        let ask = until(PATIENCE, "Ask for control", || {
            button(&self.toolbar(), palette().accent).filter(|(x, _)| *x < self.size.0 / 2)
        });
        click_in(&self.desk, self.window, ask);
    }

    /// *1:1*, which stands between *Fit* and *End*; again, if a busy window has not noticed the click.
    pub(crate) fn show_pixel_for_pixel(&self) {
        let (end, y) = until(PATIENCE, "End", || button(&self.toolbar(), palette().danger));
        until(PATIENCE, "1:1 instead of Fit", || {
            click_in(&self.desk, self.window, (end - 240, y));
            self.desk.at_rest(Duration::from_millis(100), PATIENCE);
            let is_fit = |run: &Run| run.x > self.size.0 / 2 && run.x + run.wide < end - 260;
            (!runs(&self.toolbar(), palette().accent, BUTTON).iter().any(is_fit)).then_some(())
        });
    }

    /// The pointer rests on the picture, so far right and down, in hundredths of the window.
    pub(crate) fn point_at(&self, (right, down): (u16, u16)) {
        let window = self.desk.geometry(self.window);
        let part = |start: i16, size: u16, hundredths: u16| {
            start + i16::try_from(u32::from(size) * u32::from(hundredths) / 100).expect("inside a screen")
        };
        self.desk.move_to((part(window.x, window.width, right), part(window.y, window.height, down)));
    }

    pub(crate) fn looks(&self) -> Pixels {
        self.desk.looks(self.window)
    }

    pub(crate) fn says_otherwise_than(&self, before: &Pixels) -> bool {
        self.looks().difference(before).is_some()
    }

    /// The toolbar says in the warning colour that something is in the way.
    pub(crate) fn is_told_why_it_pauses(&self) -> bool {
        self.is_in_session() && run(&self.toolbar(), palette().warning, 3).is_some()
    }

    pub(crate) fn fills_the_screen(&self) -> bool {
        let window = self.desk.geometry(self.window);
        (window.width, window.height) == ADVISERS_DESK
    }

    /// The bottom of the window, where no picture is.
    fn strip(&self) -> Pixels {
        let window = self.desk.geometry(self.window);
        let below = i16::try_from(window.height - 24).expect("inside a screen");
        self.desk.pixels_in(Rect { y: window.y + below, height: 24, ..window })
    }

    /// The top of the window, where no picture is.
    pub(crate) fn toolbar(&self) -> Pixels {
        let window = self.desk.geometry(self.window);
        self.desk.pixels_in(Rect { height: 56, ..window })
    }
}

/// English, whatever the machine speaks, and nothing logged but what went wrong.
pub(crate) fn lotse() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lotse"));
    command.env("LC_ALL", "C.UTF-8").env("LANG", "C.UTF-8").env_remove("RUST_LOG");
    command
}

fn palette() -> &'static Palette {
    Palette::of(Theme::Light)
}

/// A place to click the leftmost button of this colour, in pixels of the window.
fn button(window: &Pixels, colour: Color32) -> Option<(u16, u16)> {
    runs(window, colour, BUTTON).into_iter().min_by_key(|run| (run.x, run.y)).map(Run::place)
}

/// The same for the lowest one.
fn last_button(window: &Pixels, colour: Color32) -> Option<(u16, u16)> {
    runs(window, colour, BUTTON).into_iter().max_by_key(|run| run.y).map(|run| (run.x + run.wide / 2, run.y - 4))
}

fn run(window: &Pixels, colour: Color32, wide: usize) -> Option<Run> {
    runs(window, colour, wide).into_iter().next()
}

/// A row of pixels of one colour.
#[derive(Clone, Copy)]
struct Run {
    x: u16,
    y: u16,
    wide: u16,
}

impl Run {
    /// A little below the upper edge of what begins here.
    fn place(self) -> (u16, u16) {
        (self.x + self.wide / 2, self.y + 10)
    }
}

fn runs(window: &Pixels, colour: Color32, wide: usize) -> Vec<Run> {
    let bgr = [colour.b(), colour.g(), colour.r()];
    let width = usize::from(window.width);
    let mut found = Vec::new();
    for (y, row) in window.bgrx.chunks_exact(width * 4).enumerate() {
        let mut start = None;
        for x in 0..=width {
            let same = x < width && row[x * 4..x * 4 + 3] == bgr;
            match (same, start) {
                (true, None) => start = Some(x),
                (false, Some(begun)) => {
                    start = None;
                    if x - begun >= wide {
                        let small = |value: usize| u16::try_from(value).expect("inside a screen");
                        found.push(Run { x: small(begun), y: small(y), wide: small(x - begun) });
                    }
                }
                _ => {}
            }
        }
    }
    found
}

fn click_in(desk: &Desk, window: Window, place: (u16, u16)) {
    desk.click(on_desk(desk, window, place));
}

fn on_desk(desk: &Desk, window: Window, (x, y): (u16, u16)) -> (i16, i16) {
    let place = desk.geometry(window);
    let on_desk = |start: i16, inside: u16| start + i16::try_from(inside).expect("inside a screen");
    (on_desk(place.x, x), on_desk(place.y, y))
}

/// Where `shown` begins on `desk`: by its most colourful row, of those that the pointer in the row `pointer` is not over.
fn place_of(shown: &Pixels, desk: &Pixels, pointer: i16) -> Option<(i16, i16)> {
    let row = |pixels: &Pixels, y: usize| -> Vec<[u8; 3]> {
        let width = usize::from(pixels.width) * 4;
        pixels.bgrx[y * width..(y + 1) * width].chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    };
    let colours = |row: &[[u8; 3]]| row.iter().collect::<std::collections::HashSet<_>>().len();
    let rows = (0..usize::from(shown.height)).filter(|y| y.abs_diff(usize::from(pointer.unsigned_abs())) > 64);
    // Of several that look alike the topmost, which is the one that is found first.
    let (top, wanted) = rows.rev().map(|y| (y, row(shown, y))).max_by_key(|(_, row)| colours(row))?;
    for y in top..usize::from(desk.height) {
        if let Some(x) = row(desk, y).windows(wanted.len()).position(|part| part == wanted) {
            return Some((i16::try_from(x).ok()?, i16::try_from(y - top).ok()?));
        }
    }
    None
}
