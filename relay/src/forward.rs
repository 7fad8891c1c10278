//! The forward plane: one loop, on a thread of its own, that owns the UDP port.
//!
//! Of every packet (each segment of what the kernel hands over as one) the first byte says whose it is. Those of the
//! forward plane are looked up by their token in [`Table`], get the other leg's token written over it, in place, and
//! go from and to the addresses that the two control connections have been validated for; no key, no cryptography, no
//! allocation, no answer to anything unknown. The others go to QUIC through [`Inbox`], which is bounded.
//!
//! When a program's control connection moves (QUIC migration) its leg follows, but only after the new address has sent
//! back a [`forward::KIND_CHECK`] packet: QUIC takes a new address into use before it has validated it, and what may
//! be sent there meanwhile is limited by QUIC for QUIC alone. Without this, a forged source address on a control packet
//! would turn the forward plane on a bystander.

mod table;

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lotse_protocol::forward::{self, HEADER};
use quinn_udp::{BATCH_SIZE, EcnCodepoint, RecvMeta, Transmit, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;

use crate::quic::Inbox;
pub use table::{Check, End, Passed, Table};

/// Receive buffer of one batch entry: what the kernel may merge at the most.
const BUFFER: usize = 64 * 1024;
/// What is asked of the kernel for both directions, bytes; it may grant less.
const SOCKET_BUFFER: usize = 4 * 1024 * 1024;
/// Batches between two looks at whether to stop.
const BATCHES: usize = 16;
/// Pause after the socket failed for another reason than being empty, so that a broken one does not take a core.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// The UDP port, shared by the loop that receives and by QUIC, which only sends.
#[derive(Debug)]
pub struct Port {
    socket: UdpSocket,
    state: UdpSocketState,
}

impl Port {
    /// Opens it. Must be called on a tokio runtime with I/O, and lives no longer than that.
    ///
    /// # Errors
    /// Whatever the system says, for instance that the port is taken.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::DGRAM,
            Some(socket2::Protocol::UDP),
        )?;
        if address.is_ipv6() {
            // One socket for both families, whatever the system's default.
            socket.set_only_v6(false)?;
        }
        socket.bind(&address.into())?;
        let state = UdpSocketState::new((&socket).into())?;
        // A smaller buffer loses packets earlier under load and nothing else.
        for result in [socket.set_recv_buffer_size(SOCKET_BUFFER), socket.set_send_buffer_size(SOCKET_BUFFER)] {
            if let Err(error) = result {
                tracing::debug!("the system keeps its own socket buffer size: {error}");
            }
        }
        Ok(Self { socket: UdpSocket::from_std(socket.into())?, state })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Sends now or not at all.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when the system's buffer is full.
    pub fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.socket.try_io(Interest::WRITABLE, || self.state.send((&self.socket).into(), transmit))
    }

    /// Waits until sending may succeed again.
    ///
    /// # Errors
    /// When the runtime it was opened on is gone.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.writable().await
    }

    /// How many equal packets one [`Transmit`] may hold.
    #[must_use]
    pub fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// May packets be cut on their way?
    #[must_use]
    pub fn may_fragment(&self) -> bool {
        self.state.may_fragment()
    }
}

/// What the loop has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets sent on.
    pub forwarded: u64,
    /// Packets of the forward plane with a token that is not known or not their sender's, or malformed: dropped.
    pub unknown: u64,
    /// Packets sent on that the system had no room for: dropped, as any router does.
    pub congested: u64,
    /// Packets for QUIC.
    pub quic: u64,
}

/// The loop.
pub struct Forwarder {
    port: Arc<Port>,
    table: Arc<Table>,
    inbox: Arc<Inbox>,
    buffers: Vec<u8>,
    metas: [RecvMeta; BATCH_SIZE],
    counts: Counts,
}

/// Consecutive packets of one buffer that go to the same place.
#[derive(Clone, Copy)]
struct Train {
    start: usize,
    end: usize,
    packets: usize,
    to: SocketAddr,
    from: Option<IpAddr>,
}

impl Forwarder {
    /// A loop over `port`, not yet running.
    #[must_use]
    pub fn new(port: Arc<Port>, table: Arc<Table>, inbox: Arc<Inbox>) -> Self {
        let (buffers, metas) = (vec![0; BUFFER * BATCH_SIZE], [RecvMeta::default(); BATCH_SIZE]);
        Self { port, table, inbox, buffers, metas, counts: Counts::default() }
    }

    /// Runs until `stop` is ready.
    pub async fn run(mut self, stop: impl Future<Output = ()>) -> Counts {
        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => return self.counts,
                ready = self.port.socket.readable() => {
                    if let Err(error) = ready.and_then(|()| self.pump_batches()) {
                        tracing::warn!("the UDP port failed: {error}");
                        tokio::time::sleep(AFTER_FAILURE).await;
                    }
                }
            }
        }
    }

    /// What has been done so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    fn pump_batches(&mut self) -> io::Result<()> {
        for _ in 0..BATCHES {
            if self.pump()? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Takes what is there, at most one batch, and deals with it. Returns the number of buffers received, 0 when
    /// nothing is there.
    ///
    /// # Errors
    /// What the socket says, but for being empty.
    pub fn pump(&mut self) -> io::Result<usize> {
        let Self { port, buffers, metas, .. } = self;
        let mut chunks = buffers.chunks_exact_mut(BUFFER);
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or_default()));
        let received =
            match port.socket.try_io(Interest::READABLE, || port.state.recv((&port.socket).into(), &mut slices, metas))
            {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
                Err(error) => return Err(error),
            };
        let mut moved = None;
        let legs = self.table.read();
        for (buffer, meta) in self.buffers.chunks_exact_mut(BUFFER).zip(&self.metas).take(received) {
            let length = meta.len.min(BUFFER);
            let stride = meta.stride.max(1);
            let mut train: Option<Train> = None;
            let mut start = 0;
            while start < length {
                let end = (start + stride).min(length);
                let packet = &mut buffer[start..end];
                let next = if !forward::is_forward(packet[0]) {
                    self.counts.quic += 1;
                    self.inbox.push(meta, packet);
                    None
                } else if let Some((token, _)) = forward::parse(packet)
                    && let Some(leg) = legs.get(&token)
                    && let Some(header) = packet.first_chunk_mut::<HEADER>()
                    && let Some((to, from)) = leg.pass(meta.addr, end - start, header)
                {
                    Some(Train { start, end, packets: 1, to, from })
                } else {
                    if let Some(answered) = legs.answered_check(meta.addr, packet) {
                        moved = Some(answered);
                    } else {
                        self.counts.unknown += 1;
                    }
                    None
                };
                train = match (train, next) {
                    // Only the last of a train may be shorter, and it is the last of its buffer.
                    (Some(so_far), Some(next))
                        if so_far.end == next.start
                            && (so_far.to, so_far.from) == (next.to, next.from)
                            && so_far.packets < self.port.max_segments() =>
                    {
                        Some(Train { end: next.end, packets: so_far.packets + 1, ..so_far })
                    }
                    (so_far, next) => {
                        if let Some(so_far) = so_far {
                            send(&self.port, buffer, so_far, stride, meta.ecn, &mut self.counts);
                        }
                        next
                    }
                };
                start = end;
            }
            if let Some(train) = train {
                send(&self.port, buffer, train, stride, meta.ecn, &mut self.counts);
            }
        }
        drop(legs);
        if let Some(check) = moved {
            self.table.follow(&check);
        }
        Ok(received)
    }
}

fn send(port: &Port, buffer: &[u8], train: Train, stride: usize, ecn: Option<EcnCodepoint>, counts: &mut Counts) {
    let transmit = Transmit {
        destination: train.to,
        ecn,
        contents: &buffer[train.start..train.end],
        segment_size: (train.packets > 1).then_some(stride),
        src_ip: train.from,
    };
    let packets = u64::try_from(train.packets).unwrap_or(u64::MAX);
    match port.state.send((&port.socket).into(), &transmit) {
        Ok(()) => counts.forwarded += packets,
        Err(_) => counts.congested += packets,
    }
}
