//! The sites table: one row a site, from its reservation until it is erased.

use std::collections::HashMap;

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Measure, Reader, Row, Select, Update,
    Writer,
};
use freehold_fleet::Engine;
use freehold_ids::{AccountId, TenantId, WorkerId};
use freehold_lists::{Found, List, Listed};

use super::keys;
use super::model::{Site, SiteState};
use crate::accounts::Member;
use crate::operations::store::typed;

/// Sites that are counted at a time.
const COUNTED_AT_A_TIME_ROWS: u64 = 1_000;
pub(super) const TABLE: &str = "sites";
pub(super) const COLUMNS: [&str; 18] = [
    "id",
    "account_id",
    "slug",
    "name",
    "region",
    "state",
    "reason",
    "worker_id",
    "epoch",
    "created_at",
    "erase_at",
    "engine",
    "engine_next",
    "engine_former",
    "tenant_keys",
    "tenant_keys_under",
    "tenant_keys_stale",
    "tenant_keys_due_at",
];

fn site(row: &Row) -> Result<Site, DbError> {
    let state: String = row.get("state")?;
    Ok(Site {
        id: typed(row, "id")?,
        account: typed(row, "account_id")?,
        slug: row.get("slug")?,
        name: row.get("name")?,
        region: row.get("region")?,
        state: SiteState::parse(&state).ok_or_else(|| DbError::Shape("sites.state".into()))?,
        reason: row.get("reason")?,
        worker: typed(row, "worker_id")?,
        epoch: row.get::<i64>("epoch")?.unsigned_abs(),
        created_at: row.get("created_at")?,
        erase_at: row.get("erase_at")?,
        engine: engine(row, "engine")?.unwrap_or_default(),
        engine_next: engine(row, "engine_next")?,
        engine_former: engine(row, "engine_former")?,
        keys: keys::read(row)?,
        keys_are_stale: row.get::<Option<i64>>("tenant_keys_stale")?.is_some(),
        keys_due_at: row.get("tenant_keys_due_at")?,
    })
}

fn engine(row: &Row, column: &str) -> Result<Option<Engine>, DbError> {
    let text: Option<String> = row.get(column)?;
    let parsed = text.map(|text| text.parse()).transpose();
    parsed.map_err(|error| DbError::Shape(format!("sites.{column}: {error}")))
}

/// How an engine is stored; a file is what a site has without a word.
fn engine_word(engine: &Engine) -> Option<String> {
    (!engine.is_sqlite()).then(|| engine.to_string())
}

/// Writes a new site.
///
/// # Errors
/// A conflict on `sites_slug_key`.
pub(crate) async fn insert(writer: &mut Writer, site: &Site) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("id", site.id.to_string())
        .set("account_id", site.account.to_string())
        .set("slug", site.slug.as_str())
        .set("name", site.name.as_str())
        .set("region", site.region.as_str())
        .set("state", site.state.as_str())
        .set("reason", site.reason.clone())
        .set("worker_id", site.worker.to_string())
        .set("epoch", i64::try_from(site.epoch).unwrap_or(i64::MAX))
        .set("created_at", site.created_at)
        .set("changed_at", site.created_at)
        .set("erase_at", site.erase_at)
        .set("engine", engine_word(&site.engine))
        .set("tenant_keys", site.keys.as_ref().map(keys::text))
        .set("tenant_keys_under", site.keys.as_ref().map(|keys| keys.under.to_string()));
    writer.insert(&insert).await.map(drop)
}

/// Writes what changes in a site's life.
///
/// # Errors
/// A conflict on `sites_slug_key`.
pub(crate) async fn update(writer: &mut Writer, site: &Site, now: UnixMs) -> Result<(), DbError> {
    let update = Update::table(TABLE)
        .set("slug", site.slug.as_str())
        .set("name", site.name.as_str())
        .set("state", site.state.as_str())
        .set("reason", site.reason.clone())
        .set("erase_at", site.erase_at)
        .set("epoch", i64::try_from(site.epoch).unwrap_or(i64::MAX))
        .set("engine_next", site.engine_next.as_ref().map(ToString::to_string))
        .set("changed_at", now.0)
        .filter(Filter::eq("id", site.id.to_string()));
    writer.update(&update).await.map(drop)
}

/// Writes what keeps a site's store under which epoch, and nothing else of it.
pub(super) async fn update_engine(writer: &mut Writer, site: &Site) -> Result<(), DbError> {
    let update = Update::table(TABLE)
        .set("epoch", i64::try_from(site.epoch).unwrap_or(i64::MAX))
        .set("engine", engine_word(&site.engine))
        .set("engine_next", site.engine_next.as_ref().map(ToString::to_string))
        .set("engine_former", site.engine_former.as_ref().map(ToString::to_string))
        .filter(Filter::eq("id", site.id.to_string()));
    writer.update(&update).await.map(drop)
}

/// How many sites each Postgres database keeps or is to keep.
pub(crate) async fn count_by_database(db: &Database) -> Result<HashMap<String, u64>, DbError> {
    let select = Select::groups(TABLE, &["engine", "engine_next"], &[(Measure::Rows, "sites")])
        .filter(Filter::is_not_null("engine").or(Filter::is_not_null("engine_next")));
    let mut counts = HashMap::new();
    for row in db.read().await?.rows(&select).await? {
        let sites = row.get::<i64>("sites")?.unsigned_abs();
        for column in ["engine", "engine_next"] {
            if let Some(Engine::Postgres { database }) = engine(&row, column)? {
                *counts.entry(database).or_default() += sites;
            }
        }
    }
    Ok(counts)
}

pub(crate) async fn by_id(read: &mut Reader, id: TenantId) -> Result<Option<Site>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(Filter::eq("id", id.to_string()));
    read.optional(&select).await?.as_ref().map(site).transpose()
}

pub(crate) async fn by_slug(read: &mut Reader, slug: &str) -> Result<Option<Site>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(Filter::eq("slug", slug));
    read.optional(&select).await?.as_ref().map(site).transpose()
}

/// Sites that count against an account: all that were neither given up nor deleted.
pub(crate) async fn count_of(read: &mut Reader, account: AccountId) -> Result<u64, DbError> {
    let filter = Filter::eq("account_id", account.to_string())
        .and(Filter::ne("state", SiteState::Failed.as_str()))
        .and(Filter::ne("state", SiteState::Deleted.as_str()));
    read.count(&Select::count(TABLE).filter(filter)).await
}

/// The sites that a caller's list asks for, of one account or of all.
pub(crate) async fn list<T: Listed>(
    db: &Database,
    account: Option<AccountId>,
    list: &List<T>,
) -> Result<Found<Site>, DbError> {
    crate::store::list(db, of(account), list, site).await
}

fn of(account: Option<AccountId>) -> Filter {
    account.map_or_else(Filter::everything, |id| Filter::eq("account_id", id.to_string()))
}

/// Every site of an account.
pub(crate) async fn all_of(db: &Database, account: AccountId) -> Result<Vec<Site>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(Filter::eq("account_id", account.to_string()));
    db.read().await?.rows(&select).await?.iter().map(site).collect()
}

/// A batch of all sites in the order of their ids, after the given one.
pub(crate) async fn batch_after(
    db: &Database,
    after: Option<TenantId>,
    rows: u64,
) -> Result<Vec<Site>, DbError> {
    let filter = match after {
        Some(id) => Filter::gt("id", id.to_string()),
        None => Filter::everything(),
    };
    let select =
        Select::from(TABLE, COLUMNS).filter(filter).order("id", Direction::Ascending).page(rows, 0);
    db.read().await?.rows(&select).await?.iter().map(site).collect()
}

/// A batch of one worker's sites in the order of their ids, each with its account's first owner.
pub(crate) async fn batch_of_worker(
    db: &Database,
    worker: WorkerId,
    after: Option<TenantId>,
    rows: u64,
) -> Result<Vec<(Site, Option<Member>)>, DbError> {
    let mut filter = Filter::eq("worker_id", worker.to_string());
    if let Some(id) = after {
        filter = filter.and(Filter::gt("id", id.to_string()));
    }
    let select =
        Select::from(TABLE, COLUMNS).filter(filter).order("id", Direction::Ascending).page(rows, 0);
    let sites = db.read().await?.rows(&select).await?;
    let mut batch = Vec::with_capacity(sites.len());
    for site in sites.iter().map(site) {
        let site = site?;
        let owner = super::owner(db, &site).await?;
        batch.push((site, owner));
    }
    Ok(batch)
}

/// How many tenants each worker owns.
pub(crate) async fn counts(db: &Database) -> Result<HashMap<WorkerId, u64>, DbError> {
    let mut counts = HashMap::new();
    let mut after = None;
    loop {
        let batch = batch_after(db, after, COUNTED_AT_A_TIME_ROWS).await?;
        let Some(last) = batch.last() else { return Ok(counts) };
        after = Some(last.id);
        for site in batch.iter().filter(|site| site.state != SiteState::Failed) {
            *counts.entry(site.worker).or_default() += 1;
        }
    }
}

/// How many tenants a worker owns.
pub(crate) async fn count_of_worker(read: &mut Reader, worker: WorkerId) -> Result<u64, DbError> {
    let filter = Filter::eq("worker_id", worker.to_string())
        .and(Filter::ne("state", SiteState::Failed.as_str()));
    read.count(&Select::count(TABLE).filter(filter)).await
}

/// Deleted sites whose time for second thoughts is over.
pub(crate) async fn to_erase(db: &Database, now: UnixMs, rows: u64) -> Result<Vec<Site>, DbError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(Filter::eq("state", SiteState::Deleted.as_str()))
        .filter(Filter::lte("erase_at", now.0))
        .page(rows, 0);
    db.read().await?.rows(&select).await?.iter().map(site).collect()
}

/// Forgets a site whose store is gone. The caller commits.
pub(crate) async fn delete(writer: &mut Writer, id: TenantId) -> Result<(), DbError> {
    writer.delete(&Delete::from(TABLE, Filter::eq("id", id.to_string()))).await.map(drop)
}
