//! The control connection to the relay: found by name, recognised by its pinned key, greeted, and then a pair of queues.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lotse_protocol::keys::PublicKey;
use lotse_protocol::message::relay::{FromRelay, Hello, RefusalReason, ToRelay, Welcome, from_relay, to_relay};
use lotse_protocol::{limits, version};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::rustls::ClientConfig;
use quinn::rustls::client::Resumption;
use quinn::rustls::version::TLS13;
use quinn::{Connection, ConnectionError, Endpoint, TokioRuntime, TransportConfig, TransportErrorCode, VarInt};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::OfflineReason;
use super::datagrams::Offload;
use super::frames::{Reader, Writer};
use super::inner::{FIRST_TRIP, Priority, endpoint_config};
use super::pin::{self, Pinned};
use super::socket::Socket;
use lotse_protocol::address::RelayAddress;

/// From the name to the relay's welcome. A person is told why there is none within 10 s, the telling included.
const LIMIT: Duration = Duration::from_secs(8);
/// The next of several addresses is tried this much later (RFC 8305, section 5).
const STAGGER: Duration = Duration::from_millis(250);
/// Most addresses of one name that are tried.
const ADDRESSES: usize = 6;
/// Something is sent this often: it keeps the way through address translators open, and notices a dead relay.
const KEEP_ALIVE: Duration = Duration::from_secs(3);
/// A relay that answers nothing for so long is looked for anew, unless a session hangs on this connection.
pub(super) const DEAF: Duration = Duration::from_secs(8);
/// With a session hanging on it, a connection may be silent as long as that may.
const IDLE: Duration = Duration::from_secs(90);
/// Messages that may wait each way. A relay that does not read, or says more than is heard, is none.
const QUEUE: usize = 64;
/// What the relay may send unread, bytes.
const WINDOW: u32 = 64 * 1024;
/// Longest packet, bytes: what quinn takes by default.
const PACKET: u16 = 1472;
/// Alert `no_application_protocol` (RFC 7301, section 3.2) in QUIC's range (RFC 9001, section 4.8).
const ALERT_NO_PROTOCOL: u8 = 120;

/// The control connection. Dropping it closes it.
pub(super) struct Control {
    /// What the relay calls itself.
    pub(super) institution: String,
    connection: Connection,
    endpoint: Endpoint,
    socket: Arc<Socket>,
    outgoing: mpsc::Sender<ToRelay>,
    incoming: mpsc::Receiver<from_relay::Body>,
    tasks: [AbortHandle; 2],
    heard: Heard,
}

/// When the relay was last heard, as far as anybody looked.
struct Heard {
    frames: u64,
    at: Instant,
}

/// Finds the relay and greets it.
///
/// # Errors
/// Why there is no connection, within [`LIMIT`].
pub(super) async fn connect(address: RelayAddress, key: PublicKey, offload: Offload) -> Result<Control, OfflineReason> {
    timeout(LIMIT, async {
        let addresses: Vec<SocketAddr> = tokio::net::lookup_host((address.host.as_str(), address.port))
            .await
            .map_err(|error| {
                tracing::info!(%error, host = address.host, "the relay's name could not be resolved");
                OfflineReason::NameUnknown
            })?
            .collect();
        let socket = Socket::open(offload).map_err(|error| {
            tracing::warn!(%error, "no socket");
            OfflineReason::NoAnswer
        })?;
        let endpoint = endpoint(&socket, &key).map_err(|error| {
            tracing::error!(%error, "the transport could not be set up");
            OfflineReason::NoAnswer
        })?;
        let connection = race(&endpoint, &socket, addresses).await?;
        socket.expect_paths(connection.remote_address());
        greet(connection, endpoint, socket).await
    })
    .await
    .unwrap_or(Err(OfflineReason::NoAnswer))
}

fn endpoint(socket: &Arc<Socket>, key: &PublicKey) -> io::Result<Endpoint> {
    let mut tls = ClientConfig::builder_with_provider(pin::provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Pinned::to(key))
        .with_no_client_auth();
    tls.alpn_protocols = vec![version::ALPN_RELAY.to_vec()];
    tls.resumption = Resumption::disabled();
    tls.enable_sni = false;
    let tls = QuicClientConfig::try_from(tls).map_err(io::Error::other)?;
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(0_u32.into())
        .max_concurrent_uni_streams(0_u32.into())
        .receive_window(WINDOW.into())
        .stream_receive_window(WINDOW.into())
        .datagram_receive_buffer_size(None)
        // Messages are short: nothing is gained by larger packets.
        .mtu_discovery_config(None)
        .initial_rtt(FIRST_TRIP)
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(Some(IDLE.try_into().expect("90 s are few milliseconds")));
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    config.transport_config(Arc::new(transport));
    let mut endpoint =
        Endpoint::new_with_abstract_socket(endpoint_config(PACKET), None, socket.control(), Arc::new(TokioRuntime))?;
    endpoint.set_default_client_config(config);
    Ok(endpoint)
}

/// The first of several addresses whose handshake ends well.
async fn race(endpoint: &Endpoint, socket: &Socket, addresses: Vec<SocketAddr>) -> Result<Connection, OfflineReason> {
    let reachable = addresses.into_iter().filter_map(|address| socket.destination(address)).take(ADDRESSES);
    let mut attempts = JoinSet::new();
    for (place, address) in (0..).zip(reachable) {
        let endpoint = endpoint.clone();
        attempts.spawn(async move {
            sleep(STAGGER * place).await;
            match endpoint.connect(address, pin::SERVER_NAME) {
                Ok(connecting) => connecting.await.map_err(|error| {
                    tracing::info!(%error, %address, "the relay could not be reached");
                    why(&error)
                }),
                Err(error) => {
                    tracing::info!(%error, %address, "the relay could not be reached");
                    Err(OfflineReason::NoAnswer)
                }
            }
        });
    }
    let mut failure = OfflineReason::NoAnswer;
    while let Some(attempt) = attempts.join_next().await {
        match attempt {
            Ok(Ok(connection)) => return Ok(connection),
            // Whatever answered says more than what did not.
            Ok(Err(reason)) if failure == OfflineReason::NoAnswer => failure = reason,
            _ => {}
        }
    }
    Err(failure)
}

/// What a failed handshake means.
fn why(error: &ConnectionError) -> OfflineReason {
    match error {
        ConnectionError::VersionMismatch => OfflineReason::OtherVersion,
        ConnectionError::ConnectionClosed(close) if close.error_code == TransportErrorCode::CONNECTION_REFUSED => {
            OfflineReason::Full
        }
        ConnectionError::ConnectionClosed(close)
            if close.error_code == TransportErrorCode::crypto(ALERT_NO_PROTOCOL) =>
        {
            OfflineReason::OtherVersion
        }
        ConnectionError::TransportError(_) | ConnectionError::ConnectionClosed(_) => OfflineReason::NotOurRelay,
        _ => OfflineReason::NoAnswer,
    }
}

async fn greet(connection: Connection, endpoint: Endpoint, socket: Arc<Socket>) -> Result<Control, OfflineReason> {
    let lost = |_| OfflineReason::Lost;
    let (send, receive) = connection.open_bi().await.map_err(lost)?;
    let (mut writer, mut reader) = (Writer::new(send, Priority::Control), Reader::new(receive));
    let hello = Hello { version: version::CURRENT, oldest: version::OLDEST };
    writer.message(&ToRelay { body: Some(to_relay::Body::Hello(hello)) }).await.map_err(|_| OfflineReason::Lost)?;
    let answer: Option<FromRelay> = reader.message(limits::CONTROL_MESSAGE).await.map_err(|error| {
        tracing::info!(%error, "the relay did not say welcome");
        OfflineReason::OtherVersion
    })?;
    let welcome = match answer.and_then(|answer| answer.body) {
        Some(from_relay::Body::Welcome(welcome)) if spoken(&welcome) => welcome,
        Some(from_relay::Body::Refused(refused)) if refused.reason() == RefusalReason::Full => {
            return Err(OfflineReason::Full);
        }
        // A relay whose first word is another one than we know speaks another version.
        _ => return Err(OfflineReason::OtherVersion),
    };
    let (outgoing, to_write) = mpsc::channel(QUEUE);
    let (read, incoming) = mpsc::channel(QUEUE);
    let tasks =
        [tokio::spawn(write(writer, to_write)).abort_handle(), tokio::spawn(listen(reader, read)).abort_handle()];
    let heard = Heard { frames: frames(&connection), at: Instant::now() };
    Ok(Control { institution: welcome.institution, connection, endpoint, socket, outgoing, incoming, tasks, heard })
}

fn spoken(welcome: &Welcome) -> bool {
    welcome.version >= version::OLDEST && welcome.oldest <= version::CURRENT
}

async fn write(mut writer: Writer, mut queue: mpsc::Receiver<ToRelay>) {
    while let Some(message) = queue.recv().await {
        if writer.message(&message).await.is_err() {
            return;
        }
    }
}

/// Ends, and with it the queue, when the connection does or the relay says what makes no sense.
async fn listen(mut reader: Reader, queue: mpsc::Sender<from_relay::Body>) {
    loop {
        match reader.message::<FromRelay>(limits::CONTROL_MESSAGE).await {
            Ok(Some(FromRelay { body: Some(body) })) => {
                if queue.send(body).await.is_err() {
                    return;
                }
            }
            // From a newer version: skipped.
            Ok(Some(FromRelay { body: None })) => {}
            Ok(None) => return,
            Err(error) => {
                tracing::info!(%error, "the relay is gone");
                return;
            }
        }
    }
}

/// Frames that only the relay can have sent.
fn frames(connection: &Connection) -> u64 {
    let stats = connection.stats().frame_rx;
    stats.acks + stats.stream + stats.ping
}

impl Control {
    /// Says something to the relay. A relay that has stopped reading is given up.
    pub(super) fn say(&self, body: to_relay::Body) {
        if self.outgoing.try_send(ToRelay { body: Some(body) }).is_err() {
            self.connection.close(CLOSE, b"");
        }
    }

    /// What the relay says next; `None` when it is gone. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<from_relay::Body> {
        self.incoming.recv().await
    }

    /// Has the relay fallen silent? To be asked every now and then: the answer is as fine as the asking.
    pub(super) fn is_deaf(&mut self, now: Instant) -> bool {
        let frames = frames(&self.connection);
        if frames != self.heard.frames {
            self.heard = Heard { frames, at: now };
        }
        now.saturating_duration_since(self.heard.at) >= DEAF
    }

    /// The socket of both planes.
    pub(super) fn socket(&self) -> &Arc<Socket> {
        &self.socket
    }

    /// Where the relay is, as the socket writes it.
    pub(super) fn relay(&self) -> SocketAddr {
        self.connection.remote_address()
    }

    /// Says goodbye, which leaves everything, and waits until the relay knows, for `limit` at the most.
    pub(super) async fn close(self, limit: Duration) {
        self.connection.close(CLOSE, b"");
        let _ = timeout(limit, self.endpoint.wait_idle()).await;
    }
}

const CLOSE: VarInt = VarInt::from_u32(0);

impl Drop for Control {
    fn drop(&mut self) {
        self.connection.close(CLOSE, b"");
        for task in &self.tasks {
            task.abort();
        }
    }
}
