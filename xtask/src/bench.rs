//! Running the benchmarks. They live in one binary of the `tests` crate, which
//! knows its own names and arguments; here it is only built and started.

use std::{ffi::OsString, os::unix::process::CommandExt, process::Command};

use anyhow::Context;

use crate::{
    packages, shell,
    workspace::{Profile, Workspace},
};

const BINARY: &str = "freehold-bench";

/// Builds the benchmarks and becomes the one that is named, or their list.
pub(crate) fn run(workspace: &Workspace, args: &[OsString]) -> anyhow::Result<()> {
    packages::ensure()?;
    let package = ["build", "--release", "--locked", "-p", "freehold-tests"];
    shell::run(workspace.cargo(package).args(["--bin", BINARY]))?;
    let binary = workspace.binary(Profile::Release, BINARY);
    let mut command = Command::new(&binary);
    command.args(args);
    if args.is_empty() {
        command.arg("--help");
    }
    Err(command.exec()).with_context(|| format!("cannot start {}", binary.display()))
}
