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
use sqlx::{AssertSqlSafe, PgConnection, Postgres, Transaction};

use crate::engine::Place;
use crate::postgres::SchemaTransaction;
use crate::schema::Catalog;
use crate::sqlite::{Lease, Turn};
use crate::{DbError, Delete, FromSql, Insert, Select, Update};

/// Values of one statement at most; SQLite takes 32,766, Postgres twice as many.
const VALUES_PER_STATEMENT_MAX: usize = 30_000;
/// What SQLite says when [`refusing`] has found a row.
const REFUSED: &str = "integer overflow";
/// Keeps what a statement of a Postgres write transaction did, and stands before the next one.
const KEEP_STATEMENT: &str = "RELEASE SAVEPOINT statement; SAVEPOINT statement";
/// Takes back what a failed statement of a Postgres write transaction did.
const UNDO_STATEMENT: &str = "ROLLBACK TO SAVEPOINT statement";

#[derive(Debug)]
pub(crate) enum Link {
    SqliteRead(Lease),
    SqliteWrite(Turn),
    Postgres(PoolConnection<Postgres>),
    PostgresTransaction(Transaction<'static, Postgres>),
    Schema(SchemaTransaction),
    /// The transaction was committed.
    Over,
}

impl Link {
    /// The server's connection, of a transaction that is not over.
    fn postgres(&mut self) -> Option<&mut PgConnection> {
        match self {
            Self::PostgresTransaction(transaction) => Some(transaction),
            Self::Schema(own) => Some(&mut own.inner),
            Self::SqliteRead(_) | Self::SqliteWrite(_) | Self::Postgres(_) | Self::Over => None,
        }
    }
}

fn over() -> DbError {
    DbError::Shape("the transaction is over".into())
}

/// A connection that reads.
#[derive(Debug)]
pub struct Reader {
    link: Link,
    place: Place,
    catalog: Arc<Catalog>,
    /// Whether a savepoint stands before every statement.
    has_savepoint: bool,
}

impl Reader {
    pub(crate) const fn new(link: Link, place: Place, catalog: Arc<Catalog>) -> Self {
        Self { link, place, catalog, has_savepoint: false }
    }

    /// Every row that the statement finds. The statement brings its own limit.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn rows(&mut self, select: &Select) -> Result<Vec<Row>, DbError> {
        let (sql, values) = select.render(&self.place, &self.catalog);
        let found = match &mut self.link {
            Link::SqliteRead(lease) => lease.rows(sql, values).await.map(from_sqlite),
            Link::SqliteWrite(turn) => turn.rows(sql, values).await.map(from_sqlite),
            Link::Postgres(connection) => self.place.rows(connection, sql, values).await,
            Link::PostgresTransaction(connection) => self.place.rows(connection, sql, values).await,
            Link::Schema(own) => self.place.rows(&mut own.inner, sql, values).await,
            Link::Over => return Err(over()),
        };
        self.settled(found).await
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// Whatever the engine says, translated.
    pub async fn optional(&mut self, select: &Select) -> Result<Option<Row>, DbError> {
        let (sql, values) = select.render(&self.place, &self.catalog);
        let found = match &mut self.link {
            Link::SqliteRead(lease) => lease.optional(sql, values).await.map(|r| r.map(Row::from)),
            Link::SqliteWrite(turn) => turn.optional(sql, values).await.map(|r| r.map(Row::from)),
            Link::Postgres(connection) => self.place.optional(connection, sql, values).await,
            Link::PostgresTransaction(connection) => {
                self.place.optional(connection, sql, values).await
            }
            Link::Schema(own) => self.place.optional(&mut own.inner, sql, values).await,
            Link::Over => return Err(over()),
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

    /// A statement's outcome, with the transaction usable after it.
    async fn settled<T>(&mut self, outcome: Result<T, sqlx::Error>) -> Result<T, DbError> {
        if self.has_savepoint
            && matches!(outcome, Err(sqlx::Error::Database(_)))
            && let Some(connection) = self.link.postgres()
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
        reader.has_savepoint = reader.link.postgres().is_some();
        Self(reader)
    }

    /// Writes a row; says whether one was written ([`Insert::or_keep`] may keep the old one).
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub async fn insert(&mut self, insert: &Insert) -> Result<bool, DbError> {
        let rendered = insert.render(&self.0.place, &self.0.catalog);
        self.execute(rendered).await.map(|rows| rows > 0)
    }

    /// Writes many rows of one table that set the same columns.
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub(crate) async fn insert_all(&mut self, rows: &[Insert]) -> Result<(), DbError> {
        let width = rows.first().map_or(1, Insert::width).max(1);
        for rows in rows.chunks((VALUES_PER_STATEMENT_MAX / width).max(1)) {
            if let [first, others @ ..] = rows {
                let rendered = first.render_with(others, &self.0.place, &self.0.catalog);
                self.execute(rendered).await?;
            }
        }
        Ok(())
    }

    /// Changes rows; says how many.
    ///
    /// # Errors
    /// [`DbError::Conflict`] under the declared constraint's name.
    pub async fn update(&mut self, update: &Update) -> Result<u64, DbError> {
        let rendered = update.render(&self.0.place, &self.0.catalog);
        self.execute(rendered).await
    }

    /// Removes rows; says how many.
    ///
    /// # Errors
    /// [`DbError::Conflict`] where other rows refer to one of them.
    pub async fn delete(&mut self, delete: &Delete) -> Result<u64, DbError> {
        let rendered = delete.render(&self.0.place, &self.0.catalog);
        self.execute(rendered).await
    }

    /// Makes everything durable, or nothing.
    ///
    /// # Errors
    /// [`DbError::Full`] and [`DbError::Io`] among others. Nothing was changed then, but where a
    /// server's answer to the commit was lost or a sync failed: there all of it or nothing was.
    pub async fn commit(mut self) -> Result<(), DbError> {
        self.commit_after(&[], None).await
    }

    /// [`Writer::commit`] after some more rows, and only where no row is found that must not be
    /// there, for an owner that cannot give the writer away. On SQLite all of it is one call.
    /// Afterwards the transaction is over and every further statement is refused.
    ///
    /// # Errors
    /// [`DbError::Superseded`] where such a row is found. Else as [`Writer::commit`] and
    /// [`Writer::insert`].
    pub async fn commit_after(
        &mut self,
        inserts: &[Insert],
        unless: Option<&Select>,
    ) -> Result<(), DbError> {
        match std::mem::replace(&mut self.0.link, Link::Over) {
            Link::SqliteWrite(turn) => {
                let (place, catalog) = (&self.0.place, &self.0.catalog);
                let guard = unless.map(|select| refusing(select.render(place, catalog)));
                let rows = inserts.iter().map(|insert| insert.render(place, catalog));
                let (mut sql, mut values) = (String::new(), Vec::new());
                for (one, its) in guard.into_iter().chain(rows) {
                    let separator = if sql.is_empty() { "" } else { "; " };
                    sql.push_str(separator);
                    sql.push_str(&one);
                    values.extend(its.0.0);
                }
                let store = turn.store();
                let done = turn.commit(sql, SqlxValues(sea_query::Values(values))).await;
                done.map_err(|error| match error {
                    sqlx::Error::Database(error) if error.message() == REFUSED => {
                        DbError::Superseded
                    }
                    error => self.0.translate(error),
                })?;
                store.settle().await
            }
            link @ (Link::PostgresTransaction(_) | Link::Schema(_)) => {
                self.0.link = link;
                if let Some(select) = unless
                    && self.optional(select).await?.is_some()
                {
                    self.0.link = Link::Over;
                    return Err(DbError::Superseded);
                }
                for insert in inserts {
                    self.insert(insert).await?;
                }
                let done = match std::mem::replace(&mut self.0.link, Link::Over) {
                    Link::PostgresTransaction(transaction) => transaction.commit().await,
                    Link::Schema(own) => own.commit().await,
                    _ => return Err(over()),
                };
                done.map_err(|error| self.0.translate(error))
            }
            Link::SqliteRead(_) | Link::Postgres(_) | Link::Over => Err(over()),
        }
    }

    /// Runs one statement without values, of a schema change, for as long as it takes.
    pub(crate) async fn execute_text(&mut self, sql: String) -> Result<(), DbError> {
        let done = match &mut self.0.link {
            Link::SqliteWrite(turn) => turn.execute_slowly(sql).await,
            link => match link.postgres() {
                Some(connection) => {
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
                }
                None => return Err(over()),
            },
        };
        self.0.settled(done).await
    }

    async fn execute(&mut self, (sql, values): (String, SqlxValues)) -> Result<u64, DbError> {
        let done = match &mut self.0.link {
            Link::SqliteWrite(turn) => turn.execute(sql, values).await,
            link => match link.postgres() {
                Some(connection) => kept(connection, &self.0.place, sql, values).await,
                None => return Err(over()),
            },
        };
        self.0.settled(done).await
    }
}

/// A statement that fails where the given one finds a row, and with it the call that it is part of.
/// `abs` of the smallest integer is the documented way to fail
/// (<https://sqlite.org/lang_corefunc.html#abs>).
fn refusing((sql, values): (String, SqlxValues)) -> (String, SqlxValues) {
    (format!("SELECT CASE WHEN EXISTS ({sql}) THEN abs(-9223372036854775807 - 1) END"), values)
}

/// Runs a statement and keeps what it did, whatever becomes of the next one.
async fn kept(
    connection: &mut PgConnection,
    place: &Place,
    sql: String,
    values: SqlxValues,
) -> Result<u64, sqlx::Error> {
    let query = sqlx::query_with(AssertSqlSafe(sql), values).persistent(place.is_persistent());
    let done = query.execute(&mut *connection).await?;
    sqlx::raw_sql(KEEP_STATEMENT).execute(connection).await?;
    Ok(done.rows_affected())
}

impl Place {
    async fn rows(
        &self,
        connection: &mut PgConnection,
        sql: String,
        values: SqlxValues,
    ) -> Result<Vec<Row>, sqlx::Error> {
        let query = sqlx::query_with(AssertSqlSafe(sql), values).persistent(self.is_persistent());
        let rows = query.fetch_all(connection).await?;
        Ok(rows.into_iter().map(Row::from).collect())
    }

    async fn optional(
        &self,
        connection: &mut PgConnection,
        sql: String,
        values: SqlxValues,
    ) -> Result<Option<Row>, sqlx::Error> {
        let query = sqlx::query_with(AssertSqlSafe(sql), values).persistent(self.is_persistent());
        Ok(query.fetch_optional(connection).await?.map(Row::from))
    }
}

fn from_sqlite(rows: Vec<SqliteRow>) -> Vec<Row> {
    rows.into_iter().map(Row::from).collect()
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
