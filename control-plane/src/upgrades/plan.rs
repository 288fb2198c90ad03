//! What a sweep would do, and its start.

use std::collections::HashSet;

use freehold_db::DbError;
use freehold_fleet::{MigrationFacts, SchemaCount};
use freehold_ids::{TenantId, UpgradeId, WorkerId};

use super::model::{Upgrade, UpgradeState};
use super::sweep::has_store;
use super::{store, stores};
use crate::sites::{self, Sites};

/// Migrating one store takes so long where no sweep has measured it yet.
const MILLIS_PER_TENANT_GUESSED: u64 = 20;

/// What a sweep would do at one worker.
#[derive(Debug)]
pub(super) struct WorkerPlan {
    pub(super) worker: WorkerId,
    pub(super) name: String,
    /// `None` where it does not answer, or is of a release that cannot say.
    pub(super) said: Option<Said>,
}

/// What a worker said of its stores.
#[derive(Debug)]
pub(super) struct Said {
    /// The schema version that its release brings.
    pub(super) newest: i64,
    pub(super) counts: Vec<SchemaCount>,
    /// The changes that some of its stores do not have yet.
    pub(super) missing: Vec<MigrationFacts>,
    /// Tenants whose store is older than the release, or may be.
    pub(super) to_migrate: u64,
    pub(super) estimated_millis: u64,
    largest: Vec<TenantId>,
}

/// What a sweep would do, worker by worker.
pub(super) async fn plan(sites: &Sites) -> Result<Vec<WorkerPlan>, DbError> {
    let before = store::newest(&mut sites.db.read().await?).await?;
    let measured = before.filter(|upgrade| upgrade.done > 0);
    let each = measured.map_or(MILLIS_PER_TENANT_GUESSED, |upgrade| {
        upgrade.millis.unsigned_abs().div_ceil(upgrade.done.unsigned_abs())
    });
    let asked = sites.fleet.workers.all().into_iter().map(|worker| async move {
        let said = match &worker.link {
            Some(link) => match (link.load().await, link.schemas().await) {
                (Ok(load), Ok(schemas)) => Some(said(load.migrations, schemas, each)),
                _ => None,
            },
            None => None,
        };
        WorkerPlan { worker: worker.id, name: worker.name, said }
    });
    Ok(futures::future::join_all(asked).await)
}

fn said(
    migrations: Vec<MigrationFacts>,
    freehold_fleet::SchemaCounts { counts, largest }: freehold_fleet::SchemaCounts,
    millis_each: u64,
) -> Said {
    let newest = migrations.last().map_or(0, |migration| migration.version);
    let is_older = |count: &&SchemaCount| count.schema_version.is_none_or(|found| found < newest);
    let to_migrate = counts.iter().filter(is_older).map(|count| count.tenants).sum();
    let oldest = counts.iter().filter_map(|count| count.schema_version).min().unwrap_or(newest);
    let missing = migrations.into_iter().filter(|migration| migration.version > oldest).collect();
    let estimated_millis = millis_each * to_migrate / super::sweep::AT_ONCE_PER_WORKER_MAX as u64;
    Said { newest, counts, missing, to_migrate, estimated_millis, largest }
}

/// Why a sweep was not started.
pub(super) enum NotStarted {
    /// Another one is not over.
    Unfinished,
    Db(DbError),
}

impl From<DbError> for NotStarted {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

/// Starts a sweep with the largest stores of each worker as canaries.
pub(super) async fn start(
    sites: &Sites,
    failures_max: i64,
    failures_percent_max: i64,
) -> Result<Upgrade, NotStarted> {
    let plans = plan(sites).await?;
    let largest = plans.into_iter().filter_map(|plan| plan.said).flat_map(|said| said.largest);
    let canaries: HashSet<TenantId> = largest.collect();
    let now = sites.clock.now();
    let mut upgrade = Upgrade {
        id: UpgradeId::from_random(sites.clock.random_bits()),
        state: UpgradeState::Running,
        reason: None,
        wave: 0,
        failures_max,
        failures_percent_max,
        prepared_after: None,
        prepared: false,
        canaries: 0,
        total: 0,
        done: 0,
        millis: 0,
        round: 0,
        created_at: now,
        changed_at: now,
    };
    let mut writer = sites.db.write().await?;
    let before = store::newest(&mut writer).await?;
    if before.is_some_and(|before| before.state != UpgradeState::Done) {
        return Err(NotStarted::Unfinished);
    }
    let ids: Vec<TenantId> = canaries.into_iter().collect();
    let quarantined = stores::quarantined(&mut writer, &ids).await?;
    for tenant in ids {
        let site = sites::store::by_id(&mut writer, tenant).await?;
        if site.is_some_and(|site| has_store(&site)) && !quarantined.contains_key(&tenant) {
            store::add(&mut writer, &upgrade, tenant, 0).await?;
            upgrade.canaries += 1;
        }
    }
    upgrade.total = upgrade.canaries;
    store::put(&mut writer, &upgrade).await?;
    writer.commit().await?;
    tracing::info!(upgrade = %upgrade.id, "an upgrade of the fleet has started");
    Ok(upgrade)
}
