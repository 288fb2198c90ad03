//! Claims: who owns a tenant under which epoch, where nobody can take it back.
//!
//! `tenants/<id>/claims/<epoch>` is created once, before its worker first writes under that epoch. Whoever
//! finds another's claim there, or one of a newer epoch, is not the owner, whatever it was told. The epoch
//! has 16 hexadecimal digits, so that names sort like epochs.

use std::time::Duration;

use freehold_clock::UnixMs;
use freehold_ids::{TenantId, WorkerId};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore as _, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};

use crate::store::within;
use crate::{Objects, ObjectsError};

/// The version of a claim that this release writes.
const CLAIM_VERSION: u16 = 1;
/// A claim's size at most.
const CLAIM_BYTES_MAX: u64 = 4 * 1024;
/// Claims of former epochs that are kept, for whoever wants to know who had the tenant before.
const FORMER_CLAIMS_KEPT_MAX: usize = 3;
/// How often a claim is tried while storage says that it is there and that it is not: S3 answers so while
/// another request has the same key in its hands.
const TRIES_MAX: usize = 4;
/// How long after each of them.
const TRY_AGAIN_MS: u64 = 50;
/// Objects that are removed at a time.
const REMOVED_AT_A_TIME_MAX: usize = 1_000;

/// Who claims, under which epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimant {
    /// The worker.
    pub worker: WorkerId,
    /// Under this one.
    pub epoch: u64,
    /// Now.
    pub at: UnixMs,
}

/// Why a worker may not write under an epoch.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClaimError {
    /// Another worker has claimed the same epoch.
    #[error("the worker {by} has claimed the tenant under the epoch {epoch}")]
    Taken {
        /// Who.
        by: WorkerId,
        /// Which.
        epoch: u64,
    },
    /// There is a claim of a newer epoch.
    #[error("the tenant is claimed under the epoch {epoch} already")]
    Superseded {
        /// The newest.
        epoch: u64,
    },
    /// It cannot be said who owns the tenant.
    #[error(transparent)]
    Objects(#[from] ObjectsError),
}

#[derive(Serialize, Deserialize)]
struct Claim {
    version: u16,
    worker: WorkerId,
    epoch: u64,
    /// RFC 3339.
    at: String,
}

fn folder(tenant: TenantId) -> Path {
    Path::from_iter(["tenants", &tenant.to_string()])
}

fn claims(tenant: TenantId) -> Path {
    folder(tenant).join("claims")
}

fn path(tenant: TenantId, epoch: u64) -> Path {
    claims(tenant).join(format!("{epoch:016x}"))
}

fn epoch_of(object: &ObjectMeta) -> Option<u64> {
    u64::from_str_radix(object.location.filename()?, 16).ok()
}

impl Objects {
    /// Claims a tenant under an epoch. May be repeated by the worker that did.
    ///
    /// # Errors
    /// [`ClaimError`]; then the worker must not write under this epoch.
    pub async fn claim(&self, tenant: TenantId, by: Claimant) -> Result<(), ClaimError> {
        within(self.claim_at_leisure(tenant, by)).await
    }

    async fn claim_at_leisure(&self, tenant: TenantId, by: Claimant) -> Result<(), ClaimError> {
        let Claimant { worker, epoch, at } = by;
        let claim = Claim { version: CLAIM_VERSION, worker, epoch, at: at.rfc3339() };
        let path = path(tenant, epoch);
        // Neither a map with keys that are no text nor a number that is none is in it.
        let text = serde_json::to_string(&claim).unwrap_or_default();
        let holder = self.create_or_read(&path, &text).await?.map_or(worker, |known| known.worker);
        if holder != worker {
            return Err(ClaimError::Taken { by: holder, epoch });
        }
        // After it: of two that claim at the same time at least the older one sees the other.
        let listed: Vec<ObjectMeta> = self
            .store
            .list(Some(&claims(tenant)))
            .try_collect()
            .await
            .map_err(ObjectsError::from)?;
        let newest = listed.iter().filter_map(epoch_of).max().unwrap_or(epoch);
        if newest > epoch {
            return Err(ClaimError::Superseded { epoch: newest });
        }
        self.forget_former(&listed, epoch).await;
        Ok(())
    }

    /// Makes a claim, or reads the one that is there.
    async fn create_or_read(&self, path: &Path, text: &str) -> Result<Option<Claim>, ObjectsError> {
        for _ in 0..TRIES_MAX {
            if self.create(path, text.to_owned()).await? {
                return Ok(None);
            }
            let known = self.read(path, CLAIM_BYTES_MAX).await?;
            if known.as_ref().is_some_and(Vec::is_empty) {
                // A folder after a power failure: its name was kept and what it held was not. Whoever
                // had claimed it has not written yet, or the store would not ask; one of all makes it anew.
                self.store.delete(path).await.map_err(ObjectsError::from)?;
            } else if let Some(bytes) = known {
                let read = serde_json::from_slice(&bytes);
                let damaged = |error: serde_json::Error| {
                    ObjectsError::Damaged(path.to_string(), error.to_string())
                };
                return read.map(Some).map_err(damaged);
            } else {
                tokio::time::sleep(Duration::from_millis(TRY_AGAIN_MS)).await;
            }
        }
        Err(ObjectsError::Away(format!("{path} is said to be there, and cannot be found")))
    }

    /// Removes claims of long ago. Those that stay are in nobody's way.
    async fn forget_former(&self, listed: &[ObjectMeta], epoch: u64) {
        let is_former = |object: &&ObjectMeta| epoch_of(object).is_some_and(|own| own < epoch);
        let mut former: Vec<&ObjectMeta> = listed.iter().filter(is_former).collect();
        former.sort_by_key(|object| epoch_of(object));
        let old = former.len().saturating_sub(FORMER_CLAIMS_KEPT_MAX);
        for object in &former[..old] {
            if let Err(error) = self.store.delete(&object.location).await {
                tracing::warn!(path = %object.location, %error, "a former claim stays");
            }
        }
    }

    /// Removes everything of a tenant. May be repeated.
    ///
    /// # Errors
    /// [`ObjectsError`]; what was removed until then stays so.
    pub async fn remove_tenant(&self, tenant: TenantId) -> Result<(), ObjectsError> {
        loop {
            let step = within(self.remove_some(&folder(tenant))).await?;
            if step < REMOVED_AT_A_TIME_MAX {
                return Ok(());
            }
        }
    }

    async fn remove_some(&self, folder: &Path) -> Result<usize, ObjectsError> {
        use futures::StreamExt as _;
        let listed = self.store.list(Some(folder)).take(REMOVED_AT_A_TIME_MAX);
        let objects: Vec<ObjectMeta> = listed.try_collect().await?;
        for object in &objects {
            match self.store.delete(&object.location).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(objects.len())
    }
}
