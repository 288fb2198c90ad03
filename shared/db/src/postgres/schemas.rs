//! Many stores in one Postgres database: each in a schema of its own, under a role of its own.
//!
//! Connections are shared, so nothing of one store's may be left on one for the next: the role and
//! the search path are pinned for the transaction alone, and every read is in a transaction too.
//! Statements name the schema; where one would not, the role has no right to anything else and the
//! search path leads nowhere else. A store has one writer at a time within a process, which waits
//! for its turn before it takes a connection, so that one store's queue cannot hold them all.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Postgres, Row as _, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    MIGRATION_TURN_SECONDS_MAX, PostgresOptions, TURN_SECONDS_MAX, VERSION_TABLE, connect_options,
};
use crate::error::DbError;
use crate::schema::Catalog;

/// How long a caller waits for one of the shared connections.
const ACQUIRE_SECONDS_MAX: u64 = 5;
/// How long a connection serves. What a server remembers of every table that a connection has
/// touched is never forgotten while it lives.
const CONNECTION_SECONDS_MAX: u64 = 1_800;
/// Of so many connections one writes.
const CONNECTIONS_PER_WRITER: u32 = 2;
/// Schemas that one database holds at most; beyond it the server's catalogue gets slow.
pub const SCHEMAS_PER_DATABASE_MAX: u64 = 500;
/// What a schema's name may be long.
const SCHEMA_CHARS_MAX: usize = 63;

/// A Postgres database that holds many stores. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SchemaHost(Arc<Connections>);

#[derive(Debug)]
struct Connections {
    writers: PgPool,
    readers: PgPool,
}

impl SchemaHost {
    /// Reads how to reach the database; connections are made when they are first needed.
    ///
    /// # Errors
    /// [`DbError`] where the URL does not read.
    pub fn lazy(options: &PostgresOptions) -> Result<Self, DbError> {
        // What a statement is prepared under differs from store to store: nothing is kept.
        let connect = connect_options(&options.url).map_err(plain)?.statement_cache_capacity(0);
        let writers = (options.connections_max / CONNECTIONS_PER_WRITER).max(1);
        let readers = options.connections_max.saturating_sub(writers).max(1);
        Ok(Self(Arc::new(Connections {
            writers: pool(writers).connect_lazy_with(connect.clone()),
            readers: pool(readers).connect_lazy_with(connect),
        })))
    }

    /// Makes an empty schema and its role where they are not there yet.
    ///
    /// # Errors
    /// Whatever the server says, such as that the platform's own role may not.
    pub async fn create(&self, schema: &str) -> Result<(), DbError> {
        let name = checked(schema)?;
        // Roles are the whole server's, so another database may have made this one.
        let sql = format!(
            "DO $$ BEGIN CREATE ROLE \"{name}\" NOLOGIN; EXCEPTION \
             WHEN duplicate_object OR unique_violation THEN NULL; END $$;\
             GRANT \"{name}\" TO CURRENT_USER;\
             CREATE SCHEMA IF NOT EXISTS \"{name}\" AUTHORIZATION \"{name}\""
        );
        self.run(sql).await
    }

    /// Removes a schema with all that is in it, and its role.
    ///
    /// # Errors
    /// Whatever the server says.
    pub async fn remove(&self, schema: &str) -> Result<(), DbError> {
        let name = checked(schema)?;
        let mut connection = self.0.writers.acquire().await.map_err(plain)?;
        let there = "SELECT count(*) FROM pg_roles WHERE rolname = $1";
        let there: i64 = sqlx::query_scalar(there)
            .bind(name)
            .fetch_one(&mut *connection)
            .await
            .map_err(plain)?;
        if there == 0 {
            return Ok(());
        }
        drop(connection);
        // Roles are the whole server's: while another database holds a schema of this one, it stays.
        let sql = format!(
            "DROP SCHEMA IF EXISTS \"{name}\" CASCADE;\
             DO $$ BEGIN DROP ROLE \"{name}\"; EXCEPTION \
             WHEN dependent_objects_still_exist THEN NULL; END $$"
        );
        self.run(sql).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writers.close().await;
    }

    async fn run(&self, sql: String) -> Result<(), DbError> {
        let mut connection = self.0.writers.acquire().await.map_err(plain)?;
        let sql = AssertSqlSafe(sql);
        sqlx::raw_sql(sql).execute(&mut *connection).await.map(drop).map_err(plain)
    }
}

/// One store among those of its database.
#[derive(Debug)]
pub(crate) struct SchemaStore {
    host: SchemaHost,
    pub(crate) schema: Arc<str>,
    turn: Arc<Mutex<()>>,
}

/// A transaction in one schema.
#[derive(Debug)]
pub(crate) struct SchemaTransaction {
    // First, so that it ends before the next one may begin.
    pub(crate) inner: Transaction<'static, Postgres>,
    _turn: Option<OwnedMutexGuard<()>>,
}

impl SchemaTransaction {
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.inner.commit().await
    }
}

impl SchemaStore {
    pub(crate) fn new(host: SchemaHost, schema: &str) -> Result<Self, DbError> {
        let schema = Arc::from(checked(schema)?);
        Ok(Self { host, schema, turn: Arc::default() })
    }

    /// Begins to read: the newest commit with each statement, or one moment throughout.
    pub(crate) async fn read(&self, is_snapshot: bool) -> Result<SchemaTransaction, sqlx::Error> {
        let isolation = if is_snapshot { "REPEATABLE READ" } else { "READ COMMITTED" };
        let begin = format!("BEGIN ISOLATION LEVEL {isolation} READ ONLY; {}", self.pins());
        let inner = self.host.0.readers.begin_with(AssertSqlSafe(begin)).await?;
        Ok(SchemaTransaction { inner, _turn: None })
    }

    /// Begins to write, with a savepoint before the first statement.
    pub(crate) async fn write(&self) -> Result<SchemaTransaction, DbError> {
        self.begin(TURN_SECONDS_MAX, "").await
    }

    /// Begins a migration. Another process may migrate the same schema.
    pub(crate) async fn begin_migration(&self) -> Result<SchemaTransaction, DbError> {
        let schema = &self.schema;
        let alone = format!("SELECT pg_advisory_xact_lock(hashtextextended('{schema}', 0));");
        self.begin(MIGRATION_TURN_SECONDS_MAX, &alone).await
    }

    async fn begin(&self, seconds: u64, first: &str) -> Result<SchemaTransaction, DbError> {
        let longest = Duration::from_secs(seconds);
        let waiting = Arc::clone(&self.turn).lock_owned();
        let turn = tokio::time::timeout(longest, waiting).await.map_err(|_| DbError::Busy)?;
        let begin = format!(
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; {} \
             SET LOCAL lock_timeout = '{seconds}s'; {first} SAVEPOINT statement",
            self.pins()
        );
        let inner = self.host.0.writers.begin_with(AssertSqlSafe(begin)).await.map_err(plain)?;
        Ok(SchemaTransaction { inner, _turn: Some(turn) })
    }

    /// What makes a transaction this store's and nobody else's.
    fn pins(&self) -> String {
        let schema = &self.schema;
        format!("SET LOCAL ROLE \"{schema}\"; SET LOCAL search_path = \"{schema}\";")
    }

    /// The schema version that the store says it has; 0 where it has no tables yet.
    pub(crate) async fn schema_version(&self) -> Result<i64, sqlx::Error> {
        let mut transaction = self.read(false).await?;
        let table = format!("\"{}\".{VERSION_TABLE}", self.schema);
        let connection: &mut PgConnection = &mut transaction.inner;
        let is_there = sqlx::query("SELECT to_regclass($1) IS NOT NULL AS there")
            .bind(&table)
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?;
        if !is_there.try_get::<bool, _>("there")? {
            return Ok(0);
        }
        let sql = AssertSqlSafe(format!("SELECT version FROM {table}"));
        let row = sqlx::query(sql).persistent(false).fetch_optional(connection).await?;
        row.map_or(Ok(0), |row| row.try_get("version"))
    }
}

/// A name that is quoted as it is.
fn checked(schema: &str) -> Result<&str, DbError> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if (1..=SCHEMA_CHARS_MAX).contains(&schema.len()) && schema.chars().all(is_plain) {
        return Ok(schema);
    }
    Err(DbError::Shape(format!("{schema:?} is no name for a schema")))
}

fn pool(connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .min_connections(0)
        .max_lifetime(Duration::from_secs(CONNECTION_SECONDS_MAX))
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS_MAX))
        // Whatever was left behind, by a caller that was dropped half way too, is of one store.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection.execute("ROLLBACK").await?;
                connection.execute("DISCARD ALL").await?;
                Ok(true)
            })
        })
}

fn plain(error: sqlx::Error) -> DbError {
    DbError::from_driver(error, &Catalog::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use freehold_scratch_postgres::ScratchDatabase;

    async fn run(store: &SchemaStore, sql: &str) -> Result<(), sqlx::Error> {
        let mut transaction = store.write().await.expect("begun");
        let sql = AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&mut *transaction.inner).await?;
        transaction.commit().await
    }

    #[tokio::test]
    async fn a_statement_that_names_no_schema_or_another_one_fails_closed() {
        let Some(database) = ScratchDatabase::for_test() else { return };
        let options = PostgresOptions { url: database.url(), connections_max: 2 };
        let host = SchemaHost::lazy(&options).expect("a host");
        let id: String = database.url().chars().filter(char::is_ascii_digit).collect();
        let names = ["a", "b"].map(|name| format!("ten_{name}{id}"));
        for name in &names {
            host.create(name).await.expect("made");
        }
        let [one, two] = names.clone().map(|name| SchemaStore::new(host.clone(), &name));
        let (one, two) = (one.expect("a store"), two.expect("a store"));
        run(&one, "CREATE TABLE secrets (a INT); INSERT INTO secrets VALUES (1)")
            .await
            .expect("own");
        run(&two, "SELECT * FROM secrets").await.expect_err("the search path leads elsewhere");
        let foreign = format!("SELECT * FROM \"{}\".secrets", names[0]);
        run(&two, &foreign).await.expect_err("the role may not");
        run(&two, "CREATE TABLE public.mine (a INT)").await.expect_err("nor anywhere else");
        // Whatever a store leaves on a connection, the next one does not find it.
        run(&one, "SET application_name = 'left behind'; CREATE TEMP TABLE left_behind (a INT)")
            .await
            .expect("run");
        let look = "DO $$ BEGIN IF current_setting('application_name') = 'left behind' THEN \
                    RAISE EXCEPTION 'found'; END IF; END $$";
        run(&two, look).await.expect("nothing is left");
        run(&two, "SELECT * FROM left_behind").await.expect_err("nothing is left");
        for name in &names {
            host.remove(name).await.expect("removed");
        }
        host.close().await;
    }
}
