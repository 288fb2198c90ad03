//! A measured process: the platform, or the baseline. It dies with its handle.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// How long a process may take until it serves.
const START_SECONDS_MAX: u64 = 60;

/// What serves the platform.
#[derive(Debug)]
pub(crate) struct Program {
    own: PathBuf,
    platform: PathBuf,
}

/// A running process that is measured.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) edge: SocketAddr,
    /// The handler behind the pass-through, where that is what runs.
    pub(crate) upstream: Option<SocketAddr>,
    pub(crate) process: u32,
    child: Child,
    /// Held open: a process that cannot print would stop.
    _output: Lines<BufReader<ChildStdout>>,
}

impl Served {
    /// Asks the process to end and waits until it has.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").arg(self.process.to_string()).status().await?;
        anyhow::ensure!(asked.success(), "it cannot be asked to end");
        let ended = self.child.wait().await?;
        anyhow::ensure!(ended.success(), "it ended with {ended}");
        Ok(())
    }
}

impl Program {
    /// The `freehold` binary that is named, or this program in its place.
    pub(crate) fn new(platform: Option<&Path>) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let platform = platform.map_or_else(|| own.clone(), Path::to_owned);
        Ok(Self { own, platform })
    }

    /// The file of the program that serves the platform.
    pub(crate) fn platform_file(&self) -> &Path {
        &self.platform
    }

    /// What is measured, for reports.
    pub(crate) fn name(&self) -> String {
        if self.platform == self.own {
            "this program, as `freehold up`".to_owned()
        } else {
            let name = self.platform.file_name().unwrap_or_default();
            format!("{} up", name.to_string_lossy())
        }
    }

    /// Starts the platform below a folder: rates unlimited, metrics on, logs on, into a file.
    pub(crate) async fn platform(&self, folder: &Path, set: &[String]) -> anyhow::Result<Served> {
        let mut command = Command::new(&self.platform);
        command.arg("up").arg("--data").arg(folder.join("data"));
        let fixed =
            ["edge.listen=127.0.0.1:0", "metrics.listen=127.0.0.1:0", "limits.enabled=false"];
        for setting in fixed.into_iter().chain(set.iter().map(String::as_str)) {
            command.arg("--set").arg(setting);
        }
        start(command, &folder.join("platform.log")).await.context("the platform does not start")
    }

    /// Starts the baseline with the bytes that it answers.
    pub(crate) async fn baseline(
        &self,
        folder: &Path,
        body: &[u8],
        content_type: &str,
    ) -> anyhow::Result<Served> {
        let file = folder.join("body");
        std::fs::write(&file, body)?;
        let mut command = Command::new(&self.own);
        command.arg("baseline").arg("--body").arg(file).args(["--content-type", content_type]);
        start(command, &folder.join("baseline.log")).await.context("the baseline does not start")
    }
}

async fn start(mut command: Command, log: &Path) -> anyhow::Result<Served> {
    let log_file = File::create(log)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .kill_on_drop(true)
        .spawn()?;
    let process = child.id().context("it ended at once")?;
    let output = child.stdout.take().context("it has no output")?;
    let mut output = BufReader::new(output).lines();
    let listening =
        tokio::time::timeout(Duration::from_secs(START_SECONDS_MAX), addresses(&mut output));
    match listening.await.context("it took too long").flatten() {
        Ok((edge, upstream)) => Ok(Served { edge, upstream, process, child, _output: output }),
        Err(error) => {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            Err(error.context(format!("it said: {}", said.trim())))
        }
    }
}

/// Reads on until the process has said where it listens.
async fn addresses(
    output: &mut Lines<BufReader<ChildStdout>>,
) -> anyhow::Result<(SocketAddr, Option<SocketAddr>)> {
    let mut upstream = None;
    while let Some(line) = output.next_line().await? {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("edge"), Some(address)) => return Ok((address.parse()?, upstream)),
            (Some("upstream"), Some(address)) => upstream = Some(address.parse()?),
            _ => {}
        }
    }
    anyhow::bail!("it ended before it served")
}
