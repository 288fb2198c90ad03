//! One conformance suite for every engine: what a store promises is tried on SQLite and, where
//! the test runner started a server, on Postgres.

#![expect(clippy::unwrap_used, reason = "a test has no better use for an error")]

mod copies;
mod filters;
mod shared;
mod writes;

use std::sync::Arc;

use freehold_db::{Catalog, Database, DatabaseOptions, Migration, PostgresOptions};
use freehold_scratch_postgres::ScratchDatabase;

/// Opens one more connection pool to a Postgres database.
async fn connect(database: &ScratchDatabase, migrations: &[Migration]) -> Database {
    let options = PostgresOptions { url: database.url(), connections_max: 4 };
    Database::connect(&options, Arc::new(Catalog::of(migrations))).await.unwrap()
}

/// Runs a test on an empty, migrated store of each engine.
async fn on_every_engine(migrations: &[Migration], test: impl AsyncFn(Database)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let options = DatabaseOptions { path, create: true, readers_max: 2 };
    let sqlite = Database::open(&options, Arc::new(Catalog::of(migrations))).unwrap();
    sqlite.migrate(migrations).await.unwrap();
    test(sqlite.clone()).await;
    sqlite.close().await;
    eprintln!("passed on SQLite");
    let Some(database) = ScratchDatabase::for_test() else { return };
    let postgres = connect(&database, migrations).await;
    postgres.migrate(migrations).await.unwrap();
    test(postgres.clone()).await;
    postgres.close().await;
}
