//! An open store, whatever its engine: who reads, who writes, which schema it has.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::connection::{Link, Reader, Writer};
use crate::engine::{Engine, Place};
use crate::postgres::{SchemaHost, SchemaStore};
use crate::schema::{Catalog, Migration};
use crate::{DatabaseOptions, DbError, PostgresOptions, postgres, sqlite};

/// An open store. Cheap to clone; closed by [`Database::close`].
#[derive(Debug, Clone)]
pub struct Database {
    pools: Pools,
    catalog: Arc<Catalog>,
}

#[derive(Debug, Clone)]
enum Pools {
    Sqlite(Arc<sqlite::Store>),
    Postgres(Arc<postgres::Pools>),
    Schema(Arc<SchemaStore>),
}

impl Database {
    /// Opens a store in a file. Connections are made when they are first needed.
    ///
    /// # Errors
    /// [`DbError::Io`] when the file is absent and not to be created.
    pub fn open(options: &DatabaseOptions, catalog: Arc<Catalog>) -> Result<Self, DbError> {
        Ok(Self { pools: Pools::Sqlite(Arc::new(sqlite::Store::open(options)?)), catalog })
    }

    /// Connects to a store in a Postgres database, which other processes may use too.
    ///
    /// # Errors
    /// [`DbError::Shape`] where the database cannot be used, and whatever the server says.
    pub async fn connect(
        options: &PostgresOptions,
        catalog: Arc<Catalog>,
    ) -> Result<Self, DbError> {
        let pools = postgres::Pools::lazy(options);
        let pools = pools.map_err(|error| DbError::from_driver(error, &catalog))?;
        let db = Self { pools: Pools::Postgres(Arc::new(pools)), catalog };
        db.examine().await?;
        Ok(db)
    }

    /// A store among the many of a Postgres database. The schema has to be there.
    ///
    /// # Errors
    /// [`DbError::Shape`] for what is no name of a schema.
    pub fn in_schema(
        host: &SchemaHost,
        schema: &str,
        catalog: Arc<Catalog>,
    ) -> Result<Self, DbError> {
        let store = SchemaStore::new(host.clone(), schema)?;
        Ok(Self { pools: Pools::Schema(Arc::new(store)), catalog })
    }

    /// Whether other processes may have the store open, and write to it, at the same time.
    pub const fn is_shared(&self) -> bool {
        !matches!(self.pools, Pools::Sqlite(_))
    }

    /// A read-only connection: each statement sees the newest commit.
    ///
    /// # Errors
    /// [`DbError::Busy`] when none becomes free in time.
    pub async fn read(&self) -> Result<Reader, DbError> {
        let link = match &self.pools {
            Pools::Sqlite(store) => Link::SqliteRead(store.read(false).await?),
            Pools::Postgres(pools) => {
                Link::Postgres(pools.readers.acquire().await.map_err(|e| self.translate(e))?)
            }
            Pools::Schema(store) => {
                Link::Schema(store.read(false).await.map_err(|e| self.translate(e))?)
            }
        };
        Ok(self.reader(link))
    }

    /// A read-only snapshot: every statement sees the same commit.
    ///
    /// # Errors
    /// [`DbError::Busy`] when no connection becomes free in time.
    pub async fn snapshot(&self) -> Result<Reader, DbError> {
        let link = match &self.pools {
            Pools::Sqlite(store) => Link::SqliteRead(store.read(true).await?),
            Pools::Postgres(pools) => {
                Link::PostgresTransaction(pools.snapshot().await.map_err(|e| self.translate(e))?)
            }
            Pools::Schema(store) => {
                Link::Schema(store.read(true).await.map_err(|e| self.translate(e))?)
            }
        };
        Ok(self.reader(link))
    }

    /// The write transaction; waits its turn, which is one among those of all processes. Dropped
    /// without commit, it changes nothing. In a file the transaction begins with its first
    /// statement, which is refused where another process holds the file for too long.
    ///
    /// # Errors
    /// [`DbError::Busy`] when the turn does not come in time, [`DbError::Superseded`] when another
    /// process leads by now.
    pub async fn write(&self) -> Result<Writer, DbError> {
        let link = match &self.pools {
            Pools::Sqlite(store) => Link::SqliteWrite(store.write().await?),
            Pools::Postgres(pools) => Link::PostgresTransaction(pools.begin().await?),
            Pools::Schema(store) => Link::Schema(store.write().await?),
        };
        Ok(Writer::new(self.reader(link)))
    }

    /// Waits until everything that was committed up to now is durable. Whoever answers somebody
    /// with what a write transaction has read, but did not commit one, waits for this first.
    ///
    /// # Errors
    /// [`DbError::Io`] when a sync fails; the store has to be opened anew then.
    pub async fn settle(&self) -> Result<(), DbError> {
        match &self.pools {
            Pools::Sqlite(store) => store.settle().await,
            Pools::Postgres(_) | Pools::Schema(_) => Ok(()),
        }
    }

    /// Whether a sync failed, so that the store has to be closed, opened anew and recovered.
    pub fn has_failed(&self) -> bool {
        match &self.pools {
            Pools::Sqlite(store) => store.has_failed(),
            Pools::Postgres(_) | Pools::Schema(_) => false,
        }
    }

    /// Makes durable what can be read of a store whose sync failed when it was open before.
    ///
    /// # Errors
    /// Whatever keeps the store from being of use.
    pub async fn recover(&self) -> Result<(), DbError> {
        match &self.pools {
            Pools::Sqlite(store) => store.recover().await,
            Pools::Postgres(_) | Pools::Schema(_) => Ok(()),
        }
    }

    /// The schema version that the store says it has.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn schema_version(&self) -> Result<i64, DbError> {
        match &self.pools {
            Pools::Sqlite(store) => store.schema_version().await,
            Pools::Postgres(pools) => {
                pools.schema_version().await.map_err(|error| self.translate(error))
            }
            Pools::Schema(store) => {
                store.schema_version().await.map_err(|error| self.translate(error))
            }
        }
    }

    /// Runs the migrations that the store does not have yet, each in a transaction of its own. A
    /// store that a newer release migrated is left as it is: migrations only add. Processes that
    /// migrate at the same time wait for one another.
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
            match &self.pools {
                Pools::Sqlite(store) => {
                    let told = |error| self.translate(error);
                    sqlite::migrate(store.write().await?, migration, told).await?;
                }
                Pools::Postgres(pools) => {
                    let begun = pools.begin_migration().await.map_err(|e| self.translate(e))?;
                    let writer = Writer::new(self.reader(Link::PostgresTransaction(begun)));
                    postgres::migrate(writer, migration).await?;
                }
                Pools::Schema(store) => {
                    let link = Link::Schema(store.begin_migration().await?);
                    postgres::migrate(Writer::new(self.reader(link)), migration).await?;
                }
            }
            tracing::debug!(version = migration.version, name = migration.name, "migrated");
        }
        Ok(())
    }

    /// Whether the store still lies where it was opened, where it is a file.
    ///
    /// # Errors
    /// [`DbError::Damaged`] when the file is gone.
    pub fn still_there(&self) -> Result<(), DbError> {
        match &self.pools {
            Pools::Sqlite(store) => store.still_there(),
            Pools::Postgres(_) | Pools::Schema(_) => Ok(()),
        }
    }

    /// Looks through the whole store, for `wait` at most, and says what is wrong with it. A server
    /// looks after its files itself; nothing is ever wrong with a store of its.
    ///
    /// # Errors
    /// [`DbError::TooSlow`] when the time was not enough, and whatever else the engine says.
    pub async fn problems(&self, wait: Duration) -> Result<Vec<String>, DbError> {
        let found = match &self.pools {
            Pools::Sqlite(store) => store.problems(wait).await,
            Pools::Postgres(_) | Pools::Schema(_) => Ok(Vec::new()),
        };
        match found {
            Err(DbError::Damaged(problem)) => Ok(vec![problem]),
            found => found,
        }
    }

    /// Closes every connection; a file is left whole, without a log beside it.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite(store) => store.close().await,
            Pools::Postgres(pools) => pools.close().await,
            // Its connections are its neighbours' too.
            Pools::Schema(_) => {}
        }
    }

    pub(crate) const fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(crate) const fn postgres(&self) -> Option<&Arc<postgres::Pools>> {
        match &self.pools {
            Pools::Sqlite(_) | Pools::Schema(_) => None,
            Pools::Postgres(pools) => Some(pools),
        }
    }

    /// Copies a store in a file to another file, whole; says whether it is one.
    pub(crate) async fn sqlite_copy(&self, path: &Path) -> Result<bool, DbError> {
        let Pools::Sqlite(store) = &self.pools else { return Ok(false) };
        store.copy_to(path).await?;
        Ok(true)
    }

    async fn examine(&self) -> Result<(), DbError> {
        let Pools::Postgres(pools) = &self.pools else { return Ok(()) };
        let mut connection = pools.readers.acquire().await.map_err(|e| self.translate(e))?;
        let report = postgres::report(&mut connection).await.map_err(|e| self.translate(e))?;
        report.refuse_unusable()
    }

    fn reader(&self, link: Link) -> Reader {
        let place = match &self.pools {
            Pools::Sqlite(_) => Place::of(Engine::Sqlite),
            Pools::Postgres(_) => Place::of(Engine::Postgres),
            Pools::Schema(store) => {
                Place { engine: Engine::Postgres, schema: Some(store.schema.clone()) }
            }
        };
        Reader::new(link, place, self.catalog.clone())
    }

    fn translate(&self, error: sqlx::Error) -> DbError {
        DbError::from_driver(error, &self.catalog)
    }
}
