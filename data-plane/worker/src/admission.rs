//! The gate before every handler: hand-over, epoch, tenant, caller.
//!
//! What passes carries an [`Admission`]. Handlers of unsafe methods run on the tenants' task
//! tracker, so that they end even when the client has gone.

use std::sync::Arc;
use std::time::Instant;

use crate::cache::PublicCache;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use freehold_api::ApiError;
use freehold_clock::Clock;
use freehold_fleet::{
    Counts, HandOver, HandOverKey, Meter, OWNER_HEADER, OwnerHint, RequestLine, Surface,
    TenantState, UpstreamId,
};
use freehold_identity::authenticate;
use freehold_ids::TenantId;
use freehold_kernel::{Admission, Catalogue, StoreError, Tenants};
use tracing::Instrument;

/// What the gate needs.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    /// What edges call this worker.
    pub(crate) id: UpstreamId,
    pub(crate) tenants: Tenants,
    pub(crate) key: HandOverKey,
    pub(crate) clock: Clock,
    pub(crate) meter: Meter,
    pub(crate) cache: PublicCache,
    pub(crate) catalogue: Arc<Catalogue>,
}

/// The layer: admits a request or answers why not.
pub(crate) async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = freehold_fleet::request_id(request.headers());
    let span = tracing::info_span!("worker", request_id);
    let answer = async {
        let handover = match gate.verify(&request) {
            Ok(handover) => handover,
            Err(error) => return error.into_response(),
        };
        let (tenant, epoch) = (handover.tenant, handover.epoch);
        let handover = Arc::new(handover);
        let handle = |request| gate.handle(request, handover.clone(), next.clone());
        let mut response = match gate.cache.ask(&request, &handover) {
            Some(asked) => gate.cache.answer(asked, request, handle).await,
            None => handle(request).await,
        };
        if response.status() == StatusCode::MISDIRECTED_REQUEST {
            let hint = tenant.and_then(|tenant| gate.owner(tenant, epoch));
            if let Some(hint) = hint {
                response.headers_mut().insert(OWNER_HEADER, hint);
            }
        } else if let Some(tenant) = tenant {
            let handled_micros = started.elapsed().as_micros() as u64;
            let counts = Counts { handled: 1, handled_micros, ..Counts::default() };
            gate.meter.count(tenant, counts);
        }
        response
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
    async fn handle(&self, request: Request, handover: Arc<HandOver>, next: Next) -> Response {
        match self.check(request, handover).await {
            Ok(request) => self.run(request, next).await,
            Err(error) => error.into_response(),
        }
    }

    async fn check(
        &self,
        mut request: Request,
        handover: Arc<HandOver>,
    ) -> Result<Request, ApiError> {
        let tenant = handover.tenant.ok_or_else(refused)?;
        self.tenants.witness(tenant, handover.epoch);
        let assignment = self.tenants.assignment(tenant).ok_or(StoreError::NotOwned)?;
        if assignment.epoch != handover.epoch || assignment.owner.is_some() {
            return Err(StoreError::NotOwned.into());
        }
        match (assignment.state, handover.surface) {
            (TenantState::Active, Surface::Site | Surface::Admin) => {
                self.tenants.due().confirm(tenant, handover.epoch);
            }
            (TenantState::Suspended, _) => return Err(suspended()),
            (TenantState::Deleted, _) | (_, Surface::Media | Surface::Console) => {
                return Err(ApiError::not_found());
            }
        }
        let tenant = self.tenants.open(tenant).await?;
        let asked = (request.uri().path(), request.headers());
        let catalogue = self.catalogue.clone();
        let now = self.clock.now();
        let actor = authenticate(&tenant, &handover, asked, &catalogue, now).await?;
        let clock = self.clock.clone();
        request.extensions_mut().insert(Admission { tenant, actor, handover, clock, catalogue });
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

    /// Whom an edge is to ask that asked under an older epoch, as far as this worker was told.
    fn owner(&self, tenant: TenantId, asked: u64) -> Option<HeaderValue> {
        let assignment = self.tenants.assignment(tenant)?;
        if assignment.epoch <= asked {
            return None;
        }
        let owner = assignment.owner.as_deref().cloned().unwrap_or_else(|| self.id.clone());
        let hint = OwnerHint { tenant, epoch: assignment.epoch, owner };
        HeaderValue::try_from(hint.sign(&self.key, self.clock.now().seconds())).ok()
    }

    async fn run(&self, request: Request, next: Next) -> Response {
        if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
            return next.run(request).await;
        }
        let tenant = request.extensions().get::<Admission>().map(|found| found.tenant.clone());
        let work = async {
            let response = next.run(request).await;
            match tenant {
                // A refusal and a kept answer too may tell of what somebody else just wrote.
                Some(tenant) => match tenant.settle().await {
                    Ok(()) => response,
                    Err(error) => ApiError::from(error).into_response(),
                },
                None => response,
            }
        };
        match self.tenants.tasks().spawn(work.in_current_span()).await {
            Ok(response) => response,
            Err(error) => ApiError::internal(format!("a handler ended: {error}")).into_response(),
        }
    }
}

fn refused() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "not_a_handover", "requests come through the edge only")
}

fn suspended() -> ApiError {
    ApiError::new(StatusCode::PAYMENT_REQUIRED, "site_suspended", "this site is suspended")
}
