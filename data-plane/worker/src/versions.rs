//! The stream of public versions, offered to edges on the socket that takes hand-overs.
//!
//! A listener is admitted like a hand-over, by a MAC of the same key. One that does not read, falls
//! behind or says nothing is cut off; it then uses nothing that it has kept of this worker.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use freehold_api::ApiError;
use freehold_clock::Clock;
use freehold_fleet::wire::{self, Receiver, Sender, WireError};
use freehold_fleet::{
    CONTRACT_VERSION, HandOverKey, ListenerMessage, VERSIONS_ALIVE_SECONDS,
    VERSIONS_PER_MESSAGE_MAX, VERSIONS_PROTOCOL, VERSIONS_SILENCE_SECONDS_MAX, VersionsMessage,
    verify_subscription, wants_versions,
};
use freehold_ids::TenantId;
use freehold_kernel::PublicVersions;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

/// Edges that may listen at the same time.
const LISTENERS_MAX: usize = 1_024;

/// What offering the stream needs.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    versions: PublicVersions,
    key: HandOverKey,
    clock: Clock,
    room: Arc<Semaphore>,
    stopping: CancellationToken,
}

/// The layer outside every other: takes requests for the stream, passes on all others.
pub(crate) async fn offer(State(offer): State<Offer>, request: Request, next: Next) -> Response {
    if wants_versions(request.uri().path(), request.headers()) {
        return offer.take(request);
    }
    next.run(request).await
}

impl Offer {
    pub(crate) fn new(
        versions: PublicVersions,
        key: HandOverKey,
        clock: Clock,
        stopping: CancellationToken,
    ) -> Self {
        Self { versions, key, clock, room: Arc::new(Semaphore::new(LISTENERS_MAX)), stopping }
    }

    fn take(&self, mut request: Request) -> Response {
        let now = self.clock.now().seconds();
        if let Err(error) = verify_subscription(request.headers(), &self.key, now) {
            tracing::warn!(%error, "refused to tell versions to a stranger");
            let refused = "versions are told to edges only";
            return ApiError::new(StatusCode::FORBIDDEN, "not_an_edge", refused).into_response();
        }
        let Ok(permit) = self.room.clone().try_acquire_owned() else {
            return ApiError::unavailable(1, "too many edges listen").into_response();
        };
        let upgrade = hyper::upgrade::on(&mut request);
        let (versions, stopping) = (self.versions.clone(), self.stopping.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = tell(upgrade, versions, permit) => {}
                () = stopping.cancelled() => {}
            }
        });
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::UPGRADE, HeaderValue::from_static(VERSIONS_PROTOCOL)),
        ];
        (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
    }
}

async fn tell(upgrade: OnUpgrade, versions: PublicVersions, _permit: OwnedSemaphorePermit) {
    let stream = match upgrade.await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::debug!(%error, "an edge did not wait for its stream of versions");
            return;
        }
    };
    // Listens before it says so: what an edge asks for afterwards cannot change unheard.
    let changes = versions.listen();
    let (sender, receiver) = wire::over(Box::new(TokioIo::new(stream)));
    let ended = tokio::select! {
        ended = send(sender, changes) => ended,
        ended = hear(receiver) => ended,
    };
    tracing::info!(reason = %ended, "an edge no longer listens for versions");
}

async fn send(
    mut sender: Sender<VersionsMessage>,
    mut changes: broadcast::Receiver<(TenantId, u64)>,
) -> WireError {
    let mut message = VersionsMessage::Begun { version: CONTRACT_VERSION };
    loop {
        if let Err(error) = sender.send(&message).await {
            return error;
        }
        let alive = tokio::time::sleep(Duration::from_secs(VERSIONS_ALIVE_SECONDS));
        message = tokio::select! {
            change = changes.recv() => match change {
                Ok(change) => match gather(change, &mut changes) {
                    Some(tenants) => VersionsMessage::Moved { tenants },
                    None => return WireError::Silent,
                },
                // What was missed is not known: the edge has to begin anew.
                Err(RecvError::Lagged(_) | RecvError::Closed) => return WireError::Silent,
            },
            () = alive => VersionsMessage::Alive,
        };
    }
}

/// A change and those that wait behind it; `None` where some were missed.
fn gather(
    first: (TenantId, u64),
    changes: &mut broadcast::Receiver<(TenantId, u64)>,
) -> Option<Vec<(TenantId, u64)>> {
    let mut tenants = vec![first];
    while tenants.len() < VERSIONS_PER_MESSAGE_MAX {
        match changes.try_recv() {
            Ok(change) => tenants.push(change),
            Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            Err(TryRecvError::Lagged(_)) => return None,
        }
    }
    Some(tenants)
}

async fn hear(mut receiver: Receiver<ListenerMessage>) -> WireError {
    let silence = Duration::from_secs(VERSIONS_SILENCE_SECONDS_MAX);
    loop {
        match tokio::time::timeout(silence, receiver.receive()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return error,
            Err(_) => return WireError::Silent,
        }
    }
}
