//! quinn on the in-memory link.

use std::{
    any::Any,
    fmt, io,
    net::{Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use quinn::{
    AsyncUdpSocket, ClientConfig, Connection, Endpoint, EndpointConfig, IdleTimeout, ServerConfig, TokioRuntime,
    TransportConfig, UdpPoller, VarInt,
    congestion::{BbrConfig, Controller, ControllerFactory, CubicConfig},
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
    udp::{RecvMeta, Transmit},
};
use quinn_proto::RttEstimator;
use tokio::time::Sleep;

use crate::{
    link::{Link, Side},
    plan::{Congestion, Cure, Variant},
};

include!("session.rs");

/// One end: the endpoint and what its cures need.
struct End {
    endpoint: Endpoint,
    link: Arc<Link>,
    side: Side,
    segments: usize,
    peer: Arc<Mutex<SocketAddr>>,
    reserve: Arc<AtomicBool>,
    client: Option<ClientConfig>,
}

impl End {
    fn new(side: Side, link: &Arc<Link>, plan: &Plan, tls: Tls) -> Self {
        let variant = plan.variant;
        let reserve = Arc::new(AtomicBool::new(false));
        let transport = Arc::new(transport(variant, reserve.clone()));
        let peer = Arc::new(Mutex::new(address(2)));
        let mut config = EndpointConfig::default();
        config.grease_quic_bit(false);
        config.max_udp_payload_size(1200).unwrap();
        config.rng_seed(Some([plan.seed as u8; 32]));
        let (server, client) = match tls {
            Tls::Server(tls) => {
                let crypto = QuicServerConfig::try_from(tls).unwrap();
                let mut server = ServerConfig::with_crypto(Arc::new(crypto));
                server.migration(variant.cure == Cure::Relabel).transport_config(transport);
                (Some(server), None)
            }
            Tls::Client(tls) => {
                let mut client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
                client.transport_config(transport);
                (None, Some(client))
            }
        };
        let segments = variant.knobs.segments;
        let socket = Socket::new(side, link, segments, peer.clone());
        let endpoint = Endpoint::new_with_abstract_socket(config, server, socket, Arc::new(TokioRuntime)).unwrap();
        Self { endpoint, link: link.clone(), side, segments, peer, reserve, client }
    }

    async fn connect(&self) -> Connection {
        let client = self.client.clone().unwrap();
        self.endpoint.connect_with(client, address(2), "lotse").unwrap().await.unwrap()
    }

    fn noticed(&self, cure: Cure) {
        match cure {
            Cure::Rebind => {
                let socket = Socket::new(self.side, &self.link, self.segments, self.peer.clone());
                self.endpoint.rebind_abstract(socket).unwrap();
            }
            Cure::Relabel if self.side == Side::Host => *self.peer.lock().unwrap() = address(3),
            _ => {}
        }
    }

    /// One more packet may leave, whatever the congestion window says.
    fn reserve(&self) {
        self.reserve.store(true, Ordering::Relaxed);
    }
}

fn round_trip(connection: &Connection) -> Duration {
    connection.rtt()
}

fn address(last: u16) -> SocketAddr {
    (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last), 1).into()
}

fn transport(variant: Variant, reserve: Arc<AtomicBool>) -> TransportConfig {
    let knobs = variant.knobs;
    let mut config = TransportConfig::default();
    config
        .initial_mtu(1200)
        .min_mtu(1200)
        .mtu_discovery_config(None)
        .max_idle_timeout(Some(IdleTimeout::try_from(Duration::from_secs(90)).unwrap()))
        .send_window(256 * 1024)
        .receive_window(VarInt::from_u32(4 << 20))
        .stream_receive_window(VarInt::from_u32(1 << 20))
        .max_concurrent_bidi_streams(VarInt::from_u32(8))
        .max_concurrent_uni_streams(VarInt::from_u32(8))
        .enable_segmentation_offload(knobs.segments > 1)
        .persistent_congestion_threshold(knobs.persistent_congestion)
        .packet_threshold(knobs.packet_threshold)
        .time_threshold(knobs.time_threshold);
    if knobs.keep_alive {
        config.keep_alive_interval(Some(BEAT));
    }
    if knobs.ack_frequency {
        config.ack_frequency_config(Some(quinn::AckFrequencyConfig::default()));
    }
    let inner: Arc<dyn ControllerFactory + Send + Sync> = match variant.congestion {
        Congestion::Cubic => Arc::new(CubicConfig::default()),
        Congestion::Bbr => Arc::new(BbrConfig::default()),
    };
    match variant.cure {
        Cure::Reserve => config.congestion_controller_factory(Arc::new(ReserveConfig { inner, reserve })),
        _ => config.congestion_controller_factory(Arc::new(Plain(inner))),
    };
    config
}

/// Passes a boxed factory on.
struct Plain(Arc<dyn ControllerFactory + Send + Sync>);

impl ControllerFactory for Plain {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        self.0.clone().build(now, mtu)
    }
}

struct ReserveConfig {
    inner: Arc<dyn ControllerFactory + Send + Sync>,
    reserve: Arc<AtomicBool>,
}

impl ControllerFactory for ReserveConfig {
    fn build(self: Arc<Self>, now: Instant, mtu: u16) -> Box<dyn Controller> {
        Box::new(Reserved { inner: self.inner.clone().build(now, mtu), reserve: self.reserve.clone() })
    }
}

/// A congestion controller that lets one reserved packet leave although its window is full.
struct Reserved {
    inner: Box<dyn Controller>,
    reserve: Arc<AtomicBool>,
}

impl Controller for Reserved {
    fn on_sent(&mut self, now: Instant, bytes: u64, last_packet_number: u64) {
        // One packet, whatever its size.
        self.reserve.store(false, Ordering::Relaxed);
        self.inner.on_sent(now, bytes, last_packet_number);
    }

    fn on_ack(&mut self, now: Instant, sent: Instant, bytes: u64, app_limited: bool, rtt: &RttEstimator) {
        self.inner.on_ack(now, sent, bytes, app_limited, rtt);
    }

    fn on_end_acks(&mut self, now: Instant, in_flight: u64, app_limited: bool, largest: Option<u64>) {
        self.inner.on_end_acks(now, in_flight, app_limited, largest);
    }

    fn on_congestion_event(&mut self, now: Instant, sent: Instant, persistent: bool, lost: u64) {
        self.inner.on_congestion_event(now, sent, persistent, lost);
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.inner.on_mtu_update(new_mtu);
    }

    fn window(&self) -> u64 {
        if self.reserve.load(Ordering::Relaxed) { u64::MAX } else { self.inner.window() }
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(Self { inner: self.inner.clone_box(), reserve: self.reserve.clone() })
    }

    fn initial_window(&self) -> u64 {
        self.inner.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self.inner.into_any()
    }
}

struct Socket {
    side: Side,
    link: Arc<Link>,
    segments: usize,
    peer: Arc<Mutex<SocketAddr>>,
    sleep: Mutex<Pin<Box<Sleep>>>,
}

impl Socket {
    fn new(side: Side, link: &Arc<Link>, segments: usize, peer: Arc<Mutex<SocketAddr>>) -> Arc<Self> {
        let sleep = Mutex::new(Box::pin(tokio::time::sleep(Duration::ZERO)));
        Arc::new(Self { side, link: link.clone(), segments, peer, sleep })
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({:?})", self.side)
    }
}

#[derive(Debug)]
struct AlwaysWritable;

impl UdpPoller for AlwaysWritable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncUdpSocket for Socket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(AlwaysWritable)
    }

    fn try_send(&self, transmit: &Transmit) -> io::Result<()> {
        self.link.send(self.side, transmit.contents, transmit.segment_size);
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context,
        bufs: &mut [io::IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let peer = *self.peer.lock().unwrap();
        let mut sleep = self.sleep.lock().unwrap();
        let mut next = 0;
        let taken = ready!(self.link.poll_recv(self.side, &mut sleep, cx, |packet| {
            if next == bufs.len() {
                return false;
            }
            bufs[next][..packet.len()].copy_from_slice(packet);
            meta[next] = RecvMeta { addr: peer, len: packet.len(), stride: packet.len(), ecn: None, dst_ip: None };
            next += 1;
            true
        }));
        Poll::Ready(Ok(taken))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(address(1))
    }

    fn max_transmit_segments(&self) -> usize {
        self.segments
    }

    fn may_fragment(&self) -> bool {
        false
    }
}
