//! The operations table, and reading typed values that are stored as text.

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Direction, Filter, Insert, Row, Select, SqlValue, Update, Writer,
};
use freehold_ids::{AccountId, OperationId};
use freehold_lists::{Found, List, Listed};

use super::model::{Kind, Operation, Outcome};

pub(super) const TABLE: &str = "operations";
pub(super) const COLUMNS: [&str; 10] = [
    "id",
    "account_id",
    "site_id",
    "kind",
    "state",
    "steps",
    "error",
    "owner",
    "attempts",
    "created_at",
];

fn shape(what: &str) -> DbError {
    DbError::Shape(format!("operations.{what}"))
}

/// Reads a typed value that is stored as text.
pub(crate) fn typed<T: std::str::FromStr>(row: &Row, column: &str) -> Result<T, DbError> {
    row.get::<String>(column)?.parse().map_err(|_| shape(column))
}

fn operation(row: &Row) -> Result<Operation, DbError> {
    let kind: String = row.get("kind")?;
    let state: String = row.get("state")?;
    let steps: String = row.get("steps")?;
    Ok(Operation {
        id: typed(row, "id")?,
        account: typed(row, "account_id")?,
        site: typed(row, "site_id")?,
        kind: Kind::parse(&kind).ok_or_else(|| shape("kind"))?,
        outcome: Outcome::parse(&state).ok_or_else(|| shape("state"))?,
        steps: serde_json::from_str(&steps).map_err(|_| shape("steps"))?,
        error: row.get("error")?,
        owner: row.get("owner")?,
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
    })
}

pub(crate) async fn insert(writer: &mut Writer, operation: &Operation) -> Result<(), DbError> {
    let steps = serde_json::to_string(&operation.steps).map_err(|_| shape("steps"))?;
    let insert = Insert::into(TABLE)
        .set("id", operation.id.to_string())
        .set("account_id", operation.account.to_string())
        .set("site_id", operation.site.to_string())
        .set("kind", operation.kind.as_str())
        .set("state", operation.outcome.as_str())
        .set("steps", steps)
        .set("error", operation.error.clone())
        .set("owner", operation.owner.as_str())
        .set("attempts", operation.attempts)
        .set("created_at", operation.created_at)
        .set("changed_at", operation.created_at);
    writer.insert(&insert).await.map(drop)
}

/// Writes what changes while an operation runs.
pub(crate) async fn update(
    writer: &mut Writer,
    operation: &Operation,
    now: UnixMs,
) -> Result<(), DbError> {
    let steps = serde_json::to_string(&operation.steps).map_err(|_| shape("steps"))?;
    let update = Update::table(TABLE)
        .set("state", operation.outcome.as_str())
        .set("steps", steps)
        .set("error", operation.error.clone())
        .set("owner", operation.owner.as_str())
        .set("attempts", operation.attempts)
        .set("changed_at", now.0)
        .filter(Filter::eq("id", operation.id.to_string()));
    writer.update(&update).await.map(drop)
}

/// Gives an operation to another owner, unless it has changed hands or ended meanwhile.
pub(crate) async fn take_over(
    db: &Database,
    operation: &Operation,
    owner: &str,
    now: UnixMs,
) -> Result<bool, DbError> {
    let as_it_was = Filter::eq("id", operation.id.to_string())
        .and(Filter::eq("state", Outcome::Running.as_str()))
        .and(Filter::eq("owner", operation.owner.as_str()))
        .and(Filter::eq("attempts", operation.attempts));
    let update = Update::table(TABLE)
        .set("owner", owner)
        .set("changed_at", now.0)
        .add("attempts", 1)
        .filter(as_it_was);
    let mut writer = db.write().await?;
    let taken = writer.update(&update).await? == 1;
    writer.commit().await?;
    Ok(taken)
}

pub(crate) async fn by_id(db: &Database, id: OperationId) -> Result<Option<Operation>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(Filter::eq("id", id.to_string()));
    db.read().await?.optional(&select).await?.as_ref().map(operation).transpose()
}

/// The operations that a caller's list asks for, of one account or of all.
pub(crate) async fn list<T: Listed>(
    db: &Database,
    account: Option<AccountId>,
    list: &List<T>,
) -> Result<Found<Operation>, DbError> {
    let visible =
        account.map_or_else(Filter::everything, |id| Filter::eq("account_id", id.to_string()));
    crate::store::list(db, visible, list, operation).await
}

/// Operations that are not over and whose owner is not alive; those of `owner` that nobody touched
/// since `forgotten`; and whosever nobody touched since `silent`.
pub(crate) async fn orphaned(
    db: &Database,
    owner: &str,
    alive: Vec<String>,
    (forgotten, silent): (UnixMs, UnixMs),
    rows: u64,
) -> Result<Vec<Operation>, DbError> {
    let alive = alive.into_iter().map(SqlValue::from).chain([SqlValue::from(owner)]);
    let orphaned = Filter::one_of("owner", alive)
        .negated()
        .or(Filter::eq("owner", owner).and(Filter::lt("changed_at", forgotten.0)))
        .or(Filter::lt("changed_at", silent.0));
    let select = Select::from(TABLE, COLUMNS)
        .filter(Filter::eq("state", Outcome::Running.as_str()))
        .filter(orphaned)
        .order("changed_at", Direction::Ascending)
        .page(rows, 0);
    db.read().await?.rows(&select).await?.iter().map(operation).collect()
}
