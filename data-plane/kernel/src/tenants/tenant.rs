//! A handle on one open tenant. While one exists, the store stays open.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use freehold_clock::UnixMs;
use freehold_db::Database;
use freehold_fleet::{Assignment, TenantState};
use freehold_ids::{Sequence, Stamp, TenantId};
use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;

use super::slot::Slot;
use crate::public::Counter;
use crate::{Read, StoreError, Tx};

/// An open store and what goes with it.
#[derive(Debug)]
pub(crate) struct Open {
    database: Database,
    sequence: Mutex<Sequence>,
    remembered: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
    room: Option<OwnedSemaphorePermit>,
}

impl Open {
    pub(crate) fn new(database: Database, mark: i64, room: OwnedSemaphorePermit) -> Self {
        Self {
            database,
            sequence: Mutex::new(Sequence::after(mark)),
            remembered: Mutex::default(),
            room: Some(room),
        }
    }

    /// A store that is being made and does not count yet.
    pub(crate) fn unlimited(database: Database) -> Self {
        Self {
            database,
            sequence: Mutex::new(Sequence::after(0)),
            remembered: Mutex::default(),
            room: None,
        }
    }

    pub(crate) async fn close(self: Arc<Self>) {
        self.database.close().await;
        // Only now is there room for another.
        if let Some(open) = Arc::into_inner(self) {
            drop(open.room);
        }
    }
}

/// One open tenant. Cheap to clone; each clone keeps the store open.
#[derive(Debug, Clone)]
pub struct Tenant {
    open: Arc<Open>,
    slot: Arc<Slot>,
}

impl Tenant {
    pub(crate) const fn new(open: Arc<Open>, slot: Arc<Slot>) -> Self {
        Self { open, slot }
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

    /// What a module remembered for this tenant since it was opened.
    pub fn remembered<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.open.remembered.lock().get(&TypeId::of::<T>()).cloned()?.downcast().ok()
    }

    /// Remembers one value of a type until the tenant is closed.
    pub fn remember<T: Any + Send + Sync>(&self, value: Arc<T>) {
        self.open.remembered.lock().insert(TypeId::of::<T>(), value);
    }

    /// A read-only view for work that no caller asked for; `reason` says which.
    ///
    /// # Errors
    /// [`StoreError`] when no connection becomes free in time.
    pub async fn read_as_system(&self, reason: &'static str) -> Result<Read, StoreError> {
        tracing::trace!(reason, "system read");
        self.read().await
    }

    pub(crate) async fn read(&self) -> Result<Read, StoreError> {
        Ok(Read::new(self.open.database.read().await?, self.clone()))
    }

    pub(crate) async fn snapshot(&self) -> Result<Read, StoreError> {
        Ok(Read::new(self.open.database.snapshot().await?, self.clone()))
    }

    pub(crate) async fn begin(&self, now: UnixMs) -> Result<Tx, StoreError> {
        self.still_owned()?;
        Ok(Tx::new(self.open.database.write().await?, self.clone(), now))
    }

    /// The gate of ownership, checked when a write begins and before it commits.
    pub(crate) fn still_owned(&self) -> Result<(), StoreError> {
        match self.slot.assignment().state {
            TenantState::Active => Ok(()),
            TenantState::Suspended | TenantState::Deleted => Err(StoreError::NotOwned),
        }
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
