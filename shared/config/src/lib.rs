//! Configuration: read once, typed, with the origin of every value.
//!
//! Defaults stand in one commented file that is compiled in; a file, the environment and flags
//! override them in that order. Every mistake of every layer is reported at once.

mod layers;
mod mail;
mod settings;

use std::net::SocketAddr;
use std::path::PathBuf;

use ipnet::IpNet;

pub use layers::{Origin, Setting, Sources};
pub use mail::Mail;
pub use settings::{HostNames, LogFormat, ProxySource};

/// The defaults with their explanations, as `freehold config show --defaults` prints them.
pub const DEFAULTS: &str = include_str!("config.default.toml");

/// A setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} ({origin}): {message}")]
pub struct Problem {
    /// The setting, such as `edge.listen`.
    pub key: String,
    /// Where its value came from.
    pub origin: String,
    /// What was expected.
    pub message: String,
}

/// How a worker keeps its tenants.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// Open tenants at most.
    pub open_tenants_max: usize,
    /// The Postgres databases that may hold tenants, by name: their URLs, which are secrets.
    pub databases: Vec<(String, String)>,
    /// The file of its wrapping key; `None` for one below the data folder.
    pub wrapping_key_file: Option<PathBuf>,
    /// Connections to each of them at most.
    pub database_connections_max: u32,
    /// Seconds for which a tenant stays open that nobody uses.
    pub idle_close_seconds: u64,
    /// Bytes of public answers that are kept at most; 0 keeps none.
    pub cache_bytes_max: u64,
}

/// A bucket for objects, as configured.
#[derive(Clone)]
pub struct BucketSettings {
    /// `s3://BUCKET/PREFIX`.
    pub url: String,
    /// The server's URL; `None` for that of AWS.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Who asks.
    pub access_key_id: String,
    /// What requests are signed with; a secret.
    pub secret_access_key: String,
}

impl std::fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BucketSettings({})", self.url)
    }
}

/// The whole configuration of a process.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of everything that is kept.
    pub data_dir: PathBuf,
    /// The address that browsers reach.
    pub edge_listen: SocketAddr,
    /// The largest request body in bytes.
    pub body_bytes_max: u64,
    /// The edge's name.
    pub edge_name: String,
    /// The edge's region.
    pub edge_region: String,
    /// Where processes find the control planes, as `unix:/path` or `tls://host:port`; none for the
    /// socket below the data folder.
    pub fleet_controls: Vec<String>,
    /// Where the control plane takes connections of other hosts' processes.
    pub fleet_listen: Option<SocketAddr>,
    /// Where the console takes hand-overs of other hosts' edges, and what it is called there.
    pub control_listen: Option<(SocketAddr, String)>,
    /// Where the worker takes hand-overs of other hosts' edges, and what it is called there.
    pub worker_listen: Option<(SocketAddr, String)>,
    /// With this a process joins the fleet.
    pub join_token: Option<String>,
    /// Requests of one tenant in flight at most.
    pub tenant_in_flight_max: usize,
    /// Bytes of sites' answers that the edge keeps at most.
    pub cache_bytes_max: u64,
    /// The networks of the proxies whose word about clients is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How these proxies tell who their client is.
    pub trusted_proxy_source: ProxySource,
    /// The host families.
    pub hosts: HostNames,
    /// The URL of the control plane's Postgres database; `None` for a file.
    pub control_database: Option<String>,
    /// Whether this process runs background jobs.
    pub jobs_enabled: bool,
    /// Hours between two backups of the control plane; 0 for none.
    pub backup_hours: u64,
    /// Where they go; `None` for the folder below the data folder.
    pub backup_dir: Option<PathBuf>,
    /// The file of the master key; `None` for one below the data folder.
    pub master_key_file: Option<PathBuf>,
    /// Sites before an address is verified.
    pub unverified_sites_max: u64,
    /// The worker's name.
    pub worker_name: String,
    /// The worker's region.
    pub worker_region: String,
    /// Whether reserved names become domains of a site without a proof.
    pub trust_reserved_names: bool,
    /// Whether new sites are kept in Postgres, and not in files.
    pub postgres_for_new_sites: bool,
    /// The DNS server that is asked for domains' records; `None` for the system's.
    pub domains_resolver: Option<SocketAddr>,
    /// How a worker keeps its tenants.
    pub worker: WorkerSettings,
    /// The bucket of objects; `None` for a folder.
    pub objects: Option<BucketSettings>,
    /// How mail leaves.
    pub mail: Mail,
    /// Whether rates are limited.
    pub rate_limits_enabled: bool,
    /// The private address of metrics and health.
    pub metrics_listen: SocketAddr,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written.
    pub log_filter: String,
    /// Seconds that running work may take at the end.
    pub grace_seconds: u64,
    /// Each setting with its value and origin, in the order of the defaults.
    pub settings: Vec<Setting>,
}

impl Config {
    /// Reads every layer.
    ///
    /// # Errors
    /// Every [`Problem`] of every layer.
    pub fn load(sources: &Sources) -> Result<Self, Vec<Problem>> {
        let (settings, mut problems) = layers::merge(sources);
        let config = settings::read(settings, &mut problems);
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems),
        }
    }
}
