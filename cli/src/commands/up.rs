//! `freehold up`: the whole platform until somebody says stop.

use std::io::Write as _;
use std::process::ExitCode;

use freehold_clock::Clock;
use freehold_config::{Config, LogFormat};
use tokio::signal::unix::{SignalKind, signal};

use crate::platform::Platform;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    freehold_telemetry::start_logs(config.log_format == LogFormat::Json, &config.log_filter)
        .map_err(|error| anyhow::anyhow!("log.filter: {error}"))?;
    // Each tenant costs a few descriptors; the default of 1,024 is soon too small.
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => tracing::debug!(limit, "file descriptors"),
        Err(error) => tracing::warn!(%error, "the limit of file descriptors stays as it is"),
    }
    if !config.rate_limits_enabled {
        tracing::warn!("limits.enabled is false: rates are not limited; this is for tests only");
    }
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let data = config.data_dir.clone();
    let platform = tokio::select! {
        started = Platform::start(config, Clock::system()) => started?,
        _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
        _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
    };
    announce(&platform, &data);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    say("stopping");
    // A second signal ends the process at once; every acknowledged write is on disk already.
    tokio::select! {
        () = platform.stop() => say("stopped"),
        _ = interrupt.recv() => say("stopped without waiting"),
        _ = terminate.recv() => say("stopped without waiting"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints a line. Whoever read them may have gone, which is no reason to stop, or not to stop well.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn announce(platform: &Platform, data: &std::path::Path) {
    let console = platform.console_url();
    say("Freehold is up.");
    say("");
    say(&format!("  console API     {console}/v1   (described at {console}/openapi.json)"));
    say(&format!("  edge            {}", platform.address()));
    say(&format!("  metrics, health http://{}/metrics", platform.private_address()));
    say(&format!("  data            {}", data.display()));
    say(&format!("  operator token  {}", platform.operator_file().display()));
    say("");
    say("Create an account and its first site:");
    say("");
    say(&format!("  curl -s {console}/v1/signup -H 'Content-Type: application/json' \\"));
    say(
        "    -d '{\"email\":\"you@example.org\",\"password\":\"choose-a-long-one\",\"site\":{\"name\":\"My site\",\"slug\":\"my-site\"}}'",
    );
    say("");
    say("Ctrl-C stops it.");
}
