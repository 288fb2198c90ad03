//! What several processes may count on that share one Postgres database.

use std::time::Duration;

use freehold_db::{
    Database, DbError, Filter, Insert, PostgresOptions, Select, Update, examine_server,
};
use freehold_scratch_postgres::ScratchDatabase;

use crate::writes::{MIGRATIONS, books};
use crate::{connect, on_every_engine};

/// How long a lost election may take to be won by another process.
const TAKE_OVER_SECONDS_MAX: u64 = 10;

#[tokio::test]
async fn processes_that_start_at_once_migrate_once() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let starts = (0..6).map(|_| {
        let database = &database;
        async move {
            let db = connect(database, MIGRATIONS).await;
            db.migrate(MIGRATIONS).await.unwrap();
            assert_eq!(db.schema_version().await.unwrap(), 2);
            db
        }
    });
    let all: Vec<_> = futures::future::join_all(starts).await;
    assert!(all[0].is_shared() && books(&all[5]).await.is_empty());
}

#[tokio::test]
async fn writes_of_all_processes_take_turns() {
    const PROCESSES: i64 = 4;
    const WRITES: i64 = 25;
    let Some(database) = ScratchDatabase::for_test() else { return };
    let db = connect(&database, MIGRATIONS).await;
    db.migrate(MIGRATIONS).await.unwrap();
    let mut writer = db.write().await.unwrap();
    writer.insert(&Insert::into("shelves").set("id", 0)).await.unwrap();
    writer.commit().await.unwrap();
    let processes = (0..PROCESSES).map(|_| async {
        let db = connect(&database, MIGRATIONS).await;
        for _ in 0..WRITES {
            // Read, decide, write: two of these at once would lose one.
            let mut writer = db.write().await.unwrap();
            let row = writer.optional(&Select::from("shelves", ["id"])).await.unwrap().unwrap();
            let next = row.get::<i64>("id").unwrap() + 1;
            let update = Update::table("shelves").set("id", next).filter(Filter::everything());
            assert_eq!(writer.update(&update).await.unwrap(), 1);
            writer.commit().await.unwrap();
        }
    });
    futures::future::join_all(processes).await;
    let row = db.read().await.unwrap().optional(&Select::from("shelves", ["id"])).await.unwrap();
    assert_eq!(row.unwrap().get::<i64>("id").unwrap(), PROCESSES * WRITES);
}

#[tokio::test]
async fn a_turn_that_does_not_come_is_busy() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let (one, two) = (connect(&database, MIGRATIONS).await, connect(&database, MIGRATIONS).await);
    let held = one.write().await.unwrap();
    assert!(matches!(two.write().await, Err(DbError::Busy)));
    drop(held);
    two.write().await.unwrap().commit().await.unwrap();
}

/// Adds a row; says what became of it.
async fn add_shelf(db: &Database, id: i64) -> Result<(), DbError> {
    let mut writer = db.write().await?;
    writer.insert(&Insert::into("shelves").set("id", id)).await?;
    writer.commit().await
}

#[tokio::test]
async fn another_process_leads_when_the_leader_falls_silent_and_only_it_writes() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let (one, two) = (connect(&database, MIGRATIONS).await, connect(&database, MIGRATIONS).await);
    one.migrate(MIGRATIONS).await.unwrap();
    // Nobody shows a sign of life for it while this is not awaited.
    let first = one.lead().await;
    add_shelf(&one, 1).await.unwrap();
    let half_done = one.write().await.unwrap();
    // It holds the turn, which the other one needs: the server ends its silence too.
    let waits = Duration::from_secs(2 * TAKE_OVER_SECONDS_MAX);
    let second = tokio::time::timeout(waits, two.lead()).await;
    let leading = tokio::spawn(second.expect("a silent leader is replaced").lost());
    assert!(half_done.commit().await.is_err());
    assert!(matches!(add_shelf(&one, 2).await, Err(DbError::Superseded)));
    add_shelf(&two, 2).await.unwrap();
    tokio::time::timeout(waits, first.lost()).await.expect("it learns that it was replaced");
    // A leader that keeps showing signs of life is not replaced, one that goes is at once.
    let three = connect(&database, MIGRATIONS).await;
    let mut third = tokio::spawn(async move { (three.lead().await, three) });
    let in_vain = Duration::from_secs(5);
    assert!(tokio::time::timeout(in_vain, &mut third).await.is_err());
    assert!(!leading.is_finished());
    add_shelf(&two, 3).await.unwrap();
    leading.abort();
    let (_third, three) = tokio::time::timeout(waits, third).await.unwrap().unwrap();
    add_shelf(&three, 4).await.unwrap();
    assert!(matches!(add_shelf(&two, 5).await, Err(DbError::Superseded)));
}

#[tokio::test]
async fn a_store_of_one_process_is_led_at_once_and_for_good() {
    on_every_engine(MIGRATIONS, async |db| {
        let leadership = db.lead().await;
        add_shelf(&db, 1).await.unwrap();
        let lost = tokio::time::timeout(Duration::from_secs(2), leadership.lost());
        assert!(lost.await.is_err(), "nobody else is there");
        add_shelf(&db, 2).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_server_tells_whether_it_keeps_what_it_answers() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let options = |url: String| PostgresOptions { url, connections_max: 2 };
    let report = examine_server(&options(database.url())).await.unwrap();
    assert!(report.loses_writes_by.is_empty(), "{report:?}");
    let careless = format!("{}?options=-csynchronous_commit%3Doff", database.url());
    let report = examine_server(&options(careless)).await.unwrap();
    assert_eq!(report.loses_writes_by, ["synchronous_commit"]);
    let absent = options(format!("{}x", database.url()));
    assert!(examine_server(&absent).await.is_err());
    let secret = options("postgres://user:hidden@nowhere/x".into());
    assert!(!format!("{secret:?}").contains("hidden"));
}
