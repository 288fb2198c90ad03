//! A running worker: its socket, its router and its stores, started and stopped as one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use freehold_api::{ApiError, Route, finish_answers, serve};
use freehold_certificates::{Presented, TlsListener};
use freehold_clock::Clock;
use freehold_credentials::{PasswordHasher, VerifyingKey};
use freehold_db::{Migration, PostgresOptions};
use freehold_fleet::wire;
use freehold_fleet::{Assignment, Connected, HandOverKey, Member, Meter, UpstreamId};
use freehold_identity::IdentityConfig;
use freehold_ids::WorkerId;
use freehold_kernel::jobs::{Keeper, Plan, PlanError};
use freehold_kernel::{Catalogue, Module, StoreError, Tenants, TenantsConfig};
use freehold_objects::Objects;
use freehold_sealing::Key;
use freehold_site::{Theme, ThemeError};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

use crate::admin::admin;
use crate::admission::{Gate, admit};
use crate::cache::PublicCache;
use crate::link::LocalLink;
use crate::member::{Session, Told};
use crate::modules;
use crate::public::stamp;
use crate::runner::Turns;
use crate::versions::{Offer, offer};

/// How a worker is set up.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Its id in the fleet.
    pub id: WorkerId,
    /// The folder of its tenants' stores.
    pub root: PathBuf,
    /// Stores open at once at most.
    pub open_tenants_max: usize,
    /// How long a store stays open that nobody uses.
    pub idle_close: Duration,
    /// The Postgres databases that may hold stores, by name.
    pub databases: Vec<(String, PostgresOptions)>,
    /// The schema changes of stores, in order.
    pub migrations: &'static [Migration],
    /// Under which it is told the keys of its tenants; its own, from a file of its own.
    pub wrapping_key: Key,
    /// Where it claims tenants.
    pub objects: Objects,
    /// The Unix socket that takes hand-overs.
    pub socket: PathBuf,
    /// Where edges of other hosts hand requests over, over TLS, and what the worker presents.
    pub listen: Option<(SocketAddr, Presented)>,
    /// Bytes of public answers that are kept for others at most; 0 keeps none.
    pub cache_bytes_max: u64,
    /// Verifies hand-overs.
    pub key: HandOverKey,
    /// Verifies the control plane's sign-in tickets.
    pub ticket_key: VerifyingKey,
    /// Whether sign-ins and the like are limited.
    pub rate_limits_enabled: bool,
    /// Hashes passwords; shared with whoever else does in this process.
    pub hasher: PasswordHasher,
    /// Counts what tenants use.
    pub meter: Meter,
    /// Time and randomness.
    pub clock: Clock,
}

/// Why a worker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The folder of the stores cannot be used.
    #[error("worker.root: {0}")]
    Root(#[from] StoreError),
    /// The socket cannot be bound.
    #[error("worker.socket {0}: {1}")]
    Socket(PathBuf, std::io::Error),
    /// The address for edges of other hosts cannot be bound.
    #[error("worker.listen {0}: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// The modules' work does not go together.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The default theme is broken.
    #[error(transparent)]
    Theme(#[from] ThemeError),
}

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    tenants: Tenants,
    link: LocalLink,
    stopping: CancellationToken,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
    session: Option<JoinHandle<()>>,
    turns: Turns,
    keeper: Keeper,
    meter: Meter,
}

impl Worker {
    /// Prepares the stores' folder and starts to take hand-overs.
    ///
    /// # Errors
    /// [`WorkerError`] names the setting that does not work.
    pub async fn start(config: WorkerConfig) -> Result<Self, WorkerError> {
        let tenants_config = TenantsConfig {
            root: config.root.clone(),
            open_max: config.open_tenants_max,
            idle_close: config.idle_close,
            databases: config.databases.clone(),
            migrations: config.migrations,
            wrapping_key: config.wrapping_key,
            claims: (config.objects, config.id),
        };
        let tenants = Tenants::new(tenants_config, config.clock.clone()).await?;
        let theme = Arc::new(Theme::new()?);
        let identity = IdentityConfig {
            hasher: config.hasher.clone(),
            ticket_key: config.ticket_key.clone(),
            rate_limits_enabled: config.rate_limits_enabled,
        };
        let modules = modules::all(identity, theme.clone());
        let seeds = modules.iter().filter_map(|module| module.seed).collect();
        let secrets = modules.iter().flat_map(|module| module.secrets).copied().collect();
        let plan = Arc::new(Plan::of(&modules)?);
        let stopping = CancellationToken::new();
        let versions = tenants.versions().clone();
        let (key, clock) = (config.key.clone(), config.clock.clone());
        let told = Offer::new(versions, key, clock, stopping.clone());
        let gate = Gate {
            id: UpstreamId(config.id.to_string()),
            tenants: tenants.clone(),
            key: config.key,
            clock: config.clock.clone(),
            meter: config.meter.clone(),
            cache: PublicCache::new(config.cache_bytes_max, tenants.clone()),
            catalogue: Arc::new(Catalogue::of(modules.iter())),
        };
        let router = router(modules, theme, gate);
        let router = router.layer(axum::middleware::from_fn_with_state(told, offer));
        let listener = wire::listen_unix(&config.socket)
            .map_err(|error| WorkerError::Socket(config.socket.clone(), error))?;
        let mut servers = vec![serve(listener, router.clone(), stopping.clone().cancelled_owned())];
        if let Some((address, presented)) = config.listen {
            let afar = TlsListener::bind(address, presented)
                .await
                .map_err(|error| WorkerError::Listen(address, error))?;
            servers.push(serve(afar, router, stopping.clone().cancelled_owned()));
        }
        let (clock, open_max) = (config.clock, config.open_tenants_max);
        let keeper = Keeper::start(tenants.due(), &plan, config.root.join("due"));
        let turns = Turns::start(tenants.clone(), plan.clone(), clock.clone(), open_max);
        let (id, own) = (config.id, tenants.clone());
        let link = LocalLink { id, tenants: own, seeds, secrets, plan, clock };
        let (session, meter) = (None, config.meter);
        Ok(Self { tenants, link, stopping, servers, session, turns, keeper, meter })
    }

    /// Gives the worker what it was told before it was last stopped.
    pub fn recall(&self, assignments: Vec<Assignment>) {
        for assignment in assignments {
            // Nothing newer can be known yet.
            let _ = self.tenants.assign(assignment);
        }
    }

    /// Takes orders from a control plane in another process, over the given connection first,
    /// until this worker stops.
    /// `presented` gets each new certificate.
    pub fn follow(
        &mut self,
        member: Member,
        told: Told,
        connected: Option<Connected>,
        presented: Option<Presented>,
    ) {
        let (link, stopping) = (self.link.clone(), self.stopping.clone());
        let meter = self.meter.clone();
        let session = Session { member, told, link, presented, stopping, meter };
        self.session = Some(tokio::spawn(session.run(connected)));
    }

    /// The control plane's line to this worker.
    pub fn link(&self) -> LocalLink {
        self.link.clone()
    }

    /// Takes no more requests, ends the running ones within `grace`, closes every store.
    pub async fn stop(self, grace: Duration) {
        self.stopping.cancel();
        if let Some(session) = self.session {
            // A panic in it has been logged by the runtime already.
            let _ = session.await;
        }
        let servers = async {
            for server in self.servers {
                if tokio::time::timeout(grace, server).await.is_err() {
                    tracing::warn!("requests were still running when the worker stopped");
                }
            }
        };
        tokio::join!(servers, self.turns.stop(grace));
        self.tenants.close(grace).await;
        self.keeper.stop(self.link.clock.now()).await;
    }
}

fn router(modules: Vec<Module>, theme: Arc<Theme>, gate: Gate) -> Router {
    let document = modules::describe(&modules);
    let rows = modules.into_iter().flat_map(|module| module.routes).collect();
    Route::mount(rows)
        .route("/openapi.json", get(move || async move { axum::Json(document) }))
        .fallback_service(freehold_site::fallback(theme))
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::middleware::from_fn(admin))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            ApiError::internal("a handler panicked").into_response()
        }))
        .layer(axum::middleware::from_fn(stamp))
        .layer(axum::middleware::from_fn_with_state(gate, admit))
        .layer(axum::middleware::from_fn(finish_answers))
}

async fn wrong_method() -> ApiError {
    ApiError::new(
        axum::http::StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "this address does not take that method",
    )
}
