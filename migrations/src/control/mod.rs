//! Migrations of the control plane's database.

pub(crate) mod c001_first;
pub(crate) mod c002_idempotency;
pub(crate) mod c003_fleet;
pub(crate) mod c004_installation;
pub(crate) mod c005_usage;
pub(crate) mod c006_domains;
pub(crate) mod c007_memberships;
pub(crate) mod c008_previous_slugs;
pub(crate) mod c009_engines;
pub(crate) mod c010_upgrades;
pub(crate) mod c011_tenant_keys;
