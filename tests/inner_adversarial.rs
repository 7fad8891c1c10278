//! Attacks on the end-to-end connection, one by one, against the real ends over loopback. The attacker is a bare QUIC
//! endpoint that the tests make as wrong as they like.

use std::future::poll_fn;
use std::io::IoSliceMut;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lotse::net::Offload;
use lotse::net::inner::{self, Ends, Inner, InnerError};
use lotse::net::path::{Path, PathKind};
use lotse::net::socket::{BEYOND, Socket};
use lotse_protocol::bind::{self, BindKey};
use lotse_protocol::card::Card;
use lotse_protocol::forward::{self, Token};
use lotse_protocol::framing;
use lotse_protocol::handshake::joiner::{self, Joiner};
use lotse_protocol::handshake::offerer::{self, CodeState, Offerer};
use lotse_protocol::handshake::{Established, Part, Trust, Welcome};
use lotse_protocol::id::Id;
use lotse_protocol::keys::{KeyError, PublicKey, SigningKey};
use lotse_protocol::limits;
use lotse_protocol::message::introduction::{CardBody, Role};
use lotse_protocol::message::session::Bind;
use lotse_protocol::permission::{Permission, Permissions};
use lotse_protocol::version::ALPN_SESSION;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::udp::RecvMeta;
use quinn::{
    AsyncUdpSocket, Connection, ConnectionError, Endpoint, EndpointConfig, Runtime, TokioRuntime, TransportErrorCode,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustls::client::Tls13ClientSessionValue;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{AlwaysResolvesClientRawPublicKeys, ClientSessionStore, Resumption, Tls12ClientSessionValue};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::{CertifiedKey, Signer, SigningKey as TlsSigningKey};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, NamedGroup, SignatureAlgorithm, SignatureScheme};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Nothing here takes longer.
const SOON: Duration = Duration::from_secs(5);
/// The limit for whom nobody answers.
const SHORTLY: Duration = Duration::from_millis(1500);
/// Long enough for what must not happen to happen on loopback.
const A_WHILE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn the_right_ends_find_each_other() {
    let (host, viewer) = introduced();
    let (host_inner, viewer_inner) = connected(host, viewer).await;
    assert!(alive(&host_inner, &viewer_inner).await);
}

/// Both sides hear of their path at the same moment, and the viewer begins to speak. Were that lost on a host that is a
/// little slower, everybody would wait for a loss timer.
#[tokio::test]
async fn a_host_that_hears_of_its_path_late_does_not_miss_the_beginning() {
    let relay = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
    let address = relay.local_addr().expect("bound");
    let mut rng = StdRng::seed_from_u64(3);
    let (host, viewer) = introduced();
    let [host_leg, viewer_leg] = [(); 2].map(|()| Leg::new(address, Token::generate(&mut rng)));
    let (host_token, viewer_token) = (host_leg.token, viewer_leg.token);
    let (host_at, viewer_at) = (host_leg.at, viewer_leg.at);

    let viewer_path = viewer_leg.path();
    let viewing = tokio::spawn(async move { inner::viewer(&viewer_path, ends(viewer), SOON).await });
    let mut packet = [0; 2000];
    let mut next = async || {
        let received = timeout(SOON, relay.recv_from(&mut packet)).await.expect("a packet").expect("loopback");
        (packet[..received.0].to_vec(), received.1)
    };
    let pass = async |(mut packet, from): (Vec<u8>, SocketAddr)| {
        let (to, token) = if from == viewer_at { (host_at, host_token) } else { (viewer_at, viewer_token) };
        forward::write_header(packet.first_chunk_mut().expect("a header"), &token);
        relay.send_to(&packet, to).await.expect("loopback");
    };
    pass(next().await).await;
    // What the host's socket is sent next it takes in next: then it has had the first packet, too.
    relay.send_to(&[0x40], host_at).await.expect("loopback");
    let control = host_leg.socket.control();
    let (mut buffer, mut meta) = ([0; 100], [RecvMeta::default()]);
    let read = poll_fn(|cx| control.poll_recv(cx, &mut [IoSliceMut::new(&mut buffer)], &mut meta));
    timeout(SOON, read).await.expect("a packet").expect("loopback");

    let host_path = host_leg.path();
    let hosting = tokio::spawn(async move { inner::host(&host_path, ends(host), SOON).await });
    // Nothing that the viewer repeats is passed on.
    let answer = loop {
        match next().await {
            (packet, from) if from == host_at => break (packet, from),
            _ => {}
        }
    };
    pass(answer).await;
    let passing = async {
        loop {
            pass(next().await).await;
        }
    };
    tokio::select! {
        (host, viewer) = async { (hosting.await, viewing.await) } => {
            host.expect("no panic").expect("host");
            viewer.expect("no panic").expect("viewer");
        }
        () = passing => {}
    }
}

#[tokio::test]
async fn case_19_wrong_or_empty_pin_fails_closed() {
    // An empty pin does not exist.
    assert_eq!(PublicKey::from_wire(&[]), Err(KeyError::Length));
    assert_eq!(PublicKey::from_wire(&[0; 32]), Err(KeyError::NotAKey));

    // A viewer with another key than the one that was introduced, and one with none.
    let (host, viewer) = introduced();
    let right = Attacker::from(&viewer);
    let (path, address) = path_for_host();
    let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SOON).await });
    for wrong in [Attacker { key: Some(fresh_key(7)), ..right.clone() }, Attacker { key: None, ..right.clone() }] {
        let error = attempt(&wrong, address).await;
        assert!(is_alert(&error), "{error}");
    }
    assert!(!hosting.is_finished(), "a wrong key ended the wait for the right one");
    // The one with the right key is let in all the same, so the others were refused for their keys.
    let (path, _) = path_for_viewer(address);
    let viewer = inner::viewer(&path, ends(viewer), SOON).await.expect("the right key");
    let host = hosting.await.expect("no panic").expect("the right key");
    assert!(alive(&host, &viewer).await);

    // A host with another key than the one that was introduced.
    let (host, viewer) = introduced();
    let (attacker, address) = hostile_host(&Attacker { key: Some(fresh_key(8)), ..Attacker::from(&host) });
    let (path, _) = path_for_viewer(address);
    let refused = timeout(SOON, inner::viewer(&path, ends(viewer), SOON)).await.expect("at once");
    assert!(matches!(refused, Err(InnerError::Connection(ConnectionError::TransportError(_)))));
    assert!(attacker.await.expect("no panic").is_err());
}

#[tokio::test]
async fn case_20_right_key_bad_signature() {
    let (host, viewer) = introduced();
    let (path, address) = path_for_host();
    let liar = Attacker { signs_with: Some(fresh_key(9)), ..Attacker::from(&viewer) };
    let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SOON).await });
    let error = attempt(&liar, address).await;
    assert!(is_alert(&error), "{error}");
    assert!(!hosting.is_finished());
    hosting.abort();

    let (host, viewer) = introduced();
    let liar = Attacker { signs_with: Some(fresh_key(9)), ..Attacker::from(&host) };
    let (attacker, address) = hostile_host(&liar);
    let (path, _) = path_for_viewer(address);
    let refused = timeout(SOON, inner::viewer(&path, ends(viewer), SOON)).await.expect("at once");
    assert!(matches!(refused, Err(InnerError::Connection(ConnectionError::TransportError(_)))));
    assert!(attacker.await.expect("no panic").is_err());
}

#[tokio::test]
async fn case_21_tls12_or_wrong_alpn() {
    let (host, viewer) = introduced();
    let (path, address) = path_for_host();
    let right = Attacker::from(&viewer);
    let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SOON).await });
    for alpn in [vec![], vec![b"lotse/2".to_vec()], vec![b"h3".to_vec()]] {
        let error = attempt(&Attacker { alpn, ..right.clone() }, address).await;
        assert!(is_closed_with(&error, TransportErrorCode::crypto(120)), "{error}");
    }
    let error = attempt(&right, through_tls12_proxy(address).await).await;
    assert!(is_closed_with(&error, TransportErrorCode::crypto(70)), "{error}");
    assert!(!hosting.is_finished());
    hosting.abort();

    let (host, viewer) = introduced();
    let (_attacker, address) = hostile_host(&Attacker { alpn: vec![b"h3".to_vec()], ..Attacker::from(&host) });
    let (path, _) = path_for_viewer(address);
    let refused = timeout(SOON, inner::viewer(&path, ends(viewer), SOON)).await.expect("at once");
    assert!(matches!(refused, Err(InnerError::Connection(_))));
}

#[tokio::test]
async fn case_22_no_0rtt_no_ticket() {
    let (host, viewer) = introduced();
    let (path, address) = path_for_host();
    let bind_key = viewer.bind.clone();
    let attacker = Attacker::from(&viewer);
    let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SOON).await });
    let tickets = Arc::new(Tickets::default());
    let config = attacker.client_config(Some(tickets.clone()));
    let endpoint = bare_endpoint(None);
    let connection =
        endpoint.connect_with(config.clone(), address, "x").expect("valid").await.expect("the keys are right");
    // All the way through: a ticket would have come by the time the host answers the bind message.
    say_bind(&connection, &bind_key, Role::Viewer).await;
    let host = hosting.await.expect("no panic").expect("the bind is right");
    tokio::time::sleep(A_WHILE).await;
    assert_eq!(tickets.inserted.load(Ordering::SeqCst), 0, "a ticket was given out");
    assert!(host.connection().close_reason().is_none());
    let again = endpoint.connect_with(config, address, "x").expect("valid").into_0rtt();
    assert!(again.is_err(), "0-RTT was possible");
}

#[tokio::test]
async fn case_23_no_bind_message_closed_no_media() {
    // Nothing is said at all: the host gives up after its limit, and until then nothing can be opened or is sent.
    let (host, viewer) = introduced();
    let attacker = Attacker::from(&viewer);
    let (path, address) = path_for_host();
    let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SHORTLY).await });
    let connection = connect(&attacker, address).await.expect("the keys are right");
    assert!(timeout(A_WHILE, connection.open_uni()).await.is_err(), "input could be on its way before the bind");
    assert!(timeout(A_WHILE, connection.accept_uni()).await.is_err(), "media came before the bind");
    assert!(timeout(A_WHILE, connection.read_datagram()).await.is_err());
    assert!(!hosting.is_finished());
    assert!(matches!(timeout(SOON, hosting).await.expect("in time").expect("no panic"), Err(InnerError::TimedOut)));
    let _ = timeout(SOON, connection.closed()).await.expect("the host closed");

    // What is said is wrong.
    let flipped = |connection: &Connection, key: &BindKey| {
        let mut mac = bind_of(connection, key, Role::Viewer);
        mac[0] ^= 1;
        [vec![1], framed(&Bind { mac })].concat()
    };
    let as_host = |connection: &Connection, key: &BindKey| {
        [vec![1], framed(&Bind { mac: bind_of(connection, key, Role::Host) })].concat()
    };
    let empty = |_: &Connection, _: &BindKey| [vec![1], framed(&Bind { mac: Vec::new() })].concat();
    let too_long = |_: &Connection, _: &BindKey| [vec![1], u32::MAX.to_le_bytes().to_vec()].concat();
    let other_stream = |connection: &Connection, key: &BindKey| {
        [vec![3], framed(&Bind { mac: bind_of(connection, key, Role::Viewer) })].concat()
    };
    let lies: [&Lie; 5] = [&flipped, &as_host, &empty, &too_long, &other_stream];
    for lie in lies {
        let (host, viewer) = introduced();
        let attacker = Attacker::from(&viewer);
        let (path, address) = path_for_host();
        let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SOON).await });
        let connection = connect(&attacker, address).await.expect("the keys are right");
        let (mut send, mut receive) = connection.open_bi().await.expect("one is allowed");
        send.write_all(&lie(&connection, &viewer.bind)).await.expect("open");
        assert!(matches!(timeout(SOON, hosting).await.expect("at once").expect("no panic"), Err(InnerError::NotBound)));
        assert!(receive.read_to_end(1024).await.is_err(), "the host answered a lie with its own bind");
        assert!(connection.accept_uni().await.is_err());
    }

    // The host says nothing: the viewer gives up, and has let nothing in.
    let (host, viewer) = introduced();
    let (attacker, address) = hostile_host(&Attacker::from(&host));
    let (path, _) = path_for_viewer(address);
    let viewing = tokio::spawn(async move { inner::viewer(&path, ends(viewer), SHORTLY).await });
    let connection = attacker.await.expect("no panic").expect("the keys are right");
    assert!(timeout(A_WHILE, connection.open_uni()).await.is_err(), "media could be on its way before the bind");
    let (_send, mut receive) = connection.accept_bi().await.expect("the viewer's");
    let mut said = [0; 1 + 4];
    receive.read_exact(&mut said).await.expect("the viewer's bind");
    assert_eq!(said[0], 1);
    assert!(matches!(viewing.await.expect("no panic"), Err(InnerError::TimedOut)));
}

#[tokio::test]
async fn case_25_second_connection_refused() {
    let (host, viewer) = introduced();
    let second = Attacker::from(&viewer);
    let (path, address) = path_for_host();
    let hosting = tokio::spawn(async move { inner::host(&path, ends(host), SOON).await });
    let (path, _) = path_for_viewer(address);
    let viewer = inner::viewer(&path, ends(viewer), SOON).await.expect("the first");
    let host = hosting.await.expect("no panic").expect("the first");
    for _ in 0..3 {
        let error = attempt(&second, address).await;
        assert!(is_closed_with(&error, TransportErrorCode::CONNECTION_REFUSED), "{error}");
    }
    assert!(alive(&host, &viewer).await, "the second connection harmed the first");
}

/// What an attacker says instead of the bind.
type Lie = dyn Fn(&Connection, &BindKey) -> Vec<u8>;

// The introduction -----------------------------------------------------------------------------------------------

/// Both results of a real introduction.
fn introduced() -> (Established, Established) {
    let mut rng = StdRng::seed_from_u64(1);
    let now = Instant::now();
    let cards = SigningKey::generate(&mut rng);
    let policy = Permissions::from(Permission::View);
    let trust = Trust { cards: cards.public(), institution: None, welcome: Welcome::Anyone };
    let mut offerer = Offerer::new(Part::Host { trust, policy }, &mut rng);
    let id = Id::generate(&mut rng);
    offerer.registered(id, now, &mut rng);
    let CodeState::Shown { code, .. } = offerer.code(now) else { panic!("no code") };
    let mut joiner = Joiner::new();
    let key = joiner.join(id, code, Part::Viewer { wanted: policy, reason: String::new() }, &mut rng).expect("fresh");
    let body = CardBody {
        account: "huber".to_owned(),
        adviser: "Maria Huber".to_owned(),
        institution: "University".to_owned(),
        ceiling: policy.to_wire(),
        nonce: offerer.nonce().to_vec(),
        key: key.as_bytes().to_vec(),
        introduction: 1,
        id: id.to_wire(),
        ..CardBody::default()
    };
    joiner.introduced(1, Card::sign(&body, &cards), now + limits::JOINING, &mut rng).expect("joining");
    let (mut host, mut viewer) = (None, None);
    while host.is_none() || viewer.is_none() {
        let mut idle = true;
        while let Some(output) = joiner.poll() {
            idle = false;
            match output {
                joiner::Output::Send { introduction, payload } => {
                    offerer.receive(introduction, &payload, now, &mut rng);
                }
                joiner::Output::Established(established) => viewer = Some(*established),
                joiner::Output::Failed(failure) => panic!("{failure:?}"),
            }
        }
        while let Some(output) = offerer.poll() {
            idle = false;
            match output {
                offerer::Output::Send { introduction, payload } => {
                    joiner.receive(introduction, &payload, now, &mut rng);
                }
                offerer::Output::Established(established) => host = Some(*established),
                _ => {}
            }
        }
        assert!(!idle, "the introduction stands still");
    }
    (host.expect("through"), viewer.expect("through"))
}

fn ends(established: Established) -> Ends {
    Ends { own: established.own_key, peer: established.peer_key, bind: established.bind }
}

fn fresh_key(seed: u64) -> SigningKey {
    SigningKey::generate(&mut StdRng::seed_from_u64(seed))
}

// The real ends ----------------------------------------------------------------------------------------------------

/// A path over plain loopback.
struct Loopback {
    socket: Arc<dyn AsyncUdpSocket>,
    peer: SocketAddr,
}

impl Path for Loopback {
    fn kind(&self) -> PathKind {
        PathKind::Udp
    }

    fn packet(&self) -> u16 {
        1200
    }

    fn peer(&self) -> SocketAddr {
        self.peer
    }

    fn socket(&self) -> Arc<dyn AsyncUdpSocket> {
        self.socket.clone()
    }
}

fn loopback_socket() -> (Arc<dyn AsyncUdpSocket>, SocketAddr) {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
    let address = socket.local_addr().expect("bound");
    (TokioRuntime.wrap_udp_socket(socket).expect("a socket"), address)
}

fn path_for_host() -> (Loopback, SocketAddr) {
    let (socket, address) = loopback_socket();
    (Loopback { socket, peer: address }, address)
}

fn path_for_viewer(host: SocketAddr) -> (Loopback, SocketAddr) {
    let (socket, address) = loopback_socket();
    (Loopback { socket, peer: host }, address)
}

/// One side of a path through a relay, with the program's own socket.
struct Leg {
    socket: Arc<Socket>,
    token: Token,
    /// The relay, as the socket writes it.
    relay: SocketAddr,
    /// This side, as the relay sees it.
    at: SocketAddr,
}

impl Leg {
    fn new(relay: SocketAddr, token: Token) -> Self {
        let socket = Socket::open(Offload::Auto).expect("a socket");
        let port = socket.control().local_addr().expect("bound").port();
        let relay = socket.destination(relay).expect("IPv4 is everywhere");
        socket.expect_paths(relay);
        Self { socket, token, relay, at: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
    }

    fn path(&self) -> Loopback {
        Loopback { socket: self.socket.path(self.token, self.relay), peer: BEYOND }
    }
}

async fn connected(host: Established, viewer: Established) -> (Inner, Inner) {
    let (host_path, address) = path_for_host();
    let (viewer_path, _) = path_for_viewer(address);
    let (host, viewer) =
        tokio::join!(inner::host(&host_path, ends(host), SOON), inner::viewer(&viewer_path, ends(viewer), SOON));
    (host.expect("host"), viewer.expect("viewer"))
}

/// Does a byte still go each way?
async fn alive(host: &Inner, viewer: &Inner) -> bool {
    let over = |from: &Connection, to: &Connection| {
        let (from, to) = (from.clone(), to.clone());
        async move {
            from.send_datagram(vec![1].into()).is_ok()
                && matches!(timeout(SOON, to.read_datagram()).await, Ok(Ok(read)) if read[..] == [1])
        }
    };
    over(host.connection(), viewer.connection()).await && over(viewer.connection(), host.connection()).await
}

// The attacker -----------------------------------------------------------------------------------------------------

#[derive(Clone)]
struct Attacker {
    /// What is shown as the own key.
    key: Option<SigningKey>,
    /// What is signed with, if not that.
    signs_with: Option<SigningKey>,
    alpn: Vec<Vec<u8>>,
}

impl Attacker {
    /// Somebody who holds everything that this end holds.
    fn from(established: &Established) -> Self {
        Self { key: Some(established.own_key.clone()), signs_with: None, alpn: vec![ALPN_SESSION.to_vec()] }
    }

    fn certified(&self) -> Option<Arc<CertifiedKey>> {
        let key = self.key.as_ref()?;
        let spki = key.public().to_spki().to_vec();
        let signs_with = self.signs_with.as_ref().unwrap_or(key).to_pkcs8();
        let signs_with = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(signs_with.as_slice())).expect("a key");
        let key = Arc::new(Masked { shown: spki.clone(), signs_with });
        Some(Arc::new(CertifiedKey::new(vec![CertificateDer::from(spki)], key)))
    }

    fn client_config(&self, tickets: Option<Arc<Tickets>>) -> quinn::ClientConfig {
        let builder = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("TLS 1.3")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody));
        let mut tls = match self.certified() {
            Some(key) => builder.with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(key))),
            None => builder.with_no_client_auth(),
        };
        tls.alpn_protocols = self.alpn.clone();
        tls.enable_early_data = true;
        if let Some(tickets) = tickets {
            tls.resumption = Resumption::store(tickets);
        }
        quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("TLS 1.3")))
    }

    fn server_config(&self) -> quinn::ServerConfig {
        let key = self.certified().expect("a host has a key");
        let mut tls = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("TLS 1.3")
            .with_client_cert_verifier(Arc::new(Anybody))
            .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(key)));
        tls.alpn_protocols = self.alpn.clone();
        quinn::ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).expect("TLS 1.3")))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn bare_endpoint(config: Option<quinn::ServerConfig>) -> Endpoint {
    let (socket, _) = loopback_socket();
    Endpoint::new_with_abstract_socket(EndpointConfig::default(), config, socket, Arc::new(TokioRuntime)).expect("open")
}

/// A hostile host that waits for one viewer.
fn hostile_host(attacker: &Attacker) -> (tokio::task::JoinHandle<Result<Connection, ConnectionError>>, SocketAddr) {
    let endpoint = bare_endpoint(Some(attacker.server_config()));
    let address = endpoint.local_addr().expect("bound");
    (tokio::spawn(async move { endpoint.accept().await.expect("open").await }), address)
}

async fn connect(attacker: &Attacker, address: SocketAddr) -> Result<Connection, ConnectionError> {
    let endpoint = bare_endpoint(None);
    let connecting = endpoint.connect_with(attacker.client_config(None), address, "x").expect("valid");
    timeout(SOON, connecting).await.expect("an answer")
}

/// How a connection that must not come about ends. (A client learns of the refusal of its key only after it thought
/// itself connected.)
async fn attempt(attacker: &Attacker, address: SocketAddr) -> ConnectionError {
    match connect(attacker, address).await {
        Ok(connection) => timeout(SOON, connection.closed()).await.expect("the host let the attacker in"),
        Err(error) => error,
    }
}

fn is_alert(error: &ConnectionError) -> bool {
    (1..=255).any(|alert| is_closed_with(error, TransportErrorCode::crypto(alert)))
}

fn is_closed_with(error: &ConnectionError, code: TransportErrorCode) -> bool {
    matches!(error, ConnectionError::ConnectionClosed(close) if close.error_code == code)
}

fn bind_of(connection: &Connection, key: &BindKey, role: Role) -> Vec<u8> {
    let mut exported = [0; bind::EXPORTER];
    connection.export_keying_material(&mut exported, bind::EXPORTER_LABEL, b"").expect("TLS 1.3");
    key.mac(role, &exported).to_vec()
}

fn framed(bind: &Bind) -> Vec<u8> {
    let mut bytes = Vec::new();
    framing::encode(bind, &mut bytes);
    bytes
}

/// Does what an honest viewer does, and reads the host's answer.
async fn say_bind(connection: &Connection, key: &BindKey, role: Role) {
    let (mut send, mut receive) = connection.open_bi().await.expect("one is allowed");
    send.write_all(&[&[1], &framed(&Bind { mac: bind_of(connection, key, role) })[..]].concat()).await.expect("open");
    receive.read_exact(&mut [0; 4 + 64]).await.expect("the host's bind");
}

/// Shows one key and signs with another.
#[derive(Debug)]
struct Masked {
    shown: Vec<u8>,
    signs_with: Arc<dyn TlsSigningKey>,
}

impl TlsSigningKey for Masked {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        self.signs_with.choose_scheme(offered)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(SubjectPublicKeyInfoDer::from(self.shown.as_slice()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.signs_with.algorithm()
    }
}

/// Lets anybody in: the attacker's own checks do not matter.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// Keeps every ticket that comes.
#[derive(Debug, Default)]
struct Tickets {
    inserted: AtomicUsize,
    kept: Mutex<Option<Tls13ClientSessionValue>>,
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {}

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        self.inserted.fetch_add(1, Ordering::SeqCst);
        *self.kept.lock().expect("no panic") = Some(value);
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.kept.lock().expect("no panic").take()
    }
}

// TLS 1.2 over QUIC, which no library offers -------------------------------------------------------------------------

/// Stands between an honest viewer and the host and makes the viewer's hello offer TLS 1.2 alone: the keys of QUIC's
/// first packets are known to all.
async fn through_tls12_proxy(host: SocketAddr) -> SocketAddr {
    let front = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
    let back = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("loopback");
    let address = front.local_addr().expect("bound");
    tokio::spawn(async move {
        let (mut there, mut here) = ([0; 2048], [0; 2048]);
        let mut viewer = None;
        loop {
            tokio::select! {
                Ok((length, from)) = front.recv_from(&mut there) => {
                    viewer = Some(from);
                    back.send_to(&offering_tls12(&there[..length]), host).await.expect("loopback");
                }
                Ok((length, _)) = back.recv_from(&mut here) => {
                    front.send_to(&here[..length], viewer.expect("who spoke first")).await.expect("loopback");
                }
                else => return,
            }
        }
    });
    address
}

/// A client's first packet (RFC 9000, section 17.2.2; RFC 9001, section 5) with another hello in it. Other packets are
/// left as they are.
fn offering_tls12(packet: &[u8]) -> Vec<u8> {
    const TLS13_ONLY: [u8; 7] = [0x00, 0x2b, 0x00, 0x03, 0x02, 0x03, 0x04];
    let mut packet = packet.to_vec();
    if packet[0] & 0xf0 != 0xc0 {
        return packet;
    }
    let connection_id = packet[6..6 + usize::from(packet[5])].to_vec();
    let mut at = 6 + connection_id.len();
    at += 1 + usize::from(packet[at]);
    at += 1 + usize::from(packet[at]);
    assert_eq!(packet[at] & 0xc0, 0x40, "a length of two bytes");
    let length = usize::from(u16::from_be_bytes([packet[at] & 0x3f, packet[at + 1]]));
    at += 2;
    let suite = ring::cipher_suite::TLS13_AES_128_GCM_SHA256.tls13().expect("TLS 1.3");
    let quic = suite.quic.expect("with QUIC");
    let keys =
        rustls::quic::Keys::initial(rustls::quic::Version::V1, suite, quic, &connection_id, rustls::Side::Client);
    let number_at = at;
    let sample: [u8; 16] = packet[at + 4..at + 20].try_into().expect("sixteen");
    let (first, rest) = packet.split_at_mut(1);
    keys.local.header.decrypt_in_place(&sample, &mut first[0], &mut rest[at - 1..at + 3]).expect("a sample");
    let number_length = usize::from(packet[0] & 3) + 1;
    at += number_length;
    let number = packet[number_at..at].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let (header, body) = packet.split_at_mut(at);
    let body = &mut body[..length - number_length];
    let opened = keys.local.packet.decrypt_in_place(number, header, body).expect("known keys").len();
    if let Some(place) = body[..opened].windows(TLS13_ONLY.len()).position(|window| window == TLS13_ONLY) {
        body[place + 6] = 0x03;
    }
    let tag = keys.local.packet.encrypt_in_place(number, header, &mut body[..opened]).expect("known keys");
    body[opened..].copy_from_slice(tag.as_ref());
    let sample: [u8; 16] = packet[number_at + 4..number_at + 20].try_into().expect("sixteen");
    let (first, rest) = packet.split_at_mut(1);
    let number = &mut rest[number_at - 1..number_at - 1 + number_length];
    keys.local.header.encrypt_in_place(&sample, &mut first[0], number).expect("a sample");
    packet
}
