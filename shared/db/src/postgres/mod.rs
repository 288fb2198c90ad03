//! Stores in a Postgres database: a pool that reads, one connection that writes.
//!
//! The platform's rules about writing assume that a store has one writer at a time. Among
//! processes that share a database an advisory lock, taken first in every write transaction, keeps
//! it so. Under READ COMMITTED each statement sees what was committed before the lock was granted;
//! a stricter isolation would look at the time before the lock.

mod schemas;

use std::fmt;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{
    AssertSqlSafe, Connection as _, Executor as _, PgConnection, Postgres, Row as _, Transaction,
};

use crate::connection::Writer;
use crate::error::DbError;
use crate::schema::{Catalog, ColumnType, Migration, SchemaChange};
use crate::{Insert, Select, Update};
pub use schemas::{SCHEMAS_PER_DATABASE_MAX, SchemaHost};
pub(crate) use schemas::{SchemaStore, SchemaTransaction};

/// Connections of one process, besides the one by which it leads.
const CONNECTIONS_MAX: u32 = 10;
/// How long a caller waits for a connection before the store counts as busy.
const ACQUIRE_SECONDS_MAX: u64 = 5;
/// How long a write transaction waits for its turn among all processes.
pub(crate) const TURN_SECONDS_MAX: u64 = 5;
/// How long a migration waits for those of other processes.
const MIGRATION_TURN_SECONDS_MAX: u64 = 60;
/// How long a statement may run.
const STATEMENT_SECONDS_MAX: u64 = 30;
/// How long the server keeps a transaction in which nothing happens, and with it the turn of all.
const SILENT_TRANSACTION_SECONDS_MAX: u64 = 10;
/// How long the server keeps the session of a leader that says nothing.
pub(crate) const SILENT_LEADER_SECONDS_MAX: u64 = 3;
/// Rendered statements that one connection keeps prepared.
const STATEMENTS_CACHED_MAX: usize = 100;
/// The first release that ends silent sessions by itself.
const SERVER_VERSION_MIN: i32 = 140_000;

/// The advisory lock of the one writer: "Freehold" in ASCII.
const WRITE_LOCK: i64 = 0x4672_6565_686f_6c64;
/// The advisory lock of whoever leads: "Freelead" in ASCII.
pub(crate) const LEADER_LOCK: i64 = 0x4672_6565_6c65_6164;

/// Which schema version the database has; one row.
const VERSION_TABLE: &str = "schema_version";

/// How to reach a database of a Postgres server.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`; never shown.
    pub url: String,
    /// Connections of this process at most, besides the one by which it leads.
    pub connections_max: u32,
}

impl PostgresOptions {
    /// With as many connections as one control plane needs.
    pub const fn at(url: String) -> Self {
        Self { url, connections_max: CONNECTIONS_MAX }
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresOptions {{ connections_max: {} }}", self.connections_max)
    }
}

/// The connections to one database.
#[derive(Debug)]
pub(crate) struct Pools {
    options: PgConnectOptions,
    /// The term in which this process leads; 0 where it never did, which is not fenced.
    pub(crate) term: AtomicI64,
    writer: PgPool,
    pub(crate) readers: PgPool,
}

impl Pools {
    /// Reads the URL; connections are made when they are first needed.
    pub(crate) fn lazy(options: &PostgresOptions) -> Result<Self, sqlx::Error> {
        let connect = connect_options(&options.url)?;
        let writer = pool(1).connect_lazy_with(connect.clone());
        let read_only = connect.clone().options([("default_transaction_read_only", "on")]);
        let readers = pool(options.connections_max.max(2) - 1).connect_lazy_with(read_only);
        Ok(Self { options: connect, term: AtomicI64::new(0), writer, readers })
    }

    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.readers.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// A write transaction that has its turn, with a savepoint before its first statement. Refused
    /// where this process led and another one does.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, DbError> {
        let translated = |error| DbError::from_driver(error, &Catalog::default());
        let mut transaction = self.begin_write().await.map_err(translated)?;
        let term = self.term.load(Ordering::Acquire);
        let look = if term == 0 { "" } else { "SELECT term FROM leadership;" };
        // One round trip. Each statement sees what was committed before it began, and the turn
        // comes first, so that no newer term can be taken once this one was found.
        let turn = format!("{}{look}SAVEPOINT statement", turn(TURN_SECONDS_MAX));
        let rows = sqlx::raw_sql(AssertSqlSafe(turn)).fetch_all(&mut *transaction).await;
        let rows = rows.map_err(translated)?;
        if term != 0 {
            let newest = rows.last().map(|row| row.try_get::<i64, _>("term"));
            if newest.transpose().map_err(translated)? != Some(term) {
                return Err(DbError::Superseded);
            }
        }
        Ok(transaction)
    }

    /// A write transaction of a migration, which waits longer for its turn.
    pub(crate) async fn begin_migration(
        &self,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = self.begin_write().await?;
        let turn = format!("{}SAVEPOINT statement", turn(MIGRATION_TURN_SECONDS_MAX));
        sqlx::raw_sql(AssertSqlSafe(turn)).execute(&mut *transaction).await?;
        Ok(transaction)
    }

    async fn begin_write(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.writer.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await
    }

    pub(crate) async fn schema_version(&self) -> Result<i64, sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        let is_there: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(VERSION_TABLE)
            .fetch_one(&mut *connection)
            .await?;
        if !is_there {
            return Ok(0);
        }
        let version = sqlx::query_scalar("SELECT version FROM schema_version");
        Ok(version.fetch_optional(&mut *connection).await?.unwrap_or(0))
    }

    /// How to make the connection of a process that leads, or wants to.
    pub(crate) fn leader_options(&self) -> PgConnectOptions {
        let silence = format!("{SILENT_LEADER_SECONDS_MAX}s");
        self.options.clone().options([("idle_session_timeout", silence)])
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Waits until no other process writes.
pub(crate) fn turn(seconds: u64) -> String {
    format!(
        "SET LOCAL lock_timeout = '{seconds}s';\
         SELECT pg_advisory_xact_lock({WRITE_LOCK});"
    )
}

fn connect_options(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    let seconds = |seconds: u64| format!("{seconds}s");
    let options = PgConnectOptions::from_str(url)?
        .application_name("freehold")
        .statement_cache_capacity(STATEMENTS_CACHED_MAX)
        .options([
            ("statement_timeout", seconds(STATEMENT_SECONDS_MAX)),
            ("idle_in_transaction_session_timeout", seconds(SILENT_TRANSACTION_SECONDS_MAX)),
            // A roll-back outside of a transaction is what every connection ends with, below.
            ("client_min_messages", "error".to_owned()),
        ]);
    Ok(options)
}

fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
        // A caller that was dropped while its transaction began leaves one that the driver does not
        // know of, and that might hold the turn of all.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.execute("ROLLBACK").await?;
                Ok(true)
            })
        })
}

/// Runs one migration in its write transaction and commits, unless another process has done so
/// while this one waited for its turn.
pub(crate) async fn migrate(mut writer: Writer, migration: &Migration) -> Result<(), DbError> {
    let table = format!("CREATE TABLE IF NOT EXISTS {VERSION_TABLE} (version BIGINT NOT NULL)");
    writer.execute_text(table).await?;
    let found = writer.optional(&Select::from(VERSION_TABLE, ["version"])).await?;
    let found = found.map(|row| row.get::<i64>("version")).transpose()?;
    if found.is_some_and(|found| found >= migration.version) {
        return Ok(());
    }
    for change in (migration.changes)() {
        writer.execute_text(plan(&change)).await?;
    }
    match found {
        Some(_) => {
            let update = Update::table(VERSION_TABLE).set("version", migration.version);
            writer.update(&update).await?;
        }
        None => {
            let insert = Insert::into(VERSION_TABLE).set("version", migration.version);
            writer.insert(&insert).await?;
        }
    }
    writer.commit().await
}

/// The statement that makes a change on Postgres.
fn plan(change: &SchemaChange) -> String {
    match change {
        SchemaChange::CreateTable(table) => table.create_sql(column_type),
        SchemaChange::AddColumn { table, column } => {
            format!("ALTER TABLE \"{table}\" ADD COLUMN {}", column.sql(column_type))
        }
        SchemaChange::CreateIndex(index) => index.create_sql("INDEX"),
        SchemaChange::CreateUniqueIndex(index) => index.create_sql("UNIQUE INDEX"),
    }
}

/// Text is compared byte by byte, as SQLite does, whatever the database's own locale.
const fn column_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Int => "BIGINT",
        ColumnType::Float => "DOUBLE PRECISION",
        ColumnType::Text => "TEXT COLLATE \"C\"",
        ColumnType::Bytes => "BYTEA",
        ColumnType::Bool => "BOOLEAN",
    }
}

/// What a server says of itself.
#[derive(Debug, Clone)]
pub struct ServerReport {
    /// Its release, such as `15.4`.
    pub version: String,
    /// What it was told not to do for the sake of speed, by the names of its settings: a write that
    /// was answered may be lost.
    pub loses_writes_by: Vec<String>,
    version_number: i32,
    encoding: String,
}

impl ServerReport {
    /// Refuses what the platform cannot work with.
    pub(crate) fn refuse_unusable(&self) -> Result<(), DbError> {
        if self.version_number < SERVER_VERSION_MIN {
            let least = SERVER_VERSION_MIN / 10_000;
            return Err(DbError::Shape(format!("Postgres {} is older than {least}", self.version)));
        }
        if self.encoding != "UTF8" {
            let message = format!("the database's encoding is {}, not UTF8", self.encoding);
            return Err(DbError::Shape(message));
        }
        Ok(())
    }
}

/// Asks a server about itself, for people who look for what is wrong.
///
/// # Errors
/// Whatever keeps the platform from using it.
pub async fn examine_server(options: &PostgresOptions) -> Result<ServerReport, DbError> {
    let asked = async {
        let connect = connect_options(&options.url)?;
        let mut connection = PgConnection::connect_with(&connect).await?;
        report(&mut connection).await
    };
    let report = asked.await.map_err(|error| DbError::from_driver(error, &Catalog::default()))?;
    report.refuse_unusable()?;
    Ok(report)
}

pub(crate) async fn report(connection: &mut PgConnection) -> Result<ServerReport, sqlx::Error> {
    let mut setting = async |name: &'static str| -> Result<String, sqlx::Error> {
        let value = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
        value.fetch_one(&mut *connection).await
    };
    let version_number = setting("server_version_num").await?.parse().unwrap_or_default();
    let (version, encoding) = (setting("server_version").await?, setting("server_encoding").await?);
    let mut loses_writes_by = Vec::new();
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        if setting(name).await? == "off" {
            loses_writes_by.push(name.to_owned());
        }
    }
    Ok(ServerReport { version, loses_writes_by, version_number, encoding })
}
