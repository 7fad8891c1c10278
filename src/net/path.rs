//! The way a session's packets take to the other side. The inner connection knows nothing of it but a packet socket and
//! how big a packet may be; the user interface knows its kind.

use std::net::SocketAddr;
use std::sync::Arc;

use lotse_protocol::forward::Token;
use quinn::AsyncUdpSocket;

use super::socket::{BEYOND, Socket};

/// The kinds of path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PathKind {
    /// Through the relay, as UDP packets.
    Udp,
}

/// A way for packets, whatever carries them.
pub trait Path: Send + Sync {
    /// What carries the packets, for the user interface.
    fn kind(&self) -> PathKind;

    /// Biggest sealed packet it carries, bytes.
    fn packet(&self) -> u16;

    /// Where the other side seems to be: an address for QUIC's books alone.
    fn peer(&self) -> SocketAddr;

    /// The socket that QUIC sees.
    fn socket(&self) -> Arc<dyn AsyncUdpSocket>;
}

/// Through the relay, as UDP packets on the same socket as the control connection.
pub(super) struct Udp {
    socket: Arc<dyn AsyncUdpSocket>,
}

impl Udp {
    /// A path with this leg's `token`, through the relay at `relay` (written as `socket` writes it).
    pub(super) fn new(socket: &Arc<Socket>, token: Token, relay: SocketAddr) -> Self {
        Self { socket: socket.path(token, relay) }
    }
}

impl Path for Udp {
    fn kind(&self) -> PathKind {
        PathKind::Udp
    }

    fn packet(&self) -> u16 {
        // With our header (17), UDP's (8) and IPv6's (40) that is 1265: it fits the smallest IPv6 link (1280).
        1200
    }

    fn peer(&self) -> SocketAddr {
        BEYOND
    }

    fn socket(&self) -> Arc<dyn AsyncUdpSocket> {
        self.socket.clone()
    }
}
