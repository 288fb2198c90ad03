//! The tables of token families, refresh tokens and consumed tickets.

use std::net::IpAddr;

use freehold_clock::UnixMs;
use freehold_credentials::Opaque;
use freehold_db::{Direction, Filter, Insert, Row, Select, Update};
use freehold_ids::{FamilyId, UserId};
use freehold_kernel::jobs::{Attempt, Handler, Job, Schedule, Zone};
use freehold_kernel::{Read, StoreError, Tx};
use serde::{Deserialize, Serialize};

/// A refresh token and its family as the store has them.
#[derive(Debug)]
pub(crate) struct Presented {
    pub(crate) family: FamilyId,
    pub(crate) user: UserId,
    pub(crate) issued_at: i64,
    pub(crate) family_expires_at: i64,
    pub(crate) used: bool,
    pub(crate) revoked: bool,
}

/// A session to be written, with what its user is to tell it by.
#[derive(Debug)]
pub(super) struct NewFamily<'a> {
    pub(super) user: UserId,
    pub(super) method: &'static str,
    pub(super) agent: Option<&'a str>,
    pub(super) address: IpAddr,
    pub(super) expires_at: i64,
}

pub(super) async fn create_family(
    tx: &mut Tx,
    new: &NewFamily<'_>,
) -> Result<FamilyId, StoreError> {
    let family: FamilyId = tx.issue();
    let insert = Insert::into("token_families")
        .set("id", family.number())
        .set("user_id", new.user.number())
        .set("method", new.method)
        .set("agent", new.agent)
        .set("address", new.address.to_string())
        .set("created_at", tx.now().0)
        .set("expires_at", new.expires_at);
    tx.insert(&insert).await?;
    Ok(family)
}

pub(crate) fn create_refresh_token(tx: &mut Tx, family: FamilyId, token: &Opaque) {
    let insert = Insert::into("refresh_tokens")
        .set("token_hash", token.hash())
        .set("family_id", family.number())
        .set("created_at", tx.now().0);
    tx.insert_with_commit(insert);
}

/// Writes a session of the site's pages. The caller commits.
pub(super) async fn create_page_session(
    tx: &mut Tx,
    family: FamilyId,
    token: &Opaque,
) -> Result<(), StoreError> {
    let insert = Insert::into("page_sessions")
        .set("token_hash", token.hash())
        .set("family_id", family.number())
        .set("created_at", tx.now().0);
    tx.insert(&insert).await.map(drop)
}

/// The family that a session of the site's pages belongs to.
pub(crate) async fn family_of_page(
    read: &mut Read,
    token: &Opaque,
) -> Result<Option<FamilyId>, StoreError> {
    let select =
        Select::from("page_sessions", ["family_id"]).filter(Filter::eq("token_hash", token.hash()));
    let row = read.optional(&select).await?;
    row.map(|row| Ok(FamilyId::from_number(row.get("family_id")?))).transpose()
}

/// Whose a family is, while it is in force.
pub(crate) async fn user_of_family(
    read: &mut Read,
    family: FamilyId,
    now: UnixMs,
) -> Result<Option<UserId>, StoreError> {
    let select = Select::from("token_families", ["user_id"])
        .filter(Filter::eq("id", family.number()))
        .filter(Filter::is_null("revoked_at"))
        .filter(Filter::gt("expires_at", now.0));
    let row = read.optional(&select).await?;
    row.map(|row| Ok(UserId::from_number(row.get("user_id")?))).transpose()
}

pub(crate) async fn presented(
    tx: &mut Tx,
    token: &Opaque,
) -> Result<Option<Presented>, StoreError> {
    let select = Select::from("refresh_tokens", ["family_id", "created_at", "used_at"])
        .filter(Filter::eq("token_hash", token.hash()));
    let Some(row) = tx.optional(&select).await? else { return Ok(None) };
    let family = FamilyId::from_number(row.get("family_id")?);
    let select = Select::from("token_families", ["user_id", "expires_at", "revoked_at"])
        .filter(Filter::eq("id", family.number()));
    let Some(owner) = tx.optional(&select).await? else { return Ok(None) };
    Ok(Some(Presented {
        family,
        user: UserId::from_number(owner.get("user_id")?),
        issued_at: row.get("created_at")?,
        family_expires_at: owner.get("expires_at")?,
        used: row.get::<Option<i64>>("used_at")?.is_some(),
        revoked: owner.get::<Option<i64>>("revoked_at")?.is_some(),
    }))
}

/// Notes that a refresh token was exchanged, and with it that its session is in use.
pub(super) async fn mark_used(
    tx: &mut Tx,
    token: &Opaque,
    family: FamilyId,
) -> Result<(), StoreError> {
    let update = Update::table("refresh_tokens")
        .set("used_at", tx.now().0)
        .filter(Filter::eq("token_hash", token.hash()));
    tx.update(&update).await?;
    let update = Update::table("token_families")
        .set("last_used_at", tx.now().0)
        .filter(Filter::eq("id", family.number()));
    tx.update(&update).await.map(drop)
}

pub(crate) async fn revoke_family(tx: &mut Tx, family: FamilyId) -> Result<(), StoreError> {
    let update = Update::table("token_families")
        .set("revoked_at", tx.now().0)
        .filter(Filter::eq("id", family.number()).and(Filter::is_null("revoked_at")));
    tx.update(&update).await?;
    Ok(())
}

/// A session in force, as its user sees it.
#[derive(Debug)]
pub(super) struct InForce {
    pub(super) id: FamilyId,
    /// Absent in sessions that an earlier release opened, as are the next two.
    pub(super) method: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) address: Option<String>,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) expires_at: i64,
}

/// The newest sessions of a user that are in force.
pub(super) async fn in_force(
    read: &mut Read,
    user: UserId,
    now: UnixMs,
    rows: u64,
) -> Result<Vec<InForce>, StoreError> {
    let columns = ["id", "method", "agent", "address", "created_at", "last_used_at", "expires_at"];
    let select = Select::from("token_families", columns)
        .filter(Filter::eq("user_id", user.number()))
        .filter(Filter::is_null("revoked_at"))
        .filter(Filter::gt("expires_at", now.0))
        .order("id", Direction::Descending)
        .page(rows, 0);
    let family = |row: &Row| {
        Ok(InForce {
            id: FamilyId::from_number(row.get("id")?),
            method: row.get("method")?,
            agent: row.get("agent")?,
            address: row.get("address")?,
            created_at: row.get("created_at")?,
            last_used_at: row.get("last_used_at")?,
            expires_at: row.get("expires_at")?,
        })
    };
    read.rows(&select).await?.iter().map(family).collect()
}

/// Ends every session of a user, but for one that is to stay.
pub(crate) async fn revoke_families(
    tx: &mut Tx,
    user: UserId,
    but: Option<FamilyId>,
) -> Result<(), StoreError> {
    let filter = Filter::eq("user_id", user.number()).and(Filter::is_null("revoked_at"));
    let filter = match but {
        Some(family) => filter.and(Filter::ne("id", family.number())),
        None => filter,
    };
    let update = Update::table("token_families").set("revoked_at", tx.now().0).filter(filter);
    tx.update(&update).await.map(drop)
}

/// Removes families that nobody can use any more, with their tokens, and tickets that expired.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Sweep {}

impl Job for Sweep {
    const NAME: &'static str = "identity.sweep";
    const ATTEMPT_SECONDS_MAX: u64 = 600;
}

pub(crate) fn sweep() -> Handler {
    Handler::of(|attempt: Attempt, _job: Sweep| async move {
        for table in ["token_families", "tickets"] {
            attempt.forget(table, "expires_at", Filter::everything(), attempt.now()).await?;
        }
        Ok(())
    })
}

pub(crate) fn sweep_schedule() -> Schedule {
    Schedule::of::<Sweep>(Sweep::NAME, "0 2 * * *", Zone::Site, 3_600)
}

/// Consumes a ticket; says whether this was the first time.
pub(crate) async fn consume_ticket(
    tx: &mut Tx,
    id: &str,
    expires_at: i64,
) -> Result<bool, StoreError> {
    let insert = Insert::into("tickets")
        .set("id", id)
        .set("used_at", tx.now().0)
        .set("expires_at", expires_at)
        .or_keep(["id"]);
    tx.insert(&insert).await
}
