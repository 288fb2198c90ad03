//! `freehold doctor`: is everything in order on this machine?

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use freehold_clock::{Clock, UnixMs};
use freehold_config::Config;
use freehold_db::PostgresOptions;
use freehold_fleet::ProcessRole;
use serde_json::json;

/// Less free space than this is worth a warning.
const DISK_FREE_BYTES_MIN: u64 = 1 << 30;
/// Fewer descriptors than this are worth a warning.
const DESCRIPTORS_MIN: u64 = 8_192;
/// An older backup is worth a warning.
const BACKUP_AGE_HOURS_MAX: u64 = 48;
/// No clock that is right shows an earlier time: 2026-01-01.
const CLOCK_EARLIEST: UnixMs = UnixMs(1_767_225_600_000);
/// How long a running platform may take to say that it is ready.
const READY_SECONDS_MAX: u64 = 2;
/// How long a database server may take to answer.
const DATABASE_SECONDS_MAX: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grade {
    Ok,
    Warn,
    Fail,
}

impl Grade {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

struct Finding {
    check: &'static str,
    grade: Grade,
    message: String,
}

fn finding(check: &'static str, grade: Grade, message: impl Into<String>) -> Finding {
    Finding { check, grade, message: message.into() }
}

pub(super) async fn run(config: &Config, as_json: bool) -> anyhow::Result<ExitCode> {
    let running = is_running(config).await;
    let role = Role::of(&config.data_dir);
    let mut findings = vec![
        data_folder(&config.data_dir),
        disk(&config.data_dir),
        sqlite(),
        database(config).await,
        descriptors(),
        clock(),
        platform(config, running),
        limits(config),
    ];
    let keeps_sites = role == Role::Worker || config.data_dir.join("worker/id").exists();
    if keeps_sites {
        findings.push(objects(config).await);
    }
    match role {
        Role::Worker | Role::Edge => findings.push(membership(config, role).await),
        Role::Control => findings.push(backups(config)),
    }
    if role != Role::Worker {
        findings.push(port(config, running));
    }
    if role == Role::Control {
        findings.push(secrets(&config.data_dir));
        findings.push(master_key(config));
    }
    let failed = findings.iter().any(|finding| finding.grade == Grade::Fail);
    if as_json {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| json!({"check": f.check, "state": f.grade.as_str(), "message": f.message}))
            .collect();
        println!("{}", json!({"ok": !failed, "checks": rows}));
    } else {
        for finding in &findings {
            println!("{:5} {:14} {}", finding.grade.as_str(), finding.check, finding.message);
        }
    }
    Ok(if failed { ExitCode::from(super::FAILED) } else { ExitCode::SUCCESS })
}

/// What runs on a data folder, judged by what lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The control plane, alone or with the others.
    Control,
    /// A worker alone.
    Worker,
    /// An edge alone.
    Edge,
}

impl Role {
    fn of(root: &Path) -> Self {
        if root.join("worker/membership").exists() {
            Self::Worker
        } else if root.join("edge/membership").exists() {
            Self::Edge
        } else {
            Self::Control
        }
    }
}

/// A worker or an edge: who it is, and whether the control plane takes it.
async fn membership(config: &Config, role: Role) -> Finding {
    let member = match role {
        Role::Worker => crate::processes::member_of(config, ProcessRole::Worker),
        Role::Edge | Role::Control => crate::processes::member_of(config, ProcessRole::Edge),
    };
    let known = match member.membership() {
        Ok(Some(known)) => known,
        Ok(None) => return finding("fleet", Grade::Fail, "it never joined"),
        Err(error) => return finding("fleet", Grade::Fail, error.to_string()),
    };
    match member.reach().await {
        Ok(()) => finding("fleet", Grade::Ok, format!("{} reaches the control plane", known.id)),
        Err(error) => {
            let message = format!("{} serves what it was told before: {error}", known.id);
            finding("fleet", Grade::Warn, message)
        }
    }
}

/// Whether sites can be claimed where they are to be.
async fn objects(config: &Config) -> Finding {
    let place = config.objects.as_ref().map_or("a folder of its own", |bucket| &bucket.url);
    let storage = match crate::layout::objects(config) {
        Ok(storage) => storage,
        Err(error) => return finding("objects", Grade::Fail, error.to_string()),
    };
    let name = format!("doctor-{:032x}", Clock::system().random_bits());
    match storage.probe(&name).await {
        Ok(()) => finding("objects", Grade::Ok, format!("sites can be claimed in {place}")),
        Err(error) => finding("objects", Grade::Fail, error.to_string()),
    }
}

/// Whether there is a fresh backup of the control plane.
fn backups(config: &Config) -> Finding {
    let folder = config.backup_dir.clone().unwrap_or_else(|| config.data_dir.join("backups"));
    let newest = std::fs::read_dir(&folder).ok().and_then(|entries| {
        entries.flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
    });
    let Some(newest) = newest else {
        return finding("backups", Grade::Warn, format!("none in {}", folder.display()));
    };
    let hours = newest.elapsed().map_or(0, |age| age.as_secs() / 3_600);
    let grade = if hours > BACKUP_AGE_HOURS_MAX { Grade::Warn } else { Grade::Ok };
    finding("backups", grade, format!("the newest is {hours} hours old"))
}

fn data_folder(root: &Path) -> Finding {
    if !root.exists() {
        return finding(
            "data",
            Grade::Warn,
            format!("{} is made at the first start", root.display()),
        );
    }
    let mode = root.metadata().map_or(0, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        let message = format!("others can look into {}; chmod 700 it", root.display());
        return finding("data", Grade::Warn, message);
    }
    let probe = root.join(".doctor");
    let written = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => finding("data", Grade::Ok, format!("{} can be written", root.display())),
        Err(error) => finding("data", Grade::Fail, format!("{}: {error}", root.display())),
    }
}

fn disk(root: &Path) -> Finding {
    let nearest = root.ancestors().find(|folder| folder.exists()).unwrap_or(root);
    match fs4::available_space(nearest) {
        Ok(free) if free >= DISK_FREE_BYTES_MIN => {
            finding("disk", Grade::Ok, format!("{} MiB free", free >> 20))
        }
        Ok(free) => finding("disk", Grade::Warn, format!("only {} MiB free", free >> 20)),
        Err(error) => finding("disk", Grade::Warn, error.to_string()),
    }
}

/// Secrets must not be readable by others. While they lie beside the data, a copy of one is a
/// copy of both.
fn secrets(root: &Path) -> Finding {
    let folder = root.join("secrets");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return finding("secrets", Grade::Warn, "none yet; made at the first start");
    };
    for entry in entries.flatten() {
        let mode = entry.metadata().map_or(0, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 {
            let message = format!("{} can be read by others", entry.path().display());
            return finding("secrets", Grade::Fail, message);
        }
    }
    finding("secrets", Grade::Ok, "readable by this user alone")
}

/// While the master key lies beside the data, who copies one has the other.
fn master_key(config: &Config) -> Finding {
    let check = "master-key";
    let beside = config.data_dir.join("secrets/master-key");
    let file = config.master_key_file.as_ref().unwrap_or(&beside);
    let Ok(metadata) = file.metadata() else {
        let message = format!("{} is not there; the first start makes one", file.display());
        return finding(check, Grade::Warn, message);
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        return finding(check, Grade::Fail, format!("{} can be read by others", file.display()));
    }
    let inside = config.data_dir.canonicalize().and_then(|data| {
        let folder = file.canonicalize()?;
        Ok(folder.starts_with(data))
    });
    if inside.unwrap_or(true) {
        let message = "it lies beside the data: a copy of the folder opens every site's secrets \
                       (control.master_key_file)";
        return finding(check, Grade::Warn, message);
    }
    finding(check, Grade::Ok, format!("{} lies apart from the data", file.display()))
}

fn sqlite() -> Finding {
    match freehold_db::assert_version() {
        Ok(()) => finding("sqlite", Grade::Ok, "the linked version has no known corruption bug"),
        Err(error) => finding("sqlite", Grade::Fail, error.to_string()),
    }
}

async fn database(config: &Config) -> Finding {
    let Some(url) = &config.control_database else {
        return finding("database", Grade::Ok, "SQLite, in the data folder");
    };
    let options = PostgresOptions::at(url.clone());
    let asked = freehold_db::examine_server(&options);
    match tokio::time::timeout(Duration::from_secs(DATABASE_SECONDS_MAX), asked).await {
        Ok(Ok(server)) if server.loses_writes_by.is_empty() => {
            finding("database", Grade::Ok, format!("Postgres {}", server.version))
        }
        Ok(Ok(server)) => {
            let settings = server.loses_writes_by.join(", ");
            let message = format!("answered writes may be lost: the server has {settings} off");
            finding("database", Grade::Warn, message)
        }
        Ok(Err(error)) => finding("database", Grade::Fail, format!("control.database: {error}")),
        Err(_) => finding("database", Grade::Fail, "control.database: the server does not answer"),
    }
}

fn descriptors() -> Finding {
    match rlimit::getrlimit(rlimit::Resource::NOFILE) {
        Ok((_, hard)) if hard >= DESCRIPTORS_MIN => {
            finding("descriptors", Grade::Ok, format!("up to {hard}"))
        }
        Ok((_, hard)) => {
            let message = format!("only {hard}; raise the limit for many open tenants");
            finding("descriptors", Grade::Warn, message)
        }
        Err(error) => finding("descriptors", Grade::Warn, error.to_string()),
    }
}

fn clock() -> Finding {
    let now = Clock::system().now();
    if now < CLOCK_EARLIEST {
        return finding("clock", Grade::Fail, format!("it shows {}", now.rfc3339()));
    }
    finding("clock", Grade::Ok, now.rfc3339())
}

fn port(config: &Config, running: bool) -> Finding {
    let address = config.edge_listen;
    if running {
        return finding("port", Grade::Ok, format!("{address} is served by the running platform"));
    }
    match TcpListener::bind(address) {
        Ok(_) => finding("port", Grade::Ok, format!("{address} is free")),
        Err(error) => finding("port", Grade::Fail, format!("{address}: {error}")),
    }
}

async fn is_running(config: &Config) -> bool {
    let url = format!("http://{}/readyz", config.metrics_listen);
    let client =
        reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(READY_SECONDS_MAX));
    let Ok(client) = client.build() else { return false };
    client.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
}

fn platform(config: &Config, running: bool) -> Finding {
    let address = config.metrics_listen;
    if running {
        finding("platform", Grade::Ok, format!("ready, says http://{address}/readyz"))
    } else {
        finding("platform", Grade::Warn, format!("not running: http://{address}/readyz is silent"))
    }
}

fn limits(config: &Config) -> Finding {
    if config.rate_limits_enabled {
        return finding("limits", Grade::Ok, "rates are limited");
    }
    finding("limits", Grade::Warn, "limits.enabled is false; for tests on one machine only")
}
