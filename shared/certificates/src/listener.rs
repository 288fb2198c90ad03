//! Takes TLS connections of certified processes, for servers of hand-overs and of processes.
//!
//! Handshakes run beside each other with a deadline, so that a client which does not finish its
//! own holds up nobody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{CertificateError, Clients, Identity};

/// How long a handshake may take.
const HANDSHAKE_SECONDS_MAX: u64 = 10;
/// Handshakes that run at the same time at most; more wait in the system's queue.
const HANDSHAKES_MAX: usize = 256;
/// Finished handshakes that wait to be taken.
const ACCEPTED_PENDING_MAX: usize = 256;
/// Pause after the system had no descriptor for a connection.
const ACCEPT_PAUSE_MS: u64 = 50;

/// What a listener presents; it can be replaced while it listens.
#[derive(Clone)]
pub struct Presented(Arc<RwLock<TlsAcceptor>>);

impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presented")
    }
}

impl Presented {
    /// Presents an identity.
    ///
    /// # Errors
    /// [`CertificateError`] when key and certificate do not fit.
    pub fn new(identity: &Identity, clients: Clients) -> Result<Self, CertificateError> {
        Ok(Self(Arc::new(RwLock::new(identity.acceptor(clients)?))))
    }

    /// Presents another identity to whoever connects from now on.
    ///
    /// # Errors
    /// [`CertificateError`] when key and certificate do not fit; then the old one stays.
    pub fn replace(&self, identity: &Identity, clients: Clients) -> Result<(), CertificateError> {
        *self.0.write() = identity.acceptor(clients)?;
        Ok(())
    }
}

/// A listener whose connections are encrypted and, if so asked, certified.
#[derive(Debug)]
pub struct TlsListener {
    accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    /// Binds an address.
    ///
    /// # Errors
    /// The system's.
    pub async fn bind(address: SocketAddr, presented: Presented) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (sender, accepted) = mpsc::channel(ACCEPTED_PENDING_MAX);
        tokio::spawn(accept_all(listener, presented, sender));
        Ok(Self { accepted, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection; never, once the listener has ended.
    pub async fn next(&mut self) -> (TlsStream<TcpStream>, SocketAddr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.next().await
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept_all(
    listener: TcpListener,
    presented: Presented,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let room = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = sender.closed() => return,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(_) => {
                // No descriptors, or a client that left: neither may become a busy loop.
                tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                continue;
            }
        };
        let (acceptor, sender) = (presented.0.read().clone(), sender.clone());
        tokio::spawn(async move {
            let _permit = permit;
            // Messages are small and somebody waits for each.
            let _ = stream.set_nodelay(true);
            let wait = Duration::from_secs(HANDSHAKE_SECONDS_MAX);
            if let Ok(Ok(stream)) = tokio::time::timeout(wait, acceptor.accept(stream)).await {
                // The listener may have ended meanwhile.
                let _ = sender.send((stream, peer)).await;
            }
        });
    }
}
