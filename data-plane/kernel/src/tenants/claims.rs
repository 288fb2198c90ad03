//! The fence in object storage: a worker claims a tenant there before it first writes under an epoch.
//!
//! The store's own epoch says that it was claimed: whoever finds its epoch in the store asks nobody, so
//! that an opened store costs no request, and object storage that is away holds up only who is new.

use freehold_clock::Clock;
use freehold_ids::{TenantId, WorkerId};
use freehold_objects::{ClaimError, Claimant, Objects};

use crate::StoreError;

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
    /// [`StoreError::Claim`] where somebody else has it, or nobody can say.
    pub(super) async fn claim(&self, tenant: TenantId, epoch: u64) -> Result<(), StoreError> {
        let by = Claimant { worker: self.worker, epoch, at: self.clock.now() };
        self.objects.claim(tenant, by).await.map_err(|error| {
            tracing::error!(%tenant, epoch, %error, "the tenant is not this worker's to write");
            StoreError::Claim(error)
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
