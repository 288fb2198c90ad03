//! One plane in a process of its own: control plane, worker or edge.
//!
//! Worker and edge start from the copy of what the control plane last said, where there is one;
//! only the very first start waits for it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_encoding::HEXLOWER;
use freehold_certificates::{Clients, Presented};
use freehold_clock::Clock;
use freehold_config::Config;
use freehold_control_plane::ControlPlane;
use freehold_credentials::{PasswordHasher, VerifyingKey};
use freehold_db::Migration;
use freehold_fleet::{
    Address, CONTRACT_VERSION, Introduction, JoinSecret, Member, Membership, ProcessRole,
    RouteFeed, Welcome, WrappingKey,
};
use freehold_proxy::{ControlSource, Edge, EdgeError, RouteSource};
use freehold_telemetry::PrivateServer;
use freehold_worker::{Worker, WorkerConfig};

use crate::error::PlatformError;
use crate::layout::{
    Layout, control_config, databases, hosts, objects, private_server, secrets, wrapping_key,
};
use crate::usage::Minutes;

/// A running control plane.
#[derive(Debug)]
pub struct ControlProcess {
    control: ControlPlane,
    private: PrivateServer,
    fleet_socket: PathBuf,
    operator_file: PathBuf,
    grace: Duration,
    _layout: Layout,
}

impl ControlProcess {
    /// Starts it; when it returns, workers and edges can connect. Until then, which is as long as
    /// another control plane leads their database, it is alive but not ready.
    ///
    /// # Errors
    /// [`PlatformError`] names the setting that does not work.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, PlatformError> {
        freehold_db::assert_version()?;
        let layout = Layout::take(&config)?;
        let hosts = hosts(&config.hosts, config.edge_listen.port())?;
        let secrets = secrets(&config, &layout, &clock)?;
        let operator_file = secrets.operator_file().to_owned();
        let hasher = PasswordHasher::new()?;
        let control = control_config(&config, &layout, &hosts, secrets, hasher, &clock);
        let fleet_socket = control.fleet_socket.clone();
        let is_ready = Arc::new(AtomicBool::new(false));
        let is_up = is_ready.clone();
        let private = private_server(&config, move || is_up.load(Ordering::Acquire)).await?;
        let control = ControlPlane::start(control, Vec::new(), RouteFeed::default()).await?;
        is_ready.store(true, Ordering::Release);
        let grace = Duration::from_secs(config.grace_seconds);
        Ok(Self { control, private, fleet_socket, operator_file, grace, _layout: layout })
    }

    /// Where workers and edges connect.
    pub fn fleet_socket(&self) -> &Path {
        &self.fleet_socket
    }

    /// Where the operator token lies.
    pub fn operator_file(&self) -> &Path {
        &self.operator_file
    }

    /// Where metrics and health are.
    pub const fn private_address(&self) -> SocketAddr {
        self.private.address()
    }

    /// Ready when another control plane leads their database.
    pub async fn superseded(&mut self) {
        self.control.superseded().await;
    }

    /// Ends what runs, then stops.
    pub async fn stop(self) {
        self.control.stop(self.grace).await;
        self.private.stop().await;
    }
}

/// A running worker.
#[derive(Debug)]
pub struct WorkerProcess {
    worker: Worker,
    minutes: Minutes,
    private: PrivateServer,
    id: String,
    grace: Duration,
    _layout: Layout,
}

impl WorkerProcess {
    /// Starts it; when it returns, it answers hand-overs for the tenants that it was told of.
    ///
    /// # Errors
    /// [`PlatformError`] names the setting that does not work.
    pub async fn start(
        config: Config,
        clock: Clock,
        tenant_migrations: &'static [Migration],
    ) -> Result<Self, PlatformError> {
        freehold_db::assert_version()?;
        let layout = Layout::take(&config)?;
        let address = match &config.worker_listen {
            Some((_, advertised)) => Address::Tls(advertised.clone()),
            None => Address::Unix(layout.worker_socket.clone()),
        };
        let called = (&config.worker_name, &config.worker_region);
        let mut member = member(&config, &layout, ProcessRole::Worker, called, Some(address));
        let wrapping_key = WrappingKey(wrapping_key(&config, &layout, &clock)?);
        member.introduction.wrapping_key = Some(wrapping_key.clone());
        let (told, assignments) = freehold_worker::Told::load(&layout.worker)?;
        let known = member.membership()?;
        let (membership, welcome, connected) = match (known, told.welcome()) {
            (Some(membership), Some(welcome)) => (membership, welcome, None),
            _ => {
                let connected = member.connect_first().await?;
                told.set_welcome(connected.welcome.clone());
                (connected.membership.clone(), connected.welcome.clone(), Some(connected))
            }
        };
        let id = membership.id.clone();
        let presented = presented(&config, &membership)?;
        let listen = config.worker_listen.as_ref().map(|(address, _)| *address);
        let minutes = Minutes::start(&layout.worker, &clock)?;
        let key = welcome.handover_key.clone().ok_or(PlatformError::Welcome("a hand-over key"))?;
        let mut worker = Worker::start(WorkerConfig {
            id: id.parse().map_err(|_| PlatformError::Welcome("a worker's id"))?,
            root: layout.tenants.clone(),
            open_tenants_max: config.worker.open_tenants_max,
            idle_close: Duration::from_secs(config.worker.idle_close_seconds),
            databases: databases(&config),
            cache_bytes_max: config.worker.cache_bytes_max,
            migrations: tenant_migrations,
            wrapping_key: wrapping_key.0.clone(),
            objects: objects(&config)?,
            socket: layout.worker_socket.clone(),
            listen: listen.zip(presented.clone()),
            key,
            ticket_key: ticket_key(&welcome)?,
            rate_limits_enabled: config.rate_limits_enabled,
            hasher: PasswordHasher::new()?,
            meter: minutes.meter(),
            clock,
        })
        .await?;
        worker.recall(assignments);
        worker.follow(member, told, connected, presented);
        let private = private_server(&config, || true).await?;
        let grace = Duration::from_secs(config.grace_seconds);
        Ok(Self { worker, minutes, private, id, grace, _layout: layout })
    }

    /// Its id in the fleet.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where metrics and health are.
    pub const fn private_address(&self) -> SocketAddr {
        self.private.address()
    }

    /// Ends what runs, closes every store, then stops.
    pub async fn stop(self) {
        self.worker.stop(self.grace).await;
        self.minutes.stop();
        self.private.stop().await;
    }
}

/// A running edge.
#[derive(Debug)]
pub struct EdgeProcess {
    edge: Edge,
    minutes: Minutes,
    private: PrivateServer,
    address: SocketAddr,
    grace: Duration,
    layout: Layout,
}

impl EdgeProcess {
    /// Starts it; when it returns, it accepts connections for the routes that it was told of.
    ///
    /// # Errors
    /// [`PlatformError`] names the setting that does not work.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, PlatformError> {
        let layout = Layout::take(&config)?;
        let listener = crate::edge::listener(&config)?;
        let address =
            listener.local_addr().map_err(|error| EdgeError::Listen(config.edge_listen, error))?;
        let called = (&config.edge_name, &config.edge_region);
        let member = member(&config, &layout, ProcessRole::Edge, called, None);
        let told = freehold_proxy::Told::load(&layout.edge)?;
        let (hosts, connected) = match (member.membership()?, told.welcome()) {
            (Some(membership), Some(welcome)) => {
                if let Some(identity) = membership.identity {
                    told.set_identity(identity);
                }
                (welcome.hosts.clone(), None)
            }
            _ => {
                let connected = member.connect_first().await?;
                (connected.welcome.hosts.clone(), Some(connected))
            }
        };
        let minutes = Minutes::start(&layout.edge, &clock)?;
        let edge_config = crate::edge::config(&config, hosts, clock, minutes.meter());
        let source = RouteSource::Control(Box::new(ControlSource { member, told, connected }));
        let edge = Edge::start(listener, edge_config, source);
        let private = private_server(&config, edge.readiness()).await?;
        let grace = Duration::from_secs(config.grace_seconds);
        Ok(Self { edge, minutes, private, address, grace, layout })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where metrics and health are.
    pub const fn private_address(&self) -> SocketAddr {
        self.private.address()
    }

    /// Accepts nothing more, ends what runs, then stops. Its successor may start as soon as it
    /// accepts nothing more: the folder and the private port are free by then.
    pub async fn stop(self) {
        let draining = self.edge.stop_accepting().await;
        // What its last requests use is the successor's folder's no more, and not counted.
        self.minutes.stop();
        self.private.stop().await;
        drop(self.layout);
        draining.finish(self.grace).await;
    }
}

/// What a process on this data folder is to the control plane, for a look from outside.
pub(crate) fn member_of(config: &Config, role: ProcessRole) -> Member {
    let (called, folder) = match role {
        ProcessRole::Worker => ((&config.worker_name, &config.worker_region), "worker"),
        ProcessRole::Edge => ((&config.edge_name, &config.edge_region), "edge"),
    };
    let own = config.data_dir.join("run/fleet.sock");
    new_member(config, own, config.data_dir.join(folder), role, called, None)
}

/// What this process is to the control plane.
fn member(
    config: &Config,
    layout: &Layout,
    role: ProcessRole,
    called: (&String, &String),
    address: Option<Address>,
) -> Member {
    let folder = match role {
        ProcessRole::Worker => layout.worker.clone(),
        ProcessRole::Edge => layout.edge.clone(),
    };
    new_member(config, layout.fleet_socket.clone(), folder, role, called, address)
}

fn new_member(
    config: &Config,
    own_socket: PathBuf,
    folder: PathBuf,
    role: ProcessRole,
    (name, region): (&String, &String),
    address: Option<Address>,
) -> Member {
    // The configuration has checked its form.
    let controls = config.fleet_controls.iter().filter_map(|text| Address::parse(text));
    let own = config.fleet_controls.is_empty().then_some(Address::Unix(own_socket));
    Member {
        controls: controls.chain(own).collect(),
        introduction: Introduction {
            version: CONTRACT_VERSION,
            role,
            name: name.clone(),
            region: region.clone(),
            address,
            public_key: None,
            databases: match role {
                ProcessRole::Worker => {
                    config.worker.databases.iter().map(|(name, _)| name.clone()).collect()
                }
                ProcessRole::Edge => Vec::new(),
            },
            wrapping_key: None,
        },
        folder,
        join_token: config.join_token.clone().map(JoinSecret),
    }
}

/// What a worker presents to edges of other hosts, where it listens to them.
fn presented(config: &Config, membership: &Membership) -> Result<Option<Presented>, PlatformError> {
    if config.worker_listen.is_none() {
        return Ok(None);
    }
    let identity = membership.identity.as_ref();
    let identity = identity.ok_or(PlatformError::Welcome("a certificate"))?;
    Ok(Some(Presented::new(identity, Clients::Certified)?))
}

fn ticket_key(welcome: &Welcome) -> Result<VerifyingKey, PlatformError> {
    let text = welcome.ticket_key.as_deref().unwrap_or_default();
    let bytes = HEXLOWER.decode(text.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(VerifyingKey::from_bytes).ok_or(PlatformError::Welcome("its ticket key"))
}
