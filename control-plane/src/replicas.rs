//! Control planes that share one database, and which of them are alive.
//!
//! Each writes the time of its last beat. Whoever has not for longer than the lease is taken for
//! dead, and its operations are orphaned; this needs clocks that agree to within seconds. A
//! database in a file has one process, so that no other is alive and nobody needs to beat.

use std::time::Duration;

use freehold_clock::{Clock, UnixMs};
use freehold_db::{Database, DbError, Delete, Filter, Insert, Select};
use tokio_util::sync::CancellationToken;

const TABLE: &str = "replicas";
/// Time between two beats.
const BEAT_SECONDS: u64 = 2;
/// Whoever has not shown a sign of life for so long is dead.
pub(crate) const LEASE_SECONDS: u64 = 10;
/// Replicas at most whose beats count; no installation comes near.
const REPLICAS_MAX: u64 = 1_000;

/// One control plane among those that share the database.
#[derive(Debug, Clone)]
pub(crate) struct Replica {
    pub(crate) db: Database,
    pub(crate) clock: Clock,
    /// The name under which it owns operations.
    pub(crate) id: String,
}

impl Replica {
    /// Writes a beat. The first one comes before the first operation.
    pub(crate) async fn beat(&self) -> Result<(), DbError> {
        if !self.db.is_shared() {
            return Ok(());
        }
        let insert = Insert::into(TABLE)
            .set("id", self.id.as_str())
            .set("beat_at", self.clock.now().0)
            .or_replace(["id"], ["beat_at"]);
        let mut writer = self.db.write().await?;
        writer.insert(&insert).await?;
        writer.commit().await
    }

    /// Beats until told to stop, and leaves then, so that nobody waits for the lease to end.
    pub(crate) async fn run(self, stopping: CancellationToken) {
        if !self.db.is_shared() {
            return;
        }
        loop {
            let pause = tokio::time::sleep(Duration::from_secs(BEAT_SECONDS));
            tokio::select! {
                () = stopping.cancelled() => break,
                () = pause => {}
            }
            if let Err(error) = self.beat().await {
                tracing::warn!(%error, "other control planes cannot see that this one is alive");
            }
        }
        if let Err(error) = self.leave().await {
            tracing::warn!(%error, "other control planes will wait for this one's lease to end");
        }
    }

    async fn leave(&self) -> Result<(), DbError> {
        let mut writer = self.db.write().await?;
        writer.delete(&Delete::from(TABLE, Filter::eq("id", self.id.as_str()))).await?;
        writer.commit().await
    }
}

/// The replicas that are alive.
pub(crate) async fn alive(db: &Database, now: UnixMs) -> Result<Vec<String>, DbError> {
    if !db.is_shared() {
        return Ok(Vec::new());
    }
    let since = now.minus_seconds(LEASE_SECONDS).0;
    let select = Select::from(TABLE, ["id"]).filter(Filter::gte("beat_at", since));
    let rows = db.read().await?.rows(&select.page(REPLICAS_MAX, 0)).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// The rows of replicas that are long dead.
pub(crate) fn dead_since(before: UnixMs) -> Delete {
    Delete::from(TABLE, Filter::lt("beat_at", before.0))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use freehold_db::{Catalog, PostgresOptions};
    use freehold_ids::{AccountId, OperationId, TenantId};
    use freehold_scratch_postgres::ScratchDatabase;

    use super::*;
    use crate::operations::{Kind, Operation, Outcome, store};

    /// An operation of each owner, none of which anybody runs; their ids by owner.
    async fn operations_of<const N: usize>(
        db: &Database,
        clock: &Clock,
        owners: [&str; N],
    ) -> [OperationId; N] {
        let account = AccountId::from_random(clock.random_bits());
        let mut writer = db.write().await.unwrap();
        let row = Insert::into("accounts").set("id", account.to_string()).set("name", "Acme");
        writer.insert(&row.set("created_at", 0)).await.unwrap();
        let ids = owners.map(|_| OperationId::from_random(clock.random_bits()));
        for (id, owner) in ids.iter().zip(owners) {
            let operation = Operation {
                id: *id,
                account,
                site: TenantId::from_random(clock.random_bits()),
                kind: Kind::CreateSite,
                outcome: Outcome::Running,
                steps: Vec::new(),
                error: None,
                owner: owner.to_owned(),
                attempts: 0,
                created_at: clock.now().0,
            };
            store::insert(&mut writer, &operation).await.unwrap();
        }
        writer.commit().await.unwrap();
        ids
    }

    #[tokio::test]
    async fn operations_of_live_replicas_are_left_alone_and_those_of_dead_ones_taken_once() {
        let Some(database) = ScratchDatabase::for_test() else { return };
        let catalog = Arc::new(Catalog::of(freehold_migrations::CONTROL));
        let options = PostgresOptions::at(database.url());
        let db = Database::connect(&options, catalog).await.unwrap();
        db.migrate(freehold_migrations::CONTROL).await.unwrap();
        let clock = Clock::manual();
        let replica = |id: &str| Replica { db: db.clone(), clock: clock.clone(), id: id.into() };
        let (here, there) = (replica("here"), replica("there"));
        here.beat().await.unwrap();
        there.beat().await.unwrap();
        let owners = ["here", "there", "long ago"];
        let [_, theirs, nobodys] = operations_of(&db, &clock, owners).await;
        let orphaned = async || {
            let now = clock.now();
            let since = (now.minus_seconds(3_600), now.minus_seconds(3_600));
            let alive = alive(&db, now).await.unwrap();
            let found = store::orphaned(&db, "here", alive, since, 10).await.unwrap();
            let mut found: Vec<_> = found.iter().map(|operation| operation.id).collect();
            found.sort_by_key(|id| *id != theirs);
            found
        };
        assert_eq!(orphaned().await, [nobodys]);
        clock.advance_seconds(LEASE_SECONDS as i64 + 1);
        here.beat().await.unwrap();
        assert_eq!(orphaned().await, [theirs, nobodys], "the lease is over");
        there.beat().await.unwrap();
        assert_eq!(orphaned().await, [nobodys], "it was only late");
        there.leave().await.unwrap();
        assert_eq!(orphaned().await, [theirs, nobodys], "nobody waits for one that left");
        // Two that want the same operation at once: one gets it.
        let found = store::by_id(&db, theirs).await.unwrap().unwrap();
        let take = |owner| store::take_over(&db, &found, owner, clock.now());
        let (one, other) = tokio::join!(take("here"), take("third"));
        assert_ne!(one.unwrap(), other.unwrap());
        db.close().await;
    }
}
