//! A store copied into a file, and from there into a store of any engine, is the same store.

use std::sync::Arc;

use freehold_db::{
    Catalog, Database, DatabaseOptions, DbError, Direction, Insert, Select, SqlValue,
};
use freehold_scratch_postgres::ScratchDatabase;

use crate::writes::MIGRATIONS;
use crate::{connect, on_every_engine};

/// Every value of every book.
async fn books(db: &Database) -> Vec<Vec<SqlValue>> {
    let columns = ["id", "title", "pages", "weight", "cover", "lent", "shelf", "home", "note"];
    let select = Select::columns("books", &columns).order("id", Direction::Ascending);
    let rows = db.read().await.unwrap().rows(&select).await.unwrap();
    assert_eq!(rows.len(), 2);
    rows.iter().map(|row| columns.iter().map(|name| row.get(name).unwrap()).collect()).collect()
}

#[tokio::test]
async fn a_copy_in_a_file_has_every_row_and_goes_back_into_any_engine() {
    on_every_engine(MIGRATIONS, async |db| {
        let mut writer = db.write().await.unwrap();
        for id in 1..=2_500 {
            writer.insert(&Insert::into("shelves").set("id", id)).await.unwrap();
        }
        let full = Insert::into("books").set("id", 1).set("title", "ä\u{1f600}'").set("pages", 7);
        let full = full.set("weight", 0.1).set("cover", vec![0_u8, 255]).set("lent", true);
        writer.insert(&full.set("shelf", 2_500).set("note", "n")).await.unwrap();
        let empty = Insert::into("books").set("id", 2).set("title", "");
        writer.insert(&empty).await.unwrap();
        writer.commit().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("copy.db");
        db.copy_to(&path, MIGRATIONS).await.unwrap();
        let files = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "all of it is in the one file");
        let options = DatabaseOptions { path, create: false, readers_max: 1 };
        let copy = Database::open(&options, Arc::new(Catalog::of(MIGRATIONS))).unwrap();
        // As ever, the one who opens a store looks first whether it has to be migrated.
        copy.migrate(MIGRATIONS).await.unwrap();
        assert_eq!(books(&copy).await, books(&db).await);
        let again = copy.copy_rows_to(&db).await;
        assert!(matches!(again, Err(DbError::Conflict { .. })), "{again:?}");
        let count = Select::count("shelves");
        assert_eq!(copy.read().await.unwrap().count(&count).await.unwrap(), 2_500);
        let Some(database) = ScratchDatabase::for_test() else { return };
        let back = connect(&database, MIGRATIONS).await;
        let early = copy.copy_rows_to(&back).await;
        assert!(matches!(early, Err(DbError::Shape(_))), "{early:?}");
        back.migrate(MIGRATIONS).await.unwrap();
        copy.copy_rows_to(&back).await.unwrap();
        assert_eq!(books(&back).await, books(&db).await);
        assert_eq!(back.read().await.unwrap().count(&count).await.unwrap(), 2_500);
    })
    .await;
}
