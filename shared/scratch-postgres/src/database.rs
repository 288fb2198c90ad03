//! A database of its own for a test, on the server that the test runner started.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::programs::{Programs, run};

/// The variable that names the server, as a `postgres://` URL of a superuser.
pub const VARIABLE: &str = "FREEHOLD_TEST_POSTGRES";

/// The variable that says which engine keeps the sites of tests.
pub const TENANTS_VARIABLE: &str = "FREEHOLD_TEST_TENANTS";

static MADE: AtomicU32 = AtomicU32::new(0);

/// An empty database, dropped with this value.
#[derive(Debug)]
pub struct ScratchDatabase {
    programs: Programs,
    server: String,
    name: String,
}

impl ScratchDatabase {
    /// A database on the server that [`VARIABLE`] names. Where it names none, this says that the
    /// test was not run, which in CI is a failure.
    ///
    /// # Panics
    /// In CI where there is no server, and where the server makes no database.
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration to read it from")]
    pub fn for_test() -> Option<Self> {
        if let Ok(server) = std::env::var(VARIABLE) {
            return Some(Self::on(&server));
        }
        let in_ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
        assert!(!in_ci, "{VARIABLE} names no server; `cargo xtask test` starts one");
        eprintln!(
            "NOT RUN on Postgres: {VARIABLE} names no server (`cargo xtask test` starts one)"
        );
        None
    }

    /// A database for the sites of a test, in a run of the tests that keeps sites in Postgres:
    /// where [`TENANTS_VARIABLE`] says `postgres`.
    ///
    /// # Panics
    /// As [`ScratchDatabase::for_test`], and for any other word.
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration to read it from")]
    pub fn for_tenants() -> Option<Self> {
        match std::env::var(TENANTS_VARIABLE).as_deref() {
            Err(_) | Ok("" | "sqlite") => None,
            Ok("postgres") => Some(Self::for_test().expect("a server")),
            Ok(other) => panic!("{TENANTS_VARIABLE}: {other} is neither sqlite nor postgres"),
        }
    }

    /// A database on the server with this URL.
    ///
    /// # Panics
    /// When the server makes no database.
    pub fn on(server: &str) -> Self {
        let programs = Programs::find().expect("Postgres' programs");
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let mut create = programs.plain("createdb");
        create.arg("--maintenance-db").arg(server).args(["--template", "template0", &name]);
        run(&mut create).expect("a database");
        Self { programs, server: server.to_owned(), name }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let server = self.server.rsplit_once('/').map_or(&*self.server, |(server, _)| server);
        format!("{server}/{}", self.name)
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        let mut drop = self.programs.plain("dropdb");
        drop.arg("--maintenance-db").arg(&self.server).args(["--force", &self.name]);
        if let Err(error) = run(&mut drop) {
            eprintln!("{} stays behind: {error}", self.name);
        }
    }
}
