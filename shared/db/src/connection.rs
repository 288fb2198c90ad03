//! Connections that read and the transaction that writes, alike on every engine.
//!
//! A statement that fails changes nothing and leaves its transaction usable. SQLite does so by
//! itself; Postgres gives the whole transaction up, so there a savepoint stands before every
//! statement of a write transaction.

use std::sync::Arc;

use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};

use crate::engine::Engine;
use crate::schema::Catalog;
use crate::{DbError, Delete, FromSql, Insert, Select, Update};

/// Keeps what a statement of a Postgres write transaction did, and stands before the next one.
const KEEP_STATEMENT: &str = "RELEASE SAVEPOINT statement; SAVEPOINT statement";
/// Takes back what a failed statement of a Postgres write transaction did.
const UNDO_STATEMENT: &str = "ROLLBACK TO SAVEPOINT statement";

#[derive(Debug)]
pub(crate) enum Link {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTransaction(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTransaction(Transaction<'static, Postgres>),
    /// The transaction was committed.
    Over,
}

enum Live<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

fn over() -> DbError {
    DbError::Shape("the transaction is over".into())
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    link: Link,
    engine: Engine,
    catalog: Arc<Catalog>,
    /// Whether a savepoint stands before every statement.
    has_savepoint: bool,
}

impl Reader {
    pub(crate) const fn new(link: Link, engine: Engine, catalog: Arc<Catalog>) -> Self {
        Self { link, engine, catalog, has_savepoint: false }
    }

    /// Every row that the statement finds. The statement brings its own limit.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn rows(&mut self, select: &Select) -> Result<Vec<Row>, DbError> {
        let (sql, values) = select.render(self.engine, &self.catalog);
        let sql = AssertSqlSafe(sql);
        let found = match self.live()? {
            Live::Sqlite(connection) => {
                let rows = sqlx::query_with(sql, values).fetch_all(connection).await;
                rows.map(|rows| rows.into_iter().map(Row::from).collect())
            }
            Live::Postgres(connection) => {
                let rows = sqlx::query_with(sql, values).fetch_all(connection).await;
                rows.map(|rows| rows.into_iter().map(Row::from).collect())
            }
        };
        self.settled(found).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn optional(&mut self, select: &Select) -> Result<Option<Row>, DbError> {
        let (sql, values) = select.render(self.engine, &self.catalog);
        let sql = AssertSqlSafe(sql);
        let found = match self.live()? {
            Live::Sqlite(connection) => {
                let row = sqlx::query_with(sql, values).fetch_optional(connection).await;
                row.map(|row| row.map(Row::from))
            }
            Live::Postgres(connection) => {
                let row = sqlx::query_with(sql, values).fetch_optional(connection).await;
                row.map(|row| row.map(Row::from))
            }
        };
        self.settled(found).await
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

    fn live(&mut self) -> Result<Live<'_>, DbError> {
        match &mut self.link {
            Link::Sqlite(connection) => Ok(Live::Sqlite(connection)),
            Link::SqliteTransaction(transaction) => Ok(Live::Sqlite(transaction)),
            Link::Postgres(connection) => Ok(Live::Postgres(connection)),
            Link::PostgresTransaction(transaction) => Ok(Live::Postgres(transaction)),
            Link::Over => Err(over()),
        }
    }

    /// A statement's outcome, with the transaction usable after it.
    async fn settled<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, DbError> {
        if self.has_savepoint
            && matches!(outcome, Err(sqlx::Error::Database(_)))
            && let Live::Postgres(connection) = self.live()?
            && let Err(error) = sqlx::raw_sql(UNDO_STATEMENT).execute(connection).await
        {
            return Err(self.translate(error));
        }
        outcome.map_err(|error| self.translate(error))
    }

    fn translate(&self, error: sqlx::Error) -> DbError {
        DbError::from_driver(error, &self.catalog)
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
    /// A write transaction that has its turn; on Postgres its first savepoint stands.
    pub(crate) fn new(mut reader: Reader) -> Self {
        reader.has_savepoint = reader.engine == Engine::Postgres;
        Self(reader)
    }

    /// Writes a row; says whether one was written ([`Insert::or_keep`] may keep the old one).
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub async fn insert(&mut self, insert: &Insert) -> Result<bool, DbError> {
        let rendered = insert.render(self.0.engine, &self.0.catalog);
        self.execute(rendered).await.map(|rows| rows > 0)
    }

    /// Changes rows; says how many.
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub async fn update(&mut self, update: &Update) -> Result<u64, DbError> {
        let rendered = update.render(self.0.engine, &self.0.catalog);
        self.execute(rendered).await
    }

    /// Removes rows; says how many.
    ///
    /// # Errors
    /// [`DbError::Conflict`] where other rows refer to one of them.
    pub async fn delete(&mut self, delete: &Delete) -> Result<u64, DbError> {
        let rendered = delete.render(self.0.engine, &self.0.catalog);
        self.execute(rendered).await
    }

    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// [`DbError::Full`] and [`DbError::Io`] among others. Nothing was changed then, but where a
    /// server's answer to the commit was lost: there all of it or nothing was.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.commit_in_place().await
    }

    /// [`Writer::commit`] for an owner that cannot give the writer away; afterwards the
    /// transaction is over and every further statement is refused.
    ///
    /// # Errors
    /// As [`Writer::commit`].
    pub async fn commit_in_place(&mut self) -> Result<(), DbError> {
        let done = match std::mem::replace(&mut self.0.link, Link::Over) {
            Link::SqliteTransaction(transaction) => transaction.commit().await,
            Link::PostgresTransaction(transaction) => transaction.commit().await,
            Link::Sqlite(_) | Link::Postgres(_) | Link::Over => return Err(over()),
        };
        done.map_err(|error| self.0.translate(error))
    }

    /// Runs one statement without values, of a schema change.
    pub(crate) async fn execute_text(&mut self, sql: String) -> Result<(), DbError> {
        let sql = AssertSqlSafe(sql);
        let done = match self.0.live()? {
            Live::Sqlite(connection) => sqlx::query(sql).execute(connection).await.map(drop),
            Live::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await.map(drop),
        };
        self.0.settled(done).await
    }

    async fn execute(&mut self, (sql, values): (String, SqlxValues)) -> Result<u64, DbError> {
        let sql = AssertSqlSafe(sql);
        let done = match self.0.live()? {
            Live::Sqlite(connection) => {
                let done = sqlx::query_with(sql, values).execute(connection).await;
                done.map(|done| done.rows_affected())
            }
            Live::Postgres(connection) => kept(connection, sql, values).await,
        };
        self.0.settled(done).await
    }
}

/// Runs a statement and keeps what it did, whatever becomes of the next one.
async fn kept(
    connection: &mut PgConnection,
    sql: AssertSqlSafe<String>,
    values: SqlxValues,
) -> Result<u64, sqlx::Error> {
    let done = sqlx::query_with(sql, values).execute(&mut *connection).await?;
    sqlx::raw_sql(KEEP_STATEMENT).execute(connection).await?;
    Ok(done.rows_affected())
}

/// One row of an answer.
#[derive(Debug)]
pub struct Row(pub(crate) EngineRow);

#[derive(Debug)]
pub(crate) enum EngineRow {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self(EngineRow::Sqlite(row))
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(EngineRow::Postgres(row))
    }
}

impl Row {
    /// A column's value.
    ///
    /// # Errors
    /// [`DbError::Shape`] when the column is absent or holds another type.
    pub fn get<T: FromSql>(&self, column: &str) -> Result<T, DbError> {
        T::from_sql(self, column)
    }
}
