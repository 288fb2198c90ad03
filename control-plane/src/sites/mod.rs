//! Sites: what customers own and the fleet calls tenants.
//!
//! A change stores the desired state and an operation in one transaction; `reconcile` then closes
//! the gap between desired and observed, at once and, after a crash, again.

mod model;
mod reconcile;
mod routes;
mod service;
pub(crate) mod store;

use std::sync::Arc;

use freehold_clock::Clock;
use freehold_credentials::SigningKey;
use freehold_db::Database;
use freehold_fleet::{Hosts, RouteFeed};
use tokio_util::task::TaskTracker;

use crate::fleet::Workers;
use crate::operations::Operations;

pub(crate) use model::{NewSite, Site, SiteBody, SiteState, SiteView, parse_new_site};
pub(crate) use reconcile::{assignment, routes as edge_routes};
pub(crate) use routes::routes;
pub(crate) use service::{Started, change_state, erase, place, run, run_inline};

/// What the use cases over sites need. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sites {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) fleet: Fleet,
    pub(crate) operations: Operations,
    pub(crate) tickets: SigningKey,
    /// Sites that an account may have before its e-mail is verified.
    pub(crate) unverified_sites_max: u64,
}

/// The way from a site to those who serve it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) feed: RouteFeed,
    pub(crate) workers: Workers,
    pub(crate) tasks: TaskTracker,
}
