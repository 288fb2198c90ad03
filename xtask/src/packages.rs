//! What the build and the tests need from the operating system, one row each.
//! A missing row is installed where we may (root, or sudo that asks nothing);
//! otherwise the exact command is printed and the run ends. No service is
//! started: the platform embeds SQLite, the only engine it has so far.

use std::process::Command;

use anyhow::bail;

use crate::shell;

struct Need {
    name: &'static str,
    reason: &'static str,
    /// Debian's names.
    packages: &'static [&'static str],
    /// Succeeds when the need is met.
    check: &'static [&'static str],
}

const NEEDS: &[Need] = &[
    Need {
        name: "cmake",
        reason: "builds the edge's compression library",
        packages: &["cmake", "make"],
        check: &["cmake", "--version"],
    },
    Need {
        name: "a C compiler",
        reason: "builds SQLite and the cryptography",
        packages: &["gcc", "g++"],
        check: &["cc", "--version"],
    },
];

enum Installer {
    Root,
    Sudo,
    Nobody,
}

/// Reports every need and meets those that are missing.
pub(crate) fn services() -> anyhow::Result<()> {
    ensure()?;
    for need in NEEDS {
        println!("{}: present ({})", need.name, need.reason);
    }
    println!("No external service is needed: the platform embeds its database, SQLite.");
    Ok(())
}

/// Installs what is missing, or fails with the command that would.
pub(crate) fn ensure() -> anyhow::Result<()> {
    let missing = missing(NEEDS, |check| shell::succeeds(Command::new(check[0]).args(&check[1..])));
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

fn missing(needs: &[Need], is_met: impl Fn(&[&str]) -> bool) -> Vec<&'static str> {
    let unmet = needs.iter().filter(|need| !is_met(need.check));
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
    use super::{NEEDS, install_words, missing};

    #[test]
    fn only_what_is_missing_is_installed() {
        assert!(missing(NEEDS, |_| true).is_empty());
        let packages = missing(NEEDS, |check| check[0] == "cc");
        assert_eq!(packages, ["cmake", "make"]);
        assert_eq!(install_words(&packages).join(" "), "apt-get install -y cmake make");
    }
}
