//! cargo-deny over the dependency tree: bans, licences and sources always,
//! advisories only where somebody has already fetched the database, because a
//! check must not depend on the network. Where the tool is missing we say so.

use std::path::Path;

use crate::{shell, workspace::Workspace};

/// Runs cargo-deny if it is installed.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    if !shell::succeeds(&mut workspace.cargo(["deny", "--version"])) {
        eprintln!("skipped: cargo-deny is not installed (cargo install --locked cargo-deny)");
        return Ok(());
    }
    // Its offline mode wants every crate of every platform on disk.
    shell::run(&mut workspace.cargo(["fetch", "--locked", "--quiet"]))?;
    let quiet = ["deny", "--offline", "--log-level", "error", "check"];
    let mut command = workspace.cargo(quiet);
    command.args(["bans", "licenses", "sources"]);
    if holds_something(&workspace.cargo_home().join("advisory-dbs")) {
        command.arg("advisories");
    } else {
        eprintln!("skipped: no local copy of the advisory database (cargo deny fetch)");
    }
    shell::run(&mut command)
}

fn holds_something(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::holds_something;

    #[test]
    fn a_folder_counts_when_it_is_there_and_not_empty() {
        assert!(holds_something(Path::new(".")));
        assert!(!holds_something(Path::new("no/such/folder")));
    }
}
