//! What is to be shown, and what a person did: plain data between the controllers and the user interface. No text but
//! names and what people wrote; sentences are the user interface's.

use std::sync::Arc;
use std::time::Duration;

use lotse_protocol::id::{Id, IdError};
use lotse_protocol::permission::{Permission, Permissions};

/// What the customer's window shows.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerView {
    /// The institution's name, empty until the relay has said it.
    pub institution: String,
    /// Is this copy pointed at another relay than its own by hand? Said in the window.
    pub test_relay: Option<String>,
    /// What is agreed to, to be read at any time.
    pub terms: Terms,
    /// The one thing to do now.
    pub page: CustomerPage,
    /// "End the session?" is open on top, after the window's X.
    pub confirm_close: bool,
    /// Where the program can be seen.
    pub seen: Seen,
    /// With what rights it goes on.
    pub runs: Runs,
}

/// With what rights a customer's program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// With those it was started with.
    AsUsual,
    /// As an administrator's, for one adviser, who had a session before.
    AsAdministrator,
}

/// Where a program that runs can be seen. There is no way to be nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// In its window: this desktop has no place for icons of programs that run.
    Window,
    /// In its window, and as an icon in the tray.
    WindowAndTray,
    /// As an icon in the tray: the customer sent the window there.
    Tray,
}

/// The terms in each language: paragraphs, headings that begin with `# ` and items that begin with `- `.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// In English.
    pub english: Arc<str>,
    /// In German.
    pub german: Arc<str>,
}

/// The pages of the customer's window.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomerPage {
    /// The terms, to be accepted before anything else.
    Terms,
    /// ID and code, to read aloud.
    Waiting(Waiting),
    /// Somebody asks for something.
    Question(Question),
    /// Somebody sees the screen.
    Session(CustomerSession),
    /// The adviser of a session before is on the way back.
    Returning(Returning),
    /// It is over.
    Over(Over),
    /// This copy is damaged, and does nothing but say so.
    Damaged {
        /// What is wrong with it, for whoever is asked.
        reason: String,
    },
}

/// ID, code, and how things stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Grouped in threes, once there is one.
    pub id: Option<String>,
    /// The channel code.
    pub code: CodeView,
    /// The one sentence.
    pub status: Status,
}

/// The channel code as it stands.
#[derive(Clone, PartialEq)]
pub enum CodeView {
    /// There is none yet.
    None,
    /// To be read aloud; `remaining` counts down to the next one.
    Shown {
        /// Grouped in threes.
        code: String,
        /// Until a new one, in whole seconds: the last one is 1, not 0.
        remaining: Duration,
    },
    /// Somebody is being introduced with it: it stays.
    InUse {
        /// Grouped in threes.
        code: String,
    },
    /// Three codes in a row were lost to wrong guesses: a new one comes when the customer asks.
    UsedUp,
}

impl std::fmt::Debug for CodeView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Shown { .. } => "Shown",
            Self::InUse { .. } => "InUse",
            Self::UsedUp => "UsedUp",
        })
    }
}

/// How things stand with the relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// On the way.
    Connecting,
    /// Ready: nobody can see the screen.
    Ready,
    /// Somebody is being introduced.
    SomebodyKnocks,
    /// No connection.
    Offline(Offline),
    /// This computer's screen cannot be shared.
    CannotShare(CannotShare),
}

/// Why there is no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Offline {
    /// The relay's name could not be resolved.
    NameUnknown,
    /// Nothing answers.
    NoAnswer,
    /// Something answers that is not our relay.
    NotOurRelay,
    /// The relay speaks another version.
    OtherVersion,
    /// The relay is full.
    Full,
    /// It was there and is gone.
    Lost,
}

/// Why this screen cannot be shared.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CannotShare {
    /// A Wayland desktop.
    Wayland,
    /// This build has no capture for this system yet.
    NotSupported,
    /// All monitors together have more pixels than a picture may.
    TooLarge {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
        /// Most pixels of a side.
        most_side: u32,
        /// Most pixels in all.
        most: u32,
    },
    /// The system refused; in its words.
    Failed(String),
}

/// The consent question.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// The adviser's verified name.
    pub who: String,
    /// The institution that vouches.
    pub institution: String,
    /// Role there, may be empty.
    pub role: String,
    /// The relay's name that vouched.
    pub vouched_by: String,
    /// What is asked for; never empty.
    pub asks: Permissions,
    /// In the adviser's words, may be empty.
    pub reason: String,
    /// Until no answer means no.
    pub seconds_left: u32,
    /// *Allow* can be clicked (1.5 s after the question appeared).
    pub armed: bool,
}

/// The adviser of a session before is on the way back to this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returning {
    /// The adviser's verified name, as it was in that session.
    pub who: String,
    /// For how long the way is open, once it is.
    pub seconds_left: Option<u32>,
}

/// Somebody is connected.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerSession {
    /// Who.
    pub who: String,
    /// Which institution.
    pub institution: String,
    /// Since when, whole minutes.
    pub minutes: u64,
    /// What is allowed now.
    pub rights: Permissions,
    /// The connection is silent at the moment.
    pub interrupted: bool,
    /// The adviser sees and does nothing at the moment, whatever is allowed.
    pub paused: Option<Paused>,
    /// What is in front takes no input from the adviser.
    pub beyond: Option<Beyond>,
    /// Going on as an administrator.
    pub onward: Onward,
    /// What was done, newest last.
    pub activities: Vec<Activity>,
}

/// Why picture and hands are suspended: the customer is not in front of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paused {
    /// It is locked.
    Locked,
    /// Somebody else uses the computer.
    Away,
}

/// What is in front, where the adviser's hands do not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Beyond {
    /// A question of the system's own.
    Prompt,
    /// A window of an administrator's program.
    Administrator,
}

/// How it stands with going on as an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Onward {
    /// There is no need, or no way.
    NotOffered,
    /// The customer may choose it.
    Offered,
    /// The customer is asked whether they want to.
    Asking {
        /// The yes can be clicked: it is not for a moment after it appears, nor by the adviser's hands.
        armed: bool,
    },
    /// It was tried, and came to nothing; the customer may choose it again.
    StayedHere(StayedHere),
    /// Windows asks the customer, and the other program is being started. The customer may give it up.
    UnderWay,
    /// That program is there, and the adviser's has been told to go to it.
    Leaving,
}

/// Why a session did not go on as an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StayedHere {
    /// The customer said no to Windows, or could not say yes.
    Refused,
    /// Windows has started it for another account than the customer's.
    OtherAccount,
    /// It could not be started, or did not prove to be this program.
    NotStarted,
    /// It was started, and was not ready within a minute.
    NotReady,
    /// The adviser's program did not go there.
    AdviserStayed,
}

/// One line of the activity list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Minutes since the session began.
    pub minute: u64,
    /// What.
    pub kind: ActivityKind,
}

/// What can stand in the activity list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActivityKind {
    /// The customer allowed something.
    Allowed(Permission),
    /// The customer refused something.
    Refused(Permission),
    /// The customer took something back.
    Stopped(Permission),
    /// The adviser clicked.
    Clicked,
    /// The adviser typed.
    Typed,
    /// The customer went away from the screen; picture and hands were suspended.
    Paused(Paused),
    /// The customer is back; what was allowed goes on.
    WentOn,
    /// Something came to the front that takes no input from the adviser.
    Beyond(Beyond),
    /// The screen went to sleep.
    ScreenSlept,
    /// The screen has another size now.
    ScreenChanged,
    /// The customer chose to go on as an administrator.
    Onward,
    /// Nothing came of it.
    StayedHere(StayedHere),
}

/// It is over.
#[derive(Clone, Debug, PartialEq)]
pub struct Over {
    /// Who was connected (the adviser's name; for the adviser, the customer's ID).
    pub who: String,
    /// For how long, whole minutes.
    pub minutes: u64,
    /// Why it ended.
    pub why: WhyOver,
    /// What was done, newest last.
    pub activities: Vec<Activity>,
}

/// Why a session ended, seen from the person who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyOver {
    /// I ended it.
    ByMe,
    /// The other person ended it.
    ByOther,
    /// The other program is gone.
    OtherGone,
    /// The connection was lost for good.
    ConnectionLost,
    /// The customer refused.
    Refused,
    /// The customer did not answer.
    NoAnswer,
    /// Something failed here.
    Failed,
    /// It was to go on as an administrator, and the two programs did not find each other again.
    NotBack,
}

/// What the customer did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerAction {
    /// *I accept*.
    AcceptTerms,
    /// *Try again*.
    TryAgain,
    /// *New code*.
    NewCode,
    /// *Allow*.
    Allow,
    /// *Refuse*.
    Refuse,
    /// A right is taken back.
    Stop(Permission),
    /// *End*.
    End,
    /// The window's X, or the window manager's close.
    CloseRequested,
    /// "End the session?" *Yes*.
    ConfirmClose,
    /// "End the session?" *No*.
    CancelClose,
    /// *Get help again*: back to the numbers.
    WaitAgain,
    /// *Continue as administrator*: the offer.
    Onward,
    /// "Continue as administrator?" *Continue as administrator*.
    ConfirmOnward,
    /// "Continue as administrator?" *Back*.
    CancelOnward,
    /// "End the session?" *Go on in the background*: the window goes to the tray.
    GoToTray,
    /// *Open* in the tray, or a click on its icon.
    Open,
    /// The window was minimised.
    Minimised,
    /// *Close* on the first and on the last page, or *Quit* in the tray.
    Close,
}

/// What the adviser's window shows.
#[derive(Clone, Debug, PartialEq)]
pub struct AdviserView {
    /// The institution's name, empty until the relay has said it.
    pub institution: String,
    /// Is this copy pointed at another relay than its own by hand? Said in the window.
    pub test_relay: Option<String>,
    /// The one thing to do now.
    pub page: AdviserPage,
    /// "End the session?" is open on top, after the window's X.
    pub confirm_close: bool,
}

/// The pages of the adviser's window.
#[derive(Clone, Debug, PartialEq)]
pub enum AdviserPage {
    /// Name and password.
    SignIn(SignIn),
    /// ID and code.
    Join(Join),
    /// The customer is looking at a question.
    Waiting(WaitingForCustomer),
    /// The customer's program goes on as an administrator's, and is being joined again.
    Returning {
        /// The customer's ID in the session before, grouped.
        id: String,
    },
    /// The customer's screen.
    Session(AdviserSession),
    /// It is over.
    Over(Over),
}

/// Signing in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// How things stand with the relay.
    pub status: Status,
    /// An attempt is under way.
    pub busy: bool,
    /// Why the last one failed.
    pub problem: Option<SignInProblem>,
}

/// Why signing in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInProblem {
    /// Name or password is not right.
    Wrong,
    /// Too many attempts; wait so many seconds.
    Wait(u32),
    /// No connection, or no answer within 10 s.
    NoAnswer,
    /// The relay no longer knows who was signed in: the account was closed, or the relay forgot.
    NoLongerSignedIn,
    /// The relay did not do it, for a reason that is not the adviser's.
    Failed,
}

/// Joining.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The signed-in adviser.
    pub adviser: String,
    /// How things stand with the relay.
    pub status: Status,
    /// Filled in from the command line.
    pub id: Option<String>,
    /// An introduction is under way.
    pub busy: bool,
    /// Why the last one failed.
    pub problem: Option<JoinProblem>,
}

/// Why joining failed: each is a sentence that says whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinProblem {
    /// The ID has the wrong number of digits.
    IdLength,
    /// The check digit does not fit: mistyped.
    IdMistyped,
    /// The code has not six digits.
    CodeLength,
    /// Nobody is there under this ID.
    UnknownId,
    /// The code is not right; so many guesses are left before it is lost.
    WrongCode {
        /// Guesses left.
        left: u32,
    },
    /// The code is used up or expired: the customer reads a new one.
    NoCode,
    /// Two wrong guesses by this adviser: a new code is needed.
    Blocked,
    /// Somebody else is being introduced there just now.
    Busy,
    /// The customer's program went away.
    CustomerGone,
    /// The two programs have no version in common.
    OtherVersion,
    /// Three guesses at one typed code without a valid answer: something in between is not honest.
    Untrusted,
    /// The customer's program did not accept the card.
    CardRefused,
    /// No answer within 10 s.
    NoAnswer,
    /// Too many attempts; wait so many seconds.
    Wait(u32),
    /// There is no connection to the relay, or it does not answer within 10 s.
    Offline,
    /// The reason is too long, or has characters that are not shown.
    Reason,
    /// The code was right and is spent, but the programs could not be connected.
    NoPath,
    /// One of the programs did not understand the other.
    Failed,
}

/// The customer decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingForCustomer {
    /// The customer's ID, grouped.
    pub id: String,
    /// What the customer is asked for.
    pub asked: Permissions,
    /// Until no answer means no.
    pub seconds_left: u32,
}

/// The customer's screen is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct AdviserSession {
    /// The customer's ID, grouped.
    pub id: String,
    /// What is allowed, and what is in the way of it.
    pub rights: Rights,
    /// The customer is being asked for this; seconds left.
    pub asked: Option<(Permissions, u32)>,
    /// The customer said no to this last.
    pub refused: Permissions,
    /// How the link is.
    pub path: PathView,
    /// How the customer's screen is.
    pub screen: ScreenView,
}

/// What there is to say about the customer's screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScreenView {
    /// Nothing.
    #[default]
    Usual,
    /// It is dark to save energy.
    Asleep,
    /// Just now it took this size, in pixels.
    Changed(u32, u32),
}

/// What an adviser may do, and what is in the way of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// Allowed now.
    pub effective: Permissions,
    /// What the customer has allowed; it is effective again when nothing is in the way any more.
    pub granted: Permissions,
    /// What could be asked for.
    pub askable: Permissions,
    /// What is in the way.
    pub suspended: Option<Suspended>,
}

/// Why the adviser's hands, or picture and hands, are suspended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suspended {
    /// The customer has a question to answer.
    Question,
    /// The connection was silent a moment ago.
    Silence,
    /// The customer cannot see that somebody is connected.
    Hidden,
    /// The customer's screen is locked.
    Locked,
    /// Somebody else uses the customer's computer.
    Away,
    /// The customer's system asks something that only the customer can answer.
    Prompt,
    /// In front is a window of an administrator's program, which only the customer can use.
    Administrator,
    /// A newer version knows.
    Other,
}

/// The strip at the bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct PathView {
    /// Smallest recent round trip, milliseconds; `None` until measured.
    pub delay_ms: Option<u32>,
    /// Received, kilobits per second.
    pub rate_kbit: u32,
    /// Is the connection silent at the moment (the path is dead, or the customer's computer stalls)?
    pub interrupted: bool,
}

/// What the adviser did. `Debug` is written by hand, without password and code.
#[derive(Clone, PartialEq)]
pub enum AdviserAction {
    /// *Try again*.
    TryAgain,
    /// *Sign in*.
    SignIn {
        /// Name at the relay.
        name: String,
        /// Password.
        password: zeroize::Zeroizing<String>,
    },
    /// *Join*, as typed.
    Join {
        /// ID as typed.
        id: String,
        /// Code as typed.
        code: zeroize::Zeroizing<String>,
        /// Reason as typed.
        reason: String,
    },
    /// *Cancel* while joining, waiting or returning.
    Cancel,
    /// *Ask for …*.
    Ask(Permission),
    /// Gives a right back.
    GiveBack(Permission),
    /// *End*.
    End,
    /// The window's X.
    CloseRequested,
    /// "End the session?" *Yes*.
    ConfirmClose,
    /// "End the session?" *No*.
    CancelClose,
    /// Back to *Join* from the last page.
    JoinAgain,
}

impl std::fmt::Debug for AdviserAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TryAgain => "TryAgain",
            Self::SignIn { .. } => "SignIn",
            Self::Join { .. } => "Join",
            Self::Cancel => "Cancel",
            Self::Ask(_) => "Ask",
            Self::GiveBack(_) => "GiveBack",
            Self::End => "End",
            Self::CloseRequested => "CloseRequested",
            Self::ConfirmClose => "ConfirmClose",
            Self::CancelClose => "CancelClose",
            Self::JoinAgain => "JoinAgain",
        })
    }
}

/// Looks at an ID as it is being typed: nothing is asked of anybody.
///
/// # Errors
/// [`JoinProblem::IdLength`] or [`JoinProblem::IdMistyped`].
pub fn check_id(typed: &str) -> Result<Id, JoinProblem> {
    typed.parse().map_err(|error| match error {
        IdError::Length | IdError::NotDigits => JoinProblem::IdLength,
        IdError::CheckDigit => JoinProblem::IdMistyped,
    })
}
