//! Going on as an administrator: the offer, the customer's choice and what comes of it, in the program that has the session;
//! and the adviser's way back, in the one that goes on with it (docs/decisions/0015-windows-input.md).

use std::time::{Duration, Instant};

use lotse_protocol::message::session::{EndReason, GoesOn};

use super::visit::Visit;
use super::{ANSWER_WITHIN, ARMED_AFTER, Before, Closing, Code, Command, Customer, Earlier, Prompt, Rise, Stage};
use crate::app::view::{ActivityKind, Beyond, Onward, Over, Status, StayedHere, WhyOver};

/// Within this time the adviser's program has left for the one that goes on as an administrator's, or it stays: one that
/// does not know of such a thing says nothing about it.
pub const LEAVES_WITHIN: Duration = Duration::from_secs(10);

/// How far going on as an administrator has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum GoingOn {
    /// As it is shown.
    Seen(Onward),
    /// The customer is asked whether that is what they want.
    Asking {
        /// When they could first read it.
        shown: Instant,
    },
    /// The adviser's program has been told, and is to have left by then.
    Told {
        /// Then.
        until: Instant,
    },
}

impl GoingOn {
    pub(super) fn shown(self, now: Instant) -> Onward {
        match self {
            Self::Seen(onward) => onward,
            Self::Asking { shown } => Onward::Asking { armed: now.saturating_duration_since(shown) >= ARMED_AFTER },
            Self::Told { .. } => Onward::Leaving,
        }
    }

    pub(super) const fn is_asking(self) -> bool {
        matches!(self, Self::Asking { .. })
    }

    /// Chosen, and not yet decided.
    const fn is_under_way(self) -> bool {
        matches!(self, Self::Seen(Onward::UnderWay) | Self::Told { .. })
    }
}

impl Visit {
    /// What the customer was asked is no longer shown. Was it?
    pub(super) fn stop_asking(&mut self) -> bool {
        let asking = self.onward.is_asking();
        if asking {
            self.onward = GoingOn::Seen(Onward::Offered);
        }
        asking
    }

    /// The connection fell silent, or speaks again. What was said into the silence arrives only afterwards, and so does the
    /// answer: the adviser's program has its time from then on.
    pub(super) fn falls_silent(&mut self, silent: bool, now: Instant) {
        self.interrupted = silent;
        if let GoingOn::Told { until } = &mut self.onward {
            *until = now + LEAVES_WITHIN;
        }
    }

    /// When going on as an administrator changes by itself.
    pub(super) fn onward_changes(&self, now: Instant) -> Option<Instant> {
        match self.onward {
            GoingOn::Asking { shown } if now < shown + ARMED_AFTER => Some(shown + ARMED_AFTER),
            GoingOn::Asking { shown } => Some(shown + ANSWER_WITHIN),
            GoingOn::Told { until } if !self.interrupted => Some(until),
            GoingOn::Told { .. } | GoingOn::Seen(_) => None,
        }
    }
}

impl Customer {
    /// Once something of that kind has been in front, going on as an administrator is offered for as long as the visit
    /// lasts: the click on the offer brings this window to the front, and must not take the offer away.
    pub(super) fn beyond(&mut self, beyond: Option<Beyond>, now: Instant) {
        let rise = self.rise;
        self.visit(|visit| {
            visit.beyond = beyond;
            let Some(beyond) = beyond else { return };
            visit.note(ActivityKind::Beyond(beyond), now);
            if rise == Rise::Possible && visit.onward == GoingOn::Seen(Onward::NotOffered) {
                visit.onward = GoingOn::Seen(Onward::Offered);
            }
        });
    }

    /// The customer wants to, it seems: asked once more, where no hands but the customer's reach. The click on the offer may
    /// have been the adviser's, who has mouse and keyboard.
    pub(super) fn onward(&mut self, now: Instant, commands: &mut Vec<Command>) {
        self.visit(|visit| {
            let offered = matches!(visit.onward, GoingOn::Seen(Onward::Offered | Onward::StayedHere(_)));
            if offered && visit.question.is_none() {
                visit.onward = GoingOn::Asking { shown: now };
                commands.push(Command::SuspendControl(Prompt::Onward));
            }
        });
    }

    /// The customer has chosen to go on as an administrator. Windows asks; the session goes on here meanwhile, and control
    /// stays suspended until it is decided: what Windows asks is the customer's to answer.
    pub(super) fn go_on(&mut self, now: Instant, commands: &mut Vec<Command>) {
        if self.closing == Closing::Asking {
            return;
        }
        self.visit(|visit| {
            if visit.onward.shown(now) == (Onward::Asking { armed: true }) {
                visit.onward = GoingOn::Seen(Onward::UnderWay);
                visit.note(ActivityKind::Onward, now);
                let card = &visit.guest.card;
                commands.push(Command::GoOn { account: card.account(), adviser: card.adviser.clone() });
            }
        });
    }

    /// The customer does not want to, or not any more: it can still be chosen. Who has said yes to Windows by then gets a
    /// program that ends by itself.
    pub(super) fn not_onward(&mut self, commands: &mut Vec<Command>) {
        self.visit(|visit| {
            if visit.onward == GoingOn::Seen(Onward::UnderWay) {
                visit.onward = GoingOn::Seen(Onward::Offered);
                commands.extend([Command::StayHere, Command::ResumeControl(Prompt::Onward)]);
            } else if visit.stop_asking() {
                commands.push(Command::ResumeControl(Prompt::Onward));
            }
        });
    }

    pub(super) fn other_ready(&mut self, goes_on: GoesOn, now: Instant, commands: &mut Vec<Command>) {
        match &mut self.stage {
            Stage::Guest(visit) if visit.onward == GoingOn::Seen(Onward::UnderWay) => {
                visit.onward = GoingOn::Told { until: now + LEAVES_WITHIN };
                commands.push(Command::SayGoesOn(goes_on));
            }
            // Nobody is here to be told.
            _ => commands.push(Command::StayHere),
        }
    }

    /// It came to nothing: the session goes on here, and the customer may try again.
    pub(super) fn stay_here(&mut self, why: StayedHere, now: Instant, commands: &mut Vec<Command>) {
        self.visit(|visit| {
            if visit.onward.is_under_way() {
                visit.onward = GoingOn::Seen(Onward::StayedHere(why));
                visit.note(ActivityKind::StayedHere(why), now);
                commands.push(Command::ResumeControl(Prompt::Onward));
            }
        });
    }

    /// The adviser has gone to the other program: this one is done. Without the customer's choice that is an adviser who
    /// left.
    pub(super) fn went_on(&mut self, now: Instant, commands: &mut Vec<Command>) {
        self.left(WhyOver::ByOther, now, commands);
    }

    /// The adviser's program is gone without a word. Where it had been told where to go, that is where it went: its word
    /// may be lost on a bad link. If it did not, the other program waits for its minute, and says so.
    pub(super) fn vanished(&mut self, now: Instant, commands: &mut Vec<Command>) {
        self.left(WhyOver::OtherGone, now, commands);
    }

    /// The adviser is with the other program: this one is done, even if the adviser's program has not left it. There are
    /// never two sessions whose windows end only one of them.
    pub(super) fn arrived(&mut self, now: Instant, commands: &mut Vec<Command>) {
        if let Some(earlier) = self.goes_with(now) {
            commands.extend([Command::SayComing(earlier), Command::EndSession(EndReason::Ended), Command::Exit]);
            self.over(WhyOver::ByOther, now);
        }
    }

    fn left(&mut self, otherwise: WhyOver, now: Instant, commands: &mut Vec<Command>) {
        if let Some(earlier) = self.goes_with(now) {
            commands.extend([Command::SayComing(earlier), Command::Exit]);
        }
        self.over(otherwise, now);
    }

    /// What the adviser takes along who has been told where to go.
    fn goes_with(&self, now: Instant) -> Option<Earlier> {
        match &self.stage {
            Stage::Guest(visit) if matches!(visit.onward, GoingOn::Told { .. }) => {
                Some(Earlier { minutes: visit.minutes(now), activities: visit.activities.clone() })
            }
            _ => None,
        }
    }

    /// The program with the session has kept it, or has ended without a word: whoever ends that one ends this one, too.
    pub(super) fn abandoned(&mut self, now: Instant, commands: &mut Vec<Command>) {
        if matches!(self.stage, Stage::Returning { .. } | Stage::Guest(_)) {
            self.leave(now, commands);
        }
    }

    /// What was done in the program before.
    pub(super) fn earlier(&self) -> Earlier {
        match &self.before {
            Before::Earlier(earlier) => earlier.clone(),
            Before::Nothing | Before::Session => Earlier::default(),
        }
    }

    /// Without a code, and with nobody who knocks, the adviser is not coming back. The program before may have the session
    /// still, on a line that has been silent for all of that minute: then it keeps it.
    pub(super) fn look_for_adviser(&mut self, commands: &mut Vec<Command>) {
        if let Stage::Returning { who } = &self.stage
            && matches!(self.code, Code::UsedUp)
            && self.status != Status::SomebodyKnocks
        {
            if matches!(self.before, Before::Session) {
                commands.push(Command::Exit);
                return;
            }
            let Earlier { minutes, activities } = self.earlier();
            self.stage = Stage::Over(Over { who: who.clone(), minutes, why: WhyOver::NotBack, activities });
        }
    }

    /// No answer in time means no; and an adviser's program that was told, and has not left in time, stays.
    pub(super) fn look_at_onward(&mut self, now: Instant, commands: &mut Vec<Command>) {
        let Stage::Guest(visit) = &self.stage else { return };
        match visit.onward {
            GoingOn::Asking { shown } if self.closing == Closing::No && shown + ANSWER_WITHIN <= now => {
                self.not_onward(commands);
            }
            GoingOn::Told { until } if !visit.interrupted && until <= now => {
                commands.push(Command::StayHere);
                self.stay_here(StayedHere::AdviserStayed, now, commands);
            }
            GoingOn::Asking { .. } | GoingOn::Told { .. } | GoingOn::Seen(_) => {}
        }
    }
}
