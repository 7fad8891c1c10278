//! Going on as an administrator: in the program that has the session, and in the one that goes on with it.

use std::collections::VecDeque;
use std::time::Duration;

use lotse_protocol::message::session::{EndReason, GoesOn};
use lotse_protocol::permission::Permission;
use proptest::prelude::*;

use super::{Stage, maria};
use crate::app::customer::{
    ANSWER_WITHIN, ARMED_AFTER, Code, Command, Earlier, Event, Guest, LEAVES_WITHIN, Prompt, Rise, Tray,
};
use crate::app::view::{
    Activity, ActivityKind, Beyond, CustomerAction, CustomerPage, Offline, Onward, Runs, Seen, StayedHere, WhyOver,
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
    assert_eq!(stage.does(CustomerAction::Onward), [Command::SuspendControl(Prompt::Onward)]);
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
    // What Windows asks is not the adviser's to answer either: control stays suspended.
    assert_eq!(choose(&mut stage), [go_on]);
    assert_eq!(onward(&stage), Onward::UnderWay);
    assert_eq!(stage.does(CustomerAction::Onward), []);
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), []);
    assert_eq!(stage.session().rights, Permission::View.into(), "the session goes on");
}

/// Windows' question may lie behind other windows, and there is nobody who has to wait for it.
#[test]
fn the_customer_may_give_it_up_while_windows_asks() {
    let mut stage = chosen();
    let given_up = [Command::StayHere, Command::ResumeControl(Prompt::Onward)];
    assert_eq!(stage.does(CustomerAction::CancelOnward), given_up);
    assert_eq!(onward(&stage), Onward::Offered);
    // What was on its way.
    assert_eq!(stage.happens(Event::OtherReady(goes_on())), [Command::StayHere]);
    assert_eq!(stage.happens(Event::OtherFailed(StayedHere::Refused)), []);
    assert!(matches!(choose(&mut stage)[..], [Command::GoOn { .. }]));
    // Once the adviser has been told it is too late.
    assert_eq!(told().does(CustomerAction::CancelOnward), []);
}

#[test]
fn nobody_but_the_customer_chooses_it() {
    let mut stage = before_a_window();
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), [], "nothing was asked");
    // The adviser, who has mouse and keyboard, clicks on the offer: from then on they reach nothing.
    assert_eq!(stage.does(CustomerAction::Onward), [Command::SuspendControl(Prompt::Onward)]);
    assert_eq!(onward(&stage), Onward::Asking { armed: false });
    assert_eq!(stage.customer.tick(stage.now).1, Some(stage.now + ARMED_AFTER));
    stage.passes(ARMED_AFTER - Duration::from_millis(1));
    assert_eq!(stage.does(CustomerAction::ConfirmOnward), [], "a click that was on its way");
    assert_eq!(stage.does(CustomerAction::Onward), [], "once is enough");
    stage.passes(Duration::from_millis(1));
    assert_eq!(onward(&stage), Onward::Asking { armed: true });
    assert_eq!(stage.does(CustomerAction::CancelOnward), [Command::ResumeControl(Prompt::Onward)]);
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
    let place = |command| asked.iter().position(|other| *other == command).expect("it is among them");
    assert!(
        place(Command::SuspendControl(Prompt::Question)) < place(Command::ResumeControl(Prompt::Onward)),
        "without a moment between"
    );
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
        assert_eq!(stage.happens(Event::OtherFailed(why)), [Command::ResumeControl(Prompt::Onward)]);
        assert_eq!(onward(&stage), Onward::StayedHere(why));
        let last = stage.session().activities.last().map(|line| line.kind);
        assert_eq!(last, Some(ActivityKind::StayedHere(why)));
        assert!(matches!(choose(&mut stage)[..], [Command::GoOn { .. }]), "it may be tried again");
    }
}

#[test]
fn the_program_goes_when_the_adviser_has_left_for_the_other() {
    let mut stage = told();
    assert_eq!(onward(&stage), Onward::Leaving);
    assert_eq!(stage.happens(Event::WentOn), [Command::SayComing(done()), Command::Exit]);
}

/// What is done in [`told`].
fn done() -> Earlier {
    let line = |kind| Activity { minute: 0, kind };
    let activities = vec![
        line(ActivityKind::Allowed(Permission::View)),
        line(ActivityKind::Beyond(Beyond::Administrator)),
        line(ActivityKind::Onward),
    ];
    Earlier { minutes: 0, activities }
}

/// A changed program of the adviser's could stay here, too.
#[test]
fn the_program_ends_its_session_when_the_adviser_has_arrived_at_the_other() {
    let mut stage = told();
    let end = Command::EndSession(EndReason::Ended);
    assert_eq!(stage.happens(Event::Arrived), [Command::SayComing(done()), end, Command::Exit]);
    // Who was told nothing cannot have come by that.
    for mut stage in [before_a_window(), chosen()] {
        assert_eq!(stage.happens(Event::Arrived), []);
        stage.session();
    }
}

#[test]
fn a_question_without_an_answer_is_a_no() {
    let mut stage = before_a_window();
    stage.does(CustomerAction::Onward);
    stage.passes(ARMED_AFTER);
    let rest = ANSWER_WITHIN - ARMED_AFTER;
    assert_eq!(stage.customer.tick(stage.now).1, Some(stage.now + rest));
    assert_eq!(stage.passes(rest - Duration::from_millis(1)), []);
    assert_eq!(stage.passes(Duration::from_millis(1)), [Command::ResumeControl(Prompt::Onward)]);
    assert_eq!(onward(&stage), Onward::Offered);
    // Not while it is covered: then it is in sight for all of its time.
    stage.does(CustomerAction::Onward);
    stage.does(CustomerAction::CloseRequested);
    assert_eq!(stage.passes(ANSWER_WITHIN), []);
    stage.does(CustomerAction::CancelClose);
    assert_eq!(stage.passes(ANSWER_WITHIN - Duration::from_millis(1)), []);
    assert_eq!(onward(&stage), Onward::Asking { armed: true });
}

/// What is said into silence is heard when the line speaks again: the adviser's program has its ten seconds from then on.
#[test]
fn silence_does_not_count() {
    let mut stage = told();
    stage.passes(LEAVES_WITHIN - Duration::from_secs(1));
    stage.happens(Event::Silent(true));
    assert_eq!(stage.passes(Duration::from_secs(25)), []);
    stage.happens(Event::Silent(false));
    assert_eq!(stage.passes(LEAVES_WITHIN - Duration::from_millis(1)), []);
    assert_eq!(onward(&stage), Onward::Leaving);
    assert!(stage.passes(Duration::from_millis(1)).contains(&Command::StayHere));
}

/// On a bad link the word of an adviser's program that leaves may be lost.
#[test]
fn who_was_told_and_is_gone_without_a_word_has_gone_there() {
    let mut stage = told();
    assert_eq!(stage.happens(Event::Vanished), [Command::SayComing(done()), Command::Exit]);
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
    let stays = [Command::StayHere, Command::ResumeControl(Prompt::Onward)];
    assert_eq!(stage.passes(Duration::from_millis(1)), stays);
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
    let mut expired = sole_successor();
    expired.happens(Event::Code(Code::UsedUp));
    assert_eq!(expired.why_over(), WhyOver::NotBack);

    // The one who knocked is gone, and the code with the knock.
    let mut in_vain = sole_successor();
    knocks(&mut in_vain);
    in_vain.happens(Event::Code(Code::UsedUp));
    assert!(matches!(in_vain.page(), CustomerPage::Returning(_)));
    in_vain.happens(Event::KnockOver);
    assert_eq!(in_vain.why_over(), WhyOver::NotBack);

    let mut offline = sole_successor();
    offline.happens(Event::Offline(Offline::Lost));
    offline.happens(Event::Code(Code::UsedUp));
    assert_eq!(offline.why_over(), WhyOver::NotBack);
}

/// A line that is silent for longer than the code is good: the first program has the session when it speaks again.
#[test]
fn who_waits_in_vain_for_a_program_that_has_the_session_still_leaves_it_there() {
    assert_eq!(successor().happens(Event::Code(Code::UsedUp)), [Command::Exit]);
    let mut first = told();
    first.happens(Event::Silent(true));
    first.passes(Duration::from_secs(60));
    first.happens(Event::OtherFailed(StayedHere::NotReady));
    assert_eq!(onward(&first), Onward::StayedHere(StayedHere::NotReady));
}

/// The program before has said its last word.
fn sole_successor() -> Stage {
    let mut stage = successor();
    stage.happens(Event::TookOver(Earlier::default()));
    stage
}

#[test]
fn it_ends_when_the_program_with_the_session_gives_it_up() {
    assert_eq!(successor().happens(Event::Abandoned), [Command::Exit]);
    // Also with somebody at the door or inside: whoever closes the first window ends everything.
    let mut stage = successor();
    knocks(&mut stage);
    assert_eq!(stage.happens(Event::Abandoned), [Command::Exit]);
    let mut stage = successor();
    comes(&mut stage);
    assert_eq!(stage.happens(Event::Abandoned), [Command::EndSession(EndReason::Closed), Command::Exit]);
}

#[test]
fn what_was_done_before_stays_on_the_list() {
    let earlier = Earlier { minutes: 7, ..done() };
    let kinds = |lines: Vec<Activity>| lines.into_iter().map(|line| (line.minute, line.kind)).collect::<Vec<_>>();
    let before = kinds(earlier.activities.clone());
    let here = [(7, ActivityKind::Allowed(Permission::View)), (9, ActivityKind::Typed)];

    // Whether it comes before the adviser or after.
    for late in [false, true] {
        let mut stage = successor();
        if !late {
            stage.happens(Event::TookOver(earlier.clone()));
        }
        comes(&mut stage);
        if late {
            stage.happens(Event::TookOver(earlier.clone()));
        }
        stage.passes(ARMED_AFTER);
        stage.does(CustomerAction::Allow);
        stage.passes(Duration::from_secs(120));
        stage.happens(Event::Acted(ActivityKind::Typed));
        let all = [&before[..], &here].concat();
        assert_eq!((stage.session().minutes, kinds(stage.session().activities)), (9, all.clone()));
        stage.happens(Event::Ended(WhyOver::ByOther));
        match stage.page() {
            CustomerPage::Over(over) => assert_eq!((over.minutes, kinds(over.activities)), (9, all)),
            other => panic!("it should be over, not {other:?}"),
        }
    }
    // Nor is it lost with an adviser who does not come.
    let mut stage = successor();
    stage.happens(Event::TookOver(earlier));
    stage.happens(Event::Code(Code::UsedUp));
    match stage.page() {
        CustomerPage::Over(over) => assert_eq!((over.minutes, kinds(over.activities)), (7, before)),
        other => panic!("it should be over, not {other:?}"),
    }
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

// Both programs, and the line between them ----------------------------------------------------------------------------------

/// What may happen in any order: the adviser's program may be changed, the line between the programs be slow, and the
/// customer click whenever they like.
#[derive(Clone, Copy, Debug)]
enum Turn {
    ViewerSaysGoodbye,
    ViewerVanishes,
    ViewerKnocks,
    ViewerArrives,
    Silence(bool),
    CustomerEnds,
    CustomerClosesNew,
    OldHears,
    NewHears,
    TimePasses,
}

struct Both {
    old: Option<Stage>,
    new: Option<Stage>,
    /// Is the line open, and has nobody said the last word?
    open: bool,
    to_old: VecDeque<Event>,
    to_new: VecDeque<Event>,
}

impl Both {
    fn begin() -> Self {
        let (old, new) = (Some(told()), Some(successor()));
        Self { old, new, open: true, to_old: VecDeque::new(), to_new: VecDeque::new() }
    }

    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::ViewerSaysGoodbye => self.old_session_ends(Event::WentOn),
            Turn::ViewerVanishes => self.old_session_ends(Event::Vanished),
            Turn::ViewerKnocks => self.new_hears(Event::Knocked),
            Turn::ViewerArrives => {
                if self.new.as_ref().is_some_and(|new| matches!(new.page(), CustomerPage::Returning(_))) {
                    // As the wiring does it.
                    if self.open {
                        self.to_old.push_back(Event::Arrived);
                    }
                    let askable = Permission::View.into();
                    self.new_hears(Event::Introduced(Guest { card: maria(), reason: "To go on.".into(), askable }));
                }
            }
            Turn::Silence(silent) => self.old_hears(Event::Silent(silent)),
            Turn::CustomerEnds => self.old_hears(Event::Did(CustomerAction::End)),
            Turn::CustomerClosesNew => self.new_hears(Event::Did(CustomerAction::CloseRequested)),
            Turn::OldHears => {
                if let Some(event) = self.to_old.pop_front() {
                    self.old_hears(event);
                }
            }
            Turn::NewHears => {
                if let Some(event) = self.to_new.pop_front() {
                    self.new_hears(event);
                }
            }
            Turn::TimePasses => {
                let commands = self.old.as_mut().map(|old| old.passes(LEAVES_WITHIN / 2));
                self.old_does(commands.unwrap_or_default());
            }
        }
    }

    fn old_hears(&mut self, event: Event) {
        let commands = self.old.as_mut().map(|old| old.happens(event));
        self.old_does(commands.unwrap_or_default());
    }

    /// The session is over before the line is closed for it, as in the wiring.
    fn old_session_ends(&mut self, event: Event) {
        if self.old.as_ref().is_some_and(is_with_adviser) {
            self.old_hears(event);
            self.close();
        }
    }

    fn old_does(&mut self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::SayComing(earlier) if self.open => {
                    self.open = false;
                    self.to_new.push_back(Event::TookOver(earlier));
                }
                Command::StayHere | Command::EndSession(_) => self.close(),
                Command::Exit => {
                    self.close();
                    self.old = None;
                }
                _ => {}
            }
        }
    }

    fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            self.to_new.push_back(Event::Abandoned);
        }
    }

    fn new_hears(&mut self, event: Event) {
        let commands = self.new.as_mut().map(|new| new.happens(event));
        if commands.is_some_and(|commands| commands.contains(&Command::Exit)) {
            self.new = None;
            if std::mem::take(&mut self.open) {
                self.to_old.push_back(Event::OtherFailed(StayedHere::NotReady));
            }
        }
    }

    fn settles(&mut self) {
        while !(self.to_old.is_empty() && self.to_new.is_empty()) {
            self.take(Turn::OldHears);
            self.take(Turn::NewHears);
        }
    }
}

fn is_with_adviser(stage: &Stage) -> bool {
    matches!(stage.page(), CustomerPage::Session(_) | CustomerPage::Question(_))
}

proptest! {
    #[test]
    fn there_is_never_a_second_session_that_the_first_ones_end_does_not_end(
        turns in proptest::collection::vec(prop_oneof![
            Just(Turn::ViewerSaysGoodbye), Just(Turn::ViewerVanishes), Just(Turn::ViewerKnocks), Just(Turn::ViewerArrives),
            Just(Turn::Silence(true)), Just(Turn::Silence(false)), Just(Turn::CustomerEnds), Just(Turn::CustomerClosesNew),
            Just(Turn::OldHears), Just(Turn::NewHears), Just(Turn::TimePasses),
        ], 0..12),
    ) {
        let mut both = Both::begin();
        let mut ended = false;
        for turn in turns {
            // The customer's *End* while the adviser has not arrived, as far as the first program knows.
            if matches!(turn, Turn::CustomerEnds) && both.open && both.old.as_ref().is_some_and(is_with_adviser) {
                ended = true;
            }
            both.take(turn);
        }
        both.settles();
        let (old, new) = (both.old.as_ref(), both.new.as_ref());
        prop_assert!(!(old.is_some_and(is_with_adviser) && new.is_some_and(is_with_adviser)), "two sessions");
        prop_assert!(!(ended && new.is_some_and(is_with_adviser)), "ended, and yet there is one");
        prop_assert!(old.is_some() || new.is_none_or(|new| !matches!(new.page(), CustomerPage::Waiting(_))), "open to all");
    }
}

#[test]
fn one_after_the_other_is_how_it_goes() {
    for turns in [
        // As it should be; with a farewell that was lost; and with one that comes late.
        &[Turn::ViewerSaysGoodbye, Turn::NewHears, Turn::ViewerKnocks, Turn::ViewerArrives][..],
        &[Turn::ViewerKnocks, Turn::ViewerArrives, Turn::OldHears, Turn::NewHears],
        &[Turn::Silence(true), Turn::TimePasses, Turn::TimePasses, Turn::TimePasses, Turn::ViewerArrives],
        &[Turn::ViewerArrives, Turn::ViewerSaysGoodbye],
    ] {
        let mut both = Both::begin();
        turns.iter().for_each(|turn| both.take(*turn));
        both.settles();
        assert!(both.old.is_none() && both.new.as_ref().is_some_and(is_with_adviser), "{turns:?}");
    }
}
