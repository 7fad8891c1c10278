//! The icon in Windows' notification area, on a real panel: Wine puts it there by XEmbed.

use std::time::Duration;

use lotse::tray::icon::Icon;
use x11rb::protocol::xproto::Window;

use crate::desk::hands::Button;
use crate::desk::process::Program;
use crate::desk::relay::Relay;
use crate::desk::screen::Rect;
use crate::desk::tray::Shade;
use crate::desk::{Desk, PATIENCE, until};
use crate::looks::is_drawn_whole;
use crate::people::{ADVISERS_WINDOW, Adviser, Customer, Session};
use crate::prefix::{GONE_WITHIN, Prefix};

/// As Windows draws its small icons at 96 dots to an inch.
const SIDE: u16 = 16;

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn the_icon_leads_back_to_the_window_and_to_the_end() {
    let prefix = Prefix::given();
    let (mut stage, relay) = (Stage::set(), Relay::start());
    let mut program = stage.desk.spawn(prefix.lotse().args(relay.arguments()));
    let window = stage.desk.window_of(&program, PATIENCE);
    let place = stage.icon();

    stage.minimise(window);
    stage.desk.click(place);
    stage.comes_back(window);

    stage.minimise(window);
    let menu = stage.menu(place);
    stage.desk.click((menu.x + LINE, menu.y + LINE));
    stage.comes_back(window);

    let menu = stage.menu(place);
    stage.desk.click((menu.x + LINE, bottom(menu) - LINE));
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it quits");
    stage.has_no_icon();
    drop(relay);
    stage.panel.kill();
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_program_that_ends_or_is_killed_leaves_no_icon() {
    let prefix = Prefix::given();
    let (stage, relay) = (Stage::set(), Relay::start());
    let start = || {
        let program = stage.desk.spawn(prefix.lotse().args(relay.arguments()));
        let window = stage.desk.window_of(&program, PATIENCE);
        stage.icon();
        (program, window)
    };
    let (mut program, window) = start();
    stage.desk.close(window);
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
    stage.has_no_icon();

    let (mut program, _) = start();
    program.kill();
    stage.has_no_icon();
}

/// By a balloon. That it does so once is shown where it is decided: Wine shows no second one, whoever asks for it.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_window_that_is_minimised_says_that_it_is_still_here() {
    let prefix = Prefix::given();
    let (Stage { desk, panel: _panel, _bus }, relay) = (Stage::set(), Relay::start());
    let customer = Customer::start_by(desk, prefix.lotse().args(relay.arguments()));
    customer.accept_terms();
    until(PATIENCE, "the numbers", || customer.is_ready().then_some(()));
    until(PATIENCE, "the icon", || customer.desk.find_icon_of(Icon::Ready, SIDE));
    let before = customer.desk.popups();
    customer.desk.minimise(customer.window);
    until(PATIENCE, "the balloon", || customer.desk.popups().into_iter().find(|popup| !before.contains(popup)));
}

#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn a_question_is_drawn_whole_in_a_window_that_comes_back_by_itself() {
    let prefix = Prefix::given();
    for renderer in ["software", "gl"] {
        a_question_is_drawn_whole_by(renderer, &prefix);
        prefix.ends();
    }
}

fn a_question_is_drawn_whole_by(renderer: &str, prefix: &Prefix) {
    let Stage { desk, panel: _panel, _bus } = Stage::set();
    let customer = |arguments: &[String]| {
        let customer = Customer::start_by(desk, prefix.lotse().args(arguments));
        customer.accept_terms();
        customer
    };
    let adviser = |arguments: &[String]| Adviser::start_on(Adviser::desk(), ADVISERS_WINDOW, &[], arguments);
    let Session { customer, adviser, relay: _relay } = Session::begin_by(renderer, customer, adviser);
    customer.close_only_the_window();
    adviser.ask_for_control();
    until(PATIENCE, "the window to come back", || customer.desk.is_visible(customer.window).then_some(()));
    until(PATIENCE, "the question", || customer.is_asked().then_some(()));
    customer.desk.at_rest(Duration::from_millis(500), PATIENCE);
    is_drawn_whole(&customer.looks());
}

/// The taskbar leaves less than the window is high by itself.
#[test]
#[ignore = "needs lotse.exe and Wine: ./dev windows test"]
fn no_part_of_the_window_lies_behind_the_taskbar() {
    let prefix = Prefix::given();
    let (stage, relay) = (Stage::set_on(Desk::start_sized((900, 560))), Relay::start());
    let mut program = stage.desk.spawn(prefix.lotse().args(relay.arguments()));
    let window = stage.desk.window_of(&program, PATIENCE);
    let free = 560 - 32;
    until(PATIENCE, "the window to make room", || (bottom(stage.desk.geometry(window)) <= free).then_some(()));
    stage.desk.close(window);
    assert!(program.ended(GONE_WITHIN).is_some_and(|status| status.success()), "it ends with its window");
}

/// A desk with a panel, on which Wine finds a place for icons.
struct Stage {
    desk: Desk,
    panel: Program,
    _bus: Program,
}

impl Stage {
    fn set() -> Self {
        Self::set_on(Desk::start())
    }

    fn set_on(desk: Desk) -> Self {
        let bus = desk.start_bus();
        Self { panel: desk.start_panel(Shade::Light), _bus: bus, desk }
    }

    fn icon(&self) -> (i16, i16) {
        until(PATIENCE, "the icon", || self.desk.find_icon_of(Icon::Ready, SIDE))
    }

    fn has_no_icon(&self) {
        until(GONE_WITHIN, "the icon to go", || self.desk.find_icon_of(Icon::Ready, SIDE).is_none().then_some(()));
    }

    fn minimise(&self, window: Window) {
        self.desk.minimise(window);
        until(PATIENCE, "the window to go", || (!self.desk.is_visible(window)).then_some(()));
    }

    fn comes_back(&self, window: Window) {
        until(PATIENCE, "the window to come back", || self.desk.is_visible(window).then_some(()));
        self.desk.at_rest(Duration::from_millis(300), PATIENCE);
    }

    /// Opens the icon's menu. The tip has one line.
    fn menu(&self, place: (i16, i16)) -> Rect {
        self.desk.click_with(Button::Right, place);
        let is_menu = |popup: &Rect| i32::from(popup.height) > 3 * i32::from(LINE) && popup.height < 200;
        let menu = until(PATIENCE, "the icon's menu", || self.desk.popups().into_iter().find(is_menu));
        self.desk.at_rest(Duration::from_millis(300), PATIENCE);
        menu
    }
}

/// Inside of the first line of a menu, or of the last, from its edge on.
const LINE: i16 = 12;

fn bottom(rect: Rect) -> i16 {
    rect.y + i16::try_from(rect.height).expect("inside a screen")
}
