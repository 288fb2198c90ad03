//! What lies where below a data folder, and what every process does with it before it starts.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use freehold_clock::Clock;
use freehold_config::{Config, HostNames, Mail};
use freehold_control_plane::{
    AfarConfig, BackupConfig, ControlConfig, DomainsConfig, MailSender, Secrets,
};
use freehold_credentials::PasswordHasher;
use freehold_db::PostgresOptions;
use freehold_fleet::{Hostname, Hosts, Upstreams};
use freehold_ids::WorkerId;
use freehold_objects::{Bucket, Objects, ObjectsPlace};
use freehold_sealing::{Key, KeyId};
use freehold_telemetry::PrivateServer;

use crate::error::PlatformError;

/// Longest path of a Unix socket on Linux, less the terminating zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// The files and sockets below the data folder.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) secrets: PathBuf,
    pub(crate) control: PathBuf,
    pub(crate) worker: PathBuf,
    pub(crate) tenants: PathBuf,
    pub(crate) edge: PathBuf,
    mail: PathBuf,
    backups: PathBuf,
    pub(crate) control_socket: PathBuf,
    pub(crate) fleet_socket: PathBuf,
    pub(crate) worker_socket: PathBuf,
    /// Held until the process ends; another one cannot use the same folder.
    _lock: std::fs::File,
}

impl Layout {
    /// Takes a data folder for this process.
    pub(crate) fn take(config: &Config) -> Result<Self, PlatformError> {
        let lock = lock(&config.data_dir)?;
        let failed = |error| PlatformError::Data(config.data_dir.clone(), error);
        let root = config.data_dir.canonicalize().map_err(failed)?;
        let (run, worker, edge) = (root.join("run"), root.join("worker"), root.join("edge"));
        for folder in [&run, &worker, &edge] {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let layout = Self {
            secrets: root.join("secrets"),
            control: root.join("control"),
            tenants: worker.join("tenants"),
            worker,
            edge,
            mail: root.join("mail"),
            backups: root.join("backups"),
            control_socket: run.join("control.sock"),
            fleet_socket: run.join("fleet.sock"),
            worker_socket: run.join("worker.sock"),
            _lock: lock,
        };
        let longest = layout.control_socket.as_os_str().len();
        if longest > SOCKET_PATH_BYTES_MAX {
            return Err(PlatformError::SocketPath(root));
        }
        Ok(layout)
    }
}

/// How the control plane is set up.
pub(crate) fn control_config(
    config: &Config,
    layout: &Layout,
    hosts: &Hosts,
    secrets: Secrets,
    hasher: PasswordHasher,
    clock: &Clock,
) -> ControlConfig {
    ControlConfig {
        folder: layout.control.clone(),
        database: config.control_database.clone().map(PostgresOptions::at),
        socket: layout.control_socket.clone(),
        fleet_socket: layout.fleet_socket.clone(),
        backup: BackupConfig {
            folder: config.backup_dir.clone().unwrap_or_else(|| layout.backups.clone()),
            secrets: layout.secrets.clone(),
            every_hours: config.backup_hours,
        },
        afar: AfarConfig { fleet: config.fleet_listen, handover: config.control_listen.clone() },
        upstreams: Upstreams::default(),
        local_usage: None,
        hosts: hosts.clone(),
        secrets,
        mail: match &config.mail {
            Mail::Log => MailSender::Log { folder: layout.mail.clone() },
            Mail::Smtp { url, from } => MailSender::Smtp { url: url.clone(), from: from.clone() },
        },
        jobs_enabled: config.jobs_enabled,
        rate_limits_enabled: config.rate_limits_enabled,
        postgres_for_new_sites: config.postgres_for_new_sites,
        unverified_sites_max: config.unverified_sites_max,
        domains: DomainsConfig {
            trust_reserved_names: config.trust_reserved_names,
            resolver: config.domains_resolver,
        },
        hasher,
        clock: clock.clone(),
    }
}

/// The Postgres databases that may hold tenants.
pub(crate) fn databases(config: &Config) -> Vec<(String, PostgresOptions)> {
    let connections_max = config.worker.database_connections_max;
    let named = config.worker.databases.iter();
    named
        .map(|(name, url)| (name.clone(), PostgresOptions { url: url.clone(), connections_max }))
        .collect()
}

/// Object storage as configured; without a word a folder below the data folder.
pub(crate) fn objects(config: &Config) -> Result<Objects, PlatformError> {
    let place = match &config.objects {
        None => ObjectsPlace::Folder(config.data_dir.join("objects")),
        Some(bucket) => {
            let parsed = Bucket::parse_url(&bucket.url);
            let (name, prefix) = parsed.map_err(|e| PlatformError::ObjectsUrl(e.to_string()))?;
            ObjectsPlace::Bucket(Bucket {
                name,
                prefix,
                endpoint: bucket.endpoint.clone(),
                region: bucket.region.clone(),
                access_key_id: bucket.access_key_id.clone(),
                secret_access_key: bucket.secret_access_key.clone(),
            })
        }
    };
    Ok(Objects::open(&place)?)
}

/// Starts the private server of metrics and health.
pub(crate) async fn private_server(
    config: &Config,
    ready: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<PrivateServer, PlatformError> {
    let listen = config.metrics_listen;
    let metrics = freehold_telemetry::start_metrics();
    PrivateServer::start(listen, metrics, Arc::new(ready))
        .await
        .map_err(|error| PlatformError::Private(listen, error))
}

/// The host families, parsed.
pub(crate) fn hosts(names: &HostNames, edge_port: u16) -> Result<Hosts, PlatformError> {
    let name = |key, text: &str| Hostname::parse(text).map_err(|_| PlatformError::Host(key));
    let port = names.port.unwrap_or(edge_port);
    let default = if names.scheme == "https" { 443 } else { 80 };
    Ok(Hosts {
        console: name("console", &names.console)?,
        sites: name("sites", &names.sites)?,
        admin: name("admin", &names.admin)?,
        media: name("media", &names.media)?,
        scheme: names.scheme.clone(),
        port: (port != default).then_some(port),
    })
}

/// Takes the data folder for this process.
fn lock(root: &Path) -> Result<std::fs::File, PlatformError> {
    let failed = |error| PlatformError::Data(root.to_owned(), error);
    // What lies below holds password hashes and keys: it is this user's alone.
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true).mode(0o700).create(root).map_err(failed)?;
    let file = std::fs::OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(root.join("lock"))
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(PlatformError::InUse(root.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The installation's secrets, made at the first start.
pub(crate) fn secrets(
    config: &Config,
    layout: &Layout,
    clock: &Clock,
) -> Result<Secrets, PlatformError> {
    Ok(Secrets::load(&layout.secrets, config.master_key_file.as_deref(), clock)?)
}

/// Under which the worker on a data folder is told the keys of its tenants, made at the first start.
pub(crate) fn wrapping_key(
    config: &Config,
    layout: &Layout,
    clock: &Clock,
) -> Result<Key, PlatformError> {
    let own = layout.worker.join("wrapping-key");
    let file = config.worker.wrapping_key_file.as_ref().unwrap_or(&own);
    let make = || (KeyId::from_random(clock.random()), Key::from_random(clock.random()));
    let ring = freehold_sealing::load_or_make(file, make)?;
    // A file of keys is never empty.
    Ok(ring.newest().map(|(_, key)| key.clone()).unwrap_or_else(|| make().1))
}

/// The id of the worker in the control plane's own process, made at the first start.
pub(crate) fn worker_id(layout: &Layout, clock: &Clock) -> Result<WorkerId, PlatformError> {
    let file = layout.worker.join("id");
    let fresh = || Ok(WorkerId::from_random(clock.random_bits()).to_string());
    let id = freehold_sealing::read_or_make(&file, fresh)
        .and_then(|text| text.parse().map_err(std::io::Error::other));
    id.map_err(|error| PlatformError::Data(file, error))
}
