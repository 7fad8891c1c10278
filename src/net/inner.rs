//! The end-to-end connection between host and viewer (design, section 4): QUIC over a path, TLS 1.3 with raw public
//! keys, both pinned to exactly the keys that the introduction authenticated, and tied to it by a first message each
//! way. The transport library is met here, in `relay` and in `socket`, nowhere else.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lotse_protocol::bind::{self, BindKey};
use lotse_protocol::keys::{PublicKey, SigningKey};
use lotse_protocol::message::introduction::Role;
use lotse_protocol::message::session::{Bind, StreamKind};
use lotse_protocol::{limits, version};
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::rustls::client::{AlwaysResolvesClientRawPublicKeys, Resumption};
use quinn::rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use quinn::rustls::{self, ClientConfig, ServerConfig, version::TLS13};
use quinn::{Connection, ConnectionError, Endpoint, EndpointConfig, TokioRuntime, TransportConfig, VarInt};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;

use super::frames::{self, Reader, Writer};
use super::path::Path;
use super::pin::{self, Pinned};
use super::reserve::Reserve;

/// A connection that is silent for so long is over.
pub const IDLE: Duration = Duration::from_secs(90);
/// The round trip that is assumed before one was measured. QUIC's third of a second (RFC 9002, section 6.2.2) would make
/// a lost first packet cost a second in front of a person who waits; on a path that is slower than three times this,
/// one or two packets are sent for nothing.
pub(super) const FIRST_TRIP: Duration = Duration::from_millis(100);
/// Most streams of either kind that the other side may have open.
const STREAMS: u32 = 8;
/// What the other side may send unread on one stream, bytes.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// What the other side may send unread on all streams, bytes.
const WINDOW: u32 = 4 * 1024 * 1024;
/// What `write` takes before the peer has acknowledged: it returns on buffering, not on delivery.
const SEND_WINDOW: u64 = 256 * 1024;
/// What waits of datagrams, bytes, each way: heartbeats and pointer positions, of which the last one counts.
const DATAGRAMS: usize = 16 * 1024;
/// Handshakes that may be under way at the host: a garbled one must not keep out the right one.
const ATTEMPTS: usize = 4;
/// How urgent a stream is: more is first.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
pub(super) enum Priority {
    /// Pixels.
    Screen = 0,
    /// What the pointer looks like.
    Pointer = 10,
    /// What is said.
    Control = 20,
    /// The adviser's hands.
    Input = 30,
}

/// What an end of the connection is made of; all of it comes from the introduction.
pub struct Ends {
    /// This side's key.
    pub own: SigningKey,
    /// The only key that the other side may have.
    pub peer: PublicKey,
    /// What the bind messages are made with.
    pub bind: BindKey,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum InnerError {
    /// The path's socket.
    #[error("the path could not be used: {0}")]
    Socket(#[from] io::Error),
    /// TLS could not be set up: the keys or the library.
    #[error("the connection could not be set up: {0}")]
    Setup(String),
    /// The handshake failed, or the connection broke before both ends were bound.
    #[error("the connection failed: {0}")]
    Connection(#[from] ConnectionError),
    /// It was not there and bound in time.
    #[error("the other side did not answer in time")]
    TimedOut,
    /// The other side's first message was missing or not the one that the introduction calls for.
    #[error("the other side's first message is not right")]
    NotBound,
}

/// How the connection is closed when the first message is wrong.
const CLOSE_NOT_BOUND: VarInt = VarInt::from_u32(2);
/// How it is closed in order.
pub(super) const CLOSE_DONE: VarInt = VarInt::from_u32(0);

/// A connection with both ends authenticated and bound. Dropping it closes it at once.
pub struct Inner {
    /// This side's half of the control stream.
    pub(super) writer: Writer,
    /// The other side's half.
    pub(super) reader: Reader,
    /// The connection itself.
    pub(super) guard: Guard,
}

impl Inner {
    /// The underlying connection, for tests that attack it.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.guard.connection
    }
}

/// A connection that is closed when this is dropped.
pub(super) struct Guard {
    pub(super) connection: Connection,
    /// For the heartbeats of the session.
    pub(super) reserve: Reserve,
    endpoint: Endpoint,
    refusing: Option<AbortHandle>,
}

impl Guard {
    /// Both ends are who they should be, or this was it.
    fn bound(self, bound: Result<(Writer, Reader), InnerError>) -> Result<Inner, InnerError> {
        match bound {
            Ok((writer, reader)) => {
                allow_streams(&self.connection);
                Ok(Inner { writer, reader, guard: self })
            }
            Err(error) => {
                self.connection.close(CLOSE_NOT_BOUND, b"");
                Err(error)
            }
        }
    }

    /// Closes the connection, at once; what is returned waits, for `limit` at the most, until the other side has been
    /// told. A side that closed it itself needs no telling.
    pub(super) fn close(&self, code: VarInt, limit: Duration) -> impl Future<Output = ()> + use<> {
        let telling = self.connection.close_reason().is_none().then(|| self.endpoint.clone());
        if telling.is_some() {
            self.connection.close(code, b"");
        }
        async move {
            if let Some(endpoint) = telling {
                let _ = timeout(limit, endpoint.wait_idle()).await;
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.connection.close(CLOSE_DONE, b"");
        if let Some(refusing) = &self.refusing {
            refusing.abort();
        }
    }
}

/// The host's end: waits for the viewer, admits one connection and refuses every other.
///
/// # Errors
/// [`InnerError`], within `limit`.
pub async fn host(path: &dyn Path, ends: Ends, limit: Duration) -> Result<Inner, InnerError> {
    let reserve = Reserve::default();
    let config = server_config(ends.own, &ends.peer, transport(path.packet(), 1, reserve.clone()))?;
    let endpoint = Endpoint::new_with_abstract_socket(
        endpoint_config(path.packet()),
        Some(config),
        path.socket(),
        Arc::new(TokioRuntime),
    )?;
    timeout(limit, async {
        let connection = accept(&endpoint).await?;
        let refusing = tokio::spawn(refuse(endpoint.clone())).abort_handle();
        let guard = Guard { connection, endpoint: endpoint.clone(), refusing: Some(refusing), reserve };
        let bound = bind_host(&guard.connection, &ends.bind).await;
        guard.bound(bound)
    })
    .await
    .unwrap_or_else(|_| {
        endpoint.close(CLOSE_NOT_BOUND, b"");
        Err(InnerError::TimedOut)
    })
}

/// The viewer's end: connects to the host.
///
/// # Errors
/// [`InnerError`], within `limit`.
pub async fn viewer(path: &dyn Path, ends: Ends, limit: Duration) -> Result<Inner, InnerError> {
    let reserve = Reserve::default();
    let config = client_config(ends.own, &ends.peer, transport(path.packet(), 0, reserve.clone()))?;
    let endpoint = Endpoint::new_with_abstract_socket(
        endpoint_config(path.packet()),
        None,
        path.socket(),
        Arc::new(TokioRuntime),
    )?;
    let connecting = endpoint
        .connect_with(config, path.peer(), pin::SERVER_NAME)
        .map_err(|error| InnerError::Setup(error.to_string()))?;
    timeout(limit, async {
        let guard = Guard { connection: connecting.await?, endpoint: endpoint.clone(), refusing: None, reserve };
        let bound = bind_viewer(&guard.connection, &ends.bind).await;
        guard.bound(bound)
    })
    .await
    .unwrap_or_else(|_| {
        endpoint.close(CLOSE_NOT_BOUND, b"");
        Err(InnerError::TimedOut)
    })
}

/// The first connection whose handshake ends well.
async fn accept(endpoint: &Endpoint) -> Result<Connection, InnerError> {
    let mut attempts = JoinSet::new();
    let mut failure = None;
    loop {
        tokio::select! {
            incoming = endpoint.accept(), if attempts.len() < ATTEMPTS => match incoming {
                Some(incoming) => {
                    attempts.spawn(incoming.into_future());
                }
                None => return Err(failure.unwrap_or(InnerError::TimedOut)),
            },
            Some(attempt) = attempts.join_next() => match attempt {
                Ok(Ok(connection)) => return Ok(connection),
                // Whoever it was does not hold the key. The one who does may still come.
                Ok(Err(error)) => failure = Some(InnerError::Connection(error)),
                Err(_) => {}
            },
        }
    }
}

/// There is one connection, and there will be no other.
async fn refuse(endpoint: Endpoint) {
    while let Some(incoming) = endpoint.accept().await {
        incoming.refuse();
    }
}

async fn bind_host(connection: &Connection, key: &BindKey) -> Result<(Writer, Reader), InnerError> {
    let exported = export(connection)?;
    let (send, receive) = connection.accept_bi().await?;
    let (mut writer, mut reader) = (Writer::new(send, Priority::Control), Reader::new(receive));
    if reader.kind().await.map_err(|_| InnerError::NotBound)? != Some(StreamKind::Control) {
        return Err(InnerError::NotBound);
    }
    expect_bind(&mut reader, key, Role::Viewer, &exported).await?;
    writer.message(&Bind { mac: key.mac(Role::Host, &exported).to_vec() }).await.map_err(|_| InnerError::NotBound)?;
    Ok((writer, reader))
}

async fn bind_viewer(connection: &Connection, key: &BindKey) -> Result<(Writer, Reader), InnerError> {
    let exported = export(connection)?;
    let (send, receive) = connection.open_bi().await?;
    let (mut writer, mut reader) = (Writer::new(send, Priority::Control), Reader::new(receive));
    let bind = Bind { mac: key.mac(Role::Viewer, &exported).to_vec() };
    writer.begin(StreamKind::Control).await.map_err(|_| InnerError::NotBound)?;
    writer.message(&bind).await.map_err(|_| InnerError::NotBound)?;
    expect_bind(&mut reader, key, Role::Host, &exported).await?;
    Ok((writer, reader))
}

async fn expect_bind(
    reader: &mut Reader,
    key: &BindKey,
    role: Role,
    exported: &[u8; bind::EXPORTER],
) -> Result<(), InnerError> {
    let bind: Option<Bind> = reader.message(frames::BIND).await.map_err(|_| InnerError::NotBound)?;
    match bind {
        Some(bind) if key.verify(role, exported, &bind.mac) => Ok(()),
        _ => Err(InnerError::NotBound),
    }
}

fn export(connection: &Connection) -> Result<[u8; bind::EXPORTER], InnerError> {
    let mut exported = [0; bind::EXPORTER];
    connection
        .export_keying_material(&mut exported, bind::EXPORTER_LABEL, b"")
        .map_err(|_| InnerError::Setup("no keying material".to_owned()))?;
    Ok(exported)
}

/// Before both ends are bound there is the control stream and nothing else: neither media nor input can be on its way.
fn allow_streams(connection: &Connection) {
    connection.set_max_concurrent_bi_streams(STREAMS.into());
    connection.set_max_concurrent_uni_streams(STREAMS.into());
}

fn server_config(
    own: SigningKey,
    peer: &PublicKey,
    transport: Arc<TransportConfig>,
) -> Result<quinn::ServerConfig, InnerError> {
    let mut tls = ServerConfig::builder_with_provider(pin::provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(setup)?
        .with_client_cert_verifier(Pinned::to(peer))
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(pin::own(own))));
    tls.alpn_protocols = vec![version::ALPN_SESSION.to_vec()];
    tls.max_early_data_size = 0;
    tls.send_tls13_tickets = 0;
    tls.session_storage = Arc::new(NoServerSessionStorage {});
    let tls = QuicServerConfig::try_from(tls).map_err(|error| InnerError::Setup(error.to_string()))?;
    let mut config = quinn::ServerConfig::with_crypto(Arc::new(tls));
    config.transport_config(transport).migration(false).max_incoming(ATTEMPTS);
    Ok(config)
}

fn client_config(
    own: SigningKey,
    peer: &PublicKey,
    transport: Arc<TransportConfig>,
) -> Result<quinn::ClientConfig, InnerError> {
    let mut tls = ClientConfig::builder_with_provider(pin::provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(setup)?
        .dangerous()
        .with_custom_certificate_verifier(Pinned::to(peer))
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(pin::own(own))));
    tls.alpn_protocols = vec![version::ALPN_SESSION.to_vec()];
    tls.resumption = Resumption::disabled();
    tls.enable_early_data = false;
    tls.enable_sni = false;
    let tls = QuicClientConfig::try_from(tls).map_err(|error| InnerError::Setup(error.to_string()))?;
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    config.transport_config(transport);
    Ok(config)
}

fn setup(error: rustls::Error) -> InnerError {
    InnerError::Setup(error.to_string())
}

/// The settings of design, section 4: packets of exactly `packet` bytes at the most; `bidirectional` streams may the
/// other side open before it is bound.
fn transport(packet: u16, bidirectional: u32, reserve: Reserve) -> Arc<TransportConfig> {
    let mut transport = TransportConfig::default();
    transport
        .initial_mtu(packet)
        .min_mtu(packet)
        .mtu_discovery_config(None)
        .initial_rtt(FIRST_TRIP)
        .max_idle_timeout(Some(IDLE.try_into().expect("90 s are few milliseconds")))
        .max_concurrent_bidi_streams(bidirectional.into())
        .max_concurrent_uni_streams(0_u32.into())
        .stream_receive_window(STREAM_WINDOW.into())
        .receive_window(WINDOW.into())
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(Some(DATAGRAMS))
        .datagram_send_buffer_size(DATAGRAMS)
        .congestion_controller_factory(Arc::new(reserve));
    Arc::new(transport)
}

/// Settings of an endpoint whose packets have at most `packet` bytes; also that of the control connection.
pub(super) fn endpoint_config(packet: u16) -> EndpointConfig {
    let mut config = EndpointConfig::default();
    config.max_udp_payload_size(packet).expect("no path carries less than QUIC's 1200 bytes");
    // The first byte tells the two planes apart.
    config.grease_quic_bit(false);
    config
}

const _: () = assert!(frames::BIND < limits::SESSION_MESSAGE);
