//! The whole platform in one process: control plane, one worker, one edge.

use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use freehold_clock::Clock;
use freehold_config::{Config, HostNames, Mail};
use freehold_control_plane::{
    ControlConfig, ControlError, ControlPlane, JoinedWorker, MailSender, Secrets, SecretsError,
};
use freehold_credentials::{HashError, PasswordHasher};
use freehold_fleet::{Address, HandOverKey, Hostname, Hosts, RouteFeed, Upstream, UpstreamId};
use freehold_ids::WorkerId;
use freehold_proxy::{Edge, EdgeError};
use freehold_telemetry::PrivateServer;
use freehold_worker::{Worker, WorkerConfig, WorkerError};

/// Longest path of a Unix socket on Linux, less the terminating zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;

/// Why the platform cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// A host name that is none.
    #[error("hosts.{0}: expected a hostname such as sites.example")]
    Host(&'static str),
    /// The data folder cannot be used.
    #[error("data.dir {path}: {error}", path = .0.display(), error = .1)]
    Data(PathBuf, std::io::Error),
    /// The data folder's path is too long for sockets below it.
    #[error("data.dir {path}: the path is too long for the sockets below it", path = .0.display())]
    SocketPath(PathBuf),
    /// Another process uses the folder.
    #[error("data.dir {path}: another process uses it", path = .0.display())]
    InUse(PathBuf),
    /// The private address cannot be bound.
    #[error("metrics.listen {0}: {1}")]
    Private(SocketAddr, std::io::Error),
    /// A secret cannot be read or made.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// Passwords cannot be hashed on this machine.
    #[error(transparent)]
    Hasher(#[from] HashError),
    /// The linked SQLite is too old, or the like.
    #[error(transparent)]
    Database(#[from] freehold_db::DbError),
    /// The edge cannot start.
    #[error(transparent)]
    Edge(#[from] EdgeError),
    /// The worker cannot start.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The control plane cannot start.
    #[error(transparent)]
    Control(#[from] ControlError),
}

/// A running platform.
#[derive(Debug)]
pub struct Platform {
    edge: Edge,
    worker: Worker,
    control: ControlPlane,
    private: PrivateServer,
    address: SocketAddr,
    hosts: Hosts,
    operator_file: PathBuf,
    grace: Duration,
    /// Held until the process ends; another one cannot use the same folder.
    _lock: std::fs::File,
}

/// The files and sockets below the data folder.
struct Layout {
    secrets: PathBuf,
    control: PathBuf,
    worker: PathBuf,
    worker_id: PathBuf,
    mail: PathBuf,
    control_socket: PathBuf,
    worker_socket: PathBuf,
}

impl Layout {
    fn below(root: &Path) -> Result<Self, PlatformError> {
        let run = root.join("run");
        let failed = |error| PlatformError::Data(root.to_owned(), error);
        for folder in [&run, &root.join("worker")] {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let layout = Self {
            secrets: root.join("secrets"),
            control: root.join("control"),
            worker: root.join("worker/tenants"),
            worker_id: root.join("worker/id"),
            mail: root.join("mail"),
            control_socket: run.join("control.sock"),
            worker_socket: run.join("worker.sock"),
        };
        let longest = layout.control_socket.as_os_str().len();
        if longest > SOCKET_PATH_BYTES_MAX {
            return Err(PlatformError::SocketPath(root.to_owned()));
        }
        Ok(layout)
    }
}

impl Platform {
    /// Starts every plane; when it returns, the edge accepts connections and knows every route.
    ///
    /// # Errors
    /// [`PlatformError`] names the setting that does not work.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, PlatformError> {
        freehold_db::assert_version()?;
        let lock = lock(&config.data_dir)?;
        let root = config.data_dir.canonicalize();
        let root = root.map_err(|error| PlatformError::Data(config.data_dir.clone(), error))?;
        let layout = Layout::below(&root)?;
        let listener = freehold_proxy::bind(config.edge_listen)?;
        let address =
            listener.local_addr().map_err(|error| EdgeError::Listen(config.edge_listen, error))?;
        let hosts = hosts(&config.hosts, address.port())?;
        let secrets = Secrets::load(&layout.secrets, &clock)?;
        let hasher = PasswordHasher::new()?;
        // Keys of hand-overs live as long as this process: nobody else uses them.
        let (worker_key, control_key) = (fresh_key(&clock), fresh_key(&clock));
        let feed = RouteFeed::default();
        let worker_id = worker_id(&layout.worker_id, &clock)
            .map_err(|error| PlatformError::Data(root.clone(), error))?;
        let worker = Worker::start(WorkerConfig {
            id: worker_id,
            root: layout.worker.clone(),
            open_tenants_max: config.open_tenants_max,
            socket: layout.worker_socket.clone(),
            key: worker_key.clone(),
            ticket_key: secrets.ticket_key().clone(),
            rate_limits_enabled: config.rate_limits_enabled,
            hasher: hasher.clone(),
            clock: clock.clone(),
        })
        .await?;
        let joined = JoinedWorker {
            id: worker_id,
            name: config.worker_name.clone(),
            region: config.worker_region.clone(),
            link: Arc::new(worker.link()),
        };
        let operator_file = secrets.operator_file().to_owned();
        let control =
            control_config(&config, &layout, &hosts, secrets, hasher, &clock, &control_key);
        let control = ControlPlane::start(control, vec![joined], feed.clone()).await?;
        let upstream = |id, socket: &Path, key| Upstream {
            id,
            address: Address::Unix(socket.to_owned()),
            key,
        };
        let upstreams = vec![
            upstream(UpstreamId::control(), &layout.control_socket, control_key),
            upstream(UpstreamId(worker_id.to_string()), &layout.worker_socket, worker_key),
        ];
        let edge_config = crate::edge::config(&config, hosts.clone(), clock);
        let edge = Edge::start(listener, edge_config, upstreams, feed);
        let private = private_server(&config, &edge).await?;
        Ok(Self {
            edge,
            worker,
            control,
            private,
            address,
            hosts,
            operator_file,
            grace: Duration::from_secs(config.grace_seconds),
            _lock: lock,
        })
    }

    /// Where the edge listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics and health are.
    pub const fn private_address(&self) -> SocketAddr {
        self.private.address()
    }

    /// The public origin of the console.
    pub fn console_url(&self) -> String {
        self.hosts.origin(&self.hosts.console)
    }

    /// Where the operator token lies.
    pub fn operator_file(&self) -> &Path {
        &self.operator_file
    }

    /// Stops from the outside in: no new requests, running ones end, then stores close.
    pub async fn stop(self) {
        self.edge.stop(self.grace).await;
        self.control.stop(self.grace).await;
        self.worker.stop(self.grace).await;
        self.private.stop();
    }
}

fn fresh_key(clock: &Clock) -> HandOverKey {
    HandOverKey::from_secret(clock.random())
}

fn control_config(
    config: &Config,
    layout: &Layout,
    hosts: &Hosts,
    secrets: Secrets,
    hasher: PasswordHasher,
    clock: &Clock,
    key: &HandOverKey,
) -> ControlConfig {
    ControlConfig {
        folder: layout.control.clone(),
        socket: layout.control_socket.clone(),
        key: key.clone(),
        hosts: hosts.clone(),
        secrets,
        mail: match &config.mail {
            Mail::Log => MailSender::Log { folder: layout.mail.clone() },
            Mail::Smtp { url, from } => MailSender::Smtp { url: url.clone(), from: from.clone() },
        },
        jobs_enabled: config.jobs_enabled,
        rate_limits_enabled: config.rate_limits_enabled,
        unverified_sites_max: config.unverified_sites_max,
        hasher,
        clock: clock.clone(),
    }
}

async fn private_server(config: &Config, edge: &Edge) -> Result<PrivateServer, PlatformError> {
    let listen = config.metrics_listen;
    let metrics = freehold_telemetry::start_metrics();
    PrivateServer::start(listen, metrics, Arc::new(edge.readiness()))
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

/// The worker's id, made at the first start.
fn worker_id(file: &Path, clock: &Clock) -> std::io::Result<WorkerId> {
    match std::fs::read_to_string(file) {
        Ok(text) => text.trim().parse().map_err(std::io::Error::other),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let id = WorkerId::from_random(clock.random_bits());
            let unfinished = file.with_extension("new");
            let mut fresh = std::fs::File::create(&unfinished)?;
            writeln!(fresh, "{id}")?;
            fresh.sync_all()?;
            std::fs::rename(&unfinished, file)?;
            if let Some(folder) = file.parent() {
                std::fs::File::open(folder)?.sync_all()?;
            }
            Ok(id)
        }
        Err(error) => Err(error),
    }
}
