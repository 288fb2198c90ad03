//! `freehold up`, `control`, `worker` and `edge`: processes that run until somebody says stop.

use std::future::Future;
use std::io::Write as _;
use std::process::ExitCode;

use freehold_clock::Clock;
use freehold_config::{Config, LogFormat};
use freehold_db::Migration;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::PlatformError;
use crate::platform::Platform;
use crate::processes::{ControlProcess, EdgeProcess, WorkerProcess};

/// Why a process ends whose control plane was replaced. A new start is the surest way to be rid of
/// everything that it knew.
const SUPERSEDED: &str =
    "another control plane took over; this process ends, and stands by when it is started again";

/// A process of the platform.
trait Process: Sized {
    /// Says that it is there and where.
    fn announce(&self, data: &std::path::Path);

    /// Ready when it must not go on, and why.
    fn must_end(&mut self) -> impl Future<Output = &'static str> {
        std::future::pending()
    }

    /// Stops it gracefully.
    fn stop(self) -> impl Future<Output = ()>;
}

pub(super) async fn up(
    config: Config,
    migrations: &'static [Migration],
) -> anyhow::Result<ExitCode> {
    run(config, |config, clock| Platform::start_with(config, clock, migrations)).await
}

pub(super) async fn control(config: Config) -> anyhow::Result<ExitCode> {
    run(config, ControlProcess::start).await
}

pub(super) async fn worker(
    config: Config,
    migrations: &'static [Migration],
) -> anyhow::Result<ExitCode> {
    run(config, |config, clock| WorkerProcess::start(config, clock, migrations)).await
}

pub(super) async fn edge(config: Config) -> anyhow::Result<ExitCode> {
    run(config, EdgeProcess::start).await
}

/// Descriptors that one open tenant may take: its file and log for the writer and a reader or
/// two, the log's index, and the log once more to sync it.
const DESCRIPTORS_PER_TENANT: u64 = 8;

/// Keeps half of the descriptors for connections.
fn within_descriptors(wanted: usize, limit: u64) -> usize {
    let affordable = usize::try_from(limit / 2 / DESCRIPTORS_PER_TENANT).unwrap_or(usize::MAX);
    if affordable < wanted {
        tracing::warn!(limit, wanted, affordable, "worker.open_tenants_max is too much here");
    }
    wanted.min(affordable).max(1)
}

/// Starts a process and runs it until it is told to stop.
async fn run<P: Process, F: Future<Output = Result<P, PlatformError>>>(
    mut config: Config,
    start: impl FnOnce(Config, Clock) -> F,
) -> anyhow::Result<ExitCode> {
    freehold_telemetry::start_logs(config.log_format == LogFormat::Json, &config.log_filter)
        .map_err(|error| anyhow::anyhow!("log.filter: {error}"))?;
    // Each tenant costs a few descriptors; the default of 1,024 is soon too small.
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => {
            tracing::debug!(limit, "file descriptors");
            let worker = &mut config.worker;
            worker.open_tenants_max = within_descriptors(worker.open_tenants_max, limit);
        }
        Err(error) => tracing::warn!(%error, "the limit of file descriptors stays as it is"),
    }
    if !config.rate_limits_enabled {
        tracing::warn!("limits.enabled is false: rates are not limited; this is for tests only");
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let data = config.data_dir.clone();
    let mut process = tokio::select! {
        started = start(config, Clock::system()) => started?,
        _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
    };
    process.announce(&data);
    let reason = tokio::select! {
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
        reason = process.must_end() => Some(reason),
    };
    if let Some(reason) = reason {
        tracing::error!("{reason}");
    }
    say("stopping");
    // A second signal ends the process at once; every acknowledged write is on disk already.
    tokio::select! {
        () = process.stop() => say("stopped"),
        _ = interrupt.recv() => say("stopped without waiting"),
        _ = terminate.recv() => say("stopped without waiting"),
    }
    Ok(if reason.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints a line. Whoever read them may have gone, which is no reason to stop, or not to stop well.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

impl Process for Platform {
    fn announce(&self, data: &std::path::Path) {
        let console = self.console_url();
        say("Freehold is up.");
        say("");
        say(&format!("  console         {console}   (in a browser: sign up here)"));
        say(&format!("  console API     {console}/v1   (described at {console}/openapi.json)"));
        say(&format!("  edge            {}", self.address()));
        say(&format!("  metrics, health http://{}/metrics", self.private_address()));
        say(&format!("  data            {}", data.display()));
        say(&format!("  operator token  {}", self.operator_file().display()));
        say("");
        say("Or create an account and its first site without one:");
        say("");
        say(&format!("  curl -s {console}/v1/signup -H 'Content-Type: application/json' \\"));
        say(
            "    -d '{\"email\":\"you@example.org\",\"password\":\"choose-a-long-one\",\"site\":{\"name\":\"My site\",\"slug\":\"my-site\"}}'",
        );
        say("");
        say("Ctrl-C stops it.");
    }

    async fn must_end(&mut self) -> &'static str {
        self.superseded().await;
        SUPERSEDED
    }

    async fn stop(self) {
        self.stop().await;
    }
}

impl Process for ControlProcess {
    fn announce(&self, data: &std::path::Path) {
        let socket = self.fleet_socket().display();
        say("Freehold's control plane is up.");
        say("");
        say(&format!("  fleet           unix:{socket}"));
        say(&format!("  metrics, health http://{}/metrics", self.private_address()));
        say(&format!("  data            {}", data.display()));
        say(&format!("  operator token  {}", self.operator_file().display()));
        say("");
        say(
            "Its API is on the console's host, once an edge has joined. Make the first tokens with",
        );
        say("`freehold fleet token --role edge` and `--role worker`.");
    }

    async fn must_end(&mut self) -> &'static str {
        self.superseded().await;
        SUPERSEDED
    }

    async fn stop(self) {
        self.stop().await;
    }
}

impl Process for WorkerProcess {
    fn announce(&self, data: &std::path::Path) {
        say("Freehold's worker is up.");
        say("");
        say(&format!("  worker          {}", self.id()));
        say(&format!("  metrics, health http://{}/metrics", self.private_address()));
        say(&format!("  data            {}", data.display()));
    }

    async fn stop(self) {
        self.stop().await;
    }
}

impl Process for EdgeProcess {
    fn announce(&self, data: &std::path::Path) {
        say("Freehold's edge is up.");
        say("");
        say(&format!("  edge            {}", self.address()));
        say(&format!("  metrics, health http://{}/metrics", self.private_address()));
        say(&format!("  data            {}", data.display()));
    }

    async fn stop(self) {
        self.stop().await;
    }
}
