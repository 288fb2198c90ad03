//! Which workers have fallen silent, and the requests that wait for an answer of one.
//!
//! A process that stands still keeps its sockets open and takes what is written to them, so a
//! request to it would wait as long as a slow handler may take. The line of versions tells the two
//! apart: whoever is alive says so every second, however slow its handlers are. When a worker is
//! silent there and does not answer a new line either, nothing more is sent to it, and what waits
//! for the first byte of an answer is ended by shutting its connection down. An answer that has
//! begun is left alone. With the first word of the worker all is as it was.

use std::collections::HashMap;
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use freehold_fleet::UpstreamId;
use parking_lot::Mutex;
use pingora::connectors::l4::Connect;
use pingora::protocols::GetProxyDigest as _;
use pingora::protocols::l4::socket::SocketAddr;
use pingora::protocols::l4::stream::Stream;
use pingora::protocols::raw_connect::ProxyDigest;
use pingora::{Error, ErrorType};
use tokio::net::{TcpStream, UnixStream};

/// How long a worker's socket may take to connect.
const CONNECT_SECONDS_MAX: u64 = 2;

/// What is known of every worker's life. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pulse(Arc<Mutex<HashMap<UpstreamId, Worker>>>);

#[derive(Debug, Default)]
struct Worker {
    is_silent: bool,
    /// Connections on which a request waits for the first byte of its answer. As many as there are
    /// requests in flight.
    waiting: HashMap<u64, Arc<Cut>>,
    waited: u64,
}

/// A second handle on a connection to a worker, with which it can be ended.
#[derive(Debug)]
enum Cut {
    Unix(std::os::unix::net::UnixStream),
    Tcp(std::net::TcpStream),
}

impl Cut {
    fn now(&self) {
        // Whoever reads from the connection is woken by its end. It may have ended already.
        let _ = match self {
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

/// One request that waits; dropping it is what ends the waiting, on every path.
#[derive(Debug)]
pub(crate) struct Waiting {
    pulse: Pulse,
    upstream: UpstreamId,
    number: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(worker) = self.pulse.0.lock().get_mut(&self.upstream) {
            worker.waiting.remove(&self.number);
        }
    }
}

impl Pulse {
    /// Whether there is no use in asking a worker.
    pub(crate) fn is_silent(&self, upstream: &UpstreamId) -> bool {
        self.0.lock().get(upstream).is_some_and(|worker| worker.is_silent)
    }

    /// A worker has said something, or its host has said that it is not there.
    pub(crate) fn spoke(&self, upstream: &UpstreamId) {
        if let Some(worker) = self.0.lock().get_mut(upstream)
            && std::mem::take(&mut worker.is_silent)
        {
            tracing::info!(upstream = upstream.0, "the worker answers again");
        }
    }

    /// A worker says nothing any more: who waits for it waits no longer.
    pub(crate) fn fell_silent(&self, upstream: &UpstreamId) {
        let mut workers = self.0.lock();
        let worker = workers.entry(upstream.clone()).or_default();
        if !std::mem::replace(&mut worker.is_silent, true) {
            let waiting = worker.waiting.len();
            tracing::warn!(upstream = upstream.0, waiting, "the worker has fallen silent");
        }
        for cut in worker.waiting.values() {
            cut.now();
        }
    }

    /// Forgets a worker that nothing is sent to any more, or that has another address now.
    pub(crate) fn forget(&self, upstream: &UpstreamId) {
        if let Some(worker) = self.0.lock().get_mut(upstream) {
            worker.is_silent = false;
        }
    }

    /// Notes a request that waits on a connection which [`Dial`] has made.
    pub(crate) fn wait(
        &self,
        upstream: &UpstreamId,
        made: Option<&ProxyDigest>,
    ) -> Option<Waiting> {
        let made = made?.user_data.as_deref()?.downcast_ref::<Arc<Cut>>()?;
        let mut workers = self.0.lock();
        if !workers.contains_key(upstream) {
            workers.insert(upstream.clone(), Worker::default());
        }
        let worker = workers.get_mut(upstream)?;
        worker.waited += 1;
        worker.waiting.insert(worker.waited, made.clone());
        if worker.is_silent {
            made.now();
        }
        let number = worker.waited;
        Some(Waiting { pulse: self.clone(), upstream: upstream.clone(), number })
    }
}

/// Makes connections that can be ended by [`Pulse`].
#[derive(Debug, Default)]
pub(crate) struct Dial;

#[async_trait]
impl Connect for Dial {
    async fn connect(&self, address: &SocketAddr) -> pingora::Result<Stream> {
        let wait = Duration::from_secs(CONNECT_SECONDS_MAX);
        let connected = tokio::time::timeout(wait, dial(address)).await.map_err(|_| {
            Error::explain(ErrorType::ConnectTimedout, format!("no answer from {address}"))
        })?;
        let (mut stream, cut) = connected.map_err(|error| {
            Error::because(ErrorType::ConnectError, format!("cannot connect to {address}"), error)
        })?;
        let no_answer = Box::new(pingora::http::ResponseHeader::build(200, None)?);
        stream.set_proxy_digest(ProxyDigest::new(no_answer, Some(Box::new(Arc::new(cut)))));
        Ok(stream)
    }
}

async fn dial(address: &SocketAddr) -> std::io::Result<(Stream, Cut)> {
    match address {
        SocketAddr::Inet(address) => {
            let stream = TcpStream::connect(address).await?;
            let cut = Cut::Tcp(stream.as_fd().try_clone_to_owned()?.into());
            Ok((stream.into(), cut))
        }
        SocketAddr::Unix(address) => {
            let path = address.as_pathname().ok_or(std::io::ErrorKind::InvalidInput)?;
            let stream = UnixStream::connect(path).await?;
            let cut = Cut::Unix(stream.as_fd().try_clone_to_owned()?.into());
            Ok((stream.into(), cut))
        }
    }
}
