//! `cargo xtask tidy`: the rules of the repository that neither rustc nor clippy
//! can see. Every rule is one small function over one file or one manifest; all
//! findings are collected and printed, and any finding fails the run. The limits
//! are hard: there is no list of exceptions that could grow.

mod header;
mod imports;
mod length;
mod manifest;
mod places;
mod source;
mod waits;
mod words;

use std::{fmt, fs, process::Command};

use anyhow::{Context, bail};
pub(crate) use words::is_homeless;

use crate::{shell, workspace::Workspace};
use source::Source;

/// What a rule found, and in which line.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    message: String,
}

impl Finding {
    fn new(line: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }
}

/// A finding with its place, as it is printed.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    line: usize,
    rule: &'static str,
    message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, message } = self;
        write!(f, "{path}:{line}: {rule}: {message}")
    }
}

type SourceRule = fn(&Source) -> Vec<Finding>;

/// The rules for Rust files.
const SOURCE_RULES: [(&str, SourceRule); 9] = [
    ("header", header::check),
    ("file-length", length::file),
    ("fn-length", length::functions),
    ("macros", words::macros),
    ("names", words::modules),
    ("engine", words::engine),
    ("env", words::environment),
    ("unfinished", words::unfinished),
    ("sleep", waits::check),
];

/// Checks every rule and prints what was found.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let files = text_files(workspace)?;
    let mut violations = Vec::new();
    let mut sources = Vec::new();
    for (path, text) in &files {
        keep(&mut violations, path, "places", places::check(text));
        keep(&mut violations, path, "names", words::path(path));
        if path.ends_with(".rs") {
            sources.push(Source::parse(path, text));
        }
    }
    for source in &sources {
        for (rule, check) in SOURCE_RULES {
            keep(&mut violations, source.path(), rule, check(source));
        }
    }
    for (manifest, finding) in length::crates(&sources) {
        keep(&mut violations, &manifest, "crate-size", vec![finding]);
    }
    manifests(workspace, &mut violations)?;
    report(violations, files.len())
}

fn keep(violations: &mut Vec<Violation>, path: &str, rule: &'static str, found: Vec<Finding>) {
    violations.extend(found.into_iter().map(|Finding { line, message }| Violation {
        path: path.to_owned(),
        line,
        rule,
        message,
    }));
}

fn manifests(workspace: &Workspace, violations: &mut Vec<Violation>) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let members: Vec<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    for package in &metadata.packages {
        let file = package.manifest_path.as_std_path();
        let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
        let path = file.strip_prefix(workspace.root()).unwrap_or(file);
        let path = path.to_string_lossy();
        let name = package.name.as_str();
        keep(violations, &path, "lints", manifest::lints(&text));
        let row = imports::row(name).map(|message| Finding::new(1, message));
        keep(violations, &path, "imports", row.into_iter().collect());
        for dependency in &package.dependencies {
            let kind = dependency.kind;
            let line = manifest::line_of(&text, &dependency.name);
            let sql = manifest::sql(name, &dependency.name);
            let found = sql.map(|message| Finding::new(line, message));
            keep(violations, &path, "sql", found.into_iter().collect());
            if members.contains(&dependency.name.as_str()) {
                let import = imports::check(name, &dependency.name, kind);
                let found = import.map(|message| Finding::new(line, message));
                keep(violations, &path, "imports", found.into_iter().collect());
            }
        }
    }
    Ok(())
}

/// Every text file that git tracks or would track, with its content.
fn text_files(workspace: &Workspace) -> anyhow::Result<Vec<(String, String)>> {
    let list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let mut git = Command::new("git");
    git.current_dir(workspace.root()).args(list);
    let listed = shell::capture(&mut git)?;
    let mut files = Vec::new();
    for path in listed.split_terminator('\0') {
        let full = workspace.root().join(path);
        // Deleted but still listed, or a link to something that is listed too.
        let is_file = fs::symlink_metadata(&full).is_ok_and(|found| found.is_file());
        if !is_file {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| path.to_owned())?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push((path.to_owned(), text));
        }
    }
    Ok(files)
}

fn report(mut violations: Vec<Violation>, files: usize) -> anyhow::Result<()> {
    violations.sort();
    violations.dedup();
    for violation in &violations {
        println!("{violation}");
    }
    match violations.len() {
        0 => eprintln!("tidy: {files} files, nothing to say"),
        1 => bail!("tidy: 1 violation"),
        count => bail!("tidy: {count} violations"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Finding, keep, report};

    #[test]
    fn violations_are_printed_as_path_line_rule_message() {
        let mut violations = Vec::new();
        let found = vec![Finding::new(3, "too long")];
        keep(&mut violations, "a/b.rs", "fn-length", found);
        assert_eq!(violations[0].to_string(), "a/b.rs:3: fn-length: too long");
        let error = report(violations, 1).unwrap_err();
        assert_eq!(error.to_string(), "tidy: 1 violation");
        assert!(report(Vec::new(), 1).is_ok());
    }
}
