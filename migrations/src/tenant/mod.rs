//! Migrations of a tenant's store.

pub(crate) mod t001_first;
pub(crate) mod t002_idempotency;
pub(crate) mod t003_people_and_posts;
pub(crate) mod t004_jobs;
pub(crate) mod t005_sessions_and_keys;
pub(crate) mod t006_roles;
