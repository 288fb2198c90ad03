//! The work of a sweep: it lists the tenants, then migrates wave after wave.
//!
//! Every step may be run any number of times: a tenant stays on the list until its worker has said
//! that it is migrated, and a worker that is asked again says so again.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use freehold_db::{DbError, Writer};
use freehold_fleet::{LinkError, Migrated};
use freehold_ids::{TenantId, UpgradeId};
use futures::StreamExt as _;

use super::model::{Upgrade, UpgradeState, wave_of, why_halt};
use super::store::TenantWork;
use super::{store, stores};
use crate::faults;
use crate::sites::{self, Site, SiteState, Sites};

/// Tenants that are listed at a time.
const LISTED_AT_A_TIME_ROWS: u64 = 1_000;
/// Tenants that are migrated between two looks at how the wave goes.
const BATCH_TENANTS_MAX: u64 = 32;
/// Stores that one worker migrates at the same time.
pub(super) const AT_ONCE_PER_WORKER_MAX: usize = 4;
/// A stretch of work begins batches for so long, and another one follows. With a last batch of a
/// worker that lets every order time out it takes less than a job may.
const STRETCH_SECONDS: u64 = 30;

/// What came of one tenant.
enum Outcome {
    Migrated(Migrated),
    /// It is not there any more.
    Gone,
    /// It cannot be done now.
    Later,
    Failed(LinkError),
}

/// Goes on with a sweep for a while.
pub(crate) async fn advance(sites: &Sites, id: UpgradeId) -> Result<(), DbError> {
    let deadline = Instant::now() + Duration::from_secs(STRETCH_SECONDS);
    let mut after = None;
    while Instant::now() < deadline {
        let Some(upgrade) = store::by_id(&mut sites.db.read().await?, id).await? else { break };
        if upgrade.state != UpgradeState::Running {
            return Ok(());
        }
        if !upgrade.prepared {
            list(sites, upgrade).await?;
            continue;
        }
        let batch = store::waiting(&sites.db, &upgrade, after, BATCH_TENANTS_MAX).await?;
        match batch.last() {
            Some(last) => {
                after = Some(*last);
                migrate(sites, id, &batch).await?;
                faults::point("after_upgrade_batch");
            }
            // Those that were left could not be done now; they are tried again in a moment.
            None if after.is_some() && is_wave_unfinished(sites, &upgrade).await? => break,
            None => {
                after = None;
                next_wave(sites, upgrade).await?;
            }
        }
    }
    change(sites, id, |upgrade| upgrade.round += 1).await
}

async fn is_wave_unfinished(sites: &Sites, upgrade: &Upgrade) -> Result<bool, DbError> {
    let mut read = sites.db.read().await?;
    let wave = Some(upgrade.wave);
    Ok(store::count(&mut read, upgrade.id, TenantWork::Waiting, wave).await? > 0)
}

/// Changes a sweep as it is by now.
async fn change(
    sites: &Sites,
    id: UpgradeId,
    change: impl FnOnce(&mut Upgrade),
) -> Result<(), DbError> {
    let mut writer = sites.db.write().await?;
    let Some(mut upgrade) = store::by_id(&mut writer, id).await? else { return Ok(()) };
    change(&mut upgrade);
    upgrade.changed_at = sites.clock.now();
    store::put(&mut writer, &upgrade).await?;
    writer.commit().await
}

/// Writes the next rows of the sweep's list. Tenants that are quarantined already are left out:
/// they wait for an operator, not for a sweep.
async fn list(sites: &Sites, upgrade: Upgrade) -> Result<(), DbError> {
    let after = upgrade.prepared_after.as_deref().and_then(|id| id.parse().ok());
    let batch = sites::store::batch_after(&sites.db, after, LISTED_AT_A_TIME_ROWS).await?;
    let ids: Vec<TenantId> = batch.iter().map(|site| site.id).collect();
    let mut writer = sites.db.write().await?;
    let known = store::by_id(&mut writer, upgrade.id).await?;
    let is_unchanged = |known: &Upgrade| known.prepared_after == upgrade.prepared_after;
    let Some(mut known) = known.filter(is_unchanged) else { return Ok(()) };
    let quarantined = stores::quarantined(&mut writer, &ids).await?;
    // Canaries were listed when the sweep started.
    let canaries = store::canaries(&mut writer, known.id).await?;
    let mut number = known.total.saturating_sub(known.canaries).unsigned_abs();
    for site in &batch {
        let is_to_do =
            has_store(site) && !quarantined.contains_key(&site.id) && !canaries.contains(&site.id);
        if is_to_do {
            store::add(&mut writer, &known, site.id, wave_of(number)).await?;
            number += 1;
            known.total += 1;
        }
    }
    known.prepared = (batch.len() as u64) < LISTED_AT_A_TIME_ROWS;
    known.prepared_after = batch.last().map(|site| site.id.to_string());
    store::put(&mut writer, &known).await?;
    writer.commit().await
}

/// Whether a site has a store that its owner may want again.
pub(super) const fn has_store(site: &Site) -> bool {
    matches!(site.state, SiteState::Ready | SiteState::Suspended)
}

async fn migrate(sites: &Sites, id: UpgradeId, batch: &[TenantId]) -> Result<(), DbError> {
    let mut by_worker: HashMap<_, Vec<(TenantId, Option<Site>)>> = HashMap::new();
    for tenant in batch {
        // As it is now: it may have moved or gone since the list was made.
        let site = sites::store::by_id(&mut sites.db.read().await?, *tenant).await?;
        by_worker.entry(site.as_ref().map(|site| site.worker)).or_default().push((*tenant, site));
    }
    let workers = by_worker.into_values().map(|tenants| async move {
        let each = tenants.into_iter().map(|(tenant, site)| async move {
            (tenant, site.as_ref().map(|site| site.worker), migrate_one(sites, site).await)
        });
        let outcomes = futures::stream::iter(each).buffer_unordered(AT_ONCE_PER_WORKER_MAX);
        outcomes.collect::<Vec<_>>().await
    });
    let outcomes = futures::future::join_all(workers).await;
    let now = sites.clock.now();
    let mut writer = sites.db.write().await?;
    let Some(mut upgrade) = store::by_id(&mut writer, id).await? else { return Ok(()) };
    for (tenant, worker, outcome) in outcomes.into_iter().flatten() {
        match outcome {
            Outcome::Migrated(Migrated { schema_version, millis }) => {
                stores::told(&mut writer, tenant, schema_version, now).await?;
                if store::remove(&mut writer, tenant).await? {
                    upgrade.done += 1;
                    upgrade.millis += i64::try_from(millis).unwrap_or_default();
                }
            }
            Outcome::Gone => {
                if store::remove(&mut writer, tenant).await? {
                    upgrade.total -= 1;
                }
            }
            Outcome::Later => {}
            Outcome::Failed(error) => {
                let text = match &error {
                    LinkError::Quarantined(quarantine) => quarantine.reason.clone(),
                    other => other.to_string(),
                };
                tracing::error!(%tenant, error = text, "the tenant's store was not migrated");
                store::failed(&mut writer, tenant, &text, now).await?;
                if let (Some(worker), LinkError::Quarantined(quarantine)) = (worker, &error) {
                    stores::put(&mut writer, worker, quarantine).await?;
                }
            }
        }
    }
    halt_if_bad(&mut writer, &mut upgrade).await?;
    upgrade.changed_at = now;
    store::put(&mut writer, &upgrade).await?;
    writer.commit().await
}

async fn migrate_one(sites: &Sites, site: Option<Site>) -> Outcome {
    let Some(site) = site.filter(has_store) else { return Outcome::Gone };
    let Some(link) = sites.fleet.workers.link(site.worker) else { return Outcome::Later };
    match link.migrate(site.id, site.epoch).await {
        Ok(migrated) => Outcome::Migrated(migrated),
        // A tenant that moves is found at its new worker next time.
        Err(LinkError::Unreachable(_) | LinkError::StaleEpoch) => Outcome::Later,
        Err(error) => Outcome::Failed(error),
    }
}

async fn halt_if_bad(writer: &mut Writer, upgrade: &mut Upgrade) -> Result<(), DbError> {
    let wave = Some(upgrade.wave);
    let failed = store::count(writer, upgrade.id, TenantWork::Failed, wave).await?;
    if upgrade.state == UpgradeState::Running
        && let Some(reason) = why_halt(upgrade, failed)
    {
        tracing::error!(upgrade = %upgrade.id, reason, "the upgrade of the fleet has halted");
        (upgrade.state, upgrade.reason) = (UpgradeState::Halted, Some(reason));
    }
    Ok(())
}

/// Goes over to the next wave, or ends the sweep.
async fn next_wave(sites: &Sites, upgrade: Upgrade) -> Result<(), DbError> {
    let mut read = sites.db.read().await?;
    let left = store::count(&mut read, upgrade.id, TenantWork::Waiting, None).await?;
    drop(read);
    change(sites, upgrade.id, |upgrade| {
        if upgrade.state != UpgradeState::Running {
            return;
        }
        if left == 0 {
            tracing::info!(upgrade = %upgrade.id, done = upgrade.done, "the fleet is upgraded");
            upgrade.state = UpgradeState::Done;
        } else {
            upgrade.wave += 1;
        }
    })
    .await
}
