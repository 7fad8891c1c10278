//! The customer's controller: what happened goes in, what is to be done comes out, and at any moment there is a
//! [`CustomerView`] of it. It decides nothing about rights (the gate does) and opens nothing (the wiring does).

mod onward;
mod visit;

use std::time::{Duration, Instant};

use lotse_protocol::card::{Account, Card};
use lotse_protocol::message::session::{EndReason, GoesOn};
use lotse_protocol::permission::{Permission, Permissions};

use self::onward::GoingOn;
pub use self::onward::LEAVES_WITHIN;
use self::visit::{Pending, Visit, next_minute_of};
use super::countdown::{next_second_towards, whole_seconds};
use super::view::{
    Activity, ActivityKind, Beyond, CannotShare, CodeView, CustomerAction, CustomerPage, CustomerView, Offline, Onward,
    Over, Paused, Returning, Runs, Seen, Status, StayedHere, Terms, Waiting, WhyOver,
};

/// No answer within this time means no.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// *Allow* cannot be clicked before this time has passed, so that no click meant for something else lands on it.
pub const ARMED_AFTER: Duration = Duration::from_millis(1500);

/// What happened.
pub enum Event {
    /// The relay is being looked for.
    Connecting,
    /// The relay answered and said whose it is.
    Connected {
        /// The institution's name.
        institution: String,
    },
    /// There is no connection to the relay. A session does not end by it.
    Offline(Offline),
    /// This program can be reached under this ID, grouped in threes.
    Registered(String),
    /// The channel code changed.
    Code(Code),
    /// Somebody is being introduced.
    Knocked,
    /// The introduction came to nothing.
    KnockOver,
    /// An adviser is introduced: the code was right and the card is verified.
    Introduced(Guest),
    /// The adviser asks for something.
    Asked {
        /// What for.
        permissions: Permissions,
        /// Why, in the adviser's words.
        reason: String,
    },
    /// The adviser gives something back.
    GaveBack(Permissions),
    /// The gate says what is granted from now on.
    Rights(Permissions),
    /// The adviser did something that the gate let through.
    Acted(ActivityKind),
    /// The customer is not in front of the screen, or is again.
    Paused(Option<Paused>),
    /// What is in front takes no input from the adviser, or does again.
    Beyond(Option<Beyond>),
    /// The program that goes on as an administrator's can be reached there by the adviser.
    OtherReady(GoesOn),
    /// Nothing comes of that program.
    OtherFailed(StayedHere),
    /// The adviser has left this session for that program, and said so.
    WentOn,
    /// The adviser's program is gone without a word.
    Vanished,
    /// The adviser is introduced to the program that goes on, whatever their program has said here.
    Arrived,
    /// The program whose session this one goes on with is done, and the adviser on the way or here. This is what was done
    /// there.
    TookOver(Earlier),
    /// The program whose session this one was to go on with has given it up, or has ended without a word.
    Abandoned,
    /// The connection fell silent, or speaks again.
    Silent(bool),
    /// The session is over, and not by this side.
    Ended(WhyOver),
    /// The screen cannot be shared.
    CannotShare(CannotShare),
    /// The desktop shows our icon in its tray, or no longer.
    Tray(Tray),
    /// The system wants this program to end now.
    Terminate,
    /// The customer did something.
    Did(CustomerAction),
}

/// The desktop's tray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tray {
    /// It shows our icon.
    There,
    /// There is none, or it went away.
    Gone,
}

/// The channel code as the introduction keeps it.
pub enum Code {
    /// There is none.
    None,
    /// To be read aloud.
    Shown {
        /// Grouped in threes.
        code: String,
        /// When a new one takes its place.
        until: Instant,
    },
    /// Somebody is being introduced with it: it stays.
    InUse {
        /// Grouped in threes.
        code: String,
    },
    /// Three in a row were lost to wrong guesses.
    UsedUp,
}

/// Somebody who knew the code, and who vouches for them.
pub struct Guest {
    /// The verified card.
    pub card: Card,
    /// Why they come, in their words.
    pub reason: String,
    /// The most that can be allowed: card ceiling ∧ institution policy.
    pub askable: Permissions,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The terms are accepted: look for the relay. Nothing of this program is on the network before.
    Connect,
    /// Look for the relay again.
    Retry,
    /// Make a new channel code.
    NewCode,
    /// Tell the adviser that the customer is looking at a question.
    SayAsked {
        /// What for.
        permissions: Permissions,
        /// Until no answer means no.
        seconds_left: u32,
    },
    /// Tell the adviser that it was not allowed.
    SayRefused {
        /// What.
        permissions: Permissions,
        /// By the clock, not by hand.
        timed_out: bool,
    },
    /// Allow it, at the gate.
    Grant(Permissions),
    /// Take it back, at the gate.
    Revoke(Permissions),
    /// Nothing of the adviser's hands may reach this computer while this is on the screen.
    SuspendControl(Prompt),
    /// It is gone.
    ResumeControl(Prompt),
    /// End the session and tell the other side why.
    EndSession(EndReason),
    /// Ask Windows to start this program as an administrator's, which is to go on with the session of this adviser.
    GoOn {
        /// The only one who may come.
        account: Account,
        /// The adviser's verified name.
        adviser: String,
    },
    /// Tell the adviser's program where that one is.
    SayGoesOn(GoesOn),
    /// Tell that one that the adviser is on the way, and what was done in the session until now.
    SayComing(Earlier),
    /// Give it up: that one is to end.
    StayHere,
    /// Bring the window to the front.
    Attention,
    /// Tell the customer, who has just sent the window away, where the program is now.
    SayWhere {
        /// The adviser who goes on seeing the screen, if there is one.
        who: Option<String>,
    },
    /// Leave the program.
    Exit,
}

/// What only the customer's own hand may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The adviser asks for something.
    Question,
    /// "End the session?"
    Closing,
    /// Whether to go on as an administrator; then what Windows asks for it, until that is decided.
    Onward,
}

/// What was done in the session that this program goes on with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// For how long it was, whole minutes.
    pub minutes: u64,
    /// What was done, newest last.
    pub activities: Vec<Activity>,
}

/// The customer's side of the program.
pub struct Customer {
    relay: String,
    /// Where this copy knows it.
    own_institution: Option<String>,
    /// As the relay says.
    institution: String,
    test_relay: Option<String>,
    terms: Terms,
    status: Status,
    id: Option<String>,
    code: Code,
    stage: Stage,
    closing: Closing,
    seen: Seen,
    /// While nobody is connected.
    told: Told,
    runs: Runs,
    rise: Rise,
    before: Before,
}

/// The program whose session this one goes on with.
enum Before {
    /// There is none.
    Nothing,
    /// It has the session still.
    Session,
    /// It is done, and this is what was done there.
    Earlier(Earlier),
}

/// Can this program go on as an administrator's?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rise {
    /// It is none yet, and the system has a way.
    Possible,
    /// It is one already, or there is no way.
    Impossible,
}

enum Stage {
    /// Nothing happens before they are accepted.
    Terms,
    Waiting,
    /// For this adviser, by a code that nobody reads.
    Returning {
        who: String,
    },
    Guest(Box<Visit>),
    Over(Over),
}

/// The window's X was clicked during a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    Asking,
}

/// Was a customer who minimised the window told where the program is? Once is enough: the taskbar shows it too.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Where,
}

impl Customer {
    /// A customer's program that has just started. `relay` is the name of the computer that vouches for advisers;
    /// `test_relay` is where it is when it was given by hand; `terms` are to be accepted first.
    #[must_use]
    pub const fn new(relay: String, test_relay: Option<String>, terms: Terms) -> Self {
        Self {
            relay,
            own_institution: None,
            institution: String::new(),
            test_relay,
            terms,
            status: Status::Connecting,
            id: None,
            code: Code::None,
            stage: Stage::Terms,
            closing: Closing::No,
            seen: Seen::Window,
            told: Told::Nothing,
            runs: Runs::AsUsual,
            rise: Rise::Impossible,
            before: Before::Nothing,
        }
    }

    /// The same where going on as an administrator may be offered.
    #[must_use]
    pub fn rising(self, rise: Rise) -> Self {
        Self { rise, ..self }
    }

    /// The same as an administrator's program that goes on with a session which this adviser had. The terms were accepted
    /// there; everything else is asked anew. When it is over it is over: this program is never open to anybody else.
    #[must_use]
    pub fn going_on(self, adviser: String) -> Self {
        Self {
            runs: Runs::AsAdministrator,
            rise: Rise::Impossible,
            stage: Stage::Returning { who: adviser },
            before: Before::Session,
            ..self
        }
    }

    /// The same in a copy that is this institution's: whatever the relay calls itself.
    #[must_use]
    pub fn of(self, institution: Option<String>) -> Self {
        Self { own_institution: institution, ..self }
    }

    /// Takes in what happened at `now` and says what is to be done, in that order.
    pub fn handle(&mut self, event: Event, now: Instant) -> Vec<Command> {
        let mut commands = Vec::new();
        match event {
            // Trying again by itself is no news: the reason stays on the screen, and *Try again* with it.
            Event::Connecting if matches!(self.status, Status::Offline(_)) => {}
            Event::Connecting => self.set_status(Status::Connecting),
            Event::Connected { institution } => self.institution = institution,
            Event::Offline(why) => {
                self.id = None;
                self.set_status(Status::Offline(why));
            }
            Event::Registered(id) => {
                self.id = Some(id);
                self.set_status(Status::Ready);
            }
            Event::Code(code) => {
                self.code = code;
                self.look_for_adviser(&mut commands);
            }
            Event::Knocked => self.set_status(Status::SomebodyKnocks),
            // Whoever is gone because the connection is gone does not make it ready.
            Event::KnockOver if self.status != Status::SomebodyKnocks => {}
            Event::KnockOver => {
                self.set_status(Status::Ready);
                self.look_for_adviser(&mut commands);
            }
            Event::CannotShare(why) => self.cannot_share(why, now, &mut commands),
            Event::Introduced(guest) => self.introduced(guest, now, &mut commands),
            Event::Asked { permissions, reason } => self.asked(permissions, reason, now, &mut commands),
            Event::GaveBack(permissions) => self.take_back(permissions, now, &mut commands),
            Event::Rights(rights) => self.visit(|visit| visit.rights = rights),
            Event::Acted(kind) => self.visit(|visit| visit.note(kind, now)),
            Event::Paused(paused) => self.visit(|visit| {
                visit.paused = paused;
                visit.note(paused.map_or(ActivityKind::WentOn, ActivityKind::Paused), now);
            }),
            Event::Beyond(beyond) => self.beyond(beyond, now),
            Event::OtherReady(goes_on) => self.other_ready(goes_on, now, &mut commands),
            Event::OtherFailed(why) => self.stay_here(why, now, &mut commands),
            Event::WentOn => self.went_on(now, &mut commands),
            Event::Vanished => self.vanished(now, &mut commands),
            Event::Arrived => self.arrived(now, &mut commands),
            Event::TookOver(earlier) => self.before = Before::Earlier(earlier),
            Event::Abandoned => self.abandoned(now, &mut commands),
            Event::Silent(silent) => self.visit(|visit| visit.falls_silent(silent, now)),
            Event::Ended(why) => self.over(why, now),
            Event::Tray(tray) => self.tray(tray, &mut commands),
            Event::Terminate => self.leave(now, &mut commands),
            Event::Did(action) => self.did(action, now, &mut commands),
        }
        self.come_back(&mut commands);
        commands
    }

    /// Lets time pass. Returns what is to be done, and when to call again: at the next second of a count-down that is
    /// shown, or never.
    pub fn tick(&mut self, now: Instant) -> (Vec<Command>, Option<Instant>) {
        let mut commands = Vec::new();
        if self.closing == Closing::No
            && let Stage::Guest(visit) = &self.stage
            && let Some(pending) = &visit.question
            && now.saturating_duration_since(pending.shown) >= ANSWER_WITHIN
        {
            self.answer(Answer::TimedOut, now, &mut commands);
        }
        self.look_at_onward(now, &mut commands);
        self.come_back(&mut commands);
        (commands, self.next_tick(now))
    }

    /// What is to be shown at `now`.
    #[must_use]
    pub fn view(&self, now: Instant) -> CustomerView {
        CustomerView {
            institution: self.own_institution.as_ref().unwrap_or(&self.institution).clone(),
            test_relay: self.test_relay.clone(),
            terms: self.terms.clone(),
            page: self.page(now),
            confirm_close: self.closing == Closing::Asking,
            seen: self.seen,
            runs: self.runs,
        }
    }

    fn page(&self, now: Instant) -> CustomerPage {
        match &self.stage {
            // Nobody is asked to agree to what this computer cannot do.
            Stage::Terms if !matches!(self.status, Status::CannotShare(_)) => CustomerPage::Terms,
            Stage::Returning { who } if !matches!(self.status, Status::CannotShare(_)) => {
                CustomerPage::Returning(Returning {
                    who: who.clone(),
                    seconds_left: match &self.code {
                        Code::Shown { until, .. } => Some(whole_seconds(until.saturating_duration_since(now))),
                        Code::None | Code::InUse { .. } | Code::UsedUp => None,
                    },
                })
            }
            Stage::Terms | Stage::Waiting | Stage::Returning { .. } => CustomerPage::Waiting(Waiting {
                id: self.id.clone(),
                code: self.code_view(now),
                status: self.status.clone(),
            }),
            Stage::Guest(visit) => visit.page(&self.relay, &self.earlier(), now),
            Stage::Over(over) => CustomerPage::Over(over.clone()),
        }
    }

    fn code_view(&self, now: Instant) -> CodeView {
        match &self.code {
            // A code without an ID to go with it would be read aloud for nothing.
            _ if self.id.is_none() => CodeView::None,
            Code::None => CodeView::None,
            Code::Shown { code, until } => {
                let left = whole_seconds(until.saturating_duration_since(now));
                CodeView::Shown { code: code.clone(), remaining: Duration::from_secs(left.into()) }
            }
            Code::InUse { code } => CodeView::InUse { code: code.clone() },
            Code::UsedUp => CodeView::UsedUp,
        }
    }

    fn next_tick(&self, now: Instant) -> Option<Instant> {
        match &self.stage {
            Stage::Waiting | Stage::Returning { .. } => match &self.code {
                Code::Shown { until, .. } if self.id.is_some() => next_second_towards(*until, now),
                _ => None,
            },
            Stage::Guest(visit) => {
                let shown = match &visit.question {
                    Some(pending) => {
                        let armed = pending.shown + ARMED_AFTER;
                        let second = next_second_towards(pending.shown + ANSWER_WITHIN, now).unwrap_or(now);
                        Some(if now < armed { armed.min(second) } else { second })
                    }
                    None => visit.since.map(|since| next_minute_of(since, now)),
                };
                shown.into_iter().chain(visit.onward_changes(now)).min()
            }
            Stage::Terms | Stage::Over(_) => None,
        }
    }

    fn set_status(&mut self, status: Status) {
        // That this screen cannot be shared is for good, whatever the relay says.
        if !matches!(self.status, Status::CannotShare(_)) {
            self.status = status;
        }
    }

    fn cannot_share(&mut self, why: CannotShare, now: Instant, commands: &mut Vec<Command>) {
        self.status = Status::CannotShare(why);
        if matches!(self.stage, Stage::Guest(_)) {
            commands.push(Command::EndSession(EndReason::Failed));
            self.over(WhyOver::Failed, now);
        }
    }

    fn introduced(&mut self, guest: Guest, now: Instant, commands: &mut Vec<Command>) {
        // Viewing is always the first question (invariant 3), whatever else the adviser would like.
        let first = Permission::View.into();
        let reason = guest.reason.clone();
        self.closing = Closing::No;
        self.stage = Stage::Guest(Box::new(Visit {
            guest,
            question: None,
            rights: Permissions::NONE,
            since: None,
            interrupted: false,
            paused: None,
            beyond: None,
            onward: GoingOn::Seen(Onward::NotOffered),
            activities: Vec::new(),
            told: Told::Nothing,
        }));
        self.asked(first, reason, now, commands);
    }

    fn asked(&mut self, permissions: Permissions, reason: String, now: Instant, commands: &mut Vec<Command>) {
        let Stage::Guest(visit) = &mut self.stage else { return };
        if let Some(pending) = &visit.question
            && pending.asks == permissions
        {
            // Asked twice is asked once: the first question is still being read.
            commands.push(pending.said(now));
            return;
        }
        let asks: Permissions = (permissions & visit.guest.askable).iter().filter(|p| !visit.rights.has(*p)).collect();
        // One by one, and never a second question over the first; nothing before viewing.
        let next = asks.iter().next();
        match next {
            Some(permission)
                if visit.question.is_none() && (permission == Permission::View || visit.since.is_some()) =>
            {
                // One thing at a time: going on as an administrator can be chosen again afterwards.
                let pending = Pending { asks: permission.into(), reason, shown: now };
                commands.push(Command::SuspendControl(Prompt::Question));
                if visit.stop_asking() {
                    commands.push(Command::ResumeControl(Prompt::Onward));
                }
                commands.push(Command::Attention);
                commands.push(pending.said(now));
                visit.question = Some(pending);
            }
            _ => commands.push(Command::SayRefused { permissions, timed_out: false }),
        }
    }

    fn answer(&mut self, answer: Answer, now: Instant, commands: &mut Vec<Command>) {
        let Stage::Guest(visit) = &mut self.stage else { return };
        let Some(pending) = visit.question.take() else { return };
        let unarmed = now.saturating_duration_since(pending.shown) < ARMED_AFTER || self.closing == Closing::Asking;
        if answer == Answer::Allowed && unarmed {
            visit.question = Some(pending);
            return;
        }
        for permission in pending.asks.iter() {
            let kind = match answer {
                Answer::Allowed => ActivityKind::Allowed(permission),
                Answer::Refused | Answer::TimedOut => ActivityKind::Refused(permission),
            };
            visit.note(kind, now);
        }
        match answer {
            Answer::Allowed => {
                visit.since.get_or_insert(now);
                commands.push(Command::Grant(pending.asks));
                commands.push(Command::ResumeControl(Prompt::Question));
            }
            Answer::Refused | Answer::TimedOut => {
                let timed_out = answer == Answer::TimedOut;
                commands.push(Command::SayRefused { permissions: pending.asks, timed_out });
                commands.push(Command::ResumeControl(Prompt::Question));
                if visit.since.is_none() {
                    commands.push(Command::EndSession(EndReason::Refused));
                    self.over(if timed_out { WhyOver::NoAnswer } else { WhyOver::Refused }, now);
                }
            }
        }
    }

    /// Something is taken or given back: said in the list, and done by the gate.
    fn take_back(&mut self, permissions: Permissions, now: Instant, commands: &mut Vec<Command>) {
        self.visit(|visit| {
            let taken: Vec<Permission> = (permissions & visit.rights).iter().collect();
            for permission in taken {
                visit.note(ActivityKind::Stopped(permission), now);
            }
        });
        commands.push(Command::Revoke(permissions));
    }

    fn did(&mut self, action: CustomerAction, now: Instant, commands: &mut Vec<Command>) {
        match action {
            CustomerAction::AcceptTerms => {
                if matches!(self.stage, Stage::Terms) {
                    self.stage = Stage::Waiting;
                    commands.push(Command::Connect);
                }
            }
            // Before the terms are accepted there is nothing to be done but leaving.
            CustomerAction::TryAgain | CustomerAction::NewCode if matches!(self.stage, Stage::Terms) => {}
            CustomerAction::TryAgain => {
                self.set_status(Status::Connecting);
                commands.push(Command::Retry);
            }
            CustomerAction::NewCode => commands.push(Command::NewCode),
            CustomerAction::Allow => self.answer(Answer::Allowed, now, commands),
            CustomerAction::Refuse => self.answer(Answer::Refused, now, commands),
            CustomerAction::Stop(permission) => {
                // Without a picture nobody can steer: taking viewing back takes everything back.
                let taken = if permission == Permission::View {
                    Permission::ALL.into_iter().collect()
                } else {
                    permission.into()
                };
                self.take_back(taken, now, commands);
            }
            CustomerAction::End => self.end(EndReason::Ended, now, commands),
            CustomerAction::CloseRequested => {
                if matches!(&self.stage, Stage::Guest(visit) if visit.since.is_some()) {
                    self.closing = Closing::Asking;
                    commands.push(Command::SuspendControl(Prompt::Closing));
                } else {
                    self.leave(now, commands);
                }
            }
            CustomerAction::ConfirmClose => self.leave(now, commands),
            CustomerAction::CancelClose => self.uncover(now, commands),
            CustomerAction::GoToTray => self.go_to_tray(now, commands),
            CustomerAction::Open => {
                if self.seen == Seen::Tray {
                    self.seen = Seen::WindowAndTray;
                }
                commands.push(Command::Attention);
            }
            CustomerAction::Minimised => self.minimised(commands),
            CustomerAction::WaitAgain => {
                if matches!(self.stage, Stage::Over(_)) && self.runs == Runs::AsUsual {
                    self.stage = Stage::Waiting;
                }
            }
            CustomerAction::Onward => self.onward(now, commands),
            CustomerAction::ConfirmOnward => self.go_on(now, commands),
            CustomerAction::CancelOnward => self.not_onward(commands),
            CustomerAction::Close => self.leave(now, commands),
        }
    }

    /// "End the session?" is gone, and what it covered is seen again.
    fn uncover(&mut self, now: Instant, commands: &mut Vec<Command>) {
        self.closing = Closing::No;
        // A question that was covered is seen only now: its clock and its arming begin now.
        self.visit(|visit| {
            if let Some(pending) = &mut visit.question {
                pending.shown = now;
                commands.push(pending.said(now));
            }
            if visit.onward.is_asking() {
                visit.onward = GoingOn::Asking { shown: now };
            }
        });
        commands.push(Command::ResumeControl(Prompt::Closing));
    }

    /// The window goes where its icon is, if there is one, and if nothing waits for an answer.
    fn go_to_tray(&mut self, now: Instant, commands: &mut Vec<Command>) {
        if self.closing == Closing::No {
            return;
        }
        self.uncover(now, commands);
        if self.seen == Seen::WindowAndTray
            && let Some(who) = self.may_be_away()
        {
            commands.push(Command::SayWhere { who: Some(who.to_owned()) });
            self.seen = Seen::Tray;
        }
    }

    /// Who minimises the window may take the program for ended. Said once for each visit, and once while nobody is here.
    fn minimised(&mut self, commands: &mut Vec<Command>) {
        let (told, who) = match &mut self.stage {
            Stage::Waiting => (&mut self.told, None),
            Stage::Guest(visit) if visit.since.is_some() => (&mut visit.told, Some(visit.guest.card.adviser.clone())),
            Stage::Terms | Stage::Returning { .. } | Stage::Guest(_) | Stage::Over(_) => return,
        };
        if self.seen == Seen::WindowAndTray && std::mem::replace(told, Told::Where) == Told::Nothing {
            commands.push(Command::SayWhere { who });
        }
    }

    fn tray(&mut self, tray: Tray, commands: &mut Vec<Command>) {
        self.seen = match (tray, self.seen) {
            (Tray::There, Seen::Tray) => Seen::Tray,
            (Tray::There, _) => Seen::WindowAndTray,
            (Tray::Gone, Seen::Tray) => {
                commands.push(Command::Attention);
                Seen::Window
            }
            (Tray::Gone, _) => Seen::Window,
        };
    }

    /// Whoever sees the screen, while the window may be away: as long as a session runs that waits for no answer.
    fn may_be_away(&self) -> Option<&str> {
        match &self.stage {
            Stage::Guest(visit)
                if self.closing == Closing::No && visit.since.is_some() && !visit.waits_for_answer() =>
            {
                Some(&visit.guest.card.adviser)
            }
            _ => None,
        }
    }

    /// A window that is away comes back by itself with a question, and with the session's end.
    fn come_back(&mut self, commands: &mut Vec<Command>) {
        if self.seen == Seen::Tray && self.may_be_away().is_none() {
            self.seen = Seen::WindowAndTray;
            if !commands.contains(&Command::Attention) {
                commands.push(Command::Attention);
            }
        }
    }

    fn end(&mut self, reason: EndReason, now: Instant, commands: &mut Vec<Command>) {
        if matches!(self.stage, Stage::Guest(_)) {
            commands.push(Command::EndSession(reason));
            self.over(WhyOver::ByMe, now);
        }
    }

    fn leave(&mut self, now: Instant, commands: &mut Vec<Command>) {
        self.end(EndReason::Closed, now, commands);
        commands.push(Command::Exit);
    }

    fn over(&mut self, why: WhyOver, now: Instant) {
        self.closing = Closing::No;
        if !matches!(self.stage, Stage::Guest(_)) {
            return;
        }
        let earlier = self.earlier();
        if let Stage::Guest(visit) = std::mem::replace(&mut self.stage, Stage::Waiting) {
            // Somebody who was never let in leaves no page behind, unless it was this customer who kept them out.
            let seen = visit.since.is_some() || matches!(why, WhyOver::Refused | WhyOver::NoAnswer | WhyOver::ByMe);
            self.set_status(if self.id.is_some() { Status::Ready } else { Status::Connecting });
            let why = if seen { why } else { WhyOver::NotBack };
            if seen || self.runs == Runs::AsAdministrator {
                self.stage = Stage::Over(Over {
                    who: visit.guest.card.adviser.clone(),
                    minutes: earlier.minutes.saturating_add(visit.minutes(now)),
                    why,
                    activities: earlier.and(&visit.activities),
                });
            }
        }
    }

    fn visit(&mut self, change: impl FnOnce(&mut Visit)) {
        if let Stage::Guest(visit) = &mut self.stage {
            change(visit);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Allowed,
    Refused,
    TimedOut,
}

#[cfg(test)]
mod tests;
