//! A connection as Pingora sees it, with deadlines of ours underneath.
//!
//! Bytes of a message that has not become a parsed request within [`HEADER_SECONDS_MAX`] end the
//! connection, however slowly they drip; Pingora's own timeout starts anew with every byte. The
//! proxy reaches its connection's [`ConnectionGuard`] through the stream's digest.

use std::future::Future as _;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use pingora::http::ResponseHeader;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl,
    TimingDigest, UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::frames::{FrameTracker, PREFACE};

/// How long a request's header may take from its first byte.
pub(crate) const HEADER_SECONDS_MAX: u64 = 10;

/// What the proxy and the stream of one connection tell each other.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    /// The client's address.
    pub(crate) client: SocketAddr,
    /// An HTTP/1 request has been parsed and is not over.
    in_request: AtomicBool,
    /// Requests parsed so far.
    requests: AtomicU64,
}

impl ConnectionGuard {
    /// The header was parsed: the deadline no longer runs.
    pub(crate) fn request_began(&self) {
        self.requests.fetch_add(1, Ordering::AcqRel);
        self.in_request.store(true, Ordering::Release);
    }

    /// The request is over: the next byte begins another one.
    pub(crate) fn request_ended(&self) {
        self.in_request.store(false, Ordering::Release);
    }
}

#[derive(Debug)]
enum Protocol {
    /// Since when a header has been coming, and how many were parsed when that was noted.
    Http1 {
        header_since: Option<Instant>,
        parsed: u64,
    },
    Http2(FrameTracker),
}

/// A guarded TCP connection.
pub(crate) struct GuardedStream {
    inner: TcpStream,
    prefix: Vec<u8>,
    prefix_read: usize,
    guard: Arc<ConnectionGuard>,
    protocol: Protocol,
    sleep: Option<Pin<Box<Sleep>>>,
    socket: Arc<SocketDigest>,
    proxy: Arc<ProxyDigest>,
}

impl std::fmt::Debug for GuardedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GuardedStream({})", self.guard.client)
    }
}

impl GuardedStream {
    /// Reads until it is clear which protocol the client speaks, within the header deadline.
    /// `None` when the client went away or took too long.
    pub(crate) async fn accept(mut inner: TcpStream, client: SocketAddr) -> Option<Self> {
        let accepted = Instant::now();
        let deadline = Duration::from_secs(HEADER_SECONDS_MAX);
        let mut prefix = Vec::with_capacity(PREFACE.len());
        let decided = tokio::time::timeout(deadline, async {
            loop {
                let read = inner.read_buf(&mut prefix).await.ok()?;
                if read == 0 {
                    return None;
                }
                if prefix.len() >= PREFACE.len() {
                    return Some(prefix.starts_with(PREFACE));
                }
                if !PREFACE.starts_with(&prefix) {
                    return Some(false);
                }
            }
        });
        let is_http2 = decided.await.ok()??;
        let guard = Arc::new(ConnectionGuard {
            client,
            in_request: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        });
        let protocol = if is_http2 {
            Protocol::Http2(FrameTracker::new())
        } else {
            Protocol::Http1 { header_since: Some(accepted), parsed: 0 }
        };
        let response = ResponseHeader::build(200, None).ok()?;
        let proxy = ProxyDigest::new(Box::new(response), Some(Box::new(guard.clone())));
        let socket = SocketDigest::from_raw_fd(std::os::fd::AsRawFd::as_raw_fd(&inner));
        let _ = inner.set_nodelay(true);
        Some(Self {
            inner,
            prefix,
            prefix_read: 0,
            guard,
            protocol,
            sleep: None,
            socket: Arc::new(socket),
            proxy: Arc::new(proxy),
        })
    }

    /// The deadline in force, if any.
    fn deadline(&mut self) -> Option<Instant> {
        let since = match &mut self.protocol {
            Protocol::Http1 { header_since, parsed } => {
                let now_parsed = self.guard.requests.load(Ordering::Acquire);
                if now_parsed != *parsed {
                    (*header_since, *parsed) = (None, now_parsed);
                }
                *header_since
            }
            Protocol::Http2(tracker) => tracker.open_since(),
        };
        since.map(|since| since + Duration::from_secs(HEADER_SECONDS_MAX))
    }

    /// Notes what the client sent.
    fn received(&mut self, bytes: &[u8]) {
        match &mut self.protocol {
            Protocol::Http1 { header_since, .. } => {
                if !self.guard.in_request.load(Ordering::Acquire) {
                    header_since.get_or_insert_with(Instant::now);
                }
            }
            Protocol::Http2(tracker) => tracker.feed(bytes, Instant::now()),
        }
    }

    /// Ready when the deadline has passed; otherwise wakes the task when it does.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.deadline() else {
            self.sleep = None;
            return Poll::Pending;
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context)
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if this.prefix_read < this.prefix.len() {
            let rest = &this.prefix[this.prefix_read..];
            let taken = rest[..rest.len().min(buffer.remaining())].to_vec();
            this.prefix_read += taken.len();
            buffer.put_slice(&taken);
            this.received(&taken);
            return Poll::Ready(Ok(()));
        }
        if this.poll_deadline(context).is_ready() {
            let error = std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                "the request's header took too long",
            );
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(context, buffer))?;
        let bytes = buffer.filled()[before..].to_vec();
        this.received(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[async_trait]
impl Shutdown for GuardedStream {
    async fn shutdown(&mut self) {
        // The client may have gone already.
        let _ = AsyncWriteExt::shutdown(&mut self.inner).await;
    }
}

impl UniqueID for GuardedStream {
    fn id(&self) -> UniqueIDType {
        std::os::fd::AsRawFd::as_raw_fd(&self.inner)
    }
}

impl Ssl for GuardedStream {
    fn selected_alpn_proto(&self) -> Option<ALPN> {
        match self.protocol {
            Protocol::Http1 { .. } => None,
            Protocol::Http2(_) => Some(ALPN::H2),
        }
    }
}

impl GetTimingDigest for GuardedStream {
    fn get_timing_digest(&self) -> Vec<Option<TimingDigest>> {
        Vec::new()
    }
}

impl GetProxyDigest for GuardedStream {
    fn get_proxy_digest(&self) -> Option<Arc<ProxyDigest>> {
        Some(self.proxy.clone())
    }
}

impl GetSocketDigest for GuardedStream {
    fn get_socket_digest(&self) -> Option<Arc<SocketDigest>> {
        Some(self.socket.clone())
    }
}

impl Peek for GuardedStream {}
