//! The adviser's controller, driven without a window, a network or a clock.

use std::time::{Duration, Instant};

use lotse_protocol::id::Id;
use lotse_protocol::message::session::{EndReason, GoesOn};
use lotse_protocol::permission::{Permission, Permissions};
use zeroize::Zeroizing;

use super::{Adviser, Command, Event};
use crate::app::view::{AdviserAction, AdviserPage, JoinProblem, Offline, Rights, SignInProblem, Suspended, WhyOver};

struct Stage {
    adviser: Adviser,
    now: Instant,
    id: Id,
}

impl Stage {
    fn signed_in() -> Self {
        let mut stage =
            Self { adviser: Adviser::new(None, None), now: Instant::now(), id: Id::generate(&mut rand::rng()) };
        stage.happens(Event::Connected { institution: "University of Example".into() });
        stage.happens(Event::SignedIn { adviser: "Maria Huber".into() });
        stage
    }

    fn waiting() -> Self {
        let mut stage = Self::signed_in();
        let id = stage.id.to_string();
        assert!(matches!(stage.joins(&id, "731 940")[..], [Command::Join { .. }]));
        stage.happens(Event::Introduced { askable: askable() });
        stage.happens(Event::Asked { permissions: Permission::View.into(), seconds_left: 60 });
        stage
    }

    fn in_session() -> Self {
        let mut stage = Self::waiting();
        stage.may(view());
        stage
    }

    fn happens(&mut self, event: Event) -> Vec<Command> {
        self.adviser.handle(event, self.now)
    }

    fn may(&mut self, granted: Permissions) {
        self.happens(Event::Rights(Rights { effective: granted, granted, askable: askable(), suspended: None }));
    }

    fn is_suspended(&mut self, granted: Permissions, why: Suspended) {
        let effective = match why {
            Suspended::Question
            | Suspended::Silence
            | Suspended::Prompt
            | Suspended::Administrator
            | Suspended::Other => granted.without(Permission::Control),
            Suspended::Hidden | Suspended::Locked | Suspended::Away => Permissions::NONE,
        };
        self.happens(Event::Rights(Rights { effective, granted, askable: askable(), suspended: Some(why) }));
    }

    fn does(&mut self, action: AdviserAction) -> Vec<Command> {
        self.happens(Event::Did(action))
    }

    fn joins(&mut self, id: &str, code: &str) -> Vec<Command> {
        self.does(AdviserAction::Join { id: id.into(), code: Zeroizing::new(code.into()), reason: " help ".into() })
    }

    fn page(&self) -> AdviserPage {
        self.adviser.view(self.now).page
    }

    fn join_problem(&self) -> Option<JoinProblem> {
        match self.page() {
            AdviserPage::Join(join) => join.problem,
            other => panic!("should be on the join page, not {other:?}"),
        }
    }
}

fn view() -> Permissions {
    Permission::View.into()
}

fn askable() -> Permissions {
    Permissions::from(Permission::View).with(Permission::Control)
}

/// The ID with its last digit changed, so that the check digit cannot fit.
fn mistyped(id: Id) -> String {
    let digits = id.to_string();
    let (head, last) = digits.split_at(digits.len() - 1);
    let last = (last.parse::<u32>().expect("a digit") + 1) % 10;
    format!("{head}{last}")
}

#[test]
fn a_mistyped_id_is_answered_at_once_without_asking_anybody() {
    let mut stage = Stage::signed_in();
    let typed = mistyped(stage.id);
    assert!(stage.joins(&typed, "731 940").is_empty());
    assert_eq!(stage.join_problem(), Some(JoinProblem::IdMistyped));
    assert!(stage.joins("12", "731 940").is_empty());
    assert_eq!(stage.join_problem(), Some(JoinProblem::IdLength));
    let id = stage.id.to_string();
    assert!(stage.joins(&id, "12").is_empty());
    assert_eq!(stage.join_problem(), Some(JoinProblem::CodeLength));
}

#[test]
fn a_wrong_code_says_how_many_tries_are_left_and_is_not_repeated_by_itself() {
    let mut stage = Stage::signed_in();
    let id = stage.id.to_string();
    stage.joins(&id, "731 940");
    let commands = stage.happens(Event::JoinFailed(JoinProblem::WrongCode { left: 1 }));
    assert!(commands.is_empty());
    assert_eq!(stage.join_problem(), Some(JoinProblem::WrongCode { left: 1 }));
}

#[test]
fn waiting_says_what_the_customer_sees_and_counts_down() {
    let mut stage = Stage::waiting();
    stage.now += Duration::from_millis(18_500);
    let AdviserPage::Waiting(waiting) = stage.page() else { panic!("not waiting") };
    assert_eq!((waiting.asked, waiting.seconds_left), (Permission::View.into(), 42));
    assert_eq!(stage.adviser.tick(stage.now).1, Some(stage.now + Duration::from_millis(500)));
}

#[test]
fn a_refused_first_question_ends_it() {
    let mut stage = Stage::waiting();
    stage.happens(Event::Refused { permissions: Permission::View.into(), timed_out: true });
    assert!(matches!(stage.page(), AdviserPage::Over(over) if over.why == WhyOver::NoAnswer));
}

#[test]
fn a_refused_later_question_does_not() {
    let mut stage = Stage::in_session();
    assert!(matches!(stage.does(AdviserAction::Ask(Permission::Control))[..], [Command::Ask(Permission::Control)]));
    stage.happens(Event::Refused { permissions: Permission::Control.into(), timed_out: false });
    let AdviserPage::Session(session) = stage.page() else { panic!("no session") };
    assert!(session.refused.has(Permission::Control));
    assert!(!stage.adviser.controls());
}

#[test]
fn input_goes_out_only_while_control_is_allowed() {
    let mut stage = Stage::in_session();
    assert!(!stage.adviser.controls());
    stage.may(askable());
    assert!(stage.adviser.controls());
    stage.is_suspended(askable(), Suspended::Locked);
    assert!(!stage.adviser.controls());
    stage.may(askable());
    assert!(stage.adviser.controls(), "what was granted goes on by itself");
    stage.may(view());
    assert!(!stage.adviser.controls());
}

#[test]
fn what_is_granted_and_what_is_in_the_way_of_it_are_told_apart() {
    let mut stage = Stage::in_session();
    stage.is_suspended(askable(), Suspended::Question);
    let AdviserPage::Session(session) = stage.page() else { panic!("no session") };
    assert_eq!((session.rights.granted, session.rights.suspended), (askable(), Some(Suspended::Question)));
    assert_eq!(session.rights.effective, view());
}

#[test]
fn a_screen_that_is_locked_at_first_is_a_session_all_the_same() {
    let mut stage = Stage::waiting();
    stage.is_suspended(view(), Suspended::Locked);
    assert!(matches!(stage.page(), AdviserPage::Session(session) if session.rights.effective.is_empty()));
}

#[test]
fn the_clock_of_a_question_goes_on_whatever_else_changes() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Asked { permissions: Permission::Control.into(), seconds_left: 60 });
    // The question itself suspends control, which the customer's side tells as a change of rights.
    stage.is_suspended(view(), Suspended::Question);
    stage.now += Duration::from_secs(20);
    let AdviserPage::Session(session) = stage.page() else { panic!("no session") };
    assert_eq!(session.asked, Some((Permission::Control.into(), 40)));
    // Allowed, though the question is not off the screen yet.
    stage.is_suspended(askable(), Suspended::Question);
    let AdviserPage::Session(session) = stage.page() else { panic!("no session") };
    assert_eq!(session.asked, None);
}

#[test]
fn a_session_that_was_cancelled_at_the_last_moment_is_ended() {
    let mut stage = Stage::signed_in();
    let id = stage.id.to_string();
    stage.joins(&id, "731 940");
    assert!(matches!(stage.does(AdviserAction::Cancel)[..], [Command::CancelJoin]));
    assert!(matches!(
        stage.happens(Event::Introduced { askable: askable() })[..],
        [Command::EndSession(EndReason::Ended)]
    ));
    assert!(matches!(stage.page(), AdviserPage::Join(_)));
}

#[test]
fn nothing_that_comes_late_takes_a_session_off_the_screen() {
    let mut stage = Stage::in_session();
    stage.happens(Event::JoinFailed(JoinProblem::NoAnswer));
    stage.happens(Event::SignInRefused(SignInProblem::Wrong));
    assert!(matches!(stage.page(), AdviserPage::Session(_)));
}

#[test]
fn giving_control_back_lets_go_of_every_key_first() {
    let mut stage = Stage::in_session();
    let commands = stage.does(AdviserAction::GiveBack(Permission::Control));
    assert!(matches!(commands[..], [Command::ReleaseAll, Command::GiveBack(Permission::Control)]));
}

#[test]
fn closing_during_a_session_asks_and_then_says_goodbye() {
    let mut stage = Stage::in_session();
    assert!(matches!(stage.does(AdviserAction::CloseRequested)[..], [Command::ReleaseAll]));
    assert!(stage.adviser.view(stage.now).confirm_close);
    let commands = stage.does(AdviserAction::ConfirmClose);
    assert!(matches!(commands[..], [Command::EndSession(EndReason::Closed), Command::Exit]));
}

/// The customer's program that goes on, as the one before says it.
fn goes_on(id: Id) -> GoesOn {
    GoesOn { id: id.to_wire(), code: "123 456".into() }
}

#[test]
fn a_session_that_goes_on_elsewhere_is_joined_there_by_itself_and_once() {
    let mut stage = Stage::in_session();
    let (before, there) = (stage.id, Id::generate(&mut rand::rng()));
    assert!(matches!(stage.happens(Event::GoesOn(goes_on(there)))[..], [Command::EndSession(EndReason::GoesOn)]));
    assert_eq!(stage.page(), AdviserPage::Returning { id: before.to_string() });
    match &stage.happens(Event::Free)[..] {
        [Command::Join { id, code, reason }] => {
            assert_eq!((*id, code.grouped().as_str(), reason.as_str()), (there, "123 456", "help"));
        }
        _ => panic!("it should join"),
    }
    assert!(stage.happens(Event::Free).is_empty());
    assert!(stage.happens(Event::Introduced { askable: askable() }).is_empty());
    assert!(matches!(stage.page(), AdviserPage::Waiting(waiting) if waiting.id == there.to_string()));
    assert!(!stage.adviser.controls(), "nothing is allowed there yet");
}

#[test]
fn a_program_that_goes_on_and_is_not_reached_is_told() {
    for problem in [JoinProblem::UnknownId, JoinProblem::NoCode, JoinProblem::CardRefused, JoinProblem::Untrusted] {
        let mut stage = Stage::in_session();
        let id = stage.id;
        stage.happens(Event::GoesOn(goes_on(id)));
        stage.happens(Event::Free);
        assert!(stage.happens(Event::JoinFailed(problem)).is_empty(), "it is not tried again by itself");
        assert!(matches!(stage.page(), AdviserPage::Over(over) if over.why == WhyOver::NotBack));
    }
}

#[test]
fn what_has_to_do_with_the_line_alone_is_tried_again_while_the_code_is_good() {
    let line = || Event::JoinFailed(JoinProblem::Offline);
    // The relay has forgotten who signed in, and is being told.
    let forgotten = || Event::SignInRefused(SignInProblem::NoLongerSignedIn);
    for failed in [line, forgotten, || Event::JoinFailed(JoinProblem::Wait(2))] {
        let mut stage = Stage::in_session();
        let (id, begun) = (stage.id, stage.now);
        stage.happens(Event::GoesOn(goes_on(id)));
        stage.happens(Event::Free);
        let mut tries = 1;
        while stage.happens(failed()).is_empty() && matches!(stage.page(), AdviserPage::Returning { .. }) {
            let next = stage.adviser.tick(stage.now).1.expect("it is tried again");
            stage.now = next - Duration::from_millis(1);
            assert!(stage.adviser.tick(stage.now).0.is_empty(), "not at once");
            stage.now = next;
            let (commands, next) = stage.adviser.tick(stage.now);
            assert!(matches!(&commands[..], [Command::Join { id: there, .. }] if *there == id));
            assert_eq!(next, None, "one at a time");
            tries += 1;
        }
        assert!(matches!(stage.page(), AdviserPage::Over(over) if over.why == WhyOver::NotBack));
        assert!((20..=30).contains(&tries) && stage.now - begun < Duration::from_secs(60), "{tries} tries");
    }
    // A try that takes its time leaves time for another one, and cancelling for none.
    let mut stage = Stage::in_session();
    let id = stage.id;
    stage.happens(Event::GoesOn(goes_on(id)));
    stage.happens(Event::Free);
    stage.now += Duration::from_secs(10);
    stage.happens(Event::JoinFailed(JoinProblem::NoAnswer));
    stage.does(AdviserAction::Cancel);
    stage.now += Duration::from_secs(10);
    assert!(stage.adviser.tick(stage.now).0.is_empty());
}

#[test]
fn going_on_can_be_cancelled() {
    let mut stage = Stage::in_session();
    let id = stage.id;
    stage.happens(Event::GoesOn(goes_on(id)));
    assert!(matches!(stage.does(AdviserAction::Cancel)[..], [Command::CancelJoin]));
    assert!(stage.happens(Event::Free).is_empty());
    assert!(matches!(stage.page(), AdviserPage::Over(over) if over.why == WhyOver::ByMe));
    let ended = stage.happens(Event::Introduced { askable: askable() });
    assert!(matches!(ended[..], [Command::EndSession(EndReason::Ended)]));
}

#[test]
fn nobody_is_led_elsewhere_by_what_is_no_number_or_before_being_let_in() {
    let mut stage = Stage::in_session();
    let id = stage.id.to_wire();
    // The last bit is in the last digit alone, which is the check of the others.
    for (id, code) in [(id ^ 1, "123456"), (0, "123456"), (id, ""), (id, "12345"), (id, "1234567"), (id, "12345x")] {
        assert!(stage.happens(Event::GoesOn(GoesOn { id, code: code.into() })).is_empty(), "{id} {code}");
        assert!(matches!(stage.page(), AdviserPage::Session(_)));
    }
    let mut waiting = Stage::waiting();
    let id = waiting.id;
    assert!(waiting.happens(Event::GoesOn(goes_on(id))).is_empty());
    assert!(matches!(waiting.page(), AdviserPage::Waiting(_)));
}

#[test]
fn losing_the_relay_asks_to_sign_in_again_but_does_not_end_a_session() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Offline(Offline::Lost));
    assert!(matches!(stage.page(), AdviserPage::Session(_)));
    stage.happens(Event::Ended(WhyOver::ByOther));
    stage.does(AdviserAction::JoinAgain);
    assert!(matches!(stage.page(), AdviserPage::SignIn(_)));
}

#[test]
fn no_secret_is_in_the_debug_form_of_an_action() {
    let action = AdviserAction::Join { id: "x".into(), code: Zeroizing::new("731940".into()), reason: String::new() };
    assert!(!format!("{action:?}").contains("731940"));
}

#[test]
fn a_copy_that_knows_its_institution_shows_no_other_name() {
    let now = Instant::now();
    let mut own = Adviser::new(None, None).of(Some("University of Example".into()));
    let mut nobodys = Adviser::new(None, None);
    assert_eq!(own.view(now).institution, "University of Example");
    for adviser in [&mut own, &mut nobodys] {
        adviser.handle(Event::Connected { institution: "Another".into() }, now);
    }
    assert_eq!(own.view(now).institution, "University of Example");
    assert_eq!(nobodys.view(now).institution, "Another");
}
