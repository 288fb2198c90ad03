//! A connection as Pingora sees it, with deadlines and limits of ours underneath.
//!
//! Pingora's own timeouts start anew with every byte, and it reads a megabyte of header. Here the
//! bytes of a message that has not become a parsed request end the connection in time, as do
//! stalled bodies and answers that nobody takes. The proxy reaches its connection's
//! [`ConnectionGuard`] through the stream's digest.

use std::future::Future as _;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use pingora::http::ResponseHeader;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::protocols::{
    ALPN, GetProxyDigest, GetSocketDigest, GetTimingDigest, Peek, Shutdown, SocketDigest, Ssl,
    TimingDigest, UniqueID, UniqueIDType,
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::accept::{Accepted, Reception};
use crate::header_scan::HeaderScan;
use crate::refusal::Refusal;
use crate::streams::StreamWatch;
use crate::trust::Client;

/// What the proxy and the stream of one connection tell each other.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    /// Who is at the other end, or who a trusted proxy says it is.
    pub(crate) client: Client,
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

    /// The request and its body are over: the next byte begins another one.
    pub(crate) fn request_ended(&self) {
        self.in_request.store(false, Ordering::Release);
    }
}

/// A header that is coming, and those that came before it.
#[derive(Debug)]
struct Http1 {
    header_since: Option<Instant>,
    scan: HeaderScan,
    /// Requests parsed when this was noted.
    parsed: u64,
}

#[derive(Debug)]
enum Protocol {
    Http1(Http1),
    Http2(Box<StreamWatch>),
}

/// What to do with bytes that have been read.
enum Verdict {
    Pass,
    RefuseHeader,
    Cut,
}

/// A guarded TCP connection.
pub(crate) struct GuardedStream {
    inner: TcpStream,
    prefix: Vec<u8>,
    prefix_read: usize,
    guard: Arc<ConnectionGuard>,
    reception: Arc<Reception>,
    protocol: Protocol,
    refusal: Option<Refusal>,
    read_sleep: Option<Pin<Box<Sleep>>>,
    /// The header of an answer that waits for the first of its body, so that both leave at once.
    held: Vec<u8>,
    /// Since when a write has been waiting for the client.
    write_sleep: Option<Pin<Box<Sleep>>>,
    socket: Arc<SocketDigest>,
    proxy: Arc<ProxyDigest>,
}

impl std::fmt::Debug for GuardedStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GuardedStream({})", self.guard.client.address)
    }
}

fn too_slow(what: &'static str) -> Error {
    Error::new(ErrorKind::TimedOut, what)
}

impl GuardedStream {
    /// Guards an accepted connection.
    pub(crate) fn new(accepted: Accepted, reception: Arc<Reception>) -> Option<Self> {
        let guard = Arc::new(ConnectionGuard {
            client: accepted.client,
            in_request: AtomicBool::new(false),
            requests: AtomicU64::new(0),
        });
        let protocol = if accepted.is_http2 {
            Protocol::Http2(Box::new(StreamWatch::new()))
        } else {
            let header_since = Some(accepted.since);
            Protocol::Http1(Http1 { header_since, scan: HeaderScan::default(), parsed: 0 })
        };
        let response = ResponseHeader::build(200, None).ok()?;
        let proxy = ProxyDigest::new(Box::new(response), Some(Box::new(guard.clone())));
        let socket = SocketDigest::from_raw_fd(std::os::fd::AsRawFd::as_raw_fd(&accepted.stream));
        let _ = accepted.stream.set_nodelay(true);
        Some(Self {
            inner: accepted.stream,
            prefix: accepted.prefix,
            prefix_read: 0,
            guard,
            reception,
            protocol,
            refusal: None,
            read_sleep: None,
            held: Vec::new(),
            write_sleep: None,
            socket: Arc::new(socket),
            proxy: Arc::new(proxy),
        })
    }

    /// The deadline in force for what the client sends, if any.
    fn read_deadline(&mut self) -> Option<Instant> {
        let timeouts = &self.reception.timeouts;
        match &mut self.protocol {
            Protocol::Http1(http1) => {
                http1.forget_parsed(&self.guard);
                http1.header_since.map(|since| since + timeouts.header)
            }
            Protocol::Http2(streams) => streams.deadline(timeouts),
        }
    }

    /// Ready when the deadline has passed; otherwise wakes the task when it does.
    fn poll_read_deadline(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(deadline) = self.read_deadline() else {
            self.read_sleep = None;
            return Poll::Pending;
        };
        let new = || Box::pin(tokio::time::sleep_until(deadline));
        let sleep = self.read_sleep.get_or_insert_with(new);
        if sleep.deadline() != deadline {
            sleep.as_mut().reset(deadline);
        }
        sleep.as_mut().poll(context)
    }

    /// Notes what the client sent.
    fn received(&mut self, bytes: &[u8]) -> Verdict {
        match &mut self.protocol {
            Protocol::Http1(http1) => {
                http1.forget_parsed(&self.guard);
                if self.guard.in_request.load(Ordering::Acquire) || bytes.is_empty() {
                    return Verdict::Pass;
                }
                http1.header_since.get_or_insert_with(Instant::now);
                if http1.scan.take(bytes) { Verdict::Pass } else { Verdict::RefuseHeader }
            }
            Protocol::Http2(streams) => {
                streams.received(bytes, Instant::now());
                if streams.is_flood() { Verdict::Cut } else { Verdict::Pass }
            }
        }
    }

    /// Notes what the client took.
    fn sent<'a>(&mut self, slices: impl Iterator<Item = &'a [u8]>, written: usize) {
        let Protocol::Http2(streams) = &mut self.protocol else { return };
        let (now, mut left) = (Instant::now(), written);
        for slice in slices {
            let part = &slice[..slice.len().min(left)];
            left -= part.len();
            streams.sent(part, now);
        }
    }

    fn poll_inner(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if self.prefix_read < self.prefix.len() {
            let rest = &self.prefix[self.prefix_read..];
            let taken = &rest[..rest.len().min(buffer.remaining())];
            buffer.put_slice(taken);
            self.prefix_read += taken.len();
            return Poll::Ready(Ok(()));
        }
        if self.poll_read_deadline(context).is_ready() {
            return Poll::Ready(Err(too_slow("the client took too long")));
        }
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }

    fn poll_refusal(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        let is_over = self.poll_read_deadline(context).is_ready();
        if let Some(refusal) = self.refusal.as_mut().filter(|_| !is_over) {
            ready!(refusal.poll(&mut self.inner, context));
        }
        Poll::Ready(Err(Error::new(ErrorKind::InvalidData, "the header was too large")))
    }

    /// Gives a write its result, unless it has waited for too long.
    fn watch_write(
        &mut self,
        context: &mut Context<'_>,
        polled: Poll<Result<usize>>,
    ) -> Poll<Result<usize>> {
        if polled.is_ready() {
            self.write_sleep = None;
            return polled;
        }
        let wait = self.reception.timeouts.write_idle;
        let new = || Box::pin(tokio::time::sleep(wait));
        let sleep = self.write_sleep.get_or_insert_with(new);
        ready!(sleep.as_mut().poll(context));
        metrics::counter!("freehold_edge_slow_readers_total").increment(1);
        Poll::Ready(Err(too_slow("the client takes nothing")))
    }
}

impl GuardedStream {
    /// Whether these bytes are the header of an HTTP/1 answer. Pingora flushes behind one that has no
    /// body, and behind whatever is not to wait.
    fn is_answer_header(&self, bytes: &[u8]) -> bool {
        matches!(self.protocol, Protocol::Http1(_)) && bytes.starts_with(b"HTTP/1.")
    }

    /// Writes the header that is held together with these bytes; ready when all of it has left, with
    /// how many of the bytes have, too.
    fn poll_held(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        loop {
            let polled = {
                let slices = [IoSlice::new(&self.held), IoSlice::new(bytes)];
                Pin::new(&mut self.inner).poll_write_vectored(context, &slices)
            };
            let written = ready!(self.watch_write(context, polled))?;
            if written == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            let of_held = written.min(self.held.len());
            self.held.drain(..of_held);
            if self.held.is_empty() {
                return Poll::Ready(Ok(written - of_held));
            }
        }
    }
}

impl Http1 {
    /// A header that has been parsed is no longer coming.
    fn forget_parsed(&mut self, guard: &ConnectionGuard) {
        let parsed = guard.requests.load(Ordering::Acquire);
        if parsed != self.parsed {
            *self = Self { header_since: None, scan: HeaderScan::default(), parsed };
        }
    }
}

impl AsyncRead for GuardedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = &mut *self;
        if this.refusal.is_some() {
            return this.poll_refusal(context);
        }
        // The client is listened to while a body is waited for: its header goes ahead of it.
        if !this.held.is_empty()
            && let Poll::Ready(Err(error)) = this.poll_held(context, &[])
        {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        ready!(this.poll_inner(context, buffer))?;
        match this.received(&buffer.filled()[before..]) {
            Verdict::Pass => Poll::Ready(Ok(())),
            Verdict::Cut => {
                metrics::counter!("freehold_edge_floods_total").increment(1);
                Poll::Ready(Err(Error::new(ErrorKind::InvalidData, "a flood of streams")))
            }
            Verdict::RefuseHeader => {
                buffer.set_filled(before);
                let Protocol::Http1(http1) = &this.protocol else { return Poll::Ready(Ok(())) };
                this.refusal = Some(Refusal::new(http1.scan.form(), &this.reception.clock));
                this.poll_refusal(context)
            }
        }
    }
}

impl AsyncWrite for GuardedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        if self.refusal.is_some() {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if !self.held.is_empty() {
            let written = ready!(self.poll_held(context, bytes))?;
            if written > 0 || bytes.is_empty() {
                return Poll::Ready(Ok(written));
            }
        } else if self.is_answer_header(bytes) {
            self.held.extend_from_slice(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        let polled = Pin::new(&mut self.inner).poll_write(context, bytes);
        let written = ready!(self.watch_write(context, polled))?;
        self.sent(std::iter::once(bytes), written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.held.is_empty() {
            ready!(self.poll_held(context, &[]))?;
        }
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.as_mut().poll_flush(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        if self.refusal.is_some() {
            return Poll::Ready(Err(ErrorKind::BrokenPipe.into()));
        }
        if !self.held.is_empty() {
            let first = slices.iter().find(|slice| !slice.is_empty());
            return self.poll_write(context, first.map_or(&[], |slice| slice));
        }
        let polled = Pin::new(&mut self.inner).poll_write_vectored(context, slices);
        let written = ready!(self.watch_write(context, polled))?;
        self.sent(slices.iter().map(|slice| &**slice), written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[async_trait]
impl Shutdown for GuardedStream {
    async fn shutdown(&mut self) {
        // The client may have gone already.
        let _ = AsyncWriteExt::shutdown(self).await;
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
            Protocol::Http1(_) => None,
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
