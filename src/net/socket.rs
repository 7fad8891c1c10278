//! The one UDP socket of this program, for both planes (design, section 4). A reader looks at the first byte of every
//! packet: below 0x40 it belongs to the forward plane and goes to the path with its token, else to the control
//! connection. Each plane sees an `AsyncUdpSocket` of its own.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use lotse_protocol::forward::{self, Token};
use quinn::udp::{EcnCodepoint, RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use socket2::{Domain, Protocol, Type};
use tokio::task::AbortHandle;

use super::datagrams::{Datagrams, Offload};

/// Most bytes that wait in one plane's queue: a kernel's receive buffer, roughly. What comes on top is dropped, as the
/// network would have done.
const QUEUE: usize = 1024 * 1024;
/// Datagrams (or trains of them) read at a time.
const BATCH: usize = 4;
/// Longest train that the kernel hands over.
const TRAIN: usize = 64 * 1024;
/// Sockets whose error is not about one packet are not asked again for this long.
const AFTER_ERROR: Duration = Duration::from_millis(100);
/// Packets that may wait for a path that is not known yet: a few times what one side sends before it is answered.
const EARLY: usize = 16;
/// Longest of them, bytes: no path carries longer ones.
const EARLY_PACKET: usize = 1500;
/// They wait no longer than this. Later than that QUIC has sent them again.
const EARLY_FOR: Duration = Duration::from_secs(2);

/// The socket. It is read for as long as somebody holds it.
pub struct Socket {
    shared: Arc<Shared>,
    reader: AbortHandle,
}

impl Socket {
    /// Opens a socket on a port of the system's choice, for IPv6 and IPv4 where the system has both. Must be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(offload: Offload) -> io::Result<Arc<Self>> {
        let (socket, dual) = match dual_stack() {
            Ok(socket) => (socket, true),
            Err(error) => {
                tracing::debug!(%error, "no dual-stack socket, using IPv4 alone");
                (std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?, false)
            }
        };
        let shared = Arc::new(Shared {
            io: Datagrams::new(socket, offload)?,
            dual,
            blocked: AtomicBool::new(false),
            control: Inbox::default(),
            paths: Mutex::default(),
        });
        let reader = tokio::spawn(read(shared.clone())).abort_handle();
        Ok(Arc::new(Self { shared, reader }))
    }

    /// Can this socket reach `address`, and how is it written here? A dual-stack socket writes IPv4 mapped.
    #[must_use]
    pub fn destination(&self, address: SocketAddr) -> Option<SocketAddr> {
        match (address.ip(), self.shared.dual) {
            (IpAddr::V4(v4), true) => Some(SocketAddr::new(v4.to_ipv6_mapped().into(), address.port())),
            (IpAddr::V6(_), false) => None,
            _ => Some(address),
        }
    }

    /// The control connection's view of the socket.
    #[must_use]
    pub fn control(self: &Arc<Self>) -> Arc<dyn AsyncUdpSocket> {
        Arc::new(ControlPlane { socket: self.clone() })
    }

    /// Paths will lead through `relay`. Both sides of a path hear of it at the same moment, by a stream each; what the
    /// quicker one sends at once may be here before the slower stream is, and would be sent again only a loss timer
    /// later. So the last few packets with an unknown token are kept for a moment.
    pub fn expect_paths(&self, relay: SocketAddr) {
        lock(&self.shared.paths).early = Early { relay: Some(relay), packets: VecDeque::new() };
    }

    /// The view of one path: packets with `token` from `relay`, and to it, with those that came before it was known.
    #[must_use]
    pub fn path(self: &Arc<Self>, token: Token, relay: SocketAddr) -> Arc<dyn AsyncUdpSocket> {
        let inbox = Arc::new(Inbox::default());
        let mut paths = lock(&self.shared.paths);
        paths.early.take(&token, relay, Instant::now(), &inbox);
        paths.legs.push(Leg { token, relay, inbox: inbox.clone() });
        drop(paths);
        let mut header = [0; forward::HEADER];
        forward::write_header(&mut header, &token);
        Arc::new(ForwardPlane { socket: self.clone(), header, relay, inbox, scratch: Mutex::default() })
    }

    fn send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let shared = &*self.shared;
        let sent = shared.io.send(transmit);
        if matches!(&sent, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            shared.blocked.store(true, Ordering::Relaxed);
        }
        sent
    }

    fn poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { socket: self, waiting: None })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

/// Where the peer of a path seems to be, for QUIC, which wants an address: the path alone knows where packets go. From
/// the discard-only prefix (RFC 6666), so that no such packet could ever leave by mistake.
pub const BEYOND: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 2)), 1);
/// Where this end of a path seems to be.
const HERE: SocketAddr = SocketAddr::new(IpAddr::V6(Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 1)), 1);

fn dual_stack() -> io::Result<std::net::UdpSocket> {
    let socket = socket2::Socket::new(Domain::IPV6, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_only_v6(false)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into())?;
    Ok(socket.into())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Shared {
    io: Datagrams,
    /// Bound to IPv6, carrying IPv4 too.
    dual: bool,
    /// The system took no packet last time.
    blocked: AtomicBool,
    control: Inbox,
    paths: Mutex<Paths>,
}

#[derive(Default)]
struct Paths {
    legs: Vec<Leg>,
    early: Early,
}

struct Leg {
    token: Token,
    relay: SocketAddr,
    inbox: Arc<Inbox>,
}

impl Paths {
    fn find(&self, token: &Token, relay: SocketAddr) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.token == *token && leg.relay == relay)
    }
}

/// The last few packets that the relay passed on for a path not known yet.
#[derive(Default)]
struct Early {
    /// Others' packets are not kept.
    relay: Option<SocketAddr>,
    packets: VecDeque<(Instant, Token, Box<[u8]>)>,
}

impl Early {
    fn keep(&mut self, token: Token, relay: SocketAddr, sealed: &[u8], now: Instant) {
        if self.relay != Some(relay) || sealed.len() > EARLY_PACKET {
            return;
        }
        if self.packets.len() >= EARLY {
            self.packets.pop_front();
        }
        self.packets.push_back((now, token, sealed.into()));
    }

    /// Hands over what waited for this path.
    fn take(&mut self, token: &Token, relay: SocketAddr, now: Instant, inbox: &Inbox) {
        if self.relay != Some(relay) {
            return;
        }
        for (at, meant_for, data) in std::mem::take(&mut self.packets) {
            if now.saturating_duration_since(at) > EARLY_FOR {
                continue;
            }
            if meant_for == *token {
                inbox.push(Packet { data, source: BEYOND, destination: None, ecn: None });
            } else {
                self.packets.push_back((at, meant_for, data));
            }
        }
    }
}

async fn read(shared: Arc<Shared>) {
    let mut storage = vec![0; BATCH * TRAIN];
    loop {
        if shared.io.readable().await.is_err() {
            return;
        }
        let mut metas = [RecvMeta::default(); BATCH];
        let mut buffers = storage.chunks_exact_mut(TRAIN).map(IoSliceMut::new);
        let mut buffers: [IoSliceMut<'_>; BATCH] =
            std::array::from_fn(|_| buffers.next().expect("storage holds BATCH trains"));
        match shared.io.receive(&mut buffers, &mut metas) {
            Ok(count) => {
                for (meta, buffer) in metas.iter().zip(&buffers).take(count) {
                    shared.deliver(meta, &buffer[..meta.len]);
                }
            }
            // The answer of a closed port to some packet of ours, as Windows reports it: QUIC's timers decide.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::ConnectionReset) => {}
            Err(error) => {
                tracing::debug!(%error, "the socket could not be read");
                tokio::time::sleep(AFTER_ERROR).await;
            }
        }
    }
}

impl Shared {
    /// Gives every packet of a train to its plane: a train has one source, but may mix the two.
    fn deliver(&self, meta: &RecvMeta, train: &[u8]) {
        for packet in train.chunks(meta.stride.max(1)) {
            if packet.first().is_some_and(|first| !forward::is_forward(*first)) {
                self.control.push(Packet {
                    data: packet.into(),
                    source: meta.addr,
                    destination: meta.dst_ip,
                    ecn: meta.ecn,
                });
            } else if let Some((token, sealed)) = forward::parse(packet) {
                let mut paths = lock(&self.paths);
                if let Some(leg) = paths.find(&token, meta.addr) {
                    leg.inbox.push(Packet { data: sealed.into(), source: BEYOND, destination: None, ecn: None });
                } else {
                    paths.early.keep(token, meta.addr, sealed, Instant::now());
                }
            } else if let Some(token) = forward::parse_check(packet) {
                self.answer(&token, meta.addr, packet);
            }
        }
    }
}

impl Shared {
    /// The relay asks whether this is where the program has moved to: yes, when the token is one of ours.
    fn answer(&self, token: &Token, relay: SocketAddr, check: &[u8]) {
        if lock(&self.paths).find(token, relay).is_none() {
            return;
        }
        let answer = Transmit { destination: relay, ecn: None, contents: check, segment_size: None, src_ip: None };
        // The relay asks again when this is lost.
        let _ = self.io.send(&answer);
    }
}

struct Packet {
    data: Box<[u8]>,
    source: SocketAddr,
    destination: Option<IpAddr>,
    ecn: Option<EcnCodepoint>,
}

/// Packets of one plane that QUIC has not taken yet.
#[derive(Default)]
struct Inbox(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    packets: VecDeque<Packet>,
    bytes: usize,
    waker: Option<Waker>,
}

impl Inbox {
    fn push(&self, packet: Packet) {
        let mut queue = lock(&self.0);
        if queue.bytes + packet.data.len() > QUEUE {
            return;
        }
        queue.bytes += packet.data.len();
        queue.packets.push_back(packet);
        let waker = queue.waker.take();
        drop(queue);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &mut Context<'_>, buffers: &mut [IoSliceMut<'_>], metas: &mut [RecvMeta]) -> Poll<usize> {
        let mut queue = lock(&self.0);
        let mut count = 0;
        while count < buffers.len().min(metas.len()) {
            let Some(packet) = queue.packets.pop_front() else { break };
            let length = packet.data.len();
            queue.bytes -= length;
            // Longer than anything this program ever agreed to receive.
            let Some(buffer) = buffers[count].get_mut(..length) else { continue };
            buffer.copy_from_slice(&packet.data);
            metas[count] = RecvMeta::default();
            metas[count].addr = packet.source;
            metas[count].len = length;
            metas[count].stride = length;
            metas[count].ecn = packet.ecn;
            metas[count].dst_ip = packet.destination;
            count += 1;
        }
        if count > 0 {
            return Poll::Ready(count);
        }
        queue.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// What the control connection sees: everything above 0x3f, as it is.
#[derive(Debug)]
struct ControlPlane {
    socket: Arc<Socket>,
}

impl AsyncUdpSocket for ControlPlane {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.socket.clone().poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.socket.send(transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.socket.shared.control.poll(cx, buffers, metas).map(Ok)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.shared.io.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.socket.shared.io.longest_train()
    }

    fn may_fragment(&self) -> bool {
        self.socket.shared.io.may_fragment()
    }
}

/// What an inner connection sees: the sealed packets of its own path, from [`BEYOND`].
struct ForwardPlane {
    socket: Arc<Socket>,
    header: [u8; forward::HEADER],
    relay: SocketAddr,
    inbox: Arc<Inbox>,
    /// Packets with their headers, on their way to the system.
    scratch: Mutex<Vec<u8>>,
}

impl AsyncUdpSocket for ForwardPlane {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        self.socket.clone().poller()
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let mut packets = lock(&self.scratch);
        packets.clear();
        let segment = transmit.segment_size.unwrap_or(transmit.contents.len()).max(1);
        for sealed in transmit.contents.chunks(segment) {
            packets.extend_from_slice(&self.header);
            packets.extend_from_slice(sealed);
        }
        self.socket.send(&Transmit {
            destination: self.relay,
            ecn: None,
            contents: &packets,
            segment_size: transmit.segment_size.map(|segment| segment + forward::HEADER),
            src_ip: None,
        })
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        self.inbox.poll(cx, buffers, metas).map(Ok)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(HERE)
    }

    fn max_transmit_segments(&self) -> usize {
        self.socket.shared.io.longest_train()
    }

    fn may_fragment(&self) -> bool {
        self.socket.shared.io.may_fragment()
    }
}

impl Drop for ForwardPlane {
    fn drop(&mut self) {
        lock(&self.socket.shared.paths).legs.retain(|leg| !Arc::ptr_eq(&leg.inbox, &self.inbox));
    }
}

impl fmt::Debug for ForwardPlane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardPlane").field("relay", &self.relay).finish_non_exhaustive()
    }
}

type Waiting = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// Waits for room in the socket, but only after it had none: asking the system before each packet would cost as much as
/// sending it.
struct Writable {
    socket: Arc<Socket>,
    waiting: Option<Waiting>,
}

impl UdpPoller for Writable {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.socket.shared.blocked.load(Ordering::Relaxed) {
            self.waiting = None;
            return Poll::Ready(Ok(()));
        }
        let shared = self.socket.shared.clone();
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(async move { shared.io.writable().await }));
        let ready = std::task::ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        self.socket.shared.blocked.store(false, Ordering::Relaxed);
        Poll::Ready(ready)
    }
}

impl fmt::Debug for Writable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::io::IoSliceMut;
    use std::net::{Ipv4Addr, SocketAddr};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use lotse_protocol::forward::{self, Token};
    use quinn::AsyncUdpSocket;
    use quinn::udp::{RecvMeta, Transmit};
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use tokio::net::UdpSocket;
    use tokio::time::timeout;

    use super::{BEYOND, Early, Inbox, Offload, Socket};

    const SOON: Duration = Duration::from_secs(5);

    struct Bench {
        socket: Arc<Socket>,
        path: Arc<dyn AsyncUdpSocket>,
        token: Token,
        relay: UdpSocket,
        program: SocketAddr,
    }

    /// A program with a path, and a relay that knows where it is.
    async fn bench() -> Bench {
        bench_with(Offload::Auto).await
    }

    async fn bench_with(offload: Offload) -> Bench {
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        let relay = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
        let socket = Socket::open(offload).expect("a socket");
        let address = socket.destination(relay.local_addr().expect("bound")).expect("IPv4 is everywhere");
        let path = socket.path(token, address);
        let program = SocketAddr::from((Ipv4Addr::LOCALHOST, socket.control().local_addr().expect("bound").port()));
        Bench { socket, path, token, relay, program }
    }

    impl Bench {
        /// Returns when the socket has taken in everything that was sent to it on loopback so far.
        async fn read(&self) {
            self.relay.send_to(&[0x40], self.program).await.expect("loopback");
            next(&self.socket.control()).await;
        }
    }

    fn sealed(token: &Token, content: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; forward::HEADER];
        forward::write_header(packet.first_chunk_mut().expect("a header"), token);
        packet.extend_from_slice(content);
        packet
    }

    /// The next packet of a plane, and whom it seems to be from.
    async fn next(plane: &Arc<dyn AsyncUdpSocket>) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 2000];
        let mut meta = [RecvMeta::default()];
        let received = poll_fn(|cx| plane.poll_recv(cx, &mut [IoSliceMut::new(&mut buffer)], &mut meta));
        assert_eq!(timeout(SOON, received).await.expect("a packet").expect("never an error"), 1);
        (buffer[..meta[0].len].to_vec(), meta[0].addr)
    }

    #[tokio::test]
    async fn every_segment_goes_out_with_its_header() {
        for offload in [Offload::Auto, Offload::Never] {
            every_segment_goes_out(&bench_with(offload).await).await;
        }
    }

    async fn every_segment_goes_out(bench: &Bench) {
        let contents = [vec![1; 1200], vec![2; 1200], vec![3; 70]].concat();
        for (segments, sent) in [(Some(1200), 3), (None, 1)] {
            let contents = if segments.is_some() { &contents[..] } else { &contents[..1200] };
            let transmit = Transmit { destination: BEYOND, ecn: None, contents, segment_size: segments, src_ip: None };
            if bench.path.max_transmit_segments() < sent {
                continue;
            }
            let mut poller = bench.path.clone().create_io_poller();
            while bench.path.try_send(&transmit).is_err() {
                let writable = poll_fn(|cx| poller.as_mut().poll_writable(cx));
                timeout(SOON, writable).await.expect("room").expect("never an error");
            }
            for segment in contents.chunks(1200) {
                let mut buffer = [0; 2000];
                let (length, from) =
                    timeout(SOON, bench.relay.recv_from(&mut buffer)).await.expect("a packet").expect("loopback");
                assert_eq!(from.port(), bench.program.port());
                assert_eq!(&buffer[..length], sealed(&bench.token, segment));
            }
        }
    }

    #[tokio::test]
    async fn each_plane_gets_its_own_and_nothing_else() {
        for offload in [Offload::Auto, Offload::Never] {
            each_plane_gets_its_own(&bench_with(offload).await).await;
        }
    }

    async fn each_plane_gets_its_own(bench: &Bench) {
        let control = bench.socket.control();
        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
        let other = Token::generate(&mut StdRng::seed_from_u64(2));
        let mine = sealed(&bench.token, b"mine");
        // Nobody's: empty, another leg's, a stranger's with the right token, another kind, less than a header.
        bench.relay.send_to(&[], bench.program).await.expect("loopback");
        bench.relay.send_to(&sealed(&other, b"theirs"), bench.program).await.expect("loopback");
        stranger.send_to(&sealed(&bench.token, b"forged"), bench.program).await.expect("loopback");
        bench.relay.send_to(&[&[0x3f], &mine[1..]].concat(), bench.program).await.expect("loopback");
        bench.relay.send_to(&mine[..forward::HEADER - 1], bench.program).await.expect("loopback");
        bench.relay.send_to(&mine, bench.program).await.expect("loopback");
        bench.relay.send_to(&[0x40, 1, 2], bench.program).await.expect("loopback");
        assert_eq!(next(&bench.path).await, (b"mine".to_vec(), BEYOND));
        let (packet, from) = next(&control).await;
        assert_eq!((packet, from.port()), (vec![0x40, 1, 2], bench.relay.local_addr().expect("bound").port()));
    }

    #[tokio::test]
    async fn a_check_is_answered_for_the_own_token_alone() {
        let bench = bench().await;
        let other = Token::generate(&mut StdRng::seed_from_u64(2));
        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
        stranger.send_to(&forward::check(&bench.token, &[1; 16]), bench.program).await.expect("loopback");
        bench.relay.send_to(&forward::check(&other, &[2; 16]), bench.program).await.expect("loopback");
        let check = forward::check(&bench.token, &[3; 16]);
        bench.relay.send_to(&check, bench.program).await.expect("loopback");
        let mut buffer = [0; 100];
        let length = timeout(SOON, bench.relay.recv(&mut buffer)).await.expect("an answer").expect("loopback");
        assert_eq!(&buffer[..length], check);
        assert!(stranger.try_recv(&mut buffer).is_err(), "a stranger was answered");
    }

    #[tokio::test]
    async fn a_path_that_is_gone_takes_nothing_more() {
        let bench = bench().await;
        drop(bench.path);
        assert!(super::lock(&bench.socket.shared.paths).legs.is_empty());
    }

    #[tokio::test]
    async fn what_comes_before_its_path_is_kept_and_little_of_it() {
        let bench = bench().await;
        let relay = bench.socket.destination(bench.relay.local_addr().expect("bound")).expect("IPv4 is everywhere");
        let [next_one, never, forged] = [2, 3, 4].map(|seed| Token::generate(&mut StdRng::seed_from_u64(seed)));
        bench.relay.send_to(&sealed(&next_one, b"not expected"), bench.program).await.expect("loopback");
        bench.read().await;
        bench.socket.expect_paths(relay);

        let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
        stranger.send_to(&sealed(&forged, b"forged"), bench.program).await.expect("loopback");
        for number in 0..40_u8 {
            bench.relay.send_to(&sealed(&never, &[number]), bench.program).await.expect("loopback");
        }
        for number in 0..3 {
            bench.relay.send_to(&sealed(&next_one, &[number]), bench.program).await.expect("loopback");
        }
        bench.read().await;
        assert_eq!(super::lock(&bench.socket.shared.paths).early.packets.len(), super::EARLY);
        let path = bench.socket.path(next_one, relay);
        bench.relay.send_to(&sealed(&next_one, &[3]), bench.program).await.expect("loopback");
        for number in 0..4 {
            assert_eq!(next(&path).await, (vec![number], BEYOND));
        }
        let paths = super::lock(&bench.socket.shared.paths);
        assert_eq!(paths.early.packets.len(), super::EARLY - 3);
        assert!(paths.early.packets.iter().all(|(_, token, _)| *token == never));
    }

    #[test]
    fn what_came_too_early_is_forgotten() {
        let relay = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let token = Token::generate(&mut StdRng::seed_from_u64(1));
        let mut early = Early { relay: Some(relay), ..Early::default() };
        let begun = Instant::now();
        early.keep(token, relay, b"old", begun);
        early.keep(token, relay, b"new", begun + super::EARLY_FOR);
        let inbox = Inbox::default();
        early.take(&token, relay, begun + super::EARLY_FOR + Duration::from_millis(1), &inbox);
        let kept: Vec<_> = super::lock(&inbox.0).packets.iter().map(|packet| packet.data.to_vec()).collect();
        assert_eq!(kept, [b"new".to_vec()]);
        assert!(early.packets.is_empty());
    }
}
