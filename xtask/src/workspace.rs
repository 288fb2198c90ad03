//! Where things are: the repository's root, the build cache outside it, and the
//! cargo that fills that cache. The one file of xtask that reads the environment.

#![expect(clippy::disallowed_methods, reason = "xtask runs before any configuration exists")]

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand};

/// The checkout that xtask works on, and its build cache.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cargo_home: PathBuf,
}

impl Workspace {
    /// Finds the checkout around the current directory.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let here = env::current_dir().context("no current directory")?;
        let Some(root) = here.ancestors().find(|dir| is_root(dir)) else {
            bail!("{} is not inside a Freehold checkout", here.display());
        };
        let home = env::var_os("HOME").map(PathBuf::from);
        let cache = cache_dir(env::var_os("FREEHOLD_CACHE"), home.as_deref(), root)?;
        let cargo_home = match (env::var_os("CARGO_HOME"), home) {
            (Some(dir), _) => root.join(dir),
            (None, Some(home)) => home.join(".cargo"),
            (None, None) => root.join(".cargo"),
        };
        Ok(Self { root: root.to_owned(), target: cache.join("target"), cargo_home })
    }

    /// The repository's root directory.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo keeps what it shares between projects.
    pub(crate) fn cargo_home(&self) -> &Path {
        &self.cargo_home
    }

    /// A folder of the build cache, beside what cargo builds.
    pub(crate) fn cache(&self, name: &str) -> PathBuf {
        self.target.parent().unwrap_or(&self.target).join(name)
    }

    /// The path of a binary that was built with the given profile.
    pub(crate) fn binary(&self, profile: Profile, name: &str) -> PathBuf {
        self.target.join(profile.folder()).join(name)
    }

    /// What cargo knows of the workspace's own crates; needs no network.
    pub(crate) fn metadata(&self) -> anyhow::Result<Metadata> {
        MetadataCommand::new()
            .manifest_path(self.root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .context("`cargo metadata` failed")
    }

    /// A cargo command that runs at the root and builds into the cache.
    ///
    /// The variables that `cargo run` set for xtask itself are taken away: some
    /// build scripts watch them, and would rebuild whenever xtask is in between.
    pub(crate) fn cargo<const N: usize>(&self, args: [&str; N]) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.args(args).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(describes_xtask) {
                command.env_remove(name);
            }
        }
        command
    }
}

/// A cargo profile that xtask builds with.
#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// For the checks: quick to build.
    Dev,
    /// For running and measuring.
    Release,
    /// For shipping.
    Dist,
}

impl Profile {
    /// The profile's name on cargo's command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
            Self::Dist => "dist",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release | Self::Dist => self.name(),
        }
    }
}

fn is_root(dir: &Path) -> bool {
    dir.join("Cargo.lock").is_file() && dir.join("xtask/Cargo.toml").is_file()
}

fn cache_dir(
    chosen: Option<OsString>,
    home: Option<&Path>,
    root: &Path,
) -> anyhow::Result<PathBuf> {
    match (chosen.filter(|dir| !dir.is_empty()), home) {
        (Some(dir), _) => Ok(root.join(dir)),
        (None, Some(home)) => Ok(home.join(".cache/freehold")),
        (None, None) => bail!("set FREEHOLD_CACHE: there is no HOME to keep the build cache in"),
    }
}

fn describes_xtask(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || variable.starts_with("CARGO_MANIFEST_")
        || matches!(variable, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "OUT_DIR")
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Profile, Workspace, cache_dir, describes_xtask};

    #[test]
    fn the_cache_is_where_it_is_said_to_be() {
        let (home, root) = (Path::new("/h"), Path::new("/repo"));
        let default = cache_dir(None, Some(home), root).unwrap();
        assert_eq!(default, PathBuf::from("/h/.cache/freehold"));
        let chosen = cache_dir(Some("/big/disk".into()), Some(home), root).unwrap();
        assert_eq!(chosen, PathBuf::from("/big/disk"));
        let relative = cache_dir(Some("cache".into()), None, root).unwrap();
        assert_eq!(relative, PathBuf::from("/repo/cache"));
        assert!(cache_dir(None, None, root).is_err());
        assert!(cache_dir(Some("".into()), None, root).is_err());
    }

    #[test]
    fn binaries_are_looked_for_in_the_profiles_folder() {
        let workspace = Workspace {
            root: "/repo".into(),
            target: "/cache/target".into(),
            cargo_home: "/cargo".into(),
        };
        let path = |profile| workspace.binary(profile, "freehold");
        assert_eq!(path(Profile::Dev), Path::new("/cache/target/debug/freehold"));
        assert_eq!(path(Profile::Dist), Path::new("/cache/target/dist/freehold"));
    }

    #[test]
    fn cargo_does_not_inherit_xtasks_own_description() {
        assert!(describes_xtask("CARGO_PKG_NAME"));
        assert!(describes_xtask("CARGO_MANIFEST_DIR"));
        assert!(!describes_xtask("CARGO_HOME"));
        assert!(!describes_xtask("PATH"));
    }
}
