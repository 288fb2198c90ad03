//! SQLite stores: one file, one writer, a few read-only connections opened on demand.
//!
//! WAL and `BEGIN IMMEDIATE` for every write, so that a writer waits its turn instead of failing
//! half way; turns are given in the order in which they were asked for. Pragmas follow
//! <https://sqlite.org/pragma.html> and are the same for every store. A commit is answered when a
//! sync covers it (`sync`).

mod connection;
mod sync;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sea_query::Values;
use sea_query_sqlx::SqlxValues;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::error::DbError;
use crate::schema::{Catalog, ColumnType, Migration, SchemaChange};
use connection::{Connection, Purpose};
use sync::GroupSync;

/// How long a caller waits for a connection before the store counts as busy.
const ACQUIRE_SECONDS_MAX: u64 = 5;
/// How long one statement may run.
const STATEMENT_SECONDS_MAX: u64 = 5;
/// Problems of one store that are told at most.
const PROBLEMS_MAX: usize = 20;
/// The part of a file that says what it is, and where in it the schema version stands.
const HEADER_BYTES: usize = 100;
const USER_VERSION_AT: usize = 60;
/// How long closing waits for whoever still uses a connection.
const CLOSE_SECONDS_MAX: u64 = 5;
/// Primary result codes after which a transaction stands (<https://sqlite.org/rescode.html>).
const SQLITE_ERROR: u32 = 1;
const SQLITE_CONSTRAINT: u32 = 19;
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
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    create: bool,
    writer: Arc<tokio::sync::Mutex<Option<Connection>>>,
    sync: GroupSync,
    readers: Arc<Semaphore>,
    readers_max: u32,
    /// Open readers that nobody uses; `None` once the store is closed.
    idle: Mutex<Option<Vec<Connection>>>,
}

impl Store {
    pub(crate) fn open(options: &DatabaseOptions) -> Result<Self, DbError> {
        if !options.create && !options.path.is_file() {
            return Err(gone(&options.path));
        }
        let readers_max = options.readers_max.max(1);
        Ok(Self {
            path: options.path.clone(),
            create: options.create,
            writer: Arc::default(),
            sync: GroupSync::of(&options.path),
            readers: Arc::new(Semaphore::new(readers_max as usize)),
            readers_max,
            idle: Mutex::new(Some(Vec::new())),
        })
    }

    /// A connection that reads, for one statement after another or for a snapshot.
    pub(crate) async fn read(self: &Arc<Self>, is_snapshot: bool) -> Result<Lease, DbError> {
        self.sync.check()?;
        let permit = match Arc::clone(&self.readers).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => within(Arc::clone(&self.readers).acquire_owned())
                .await?
                .map_err(|_| DbError::Busy)?,
        };
        let idle = self.idle.lock().as_mut().ok_or(DbError::Busy)?.pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                if self.create && !self.path.is_file() {
                    // Whoever writes first makes it.
                    self.write().await.map(drop)?;
                }
                self.connect(Purpose::Read).await?
            }
        };
        let state = if is_snapshot { State::Asked } else { State::Without };
        let store = Arc::clone(self);
        Ok(Lease { connection: Some(connection), state, store, _permit: permit })
    }

    /// The turn to write.
    pub(crate) async fn write(self: &Arc<Self>) -> Result<Turn, DbError> {
        let mut connection = match Arc::clone(&self.writer).try_lock_owned() {
            Ok(connection) => connection,
            Err(_) => within(Arc::clone(&self.writer).lock_owned()).await?,
        };
        self.sync.check()?;
        if connection.is_none() {
            if self.idle.lock().is_none() {
                return Err(DbError::Busy);
            }
            *connection = Some(self.connect(Purpose::Write { create: self.create }).await?);
        }
        Ok(Turn { connection, state: State::Asked, store: Arc::clone(self) })
    }

    async fn connect(&self, purpose: Purpose) -> Result<Connection, DbError> {
        let longest = Duration::from_secs(STATEMENT_SECONDS_MAX);
        Connection::open(&self.path, purpose, longest).await.map_err(|error| {
            // What was there when the store was opened may have been removed since.
            if self.create {
                driver(error)
            } else {
                self.still_there().err().unwrap_or_else(|| driver(error))
            }
        })
    }

    /// The schema version that the file says it has.
    pub(crate) async fn schema_version(self: &Arc<Self>) -> Result<i64, DbError> {
        let mut lease = self.read(false).await?;
        lease.connection()?.number("PRAGMA user_version").await.map_err(driver)
    }

    /// Writes a consistent copy to a file that is not there yet.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), DbError> {
        let mut connection = self.connect(Purpose::Copy).await?;
        let copied = connection.copy_to(path).await;
        connection.close().await;
        copied.map_err(driver)
    }

    /// Whether the file still lies where it was opened. SQLite itself goes on with a file that was
    /// removed, and everything written then is lost.
    pub(crate) fn still_there(&self) -> Result<(), DbError> {
        if self.path.is_file() { Ok(()) } else { Err(gone(&self.path)) }
    }

    /// What is wrong with the file and with references between rows, as far as SQLite can tell;
    /// each of the two looks is ended after `wait`.
    pub(crate) async fn problems(&self, wait: Duration) -> Result<Vec<String>, DbError> {
        let opened = Connection::open(&self.path, Purpose::Read, wait).await;
        let mut connection = opened.map_err(driver)?;
        let found = problems(&mut connection).await;
        connection.close().await;
        found
    }

    /// Waits until everything that was committed is durable.
    pub(crate) async fn settle(&self) -> Result<(), DbError> {
        self.sync.settle().await
    }

    /// Whether the store has to be opened anew, because a sync failed.
    pub(crate) fn has_failed(&self) -> bool {
        self.sync.has_failed()
    }

    /// Moves the WAL into the file and waits until that is durable, after a sync of the WAL failed
    /// in an earlier life of the store.
    pub(crate) async fn recover(self: &Arc<Self>) -> Result<(), DbError> {
        let mut turn = self.write().await?;
        let connection = turn.connection()?;
        let busy = connection.number("PRAGMA wal_checkpoint(TRUNCATE)").await.map_err(driver)?;
        if busy == 0 { Ok(()) } else { Err(DbError::Busy) }
    }

    /// Closes every connection, the writer last: SQLite moves the WAL into the file then.
    pub(crate) async fn close(&self) {
        let idle = self.idle.lock().take().unwrap_or_default();
        for connection in idle {
            connection.close().await;
        }
        let grace = Duration::from_secs(CLOSE_SECONDS_MAX);
        // Those who read give their connection back to nobody, and it is closed.
        let all = self.readers.acquire_many(self.readers_max);
        let _ = tokio::time::timeout(grace, all).await;
        if let Ok(mut writer) = tokio::time::timeout(grace, self.writer.lock()).await
            && let Some(connection) = writer.take()
        {
            connection.close().await;
        }
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

async fn problems(connection: &mut Connection) -> Result<Vec<String>, DbError> {
    let nothing = || SqlxValues(Values(Vec::new()));
    let column = |row: &SqliteRow, at: usize| row.try_get::<String, _>(at).map_err(driver);
    let check = format!("PRAGMA integrity_check({PROBLEMS_MAX})");
    let mut problems = Vec::new();
    for row in connection.rows(check, nothing()).await.map_err(driver)? {
        let line = column(&row, 0)?;
        problems.extend((line != "ok").then_some(line));
    }
    let broken = format!(
        "SELECT DISTINCT \"table\", parent FROM pragma_foreign_key_check LIMIT {PROBLEMS_MAX}"
    );
    for row in connection.rows(broken, nothing()).await.map_err(driver)? {
        let (table, target) = (column(&row, 0)?, column(&row, 1)?);
        problems.push(format!("a row of {table} refers to one of {target} that is not there"));
    }
    Ok(problems)
}

/// A driver's error outside of any statement that names a constraint.
fn driver(error: sqlx::Error) -> DbError {
    DbError::from_driver(error, &Catalog::default())
}

/// Waits for a connection as long as a caller may wait.
async fn within<T>(waiting: impl Future<Output = T>) -> Result<T, DbError> {
    let longest = Duration::from_secs(ACQUIRE_SECONDS_MAX);
    tokio::time::timeout(longest, waiting).await.map_err(|_| DbError::Busy)
}

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// There is none: each statement stands for itself.
    Without,
    /// It begins with its first statement.
    Asked,
    /// It may be open.
    Begun,
    /// It is over.
    Over,
}

/// A connection that reads, given back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    connection: Option<Connection>,
    state: State,
    store: Arc<Store>,
    _permit: OwnedSemaphorePermit,
}

impl Lease {
    pub(crate) async fn rows(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let sql = begun(&mut self.state, "BEGIN", sql);
        self.driver()?.rows(sql, values).await
    }

    pub(crate) async fn optional(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        let sql = begun(&mut self.state, "BEGIN", sql);
        self.driver()?.optional(sql, values).await
    }

    fn driver(&mut self) -> Result<&mut Connection, sqlx::Error> {
        self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn connection(&mut self) -> Result<&mut Connection, DbError> {
        self.driver().map_err(driver)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.state == State::Begun {
            connection.send_rollback();
        }
        // Where the store was closed meanwhile the connection is dropped, which closes it.
        if let Some(idle) = self.store.idle.lock().as_mut() {
            idle.push(connection);
        }
    }
}

/// The one connection that writes, in one transaction. Dropped without commit, it changes nothing.
#[derive(Debug)]
pub(crate) struct Turn {
    connection: OwnedMutexGuard<Option<Connection>>,
    state: State,
    store: Arc<Store>,
}

impl Turn {
    pub(crate) async fn rows(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        let sql = begun(&mut self.state, "BEGIN IMMEDIATE", sql);
        let rows = self.driver()?.rows(sql, values).await;
        self.settled(rows)
    }

    pub(crate) async fn optional(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        let sql = begun(&mut self.state, "BEGIN IMMEDIATE", sql);
        let row = self.driver()?.optional(sql, values).await;
        self.settled(row)
    }

    pub(crate) async fn execute(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<u64, sqlx::Error> {
        let sql = begun(&mut self.state, "BEGIN IMMEDIATE", sql);
        let changed = self.driver()?.execute(sql, values).await;
        self.settled(changed)
    }

    /// Runs a statement of a schema change, for as long as it takes.
    pub(crate) async fn execute_slowly(&mut self, sql: String) -> Result<(), sqlx::Error> {
        let sql = begun(&mut self.state, "BEGIN IMMEDIATE", sql);
        let done = self.driver()?.execute_slowly(sql).await;
        self.settled(done)
    }

    /// Runs the statements, if there are any, and commits. The turn is over when this returns;
    /// what was written is durable once the store has settled.
    pub(crate) async fn commit(
        mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<(), sqlx::Error> {
        let sql = match (self.state, sql.is_empty()) {
            // Nothing was asked for, so there is nothing to commit.
            (State::Asked, true) => return Ok(()),
            (_, true) => "COMMIT".to_owned(),
            (_, false) => format!("{sql}; COMMIT"),
        };
        let sql = begun(&mut self.state, "BEGIN IMMEDIATE", sql);
        let done = self.driver()?.execute(sql, values).await;
        if done.is_ok() {
            // Before the next turn can begin, so that commits are counted in their order.
            self.store.sync.commit_done();
            self.state = State::Over;
        }
        self.settled(done).map(drop)
    }

    /// A statement that breaks a constraint leaves the transaction as it was. Others may have
    /// ended it (<https://sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction>),
    /// and what follows must not be taken for a part of it.
    fn settled<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        if let Err(error) = &outcome
            && !leaves_transaction(error)
        {
            if let Some(connection) = self.connection.as_mut() {
                connection.send_rollback();
            }
            self.state = State::Over;
        }
        outcome
    }

    /// Whose turn it is.
    pub(crate) fn store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }

    fn driver(&mut self) -> Result<&mut Connection, sqlx::Error> {
        self.connection
            .as_mut()
            .filter(|_| self.state != State::Over)
            .ok_or(sqlx::Error::PoolClosed)
    }

    fn connection(&mut self) -> Result<&mut Connection, DbError> {
        self.driver().map_err(driver)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if self.state == State::Begun
            && let Some(connection) = self.connection.as_mut()
        {
            connection.send_rollback();
        }
    }
}

/// A statement, after the one that begins its transaction where it is the first.
fn begun(state: &mut State, begin: &str, sql: String) -> String {
    if *state != State::Asked {
        return sql;
    }
    *state = State::Begun;
    format!("{begin}; {sql}")
}

/// Whether SQLite leaves a transaction as it was before a statement that failed so.
fn leaves_transaction(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    let code: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or_default();
    matches!(code & 0xff, SQLITE_ERROR | SQLITE_CONSTRAINT)
}

/// Runs one migration in its write transaction and commits; what it says is translated by `told`.
pub(crate) async fn migrate(
    mut turn: Turn,
    migration: &Migration,
    told: impl Fn(sqlx::Error) -> DbError,
) -> Result<(), DbError> {
    for change in (migration.changes)() {
        for sql in plan(&change) {
            turn.execute_slowly(sql).await.map_err(&told)?;
        }
    }
    let version = format!("PRAGMA user_version = {}", migration.version);
    turn.execute_slowly(version).await.map_err(&told)?;
    let store = turn.store();
    turn.commit(String::new(), SqlxValues(Values(Vec::new()))).await.map_err(&told)?;
    store.settle().await
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
