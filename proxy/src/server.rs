//! A running edge: its listener, its accept loop and its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use freehold_clock::Clock;
use freehold_fleet::{Connected, Hosts, Member, Meter, RouteFeed, Upstreams};
use pingora::apps::{HttpServerOptions, ServerApp};
use pingora::proxy::{HttpProxy, http_proxy};
use pingora::server::configuration::ServerConf;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::accept::Reception;
use crate::cache::EdgeCache;
use crate::guard::GuardedStream;
use crate::limits::{ConnectionPermit, Limits};
use crate::member::{Session, Told};
use crate::service::EdgeService;
use crate::table::RouteTable;
use crate::tenants::TenantLimits;
use crate::timeouts::Timeouts;
use crate::trust::TrustedProxies;
use crate::upstream::Peers;
use crate::versions::Versions;

/// Connections that may wait to be accepted.
const BACKLOG_CONNECTIONS_MAX: u32 = 65_535;
/// Requests of one HTTP/1 connection before it is closed.
const REQUESTS_PER_CONNECTION_MAX: u32 = 10_000;
/// Pause after the system had no descriptor for a connection.
const ACCEPT_PAUSE_MS: u64 = 50;
/// Idle connections to upstreams that are kept.
const UPSTREAM_CONNECTIONS_KEPT_MAX: usize = 512;

/// How an edge is set up.
#[derive(Debug, Clone)]
pub struct EdgeConfig {
    /// The host families.
    pub hosts: Hosts,
    /// The largest request body in bytes.
    pub body_bytes_max: u64,
    /// Whether requests of one network are limited.
    pub rate_limits_enabled: bool,
    /// Connections of clients at most; [`crate::CONNECTIONS_MAX`] in any case. From half of them on
    /// none is kept open for a next request.
    pub connections_max: usize,
    /// Requests of one tenant that may be in flight.
    pub tenant_in_flight_max: usize,
    /// Bytes of sites' answers that are kept for others at most; 0 keeps none.
    pub cache_bytes_max: u64,
    /// The proxies whose word about clients is believed.
    pub trusted_proxies: TrustedProxies,
    /// Counts what tenants use.
    pub meter: Meter,
    /// How long to wait for clients and workers.
    pub timeouts: Timeouts,
    /// Time and randomness.
    pub clock: Clock,
}

/// Where an edge learns which hostname leads where.
#[derive(Debug)]
pub enum RouteSource {
    /// The control plane is in this process.
    Local {
        /// Its feed.
        feed: RouteFeed,
        /// Whom requests are handed to.
        upstreams: Upstreams,
    },
    /// The control plane is in another process.
    Control(Box<ControlSource>),
}

/// How an edge reaches a control plane in another process.
#[derive(Debug)]
pub struct ControlSource {
    /// Who the edge is, and where the control plane listens.
    pub member: Member,
    /// What it said before.
    pub told: Told,
    /// A connection that is open already.
    pub connected: Option<Connected>,
}

/// Why an edge cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EdgeError {
    /// The address cannot be bound.
    #[error("edge.listen {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
}

/// Binds the address that the outside reaches.
///
/// # Errors
/// [`EdgeError::Listen`] when it is taken or not ours.
pub fn bind(address: SocketAddr) -> Result<TcpListener, EdgeError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG_CONNECTIONS_MAX)
    };
    bound().map_err(|error| EdgeError::Listen(address, error))
}

/// A running edge.
pub struct Edge {
    app: App,
    table: RouteTable,
    in_flight: Arc<AtomicUsize>,
    stopping: watch::Sender<bool>,
    cut: CancellationToken,
    connections: TaskTracker,
    accept: JoinHandle<()>,
    /// Listens for public versions and signs of life.
    _versions: AbortOnDropHandle<()>,
    feed: JoinHandle<()>,
}

type App = Arc<HttpProxy<EdgeService>>;

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Edge({} in flight)", self.in_flight.load(Ordering::Relaxed))
    }
}

impl Edge {
    /// Follows the feed and, as soon as it knows any routes, accepts connections; those that come before
    /// wait, and are not told that there is no such site.
    pub fn start(listener: TcpListener, config: EdgeConfig, source: RouteSource) -> Self {
        let (table, upstreams) = match &source {
            RouteSource::Local { upstreams, .. } => (RouteTable::default(), upstreams.clone()),
            RouteSource::Control(source) => (source.told.table(), source.told.upstreams()),
        };
        let in_flight = Arc::new(AtomicUsize::new(0));
        let limits = Limits::new(config.rate_limits_enabled, config.connections_max);
        let clock = config.clock.clone();
        let reception = Arc::new(Reception {
            timeouts: config.timeouts,
            trusted: config.trusted_proxies,
            clock: config.clock,
        });
        let versions = Versions::default();
        let following = versions.clone().follow(upstreams.clone(), clock.clone());
        let _versions = AbortOnDropHandle::new(tokio::spawn(following));
        let pulse = versions.pulse().clone();
        let cache = EdgeCache::new(config.cache_bytes_max, versions);
        let service = EdgeService {
            table: table.clone(),
            upstreams,
            peers: Peers::default(),
            cache,
            pulse,
            hosts: config.hosts,
            limits: limits.clone(),
            tenants: TenantLimits::new(config.tenant_in_flight_max, config.rate_limits_enabled),
            body_bytes_max: config.body_bytes_max,
            meter: config.meter.clone(),
            reception: reception.clone(),
            in_flight: in_flight.clone(),
        };
        let (stopping, stop) = watch::channel(false);
        let (cut, connections) = (CancellationToken::new(), TaskTracker::new());
        let feed = match source {
            RouteSource::Local { feed, .. } => {
                tokio::spawn(table.clone().follow(feed, stop.clone()))
            }
            RouteSource::Control(source) => {
                let ControlSource { member, told, connected } = *source;
                let session = Session { member, told, clock, meter: config.meter };
                tokio::spawn(session.run(connected, stop.clone()))
            }
        };
        let app = app(service, &config.timeouts);
        let accepting = Accepting {
            app: app.clone(),
            table: table.clone(),
            limits,
            reception,
            stop,
            cut: cut.clone(),
            connections: connections.clone(),
        };
        let accept = tokio::spawn(accepting.run(listener));
        Self { app, table, in_flight, stopping, cut, connections, accept, _versions, feed }
    }

    /// A check that outlives this edge: are routes in force, and is it not stopping?
    pub fn readiness(&self) -> impl Fn() -> bool + Send + Sync + 'static {
        let (table, stopping) = (self.table.clone(), self.stopping.subscribe());
        move || table.is_loaded() && !*stopping.borrow()
    }

    /// Accepts nothing more, waits up to `grace` for running requests, closes every connection.
    pub async fn stop(self, grace: Duration) {
        self.stop_accepting().await.finish(grace).await;
    }

    /// Accepts nothing more and follows the control plane no longer; requests go on.
    pub async fn stop_accepting(self) -> Draining {
        self.stopping.send_replace(true);
        // Neither task can fail in a way that matters now.
        let _ = self.accept.await;
        let _ = self.feed.await;
        let Self { app, in_flight, cut, connections, .. } = self;
        Draining { app, in_flight, cut, connections }
    }
}

/// An edge that accepts nothing more.
pub struct Draining {
    app: App,
    in_flight: Arc<AtomicUsize>,
    cut: CancellationToken,
    connections: TaskTracker,
}

impl std::fmt::Debug for Draining {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draining({} in flight)", self.in_flight.load(Ordering::Relaxed))
    }
}

impl Draining {
    /// Waits up to `grace` for running requests, closes every connection.
    pub async fn finish(self, grace: Duration) {
        // Wakes the connections that wait for their next request.
        self.app.cleanup().await;
        self.connections.close();
        let ended = self.connections.wait();
        if tokio::time::timeout(grace, ended).await.is_err() {
            let cut = self.in_flight.load(Ordering::Acquire);
            tracing::warn!(requests = cut, "connections were cut when the edge stopped");
        }
        self.cut.cancel();
        self.connections.wait().await;
    }
}

fn app(service: EdgeService, timeouts: &Timeouts) -> App {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let conf = ServerConf {
        threads,
        upstream_keepalive_pool_size: UPSTREAM_CONNECTIONS_KEPT_MAX,
        // Attempts in all: a kept connection may have been closed by the worker meanwhile, and the
        // worker may be the wrong one.
        max_retries: 3,
        ..ServerConf::default()
    };
    let mut proxy = http_proxy(&Arc::new(conf), service);
    let mut options = HttpServerOptions::default();
    options.keepalive_request_limit = Some(REQUESTS_PER_CONNECTION_MAX);
    options.h2_idle_timeout = Some(timeouts.http2_idle);
    proxy.server_options = Some(options);
    Arc::new(proxy)
}

struct Accepting {
    app: App,
    table: RouteTable,
    limits: Limits,
    reception: Arc<Reception>,
    stop: watch::Receiver<bool>,
    cut: CancellationToken,
    connections: TaskTracker,
}

impl Accepting {
    async fn run(mut self, listener: TcpListener) {
        tokio::select! {
            () = self.table.loaded() => {}
            _ = self.stop.changed() => return,
        }
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = self.stop.changed() => return,
            };
            match accepted {
                Ok((stream, client)) => {
                    // Over the limit the connection is closed at once, which costs the least.
                    if let Some(permit) = self.permit(client) {
                        self.serve(stream, client, permit);
                    }
                }
                Err(error) => {
                    // No descriptors, or a client that left: neither may become a busy loop.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            }
        }
    }

    /// Counts a connection for its client, as far as that is known before a byte was read.
    fn permit(&self, peer: SocketAddr) -> Option<ConnectionPermit> {
        let mut permit = self.limits.connect()?;
        let trusted = &self.reception.trusted;
        let is_known = !trusted.wants_preamble(peer.ip()) && !trusted.is_shared(peer.ip());
        (!is_known || permit.count_for(peer.ip())).then_some(permit)
    }

    fn serve(&self, stream: TcpStream, peer: SocketAddr, mut permit: ConnectionPermit) {
        let (app, stop, cut) = (self.app.clone(), self.stop.clone(), self.cut.clone());
        let reception = self.reception.clone();
        self.connections.spawn(async move {
            let served = async {
                let accepted = reception.accept(stream, peer, &mut permit).await;
                let guarded = accepted.and_then(|one| GuardedStream::new(one, reception.clone()));
                if let Some(stream) = guarded {
                    app.process_new(Box::new(stream), &stop).await;
                }
            };
            tokio::select! {
                () = served => {}
                () = cut.cancelled() => {}
            }
        });
    }
}
