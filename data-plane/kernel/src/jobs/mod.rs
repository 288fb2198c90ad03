//! Work that outlives a request: jobs, events that subscribers get, and what comes again.
//!
//! All of it is rows of the tenant's store, written in the commit that asks for it. [`Due`] knows
//! when each tenant is next due, [`Runner`] gives a tenant its turn. Everything runs at least once,
//! so a handler must bear to run again; one that writes its effect and [`Attempt::complete`] in one
//! transaction has that effect exactly once.

mod contract;
mod due;
mod kept;
mod outbox;
mod own;
mod plan;
mod schedules;
mod store;
mod sweep;
mod tending;
#[cfg(test)]
mod tests;
mod turn;

pub use contract::{
    Attempt, Delivered, Handler, Job, JobError, Ordering, Schedule, Subscriber, Zone,
};
pub(crate) use due::Alarm;
pub use due::Due;
pub use kept::Keeper;
pub use own::module;
pub use plan::{Plan, PlanError};
pub use tending::tend;
pub use turn::Runner;

pub(crate) use store::{Pending, waiting};

/// Bytes of a job's or an event's payload at most.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// Jobs that one transaction enqueues at most.
pub(crate) const JOBS_PER_TX_MAX: usize = 1_000;
/// Characters of an error that are kept with a job.
const ERROR_CHARS_MAX: usize = 500;
