//! Stores that share a Postgres database do not see, hold up or remember one another.

use std::sync::Arc;

use freehold_db::{Catalog, Database, DbError, Insert, PostgresOptions, SchemaHost, Select};
use freehold_scratch_postgres::ScratchDatabase;

use crate::unique_schemas;
use crate::writes::{MIGRATIONS, books};

/// Two stores in one database, over few connections.
async fn neighbours(
    database: &ScratchDatabase,
    names: &[String; 2],
) -> (SchemaHost, [Database; 2]) {
    let options = PostgresOptions { url: database.url(), connections_max: 2 };
    let host = SchemaHost::lazy(&options).unwrap();
    let mut stores = Vec::new();
    for name in names {
        host.create(name).await.unwrap();
        let catalog = Arc::new(Catalog::of(MIGRATIONS));
        let store = Database::in_schema(&host, name, catalog).unwrap();
        assert_eq!(store.schema_version().await.unwrap(), 0);
        store.migrate(MIGRATIONS).await.unwrap();
        stores.push(store);
    }
    (host, stores.try_into().unwrap())
}

async fn add(store: &Database, id: i64) -> Result<(), DbError> {
    let mut writer = store.write().await?;
    let book =
        Insert::into("books").set("id", id).set("title", format!("book {id}")).set("pages", 1);
    writer.insert(&book).await?;
    writer.commit().await
}

#[tokio::test]
async fn rows_of_one_are_not_the_others() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let names = unique_schemas(&database);
    let (host, [one, two]) = neighbours(&database, &names).await;
    add(&one, 1).await.unwrap();
    assert_eq!(books(&one).await.len(), 1);
    assert!(books(&two).await.is_empty());
    // The same id is free there.
    add(&two, 1).await.unwrap();
    host.remove(&names[0]).await.unwrap();
    assert_eq!(books(&two).await.len(), 1, "the neighbour's end changed nothing");
    let gone = one.read().await.unwrap_err();
    assert!(matches!(gone, DbError::Engine(_) | DbError::Shape(_)), "{gone}");
    for wrong in ["", "Ten", "ten\"; DROP SCHEMA public", "ten-1", &"t".repeat(64)] {
        assert!(host.create(wrong).await.is_err(), "{wrong}");
        let catalog = Arc::new(Catalog::of(MIGRATIONS));
        assert!(Database::in_schema(&host, wrong, catalog).is_err(), "{wrong}");
    }
    host.remove(&names[1]).await.unwrap();
    host.close().await;
}

#[tokio::test]
async fn who_waits_for_a_turn_holds_no_connection() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let names = unique_schemas(&database);
    let (host, [one, two]) = neighbours(&database, &names).await;
    // One writing connection for both. Its holder is served first, then the neighbour, however
    // many wait for a turn in the first store.
    let held = one.write().await.unwrap();
    let waiting: Vec<_> = (0..20)
        .map(|id| {
            let one = one.clone();
            tokio::spawn(async move { add(&one, id).await })
        })
        .collect();
    let neighbour = tokio::spawn({
        let two = two.clone();
        async move { add(&two, 1).await }
    });
    held.commit().await.unwrap();
    neighbour.await.unwrap().unwrap();
    for writing in waiting {
        writing.await.unwrap().unwrap();
    }
    assert_eq!(books(&one).await.len(), 20);
    for name in &names {
        host.remove(name).await.unwrap();
    }
    host.close().await;
}

#[tokio::test]
async fn a_shared_row_keeps_whoever_would_change_it_waiting() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let names = unique_schemas(&database);
    let (host, [one, _]) = neighbours(&database, &names).await;
    add(&one, 1).await.unwrap();
    // Another process: another host over the same database.
    let options = PostgresOptions { url: database.url(), connections_max: 2 };
    let elsewhere = SchemaHost::lazy(&options).unwrap();
    let catalog = Arc::new(Catalog::of(MIGRATIONS));
    let taker = Database::in_schema(&elsewhere, &names[0], catalog).unwrap();
    let mut holder = one.write().await.unwrap();
    let select = Select::from("books", ["id"]).for_share();
    assert!(holder.optional(&select).await.unwrap().is_some());
    let taking = tokio::spawn(async move {
        let mut writer = taker.write().await?;
        let update = freehold_db::Update::table("books").set("pages", 2);
        writer.update(&update).await?;
        writer.commit().await
    });
    let mut own = Insert::into("books").set("id", 2);
    own = own.set("title", "held").set("pages", 1);
    holder.insert(&own).await.unwrap();
    assert!(!taking.is_finished());
    holder.commit().await.unwrap();
    taking.await.unwrap().unwrap();
    for name in &names {
        host.remove(name).await.unwrap();
    }
    host.close().await;
    elsewhere.close().await;
}
