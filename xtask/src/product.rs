//! Building the `freehold` binary and starting it. `up` replaces this process by
//! the product, so that signals and exit codes are the product's own.

use std::{ffi::OsString, os::unix::process::CommandExt, path::PathBuf, process::Command};

use anyhow::Context;

use crate::{
    packages, shell, web,
    workspace::{Profile, Workspace},
};

/// Builds the release binary and becomes `freehold up` with these arguments.
pub(crate) fn up(workspace: &Workspace, args: &[OsString]) -> anyhow::Result<()> {
    packages::ensure()?;
    web::build(workspace)?;
    let binary = compile(workspace, Profile::Release)?;
    let error = Command::new(&binary).arg("up").args(args).exec();
    Err(error).with_context(|| format!("cannot start {}", binary.display()))
}

/// Builds the binary and prints where it is.
pub(crate) fn build(workspace: &Workspace, dist: bool) -> anyhow::Result<()> {
    packages::ensure()?;
    web::build(workspace)?;
    let profile = if dist { Profile::Dist } else { Profile::Release };
    let binary = compile(workspace, profile)?;
    println!("{}", binary.display());
    Ok(())
}

/// Builds the `freehold` binary with the given profile and returns its path.
pub(crate) fn compile(workspace: &Workspace, profile: Profile) -> anyhow::Result<PathBuf> {
    let package = ["build", "--locked", "-p", "freehold-cli", "--profile"];
    shell::run(workspace.cargo(package).arg(profile.name()))?;
    Ok(workspace.binary(profile, "freehold"))
}
