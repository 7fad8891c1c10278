//! The relay, running.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lotse_protocol::card::is_shown_text;
use lotse_protocol::keys::RelayPins;
use lotse_protocol::limits;
use lotse_protocol::permission::Permissions;
use quinn::{Endpoint, TokioRuntime};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::accounts::{self, Accounts, AddError, DEFAULT_CEILING, NewAdviser};
use crate::broker::Broker;
use crate::connection::{self, CloseCode, HANDSHAKES};
use crate::driver::{Driver, Input};
use crate::forward::{Counts, Forwarder, Port, Table};
use crate::quic::{self, Inbox, QuicSocket, TransportKeys};
use crate::store::{PUBLIC_KEYS, Serving, Store, StoreError};

/// The port that programs try, UDP and later TCP.
pub const PORT: u16 = 443;
/// What customers read when nobody said whose relay it is.
pub const UNNAMED: &str = "Unnamed institution";
/// Time for the programs to hear that the relay ends.
const GOODBYE: Duration = Duration::from_millis(800);
/// Time for what is still in the queues after that.
const LAST_INPUTS: Duration = Duration::from_millis(700);

/// What a relay needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// Shown to customers, and stated in every card.
    pub institution: String,
    /// Port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where keys, accounts and the record are.
    pub data: PathBuf,
}

impl Config {
    /// The defaults, with the data in `data`.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            institution: UNNAMED.to_owned(),
            listen: SocketAddr::from((Ipv6Addr::UNSPECIFIED, PORT)),
            data: data.to_owned(),
        }
    }
}

/// Why a relay did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The name cannot be shown to customers.
    #[error("the institution's name is empty, too long, or has characters in it that cannot be shown")]
    Institution,
    /// The data cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The port cannot be used.
    #[error("cannot listen on UDP {address}: {source}{hint}", hint = listen_hint(source))]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] quic::TlsError),
    /// A thread or runtime could not be started.
    #[error("the system did not give the relay what it needs: {0}")]
    System(io::Error),
}

fn listen_hint(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => " (a port below 1024 needs root or CAP_NET_BIND_SERVICE)",
        io::ErrorKind::AddrInUse => " (another program uses it)",
        _ => "",
    }
}

/// The relay.
pub struct Relay;

/// A running relay. Dropped without [`Running::stop`] it says goodbye and goes down on its own time.
pub struct Running {
    /// Where it listens, with the port the system chose.
    pub addr: SocketAddr,
    /// What programs pin.
    pub pins: RelayPins,
    store: Store,
    endpoint: Endpoint,
    inputs: Option<mpsc::Sender<Input>>,
    driver: Option<tokio::task::JoinHandle<()>>,
    forwarding: Option<Forwarding>,
    _serving: Serving,
}

struct Forwarding {
    thread: JoinHandle<Counts>,
    stop: oneshot::Sender<()>,
}

impl Relay {
    /// Starts a relay on the current tokio runtime, which has to keep running (and a thread of its own for packets).
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let Config { institution, listen, data } = config;
        if institution.trim().is_empty() || !is_shown_text(&institution, limits::SHOWN_TEXT) {
            return Err(StartError::Institution);
        }
        let store = Store::open(&data).await?;
        let serving = store.serve().await?;
        let keys = store.keys().await?;
        let pins = keys.pins();
        let transport = TransportKeys { key: keys.transport, reset: keys.reset };

        let (table, inbox) = (Arc::new(Table::default()), Arc::new(Inbox::default()));
        let (port, forwarding) = forward(listen, table.clone(), inbox.clone()).await?;
        let addr = port.local_addr().map_err(StartError::System)?;
        let endpoint = Endpoint::new_with_abstract_socket(
            quic::endpoint_config(&transport),
            Some(quic::server_config(&transport)?),
            Arc::new(QuicSocket { port: port.clone(), inbox }),
            Arc::new(TokioRuntime),
        )
        .map_err(StartError::System)?;

        let accounts = Arc::new(Accounts::new(store.clone(), institution.clone(), keys.cards));
        let broker = Broker::new(institution, Instant::now());
        let (inputs, driver) = Driver::start(broker, accounts, table, port, store.clone());
        let driver = tokio::spawn(driver);
        tokio::spawn(accept(endpoint.clone(), inputs.clone()));

        tracing::info!("listening on UDP {addr}");
        tracing::info!("relay key (also in {}): {pins}", data.join(PUBLIC_KEYS).display());
        Ok(Running {
            addr,
            pins,
            store,
            endpoint,
            inputs: Some(inputs),
            driver: Some(driver),
            forwarding: Some(forwarding),
            _serving: serving,
        })
    }
}

impl Running {
    /// Adds an adviser who may be granted everything.
    ///
    /// # Errors
    /// [`AddError`]
    pub async fn add_adviser(&self, name: &str, display_name: &str, password: &str) -> Result<(), AddError> {
        let adviser = NewAdviser {
            name: name.to_owned(),
            display_name: display_name.to_owned(),
            role: String::new(),
            password: Zeroizing::new(password.to_owned()),
            ceiling: Permissions::from_iter(DEFAULT_CEILING),
        };
        accounts::add(&self.store, adviser).await.map(|_| ())
    }

    /// The relay's store, as the commands beside a running relay use it.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Says goodbye to every program, completes the record, and ends. Takes less than two seconds. Returns what the
    /// forward plane has done.
    pub async fn stop(mut self) -> Counts {
        tracing::info!("ending");
        self.endpoint.close(CloseCode::Goodbye.into(), CloseCode::Goodbye.reason().as_bytes());
        // Without an answer programs notice all the same, only later.
        let _ = timeout(GOODBYE, self.endpoint.wait_idle()).await;
        self.inputs = None;
        if let Some(driver) = self.driver.take()
            && timeout(LAST_INPUTS, driver).await.is_err()
        {
            tracing::warn!("the record of sessions may be incomplete");
        }
        self.store.close().await;
        let Some(Forwarding { thread, stop }) = self.forwarding.take() else { return Counts::default() };
        drop(stop);
        tokio::task::spawn_blocking(move || thread.join().unwrap_or_default()).await.unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.endpoint.close(CloseCode::Goodbye.into(), CloseCode::Goodbye.reason().as_bytes());
    }
}

async fn accept(endpoint: Endpoint, inputs: mpsc::Sender<Input>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    while let Some(incoming) = endpoint.accept().await {
        if !incoming.remote_address_validated() {
            // Cannot fail: who is not validated may be asked to try again.
            let _ = incoming.retry();
        } else if let Ok(permit) = handshakes.clone().try_acquire_owned() {
            tokio::spawn(connection::run(incoming, inputs.clone(), permit));
        } else {
            incoming.refuse();
        }
    }
}

/// Opens the port and starts the thread that reads it.
async fn forward(
    listen: SocketAddr,
    table: Arc<Table>,
    inbox: Arc<Inbox>,
) -> Result<(Arc<Port>, Forwarding), StartError> {
    let (opened, port) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(StartError::System)?;
    let thread = std::thread::Builder::new()
        .name("forward".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let port = match open(listen) {
                    Ok(port) => Arc::new(port),
                    Err(error) => {
                        // Whoever asked has gone away otherwise.
                        let _ = opened.send(Err(error));
                        return Counts::default();
                    }
                };
                let _ = opened.send(Ok(port.clone()));
                let stopped = async move {
                    let _ = stopped.await;
                };
                Forwarder::new(port, table, inbox).run(stopped).await
            })
        })
        .map_err(StartError::System)?;
    let port = port
        .await
        .unwrap_or_else(|_| Err(io::Error::other("the forwarding thread ended")))
        .map_err(|source| StartError::Listen { address: listen, source })?;
    Ok((port, Forwarding { thread, stop }))
}

/// Where there is no IPv6, "everywhere" means everywhere in IPv4.
fn open(listen: SocketAddr) -> io::Result<Port> {
    Port::open(listen).or_else(|error| {
        let no_ipv6 = !matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
        if listen.ip() == Ipv6Addr::UNSPECIFIED && no_ipv6 {
            Port::open((Ipv4Addr::UNSPECIFIED, listen.port()).into()).map_err(|_| error)
        } else {
            Err(error)
        }
    })
}
