//! The table of accounts' keys. Of a token only the hash is kept, and what it begins with.

use std::net::IpAddr;

use freehold_clock::UnixMs;
use freehold_credentials::{Networks, Opaque};
use freehold_db::{Database, DbError, Delete, Filter, Insert, Reader, Row, Select, Update, Writer};
use freehold_ids::{AccountId, KeyId, MemberId};
use freehold_lists::{Found, List, Listed};

use crate::accounts::Role;
use crate::accounts::memberships;
use crate::call::{MemberCaller, Who};
use crate::operations::store::typed;

/// What keys start with.
pub(crate) const PREFIX: &str = "fhk";
/// Keys of an account.
pub(super) const KEYS_PER_ACCOUNT_MAX: u64 = 100;
/// Use is noted this often, so that reading does not become writing.
const USED_EVERY_SECONDS: u64 = 60;
pub(super) const TABLE: &str = "account_keys";
pub(super) const COLUMNS: [&str; 10] = [
    "id",
    "account_id",
    "name",
    "role",
    "prefix",
    "networks",
    "created_by",
    "created_at",
    "last_used_at",
    "expires_at",
];

/// A key, without its token.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) account: AccountId,
    pub(super) name: String,
    pub(super) role: Role,
    /// What the token begins with, so that people tell their keys apart.
    pub(super) prefix: String,
    pub(super) networks: Networks,
    pub(super) created_by: MemberId,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
}

fn key(row: &Row) -> Result<Key, DbError> {
    Ok(Key {
        id: typed(row, "id")?,
        account: typed(row, "account_id")?,
        name: row.get("name")?,
        role: memberships::role(row)?,
        prefix: row.get("prefix")?,
        networks: Networks::from_stored(row.get::<Option<String>>("networks")?.as_deref()),
        created_by: typed(row, "created_by")?,
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// The caller behind a token, if the key is in force.
pub(crate) async fn find(
    db: &Database,
    token: &Opaque,
    client: IpAddr,
    now: UnixMs,
) -> Result<Option<MemberCaller>, DbError> {
    let in_force = Filter::is_null("expires_at").or(Filter::gt("expires_at", now.0));
    let select = Select::from(TABLE, COLUMNS)
        .filter(Filter::eq("token_hash", token.hash()))
        .filter(in_force);
    let Some(row) = db.read().await?.optional(&select).await? else { return Ok(None) };
    let key = key(&row)?;
    if !key.networks.admit(client) {
        return Ok(None);
    }
    if key.last_used_at.is_none_or(|at| at < now.minus_seconds(USED_EVERY_SECONDS).0) {
        let update = Update::table(TABLE)
            .set("last_used_at", now.0)
            .filter(Filter::eq("id", key.id.to_string()));
        let mut writer = db.write().await?;
        writer.update(&update).await?;
        writer.commit().await?;
    }
    Ok(Some(MemberCaller { account: key.account, role: key.role, who: Who::Key(key.id) }))
}

fn of(account: AccountId) -> Filter {
    Filter::eq("account_id", account.to_string())
}

/// The keys of an account that a caller's list asks for.
pub(super) async fn list<T: Listed>(
    db: &Database,
    account: AccountId,
    list: &List<T>,
) -> Result<Found<Key>, DbError> {
    crate::store::list(db, of(account), list, key).await
}

/// How many keys an account has.
pub(super) async fn count(read: &mut Reader, account: AccountId) -> Result<u64, DbError> {
    read.count(&Select::count(TABLE).filter(of(account))).await
}

/// Writes a new key. The caller commits.
pub(super) async fn insert(writer: &mut Writer, key: &Key, token: &Opaque) -> Result<(), DbError> {
    let insert = Insert::into(TABLE)
        .set("id", key.id.to_string())
        .set("account_id", key.account.to_string())
        .set("name", key.name.as_str())
        .set("role", key.role.as_str())
        .set("token_hash", token.hash())
        .set("prefix", key.prefix.as_str())
        .set("networks", key.networks.stored())
        .set("created_by", key.created_by.to_string())
        .set("created_at", key.created_at)
        .set("expires_at", key.expires_at);
    writer.insert(&insert).await.map(drop)
}

/// One key of an account.
pub(super) async fn by_id(
    read: &mut Reader,
    account: AccountId,
    id: KeyId,
) -> Result<Option<Key>, DbError> {
    let select =
        Select::from(TABLE, COLUMNS).filter(of(account)).filter(Filter::eq("id", id.to_string()));
    read.optional(&select).await?.as_ref().map(key).transpose()
}

/// Revokes a key. The caller commits.
pub(super) async fn delete(writer: &mut Writer, id: KeyId) -> Result<(), DbError> {
    writer.delete(&Delete::from(TABLE, Filter::eq("id", id.to_string()))).await.map(drop)
}
