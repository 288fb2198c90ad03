//! From the settings about the edge to what the edge takes.
//!
//! Configuration knows words and the edge knows types; neither imports the other.

use freehold_clock::Clock;
use freehold_config::{Config, ProxySource as Configured};
use freehold_fleet::{Hosts, Meter};
use freehold_proxy::{
    CONNECTIONS_MAX, EdgeConfig, EdgeError, ProxySource, Timeouts, TrustedProxies,
};
use listenfd::ListenFd;
use tokio::net::TcpListener;

/// Connections that an edge takes however few descriptors there are.
const CONNECTIONS_MIN: usize = 16;

/// How the edge of this platform is set up.
pub(crate) fn config(config: &Config, hosts: Hosts, clock: Clock, meter: Meter) -> EdgeConfig {
    EdgeConfig {
        meter,
        hosts,
        body_bytes_max: config.body_bytes_max,
        rate_limits_enabled: config.rate_limits_enabled,
        connections_max: connections_max(),
        tenant_in_flight_max: config.tenant_in_flight_max,
        cache_bytes_max: config.cache_bytes_max,
        trusted_proxies: trusted_proxies(config),
        timeouts: Timeouts::default(),
        clock,
    }
}

/// A quarter of the descriptors that this process may have: a request takes one for its client and, with
/// all planes in one process, three more on its way.
fn connections_max() -> usize {
    let (limit, _) = rlimit::getrlimit(rlimit::Resource::NOFILE).unwrap_or((u64::MAX, 0));
    usize::try_from(limit / 4).unwrap_or(usize::MAX).clamp(CONNECTIONS_MIN, CONNECTIONS_MAX)
}

/// The socket that the outside reaches: the one that whoever started this process passed on
/// (`LISTEN_FDS`, sd_listen_fds(3)), or one of its own at `edge.listen`.
///
/// A socket that is passed on outlives the process, so that connections wait instead of being
/// refused while one process ends and the next one starts.
pub(crate) fn listener(config: &Config) -> Result<TcpListener, EdgeError> {
    let failed = |error| EdgeError::Listen(config.edge_listen, error);
    match ListenFd::from_env().take_tcp_listener(0).map_err(failed)? {
        Some(passed) => {
            passed.set_nonblocking(true).map_err(failed)?;
            TcpListener::from_std(passed).map_err(failed)
        }
        None => freehold_proxy::bind(config.edge_listen),
    }
}

/// The proxies whose word about clients is believed.
fn trusted_proxies(config: &Config) -> TrustedProxies {
    let source = match &config.trusted_proxy_source {
        Configured::None => ProxySource::None,
        Configured::ProxyV2 => ProxySource::ProxyV2,
        // The configuration has checked the name; without one nobody is believed.
        Configured::Header(name) => ProxySource::header(name).unwrap_or_default(),
    };
    TrustedProxies { networks: config.trusted_proxies.clone(), source }
}
