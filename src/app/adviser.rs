//! The adviser's controller: what happened goes in, what is to be done comes out, and at any moment there is an
//! [`AdviserView`] of it.

use std::time::{Duration, Instant};

use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::limits;
use lotse_protocol::message::session::{EndReason, GoesOn};
use lotse_protocol::permission::{Permission, Permissions};
use zeroize::Zeroizing;

use super::countdown::{next_second_towards, whole_seconds};
use super::view::{
    AdviserAction, AdviserPage, AdviserSession, AdviserView, Join, JoinProblem, Offline, Over, PathView, Rights,
    ScreenView, SignIn, SignInProblem, Status, WaitingForCustomer, WhyOver, check_id,
};

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
    /// The relay knows the adviser.
    SignedIn {
        /// The name customers will see.
        adviser: String,
    },
    /// It does not.
    SignInRefused(SignInProblem),
    /// No introduction came of it.
    JoinFailed(JoinProblem),
    /// The customer's program is introduced; the customer is being asked.
    Introduced {
        /// The most that can be asked for: card ceiling ∧ institution policy.
        askable: Permissions,
    },
    /// The customer is looking at a question.
    Asked {
        /// What for.
        permissions: Permissions,
        /// Until no answer means no.
        seconds_left: u32,
    },
    /// The customer said no, or nothing.
    Refused {
        /// To what.
        permissions: Permissions,
        /// By the clock, not by hand.
        timed_out: bool,
    },
    /// What is allowed from now on.
    Rights(Rights),
    /// How the link is.
    Link(PathView),
    /// The customer's program goes on as an administrator's, which can be reached there.
    GoesOn(GoesOn),
    /// The network has done with a session, and is free for the next.
    Free,
    /// How the customer's screen is.
    Screen {
        /// In pixels.
        size: (u32, u32),
        /// Whether it is lit.
        light: Light,
    },
    /// The session is over, and not by this side.
    Ended(WhyOver),
    /// The system wants this program to end now.
    Terminate,
    /// The adviser did something.
    Did(AdviserAction),
}

/// Is the customer's screen lit?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Yes.
    On,
    /// It is dark to save energy.
    Asleep,
}

/// That the screen took another size is said for so long.
const CHANGED_IS_NEWS: Duration = Duration::from_secs(8);

/// Between two tries to come along to the customer's other program.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// What is to be done. `Debug` is not derived: it would print the password and the code.
pub enum Command {
    /// Look for the relay again.
    Retry,
    /// Sign in.
    SignIn {
        /// Name at the relay.
        name: String,
        /// Password.
        password: Zeroizing<String>,
    },
    /// Join a customer.
    Join {
        /// Whom.
        id: Id,
        /// With what code.
        code: ChannelCode,
        /// Why.
        reason: String,
    },
    /// Stop joining.
    CancelJoin,
    /// Ask the customer for something.
    Ask(Permission),
    /// Give something back.
    GiveBack(Permission),
    /// Let go of every key and button.
    ReleaseAll,
    /// End the session and tell the other side why.
    EndSession(EndReason),
    /// Leave the program.
    Exit,
}

/// The adviser's side of the program.
pub struct Adviser {
    /// Where this copy knows it.
    own_institution: Option<String>,
    /// As the relay says.
    institution: String,
    test_relay: Option<String>,
    status: Status,
    /// From the command line.
    prefilled: Option<String>,
    adviser: String,
    /// As it was given with the last numbers.
    reason: String,
    stage: Stage,
    closing: Closing,
}

enum Stage {
    SignIn { busy: bool, problem: Option<SignInProblem> },
    Join { busy: Option<Id>, problem: Option<JoinProblem> },
    Visit(Visit),
    Returning(Returning),
    Over(Over),
}

/// The customer's program goes on as an administrator's.
struct Returning {
    /// In the session before, which took so many minutes.
    before: Id,
    minutes: u64,
    /// There, by what code, and how long that is good.
    id: Id,
    code: ChannelCode,
    until: Instant,
    attempt: Attempt,
}

/// The way there. Each try may cost a guess at the code, of which there are as many as at one that was typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// The network has not done with the session before.
    NotFree,
    Runs,
    /// It came to nothing that may be otherwise by then.
    Again(Instant),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    No,
    Asking,
}

/// One customer being helped.
struct Visit {
    id: Id,
    rights: Rights,
    asked: Option<(Permissions, Instant)>,
    refused: Permissions,
    path: PathView,
    /// The customer's screen: its size, whether it is lit, and until when a new size is news.
    size: Option<(u32, u32)>,
    light: Light,
    changed: Option<Instant>,
    since: Option<Instant>,
}

impl Adviser {
    /// An adviser's program that has just started. `test_relay` names the relay given by hand, if one was; `id` is the
    /// one given on the command line.
    #[must_use]
    pub const fn new(test_relay: Option<String>, id: Option<String>) -> Self {
        Self {
            own_institution: None,
            institution: String::new(),
            test_relay,
            status: Status::Connecting,
            prefilled: id,
            adviser: String::new(),
            reason: String::new(),
            stage: Stage::SignIn { busy: false, problem: None },
            closing: Closing::No,
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
            Event::Connecting => self.status = Status::Connecting,
            Event::Connected { institution } => {
                self.institution = institution;
                self.status = Status::Ready;
            }
            Event::Offline(why) => self.offline(why),
            Event::SignedIn { adviser } => {
                self.adviser = adviser;
                if matches!(self.stage, Stage::SignIn { .. }) {
                    self.stage = Stage::Join { busy: None, problem: None };
                }
            }
            // The connection to the relay may be a new one, on which this program is signing in just now.
            Event::SignInRefused(_) if matches!(self.stage, Stage::Returning(_)) => {
                self.not_joined(JoinProblem::Offline, now);
            }
            Event::SignInRefused(problem) if !matches!(self.stage, Stage::Visit(_)) => {
                self.stage = Stage::SignIn { busy: false, problem: Some(problem) };
            }
            Event::JoinFailed(problem) if matches!(self.stage, Stage::Join { .. }) => {
                self.stage = Stage::Join { busy: None, problem: Some(problem) };
            }
            Event::JoinFailed(problem) if matches!(self.stage, Stage::Returning(_)) => self.not_joined(problem, now),
            Event::GoesOn(goes_on) => self.goes_on(&goes_on, now, &mut commands),
            Event::Free => {
                if matches!(&self.stage, Stage::Returning(returning) if returning.attempt == Attempt::NotFree) {
                    self.join_there(&mut commands);
                }
            }
            // Late for a page that is no longer shown.
            Event::SignInRefused(_) | Event::JoinFailed(_) => {}
            Event::Introduced { askable } => self.introduced(askable, &mut commands),
            Event::Asked { permissions, seconds_left } => self.visit(|visit| {
                visit.asked = Some((permissions, now + Duration::from_secs(u64::from(seconds_left))));
                visit.refused = Permissions::NONE;
            }),
            Event::Refused { permissions, timed_out } => self.refused(permissions, timed_out, now),
            Event::Rights(rights) => self.visit(|visit| {
                // Rights change for many reasons; only this one is an answer.
                if visit.asked.is_some_and(|(asked, _)| asked & rights.granted == asked) {
                    visit.asked = None;
                }
                visit.rights = rights;
                if rights.granted.has(Permission::View) {
                    visit.since.get_or_insert(now);
                }
            }),
            Event::Screen { size, light } => self.visit(|visit| {
                let before = visit.size.replace(size);
                if before.is_some_and(|before| before != size) {
                    visit.changed = Some(now + CHANGED_IS_NEWS);
                }
                visit.light = light;
            }),
            Event::Link(path) => self.visit(|visit| visit.path = path),
            Event::Ended(why) => self.over(why, now),
            Event::Terminate => self.leave(now, &mut commands),
            Event::Did(action) => self.did(action, now, &mut commands),
        }
        commands
    }

    /// Lets time pass. Returns what is to be done, and when to call again: at the next second of a count-down that is
    /// shown, when something is to be tried again, or never.
    pub fn tick(&mut self, now: Instant) -> (Vec<Command>, Option<Instant>) {
        let mut commands = Vec::new();
        if matches!(&self.stage, Stage::Returning(Returning { attempt: Attempt::Again(at), .. }) if *at <= now) {
            self.join_there(&mut commands);
        }
        (commands, self.next_tick(now))
    }

    fn next_tick(&self, now: Instant) -> Option<Instant> {
        match &self.stage {
            Stage::Visit(visit) => {
                let second = visit.asked.and_then(|(_, until)| next_second_towards(until, now));
                let old_news = visit.changed.filter(|until| *until > now);
                second.into_iter().chain(old_news).min()
            }
            Stage::Returning(Returning { attempt: Attempt::Again(at), .. }) => Some(*at),
            Stage::SignIn { .. } | Stage::Join { .. } | Stage::Returning(_) | Stage::Over(_) => None,
        }
    }

    /// What is to be shown at `now`.
    #[must_use]
    pub fn view(&self, now: Instant) -> AdviserView {
        AdviserView {
            institution: self.own_institution.as_ref().unwrap_or(&self.institution).clone(),
            test_relay: self.test_relay.clone(),
            page: self.page(now),
            confirm_close: self.closing == Closing::Asking,
        }
    }

    /// May the adviser's mouse and keyboard go to the customer's computer just now? What the gate over there decides
    /// is what counts; this only keeps from sending what would be thrown away.
    #[must_use]
    pub fn controls(&self) -> bool {
        matches!(&self.stage, Stage::Visit(visit) if visit.rights.effective.has(Permission::Control))
            && self.closing == Closing::No
    }

    fn page(&self, now: Instant) -> AdviserPage {
        match &self.stage {
            Stage::SignIn { busy, problem } => {
                AdviserPage::SignIn(SignIn { status: self.status.clone(), busy: *busy, problem: *problem })
            }
            Stage::Join { busy, problem } => AdviserPage::Join(Join {
                adviser: self.adviser.clone(),
                status: self.status.clone(),
                id: self.prefilled.clone(),
                busy: busy.is_some(),
                problem: *problem,
            }),
            Stage::Visit(visit) => visit.page(now),
            Stage::Returning(returning) => AdviserPage::Returning { id: returning.before.to_string() },
            Stage::Over(over) => AdviserPage::Over(over.clone()),
        }
    }

    fn offline(&mut self, why: Offline) {
        self.status = Status::Offline(why);
        match &mut self.stage {
            Stage::SignIn { busy, .. } => *busy = false,
            // The relay forgets who signed in when the connection is gone.
            Stage::Join { .. } => self.stage = Stage::SignIn { busy: false, problem: None },
            Stage::Visit(_) | Stage::Returning(_) | Stage::Over(_) => {}
        }
    }

    /// The customer has chosen to go on as an administrator. Whoever has not been let in has no session to go on with.
    fn goes_on(&mut self, goes_on: &GoesOn, now: Instant, commands: &mut Vec<Command>) {
        let Stage::Visit(visit) = &self.stage else { return };
        let (Some((id, code)), true) = (goes_on.id_and_code(), visit.since.is_some()) else { return };
        commands.push(Command::EndSession(EndReason::GoesOn));
        self.closing = Closing::No;
        self.stage = Stage::Returning(Returning {
            before: visit.id,
            minutes: visit.minutes(now),
            id,
            code,
            until: now + limits::GOES_ON,
            attempt: Attempt::NotFree,
        });
    }

    fn join_there(&mut self, commands: &mut Vec<Command>) {
        if let Stage::Returning(returning) = &mut self.stage {
            returning.attempt = Attempt::Runs;
            let code = returning.code.clone();
            commands.push(Command::Join { id: returning.id, code, reason: self.reason.clone() });
        }
    }

    /// What has to do with the line alone is tried again for as long as the code is good.
    fn not_joined(&mut self, problem: JoinProblem, now: Instant) {
        let Stage::Returning(returning) = &mut self.stage else { return };
        let again = now + pause_after(problem).unwrap_or(limits::GOES_ON);
        if again < returning.until {
            returning.attempt = Attempt::Again(again);
        } else {
            self.over(WhyOver::NotBack, now);
        }
    }

    fn introduced(&mut self, askable: Permissions, commands: &mut Vec<Command>) {
        let (Stage::Join { busy: Some(id), .. } | Stage::Returning(Returning { id, .. })) = &self.stage else {
            // Cancelled at the very moment: the customer is not to share a screen with a window that shows none.
            commands.push(Command::EndSession(EndReason::Ended));
            return;
        };
        self.prefilled = None;
        self.stage = Stage::Visit(Visit {
            id: *id,
            rights: Rights { effective: Permissions::NONE, granted: Permissions::NONE, askable, suspended: None },
            asked: None,
            refused: Permissions::NONE,
            path: PathView { delay_ms: None, rate_kbit: 0, interrupted: false },
            size: None,
            light: Light::On,
            changed: None,
            since: None,
        });
    }

    fn refused(&mut self, permissions: Permissions, timed_out: bool, now: Instant) {
        let first = matches!(&self.stage, Stage::Visit(visit) if visit.since.is_none());
        if first {
            self.over(if timed_out { WhyOver::NoAnswer } else { WhyOver::Refused }, now);
        } else {
            self.visit(|visit| {
                visit.asked = None;
                visit.refused = permissions;
            });
        }
    }

    fn did(&mut self, action: AdviserAction, now: Instant, commands: &mut Vec<Command>) {
        match action {
            AdviserAction::TryAgain => {
                self.status = Status::Connecting;
                commands.push(Command::Retry);
            }
            AdviserAction::SignIn { name, password } => {
                self.stage = Stage::SignIn { busy: true, problem: None };
                commands.push(Command::SignIn { name: name.trim().to_owned(), password });
            }
            AdviserAction::Join { id, code, reason } => self.join(&id, &code, &reason, commands),
            AdviserAction::Cancel => self.cancel(now, commands),
            AdviserAction::Ask(permission) => {
                self.visit(|visit| visit.refused = visit.refused.without(permission));
                commands.push(Command::Ask(permission));
            }
            AdviserAction::GiveBack(permission) => {
                if permission == Permission::Control {
                    commands.push(Command::ReleaseAll);
                }
                commands.push(Command::GiveBack(permission));
            }
            AdviserAction::End => self.end(EndReason::Ended, now, commands),
            AdviserAction::CloseRequested => {
                if matches!(self.stage, Stage::Visit(_)) {
                    self.closing = Closing::Asking;
                    commands.push(Command::ReleaseAll);
                } else {
                    commands.push(Command::Exit);
                }
            }
            AdviserAction::ConfirmClose => self.leave(now, commands),
            AdviserAction::CancelClose => self.closing = Closing::No,
            AdviserAction::JoinAgain => {
                self.stage = match self.status {
                    Status::Offline(_) => Stage::SignIn { busy: false, problem: None },
                    _ => Stage::Join { busy: None, problem: None },
                };
            }
        }
    }

    fn join(&mut self, id: &str, code: &str, reason: &str, commands: &mut Vec<Command>) {
        let parsed = check_id(id)
            .and_then(|id| ChannelCode::parse(code).map(|code| (id, code)).map_err(|_| JoinProblem::CodeLength));
        match parsed {
            Ok((id, code)) => {
                self.stage = Stage::Join { busy: Some(id), problem: None };
                reason.trim().clone_into(&mut self.reason);
                commands.push(Command::Join { id, code, reason: self.reason.clone() });
            }
            Err(problem) => self.stage = Stage::Join { busy: None, problem: Some(problem) },
        }
    }

    fn cancel(&mut self, now: Instant, commands: &mut Vec<Command>) {
        match &mut self.stage {
            Stage::Join { busy, .. } if busy.is_some() => {
                *busy = None;
                commands.push(Command::CancelJoin);
            }
            Stage::Visit(_) => self.end(EndReason::Ended, now, commands),
            Stage::Returning(_) => {
                commands.push(Command::CancelJoin);
                self.over(WhyOver::ByMe, now);
            }
            _ => {}
        }
    }

    fn end(&mut self, reason: EndReason, now: Instant, commands: &mut Vec<Command>) {
        if matches!(self.stage, Stage::Visit(_)) {
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
        let (who, minutes) = match &self.stage {
            Stage::Visit(visit) => (visit.id, visit.minutes(now)),
            Stage::Returning(returning) => (returning.before, returning.minutes),
            Stage::SignIn { .. } | Stage::Join { .. } | Stage::Over(_) => return,
        };
        self.stage = Stage::Over(Over { who: who.to_string(), minutes, why, activities: Vec::new() });
    }

    fn visit(&mut self, change: impl FnOnce(&mut Visit)) {
        if let Stage::Visit(visit) = &mut self.stage {
            change(visit);
        }
    }
}

/// When it may be otherwise; of what stays as it is, never.
fn pause_after(problem: JoinProblem) -> Option<Duration> {
    match problem {
        JoinProblem::Busy
        | JoinProblem::CustomerGone
        | JoinProblem::NoAnswer
        | JoinProblem::Offline
        | JoinProblem::Failed => Some(AGAIN_AFTER),
        JoinProblem::Wait(seconds) => Some(Duration::from_secs(seconds.into()).max(AGAIN_AFTER)),
        // The code is spent, was never right, or is refused for good.
        JoinProblem::IdLength
        | JoinProblem::IdMistyped
        | JoinProblem::CodeLength
        | JoinProblem::UnknownId
        | JoinProblem::WrongCode { .. }
        | JoinProblem::NoCode
        | JoinProblem::Blocked
        | JoinProblem::OtherVersion
        | JoinProblem::Untrusted
        | JoinProblem::CardRefused
        | JoinProblem::Reason
        | JoinProblem::NoPath => None,
    }
}

impl Visit {
    fn minutes(&self, now: Instant) -> u64 {
        self.since.map_or(0, |since| now.saturating_duration_since(since).as_secs() / 60)
    }

    fn page(&self, now: Instant) -> AdviserPage {
        let id = self.id.to_string();
        let seconds = |until: &Instant| whole_seconds(until.saturating_duration_since(now));
        if self.since.is_some() {
            return AdviserPage::Session(AdviserSession {
                id,
                rights: self.rights,
                asked: self.asked.as_ref().map(|(permissions, until)| (*permissions, seconds(until))),
                refused: self.refused,
                path: self.path.clone(),
                screen: self.screen(now),
            });
        }
        let (asked, seconds_left) = self
            .asked
            .as_ref()
            .map_or((Permission::View.into(), 60), |(permissions, until)| (*permissions, seconds(until)));
        AdviserPage::Waiting(WaitingForCustomer { id, asked, seconds_left })
    }

    fn screen(&self, now: Instant) -> ScreenView {
        match (self.light, self.size, self.changed) {
            (Light::Asleep, _, _) => ScreenView::Asleep,
            (Light::On, Some((width, height)), Some(until)) if now < until => ScreenView::Changed(width, height),
            (Light::On, _, _) => ScreenView::Usual,
        }
    }
}

#[cfg(test)]
mod tests;
