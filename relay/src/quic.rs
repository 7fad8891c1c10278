//! The control plane's transport: quinn over a socket that is fed by the loop in [`crate::forward`].
//!
//! * TLS 1.3 alone, the relay's Ed25519 key as a raw public key (RFC 7250), no client certificate, no tickets, no
//!   0-RTT.
//! * Whoever connects must show first that it is where it says it is (QUIC's Retry): an address that has not been
//!   validated gets one small packet for its 1200 bytes, and costs no state. A program pays one round trip for it, once
//!   per connection to the relay.
//! * `grease_quic_bit(false)`: the first byte of every QUIC packet has the fixed bit, so it is 0x40 or above.
//! * The key for stateless resets outlives the process: programs learn of a restart at once rather than by the idle
//!   timeout.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use lotse_protocol::keys::SigningKey;
use lotse_protocol::version::ALPN_RELAY;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{
    AsyncUdpSocket, ConnectionId, ConnectionIdGenerator, EndpointConfig, IdleTimeout, TransportConfig, UdpPoller,
    VarInt,
};
use quinn_udp::{EcnCodepoint, RecvMeta, Transmit};
use rand::Rng;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::sign::CertifiedKey;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::forward::Port;

/// A connection on which nothing is heard for so long is gone.
pub const IDLE: Duration = Duration::from_secs(90);
/// The relay makes itself heard so often: keeps the mappings of address translators, and finds out who is gone.
pub const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// Connection attempts that may wait to be looked at.
pub const INCOMING: usize = 1024;
/// Bytes that may wait with one attempt, beyond its first packet.
pub const INCOMING_BYTES: u64 = 16 * 1024;
/// Bytes that may wait with all attempts together.
pub const INCOMING_BYTES_TOTAL: u64 = 4 * 1024 * 1024;
/// Bytes a program may have sent that were not read yet: two of the longest messages.
pub const RECEIVE_WINDOW: u32 = 32 * 1024 + 1024;
/// Bytes that may be on their way to a program.
pub const SEND_WINDOW: u64 = 64 * 1024;
/// QUIC packets that may wait to be read by quinn; further ones are dropped.
pub const INBOX: usize = 2048;
/// Longest QUIC packet that is accepted, bytes (quinn's own default).
pub const QUIC_PACKET: usize = 1472;

/// The key material of the control plane.
pub struct TransportKeys {
    /// What programs pin.
    pub key: SigningKey,
    /// For stateless resets.
    pub reset: Zeroizing<[u8; 32]>,
}

/// Why the TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// rustls refused it.
    #[error("TLS refuses the relay's key: {0}")]
    Tls(#[from] rustls::Error),
    /// ring has no cipher suite for QUIC's first packets.
    #[error("TLS lacks the cipher suite for QUIC's first packets")]
    Initial(#[from] quinn::crypto::rustls::NoInitialCipherSuite),
}

/// What quinn needs to accept programs.
///
/// # Errors
/// [`TlsError`]
pub fn server_config(keys: &TransportKeys) -> Result<quinn::ServerConfig, TlsError> {
    let pkcs8 = keys.key.to_pkcs8();
    let signing = rustls::crypto::ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()))?;
    let spki = CertificateDer::from(keys.key.public().to_spki().to_vec());
    let resolver = AlwaysResolvesServerRawPublicKeys::new(Arc::new(CertifiedKey::new(vec![spki], signing)));
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(resolver));
    tls.alpn_protocols = vec![ALPN_RELAY.to_vec()];
    tls.send_tls13_tickets = 0;
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    tls.max_early_data_size = 0;

    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::try_from(IDLE).expect("90 s are few enough milliseconds")))
        .keep_alive_interval(Some(KEEP_ALIVE))
        // Messages are short: nothing is gained by larger packets.
        .mtu_discovery_config(None);
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config
        .transport_config(Arc::new(transport))
        .max_incoming(INCOMING)
        .incoming_buffer_size(INCOMING_BYTES)
        .incoming_buffer_size_total(INCOMING_BYTES_TOTAL);
    Ok(config)
}

/// What quinn needs to know about the endpoint.
#[must_use]
pub fn endpoint_config(keys: &TransportKeys) -> EndpointConfig {
    let mut config = EndpointConfig::new(Arc::new(ResetKey(keys.reset.clone())));
    config.grease_quic_bit(false).cid_generator(|| Box::new(RandomIds));
    config
}

/// Connection IDs that cannot be told from those of an earlier process, since a packet for one of those is to be
/// answered with the reset that its program understands. (quinn's own know their process.)
struct RandomIds;

/// Bytes of a connection ID: enough that two never meet.
const CONNECTION_ID: usize = 8;

impl ConnectionIdGenerator for RandomIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; CONNECTION_ID];
        rand::rng().fill_bytes(&mut id);
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        CONNECTION_ID
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

/// HMAC-SHA-256, cut to the length that is asked for.
struct ResetKey(Zeroizing<[u8; 32]>);

impl ResetKey {
    fn mac(&self, data: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("HMAC takes a key of any length");
        mac.update(data);
        mac.finalize().into_bytes().into()
    }
}

impl quinn::crypto::HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        let mac = self.mac(data);
        let length = signature_out.len().min(mac.len());
        signature_out[..length].copy_from_slice(&mac[..length]);
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), quinn::crypto::CryptoError> {
        if bool::from(self.mac(data).as_slice().ct_eq(signature)) { Ok(()) } else { Err(quinn::crypto::CryptoError) }
    }
}

/// QUIC packets on their way from the loop to quinn: bounded, and full means dropped.
#[derive(Default)]
pub struct Inbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    packets: VecDeque<Packet>,
    waker: Option<Waker>,
}

struct Packet {
    from: SocketAddr,
    local: Option<IpAddr>,
    ecn: Option<EcnCodepoint>,
    bytes: Vec<u8>,
}

impl Inbox {
    /// Puts in one packet, received with `meta`.
    pub(crate) fn push(&self, meta: &RecvMeta, packet: &[u8]) {
        let waker = {
            let mut waiting = self.lock();
            if waiting.packets.len() >= INBOX || packet.len() > QUIC_PACKET {
                return;
            }
            waiting.packets.push_back(Packet {
                from: meta.addr,
                local: meta.dst_ip,
                ecn: meta.ecn,
                bytes: packet.to_vec(),
            });
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

/// quinn's view of the port: sends itself, receives from the [`Inbox`].
#[derive(Debug)]
pub struct QuicSocket {
    /// To send.
    pub port: Arc<Port>,
    /// To receive.
    pub inbox: Arc<Inbox>,
}

impl AsyncUdpSocket for QuicSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable { port: self.port.clone(), waiting: None })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.port.try_send(transmit)
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut waiting = self.inbox.lock();
        let mut received = 0;
        for (buffer, meta) in buffers.iter_mut().zip(metas.iter_mut()) {
            let Some(packet) = waiting.packets.pop_front() else { break };
            let length = packet.bytes.len().min(buffer.len());
            buffer[..length].copy_from_slice(&packet.bytes[..length]);
            *meta = RecvMeta { addr: packet.from, len: length, stride: length, ecn: packet.ecn, dst_ip: packet.local };
            received += 1;
        }
        if received == 0 {
            waiting.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Ok(received))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.port.local_addr()
    }

    fn max_transmit_segments(&self) -> usize {
        self.port.max_segments()
    }

    fn may_fragment(&self) -> bool {
        self.port.may_fragment()
    }
}

type WhenWritable = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

struct Writable {
    port: Arc<Port>,
    waiting: Option<WhenWritable>,
}

impl UdpPoller for Writable {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let port = self.port.clone();
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(async move { port.writable().await }));
        let result = waiting.as_mut().poll(cx);
        if result.is_ready() {
            self.waiting = None;
        }
        result
    }
}

impl fmt::Debug for Writable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writable").finish_non_exhaustive()
    }
}
