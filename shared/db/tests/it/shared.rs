//! What several processes may count on that share one Postgres database.

use std::time::Duration;

use freehold_db::{DbError, Filter, Insert, PostgresOptions, Select, Update, examine_server};
use freehold_scratch_postgres::ScratchDatabase;

use crate::connect;
use crate::writes::{MIGRATIONS, books};

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

#[tokio::test]
async fn one_process_is_elected_and_another_when_it_falls_silent() {
    let Some(database) = ScratchDatabase::for_test() else { return };
    let (one, two) = (connect(&database, MIGRATIONS).await, connect(&database, MIGRATIONS).await);
    let (mut first, mut second) = (one.election(), two.election());
    assert!(first.is_won().await);
    assert!(!second.is_won().await && first.is_won().await && !second.is_won().await);
    // The first one says nothing more, although its connection is open.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(TAKE_OVER_SECONDS_MAX);
    while !second.is_won().await {
        assert!(tokio::time::Instant::now() < deadline, "nobody took over");
        // not synchronisation: a pause between two looks at the state that is waited for
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(!first.is_won().await, "its session is over");
    assert!(!first.is_won().await && second.is_won().await);
    drop(second);
    while !first.is_won().await {
        assert!(tokio::time::Instant::now() < deadline, "nobody took over");
        // not synchronisation: a pause between two looks at the state that is waited for
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
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
