//! From the settings about the edge to what the edge takes.
//!
//! Configuration knows words and the edge knows types; neither imports the other.

use freehold_clock::Clock;
use freehold_config::{Config, ProxySource as Configured};
use freehold_fleet::Hosts;
use freehold_proxy::{EdgeConfig, ProxySource, Timeouts, TrustedProxies};

/// How the edge of this platform is set up.
pub(crate) fn config(config: &Config, hosts: Hosts, clock: Clock) -> EdgeConfig {
    EdgeConfig {
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
