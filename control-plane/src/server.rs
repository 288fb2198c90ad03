//! A running control plane: its database, router, socket and jobs, started and stopped as one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use freehold_api::{ApiError, DocumentInfo, Route, document, finish_answers, serve};
use freehold_clock::Clock;
use freehold_credentials::PasswordHasher;
use freehold_db::{Catalog, Database, DatabaseOptions, DbError, Leadership, PostgresOptions};
use freehold_fleet::wire;
use freehold_fleet::{
    Address, Hosts, LinkError, Meter, Route as EdgeRoute, RouteFeed, RouteState, Surface,
    UpstreamEntry, UpstreamId, Upstreams, WorkerLink,
};
use freehold_ids::{SessionId, WorkerId};
use freehold_web_app::WebApp;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::catch_panic::CatchPanicLayer;

use crate::accounts::{self, AccountState};
use crate::backup::{self, BackupConfig};
use crate::call::{Gate, admit};
use crate::domains::{self, Domains, DomainsConfig, Names};
use crate::fleet::{self, Afar, AfarConfig, Connections, FleetServer, Line, NotListening, Workers};
use crate::installation;
use crate::jobs::{Jobs, JobsConfig};
use crate::keys;
use crate::mail::MailSender;
use crate::members::{self, MemberState};
use crate::operations::{self, Operations};
use crate::platform;
use crate::secrets::Secrets;
use crate::sites::{self, Fleet, SiteState, Sites, Turns, convert};
use crate::upgrades;
use crate::usage;

/// Read-only connections to the control database.
const READERS_MAX: u32 = 4;
/// Sites loaded at a time when the routing is built at the start.
const START_BATCH_ROWS: u64 = 1_000;

const INFO: DocumentInfo = DocumentInfo {
    title: "Freehold control API",
    description: "Accounts, sites and the fleet, on the console's host.",
};

/// How a control plane is set up.
#[derive(Debug, Clone)]
pub struct ControlConfig {
    /// The folder of its jobs, and of its database where that is a file.
    pub folder: PathBuf,
    /// The Postgres database that it shares with other control planes; `None` for a file.
    pub database: Option<PostgresOptions>,
    /// The Unix socket that takes hand-overs.
    pub socket: PathBuf,
    /// The Unix socket where workers and edges connect.
    pub fleet_socket: PathBuf,
    /// Where backups go and how often.
    pub backup: BackupConfig,
    /// Where workers and edges of other hosts reach it.
    pub afar: AfarConfig,
    /// Whom edges may hand requests to; this control plane adds itself and its workers.
    pub upstreams: Upstreams,
    /// What processes in this one count, and the name under which it is reported.
    pub local_usage: Option<(String, Meter)>,
    /// The host families.
    pub hosts: Hosts,
    /// The installation's secrets.
    pub secrets: Secrets,
    /// How mail leaves.
    pub mail: MailSender,
    /// Whether this process runs background jobs.
    pub jobs_enabled: bool,
    /// Whether sign-ups and the like are limited.
    pub rate_limits_enabled: bool,
    /// Whether new sites are kept in Postgres, and not in files.
    pub postgres_for_new_sites: bool,
    /// Sites that an account may have before its e-mail is verified.
    pub unverified_sites_max: u64,
    /// How domains of sites are proved.
    pub domains: DomainsConfig,
    /// Hashes passwords; shared with whoever else does in this process.
    pub hasher: PasswordHasher,
    /// Time and randomness.
    pub clock: Clock,
}

/// A worker that joins when the control plane starts.
pub struct JoinedWorker {
    /// Its id in the fleet.
    pub id: WorkerId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub region: String,
    /// Where it takes hand-overs.
    pub address: Address,
    /// The line to it.
    pub link: Arc<dyn WorkerLink>,
    /// The Postgres databases that it can keep tenants in, by name.
    pub databases: Vec<String>,
}

impl std::fmt::Debug for JoinedWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.name, self.region)
    }
}

/// Why a control plane cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The folder cannot be used.
    #[error("control.folder {0}: {1}")]
    Folder(PathBuf, std::io::Error),
    /// The database cannot be opened or migrated.
    #[error("control database: {0}")]
    Database(#[from] DbError),
    /// The database is another installation's.
    #[error(
        "control.database belongs to a control plane with other secrets; copy the folder `secrets` \
         of the one that made it, as it is, before this one is started"
    )]
    OtherInstallation,
    /// Tenants' keys lie under a master key that is not here.
    #[error(
        "control.master_key_file does not hold the master key {0}, under which keys of sites lie; put \
         the file of this installation back, or a copy of the one where the key was last rotated"
    )]
    MasterKey(String),
    /// The socket cannot be bound.
    #[error("control.socket {0}: {1}")]
    Socket(PathBuf, std::io::Error),
    /// An address for other hosts cannot be bound, or has no certificate.
    #[error("{0}: {1}")]
    Listen(&'static str, String),
    /// A worker refused its assignments.
    #[error("worker: {0}")]
    Worker(#[from] LinkError),
    /// The jobs' database cannot be used.
    #[error("jobs: {0}")]
    Jobs(String),
}

impl From<NotListening> for ControlError {
    fn from((setting, problem): NotListening) -> Self {
        Self::Listen(setting, problem)
    }
}

/// A running control plane.
#[derive(Debug)]
pub struct ControlPlane {
    sites: Sites,
    stopping: CancellationToken,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
    jobs: Option<Jobs>,
    /// To the workers in this process.
    _lines: Vec<Line>,
    /// Ready when another control plane leads.
    superseded: JoinHandle<()>,
}

impl ControlPlane {
    /// Migrates the database, lets the workers take their assignments, publishes every route and
    /// starts to take hand-overs.
    ///
    /// # Errors
    /// [`ControlError`] names what does not work.
    pub async fn start(
        config: ControlConfig,
        workers: Vec<JoinedWorker>,
        feed: RouteFeed,
    ) -> Result<Self, ControlError> {
        std::fs::create_dir_all(&config.folder)
            .map_err(|error| ControlError::Folder(config.folder.clone(), error))?;
        let (db, leadership) =
            open_database(&config.folder, config.database.as_ref(), &config.secrets).await?;
        accounts::memberships::take_up(&db, config.clock.now()).await?;
        let superseded = tokio::spawn(leadership.lost());
        let sites = compose(&config, db.clone(), feed);
        sites.fleet.workers.load(&sites.db, &sites::store::counts(&sites.db).await?).await?;
        // Edges reach workers that are cut off from this control plane but serve.
        for (id, address) in fleet::addresses(&sites.db).await? {
            put_upstream(&config, UpstreamId(id), address);
        }
        let mut lines = Vec::new();
        for worker in workers {
            lines.push(join(&sites, &config, worker).await?);
        }
        take_up(&sites).await?;
        sites::keys::note_without(&sites).await?;
        let tasks = sites.fleet.tasks.clone();
        let own = UpstreamId::control();
        let gate = Gate {
            key: config.secrets.handover_key(&own),
            db,
            clock: config.clock.clone(),
            hosts: config.hosts.clone(),
            operator_hash: config.secrets.operator_hash.as_str().into(),
            tasks,
        };
        let domains = domains(&config, &sites);
        let router = router(rows(&config, &sites, &domains, config.rate_limits_enabled), gate);
        let listener = wire::listen_unix(&config.socket)
            .map_err(|error| ControlError::Socket(config.socket.clone(), error))?;
        let fleet_listener = wire::listen_unix(&config.fleet_socket)
            .map_err(|error| ControlError::Socket(config.fleet_socket.clone(), error))?;
        let stopping = CancellationToken::new();
        let (secrets, upstreams) = (&config.secrets, &config.upstreams);
        let afar =
            Afar::listen(&config.afar, secrets, upstreams, &config.clock, stopping.clone()).await?;
        put_upstream(&config, own, own_address(&config));
        let processes = FleetServer {
            sites: sites.clone(),
            secrets: config.secrets.clone(),
            stopping: stopping.clone(),
            tasks: sites.fleet.tasks.clone(),
        };
        spawn_periodic(&sites, &config, &stopping);
        sites.fleet.tasks.spawn(processes.run(fleet_listener, afar.processes));
        let mut servers = vec![serve(listener, router.clone(), stopping.clone().cancelled_owned())];
        servers.extend(
            afar.handovers.map(|afar| serve(afar, router, stopping.clone().cancelled_owned())),
        );
        let jobs = if config.jobs_enabled {
            let jobs = JobsConfig { folder: config.folder.clone(), mail: config.mail.clone() };
            Some(Jobs::start(jobs, domains).await.map_err(ControlError::Jobs)?)
        } else {
            None
        };
        Ok(Self { sites, stopping, servers, jobs, _lines: lines, superseded })
    }

    /// Ready when another control plane leads: this one changes nothing any more and is to stop.
    pub async fn superseded(&mut self) {
        let _ = (&mut self.superseded).await;
    }

    /// Takes no more requests, ends what runs within `grace`, closes the database.
    pub async fn stop(self, grace: Duration) {
        if let Some(jobs) = self.jobs {
            jobs.stop(grace).await;
        }
        self.stopping.cancel();
        for server in self.servers {
            if tokio::time::timeout(grace, server).await.is_err() {
                tracing::warn!("requests were still running when the control plane stopped");
            }
        }
        self.sites.fleet.tasks.close();
        if tokio::time::timeout(grace, self.sites.fleet.tasks.wait()).await.is_err() {
            tracing::warn!("operations were still running; they go on at the next start");
        }
        // It leads for as long as an operation of its own may run.
        self.superseded.abort();
        self.sites.db.close().await;
    }
}

/// Opens the database and waits until this control plane leads.
pub(crate) async fn open_database(
    folder: &Path,
    database: Option<&PostgresOptions>,
    secrets: &Secrets,
) -> Result<(Database, Leadership), ControlError> {
    let catalog = Arc::new(Catalog::of(freehold_migrations::CONTROL));
    let db = match database {
        Some(options) => Database::connect(options, catalog).await?,
        None => {
            let path = folder.join("control.db");
            let options = DatabaseOptions { path, create: true, readers_max: READERS_MAX };
            Database::open(&options, catalog)?
        }
    };
    let leadership = db.lead().await;
    db.migrate(freehold_migrations::CONTROL).await?;
    // A file lies beside its secrets, and who replaces one of them there knows why.
    if db.is_shared() && !installation::claim(&db, &secrets.authority.fingerprint()).await? {
        return Err(ControlError::OtherInstallation);
    }
    if let Some(missing) = sites::keys::missing(&db, &secrets.master).await? {
        return Err(ControlError::MasterKey(missing));
    }
    Ok((db, leadership))
}

fn compose(config: &ControlConfig, db: Database, feed: RouteFeed) -> Sites {
    // Any random name tells this process from all before it.
    let owner = SessionId::from_random(config.clock.random_bits()).to_string();
    let fleet = Fleet {
        hosts: Arc::new(config.hosts.clone()),
        feed,
        workers: Workers::default(),
        upstreams: config.upstreams.clone(),
        connections: Connections::default(),
        manifests: config.secrets.manifests.clone(),
        master: config.secrets.master.clone(),
        authority: config.secrets.authority.fingerprint().into(),
        backup: Arc::new(config.backup.clone()),
        tasks: TaskTracker::new(),
    };
    Sites {
        operations: Operations::new(db.clone(), config.clock.clone(), owner),
        db,
        clock: config.clock.clone(),
        fleet,
        tickets: config.secrets.tickets.clone(),
        engine: if config.postgres_for_new_sites {
            convert::Wanted::Postgres(None)
        } else {
            convert::Wanted::Sqlite
        },
        unverified_sites_max: config.unverified_sites_max,
        turns: Turns::default(),
    }
}

fn domains(config: &ControlConfig, sites: &Sites) -> Domains {
    Domains::new(sites.clone(), config.domains, config.rate_limits_enabled)
}

async fn join(
    sites: &Sites,
    config: &ControlConfig,
    worker: JoinedWorker,
) -> Result<Line, DbError> {
    let (workers, called) = (&sites.fleet.workers, (worker.name.as_str(), worker.region.as_str()));
    workers.join(&sites.db, worker.id, called, sites.clock.now()).await?;
    let line = workers.connect(worker.id, worker.link, worker.databases);
    put_upstream(config, UpstreamId(worker.id.to_string()), worker.address);
    Ok(line)
}

/// Starts what is done again and again until the control plane stops.
fn spawn_periodic(sites: &Sites, config: &ControlConfig, stopping: &CancellationToken) {
    let (db, backup) = (sites.db.clone(), (config.backup.clone(), sites.fleet.master.clone()));
    let backups = backup::schedule(db, backup, config.clock.clone(), stopping.clone());
    sites.fleet.tasks.spawn(backups);
    sites.fleet.tasks.spawn(upgrades::watch(sites.clone(), stopping.clone()));
    if let Some((source, meter)) = config.local_usage.clone() {
        let counting = usage::follow(sites.clone(), source, meter, stopping.clone());
        sites.fleet.tasks.spawn(counting);
    }
}

/// Where edges hand requests to this control plane.
fn own_address(config: &ControlConfig) -> Address {
    match &config.afar.handover {
        Some((_, advertised)) => Address::Tls(advertised.clone()),
        None => Address::Unix(config.socket.clone()),
    }
}

/// Lets edges hand requests to a process.
fn put_upstream(config: &ControlConfig, id: UpstreamId, address: Address) {
    let key = config.secrets.handover_key(&id);
    config.upstreams.put(UpstreamEntry { id, address, key });
}

/// Hands every worker its tenants and every edge its routes.
async fn take_up(sites: &Sites) -> Result<(), ControlError> {
    let hosts = &sites.fleet.hosts;
    let console = EdgeRoute {
        hostname: hosts.console.clone(),
        surface: Surface::Console,
        tenant: None,
        upstream: UpstreamId::control(),
        epoch: 0,
        state: RouteState::Active,
        alias_of: None,
        redirect_to: None,
    };
    let mut routes = vec![console];
    let none = Names::default();
    let mut after = None;
    loop {
        let batch = sites::store::batch_after(&sites.db, after, START_BATCH_ROWS).await?;
        let Some(last) = batch.last() else { break };
        after = Some(last.id);
        let mut read = sites.db.read().await?;
        let ids = batch.iter().map(|site| site.id);
        let names = domains::store::names_of_all(&mut read, ids).await?;
        drop(read);
        for site in &batch {
            if matches!(site.state, SiteState::Provisioning | SiteState::Failed) {
                continue;
            }
            let names = names.get(&site.id).unwrap_or(&none);
            if let Some(link) = sites.fleet.workers.link(site.worker) {
                let owner = sites::owner(&sites.db, site).await?;
                link.assign(sites::assignment(&sites.fleet, site, names, owner.as_ref())).await?;
            }
            routes.extend(sites::edge_routes(hosts, site, names));
        }
    }
    sites.fleet.feed.publish(routes, Vec::new());
    Ok(())
}

/// The whole route table.
fn rows(config: &ControlConfig, sites: &Sites, domains: &Domains, limited: bool) -> Vec<Route> {
    let accounts = AccountState::new(sites.clone(), config.hasher.clone(), limited);
    let members = MemberState::new(sites.clone(), config.hasher.clone(), limited);
    let mut rows = platform::routes(sites.clone());
    rows.extend(sites::slug_routes(sites.clone(), limited));
    rows.extend(accounts::routes(Arc::new(accounts)));
    rows.extend(members::routes(members));
    rows.extend(keys::routes(sites.clone()));
    rows.extend(sites::routes(sites.clone()));
    rows.extend(domains::routes(domains.clone()));
    rows.extend(operations::routes(sites.operations.clone()));
    rows.extend(fleet::routes(sites.clone()));
    rows.extend(fleet::member_routes(sites.clone()));
    rows.extend(fleet::tending_routes(sites.clone()));
    rows.extend(fleet::key_routes(sites.clone()));
    rows.extend(fleet::work_routes(sites.clone()));
    rows.extend(upgrades::routes(sites.clone()));
    rows.extend(usage::routes(sites.clone()));
    rows.extend(usage::operator_routes(sites.clone()));
    rows.extend(operations::operator_routes(sites.operations.clone()));
    rows
}

fn router(rows: Vec<Route>, gate: Gate) -> Router {
    let document = document(INFO, &rows);
    let about = json!({
        "code": 0,
        "message": "ok",
        "data": {"name": platform::NAME, "api": "/v1", "openapi": "/openapi.json"},
    });
    let clock = gate.clock.clone();
    Route::mount(rows)
        .route("/", get(move || async move { axum::Json(about) }))
        .route("/openapi.json", get(move || async move { axum::Json(document) }))
        .fallback(|| async { ApiError::not_found() })
        .method_not_allowed_fallback(|| async {
            ApiError::new(
                axum::http::StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this address does not take that method",
            )
        })
        .layer(axum::middleware::from_fn_with_state(clock, console))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            ApiError::internal("a handler panicked").into_response()
        }))
        .layer(axum::middleware::from_fn_with_state(gate, admit))
        .layer(axum::middleware::from_fn(finish_answers))
}

/// The layer that serves the console to browsers.
async fn console(State(clock): State<Clock>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let nonce = clock.random_bits();
    match WebApp::Console.answer(method, path, request.headers(), nonce) {
        Some(response) => response,
        None => next.run(request).await,
    }
}

/// The control API's document without a running control plane, for the committed copy.
///
/// # Errors
/// When the password hasher cannot be made or the folder cannot be used.
pub fn console_document(
    config: &ControlConfig,
) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    let options =
        DatabaseOptions { path: config.folder.join("control.db"), create: true, readers_max: 1 };
    let db = Database::open(&options, Arc::default())?;
    let sites = compose(config, db, RouteFeed::default());
    Ok(document(INFO, &rows(config, &sites, &domains(config, &sites), true)))
}
