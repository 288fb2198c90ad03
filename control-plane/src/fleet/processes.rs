//! Processes that joined, and the tokens with which they do. Secrets are kept as hashes.

use freehold_clock::UnixMs;
use freehold_credentials::Opaque;
use freehold_db::{
    Database, DbError, Delete, Direction, Filter, Insert, Reader, Row, Select, Update, Writer,
};
use freehold_fleet::{Address, Introduction, ProcessRole};
use freehold_ids::JoinTokenId;
use freehold_lists::{Field, FieldKind, Found, List, ListPolicy, Listed};

use crate::operations::store::typed;

/// Workers of one control plane.
pub(crate) const WORKERS_MAX: u64 = 10_000;
/// What credentials of processes start with.
pub(crate) const CREDENTIAL_PREFIX: &str = "fhp";
/// What join tokens start with.
pub(crate) const JOIN_PREFIX: &str = "fhj";

const PROCESS_COLUMNS: [&str; 10] = [
    "id",
    "role",
    "name",
    "region",
    "address",
    "credential_hash",
    "next_credential_hash",
    "joined_at",
    "seen_at",
    "revoked_at",
];

/// What operators may ask of the list of processes.
pub(crate) const PROCESSES: ListPolicy = ListPolicy {
    table: "processes",
    columns: &PROCESS_COLUMNS,
    key: "id",
    fields: &[
        Field::new("id", FieldKind::Text).shown().filtered().sorted(),
        Field::new("role", FieldKind::Word(&["worker", "edge"])).shown().filtered().sorted(),
        Field::new("name", FieldKind::Text).shown().filtered().sorted(),
        Field::new("region", FieldKind::Text).shown().filtered().sorted(),
        Field::view("state"),
        Field::view("address"),
        Field::new("joined_at", FieldKind::Time).shown().filtered().sorted(),
        Field::new("seen_at", FieldKind::Time).shown().filtered().sorted(),
    ],
    searched: &["name"],
    order: &[("joined_at", Direction::Ascending)],
    includes: &[],
};

const TOKEN_COLUMNS: [&str; 5] = ["id", "role", "uses_left", "created_at", "expires_at"];

/// What operators may ask of the list of join tokens.
pub(crate) const TOKENS: ListPolicy = ListPolicy {
    table: "join_tokens",
    columns: &TOKEN_COLUMNS,
    key: "id",
    fields: &[
        Field::new("id", FieldKind::Text).shown().sorted(),
        Field::new("role", FieldKind::Word(&["worker", "edge"])).shown().filtered(),
        Field::new("uses_left", FieldKind::Int).shown().filtered(),
        Field::new("created_at", FieldKind::Time).shown().filtered().sorted(),
        Field::new("expires_at", FieldKind::Time).shown().filtered().sorted(),
    ],
    searched: &[],
    order: &[("created_at", Direction::Descending)],
    includes: &[],
};

/// A process that joined.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: String,
    pub(crate) role: ProcessRole,
    pub(crate) name: String,
    pub(crate) region: String,
    pub(crate) address: Option<Address>,
    pub(crate) credential_hash: String,
    pub(crate) next_credential_hash: Option<String>,
    pub(crate) joined_at: UnixMs,
    pub(crate) seen_at: UnixMs,
    pub(crate) revoked_at: Option<UnixMs>,
}

/// A token with which processes join.
#[derive(Debug, Clone)]
pub(crate) struct JoinToken {
    pub(crate) id: JoinTokenId,
    pub(crate) role: ProcessRole,
    pub(crate) uses_left: i64,
    pub(crate) created_at: UnixMs,
    pub(crate) expires_at: UnixMs,
}

fn role(row: &Row) -> Result<ProcessRole, DbError> {
    let text: String = row.get("role")?;
    ProcessRole::parse(&text).ok_or_else(|| DbError::Shape(format!("a process role {text}")))
}

fn process(row: &Row) -> Result<Process, DbError> {
    let address: Option<String> = row.get("address")?;
    let address = address.map(|text| serde_json::from_str(&text));
    Ok(Process {
        id: row.get("id")?,
        role: role(row)?,
        name: row.get("name")?,
        region: row.get("region")?,
        address: address.transpose().map_err(|_| DbError::Shape("processes.address".into()))?,
        credential_hash: row.get("credential_hash")?,
        next_credential_hash: row.get("next_credential_hash")?,
        joined_at: UnixMs(row.get("joined_at")?),
        seen_at: UnixMs(row.get("seen_at")?),
        revoked_at: row.get::<Option<i64>>("revoked_at")?.map(UnixMs),
    })
}

fn token(row: &Row) -> Result<JoinToken, DbError> {
    Ok(JoinToken {
        id: typed(row, "id")?,
        role: role(row)?,
        uses_left: row.get("uses_left")?,
        created_at: UnixMs(row.get("created_at")?),
        expires_at: UnixMs(row.get("expires_at")?),
    })
}

fn written(address: Option<&Address>) -> Option<String> {
    address.and_then(|address| serde_json::to_string(address).ok())
}

/// Takes one use of a join token; `false` when it is unknown, used up, too old or for another role.
pub(crate) async fn use_token(
    writer: &mut Writer,
    presented: &str,
    role: ProcessRole,
    now: UnixMs,
) -> Result<bool, DbError> {
    let Some(secret) = Opaque::parse(JOIN_PREFIX, presented) else { return Ok(false) };
    let update = Update::table("join_tokens")
        .add("uses_left", -1)
        .filter(Filter::eq("secret_hash", secret.hash()))
        .filter(Filter::eq("role", role.as_str()))
        .filter(Filter::gt("uses_left", 0))
        .filter(Filter::gt("expires_at", now.0));
    Ok(writer.update(&update).await? > 0)
}

/// Writes a process that has just joined.
pub(crate) async fn insert(
    writer: &mut Writer,
    id: &str,
    introduction: &Introduction,
    credential: &Opaque,
    now: UnixMs,
) -> Result<(), DbError> {
    let insert = Insert::into("processes")
        .set("id", id)
        .set("role", introduction.role.as_str())
        .set("name", introduction.name.as_str())
        .set("region", introduction.region.as_str())
        .set("address", written(introduction.address.as_ref()))
        .set("credential_hash", credential.hash())
        .set("joined_at", now.0)
        .set("seen_at", now.0);
    writer.insert(&insert).await.map(drop)
}

/// Notes that a process said hello with this credential, which from now on is its only one.
pub(crate) async fn seen(
    db: &Database,
    id: &str,
    introduction: &Introduction,
    credential_hash: &str,
    now: UnixMs,
) -> Result<(), DbError> {
    let mut update = Update::table("processes")
        .set("name", introduction.name.as_str())
        .set("region", introduction.region.as_str())
        .set("address", written(introduction.address.as_ref()))
        .set("credential_hash", credential_hash)
        .set("seen_at", now.0)
        .filter(Filter::eq("id", id));
    // Until the new credential has been used, both are good.
    let known = by_id(&mut db.read().await?, id).await?;
    if known.is_some_and(|known| known.next_credential_hash.as_deref() == Some(credential_hash)) {
        update = update.set("next_credential_hash", None::<String>);
    }
    let mut writer = db.write().await?;
    writer.update(&update).await?;
    writer.commit().await
}

/// Gives a process a second credential.
pub(crate) async fn rotate(db: &Database, id: &str, next: &Opaque) -> Result<(), DbError> {
    let update = Update::table("processes")
        .set("next_credential_hash", next.hash())
        .filter(Filter::eq("id", id));
    let mut writer = db.write().await?;
    writer.update(&update).await?;
    writer.commit().await
}

/// Ends a membership for good.
pub(crate) async fn revoke(db: &Database, id: &str, now: UnixMs) -> Result<(), DbError> {
    let update = Update::table("processes").set("revoked_at", now.0).filter(Filter::eq("id", id));
    let mut writer = db.write().await?;
    writer.update(&update).await?;
    writer.commit().await
}

pub(crate) async fn by_id(read: &mut Reader, id: &str) -> Result<Option<Process>, DbError> {
    let select = Select::from("processes", PROCESS_COLUMNS).filter(Filter::eq("id", id));
    read.optional(&select).await?.as_ref().map(process).transpose()
}

/// The processes that a caller's list asks for.
pub(crate) async fn list<T: Listed>(
    db: &Database,
    list: &List<T>,
) -> Result<Found<Process>, DbError> {
    crate::store::list(db, Filter::everything(), list, process).await
}

/// Where workers take hand-overs, as they said when they were last connected.
pub(crate) async fn addresses(db: &Database) -> Result<Vec<(String, Address)>, DbError> {
    let filter =
        Filter::eq("role", ProcessRole::Worker.as_str()).and(Filter::is_null("revoked_at"));
    let select = Select::from("processes", PROCESS_COLUMNS).filter(filter).page(WORKERS_MAX, 0);
    let workers = db.read().await?.rows(&select).await?;
    let workers: Vec<Process> = workers.iter().map(process).collect::<Result<_, _>>()?;
    Ok(workers.into_iter().filter_map(|worker| Some((worker.id, worker.address?))).collect())
}

/// Writes a new join token.
pub(crate) async fn insert_token(
    db: &Database,
    token: &JoinToken,
    secret: &Opaque,
) -> Result<(), DbError> {
    let insert = Insert::into("join_tokens")
        .set("id", token.id.to_string())
        .set("role", token.role.as_str())
        .set("secret_hash", secret.hash())
        .set("uses_left", token.uses_left)
        .set("created_at", token.created_at.0)
        .set("expires_at", token.expires_at.0);
    let mut writer = db.write().await?;
    writer.insert(&insert).await?;
    writer.commit().await
}

/// The join tokens that a caller's list asks for, of those that still work.
pub(crate) async fn tokens<T: Listed>(
    db: &Database,
    list: &List<T>,
    now: UnixMs,
) -> Result<Found<JoinToken>, DbError> {
    let good = Filter::gt("expires_at", now.0).and(Filter::gt("uses_left", 0));
    crate::store::list(db, good, list, token).await
}

/// Takes a join token back; says whether there was one.
pub(crate) async fn delete_token(db: &Database, id: JoinTokenId) -> Result<bool, DbError> {
    let mut writer = db.write().await?;
    let filter = Filter::eq("id", id.to_string());
    let deleted = writer.delete(&Delete::from("join_tokens", filter)).await?;
    writer.commit().await?;
    Ok(deleted > 0)
}
