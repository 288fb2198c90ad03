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
