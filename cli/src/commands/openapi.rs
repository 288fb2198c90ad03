//! `freehold openapi`: the APIs' documents, from the same tables as the routers.

use std::process::ExitCode;

use freehold_clock::Clock;
use freehold_config::Config;
use freehold_control_plane::{
    AfarConfig, BackupConfig, ControlConfig, DomainsConfig, MailSender, Secrets, console_document,
};
use freehold_credentials::PasswordHasher;
use freehold_fleet::Upstreams;

use crate::layout;

pub(super) fn run(config: &Config, api: &str) -> anyhow::Result<ExitCode> {
    let document = match api {
        "site" => freehold_worker::site_document(),
        _ => console(config),
    };
    let document = document.map_err(|error| anyhow::anyhow!("{error}"))?;
    println!("{}", serde_json::to_string_pretty(&document)?);
    Ok(ExitCode::SUCCESS)
}

type Document = Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>>;

/// The control API's routes need their states, which need a folder; nothing is opened in it.
fn console(config: &Config) -> Document {
    let folder = tempfile::tempdir()?;
    let clock = Clock::system();
    console_document(&ControlConfig {
        postgres_for_new_sites: false,
        folder: folder.path().to_owned(),
        database: None,
        socket: folder.path().join("control.sock"),
        fleet_socket: folder.path().join("fleet.sock"),
        backup: BackupConfig {
            folder: folder.path().join("backups"),
            secrets: folder.path().to_owned(),
            every_hours: 0,
        },
        afar: AfarConfig::default(),
        upstreams: Upstreams::default(),
        local_usage: None,
        hosts: layout::hosts(&config.hosts, config.edge_listen.port())?,
        secrets: Secrets::load(folder.path(), None, &clock)?,
        mail: MailSender::Log { folder: folder.path().to_owned() },
        jobs_enabled: false,
        rate_limits_enabled: true,
        unverified_sites_max: 1,
        domains: DomainsConfig::default(),
        hasher: PasswordHasher::new()?,
        clock,
    })
}
