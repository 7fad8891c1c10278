//! One adviser's visit: what is asked and allowed, and what was done.

use std::time::{Duration, Instant};

use lotse_protocol::permission::Permissions;

use super::onward::GoingOn;
use super::{ANSWER_WITHIN, ARMED_AFTER, Command, Earlier, Guest, Told};
use crate::app::countdown::whole_seconds;
use crate::app::view::{Activity, ActivityKind, Beyond, CustomerPage, CustomerSession, Paused, Question};

/// Most lines kept in the activity list; older ones are dropped from the front.
const ACTIVITIES: usize = 500;

/// One adviser's visit.
pub(super) struct Visit {
    pub(super) guest: Guest,
    pub(super) question: Option<Pending>,
    pub(super) rights: Permissions,
    /// When the first thing was allowed; before that there is no session to speak of.
    pub(super) since: Option<Instant>,
    pub(super) interrupted: bool,
    pub(super) paused: Option<Paused>,
    pub(super) beyond: Option<Beyond>,
    pub(super) onward: GoingOn,
    pub(super) activities: Vec<Activity>,
    pub(super) told: Told,
}

/// What the customer is asked.
pub(super) struct Pending {
    pub(super) asks: Permissions,
    pub(super) reason: String,
    /// When the customer could first read it.
    pub(super) shown: Instant,
}

impl Pending {
    pub(super) fn left(&self, now: Instant) -> Duration {
        ANSWER_WITHIN.saturating_sub(now.saturating_duration_since(self.shown))
    }

    /// What the adviser is told.
    pub(super) fn said(&self, now: Instant) -> Command {
        Command::SayAsked { permissions: self.asks, seconds_left: whole_seconds(self.left(now)) }
    }
}

impl Earlier {
    /// The lines of that session, and of the one that goes on with it.
    pub(super) fn and(&self, later: &[Activity]) -> Vec<Activity> {
        let later =
            later.iter().map(|line| Activity { minute: self.minutes.saturating_add(line.minute), ..line.clone() });
        self.activities.iter().cloned().chain(later).collect()
    }
}

impl Visit {
    /// `earlier` is what the customer has seen of the same help in another program.
    pub(super) fn page(&self, vouched_by: &str, earlier: &Earlier, now: Instant) -> CustomerPage {
        let card = &self.guest.card;
        match &self.question {
            Some(pending) => {
                let waited = now.saturating_duration_since(pending.shown);
                CustomerPage::Question(Question {
                    who: card.adviser.clone(),
                    institution: card.institution.clone(),
                    role: card.role.clone(),
                    vouched_by: vouched_by.to_owned(),
                    asks: pending.asks,
                    reason: pending.reason.clone(),
                    seconds_left: whole_seconds(pending.left(now)),
                    armed: waited >= ARMED_AFTER,
                })
            }
            None => CustomerPage::Session(CustomerSession {
                who: card.adviser.clone(),
                institution: card.institution.clone(),
                minutes: earlier.minutes.saturating_add(self.minutes(now)),
                rights: self.rights,
                interrupted: self.interrupted,
                paused: self.paused,
                beyond: self.beyond,
                onward: self.onward.shown(now),
                activities: earlier.and(&self.activities),
            }),
        }
    }

    /// Is there a question on the screen?
    pub(super) const fn waits_for_answer(&self) -> bool {
        self.question.is_some() || self.onward.is_asking()
    }

    pub(super) fn minutes(&self, now: Instant) -> u64 {
        self.since.map_or(0, |since| now.saturating_duration_since(since).as_secs() / 60)
    }

    /// Adds a line; what comes often makes one line a minute, not one for each key.
    pub(super) fn note(&mut self, kind: ActivityKind, now: Instant) {
        let activity = Activity { minute: self.minutes(now), kind };
        let repeated = often(kind)
            && self.activities.iter().rev().take_while(|a| a.minute == activity.minute).any(|a| *a == activity);
        if !repeated {
            if self.activities.len() == ACTIVITIES {
                self.activities.remove(0);
            }
            self.activities.push(activity);
        }
    }
}

const fn often(kind: ActivityKind) -> bool {
    matches!(
        kind,
        ActivityKind::Clicked
            | ActivityKind::Typed
            | ActivityKind::Beyond(_)
            | ActivityKind::ScreenSlept
            | ActivityKind::ScreenChanged
    )
}

pub(super) fn next_minute_of(since: Instant, now: Instant) -> Instant {
    let minutes = now.saturating_duration_since(since).as_secs() / 60;
    since + Duration::from_secs((minutes + 1) * 60)
}
