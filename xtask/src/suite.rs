//! `cargo xtask test`: what CI runs, in one order, stopping at the first failure
//! with a last line that names the step. Cheap steps stand before dear ones.

use std::time::{Duration, Instant};

use anyhow::bail;

use crate::services::Services;
use crate::workspace::{Profile, Workspace};
use crate::{deny, long_run, openapi, packages, product, shell, tidy, web};

/// The whole-product tests of what modules do, whatever keeps a site.
const STORIES: [&str; 17] = [
    "account",
    "figures",
    "idempotency",
    "isolation",
    "jobs",
    "lists",
    "options",
    "publish",
    "roles",
    "sessions",
    "signing_keys",
    "site_account",
    "sweep",
    "tokens",
    "trash",
    "users",
    "worker_cache",
];

#[derive(Clone, Copy)]
enum Step {
    Packages,
    Format,
    Tidy,
    Deny,
    Web,
    Clippy,
    Tests,
    OtherEngine,
    Openapi,
    Features,
    Browser,
}

impl Step {
    const ALL: [Self; 11] = [
        Self::Packages,
        Self::Format,
        Self::Tidy,
        Self::Deny,
        // Before anything is compiled, since the bundles are compiled in.
        Self::Web,
        Self::Clippy,
        Self::Tests,
        Self::OtherEngine,
        Self::Openapi,
        Self::Features,
        Self::Browser,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Packages => "system packages",
            Self::Format => "fmt",
            Self::Tidy => "tidy",
            Self::Deny => "deny",
            Self::Web => "browser applications",
            Self::Clippy => "clippy",
            Self::Tests => "tests",
            Self::OtherEngine => "stories of the modules, sites in Postgres",
            Self::Openapi => "openapi --check",
            Self::Features => "no default features",
            Self::Browser => "browser tests",
        }
    }

    fn run(self, workspace: &Workspace, long: bool) -> anyhow::Result<()> {
        match self {
            Self::Packages => packages::ensure(),
            Self::Format => shell::run(&mut workspace.cargo(["fmt", "--all", "--check"])),
            Self::Tidy => tidy::run(workspace),
            Self::Deny => deny::run(workspace),
            Self::Web => web::check(workspace),
            Self::Clippy => clippy(workspace),
            Self::Tests if long => long_run::run(workspace),
            Self::Tests => tests(workspace, &[]),
            Self::OtherEngine => stories_on_postgres(workspace),
            Self::Openapi => openapi::run(workspace, true),
            Self::Features => without_default_features(workspace),
            Self::Browser => browser_tests(workspace),
        }
    }
}

/// Runs every step, or with a filter only the tests that it names.
pub(crate) fn run(workspace: &Workspace, long: bool, filter: &[String]) -> anyhow::Result<()> {
    match (filter.is_empty(), long) {
        (true, _) => every_step(workspace, long),
        (false, false) => tests(workspace, filter),
        (false, true) => long_run::run_some(workspace, filter),
    }
}

fn every_step(workspace: &Workspace, long: bool) -> anyhow::Result<()> {
    let began = Instant::now();
    for step in Step::ALL {
        let step_began = Instant::now();
        eprintln!("=== {}", step.name());
        let outcome = step.run(workspace, long);
        let took = seconds(step_began.elapsed());
        if let Err(error) = outcome {
            eprintln!("=== {}: failed after {took}", step.name());
            bail!("test stopped at step `{}`: {error:#}", step.name());
        }
        eprintln!("=== {}: ok, {took}\n", step.name());
    }
    eprintln!("test: everything passed in {}", seconds(began.elapsed()));
    Ok(())
}

fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    let scope = ["clippy", "--workspace", "--all-targets", "--locked"];
    shell::run(workspace.cargo(scope).args(["--", "-D", "warnings"]))
}

fn tests(workspace: &Workspace, filter: &[String]) -> anyhow::Result<()> {
    let mut command = if long_run::has_nextest(workspace) {
        workspace.cargo(["nextest", "run", "--workspace", "--locked"])
    } else {
        eprintln!("cargo-nextest is not installed; using `cargo test`");
        let mut command = workspace.cargo(["test", "--workspace", "--locked"]);
        if !filter.is_empty() {
            command.arg("--");
        }
        command
    };
    let services = Services::start(workspace)?;
    let (variable, url) = services.variable();
    shell::run(command.args(filter).env(variable, url))?;
    if filter.is_empty() { examples(workspace) } else { Ok(()) }
}

/// The examples in the documentation, those that must not compile among them.
fn examples(workspace: &Workspace) -> anyhow::Result<()> {
    let scope = ["test", "--doc", "--locked", "-p", "freehold-kernel", "-p", "freehold-content"];
    shell::run(&mut workspace.cargo(scope))
}

/// What sites do, once more with each of them in a schema of a Postgres database.
fn stories_on_postgres(workspace: &Workspace) -> anyhow::Result<()> {
    let stories = STORIES.map(|module| format!("{module}::"));
    let package = ["--locked", "-p", "freehold-tests"];
    let mut command = if long_run::has_nextest(workspace) {
        let mut command = workspace.cargo(["nextest", "run"]);
        command.args(package);
        command
    } else {
        let mut command = workspace.cargo(["test"]);
        command.args(package).arg("--");
        command
    };
    let services = Services::start(workspace)?;
    let (variable, url) = services.variable();
    command.args(stories).env(variable, url);
    shell::run(command.env(freehold_scratch_postgres::TENANTS_VARIABLE, "postgres"))
}

fn browser_tests(workspace: &Workspace) -> anyhow::Result<()> {
    packages::ensure_browser()?;
    let binary = product::compile(workspace, Profile::Dev)?;
    let services = Services::start(workspace)?;
    web::test(workspace, &binary, services.variable())
}

fn without_default_features(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let cli = metadata.packages.iter().find(|p| p.name == "freehold-cli");
    if !cli.is_some_and(|cli| cli.features.contains_key("default")) {
        eprintln!("skipped: freehold-cli has no default features to leave out");
        return Ok(());
    }
    let check = ["check", "--locked", "-p", "freehold-cli"];
    shell::run(workspace.cargo(check).arg("--no-default-features"))
}

/// A duration as people read it.
pub(crate) fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    match whole {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        _ => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::seconds;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(61)), "1 min 01 s");
        assert_eq!(seconds(Duration::from_secs(1_200)), "20 min 00 s");
    }
}
