//! The customer's controller, driven without a window, a network or a clock.

mod numbers;
mod onward;

use std::time::{Duration, Instant};

use lotse_protocol::card::Card;
use lotse_protocol::message::session::EndReason;
use lotse_protocol::permission::{Permission, Permissions};

use super::{ANSWER_WITHIN, ARMED_AFTER, Code, Command, Customer, Event, Guest, Prompt, Tray};
use crate::app::view::{
    ActivityKind, Beyond, CannotShare, CodeView, CustomerAction, CustomerPage, CustomerSession, Offline, Question,
    Seen, Status, Terms, Waiting, WhyOver,
};

/// A customer's program and a clock that only the test turns.
struct Stage {
    customer: Customer,
    now: Instant,
}

impl Stage {
    fn started() -> Self {
        let terms = Terms { english: "Who helps".into(), german: "Wer hilft".into() };
        Self { customer: Customer::new("support.example.edu".into(), None, terms), now: Instant::now() }
    }

    fn ready() -> Self {
        let mut stage = Self::started();
        assert_eq!(stage.does(CustomerAction::AcceptTerms), [Command::Connect]);
        stage.happens(Event::Connected { institution: "University of Example".into() });
        stage.happens(Event::Registered("482 913 077".into()));
        stage.happens(Event::Code(Code::Shown { code: "731 940".into(), until: stage.now + Duration::from_secs(600) }));
        stage
    }

    fn introduced() -> (Self, Vec<Command>) {
        let mut stage = Self::ready();
        let commands = stage.happens(Event::Introduced(Guest {
            card: maria(),
            reason: "To look at the e-mail settings with you.".into(),
            askable: Permissions::from(Permission::View).with(Permission::Control),
        }));
        (stage, commands)
    }

    fn in_session() -> Self {
        let (mut stage, _) = Self::introduced();
        stage.passes(ARMED_AFTER);
        assert_eq!(
            stage.does(CustomerAction::Allow),
            [Command::Grant(Permission::View.into()), Command::ResumeControl(Prompt::Question)]
        );
        stage.happens(Event::Rights(Permission::View.into()));
        stage
    }

    /// The customer has sent the window to the tray.
    fn in_tray() -> Self {
        let mut stage = Self::in_session();
        stage.happens(Event::Tray(Tray::There));
        stage.does(CustomerAction::CloseRequested);
        assert_eq!(stage.does(CustomerAction::GoToTray), [Command::ResumeControl(Prompt::Closing), says_where()]);
        assert_eq!(stage.seen(), Seen::Tray);
        stage
    }

    fn seen(&self) -> Seen {
        self.customer.view(self.now).seen
    }

    fn happens(&mut self, event: Event) -> Vec<Command> {
        self.customer.handle(event, self.now)
    }

    fn does(&mut self, action: CustomerAction) -> Vec<Command> {
        self.happens(Event::Did(action))
    }

    fn passes(&mut self, time: Duration) -> Vec<Command> {
        self.now += time;
        self.customer.tick(self.now).0
    }

    fn asks(&mut self, permission: Permission) -> Vec<Command> {
        self.happens(Event::Asked { permissions: permission.into(), reason: "To show you.".into() })
    }

    fn page(&self) -> CustomerPage {
        self.customer.view(self.now).page
    }

    fn waiting(&self) -> Waiting {
        match self.page() {
            CustomerPage::Waiting(waiting) => waiting,
            other => panic!("it should be waiting, not {other:?}"),
        }
    }

    fn question(&self) -> Question {
        match self.page() {
            CustomerPage::Question(question) => question,
            other => panic!("a question should be open, not {other:?}"),
        }
    }

    fn session(&self) -> CustomerSession {
        match self.page() {
            CustomerPage::Session(session) => session,
            other => panic!("a session should be running, not {other:?}"),
        }
    }

    fn why_over(&self) -> WhyOver {
        match self.page() {
            CustomerPage::Over(over) => over.why,
            other => panic!("it should be over, not {other:?}"),
        }
    }
}

fn says_where() -> Command {
    Command::SayWhere { who: Some("Maria Huber".into()) }
}

fn maria() -> Card {
    Card {
        account: "maria".into(),
        adviser: "Maria Huber".into(),
        institution: "University of Example".into(),
        role: "Service Desk".into(),
        ceiling: Permissions::from(Permission::View).with(Permission::Control),
        introduction: 7,
        id: lotse_protocol::id::Id::generate(&mut rand::rng()),
        tenant: String::new(),
        ticket: String::new(),
    }
}

#[test]
fn nothing_happens_before_the_terms_are_accepted() {
    let mut stage = Stage::started();
    assert_eq!(stage.page(), CustomerPage::Terms);
    for action in [CustomerAction::TryAgain, CustomerAction::NewCode, CustomerAction::Allow, CustomerAction::End] {
        assert_eq!(stage.does(action), []);
    }
    assert_eq!(stage.passes(Duration::from_secs(3600)), []);
    assert_eq!(stage.page(), CustomerPage::Terms);
    assert_eq!(stage.does(CustomerAction::AcceptTerms), [Command::Connect]);
    assert!(matches!(stage.page(), CustomerPage::Waiting(_)));
    assert_eq!(stage.does(CustomerAction::AcceptTerms), [], "they are accepted once");
}

#[test]
fn who_does_not_accept_leaves() {
    for action in [CustomerAction::Close, CustomerAction::CloseRequested] {
        assert_eq!(Stage::started().does(action), [Command::Exit]);
    }
}

#[test]
fn nobody_is_asked_to_agree_to_what_cannot_be_done() {
    let mut stage = Stage::started();
    stage.happens(Event::CannotShare(CannotShare::Wayland));
    let CustomerPage::Waiting(waiting) = stage.page() else { panic!("not told") };
    assert_eq!((waiting.id, waiting.status), (None, Status::CannotShare(CannotShare::Wayland)));
}

#[test]
fn id_and_code_are_shown_and_count_down_by_the_second() {
    let mut stage = Stage::ready();
    stage.now += Duration::from_millis(18_400);
    let CustomerPage::Waiting(waiting) = stage.page() else { panic!("not waiting") };
    assert_eq!(waiting.id.as_deref(), Some("482 913 077"));
    assert_eq!(waiting.status, Status::Ready);
    let CodeView::Shown { code, remaining } = waiting.code else { panic!("no code") };
    assert_eq!((code.as_str(), remaining), ("731 940", Duration::from_secs(582)));
    let (_, next) = stage.customer.tick(stage.now);
    assert_eq!(next, Some(stage.now + Duration::from_millis(600)));
}

#[test]
fn without_a_connection_no_numbers_are_read_aloud_for_nothing() {
    let mut stage = Stage::ready();
    stage.happens(Event::Offline(Offline::Lost));
    let CustomerPage::Waiting(waiting) = stage.page() else { panic!("not waiting") };
    assert_eq!((waiting.id, waiting.code), (None, CodeView::None));
    assert_eq!(stage.does(CustomerAction::TryAgain), [Command::Retry]);
}

#[test]
fn the_first_question_is_always_viewing() {
    let (stage, commands) = Stage::introduced();
    assert_eq!(stage.question().asks, Permission::View.into());
    assert_eq!(stage.question().who, "Maria Huber");
    assert_eq!(stage.question().vouched_by, "support.example.edu");
    assert!(commands.contains(&Command::Attention));
    assert!(!commands.iter().any(|c| matches!(c, Command::Grant(_))), "nothing is granted before the customer says so");
}

#[test]
fn a_prompt_arms_after_one_and_a_half_seconds() {
    let (mut stage, _) = Stage::introduced();
    assert_eq!(stage.does(CustomerAction::Allow), []);
    assert!(!stage.question().armed);
    let (_, next) = stage.customer.tick(stage.now);
    assert_eq!(next, Some(stage.now + Duration::from_secs(1)));
    stage.passes(ARMED_AFTER);
    assert!(stage.question().armed);
    assert_eq!(stage.does(CustomerAction::Allow)[0], Command::Grant(Permission::View.into()));
}

#[test]
fn control_is_suspended_before_a_prompt_shows_and_resumed_after() {
    let mut stage = Stage::in_session();
    assert_eq!(stage.asks(Permission::Control)[0], Command::SuspendControl(Prompt::Question));
    assert_eq!(*stage.does(CustomerAction::Refuse).last().expect("commands"), Command::ResumeControl(Prompt::Question));
}

#[test]
fn case_56_no_answer_means_refused() {
    let (mut stage, _) = Stage::introduced();
    assert_eq!(stage.passes(ANSWER_WITHIN - Duration::from_millis(1)), []);
    assert_eq!(stage.question().seconds_left, 1);
    let commands = stage.passes(Duration::from_millis(1));
    assert_eq!(
        commands,
        [
            Command::SayRefused { permissions: Permission::View.into(), timed_out: true },
            Command::ResumeControl(Prompt::Question),
            Command::EndSession(EndReason::Refused),
        ]
    );
    assert_eq!(stage.why_over(), WhyOver::NoAnswer);
}

#[test]
fn refusing_control_leaves_viewing_on() {
    let mut stage = Stage::in_session();
    stage.asks(Permission::Control);
    stage.passes(ARMED_AFTER);
    assert_eq!(
        stage.does(CustomerAction::Refuse),
        [
            Command::SayRefused { permissions: Permission::Control.into(), timed_out: false },
            Command::ResumeControl(Prompt::Question)
        ]
    );
    assert_eq!(stage.session().rights, Permission::View.into());
}

#[test]
fn what_is_above_the_ceiling_is_never_even_asked() {
    let mut stage = Stage::in_session();
    let commands = stage.asks(Permission::FilesToViewer);
    assert_eq!(commands, [Command::SayRefused { permissions: Permission::FilesToViewer.into(), timed_out: false }]);
    stage.session();
}

#[test]
fn asking_twice_is_asking_once_and_does_not_wind_the_clock_up() {
    let mut stage = Stage::in_session();
    stage.asks(Permission::Control);
    stage.passes(Duration::from_secs(5));
    assert_eq!(
        stage.asks(Permission::Control),
        [Command::SayAsked { permissions: Permission::Control.into(), seconds_left: 55 }]
    );
    assert_eq!(stage.question().seconds_left, 55);
}

#[test]
fn a_second_question_does_not_cover_the_first() {
    let mut stage = Stage::introduced().0;
    assert!(matches!(stage.asks(Permission::Control)[..], [Command::SayRefused { .. }]));
    assert_eq!(stage.question().asks, Permission::View.into());
}

#[test]
fn a_question_that_was_covered_begins_when_it_is_seen() {
    let mut stage = Stage::in_session();
    stage.does(CustomerAction::CloseRequested);
    stage.asks(Permission::Control);
    // Covered, it neither runs out nor can it be answered.
    assert_eq!(stage.passes(ANSWER_WITHIN), []);
    assert_eq!(stage.does(CustomerAction::Allow), []);
    assert_eq!(
        stage.does(CustomerAction::CancelClose),
        [
            Command::SayAsked { permissions: Permission::Control.into(), seconds_left: 60 },
            Command::ResumeControl(Prompt::Closing)
        ]
    );
    assert!(!stage.question().armed);
    assert_eq!(stage.question().seconds_left, 60);
}

#[test]
fn the_list_says_only_what_somebody_did() {
    let mut stage = Stage::in_session();
    let both = Permissions::from(Permission::View).with(Permission::Control);
    stage.happens(Event::Rights(both));
    let before = stage.session().activities;
    // A silent connection suspends control, and its return gives it back.
    stage.happens(Event::Silent(true));
    stage.happens(Event::Rights(Permission::View.into()));
    stage.happens(Event::Rights(both));
    assert_eq!(stage.session().activities, before);
    stage.happens(Event::GaveBack(Permission::Control.into()));
    assert_eq!(stage.session().activities.last().map(|a| a.kind), Some(ActivityKind::Stopped(Permission::Control)));
}

#[test]
fn why_there_is_no_connection_stays_until_there_is_one() {
    let mut stage = Stage::ready();
    stage.happens(Event::Offline(Offline::NoAnswer));
    stage.happens(Event::Connecting);
    let CustomerPage::Waiting(waiting) = stage.page() else { panic!("not waiting") };
    assert_eq!(waiting.status, Status::Offline(Offline::NoAnswer));
}

#[test]
fn stopping_control_is_one_click_and_viewing_goes_on() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Rights(Permissions::from(Permission::View).with(Permission::Control)));
    assert_eq!(stage.does(CustomerAction::Stop(Permission::Control)), [Command::Revoke(Permission::Control.into())]);
    stage.happens(Event::Rights(Permission::View.into()));
    assert_eq!(stage.session().rights, Permission::View.into());
    assert!(stage.session().activities.iter().any(|a| a.kind == ActivityKind::Stopped(Permission::Control)));
}

#[test]
fn taking_viewing_back_takes_everything_back() {
    let mut stage = Stage::in_session();
    let commands = stage.does(CustomerAction::Stop(Permission::View));
    assert!(
        matches!(commands[..], [Command::Revoke(all)] if all.has(Permission::Control) && all.has(Permission::View))
    );
}

#[test]
fn the_windows_x_asks_first_during_a_session_and_only_then() {
    let mut stage = Stage::ready();
    assert_eq!(stage.does(CustomerAction::CloseRequested), [Command::Exit]);

    let mut stage = Stage::in_session();
    assert_eq!(stage.does(CustomerAction::CloseRequested), [Command::SuspendControl(Prompt::Closing)]);
    assert!(stage.customer.view(stage.now).confirm_close);
    assert_eq!(stage.does(CustomerAction::CancelClose), [Command::ResumeControl(Prompt::Closing)]);
    stage.session();
    stage.does(CustomerAction::CloseRequested);
    assert_eq!(stage.does(CustomerAction::ConfirmClose), [Command::EndSession(EndReason::Closed), Command::Exit]);
}

#[test]
fn the_window_goes_to_the_tray_only_when_asked_and_only_where_there_is_one() {
    // Nobody is connected: closing the window ends the program, tray or not.
    let mut stage = Stage::ready();
    stage.happens(Event::Tray(Tray::There));
    assert_eq!(stage.does(CustomerAction::GoToTray), []);
    assert_eq!(stage.does(CustomerAction::CloseRequested), [Command::Exit]);

    let mut stage = Stage::in_session();
    stage.does(CustomerAction::CloseRequested);
    assert_eq!(stage.does(CustomerAction::GoToTray), [Command::ResumeControl(Prompt::Closing)]);
    assert_eq!(stage.seen(), Seen::Window);

    // A click that comes late, when the tray has just gone.
    stage.happens(Event::Tray(Tray::There));
    stage.does(CustomerAction::CloseRequested);
    stage.happens(Event::Tray(Tray::Gone));
    stage.does(CustomerAction::GoToTray);
    assert_eq!(stage.seen(), Seen::Window);
}

#[test]
fn a_question_that_was_covered_keeps_the_window_from_going() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Tray(Tray::There));
    stage.does(CustomerAction::CloseRequested);
    stage.asks(Permission::Control);
    let commands = stage.does(CustomerAction::GoToTray);
    assert!(!commands.iter().any(|command| matches!(command, Command::SayWhere { .. })), "{commands:?}");
    assert_eq!((stage.seen(), stage.question().asks), (Seen::WindowAndTray, Permission::Control.into()));
}

#[test]
fn the_window_comes_back_when_it_is_called() {
    let mut stage = Stage::in_tray();
    assert_eq!(stage.does(CustomerAction::Open), [Command::Attention]);
    assert_eq!(stage.seen(), Seen::WindowAndTray);
    // It only comes to the front when it is there already.
    assert_eq!(stage.does(CustomerAction::Open), [Command::Attention]);
}

#[test]
fn the_window_comes_back_with_a_question() {
    let mut stage = Stage::in_tray();
    let commands = stage.asks(Permission::Control);
    assert_eq!(commands[..2], [Command::SuspendControl(Prompt::Question), Command::Attention]);
    assert_eq!(commands.iter().filter(|command| **command == Command::Attention).count(), 1);
    assert_eq!(stage.seen(), Seen::WindowAndTray);
}

#[test]
fn the_window_comes_back_when_the_tray_goes() {
    let mut stage = Stage::in_tray();
    assert_eq!(stage.happens(Event::Tray(Tray::Gone)), [Command::Attention]);
    assert_eq!(stage.seen(), Seen::Window);
    stage.session();
    // The tray's return does not take it away again.
    assert_eq!(stage.happens(Event::Tray(Tray::There)), []);
    assert_eq!(stage.seen(), Seen::WindowAndTray);
}

#[test]
fn the_window_comes_back_with_the_sessions_end() {
    let mut stage = Stage::in_tray();
    assert_eq!(stage.does(CustomerAction::End), [Command::EndSession(EndReason::Ended), Command::Attention]);
    assert_eq!((stage.seen(), stage.why_over()), (Seen::WindowAndTray, WhyOver::ByMe));

    let mut stage = Stage::in_tray();
    assert_eq!(stage.happens(Event::Ended(WhyOver::ByOther)), [Command::Attention]);
    assert_eq!((stage.seen(), stage.why_over()), (Seen::WindowAndTray, WhyOver::ByOther));
}

#[test]
fn what_needs_no_answer_leaves_the_window_in_the_tray() {
    let mut stage = Stage::in_tray();
    stage.happens(Event::Silent(true));
    stage.happens(Event::Silent(false));
    stage.happens(Event::Acted(ActivityKind::Typed));
    stage.happens(Event::Offline(Offline::Lost));
    stage.passes(Duration::from_secs(3600));
    assert_eq!(stage.seen(), Seen::Tray);
}

#[test]
fn quitting_from_the_tray_ends_everything() {
    let mut stage = Stage::in_tray();
    let commands = stage.does(CustomerAction::Close);
    assert_eq!(commands[..2], [Command::EndSession(EndReason::Closed), Command::Exit]);
}

#[test]
fn who_minimises_the_window_is_told_once_that_it_goes_on() {
    let mut stage = Stage::started();
    stage.happens(Event::Tray(Tray::There));
    // Nothing goes on yet.
    assert_eq!(stage.does(CustomerAction::Minimised), []);
    stage.does(CustomerAction::AcceptTerms);
    assert_eq!(stage.does(CustomerAction::Minimised), [Command::SayWhere { who: None }]);
    assert_eq!(stage.does(CustomerAction::Minimised), []);
    // It is still on the taskbar.
    assert_eq!(stage.seen(), Seen::WindowAndTray);

    // Every visit is another matter.
    let mut stage = Stage::in_session();
    assert_eq!(stage.does(CustomerAction::Minimised), [], "there is no icon that could say it");
    stage.happens(Event::Tray(Tray::There));
    assert_eq!(stage.does(CustomerAction::Minimised), [says_where()]);
    assert_eq!(stage.does(CustomerAction::Minimised), []);
    stage.happens(Event::Ended(WhyOver::ByOther));
    assert_eq!(stage.does(CustomerAction::Minimised), []);

    // Whoever is asked something answers it, or not; that is not the time.
    let (mut stage, _) = Stage::introduced();
    stage.happens(Event::Tray(Tray::There));
    assert_eq!(stage.does(CustomerAction::Minimised), []);
}

#[test]
fn being_told_to_terminate_ends_the_session_without_asking() {
    let mut stage = Stage::in_session();
    assert_eq!(stage.happens(Event::Terminate), [Command::EndSession(EndReason::Closed), Command::Exit]);
}

#[test]
fn an_adviser_who_leaves_before_the_answer_leaves_no_page_behind() {
    let (mut stage, _) = Stage::introduced();
    stage.happens(Event::Ended(WhyOver::OtherGone));
    assert!(matches!(stage.page(), CustomerPage::Waiting(_)));
}

/// It stands in the list once a minute, and on the page for as long as it lasts.
#[test]
fn what_the_adviser_cannot_reach_is_said_while_it_lasts() {
    let mut stage = Stage::in_session();
    let lines = |stage: &Stage| {
        let activities = stage.session().activities;
        activities.iter().filter(|line| matches!(line.kind, ActivityKind::Beyond(Beyond::Prompt))).count()
    };
    stage.happens(Event::Beyond(Some(Beyond::Prompt)));
    assert_eq!((stage.session().beyond, lines(&stage)), (Some(Beyond::Prompt), 1));
    stage.happens(Event::Beyond(None));
    assert_eq!(stage.session().beyond, None);
    stage.happens(Event::Beyond(Some(Beyond::Prompt)));
    assert_eq!(lines(&stage), 1);
    assert_eq!(stage.session().rights, Permission::View.into(), "what is granted stays granted");
}

#[test]
fn typing_makes_one_line_a_minute() {
    let mut stage = Stage::in_session();
    let before = stage.session().activities.len();
    for _ in 0..100 {
        stage.happens(Event::Acted(ActivityKind::Typed));
        stage.happens(Event::Acted(ActivityKind::Clicked));
    }
    assert_eq!(stage.session().activities.len(), before + 2);
    stage.passes(Duration::from_secs(60));
    stage.happens(Event::Acted(ActivityKind::Typed));
    assert_eq!(stage.session().activities.len(), before + 3);
}

#[test]
fn losing_the_relay_does_not_end_a_session() {
    let mut stage = Stage::in_session();
    stage.happens(Event::Offline(Offline::Lost));
    stage.session();
    stage.happens(Event::Ended(WhyOver::ByOther));
    assert_eq!(stage.why_over(), WhyOver::ByOther);
}

#[test]
fn a_copy_that_knows_its_institution_shows_no_other_name() {
    let Stage { customer, now } = Stage::started();
    let mut stage = Stage { customer: customer.of(Some("University of Example".into())), now };
    let shown = |stage: &Stage| stage.customer.view(stage.now).institution;
    assert_eq!(shown(&stage), "University of Example");
    stage.happens(Event::Connected { institution: "Another".into() });
    assert_eq!(shown(&stage), "University of Example");
    let mut nobodys = Stage::started();
    nobodys.happens(Event::Connected { institution: "Another".into() });
    assert_eq!(shown(&nobodys), "Another");
}
