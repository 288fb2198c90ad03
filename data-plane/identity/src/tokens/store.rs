//! The table of tokens. Of a token only the hash is kept, and what it begins with.

use std::net::IpAddr;

use freehold_clock::UnixMs;
use freehold_credentials::{Networks, Opaque};
use freehold_db::{Delete, Direction, Filter, Insert, Row, Select, Update};
use freehold_ids::{TokenId, UserId};
use freehold_kernel::{Read, Scope, StoreError, Tenant, Tx};

/// What tokens start with.
pub(crate) const PREFIX: &str = "fht";
/// Tokens of one user.
pub(super) const TOKENS_PER_USER_MAX: u64 = 50;
/// Use is noted this often, so that reading does not become writing.
const USED_EVERY_SECONDS: u64 = 60;
const TABLE: &str = "api_tokens";
const COLUMNS: [&str; 9] = [
    "id",
    "user_id",
    "name",
    "prefix",
    "scopes",
    "networks",
    "created_at",
    "last_used_at",
    "expires_at",
];

/// A token without its secret.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(super) id: TokenId,
    pub(crate) user: UserId,
    pub(super) name: String,
    /// What it begins with, so that people tell their tokens apart.
    pub(super) prefix: String,
    pub(super) scopes: Vec<Scope>,
    pub(super) networks: Networks,
    pub(super) created_at: i64,
    pub(super) last_used_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
}

impl Token {
    /// The widest of its scopes, which holds the narrower ones.
    pub(crate) fn scope(&self) -> Option<Scope> {
        self.scopes.iter().max().copied()
    }
}

fn token(row: &Row) -> Result<Token, StoreError> {
    let scopes: String = row.get("scopes")?;
    Ok(Token {
        id: TokenId::from_number(row.get("id")?),
        user: UserId::from_number(row.get("user_id")?),
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        // A scope that this release does not know gives nothing.
        scopes: scopes.split(' ').filter_map(Scope::parse).collect(),
        networks: Networks::from_stored(row.get::<Option<String>>("networks")?.as_deref()),
        created_at: row.get("created_at")?,
        last_used_at: row.get("last_used_at")?,
        expires_at: row.get("expires_at")?,
    })
}

/// The token that somebody presents, if it is in force. Notes that it was used.
pub(crate) async fn find(
    tenant: &Tenant,
    presented: &Opaque,
    client: IpAddr,
    now: UnixMs,
) -> Result<Option<Token>, StoreError> {
    let in_force = Filter::is_null("expires_at").or(Filter::gt("expires_at", now.0));
    let select = Select::from(TABLE, COLUMNS)
        .filter(Filter::eq("token_hash", presented.hash()))
        .filter(in_force);
    let found = tenant.read_as_system("authenticate").await?.optional(&select).await?;
    let found = found.as_ref().map(token).transpose()?;
    let Some(found) = found.filter(|found| found.networks.admit(client)) else { return Ok(None) };
    if found.last_used_at.is_none_or(|at| at < now.minus_seconds(USED_EVERY_SECONDS).0) {
        let update = Update::table(TABLE)
            .set("last_used_at", now.0)
            .filter(Filter::eq("id", found.id.number()));
        let noted = async {
            let mut tx = tenant.begin_as_system("a token was used", now).await?;
            tx.update(&update).await?;
            tx.commit().await
        };
        // Whoever reads is not to be refused because nothing can be written.
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of a token was not noted");
        }
    }
    Ok(Some(found))
}

fn of(user: UserId) -> Filter {
    Filter::eq("user_id", user.number())
}

/// The tokens of a user, newest first.
pub(super) async fn list(read: &mut Read, user: UserId) -> Result<Vec<Token>, StoreError> {
    let select = Select::from(TABLE, COLUMNS)
        .filter(of(user))
        .order("id", Direction::Descending)
        .page(TOKENS_PER_USER_MAX, 0);
    read.rows(&select).await?.iter().map(token).collect()
}

/// How many tokens a user has.
pub(super) async fn count(read: &mut Read, user: UserId) -> Result<u64, StoreError> {
    read.count(&Select::count(TABLE).filter(of(user))).await
}

/// Writes a new token. The caller commits.
pub(super) async fn insert(tx: &mut Tx, token: &Token, secret: &Opaque) -> Result<(), StoreError> {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let insert = Insert::into(TABLE)
        .set("id", token.id.number())
        .set("user_id", token.user.number())
        .set("name", token.name.as_str())
        .set("token_hash", secret.hash())
        .set("prefix", token.prefix.as_str())
        .set("scopes", scopes.join(" "))
        .set("networks", token.networks.stored())
        .set("created_at", token.created_at)
        .set("expires_at", token.expires_at);
    tx.insert(&insert).await.map(drop)
}

/// Revokes a token of a user; says whether they had it. The caller commits.
pub(super) async fn delete(tx: &mut Tx, user: UserId, id: TokenId) -> Result<bool, StoreError> {
    let filter = of(user).and(Filter::eq("id", id.number()));
    Ok(tx.delete(&Delete::from(TABLE, filter)).await? > 0)
}
