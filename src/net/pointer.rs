//! The customer's pointer on its way. Shapes and positions go apart: a shape that waits for the link holds up no
//! position. Of either only the newest waits.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use lotse_protocol::limits;
use lotse_protocol::message::pointer::{Datagram, PointerMessage, PointerSeen};
use lotse_protocol::message::session::StreamKind;
use lotse_protocol::pointer::{PositionsHeard, PositionsSent, Shape, ShapesKnown, ShapesSent};
use quinn::Connection;
use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::frames::{Reader, Writer};
use super::inner::Priority;
use super::session::{unreadable, until_closed};
use super::{Ended, ViewerPort};

/// Where the host says what its pointer looks like and where it is. Never blocks; clones share it. To be used only while
/// the viewer may see the screen: what is put here is sent.
#[derive(Clone, Default)]
pub struct PointerSender {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    looks: Notify,
    moves: Notify,
}

#[derive(Default)]
struct State {
    /// What it is to look like, until that has been taken.
    shape: Option<Option<Arc<Shape>>>,
    positions: PositionsSent,
}

impl PointerSender {
    /// It looks like this now; `None`: it cannot be seen.
    pub fn shape(&self, shape: Option<Arc<Shape>>) {
        self.lock().shape = Some(shape);
        self.shared.looks.notify_one();
    }

    /// It is here now, in pixels of a display.
    pub fn at(&self, display: u32, x: u32, y: u32) {
        self.lock().positions.put(display, x, y);
        self.shared.moves.notify_one();
    }

    /// The viewer may no longer see it: nothing more is sent of what was said so far, not even again.
    pub fn forget(&self) {
        let mut state = self.lock();
        state.shape = None;
        state.positions.forget();
    }

    /// The viewer has heard of a position.
    pub(super) fn seen(&self, seen: &PointerSeen) {
        self.lock().positions.seen(seen.sequence);
        self.shared.moves.notify_one();
    }

    /// The shape to be shown. Dropping the future loses nothing.
    async fn next_shape(&self) -> Option<Arc<Shape>> {
        loop {
            if let Some(shape) = self.lock().shape.take() {
                return shape;
            }
            self.shared.looks.notified().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half-done under this lock.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for PointerSender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PointerSender").finish_non_exhaustive()
    }
}

/// Sends shapes on a stream of their own, which begins with the first of them.
pub(super) async fn send_shapes(connection: Connection, pointer: PointerSender) -> Ended {
    let mut sent = ShapesSent::default();
    let mut stream: Option<Writer> = None;
    loop {
        let shape = pointer.next_shape().await;
        let Some(body) = sent.show(shape.as_ref()) else { continue };
        let writer = match &mut stream {
            Some(writer) => writer,
            none => {
                let Ok(opened) = connection.open_uni().await else { return until_closed().await };
                let mut writer = Writer::new(opened, Priority::Pointer);
                if writer.begin(StreamKind::Pointer).await.is_err() {
                    return until_closed().await;
                }
                none.insert(writer)
            }
        };
        if writer.message(&PointerMessage { body: Some(body) }).await.is_err() {
            return until_closed().await;
        }
    }
}

/// Sends positions, the last one until it is acknowledged.
pub(super) async fn send_positions(connection: Connection, pointer: PointerSender) -> Ended {
    loop {
        let (at, next) = {
            let mut state = pointer.lock();
            (state.positions.send(Instant::now(), connection.rtt()), state.positions.next())
        };
        if let Some(at) = at {
            // Fails when the connection is gone, which is told elsewhere.
            let _ = connection.send_datagram(Datagram::PointerAt(at).encode().into());
        }
        match next {
            Some(next) => tokio::select! {
                () = sleep_until(next.into()) => {}
                () = pointer.shared.moves.notified() => {}
            },
            None => pointer.shared.moves.notified().await,
        }
    }
}

/// Reads the shapes that the host shows.
pub(super) async fn receive_shapes(mut reader: Reader, port: Arc<dyn ViewerPort>) -> Ended {
    let mut known = ShapesKnown::default();
    loop {
        let body = match reader.message(limits::POINTER_MESSAGE).await {
            Ok(Some(PointerMessage { body: Some(body) })) => body,
            // From a newer version: skipped.
            Ok(Some(PointerMessage { body: None })) => continue,
            Ok(None) => return until_closed().await,
            Err(error) => return unreadable(&error).await,
        };
        match known.hear(body) {
            Ok(shape) => port.pointer_shape(shape),
            Err(error) => {
                tracing::info!(%error, "the other side cannot be understood");
                return Ended::Broken;
            }
        }
    }
}

/// Who hears datagrams, and what of them is new.
pub(super) enum Ears {
    /// The host: that positions have come.
    Host(PointerSender),
    /// The viewer: positions.
    Viewer(Arc<dyn ViewerPort>, PositionsHeard),
}

/// Takes datagrams in. That one came at all is counted elsewhere.
pub(super) async fn take_datagrams(connection: Connection, mut ears: Ears) -> Ended {
    while let Ok(bytes) = connection.read_datagram().await {
        let datagram = match Datagram::decode(&bytes) {
            Ok(Some(datagram)) => datagram,
            // From a newer version: skipped.
            Ok(None) => continue,
            Err(error) => {
                tracing::info!(%error, "the other side cannot be understood");
                return Ended::Broken;
            }
        };
        match (datagram, &mut ears) {
            (Datagram::Heartbeat, _) => {}
            (Datagram::PointerSeen(seen), Ears::Host(pointer)) => pointer.seen(&seen),
            (Datagram::PointerAt(at), Ears::Viewer(port, heard)) => {
                if heard.is_news(&at) {
                    port.pointer_at(&at);
                }
                // An older one is answered as well: the answer to the newest may have been lost.
                let seen = PointerSeen { sequence: heard.newest() };
                let _ = connection.send_datagram(Datagram::PointerSeen(seen).encode().into());
            }
            // Not this side's to hear.
            (Datagram::PointerSeen(_) | Datagram::PointerAt(_), _) => return Ended::Broken,
        }
    }
    until_closed().await
}
