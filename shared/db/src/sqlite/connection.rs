//! One SQLite connection: how it is opened and hardened, and how long a statement may run on it.
//!
//! Every connection is a thread of the driver, and every call crosses to it and back. So what
//! belongs together is sent as one text: a transaction's `BEGIN` goes with its first statement.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{FutureExt as _, TryStreamExt as _};
use sea_query_sqlx::SqlxValues;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteRow, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Either, Executor as _, SqliteConnection,
};
use tokio::time::Instant;

/// How long SQLite itself waits for a lock held by another process.
const BUSY_SECONDS_MAX: u64 = 5;
/// How many steps of SQLite's machine pass between two looks at the clock.
const STEPS_PER_LOOK: i32 = 10_000;
/// The WAL is moved into the file when it has so many pages of 4 KiB. The more it has, the more
/// often it holds the same page, which is then written to the file once.
const WAL_PAGES_MAX: u64 = 4_000;
/// It is cut back to this size when it is reset.
const WAL_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Page cache of one connection.
const CACHE_KIB_MAX: u64 = 2_000;
/// Rendered statements that one connection keeps prepared.
const STATEMENTS_CACHED_MAX: usize = 100;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Writes to a file, which is made where it is absent and wanted.
    Write { create: bool },
    /// Reads; every attempt to write is refused.
    Read,
    /// Reads all of it into another file, which SQLite attaches for that.
    Copy,
}

/// An open connection.
#[derive(Debug)]
pub(crate) struct Connection {
    driver: SqliteConnection,
    deadline: Arc<Deadline>,
}

/// Until when the running statement may run.
#[derive(Debug)]
struct Deadline {
    opened: Instant,
    /// Milliseconds after `opened`; 0 while no statement is limited.
    ends_ms: AtomicU64,
    longest: Duration,
}

impl Deadline {
    fn set(&self) {
        let ends = self.opened.elapsed() + self.longest;
        self.ends_ms.store(u64::try_from(ends.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn lift(&self) {
        self.ends_ms.store(0, Ordering::Relaxed);
    }

    fn has_passed(&self) -> bool {
        let ends = self.ends_ms.load(Ordering::Relaxed);
        ends != 0 && self.opened.elapsed().as_millis() > u128::from(ends)
    }
}

impl Connection {
    /// Opens a connection whose statements run for `longest` at most.
    pub(super) async fn open(
        path: &Path,
        purpose: Purpose,
        longest: Duration,
    ) -> Result<Self, sqlx::Error> {
        let mut driver = options(path, purpose).connect().await?;
        let (opened, ends_ms) = (Instant::now(), AtomicU64::new(0));
        let deadline = Arc::new(Deadline { opened, ends_ms, longest });
        let looks = Arc::clone(&deadline);
        let mut handle = driver.lock_handle().await?;
        handle.set_progress_handler(STEPS_PER_LOOK, move || !looks.has_passed());
        freehold_ffi::harden(&mut handle, purpose == Purpose::Copy);
        drop(handle);
        Ok(Self { driver, deadline })
    }

    /// Every row that the statements find.
    pub(crate) async fn rows(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<Vec<SqliteRow>, sqlx::Error> {
        self.deadline.set();
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let rows = query.fetch_all(&mut self.driver).await;
        self.deadline.lift();
        rows
    }

    /// The first row that the statements find.
    pub(crate) async fn optional(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<Option<SqliteRow>, sqlx::Error> {
        self.deadline.set();
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let row = query.fetch_optional(&mut self.driver).await;
        self.deadline.lift();
        row
    }

    /// Runs the statements; says how many rows the last one changed.
    pub(crate) async fn execute(
        &mut self,
        sql: String,
        values: SqlxValues,
    ) -> Result<u64, sqlx::Error> {
        self.deadline.set();
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let mut outcomes = self.driver.fetch_many(query);
        let mut changed = 0;
        let done = loop {
            match outcomes.try_next().await {
                // What SQLite counts for a BEGIN is what the statement before it changed.
                Ok(Some(Either::Left(outcome))) => changed = outcome.rows_affected(),
                Ok(Some(Either::Right(_))) => {}
                Ok(None) => break Ok(changed),
                Err(error) => break Err(error),
            }
        };
        drop(outcomes);
        self.deadline.lift();
        done
    }

    /// Runs statements without values for as long as they take.
    pub(super) async fn execute_slowly(&mut self, sql: String) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.driver).await.map(drop)
    }

    /// One number, such as a pragma's.
    pub(super) async fn number(&mut self, sql: &'static str) -> Result<i64, sqlx::Error> {
        sqlx::query_scalar(sql).fetch_one(&mut self.driver).await
    }

    /// Reads all of the store into a file that is not there yet.
    pub(super) async fn copy_to(&mut self, path: &Path) -> Result<(), sqlx::Error> {
        let copy = sqlx::query("VACUUM INTO ?").bind(path.display().to_string());
        copy.execute(&mut self.driver).await.map(drop)
    }

    /// Sends a `ROLLBACK` and does not wait for it: what is sent next runs after it. Where no
    /// transaction is open it does nothing.
    pub(super) fn send_rollback(&mut self) {
        self.deadline.lift();
        // The first poll hands the statement over; only its outcome would be waited for.
        let _ = sqlx::query("ROLLBACK").execute(&mut self.driver).now_or_never();
    }

    /// Closes it and waits until its thread has ended.
    pub(super) async fn close(self) {
        // What fails here is found again by whoever opens the file next.
        let _ = self.driver.close().await;
    }
}

fn options(path: &Path, purpose: Purpose) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(matches!(purpose, Purpose::Write { create: true }))
        // Commits wait for the group's sync instead (`sync.rs`).
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(BUSY_SECONDS_MAX))
        .pragma("cache_size", format!("-{CACHE_KIB_MAX}"))
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", WAL_PAGES_MAX.to_string())
        .pragma("journal_size_limit", WAL_BYTES_MAX.to_string())
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .statement_cache_capacity(STATEMENTS_CACHED_MAX)
        .disable_statement_logging();
    match purpose {
        // A property of the file, which every later connection finds there.
        Purpose::Write { create: true } => options.journal_mode(SqliteJournalMode::Wal),
        Purpose::Write { create: false } | Purpose::Copy => options,
        // Not opened read-only: the last such connection to go would leave the WAL's two files
        // beside each of a hundred thousand sleeping stores.
        Purpose::Read => options.pragma("query_only", "ON"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::Values;

    /// Counts for minutes, if it is let.
    const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                           SELECT max(i) AS i FROM (SELECT i FROM n LIMIT 10000000000)";

    fn nothing() -> SqlxValues {
        SqlxValues(Values(Vec::new()))
    }

    async fn open(path: &Path, purpose: Purpose) -> Connection {
        Connection::open(path, purpose, Duration::from_millis(50)).await.expect("a connection")
    }

    #[tokio::test]
    async fn a_statement_that_takes_too_long_is_ended_and_the_connection_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let mut writer = open(&path, Purpose::Write { create: true }).await;
        let error = writer.rows(ENDLESS.to_owned(), nothing()).await.expect_err("ended");
        let code = error.as_database_error().and_then(|error| error.code()).expect("a code");
        assert_eq!(code, "9", "{error}");
        writer.execute("CREATE TABLE t (a)".to_owned(), nothing()).await.expect("usable");
        let changed = writer.execute("INSERT INTO t VALUES (1), (2)".to_owned(), nothing()).await;
        assert_eq!(changed.expect("written"), 2);
        let none = "BEGIN; UPDATE t SET a = 3 WHERE a = 4".to_owned();
        assert_eq!(writer.execute(none, nothing()).await.expect("run"), 0, "of the last alone");
    }

    #[tokio::test]
    async fn a_connection_does_nothing_that_no_statement_of_ours_needs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store.db");
        let mut writer = open(&path, Purpose::Write { create: true }).await;
        writer.execute("CREATE TABLE t (a)".to_owned(), nothing()).await.expect("made");
        for refused in [
            "ATTACH DATABASE ':memory:' AS other",
            "SELECT \"not a column\" FROM t",
            "UPDATE sqlite_schema SET sql = 'nonsense'",
            "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'nonsense'",
        ] {
            writer.execute(refused.to_owned(), nothing()).await.expect_err(refused);
        }
        let mut reader = open(&path, Purpose::Read).await;
        let write = "INSERT INTO t VALUES (1)".to_owned();
        reader.execute(write, nothing()).await.expect_err("a reader writes");
    }
}
