//! Schema changes over the fleet, and stores that their workers do not serve.
//!
//! A sweep migrates every tenant's store: first a few of each worker, then waves of growing size, and
//! halts by itself when too many of a wave fail. Tenants also migrate whenever they are opened; the
//! sweep finds those done. Whatever it knows is in the control database, so that it goes on after any
//! crash.

mod model;
mod plan;
mod routes;
mod store;
mod stores;
mod sweep;

pub(crate) use routes::{Condition, QuarantineView, conditions, routes};
pub(crate) use store::running;
pub(crate) use stores::{forget, watch};
pub(crate) use sweep::advance;
