//! The only door to a tenant's store.
//!
//! [`Tenants::open`] opens each store once, however many callers come at the same moment, keeps
//! at most so many open, and closes the one used longest ago that nobody uses. A tenant in use is
//! never closed: every [`Tenant`] handle counts as a use.

mod claims;
mod compiled;
mod convert;
mod manifests;
mod quarantine;
mod room;
mod secrets;
mod slot;
mod stores;
mod tenant;
#[cfg(test)]
pub(crate) mod tests;
mod upkeep;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use freehold_clock::Clock;
use freehold_db::{Migration, PostgresOptions};
use freehold_fleet::{Assignment, Provision, SealedManifest};
use freehold_ids::{TenantId, WorkerId};
use freehold_objects::Objects;
use freehold_sealing::Key;
use parking_lot::RwLock;
use tokio_util::task::TaskTracker;

use crate::jobs::Due;
use crate::{PublicVersions, Seeding, StoreError};
use claims::Claims;
pub use compiled::Compiled;
use compiled::CompiledCache;
use manifests::Manifests;
use quarantine::Quarantines;
pub use room::OPEN_WAIT_SECONDS_MAX;
use room::Room;
use secrets::Sealer;
use slot::{Opening, Slot};
use stores::Stores;
pub use tenant::Tenant;

/// Stores that a worker keeps open when the configuration does not say.
pub const OPEN_TENANTS_MAX_DEFAULT: usize = 256;

/// How a worker keeps its tenants.
#[derive(Debug, Clone)]
pub struct TenantsConfig {
    /// The folder that holds one folder per tenant.
    pub root: PathBuf,
    /// Stores open at once at most.
    pub open_max: usize,
    /// How long a store stays open that nobody uses.
    pub idle_close: Duration,
    /// The Postgres databases that may hold stores, by name.
    pub databases: Vec<(String, PostgresOptions)>,
    /// The schema changes of stores, in order.
    pub migrations: &'static [Migration],
    /// Under which the worker is told the keys of its tenants.
    pub wrapping_key: Key,
    /// Where it claims a tenant before it first writes under an epoch, and its name there.
    pub claims: (Objects, WorkerId),
}

/// The tenants of one worker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tenants(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    sealer: Arc<Sealer>,
    claims: Claims,
    stores: Stores,
    kept: Arc<(CompiledCache, Quarantines)>,
    slots: RwLock<HashMap<TenantId, Arc<Slot>>>,
    versions: PublicVersions,
    due: Due,
    room: Arc<Room>,
    tasks: TaskTracker,
    manifests: Manifests,
    quarantines: Quarantines,
}

impl Tenants {
    /// Prepares the folder and the template from which new stores are copied.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be written.
    pub async fn new(config: TenantsConfig, clock: Clock) -> Result<Self, StoreError> {
        let tasks = TaskTracker::new();
        let quarantines =
            Quarantines::load(&config.root, clock.clone(), tasks.clone()).map_err(stores::io)?;
        let stores = Stores::new(config.root, &config.databases, config.migrations).await?;
        let room = Room::new(config.open_max, config.idle_close);
        let (objects, worker) = config.claims;
        let claims = Claims { objects, worker, clock: clock.clone() };
        let sealer = Sealer { wrapping: config.wrapping_key, clock: clock.clone() };
        Ok(Self(Arc::new(Shared {
            clock,
            sealer: Arc::new(sealer),
            claims,
            stores,
            kept: Arc::new((CompiledCache::default(), quarantines.clone())),
            slots: RwLock::default(),
            versions: PublicVersions::default(),
            due: Due::default(),
            room,
            tasks,
            manifests: Manifests::default(),
            quarantines,
        })))
    }

    /// Takes an assignment over; an older epoch than the one known is refused.
    ///
    /// # Errors
    /// [`StoreError::NotOwned`] for a stale epoch.
    pub fn assign(&self, mut assignment: Assignment) -> Result<(), StoreError> {
        let (tenant, manifest) = (assignment.tenant, assignment.manifest.take());
        self.take(tenant, assignment)?;
        self.keep_manifest(tenant, manifest);
        Ok(())
    }

    fn keep_manifest(&self, tenant: TenantId, manifest: Option<Box<SealedManifest>>) {
        if let Some(manifest) = manifest {
            self.0.manifests.keep(self.0.stores.directory(tenant), *manifest, &self.0.tasks);
        }
    }

    fn take(&self, tenant: TenantId, assignment: Assignment) -> Result<(), StoreError> {
        let mut slots = self.0.slots.write();
        match slots.get(&tenant) {
            Some(slot) => slot.reassign(assignment),
            None => {
                let public = self.0.versions.of(tenant);
                let alarm = self.0.due.alarm(tenant);
                let slot = Slot::new(assignment, public, alarm, self.0.kept.clone());
                slots.insert(tenant, Arc::new(slot));
                Ok(())
            }
        }
    }

    /// Under which this worker is told the keys of its tenants.
    pub fn wrapping_key(&self) -> &Key {
        &self.0.sealer.wrapping
    }

    /// Every assignment.
    pub fn assignments(&self) -> Vec<Assignment> {
        self.0.slots.read().values().map(|slot| (*slot.assignment()).clone()).collect()
    }

    /// Forgets every tenant but these. Their folders stay: whoever owns them now may need them.
    pub async fn retain(&self, own: &HashSet<TenantId>) {
        let gone: Vec<_> = {
            let mut slots = self.0.slots.write();
            let others: Vec<TenantId> =
                slots.keys().filter(|tenant| !own.contains(tenant)).copied().collect();
            others.iter().filter_map(|tenant| slots.remove(tenant)).collect()
        };
        for slot in gone {
            slot.give_up();
            slot.close().await;
        }
    }

    /// What is known of a tenant without opening it.
    pub fn assignment(&self, tenant: TenantId) -> Option<Arc<Assignment>> {
        self.0.slots.read().get(&tenant).map(|slot| slot.assignment())
    }

    /// Notes that some worker owns a tenant under this epoch. While this worker knows itself as the
    /// owner under an older one only, it reads and writes nothing of it.
    pub fn witness(&self, tenant: TenantId, epoch: u64) {
        if let Ok(slot) = self.slot(tenant) {
            slot.witness(epoch);
        }
    }

    /// Opens a tenant's store, or joins the others who have it open.
    ///
    /// # Errors
    /// [`StoreError::NotOwned`] for a tenant that is not assigned or not active,
    /// [`StoreError::Crowded`] when no room came free in time.
    pub async fn open(&self, tenant: TenantId) -> Result<Tenant, StoreError> {
        let slot = self.slot(tenant)?;
        slot.owned_epoch().ok_or(StoreError::NotOwned)?;
        let is_check_due = slot.is_check_due(self.0.clock.now());
        match slot.join(self.0.room.now()) {
            Some(tenant) if is_check_due => tenant.check().await.map(|()| tenant),
            Some(tenant) => Ok(tenant),
            // Who opens a store asks it in any case.
            None => self.open_slot(slot, None).await,
        }
    }

    /// Creates a tenant's store where it is not there yet: a copy of the template, then the
    /// modules' first rows in one transaction. Safe to run again after a crash at any point.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written; nothing half made is ever served.
    pub async fn provision(
        &self,
        provision: &Provision,
        seeds: &[Seeding],
    ) -> Result<(), StoreError> {
        let tenant = provision.assignment.tenant;
        self.take(tenant, provision.assignment.clone().without_manifest())?;
        let slot = self.slot(tenant)?;
        self.0.stores.make(tenant, &provision.assignment.engine).await?;
        if let Some(epoch) = slot.owned_epoch() {
            // Opening would ask for it, and open once more.
            slot.claim_outside(epoch, &self.0.claims, || self.0.room.now()).await?;
        }
        self.open_slot(slot, Some((provision, seeds))).await?;
        // Only beside a store that is whole.
        self.keep_manifest(tenant, provision.assignment.manifest.clone());
        Ok(())
    }

    /// Forgets a tenant and removes its folder, after its provisioning was given up.
    ///
    /// # Errors
    /// [`StoreError::NotOwned`] when a newer epoch is known.
    pub async fn discard(&self, tenant: TenantId, epoch: u64) -> Result<(), StoreError> {
        let slot = self.0.slots.read().get(&tenant).cloned();
        let engine = slot.as_ref().map(|slot| slot.assignment().engine.clone());
        if let Some(slot) = slot {
            if slot.assignment().epoch > epoch {
                return Err(StoreError::NotOwned);
            }
            self.0.slots.write().remove(&tenant);
            slot.give_up();
            slot.close().await;
        }
        self.0.stores.remove_all(tenant, engine.as_ref()).await?;
        self.0.claims.remove(tenant).await?;
        self.0.quarantines.remove(tenant).map_err(stores::io)
    }

    /// How many tenants are assigned, and how many of them are open.
    pub fn counts(&self) -> (usize, usize) {
        let slots = self.0.slots.read();
        let own = slots.values().filter(|slot| slot.assignment().owner.is_none());
        (own.count(), self.0.room.open_count())
    }

    /// The public versions of all tenants.
    pub fn versions(&self) -> &PublicVersions {
        &self.0.versions
    }

    /// When each tenant's work is next due.
    pub fn due(&self) -> &Due {
        &self.0.due
    }

    /// The public version of a tenant that this worker serves under this epoch. Its store need not
    /// be open: while the epoch is this worker's, nobody else moves the number on.
    pub fn public_version(&self, tenant: TenantId, epoch: u64) -> Option<u64> {
        let slot = self.slot(tenant).ok()?;
        (slot.owned_epoch() == Some(epoch)).then(|| slot.public().number())
    }

    /// Runs work that must end even when its caller has gone; [`Tenants::close`] waits for it.
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// The folder of all tenants.
    pub fn root(&self) -> &Path {
        self.0.stores.root()
    }

    /// Waits up to `grace` for running work, then closes every store.
    pub async fn close(&self, grace: Duration) {
        self.0.tasks.close();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(running = self.0.tasks.len(), "closing stores under running work");
        }
        self.0.room.close();
        let slots: Vec<_> = self.0.slots.read().values().cloned().collect();
        for slot in slots {
            slot.close().await;
        }
        self.0.stores.close().await;
    }

    fn slot(&self, tenant: TenantId) -> Result<Arc<Slot>, StoreError> {
        self.0.slots.read().get(&tenant).cloned().ok_or(StoreError::NotOwned)
    }

    async fn open_slot(
        &self,
        slot: Arc<Slot>,
        provision: Option<(&Provision, &[Seeding])>,
    ) -> Result<Tenant, StoreError> {
        let (shared, id) = (&self.0, slot.assignment().tenant);
        if let Some(quarantine) = shared.quarantines.of(id) {
            return Err(StoreError::Quarantined(quarantine));
        }
        // As it is assigned when its turn has come.
        let database = || shared.stores.open(id, &slot.assignment().engine);
        let (room, migrations) = (&shared.room, shared.stores.migrations());
        let with =
            Opening { provision, migrations, sealer: &shared.sealer, claims: &shared.claims };
        let tenant = slot.open(room, database, with).await?;
        room.opened(id, &slot);
        Ok(tenant)
    }
}
