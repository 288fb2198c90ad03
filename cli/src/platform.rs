//! The whole platform in one process: control plane, one worker, one edge.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use freehold_clock::Clock;
use freehold_config::Config;
use freehold_control_plane::{ControlPlane, JoinedWorker};
use freehold_credentials::PasswordHasher;
use freehold_db::Migration;
use freehold_fleet::{Address, Hosts, RouteFeed, UpstreamId};
use freehold_proxy::{Edge, EdgeError, RouteSource};
use freehold_telemetry::PrivateServer;
use freehold_worker::{Worker, WorkerConfig};

use crate::error::PlatformError;
use crate::layout::{
    Layout, control_config, databases, hosts, objects, private_server, secrets, worker_id,
    wrapping_key,
};
use crate::usage::Minutes;

/// A running platform.
#[derive(Debug)]
pub struct Platform {
    edge: Edge,
    worker: Worker,
    control: ControlPlane,
    minutes: Minutes,
    private: PrivateServer,
    address: SocketAddr,
    hosts: Hosts,
    operator_file: PathBuf,
    grace: Duration,
    _layout: Layout,
}

impl Platform {
    /// Starts every plane; when it returns, the edge accepts connections and knows every route.
    ///
    /// # Errors
    /// [`PlatformError`] names the setting that does not work.
    pub async fn start(config: Config, clock: Clock) -> Result<Self, PlatformError> {
        Self::start_with(config, clock, freehold_migrations::TENANT).await
    }

    /// [`Platform::start`] as a release with other schema changes of tenants' stores.
    ///
    /// # Errors
    /// As [`Platform::start`].
    pub async fn start_with(
        config: Config,
        clock: Clock,
        tenant_migrations: &'static [Migration],
    ) -> Result<Self, PlatformError> {
        freehold_db::assert_version()?;
        let layout = Layout::take(&config)?;
        let listener = crate::edge::listener(&config)?;
        let address =
            listener.local_addr().map_err(|error| EdgeError::Listen(config.edge_listen, error))?;
        let hosts = hosts(&config.hosts, address.port())?;
        let secrets = secrets(&config, &layout, &clock)?;
        let hasher = PasswordHasher::new()?;
        let feed = RouteFeed::default();
        let worker_id = worker_id(&layout, &clock)?;
        let minutes = Minutes::start(&layout.worker, &clock)?;
        let worker = Worker::start(WorkerConfig {
            id: worker_id,
            root: layout.tenants.clone(),
            open_tenants_max: config.worker.open_tenants_max,
            idle_close: Duration::from_secs(config.worker.idle_close_seconds),
            databases: databases(&config),
            cache_bytes_max: config.worker.cache_bytes_max,
            migrations: tenant_migrations,
            wrapping_key: wrapping_key(&config, &layout, &clock)?,
            objects: objects(&config)?,
            socket: layout.worker_socket.clone(),
            listen: None,
            key: secrets.handover_key(&UpstreamId(worker_id.to_string())),
            ticket_key: secrets.ticket_key().clone(),
            rate_limits_enabled: config.rate_limits_enabled,
            hasher: hasher.clone(),
            meter: minutes.meter(),
            clock: clock.clone(),
        })
        .await?;
        let joined = JoinedWorker {
            id: worker_id,
            name: config.worker_name.clone(),
            region: config.worker_region.clone(),
            address: Address::Unix(layout.worker_socket.clone()),
            link: Arc::new(worker.link()),
            databases: config.worker.databases.iter().map(|(name, _)| name.clone()).collect(),
        };
        let operator_file = secrets.operator_file().to_owned();
        let mut control = control_config(&config, &layout, &hosts, secrets, hasher, &clock);
        control.local_usage = Some((worker_id.to_string(), minutes.meter()));
        let upstreams = control.upstreams.clone();
        let control = ControlPlane::start(control, vec![joined], feed.clone()).await?;
        let edge_config = crate::edge::config(&config, hosts.clone(), clock, minutes.meter());
        let edge = Edge::start(listener, edge_config, RouteSource::Local { feed, upstreams });
        let private = private_server(&config, edge.readiness()).await?;
        Ok(Self {
            edge,
            worker,
            control,
            minutes,
            private,
            address,
            hosts,
            operator_file,
            grace: Duration::from_secs(config.grace_seconds),
            _layout: layout,
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

    /// Ready when another control plane leads its database.
    pub async fn superseded(&mut self) {
        self.control.superseded().await;
    }

    /// Stops from the outside in: no new requests, running ones end, then stores close.
    pub async fn stop(self) {
        self.edge.stop(self.grace).await;
        self.control.stop(self.grace).await;
        self.worker.stop(self.grace).await;
        self.minutes.stop();
        self.private.stop().await;
    }
}
