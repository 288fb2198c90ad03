//! What the tests need to run beside them: a private Postgres server on a folder in the build
//! cache. `cargo xtask services` leaves it running; `cargo xtask test` stops the one it started.

use std::path::PathBuf;

use anyhow::Context;
use freehold_scratch_postgres::{Server, StopMode, VARIABLE};

use crate::{packages, workspace::Workspace};

/// Beside the server's data: it is to go on when the command that started it has ended.
const KEPT: &str = "kept";

/// Running services. They end with this value, unless `cargo xtask services` said to keep them: one
/// that a test run left behind when it was killed ends with the next run.
pub(crate) struct Services {
    postgres: Server,
}

impl Services {
    /// Starts what does not run yet.
    pub(crate) fn start(workspace: &Workspace) -> anyhow::Result<Self> {
        packages::ensure_services()?;
        let in_cache = Server::start(&workspace.cache("postgres"));
        let started = in_cache.or_else(|_| Server::start(&scratch_folder(workspace)));
        let postgres = started.context("cannot start Postgres")?;
        let kept = postgres.folder().join(KEPT);
        if !postgres.was_running() && kept.exists() {
            std::fs::remove_file(kept)?;
        }
        Ok(Self { postgres })
    }

    /// The variable that tells tests where the server is.
    pub(crate) fn variable(&self) -> (&'static str, String) {
        (VARIABLE, self.postgres.url())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if self.postgres.folder().join(KEPT).exists() {
            return;
        }
        if let Err(error) = self.postgres.stop(StopMode::Fast) {
            eprintln!("Postgres was left running: {error}");
        }
    }
}

/// Starts the services, leaves them running and prints how to use them.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    packages::report()?;
    let services = Services::start(workspace)?;
    let (variable, url) = services.variable();
    println!("Postgres runs. For tests that cargo starts by itself:\n  export {variable}={url}");
    std::fs::write(services.postgres.folder().join(KEPT), "")?;
    Ok(())
}

/// A folder for when the server's user cannot reach the cache, which may lie in root's own home.
fn scratch_folder(workspace: &Workspace) -> PathBuf {
    let cache = workspace.cache("");
    let name: String =
        cache.to_string_lossy().chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    std::env::temp_dir().join(format!("freehold-postgres-{name}"))
}
