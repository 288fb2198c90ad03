//! The browser applications: their packages from npm, their checks, their bundles, which the binary
//! embeds, and their tests in a browser. What has not changed since the last time is not built again.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::shell;
use crate::workspace::Workspace;

/// What the bundles are made of.
const SOURCES: &[&str] = &["package-lock.json", "shared/ui-kit", "console-ui", "admin-ui"];
/// What they are built to.
const BUNDLES: [&str; 2] = ["console-ui/dist/index.html", "admin-ui/dist/index.html"];
/// Folders that hold results.
const RESULTS: &[&str] = &["node_modules", "dist"];
/// Folders below one another at most.
const DEPTH_MAX: usize = 12;

/// Builds the bundles where they are not up to date.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    install(root)?;
    let stamp = root.join("node_modules/.freehold-bundles");
    let sources = fingerprint(root, SOURCES)?;
    let is_there = BUNDLES.iter().all(|bundle| root.join(bundle).is_file());
    if is_there && is_stamped(&stamp, &sources) {
        return Ok(());
    }
    shell::run(&mut npm(root, "build"))?;
    std::fs::write(stamp, sources).context("cannot note that the bundles are built")
}

/// Builds the bundles, and checks everything that can be checked without a browser.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    build(workspace)?;
    shell::run(&mut npm(workspace.root(), "check"))
}

/// The applications in a browser, against the whole platform that this binary starts, with a Postgres
/// for the sites that go there.
pub(crate) fn test(
    workspace: &Workspace,
    binary: &Path,
    (variable, postgres): (&str, String),
) -> anyhow::Result<()> {
    install(workspace.root())?;
    let mut npm = npm(workspace.root(), "test:browser");
    shell::run(npm.env("BROWSER_TEST_BIN", binary).env(variable, postgres))
}

fn npm(root: &Path, script: &str) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(root).args(["run", "--silent", script]);
    npm
}

/// Installs the packages that the lock file names.
fn install(root: &Path) -> anyhow::Result<()> {
    let has_npm = shell::succeeds(Command::new("npm").arg("--version"));
    ensure!(has_npm, "npm is missing: install Node.js 20.19 or newer with npm");
    let stamp = root.join("node_modules/.freehold-packages");
    let lock = fingerprint(root, &["package-lock.json"])?;
    if is_stamped(&stamp, &lock) {
        return Ok(());
    }
    shell::run(Command::new("npm").current_dir(root).args(["ci", "--no-progress"]))?;
    std::fs::write(stamp, lock).context("cannot note that the packages are there")
}

fn is_stamped(stamp: &Path, fingerprint: &str) -> bool {
    std::fs::read_to_string(stamp).is_ok_and(|text| text == fingerprint)
}

/// A number that changes with the names and contents of files.
fn fingerprint(root: &Path, names: &[&str]) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for name in names {
        collect(&root.join(name), DEPTH_MAX, &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(root)?.hash(&mut hasher);
        std::fs::read(&file)?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    if path.is_file() {
        files.push(path.to_owned());
        return Ok(());
    }
    let name = path.file_name().and_then(|name| name.to_str());
    if depth == 0 || name.is_some_and(|name| RESULTS.contains(&name)) {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(|| path.display().to_string())? {
        collect(&entry?.path(), depth - 1, files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn results_do_not_count_and_sources_do() {
        let folder = tempfile::tempdir().unwrap();
        let (root, app) = (folder.path(), folder.path().join("app"));
        std::fs::create_dir_all(app.join("dist")).unwrap();
        std::fs::write(app.join("main.ts"), "1").unwrap();
        let first = fingerprint(root, &["app"]).unwrap();
        std::fs::write(app.join("dist/main.js"), "1").unwrap();
        assert_eq!(fingerprint(root, &["app"]).unwrap(), first);
        std::fs::write(app.join("main.ts"), "2").unwrap();
        assert_ne!(fingerprint(root, &["app"]).unwrap(), first);
    }
}
