//! SQLite stores: one file, one writer, a few read-only connections opened on demand.
//!
//! WAL with a sync at every commit, so that an acknowledged write survives kill and power loss;
//! `BEGIN IMMEDIATE` for every write, so that a writer waits its turn instead of failing half
//! way. Pragmas follow <https://sqlite.org/pragma.html> and are the same for every store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Sqlite, Transaction};

use crate::schema::{Catalog, Column, ColumnType, Migration, OnDelete, SchemaChange, Table};
use crate::{DbError, Delete, FromSql, Insert, Select, Update};

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

/// An open store. Cheap to clone; closed by [`Database::close`].
#[derive(Debug, Clone)]
pub struct Database {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    catalog: Arc<Catalog>,
}

impl Database {
    /// Opens a store. Connections are made when they are first needed.
    ///
    /// # Errors
    /// [`DbError::Io`] when the file is absent and not to be created.
    pub fn open(options: &DatabaseOptions, catalog: Arc<Catalog>) -> Result<Self, DbError> {
        if !options.create && !options.path.is_file() {
            return Err(DbError::Io(format!("{} does not exist", options.path.display())));
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
        Ok(Self { path: options.path.clone(), writer, readers, catalog })
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A read-only connection: each statement sees the newest commit.
    ///
    /// # Errors
    /// [`DbError::Busy`] when none becomes free in time.
    pub async fn read(&self) -> Result<Reader, DbError> {
        let connection = self.readers.acquire().await.map_err(|e| self.translate(e))?;
        Ok(Reader { link: Link::Pooled(connection), catalog: self.catalog.clone() })
    }

    /// A read-only snapshot: every statement sees the same commit.
    ///
    /// # Errors
    /// [`DbError::Busy`] when no connection becomes free in time.
    pub async fn snapshot(&self) -> Result<Reader, DbError> {
        let transaction = self.readers.begin_with("BEGIN").await.map_err(|e| self.translate(e))?;
        Ok(Reader { link: Link::Transaction(transaction), catalog: self.catalog.clone() })
    }

    /// The write transaction; waits its turn. Dropped without commit, it changes nothing.
    ///
    /// # Errors
    /// [`DbError::Busy`] when the turn does not come in time.
    pub async fn write(&self) -> Result<Writer, DbError> {
        let transaction =
            self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(|e| self.translate(e))?;
        Ok(Writer(Reader { link: Link::Transaction(transaction), catalog: self.catalog.clone() }))
    }

    /// The schema version that the file says it has.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn schema_version(&self) -> Result<i64, DbError> {
        let mut connection = self.writer.acquire().await.map_err(|e| self.translate(e))?;
        sqlx::query_scalar("PRAGMA user_version")
            .fetch_one(&mut *connection)
            .await
            .map_err(|e| self.translate(e))
    }

    /// Runs the migrations that the store does not have yet, each in a transaction of its own. A
    /// store that a newer release migrated is left as it is: migrations only add.
    ///
    /// # Errors
    /// Whatever the engine says; the migrations before the failing one stay.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), DbError> {
        let found = self.schema_version().await?;
        let newest = migrations.last().map_or(0, |migration| migration.version);
        if found > newest {
            // A newer release was here. Its changes only added, so this one can go on.
            tracing::warn!(found, newest, "the store's schema is newer than this release");
            return Ok(());
        }
        for migration in migrations.iter().filter(|migration| migration.version > found) {
            let mut writer = self.write().await?;
            for change in (migration.changes)() {
                for sql in plan(&change) {
                    writer.0.execute_text(sql).await?;
                }
            }
            writer.0.execute_text(format!("PRAGMA user_version = {}", migration.version)).await?;
            writer.commit().await?;
            tracing::debug!(version = migration.version, name = migration.name, "migrated");
        }
        Ok(())
    }

    /// Writes a consistent copy of the store to a file that is not there yet, while it is in use.
    ///
    /// # Errors
    /// Whatever the engine says; what was written of the copy is of no use.
    pub async fn copy_to(&self, path: &Path) -> Result<(), DbError> {
        let mut connection = self.readers.acquire().await.map_err(|e| self.translate(e))?;
        sqlx::query("VACUUM INTO ?")
            .bind(path.display().to_string())
            .execute(&mut *connection)
            .await
            .map(drop)
            .map_err(|e| self.translate(e))
    }

    /// Moves the WAL into the file and closes every connection.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Ok(mut connection) = self.writer.acquire().await {
            // A failed checkpoint loses nothing: the next open reads the WAL.
            let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut *connection).await;
        }
        self.writer.close().await;
    }

    fn translate(&self, error: sqlx::Error) -> DbError {
        DbError::from_driver(error, &self.catalog)
    }
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

#[derive(Debug)]
enum Link {
    Pooled(PoolConnection<Sqlite>),
    Transaction(Transaction<'static, Sqlite>),
    /// The transaction was committed.
    Over,
}

fn over() -> DbError {
    DbError::Shape("the transaction is over".into())
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    link: Link,
    catalog: Arc<Catalog>,
}

impl Reader {
    /// Every row that the statement finds. The statement brings its own limit.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn rows(&mut self, select: &Select) -> Result<Vec<Row>, DbError> {
        let (sql, values) = select.render();
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let rows = query.fetch_all(self.connection()?).await;
        let rows = rows.map_err(|e| DbError::from_driver(e, &self.catalog))?;
        Ok(rows.into_iter().map(Row).collect())
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn optional(&mut self, select: &Select) -> Result<Option<Row>, DbError> {
        let (sql, values) = select.render();
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let row = query.fetch_optional(self.connection()?).await;
        row.map(|row| row.map(Row)).map_err(|e| DbError::from_driver(e, &self.catalog))
    }

    /// The number that [`Select::count`] asks for.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn count(&mut self, select: &Select) -> Result<u64, DbError> {
        let row = self.optional(select).await?;
        let row = row.ok_or_else(|| DbError::Shape("a count without a row".into()))?;
        Ok(row.get::<i64>("count")?.unsigned_abs())
    }

    fn connection(&mut self) -> Result<&mut sqlx::SqliteConnection, DbError> {
        match &mut self.link {
            Link::Pooled(connection) => Ok(connection),
            Link::Transaction(transaction) => Ok(transaction),
            Link::Over => Err(over()),
        }
    }

    async fn execute_text(&mut self, sql: String) -> Result<(), DbError> {
        let query = sqlx::query(AssertSqlSafe(sql));
        let done = query.execute(self.connection()?).await;
        done.map(drop).map_err(|e| DbError::from_driver(e, &self.catalog))
    }
}

/// The store's write transaction, which also reads.
#[derive(Debug)]
pub struct Writer(Reader);

impl std::ops::Deref for Writer {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0
    }
}

impl std::ops::DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.0
    }
}

impl Writer {
    /// Writes a row; says whether one was written ([`Insert::or_keep`] may keep the old one).
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub async fn insert(&mut self, insert: &Insert) -> Result<bool, DbError> {
        self.execute(insert.render()).await.map(|rows| rows > 0)
    }

    /// Changes rows; says how many.
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub async fn update(&mut self, update: &Update) -> Result<u64, DbError> {
        self.execute(update.render()).await
    }

    /// Removes rows; says how many.
    ///
    /// # Errors
    /// [`DbError::Conflict`] where other rows refer to one of them.
    pub async fn delete(&mut self, delete: &Delete) -> Result<u64, DbError> {
        self.execute(delete.render()).await
    }

    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// [`DbError::Full`] and [`DbError::Io`] among others; then nothing was changed.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.commit_in_place().await
    }

    /// [`Writer::commit`] for an owner that cannot give the writer away; afterwards the
    /// transaction is over and every further statement is refused.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub async fn commit_in_place(&mut self) -> Result<(), DbError> {
        match std::mem::replace(&mut self.0.link, Link::Over) {
            Link::Transaction(transaction) => {
                transaction.commit().await.map_err(|e| DbError::from_driver(e, &self.0.catalog))
            }
            Link::Pooled(_) | Link::Over => Err(over()),
        }
    }

    async fn execute(
        &mut self,
        (sql, values): (String, sea_query_sqlx::SqlxValues),
    ) -> Result<u64, DbError> {
        let query = sqlx::query_with(AssertSqlSafe(sql), values);
        let done = query.execute(self.0.connection()?).await;
        done.map(|done| done.rows_affected()).map_err(|e| DbError::from_driver(e, &self.0.catalog))
    }
}

/// One row of an answer.
#[derive(Debug)]
pub struct Row(SqliteRow);

impl Row {
    /// A column's value.
    ///
    /// # Errors
    /// [`DbError::Shape`] when the column is absent or holds another type.
    pub fn get<T: FromSql>(&self, column: &str) -> Result<T, DbError> {
        T::from_sql(&self.0, column)
    }
}

/// The statements that make a change on SQLite.
fn plan(change: &SchemaChange) -> Vec<String> {
    match change {
        SchemaChange::CreateTable(table) => vec![create_table(table)],
        SchemaChange::AddColumn { table, column } => {
            vec![format!("ALTER TABLE \"{table}\" ADD COLUMN {}", column_sql(column))]
        }
        SchemaChange::CreateIndex(index) => vec![format!(
            "CREATE INDEX \"{}\" ON \"{}\" ({})",
            index.name,
            index.table,
            quoted(index.columns)
        )],
    }
}

fn create_table(table: &Table) -> String {
    let mut parts: Vec<String> = table.columns.iter().map(column_sql).collect();
    parts.push(format!("PRIMARY KEY ({})", quoted(table.primary_key)));
    for unique in &table.unique {
        let columns = quoted(unique.columns);
        parts.push(format!("CONSTRAINT \"{}\" UNIQUE ({columns})", unique.name));
    }
    for key in &table.foreign_keys {
        let on_delete = match key.on_delete {
            OnDelete::Cascade => "CASCADE",
            OnDelete::Restrict => "RESTRICT",
        };
        parts.push(format!(
            "FOREIGN KEY (\"{}\") REFERENCES \"{}\" (\"{}\") ON DELETE {on_delete}",
            key.column, key.table, key.target
        ));
    }
    format!("CREATE TABLE \"{}\" ({})", table.name, parts.join(", "))
}

fn column_sql(column: &Column) -> String {
    let kind = match column.kind {
        ColumnType::Int => "INTEGER",
        ColumnType::Float => "REAL",
        ColumnType::Text => "TEXT",
        ColumnType::Bytes => "BLOB",
        ColumnType::Bool => "BOOLEAN",
    };
    let null = if column.nullable { "" } else { " NOT NULL" };
    format!("\"{}\" {kind}{null}", column.name)
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    names.join(", ")
}
