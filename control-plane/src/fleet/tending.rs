//! HTTP for operators: the jobs and events of one tenant, which its worker is asked for.
//!
//! What jobs and events say is the customer's and is never shown.

use axum::extract::State;
use freehold_api::{
    ApiError, Body, Command, Data, FieldError, Method, Params, Path, PathPair, Problems,
    QueryParams, Route, Routes,
};
use freehold_clock::UnixMs;
use freehold_fleet::{
    EventFacts, JobFacts, JobState, LinkError, PROBE_JOBS_MAX, TENDED_ROWS_MAX, Tended, Tending,
};
use freehold_ids::{EventId, JobId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::routes::{TenantRef, find_tenant};
use crate::call::{AsOperator, Call};
use crate::sites::Sites;

const ROWS_DEFAULT: u64 = 25;
/// After how many seconds a worker that is away is worth another try.
const RETRY_SECONDS: u64 = 5;
const SUBSCRIBER_CHARS_MAX: usize = 100;

/// A job or a delivery of an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Job)]
struct JobView {
    #[schema(value_type = String)]
    id: JobId,
    /// Its kind; of a delivery, the subscriber.
    name: String,
    /// `waiting`, `held`, `running`, `done` or `dead`.
    state: &'static str,
    /// The event that is delivered.
    #[schema(value_type = Option<String>)]
    event_id: Option<EventId>,
    attempts: i64,
    failures: i64,
    /// Attempts that ended with their process.
    cut_offs: i64,
    /// RFC 3339.
    due_at: String,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    started_at: Option<String>,
    /// RFC 3339.
    finished_at: Option<String>,
    /// Why the last attempt failed.
    error: Option<String>,
}

impl From<JobFacts> for JobView {
    fn from(job: JobFacts) -> Self {
        let time = |ms: i64| UnixMs(ms).rfc3339();
        Self {
            id: job.id,
            name: job.name,
            state: job.state.as_str(),
            event_id: job.event,
            attempts: job.attempts,
            failures: job.failures,
            cut_offs: job.cut_offs,
            due_at: time(job.due_at_ms),
            created_at: time(job.created_at_ms),
            started_at: job.started_at_ms.map(time),
            finished_at: job.finished_at_ms.map(time),
            error: job.error,
        }
    }
}

/// An event of a tenant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantEvent)]
struct EventView {
    #[schema(value_type = String)]
    id: EventId,
    name: String,
    /// The id of what it is about.
    subject: String,
    /// RFC 3339.
    created_at: String,
}

impl From<EventFacts> for EventView {
    fn from(event: EventFacts) -> Self {
        let created_at = UnixMs(event.created_at_ms).rfc3339();
        Self { id: event.id, name: event.name, subject: event.subject, created_at }
    }
}

/// Jobs of a tenant.
#[derive(Debug, Serialize, ToSchema)]
struct TenantJobs {
    /// Newest first.
    items: Vec<JobView>,
    /// What `before` is for the next ones; null where there are none.
    #[schema(value_type = Option<String>)]
    next: Option<JobId>,
}

/// Events of a tenant.
#[derive(Debug, Serialize, ToSchema)]
struct TenantEvents {
    /// Newest first.
    items: Vec<EventView>,
    /// What `before` is for the next ones; null where there are none.
    #[schema(value_type = Option<String>)]
    next: Option<EventId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichJobs {
    state: Option<String>,
    before: Option<String>,
    limit: Option<u64>,
}

impl QueryParams for WhichJobs {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("state", "Only those that are waiting, held, running, done or dead."),
        ("before", "Only those older than the job of this id."),
        ("limit", "Rows at most: 1 to 100, 25 by default."),
    ];
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichEvents {
    before: Option<String>,
    limit: Option<u64>,
}

impl QueryParams for WhichEvents {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("before", "Only those older than the event of this id."),
        ("limit", "Rows at most: 1 to 100, 25 by default."),
    ];
}

#[derive(Debug)]
struct Replay {
    subscriber: String,
    from: UnixMs,
    to: UnixMs,
    after: Option<EventId>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplayEvents)]
struct ReplayBody {
    /// Who gets the events once more.
    subscriber: String,
    /// RFC 3339; events of this moment and later.
    from: String,
    /// RFC 3339; events before this moment.
    to: String,
    /// Only events after this one: the `next` of an answer before.
    after: Option<String>,
}

impl Command for Replay {
    type Wire = ReplayBody;

    fn parse(wire: ReplayBody, problems: &mut Problems) -> Option<Self> {
        let mut time = |path, text: &str| {
            let time = UnixMs::parse_rfc3339(text);
            problems.take(path, time.ok_or("expected a time such as 2027-01-31T12:00:00Z"))
        };
        let (from, to) = (time("from", &wire.from), time("to", &wire.to));
        let after = match wire.after {
            Some(after) => Some(problems.take("after", after.parse())?),
            None => None,
        };
        if !(1..=SUBSCRIBER_CHARS_MAX).contains(&wire.subscriber.len()) {
            let message = format!("expected 1 to {SUBSCRIBER_CHARS_MAX} characters");
            problems.add("subscriber", "invalid", message);
            return None;
        }
        Some(Self { subscriber: wire.subscriber, from: from?, to: to?, after })
    }
}

/// Events that are delivered once more.
#[derive(Debug, Serialize, ToSchema)]
struct Replayed {
    /// How many; one that waits to be delivered anyway does not count.
    events: u64,
    /// What `after` is to go on; null where there are no more.
    #[schema(value_type = Option<String>)]
    next: Option<EventId>,
}

#[derive(Debug)]
struct Probe {
    jobs: u64,
    failing: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProbeJobs)]
struct ProbeBody {
    /// How many jobs: 1 to 1000.
    jobs: u64,
    /// How many of them fail the first time.
    #[serde(default)]
    failing: u64,
}

impl Command for Probe {
    type Wire = ProbeBody;

    fn parse(wire: ProbeBody, problems: &mut Problems) -> Option<Self> {
        if !(1..=PROBE_JOBS_MAX).contains(&wire.jobs) {
            problems.add("jobs", "invalid", format!("expected 1 to {PROBE_JOBS_MAX}"));
        }
        if wire.failing > wire.jobs {
            problems.add("failing", "invalid", "expected no more than there are jobs");
        }
        problems.is_empty().then_some(Self { jobs: wire.jobs, failing: wire.failing })
    }
}

/// Jobs that were enqueued to be counted.
#[derive(Debug, Serialize, ToSchema)]
struct Probing {
    #[schema(value_type = String)]
    first: JobId,
    #[schema(value_type = String)]
    last: JobId,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WhichProbe {
    first: String,
    last: String,
}

impl QueryParams for WhichProbe {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("first", "The first job of the probe, as it was told when it was begun."),
        ("last", "The last one."),
    ];
}

/// How far a probe is.
#[derive(Debug, Serialize, ToSchema)]
struct Probed {
    /// Jobs that are done.
    done: u64,
    /// Jobs that were given up.
    dead: u64,
    /// Attempts that failed.
    failures: u64,
    /// From the enqueueing to the end of the last job that is done.
    elapsed_ms: u64,
    /// Effects of all probes of the tenant so far: one for each job that is done.
    effects: u64,
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/tenants/{id}/jobs", jobs, |op| {
            op.summary("A tenant's jobs and deliveries, newest first").returns::<TenantJobs>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/jobs/{job_id}/retry", retry, |op| {
            op.summary("Run a job again that was given up").returns_nothing(200)
        })
        .add(Method::Get, "/v1/fleet/tenants/{id}/events", events, |op| {
            op.summary("A tenant's events, newest first").returns::<TenantEvents>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/replay", replay, |op| {
            op.summary("Deliver events of a time to a subscriber once more")
                .returns::<Replayed>(200)
        })
        .add(Method::Post, "/v1/fleet/tenants/{id}/probe", probe, |op| {
            op.summary("Enqueue jobs that do nothing but count").returns::<Probing>(200)
        })
        .add(Method::Get, "/v1/fleet/tenants/{id}/probe", probed, |op| {
            op.summary("How far such jobs are").returns::<Probed>(200)
        })
        .rows()
}

/// Asks the worker that owns the tenant.
pub(super) async fn ask(
    sites: &Sites,
    tenant: TenantRef,
    what: Tending,
) -> Result<Tended, ApiError> {
    let site = find_tenant(sites, tenant).await?;
    let away = |reason: String| ApiError::unavailable(RETRY_SECONDS, reason);
    let link = sites.fleet.workers.link(site.worker);
    let link = link.ok_or_else(|| away(format!("{} is not connected", site.worker)))?;
    match link.tend(site.id, what).await {
        Ok(Tended::NotFound) => Err(ApiError::not_found()),
        Ok(Tended::Unknown) => Err(away("its worker is of an earlier release".to_owned())),
        Ok(tended) => Ok(tended),
        Err(LinkError::StaleEpoch) => Err(ApiError::conflict(
            "wrong_state",
            "state",
            "its worker does not serve the site; it may be suspended",
        )),
        Err(LinkError::Unreachable(reason)) => Err(away(reason)),
        Err(LinkError::Quarantined(quarantine)) => {
            Err(ApiError::conflict("quarantined", "state", &quarantine.reason))
        }
        Err(LinkError::Failed(reason)) => Err(ApiError::internal(reason)),
    }
}

pub(super) fn unexpected(tended: &Tended) -> ApiError {
    ApiError::internal(format!("an unexpected answer of a worker: {tended:?}"))
}

fn limit(limit: Option<u64>) -> Result<u64, ApiError> {
    match limit.unwrap_or(ROWS_DEFAULT) {
        rows @ 1..=TENDED_ROWS_MAX => Ok(rows),
        _ => Err(wrong("limit", format!("expected 1 to {TENDED_ROWS_MAX}"))),
    }
}

fn wrong(path: &str, message: String) -> ApiError {
    let (path, code) = (path.to_owned(), "invalid".to_owned());
    ApiError::invalid(vec![FieldError { path, code, message }])
}

fn id<T: std::str::FromStr<Err: std::fmt::Display>>(path: &str, text: &str) -> Result<T, ApiError> {
    text.parse().map_err(|error: T::Err| wrong(path, error.to_string()))
}

async fn jobs(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Params(which): Params<WhichJobs>,
) -> Result<Data<TenantJobs>, ApiError> {
    let state = which.state.map(|state| {
        let known = JobState::parse(&state);
        known.ok_or_else(|| wrong("state", "expected waiting, held, running, done or dead".into()))
    });
    let rows = limit(which.limit)?;
    let before = which.before.map(|before| id("before", &before)).transpose()?;
    let what = Tending::Jobs { state: state.transpose()?, before, rows };
    match ask(&sites, tenant, what).await? {
        Tended::Jobs { items } => {
            let next = items.last().map(|job| job.id).filter(|_| items.len() as u64 == rows);
            Ok(Data::ok(TenantJobs { items: items.into_iter().map(Into::into).collect(), next }))
        }
        other => Err(unexpected(&other)),
    }
}

async fn events(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Params(which): Params<WhichEvents>,
) -> Result<Data<TenantEvents>, ApiError> {
    let rows = limit(which.limit)?;
    let before = which.before.map(|before| id("before", &before)).transpose()?;
    match ask(&sites, tenant, Tending::Events { before, rows }).await? {
        Tended::Events { items } => {
            let next = items.last().map(|event| event.id).filter(|_| items.len() as u64 == rows);
            Ok(Data::ok(TenantEvents { items: items.into_iter().map(Into::into).collect(), next }))
        }
        other => Err(unexpected(&other)),
    }
}

async fn retry(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    PathPair(tenant, job): PathPair<TenantRef, JobId>,
) -> Result<Data<()>, ApiError> {
    match ask(&sites, tenant, Tending::Retry { job }).await? {
        Tended::Retried => Ok(Data::ok(())),
        other => Err(unexpected(&other)),
    }
}

async fn replay(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Body(command): Body<Replay>,
) -> Result<Data<Replayed>, ApiError> {
    let Replay { subscriber, from, to, after } = command;
    let what = Tending::Replay { subscriber, after, from_ms: from.0, to_ms: to.0 };
    match ask(&sites, tenant, what).await? {
        Tended::Replayed { events, next } => Ok(Data::ok(Replayed { events, next })),
        other => Err(unexpected(&other)),
    }
}

async fn probe(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Body(Probe { jobs, failing }): Body<Probe>,
) -> Result<Data<Probing>, ApiError> {
    match ask(&sites, tenant, Tending::Probe { jobs, failing }).await? {
        Tended::Probing { first, last } => Ok(Data::ok(Probing { first, last })),
        other => Err(unexpected(&other)),
    }
}

async fn probed(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Params(which): Params<WhichProbe>,
) -> Result<Data<Probed>, ApiError> {
    let (first, last) = (id("first", &which.first)?, id("last", &which.last)?);
    match ask(&sites, tenant, Tending::Probed { first, last }).await? {
        Tended::Probed(facts) => Ok(Data::ok(Probed {
            done: facts.done,
            dead: facts.dead,
            failures: facts.failures,
            elapsed_ms: facts.elapsed_ms,
            effects: facts.effects,
        })),
        other => Err(unexpected(&other)),
    }
}
