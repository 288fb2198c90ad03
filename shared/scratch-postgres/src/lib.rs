//! Private Postgres servers and databases for tests, made from whatever release is installed.
//!
//! A server listens on loopback alone, trusts whoever reaches it and writes as durably as a real
//! one. Only what was started here is ever stopped. Nothing of this ships.

mod database;
mod programs;
mod server;

pub use database::{ScratchDatabase, TENANTS_VARIABLE, VARIABLE};
pub use programs::{Programs, has_programs};
pub use server::{Server, StopMode};
