//! What happens to a connection before Pingora sees it: who is it, and what does it speak?
//!
//! Pingora's peek for cleartext HTTP/2 waits for 24 bytes, which a short HTTP/1 request may never
//! send; this reads until the first byte that differs from the preface, within the deadline for a
//! header, after the PROXY header that a trusted proxy must send.

use std::net::SocketAddr;

use freehold_clock::Clock;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::limits::ConnectionPermit;
use crate::streams::PREFACE;
use crate::timeouts::Timeouts;
use crate::trust::{self, Client, PROXY_HEADER_BYTES_MAX, Preamble, TrustedProxies};

/// What the connections of an edge share.
#[derive(Debug, Clone)]
pub(crate) struct Reception {
    pub(crate) timeouts: Timeouts,
    pub(crate) trusted: TrustedProxies,
    pub(crate) clock: Clock,
}

/// A connection of which enough is known.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    /// Read already, and still to be told to Pingora.
    pub(crate) prefix: Vec<u8>,
    pub(crate) client: Client,
    pub(crate) is_http2: bool,
    /// When the first byte could have come.
    pub(crate) since: Instant,
}

impl Reception {
    /// Reads until it is clear who the client is and which protocol it speaks. `None` when it went
    /// away, took too long, is one too many, or is a proxy that does not say for whom it speaks.
    pub(crate) async fn accept(
        &self,
        mut stream: TcpStream,
        peer: SocketAddr,
        permit: &mut ConnectionPermit,
    ) -> Option<Accepted> {
        let since = Instant::now();
        let read = async {
            let mut prefix = Vec::with_capacity(PREFACE.len());
            let mut client = Client { address: peer.ip().to_canonical(), scheme: "http" };
            if self.trusted.wants_preamble(peer.ip()) {
                client = read_preamble(&mut stream, &mut prefix, peer).await?;
                if !permit.count_for(client.address) {
                    return None;
                }
            }
            let is_http2 = read_protocol(&mut stream, &mut prefix).await?;
            Some((prefix, client, is_http2))
        };
        let read = tokio::time::timeout_at(since + self.timeouts.header, read).await;
        let (prefix, client, is_http2) = read.ok()??;
        Some(Accepted { stream, prefix, client, is_http2, since })
    }
}

/// Takes the PROXY header off the start of a connection.
async fn read_preamble(
    stream: &mut TcpStream,
    prefix: &mut Vec<u8>,
    peer: SocketAddr,
) -> Option<Client> {
    loop {
        read_more(stream, prefix, PROXY_HEADER_BYTES_MAX).await?;
        match trust::preamble(prefix, peer) {
            Preamble::Part => {}
            Preamble::Whole(client, length) => {
                prefix.drain(..length);
                return Some(client);
            }
            Preamble::Wrong => {
                tracing::warn!(%peer, "a trusted proxy sent no valid PROXY protocol v2 header");
                return None;
            }
        }
    }
}

/// Whether the client begins with the preface of HTTP/2.
async fn read_protocol(stream: &mut TcpStream, prefix: &mut Vec<u8>) -> Option<bool> {
    loop {
        if prefix.len() >= PREFACE.len() {
            return Some(prefix.starts_with(PREFACE));
        }
        if !PREFACE.starts_with(prefix) {
            return Some(false);
        }
        read_more(stream, prefix, PREFACE.len()).await?;
    }
}

/// Reads something, to at most `limit` bytes in all; `None` when the client has gone.
async fn read_more(stream: &mut TcpStream, prefix: &mut Vec<u8>, limit: usize) -> Option<()> {
    let room = limit.checked_sub(prefix.len()).filter(|room| *room > 0)?;
    let read = stream.take(room as u64).read_buf(prefix).await.ok()?;
    (read > 0).then_some(())
}
