//! The tables of addresses that sites had before: each leads on for a while and is nobody else's. Who had it
//! is remembered for good, since records in DNS may still name it when it is somebody else's.

use freehold_clock::UnixMs;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Reader, Row, Select, SqlValue, Writer,
};
use freehold_ids::{AccountId, TenantId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::operations::store::typed;

const TABLE: &str = "previous_slugs";
/// How long an address leads on after its site got another one.
pub(super) const PREVIOUS_SLUG_SECONDS: u64 = 90 * 24 * 3_600;
/// Former addresses that one site holds at most.
pub(super) const PREVIOUS_SLUGS_PER_SITE_MAX: usize = 5;

/// An address that a site had before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreviousSlug {
    pub(crate) slug: String,
    /// Unix milliseconds; until then it leads on.
    pub(crate) until: i64,
}

/// Whose an address was that several accounts had one after another.
const SEVERAL: &str = "";

/// Remembers whose an address was that is nobody's from now on. The caller commits.
pub(super) async fn note_given_up(
    writer: &mut Writer,
    slug: &str,
    account: AccountId,
    now: UnixMs,
) -> Result<(), DbError> {
    let account = account.to_string();
    let known = holder_before(writer, slug).await?;
    let holder = if known.is_none_or(|known| known == account) { &account } else { SEVERAL };
    let insert = Insert::into("slug_holders")
        .set("slug", slug)
        .set("account_id", holder)
        .set("given_up_at", now.0)
        .or_replace(["slug"], ["account_id", "given_up_at"]);
    writer.insert(&insert).await.map(drop)
}

/// Whether an address was another account's before. Then records in DNS that name it prove nothing of this
/// one: they may have been left behind.
pub(crate) async fn was_anothers(
    read: &mut Reader,
    slug: &str,
    account: AccountId,
) -> Result<bool, DbError> {
    let known = holder_before(read, slug).await?;
    Ok(known.is_some_and(|known| known != account.to_string()))
}

async fn holder_before(read: &mut Reader, slug: &str) -> Result<Option<String>, DbError> {
    let select = Select::from("slug_holders", ["account_id"]).filter(Filter::eq("slug", slug));
    read.optional(&select).await?.map(|row| row.get("account_id")).transpose()
}

/// A former address on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PreviousSlug)]
pub(crate) struct PreviousSlugView {
    slug: String,
    /// RFC 3339; until then it leads to the site, and nobody else gets it.
    until: String,
}

impl From<&PreviousSlug> for PreviousSlugView {
    fn from(previous: &PreviousSlug) -> Self {
        Self { slug: previous.slug.clone(), until: UnixMs(previous.until).rfc3339() }
    }
}

fn previous(row: &Row) -> Result<(TenantId, PreviousSlug), DbError> {
    let previous = PreviousSlug { slug: row.get("slug")?, until: row.get("until")? };
    Ok((typed(row, "site_id")?, previous))
}

/// Writes an address that a site gave up for another one, or had given up before.
///
/// # Errors
/// A conflict on the primary key where it leads elsewhere already.
pub(crate) async fn insert(
    writer: &mut Writer,
    site: TenantId,
    slug: &PreviousSlug,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("slug", slug.slug.as_str())
        .set("site_id", site.to_string())
        .set("created_at", now.0)
        .set("until", slug.until);
    writer.insert(&insert).await.map(drop)
}

/// Which site an address leads to, where it is a former one.
pub(super) async fn holder(read: &mut Reader, slug: &str) -> Result<Option<TenantId>, DbError> {
    let select = Select::from(TABLE, ["site_id"]).filter(Filter::eq("slug", slug));
    read.optional(&select).await?.map(|row| typed(&row, "site_id")).transpose()
}

/// The former addresses of these sites, the newest last.
pub(crate) async fn of_all(
    read: &mut Reader,
    sites: Vec<SqlValue>,
) -> Result<Vec<(TenantId, PreviousSlug)>, DbError> {
    let select = Select::from(TABLE, ["slug", "site_id", "until"])
        .filter(Filter::one_of("site_id", sites))
        .order("until", Direction::Ascending);
    read.rows(&select).await?.iter().map(previous).collect()
}

/// The former addresses of one site, the newest last.
pub(super) async fn of_site(
    read: &mut Reader,
    site: TenantId,
) -> Result<Vec<PreviousSlug>, DbError> {
    let found = of_all(read, vec![site.to_string().into()]).await?;
    Ok(found.into_iter().map(|(_, previous)| previous).collect())
}

/// Former addresses whose time is over.
pub(crate) async fn over(
    db: &Database,
    now: UnixMs,
    rows: u64,
) -> Result<Vec<(TenantId, PreviousSlug)>, DbError> {
    let select = Select::from(TABLE, ["slug", "site_id", "until"])
        .filter(Filter::lte("until", now.0))
        .page(rows, 0);
    db.read().await?.rows(&select).await?.iter().map(previous).collect()
}

/// Forgets a former address of a site.
pub(super) async fn delete(writer: &mut Writer, site: TenantId, slug: &str) -> Result<(), DbError> {
    let filter = Filter::eq("slug", slug).and(Filter::eq("site_id", site.to_string()));
    writer.delete(&Delete::from(TABLE, filter)).await.map(drop)
}
