//! Something with a relay's key that is not our relay.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use lotse_protocol::framing;
use lotse_protocol::keys::{RelayPins, SigningKey};
use lotse_protocol::message::relay::{FromRelay, from_relay};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, EndpointConfig, TokioRuntime};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::sign::CertifiedKey;

/// Keys that no relay has.
pub(crate) fn pins(seed: u64) -> RelayPins {
    let mut rng = StdRng::seed_from_u64(seed);
    RelayPins { transport: SigningKey::generate(&mut rng).public(), cards: SigningKey::generate(&mut rng).public() }
}

/// Something with a relay's key that answers every hello with `answer`.
pub(crate) fn relay(answer: from_relay::Body) -> (SocketAddr, RelayPins) {
    let key = SigningKey::generate(&mut StdRng::seed_from_u64(5));
    let pins = RelayPins { transport: key.public(), cards: key.public() };
    let (say, address) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let pkcs8 = key.to_pkcs8();
            let signing = ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).expect("a key");
            let spki = CertificateDer::from(key.public().to_spki().to_vec());
            let certified = Arc::new(CertifiedKey::new(vec![spki], signing));
            let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("TLS 1.3")
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(certified)));
            tls.alpn_protocols = vec![lotse_protocol::version::ALPN_RELAY.to_vec()];
            let config = QuicServerConfig::try_from(tls).expect("TLS 1.3");
            let config = quinn::ServerConfig::with_crypto(Arc::new(config));
            let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
            say.send(socket.local_addr().expect("bound")).expect("awaited");
            let endpoint = Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime));
            let endpoint = endpoint.expect("open");
            let mut connections = Vec::new();
            while let Some(incoming) = endpoint.accept().await {
                let connection = incoming.await.expect("a program");
                let (mut send, mut receive) = connection.accept_bi().await.expect("the stream");
                receive.read_exact(&mut [0; 4]).await.expect("a hello");
                let mut bytes = Vec::new();
                framing::encode(&FromRelay { body: Some(answer.clone()) }, &mut bytes);
                send.write_all(&bytes).await.expect("open");
                // Open as long as the program likes.
                connections.push((connection, send));
            }
        });
    });
    (address.recv().expect("it starts"), pins)
}
