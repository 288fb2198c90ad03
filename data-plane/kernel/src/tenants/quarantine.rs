//! Stores that this worker does not serve: their migration failed, or they are damaged.
//!
//! Each has a file of its own in one folder beside the stores, so that a restart reads the few that
//! there are and tries none of them again. Only an operator's release ends a quarantine; other
//! tenants never notice.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use freehold_clock::{Clock, UnixMs};
use freehold_db::{Database, DbError, Migration};
use freehold_fleet::{
    CONTRACT_VERSION, QUARANTINED_TOLD_MAX, Quarantine, QuarantineCause, REASON_CHARS_MAX, Unread,
};
use freehold_ids::TenantId;
use parking_lot::RwLock;
use tokio_util::task::TaskTracker;

use super::claims::Claims;
use super::room::Room;
use super::slot::Slot;
use super::tenant::epoch_of;
use crate::StoreError;

/// The folder beside the tenants' own.
const FOLDER: &str = "quarantine";

/// The quarantined stores of one worker. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Quarantines(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    all: RwLock<HashMap<TenantId, Arc<Quarantine>>>,
    clock: Clock,
    tasks: TaskTracker,
}

impl Quarantines {
    /// Reads what was quarantined before. A file that cannot be read quarantines its tenant all the
    /// same: it was written for some reason.
    pub(super) fn load(root: &Path, clock: Clock, tasks: TaskTracker) -> std::io::Result<Self> {
        let folder = root.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let mut all = HashMap::new();
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(tenant) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            let text = std::fs::read(entry.path())?;
            let quarantine = serde_json::from_slice(&text).unwrap_or_else(|error| {
                let reason = format!("the note of its quarantine cannot be read: {error}");
                note(tenant, QuarantineCause::Other, reason, clock.now())
            });
            all.insert(tenant, Arc::new(quarantine));
        }
        let quarantines = Self(Arc::new(Shared { folder, all: RwLock::new(all), clock, tasks }));
        quarantines.gauge();
        Ok(quarantines)
    }

    /// Why a tenant is not served, where it is not.
    pub(crate) fn of(&self, tenant: TenantId) -> Option<Arc<Quarantine>> {
        self.0.all.read().get(&tenant).cloned()
    }

    /// The quarantined stores, as many as are told to the control plane.
    pub(super) fn told(&self) -> Vec<Quarantine> {
        let all = self.0.all.read();
        all.values().take(QUARANTINED_TOLD_MAX).map(|one| (**one).clone()).collect()
    }

    /// Puts a tenant in quarantine; the newest reason is the one that counts.
    pub(crate) fn put(
        &self,
        tenant: TenantId,
        cause: QuarantineCause,
        reason: &str,
    ) -> Arc<Quarantine> {
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        let quarantine = Arc::new(note(tenant, cause, reason, self.0.clock.now()));
        let before = self.0.all.write().insert(tenant, quarantine.clone());
        if before.is_none_or(|before| before.reason != quarantine.reason) {
            let (cause, reason) = (cause.as_str(), &quarantine.reason);
            tracing::error!(%tenant, cause, reason, "the tenant is quarantined");
            metrics::counter!("freehold_worker_quarantines_total", "cause" => cause).increment(1);
        }
        self.gauge();
        let (quarantines, kept) = (self.clone(), quarantine.clone());
        self.0.tasks.spawn_blocking(move || quarantines.keep(&kept));
        quarantine
    }

    /// Ends a quarantine, durably.
    pub(super) fn remove(&self, tenant: TenantId) -> std::io::Result<()> {
        let mut all = self.0.all.write();
        match std::fs::remove_file(self.0.folder.join(tenant.to_string())) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::File::open(&self.0.folder)?.sync_all()?,
        }
        all.remove(&tenant);
        drop(all);
        self.gauge();
        Ok(())
    }

    /// Runs what a quarantine brings with it; a worker that stops waits for it.
    pub(crate) fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    fn keep(&self, quarantine: &Arc<Quarantine>) {
        let name = quarantine.tenant.to_string();
        // Nobody else may end or renew the quarantine while its note is written.
        let all = self.0.all.write();
        let is_newest =
            all.get(&quarantine.tenant).is_some_and(|known| Arc::ptr_eq(known, quarantine));
        let written = is_newest.then(|| self.write(&name, quarantine));
        drop(all);
        if let Some(Err(error)) = written {
            let tenant = quarantine.tenant;
            tracing::error!(%tenant, %error, "a quarantine holds until the next start only");
        }
    }

    fn write(&self, name: &str, quarantine: &Quarantine) -> std::io::Result<()> {
        let unfinished = self.0.folder.join(format!("{name}.new"));
        let text = serde_json::to_vec(quarantine)?;
        std::fs::write(&unfinished, text)?;
        std::fs::File::open(&unfinished)?.sync_all()?;
        std::fs::rename(&unfinished, self.0.folder.join(name))?;
        std::fs::File::open(&self.0.folder)?.sync_all()
    }

    fn gauge(&self) {
        metrics::gauge!("freehold_worker_tenants_quarantined").set(self.0.all.read().len() as f64);
    }
}

fn note(
    tenant: TenantId,
    cause: QuarantineCause,
    reason: String,
    UnixMs(since): UnixMs,
) -> Quarantine {
    let unread = Unread::default();
    Quarantine { version: CONTRACT_VERSION, tenant, cause, reason, since, unread }
}

impl Slot {
    /// Puts the tenant in quarantine and closes its store, whoever uses it: what they still ask of it
    /// fails, and what edges have kept of its answers is used no more.
    pub(super) fn quarantine(
        self: &Arc<Self>,
        cause: QuarantineCause,
        reason: &str,
    ) -> Arc<Quarantine> {
        let quarantines = self.quarantines();
        let quarantine = quarantines.put(self.assignment().tenant, cause, reason);
        self.public().advance(0);
        let slot = self.clone();
        quarantines.tasks().spawn(async move { slot.close_quarantined().await });
        quarantine
    }

    /// [`Slot::quarantine`] as the error that the caller gets.
    pub(super) fn found(self: &Arc<Self>, cause: QuarantineCause, reason: &str) -> StoreError {
        StoreError::Quarantined(self.quarantine(cause, reason))
    }

    /// What an error says of the store itself: one of a damaged store quarantines it.
    pub(super) fn judge(self: &Arc<Self>, error: StoreError) -> StoreError {
        match error {
            StoreError::Db(DbError::Damaged(reason)) => {
                self.found(QuarantineCause::Damage, &reason)
            }
            other => other,
        }
    }

    async fn close_quarantined(&self) {
        // By now it may have been released, and opened again.
        if self.refuse_quarantined().is_err() {
            self.close().await;
        }
    }

    /// Refuses a tenant in quarantine.
    pub(super) fn refuse_quarantined(&self) -> Result<(), StoreError> {
        let quarantined = self.quarantines().of(self.assignment().tenant);
        quarantined.map_or(Ok(()), |quarantine| Err(StoreError::Quarantined(quarantine)))
    }

    /// Migrates an open database. A store whose migration fails, other than for want of room or
    /// time, is quarantined as it was before that migration.
    pub(super) async fn migrate(
        self: &Arc<Self>,
        database: &Database,
        migrations: &[Migration],
        is_new: bool,
    ) -> Result<(), StoreError> {
        let Err(error) = database.migrate(migrations).await else { return Ok(()) };
        match error {
            DbError::Conflict { .. } | DbError::Shape(_) | DbError::Engine(_) if !is_new => {
                let found = database.schema_version().await?;
                let failed = migrations.iter().find(|migration| migration.version > found);
                let reason = match failed {
                    Some(Migration { version, name, .. }) => {
                        format!("migration {version} ({name}): {error}")
                    }
                    None => error.to_string(),
                };
                Err(self.found(QuarantineCause::Migration, &reason))
            }
            other => Err(other.into()),
        }
    }

    /// Migrates the store unless it is open, which means that it is migrated, and closes it again.
    /// Says which schema version it has.
    pub(super) async fn migrate_closed(
        self: &Arc<Self>,
        (migrations, claims, room): (&[Migration], &Claims, &Room),
        database: impl FnOnce() -> Result<Database, StoreError>,
    ) -> Result<i64, StoreError> {
        let _alone = self.alone().await;
        if let Some(open) = self.opened() {
            return Ok(open.database().schema_version().await?);
        }
        let database = database().map_err(|error| self.judge(error))?;
        let migrated = async {
            if database.schema_version().await? == 0 {
                return Err(DbError::Damaged("the store is empty".into()).into());
            }
            let stored = epoch_of(&mut database.read().await?, false).await?;
            let epoch = self.assignment().epoch;
            self.still_newest(epoch, stored)?;
            if stored != epoch {
                self.claim_outside(epoch, claims, || room.now()).await?;
            }
            self.migrate(&database, migrations, false).await?;
            Ok(database.schema_version().await?)
        };
        let migrated = migrated.await.map_err(|error| self.judge(error));
        database.close().await;
        migrated
    }

    /// What is wrong with the store, and which schema version it has; opened for this if it is closed.
    pub(super) async fn look_through(
        &self,
        wait: Duration,
        database: impl FnOnce() -> Result<Database, StoreError>,
    ) -> Result<(Vec<String>, Option<i64>), StoreError> {
        if let Some(open) = self.opened() {
            // Kept open by this handle; nobody waits for the look.
            return look_through(open.database(), wait).await;
        }
        let _alone = self.alone().await;
        let database = match database() {
            Err(StoreError::Db(DbError::Damaged(problem))) => return Ok((vec![problem], None)),
            other => other?,
        };
        let found = look_through(&database, wait).await;
        database.close().await;
        found
    }
}

async fn look_through(
    database: &Database,
    wait: Duration,
) -> Result<(Vec<String>, Option<i64>), StoreError> {
    let mut problems = match database.still_there() {
        Ok(()) => database.problems(wait).await?,
        Err(error) => vec![error.to_string()],
    };
    let version = match database.schema_version().await {
        Ok(version) => Some(version),
        Err(DbError::Damaged(_)) => None,
        Err(error) => return Err(error.into()),
    };
    if version == Some(0) {
        problems.push("the store is empty".to_owned());
    }
    Ok((problems, version))
}
