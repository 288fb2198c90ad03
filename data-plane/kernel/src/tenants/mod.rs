//! The only door to a tenant's store.
//!
//! [`Tenants::open`] opens each store once, however many callers come at the same moment, keeps
//! at most so many open, and closes the one used longest ago that nobody uses. A tenant in use is
//! never closed: every [`Tenant`] handle counts as a use.

mod manifests;
mod quarantine;
mod slot;
mod tenant;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use freehold_clock::Clock;
use freehold_db::{Catalog, Database, DatabaseOptions, DbError, Migration};
use freehold_fleet::{Assignment, Provision, SealedManifest};
use freehold_ids::TenantId;
use parking_lot::RwLock;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::{PublicVersions, Seeding, StoreError};
use manifests::Manifests;
use quarantine::Quarantines;
use slot::{Opening, Slot};
pub use tenant::Tenant;

/// Stores that a worker keeps open when the configuration does not say.
pub const OPEN_TENANTS_MAX_DEFAULT: usize = 256;
/// How long a caller waits for room before it is turned away.
pub const OPEN_WAIT_SECONDS_MAX: u64 = 10;
/// How often a caller without room looks whether a store has become idle.
const ROOM_PAUSE_MS: u64 = 5;
/// Read-only connections of one store at most.
const READERS_PER_TENANT_MAX: u32 = 4;

/// How a worker keeps its tenants.
#[derive(Debug, Clone)]
pub struct TenantsConfig {
    /// The folder that holds one folder per tenant.
    pub root: PathBuf,
    /// Stores open at once at most.
    pub open_max: usize,
    /// The schema changes of stores, in order.
    pub migrations: &'static [Migration],
}

/// The tenants of one worker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tenants(Arc<Shared>);

/// What a caller who wants to open a store gets.
enum Room {
    Permit(tokio::sync::OwnedSemaphorePermit),
    Joined(Tenant),
}

#[derive(Debug)]
struct Shared {
    config: TenantsConfig,
    clock: Clock,
    catalog: Arc<Catalog>,
    template: PathBuf,
    slots: RwLock<HashMap<TenantId, Arc<Slot>>>,
    versions: PublicVersions,
    room: Arc<Semaphore>,
    ticks: AtomicU64,
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
        std::fs::create_dir_all(&config.root).map_err(io)?;
        let catalog = Arc::new(Catalog::of(config.migrations));
        let template = prepare_template(&config, &catalog).await?;
        let tasks = TaskTracker::new();
        let quarantines =
            Quarantines::load(&config.root, clock.clone(), tasks.clone()).map_err(io)?;
        let room = Arc::new(Semaphore::new(config.open_max.max(1)));
        Ok(Self(Arc::new(Shared {
            config,
            clock,
            catalog,
            template,
            slots: RwLock::default(),
            versions: PublicVersions::default(),
            room,
            ticks: AtomicU64::new(0),
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

    fn keep_manifest(&self, tenant: TenantId, manifest: Option<SealedManifest>) {
        if let Some(manifest) = manifest {
            self.0.manifests.keep(self.directory(tenant), manifest, &self.0.tasks);
        }
    }

    fn take(&self, tenant: TenantId, assignment: Assignment) -> Result<(), StoreError> {
        let mut slots = self.0.slots.write();
        match slots.get(&tenant) {
            Some(slot) => slot.reassign(assignment),
            None => {
                let public = self.0.versions.of(tenant);
                let quarantines = self.0.quarantines.clone();
                slots.insert(tenant, Arc::new(Slot::new(assignment, public, quarantines)));
                Ok(())
            }
        }
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
        let tenant = self.open_slot(slot, None).await?;
        if is_check_due {
            tenant.check().await?;
        }
        Ok(tenant)
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
        let directory = self.directory(tenant);
        copy_template(&self.0.template, &directory)?;
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
        if let Some(slot) = slot {
            if slot.assignment().epoch > epoch {
                return Err(StoreError::NotOwned);
            }
            self.0.slots.write().remove(&tenant);
            slot.give_up();
            slot.close().await;
        }
        match std::fs::remove_dir_all(self.directory(tenant)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
        self.0.quarantines.remove(tenant).map_err(io)
    }

    /// How many tenants are assigned, and how many of them are open.
    pub fn counts(&self) -> (usize, usize) {
        let slots = self.0.slots.read();
        let own = slots.values().filter(|slot| slot.assignment().owner.is_none());
        (own.count(), slots.values().filter(|slot| slot.is_open()).count())
    }

    /// The public versions of all tenants.
    pub fn versions(&self) -> &PublicVersions {
        &self.0.versions
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
        &self.0.config.root
    }

    /// Waits up to `grace` for running work, then closes every store.
    pub async fn close(&self, grace: Duration) {
        self.0.tasks.close();
        if tokio::time::timeout(grace, self.0.tasks.wait()).await.is_err() {
            tracing::warn!(running = self.0.tasks.len(), "closing stores under running work");
        }
        let slots: Vec<_> = self.0.slots.read().values().cloned().collect();
        for slot in slots {
            slot.close().await;
        }
    }

    fn slot(&self, tenant: TenantId) -> Result<Arc<Slot>, StoreError> {
        self.0.slots.read().get(&tenant).cloned().ok_or(StoreError::NotOwned)
    }

    async fn open_slot(
        &self,
        slot: Arc<Slot>,
        provision: Option<(&Provision, &[Seeding])>,
    ) -> Result<Tenant, StoreError> {
        if let Some(quarantine) = self.0.quarantines.of(slot.assignment().tenant) {
            return Err(StoreError::Quarantined(quarantine));
        }
        let tick = self.0.ticks.fetch_add(1, Ordering::Relaxed);
        if let Some(tenant) = slot.join(tick) {
            return Ok(tenant);
        }
        let room = match self.room(&slot, tick).await? {
            Room::Permit(permit) => permit,
            Room::Joined(tenant) => return Ok(tenant),
        };
        let tenant = slot.assignment().tenant;
        let with =
            Opening { provision, migrations: self.0.config.migrations, clock: &self.0.clock };
        slot.open(tick, room, || self.database(tenant), with).await
    }

    /// Room for one more store, made by closing the one used longest ago; or the tenant itself,
    /// when another caller opened it meanwhile.
    async fn room(&self, slot: &Arc<Slot>, tick: u64) -> Result<Room, StoreError> {
        let wait = async {
            loop {
                if let Some(tenant) = slot.join(tick) {
                    return Room::Joined(tenant);
                }
                if let Ok(permit) = self.0.room.clone().try_acquire_owned() {
                    return Room::Permit(permit);
                }
                if self.evict_one().await {
                    continue;
                }
                // Everything open is in use: look again soon, or as soon as a store was closed.
                let pause = Duration::from_millis(ROOM_PAUSE_MS);
                let released = self.0.room.clone().acquire_owned();
                if let Ok(Ok(permit)) = tokio::time::timeout(pause, released).await {
                    return Room::Permit(permit);
                }
            }
        };
        let deadline = Duration::from_secs(OPEN_WAIT_SECONDS_MAX);
        tokio::time::timeout(deadline, wait).await.map_err(|_| StoreError::Crowded)
    }

    async fn evict_one(&self) -> bool {
        let victim = {
            let slots = self.0.slots.read();
            let idle = slots.values().filter(|slot| slot.is_idle());
            idle.min_by_key(|slot| slot.last_used()).cloned()
        };
        match victim {
            Some(slot) => slot.close_if_idle().await,
            None => false,
        }
    }

    /// `<root>/<last two letters>/<id>`, so that no folder holds a hundred thousand others.
    fn directory(&self, tenant: TenantId) -> PathBuf {
        let name = tenant.to_string();
        let shard = &name[name.len() - 2..];
        self.0.config.root.join(shard).join(&name)
    }
}

/// Makes the migrated, empty store that new tenants are copied from. It is made anew at every
/// start, so that it always has this release's schema.
async fn prepare_template(
    config: &TenantsConfig,
    catalog: &Arc<Catalog>,
) -> Result<PathBuf, StoreError> {
    let root = &config.root;
    let path = root.join("template.db");
    for leftover in ["template.db", "template.db-wal", "template.db-shm"] {
        match std::fs::remove_file(root.join(leftover)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
            _ => {}
        }
    }
    let options = DatabaseOptions { path: path.clone(), create: true, readers_max: 1 };
    let template = Database::open(&options, catalog.clone())?;
    template.migrate(config.migrations).await?;
    template.close().await;
    Ok(path)
}

/// Puts a copy of the template where the store belongs, whole or not at all.
fn copy_template(template: &Path, directory: &Path) -> Result<(), StoreError> {
    let store = directory.join("site.db");
    if store.is_file() {
        return Ok(());
    }
    std::fs::create_dir_all(directory).map_err(io)?;
    let unfinished = directory.join("site.db.new");
    std::fs::copy(template, &unfinished).map_err(io)?;
    std::fs::File::open(&unfinished).and_then(|file| file.sync_all()).map_err(io)?;
    std::fs::rename(&unfinished, &store).map_err(io)?;
    // The store's folder, its shard and the root: each names the next one.
    for folder in directory.ancestors().take(3) {
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(())
}

fn io(error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::StorageFull {
        return DbError::Full.into();
    }
    DbError::Io(error.to_string()).into()
}
