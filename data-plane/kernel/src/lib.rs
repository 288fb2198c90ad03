//! Tenancy, once: the only door to a tenant's store, who calls, what they may, and how a change
//! is written together with its events.
//!
//! Modules are built on [`Ctx`], [`Grant`], [`Read`] and [`Tx`]; none of them can name a tenant,
//! open a file, or build SQL over user-visible rows without a grant.

mod access;
mod actor;
mod ctx;
mod error;
pub mod jobs;
mod module;
mod options;
mod public;
mod tenants;
mod tx;

pub use access::{
    Action, Catalogue, Condition, Grant, Holders, OwnRole, Permission, Policy, Predicate, Programs,
    Readable, Reason, Rows, Rule, Scope, Shown, Subject, SubjectField, SubjectFieldKind,
    SubjectSpec,
};
pub use actor::{Actor, Role, User};
pub use ctx::{Admission, Begun, Ctx};
pub use error::StoreError;
pub use module::{Module, Secret, SeedFuture, Seeding};
pub use options::{
    InvalidOption, OPTIONS, OptionKind, OptionSpec, SiteOptions, option, reset_option, write_option,
};
pub use public::PublicVersions;
pub use tenants::{
    Compiled, OPEN_TENANTS_MAX_DEFAULT, OPEN_WAIT_SECONDS_MAX, Tenant, Tenants, TenantsConfig,
};
pub use tx::{Event, Read, Tx};

/// What must not compile, tried by the tests of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../does-not-compile.md")]
struct DoesNotCompile;
