//! HTTP over usage: a site's own, and for operators that of any tenant and who uses most.

use axum::extract::State;
use freehold_api::{ApiError, Data, FieldError, Method, Params, Path, QueryParams, Route, Routes};
use freehold_ids::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::store::{COUNTED, Sums, beginning, hour, most, of_tenant};
use crate::call::{AsOperator, Call, CanReadUsage};
use crate::fleet::{TenantRef, find_tenant};
use crate::sites::{self, Sites};
use crate::store::answer;

/// Hours that can be asked for: 31 days.
const HOURS_MAX: i64 = 31 * 24;
const HOURS_DEFAULT: i64 = 24;
/// Tenants that can be asked for.
const TENANTS_MAX: u64 = 100;
const TENANTS_DEFAULT: u64 = 10;

/// What was used.
#[derive(Debug, Serialize, ToSchema)]
struct Used {
    /// Requests that edges answered, from their caches too.
    requests: i64,
    /// Bytes of the bodies of these requests.
    request_bytes: i64,
    /// Bytes of the bodies of their answers.
    answer_bytes: i64,
    /// Requests that a worker handled.
    handled: i64,
    /// How long they took, in microseconds, waiting included.
    handled_micros: i64,
}

impl From<Sums> for Used {
    fn from(Sums([requests, request_bytes, answer_bytes, handled, handled_micros]): Sums) -> Self {
        Self { requests, request_bytes, answer_bytes, handled, handled_micros }
    }
}

/// What was used in one hour.
#[derive(Debug, Serialize, ToSchema)]
struct UsedInHour {
    /// When the hour began, RFC 3339.
    at: String,
    #[serde(flatten)]
    used: Used,
}

/// A tenant's usage.
#[derive(Debug, Serialize, ToSchema)]
struct Usage {
    /// When the first hour began, RFC 3339.
    from: String,
    /// Of all hours together.
    total: Used,
    /// In order; hours in which nothing was used are absent. The newest may be incomplete: usage
    /// arrives some seconds after each minute.
    hours: Vec<UsedInHour>,
}

/// One of the tenants that use most.
#[derive(Debug, Serialize, ToSchema)]
struct Heavy {
    tenant_id: String,
    #[serde(flatten)]
    used: Used,
}

/// The tenants that use most.
#[derive(Debug, Serialize, ToSchema)]
struct Heaviest {
    /// When the first hour began, RFC 3339.
    from: String,
    /// Those who use most first.
    tenants: Vec<Heavy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    hours: Option<i64>,
}

impl QueryParams for Span {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("hours", "How many hours back, the present one included: 1 to 744, 24 by default.")];
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Top {
    hours: Option<i64>,
    by: Option<String>,
    limit: Option<u64>,
}

impl QueryParams for Top {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("hours", "How many hours back, the present one included: 1 to 744, 24 by default."),
        (
            "by",
            "What is compared: requests, request_bytes, answer_bytes, handled or handled_micros; \
             handled_micros by default.",
        ),
        ("limit", "Tenants at most: 1 to 100, 10 by default."),
    ];
}

pub(crate) fn routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/sites/{id}/usage", own, |op| {
            op.summary("What a site used, by hour").returns::<Usage>(200)
        })
        .rows()
}

pub(crate) fn operator_routes(sites: Sites) -> Vec<Route> {
    Routes::new(sites)
        .add(Method::Get, "/v1/fleet/usage", heaviest, |op| {
            op.summary("The tenants that use most").returns::<Heaviest>(200)
        })
        .add(Method::Get, "/v1/fleet/tenants/{id}/usage", of_any, |op| {
            op.summary("What a tenant used, by hour").returns::<Usage>(200)
        })
        .rows()
}

fn out_of_range(path: &str, expected: String) -> ApiError {
    let (path, code) = (path.to_owned(), "out_of_range".to_owned());
    ApiError::invalid(vec![FieldError { path, code, message: expected }])
}

/// The first of the hours that were asked for.
fn first_hour(sites: &Sites, hours: Option<i64>) -> Result<i64, ApiError> {
    let hours = hours.unwrap_or(HOURS_DEFAULT);
    if !(1..=HOURS_MAX).contains(&hours) {
        return Err(out_of_range("hours", format!("expected 1 to {HOURS_MAX}")));
    }
    Ok(hour(sites.clock.now()) - hours + 1)
}

async fn usage(sites: &Sites, tenant: TenantId, span: &Span) -> Result<Data<Usage>, ApiError> {
    let since = first_hour(sites, span.hours)?;
    let hours = of_tenant(&sites.db, tenant, since).await.map_err(answer)?;
    let mut total = Sums::default();
    for (_, sums) in &hours {
        total.add(*sums);
    }
    let used =
        |(hour, sums): (i64, Sums)| UsedInHour { at: beginning(hour).rfc3339(), used: sums.into() };
    Ok(Data::ok(Usage {
        from: beginning(since).rfc3339(),
        total: total.into(),
        hours: hours.into_iter().map(used).collect(),
    }))
}

async fn own(
    call: Call<CanReadUsage>,
    State(sites): State<Sites>,
    Path(id): Path<TenantId>,
    Params(span): Params<Span>,
) -> Result<Data<Usage>, ApiError> {
    let site = sites::find_own(&sites, call.member()?, id).await?;
    usage(&sites, site.id, &span).await
}

async fn of_any(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Path(tenant): Path<TenantRef>,
    Params(span): Params<Span>,
) -> Result<Data<Usage>, ApiError> {
    let site = find_tenant(&sites, tenant).await?;
    usage(&sites, site.id, &span).await
}

async fn heaviest(
    _call: Call<AsOperator>,
    State(sites): State<Sites>,
    Params(top): Params<Top>,
) -> Result<Data<Heaviest>, ApiError> {
    let since = first_hour(&sites, top.hours)?;
    let by = top.by.as_deref().unwrap_or("handled_micros");
    let by = COUNTED.into_iter().find(|column| *column == by).ok_or_else(|| {
        let (path, code) = ("by".to_owned(), "unknown".to_owned());
        let message = format!("expected one of {}", COUNTED.join(", "));
        ApiError::invalid(vec![FieldError { path, code, message }])
    })?;
    let limit = top.limit.unwrap_or(TENANTS_DEFAULT);
    if !(1..=TENANTS_MAX).contains(&limit) {
        return Err(out_of_range("limit", format!("expected 1 to {TENANTS_MAX}")));
    }
    let tenants = most(&sites.db, by, since, limit).await.map_err(answer)?;
    let tenants = tenants
        .into_iter()
        .map(|(tenant_id, sums)| Heavy { tenant_id, used: sums.into() })
        .collect();
    Ok(Data::ok(Heaviest { from: beginning(since).rfc3339(), tenants }))
}
