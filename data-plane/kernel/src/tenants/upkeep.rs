//! What operators do with stores, whether or not they are served: migrate, check, release, count.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use freehold_db::Database;
use freehold_fleet::{
    Engine, Migrated, MigrationFacts, Quarantine, QuarantineCause, SchemaCount, SchemaCounts,
    StoreCheck,
};
use freehold_ids::TenantId;

use super::Tenants;
use super::slot::Slot;
use super::stores::io;
use crate::StoreError;

/// How long a look through one store may take; less than an order of the control plane.
const CHECK_SECONDS_MAX: u64 = 8;
/// Largest stores that are told of.
const LARGEST_TOLD_MAX: usize = 3;

impl Tenants {
    /// Stores in quarantine, as many as are told of.
    pub fn quarantined(&self) -> Vec<Quarantine> {
        self.0.quarantines.told()
    }

    /// The schema changes that this worker brings.
    pub fn migrations(&self) -> Vec<MigrationFacts> {
        let facts = self.0.stores.migrations().iter().map(|migration| MigrationFacts {
            version: migration.version,
            name: migration.name.to_owned(),
            changes: (migration.changes)().iter().map(|change| change.describe()).collect(),
        });
        facts.collect()
    }

    /// Brings a store to this worker's schema version; a suspended tenant's too. One that was
    /// closed is closed again.
    ///
    /// # Errors
    /// [`StoreError::Quarantined`] where the store is, or where its migration fails.
    pub async fn migrate(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, StoreError> {
        let slot = self.own_slot(tenant, epoch)?;
        if let Some(quarantine) = self.0.quarantines.of(tenant) {
            return Err(StoreError::Quarantined(quarantine));
        }
        let started = Instant::now();
        let schema_version = self.migrate_closed(&slot).await?;
        Ok(Migrated { schema_version, millis: millis(started) })
    }

    /// Looks through a store. One with problems is put in quarantine.
    ///
    /// # Errors
    /// [`StoreError`] when the look could not be finished.
    pub async fn check(&self, tenant: TenantId, epoch: u64) -> Result<StoreCheck, StoreError> {
        let slot = self.own_slot(tenant, epoch)?;
        let check = self.look_through(&slot).await?;
        if let Some(problem) = check.problems.first() {
            slot.quarantine(QuarantineCause::Damage, problem);
        }
        Ok(check)
    }

    /// Takes a store out of quarantine if it is in order and migrates; otherwise it stays there,
    /// with the newer reason.
    ///
    /// # Errors
    /// [`StoreError::Quarantined`] where it stays.
    pub async fn release(&self, tenant: TenantId, epoch: u64) -> Result<Migrated, StoreError> {
        let slot = self.own_slot(tenant, epoch)?;
        let started = Instant::now();
        if self.0.quarantines.of(tenant).is_some() {
            // What is open may be what lay there before.
            slot.close().await;
        }
        let check = self.look_through(&slot).await?;
        if let Some(problem) = check.problems.first() {
            let quarantine = slot.quarantine(QuarantineCause::Damage, problem);
            return Err(StoreError::Quarantined(quarantine));
        }
        // Still in quarantine, so that nobody opens the store before it is migrated.
        let schema_version = self.migrate_closed(&slot).await?;
        self.0.quarantines.remove(tenant).map_err(io)?;
        tracing::info!(%tenant, schema_version, "the tenant is released from quarantine");
        Ok(Migrated { schema_version, millis: millis(started) })
    }

    /// Counts stores by schema version, from their files' headers.
    pub async fn schemas(&self) -> SchemaCounts {
        let own: Vec<(TenantId, Engine)> = {
            let slots = self.0.slots.read();
            let own = slots.iter().filter(|(_, slot)| slot.assignment().owner.is_none());
            own.map(|(tenant, slot)| (*tenant, slot.assignment().engine.clone())).collect()
        };
        let tenants = self.clone();
        let counted = tokio::task::spawn_blocking(move || tenants.count(own));
        // A panic in it has been logged by the runtime already.
        counted.await.unwrap_or(SchemaCounts { counts: Vec::new(), largest: Vec::new() })
    }

    fn count(&self, own: Vec<(TenantId, Engine)>) -> SchemaCounts {
        let mut counts: BTreeMap<Option<i64>, u64> = BTreeMap::new();
        let mut sizes = Vec::with_capacity(own.len());
        for (tenant, engine) in own {
            let (version, bytes) = self.0.stores.glance(tenant, &engine);
            *counts.entry(version).or_default() += 1;
            sizes.push((std::cmp::Reverse(bytes), tenant));
        }
        sizes.sort_unstable();
        let counts = counts.into_iter();
        let count = |(schema_version, tenants)| SchemaCount { schema_version, tenants };
        let largest = sizes.into_iter().take(LARGEST_TOLD_MAX).map(|(_, tenant)| tenant);
        SchemaCounts { counts: counts.map(count).collect(), largest: largest.collect() }
    }

    fn own_slot(&self, tenant: TenantId, epoch: u64) -> Result<Arc<Slot>, StoreError> {
        let slot = self.slot(tenant)?;
        let assignment = slot.assignment();
        let is_own = assignment.epoch == epoch && assignment.owner.is_none();
        if is_own { Ok(slot) } else { Err(StoreError::NotOwned) }
    }

    async fn look_through(&self, slot: &Slot) -> Result<StoreCheck, StoreError> {
        let started = Instant::now();
        let wait = Duration::from_secs(CHECK_SECONDS_MAX);
        let (problems, schema_version) = slot.look_through(wait, || self.database(slot)).await?;
        Ok(StoreCheck { problems, schema_version, millis: millis(started) })
    }

    async fn migrate_closed(&self, slot: &Arc<Slot>) -> Result<i64, StoreError> {
        let with = (self.0.stores.migrations(), &self.0.claims, &*self.0.room);
        slot.migrate_closed(with, || self.database(slot)).await
    }

    fn database(&self, slot: &Slot) -> Result<Database, StoreError> {
        let assignment = slot.assignment();
        self.0.stores.open(assignment.tenant, &assignment.engine)
    }
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}
