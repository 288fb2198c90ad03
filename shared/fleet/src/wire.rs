//! A connection between two processes of the fleet: messages as JSON in length-prefixed frames.
//!
//! Both ends say that they are alive every few seconds, so that a peer that stopped, or whose
//! network went away, is noticed by its silence.

use std::marker::PhantomData;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt as _, StreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

/// The largest message.
pub const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often an end that has nothing to say says that it is alive.
pub const ALIVE_SECONDS: u64 = 3;
/// A peer that is silent for longer is taken for gone.
pub const SILENCE_SECONDS_MAX: u64 = 10;
/// How long a message may wait for a peer that does not read.
const SEND_SECONDS_MAX: u64 = 10;
/// Entries of a list that go into one message.
pub const ENTRIES_PER_MESSAGE_MAX: usize = 1_000;

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The peer closed it.
    #[error("the connection was closed")]
    Closed,
    /// The peer said nothing, or read nothing, for too long.
    #[error("the other end is silent")]
    Silent,
    /// Changes before this revision are missing.
    #[error("the changes before revision {0} are missing")]
    Gap(u64),
    /// The system failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A message that does not read as one.
    #[error("a message cannot be read: {0}")]
    Message(#[from] serde_json::Error),
}

/// What a connection runs over.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// The end of a connection that sends.
pub struct Sender<M> {
    frames: FramedWrite<WriteHalf<Box<dyn Stream>>, LengthDelimitedCodec>,
    messages: PhantomData<fn(M)>,
}

/// The end of a connection that receives.
pub struct Receiver<M> {
    frames: FramedRead<ReadHalf<Box<dyn Stream>>, LengthDelimitedCodec>,
    messages: PhantomData<fn() -> M>,
}

impl<M> std::fmt::Debug for Sender<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sender")
    }
}

impl<M> std::fmt::Debug for Receiver<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receiver")
    }
}

/// Speaks over an open stream.
pub fn over<Out, In>(stream: Box<dyn Stream>) -> (Sender<Out>, Receiver<In>) {
    let (reading, writing) = tokio::io::split(stream);
    let codec = LengthDelimitedCodec::builder().max_frame_length(FRAME_BYTES_MAX).new_codec();
    let sender = Sender { frames: FramedWrite::new(writing, codec.clone()), messages: PhantomData };
    (sender, Receiver { frames: FramedRead::new(reading, codec), messages: PhantomData })
}

/// Opens a connection to a Unix socket on this host.
///
/// # Errors
/// The system's.
pub async fn dial_unix(path: &Path) -> std::io::Result<Box<dyn Stream>> {
    Ok(Box::new(UnixStream::connect(path).await?))
}

/// Listens on a Unix socket, in place of one that an earlier process left behind.
///
/// # Errors
/// The system's.
pub fn listen_unix(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    UnixListener::bind(path)
}

/// Opens a TLS connection to the process of this name at `host:port`.
///
/// # Errors
/// The system's, and those of the handshake.
pub async fn dial_tls(
    place: &str,
    name: &str,
    connector: &TlsConnector,
) -> std::io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect(place).await?;
    // Messages are small and somebody waits for each.
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(name.to_owned()).map_err(std::io::Error::other)?;
    Ok(Box::new(connector.connect(name, stream).await?))
}

impl<M: Serialize> Sender<M> {
    /// Sends a message.
    ///
    /// # Errors
    /// [`WireError`]; then the connection is of no more use.
    pub async fn send(&mut self, message: &M) -> Result<(), WireError> {
        let bytes = Bytes::from(serde_json::to_vec(message)?);
        let wait = Duration::from_secs(SEND_SECONDS_MAX);
        let sent = tokio::time::timeout(wait, self.frames.send(bytes)).await;
        Ok(sent.map_err(|_| WireError::Silent)??)
    }
}

impl<M: DeserializeOwned> Receiver<M> {
    /// The next message.
    ///
    /// # Errors
    /// [`WireError`]; then the connection is of no more use.
    pub async fn receive(&mut self) -> Result<M, WireError> {
        let wait = Duration::from_secs(SILENCE_SECONDS_MAX);
        let frame = tokio::time::timeout(wait, self.frames.next()).await;
        let frame = frame.map_err(|_| WireError::Silent)?.ok_or(WireError::Closed)??;
        Ok(serde_json::from_slice(&frame)?)
    }
}
