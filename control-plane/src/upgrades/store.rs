//! The sweeps' tables: one row a sweep, and one for each tenant that it has not migrated yet.

use std::collections::HashSet;

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Reader, Row, Select, Update, Writer,
};
use freehold_ids::{TenantId, UpgradeId};

use super::model::{Upgrade, UpgradeState};
use crate::operations::store::typed;

const TABLE: &str = "upgrades";
const TENANTS: &str = "upgrade_tenants";
const COLUMNS: [&str; 15] = [
    "id",
    "state",
    "reason",
    "wave",
    "failures_max",
    "failures_percent_max",
    "prepared_after",
    "prepared",
    "canaries",
    "total",
    "done",
    "millis",
    "round",
    "created_at",
    "changed_at",
];

/// What became of a tenant that is not migrated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TenantWork {
    /// Its turn has not come, or its worker was away.
    Waiting,
    /// It could not be migrated.
    Failed,
    /// The same, and an operator let the sweep go on.
    Accepted,
}

impl TenantWork {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Accepted => "accepted",
        }
    }
}

/// A tenant that a sweep could not migrate.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) tenant: TenantId,
    pub(super) wave: i64,
    pub(super) error: String,
}

fn upgrade(row: &Row) -> Result<Upgrade, DbError> {
    let state: String = row.get("state")?;
    Ok(Upgrade {
        id: typed(row, "id")?,
        state: UpgradeState::parse(&state)
            .ok_or_else(|| DbError::Shape("upgrades.state".into()))?,
        reason: row.get("reason")?,
        wave: row.get("wave")?,
        failures_max: row.get("failures_max")?,
        failures_percent_max: row.get("failures_percent_max")?,
        prepared_after: row.get("prepared_after")?,
        prepared: row.get("prepared")?,
        canaries: row.get("canaries")?,
        total: row.get("total")?,
        done: row.get("done")?,
        millis: row.get("millis")?,
        round: row.get("round")?,
        created_at: UnixMs(row.get("created_at")?),
        changed_at: UnixMs(row.get("changed_at")?),
    })
}

/// Writes a sweep, whole, over what was known of it. The caller commits.
pub(super) async fn put(writer: &mut Writer, upgrade: &Upgrade) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("id", upgrade.id.to_string())
        .set("state", upgrade.state.as_str())
        .set("reason", upgrade.reason.clone())
        .set("wave", upgrade.wave)
        .set("failures_max", upgrade.failures_max)
        .set("failures_percent_max", upgrade.failures_percent_max)
        .set("prepared_after", upgrade.prepared_after.clone())
        .set("prepared", upgrade.prepared)
        .set("canaries", upgrade.canaries)
        .set("total", upgrade.total)
        .set("done", upgrade.done)
        .set("millis", upgrade.millis)
        .set("round", upgrade.round)
        .set("created_at", upgrade.created_at.0)
        .set("changed_at", upgrade.changed_at.0);
    let changing = [
        "state",
        "reason",
        "wave",
        "prepared_after",
        "prepared",
        "total",
        "done",
        "millis",
        "round",
        "changed_at",
    ];
    writer.insert(&insert.or_replace(["id"], changing)).await.map(drop)
}

/// The newest sweep, over or not.
pub(super) async fn newest(read: &mut Reader) -> Result<Option<Upgrade>, DbError> {
    let select = Select::from(TABLE, COLUMNS).order("created_at", Direction::Descending).page(1, 0);
    read.optional(&select).await?.as_ref().map(upgrade).transpose()
}

/// The sweep that goes on now, if there is one.
pub(crate) async fn running(db: &Database) -> Result<Option<Upgrade>, DbError> {
    let newest = newest(&mut db.read().await?).await?;
    Ok(newest.filter(|upgrade| upgrade.state == UpgradeState::Running))
}

pub(super) async fn by_id(read: &mut Reader, id: UpgradeId) -> Result<Option<Upgrade>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(Filter::eq("id", id.to_string()));
    read.optional(&select).await?.as_ref().map(upgrade).transpose()
}

/// Notes that a tenant is to be migrated. The caller commits.
pub(super) async fn add(
    writer: &mut Writer,
    upgrade: &Upgrade,
    tenant: TenantId,
    wave: i64,
) -> Result<(), DbError> {
    let insert = Insert::into(TENANTS)
        .set("tenant_id", tenant.to_string())
        .set("upgrade_id", upgrade.id.to_string())
        .set("wave", wave)
        .set("state", TenantWork::Waiting.as_str())
        .set("error", None::<String>)
        .set("changed_at", upgrade.changed_at.0);
    // A tenant that an earlier sweep could not migrate gets its chance.
    let again = ["upgrade_id", "wave", "state", "error", "changed_at"];
    writer.insert(&insert.or_replace(["tenant_id"], again)).await.map(drop)
}

fn in_state(upgrade: UpgradeId, state: TenantWork) -> Filter {
    Filter::eq("upgrade_id", upgrade.to_string()).and(Filter::eq("state", state.as_str()))
}

/// Tenants of a wave that wait, in the order of their ids, after the given one.
pub(super) async fn waiting(
    db: &Database,
    upgrade: &Upgrade,
    after: Option<TenantId>,
    rows: u64,
) -> Result<Vec<TenantId>, DbError> {
    let mut filter =
        in_state(upgrade.id, TenantWork::Waiting).and(Filter::eq("wave", upgrade.wave));
    if let Some(after) = after {
        filter = filter.and(Filter::gt("tenant_id", after.to_string()));
    }
    let select = Select::from(TENANTS, ["tenant_id"])
        .filter(filter)
        .order("tenant_id", Direction::Ascending)
        .page(rows, 0);
    let rows = db.read().await?.rows(&select).await?;
    rows.iter().map(|row| typed(row, "tenant_id")).collect()
}

/// How many tenants are in a state, of one wave or of all.
pub(super) async fn count(
    read: &mut Reader,
    upgrade: UpgradeId,
    state: TenantWork,
    wave: Option<i64>,
) -> Result<u64, DbError> {
    let of_wave = wave.map_or_else(Filter::everything, |wave| Filter::eq("wave", wave));
    read.count(&Select::count(TENANTS).filter(in_state(upgrade, state).and(of_wave))).await
}

/// The tenants that a sweep begins with, until they are migrated.
pub(super) async fn canaries(
    read: &mut Reader,
    upgrade: UpgradeId,
) -> Result<HashSet<TenantId>, DbError> {
    let filter = Filter::eq("upgrade_id", upgrade.to_string()).and(Filter::eq("wave", 0_i64));
    let rows = read.rows(&Select::from(TENANTS, ["tenant_id"]).filter(filter)).await?;
    rows.iter().map(|row| typed(row, "tenant_id")).collect()
}

/// Notes that a tenant could not be migrated. The caller commits.
pub(super) async fn failed(
    writer: &mut Writer,
    tenant: TenantId,
    error: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    let update = Update::table(TENANTS)
        .set("state", TenantWork::Failed.as_str())
        .set("error", error)
        .set("changed_at", now.0)
        .filter(Filter::eq("tenant_id", tenant.to_string()));
    writer.update(&update).await.map(drop)
}

/// Takes a tenant off the list; says whether it was on it. The caller commits.
pub(super) async fn remove(writer: &mut Writer, tenant: TenantId) -> Result<bool, DbError> {
    let delete = Delete::from(TENANTS, Filter::eq("tenant_id", tenant.to_string()));
    Ok(writer.delete(&delete).await? > 0)
}

/// Lets a sweep go on over the failures that there are. The caller commits.
pub(super) async fn accept(writer: &mut Writer, upgrade: UpgradeId) -> Result<(), DbError> {
    let update = Update::table(TENANTS)
        .set("state", TenantWork::Accepted.as_str())
        .filter(in_state(upgrade, TenantWork::Failed));
    writer.update(&update).await.map(drop)
}

/// Tenants that a sweep could not migrate.
pub(super) async fn failures(
    read: &mut Reader,
    upgrade: UpgradeId,
    rows: u64,
) -> Result<Vec<Failure>, DbError> {
    let is_failed = Filter::ne("state", TenantWork::Waiting.as_str());
    let select = Select::from(TENANTS, ["tenant_id", "wave", "error"])
        .filter(Filter::eq("upgrade_id", upgrade.to_string()).and(is_failed))
        .order("wave", Direction::Ascending)
        .order("tenant_id", Direction::Ascending)
        .page(rows, 0);
    let failure = |row: &Row| {
        let error: Option<String> = row.get("error")?;
        let (tenant, wave) = (typed(row, "tenant_id")?, row.get("wave")?);
        Ok(Failure { tenant, wave, error: error.unwrap_or_default() })
    };
    read.rows(&select).await?.iter().map(failure).collect()
}
