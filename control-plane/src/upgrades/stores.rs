//! What workers say of their stores: which schema version one has, and which they do not serve.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Filter, Insert, Reader, Row, Select, SqlValue, Writer,
};
use freehold_fleet::{CONTRACT_VERSION, QUARANTINED_TOLD_MAX, Quarantine, QuarantineCause, Unread};
use freehold_ids::{TenantId, WorkerId};
use tokio_util::sync::CancellationToken;

use crate::operations::store::typed;
use crate::sites::Sites;

const SCHEMAS: &str = "tenant_schemas";
const QUARANTINES: &str = "quarantines";
const COLUMNS: [&str; 4] = ["tenant_id", "cause", "reason", "since"];
/// How often workers are asked what they do not serve.
const WATCH_SECONDS: u64 = 5;

fn quarantine(row: &Row) -> Result<Quarantine, DbError> {
    Ok(Quarantine {
        version: CONTRACT_VERSION,
        tenant: typed(row, "tenant_id")?,
        cause: QuarantineCause::parse(&row.get::<String>("cause")?),
        reason: row.get("reason")?,
        since: row.get("since")?,
        unread: Unread::default(),
    })
}

fn of(tenants: &[TenantId]) -> Filter {
    let ids = tenants.iter().map(|tenant| SqlValue::from(tenant.to_string()));
    Filter::one_of("tenant_id", ids)
}

/// Which of these tenants are quarantined, and why.
pub(super) async fn quarantined(
    read: &mut Reader,
    tenants: &[TenantId],
) -> Result<HashMap<TenantId, Quarantine>, DbError> {
    let select = Select::from(QUARANTINES, COLUMNS).filter(of(tenants));
    let rows = read.rows(&select).await?;
    rows.iter().map(|row| quarantine(row).map(|known| (known.tenant, known))).collect()
}

/// The schema versions of these tenants' stores, where they are known.
pub(super) async fn versions(
    read: &mut Reader,
    tenants: &[TenantId],
) -> Result<HashMap<TenantId, i64>, DbError> {
    let select = Select::from(SCHEMAS, ["tenant_id", "version"]).filter(of(tenants));
    let rows = read.rows(&select).await?;
    rows.iter().map(|row| Ok((typed(row, "tenant_id")?, row.get("version")?))).collect()
}

/// Notes the schema version of a store. The caller commits.
pub(super) async fn told(
    writer: &mut Writer,
    tenant: TenantId,
    version: i64,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into(SCHEMAS)
        .set("tenant_id", tenant.to_string())
        .set("version", version)
        .set("told_at", now.0)
        .or_replace(["tenant_id"], ["version", "told_at"]);
    writer.insert(&insert).await.map(drop)
}

/// Notes a quarantine. The caller commits.
pub(super) async fn put(
    writer: &mut Writer,
    worker: WorkerId,
    quarantine: &Quarantine,
) -> Result<(), DbError> {
    let insert = Insert::into(QUARANTINES)
        .set("tenant_id", quarantine.tenant.to_string())
        .set("worker_id", worker.to_string())
        .set("cause", quarantine.cause.as_str())
        .set("reason", quarantine.reason.as_str())
        .set("since", quarantine.since)
        .or_replace(["tenant_id"], ["worker_id", "cause", "reason", "since"]);
    writer.insert(&insert).await.map(drop)
}

/// Notes that a quarantine is over. The caller commits.
pub(super) async fn remove(writer: &mut Writer, tenant: TenantId) -> Result<(), DbError> {
    let delete = Delete::from(QUARANTINES, Filter::eq("tenant_id", tenant.to_string()));
    writer.delete(&delete).await.map(drop)
}

/// Forgets what is known of the store of a tenant that is erased. The caller commits.
pub(crate) async fn forget(writer: &mut Writer, tenant: TenantId) -> Result<(), DbError> {
    remove(writer, tenant).await?;
    super::store::remove(writer, tenant).await?;
    let known = Filter::eq("tenant_id", tenant.to_string());
    writer.delete(&Delete::from(SCHEMAS, known)).await.map(drop)
}

/// Asks the workers again and again what they do not serve, until told to stop.
pub(crate) async fn watch(sites: Sites, stopping: CancellationToken) {
    loop {
        for worker in sites.fleet.workers.all() {
            let Some(link) = worker.link else { continue };
            // One that does not answer is seen as such elsewhere.
            let Ok(load) = link.load().await else { continue };
            if let Err(error) = take_over(&sites.db, worker.id, &load.quarantined).await {
                tracing::warn!(%error, "quarantines could not be written down");
            }
        }
        let pause = Duration::from_secs(WATCH_SECONDS);
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Makes a worker's quarantines those that it told; writes only what differs.
async fn take_over(
    db: &Database,
    worker: WorkerId,
    quarantined: &[Quarantine],
) -> Result<(), DbError> {
    let select = Select::from(QUARANTINES, COLUMNS)
        .filter(Filter::eq("worker_id", worker.to_string()))
        .page(QUARANTINED_TOLD_MAX as u64, 0);
    let known = db.read().await?.rows(&select).await?;
    let known: Vec<Quarantine> = known.iter().map(quarantine).collect::<Result<_, _>>()?;
    let is_same = |one: &&Quarantine| {
        let same = known.iter().find(|known| known.tenant == one.tenant);
        same.is_some_and(|same| same.reason == one.reason && same.since == one.since)
    };
    let told: HashSet<TenantId> = quarantined.iter().map(|one| one.tenant).collect();
    let fresh: Vec<&Quarantine> = quarantined.iter().filter(|one| !is_same(one)).collect();
    let over: Vec<&Quarantine> = known.iter().filter(|one| !told.contains(&one.tenant)).collect();
    if fresh.is_empty() && over.is_empty() {
        return Ok(());
    }
    let mut writer = db.write().await?;
    for one in fresh {
        tracing::error!(tenant = %one.tenant, reason = one.reason, "a tenant is quarantined");
        put(&mut writer, worker, one).await?;
    }
    for one in over {
        remove(&mut writer, one.tenant).await?;
    }
    writer.commit().await
}
