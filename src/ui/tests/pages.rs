//! What every page can look like: one view for each state that a person can see.

use std::time::Duration;

use lotse_protocol::permission::{Permission, Permissions};

use crate::app::view::{
    Activity, ActivityKind, AdviserPage, AdviserSession, AdviserView, Beyond, CannotShare, CodeView, CustomerPage,
    CustomerSession, CustomerView, Join, JoinProblem, Offline, Onward, Over, PathView, Paused, Question, Returning,
    Rights, Runs, ScreenView, Seen, SignIn, SignInProblem, Status, StayedHere, Suspended, Terms, Waiting,
    WaitingForCustomer, WhyOver,
};

pub(crate) fn customer_view(page: CustomerPage) -> CustomerView {
    CustomerView {
        institution: "University Service Desk".into(),
        test_relay: None,
        terms: terms(),
        page,
        confirm_close: false,
        seen: Seen::Window,
        runs: Runs::AsUsual,
    }
}

/// The same as an administrator's.
pub(crate) fn as_administrator(page: CustomerPage) -> CustomerView {
    CustomerView { runs: Runs::AsAdministrator, ..customer_view(page) }
}

/// Somebody uses mouse and keyboard, and a window with more rights was in front.
pub(crate) fn session_onward(onward: Onward) -> CustomerPage {
    CustomerPage::Session(CustomerSession { onward, ..session_with(with_control()) })
}

/// What stands in a copy whose institution has nothing to add.
pub(crate) fn terms() -> Terms {
    let english = include_str!("../../../assets/terms/en.txt");
    let german = include_str!("../../../assets/terms/de.txt");
    Terms { english: english.into(), german: german.into() }
}

pub(crate) fn waiting_page(code: CodeView, status: Status) -> CustomerPage {
    CustomerPage::Waiting(Waiting { id: Some("482 913 077".into()), code, status })
}

pub(crate) fn shown_code() -> CodeView {
    CodeView::Shown { code: "731 940".into(), remaining: Duration::from_secs(581) }
}

pub(crate) fn question(asks: Permissions, armed: bool) -> CustomerPage {
    CustomerPage::Question(Question {
        who: "Maria Huber".into(),
        institution: "University of Example".into(),
        role: "Service Desk".into(),
        vouched_by: "support.example.edu".into(),
        asks,
        reason: "To look at the e-mail settings with you.".into(),
        seconds_left: 58,
        armed,
    })
}

pub(crate) fn activities() -> Vec<Activity> {
    vec![
        Activity { minute: 0, kind: ActivityKind::Allowed(Permission::View) },
        Activity { minute: 1, kind: ActivityKind::Refused(Permission::Control) },
        Activity { minute: 3, kind: ActivityKind::Allowed(Permission::Control) },
        Activity { minute: 3, kind: ActivityKind::Clicked },
        Activity { minute: 11, kind: ActivityKind::Typed },
        Activity { minute: 12, kind: ActivityKind::Stopped(Permission::Control) },
    ]
}

pub(crate) fn view_only() -> Permissions {
    Permission::View.into()
}

pub(crate) fn with_control() -> Permissions {
    view_only().with(Permission::Control)
}

pub(crate) fn customer_session(rights: Permissions, interrupted: bool) -> CustomerPage {
    CustomerPage::Session(CustomerSession { interrupted, ..session_with(rights) })
}

pub(crate) fn session_with(rights: Permissions) -> CustomerSession {
    CustomerSession {
        who: "Maria Huber".into(),
        institution: "University of Example".into(),
        minutes: 4,
        rights,
        interrupted: false,
        paused: None,
        beyond: None,
        onward: Onward::NotOffered,
        activities: if rights == view_only() { Vec::new() } else { activities() },
    }
}

pub(crate) fn customer_pages() -> Vec<(String, CustomerView)> {
    let mut pages = vec![
        ("terms".into(), {
            // The relay has not said yet whose it is.
            let mut view = customer_view(CustomerPage::Terms);
            view.institution.clear();
            view
        }),
        ("waiting-connecting".into(), {
            let waiting = Waiting { id: None, code: CodeView::None, status: Status::Connecting };
            let mut view = customer_view(CustomerPage::Waiting(waiting));
            view.institution.clear();
            view
        }),
        ("waiting-ready".into(), customer_view(waiting_page(shown_code(), Status::Ready))),
        (
            "waiting-knock".into(),
            customer_view(waiting_page(CodeView::InUse { code: "731 940".into() }, Status::SomebodyKnocks)),
        ),
        ("waiting-used-up".into(), customer_view(waiting_page(CodeView::UsedUp, Status::Ready))),
        (
            "waiting-test-relay".into(),
            CustomerView {
                test_relay: Some("127.0.0.1:4433".into()),
                ..customer_view(waiting_page(shown_code(), Status::Ready))
            },
        ),
        ("question-view".into(), customer_view(question(view_only(), false))),
        ("question-view-armed".into(), customer_view(question(view_only(), true))),
        ("question-control".into(), customer_view(question(Permission::Control.into(), true))),
        ("question-both".into(), customer_view(question(with_control(), true))),
        ("session-view".into(), customer_view(customer_session(view_only(), false))),
        ("session-control".into(), customer_view(customer_session(with_control(), false))),
        ("session-interrupted".into(), customer_view(customer_session(with_control(), true))),
        ("session-locked".into(), {
            let paused = Some(Paused::Locked);
            customer_view(CustomerPage::Session(CustomerSession { paused, ..session_with(with_control()) }))
        }),
        ("session-prompt".into(), {
            let beyond = Some(Beyond::Prompt);
            customer_view(CustomerPage::Session(CustomerSession { beyond, ..session_with(with_control()) }))
        }),
        ("session-administrator".into(), {
            let beyond = Some(Beyond::Administrator);
            customer_view(CustomerPage::Session(CustomerSession { beyond, ..session_with(with_control()) }))
        }),
        ("confirm".into(), CustomerView { confirm_close: true, ..customer_view(customer_session(view_only(), false)) }),
        (
            "confirm-tray".into(),
            CustomerView {
                confirm_close: true,
                seen: Seen::WindowAndTray,
                ..customer_view(customer_session(view_only(), false))
            },
        ),
    ];
    for (name, onward) in ONWARD {
        pages.push((format!("onward-{name}"), customer_view(session_onward(onward))));
    }
    for (name, beyond) in [("prompt", Beyond::Prompt), ("administrator", Beyond::Administrator)] {
        let session = CustomerSession { beyond: Some(beyond), onward: Onward::Offered, ..session_with(with_control()) };
        pages.push((format!("onward-at-{name}"), customer_view(CustomerPage::Session(session))));
    }
    for (name, seconds_left) in [("connecting", None), ("open", Some(58))] {
        let returning = Returning { who: "Maria Huber".into(), seconds_left };
        pages.push((format!("returning-{name}"), as_administrator(CustomerPage::Returning(returning))));
    }
    pages.push(("administrator-question-view".into(), as_administrator(question(view_only(), true))));
    pages.push(("administrator-question-control".into(), as_administrator(question(Permission::Control.into(), true))));
    pages.push(("administrator-session-control".into(), as_administrator(customer_session(with_control(), false))));
    for (name, why) in WHYS {
        let over = CustomerPage::Over(over("Maria Huber", why));
        pages.push((format!("administrator-over-{name}"), as_administrator(over)));
    }
    let reason = "the checksum of the reserved block is wrong".to_owned();
    let damaged = CustomerView { institution: String::new(), ..customer_view(CustomerPage::Damaged { reason }) };
    pages.push(("damaged".into(), damaged));
    for (name, why) in [
        ("name-unknown", Offline::NameUnknown),
        ("no-answer", Offline::NoAnswer),
        ("not-our-relay", Offline::NotOurRelay),
        ("other-version", Offline::OtherVersion),
        ("full", Offline::Full),
        ("lost", Offline::Lost),
    ] {
        let waiting = Waiting { id: None, code: CodeView::None, status: Status::Offline(why) };
        pages.push((format!("offline-{name}"), customer_view(CustomerPage::Waiting(waiting))));
    }
    for (name, why) in [
        ("wayland", CannotShare::Wayland),
        ("not-supported", CannotShare::NotSupported),
        ("too-large", CannotShare::TooLarge { width: 17_280, height: 4320, most_side: 16_384, most: 1 << 26 }),
        ("failed", CannotShare::Failed("MIT-SHM: BadAccess (attempt to access private resource denied)".into())),
    ] {
        let waiting = Waiting { id: None, code: CodeView::None, status: Status::CannotShare(why) };
        pages.push((format!("cannot-share-{name}"), customer_view(CustomerPage::Waiting(waiting))));
    }
    for (name, why) in WHYS {
        pages.push((format!("over-{name}"), customer_view(CustomerPage::Over(over("Maria Huber", why)))));
    }
    pages
}

pub(super) const ONWARD: [(&str, Onward); 10] = [
    ("offered", Onward::Offered),
    ("asking-unarmed", Onward::Asking { armed: false }),
    ("asking", Onward::Asking { armed: true }),
    ("under-way", Onward::UnderWay),
    ("leaving", Onward::Leaving),
    ("refused", Onward::StayedHere(StayedHere::Refused)),
    ("other-account", Onward::StayedHere(StayedHere::OtherAccount)),
    ("not-started", Onward::StayedHere(StayedHere::NotStarted)),
    ("not-ready", Onward::StayedHere(StayedHere::NotReady)),
    ("adviser-stayed", Onward::StayedHere(StayedHere::AdviserStayed)),
];

pub(super) const WHYS: [(&str, WhyOver); 8] = [
    ("by-me", WhyOver::ByMe),
    ("by-other", WhyOver::ByOther),
    ("other-gone", WhyOver::OtherGone),
    ("connection-lost", WhyOver::ConnectionLost),
    ("refused", WhyOver::Refused),
    ("no-answer", WhyOver::NoAnswer),
    ("failed", WhyOver::Failed),
    ("not-back", WhyOver::NotBack),
];

pub(crate) fn over(who: &str, why: WhyOver) -> Over {
    let nobody = matches!(why, WhyOver::Refused | WhyOver::NoAnswer | WhyOver::NotBack);
    let activities = if nobody { Vec::new() } else { activities() };
    Over { who: who.into(), minutes: 12, why, activities }
}

pub(crate) fn adviser_view(page: AdviserPage) -> AdviserView {
    AdviserView { institution: "University Service Desk".into(), test_relay: None, page, confirm_close: false }
}

pub(crate) fn sign_in(status: Status, busy: bool, problem: Option<SignInProblem>) -> AdviserView {
    adviser_view(AdviserPage::SignIn(SignIn { status, busy, problem }))
}

pub(crate) fn join(problem: Option<JoinProblem>) -> AdviserView {
    adviser_view(AdviserPage::Join(Join {
        adviser: "Maria Huber".into(),
        status: Status::Ready,
        id: None,
        busy: false,
        problem,
    }))
}

pub(crate) fn adviser_session(rights: Permissions) -> AdviserSession {
    AdviserSession {
        id: "482 913 077".into(),
        rights: Rights { effective: rights, granted: rights, askable: Permission::Control.into(), suspended: None },
        asked: None,
        refused: Permissions::NONE,
        path: PathView { delay_ms: Some(23), rate_kbit: 1240, interrupted: false },
        screen: ScreenView::Usual,
    }
}

/// Granted, and suspended so that neither hands nor picture are left.
pub(crate) fn suspended(granted: Permissions, why: Suspended) -> Rights {
    Rights { effective: Permissions::NONE, granted, askable: Permission::Control.into(), suspended: Some(why) }
}

pub(crate) fn adviser_pages() -> Vec<(String, AdviserView)> {
    let in_session = |session| adviser_view(AdviserPage::Session(session));
    let mut pages = vec![
        ("sign-in".into(), sign_in(Status::Ready, false, None)),
        ("sign-in-wrong".into(), sign_in(Status::Ready, false, Some(SignInProblem::Wrong))),
        ("sign-in-wait".into(), sign_in(Status::Ready, false, Some(SignInProblem::Wait(30)))),
        ("sign-in-no-longer".into(), sign_in(Status::Ready, false, Some(SignInProblem::NoLongerSignedIn))),
        ("sign-in-no-answer".into(), sign_in(Status::Ready, false, Some(SignInProblem::NoAnswer))),
        ("sign-in-failed".into(), sign_in(Status::Ready, false, Some(SignInProblem::Failed))),
        ("sign-in-offline".into(), sign_in(Status::Offline(Offline::NoAnswer), false, None)),
        ("join".into(), join(None)),
        (
            "join-busy".into(),
            adviser_view(AdviserPage::Join(Join {
                adviser: "Maria Huber".into(),
                status: Status::Ready,
                id: Some("482913077".into()),
                busy: true,
                problem: None,
            })),
        ),
        (
            "waiting".into(),
            adviser_view(AdviserPage::Waiting(WaitingForCustomer {
                id: "482 913 077".into(),
                asked: with_control(),
                seconds_left: 41,
            })),
        ),
        ("session-view".into(), in_session(adviser_session(view_only()))),
        ("session-control".into(), in_session(adviser_session(with_control()))),
        (
            "session-asked".into(),
            in_session(AdviserSession {
                asked: Some((Permission::Control.into(), 41)),
                ..adviser_session(view_only())
            }),
        ),
        (
            "session-locked".into(),
            in_session(AdviserSession {
                rights: suspended(with_control(), Suspended::Locked),
                ..adviser_session(with_control())
            }),
        ),
        (
            "session-refused".into(),
            in_session(AdviserSession { refused: Permission::Control.into(), ..adviser_session(view_only()) }),
        ),
        (
            "session-interrupted".into(),
            in_session(AdviserSession {
                path: PathView { delay_ms: Some(23), rate_kbit: 0, interrupted: true },
                ..adviser_session(with_control())
            }),
        ),
        ("returning".into(), adviser_view(AdviserPage::Returning { id: "482 913 077".into() })),
        ("confirm".into(), AdviserView { confirm_close: true, ..in_session(adviser_session(with_control())) }),
    ];
    for (name, problem) in [
        ("unknown-id", JoinProblem::UnknownId),
        ("wrong-code-1", JoinProblem::WrongCode { left: 1 }),
        ("no-code", JoinProblem::NoCode),
        ("blocked", JoinProblem::Blocked),
        ("busy-there", JoinProblem::Busy),
        ("customer-gone", JoinProblem::CustomerGone),
        ("other-version", JoinProblem::OtherVersion),
        ("untrusted", JoinProblem::Untrusted),
        ("card-refused", JoinProblem::CardRefused),
        ("no-answer", JoinProblem::NoAnswer),
        ("wait", JoinProblem::Wait(20)),
        ("offline", JoinProblem::Offline),
        ("reason", JoinProblem::Reason),
        ("no-path", JoinProblem::NoPath),
        ("failed", JoinProblem::Failed),
    ] {
        pages.push((format!("join-{name}"), join(Some(problem))));
    }
    for (name, why) in WHYS {
        pages.push((format!("over-{name}"), adviser_view(AdviserPage::Over(over("482 913 077", why)))));
    }
    pages
}
