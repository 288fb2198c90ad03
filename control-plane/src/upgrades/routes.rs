//! HTTP for operators: the sweep over the fleet, and stores in quarantine.

use std::collections::HashMap;

use axum::extract::State;
use freehold_api::{ApiError, Body, Command, Data, Method, Path, Problems, Route, Routes};
use freehold_db::{DbError, Writer};
use freehold_fleet::{LinkError, MigrationFacts, Quarantine, WorkerLink};
use freehold_ids::TenantId;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

use super::model::{Upgrade, UpgradeState};
use super::plan::{self, NotStarted, WorkerPlan};
use super::store::{self, TenantWork};
use super::stores;
use crate::call::{AsOperator, Call};
use crate::fleet::{TenantRef, find_tenant};
use crate::sites::{Site, Sites};
use crate::store::answer;

/// Tenants of a wave that may fail when the operator does not say.
const FAILURES_MAX_DEFAULT: i64 = 10;
/// The share of a wave that may fail when the operator does not say.
const FAILURES_PERCENT_MAX_DEFAULT: i64 = 5;
/// Failures that are shown.
const FAILURES_SHOWN_MAX: u64 = 100;
/// After how many seconds a worker that is away is worth another try.
const RETRY_SECONDS: u64 = 5;

/// Why a tenant is not served.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Quarantine)]
pub(crate) struct QuarantineView {
    /// `migration`, `damage` or `other`.
    cause: &'static str,
    /// What is wrong.
    reason: String,
    /// RFC 3339.
    since: String,
}

/// What is known of a tenant's store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    pub(crate) quarantine: Option<QuarantineView>,
    pub(crate) schema_version: Option<i64>,
}

/// What is known of these tenants' stores.
pub(crate) async fn conditions(
    sites: &Sites,
    tenants: &[TenantId],
) -> Result<HashMap<TenantId, Condition>, DbError> {
    let mut conditions: HashMap<TenantId, Condition> = HashMap::new();
    let mut read = sites.db.read().await?;
    for (tenant, Quarantine { cause, reason, since, .. }) in
        stores::quarantined(&mut read, tenants).await?
    {
        let since = freehold_clock::UnixMs(since).rfc3339();
        let view = QuarantineView { cause: cause.as_str(), reason, since };
        conditions.entry(tenant).or_default().quarantine = Some(view);
    }
    for (tenant, version) in stores::versions(&mut read, tenants).await? {
        conditions.entry(tenant).or_default().schema_version = Some(version);
    }
    Ok(conditions)
}

/// A schema change of tenants' stores.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Migration)]
struct MigrationView {
    version: i64,
    name: String,
    /// What it does.
    changes: Vec<String>,
}

impl From<MigrationFacts> for MigrationView {
    fn from(MigrationFacts { version, name, changes }: MigrationFacts) -> Self {
        Self { version, name, changes }
    }
}

/// How many stores have one schema version.
#[derive(Debug, Serialize, ToSchema)]
struct SchemaCount {
    /// Null where it cannot be told without opening the store.
    schema_version: Option<i64>,
    tenants: u64,
}

/// What a sweep would do at one worker.
#[derive(Debug, Serialize, ToSchema)]
struct WorkerPlanView {
    worker_id: String,
    name: String,
    /// Whether it answers, and is of a release that can say.
    answers: bool,
    /// The schema version that its release brings.
    schema_version: Option<i64>,
    stores: Vec<SchemaCount>,
    /// Stores to be migrated.
    to_migrate: u64,
    /// From what earlier sweeps took.
    estimated_millis: u64,
    /// What some of its stores do not have yet.
    missing: Vec<MigrationView>,
}

impl From<WorkerPlan> for WorkerPlanView {
    fn from(WorkerPlan { worker, name, said }: WorkerPlan) -> Self {
        let (worker_id, answers) = (worker.to_string(), said.is_some());
        let Some(said) = said else {
            let (stores, missing) = (Vec::new(), Vec::new());
            let (to_migrate, estimated_millis, schema_version) = (0, 0, None);
            return Self {
                worker_id,
                name,
                answers,
                schema_version,
                stores,
                to_migrate,
                estimated_millis,
                missing,
            };
        };
        let counts = said.counts.into_iter();
        Self {
            worker_id,
            name,
            answers,
            schema_version: Some(said.newest),
            stores: counts
                .map(|count| SchemaCount {
                    schema_version: count.schema_version,
                    tenants: count.tenants,
                })
                .collect(),
            to_migrate: said.to_migrate,
            estimated_millis: said.estimated_millis,
            missing: said.missing.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a sweep would do.
#[derive(Debug, Serialize, ToSchema)]
struct UpgradePlan {
    workers: Vec<WorkerPlanView>,
}

/// A tenant that the sweep could not migrate.
#[derive(Debug, Serialize, ToSchema)]
struct UpgradeFailure {
    tenant_id: String,
    wave: i64,
    error: String,
}

/// The newest sweep over the fleet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upgrade)]
struct UpgradeView {
    id: String,
    /// `running`, `halted` or `done`.
    state: &'static str,
    /// Why it halted.
    reason: Option<String>,
    /// The wave that runs; 0 is the canary.
    wave: i64,
    /// Tenants of this wave.
    wave_tenants: u64,
    /// Tenants of a wave that may fail before the sweep halts.
    failures_max: i64,
    /// Percents of a wave that may fail before the sweep halts.
    failures_percent_max: i64,
    /// Tenants that it sees to; it may still grow while the first of them are listed.
    total: i64,
    done: i64,
    waiting: u64,
    failed: u64,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    changed_at: String,
    /// At most 100 of them.
    failures: Vec<UpgradeFailure>,
}

/// What a look through a store found.
#[derive(Debug, Serialize, ToSchema)]
struct TenantCheck {
    /// Nothing where the store is in order. A store with problems is in quarantine now.
    problems: Vec<String>,
    schema_version: Option<i64>,
    millis: u64,
}

/// A tenant that is served again.
#[derive(Debug, Serialize, ToSchema)]
struct Released {
    schema_version: i64,
    millis: u64,
}

#[derive(Debug)]
struct Start {
    failures_max: i64,
    failures_percent_max: i64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StartUpgradeBody {
    /// Tenants of a wave that may fail before the sweep halts; 10 when absent.
    failures_max: Option<i64>,
    /// Percents of a wave that may fail before the sweep halts; 5 when absent.
    failures_percent_max: Option<i64>,
}

impl Command for Start {
    type Wire = StartUpgradeBody;

    fn parse(wire: StartUpgradeBody, problems: &mut Problems) -> Option<Self> {
        let failures_max = wire.failures_max.unwrap_or(FAILURES_MAX_DEFAULT);
        let percent = wire.failures_percent_max.unwrap_or(FAILURES_PERCENT_MAX_DEFAULT);
        if failures_max < 0 {
            problems.add("failures_max", "out_of_range", "expected 0 or more");
        }
        if !(0..=100).contains(&percent) {
            problems.add("failures_percent_max", "out_of_range", "expected 0 to 100");
        }
        Some(Self { failures_max, failures_percent_max: percent })
    }
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/upgrade", status, |op| {
            op.summary("The newest upgrade of the fleet's stores").returns::<UpgradeView>(200)
        })
        .add(Method::Get, "/v1/fleet/upgrade/plan", show_plan, |op| {
            op.summary("What an upgrade of the fleet's stores would do").returns::<UpgradePlan>(200)
        })
        .add(Method::Post, "/v1/fleet/upgrade", start, |op| {
            op.summary("Migrate every store of the fleet, a few first, then in growing waves")
                .returns::<UpgradeView>(201)
        })
        .add(Method::Post, "/v1/fleet/upgrade/halt", halt, |op| {
            op.summary("Halt the upgrade").returns::<UpgradeView>(200)
        })
        .add(Method::Post, "/v1/fleet/upgrade/resume", resume, |op| {
            op.summary("Go on with a halted upgrade; what has failed so far counts no more")
                .returns::<UpgradeView>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/check", check, |op| {
            op.summary("Look through a tenant's store; one with problems is quarantined")
                .returns::<TenantCheck>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/release", release, |op| {
            op.summary("Check and migrate a quarantined store, and serve it again")
                .returns::<Released>(200)
        })
        .rows()
}

async fn view(sites: &Sites, upgrade: Upgrade) -> Result<UpgradeView, DbError> {
    let mut read = sites.db.read().await?;
    let waiting = store::count(&mut read, upgrade.id, TenantWork::Waiting, None).await?;
    let failed = store::count(&mut read, upgrade.id, TenantWork::Failed, None).await?;
    let accepted = store::count(&mut read, upgrade.id, TenantWork::Accepted, None).await?;
    let failures = store::failures(&mut read, upgrade.id, FAILURES_SHOWN_MAX).await?;
    let failure = |failure: store::Failure| UpgradeFailure {
        tenant_id: failure.tenant.to_string(),
        wave: failure.wave,
        error: failure.error,
    };
    Ok(UpgradeView {
        id: upgrade.id.to_string(),
        state: upgrade.state.as_str(),
        wave: upgrade.wave,
        wave_tenants: upgrade.wave_tenants(),
        failures_max: upgrade.failures_max,
        failures_percent_max: upgrade.failures_percent_max,
        total: upgrade.total,
        done: upgrade.done,
        waiting,
        failed: failed + accepted,
        created_at: upgrade.created_at.rfc3339(),
        changed_at: upgrade.changed_at.rfc3339(),
        reason: upgrade.reason,
        failures: failures.into_iter().map(failure).collect(),
    })
}

async fn status(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<UpgradeView>, ApiError> {
    let newest =
        store::newest(&mut sites.db.read().await.map_err(answer)?).await.map_err(answer)?;
    let newest = newest.ok_or_else(ApiError::not_found)?;
    Ok(Data::ok(view(&sites, newest).await.map_err(answer)?))
}

async fn show_plan(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<UpgradePlan>, ApiError> {
    let plans = plan::plan(&sites).await.map_err(answer)?;
    Ok(Data::ok(UpgradePlan { workers: plans.into_iter().map(Into::into).collect() }))
}

async fn start(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Body(Start { failures_max, failures_percent_max }): Body<Start>,
) -> Result<Data<UpgradeView>, ApiError> {
    let started = plan::start(&sites, failures_max, failures_percent_max).await;
    let upgrade = started.map_err(|error| match error {
        NotStarted::Unfinished => {
            let message = "an upgrade is not over; resume it, or look at its status";
            ApiError::conflict("upgrade_unfinished", "state", message)
        }
        NotStarted::Db(error) => answer(error),
    })?;
    Ok(Data::created(view(&sites, upgrade).await.map_err(answer)?))
}

/// Takes the newest sweep from one state to another.
async fn turn(
    sites: &Sites,
    (from, to): (UpgradeState, UpgradeState),
    reason: Option<&str>,
) -> Result<Data<UpgradeView>, ApiError> {
    let mut writer = sites.db.write().await.map_err(answer)?;
    let newest = store::newest(&mut writer).await.map_err(answer)?;
    let mut upgrade = newest.ok_or_else(ApiError::not_found)?;
    if upgrade.state == from {
        upgrade.state = to;
        upgrade.reason = reason.map(str::to_owned);
        // The work that is enqueued for it is another one than before.
        upgrade.round += 1;
        upgrade.changed_at = sites.clock.now();
        save(writer, &upgrade).await.map_err(answer)?;
    } else if upgrade.state == to {
        drop(writer);
    } else {
        let message = format!("the upgrade is {}", upgrade.state.as_str());
        return Err(ApiError::conflict("wrong_state", "state", &message));
    }
    Ok(Data::ok(view(sites, upgrade).await.map_err(answer)?))
}

async fn save(mut writer: Writer, upgrade: &Upgrade) -> Result<(), DbError> {
    store::put(&mut writer, upgrade).await?;
    if upgrade.state == UpgradeState::Running {
        store::accept(&mut writer, upgrade.id).await?;
    }
    writer.commit().await
}

async fn halt(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<UpgradeView>, ApiError> {
    let states = (UpgradeState::Running, UpgradeState::Halted);
    turn(&sites, states, Some("an operator halted it")).await
}

async fn resume(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
) -> Result<Data<UpgradeView>, ApiError> {
    turn(&sites, (UpgradeState::Halted, UpgradeState::Running), None).await
}

fn line(sites: &Sites, site: &Site) -> Result<Arc<dyn WorkerLink>, ApiError> {
    let away = || ApiError::unavailable(RETRY_SECONDS, "the tenant's worker is not connected");
    sites.fleet.workers.link(site.worker).ok_or_else(away)
}

fn refused(error: LinkError) -> ApiError {
    match error {
        LinkError::Quarantined(quarantine) => {
            ApiError::conflict("still_quarantined", "reason", &quarantine.reason)
        }
        LinkError::Unreachable(_) | LinkError::StaleEpoch => {
            ApiError::unavailable(RETRY_SECONDS, error.to_string())
        }
        LinkError::Failed(_) => ApiError::internal(error.to_string()),
    }
}

async fn check(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
) -> Result<Data<TenantCheck>, ApiError> {
    let site = find_tenant(&sites, tenant).await?;
    let check = line(&sites, &site)?.check(site.id, site.epoch).await.map_err(refused)?;
    if let Some(version) = check.schema_version {
        let mut writer = sites.db.write().await.map_err(answer)?;
        let now = sites.clock.now();
        stores::told(&mut writer, site.id, version, now).await.map_err(answer)?;
        writer.commit().await.map_err(answer)?;
    }
    let (problems, schema_version, millis) = (check.problems, check.schema_version, check.millis);
    Ok(Data::ok(TenantCheck { problems, schema_version, millis }))
}

async fn release(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
) -> Result<Data<Released>, ApiError> {
    let site = find_tenant(&sites, tenant).await?;
    let outcome = line(&sites, &site)?.release(site.id, site.epoch).await;
    note_release(&sites, &site, &outcome).await.map_err(answer)?;
    let released = outcome.map_err(refused)?;
    let (schema_version, millis) = (released.schema_version, released.millis);
    Ok(Data::ok(Released { schema_version, millis }))
}

async fn note_release(
    sites: &Sites,
    site: &Site,
    outcome: &Result<freehold_fleet::Migrated, LinkError>,
) -> Result<(), DbError> {
    let mut writer = sites.db.write().await?;
    match outcome {
        Ok(migrated) => {
            let now = sites.clock.now();
            stores::remove(&mut writer, site.id).await?;
            stores::told(&mut writer, site.id, migrated.schema_version, now).await?;
            let was_listed = store::remove(&mut writer, site.id).await?;
            if let Some(mut newest) = store::newest(&mut writer).await?.filter(|_| was_listed) {
                newest.done += 1;
                store::put(&mut writer, &newest).await?;
            }
        }
        Err(LinkError::Quarantined(quarantine)) => {
            stores::put(&mut writer, site.worker, quarantine).await?;
        }
        Err(_) => return Ok(()),
    }
    writer.commit().await
}
