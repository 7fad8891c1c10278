//! noq, the fork of quinn, on the in-memory link.

use std::{
    fmt, io,
    net::{Ipv6Addr, SocketAddr},
    num::NonZeroUsize,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use noq::{
    AsyncUdpSocket, ClientConfig, Connection, Endpoint, EndpointConfig, IdleTimeout, PathId, ServerConfig,
    TokioRuntime, TransportConfig, UdpSender, VarInt,
    congestion::{Bbr3Config, CubicConfig},
    crypto::rustls::{QuicClientConfig, QuicServerConfig},
    udp::{RecvMeta, Transmit},
};
use tokio::time::Sleep;

use crate::{
    link::{Link, Side},
    plan::{Congestion, Cure, Variant},
};

include!("session.rs");

struct End {
    endpoint: Endpoint,
    link: Arc<Link>,
    side: Side,
    segments: usize,
    client: Option<ClientConfig>,
}

impl End {
    fn new(side: Side, link: &Arc<Link>, plan: &Plan, tls: Tls) -> Self {
        let transport = Arc::new(transport(plan.variant));
        let mut config = EndpointConfig::default();
        config.grease_quic_bit(false);
        config.max_udp_payload_size(1200).unwrap();
        config.rng_seed(Some([plan.seed as u8; 32]));
        let (server, client) = match tls {
            Tls::Server(tls) => {
                let crypto = QuicServerConfig::try_from(tls).unwrap();
                let mut server = ServerConfig::with_crypto(Arc::new(crypto));
                server.migration(false).transport_config(transport);
                (Some(server), None)
            }
            Tls::Client(tls) => {
                let mut client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
                client.transport_config(transport);
                (None, Some(client))
            }
        };
        let segments = plan.variant.knobs.segments;
        let socket = Socket::new(side, link, segments);
        let endpoint = Endpoint::new_with_abstract_socket(config, server, socket, Arc::new(TokioRuntime)).unwrap();
        Self { endpoint, link: link.clone(), side, segments, client }
    }

    async fn connect(&self) -> Connection {
        let client = self.client.clone().unwrap();
        self.endpoint.connect_with(client, address(2), "lotse").unwrap().await.unwrap()
    }

    fn noticed(&self, cure: Cure) {
        match cure {
            Cure::Rebind => {
                self.endpoint.rebind_abstract(Socket::new(self.side, &self.link, self.segments)).unwrap();
            }
            Cure::NetworkChange => self.endpoint.handle_network_change(None),
            _ => {}
        }
    }

    fn reserve(&self) {}
}

fn round_trip(connection: &Connection) -> Duration {
    connection.rtt(PathId::ZERO).unwrap_or_default()
}

fn address(last: u16) -> SocketAddr {
    (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last), 1).into()
}

fn transport(variant: Variant) -> TransportConfig {
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
    match variant.congestion {
        Congestion::Cubic => config.congestion_controller_factory(Arc::new(CubicConfig::default())),
        Congestion::Bbr => config.congestion_controller_factory(Arc::new(Bbr3Config::default())),
    };
    config
}

struct Socket {
    side: Side,
    link: Arc<Link>,
    segments: usize,
    sleep: Pin<Box<Sleep>>,
}

impl Socket {
    fn new(side: Side, link: &Arc<Link>, segments: usize) -> Box<Self> {
        Box::new(Self { side, link: link.clone(), segments, sleep: Box::pin(tokio::time::sleep(Duration::ZERO)) })
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Socket({:?})", self.side)
    }
}

struct Sender {
    side: Side,
    link: Arc<Link>,
    segments: usize,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({:?})", self.side)
    }
}

impl UdpSender for Sender {
    fn poll_send(self: Pin<&mut Self>, transmit: &Transmit<'_>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.link.send(self.side, transmit.contents, transmit.segment_size);
        Poll::Ready(Ok(()))
    }

    fn max_transmit_segments(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.segments).unwrap()
    }
}

impl AsyncUdpSocket for Socket {
    fn create_sender(&self) -> Pin<Box<dyn UdpSender>> {
        Box::pin(Sender { side: self.side, link: self.link.clone(), segments: self.segments })
    }

    fn poll_recv(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &mut [io::IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut next = 0;
        let taken = ready!(self.link.poll_recv(self.side, &mut self.sleep, cx, |packet| {
            if next == bufs.len() {
                return false;
            }
            bufs[next][..packet.len()].copy_from_slice(packet);
            meta[next].addr = address(2);
            meta[next].len = packet.len();
            meta[next].stride = packet.len();
            meta[next].ecn = None;
            meta[next].dst_ip = None;
            next += 1;
            true
        }));
        Poll::Ready(Ok(taken))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(address(1))
    }

    fn may_fragment(&self) -> bool {
        false
    }
}
