//! The network: the only place with tokio and quinn. One thread of its own; commands go in, events come out, and what is
//! frequent (input, updates) goes through ports instead.
//!
//! * [`relay`]: the control connection. `customer` and `adviser`: what each role says on it.
//! * [`socket`], `datagrams`, [`path`]: packets. [`inner`]: the end-to-end connection. `session`: what runs on it. [`slot`]:
//!   the hand-off of updates. `held`: what the adviser's hands hold. `pointer`: the customer's pointer.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lotse_protocol::card::Card;
use lotse_protocol::code::ChannelCode;
use lotse_protocol::id::Id;
use lotse_protocol::keys::RelayPins;
use lotse_protocol::message::input::input_message;
use lotse_protocol::message::pointer::PointerAt;
use lotse_protocol::message::session::{Applied, EndReason, UpdateHeader, session_message};
use lotse_protocol::permission::Permissions;
use lotse_protocol::pointer::Shape;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

pub mod adviser;
mod customer;
mod datagrams;
mod driver;
mod frames;
mod held;
pub mod inner;
mod input;
pub mod path;
mod pin;
mod pointer;
mod reach;
mod relay;
mod reserve;
mod session;
pub mod slot;
pub mod socket;
mod thread;

pub use datagrams::Offload;
pub use lotse_protocol::address::{AddressError, RelayAddress};
pub use lotse_protocol::handshake::Welcome;
pub use lotse_protocol::handshake::offerer::CodeState;
pub use pointer::PointerSender;
pub use reach::{Reached, reach};

/// Where the relay is, how it is recognised, and what this program is to it.
pub struct NetConfig {
    /// Where the relay is.
    pub relay: RelayAddress,
    /// How it is recognised.
    pub pins: RelayPins,
    /// What this program is.
    pub role: RoleConfig,
    /// How its socket is used.
    pub offload: Offload,
}

/// What this program is to the relay, with the ports that frequent things go through.
pub enum RoleConfig {
    /// It can be found under an ID, and its screen will be shared.
    Customer {
        /// The most that the institution allows on this computer.
        policy: Permissions,
        /// The institution's name where the program carries it: cards must then say the same.
        institution: Option<String>,
        /// Who may come.
        welcome: Welcome,
        /// Where the adviser's hands and acknowledgements go.
        port: Arc<dyn HostPort>,
    },
    /// It signs in and joins.
    Adviser {
        /// Where pictures go.
        port: Arc<dyn ViewerPort>,
    },
}

/// Whom a session is with; never used twice while the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ViewerId(pub u64);

/// What the network hands to the host directly. Called on the network's thread: must not block.
pub trait HostPort: Send + Sync {
    /// The adviser did something, when the last rights it had been told were those of `epoch`. In order; only after the
    /// introduction was verified end to end.
    fn input(&self, viewer: ViewerId, epoch: u64, input: input_message::Body);
    /// The adviser's program has shown an update.
    fn applied(&self, viewer: ViewerId, applied: Applied);
    /// The adviser's program cannot go on without a keyframe of this display.
    fn keyframe_wanted(&self, viewer: ViewerId, display: u32);
    /// The session is over, however it ended: nothing more comes of this viewer.
    fn lost(&self, viewer: ViewerId);
}

/// What the network hands to the viewer directly. Called on the network's thread: must not block.
pub trait ViewerPort: Send + Sync {
    /// An update of a display. In order for each display.
    fn update(&self, header: UpdateHeader, update: Bytes);
    /// The customer's pointer looks like this from now on; `None`: it cannot be seen.
    fn pointer_shape(&self, shape: Option<Arc<Shape>>);
    /// It is here now. Never an older position after a newer one.
    fn pointer_at(&self, at: &PointerAt);
}

/// What the program wants of the network.
pub enum Command {
    /// Try to reach the relay now and not later.
    Retry,
    /// Adviser: sign in.
    SignIn {
        /// Name at the relay.
        name: String,
        /// Password. It is kept in memory, to sign in again after an outage, until it is refused.
        password: Zeroizing<String>,
    },
    /// Adviser: be introduced to a customer.
    Join {
        /// The customer's ID.
        id: Id,
        /// The code the customer read aloud.
        code: ChannelCode,
        /// What to ask for first.
        wanted: Permissions,
        /// Why.
        reason: String,
    },
    /// Adviser: not after all.
    CancelJoin,
    /// Customer: a new code.
    NewCode,
    /// Say something in the session.
    Say(session_message::Body),
    /// Adviser: hands.
    Input(input_message::Body),
    /// End the session.
    End(EndReason),
    /// End everything.
    Shutdown,
}

/// What the network tells the program. `Debug` never prints a code.
#[derive(Debug)]
pub enum Event {
    /// On the way to the relay.
    Connecting,
    /// The relay answered, and is ours.
    Connected {
        /// The institution's name, for display only.
        institution: String,
    },
    /// There is no connection to the relay. It is tried again by itself, [`Command::Retry`] does so at once.
    Offline(OfflineReason),
    /// Customer: found under this ID.
    Registered(Id),
    /// Customer: the code is another one, or stands otherwise.
    Code(Code),
    /// Customer: somebody is being introduced.
    Knocked,
    /// Customer: it came to nothing.
    KnockEnded,
    /// Adviser: signed in.
    SignedIn {
        /// As customers see it.
        display_name: String,
        /// The institution that vouches.
        institution: String,
        /// The adviser's role there.
        role: String,
        /// The most that may ever be granted.
        ceiling: Permissions,
    },
    /// Adviser: not signed in.
    SignInRefused(SignInRefusal),
    /// Adviser: not introduced, or introduced and then not connected.
    JoinFailed(JoinFailure),
    /// A session began: both programs are sure of each other. Nothing is shared before the customer says so.
    Started(Peer),
    /// The other side said something.
    Said(ViewerId, session_message::Body),
    /// How the connection is, about once a second and at once when it falls silent or speaks again.
    Link {
        /// Which session.
        viewer: ViewerId,
        /// Round trip.
        rtt: Duration,
        /// Bytes received since the session began.
        received_bytes: u64,
        /// Nothing has been heard for 3 s.
        silent: bool,
    },
    /// A session is over.
    Ended {
        /// Which session.
        viewer: ViewerId,
        /// Why.
        why: Ended,
    },
}

/// A [`CodeState`] that can be part of an [`Event`]: its `Debug` does not print the code.
pub struct Code(pub CodeState);

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            CodeState::None => "None",
            CodeState::Shown { .. } => "Shown",
            CodeState::InUse { .. } => "InUse",
            CodeState::UsedUp => "UsedUp",
        })
    }
}

/// Why there is no connection to the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfflineReason {
    /// Its name could not be resolved.
    NameUnknown,
    /// Nothing answers within 8 s.
    NoAnswer,
    /// Something answers that is not our relay.
    NotOurRelay,
    /// It speaks another version.
    OtherVersion,
    /// It is full.
    Full,
    /// It was there and is gone.
    Lost,
}

/// Why signing in failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInRefusal {
    /// Name or password is not right.
    Wrong,
    /// Too many attempts; wait so many seconds.
    Wait(u32),
    /// There is no connection to the relay.
    Offline,
    /// No answer within 10 s.
    NoAnswer,
    /// The relay did not do it, for a reason that is not the adviser's.
    Failed,
}

/// Why joining failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JoinFailure {
    /// Nobody is there under this ID.
    UnknownId,
    /// The code is not right; so many guesses are left, as far as is known.
    WrongCode {
        /// Guesses left.
        left: u32,
    },
    /// The code is used up or expired.
    NoCode,
    /// Two wrong guesses by this account: a new code is needed.
    Blocked,
    /// Somebody else is being introduced there, or a session is running.
    Busy,
    /// The customer's program is gone.
    CustomerGone,
    /// The two programs have no version in common.
    OtherVersion,
    /// The other side could not prove that it knows the code, or this code was tried three times in vain.
    Untrusted,
    /// The customer's program did not take the card.
    CardRefused,
    /// No answer within 10 s.
    NoAnswer,
    /// Too many attempts; wait so many seconds.
    Wait(u32),
    /// There is no connection to the relay, or it does not answer within 10 s.
    Offline,
    /// Not signed in.
    NotSignedIn,
    /// The reason is too long, or has characters that are not shown.
    Reason,
    /// The code was right, but the programs could not be connected. The code is spent.
    NoPath,
    /// One of the programs did not understand the other.
    Failed,
}

/// Whom a session is with.
#[derive(Debug)]
pub struct Peer {
    /// Names the session.
    pub viewer: ViewerId,
    /// The customer's ID.
    pub id: Id,
    /// On the customer's side the adviser's verified card, always; on the adviser's side none.
    pub card: Option<Card>,
    /// What the adviser asks for first.
    pub wanted: Permissions,
    /// Why, in the adviser's words.
    pub reason: String,
    /// The most that the institution allows on the customer's computer.
    pub policy: Permissions,
    /// How packets go.
    pub path: path::PathKind,
    /// On the customer's side: where updates are put.
    pub updates: Option<slot::Sender>,
    /// On the customer's side: where the pointer is told of.
    pub pointer: Option<PointerSender>,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// [`Command::End`], with this reason.
    ByMe(EndReason),
    /// The other side said so.
    ByOther(EndReason),
    /// The other program is gone.
    OtherGone,
    /// The connection was lost for good.
    ConnectionLost,
    /// The other side broke the protocol.
    Broken,
}

/// The network, running. Dropping it ends whatever runs, tells the other sides, and waits for its thread, about a
/// second at the most.
pub struct Net {
    commands: mpsc::UnboundedSender<Command>,
    input: input::InputQueue,
    thread: thread::Guard,
}

impl Net {
    /// Starts the network's thread; it begins to look for the relay at once. `sink` is called on that thread and must
    /// not block.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(config: NetConfig, sink: impl Fn(Event) + Send + Sync + 'static) -> std::io::Result<Self> {
        let net = Self::start_idle(config, sink)?;
        net.send(Command::Retry);
        Ok(net)
    }

    /// The same, but nothing leaves this computer, not even the question for the relay's address, before
    /// [`Command::Retry`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start_idle(config: NetConfig, sink: impl Fn(Event) + Send + Sync + 'static) -> std::io::Result<Self> {
        let (commands, receiver) = mpsc::unbounded_channel();
        let input = input::InputQueue::default();
        let thread = thread::Guard::start(config, receiver, input.clone(), Arc::new(sink))?;
        Ok(Self { commands, input, thread })
    }

    /// Hands a command to the network. Never blocks. After [`Command::Shutdown`] commands are ignored.
    pub fn send(&self, command: Command) {
        match command {
            // Straight to where it is written from: no stop on the way.
            Command::Input(input) => self.input.push(input),
            // Fails only when the network has ended already.
            command => drop(self.commands.send(command)),
        }
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.send(Command::Shutdown);
        self.thread.wait();
    }
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Net").finish_non_exhaustive()
    }
}
