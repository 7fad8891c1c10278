//! How datagrams go to the system and come from it: trains of them in one call where it can do that, with what it tells
//! besides; one by one where it refuses the options for it. Some Windows versions, sandboxes and Wine do, and help over a
//! plain socket is better than none.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;

use quinn::udp::{RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// How a socket is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offload {
    /// As well as the system can.
    #[default]
    Auto,
    /// One datagram at a time, and nothing asked of the system that not every one has.
    Never,
}

/// A socket, and how it is used.
pub(super) struct Datagrams {
    io: UdpSocket,
    how: How,
}

enum How {
    /// With segmentation, coalescing and congestion marks, as far as the system has them.
    Trains(UdpSocketState),
    /// Each by itself.
    Single,
}

impl Datagrams {
    /// Takes a bound socket. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn new(socket: std::net::UdpSocket, offload: Offload) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        let how = match offload {
            Offload::Never => How::Single,
            Offload::Auto => match UdpSocketState::new((&socket).into()) {
                Ok(state) => How::Trains(state),
                Err(error) => {
                    tracing::info!(%error, "the system takes and gives datagrams one by one only");
                    How::Single
                }
            },
        };
        Ok(Self { io: UdpSocket::from_std(socket)?, how })
    }

    /// Sends a train, or as much of it as the system takes: nothing, when it says [`io::ErrorKind::WouldBlock`].
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        match &self.how {
            How::Trains(state) => self.io.try_io(Interest::WRITABLE, || state.send((&self.io).into(), transmit)),
            How::Single => {
                let length = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
                for (place, datagram) in transmit.contents.chunks(length).enumerate() {
                    match self.io.try_send_to(datagram, transmit.destination) {
                        // The rest of a train that has begun is lost on the way, as the network might have lost it: said
                        // to have failed, all of it would be sent again.
                        Err(_) if place > 0 => break,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Err(error),
                        // About this datagram or this destination: QUIC's timers decide.
                        Err(error) => tracing::debug!(%error, "a datagram could not be sent"),
                        Ok(_) => {}
                    }
                }
                Ok(())
            }
        }
    }

    /// What has come, into as many buffers as it takes: how many were filled.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::WouldBlock`] when nothing is there.
    pub(super) fn receive(&self, buffers: &mut [IoSliceMut<'_>], metas: &mut [RecvMeta]) -> io::Result<usize> {
        match &self.how {
            How::Trains(state) => self.io.try_io(Interest::READABLE, || state.recv((&self.io).into(), buffers, metas)),
            How::Single => {
                let mut count = 0;
                for (buffer, meta) in buffers.iter_mut().zip(metas) {
                    match self.io.try_recv_from(buffer) {
                        Ok((length, from)) => {
                            *meta = RecvMeta::default();
                            (meta.addr, meta.len, meta.stride) = (from, length, length);
                            count += 1;
                        }
                        Err(_) if count > 0 => break,
                        Err(error) => return Err(error),
                    }
                }
                Ok(count)
            }
        }
    }

    /// Datagrams in the longest train that [`Self::send`] should be given.
    pub(super) fn longest_train(&self) -> usize {
        match &self.how {
            How::Trains(state) => state.max_gso_segments(),
            How::Single => 1,
        }
    }

    /// May the network break a datagram into pieces, so that its length says nothing about the path?
    pub(super) fn may_fragment(&self) -> bool {
        match &self.how {
            How::Trains(state) => state.may_fragment(),
            How::Single => true,
        }
    }

    /// Waits until there may be something to [`Self::receive`].
    ///
    /// # Errors
    /// The runtime is ending.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.io.readable().await
    }

    /// Waits until there may be room to [`Self::send`].
    ///
    /// # Errors
    /// The runtime is ending.
    pub(super) async fn writable(&self) -> io::Result<()> {
        self.io.writable().await
    }

    /// Where it is bound.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }
}
