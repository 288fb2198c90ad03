//! Postgres' own programs: where they are, and as whom they run.
//!
//! Debian keeps the server's programs out of the search path. Postgres refuses to run as root, so
//! root hands its programs to the user that came with the package, or to nobody.

use std::io::{Error, Result};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where distributions keep releases side by side, each with a folder `bin`.
const RELEASES: [&str; 3] = ["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt"];
/// Users that run a server when we are root, the first that exists.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// The programs of one installed release.
#[derive(Debug, Clone)]
pub struct Programs {
    folder: Option<PathBuf>,
    user: Option<(u32, u32)>,
}

/// Whether a server could be started.
pub fn has_programs() -> bool {
    Programs::find().is_ok()
}

impl Programs {
    /// Finds the newest installed release.
    ///
    /// # Errors
    /// When none is installed.
    pub fn find() -> Result<Self> {
        let user = if is_root()? { Some(unprivileged()?) } else { None };
        let mut folders = RELEASES.iter().filter_map(|root| std::fs::read_dir(root).ok());
        let folders = folders.by_ref().flatten().flatten().map(|entry| entry.path().join("bin"));
        let mut found: Vec<_> = folders.filter(|bin| bin.join("initdb").is_file()).collect();
        found.sort_by_key(|bin| release(bin));
        if let Some(folder) = found.pop() {
            return Ok(Self { folder: Some(folder), user });
        }
        let in_path = Self { folder: None, user };
        match in_path.plain("initdb").arg("--version").stdout(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(in_path),
            _ => Err(Error::other("Postgres is not installed (initdb was not found)")),
        }
    }

    /// One of the programs, to be run in `folder` as the server's user.
    pub(crate) fn command(&self, name: &str, folder: &Path) -> Command {
        let mut command = self.plain(name);
        command.current_dir(folder).stdin(Stdio::null()).env("LC_ALL", "C");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// A client program, run as ourselves.
    pub(crate) fn plain(&self, name: &str) -> Command {
        match &self.folder {
            Some(folder) => Command::new(folder.join(name)),
            None => Command::new(name),
        }
    }

    /// Makes a folder that the server's user owns and can reach.
    pub(crate) fn own(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        if let Some((user, group)) = self.user {
            chown(folder, Some(user), Some(group))?;
        }
        let mut reach = Command::new("true");
        reach.current_dir(folder);
        if let Some((user, group)) = self.user {
            reach.uid(user).gid(group);
        }
        match reach.status() {
            Ok(status) if status.success() => Ok(()),
            _ => {
                let folder = folder.display();
                Err(Error::other(format!("the server's user cannot reach {folder}")))
            }
        }
    }
}

/// Runs a program to its end; what it printed is part of the error when it fails.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let program = command.get_program().to_string_lossy().into_owned();
    Err(Error::other(format!("{program} failed ({}): {said}{complaint}", output.status)))
}

/// The number in `…/15/bin`, to compare releases by.
fn release(bin: &Path) -> u32 {
    let name = bin.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn is_root() -> Result<bool> {
    Ok(run(Command::new("id").arg("-u"))?.trim() == "0")
}

fn unprivileged() -> Result<(u32, u32)> {
    let id = |option, user| -> Option<u32> {
        run(Command::new("id").args([option, user])).ok()?.trim().parse().ok()
    };
    let found = USERS.iter().find_map(|user| Some((id("-u", user)?, id("-g", user)?)));
    found.ok_or_else(|| Error::other("no unprivileged user to run Postgres as"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::release;

    #[test]
    fn releases_are_compared_as_numbers() {
        let numbers = ["/usr/lib/postgresql/9/bin", "/opt/homebrew/opt/postgresql@16/bin", "/bin"];
        assert_eq!(numbers.map(|path| release(Path::new(path))), [9, 16, 0]);
    }
}
