//! SQLite stores: one file, one writer, a few read-only connections opened on demand.
//!
//! WAL with a sync at every commit, so that an acknowledged write survives kill and power loss;
//! `BEGIN IMMEDIATE` for every write, so that a writer waits its turn instead of failing half
//! way. Pragmas follow <https://sqlite.org/pragma.html> and are the same for every store.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Row as _, Sqlite, SqliteConnection, Transaction};

use crate::connection::Writer;
use crate::error::DbError;
use crate::schema::{ColumnType, Migration, SchemaChange};

/// How long a caller waits for a connection before the store counts as busy.
const ACQUIRE_SECONDS_MAX: u64 = 5;
/// How long SQLite itself waits for a lock held by another process.
const BUSY_SECONDS_MAX: u64 = 5;
/// The WAL is cut back to this size when it is reset.
const WAL_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Page cache of one connection.
const CACHE_KIB_MAX: u64 = 2_000;
/// Rendered statements that one connection keeps prepared.
const STATEMENTS_CACHED_MAX: usize = 100;
/// Problems of one store that are told at most.
const PROBLEMS_MAX: usize = 20;
/// Steps of SQLite's machine between two looks at the time.
const STEPS_BETWEEN_LOOKS: i32 = 10_000;
/// The part of a file that says what it is, and where in it the schema version stands.
const HEADER_BYTES: usize = 100;
const USER_VERSION_AT: usize = 60;
/// The first SQLite release without the WAL-reset corruption bug.
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// How to open a store.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// The file.
    pub path: PathBuf,
    /// Whether to create it.
    pub create: bool,
    /// Read-only connections at most.
    pub readers_max: u32,
}

/// The connections to one file.
#[derive(Debug, Clone)]
pub(crate) struct Pools {
    path: PathBuf,
    writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

impl Pools {
    pub(crate) fn open(options: &DatabaseOptions) -> Result<Self, DbError> {
        if !options.create && !options.path.is_file() {
            return Err(gone(&options.path));
        }
        let connect = connect_options(&options.path);
        // A full volume makes SQLite end a transaction by itself, which the driver does not
        // notice; such a connection would refuse every further transaction.
        let writer = pool(1).after_release(|connection, _| {
            Box::pin(async move {
                connection.ping().await?;
                Ok(!connection.is_in_transaction())
            })
        });
        let writer = writer.connect_lazy_with(connect.clone().create_if_missing(options.create));
        let readers = pool(options.readers_max.max(1))
            .connect_lazy_with(connect.read_only(true).create_if_missing(false));
        Ok(Self { path: options.path.clone(), writer, readers })
    }

    /// Whether the file still lies where it was opened. SQLite itself goes on with a file that was
    /// removed, and everything written then is lost.
    pub(crate) fn still_there(&self) -> Result<(), DbError> {
        if self.path.is_file() { Ok(()) } else { Err(gone(&self.path)) }
    }

    /// What is wrong with the file and with references between rows, as far as SQLite can tell;
    /// interrupted after `wait`.
    pub(crate) async fn problems(&self, wait: Duration) -> Result<Vec<String>, sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        let deadline = Instant::now() + wait;
        let is_in_time = move || Instant::now() < deadline;
        connection.lock_handle().await?.set_progress_handler(STEPS_BETWEEN_LOOKS, is_in_time);
        let found = problems(&mut connection).await;
        connection.lock_handle().await?.remove_progress_handler();
        found
    }

    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.readers.begin_with("BEGIN").await
    }

    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    pub(crate) async fn schema_version(&self) -> Result<i64, sqlx::Error> {
        let mut connection = self.writer.acquire().await?;
        sqlx::query_scalar("PRAGMA user_version").fetch_one(&mut *connection).await
    }

    /// Writes a consistent copy to a file that is not there yet.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), sqlx::Error> {
        let mut connection = self.readers.acquire().await?;
        let copy = sqlx::query("VACUUM INTO ?").bind(path.display().to_string());
        copy.execute(&mut *connection).await.map(drop)
    }

    /// Moves the WAL into the file and closes every connection.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        if let Ok(mut connection) = self.writer.acquire().await {
            // A failed checkpoint loses nothing: the next open reads the WAL.
            let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await;
        }
        self.writer.close().await;
    }
}

/// The schema version in the header of a store's file (<https://sqlite.org/fileformat.html>), without
/// opening it; what a log beside it says is not counted. `None` where there is no such file.
pub fn schema_version_of_file(path: &Path) -> Option<i64> {
    let mut header = [0; HEADER_BYTES];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut header)).ok()?;
    let version: [u8; 4] = header[USER_VERSION_AT..USER_VERSION_AT + 4].try_into().ok()?;
    header.starts_with(b"SQLite format 3\0").then(|| u32::from_be_bytes(version).into())
}

fn gone(path: &Path) -> DbError {
    DbError::Damaged(format!("the file {} is gone", path.display()))
}

async fn problems(connection: &mut SqliteConnection) -> Result<Vec<String>, sqlx::Error> {
    let check = format!("PRAGMA integrity_check({PROBLEMS_MAX})");
    let rows = sqlx::query(AssertSqlSafe(check)).fetch_all(&mut *connection).await?;
    let mut problems = Vec::new();
    for row in rows {
        let line: String = row.try_get(0)?;
        problems.extend((line != "ok").then_some(line));
    }
    let broken = format!(
        "SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check LIMIT {PROBLEMS_MAX}"
    );
    for row in sqlx::query(AssertSqlSafe(broken)).fetch_all(connection).await? {
        let (table, target): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        problems.push(format!("a row of {table} refers to one of {target} that is not there"));
    }
    Ok(problems)
}

/// Runs one migration in its write transaction and commits.
pub(crate) async fn migrate(mut writer: Writer, migration: &Migration) -> Result<(), DbError> {
    for change in (migration.changes)() {
        for sql in plan(&change) {
            writer.execute_text(sql).await?;
        }
    }
    writer.execute_text(format!("PRAGMA user_version = {}", migration.version)).await?;
    writer.commit().await
}

fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(BUSY_SECONDS_MAX))
        .pragma("cache_size", format!("-{CACHE_KIB_MAX}"))
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", WAL_BYTES_MAX.to_string())
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .statement_cache_capacity(STATEMENTS_CACHED_MAX)
}

/// A pool without a maintenance task: stores are opened and closed as a whole.
fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(0)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
}

/// Refuses to run on an SQLite with the WAL-reset bug.
///
/// # Errors
/// [`DbError::Engine`] with both versions.
pub fn assert_version() -> Result<(), DbError> {
    let found = libsqlite3_sys::SQLITE_VERSION_NUMBER;
    if found >= SQLITE_VERSION_MIN {
        return Ok(());
    }
    Err(DbError::Engine(format!("SQLite {found} is older than {SQLITE_VERSION_MIN}")))
}

/// The statements that make a change on SQLite.
fn plan(change: &SchemaChange) -> Vec<String> {
    match change {
        SchemaChange::CreateTable(table) => vec![table.create_sql(column_type)],
        SchemaChange::AddColumn { table, column } => {
            vec![format!("ALTER TABLE \"{table}\" ADD COLUMN {}", column.sql(column_type))]
        }
        SchemaChange::CreateIndex(index) => vec![index.create_sql("INDEX")],
        SchemaChange::CreateUniqueIndex(index) => vec![index.create_sql("UNIQUE INDEX")],
    }
}

const fn column_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Int => "INTEGER",
        ColumnType::Float => "REAL",
        ColumnType::Text => "TEXT",
        ColumnType::Bytes => "BLOB",
        ColumnType::Bool => "BOOLEAN",
    }
}
