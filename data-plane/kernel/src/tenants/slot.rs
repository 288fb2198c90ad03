//! One tenant's place in the worker: its assignment and its life cycle.
//!
//! The life-cycle lock is outside every cache, so that a store is never open twice and a second
//! caller waits for the first one's opening or closing instead of racing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};

use freehold_clock::UnixMs;
use freehold_db::{Database, DbError, Filter, Migration, Select, SqlValue};
use freehold_fleet::{Assignment, Provision, QuarantineCause};
use freehold_objects::ClaimError;
use parking_lot::{Mutex, RwLock};

use super::claims::{Claimed, Claims};
use super::compiled::{CompiledCache, Origin};
use super::quarantine::Quarantines;
use super::room::Room;
use super::secrets::Sealer;
use super::tenant::{Open, Tenant, epoch_of};
use crate::jobs::Alarm;
use crate::public::Counter;
use crate::tx::{EPOCH_KEY, MARK_KEY, PUBLIC_VERSION_KEY, meta};
use crate::{Seeding, StoreError};

/// The `meta` row that is written when a store has all its first rows.
const READY_KEY: &str = "provisioned_at";

/// How often one caller opens a store at most: again when its epoch is claimed, and once more when an
/// order has brought another one meanwhile.
const OPENINGS_MAX: usize = 3;

/// How long a store that is open is read without asking it who owns it.
const CHECKED_EVERY_MS: i64 = 1_000;

#[derive(Debug)]
pub(crate) struct Slot {
    assignment: RwLock<Arc<Assignment>>,
    /// When the store was last asked for its epoch, in milliseconds.
    checked_at: AtomicI64,
    /// The newest epoch that the store or an edge has shown, whether or not it is this worker's.
    seen: AtomicU64,
    public: Counter,
    alarm: Alarm,
    open: Mutex<Option<Arc<Open>>>,
    lifecycle: tokio::sync::Mutex<()>,
    /// Whether a sync failed when the store was open before.
    needs_recovery: AtomicBool,
    /// How often that happened.
    recoveries: AtomicU32,
    /// What the worker keeps of all tenants: what modules compiled, and who is in quarantine.
    kept: Arc<(CompiledCache, Quarantines)>,
    /// When a handle was last given out, in microseconds of the worker's life.
    last_used: AtomicU64,
    /// What object storage has said of the assignment's epoch.
    claimed: Claimed,
}

/// What opening a store takes besides the store.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    /// What a new one starts with.
    pub(super) provision: Option<(&'a Provision, &'a [Seeding])>,
    pub(super) migrations: &'static [Migration],
    pub(super) sealer: &'a Arc<Sealer>,
    pub(super) claims: &'a Claims,
}

impl Slot {
    pub(super) fn new(
        assignment: Assignment,
        public: Counter,
        alarm: Alarm,
        kept: Arc<(CompiledCache, Quarantines)>,
    ) -> Self {
        Self {
            assignment: RwLock::new(Arc::new(assignment)),
            checked_at: AtomicI64::new(0),
            seen: AtomicU64::new(0),
            public,
            alarm,
            open: Mutex::new(None),
            lifecycle: tokio::sync::Mutex::new(()),
            needs_recovery: AtomicBool::new(false),
            recoveries: AtomicU32::new(0),
            kept,
            last_used: AtomicU64::new(0),
            claimed: Claimed::default(),
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
        // Pages show what the assignment says of the site, and show nothing of another's tenant.
        let shows_otherwise = known.site != assignment.site || known.epoch != assignment.epoch;
        *known = Arc::new(assignment);
        drop(known);
        if shows_otherwise {
            self.public.advance(0);
        }
        Ok(())
    }

    /// Notes that some worker owns the tenant under this epoch. Until this one is told that it is
    /// the one, an older epoch is worth nothing.
    pub(crate) fn witness(&self, epoch: u64) {
        let before = self.seen.fetch_max(epoch, Ordering::AcqRel);
        let own = self.assignment().epoch;
        if epoch > before.max(own) {
            let tenant = self.assignment().tenant;
            tracing::warn!(%tenant, epoch, own, "the tenant is owned under a newer epoch");
            // What edges have kept of this worker's answers is used no more.
            self.public.advance(0);
        }
    }

    /// Whether the store is to be asked again who owns it. Writes ask every time.
    pub(crate) fn is_check_due(&self, now: UnixMs) -> bool {
        let last = self.checked_at.load(Ordering::Relaxed);
        let is_due = (now.0 - last).abs() >= CHECKED_EVERY_MS;
        is_due && self.checked_at.swap(now.0, Ordering::Relaxed) == last
    }

    /// Ends ownership for good, also for handles that are in use.
    pub(crate) fn give_up(&self) {
        self.seen.store(u64::MAX, Ordering::Release);
    }

    /// The epoch under which this worker may read and write, if it may.
    pub(crate) fn owned_epoch(&self) -> Option<u64> {
        let assignment = self.assignment.read();
        let is_newest = assignment.epoch >= self.seen.load(Ordering::Acquire);
        (assignment.is_active() && is_newest).then_some(assignment.epoch)
    }

    /// Under what the tenant's compiled things are kept.
    pub(super) fn origin(&self, epoch: u64) -> Origin {
        let recoveries = self.recoveries.load(Ordering::Acquire).into();
        let tenant = self.assignment().tenant;
        Origin { tenant, epoch, recoveries, edition: self.compiled().edition(tenant) }
    }

    /// What modules have compiled, of all tenants.
    pub(super) fn compiled(&self) -> &CompiledCache {
        &self.kept.0
    }

    /// The tenant's public version.
    pub(crate) const fn public(&self) -> &Counter {
        &self.public
    }

    /// What wakes the tenant's work.
    pub(crate) const fn alarm(&self) -> &Alarm {
        &self.alarm
    }

    pub(super) fn quarantines(&self) -> &Quarantines {
        &self.kept.1
    }

    /// The open store, if it is open.
    pub(super) fn opened(&self) -> Option<Arc<Open>> {
        self.open.lock().clone()
    }

    /// Waits until nobody opens or closes the store, and nobody can.
    pub(super) async fn alone(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.lifecycle.lock().await
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

    /// A handle on the open store, if it is open and of use.
    pub(crate) fn join(self: &Arc<Self>, now: u64) -> Option<Tenant> {
        let open = self.open.lock().clone().filter(|open| !open.has_failed())?;
        let epoch = self.owned_epoch().filter(|epoch| *epoch == open.epoch())?;
        self.last_used.store(now, Ordering::Relaxed);
        Some(Tenant::new(open, self.clone(), epoch))
    }

    /// Opens the store unless somebody else just did. Of all who come at once one opens it, and
    /// takes one place in the queue for `room`. While object storage is asked for a claim, the store
    /// is closed again and its room is for others.
    pub(super) async fn open(
        self: &Arc<Self>,
        room: &Room,
        database: impl Fn() -> Result<Database, StoreError>,
        with: Opening<'_>,
    ) -> Result<Tenant, StoreError> {
        let _alone = self.lifecycle.lock().await;
        for _ in 0..OPENINGS_MAX {
            if let Some(tenant) = self.join(room.now()) {
                return Ok(tenant);
            }
            // Whoever had the lock before may have found that the store cannot be opened.
            self.refuse_quarantined()?;
            let epoch = self.owned_epoch().ok_or(StoreError::NotOwned)?;
            // A site that is being made has its tries counted by who makes it.
            if with.provision.is_none() {
                self.claimed.refused(epoch, room.now())?;
            }
            match self.open_claimed(room, epoch, &database, with).await? {
                Some(tenant) => return Ok(tenant),
                None => self.claim_outside(epoch, with.claims, || room.now()).await?,
            }
        }
        Err(StoreError::NotOwned)
    }

    /// Opens the store; `None` where its epoch has to be claimed first.
    async fn open_claimed(
        self: &Arc<Self>,
        room: &Room,
        epoch: u64,
        database: impl Fn() -> Result<Database, StoreError>,
        with: Opening<'_>,
    ) -> Result<Option<Tenant>, StoreError> {
        let is_new = with.provision.is_some();
        let of_no_use = self.open.lock().take();
        if let Some(open) = of_no_use {
            // Under another epoch others may have written meanwhile: nothing that was remembered
            // counts.
            self.end(open).await;
        }
        let permit = room.permit().await?;
        let database = match database() {
            Err(StoreError::Db(DbError::Damaged(reason))) if !is_new => {
                return Err(self.found(QuarantineCause::Damage, &reason));
            }
            other => other?,
        };
        let sealer = with.sealer.clone();
        match self.prepare(&database, epoch, with).await {
            Ok(Some(mark)) => {
                let open = Arc::new(Open::new(database, epoch, mark, sealer, permit));
                *self.open.lock() = Some(open);
                // From here on the store says it.
                self.claimed.forget();
                metrics::counter!("freehold_worker_tenant_opens_total").increment(1);
                self.join(room.now()).ok_or(StoreError::NotOwned).map(Some)
            }
            Ok(None) => {
                database.close().await;
                Ok(None)
            }
            Err(error) => {
                database.close().await;
                // A store that is being made has nothing to lose, and is made again.
                if is_new { Err(error) } else { Err(self.judge(error)) }
            }
        }
    }

    /// Checks who opened the store last, migrates it, and seeds it if it is new. Returns the mark
    /// that ids continue after, or nothing where the epoch is new to the store and not claimed yet.
    /// Of a store that has everything nothing is opened but a reader.
    async fn prepare(
        self: &Arc<Self>,
        database: &Database,
        epoch: u64,
        Opening { provision, migrations, sealer, .. }: Opening<'_>,
    ) -> Result<Option<i64>, StoreError> {
        if self.needs_recovery.load(Ordering::Acquire) {
            database.recover().await?;
            self.needs_recovery.store(false, Ordering::Release);
        }
        if provision.is_none() && database.schema_version().await? == 0 {
            return Err(DbError::Damaged("the store is empty".into()).into());
        }
        let (mut ready, mut mark, mut stored_epoch) = (false, 0, 0);
        let select = Select::from("meta", ["key", "value"]).filter(Filter::one_of(
            "key",
            [EPOCH_KEY, MARK_KEY, PUBLIC_VERSION_KEY, READY_KEY].map(SqlValue::from),
        ));
        for row in database.read().await?.rows(&select).await? {
            let value: i64 = row.get("value")?;
            match row.get::<String>("key")?.as_str() {
                EPOCH_KEY => stored_epoch = value.unsigned_abs(),
                MARK_KEY => mark = value,
                PUBLIC_VERSION_KEY => self.public.raise(value.unsigned_abs()),
                READY_KEY => ready = true,
                _ => {}
            }
        }
        // Before anything else: what another worker has is not even migrated. A copy of the template
        // has the table already.
        self.still_newest(epoch, stored_epoch)?;
        if stored_epoch != epoch && !self.claimed.is(epoch) {
            return Ok(None);
        }
        self.migrate(database, migrations, provision.is_some()).await?;
        let mark = match (ready, provision) {
            (true, _) if stored_epoch == epoch => mark,
            (true, _) => self.claim(database, epoch).await.map(|()| mark)?,
            (false, Some((provision, seeds))) => {
                self.seed(database.clone(), epoch, provision, seeds, sealer).await?
            }
            (false, None) => {
                return Err(DbError::Shape("the store was never finished".into()).into());
            }
        };
        Ok(Some(mark))
    }

    /// Closes the store whoever uses it, and keeps it closed for as long as what is returned lives.
    pub(super) async fn close_for_good(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let alone = self.lifecycle.lock().await;
        let open = self.open.lock().take();
        if let Some(open) = open {
            self.end(open).await;
        }
        alone
    }

    /// Brings a store to this release's schema and takes it over under an epoch, so that whoever
    /// holds an older one writes to it no more.
    pub(super) async fn take_over(
        &self,
        database: &Database,
        epoch: u64,
        (migrations, claims, room): (&[Migration], &Claims, &Room),
    ) -> Result<(), StoreError> {
        let stored = epoch_of(&mut database.read().await?, false).await?;
        self.still_newest(epoch, stored)?;
        self.claim_outside(epoch, claims, || room.now()).await?;
        database.migrate(migrations).await?;
        self.claim(database, epoch).await
    }

    /// Claims the tenant in object storage, before anything is written under an epoch that the store does
    /// not know. Asks once for each epoch.
    pub(super) async fn claim_outside(
        &self,
        epoch: u64,
        claims: &Claims,
        now: impl Fn() -> u64,
    ) -> Result<(), StoreError> {
        if self.claimed.is(epoch) {
            return Ok(());
        }
        let claimed = claims.claim(self.assignment().tenant, epoch).await;
        if let Err(ClaimError::Superseded { epoch }) = claimed {
            self.witness(epoch);
        }
        self.claimed.note(epoch, now(), claimed)
    }

    /// Writes the epoch into the store where it is an older one. Nobody can come in between.
    async fn claim(&self, database: &Database, epoch: u64) -> Result<(), StoreError> {
        let mut writer = database.write().await?;
        self.still_newest(epoch, epoch_of(&mut writer, true).await?)?;
        writer.insert(&meta(EPOCH_KEY, i64::try_from(epoch).unwrap_or(i64::MAX))).await?;
        Ok(writer.commit().await?)
    }

    /// Whether an epoch holds against the one that the store says.
    pub(crate) fn still_newest(&self, epoch: u64, stored: u64) -> Result<(), StoreError> {
        if stored <= epoch {
            return Ok(());
        }
        self.witness(stored);
        Err(StoreError::NotOwned)
    }

    async fn seed(
        self: &Arc<Self>,
        database: Database,
        epoch: u64,
        provision: &Provision,
        seeds: &[Seeding],
        sealer: &Arc<Sealer>,
    ) -> Result<i64, StoreError> {
        let open = Arc::new(Open::unlimited(database, epoch, sealer.clone()));
        let tenant = Tenant::new(open, self.clone(), epoch);
        let clock = &sealer.clock;
        let now = clock.now();
        let mut tx = tenant.begin(now).await?;
        for seed in seeds {
            seed(&mut tx, provision, clock).await?;
        }
        tx.publish_changed();
        tx.insert_with_commit(meta(EPOCH_KEY, i64::try_from(epoch).unwrap_or(i64::MAX)));
        tx.insert_with_commit(meta(READY_KEY, now.0));
        tx.commit().await?;
        Ok(tenant.mark())
    }

    /// Closes what was open, and remembers of a store whose sync failed that it is to be recovered,
    /// whoever closes it.
    async fn end(&self, open: Arc<Open>) {
        if open.has_failed() {
            self.needs_recovery.store(true, Ordering::Release);
            self.recoveries.fetch_add(1, Ordering::AcqRel);
        }
        open.close().await;
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
        self.end(open).await;
        metrics::counter!("freehold_worker_tenant_closes_total").increment(1);
        true
    }

    /// Closes the store whoever uses it; for shutting down.
    pub(crate) async fn close(&self) {
        let _alone = self.lifecycle.lock().await;
        let open = self.open.lock().take();
        if let Some(open) = open {
            self.end(open).await;
        }
    }
}
