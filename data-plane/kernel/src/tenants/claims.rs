//! The fence in object storage: a worker claims a tenant there before it first writes under an epoch.
//!
//! The store's own epoch says that it was claimed: whoever finds its epoch in the store asks nobody, so
//! that an opened store costs no request, and object storage that is away holds up only who is new.

use freehold_clock::Clock;
use freehold_ids::{TenantId, WorkerId};
use freehold_objects::{ClaimError, Claimant, Objects};
use parking_lot::Mutex;

use crate::StoreError;

/// How long a refused claim is the answer to all who come; object storage is asked after that.
const REFUSED_MICROS: u64 = 2_000_000;

#[derive(Debug)]
pub(super) struct Claims {
    pub(super) objects: Objects,
    pub(super) worker: WorkerId,
    pub(super) clock: Clock,
}

impl Claims {
    /// Claims a tenant under an epoch.
    ///
    /// # Errors
    /// [`ClaimError`] where somebody else has it, or nobody can say.
    pub(super) async fn claim(&self, tenant: TenantId, epoch: u64) -> Result<(), ClaimError> {
        let by = Claimant { worker: self.worker, epoch, at: self.clock.now() };
        self.objects.claim(tenant, by).await.inspect_err(|error| {
            tracing::error!(%tenant, epoch, %error, "the tenant is not this worker's to write");
        })
    }

    /// Removes what object storage holds of a tenant.
    ///
    /// # Errors
    /// [`StoreError::Claim`]; worth another try.
    pub(super) async fn remove(&self, tenant: TenantId) -> Result<(), StoreError> {
        let removed = self.objects.remove_tenant(tenant).await;
        removed.map_err(|error| StoreError::Claim(ClaimError::Objects(error)))
    }
}

/// What object storage has last said to one tenant's claim, in this process: so that it is not asked by
/// every request while it says no, or nothing.
#[derive(Debug, Default)]
pub(super) struct Claimed(Mutex<Option<Box<Said>>>);

#[derive(Debug)]
struct Said {
    epoch: u64,
    /// Microseconds of the worker's life.
    at: u64,
    what: Result<(), ClaimError>,
}

impl Claimed {
    /// Whether the epoch is claimed.
    pub(super) fn is(&self, epoch: u64) -> bool {
        self.0.lock().as_ref().is_some_and(|said| said.epoch == epoch && said.what.is_ok())
    }

    /// Remembers what was said, and passes it on.
    ///
    /// # Errors
    /// What was said.
    pub(super) fn note(
        &self,
        epoch: u64,
        at: u64,
        what: Result<(), ClaimError>,
    ) -> Result<(), StoreError> {
        *self.0.lock() = Some(Box::new(Said { epoch, at, what: what.clone() }));
        what.map_err(StoreError::Claim)
    }

    /// Forgets what was said.
    pub(super) fn forget(&self) {
        *self.0.lock() = None;
    }

    /// Says again what was said a moment ago.
    ///
    /// # Errors
    /// [`StoreError::Claim`].
    pub(super) fn refused(&self, epoch: u64, now: u64) -> Result<(), StoreError> {
        match self.0.lock().as_deref() {
            Some(Said { epoch: asked, at, what: Err(error) })
                if *asked == epoch && now.saturating_sub(*at) < REFUSED_MICROS =>
            {
                Err(StoreError::Claim(error.clone()))
            }
            _ => Ok(()),
        }
    }
}
