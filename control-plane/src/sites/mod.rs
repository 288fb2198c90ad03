//! Sites: what customers own and the fleet calls tenants.
//!
//! A change stores the desired state and an operation in one transaction; `reconcile` then closes
//! the gap between desired and observed, at once and, after a crash, again.

pub(crate) mod convert;
pub(crate) mod keys;
mod list;
mod model;
pub(crate) mod previous_slugs;
mod reconcile;
mod rename;
mod routes;
mod service;
mod slugs;
pub(crate) mod store;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use freehold_clock::Clock;
use freehold_credentials::SigningKey;
use freehold_db::Database;
use freehold_fleet::{Hosts, ManifestKey, RouteFeed, Upstreams};
use freehold_ids::TenantId;
use tokio_util::task::TaskTracker;

use crate::backup::BackupConfig;
use crate::fleet::{Connections, Workers};
use crate::master::Master;
use crate::operations::Operations;

pub(crate) use list::TENANTS;
pub(crate) use model::{NewSite, Site, SiteBody, SiteState, SiteView, parse_name, parse_new_site};
pub(crate) use reconcile::{EDGES_PATIENCE, assignment, owner, routes as edge_routes};
pub(crate) use rename::expire as expire_previous_slug;
pub(crate) use routes::{find_own, routes};
pub(crate) use service::{Started, change_state, erase, place, run, run_inline};
pub(crate) use slugs::routes as slug_routes;

/// Locks that sites share; two sites rarely meet at one.
const LOCKS: usize = 256;

/// What the use cases over sites need. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Sites {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    pub(crate) fleet: Fleet,
    pub(crate) operations: Operations,
    pub(crate) tickets: SigningKey,
    /// What keeps new sites.
    pub(crate) engine: convert::Wanted,
    /// Sites that an account may have before its e-mail is verified.
    pub(crate) unverified_sites_max: u64,
    /// One operation on a site at a time, so that the newest desired state is the last published.
    pub(crate) turns: Turns,
}

/// Locks of sites, a fixed number shared among all. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Turns(Arc<[tokio::sync::Mutex<()>]>);

impl Default for Turns {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| tokio::sync::Mutex::new(())).collect())
    }
}

impl Turns {
    /// Waits until no other operation on the site runs in this process.
    pub(crate) async fn take(&self, site: TenantId) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        site.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % LOCKS as u64).unwrap_or_default();
        self.0[at].lock().await
    }
}

/// The way from a site to those who serve it. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) hosts: Arc<Hosts>,
    pub(crate) feed: RouteFeed,
    pub(crate) workers: Workers,
    pub(crate) upstreams: Upstreams,
    pub(crate) connections: Connections,
    /// Seals what lies beside tenants' stores.
    pub(crate) manifests: ManifestKey,
    /// Under it lie the tenants' keys.
    pub(crate) master: Master,
    /// The fingerprint of the certificate authority, for join tokens.
    pub(crate) authority: Arc<str>,
    pub(crate) backup: Arc<BackupConfig>,
    pub(crate) tasks: TaskTracker,
}
