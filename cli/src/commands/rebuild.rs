//! `freehold control rebuild`: the control plane's database again, from what lies beside the stores.

use std::path::PathBuf;
use std::process::ExitCode;

use freehold_clock::Clock;
use freehold_config::Config;
use freehold_credentials::PasswordHasher;
use freehold_db::PostgresOptions;

use super::operate;
use crate::layout::Layout;

/// Makes the control plane's database again.
pub(super) async fn run(config: &Config, from: &[PathBuf], json: bool) -> anyhow::Result<ExitCode> {
    let secrets = config.data_dir.join("secrets");
    // Loading would make new ones, with which no manifest can be read.
    anyhow::ensure!(
        secrets.join("ticket-key").is_file(),
        "{} has no secrets; put back those of this installation first",
        secrets.display()
    );
    let master_key = config.master_key_file.clone().unwrap_or_else(|| secrets.join("master-key"));
    anyhow::ensure!(
        master_key.is_file(),
        "{} is not there; without the master key of this installation no site's secrets can be read",
        master_key.display()
    );
    let layout = Layout::take(config)?;
    let clock = Clock::system();
    let secrets = crate::layout::secrets(config, &layout, &clock)?;
    let database = config.control_database.clone().map(PostgresOptions::at);
    let with = (&PasswordHasher::new()?, &clock);
    let rebuilt =
        freehold_control_plane::rebuild(&layout.control, database.as_ref(), &secrets, with, from)
            .await?;
    operate::print_one(&serde_json::to_value(rebuilt)?, json);
    Ok(ExitCode::SUCCESS)
}
