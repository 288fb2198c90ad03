//! The long run of the tests: full counts and random seeds, asked for by
//! `FREEHOLD_TEST_LONG=1`, with its result written to docs/reliability.md,
//! passed or failed, so that a reader knows when and how far it last went.

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, IsTerminal},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, bail};

use crate::{services::Services, shell, suite, workspace::Workspace};

const REPORT: &str = "docs/reliability.md";
const HEADING: &str = "## Last long run";

/// Whether cargo-nextest is installed.
pub(crate) fn has_nextest(workspace: &Workspace) -> bool {
    shell::succeeds(&mut workspace.cargo(["nextest", "--version"]))
}

/// Runs everything at full length and records the result.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let began = Instant::now();
    let outcome = nextest(workspace, &[])?;
    if let Some(counts) = &outcome.counts {
        record(workspace, counts, &suite::seconds(began.elapsed()))?;
    }
    outcome.result()
}

/// Runs some tests at full length; a part of the tests leaves no record.
pub(crate) fn run_some(workspace: &Workspace, filter: &[String]) -> anyhow::Result<()> {
    nextest(workspace, filter)?.result()
}

struct Outcome {
    passed: bool,
    counts: Option<String>,
}

impl Outcome {
    fn result(&self) -> anyhow::Result<()> {
        if !self.passed {
            bail!("the long run failed");
        }
        Ok(())
    }
}

/// Runs nextest, shows what it prints and keeps the counts of its last lines.
fn nextest(workspace: &Workspace, filter: &[String]) -> anyhow::Result<Outcome> {
    if !has_nextest(workspace) {
        bail!("a long run needs cargo-nextest (cargo install --locked cargo-nextest)");
    }
    let mut command =
        workspace.cargo(["nextest", "run", "--workspace", "--locked", "--profile", "long"]);
    if std::io::stderr().is_terminal() {
        command.arg("--color=always");
    }
    command.args(filter).env("FREEHOLD_TEST_LONG", "1").stderr(Stdio::piped());
    let services = Services::start(workspace)?;
    let (variable, url) = services.variable();
    command.env(variable, url);
    eprintln!("$ FREEHOLD_TEST_LONG=1 {}", shell::describe(&command));
    let mut child = command.spawn().context("cannot start cargo nextest")?;
    let mut counts = None;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line?;
            let line = String::from_utf8_lossy(&line);
            eprintln!("{line}");
            counts = summary(&without_colour(&line)).or(counts);
        }
    }
    let passed = child.wait()?.success();
    Ok(Outcome { passed, counts })
}

/// The counts in nextest's summary line, `Summary [ 1.2s] 3 tests run: …`.
fn summary(line: &str) -> Option<String> {
    let rest = line.trim_start().strip_prefix("Summary [")?;
    let (_, counts) = rest.split_once(']')?;
    Some(counts.trim().to_owned())
}

fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut parts = line.split("\u{1b}[");
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, text)| text));
    }
    plain
}

fn record(workspace: &Workspace, counts: &str, duration: &str) -> anyhow::Result<()> {
    let date = shell::capture(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let mut git = Command::new("git");
    git.current_dir(workspace.root());
    git.args(["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]);
    let commit = shell::capture(&mut git)?;
    let section = format!(
        "- Date: {}\n- Commit: {}\n- Tests: {counts}\n- Duration: {duration}\n",
        date.trim(),
        commit.trim(),
    );
    let path = workspace.root().join(REPORT);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => "# Reliability\n".to_owned(),
        Err(error) => return Err(error).context(REPORT),
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(&path, with_section(&text, &section)).context(REPORT)?;
    eprintln!("wrote {REPORT}");
    Ok(())
}

/// The report with the section under our heading replaced, or added at its end.
fn with_section(report: &str, section: &str) -> String {
    let mut before = String::new();
    let mut after = String::new();
    let mut lines = report.lines();
    for line in lines.by_ref().take_while(|line| *line != HEADING) {
        before.extend([line, "\n"]);
    }
    for line in lines.skip_while(|line| !line.starts_with("## ")) {
        after.extend([line, "\n"]);
    }
    let gap = if after.is_empty() { "" } else { "\n" };
    let before = before.trim_end();
    format!("{before}\n\n{HEADING}\n\n{section}{gap}{after}")
}

#[cfg(test)]
mod tests {
    use super::{summary, with_section, without_colour};

    #[test]
    fn counts_come_from_nextests_summary_line() {
        let line = "     Summary [   0.004s] 12 tests run: 12 passed, 0 skipped";
        let counts = "12 tests run: 12 passed, 0 skipped";
        assert_eq!(summary(line).as_deref(), Some(counts));
        assert_eq!(summary("        PASS [   0.004s] some::test"), None);
    }

    #[test]
    fn colour_is_taken_off() {
        let line = "\u{1b}[32;1m Summary\u{1b}[0m [1s] ok";
        assert_eq!(without_colour(line), " Summary [1s] ok");
    }

    #[test]
    fn a_first_section_is_added_at_the_end() {
        let report = with_section("# Reliability\n\nWhy.\n", "- new\n");
        assert_eq!(report, "# Reliability\n\nWhy.\n\n## Last long run\n\n- new\n");
    }

    #[test]
    fn an_older_section_is_replaced_and_its_neighbours_stay() {
        let old = "# R\n\n## Last long run\n\n- old\n- old\n\n## Faults\n\ntext\n";
        let new = "# R\n\n## Last long run\n\n- new\n\n## Faults\n\ntext\n";
        assert_eq!(with_section(old, "- new\n"), new);
        assert_eq!(with_section(new, "- new\n"), new);
    }
}
