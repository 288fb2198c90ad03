//! Statements, conflicts and transactions do the same on every engine.

use freehold_db::{
    Column, ColumnType, Database, DbError, Delete, Direction, Filter, ForeignKey, Index, Insert,
    Measure, Migration, OnDelete, SchemaChange, Select, SqlValue, Table, Unique, Update,
};

use crate::on_every_engine;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "shelves and books", changes: first },
    Migration { version: 2, name: "notes", changes: second },
];

fn first() -> Vec<SchemaChange> {
    let shelf =
        |column, on_delete| ForeignKey { column, table: "shelves", target: "id", on_delete };
    vec![
        SchemaChange::CreateTable(Table {
            name: "shelves",
            columns: vec![Column::required("id", ColumnType::Int)],
            primary_key: &["id"],
            unique: vec![],
            foreign_keys: vec![],
        }),
        SchemaChange::CreateTable(Table {
            name: "books",
            columns: vec![
                Column::required("id", ColumnType::Int),
                Column::required("title", ColumnType::Text),
                Column::nullable("pages", ColumnType::Int),
                Column::nullable("weight", ColumnType::Float),
                Column::nullable("cover", ColumnType::Bytes),
                Column::nullable("lent", ColumnType::Bool),
                Column::nullable("shelf", ColumnType::Int),
                Column::nullable("home", ColumnType::Int),
            ],
            primary_key: &["id"],
            unique: vec![Unique { name: "books_title_key", columns: &["title", "pages"] }],
            foreign_keys: vec![
                shelf("shelf", OnDelete::Cascade),
                shelf("home", OnDelete::Restrict),
            ],
        }),
    ]
}

fn second() -> Vec<SchemaChange> {
    let column = Column::nullable("note", ColumnType::Text);
    vec![
        SchemaChange::AddColumn { table: "books", column },
        SchemaChange::CreateIndex(Index { name: "books_note", table: "books", columns: &["note"] }),
    ]
}

fn book(id: i64, title: &str) -> Insert {
    Insert::into("books").set("id", id).set("title", title).set("pages", 7)
}

/// The ids and titles of all books.
pub(crate) async fn books(db: &Database) -> Vec<(i64, String)> {
    let select = Select::from("books", ["id", "title"]).order("id", Direction::Ascending);
    let rows = db.read().await.unwrap().rows(&select).await.unwrap();
    rows.iter().map(|row| (row.get("id").unwrap(), row.get("title").unwrap())).collect()
}

#[tokio::test]
async fn groups_come_with_the_most_first() {
    on_every_engine(MIGRATIONS, async |db| {
        let mut writer = db.write().await.unwrap();
        for (id, title, pages) in [(1, "b", 5), (2, "a", 9), (3, "b", 6), (4, "c", 9)] {
            let insert = Insert::into("books").set("id", id).set("title", title);
            writer.insert(&insert.set("pages", pages)).await.unwrap();
        }
        let select = Select::groups("books", &["title"], &[(Measure::Sum("pages"), "pages")]);
        let rows = writer.rows(&select.most("pages").page(2, 0)).await.unwrap();
        let found: Vec<(String, i64)> =
            rows.iter().map(|row| (row.get("title").unwrap(), row.get("pages").unwrap())).collect();
        assert_eq!(found, [("b".to_owned(), 11), ("a".to_owned(), 9)]);
    })
    .await;
}

#[tokio::test]
async fn values_of_every_type_come_back_as_they_went() {
    on_every_engine(MIGRATIONS, async |db| {
        let columns = ["pages", "weight", "cover", "lent", "note"];
        let full = [
            SqlValue::Int(i64::MIN),
            SqlValue::Float(0.1),
            SqlValue::Bytes(vec![0, 255]),
            SqlValue::Bool(true),
            SqlValue::from("a\u{1f600}'\"\\%"),
        ];
        let mut writer = db.write().await.unwrap();
        let (mut first, mut second) = (book(1, "full"), book(2, "empty"));
        let mut emptied = Update::table("books").filter(Filter::eq("id", 1));
        for (column, value) in columns.iter().zip(&full).skip(1) {
            first = first.set(column, value.clone());
            second = second.set(column, SqlValue::Null);
            emptied = emptied.set(column, SqlValue::Null);
        }
        writer.insert(&first).await.unwrap();
        writer.insert(&second).await.unwrap();
        let filter = Filter::eq("id", 1);
        let update = Update::table("books").set("pages", i64::MIN).filter(filter);
        writer.update(&update).await.unwrap();
        let select = Select::columns("books", &columns).order("id", Direction::Ascending);
        let rows = writer.rows(&select).await.unwrap();
        let read = |row: usize, column: &str| rows[row].get::<SqlValue>(column).unwrap();
        let stored = columns.map(|column| read(0, column));
        // A truth value comes as a number, which is all that SQLite knows.
        assert_eq!(stored[3], SqlValue::Int(1));
        assert!(rows[0].get::<bool>("lent").unwrap());
        assert_eq!((&stored[..3], &stored[4]), (&full[..3], &full[4]));
        assert!(columns[1..].iter().all(|column| read(1, column) == SqlValue::Null));
        assert_eq!(rows[1].get::<Option<String>>("note").unwrap(), None);
        assert!(matches!(rows[1].get::<i64>("absent"), Err(DbError::Shape(_))));
        writer.update(&emptied).await.unwrap();
        let empty = Select::count("books").filter(Filter::is_null("weight"));
        assert_eq!(writer.count(&empty).await.unwrap(), 2);
        writer.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn rows_are_changed_kept_replaced_and_removed() {
    on_every_engine(MIGRATIONS, async |db| {
        let mut writer = db.write().await.unwrap();
        for (id, title) in [(1, "one"), (2, "two"), (3, "three")] {
            assert!(writer.insert(&book(id, title)).await.unwrap());
        }
        assert!(!writer.insert(&book(1, "kept").or_keep(["id"])).await.unwrap());
        let replaced = book(2, "replaced").or_replace(["id"], ["title"]);
        assert!(writer.insert(&replaced).await.unwrap());
        let all = Filter::everything();
        let add = Update::table("books").add("pages", -2).filter(all);
        assert_eq!(writer.update(&add).await.unwrap(), 3);
        let none = Update::table("books").set("note", "x").filter(Filter::nothing());
        assert_eq!(writer.update(&none).await.unwrap(), 0);
        let delete = Delete::from("books", Filter::eq("title", "three"));
        assert_eq!(writer.delete(&delete).await.unwrap(), 1);
        let page = Select::from("books", ["pages"]).order("id", Direction::Descending).page(1, 1);
        let rows = writer.rows(&page).await.unwrap();
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].get::<i64>("pages").unwrap(), 5);
        writer.commit().await.unwrap();
        assert_eq!(books(&db).await, [(1, "one".into()), (2, "replaced".into())]);
    })
    .await;
}

#[tokio::test]
async fn conflicts_bear_their_declared_name_and_leave_the_transaction_usable() {
    on_every_engine(MIGRATIONS, async |db| {
        let mut writer = db.write().await.unwrap();
        writer.insert(&book(1, "same")).await.unwrap();
        let refused = writer.insert(&book(2, "same")).await.unwrap_err();
        assert!(refused.is_conflict_on("books_title_key"), "{refused}");
        let refused = writer.insert(&book(1, "other")).await.unwrap_err();
        assert!(matches!(refused, DbError::Conflict { .. }), "{refused}");
        let homeless = book(3, "homeless").set("shelf", 99);
        let refused = writer.insert(&homeless).await.unwrap_err();
        assert!(matches!(refused, DbError::Conflict { .. }), "{refused}");
        let untitled = Insert::into("books").set("id", 4);
        let refused = writer.insert(&untitled).await.unwrap_err();
        assert!(matches!(refused, DbError::Conflict { .. }), "{refused}");
        writer.insert(&book(5, "after")).await.unwrap();
        writer.commit().await.unwrap();
        assert_eq!(books(&db).await, [(1, "same".into()), (5, "after".into())]);
    })
    .await;
}

#[tokio::test]
async fn references_cascade_or_refuse() {
    on_every_engine(MIGRATIONS, async |db| {
        let mut writer = db.write().await.unwrap();
        for id in [1, 2] {
            writer.insert(&Insert::into("shelves").set("id", id)).await.unwrap();
        }
        writer.insert(&book(1, "on it").set("shelf", 1)).await.unwrap();
        writer.insert(&book(2, "at home").set("home", 2)).await.unwrap();
        let shelf = |id| Delete::from("shelves", Filter::eq("id", id));
        assert_eq!(writer.delete(&shelf(1)).await.unwrap(), 1);
        let refused = writer.delete(&shelf(2)).await.unwrap_err();
        assert!(matches!(refused, DbError::Conflict { .. }), "{refused}");
        writer.commit().await.unwrap();
        assert_eq!(books(&db).await, [(2, "at home".into())]);
    })
    .await;
}

#[tokio::test]
async fn what_is_not_committed_did_not_happen() {
    on_every_engine(MIGRATIONS, async |db| {
        let mut dropped = db.write().await.unwrap();
        dropped.insert(&book(1, "dropped")).await.unwrap();
        drop(dropped);
        let mut writer = db.write().await.unwrap();
        writer.insert(&book(2, "committed")).await.unwrap();
        assert!(books(&db).await.is_empty(), "nobody else sees it yet");
        writer.commit_after(&[], None).await.unwrap();
        let late = writer.insert(&book(3, "late")).await.unwrap_err();
        assert!(matches!(late, DbError::Shape(_)), "{late}");
        drop(writer);
        // A caller that goes away at any point of its transaction leaves the next one its turn.
        for steps in 0..20 {
            let mut change = Box::pin(async {
                let mut writer = db.write().await.unwrap();
                writer.insert(&book(4, "gone")).await.unwrap();
                std::future::pending::<()>().await;
            });
            for _ in 0..steps {
                tokio::select! {
                    biased;
                    () = &mut change => {}
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        db.write().await.unwrap().commit().await.unwrap();
        assert_eq!(books(&db).await, [(2, "committed".into())]);
    })
    .await;
}

#[tokio::test]
async fn a_commit_is_refused_where_a_row_is_that_must_not_be_there() {
    on_every_engine(MIGRATIONS, async |db| {
        let unless = Select::from("books", ["id"]).filter(Filter::gt("id", 5));
        for (id, is_refused) in [(5, false), (6, true), (7, true)] {
            let mut writer = db.write().await.unwrap();
            // Written before and with the commit: all of it is taken back.
            writer.insert(&book(id, &format!("guarded {id}"))).await.unwrap();
            let shelf = Insert::into("shelves").set("id", id);
            let done = writer.commit_after(&[shelf], Some(&unless)).await;
            assert_eq!(matches!(done, Err(DbError::Superseded)), is_refused, "{id}: {done:?}");
            assert_eq!(done.is_ok(), !is_refused, "{id}");
        }
        assert_eq!(books(&db).await, [(5, "guarded 5".into())]);
        let shelves = Select::count("shelves");
        assert_eq!(db.read().await.unwrap().count(&shelves).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_shows_one_commit_and_a_reader_the_newest() {
    on_every_engine(MIGRATIONS, async |db| {
        let count = Select::count("books");
        let mut snapshot = db.snapshot().await.unwrap();
        let mut reader = db.read().await.unwrap();
        assert_eq!(snapshot.count(&count).await.unwrap(), 0);
        assert_eq!(reader.count(&count).await.unwrap(), 0);
        let mut writer = db.write().await.unwrap();
        writer.insert(&book(1, "new")).await.unwrap();
        writer.commit().await.unwrap();
        assert_eq!(snapshot.count(&count).await.unwrap(), 0);
        assert_eq!(reader.count(&count).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn migrations_run_once_and_a_newer_schema_is_left_alone() {
    on_every_engine(MIGRATIONS, async |db| {
        assert_eq!(db.schema_version().await.unwrap(), 2);
        db.migrate(MIGRATIONS).await.unwrap();
        db.migrate(&MIGRATIONS[..1]).await.unwrap();
        assert_eq!(db.schema_version().await.unwrap(), 2);
        let broken = Migration {
            version: 3,
            name: "half of it is wrong",
            changes: || {
                let index = |name, table| Index { name, table, columns: &["title"] };
                vec![
                    SchemaChange::CreateIndex(index("books_titles", "books")),
                    SchemaChange::CreateIndex(index("absent_titles", "absent")),
                ]
            },
        };
        db.migrate(&[broken]).await.unwrap_err();
        assert_eq!(db.schema_version().await.unwrap(), 2);
        let whole = Migration {
            version: 3,
            name: "the first half alone",
            changes: || {
                let index = Index { name: "books_titles", table: "books", columns: &["title"] };
                vec![SchemaChange::CreateIndex(index)]
            },
        };
        db.migrate(&[whole]).await.unwrap();
        assert_eq!(db.schema_version().await.unwrap(), 3);
    })
    .await;
}
