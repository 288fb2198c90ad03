//! Migrations of a tenant's store.

pub(crate) mod t001_first;
pub(crate) mod t002_idempotency;
