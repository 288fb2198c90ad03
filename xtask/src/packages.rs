//! What the build and the tests need from the operating system, one row each.
//! A missing row is installed where we may (root, or sudo that asks nothing);
//! otherwise the exact command is printed and the run ends.

use std::process::Command;

use anyhow::bail;

use crate::shell;

struct Need {
    name: &'static str,
    reason: &'static str,
    /// Debian's names.
    packages: &'static [&'static str],
    /// Whether the need is met.
    check: Check,
}

enum Check {
    /// It is if this command succeeds.
    Command(&'static [&'static str]),
    /// It is if a Postgres server could be started.
    Postgres,
}

impl Check {
    fn is_met(&self) -> bool {
        match self {
            Self::Command(words) => shell::succeeds(Command::new(words[0]).args(&words[1..])),
            Self::Postgres => freehold_scratch_postgres::has_programs(),
        }
    }
}

const NEEDS: &[Need] = &[
    Need {
        name: "cmake",
        reason: "builds the edge's compression library",
        packages: &["cmake", "make"],
        check: Check::Command(&["cmake", "--version"]),
    },
    Need {
        name: "a C compiler",
        reason: "builds SQLite and the cryptography",
        packages: &["gcc", "g++"],
        check: Check::Command(&["cc", "--version"]),
    },
];

/// What the tests need besides.
const SERVICES: &[Need] = &[Need {
    name: "Postgres",
    reason: "the other engine of the control database",
    packages: &["postgresql"],
    check: Check::Postgres,
}];

/// What the tests in a browser need besides.
const BROWSER: &[Need] = &[Need {
    name: "Chromium",
    reason: "the tests of the console and the admin",
    packages: &["chromium"],
    check: Check::Command(&["chromium", "--version"]),
}];

enum Installer {
    Root,
    Sudo,
    Nobody,
}

/// Reports every need and meets those that are missing.
pub(crate) fn report() -> anyhow::Result<()> {
    ensure()?;
    ensure_services()?;
    ensure_browser()?;
    for need in NEEDS.iter().chain(SERVICES).chain(BROWSER) {
        println!("{}: present ({})", need.name, need.reason);
    }
    Ok(())
}

/// Installs what the build needs and what is missing, or fails with the command that would.
pub(crate) fn ensure() -> anyhow::Result<()> {
    install(NEEDS)
}

/// Installs what the tests need besides.
pub(crate) fn ensure_services() -> anyhow::Result<()> {
    install(SERVICES)
}

/// Installs what the tests in a browser need besides.
pub(crate) fn ensure_browser() -> anyhow::Result<()> {
    install(BROWSER)
}

fn install(needs: &[Need]) -> anyhow::Result<()> {
    let missing = missing(needs, Check::is_met);
    if missing.is_empty() {
        return Ok(());
    }
    let sudo: &[&str] = match installer() {
        Installer::Root => &[],
        Installer::Sudo => &["sudo", "-n"],
        Installer::Nobody => bail!(
            "missing packages; run this and try again:\n  sudo apt-get update && sudo {}",
            install_words(&missing).join(" ")
        ),
    };
    for words in [vec!["apt-get", "update"], install_words(&missing)] {
        let line: Vec<&str> = sudo.iter().copied().chain(words).collect();
        shell::run(
            Command::new(line[0]).args(&line[1..]).env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    Ok(())
}

fn missing(needs: &[Need], is_met: impl Fn(&Check) -> bool) -> Vec<&'static str> {
    let unmet = needs.iter().filter(|need| !is_met(&need.check));
    unmet.flat_map(|need| need.packages.iter().copied()).collect()
}

fn install_words<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["apt-get", "install", "-y"];
    words.extend(packages);
    words
}

fn installer() -> Installer {
    if !shell::succeeds(Command::new("apt-get").arg("--version")) {
        Installer::Nobody
    } else if shell::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        Installer::Root
    } else if shell::succeeds(Command::new("sudo").args(["-n", "true"])) {
        Installer::Sudo
    } else {
        Installer::Nobody
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, NEEDS, install_words, missing};

    #[test]
    fn only_what_is_missing_is_installed() {
        assert!(missing(NEEDS, |_| true).is_empty());
        let packages =
            missing(NEEDS, |check| matches!(check, Check::Command(words) if words[0] == "cc"));
        assert_eq!(packages, ["cmake", "make"]);
        assert_eq!(install_words(&packages).join(" "), "apt-get install -y cmake make");
    }
}
