//! HTTP for operators: workers and tenants.

use axum::extract::State;
use freehold_api::{ApiError, Body, Command, Data, Method, Page, Path, Problems, Route, Routes};
use freehold_idempotency::{Idempotent, Nothing};
use freehold_ids::{AccountId, TenantId, WorkerId};
use freehold_lists::{Field, List, ListPolicy, Listed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::call::{AsOperator, Call};
use crate::once::Once;
use crate::operations::Kind;
use crate::sites::convert::Wanted;
use crate::sites::{Site, SiteState, SiteView, Sites, Started, TENANTS, change_state, store};
use crate::store::answer;
use crate::upgrades::{Condition, QuarantineView, conditions};

const REASON_CHARS_MAX: usize = 500;

/// A worker as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worker)]
struct WorkerView {
    #[schema(value_type = String)]
    id: WorkerId,
    name: String,
    region: String,
    state: WorkerState,
    /// Tenants that are its own.
    tenants_placed: u64,
    /// Tenants that it knows of.
    tenants_assigned: Option<u64>,
    tenants_open: Option<u64>,
    disk_free_bytes: Option<u64>,
    /// The Postgres databases that it can keep tenants in, by their names.
    databases: Vec<String>,
    /// RFC 3339.
    joined_at: String,
}

/// What can be asked of a worker.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WorkerState {
    /// It gets new tenants.
    Ready,
    /// It keeps its tenants and gets no new ones.
    Cordoned,
    /// It does not answer.
    Unreachable,
}

/// A tenant as operators see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub(super) struct TenantView {
    #[serde(flatten)]
    site: SiteView,
    #[schema(value_type = String)]
    account_id: AccountId,
    #[schema(value_type = String)]
    worker_id: WorkerId,
    epoch: u64,
    /// What keeps its rows: `sqlite`, or `postgres:` and the name of a database.
    engine: String,
    /// Of its store, as far as its worker has said.
    schema_version: Option<i64>,
    /// Why its worker does not serve it.
    quarantine: Option<QuarantineView>,
}

impl TenantView {
    fn new(
        sites: &Sites,
        site: &Site,
        started: Option<&Started>,
        condition: Option<Condition>,
    ) -> Self {
        let condition = condition.unwrap_or_default();
        let operation = started.map(|started| started.operation);
        Self {
            site: SiteView::new(site, &sites.fleet.hosts, operation),
            account_id: site.account,
            worker_id: site.worker,
            epoch: site.epoch,
            engine: site.engine.to_string(),
            schema_version: condition.schema_version,
            quarantine: condition.quarantine,
        }
    }
}

impl Listed for TenantView {
    const POLICY: &'static ListPolicy = &TENANTS;
}

/// Workers are in memory: pages and fields, nothing else.
impl Listed for WorkerView {
    const POLICY: &'static ListPolicy = &ListPolicy {
        table: "workers",
        columns: &[],
        key: "id",
        fields: &[
            Field::view("id"),
            Field::view("name"),
            Field::view("region"),
            Field::view("state"),
            Field::view("tenants_placed"),
            Field::view("tenants_assigned"),
            Field::view("tenants_open"),
            Field::view("disk_free_bytes"),
            Field::view("databases"),
            Field::view("joined_at"),
        ],
        searched: &[],
        order: &[],
        includes: &[],
    };
}

/// A tenant by its id or its slug.
#[derive(Debug)]
pub(crate) enum TenantRef {
    Id(TenantId),
    Slug(String),
}

impl std::str::FromStr for TenantRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Slug(text.to_owned()), Self::Id))
    }
}

#[derive(Debug)]
struct Suspend {
    reason: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SuspendBody {
    /// Why; the owner reads it.
    reason: String,
}

impl Command for Suspend {
    type Wire = SuspendBody;

    fn parse(wire: SuspendBody, problems: &mut Problems) -> Option<Self> {
        let reason = wire.reason.trim().to_owned();
        if (1..=REASON_CHARS_MAX).contains(&reason.chars().count()) {
            return Some(Self { reason });
        }
        let message = format!("expected 1 to {REASON_CHARS_MAX} characters");
        problems.add("reason", "invalid", message);
        None
    }
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/workers", workers, |op| {
            op.summary("The workers and their load").returns_page_of::<WorkerView>()
        })
        .add(Method::Get, "/v1/fleet/tenants", tenants, |op| {
            op.summary("Tenants of all accounts, newest first").returns_page_of::<TenantView>()
        })
        .add(Method::Get, "/v1/fleet/tenants/{id}", tenant, |op| {
            op.summary("One tenant, by id or slug").returns::<TenantView>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/suspend", suspend, |op| {
            op.summary("Suspend a tenant; its data stays untouched").returns::<TenantView>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/resume", resume, |op| {
            op.summary("Resume a suspended tenant").returns::<TenantView>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/convert", convert, |op| {
            op.summary("Take a tenant to another engine; it is moving meanwhile")
                .returns::<TenantView>(200)
        })
        .rows()
}

async fn workers(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    list: List<WorkerView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let found = list.among(sites.fleet.workers.all(), |worker| worker.id.to_string());
    let mut views = Vec::new();
    for worker in found.rows {
        let load = match &worker.link {
            Some(link) => link.load().await.ok(),
            None => None,
        };
        views.push(WorkerView {
            id: worker.id,
            name: worker.name,
            region: worker.region,
            state: match (&load, worker.cordoned) {
                (None, _) => WorkerState::Unreachable,
                (Some(_), true) => WorkerState::Cordoned,
                (Some(_), false) => WorkerState::Ready,
            },
            tenants_placed: worker.tenants,
            tenants_assigned: load.as_ref().map(|load| load.tenants_assigned),
            tenants_open: load.as_ref().map(|load| load.tenants_open),
            disk_free_bytes: load.and_then(|load| load.disk_free_bytes),
            databases: worker.databases,
            joined_at: worker.joined_at.rfc3339(),
        });
    }
    Ok(Data::ok(found.frame.page(views)?))
}

async fn tenants(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    list: List<TenantView>,
) -> Result<Data<Page<Value>>, ApiError> {
    let found = store::list(&sites.db, None, &list).await.map_err(answer)?;
    let ids: Vec<TenantId> = found.rows.iter().map(|site| site.id).collect();
    let mut conditions = conditions(&sites, &ids).await.map_err(answer)?;
    let views = found
        .rows
        .iter()
        .map(|site| TenantView::new(&sites, site, None, conditions.remove(&site.id)));
    Ok(Data::ok(found.frame.page(views)?))
}

pub(crate) async fn find_tenant(sites: &Sites, tenant: TenantRef) -> Result<Site, ApiError> {
    let mut read = sites.db.read().await.map_err(answer)?;
    let found = match tenant {
        TenantRef::Id(id) => store::by_id(&mut read, id).await,
        TenantRef::Slug(slug) => store::by_slug(&mut read, &slug).await,
    };
    found.map_err(answer)?.ok_or_else(ApiError::not_found)
}

async fn tenant(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
) -> Result<Data<TenantView>, ApiError> {
    let site = find_tenant(&sites, tenant).await?;
    Ok(Data::ok(shown(&sites, &site, None).await?))
}

async fn shown(
    sites: &Sites,
    site: &Site,
    started: Option<&Started>,
) -> Result<TenantView, ApiError> {
    let known = conditions(sites, &[site.id]).await.map_err(answer)?.remove(&site.id);
    Ok(TenantView::new(sites, site, started, known))
}

pub(super) async fn answer_started(
    sites: &Sites,
    started: &Started,
) -> Result<Data<TenantView>, ApiError> {
    let view = shown(sites, &started.site, Some(started)).await?;
    Ok(if started.finished { Data::ok(view) } else { Data::accepted(view) })
}

async fn suspend(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Idempotent { key, body: Body(command) }: Idempotent<Body<Suspend>>,
) -> Result<Data<TenantView>, ApiError> {
    let id = find_tenant(&sites, tenant).await?.id;
    let once = Once::new("operator", key);
    let started = change_state(&sites, id, Kind::SuspendSite, &once, |mut site| match site.state {
        SiteState::Ready | SiteState::Suspended => {
            site.state = SiteState::Suspended;
            site.reason = Some(command.reason);
            Ok(site)
        }
        _ => Err(ApiError::conflict("wrong_state", "state", "only a ready site can be suspended")),
    });
    answer_started(&sites, &started.await?).await
}

async fn convert(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Idempotent { key, body: Body(wanted) }: Idempotent<Body<Wanted>>,
) -> Result<Data<TenantView>, ApiError> {
    let id = find_tenant(&sites, tenant).await?.id;
    let once = Once::new("operator", key);
    let started = crate::sites::convert::convert(&sites, id, wanted, &once).await?;
    answer_started(&sites, &started).await
}

async fn resume(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Idempotent { key, body: Nothing }: Idempotent<Nothing>,
) -> Result<Data<TenantView>, ApiError> {
    let id = find_tenant(&sites, tenant).await?.id;
    let once = Once::new("operator", key);
    let started = change_state(&sites, id, Kind::ResumeSite, &once, |mut site| match site.state {
        SiteState::Suspended => {
            site.state = SiteState::Ready;
            site.reason = None;
            Ok(site)
        }
        _ => Err(ApiError::conflict("wrong_state", "state", "the site is not suspended")),
    });
    answer_started(&sites, &started.await?).await
}
