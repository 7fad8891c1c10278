//! Every sentence, from the Fluent files in `assets/text`. What a state needs said is chosen here, exhaustively, so
//! that a new state does not compile without its sentence.

use std::borrow::Cow;
use std::time::Duration;

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
pub use lotse_protocol::brand::Language;
use lotse_protocol::brand::Languages;
use lotse_protocol::permission::{Permission, Permissions};
use unic_langid::LanguageIdentifier;

use crate::app::view::{
    ActivityKind, Beyond, CannotShare, CustomerSession, JoinProblem, Offline, Paused, Runs, ScreenView, SignInProblem,
    Status, StayedHere, Suspended, WhyOver,
};

const ENGLISH: &str = include_str!("../../assets/text/en.ftl");
const GERMAN: &str = include_str!("../../assets/text/de.ftl");

/// Of these, the one for somebody whose system speaks what it speaks.
#[must_use]
pub fn of_system(languages: Languages) -> Language {
    let locale = sys_locale::get_locale().unwrap_or_default().to_ascii_lowercase();
    let tag = locale.split(['-', '_', '.']).next().unwrap_or_default();
    languages.choose(Language::by_tag(tag))
}

/// The sentences in one language.
pub struct Text {
    /// Which one.
    pub language: Language,
    bundle: FluentBundle<FluentResource>,
}

impl Text {
    /// Reads the sentences of `language`.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let (source, tag) = match language {
            Language::English => (ENGLISH, "en"),
            Language::German => (GERMAN, "de"),
        };
        // A mistake in the files is found by the tests below; a person still sees what could be read.
        let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(partly, _)| partly);
        let tag: LanguageIdentifier = tag.parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![tag]);
        // Names are checked for bidirectional controls where they enter; the isolation marks have no glyph.
        bundle.set_use_isolating(false);
        let _first = bundle.add_resource(resource);
        Self { language, bundle }
    }

    /// A sentence without arguments.
    #[must_use]
    pub fn say(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// A sentence with arguments.
    #[must_use]
    pub fn say_with<'a, const N: usize>(&'a self, key: &str, arguments: [(&'a str, Argument<'a>); N]) -> String {
        let mut all = FluentArgs::with_capacity(N);
        for (name, argument) in arguments {
            match argument {
                Argument::Text(text) => all.set(name, FluentValue::String(text)),
                Argument::Number(number) => all.set(name, FluentValue::from(number)),
            }
        }
        self.format(key, Some(&all))
    }

    fn format(&self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let pattern = self.bundle.get_message(key).and_then(|message| message.value());
        // Cannot be missing: a test looks every key up in both files.
        let Some(pattern) = pattern else { return key.to_owned() };
        self.bundle.format_pattern(pattern, arguments, &mut Vec::new()).into_owned()
    }

    /// How things stand, in a few words.
    #[must_use]
    pub fn status(&self, status: &Status) -> String {
        self.say(match status {
            Status::Connecting => "status-connecting",
            Status::Ready => "status-ready",
            Status::SomebodyKnocks => "status-knocks",
            Status::Offline(_) => "offline-title",
            Status::CannotShare(_) => "cannot-share-title",
        })
    }

    /// Why there is no connection.
    #[must_use]
    pub fn offline(&self, why: Offline) -> String {
        self.say(match why {
            Offline::NameUnknown => "offline-name-unknown",
            Offline::NoAnswer => "offline-no-answer",
            Offline::NotOurRelay => "offline-not-our-relay",
            Offline::OtherVersion => "offline-other-version",
            Offline::Full => "offline-full",
            Offline::Lost => "offline-lost",
        })
    }

    /// Why this screen cannot be shared.
    #[must_use]
    pub fn cannot_share(&self, why: &CannotShare) -> String {
        match why {
            CannotShare::Wayland => self.say("cannot-share-wayland"),
            CannotShare::NotSupported => self.say("cannot-share-not-supported"),
            CannotShare::TooLarge { width, height, most_side, most } => self.say_with(
                "cannot-share-too-large",
                [
                    ("width", width.to_string().into()),
                    ("height", height.to_string().into()),
                    ("side", most_side.to_string().into()),
                    ("pixels", (most / 1_000_000).to_string().into()),
                ],
            ),
            CannotShare::Failed(reason) => self.say_with("cannot-share-failed", [("reason", reason.as_str().into())]),
        }
    }

    /// A permission in a list.
    #[must_use]
    pub fn permission(&self, permission: Permission) -> String {
        self.say(match permission {
            Permission::View => "permission-view",
            Permission::Control => "permission-control",
            Permission::ClipboardToHost => "permission-clipboard-to-host",
            Permission::ClipboardToViewer => "permission-clipboard-to-viewer",
            Permission::FilesToHost => "permission-files-to-host",
            Permission::FilesToViewer => "permission-files-to-viewer",
            Permission::SystemInformation => "permission-system-information",
            Permission::Recording => "permission-recording",
        })
    }

    /// The question for one permission.
    #[must_use]
    pub fn ask(&self, permission: Permission, who: &str) -> String {
        let key = match permission {
            Permission::View => "ask-view",
            Permission::Control => "ask-control",
            Permission::ClipboardToHost => "ask-clipboard-to-host",
            Permission::ClipboardToViewer => "ask-clipboard-to-viewer",
            Permission::FilesToHost => "ask-files-to-host",
            Permission::FilesToViewer => "ask-files-to-viewer",
            Permission::SystemInformation => "ask-system-information",
            Permission::Recording => "ask-recording",
        };
        self.say_with(key, [("who", who.into())])
    }

    /// What is asked for, as one sentence if it is one thing.
    #[must_use]
    pub fn asked(&self, asks: Permissions, who: &str) -> String {
        let mut each = asks.iter();
        match (each.next(), each.next()) {
            (Some(only), None) => self.ask(only, who),
            _ => self.say_with("ask-several", [("who", who.into())]),
        }
    }

    /// What somebody may do, in short.
    #[must_use]
    pub fn sees(&self, rights: Permissions, who: &str) -> String {
        let key = if rights.has(Permission::Control) { "session-title-control" } else { "session-title" };
        self.say_with(key, [("who", who.into())])
    }

    /// A line of the activity list.
    #[must_use]
    pub fn activity(&self, kind: ActivityKind) -> String {
        let with = |key: &str, permission| self.say_with(key, [("what", self.permission(permission).into())]);
        match kind {
            ActivityKind::Allowed(permission) => with("activity-allowed", permission),
            ActivityKind::Refused(permission) => with("activity-refused", permission),
            ActivityKind::Stopped(permission) => with("activity-stopped", permission),
            ActivityKind::Clicked => self.say("activity-clicked"),
            ActivityKind::Typed => self.say("activity-typed"),
            ActivityKind::Paused(Paused::Locked) => self.say("activity-locked"),
            ActivityKind::Paused(Paused::Away) => self.say("activity-away"),
            ActivityKind::Beyond(Beyond::Prompt) => self.say("activity-prompt"),
            ActivityKind::Beyond(Beyond::Administrator) => self.say("activity-administrator"),
            ActivityKind::WentOn => self.say("activity-went-on"),
            ActivityKind::ScreenSlept => self.say("activity-screen-slept"),
            ActivityKind::ScreenChanged => self.say("activity-screen-changed"),
            ActivityKind::Onward => self.say("activity-onward"),
            ActivityKind::StayedHere(_) => self.say("activity-stayed-here"),
        }
    }

    /// Why the session did not go on as an administrator.
    #[must_use]
    pub fn stayed_here(&self, why: StayedHere) -> String {
        self.say(match why {
            StayedHere::Refused => "onward-refused",
            StayedHere::OtherAccount => "onward-other-account",
            StayedHere::NotStarted => "onward-not-started",
            StayedHere::NotReady => "onward-not-ready",
            StayedHere::AdviserStayed => "onward-adviser-stayed",
        })
    }

    /// Why hands, or picture and hands, are suspended, to the adviser.
    #[must_use]
    pub fn suspended(&self, why: Suspended) -> String {
        self.say(match why {
            Suspended::Question => "suspended-question",
            Suspended::Silence => "suspended-silence",
            Suspended::Hidden => "suspended-hidden",
            Suspended::Locked => "suspended-locked",
            Suspended::Away => "suspended-away",
            Suspended::Prompt => "suspended-prompt",
            Suspended::Administrator => "suspended-administrator",
            Suspended::Other => "suspended-other",
        })
    }

    /// What there is to say to the adviser about the customer's screen, whose hands the adviser may use or not.
    #[must_use]
    pub fn screen(&self, screen: ScreenView, granted: Permissions) -> Option<String> {
        match screen {
            ScreenView::Usual => None,
            ScreenView::Asleep if granted.has(Permission::Control) => Some(self.say("screen-asleep-control")),
            ScreenView::Asleep => Some(self.say("screen-asleep")),
            ScreenView::Changed(width, height) => {
                let size = format!("{width} × {height}");
                Some(self.say_with("screen-changed", [("size", size.as_str().into())]))
            }
        }
    }

    /// Why the adviser sees and does nothing at the moment, to the customer.
    #[must_use]
    pub fn paused(&self, why: Paused) -> String {
        self.say(match why {
            Paused::Locked => "session-locked",
            Paused::Away => "session-away",
        })
    }

    /// Why the adviser's hands do not reach what is in front, to the customer.
    #[must_use]
    pub fn beyond(&self, what: Beyond) -> String {
        self.say(match what {
            Beyond::Prompt => "session-prompt",
            Beyond::Administrator => "session-administrator",
        })
    }

    /// Who sees the screen just now, to the customer.
    #[must_use]
    pub fn who_sees(&self, session: &CustomerSession) -> String {
        match session.paused {
            Some(Paused::Locked | Paused::Away) => {
                self.say_with("session-paused", [("who", session.who.as_str().into())])
            }
            None => self.sees(session.rights, &session.who),
        }
    }

    /// That it is over, to the customer: nobody was there who was never let in.
    #[must_use]
    pub fn over_title(&self, why: WhyOver) -> String {
        self.say(match why {
            WhyOver::Refused | WhyOver::NoAnswer => "over-nobody",
            WhyOver::NotBack => "over-not-back",
            WhyOver::ByMe | WhyOver::ByOther | WhyOver::OtherGone | WhyOver::ConnectionLost | WhyOver::Failed => {
                "over-title"
            }
        })
    }

    /// Why it ended, to the customer, and where help is to be had again.
    #[must_use]
    pub fn over_customer(&self, why: WhyOver, runs: Runs) -> String {
        self.say(match (why, runs) {
            (WhyOver::ByMe, _) => "over-customer-by-me",
            (WhyOver::ByOther, _) => "over-customer-by-other",
            (WhyOver::OtherGone, Runs::AsUsual) => "over-customer-other-gone",
            (WhyOver::OtherGone, Runs::AsAdministrator) => "over-customer-other-gone-anew",
            (WhyOver::ConnectionLost, Runs::AsUsual) => "over-customer-connection-lost",
            (WhyOver::ConnectionLost, Runs::AsAdministrator) => "over-customer-connection-lost-anew",
            (WhyOver::Refused, _) => "over-customer-refused",
            (WhyOver::NoAnswer, Runs::AsUsual) => "over-customer-no-answer",
            (WhyOver::NoAnswer, Runs::AsAdministrator) => "over-customer-no-answer-anew",
            (WhyOver::Failed, _) => "over-customer-failed",
            (WhyOver::NotBack, _) => "over-customer-not-back",
        })
    }

    /// Why it ended, to the adviser.
    #[must_use]
    pub fn over_adviser(&self, why: WhyOver) -> String {
        self.say(match why {
            WhyOver::ByMe => "over-adviser-by-me",
            WhyOver::ByOther => "over-adviser-by-other",
            WhyOver::OtherGone => "over-adviser-other-gone",
            WhyOver::ConnectionLost => "over-adviser-connection-lost",
            WhyOver::Refused => "over-adviser-refused",
            WhyOver::NoAnswer => "over-adviser-no-answer",
            WhyOver::NotBack => "over-adviser-not-back",
            WhyOver::Failed => "over-adviser-failed",
        })
    }

    /// Why signing in failed.
    #[must_use]
    pub fn sign_in_problem(&self, problem: SignInProblem) -> String {
        match problem {
            SignInProblem::Wrong => self.say("sign-in-wrong"),
            SignInProblem::Wait(seconds) => self.say_with("sign-in-wait", [("seconds", seconds.into())]),
            SignInProblem::NoAnswer => self.say("sign-in-no-answer"),
            SignInProblem::NoLongerSignedIn => self.say("sign-in-no-longer"),
            SignInProblem::Failed => self.say("sign-in-failed"),
        }
    }

    /// Why joining failed.
    #[must_use]
    pub fn join_problem(&self, problem: JoinProblem) -> String {
        let key = match problem {
            JoinProblem::IdLength => "join-id-length",
            JoinProblem::IdMistyped => "join-id-mistyped",
            JoinProblem::CodeLength => "join-code-length",
            JoinProblem::UnknownId => "join-unknown-id",
            JoinProblem::WrongCode { left } => return self.say_with("join-wrong-code", [("left", left.into())]),
            JoinProblem::NoCode => "join-no-code",
            JoinProblem::Blocked => "join-blocked",
            JoinProblem::Busy => "join-busy-there",
            JoinProblem::CustomerGone => "join-customer-gone",
            JoinProblem::OtherVersion => "join-other-version",
            JoinProblem::Untrusted => "join-untrusted",
            JoinProblem::CardRefused => "join-card-refused",
            JoinProblem::NoAnswer => "join-no-answer",
            JoinProblem::Wait(seconds) => return self.say_with("join-wait", [("seconds", seconds.into())]),
            JoinProblem::Offline => "join-offline",
            JoinProblem::Reason => "join-reason-unfit",
            JoinProblem::NoPath => "join-no-path",
            JoinProblem::Failed => "join-failed",
        };
        self.say(key)
    }

    /// Kilobits per second, as people of the language write them.
    #[must_use]
    pub fn rate(&self, kbit: u32) -> String {
        if kbit < 1000 {
            return format!("{kbit} kbit/s");
        }
        let mark = match self.language {
            Language::English => '.',
            Language::German => ',',
        };
        format!("{}{mark}{} Mbit/s", kbit / 1000, kbit % 1000 / 100)
    }
}

/// What is put into a sentence.
pub enum Argument<'a> {
    /// Text as it is.
    Text(Cow<'a, str>),
    /// A number, which may choose the form of the sentence.
    Number(u64),
}

impl<'a> From<&'a str> for Argument<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Argument<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u32> for Argument<'_> {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for Argument<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// Minutes and seconds, as on a clock: "9:41".
#[must_use]
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{ENGLISH, GERMAN, Language, Text};

    /// Key → the names of its arguments.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        let mut last = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let (false, Some((key, _))) = (line.starts_with(' '), line.split_once(" =")) {
                key.clone_into(&mut last);
                assert!(all.insert(last.clone(), BTreeSet::new()).is_none(), "{key} stands there twice");
            }
            for argument in line.split('$').skip(1) {
                let name: String = argument.chars().take_while(char::is_ascii_alphanumeric).collect();
                all.entry(last.clone()).or_default().insert(name);
            }
        }
        all
    }

    #[test]
    fn both_languages_have_the_same_sentences_with_the_same_arguments() {
        assert_eq!(messages(ENGLISH), messages(GERMAN));
        for source in [ENGLISH, GERMAN] {
            let read = fluent_bundle::FluentResource::try_new(source.to_owned());
            assert!(read.is_ok(), "{:?}", read.map(|_| ()).map_err(|(_, errors)| errors));
        }
    }

    #[test]
    fn every_key_in_the_code_exists_and_every_sentence_is_used() {
        let code = [
            include_str!("text.rs"),
            include_str!("customer.rs"),
            include_str!("adviser.rs"),
            include_str!("parts.rs"),
            include_str!("terms.rs"),
            include_str!("../crash.rs"),
            include_str!("../tray.rs"),
            include_str!("../wiring/customer.rs"),
            include_str!("../wiring/doctor.rs"),
        ]
        .map(|source| source.split("#[cfg(test)]").next().unwrap_or_default())
        .concat();
        let literals: BTreeSet<&str> = code.split('"').skip(1).step_by(2).collect();
        let known = messages(ENGLISH);
        for key in known.keys() {
            assert!(literals.contains(key.as_str()), "nobody says {key}");
        }
        for call in code.split("say(\"").skip(1).chain(code.split("say_with(\"").skip(1)) {
            let key = call.split('"').next().unwrap_or_default();
            assert!(known.contains_key(key), "{key} is in no file");
        }
        for literal in literals {
            let looks_like_one = ["offline-", "join-", "over-", "permission-", "ask-", "sign-in-", "activity-"]
                .iter()
                .any(|start| literal.starts_with(start));
            assert!(!looks_like_one || known.contains_key(literal), "{literal} is in no file");
        }
    }

    #[test]
    fn nobody_is_told_words_of_the_trade() {
        for language in [Language::English, Language::German] {
            let (source, terms) = match language {
                Language::English => (ENGLISH, include_str!("../../assets/terms/en.txt")),
                Language::German => (GERMAN, include_str!("../../assets/terms/de.txt")),
            };
            for line in source
                .lines()
                .chain(terms.lines())
                .filter(|line| !line.starts_with('#') && !line.starts_with("test-relay"))
            {
                let sentence = line.split_once(" = ").map_or(line, |(_, sentence)| sentence).to_lowercase();
                for word in ["relay", "peer", "handshake", "session id", "viewer", "host ", "client", "server"] {
                    assert!(!sentence.contains(word), "{word:?} in {line:?}");
                }
            }
        }
    }

    #[test]
    fn plurals_follow_the_language() {
        let text = Text::new(Language::German);
        assert_eq!(text.say_with("session-minutes", [("minutes", 1u64.into())]), "seit einer Minute");
        assert_eq!(text.say_with("session-minutes", [("minutes", 0u64.into())]), "seit weniger als einer Minute");
        assert_eq!(text.say_with("session-minutes", [("minutes", 12u64.into())]), "seit 12 Minuten");
        assert_eq!(text.rate(1240), "1,2 Mbit/s");
        assert_eq!(Text::new(Language::English).rate(999), "999 kbit/s");
    }
}
