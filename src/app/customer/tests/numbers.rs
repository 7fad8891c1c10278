//! The two numbers: how long a code lives, what is said of it, and how it comes back after a session.

use std::time::Duration;

use lotse_protocol::permission::{Permission, Permissions};

use super::{Code, Command, Event, Prompt, Stage};
use crate::app::customer::ARMED_AFTER;
use crate::app::view::{CodeView, CustomerAction, Offline, Status, WhyOver};

impl Stage {
    fn new_code_comes(&mut self) {
        let until = self.now + Duration::from_secs(600);
        self.happens(Event::Code(Code::Shown { code: "204 611".into(), until }));
    }
}

fn shown(code: &str, seconds: u64) -> CodeView {
    CodeView::Shown { code: code.into(), remaining: Duration::from_secs(seconds) }
}

/// What stands beside the code, by the second, as long as it lives.
#[test]
fn a_codes_life_is_counted_down_from_ten_minutes_to_one_second() {
    let mut stage = Stage::ready();
    for left in (1..=600).rev() {
        assert_eq!(stage.waiting().code, shown("731 940", left));
        let (commands, next) = stage.customer.tick(stage.now);
        assert_eq!((commands, next), (Vec::new(), Some(stage.now + Duration::from_secs(1))));
        stage.now += Duration::from_secs(1);
    }
    // The next code comes from the introduction, at that moment.
    stage.new_code_comes();
    assert_eq!(stage.waiting().code, shown("204 611", 600));
}

#[test]
fn the_clock_stands_still_while_somebody_is_being_introduced() {
    let mut stage = Stage::ready();
    stage.passes(Duration::from_secs(595));
    stage.happens(Event::Knocked);
    stage.happens(Event::Code(Code::InUse { code: "731 940".into() }));
    // Past the end of its life it stays, and nothing counts.
    stage.passes(Duration::from_secs(20));
    assert_eq!(stage.customer.tick(stage.now).1, None);
    let waiting = stage.waiting();
    assert_eq!((waiting.code, waiting.status), (CodeView::InUse { code: "731 940".into() }, Status::SomebodyKnocks));

    stage.happens(Event::KnockOver);
    stage.new_code_comes();
    let waiting = stage.waiting();
    assert_eq!((waiting.code, waiting.status), (shown("204 611", 600), Status::Ready));
}

#[test]
fn after_three_lost_codes_there_is_none_until_the_customer_asks() {
    let mut stage = Stage::ready();
    stage.happens(Event::Code(Code::UsedUp));
    assert_eq!(stage.passes(Duration::from_secs(3600)), []);
    assert_eq!(stage.waiting().code, CodeView::UsedUp);
    assert_eq!(stage.does(CustomerAction::NewCode), [Command::NewCode]);
    stage.new_code_comes();
    assert_eq!(stage.waiting().code, shown("204 611", 600));
}

/// Whoever was being introduced goes with the connection, and is told of after it.
#[test]
fn a_knock_that_ends_with_the_connection_does_not_make_it_ready() {
    let mut stage = Stage::ready();
    stage.happens(Event::Knocked);
    stage.happens(Event::Offline(Offline::Lost));
    stage.happens(Event::KnockOver);
    assert_eq!(stage.waiting().status, Status::Offline(Offline::Lost));
}

#[test]
fn who_was_helped_can_be_helped_again_with_new_numbers() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Ended(WhyOver::ByOther));
    stage.new_code_comes();
    assert_eq!(stage.why_over(), WhyOver::ByOther);
    assert_eq!(stage.does(CustomerAction::WaitAgain), []);
    let waiting = stage.waiting();
    assert_eq!((waiting.id.as_deref(), waiting.status), (Some("482 913 077"), Status::Ready));
    assert_eq!(waiting.code, shown("204 611", 600));

    // It leads out of no session.
    let mut stage = Stage::in_session();
    assert_eq!(stage.does(CustomerAction::WaitAgain), []);
    stage.session();
}

#[test]
fn after_stop_control_the_adviser_may_ask_again() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Rights(Permissions::from(Permission::View).with(Permission::Control)));
    assert_eq!(stage.does(CustomerAction::Stop(Permission::Control)), [Command::Revoke(Permission::Control.into())]);
    stage.happens(Event::Rights(Permission::View.into()));
    stage.asks(Permission::Control);
    assert_eq!(stage.question().asks, Permission::Control.into());
    stage.passes(ARMED_AFTER);
    assert_eq!(
        stage.does(CustomerAction::Allow),
        [Command::Grant(Permission::Control.into()), Command::ResumeControl(Prompt::Question)]
    );
}
