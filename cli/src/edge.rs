//! From the settings about the edge to what the edge takes.
//!
//! Configuration knows words and the edge knows types; neither imports the other.

use freehold_clock::Clock;
use freehold_config::{Config, ProxySource as Configured};
use freehold_fleet::{Hosts, Meter};
use freehold_proxy::{EdgeConfig, EdgeError, ProxySource, Timeouts, TrustedProxies};
use listenfd::ListenFd;
use tokio::net::TcpListener;

/// How the edge of this platform is set up.
pub(crate) fn config(config: &Config, hosts: Hosts, clock: Clock, meter: Meter) -> EdgeConfig {
    EdgeConfig {
        meter,
        hosts,
        body_bytes_max: config.body_bytes_max,
        rate_limits_enabled: config.rate_limits_enabled,
        tenant_in_flight_max: config.tenant_in_flight_max,
        cache_bytes_max: config.cache_bytes_max,
        trusted_proxies: trusted_proxies(config),
        timeouts: Timeouts::default(),
        clock,
    }
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
