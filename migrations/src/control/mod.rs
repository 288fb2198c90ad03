//! Migrations of the control plane's database.

pub(crate) mod c001_first;
