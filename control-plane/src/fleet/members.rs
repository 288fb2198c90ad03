//! HTTP for operators: join tokens, the processes that joined, and workers' cordons.

use axum::extract::State;
use freehold_api::{ApiError, Body, Command, Data, Method, Page, Path, Problems, Route, Routes};
use freehold_clock::Clock;
use freehold_credentials::Opaque;
use freehold_fleet::{ControlMessage, Membership, ProcessRole, UpstreamId};
use freehold_ids::{JoinTokenId, WorkerId};
use freehold_lists::{List, ListPolicy, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::processes::{self, CREDENTIAL_PREFIX, JOIN_PREFIX, JoinToken, Process};
use crate::backup::{self, BackupError};
use crate::call::{AsOperator, Call};
use crate::sites::{Sites, store};
use crate::store::answer;

/// How long a join token works when the operator does not say.
const EXPIRES_IN_SECONDS_DEFAULT: u64 = 3_600;
/// How long a join token works at most.
const EXPIRES_IN_SECONDS_MAX: u64 = 30 * 24 * 3_600;
/// Processes that one token lets in at most.
const USES_MAX: i64 = 10_000;

/// A token with which processes join the fleet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JoinToken)]
struct TokenView {
    #[schema(value_type = String)]
    id: JoinTokenId,
    /// `worker` or `edge`.
    role: &'static str,
    /// Processes that may still join with it.
    uses_left: i64,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    expires_at: String,
    /// The token itself; only in the answer that made it. What follows the dot is the fingerprint
    /// of the installation's certificate authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenView {
    fn new(token: &JoinToken, whole: Option<String>) -> Self {
        Self {
            id: token.id,
            role: token.role.as_str(),
            uses_left: token.uses_left,
            created_at: token.created_at.rfc3339(),
            expires_at: token.expires_at.rfc3339(),
            token: whole,
        }
    }
}

/// A backup of the control plane.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Backup)]
struct BackupView {
    /// Its folder on the control plane's host.
    folder: String,
}

/// A process of the fleet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Process)]
struct ProcessView {
    id: String,
    /// `worker` or `edge`.
    role: &'static str,
    name: String,
    region: String,
    /// `connected`, `disconnected` or `revoked`.
    state: &'static str,
    /// Where it takes hand-overs; null for an edge.
    address: Option<String>,
    /// RFC 3339.
    joined_at: String,
    /// RFC 3339: when it last connected.
    seen_at: String,
}

impl ProcessView {
    fn new(sites: &Sites, process: &Process) -> Self {
        let connected = sites.fleet.connections.contains(&process.id);
        Self {
            role: process.role.as_str(),
            name: process.name.clone(),
            region: process.region.clone(),
            state: match (process.revoked_at, connected) {
                (Some(_), _) => "revoked",
                (None, true) => "connected",
                (None, false) => "disconnected",
            },
            address: process.address.as_ref().map(ToString::to_string),
            joined_at: process.joined_at.rfc3339(),
            seen_at: process.seen_at.rfc3339(),
            id: process.id.clone(),
        }
    }
}

#[derive(Debug)]
struct CreateToken {
    role: ProcessRole,
    uses: i64,
    expires_in_seconds: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CreateTokenBody {
    /// `worker` or `edge`.
    role: String,
    /// How many processes may join with it; 1 when absent.
    uses: Option<i64>,
    /// How long it works; an hour when absent.
    expires_in_seconds: Option<u64>,
}

impl Command for CreateToken {
    type Wire = CreateTokenBody;

    fn parse(wire: CreateTokenBody, problems: &mut Problems) -> Option<Self> {
        let role = ProcessRole::parse(&wire.role);
        if role.is_none() {
            problems.add("role", "invalid", "expected worker or edge");
        }
        let uses = wire.uses.unwrap_or(1);
        if !(1..=USES_MAX).contains(&uses) {
            problems.add("uses", "out_of_range", format!("expected 1 to {USES_MAX}"));
        }
        let expires_in_seconds = wire.expires_in_seconds.unwrap_or(EXPIRES_IN_SECONDS_DEFAULT);
        if !(1..=EXPIRES_IN_SECONDS_MAX).contains(&expires_in_seconds) {
            let message = format!("expected 1 to {EXPIRES_IN_SECONDS_MAX}");
            problems.add("expires_in_seconds", "out_of_range", message);
        }
        Some(Self { role: role?, uses, expires_in_seconds })
    }
}

impl Listed for TokenView {
    const POLICY: &'static ListPolicy = &processes::TOKENS;
}

impl Listed for ProcessView {
    const POLICY: &'static ListPolicy = &processes::PROCESSES;
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/join-tokens", tokens, |op| {
            op.summary("Join tokens that still work").returns_page_of::<TokenView>()
        })
        .add(Method::Post, "/v1/fleet/join-tokens", create_token, |op| {
            op.summary("A token with which processes join the fleet; shown this once")
                .returns::<TokenView>(201)
        })
        .add(Method::Delete, "/v1/fleet/join-tokens/{id}", delete_token, |op| {
            op.summary("Take a join token back").returns_nothing(200)
        })
        .add(Method::Get, "/v1/fleet/processes", list, |op| {
            op.summary("Workers and edges that joined").returns_page_of::<ProcessView>()
        })
        .add(Method::Post, "/v1/fleet/processes/{id}/rotate", rotate, |op| {
            op.summary("Give a connected process a new credential").returns::<ProcessView>(200)
        })
        .add(Method::Delete, "/v1/fleet/processes/{id}", revoke, |op| {
            op.summary("End a process's membership for good").returns::<ProcessView>(200)
        })
        .add(Method::Post, "/v1/fleet/backups", back_up, |op| {
            op.summary("Back the control plane up now").returns::<BackupView>(201)
        })
        .add(Method::Post, "/v1/fleet/workers/{id}/cordon", cordon, |op| {
            op.summary("Place no new tenants on a worker").returns_nothing(200)
        })
        .add(Method::Post, "/v1/fleet/workers/{id}/uncordon", uncordon, |op| {
            op.summary("Place new tenants on a worker again").returns_nothing(200)
        })
        .rows()
}

async fn tokens(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    list: List<TokenView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let found = processes::tokens(&sites.db, &list, sites.clock.now()).await.map_err(answer)?;
    let views = found.rows.iter().map(|token| TokenView::new(token, None));
    Ok(Data::ok(found.frame.page(views)?))
}

async fn create_token(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Body(command): Body<CreateToken>,
) -> Result<Data<TokenView>, ApiError> {
    let now = sites.clock.now();
    let token = JoinToken {
        id: JoinTokenId::from_random(sites.clock.random_bits()),
        role: command.role,
        uses_left: command.uses,
        created_at: now,
        expires_at: now.plus_seconds(command.expires_in_seconds),
    };
    let secret = Opaque::from_random(JOIN_PREFIX, sites.clock.random());
    processes::insert_token(&sites.db, &token, &secret).await.map_err(answer)?;
    let whole = format!("{}.{}", secret.reveal(), sites.fleet.authority);
    Ok(Data::created(TokenView::new(&token, Some(whole))))
}

async fn delete_token(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(id): Path<JoinTokenId>,
) -> Result<Data<()>, ApiError> {
    if processes::delete_token(&sites.db, id).await.map_err(answer)? {
        return Ok(Data::ok(()));
    }
    Err(ApiError::not_found())
}

async fn list(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    list: List<ProcessView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let found = processes::list(&sites.db, &list).await.map_err(answer)?;
    let views = found.rows.iter().map(|process| ProcessView::new(&sites, process));
    Ok(Data::ok(found.frame.page(views)?))
}

async fn back_up(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<BackupView>, ApiError> {
    let made = {
        let (db, fleet) = (&sites.db, &sites.fleet);
        backup::make(db, &fleet.backup, &fleet.master, sites.clock.now()).await
    };
    let folder = made.map_err(|error| match error {
        BackupError::Database(error) => answer(error),
        other => ApiError::internal(other.to_string()),
    })?;
    Ok(Data::created(BackupView { folder: folder.display().to_string() }))
}

async fn find(sites: &Sites, id: &str) -> Result<Process, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let found = processes::by_id(&mut read, id).await.map_err(answer)?;
    found.ok_or_else(ApiError::not_found)
}

fn fresh_credential(clock: &Clock) -> Opaque {
    Opaque::from_random(CREDENTIAL_PREFIX, clock.random())
}

async fn rotate(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(id): Path<ProcessPath>,
) -> Result<Data<ProcessView>, ApiError> {
    let process = find(&sites, &id.0).await?;
    if process.revoked_at.is_some() || !sites.fleet.connections.contains(&process.id) {
        let message = "only a connected process can get a new credential";
        return Err(ApiError::conflict("wrong_state", "state", message));
    }
    let next = fresh_credential(&sites.clock);
    processes::rotate(&sites.db, &process.id, &next).await.map_err(answer)?;
    let membership =
        Membership { id: process.id.clone(), credential: next.reveal().to_owned(), identity: None };
    // If it has just gone, the old credential goes on working and the operator asks again.
    if !sites.fleet.connections.tell(&process.id, ControlMessage::Rotated { membership }) {
        return Err(ApiError::unavailable(5, "the process has just disconnected"));
    }
    Ok(Data::ok(ProcessView::new(&sites, &process)))
}

async fn revoke(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(id): Path<ProcessPath>,
) -> Result<Data<ProcessView>, ApiError> {
    let process = find(&sites, &id.0).await?;
    if let Ok(worker) = process.id.parse::<WorkerId>() {
        let mut read = sites.db.read().await.map_err(answer)?;
        if store::count_of_worker(&mut read, worker).await.map_err(answer)? > 0 {
            let message = "the worker still has tenants; move or erase them first";
            return Err(ApiError::conflict("worker_in_use", "id", message));
        }
    }
    processes::revoke(&sites.db, &process.id, sites.clock.now()).await.map_err(answer)?;
    sites.fleet.connections.cut(&process.id);
    sites.fleet.upstreams.remove(&UpstreamId(process.id.clone()));
    Ok(Data::ok(ProcessView::new(&sites, &find(&sites, &id.0).await?)))
}

/// The id of a process, of whichever role.
#[derive(Debug)]
struct ProcessPath(String);

impl std::str::FromStr for ProcessPath {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

async fn set_cordoned(sites: &Sites, id: WorkerId, cordoned: bool) -> Result<Data<()>, ApiError> {
    if !sites.fleet.workers.contains(id) {
        return Err(ApiError::not_found());
    }
    let at = cordoned.then(|| sites.clock.now());
    sites.fleet.workers.set_cordoned(&sites.db, id, at).await.map_err(answer)?;
    Ok(Data::ok(()))
}

async fn cordon(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(id): Path<WorkerId>,
) -> Result<Data<()>, ApiError> {
    set_cordoned(&sites, id, true).await
}

async fn uncordon(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(id): Path<WorkerId>,
) -> Result<Data<()>, ApiError> {
    set_cordoned(&sites, id, false).await
}
