//! A program on the other end, as small as it can be.

use std::io::{self, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use lotse_protocol::card::{Card, Expect};
use lotse_protocol::framing;
use lotse_protocol::id::Id;
use lotse_protocol::keys::{PublicKey, RelayPins, SigningKey};
use lotse_protocol::limits::CONTROL_MESSAGE;
use lotse_protocol::message::relay::{
    FromRelay, Hello, Knock, Login, OpenPath, Pass, Register, ToRelay, from_relay, to_relay,
};
use lotse_protocol::version::{ALPN_RELAY, CURRENT, OLDEST};
use lotse_relay::serve::{Config, Relay, Running};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{
    AsyncUdpSocket, ClientConfig, Connection, Endpoint, EndpointConfig, RecvStream, SendStream, TokioRuntime, UdpPoller,
};
use quinn_udp::{RecvMeta, Transmit};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use tempfile::TempDir;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Nothing on loopback takes this long.
pub(crate) const SOON: Duration = Duration::from_secs(10);
pub(crate) const PASSWORD: &str = "canary-password-0117";
pub(crate) const NONCE: [u8; 32] = [0x5a; 32];

/// A relay in this process with an adviser, "maria".
pub(crate) async fn relay() -> (Running, TempDir) {
    let data = TempDir::new().expect("a temporary directory");
    let running = Relay::start(config(&data)).await.expect("the relay starts");
    running.add_adviser("maria", "Maria Huber", PASSWORD).await.expect("maria is added");
    (running, data)
}

pub(crate) fn config(data: &TempDir) -> Config {
    Config {
        institution: "University of Example".to_owned(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        ..Config::new(data.path())
    }
}

pub(crate) struct Program {
    pub(crate) connection: Connection,
    pub(crate) endpoint: Endpoint,
    pub(crate) port: Arc<Port>,
    /// Packets of the forward plane, and where they came from.
    pub(crate) raw: mpsc::UnboundedReceiver<(Vec<u8>, SocketAddr)>,
    pub(crate) send: SendStream,
    pub(crate) receive: RecvStream,
}

impl Program {
    /// Connects and says hello.
    pub(crate) async fn new(relay: &Running) -> Self {
        let mut program = Self::silent(relay.addr, &relay.pins).await.expect("the relay answers");
        program.say(to_relay::Body::Hello(Hello { version: CURRENT, oldest: OLDEST })).await;
        match program.hear().await {
            from_relay::Body::Welcome(welcome) => assert_eq!(welcome.institution, "University of Example"),
            other => panic!("{other:?} instead of a welcome"),
        }
        program
    }

    /// Connects and opens the stream.
    pub(crate) async fn silent(relay: SocketAddr, pins: &RelayPins) -> Result<Self, quinn::ConnectionError> {
        let (port, raw) = Port::new();
        // Who says that it takes a varying fixed bit gets one, and then QUIC cannot be told from the forward plane.
        let mut config = EndpointConfig::default();
        config.grease_quic_bit(false);
        let endpoint = Endpoint::new_with_abstract_socket(config, None, port.clone(), Arc::new(TokioRuntime));
        let endpoint = endpoint.expect("an endpoint");
        let connecting = endpoint.connect_with(client_config(pins, &[ALPN_RELAY]), relay, "relay").expect("connects");
        let connection = connecting.await?;
        let (send, receive) = connection.open_bi().await?;
        Ok(Self { connection, endpoint, port, raw, send, receive })
    }

    pub(crate) async fn customer(relay: &Running) -> (Self, Id) {
        let mut program = Self::new(relay).await;
        program.say(to_relay::Body::Register(Register { nonce: NONCE.to_vec() })).await;
        let id = match program.hear().await {
            from_relay::Body::Registered(registered) => Id::from_wire(registered.id).expect("an ID"),
            other => panic!("{other:?} instead of an ID"),
        };
        (program, id)
    }

    pub(crate) async fn adviser(relay: &Running) -> Self {
        let mut program = Self::new(relay).await;
        program.login("maria", PASSWORD).await;
        match program.hear().await {
            from_relay::Body::LoggedIn(adviser) => assert_eq!(adviser.display_name, "Maria Huber"),
            other => panic!("{other:?} instead of being signed in"),
        }
        program
    }

    pub(crate) async fn login(&mut self, name: &str, password: &str) {
        self.say(to_relay::Body::Login(Login { name: name.to_owned(), password: password.to_owned() })).await;
    }

    /// Knocks with a fresh key; returns the introduction after checking the card.
    pub(crate) async fn introduced(&mut self, id: Id, pins: &RelayPins) -> u64 {
        let key = SigningKey::generate(&mut rand::rng()).public();
        self.say(to_relay::Body::Knock(Knock { id: id.to_wire(), key: key.as_bytes().to_vec() })).await;
        let introduced = match self.hear().await {
            from_relay::Body::Introduced(introduced) => introduced,
            other => panic!("{other:?} instead of an introduction"),
        };
        assert_eq!(introduced.nonce, NONCE);
        let expect = Expect {
            nonce: &NONCE,
            key: &key,
            id,
            introduction: introduced.introduction,
            institution: Some("University of Example"),
            account: None,
        };
        let card = Card::verify(&introduced.card, &pins.cards, &expect).expect("the card is good");
        assert_eq!((card.account.as_str(), card.adviser.as_str()), ("maria", "Maria Huber"));
        introduced.introduction
    }

    pub(crate) async fn pass(&mut self, introduction: u64, payload: &[u8]) {
        self.say(to_relay::Body::Pass(Pass { introduction, payload: payload.to_vec() })).await;
    }

    pub(crate) async fn expect_passed(&mut self, introduction: u64, payload: &[u8]) {
        let passed = from_relay::Body::Passed(Pass { introduction, payload: payload.to_vec() });
        assert_eq!(self.hear().await, passed);
    }

    pub(crate) async fn open_path(&mut self, introduction: u64) {
        self.say(to_relay::Body::OpenPath(OpenPath { introduction })).await;
    }

    /// The token of a path that opens.
    pub(crate) async fn path_opened(&mut self, introduction: u64) -> Vec<u8> {
        match self.hear().await {
            from_relay::Body::PathOpened(opened) => {
                assert_eq!((opened.introduction, opened.node), (introduction, 0));
                assert_eq!(opened.token.len(), 16);
                opened.token
            }
            other => panic!("{other:?} instead of a path"),
        }
    }

    pub(crate) async fn say(&mut self, body: to_relay::Body) {
        let mut bytes = Vec::new();
        framing::encode(&ToRelay { body: Some(body) }, &mut bytes);
        self.send.write_all(&bytes).await.expect("the relay listens");
    }

    pub(crate) async fn hear(&mut self) -> from_relay::Body {
        self.hear_or_end().await.expect("the relay says something")
    }

    /// The next message, or `None` when there will be none.
    pub(crate) async fn hear_or_end(&mut self) -> Option<from_relay::Body> {
        let read = async {
            let mut prefix = [0; 4];
            self.receive.read_exact(&mut prefix).await.ok()?;
            let mut body = vec![0; framing::length(prefix, CONTROL_MESSAGE).expect("short")];
            self.receive.read_exact(&mut body).await.ok()?;
            framing::decode::<FromRelay>(&body, CONTROL_MESSAGE).expect("a message").body
        };
        timeout(SOON, read).await.expect("in time")
    }
}

/// One port for both planes.
#[derive(Debug)]
pub(crate) struct Port {
    io: UdpSocket,
    raw: mpsc::UnboundedSender<(Vec<u8>, SocketAddr)>,
}

impl Port {
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<(Vec<u8>, SocketAddr)>) {
        let io = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        io.set_nonblocking(true).expect("not blocking");
        let (raw, received) = mpsc::unbounded_channel();
        (Arc::new(Self { io: UdpSocket::from_std(io).expect("a runtime"), raw }), received)
    }

    pub(crate) async fn send(&self, packet: &[u8], to: SocketAddr) {
        self.io.send_to(packet, to).await.expect("sent");
    }

    /// The next packet of the forward plane, when QUIC has moved away from this port.
    pub(crate) async fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 2048];
        loop {
            let (length, _) = self.io.recv_from(&mut buffer).await.expect("received");
            if buffer[0] < 0x40 {
                return buffer[..length].to_vec();
            }
        }
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.io.local_addr().expect("an address")
    }
}

impl AsyncUdpSocket for Port {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(Writable(self))
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        self.io.try_send_to(transmit.contents, transmit.destination).map(|_| ())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        metas: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut buffer = ReadBuf::new(&mut buffers[0]);
            let addr = ready!(self.io.poll_recv_from(cx, &mut buffer))?;
            let packet = buffer.filled();
            if packet.first().is_some_and(|first| *first < 0x40) {
                let _ = self.raw.send((packet.to_vec(), addr));
            } else {
                metas[0] = RecvMeta { addr, len: packet.len(), stride: packet.len().max(1), ecn: None, dst_ip: None };
                return Poll::Ready(Ok(1));
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.local_addr()
    }
}

#[derive(Debug)]
struct Writable(Arc<Port>);

impl UdpPoller for Writable {
    fn poll_writable(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.io.poll_send_ready(cx)
    }
}

pub(crate) fn client_config(pins: &RelayPins, alpn: &[&[u8]]) -> ClientConfig {
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned(pins.transport)))
        .with_no_client_auth();
    tls.alpn_protocols = alpn.iter().map(|alpn| alpn.to_vec()).collect();
    ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("a cipher suite")))
}

#[derive(Debug)]
struct Pinned(PublicKey);

fn algorithms() -> WebPkiSupportedAlgorithms {
    ring::default_provider().signature_verification_algorithms
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if end_entity.as_ref() == self.0.to_spki() {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::UnknownIssuer.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        key: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(key.as_ref());
        verify_tls13_signature_with_raw_key(message, &key, signature, &algorithms())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
