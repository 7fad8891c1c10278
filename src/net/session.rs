//! What runs on an inner connection: what is said, hands, pictures, heartbeats; until one side ends it or it is lost.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lotse_protocol::limits;
use lotse_protocol::message::input::{InputMessage, ReleaseAll, input_message};
use lotse_protocol::message::pointer::Datagram;
use lotse_protocol::message::session::{
    End, EndReason, SessionMessage, StreamKind, UpdateHeader, session_message::Body,
};
use lotse_protocol::pointer::PositionsHeard;
use quinn::{Connection, ConnectionError, RecvStream, VarInt, WriteError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::driver::Sink;
use super::frames::{ReadFrameError, Reader, Writer};
use super::held::{HOLDING, Held, nothing_is_heard};
use super::inner::{CLOSE_DONE, Guard, Inner, Priority};
use super::input::{InputQueue, Open};
use super::pointer::{self, Ears, PointerSender};
use super::slot::Receiver;
use super::{Ended, Event, HostPort, ViewerId, ViewerPort};

/// Each side is heard so often at the least.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Who has heard nothing for so long beats more often, or a path that is back would be found late.
const WORRIED: Duration = Duration::from_millis(1500);
/// So often.
const WORRIED_HEARTBEAT: Duration = Duration::from_millis(500);
/// After so long without a sign of the other side the connection counts as interrupted. Heartbeats, acknowledgements and
/// everything else count. Both the last sign and the silence are noticed up to one [`LOOK`] late, and a person is told
/// within 3 s.
const SILENT: Duration = Duration::from_millis(2250);
/// After so long without a sign a connection whose path is closed is over.
const ORPHANED: Duration = Duration::from_millis(1500);
/// How often silence is looked for, and whether a heartbeat is due.
const LOOK: Duration = Duration::from_millis(250);
/// How often the program is told how the connection is: this many looks.
const TELL: u32 = 4;
/// How long the end may take to reach the other side before the connection is closed all the same.
const FAREWELL: Duration = Duration::from_millis(400);
/// How long the close itself may take to be on its way.
const CLOSE: Duration = Duration::from_millis(100);
/// What may be said before the link has taken it, messages. Who lets that much pile up is not there.
const SAID: usize = 256;
/// Close codes from here on carry an [`EndReason`]: the last word, should the message before it be lost.
const CLOSE_ENDED: u32 = 0x100;
/// The other side broke the protocol.
const CLOSE_BROKEN: VarInt = VarInt::from_u32(3);

/// What a session needs of the program it runs in.
pub(super) enum Side {
    /// The screen is here.
    Host {
        /// Where hands go.
        port: Arc<dyn HostPort>,
        /// Where updates come from.
        updates: Receiver,
        /// Where the pointer comes from.
        pointer: PointerSender,
    },
    /// The screen is shown here.
    Viewer {
        /// Where updates go.
        port: Arc<dyn ViewerPort>,
        /// Where hands come from.
        input: InputQueue,
        /// Keeps that open.
        open: Open,
    },
}

/// What a session is told by the driver.
pub(super) enum Order {
    /// Say this.
    Say(Body),
    /// End, for this reason.
    End(EndReason),
    /// The path is closed at the relay, it says: unless the other side is heard all the same, this is the end.
    PathClosed(Ended),
}

/// A running session.
pub(super) struct Handle {
    /// Names it.
    pub(super) viewer: ViewerId,
    orders: mpsc::UnboundedSender<Order>,
}

impl Handle {
    /// Tells the session something.
    pub(super) fn order(&self, order: Order) {
        // Fails when the session is over, which it has said itself.
        let _ = self.orders.send(order);
    }
}

/// Begins a session on `inner`. Its end is told through `ended`.
pub(super) fn begin(
    viewer: ViewerId,
    inner: Inner,
    side: Side,
    sink: Sink,
    ended: mpsc::UnboundedSender<(ViewerId, Ended)>,
) -> Handle {
    let (orders, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let host = match &side {
            Side::Host { port, .. } => Some(port.clone()),
            Side::Viewer { .. } => None,
        };
        let Inner { writer, reader, guard } = inner;
        let why = run(viewer, (writer, reader), &guard, side, receiver, &sink).await;
        tracing::info!(session = viewer.0, ?why, "the session is over");
        if let Some(host) = host {
            host.lost(viewer);
        }
        let told = guard.close(code(why), CLOSE);
        // Who ends may end altogether next: the other side is told before. Who is told hears it without waiting.
        if let Ended::ByMe(_) = why {
            told.await;
            // The driver may have ended already.
            let _ = ended.send((viewer, why));
        } else {
            let _ = ended.send((viewer, why));
            told.await;
        }
    });
    Handle { viewer, orders }
}

async fn run(
    viewer: ViewerId,
    (writer, reader): (Writer, Reader),
    guard: &Guard,
    side: Side,
    mut orders: mpsc::UnboundedReceiver<Order>,
    sink: &Sink,
) -> Ended {
    let connection = guard.connection.clone();
    let (say, to_write) = mpsc::channel(SAID);
    let mut tasks: JoinSet<Ended> = JoinSet::new();
    tasks.spawn(write_control(writer, to_write));
    // Hands are taken no longer than this function runs.
    let hands = match side {
        Side::Host { port, updates, pointer } => {
            tasks.spawn(pointer::take_datagrams(connection.clone(), Ears::Host(pointer.clone())));
            tasks.spawn(pointer::send_shapes(connection.clone(), pointer.clone()));
            tasks.spawn(pointer::send_positions(connection.clone(), pointer));
            tasks.spawn(read_control(reader, viewer, Listener::Host(port.clone()), sink.clone()));
            tasks.spawn(send_pictures(connection.clone(), updates));
            tasks.spawn(receive_hands(connection.clone(), viewer, port));
            None
        }
        Side::Viewer { port, input, open } => {
            let ears = Ears::Viewer(port.clone(), PositionsHeard::default());
            tasks.spawn(pointer::take_datagrams(connection.clone(), ears));
            tasks.spawn(read_control(reader, viewer, Listener::Viewer(input.clone()), sink.clone()));
            tasks.spawn(receive_pictures(connection.clone(), port));
            tasks.spawn(send_hands(connection.clone(), input));
            Some(open)
        }
    };
    let mut link = Link::new(viewer, &connection);
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut next_beat = Instant::now();
    let mut path_closed = None;
    let why = loop {
        tokio::select! {
            order = orders.recv() => match order {
                Some(Order::Say(body)) => {
                    if say.try_send(Saying::Message(body)).is_err() {
                        break Ended::ConnectionLost;
                    }
                }
                Some(Order::PathClosed(why)) => path_closed = Some(why),
                Some(Order::End(reason)) => {
                    farewell(&connection, &say, reason).await;
                    break Ended::ByMe(reason);
                }
                None => break Ended::ByMe(EndReason::Closed),
            },
            Some(task) = tasks.join_next() => break task.unwrap_or(Ended::Broken),
            error = connection.closed() => break why_closed(&error),
            _ = looks.tick() => {
                let now = Instant::now();
                let silence = link.look(&connection, hands.as_ref(), sink, now);
                if next_beat <= now {
                    next_beat = now + if silence >= WORRIED { WORRIED_HEARTBEAT } else { HEARTBEAT };
                    guard.reserve.release();
                    say_here(&connection);
                }
                match path_closed {
                    Some(why) if silence >= ORPHANED => break why,
                    _ => {}
                }
            }
        }
    };
    tasks.shutdown().await;
    why
}

/// What the connection is closed with.
fn code(why: Ended) -> VarInt {
    match why {
        Ended::ByMe(reason) => VarInt::from_u32(CLOSE_ENDED + u32::try_from(reason as i32).unwrap_or_default()),
        Ended::Broken => CLOSE_BROKEN,
        _ => CLOSE_DONE,
    }
}

/// Says the end and gives it time to arrive: closing at once would throw away what is on its way.
async fn farewell(connection: &Connection, say: &mpsc::Sender<Saying>, reason: EndReason) {
    let arrived = async {
        if say.send(Saying::End(reason)).await.is_ok() {
            // The other side closes when it has read it.
            connection.closed().await;
        }
    };
    let _ = timeout(FAREWELL, arrived).await;
}

fn why_closed(error: &ConnectionError) -> Ended {
    match error {
        ConnectionError::ApplicationClosed(close) => {
            match close.error_code.into_inner().checked_sub(CLOSE_ENDED.into()) {
                Some(reason) => Ended::ByOther(end_reason(i32::try_from(reason).unwrap_or_default())),
                None if close.error_code == CLOSE_BROKEN => Ended::Broken,
                None => Ended::OtherGone,
            }
        }
        ConnectionError::Reset => Ended::OtherGone,
        ConnectionError::TimedOut | ConnectionError::LocallyClosed | ConnectionError::CidsExhausted => {
            Ended::ConnectionLost
        }
        ConnectionError::TransportError(_)
        | ConnectionError::ConnectionClosed(_)
        | ConnectionError::VersionMismatch => Ended::Broken,
    }
}

/// A reason from a newer version is one we do not know.
fn end_reason(wire: i32) -> EndReason {
    EndReason::try_from(wire).unwrap_or(EndReason::Unspecified)
}

/// What is written on the control stream.
enum Saying {
    Message(Body),
    End(EndReason),
}

async fn write_control(mut writer: Writer, mut queue: mpsc::Receiver<Saying>) -> Ended {
    while let Some(saying) = queue.recv().await {
        let (body, last) = match saying {
            Saying::Message(body) => (body, false),
            Saying::End(reason) => (Body::End(End { reason: reason.into() }), true),
        };
        if writer.message(&SessionMessage { body: Some(body) }).await.is_err() {
            break;
        }
        if last {
            writer.finish();
        }
    }
    until_closed().await
}

/// The connection knows best why it ended, and says so elsewhere.
pub(super) async fn until_closed() -> Ended {
    pending().await
}

/// Whose ears these are.
enum Listener {
    /// What comes often goes here and not through events.
    Host(Arc<dyn HostPort>),
    /// What the hands do from now on is done under the rights that were told last.
    Viewer(InputQueue),
}

/// Reads what is said.
async fn read_control(mut reader: Reader, viewer: ViewerId, listener: Listener, sink: Sink) -> Ended {
    loop {
        let body = match reader.message::<SessionMessage>(limits::SESSION_MESSAGE).await {
            Ok(Some(SessionMessage { body: Some(body) })) => body,
            // From a newer version: skipped.
            Ok(Some(SessionMessage { body: None })) => continue,
            // The other side says nothing more, but has not said that it ends.
            Ok(None) => return until_closed().await,
            Err(error) => return unreadable(&error).await,
        };
        match (body, &listener) {
            (Body::End(end), _) => return Ended::ByOther(end_reason(end.reason)),
            (Body::Applied(applied), Listener::Host(host)) => host.applied(viewer, applied),
            (Body::KeyframeWanted(wanted), Listener::Host(host)) => host.keyframe_wanted(viewer, wanted.display),
            (body @ (Body::Ask(_) | Body::GiveBack(_)), Listener::Host(_)) => sink(Event::Said(viewer, body)),
            (Body::Rights(rights), Listener::Viewer(hands)) => {
                hands.under(rights.epoch);
                sink(Event::Said(viewer, Body::Rights(rights)));
            }
            (body @ (Body::Asked(_) | Body::Refused(_) | Body::Displays(_) | Body::GoesOn(_)), Listener::Viewer(_)) => {
                sink(Event::Said(viewer, body));
            }
            // Not this side's to hear.
            (_, Listener::Host(_) | Listener::Viewer(_)) => return Ended::Broken,
        }
    }
}

pub(super) async fn unreadable(error: &ReadFrameError) -> Ended {
    match error {
        ReadFrameError::Frame(error) => {
            tracing::info!(%error, "the other side cannot be understood");
            Ended::Broken
        }
        ReadFrameError::Ended(_) => until_closed().await,
    }
}

async fn send_pictures(connection: Connection, mut updates: Receiver) -> Ended {
    let mut streams: BTreeMap<u32, Writer> = BTreeMap::new();
    loop {
        let (mut header, update) = updates.take().await;
        let Ok(length) = u32::try_from(update.len()) else { return Ended::Broken };
        header.length = length;
        if update.len() > limits::UPDATE || streams.len() > limits::DISPLAYS {
            return Ended::Broken;
        }
        let sent = async {
            let writer = match streams.entry(header.display) {
                Entry::Occupied(writer) => writer.into_mut(),
                Entry::Vacant(place) => {
                    let mut writer = Writer::new(connection.open_uni().await?, Priority::Screen);
                    writer.begin(StreamKind::Screen).await?;
                    place.insert(writer)
                }
            };
            writer.message(&header).await?;
            writer.bytes(update).await
        };
        let sent: Result<(), WriteError> = sent.await;
        if sent.is_err() {
            return until_closed().await;
        }
    }
}

async fn receive_hands(connection: Connection, viewer: ViewerId, port: Arc<dyn HostPort>) -> Ended {
    let let_go = || port.input(viewer, 0, input_message::Body::ReleaseAll(ReleaseAll {}));
    while let Ok(stream) = connection.accept_uni().await {
        let Some((StreamKind::Input, mut reader)) = opened(stream).await else { continue };
        let mut held = Held::default();
        loop {
            let next = async {
                // A message that has begun to arrive is read to its end, whatever happens meanwhile.
                let mut next = pin!(reader.message::<InputMessage>(limits::INPUT_MESSAGE));
                loop {
                    tokio::select! {
                        message = &mut next => return message,
                        () = nothing_is_heard(|| frames(&connection)), if !held.is_empty() => {
                            tracing::debug!("nothing is heard of who holds keys: they are let go");
                            held = Held::default();
                            let_go();
                        }
                    }
                }
            };
            match next.await {
                Ok(Some(message)) => {
                    held.follow(&message);
                    if let InputMessage { body: Some(body), epoch } = message {
                        port.input(viewer, epoch, body);
                    }
                }
                Ok(None) => {
                    // These hands do nothing more.
                    let_go();
                    break;
                }
                Err(error) => return unreadable(&error).await,
            }
        }
    }
    until_closed().await
}

/// A stream of the other side with its kind. Others are from a newer version: they are turned away unread.
async fn opened(stream: RecvStream) -> Option<(StreamKind, Reader)> {
    let mut reader = Reader::new(stream);
    Some((reader.kind().await.ok()??, reader))
}

async fn send_hands(connection: Connection, input: InputQueue) -> Ended {
    let Ok(stream) = connection.open_uni().await else { return until_closed().await };
    let mut writer = Writer::new(stream, Priority::Input);
    if writer.begin(StreamKind::Input).await.is_err() {
        return until_closed().await;
    }
    let mut held = Held::default();
    loop {
        tokio::select! {
            message = input.next() => {
                held.follow(&message);
                if writer.message(&message).await.is_err() {
                    return until_closed().await;
                }
            }
            () = sleep(HOLDING), if !held.is_empty() => say_here(&connection),
        }
    }
}

/// Says nothing but "here I am".
fn say_here(connection: &Connection) {
    // Fails when the connection is gone, which is told elsewhere.
    let _ = connection.send_datagram(Datagram::Heartbeat.encode().into());
}

/// Receives what the host shows: displays, and one pointer.
async fn receive_pictures(connection: Connection, port: Arc<dyn ViewerPort>) -> Ended {
    let mut displays: JoinSet<Ended> = JoinSet::new();
    let pointers = Arc::new(AtomicUsize::new(0));
    loop {
        tokio::select! {
            stream = connection.accept_uni() => match stream {
                Ok(stream) => {
                    let (port, pointers) = (port.clone(), pointers.clone());
                    displays.spawn(async move {
                        match opened(stream).await {
                            Some((StreamKind::Screen, reader)) => receive_display(reader, port).await,
                            // Each would have a memory of its own for shapes.
                            Some((StreamKind::Pointer, _)) if pointers.fetch_add(1, Ordering::Relaxed) > 0 => {
                                Ended::Broken
                            }
                            Some((StreamKind::Pointer, reader)) => pointer::receive_shapes(reader, port).await,
                            _ => until_closed().await,
                        }
                    });
                }
                Err(_) => return until_closed().await,
            },
            Some(ended) = displays.join_next() => return ended.unwrap_or(Ended::Broken),
        }
    }
}

async fn receive_display(mut reader: Reader, port: Arc<dyn ViewerPort>) -> Ended {
    loop {
        let header: UpdateHeader = match reader.message(limits::UPDATE_HEADER).await {
            Ok(Some(header)) => header,
            Ok(None) => return until_closed().await,
            Err(error) => return unreadable(&error).await,
        };
        let length = header.length as usize;
        if length > limits::UPDATE {
            return Ended::Broken;
        }
        match reader.bytes(length).await {
            Ok(update) => port.update(header, update),
            Err(error) => return unreadable(&error).await,
        }
    }
}

/// How the connection is.
struct Link {
    viewer: ViewerId,
    heard: Instant,
    frames: u64,
    silent: bool,
    looks: u32,
}

impl Link {
    fn new(viewer: ViewerId, connection: &Connection) -> Self {
        Self { viewer, heard: Instant::now(), frames: frames(connection), silent: false, looks: 0 }
    }

    /// Looks whether the other side was heard, tells the adviser's hands and the program, and says for how long it has been
    /// silent.
    fn look(&mut self, connection: &Connection, hands: Option<&Open>, sink: &Sink, now: Instant) -> Duration {
        let frames = frames(connection);
        if frames != self.frames {
            (self.frames, self.heard) = (frames, now);
        }
        let silence = now.saturating_duration_since(self.heard);
        let silent = silence >= SILENT;
        self.looks += 1;
        // First: what is done when the program has been told is meant for a line that is back, and must not be given up.
        if let Some(hands) = hands.filter(|_| silent != self.silent) {
            hands.hush(silent);
        }
        if silent != self.silent || self.looks >= TELL {
            (self.silent, self.looks) = (silent, 0);
            sink(Event::Link {
                viewer: self.viewer,
                rtt: connection.rtt(),
                received_bytes: connection.stats().udp_rx.bytes,
                silent,
            });
        }
        silence
    }
}

/// Frames that only the other side can have sent: packets alone could be anybody's.
fn frames(connection: &Connection) -> u64 {
    let stats = connection.stats().frame_rx;
    stats.acks + stats.stream + stats.datagram + stats.ping
}
