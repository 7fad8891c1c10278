//! The loop around the broker: the one task that owns it. Everything comes in through one bounded queue; nothing here
//! waits for a program, the store or a password check.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use lotse_protocol::forward::CHECK_NONCE;
use lotse_protocol::framing;
use lotse_protocol::id::Id;
use lotse_protocol::message::relay::{FromRelay, ToRelay};
use quinn::Connection;
use quinn_udp::Transmit;
use rand::Rng;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval, sleep_until};

use crate::accounts::{Accounts, COME_AGAIN, LoginError};
use crate::broker::{Adviser, Broker, Closing, Full, Introduction, Leg, Output, Peer, VouchRefusal};
use crate::connection::{CloseCode, Outgoing};
use crate::forward::{End, Passed, Port, Table};
use crate::store::Store;

/// Messages from all connections together that may wait for the broker; then connections wait.
pub(crate) const INPUTS: usize = 1024;
/// How often the addresses of connections with a path are looked at.
const ROAMING: Duration = Duration::from_millis(200);
/// Lines for the record that may wait for the disk.
const RECORDS: usize = 1024;

/// What the broker has to hear.
pub(crate) enum Input {
    /// A program connected.
    Connected { connection: Connection, outgoing: mpsc::Sender<Outgoing>, reply: oneshot::Sender<Result<Peer, Full>> },
    /// It said something.
    Said(Peer, ToRelay),
    /// It is gone.
    Gone(Peer),
    /// A password was looked at.
    LoginChecked(Peer, Result<Option<Adviser>, LoginError>),
    /// A card was made, or not.
    Vouched(Introduction, Result<Vec<u8>, VouchRefusal>),
}

pub(crate) struct Driver {
    broker: Broker,
    accounts: Arc<Accounts>,
    table: Arc<Table>,
    port: Arc<Port>,
    inputs: mpsc::WeakSender<Input>,
    records: mpsc::Sender<Record>,
    connections: HashMap<Peer, Handle>,
    paths: HashMap<u64, Path>,
}

struct Handle {
    connection: Connection,
    /// The last address it was validated for.
    address: SocketAddr,
    outgoing: mpsc::Sender<Outgoing>,
}

struct Path {
    offerer: Leg,
    joiner: Leg,
}

impl Driver {
    /// The queue to a driver, and the driver. It ends when everybody else's end of the queue is gone.
    pub(crate) fn start(
        broker: Broker,
        accounts: Arc<Accounts>,
        table: Arc<Table>,
        port: Arc<Port>,
        store: Store,
    ) -> (mpsc::Sender<Input>, impl Future<Output = ()> + Send) {
        let (inputs, queue) = mpsc::channel(INPUTS);
        let (records, lines) = mpsc::channel(RECORDS);
        let driver = Self {
            broker,
            accounts,
            table,
            port,
            inputs: inputs.downgrade(),
            records,
            connections: HashMap::new(),
            paths: HashMap::new(),
        };
        let recorder = tokio::spawn(record(store, lines));
        let run = async move {
            driver.run(queue).await;
            // The record is complete when this is.
            let _ = recorder.await;
        };
        (inputs, run)
    }

    async fn run(mut self, mut queue: mpsc::Receiver<Input>) {
        let mut roaming = interval(ROAMING);
        roaming.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wake = self.broker.next_wake();
            tokio::select! {
                input = queue.recv() => match input {
                    Some(input) => self.take(input),
                    None => break,
                },
                () = until(wake), if wake.is_some() => self.broker.tick(Instant::now()),
                _ = roaming.tick(), if !self.paths.is_empty() => self.follow(),
            }
            while let Some(output) = self.broker.poll() {
                self.act(output);
            }
        }
        for (_, path) in self.paths.drain() {
            self.table.close(&path.offerer.token, &path.joiner.token);
        }
    }

    fn take(&mut self, input: Input) {
        let now = Instant::now();
        match input {
            Input::Connected { connection, outgoing, reply } => {
                // Validated before the handshake began.
                let address = connection.remote_address();
                let admitted = self.broker.connected(address.ip(), now);
                if let Ok(peer) = admitted {
                    self.connections.insert(peer, Handle { connection, address, outgoing });
                }
                if let Err(Ok(peer)) = reply.send(admitted) {
                    self.gone(peer);
                }
            }
            Input::Said(peer, message) => self.broker.said(peer, message, now, &mut rand::rng()),
            Input::Gone(peer) => self.gone(peer),
            Input::LoginChecked(peer, Ok(adviser)) => self.broker.login_checked(peer, adviser, now),
            Input::LoginChecked(peer, Err(error)) => {
                tracing::warn!("a sign-in could not be looked at: {error}");
                self.broker.login_not_checked(peer, Duration::from_secs(COME_AGAIN), now);
            }
            Input::Vouched(introduction, card) => self.broker.vouched(introduction, card),
        }
    }

    fn gone(&mut self, peer: Peer) {
        self.connections.remove(&peer);
        self.broker.gone(peer);
    }

    fn act(&mut self, output: Output) {
        match output {
            Output::Send { to, message } => {
                let mut bytes = Vec::new();
                framing::encode(&FromRelay { body: Some(message) }, &mut bytes);
                self.put(to, Outgoing::Message(Bytes::from(bytes)));
            }
            Output::Close { peer, why } => match why {
                // It may not even have a stream to say it on.
                Closing::Silent => {
                    if let Some(handle) = self.connections.get(&peer) {
                        CloseCode::from(why).close(&handle.connection);
                    }
                }
                Closing::Protocol | Closing::Version | Closing::Flooding => self.put(peer, Outgoing::Close(why.into())),
            },
            Output::CheckLogin { peer, name, password } => {
                let Some(inputs) = self.inputs.upgrade() else { return };
                let accounts = self.accounts.clone();
                tokio::spawn(async move {
                    let checked = accounts.login(&name, password).await;
                    let _ = inputs.send(Input::LoginChecked(peer, checked)).await;
                });
            }
            Output::Vouch { account, request } => {
                let Some(inputs) = self.inputs.upgrade() else { return };
                let accounts = self.accounts.clone();
                tokio::spawn(async move {
                    let card = accounts.vouch(&account, &request).await;
                    let _ = inputs.send(Input::Vouched(request.introduction, card)).await;
                });
            }
            Output::OpenPath { introduction, account, id, offerer, joiner } => {
                let (Some(offerer_end), Some(joiner_end)) = (self.end(&offerer), self.end(&joiner)) else {
                    return;
                };
                self.table.open(offerer_end, joiner_end);
                self.paths.insert(introduction.number, Path { offerer, joiner });
                self.record(Record::Started { introduction, account, id });
            }
            Output::ClosePath { introduction } => {
                if let Some(Path { offerer, joiner }) = self.paths.remove(&introduction.number) {
                    let passed = self.table.close(&offerer.token, &joiner.token);
                    self.record(Record::Ended { introduction, passed });
                }
            }
            Output::Note(note) => tracing::info!("{note}"),
        }
    }

    /// Puts something into a connection's queue. One that is full belongs to a program that does not read.
    fn put(&mut self, peer: Peer, outgoing: Outgoing) {
        let Some(handle) = self.connections.get(&peer) else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = handle.outgoing.try_send(outgoing) {
            tracing::info!("{peer} closed: it does not read");
            CloseCode::Slow.close(&handle.connection);
        }
    }

    /// Where a leg is as far as has been validated; if it is elsewhere by now, [`Self::follow`] finds out.
    fn end(&self, leg: &Leg) -> Option<End> {
        let Handle { connection, address, .. } = self.connections.get(&leg.peer)?;
        Some(End { token: leg.token, address: *address, local: connection.local_ip() })
    }

    /// Looks whether a connection with a path has moved, and checks whether it really is there.
    fn follow(&mut self) {
        for leg in self.paths.values().flat_map(|path| [&path.offerer, &path.joiner]) {
            let Some(handle) = self.connections.get_mut(&leg.peer) else { continue };
            let mut nonce = [0; CHECK_NONCE];
            rand::rng().fill_bytes(&mut nonce);
            let address: SocketAddr = handle.connection.remote_address();
            if let Some(check) = self.table.check(&leg.token, address, nonce) {
                let transmit = Transmit {
                    destination: address,
                    ecn: None,
                    contents: check.packet(),
                    segment_size: None,
                    src_ip: handle.connection.local_ip(),
                };
                // Lost is lost: the next one follows soon.
                let _ = self.port.try_send(&transmit);
            } else {
                handle.address = address;
            }
        }
    }

    fn record(&self, record: Record) {
        if self.records.try_send(record).is_err() {
            tracing::error!("the record of sessions is incomplete: the store is too slow");
        }
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// For the record of sessions.
enum Record {
    Started { introduction: Introduction, account: String, id: Id },
    Ended { introduction: Introduction, passed: Passed },
}

/// Writes the record. A store that fails (a full disk, say) is reported and does not end a session.
async fn record(store: Store, mut lines: mpsc::Receiver<Record>) {
    let mut running = HashMap::new();
    while let Some(line) = lines.recv().await {
        let result = match line {
            Record::Started { introduction, account, id } => store.session_started(&account, id).await.map(|number| {
                running.insert(introduction, number);
            }),
            Record::Ended { introduction, passed } => match running.remove(&introduction) {
                Some(number) => store.session_ended(number, passed.from_offerer, passed.from_joiner).await,
                None => Ok(()),
            },
        };
        if let Err(error) = result {
            tracing::error!("the record of sessions is incomplete: {error}");
        }
    }
}
