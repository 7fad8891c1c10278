//! Going on as an administrator: in the program that has the session, and in the one that goes on with it.

use std::time::Duration;

use lotse_protocol::message::session::{EndReason, GoesOn};
use lotse_protocol::permission::Permission;

use super::{Stage, maria};
use crate::app::customer::{ARMED_AFTER, Code, Command, Event, Guest, LEAVES_WITHIN, Prompt, Rise, Tray};
use crate::app::view::{
    ActivityKind, Beyond, CustomerAction, CustomerPage, Offline, Onward, Runs, Seen, StayedHere, WhyOver,
};

/// A session in which a window of an administrator's is in front.
fn before_a_window() -> Stage {
    let mut stage = rising(Rise::Possible);
    stage.happens(Event::Beyond(Some(Beyond::Administrator)));
    stage
}

fn rising(rise: Rise) -> Stage {
    let Stage { customer, now } = Stage::in_session();
    Stage { customer: customer.rising(rise), now }
}

fn onward(stage: &Stage) -> Onward {
    stage.session().onward
}

fn goes_on() -> GoesOn {
    GoesOn { id: 482_913_077, code: "731 940".into() }
}

/// The customer has chosen it, with two clicks: the second where only the customer's own hand reaches.
fn chosen() -> Stage {
    let mut stage = before_a_window();
    choose(&mut stage);
    stage
}

fn choose(stage: &mut Stage) -> Vec<Command> {
    assert_eq!(stage.does(CustomerAction::Onward), [Command::SuspendControl(Prompt::Question)]);
    stage.passes(ARMED_AFTER);
    stage.does(CustomerAction::ConfirmOnward)
}

/// The other program is ready, and the adviser's has been told.
fn told() -> Stage {
    let mut stage = chosen();
    assert_eq!(stage.happens(Event::OtherReady(goes_on())), [Command::SayGoesOn(goes_on())]);
    stage
}

#[test]
fn it_is_offered_from_the_first_such_window_on_and_where_it_is_possible() {
    let mut stage = rising(Rise::Possible);
    assert_eq!(onward(&stage), Onward::NotOffered);
    assert_eq!(stage.does(CustomerAction::Onward), [], "nobody chooses what is not offered");
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    stage.happens(Event::Beyond(Some(Beyond::Prompt)));
    assert_eq!(onward(&stage), Onward::Offered);
    // The click brings this window to the front.
    stage.happens(Event::Beyond(None));
    assert_eq!(onward(&stage), Onward::Offered);

    let mut already = rising(Rise::Impossible);
    already.happens(Event::Beyond(Some(Beyond::Administrator)));
    assert_eq!(onward(&already), Onward::NotOffered);
}

#[test]
fn choosing_it_asks_windows_once_for_this_adviser() {
    let mut stage = before_a_window();
    let go_on = Command::GoOn { account: maria().account(), adviser: "Maria Huber".into() };
    assert_eq!(choose(&mut stage), [Command::ResumeControl(Prompt::Question), go_on]);
    assert_eq!(onward(&stage), Onward::UnderWay);
    assert_eq!(stage.does(CustomerAction::Onward), []);
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    assert_eq!(stage.session().rights, Permission::View.into(), "the session goes on");
}

#[test]
fn nobody_but_the_customer_chooses_it() {
    let mut stage = before_a_window();
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), [], "nothing was asked");
    // The adviser, who has mouse and keyboard, clicks on the offer: from then on they reach nothing.
    assert_eq!(stage.does(CustomerAction::Onward), [Command::SuspendControl(Prompt::Question)]);
    assert_eq!(onward(&stage), Onward::Asking { armed: false });
    assert_eq!(stage.customer.tick(stage.now).1, Some(stage.now + ARMED_AFTER));
    stage.passes(ARMED_AFTER - Duration::from_millis(1));
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), [], "a click that was on its way");
    assert_eq!(stage.does(CustomerAction::Onward), [], "once is enough");
    stage.passes(Duration::from_millis(1));
    assert_eq!(onward(&stage), Onward::Asking { armed: true });
    assert_eq!(stage.does(CustomerAction::CancelOnward), [Command::ResumeControl(Prompt::Question)]);
    assert_eq!(onward(&stage), Onward::Offered);
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    assert_eq!(stage.does(CustomerAction::CancelOnward), [], "nothing is resumed that was not suspended");
}

#[test]
fn it_is_asked_alone_and_in_sight() {
    let mut stage = before_a_window();
    stage.does(CustomerAction::Onward);
    stage.passes(ARMED_AFTER);
    // Covered, and seen again: a click that was meant for what covered it is none for this.
    stage.does(CustomerAction::CloseRequested);
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    stage.does(CustomerAction::CancelClose);
    assert_eq!(onward(&stage), Onward::Asking { armed: false });
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    // What the adviser asks comes first, and control stays suspended for it.
    let asked = stage.asks(Permission::Control);
    assert!(asked.contains(&Command::SuspendControl(Prompt::Question)));
    assert!(!asked.contains(&Command::ResumeControl(Prompt::Question)));
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    assert_eq!(stage.does(CustomerAction::CancelOnward), []);
    assert_eq!(stage.does(CustomerAction::Onward), [], "not under a question");
    stage.does(CustomerAction::Refuse);
    assert_eq!(onward(&stage), Onward::Offered);
}

#[test]
fn the_window_does_not_go_away_with_it_on_the_screen() {
    let mut stage = before_a_window();
    stage.happens(Event::Tray(Tray::There));
    stage.does(CustomerAction::Onward);
    stage.does(CustomerAction::CloseRequested);
    stage.does(CustomerAction::GoToTray);
    assert_eq!(stage.seen(), Seen::WindowAndTray);
}

#[test]
fn what_comes_to_nothing_is_said_and_the_session_goes_on() {
    for why in [
        StayedHere::Refused,
        StayedHere::OtherAccount,
        StayedHere::NotStarted,
        StayedHere::NotReady,
        StayedHere::AdviserStayed,
    ] {
        let mut stage = chosen();
        assert_eq!(stage.happens(Event::OtherFailed(why)), []);
        assert_eq!(onward(&stage), Onward::StayedHere(why));
        let last = stage.session().activities.last().map(|line| line.kind);
        assert_eq!(last, Some(ActivityKind::StayedHere(why)));
        assert!(matches!(choose(&mut stage)[..], [_, Command::GoOn { .. }]), "it may be tried again");
    }
}

#[test]
fn the_program_goes_when_the_adviser_has_left_for_the_other() {
    let mut stage = told();
    assert_eq!(onward(&stage), Onward::UnderWay);
    assert_eq!(stage.happens(Event::WentOn), [Command::SayComing, Command::Exit]);
}

/// On a bad link the word of an adviser's program that leaves may be lost.
#[test]
fn who_was_told_and_is_gone_without_a_word_has_gone_there() {
    let mut stage = told();
    assert_eq!(stage.happens(Event::Vanished), [Command::SayComing, Command::Exit]);
    for mut stage in [before_a_window(), chosen()] {
        assert_eq!(stage.happens(Event::Vanished), [], "told nothing");
        assert_eq!(stage.why_over(), WhyOver::OtherGone);
    }
    // Who closes the window says so, and goes nowhere.
    let mut closed = told();
    assert_eq!(closed.happens(Event::Ended(WhyOver::OtherGone)), []);
    assert_eq!(closed.why_over(), WhyOver::OtherGone);
}

#[test]
fn an_adviser_whose_program_does_not_know_of_it_stays_and_so_does_the_session() {
    let mut stage = told();
    let (_, next) = stage.customer.tick(stage.now);
    assert_eq!(next, Some(stage.now + LEAVES_WITHIN));
    assert_eq!(stage.passes(LEAVES_WITHIN - Duration::from_millis(1)), []);
    assert_eq!(stage.passes(Duration::from_millis(1)), [Command::StayHere]);
    assert_eq!(onward(&stage), Onward::StayedHere(StayedHere::AdviserStayed));
    assert_eq!(stage.passes(LEAVES_WITHIN), [], "said once");
}

#[test]
fn nobody_goes_on_from_a_session_that_is_over() {
    let mut stage = chosen();
    stage.happens(Event::Ended(WhyOver::ByOther));
    assert_eq!(stage.happens(Event::OtherReady(goes_on())), [Command::StayHere]);
    assert_eq!(stage.why_over(), WhyOver::ByOther);
}

#[test]
fn an_adviser_who_was_told_nothing_and_goes_on_has_just_left() {
    let mut stage = before_a_window();
    assert_eq!(stage.happens(Event::WentOn), []);
    assert_eq!(stage.why_over(), WhyOver::ByOther);
}

// The program that goes on ------------------------------------------------------------------------------------------------

fn successor() -> Stage {
    let Stage { customer, now } = Stage::started();
    let mut stage = Stage { customer: customer.going_on("Maria Huber".into()), now };
    stage.happens(Event::Connected { institution: "University of Example".into() });
    stage.happens(Event::Registered("482 913 077".into()));
    stage.happens(Event::Code(Code::Shown { code: "731 940".into(), until: stage.now + Duration::from_secs(60) }));
    stage
}

fn knocks(stage: &mut Stage) {
    stage.happens(Event::Knocked);
    stage.happens(Event::Code(Code::InUse { code: "731 940".into() }));
}

fn comes(stage: &mut Stage) -> Vec<Command> {
    knocks(stage);
    // The code is spent before the connection is there.
    stage.happens(Event::Code(Code::UsedUp));
    let askable = Permission::View.into();
    stage.happens(Event::Introduced(Guest { card: maria(), reason: "To go on.".into(), askable }))
}

#[test]
fn it_shows_neither_id_nor_code_and_counts_down() {
    let mut stage = successor();
    for seconds in [60, 59, 58] {
        match stage.page() {
            CustomerPage::Returning(returning) => {
                assert_eq!((returning.who.as_str(), returning.seconds_left), ("Maria Huber", Some(seconds)));
            }
            other => panic!("the adviser should be on the way, not {other:?}"),
        }
        assert!(!format!("{:?}", stage.page()).contains("731"));
        stage.passes(Duration::from_secs(1));
    }
    assert_eq!(stage.customer.view(stage.now).runs, Runs::AsAdministrator);
}

#[test]
fn the_customer_is_asked_anew_and_for_viewing_first() {
    let mut stage = successor();
    let asked = comes(&mut stage);
    assert!(asked.contains(&Command::SuspendControl(Prompt::Question)));
    assert!(!asked.iter().any(|command| matches!(command, Command::Grant(_))));
    assert_eq!(stage.question().asks, Permission::View.into());
    assert!(!stage.question().armed);
    stage.passes(ARMED_AFTER);
    assert!(stage.does(CustomerAction::Allow).contains(&Command::Grant(Permission::View.into())));
    // There is no third program.
    stage.happens(Event::Rights(Permission::View.into()));
    stage.happens(Event::Beyond(Some(Beyond::Prompt)));
    assert_eq!(onward(&stage), Onward::NotOffered);
}

#[test]
fn without_a_code_and_a_knock_the_adviser_is_not_coming_back() {
    let mut expired = successor();
    expired.happens(Event::Code(Code::UsedUp));
    assert_eq!(expired.why_over(), WhyOver::NotBack);

    // The one who knocked is gone, and the code with the knock.
    let mut in_vain = successor();
    knocks(&mut in_vain);
    in_vain.happens(Event::Code(Code::UsedUp));
    assert!(matches!(in_vain.page(), CustomerPage::Returning(_)));
    in_vain.happens(Event::KnockOver);
    assert_eq!(in_vain.why_over(), WhyOver::NotBack);

    let mut offline = successor();
    offline.happens(Event::Offline(Offline::Lost));
    offline.happens(Event::Code(Code::UsedUp));
    assert_eq!(offline.why_over(), WhyOver::NotBack);
}

#[test]
fn it_ends_when_the_program_with_the_session_gives_it_up() {
    assert_eq!(successor().happens(Event::Abandoned), [Command::Exit]);
    // Not with somebody at the door or inside.
    let mut stage = successor();
    knocks(&mut stage);
    assert_eq!(stage.happens(Event::Abandoned), []);
    comes(&mut stage);
    assert_eq!(stage.happens(Event::Abandoned), []);
    stage.question();
}

#[test]
fn when_it_is_over_it_is_over() {
    let mut stage = successor();
    comes(&mut stage);
    stage.does(CustomerAction::Refuse);
    assert_eq!(stage.why_over(), WhyOver::Refused);
    assert_eq!(stage.does(CustomerAction::WaitAgain), []);
    assert_eq!(stage.why_over(), WhyOver::Refused);
    assert_eq!(stage.does(CustomerAction::Close), [Command::Exit]);

    // An adviser who leaves before the answer.
    let mut left = successor();
    comes(&mut left);
    left.happens(Event::Ended(WhyOver::OtherGone));
    assert_eq!(left.why_over(), WhyOver::NotBack);
}

#[test]
fn a_customer_who_ends_while_the_adviser_is_told_has_ended_it() {
    let mut stage = told();
    assert_eq!(stage.does(CustomerAction::End), [Command::EndSession(EndReason::Ended)]);
    assert_eq!(stage.why_over(), WhyOver::ByMe);
}
