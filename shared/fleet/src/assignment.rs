//! What the control plane tells a worker: which tenants it owns, under which epoch, and how to
//! make a new one. Every call is idempotent, since operations are retried after a crash.

use async_trait::async_trait;
use freehold_ids::{MemberId, TenantId, WorkerId};
use freehold_sealing::WrappedKey;
use serde::{Deserialize, Serialize};

use crate::schema::{Migrated, MigrationFacts, Quarantine, SchemaCounts, StoreCheck};
use crate::{
    Engine, Hostname, Resealed, SealedManifest, Tended, Tending, Unread, UpstreamId, WrappingKey,
};

/// Whether a worker may serve a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TenantState {
    /// Serve it.
    Active,
    /// Keep its data, answer nothing.
    Suspended,
    /// Keep its data until it is erased, answer nothing.
    Deleted,
}

/// What a worker knows of a site besides its data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// The site's slug.
    pub slug: String,
    /// The origin below the platform's host, without a trailing slash; also the issuer of its
    /// tokens, which a change of domains leaves alone.
    pub url: String,
    /// The canonical public origin, where the owner chose a domain of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_url: Option<Box<str>>,
    /// The admin's public origin.
    pub admin_url: Box<str>,
    /// The hostname below the platform's host.
    pub hostname: Hostname,
    /// Ask search engines to stay away, while nobody vouches for the owner.
    pub noindex: bool,
    /// What a newer release says besides.
    #[serde(flatten)]
    pub unread: Unread,
}

impl SiteFacts {
    /// The origin of absolute links to public pages, without a trailing slash.
    pub fn public_url(&self) -> &str {
        self.canonical_url.as_deref().unwrap_or(&self.url)
    }
}

/// One tenant of one worker. A worker keeps one for each tenant that sleeps, so what is hardly ever there takes
/// little room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// [`crate::CONTRACT_VERSION`] of the sender.
    pub version: u16,
    /// Whose store.
    pub tenant: TenantId,
    /// Grows with every change of owner.
    pub epoch: u64,
    /// Whether to serve it.
    pub state: TenantState,
    /// What the site is called and where it lives.
    pub site: SiteFacts,
    /// The worker that owns the tenant under this epoch, where it is another one. Then nothing of
    /// it is read, written or answered here, whatever the state is; who asks is told whom to ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Box<UpstreamId>>,
    /// How the store is kept.
    #[serde(default, skip_serializing_if = "Engine::is_sqlite")]
    pub engine: Engine,
    /// The tenant's keys, the newest first, under the worker's own key. Those that are no longer the
    /// newest open what was sealed before.
    #[serde(default, skip_serializing_if = "no_keys")]
    pub keys: Box<[WrappedKey]>,
    /// What is to lie beside the store; absent where it need not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<Box<SealedManifest>>,
    /// What a newer release says besides.
    #[serde(flatten)]
    pub unread: Unread,
}

fn no_keys(keys: &[WrappedKey]) -> bool {
    keys.is_empty()
}

impl Assignment {
    /// Without what lies beside the store: as it is remembered.
    #[must_use]
    pub fn without_manifest(self) -> Self {
        Self { manifest: None, ..self }
    }

    /// What a worker is told when another one owns its tenant from this epoch on.
    #[must_use]
    pub fn given_to(self, owner: UpstreamId, epoch: u64) -> Self {
        // A release that does not know of owners serves nothing of a deleted tenant either.
        let state = TenantState::Deleted;
        Self { epoch, state, owner: Some(Box::new(owner)), keys: Box::default(), ..self }
    }

    /// Whether the worker that has this may read and write the tenant's store.
    pub fn is_active(&self) -> bool {
        self.state == TenantState::Active && self.owner.is_none()
    }
}

/// What a new store starts with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provision {
    /// The tenant, under the epoch it was placed with.
    pub assignment: Assignment,
    /// The site's display name.
    pub name: String,
    /// Who owns it.
    pub owner: MemberId,
    /// The owner's e-mail.
    pub owner_email: String,
}

/// A worker's answer to a heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerLoad {
    /// Who answers.
    pub worker: WorkerId,
    /// Tenants assigned to it.
    pub tenants_assigned: u64,
    /// Stores open now.
    pub tenants_open: u64,
    /// Bytes free on the volume that holds its stores; `None` where the system does not say.
    pub disk_free_bytes: Option<u64>,
    /// The schema changes of tenants' stores that it brings, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub migrations: Vec<MigrationFacts>,
    /// Stores that it does not serve, [`crate::QUARANTINED_TOLD_MAX`] at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quarantined: Vec<Quarantine>,
}

/// Why a worker could not do as told.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// It cannot be reached or is stopping; worth another try.
    #[error("the worker cannot be reached: {0}")]
    Unreachable(String),
    /// It tried and failed; the text is for operators.
    #[error("the worker failed: {0}")]
    Failed(String),
    /// The order is older than what the worker knows.
    #[error("the epoch is stale")]
    StaleEpoch,
    /// The store is in quarantine.
    #[error("the store is in quarantine: {}", .0.reason)]
    Quarantined(Box<Quarantine>),
}

/// The control plane's line to one worker.
#[async_trait]
pub trait WorkerLink: Send + Sync {
    /// Makes the worker own the tenant under this epoch and state.
    async fn assign(&self, assignment: Assignment) -> Result<(), LinkError>;

    /// Creates the tenant's store where it is not there yet, and assigns it.
    async fn provision(&self, provision: Provision) -> Result<(), LinkError>;

    /// Copies a tenant's rows into an empty store of another engine, from which it is served by the
    /// next assignment. The assignment that comes with this says how they are kept now and lets
    /// nobody use them meanwhile. What an earlier try left of the copy is removed first.
    async fn convert(&self, assignment: Assignment, to: Engine) -> Result<(), LinkError>;

    /// Removes a store that a tenant was converted from. Not the one that its assignment names.
    async fn retire(&self, tenant: TenantId, engine: Engine) -> Result<(), LinkError>;

    /// Removes the assignment and every trace of a store whose provisioning was given up.
    async fn discard(&self, tenant: TenantId, epoch: u64) -> Result<(), LinkError>;

    /// Reads the worker's load.
    async fn load(&self) -> Result<WorkerLoad, LinkError>;

    /// Asks what operators want to know or have done of the work of a tenant.
    async fn tend(&self, tenant: TenantId, what: Tending) -> Result<Tended, LinkError>;

    /// Brings a tenant's store to the worker's schema version.
    async fn migrate(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, LinkError>;

    /// Looks through a tenant's store. One with problems is quarantined.
    async fn check(&self, tenant: TenantId, epoch: u64) -> Result<StoreCheck, LinkError>;

    /// Takes a tenant's store out of quarantine, if a check and the migration have nothing against
    /// it.
    async fn release(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, LinkError>;

    /// Seals the secrets in a tenant's store under the newest of its keys that the worker was told.
    async fn reseal(&self, tenant: TenantId, epoch: u64) -> Result<Resealed, LinkError>;

    /// Under which the worker is told the keys of its tenants; `None` where its release knows none.
    fn wrapping_key(&self) -> Option<WrappingKey>;

    /// Counts the worker's stores by schema version.
    async fn schemas(&self) -> Result<SchemaCounts, LinkError>;
}
