//! Errors of a tenant's store, and how each is answered.

use std::sync::Arc;

use axum::http::StatusCode;
use freehold_api::ApiError;
use freehold_db::DbError;
use freehold_fleet::Quarantine;
use freehold_idempotency::IdempotencyError;
use freehold_objects::ClaimError;
use freehold_sealing::Unsealable;

/// After which time it is worth looking whether an operator has released a site.
const QUARANTINE_RETRY_SECONDS: u64 = 600;

/// What can go wrong between a use case and its tenant's store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store said no.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The caller's idempotency key is of no use.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// This worker does not own the tenant, or not under this epoch.
    #[error("this worker does not own the tenant")]
    NotOwned,
    /// The store is in quarantine until an operator releases it.
    #[error("the store is in quarantine: {}", .0.reason)]
    Quarantined(Arc<Quarantine>),
    /// It cannot be said that this worker may write under its epoch.
    #[error(transparent)]
    Claim(ClaimError),
    /// A secret cannot be sealed or opened.
    #[error("a secret: {0}")]
    Sealed(Unsealable),
    /// Too many tenants are open and in use.
    #[error("no room to open the tenant in time")]
    Crowded,
}

impl StoreError {
    /// Whether the declared constraint of this name refused the change.
    pub fn is_conflict_on(&self, constraint: &str) -> bool {
        matches!(self, Self::Db(error) if error.is_conflict_on(constraint))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Db(DbError::Full) => Self::storage_full(error.to_string()),
            StoreError::Db(DbError::Busy | DbError::TooSlow | DbError::Io(_))
            | StoreError::Crowded => Self::unavailable(1, error.to_string()),
            // Nobody else has it; whoever is told of it looks after object storage.
            StoreError::Claim(ClaimError::Objects(_)) => Self::unavailable(5, error.to_string()),
            // Nothing was done: an edge may ask whoever owns it.
            StoreError::NotOwned | StoreError::Claim(_) => Self::new(
                StatusCode::MISDIRECTED_REQUEST,
                "wrong_worker",
                "another worker owns this site now",
            ),
            StoreError::Quarantined(_) => Self::out_of_service(
                QUARANTINE_RETRY_SECONDS,
                "site_quarantined",
                "this site is out of service until an operator has looked at its data; nothing of it \
                 is given away or changed meanwhile",
            ),
            StoreError::Idempotency(error) => error.into(),
            StoreError::Db(_) | StoreError::Sealed(_) => Self::internal(error.to_string()),
        }
    }
}
