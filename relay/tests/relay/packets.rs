//! The loop that forwards, by itself.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lotse_protocol::forward::{HEADER, Token, write_header};
use lotse_relay::forward::{Counts, End, Forwarder, Port, Table};
use lotse_relay::quic::Inbox;
use quinn_udp::{Transmit, UdpSocketState};

const LENGTH: usize = 1200;

struct Bench {
    forwarder: Forwarder,
    relay: SocketAddr,
    sender: UdpSocket,
    sending: UdpSocketState,
    receiver: UdpSocket,
    tokens: [Token; 2],
}

impl Bench {
    /// A loop with one path between two sockets. Nothing runs but by [`Forwarder::pump`].
    fn new() -> Self {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let (sender, receiver) = (bind(), bind());
        let port = Arc::new(Port::open(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port"));
        let relay = port.local_addr().expect("an address");
        let table = Arc::new(Table::default());
        let tokens = [Token::generate(&mut rand::rng()), Token::generate(&mut rand::rng())];
        let [offerer, joiner] = [(&sender, tokens[0]), (&receiver, tokens[1])].map(|(socket, token)| End {
            token,
            address: socket.local_addr().expect("an address"),
            local: None,
        });
        table.open(offerer, joiner);
        receiver.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        let sending = UdpSocketState::new((&sender).into()).expect("a socket");
        Self {
            forwarder: Forwarder::new(port, table, Arc::new(Inbox::default())),
            relay,
            sender,
            sending,
            receiver,
            tokens,
        }
    }

    /// Sends numbered packets in one go, as a train where the system can.
    fn send_train(&self, token: &Token, lengths: &[usize]) {
        let mut contents = Vec::new();
        for (number, length) in lengths.iter().enumerate() {
            let mut packet = vec![u8::try_from(number).expect("few"); *length];
            write_header(packet.first_chunk_mut::<HEADER>().expect("longer"), token);
            contents.extend(packet);
        }
        let segment_size =
            (lengths.len() > 1 && self.sending.max_gso_segments() >= lengths.len()).then_some(lengths[0]);
        if segment_size.is_some() || lengths.len() == 1 {
            let transmit =
                Transmit { destination: self.relay, ecn: None, contents: &contents, segment_size, src_ip: None };
            self.sending.try_send((&self.sender).into(), &transmit).expect("sent");
        } else {
            let mut rest = contents.as_slice();
            for length in lengths {
                let (packet, after) = rest.split_at(*length);
                self.sender.send_to(packet, self.relay).expect("sent");
                rest = after;
            }
        }
    }

    /// Pumps until so many packets have been dealt with.
    async fn pump_until(&mut self, packets: u64) -> Counts {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            // The runtime has to learn that the socket is readable.
            tokio::task::yield_now().await;
            self.forwarder.pump().expect("the socket works");
            let counts = self.forwarder.counts();
            if counts.forwarded + counts.unknown + counts.congested >= packets {
                return counts;
            }
            assert!(Instant::now() < deadline, "only {counts:?}");
        }
    }

    fn receive(&self) -> Vec<u8> {
        let mut buffer = [0; 2048];
        let length = self.receiver.recv(&mut buffer).expect("received");
        buffer[..length].to_vec()
    }

    fn expect(&self, number: usize, length: usize) {
        let packet = self.receive();
        assert_eq!(packet.len(), length);
        assert_eq!(&packet[1..HEADER], self.tokens[1].as_bytes());
        assert!(packet[HEADER..].iter().all(|byte| usize::from(*byte) == number));
    }
}

#[tokio::test]
async fn trains_keep_their_order_their_lengths_and_get_every_header_rewritten() {
    let mut bench = Bench::new();
    let lengths = [LENGTH, LENGTH, LENGTH, LENGTH, 500];
    bench.send_train(&bench.tokens[0].clone(), &lengths);
    let counts = bench.pump_until(5).await;
    assert_eq!((counts.forwarded, counts.unknown), (5, 0));
    for (number, length) in lengths.into_iter().enumerate() {
        bench.expect(number, length);
    }
}

#[tokio::test]
async fn one_bad_packet_in_a_train_is_dropped_alone() {
    let mut bench = Bench::new();
    let good = bench.tokens[0];
    let mut contents = Vec::new();
    for number in 0..6u8 {
        let mut packet = vec![number; LENGTH];
        let token = if number == 2 { Token::generate(&mut rand::rng()) } else { good };
        write_header(packet.first_chunk_mut::<HEADER>().expect("longer"), &token);
        if number == 4 {
            packet[0] = 0xff;
        }
        contents.extend(packet);
    }
    let transmit =
        Transmit { destination: bench.relay, ecn: None, contents: &contents, segment_size: Some(LENGTH), src_ip: None };
    bench.sending.try_send((&bench.sender).into(), &transmit).expect("sent");
    let counts = bench.pump_until(5).await;
    assert_eq!((counts.forwarded, counts.unknown, counts.quic), (4, 1, 1));
    for number in [0, 1, 3, 5] {
        bench.expect(number, LENGTH);
    }
}

#[tokio::test]
async fn forwarding_allocates_nothing() {
    let mut bench = Bench::new();
    let (known, unknown) = (bench.tokens[0], Token::generate(&mut rand::rng()));
    let mut done = 0;
    for (token, packets) in [(known, 10), (known, 1), (unknown, 10), (unknown, 1), (known, 10)] {
        bench.send_train(&token, &vec![LENGTH; packets]);
        done += u64::try_from(packets).expect("few");
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            tokio::task::yield_now().await;
            let allocated = allocation_counter::measure(|| {
                bench.forwarder.pump().expect("the socket works");
            });
            assert_eq!(allocated.count_total, 0, "{allocated:?}");
            let counts = bench.forwarder.counts();
            if counts.forwarded + counts.unknown >= done {
                break;
            }
            assert!(Instant::now() < deadline, "only {counts:?}");
        }
    }
    assert_eq!(bench.forwarder.counts().forwarded, 21);
    assert_eq!(bench.forwarder.counts().unknown, 11);
    // The counter counts.
    assert_eq!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1u8]))).count_total, 1);
}
