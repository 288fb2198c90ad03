//! A handle on one open tenant. While one exists, the store stays open.

use std::sync::Arc;

use freehold_clock::UnixMs;
use freehold_db::{Database, DbError, Filter, Reader, Select};
use freehold_fleet::Assignment;
use freehold_ids::{Sequence, Stamp, TenantId};
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

use super::compiled::Compiled;
use super::secrets::Sealer;
use super::slot::Slot;
use crate::jobs::Alarm;
use crate::public::Counter;
use crate::tx::EPOCH_KEY;
use crate::{Read, StoreError, Tx};

/// An open store and what goes with it.
#[derive(Debug)]
pub(crate) struct Open {
    database: Database,
    /// The one that it was opened under, which is what the store says too.
    epoch: u64,
    sequence: Mutex<Sequence>,
    sealer: Arc<Sealer>,
    room: Option<OwnedSemaphorePermit>,
}

impl Open {
    pub(crate) fn new(
        database: Database,
        epoch: u64,
        mark: i64,
        sealer: Arc<Sealer>,
        room: OwnedSemaphorePermit,
    ) -> Self {
        let sequence = Mutex::new(Sequence::after(mark));
        Self { database, epoch, sequence, sealer, room: Some(room) }
    }

    /// A store that is being made and does not count yet.
    pub(crate) fn unlimited(database: Database, epoch: u64, sealer: Arc<Sealer>) -> Self {
        Self { database, epoch, sequence: Mutex::new(Sequence::after(0)), sealer, room: None }
    }

    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Whether it has to be opened anew before anybody may use it.
    pub(crate) fn has_failed(&self) -> bool {
        self.database.has_failed()
    }

    pub(super) const fn database(&self) -> &Database {
        &self.database
    }

    pub(crate) async fn close(self: Arc<Self>) {
        self.database.close().await;
        // Only now is there room for another.
        if let Some(open) = Arc::into_inner(self) {
            drop(open.room);
        }
    }
}

/// What a store says of its epoch; 0 while it is being made.
pub(crate) async fn epoch_of(reader: &mut Reader, is_write: bool) -> Result<u64, StoreError> {
    let select = Select::from("meta", ["value"]).filter(Filter::eq("key", EPOCH_KEY));
    // Where others can write at the same time, nobody takes the store over until this is done.
    let select = if is_write { select.for_share() } else { select };
    let row = reader.optional(&select).await?;
    let epoch = row.map(|row| row.get::<i64>("value")).transpose()?;
    Ok(epoch.unwrap_or_default().unsigned_abs())
}

/// One open tenant. Cheap to clone; each clone keeps the store open.
#[derive(Debug, Clone)]
pub struct Tenant {
    open: Arc<Open>,
    slot: Arc<Slot>,
    /// The one that this handle was given out under.
    epoch: u64,
}

impl Tenant {
    pub(crate) const fn new(open: Arc<Open>, slot: Arc<Slot>, epoch: u64) -> Self {
        Self { open, slot, epoch }
    }

    /// Its id.
    pub fn id(&self) -> TenantId {
        self.slot.assignment().tenant
    }

    /// What the control plane said of it last.
    pub fn assignment(&self) -> Arc<Assignment> {
        self.slot.assignment()
    }

    /// The public version. What is read from the store afterwards is at least as new as it says,
    /// so an answer may carry the version that was read before the answer was made.
    pub fn public_version(&self) -> u64 {
        self.public().number()
    }

    pub(crate) fn public(&self) -> &Counter {
        self.slot.public()
    }

    pub(crate) fn alarm(&self) -> &Alarm {
        self.slot.alarm()
    }

    pub(super) fn sealer(&self) -> &Sealer {
        &self.open.sealer
    }

    /// The one that this handle was given out under.
    pub(crate) const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What was made of this tenant's rows, or is made by `compile` now and kept. A transaction that
    /// changes those rows says so with [`Tx::compile_anew`].
    ///
    /// # Errors
    /// Those of `compile`; then nothing is kept.
    pub async fn compiled<T: Compiled>(
        &self,
        compile: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<Arc<T>, StoreError> {
        // Asked before the rows are read: what changes meanwhile has another origin.
        let origin = self.slot.origin(self.epoch);
        if let Some(kept) = self.slot.compiled().get(origin) {
            return Ok(kept);
        }
        let made = Arc::new(compile.await?);
        self.slot.compiled().keep(origin, made.clone());
        Ok(made)
    }

    pub(crate) fn compile_anew(&self) {
        self.slot.compiled().advance(self.id());
    }

    /// A read-only view for work that no caller asked for; `reason` says which.
    ///
    /// # Errors
    /// [`StoreError`] when no connection becomes free in time.
    pub async fn read_as_system(&self, reason: &'static str) -> Result<Read, StoreError> {
        tracing::trace!(reason, "system read");
        self.read().await
    }

    /// [`Tenant::read_as_system`] for writing.
    ///
    /// # Errors
    /// [`StoreError`] when the turn does not come in time.
    pub async fn begin_as_system(
        &self,
        reason: &'static str,
        now: UnixMs,
    ) -> Result<Tx, StoreError> {
        tracing::trace!(reason, "system write");
        self.begin(now).await
    }

    pub(crate) async fn read(&self) -> Result<Read, StoreError> {
        self.still_owned()?;
        let reader = self.told(self.open.database.read().await)?;
        Ok(Read::new(reader, self.clone()))
    }

    pub(crate) async fn snapshot(&self) -> Result<Read, StoreError> {
        self.still_owned()?;
        let reader = self.told(self.open.database.snapshot().await)?;
        Ok(Read::new(reader, self.clone()))
    }

    /// Asks the store whether another worker has it.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.told(self.open.database.still_there())?;
        let mut reader = self.told(self.open.database.read().await)?;
        let stored = epoch_of(&mut reader, false).await.map_err(|error| self.slot.judge(error))?;
        self.slot.still_newest(self.epoch, stored)
    }

    /// What the store said. One that is found to be damaged is quarantined.
    pub(crate) fn told<T>(&self, outcome: Result<T, DbError>) -> Result<T, StoreError> {
        outcome.map_err(|error| self.slot.judge(error.into()))
    }

    pub(crate) async fn begin(&self, now: UnixMs) -> Result<Tx, StoreError> {
        self.still_owned()?;
        self.told(self.open.database.still_there())?;
        let mut writer = self.told(self.open.database.write().await)?;
        // Where nobody else writes from here on, the commit asks the store who owns it, in the same
        // call. Where others may, they are kept from taking it over until then.
        if self.open.database.is_shared() {
            let stored =
                epoch_of(&mut writer, true).await.map_err(|error| self.slot.judge(error))?;
            self.slot.still_newest(self.epoch, stored)?;
        }
        Ok(Tx::new(writer, self.clone(), now))
    }

    /// Notes that the store says that another worker has it.
    pub(crate) async fn superseded(&self) -> StoreError {
        match self.check().await {
            Ok(()) => StoreError::NotOwned,
            Err(error) => error,
        }
    }

    /// Waits until everything that was written up to now is durable. Whoever answers a request that
    /// may have seen what others wrote waits for it first, also where it wrote nothing itself.
    ///
    /// # Errors
    /// [`StoreError`] when that cannot be said; what was written may be lost.
    pub async fn settle(&self) -> Result<(), StoreError> {
        Ok(self.open.database.settle().await?)
    }

    /// The gate of ownership, checked when reading or writing begins and before a commit: this
    /// worker owns the tenant, and does so under the epoch of this handle.
    pub(crate) fn still_owned(&self) -> Result<(), StoreError> {
        let owned = self.slot.owned_epoch() == Some(self.epoch);
        if owned { Ok(()) } else { Err(StoreError::NotOwned) }
    }

    pub(crate) fn next_id(&self, now: UnixMs) -> Stamp {
        self.open.sequence.lock().next(now.0)
    }

    pub(crate) fn mark_lost(&self) {
        self.open.sequence.lock().mark_lost();
    }

    pub(crate) fn mark(&self) -> i64 {
        self.open.sequence.lock().mark()
    }
}
