//! HTTP for operators: how the work of one tenant stands as a whole.

use axum::extract::State;
use freehold_api::{ApiError, Data, Method, Path, Route, Routes};
use freehold_clock::UnixMs;
use freehold_fleet::{JobCount, ScheduleFacts, SubscriberFacts, Tended, Tending};
use serde::Serialize;
use utoipa::ToSchema;

use super::routes::TenantRef;
use super::tending::{ask, unexpected};
use crate::call::{AsOperator, Call};
use crate::sites::Sites;

/// How many jobs and deliveries are in one state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JobCount)]
struct JobCountView {
    /// `waiting`, `held`, `running`, `done` or `dead`.
    state: &'static str,
    jobs: u64,
}

/// Who follows a tenant's events.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventSubscriber)]
struct SubscriberView {
    name: String,
    /// The names of the events that it follows.
    events: Vec<String>,
    /// Whether events of one subject are delivered one after the other.
    in_order: bool,
    /// Events that are not deliveries yet.
    behind: u64,
}

/// A job that is enqueued again and again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
struct ScheduleView {
    name: String,
    /// Minute, hour, day of the month, month and day of the week.
    cron: String,
    /// Where these are meant: `site` or `utc`.
    zone: &'static str,
    /// RFC 3339; null until the store had its first turn.
    next_at: Option<String>,
}

/// How the work of a tenant stands.
#[derive(Debug, Serialize, ToSchema)]
struct TenantWork {
    /// For each state that some jobs are in.
    jobs: Vec<JobCountView>,
    subscribers: Vec<SubscriberView>,
    schedules: Vec<ScheduleView>,
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/tenants/{id}/work", work, |op| {
            op.summary("How many jobs a tenant has, who follows its events, what comes again")
                .returns::<TenantWork>(200)
        })
        .rows()
}

fn count(JobCount { state, jobs }: JobCount) -> JobCountView {
    JobCountView { state: state.as_str(), jobs }
}

fn subscriber(facts: SubscriberFacts) -> SubscriberView {
    let SubscriberFacts { name, events, in_order, behind } = facts;
    SubscriberView { name, events, in_order, behind }
}

fn schedule(facts: ScheduleFacts) -> ScheduleView {
    let ScheduleFacts { name, cron, in_site_zone, next_at_ms } = facts;
    let zone = if in_site_zone { "site" } else { "utc" };
    ScheduleView { name, cron, zone, next_at: next_at_ms.map(|at| UnixMs(at).rfc3339()) }
}

async fn work(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
) -> Result<Data<TenantWork>, ApiError> {
    match ask(&sites, tenant, Tending::Work).await? {
        Tended::Work(facts) => Ok(Data::ok(TenantWork {
            jobs: facts.jobs.into_iter().map(count).collect(),
            subscribers: facts.subscribers.into_iter().map(subscriber).collect(),
            schedules: facts.schedules.into_iter().map(schedule).collect(),
        })),
        other => Err(unexpected(&other)),
    }
}
