//! A copy whose institution cannot be read: it says so, and does nothing else.

use std::sync::Arc;
use std::time::Instant;

use crate::app::view::{CustomerAction, CustomerPage, CustomerView, Runs, Seen, Terms};
use crate::shell::{self, Action, App, Input, Options, Renderer, Screen, ShellError, View, Window};

/// Shows what is wrong until the window is closed.
///
/// # Errors
/// There is no window.
pub fn run(reason: String, renderer: Renderer) -> Result<(), ShellError> {
    let view = CustomerView {
        institution: String::new(),
        test_relay: None,
        terms: Terms::default(),
        page: CustomerPage::Damaged { reason },
        confirm_close: false,
        seen: Seen::Window,
        runs: Runs::AsUsual,
    };
    shell::run(Options::new(Window::Customer, renderer), |_| Told { view, exit: Exit::No })
}

struct Told {
    view: CustomerView,
    exit: Exit,
}

#[derive(PartialEq, Eq)]
enum Exit {
    No,
    Now,
}

impl App for Told {
    fn view(&self) -> View<'_> {
        View::Customer(&self.view)
    }

    fn act(&mut self, action: Action) {
        if let Action::Customer(CustomerAction::Close | CustomerAction::CloseRequested) = action {
            self.exit = Exit::Now;
        }
    }

    fn tick(&mut self, _now: Instant) -> Option<Instant> {
        None
    }

    fn picture(&self) -> Option<Arc<dyn Screen>> {
        None
    }

    fn input(&mut self, _input: Input) {}

    fn wants_exit(&self) -> bool {
        self.exit == Exit::Now
    }

    fn attention(&mut self) -> bool {
        false
    }
}
