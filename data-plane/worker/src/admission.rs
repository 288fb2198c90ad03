//! The gate before every handler: hand-over, epoch, tenant, caller.
//!
//! What passes carries an [`Admission`]. Handlers of unsafe methods run on the tenants' task
//! tracker, so that they end even when the client has gone.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use freehold_api::ApiError;
use freehold_clock::Clock;
use freehold_fleet::{Counts, HandOver, HandOverKey, Meter, RequestLine, Surface, TenantState};
use freehold_identity::authenticate;
use freehold_kernel::{Admission, Tenants};
use tracing::Instrument;

/// What the gate needs.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) tenants: Tenants,
    pub(crate) key: HandOverKey,
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
}

/// The layer: admits a request or answers why not.
pub(crate) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = freehold_fleet::request_id(request.headers());
    let span = tracing::info_span!("worker", request_id);
    let answer = async {
        match gate.check(request).await {
            Ok(request) => {
                let tenant = request.extensions().get().map(|it: &Admission| it.tenant.id());
                let response = gate.run(request, next).await;
                if let Some(tenant) = tenant {
                    let handled_micros = started.elapsed().as_micros() as u64;
                    let counts = Counts { handled: 1, handled_micros, ..Counts::default() };
                    gate.meter.count(tenant, counts);
                }
                response
            }
            Err(error) => error.into_response(),
        }
    };
    let response = answer.instrument(span).await;
    let status = response.status().as_u16();
    let class = match status / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("freehold_worker_requests_total", "status" => class).increment(1);
    metrics::histogram!("freehold_worker_request_seconds").record(started.elapsed().as_secs_f64());
    tracing::debug!(target: "freehold::worker::access", request_id, status);
    response
}

impl Gate {
    async fn check(&self, mut request: Request) -> Result<Request, ApiError> {
        let handover = self.verify(&request)?;
        let tenant = handover.tenant.ok_or_else(refused)?;
        let assignment = self.tenants.assignment(tenant).ok_or_else(misdirected)?;
        if assignment.epoch != handover.epoch {
            return Err(misdirected());
        }
        match (assignment.state, handover.surface) {
            (TenantState::Active, Surface::Site | Surface::Admin) => {}
            (TenantState::Suspended, _) => return Err(suspended()),
            (TenantState::Deleted, _) | (_, Surface::Media | Surface::Console) => {
                return Err(ApiError::not_found());
            }
        }
        let tenant = self.tenants.open(tenant).await?;
        let actor = authenticate(&tenant, request.headers(), self.clock.now()).await?;
        let handover = Arc::new(handover);
        let clock = self.clock.clone();
        request.extensions_mut().insert(Admission { tenant, actor, handover, clock });
        Ok(request)
    }

    fn verify(&self, request: &Request) -> Result<HandOver, ApiError> {
        let line = RequestLine::of(request.method(), request.uri());
        HandOver::verify(request.headers(), &self.key, line, self.clock.now().seconds()).map_err(
            |error| {
                tracing::warn!(%error, "refused a request that is no hand-over");
                refused()
            },
        )
    }

    async fn run(&self, request: Request, next: Next) -> Response {
        if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
            return next.run(request).await;
        }
        let work = next.run(request).in_current_span();
        match self.tenants.tasks().spawn(work).await {
            Ok(response) => response,
            Err(error) => ApiError::internal(format!("a handler ended: {error}")).into_response(),
        }
    }
}

fn refused() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "not_a_handover", "requests come through the edge only")
}

fn misdirected() -> ApiError {
    ApiError::new(
        StatusCode::MISDIRECTED_REQUEST,
        "wrong_worker",
        "another worker owns this site now",
    )
}

fn suspended() -> ApiError {
    ApiError::new(StatusCode::PAYMENT_REQUIRED, "site_suspended", "this site is suspended")
}
