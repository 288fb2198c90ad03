//! One conformance suite for every engine: what a store promises is tried on SQLite and, where
//! the test runner started a server, on Postgres.

#![expect(clippy::unwrap_used, reason = "a test has no better use for an error")]

mod copies;
mod filters;
mod schemas;
mod shared;
mod writes;

use std::sync::Arc;

use freehold_db::{Catalog, Database, DatabaseOptions, Migration, PostgresOptions, SchemaHost};
use freehold_scratch_postgres::ScratchDatabase;

/// Opens one more connection pool to a Postgres database.
async fn connect(database: &ScratchDatabase, migrations: &[Migration]) -> Database {
    let options = PostgresOptions { url: database.url(), connections_max: 4 };
    Database::connect(&options, Arc::new(Catalog::of(migrations))).await.unwrap()
}

/// Two names of schemas. Roles are the server's, on which other tests run too.
fn unique_schemas(database: &ScratchDatabase) -> [String; 2] {
    let url = database.url();
    let unique = url.rsplit('/').next().unwrap_or_default().to_lowercase();
    let unique: String = unique.chars().filter(char::is_ascii_alphanumeric).collect();
    ["own", "neighbour"].map(|name| format!("ten_{name}_{unique}"))
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
    eprintln!("passed on Postgres");
    // Beside a neighbour with the same tables, which is as empty afterwards as before.
    let options = PostgresOptions { url: database.url(), connections_max: 6 };
    let host = SchemaHost::lazy(&options).unwrap();
    let names = unique_schemas(&database);
    let mut stores = Vec::new();
    for schema in &names {
        host.create(schema).await.unwrap();
        host.create(schema).await.unwrap();
        let catalog = Arc::new(Catalog::of(migrations));
        let store = Database::in_schema(&host, schema, catalog).unwrap();
        store.migrate(migrations).await.unwrap();
        stores.push(store);
    }
    test(stores[0].clone()).await;
    drop(stores);
    for schema in &names {
        host.remove(schema).await.unwrap();
        host.remove(schema).await.unwrap();
    }
    host.close().await;
}
