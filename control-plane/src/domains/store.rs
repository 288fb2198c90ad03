//! The domains table: one row a hostname, from its claim until nobody is kept from it any more.

use std::collections::HashMap;

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Reader, Row, Select, SqlValue, Update,
    Writer,
};
use freehold_fleet::Hostname;
use freehold_ids::{DomainId, TenantId};
use freehold_lists::{Found, List, Listed};

use super::model::{Domain, DomainState, Names, Problem, QUARANTINE_SECONDS, Served};
use crate::operations::store::typed;
use crate::sites::previous_slugs;

pub(super) const TABLE: &str = "domains";
pub(super) const COLUMNS: [&str; 16] = [
    "id",
    "hostname",
    "site_id",
    "account_id",
    "token",
    "state",
    "canonical",
    "problem",
    "seen",
    "attempts",
    "created_at",
    "proved_at",
    "checked_at",
    "failing_since",
    "next_check_at",
    "released_at",
];

fn domain(row: &Row) -> Result<Domain, DbError> {
    let state: String = row.get("state")?;
    let problem: Option<String> = row.get("problem")?;
    Ok(Domain {
        id: typed(row, "id")?,
        hostname: hostname(row)?,
        site: typed(row, "site_id")?,
        account: typed(row, "account_id")?,
        token: row.get("token")?,
        state: DomainState::parse(&state).ok_or_else(|| DbError::Shape("domains.state".into()))?,
        canonical: row.get("canonical")?,
        problem: problem.as_deref().and_then(Problem::parse),
        seen: row.get("seen")?,
        attempts: u32::try_from(row.get::<i64>("attempts")?).unwrap_or_default(),
        created_at: row.get("created_at")?,
        proved_at: row.get("proved_at")?,
        checked_at: row.get("checked_at")?,
        failing_since: row.get("failing_since")?,
        next_check_at: row.get("next_check_at")?,
        released_at: row.get("released_at")?,
    })
}

fn hostname(row: &Row) -> Result<Hostname, DbError> {
    let text: String = row.get("hostname")?;
    Hostname::parse(&text).map_err(|_| DbError::Shape("domains.hostname".into()))
}

fn held() -> Filter {
    Filter::is_null("released_at")
}

fn of_site(site: TenantId) -> Filter {
    Filter::eq("site_id", site.to_string()).and(held())
}

fn is_served() -> Filter {
    let [active, failing] = [DomainState::Active, DomainState::Failing].map(DomainState::as_str);
    Filter::one_of("state", [active, failing].map(SqlValue::from)).and(held())
}

/// Writes a new domain.
///
/// # Errors
/// A conflict on `domains_hostname_key`.
pub(super) async fn insert(writer: &mut Writer, domain: &Domain) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("id", domain.id.to_string())
        .set("hostname", domain.hostname.as_str())
        .set("site_id", domain.site.to_string())
        .set("account_id", domain.account.to_string())
        .set("token", domain.token.as_str())
        .set("state", domain.state.as_str())
        .set("canonical", domain.canonical)
        .set("problem", domain.problem.map(Problem::as_str))
        .set("seen", domain.seen.clone())
        .set("attempts", i64::from(domain.attempts))
        .set("created_at", domain.created_at)
        .set("proved_at", domain.proved_at)
        .set("checked_at", domain.checked_at)
        .set("failing_since", domain.failing_since)
        .set("next_check_at", domain.next_check_at)
        .set("released_at", domain.released_at);
    writer.insert(&insert).await.map(drop)
}

/// Writes what changes in a domain's life.
pub(super) async fn update(writer: &mut Writer, domain: &Domain) -> Result<(), DbError> {
    let update = Update::table(TABLE)
        .set("state", domain.state.as_str())
        .set("canonical", domain.canonical)
        .set("problem", domain.problem.map(Problem::as_str))
        .set("seen", domain.seen.clone())
        .set("attempts", i64::from(domain.attempts))
        .set("proved_at", domain.proved_at)
        .set("checked_at", domain.checked_at)
        .set("failing_since", domain.failing_since)
        .set("next_check_at", domain.next_check_at)
        .set("released_at", domain.released_at)
        .filter(Filter::eq("id", domain.id.to_string()));
    writer.update(&update).await.map(drop)
}

/// Lets none of a site's domains be the one that it is read under.
pub(super) async fn clear_canonical(writer: &mut Writer, site: TenantId) -> Result<(), DbError> {
    let update = Update::table(TABLE).set("canonical", false).filter(of_site(site));
    writer.update(&update).await.map(drop)
}

/// Removes a row, and with it every claim to its name.
pub(super) async fn delete(writer: &mut Writer, id: DomainId) -> Result<(), DbError> {
    writer.delete(&Delete::from(TABLE, Filter::eq("id", id.to_string()))).await.map(drop)
}

/// Gives up every domain of a site. The caller commits.
pub(crate) async fn release_all(
    writer: &mut Writer,
    site: TenantId,
    now: UnixMs,
) -> Result<(), DbError> {
    let never_proved = of_site(site).and(Filter::is_null("proved_at"));
    writer.delete(&Delete::from(TABLE, never_proved)).await?;
    let update = Update::table(TABLE)
        .set("released_at", now.0)
        .set("canonical", false)
        .filter(of_site(site));
    writer.update(&update).await.map(drop)
}

/// Forgets names that nobody is kept from any more. The caller commits.
pub(crate) async fn forget_released(writer: &mut Writer, now: UnixMs) -> Result<(), DbError> {
    let over = Filter::lt("released_at", now.minus_seconds(QUARANTINE_SECONDS).0);
    writer.delete(&Delete::from(TABLE, over)).await.map(drop)
}

/// A domain that somebody holds.
pub(super) async fn by_id(read: &mut Reader, id: DomainId) -> Result<Option<Domain>, DbError> {
    let filter = Filter::eq("id", id.to_string()).and(held());
    read.optional(&Select::from(TABLE, COLUMNS).filter(filter))
        .await?
        .as_ref()
        .map(domain)
        .transpose()
}

/// The row of a name, also of one that was given up.
pub(super) async fn by_hostname(
    read: &mut Reader,
    hostname: &Hostname,
) -> Result<Option<Domain>, DbError> {
    let select = Select::from(TABLE, COLUMNS).filter(Filter::eq("hostname", hostname.as_str()));
    read.optional(&select).await?.as_ref().map(domain).transpose()
}

/// How many domains a site has.
pub(super) async fn count_of(read: &mut Reader, site: TenantId) -> Result<u64, DbError> {
    read.count(&Select::count(TABLE).filter(of_site(site))).await
}

/// The domains that a caller's list asks for, of one site or of all.
pub(super) async fn list<T: Listed>(
    db: &Database,
    site: Option<TenantId>,
    list: &List<T>,
) -> Result<Found<Domain>, DbError> {
    crate::store::list(db, site.map_or_else(held, of_site), list, domain).await
}

/// Domains whose records are to be looked at, those that wait longest first.
pub(crate) async fn due(db: &Database, now: UnixMs, rows: u64) -> Result<Vec<Domain>, DbError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(held().and(Filter::lte("next_check_at", now.0)))
        .order("next_check_at", Direction::Ascending)
        .page(rows, 0);
    db.read().await?.rows(&select).await?.iter().map(domain).collect()
}

/// The served names of one site.
pub(crate) async fn names_of(read: &mut Reader, site: TenantId) -> Result<Names, DbError> {
    Ok(names_of_all(read, [site]).await?.remove(&site).unwrap_or_default())
}

/// The served and the previous names of these sites; one without any is absent.
pub(crate) async fn names_of_all(
    read: &mut Reader,
    sites: impl IntoIterator<Item = TenantId>,
) -> Result<HashMap<TenantId, Names>, DbError> {
    let sites: Vec<SqlValue> = sites.into_iter().map(|site| site.to_string().into()).collect();
    let select = Select::from(TABLE, ["site_id", "hostname", "token", "canonical"])
        .filter(Filter::one_of("site_id", sites.clone()).and(is_served()))
        .order("hostname", Direction::Ascending);
    let mut names: HashMap<TenantId, Names> = HashMap::new();
    for row in read.rows(&select).await? {
        let (site, hostname) = (typed(&row, "site_id")?, hostname(&row)?);
        let own = names.entry(site).or_default();
        if row.get("canonical")? {
            own.canonical = Some(hostname.clone());
        }
        own.served.push(Served { hostname, token: row.get("token")? });
    }
    for (site, previous) in previous_slugs::of_all(read, sites).await? {
        names.entry(site).or_default().previous.push(previous);
    }
    Ok(names)
}
