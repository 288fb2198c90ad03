//! The `freehold` command: arguments and composition, nothing else.
//!
//! [`Platform`] puts the planes together in one process; the commands either run it or talk to a
//! running one over its API, as any other client would.

mod arguments;
mod client;
mod commands;
mod edge;
mod error;
mod layout;
mod platform;
mod processes;
mod usage;

use std::process::ExitCode;

pub use error::PlatformError;
use freehold_db::Migration;
pub use platform::Platform;
pub use processes::{ControlProcess, EdgeProcess, WorkerProcess};

/// Runs the command that the process was started with.
///
/// Exit codes: 0 done, 1 it did not work, 2 the command or the configuration is wrong.
pub fn run() -> ExitCode {
    run_with(freehold_migrations::TENANT)
}

/// [`run`] as a release with other schema changes of tenants' stores, such as the next one.
pub fn run_with(tenant_migrations: &'static [Migration]) -> ExitCode {
    // Before anything opens a connection: several libraries would otherwise choose, or panic.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("a TLS provider is installed already");
    }
    commands::dispatch(arguments::read(), tenant_migrations)
}

/// Logs warnings of tests, where a failing one is looked into.
///
/// # Errors
/// Never with the filter that is built in.
pub fn start_test_logs() -> Result<(), String> {
    freehold_telemetry::start_logs(false, "warn,freehold=warn")
}
