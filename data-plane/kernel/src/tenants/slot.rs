//! One tenant's place in the worker: its assignment and its life cycle.
//!
//! The life-cycle lock is outside every cache, so that a store is never open twice and a second
//! caller waits for the first one's opening or closing instead of racing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use freehold_clock::Clock;
use freehold_db::{Database, DbError, Insert, Select};
use freehold_fleet::{Assignment, Provision};
use parking_lot::{Mutex, RwLock};
use tokio::sync::OwnedSemaphorePermit;

use super::tenant::{Open, Tenant};
use crate::public::Counter;
use crate::tx::{MARK_KEY, PUBLIC_VERSION_KEY};
use crate::{Seeding, StoreError};

/// The `meta` row that is written when a store has all its first rows.
const READY_KEY: &str = "provisioned_at";
/// The `meta` row with the newest epoch that opened the store.
const EPOCH_KEY: &str = "epoch";

#[derive(Debug)]
pub(crate) struct Slot {
    assignment: RwLock<Arc<Assignment>>,
    public: Counter,
    open: Mutex<Option<Arc<Open>>>,
    lifecycle: tokio::sync::Mutex<()>,
    last_used: AtomicU64,
}

impl Slot {
    pub(crate) fn new(assignment: Assignment, public: Counter) -> Self {
        Self {
            assignment: RwLock::new(Arc::new(assignment)),
            public,
            open: Mutex::new(None),
            lifecycle: tokio::sync::Mutex::new(()),
            last_used: AtomicU64::new(0),
        }
    }

    pub(crate) fn assignment(&self) -> Arc<Assignment> {
        self.assignment.read().clone()
    }

    pub(crate) fn reassign(&self, assignment: Assignment) -> Result<(), StoreError> {
        let mut known = self.assignment.write();
        if assignment.epoch < known.epoch {
            return Err(StoreError::NotOwned);
        }
        // Pages show what the assignment says of the site.
        let shows_otherwise = known.site != assignment.site;
        *known = Arc::new(assignment);
        drop(known);
        if shows_otherwise {
            self.public.advance(0);
        }
        Ok(())
    }

    /// The tenant's public version.
    pub(crate) const fn public(&self) -> &Counter {
        &self.public
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open.lock().is_some()
    }

    /// Open, with no handle but the slot's own.
    pub(crate) fn is_idle(&self) -> bool {
        self.open.lock().as_ref().is_some_and(|open| Arc::strong_count(open) == 1)
    }

    pub(crate) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }

    /// A handle on the open store, if it is open.
    pub(crate) fn join(self: &Arc<Self>, tick: u64) -> Option<Tenant> {
        let open = self.open.lock().clone()?;
        self.last_used.store(tick, Ordering::Relaxed);
        Some(Tenant::new(open, self.clone()))
    }

    /// Opens the store unless somebody else just did.
    pub(crate) async fn open(
        self: &Arc<Self>,
        tick: u64,
        room: OwnedSemaphorePermit,
        database: impl FnOnce() -> Result<Database, DbError>,
        provision: Option<(&Provision, &[Seeding])>,
        clock: &Clock,
    ) -> Result<Tenant, StoreError> {
        let _alone = self.lifecycle.lock().await;
        if let Some(tenant) = self.join(tick) {
            return Ok(tenant);
        }
        let database = database()?;
        match self.prepare(&database, provision, clock).await {
            Ok(mark) => {
                let open = Arc::new(Open::new(database, mark, room));
                *self.open.lock() = Some(open);
                metrics::counter!("freehold_worker_tenant_opens_total").increment(1);
                self.join(tick).ok_or(StoreError::NotOwned)
            }
            Err(error) => {
                database.close().await;
                Err(error)
            }
        }
    }

    /// Migrates, checks who opened the store last, and seeds it if it is new. Returns the mark
    /// that ids continue after.
    async fn prepare(
        self: &Arc<Self>,
        database: &Database,
        provision: Option<(&Provision, &[Seeding])>,
        clock: &Clock,
    ) -> Result<i64, StoreError> {
        database.migrate(freehold_migrations::TENANT).await?;
        let mut ready = false;
        let (mut mark, mut stored_epoch) = (0, 0);
        let mut read = database.read().await?;
        for row in read.rows(&Select::from("meta", ["key", "value"])).await? {
            let value: i64 = row.get("value")?;
            match row.get::<String>("key")?.as_str() {
                MARK_KEY => mark = value,
                EPOCH_KEY => stored_epoch = value.unsigned_abs(),
                PUBLIC_VERSION_KEY => self.public.raise(value.unsigned_abs()),
                READY_KEY => ready = true,
                _ => {}
            }
        }
        drop(read);
        let epoch = self.assignment().epoch;
        if stored_epoch > epoch {
            return Err(StoreError::NotOwned);
        }
        match (ready, provision) {
            (true, _) if stored_epoch == epoch => Ok(mark),
            (true, _) => {
                let mut writer = database.write().await?;
                writer.insert(&meta(EPOCH_KEY, i64::try_from(epoch).unwrap_or(i64::MAX))).await?;
                writer.commit().await?;
                Ok(mark)
            }
            (false, Some((provision, seeds))) => {
                self.seed(database.clone(), provision, seeds, clock).await
            }
            (false, None) => Err(DbError::Shape("the store was never finished".into()).into()),
        }
    }

    async fn seed(
        self: &Arc<Self>,
        database: Database,
        provision: &Provision,
        seeds: &[Seeding],
        clock: &Clock,
    ) -> Result<i64, StoreError> {
        let open = Arc::new(Open::unlimited(database));
        let tenant = Tenant::new(open, self.clone());
        let now = clock.now();
        let mut tx = tenant.begin(now).await?;
        for seed in seeds {
            seed(&mut tx, provision, clock).await?;
        }
        tx.publish_changed();
        let epoch = i64::try_from(provision.assignment.epoch).unwrap_or(i64::MAX);
        tx.insert(&meta(EPOCH_KEY, epoch)).await?;
        tx.insert(&meta(READY_KEY, now.0)).await?;
        tx.commit().await?;
        Ok(tenant.mark())
    }

    /// Closes the store if nobody uses it; says whether it did.
    pub(crate) async fn close_if_idle(&self) -> bool {
        let _alone = self.lifecycle.lock().await;
        let open = {
            let mut open = self.open.lock();
            match open.as_ref() {
                Some(handle) if Arc::strong_count(handle) == 1 => open.take(),
                _ => None,
            }
        };
        let Some(open) = open else { return false };
        open.close().await;
        metrics::counter!("freehold_worker_tenant_closes_total").increment(1);
        true
    }

    /// Closes the store whoever uses it; for shutting down.
    pub(crate) async fn close(&self) {
        let _alone = self.lifecycle.lock().await;
        let open = self.open.lock().take();
        if let Some(open) = open {
            open.close().await;
        }
    }
}

fn meta(key: &str, value: i64) -> Insert {
    Insert::into("meta").set("key", key).set("value", value).or_replace(["key"], ["value"])
}
