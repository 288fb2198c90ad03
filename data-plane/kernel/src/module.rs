//! The module contract: one domain of a site as a value.
//!
//! The worker mounts a list of modules; the router, the OpenAPI document, the permission list and
//! the sweeps iterate it, so a new module appears everywhere at once.

use std::future::Future;
use std::pin::Pin;

use freehold_api::Route;
use freehold_clock::Clock;
use freehold_fleet::Provision;

use crate::jobs::{Handler, Schedule, Subscriber};
use crate::{Permission, StoreError, SubjectSpec, Tx};

/// What a new store starts with, written in the transaction that provisions it.
pub type SeedFuture<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// Writes a module's first rows.
pub type Seeding = for<'a> fn(&'a mut Tx, &'a Provision, &'a Clock) -> SeedFuture<'a>;

/// A column whose values are sealed in the store, of any type of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// The table.
    pub table: &'static str,
    /// A column of text that tells its rows apart, and that never changes.
    pub key: &'static str,
    /// The column, of bytes.
    pub column: &'static str,
}

/// One domain of a site.
#[derive(Debug, Default)]
pub struct Module {
    /// Its name.
    pub name: &'static str,
    /// Its rows of the route table.
    pub routes: Vec<Route>,
    /// The rights it declares.
    pub permissions: &'static [Permission],
    /// The sets of rows whose fields rules of roles may name.
    pub subjects: &'static [SubjectSpec],
    /// The tables that are its own. A table that no module names fails a test.
    pub tables: &'static [&'static str],
    /// The columns of its tables that are sealed.
    pub secrets: &'static [Secret],
    /// The events it emits.
    pub events: &'static [&'static str],
    /// Its first rows, if any. Modules are seeded in the order of the list.
    pub seed: Option<Seeding>,
    /// What runs its jobs.
    pub jobs: Vec<Handler>,
    /// Who of it follows events, its own or others'.
    pub subscribers: Vec<Subscriber>,
    /// Its jobs that come again.
    pub schedules: Vec<Schedule>,
}
