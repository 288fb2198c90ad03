//! Domains: hostnames of their owners' that lead to their sites.
//!
//! A name is held by one site at a time and proved in DNS, at first and every day after. What is
//! proved becomes a route and stops being one as the rows say; `change` is the one way to write them.

mod change;
mod dns;
mod list;
mod model;
mod name;
mod routes;
mod service;
pub(crate) mod store;
mod view;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use freehold_api::RateLimit;

use crate::sites::Sites;

pub(crate) use model::{Names, Served};
pub(crate) use routes::routes;
pub(crate) use service::{recheck, take_up};

/// Seconds between two checks of one domain that somebody asks for.
const CHECK_SECONDS_MIN: u64 = 5;

/// How domains are proved.
#[derive(Debug, Clone, Copy, Default)]
pub struct DomainsConfig {
    /// Whether names that nobody can own (below `localhost`, `test` and the like) need no proof.
    pub trust_reserved_names: bool,
    /// The DNS server to ask; `None` for the system's.
    pub resolver: Option<SocketAddr>,
}

/// What the use cases over domains need. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Domains {
    pub(crate) sites: Sites,
    resolver: dns::Resolver,
    trust_reserved_names: bool,
    checks: Arc<RateLimit>,
    /// Held from before a change is written until its routes are published, so that a name that goes
    /// from one site to another is published in that order.
    order: Arc<tokio::sync::Mutex<()>>,
}

impl Domains {
    pub(crate) fn new(sites: Sites, config: DomainsConfig, limited: bool) -> Self {
        let period = Duration::from_secs(CHECK_SECONDS_MIN);
        Self {
            sites,
            resolver: dns::Resolver::new(config.resolver),
            trust_reserved_names: config.trust_reserved_names,
            checks: Arc::new(RateLimit::new(limited, "domain-checks", 1, period)),
            order: Arc::default(),
        }
    }
}
