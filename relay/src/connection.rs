//! One program's control connection: reads its messages for the broker, writes the broker's to it.

use std::time::Duration;

use bytes::Bytes;
use lotse_protocol::framing::{self, FrameError};
use lotse_protocol::limits;
use lotse_protocol::message::relay::ToRelay;
use quinn::{Connection, Incoming, RecvStream, SendStream, VarInt};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::broker::{Closing, Peer, quota};
use crate::driver::Input;

/// Messages that may wait for a program that does not read; one more, and it is closed.
pub const QUEUE: usize = 64;
/// Time for the QUIC handshake.
pub const HANDSHAKE: Duration = Duration::from_secs(5);
/// Handshakes at a time; further ones are refused.
pub const HANDSHAKES: usize = 512;
/// Time from a message's length to its last byte.
pub const MESSAGE: Duration = Duration::from_secs(10);
/// Time for the last messages to a connection that the relay closes.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Why the relay closed a connection, as QUIC's application error code. The reason beside it is for logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum CloseCode {
    /// The relay ends.
    Goodbye = 0,
    /// The program did not follow the protocol.
    Protocol = 1,
    /// No version in common; said in a message before.
    Version = 2,
    /// The relay has no room.
    Full = 3,
    /// The program does not read, or says nothing.
    Slow = 4,
    /// The program says too much.
    Flooding = 5,
}

impl CloseCode {
    /// Closes `connection` with this code.
    pub fn close(self, connection: &Connection) {
        connection.close(self.into(), self.reason().as_bytes());
    }

    /// In words.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Goodbye => "the relay is shutting down",
            Self::Protocol => "the protocol was not followed",
            Self::Version => "no version in common",
            Self::Full => "the relay is full",
            Self::Slow => "too slow",
            Self::Flooding => "too many messages",
        }
    }
}

impl From<CloseCode> for VarInt {
    fn from(code: CloseCode) -> Self {
        Self::from_u32(code as u32)
    }
}

impl From<Closing> for CloseCode {
    fn from(why: Closing) -> Self {
        match why {
            Closing::Silent => Self::Slow,
            Closing::Protocol => Self::Protocol,
            Closing::Version => Self::Version,
            Closing::Flooding => Self::Flooding,
        }
    }
}

/// For the task that writes.
pub(crate) enum Outgoing {
    /// An encoded message with its length.
    Message(Bytes),
    /// Close when everything before has arrived.
    Close(CloseCode),
}

/// Looks after a connection from its first packet to its last.
pub(crate) async fn run(incoming: Incoming, inputs: mpsc::Sender<Input>, handshake: OwnedSemaphorePermit) {
    let Ok(connecting) = incoming.accept() else { return };
    let Ok(Ok(connection)) = timeout(HANDSHAKE, connecting).await else { return };
    let (outgoing, queue) = mpsc::channel(QUEUE);
    let (reply, admitted) = oneshot::channel();
    let connected = Input::Connected { connection: connection.clone(), outgoing, reply };
    if inputs.send(connected).await.is_err() {
        return;
    }
    let Ok(Ok(peer)) = admitted.await else {
        CloseCode::Full.close(&connection);
        return;
    };
    // The broker closes who does not say hello in time, so that this cannot wait for long.
    if let Ok((send, receive)) = connection.accept_bi().await {
        drop(handshake);
        tokio::select! {
            code = read(receive, peer, &inputs) => code.close(&connection),
            code = write(send, queue) => code.close(&connection),
            _ = connection.closed() => {}
        }
    }
    // Only the driver's end makes this fail, and then nobody needs to know.
    let _ = inputs.send(Input::Gone(peer)).await;
}

/// Why reading ended.
enum ReadEnd {
    Lost,
    Frame(FrameError),
    TooSlow,
}

async fn read(mut stream: RecvStream, peer: Peer, inputs: &mpsc::Sender<Input>) -> CloseCode {
    loop {
        match read_message(&mut stream).await {
            Ok(message) => {
                if inputs.send(Input::Said(peer, message)).await.is_err() {
                    return CloseCode::Goodbye;
                }
            }
            Err(ReadEnd::Lost) => return CloseCode::Goodbye,
            Err(ReadEnd::Frame(error)) => {
                tracing::info!("{peer} closed: {}", frame_fault(&error));
                return CloseCode::Protocol;
            }
            Err(ReadEnd::TooSlow) => {
                tracing::info!("{peer} closed: a message did not arrive in time");
                return CloseCode::Slow;
            }
        }
    }
}

/// Without the decoder's words, which could quote what was sent.
fn frame_fault(error: &FrameError) -> &'static str {
    match error {
        FrameError::TooLong { .. } => "a message was longer than allowed",
        FrameError::Malformed(_) => "a message could not be decoded",
    }
}

async fn read_message(stream: &mut RecvStream) -> Result<ToRelay, ReadEnd> {
    let mut prefix = [0; framing::PREFIX];
    stream.read_exact(&mut prefix).await.map_err(|_| ReadEnd::Lost)?;
    let length = framing::length(prefix, limits::CONTROL_MESSAGE).map_err(ReadEnd::Frame)?;
    // It may hold a password.
    let mut body = Zeroizing::new(vec![0; length]);
    match timeout(MESSAGE, stream.read_exact(&mut body)).await {
        Ok(Ok(())) => framing::decode(&body, limits::CONTROL_MESSAGE).map_err(ReadEnd::Frame),
        Ok(Err(_)) => Err(ReadEnd::Lost),
        Err(_) => Err(ReadEnd::TooSlow),
    }
}

async fn write(mut stream: SendStream, mut queue: mpsc::Receiver<Outgoing>) -> CloseCode {
    while let Some(outgoing) = queue.recv().await {
        match outgoing {
            Outgoing::Message(message) => {
                if stream.write_chunk(message).await.is_err() {
                    return CloseCode::Goodbye;
                }
            }
            Outgoing::Close(code) => {
                if stream.finish().is_ok() {
                    let _ = timeout(LAST_WORDS, stream.stopped()).await;
                }
                return code;
            }
        }
    }
    // The driver has let go of a connection that did not read.
    CloseCode::Slow
}

const _: () = assert!(quota::GREETING.as_secs() <= HANDSHAKE.as_secs(), "a silent connection holds its permit");
